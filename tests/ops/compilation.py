"""Whether an op runs inside the framework's strictest compiler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras import ops
from tests.ops import exemptions
from tests.ops.rows import Row, all_rows, flatten, map_arrays

COMPILERS = {
    "torch": "torch.compile(fullgraph=True)",
    "jax": "jax.jit",
    "tensorflow": "tf.function(jit_compile=True)",
}

# The backend's compiler, as a contract of `exemptions.py`.
CONTRACTS = {"torch": "jit", "jax": "jit", "tensorflow": "xla"}


def exceptions(backend: str) -> dict[str, str]:
    """The rows that the backend's compiler cannot take, and why."""
    contract = CONTRACTS[backend]
    found = {
        row.id: exemptions.reason(contract, row.id, backend)
        for of_op in rows().values()
        for row in of_op
    }
    return {name: why for name, why in found.items() if why is not None}


def page() -> str:
    """The document that lists the exceptions."""
    lines = [
        "# What compilers cannot take",
        "",
        "Written by `python tools/op_compilation.py`; `tests/ops/test_compilation.py`",
        "checks each line. Every other row of the ops' tables was compiled whole by",
        "all three (for `jit_compile=True`: made XLA's program, where a kernel",
        "or a size is missed); rows are named `op` or `op-case`, as in",
        "`tests/ops/table_*.py`.",
        "",
    ]
    for backend, compiler in COMPILERS.items():
        lines += [f"## {compiler}", "", "| op | reason |", "|---|---|"]
        lines += [f"| {name} | {why} |" for name, why in exceptions(backend).items()]
        lines.append("")
    return "\n".join(lines)


def rows() -> dict[str, list[Row]]:
    """The rows of each op that takes tensors; keys of `get_item` stay as they are."""
    found: dict[str, list[Row]] = {}
    for row in all_rows():
        if row.op != "get_item" and any(
            isinstance(x, np.ndarray) for x in flatten([row.args, row.kwargs])
        ):
            found.setdefault(row.op, []).append(row)
    return dict(sorted(found.items()))


def compiled(backend: str, function: Callable[..., Any]) -> Any:
    """The function through the framework's compiler, nothing left outside."""
    if backend == "jax":
        import jax

        return jax.jit(function)
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False, jit_compile=True)
    import torch

    torch._dynamo.reset()
    return torch.compile(function, fullgraph=True, backend="eager")


def failure(backend: str, *rows: Row) -> Exception | None:
    """What the current backend's compiler says; None if it takes all the rows.

    They are compiled together, as one function: a compiler takes longer to start than
    to compile one op.
    """
    given = [[list(row.args), row.kwargs] for row in rows]

    def function(*tensors: Any) -> Any:
        feed = iter(tensors)
        results: list[Any] = []
        calls = map_arrays(lambda _: next(feed), given)
        for row, (args, kwargs) in zip(rows, calls, strict=True):
            results += flatten(getattr(ops, row.op)(*args, **kwargs))
        return [x for x in results if hasattr(x, "dtype")]

    leaves = [x for x in flatten(given) if isinstance(x, np.ndarray)]
    tensors = [ops.convert_to_tensor(x) for x in leaves]
    try:
        strict = compiled(backend, function)
        if backend == "tensorflow":
            # As far as XLA's own program, where kernels and sizes must be known: that
            # takes a fifth of the time that making machine code of it does.
            strict.experimental_get_compiler_ir(*tensors)(stage="hlo")
        else:
            strict(*tensors)
    except Exception as error:
        return error
    return None
