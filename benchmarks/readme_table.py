"""Put measured numbers into README.md, between its two benchmark markers.

    python benchmarks/readme_table.py benchmarks/results/cpu.json

Numbers in the README come from here and from nowhere else: `--check` fails when the
README's table is not the one that the file gives.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import report

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN = "<!-- benchmarks: begin (written by benchmarks/readme_table.py) -->"
END = "<!-- benchmarks: end -->"
CASES = ("fit", "predict_one", "predict_on_batch_one", "call_one")


def cell(row: report.Row | None) -> str:
    """`ours (PyPI)`, each as a ratio to the bare framework by wall time."""
    if row is None or row.baseline is None or not row.rounds.get("ours"):
        return "-"
    base = row.rounds[row.baseline]
    text = f"**{report.ratio(row.rounds['ours'], base, 'wall'):.2f}**"
    if row.rounds.get("pypi"):
        text += f" ({report.ratio(row.rounds['pypi'], base, 'wall'):.1f})"
    return text


def summary(results: dict[str, Any]) -> str:
    """The README's table: one line per case and model, one column per backend."""
    rows = {(r.backend, r.model, r.case): r for r in report.rows_of(results)}
    backends = [b for b in ("torch", "jax", "tensorflow") if b in results["backends"]]
    models = list(dict.fromkeys(model for _, model, _ in rows))
    body = [
        [
            report.TITLES[case],
            model,
            *(cell(rows.get((b, model, case))) for b in backends),
        ]
        for case in CASES
        for model in models
        if any((b, model, case) in rows for b in backends)
    ]
    header = ["time, as a multiple of the hand-written code", "model", *backends]
    return f"{report.table(header, body)}\n\n{report.describe(results)}"


def replaced(readme: str, block: str) -> str:
    """The README with `block` between its markers."""
    head, found, rest = readme.partition(BEGIN)
    _, closed, tail = rest.partition(END)
    if not found or not closed:
        raise SystemExit(f"README.md must hold the lines\n{BEGIN}\n{END}")
    return f"{head}{BEGIN}\n\n{block}\n\n{END}{tail}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", help="a JSON file that run.py wrote")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    results = json.loads(Path(options.results).read_text())
    before = README.read_text(encoding="utf-8")
    after = replaced(before, summary(results))
    if options.check:
        return int(before != after)
    README.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
