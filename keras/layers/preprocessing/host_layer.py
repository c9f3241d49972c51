"""`HostLayer`: a layer that computes on the host, as strings are no tensors.

Only TensorFlow has tensors of strings, so they stay NumPy arrays until they are
numbers. The same NumPy code runs on every backend, and where TensorFlow traces a
function, as `tf.data` does, it is called from the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.backends import current, load
from keras.backends.foreign import framework_of
from keras.core import context, dtypes, tree
from keras.core.typing import ShapeLike, Structure, Tensor, TensorLike
from keras.layers.layer import Layer
from keras.layers.preprocessing.adapting import is_array, to_array

if TYPE_CHECKING:
    from keras.backends.backend import Backend


class HostLayer(Layer):
    """A layer whose `call` takes NumPy arrays, strings among them.

    A functional model on a backend without strings runs such layers before the step
    that is compiled: see `keras.models.host_stage`.
    """

    _convert_input_args = False
    _takes_complex = False
    _allow_non_tensor_positional_args = True
    _has_nothing_to_build = True
    _runs_on_host = True
    _takes_several = False  # whether a list is one of inputs, not of values

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        """Calls the layer on arrays, lists, strings, tensors or KerasTensors."""
        first = args[0] if args else None
        if self._takes_several and isinstance(first, (list, tuple)):
            args = (type(first)(map(_arrays, first)), *args[1:])
        args = tuple(_arrays(arg) for arg in args)
        home = tracing_backend(args)
        if home is not None and home is not self._keras_backend:
            with context.Scope("backend", home):
                return self.call(*args, **kwargs)
        return super().__call__(*args, **kwargs)


def is_strings(array: Any) -> bool:
    """Whether an array, tensor or KerasTensor holds strings."""
    dtype = getattr(array, "dtype", None)
    if isinstance(dtype, np.dtype):
        return dtype.kind in "OSUT"
    return "string" in str(getattr(dtype, "name", dtype))


def on_host(
    function: Callable[..., np.ndarray],
    inputs: TensorLike,
    shape: ShapeLike,
    dtype: str,
) -> Any:
    """A function of NumPy arrays, called on tensors of any kind.

    Args:
        function: takes as many arrays as there are inputs, and gives one.
        inputs: a list of arrays and tensors.
        shape: of the result; None for sizes that depend on values.
        dtype: of the result.

    Returns:
        A tensor of the current backend, or of that which is tracing the inputs. Strings
        are a NumPy array where the backend has no tensors of them.
    """
    home = tracing_backend(inputs)
    if home is not None:
        dtype = "string" if dtype == "string" else home.canonical_dtype(dtype)
        return home.host_call(function, inputs, shape, dtype)
    return from_host(function(*map(to_array, inputs)), dtype)


def from_host(array: np.ndarray, dtype: str) -> Any:
    """A result as a tensor of the current backend."""
    backend = current()
    if dtype == "string":
        return backend.convert_to_tensor(array) if has_strings(backend) else array
    return backend.convert_to_tensor(array, dtype=backend.canonical_dtype(dtype))


def has_strings(backend: Backend) -> bool:
    """Whether a backend has tensors of strings."""
    return "string" in backend.layouts


def index_dtype() -> str:
    """What places in a vocabulary are, whatever the dtype of a layer: int64."""
    return current().canonical_dtype("int64")


def integer_dtype(layer: Layer) -> str:
    """What bins are: the layer's dtype if that is an integer, else int64."""
    given = layer.compute_dtype
    given = given if dtypes.is_int(given) else "int64"
    return current().canonical_dtype(given)


def _arrays(value: Structure) -> Any:
    """Lists and strings as arrays; what has a shape, and structures of it, stay."""
    if isinstance(value, tuple) and not _is_plain(value):
        return tuple(_arrays(item) for item in value)
    if isinstance(value, list) and any(hasattr(item, "shape") for item in value):
        return [_arrays(item) for item in value]
    if isinstance(value, dict):
        return {key: _arrays(item) for key, item in value.items()}
    if (
        value is None
        or hasattr(value, "row_splits")
        or hasattr(value, "_keras_history")
    ):
        return value
    if framework_of(value) is not None:
        return value
    return np.asarray(to_array(value)) if is_array(value) else value


def _is_plain(value: Any) -> bool:
    """Whether a tuple is one array: of numbers or strings, nested or not."""
    while isinstance(value, (tuple, list)) and value:
        value = value[0]
    return isinstance(value, (str, bytes, int, float, np.generic))


def tracing_backend(inputs: Iterable[Any]) -> Any:
    """The backend that is tracing the inputs, if one is."""
    for leaf in tree.flatten(inputs):
        framework = framework_of(leaf)
        if framework is None or isinstance(leaf, np.ndarray):
            continue
        home = load(framework)
        if home.in_trace() and home.is_traced(leaf):
            return home
    return None
