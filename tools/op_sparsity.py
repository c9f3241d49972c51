"""Writes docs/op_sparsity.md: which ops keep a sparse tensor sparse, by backend.

    python tools/op_sparsity.py

What is tried, and how, stands in tests/ops/sparse_results.py.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "op_sparsity.md"


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(importlib.import_module("tests.ops.sparse_results").page())
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
