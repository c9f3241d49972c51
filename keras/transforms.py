"""Function transforms that work on every backend, for code that uses Variables.

`keras.jit` compiles, `keras.grad` and `keras.value_and_grad` differentiate,
`keras.vmap` vectorizes. Functions may read and write Variables, draw random numbers
and update metrics. The backend is the one that is current at the call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np

from keras.backends import current
from keras.core import context, tree
from keras.core.errors import BackendError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Structure, TensorLike

if TYPE_CHECKING:
    from keras.backends.backend import Backend

P = ParamSpec("P")
R = TypeVar("R")


def jit(
    function: Callable[P, R], jit_compile: bool | str | None = None
) -> Callable[P, R]:
    """Compiles a function that may read and write Variables.

    Tensors and NumPy arrays anywhere in the arguments are traced; other values must
    be hashable and are constants of the program: a new one means a new trace.

    Args:
        function: the function.
        jit_compile: on torch, the default runs eager code, True compiles with
            `torch.compile`, and `"auto"` records the torch calls that the function
            makes and repeats them without the Python around them, from the second
            call of a kind on and where nothing in it depends on values; on
            TensorFlow, True uses XLA, and `"auto"` does where it helps.

    Returns:
        A function of the same signature.

    Example:

    >>> import keras
    >>> total = keras.Variable(0.0)
    >>> @keras.jit
    ... def add(x):
    ...     return total.assign_add(keras.ops.sum(x))
    >>> float(add(keras.ops.ones((3,)))), float(total.numpy())
    (3.0, 3.0)
    """
    compiled: dict[Any, Callable[..., Any]] = {}

    def call(*args: Any, **kwargs: Any) -> Structure:
        backend = current()
        run = compiled.get(backend)
        if run is None:
            run = backend.jit(function, jit_compile=jit_compile)
            record = getattr(backend, "recorded", None)
            if run is function and jit_compile == "auto" and record is not None:
                run = record(function)
            elif run is function:  # nothing compiles here, but arrays become tensors
                run = _on_tensors(function, backend)
            compiled[backend] = run
        return run(*args, **kwargs)

    return update_wrapper(call, function)


def _on_tensors(function: Callable[..., Any], backend: Backend) -> Callable[..., Any]:
    def leaf(x: TensorLike) -> Any:
        return backend.convert_to_tensor(x) if isinstance(x, np.ndarray) else x

    def call(*args: Any, **kwargs: Any) -> Structure:
        args, kwargs = tree.map_structure(leaf, (args, kwargs))
        return function(*args, **kwargs)

    return call


def value_and_grad(
    function: Callable[..., Any], variables: Any = None, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the value of `function` and its gradients.

    Args:
        function: returns a scalar loss, or `(loss, aux)` with `has_aux`.
        variables: nested structure of Variables to differentiate by. Without it, the
            gradient is taken by the first argument, a tensor or structure of tensors.
        has_aux: whether `function` returns `(loss, aux)`.

    Returns:
        A function that returns `(value, gradients)`, `value` being all that `function`
        returns and `gradients` of the structure of what is differentiated by. What the
        loss does not depend on has gradient zero. Calls may be nested for second
        derivatives.

    Example:

    >>> import keras
    >>> w = keras.Variable(3.0)
    >>> value, grad = keras.value_and_grad(lambda x: x * w * w, variables=w)(2.0)
    >>> float(value), float(grad)
    (18.0, 12.0)
    """
    _check_variables(variables)

    def call(*args: Any, **kwargs: Any) -> Structure:
        backend = current()
        if variables is not None:
            leaves = tree.flatten(variables)
            if leaves and leaves[0].backend is not backend:
                with context.Scope("backend", leaves[0].backend):
                    return call(*args, **kwargs)
        elif not args:
            raise TypeError(
                "value_and_grad without `variables` differentiates by the first "
                "positional argument, but none was given."
            )
        return backend.value_and_grad(function, variables, has_aux)(*args, **kwargs)

    return call


def grad(
    function: Callable[..., Any],
    variables: Sequence[Any] | None = None,
    has_aux: bool = False,
) -> Callable[..., Any]:
    """A function that returns the gradients of `function`.

    Args:
        function: returns a scalar loss, or `(loss, aux)` with `has_aux`.
        variables: nested structure of Variables to differentiate by. Without it, the
            gradient is taken by the first argument, a tensor or structure of tensors.
        has_aux: whether `function` returns `(loss, aux)`.

    Returns:
        A function that returns the gradients; with `has_aux`, `(gradients, aux)`.

    Example:

    >>> import keras
    >>> float(keras.grad(lambda x: x**3)(2.0))
    12.0
    """
    both = value_and_grad(function, variables, has_aux)

    def call(*args: Any, **kwargs: Any) -> Structure:
        value, gradients = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return call


def vmap(
    function: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0
) -> Callable[..., Any]:
    """Maps a function over an axis of its arguments, as one vectorized computation.

    Args:
        function: a function of tensors.
        in_axes: the axis of each argument, or one for all; None: not mapped.
        out_axes: where the mapped axis stands in the outputs.

    Returns:
        A function of the same arguments.

    Example:

    >>> import keras
    >>> rows = keras.ops.ones((5, 3))
    >>> keras.vmap(keras.ops.dot)(rows, rows).shape[0]
    5
    """

    def call(*args: Any) -> Structure:
        return current().vmap(function, in_axes, out_axes)(*args)

    return update_wrapper(call, function)


def remat(f: Callable[P, R]) -> Callable[P, R]:
    """A function that keeps no intermediate results: gradients compute them again.

    It takes less memory in training, and more time. What the function assigns to
    Variables and the losses that it adds are as if it ran once, and the second run
    draws the same random numbers.

    Args:
        f: a function of tensors, or a layer.

    Returns:
        A function of the same arguments.

    Raises:
        TypeError: if `f` cannot be called.

    Example:

    >>> import keras
    >>> block = keras.remat(lambda x: keras.ops.sin(keras.ops.exp(x)))
    >>> float(block(keras.ops.zeros(())))  # doctest: +ELLIPSIS
    0.84147...
    """
    if not callable(f):
        raise TypeError(
            "keras.remat expects a function or a layer. Received: "
            f"{f!r} of type {type(f).__name__}."
        )

    def call(*args: Any, **kwargs: Any) -> Structure:
        if any(isinstance(x, KerasTensor) for x in tree.flatten((args, kwargs))):
            return f(*args, **kwargs)  # shapes are all there is to compute
        return current().remat(f)(*args, **kwargs)

    return update_wrapper(call, f) if hasattr(f, "__name__") else call


def _check_variables(variables: Any) -> None:
    for leaf in tree.flatten(variables) if variables is not None else ():
        if not getattr(leaf, "_is_keras_variable", False):
            raise TypeError(
                "`variables` must be a nested structure of keras.Variable objects. "
                f"Received: {leaf!r} of type {type(leaf).__name__}."
            )
    leaves = tree.flatten(variables) if variables is not None else []
    for leaf in leaves[1:]:
        if leaf.backend is not leaves[0].backend:
            raise BackendError(
                "`variables` must live on one backend. Received: "
                f"{leaves[0].path!r} on {leaves[0].backend.name}, {leaf.path!r} on "
                f"{leaf.backend.name}. Convert a model with model.to_backend(name)."
            )
