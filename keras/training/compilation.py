"""Everything that `compile` decided, in one object beside the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops
from keras.core.serialization import serialize_keras_object
from keras.core.typing import Config, Identifier, TensorLike
from keras.metrics.mean import Mean
from keras.training.compile_loss import CompileLoss
from keras.training.compile_metrics import CompileMetrics


class Compilation:
    """The loss and metrics of a compiled model, and what it was compiled with.

    Args:
        arguments: The arguments of `Model.compile` by name, as they were given.
        output_names: The names of the outputs, where the model knows them.
    """

    def __init__(
        self, arguments: dict[str, Any], output_names: list[str] | None = None
    ) -> None:
        self.arguments = arguments
        loss, weights = arguments.get("loss"), arguments.get("loss_weights")
        self.loss: CompileLoss | None = None
        if loss is not None:
            self.loss = CompileLoss(loss, weights, output_names)
        plain, weighted = arguments.get("metrics"), arguments.get("weighted_metrics")
        self.metrics: CompileMetrics | None = None
        if plain or weighted:
            self.metrics = CompileMetrics(plain, weighted, output_names)
        self.tracker = Mean(name="loss")
        self.part_trackers: list[Mean] = []
        self._trained: tuple[int, ...] | None = None

    @property
    def built(self) -> bool:
        """Whether loss and metrics know the outputs."""
        return all(part is None or part.built for part in (self.loss, self.metrics))

    def trains_others(self, variables: list[Any]) -> bool:
        """Whether these are other variables than those of the last training."""
        before, self._trained = self._trained, tuple(map(id, variables))
        return before is not None and before != self._trained

    def build(self, y_true: TensorLike, y_pred: TensorLike) -> None:
        """Assign losses and metrics to outputs, and make their variables."""
        if self.loss is not None and not self.loss.built:
            self.loss.build(y_true, y_pred)
        if self.metrics is not None and not self.metrics.built:
            among = None if self.loss is None else self.loss.targets
            self.metrics.build(y_true, y_pred, among)
        self._make_trackers()

    def _make_trackers(self) -> None:
        if self.loss is not None and len(self.part_trackers) != len(self.loss.names):
            self.part_trackers = [Mean(name=name) for name in self.loss.names]

    def all_metrics(self) -> list[Any]:
        """The trackers of losses, and the metrics."""
        metrics = [] if self.metrics is None else [self.metrics]
        return [self.tracker, *metrics, *self.part_trackers]

    def track(self, loss: Identifier, parts: list[Any], count: Any) -> None:
        """Note the losses of a batch of `count` samples."""
        self.tracker.update_state(loss, sample_weight=count)
        if len(parts) == len(self.part_trackers):
            for tracker, part in zip(self.part_trackers, parts, strict=True):
                tracker.update_state(ops.mean(part), sample_weight=count)


class CompileConfig:
    """The arguments of `compile`.

    Args:
        config: The arguments by name, with the optimizer that was made of them.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config

    def serialize(self) -> Config:
        """The arguments as plain data."""
        return serialize_keras_object(self.config)


class PartOfCompilation:
    """A private attribute that other packages read, unless a model sets its own.

    Args:
        read: What it is, of a compiled model; before `compile` it is None.
    """

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self._read = read

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        if model is None:
            return self
        return None if model._keras_compilation is None else self._read(model)
