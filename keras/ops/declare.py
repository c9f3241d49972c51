"""How an op is declared, and what happens when it is called.

    @op(promote="same")
    def matmul(x1: TensorLike, x2: TensorLike) -> Tensor:
        \"\"\"Matrix product ...\"\"\"
        return KerasTensor(shapes.matmul(x1.shape, x2.shape), x1.dtype)

The signature and docstring are the public ones. Parameters annotated `TensorLike`
(or `Sequence[TensorLike]`, or either `| None`) are the tensors. The body is the
shape-and-dtype rule: it is given KerasTensors and returns KerasTensors. The numbers
come from the function of the same name in the current backend, which is called
with tensors that are converted and promoted already:

- `promote=None`: tensors keep their dtypes;
- `promote="same"`: all tensor arguments are brought to their `result_type`;
- `promote="float"`: the same, and bools and integers become `floatx()`;
- `promote="wide"`: the same, and half floats become float32;
- `promote="first"`: all tensor arguments take the dtype of the first;
- `promote="number"`: the same, and bools become int32;
- `promote="sum"`: the same, and bools and small integers become (u)int32;
- `promote="product"`: the same, and int8 beside int8 becomes int32;
- `promote="bool"`: all tensor arguments become bool;
- `promote=function`: a function from the list of dtypes (Python types for weak
  scalars) to the dtype all are brought to.

Tensor parameters named in `keep=(...)` (indices, conditions) stay out of this and
keep their own dtypes.

Where some framework would take bad input in silence, `check` is a function of the same
arguments that says, from a glance at the shapes, whether they are fine; if not, the
rule is run before the backend is called. `check=unsure` runs it always: some 10 us.

With `scalars=True` a Python number that comes behind a float tensor is handed to the
backend as it is: frameworks are quickest that way.

`@composite` declares an op whose body is ordinary code in other ops. It is its own
rule (it runs on KerasTensors) and its own default on every backend; a backend that
has a function of that name is asked instead.

A call on tensors of the current backend reaches the backend after a type lookup
and, where dtypes matter, a comparison (`keras.ops.callers`). Everything else
(conversion, promotion, Variables, symbolic tensors) takes the path in
`Declaration.dispatch`. When the
backend raises, the rule is run on the shapes; its error, which says what would fit,
is the one a user sees, the same on every backend.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import Any, ParamSpec, TypeVar, overload

from keras.backends import current
from keras.backends.backend import (
    OTHER,
    SCALAR,
    SPARSE,
    SYMBOLIC,
    TENSOR,
    for_each_backend,
)
from keras.core import context
from keras.core.config import settings
from keras.core.keras_tensor import KerasTensor
from keras.core.scopes import SymbolicScope
from keras.ops import checks, sparsity
from keras.ops.callers import caller, composite_caller, has_symbolic
from keras.ops.conversion import (
    FLOATS,
    PLAIN,
    UNKNOWN,
    can_be_tensor,
    canonical,
    convert,
    described,
    dtypes_of,
    look,
    reader,
    sparse_flags,
    spec_of,
    to_dense,
)
from keras.ops.operation import record
from keras.ops.parameters import Parameters
from keras.ops.promotion import PROMOTIONS, Promotion

P = ParamSpec("P")
R = TypeVar("R")
Check = Callable[..., bool]

DECLARATIONS: dict[str, Declaration] = {}


def unsure(*args: Any, **kwargs: Any) -> bool:
    """A `check` that never is content: the rule is run before every call."""
    return False


_READY: dict[Any, str] = {"bool": "boolean", "wide": "wide"}
_COMMON = ("float32", "int32", "bool", "int64", "bfloat16", "float16", "float64")
_get = context.get


@lru_cache
def _by_use(found: frozenset[Any]) -> tuple[Any, ...]:
    """A framework's dtypes in order of use: seen by identity, not hashed in Python."""

    def rareness(native: Any) -> int:
        matches = (i for i, name in enumerate(_COMMON) if name in str(native))
        return next(matches, len(_COMMON))

    return tuple(sorted(found, key=rareness))


