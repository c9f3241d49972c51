"""Special functions of the PyTorch backend."""

from __future__ import annotations

from typing import Any

import torch

from keras.core.typing import TensorLike

erf = torch.erf
erfc = torch.erfc
erfinv = torch.erfinv
rsqrt = torch.rsqrt


def logsumexp(x: TensorLike, axis: Any = None, keepdims: bool = False) -> torch.Tensor:
    if axis is None:
        axis = tuple(range(x.ndim))
    if type(axis) is tuple and not axis:
        return x
    return torch.logsumexp(x, axis, keepdims)
