"""The loops of `fit`, `evaluate` and `predict`: batches in, callbacks told.

Where nobody listens to batches, a loop is nothing but calls of the step. Results
stay on the device until a callback looks.
"""

from __future__ import annotations

import math
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.backends import host_of
from keras.callbacks.logs import to_host_logs
from keras.core import context
from keras.training.data.structure import leaves_of, map_leaves
from keras.training.distributed import joined
from keras.training.run import Run, in_order

if TYPE_CHECKING:
    from keras.models.model import Model

# Numbers of outputs that `predict` leaves on the device while it goes on.
_MANY = 1 << 20
_RAN_OUT = (
    "The generator ran out of data; training ends after {epoch} of {end} epochs. "
    "Provide at least `steps_per_epoch * epochs` batches: let the generator loop, call "
    "`.repeat()` on a dataset, or pass data that can be passed over again."
)


def fit(run: Run, end: int, due: Callable[[int], bool]) -> None:
    """Train for some epochs.

    Args:
        run: The training.
        end: The number of epochs, those before its first one counted.
        due: Whether to validate after an epoch.
    """
    model, callbacks, source = run.model, run.callbacks, run.source
    validation = run.validation
    run.start()
    callbacks.set_run(run)
    first = run.initial_epoch
    callbacks.on_train_begin()  # a callback may resume a training: later epochs
    run.known_at_start = callbacks.states() if callbacks.follows_data() else []
    if not run.done:
        _resume(run)
    epochs = range(run.initial_epoch, end)
    logs: Any = {}
    for epoch in epochs:
        if run.is_over:
            break
        if epoch > first and source.used_up():
            warnings.warn(_RAN_OUT.format(epoch=epoch, end=epochs.stop), stacklevel=4)
            break
        model.reset_metrics()
        callbacks.on_epoch_begin(epoch)
        _resume(run)
        logs = run.logs(_pass(run))
        if validation is not None and due(epoch):
            scores = evaluate(validation)
            logs.update({f"val_{name}": value for name, value in scores.items()})
        callbacks.on_epoch_end(epoch, logs)
        if run.stopped():
            break
    if len(epochs) and model.optimizer is not None and model.optimizer.built:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    callbacks.on_train_end(logs)


def _resume(run: Run) -> None:
    go_on, run.go_on = run.go_on, None
    if go_on is not None:
        go_on()


def evaluate(run: Run) -> dict[str, Any]:
    """Evaluate on one pass over the data.

    Returns:
        The results by name, as floats.
    """
    run.model.reset_metrics()
    run.start()
    run.callbacks.on_test_begin()
    logs = _pass(run)
    if logs is None and run.results is not None:
        logs = run.results()
    host = to_host_logs(in_order(logs))
    run.callbacks.on_test_end(host)
    return host


def _pass(run: Run) -> Any:
    """All batches of one epoch through the step; returns the last step's logs."""
    callbacks, step = run.callbacks, run.step
    if not run.done:
        run.source.on_epoch_begin()
    batches = run.batches()
    if run.done and run.stopped():
        batches = iter(())
    listening = callbacks.listens(run.mode)
    logs, done = run.last_logs, run.done
    one_by_one, interrupts = run.model.steps_per_execution == 1, run.interrupts
    if one_by_one and not listening and run.results is not None:
        for data in batches:
            logs = step(data)
            done += 1
            if interrupts.wanted:
                raise KeyboardInterrupt
    else:
        begin = getattr(callbacks, f"on_{run.mode}_batch_begin")
        finish = getattr(callbacks, f"on_{run.mode}_batch_end")
        keeps = callbacks.keep_logs(run.mode)
        size, run_each = run.grouping(keeps)
        while group := list(islice(batches, size())):
            if listening:
                begin(done)
            logs = run_each(group)
            done += len(group)
            run.done = done
            if interrupts.wanted:
                raise KeyboardInterrupt
            if listening:
                finish(done - 1, run.logs(logs, keeps))
            if run.stopped():
                break
    run.done, run.last_logs = 0, None
    run.source.on_epoch_end()
    _check_any(done, run)
    return joined(run.model, logs)


def predict(run: Run) -> Any:
    """The outputs for one pass over the data, as NumPy arrays."""
    outputs = Outputs(run, _MANY)
    with run.lasting():
        collected = list(outputs)
    joined = iter(_joined(parts) for parts in zip(*collected, strict=True))
    return map_leaves(lambda _: next(joined), outputs.structure)


