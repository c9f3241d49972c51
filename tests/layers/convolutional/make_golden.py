"""Writes `golden.npz`: run with an interpreter that has PyPI's keras, not this one.

PyPI's keras has Lanczos interpolation on JAX and TensorFlow only. The file is JAX's.

    cd tests/layers/convolutional && KERAS_BACKEND=jax python make_golden.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from cases import CASES, output_of

if __name__ == "__main__":
    found = {name: output_of(case) for name, case in CASES.items()}
    np.savez_compressed(Path(__file__).parent / "golden.npz", **found)
