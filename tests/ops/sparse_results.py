"""Which ops give a sparse result for sparse tensors: tried, not listed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

import keras
from keras import ops
from keras.ops.declare import DECLARATIONS

BACKENDS = ("tensorflow", "jax")
VALUES = np.array([[0.0, 0.5], [0.25, 0.0]], "float32")
PAIRS = ("add", "subtract", "multiply", "divide", "maximum", "minimum", "matmul")
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "cast": ("float16",),
    "expand_dims": (0,),
    "mean": (0,),
    "reshape": ((4, 1),),
    "sum": (0,),
}
HEAD = """# What stays sparse

Written by `python tools/op_sparsity.py`; `tests/ops/test_sparse.py` checks each line.

Every op takes TensorFlow's `SparseTensor` and JAX's `BCOO`. The ops below give a sparse
result; every other op makes the tensor dense first. NumPy and PyTorch have no sparse
tensors here. `yes` is a sparse result, `-` a dense one. Of ops of two tensors three
cases are told: both sparse / the first only / the second only.

`squeeze` and `reshape` need sizes that are known; `sum` and `mean` are sparse where an
axis is left. Of `concatenate`, all tensors must be sparse.
"""


def sparse(values: np.ndarray) -> Any:
    """The values as a sparse tensor of the current backend."""
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        return tf.sparse.from_dense(values)
    from jax.experimental.sparse import BCOO

    return BCOO.fromdense(values)


def is_sparse(result: Any) -> str:
    """`yes` or `-`."""
    return "yes" if type(result).__name__ in ("SparseTensor", "BCOO") else "-"


def tried(name: str) -> str:
    """What comes out of the op, on the current backend."""
    op = getattr(ops, name)
    if name == "concatenate":
        return is_sparse(op([sparse(VALUES), sparse(VALUES)], 0))
    if name == "squeeze":
        return is_sparse(op(sparse(VALUES[:, None]), 1))
    if name not in PAIRS:
        return is_sparse(op(sparse(VALUES), *ARGUMENTS.get(name, ())))
    dense = ops.convert_to_tensor(VALUES + 1)
    cases = [
        (sparse(VALUES), sparse(VALUES)),
        (sparse(VALUES), dense),
        (dense, sparse(VALUES)),
    ]
    return " / ".join(is_sparse(op(*case)) for case in cases)


def page() -> str:
    """The document."""
    lines = [HEAD, "| op | " + " | ".join(BACKENDS) + " |", "|---" * 3 + "|"]
    names = sorted(
        name
        for name, declaration in DECLARATIONS.items()
        if declaration.sparse is not None and hasattr(ops, name)
    )
    found: dict[str, list[str]] = {name: [] for name in names}
    for backend in BACKENDS:
        with keras.backend_scope(backend):
            for name in names:
                found[name].append(tried(name))
    lines += [f"| {name} | " + " | ".join(found[name]) + " |" for name in names]
    return "\n".join(lines) + "\n"
