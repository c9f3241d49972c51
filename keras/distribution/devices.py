"""The devices of all processes, and how processes find each other."""

from __future__ import annotations

import os
import random
from typing import Any

from keras.backends import current
from keras.core.errors import BackendError

_VARIABLE = "KERAS_DISTRIBUTION_"


def list_devices(device_type: str | None = None) -> list[str]:
    """The devices that the current backend can use, in all processes.

    Args:
        device_type: `"cpu"`, `"gpu"` or `"tpu"`; by default the best kind there is.

    Returns:
        Names such as `"cpu:0"`.

    Raises:
        RuntimeError: if there is no device of that kind.

    Example:

    >>> import keras
    >>> keras.distribution.list_devices("cpu")[0]
    'cpu:0'
    """
    kind = None if device_type is None else device_type.lower()
    backend = current()
    found = _devices(backend, kind)
    if kind is not None and not found:
        kinds = sorted({name.partition(":")[0] for name in _devices(backend, None)})
        raise RuntimeError(
            f"There is no device of the type {device_type!r}. The {backend.name} "
            f"backend has: {', '.join(kinds)}."
        )
    return found


def _devices(backend: Any, kind: str | None) -> list[str]:
    try:
        names = backend.distribution.list_devices
    except BackendError:  # one process, and what it has itself
        return backend.devices(kind)
    return names(kind)


def get_device_count(device_type: str | None = None) -> int:
    """The number of devices that `list_devices` has.

    Args:
        device_type: `"cpu"`, `"gpu"` or `"tpu"`; by default the best kind there is.

    Example:

    >>> import keras
    >>> keras.distribution.get_device_count("cpu") >= 1
    True
    """
    return len(list_devices(device_type))


def initialize(
    job_addresses: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
) -> None:
    """Joins this process to the others of a job; call it before anything else.

    What is not given is taken from the variables `KERAS_DISTRIBUTION_JOB_ADDRESSES`,
    `KERAS_DISTRIBUTION_NUM_PROCESSES` and `KERAS_DISTRIBUTION_PROCESS_ID`, else from
    what the framework finds by itself: the variables that `torchrun` sets, Slurm's,
    those of a cluster that JAX knows, or `TF_CONFIG`.

    Args:
        job_addresses: the address of the first process, `"host:port"`; or of all,
            separated by commas, as TensorFlow needs them.
        num_processes: the number of processes.
        process_id: the number of this one, counted from 0.

    On JAX, where each process runs the program of all, those that were given no common
    seed draw theirs as the first one does.

    Raises:
        ValueError: for numbers that do not fit together.
        RuntimeError: if the others are not found.
    """
    job_addresses = job_addresses or os.environ.get(f"{_VARIABLE}JOB_ADDRESSES")
    count = _number("num_processes", num_processes)
    rank = _number("process_id", process_id)
    if count is not None and count < 1:
        raise ValueError(f"`num_processes` must be >= 1. Received: {count}.")
    if rank is not None and count is not None and not 0 <= rank < count:
        raise ValueError(
            f"`process_id` must be from 0 to {count - 1}, as there are {count} "
            f"processes. Received: process_id={rank}."
        )
    processes = current().distribution
    processes.initialize(job_addresses, count, rank)
    if processes.single_program:
        _draw_alike(processes)


def _draw_alike(processes: Any) -> None:
    """Lets the processes draw the same seeds, as each runs the program of all.

    Where they would anyway, as they were given one seed, they go on from there.
    """
    ahead = random.Random()
    ahead.setstate(random.getstate())
    seeds = processes.of_all(ahead.getrandbits(31))
    if len(set(seeds)) > 1:
        random.seed(seeds[0])


def _number(name: str, value: int | None) -> int | None:
    if value is not None:
        return int(value)
    variable = _VARIABLE + name.upper()
    text = os.environ.get(variable)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise ValueError(
            f"The environment variable {variable} must be a whole number. "
            f"Received: {text!r}."
        ) from None
