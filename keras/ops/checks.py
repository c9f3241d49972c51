"""What every op asks of its arguments, whatever the op: read off its signature.

An argument annotated `int` must be an integer, `Axis` an axis or several, `str` a text.
These checks run for symbolic tensors and after a backend has refused a call, never in
front of one that works; so their words are the same everywhere, and cost nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter
from operator import index
from typing import Any

from keras.core import context, dtypes

_NOWHERE = 1 << 30  # the position of what is given by name only
Check = tuple[int, str, str, Callable[[Any], bool]]

# A parameter whose numbers must lie between two: where it stands, its name, both.
Range = tuple[int, str, float, float]
INFINITY = float("inf")


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "shape")


def _is_integer(value: Any) -> bool:
    # By type first: of an open size, torch.compile cannot say what attributes it has.
    return isinstance(value, int) or hasattr(value, "__index__") or _is_tensor(value)


def _is_number(value: Any) -> bool:
    if isinstance(value, (int, float)):
        return True
    return _is_integer(value) or hasattr(value, "__float__")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_sequence(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_integer, value))
    return len(getattr(value, "shape", ())) == 1


def _is_integers(value: Any) -> bool:
    return _is_integer(value) or _is_sequence(value)


def _is_axes(value: Any) -> bool:
    return value is None or _is_integers(value)


def _is_size(value: Any) -> bool:
    return value is None or _is_integer(value)


def _is_sizes(value: Any) -> bool:
    listed = isinstance(value, (tuple, list))
    return all(map(_is_size, value)) if listed else _is_integer(value)


def _is_pair(value: Any) -> bool:
    return _is_sequence(value) and len(value) == 2


def _is_range(value: Any) -> bool:
    listed = isinstance(value, (tuple, list)) and len(value) == 2
    return listed and all(map(_is_number, value))


def _is_value(value: Any) -> bool:
    """A number, a tensor, or a list of such."""
    if isinstance(value, (tuple, list)):
        return all(map(_is_value, value))
    return _is_number(value) or hasattr(value, "__complex__")


def _is_known_shape(value: Any) -> bool:
    listed = value if isinstance(value, (tuple, list)) else (value,)
    return all(map(_is_integer, listed))


def _is_window(value: Any) -> bool:
    return value is None or isinstance(value, str) or _is_value(value)


def _is_seed(value: Any) -> bool:
    if value is None or getattr(value, "_is_seed_generator", False):
        return True
    try:
        return not isinstance(value, bool) and 0 <= index(value) < 2**32
    except TypeError:
        return False


def _is_dtype(value: Any) -> bool:
    try:
        return value is None or bool(dtypes.standardize_dtype(value))
    except ValueError:
        return False


_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "int": ("an integer", _is_integer),
    "float": ("a number", _is_number),
    "str": ("a string", _is_text),
    "Axis": ("an integer, a tuple of integers or None", _is_axes),
    "ShapeLike": ("an integer or a tuple of integers", _is_sizes),
    "Sequence[int]": ("a tuple of integers", _is_sequence),
    "int | Sequence[int]": ("an integer or a tuple of integers", _is_integers),
    "int | tuple[int, ...]": ("an integer or a tuple of integers", _is_integers),
    "tuple[int, int]": ("a pair of integers", _is_pair),
    "tuple[float, float]": ("a pair of numbers", _is_range),
    "DType": (f"a dtype: one of {', '.join(dtypes.ALL)}", _is_dtype),
}

# Arguments of many forms, by their names.
_NAMED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "fill_value": ("a number or a tensor", _is_value),
    "initial": ("a number", _is_value),
    "constant_values": ("a number", _is_value),
    "start": ("a number", _is_number),
    "stop": ("a number", _is_number),
    "step": ("a number", _is_number),
    "repeats": ("an integer or one for each element", _is_value),
    "window": ("a name, a tensor of weights, or None", _is_window),
    "sigma": ("a number or two", _is_value),
    "spatial_dims": ("a tuple of integers", _is_sequence),
    "seed": (
        "an integer from 0 to 2**32 - 1, a keras.random.SeedGenerator, or None",
        _is_seed,
    ),
}


def of(parameters: Iterable[Parameter], makes: bool) -> list[Check]:
    """(position, name, what is wanted, whether a value is that), where one can say.

    `makes`: whether the op has no tensors, so that sizes are never to be found out.
    """
    checks: list[Check] = []
    for place, parameter in enumerate(parameters):
        kind = str(parameter.annotation).removesuffix(" | None")
        found = _KINDS.get(kind) or (kind == "Any" and _NAMED.get(parameter.name))
        if not found or parameter.kind is parameter.VAR_KEYWORD:
            continue
        wanted, fits = found
        if makes and kind == "ShapeLike":
            fits = _is_known_shape
        if parameter.kind is parameter.KEYWORD_ONLY:
            place = _NOWHERE
        if kind != parameter.annotation or parameter.default is None:
            wanted += " or None" * (not wanted.endswith("None"))
            fits = _or_none(fits)
        checks.append((place, parameter.name, wanted, fits))
    return checks


def _or_none(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


def run(
    checks: list[Check], op: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Refuses the first argument that is not what its annotation says.

    None passes in a symbolic run, where it stands for a size that is not known yet.
    """
    for place, name, wanted, fits in checks:
        if place < len(args):
            value = args[place]
        elif name in kwargs:
            value = kwargs[name]
        else:
            continue
        if _is_open(value) and context.get().symbolic is not None:
            continue
        if not fits(value):
            kind = ValueError if name == "seed" else TypeError
            raise kind(
                f"{op}: `{name}` must be {wanted}. Received: {name}={value!r} "
                f"({type(value).__name__})."
            )


