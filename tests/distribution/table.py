"""Layers of the table, in parts and alone: same outputs, losses and weights.

`torch_processes.py` checks some of each kind; all of them are checked by
`torchrun --nproc-per-node 2 -m tests.distribution.table`.
"""

from __future__ import annotations

import contextlib
import re

import numpy as np

import keras
from keras import distribution, ops
from keras.core import tree
from tests.layers.rows import ROWS

SOME = [
    "EinsumDense-equation=abc,cde->abde",
    "Embedding-input_dim=9-output_dim=4-mask",
    "Conv2D-filters=4-kernel_size=3-strides",
    "DepthwiseConv2D",
    "Conv1DTranspose",
    "MaxPooling2D",
    "PReLU-alpha_initializer=ones",
    "Dropout-rate",
    "BatchNormalization",
    "LayerNormalization",
    "Attention-use_scale=True",
    "LSTM-units=4",
    "GRU-units=4-reset_after=False",
    "SimpleRNN-units=4-return_state",
]


def some_rows():
    """For each of `SOME`, the first row whose name begins so."""
    return [next(row for row in ROWS if row.name.startswith(name)) for name in SOME]


def agrees(row, shape):
    """A layer's call and two steps, with all weights split that can be."""
    plain, *wanted = _trained(row, contextlib.nullcontext(), lambda x: x)
    mesh = distribution.DeviceMesh(shape, ("batch", "model"))
    rules = distribution.LayoutMap(mesh)
    for weight in plain.weights:
        splits = [i for i, size in enumerate(weight.shape) if size % 2 == 0]
        if splits and "float" in weight.dtype:
            axes = [None] * len(weight.shape)
            axes[splits[-1]] = "model"
            rules[re.escape(weight.path)] = tuple(axes)
    chosen = distribution.ModelParallel(layout_map=rules)
    place = chosen.backend.distribution.distribute_batch
    layer, *found = _trained(row, chosen.scope(), lambda x: place(chosen, x))
    for weight in layer.weights:
        assert (weight.path in rules) == (rules[weight.path] is weight._layout)
    for got, expected in zip(tree.flatten(found), tree.flatten(wanted), strict=True):
        np.testing.assert_allclose(
            got, expected, rtol=2e-4, atol=2e-5, err_msg=row.name
        )


def _trained(row, scope, place):
    keras.backend.clear_session()
    keras.utils.set_random_seed(5)
    with scope:
        layer = row.make()
        x = tree.map_structure(place, row.inputs())
        outputs = _numbers(layer(x))
        if not layer.trainable_variables:
            return layer, outputs, [], []
        optimizer = keras.optimizers.SGD(0.1, momentum=0.9, global_clipnorm=1.0)

        def loss():
            parts = tree.flatten(layer(x, **layer_options(layer)))
            return sum(ops.mean(ops.square(part - 1)) for part in parts)

        losses = []
        for _ in range(2):
            value, grads = keras.value_and_grad(loss, layer.trainable_variables)()
            optimizer.apply(grads, layer.trainable_variables)
            losses.append(float(value))
        return layer, outputs, losses, layer.get_weights()


def layer_options(layer):
    """`training=True`, where the layer takes it."""
    return {"training": True} if layer._call_has_training_arg else {}


def _numbers(outputs):
    return [ops.convert_to_numpy(output) for output in tree.flatten(outputs)]


if __name__ == "__main__":
    keras.config.set_backend("torch")
    distribution.initialize()
    for number, each in enumerate(ROWS):
        agrees(each, ((1, 2), (2, 1))[number % 2])
    print(f"{len(ROWS)} rows agree")
