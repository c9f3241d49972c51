"""Every layer of the table under what the frameworks make of functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras
from tests.conftest import BACKENDS
from tests.layers.rows import ROWS, Row

# One row of each layer: compiling takes a second.
FIRST = list({row.layer: row for row in reversed(ROWS)}.values())
ROW = pytest.mark.parametrize("row", FIRST, ids=lambda row: row.name)


def arrays(outputs: Any) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(x) for x in keras.tree.flatten(outputs)]


def agree(found: Any, wanted: Any) -> None:
    for one, other in zip(arrays(found), arrays(wanted), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5, rtol=2e-5)


@pytest.mark.skipif("torch" not in BACKENDS, reason="of torch")
@ROW
def test_torch_compiles_it_whole_with_open_sizes(row: Row) -> None:
    torch = pytest.importorskip("torch")
    with keras.backend_scope("torch"):
        layer = row.make()
        inputs = keras.tree.map_structure(torch.from_numpy, row.inputs())
        expected = layer(inputs)
        torch._dynamo.reset()
        compiled = torch.compile(layer, fullgraph=True, dynamic=True, backend="eager")
        agree(compiled(inputs), expected)


@pytest.mark.skipif("jax" not in BACKENDS, reason="of JAX")
@ROW
def test_jax_maps_it_over_an_axis(row: Row) -> None:
    jax = pytest.importorskip("jax")
    with keras.backend_scope("jax"):
        layer = row.make()
        batches = [row.inputs(seed) for seed in (0, 1)]
        expected = [layer(inputs) for inputs in batches]
        stacked = keras.tree.map_structure(lambda *x: np.stack(x), *batches)
        mapped = jax.jit(jax.vmap(layer))(stacked)
        for place, wanted in enumerate(expected):
            agree(keras.tree.map_structure(lambda x, i=place: x[i], mapped), wanted)


@pytest.mark.skipif("jax" not in BACKENDS, reason="of JAX")
@ROW
def test_a_stateless_call_leaves_the_layer_alone(row: Row) -> None:
    """Values and losses of a trace stay in it."""
    jax = pytest.importorskip("jax")
    with keras.backend_scope("jax"):
        layer = row.make()
        layer(row.symbols())
        variables = layer.trainable_variables, layer.non_trainable_variables
        values = [[v.value for v in each] for each in variables]
        before = [id(v.value) for v in layer.variables]

        def run(trainable: Any, others: Any, x: Any) -> Any:
            call = layer.stateless_call
            return call(trainable, others, x, training=True, return_losses=True)

        for _ in range(2):
            _, left, losses = jax.eval_shape(run, *values, row.inputs())
            assert [x.shape for x in left] == [v.shape for v in variables[1]]
            assert [id(v.value) for v in layer.variables] == before
            assert len(losses) == (row.layer == "ActivityRegularization")
            assert layer.losses == []
