"""Quantizing block after block, on what each block's layers are called on.

The data passes the layers before the blocks. Of each block, the statistics of what its
big weights are multiplied by are taken first; then these are quantized, and the
data passes the block again: the next one is fitted to what it will really get.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from keras import ops
from keras.backends import backend_scope
from keras.core import tree
from keras.core.typing import Tensor
from keras.layers import Layer
from keras.layers.weights.observed import observed
from keras.quantizers.calibration import batches

if TYPE_CHECKING:
    from keras.models.model import Model

_KEYS = ("pre_block_layers", "sequential_blocks")


def structure_of(model: Model, mode: str, config: Any) -> dict[str, list[Layer]]:
    """In which order data passes the layers, as the config or the model says.

    Raises:
        ValueError: if neither says it, or it is no such structure.
    """
    found = config.quantization_layer_structure
    if found is None:
        found = model.get_quantization_layer_structure(mode)
    wanted = (
        "a quantization structure: a dict with 'pre_block_layers', the layers that "
        "data passes first, and 'sequential_blocks', the layers that follow one another"
    )
    if found is None:
        raise ValueError(
            f"Mode {mode!r} needs {wanted}. Pass it as `quantization_layer_structure` "
            f"of the config, or override `get_quantization_layer_structure` of "
            f"{type(model).__name__}. Received: None from both."
        )
    lists = found if isinstance(found, dict) else {}
    structure = {key: lists.get(key) for key in _KEYS}
    for layers in structure.values():
        if not isinstance(layers, (list, tuple)) or not all(
            isinstance(layer, Layer) for layer in layers
        ):
            raise ValueError(f"Mode {mode!r} needs {wanted}. Received: {found!r}.")
    if not structure["sequential_blocks"]:
        raise ValueError(f"Mode {mode!r} needs {wanted}. Received: no blocks.")
    return {key: list(layers or ()) for key, layers in structure.items()}


def inner_layers(blocks: Sequence[Layer]) -> list[Layer]:
    """The blocks and all layers inside, each once."""
    found = [layer for block in blocks for layer in block._flatten_layers()]
    return list({id(layer): layer for layer in found}.values())


def calibrate(
    structure: dict[str, list[Layer]],
    config: Any,
    quantizes: Callable[[Layer], bool],
    quantize: Callable[[Layer], None],
) -> None:
    """Quantizes the layers inside the blocks, and fits them to the config's data.

    Args:
        structure: see `structure_of`.
        config: a `GPTQConfig` or `AWQConfig`.
        quantizes: whether a layer is to be quantized.
        quantize: quantizes a layer, without data.
    """
    data: list[Any] = list(batches(config))
    before, blocks = (structure[key] for key in _KEYS)
    with _eager([*before, *blocks]):
        for layer in before:
            data = [_called(layer, batch) for batch in data]
        for i, block in enumerate(blocks):
            chosen = [layer for layer in inner_layers([block]) if quantizes(layer)]
            with observed(chosen, config.mode) as seen:
                for batch in data:
                    _called(block, batch)
            for layer in chosen:
                quantize(layer)
            for observation in seen:
                observation.fit()
            if i + 1 < len(blocks):
                data = [_called(block, batch) for batch in data]


def _called(layer: Layer, batch: np.ndarray | Tensor) -> Any:
    with backend_scope(layer._keras_backend):
        outputs = layer(ops.convert_to_tensor(batch))
        return tree.map_structure(ops.stop_gradient, outputs)


@contextmanager
def _eager(layers: Sequence[Layer]) -> Iterator[None]:
    """Models run as plain Python, in which one can look at tensors."""
    models: list[Any] = [x for x in inner_layers(layers) if hasattr(x, "run_eagerly")]
    were = [model.run_eagerly for model in models]
    try:
        for model in models:
            model.run_eagerly = True
        yield
    finally:
        for model, was in zip(models, were, strict=True):
            model.run_eagerly = was
