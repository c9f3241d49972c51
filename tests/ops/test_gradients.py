"""Gradients: those of finite differences, over every row; and at places of their own.

At a root's 0, a tie or a far end the plain rules of differentiation give 0 / 0 or the
like: there the derivative is stated by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from tests.conftest import BACKENDS
from tests.ops import exemptions, gradients
from tests.ops.rows import Row, all_rows
from tests.ops.table_linalg import POSITIVE, TALL

ROWS = [row for row in all_rows() if gradients.has_gradient(row)]
TOGETHER = 24  # rows in one compiled function
CHUNKS = [ROWS[start : start + TOGETHER] for start in range(0, len(ROWS), TOGETHER)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("rows", CHUNKS, ids=lambda rows: f"{rows[0].id}+")
def test_gradients_are_differences(backend: str, rows: list[Row]) -> None:
    """The framework's gradient is that of finite differences of the reference."""
    reasons = [exemptions.reason("gradient", row.id, backend) for row in rows]
    asked = [row for row, why in zip(rows, reasons, strict=True) if why is None]
    exempt = [row for row, why in zip(rows, reasons, strict=True) if why is not None]
    for row, found in zip(asked, gradients.together(asked), strict=True):
        try:
            gradients.check(row, found)
        except AssertionError as error:
            raise AssertionError(row.id) from error
    for row in exempt:  # what is no longer needed leaves the list
        with pytest.raises((AssertionError, LookupError, NotImplementedError)):
            gradients.check(row, gradients.together([row])[0])


def test_every_op_of_floats_has_a_gradient() -> None:
    """Nothing that takes floats and gives floats is left out in silence."""
    asked = {row.op for row in ROWS}
    assert len(asked) > 235
    named = {
        "eig",  # complex, and unique up to a factor
        *("eigh", "qr"),  # below: unique up to signs
        *("argmax", "argmin", "nanargmax", "nanargmin"),  # the rest gives no floats
    }
    for row in all_rows():
        if row.op in asked | named or not gradients.float_arrays(row):
            continue
        assert row.reference is not None, row.id
        kinds = {np.asarray(x).dtype.kind for x in _outputs(row)}
        assert not kinds & set("fc"), row.id


def _outputs(row: Row) -> list[Any]:
    from tests.ops.rows import flatten

    assert row.reference is not None
    with np.errstate(all="ignore"):
        return flatten(row.reference(*row.args, **row.kwargs))


# Unique up to signs, which `abs` takes away.
DECOMPOSITIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any], np.ndarray]] = {
    "eigh": (ops.eigh, np.linalg.eigh, POSITIVE),
    "qr": (ops.qr, np.linalg.qr, TALL),
    "svd": (
        lambda x: ops.svd(x, full_matrices=False),
        lambda x: np.linalg.svd(x, full_matrices=False),
        TALL,
    ),
}


@pytest.mark.parametrize("name", DECOMPOSITIONS)
def test_decompositions(backend: str, name: str) -> None:
    """The derivatives of the parts, but for their signs."""
    function, reference, x = DECOMPOSITIONS[name]
    if name == "eigh":  # a derivative in both triangles at once
        given, reference_of = function, reference

        def function(x: Any) -> Any:
            return given((x + ops.swapaxes(x, -1, -2)) / 2)

        def reference(x: Any) -> Any:
            return reference_of((x + np.swapaxes(x, -1, -2)) / 2)

    random = np.random.default_rng(5)
    factors = [random.uniform(0.5, 1.5, np.shape(part)) for part in reference(x)]

    def loss(x: Any) -> Any:
        pairs = zip(function(x), factors, strict=True)
        parts = [(ops.abs(p), ops.convert_to_tensor(f, "float32")) for p, f in pairs]
        return sum(ops.sum(p * f) for p, f in parts)

    def exact(x: Any) -> float:
        pairs = zip(reference(x), factors, strict=True)
        return float(sum(np.sum(np.abs(p) * f) for p, f in pairs))

    found = ops.convert_to_numpy(gradients.native(loss, [x])[0])
    for _ in range(4):
        step = random.normal(size=x.shape)
        wide = x.astype("float64")
        want = (exact(wide + 1e-6 * step) - exact(wide - 1e-6 * step)) / 2e-6
        np.testing.assert_allclose(np.sum(found * step), want, rtol=5e-3, atol=5e-3)


