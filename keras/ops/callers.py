"""The quick way into an op, chosen once from its tensor parameters.

A call on tensors of the current backend goes from here straight to the backend's
function: one type lookup, and one dtype comparison where dtypes matter. Whatever is
not that simple takes `Declaration.dispatch`, which knows everything and costs some
microseconds more.

There are four, each for what it saves (measured on torch by
`benchmarks/op_overhead.py`; `benchmarks/README.md` has the figures):

- `_nullary`, for ops without tensors, has nothing to look at but the current backend;
- `_unary`, for one tensor in front (300 ns): the text of `unrolled` would save 100 ns
  more, but takes 0.3 ms to compile, which with 300 ops is 0.1 s of everybody's first
  use of Keras;
- `_binary`, for two (500 ns): the same, and it alone brings two dtypes together by
  itself and takes a number on either side, as `a + b` and `2 * a` ask all the time;
- `unrolled`, for all others: written out for the op's own signature (400 to 800 ns).

They are closures, and repeat themselves here and there, since a method call or one
more function between costs as much as all that they do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keras.backends import current, process
from keras.backends.backend import SYMBOLIC, TENSOR, VARIABLE
from keras.core import context
from keras.core.dtypes import is_float
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Structure, TensorLike
from keras.ops.unrolled import NUMBERS, unrolled

if TYPE_CHECKING:
    from keras.backends.backend import Backend
    from keras.ops.declaration import Declaration

_get = context.get
_ABSENT = object()  # stands for a tensor that was given by name, or not at all


def caller(declaration: Declaration) -> Callable[..., Any]:
    """What a call of an op runs."""
    quickest = _quickest(declaration)
    return _composite(declaration, quickest) if declaration.composed else quickest


def _quickest(declaration: Declaration) -> Callable[..., Any]:
    if not declaration.tensors:
        return _nullary(declaration)
    plain = [i for i in declaration.tensors if declaration.is_plain_tensor(i)]
    if declaration.variadic is None and [*declaration.tensors] == plain:
        if plain == [0]:
            return _unary(declaration)
        if plain == [0, 1]:
            return _binary(declaration)
    return unrolled(declaration)


def _composite(
    declaration: Declaration, native: Callable[..., Any]
) -> Callable[..., Any]:
    """The body itself, unless something is symbolic or the backend knows better."""
    name, rule, dispatch = declaration.name, declaration.rule, declaration.dispatch
    recovered, require = declaration.recovered, declaration.require
    strict = declaration.strict

    def call(*args: Any, **kwargs: Any) -> Structure:
        backend = _get().backend or process.default or current()
        if name in backend.__dict__:
            return native(*args, **kwargs)
        if has_symbolic(args, kwargs):
            return dispatch(args, kwargs)
        if strict:
            require(args, kwargs)
        try:
            return rule(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - raised again if it stays
            return recovered(error, args, kwargs)

    return call


def has_symbolic(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a KerasTensor is among the arguments, or in a list that is."""
    for value in args:
        if type(value) is KerasTensor:
            return True
        if type(value) in (list, tuple) and any(type(v) is KerasTensor for v in value):
            return True
    return bool(kwargs) and has_symbolic(tuple(kwargs.values()), {})


def _nullary(declaration: Declaration) -> Callable[..., Any]:
    """No tensors at all: `zeros`, `eye`."""
    natives, dispatch = declaration.natives, declaration.dispatch
    recovered = declaration.recovered

    def call(*args: Any, **kwargs: Any) -> Structure:
        context = _get()
        if context.symbolic is not None:
            return dispatch(args, kwargs)
        function = natives[context.backend or process.default or current()][0]
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - raised again if it stays
            # A KerasTensor as a size: only where a framework has refused it, so that
            # nobody pays for the look.
            if has_symbolic(args, kwargs):
                return dispatch(args, kwargs)
            return recovered(error, args, kwargs)

    return call


