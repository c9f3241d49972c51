"""Writes `weighted.npz`: run with an interpreter that has PyPI's keras, not this one.

cd tests/metrics && KERAS_BACKEND=torch python make_weighted.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from weighted import DATA, ROWS, WEIGHTS, result_of

found = {}
for row, (_, kinds) in ROWS.items():
    for data in kinds:
        for weights, given in WEIGHTS.items():
            # Keras broadcasts weights of other batch sizes where it can.
            if np.ndim(given) and len(given) != len(DATA[data][0]):
                continue
            try:
                found[f"{row}|{data}|{weights}"] = result_of(row, data, weights)
            except (IndexError, RuntimeError, ValueError):
                continue  # Keras has no number for these shapes
np.savez_compressed(Path(__file__).with_name("weighted.npz"), **found)
