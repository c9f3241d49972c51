"""Measure this keras, the bare frameworks and the PyPI keras side by side, in one run.

    python benchmarks/run.py                           all backends, models and cases
    python benchmarks/run.py --quick                   three short rounds
    python benchmarks/run.py --backend torch --models mlp --cases fit,predict_one

The PyPI keras takes part when `--pypi-python` (or KERAS_BENCH_PYPI_PYTHON) names an
interpreter of an environment that has it. How to read the output: README.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import machine
import numpy as np
import report
import workloads

HERE = Path(__file__).resolve().parent
BACKENDS = ("torch", "jax", "tensorflow", "numpy")
CASES = (
    "fit",
    "fit_fused",
    "evaluate",
    "train_on_batch_one",
    "predict_one",
    "predict_many",
    "predict_on_batch_one",
    "call_one",
    "build",
    "save",
    "load",
    "import",
)
PYPI = "KERAS_BENCH_PYPI_PYTHON"
QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "JAX_PLATFORMS": "cpu",
    "KERAS_HOME": "/nonexistent",
    "PYTHONWARNINGS": "ignore",
}
OUTPUT_TOLERANCE = 2e-3
LOSS_TOLERANCE = 0.05


class Side:
    """A worker process of one side, spoken to in lines of JSON."""

    def __init__(
        self,
        name: str,
        backend: str,
        python: str,
        log: Path,
        script: str,
    ) -> None:
        self.name = name
        kind, _, variant = name.partition("-")
        env = {**os.environ, **QUIET}
        env["NATIVE_XLA"] = "1" if variant == "xla" else "0"
        command = [
            python,
            str(HERE / script),
            "--side",
            kind,
            "--backend",
            backend,
        ]
        with log.open("a") as errors:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=env,
            )
        self.log = log
        self.facts = self.ask("hello")

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Send one request and wait for its reply; an error reply is raised."""
        try:
            self.process.stdin.write(
                json.dumps({"command": command, **arguments}) + "\n"
            )
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise WorkerError(f"{self.name}: the worker died; see {self.log}")
        reply = json.loads(line)
        if "error" in reply:
            raise WorkerError(f"{self.name}: {command} {arguments}: {reply['error']}")
        return reply

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()


class WorkerError(RuntimeError):
    """A side could not do what was asked; its cases are left out and reported."""


def side_names(backend: str, options: argparse.Namespace) -> list[str]:
    """Sides of one backend: this keras, the bare framework (twice for TF), PyPI's."""
    natives = ["native"]
    if backend == "tensorflow":
        natives.append("native-xla")
    names = ["ours", *natives]
    if options.pypi_python:
        names.append("pypi")
    wanted = options.sides
    return [name for name in names if not wanted or name.partition("-")[0] in wanted]


def open_sides(
    backend: str,
    wanted: list[str],
    options: argparse.Namespace,
    log: Path,
    script: str = "worker.py",
) -> list[Side]:
    """Starts the sides that are wanted; one that cannot start is told and left out."""
    sides = []
    for name in wanted:
        python = options.pypi_python if name == "pypi" else sys.executable
        try:
            side = Side(name, backend, python, log, script)
        except WorkerError as error:
            print(f"  {error}", flush=True)
            continue
        file = side.facts["facts"].pop("keras_file", None)  # no path goes into results
        if file is not None:
            confirm_library(name, file)
        sides.append(side)
    return sides


def confirm_library(name: str, file: str) -> None:
    """Stop a comparison of a library with itself before it misleads anyone."""
    if (Path(file).resolve().parent == HERE.parent / "keras") != (name == "ours"):
        raise SystemExit(f"{name} imported keras from {file}: wrong environment.")


def agree(sides: list[Side], model: str, folder: Path) -> dict[str, Any]:
    """Give all sides the same weights and compare outputs and losses."""
    keras_sides = [side for side in sides if side.name in {"ours", "pypi"}]
    problems: list[str] = []
    if keras_sides:
        weights = str(folder / f"{model}.npz")
        keras_sides[-1].ask("weights", write=weights)
        for side in sides:
            side.ask("weights", read=weights)
    replies, outputs = {}, {}
    for side in sides:
        path = str(folder / f"{model}-{side.name}.npy")
        replies[side.name] = side.ask("check", model=model, outputs=path)
        outputs[side.name] = np.load(path)
    reference = next((name for name in outputs if name.startswith("native")), None)
    for name, reply in replies.items():
        problems += problems_of(name, reply)
        if reference is not None and keras_sides and name != reference:
            problems += differences(
                name, outputs[name], outputs[reference], reply, replies[reference]
            )
    return {"replies": replies, "problems": problems}


