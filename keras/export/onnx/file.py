"""A written graph as an ONNX file: without dead nodes, values named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx

from keras import __version__
from keras.export.onnx.graph import Graph, Node, Value

# A file of protobuf holds 2 GB; beyond this the numbers of weights lie beside it.
LARGEST = 2**31 - 2**24
_SMALL = 1024  # constants of so many bytes are shared by their numbers
_HALF_BYTES = ("int4", "uint4")  # dtypes

_TYPES = {
    "float32": "FLOAT", "float64": "DOUBLE", "float16": "FLOAT16",
    "bfloat16": "BFLOAT16", "int8": "INT8", "int16": "INT16", "int32": "INT32",
    "int64": "INT64", "uint8": "UINT8", "uint16": "UINT16", "uint32": "UINT32",
    "uint64": "UINT64", "bool": "BOOL", "complex64": "COMPLEX64",
    "complex128": "COMPLEX128", "float8_e4m3fn": "FLOAT8E4M3FN",
    "float8_e5m2": "FLOAT8E5M2", "int4": "INT4", "uint4": "UINT4",
}  # fmt: skip


def element_type(dtype: str) -> int:
    """ONNX's number of a dtype."""
    return int(getattr(onnx.TensorProto, _TYPES[dtype]))


class Writing:
    """The names of values, and the constants that are needed.

    Args:
        graph: the whole graph.
        name: the name of the graph in the file.
        opset: the version of ONNX's operators.
    """

    def __init__(self, graph: Graph, name: str, opset: int) -> None:
        self.opset = opset
        self.needed = _needed(graph)
        self.names: dict[int, str] = {}
        self.used: set[str] = set()
        self.constants: dict[Any, tuple[str, Value]] = {}
        self.outside: dict[str, Any] = {}  # tensors whose numbers lie in another file
        self.proto = self._graph(graph, name)

    @property
    def is_too_large(self) -> bool:
        """Whether the weights are more than one file of ONNX can hold."""
        return sum(x.array.nbytes for _, x in self.constants.values()) > LARGEST

    def weights_to(self, path: str, location: str) -> None:
        """Writes the numbers of all larger constants to a file of their own.

        Args:
            path: the file.
            location: what the ONNX file calls it.
        """
        with open(path, "wb") as stream:
            for name, x in self.constants.values():
                if x.array.nbytes > _SMALL:
                    self.outside[name] = _outside(name, x.array, stream, location)

    def to(self, path: str) -> None:
        """Writes the file."""
        model = onnx.ModelProto(
            ir_version=_ir_version(self.opset),
            producer_name="keras",
            producer_version=__version__,
        )
        model.opset_import.append(
            onnx.OperatorSetIdProto(domain="", version=self.opset)
        )
        graph = self.proto.SerializeToString()
        parts = [
            _Part(self.outside[name], None)
            if name in self.outside
            else _Part(_tensor(name, x.array), x)
            for name, x in self.constants.values()
        ]
        with open(path, "wb") as stream:
            stream.write(model.SerializeToString())
            size = len(graph) + sum(part.size for part in parts)
            stream.write(_field(onnx.ModelProto.GRAPH_FIELD_NUMBER, size))
            stream.write(graph)
            for part in parts:
                part.write(stream)

    def name(self, x: Value, hint: str) -> str:
        """The name of a value; given when it is first met."""
        known = self.names.get(id(x))
        if known is not None:
            return known
        if x.is_constant:
            return self._constant(x)
        return self._give(x, x.name or hint)

    def _give(self, x: Value, wanted: str) -> str:
        name, count = wanted, 1
        while name in self.used:
            name, count = f"{wanted}_{count}", count + 1
        self.used.add(name)
        self.names[id(x)] = name
        return name

    def _constant(self, x: Value) -> str:
        array = x.array
        key: Any = id(x)
        if x.name is None and array.nbytes <= _SMALL:
            key = array.dtype.str, array.dtype.name, array.shape, array.tobytes()
        if key not in self.constants:
            self.constants[key] = self._give(x, x.name or "constant"), x
        return self.constants[key][0]

    def _graph(self, graph: Graph, name: str) -> Any:
        """A graph as ONNX has it, without the constants."""
        result = onnx.GraphProto(name=name)
        for x in graph.inputs:
            self.name(x, "input")
            result.input.append(self._described(x))
        for x in graph.outputs:
            if x.name is not None:
                self._give(x, x.name)
        for each in graph.nodes:
            if id(each) in self.needed:
                result.node.append(self._node(each))
        result.output.extend(self._described(x) for x in graph.outputs)
        return result

    def _described(self, x: Value) -> Any:
        """Name, dtype and sizes; an unknown size has a name, the first axis "batch"."""
        own = self.names[id(x)]
        sizes = [
            n if n is not None else f"{own}_{axis}" if axis else "batch"
            for axis, n in enumerate(x.shape)
        ]
        return onnx.helper.make_tensor_value_info(own, element_type(x.dtype), sizes)

    def _node(self, each: Node) -> Any:
        scope = f"{each.scope}/" if each.scope else ""
        inputs = ["" if x is None else self.name(x, "value") for x in each.inputs]
        outputs = [self.name(x, f"{scope}{each.op}") for x in each.outputs]
        proto = onnx.NodeProto(op_type=each.op, name=outputs[0])
        proto.input.extend(inputs)
        proto.output.extend(outputs)
        for key, value in each.attributes.items():
            proto.attribute.append(self._attribute(key, value, outputs[0]))
        return proto

    def _attribute(self, key: str, value: Any, owner: str) -> Any:
        if isinstance(value, Graph):
            value = self._graph(value, f"{owner}_{key}")
        elif key == "to":
            value = element_type(value)
        return onnx.helper.make_attribute(key, value)


