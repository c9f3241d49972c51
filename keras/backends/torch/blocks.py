"""Windows and blocks of the PyTorch backend."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from keras.core.typing import TensorLike


def _floating(x: torch.Tensor) -> torch.Tensor:
    """Integers as float64, for kernels that know no others."""
    if x.dtype.is_floating_point or x.dtype.is_complex:
        return x
    return x.to(torch.float64)


def unfold(
    x: TensorLike,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Any:
    if x.ndim != 4:
        raise ValueError("Four dimensions are needed.")
    wide = _floating(x)
    return F.unfold(wide, kernel_size, dilation, padding, stride).to(x.dtype)


def fold(
    x: TensorLike,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Any:
    size = (output_size,) * 2 if isinstance(output_size, int) else output_size
    if x.ndim != 3:
        raise ValueError("Three dimensions are needed.")
    wide = _floating(x)
    return F.fold(wide, size, kernel_size, dilation, padding, stride).to(x.dtype)


def complex_from(real: torch.Tensor, imaginary: Any) -> torch.Tensor:
    if real.dtype.itemsize == 2:
        real, imaginary = real.float(), imaginary.float()
    return torch.complex(real, imaginary)
