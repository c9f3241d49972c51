"""Wrong input for every op: a good call of the tables, with one argument spoilt.

What is put in place of an argument follows from its annotation in the signature, so
an op that is added is tried without a word about it here. `outcomes` tells what each
way into the op says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import keras
from keras import ops
from tests.ops.rows import Row, all_rows, map_arrays


class Thing:
    """No number, no text, no tensor; its text is the same each time."""

    def __repr__(self) -> str:
        return "Thing()"


TEXT = "nonsense"
THING = Thing()
AXES: tuple[Any, ...] = (99, -99, TEXT, 1.5)
# What stands in the annotation -> values that cannot be meant.
STATIC: dict[str, tuple[Any, ...]] = {
    "Axis": (*AXES, (0, 0), (0, 99), THING),
    "int": (TEXT, 1.5, None, (1, 2), THING),
    "int | None": (TEXT, 1.5, THING),
    "float": (TEXT, None, (1.0, 2.0), THING),
    "float | None": (TEXT, (1.0, 2.0), THING),
    "str": (TEXT, None, 3),
    "str | None": (TEXT, 3),
    "DType": ("float31", 3),
    "DType | None": ("float31", 3),
    "ShapeLike": (-3, TEXT, (2, -3), (1.5,), THING),
    "int | Sequence[int]": (TEXT, 1.5, None, THING),
    "int | Sequence[int] | None": (TEXT, 1.5, THING),
    "Sequence[int]": (TEXT, None, 1.5, (1.5,), THING),
    "Sequence[int] | None": (TEXT, (1.5,), (0, 0, 0, 0, 0), THING),
    "int | tuple[int, ...] | None": (*AXES, (0, 0), THING),
    "tuple[int, int]": (TEXT, None, (0, 0), (0, 99), 1, THING),
    "int | Sequence[Any]": (TEXT, None, 99, -1, THING),
    "tuple[float, float] | None": (TEXT, 3, (1.0,), THING),
    "Any": (TEXT, THING),
}
NAMED: dict[str, tuple[Any, ...]] = {
    "axis": AXES,
    "axis1": AXES,
    "axis2": AXES,
    "source": AXES,
    "destination": AXES,
    "stddev": (-1.0,),
    "maxval": (-5,),
    "rate": (-0.5, 1.5),
    "q": (-0.5, 200.0),
    "alpha": (-1.0,),
    "beta": (-1.0,),
    "probabilities": (-0.5, 1.5),
    "counts": (-1,),
    "seed": (-1, 2**32),
    **dict.fromkeys(["num_classes", "num", "minlength", "N", "M", "n"], (-3,)),
}


_IMAGES = np.linspace(0, 1, 2 * 6 * 5 * 3, dtype="float32").reshape(2, 6, 5, 3)
_MATRIX = np.tile(np.float32([1, 0, 0, 0, 1, 0, 0, 0]), (2, 1))
_CORNERS = np.tile(np.float32([[0, 0], [5, 0], [0, 4], [5, 4]]), (2, 1, 1))
# Ops that stand in no table.
EXTRA = [
    Row("image.rgb_to_grayscale", (_IMAGES,)),
    Row("image.rgb_to_hsv", (_IMAGES,)),
    Row("image.hsv_to_rgb", (_IMAGES,)),
    Row("image.gaussian_blur", (_IMAGES, (3, 3), (1.0, 1.0))),
    Row("image.sobel_edges", (_IMAGES,)),
    Row("image.ssim", (_IMAGES, _IMAGES, 1.0), {"filter_size": 3}),
    Row("image.map_coordinates", (_IMAGES[0, :, :, 0], _MATRIX[:, :3], 1)),
    Row("image.affine_transform", (_IMAGES, _MATRIX)),
    Row("image.perspective_transform", (_IMAGES, _CORNERS, _CORNERS + 1)),
    Row("image.elastic_transform", (_IMAGES,), {"seed": 1}),
    Row("image.extract_patches", (_IMAGES, (2, 2))),
    Row("image.pad_images", (_IMAGES, 1, 1, 1, 1)),
    Row("image.crop_images", (_IMAGES, 1, 1, 1, 1)),
    Row("image.resize", (_IMAGES, (3, 3))),
    Row(
        "image.scale_and_translate",
        (_IMAGES, (2, 3, 3, 3), np.float32([0.5, 0.5]), np.float32([0, 0]), (1, 2)),
        {"method": "linear"},
    ),
    Row("random.normal", ((2, 3), 0.0, 1.0), {"seed": 1}),
    Row("random.uniform", ((2, 3), 0.0, 1.0), {"seed": 1}),
    Row("random.truncated_normal", ((2, 3), 0.0, 1.0), {"seed": 1}),
    Row("random.randint", ((2, 3), 0, 9), {"seed": 1}),
    Row("random.categorical", (_IMAGES[0, 0], 2), {"seed": 1}),
    Row("random.dropout", (_IMAGES[0, 0], 0.5), {"seed": 1}),
    Row("random.shuffle", (_IMAGES[0, 0],), {"seed": 1}),
    Row("random.gamma", ((2, 3), 1.0), {"seed": 1}),
    Row("random.beta", ((2, 3), 1.0, 1.0), {"seed": 1}),
    Row("random.binomial", ((2, 3), 5, 0.5), {"seed": 1}),
]


# Ops whose tensors have to lie between bounds.
RANGED = (
    "quantile percentile nanquantile nanpercentile random.gamma random.beta "
    "random.binomial"
)


@dataclass(frozen=True)
class Bad:
    """A call that must be refused: which argument of which op is spoilt, and how."""

    op: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    parameter: str
    value: Any

    @property
    def id(self) -> str:
        """Its name in reports."""
        return f"{self.op}-{self.parameter}-{show(self.value)}"


def show(value: Any) -> str:
    """A short name of a value."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    if isinstance(value, list):
        return "[" + ",".join(map(show, value)) + "]"
    return repr(value)


