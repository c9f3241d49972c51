"""Tensors in parts on torch: DTensors, on which one program computes as on whole ones.

All processes run the same program on tensors that are whole to it and of which each
process has a part. DTensor knows for most of torch's operators how they work on parts,
and which parts have to be exchanged; what it knows no rule for is computed whole, by
every process. A plain tensor next to one in parts is the same in all processes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
import torch.distributed as _distributed
from torch.distributed.tensor import DTensor as _DTensor
from torch.distributed.tensor import Partial as _Partial
from torch.distributed.tensor import Replicate as _Replicate
from torch.distributed.tensor import Shard as _Shard
from torch.distributed.tensor import distribute_tensor as _distribute_tensor
from torch.distributed.tensor.experimental import implicit_replication
from torch.utils._python_dispatch import TorchDispatchMode as _TorchDispatchMode

from keras.backends.torch.core import gathered, part_here
from keras.core import tree
from keras.core.typing import Structure


def placements(names: Sequence[str], axes: Sequence[Any]) -> list[Any]:
    """The placement of a tensor along each axis of a mesh.

    Args:
        names: the axes of the mesh.
        axes: for each dimension of the tensor the axes that split it.
    """
    split = {}
    for dimension, axis in enumerate(axes):
        for name in axis if isinstance(axis, tuple) else (axis,):
            split[name] = dimension
    return [_Shard(split[name]) if name in split else _Replicate() for name in names]


def in_parts(value: torch.Tensor, layout: Any) -> Any:
    """A tensor of which each process has its part of what the first process has."""
    mesh = layout.mesh.backend_mesh
    if isinstance(value, _DTensor):
        return value.redistribute(mesh, layout.backend_layout)
    return _distribute_tensor(value, mesh, layout.backend_layout)


def of_same(value: torch.Tensor, layout: Any) -> Any:
    """A tensor in parts, of one that is the same in all processes."""
    mesh = layout.mesh.backend_mesh
    same = _DTensor.from_local(value, mesh, _whole(mesh), run_check=False)
    return same.redistribute(mesh, layout.backend_layout)


def of_own_part(value: torch.Tensor, layout: Any) -> Any:
    """A tensor in parts, of which `value` is the part that this process has."""
    mesh = layout.mesh.backend_mesh
    return _DTensor.from_local(value, mesh, layout.backend_layout, run_check=False)


def laid_out_like(gradient: Any, value: Any) -> Any:
    """A gradient, summed up and in the parts that its variable has."""
    if not isinstance(gradient, _DTensor):
        return gradient
    if not isinstance(value, _DTensor):
        return gradient.full_tensor()
    if gradient.placements == value.placements:
        return gradient
    return gradient.redistribute(value.device_mesh, value.placements)


def squared_norm(tensors: Sequence[Any]) -> torch.Tensor:
    """The sum of the squares of all values, in float32."""
    sums: dict[Any, Any] = {}
    for tensor in tensors:
        # Parts that lie alike are added up first, so that few sums are exchanged.
        key = None
        if isinstance(tensor, _DTensor):
            key = tensor.device_mesh, tensor.placements
        sums.setdefault(key, []).append(part_here(tensor))
    totals = []
    for key, parts in sums.items():
        norms = torch.stack([n.float() for n in torch._foreach_norm(parts)])
        total = norms.square().sum()
        if key is not None:
            mesh, lies = key
            each = [_Partial() if p.is_shard() else _Replicate() for p in lies]
            total = _DTensor.from_local(total, mesh, each, run_check=False)
        totals.append(gathered(total))
    return torch.stack(totals).sum()


class _Inside(threading.local):
    """Whether this thread is in a program."""

    program = False


_inside = _Inside()


@contextmanager
def program() -> Iterator[None]:
    """A block whose operators take tensors in parts, and plain ones beside them."""
    if _inside.program:
        yield
        return
    _inside.program = True
    try:
        with implicit_replication(), _ElseWhole():
            yield
    finally:
        _inside.program = False


def as_program(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A step that computes on tensors in parts, and whose results are plain ones."""

    def run(batch: Any) -> Structure:
        with program():
            return tree.map_structure(gathered, step(batch))

    return run


