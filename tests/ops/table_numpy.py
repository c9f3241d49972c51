"""The table of NumPy's functions and the basics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ops.rows import Row

_random = np.random.default_rng(0)


def _floats(*shape: int, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    """Numbers at least 0.05 from each other and from whole numbers' halves."""
    count = int(np.prod(shape))
    values = np.linspace(low, high, count, endpoint=False) + (high - low) / count / 3
    return _random.permutation(values).reshape(shape).astype("float32")


def _ints(*shape: int, low: int = -5, high: int = 6) -> np.ndarray:
    return _random.integers(low, high, shape).astype("int32")


X = _floats(3, 4)
Y = _floats(3, 4) + np.float32(0.13)
POSITIVE = _floats(3, 4, low=0.2, high=3.0)
UNIT = _floats(3, 4, low=-0.95, high=0.95)
INTS = _ints(3, 4)
NATURAL = _ints(3, 4, low=1, high=9)
BOOLS = X > 0
ODD = np.array([[0.0, -0.0, 1.0], [np.nan, np.inf, -np.inf]], "float32")
CUBE = _floats(2, 3, 4)
HOLES = np.where(X > 1.2, np.nan, X).astype("float32")
ROWS: list[Row] = []


def _row(op: str, *args: Any, **options: Any) -> None:
    ROWS.append(Row(op, args, **options))


def _same(
    op: str, *args: Any, ref: Callable[..., Any] | None = None, **options: Any
) -> None:
    """A row whose reference is NumPy's function of the same name."""
    _row(op, *args, reference=ref or getattr(np, op), **options)


# Elementwise ------------------------------------------------------------------------

for _name in [
    "exp",
    "exp2",
    "expm1",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "arctan",
    "arcsinh",
    "square",
]:
    _same(_name, X)
for _name in ["log", "log1p", "log2", "log10", "sqrt", "cbrt", "reciprocal"]:
    _same(_name, POSITIVE)
for _name in ["arcsin", "arccos", "arctanh"]:
    _same(_name, UNIT)
_same("arccosh", POSITIVE + 1)
_same("sinc", X)
_same("i0", X, rtol=1e-4)
for _name in ["absolute", "abs", "negative"]:
    _same(_name, X)
    _same(_name, INTS, note="int")
for _name in [
    "sign",
    "floor",
    "ceil",
    "trunc",
    "deg2rad",
    "rad2deg",
    "fabs",
    "signbit",
]:
    _same(_name, X, rtol=1e-4)
_same("round", X * 3)
_same("round", X * 3, 1, note="decimals", rtol=1e-4)
for _name in [
    "isnan",
    "isinf",
    "isfinite",
    "isposinf",
    "isneginf",
    "logical_not",
    "signbit",
]:
    _same(_name, ODD, note="odd")
_same("nan_to_num", ODD)
_row(
    "nan_to_num",
    ODD,
    kwargs={"nan": 5.0, "posinf": 6.0, "neginf": 7.0},
    reference=np.nan_to_num,
    note="given",
)
for _name in ["real", "imag", "conj", "angle", "isreal"]:
    _same(_name, (X + 1j * Y).astype("complex64"), note="complex")
    _same(_name, X)
_same("absolute", (X + 1j * Y).astype("complex64"), note="complex")
_same("bitwise_not", INTS, ref=np.bitwise_not)
_same("copy", X)

for _name in [
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "maximum",
    "minimum",
]:
    _same(_name, X, Y)
    _same(_name, X, Y[:1], note="broadcast")
    _same(_name, X, np.float32(2), ref=getattr(np, _name), note="scalar")
    _row(_name, X, 2, reference=getattr(np, _name), note="python")
    _row(_name, 2.5, X, reference=getattr(np, _name), note="python-first")
for _name in ["arctan2", "hypot", "logaddexp", "logaddexp2"]:
    _same(_name, X, Y)
for _name in ["fmax", "fmin"]:
    _same(_name, ODD, np.flip(ODD).copy())
for _name in ["floor_divide", "mod", "fmod"]:
    _same(_name, X, POSITIVE)
    _same(_name, INTS, NATURAL, note="int")
    _row(_name, INTS, -3, reference=getattr(np, _name), note="python")
