"""What quantized layers cost: their products, quantizing itself, and memory.

    python benchmarks/quantization.py --backend torch,jax

Products are those of a Dense layer of 1024 x 4096, in turns with the same layer in
floats; the smallest of all rounds counts, in milliseconds. On torch its own quantized
layers take turns as well: that of torch.ao, and that of torchao where it is installed.
Quantizing is that of 100 million weights in int8, beside one pass of NumPy over them,
`np.round(weight * (127 / np.abs(weight).max(axis=0))).astype("int8")`, and the most
that the process grows by, beside the float weights.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np
from machine import forget_peak, memory

import keras
from keras import ops, quantizers

FEATURES, UNITS, ROUNDS = 1024, 4096, 40
WAYS: dict[str, Any] = {
    "int8": quantizers.Int8QuantizationConfig(),
    "int8, weights": quantizers.Int8QuantizationConfig(activation_quantizer=None),
    "int4/128": quantizers.Int4QuantizationConfig(block_size=128),
}


def dense(config: Any = None) -> Any:
    """The layer, in floats or quantized, as a model of one compiled call."""
    model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(UNITS)])
    if config is not None:
        model.quantize(config=config)
    return model


def smallest(calls: list[Callable[[], Any]]) -> list[float]:
    """Milliseconds of each call, in turns."""
    found = [float("inf")] * len(calls)
    for round_ in range(ROUNDS + 4):
        for i, call in enumerate(calls):
            start = time.perf_counter()
            ops.convert_to_numpy(call())
            if round_ >= 4:  # the first ones compile
                found[i] = min(found[i], time.perf_counter() - start)
    return [1000 * seconds for seconds in found]


def products() -> None:
    """Prints the products' table."""
    print(f"| {keras.backend.backend()} | batch | float32 ms | ms | ratio |")
    print("|---|---|---|---|---|")
    whole = dense()
    for name, config in WAYS.items():
        small = dense(config)
        for batch in (1, 32):
            x = ops.convert_to_tensor(np.random.randn(batch, FEATURES), "float32")
            a, b = smallest([lambda x=x: whole(x), lambda x=x, s=small: s(x)])
            print(f"| {name} | {batch} | {a:.2f} | {b:.2f} | {b / a:.2f} |")


def layers_of_torch() -> dict[str, Any]:
    """The quantized layers that torch itself has, of the same size."""
    import torch

    warnings.simplefilter("ignore")  # torch.ao tells that it will be gone
    plain = torch.nn.Sequential(torch.nn.Linear(FEATURES, UNITS))
    found = {
        "torch.ao": torch.ao.quantization.quantize_dynamic(
            plain, {torch.nn.Linear}, dtype=torch.qint8
        )
    }
    if importlib.util.find_spec("torchao") is not None:
        from torchao import quantization as torchao

        torchao.quantize_(plain, torchao.Int8DynamicActivationInt8WeightConfig())
        found["torchao"] = plain
    return found


def beside_torch() -> None:
    """Prints int8 beside torch's own quantized layers."""
    small = dense(WAYS["int8"])
    others = layers_of_torch()
    print("| int8 | batch | ms | its ms | ratio |")
    print("|---|---|---|---|---|")
    for batch in (1, 32):
        x = ops.convert_to_tensor(np.random.randn(batch, FEATURES), "float32")
        calls = [partial(layer, x) for layer in (small, *others.values())]
        mine, *theirs = smallest(calls)
        for name, its in zip(others, theirs, strict=True):
            print(f"| {name} | {batch} | {mine:.2f} | {its:.2f} | {mine / its:.2f} |")


def quantizing(layers: int = 24) -> None:
    """Prints time and memory of quantizing 100 million weights."""
    model = keras.Sequential([keras.Input((2048,))])
    for _ in range(layers):
        model.add(keras.layers.Dense(2048, use_bias=False, kernel_initializer="ones"))
    size = sum(4 * math.prod(weight.shape) for weight in model.weights)
    forget_peak()
    before = memory("VmRSS")
    start = time.perf_counter()
    model.quantize("int8")
    took = time.perf_counter() - start
    grown = memory("VmHWM") - before
    one_pass = 0.0
    for _ in range(layers):
        weight = np.ones((2048, 2048), "float32")
        start = time.perf_counter()
        np.round(weight * (127 / np.abs(weight).max(axis=0))).astype("int8")
        one_pass += time.perf_counter() - start
    print(f"quantizing {size // 4e6:.0f} million weights: {took:.2f} s, ", end="")
    print(f"{took / one_pass:.2f} of a pass of NumPy; ", end="")
    print(f"peak {1 + grown / size:.2f} of the float weights")


def main() -> None:
    """Prints all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", default="torch,jax")
    parser.add_argument("--layers", type=int, default=24, help="of 4 million weights")
    options = parser.parse_args()
    for name in options.backend.split(","):
        with keras.backend_scope(name):
            products()
            if name == "torch":
                beside_torch()
            quantizing(options.layers)


if __name__ == "__main__":
    main()
