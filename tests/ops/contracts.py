"""Which contracts run over which rows of the tables: the page of `docs`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.ops import accuracy, compilation, exemptions, gradients, test_odd_rows
from tests.ops.rows import Row, all_rows, flatten


@dataclass(frozen=True)
class Contract:
    """What is asked of rows.

    Args:
        name: its name, as in `exemptions.py`.
        claim: what holds for each row.
        test: where it is tested.
        rows: those that it can be asked of.
        which: what they are, in words.
        backends: on which it is asked.
    """

    name: str
    claim: str
    test: str
    rows: list[Row]
    which: str
    backends: tuple[str, ...]


ALL = ("numpy", "jax", "tensorflow", "torch")
TRAIN = ALL[1:]


def contracts() -> list[Contract]:
    """All of them, with their rows."""
    rows = all_rows()
    tensors = [
        row
        for row in rows
        if any(isinstance(x, np.ndarray) for x in flatten([row.args, row.kwargs]))
    ]
    compiled = [row for of_op in compilation.rows().values() for row in of_op]
    floats = [row for row in rows if gradients.has_gradient(row)]
    plainest = list(test_odd_rows.ROWS.values())
    first = "the plainest row of each op of floats"
    odd = "test_odd_rows.py"
    return [
        Contract(
            *("values", "the values are those of NumPy or SciPy", "test_table.py"),
            *(rows, "all", ALL),
        ),
        Contract(
            *("symbolic", "symbolic shapes and dtypes are the eager ones"),
            *("test_table.py", tensors, "with a tensor", ALL),
        ),
        Contract(
            *("unknown size", "the same where the first sizes are unknown"),
            *("test_table.py", tensors, "with a tensor", ALL),
        ),
        Contract(
            *("gradient", "the gradient is that of finite differences"),
            *("test_gradients.py", floats, "floats in, floats out", ALL),
        ),
        Contract(
            *("jit", "compiled gives what eager gives, without leaving the graph"),
            *("test_table.py", compiled, "with a tensor, no index key", TRAIN),
        ),
        Contract(
            *("xla", "`tf.function(jit_compile=True)` makes XLA's program of it"),
            *("test_compilation.py", compiled, "with a tensor, no index key"),
            ("tensorflow",),
        ),
        Contract(
            *("odd", "NaN, infinities and -0 among the numbers", odd),
            *(plainest, first, ALL),
        ),
        Contract("empty", "tensors without rows", odd, plainest, first, ALL),
        Contract("scalar", "tensors of no dimension", odd, plainest, first, ALL),
        Contract(
            *("bound", "within the error bound of its page, in four dtypes"),
            *("test_accuracy.py", list(accuracy.rows().values())),
            *("the plainest row of each op of floats, or what it is made of", ALL),
        ),
    ]


HEAD = """# What is asked of every op

Written by `python tools/op_contracts.py`; `tests/ops/test_contracts.py` keeps it true.

A row of the tables (`tests/ops/table_*.py`) is an op with sample arguments and a
reference in NumPy or SciPy. The contracts below run over all rows that they can be
asked of; what they leave out stands in `tests/ops/exemptions.py`, and here. An
exemption that is no longer needed fails its test.
"""
MORE = """## Beside the tables

| what | over | test |
|---|---|---|
| wrong input gives one error, on every backend and symbolically | {bad} calls of \
{bad_ops} ops | `test_bad_input.py` |
| dtypes of results are those of Keras 3, by the rule and by the backend | {unary} ops \
of one tensor by {dtypes} dtypes, {binary} of two by {pairs} pairs | `test_dtypes.py` |
| examples of docstrings run on every backend | every public op | `test_docs.py` |
| sparse tensors | see [its page](op_sparsity.md) | `test_sparse.py` |
| random shapes, axes, keys, subscripts, windows (hypothesis) | indexing, reshaping, \
reductions, einsum, windows | `test_properties.py`, `test_window_properties.py` |
| gradients at roots of 0, ties and far ends | {places} places | `test_gradients.py` |

Images, control flow, CTC decoding, recurrent loops and random numbers have tests of
their own: `test_image.py`, `test_control.py`, `test_nn.py`, `test_rnn.py`,
`tests/random`.

## Answers to wrong input that differ

| op | argument | value | reason |
|---|---|---|---|
"""


def page() -> str:
    """The document."""
    lines = [HEAD, "| contract | claim | rows | of | exempt | backends | test |"]
    lines.append("|---|---|---|---|---|---|---|")
    listed = contracts()
    for c in listed:
        exempt = sum(bool(reasons(c, row)) for row in c.rows)
        where = "all" if c.backends == ALL else ", ".join(c.backends)
        lines.append(
            f"| {c.name} | {c.claim} | {len(c.rows)} | {c.which} | {exempt} | {where} "
            f"| `{c.test}` |"
        )
    lines.append("")
    for c in listed:
        told = [(row.id, reasons(c, row)) for row in c.rows]
        told = [(name, why) for name, why in told if why]
        if told:
            lines += [f"## {c.name}", "", "| row | where | reason |", "|---|---|---|"]
            lines += [
                f"| {name} | {', '.join(where)} | {why} |"
                for name, found in told
                for why, where in found.items()
            ]
            lines.append("")
    return "\n".join(lines) + "\n" + beside()


def reasons(contract: Contract, row: Row) -> dict[str, list[str]]:
    """Why the row is left out -> on which backends."""
    found: dict[str, list[str]] = {}
    if contract.name not in exemptions.EXEMPTIONS:
        return found
    for backend in contract.backends:
        why = exemptions.reason(contract.name, row.id, backend)
        if why is not None:
            found.setdefault(why, []).append(backend)
    return {
        why: ["everywhere"] if len(where) == len(contract.backends) > 1 else where
        for why, where in found.items()
    }


def beside() -> str:
    """What is tested over other things than rows."""
    from tests.ops import test_bad_input, test_dtypes, test_gradients

    golden = test_dtypes.GOLDEN
    text = MORE.format(
        bad=sum(map(len, test_bad_input.CASES.values())),
        bad_ops=len(test_bad_input.CASES),
        unary=len(golden["unary"]),
        binary=len(golden["binary"]),
        dtypes=len(golden["dtypes"]),
        pairs=len(golden["dtypes"]) * len(golden["others"]),
        places=len(test_gradients.PLACES),
    )
    text += "".join(
        f"| {op} | {argument} | {value.replace('[[]', '[')} | {why} |\n"
        for (op, argument, value), why in exemptions.WRONG_INPUT.items()
    )
    text += "\n## Dtypes that are not those of Keras 3\n\n"
    text += "| op | of | here | reason |\n|---|---|---|---|\n"
    for deviation in exemptions.DTYPES:
        text += (
            f"| {', '.join(deviation.ops)} | {' and '.join(deviation.dtypes)} | "
            f"{deviation.result or 'an error'} | {deviation.reason} |\n"
        )
    return text
