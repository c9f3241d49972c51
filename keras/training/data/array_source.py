"""Arrays in memory: sliced directly, batch by batch.

Everything that can be done once is done in the constructor (conversion, checks,
how the parts of a batch are packed), so that a batch costs its slices and one
tuple. There is no pipeline, thread or copy beyond the gather of a shuffle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from keras.backends.foreign import framework_of
from keras.core import config
from keras.core.typing import Data
from keras.training.data.class_weights import class_weight_to_sample_weights
from keras.training.data.columns import ColumnRows, columns_of, is_column, is_table
from keras.training.data.host import to_host
from keras.training.data.rows import Rows
from keras.training.data.source import DataSource, checked_batch_size
from keras.training.data.sparse import is_sparse, sparse_rows
from keras.training.data.structure import leaves_of, map_leaves

NAMES = ("x", "y", "sample_weight")


class ArraySource(DataSource):
    """Batches of arrays that share their first dimension.

    Args:
        x: Inputs: one array or any nested structure of them.
        y: Targets, likewise, or `None`.
        sample_weight: Weights of shape `(samples,)`, or a structure of them
            like `y`, or `None`.
        batch_size: Samples per batch; 32 where `None`.
        shuffle: `True` for a new order each epoch, `"batch"` to shuffle whole
            batches of neighbours, `False` for the given order.
        steps: Batches per epoch, where it shall differ from one pass.
        class_weight: Weight of each class, turned into sample weights.
        convert: Applied once to each whole NumPy array, to make slices native.
        seed: Of the shuffle; drawn from NumPy's global state where `None`.
        native: A backend whose own tensors are kept as they are.
    """

    def __init__(
        self,
        x: Data,
        y: Data = None,
        sample_weight: Data = None,
        *,
        batch_size: int | None = None,
        shuffle: bool | str = False,
        steps: int | None = None,
        class_weight: Mapping[int, float] | None = None,
        convert: Callable[[np.ndarray], Any] | None = None,
        seed: int | None = None,
        native: str | None = None,
    ) -> None:
        super().__init__(steps)
        x, y, sample_weight = host_parts(x, y, sample_weight, native, keep_rows=True)
        self.targets, self.weighted = y, sample_weight is not None
        if class_weight is not None:
            sample_weight = _weights_of(class_weight, y, sample_weight)
        self._count = self.num_samples = check_cardinality(x, y, sample_weight)
        self._size = self.batch_size = checked_batch_size(batch_size)
        if steps is None:
            self.num_batches = -(-self._count // self._size)
        self._shuffle = _checked_shuffle(shuffle)
        self._seed = seed
        self._random: np.random.Generator | None = None
        self._random_of_pass: Any = None
        self._convert = convert
        self.bare = y is None and not isinstance(x, (list, tuple))
        parts = (x,) if y is None else (x, y)
        if sample_weight is not None:
            parts = (x, y, sample_weight)
        self._parts = tuple(map_leaves(self._prepare, part) for part in parts)
        self._arrays = leaves_of(self._parts)
        self._lazy = any(isinstance(array, Rows) for array in self._arrays)
        self._pack = _packer(self._parts)

    def _prepare(self, array: Any) -> Any:
        if self._convert is None or type(array) is not np.ndarray:
            return array
        return self._convert(array)

    def position(self, done: int) -> dict[str, Any]:
        """Where a training is, with the state that gives the order of this pass."""
        position = super().position(done)
        within = bool(position["taken"] or position["midway"])
        if self._random is not None and not within:
            position["random"] = self._random.bit_generator.state
        elif self._shuffle:
            position["random"] = self._random_of_pass
        return position

    def go_to(self, position: dict[str, Any]) -> None:
        """Go on from a position, with the order that the samples had there."""
        self._running = None
        if position.get("random") is not None:
            self._random = np.random.default_rng(0)
            self._random.bit_generator.state = position["random"]
        super().go_to(position)

    def batches(self) -> Iterator[tuple[Any, ...]]:
        """One pass over all samples; the last batch may be smaller."""
        if self._count <= self._size and not self._shuffle and not self._lazy:
            return iter((self._parts,))
        order = self._order()
        return self._in_order() if order is None else self._gathered(order)

    def _in_order(self) -> Iterator[tuple[Any, ...]]:
        size, arrays, pack = self._size, self._arrays, self._pack
        starts = range(0, self._count, size)
        if pack is None and len(arrays) == 1:
            (x,) = arrays
            for start in starts:
                yield (x[start : start + size],)
        elif pack is None and len(arrays) == 2:
            x, y = arrays
            for start in starts:
                yield (x[start : start + size], y[start : start + size])
        else:
            pack = pack or tuple
            for start in starts:
                yield pack([array[start : start + size] for array in arrays])

    def _gathered(self, order: np.ndarray) -> Iterator[tuple[Any, ...]]:
        size, arrays, pack = self._size, self._arrays, self._pack or tuple
        takes = [_taker(array, self._prepare(order), order) for array in arrays]
        for start in range(0, self._count, size):
            yield pack([take(start, start + size) for take in takes])

    def _order(self) -> np.ndarray | None:
        """The order of this epoch's samples; `None` for the given one."""
        if not self._shuffle:
            return None
        if self._random is None:
            # Drawn late and from the global state, so that set_random_seed
            # right before fit decides it.
            seed = self._seed
            if seed is None:
                seed = int(np.random.randint(2**31 - 1))
            self._random = np.random.default_rng(seed)
        self._random_of_pass = self._random.bit_generator.state
        count, size = self._count, self._size
        if self._shuffle != "batch":
            return self._random.permutation(count)
        whole = count // size * size
        blocks = np.arange(whole).reshape(-1, size)
        rest = np.arange(whole, count)
        return np.concatenate([self._random.permutation(blocks).ravel(), rest])


