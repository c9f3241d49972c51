"""Values of frameworks other than the backend that meets them.

A type is recognised by the module that defines it: an object of a framework can only
exist when that framework is imported already, so that asking imports nothing.
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from keras.core.errors import TensorTypeError
from keras.core.typing import TensorLike

_ROOTS = {"torch": "torch", "tensorflow": "tensorflow", "jax": "jax", "jaxlib": "jax"}


def framework_of(value: Any) -> str | None:
    """Which framework defines the type of `value`: its backend's name, or None."""
    for base in type(value).__mro__:
        root = (base.__module__ or "").partition(".")[0]
        if root in _ROOTS:
            return _ROOTS[root]
    return None


def host_array(value: Any) -> np.ndarray:
    """The values of a tensor of any framework, or of anything like an array.

    Args:
        value: an eager tensor, an array, or (nested) lists of numbers.

    Returns:
        A NumPy array, which shares memory with `value` where that is possible. torch's
        tensors come without their gradients.

    Raises:
        TypeError: if the value has no dense array of its own.
    """
    if framework_of(value) == "torch":
        return _from_torch(value)
    if not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
        return np.from_dlpack(value)
    array = np.asarray(value)
    is_one = array.dtype == object and array.ndim == 0
    if is_one and not isinstance(array.item(), (str, bytes)):
        raise TensorTypeError(
            f"A {type(value).__module__}.{type(value).__name__} is no dense tensor, so "
            "it cannot be converted. Make a dense one of it first."
        )
    return array


def _from_torch(tensor: TensorLike) -> np.ndarray:
    if hasattr(tensor, "full_tensor"):  # of which each process has a part
        tensor = tensor.full_tensor()
    tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
    name = str(tensor.dtype).removeprefix("torch.")
    if name == "bfloat16" or name.startswith("float8"):  # unknown to torch's bridge
        return tensor.float().numpy().astype(getattr(ml_dtypes, name))
    return tensor.numpy()
