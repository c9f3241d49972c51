"""Files that one Keras writes and another reads, with equal outputs and training.

    python tests/golden/cross_files.py write FOLDER      # with one keras
    python tests/golden/cross_files.py read FOLDER       # with the other

Run it in two environments, in both orders: this repository's and one that has
`keras==3.15.1`; `KERAS_BACKEND` says on what. `write` saves each model of
`saved_forms.py` after a training step, as `.keras`, `.weights.h5` and `.h5`, with its
outputs and what one more step makes of them. `read` loads all of them and compares; of
`.keras` files it takes that step itself and compares again, so optimizer state and
compile settings count too. (`.h5` files are read without compile settings: the
published Keras does not read its own. Nor does its Huber keep `delta`, which shows in
`branches.keras` of its making.)
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from saved_forms import MODELS

import keras

COMPILED = ("mlp", "branches")


def inputs_of(model: Any) -> Any:
    """Inputs of a model, the same for the same shapes."""
    generator = np.random.default_rng(0)

    def one(x: Any) -> np.ndarray:
        shape = (4, *(5 if size is None else size for size in x.shape[1:]))
        if "int" in x.dtype:
            return generator.integers(0, 4, shape).astype("int32")
        return generator.normal(size=shape).astype("float32")

    if len(model.inputs) > 1:
        return {x.name: one(x) for x in sorted(model.inputs, key=lambda x: x.name)}
    return one(model.inputs[0])


def outputs_of(model: Any, x: Any) -> list[np.ndarray]:
    """The model's outputs, in one order."""
    found = model.predict(x, verbose=0)
    if isinstance(found, dict):
        return [np.asarray(found[key], "float32") for key in sorted(found)]
    return [np.asarray(found, "float32")]


def step(name: str, model: Any, x: Any) -> None:
    """One step of training towards zeros."""
    if name == "mlp":
        y: Any = np.zeros((4, 1), "int32")
    elif name == "branches":
        y = {"y": np.zeros((4, 4), "float32"), "z": np.zeros((4, 3), "float32")}
    else:
        y = np.zeros((4, *outputs_of(model, x)[0].shape[1:]), "float32")
    model.train_on_batch(x, y)


def made(name: str) -> Any:
    """A compiled model whose training has no chance in it."""
    keras.utils.set_random_seed(1)
    model = MODELS[name](keras)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    if name not in COMPILED:
        model.compile(keras.optimizers.Adam(0.01, name="adam"), "mse", metrics=["mae"])
    return model


def write(folder: Path) -> None:
    """Saves every model with its outputs before and after one more step."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in MODELS:
        model = made(name)
        if not model.built:
            continue
        x = inputs_of(model)
        step(name, model, x)
        model.save(folder / f"{name}.keras")
        model.save_weights(folder / f"{name}.weights.h5")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.save(folder / f"{name}.h5")
        before = outputs_of(model, x)
        step(name, model, x)
        after = outputs_of(model, x)
        arrays = {f"before{i}": v for i, v in enumerate(before)}
        arrays |= {f"after{i}": v for i, v in enumerate(after)}
        np.savez(folder / f"{name}.npz", **arrays)
    print(f"keras {keras.__version__} on {keras.backend.backend()} wrote {folder}")


def read(folder: Path) -> None:
    """Loads every file and compares outputs; the exit code says whether all agree."""
    bad = 0
    for path in sorted(folder.glob("*.npz")):
        name = path.stem
        with np.load(path) as data:
            stored = dict(data)
        for ending in (".keras", ".weights.h5", ".h5"):
            try:
                worst = _compare(name, folder / f"{name}{ending}", stored)
            except Exception as error:
                print(f"{name}{ending}: {type(error).__name__}: {str(error)[:300]}")
                bad += 1
                continue
            limit = 2e-2 if name == "mixed" else 2e-5
            bad += worst > limit
            print(f"{name}{ending}: largest difference {worst:.1e}")
    print(f"keras {keras.__version__} on {keras.backend.backend()}: {bad} disagree")
    sys.exit(bool(bad))


def _compare(name: str, path: Path, stored: dict[str, np.ndarray]) -> float:
    if path.name.endswith(".weights.h5"):
        model = made(name)
        model.load_weights(path)
    else:
        model = keras.saving.load_model(path, compile=path.suffix == ".keras")
    x = inputs_of(model)
    pairs = [(outputs_of(model, x), "before")]
    if path.suffix == ".keras" and keras.backend.backend() != "numpy":
        step(name, model, x)
        pairs.append((outputs_of(model, x), "after"))
    return max(
        float(np.abs(value - stored[f"{when}{i}"]).max())
        for values, when in pairs
        for i, value in enumerate(values)
    )


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](Path(sys.argv[2]))
