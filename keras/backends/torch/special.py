"""Special functions of the PyTorch backend."""

from __future__ import annotations

from typing import Any

import torch as _torch

erf = _torch.erf
erfc = _torch.erfc
erfinv = _torch.erfinv
rsqrt = _torch.rsqrt


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> _torch.Tensor:
    if axis is None:
        axis = tuple(range(x.ndim))
    if type(axis) is tuple and not axis:
        return x
    return _torch.logsumexp(x, axis, keepdims)
