"""Operations, and the graph that calling them on KerasTensors leaves behind.

An `Operation` is anything that can be called on tensors or KerasTensors: an op with
its static arguments, a layer, a model. A call on KerasTensors makes a `Node`; its
outputs remember it in their history. Functional models are read off that history.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from keras.backends import current
from keras.backends.backend import SPARSE, TENSOR, VARIABLE
from keras.core import context, limits, tree
from keras.core.classes import declared_class, takes_any_keyword
from keras.core.configurable import Configurable
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasHistory, KerasTensor
from keras.core.naming import auto_name, name_of
from keras.core.scopes import DiscardingScope, SymbolicScope
from keras.core.typing import Config, Structure, TensorLike
from keras.ops import files

if TYPE_CHECKING:
    from keras.backends.backend import Backend

if TYPE_CHECKING:
    from keras.ops.declaration import Declaration


class CallArguments(NamedTuple):
    """What an operation was called on, KerasTensors anywhere in it."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    @property
    def keras_tensors(self) -> list[KerasTensor]:
        """The KerasTensors among the arguments, in order."""
        leaves = tree.flatten((self.args, self.kwargs))
        return [leaf for leaf in leaves if isinstance(leaf, KerasTensor)]


class Node:
    """One call of an operation in a graph.

    Args:
        operation: what was called.
        args: its positional arguments, KerasTensors anywhere in them.
        kwargs: its keyword arguments.
        outputs: the KerasTensors that it returned, in their structure.
    """

    __slots__ = ("args", "inputs", "kwargs", "operation", "outputs")

    def __init__(
        self,
        operation: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        outputs: TensorLike,
    ) -> None:
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.inputs = self.arguments.keras_tensors
        self.outputs = tree.flatten(outputs)
        index = len(operation._inbound_nodes)
        for position, output in enumerate(self.outputs):
            if isinstance(output, KerasTensor):
                output._keras_history = KerasHistory(operation, index, position)
        operation._inbound_nodes.append(self)

    @property
    def is_input(self) -> bool:
        """Whether this node brings tensors in from outside."""
        return not self.inputs

    @property
    def arguments(self) -> CallArguments:
        """What the operation was called on."""
        return CallArguments(self.args, self.kwargs)

    @property
    def input_tensors(self) -> list[KerasTensor]:
        """The KerasTensors among the arguments, in order."""
        return self.inputs

    @property
    def output_tensors(self) -> list[Any]:
        """The KerasTensors that the call returned, in order."""
        return self.outputs

    @property
    def parent_nodes(self) -> list[Node]:
        """The nodes that made the inputs, one for each."""
        return [node_of(x) for x in self.inputs if x._keras_history is not None]

    def __repr__(self) -> str:
        return f"<Node of {self.operation.name}: {self.inputs} -> {self.outputs}>"


def node_of(x: KerasTensor) -> Node:
    """The node whose output a KerasTensor is."""
    history = x._keras_history
    if history is None:
        raise ValueError(
            f"{x!r} is no output of a layer or op on a keras.Input, so it cannot be "
            "part of a graph."
        )
    return history.operation._inbound_nodes[history.node_index]


def connect(
    operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: TensorLike
) -> Any:
    """Makes the node of a call and returns the outputs with their history."""
    recording = True
    for leaf in tree.flatten((args, kwargs)):
        if isinstance(leaf, KerasTensor):
            recording = leaf.record_history
            if recording:
                break
    fresh = tree.map_structure(_fresh, outputs)
    if recording and context.get().symbolic is None:
        Node(operation, args, kwargs, fresh)
    return fresh


def _fresh(output: TensorLike) -> Any:
    """A copy: a rule may return its own input, whose history is its own."""
    if not isinstance(output, KerasTensor):
        return output
    copy = KerasTensor(output.shape, output.dtype, output.sparse, output.ragged)
    copy._keras_mask = output._keras_mask
    return copy


