"""What ONNX has of linear algebra, and why the rest is not written."""

from __future__ import annotations

from keras.export.onnx.graph import Value, emit, ops
from keras.export.onnx.reasons import because


def det(x: Value) -> Value:
    return emit("Det", x)


def logdet(x: Value) -> Value:
    return ops.log(ops.det(x))


def slogdet(x: Value) -> tuple[Value, Value]:
    found = ops.det(x)
    return ops.sign(found), ops.log(ops.absolute(found))


because(
    "ONNX has no operator that takes a matrix apart.",
    "cholesky", "cholesky_inverse", "eig", "eigh", "inv", "lu_factor", "qr", "solve",
    "solve_triangular", "svd", "lstsq", "pinv", "matrix_rank",
)  # fmt: skip
because(
    "ONNX has no arithmetic of complex numbers.",
    "complex_from",
)  # fmt: skip
because(
    "The size of its result follows from the values, and later ops could not know it.",
    "unique_parts", "counts",
)  # fmt: skip
because(
    "An ONNX file has no generator of Keras' random numbers, so it could not draw what "
    "the model draws.",
    "advance", "normal", "uniform", "randint", "truncated_normal", "categorical",
    "dropout", "shuffle", "gamma", "beta", "binomial",
)  # fmt: skip
because(
    "ONNX has no operator for it.",
    "gcd", "lcm", "i0", "erfinv", "nextafter", "view",
)  # fmt: skip
because(
    "It is a loss, which a model has no use for once it is trained.",
    "ctc_loss",
)  # fmt: skip
