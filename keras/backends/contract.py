"""What a backend must provide, besides ops.

A backend is a package whose modules are named in `keras.backends.backend.MODULES`.
Each public name in them becomes an attribute of one `Backend` object, and each is
declared as an op or written down here:

- an `@op` in `keras.ops` asks the backend for a function of its name and parameters.
  Where there is none, it is computed by other ops, if `keras.ops.defaults` says how;
- a `@composite` op is written in other ops; a backend may have a quicker function of
  its name and parameters;
- what is neither stands in one of the Protocols below.

So no op is listed here: `keras.ops.contract.lacking(backend)` works out from the
declarations what a backend does not have yet.

Arguments of an op are valid and promoted when a backend's function is called:
conversion and promotion happened once, in `keras.ops.declare`. It may rely on this:

- shapes are tuples or lists of integers (or scalar tensors where the framework can),
  axes are in range, dtypes are names or None;
- operands of elementwise functions and products have one dtype, which the result has
  too (comparisons: bool; parts of complex numbers: their real dtype). `x2` of
  arithmetic and comparison may be a Python number beside a float tensor;
- reductions take an axis, a tuple or list of them, or None for all; places and counts
  are int32. Negative indices count from the end, and sorting is stable.

A function raises whatever its framework raises; the op's rule then explains the mistake
in Keras' words. Results must fit what the op's rule says of shape and dtype
(`tests/ops/test_table.py`), and a compiled function must be able to call all whose
sizes do not depend on values. `docs/adding_a_backend.md` shows the least that computes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from keras.core.typing import DType, ShapeLike, Structure, TensorLike

if TYPE_CHECKING:
    from keras.backends.variable import Variable


class CoreBackend(Protocol):
    """Tensors: conversion, shapes, dtypes, devices, traces.

    `inexact`, `wide`, `boolean` and `whole` are the sets of the framework's own dtype
    objects that are floating or complex, the same but half precision, those that logic
    takes as they are, and int32 or int64; `floats` and `reals` are the floating ones,
    and all but complex. Two tensors of different dtypes, both in `joined`, are handed
    to elementwise functions as they are where `promotes` says that their result is what
    `core.dtypes` promises. `shape_of` has None for sizes that a trace does not know,
    `shape` a scalar tensor there.

    `convert_to_tensor` copies arrays and `convert_to_numpy` copies tensors, so that no
    array of a user changes with a tensor, or a tensor with it. `host_view` is for what
    is read at once: it may share memory, and be read-only. Where tensors are `mutable`,
    it may change with them. `borrow` is for arrays that nobody else holds, or that are
    copied at once: the tensor may keep their memory.
    """

    tensor_types: tuple[type, ...]
    mutable: bool
    inexact: frozenset[Any]
    floats: frozenset[Any]
    reals: frozenset[Any]
    wide: frozenset[Any]
    boolean: frozenset[Any]
    whole: frozenset[Any]
    joined: frozenset[Any]

    def native_dtype(self, dtype: DType) -> Any: ...
    def is_tensor(self, x: TensorLike) -> bool: ...

    # Tensors that there are beside dense ones of numbers: "sparse", "ragged", "string".
    layouts: frozenset[str]

    def is_sparse(self, x: TensorLike) -> bool: ...
    def shape_of(self, x: TensorLike) -> tuple[int | None, ...]: ...
    def shape(self, x: TensorLike) -> tuple[Any, ...]: ...
    def dtype_of(self, x: TensorLike) -> str: ...
    def canonical_dtype(self, dtype: str) -> str: ...
    def promotes(self, x1: TensorLike, x2: TensorLike) -> bool: ...
    def convert_to_tensor(
        self, x: TensorLike, dtype: DType = None, sparse: bool | None = None
    ) -> Any: ...
    def convert_to_numpy(self, x: TensorLike) -> Any: ...
    def host_view(self, x: TensorLike) -> Any: ...
    def own(self, x: TensorLike) -> Any: ...
    def borrow(self, x: Any, dtype: DType) -> Any: ...
    def synchronize(self, x: TensorLike) -> Any: ...
    def in_trace(self) -> bool: ...

    # Sums of rows of 4-bit integers, each times a number of `x`, where a kernel is
    # quicker than products of floats; None elsewhere, as `Common` has it.
    def sums_of_packed_rows(
        self, x: TensorLike, packed: TensorLike, size: int
    ) -> Any: ...

    # A context in which a profile is written to a folder; optional.
    profiler: Any

    def eager_scope(self) -> AbstractContextManager[Any]: ...
    def device_scope(self, name: str) -> AbstractContextManager[Any]: ...
    def devices(self, kind: str | None = None) -> list[str]: ...
    # Over the replicas that run the same step; without any, what is given.
    def sum_over_replicas(self, x: TensorLike) -> Any: ...
    def compute_output_spec(
        self, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Structure: ...


class DataBackend(Protocol):
    """How batches reach a step that is not compiled, and leave it; all are optional.

    `prepare_array(array)` makes a whole NumPy data set sliceable into tensors, without
    a copy. `to_batch(x, private)` puts a leaf of a batch on the device that layers
    compute on; one that is `private` shares no memory with the data. `on_host(x)` says
    whether an output lies in the host's memory, where it may be a view of its input.
    `ragged_rows(values, lengths)` makes a ragged tensor, where there is that layout.
    """

    prepare_array: Any
    to_batch: Any
    on_host: Any
    ragged_rows: Any


class RandomBackend(Protocol):
    """Seeds, which the draws in `keras.random` get: `advance` counts a generator on and
    gives two uint32. The same seed gives the same draws, eager or compiled.
    `framework_state` is what the framework's own draws depend on, an array, or None
    where that cannot be read.
    """

    def advance(self, generator: Any) -> Any: ...
    def seed_framework(self, seed: int) -> None: ...
    def framework_state(self) -> Any: ...
    def set_framework_state(self, state: Any) -> None: ...


class ControlBackend(Protocol):
    """Control flow that a trace can follow. Functions get and return nested tensors.

    `host_call` is the way out of a trace: it calls a function of NumPy arrays when the
    compiled function runs. `is_traced` says whether a tensor has no numbers yet.
    `compiles_each_shape`: whether operations outside of traces are compiled, too, anew
    for each shape, so that tensors of many sizes cost more than one of the largest.
    """

    compiles_each_shape: bool

    def host_call(
        self,
        function: Callable[..., Any],
        inputs: Sequence[Any],
        shape: ShapeLike,
        dtype: str,
    ) -> Any: ...
    def is_traced(self, x: TensorLike) -> bool: ...

    def cond(
        self,
        pred: TensorLike,
        true_fn: Callable[..., Any],
        false_fn: Callable[..., Any],
    ) -> Structure: ...
    def switch(
        self, index: Any, branches: Sequence[Callable[..., Any]], *operands: Any
    ) -> Structure: ...
    def while_loop(
        self,
        cond: Callable[..., Any],
        body: Callable[..., Any],
        loop_vars: Structure,
        maximum_iterations: int | None = None,
    ) -> Structure: ...
    def fori_loop(
        self,
        lower: TensorLike,
        upper: TensorLike,
        body_fun: Callable[..., Any],
        init_val: Structure,
    ) -> Structure: ...
    def scan(
        self,
        f: Callable[..., Any],
        init: Structure,
        xs: Any,
        length: int | None,
        reverse: bool,
        unroll: int | bool,
    ) -> Structure: ...
    def map(self, f: Callable[..., Any], xs: Structure) -> Structure: ...
    def vectorized_map(
        self, function: Callable[..., Any], elements: Structure
    ) -> Structure: ...
    def associative_scan(
        self,
        f: Callable[..., Any],
        elems: Structure,
        reverse: bool = False,
        axis: int = 0,
    ) -> Structure: ...
    def custom_gradient(self, f: Callable[..., Any]) -> Structure: ...
    def jvp(
        self,
        fun: Callable[..., Any],
        primals: Structure,
        tangents: Structure,
        has_aux: bool = False,
    ) -> Structure: ...


class RnnBackend(Protocol):
    """Recurrence: a step function over the time axis, under a trace or not."""

    def rnn(
        self,
        step_function: Callable[..., Any],
        inputs: TensorLike,
        initial_states: Structure,
        go_backwards: bool = False,
        mask: TensorLike = None,
        unroll: bool = False,
        time_major: bool = False,
        zero_output_for_mask: bool = False,
        return_all_outputs: bool = True,
    ) -> tuple[Any, Any, Any]: ...


class VariableBackend(Protocol):
    """`Variable`: the subclass of `keras.backends.variable.Variable` that holds its
    value in the framework's own way, so that the framework's tools see it."""

    Variable: type


class LayerBackend(Protocol):
    """What a layer is in the framework, beside a Keras layer.

    `layer_mixin` is the second base of every layer class (`torch.nn.Module`,
    TensorFlow's trackable), or None; `optimizer_mixin` likewise that of optimizers.
    Where it has hooks of its own that a call must honour, `call_with_hooks(layer,
    args, kwargs)` is there as well.
    """

    layer_mixin: type | None
    optimizer_mixin: type | None
    call_with_hooks: Any


class TransformBackend(Protocol):
    """Transforms of functions that read and write Variables.

    `compiles_calls` says whether calling a whole model eagerly is quicker through what
    `compile_call` makes of a pure function of one argument; `variables` gives the
    Variables that the function reads. `loop_pays(function, gathers, *args)` is
    there where compiled functions can loop: whether calls of a function within one
    are as quick as compiled calls, with their results gathered or not. `recorded`,
    where it is, makes of a function that `jit` returns as it is one that repeats its
    calls of the framework: what `keras.jit(..., jit_compile="auto")` gives.
    """

    compiles_calls: bool
    loop_pays: Any
    recorded: Any

    # Keeps no intermediate results; `keras.backends.replay` has what that is made of.
    def remat(self, function: Callable[..., Any]) -> Callable[..., Any]: ...
    def compile_call(
        self, function: Callable[..., Any], variables: Sequence[Any]
    ) -> Any: ...

    def jit(
        self, function: Callable[..., Any], jit_compile: bool | str | None = None
    ) -> Any: ...
    # What a model says of itself, for clients who compile functions of their own.
    def compiles_further(self, jit_compile: bool | str | None) -> bool: ...
    def value_and_grad(
        self,
        function: Callable[..., Any],
        variables: Sequence[Any] | None = None,
        has_aux: bool = False,
    ) -> Any: ...
    def vmap(
        self, function: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0
    ) -> Any: ...


class OptimizerBackend(Protocol):
    """What optimizers ask: a scope in which variables change without gradients being
    recorded, and a note of a variable's version; metrics ask for zeros in many of them.
    Steps on all variables at once (`fused_adam` and its like) are optional, and so is
    `adopt_optimizer`, which makes of an optimizer of the framework what
    `keras.optimizers.foreign` asks for."""

    def update_scope(self) -> Any: ...
    def version_of(self, variable: Variable) -> Any: ...
    def set_to_zero(self, variables: Sequence[Variable]) -> None: ...

    adopt_optimizer: Any
    fused_adam: Any
    fused_sgd: Any
    fused_rmsprop: Any
    clip_by_global_norm: Any


class DistributionModule(Protocol):
    """What `keras.distribution` asks of the file `distribution.py`, which is optional,
    and which is imported when a distribution is first used.

    `mesh` and `layout` make the framework's own of ours; `first_value` makes the value
    of a variable, no device more than its part of it, and `distribute_value` lays out
    one there is. Then there are three kinds of frameworks. In one, a single program
    computes for all devices (`single_program`, or `splits_tensors`, where it does so
    if weights are split): `distribute_batch` lays out a tensor of a batch, `as_program`
    makes a step of the program and `program` a block of it, and `settled` lays out
    gradients. In another, one process has several replicas
    (`has_replicas`): `step` gives a step that all of them take, `join` makes metrics
    those of all; of several processes `of_all` gathers what each gives. In the third,
    each process is a replica: `of_all` does so, and `joined` gathers tensors;
    `sum_in_place` sums variables. `mean_over_replicas` gives the gradients that an
    optimizer is to use.
    """

    single_program: bool
    splits_tensors: bool
    has_replicas: bool

    def list_devices(self, kind: str | None = None) -> list[str]: ...
    def initialize(
        self, addresses: str | None, count: int | None, rank: int | None
    ) -> None: ...
    def num_processes(self) -> int: ...
    def process_id(self) -> int: ...
    def barrier(self, name: str) -> None: ...
    def agreed(self, value: int) -> int: ...
    def mesh(self, shape: Any, names: Any, devices: Any) -> Any: ...
    def layout(self, device_mesh: Any, axes: Sequence[Any]) -> Any: ...
    def distribute_value(self, value: TensorLike, layout: Any) -> Any: ...
    def first_value(
        self, initializer: Callable[..., Any], shape: Any, dtype: str, layout: Any
    ) -> Any: ...


PROTOCOLS: tuple[type, ...] = (
    CoreBackend,
    DataBackend,
    RandomBackend,
    ControlBackend,
    RnnBackend,
    VariableBackend,
    LayerBackend,
    TransformBackend,
    OptimizerBackend,
)
# The names in them that are no functions; some are optional.
DATA = frozenset(name for each in PROTOCOLS for name in each.__annotations__)