_same("power", POSITIVE, X)
_same("power", INTS, NATURAL, note="int")
_row("power", X, 2, reference=np.power, note="python")
_row("power", 2.0, X, reference=np.power, note="python-first")
_row(
    "power",
    np.array([1, 2, -1, -3], "int32"),
    np.array([-1, -2, -3, -1], "int32"),
    reference=lambda x, y: np.array([1, 0, -1, 0]),
    note="negative-int",
)
_row(
    "divide_no_nan",
    X,
    np.where(Y > 0, Y, 0).astype("float32"),
    reference=lambda x, y: np.where(y == 0, 0, x / np.where(y == 0, 1, y)),
)
_row("divide_no_nan", X, Y, reference=np.divide, note="no-zero", rtol=1e-4)
_same("heaviside", X, Y, note="steps")
_same("heaviside", ODD, np.float32(0.5) * np.ones((2, 3), "float32"))
_same("nextafter", X, Y, rtol=0, atol=0)
_same("ldexp", X, INTS)
for _name in ["gcd", "lcm"]:
    _same(_name, INTS, NATURAL)
for _name in ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]:
    _same(_name, INTS, np.flip(INTS).copy())
    _row(_name, X, 0.5, reference=getattr(np, _name), note="python")
for _name in ["logical_and", "logical_or", "logical_xor"]:
    _same(_name, BOOLS, INTS)
for _name in ["bitwise_and", "bitwise_or", "bitwise_xor"]:
    _same(_name, INTS, NATURAL)
    _same(_name, BOOLS, BOOLS[::-1].copy(), note="bool")
_same("left_shift", NATURAL, NATURAL % 4)
_same("right_shift", INTS, NATURAL % 4)
_row("clip", X, -0.5, 1.0, reference=np.clip)
_row("clip", X, Y - 1, Y + 1, reference=np.clip, note="tensors")
_row("clip", INTS, -2, 3, reference=np.clip, note="int")
_row("where", BOOLS, X, Y, reference=np.where)
_row("where", BOOLS, X, 0.0, reference=np.where, note="python")
_row("where", BOOLS, reference=np.where, note="places")
_row("isclose", ODD, ODD * 1.000001, reference=np.isclose)
_row("isclose", ODD, ODD, kwargs={"equal_nan": True}, reference=np.isclose, note="nan")
_row("allclose", X, X * 1.000001, reference=np.allclose)
_row("cast", X, "int32", reference=lambda x, d: x.astype(d))
_row(
    "saturate_cast",
    X * 200,
    "uint8",
    reference=lambda x, d: np.clip(x, 0, 255).astype(d),
)

# Reductions -------------------------------------------------------------------------

_AXES: list[tuple[str, Any]] = [
    ("all", {}),
    ("axis", {"axis": 1}),
    ("negative", {"axis": -2}),
    ("pair", {"axis": (0, -1)}),
    ("keepdims", {"axis": 1, "keepdims": True}),
    ("all-keepdims", {"keepdims": True}),
]
for _name in ["sum", "prod", "mean", "var", "std", "max", "min", "any", "all"]:
    for _note, _options in _AXES:
        _row(
            _name,
            CUBE > 0 if _name in ("any", "all") else CUBE,
            kwargs=_options,
            reference=getattr(np, _name),
            note=_note,
        )
for _name in ["amax", "amin", "ptp", "median"]:
    _row(_name, CUBE, kwargs={"axis": 1}, reference=getattr(np, _name))
    _row(_name, CUBE, reference=getattr(np, _name), note="all")
_row("max", X[:0], kwargs={"initial": 3.0}, reference=np.max, note="empty")
_row("min", X, kwargs={"initial": -9.0, "axis": 1}, reference=np.min, note="initial")
for _name in ["argmax", "argmin"]:
    _same(_name, INTS, note="flat")
    _row(_name, INTS, kwargs={"axis": 1}, reference=getattr(np, _name))
    _row(
        _name,
        X,
        kwargs={"axis": -1, "keepdims": True},
        reference=getattr(np, _name),
        note="keepdims",
    )
_same("count_nonzero", INTS)
_row("count_nonzero", INTS, kwargs={"axis": 1}, reference=np.count_nonzero, note="axis")
for _name in ["cumsum", "cumprod"]:
    _same(_name, X)
    _row(_name, CUBE, kwargs={"axis": 1}, reference=getattr(np, _name), note="axis")
    _row(_name, BOOLS, kwargs={"axis": 0}, reference=getattr(np, _name), note="bool")
for _method in ("linear", "lower", "higher", "midpoint", "nearest"):
    _row(
        "quantile",
        CUBE,
        np.array([0.1, 0.75], "float32"),
        kwargs={"axis": (0, 2), "method": _method},
        reference=lambda x, q, axis, method: np.quantile(
            x, q.astype("float64"), axis=axis, method=method
        ),
        note=_method,
    )
