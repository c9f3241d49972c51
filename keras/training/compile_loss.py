"""The loss of a compiled model: one number out of all its outputs.

The parts are kept aside for the trackers of each output, so that showing them costs
no second computation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from keras import losses as losses_module
from keras import ops
from keras.core import tree
from keras.core.naming import unique_names
from keras.core.typing import Data, Identifier, Structure, TensorLike
from keras.losses.loss import Loss
from keras.losses.shapes import same_rank
from keras.training.assignment import Part, assign, compares_tensors
from keras.training.data.structure import leaves_of
from keras.training.labels import (
    CROSSENTROPY,
    check_class_numbers,
    check_numbers,
    kind_of_labels,
)
from keras.training.outputs import Outputs, at, is_array, is_object, leaves


class FunctionAsLoss(Loss):
    """A plain function `(y_true, y_pred)`, as the loss it stands for in `compile`."""

    def __init__(self, fn: Callable[..., Any], name: str | None = None) -> None:
        name = name or getattr(fn, "__name__", type(fn).__name__).strip("<>")
        super().__init__(name=name, reduction="sum_over_batch_size")
        self.fn = fn

    def call(self, y_true: TensorLike, y_pred: TensorLike) -> Structure:
        """The values of the function."""
        if hasattr(y_true, "shape") and hasattr(y_pred, "shape"):
            y_true, y_pred = same_rank(y_true, y_pred, keep_y=True)
        return self.fn(y_true, y_pred)

    def _classes_in(self, shape: tuple[int | None, ...]) -> int | None:
        counts = self.fn is losses_module.sparse_categorical_crossentropy
        return shape[-1] if counts else None

    def _keras_converted(self, value: Any, to_float: bool) -> Any:
        # A function gets its labels as they are: it knows what they mean.
        if value is None:
            return None
        if is_array(value):
            return ops.convert_to_tensor(value)
        return tree.map_structure(
            lambda part: self._keras_converted(part, to_float), value
        )


class CompileLoss:
    """What `compile(loss=..., loss_weights=...)` means.

    Args:
        loss: A name, function or `Loss`, or a structure of them.
        loss_weights: Factors, likewise.
        output_names: The names of the outputs, where they are known.

    Raises:
        ValueError: For an unknown name, at once.
    """

    def __init__(
        self, loss: Identifier, loss_weights: Any = None, output_names: Any = None
    ) -> None:
        self._config = _resolved(loss)
        self._weights_config = loss_weights
        self._output_names = output_names
        self._outputs: Outputs | None = None
        self._parts: list[Part] = []
        # The outputs that a loss needs a target for, and for each part the number of
        # the tracker that shows it.
        self.targets: list[int] = []
        # Where targets are class numbers: the output, what counts, how many there are.
        self._classes: list[tuple[int, Loss, int]] = []
        self._tracker_of: list[int] = []
        self.names: list[str] = []
        self._values: list[Any] = []

    @property
    def built(self) -> bool:
        """Whether the outputs of the model are known."""
        return self._outputs is not None

    @property
    def losses(self) -> list[Loss]:
        """The losses of all outputs."""
        return [loss for _, loss, _ in self._parts]

    def build(self, y_true: TensorLike, y_pred: TensorLike) -> Outputs:
        """Assign losses and weights to the outputs of the model.

        Args:
            y_true: The targets, or KerasTensors of their shapes.
            y_pred: The outputs, or KerasTensors of their shapes.

        Returns:
            The outputs, flat.

        Raises:
            ValueError: If structures do not fit.
        """
        outputs = Outputs(y_pred, self._output_names)
        parts = assign(self._config, self._weights_config, outputs)
        needed = {index for part in parts for index in leaves(outputs.part(part.path))}
        self.targets = sorted(needed)
        targets = self._targets_of(outputs, y_true)
        preds = outputs.tensors(y_pred)
        for path, loss, _ in parts:
            compared = [preds[index].shape for index in leaves(outputs.part(path))]
            if not _alike(compared) and compares_tensors(loss):
                raise outputs.misfit(self._config, "loss")
        self._parts = [
            part._replace(loss=_fitted(part, outputs, targets, preds)) for part in parts
        ]
        self._name_parts(outputs)
        self._outputs = outputs
        self._classes = list(self._counted(outputs, preds))
        return outputs

    def _counted(
        self, outputs: Outputs, preds: list[Any]
    ) -> Iterator[tuple[int, Loss, int]]:
        for path, loss, _ in self._parts:
            where = outputs.part(path)
            if is_array(where):
                count = loss._classes_in(tuple(preds[where].shape))
                if count is not None:
                    yield where, loss, count

    def check_labels(self, y: Data, weighted: bool = False) -> None:
        """Refuse targets that are text, and numbers of classes that no output tells.

        A framework that computes on a device does not: it goes on with other numbers.

        Args:
            y: All targets, as arrays.
            weighted: Whether samples have weights: those of 0 may hide any number.

        Raises:
            ValueError: With the first of them.
        """
        for leaf in leaves_of(y):
            check_numbers(leaf)
        if y is None or self._outputs is None or not self._classes or weighted:
            return
        targets = self._targets_of(self._outputs, y)
        for index, loss, count in self._classes:
            if targets[index] is not None:
                check_class_numbers(targets[index], loss, count)

    def _name_parts(self, outputs: Outputs) -> None:
        """Names of the trackers, `"y_loss"`; none where one loss is all there is."""
        self.names, self._tracker_of = [], []
        if len(self._parts) < 2:
            return
        shown = []
        for path, loss, _ in self._parts:
            name = outputs.label(path)
            if name is None:
                name = "/".join([*map(str, path[:-1]), loss.name])
            shown.append((path, f"{name}_loss"))
        trackers = list(dict.fromkeys(shown))
        self._tracker_of = [trackers.index(each) for each in shown]
        self.names = unique_names([name for _, name in trackers])

    def __call__(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: Data = None
    ) -> Structure:
        """The loss of a batch.

        Args:
            y_true: Targets, structured as the outputs, by name or by position; those
                of outputs without a loss may be left out.
            y_pred: The outputs.
            sample_weight: Weights for all outputs, or for each.

        Returns:
            A scalar, or None where every output is left out.
        """
        outputs = self._outputs
        if outputs is None or not outputs.fits(y_pred):
            outputs = self.build(y_true, y_pred)
        if y_true is None and any(_needs_labels(loss) for _, loss, _ in self._parts):
            raise outputs.misfit(y_true, "y")
        if outputs.is_single and len(self._parts) == 1 and is_array(y_true):
            _, loss, weight = self._parts[0]
            only = _only(sample_weight)
            if not is_array(only):
                raise outputs.misfit(sample_weight, "sample_weight")
            total = loss(y_true, y_pred, only)
            return total if weight is None else ops.multiply(total, weight)
        y_true = self._targets_of(outputs, y_true)
        weights = outputs.pick(sample_weight, "sample_weight", is_array, broadcast=True)
        return self._sum(outputs, y_true, y_pred, weights)

    def _targets_of(self, outputs: Outputs, y_true: TensorLike) -> list[Any]:
        targets = outputs.pick(y_true, "y", is_array, among=self.targets)
        if y_true is not None and any(targets[index] is None for index in self.targets):
            raise outputs.misfit(y_true, "y")
        return targets

    def _sum(
        self,
        outputs: Outputs,
        y_true: TensorLike,
        y_pred: TensorLike,
        weights: TensorLike,
    ) -> Any:
        values: list[Any] = [None] * len(self.names)
        total = None
        for row, (path, loss, factor) in enumerate(self._parts):
            where = outputs.part(path)
            value = loss(
                _filled(where, y_true), at(y_pred, path), _weight_of(where, weights)
            )
            if values:
                _add(values, self._tracker_of[row], value)
            if factor is not None:
                value = ops.multiply(value, factor)
            total = value if total is None else ops.add(total, value)
        self._values = values
        return total

    def take_parts(self) -> list[Any]:
        """The unweighted losses of the outputs in the last call; given out once."""
        parts, self._values = self._values, []
        return parts


def _alike(shapes: list[Any]) -> bool:
    """Whether one tensor can be made of tensors of these shapes, as far as known."""
    return all(
        len(shape) == len(shapes[0])
        and all(a == b or None in (a, b) for a, b in zip(shape, shapes[0], strict=True))
        for shape in shapes
    )


def _add(values: list[Any], index: int, value: Any) -> None:
    before = values[index]
    values[index] = value if before is None else ops.add(before, value)


def _filled(numbers: Any, entries: list[Any]) -> Any:
    """A structure of numbers of outputs with the entries of these outputs."""
    if is_array(numbers):
        return entries[numbers]
    return tree.map_structure(entries.__getitem__, numbers)


def _weight_of(numbers: Any, weights: list[Any]) -> Any:
    """The sample weight of an output; of several outputs, the one that they share."""
    first, *others = [weights[index] for index in leaves(numbers)]
    if any(each is not first for each in others):
        raise ValueError(
            "A loss that compares several outputs at once takes one `sample_weight` "
            "for all of them. Received: one for each output."
        )
    return first


def _fitted(part: Part, outputs: Outputs, targets: Any, preds: Any) -> Any:
    """The loss of a part; `"crossentropy"` is the one that suits the shapes."""
    loss = part.loss
    if isinstance(loss, str):
        where = outputs.part(part.path)
        if not is_array(where):
            raise outputs.misfit(loss, "loss")
        kind = kind_of_labels(targets[where], preds[where])
        return getattr(losses_module, f"{kind}Crossentropy")(name=loss)
    return loss


def _needs_labels(loss: Loss) -> bool:
    """Whether a loss cannot be without targets; a user's function may not look."""
    if not isinstance(loss, FunctionAsLoss):
        return True
    name = getattr(loss.fn, "__name__", "")
    return getattr(losses_module, name, None) is loss.fn


def _only(sample_weight: Data) -> Any:
    """The weight of the only output, which may come in a list or dictionary."""
    if isinstance(sample_weight, dict) and len(sample_weight) == 1:
        return next(iter(sample_weight.values()))
    if isinstance(sample_weight, (list, tuple)) and len(sample_weight) == 1:
        return sample_weight[0]
    return sample_weight


def _resolved(loss: Identifier) -> Any:
    """Losses for names and functions, in the structure they came in."""
    if loss is None:
        return None
    if is_object(loss):
        if isinstance(loss, str) and loss in CROSSENTROPY:
            return loss  # which one is meant, the shapes will tell
        found = losses_module.get(loss)
        if isinstance(found, Loss):
            return found
        return FunctionAsLoss(found, loss if isinstance(loss, str) else None)
    if isinstance(loss, Mapping):
        return {name: _resolved(part) for name, part in loss.items()}
    parts = [_resolved(part) for part in loss]
    if hasattr(loss, "_fields"):
        return type(loss)(*parts)
    return tuple(parts) if isinstance(loss, tuple) else parts
