"""Size budget of the library's source: a file is one idea, a function fits the eye.

Measured over ``keras/`` with ``ast``. The hard stops are per file and per function; the
90th percentiles keep the whole from drifting towards them. A docstring costs nothing in
a function's budget, for documentation is not what makes a function hard to read.

Run as a command it prints a summary, and the offenders where there are any; the test
suite calls :func:`violations`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "keras"


@dataclass(frozen=True)
class Budget:
    """Limits in lines for one kind of thing."""

    kind: str
    p90: int
    hard: int


FILES = Budget("file", p90=500, hard=1000)
FUNCTIONS = Budget("function body", p90=30, hard=80)


@dataclass(frozen=True)
class Size:
    """One measured thing: where it is and how many lines it has."""

    where: str
    lines: int


FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def body_lines(node: FunctionNode) -> int:
    """Lines from the first statement after the docstring to the last one."""
    body = node.body
    if ast.get_docstring(node, clean=False) is not None:
        body = body[1:]
    if not body:
        return 0
    return (body[-1].end_lineno or body[-1].lineno) - body[0].lineno + 1


def functions_of(tree: ast.Module) -> Iterator[FunctionNode]:
    """Every function and method, nested ones included."""
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            yield node


def measure(package: Path = PACKAGE) -> tuple[list[Size], list[Size]]:
    """Sizes of all files and of all function bodies under `package`."""
    files: list[Size] = []
    functions: list[Size] = []
    for path in sorted(package.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(package.parent).as_posix()
        files.append(Size(name, text.count("\n")))
        for node in functions_of(ast.parse(text, filename=name)):
            where = f"{name}:{node.lineno} {node.name}"
            functions.append(Size(where, body_lines(node)))
    return files, functions


def percentile(sizes: list[Size], share: float) -> int:
    """Nearest-rank percentile of the line counts; 0 for none."""
    ranked = sorted(size.lines for size in sizes)
    return (
        ranked[max(0, -(-int(share * 100) * len(ranked) // 100) - 1)] if ranked else 0
    )


def violations(sizes: list[Size], budget: Budget) -> list[str]:
    """What breaks `budget`, one readable line each."""
    found = [
        f"{size.where}: {size.lines} lines, hard stop {budget.hard} for a {budget.kind}"
        for size in sizes
        if size.lines > budget.hard
    ]
    p90 = percentile(sizes, 0.9)
    if p90 > budget.p90:
        found.append(f"p90 of {budget.kind}: {p90} lines, budget {budget.p90}")
    return found


def summary(sizes: list[Size], budget: Budget) -> str:
    """One line: how many, median, p90 and largest, beside the budget."""
    largest = max(sizes, key=lambda size: size.lines, default=Size("none", 0))
    return (
        f"{len(sizes)} x {budget.kind}: median {percentile(sizes, 0.5)}, "
        f"p90 {percentile(sizes, 0.9)} (budget {budget.p90}), "
        f"largest {largest.lines} (stop {budget.hard}) {largest.where}"
    )


def main() -> int:
    """Print the summary and any violation; the exit status says whether all is well."""
    files, functions = measure()
    broken: list[str] = []
    for sizes, budget in ((files, FILES), (functions, FUNCTIONS)):
        print(summary(sizes, budget))
        broken += violations(sizes, budget)
    for line in broken:
        print(f"over budget: {line}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
