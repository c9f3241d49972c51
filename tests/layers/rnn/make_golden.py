"""Writes `golden.npz`: run with an interpreter that has PyPI's keras, not this one.

On TensorFlow and torch, steps masked before the first other one output zeros; on JAX,
PyPI's keras lets them output the initial state. The file is torch's.

    cd tests/layers/rnn && KERAS_BACKEND=torch python make_golden.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from cases import CASES, outputs_of

if __name__ == "__main__":
    found = {
        f"{name}/{index}": output
        for name, case in CASES.items()
        for index, output in enumerate(outputs_of(case))
    }
    np.savez_compressed(Path(__file__).parent / "golden.npz", **found)