def _unary(declaration: Declaration) -> Callable[..., Any]:
    """One tensor, in front of static arguments: `relu`, `sum`, `reshape`."""
    natives, dispatch = declaration.natives, declaration.dispatch
    any_dtype = declaration.promotion.keeps_any or 0 in declaration.kept
    recovered, check = declaration.recovered, declaration.check

    def call(*args: Any, **kwargs: Any) -> Structure:
        function, _, kinds, unchanged = natives[
            _get().backend or process.default or current()
        ]
        x = args[0] if args else _ABSENT
        kind = kinds.get(type(x))
        if kind == TENSOR and (any_dtype or x.dtype in unchanged):
            try:
                if check is None or check(*args, **kwargs):
                    return function(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - raised again if it stays
                return recovered(error, args, kwargs)
        elif kind == VARIABLE:
            return call(x.value, *args[1:], **kwargs)
        return dispatch(args, kwargs)

    return call


def _binary(declaration: Declaration) -> Callable[..., Any]:
    """Two tensors, in front of static arguments: `add`, `matmul`, `take`."""
    natives, dispatch = declaration.natives, declaration.dispatch
    promotion, kept = declaration.promotion, declaration.kept
    keeps_any = promotion.keeps_any
    # Nothing to compare: dtypes stay, and the other tensor's is its own affair.
    any_dtype = promotion.target is None or (keeps_any and bool(kept))
    only_reals = declaration.real and promotion.target is None
    recovered, check = declaration.recovered, declaration.check
    promoted, beside_number = _pair_promoter(declaration), _beside_number(declaration)
    # The second has a dtype of its own, which the backend judges; an op of reals
    # judges it itself, unless it must hold integers.
    second_apart = 1 in kept and (1 in declaration.integers or not declaration.real)

    def call(*args: Any, **kwargs: Any) -> Structure:
        backend = _get().backend or process.default or current()
        if len(args) < 2:
            return dispatch(args, kwargs)
        function, plain, kinds, unchanged = natives[backend]
        x1, x2 = args[0], args[1]
        kind1, kind2 = kinds.get(type(x1)), kinds.get(type(x2))
        if kind1 == TENSOR == kind2:
            if not any_dtype:
                dtype = x1.dtype
                if not (second_apart or x2.dtype is dtype):
                    agreed = promoted(backend, unchanged, args, x1, x2)
                    if agreed is None:
                        return dispatch(args, kwargs)
                    if agreed is args:
                        function = plain
                    args = agreed
                elif dtype in unchanged:
                    function = plain
                elif not keeps_any:
                    return dispatch(args, kwargs)
            elif only_reals and not (x1.dtype in unchanged and x2.dtype in unchanged):
                return dispatch(args, kwargs)
            try:
                if check is None or check(*args, **kwargs):
                    return function(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - raised again if it stays
                return recovered(error, args, kwargs)
        elif kind1 == VARIABLE or kind2 == VARIABLE:
            if SYMBOLIC not in (kind1, kind2):  # a graph reads the variable anew
                values = [
                    x.value if kinds.get(type(x)) == VARIABLE else x for x in args
                ]
                return call(*values, **kwargs)
        elif kind1 == TENSOR or kind2 == TENSOR:
            return beside_number(backend, args, kwargs)
        return dispatch(args, kwargs)

    return call


def _beside_number(declaration: Declaration) -> Callable[..., Any]:
    """A tensor and a Python number, which takes the dtype of a tensor of its kind."""
    natives, dispatch = declaration.natives, declaration.dispatch
    recovered, check = declaration.recovered, declaration.check
    scalars, weak_integers = declaration.scalars, declaration.promotion.weak_integers
    beside_numbers = declaration.promotion.beside_numbers

    def call(
        backend: Backend, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Structure:
        _, plain, kinds, _ = natives[backend]
        x1, x2 = args[0], args[1]
        if scalars and type(x2) in NUMBERS:
            dtype = x1.dtype
            if dtype in getattr(backend, beside_numbers) or (
                weak_integers and type(x2) is int and dtype in backend.whole
            ):
                try:
                    if check is None or check(*args, **kwargs):
                        return plain(*args, **kwargs)
                except Exception as error:  # noqa: BLE001 - raised again if it stays
                    return recovered(error, args, kwargs)
        elif (
            scalars
            and type(x1) in NUMBERS
            and kinds.get(type(x2)) == TENSOR
            and x2.dtype in getattr(backend, beside_numbers)
        ):
            # Frameworks want a tensor first: the number becomes one.
            x1 = backend.convert_to_tensor(x1, backend.dtype_of(x2))
            return plain(x1, *args[1:], **kwargs)
        return dispatch(args, kwargs)

    return call


def _pair_promoter(declaration: Declaration) -> Callable[..., Any]:
    """Brings two tensors of different dtypes to one, as it was once worked out."""
    plans: dict[tuple[Any, ...], Any] = {}
    promotion, real = declaration.promotion, declaration.real
    target_of, separately = promotion.target, promotion.separately
    promotes = target_of is not None and not declaration.kept
    # What promotes the dtypes of two tensors by itself, as elementwise functions do.
    joins = promotes and declaration.scalars and not promotion.follows_floatx

    def plan(
        backend: Backend, x1: TensorLike, x2: TensorLike
    ) -> tuple[str, bool, bool, bool] | None:
        first, second = backend.dtype_of(x1), backend.dtype_of(x2)
        if target_of is None or not promotes:
            return None
        if promotion.follows_floatx and not (is_float(first) or is_float(second)):
            return None  # they become `floatx()`, which can change
        if real and "complex" in first + second:
            return None  # they are refused
        together = declaration.scalars and {x1.dtype, x2.dtype} <= backend.joined
        target = target_of([first, second])
        return target, first != target, second != target, together

    def promoted(
        backend: Backend,
        unchanged: Any,
        args: tuple[Any, ...],
        x1: TensorLike,
        x2: TensorLike,
    ) -> Any:
        """The arguments; the same tuple where nothing is cast; None to dispatch."""
        first, second = x1.dtype, x2.dtype
        if separately and first in unchanged and second in unchanged:
            return args
        if joins and first in (joined := backend.joined) and second in joined:
            if backend.promotes(x1, x2):
                return args
        # The plans are a dict of the host's, which a compiler must not see into.
        if context.tracing():
            return None
        key = backend, first, second
        found = plans.get(key, ())
        if found == ():
            found = plans[key] = plan(backend, x1, x2)
        if found is None:
            return None
        target, casts_first, casts_second, together = found
        if together and backend.promotes(x1, x2):
            return args
        x1 = backend.cast(x1, target) if casts_first else x1
        x2 = backend.cast(x2, target) if casts_second else x2
        return x1, x2, *args[2:]

    return promoted