def _whole(mesh: Any) -> list[Any]:
    return [_Replicate()] * mesh.ndim


class _ElseWhole(_TorchDispatchMode):
    """Computes whole what DTensor cannot compute in parts."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if not any(issubclass(each, _DTensor) for each in types):
            return func(*args, **kwargs)
        if func is torch.ops.aten._local_scalar_dense.default:
            return func(gathered(args[0]))  # DTensor gives the part of this process
        if func in _CONVOLUTIONS:
            args = _split_by_samples(args, _CONVOLUTIONS[func])
        # Parts would draw from the generators of their processes.
        if torch.Tag.nondeterministic_seeded in func.tags:
            return _of_first(func, args, kwargs)
        try:
            return func(*args, **kwargs)
        except _CANNOT:
            return _computed_whole(func, args, kwargs)


# What DTensor raises where it has no rule, or one that does not fit.
_CANNOT = (
    RuntimeError,
    AssertionError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
)

# DTensor's rules for these hold for parts by samples; the value is how many of the
# first arguments have samples.
_CONVOLUTIONS = {
    torch.ops.aten.convolution.default: 1,
    torch.ops.aten.convolution_backward.default: 2,
}


def _split_by_samples(args: Any, count: int) -> Any:
    """The arguments of a convolution: kernels whole, and inputs by samples."""
    lead = args[count - 1]
    by_samples = None
    if isinstance(lead, _DTensor):
        lies = lead.placements
        by_samples = [p if p.is_shard(0) else _Replicate() for p in lies]

    def lie(index: int, x: Any) -> Any:
        if not isinstance(x, _DTensor):
            return x
        if index < count and by_samples is not None:
            return x.redistribute(placements=by_samples)
        return x.redistribute(placements=_whole(x.device_mesh))

    with torch.no_grad():
        return tuple(lie(index, x) for index, x in enumerate(args))


def _computed_whole(func: Any, args: Any, kwargs: Any) -> Any:
    """The results of an operator on whole tensors, which also write to parts."""
    written: list[tuple[Any, Any]] = []
    found: list[Any] = []

    def whole(x: Any) -> Any:
        if not isinstance(x, _DTensor):
            return x
        found.append(x.device_mesh)
        value = x.full_tensor()
        if value is x.to_local():
            value = value.clone()
        written.append((x, value))
        return value

    with torch.no_grad():
        args, kwargs = tree.map_structure(whole, (args, kwargs))
        results = func(*args, **kwargs)
        mesh = found[0]

        def part(x: Any) -> Any:
            if not isinstance(x, torch.Tensor):
                return x
            for given, value in written:
                if x is value:
                    return given
            return _DTensor.from_local(x, mesh, _whole(mesh), run_check=False)

        if func._schema.is_mutable:
            for given, value in written:
                given.copy_(part(value.clone()))
        return tree.map_structure(part, results)


def _of_first(func: Any, args: Any, kwargs: Any) -> Any:
    """Random numbers: those that the first process draws."""
    results = _computed_whole(func, args, kwargs)
    for x in tree.flatten(results):
        if isinstance(x, _DTensor):
            with torch.no_grad():
                value = x.full_tensor().contiguous()
                _distributed.broadcast(value, 0)
                x.copy_(_DTensor.from_local(value, x.device_mesh, run_check=False))
    return results


def batch_in_parts(distribution: Any, array: Any) -> Any:
    """A tensor of a batch, split over the batch axis; whole if it does not divide."""
    shape = getattr(array, "shape", None)
    kind = getattr(getattr(array, "dtype", None), "kind", "f")
    if not shape or kind in "OUS" or not isinstance(array, (np.ndarray, torch.Tensor)):
        return array
    tensor: Any = torch.from_numpy(array) if isinstance(array, np.ndarray) else array
    layout = distribution.get_data_layout(shape)
    if not distribution.auto_shard_dataset:
        return of_own_part(tensor, layout)
    if shape[0] % distribution.num_model_replicas:
        return array
    return of_same(tensor, layout)
