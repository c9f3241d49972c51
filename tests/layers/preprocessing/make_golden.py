"""Records what PyPI's Keras gives for the cases; run there, with TensorFlow.

`KERAS_BACKEND=tensorflow python tests/layers/preprocessing/make_golden.py`
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras

sys.path.insert(0, str(Path(__file__).parent))
from cases import CASES, run

if __name__ == "__main__":
    recorded = {}
    for case in CASES:
        outputs, tokens = run(keras, case)
        plain = None
        if tokens is not None:
            plain = [t if isinstance(t, str) else int(t) for t in tokens]
            plain = [str(t) if isinstance(t, str) else t for t in plain]
        recorded[f"{case[1]}-{case[0]}"] = {
            "outputs": outputs.tolist(),
            "vocabulary": plain,
        }
    path = Path(__file__).with_name("golden.json")
    path.write_text(json.dumps(recorded, ensure_ascii=False, indent=None) + "\n")
