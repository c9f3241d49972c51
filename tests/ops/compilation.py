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

_VALUES = "the size of the result depends on values"
_TITLES = {
    "each": "On each backend",
    "jax": "On JAX",
    "tensorflow": "On TensorFlow",
    "torch": "On PyTorch",
}
# backend -> what asks the host for values -> why
ROUND_TRIPS: dict[str, dict[str, str]] = {
    "each": {
        "random.gamma, beta, binomial": (
            "eagerly, parameters that are tensors are looked at, so that those out of "
            "range are refused; numbers never leave the host"
        ),
        "convert_to_numpy, Python's `if`, `int()` and `float()`": "they ask for values",
    },
    "jax": {
        "quantile, percentile": "eagerly, `q` is looked at if it is a tensor",
        "bincount, nonzero, unique, segment ops without `num_segments`": _VALUES,
    },
    "tensorflow": {"cond": "eagerly, a branch is chosen in Python"},
    "torch": {
        "cond, switch, while_loop, fori_loop": (
            "eagerly, branches and ends are chosen in Python; there is no other way"
        ),
        "bincount, nonzero, unique, segment ops without `num_segments`": _VALUES,
        "slice up to the end (size -1) from a start that is a tensor": _VALUES,
        "lstm, gru with a mask": (
            "one look at whether padding stands at the end opens the way to cuDNN's "
            "and oneDNN's kernels, far quicker than steps in Python"
        ),
        "random.*": (
            "eagerly, the state is read once, then kept on the host beside it; in a "
            "compiled graph an op reads it for each draw, which on an accelerator "
            "waits for the device. Integer seeds are never read"
        ),
    },
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
    lines += [
        "Of `keras.random`, XLA has no kernel for TensorFlow's `gamma`, `beta` and",
        "`binomial` (`tf.function` takes them); see random_numbers.md.",
        "",
        "# What asks the host for values",
        "",
        "Everything else stays on the device: no op computes through NumPy, a Python",
        "callback or a copy to the CPU.",
        "",
    ]
    for backend, reasons in ROUND_TRIPS.items():
        lines += [f"## {_TITLES[backend]}", "", "| op | reason |", "|---|---|"]
        lines += [f"| {name} | {why} |" for name, why in reasons.items()]
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
