"""Everything that `compile` decided, in one object beside the model."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.metrics.mean import Mean
from keras.training.compile_loss import CompileLoss
from keras.training.compile_metrics import CompileMetrics


class Compilation:
    """The loss, metrics and options of a compiled model.

    Args:
        loss: As for `Model.compile`.
        loss_weights: As for `Model.compile`.
        metrics: As for `Model.compile`.
        weighted_metrics: As for `Model.compile`.
        output_names: The names of the outputs, where the model knows them.
    """

    def __init__(
        self,
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        output_names: Any = None,
    ) -> None:
        self.loss: CompileLoss | None = None
        if loss is not None:
            self.loss = CompileLoss(loss, loss_weights, output_names)
        self.metrics: CompileMetrics | None = None
        if metrics or weighted_metrics:
            self.metrics = CompileMetrics(metrics, weighted_metrics, output_names)
        self.tracker = Mean(name="loss")
        self.part_trackers: list[Mean] = []

    @property
    def built(self) -> bool:
        """Whether loss and metrics know the outputs."""
        return all(part is None or part.built for part in (self.loss, self.metrics))

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Assign losses and metrics to outputs, and make their variables."""
        if self.loss is not None and not self.loss.built:
            self.loss.build(y_pred)
        if self.metrics is not None and not self.metrics.built:
            self.metrics.build(y_true, y_pred)
        self._make_trackers()

    def _make_trackers(self) -> None:
        if self.loss is not None and len(self.part_trackers) != len(self.loss.names):
            self.part_trackers = [Mean(name=name) for name in self.loss.names]

    def all_metrics(self) -> list[Any]:
        """The trackers of losses, and the metrics."""
        metrics = [] if self.metrics is None else [self.metrics]
        return [self.tracker, *metrics, *self.part_trackers]

    def track(self, loss: Any, parts: list[Any], count: Any) -> None:
        """Note the losses of a batch of `count` samples."""
        self.tracker.update_state(loss, sample_weight=count)
        if parts:
            self._make_trackers()
            for tracker, part in zip(self.part_trackers, parts, strict=True):
                tracker.update_state(ops.mean(part), sample_weight=count)
