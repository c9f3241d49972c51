"""Products with large weights of few bits, which are floats a piece at a time."""

from __future__ import annotations

from functools import reduce

from keras import backends
from keras.core.typing import Tensor, TensorLike
from keras.ops.arithmetic import add, divide, multiply, subtract
from keras.ops.bitwise import left_shift, right_shift
from keras.ops.core import cast, shape
from keras.ops.declare import composite
from keras.ops.joining import stack
from keras.ops.products import matmul
from keras.ops.reduction import sum as total_of
from keras.ops.shaping import expand_dims, pad, reshape, transpose

# So many numbers of a piece stay in a processor's cache, and so many pieces are a
# small graph.
NUMBERS, PIECES = 2**18, 32


def pieces(rows: int, columns: int, step: int = 1) -> list[tuple[int, int]]:
    """Where to cut a matrix so that no piece is large: pairs of first and last + 1.

    Args:
        rows: the axis that is cut.
        columns: the other.
        step: all but the last piece are a multiple of it.
    """
    size = max(NUMBERS // columns, -(-rows // PIECES), 1)
    size = -(-size // step) * step
    return [(start, min(start + size, rows)) for start in range(0, rows, size)]


@composite(keep=("packed", "scale", "zero"))
def packed_linear(
    x: TensorLike,
    packed: TensorLike,
    scale: TensorLike,
    zero: TensorLike | None = None,
    block_size: int | None = None,
) -> Tensor:
    """The product with a matrix of 4-bit integers, two columns in a byte.

    The two halves of the bytes are multiplied by themselves, and their products put
    together: that of a row is smaller than the weight.

    Args:
        x: `(..., rows)`, floats.
        packed: `(rows, ceil(columns / 2))`, int8: the first of two columns is in the
            low half of a byte.
        scale: `(columns,)`, by which the products are divided; with `block_size`
            `(blocks, columns)`, by which a block's are multiplied.
        zero: with `block_size` the integer that stands for 0, shaped like the scale.
        block_size: number of rows that share a scale; the last block may be shorter.

    Returns:
        `(..., columns)`, of the dtype of the scale.
    """
    rows, half = packed.shape
    columns, lead = scale.shape[-1], shape(x)[:-1]
    flat = reshape(x, (-1, rows))
    size = rows if block_size is None or block_size > rows else block_size
    sums = backends.current().sums_of_packed_rows(
        flat, packed, -(-rows // 8) if block_size is None else size
    )
    if block_size is None:
        product = _halves_in_pieces(flat, packed) if sums is None else total_of(sums, 1)
        found = divide(product[..., :columns], scale)
    elif sums is None:
        found = _blocks_in_pieces(flat, packed, scale, zero, size)
    else:
        found = _scaled(sums[..., :columns], flat, scale, zero, size)
    return reshape(found, (*lead, columns))


def _halves_in_pieces(x: Tensor, packed: Tensor) -> Tensor:
    rows, half = packed.shape
    products = (_halves(x[:, a:b], packed[a:b]) for a, b in pieces(rows, 2 * half))
    return reduce(add, products)


def _blocks_in_pieces(
    x: Tensor, packed: Tensor, scale: Tensor, zero: Tensor | None, size: int
) -> Tensor:
    products = []
    for start, stop in _runs(packed.shape[0], 2 * packed.shape[1], size):
        blocks = slice(start // size, -(-stop // size))
        more = None if zero is None else zero[blocks]
        part = packed[start:stop]
        products.append(_of_blocks(x[:, start:stop], part, scale[blocks], more))
    return reduce(add, products)


def _scaled(
    sums: Tensor, x: Tensor, scale: Tensor, zero: Tensor | None, size: int
) -> Tensor:
    """The product, from the sums of blocks."""
    product = total_of(multiply(sums, scale), axis=1)
    if zero is None:
        return product
    whole = pad(x, ((0, 0), (0, -x.shape[1] % size)))
    totals = total_of(reshape(whole, (-1, scale.shape[0], size)), axis=-1)
    return subtract(product, matmul(totals, multiply(cast(zero, scale.dtype), scale)))


def _runs(rows: int, columns: int, step: int) -> list[tuple[int, int]]:
    """The pieces, with a last block that is shorter for itself."""
    cuts = pieces(rows, columns, step)
    start, stop = cuts[-1]
    whole = (stop - start) // step * step
    if 0 < whole < stop - start:
        cuts[-1:] = [(start, start + whole), (start + whole, stop)]
    return cuts


def _halves(x: Tensor, packed: Tensor) -> Tensor:
    """The products with the integers: `(..., 2 * half)`."""
    low = cast(right_shift(left_shift(packed, 4), 4), x.dtype)  # keeps the sign
    high = cast(right_shift(packed, 4), x.dtype)
    pairs = stack([matmul(x, low), matmul(x, high)], axis=-1)
    return reshape(pairs, (*shape(pairs)[:-2], 2 * packed.shape[-1]))


def _of_blocks(x: Tensor, packed: Tensor, scale: Tensor, zero: Tensor | None) -> Tensor:
    """The products with some blocks of equal size, together."""
    count, columns = scale.shape
    if count > 1:  # a product for each block
        x = transpose(reshape(x, (-1, count, x.shape[1] // count)), (1, 0, 2))
        packed = reshape(packed, (count, -1, packed.shape[1]))
        scale = expand_dims(scale, 1)
        zero = None if zero is None else expand_dims(zero, 1)
    found = cast(_halves(x, packed)[..., :columns], scale.dtype)
    if zero is not None:
        sums = cast(total_of(x, axis=-1, keepdims=True), scale.dtype)
        found = subtract(found, multiply(sums, cast(zero, scale.dtype)))
    found = multiply(found, scale)
    return total_of(found, axis=0) if count > 1 else found
