"""The table of neural-network ops."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special

from tests.ops import reference
from tests.ops.rows import Row

_random = np.random.default_rng(1)
ROWS: list[Row] = []


def _floats(*shape: int) -> np.ndarray:
    """Distinct numbers, off the corners of piecewise functions."""
    count = int(np.prod(shape))
    values = np.linspace(-2.9, 2.9, count, endpoint=False) + 0.0137
    return _random.permutation(values).reshape(shape).astype("float32")


def _row(op: str, *args: Any, **options: Any) -> None:
    ROWS.append(Row(op, args, **options))


X = _floats(3, 4)
PROBABILITIES = reference.softmax(_floats(3, 5)).astype("float32")
INTS = np.array([[1, -2], [8, 0]], "int32")
EPSILON = 1e-7


def _sigmoid(x: Any) -> Any:
    return scipy.special.expit(x)


def _elu(x: Any, alpha: float = 1.0) -> Any:
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


_ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "sigmoid": _sigmoid,
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "silu": lambda x: x * _sigmoid(x),
    "swish": lambda x: x * _sigmoid(x),
    "log_sigmoid": lambda x: np.log(_sigmoid(x)),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_swish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "selu": lambda x: 1.0507009873554805 * _elu(x, 1.6732632423543772),
    "elu": _elu,
    "celu": lambda x, alpha=1.0: np.where(x > 0, x, alpha * (np.exp(x / alpha) - 1)),
    "leaky_relu": lambda x, negative_slope=0.2: np.where(x > 0, x, negative_slope * x),
    "tanh_shrink": lambda x: x - np.tanh(x),
    "soft_shrink": lambda x, t=0.5: np.sign(x) * np.maximum(np.abs(x) - t, 0),
    "hard_shrink": lambda x, t=0.5: np.where(np.abs(x) > t, x, 0),
    "sparse_plus": lambda x: np.where(
        x < -1, 0, np.where(x > 1, x, ((x + 1) / 2) ** 2)
    ),
    "sparse_sigmoid": lambda x: np.clip(0.5 * x + 0.5, 0, 1),
    "squareplus": lambda x, b=4: (x + np.sqrt(x**2 + b)) / 2,
}
for _name, _reference in _ACTIVATIONS.items():
    _row(_name, X, reference=_reference)
for _name, _value in [
    ("elu", 0.7), ("celu", 0.7), ("leaky_relu", 0.05), ("soft_shrink", 1.1),
    ("hard_shrink", 1.1), ("squareplus", 0.3),
]:  # fmt: skip
    _row(_name, X, _value, reference=_ACTIVATIONS[_name], note="given")
for _name in ("relu", "hard_tanh"):
    _row(_name, INTS, reference=_ACTIVATIONS[_name], note="int")
_row("sigmoid", np.array([-200.0, 200.0], "float32"), reference=_sigmoid, note="far")
_row(
    "softplus",
    np.array([-200.0, 0.0, 200.0], "float32"),
    reference=lambda x: np.logaddexp(0, x),
    note="far",
)
_row("silu", INTS, reference=_ACTIVATIONS["silu"], note="int")
_row(
    "gelu",
    X,
    reference=lambda x: (
        0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    ),
)
_row(
    "gelu",
    X,
    False,
    reference=lambda x, _: x * 0.5 * scipy.special.erfc(-x / np.sqrt(2)),
    note="exact",
)
_row("threshold", X, 0.4, -7.0, reference=lambda x, t, v: np.where(x > t, x, v))
_row(
    "glu",
    X,
    reference=lambda x: x[:, :2] * _sigmoid(x[:, 2:]),
)
_row(
    "glu",
    _floats(4, 3),
    0,
    reference=lambda x, _: x[:2] * _sigmoid(x[2:]),
    note="first",
)
CUBE = _floats(2, 3, 4)
for _axis in (-1, 1, (1, 2), None):
    _row(
        "softmax", CUBE, _axis, reference=scipy.special.softmax, note=f"{_axis}",
    )  # fmt: skip
    _row(
        "log_softmax", CUBE, _axis, reference=scipy.special.log_softmax,
        note=f"{_axis}",
    )  # fmt: skip
_row(
    "softmax",
    np.array([[1000.0, 1000.0], [-1000.0, 0.0]], "float32"),
    reference=lambda x: scipy.special.softmax(x, -1),
    note="far",
)
_row("sparsemax", CUBE, reference=reference.sparsemax)
_row("sparsemax", CUBE, 1, reference=reference.sparsemax, note="axis")

# Embedding ----------------------------------------------------------------------------

LABELS = np.array([[0, 2], [1, 4]], "int32")
_row("one_hot", LABELS, 5, reference=lambda x, n: np.eye(n)[x])
_row("one_hot", LABELS, 5, 1,
     reference=lambda x, n, _: np.moveaxis(np.eye(n)[x], -1, 1),
     note="axis")  # fmt: skip
_row(
    "one_hot",
    np.array([-1, 0, 7], "int32"),
    3,
    kwargs={"dtype": "int32"},
    reference=lambda x, n, dtype: np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0]]),
    note="outside",
)
_row(
    "one_hot",
    np.array([True, False]),
    2,
    reference=lambda x, n: np.array([[0, 1], [1, 0]]),
    note="booleans",
)
_row("multi_hot", LABELS, 5, reference=lambda x, n: np.eye(n)[x].max(1))
_row(
    "multi_hot",
    LABELS[0],
    5,
    reference=lambda x, n: np.eye(n)[x].max(0),
    note="one",
)

# Losses -----------------------------------------------------------------------------

TARGETS = reference.softmax(_floats(3, 5)).astype("float32")
LOGITS = _floats(3, 5)
CLASSES = np.array([0, 4, 2], "int32")
COLUMNS = np.array([[0, 1, 2, 1], [2, 1, 0, 0]], "int32")


def _clipped(p: Any) -> Any:
    return np.clip(p, EPSILON, 1 - EPSILON)


def _binary(t: Any, p: Any, from_logits: bool = False) -> Any:
    p = _sigmoid(p) if from_logits else _clipped(p)
    return -(t * np.log(p) + (1 - t) * np.log(1 - p))


def _categorical(t: Any, p: Any, from_logits: bool = False, axis: int = -1) -> Any:
    p = reference.softmax(p, axis) if from_logits else p / p.sum(axis, keepdims=True)
    return -(t * np.log(_clipped(p))).sum(axis)


def _sparse(t: Any, p: Any, from_logits: bool = False, axis: int = -1) -> Any:
    t = t[..., 0] if t.ndim == p.ndim else t
    hot = np.moveaxis(np.eye(p.shape[axis])[t], -1, axis)
    return _categorical(hot, p, from_logits, axis)


for _from_logits, _predictions in ((False, PROBABILITIES), (True, LOGITS)):
    _options: dict[str, Any] = {"note": "logits" if _from_logits else ""}
    _row("binary_crossentropy", TARGETS, _predictions, _from_logits, reference=_binary,
         **_options)  # fmt: skip
    _row("categorical_crossentropy", TARGETS, _predictions, _from_logits,
         reference=_categorical, **_options)  # fmt: skip
    _row("sparse_categorical_crossentropy", CLASSES, _predictions, _from_logits,
         reference=_sparse, **_options)  # fmt: skip
    _row("sparse_categorical_crossentropy", CLASSES[:, None], _predictions,
         _from_logits,
         reference=_sparse, note=f"column-{_from_logits}")  # fmt: skip
    _row("sparse_categorical_crossentropy", COLUMNS,
         np.abs(CUBE), _from_logits, 1, reference=_sparse,
         note=f"axis-{_from_logits}")  # fmt: skip
    _row("categorical_crossentropy", np.abs(CUBE), np.abs(CUBE), _from_logits, 1,
         reference=_categorical, note=f"axis-{_from_logits}", rtol=1e-4)  # fmt: skip
_row("binary_crossentropy", np.array([0.0, 1.0], "float32"),
     np.array([0.0, 0.0], "float32"), reference=_binary,
     note="certain", rtol=2e-1)  # fmt: skip
_row(
    "ctc_loss",
    np.array([[1, 2, 0], [2, 2, 0]], "int32"),
    _floats(2, 5, 3),
    np.array([2, 2], "int32"),
    np.array([5, 4], "int32"),
    reference=reference.ctc_loss,
    rtol=1e-4,
)

# Normalization ----------------------------------------------------------------------

for _axes in ([0], [0, 1], -1, [1, 2]):
    for _keep in (False, True):
        _row(
            "moments",
            CUBE,
            _axes,
            _keep,
            reference=lambda x, a, k: (
                x.mean(tuple(np.atleast_1d(a)), keepdims=k),
                x.var(tuple(np.atleast_1d(a)), keepdims=k),
            ),
            note=f"{_axes}-{_keep}",
        )
FOUR, THREE = _floats(4), _floats(3)


def _batch_norm(
    x: Any, mean: Any, variance: Any, axis: int, offset: Any = None, scale: Any = None,
    epsilon: float = 1e-3,
) -> Any:  # fmt: skip
    shape = [1] * x.ndim
    shape[axis] = -1
    y = (x - mean.reshape(shape)) / np.sqrt(variance.reshape(shape) + epsilon)
    y = y if scale is None else y * scale.reshape(shape)
    return y if offset is None else y + offset.reshape(shape)


_row("batch_normalization", CUBE, FOUR, FOUR**2, -1, FOUR + 1, FOUR - 1,
     reference=_batch_norm, rtol=1e-4)  # fmt: skip
_row("batch_normalization", CUBE, THREE, THREE**2, 1, reference=_batch_norm,
     note="axis", rtol=1e-4)  # fmt: skip


def _layer_norm(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float = 1e-7
) -> Any:
    axes = tuple(np.atleast_1d(axis) % x.ndim)
    shape = [n if i in axes else 1 for i, n in enumerate(x.shape)]
    y = (x - x.mean(axes, keepdims=True)) / np.sqrt(
        x.var(axes, keepdims=True) + epsilon
    )
    y = y if gamma is None else y * gamma.reshape(shape)
    return y if beta is None else y + beta.reshape(shape)


def _rms_norm(x: Any, scale: Any = None, axis: Any = -1, epsilon: float = 1e-7) -> Any:
    axes = tuple(np.atleast_1d(axis) % x.ndim)
    shape = [n if i in axes else 1 for i, n in enumerate(x.shape)]
    y = x / np.sqrt((x**2).mean(axes, keepdims=True) + epsilon)
    return y if scale is None else y * scale.reshape(shape)


_row("layer_normalization", CUBE, FOUR, FOUR + 1, reference=_layer_norm)
_row("layer_normalization", CUBE, reference=_layer_norm, note="bare")
_row("layer_normalization", CUBE, THREE, THREE, 1, 0.1, reference=_layer_norm,
     note="axis")  # fmt: skip
_row("layer_normalization", CUBE, CUBE[0], CUBE[0], (1, 2), reference=_layer_norm,
     note="axes")  # fmt: skip
_row("rms_normalization", CUBE, FOUR, reference=_rms_norm)
_row("rms_normalization", CUBE, THREE, 1, 0.1, reference=_rms_norm, note="axis")
for _order in (1, 2, 3):
    _row(
        "normalize", CUBE, 1, _order,
        reference=lambda x, a, o: x / np.linalg.norm(x, o, a, keepdims=True),
        note=f"{_order}",
    )  # fmt: skip
_row("normalize", np.zeros((2, 3), "float32"), reference=lambda x: x / EPSILON,
     note="zero")  # fmt: skip

# Convolution and pooling --------------------------------------------------------------

SIZES = {1: (7,), 2: (6, 5), 3: (4, 6, 4)}
KERNELS = {1: (3,), 2: (3, 2), 3: (2, 3, 2)}
for _rank in (1, 2, 3):
    _input = _floats(2, *SIZES[_rank], 4)
    _first = np.ascontiguousarray(np.moveaxis(_input, -1, 1))
    _k = KERNELS[_rank]
    for _padding in ("valid", "same"):
        for _strides, _dilation in ((1, 1), (2, 1), (1, 2), (2, 2)):
            _label = f"{_rank}d-{_padding}-{_strides}-{_dilation}"
            _args = (_strides, _padding, None, _dilation)
            _tolerance: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4}
            _row("conv", _input, _floats(*_k, 4, 3), *_args, reference=reference.conv,
                 note=_label,
                 **_tolerance)  # fmt: skip
            _row("depthwise_conv", _input, _floats(*_k, 4, 2), *_args,
                 reference=reference.depthwise_conv, note=_label,
                 **_tolerance)  # fmt: skip
            if 1 in (_strides, _dilation):
                _row("conv_transpose", _input, _floats(*_k, 3, 4), _strides, _padding,
                     None, None, _dilation, reference=reference.conv_transpose,
                     note=_label,
                     **_tolerance)  # fmt: skip
        for _size, _strides in ((2, None), (2, 1), (3, 2)):
            _label = f"{_rank}d-{_padding}-{_size}-{_strides}"
            for _name in ("max_pool", "average_pool"):
                _row(_name, _input, _size, _strides, _padding,
                     reference=getattr(reference, _name), note=_label,
                     rtol=1e-4)  # fmt: skip
    _row("conv", _first, _floats(*_k, 2, 6), 1, "same", "channels_first",
         reference=reference.conv, note=f"{_rank}d-groups-first", rtol=1e-4,
         atol=1e-4)  # fmt: skip
    _row("max_pool", (_input * 50).astype("int32"), 2, 1, "same",
         reference=reference.max_pool, note=f"{_rank}d-int")  # fmt: skip
    for _output in (2, 3):
        _row("adaptive_max_pool", _input, _output, note=f"{_rank}d-{_output}",
             reference=lambda x, n: reference.adaptive_pool(x, n, np.max))  # fmt: skip
        _row("adaptive_average_pool", _input, _output, note=f"{_rank}d-{_output}",
             reference=lambda x, n: reference.adaptive_pool(x, n, np.mean),
             rtol=1e-4)  # fmt: skip
for _extra in (0, 1):
    _row("conv_transpose", _floats(1, 4, 5, 2), _floats(3, 4, 3, 2), 2, "same", _extra,
         reference=reference.conv_transpose, note=f"extra-{_extra}", rtol=1e-4,
         atol=1e-4)  # fmt: skip
_row("depthwise_conv", _floats(1, 6, 7, 3), _floats(3, 2, 3, 1), (1, 2), "same",
     reference=reference.depthwise_conv, note="unequal", rtol=1e-4,
     atol=1e-4)  # fmt: skip
_row("separable_conv", _floats(1, 5, 6, 3), _floats(2, 3, 3, 2), _floats(1, 1, 6, 4),
     kwargs={"padding": "same"}, reference=reference.separable_conv,
     rtol=1e-4, atol=1e-4)  # fmt: skip

# Attention --------------------------------------------------------------------------

QUERY, KEY, VALUE = _floats(2, 3, 4, 5), _floats(2, 6, 4, 5), _floats(2, 6, 4, 5)
MASK = _random.random((2, 1, 3, 6)) > 0.4
MASK[..., 0] = True
_attention: dict[str, dict[str, Any]] = {
    "plain": {},
    "causal": {"is_causal": True, "scale": 0.3},
    "mask": {"mask": MASK},
    "bias": {"bias": _floats(1, 4, 3, 6)},
    "all": {"mask": MASK, "bias": _floats(1, 4, 3, 6), "is_causal": True},
    "cap": {"mask": MASK, "attn_logits_soft_cap": 1.5},
}
for _note, _kwargs in _attention.items():
    _row("dot_product_attention", QUERY, KEY, VALUE, kwargs=_kwargs, note=_note,
         reference=reference.attention, rtol=1e-4, atol=1e-5)  # fmt: skip
_row("dot_product_attention", QUERY, KEY[:, :, :2].copy(), VALUE[:, :, :2].copy(),
     reference=reference.attention, rtol=1e-4, atol=1e-5,
     note="shared")  # fmt: skip
WIDE_VALUE = np.concatenate([VALUE, 1 + VALUE[..., :1]], -1)
for _note, _kwargs in {
    "wide": {"mask": MASK, "is_causal": True},
    "wide cap": {"mask": MASK, "attn_logits_soft_cap": 1.5},
}.items():
    _row("dot_product_attention", QUERY, KEY, WIDE_VALUE, kwargs=_kwargs, note=_note,
         reference=reference.attention, rtol=1e-4, atol=1e-5)  # fmt: skip

# Space and channels -----------------------------------------------------------------

IMAGE = _floats(2, 3, 4, 6)
for _number, _kwargs in enumerate(
    (
        {"kernel_size": 2},
        {"kernel_size": (2, 3), "stride": 2},
        {"kernel_size": (2, 3), "padding": (1, 2), "dilation": 2},
    )
):
    _row("unfold", IMAGE, kwargs=_kwargs, reference=reference.unfold,
         note=f"{_number}")  # fmt: skip
_row(
    "fold",
    _floats(1, 4, 6),
    (3, 4),
    2,
    reference=lambda x, size, k: sum(
        np.pad(
            x[:, 2 * i + j].reshape(1, 1, 2, 3),
            [(0, 0), (0, 0), (i, 1 - i), (j, 1 - j)],
        )
        for i in range(2)
        for j in range(2)
    ),
)
_row(
    "space_to_depth",
    _floats(2, 4, 6, 3),
    2,
    reference=lambda x, n: np.concatenate(
        [x[:, i::n, j::n] for i in range(n) for j in range(n)], -1
    ),
)
_row(
    "space_to_depth",
    IMAGE,
    2,
    "channels_first",
    reference=lambda x, n, _: np.stack(
        [x[:, c, i::n, j::n] for c in range(3) for i in range(n) for j in range(n)], 1
    ),
    note="first",
)


def _to_space(x: Any, n: int) -> Any:
    y = np.zeros((x.shape[0], x.shape[1] * n, x.shape[2] * n, x.shape[3] // n**2))
    for i in range(n):
        for j in range(n):
            c = y.shape[3]
            y[:, i::n, j::n] = x[..., (i * n + j) * c : (i * n + j + 1) * c]
    return y


_row("depth_to_space", _floats(2, 2, 3, 8), 2, reference=_to_space)
_row("polar", np.abs(X), X, reference=lambda r, a: r * np.exp(1j * a))
_row(
    "psnr",
    X,
    X + np.float32(0.1),
    2.0,
    reference=lambda a, b, m: 10 * np.log10(m**2 / np.mean((a - b) ** 2)),
    rtol=1e-4,
)
