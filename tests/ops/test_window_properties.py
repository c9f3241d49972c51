"""Windows on random input: convolution, pooling, patches and frames, against NumPy.

The references of `reference.py` go from place to place and know no framework's trick.
Each case runs on every backend; what the case is does not depend on the backend, so
they all see the same ones. On JAX it is compiled, as one function: JAX would compile
each step of it anew for each shape.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import keras
from keras import ops
from tests.conftest import BACKENDS
from tests.ops import reference
from tests.ops.compilation import compiled

settings.register_profile(
    "windows",
    deadline=None,
    max_examples=20,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
PROFILE = settings.get_profile("windows")
PADDINGS = st.sampled_from(["valid", "same"])


def filled(shape: tuple[int, ...]) -> np.ndarray:
    """Different small whole numbers, exact in every sum."""
    count = int(np.prod(shape))
    return (np.arange(count) * 7 % 17 - 8).reshape(shape).astype("float32")


def agree(op: Any, arrays: list[np.ndarray], expected: np.ndarray) -> None:
    """The op gives what is expected, on every backend, and its rule the shape."""
    for backend in BACKENDS:
        with keras.backend_scope(backend):
            run = compiled("jax", op) if backend == "jax" else op
            result = run(*map(ops.convert_to_tensor, arrays))
            symbolic = op(*[keras.KerasTensor(x.shape) for x in arrays])
            got = np.asarray(ops.convert_to_numpy(result))
            assert got.shape == expected.shape == tuple(symbolic.shape), backend
            np.testing.assert_allclose(
                got, expected, rtol=1e-4, atol=1e-4, err_msg=backend
            )


def sizes(data: st.DataObject, rank: int, low: int, high: int) -> tuple[int, ...]:
    """One whole number for each axis."""
    return tuple(data.draw(st.integers(low, high)) for _ in range(rank))


def fitting(
    data: st.DataObject, rank: int, padding: str
) -> tuple[tuple[int, ...], tuple[int, ...], Any, Any]:
    """Sizes of input and window, strides and dilation that go together."""
    window = sizes(data, rank, 1, 3)
    strides: Any = data.draw(st.integers(1, 3))
    dilation: Any = data.draw(st.integers(1, 2)) if strides == 1 else 1
    if rank > 1 and data.draw(st.booleans()):
        strides = sizes(data, rank, 1, 3) if dilation == 1 else strides
    rates = dilation if isinstance(dilation, tuple) else (dilation,) * rank
    reach = [(k - 1) * d + 1 for k, d in zip(window, rates, strict=True)]
    least = reach if padding == "valid" else [1] * rank
    space = tuple(data.draw(st.integers(low, low + 4)) for low in least)
    return space, window, strides, dilation


@PROFILE
@given(data=st.data())
def test_conv(data: st.DataObject) -> None:
    """Any rank, stride, dilation, padding, number of groups and layout."""
    rank = data.draw(st.integers(1, 3))
    padding, groups = data.draw(PADDINGS), data.draw(st.integers(1, 2))
    space, window, strides, dilation = fitting(data, rank, padding)
    inner, outer = data.draw(st.integers(1, 2)), data.draw(st.integers(1, 2))
    layout = data.draw(st.sampled_from(["channels_last", "channels_first"]))
    shape = (2, *space, inner * groups)
    if layout == "channels_first":
        shape = (2, inner * groups, *space)
    x, kernel = filled(shape), filled((*window, inner, outer * groups))
    args = (strides, padding, layout, dilation)
    expected = reference.conv(x, kernel, *args)
    agree(lambda x, k: ops.conv(x, k, *args), [x, kernel], expected)


@PROFILE
@given(data=st.data())
def test_depthwise_conv(data: st.DataObject) -> None:
    """Each channel by itself, times a multiplier."""
    rank, padding = data.draw(st.integers(1, 2)), data.draw(PADDINGS)
    space, window, strides, dilation = fitting(data, rank, padding)
    channels, multiplier = sizes(data, 2, 1, 3)
    x, kernel = filled((2, *space, channels)), filled((*window, channels, multiplier))
    args = (strides, padding, None, dilation)
    expected = reference.depthwise_conv(x, kernel, *args)
    agree(lambda x, k: ops.depthwise_conv(x, k, *args), [x, kernel], expected)


@PROFILE
@given(data=st.data())
def test_conv_transpose(data: st.DataObject) -> None:
    """With and without an output padding, which must be less than the stride."""
    rank, padding = data.draw(st.integers(1, 3)), data.draw(PADDINGS)
    space, window = sizes(data, rank, 1, 4), sizes(data, rank, 1, 3)
    stride = data.draw(st.integers(1, 3))
    dilation = data.draw(st.integers(1, 2)) if stride == 1 else 1
    extra = data.draw(st.none() | st.integers(0, stride - 1))
    inner, outer = sizes(data, 2, 1, 2)
    x, kernel = filled((2, *space, inner)), filled((*window, outer, inner))
    args = (stride, padding, extra, None, dilation)
    expected = reference.conv_transpose(x, kernel, *args)
    agree(lambda x, k: ops.conv_transpose(x, k, *args), [x, kernel], expected)


@PROFILE
@given(data=st.data())
def test_pooling(data: st.DataObject) -> None:
    """The largest and the mean; windows that reach over the edge leave it out."""
    rank, padding = data.draw(st.integers(1, 3)), data.draw(PADDINGS)
    space, window, strides, _ = fitting(data, rank, padding)
    strides = data.draw(st.sampled_from([None, strides]))
    if strides is None and padding == "valid":
        space = tuple(max(n, k) for n, k in zip(space, window, strict=True))
    x = filled((2, *space, 2))
    for name in ("max_pool", "average_pool"):
        args = (window, strides, padding)
        expected = getattr(reference, name)(x, *args)
        agree(lambda x, n=name, a=args: getattr(ops, n)(x, *a), [x], expected)


@PROFILE
@given(data=st.data())
def test_adaptive_pooling(data: st.DataObject) -> None:
    """As many windows as wished, of whatever size."""
    rank = data.draw(st.integers(1, 2))
    space = sizes(data, rank, 1, 6)
    counts = tuple(data.draw(st.integers(1, n)) for n in space)
    x = filled((2, *space, 2))
    for name, reduce in (("max", np.max), ("average", np.mean)):
        expected = reference.adaptive_pool(x, counts, reduce)
        agree(
            lambda x, n=name: getattr(ops, f"adaptive_{n}_pool")(x, counts),
            [x],
            expected,
        )


def patches(
    x: np.ndarray, window: Any, strides: Any, dilation: Any, padding: str
) -> np.ndarray:
    """Every window laid out as a row."""
    each, counts = reference.windows(x, window, strides, padding, dilation, 0)
    rows = [part.reshape(len(x), -1) for _, part in each]
    return np.stack(rows, 1).reshape(len(x), *counts, -1)


@PROFILE
@given(data=st.data())
def test_extract_patches(data: st.DataObject) -> None:
    """Images cut into pieces, overlapping or apart."""
    padding = data.draw(PADDINGS)
    space, window, stride, dilation = fitting(data, 2, padding)
    stride = stride if isinstance(stride, int) else stride[0]
    x = filled((2, *space, 2))
    expected = patches(x, window, (stride,) * 2, (dilation,) * 2, padding)
    agree(
        lambda x: ops.image.extract_patches(x, window, stride, dilation, padding),
        [x],
        expected,
    )


@PROFILE
@given(data=st.data())
def test_unfold_and_fold(data: st.DataObject) -> None:
    """Columns of windows; and `fold`, which is what `unfold` is transposed."""
    window, (padding, more) = sizes(data, 2, 1, 3), sizes(data, 2, 0, 1)
    dilation, stride = sizes(data, 2, 1, 2)
    space = tuple((k - 1) * dilation + 1 + data.draw(st.integers(0, 3)) for k in window)
    x = filled((2, 2, *space))
    options = {"dilation": dilation, "padding": (padding, more), "stride": stride}
    expected = reference.unfold(x, window, **options)
    agree(lambda x: ops.unfold(x, window, **options), [x], expected)
    columns = filled(expected.shape)
    # Which place each number of the columns was taken from.
    names = np.arange(1, x[0].size + 1, dtype="float32").reshape(1, *x.shape[1:])
    places = reference.unfold(names, window, **options)[0].astype(int)
    folded = np.zeros((len(x), x[0].size + 1), "float32")
    for one, column in zip(folded, columns, strict=True):
        np.add.at(one, places, column)
    folded = folded[:, 1:].reshape(x.shape)  # 0 is the padding
    agree(lambda y: ops.fold(y, space, window, **options), [columns], folded)


@PROFILE
@given(data=st.data())
def test_sequences(data: st.DataObject) -> None:
    """Frames of a signal."""
    length, stride = sizes(data, 2, 1, 4)
    x = filled((*sizes(data, data.draw(st.integers(0, 2)), 1, 3), length + 5))
    view = np.lib.stride_tricks.sliding_window_view(x, length, -1)
    expected = view[..., ::stride, :]
    agree(lambda x: ops.extract_sequences(x, length, stride), [x], expected)
