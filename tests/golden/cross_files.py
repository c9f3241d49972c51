"""Files that one Keras writes and another reads, with equal outputs and training.

    python tests/golden/cross_files.py write FOLDER [WORD]      # with one keras
    python tests/golden/cross_files.py read FOLDER              # with the other

Run it in two environments, in both orders: this repository's and one that has
`keras==3.15.1`; `KERAS_BACKEND` says on what. `write` saves each model of
`cross_models.py` (with the word in its name) after two training steps, as `.keras`,
`.weights.h5` and `.h5`, with its outputs, its losses and metrics, and what one more
step makes of its outputs. `read` loads all of them and compares; of `.keras` files it
takes that step itself and compares again, so optimizer state and compile settings count
too. (`.h5` files are read without compile settings: the published Keras does not read
its own. Nor does its Huber keep `delta`, which shows in `branches.keras` and the losses
of its making.)
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from cross_models import CROSS

import keras

ENDINGS = (".keras", ".weights.h5", ".h5")
# Train with random numbers, which are not the same in two versions.
RANDOM = ("Dropout", "Noise", "Random", "Mix", ", all", "RandAugment", "Pipeline")


def inputs_of(model: Any) -> Any:
    """Inputs of a model, the same for the same shapes."""
    generator = np.random.default_rng(0)

    def one(x: Any) -> np.ndarray:
        shape = (4, *(5 if size is None else size for size in x.shape[1:]))
        if "int" in x.dtype:
            return generator.integers(0, 4, shape).astype("int32")
        return generator.normal(size=shape).astype("float32")

    inputs = model.inputs
    if len(inputs) > 1 and isinstance(model.input, dict):
        return {x.name: one(x) for x in sorted(inputs, key=lambda x: x.name)}
    return [one(x) for x in inputs] if len(inputs) > 1 else one(inputs[0])


def outputs_of(model: Any, x: Any) -> list[np.ndarray]:
    """The model's outputs, in one order."""
    found = model.predict(x, verbose=0)
    if isinstance(found, dict):
        return [np.asarray(found[key], "float32") for key in sorted(found)]
    found = found if isinstance(found, (list, tuple)) else [found]
    return [np.asarray(value, "float32") for value in found]


def targets(name: str, model: Any, x: Any) -> Any:
    """What a model is trained towards."""
    if name == "mlp":
        return np.zeros((4, 1), "int32")
    if name == "branches":
        return {"y": np.zeros((4, 4), "float32"), "z": np.zeros((4, 3), "float32")}
    if name.partition(" ")[0] in ("loss", "metric"):
        classes = ("Sparse", "Generalized")
        labels = any(word in name for word in classes)
        return np.arange(4) if labels else np.eye(4, 5, dtype="float32")
    found = outputs_of(model, x)
    zeros = [np.zeros_like(value) for value in found]
    return zeros if len(zeros) > 1 else zeros[0]


def compiled(model: Any) -> bool:
    """Whether a model can be trained."""
    return getattr(model, "optimizer", None) is not None


def made(name: str) -> Any:
    """A model, compiled where its training has no chance in it."""
    keras.utils.set_random_seed(1)
    model = CROSS[name](keras)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout) and " " not in name:
            layer.rate = 0.0
    if " " not in name and not compiled(model):
        model.compile(keras.optimizers.Adam(0.01, name="adam"), "mse", metrics=["mae"])
    return model


def trains(name: str, model: Any) -> bool:
    """Whether steps of training are compared."""
    chance = name.startswith("layer ") and any(word in name for word in RANDOM)
    return compiled(model) and not chance and keras.backend.backend() != "numpy"


def measured(name: str, model: Any, x: Any, steps: bool) -> dict[str, Any]:
    """Outputs, losses and metrics; then outputs after one more step."""
    found = {f"before{i}": v for i, v in enumerate(outputs_of(model, x))}
    if compiled(model):
        y = targets(name, model, x)
        # Their order may differ, their values may not.
        values = model.evaluate(x, y, verbose=0, return_dict=True)
        found["losses"] = np.array(sorted(float(np.mean(v)) for v in values.values()))
        if steps:
            model.train_on_batch(x, y)
            found |= {f"after{i}": v for i, v in enumerate(outputs_of(model, x))}
    return found


def write(folder: Path, word: str = "") -> None:
    """Saves every model with what it computes before and after one more step."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in CROSS:
        if word in name:
            try:
                _write(folder, name)
            except Exception as error:
                print(f"{name} not written: {type(error).__name__}: {str(error)[:200]}")
    print(f"keras {keras.__version__} on {keras.backend.backend()} wrote {folder}")


def _write(folder: Path, name: str) -> None:
    model = made(name)
    if not model.built:
        return
    x, steps = inputs_of(model), trains(name, model)
    for _ in range(2 if steps else 0):
        model.train_on_batch(x, targets(name, model, x))
    model.save(folder / f"{name}.keras")
    model.save_weights(folder / f"{name}.weights.h5")
    np.savez(folder / f"{name}.npz", **measured(name, model, x, steps))
    model = keras.saving.load_model(folder / f"{name}.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(folder / f"{name}.h5")


def read(folder: Path) -> None:
    """Loads every file and compares outputs; the exit code says whether all agree."""
    bad = count = 0
    for path in sorted(folder.glob("*.npz")):
        name = path.stem if path.stem in CROSS else path.name.removesuffix(".npz")
        with np.load(path) as data:
            stored = dict(data)
        for ending in ENDINGS:
            if not (folder / f"{name}{ending}").exists():
                continue
            count += 1
            try:
                worst = _compare(name, folder / f"{name}{ending}", stored)
            except Exception as error:
                print(f"{name}{ending}: {type(error).__name__}: {str(error)[:300]}")
                bad += 1
                continue
            if worst > (2e-2 if "mixed" in name or ", all" in name else 2e-5):
                bad += 1
                print(f"{name}{ending}: largest difference {worst:.1e}")
    backend = keras.backend.backend()
    print(f"keras {keras.__version__} on {backend}: {bad} of {count} files disagree")
    sys.exit(bool(bad))


def _compare(name: str, path: Path, stored: dict[str, np.ndarray]) -> float:
    if path.name.endswith(".weights.h5"):
        model = made(name)
        model.load_weights(path)
    else:
        model = keras.saving.load_model(path, compile=path.suffix == ".keras")
    whole = path.suffix == ".keras"
    x = inputs_of(model)
    found = measured(name, model, x, whole and trains(name, model))
    if whole and ("losses" in found) != ("losses" in stored):
        raise ValueError("compiled in one of the two only")
    return max(
        float(np.abs(value - stored[key]).max(initial=0.0))
        for key, value in found.items()
        if key in stored
    )


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
