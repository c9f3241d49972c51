"""Connectionist temporal classification on the PyTorch backend: its own kernel."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from keras.backends.torch.core import inexact
from keras.core.typing import TensorLike

_NO_LENGTHS = inexact | {torch.bool}


def ctc_loss(
    target: torch.Tensor,
    output: torch.Tensor,
    target_length: TensorLike,
    output_length: TensorLike,
    mask_index: int = 0,
) -> torch.Tensor:
    lengths = (target_length, output_length)
    if any(x.ndim != 1 or x.dtype in _NO_LENGTHS for x in lengths):
        raise TypeError("Lengths are vectors of integers.")
    wide = output if output.dtype is torch.float64 else output.float()
    logs = torch.log_softmax(wide, -1).transpose(0, 1)
    if torch.compiler.is_compiling():
        lengths = (output_length.long(), target_length.long())
        return torch.ops.keras.ctc(logs, target.long(), *lengths, mask_index)
    return F.ctc_loss(
        logs,
        target.long(),
        output_length.long(),
        target_length.long(),
        mask_index,
        reduction="none",
    )