class Declaration(Parameters):
    """One op: its signature, rule, promotion and how to call it."""

    def __init__(
        self,
        rule: Callable[..., Any],
        promote: str | Promotion | None,
        scalars: bool,
        composed: bool,
        keep: tuple[str, ...] = (),
        check: Check | None = None,
    ) -> None:
        super().__init__(rule, keep)
        # Whether the arguments are fine at a glance; None where frameworks check.
        self.check = check
        self.rule = rule
        self.scalars = scalars
        self.composed = composed
        # The set of the backend's dtypes that need no promotion, where they agree.
        self.ready = _READY.get(promote, "inexact")
        # Whether a Python integer takes the dtype of an integer tensor.
        self.keeps_ints = promote in ("same", "number")
        # Whether a tensor alone, or beside one of its own dtype, is never promoted.
        self.indifferent = promote in (None, "same", "first")
        # Whether int32 and int64 stay what they are, where tensors agree.
        self.takes_ints = promote in ("number", "sum", "product")
        self.makes_floats = promote in ("float", "wide")
        # Whether each tensor's dtype is ready or not, whatever those beside it have.
        self.each_alone = promote == "bool"
        # A promotion function of an op's own decides by itself, every time.
        self.settled = promote is None or isinstance(promote, str)
        self.promote = PROMOTIONS[promote] if isinstance(promote, str) else promote
        # How arguments of certain kinds and dtypes are converted, once worked out.
        self.conversions: dict[tuple[Any, ...], list[tuple[int, Any, Any]]] = {}
        self.checks = checks.of(
            list(self.signature.parameters.values()), makes=not self.tensors
        )
        self.title = checks.title(rule)
        # Whether a composed body is slow, and lenient, enough for checks in front.
        self.careful = checks.is_lenient(self.title)
        self.real = self.name in checks.REAL
        if self.real and self.ready == "inexact":
            # Complex numbers take the general path, where they are refused.
            self.ready = "reals" if self.indifferent else "floats"
            self.indifferent = False
        # The dtypes beside which a Python number stays what it is.
        self.floating = "floats" if self.real else "inexact"
        # Of each backend: its function; what serves the dtypes that are ready, and
        # numbers; the kinds of arguments; the dtypes that are ready.
        self.ways: dict[Any, tuple[Any, Any, dict[type, int], Any]] = {}
        for_each_backend(self._find_way)
        # From which tensors are sparse: whether the result is.
        self.sparsity = sparsity.RULES.get(self.name)
        self.public: Callable[..., Any] = rule
        self.operation_class: type | None = None

    def __repr__(self) -> str:
        return f"<op {self.name}{self.signature}>"

    def _find_way(self, backend: Any) -> None:
        def lacking(*args: Any, **kwargs: Any) -> Any:
            return self.implementation(backend)(*args, **kwargs)

        function = backend.__dict__.get(self.name, lacking)
        ready = getattr(backend, self.ready)
        if self.takes_ints:
            ready |= backend.whole
        everyday = getattr(function, "everyday", function)
        self.ways[backend] = function, everyday, backend.kinds, _by_use(ready)

    # The general path ----------------------------------------------------------

    def dispatch(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls the op on anything: converts, promotes, or records a graph node."""
        backend = current()
        if kwargs and not self.tensor_names.isdisjoint(kwargs):
            args, kwargs = self.positional(args, kwargs)
        prepared = self._converted(backend, args)
        if prepared is None:
            found = self._found(backend, args)
            if SYMBOLIC in found[1]:
                return self.symbolic(args, kwargs)
            if not self.tensors:
                if has_symbolic(args, kwargs):
                    return self.symbolic(args, kwargs)
                if self._is_open(args, kwargs):
                    return self.symbolic(*self._with_open_end(args, kwargs))
            prepared = self._prepare(backend, args, self._plan(backend, args, found[0]))
            if SPARSE in found[1]:
                return self._sparse(backend, prepared, kwargs, found[0])
        args = prepared
        try:
            if self.check is not None and not context.tracing():
                if not self.check(*args, **kwargs):
                    self.infer(args, kwargs)
            return self.implementation(backend)(*args, **kwargs)
        except Exception as error:
            self.explain(error, args, kwargs)
            raise

    def _sparse(
        self, backend: Any, args: tuple[Any, ...], kwargs: dict[str, Any], found: Any
    ) -> Any:
        """The op on converted tensors, some of them sparse; see `sparsity`."""
        native = getattr(backend.sparse, self.name, None)
        result = None
        if native is not None:
            result = native(*args, **kwargs)
        elif self.sparsity is not None and self.sparsity(sparse_flags(found)):
            result = backend.sparse.map_values(
                self.implementation(backend), *args, **kwargs
            )
        if result is not None:
            return result
        values = list(args)
        for index, kind in found:
            if isinstance(kind, list):
                values[index] = [to_dense(backend, v) for v in values[index]]
            elif kind == SPARSE:
                values[index] = to_dense(backend, values[index])
        return self.dispatch(tuple(values), kwargs)

    def implementation(self, backend: Any) -> Callable[..., Any]:
        """The backend's function, or the composed body where it has none."""
        if self.composed:
            return backend.__dict__.get(self.name, self.rule)
        found = backend.__dict__.get(self.name)
        if found is None:
            from keras.ops.defaults import (
                DEFAULTS,  # made of the ops declared with this
            )

            found = DEFAULTS.get(self.name)
        return found or getattr(backend, self.name)  # which says that it is missing

    def _found(self, backend: Any, args: tuple[Any, ...]) -> tuple[list[Any], set[int]]:
        """The tensor arguments with their kinds, and the set of all kinds met."""
        found: list[Any] = []
        kinds: set[int] = set()
        for index in self.tensor_positions(len(args)):
            value = args[index]
            if index in self.sequences and type(value) in (list, tuple):
                inner = [backend.kind_of(v) for v in value]
                for v, kind in zip(value, inner, strict=True):
                    if kind == OTHER:
                        self._require_tensor(index, v)
                found.append((index, inner))
                kinds.update(inner)
            elif value is None:
                if index not in self.optional:
                    self._require_tensor(index, value)
            else:
                kind = backend.kind_of(value)
                if kind == OTHER:
                    self._require_tensor(index, value)
                found.append((index, kind))
                kinds.add(kind)
        return found, kinds

    def _is_open(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether a creation op is asked for an unknown size, in a symbolic run."""
        if _get().symbolic is None:
            return False
        shape = kwargs.get("shape", args[0] if args else 0)
        return (
            shape is None
            or (isinstance(shape, (tuple, list)) and None in shape)
            or self._has_open_end(args, kwargs)
        )

    def _has_open_end(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether this is `arange(0, length)`: a length unknown, and not left out."""
        if self.name != "arange":
            return False
        return None in args[1:2] or ("stop" in kwargs and kwargs["stop"] is None)

    def _with_open_end(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with a symbolic number in place of a length of None."""
        if not self._has_open_end(args, kwargs):
            return args, kwargs
        length = KerasTensor((), "int32")
        if "stop" in kwargs:
            return args, {**kwargs, "stop": length}
        return (args[0], length, *args[2:]), kwargs

    def _converted(self, backend: Any, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The arguments, converted as such kinds and dtypes were before.

        None where a full look is needed: something is symbolic, or no tensor yet.
        """
        if self.variadic is not None or not self.tensors or context.tracing():
            return None
        kinds = backend.kinds
        key: list[Any] = [backend.name, settings.floatx]
        for index in self.tensors:
            if index >= len(args):
                break
            value = args[index]
            if index in self.sequences and type(value) in (list, tuple):
                part: Any = tuple(look(kinds, v) for v in value)
                if UNKNOWN in part:
                    return None
            else:
                part = look(kinds, value)
                if part is UNKNOWN:
                    return None
            key.append(part)
        plan = self.conversions.get(tuple(key))
        if plan is None:
            plan = self._plan(backend, args, self._found(backend, args)[0])
            self.conversions[tuple(key)] = plan
        return self._prepare(backend, args, plan)

    def _plan(
        self, backend: Any, args: tuple[Any, ...], found: list[Any]
    ) -> list[tuple[int, Any, Any]]:
        """Which arguments are converted: (position, kind or kinds, dtype)."""
        target = self._target(backend, list(args), found)
        keep_scalars = self.scalars and target in FLOATS
        behind_tensor = False
        plan: list[tuple[int, Any, Any]] = []
        for index, kind in found:
            dtype = None if index in self.kept else target
            if kind == SCALAR and keep_scalars and behind_tensor:
                plan.append((index, PLAIN, dtype))
                continue
            if target == "float64" and dtype is None and type(args[index]) is float:
                dtype = target  # not by way of float32
            if kind != TENSOR or (
                dtype is not None and backend.dtype_of(args[index]) != dtype
            ):
                plan.append((index, kind, dtype))
            behind_tensor = behind_tensor or index not in self.kept
        return plan

    def _prepare(
        self, backend: Any, args: tuple[Any, ...], plan: list[tuple[int, Any, Any]]
    ) -> tuple[Any, ...]:
        if not plan:
            return args
        values = list(args)
        for index, kind, dtype in plan:
            if isinstance(kind, list):
                values[index] = [
                    convert(backend, value, inner, dtype)
                    for value, inner in zip(values[index], kind, strict=True)
                ]
            elif kind == PLAIN:
                values[index] = float(values[index])
            else:
                values[index] = convert(backend, values[index], kind, dtype)
        return tuple(values)

    def _target(self, backend: Any, values: list[Any], found: list[Any]) -> str | None:
        """The dtype that the tensor arguments are brought to."""
        if self.real or self.places:
            self._check_dtypes(backend, values, found)
        if self.promote is None:
            return None
        counted = [pair for pair in found if pair[0] not in self.kept]
        return self.promote(dtypes_of(backend, values, counted)) if counted else None

    def _check_dtypes(self, backend: Any, values: list[Any], found: list[Any]) -> None:
        """Refuses complex numbers, and places that are no integers."""
        for index, kind in found:
            for dtype in dtypes_of(backend, values, [(index, kind)]):
                name = getattr(dtype, "__name__", dtype)
                takes = name == "bool" and self.name.startswith("take")
                if index in self.places and "int" not in name and not takes:
                    wanted = "hold integers"
                elif self.real and "complex" in name and index not in self.places:
                    wanted = "be real"
                else:
                    continue
                raise TypeError(
                    f"{self.title}: `{self.parameter(index)}` must {wanted}. "
                    f"Received: dtype {name}."
                )

    # The symbolic path ---------------------------------------------------------

    def symbolic(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The op on KerasTensors: shapes and dtypes, and a node of the graph."""
        outputs = self.infer(args, kwargs)
        if _get().symbolic is None:
            outputs = record(self, args, kwargs, outputs)
        return outputs

    def infer(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The outputs' shapes and dtypes, as KerasTensors without history."""
        backend = current()
        if kwargs and not self.tensor_names.isdisjoint(kwargs):
            args, kwargs = self.positional(args, kwargs)
        found = self._found(backend, args)
        checks.run(self.checks, self.title, args, kwargs)
        checks.check_range(self.name, self.title, args, kwargs, reader(backend))
        try:
            return self._inferred(backend, args, kwargs, found)
        except (TypeError, ValueError, IndexError) as error:
            self._named(error)
            raise

    def _inferred(
        self, backend: Any, args: tuple[Any, ...], kwargs: dict[str, Any], found: Any
    ) -> Any:
        if self.composed:
            with SymbolicScope():
                return self.rule(*args, **kwargs)
        values = list(args)
        target = self._target(backend, values, found[0])
        for index, kind in found[0]:
            dtype = None if index in self.kept else target
            if isinstance(kind, list):
                values[index] = [spec_of(backend, v, dtype) for v in values[index]]
            else:
                values[index] = spec_of(backend, values[index], dtype)
        outputs = canonical(backend, self.rule(*values, **kwargs))
        return self._marked(outputs, values, found[0])

    def _specs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments with specs in place of tensors."""
        backend, values = current(), list(args)
        for index in self.tensor_positions(len(args)):
            value = values[index]
            if index in self.sequences and type(value) in (list, tuple):
                values[index] = [spec_of(backend, v) for v in value]
            else:
                values[index] = spec_of(backend, value)
        return tuple(values)

    def refuse(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception
    ) -> None:
        """Raises what a symbolic call would, where a composed body has failed."""
        if context.tracing():
            return
        self._check_call(error, args, kwargs)
        try:
            args, kwargs = self.require(args, kwargs)
            if not isinstance(error, (TypeError, ValueError, IndexError)):
                self.infer(self._specs(args), kwargs)
        except Exception as taught:
            raise taught from error
        self._named(error)

    def require(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Refuses arguments of a wrong kind; the others, tensors by position."""
        if kwargs and not self.tensor_names.isdisjoint(kwargs):
            args, kwargs = self.positional(args, kwargs)
        backend = current()
        self._found(backend, args)
        checks.run(self.checks, self.title, args, kwargs)
        checks.check_range(self.name, self.title, args, kwargs, reader(backend))
        return args, kwargs

    def _named(self, error: Exception) -> None:
        checks.named(error, self.title, self.parameters, self.tensors.values())

    def _check_call(
        self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Raises a better error where arguments are missing or unknown."""
        if isinstance(error, TypeError):
            try:
                self.signature.bind(*args, **kwargs)
            except TypeError as misuse:
                raise TypeError(f"{self.title}: {misuse}") from error

    def _require_tensor(self, index: int, value: Any) -> None:
        if not can_be_tensor(value):
            raise TypeError(
                f"{self.title}: `{self.parameter(index)}` must be a tensor, an array, "
                f"a number or a (nested) list of numbers. Received: {value!r} "
                f"({type(value).__name__})."
            )

    def _marked(self, output: Any, values: list[Any], found: list[Any]) -> Any:
        """The output's spec, which says whether it will be sparse."""
        flags: list[bool] = []
        for index, kind in found:
            value = values[index]
            specs = value if isinstance(kind, list) else [value]
            flags.extend(spec.sparse for spec in specs)
        if not any(flags) or not isinstance(output, KerasTensor):
            return output
        sparse = self.sparsity is not None and self.sparsity(flags)
        if sparse == output.sparse:
            return output
        return KerasTensor(output.shape, output.dtype, sparse=sparse)

    def explain(
        self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Raises the rule's or the signature's error in place of a backend's."""
        if context.tracing():
            return
        self._check_call(error, args, kwargs)
        if self.composed and self.name not in current().__dict__:
            return
        try:
            self.infer(self._specs(args) if self.composed else args, kwargs)
        except Exception as taught:
            raise taught from error
        self._note(error, args, kwargs)

    def _note(
        self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Adds to a framework's error about values what the op was called with."""
        if getattr(error, "__notes__", None):
            return  # an op inside this one said it
        given = self.signature.bind(*args, **kwargs).arguments
        listed = [f"{name}={described(value)}" for name, value in given.items()]
        error.add_note(f"Raised in {self.title}({', '.join(listed)})")


def _declare(
    rule: Callable[..., Any],
    promote: str | Promotion | None,
    scalars: bool,
    composed: bool,
    keep: tuple[str, ...] = (),
    check: Check | None = None,
) -> Callable[..., Any]:
    declaration = Declaration(rule, promote, scalars, composed, keep, check)
    public = (composite_caller if composed else caller)(declaration)
    update_wrapper(public, rule)
    public.declaration = declaration  # type: ignore[attr-defined]
    declaration.public = public
    DECLARATIONS[declaration.name] = declaration
    return public


@overload
def op(rule: Callable[P, R]) -> Callable[P, R]: ...
@overload
def op(
    *,
    promote: str | Promotion | None = None,
    scalars: bool = False,
    keep: tuple[str, ...] = (),
    check: Check | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def op(
    rule: Callable[..., Any] | None = None,
    *,
    promote: str | Promotion | None = None,
    scalars: bool = False,
    keep: tuple[str, ...] = (),
    check: Check | None = None,
) -> Any:
    """Declares an op by its rule; see the module's docstring."""
    if rule is not None:
        return _declare(rule, promote, scalars, composed=False)
    return lambda rule: _declare(rule, promote, scalars, False, keep, check)


@overload
def composite(body: Callable[P, R]) -> Callable[P, R]: ...
@overload
def composite(
    *, promote: str | Promotion | None = None, keep: tuple[str, ...] = ()
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def composite(
    body: Callable[..., Any] | None = None,
    *,
    promote: str | Promotion | None = None,
    keep: tuple[str, ...] = (),
) -> Any:
    """Declares an op by code in other ops; see the module's docstring.

    `promote` says how a backend's own version wants its tensors; the body gets the
    arguments as they came.
    """
    if body is not None:
        return _declare(body, None, False, composed=True)
    return lambda body: _declare(body, promote, False, composed=True, keep=keep)
