"""How an op is declared.

    @op(promote="same")
    def matmul(x1: TensorLike, x2: TensorLike) -> Tensor:
        \"\"\"Matrix product ...\"\"\"
        return KerasTensor(shapes.matmul(x1.shape, x2.shape), x1.dtype)

The signature and docstring are the public ones. Parameters annotated `TensorLike`
(or `Sequence[TensorLike]`, or either `| None`) are the tensors. The body is the
shape-and-dtype rule: it is given KerasTensors and returns KerasTensors. The numbers
come from the function of the same name in the current backend,
`keras/backends/<backend>/`, which is called with tensors that are converted and
promoted already.

`@composite` declares an op whose body is ordinary code in other ops. It is its own
rule (it runs on KerasTensors) and its own default on every backend; a backend that
has a function of that name is asked instead.

All that is particular about an op is said here, in its declaration: `Facts` lists
what can be. Nothing else names it, so that an op which a plug-in or a test declares is
an op like any other.

A call on tensors of the current backend reaches the backend after a type lookup
and, where dtypes matter, a comparison (`keras.ops.callers`). Everything else
(conversion, promotion, Variables, symbolic tensors) takes the path in
`Declaration.dispatch`. When the backend raises, the rule is run on the shapes; its
error, which says what would fit, is the one a user sees, the same on every backend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import Any, Literal, ParamSpec, TypedDict, TypeVar, Unpack, overload

from keras.core import public_names
from keras.ops import files
from keras.ops.callers import caller
from keras.ops.declaration import Check, Declaration
from keras.ops.files import InFiles
from keras.ops.operation import OpCall, operation_class

P = ParamSpec("P")
R = TypeVar("R")

DECLARATIONS: dict[str, Declaration] = {}


class Facts(TypedDict, total=False):
    """What a declaration can say of its op; what it does not say is not so."""

    # To which dtype the tensors are brought (`keras.ops.promotion`):
    # - none given: they keep their dtypes;
    # - "same": all are brought to their `result_type`;
    # - "float": the same, and bools and integers become `floatx()`;
    # - "wide": the same, and half floats become float32;
    # - "first": all take the dtype of the first;
    # - "input": the same, and bools and integers become `floatx()`;
    # - "number": as "same", and bools become int32;
    # - "sum": the same, and bools and small integers become (u)int32;
    # - "product": as "same", and int8 beside int8 becomes int32;
    # - "bool": all become bool.
    # Of a composite it says how a backend's own version wants its tensors; the body
    # gets the arguments as they came.
    promote: Literal[
        "same", "float", "wide", "first", "input", "number", "sum", "product", "bool"
    ]
    # Tensors (indices, conditions) that stay out of this and keep their own dtypes.
    keep: tuple[str, ...]
    # A Python number that comes behind a float tensor is handed to the backend as it
    # is: frameworks are quickest that way.
    scalars: bool
    # Where some framework would take bad input in silence: a function of the same
    # arguments that says, from a glance at the shapes, whether they are fine. If not,
    # the rule is run before the backend is called. `unsure` runs it always: some 10 us.
    check: Check
    # Of a composite: its body is slow, and takes wrong arguments in silence, so that
    # they are checked before it runs.
    strict: bool
    # The op is not defined for complex numbers, mostly because these have no order;
    # frameworks differ in what they make of them. They are refused; in front of the
    # body of a composite only where it is `strict`, as the ops in it do so themselves.
    real: bool
    # Tensors that name places or lengths and must hold integers.
    integers: tuple[str, ...]
    # These may hold bools as well, which count as 0 and 1.
    bools_count: bool
    # Parameters whose numbers must lie between two, both included.
    ranges: Mapping[str, tuple[float, float]]
    # From which sparse tensors the result is sparse (`keras.ops.sparsity`): "values"
    # and "first" say if the first is, "all" if all are, "any" if one is, "numerator"
    # if the first alone is. An op without this makes them dense first.
    sparse: Literal["values", "first", "all", "any", "numerator"]
    # Static arguments that are no sizes: arrays among them mean what arrays mean. In
    # all others NumPy's integers, and arrays of a few, count as Python's.
    values: tuple[str, ...]
    # The parameter with which a size that is not known may be given as None.
    open_end: str
    # How files name the op and its arguments, where that does not follow from where
    # it is written and which parameters are tensors (`keras.ops.files`).
    in_files: InFiles


def unsure(*args: Any, **kwargs: Any) -> bool:
    """A `check` that never is content: the rule is run before every call."""
    return False


def _declare(
    rule: Callable[..., Any], composed: bool, facts: Facts
) -> Callable[..., Any]:
    declaration = Declaration(rule, composed, **facts)
    public = caller(declaration)
    update_wrapper(public, rule)
    public.declaration = declaration  # type: ignore[attr-defined]
    declaration.public = public
    DECLARATIONS[declaration.name] = declaration
    return public


@overload
def op(rule: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def op(**facts: Unpack[Facts]) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def op(rule: Callable[..., Any] | None = None, /, **facts: Unpack[Facts]) -> Any:
    """Declares an op by its rule; see the module's docstring."""
    if rule is not None:
        return _declare(rule, False, facts)
    return lambda rule: _declare(rule, False, facts)


@overload
def composite(body: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def composite(**facts: Unpack[Facts]) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def composite(body: Callable[..., Any] | None = None, /, **facts: Unpack[Facts]) -> Any:
    """Declares an op by code in other ops; see the module's docstring."""
    if body is not None:
        return _declare(body, True, facts)
    return lambda body: _declare(body, True, facts)


def operation_class_named(name: str) -> type[OpCall] | None:
    """The operation class that files name `name`: `GetItem` is that of `get_item`."""
    wanted = name.replace("_", "").lower()
    for op_name, declaration in DECLARATIONS.items():
        named = op_name.replace("_", ""), files.class_name_of(declaration).lower()
        if wanted in named:
            return operation_class(declaration)
    return None


public_names.resolvers["keras.ops"] = operation_class_named
