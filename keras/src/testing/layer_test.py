"""What `TestCase.run_layer_test` does with a layer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import keras
from keras import ops, tree
from keras.backends import current
from keras.core.dtypes import is_float
from keras.core.masking import get_mask

_ROWS = 2  # of inputs whose shape leaves the number open


@dataclass
class Expected:
    """What is expected of a layer; None where nothing is.

    Args:
        expected_output_shape: shape of the outputs, or a structure of shapes.
        expected_output_dtype: their dtype, or a list of dtypes.
        expected_output_sparse: whether they are sparse.
        expected_output_ragged: whether they are ragged.
        expected_num_trainable_weights: how many the built layer has.
        expected_num_non_trainable_weights: how many it has.
        expected_num_non_trainable_variables: how many, states of draws included.
        expected_num_seed_generators: how many, those of layers inside included.
        expected_num_losses: how many a call leaves.
        supports_masking: what the layer says.
        expected_mask_shape: shape of the mask that comes out.
        assert_built_after_instantiation: whether it must be built at once.
    """

    expected_output_shape: Any = None
    expected_output_dtype: Any = None
    expected_output_sparse: bool = False
    expected_output_ragged: bool = False
    expected_num_trainable_weights: int | None = None
    expected_num_non_trainable_weights: int | None = None
    expected_num_non_trainable_variables: int | None = None
    expected_num_seed_generators: int | None = None
    expected_num_losses: int | None = None
    supports_masking: bool | None = None
    expected_mask_shape: Any = None
    assert_built_after_instantiation: bool = False

    def __post_init__(self) -> None:
        if self.expected_mask_shape is not None and self.supports_masking is not True:
            raise ValueError("`expected_mask_shape` needs supports_masking=True.")

    def of_new(self, test: Any, layer: Any) -> None:
        """Compares a layer that was just made."""
        if self.assert_built_after_instantiation:
            test.assertTrue(layer.built, "A layer without state is built at once.")
        if self.supports_masking is not None:
            masks = layer.supports_masking
            test.assertEqual(masks, self.supports_masking, "supports_masking")

    def of_built(self, test: Any, layer: Any) -> None:
        """Compares what a built layer holds."""
        found = {
            "trainable_weights": len(layer.trainable_weights),
            "non_trainable_weights": len(layer.non_trainable_weights),
            "non_trainable_variables": len(layer.non_trainable_variables),
            "seed_generators": len({id(each) for each in _generators(layer)}),
        }
        for name, count in found.items():
            wanted = getattr(self, f"expected_num_{name}")
            if wanted is not None:
                test.assertEqual(count, wanted, f"The number of {name}.")

    def of_outputs(self, test: Any, outputs: Any) -> None:
        """Compares what a call gave, symbols or tensors."""
        flat = tree.flatten(outputs)
        if self.expected_output_shape is not None:
            shapes = [tuple(x.shape) for x in flat]
            test.assertEqual(shapes, list(_shapes(self.expected_output_shape)))
        if self.expected_output_dtype is not None:
            wanted = tree.flatten(self.expected_output_dtype)
            wanted = wanted * len(flat) if len(wanted) == 1 else wanted
            test.assertEqual([_dtype(x) for x in flat], wanted)
        for x in flat:
            test.assertSparse(x, self.expected_output_sparse)
            test.assertRagged(x, self.expected_output_ragged)
        if self.expected_mask_shape is not None:
            mask = get_mask(flat[0])
            test.assertIsNotNone(mask, "No mask came out.")
            test.assertEqual(tuple(mask.shape), tuple(self.expected_mask_shape))


def check(
    test: Any,
    wanted: Expected,
    make: Callable[..., Any],
    *,
    shape: Any,
    dtype: Any,
    data: Any,
    kwargs: dict[str, Any],
    kind: str,
    trains: bool,
    in_half: bool,
) -> Any:
    """Builds, calls and trains layers that `make` makes; returns a call's outputs."""
    if shape is not None:
        layer = make()
        layer.build(shape)
        test.assertTrue(layer.built, "`build` leaves the layer built.")
        wanted.of_built(test, layer)
        data = _drawn(shape, dtype)
    if kind == "dense":
        layer = make()
        symbols = tree.map_structure(_symbol, data)
        wanted.of_outputs(test, _called(layer, symbols, kwargs))
        wanted.of_built(test, layer)
    tensors = tree.map_structure(lambda x: _tensor(x, kind), data)
    layer = make()
    outputs = _called(layer, tensors, kwargs)
    wanted.of_outputs(test, outputs)
    wanted.of_built(test, layer)
    if wanted.expected_num_losses is not None:
        test.assertEqual(len(layer.losses), wanted.expected_num_losses, "Losses.")
    if trains and kind == "dense":
        _train(layer, tensors, outputs, kwargs)
    if in_half and kind == "dense":
        _compute_in_half(test, make, tensors, outputs, kwargs)
    return outputs


