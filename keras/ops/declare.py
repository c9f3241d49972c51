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
- `promote=function`: a function from the list of dtypes (Python types for weak
  scalars) to the dtype all are brought to.

With `scalars=True` a Python number beside a tensor is handed to the backend as it
is, when the common dtype is the tensor's own: frameworks are quickest that way.

`@composite` declares an op whose body is ordinary code in other ops. It is its own
rule (it runs on KerasTensors) and its own default on every backend; a backend that
has a function of that name is asked instead.

A call on tensors of the current backend reaches the backend after a type lookup
and, where dtypes matter, a comparison. Everything else (conversion, promotion,
Variables, symbolic tensors) takes the path in `Declaration.dispatch`. When the
backend raises, the rule is run on the shapes; its error, which says what would fit,
is the one a user sees, the same on every backend.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any, ParamSpec, TypeVar, overload

from keras.backends import current, process
from keras.backends.backend import FOREIGN, SCALAR, SYMBOLIC, TENSOR, VARIABLE
from keras.core import context, dtypes
from keras.core.keras_tensor import KerasTensor
from keras.core.scopes import SymbolicScope

P = ParamSpec("P")
R = TypeVar("R")
Promotion = Callable[[list[Any]], str]

DECLARATIONS: dict[str, Declaration] = {}

_PROMOTIONS: dict[str, Promotion] = {
    "same": lambda found: dtypes.result_type(*found),
    "float": lambda found: dtypes.float_result(*found),
}
_NUMBERS = frozenset((float, int))
_get = context.get


class _Missing:
    """Stands for a tensor argument that was given by name, or not at all."""


_MISSING: Any = _Missing()


