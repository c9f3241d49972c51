"""Distribution on TensorFlow: the strategies of `tf.distribute`.

Every variable is a copy for each replica, which replicas read and write by themselves.
Their steps add up where it matters: gradients are averaged before an optimizer uses
them, so that weights stay the same everywhere; metrics are summed, and statistics
averaged, when somebody reads them outside.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras.backends.tensorflow import workers
from keras.backends.tensorflow.core import convert_to_tensor, devices, is_tensor
from keras.core import placement, tree
from keras.core.agreement import check_agreement, check_shapes
from keras.core.errors import BackendError
from keras.core.typing import Data, Structure, TensorLike

single_program = False
splits_tensors = False
has_replicas = True  # in one process, and TensorFlow does what they share
initialize = workers.initialize
num_processes, process_id = workers.num_processes, workers.process_id
of_all = workers.of_all


def list_devices(kind: str | None = None) -> list[str]:
    """The names of the devices; of several workers one for each replica."""
    kind = "gpu" if kind == "cuda" else kind
    return devices(kind) if num_processes() == 1 else workers.list_devices(kind)


def barrier(name: str) -> None:
    """Waits until all workers are here."""
    workers.rows(np.zeros(1, "int32"))


def agreed(value: int) -> int:
    """The number that the first worker gave."""
    return int(workers.rows(np.array([value], "int64"))[0, 0])


def size_of(variable: Any) -> float:
    """The sum of the absolute values of this worker's first copy."""
    if not variable._is_float:
        return 0.0
    value = _copies(variable)[0].numpy()
    return float(np.nansum(np.abs(value.astype("float32"))))


def _copies(variable: Any) -> Any:
    value = variable._value
    strategy = getattr(value, "distribute_strategy", None)
    if strategy is None:
        return (value,)
    return strategy.experimental_local_results(value)


def mesh(shape: tuple[int, ...], names: tuple[str, ...], devices: np.ndarray) -> Any:
    """The strategy with a replica on each device."""
    known = list_devices()
    if num_processes() > 1:
        if sorted(map(str, devices.ravel())) != sorted(known):
            raise BackendError(
                "On several workers TensorFlow has one strategy, with a replica on "
                f"each device: {', '.join(known)}. Received a mesh of "
                f"{', '.join(map(str, devices.ravel()))}."
            )
        return workers.strategy()
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


def step(
    model: Any, step: Callable[[Any], Any], name: str, own_part: bool = False
) -> Callable[[Any], Any]:
    """A step that the replicas of a model take; itself where there are none.

    Args:
        model: the model.
        step: the function of one batch.
        name: what it is: outputs of `"predict_step"` are joined.
        own_part: whether each worker has its own part of every batch already.
    """
    strategy = strategy_of(model)
    count = 1 if strategy is None else strategy.num_replicas_in_sync
    return step if count == 1 else _replicated(strategy, model, step, name, own_part)


def join(model: Any, logs: Any) -> Any:
    """Makes what the first replica holds of metrics that of all.

    Where there are several workers each holds it, and statistics are averaged too.
    """
    strategy = strategy_of(model)
    if strategy is None or strategy.num_replicas_in_sync == 1:
        return logs
    with strategy.scope():
        _join(model, several=num_processes() > 1)
    if not isinstance(logs, dict):
        return logs
    known = model.get_metrics_result()
    return {name: known.get(name, value) for name, value in logs.items()}


def _join(model: Any, several: bool) -> None:
    metrics = [v for v in model.metrics_variables if v.aggregation == "sum"]
    totals = [
        np.sum([copy.numpy() for copy in _copies(variable)], axis=0)
        for variable in metrics
    ]
    for variable, total in zip(
        metrics, workers.sums(totals) if several else totals, strict=True
    ):
        first, *others = _copies(variable)
        first.assign(total)
        for copy in others:
            copy.assign(tf.zeros_like(copy))
    if not several:  # where TensorFlow itself averages what is read
        return
    both = [*model.metrics_variables, *model.non_trainable_variables]
    means = [v for v in both if v.aggregation == "mean" and v._is_float]
    here = [
        np.mean([copy.numpy() for copy in _copies(v)], axis=0, dtype=v.dtype)
        for v in means
    ]
    for variable, value in zip(means, workers.sums(here, mean=True), strict=True):
        for copy in _copies(variable):
            copy.assign(value)


class Native:
    """Follows the strategy in whose scope a model was made, without a word of ours."""

    join = staticmethod(join)
    wait = staticmethod(barrier)

    @staticmethod
    def step(model: Any, step: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
        """A step that the replicas of a model take."""
        check_agreement(model._keras_backend.distribution, model.variables)
        return _step_of_replicas(model, step, name)

    def agreed_seed(self) -> int | None:
        """A seed for the order of data, where several workers must have the same."""
        if num_processes() == 1:
            return None
        return agreed(int(np.random.randint(2**31 - 1)))

    @property
    def num_processes(self) -> int:
        """The number of workers."""
        return num_processes()

    @property
    def writes_files(self) -> bool:
        """Whether this worker writes files; of several, the first does."""
        return process_id() == 0


_step_of_replicas = step
_native = Native()


def follow(strategy: Any, variable: Any) -> None:
    """Called when a variable is made in the scope of a strategy of the user.

    Args:
        strategy: the strategy; steps of models that are made so follow it.
        variable: the variable, which all workers must make alike.
    """
    workers.adopt(strategy)
    placement.process.natives[variable.backend] = _native
    placement.process.used = True
    if num_processes() > 1 and tf.distribute.in_cross_replica_context():
        check_shapes(variable.backend.distribution, variable)


def _replicated(
    strategy: Any,
    model: Any,
    step: Callable[[Any], Any],
    name: str,
    own_part: bool,
) -> Callable[[Any], Any]:
    """A step that each replica takes on its part of a batch; arguments as `step`'s."""
    count, here = strategy.num_replicas_in_sync, workers.replicas_here(strategy)
    first = 0 if own_part else process_id() * here
    parts_of_batch = here if own_part else count
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
        if here < count:
            return strategy.gather(x, 0)
        return tf.concat(strategy.experimental_local_results(x), 0)

    def run(batch: Data) -> Structure:
        samples = next((len(x) for x in tree.flatten(batch) if np.ndim(x)), 0)
        with strategy.scope():
            if samples % parts_of_batch:  # what is left over is done by one for all
                return step(batch) if here == count else by_each(batch)
            # A step that runs eagerly, or whose layers have changed, is traced anew.
            if not traced or getattr(step, "_run", all_replicas) is None:
                traced[:] = [tf.function(all_replicas, autograph=False)]
            return traced[0](tree.map_structure(part, batch))

    def by_each(batch: Data) -> Structure:
        # Every worker does it whole, but only the first copy of the first counts it.
        uncounted = [
            copy
            for variable in model.metrics_variables
            for copy in _copies(variable)[1 if first == 0 else 0 :]
        ]
        values = [copy.numpy() for copy in uncounted]
        outputs = step(batch)
        for copy, value in zip(uncounted, values, strict=True):
            copy.assign(value)
        return outputs

    def part(x: TensorLike) -> Any:
        if not isinstance(x, np.ndarray) and not is_tensor(x):
            return x
        split = np.split if isinstance(x, np.ndarray) else tf.split
        parts = split(x, parts_of_batch)[first : first + here]
        by_replica = iter(parts)
        return strategy.experimental_distribute_values_from_function(
            lambda _: convert_to_tensor(next(by_replica))
        )

    return run
