"""Writes docs/op_contracts.md: what is asked of every op, and what is left out.

    python tools/op_contracts.py

The contracts stand in tests/ops/contracts.py, what they leave out in exemptions.py
beside it.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "op_contracts.md"


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(importlib.import_module("tests.ops.contracts").page())
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
