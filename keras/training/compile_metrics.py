"""The metrics of a compiled model, as one metric with many results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras import losses as losses_module
from keras import metrics as metrics_module
from keras.core.naming import unique_names
from keras.core.typing import Config, Data, Identifier, TensorLike
from keras.metrics.mean import MeanMetricWrapper
from keras.metrics.metric import Metric, reset_together
from keras.training.labels import ACCURACY, CROSSENTROPY, kind_of_labels
from keras.training.outputs import Outputs, is_array, is_object


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
        metrics: Identifier,
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
        self._among: list[int] | None = None
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

    def build(
        self, y_true: TensorLike, y_pred: TensorLike, among: list[int] | None = None
    ) -> Outputs:
        """Make the metrics of each output.

        Args:
            y_true: Targets, or KerasTensors of their shapes.
            y_pred: The outputs, or KerasTensors of their shapes.
            among: The numbers of the outputs that targets may be given for alone.

        Returns:
            The outputs, flat.

        Raises:
            ValueError: If structures do not fit.
        """
        outputs = Outputs(y_pred, self._output_names)
        self._among = among
        targets = outputs.pick(y_true, "y", is_array, among=among)
        preds = outputs.tensors(y_pred)
        rows: list[tuple[int, Metric, bool]] = []
        names: list[str] = []
        kinds = (
            (self._plain_config, "metrics", False),
            (self._weighted_config, "weighted_metrics", True),
        )
        for config, what, weighted in kinds:
            group = []
            for index, each in _per_output(outputs, config, what):
                metric, name = _make(each, targets[index], preds[index])
                rows.append((index, metric, weighted))
                prefix = outputs.names[index] if outputs.count > 1 else None
                group.append((f"{prefix}_" if prefix else "", name))
            plain = set(names)
            for (prefix, _), name in zip(group, _unique(group), strict=True):
                if name in plain:  # a plain metric is called so
                    name = f"{prefix}weighted_{name.removeprefix(prefix)}"
                names.append(name)
        self._rows, self._result_names, self._outputs = rows, names, outputs
        return outputs

    def update_state(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: Data = None
    ) -> None:
        """Take a batch into account.

        Args:
            y_true: Targets, structured as the outputs, by name or by position.
            y_pred: The outputs.
            sample_weight: Weights for all outputs, or for each; only weighted
                metrics see them.
        """
        outputs = self._outputs or self.build(y_true, y_pred)
        targets = outputs.pick(y_true, "y", is_array, among=self._among)
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
        reset_together(self.metrics)


def _unique(group: list[tuple[str, str]]) -> list[str]:
    return unique_names([prefix + name for prefix, name in group])


def _per_output(outputs: Outputs, config: Config, what: str) -> Any:
    """`(number of the output, metric)` for each metric of each output."""
    if config is None or config == []:
        return
    if outputs.count == 1 and not is_object(config):
        # All are for the only output, in whatever lists or under whatever names.
        yield from ((0, each) for each in _flat(config) if each is not None)
        return
    for index, group in enumerate(outputs.pick(config, what, is_object)):
        for each in group if isinstance(group, (list, tuple)) else [group]:
            if each is not None:
                yield index, each


def _flat(config: Config) -> Any:
    if is_object(config):
        yield config
        return
    for part in config.values() if isinstance(config, Mapping) else config:
        yield from _flat(part)


def _make(given: Any, y_true: TensorLike, y_pred: TensorLike) -> tuple[Metric, str]:
    """A metric, and the name of its result: the very string that asked for it."""
    if isinstance(given, Metric):
        return given, given.name
    found = given
    if given in ACCURACY:
        found = getattr(metrics_module, kind_of_labels(y_true, y_pred) + "Accuracy")()
    elif given in CROSSENTROPY:
        kind = kind_of_labels(y_true, y_pred)
        found = getattr(metrics_module, kind + "Crossentropy")()
    else:
        found = _lookup(given)
    metric = found if isinstance(found, Metric) else MeanMetricWrapper(found)
    if not isinstance(found, Metric):
        name = getattr(found, "__name__", type(found).__name__).strip("<>")
        metric.name = name
    if isinstance(given, str):
        metric.name = given
    return metric, metric.name


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
    elif isinstance(config, str) and config not in (*ACCURACY, *CROSSENTROPY):
        _lookup(config)
    elif config is not None and not isinstance(config, (str, dict)):
        if not isinstance(config, Metric) and not callable(config):
            raise ValueError(
                "`metrics` must hold names, functions or keras.metrics.Metric "
                f"instances. Received: {config!r} of type {type(config).__name__}."
            )
