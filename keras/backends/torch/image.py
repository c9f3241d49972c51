"""Image kernels of the PyTorch backend."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from keras.core.typing import TensorLike


def resize_bilinear(
    images: TensorLike, size: Any, antialias: bool = False
) -> TensorLike:
    x = images.permute(0, 3, 1, 2)
    y = F.interpolate(x, tuple(size), mode="bilinear", antialias=antialias)
    return y.permute(0, 2, 3, 1)


_PADDINGS = {
    "constant": "zeros",
    "nearest": "border",
    "mirror": "reflection",
    "reflect": "reflection",
}


def sample_bilinear(
    images: TensorLike,
    y: TensorLike,
    x: TensorLike,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
) -> TensorLike:
    centres = fill_mode == "mirror"  # the middles of the outer pixels are the ends
    height, width = images.shape[1:3]
    if centres:
        x, y = (p * (2 / max(n - 1, 1)) - 1 for p, n in ((x, width), (y, height)))
    else:
        x, y = (p * (2 / n) + (1 / n - 1) for p, n in ((x, width), (y, height)))
    shift = fill_value if fill_mode == "constant" else 0.0
    channels_first = images.permute(0, 3, 1, 2)
    found = F.grid_sample(
        channels_first - shift if shift else channels_first,
        torch.stack([x, y], dim=-1).to(images.dtype),
        padding_mode=_PADDINGS[fill_mode],
        align_corners=centres,
    )
    return (found + shift if shift else found).permute(0, 2, 3, 1)
