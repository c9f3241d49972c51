"""The loss of a compiled model: one number out of all its outputs.

The parts are kept aside for the trackers of each output, so that showing them costs
no second computation.
"""

from __future__ import annotations

from typing import Any

from keras import losses as losses_module
from keras import ops
from keras.core.naming import unique_names
from keras.losses.loss import Loss
from keras.training.outputs import Outputs, is_array, is_object


class FunctionAsLoss(Loss):
    """A plain function `(y_true, y_pred)`, as the loss it stands for in `compile`."""

    def __init__(self, fn: Any) -> None:
        name = getattr(fn, "__name__", type(fn).__name__).strip("<>")
        super().__init__(name=name, reduction="sum_over_batch_size")
        self.fn = fn

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The values of the function."""
        if hasattr(y_true, "shape") and hasattr(y_pred, "shape"):
            y_true, y_pred = same_rank(y_true, y_pred)
        return self.fn(y_true, y_pred)

    def _converted(self, value: Any, to_float: bool) -> Any:
        # A function gets its labels as they are: it knows what they mean.
        return value if value is None else ops.convert_to_tensor(value)


class CompileLoss:
    """What `compile(loss=..., loss_weights=...)` means.

    Args:
        loss: A name, function or `Loss`, or a list or dictionary of them.
        loss_weights: Factors, likewise.
        output_names: The names of the outputs, where they are known.

    Raises:
        ValueError: For an unknown name, at once.
    """

    def __init__(
        self, loss: Any, loss_weights: Any = None, output_names: Any = None
    ) -> None:
        self._config = _resolved(loss)
        self._weights_config = loss_weights
        self._output_names = output_names
        self._outputs: Outputs | None = None
        self._losses: list[Any] = []
        self._weights: list[Any] = []
        self.names: list[str] = []
        self._parts: list[Any] = []

    @property
    def built(self) -> bool:
        """Whether the outputs of the model are known."""
        return self._outputs is not None

    def build(self, y_pred: Any) -> Outputs:
        """Assign losses and weights to the outputs of the model.

        Args:
            y_pred: The outputs, or KerasTensors of their shapes.

        Returns:
            The outputs, flat.

        Raises:
            ValueError: If structures do not fit.
        """
        outputs = Outputs(y_pred, self._output_names)
        chosen = outputs.pick(self._config, "loss", is_object, broadcast=True)
        self._losses = [_as_loss(each) for each in chosen]
        weights = self._weights_config
        if isinstance(weights, (list, tuple)) and len(weights) != outputs.count:
            raise ValueError(
                f"`loss_weights` must match the number of losses, got {outputs.count} "
                f"losses and {len(weights)} weights."
            )
        self._weights = outputs.pick(weights, "loss_weights", is_object, broadcast=True)
        for weight in self._weights:
            if weight is not None and not isinstance(weight, (int, float)):
                raise ValueError(
                    f"`loss_weights` must hold numbers. Received: {weight!r}"
                )
        self.names = self._part_names(outputs)
        self._outputs = outputs
        return outputs

    def _part_names(self, outputs: Outputs) -> list[str]:
        """Names of the trackers, `"y_loss"`; none where one loss is all there is."""
        used = [
            (name, loss)
            for name, loss in zip(outputs.names, self._losses, strict=True)
            if loss is not None
        ]
        if len(used) < 2:
            return []
        names = [f"{name or loss.name}_loss" for name, loss in used]
        return unique_names(names)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch.

        Args:
            y_true: Targets, structured as the outputs, by name or by position.
            y_pred: The outputs.
            sample_weight: Weights for all outputs, or for each.

        Returns:
            A scalar, or None where every output is left out.
        """
        outputs = self._outputs or self.build(y_pred)
        if outputs.is_single and is_array(y_true) and self._losses[0] is not None:
            total = self._losses[0](y_true, y_pred, _only(sample_weight))
            weight = self._weights[0]
            return total if weight is None else ops.multiply(total, weight)
        y_true = outputs.pick(y_true, "y", is_array)
        weights = outputs.pick(sample_weight, "sample_weight", is_array, broadcast=True)
        return self._sum(y_true, outputs.tensors(y_pred), weights)

    def _sum(self, y_true: Any, y_pred: Any, sample_weights: Any) -> Any:
        parts, total = [], None
        rows = zip(
            self._losses, self._weights, y_true, y_pred, sample_weights, strict=True
        )
        for loss, weight, true, pred, sample_weight in rows:
            if loss is None:
                continue
            value = loss(true, pred, sample_weight)
            parts.append(value)
            if weight is not None:
                value = ops.multiply(value, weight)
            total = value if total is None else ops.add(total, value)
        self._parts = parts if self.names else []
        return total

    def take_parts(self) -> list[Any]:
        """The unweighted losses of the outputs in the last call; given out once."""
        parts, self._parts = self._parts, []
        return parts


def same_rank(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Adds or drops a last dimension of 1 where only that keeps two from matching."""
    ranks = len(y_true.shape), len(y_pred.shape)
    if ranks[0] == ranks[1] + 1 and y_true.shape[-1] == 1:
        return ops.squeeze(y_true, -1), y_pred
    if ranks[1] == ranks[0] + 1 and y_pred.shape[-1] == 1:
        return ops.expand_dims(y_true, -1), y_pred
    return y_true, y_pred


def _only(sample_weight: Any) -> Any:
    """The weight of the only output, which may come in a list or dictionary."""
    if isinstance(sample_weight, dict) and len(sample_weight) == 1:
        return next(iter(sample_weight.values()))
    if isinstance(sample_weight, (list, tuple)) and len(sample_weight) == 1:
        return sample_weight[0]
    return sample_weight


def _resolved(loss: Any) -> Any:
    """Losses for names, in the structure they came in."""
    if loss is None:
        return None
    if is_object(loss):
        return losses_module.get(loss)
    if isinstance(loss, dict):
        return {name: _resolved(part) for name, part in loss.items()}
    return [_resolved(part) for part in loss]


def _as_loss(loss: Any) -> Any:
    return loss if loss is None or isinstance(loss, Loss) else FunctionAsLoss(loss)
