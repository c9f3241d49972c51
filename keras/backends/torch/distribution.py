"""Distribution on torch: `torch.distributed`, one process for each device.

Where weights are whole, each process runs the step on its part of a batch; gradients
are averaged before an optimizer uses them, as DistributedDataParallel does, and metrics
are summed when somebody reads them after a pass. Where weights are split, all processes
run one program on DTensors (`dtensor.py`). `torchrun` starts the processes.
"""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.distributed as _distributed

from keras.backends.torch import meeting
from keras.core.errors import BackendError
from keras.core.typing import TensorLike

single_program = False
# Whether it does where weights are split.
splits_tensors = True
# Whether one process holds several replicas.
has_replicas = False


def _world() -> int:
    ready = _distributed.is_available() and _distributed.is_initialized()
    return _distributed.get_world_size() if ready else 1


def list_devices(kind: str | None = None) -> list[str]:
    """The names of the devices, one for each process."""
    best = "gpu" if torch.cuda.is_available() else "cpu"
    kind = {"cuda": "gpu", None: best}.get(kind, kind)
    if kind not in ("cpu", best):
        return []
    count = _world()
    if count == 1 and kind == "gpu":
        count = torch.cuda.device_count()
    return [f"{kind}:{i}" for i in range(count)]


def initialize(addresses: str | None, count: int | None, rank: int | None) -> None:
    """Joins the processes of a job; what is not given `torchrun` has set."""
    if addresses is not None and count is None and "," in addresses:
        count = len(addresses.split(","))
    for what, value, variable in (
        ("job_addresses", addresses, "MASTER_ADDR"),
        ("num_processes", count, "WORLD_SIZE"),
        ("process_id", rank, "RANK"),
    ):
        if value is None and variable not in os.environ:
            raise ValueError(
                f"`{what}` is needed where `torchrun` does not set {variable}."
            )
    store = where = None
    if addresses is not None:
        where = f"tcp://{addresses.split(',')[0]}"
    elif meeting.is_shared() and count is None and rank is None:
        store = meeting.fresh_store()
        rank, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    else:
        where = "env://"
    gpu = torch.cuda.is_available()
    if gpu:
        local = int(os.environ.get("LOCAL_RANK", rank or 0))
        torch.cuda.set_device(local % torch.cuda.device_count())
    _distributed.init_process_group(
        "nccl" if gpu else "gloo",
        where,
        world_size=-1 if count is None else count,
        rank=-1 if rank is None else rank,
        store=store,
    )
    if not gpu:
        atexit.register(_leave)


def _leave() -> None:
    """Ends the threads of gloo, which else may end the process with an error."""
    if _distributed.is_initialized():
        _distributed.destroy_process_group()


def num_processes() -> int:
    """The number of processes."""
    return _world()


def process_id() -> int:
    """The number of this process."""
    return _distributed.get_rank() if _world() > 1 else 0


def barrier(name: str) -> None:
    """Waits until all processes are here."""
    if _world() > 1:
        _distributed.barrier()


def agreed(value: int) -> int:
    """The number that the first process gave."""
    return of_all(value)[0]


def of_all(value: Any) -> list[Any]:
    """What each process gives: numbers, strings and tuples of them."""
    found: list[Any] = [value]
    if _world() > 1:
        found = [None] * _world()
        _distributed.all_gather_object(found, value)
    return found


def size_of(variable: Any) -> float:
    """Nothing to compare: all processes have what the first one has."""
    return 0.0


def mesh(shape: tuple[int, ...], names: tuple[str, ...], devices: np.ndarray) -> Any:
    """torch's mesh of the processes that have these devices."""
    from torch.distributed.device_mesh import DeviceMesh  # slow to import

    kind = str(devices.flat[0]).partition(":")[0]
    ranks = [int(str(name).partition(":")[2] or 0) for name in devices.ravel()]
    if max(ranks) >= _world():
        raise BackendError(
            f"The mesh has devices of {max(ranks) + 1} processes, but the job has "
            f"{_world()}. Start so many with `torchrun --nproc-per-node` and call "
            "keras.distribution.initialize()."
        )
    grid = torch.tensor(ranks).reshape(shape)
    return DeviceMesh("cuda" if kind == "gpu" else kind, grid, mesh_dim_names=names)


def layout(device_mesh: Any, axes: Sequence[Any]) -> list[Any]:
    """The placement of a tensor along each axis of the mesh, as DTensor has them."""
    from keras.backends.torch import dtensor  # slow to import

    return dtensor.placements(device_mesh.axis_names, axes)


