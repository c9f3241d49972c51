"""The shape rule of `einsum`."""

from __future__ import annotations

from collections.abc import Sequence

from keras.core.errors import ShapeError
from keras.core.typing import Shape
from keras.ops import rules


def einsum_shape(subscripts: str, shapes: Sequence[Shape]) -> Shape:
    """The shape that an Einstein sum of tensors of these shapes has.

    Raises:
        ShapeError: if an operand does not fit its subscripts, or sizes differ.
        ValueError: if the subscripts cannot be read.
    """
    inputs, output = parse(subscripts, len(shapes))
    sizes: dict[str, int | None] = {}
    broadcast: Shape = ()
    for number, (labels, shape) in enumerate(zip(inputs, shapes, strict=True)):
        before, dots, after = labels.partition("...")
        width = len(shape) - len(before) - len(after)
        if width < 0 or (width and not dots):
            raise ShapeError(
                f"Operand {number} of einsum has {len(shape)} dimensions (shape "
                f"{tuple(shape)}), but its subscripts {labels!r} in {subscripts!r} "
                f"name {len(before) + len(after)}."
            )
        middle = shape[len(before) : len(before) + width]
        broadcast = rules.broadcast(broadcast, middle) if dots else broadcast
        named = (*shape[: len(before)], *shape[len(shape) - len(after) :])
        for label, size in zip(before + after, named, strict=True):
            _meet(sizes, label, size, subscripts, shapes)
    if output is None:
        text = "".join(inputs).replace("...", "")
        output = ("..." if "..." in subscripts else "") + "".join(
            sorted(label for label in set(text) if text.count(label) == 1)
        )
    return _output_shape(output, sizes, broadcast, subscripts)


def parse(subscripts: str, count: int) -> tuple[list[str], str | None]:
    """The subscripts of each operand, and those of the result if they are given.

    Raises:
        ValueError: if they are no subscripts, or not as many as operands.
    """
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    inputs = left.split(",")
    plain = text.replace("...", "").replace("->", "").replace(",", "")
    if not all(label.isalpha() for label in plain) or "->" in right:
        raise ValueError(
            "`subscripts` of einsum must be letters, commas, `...` and one `->`, such "
            f"as 'ij,jk->ik'. Received: {subscripts!r}."
        )
    if len(inputs) != count:
        raise ValueError(
            f"`subscripts` of einsum name {len(inputs)} operands, but {count} were "
            f"given. Received: {subscripts!r}."
        )
    return inputs, right if arrow else None


def _meet(
    sizes: dict[str, int | None],
    label: str,
    size: int | None,
    subscripts: str,
    shapes: Sequence[Shape],
) -> None:
    known = sizes.get(label)
    if known in (None, 1):
        sizes[label] = size if size is not None or known is None else known
    elif size not in (None, 1, known):
        listed = ", ".join(str(tuple(shape)) for shape in shapes)
        raise ShapeError(
            f"Axis {label!r} of einsum {subscripts!r} has size {known} in one operand "
            f"and {size} in another. Received shapes: {listed}."
        )


def _output_shape(
    output: str, sizes: dict[str, int | None], broadcast: Shape, subscripts: str
) -> Shape:
    before, dots, after = output.partition("...")
    unknown = [label for label in before + after if label not in sizes]
    if unknown or len(set(before + after)) != len(before + after):
        raise ValueError(
            f"The result {output!r} of einsum {subscripts!r} must name axes of the "
            "operands, each once."
        )
    middle = broadcast if dots else ()
    return (*(sizes[a] for a in before), *middle, *(sizes[a] for a in after))
