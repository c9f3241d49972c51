"""What the PyPI keras 3.15.1 gives, found by running both side by side."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from tests.conftest import INSTALLED
from tests.ops.rows import Row, all_rows

K = keras.KerasTensor
INTS = np.array([4, 0, 2], "int32")
FLOATS = np.array([0.0, 3.0, 2.5], "float32")


def dtype(x: Any) -> str:
    """Of a tensor, real or symbolic."""
    return keras.backend.standardize_dtype(x.dtype)


def numpy(x: Any) -> np.ndarray:
    """Its values."""
    return ops.convert_to_numpy(x)


# Operators ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["and_", "or_", "xor"])
@pytest.mark.parametrize("values", [INTS, FLOATS, INTS.astype("uint8"), INTS > 0])
def test_and_or_xor_are_logic(backend: str, name: str, values: np.ndarray) -> None:
    """Between symbols, Variables, arrays and numbers, on either side."""
    apply = getattr(operator, name)
    true = values.astype(bool)
    variable = keras.Variable(values, dtype=values.dtype.name, trainable=False)
    others = [(values, true), (1, True), (0, False)]
    for other, is_true in others:
        for x, y in ((variable, other), (other, variable)):
            if x is values:
                continue  # NumPy's own operator comes first
            got = apply(x, y)
            assert dtype(got) == "bool"
            np.testing.assert_array_equal(numpy(got), apply(true, is_true))
        symbol = keras.Input((3,), dtype=values.dtype.name)
        y = apply(symbol, other if isinstance(other, int) else symbol)
        assert dtype(y) == "bool"
        want = apply(true, is_true if isinstance(other, int) else true)
        np.testing.assert_array_equal(
            numpy(keras.Model(symbol, y)(values[None]))[0], want
        )


def test_inversion(backend: str) -> None:
    """Logic on a symbol, that of the value on a Variable."""
    symbol = keras.Input((3,))
    got = keras.Model(symbol, ~symbol)(FLOATS[None])
    np.testing.assert_array_equal(numpy(got)[0], ~FLOATS.astype(bool))
    variable = keras.Variable(INTS, dtype="int32", trainable=False)
    np.testing.assert_array_equal(numpy(~variable), ~INTS)


# Sizes and axes -----------------------------------------------------------------------

ARRAYS: list[Callable[[Any], Any]] = [
    lambda v: np.int64(v) if isinstance(v, int) else tuple(map(np.int32, v)),
    np.array,
]
# An array is a number with a dtype of its own there, no size.
_NUMBERS = {"arange", "unique"}


def _as_arrays(value: Any, make: Callable[[Any], Any]) -> Any:
    if type(value) is int:
        return make(value)
    if type(value) is tuple and value and all(type(v) is int for v in value):
        return make(value)
    return value


def _sized(row: Row, make: Callable[[Any], Any]) -> dict[str, Any] | None:
    """The arguments of a row with arrays for integers; None if there are none."""
    declaration = getattr(ops, row.op).declaration
    given = declaration.signature.bind(*row.args, **row.kwargs).arguments
    if declaration.variadic is not None or declaration.keywords in given:
        return None
    changed = {
        name: _as_arrays(value, make)
        for name, value in given.items()
        if name not in declaration.tensor_names
    }
    if all(changed[name] is given[name] for name in changed):
        return None
    return {**given, **changed}


@pytest.mark.parametrize("make", ARRAYS, ids=["integers", "arrays"])
def test_sizes_and_axes_as_arrays(backend: str, make: Callable[[Any], Any]) -> None:
    """NumPy's integers, and arrays of a few, count as Python's: in every row of ops."""
    failed, tried = [], set()
    for row in all_rows():
        if row.op in tried or row.op in _NUMBERS:
            continue
        arguments = _sized(row, make)
        if arguments is None:
            continue
        tried.add(row.op)
        function = getattr(ops, row.op)
        try:
            want = function(*row.args, **row.kwargs)
        except Exception:
            continue
        try:
            got = function(**arguments)
            shapes = [x.shape for x in keras.tree.flatten(got)]
            assert shapes == [x.shape for x in keras.tree.flatten(want)]
        except Exception as error:
            failed.append((row.op, str(error)[:80]))
    assert failed == []
    assert len(tried) > 60


def test_tensors_as_sizes(backend: str) -> None:
    """Those whose numbers are known."""
    x = ops.reshape(ops.arange(6.0), ops.convert_to_tensor([2, 3]))
    assert tuple(x.shape) == (2, 3)
    image = ops.ones((1, 4, 4, 2))
    size = ops.convert_to_tensor([2, 3])
    assert tuple(ops.image.resize(image, size).shape) == (1, 2, 3, 2)
    assert ops.image.resize(K((1, 4, 4, 2)), size).shape == (1, 2, 3, 2)
    blurred = ops.image.gaussian_blur(image, np.array([3, 3]), np.array([1.0, 1.0]))
    np.testing.assert_allclose(
        numpy(blurred), numpy(ops.image.gaussian_blur(image, (3, 3), (1.0, 1.0)))
    )


def test_arrays_that_are_no_sizes_stay_arrays(backend: str) -> None:
    """A key that is out of range is no tuple of axes."""
    x = ops.reshape(ops.arange(6.0), (2, 3))
    np.testing.assert_array_equal(
        numpy(ops.get_item(x, np.array([1, 0]))), [[3, 4, 5], [0, 1, 2]]
    )
    config = ops.expand_dims(K((3,)), np.int64(0))._keras_history.operation.get_config()
    assert type(config["axis"]) is int


# Dtypes -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_half_precision(backend: str, name: str) -> None:
    """What keeps it, what widens it, eagerly and in a symbol."""
    x, wide = ops.ones((2, 4), name), ops.ones((4,), "float32")
    lengths = np.array([2])
    logits = ops.ones((1, 2, 3), name)
    cases: list[tuple[Callable[[Any, Any], Any], str]] = [
        (lambda x, _: ops.layer_normalization(x, wide, wide), name),
        (lambda x, _: ops.rms_normalization(x, wide), name),
        (lambda x, _: ops.cdist(x, x), name),
        (lambda x, _: ops.moments(x, [0])[1], name),
        (lambda x, _: ops.mean(x, 0), name),
        (lambda _, y: ops.ctc_loss(np.array([[1, 2]]), y, lengths, lengths), "float32"),
        (lambda _, y: ops.ctc_decode(y, lengths)[1], "float32"),
    ]
    for place, (apply, want) in enumerate(cases):
        assert dtype(apply(x, logits)) == want, place
        assert dtype(apply(K((2, 4), name), K((1, 2, 3), name))) == want, place
    assert dtype(ops.layer_normalization(ops.ones((2, 4)), ops.ones((4,), name))) == (
        "float32"
    )


def test_float16_does_not_overflow_on_the_way(backend: str) -> None:
    """A mean of many; a variance that has no number is the greatest there is."""
    many = np.full((2, 40000), 4.0, "float16")
    np.testing.assert_array_equal(numpy(ops.mean(many, 1)), [4.0, 4.0])
    spread = np.array([[-900.0, 1500.0, 300.0, -700.0]], "float16").T
    for keepdims in (False, True):
        mean, variance = ops.moments(spread, [0], keepdims=keepdims)
        assert numpy(mean).ravel().tolist() == [50.0]
        assert numpy(variance).ravel().tolist() == [65504.0]


@pytest.mark.parametrize(
    "others", [("float32",), ("int32",), ("bool",), ("float8_e5m2",)], ids=str
)
def test_float8_is_not_mixed(others: tuple[str, ...]) -> None:
    """Who mixes it casts."""
    with pytest.raises(ValueError, match=r"no common dtype.*keras\.ops\.cast"):
        keras.backend.result_type("float8_e4m3fn", *others)


def test_result_type_is_what_results_have(backend: str) -> None:
    """With 32 bits where JAX has no more."""
    for first, second in itertools.product(("int32", "uint32", "float32"), repeat=2):
        if backend == "torch" and "uint32" in (first, second) and first != second:
            continue  # its kernels lack uint32
        total = ops.add(ops.ones((1,), first), ops.ones((1,), second))
        assert keras.backend.result_type(first, second) == dtype(total)


# Errors and warnings ------------------------------------------------------------------

V = np.array([1.0, 2.0, 3.0], "float32")
NOT_DEFINITE = np.array([[2.0, 5.0], [5.0, 1.0]], "float32")
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "cholesky": (lambda: ops.cholesky(NOT_DEFINITE), "positive definite"),
    "cholesky of a batch": (
        lambda: ops.cholesky(np.stack([np.eye(2, dtype="float32"), NOT_DEFINITE])),
        "positive definite",
    ),
    "pad": (
        lambda: ops.pad(V, ((1, 1),), mode="reflect", constant_values=5),
        "`constant_values` of pad is for mode='constant' only",
    ),
    "normalize 0": (lambda: ops.normalize(V, order=0), "`order` to be a number of 1"),
    "normalize -2": (lambda: ops.normalize(V, order=-2), "`order` to be a number of 1"),
    "stft": (lambda: ops.stft(np.ones(8, "float32"), 4, -2, 4), "`sequence_stride`"),
    "istft": (
        lambda: ops.istft((np.ones((3, 3), "float32"),) * 2, 4, 0, 4),
        "`sequence_stride`",
    ),
    "extract_sequences": (
        lambda: ops.extract_sequences(np.ones(8, "float32"), 4, -1),
        "`sequence_stride`",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_values_raise_value_errors(backend: str, case: str) -> None:
    """The same on every backend."""
    call, said = REFUSED[case]
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize("axis", [-1, 1])
def test_a_softmax_of_ones_warns(backend: str, axis: int) -> None:
    """Eagerly, in a symbol, in a layer."""
    x = np.array([[0.3], [2.0]], "float32")
    with pytest.warns(UserWarning, match="softmax over axis .* 1 everywhere"):
        ops.softmax(x, axis)
    with pytest.warns(UserWarning, match="softmax over axis .* 1 everywhere"):
        ops.softmax(K((2, 1)), axis)
    with pytest.warns(UserWarning, match="softmax over axis .* 1 everywhere"):
        keras.layers.Dense(1, activation="softmax")(x)


def test_layer_normalization_by_the_standard_deviation(backend: str) -> None:
    """`rms_scaling` of older versions: scaled, not centred, with a warning."""
    x = np.array([[3.0, 4.0, 0.0, 5.0]], "float32")
    gamma = np.full(4, 2.0, "float32")
    for axis in (-1, (1,), [1]):
        with pytest.warns(UserWarning, match="rms_scaling=True"):
            got = ops.layer_normalization(x, gamma, gamma, axis, rms_scaling=True)
        np.testing.assert_allclose(numpy(got), 2 * x / np.std(x), rtol=1e-3)
    with pytest.warns(UserWarning, match="rms_scaling=True"):
        assert ops.layer_normalization(K((1, 4)), rms_scaling=True).shape == (1, 4)
    with pytest.raises(ValueError, match="takes no argument 'rms'"):
        ops.layer_normalization(x, rms=True)


# Values and shapes --------------------------------------------------------------------


def test_argsort_of_a_scalar(backend: str) -> None:
    """It is in its place."""
    assert numpy(ops.argsort(np.float32(5))).tolist() == 0
    assert ops.argsort(K(())).shape == ()


def test_in_top_k_of_any_rank(backend: str) -> None:
    """As many targets as rows."""
    targets = np.array([[0, 2], [1, 1]])
    scores = np.array(
        [[[0.6, 0.3, 0.1], [0.5, 0.3, 0.2]], [[0.1, 0.2, 0.7], [0.4, 0.3, 0.2]]],
        "float32",
    )
    want = [[True, False], [True, True]]
    assert numpy(ops.in_top_k(targets, scores, 2)).tolist() == want
    assert numpy(ops.in_top_k(targets[0, 1], scores[0, 1], 2)).tolist() is False
    assert ops.in_top_k(K((2, None), "int32"), K((2, 5, 3)), 2).shape == (2, None)


def test_each_nan_is_a_value_of_its_own(backend: str) -> None:
    """None is equal to another."""
    values = numpy(ops.unique(np.array([5.0, np.nan, 2.0, np.nan, 5.0], "float32")))
    np.testing.assert_array_equal(values, [2.0, 5.0, np.nan, np.nan])


def test_known_sizes_in_symbols() -> None:
    """Where an argument says them."""
    parts = ops.unique(K((2, 4)), True, True, True, True, size=5)
    assert [x.shape for x in parts] == [(5,), (5,), (2, 4), (5,)]
    parts = ops.unique(K((2, 4)), True, True, True, True, axis=1, size=5)
    assert [x.shape for x in parts] == [(2, 5), (5,), (4,), (5,)]
    spectrum = K((None, None, 5)), K((None, None, 5))
    assert ops.istft(spectrum, 8, 4, 8, length=12).shape == (None, 12)
    assert ops.istft(spectrum, 8, 4, 8).shape == (None, None)


def test_a_blank_inside_a_target_is_a_label_like_others(backend: str) -> None:
    """CTC may pass from the label before it to the one behind."""
    scores = ((np.arange(18).reshape((2, 3, 3)) % 5) / 10).astype("float32")
    loss = keras.losses.CTC(reduction=None)(np.array([[1, 0, 2], [2, 1, 0]]), scores)
    np.testing.assert_allclose(numpy(loss), [1.7195425, 1.6963514], rtol=1e-5)


@pytest.mark.skipif("torch" not in INSTALLED, reason="torch is not installed")
def test_sizes_that_an_export_keeps_open() -> None:
    """They become tensors, and stay open in an exported program."""
    import torch

    class Scaled(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return x * ops.convert_to_tensor(x.shape[0], "float32")

    with keras.backend_scope("torch"):
        open_sizes = {"x": {0: torch.export.Dim("rows")}}
        x = torch.ones(3, 2)
        exported = torch.export.export(Scaled(), (x,), dynamic_shapes=open_sizes)
        assert float(exported.module()(torch.ones(5, 2))[0, 0]) == 5.0


# Graphs and files ---------------------------------------------------------------------


@keras.saving.register_keras_serializable("as_keras")
def doubled(x: Any) -> Any:
    """Twice it."""
    return x + x


@keras.saving.register_keras_serializable("as_keras")
def added(a: Any, b: Any) -> Any:
    """The sum."""
    return a + b


@keras.saving.register_keras_serializable("as_keras")
def grown(i: Any, x: Any) -> Any:
    """One more."""
    del i
    return x + 1.0


@keras.saving.register_keras_serializable("as_keras")
def step(carry: Any, x: Any) -> Any:
    """A running sum."""
    return carry + x, carry


@keras.saving.register_keras_serializable("as_keras")
def is_small(x: Any) -> Any:
    """Whether to go on."""
    return ops.sum(x) < 10.0


CONTROL: dict[str, Callable[[Any], Any]] = {
    "VectorizedMap": lambda x: ops.vectorized_map(doubled, x),
    "Map": lambda x: ops.map(f=doubled, xs=x),
    "AssociativeScan": lambda x: ops.associative_scan(added, x, axis=1, reverse=True),
    "Scan": lambda x: ops.scan(step, ops.zeros((3,)), x)[1],
    "ForiLoop": lambda x: ops.fori_loop(0, 3, grown, x),
    "WhileLoop": lambda x: ops.while_loop(is_small, doubled, x),
    "Switch": lambda x: ops.switch(ops.cast(x[0, 0], "int32"), [doubled, doubled], x),
}


@pytest.mark.parametrize("name", CONTROL)
def test_control_flow_comes_back_from_files(
    backend: str, name: str, tmp_path: Any
) -> None:
    """Under the names of Keras 3, from a config and from a file."""
    x = keras.Input((3,), batch_size=2)
    model = keras.Model(x, CONTROL[name](x))
    listed = [
        (layer["module"], layer["class_name"]) for layer in model.get_config()["layers"]
    ]
    assert ("keras.src.ops.core", name) in listed
    data = np.arange(6, dtype="float32").reshape(2, 3)
    want = numpy(model(data))
    model.save(tmp_path / "control.keras")
    for again in (
        keras.Model.from_config(model.get_config()),
        keras.models.load_model(tmp_path / "control.keras"),
    ):
        np.testing.assert_allclose(numpy(again(data)), want)


def test_a_scan_along_an_axis_of_unknown_size(backend: str) -> None:
    """Its size is known when it runs."""
    x = keras.Input((None, 2))
    y = ops.associative_scan(added, x, axis=1)
    assert y.shape == (None, None, 2)
    got = numpy(keras.Model(x, y)(np.ones((1, 4, 2), "float32")))
    assert got[0, :, 0].tolist() == [1, 2, 3, 4]


class Shift(keras.Operation):
    """With whatever its base takes."""

    def __init__(self, by: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.by = by

    def call(self, x: Any) -> Any:
        """Shifted."""
        return x + self.by


def test_the_name_of_an_operation_is_in_its_config() -> None:
    """Given or made up."""
    for operation in (Shift(2.0), Shift(by=2.0, name="here")):
        config = operation.get_config()
        assert config == {"name": operation.name, "by": 2.0}
        assert Shift.from_config(config).name == operation.name


def test_a_sparse_symbol_can_be_made_dense() -> None:
    """As the tensor can."""
    x = K((2, 3), sparse=True)
    assert ops.convert_to_tensor(x).sparse
    dense = ops.convert_to_tensor(x, sparse=False)
    assert not dense.sparse
    assert not ops.convert_to_tensor(x, "int32", sparse=False).sparse


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "int32", "bool"])
def test_numbers_as_arrays(backend: str, name: str) -> None:
    """A tensor without axes becomes an array without axes, whatever its dtype."""
    got = ops.convert_to_numpy(ops.ones((), name))
    assert (got.shape, got.dtype.name, float(got)) == ((), name, 1.0)
