"""Outputs and gradients of every layer agree with those of the PyPI Keras on torch.

The slopes at every input and every weight, in three numbers each (`gradients.py`): what
fails is named. On JAX, where each row is compiled, it is those whose slopes are not
what JAX makes of other ops' slopes: loops, windows, kernels of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from tests.conftest import TRAINING_BACKENDS
from tests.layers.gradients import Numbers, cases, of_case

GOLDEN: dict[str, Numbers] = json.loads(
    Path(__file__).with_name("gradients.json").read_text()
)
CASES = {name: (row, options) for name, row, options in cases()}
FIRST = {row.layer: name for name, (row, _) in reversed(CASES.items())}
ON_JAX = ["Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "MaxPooling2D", "GRU", "LSTM"]
ON_JAX += ["BatchNormalization", "LayerNormalization", "Attention", "Embedding"]
RUNS = [
    (backend, name)
    for backend in TRAINING_BACKENDS
    for name in CASES
    if backend != "jax" or name in {FIRST[layer] for layer in ON_JAX}
]


def slopes(total: Callable[..., Any], inputs: list[Any], weights: list[Any]) -> Any:
    """Outputs and slopes by this Keras' own transforms."""
    floats = [i for i, x in enumerate(inputs) if x.dtype == "float32"]
    variables = {i: keras.Variable(inputs[i]) for i in floats}

    def loss() -> Any:
        values = [
            variables[i].value if i in variables else x for i, x in enumerate(inputs)
        ]
        return total(values)

    step = keras.value_and_grad(loss, [*variables.values(), *weights], has_aux=True)
    if keras.config.backend() == "jax":
        step = keras.jit(step)
    (_, outputs), gradients = step()
    found = [
        np.zeros(of.shape) if gradient is None else as_array(gradient)
        for of, gradient in zip([*variables.values(), *weights], gradients, strict=True)
    ]
    of_inputs: list[Any] = [None] * len(inputs)
    for place, gradient in zip(floats, found, strict=False):
        of_inputs[place] = gradient
    return [as_array(y) for y in outputs], of_inputs, found[len(floats) :]


def as_array(x: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize(
    ("training_backend", "name"), RUNS, indirect=["training_backend"]
)
def test_gradients_are_those_of_published_keras(
    training_backend: str, name: str
) -> None:
    row, options = CASES[name]
    found = of_case(row, options, slopes)
    assert list(found) == list(GOLDEN[name])
    for tensor, wanted in GOLDEN[name].items():
        np.testing.assert_allclose(
            found[tensor], wanted, rtol=2e-4, atol=2e-4, err_msg=tensor
        )


def test_every_case_has_numbers() -> None:
    assert set(CASES) == set(GOLDEN)
