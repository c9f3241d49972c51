"""Which backend suits a model best, by measurement: `keras.utils.compare_backends`.

    python -m keras.models.compare_backends model.keras

A candidate is a copy of the model on one backend with one `jit_compile`. Each is made
and warmed up by itself, which tells its first step and its memory. Then all take turns
in rounds, so that whatever else the machine does is shared among them.
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from keras import backends
from keras.core import config
from keras.core.errors import BackendError
from keras.core.naming import preserved_names
from keras.core.typing import Data
from keras.models.model import Model
from keras.random.seed import preserved_randomness
from keras.saving import load_model
from keras.training.data.host import to_host
from keras.training.data.structure import leaves_of, map_leaves
from keras.utils import process_memory
from keras.utils.messages import show
from keras.utils.progbar import Progbar

ROUND_SECONDS = 0.2


@dataclass
class BackendTiming:
    """What one backend with one `jit_compile` needs for a model.

    Args:
        backend: its name.
        jit_compile: what the model was compiled with.
        first_step: seconds of the first training step, which compiles.
        step: seconds of a later one.
        predict_one: seconds of `predict` of one row.
        predict_many: seconds of `predict` of all rows.
        memory: bytes of main memory that the copy of the model and its training added
            at most; None where the system does not tell.
        note: why something could not be measured, which is None then.
    """

    backend: str
    jit_compile: bool
    first_step: float | None = None
    step: float | None = None
    predict_one: float | None = None
    predict_many: float | None = None
    memory: int | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """The backend, and whether it compiles."""
        return f"{self.backend}, jit_compile={self.jit_compile}"


@dataclass
class BackendComparison:
    """What each backend needs for a model; `print` shows it as a table.

    Args:
        timings: a row for each backend and `jit_compile`.
        batch_size: rows in a step.
        rows: rows in the prediction of many.
    """

    timings: list[BackendTiming]
    batch_size: int
    rows: int

    @property
    def best_for_training(self) -> BackendTiming | None:
        """The row with the shortest step; None if none trains."""
        return self._best("step")

    @property
    def best_for_inference(self) -> BackendTiming | None:
        """The row that predicts many rows in the least time."""
        return self._best("predict_many")

    def _best(self, what: str) -> BackendTiming | None:
        able = [timing for timing in self.timings if getattr(timing, what) is not None]
        return min(able, key=lambda timing: getattr(timing, what), default=None)

    def __str__(self) -> str:
        titles = {
            "first_step": "first step",
            "step": "step",
            "predict_one": "predict 1",
            "predict_many": f"predict {self.rows}",
        }
        best = {what: self._best(what) for what in titles}
        lines = [["backend", "jit", *titles.values(), "memory", ""]]
        for timing in self.timings:
            cells = [
                _shown(getattr(timing, what)) + (" *" if best[what] is timing else "  ")
                for what in titles
            ]
            memory = (
                "-" if timing.memory is None else f"{timing.memory / 2**20:.0f} MiB"
            )
            jit = "on" if timing.jit_compile else "off"
            lines.append([timing.backend, jit, *cells, memory, timing.note])
        widths = [max(len(line[column]) for line in lines) for column in range(7)]
        table = [
            "  ".join(
                cell.ljust(width) if column < 2 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(line, widths))
            )
            + (f"  {line[7]}" if line[7] else "")
            for line in lines
        ]
        return "\n".join([*table, self._winners()])

    def _winners(self) -> str:
        said = []
        for job, best in (
            (f"Training in batches of {self.batch_size}", self.best_for_training),
            ("inference", self.best_for_inference),
        ):
            said.append(f"{job}: {'none' if best is None else best.name}")
        return "; ".join(said) + "."


def _shown(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1e3:.4g} ms"


def compare_backends(
    model: Model,
    x: Data = None,
    y: Data = None,
    batch_size: int = 32,
    backends: Sequence[str] | None = None,
    jit_compile: Sequence[bool] = (False, True),
    steps: int = 8,
    rounds: int = 5,
    verbose: int = 1,
) -> BackendComparison:
    """Measures a model on each backend, to tell where it trains and predicts fastest.

    The model is copied to each backend with its weights, compile settings and optimizer
    state. It stays as it was, and so do all random numbers and names to come. All
    copies are in memory at once; `jit_compile=True` can compile for a minute on torch.

    Args:
        model: A built model. If it is not compiled, only inference is measured.
        x: Inputs, `(rows, ...)`: arrays, tensors, or a structure of them; repeated
            where `steps` batches need more. Made up from the model's inputs by default.
        y: Targets, likewise.
        batch_size: Rows in a step.
        backends: Names of backends; all that are installed by default.
        jit_compile: The compile options to try where a backend has both: `False` and
            `True` as in `Model.compile`.
        steps: The most batches in a round of training.
        rounds: How often the backends take turns; medians count.
        verbose: 0 for silence, 1 for a progress bar and the table.

    Returns:
        The table: `timings`, `best_for_training`, `best_for_inference`.

    Raises:
        ValueError: If the model is not built, or data cannot be made up.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> table = keras.utils.compare_backends(
    ...     model, backends=["numpy"], rounds=1, verbose=0
    ... )
    >>> table.best_for_inference.backend
    'numpy'
    """
    _check(model, batch_size, steps, rounds)
    with preserved_randomness(), preserved_names():
        work = _work(model, x, y, batch_size, steps)
        candidates = list(_candidates(model, backends, jit_compile))
        _measure(model, work, candidates, rounds, verbose)
    result = BackendComparison(
        [candidate.finish() for candidate in candidates], batch_size, work.rows
    )
    if verbose:
        show(str(result))
    return result


def _measure(
    model: Model, work: _Work, candidates: list[_Candidate], rounds: int, verbose: int
) -> None:
    bar = Progbar(len(candidates) * (1 + rounds), verbose=verbose, unit_name="turn")
    for candidate in candidates:
        bar.add(0, [("now", candidate.timing.name)])
        candidate.set_up(model, work)
        bar.add(1)
    for number in range(rounds):
        turn = number % len(candidates)
        for candidate in candidates[turn:] + candidates[:turn]:
            bar.add(0, [("now", candidate.timing.name)])
            candidate.take_turn()
            bar.add(1)


def _check(model: Model, *counts: int) -> None:
    if not isinstance(model, Model) or not model.built:
        raise ValueError(
            "compare_backends takes a built model. Received: "
            f"{model!r}. Call the model on data, or model.build(input_shape), first."
        )
    if min(counts) < 1:
        raise ValueError(
            "batch_size, steps and rounds are at least 1. Received: "
            f"{', '.join(map(str, counts))}."
        )


def _candidates(
    model: Model, names: Sequence[str] | None, options: Sequence[bool]
) -> Iterable[_Candidate]:
    # The model's own backend comes first, as the user knows it.
    own = model._keras_backend.name
    for name in names or sorted(backends.installed(), key=lambda name: name != own):
        backend = backends.load(name)
        compiles = backend.jit(len, jit_compile=True) is not len
        for option in options if compiles else (False,):
            yield _Candidate(BackendTiming(name, option))


# Data ------------------------------------------------------------------------------


@dataclass
class _Work:
    """Rows for `steps` batches."""

    x: Data
    y: Data
    batch_size: int
    steps: int
    trains: bool

    @property
    def rows(self) -> int:
        return self.batch_size * self.steps

    def batches(self, count: int) -> tuple[Data, Data]:
        rows = self.batch_size * count
        return _first(self.x, rows), _first(self.y, rows)


def _first(data: Data, rows: int) -> Data:
    return map_leaves(lambda leaf: leaf[:rows], data)


def _work(model: Model, x: Data, y: Data, batch_size: int, steps: int) -> _Work:
    rows = batch_size * steps

    def repeated(leaf: Any) -> Any:
        array = to_host(leaf, config.floatx())
        if array.ndim == 0 or len(array) == 0:
            raise ValueError(
                "x and y of compare_backends are arrays of at least one row. Received "
                f"one of shape {array.shape}."
            )
        return np.take(array, np.arange(rows) % len(array), axis=0)

    x = _made_up_inputs(model, rows) if x is None else map_leaves(repeated, x)
    trains = bool(model.compiled)
    if y is not None:
        y = map_leaves(repeated, y)
    elif trains:
        y = _made_up_targets(model, x)
    return _Work(x, y, batch_size, steps, trains)


def _made_up_inputs(model: Model, rows: int) -> Data:
    symbols = getattr(model, "input", None)
    if symbols is None:
        raise ValueError(
            f"What {type(model).__name__} {model.name!r} takes is not known from its "
            "inputs. Pass x, and y to measure training."
        )
    rng = np.random.default_rng(0)

    def array(symbol: Any) -> np.ndarray:
        shape = (rows, *symbol.shape[1:])
        if None in shape or symbol.dtype == "string":
            raise ValueError(
                f"Inputs of shape {symbol.shape} and dtype {symbol.dtype} cannot be "
                "made up. Pass x, and y to measure training."
            )
        if "int" in symbol.dtype or symbol.dtype == "bool":
            # Indices that exist wherever there are two.
            return rng.integers(0, 2, shape).astype(symbol.dtype)
        return rng.uniform(0, 1, shape).astype(symbol.dtype)

    return map_leaves(array, symbols)


def _made_up_targets(model: Model, x: Data) -> Data:
    """Targets that the loss takes: the outputs, or the numbers of their classes."""
    few = _first(x, 2)
    outputs = model.predict_on_batch(few)
    classes = map_leaves(lambda leaf: leaf.argmax(-1).astype("int32"), outputs)
    rows = len(leaves_of(x)[0])
    for targets in (outputs, classes):
        try:
            copy.deepcopy(model).test_on_batch(few, targets)
        except (ValueError, TypeError):
            continue
        return map_leaves(
            lambda leaf: np.resize(leaf, (rows, *leaf.shape[1:])), targets
        )
    raise ValueError(
        f"Targets for the loss of {model.name!r} cannot be made up. Pass x and y."
    )


# One backend -----------------------------------------------------------------------


@dataclass
class _Candidate:
    """A copy of the model on one backend, and what it took so far."""

    timing: BackendTiming
    jobs: dict[str, tuple[Callable[[], Any], int]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def set_up(self, model: Model, work: _Work) -> None:
        """Makes the copy and compiles what the rounds run."""
        before = process_memory.resident()
        try:
            made = _copied(model, self.timing)
            if work.trains:
                self._train(made, work)
            self._predict(made, work)
        except Exception as error:  # noqa: BLE001 - of the user's code; the table says it
            self.timing.note = _first_sentence(error)
        if before is not None and process_memory.reset_peak():
            for run, _ in self.jobs.values():
                run()
            peak = process_memory.peak()
            self.timing.memory = None if peak is None else max(0, peak - before)

    def _train(self, model: Any, work: _Work) -> None:
        def fit(steps: int) -> float:
            x, y = work.batches(steps)
            options = {"batch_size": work.batch_size, "shuffle": False, "verbose": 0}
            return _timed(lambda: model.fit(x, y, **options))

        try:
            self.timing.first_step = fit(1)
        except BackendError as error:  # one that is for inference only
            self.timing.note = _first_sentence(error)
            return
        steps = min(work.steps, max(1, int(ROUND_SECONDS / fit(1))))
        self._add("step", lambda: fit(steps), steps)

    def _predict(self, model: Any, work: _Work) -> None:
        one = _first(work.x, 1)
        options = {"batch_size": work.batch_size, "verbose": 0}
        self._add("predict_one", lambda: model.predict(one, **options))
        self._add("predict_many", lambda: model.predict(work.x, **options))

    def _add(self, name: str, run: Callable[[], Any], units: int = 1) -> None:
        run()
        self.jobs[name] = run, units
        self.seconds[name] = []

    def take_turn(self) -> None:
        """One round of every job."""
        for name, (run, units) in self.jobs.items():
            self.seconds[name].append(_timed(run) / units)

    def finish(self) -> BackendTiming:
        """The row of the table."""
        for name, seconds in self.seconds.items():
            setattr(self.timing, name, median(seconds))
        self.jobs.clear()
        return self.timing


def _copied(model: Model, timing: BackendTiming) -> Any:
    made = model.to_backend(timing.backend)
    if made is model:
        made = copy.deepcopy(model)
    made.jit_compile = timing.jit_compile
    return made


def _timed(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _first_sentence(error: Exception) -> str:
    return f"{str(error).partition('. ')[0].splitlines()[0].rstrip('.')}."


# The command -----------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Compares the backends for a saved model.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m keras.models.compare_backends",
        description="Measures a saved model on each installed backend.",
    )
    parser.add_argument("file", help="a .keras or .h5 file")
    parser.add_argument(
        "--data", metavar="FILE", help="an .npz file with x, and y (made up by default)"
    )
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--backends", help="names with commas between them")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    data = {} if options.data is None else np.load(options.data)
    compare_backends(
        load_model(options.file),
        *(data.get(name) for name in ("x", "y")),
        batch_size=options.batch_size,
        backends=options.backends and options.backends.split(","),
        steps=options.steps,
        rounds=options.rounds,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
