"""`Distribution`: what variables, data and steps ask of the current distribution."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from keras.backends.variable import Variable
from keras.core import placement, tree
from keras.core.agreement import check_agreement, check_shapes
from keras.core.typing import Data, Structure, Tensor
from keras.distribution.batches import DatasetPart, indivisible
from keras.distribution.layout import TensorLayout
from keras.distribution.mesh import DeviceMesh
from keras.distribution.replicas import join, replicated
from keras.layers.output_layouts import follow_output_layout


class Distribution:
    """Base of `DataParallel` and `ModelParallel`.

    Args:
        device_mesh: the mesh.
        batch_dim_name: the mesh axis that batches are split over.
        auto_shard_dataset: whether each process gets all data and takes its part of
            every batch; False if its data are its own part already.

    Raises:
        ValueError: if the mesh has no such axis.
    """

    def __init__(
        self,
        device_mesh: DeviceMesh,
        batch_dim_name: str | None = None,
        auto_shard_dataset: bool = True,
    ) -> None:
        names = list(device_mesh.axis_names)
        if batch_dim_name is not None and batch_dim_name not in names:
            raise ValueError(
                f"`batch_dim_name` must be an axis of the mesh: {names}. Received: "
                f"{batch_dim_name!r}."
            )
        self._mesh = device_mesh
        self._batch_dim_name = names[0] if batch_dim_name is None else batch_dim_name
        self._auto_shard_dataset = auto_shard_dataset

    @property
    def device_mesh(self) -> DeviceMesh:
        """The mesh."""
        return self._mesh

    @property
    def backend(self) -> Any:
        """The backend of the mesh."""
        return self._mesh.backend

    @property
    def batch_dim_name(self) -> str:
        """The mesh axis that batches are split over."""
        return self._batch_dim_name

    @property
    def auto_shard_dataset(self) -> bool:
        """Whether each process takes its part of every batch by itself."""
        return self._auto_shard_dataset

    @property
    def num_model_replicas(self) -> int:
        """The number of parts that a batch is split into."""
        return self._mesh.size_of(self._batch_dim_name)

    @property
    def single_program(self) -> bool:
        """Whether steps compute on whole tensors, of which each device has a part."""
        return self.backend.distribution.single_program

    @property
    def num_processes(self) -> int:
        """The number of processes of the job."""
        return self.backend.distribution.num_processes()

    @property
    def data_shard_id(self) -> int:
        """Which part of every batch this process has, counted from 0."""
        replicas, processes = self.num_model_replicas, self.num_processes
        if replicas >= processes:
            return self.backend.distribution.process_id()
        return self.backend.distribution.process_id() * replicas // processes

    def get_data_layout(self, data_shape: Sequence[Any]) -> TensorLayout:
        """The layout of a tensor of a batch.

        Args:
            data_shape: its shape, samples first; a scalar is whole everywhere.
        """
        axes: list[Any] = [None] * len(data_shape)
        if axes:
            axes[0] = self._batch_dim_name
        return TensorLayout(axes, self._mesh)

    def get_variable_layout(self, variable: Variable) -> TensorLayout:
        """The layout of a variable.

        Args:
            variable: the variable.
        """
        layout = getattr(variable, "_layout", None)
        if layout is None:
            layout = TensorLayout([None] * len(variable.shape), self._mesh)
        return layout

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        """The layout of an intermediate tensor; None if it is up to the compiler.

        Args:
            path: the path of the layer that gives it, with `/output` added.
        """
        return None

    def scope(self) -> placement.Scope:
        """A `with` block in which this distribution is current."""
        return placement.Scope(self)

    def program(self) -> contextlib.AbstractContextManager[Any]:
        """A block in which operators take tensors that lie in parts."""
        return contextlib.nullcontext()

    def distribute_dataset(self, dataset: Any) -> Any:
        """The part of a data set of batches that this process works on.

        Args:
            dataset: an iterable of batches, with the same order in all processes.

        Returns:
            The data set itself, if one process has it or `auto_shard_dataset` is off;
            else its batches, each cut to the part of this process.
        """
        if self.num_processes == 1 or not self.auto_shard_dataset:
            return dataset
        return DatasetPart(dataset, self.data_shard_id, self._num_shards())

    def _num_shards(self) -> int:
        return min(self.num_processes, self.num_model_replicas)

    distribute_tf_dataset = distribute_dataset

    # What variables and steps ask ---------------------------------------------------

    def first_value(
        self, initializer: Callable[..., Any], shape: Any, dtype: str, layout: Any
    ) -> Any:
        """The first value of a variable, made in parts."""
        return self.backend.distribution.first_value(initializer, shape, dtype, layout)

    def distribute_value(self, value: Any, layout: Any) -> Any:
        """A value, laid out."""
        return self.backend.distribution.distribute_value(value, layout)

    def constrained(self, value: Tensor, layout: TensorLayout) -> Tensor:
        """A tensor inside of a step, laid out."""
        return self.backend.distribution.constrained(value, layout)

    def step(
        self, model: Any, step: Callable[[Any], Any], name: str
    ) -> Callable[[Any], Any]:
        """A step of a model, on batches that are split over the devices.

        Args:
            model: the model; its variables that have no layout yet get one.
            step: the function of one batch.
            name: `"train_step"`, for which a batch must divide, but for what is left
                over at the end of the data; `"test_step"` or `"predict_step"`.
        """
        processes = self.backend.distribution
        check_agreement(processes, model.variables)
        self._lay_out(model)
        if self.single_program:
            place = partial(processes.distribute_batch, self)
            split = processes.as_program(
                lambda batch: step(tree.map_structure(place, batch))
            )
        elif processes.has_replicas:
            own_part = not self.auto_shard_dataset
            split = processes.step(model, step, name, own_part)
        else:
            split = replicated(self, model, step, gathers=name == "predict_step")
        if name != "train_step":
            return split
        largest = 0

        def run(batch: Data) -> Structure:
            nonlocal largest
            largest = self._checked_size(batch, largest)
            return split(batch)

        return run

    def join(self, model: Any, logs: Any) -> Any:
        """Called after a pass: metrics become those of all processes.

        Args:
            model: the model.
            logs: what the last step returned, or None where metrics are read later.

        Returns:
            The logs of all processes.
        """
        processes = self.backend.distribution
        if processes.has_replicas:
            return processes.join(model, logs)
        if self.single_program or processes.num_processes() == 1:
            return logs
        join(self, model)
        if not isinstance(logs, dict):
            return logs
        known = model.get_metrics_result()
        means = processes.mean_of_logs(logs)
        return {name: known.get(name, value) for name, value in means.items()}

    def agreed_seed(self) -> int | None:
        """A seed for the order of data, where several processes must have the same."""
        if self.num_processes == 1:
            return None
        seed = int(np.random.randint(2**31 - 1))
        return self.backend.distribution.agreed(seed)

    @property
    def writes_files(self) -> bool:
        """Whether this process writes files; of several, the first does."""
        return self.backend.distribution.process_id() == 0

    def wait(self, name: str) -> None:
        """Waits until all processes are here."""
        self.backend.distribution.barrier(name)

    def _checked_size(self, batch: Data, largest: int) -> int:
        for leaf in tree.flatten(batch):
            shape = getattr(leaf, "shape", ())
            if shape:
                samples = int(shape[0])
                if samples % self._parts_of_batch() and samples >= largest:
                    raise indivisible(samples, self._parts_of_batch())
                return max(largest, samples)
        return largest

    def _parts_of_batch(self) -> int:
        """The number of parts that a batch of this process is split into."""
        if self.auto_shard_dataset:
            return self.num_model_replicas
        return max(self.num_model_replicas // self.num_processes, 1)

    def _lay_out(self, model: Any) -> None:
        """Gives layouts to the variables that were made before the distribution."""
        for variable in [*model.variables, *model.metrics_variables]:
            self._lay_out_one(variable, None)
        optimizer = getattr(model, "optimizer", None)
        if optimizer is not None:
            for variable, weight in optimizer._references(model.variables):
                self._lay_out_one(variable, weight)
        for layer in model._flatten_layers():
            follow_output_layout(layer)
            # Where layers are objects of the framework, which knows their tensors.
            follow = getattr(layer, "_follow_variables", None)
            if follow is not None:
                follow()

    def _lay_out_one(self, variable: Any, like: Any) -> None:
        """Lays a variable out by the rules, or as a weight whose state it is."""
        layout = variable._layout
        if like is not None and layout is not like._layout:
            variable.distribute(like._layout)
        elif layout is None or layout.mesh is not self._mesh:
            variable._layout = None
            variable.distribute(self.layout_for(variable))

    def layout_for(self, variable: Any) -> Any:
        """The layout of a variable that is being made, checked against its shape."""
        layout = self.get_variable_layout(variable)
        layout.check(variable.shape, f"Variable {variable.path!r}")
        return layout

    def agree(self, variable: Any) -> None:
        """Raises an error if other processes are making another variable.

        Where first values are exchanged they would wait for each other for ever.
        """
        processes = self.backend.distribution
        if not processes.single_program and processes.num_processes() > 1:
            check_shapes(processes, variable)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} device_mesh={self._mesh}>"
