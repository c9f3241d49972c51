"""Image kernels of the PyTorch backend."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F

from keras.core.typing import TensorLike


def resize_bilinear(
    images: TensorLike, size: Any, antialias: bool = False
) -> TensorLike:
    x = images.permute(0, 3, 1, 2)
    y = F.interpolate(x, tuple(size), mode="bilinear", antialias=antialias)
    return y.permute(0, 2, 3, 1)
