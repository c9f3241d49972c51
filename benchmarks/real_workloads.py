"""Sizes of the real models, and their data: no library is named here."""

from __future__ import annotations

import numpy as np

BATCH = 8
STEPS = 2
TOKENS = 32
LEARNING_RATE = 1e-3
CLASSES = 10

IMAGE = (64, 64, 3)
FILTERS = (16, 32, 64)
PATCH, VIT_WIDTH, VIT_DEPTH, VIT_HEADS = 8, 192, 6, 3

VOCABULARY, LENGTH, WIDTH, DEPTH, HEADS = 1000, 64, 256, 4, 4

NAMES = ("resnet50", "mobilenet_v3", "efficientnet_b0", "unet", "vit", "bert", "gpt")
# In training these drop parts of what they compute.
DROPPING = ("mobilenet_v3", "efficientnet_b0")


def make_data(name: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and labels: a class of each image, pixel or place."""
    rng = np.random.default_rng(7)
    if name in ("bert", "gpt"):
        x = rng.integers(0, VOCABULARY, (rows, LENGTH)).astype("int32")
        return x, np.roll(x, -1, axis=1)
    x = rng.uniform(0, 255, (rows, *IMAGE)).astype("float32")
    shape = (rows, *IMAGE[:2]) if name == "unet" else (rows,)
    return x, rng.integers(0, CLASSES, shape).astype("int32")
