"""From rounds to tables: medians of per-round ratios, wall time and process CPU time.

Reads the JSON that run.py writes: `python benchmarks/report.py results/x.json` prints
the tables again.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

Rounds = list[dict[str, float]]

# The most that this keras may take, per backend: (torch, jax, tensorflow).
# "x": times the hand-written loop; "ms": milliseconds over the bare call of one row.
TARGETS: dict[tuple[str, str], tuple[str, dict[str, float]]] = {
    ("fit", "*"): ("x", {"torch": 0.95, "jax": 1.0, "tensorflow": 1.05}),
    ("fit_fused", "mlp"): ("x", {"torch": 0.95, "jax": 0.7, "tensorflow": 0.8}),
    ("fit_fused", "*"): ("x", {"torch": 0.95, "jax": 1.0, "tensorflow": 1.05}),
    ("evaluate", "*"): ("x", {"torch": 1.0, "jax": 1.0, "tensorflow": 1.05}),
    ("predict_many", "*"): ("x", {"torch": 1.0, "jax": 1.0, "tensorflow": 1.05}),
    ("predict_one", "*"): ("ms", {"torch": 0.03, "jax": 0.05, "tensorflow": 0.1}),
    ("train_on_batch_one", "*"): ("x", {"torch": 1.1, "jax": 1.1, "tensorflow": 1.1}),
    ("predict_on_batch_one", "*"): ("x", {"torch": 1.1, "jax": 1.1, "tensorflow": 1.1}),
    ("call_one", "*"): ("x", {"torch": 1.15, "jax": 1.3, "tensorflow": 1.15}),
}
IMPORT_TARGET_S = 0.15
TITLES = {
    "fit": "fit, per step",
    "fit_fused": "fit in groups of steps, per step",
    "evaluate": "evaluate, per step",
    "train_on_batch_one": "train_on_batch, 1 row",
    "predict_one": "predict, 1 row",
    "predict_many": "predict, many rows",
    "predict_on_batch_one": "predict_on_batch, 1 row",
    "call_one": "model(x), 1 row",
    "build": "build (again)",
    "save": "save",
    "load": "load",
}


def middle(rounds: Rounds, key: str) -> float:
    return median(each[key] for each in rounds)


def ratio(side: Rounds, baseline: Rounds, key: str) -> float:
    """Median over rounds of side / baseline, both taken in the same round."""
    return median(a[key] / b[key] for a, b in zip(side, baseline, strict=True))


def extra(side: Rounds, baseline: Rounds, key: str) -> float:
    """Median over rounds of side - baseline, in seconds."""
    return median(a[key] - b[key] for a, b in zip(side, baseline, strict=True))


def baseline_name(rounds: dict[str, Rounds]) -> str | None:
    """The bare framework's better variant, by median wall time."""
    natives = [name for name in rounds if name.startswith("native") and rounds[name]]
    return min(natives, key=lambda name: middle(rounds[name], "wall"), default=None)


@dataclass(frozen=True)
class Row:
    """One case of one model on one backend."""

    backend: str
    model: str
    case: str
    rounds: dict[str, Rounds]
    bare_call: Rounds | None

    @property
    def baseline(self) -> str | None:
        return baseline_name(self.rounds)

    def target(self) -> tuple[str, float] | None:
        for model in (self.model, "*"):
            kind, limits = TARGETS.get((self.case, model), ("", {}))
            if self.backend in limits:
                return kind, limits[self.backend]
        return None

    def reached(self) -> tuple[float, float, float] | None:
        """(wall, cpu, limit) of this keras against the target, None without either."""
        target, name = self.target(), self.baseline
        ours = self.rounds.get("ours")
        if target is None or name is None or not ours:
            return None
        kind, limit = target
        if kind == "x":
            native = self.rounds[name]
            return ratio(ours, native, "wall"), ratio(ours, native, "cpu"), limit
        bare = self.bare_call
        if not bare:
            return None
        # Other case, other rounds: the difference of medians, not of rounds.
        wall = middle(ours, "wall") - middle(bare, "wall")
        cpu = middle(ours, "cpu") - middle(bare, "cpu")
        return wall * 1e3, cpu * 1e3, limit


