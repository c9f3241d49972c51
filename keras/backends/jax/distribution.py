"""Distribution on JAX: named shardings, from which GSPMD partitions each program.

An array is whole to the program and lies in parts on the devices, also on those of
other processes. So steps, metrics and normalizations need no word about it; what is
done here is to make arrays in parts, none of which ever was whole on a device.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh as _Mesh
from jax.sharding import NamedSharding as _NamedSharding
from jax.sharding import PartitionSpec as _PartitionSpec

from keras.backends import load
from keras.backends.foreign import host_array
from keras.backends.jax.core import convert_to_tensor, native_dtype
from keras.backends.jax.transforms import _Recorder
from keras.core import context
from keras.core.errors import BackendError

# Whether one program computes for all devices.
single_program = True
splits_tensors = True
# After which a process counts as dead, and the job ends. JAX waits for 100.
_SECONDS_OF_SILENCE = 20
# Whether one process holds several replicas.
has_replicas = False


def list_devices(kind: str | None = None) -> list[str]:
    """The names of the devices of all processes."""
    kind = "gpu" if kind == "cuda" else kind
    try:
        found = jax.devices(kind)
    except RuntimeError:
        return []
    return [f"{device.platform}:{device.id}" for device in found]


def initialize(addresses: str | None, count: int | None, rank: int | None) -> None:
    """Joins the processes of a job; what is not given JAX finds out by itself."""
    first = None if addresses is None else addresses.split(",")[0]
    if count is None and addresses is not None and "," in addresses:
        count = len(addresses.split(","))
    # As `torchrun` and its like say it, where nobody says more.
    if first is None and "MASTER_ADDR" in os.environ:
        port = os.environ.get("MASTER_PORT", "29500")
        first = f"{os.environ['MASTER_ADDR']}:{port}"
        count = int(os.environ["WORLD_SIZE"]) if count is None else count
        rank = int(os.environ["RANK"]) if rank is None else rank
    jax.distributed.initialize(
        first, count, rank, heartbeat_timeout_seconds=_SECONDS_OF_SILENCE
    )


def num_processes() -> int:
    """The number of processes."""
    return jax.process_count()


def process_id() -> int:
    """The number of this process."""
    return jax.process_index()


def barrier(name: str) -> None:
    """Waits until all processes are here."""
    if jax.process_count() > 1:
        from jax.experimental import multihost_utils  # slow to import

        multihost_utils.sync_global_devices(name)


def agreed(value: int) -> int:
    """The number that the first process gave."""
    if jax.process_count() == 1:
        return value
    from jax.experimental import multihost_utils  # slow to import

    return int(multihost_utils.broadcast_one_to_all(np.uint32(value)))


def of_all(value: Any) -> list[Any]:
    """What each process gives: numbers, strings and lists of them."""
    if jax.process_count() == 1:
        return [value]
    from jax.experimental import multihost_utils  # slow to import

    written = np.frombuffer(json.dumps(value).encode(), np.uint8)
    sizes = multihost_utils.process_allgather(np.int32(written.size))
    padded = np.zeros(int(sizes.max()), np.uint8)
    padded[: written.size] = written
    rows = multihost_utils.process_allgather(padded)
    return [
        json.loads(bytes(row[:size])) for row, size in zip(rows, sizes, strict=True)
    ]


def size_of(variable: Any) -> float:
    """The sum of the absolute values that this process has whole; 0 of one in parts.

    Each process makes its own copy of what is whole everywhere.
    """
    value = variable._value
    if not value.is_fully_replicated or not jnp.issubdtype(value.dtype, jnp.number):
        return 0.0
    here = value.addressable_shards[0].data
    return float(jnp.nan_to_num(jnp.abs(here.astype(jnp.float32))).sum())


def mesh(shape: tuple[int, ...], names: tuple[str, ...], devices: np.ndarray) -> _Mesh:
    """The mesh of some devices, given by name."""
    known = {f"{device.platform}:{device.id}": device for device in jax.devices()}
    for device in jax.devices("cpu"):
        known.setdefault(f"cpu:{device.id}", device)
    chosen = []
    for name in devices.ravel():
        if str(name) not in known:
            raise BackendError(
                f"JAX has no device {str(name)!r}. There are: {', '.join(known)}."
            )
        chosen.append(known[str(name)])
    return _Mesh(np.array(chosen, dtype=object).reshape(shape), names)


def layout(device_mesh: Any, axes: Sequence[Any]) -> _NamedSharding:
    """The sharding with these mesh axes for the dimensions."""
    return _NamedSharding(device_mesh.backend_mesh, _PartitionSpec(*axes))


def distribute_value(value: Any, layout: Any, dtype: str | None = None) -> Any:
    """A tensor with a layout; in a trace, a constraint."""
    sharding = layout.backend_layout
    if isinstance(value, jax.core.Tracer):
        return jax.lax.with_sharding_constraint(value, sharding)
    if getattr(value, "_is_keras_variable", False):
        value = value.value
    if isinstance(value, jax.Array) and not isinstance(value, np.ndarray):
        if dtype is not None:
            value = convert_to_tensor(value, dtype)
        if value.sharding == sharding:
            return value
        if value.is_fully_addressable == sharding.is_fully_addressable:
            # A copy: one that shared a device's part would end with it when donated.
            return jax.device_put(value, sharding, may_alias=False)
    return _in_parts(host_array(value), sharding, dtype)


# Inside of a step, where a tensor is whole to the program.
constrained = distribute_value


def _in_parts(array: Any, sharding: Any, dtype: str | None) -> Any:
    """Each device gets its part of an array of the host, and no more.

    The array may lie in a file: only parts of it are read.
    """
    native = native_dtype(array.dtype.name if dtype is None else dtype)

    def part(index: Any) -> Any:
        return np.array(array[index], native)

    return jax.make_array_from_callback(tuple(array.shape), sharding, part)


def first_value(
    initializer: Callable[..., Any], shape: tuple[int, ...], dtype: str, layout: Any
) -> Any:
    """The first value of a variable, made in parts.

    What draws on the host does so there; all else is compiled for the devices, each of
    which computes its part.
    """
    if getattr(initializer, "draws_on_host", False):
        with context.Scope("backend", load("numpy")):
            value = initializer(shape, dtype=dtype)
        return _in_parts(np.asarray(value), layout.backend_layout, dtype)
    written: list[Any] = []

    def run() -> Any:
        with _Recorder([], []) as scope:
            value = convert_to_tensor(initializer(shape, dtype=dtype), dtype)
        written[:] = scope.updates.values()
        return value, [scope.state_mapping[id(variable)] for variable in written]

    places = (layout.backend_layout, None)
    # Compiled first: then it also runs while another function is being traced.
    value, updates = jax.jit(run, out_shardings=places).lower().compile()()
    for variable, new in zip(written, updates, strict=True):
        variable.assign(new)
    return value


def as_program(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A step of all processes together: the step itself."""
    return step


