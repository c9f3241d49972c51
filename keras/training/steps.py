"""Turning a model's step methods into fast functions of one batch.

A step is ordinary code that reads and writes Variables; `backend.jit` compiles it
where the backend compiles. Two forms exist: the portable `train_step(self, data)`,
and the stateless `train_step(self, state, data)` that Keras documents for JAX, which
gets all state as a tuple of lists and returns it anew. Its signature tells.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.core import placement
from keras.core.classes import cached_by_class, declared_class, is_ours
from keras.core.facts import facts_of
from keras.core.typing import Data, Logs, Structure
from keras.metrics.metric import Metric
from keras.training.compiled_step import CompiledStep
from keras.training.data.structure import map_leaves
from keras.training.distributed import Following
from keras.training.overrides import overrides
from keras.training.several import ModelStep

if TYPE_CHECKING:
    from keras.backends.backend import Backend
    from keras.models.model import Model

Step = Callable[[Any], Any]
# The state of the documented stateless form, in the order that it is passed in.
STATE = {
    "train_step": (
        "trainable_variables",
        "non_trainable_variables",
        "optimizer_variables",
        "metrics_variables",
    ),
    "test_step": (
        "trainable_variables",
        "non_trainable_variables",
        "metrics_variables",
    ),
    "predict_step": ("trainable_variables", "non_trainable_variables"),
}


def make_step(model: Any, name: str, plain: Step | None = None) -> ModelStep:
    """A function of one batch that runs a step of a model, or of several batches.

    Args:
        model: The model.
        name: `"train_step"`, `"test_step"` or `"predict_step"`.
        plain: What to run instead of the method, where nobody overrides it.

    Returns:
        The function, compiled unless the model runs eagerly.
    """
    if takes_state(model, name):
        step = one = _with_state(model, name)
    else:
        step = plain or _own_step(model, name)
        one = compiled(model, step)
    following = Following(model, name, one)
    ready, prepare = model._staged(following), model._staged(_as_it_is)
    gathers = name == "predict_step"
    expect = getattr(one, "expect_any_rows", None)
    alone = None
    if plain is not None and not gathers and isinstance(one, CompiledStep):
        alone = model._staged(_Alone(model, plain, one))
    return ModelStep(
        model, step, ready, prepare, following.distributes, gathers, expect, alone
    )


class _Alone:
    """A step of one batch alone: from fresh metrics to their results in one program.

    Three programs, of which two only clear and divide a few numbers, would take a
    small model half as long again.

    Args:
        model: The model.
        plain: The step, which returns nothing.
        one: The same, compiled; where it has run already, another program is no gain.
    """

    def __init__(self, model: Any, plain: Step, one: CompiledStep) -> None:
        self._model, self._plain, self._one = model, plain, one
        self._step = CompiledStep(model, self._form)

    def __call__(self, data: Data) -> Any:
        """The results; None where the batch has not been looked at."""
        if placement.process.used:
            return None
        if self._one.is_compiled and not self._step.is_compiled:
            return None
        return self._step(data)

    def _form(self) -> Step:
        model = self._model
        if not all(map(_starts_anew_by_ours, model._keras_single_metrics())):
            return _nothing

        def run(data: Data) -> Structure:
            model.reset_metrics()
            self._plain(data)
            return model.get_metrics_result()

        return model._keras_backend.jit(run, jit_compile=model._jit_compile)


def _nothing(data: Data) -> None:
    """Leaves a batch to the step of `fit`, for metrics that may do more in Python."""
    del data


def _starts_anew_by_ours(metric: Any) -> bool:
    cls = declared_class(metric)
    return is_ours(cls) or cls.reset_state is Metric.reset_state


def _as_it_is(data: Data) -> Data:
    return data


def _own_step(model: Model, name: str) -> Step:
    """A user's step: only training records gradients, and no result holds on to them.

    What it returns may wait long before somebody looks.
    """
    step, backend = getattr(model, name), model._keras_backend

    @wraps(step)
    def run(data: Data) -> Structure:
        if name == "train_step":
            return _released(backend, step(data))
        with backend.update_scope():
            return step(data)

    return run


def _released(backend: Backend, logs: Logs) -> Any:
    """Logs without the record of how they were computed."""
    return map_leaves(
        lambda x: backend.stop_gradient(x) if backend.is_tensor(x) else x, logs
    )


def compiled(model: Model, step: Step) -> Step:
    """`step`, compiled if the model is to be; batches become tensors either way."""
    if not model.run_eagerly:
        jit = partial(model._keras_backend.jit, step, jit_compile=model._jit_compile)
        if jit() is not step:
            return CompiledStep(model, jit)
    return converting(model._keras_backend, step, private=not _only_ours(model))


def _only_ours(model: Model) -> bool:
    """Whether nothing but code of ours runs, which never writes to its inputs."""
    if not is_ours(declared_class(model)):
        return False
    said = [facts_of(layer) for layer in model._all_layers() if layer is not model]
    return all(facts is not None and facts.pure for facts in said)


def converting(backend: Backend, step: Step, private: bool = True) -> Step:
    """`step`, on batches whose arrays are made tensors of the backend before.

    `private` ones share no memory with the data, as a step may write to them.
    """
    leaf: Any = partial(_to_tensor, backend)
    if "to_batch" in backend.__dict__:
        leaf = partial(backend.to_batch, private=private)
    leaves = {np.ndarray, *backend.tensor_types}

    def run(data: Data) -> Structure:
        if type(data) is not tuple:
            return step(map_leaves(leaf, data))
        return step(
            tuple(
                [
                    leaf(part) if type(part) in leaves else map_leaves(leaf, part)
                    for part in data
                ]
            )
        )

    return run


def _to_tensor(backend: Backend, value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind not in "OUS":
        return backend.convert_to_tensor(value)
    return value


def takes_state(model: Model, name: str) -> bool:
    """Whether a step method has the form `(self, state, data)`."""
    if name not in _overridden_steps(type(model)):
        return False
    parameters = list(inspect.signature(getattr(model, name)).parameters)
    return parameters[:2] == ["state", "data"] or len(parameters) == 2


@cached_by_class
def _overridden_steps(cls: type) -> frozenset[str]:
    return frozenset(name for name in STATE if overrides(cls, name))


def _with_state(model: Model, name: str) -> Step:
    """Runs the stateless form on the values of the variables, and stores the new."""
    step = getattr(model, name)

    def functional(state: Structure, data: Data) -> Any:
        return step(state, data)

    run = functional
    if not model.run_eagerly:
        jit = model._keras_backend.jit
        jit_compile = model._jit_compile
        run = CompiledStep(model, partial(jit, functional, jit_compile=jit_compile))

    def stateful(data: Data) -> Any:
        groups = _state_variables(model, name)
        state = tuple([variable.value for variable in group] for group in groups)
        logs, new = _logs_and_state(model, name, run(state, data))
        if name == "predict_step":
            new = (state[0], new)
        _check_state(model, name, new, groups)
        for group, values in zip(groups, new, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        return _released(model._keras_backend, logs)

    return stateful


def _logs_and_state(model: Model, name: str, results: Any) -> tuple[Any, Any]:
    if isinstance(results, tuple) and len(results) == 2:
        return results
    what = "outputs" if name == "predict_step" else "logs"
    raise TypeError(
        f"`{name}(self, state, data)` of {type(model).__name__} must return "
        f"`({what}, state)`, the new values of all variables beside the {what}. "
        f"Received: {results!r}. Without a state, write `{name}(self, data)` with "
        "`keras.value_and_grad`."
    )


def _check_state(model: Model, name: str, new: Any, groups: list[list[Any]]) -> None:
    expected = [len(group) for group in groups]
    try:
        received = [len(values) for values in new]
    except TypeError:
        received = None
    if received != expected:
        parts = zip(STATE[name], expected, strict=True)
        listed = ", ".join(f"{part} ({count})" for part, count in parts)
        raise ValueError(
            f"`{name}(self, state, data)` of {type(model).__name__} must return the "
            f"state as lists of values in this order: {listed}. Received lists of "
            f"{received} values."
        )


def _state_variables(model: Model, name: str) -> list[list[Any]]:
    groups = []
    for group in STATE[name]:
        owner, attribute = model, group
        if group == "optimizer_variables":
            owner, attribute = model.optimizer, "variables"
        groups.append(list(getattr(owner, attribute)))
    return groups
