"""KerasTensor: shape + dtype + where it came from. No numbers.

Arithmetic on it is arithmetic of `keras.ops`; the ops floor attaches the operators
when it is loaded, because this floor may not know it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from keras.core.dtypes import standardize_dtype
from keras.core.naming import auto_name
from keras.core.operators import Operators
from keras.core.typing import Axis, DType, ShapeLike, TensorLike


class KerasHistory(NamedTuple):
    """The output of which call of which operation a KerasTensor is."""

    operation: Any
    node_index: int
    tensor_index: int


def standardize_shape(shape: Any) -> tuple[int | None, ...]:
    """A shape as a tuple of Python ints and Nones, checked.

    Raises:
        ValueError: if it is no sequence, or a size is negative or no integer.
    """
    if type(shape) is tuple:
        for size in shape:
            if size is not None and (type(size) is not int or size < 0):
                break
        else:
            return shape
    if isinstance(shape, (str, bytes)) or not hasattr(shape, "__iter__"):
        raise ValueError(
            f"A shape must be a tuple of integers and Nones. Received: {shape!r}."
        )
    return tuple(_standardize_size(size, shape) for size in shape)


def _standardize_size(size: Any, shape: ShapeLike) -> int | None:
    if size is None:
        return None
    try:
        integer = size.__index__()
    except (AttributeError, TypeError):
        integer = -1
    if integer < 0 or isinstance(size, bool):
        raise ValueError(
            "A dimension must be a non-negative integer or None. "
            f"Received: {size!r} in shape {shape!r}."
        )
    return integer


class KerasTensor(Operators):
    """A symbolic tensor: the shape and dtype of a value that does not exist yet.

    `keras.Input` makes the first ones, ops and layers make more of them.

    Args:
        shape: `(batch, ...)`, None for unknown sizes.
        dtype: dtype name.
        sparse: whether the value will be sparse.
        ragged: whether the value will be ragged.
        record_history: whether a call on it becomes part of a graph.
        name: a name; one is made up by default.

    Example:

    >>> import keras
    >>> x = keras.KerasTensor((None, 8), dtype="float32", name="x")
    >>> keras.ops.matmul(x, keras.ops.zeros((8, 2))).shape
    (None, 2)
    """

    __slots__ = (
        "__weakref__",
        "_dtype",
        "_keras_history",
        "_keras_mask",
        "_name",
        "_ragged",
        "_shape",
        "_sparse",
        "ragged_rank",
        "record_history",
        "row_splits_dtype",
    )

    # NumPy must leave `array + keras_tensor` to this class.
    __array_priority__ = 1000
    __array_ufunc__ = None

    def __init__(
        self,
        shape: ShapeLike,
        dtype: DType = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        ragged_rank: int | None = None,
        row_splits_dtype: str | None = None,
    ) -> None:
        if sparse and ragged:
            raise ValueError("A KerasTensor cannot be both sparse and ragged.")
        self._shape = standardize_shape(shape)
        self._dtype = standardize_dtype(dtype)
        self._sparse = bool(sparse)
        self._ragged = bool(ragged)
        self.ragged_rank = ragged_rank
        self.row_splits_dtype = row_splits_dtype
        self.record_history = record_history
        self._name = name
        self._keras_history: KerasHistory | None = None
        self._keras_mask: Any = None

    @property
    def name(self) -> str:
        """The name; made up on first sight if none was given."""
        if self._name is None:
            self._name = auto_name("keras_tensor")
        return self._name

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape, None for unknown sizes."""
        return self._shape

    @property
    def dtype(self) -> str:
        """The dtype name."""
        return self._dtype

    @property
    def sparse(self) -> bool:
        """Whether the value will be sparse."""
        return self._sparse

    @property
    def ragged(self) -> bool:
        """Whether the value will be ragged."""
        return self._ragged

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self._shape)

    if TYPE_CHECKING:  # `keras.ops.operators` attaches these

        def reshape(self, newshape: ShapeLike) -> Any: ...
        def squeeze(self, axis: Axis = None) -> Any: ...

    def get_shape(self) -> tuple[int | None, ...]:
        """The shape."""
        return self._shape

    def __repr__(self) -> str:
        flags = ", sparse=True" if self.sparse else ""
        flags += ", ragged=True" if self.ragged else ""
        return (
            f"<KerasTensor shape={self._shape}, dtype={self._dtype}{flags}, "
            f"name={self.name}>"
        )

    def __len__(self) -> int:
        if not self._shape or self._shape[0] is None:
            raise self._no_value(
                "len() of a KerasTensor whose first size is unknown", TypeError
            )
        return self._shape[0]

    def __iter__(self) -> Any:
        if not self._shape or self._shape[0] is None:
            raise self._no_value(
                "iteration over an unknown first dimension", NotImplementedError
            )
        return (self[index] for index in range(self._shape[0]))

    def __bool__(self) -> bool:
        raise self._no_value("a Python condition (if, while, and, or, not)", TypeError)

    def __float__(self) -> float:
        raise self._no_value("float()")

    def __int__(self) -> int:
        raise self._no_value("int()")

    def __index__(self) -> int:
        raise self._no_value("use as an index", TypeError)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise self._no_value("NumPy")

    def __jax_array__(self) -> Any:
        raise self._no_value("a JAX function")

    def __tf_tensor__(self, *args: Any, **kwargs: Any) -> Any:
        raise self._no_value("a TensorFlow function")

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        raise TypeError(
            f"A KerasTensor has a shape and a dtype but no numbers, so {func} cannot "
            "take it. Use the function of the same meaning in keras.ops, or wrap "
            "the call in a custom Layer."
        )

    def _no_value(self, what: str, kind: type[Exception] = ValueError) -> Exception:
        return kind(
            f"A KerasTensor has a shape and a dtype but no numbers, so {what} is not "
            f"possible. Received: {self!r}. Use keras.ops (keras.ops.cond for "
            "conditions), or wrap the code in a custom Layer."
        )


def is_keras_tensor(x: TensorLike) -> bool:
    """Whether an object is a `KerasTensor`.

    Example:

    >>> import keras
    >>> keras.utils.is_keras_tensor(keras.Input((3,)))
    True
    """
    return isinstance(x, KerasTensor)