_row("percentile", X, 30, kwargs={"axis": 1, "keepdims": True}, reference=np.percentile)
_row("average", X, kwargs={"axis": 1}, reference=np.average)
_row(
    "average",
    X,
    kwargs={"axis": 1, "weights": np.array([1, 2, 3, 4], "float32")},
    reference=np.average,
    note="weights",
)
for _name in [
    "nansum",
    "nanprod",
    "nanmean",
    "nanmax",
    "nanmin",
    "nanvar",
    "nanstd",
    "nanmedian",
]:
    _row(_name, HOLES, reference=getattr(np, _name), note="all")
    _row(_name, HOLES, kwargs={"axis": 0}, reference=getattr(np, _name))
for _name in ["nanargmax", "nanargmin", "nancumsum", "nancumprod"]:
    _row(_name, HOLES, kwargs={"axis": 1}, reference=getattr(np, _name))
_row("nanquantile", HOLES, 0.3, kwargs={"axis": 1}, reference=np.nanquantile)
_row("nanpercentile", HOLES, 30, kwargs={"axis": 1}, reference=np.nanpercentile)
_row("corrcoef", X, reference=np.corrcoef, rtol=1e-4)
_row("diff", X, 2, reference=np.diff)
_row("trapezoid", X, reference=np.trapezoid)
for _mode in ("valid", "same", "full"):
    _row("correlate", X[0], Y[0, :3], _mode, reference=np.correlate, note=_mode)
_row(
    "histogram",
    X,
    4,
    reference=lambda x, bins: np.histogram(x, bins),
    rtol=1e-4,
)

# Shapes -----------------------------------------------------------------------------

_row("reshape", X, (2, -1), reference=np.reshape)
_row("reshape", X, (-1, 2, 2), reference=np.reshape, note="batch")
_same("ravel", X)
_row("expand_dims", X, (0, -1), reference=np.expand_dims)
_row("expand_dims", X, 1, reference=np.expand_dims, note="one")
_row("squeeze", X[:, None, :, None], reference=np.squeeze)
_row("squeeze", X[:, None], 1, reference=np.squeeze, note="axis")
_row("broadcast_to", X[:, :1], (3, 4), reference=np.broadcast_to)
_same("transpose", CUBE)
_row("transpose", CUBE, (0, 2, 1), reference=np.transpose, note="axes")
_row("swapaxes", CUBE, 0, -1, reference=np.swapaxes)
_row("moveaxis", CUBE, (0, 1), (-1, 0), reference=np.moveaxis)
_same("flip", CUBE)
_row("flip", CUBE, (0, -1), reference=np.flip, note="axes")
_same("fliplr", X)
_same("flipud", X)
for _turns in (1, 2, -1):
    _row("rot90", X, _turns, reference=np.rot90, note=str(_turns))
_row("roll", X, 2, reference=np.roll)
_row("roll", X, (1, -2), (0, 1), reference=np.roll, note="axes")
_row("repeat", X, 2, reference=np.repeat)
_row("repeat", X, [1, 0, 2], 0, reference=np.repeat, note="each")
_row("repeat", X, 3, -1, reference=np.repeat, note="axis")
_row("tile", X, (2, 1, 3), reference=np.tile)
_row("pad", X, ((1, 0), (2, 1)), reference=np.pad)
_row("pad", X, 1, kwargs={"constant_values": 5.0}, reference=np.pad, note="value")
for _mode in ("edge", "reflect", "symmetric", "wrap"):
    _row("pad", X, ((1, 2), (0, 1)), _mode, reference=np.pad, note=_mode)
for _name in ["tril", "triu"]:
    _same(_name, CUBE)
    _row(_name, X, -1, reference=getattr(np, _name), note="below")
    _row(_name, X, 1, reference=getattr(np, _name), note="above")
_same("diag", X[0], note="vector")
_row("diag", X, 1, reference=np.diag, note="matrix")
_row("diagonal", CUBE, 1, 1, 2, reference=np.diagonal)
_row("diagonal", CUBE, -1, 2, 0, reference=np.diagonal, note="below")
_row("trace", CUBE, 0, 1, 2, reference=np.trace)
_row("diagflat", X, -1, reference=np.diagflat)
_row("meshgrid", X[0], Y[1], reference=np.meshgrid)
_row(
    "meshgrid",
    X[0],
    Y[1],
    X[2],
    kwargs={"indexing": "ij"},
    reference=np.meshgrid,
    note="ij",
)
_row("view", X, "int32", reference=lambda x, d: x.view(d))
_row("view", X, "int16", reference=lambda x, d: x.view(d), note="smaller")
_row("concatenate", [X, Y], 1, reference=np.concatenate)
_row("concatenate", [X, INTS], reference=np.concatenate, note="mixed")
_row("stack", [X, Y], -1, reference=np.stack)
_row("split", X, 2, 1, reference=np.split)
_row("split", CUBE, [1, 3], -1, reference=np.split, note="places")
_row("array_split", X, 3, 1, reference=np.array_split)
_row("unstack", X, None, 1, reference=lambda x, num, axis: list(x.T))
for _name in ["hstack", "vstack", "dstack"]:
    _row(_name, [X, Y], reference=getattr(np, _name))
    _row(_name, [X[0], Y[1]], reference=getattr(np, _name), note="vectors")
