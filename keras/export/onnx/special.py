"""How cross-entropies are written to ONNX, for models that add losses in their call."""

from __future__ import annotations

from keras.core.config import epsilon
from keras.export.onnx.graph import Value, ops


def _probabilities(output: Value) -> Value:
    return ops.clip(output, epsilon(), 1 - epsilon())


def binary_crossentropy(
    target: Value, output: Value, from_logits: bool = False
) -> Value:
    if from_logits:
        true = ops.multiply(target, ops.softplus(ops.negative(output)))
        false = ops.multiply(ops.subtract(1.0, target), ops.softplus(output))
        return ops.add(true, false)
    output = _probabilities(output)
    true = ops.multiply(target, ops.log(output))
    false = ops.multiply(ops.subtract(1.0, target), ops.log(ops.subtract(1.0, output)))
    return ops.negative(ops.add(true, false))


def categorical_crossentropy(
    target: Value, output: Value, from_logits: bool = False, axis: int = -1
) -> Value:
    if from_logits:
        logs = ops.log_softmax(output, axis)
    else:
        total = ops.sum(output, axis, keepdims=True)
        logs = ops.log(_probabilities(ops.divide(output, total)))
    return ops.negative(ops.sum(ops.multiply(target, logs), axis))


def sparse_categorical_crossentropy(
    target: Value, output: Value, from_logits: bool = False, axis: int = -1
) -> Value:
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = ops.squeeze(target, -1)
    places = ops.cast(target, "int32")
    hot = ops.one_hot(places, output.shape[axis], axis, output.dtype)
    return ops.categorical_crossentropy(hot, output, from_logits, axis)
