"""The metrics of a compiled model, as one metric with many results."""

from __future__ import annotations

from typing import Any

from keras import losses as losses_module
from keras import metrics as metrics_module
from keras.core.naming import unique_names
from keras.metrics.mean import MeanMetricWrapper
from keras.metrics.metric import Metric
from keras.training.outputs import Outputs, is_array, is_object

_ACCURACY = ("accuracy", "acc")
_CROSSENTROPY = ("crossentropy", "ce")


class CompileMetrics(Metric):
    """What `compile(metrics=..., weighted_metrics=...)` means.

    Args:
        metrics: Names, functions or metrics, for the only output, or a list or
            dictionary of lists of them.
        weighted_metrics: Likewise; these see sample weights.
        output_names: The names of the outputs, where they are known.
        name: Name of the whole.

    Raises:
        ValueError: For an unknown name, at once.
    """

    _config_excluded = ("output_names",)

    def __init__(
        self,
        metrics: Any,
        weighted_metrics: Any = None,
        output_names: Any = None,
        name: str = "compile_metrics",
    ) -> None:
        super().__init__(name=name)
        _check_names(metrics)
        _check_names(weighted_metrics)
        self._plain_config = metrics
        self._weighted_config = weighted_metrics
        self._output_names = output_names
        self._outputs: Outputs | None = None
        self._rows: list[tuple[int, Metric, bool]] = []
        self._result_names: list[str] = []

    @property
    def built(self) -> bool:
        """Whether the outputs of the model are known."""
        return self._outputs is not None

    @property
    def metrics(self) -> list[Metric]:
        """The metrics of all outputs."""
        return [metric for _, metric, _ in self._rows]

    @property
    def variables(self) -> list[Any]:
        """The variables of all metrics."""
        return [v for metric in self.metrics for v in metric.variables]

    def build(self, y_true: Any, y_pred: Any) -> Outputs:
        """Make the metrics of each output.

        Args:
            y_true: Targets, or KerasTensors of their shapes.
            y_pred: The outputs, or KerasTensors of their shapes.

        Returns:
            The outputs, flat.

        Raises:
            ValueError: If structures do not fit.
        """
        outputs = Outputs(y_pred, self._output_names)
        targets = outputs.pick(y_true, "y", is_array)
        preds = outputs.tensors(y_pred)
        rows: list[tuple[int, Metric, bool]] = []
        names: list[str] = []
        kinds = (
            (self._plain_config, "metrics", False),
            (self._weighted_config, "weighted_metrics", True),
        )
        for config, what, weighted in kinds:
            group_names = []
            for index, each in _per_output(outputs, config, what):
                metric, name = _make(each, targets[index], preds[index])
                rows.append((index, metric, weighted))
                prefix = outputs.names[index] if outputs.count > 1 else None
                group_names.append(f"{prefix}_{name}" if prefix else name)
            for name in unique_names(group_names):
                names.append(f"weighted_{name}" if name in names else name)
        self._rows, self._result_names, self._outputs = rows, names, outputs
        return outputs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account.

        Args:
            y_true: Targets, structured as the outputs, by name or by position.
            y_pred: The outputs.
            sample_weight: Weights for all outputs, or for each; only weighted
                metrics see them.
        """
        outputs = self._outputs or self.build(y_true, y_pred)
        targets = outputs.pick(y_true, "y", is_array)
        preds = outputs.tensors(y_pred)
        weights = outputs.pick(sample_weight, "sample_weight", is_array, broadcast=True)
        for index, metric, weighted in self._rows:
            if targets[index] is None:
                continue
            if weighted and weights[index] is not None:
                metric.update_state(
                    targets[index], preds[index], sample_weight=weights[index]
                )
            else:
                metric.update_state(targets[index], preds[index])

    def result(self) -> dict[str, Any]:
        """The results by name."""
        results: dict[str, Any] = {}
        for (_, metric, _), name in zip(self._rows, self._result_names, strict=True):
            value = metric.result()
            if isinstance(value, dict):
                results.update(value)
            else:
                results[name] = value
        return results

    def reset_state(self) -> None:
        """Start anew."""
        for metric in self.metrics:
            metric.reset_state()


def _per_output(outputs: Outputs, config: Any, what: str) -> Any:
    """`(number of the output, metric)` for each metric of each output."""
    if config is None or config == []:
        return
    if outputs.count == 1 and isinstance(config, (list, tuple)):
        # A list of metrics of the only output, perhaps in a list of its own.
        for each in config:
            for inner in each if isinstance(each, (list, tuple)) else [each]:
                if inner is not None:
                    yield 0, inner
        return
    for index, group in enumerate(outputs.pick(config, what, is_object)):
        for each in group if isinstance(group, (list, tuple)) else [group]:
            if each is not None:
                yield index, each


def _make(given: Any, y_true: Any, y_pred: Any) -> tuple[Metric, str]:
    """A metric, and the name of its result: the very string that asked for it."""
    if isinstance(given, Metric):
        return given, given.name
    found = given
    if given in _ACCURACY:
        found = _by_shape(y_true, y_pred, "Accuracy")
    elif given in _CROSSENTROPY:
        found = _by_shape(y_true, y_pred, "Crossentropy")
    else:
        found = _lookup(given)
    metric = found if isinstance(found, Metric) else MeanMetricWrapper(found)
    if not isinstance(found, Metric):
        name = getattr(found, "__name__", type(found).__name__).strip("<>")
        metric.name = name
    if isinstance(given, str):
        metric.name = given
    return metric, metric.name


def _by_shape(y_true: Any, y_pred: Any, kind: str) -> Any:
    """The accuracy or crossentropy that fits the shapes of targets and outputs."""
    true_shape: tuple[Any, ...] = () if y_true is None else tuple(y_true.shape)
    pred_shape: tuple[Any, ...] = tuple(y_pred.shape)
    if not pred_shape or pred_shape[-1] == 1:
        prefix = "Binary"
    elif len(true_shape) < len(pred_shape) or true_shape[-1] == 1:
        prefix = "SparseCategorical"
    else:
        prefix = "Categorical"
    return getattr(metrics_module, prefix + kind)()


def _lookup(given: Any) -> Any:
    """A metric by name; the name of a loss is a metric too."""
    try:
        return metrics_module.get(given)
    except ValueError:
        if not isinstance(given, str):
            raise
        try:
            return losses_module.get(given)
        except ValueError:
            pass
        raise


def _check_names(config: Any) -> None:
    if isinstance(config, (list, tuple)):
        for part in config:
            _check_names(part)
    elif isinstance(config, dict) and not is_object(config):
        for part in config.values():
            _check_names(part)
    elif isinstance(config, str) and config not in (*_ACCURACY, *_CROSSENTROPY):
        _lookup(config)
    elif config is not None and not isinstance(config, (str, dict)):
        if not isinstance(config, Metric) and not callable(config):
            raise ValueError(
                "`metrics` must hold names, functions or keras.metrics.Metric "
                f"instances. Received: {config!r} of type {type(config).__name__}."
            )
