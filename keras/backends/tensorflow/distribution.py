"""Distribution on TensorFlow: the strategies of `tf.distribute`.

Every variable is a copy for each replica, which replicas read and write by themselves.
Their steps add up where it matters: gradients are averaged before an optimizer uses
them, so that weights stay the same everywhere; metrics are summed, and statistics
averaged, when somebody reads them outside.
"""

from __future__ import annotations

import contextvars
import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras.backends.tensorflow.core import convert_to_tensor, devices, is_tensor
from keras.core import tree
from keras.core.errors import BackendError
from keras.core.typing import Data, Structure, TensorLike

single_program = False
splits_tensors = False
has_replicas = True  # in one process, and TensorFlow does what they share
list_devices = devices


def initialize(addresses: str | None, count: int | None, rank: int | None) -> None:
    """Tells TensorFlow of the other workers, as `TF_CONFIG` does."""
    if addresses is None:
        if "TF_CONFIG" not in os.environ:
            raise ValueError(
                "`job_addresses` is needed where TF_CONFIG is not set: the addresses "
                "of all workers, separated by commas."
            )
        return
    workers = addresses.split(",")
    if count is not None and count != len(workers):
        raise ValueError(
            f"TensorFlow needs the addresses of all {count} workers, separated by "
            f"commas. Received: {addresses!r}."
        )
    task = {"type": "worker", "index": rank or 0}
    config = {"cluster": {"worker": workers}, "task": task}
    os.environ["TF_CONFIG"] = json.dumps(config)


def num_processes() -> int:
    """Of one process all replicas are part."""
    return 1


def process_id() -> int:
    """The number of this process."""
    return 0


def barrier(name: str) -> None:
    """There is nobody to wait for."""


def agreed(value: int) -> int:
    """There is nobody else to agree with."""
    return value


def mesh(shape: tuple[int, ...], names: tuple[str, ...], devices: np.ndarray) -> Any:
    """The strategy with a replica on each device."""
    known = list_devices()
    for name in devices.ravel():
        if str(name) not in known:
            raise BackendError(
                f"TensorFlow has no device {str(name)!r}. There are: "
                f"{', '.join(known)}. Virtual ones are made with "
                "tf.config.set_logical_device_configuration."
            )
    chosen = [str(name) for name in devices.ravel()]
    how = None
    if all(name.startswith("cpu") for name in chosen):
        # In one process sums need no collective operations.
        how = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(chosen, cross_device_ops=how)


def layout(device_mesh: Any, axes: Sequence[Any]) -> Any:
    """The strategy, for a tensor that is whole everywhere."""
    if any(device_mesh.size_of(axis) > 1 for axis in axes):
        raise BackendError(
            "tf.distribute keeps whole weights on every device: it has DataParallel, "
            "and no layouts that split a tensor. Use ModelParallel on JAX."
        )
    return device_mesh.backend_mesh


def distribute_value(value: Any, layout: Any) -> Any:
    """The value itself; its variable has a copy of it on every device."""
    _ = layout.backend_layout
    return convert_to_tensor(value)


def first_value(
    initializer: Callable[..., Any], shape: tuple[int, ...], dtype: str, layout: Any
) -> Any:
    """The first value of a variable."""
    return convert_to_tensor(initializer(shape, dtype=dtype), dtype)


def mean_over_replicas(grads: Sequence[Any]) -> list[Any]:
    """Gradients, averaged over the replicas that take this step."""
    replicas = tf.distribute.get_replica_context()
    if replicas is None or replicas.num_replicas_in_sync == 1:
        return list(grads)
    given = [gradient for gradient in grads if gradient is not None]
    means = iter(replicas.all_reduce("mean", given) if given else ())
    return [None if gradient is None else next(means) for gradient in grads]


def strategy_of(model: Any) -> Any:
    """The strategy in whose scope a model was made; None without any."""
    for variable in model.variables:
        return getattr(variable._value, "distribute_strategy", None)
    return None


def step(model: Any, step: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
    """A step that the replicas of a model take; itself where there are none."""
    strategy = strategy_of(model)
    count = 1 if strategy is None else strategy.num_replicas_in_sync
    return step if count == 1 else _replicated(strategy, step, name)


def join(model: Any, logs: Any) -> Any:
    """Makes what the first replica holds of metrics that of all."""
    strategy = strategy_of(model)
    if strategy is None or strategy.num_replicas_in_sync == 1:
        return logs
    with strategy.scope():
        for variable in model.metrics_variables:
            if variable.aggregation == "sum":
                copies = strategy.experimental_local_results(variable._value)
                total = tf.add_n([tf.convert_to_tensor(copy) for copy in copies])
                copies[0].assign(total)
                for copy in copies[1:]:
                    copy.assign(tf.zeros_like(total))
    if not isinstance(logs, dict):
        return logs
    known = model.get_metrics_result()
    return {name: known.get(name, value) for name, value in logs.items()}


class Native:
    """Follows the strategy in whose scope a model was made, without a word of ours."""

    step = staticmethod(step)
    join = staticmethod(join)


def _replicated(
    strategy: Any, step: Callable[[Any], Any], name: str
) -> Callable[[Any], Any]:
    """A step that each replica takes on its part of a batch.

    Args:
        strategy: the strategy.
        step: the function of one batch.
        name: what it is: outputs of `"predict_step"` are joined.
    """
    count = strategy.num_replicas_in_sync
    traced: list[Any] = []

    def all_replicas(batch: Data) -> Structure:
        # Replicas run in threads of their own, which know nothing of our scopes.
        caller = contextvars.copy_context()

        def one_replica(part: Data) -> Structure:
            return caller.copy().run(step, part)

        outputs = strategy.run(one_replica, (batch,))
        if name == "predict_step":
            return tree.map_structure(join, outputs)
        if outputs is None:
            return None
        return tree.map_structure(lambda x: strategy.reduce("mean", x, None), outputs)

    def join(x: TensorLike) -> Any:
        return tf.concat(strategy.experimental_local_results(x), 0)

    def run(batch: Data) -> Structure:
        samples = next((len(x) for x in tree.flatten(batch) if np.ndim(x)), 0)
        with strategy.scope():
            if samples % count:  # what is left over is done by one for all
                return step(batch)
            # A step that runs eagerly, or whose layers have changed, is traced anew.
            if not traced or getattr(step, "_run", all_replicas) is None:
                traced[:] = [tf.function(all_replicas, autograph=False)]
            return traced[0](tree.map_structure(part, batch))

    def part(x: TensorLike) -> Any:
        if not isinstance(x, np.ndarray) and not is_tensor(x):
            return x
        parts = np.split(x, count) if isinstance(x, np.ndarray) else tf.split(x, count)
        return strategy.experimental_distribute_values_from_function(
            lambda each: convert_to_tensor(parts[each.replica_id_in_sync_group])
        )

    return run