def program() -> contextlib.AbstractContextManager[Any]:
    """A block in which operators take tensors in parts: any block does."""
    return contextlib.nullcontext()


def settled(grads: Sequence[Any], variables: Sequence[Any]) -> Sequence[Any]:
    """Gradients as an optimizer is to use them: the compiler sums them up."""
    return grads


def distribute_batch(distribution: Any, array: Any) -> Any:
    """A tensor of a batch, split over the devices; whole where it does not divide."""
    shape = getattr(array, "shape", None)
    if shape is None or getattr(array, "dtype", None) is None:
        return array
    kind = getattr(array.dtype, "kind", "O")
    if kind in "OUS" or not isinstance(array, (np.ndarray, jax.Array)):
        return array
    parts = distribution.num_model_replicas
    own_part = jax.process_count() > 1 and not distribution.auto_shard_dataset
    samples = shape[0] if shape else 0
    if own_part:
        samples *= jax.process_count()
    data_layout = distribution.get_data_layout(shape)
    if samples % parts:
        data_layout = type(data_layout)([None] * len(shape), data_layout.mesh)
    sharding = data_layout.backend_layout
    if own_part and not samples % parts:
        local = np.asarray(array, native_dtype(array.dtype.name))
        return jax.make_array_from_process_local_data(sharding, local)
    if jax.process_count() == 1:
        if isinstance(array, np.ndarray):
            array = np.asarray(array, native_dtype(array.dtype.name))
        return jax.device_put(array, sharding, may_alias=False)
    return _in_parts(host_array(array), sharding, None)
