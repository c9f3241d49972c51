"""Segments and ranks of the PyTorch backend."""

from __future__ import annotations

import operator
from typing import Any

import torch

from keras.backends.torch.core import inexact
from keras.core.typing import Data, TensorLike

_compiling = torch.compiler.is_compiling


def _whole(places: Any) -> torch.Tensor:
    if places.dtype in inexact or places.dtype is torch.bool:
        raise TypeError("Places are integers.")
    return places if places.dtype is torch.int64 else places.long()


def _segment(
    data: Data,
    ids: torch.Tensor,
    num_segments: int | None,
    reduce: str,
    start: TensorLike,
) -> torch.Tensor:
    shape = data.shape
    if ids.ndim != 1 or not shape or shape[0] != ids.shape[0]:
        raise ValueError("The segment numbers do not fit the rows.")
    ids = _whole(ids)
    if num_segments is None:
        num_segments = int(ids.max()) + 1 if ids.numel() else 0
    if data.is_cpu and not _compiling():
        try:  # which looks at each number anyway; on other devices nobody may
            return _grouped(data, ids, num_segments, reduce, start)
        except (RuntimeError, IndexError):
            pass  # some are outside
    # Numbers outside go to a row of their own, which is cut off.
    ids = torch.where((ids >= 0) & (ids < num_segments), ids, num_segments)
    return _grouped(data, ids, num_segments + 1, reduce, start)[:num_segments]


def _grouped(
    data: Data, ids: torch.Tensor, count: int, reduce: str, start: TensorLike
) -> torch.Tensor:
    shape = data.shape
    rows = data.new_full((count, *shape[1:]), start)
    if reduce == "sum":
        return rows.index_add(0, ids, data)
    index = ids.reshape(-1, *(1,) * (len(shape) - 1)).expand_as(data)
    return rows.scatter_reduce(0, index, data, reduce)


def segment_sum(
    data: Data,
    segment_ids: torch.Tensor,
    num_segments: int | None = None,
    sorted: bool = False,
) -> torch.Tensor:
    return _segment(data, segment_ids, num_segments, "sum", 0)


def segment_prod(
    data: Data,
    segment_ids: torch.Tensor,
    num_segments: int | None = None,
    sorted: bool = False,
) -> torch.Tensor:
    return _segment(data, segment_ids, num_segments, "prod", 1)


def segment_max(
    data: Data,
    segment_ids: torch.Tensor,
    num_segments: int | None = None,
    sorted: bool = False,
) -> torch.Tensor:
    floats = data.dtype.is_floating_point
    least = float("-inf") if floats else torch.iinfo(data.dtype).min
    return _segment(data, segment_ids, num_segments, "amax", least)


def segment_min(
    data: Data,
    segment_ids: torch.Tensor,
    num_segments: int | None = None,
    sorted: bool = False,
) -> torch.Tensor:
    floats = data.dtype.is_floating_point
    greatest = float("inf") if floats else torch.iinfo(data.dtype).max
    return _segment(data, segment_ids, num_segments, "amin", greatest)


def top_k(x: torch.Tensor, k: int, sorted: bool = True) -> tuple[Any, Any]:
    if x.dtype is torch.bool:
        values, indices = torch.topk(x.byte(), k, sorted=sorted)
        return values.bool(), indices.int()
    values, indices = torch.topk(x, k, sorted=sorted)
    return values, indices.int()


def in_top_k(targets: Any, predictions: torch.Tensor, k: int) -> torch.Tensor:
    targets, k = _whole(targets), operator.index(k)
    if targets.shape != predictions.shape[:-1]:
        raise ValueError("One target for each row is needed.")
    classes = predictions.shape[-1]
    valid = (targets >= 0) & (targets < classes)
    safe = torch.where(valid, targets, 0)[..., None]
    own = predictions.gather(-1, safe)
    ahead = (predictions > own).sum(-1)
    return (ahead < k) & valid & torch.isfinite(own[..., 0])
