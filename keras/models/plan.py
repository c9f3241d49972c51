"""A graph as a flat list of steps.

Reading a graph off the history of KerasTensors happens once. What is left is a list
of steps that take values out of numbered slots and put values into others. Running
it walks no nested structure in the everyday cases (one tensor, several tensors, a
list of tensors), and a value is let go of after its last use.

What `Layer.__call__` finds out about its arguments (dtypes, shapes, masks) the graph
knows beforehand. So a plain layer in it is called by its `call` directly, as long as
nothing around the run asks for more; `direct` says when, with `layers/shortcut.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import optree

from keras.core import tree
from keras.core.keras_tensor import KerasTensor
from keras.core.masking import get_mask, masks_in_use
from keras.core.typing import Structure
from keras.layers.layer import Layer
from keras.layers.shortcut import is_quiet, needs_no_steps
from keras.ops.operation import Node, OpCall, node_of

_NONE: dict[str, Any] = {}
_OPTIONS: dict[str, Any] = {"none_is_leaf": True, "namespace": "keras"}


def key_of(x: KerasTensor) -> Any:
    """What tells tensors of a graph apart; a layer that casts keeps a copy of one."""
    history = x._keras_history
    if history is None:
        return id(x)
    return id(history.operation), history.node_index, history.tensor_index


class Step:
    """One call: where its arguments come from and where its results go.

    Args:
        node: the call in the graph.
        slot_of: the slot of a KerasTensor.
        outputs: the slots of the results; None for those that nobody needs.
    """

    __slots__ = (
        "dtype",
        "fixed",
        "free",
        "function",
        "gather",
        "layer",
        "operation",
        "outputs",
        "slot",
        "takes_training",
        "target",
    )

    def __init__(
        self, node: Node, slot_of: Callable[[Any], int], outputs: list[int | None]
    ) -> None:
        self.operation = node.operation
        self.function = eager_function(node.operation)
        self.outputs = outputs
        # Nearly every call has one result; it is stored without a walk over it.
        self.target = outputs[0] if len(outputs) == 1 else None
        self.free: tuple[int, ...] = ()
        self.slot: int | None = None
        self.gather: Any = None
        args, kwargs = node.args, _said(node)
        self.fixed = kwargs
        # `fixed` are arguments that are the same in each run; where tensors stand among
        # keywords, or deeper than the simple forms, all arguments are made anew.
        in_kwargs = any(isinstance(x, KerasTensor) for x in tree.flatten(kwargs))
        if in_kwargs or not _gather_simply(self, args, slot_of):
            self.gather = _general(args, kwargs, slot_of)
            self.fixed = None
        # A mode that the graph was made with wins over that of the run.
        given = kwargs.get("training") is not None
        self.takes_training = not given and takes_training(self.operation)
        self.layer: Any = node.operation if needs_no_steps(node) else None
        # The dtype that this holds for: a user may give the layer another one later.
        self.dtype = None if self.layer is None else self.layer._keras_shortcut.dtype

    def call(
        self, values: list[Any], function: Callable[..., Any], more: dict[str, Any]
    ) -> Structure:
        """The operation's result; `more` are further keyword arguments."""
        if self.fixed is None:
            args, kwargs = self.gather(values)
            return function(*args, **{**kwargs, **more})
        kwargs = {**self.fixed, **more} if self.fixed else more
        if self.gather is None:
            return function(values[self.slot or 0], **kwargs)
        return function(*self.gather(values), **kwargs)


def _said(node: Node) -> dict[str, Any]:
    """The keyword arguments of a call, without a mode that the layer has by itself.

    Files of Keras write down that one, too, of layers that nobody gave a mode.
    """
    said, layer = node.kwargs, node.operation
    if said.get("training") is None or not takes_training(layer):
        return said
    if said["training"] is not layer._keras_plan.training_default:
        return said
    return {key: value for key, value in said.items() if key != "training"}


def _gather_simply(
    step: Step, args: tuple[Any, ...], slot_of: Callable[[Any], int]
) -> bool:
    """The everyday forms of arguments: `f(x)`, `f(x, y, 2)`, `f([x, y])`."""
    if len(args) == 1 and isinstance(args[0], KerasTensor):
        step.slot = slot_of(args[0])
        return True
    if not any(tree.is_nested(x) for x in args):
        template = list(args)
        places = [
            (index, slot_of(x))
            for index, x in enumerate(args)
            if isinstance(x, KerasTensor)
        ]
        step.gather = partial(_positional, template, places)
        return True
    if len(args) == 1 and type(args[0]) is list:
        if all(isinstance(x, KerasTensor) for x in args[0]):
            step.gather = partial(_listed, [slot_of(x) for x in args[0]])
            return True
    return False


def _positional(
    template: list[Any], places: list[tuple[int, int]], values: list[Any]
) -> list[Any]:
    args = template.copy()  # a layer may keep or change the list that it is given
    for index, slot in places:
        args[index] = values[slot]
    return args


def _listed(slots: list[int], values: list[Any]) -> tuple[list[Any]]:
    return ([values[slot] for slot in slots],)


def _general(
    args: tuple[Any, ...], kwargs: dict[str, Any], slot_of: Callable[[Any], int]
) -> Callable[[list[Any]], tuple[Any, Any]]:
    both: Any = (args, kwargs)
    leaves, structure = optree.tree_flatten(both, **_OPTIONS)
    places = [
        (index, slot_of(x))
        for index, x in enumerate(leaves)
        if isinstance(x, KerasTensor)
    ]
    # No KerasTensor stays in the template: it would keep the graph behind it alive.
    leaves = [None if isinstance(x, KerasTensor) else x for x in leaves]

    def gather(values: list[Any]) -> tuple[Any, Any]:
        filled = leaves.copy()
        for index, slot in places:
            filled[index] = values[slot]
        result: Any = optree.tree_unflatten(structure, filled)
        return result

    return gather


def eager_function(operation: Any) -> Callable[..., Any]:
    """What to call on tensors: for an op, the op itself with its static arguments."""
    if not isinstance(operation, OpCall):
        return operation
    if operation.declaration.leads_with_tensors:
        public = operation.declaration.public
        return partial(public, **operation.static) if operation.static else public
    return operation.call


def takes_training(operation: Any) -> bool:
    """Whether the `call` of an operation has a parameter `training`."""
    return isinstance(operation, Layer) and operation._keras_plan.has_training


class Plan:
    """The graph between some KerasTensors, ready to run.

    Args:
        inputs: where values come in.
        outputs: what is wanted.
        owner: how errors call the model.

    Raises:
        ValueError: if an output needs a tensor that is not reachable.
    """

    def __init__(
        self, inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor], owner: str
    ) -> None:
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.nodes = ordered_nodes(self.inputs, self.outputs, owner)
        self.operations = operations_by_depth(self.inputs, self.nodes)
        self._slots = {key_of(x): index for index, x in enumerate(self.inputs)}
        self._size = len(self.inputs)
        # Nodes of an Input bring their value in from outside: they are no steps.
        self.steps = [self._step(node) for node in self.nodes if node.inputs]
        self._results = [self._slots[key_of(x)] for x in self.outputs]
        self._plan_release()

    def _step(self, node: Node) -> Step:
        slots: list[int | None] = []
        for output in node.outputs:
            # A tensor that is an input of the plan comes from outside, even if a call
            # in the graph could make it.
            if not isinstance(output, KerasTensor) or key_of(output) in self._slots:
                slots.append(None)
                continue
            self._slots[key_of(output)] = self._size
            slots.append(self._size)
            self._size += 1
        return Step(node, lambda x: self._slots[key_of(x)], slots)

    def _plan_release(self) -> None:
        """After which step each slot is empty again."""
        last: dict[int, int] = {}
        arguments = [node for node in self.nodes if node.inputs]
        for index, (node, step) in enumerate(zip(arguments, self.steps, strict=True)):
            for slot in step.outputs:
                if slot is not None:
                    last[slot] = index  # of no use later: free at once
            for x in node.inputs:
                last[self._slots[key_of(x)]] = index
        for slot in self._results:
            last.pop(slot, None)  # the caller wants it
        for slot, index in last.items():
            self.steps[index].free += (slot,)

    def run(self, inputs: Sequence[Any], training: bool | None = None) -> list[Any]:
        """The values of the outputs.

        Args:
            inputs: one value for each input.
            training: given to every layer that takes it; None leaves it to them.
        """
        told = {} if training is None else {"training": training}
        return self._run(
            inputs, lambda step: (step.function, told if step.takes_training else _NONE)
        )

    def _run(
        self, inputs: Sequence[Any], chosen: Callable[[Step], tuple[Any, Any]]
    ) -> list[Any]:
        """The graph on values; `chosen` are what a step calls and more arguments."""
        values = [*inputs, *[None] * (self._size - len(self.inputs))]
        for step in self.steps:
            function, more = chosen(step)
            _store(values, step, step.call(values, function, more))
        return [values[slot] for slot in self._results]

    def direct(
        self, inputs: Sequence[Any], ambient: Any, training: bool | None
    ) -> bool:
        """Whether `run_directly` does for these inputs what `run` would.

        Args:
            inputs: one value for each input.
            ambient: the context that the run would be in.
            training: what `run` would be given.
        """
        # Layers called directly find the mode in the context: it has to be this one.
        call = ambient.call
        if call is None or (training is not None and training is not call.training):
            return False
        if not is_quiet(ambient):
            return False
        return not masks_in_use() or all(get_mask(x) is None for x in inputs)

    def run_directly(self, inputs: Sequence[Any], training: bool | None) -> list[Any]:
        """The values of the outputs, by the shortest way; see `direct`.

        Args:
            inputs: one value for each input, of its dtype.
            training: what the call around this run says; None leaves it to the layers.
        """
        told = {} if training is None else {"training": training}

        def chosen(step: Step) -> tuple[Any, Any]:
            layer = step.layer
            if layer is None:
                return step.function, _NONE
            # Looked at in each run, as users change layers between two of them.
            shortcut = layer._keras_shortcut
            if (
                shortcut.hooked
                or not shortcut.plain
                or shortcut.dtype is not step.dtype
            ):
                return step.function, _NONE
            return layer.call, told if layer._keras_plan.has_training else _NONE

        return self._run(inputs, chosen)

    def rerun(
        self, inputs: Sequence[Any], function: Callable[[Any], Callable[..., Any]]
    ) -> list[Any]:
        """The graph again on other KerasTensors.

        Args:
            inputs: one for each input.
            function: what to call in place of an operation.
        """
        return self._run(inputs, lambda step: (function(step.operation), _NONE))

    def index_of(self, node: Node) -> int:
        """The number of a call among the calls of its operation in this graph."""
        return self.calls_of(node.operation).index(node)

    def calls_of(self, operation: Any) -> list[Node]:
        """The calls of an operation that belong to this graph, first one first."""
        known = {id(node) for node in self.nodes}
        return [node for node in operation._inbound_nodes if id(node) in known]


def _store(values: list[Any], step: Step, result: Any) -> None:
    target = step.target
    if target is not None and not isinstance(result, (list, tuple, dict)):
        values[target] = result
    else:
        for slot, value in zip(step.outputs, tree.flatten(result), strict=True):
            if slot is not None:
                values[slot] = value
    for slot in step.free:
        values[slot] = None


def ordered_nodes(
    inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor], owner: str
) -> list[Node]:
    """The calls between inputs and outputs, each after those it depends on."""
    given = {key_of(x) for x in inputs}
    nodes: list[Node] = []
    done: set[int] = set()
    # By hand and not by recursion: graphs may be deeper than Python's stack.
    stack: list[tuple[Any, bool]] = [(x, False) for x in reversed(outputs)]

    def add_input(x: KerasTensor) -> None:
        node = node_of(x) if x._keras_history is not None else None
        if node is not None and node.is_input and id(node) not in done:
            done.add(id(node))
            nodes.append(node)

    while stack:
        x, finished = stack.pop()
        if finished:
            if id(x) not in done:
                done.add(id(x))
                nodes.append(x)
            continue
        if key_of(x) in given:
            add_input(x)
            continue
        if x._keras_history is None or node_of(x).is_input:
            raise _disconnected(x, inputs, owner)
        node = node_of(x)
        if id(node) not in done:
            stack.append((node, True))
            stack.extend((parent, False) for parent in reversed(node.inputs))
    for x in inputs:  # those that no output needs are in the model all the same
        add_input(x)
    return nodes


def _disconnected(x: KerasTensor, inputs: Sequence[KerasTensor], owner: str) -> Any:
    history = x._keras_history
    source = f" of {history.operation.name!r}" if history else ""
    listed = ", ".join(
        f"{t._keras_history.operation.name!r}" if t._keras_history else t.name
        for t in inputs
    )
    return ValueError(
        f"The graph of {owner} is disconnected: its outputs need the tensor {x!r}"
        f"{source}, which cannot be computed from the inputs ({listed}). Add that "
        "tensor to `inputs`, or make the outputs from the given inputs only."
    )


def operations_by_depth(
    inputs: Sequence[KerasTensor], nodes: Sequence[Node]
) -> list[Any]:
    """The operations of a graph, those farthest from the outputs first.

    Files keep layers in this order. Operations of equal depth stand in the order in
    which a walk from the outputs meets them.
    """
    depths: dict[int, int] = {}
    for node, depth in zip(nodes, depths_of(inputs, nodes), strict=True):
        key = id(node.operation)
        depths[key] = max(depth, depths.get(key, 0))
    operations = list({id(n.operation): n.operation for n in nodes}.values())
    return sorted(operations, key=lambda op: -depths[id(op)])


def depths_of(inputs: Sequence[KerasTensor], nodes: Sequence[Node]) -> list[int]:
    """How many calls it is from each node to the outputs at most."""
    given = {key_of(x) for x in inputs}
    depths: dict[int, int] = {}
    of_operation: dict[int, int] = {}
    for node in reversed(nodes):
        # A layer that is called more than once stands where its earliest call does.
        key = id(node.operation)
        depth = max(depths.get(id(node), 0), of_operation.get(key, 0))
        of_operation[key] = depths[id(node)] = depth
        for x in node.inputs:
            if key_of(x) in given and (
                x._keras_history is None or not node_of(x).is_input
            ):
                continue
            parent = node_of(x)
            depths[id(parent)] = max(depths.get(id(parent), 0), depth + 1)
    return [depths[id(node)] for node in nodes]