inf, nan = np.inf, np.nan
# What, a function, its inputs, and the gradients of its sum; None: any number at all.
PLACES: list[tuple[str, Callable[..., Any], list[Any], list[Any]]] = [
    ("norm at 0", lambda x: ops.norm(x, axis=-1), [[[0, 0], [3, 4]]],
     [[[0, 0], [0.6, 0.8]]]),
    ("norm of all at 0", ops.norm, [[0, 0]], [[0, 0]]),
    ("norm fro at 0", lambda x: ops.norm(x, "fro", (0, 1)), [[[0, 0], [0, 0]]],
     [[[0, 0], [0, 0]]]),
    ("norm 3 at 0", lambda x: ops.norm(x, 3, -1), [[[0, 0], [0, 2]]],
     [[[0, 0], [0, 1]]]),
    ("normalize at 0", lambda x: ops.normalize(x, -1, 3, 0.5), [[0, 0]], [[2, 2]]),
    ("hypot at 0", ops.hypot, [[0, 0, 3], [0, 3, 4]],
     [[None, 0, 0.6], [None, 1, 0.8]]),
    ("cdist of one point", ops.cdist, [[[1, 2]], [[1, 2], [4, 6]]],
     [[[-0.6, -0.8]], [[0, 0], [0.6, 0.8]]]),
    ("std of a constant", lambda x: ops.std(x, -1), [[[2, 2], [1, 3]]],
     [[[0, 0], [-0.5, 0.5]]]),
    ("nanstd of a constant", lambda x: ops.nanstd(x, -1),
     [[[2, nan, 2], [1, nan, 3]]], [[[0, 0, 0], [-0.5, 0, 0.5]]]),
    ("var of a constant", ops.var, [[2, 2]], [[0, 0]]),
    ("nanvar of nothing", ops.nanvar, [[nan, nan]], [[0, 0]]),
    ("logsumexp of nothing beside", ops.logsumexp, [[-inf, 3]], [[0, 1]]),
    ("logsumexp far", ops.logsumexp, [[1000, -1000]], [[1, 0]]),
    ("logaddexp", ops.logaddexp, [[-inf, 1000, 2], [3, -1000, 2]],
     [[0, 1, 0.5], [1, 0, 0.5]]),
    ("logaddexp2", ops.logaddexp2, [[-inf, 1000, 2], [3, -1000, 2]],
     [[0, 1, 0.5], [1, 0, 0.5]]),
    ("softmax far", lambda x: ops.softmax(x)[:, 0], [[[1000, -1000], [-inf, 0]]],
     [[[0, 0], [0, 0]]]),
    ("log_softmax far", lambda x: ops.log_softmax(x)[:, 1],
     [[[1000, -1000], [-inf, 0]]], [[[-1, 1], [0, 0]]]),
    ("log_softmax of axes", lambda x: ops.log_softmax(x, (0, 1))[0, 0],
     [[[1000, -1000], [-inf, 0]]], [[[0, 0], [0, 0]]]),
    ("sinc", ops.sinc, [[0, 1e-20, 1e-5, 1]], [[0, 0, -3.29e-5, -1]]),
    ("arctan2 on the axes", ops.arctan2, [[0, 0, 1], [1, -1, 0]],
     [[1, -1, 0], [0, 0, -1]]),
    ("angle of real numbers", ops.angle, [[0, 1, -1]], [[0, 0, 0]]),
    ("power", ops.power, [[0, 0, 0, 2], [0, 1, 2, 0]],
     [[0, 1, 0, 0], [None, 0, 0, np.log(2)]]),
    ("power 0", lambda x: ops.power(x, 0), [[0, -1]], [[0, 0]]),
    ("power 2", lambda x: ops.power(x, 2), [[0, -1]], [[0, -2]]),
    ("power of 0", lambda x: ops.power(0.0, x), [[1, 2]], [[0, 0]]),
    ("prod with zeros", lambda x: ops.prod(x, -1), [[[0, 2, 3], [0, 0, 3]]],
     [[[6, 0, 0], [0, 0, 0]]]),
    ("nanprod with zeros", ops.nanprod, [[0, nan, 3]], [[3, 0, 0]]),
    ("cumprod with zeros", ops.cumprod, [[1, 0, 3]], [[1, 4, 0]]),
    ("nancumprod with zeros", ops.nancumprod, [[2, nan, 0, 3]], [[2, 0, 8, 0]]),
    ("segment_prod with zeros", lambda x: ops.segment_prod(x, np.array([0, 0, 1]), 2),
     [[0, 2, 3]], [[2, 0, 1]]),
    ("scatter_update mul", lambda x, u: ops.scatter_update(
        x, np.array([[0], [0], [1]]), u, reduction="mul"), [[2, 3], [0, 5, 7]],
     [[0, 7], [10, 0, 3]]),
    ("divide_no_nan", ops.divide_no_nan, [[1, 4], [0, 2]], [[0, 0.5], [0, -1]]),
    ("attention with a row masked whole",
     lambda q, k: ops.dot_product_attention(
         q, k, k, mask=np.array([[[[True, True], [False, False]]]])),
     [np.ones((1, 2, 1, 1)), np.ones((1, 2, 1, 1))], [None, None]),
    ("crossentropy of targets that sum to 2 and 0", lambda x: (
        ops.categorical_crossentropy(np.float32([[2, 0], [0, 0]]), x, True)),
     [[[0, 0], [1, 2]]], [[[-1, 1], [0, 0]]]),
    ("crossentropy in the target", lambda t: ops.categorical_crossentropy(
        t, np.float32([[0, 0]]), True), [[[2, 0]]], [[[np.log(2), np.log(2)]]]),
    ("crossentropy of a masked class", lambda x: ops.sparse_categorical_crossentropy(
        np.array([0]), x, True), [[[0, -inf, 0]]], [[[-0.5, 0, 0.5]]]),
    ("binary crossentropy far", lambda x: ops.binary_crossentropy(
        np.float32([0, 1, 0, 1]), x, True), [[-1e4, -1e4, 1e4, 1e4]],
     [[0, -1, 1, 0]]),
    ("celu at 0", ops.celu, [[0, 1]], [[1, 1]]),
    ("elu at 0", ops.elu, [[0, 1]], [[1, 1]]),
    ("absolute of 0", lambda x: ops.absolute(ops.view_as_complex(x)),
     [[[0, 0], [3, 4]]], [[[0, 0], [0.6, 0.8]]]),
    ("layer_normalization of a constant", ops.layer_normalization, [[[2, 2]]],
     [[[0, 0]]]),
    ("rms_normalization at 0", lambda x: ops.rms_normalization(x, epsilon=0.25),
     [[[0, 0]]], [[[2, 2]]]),
    ("floor_divide", ops.floor_divide, [[1.5, -2.5], [1, 2]], [[0, 0], [0, 0]]),
    ("fmod", ops.fmod, [[1.5, -2.5, 0], [-1, 1, 2]], [[1, 1, 1], [1, 2, 0]]),
    ("nan_to_num", ops.nan_to_num, [[nan, inf, 1]], [[0, 0, 1]]),
    ("rgb_to_hsv of grey", ops.image.rgb_to_hsv, [[[[0.5, 0.5, 0.5], [0, 0, 0]]]],
     [None]),
]  # fmt: skip
_FAR = [-1e4, -100.0, 100.0, 1e4]
for _name, _slopes in {
    "sigmoid": [0, 0, 0, 0], "softplus": [0, 0, 1, 1], "log_sigmoid": [1, 1, 0, 0],
    "silu": [0, 0, 1, 1], "gelu": [0, 0, 1, 1], "elu": [0, 0, 1, 1],
    "selu": [0, 0, 1.0507, 1.0507], "celu": [0, 0, 1, 1], "tanh": [0, 0, 0, 0],
    "squareplus": [0, 0, 1, 1], "sparse_plus": [0, 0, 1, 1], "erf": [0, 0, 0, 0],
    "tanh_shrink": [1, 1, 1, 1], "arcsinh": [1e-4, 0.01, 0.01, 1e-4],
    "softsign": [0, 1e-4, 1e-4, 0], "hard_silu": [0, 0, 1, 1],
}.items():  # fmt: skip
    PLACES.append((f"{_name} far", getattr(ops, _name), [_FAR], [_slopes]))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("backend", BACKENDS)
