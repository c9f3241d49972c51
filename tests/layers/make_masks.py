"""Writes `masks.json` with the Keras of PyPI, through its torch backend.

    KERAS_BACKEND=torch python tests/layers/make_masks.py

in an environment that has `keras==3.15.1` and PyTorch. It uses the public API only.
"""

from __future__ import annotations

import json
from pathlib import Path

import masks_of_rows as rows


def main() -> None:
    """One line for each row."""
    lines = []
    for name, row in rows.cases():
        outputs = rows.called(row, row.make(), row.inputs())
        masks = rows.masks_of(outputs, lambda y: getattr(y, "_keras_mask", None))
        lines.append(f"{json.dumps(name)}: {json.dumps(masks)}")
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    Path(__file__).with_name("masks.json").write_text(text)


if __name__ == "__main__":
    main()