_row("hsplit", X, 2, reference=np.hsplit)
_row("vsplit", X, 3, reference=np.vsplit)
_row("dsplit", CUBE, 2, reference=np.dsplit)
_row("append", X, Y, reference=np.append)
_row("append", X, Y, 1, reference=np.append, note="axis")

# Making -----------------------------------------------------------------------------

for _name in ["zeros", "ones"]:
    _row(_name, (2, 3), reference=lambda s, n=_name: getattr(np, n)(s, "float32"))
    _same(_name + "_like", INTS)
_row("full", (2, 3), 7, reference=lambda s, v: np.full(s, v, "float32"))
_row("full_like", INTS, 7, reference=np.full_like)
_row("eye", 3, 4, 1, reference=lambda *a: np.eye(*a, dtype="float32"))
_row("identity", 3, reference=lambda n: np.identity(n, "float32"))
_row("tri", 3, 4, -1, reference=lambda *a: np.tri(*a, dtype="float32"))
_row("arange", 5, reference=lambda n: np.arange(n, dtype="int32"))
_row("arange", 1, 2, 0.25, reference=np.arange, note="float")
_row("arange", 5, -5, -3, reference=np.arange, note="down")
_row("linspace", 0, 5, 7, reference=np.linspace)
_row(
    "linspace",
    X,
    Y,
    5,
    kwargs={"endpoint": False, "axis": -1},
    reference=np.linspace,
    note="tensors",
    rtol=1e-4,
)
_row("logspace", 0, 2, 5, kwargs={"base": 2}, reference=np.logspace)
_row("geomspace", 1, 1000, 4, reference=np.geomspace, rtol=1e-4)
for _name in ["bartlett", "hanning", "hamming", "blackman"]:
    _row(_name, 7, reference=getattr(np, _name), atol=1e-6)
_row("kaiser", 7, 8.0, reference=np.kaiser, rtol=1e-4)
_row("vander", POSITIVE[0], 3, reference=np.vander)

# Indexing, sorting ------------------------------------------------------------------

_KEYS: list[tuple[str, Any]] = [
    ("int", 1),
    ("slices", (slice(None), slice(1, None, 2))),
    ("reversed", (slice(None), slice(None, None, -1))),
    ("ellipsis", (..., None, 0)),
    ("array", (slice(None), np.array([2, 0, -1]))),
    ("arrays", (np.array([0, 1]), np.array([2, -1]))),
]
for _note, _key in _KEYS:
    _row(
        "get_item",
        CUBE,
        _key,
        reference=lambda x, key: x[key],
        note=_note,
    )
_row("take", X, np.array([[0, -1], [2, 1]], "int32"), 1, reference=np.take)
_row(
    "take",
    X,
    np.array([0, -1, 2], "int32"),
    0,
    reference=np.take,
    note="rows",
)
_row("take", X, np.array([5, -2], "int32"), reference=np.take, note="flat")
_row(
    "take_along_axis",
    X,
    np.argsort(X, 1).astype("int32"),
    1,
    reference=np.take_along_axis,
)
_row("nonzero", INTS, reference=np.nonzero)
_row(
    "select",
    [X > 1, X > 0],
    [X, Y],
    0.5,
    reference=np.select,
)
_row(
    "unravel_index",
    np.array([5, 3, 11], "int32"),
    (3, 4),
    reference=np.unravel_index,
)
_same("sort", X)
_row("sort", INTS, 0, reference=np.sort, note="axis")
_row("sort", INTS, None, reference=np.sort, note="flat")
_row(
    "argsort",
    INTS,
    reference=lambda x: np.argsort(x, kind="stable"),
)
_row("searchsorted", np.sort(X[0]), Y, reference=np.searchsorted)
_row(
    "searchsorted",
    np.sort(INTS[0]),
    INTS,
    "right",
    reference=np.searchsorted,
    note="right",
)
_row("digitize", X, np.array([-1, 0, 1], "float32"), reference=np.digitize)
_row("isin", INTS, NATURAL[0], reference=np.isin)
_row(
    "bincount",
    NATURAL[0],
    kwargs={"minlength": 12},
    reference=np.bincount,
)
_row(
    "bincount",
    NATURAL[0],
    kwargs={"weights": X[0], "minlength": 12},
    reference=np.bincount,
    note="weights",
)
_row("unique", INTS, reference=np.unique)
_row(
    "unique",
    INTS,
    kwargs={"return_index": True, "return_inverse": True, "return_counts": True},
    reference=np.unique,
    note="all",
)
_row(
    "unique",
    np.array([3, 1, 1, 2], "int32"),
    kwargs={"size": 5, "fill_value": -1},
    reference=lambda x, size, fill_value: np.array([1, 2, 3, -1, -1]),
    note="size",
)
_row("slice", X, (1, 0), (2, 3), reference=lambda x, s, n: x[1:3, :3])