def test_special_places(backend: str) -> None:
    """No NaN where there is a derivative, or where one side has one."""

    def total(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *tensors: ops.sum(function(*tensors))

    wrong: dict[str, Any] = {}
    with keras.backend_scope(backend):
        calls = [
            (total(function), [np.asarray(x, "float32") for x in inputs])
            for _, function, inputs, _ in PLACES
        ]
        found = gradients.of_all(calls)
    for (name, _, _, expected), parts in zip(PLACES, found, strict=True):
        for got, want in zip(parts, expected, strict=True):
            target = np.full(got.shape, None) if want is None else want
            wish = np.asarray(target, "float64")  # None is NaN there: any number
            near = np.abs(got - wish) < 1e-3 * (1 + np.abs(wish))
            if not (np.isfinite(got) & (np.isnan(wish) | near)).all():
                wrong[name] = got.tolist()
    assert not wrong


def test_variables_given_to_ops_with_slopes_of_their_own(
    training_backend: str,
) -> None:
    """As tensors are: TensorFlow would ask such an op for the variable's own slope."""
    start = np.arange(1.0, 5.0, dtype="float32").reshape(1, 2, 2, 1)
    variable = keras.Variable(start)
    turn = np.array([[1, 0, 0.5, 0, 1, 0, 0, 0]], "float32")
    cases = {
        "cumprod": (lambda: ops.cumprod(variable, axis=1), [4, 5, 1, 2]),
        "resize": (lambda: ops.image.resize(variable, (3, 3)), [2.25] * 4),
        "turn": (lambda: ops.image.affine_transform(variable, turn), [0.5, 1, 0.5, 1]),
    }
    for name, (function, wanted) in cases.items():
        (found,) = keras.grad(lambda f=function: ops.sum(f()), [variable])()
        found = ops.convert_to_numpy(found).ravel()
        np.testing.assert_allclose(found, wanted, rtol=1e-5, err_msg=name)
