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
    return _sampled(images, torch.stack([x, y], -1), fill_mode, fill_value, centres)


def _sampled(
    images: TensorLike, grid: Any, fill_mode: str, fill_value: float, centres: bool
) -> Any:
    """Images read at a grid of places from -1 to 1, `(batch, height, width, 2)`."""
    shift = fill_value if fill_mode == "constant" else 0.0
    channels_first = images.permute(0, 3, 1, 2)
    found = F.grid_sample(
        channels_first - shift if shift else channels_first,
        grid.to(images.dtype),
        padding_mode=_PADDINGS[fill_mode],
        align_corners=centres,
    )
    return (found + shift if shift else found).permute(0, 2, 3, 1)


def read_projected(
    images: TensorLike,
    matrices: TensorLike,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
) -> TensorLike:
    batch, height, width, _ = images.shape
    # Places go from -1 to 1 here, which the matrices can do beforehand.
    ends = [[2 / width, 0.0, 1 / width - 1], [0.0, 2 / height, 1 / height - 1]]
    scaling = matrices.new_tensor([*ends, [0.0, 0.0, 1.0]])
    affine = matrices.shape[1] == 2
    if affine:
        found = scaling[:2, :2] @ matrices
        found = torch.cat([found[..., :2], found[..., 2:] + scaling[:2, 2:]], -1)
    else:
        found = scaling @ matrices
    columns = torch.arange(width, dtype=matrices.dtype, device=matrices.device)
    rows = torch.arange(height, dtype=matrices.dtype, device=matrices.device)
    along, down, ahead = (found[..., i, None, None] for i in range(3))
    # One pass over places, in planes: kernels need not have the pairs side by side.
    places = (along * columns + ahead) + down * rows[:, None]
    if not affine:
        places = places[:, :2] / places[:, 2:]
    grid = places.permute(0, 2, 3, 1).expand(batch, height, width, 2)
    return _sampled(images, grid, fill_mode, fill_value, False)
