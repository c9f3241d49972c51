"""Layers for images with arguments, and images, for every test of them.

All tests take batches of one shape, as JAX compiles operations anew for each.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import keras

layers = keras.layers
SHAPE = (8, 12, 10, 3)
BATCH = np.random.default_rng(0).integers(0, 255, SHAPE).astype("float32")
SAME = np.repeat(BATCH[:1], 8, 0)
BLACK: dict[str, Any] = {"fill_mode": "constant"}

# Layers that draw for each image.
EACH: dict[str, dict[str, Any]] = {
    "AugMix": {"num_chains": 2, "chain_depth": 2},
    "CutMix": {},
    "MixUp": {},
    "RandAugment": {"factor": 0.4, "num_ops": 4},
    "RandomBrightness": {"factor": 0.3},
    "RandomColorDegeneration": {"factor": 0.5},
    "RandomColorJitter": {"brightness_factor": 0.2, "hue_factor": 0.3},
    "RandomContrast": {"factor": 0.3},
    "RandomElasticTransform": {"factor": (1.0, 1.0), "scale": (0.5, 1.0)},
    "RandomErasing": {"factor": (1.0, 1.0)},
    "RandomFlip": {},
    "RandomGaussianBlur": {"factor": (1.0, 1.0), "sigma": (0.5, 1.0)},
    "RandomGrayscale": {"factor": 0.5},
    "RandomHue": {"factor": 0.5},
    "RandomInvert": {"factor": (0.5, 0.5)},
    "RandomPerspective": {"factor": (1.0, 1.0), "scale": 0.3},
    "RandomPosterization": {"factor": 4},
    "RandomRotation": {"factor": 0.2},
    "RandomSaturation": {"factor": (0.1, 0.8)},
    "RandomSharpness": {"factor": 1.0},
    "RandomShear": {"x_factor": 0.3, "y_factor": 0.2},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.2},
    "RandomZoom": {"height_factor": 0.3},
    "Solarization": {"threshold_factor": 1.0},
}
# Those that draw one of few things, so that two images may get the same.
FEW = ("RandomFlip", "RandomGrayscale", "RandomInvert", "RandomPosterization")
RANDOM = {**EACH, "RandomCrop": {"height": 5, "width": 6}}
FIXED: dict[str, dict[str, Any]] = {
    "AutoContrast": {},
    "CenterCrop": {"height": 5, "width": 6},
    "ContrastLimitedAdaptiveHistogramEqualization": {"tile_grid_size": (2, 3)},
    "Equalization": {},
    "Resizing": {"height": 5, "width": 6},
}


def make(name: str, **more: Any) -> Any:
    """A layer of the tables."""
    given = RANDOM.get(name, FIXED.get(name, {}))
    return getattr(layers, name)(**{**given, **more})


def numbers(x: Any) -> np.ndarray:
    """A tensor as a NumPy array."""
    return keras.ops.convert_to_numpy(x)
