"""Transforms of the JAX backend, for functions that read and write Variables.

JAX compiles and differentiates pure functions. A function that uses Variables becomes
one when it runs in a scope that gives it their values and collects what it writes.
Which variables those are shows in a first, abstract run; the compiled function then
takes them as flat lists (those written are donated) and returns the new values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax._src.core import trace_state_clean as _trace_state_clean  # no public name

from keras.backends import load
from keras.backends.jax.core import convert_to_tensor, is_tensor, tensor_types
from keras.backends.jitting import ARRAY, key_of, unhashable
from keras.backends.replay import Replay
from keras.core import context, placement, traces, tree
from keras.core.scopes import DiscardingScope, StatelessScope
from keras.core.typing import Structure, TensorLike

if TYPE_CHECKING:
    from keras.backends.variable import Variable

compiles_calls = True


class _Recorder(StatelessScope):
    """A stateless scope that notes which variables are read."""

    # What a compiled function makes when it first runs, such as an optimizer's state,
    # is found and kept.
    takes_new_variables = True

    def __init__(self, variables: list[Any], values: list[Any]) -> None:
        super().__init__()
        keys = map(id, variables)
        self.state_mapping = dict(zip(keys, values, strict=True))
        self.touched: dict[int, Any] = {}

    def get_current_value(self, variable: Variable) -> Any:
        value = self.state_mapping.get(id(variable))
        if value is None:
            if self._outer is not None:
                return self._outer.get_current_value(variable)
            self.touched[id(variable)] = variable
        return value


def jit(
    function: Callable[..., Any], jit_compile: bool | str | None = None
) -> Callable[..., Any]:
    return function if jit_compile is False else _Jitted(function)


def loop_pays(function: Callable[..., Any], gathers: bool, *args: Any) -> bool:
    """XLA has its quick convolutions outside of loops only, on CPUs."""
    if jax.default_backend() != "cpu":
        return True

    def run(*args: Any) -> None:
        with DiscardingScope():
            function(*args)

    return not _has_convolutions(jax.make_jaxpr(run)(*args).jaxpr)


def _has_convolutions(program: Any) -> bool:
    """Whether a traced program, or one within it, convolves."""
    for equation in program.eqns:
        if equation.primitive.name == "conv_general_dilated":
            return True
        for value in jax.tree.leaves(list(equation.params.values())):
            inner = getattr(value, "jaxpr", value)
            if hasattr(inner, "eqns") and _has_convolutions(inner):
                return True
    return False


def set_to_zero(variables: Sequence[Variable]) -> None:
    """By one program for all: each call of JAX takes as long as a small step."""
    kept = {(_place(v._value), v._layout is None) for v in variables}
    ((place, plain), *others) = kept
    if others or not plain or not _trace_state_clean():
        for variable in variables:
            variable.assign(jnp.zeros(variable.shape, variable.dtype))
        return
    specs = tuple([(v._value.shape, v._value.dtype) for v in variables])
    for variable, value in zip(variables, _zeros(specs, place)(), strict=True):
        variable._value = value


def _place(array: TensorLike) -> Any:
    """Where an array must stay; None for one that JAX may move.

    Zeros that must stay where others need not are other arguments to JAX, which
    compiles the whole step a second time for the values that come out of it.
    """
    return array.sharding if array.committed else None


@lru_cache(maxsize=256)
def _zeros(specs: tuple[Any, ...], place: Any) -> Callable[[], list[Any]]:
    def zeros() -> list[Any]:
        return [jnp.zeros(shape, dtype) for shape, dtype in specs]

    return jax.jit(zeros, out_shardings=place)


class _Jitted:
    """A function compiled once for each structure and each set of static arguments.

    On another mesh it is compiled anew: what a program is like depends on its devices,
    as where variables are to stay does.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._mesh: Any = None
        self._compiled: dict[Any, _Compiled] = {}
        self._everyday: dict[int | None, _Compiled] = {}
        self._on: dict[Any, Any] = {None: (self._compiled, self._everyday)}

    def __call__(self, *args: Any, **kwargs: Any) -> Structure:
        if context.get().stateless is not None or not _trace_state_clean():
            return self._function(*args, **kwargs)
        if placement.process.used and (mesh := _current_mesh()) != self._mesh:
            self._mesh = mesh
            self._compiled, self._everyday = self._on.setdefault(mesh, ({}, {}))
        form = _form(args) if not kwargs else None
        if form in self._everyday:
            return self._everyday[form](list(args[0]) if form else [args[0]])
        compiled, arrays = self._lookup(args, kwargs)
        if form is not None:
            self._everyday[form] = compiled
        return compiled(arrays)

    def _lookup(self, args: Any, kwargs: Any) -> tuple[_Compiled, list[Any]]:
        """The compiled form for these arguments, and the arrays among them."""
        leaves, spec = tree.flatten_with_spec((args, kwargs))
        arrays: list[Any] = []
        static: list[Any] = []
        for leaf in leaves:
            if isinstance(leaf, (jax.Array, np.ndarray, np.generic)):
                arrays.append(leaf)
                static.append(ARRAY)
            elif type(leaf).__module__.startswith(("torch", "tensorflow")):
                arrays.append(convert_to_tensor(leaf))
                static.append(ARRAY)
            else:
                static.append(leaf)
        key = key_of(spec, static)
        try:
            compiled = self._compiled.get(key)
        except TypeError:
            raise unhashable(static) from None
        if compiled is None:
            compiled = _Compiled(self._function, spec, static)
            self._compiled[key] = compiled
        return compiled, arrays


