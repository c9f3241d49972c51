"""Real models: a train step, inference, a decoder's token, the first step, memory.

    python benchmarks/real_models.py --backend torch --pypi-python /env/bin/python
    python benchmarks/real_models.py --backend jax --models bert,gpt --json FILE

This keras, the bare framework (all models on torch; ResNet50, BERT and GPT on JAX) and
the PyPI keras, in processes of their own that take turns, as in run.py. Weights are
copied, outputs compared. Where no framework's own version is there, ratios stand over
the PyPI keras.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import machine
import numpy as np
import real_workloads as w
import run
import worker
from machine import forget_peak, memory
from report import middle, ratio
from run import PYPI, Side, WorkerError, measure_case, names, side_names

KEYS = ("wall", "cpu")
CASES = ("train", "infer_1", "infer_8", "token")
BACKENDS = ("torch", "jax", "tensorflow")
TOLERANCE = 2e-3


class RealWorker(worker.Worker):
    """A side that holds one real model; see worker.py for the protocol."""

    def __init__(self, side: str, backend: str) -> None:
        super().__init__(side, backend, "real")

    def make_cases(self, model: str) -> dict[str, tuple[Callable[[], Any], int]]:
        x, y = w.make_data(model, w.BATCH * w.STEPS)
        side, row, batch = self.contender, x[:1], x[: w.BATCH]
        cases: dict[str, tuple[Callable[[], Any], int]] = {
            "train": (lambda: side.fit(x, y), w.STEPS),
            "infer_1": (lambda: side.predict_on_batch(row), 1),
            "infer_8": (lambda: side.predict_on_batch(batch), 1),
        }
        if model == "gpt":
            prompt = np.array([5], "int32")
            cases["token"] = (lambda: side.write(prompt, w.TOKENS), w.TOKENS)
        return cases

    def check(self, model: str, outputs: str) -> dict[str, Any]:
        """Outputs of a batch, and the tokens that a decoder writes."""
        x, _ = w.make_data(model, w.BATCH)
        np.save(outputs, np.asarray(self.contender.predict_on_batch(x)))
        if model != "gpt":
            return {}
        written = self.contender.write(np.array([5], "int32"), w.TOKENS)
        return {"tokens": written.tolist()}

    def losses(self, model: str) -> dict[str, Any]:
        """The losses of two passes of training over the same rows."""
        x, y = w.make_data(model, w.BATCH * w.STEPS)
        return {"losses": [self.contender.fit(x, y) for _ in range(2)]}

    def memory(self) -> dict[str, Any]:
        """Bytes at the peak of a train step, over what the process had before it."""
        gc.collect()
        before = memory("VmRSS")
        forget_peak()
        self.cases["train"][0]()
        peak = memory("VmHWM")
        return {"step": peak - before, "peak": peak - self.start}

    def load(self, model: str) -> dict[str, Any]:
        # What a framework loads, and sets aside, once is no memory of a model.
        self.module.warm_up()
        gc.collect()
        self.start = memory("VmRSS")
        return super().load(model)


def agree(sides: list[Side], model: str, folder: Path) -> list[str]:
    """Gives all sides the same weights; what their outputs and losses disagree in."""
    weights = str(folder / "weights.npz")
    sides[0].ask("weights", write=weights)
    outputs: dict[str, np.ndarray] = {}
    tokens: dict[str, Any] = {}
    losses: dict[str, list[float]] = {}
    for side in sides:
        side.ask("weights", read=weights)
        path = str(folder / f"{side.name}.npy")
        tokens[side.name] = side.ask("check", model=model, outputs=path).get("tokens")
        outputs[side.name] = np.load(path)
        losses[side.name] = side.ask("losses", model=model)["losses"]
    found = []
    first = outputs["ours"]
    size = max(1.0, float(np.abs(first).max()))
    for name, output in outputs.items():
        if output.shape != first.shape:
            found.append(f"{name}: shape {output.shape}, ours {first.shape}")
            continue
        apart = float(np.abs(output - first).max()) / size
        if not apart <= TOLERANCE:
            found.append(f"{name}: outputs differ from ours by {apart:.2g}")
        if tokens[name] != tokens["ours"]:
            found.append(f"{name}: the decoder writes other tokens than ours")
        near = np.isclose(losses[name][0], losses["ours"][0], rtol=0.1)
        if model not in w.DROPPING and not near:
            found.append(f"{name}: loss {losses[name][0]}, ours {losses['ours'][0]}")
    return found


def measure_model(
    sides: list[Side], model: str, options: argparse.Namespace, folder: Path
) -> dict[str, Any]:
    """Construction, agreement, then rounds of each case, in turns."""
    built = {side.name: side.ask("load", model=model) for side in sides}
    result: dict[str, Any] = {
        "build_s": {name: reply["first_build_s"] for name, reply in built.items()},
        "problems": agree(sides, model, folder),
        "left_out": [],
        "cases": {},
    }
    for case in options.cases:
        able = [side for side in sides if case in built[side.name]["cases"]]
        if able:
            result["cases"][case] = measure_case(able, case, options, result)
    result["problems"] += result.pop("left_out")
    if "train" in options.cases:
        result["memory"] = {side.name: side.ask("memory") for side in sides}
    return result


def measure_first_steps(
    backend: str, model: str, options: argparse.Namespace, log: Path
) -> dict[str, float]:
    """Seconds of the first train step, in processes that have done nothing before."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        weights = str(Path(folder) / "weights.npz")
        for side in open_sides(backend, model, options, log):
            side.ask("load", model=model)
            if side.name == "ours":
                side.ask("weights", write=weights)
            side.ask("weights", read=weights)
            found[side.name] = side.ask("warm", case="train", seconds=0.0)["first_s"]
            side.close()
    return found