class Declaration:
    """One op: its signature, rule, promotion and how to call it."""

    def __init__(
        self,
        rule: Callable[..., Any],
        promote: str | Promotion | None,
        scalars: bool,
        composed: bool,
    ) -> None:
        self.name = rule.__name__
        self.rule = rule
        self.scalars = scalars
        self.composed = composed
        self.needs_float = promote == "float"
        self.promote = _PROMOTIONS[promote] if isinstance(promote, str) else promote
        self.signature = inspect.signature(rule)
        parameters = list(self.signature.parameters.values())
        self.parameters = [parameter.name for parameter in parameters]
        self.tensors = {
            index: parameter.name
            for index, parameter in enumerate(parameters)
            if "TensorLike" in str(parameter.annotation)
        }
        self.tensor_names = frozenset(self.tensors.values())
        # `*operands: TensorLike`: every argument from this position on is a tensor.
        variadic = [i for i, p in enumerate(parameters) if p.kind is p.VAR_POSITIONAL]
        self.variadic = next((i for i in variadic if i in self.tensors), None)
        self.leads_with_tensors = self.variadic is None and list(self.tensors) == list(
            range(len(self.tensors))
        )
        self.public: Callable[..., Any] = rule
        self.operation_class: type | None = None

    def __repr__(self) -> str:
        return f"<op {self.name}{self.signature}>"

    # The general path ----------------------------------------------------------

    def dispatch(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls the op on anything: converts, promotes, or records a graph node."""
        backend = current()
        if kwargs and not self.tensor_names.isdisjoint(kwargs):
            args, kwargs = self._positional(args, kwargs)
        found = self._found(backend, args)
        if SYMBOLIC in found[1]:
            return self.symbolic(args, kwargs)
        if not self.tensors and self._is_open(args, kwargs):
            return self.symbolic(args, kwargs)
        args = self._prepare(backend, args, found)
        try:
            return self.implementation(backend)(*args, **kwargs)
        except Exception as error:
            self.explain(error, args, kwargs)
            raise

    def implementation(self, backend: Any) -> Callable[..., Any]:
        """The backend's function, or the composed body where it has none."""
        if self.composed:
            return backend.__dict__.get(self.name, self.rule)
        return getattr(backend, self.name)

    def _positional(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Moves arguments given by name to their positions, up to the last tensor."""
        bound = self.signature.bind(*args, **kwargs)
        given = bound.arguments
        last = max(self.tensors)
        positional = []
        for index, (name, parameter) in enumerate(self.signature.parameters.items()):
            if index > last or parameter.kind is parameter.KEYWORD_ONLY:
                break
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional.extend(given.get(name, ()))
                break
            positional.append(given.get(name, parameter.default))
        used = set(self.parameters[: len(positional)])
        rest = {name: value for name, value in kwargs.items() if name not in used}
        return (*positional, *args[len(positional) :]), rest

    def tensor_positions(self, count: int) -> list[int]:
        """Which of so many positional arguments are tensors."""
        positions = [index for index in self.tensors if index < count]
        if self.variadic is not None:
            positions.extend(range(self.variadic + 1, count))
        return positions

    def _found(self, backend: Any, args: tuple[Any, ...]) -> tuple[list[Any], set[int]]:
        """The tensor arguments with their kinds, and the set of all kinds met."""
        found: list[Any] = []
        kinds: set[int] = set()
        for index in self.tensor_positions(len(args)):
            value = args[index]
            if type(value) in (list, tuple):
                inner = _kinds_of_sequence(backend, value)
                found.append((index, inner))
                kinds.update(inner)
            elif value is not None:
                kind = backend.kind_of(value)
                found.append((index, kind))
                kinds.add(kind)
        return found, kinds

    def _is_open(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether a creation op is asked for an unknown size, in a symbolic run."""
        if _get().symbolic is None:
            return False
        shape = kwargs.get("shape", args[0] if args else None)
        return isinstance(shape, (tuple, list)) and None in shape

    def _prepare(
        self, backend: Any, args: tuple[Any, ...], found: tuple[list[Any], set[int]]
    ) -> tuple[Any, ...]:
        if not found[0]:
            return args
        values = list(args)
        target = None
        if self.promote is not None:
            target = self.promote(_dtypes(backend, values, found[0]))
        keep_scalars = self.scalars and TENSOR in found[1]
        for index, kind in found[0]:
            if isinstance(kind, list):
                values[index] = [
                    _convert(backend, value, inner, target)
                    for value, inner in zip(values[index], kind, strict=True)
                ]
            elif kind == SCALAR and keep_scalars:
                values[index] = _scalar(values[index], target)
            else:
                values[index] = _convert(backend, values[index], kind, target)
        return tuple(values)

    # The symbolic path ---------------------------------------------------------

    def symbolic(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The op on KerasTensors: shapes and dtypes, and a node of the graph."""
        outputs = self.infer(args, kwargs)
        if _get().symbolic is None:
            from keras.ops.operation import record

            outputs = record(self, args, kwargs, outputs)
        return outputs

    def infer(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The outputs' shapes and dtypes, as KerasTensors without history."""
        backend = current()
        if kwargs and not self.tensor_names.isdisjoint(kwargs):
            args, kwargs = self._positional(args, kwargs)
        if self.composed:
            with SymbolicScope():
                return self.rule(*args, **kwargs)
        found = self._found(backend, args)
        values = list(args)
        target = None
        if self.promote is not None and found[0]:
            target = self.promote(_dtypes(backend, values, found[0]))
        for index, kind in found[0]:
            if isinstance(kind, list):
                values[index] = [spec_of(backend, v, target) for v in values[index]]
            else:
                values[index] = spec_of(backend, values[index], target)
        return _canonical(backend, self.rule(*values, **kwargs))

    def explain(
        self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Raises the rule's or the signature's error in place of a backend's."""
        if context.tracing():
            return
        if isinstance(error, TypeError):
            try:
                self.signature.bind(*args, **kwargs)
            except TypeError as misuse:
                raise TypeError(f"keras.ops.{self.name}: {misuse}") from error
        if self.composed:
            return
        try:
            self.infer(args, kwargs)
        except Exception as taught:
            raise taught from error


def _kinds_of_sequence(backend: Any, values: Sequence[Any]) -> Any:
    """A list of kinds where the sequence holds tensors; OTHER for plain numbers."""
    kinds = [
        backend.kind_of(value) if type(value) not in (list, tuple) else 5
        for value in values
    ]
    if any(kind in (TENSOR, SYMBOLIC, VARIABLE, FOREIGN) for kind in kinds):
        return kinds
    if any(hasattr(value, "shape") for value in values):
        return kinds
    return kinds if kinds else 5


def _dtypes(backend: Any, values: list[Any], found: list[Any]) -> list[Any]:
    result: list[Any] = []
    for index, kind in found:
        if isinstance(kind, list):
            pairs = zip(values[index], kind, strict=True)
            result.extend(_dtype(backend, value, inner) for value, inner in pairs)
        else:
            result.append(_dtype(backend, values[index], kind))
    return result


def _dtype(backend: Any, value: Any, kind: int) -> Any:
    if kind == TENSOR:
        return backend.dtype_of(value)
    if kind in (SYMBOLIC, VARIABLE):
        return value.dtype
    if kind == SCALAR:
        return type(value)
    if kind == FOREIGN or hasattr(value, "dtype"):
        return backend.canonical_dtype(dtypes.standardize_dtype(value.dtype))
    return backend.dtype_of(backend.convert_to_tensor(value))


def _convert(backend: Any, value: Any, kind: int, dtype: str | None) -> Any:
    if kind == TENSOR:
        return value if dtype is None else backend.cast(value, dtype)
    if kind == VARIABLE:
        value = value.value
        return value if dtype is None else backend.cast(value, dtype)
    if value is None:
        return None
    return backend.convert_to_tensor(value, dtype=dtype)


def _scalar(value: Any, dtype: str | None) -> Any:
    """A Python number of the kind (bool, int, float, complex) of the dtype."""
    if dtype is None or isinstance(value, complex):
        return value
    if dtypes.is_float(dtype):
        return float(value)
    return int(value) if dtypes.is_int(dtype) else value


def spec_of(backend: Any, value: Any, dtype: str | None = None) -> Any:
    """Shape and dtype of anything tensor-like, as a KerasTensor without history."""
    if value is None:
        return None
    if isinstance(value, KerasTensor):
        if dtype is None or dtype == value.dtype:
            return value
        return KerasTensor(value.shape, dtype, sparse=value.sparse)
    kind = backend.kind_of(value)
    if kind == VARIABLE:
        return KerasTensor(value.shape, dtype or value.dtype)
    if kind != TENSOR:
        value = backend.convert_to_tensor(value)
    return KerasTensor(backend.shape_of(value), dtype or backend.dtype_of(value))


def _canonical(backend: Any, outputs: Any) -> Any:
    """The dtypes that this backend really has, where it lacks 64-bit ones."""
    if isinstance(outputs, KerasTensor):
        dtype = backend.canonical_dtype(outputs.dtype)
        if dtype != outputs.dtype:
            return KerasTensor(outputs.shape, dtype, sparse=outputs.sparse)
        return outputs
    if isinstance(outputs, (list, tuple)) and not hasattr(outputs, "_fields"):
        return type(outputs)(_canonical(backend, output) for output in outputs)
    return outputs


# The quick paths ----------------------------------------------------------------


def _nullary(declaration: Declaration) -> Callable[..., Any]:
    dispatch = declaration.dispatch

    def call(*args: Any, **kwargs: Any) -> Any:
        return dispatch(args, kwargs)

    return call


def _unary(declaration: Declaration) -> Callable[..., Any]:
    name, dispatch = declaration.name, declaration.dispatch
    any_dtype = declaration.promote is None
    floats = declaration.needs_float
    explain = declaration.explain

    def call(x: Any = _MISSING, /, *args: Any, **kwargs: Any) -> Any:
        backend = _get().backend or process.default or current()
        if backend.kinds.get(type(x)) == TENSOR and (
            any_dtype or (floats and x.dtype in backend.inexact)
        ):
            try:
                return getattr(backend, name)(x, *args, **kwargs)
            except Exception as error:
                explain(error, (x, *args), kwargs)
                raise
        return dispatch(args if x is _MISSING else (x, *args), kwargs)

    return call


def _binary(declaration: Declaration) -> Callable[..., Any]:
    name, dispatch = declaration.name, declaration.dispatch
    any_dtype = declaration.promote is None
    # A promotion of its own (not "same", not "float") decides by itself.
    settled = declaration.promote in (None, _PROMOTIONS["same"], _PROMOTIONS["float"])
    floats = declaration.needs_float
    scalars = declaration.scalars
    explain = declaration.explain

    def call(x1: Any = _MISSING, x2: Any = _MISSING, /, *args: Any, **kwargs: Any) -> Any:
        backend = _get().backend or process.default or current()
        kinds = backend.kinds
        if (
            settled
            and kinds.get(type(x1)) == TENSOR
            and (
                (
                    kinds.get(type(x2)) == TENSOR
                    and (
                        any_dtype
                        or x1.dtype is x2.dtype
                        and (not floats or x1.dtype in backend.inexact)
                    )
                )
                # A real Python number takes the dtype of a float tensor.
                or (scalars and type(x2) in _NUMBERS and x1.dtype in backend.inexact)
            )
        ):
            try:
                return getattr(backend, name)(x1, x2, *args, **kwargs)
            except Exception as error:
                explain(error, (x1, x2, *args), kwargs)
                raise
        if x2 is _MISSING:
            return dispatch(() if x1 is _MISSING else (x1,), kwargs)
        return dispatch((x1, x2, *args), kwargs)

    return call


def _is_tensor_position(declaration: Declaration, index: int) -> bool:
    if index not in declaration.tensors:
        return False
    annotation = str(declaration.signature.parameters[declaration.tensors[index]].annotation)
    return "Sequence" not in annotation and "None" not in annotation


def _caller(declaration: Declaration) -> Callable[..., Any]:
    """The quickest way in that the tensor parameters allow."""
    if not declaration.composed and declaration.tensors:
        first = _is_tensor_position(declaration, 0)
        if first and len(declaration.tensors) == 1:
            return _unary(declaration)
        if first and len(declaration.tensors) == 2 and _is_tensor_position(declaration, 1):
            return _binary(declaration)
    return _nullary(declaration)


def _declare(
    rule: Callable[..., Any],
    promote: str | Promotion | None,
    scalars: bool,
    composed: bool,
) -> Callable[..., Any]:
    declaration = Declaration(rule, promote, scalars, composed)
    public = _caller(declaration) if not composed else _composite(declaration)
    update_wrapper(public, rule)
    public.declaration = declaration  # type: ignore[attr-defined]
    declaration.public = public
    DECLARATIONS[declaration.name] = declaration
    return public


def _composite(declaration: Declaration) -> Callable[..., Any]:
    """The body itself, unless something is symbolic or the backend knows better."""
    name, rule, dispatch = declaration.name, declaration.rule, declaration.dispatch

    def call(*args: Any, **kwargs: Any) -> Any:
        backend = _get().backend or process.default or current()
        if name in backend.__dict__ or _any_symbolic(args, kwargs):
            return dispatch(args, kwargs)
        return rule(*args, **kwargs)

    return call


def _any_symbolic(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    for value in args:
        if type(value) is KerasTensor:
            return True
        if type(value) in (list, tuple) and any(type(v) is KerasTensor for v in value):
            return True
    return bool(kwargs) and _any_symbolic(tuple(kwargs.values()), {})


@overload
def op(rule: Callable[P, R]) -> Callable[P, R]: ...
@overload
def op(
    *, promote: str | Promotion | None = None, scalars: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def op(
    rule: Callable[..., Any] | None = None,
    *,
    promote: str | Promotion | None = None,
    scalars: bool = False,
) -> Any:
    """Declares an op by its rule; see the module's docstring."""
    if rule is not None:
        return _declare(rule, promote, scalars, composed=False)
    return lambda rule: _declare(rule, promote, scalars, composed=False)


@overload
def composite(body: Callable[P, R]) -> Callable[P, R]: ...
@overload
def composite(
    *, promote: str | Promotion | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def composite(
    body: Callable[..., Any] | None = None, *, promote: str | Promotion | None = None
) -> Any:
    """Declares an op by code in other ops; see the module's docstring.

    `promote` says how a backend's own version wants its tensors; the body gets the
    arguments as they came.
    """
    if body is not None:
        return _declare(body, None, False, composed=True)
    return lambda body: _declare(body, promote, False, composed=True)
