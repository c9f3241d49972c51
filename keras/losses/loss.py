"""`Loss`: values per sample, then weights and masks, then one number.

The everyday call (tensors of the loss's dtype, no sample weight, no mask) goes
straight through `call` and one mean or sum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops
from keras.backends.backend import TENSOR
from keras.backends.bound import BackendBound
from keras.core import config, dtypes, naming, tree
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.masking import get_mask, set_mask
from keras.core.serialization import (
    deserialize_keras_object,
    serialize_keras_object,
)
from keras.core.typing import DType, Tensor, TensorLike
from keras.losses.reduction import reduce, reduce_weighted, standardize_reduction
from keras.losses.shapes import same_rank


@public_class("keras.losses", module="keras")
class Loss(BackendBound):
    """Base class of losses.

    Subclasses define `call(self, y_true, y_pred)`, which returns one value per
    sample: the shape of `y_pred` without its last dimension.

    Args:
        name: name of the loss; made from the class name by default.
        reduction: how values become one number: `"sum_over_batch_size"` or `"mean"`
            (the sum divided by the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum divided by that of the weights), or
            `"none"`, which leaves one value per sample.
        dtype: dtype of the computations, or a dtype policy, whose compute dtype
            holds. `floatx()` by default.

    Raises:
        ValueError: for an unknown reduction.

    Example:

    >>> import keras
    >>> class Distance(keras.Loss):
    ...     def call(self, y_true, y_pred):
    ...         return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)
    >>> float(Distance()(keras.ops.zeros((2, 3)), keras.ops.ones((2, 3))))
    1.0
    """

    _on_own_backend = ("__call__",)
    _config_optional = ("dtype",)
    # Whether `y_true` holds class numbers, which no float dtype should round.
    _takes_class_numbers = False

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: DType = None,
    ) -> None:
        self.name = naming.name_of(name, self, slash=True)
        self.reduction = standardize_reduction(reduction)
        self._given_dtype = dtype
        self._dtype = compute_dtype(dtype)
        self._native_dtype = self._keras_backend.native_dtype(self._dtype)

    @property
    def dtype(self) -> str:
        """The dtype that the loss is computed in."""
        return self._dtype

    def __call__(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None
    ) -> Tensor:
        """The loss of predictions.

        Args:
            y_true: what was to be predicted.
            y_pred: the predictions, `(batch, ..., size)`. If a mask is attached to
                them, masked places do not count.
            sample_weight: factors of shape `(batch,)`, or one that broadcasts to the
                values per sample. None: all count the same.

        Returns:
            A scalar, or with `reduction="none"` one value per sample.
        """
        y_true = self._keras_converted(y_true, not self._takes_class_numbers)
        y_pred = self._keras_converted(y_pred, True)
        mask = get_mask(y_pred) if not isinstance(y_pred, dict) else None
        values = self.call(y_true, y_pred)
        own_mask = get_mask(values)
        if own_mask is not None:
            mask = (
                own_mask
                if mask is None
                else self._keras_backend.logical_and(mask, own_mask)
            )
        if mask is None and sample_weight is None:
            return reduce(values, self.reduction, self._dtype)
        return reduce_weighted(values, sample_weight, mask, self.reduction, self._dtype)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, reduction={self.reduction}>"

    def call(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """One value per sample; subclasses define it."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `call(self, y_true, y_pred)`."
        )

    def _classes_in(self, shape: tuple[int | None, ...]) -> int | None:
        """How many classes predictions of a shape tell apart; None where `y_true` does
        not hold their numbers."""
        del shape
        return None

    def _keras_converted(self, value: Any, to_float: bool) -> Any:
        # Class numbers only need to be tensors; all else takes the loss's dtype.
        if self._keras_backend.kinds.get(type(value)) == TENSOR and (
            not to_float or value.dtype == self._native_dtype
        ):
            return value
        if isinstance(value, (dict, list, tuple)):
            return tree.map_structure(
                lambda leaf: self._keras_tensor(leaf, to_float), value
            )
        return self._keras_tensor(value, to_float)

    def _keras_tensor(self, value: Any, to_float: bool) -> Any:
        if value is None:
            return None
        if isinstance(value, KerasTensor):
            return ops.cast(value, self._dtype) if to_float else value
        tensor = ops.convert_to_tensor(value, dtype=self._dtype if to_float else None)
        mask = get_mask(value)
        if mask is not None and tensor is not value:
            set_mask(tensor, mask)
        return tensor

    def get_config(self) -> dict[str, Any]:
        """The constructor arguments; the dtype only where one was given."""
        result = super().get_config()
        if self._given_dtype is None:
            result.pop("dtype", None)
        return result


class FunctionLoss(Loss):
    """Base of losses that are one function of `(y_true, y_pred)`.

    The class names the function as `function`; its parameters beyond the first two
    are attributes of the loss.
    """

    function: Any
    options: tuple[str, ...] = ()

    @property
    def fn(self) -> Any:
        """The function."""
        return self.function

    def call(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """The function's value per sample."""
        options = {name: getattr(self, name) for name in self.options}
        return self.function(y_true, y_pred, **options)


class LossFunctionWrapper(Loss):
    """A loss of any function `(y_true, y_pred, **kwargs)`.

    Args:
        fn: the function, of one value per sample.
        reduction: how the values become one.
        name: name of the loss.
        dtype: dtype to compute in.
        **kwargs: further arguments of the function.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """The function's value per sample."""
        return self.fn(*same_rank(y_true, y_pred), **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """The function and its arguments."""
        config = {"name": self.name, "reduction": self.reduction}
        if self._given_dtype is not None:
            config["dtype"] = self._given_dtype
        given = {"fn": self.fn, **self._fn_kwargs}
        return {**config, **{k: serialize_keras_object(v) for k, v in given.items()}}


def compute_dtype(dtype: DType) -> str:
    """The dtype name that a dtype or a dtype policy asks to compute in."""
    if dtype is None:
        return config.floatx()
    if isinstance(dtype, dict):
        dtype = deserialize_keras_object(dtype)
    return dtypes.standardize_dtype(getattr(dtype, "compute_dtype", dtype))