def host_parts(
    x: Data,
    y: Data,
    sample_weight: Data,
    native: str | None = None,
    keep_rows: bool = False,
) -> tuple[Any, Any, Any]:
    """`x`, `y` and `sample_weight` with each leaf a NumPy array.

    With `keep_rows`, what is made batch by batch, sparse arrays and columns of data
    sets, become `Rows`.

    Tensors of torch are kept where `native` is `"torch"`: they slice as fast as
    arrays do. JAX and TensorFlow slice slowly, and their CPU tensors become
    NumPy without a copy.
    """
    floatx = config.floatx()
    if is_table(x):
        x, y, sample_weight = columns_of(x, y, sample_weight, floatx)

    def leaf(name: str) -> Callable[[Any], Any]:
        def to_leaf(value: Any) -> Any:
            if type(value) is np.ndarray:
                return to_host(value, floatx, f"`{name}`")
            if is_column(value):
                value = ColumnRows(value, floatx)
            if is_sparse(value):
                rows = sparse_rows(value)
                if keep_rows and rows is not None:
                    return rows.astype(floatx) if rows.dtype.kind == "f" else rows
                return to_host(value, floatx, f"`{name}`")
            if isinstance(value, Rows):
                return value if keep_rows else value[:]
            if native == "torch" and framework_of(value) == "torch":
                value = value.detach()
                cast = value.is_floating_point() and floatx == "float32"
                return value.float() if cast else value
            return to_host(value, floatx, f"`{name}`")

        return to_leaf

    values = zip(NAMES, (x, y, sample_weight), strict=True)
    x, y, sample_weight = (map_leaves(leaf(name), value) for name, value in values)
    return x, y, sample_weight


def check_cardinality(*parts: Any) -> int:
    """The number of samples that all arrays of `x, y, sample_weight` share.

    Raises:
        ValueError: If there is no array, a scalar, no sample, or a disagreement.
    """
    shapes = {
        name: [tuple(array.shape) for array in leaves_of(part)]
        for name, part in zip(NAMES, parts, strict=False)
    }
    if not shapes["x"]:
        raise ValueError("`x` holds no array. Pass an array or a structure of arrays.")
    flat = [shape for group in shapes.values() for shape in group]
    listing = ", ".join(
        f"{name}: {', '.join(map(str, group))}"
        for name, group in shapes.items()
        if group
    )
    if any(not shape for shape in flat):
        raise ValueError(
            "Every array needs a first dimension that counts the samples, but there "
            f"is a scalar among the shapes {listing}. For one sample, add that "
            "dimension: `x[None]`."
        )
    counts = {shape[0] for shape in flat}
    if len(counts) > 1:
        raise ValueError(
            "All arrays must have the same number of samples (first dimension). "
            f"Received the shapes {listing}."
        )
    count = counts.pop()
    if count == 0:
        raise ValueError(
            f"There are no samples: received the shapes {listing}. "
            "At least one sample is needed."
        )
    return int(count)


def _weights_of(class_weight: Mapping[int, float], y: Data, sample_weight: Data) -> Any:
    if sample_weight is not None:
        raise ValueError(
            "`class_weight` and `sample_weight` cannot be used together. Multiply "
            "the class weights into `sample_weight` and pass only that."
        )
    if y is None:
        raise ValueError("`class_weight` needs targets, but `y` is None.")
    return class_weight_to_sample_weights(y, class_weight)


def _checked_shuffle(shuffle: bool | str | None) -> bool | str:
    if isinstance(shuffle, str) and shuffle != "batch":
        raise ValueError(
            f'`shuffle` must be True, False or "batch". Received: {shuffle!r}'
        )
    return shuffle if isinstance(shuffle, str) else bool(shuffle)


def _packer(parts: tuple[Any, ...]) -> Callable[[list[Any]], tuple[Any, ...]] | None:
    """How a flat list of slices becomes a batch; `None` where it is one already."""
    flat = leaves_of(parts)
    if len(flat) == len(parts) and all(
        part is leaf for part, leaf in zip(parts, flat, strict=True)
    ):
        return None

    def pack(slices: list[Any]) -> tuple[Any, ...]:
        supply = iter(slices)
        return map_leaves(lambda _: next(supply), parts)

    return pack


def _taker(array: Any, order: Any, host_order: np.ndarray) -> Callable[[int, int], Any]:
    """A function that gathers the samples `order[start:stop]` of `array`."""
    if isinstance(array, Rows):
        return lambda start, stop: array[host_order[start:stop]]
    if isinstance(array, np.ndarray):
        take = array.take
        return lambda start, stop: take(host_order[start:stop], 0)
    select = getattr(array, "index_select", None)
    if select is not None and hasattr(order, "index_select"):
        return lambda start, stop: select(0, order[start:stop])
    return lambda start, stop: array[order[start:stop]]
