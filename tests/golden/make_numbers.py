"""Runs `cases.py` with the Keras of PyPI and keeps the results.

    KERAS_BACKEND=tensorflow python tests/golden/make_numbers.py
    KERAS_BACKEND=jax python tests/golden/make_numbers.py ScheduleFreeAdamW

in an environment that has `keras==3.15.1`, TensorFlow and JAX. It uses the public API
only. A word on the command line limits the run to cases with that word in their names;
other numbers stay as they are.

Two backends, because each has cases where the published one is not right: on JAX its
LossScaleOptimizer raises outside of jit, and on TensorFlow and torch, where variables
change in place, its ScheduleFreeAdamW uses one that it has already changed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cases
import numpy as np

import keras


def main(word: str = "") -> None:
    """Writes `numbers.npz` beside this file."""
    path = Path(__file__).parent / "numbers.npz"
    found = dict(np.load(path)) if word else {}
    count = 0
    for family, group in cases.CASES.items():
        for name, case in group.items():
            if word in name:
                found[f"{family}/{name}"] = np.asarray(case(keras), dtype="float32")
                count += 1
    found["version"] = np.array(keras.__version__)
    np.savez_compressed(path, **found)
    print(f"{count} results of keras {keras.__version__} in {path.name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
