"""What a few private functions of Keras 3 mean, said with what is here."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

import h5py
import numpy as np

from keras import distribution
from keras.backends import current, seeds
from keras.core import reading, tree
from keras.core.errors import BackendError
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Seed, Structure, Tensor
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
    """Whether a pipeline of grain runs this: layers here need not know."""
    return False


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