def _current_mesh() -> Any:
    """JAX's mesh of the current distribution, or None."""
    distribution = placement.for_backend(load("jax"))
    return None if distribution is None else distribution.device_mesh.backend_mesh


def _form(args: tuple[Any, ...]) -> int | None:
    """The number of arrays in one tuple, 0 for one array alone, None for all else.

    These are the arguments of training steps and model calls, whose structure is seen
    without a walk.
    """
    if len(args) != 1:
        return None
    (data,) = args
    if type(data) in _ARRAYS:
        return 0
    if type(data) is tuple and data:
        for part in data:
            if type(part) not in _ARRAYS:
                return None
        return len(data)
    return None


_ARRAYS = frozenset((np.ndarray, *tensor_types))


class _Compiled:
    """One compiled form, with the variables that it reads and those it writes."""

    def __init__(
        self, function: Callable[..., Any], spec: Any, static: list[Any]
    ) -> None:
        self._function = function
        self._spec = spec
        self._static = static
        self._read: list[Any] = []
        self._written: list[Any] = []
        self._run: Callable[..., Any] | None = None
        self._unwraps = False
        self._stale = False

    def __call__(self, arrays: list[Any]) -> Structure:
        if self._run is None:
            self._discover(arrays)
        run: Any = self._run
        read = [v._value for v in self._read]
        if self._written:
            outputs = self._update(read, arrays)
        else:
            _, outputs = run([], read, arrays)
        if self._stale:  # a retrace for new shapes met other variables
            self._run, self._stale = None, False
        return _unwrap(outputs) if self._unwraps else outputs

    def _update(self, read: list[Any], arrays: list[Any]) -> Any:
        """Run, and keep the new values of what is written, whatever interrupts that.

        The old ones are gone when it has run: they were donated. Python looks at
        signals between calls; so that none can fall between this call and what is done
        with its results, they are put away within it.
        """
        found: list[Any] = []
        run: Any = self._run
        written = self._written
        values = [variable._value for variable in written]
        try:
            found.extend(map(run, (values,), (read,), (arrays,)))
            ((new, outputs),) = found
            for variable, value in zip(written, new, strict=True):
                variable._value = value
        except BaseException:
            for variable, value in zip(
                written, found[0][0] if found else (), strict=False
            ):
                variable._value = value
            raise
        return outputs

    def _call(self, scope: _Recorder, arrays: list[Any]) -> Any:
        feed = iter(arrays)
        filled = [next(feed) if x is ARRAY else x for x in self._static]
        args, kwargs = tree.unflatten(self._spec, filled)
        if self._run is not None:  # it is compiled now, not looked at
            traces.note(self._function, args, kwargs)
        with scope:
            outputs = self._function(*args, **kwargs)
            # Here, where a variable that is returned has the value that it has then.
            outputs = tree.map_structure(self._wrap, outputs)
        for losses in scope.loss_lists.values():
            losses.clear()  # tracers, which are of no use to anybody
        return outputs

    def _wrap(self, x: TensorLike) -> Any:
        if getattr(x, "_is_keras_variable", False):
            x = x.value
        if x is None or isinstance(x, (jax.Array, np.ndarray, np.generic)):
            return x
        self._unwraps = True
        return _Static(x)

    def _discover(self, arrays: list[Any]) -> None:
        found: list[_Recorder] = []

        def abstract(inputs: list[Any]) -> None:
            scope = _Recorder([], [])
            found.append(scope)
            self._call(scope, inputs)

        jax.eval_shape(abstract, arrays)
        scope = found[-1]
        self._written = list(scope.updates.values())
        ids = set(scope.updates)
        self._read = [v for key, v in scope.touched.items() if key not in ids]
        known = self._read + self._written

        def pure(written: list[Any], read: list[Any], inputs: list[Any]) -> Any:
            scope = _Recorder(known, [*read, *written])
            outputs = self._call(scope, inputs)
            if scope.touched or not set(scope.updates) <= ids:
                self._stale = True
            return [scope.state_mapping[id(v)] for v in self._written], outputs

        options: Any = {}
        if any(v._layout is not None for v in self._written):
            # Variables stay where their layouts say, whatever suits the compiler.
            places = [getattr(v._layout, "backend_layout", None) for v in self._written]
            options["out_shardings"] = (places, None)
        self._run = jax.jit(pure, donate_argnums=0, **options)