def _slice_update(x: Any, start: Any, updates: Any) -> Any:
    result = x.copy()
    result[1 : 1 + updates.shape[0], 1 : 1 + updates.shape[1]] = updates
    return result


_row("slice_update", X, (1, 1), Y[:2, :3], reference=_slice_update)
PLACES = np.array([[0, 1], [2, 3], [1, 1]], "int32")


def _scatter_update(x: Any, places: Any, updates: Any, reduction: Any = None) -> Any:
    result = x.copy()
    where = tuple(places.T)
    if reduction is None:
        result[where] = updates
    else:
        ufunc = {
            "add": np.add,
            "sub": np.subtract,
            "mul": np.multiply,
            "max": np.maximum,
            "min": np.minimum,
        }[reduction]
        ufunc.at(result, where, updates)
    return result


for _reduction in (None, "add", "sub", "mul", "max", "min"):
    _row(
        "scatter_update",
        X,
        PLACES,
        Y[0, :3],
        kwargs={"reduction": _reduction},
        reference=_scatter_update,
        note=str(_reduction),
    )
_row(
    "scatter",
    PLACES,
    X[0, :3],
    (3, 4),
    reference=lambda i, v, s: _scatter_update(np.zeros(s, v.dtype), i, v, "add"),
)

# Products ---------------------------------------------------------------------------

_row("matmul", X, Y.T.copy(), reference=np.matmul)
_row("matmul", CUBE, Y.T.copy(), reference=np.matmul, note="batch")
_row("matmul", X, Y[0], reference=np.matmul, note="vector")
_row("matmul", X[0], Y[0], reference=np.matmul, note="vectors")
_row(
    "matmul",
    X[0],
    CUBE.swapaxes(1, 2).copy(),
    reference=np.matmul,
    note="row",
)
_row("matmul", INTS, INTS.T.copy(), reference=np.matmul, note="int")
_row("tensordot", CUBE, Y, [[1, 2], [0, 1]], reference=np.tensordot)
_row("tensordot", CUBE, Y.T.copy(), 1, reference=np.tensordot, note="one")
_row("dot", CUBE, Y.T.copy(), reference=np.dot)
_row("dot", X[0], Y[0], reference=np.dot, note="vectors")
_row("dot", CUBE, CUBE.swapaxes(1, 2).copy(), reference=np.dot, note="many")
_row("inner", X, Y, reference=np.inner)
_row("outer", X, Y[0], reference=np.outer)
_row("vdot", X, Y, reference=np.vdot)
_row("cross", X[:, :3], Y[:, :3], reference=np.cross)
_row("kron", X, Y[:2, :2], reference=np.kron)
for _note, _subscripts, _operands in (
    ("matmul", "ij,jk->ik", (X, Y.T.copy())),
    ("batch", "bij,kj->bik", (CUBE, Y)),
    ("trace", "bii->b", (CUBE[:, :, :3],)),
    ("ellipsis", "...ij,jk->...ik", (CUBE, Y.T.copy())),
    ("implicit", "ij,kj", (X, Y)),
    ("sum", "ij->", (X,)),
    ("transpose", "ijk->kij", (CUBE,)),
    ("three", "ij,kj,kl->il", (X, Y, X)),
    ("outer", "i,j->ij", (X[0], Y[1])),
):
    _row(
        "einsum",
        _subscripts,
        *_operands,
        reference=np.einsum,
        note=_note,
        rtol=1e-4,
    )
_row("stop_gradient", X, reference=lambda x: x)
_row(
    "rearrange",
    CUBE,
    "a b (h w) -> (w a) (b h)",
    kwargs={"w": 2},
    reference=lambda x, pattern, w: (
        x.reshape(2, 3, 2, w).transpose(3, 0, 1, 2).reshape(4, 6)
    ),
)