def _needed(graph: Graph) -> set[int]:
    """The ids of the nodes that outputs come from."""
    makers: dict[int, Node] = {}
    _collect(graph, makers)
    needed: set[int] = set()
    stack: list[Value] = list(graph.outputs)
    while stack:
        x = stack.pop()
        maker = makers.get(id(x))
        if maker is None or id(maker) in needed:
            continue
        needed.add(id(maker))
        stack.extend(x for x in maker.inputs if x is not None)
        for body in bodies(maker):
            stack.extend(body.outputs)
    return needed


def bodies(each: Node) -> Iterable[Graph]:
    """The graphs inside a node."""
    return [v for v in each.attributes.values() if isinstance(v, Graph)]


def _collect(graph: Graph, makers: dict[int, Node]) -> None:
    for each in graph.nodes:
        for output in each.outputs:
            makers[id(output)] = each
        for body in bodies(each):
            _collect(body, makers)


def _ir_version(opset: int) -> int:
    known = onnx.helper.OP_SET_ID_VERSION_MAP
    return int(known.get(("ai.onnx", opset), onnx.IR_VERSION))


def _tensor(name: str, array: np.ndarray) -> Any:
    return onnx.TensorProto(
        name=name, data_type=element_type(array.dtype.name), dims=array.shape
    )


class _Part:
    """A tensor in the bytes of a file.

    The numbers go from the array to the file: protobuf's own objects would hold them
    two more times.
    """

    def __init__(self, tensor: Any, numbers: Value | None) -> None:
        self.head = tensor.SerializeToString()
        self.numbers = numbers
        self.length = len(self.head)
        if numbers is not None:
            count = _size(numbers.array)
            self.head += _field(onnx.TensorProto.RAW_DATA_FIELD_NUMBER, count)
            self.length = len(self.head) + count
        self.tag = _field(onnx.GraphProto.INITIALIZER_FIELD_NUMBER, self.length)
        self.size = len(self.tag) + self.length

    def write(self, stream: Any) -> None:
        """Writes it as a field of the graph."""
        stream.write(self.tag + self.head)
        if self.numbers is not None:
            stream.write(_bytes(self.numbers.array))


def _field(number: int, length: int) -> bytes:
    """What protobuf writes before a field of so many bytes."""
    return _varint(number << 3 | 2) + _varint(length)


def _varint(number: int) -> bytes:
    groups = bytearray()
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes((*groups, number))


def _bytes(array: np.ndarray) -> Any:
    """The numbers as ONNX stores them: two of 4 bits in a byte, the first one low."""
    if array.dtype.name not in _HALF_BYTES:
        return np.ascontiguousarray(array).reshape(-1).view("uint8").data
    halves = np.zeros(array.size + array.size % 2, "uint8")
    halves[: array.size] = array.reshape(-1).astype("int8").view("uint8") & 15
    return (halves[::2] | halves[1::2] << 4).data


def _size(array: np.ndarray) -> int:
    """How many bytes these are."""
    if array.dtype.name not in _HALF_BYTES:
        return array.nbytes
    return (array.size + 1) // 2


_ALIGNMENT = 4096  # so that the file can be mapped into memory


def _outside(name: str, array: np.ndarray, stream: Any, location: str) -> Any:
    tensor = _tensor(name, array)
    stream.write(b"\0" * (-stream.tell() % _ALIGNMENT))
    place = stream.tell()
    stream.write(_bytes(array))
    tensor.data_location = onnx.TensorProto.EXTERNAL
    said = {
        "location": location,
        "offset": str(place),
        "length": str(_size(array)),
    }
    for key, value in said.items():
        tensor.external_data.append(onnx.StringStringEntryProto(key=key, value=value))
    return tensor
