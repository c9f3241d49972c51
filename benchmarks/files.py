"""Files of weights: time and peak memory of saving and loading one large model.

    python benchmarks/files.py --backend torch
    python benchmarks/files.py --backend torch,jax --megabytes 1024 \\
        --pypi-python /path/to/env/bin/python

Each measurement is a process of its own: it makes the model, then saves or loads it
once, and says how long that took and how far its memory grew beyond what it had, over
the bytes of the weights. (A load into a model that is there grows by one weight; a
whole model is loaded beside nothing and grows by all of them.) Beside it the same
arrays are written with h5py and with safetensors alone, and forced to the disk as well,
which saving here always does. Of some rounds the shortest time and the largest growth
count.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import forget_peak, memory

LAYERS = 24
FORMATS = (".weights.h5", ".weights.json", ".safetensors", ".keras")
Measured = dict[str, float]


def measure(action: Callable[[], Any], size: int) -> Measured:
    """Seconds that an action takes, and how far memory grows over a size."""
    gc.collect()
    forget_peak()
    before, start = memory("VmRSS"), time.perf_counter()
    kept = action()
    seconds = time.perf_counter() - start
    growth = (memory("VmHWM") - before) / size
    del kept
    return {"seconds": seconds, "growth": growth}


def width(megabytes: int) -> int:
    """The units of each of the layers."""
    return int((megabytes * 2**20 / 4 / LAYERS) ** 0.5)


def with_keras(what: str, ending: str, megabytes: int, path: str) -> Measured:
    """Saves or loads a model, whole or weights alone."""
    import keras

    def made(units: int) -> Any:
        layers = [keras.layers.Dense(units) for _ in range(LAYERS)]
        return keras.Sequential([keras.Input((units,)), *layers])

    def save(model: Any, path: str) -> None:
        (model.save if ending == ".keras" else model.save_weights)(path)

    def load(model: Any, path: str) -> Any:
        if ending == ".keras":
            return keras.saving.load_model(path)
        return model.load_weights(path)

    small = made(4)  # what is imported on first use counts for neither
    save(small, path + "small" + ending)
    load(small, path + "small" + ending)
    size = 4 * LAYERS * width(megabytes) * (width(megabytes) + 1)
    model = None
    if what == "save" or ending != ".keras":
        model = made(width(megabytes))
    file = path + "model" + ending
    action = save if what == "save" else load
    if what == "save":
        Path(file).unlink(missing_ok=True)  # a new file on each side
    return measure(lambda: action(model, file), size)


def by_hand(ending: str, megabytes: int, path: str) -> Measured:
    """Writes arrays of the same sizes with h5py or safetensors alone."""
    import h5py
    import numpy as np
    from safetensors.numpy import save_file

    units = width(megabytes)
    arrays = {
        f"{i}/{k}": np.ones(shape, "float32")
        for i in range(LAYERS)
        for k, shape in enumerate(((units, units), (units,)))
    }
    file = path + "by_hand" + ending
    Path(file).unlink(missing_ok=True)

    def write() -> None:
        if ending == ".safetensors":
            save_file(arrays, file)
        else:
            with h5py.File(file, "w") as opened:
                for name, array in arrays.items():
                    opened[name] = array
        with open(file, "rb") as opened:
            os.fsync(opened.fileno())

    return measure(write, sum(array.nbytes for array in arrays.values()))


def child(python: str, backend: str, *words: str) -> Measured | None:
    """A measurement in a process of its own; None if it cannot do that."""
    root = Path(__file__).parent.parent
    ours = {"PYTHONPATH": str(root)} if python == sys.executable else {"PYTHONPATH": ""}
    done = subprocess.run(
        [python, __file__, "--child", *words],
        env={**os.environ, **ours, "KERAS_BACKEND": backend},
        cwd=tempfile.gettempdir(),
        capture_output=True,
        text=True,
    )
    if done.returncode and python == sys.executable:
        sys.exit(done.stderr)
    return None if done.returncode else json.loads(done.stdout.splitlines()[-1])


def best(rounds: int, run: Callable[[], Measured | None]) -> Measured | None:
    """The shortest time and the largest growth of some rounds."""
    found = [one for _ in range(rounds) if (one := run()) is not None]
    if not found:
        return None
    return {
        "seconds": min(x["seconds"] for x in found),
        "growth": max(x["growth"] for x in found),
    }


def cell(found: Measured | None) -> str:
    """How a measurement stands in the table."""
    return f"{found['seconds']:.2f} s, {found['growth']:.2f}" if found else "none"


def line(options: argparse.Namespace, backend: str, ending: str) -> str:
    """A line of the table."""
    size = str(options.megabytes)
    sides = [sys.executable, *([options.pypi_python] if options.pypi_python else [])]
    cells = [backend, ending]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = folder + os.sep

        def run(python: str, *words: str) -> Measured | None:
            return best(options.rounds, lambda: child(python, backend, *words))

        alone = run(sys.executable, "by_hand", ending, size, path)
        for what in ("save", "load"):
            found = [run(side, what, ending, size, path) for side in sides]
            cells += map(cell, found)
            if what == "save" and found[0] and alone:
                cells.append(f"{alone['seconds']:.2f} s")
                cells.append(f"{found[0]['seconds'] / alone['seconds']:.2f}")
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Prints a table, or measures once where this is the child."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="torch")
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where files are written")
    parser.add_argument("--pypi-python", default=os.getenv("KERAS_BENCH_PYPI_PYTHON"))
    options = parser.parse_args()
    pypi = ("save, PyPI", "load, PyPI") if options.pypi_python else ()
    titles = ["backend", "format", "save", *pypi[:1], "by hand", "ratio"]
    titles += ["load", *pypi[1:]]
    print(f"{options.megabytes} MiB of weights; seconds, and growth over their bytes")
    print("| " + " | ".join(titles) + " |")
    print("|" + "---|" * len(titles))
    for backend in options.backend.split(","):
        for ending in options.formats.split(","):
            print(line(options, backend, ending), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        what, ending, megabytes, path = sys.argv[2:]
        if what == "by_hand":
            found = by_hand(ending, int(megabytes), path)
        else:
            found = with_keras(what, ending, int(megabytes), path)
        print(json.dumps(found))
    else:
        main()
