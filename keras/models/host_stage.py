"""What a graph does on the host before its compiled step: making numbers of strings.

Strings are no tensors on most backends, so no compiled function can take them. A graph
whose first layers take strings is cut after these: they run on each batch as it comes,
and the step gets what they made, as `Staged`, in place of the inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from keras.core import context
from keras.core.typing import Data, Structure, TensorLike
from keras.models.plan import Plan, key_of

if TYPE_CHECKING:
    from keras.models.inputs import InputAdapter


class Staged(NamedTuple):
    """The values with which the rest of a graph goes on."""

    values: tuple[Any, ...]


class HostStage:
    """A graph cut in two: what runs on the host, and the rest.

    Args:
        plan: the graph.
        adapt: makes the graph's inputs of what the user passes.
    """

    def __init__(self, plan: Plan, adapt: InputAdapter) -> None:
        self.plan = plan
        self._adapt = adapt
        on_host, ready = [], {key_of(x) for x in plan.inputs}
        for node in plan.nodes:
            if node.inputs and _runs_on_host(node.operation):
                if all(key_of(x) in ready for x in node.inputs):
                    on_host.append(node)
                    ready.update(key_of(x) for x in node.outputs)
        self.is_needed = bool(on_host)
        if not self.is_needed:
            return
        host = {id(node) for node in on_host}
        readers = [node.inputs for node in plan.nodes if id(node) not in host]
        wanted = [x for inputs in (*readers, plan.outputs) for x in inputs]
        cut = {key_of(x): x for x in wanted if key_of(x) in ready}
        ends = list(cut.values())
        self._front = Plan(plan.inputs, ends, "the host stage of a model")
        self.rest = Plan(ends, plan.outputs, "the rest of a model")

    @staticmethod
    def rest_of(plan: Plan) -> Plan:
        """What of a graph is left after its stage, which has run."""
        return plan.__dict__["host_stage"].rest

    def before(self, data: Data) -> Data:
        """A batch whose inputs have gone through the layers on the host."""
        if type(data) is not tuple:
            return self._run(data)
        return (self._run(data[0]), *data[1:])

    def _run(self, inputs: TensorLike) -> Any:
        if type(inputs) is Staged:
            return inputs
        with context.Scope("backend", self._adapt.backend):
            return Staged(tuple(self._front.run(self._adapt(inputs))))


def stage_of(plan: Plan, adapt: InputAdapter) -> HostStage | None:
    """The stage that a graph needs; None for most. It is worked out once."""
    stage = plan.__dict__.get("host_stage")
    if stage is None:
        stage = plan.__dict__["host_stage"] = HostStage(plan, adapt)
    return stage if stage.is_needed else None


def staged(model: Any, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A step of one batch that runs a model's host stage before, if there is one."""
    if model.built and model._host_stage() is None:
        return step

    def run(data: Data) -> Structure:
        stage = model._host_stage()
        return step(data if stage is None else stage.before(data))

    return run


def _runs_on_host(operation: Any) -> bool:
    return getattr(operation, "_runs_on_host", False)
