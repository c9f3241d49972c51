"""Writes docs/onnx_ops.md: which ops an ONNX file can hold, and why the others not.

python tools/onnx_ops.py
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "onnx_ops.md"
HEAD = """# Ops in ONNX files

Written by `python tools/onnx_ops.py`; `tests/export/test_onnx_ops.py` checks it, and
that onnxruntime computes what NumPy does for every row of the ops' tables.

`model.export("model.onnx", format="onnx")` calls the model once on values that write
down what is computed (`keras/export/onnx`). An op is written by a rule of its own, or
in other ops. Sizes that are not known stay open, each for itself. All layers of the
table in `tests/layers/rows.py` are written so; recurrent layers, attention and
normalizations are ONNX's own operators from opset 23 on, and loops are loops. A layer
that calls a framework, draws random numbers in inference, or reads text is refused by
name before anything is written.
"""


def page() -> str:
    """The text of the page."""
    import keras

    for room in ("random", "layers", "losses"):  # that declare ops, beside keras.ops
        getattr(keras, room)
    for module in pkgutil.walk_packages(keras.ops.__path__, "keras.ops."):
        importlib.import_module(module.name)  # some are imported at first use only
    from keras.export.onnx.reasons import REASONS
    from keras.export.onnx.writer import writer
    from keras.ops.declaration import DEFAULTS
    from keras.ops.declare import DECLARATIONS

    rules = vars(writer())
    names = sorted(
        n for n, d in DECLARATIONS.items() if d.rule.__module__.startswith("keras.")
    )
    own = [n for n in names if n in rules]
    rest = [n for n in names if n not in rules and n not in REASONS]
    others = [n for n in rest if DECLARATIONS[n].composed or n in DEFAULTS]
    lines = [HEAD, f"## By a rule of their own ({len(own)})", "", _listed(own), ""]
    lines += [f"## In other ops ({len(others)})", "", _listed(others), ""]
    lines += ["These are written if those that they are made of are.", ""]
    lines += [f"## Not written ({len(REASONS)})", "", "| op | reason |", "|---|---|"]
    lines += [f"| `{name}` | {REASONS[name]} |" for name in sorted(REASONS)]
    return "\n".join(lines) + "\n"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) + "."


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(page())
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
