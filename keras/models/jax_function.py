"""A model as a pure function of JAX, and its parameters by readable names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from keras.backends import backend_scope
from keras.core.typing import Structure, Tensor
from keras.layers.transfer import to_backend

if TYPE_CHECKING:
    from keras.models.model import Model


class JaxFunction(NamedTuple):
    """What a model computes, as a pure function of its parameters.

    Nothing of it changes when the model is trained, and nothing of the model when it is
    used, but through `write_back`.

    Attributes:
        params: the values of the trainable variables by their paths.
        state: those of the others: moving statistics, states of random generators.
        model: the model on the JAX backend that it was made of.
    """

    params: dict[str, Any]
    state: dict[str, Any]
    model: Any

    def apply(
        self,
        params: Mapping[str, Tensor],
        state: Mapping[str, Tensor],
        *args: Structure,
        **kwargs: Any,
    ) -> Any:
        """The outputs for inputs; pure, for `jax.jit`, `grad`, `vmap` and `export`.

        Args:
            params: values like `self.params`.
            state: values like `self.state`.
            *args: the inputs.
            **kwargs: further arguments of the call. With `training=True` the new state
                is returned as well.

        Returns:
            The outputs; with `training=True` the outputs and the new state.
        """
        model = self.model
        trainable = _values("params", params, self.params)
        others = _values("state", state, self.state)
        kwargs.setdefault("training", False)
        with backend_scope("jax"):
            outputs, new = model.stateless_call(trainable, others, *args, **kwargs)
        if kwargs["training"]:
            return outputs, dict(zip(self.state, new, strict=True))
        return outputs

    def write_back(
        self, params: Mapping[str, Tensor], state: Mapping[str, Tensor] | None = None
    ) -> None:
        """Gives `model` these values.

        Args:
            params: values like `self.params`.
            state: values like `self.state`; as they are in the model by default.
        """
        model = self.model
        _assign(model.trainable_variables, _values("params", params, self.params))
        if state is not None:
            _assign(model.non_trainable_variables, _values("state", state, self.state))


def _assign(variables: Iterable[Any], values: Iterable[Tensor]) -> None:
    for variable, value in zip(variables, values, strict=True):
        # A copy: the model gives its arrays away when it trains on.
        variable.assign(variable.backend.own(value))


def jax_function(model: Model) -> JaxFunction:
    """A pure function of JAX of a model, and its parameters by readable names.

    Args:
        model: the model, built, of any backend.

    Raises:
        ValueError: if the model has no parameters yet.
    """
    if not model.built:
        raise ValueError(
            f"{type(model).__name__} {model.name!r} has no parameters yet. Call it on "
            "data or `build(input_shape)` before `as_jax_function`."
        )
    there: Any = to_backend(model, "jax")
    return JaxFunction(
        _by_path(model.trainable_variables, there.trainable_variables),
        _by_path(model.non_trainable_variables, there.non_trainable_variables),
        there,
    )


def _by_path(named: Iterable[Any], variables: Iterable[Any]) -> dict[str, Any]:
    """A copy of each value under a name that no other has: the path in the model."""
    found: dict[str, Any] = {}
    for original, variable in zip(named, variables, strict=True):
        path, number = original.path, 1
        while path in found:
            path, number = f"{original.path}_{number}", number + 1
        found[path] = variable.backend.own(variable.value)
    return found


def _values(
    what: str, given: Mapping[str, Tensor], known: Mapping[str, Tensor]
) -> list[Any]:
    if given.keys() != known.keys():
        missing, more = sorted(known.keys() - given), sorted(given.keys() - known)
        raise ValueError(
            f"`{what}` must have the names of the function's own. Missing: "
            f"{missing[:5]}; not known: {more[:5]}."
        )
    return [given[name] for name in known]
