"""`plan`: what a layout costs, worked out on paper before a device is rented.

The model is made on the NumPy backend with values that take no memory, so that one of
any size can be planned on a laptop. Weights, gradients and the optimizer's state are
exact: they are what the layouts say of the shapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras.backends import backend_scope, load
from keras.backends.variable import Variable
from keras.core import dtypes, placement, tree
from keras.distribution.base import Distribution
from keras.distribution.data_parallel import DataParallel
from keras.distribution.layout import TensorLayout
from keras.distribution.layout_map import LayoutMap
from keras.distribution.mesh import DeviceMesh
from keras.distribution.model_parallel import ModelParallel


@dataclass(frozen=True)
class Plan:
    """Bytes that one device holds in training, and that it exchanges for each step.

    Args:
        parameters: the number of trainable and other parameters of the whole model.
        devices: the number of devices.
        weights: bytes of the model's variables, on one device.
        gradients: bytes of the gradients.
        optimizer: bytes of the optimizer's state.
        activations: bytes of the outputs of all layers of the model's graph, for the
            samples of one device: what is kept for gradients where nothing is
            computed again. What layers make inside, such as scores of attention, is
            not counted.
        communicated: bytes that a device sends in one step, by rings: gradients, and
            activations of layers whose kernels are split.
    """

    parameters: int
    devices: int
    weights: int
    gradients: int
    optimizer: int
    activations: int
    communicated: int

    @property
    def total(self) -> int:
        """All bytes that one device holds."""
        return self.weights + self.gradients + self.optimizer + self.activations

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
            function is called where variables take no memory.
        distribution: a `DataParallel` or `ModelParallel`, a `LayoutMap`, or a
            `DeviceMesh`, over whose first axis batches are split.
        batch: the number of samples in a batch, of all devices together.
        optimizer: the optimizer; that of a compiled model by default.

    Returns:
        A `Plan`; `print` shows it as a table.

    Raises:
        ValueError: if a layout does not divide a variable, or the mesh the batch.

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
    on_paper = _OnPaper(chosen)
    is_model = hasattr(model, "variables")
    with backend_scope("numpy"), placement.Scope(on_paper):
        made = model if is_model else model()
        optimizer = getattr(made, "optimizer", None) if optimizer is None else optimizer
        variables = {id(v): _twin(v, chosen, is_model) for v in made.variables}
        trainable = [variables[id(v)] for v in made.trainable_variables]
        state: list[Any] = []
        if optimizer is not None:
            again = type(optimizer).from_config(optimizer.get_config())
            again.build(trainable)
            state = again.variables
    parts = chosen.num_model_replicas
    if batch % parts:
        raise ValueError(
            f"A batch of {batch} samples does not divide over the {parts} replicas of "
            f"{chosen!r}."
        )
    layers = list(_calls(made, batch // parts))
    return Plan(
        parameters=sum(math.prod(variable.shape) for variable in made.variables),
        devices=math.prod(chosen.device_mesh.shape),
        weights=sum(map(_bytes, variables.values())),
        gradients=sum(map(_bytes, trainable)),
        optimizer=sum(map(_bytes, state)),
        activations=sum(outputs for _, _, outputs in layers),
        communicated=_communicated(chosen, variables, trainable, layers),
    )


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


class _OnPaper:
    """Stands for a distribution where variables are made without values."""

    def __init__(self, distribution: Distribution) -> None:
        self._distribution = distribution
        self.backend = load("numpy")
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


def _calls(model: Any, samples: int) -> Any:
    """Each call in the model's graph: its layer, bytes of its inputs and outputs."""
    for layer in getattr(model, "operations", None) or model._flatten_layers(False):
        for node in layer._inbound_nodes:
            inputs, outputs = (
                sum(
                    math.prod(samples if n is None else n for n in x.shape)
                    * dtypes.itemsize(x.dtype)
                    for x in tree.flatten(tensors)
                )
                for tensors in (node.input_tensors, node.output_tensors)
            )
            yield layer, inputs, outputs


def _communicated(
    distribution: Distribution,
    variables: dict[int, Any],
    trainable: list[Any],
    layers: list[Any],
) -> int:
    mesh = distribution.device_mesh
    data_axis = distribution.batch_dim_name
    replicas = mesh.size_of(data_axis)
    sent = 0.0
    for variable in trainable:
        part = _bytes(variable)
        if not _uses(variable._layout, data_axis):
            sent += 2 * _ring(replicas) * part  # its gradients are summed
        else:
            # Gathered in both directions, and its gradients are scattered.
            sent += 3 * _ring(replicas) * part * replicas
    for layer, inputs, outputs in layers:
        for variable in getattr(layer, "weights", ()):
            axes = variables[id(variable)]._layout.axes
            if len(axes) < 2:
                continue
            first, last = axes[-2], axes[-1]
            if first not in (None, data_axis):
                sent += 2 * _ring(mesh.size_of(first)) * outputs  # partial products
            if last not in (None, data_axis):
                sent += 2 * _ring(mesh.size_of(last)) * inputs  # and their gradients
    return round(sent)


def _uses(layout: TensorLayout, name: str) -> bool:
    return any(
        name in axis if isinstance(axis, tuple) else axis == name
        for axis in layout.axes
    )


def _ring(devices: int) -> float:
    """The share of a tensor that a device sends in one half of an all-reduce."""
    return (devices - 1) / devices


def _readable(size: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:,.1f} {unit}" if unit != "B" else f"{size:,.0f} B"
        size /= 1024
    return f"{size:,.1f} TiB"
