"""Connectionist temporal classification: loss and decoding of unaligned sequences.

Decoding is written in other ops, once for all backends. Beam search keeps, for each
sequence of the batch, `width` prefixes with the logarithms of the probabilities that
they end in blank or in a label. Which extension of a prefix is another prefix of the
beam is told by 32-bit hashes of the prefixes.
"""

from __future__ import annotations

from typing import Any

from keras.core import dtypes
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Tensor, TensorLike
from keras.ops import (
    arithmetic,
    core,
    creation,
    exponential,
    indexing,
    joining,
    logic,
    products,
    reduction,
    segment,
    shaping,
    sorting,
    special,
)
from keras.ops.control import scan
from keras.ops.declare import composite, op
from keras.ops.files import InFiles
from keras.ops.nn import activations, embedding
from keras.ops.nn.shapes import check_choice, check_rank, fail, fits


@op(
    real=True,
    integers=("target_length", "output_length"),
    in_files=InFiles(class_name="CTCLoss"),
)
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
        `(batch,)`: minus the log probability of the target, float32 or wider.

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
    if not fits(target.shape[:1], output.shape[:1]):
        raise fail(
            "ctc_loss",
            "`target` and `output` of the same batch size",
            target=target.shape,
            output=output.shape,
        )
    for name, lengths in {
        "target_length": target_length,
        "output_length": output_length,
    }.items():
        if not fits(lengths.shape, output.shape[:1]):
            raise fail(
                "ctc_loss",
                f"one number in `{name}` for each row of `output`",
                output=output.shape,
                **{name: lengths.shape},
            )
    return KerasTensor(output.shape[:1], dtypes.wide_result(output.dtype))


@composite(real=True, in_files=InFiles(class_name="CTCDecode"))
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
    check_choice("ctc_decode", "strategy", strategy, ("greedy", "beam_search"))
    check_rank("ctc_decode", "inputs", core.shape(inputs), 3)
    check_rank("ctc_decode", "sequence_lengths", core.shape(sequence_lengths), 1)
    paths = 1 if strategy == "greedy" else top_paths
    if isinstance(inputs, KerasTensor):
        batch, length, _ = inputs.shape
        decoded = KerasTensor((paths, batch, length), "int32")
        return decoded, KerasTensor((batch, paths), dtypes.wide_result(inputs.dtype))
    inputs = core.convert_to_tensor(inputs)
    inputs = core.cast(inputs, dtypes.wide_result(core.dtype(inputs)))
    lengths = core.cast(sequence_lengths, "int32")
    if strategy == "greedy":
        return _greedy(inputs, lengths, merge_repeated, mask_index)
    return _beam_search(inputs, lengths, beam_width, paths, mask_index)


def _greedy(
    inputs: TensorLike, lengths: Any, merge: bool, blank: int
) -> tuple[Any, Any]:
    steps = core.shape(inputs)[1]
    inside = logic.less(
        creation.arange(steps, dtype="int32"), shaping.expand_dims(lengths, 1)
    )
    labels = reduction.argmax(inputs, axis=-1)
    kept = logic.logical_and(inside, logic.not_equal(labels, blank))
    if merge:
        changed = logic.not_equal(labels[:, 1:], labels[:, :-1])
        begun = creation.ones_like(kept[:, :1])
        kept = logic.logical_and(kept, joining.concatenate([begun, changed], axis=1))
    # Those kept come first, in order.
    place = creation.arange(steps, dtype="int32") + steps * core.cast(
        logic.logical_not(kept), "int32"
    )
    order = sorting.argsort(place, axis=-1)
    decoded = indexing.take_along_axis(logic.where(kept, labels, -1), order, axis=1)
    best = logic.where(inside, reduction.max(inputs, axis=-1), 0)
    scores = arithmetic.negative(reduction.sum(best, axis=1, keepdims=True))
    return shaping.expand_dims(core.cast(decoded, "int32"), 0), scores


_NEVER = -1e30  # the logarithm of 0


def _beam_search(
    inputs: TensorLike, lengths: Any, width: int, paths: int, blank: int
) -> tuple[Any, Any]:

    dtype = core.dtype(inputs)
    logs = activations.log_softmax(core.cast(inputs, "float32"), axis=-1)
    batch, steps, _ = core.shape(logs)
    first = logic.equal(creation.arange(width), 0)
    never = creation.full((batch, width), _NEVER, dtype="float32")
    none = creation.full((batch, width), -1, dtype="int32")
    beams = {
        "blank": logic.where(first, 0.0, never),
        "label": never,
        "last": none,
        "length": none + 1,
        # Places of the beam that hold nothing yet have hashes that match nothing.
        "hash": none * creation.arange(width, dtype="int32"),
        "parent": none - width,
        "prefix": creation.full((batch, width, steps), -1, dtype="int32"),
    }
    active = logic.less(
        shaping.expand_dims(creation.arange(steps, dtype="int32"), 1),
        shaping.expand_dims(lengths, 0),
    )

    def step(beams: Any, at: Any) -> tuple[Any, None]:
        now, going = at
        new = _extend(beams, now, width, blank)
        return {
            key: logic.where(
                shaping.reshape(going, (-1,) + (1,) * (len(value.shape) - 1)),
                new[key],
                value,
            )
            for key, value in beams.items()
        }, None

    beams, _ = scan(step, beams, (shaping.transpose(logs, (1, 0, 2)), active))
    total = exponential.logaddexp(beams["blank"], beams["label"])
    scores, best = segment.top_k(total, paths)
    found = _rows(beams["prefix"], best)
    return shaping.transpose(found, (1, 0, 2)), core.cast(scores, dtype)


