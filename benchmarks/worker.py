"""One side of the comparison: a process that loads a model and runs timed rounds.

run.py speaks to it in lines of JSON over pipes: one request, one reply. While one side
works the others wait in a read, so rounds of several sides interleave on an otherwise
idle machine, and no side's imports, threads or memory disturb another's.

Requests: `load`, `weights`, `check`, `warm`, `round`, `quit`; each is a method of
`Worker` of that name. Whatever a library prints goes to standard error.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any, TextIO

import numpy as np
import workloads as w

CHECK_STEPS = 20
CHECK_EPOCHS = 3


def synced(output: Any) -> Any:
    """Wait for an asynchronous result (JAX); others are there when the call returns."""
    wait = getattr(output, "block_until_ready", None)
    return wait() if wait is not None else output


class Worker:
    """The state between requests: the module of this side and its loaded model."""

    def __init__(self, side: str, backend: str, models: str | None = None) -> None:
        """Imports the side: the workloads of `models` (small ones unless named)."""
        self.trains = backend != "numpy"
        if side in {"ours", "pypi"}:
            os.environ["KERAS_BACKEND"] = backend
            if backend == "torch":
                import torch

                torch.set_num_threads(1)
            self.module = importlib.import_module(
                f"{models}_keras" if models else "models_keras"
            )
            import keras

            keras.utils.set_random_seed(0)
            self.options = {} if models else {"trains": self.trains}
        else:
            self.module = importlib.import_module(f"{models or 'native'}_{backend}")
            self.module.setup()
            self.options = {}
        self.folder = tempfile.TemporaryDirectory()
        self.contender: Any = None
        self.cases: dict[str, tuple[Callable[[], Any], int]] = {}
        self.repeats: dict[str, int] = {}

    # --- requests ----------------------------------------------------------------

    def hello(self) -> dict[str, Any]:
        """Which software answers."""
        return {
            "facts": self.module.Contender.facts(),
            "python": sys.version.split()[0],
        }

    def load(self, model: str) -> dict[str, Any]:
        """Build the model and its data; reply how long the first construction took."""
        self.contender = None
        gc.collect()
        start = time.perf_counter()
        self.contender = self.module.Contender(model, **self.options)
        elapsed = time.perf_counter() - start
        self.cases = self.make_cases(model)
        self.repeats = {}
        return {"first_build_s": elapsed, "cases": list(self.cases)}

    def weights(
        self, read: str | None = None, write: str | None = None
    ) -> dict[str, Any]:
        """Copy the model's weights to or from an .npz file, in Keras' order."""
        if write is not None:
            np.savez(write, *self.contender.get_weights())
        if read is not None:
            with np.load(read) as arrays:
                self.contender.set_weights([arrays[name] for name in arrays.files])
        return {}

    def check(self, model: str, outputs: str) -> dict[str, Any]:
        """Outputs, evaluation and a short unshuffled training, to be compared."""
        x, y = w.make_data(model, w.WORKLOADS[model].batch * CHECK_STEPS)
        np.save(outputs, np.asarray(self.contender.predict(x)))
        row = x[:1]
        called = np.asarray(
            self.plain(synced(self.contender.call(self.contender.tensor(row))))
        )
        batch = np.asarray(self.contender.predict_on_batch(row))
        reply: dict[str, Any] = {
            "call_shape": list(called.shape),
            "call_matches_batch": bool(np.allclose(called, batch, atol=1e-4)),
        }
        if self.trains:
            reply["evaluate"] = self.contender.evaluate(x, y)
            fits = [
                self.contender.fit(x, y, shuffle=False) for _ in range(CHECK_EPOCHS)
            ]
            reply["fit_losses"] = fits
        return reply

    @staticmethod
    def plain(output: Any) -> Any:
        """A framework's tensor without its gradient, so that NumPy can read it."""
        return output.detach() if hasattr(output, "detach") else output

    def warm(self, case: str, seconds: float) -> dict[str, Any]:
        """Run the case until it is compiled; choose how often a round repeats it."""
        run, _ = self.cases[case]
        start = time.perf_counter()
        run()
        first = time.perf_counter() - start
        run()
        best = min(self.timed(run, 1)[0] for _ in range(3))
        self.repeats[case] = max(1, min(2000, int(seconds / max(best, 1e-7))))
        return {"first_s": first, "repeats": self.repeats[case]}

    def round(self, case: str) -> dict[str, Any]:
        """One timed round: wall and process CPU seconds per unit (step or call)."""
        run, units = self.cases[case]
        repeats = self.repeats[case]
        gc.collect()
        wall, cpu = self.timed(run, repeats)
        scale = 1.0 / (repeats * units)
        return {"wall": wall * scale, "cpu": cpu * scale}

    # --- cases -------------------------------------------------------------------

    @staticmethod
    def timed(run: Callable[[], Any], repeats: int) -> tuple[float, float]:
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(repeats):
            run()
        return time.perf_counter() - wall, time.process_time() - cpu

    def make_cases(self, model: str) -> dict[str, tuple[Callable[[], Any], int]]:
        """Each case as a function without arguments, and the units that it does."""
        load, side, folder = w.WORKLOADS[model], self.contender, self.folder.name
        x, y = w.make_data(model, load.batch * load.steps)
        many, row = np.resize(x, (load.rows, *x.shape[1:])), x[:1]
        tensor = side.tensor(row)
        cases: dict[str, tuple[Callable[[], Any], int]] = {
            "predict_one": (lambda: side.predict(row), 1),
            "predict_many": (lambda: side.predict(many), 1),
            "predict_on_batch_one": (lambda: side.predict_on_batch(row), 1),
            "call_one": (lambda: synced(side.call(tensor)), 1),
            "build": (side.build, 1),
            "save": (lambda: side.save(folder), 1),
            "load": (lambda: side.load(folder), 1),
        }
        if self.trains:
            cases["fit"] = (lambda: side.fit(x, y), load.steps)
            cases["evaluate"] = (lambda: side.evaluate(x, y), load.steps)
            # By hand there is one way to train: step by step.
            fused = getattr(side, "fit_fused", side.fit)
            cases["fit_fused"] = (lambda: fused(x, y), load.steps)
            on_batch = getattr(side, "train_on_batch", partial(side.fit, shuffle=False))
            first = y[:1]
            cases["train_on_batch_one"] = (lambda: on_batch(row, first), 1)
        return cases


def serve(worker: Worker, requests: TextIO, replies: TextIO) -> None:
    """Answer requests until `quit` or the end of the input."""
    for line in requests:
        request = json.loads(line)
        command = request.pop("command")
        if command == "quit":
            return
        try:
            reply = getattr(worker, command)(**request)
        except Exception as error:  # noqa: BLE001 - any failure is a reply, not a crash
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def main(kind: type[Worker] = Worker) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", required=True)
    parser.add_argument("--backend", required=True)
    options = parser.parse_args()
    # A pipe of its own: libraries that print must not break the protocol.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = kind(options.side, options.backend)
    serve(worker, sys.stdin, replies)


if __name__ == "__main__":
    main()