class Stream:
    """The outputs for one pass over the data, batch by batch, as they are asked for.

    Nothing of a batch stays when the next one comes. `close`, or leaving the loop over
    it, ends the pass.

    Args:
        run: The prediction.
    """

    def __init__(self, run: Run) -> None:
        self._backend = run.model._keras_backend
        self._batches = self._each(run)

    def _each(self, run: Run) -> Iterator[Any]:
        outputs = Outputs(run)
        with run.lasting(at_once=False):
            for leaves in outputs:
                structure = outputs.structure
                arrays = iter(_joined([leaf]) for leaf in leaves)
                yield map_leaves(lambda _, arrays=arrays: next(arrays), structure)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        with context.Scope("backend", host_of(self._backend)):
            return next(self._batches)

    def close(self) -> None:
        """End the pass."""
        self._batches.close()


class Outputs:
    """The outputs of one pass over the data, batch by batch, as lists of NumPy arrays.

    Some are fetched while later batches are being computed. One that lies in the
    host's memory has nothing to wait for, and may be a view of a batch that its owner
    writes the next one to: it is read at once.

    Args:
        run: The prediction.
        most: How many numbers of outputs may wait on the device; those of one step may
            in any case.

    Attributes:
        structure: Outputs of a batch, whose leaves the lists are.
    """

    def __init__(self, run: Run, most: int = 0) -> None:
        self._run = run
        self._most = most
        self.structure: Any = None

    def __iter__(self) -> Iterator[list[np.ndarray]]:
        run, callbacks = self._run, self._run.callbacks
        on_host = run.model._keras_backend.__dict__.get("on_host")
        listening, keeps = callbacks.listens("predict"), callbacks.keep_logs("predict")
        size, run_each = run.grouping(keeps)
        interrupts, done = run.interrupts, 0
        waiting: deque[list[Any]] = deque()
        room = 0
        run.start()
        callbacks.on_predict_begin()
        run.source.on_epoch_begin()
        batches = run.batches()
        while group := list(islice(batches, size())):
            if listening:
                callbacks.on_predict_batch_begin(done)
            results = run_each(group)
            if interrupts.wanted:
                raise KeyboardInterrupt
            self.structure = results[-1]
            new = [leaves_of(outputs) for outputs in results]
            waiting.extend(new)
            if on_host is not None and any(map(on_host, new[-1])):
                room = 0
            elif not room:  # a step's outputs are about as large as the first one's
                room = self._room_for(new)
            ready = []
            while len(waiting) > room:
                ready.append(host_leaves(run.model, waiting.popleft()))
            done += len(group)
            if listening:
                outputs = self._shown(results) if keeps else results[-1]
                callbacks.on_predict_batch_end(done - 1, {"outputs": outputs})
            yield from ready
            if run.stopped():
                break
        for leaves in waiting:
            yield host_leaves(run.model, leaves)
        run.source.on_epoch_end()
        callbacks.on_predict_end()
        _check_any(done, run)

    def _room_for(self, new: list[list[Any]]) -> int:
        """How many batches' outputs like those of a step may wait."""
        numbers = sum(map(_numbers, chain(*new)))
        return len(new) * (1 + self._most // max(numbers, 1))

    def _shown(self, results: list[Any]) -> Any:
        """The outputs of a group of batches, as callbacks are given them."""
        parts = [host_leaves(self._run.model, leaves_of(each)) for each in results]
        joined = iter(_joined(each) for each in zip(*parts, strict=True))
        return map_leaves(lambda _: next(joined), results[-1])


def host_leaves(model: Model, leaves: list[Any]) -> list[np.ndarray]:
    """Leaves of outputs as NumPy arrays, which later batches leave alone."""
    backend = model._keras_backend
    read = backend.convert_to_numpy if backend.mutable else backend.host_view
    return [read(leaf) for leaf in leaves]


def _numbers(leaf: Any) -> int:
    try:
        return math.prod(leaf.shape)
    except TypeError:  # of unknown or ragged shape
        return _MANY


def _joined(parts: Any) -> np.ndarray:
    """One array for the user to keep and to write to."""
    if len(parts) > 1:
        return np.concatenate(parts)
    return parts[0] if parts[0].flags.writeable else parts[0].copy()


_METHODS = {"train": "fit", "test": "evaluate", "predict": "predict"}


def _check_any(done: int, run: Run) -> None:
    if not done:
        raise ValueError(
            f"`{_METHODS[run.mode]}` received no batch: the data of this "
            f"{type(run.source).__name__} is empty, or a generator that was used up "
            "before. Pass data that can be passed over again."
        )
