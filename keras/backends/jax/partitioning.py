"""What one device keeps and sends in a training step, found out without devices.

The step is traced on a mesh of no devices, and laid out on it by Shardy, JAX's
partitioner. That says which part of each tensor a device has, and where parts are
exchanged. Nothing is computed, and nothing is compiled.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import Literal
from jax.extend.mlir import ir, passmanager
from jax.sharding import AbstractMesh, NamedSharding, PartitionSpec

from keras.backends.jax.core import native_dtype
from keras.core.errors import BackendError
from keras.core.typing import Structure, Tensor

_LAID_OUT = (
    "builtin.module(sdy-propagation-pipeline,"
    "func.func(sdy-insert-explicit-reshards{enable-full-version=true},"
    "sdy-reshard-to-collectives))"
)
# `"x"` is a whole axis of the mesh, `"x":(2)4` a part of one, of size 4.
_AXIS = re.compile(r'"([^"]+)"(?::\(\d+\)(\d+))?')


class Placed(NamedTuple):
    """A tensor of which only this much is known.

    Attributes:
        shape: its shape.
        dtype: the name of its dtype.
        axes: for each dimension the mesh axis that it is split over, or None.
    """

    shape: tuple[int, ...]
    dtype: str
    axes: tuple[Any, ...]


class Costs(NamedTuple):
    """Bytes of one device in one step.

    Attributes:
        kept: those of what is kept for the gradients, but for what is given.
        sent: those that it sends, by rings.
    """

    kept: int
    sent: int


def costs_of_step(
    loss: Callable[..., Any],
    mesh: tuple[tuple[int, ...], tuple[str, ...]],
    weights: Sequence[Placed],
    others: Structure,
) -> Costs:
    """What a device keeps and sends for a loss and its gradients.

    Args:
        loss: a function of the values of weights and of all else, which gives a scalar.
        mesh: the shape of the mesh, and the names of its axes.
        weights: the weights; a gradient lies as its weight does.
        others: a structure of `Placed`.

    Raises:
        BackendError: if the installed JAX has no such partitioner.
    """
    sizes = dict(zip(mesh[1], mesh[0], strict=True))
    abstract = AbstractMesh(*mesh)

    def made(x: Placed) -> Any:
        sharding = NamedSharding(abstract, PartitionSpec(*x.axes))
        return jax.ShapeDtypeStruct(x.shape, native_dtype(x.dtype), sharding=sharding)

    def step(values: Any, rest: Any) -> Any:
        value, pullback = jax.vjp(lambda values: loss(values, rest), values)
        grads = pullback(jnp.ones((), value.dtype))[0]
        return grads, jax.tree_util.tree_leaves(pullback)

    given = [made(x) for x in weights]
    rest = jax.tree_util.tree_map(made, others, is_leaf=lambda x: type(x) is Placed)
    places = ([x.sharding for x in given], None)
    traced = jax.jit(step, out_shardings=places).trace(given, rest)
    # Platforms differ in kernels of their own, not in what is kept.
    lowered = traced.lower(lowering_platforms=("cpu",))
    module = _laid_out(lowered.compiler_ir("stablehlo"))
    functions = {
        ir.StringAttr(op.attributes["sym_name"]).value: op.operation
        for op in module.body.operations
        if op.operation.name == "func.func"
    }
    layouts = ir.ArrayAttr(functions["main"].attributes["res_attrs"])
    outputs = traced.jaxpr.jaxpr.outvars
    kept = 0
    for number in _kept(traced.jaxpr.jaxpr, len(given)):
        layout = ir.DictAttr(layouts[number])
        parts = _split(layout["sdy.sharding"], sizes) if "sdy.sharding" in layout else 1
        shape, dtype = outputs[number].aval.shape, outputs[number].aval.dtype
        kept += math.prod(shape) * dtype.itemsize // parts
    sent = sum(_sent(op, sizes) for op in _exchanges(functions, "main"))
    return Costs(kept, round(sent))


def constrained(
    value: Tensor, mesh: tuple[tuple[int, ...], tuple[str, ...]], axes: tuple[Any, ...]
) -> Tensor:
    """A tensor of a step that is traced for `costs_of_step`, laid out."""
    sharding = NamedSharding(AbstractMesh(*mesh), PartitionSpec(*axes))
    return jax.lax.with_sharding_constraint(value, sharding)


def _laid_out(module: Any) -> Any:
    with module.context:
        try:
            passes = passmanager.PassManager.parse(_LAID_OUT)
        except ValueError as error:
            raise BackendError(
                "Planning needs the partitioner Shardy with its passes, which JAX "
                f"{jax.__version__} does not have: {error}. Update JAX."
            ) from error
        passes.run(module.operation)
    return module


def _kept(jaxpr: Any, grads: int) -> Iterator[int]:
    """The numbers of the outputs, after the gradients, that take memory of their own.

    That is not what was given, nor what depends on nothing that was.
    """
    seen = set(jaxpr.invars)
    depend = _depending(jaxpr, seen)
    for number, x in enumerate(jaxpr.outvars):
        if number >= grads and not isinstance(x, Literal):
            if x in depend and x not in seen:
                seen.add(x)
                yield number


def _depending(jaxpr: Any, given: set[Any]) -> set[Any]:
    """The variables of a program that depend on some of them, and these."""
    found = set(given)
    for equation in jaxpr.eqns:
        used = [not isinstance(x, Literal) and x in found for x in equation.invars]
        if not any(used):
            continue
        results = equation.outvars
        inner = equation.params.get("jaxpr")
        inner = getattr(inner, "jaxpr", inner)  # without its constants
        one_run = equation.primitive.name != "scan"  # whose results are given again
        if one_run and inner is not None and len(inner.invars) == len(used):
            inside = {
                x for x, is_used in zip(inner.invars, used, strict=True) if is_used
            }
            inside = _depending(inner, inside)
            results = [
                x
                for x, own in zip(results, inner.outvars, strict=True)
                if not isinstance(own, Literal) and own in inside
            ]
        found.update(results)
    return found


def _exchanges(functions: dict[str, Any], name: str) -> Iterator[Any]:
    """The operations of a function that exchange parts, and of those it calls."""
    todo = [functions[name]]
    while todo:
        known: set[Any] = set()
        for op in _operations(todo.pop()):
            if op.name == "func.call":
                callee = ir.FlatSymbolRefAttr(op.attributes["callee"]).value
                todo.append(functions[callee])
            elif op.name in _EXCHANGES:
                # The compiler does the same to the same only once.
                what = op.name, op.operands[0], str(op.attributes["out_sharding"])
                if what not in known:
                    known.add(what)
                    yield op


def _operations(op: Any) -> Iterator[Any]:
    for region in op.regions:
        for block in region:
            for inner in block.operations:
                yield inner.operation
                yield from _operations(inner.operation)


# Beside each exchange the attribute that names the axes it goes over, and how much of
# its output a device sends, of so many that take part.
_EXCHANGES: dict[str, tuple[str, Callable[[int], float]]] = {
    "sdy.all_reduce": ("reduction_axes", lambda parts: 2 * (parts - 1) / parts),
    "sdy.all_gather": ("gathering_axes", lambda parts: (parts - 1) / parts),
    "sdy.reduce_scatter": ("reduce_scatter_axes", lambda parts: parts - 1),
    "sdy.all_to_all": ("params", lambda parts: (parts - 1) / parts),
    "sdy.collective_permute": ("out_sharding", lambda parts: 1),
}


def _sent(op: Any, sizes: dict[str, int]) -> float:
    axes, share = _EXCHANGES[op.name]
    output = ir.RankedTensorType(op.results[0].type)
    whole = math.prod(output.shape) * _width(output.element_type) / 8
    part = whole / _split(op.attributes["out_sharding"], sizes)
    return share(_size(str(op.attributes[axes]), sizes)) * part


def _width(element: Any) -> int:
    """The bits of a number."""
    if isinstance(element, ir.ComplexType):
        return 2 * _width(element.element_type)
    return max(element.width, 8)  # a bool takes a byte


def _split(sharding: Any, sizes: dict[str, int]) -> int:
    """The number of parts of a tensor: the text says `[{"x"}, {}]` of dimensions."""
    text = str(sharding)
    return _size(text[text.index("[") : text.index("]")], sizes)


def _size(text: str, sizes: dict[str, int]) -> int:
    """The number of devices along all axes that are named in a text."""
    return math.prod(int(part or sizes[name]) for name, part in _AXIS.findall(text))
