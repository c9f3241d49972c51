"""Image kernels of the PyTorch backend."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as _F


def resize_bilinear(images: Any, size: Any, antialias: bool = False) -> Any:
    x = images.permute(0, 3, 1, 2)
    y = _F.interpolate(x, tuple(size), mode="bilinear", antialias=antialias)
    return y.permute(0, 2, 3, 1)