def rows_of(results: dict[str, Any]) -> list[Row]:
    """All measured cases, in the order in which they were run."""
    rows = []
    for backend, measured in results["backends"].items():
        for model, per_model in measured["models"].items():
            cases = {k: v["rounds"] for k, v in per_model["cases"].items()}
            batch = cases.get("predict_on_batch_one", {})
            bare = batch.get(baseline_name(batch) or "")
            for case, rounds in cases.items():
                rows.append(Row(backend, model, case, rounds, bare))
    return rows


def problems(results: dict[str, Any]) -> list[str]:
    """Everything that spoils the comparison: failed checks, cases left out."""
    found = []
    for backend, measured in results["backends"].items():
        for model, per_model in measured["models"].items():
            lines = per_model["left_out"] + per_model["check"]["problems"]
            found += [f"{backend} {model}: {line}" for line in lines]
    return found


def milliseconds(seconds: float) -> str:
    value = seconds * 1e3
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def compared(row: Row, side: str) -> str:
    """`wall / cpu` ratio of one side to the baseline; its time where there is none."""
    rounds = row.rounds.get(side)
    if not rounds:
        return "-"
    name = row.baseline
    if name is None:
        return f"{milliseconds(middle(rounds, 'wall'))} ms"
    base = row.rounds[name]
    return f"{ratio(rounds, base, 'wall'):.2f} / {ratio(rounds, base, 'cpu'):.2f}"


def native_time(row: Row) -> str:
    name = row.baseline
    if name is None:
        return "-"
    rounds = row.rounds[name]
    wall, cpu = (milliseconds(middle(rounds, key)) for key in ("wall", "cpu"))
    return f"{wall} / {cpu}" + (" (XLA)" if name == "native-xla" else "")


def verdict(row: Row) -> str:
    reached = row.reached()
    target = row.target()
    if target is None:
        return ""
    kind, limit = target
    shown = f"{limit:g}x" if kind == "x" else f"+{limit:g} ms"
    if reached is None:
        return shown
    wall, cpu, limit = reached
    # The steadier of the two readings decides on a shared machine.
    word = "met" if min(wall, cpu) <= limit else "MISSED"
    return f"{shown}: {word}" + (f" ({wall:+.3f})" if kind == "ms" else "")


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def backend_table(rows: list[Row]) -> str:
    header = [
        "model",
        "case",
        "native ms, wall / cpu",
        "this keras",
        "PyPI keras",
        "goal",
    ]
    body = [
        [
            row.model,
            TITLES[row.case],
            native_time(row),
            compared(row, "ours"),
            compared(row, "pypi"),
            verdict(row),
        ]
        for row in rows
    ]
    return table(header, body)


def import_table(results: dict[str, Any]) -> str:
    """Seconds of imports in a fresh process that has NumPy; empty if not measured."""
    names = ["native", "ours", "pypi", "ours-namespaces", "pypi-namespaces"]
    body = []
    for backend, measured in results["backends"].items():
        rounds = measured.get("import", {}).get("rounds", {})
        if rounds:
            cells = [
                f"{middle(rounds[n], 'wall'):.3f} / {middle(rounds[n], 'cpu'):.3f}"
                if n in rounds
                else "-"
                for n in names
            ]
            body.append([backend, *cells])
    header = [
        "backend",
        "framework alone",
        f"this keras (goal {IMPORT_TARGET_S} s)",
        "PyPI keras",
        "this keras: namespaces after the framework",
        "PyPI keras: namespaces after the framework",
    ]
    return table(header, body) if body else ""


def describe(results: dict[str, Any]) -> str:
    """One line about machine and run."""
    m = results["machine"]
    packages = ", ".join(f"{name} {v}" for name, v in m["packages"].items())
    before = results["load_average_before"][0]
    return (
        f"{m['processor']}, {m['cores']} cores, {m['system']}, Python {m['python']}; "
        f"{packages}; {results['started']}; {results['rounds']} interleaved rounds; "
        f"load average before: {before:.1f}."
    )


def render(results: dict[str, Any]) -> str:
    """The whole report as markdown."""
    parts = [describe(results)]
    rows = rows_of(results)
    for backend in results["backends"]:
        mine = [row for row in rows if row.backend == backend]
        if mine:
            parts += [f"### {backend}", backend_table(mine)]
    imports = import_table(results)
    if imports:
        parts += ["### import, s (wall / cpu)", imports]
    found = problems(results)
    if found:
        parts += ["### Problems", "\n".join(f"- {line}" for line in found)]
    return "\n\n".join(parts)


if __name__ == "__main__":
    print(render(json.loads(Path(sys.argv[1]).read_text())))
