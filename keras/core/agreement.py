"""Checks that the processes of a job make the same model.

Where they do not, they would wait for each other for ever, or add up what does not
belong together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def check_agreement(processes: Any, variables: Sequence[Any]) -> None:
    """Raises an error if the models of the processes have different variables.

    Args:
        processes: the part of a backend that knows of the others.
        variables: those of this process.
    """
    if processes.num_processes() == 1:
        return
    mine = [[v.path, list(v.shape), v.dtype, processes.size_of(v)] for v in variables]
    others = processes.of_all(mine)
    for rank, theirs in enumerate(others):
        for first, other in zip(others[0], theirs, strict=False):
            if first[:3] != other[:3]:
                raise _different(first[:3], other[:3], rank)
            if abs(first[3] - other[3]) > 1e-3 * abs(first[3]):
                raise ValueError(
                    f"The processes have different values of the variable {first[0]!r}"
                    f": its absolute values add up to {first[3]:.6g} in process 0, and "
                    f"to {other[3]:.6g} in process {rank}. Set the same seed in all "
                    "(keras.utils.set_random_seed), and load the same files."
                )
        if len(theirs) != len(others[0]):
            raise ValueError(
                f"The processes have different models: process 0 has {len(others[0])} "
                f"variables, process {rank} has {len(theirs)}."
            )


def check_shapes(processes: Any, variable: Any) -> None:
    """Raises an error if other processes are making a variable of another shape."""
    others = processes.of_all([variable.path, list(variable.shape)])
    for rank, other in enumerate(others):
        if others[0][1] != other[1]:
            raise _different(others[0], other, rank)


def _different(first: list[Any], other: list[Any], rank: int) -> ValueError:
    return ValueError(
        "The processes have different models: in process 0 there is the variable "
        f"{_described(*first)}, where process {rank} has {_described(*other)}. All "
        "must make the same variables, in the same order."
    )


def _described(path: str, shape: list[int], dtype: str = "") -> str:
    return f"{path!r} of shape {tuple(shape)}" + (dtype and f" and dtype {dtype}")