@public_class("keras", loadable=False)
class Operation(Configurable):
    """Something that can be called on tensors and on KerasTensors.

    Subclasses define `call`; where running `call` on KerasTensors does not tell the
    output, also `compute_output_spec`.

    Args:
        name: a name; made up from the class by default.

    Example:

    >>> import keras
    >>> class Double(keras.Operation):
    ...     def call(self, x):
    ...         return x * 2
    >>> Double()(keras.KerasTensor((None, 3))).shape
    (None, 3)
    """

    _not_in_files = ("_inbound_nodes", "_outbound_nodes")

    def __init__(self, name: str | None = None) -> None:
        self.name = name_of(name, self)
        self._inbound_nodes: list[Node] = []
        self._outbound_nodes: list[Node] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Structure:
        """Runs `call`, or on KerasTensors works out the output and notes the call."""
        if any_symbolic(args, kwargs):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Structure:
        """The computation."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define `call`: it says what the "
            "operation computes."
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal operation, its name among them."""
        config = super().get_config()
        if "name" not in config and takes_any_keyword(declared_class(self).__init__):
            config = {"name": self.name, **config}
        return config

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Structure:
        """The call on KerasTensors: output specs, and a node of the graph."""
        limits.claim_calls(self.name)
        outputs = self.compute_output_spec(*args, **kwargs)
        return connect(self, args, kwargs, outputs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Structure:
        """The shape and dtype of the output, as KerasTensors."""
        return infer_spec(self.call, args, kwargs)

    def rematerialized_call(
        self, layer_call: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Callable[..., Any]:
        """`layer_call` as a function that keeps no intermediate results.

        They are computed again when gradients need them.

        Args:
            layer_call: the function, such as `self.call`.
            *args: what it will be called on; of no use here.
            **kwargs: further arguments of the call to come.

        Returns:
            A function to call with the same arguments as `layer_call`.
        """
        del args, kwargs
        return current().remat(layer_call)

    @property
    def input(self) -> Any:
        """The input KerasTensor(s) of its first call."""
        inputs = self._keras_first_node("input").inputs
        return inputs[0] if len(inputs) == 1 else list(inputs)

    @property
    def output(self) -> Any:
        """The output KerasTensor(s) of its first call."""
        outputs = self._keras_first_node("output").outputs
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """The call with quantized weights, for operations that have such.

        Raises:
            NotImplementedError: always, here.
        """
        raise NotImplementedError(
            f"{type(self).__name__} {self.name!r} has no quantized form."
        )

    def _keras_first_node(self, what: str) -> Node:
        nodes = self._inbound_nodes
        if not nodes:
            raise AttributeError(
                f"{type(self).__name__} {self.name!r} has no `{what}`: it was not "
                "called on a KerasTensor yet. Call it on keras.Input(shape), or put "
                "it into a model that knows its input shape."
            )
        return nodes[0]


def any_symbolic(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether there is a KerasTensor anywhere in the arguments."""
    if len(args) == 1 and not kwargs:
        if isinstance(args[0], KerasTensor):
            return True
        if not isinstance(args[0], (list, tuple, dict)):
            return False
    return any(isinstance(leaf, KerasTensor) for leaf in tree.flatten((args, kwargs)))


def infer_spec(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """What a function would return, as KerasTensors.

    The function is run on KerasTensors: exact, and no framework is asked. Code that
    does not work on them (a framework's own functions, concrete sizes) is traced by
    the backend instead.
    """
    bare = tree.map_structure(_unrecorded, (args, kwargs))
    try:
        with SymbolicScope(), DiscardingScope():
            outputs = function(*bare[0], **bare[1])
        backend = current()
        return tree.map_structure(lambda x: _as_spec(backend, x), outputs)
    except Exception as symbolic_error:  # noqa: BLE001 - any code of a user's
        try:
            with DiscardingScope():
                return current().compute_output_spec(function, *bare[0], **bare[1])
        except Exception:  # noqa: BLE001 - the first error teaches
            raise symbolic_error from None


def _unrecorded(x: TensorLike) -> Any:
    return _fresh(x) if isinstance(x, KerasTensor) else x


def _as_spec(backend: Backend, x: TensorLike) -> Any:
    if x is None or isinstance(x, KerasTensor):
        return x
    if (kind := backend.kind_of(x)) in (TENSOR, VARIABLE, SPARSE):
        shape, dtype = backend.shape_of(x), backend.dtype_of(x)
        return KerasTensor(shape, dtype, sparse=kind == SPARSE)
    return x


class OpCall(Operation):
    """An op with its static arguments: what a call of an op becomes in a graph.

    One subclass for each op, made on demand and named after it (`matmul` ->
    `Matmul`), because files of Keras 3 name them so.
    """

    declaration: Declaration

    def __init__(self, name: str | None = None, **static: Any) -> None:
        super().__init__(name=name)
        self.static = static

    def call(self, *tensors: Any, **more: Any) -> Structure:
        """The op on its tensor arguments; `more` are static ones of this call."""
        declaration = self.declaration
        static = {**self.static, **more}
        if declaration.leads_with_tensors:
            return declaration.public(*tensors, **static)
        values = []
        remaining = list(tensors)
        for index, name in enumerate(declaration.parameters):
            if index == declaration.variadic:
                values.extend(remaining)
            elif name in declaration.tensor_names:
                values.append(remaining.pop(0))
            elif name in static:
                values.append(static.pop(name))
        return declaration.public(*values)

    def compute_output_spec(self, *tensors: Any, **more: Any) -> Structure:
        """By the rule of the op."""
        with SymbolicScope():
            return self.call(*tensors, **more)

    def get_config(self) -> dict[str, Any]:
        """The name and the static arguments."""
        return {"name": self.name, **self.static}

    def config_in_files(self) -> Config:
        """The config as files have it."""
        return files.operation_config(self)


def operation_class(declaration: Declaration) -> type[OpCall]:
    """The `OpCall` subclass of an op."""
    if declaration.operation_class is None:
        cls = type(
            files.class_name_of(declaration),
            (OpCall,),
            {"declaration": declaration, "__doc__": declaration.rule.__doc__},
        )
        said = public_class("keras.ops", module=files.module_of(declaration))
        declaration.operation_class = said(cls)
    return declaration.operation_class


def record(
    declaration: Declaration,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    outputs: TensorLike,
) -> Any:
    """Makes the graph node of a call of an op on KerasTensors.

    Static arguments in which there are KerasTensors, such as the places of `slice`,
    are inputs of the node like the others.
    """
    bound = declaration.signature.bind(*args, **kwargs)
    bound.apply_defaults()
    tensors: list[Any] = []
    static: dict[str, Any] = {}
    for index, (name, value) in enumerate(bound.arguments.items()):
        if index == declaration.variadic:
            tensors.extend(value)
        elif name in declaration.tensor_names:
            tensors.append(value)
        elif name == declaration.keywords:
            static.update(value)
        else:
            static[name] = value
    while tensors and tensors[-1] is None:
        tensors.pop()
    computed = {k: v for k, v in static.items() if any_symbolic((v,), {})}
    static = {k: v for k, v in static.items() if k not in computed}
    operation = operation_class(declaration)(name=auto_name(declaration.name), **static)
    backend = current()  # a composed body may have made a constant
    outputs = tree.map_structure(lambda x: _as_spec(backend, x), outputs)
    return connect(operation, tuple(tensors), computed, outputs)