def distribute_value(value: Any, layout: Any) -> Any:
    """A tensor with a layout: a DTensor if it is split, else that of the first
    process, in all of them."""
    if getattr(value, "_is_keras_variable", False):
        value = value.value
    if not isinstance(value, torch.Tensor):
        value = torch.as_tensor(np.asarray(value))
    if layout.is_split:
        from keras.backends.torch import dtensor  # slow to import

        return dtensor.in_parts(value, layout)
    if _world() > 1:
        with torch.no_grad():
            value = value.detach().contiguous()
            _distributed.broadcast(value, 0)
    return value


def constrained(value: Any, layout: Any) -> Any:
    """A tensor inside of a step, laid out if it is one in parts."""
    if not hasattr(value, "redistribute"):
        return value  # which every process has whole
    return value.redistribute(placements=layout.backend_layout)


def first_value(
    initializer: Callable[..., Any], shape: tuple[int, ...], dtype: str, layout: Any
) -> Any:
    """The first value of a variable: that of the first process."""
    value = initializer(shape, dtype=dtype)
    if getattr(value, "_is_keras_variable", False):
        value = value.value
    return distribute_value(value.detach().clone(), layout)


def sum_in_place(variables: Sequence[Any], mean: bool = False) -> None:
    """Sums variables over the processes, or takes their means."""
    with torch.no_grad():
        for variable in variables:
            _distributed.all_reduce(variable._value)
            if mean:
                variable._value.div_(_world())


def mean_of_logs(logs: dict[str, Any]) -> dict[str, Any]:
    """The means of scalars over the processes."""
    values = torch.tensor([float(value) for value in logs.values()])
    _distributed.all_reduce(values)
    return dict(zip(logs, (values / _world()).unbind(), strict=True))


def joined(x: TensorLike) -> Any:
    """The parts of a tensor that the processes have, one after the other."""
    if not isinstance(x, torch.Tensor) or not x.ndim:
        return x
    parts = [torch.empty_like(x, memory_format=torch.contiguous_format)]
    parts += [torch.empty_like(parts[0]) for _ in range(_world() - 1)]
    _distributed.all_gather(parts, x.detach().contiguous())
    return torch.cat(parts)


def mean_over_replicas(grads: Sequence[Any]) -> list[Any]:
    """Gradients, averaged over the processes; each dtype travels as one buffer."""
    if _world() == 1:
        return list(grads)
    found = list(grads)
    by_dtype: dict[torch.dtype, list[int]] = {}
    for i, gradient in enumerate(found):
        if gradient is not None:
            by_dtype.setdefault(gradient.dtype, []).append(i)
    for places in by_dtype.values():
        flat = torch.cat([found[i].detach().reshape(-1) for i in places])
        _distributed.all_reduce(flat)
        flat.div_(_world())
        parts = flat.split([found[i].numel() for i in places])
        for i, part in zip(places, parts, strict=True):
            found[i] = part.view(found[i].shape)
    return found


def squared_norm(tensors: Sequence[Any]) -> Any:
    """The sum of the squares of all values of tensors, some of them in parts."""
    from keras.backends.torch import dtensor  # slow to import

    return dtensor.squared_norm(tensors)


def of_same(value: Any, layout: Any) -> Any:
    """A tensor in parts, of one that is the same in all processes."""
    from keras.backends.torch import dtensor  # slow to import

    return dtensor.of_same(value, layout)


def distribute_batch(distribution: Any, array: Any) -> Any:
    """A tensor of a batch, split over the batch axis, where weights are split."""
    from keras.backends.torch import dtensor  # slow to import

    return dtensor.batch_in_parts(distribution, array)


def as_program(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A step of all processes together, on tensors of which each has a part."""
    from keras.backends.torch import dtensor  # slow to import

    return dtensor.as_program(step)


def program() -> contextlib.AbstractContextManager[Any]:
    """A block in which operators take tensors in parts, and plain ones beside them."""
    from keras.backends.torch import dtensor  # slow to import

    return dtensor.program()


def settled(grads: Sequence[Any], variables: Sequence[Any]) -> list[Any]:
    """Gradients of a program, summed up and laid out as their variables are."""
    from keras.backends.torch import dtensor  # slow to import

    pairs = zip(grads, variables, strict=True)
    return [dtensor.laid_out_like(grad, variable._value) for grad, variable in pairs]