def title(rule: Callable[..., Any]) -> str:
    """The public name of an op, from where its rule is written."""
    module = rule.__module__
    if module.startswith("keras.random"):
        return f"keras.random.{rule.__name__}"
    if module.startswith("keras.ops.image"):
        return f"keras.ops.image.{rule.__name__}"
    return f"keras.ops.{rule.__name__}"


def _is_open(value: Any) -> bool:
    """Whether it is, or holds, a size that is not known."""
    return value is None or (isinstance(value, (tuple, list)) and None in value)


def ranges(
    parameters: list[str], bounds: Mapping[str, tuple[float, float]]
) -> list[Range]:
    """The ranges that an op declares, with the places of its parameters."""
    return [
        (parameters.index(name), name, least, most)
        for name, (least, most) in bounds.items()
    ]


def check_ranges(
    ranges: list[Range],
    op: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    read: Callable[[Any], Any],
) -> None:
    """Refuses numbers that are out of range, where they are known.

    `read` is the backend's way to get an array of a tensor; it fails where there is
    none.
    """
    if not ranges or context.tracing():
        return
    for position, argument, least, most in ranges:
        value = args[position] if len(args) > position else kwargs.get(argument)
        if value is None or type(value).__name__ == "KerasTensor":
            continue
        try:
            numbers = read(value)
        except (TypeError, NotImplementedError):  # traced by JAX or TensorFlow
            continue
        if not ((numbers >= least) & (numbers <= most)).all():
            raise _outside(op, argument, least, most, numbers.tolist())


def check_numbers(
    ranges: list[Range], op: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Refuses Python numbers that are out of range; inside any trace, too."""
    for position, argument, least, most in ranges:
        value: Any = args[position] if len(args) > position else kwargs.get(argument)
        if type(value) in (int, float) and not least <= value <= most:
            raise _outside(op, argument, least, most, value)


def _outside(
    op: str, argument: str, least: float, most: float, value: Any
) -> ValueError:
    upper = f"and {most}" if most < INFINITY else "and infinity"
    return ValueError(
        f"{op}: `{argument}` must lie between {least} {upper}. Received: "
        f"{argument}={value}."
    )


_NAME = re.compile(r"keras\.(ops|random)\.[\w.]*\w( of [`\w]+( and `\w+`)*)?: ")


_SENTENCE = re.compile(r"(keras\.(ops|random)\.[\w.]*\w) (?!of )[a-z]+ ")


def named(
    error: Exception, op: str, parameters: Iterable[str], tensors: Iterable[str]
) -> None:
    """Puts the name of the op that was called before the text of an error.

    Where the text names no argument, as when shapes do not fit each other, the tensors
    are named, too.
    """
    if len(error.args) != 1:
        return
    text = str(error)
    if inner := _SENTENCE.match(text):  # "keras.ops.inner expects ..."
        rest = text[inner.end(1) :]
    else:
        inner = _NAME.match(text)
        rest = ": " + (text[inner.end() :] if inner else text)
    listed = " and ".join(f"`{name}`" for name in tensors)
    if listed and not any(f"`{name}`" in rest for name in parameters):
        op = f"{op} of {listed}"
    error.args = (op + rest,)
