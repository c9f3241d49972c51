"""Transforms of the TensorFlow backend: cached `tf.function`s and gradient tapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

# None of these has a public name: the device of a scope, what tensors and variables
# are outside of graphs and strategies, and a tape's end before its scope's.
from tensorflow.python.eager import context as _tf_context
from tensorflow.python.eager.record import stop_recording as _stop_recording
from tensorflow.python.framework.ops import EagerTensor as _EagerTensor
from tensorflow.python.ops.resource_variable_ops import (
    ResourceVariable as _ResourceVariable,
)

from keras.backends.jitting import ARRAY, key_of, unhashable
from keras.backends.replay import Replay
from keras.backends.tensorflow.core import (
    compute_output_spec,
    convert_to_tensor,
    is_tensor,
)
from keras.core import context, traces, tree
from keras.core.scopes import DiscardingScope
from keras.core.typing import Structure, TensorLike

if TYPE_CHECKING:
    from keras.backends.variable import Variable

compiles_calls = True
_eager: Callable[[], Any] = _tf_context.context
_ZERO: Any = tf.UnconnectedGradients.ZERO

# What XLA raises for a program it cannot compile.
_NOT_COMPILABLE = (
    tf.errors.InvalidArgumentError,
    tf.errors.UnimplementedError,
    tf.errors.NotFoundError,
)


def jit(
    function: Callable[..., Any], jit_compile: bool | str | None = None
) -> Callable[..., Any]:
    return _Jitted(function, jit_compile)


def compiles_further(jit_compile: bool | str | None) -> bool:
    """On CPUs XLA has to be asked for, as in Keras, but for steps that run often."""
    return jit_compile is True or (jit_compile == "auto" and _has_gpu())


def set_to_zero(variables: Sequence[Variable]) -> None:
    """By the bare op, which takes a quarter of the time of an assignment."""
    for variable in variables:
        value = variable._value
        if not tf.executing_eagerly() or type(value) is not _ResourceVariable:
            variable.assign(tf.zeros(variable.shape, variable.dtype))
        else:
            zero = _zero(value.shape, value.dtype, _eager().device_name)
            tf.raw_ops.AssignVariableOp(resource=value.handle, value=zero)


@lru_cache(maxsize=256)
def _zero(shape: tf.TensorShape, dtype: tf.DType, device: str) -> tf.Tensor:
    del device  # but each has its own
    return tf.zeros(shape, dtype)


def loop_pays(function: Callable[..., Any], gathers: bool, *args: Any) -> bool:
    """Loops have the kernels that there are outside; what they gather is copied, which
    for large results takes longer than the calls that a loop spares."""
    if not gathers:
        return True
    with DiscardingScope():
        args = tree.map_structure(_as_argument, args)
        outputs = tree.flatten(compute_output_spec(lambda: function(*args)))
    sizes = [getattr(x, "shape", ()) for x in outputs]
    return all(None not in shape for shape in sizes) and (
        sum(map(math.prod, sizes)) <= _GATHERED
    )


# Numbers of a batch of results up to which a loop pays, on the CPU: 0.35 to 0.7 of the
# time of single calls for small ones and for 0.26 million, 1.24 for 0.52 million.
_GATHERED = 3e5


def _as_argument(x: Any) -> Any:
    return convert_to_tensor(x) if isinstance(x, np.ndarray) else x


class _RanksVary(Exception):
    """TensorFlow would trace once for tensors of any rank, which nothing works for."""


class _Jitted:
    """A function traced once for each structure and each set of static arguments."""

    def __init__(
        self, function: Callable[..., Any], jit_compile: bool | str | None
    ) -> None:
        self._function = function
        self._xla = jit_compile
        self._traced: dict[Any, Callable[..., Any]] = {}
        self._ranks_vary = False
        self._rows_vary = False
        # What was traced for one tensor alone: the call of a model, most often.
        self._of_one: Callable[..., Any] | None = None

    def expect_any_rows(self) -> None:
        """Trace once for batches of any size, and not again when another one comes."""
        self._rows_vary = True

    def __call__(self, *args: Any, **kwargs: Any) -> Structure:
        now = context.get()
        if not tf.executing_eagerly() or now.stateless is not None:
            return self._function(*args, **kwargs)
        single = len(args) == 1 and not kwargs and is_tensor(args[0])
        if single and self._of_one is not None:
            return self._run(self._of_one, args, kwargs, args)
        leaves, spec = tree.flatten_with_spec((args, kwargs))
        tensors: list[Any] = []
        static: list[Any] = []
        for leaf in leaves:
            if _is_array(leaf):
                tensors.append(leaf if is_tensor(leaf) else convert_to_tensor(leaf))
                static.append(ARRAY)
            else:
                static.append(leaf)
        key = key_of(spec, static)
        if self._ranks_vary:
            key = (*key, tuple(x.shape.rank for x in tensors))
        try:
            traced = self._traced.get(key)
        except TypeError:
            raise unhashable(static) from None
        xla = self._xla
        if traced is None and now.brief and xla == "auto" and not _has_gpu():
            xla, key = False, (*key, "brief")
            traced = self._traced.get(key)
        if traced is None:
            result = self._first(key, spec, static, tensors, xla)
            if single and xla == self._xla and not self._ranks_vary:
                self._of_one = self._traced[key]
            return result
        return self._run(traced, args, kwargs, tensors)

    def _run(self, traced: Any, args: Any, kwargs: Any, tensors: Any) -> Any:
        try:
            return traced(*tensors)
        except _RanksVary:
            self._ranks_vary, self._of_one = True, None
            return self(*args, **kwargs)

    def _first(
        self, key: Any, spec: Any, static: list[Any], tensors: list[Any], xla: Any
    ) -> Any:
        def run(*given: Any) -> Structure:
            if any(x.shape.rank is None for x in given):
                raise _RanksVary
            feed = iter(given)
            filled = [next(feed) if x is ARRAY else x for x in static]
            args, kwargs = tree.unflatten(spec, filled)
            traces.note(self._function, args, kwargs)
            return tree.map_structure(_readout, self._function(*args, **kwargs))

        traced = _Traced(run, xla in (True, "auto"))
        try:
            kinds = list(map(_of_any_rows, tensors)) if self._rows_vary else tensors
            work = _convolutions(traced, kinds) if xla == "auto" else 0
            used = traced
            if work:
                used = _Traced(run, False)
                traced = _BySize(traced, used) if work <= _LITTLE else used
            if self._rows_vary:
                used.get_concrete_function(*kinds)
            result = traced(*tensors)
        except _NOT_COMPILABLE:
            if xla != "auto":
                raise
            traced = _Traced(run, False)
            result = traced(*tensors)
        self._traced[key] = traced
        return result


def _has_gpu() -> bool:
    """Whether TensorFlow has a GPU, for which XLA always pays."""
    return bool(tf.config.list_physical_devices("GPU"))


class _Traced:
    """A `tf.function` whose trace for tensors that were seen before is called as it is.

    To find it takes TensorFlow longer than a small step (120 of 200 us): it looks at
    whatever could matter. Here shapes, dtypes and the device do; where a strategy or a
    debugger has a say, TensorFlow decides.
    """

    def __init__(self, function: Callable[..., Any], xla: bool) -> None:
        self._function = tf.function(
            function, autograph=False, jit_compile=xla, reduce_retracing=True
        )
        # TensorFlow tells functions apart by their place in the source, so it would
        # warn of the fifth model as of one function that is traced again and again.
        self._function._omit_frequent_tracing_warning = True
        self._found: dict[Any, Callable[..., Any] | None] = {}

    def __call__(self, *tensors: Any) -> Structure:
        key: list[Any] = [_eager().device_name]
        for x in tensors:
            if type(x) is not _EagerTensor:
                return self._function(*tensors)
            key += (x.shape, x.dtype)
        signature = tuple(key)
        found = self._found.get(signature)
        if found is None:
            return self._find(signature, tensors)
        if _has_strategy() or _run_eagerly():
            return self._function(*tensors)
        return found(*tensors)

    def _find(self, signature: Any, tensors: Any) -> Structure:
        """Call, and keep the trace from the second time on: the first one may make
        variables, for which TensorFlow has another trace."""
        result = self._function(*tensors)
        if signature not in self._found:
            if len(self._found) < _MOST_FOUND:
                self._found[signature] = None
        elif not (_has_strategy() or _run_eagerly()):
            self._found[signature] = self._function.get_concrete_function(*tensors)
        return result

    def get_concrete_function(self, *kinds: Any) -> Any:
        """The trace for tensors of these kinds."""
        return self._function.get_concrete_function(*kinds)


_MOST_FOUND = 64
_has_strategy = tf.distribute.has_strategy
_run_eagerly = tf.config.functions_run_eagerly


_CONVOLUTIONS = frozenset(
    (
        "Conv2D",
        "Conv2DBackpropInput",
        "Conv3D",
        "Conv3DBackpropInputV2",
        "DepthwiseConv2dNative",
    )
)
_WITH_BODIES = frozenset(("If", "StatelessIf", "While", "StatelessWhile"))


# Multiplications of one row up to which XLA wins on the CPU, because it calls less:
# a MobileNetV3Small of 64 x 64 has five million and takes as long with it as without, a
# ResNet50 with 350 million three times as long.
_LITTLE = 5e6


def _convolutions(traced: Any, tensors: list[Any]) -> float:
    """How often a function multiplies for convolutions of one row on the CPU, for which
    XLA has no quick kernels; infinite where sizes are open."""
    if _has_gpu():
        return 0.0
    graph = traced.get_concrete_function(*tensors).graph
    operations = graph.get_operations()
    if any(op.type in _WITH_BODIES for op in operations):
        bodies = graph.as_graph_def().library.function
        if any(node.op in _CONVOLUTIONS for body in bodies for node in body.node_def):
            return math.inf  # steps in a loop, whose sizes are not to be seen from here
    work = 0.0
    for op in operations:
        if op.type in _CONVOLUTIONS:
            kernel = next(x for x in op.inputs[1:] if x.shape.rank != 1)
            sizes = [*op.outputs[0].shape[1:-1], *kernel.shape]
            work += math.prod(math.inf if size is None else size for size in sizes)
    return work


class _BySize:
    """XLA for a batch of one, where it wins by calling less; plain kernels for more."""

    def __init__(self, single: Callable[..., Any], several: Callable[..., Any]) -> None:
        self._single = single
        self._several = several

    def __call__(self, *tensors: Any) -> Structure:
        is_single = bool(tensors) and tensors[0].shape[:1] == (1,)
        return (self._single if is_single else self._several)(*tensors)


def _of_any_rows(x: Any) -> Any:
    """The kind of a tensor whose first size is open."""
    if not isinstance(x, tf.Tensor) or not x.shape.rank:
        return x
    return tf.TensorSpec([None, *x.shape[1:]], x.dtype)


def _is_array(x: TensorLike) -> bool:
    return isinstance(x, (np.ndarray, np.generic)) or is_tensor(x)


def _readout(x: TensorLike) -> Any:
    return x.value if getattr(x, "_is_keras_variable", False) else x


def value_and_grad(
    function: Callable[..., Any],
    variables: Sequence[Any] | None = None,
    has_aux: bool = False,
) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if variables is None:
            first = tree.map_structure(_tensor, args[0])
            args = (first, *args[1:])
            targets = tree.flatten(first)
        else:
            targets = [_target(v) for v in tree.flatten(variables)]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(targets)
            result = function(*args, **kwargs)
            loss = result[0] if has_aux else result
        grads = tape.gradient(loss, targets, unconnected_gradients=_ZERO)
        structure = args[0] if variables is None else variables
        return result, tree.pack_sequence_as(structure, grads)

    return wrapped


def remat(function: Callable[..., Any]) -> Callable[..., Any]:
    def rematerialized(*args: Any, **kwargs: Any) -> Structure:
        replay = Replay(function, args, kwargs, _is_dense)
        with _stop_recording():
            results = [tf.convert_to_tensor(x) for x in replay.run(replay.tensors)]
        return replay.finish(_recomputed(replay, results))

    return rematerialized


def _recomputed(replay: Replay, results: list[Any]) -> list[Any]:
    """The results of a first run, with gradients that come from a second one."""
    read = list(replay.scope.read.values())
    # What variables hold before the call's own assignments, which are held back.
    given = [*replay.tensors, *(value for _, value in read)]
    given = [tf.convert_to_tensor(x) for x in given]
    count = len(replay.tensors)
    floats = [i for i, x in enumerate(given) if _is_differentiable(x)]
    ends = [i for i, y in enumerate(results) if _is_differentiable(y)]

    def gradient(starts: Sequence[Any], upstream: list[Any]) -> list[Any]:
        # The second run waits for its gradients: else both could run at the beginning.
        with tf.control_dependencies(upstream):
            points = [tf.identity(x) for x in starts]
        inputs = list(given)
        for i, point in zip(floats, points, strict=True):
            inputs[i] = point
        values = {id(v): x for (v, _), x in zip(read, inputs[count:], strict=True)}
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(points)
            again = replay.run(inputs[:count], values, again=True)
            loss = [again[i] for i in ends]
        grads = tape.gradient(
            loss, points, output_gradients=upstream, unconnected_gradients=_ZERO
        )
        return [tf.convert_to_tensor(grad) for grad in grads]

    @tf.custom_gradient
    def known(*starts: Any) -> Any:
        outputs = [tf.identity(results[i]) for i in ends]
        return outputs, lambda *upstream: gradient(starts, list(upstream))

    outputs = list(results)
    for i, y in zip(ends, known(*(given[i] for i in floats)), strict=True):
        outputs[i] = y
    return outputs


def _is_dense(x: TensorLike) -> bool:
    return isinstance(x, (tf.Tensor, tf.Variable))


def _is_differentiable(x: TensorLike) -> bool:
    return x.dtype.is_floating or x.dtype.is_complex


def _tensor(x: TensorLike) -> Any:
    x = convert_to_tensor(x)
    return tf.convert_to_tensor(x) if isinstance(x, tf.Variable) else x


def _target(variable: Variable) -> Any:
    if context.get().stateless is None:
        return variable._value
    return variable.value


def vmap(
    function: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0
) -> Callable[..., Any]:
    def mapped(*args: Any) -> Any:
        axes = in_axes if isinstance(in_axes, (list, tuple)) else (in_axes,) * len(args)
        moved = [
            _moved(x, a, 0) if a is not None else x
            for x, a in zip(args, axes, strict=True)
        ]
        mapped_over = [x for x, a in zip(moved, axes, strict=True) if a is not None]

        def row(slices: Any) -> Any:
            feed = iter(slices)
            return function(
                *(
                    x if a is None else next(feed)
                    for x, a in zip(moved, axes, strict=True)
                )
            )

        result = tf.vectorized_map(row, tuple(mapped_over))
        return tree.map_structure(lambda y: _moved(y, 0, out_axes), result)

    return mapped


def _moved(x: TensorLike, source: int, target: int) -> Any:
    x = tf.convert_to_tensor(convert_to_tensor(x))
    if source == target:
        return x
    order = list(range(x.shape.rank))
    order.insert(target % x.shape.rank, order.pop(source))
    return tf.transpose(x, order)
