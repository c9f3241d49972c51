"""Writes the table of `docs/export.md`: which layer leaves in which format.

    python tools/export_table.py [--formats onnx litert] [--backends torch]

Every row of the tests' table of layers is exported from every backend in every format,
run by the runtime of the format at batch 1 and 3, and compared with the model. What was
found is kept in `tests/export/table.json`, from which the page is made: formats and
backends that are not named stay as they were found before.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOUND = ROOT / "tests" / "export" / "table.json"
PAGE = ROOT / "docs" / "export.md"
BACKENDS = ("numpy", "jax", "tensorflow", "torch")
BEGIN = "<!-- The table: written by tools/export_table.py -->\n"

Found = dict[str, dict[str, dict[str, str]]]  # format -> backend -> row -> reason or ""


def section(found: Found) -> str:
    """The part of the page."""
    rows = list(next(iter(next(iter(found.values())).values())))
    notes: list[str] = []
    lines = [f"| layer | {' | '.join(f'`{name}`' for name in found)} |"]
    lines.append("|---" * (len(found) + 1) + "|")
    for row in rows:
        cells = [_cell(each, row, notes) for each in found.values()]
        lines.append(f"| {row.replace('|', ' ')} | {' | '.join(cells)} |")
    lines.append("")
    lines += [f"{number}. {note}" for number, note in enumerate(notes, 1)]
    return "\n".join(lines).rstrip() + "\n"


def _cell(found: dict[str, dict[str, str]], row: str, notes: list[str]) -> str:
    """`yes`, or by reason the backends from which a row is not written."""
    reasons: dict[str, list[str]] = {}
    for backend, rows in found.items():
        reasons.setdefault(rows[row], []).append(backend)
    if set(reasons) == {""}:
        return "yes"
    parts = []
    for reason, backends in reasons.items():
        if reason:
            if reason not in notes:
                notes.append(reason)
            where = "" if len(backends) == len(found) else f"{', '.join(backends)} "
            parts.append(f"no: {where}({notes.index(reason) + 1})")
    return "; ".join(parts)


def page(found: Found) -> str:
    """The text of the page, with the table as it was found."""
    head = PAGE.read_text().partition(BEGIN)[0]
    return head + BEGIN + "\n" + section(found)


def _measure(job: tuple[str, str]) -> tuple[str, str, dict[str, str]]:
    kind, backend = job
    code = (
        "import json, sys; from tests.export.formats import found_of; "
        f"json.dump(found_of({kind!r}, {backend!r}), open(sys.argv[1], 'w'))"
    )
    out = Path(os.environ.get("TMPDIR", "/tmp")) / f"export-{kind}-{backend}.json"
    command = [sys.executable, "-c", code, str(out)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    print(f"{kind} from {backend}", flush=True)
    return kind, backend, json.loads(out.read_text())


def main() -> None:
    """Command line."""
    sys.path.insert(0, str(ROOT))
    from tests.export.formats import RUNNERS

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--formats", nargs="*", default=list(RUNNERS))
    parser.add_argument("--backends", nargs="*", default=list(BACKENDS))
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    found: Found = json.loads(FOUND.read_text()) if FOUND.exists() else {}
    jobs = [(kind, backend) for kind in given.formats for backend in given.backends]
    with ThreadPoolExecutor(given.workers) as pool:
        for kind, backend, rows in pool.map(_measure, jobs):
            found.setdefault(kind, {})[backend] = rows
    found = {kind: found[kind] for kind in RUNNERS if kind in found}
    FOUND.write_text(json.dumps(found, indent=1) + "\n")
    PAGE.write_text(page(found))
    print(f"wrote {FOUND.relative_to(ROOT)} and {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
