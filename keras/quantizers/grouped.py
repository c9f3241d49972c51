"""Rounding a matrix by groups of its columns, fitted to the inputs it is multiplied by.

All in NumPy, on the host: a fit happens once, and runs the same on every backend. A
matrix is `(outputs, inputs)` here; the columns of a group share a scale and a zero
point in each row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_COLUMNS_AT_ONCE = 128


class Grid(NamedTuple):
    """To what integers values are rounded.

    Attributes:
        bits: the integers are from 0 to `2**bits - 1`.
        symmetric: whether 0 stands in the middle of them.
        per_channel: whether each row has its own scale.
    """

    bits: int = 4
    symmetric: bool = False
    per_channel: bool = True

    @property
    def largest(self) -> int:
        """The largest integer."""
        return 2**self.bits - 1

    def of(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The scale and the zero point of each row, for the values of a group.

        Zero is in the range, so that it can be said exactly and no row is cut off.
        """
        rows = values if self.per_channel else values.reshape(1, -1)
        low = np.minimum(rows.min(axis=1), 0)
        high = np.maximum(rows.max(axis=1), 0)
        if self.symmetric:
            high = np.maximum(high, -low)
            low = -high
        empty = low == high
        low, high = np.where(empty, -1, low), np.where(empty, 1, high)
        scale = (high - low) / self.largest
        zero = np.round(-low / scale)
        if self.symmetric:
            zero = np.full_like(scale, (self.largest + 1) // 2)
        shape = len(values)
        return np.broadcast_to(scale, shape), np.broadcast_to(zero, shape)

    def rounded(
        self, values: np.ndarray, scale: np.ndarray, zero: np.ndarray
    ) -> np.ndarray:
        """The integers, as floats; the scale and the zero point have its rank."""
        return np.clip(np.round(values / scale) + zero, 0, self.largest)


class Rounded(NamedTuple):
    """A matrix in integers.

    Attributes:
        integers: `(outputs, inputs)`.
        scale: `(outputs, groups)`.
        zero: the integer that stands for 0, `(outputs, groups)`.
        group: the group of each input, `(inputs,)`.
    """

    integers: np.ndarray
    scale: np.ndarray
    zero: np.ndarray
    group: np.ndarray

    def value(self) -> np.ndarray:
        """What the integers stand for."""
        zero, scale = self.zero[:, self.group], self.scale[:, self.group]
        return (self.integers - zero) * scale


def groups_of(inputs: int, size: int) -> np.ndarray:
    """The group of each input, where neighbours are grouped; -1 for one group."""
    return np.arange(inputs) // (inputs if size == -1 else size)


def round_groups(weight: np.ndarray, group: np.ndarray, grid: Grid) -> Rounded:
    """Each value to the nearest integer of its group.

    Args:
        weight: `(outputs, inputs)`.
        group: the group of each input, from 0 on.
        grid: the integers.
    """
    found = [grid.of(weight[:, group == g]) for g in range(int(group.max()) + 1)]
    scale, zero = (np.stack(parts, axis=1) for parts in zip(*found, strict=True))
    integers = grid.rounded(weight, scale[:, group], zero[:, group])
    return Rounded(integers, scale, zero, group)


def gptq(
    weight: np.ndarray,
    hessian: np.ndarray,
    grid: Grid,
    group_size: int,
    damping: float = 0.01,
    activation_order: bool = False,
) -> Rounded:
    """Rounds one input after the other; those that follow make up for the error.

    Source: Frantar et al., 2022 (https://arxiv.org/abs/2210.17323).

    Args:
        weight: `(outputs, inputs)`.
        hessian: the sum of the products of the inputs, `(inputs, inputs)`.
        grid: the integers.
        group_size: number of inputs that share a scale, as they are rounded.
        damping: part of the mean of the Hessian's diagonal that is added to it.
        activation_order: whether the inputs that count most are rounded first.
    """
    weight = np.array(weight, "float64")
    hessian = np.array(hessian, "float64")
    inputs = len(hessian)
    diagonal = np.diag(hessian).copy()
    unseen = diagonal == 0
    hessian[unseen, unseen] = 1  # their weight is never used
    order = np.arange(inputs)
    if activation_order:
        order = np.argsort(-diagonal, kind="stable")
        weight, hessian = weight[:, order], hessian[np.ix_(order, order)]
    hessian[np.diag_indices(inputs)] += damping * np.mean(np.diag(hessian))
    # Row i: how the inputs from i on make up for an error of i.
    making_up = np.linalg.cholesky(np.linalg.inv(hessian)).T
    group = groups_of(inputs, group_size)
    integers = np.empty_like(weight)
    scales = np.empty((len(weight), int(group[-1]) + 1))
    zeros = np.empty_like(scales)
    # Errors reach the columns that are far away in one product; no group is cut.
    size = 1 if group_size == -1 else group_size
    step = size * max(1, _COLUMNS_AT_ONCE // size)
    for start in range(0, inputs, step):
        stop = min(start + step, inputs)
        errors = np.empty((len(weight), stop - start))
        for i in range(start, stop):
            g = group[i]
            if i == 0 or group[i - 1] != g:
                scales[:, g], zeros[:, g] = grid.of(weight[:, group == g])
            column = weight[:, i]
            integers[:, i] = grid.rounded(column, scales[:, g], zeros[:, g])
            left = column - (integers[:, i] - zeros[:, g]) * scales[:, g]
            error = left / making_up[i, i]
            weight[:, i:stop] -= np.outer(error, making_up[i, i:stop])
            errors[:, i - start] = error
        weight[:, stop:] -= errors @ making_up[start:stop, stop:]
    back = np.argsort(order)
    return Rounded(integers[:, back], scales, zeros, group[back])


def awq(
    weight: np.ndarray,
    hessian: np.ndarray,
    sizes: np.ndarray,
    grid: Grid,
    group_size: int,
    grid_points: int = 20,
) -> tuple[Rounded, np.ndarray]:
    """Enlarges the weights of large inputs before it rounds, so that they lose less.

    Source: Lin et al., 2023 (https://arxiv.org/abs/2306.00978).

    Args:
        weight: `(outputs, inputs)`.
        hessian: the sum of the products of the inputs, `(inputs, inputs)`.
        sizes: the mean absolute value of each input.
        grid: the integers.
        group_size: number of inputs that share a scale.
        grid_points: number of strengths that are tried, from 0 on.

    Returns:
        The rounded weight, times the factors of its inputs, and these factors.
    """
    weight = np.asarray(weight, "float64")
    group = groups_of(weight.shape[1], group_size)
    best: tuple[float, Rounded, np.ndarray] | None = None
    for point in range(grid_points):
        factors = np.maximum(sizes ** (point / grid_points), 1e-4)
        factors = factors / np.sqrt(factors.max() * factors.min())
        found = round_groups(weight * factors, group, grid)
        error = found.value() / factors - weight
        loss = float(np.sum((error @ hessian) * error))
        if best is None or loss < best[0]:
            best = loss, found, factors
    if best is None:
        raise ValueError(
            "awq expects `grid_points` to be 1 or more. Received: grid_points="
            f"{grid_points!r}."
        )
    return best[1], best[2]
