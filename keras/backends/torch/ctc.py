"""Connectionist temporal classification on the PyTorch backend: its own kernel."""

from __future__ import annotations

import torch as _torch
import torch.nn.functional as _F

from keras.backends.torch.core import inexact as _inexact
from keras.core.typing import TensorLike

_NO_LENGTHS = _inexact | {_torch.bool}


def ctc_loss(
    target: _torch.Tensor,
    output: _torch.Tensor,
    target_length: TensorLike,
    output_length: TensorLike,
    mask_index: int = 0,
) -> _torch.Tensor:
    lengths = (target_length, output_length)
    if any(x.ndim != 1 or x.dtype in _NO_LENGTHS for x in lengths):
        raise TypeError("Lengths are vectors of integers.")
    wide = output if output.dtype is _torch.float64 else output.float()
    logs = _torch.log_softmax(wide, -1).transpose(0, 1)
    if _torch.compiler.is_compiling():
        lengths = (output_length.long(), target_length.long())
        return _torch.ops.keras.ctc(logs, target.long(), *lengths, mask_index)
    return _F.ctc_loss(
        logs,
        target.long(),
        output_length.long(),
        target_length.long(),
        mask_index,
        reduction="none",
    )
