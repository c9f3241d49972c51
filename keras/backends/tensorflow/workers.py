"""The workers of a TensorFlow job, and what they tell each other.

`MultiWorkerMirroredStrategy` joins them; all have to come to an exchange, in the same
order. It counts replicas worker by worker.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras.core.typing import TensorLike


class _Job:
    """The strategy that joins this process to others, once there is one."""

    strategy: Any = None
    exchanges: dict[Any, Any] = {}  # by dtype


_job = _Job()


def initialize(addresses: str | None, count: int | None, rank: int | None) -> None:
    """Joins the workers that `TF_CONFIG` names, or that are named here."""
    if addresses is not None:
        os.environ["TF_CONFIG"] = json.dumps(_cluster(addresses, count, rank))
    elif "TF_CONFIG" not in os.environ:
        raise ValueError(
            "`job_addresses` is needed where TF_CONFIG is not set: the addresses "
            "of all workers, separated by commas."
        )
    try:
        adopt(tf.distribute.MultiWorkerMirroredStrategy())
    except RuntimeError as error:
        raise RuntimeError(
            "TensorFlow joins other workers before anything else only: call "
            "keras.distribution.initialize() before tensors, layers or models are made."
        ) from error


def _cluster(addresses: str, count: int | None, rank: int | None) -> dict[str, Any]:
    workers = addresses.split(",")
    if count is not None and count != len(workers):
        raise ValueError(
            f"TensorFlow needs the addresses of all {count} workers, separated by "
            f"commas. Received: {addresses!r}."
        )
    if rank is None:  # as `torchrun` and its like say it
        rank = int(os.environ.get("RANK", 0))
    task = {"type": "worker", "index": rank}
    return {"cluster": {"worker": workers}, "task": task}


def adopt(strategy: Any) -> None:
    """Remembers the strategy, also one that the user made, if it joins workers.

    The last is the one: TensorFlow numbers exchanges anew in each, so that two of
    them in one process would mistake each other's.
    """
    if isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        if strategy is not _job.strategy:
            _job.strategy, _job.exchanges = strategy, {}


def strategy() -> Any:
    """The strategy of all workers; None while there is only this process."""
    return _job.strategy


def replicas_here(strategy: Any) -> int:
    """The number of replicas that this process has."""
    return len(strategy.extended.worker_devices)


def num_processes() -> int:
    """The number of workers."""
    if _job.strategy is None:
        return 1
    return _job.strategy.num_replicas_in_sync // replicas_here(_job.strategy)


def process_id() -> int:
    """The number of this worker; a chief is the first."""
    if num_processes() == 1:
        return 0
    resolver = _job.strategy.cluster_resolver
    if resolver.task_type == "chief":
        return 0
    return resolver.task_id + ("chief" in resolver.cluster_spec().jobs)


def list_devices(kind: str | None) -> list[str]:
    """The names of all replicas' devices, counted over the workers."""
    name = _job.strategy.extended.worker_devices[0]
    own = name.rpartition("device:")[2].partition(":")[0].lower()
    if kind not in (None, own):
        return []
    return [f"{own}:{i}" for i in range(_job.strategy.num_replicas_in_sync)]


def rows(values: Any) -> np.ndarray:
    """What each worker gives, in rows `(workers, numbers)`.

    Args:
        values: a vector of numbers, of one length and dtype in all workers.
    """
    if num_processes() == 1:
        return np.asarray(values)[None]
    with tf.init_scope():
        row = tf.convert_to_tensor(values)[None]
        if row.dtype not in _job.exchanges:
            _job.exchanges[row.dtype] = _exchange(_job.strategy, row.dtype)
        found = _job.exchanges[row.dtype](row)
        found = _job.strategy.experimental_local_results(found)[0].numpy()
    return found[:: replicas_here(_job.strategy)]


def _exchange(strategy: Any, dtype: Any) -> Any:
    """A function that gathers rows; traced once, as all workers must trace alike."""

    def one(row: TensorLike) -> Any:
        # A copy, which lies on the device of the replica.
        return tf.distribute.get_replica_context().all_gather(tf.identity(row), 0)

    spec = tf.TensorSpec((1, None), dtype)
    return tf.function(
        lambda x: strategy.run(one, (x,)), input_signature=[spec], autograph=False
    )


def of_all(value: Any) -> list[Any]:
    """What each worker gives: numbers, strings and lists of them."""
    if num_processes() == 1:
        return [value]
    written = np.frombuffer(json.dumps(value).encode(), np.uint8).astype("int32")
    sizes = rows(np.array([written.size], "int32"))[:, 0]
    padded = np.zeros(sizes.max(), "int32")
    padded[: written.size] = written
    return [
        json.loads(bytes(row[:size].astype("uint8")))
        for row, size in zip(rows(padded), sizes, strict=True)
    ]


def sums(tensors: Sequence[Any], mean: bool = False) -> list[np.ndarray]:
    """The sums of arrays over the workers, or their means; one exchange for each dtype.

    Args:
        tensors: arrays of NumPy, of the same shapes and dtypes in all workers.
        mean: whether to divide by the number of workers.
    """
    found: list[Any] = list(tensors)
    for dtype in sorted({array.dtype.str for array in found}):
        places = [i for i, array in enumerate(found) if array.dtype.str == dtype]
        flat = np.concatenate([found[i].ravel() for i in places])
        total = rows(flat).sum(0, dtype=flat.dtype)
        if mean:
            total = (total / num_processes()).astype(flat.dtype)
        ends = np.cumsum([found[i].size for i in places])[:-1]
        for i, part in zip(places, np.split(total, ends), strict=True):
            found[i] = part.reshape(found[i].shape)
    return found