class _Static:
    """A value that is part of the program, not of the data, on its way out of it."""

    def __init__(self, value: Any) -> None:
        self.value = value


jax.tree_util.register_pytree_node(
    _Static, lambda x: ((), x.value), lambda value, _: _Static(value)
)


def _unwrap(outputs: Any) -> Any:
    return tree.map_structure(
        lambda x: x.value if isinstance(x, _Static) else x, outputs
    )


def value_and_grad(
    function: Callable[..., Any],
    variables: Sequence[Any] | None = None,
    has_aux: bool = False,
) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if variables is None:
            targets: list[Any] = []
            start = tree.map_structure(convert_to_tensor, args[0])
        else:
            targets = tree.flatten(variables)
            start = [variable.value for variable in targets]
        scopes: list[_Recorder] = []

        def pure(point: Any) -> Any:
            scope = _Recorder(targets, point if targets else [])
            with scope:
                if variables is None:
                    result = function(point, *args[1:], **kwargs)
                else:
                    result = function(*args, **kwargs)
            loss, aux = result if has_aux else (result, None)
            scopes[:] = [scope]
            return loss, (aux, scope.effects())

        (loss, (aux, effects)), grads = jax.value_and_grad(pure, has_aux=True)(start)
        scopes[0].put_effects(effects)
        if variables is not None:
            grads = tree.pack_sequence_as(variables, grads)
        return ((loss, aux) if has_aux else loss), grads

    return wrapped


def remat(function: Callable[..., Any]) -> Callable[..., Any]:
    def rematerialized(*args: Any, **kwargs: Any) -> Structure:
        replay = Replay(function, args, kwargs, is_tensor)
        # JAX computes again from the trace: the function itself runs once.
        return replay.finish(jax.checkpoint(replay.run)(replay.tensors))

    return rematerialized


def vmap(
    function: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0
) -> Callable[..., Any]:
    axes = tuple(in_axes) if isinstance(in_axes, list) else in_axes

    def mapped(*args: Any) -> Any:
        args = tuple(tree.map_structure(convert_to_tensor, arg) for arg in args)
        return jax.vmap(function, in_axes=axes, out_axes=out_axes)(*args)

    return mapped