def problems_of(name: str, reply: dict[str, Any]) -> list[str]:
    """What is wrong with one side's own results."""
    found = []
    if reply["call_shape"] != [1, workloads.CLASSES]:
        found.append(f"{name}: model(x) of one row has shape {reply['call_shape']}")
    if not reply["call_matches_batch"]:
        found.append(f"{name}: model(x) and predict_on_batch differ")
    losses = reply.get("fit_losses", [])
    if losses and not (np.isfinite(losses).all() and losses[-1] < losses[0]):
        found.append(f"{name}: losses of three epochs do not fall: {losses}")
    return found


def differences(
    name: str,
    output: np.ndarray,
    expected: np.ndarray,
    reply: dict[str, Any],
    reference: dict[str, Any],
) -> list[str]:
    """Where one side's numbers leave those of the reference, from equal weights."""
    if output.shape != expected.shape:
        return [f"{name}: predict has shape {output.shape}, native {expected.shape}"]
    found = []
    gap = float(np.abs(output - expected).max())
    if not gap <= OUTPUT_TOLERANCE:
        found.append(f"{name}: predict differs from native by {gap:.2g}")
    for key in ("evaluate", "fit_losses"):
        if key not in reply or key not in reference:
            continue
        # Of a training only the first epoch: later ones differ by rounding, by Adam's
        # place for epsilon and by sparse updates of an embedding.
        ours, theirs = reply[key][0], reference[key][0]
        if not np.isclose(ours, theirs, rtol=LOSS_TOLERANCE):
            found.append(f"{name}: {key} gives loss {ours:.4g}, native {theirs:.4g}")
    return found


def measure_model(
    sides: list[Side], model: str, options: argparse.Namespace, folder: Path
) -> dict[str, Any]:
    """All cases of one model: check, warm up, then interleaved rounds."""
    result: dict[str, Any] = {"cases": {}, "first_build_s": {}, "left_out": []}
    able = []
    for side in sides:
        try:
            reply = side.ask("load", model=model)
            result["first_build_s"][side.name] = reply["first_build_s"]
            able.append((side, reply["cases"]))
        except WorkerError as error:
            result["left_out"].append(str(error))
    try:
        result["check"] = agree([side for side, _ in able], model, folder)
    except WorkerError as error:
        result["check"] = {"problems": [str(error)]}
    for side, _ in able:
        side.ask("load", model=model)
    for case in options.cases:
        ready = [side for side, cases in able if case in cases]
        if ready:
            result["cases"][case] = measure_case(ready, case, options, result)
    return result


def measure_case(
    sides: list[Side], case: str, options: argparse.Namespace, result: dict[str, Any]
) -> dict[str, Any]:
    """Interleaved rounds of one case; the order turns by one each round."""
    warm: list[Side] = []
    first: dict[str, float] = {}
    for side in sides:
        try:
            seconds = options.round_seconds
            first[side.name] = side.ask("warm", case=case, seconds=seconds)["first_s"]
            warm.append(side)
        except WorkerError as error:
            result["left_out"].append(str(error))
    rounds: dict[str, list[dict[str, float]]] = {side.name: [] for side in warm}
    for number in range(options.rounds):
        turn = number % max(1, len(warm))
        for side in warm[turn:] + warm[:turn]:
            rounds[side.name].append(side.ask("round", case=case))
    return {"first_s": first, "rounds": rounds}


IMPORT_CODE = """
import sys, time, numpy
{before}
cpu, wall = time.process_time(), time.perf_counter()
{timed}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(getattr(sys.modules.get("keras"), "__file__", None), wall, cpu)
"""


NAMESPACES = (
    "from keras import "
    "callbacks, layers, losses, metrics, models, ops, optimizers, random, saving"
)


