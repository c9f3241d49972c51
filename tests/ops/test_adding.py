"""The example of `docs/adding_an_op.md` is an op, with all that ops have."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from keras.ops.declare import DECLARATIONS

PAGE = Path(__file__).parents[2] / "docs" / "adding_an_op.md"
X = np.array([[0.0, 1.0, -3.0]], "float32")


@pytest.fixture(scope="module")
def rational() -> Iterator[Any]:
    """The op that the page declares."""
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    namespace: dict[str, Any] = {"__name__": "keras.ops.example"}
    exec(textwrap.dedent(found[1]), namespace)
    yield namespace["rational"]
    del DECLARATIONS["rational"]


def test_it_computes(backend: str, rational: Any) -> None:
    """Eagerly, compiled, in a graph, with its gradient."""
    want = X**2 / (X**2 + 4)
    np.testing.assert_allclose(ops.convert_to_numpy(rational(X, 2.0)), want, rtol=1e-6)
    x = ops.convert_to_tensor(X)
    compiled = keras.jit(lambda x: rational(x, 2.0))
    np.testing.assert_allclose(ops.convert_to_numpy(compiled(x)), want, rtol=1e-6)
    inputs = keras.Input((3,))
    model = keras.Model(inputs, rational(inputs, sharpness=2.0))
    assert model.output_shape == (None, 3)
    np.testing.assert_allclose(ops.convert_to_numpy(model(x)), want, rtol=1e-6)
    if backend != "numpy":
        slope = keras.grad(lambda x: ops.sum(rational(x, 2.0)))(x)
        np.testing.assert_allclose(
            ops.convert_to_numpy(slope), 8 * X / (X**2 + 4) ** 2, rtol=1e-5, atol=1e-7
        )


def test_it_refuses(backend: str, rational: Any) -> None:
    """With its name, the argument's and what was wanted."""
    with pytest.raises(TypeError, match="keras.ops.rational: missing .*'x'"):
        rational()
    with pytest.raises(
        TypeError,
        match=r"keras.ops.rational: `sharpness` must be a number. .*sharpness='a'",
    ):
        rational(keras.KerasTensor((2,)), "a")
