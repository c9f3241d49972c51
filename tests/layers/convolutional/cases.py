"""Layers whose numbers are compared with those of the PyPI keras."""

from __future__ import annotations

from typing import Any

import numpy as np

import keras

Case = tuple[str, dict[str, Any], tuple[int, ...]]
FIRST = {"data_format": "channels_first"}


def _transposed() -> dict[str, Case]:
    cases: dict[str, Case] = {}
    for padding in ("valid", "same"):
        for strides, extra in ((1, None), (2, None), (2, 1), (3, 0)):
            arguments = {"strides": strides, "padding": padding}
            cases[f"transposed {padding} {strides} {extra}"] = (
                "Conv2DTranspose",
                {"filters": 2, "kernel_size": (3, 2), "output_padding": extra}
                | arguments,
                (1, 4, 5, 3),
            )
        wide = {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "padding": padding}
        cases[f"transposed {padding} dilated"] = ("Conv1DTranspose", wide, (2, 6, 3))
    return cases


CASES: dict[str, Case] = {
    **_transposed(),
    "transposed 1d": (
        "Conv1DTranspose",
        {"filters": 4, "kernel_size": 3, "strides": 2, "activation": "relu"},
        (2, 5, 3),
    ),
    "transposed 3d": (
        "Conv3DTranspose",
        {"filters": 2, "kernel_size": 2, "strides": (1, 2, 3), "padding": "same"},
        (1, 2, 3, 2, 2),
    ),
    "cropping 1d": ("Cropping1D", {"cropping": (2, 1)}, (2, 6, 2)),
    "cropping 2d": ("Cropping2D", {"cropping": ((1, 0), (2, 3))}, (1, 4, 7, 2)),
    "cropping 2d first": ("Cropping2D", {"cropping": (1, 2), **FIRST}, (1, 2, 4, 7)),
    "cropping 3d": ("Cropping3D", {"cropping": 1}, (1, 3, 4, 5, 2)),
    "padding 1d": ("ZeroPadding1D", {"padding": (2, 1)}, (2, 3, 2)),
    "padding 1d first": ("ZeroPadding1D", {"padding": 2, **FIRST}, (2, 3, 2)),
    "padding 2d": ("ZeroPadding2D", {"padding": ((1, 0), (2, 3))}, (1, 2, 3, 2)),
    "padding 3d": ("ZeroPadding3D", {"padding": (1, 0, 2)}, (1, 2, 3, 1, 2)),
    "padding 3d first": ("ZeroPadding3D", {"padding": 1, **FIRST}, (1, 2, 2, 1, 2)),
    "repeated 1d": ("UpSampling1D", {"size": 3}, (2, 3, 2)),
    "repeated 2d": ("UpSampling2D", {"size": (2, 3)}, (1, 2, 3, 2)),
    "repeated 2d first": ("UpSampling2D", {"size": 2, **FIRST}, (1, 2, 3, 2)),
    "repeated 3d": ("UpSampling3D", {"size": (2, 1, 3)}, (1, 2, 3, 2, 1)),
    **{
        f"enlarged {how}": (
            "UpSampling2D",
            {"size": (2, 3), "interpolation": how},
            (1, 4, 5, 2),
        )
        for how in ("bilinear", "bicubic", "lanczos3", "lanczos5")
    },
}


def output_of(case: Case) -> np.ndarray:
    """What a layer gives for weights and inputs that are the same everywhere."""
    name, arguments, shape = case
    layer = getattr(keras.layers, name)(**arguments)
    layer.build(shape)
    generator = np.random.default_rng(7)
    layer.set_weights(
        [generator.standard_normal(w.shape).astype("float32") for w in layer.weights]
    )
    x = generator.standard_normal(shape).astype("float32")
    return np.array(keras.ops.convert_to_numpy(layer(x)))
