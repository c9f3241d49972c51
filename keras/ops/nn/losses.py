"""Cross-entropies; loss and decoding of connectionist temporal classification."""

from __future__ import annotations

from typing import Any

from keras.core import dtypes
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops.declare import op
from keras.ops.nn.shapes import check_axis, check_choice, check_rank, fail


def _fits(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    return len(a) == len(b) and all(
        x == y or x is None or y is None for x, y in zip(a, b, strict=True)
    )


@op(promote="float")
def binary_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False
) -> Tensor:
    """Cross-entropy of yes-or-no targets, element by element.

    Args:
        target: 0, 1 or between; any shape.
        output: predictions of the same shape: probabilities, or logits. They are
            kept `epsilon()` away from 0 and 1.
        from_logits: whether `output` holds logits.

    Returns:
        A tensor of the same shape.

    Raises:
        ShapeError: if the shapes differ.

    Example:

    >>> import keras
    >>> loss = keras.ops.binary_crossentropy([0.0, 1.0], [0.5, 0.5])
    >>> round(float(loss[0]), 4)
    0.6931
    """
    if not _fits(target.shape, output.shape):
        raise fail(
            "binary_crossentropy",
            "`target` and `output` of the same shape",
            target=target.shape,
            output=output.shape,
        )
    return KerasTensor(output.shape, output.dtype)


@op(promote="float")
def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Cross-entropy of targets that are probabilities of classes.

    Args:
        target: one-hot or other probabilities, `(..., num_classes)`.
        output: predictions of the same shape: probabilities (they are scaled to
            sum to 1 and kept `epsilon()` away from 0 and 1), or logits.
        from_logits: whether `output` holds logits.
        axis: the axis of the classes.

    Returns:
        A tensor without that axis.

    Raises:
        ShapeError: if the shapes differ.

    Example:

    >>> import keras
    >>> loss = keras.ops.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
    >>> round(float(loss[0]), 4)
    0.6931
    """
    if not output.shape or not _fits(target.shape, output.shape):
        raise fail(
            "categorical_crossentropy",
            "`target` and `output` of the same shape, of rank 1 or more",
            target=target.shape,
            output=output.shape,
        )
    axis = check_axis("categorical_crossentropy", axis, output.shape)[0]
    return KerasTensor(_without(output.shape, axis), output.dtype)


@op
def sparse_categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Cross-entropy of targets that are numbers of classes.

    Args:
        target: integers, of the shape of `output` without `axis` (or with size 1
            in the last place).
        output: predictions `(..., num_classes)`: probabilities (they are scaled to
            sum to 1 and kept `epsilon()` away from 0 and 1), or logits.
        from_logits: whether `output` holds logits.
        axis: the axis of the classes.

    Returns:
        A tensor of the shape of `output` without that axis.

    Raises:
        ShapeError: if the shapes do not fit.

    Example:

    >>> import keras
    >>> loss = keras.ops.sparse_categorical_crossentropy([1], [[0.5, 0.5]])
    >>> round(float(loss[0]), 4)
    0.6931
    """
    name = "sparse_categorical_crossentropy"
    if not output.shape:
        raise fail(name, "`output` of rank 1 or more", output=output.shape)
    axis = check_axis(name, axis, output.shape)[0]
    shape = _without(output.shape, axis)
    squeezed = target.shape
    if len(squeezed) == len(output.shape) and squeezed[-1] in (1, None):
        squeezed = squeezed[:-1]
    if not _fits(squeezed, shape):
        raise fail(
            name,
            f"`target` of the shape of `output` without axis {axis}",
            target=target.shape,
            output=output.shape,
        )
    return KerasTensor(shape, dtypes.float_result(output.dtype))


def _without(shape: tuple[Any, ...], axis: int) -> tuple[Any, ...]:
    return (*shape[:axis], *shape[axis + 1 :])


@op
def ctc_loss(
    target: TensorLike,
    output: TensorLike,
    target_length: TensorLike,
    output_length: TensorLike,
    mask_index: int = 0,
) -> Tensor:
    """Connectionist temporal classification: the loss of unaligned sequences.

    Source: Graves et al., 2006 (https://www.cs.toronto.edu/~graves/icml_2006.pdf).

    Args:
        target: labels, `(batch, max_target_length)` integers.
        output: logits, `(batch, max_output_length, num_classes)`.
        target_length: `(batch,)` integers.
        output_length: `(batch,)` integers.
        mask_index: the class that stands for blank.

    Returns:
        `(batch,)`: minus the log probability of the target.

    Raises:
        ShapeError: if ranks or batch sizes do not fit.

    Example:

    >>> import keras
    >>> loss = keras.ops.ctc_loss([[1]], [[[0.0, 0.0]]], [1], [1])
    >>> round(float(loss[0]), 4)
    0.6931
    """
    check_rank("ctc_loss", "target", target.shape, 2)
    check_rank("ctc_loss", "output", output.shape, 3)
    check_rank("ctc_loss", "target_length", target_length.shape, 1)
    check_rank("ctc_loss", "output_length", output_length.shape, 1)
    if not _fits(target.shape[:1], output.shape[:1]):
        raise fail(
            "ctc_loss",
            "`target` and `output` of the same batch size",
            target=target.shape,
            output=output.shape,
        )
    return KerasTensor(output.shape[:1], dtypes.float_result(output.dtype))


@op
def ctc_decode(
    inputs: TensorLike,
    sequence_lengths: TensorLike,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[Tensor, Tensor]:
    """The most probable label sequences of CTC outputs.

    Args:
        inputs: logits, `(batch, max_length, num_classes)`.
        sequence_lengths: `(batch,)` integers.
        strategy: `"greedy"` (best class at each step) or `"beam_search"`.
        beam_width: how many prefixes beam search keeps.
        top_paths: how many sequences beam search returns.
        merge_repeated: whether greedy decoding merges equal neighbours.
        mask_index: the class that stands for blank.

    Returns:
        The sequences, `(top_paths, batch, max_length)` of int32, filled up with -1
        (`top_paths` is 1 for `"greedy"`), and their scores: log probabilities
        `(batch, top_paths)`; for `"greedy"` minus the sum of the greatest logits,
        `(batch, 1)`.

    Raises:
        ValueError: for an unknown strategy.

    Example:

    >>> import keras
    >>> logits = [[[0.0, 3.0], [3.0, 0.0], [0.0, 3.0]]]
    >>> decoded, _ = keras.ops.ctc_decode(logits, [3])
    >>> keras.ops.convert_to_numpy(decoded).tolist()
    [[[1, 1, -1]]]
    """
    check_rank("ctc_decode", "inputs", inputs.shape, 3)
    check_rank("ctc_decode", "sequence_lengths", sequence_lengths.shape, 1)
    check_choice("ctc_decode", "strategy", strategy, ("greedy", "beam_search"))
    paths = 1 if strategy == "greedy" else top_paths
    batch, length, _ = inputs.shape
    dtype = dtypes.float_result(inputs.dtype)
    decoded = KerasTensor((paths, batch, length), "int32")
    return decoded, KerasTensor((batch, paths), dtype)
