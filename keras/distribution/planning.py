"""`plan`: what a layout costs, worked out on paper before a device is rented.

The model is made with values that take no memory, so that one of any size can be
planned on a laptop. Weights, gradients and the optimizer's state are what the layouts
say of the shapes. What a step keeps and exchanges says the partitioner of JAX, which is
shown the loss and its gradients on a mesh of no devices.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from keras import ops
from keras.backends import backend_scope, is_installed, load
from keras.backends.variable import Variable
from keras.core import dtypes, naming, placement, tree
from keras.core.typing import Tensor
from keras.distribution.base import Distribution
from keras.distribution.data_parallel import DataParallel
from keras.distribution.layout import TensorLayout
from keras.distribution.layout_map import LayoutMap
from keras.distribution.mesh import DeviceMesh
from keras.distribution.model_parallel import ModelParallel
from keras.layers.output_layouts import follow_output_layout

if TYPE_CHECKING:
    from keras.backends.backend import Backend


@dataclass(frozen=True)
class Plan:
    """Bytes that one device holds in training, and that it exchanges for each step.

    Args:
        parameters: the number of trainable and other parameters of the whole model.
        devices: the number of devices.
        weights: bytes of the model's variables, on one device.
        gradients: bytes of the gradients.
        optimizer: bytes of the optimizer's state.
        activations: bytes of what is kept from the outputs to the gradients, as JAX's
            `vjp` keeps it: what is made inside of layers is counted, what a
            `RematScope` computes again is not, nor are the weights and the batch. A
            compiler may keep less. None if JAX is not installed.
        communicated: bytes that a device sends in one step, by rings, for all sums and
            exchanges of parts of tensors. What is exchanged in a loop, as recurrent
            layers run, counts once. None if JAX is not installed.
    """

    parameters: int
    devices: int
    weights: int
    gradients: int
    optimizer: int
    activations: int | None
    communicated: int | None

    @property
    def total(self) -> int:
        """All bytes that one device holds, as far as they are known."""
        kept = self.activations or 0
        return self.weights + self.gradients + self.optimizer + kept

    def __str__(self) -> str:
        rows = {
            "weights": self.weights,
            "gradients": self.gradients,
            "optimizer state": self.optimizer,
            "activations": self.activations,
            "in all": self.total,
            "sent per step": self.communicated,
        }
        lines = [f"{self.parameters:,} parameters on {self.devices} devices; on each:"]
        lines += [f"  {name:<16}{_readable(size):>12}" for name, size in rows.items()]
        return "\n".join(lines)


def plan(model: Any, distribution: Any, batch: int, optimizer: Any = None) -> Plan:
    """What each device holds and sends, if a model is trained so.

    Args:
        model: a built model, or a function without arguments that makes one. The
            function is called where variables take no memory. It lives on JAX then;
            a built model of another backend is copied there.
        distribution: a `DataParallel` or `ModelParallel`, a `LayoutMap`, or a
            `DeviceMesh`, over whose first axis batches are split.
        batch: the number of samples in a batch, of all devices together.
        optimizer: the optimizer; that of a compiled model by default.

    Returns:
        A `Plan`; `print` shows it as a table.

    Raises:
        ValueError: if a layout does not divide a variable, or the mesh the batch, or
            if sizes of the model's inputs are not known.

    Example:

    >>> import keras
    >>> names = [f"tpu:{i}" for i in range(8)]
    >>> mesh = keras.distribution.DeviceMesh((2, 4), ("batch", "model"), names)
    >>> rules = keras.distribution.LayoutMap(mesh)
    >>> rules[".*/kernel"] = (None, "model")
    >>> def make():
    ...     dense = keras.layers.Dense(4096, use_bias=False)
    ...     return keras.Sequential([keras.Input((1024,)), dense])
    >>> adam = keras.optimizers.Adam()
    >>> keras.distribution.plan(make, rules, batch=64, optimizer=adam).weights
    4194304
    """
    chosen = _distribution(distribution)
    parts = chosen.num_model_replicas
    if batch % parts:
        raise ValueError(
            f"A batch of {batch} samples does not divide over the {parts} replicas of "
            f"{chosen!r}."
        )
    is_model = hasattr(model, "variables")
    with _leaves_no_trace():
        with _on_paper(chosen, "jax" if is_installed("jax") else "numpy"):
            made = model if is_model else model()
        optimizer = getattr(made, "optimizer", None) if optimizer is None else optimizer
        with _on_paper(chosen, "numpy"):
            variables = {id(v): _twin(v, chosen, is_model) for v in made.variables}
            trainable = [variables[id(v)] for v in made.trainable_variables]
            others = [variables[id(v)] for v in made.non_trainable_variables]
            state: list[Any] = []
            if optimizer is not None:
                again = type(optimizer).from_config(optimizer.get_config())
                again.build(trainable)
                state = again.variables
        costs = _costs(made, chosen, trainable, others, batch)
    return Plan(
        parameters=sum(math.prod(variable.shape) for variable in made.variables),
        devices=math.prod(chosen.device_mesh.shape),
        weights=sum(map(_bytes, variables.values())),
        gradients=sum(map(_bytes, trainable)),
        optimizer=sum(map(_bytes, state)),
        activations=costs and costs.kept,
        communicated=costs and costs.sent,
    )


@contextmanager
def _leaves_no_trace() -> Iterator[None]:
    """A block after which names and random numbers go on as if there had been none.

    One process of a job may plan for all, and must not become another for it.
    """
    state, state_of_numpy = random.getstate(), np.random.get_state()
    try:
        with naming.preserved_names():
            yield
    finally:
        random.setstate(state)
        np.random.set_state(state_of_numpy)


def _distribution(given: Any) -> Distribution:
    if isinstance(given, Distribution):
        return given
    if isinstance(given, LayoutMap):
        return ModelParallel(layout_map=given)
    if isinstance(given, DeviceMesh):
        if len(given.shape) == 1:
            return DataParallel(given)
        return ModelParallel(layout_map=LayoutMap(given))
    raise ValueError(
        "`distribution` must be a DataParallel, a ModelParallel, a LayoutMap or a "
        f"DeviceMesh. Received: {given!r} of type {type(given).__name__}."
    )


@contextmanager
def _on_paper(distribution: Distribution, backend: str) -> Iterator[None]:
    """A block in which variables of a backend are made without values."""
    stand_in = _OnPaper(distribution, load(backend))
    with backend_scope(backend), placement.Scope(stand_in):
        yield


class _OnPaper:
    """Stands for a distribution where variables are made without values."""

    def __init__(self, distribution: Distribution, backend: Backend) -> None:
        self._distribution = distribution
        self.device_mesh = distribution.device_mesh
        self.backend = backend
        self.program = nullcontext

    def layout_for(self, variable: Any) -> Any:
        return self._distribution.layout_for(variable)

    def agree(self, variable: Any) -> None:
        """Nobody else is there."""

    @staticmethod
    def first_value(
        initializer: Callable[..., Any], shape: Any, dtype: str, layout: Any
    ) -> Any:
        return np.broadcast_to(np.zeros((), load("numpy").native_dtype(dtype)), shape)

    @staticmethod
    def distribute_value(value: Any, layout: Any) -> Any:
        return value

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        return self._distribution.get_tensor_layout(path)

    def constrained(self, value: Tensor, layout: TensorLayout) -> Tensor:
        return self.backend.partitioning.constrained(
            value, _shape_of_mesh(self._distribution), layout.axes
        )


def _twin(variable: Any, distribution: Distribution, looks: bool) -> Any:
    """A variable that takes no memory, laid out like another, or by the rules."""
    twin = Variable(
        _OnPaper.first_value,
        shape=variable.shape,
        dtype=variable._dtype,
        trainable=variable.trainable,
        name=variable.name,
    )
    twin.path, twin._layout = variable.path, None
    twin._layout = distribution.layout_for(twin) if looks else variable._layout
    return twin


def _bytes(variable: Any) -> int:
    shape = variable._layout.local_shape(variable.shape)
    return math.prod(shape) * dtypes.itemsize(variable._dtype)


def _costs(
    model: Any,
    distribution: Distribution,
    trainable: list[Any],
    others: list[Any],
    batch: int,
) -> Any:
    """What a device keeps and sends in a step; None if that cannot be known here."""
    if not is_installed("jax"):
        return None
    partitioning = load("jax").partitioning
    there = model.to_backend("jax")

    def placed(shape: Any, dtype: str, layout: TensorLayout) -> Any:
        return partitioning.Placed(tuple(shape), dtype, layout.axes)

    def of_batch(spec: Any) -> Any:
        shape = (batch, *spec.shape[1:])
        if None in shape:
            raise ValueError(
                f"A plan needs the sizes of all inputs of {model.name!r}. Received one "
                f"of shape {tuple(spec.shape)}. Make the model for inputs of one size."
            )
        return placed(shape, spec.dtype, distribution.get_data_layout(shape))

    def loss(weights: Any, given: Any) -> Tensor:
        # Which loss it is matters little: most keep the outputs, as this one does.
        outputs, _ = there.stateless_call(weights, given[0], training=True, **given[1])
        squares = [
            ops.mean(ops.square(ops.cast(output, "float32")))
            for output in tree.flatten(outputs)
            if dtypes.is_float(dtypes.standardize_dtype(output.dtype))
        ]
        return sum(squares[1:], squares[0])

    weights, rest = (
        [placed(v.shape, v._dtype, v._layout) for v in variables]
        for variables in (trainable, others)
    )
    inputs = tree.map_structure(of_batch, _arguments(model))
    mesh = _shape_of_mesh(distribution)
    with _on_paper(distribution, "jax"):
        for layer in there._flatten_layers():
            follow_output_layout(layer)
        return partitioning.costs_of_step(loss, mesh, weights, (rest, inputs))


def _shape_of_mesh(distribution: Distribution) -> Any:
    mesh = distribution.device_mesh
    return tuple(mesh.shape), tuple(mesh.axis_names)


def _arguments(model: Any) -> dict[str, Any]:
    """Specs of the arguments of a call, by name."""
    first_call = getattr(model, "_keras_first_call", None)
    if first_call:
        return dict(first_call)
    return {"inputs": model.input}


def _readable(size: float | None) -> str:
    if size is None:
        return "known with JAX installed"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:,.1f} {unit}" if unit != "B" else f"{size:,.0f} B"
        size /= 1024
    return f"{size:,.1f} TiB"