def _called(layer: Any, inputs: Any, kwargs: dict[str, Any]) -> Any:
    """A call with inputs by position, or by name where they are a dict of arguments."""
    if isinstance(inputs, dict) and not _takes_dict(layer, inputs):
        return layer(**inputs, **kwargs)
    return layer(inputs, **kwargs)


def _takes_dict(layer: Any, inputs: dict[str, Any]) -> bool:
    return not set(inputs) <= set(layer._call_signature.parameters)


def _train(layer: Any, inputs: Any, outputs: Any, kwargs: dict[str, Any]) -> None:
    """A compiled step of a model around the layer, towards zeros."""

    class Around(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def call(self, x: Any) -> Any:
            return _called(self.layer, x, kwargs)

    targets = tree.map_structure(lambda x: np.zeros(tuple(x.shape)), outputs)
    model = Around()
    losses = tree.map_structure(lambda _: "mse", targets)
    jit = "auto" if layer.supports_jit else False
    model.compile("sgd", losses, jit_compile=jit)
    x = tree.map_structure(ops.convert_to_numpy, inputs)
    # What has nothing to train is only to run in a step.
    run = model.fit if layer.trainable_weights else model.evaluate
    run(x, targets, batch_size=len(tree.flatten(x)[0]), verbose=0)


def _compute_in_half(
    test: Any, make: Callable[..., Any], inputs: Any, outputs: Any, kwargs: Any
) -> None:
    """A call in mixed precision: float weights stay whole, results have a half."""
    layer = make(dtype="mixed_bfloat16")
    for weight in layer.weights:
        if is_float(weight.dtype):
            test.assertEqual(weight.dtype, layer.variable_dtype)
    half = tree.flatten(_called(layer, inputs, kwargs))
    for x, whole in zip(half, tree.flatten(outputs), strict=True):
        test.assertEqual(tuple(x.shape), tuple(whole.shape))
        if is_float(_dtype(whole)):
            test.assertIn(_dtype(x), (layer.compute_dtype, _dtype(whole)))


def _generators(layer: Any) -> Iterator[Any]:
    for inner in layer._flatten_layers():
        yield from inner._seed_generators


def _dtype(x: Any) -> str:
    return keras.backend.standardize_dtype(x.dtype)


def _is_shape(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(
        size is None or isinstance(size, int) for size in value
    )


def _shapes(structure: Any) -> Iterator[tuple[int | None, ...]]:
    """The shapes in a structure of them, in its order."""
    if _is_shape(structure):
        yield tuple(structure)
        return
    parts = structure.values() if isinstance(structure, dict) else structure
    for part in parts:
        yield from _shapes(part)


def _drawn(shape: Any, dtype: Any) -> Any:
    """Random inputs in the structure of the shapes."""
    if isinstance(shape, dict):
        of = dtype if isinstance(dtype, dict) else dict.fromkeys(shape, dtype)
        return {key: _drawn(part, of[key]) for key, part in shape.items()}
    if not _is_shape(shape):
        of = dtype if isinstance(dtype, (list, tuple)) else [dtype] * len(shape)
        return type(shape)(map(_drawn, shape, of))
    sizes = tuple(_ROWS if size is None else size for size in shape)
    name = keras.backend.standardize_dtype(dtype or "float32")
    draw = np.random.default_rng(0)
    if is_float(name):
        return draw.random(sizes).astype(np.float32).astype(name)
    return draw.integers(0, 2, sizes).astype(name)


def _symbol(x: Any) -> Any:
    return keras.KerasTensor(tuple(x.shape), _dtype(x))


def _tensor(x: Any, kind: str) -> Any:
    whole = ops.convert_to_tensor(x)
    if kind == "sparse":
        return current().sparse.from_dense(whole)
    if kind == "ragged":  # a kind of TensorFlow's, which is the backend then
        return sys.modules["tensorflow"].RaggedTensor.from_tensor(whole)
    return whole
