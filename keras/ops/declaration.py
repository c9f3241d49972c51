"""One declared op: what is known of it, and what happens when it is called.

A call on tensors that need nothing goes from the caller (`ops/callers.py`) to the
backend and does not come by here. All others do: `dispatch` converts and promotes,
makes sparse tensors dense where the op must, or hands KerasTensors to `symbolic`.
When a backend raises, `explain` runs the rule on the shapes, whose error says what
would fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

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
from keras.core.errors import TensorTypeError, brief
from keras.core.keras_tensor import KerasTensor
from keras.core.scopes import SymbolicScope
from keras.core.typing import Structure, TensorLike
from keras.ops import checks, sparsity
from keras.ops.callers import has_symbolic
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
    plain_sizes,
    reader,
    sparse_flags,
    spec_of,
    to_dense,
)
from keras.ops.files import InFiles
from keras.ops.operation import OpCall, record
from keras.ops.parameters import Parameters
from keras.ops.promotion import PROMOTIONS

if TYPE_CHECKING:
    from keras.backends.backend import Backend

Check = Callable[..., bool]
_COMMON = ("float32", "int32", "bool", "int64", "bfloat16", "float16", "float64")
_get = context.get


@lru_cache
def _by_use(found: frozenset[Any]) -> tuple[Any, ...]:
    """A framework's dtypes in order of use: seen by identity, not hashed in Python."""

    def rareness(native: Any) -> int:
        matches = (i for i, name in enumerate(_COMMON) if name in str(native))
        return next(matches, len(_COMMON))

    return tuple(sorted(found, key=rareness))


class Native(NamedTuple):
    """An op on one backend, with what its callers compare arguments with."""

    function: Callable[..., Any]
    # The same without promotion of its own: for numbers and unchanged dtypes.
    plain: Callable[..., Any]
    kinds: dict[type, int]
    # The backend's dtypes that the op's promotion leaves as they are.
    unchanged: tuple[Any, ...]


# How a primitive op is made of others where a backend lacks it: `keras.ops.defaults`
# fills this in.
DEFAULTS: dict[str, Callable[..., Any]] = {}


