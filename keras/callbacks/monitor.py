"""Watching one number of the logs: which direction is better, and by how much."""

from __future__ import annotations

import math
import operator
import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from keras.callbacks.callback import Callback, Logs

_UP = re.compile(
    r"acc|auc|precision|recall|f1|fbeta|fmeasure|f_measure|iou|dice|cosine_similarity"
    r"|top_k|top_\d|r2|true_(positives|negatives)|(sensitivity|specificity)"
)
_DOWN = re.compile(
    r"loss|error|mse|mae|mape|msle|crossentropy|cross_entropy|hinge|divergence"
    r"|kld|poisson|logcosh|log_cosh|perplexity|false_(positives|negatives)"
)


_BETTER: dict[str, Callable[[Any, Any], Any]] = {"min": operator.lt, "max": operator.gt}


class MonitorCallback(Callback):
    """Base of the callbacks that follow one metric.

    Args:
        monitor: The name of the metric in the logs.
        mode: `"min"`, `"max"`, or `"auto"`: the direction that the model's metric
            of that name declares, or else what its name suggests.
        initial: The value to beat from the start, `None` for none.
        min_delta: A change smaller than this is no improvement.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        initial: float | None = None,
        min_delta: float = 0,
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__} knows the modes 'auto', 'min' and 'max'. "
                f"Received: mode={mode!r}; 'auto' is used.",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = initial
        self.min_delta = abs(min_delta)
        # Whether a value is better than another; known when the logs are.
        self.monitor_op: Callable[[Any, Any], Any] | None = None
        if mode in _BETTER:
            self.monitor_op = _BETTER[mode]

    def _set_monitor_op(self, logs: Logs = None) -> None:
        """Settle what better means, by the metric of that name or the name itself."""
        if self.monitor_op is not None:
            return
        direction = self._direction_of_metric()
        if direction is None:
            direction = self._direction_of_name(logs or {})
        self.monitor_op = _BETTER["max" if direction > 0 else "min"]

    def _direction_of_metric(self) -> int | None:
        name = self.monitor.removeprefix("val_")
        for metric in _all_metrics(getattr(self.model, "metrics", None) or ()):
            if getattr(metric, "name", None) == name:
                direction = getattr(metric, "_keras_direction", None)
                if direction in ("up", "down"):
                    return 1 if direction == "up" else -1
        return None

    def _direction_of_name(self, logs: dict[str, Any]) -> int:
        plain = self.monitor.removeprefix("val_")
        if plain == "loss":
            return -1
        # A name that nothing bears is a slip, not a hint.
        if self.monitor in logs or plain in logs:
            if _DOWN.search(plain.lower()):
                return -1
            if _UP.search(plain.lower()):
                return 1
        raise ValueError(
            f"{type(self).__name__} monitors {self.monitor!r} and cannot tell "
            "whether more or less of it is better. Pass `mode='max'` or "
            f"`mode='min'`, or the name of a metric. Known here: "
            f"{', '.join(logs) or 'none'}."
        )

    def _is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether `value` beats `reference` by more than `min_delta`."""
        self._set_monitor_op()
        better = self.monitor_op
        if better is None or math.isnan(value):
            return False
        if reference is None or math.isnan(reference):
            return True
        less_is_better = bool(better(0.0, 1.0))
        delta = -self.min_delta if less_is_better else self.min_delta
        return bool(better(value - delta, reference))

    def _monitored(self, logs: Logs, purpose: str) -> float | None:
        """The watched number; a warning and `None` where the logs lack it."""
        logs = logs or {}
        self._set_monitor_op(logs)
        value = logs.get(self.monitor)
        if value is None:
            names = ", ".join(logs) or "none"
            hint = ""
            if self.monitor.startswith("val_"):
                hint = " Names with `val_` need `validation_data` in `fit`."
            warnings.warn(
                f"{type(self).__name__} {purpose} by {self.monitor!r}, which is not "
                f"among the logs. Available: {names}.{hint}",
                stacklevel=3,
            )
            return None
        try:
            return float(value)
        except (TypeError, ValueError):
            raise ValueError(
                f"{type(self).__name__} {purpose} by {self.monitor!r}, which must be "
                f"one number. Received: {value!r}"
            ) from None


def _all_metrics(metrics: Iterable[Any]) -> Iterable[Any]:
    for metric in metrics:
        yield metric
        yield from _all_metrics(getattr(metric, "metrics", None) or ())
