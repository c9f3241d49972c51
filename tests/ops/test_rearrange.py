"""`rearrange`: patterns, unknown sizes, and what it says about bad patterns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from keras import ops

X = np.arange(24.0).reshape(2, 3, 4).astype("float32")
T = X.transpose

CASES: list[tuple[str, dict[str, int], Any]] = [
    ("a b c -> a b c", {}, X),
    ("a b c->c b a", {}, T(2, 1, 0)),
    ("A _b c2 -> _b A c2", {}, T(1, 0, 2)),
    ("a b c -> (a b c)", {}, X.ravel()),
    ("a b c -> c (a b)", {}, T(2, 0, 1).reshape(4, 6)),
    ("a b c -> c (b a)", {}, T(2, 1, 0).reshape(4, 6)),
    ("a b (h w) -> a w (b h)", {"h": 2}, None),
    ("a b (h w) -> (w a) (b h)", {"w": 2}, None),
    ("a b (h w) -> a b h w", {"h": 4, "w": 1}, X[..., None]),
    ("... c -> c ...", {}, T(2, 0, 1)),
    ("a ... -> ... a", {}, T(1, 2, 0)),
    ("a ... b c -> c a ... b", {}, T(2, 0, 1)),
    ("... c -> c (...)", {}, T(2, 0, 1).reshape(4, 6)),
    ("a ... -> (... a)", {}, T(1, 2, 0).ravel()),
    ("a b c -> a 1 (b c) ()", {}, X.reshape(2, 1, 12, 1)),
    ("a b (1 c) -> a b c", {}, X),
]
_parts = X.reshape(2, 3, 2, 2)
CASES[6] = (*CASES[6][:2], _parts.transpose(0, 3, 1, 2).reshape(2, 2, 6))
CASES[7] = (*CASES[7][:2], _parts.transpose(3, 0, 1, 2).reshape(4, 6))

# pattern, sizes, parts of the message
BAD: list[tuple[Any, dict[str, Any], tuple[str, ...]]] = [
    ("a b c", {}, ("one '->'", "'a b c'")),
    ("a -> b -> c", {}, ("one '->'",)),
    ("a b -> b a", {}, ("3 dimensions", "names 2", "(2, 3, 4)")),
    ("a b c d ... -> ... a b c d", {}, ("3 dimensions",)),
    ("a b c -> a b", {}, ("c stands on one side only",)),
    ("a b c -> a b c d", {}, ("d stands on one side only",)),
    ("a b ... -> a b", {}, ("... stands on one side only",)),
    ("a a c -> c a", {}, ("'a' stands twice",)),
    ("a (... c) -> a ... c", {}, ("'...' cannot be in parentheses on the left",)),
    ("a b (c -> a b c", {}, ("not closed",)),
    ("a b c) -> a b c", {}, ("')' is out of place",)),
    ("a b 2 -> a b 2", {}, ("'2' is out of place",)),
    ("a b c* -> a b c", {}, ("'*' is out of place",)),
    ("a 1 c -> a c", {}, ("axis 1 of `tensor` has size 3", "size 1")),
    ("a b (h w) -> a b h w", {}, ("h, w are unknown", "h=2")),
    ("a b (h w) -> a b h w", {"h": 3}, ("axis 2", "size 4", "h * w", "a multiple")),
    ("a b (h w) -> a b h w", {"h": 3, "w": 2}, ("size 4", "make 6", "this size")),
    ("a b c -> c b a", {"b": 5}, ("axis 1", "size 3", "make 5")),
    ("a b c -> c b a", {"z": 5}, ("z=5", "no axis 'z'")),
    ("a b c -> c b a", {"c": 0}, ("positive integer", "c=0")),
    ("a b c -> c b a", {"c": 2.5}, ("positive integer", "c=2.5")),
]


@pytest.mark.parametrize(("pattern", "sizes", "want"), CASES, ids=lambda v: str(v)[:24])
def test_values_and_shapes(
    backend: str, pattern: str, sizes: dict[str, int], want: np.ndarray
) -> None:
    """NumPy's reshape and transpose give the same; so does the symbolic rule."""
    got = ops.rearrange(ops.convert_to_tensor(X), pattern, **sizes)
    np.testing.assert_array_equal(ops.convert_to_numpy(got), want)
    symbolic = ops.rearrange(keras.KerasTensor((2, 3, 4)), pattern, **sizes)
    assert symbolic.shape == want.shape
    unknown = ops.rearrange(keras.KerasTensor((None, None, 4)), pattern, **sizes)
    assert len(unknown.shape) == want.ndim
    pairs = zip(unknown.shape, want.shape, strict=True)
    assert all(s in (None, size) for s, size in pairs)


@pytest.mark.parametrize(("pattern", "sizes", "parts"), BAD, ids=lambda v: str(v)[:24])
def test_bad_pattern(
    backend: str, pattern: Any, sizes: dict[str, Any], parts: tuple[str, ...]
) -> None:
    """One text for tensors and symbolic tensors."""
    texts = []
    for x in (ops.convert_to_tensor(X), keras.KerasTensor((2, 3, 4))):
        with pytest.raises(ValueError) as raised:
            ops.rearrange(x, pattern, **sizes)
        texts.append(str(raised.value))
    assert texts[0] == texts[1]
    assert all(part in texts[0] for part in parts), texts[0]


@pytest.mark.parametrize(
    ("pattern", "sizes"),
    [("b (h p) c -> b p (h c)", {"p": 3}), ("... c -> c (...)", {})],
)
def test_unknown_sizes_in_tensorflow(pattern: str, sizes: dict[str, int]) -> None:
    """Two sizes that are known only when the function runs."""
    tf = pytest.importorskip("tensorflow")
    with keras.backend_scope("tensorflow"):
        spec = [tf.TensorSpec((None, None, 4), "float32")]
        traced = tf.function(lambda x: ops.rearrange(x, pattern, **sizes), spec)
        np.testing.assert_array_equal(
            traced(X).numpy(), ops.convert_to_numpy(ops.rearrange(X, pattern, **sizes))
        )


def test_a_model_holds_it_and_its_config(backend: str) -> None:
    """A functional graph with named sizes, and the same read back."""
    inputs = keras.Input((6, 4))
    outputs = ops.rearrange(inputs, "b (t p) c -> b t (p c)", p=2)
    model = keras.Model(inputs, outputs)
    x = np.arange(48.0).reshape(2, 6, 4).astype("float32")
    copy = keras.Model.from_config(model.get_config())
    for each in (model, copy):
        assert each.output_shape == (None, 3, 8)
        got = ops.convert_to_numpy(each(x))
        np.testing.assert_array_equal(got, x.reshape(2, 3, 8))