class Declaration(Parameters):
    """One op. `keras.ops.declare.Facts` says what the keyword arguments are."""

    def __init__(
        self,
        rule: Callable[..., Any],
        composed: bool,
        *,
        promote: str | None = None,
        scalars: bool = False,
        keep: tuple[str, ...] = (),
        check: Check | None = None,
        real: bool = False,
        integers: tuple[str, ...] = (),
        bools_count: bool = False,
        ranges: Mapping[str, tuple[float, float]] | None = None,
        strict: bool = False,
        sparse: str | None = None,
        values: tuple[str, ...] = (),
        open_end: str | None = None,
        in_files: InFiles | None = None,
    ) -> None:
        super().__init__(rule, keep, integers)
        self.rule, self.composed = rule, composed
        self.public: Callable[..., Any] = rule
        self.operation_class: type[OpCall] | None = None
        self.title = checks.title(rule)
        self.promotion = PROMOTIONS[promote]
        if real:
            self.promotion = self.promotion.of_reals()
        self.scalars, self.check = scalars, check
        self.real, self.bools_count = real, bools_count
        self.ranges = checks.ranges(self.parameters, ranges or {})
        self.strict = strict or (composed and bool(self.ranges))
        self.sparse = None if sparse is None else sparsity.RULES[sparse]
        self.open_end = None if open_end is None else self.parameters.index(open_end)
        self.in_files = in_files or InFiles()
        self.checks = checks.of(
            list(self.signature.parameters.values()), makes=not self.tensors
        )
        # Static arguments, which may be sizes and axes.
        self.sizes = {
            index: name
            for index, name in enumerate(self.parameters)
            if name not in self.tensor_names and name != self.keywords
            if name not in values
        }
        # How arguments of certain kinds and dtypes are converted, once worked out.
        self.conversions: dict[tuple[Any, ...], list[tuple[int, Any, Any]]] = {}
        # Looked up by backend with each call; made before the first, which may be one
        # that a compiler traces.
        self.natives: dict[Any, Native] = {}
        for_each_backend(self._find_native)

    def __repr__(self) -> str:
        return f"<op {self.name}{self.signature}>"

    def _find_native(self, backend: Backend) -> None:
        def lacking(*args: Any, **kwargs: Any) -> Any:
            return self.implementation(backend)(*args, **kwargs)

        function = backend.__dict__.get(self.name, lacking)
        sets = [getattr(backend, name) for name in self.promotion.unchanged]
        self.natives[backend] = Native(
            function,
            getattr(function, "everyday", function),
            backend.kinds,
            _by_use(frozenset().union(*sets)),
        )

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
        except Exception as error:  # noqa: BLE001 - raised again if it stays
            return self.recovered(error, args, kwargs)

    def _sparse(
        self,
        backend: Backend,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        found: Any,
    ) -> Any:
        """The op on converted tensors, some of them sparse; see `sparsity`."""
        native = getattr(backend.sparse, self.name, None)
        result = None
        if native is not None:
            result = native(*args, **kwargs)
        elif (
            self.sparse is not None
            and self.sparse.by_values
            and self.sparse.stays(sparse_flags(found))
        ):
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

    def implementation(self, backend: Backend) -> Callable[..., Any]:
        """The backend's function, or the composed body where it has none."""
        if self.composed:
            return backend.__dict__.get(self.name, self.rule)
        found = backend.__dict__.get(self.name) or DEFAULTS.get(self.name)
        return found or getattr(backend, self.name)  # which says that it is missing

    def _found(
        self, backend: Backend, args: tuple[Any, ...]
    ) -> tuple[list[Any], set[int]]:
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
        if self.open_end is None:
            return False
        name = self.parameters[self.open_end]
        given = args[self.open_end : self.open_end + 1]
        return None in given or (name in kwargs and kwargs[name] is None)

    def _with_open_end(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with a symbolic number in place of a length of None."""
        if self.open_end is None or not self._has_open_end(args, kwargs):
            return args, kwargs
        length, place = KerasTensor((), "int32"), self.open_end
        if len(args) > place:
            return (*args[:place], length, *args[place + 1 :]), kwargs
        return args, {**kwargs, self.parameters[place]: length}

    def _converted(
        self, backend: Backend, args: tuple[Any, ...]
    ) -> tuple[Any, ...] | None:
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
        self, backend: Backend, args: tuple[Any, ...], found: list[Any]
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
            if target == "float64" and dtype is None and isinstance(args[index], float):
                dtype = target  # not by way of float32
            if kind != TENSOR or (
                dtype is not None and backend.dtype_of(args[index]) != dtype
            ):
                plan.append((index, kind, dtype))
            behind_tensor = behind_tensor or index not in self.kept
        return plan

    def _prepare(
        self, backend: Backend, args: tuple[Any, ...], plan: list[tuple[int, Any, Any]]
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

    def _target(
        self, backend: Backend, values: list[Any], found: list[Any]
    ) -> str | None:
        """The dtype that the tensor arguments are brought to."""
        if self.real or self.integers:
            self._check_dtypes(backend, values, found)
        target = self.promotion.target
        if target is None:
            return None
        counted = [pair for pair in found if pair[0] not in self.kept]
        if not counted:
            return None
        dtypes = dtypes_of(backend, values, counted)
        if "string" in dtypes:
            self._refuse_strings(backend, values, counted)
        return target(dtypes)

    def _check_dtypes(
        self, backend: Backend, values: list[Any], found: list[Any]
    ) -> None:
        """Refuses complex numbers, and places that are no integers."""
        for index, kind in found:
            for dtype in dtypes_of(backend, values, [(index, kind)]):
                name = getattr(dtype, "__name__", dtype)
                takes = name == "bool" and self.bools_count
                if index in self.integers and "int" not in name and not takes:
                    wanted = "hold integers"
                elif self.real and "complex" in name and index not in self.integers:
                    wanted = "be real"
                else:
                    continue
                raise TensorTypeError(
                    f"{self.title}: `{self.parameter(index)}` must {wanted}. "
                    f"Received: dtype {name}."
                )

    # The symbolic path ---------------------------------------------------------

    def symbolic(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The op on KerasTensors: shapes and dtypes, and a node of the graph."""
        args, kwargs = self.with_plain_sizes(args, kwargs) or (args, kwargs)
        outputs = self.infer(args, kwargs)
        if _get().symbolic is None:
            outputs = record(self, args, kwargs, outputs)
        return outputs

    def infer(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Structure:
        """The outputs' shapes and dtypes, as KerasTensors without history."""
        backend = current()
        if kwargs and not self.tensor_names.isdisjoint(kwargs):
            args, kwargs = self.positional(args, kwargs)
        found = self._check(backend, args, kwargs)
        try:
            return self._inferred(backend, args, kwargs, found)
        except (TypeError, ValueError, IndexError) as error:
            self._named(error)
            raise

    def infer_checked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Structure:
        """The same for arguments as a backend's function gets them: checked already.

        Sizes that are not known may be None.
        """
        backend = current()
        if kwargs and not self.tensor_names.isdisjoint(kwargs):
            args, kwargs = self.positional(args, kwargs)
        return self._inferred(backend, args, kwargs, self._found(backend, args))

    def _inferred(
        self,
        backend: Backend,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        found: Any,
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
        self._check(current(), args, kwargs)
        return args, kwargs

    def _check(
        self, backend: Backend, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[list[Any], set[int]]:
        """Refuses arguments of a wrong kind; the tensors and their kinds."""
        found = self._found(backend, args)
        checks.run(self.checks, self.title, args, kwargs)
        checks.check_ranges(self.ranges, self.title, args, kwargs, reader(backend))
        if self.strict:
            self._check_dtypes(backend, list(args), found[0])
        return found

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
            raise TensorTypeError(
                f"{self.title}: `{self.parameter(index)}` must be a tensor, an array, "
                f"a number or a (nested) list of numbers. Received: {brief(value)} "
                f"({type(value).__name__})."
            )

    def _marked(self, output: TensorLike, values: list[Any], found: list[Any]) -> Any:
        """The output's spec, which says whether it will be sparse."""
        flags: list[bool] = []
        for index, kind in found:
            value = values[index]
            specs = value if isinstance(kind, list) else [value]
            flags.extend(spec.sparse for spec in specs)
        if not any(flags) or not isinstance(output, KerasTensor):
            return output
        sparse = self.sparse is not None and self.sparse.stays(flags)
        if sparse == output.sparse:
            return output
        return KerasTensor(output.shape, output.dtype, sparse=sparse)

    def with_plain_sizes(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        """The arguments with Python's integers for NumPy's; None if there are none."""
        backend, changed = current(), False
        values, named = list(args), dict(kwargs)
        for place, name in self.sizes.items():
            holder: Any = values if place < len(values) else named
            key: Any = place if place < len(values) else name
            if holder is values or name in named:
                value = plain_sizes(backend, holder[key])
                changed = changed or value is not holder[key]
                holder[key] = value
        return (tuple(values), named) if changed else None

    def recovered(
        self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """The call once more, where NumPy's integers were what a framework refused.

        Otherwise it raises the error, or one that says what would fit.
        """
        if not context.tracing():
            plain = self.with_plain_sizes(args, kwargs)
            if plain is not None:
                return self.public(*plain[0], **plain[1])
            if self.composed and self.name not in current().__dict__:
                self.refuse(args, kwargs, error)
            else:
                outputs = self._explain(error, args, kwargs)
                if isinstance(outputs, KerasTensor) and 0 in outputs.shape:
                    return self._of_nothing(outputs, args)
        raise error

    def _explain(
        self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Structure:
        """What the call should give; raises the rule's error in place of a backend's.

        Of the signature too, and of strings, which have dtypes and shapes as well.
        """
        self._check_call(error, args, kwargs)
        try:
            outputs = self.infer(self._specs(args) if self.composed else args, kwargs)
            backend = current()
            self._refuse_strings(backend, list(args), self._found(backend, args)[0])
        except Exception as taught:
            raise taught from error
        self._note(error, args, kwargs)
        return outputs

    def _refuse_strings(
        self, backend: Backend, values: list[Any], found: list[Any]
    ) -> None:
        """Says that tensors hold strings, with which no framework could do this."""
        for index, kind in found:
            if "string" in dtypes_of(backend, values, [(index, kind)]):
                raise TensorTypeError(
                    f"{self.title}: `{self.parameter(index)}` must hold numbers. "
                    "Received: dtype string. Layers such as keras.layers.StringLookup "
                    "and keras.layers.Hashing make integers of strings."
                )

    def _of_nothing(self, spec: KerasTensor, args: tuple[Any, ...]) -> Any:
        """A result without elements, which some of a framework's kernels refuse.

        It is made of an argument, so that gradients find their way.
        """
        backend = current()
        source = args[min(self.tensors)]
        while isinstance(source, (list, tuple)):
            source = source[0]
        kind = backend.kind_of(source)
        rows = backend.reshape(convert(backend, source, kind, spec.dtype), (-1,))[:0]
        return backend.reshape(rows, spec.shape)

    def _note(
        self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Adds to a framework's error about values what the op was called with."""
        if getattr(error, "__notes__", None):
            return  # an op inside this one said it
        given = self.signature.bind(*args, **kwargs).arguments
        listed = [f"{name}={described(value)}" for name, value in given.items()]
        error.add_note(f"Raised in {self.title}({', '.join(listed)})")
