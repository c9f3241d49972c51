"""What a few private functions of Keras 3 mean, said with what is here."""

from __future__ import annotations

import sys
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

import h5py
import numpy as np

from keras import distribution, ops
from keras.backends import current, seeds
from keras.core import reading, tree
from keras.core.errors import BackendError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Seed, Shape, Structure, Tensor
from keras.saving.stores import H5Reader, H5Writer


def any_symbolic_tensors(
    args: tuple[Any, ...] | None = None, kwargs: dict[str, Any] | None = None
) -> bool:
    """Whether a KerasTensor is among arguments."""
    leaves = tree.flatten((args or (), kwargs or {}))
    return any(isinstance(x, KerasTensor) for x in leaves)


def compute_output_spec(
    function: Callable[..., Any], *args: Any, **kwargs: Any
) -> Structure:
    """What a function returns for KerasTensors, as KerasTensors."""
    return current().compute_output_spec(function, *args, **kwargs)


def in_safe_mode() -> bool | None:
    """Whether something is being read in safe mode; None where nothing is read."""
    return reading.current().safe


def in_grain_data_pipeline() -> bool:
    """Whether a dataset of grain runs this: a function of it called the caller.

    Grain says nothing about it, so that the frames of this thread are asked.
    """
    frame = sys._getframe(1) if "grain" in sys.modules else None
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("grain."):
            return True
        frame = frame.f_back
    return False


def in_tf_graph() -> bool:
    """Whether a graph of TensorFlow is being made."""
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and not tensorflow.executing_eagerly()


def to_torch_dtype(dtype: str) -> Any:
    """PyTorch's dtype of that name; the backend must be torch."""
    return current().convert_to_tensor(0, dtype=dtype).dtype


def record_as_read(obj: Any, shared_object_id: int) -> None:
    """Later mentions of this id, in the file that is read, mean this object."""
    shared = reading.current().shared
    if shared is not None:
        shared.read[shared_object_id] = obj


def standardize_tuple(
    value: Any, n: int, name: str, allow_zero: bool = False
) -> tuple[int, ...]:
    """`n` sizes; one stands for all.

    Raises:
        ValueError: if there are not `n`, or one is no positive integer.
    """
    sizes: tuple[Any, ...] = (
        (value,) * n if isinstance(value, (int, np.integer)) else tuple(value)
    )
    least = 0 if allow_zero else 1
    right = all(isinstance(size, (int, np.integer)) for size in sizes)
    if len(sizes) != n or not right or min(sizes, default=least) < least:
        raise ValueError(
            f"`{name}` must be an integer of {least} or more, or a tuple of {n} such. "
            f"Received: {name}={value!r}."
        )
    return sizes


def compute_conv_output_shape(
    input_shape: Shape,
    filters: int,
    kernel_size: Sequence[int],
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: int | Sequence[int] = 1,
) -> tuple[int | None, ...]:
    """The shape of a convolution of inputs of the given shape."""
    last = data_format == "channels_last"
    channels = input_shape[-1 if last else 1]
    spec = ops.conv(
        KerasTensor(input_shape),
        KerasTensor((*kernel_size, channels, filters)),
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilation_rate=dilation_rate,
    )
    return tuple(spec.shape)


def num_processes() -> int:
    """The number of processes of a job; one where a backend has no jobs."""
    try:
        return current().distribution.num_processes()
    except BackendError:
        return 1


def process_id() -> int:
    """The number of this process, counted from 0."""
    try:
        return current().distribution.process_id()
    except BackendError:
        return 0


def distribute_tensor(
    tensor: Tensor, layout: distribution.TensorLayout | None
) -> Tensor:
    """A tensor, laid out over a mesh; without a layout as it is."""
    if layout is None:
        return current().convert_to_tensor(tensor)
    return distribution.distribute_tensor(tensor, layout)


def draw_seed(seed: Seed) -> Tensor:
    """The two integers of a seed, or the next of a generator: a key for JAX."""
    generator = seeds.generator_of(seed)
    if generator is None:
        pair = np.array([seeds.check(seed), 0], "uint32")
        return current().convert_to_tensor(pair, dtype="uint32")
    return generator.next()


class H5IOStore:
    """An HDF5 file of weights.

    Args:
        path: the file.
        mode: `"r"` or `"w"`.
    """

    def __init__(self, path: Any, mode: str = "r") -> None:
        self._file = h5py.File(path, mode)

    def make(self, path: str, metadata: Any = None) -> MutableMapping[str, Any]:
        """The entries of a path, to write to."""
        del metadata
        return H5Writer(self._file).at(path, path)

    def get(self, path: str) -> Any:
        """The entries of a path, to read from."""
        return H5Reader(self._file).at(path)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
