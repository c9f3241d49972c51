"""Transforms of optax as optimizers: pure functions of gradients and a state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp


def adopt_optimizer(transform: Any) -> Any:
    return _Transform(transform)


class _Transform:
    """What `keras.optimizers.foreign` asks of an optimizer.

    Args:
        transform: An `optax.GradientTransformation`.
    """

    name = "optax"

    def __init__(self, transform: Any) -> None:
        self._transform = transform
        self._structure: Any = None
        # The place of the learning rate in the state, under inject_hyperparams.
        self.rate_index: int | None = None

    def __repr__(self) -> str:
        return f"optax.{type(self._transform).__name__}"

    def state(self, variables: Sequence[Any]) -> list[Any]:
        """The first state."""
        first = self._transform.init([variable.value for variable in variables])
        pairs, self._structure = jax.tree_util.tree_flatten_with_path(first)
        for index, (path, _) in enumerate(pairs):
            if jax.tree_util.keystr(path).endswith("hyperparams['learning_rate']"):
                self.rate_index = index
        return [jnp.asarray(leaf) for _, leaf in pairs]

    def step(
        self, variables: Sequence[Any], grads: Sequence[Any], state: list[Any]
    ) -> list[Any]:
        """Updates the variables that have gradients."""
        values = [variable.value for variable in variables]
        filled = [
            jnp.zeros_like(value) if gradient is None else gradient
            for value, gradient in zip(values, grads, strict=True)
        ]
        before = jax.tree_util.tree_unflatten(self._structure, state)
        updates, after = self._transform.update(filled, before, values)
        for variable, value, gradient, update in zip(
            variables, values, grads, updates, strict=True
        ):
            if gradient is not None:
                variable.assign(value + update.astype(value.dtype))
        return jax.tree_util.tree_leaves(after)

    def rate(self) -> Any:
        """Unknown: transforms are functions."""
        raise AttributeError(
            "An optax transform keeps its learning rate to itself. Make it with "
            "`optax.inject_hyperparams(optax.adam)(learning_rate=...)` to read or "
            "change the rate."
        )

    def set_rate(self, value: Any) -> None:
        """Not possible."""
        self.rate()

    def arrays(self) -> dict[str, Any]:
        """Nothing: all state is in Variables."""
        return {}

    def set_arrays(self, arrays: dict[str, Any]) -> None:
        """Nothing."""
