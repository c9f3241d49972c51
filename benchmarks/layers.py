"""What a layer costs over the framework's own, forward and backward, batch 32.

    python benchmarks/layers.py [--backend torch,jax] [--rows LSTM,Conv2D] [--json FILE]

Both sides have the same weights and inputs, must agree in their outputs, and take turns
in one process on one thread. A row's ratio is the median over rounds of (ours / by
hand), wall time and CPU time; on TensorFlow each side is compiled with XLA and without,
and the better of ours stands over the better of the others.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from statistics import median
from typing import Any

QUIET = {
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
LIMITS = {"torch": 1.1, "jax": 1.1, "tensorflow": 1.15}
TOLERANCE = 2e-3


def turn(train: Any, seconds: float) -> tuple[float, float]:
    """Wall and CPU seconds of one pass, over as many as fill `seconds`."""
    count, wall, cpu = 0, time.perf_counter(), time.process_time()
    while True:
        train()
        count += 1
        spent = time.perf_counter() - wall
        if spent >= seconds:
            return spent / count, (time.process_time() - cpu) / count


def difference(row: Any, passes: dict[str, Any]) -> float:
    """How far outputs and slopes of the sides lie apart, over the largest of each.

    Past the end of a sequence each side has its own outputs: there, only outputs before
    it are compared, and no slopes.
    """
    import numpy as np
    from layer_rows import right_padding

    padded = row.lengths and row.copies == 1
    sides = [each.numbers()[: 1 if padded else None] for each in passes.values()]
    if padded:
        steps = np.arange(row.shape[0]) < right_padding(row.shape[0])[:, None]
        sides = [[found[0][steps]] for found in sides]
    return max(
        float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))
        for side in sides
        for found, expected in zip(side, sides[1], strict=True)
    )


def measure(
    name: str, module: Any, keras: Any, rounds: int, seconds: float
) -> dict[str, Any]:
    """The rounds of one row, and how far the outputs are apart."""
    from layer_rows import ROWS

    row = ROWS[name]
    layer = row.make(keras.layers)
    arrays = row.arrays()
    layer(*arrays, **row.call_options())
    passes = module.sides(name, row, layer, arrays)
    apart = difference(row, passes)
    for each in passes.values():
        each.train()
        each.train()
    found: dict[str, list[tuple[float, float]]] = {side: [] for side in passes}
    for number in range(rounds):
        order = list(passes)
        for side in order[number % len(order) :] + order[: number % len(order)]:
            found[side].append(turn(passes[side].train, seconds))
    return {"apart": apart, "rounds": found}


def better(rounds: dict[str, Any], which: str) -> list[tuple[float, float]]:
    sides = [side for side in rounds if side.startswith(which)]
    best = min(sides, key=lambda side: median(wall for wall, _ in rounds[side]))
    return rounds[best]


def ratios(rounds: dict[str, Any]) -> tuple[float, float, float]:
    """Milliseconds by hand, and the ratio of ours in wall and in CPU time."""
    mine, other = better(rounds, "ours"), better(rounds, "native")
    pairs = list(zip(mine, other, strict=True))
    return (
        1e3 * median(wall for wall, _ in other),
        median(a[0] / b[0] for a, b in pairs),
        median(a[1] / b[1] for a, b in pairs),
    )


def run_backend(backend: str, options: argparse.Namespace) -> dict[str, Any]:
    """All rows on one backend, in this process."""
    os.environ.update(QUIET, KERAS_BACKEND=backend)
    module = importlib.import_module(f"layers_{backend}")
    module.setup()
    keras = importlib.import_module("keras")
    results: dict[str, Any] = {}
    for name in options.rows or module.ROWS:
        if name not in module.ROWS:
            continue
        found = measure(name, module, keras, options.rounds, options.round_seconds)
        base, wall, cpu = ratios(found["rounds"])
        results[name] = {**found, "ms": base, "wall": wall, "cpu": cpu}
        notes = "" if cpu <= LIMITS[backend] or wall <= LIMITS[backend] else "  over"
        if found["apart"] > TOLERANCE:
            notes += f"  ! outputs or slopes differ by {found['apart']:.2g}"
        print(
            f"{backend:10} {name:32} {base:8.3f} ms {wall:6.2f} / {cpu:5.2f}{notes}",
            flush=True,
        )
    return results


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backend", default="torch,jax,tensorflow")
    parser.add_argument("--rows", type=lambda text: text.split(";"), default=[])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--round-seconds", type=float, default=0.06)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    results: dict[str, Any] = {}
    for backend in options.backend.split(","):
        child = os.fork() if "," in options.backend else 0
        if child:
            os.waitpid(child, 0)
            continue
        results[backend] = run_backend(backend, options)
        break
    if options.json and results:
        before = {}
        if os.path.exists(options.json):
            with open(options.json) as file:
                before = json.load(file)
        with open(options.json, "w") as file:
            json.dump({**before, **results}, file)


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main()
