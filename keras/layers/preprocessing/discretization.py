"""`Discretization`: numbers as the index of the bin that they fall into."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras import ops
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Config, Data, DType, Shape, Tensor, TensorLike
from keras.layers.preprocessing import adapting, encoding
from keras.layers.preprocessing.data_layer import DataLayer
from keras.layers.preprocessing.uneven import is_uneven, on_values

_MODES = ("int", "one_hot", "multi_hot", "count")


@public_class("keras.layers", pure=True)
class Discretization(DataLayer):
    """The index of the bin that each number falls into.

    Args:
        bin_boundaries: where one bin ends and the next one starts, in ascending order:
            `[0, 1]` are the bins below 0, from 0 to below 1, and from 1.
        num_bins: how many bins `adapt` is to find, with as many values of the data in
            each of them.
        epsilon: how far from its share of the data a bin may be, where there are so
            many that not all of them are kept.
        output_mode: `"int"`: the indices; `"one_hot"`, `"multi_hot"` or `"count"`:
            vectors of them, as `CategoryEncoding` makes.
        sparse: whether the vectors are sparse, where the backend has sparse tensors.
        dtype: dtype of the vectors.
        name: a name; made up by default.

    Example:

    >>> import keras
    >>> layer = keras.layers.Discretization([0.0, 1.0])
    >>> keras.ops.convert_to_numpy(layer([-3.0, 0.5, 1.0])).tolist()
    [0, 1, 2]
    """

    _has_nothing_to_build = True

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: DType = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError(
                "Discretization expects either `bin_boundaries`, or `num_bins` and a "
                f"call of `adapt`. Received: bin_boundaries={bin_boundaries}, "
                f"num_bins={num_bins}."
            )
        if num_bins is not None and num_bins < 0:
            raise ValueError(
                "Discretization expects `num_bins` to be 0 or more. Received: "
                f"num_bins={num_bins}."
            )
        self.output_mode = encoding.output_mode(self, output_mode, _MODES)
        self.sparse = encoding.check_sparse(self, sparse, output_mode)
        self.num_bins = num_bins
        self.epsilon = epsilon
        self.bin_boundaries: Any = []
        if bin_boundaries is not None:
            self._set_boundaries(bin_boundaries)
        self.supports_masking = True
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.reset_state()

    def adapt(self, data: Data, steps: int | None = None) -> None:
        """Finds `num_bins` bins that hold as many values of the data each.

        Args:
            data: an array, tensor, list or table of numbers, or something that yields
                batches of them.
            steps: how many batches to take; None for all.

        Raises:
            ValueError: if the layer was made with `bin_boundaries`.
        """
        self.reset_state()
        for batch in adapting.batches(self, data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Data) -> None:
        """Counts a batch in."""
        if self.num_bins is None:
            raise ValueError(
                f"{self.name} (Discretization) was made with `bin_boundaries`, so "
                "there is nothing to learn. Make it with `num_bins` to adapt it."
            )
        values = adapting.numbers_only(self, adapting.to_array(data)).reshape(-1)
        found, counts = np.unique(values[~np.isnan(values)], return_counts=True)
        if self.summary.shape[1]:
            all_found = np.concatenate([self.summary[0], found])
            found, place = np.unique(all_found, return_inverse=True)
            counts = np.bincount(place, np.concatenate([self.summary[1], counts]))
        self.summary = _compressed(np.stack([found, counts]), self.epsilon)

    def finalize_state(self) -> None:
        """Makes the bins of what was counted."""
        if self.num_bins is None or not self.summary.shape[1]:
            return
        values, counts = self.summary
        shares = np.cumsum(counts) / counts.sum()
        wanted = np.arange(1, self.num_bins) / max(self.num_bins, 1)
        places = np.searchsorted(shares, wanted - 1e-12)
        boundaries = values[np.minimum(places, len(values) - 1)]
        self.bin_boundaries = [float(x) for x in boundaries.astype("float32")]

    def reset_state(self) -> None:
        """Forgets what was counted."""
        # Distinct values in ascending order, and how often each of them was there.
        self.summary = np.zeros((2, 0))

    @property
    def _learns(self) -> bool:
        return self.num_bins is not None

    @property
    def _is_adapted(self) -> bool:
        return self.num_bins is None or self.num_bins < 2 or bool(self.bin_boundaries)

    def call(self, inputs: TensorLike) -> Tensor:
        """Indices of bins, or vectors of them."""
        if not self._is_adapted:
            raise ValueError(
                f"{self.name} (Discretization) has no bins yet. Call `adapt(data)` "
                "before, or make it with `bin_boundaries`."
            )
        if is_uneven(inputs):
            return on_values(inputs, self.output_mode, self._bins, self._vectors)
        bins = self._bins(ops.convert_to_tensor(inputs))
        return bins if self.output_mode == "int" else self._vectors(bins)

    def _bins(self, inputs: Tensor) -> Tensor:
        inner = np.asarray(self.bin_boundaries, "float32")
        found = ops.digitize(ops.cast(inputs, "float32"), inner)
        as_int = self.output_mode == "int"
        return ops.cast(found, self._int_dtype if as_int else "int32")

    def _vectors(self, bins: Tensor) -> Tensor:
        return encoding.encode(
            bins,
            len(self.bin_boundaries) + 1,
            self.output_mode,
            self.compute_dtype,
            sparse=self.sparse,
        )

    @property
    def output_dtype(self) -> str:
        """The dtype of what the layer gives."""
        return self._int_dtype if self.output_mode == "int" else self.compute_dtype

    @property
    def _int_dtype(self) -> str:
        given = self.compute_dtype
        return given if "int" in given else "int32"

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the indices or vectors."""
        bins = self.num_bins if self.num_bins else len(self.bin_boundaries) + 1
        return encoding.encoded_shape(input_shape, bins, self.output_mode)

    def compute_output_spec(self, inputs: TensorLike) -> KerasTensor:
        """Shape and dtype of the indices or vectors."""
        dtype = self._int_dtype if self.output_mode == "int" else self.compute_dtype
        shape = self.compute_output_shape(inputs.shape)
        return KerasTensor(shape, dtype, sparse=self.sparse)

    def load_own_variables(self, store: Any) -> None:
        """Nothing to read: the bins are part of the config."""

    def get_config(self) -> Config:
        """The arguments, and the bins that were found."""
        return {
            "bin_boundaries": self.bin_boundaries or None,
            "num_bins": self.num_bins,
            "epsilon": self.epsilon,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "name": self.name,
            "dtype": self.dtype,
        }

    @classmethod
    def from_config(cls, config: Config, custom_objects: Any = None) -> Any:
        """The layer of a config; bins that were found come beside their number."""
        del custom_objects  # a config of numbers names no objects
        config = dict(config)
        found = None
        if config.get("num_bins") is not None:
            found = config.pop("bin_boundaries", None)
        layer = cls(**config)
        if found is not None:
            layer._set_boundaries(found)
        return layer

    def _set_boundaries(self, boundaries: TensorLike) -> None:
        array = np.asarray(adapting.to_array(boundaries), "float64").reshape(-1)
        if (np.diff(array) < 0).any():
            raise ValueError(
                "Discretization expects `bin_boundaries` in ascending order. "
                f"Received: bin_boundaries={array.tolist()}."
            )
        self.bin_boundaries = array.tolist()


def _compressed(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """A summary of at most so many values that a quantile is right to `epsilon`."""
    limit = max(10_000, math.ceil(4 / epsilon))
    if summary.shape[1] <= limit:
        return summary
    counts = np.cumsum(summary[1])
    # Of each of as many equal shares of the data, its last value.
    last = np.searchsorted(
        counts, np.arange(1, limit // 2 + 1) * counts[-1] / (limit // 2)
    )
    last = np.unique(np.minimum(last, summary.shape[1] - 1))
    return np.stack([summary[0][last], np.diff(counts[last], prepend=0)])
