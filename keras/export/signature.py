"""What an exported function takes: the shapes and dtypes of its inputs.

A signature is a list with one structure of KerasTensors for each positional argument.
Unknown sizes are None; each of them is independent of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras.core import tree
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Structure
from keras.layers.input_spec import describe
from keras.ops.operation import infer_spec

if TYPE_CHECKING:
    from keras.layers.layer import Layer

Signature = list[Structure]


def signature_of(layer: Layer, given: Structure = None) -> Signature:
    """The signature of a layer's or model's call.

    Args:
        layer: a layer that is built.
        given: what the user says of it; None takes what the layer was made or built
            with, the batch axis unknown.

    Raises:
        ValueError: if nothing is known of the inputs, or what is given does not fit.
        TypeError: for something that says no shape and dtype.
    """
    own = getattr(layer, "input", None) if hasattr(layer, "inputs") else None
    if given is None:
        return [_named(own)] if own is not None else _from_build(layer)
    if own is not None:
        # `[specs]` holds the only argument; `[spec]` of a list of one may be either.
        alone = isinstance(given, (list, tuple)) and len(given) == 1
        several = isinstance(own, (list, tuple))
        if alone and (not several or tree.is_nested(given[0])):
            given = given[0]
        signature = [_like(own, given, layer)]
    else:
        signature = signature_from(given, layer.compute_dtype)
    _check_call(layer, signature)
    return signature


def signature_from(given: Structure, dtype: str = "float32") -> Signature:
    """The signature that a user wrote: one entry for each positional argument.

    Args:
        given: a list or tuple; a single spec or a dict counts as the only argument.
        dtype: of specs without one.
    """
    arguments = given if isinstance(given, (list, tuple)) else [given]
    return [
        tree.map_structure(lambda x: as_spec(x, dtype), argument)
        for argument in arguments
    ]


def as_spec(x: Any, dtype: str = "float32", name: str | None = None) -> KerasTensor:
    """A KerasTensor of anything that says a shape and a dtype.

    Args:
        x: an `InputSpec`, a KerasTensor, a framework's spec, a tensor or an array.
        dtype: if it says no dtype.
        name: if it has no name.

    Raises:
        TypeError: if it is nothing of the kind.
        ValueError: if it leaves the shape open.
    """
    if not hasattr(x, "shape") or not hasattr(x, "dtype"):
        raise TypeError(
            "An `input_signature` is made of keras.InputSpec, keras.KerasTensor, "
            "specs of a framework, tensors or arrays. Received: "
            f"{x!r} of type {type(x).__name__}."
        )
    if x.shape is None or getattr(x.shape, "rank", 0) is None:
        raise ValueError(
            "An `input_signature` must say the shape of each input, with None for "
            f"sizes that are not known. Received: {x!r}."
        )
    known = x._name if isinstance(x, KerasTensor) else getattr(x, "name", None)
    return KerasTensor(
        tuple(x.shape),
        x.dtype or dtype,
        sparse=getattr(x, "sparse", False) is True,
        name=known if isinstance(known, str) else name,
    )


def _named(own: Structure) -> Structure:
    return tree.map_structure(lambda x: as_spec(x, name=x.name), own)


def _like(own: Structure, given: Structure, layer: Layer) -> Structure:
    """What is given, in the structure of a model's inputs and with their names."""
    known = tree.flatten(own)
    flat = tree.flatten(given)
    for x in flat:
        as_spec(x)  # which says what is wrong with one that is none
    if isinstance(own, dict) and isinstance(given, dict) and own.keys() == given.keys():
        flat = tree.flatten({key: given[key] for key in own})
    elif len(flat) != len(known) or isinstance(own, dict):
        raise ValueError(
            f"The `input_signature` does not fit {describe(layer)}: it takes "
            f"{_shown(own)}. Received: {_shown(given)}."
        )
    specs = [as_spec(x, i.dtype, i.name) for x, i in zip(flat, known, strict=True)]
    return tree.pack_sequence_as(own, specs)


def _shown(structure: Structure) -> Any:
    return tree.map_structure(lambda x: tuple(getattr(x, "shape", ()) or ()), structure)


def _from_build(layer: Layer) -> Signature:
    """From what a layer without a graph was first called on, or built with."""
    first_call = getattr(layer, "_keras_first_call", None)
    if first_call:
        return _by_argument(first_call)
    shapes = layer._keras_build_shapes
    if not shapes or any(shape is None for shape in shapes.values()):
        raise ValueError(
            f"The inputs of {describe(layer)} are not known. Pass "
            "`input_signature=[keras.InputSpec(shape=..., dtype=...)]`, one for each "
            "argument of its call, or call it on data first."
        )
    dtype = layer.compute_dtype
    return _by_argument(
        {
            key.removesuffix("_shape"): tree.map_shape_structure(
                lambda shape: KerasTensor(shape, dtype), shape
            )
            for key, shape in shapes.items()
        }
    )


def _by_argument(arguments: dict[str, Structure]) -> Signature:
    """One entry for each argument, of any batch size.

    Names say the place: in a dict by its keys; the only argument is `args_0`, as
    TensorFlow calls it.
    """

    def spec(path: tuple[Any, ...], x: Any) -> KerasTensor:
        keys = [key for key in path if isinstance(key, str)] or ["args_0"]
        places = [key for key in path if not isinstance(key, str)]
        shape = (None, *x.shape[1:]) if x.shape else x.shape
        return KerasTensor(shape, x.dtype, name="_".join(map(str, [*keys, *places])))

    signature = []
    for name, value in arguments.items():
        start = () if len(arguments) == 1 else (name,)
        specs = [
            x if x is None else spec((*start, *path), x)
            for path, x in tree.flatten_with_path(value)
        ]
        signature.append(tree.pack_sequence_as(value, specs))
    return signature


def _check_call(layer: Layer, signature: Signature) -> None:
    try:
        infer_spec(layer, tuple(signature), {})
    except Exception as error:
        raise ValueError(
            f"The `input_signature` does not fit {describe(layer)}: {error}"
        ) from error
