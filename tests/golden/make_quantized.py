"""Records what the published Keras 3.15 makes of quantized layers.

Run with it and no other Keras: `python tests/golden/make_quantized.py`. It writes
`quantized.npz`: outputs and weights, in their order and by their names.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import keras

sys.path.insert(0, str(Path(__file__).parent))

import quantized

HERE = Path(__file__).parent


def main() -> None:
    """Writes the file."""
    found = {}
    for kind in quantized.KINDS:
        for mode in quantized.MODES:
            for lora in (False, True):
                model = quantized.model(keras, kind)
                layer = model.get_layer("layer")
                quantized.quantize(keras, layer, mode, lora)
                key = f"{kind}/{mode}/{'lora' if lora else 'plain'}"
                outputs = model(quantized.inputs_of(kind))
                found[f"{key}/outputs"] = keras.ops.convert_to_numpy(outputs)
                for index, weight in enumerate(model.weights):
                    value = keras.ops.convert_to_numpy(weight)
                    found[f"{key}/{index}/{weight.name}"] = value
                store: dict = {}
                layer.save_own_variables(store)
                for index, value in store.items():
                    value = keras.ops.convert_to_numpy(value)
                    found[f"{key}/store/{index}"] = value
                if (kind, lora) in {("dense", True), ("untied", False)}:
                    name = f"{kind}_{mode}.keras"
                    model.save(HERE.parent / "fixtures" / "quantized" / name)
    np.savez_compressed(HERE / "quantized.npz", **found)


if __name__ == "__main__":
    main()
