"""Scopes that change what reading and writing a Variable means.

`StatelessScope` redirects both: reads see given values, writes are collected and
nothing is changed. `SymbolicScope` marks code that runs on KerasTensors to learn
shapes. `AutocastScope` lets float variables be read in a layer's compute dtype.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from keras.core import context
from keras.core.dtypes import is_float, standardize_dtype
from keras.core.typing import Identifier

if TYPE_CHECKING:
    from keras.backends.variable import Variable


class StatelessScope(context.Scope):
    """Inside, variables take their values from a mapping, and writes go to it.

    Args:
        state_mapping: `(variable, value)` pairs.
        collect_losses: whether `Layer.add_loss` adds to this scope.
        initialize_variables: kept for compatibility; variables are always
            initialized when they are made.

    Example:

    >>> import keras
    >>> v = keras.Variable(1.0)
    >>> with keras.StatelessScope([(v, keras.ops.convert_to_tensor(5.0))]) as scope:
    ...     _ = v.assign(v.value + 1.0)
    >>> float(v.numpy()), float(scope.get_current_value(v))
    (1.0, 6.0)
    """

    takes_new_variables = False  # whether Variables may be made inside

    def __init__(
        self,
        state_mapping: Iterable[tuple[Any, Any]] | None = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ) -> None:
        super().__init__("stateless", None)
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.losses: list[Any] = []
        self.state_mapping: dict[int, Any] = {}
        self.updates: dict[int, Any] = {}  # id -> variable, for those written
        self.loss_lists: dict[int, list[Any]] = {}  # of layers, which were added to
        self._outer: Any = None
        for pair in state_mapping or ():
            variable, value = _pair(pair)
            if value is None:
                continue
            self.state_mapping[id(variable)] = variable._converted(value)

    def __enter__(self) -> StatelessScope:
        outer = context.get().stateless
        if outer is not self:
            self._outer = outer
        # Only while it is entered: values of a scope that held itself would stay in
        # memory until the garbage collector comes, which arrays do not call for.
        self._value = self
        super().__enter__()
        self._value = None
        return self

    def add_loss(self, loss: Identifier) -> None:
        """Collects a loss, if this scope collects them."""
        self.losses.append(loss)

    def effects(self) -> tuple[list[Any], list[list[Any]]]:
        """What code inside has left behind: the values written, the losses added.

        The function that a framework transforms returns these beside its result. In
        the variables and layers are tensors of the transform, which end with it.
        """
        values = [self.state_mapping[key] for key in self.updates]
        return values, [list(losses) for losses in self.loss_lists.values()]

    def put_effects(self, effects: tuple[list[Any], list[list[Any]]]) -> None:
        """Puts `effects`, as they came out of a transform, where they belong."""
        values, lists = effects
        for variable, value in zip(self.updates.values(), values, strict=True):
            variable.assign(value)
        outer = context.get().stateless
        for losses, found in zip(self.loss_lists.values(), lists, strict=True):
            losses[:] = found
            if outer is not None:
                outer.loss_lists[id(losses)] = losses

    def add_update(self, update: tuple[Any, Any]) -> None:
        """Records a write: `(variable, value)`."""
        variable, value = update
        self.state_mapping[id(variable)] = value
        self.updates[id(variable)] = variable

    def get_current_value(self, variable: Variable) -> Any:
        """The value of a variable in this scope, or None where it has none."""
        value = self.state_mapping.get(id(variable))
        if value is None and self._outer is not None:
            return self._outer.get_current_value(variable)
        return value


class EffectScope(StatelessScope):
    """Inside, what code assigns and adds is held back, so that it can run twice.

    Args:
        values: id of a variable -> value to begin with, for those that are not to be
            as they are outside.
        again: whether the code ran before: then nothing is done with its effects.
    """

    takes_new_variables = True

    def __init__(
        self, values: dict[int, Any] | None = None, again: bool = False
    ) -> None:
        super().__init__()
        self.state_mapping = dict(values or {})
        self.again = again
        self.read: dict[int, tuple[Any, Any]] = {}  # id -> variable, value at first
        self.added: list[tuple[Any, Any]] = []  # layer, loss

    def get_current_value(self, variable: Variable) -> Any:
        """The value of a variable; what is read is noted."""
        key = id(variable)
        value = self.state_mapping.get(key)
        if value is None:
            outer = self._outer
            value = None if outer is None else outer.get_current_value(variable)
            value = variable._value if value is None else value
            self.read.setdefault(key, (variable, value))
        return value


class DiscardingScope(StatelessScope):
    """Inside, code runs to learn shapes: nothing that it assigns or adds remains."""


def _pair(pair: Any) -> tuple[Any, Any]:
    """A variable and its value."""
    is_pair = isinstance(pair, (tuple, list)) and len(pair) == 2
    if not is_pair or not getattr(pair[0], "_is_keras_variable", False):
        raise ValueError(
            "`state_mapping` of a StatelessScope must hold pairs of a keras.Variable "
            f"and a tensor. Received: {pair!r}."
        )
    return pair[0], pair[1]


def in_stateless_scope() -> bool:
    """Whether a `StatelessScope` is open."""
    return context.get().stateless is not None


class SymbolicScope(context.Scope):
    """Inside, calls only work out shapes and dtypes: nothing becomes a graph node."""

    def __init__(self) -> None:
        super().__init__("symbolic", self)


def in_symbolic_scope() -> bool:
    """Whether a `SymbolicScope` is open."""
    return context.get().symbolic is not None


class AutocastScope(context.Scope):
    """Inside, float variables that allow it are read in the given dtype."""

    def __init__(self, dtype: str | None) -> None:
        if dtype is not None:
            dtype = standardize_dtype(dtype)
            dtype = dtype if is_float(dtype) else None
        self.dtype = dtype
        super().__init__("autocast", dtype)
