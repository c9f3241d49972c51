"""Recurrence on the NumPy backend: a Python loop over time steps."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from keras.backends import recurrent
from keras.backends.numpy.nn import sigmoid
from keras.core.typing import Structure, TensorLike


def rnn(
    step_function: Callable[..., Any],
    inputs: np.ndarray,
    initial_states: Structure,
    go_backwards: bool = False,
    mask: np.ndarray | None = None,
    unroll: bool = False,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Any, Any, Any]:
    return recurrent.stepwise(
        np, step_function, inputs, initial_states, go_backwards, mask, time_major,
        zero_output_for_mask, return_all_outputs,
    )  # fmt: skip


def _split(x: np.ndarray, parts: int) -> Any:
    return np.split(x, parts, -1)


_FUNCTIONS = recurrent.Functions(np.matmul, _split, sigmoid, np.tanh)


def _projected(inputs: np.ndarray, kernel: np.ndarray, bias: TensorLike) -> np.ndarray:
    projected = inputs @ kernel
    return projected if bias is None else projected + bias


def _zero_state(inputs: np.ndarray, recurrent_kernel: np.ndarray) -> np.ndarray:
    return np.zeros((inputs.shape[0], recurrent_kernel.shape[0]), inputs.dtype)


def _in_float32(cell: Any) -> Any:
    """A cell that computes half precision in single, and returns it in half.

    NumPy's own functions on bfloat16 and float16 are slower than that, and some of them
    return float32.
    """

    @wraps(cell)
    def run(inputs: np.ndarray, *args: Any, **kwargs: Any) -> Any:
        dtype = inputs.dtype
        if dtype.itemsize >= 4:
            return cell(inputs, *args, **kwargs)

        def single(x: np.ndarray) -> Any:
            return x.astype(np.float32) if getattr(x, "dtype", None) == dtype else x

        inputs, args = single(inputs), tuple(single(x) for x in args)
        kwargs = {name: single(x) for name, x in kwargs.items()}
        return tuple(x.astype(dtype) for x in cell(inputs, *args, **kwargs))

    return run


@_in_float32
def lstm(
    inputs: Any,
    kernel: Any,
    recurrent_kernel: np.ndarray,
    bias: TensorLike = None,
    initial_h: np.ndarray | None = None,
    initial_c: np.ndarray | None = None,
    mask: Any = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
) -> tuple[Any, Any, Any]:
    zeros = _zero_state(inputs, recurrent_kernel)
    states = (
        zeros if initial_h is None else initial_h,
        zeros if initial_c is None else initial_c,
    )
    last, outputs, (h, c) = rnn(
        recurrent.lstm_step(_FUNCTIONS, recurrent.unchanged, recurrent_kernel),
        _projected(inputs, kernel, bias), states, go_backwards, mask, unroll, False,
        zero_output_for_mask, return_sequences,
    )  # fmt: skip
    return (outputs if return_sequences else last), h, c


@_in_float32
def gru(
    inputs: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray | None = None,
    initial_h: np.ndarray | None = None,
    mask: np.ndarray | None = None,
    go_backwards: bool = False,
    return_sequences: bool = False,
    zero_output_for_mask: bool = False,
    unroll: bool = False,
    reset_after: bool = True,
) -> tuple[Any, Any]:
    zeros = _zero_state(inputs, recurrent_kernel)
    projected = _projected(inputs, kernel, recurrent.of_input(bias, reset_after))
    step = recurrent.gru_step(
        _FUNCTIONS, recurrent.unchanged, recurrent_kernel,
        recurrent.of_recurrence(bias, reset_after), reset_after,
    )  # fmt: skip
    last, outputs, (h,) = rnn(
        step, projected, (zeros if initial_h is None else initial_h,), go_backwards,
        mask, unroll, False, zero_output_for_mask, return_sequences,
    )  # fmt: skip
    return (outputs if return_sequences else last), h
