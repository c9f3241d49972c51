"""`keras.src.testing`, which packages write their own tests with."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

pytest.importorskip("absl")

from keras.src import testing
from keras.src.testing.test_utils import get_test_data, named_product

DENSE: dict[str, Any] = {"layer_cls": layers.Dense, "init_kwargs": {"units": 3}}
ROWS: dict[str, dict[str, Any]] = {
    "Dense": {
        **DENSE,
        "input_shape": (2, 4),
        "expected_output_shape": (2, 3),
        "expected_output_dtype": "float32",
        "expected_num_trainable_weights": 2,
        "expected_num_non_trainable_weights": 0,
        "expected_num_losses": 0,
        "supports_masking": True,
    },
    "Dropout": {
        "layer_cls": layers.Dropout,
        "init_kwargs": {"rate": 0.5},
        "input_shape": (2, 4),
        "expected_num_seed_generators": 1,
        "expected_num_non_trainable_variables": 1,
        "assert_built_after_instantiation": True,
        "call_kwargs": {"training": True},
    },
    "Embedding": {
        "layer_cls": layers.Embedding,
        "init_kwargs": {"input_dim": 4, "output_dim": 3},
        "input_shape": (2, 4),
        "input_dtype": "int32",
        "expected_output_shape": (2, 4, 3),
    },
    "Add": {
        "layer_cls": layers.Add,
        "init_kwargs": {},
        "input_shape": [(2, 4), (2, 4)],
        "expected_output_shape": (2, 4),
    },
    "Masking": {
        "layer_cls": layers.Masking,
        "init_kwargs": {},
        "input_data": np.ones((2, 4, 3), "float32"),
        "expected_output": np.ones((2, 4, 3), "float32"),
        "supports_masking": True,
        "expected_mask_shape": (2, 4),
    },
    "MultiHeadAttention": {
        "layer_cls": layers.MultiHeadAttention,
        "init_kwargs": {"num_heads": 2, "key_dim": 3},
        "input_data": {
            "query": np.ones((2, 4, 3), "float32"),
            "value": np.ones((2, 5, 3), "float32"),
        },
        "expected_output_shape": (2, 4, 3),
    },
}


class Case(testing.TestCase):
    def runTest(self) -> None:
        """Nothing: its assertions are called from outside."""


@pytest.fixture
def case() -> Any:
    case = Case()
    case.setUp()
    yield case
    case.doCleanups()


@pytest.mark.parametrize("name", ROWS)
def test_a_layer_that_does_everything(
    case: Any, name: str, training_backend: str
) -> None:
    case.run_layer_test(**ROWS[name])


@pytest.mark.parametrize("kind", ["sparse", "ragged"])
def test_inputs_that_are_not_dense(case: Any, kind: str, training_backend: str) -> None:
    if training_backend != "tensorflow" and (training_backend, kind) != (
        "jax",
        "sparse",
    ):
        pytest.skip("has no such tensors")
    identity = {
        "layer_cls": layers.Identity,
        "init_kwargs": {},
        f"input_{kind}": True,
        "input_shape": (2, 4),
    }
    case.run_layer_test(**identity, **{f"expected_output_{kind}": True})
    with pytest.raises(AssertionError, match=f"Is {kind}: True"):
        case.run_layer_test(**identity)


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"expected_output_shape": (2, 4)}, r"\(2, 3\)"),
        ({"expected_output_dtype": "int32"}, "float32"),
        ({"expected_num_trainable_weights": 1}, "2 != 1 .* trainable_weights"),
        ({"expected_num_seed_generators": 4}, "0 != 4 .* seed_generators"),
        ({"expected_num_losses": 2}, "0 != 2"),
        ({"supports_masking": False}, "supports_masking"),
        ({"assert_built_after_instantiation": True}, "built at once"),
    ],
)
def test_what_is_expected_is_compared(
    case: Any, expected: dict[str, Any], message: str
) -> None:
    with pytest.raises(AssertionError, match=message):
        case.run_layer_test(**DENSE, input_shape=(2, 4), **expected)


def test_layers_that_lose_a_part_of_themselves(case: Any) -> None:
    @keras.saving.register_keras_serializable("test_testing")
    class Forgets(layers.Layer):
        def __init__(self, size: int = 1, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.size = size

        def get_config(self) -> Any:
            return {**super().get_config(), "size": 2 * self.size}

    with pytest.raises(AssertionError):
        case.run_class_serialization_test(Forgets(3))
    again = case.run_class_serialization_test(keras.losses.Huber(delta=2.0))
    assert again.get_config()["delta"] == 2.0


def test_arguments_that_do_not_go_together(case: Any) -> None:
    data = np.ones((2, 4))
    for more, message in (
        ({"input_shape": (2, 4), "input_data": data}, "not both"),
        ({"input_shape": (2, 4), "expected_output": data}, "that of `input_data`"),
        ({"expected_mask_shape": (2,)}, "needs supports_masking=True"),
    ):
        with pytest.raises(ValueError, match=message):
            case.run_layer_test(**DENSE, **more)


def test_assertions_on_tensors(case: Any, backend: str) -> None:
    x = ops.array([1.0, 2.0])
    case.assertAllClose(x, [1.0, 2.0 + 1e-7])
    case.assertNotAllClose(x, [1.0, 2.1])
    case.assertAlmostEqual(x, [1.0001, 2.0])
    case.assertAllEqual(x, [1.0, 2.0])
    case.assertDType(x, "float32")
    case.assertSparse(x, False)
    case.assertLen([x], 1)
    for wrong in (
        lambda: case.assertAllClose(x, [1.0, 2.1], msg="mine"),
        lambda: case.assertNotAllClose(x, x, msg="mine"),
        lambda: case.assertAlmostEqual(x, [1.0, 2.01], msg="mine"),
        lambda: case.assertAllEqual(x, [1.0, 2.0, 3.0], msg="mine"),
        lambda: case.assertDType(x, "int32", "mine"),
    ):
        with pytest.raises(AssertionError, match="mine"):
            wrong()
    assert not testing.uses_tpu()


def test_parameters_and_data() -> None:
    found = list(named_product(a=(1, 2), b=("x", None)))
    assert [x["testcase_name"] for x in found] == ["1_x", "2_x", "1_none", "2_none"]
    assert found[1] == {"testcase_name": "2_x", "a": 2, "b": "x"}
    assert [x["testcase_name"] for x in named_product(z=(True, "B"))] == ["true", "b"]
    (named,) = named_product([{"testcase_name": "q", "z": 1}], layer=(layers.Dense,))
    assert named == {"testcase_name": "q_dense", "z": 1, "layer": layers.Dense}
    (x, y), (unseen, _) = get_test_data(20, 10, (3,), 4, random_seed=1)
    assert x.shape == (20, 3) and unseen.shape == (10, 3) and x.dtype == "float32"
    assert y.dtype == "int64" and set(y) <= {0, 1, 2, 3}


def test_without_absl(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*sys.modules]:
        if name.startswith("keras.src.testing"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "absl.testing", None)
    with pytest.raises(ImportError, match="pip install absl-py"):
        import keras.src.testing.test_case  # noqa: F401