def import_round(
    python: str, backend: str, before: str, timed: str, bytecode: str
) -> dict[str, float]:
    """One import in a fresh process that has NumPy already, from compiled files."""
    env = {**os.environ, **QUIET, "KERAS_BACKEND": backend}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env["PYTHONPYCACHEPREFIX"] = bytecode
    code = IMPORT_CODE.format(before=before, timed=timed)
    # Away from the checkout: `python -c` looks for modules in the current folder first.
    done = subprocess.run(
        [python, "-c", code],
        env=env,
        cwd=HERE,
        capture_output=True,
        text=True,
        check=True,
    )
    file, wall, cpu = done.stdout.split()[-3:]
    if timed == "import keras":
        confirm_library("ours" if python == sys.executable else "pypi", file)
    return {"wall": float(wall), "cpu": float(cpu)}


def measure_import(backend: str, options: argparse.Namespace) -> dict[str, Any]:
    """`import keras` after NumPy, and all its namespaces after their framework.

    "native" is the import of the framework alone.
    """
    framework = f"import {backend}"
    variants: dict[str, tuple[str, str, str]] = {
        "native": (sys.executable, "", framework),
        "ours": (sys.executable, "", "import keras"),
        "ours-namespaces": (sys.executable, framework, NAMESPACES),
    }
    if options.pypi_python:
        variants["pypi"] = (options.pypi_python, "", "import keras")
        variants["pypi-namespaces"] = (options.pypi_python, framework, NAMESPACES)
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in variants}
    with tempfile.TemporaryDirectory() as bytecode:
        for variant in variants.values():  # fills the caches
            import_round(variant[0], backend, *variant[1:], bytecode)
        for _ in range(options.rounds):
            for name, (python, *code) in variants.items():
                rounds[name].append(import_round(python, backend, *code, bytecode))
    return {"rounds": rounds}


def measure_backend(backend: str, options: argparse.Namespace) -> dict[str, Any]:
    """Every model and case of one backend."""
    log = Path(options.log) / f"{backend}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    result: dict[str, Any] = {"models": {}}
    if "import" in options.cases:
        result["import"] = measure_import(backend, options)
    if set(options.cases) == {"import"}:
        return result
    sides = open_sides(backend, side_names(backend, options), options, log)
    result["sides"] = {side.name: side.facts for side in sides}
    try:
        with tempfile.TemporaryDirectory() as folder:
            for model in options.models:
                print(f"{backend} {model} ...", flush=True)
                measured = measure_model(sides, model, options, Path(folder))
                result["models"][model] = measured
                for line in measured["left_out"] + measured["check"]["problems"]:
                    print(f"  ! {line}", flush=True)
    finally:
        for side in sides:
            side.close()
    return result


def names(allowed: Iterable[str]) -> Any:
    """An argparse type: comma separated names out of `allowed`."""
    choices = tuple(allowed)

    def parse(text: str) -> list[str]:
        found = [name.strip() for name in text.split(",") if name.strip()]
        wrong = [name for name in found if name not in choices]
        if wrong:
            raise argparse.ArgumentTypeError(
                f"{', '.join(wrong)} not in {', '.join(choices)}"
            )
        return found

    return parse


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--backend", type=names(BACKENDS), help="default: installed ones"
    )
    models = list(workloads.WORKLOADS)
    parser.add_argument("--models", type=names(models), default=models)
    parser.add_argument("--cases", type=names(CASES), default=list(CASES))
    parser.add_argument("--sides", type=names(("ours", "native", "pypi")), default=[])
    parser.add_argument("--pypi-python", default=os.environ.get(PYPI), metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--round-seconds", type=float, default=0.2, help="least time of a round"
    )
    parser.add_argument("--quick", action="store_true", help="3 rounds of 0.05 s")
    parser.add_argument("--json", metavar="FILE", help="write all measurements here")
    parser.add_argument("--log", default=str(HERE / "results" / "local"))
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.round_seconds = 3, 0.05
    if options.backend is None:
        options.backend = [name for name in BACKENDS if importlib.util.find_spec(name)]
    return options


def main() -> int:
    options = parse_options()
    started = time.strftime("%Y-%m-%d %H:%M")
    results: dict[str, Any] = {
        "machine": machine.facts(),
        "started": started,
        "rounds": options.rounds,
        "round_seconds": options.round_seconds,
        "load_average_before": list(os.getloadavg()),
        "backends": {},
    }
    for backend in options.backend:
        results["backends"][backend] = measure_backend(backend, options)
    results["load_average_after"] = list(os.getloadavg())
    print()
    print(report.render(results))
    if options.json:
        path = Path(options.json)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(results, indent=1) + "\n")
        print(f"\nwritten: {path}")
    return 1 if report.problems(results) else 0


if __name__ == "__main__":
    sys.exit(main())
