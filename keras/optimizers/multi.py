"""Several optimizers in one model, each for variables of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from keras.core.configurable import Configurable
from keras.core.facts import public_class
from keras.core.patterns import check_pattern
from keras.core.registry import CustomObjectScope
from keras.core.serialization import serialize_keras_object
from keras.optimizers.loss_scale import LossScaleOptimizer
from keras.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from keras.backends.variable import Variable


@public_class("keras.optimizers")
class OptimizerMap(Configurable, MutableMapping):
    """Which optimizer a variable gets, by its path.

    Args:
        default_optimizer: the optimizer of variables that no pattern matches.
        optimizer_map: regular expression -> optimizer; an expression must match the
            whole path.

    Example:

    >>> import keras
    >>> choose = keras.optimizers.OptimizerMap(
    ...     keras.optimizers.SGD(), {"encoder/.*": keras.optimizers.Adam()}
    ... )
    >>> with keras.name_scope("encoder"):
    ...     weight = keras.Variable(1.0, name="weight")
    >>> type(choose(weight)).__name__
    'Adam'
    """

    def __init__(
        self,
        default_optimizer: Optimizer,
        optimizer_map: MutableMapping[str, Optimizer] | None = None,
    ) -> None:
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(
                "`default_optimizer` of OptimizerMap must be a Keras optimizer. "
                f"Received: {default_optimizer!r}."
            )
        _check_plain("default_optimizer", default_optimizer)
        self._default = default_optimizer
        self._by_pattern: dict[str, Optimizer] = {}
        self.update(optimizer_map or {})

    @property
    def default_optimizer(self) -> Optimizer:
        """The optimizer of variables that no pattern matches."""
        return self._default

    def __call__(self, variable: Variable) -> Optimizer:
        """The optimizer of a variable: of the pattern that matches.

        Raises:
            ValueError: if several patterns match.
        """
        found = [key for key in self._by_pattern if re.fullmatch(key, variable.path)]
        if len(found) > 1:
            raise ValueError(
                f"Several patterns of the OptimizerMap match the variable "
                f"{variable.path!r}, so that it is not clear which optimizer it gets: "
                f"{', '.join(map(repr, found))}. Make them exclude each other."
            )
        return self._by_pattern[found[0]] if found else self._default

    def __getitem__(self, key: str) -> Optimizer:
        return self._by_pattern.get(key, self._default)

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if not isinstance(key, str) or not isinstance(optimizer, Optimizer):
            raise ValueError(
                "OptimizerMap maps regular expressions to optimizers. "
                f"Received: {key!r} -> {optimizer!r}."
            )
        check_pattern(key)
        _check_plain(key, optimizer)
        if key in self._by_pattern:
            raise ValueError(
                f"The OptimizerMap has an optimizer for {key!r} already: "
                f"{self._by_pattern[key]!r}. Delete it first to set another."
            )
        self._by_pattern[key] = optimizer

    def __delitem__(self, key: str) -> None:
        del self._by_pattern[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_pattern)

    def __len__(self) -> int:
        return len(self._by_pattern)

    def __bool__(self) -> bool:
        return True

    def get_config(self) -> dict[str, Any]:
        """The constructor arguments."""
        return {
            "default_optimizer": serialize_keras_object(self._default),
            "optimizer_map": {
                key: serialize_keras_object(optimizer)
                for key, optimizer in self._by_pattern.items()
            },
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> OptimizerMap:
        """A map made from what `get_config` returned."""
        with CustomObjectScope(custom_objects):
            return super().from_config(config)


def _check_plain(key: str, optimizer: Optimizer) -> None:
    """Refuses optimizers that are made of others."""
    if isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
        raise ValueError(
            f"An OptimizerMap cannot hold a {type(optimizer).__name__}. Put one around "
            f"the MultiOptimizer instead. Received: {key!r} -> {optimizer!r}."
        )


@public_class("keras.optimizers")
class MultiOptimizer(Optimizer):
    """Gives each variable to the optimizer that is chosen for it.

    It scales the loss by its own factor only: the `loss_scale_factor` of each of the
    optimizers becomes None.

    Args:
        optimizer_map: an `OptimizerMap`, or a function from a variable to its
            optimizer.
        loss_scale_factor: factor on the loss in `scale_loss`, which is taken off the
            gradients again.
        name: name of the optimizer.

    Example:

    >>> import keras
    >>> weight, bias = keras.Variable(1.0, name="w"), keras.Variable(1.0, name="b")
    >>> fast, slow = keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.25)
    >>> optimizer = keras.optimizers.MultiOptimizer(
    ...     keras.optimizers.OptimizerMap(slow, {"w": fast})
    ... )
    >>> optimizer.apply([keras.ops.ones(()), keras.ops.ones(())], [weight, bias])
    >>> float(weight.numpy()), float(bias.numpy())
    (0.5, 0.75)
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Any], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        if not callable(optimizer_map):
            raise ValueError(
                "`optimizer_map` must be a keras.optimizers.OptimizerMap or a function "
                f"from a variable to an optimizer. Received: {optimizer_map!r}."
            )
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        self.optimizer_map = optimizer_map
        self._groups: list[tuple[Optimizer, list[Any]]] = []
        if isinstance(optimizer_map, OptimizerMap):
            order = [*optimizer_map.values(), optimizer_map.default_optimizer]
            for optimizer in order:
                self._group_of(optimizer)
        self._owner: dict[int, int] = {}

    def _group_of(self, optimizer: Optimizer) -> int:
        """The place of an optimizer among `optimizers`."""
        for number, (known, _) in enumerate(self._groups):
            if known is optimizer:
                return number
        optimizer.loss_scale_factor = None
        self._groups.append((optimizer, []))
        return len(self._groups) - 1

    @property
    def optimizers(self) -> list[Optimizer]:
        """The optimizers: those of the map in its order, its default last; those that a
        function chooses are known once this is built."""
        return [optimizer for optimizer, _ in self._groups]

    @property
    def variables(self) -> list[Any]:
        """The state of this optimizer, then that of each of the others."""
        found = list(self._variables)
        for optimizer, _ in self._groups:
            found.extend(optimizer.variables)
        return found

    def build(self, var_list: Sequence[Any]) -> None:
        """Gives out the variables, and builds each optimizer for its own."""
        if self.built:
            return
        super().build(var_list)
        for variable in var_list:
            number = self._group_of(self.optimizer_map(variable))
            self._groups[number][1].append(variable)
            self._owner[id(variable)] = number
        for optimizer, own in self._groups:
            if own:
                optimizer.build(own)

    def _index_variables(self) -> None:
        super()._index_variables()
        self._owner = {
            id(variable): number
            for number, (_, own) in enumerate(self._groups)
            for variable in own
        }

    def _keras_rebind(self, copies: dict[int, Any]) -> None:
        for optimizer, own in self._groups:
            optimizer._keras_rebind(copies)
            own[:] = [copies.get(id(variable), variable) for variable in own]
        super()._keras_rebind(copies)

    def _keras_step(self, grads: list[Any], variables: Sequence[Any]) -> None:
        shares: list[tuple[list[Any], list[Any]]] = [([], []) for _ in self._groups]
        for gradient, variable in zip(grads, variables, strict=True):
            own_grads, own = shares[self._owner[id(variable)]]
            own_grads.append(gradient)
            own.append(variable)
        for (optimizer, _), (own_grads, own) in zip(self._groups, shares, strict=True):
            if own:
                optimizer.apply(own_grads, own)

    @property
    def learning_rate(self) -> Any:
        """None here: each optimizer has its own."""
        raise AttributeError(
            "A MultiOptimizer has no learning rate of its own. Use those of its "
            "`optimizers`."
        )

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise AttributeError(
            "A MultiOptimizer has no learning rate of its own. Set those of its "
            "`optimizers`."
        )

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        """Has each optimizer put its averages into its variables."""
        for number, (optimizer, _) in enumerate(self._groups):
            own = [v for v in var_list if self._owner.get(id(v)) == number]
            optimizer.finalize_variable_values(own)

    def exclude_from_weight_decay(
        self,
        var_list: Sequence[Any] | None = None,
        var_names: Sequence[str] | None = None,
    ) -> None:
        """Not here: decay is set on each optimizer."""
        raise ValueError(
            "A MultiOptimizer has no weight decay of its own. Call "
            "`exclude_from_weight_decay` of the optimizers it is made of."
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor arguments."""
        return {
            "optimizer_map": serialize_keras_object(self.optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }
