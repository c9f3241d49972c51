"""`Function`: the computation between KerasTensors as one operation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from keras.core import tree
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.scopes import SymbolicScope
from keras.core.typing import Shape, TensorLike
from keras.models.inputs import input_name, outline
from keras.models.plan import Plan, depths_of, key_of
from keras.ops.operation import Node, Operation


@public_class("keras", loadable=False)
class Function(Operation):
    """The computation from some KerasTensors to others, as an operation.

    Args:
        inputs: KerasTensors, alone or nested in lists, tuples and dicts. Not only
            outputs of `keras.Input`: any tensor that the outputs depend on may be
            an input.
        outputs: KerasTensors made from the inputs, nested likewise.
        name: a name; made up by default.

    Raises:
        ValueError: if an output cannot be computed from the inputs, or the same
            tensor is given twice as input.

    Example:

    >>> import keras
    >>> x = keras.Input((2,))
    >>> double = keras.Function(x, x * 2)
    >>> keras.ops.convert_to_numpy(double(keras.ops.ones((1, 2)))).tolist()
    [[2.0, 2.0]]
    """

    def __init__(
        self, inputs: TensorLike, outputs: TensorLike, name: str | None = None
    ) -> None:
        super().__init__(name=name)
        set_graph(self, inputs, outputs)

    @property
    def _inputs_struct(self) -> Any:
        """The input KerasTensors in their structure, as other packages read it."""
        return self._kept_inputs.value

    @property
    def _outputs_struct(self) -> Any:
        """The output KerasTensors in their structure."""
        return self._kept_outputs.value

    @property
    def operations(self) -> list[Any]:
        """The operations of the graph, those farthest from the outputs first."""
        return list(self._keras_graph.operations)

    @property
    def _operations(self) -> list[Any]:
        """`operations`, as other packages read it."""
        return self.operations

    @property
    def _nodes_by_depth(self) -> dict[int, list[Node]]:
        """The calls of the graph, by how many calls it is to the outputs at most."""
        found: dict[int, list[Node]] = {}
        nodes = self._keras_graph.nodes
        for node, depth in zip(nodes, depths_of(self.inputs, nodes), strict=True):
            found.setdefault(depth, []).append(node)
        return found

    @property
    def inputs(self) -> list[KerasTensor]:
        """The input KerasTensors, flat."""
        return list(self._keras_graph.inputs)

    @property
    def outputs(self) -> list[KerasTensor]:
        """The output KerasTensors, flat."""
        return list(self._keras_graph.outputs)

    def call(self, inputs: TensorLike) -> Structure:
        """The values of the outputs.

        Args:
            inputs: tensors in the structure of the function's inputs.
        """
        flat = flat_inputs(self, inputs)
        return pack(self._keras_graph.run(flat), self._kept_outputs)

    def run(self, inputs: TensorLike, training: bool | None = None) -> Structure:
        """`call`, with `training` for the layers in the graph that take it."""
        flat = flat_inputs(self, inputs)
        return pack(self._keras_graph.run(flat, training), self._kept_outputs)

    def _run_through_graph(
        self,
        inputs: TensorLike,
        operation_fn: Callable[[Any], Callable[..., Any]],
        call_fn: Callable[..., Any] | None = None,
    ) -> Any:
        """The outputs with other functions for the operations, as packages call it.

        Args:
            inputs: tensors or KerasTensors for the inputs of the graph.
            operation_fn: gives what to call in place of an operation.
            call_fn: calls that; it is passed before the arguments.
        """

        def function(operation: Any) -> Callable[..., Any]:
            found = operation_fn(operation)
            return found if call_fn is None else partial(call_fn, found)

        outputs = self._keras_graph.rerun(tree.flatten(inputs), function)
        return pack(outputs, self._kept_outputs)

    def compute_output_spec(self, inputs: TensorLike) -> Structure:
        """Shapes and dtypes of the outputs for other inputs, as KerasTensors."""
        flat = flat_inputs(self, inputs)
        with SymbolicScope():
            outputs = self._keras_graph.rerun(flat, lambda operation: operation)
        return pack(outputs, self._kept_outputs)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Shapes of the outputs for other input shapes.

        Args:
            input_shape: shapes in the structure of the inputs.
        """
        flat = shapes_of(input_shape, len(self._keras_graph.inputs))
        tensors = [
            KerasTensor(shape, dtype=x.dtype)
            for shape, x in zip(flat, self._keras_graph.inputs, strict=True)
        ]
        given = tree.pack_sequence_as(self._kept_inputs.value, tensors)
        tensors = flat_inputs(self, given)
        with SymbolicScope():
            outputs = self._keras_graph.rerun(tensors, lambda operation: operation)
        return pack([tuple(x.shape) for x in outputs], self._kept_outputs)


def set_graph(function: Any, inputs: Any, outputs: Any) -> None:
    """Gives a function its plan; checks inputs and outputs."""
    owner = f"{type(function).__name__} {function.name!r}"
    flat = tree.flatten(inputs)
    results = tree.flatten(outputs)
    _check_tensors("inputs", flat, owner)
    _check_tensors("outputs", results, owner)
    seen: set[Any] = set()
    for x in flat:
        if key_of(x) in seen:
            raise ValueError(
                f"The inputs of {owner} hold the same tensor twice: {x!r} of "
                f"{input_name(x)!r}. Pass each input once."
            )
        seen.add(key_of(x))
    function._kept_inputs = keep(inputs)
    function._kept_outputs = keep(outputs)
    function._keras_graph = Plan(flat, results, owner)


class Structure:
    """A nested structure that attribute tracking leaves alone."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def keep(value: Any) -> Structure:
    """The structure in a box; lists in it are copied."""
    return Structure(tree.map_structure(lambda x: x, value))


def pack(leaves: list[Any], structure: Structure) -> Any:
    """Flat values in a structure; one value alone as it is."""
    if isinstance(structure.value, KerasTensor):
        return leaves[0]
    return tree.pack_sequence_as(structure.value, leaves)


def flat_inputs(function: Any, inputs: Any) -> list[Any]:
    """The values given, one for each input of the graph, in its order."""
    expected = function._keras_graph.inputs
    structure = function._kept_inputs.value
    title = f"{type(function).__name__} {function.name!r}"
    try:
        tree.assert_same_structure(structure, inputs)
    except (TypeError, ValueError):
        raise ValueError(
            f"{title} takes inputs in the structure {outline(structure)}. Received: "
            f"{outline(inputs)}."
        ) from None
    flat = tree.flatten(inputs)
    for x, spec in zip(flat, expected, strict=True):
        shape = getattr(x, "shape", spec.shape)
        sizes = zip(shape, spec.shape, strict=False)
        if len(shape) != len(spec.shape) or any(
            size != wanted for size, wanted in sizes if None not in (size, wanted)
        ):
            raise ValueError(
                f"{title} was made for an input {input_name(spec)!r} of shape "
                f"{spec.shape} (None stands for any size). Received one of shape "
                f"{tuple(shape)}."
            )
    return flat


def _check_tensors(what: str, flat: list[Any], owner: str) -> None:
    if not flat:
        raise ValueError(f"`{what}` of {owner} is empty. Pass at least one tensor.")
    for x in flat:
        if not isinstance(x, KerasTensor):
            raise ValueError(
                f"`{what}` of {owner} must be KerasTensors: made by keras.Input, or "
                "by layers and keras.ops functions called on such. Received: "
                f"{x!r} of type {type(x).__name__}."
            )


def shapes_of(input_shape: Shape, count: int) -> list[tuple[int | None, ...]]:
    """Nested shapes as a flat list."""
    if tree.is_shape(input_shape) and count == 1:
        return [tuple(input_shape)]
    found: list[tuple[int | None, ...]] = []
    tree.map_shape_structure(lambda shape: found.append(tuple(shape)), input_shape)
    return found
