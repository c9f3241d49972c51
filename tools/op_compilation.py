"""Writes docs/op_compilation.md: what the frameworks' compilers cannot take, and why.

    python tools/op_compilation.py [--try BACKEND]

With `--try`, every row of the ops' tables is compiled, and those that fail are printed.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "op_compilation.md"


def try_all(backend: str) -> None:
    """Prints the rows that the backend's compiler refuses."""
    keras = importlib.import_module("keras")
    compilation = importlib.import_module("tests.ops.compilation")
    with keras.backend_scope(backend):
        for rows in compilation.rows().values():
            for row in rows:
                error = compilation.failure(backend, row)
                if error is not None:
                    print(row.id, type(error).__name__, str(error).split("\n")[0])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--try", dest="backend", choices=("torch", "jax", "tensorflow"))
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if options.backend:
        try_all(options.backend)
        return
    PAGE.write_text(importlib.import_module("tests.ops.compilation").page())
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