def open_sides(
    backend: str, model: str, options: argparse.Namespace, log: Path
) -> list[Side]:
    """The sides that have this model."""
    names = [
        name
        for name in side_names(backend, options)
        if has_native(backend, model) or not name.startswith("native")
    ]
    return run.open_sides(backend, names, options, log, Path(__file__).name)


def has_native(backend: str, model: str) -> bool:
    """Whether somebody wrote the model by hand in this framework."""
    if backend == "jax":
        return model in ("resnet50", "bert", "gpt")
    return backend == "torch"


def render(backend: str, model: str, result: dict[str, Any]) -> str:
    """The lines of one model: milliseconds of ours, ratios in wall and CPU time."""
    lines = []
    for case, measured in result["cases"].items():
        rounds = measured["rounds"]
        mine = 1e3 * middle(rounds["ours"], "wall")
        text = f"{backend:10} {model:16} {case:8} {mine:9.2f} ms"
        for other in rounds:
            if other != "ours":
                wall, cpu = (ratio(rounds["ours"], rounds[other], k) for k in KEYS)
                text += f"   {other} {wall:5.2f} / {cpu:5.2f}"
        lines.append(text)
    for what, unit in (("build_s", "s"), ("first_step_s", "s")):
        found = result.get(what, {})
        if "ours" in found:
            text = (
                f"{backend:10} {model:16} {what[:-2]:10} {found['ours']:7.2f} {unit} "
            )
            for other, value in found.items():
                if other == "pypi" or what == "first_step_s" and other != "ours":
                    text += f"   {other} {found['ours'] / value:5.2f}        "
            lines.append(text)
    memory = result.get("memory", {})
    if "ours" in memory:
        mine = memory["ours"]["peak"]
        text = f"{backend:10} {model:16} memory   {mine / 2**20:9.0f} MiB"
        for other, value in memory.items():
            if other != "ours":
                text += f"  {other} {mine / max(value['peak'], 1):5.2f}        "
        lines.append(text)
    lines += [f"  ! {line}" for line in result["problems"]]
    return "\n".join(lines)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backend", type=names(BACKENDS), default=list(BACKENDS))
    parser.add_argument("--models", type=names(w.NAMES), default=list(w.NAMES))
    parser.add_argument("--cases", type=names(CASES), default=list(CASES))
    parser.add_argument("--sides", type=names(("ours", "native", "pypi")), default=[])
    parser.add_argument("--pypi-python", default=os.environ.get(PYPI), metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--round-seconds", type=float, default=0.3)
    parser.add_argument("--first-steps", action="store_true", help="in new processes")
    parser.add_argument("--json", metavar="FILE", help="write all measurements here")
    parser.add_argument("--log", default=str(Path(__file__).parent / "results/local"))
    return parser.parse_args()


def main() -> int:
    options = parse_options()
    started = time.strftime("%Y-%m-%d %H:%M")
    results: dict[str, Any] = {"machine": machine.facts(), "started": started}
    problems = 0
    for backend in options.backend:
        log = Path(options.log) / f"real_{backend}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        for model in options.models:
            sides = open_sides(backend, model, options, log)
            try:
                with tempfile.TemporaryDirectory() as folder:
                    found = measure_model(sides, model, options, Path(folder))
            except WorkerError as error:
                found = {"problems": [str(error)], "cases": {}}
            finally:
                for side in sides:
                    side.close()
            if options.first_steps:
                found["first_step_s"] = measure_first_steps(
                    backend, model, options, log
                )
            results.setdefault(backend, {})[model] = found
            problems += len(found["problems"])
            print(render(backend, model, found), flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    if "--side" in sys.argv:
        worker.main(RealWorker)
    else:
        sys.exit(main())
