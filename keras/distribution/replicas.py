"""Steps of replicas: each process works on its part of a batch, and they add up.

For frameworks whose processes run programs of their own (torch). A batch that does
not divide, left over at the end of the data, is done whole by all: gradients are the
same, and only the first process counts it in its metrics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.core import tree
from keras.core.typing import Data, Structure
from keras.distribution.batches import part_of_batch

Step = Callable[[Any], Any]


def replicated(distribution: Any, model: Any, step: Step, gathers: bool) -> Step:
    """A step on the part of a batch that this process has.

    Args:
        distribution: the distribution.
        model: the model.
        step: the function of one batch.
        gathers: whether what the step returns are outputs, which all processes get.
    """
    processes = distribution.backend.distribution
    count, rank = processes.num_processes(), processes.process_id()
    if count == 1:
        return step

    def run(batch: Data) -> Structure:
        whole = distribution.auto_shard_dataset
        if whole and _samples(batch) % count:
            return step(batch) if rank == 0 else _uncounted(model, step, batch)
        outputs = step(part_of_batch(batch, rank, count) if whole else batch)
        return tree.map_structure(processes.joined, outputs) if gathers else outputs

    return run


def _samples(batch: Data) -> int:
    for leaf in tree.flatten(batch):
        if getattr(leaf, "shape", ()):
            return int(leaf.shape[0])
    return 0


def _uncounted(model: Any, step: Step, batch: Data) -> Structure:
    """A step after which the metrics are as they were."""
    variables = model.metrics_variables
    values = [variable.numpy() for variable in variables]
    outputs = step(batch)
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return outputs


def join(distribution: Any, model: Any) -> None:
    """Makes the state of metrics, and of statistics, that of all processes."""
    processes = distribution.backend.distribution
    metrics = [v for v in model.metrics_variables if v.aggregation == "sum"]
    processes.sum_in_place(metrics)
    others = [*model.metrics_variables, *model.non_trainable_variables]
    means = [v for v in others if v.aggregation == "mean"]
    processes.sum_in_place(means, mean=True)
