"""`Run`: what one call of `fit`, `evaluate` or `predict` holds while it lasts.

The method makes it, the loop goes through it, and callbacks that take part in the
course of a training (`BackupAndRestore`) reach it as `callbacks.run`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from keras.callbacks import CallbackList
from keras.callbacks.logs import LazyLogs
from keras.core import context
from keras.core.typing import Logs
from keras.training.data import DataSource
from keras.training.data.structure import map_leaves
from keras.training.interrupts import Interrupts
from keras.training.resume import go_on, state_of
from keras.training.several import ModelStep

Step = Callable[[Any], Any]
Results = Callable[[], dict[str, Any]]

# Steps from which on compilers that take long may pay: XLA takes some seconds for a
# model on a CPU, and saves a fifth of a step.
LONG = 8


@dataclass
class Run:
    """One call of `fit`, `evaluate` or `predict`.

    Args:
        mode: `"train"`, `"test"` or `"predict"`.
        model: The model.
        source: Where the batches come from.
        step: The compiled function of one batch.
        callbacks: Who is told.
        results: Reads the metrics; None where the step returns its logs itself.
        own_step: Whether the step is the user's, which gets its data as it was given.
        passes: How often it goes through the data.
        initial_epoch: The epoch that a training begins with.
        validation: The validation of a training, after its epochs.
        done: The batches of this epoch so far, while callbacks are told.
        last_logs: What the step before this one returned, where training goes on.
        is_over: Whether the training that is gone on with had been stopped.
        go_on: Brings the training to where another one was; a callback sets it in
            `on_train_begin`. It is called when the first epoch has begun.
        known_at_start: The states of the callbacks when training began.
        interrupts: Whether Ctrl-C waits for the end of a step.
    """

    mode: str
    model: Any
    source: DataSource
    step: Step
    callbacks: CallbackList
    results: Results | None = None
    own_step: bool = False
    passes: int = 1
    initial_epoch: int = 0
    validation: Run | None = None
    done: int = 0
    last_logs: Logs = None
    is_over: bool = False
    go_on: Callable[[], Any] | None = None
    known_at_start: list[Any] = field(default_factory=list)
    interrupts: Interrupts = field(default_factory=Interrupts)

    @contextmanager
    def lasting(self, at_once: bool = True) -> Iterator[None]:
        """The time that it lasts: however that ends, nothing of it goes on.

        Args:
            at_once: Whether nothing of the caller's runs in between, who may have
                other uses for signals.
        """
        validation = self.validation
        if validation is not None:
            validation.interrupts = self.interrupts
        try:
            with self._all_of_it() if at_once else nullcontext():
                yield
        except BaseException:
            self.callbacks.undo()
            raise
        finally:
            self.source.close()
            if validation is not None:
                validation.source.close()
            if self.callbacks._keras_run is self:
                self.callbacks.set_run(None)  # for it holds the data

    @contextmanager
    def _all_of_it(self) -> Iterator[None]:
        count = self.source.num_batches
        brief = count is not None and count * self.passes < LONG
        with self.interrupts, context.Scope("brief", brief):
            yield

    def batches(self) -> Iterator[Any]:
        """The batches of one epoch, or the rest of them."""
        batches = self.source.epoch(self.done)
        return map(self.source.as_given, batches) if self.own_step else batches

    def grouping(self, keeps: bool) -> tuple[Callable[[], int], Step]:
        """How many batches to take next, and what runs the step on each of them.

        Args:
            keeps: Whether somebody listens to batches, who must not miss any where the
                number is chosen by measuring.
        """
        step, size = self.step, self.model.steps_per_execution
        if size == "auto" and keeps:
            size = 1
        if not isinstance(step, ModelStep):  # a function of the user's
            gathers = self.mode == "predict"
            step = ModelStep(self.model, step, step, None, lambda: False, gathers)
        if size == "auto":
            return (lambda: step.pace.size), step.run_at_its_pace
        if size == 1:
            return (lambda: 1), step.one_by_one
        return (lambda: size), (lambda group: step.several(group, size))

    def stopped(self) -> bool:
        """Whether somebody asked the model to stop."""
        return getattr(self.model, _STOPS[self.mode], False)

    def stop(self) -> None:
        """Ask the model to stop."""
        setattr(self.model, _STOPS[self.mode], True)

    def start(self) -> None:
        """Forget an earlier wish to stop."""
        setattr(self.model, _STOPS[self.mode], False)

    def state(self, logs: Logs) -> dict[str, Any]:
        """All of a training but its weights; see `keras.training.resume`.

        Args:
            logs: Those of the last step.
        """
        return state_of(self, logs)

    def restore(self, state: dict[str, Any]) -> None:
        """Bring the training to where another one was.

        Args:
            state: What `state` returned.
        """
        go_on(self, state)

    def logs(self, logs: Logs, keeps: bool = True) -> LazyLogs:
        """What a callback is given of a step's logs.

        Args:
            logs: What the step returned.
            keeps: Whether they must stay as they are now, when they are read later.
        """
        results = self.results
        if keeps:
            if logs is None and results is not None:
                logs = results()
            return LazyLogs(map_leaves(self._kept, in_order(logs)))
        if logs is not None or results is None:
            return LazyLogs(in_order(logs))
        return LazyLogs(lambda: in_order(results()))

    def _kept(self, value: Any) -> Any:
        """A result as it is now: a metric may return the state that it writes to."""
        backend = self.model._keras_backend
        if getattr(value, "_is_keras_variable", False):
            value = value.value
        changes = backend.mutable and backend.is_tensor(value)
        if changes or hasattr(value, "assign"):  # or it is a tf.Variable
            return backend.copy(value)
        return value


_STOPS = {
    "train": "stop_training",
    "test": "stop_evaluating",
    "predict": "stop_predicting",
}


def in_order(logs: Logs) -> dict[str, Any]:
    """Logs in the order in which Keras shows them."""
    if not isinstance(logs, dict):
        raise TypeError(
            "A train_step or test_step must return a dictionary of results by name, "
            f'such as {{"loss": loss}}. Received: {logs!r} of type '
            f"{type(logs).__name__}."
        )
    return dict(sorted(logs.items()))
