"""One loss for the outputs of two models, or a structure of losses for theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keras import losses, ops
from keras.core import tree
from keras.core.classes import is_ours
from keras.core.typing import Identifier, Shape, Structure, Tensor

# A loss, and what it compares: the teacher's outputs and the student's.
Part = tuple[Any, Structure, Structure]


def resolved(loss: Identifier, owner: str) -> Any:
    """Losses for names, in the structure they came in.

    Args:
        loss: a name, function, config or `Loss`, or a dict, list or tuple of them and
            of None.
        owner: the class of the distillation loss, for messages.

    Raises:
        ValueError: if an entry is no loss, or all are None.
    """
    found = _resolved(loss)
    if not any(each is not None for each in tree.flatten(found)):
        raise ValueError(
            f"{owner} needs a loss for at least one output. Received: loss={loss!r}."
        )
    return found


def _resolved(loss: Identifier) -> Any:
    if isinstance(loss, Mapping) and "class_name" not in loss:
        return {name: _resolved(part) for name, part in loss.items()}
    if isinstance(loss, (list, tuple)):
        return type(loss)([_resolved(part) for part in loss])
    return losses.get(loss)


def pairs(loss: Any, teacher: Structure, student: Structure, owner: str) -> list[Part]:
    """Each loss beside the outputs that it compares; a single one is for every output.

    Args:
        loss: what `resolved` returned.
        teacher: outputs.
        student: outputs in the same structure.
        owner: the class of the distillation loss, for messages.

    Raises:
        ValueError: if the losses do not fit the outputs.
    """
    if loss is None:
        return []
    if isinstance(loss, Mapping):
        if not isinstance(teacher, Mapping) or set(loss) != set(teacher):
            raise _misfit(loss, teacher, owner)
        parts = [(loss[key], teacher[key], student[key]) for key in loss]
    elif isinstance(loss, (list, tuple)):
        if not isinstance(teacher, (list, tuple)) or len(loss) != len(teacher):
            raise _misfit(loss, teacher, owner)
        parts = list(zip(loss, teacher, student, strict=True))
    else:
        leaves = zip(tree.flatten(teacher), tree.flatten(student), strict=True)
        return [(loss, ours, theirs) for ours, theirs in leaves]
    return [found for part in parts for found in pairs(*part, owner)]


def total(parts: list[Part], prepare: Callable[..., Any] | None = None) -> Tensor:
    """The sum of losses.

    Args:
        parts: losses with the outputs that they compare.
        prepare: changes these, of a loss, first.

    Returns:
        A scalar.
    """
    result = None
    for loss, teacher, student in parts:
        if prepare is not None:
            teacher, student = prepare(loss, teacher, student)
        value = ops.mean(loss(teacher, student))
        result = value if result is None else ops.add(result, value)
    return ops.zeros(()) if result is None else result


def check_outputs(
    loss: Any, teacher: Structure, student: Structure, owner: str
) -> None:
    """Refuses outputs that losses cannot compare; a loss of the user's may know how.

    Args:
        loss: what `resolved` returned.
        teacher: outputs.
        student: outputs in the same structure.
        owner: the class of the distillation loss, for messages.

    Raises:
        ValueError: if the losses do not fit the outputs, or shapes differ.
    """
    for each, *outputs in pairs(loss, teacher, student, owner):
        ours, theirs = (tuple(x.shape) for x in outputs)
        function = getattr(each, "function", getattr(each, "fn", each))
        if is_ours(function) and not same_shape(ours, theirs):
            raise ValueError(
                f"{owner} compares outputs of one shape. Received: {ours} of the "
                f"teacher, {theirs} of the student. Give the student a layer that "
                "makes up for it, such as a Dense layer or a convolution, or pass a "
                "loss of your own."
            )


def same_shape(a: Shape, b: Shape) -> bool:
    """Whether two shapes may be of equal tensors; None is any size."""
    sizes = zip(a, b, strict=False)
    return len(a) == len(b) and all(x == y or None in (x, y) for x, y in sizes)


def _misfit(loss: Any, outputs: Structure, owner: str) -> ValueError:
    shown = tree.map_structure(lambda x: tuple(getattr(x, "shape", ())), outputs)
    names = tree.map_structure(lambda x: getattr(x, "__name__", x), loss)
    return ValueError(
        f"The `loss` of {owner} must be one loss, or have the structure of the "
        "outputs, with None for those that are left out. Received: "
        f"loss={names!r}, for outputs of shapes {shown!r}."
    )