def _rows(x: TensorLike, index: Any) -> Any:
    """Picks beams: `(batch, beams, ...)` by `(batch, picked)`."""
    for _ in range(len(x.shape) - 2):
        index = shaping.expand_dims(index, -1)
    if len(x.shape) > 2:
        index = shaping.broadcast_to(
            index, (*core.shape(index)[:2], *core.shape(x)[2:])
        )
    return indexing.take_along_axis(x, index, axis=1)


def _extend(beams: Any, now: Any, width: int, blank: int) -> dict[str, Any]:
    """The beams after one more step, whose log probabilities are `(batch, classes)`."""
    sizes: Any = core.shape(now)
    batch, classes = sizes
    last, total = beams["last"], exponential.logaddexp(beams["blank"], beams["label"])
    known = arithmetic.maximum(last, 0)
    own = logic.where(
        logic.less(last, 0), _NEVER, indexing.take_along_axis(now, known, axis=1)
    )
    stay_blank = total + now[:, blank : blank + 1]
    stay_label = arithmetic.maximum(beams["label"] + own, _NEVER)
    longer, stay_label = _merged(beams, now, total, stay_label, known, blank)
    candidates = joining.concatenate(
        [
            exponential.logaddexp(stay_blank, stay_label),
            shaping.reshape(longer, (batch, width * classes)),
        ],
        axis=1,
    )
    scores, index = segment.top_k(candidates, width)
    extended = logic.greater_equal(index, width)
    beyond = arithmetic.maximum(index - width, 0)
    source = logic.where(extended, arithmetic.floor_divide(beyond, classes), index)
    label = arithmetic.mod(beyond, classes)
    old = {key: _rows(beams[key], source) for key in beams}
    place = creation.arange(core.shape(old["prefix"])[2], dtype="int32")
    here = logic.equal(place, shaping.expand_dims(old["length"], -1))
    here = logic.logical_and(here, shaping.expand_dims(extended, -1))
    return {
        "blank": logic.where(extended, _NEVER, _rows(stay_blank, source)),
        "label": logic.where(extended, scores, _rows(stay_label, source)),
        "last": logic.where(extended, label, old["last"]),
        "length": old["length"] + core.cast(extended, "int32"),
        "hash": logic.where(extended, _hash(old["hash"], label), old["hash"]),
        "parent": logic.where(extended, old["hash"], old["parent"]),
        "prefix": logic.where(here, shaping.expand_dims(label, -1), old["prefix"]),
    }


def _hash(prefix: Any, label: Any) -> Any:
    """The hash of a prefix with one more label; integers wrap around."""
    return (prefix + label + 1) * 1000003 + 12345


def _merged(
    beams: Any, now: Any, total: Any, stay_label: Any, known: Any, blank: int
) -> tuple[Any, Any]:
    """Scores of extensions; those that make a prefix of the beam are counted there."""
    classes: Any = core.shape(now)[1]
    labels = creation.arange(classes, dtype="int32")
    repeats = logic.equal(shaping.expand_dims(beams["last"], -1), labels)
    longer = logic.where(
        repeats, shaping.expand_dims(beams["blank"], -1), shaping.expand_dims(total, -1)
    ) + shaping.expand_dims(now, 1)
    longer = logic.where(logic.equal(labels, blank), _NEVER, longer)
    # match[b, i, j]: beam j is beam i with one more label.
    match = logic.equal(
        shaping.expand_dims(beams["hash"], 2), shaping.expand_dims(beams["parent"], 1)
    )
    match = logic.logical_and(
        match, shaping.expand_dims(logic.greater(beams["last"], -1), 1)
    )
    index = shaping.broadcast_to(shaping.expand_dims(known, 1), core.shape(match))
    gained = logic.where(match, indexing.take_along_axis(longer, index, axis=2), _NEVER)
    stay_label = exponential.logaddexp(stay_label, special.logsumexp(gained, axis=1))
    taken = products.matmul(
        core.cast(match, "float32"),
        embedding.one_hot(beams["last"], classes, dtype="float32"),
    )
    return logic.where(logic.greater(taken, 0), _NEVER, longer), stay_label
