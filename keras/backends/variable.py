"""`Variable`: a named value of fixed shape and dtype that lives on one backend.

The same class for every framework; a backend subclasses it with the four methods
that touch its own tensors. `keras.Variable(...)` makes one of the current backend.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.backends import current, host_of, load
from keras.core import context, dtypes, limits, naming, placement, reading
from keras.core.keras_tensor import KerasTensor, standardize_shape
from keras.core.operators import Operators
from keras.core.public_names import namespace
from keras.core.typing import DType, ShapeLike

if TYPE_CHECKING:
    from keras.backends.backend import Backend

AGGREGATIONS = ("none", "mean", "sum", "only_first_replica")
SYNCHRONIZATIONS = ("auto", "none", "on_read", "on_write")


class Variable(Operators):
    """A value that can be assigned to: weights, counters, statistics.

    Args:
        initializer: the first value, a callable `(shape, dtype) -> tensor`, or the
            name of an initializer.
        shape: shape; required with a callable initializer.
        dtype: dtype name; by default that of the value, or `floatx()`.
        trainable: whether optimizers may update it.
        autocast: whether reading it inside a layer of mixed precision gives the
            compute dtype.
        aggregation: how values of replicas are joined: `"none"`, `"mean"`,
            `"sum"` or `"only_first_replica"`.
        synchronization: when they are joined: `"auto"`, `"none"`, `"on_read"` or
            `"on_write"`.
        name: a name without `/`; made up by default.
        layout: the tensor layout on a device mesh, if any.

    Raises:
        ValueError: for a callable without shape, or an unknown choice.

    Example:

    >>> import keras
    >>> counter = keras.Variable(1.0, name="counter")
    >>> _ = counter.assign_add(2.0)
    >>> float(counter.numpy())
    3.0
    """

    # `array * variable` is ours: NumPy would read the value as a constant.
    __array_priority__ = 1000
    _is_keras_variable = True
    _tracked_as = "variable"
    backend: Any = None  # set by each backend's subclass
    _memory_order: tuple[int, ...] | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Variable:
        if cls.backend is None:
            cls = _on_backend(cls, current())
        return object.__new__(cls)

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: DType = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        name: str | None = None,
        layout: Any = None,
        **kwargs: Any,
    ) -> None:
        del kwargs
        self.name = name or naming.auto_name(naming.to_snake_case("Variable"))
        if not isinstance(self.name, str) or "/" in self.name:
            raise ValueError(
                "`name` of a Variable must be a string without '/'. "
                f"Received: name={name!r}."
            )
        scope = context.get().stateless
        if scope is not None and not scope.takes_new_variables:
            raise ValueError(
                f"Variable {self.name!r} would be made inside a StatelessScope, where "
                "the values of variables are those of the scope. Make variables before "
                "it: build layers and models, and make optimizers, outside."
            )
        self.aggregation = _choice("aggregation", aggregation, AGGREGATIONS)
        self.synchronization = _choice(
            "synchronization", synchronization, SYNCHRONIZATIONS
        )
        self.path = "/".join((*context.get().names, self.name))
        self._trainable = bool(trainable)
        self._autocast = bool(autocast)
        self._layout = layout
        self._regularizer: Any = None
        self._constraint: Any = None
        self._overwrite_with_gradient = False
        value = self._first_value(initializer, shape, dtype)
        self._shape = standardize_shape(self.backend.shape_of(value))
        self._dtype = self.backend.dtype_of(value)
        self._is_float = dtypes.is_float(self._dtype)
        self._value: Any = None
        self._initialize(value)

    def _first_value(self, initializer: Any, shape: Any, dtype: DType) -> Any:
        backend = self.backend
        if isinstance(initializer, str):
            initializer = namespace("keras.initializers").get(initializer)  # type: ignore[union-attr]
        initializer = self._or_zeros(initializer)
        # Names, traces and stateless scopes of the caller are no business of the
        # first value: it is computed at once, and kept.
        scopes = context.Scope("stateless", None), context.Scope("autocast", None)
        with scopes[0], scopes[1], context.Scope("backend", backend):
            if callable(initializer):
                shape = self._checked_shape(shape)
                dtype = dtypes.standardize_dtype(dtype)
                limits.claim(self.name, shape, dtype)
                if (placed := self._take_layout(shape)) is not None:
                    return placed.first_value(initializer, shape, dtype, self._layout)
            with backend.eager_scope():
                if callable(initializer):
                    value = initializer(shape, dtype=dtype)
                else:
                    value = initializer
                if getattr(value, "_is_keras_variable", False):
                    value = value.value
                value = backend.convert_to_tensor(value, dtype=dtype)
                if not vars(type(initializer)).get("_makes_new"):
                    # A copy, so that no array of the caller is written to later.
                    value = backend.own(value)
                if shape is not None and not callable(initializer):
                    value = self._in_shape(value, shape)
                if not callable(initializer):
                    placed = self._take_layout(backend.shape_of(value))
                    if placed is not None:
                        value = placed.distribute_value(value, self._layout)
                return value

    def _or_zeros(self, initializer: Any) -> Any:
        """Zeros in place of random numbers that a file is about to overwrite."""
        waiting = reading.current().waiting
        if waiting is None or not getattr(initializer, "draws_on_host", False):
            return initializer
        waiting.append((self, initializer))
        return namespace("keras.initializers").Zeros()  # type: ignore[union-attr]

    def _in_shape(self, value: Any, shape: Any) -> Any:
        given, wanted = tuple(self.backend.shape_of(value)), self._checked_shape(shape)
        if math.prod(given) != math.prod(wanted):
            raise ValueError(
                f"Variable {self.name!r} cannot have the shape {wanted}: its "
                f"value has the shape {given}. Leave `shape` out, or pass a function "
                "`(shape, dtype)` that makes a value of that shape."
            )
        return self.backend.reshape(value, wanted)

    def _checked_shape(self, shape: Any) -> tuple[int, ...]:
        if shape is None:
            raise ValueError(
                f"Variable {self.name!r} has a callable initializer, so "
                "it needs a shape. Received: shape=None."
            )
        shape = standardize_shape(shape)
        if None in shape:
            raise ValueError(
                f"Variable {self.name!r} needs a fully known shape. "
                f"Received: shape={shape}."
            )
        return shape

    def _take_layout(self, shape: ShapeLike) -> Any:
        """Asks the current distribution, if any, how a value of this shape lies; who
        makes it so, or None where it lies like any other."""
        distribution = placement.for_backend(self.backend)
        if distribution is not None:
            self._shape = tuple(shape)
            self._layout = distribution.layout_for(self)
            distribution.agree(self)
            return distribution
        return None if self._layout is None else self.backend.distribution

    def distribute(self, layout: Any) -> None:
        """Lays the value out over devices, from now on.

        Args:
            layout: a `keras.distribution.TensorLayout` that fits the shape.
        """
        self._layout = layout
        value = self.backend.distribution.distribute_value(self._value, layout)
        self._value = value

    def order_in_memory(self, axes: tuple[int, ...]) -> None:
        """Tells how the value best lies in memory, for a backend that can choose.

        Shape, values and files are the same for every order.

        Args:
            axes: all axes, beginning with the one whose steps are the largest.
        """
        self._memory_order = axes

    # What each backend supplies ------------------------------------------------

    def _initialize(self, value: Any) -> None:
        """Stores the first value."""
        self._value = value

    def _direct_assign(self, value: Any) -> None:
        """Overwrites the stored value; shape and dtype are right."""
        self._value = value

    # Reading -------------------------------------------------------------------

    @property
    def value(self) -> Any:
        """The current value as a tensor of the variable's backend."""
        ambient = context.get()
        if ambient.stateless is None:
            value = self._value
        else:
            value = ambient.stateless.get_current_value(self)
            if value is None:
                value = self._value
        autocast = ambient.autocast
        if autocast is not None and autocast != self._dtype:
            if self._autocast and self._is_float:
                return host_of(self.backend).cast(value, autocast)
        return value

    def numpy(self) -> Any:
        """The current value as a NumPy array of its own, which may be written to."""
        return self.backend.convert_to_numpy(self.value)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape."""
        return self._shape  # type: ignore[return-value]

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self._shape)

    @property
    def dtype(self) -> str:
        """The dtype name; inside an autocast scope, that of the value read there."""
        autocast = context.get().autocast
        if autocast is not None and self._autocast and self._is_float:
            return autocast
        return self._dtype

    # Writing -------------------------------------------------------------------

    def assign(self, value: Any) -> Any:
        """Overwrites the value.

        Args:
            value: a tensor or anything like one, of the variable's shape.

        Returns:
            The new value.

        Raises:
            ValueError: if the shapes differ.
        """
        stateless = context.get().stateless
        if isinstance(value, KerasTensor):
            return self._check_shape(value, value.shape)
        value = self._converted(value)
        if stateless is not None:
            stateless.add_update((self, value))
        else:
            self._direct_assign(value)
        return value

    def _load(self, store: Any, key: str) -> None:
        """Takes the value that a store of a file has, copied no more than it must be.

        Args:
            store: a mapping; of the arrays of one that is `fresh` the memory is taken.
            key: of the value.
        """
        value = store[key]
        taken = self._layout is None and getattr(store, "fresh", False)
        if taken and type(value) is np.ndarray:
            value = self.backend.borrow(value, self._dtype)
        self.assign(value)

    def _converted(self, value: Any) -> Any:
        backend = self.backend
        if getattr(value, "_is_keras_variable", False):
            value = value.value
        value = backend.convert_to_tensor(value, dtype=self._dtype)
        return self._check_shape(value, backend.shape_of(value))

    def _check_shape(self, value: Any, shape: ShapeLike) -> Any:
        if tuple(shape) != self._shape and not _compatible(shape, self._shape):
            raise ValueError(
                f"Variable {self.path!r} has shape {self._shape}; a value of shape "
                f"{tuple(shape)} cannot be assigned to it."
            )
        return value

    def assign_add(self, value: Any) -> Any:
        """Adds to the value; returns the new one."""
        return self.assign(self._combine("add", value))

    def assign_sub(self, value: Any) -> Any:
        """Subtracts from the value; returns the new one."""
        return self.assign(self._combine("subtract", value))

    def _move_towards(self, value: Any, part: float) -> None:
        """Goes a part of the way to another value: a running mean takes a batch in."""
        if isinstance(value, KerasTensor):
            self.assign(value)
            return
        backend = self.backend
        step = backend.multiply(value, part)
        with context.Scope("autocast", None):
            kept = backend.multiply(self.value, 1.0 - part)
        self.assign(backend.add(kept, step))

    def _combine(self, operation: str, value: Any) -> Any:
        if isinstance(value, KerasTensor):
            return KerasTensor(self._shape, self._dtype)
        backend = self.backend
        value = (
            getattr(value, "value", value) if not isinstance(value, float) else value
        )
        value = backend.convert_to_tensor(value, dtype=self._dtype)
        with context.Scope("autocast", None):
            mine = self.value
        return getattr(backend, operation)(mine, value)

    # What others attach to it --------------------------------------------------

    @property
    def trainable(self) -> bool:
        """Whether optimizers may update it."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)

    @property
    def overwrite_with_gradient(self) -> bool:
        """Whether an optimizer stores the gradient itself as the new value."""
        return self._overwrite_with_gradient

    @overwrite_with_gradient.setter
    def overwrite_with_gradient(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise TypeError(
                "`overwrite_with_gradient` of a Variable must be True or False. "
                f"Received: {value!r} of type {type(value).__name__}."
            )
        self._overwrite_with_gradient = value

    @property
    def regularizer(self) -> Callable[..., Any] | None:
        """The penalty on the value that is added to the loss."""
        return self._regularizer

    @regularizer.setter
    def regularizer(self, value: Callable[..., Any] | None) -> None:
        self._regularizer = _callable_or_none("regularizer", value)

    @property
    def constraint(self) -> Callable[..., Any] | None:
        """The projection applied after each update."""
        return self._constraint

    @constraint.setter
    def constraint(self, value: Callable[..., Any] | None) -> None:
        self._constraint = _callable_or_none("constraint", value)

    def __repr__(self) -> str:
        return (
            f"<Variable path={self.path}, shape={self._shape}, dtype={self._dtype}, "
            f"backend={self.backend.name}{_shown_value(self)}>"
        )

    def __array__(self, dtype: DType = None, copy: bool | None = None) -> Any:
        if copy is False:
            return np.array(self.backend.host_view(self.value), dtype, copy=False)
        # A copy also where NumPy asks for none: the value changes, the array must not.
        array = self.backend.convert_to_numpy(self.value)
        return array if dtype is None else array.astype(dtype, copy=False)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> Any:
        return self is other

    def __bool__(self) -> bool:
        return bool(self.backend.host_view(self.value))

    def __float__(self) -> float:
        return float(self.backend.host_view(self.value))

    def __int__(self) -> int:
        return int(self.backend.host_view(self.value))

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError(f"A scalar Variable has no length: {self!r}.")
        return self._shape[0]  # type: ignore[return-value]

    def __iter__(self) -> Any:
        return (self[index] for index in range(len(self)))

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        new = object.__new__(type(self))
        memo[id(self)] = new
        new.__dict__.update(self.__dict__)
        new._initialize(self.backend.own(self._value))
        return new

    def __reduce__(self) -> tuple[Any, ...]:
        state = {k: v for k, v in self.__dict__.items() if k != "_value"}
        return _restore, (self.backend.name, self.numpy(), state)


def _restore(backend_name: str, array: Any, state: dict[str, Any]) -> Variable:
    backend = load(backend_name)
    new = object.__new__(backend.Variable)
    new.__dict__.update(state)
    with context.Scope("backend", backend):
        value = backend.convert_to_tensor(array, dtype=state["_dtype"])
        new._initialize(backend.own(value))
    return new


def _on_backend(cls: type[Variable], backend: Backend) -> type[Variable]:
    """The backend's class for `Variable`, or for a user's subclass of it."""
    if cls is Variable:
        return backend.Variable
    key = f"_on_{backend.name}"
    if key not in cls.__dict__:
        made = type(
            cls.__name__, (cls, backend.Variable), {"__module__": cls.__module__}
        )
        setattr(cls, key, made)
    return cls.__dict__[key]


def _compatible(shape: ShapeLike, wanted: tuple[Any, ...]) -> bool:
    sizes = tuple(shape)
    return len(sizes) == len(wanted) and all(
        size is None or size == want for size, want in zip(sizes, wanted, strict=True)
    )


def _choice(what: str, value: str | None, allowed: tuple[str, ...]) -> str:
    value = "none" if value is None else value
    if value not in allowed:
        raise ValueError(
            f"Unknown {what}: {value!r}. Allowed values: {', '.join(allowed)}."
        )
    return value


def _callable_or_none(what: str, value: Any) -> Any:
    if value is not None and not callable(value):
        raise ValueError(
            f"`{what}` of a Variable must be callable or None. Received: {value!r}."
        )
    return value


def _shown_value(variable: Variable) -> str:
    """The value as text; nothing inside a trace, where there is none yet."""
    try:
        return f", value={np.asarray(variable)}"
    except Exception:  # noqa: BLE001 - each framework's own error; a repr never fails
        return ""


def redirected(value: Any) -> bool:
    """Whether an assignment is a step of a scope or a graph, and not done in place."""
    return context.get().stateless is not None or isinstance(value, KerasTensor)