def samples() -> dict[str, Row]:
    """One row of each declared op, the first."""
    found: dict[str, Row] = {}
    for row in [*all_rows(), *EXTRA]:
        declaration = getattr(function_of(row.op), "declaration", None)
        if declaration is not None:
            found.setdefault(declaration.name, row)
    return found


def function_of(name: str) -> Any:
    """The op of a name in `keras.ops`, or of one in `keras.random`."""
    place: Any = keras if name.startswith("random.") else ops
    for part in name.split("."):
        place = getattr(place, part)
    return place


def tensors_instead(value: Any) -> Iterator[Any]:
    """What cannot stand for this tensor."""
    yield from (TEXT, THING, {}, ["a", "b"])
    if not isinstance(value, np.ndarray):
        return
    yield np.zeros((), value.dtype)
    yield value[None, None, None, None]
    if value.ndim:
        yield value[0]
        yield np.concatenate([value, value[:1], value[:1]], 0)
        yield np.concatenate([value, value[..., :1], value[..., :1]], -1)
    for dtype in ("bool", "int32", "float32", "complex64"):
        if value.dtype != dtype:
            real = value.real if dtype != "complex64" else value
            with np.errstate(all="ignore"):
                yield real.astype(dtype)


def spoilt(row: Row) -> Iterator[Bad]:
    """The row's call with one argument after the other made wrong."""
    function = function_of(row.op)
    declaration = function.declaration
    if declaration.variadic is not None:
        for index, arg in enumerate(row.args):
            values = tensors_instead(arg) if index >= declaration.variadic else (TEXT,)
            for value in values:
                args = (*row.args[:index], value, *row.args[index + 1 :])
                place = min(index, declaration.variadic)
                name = declaration.parameters[place]
                yield Bad(row.op, args, row.kwargs, name, value)
        return
    given = declaration.signature.bind(*row.args, **row.kwargs).arguments
    for index, (name, parameter) in enumerate(declaration.signature.parameters.items()):
        annotation = str(parameter.annotation)
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        if index in declaration.sequences:
            first = given.get(name, [None])
            values: list[Any] = [TEXT, [], None, THING]
            if isinstance(first, list) and first:
                values += [[first[0], v] for v in tensors_instead(first[0])]
        elif index in declaration.tensors:
            values = list(tensors_instead(given.get(name)))
            if row.op in RANGED:
                values += NAMED.get(name, ())
            if "None" not in annotation:
                values.append(None)
        else:
            values = list(STATIC.get(annotation, ()))
            values += [v for v in NAMED.get(name, ()) if v not in values]
        for value in values:
            yield Bad(
                row.op, *_called(declaration, {**given, name: value}), name, value
            )


def _called(declaration: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The arguments by position as far as they go, and the others by name."""
    args, rest = [], dict(given)
    if declaration.keywords in rest:
        rest |= rest.pop(declaration.keywords)
    for name, parameter in declaration.signature.parameters.items():
        if name not in rest or parameter.kind is parameter.KEYWORD_ONLY:
            break
        args.append(rest.pop(name))
    return tuple(args), rest


def cases() -> Iterator[Bad]:
    """Every wrong call of every op."""
    for row in samples().values():
        yield from spoilt(row)


def eager(x: Any) -> Any:
    """A tensor in place of an array."""
    return ops.convert_to_tensor(x)


def symbolic(x: np.ndarray) -> Any:
    """A KerasTensor in place of an array."""
    return keras.KerasTensor(x.shape, keras.backend.standardize_dtype(x.dtype))


def outcome(bad: Bad, make: Any) -> tuple[str, str] | None:
    """What kind of error came, with which text; None where the call succeeded.

    An op without tensors has no symbolic call: its rule is asked.
    """
    args, kwargs = map_arrays(make, bad.args), map_arrays(make, bad.kwargs)
    function = function_of(bad.op)
    if make is symbolic and not function.declaration.tensors:
        args, kwargs, function = (args, kwargs), {}, function.declaration.infer
    try:
        function(*args, **kwargs)
    except Exception as error:
        return type(error).__name__, str(error)
    return None
