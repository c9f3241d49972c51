"""Names in files <-> objects of the public API.

A config says `module` and `class_name`. The module is looked up in the table of
public namespaces below, never imported because a file names it, and the name in
that namespace. `keras.src...` paths, which older and other Keras versions write, go
through one table to public objects.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable
from difflib import get_close_matches
from types import ModuleType
from typing import Any

from keras.core.classes import declared_class
from keras.core.facts import class_named, facts_of

# Namespaces whose classes a file may name, most wanted first for plain names.
CLASS_NAMESPACES = (
    "keras.layers",
    "keras.models",
    "keras.initializers",
    "keras.regularizers",
    "keras.constraints",
    "keras.losses",
    "keras.metrics",
    "keras.optimizers",
    "keras.optimizers.schedules",
    "keras.mixed_precision",
    "keras.dtype_policies",
    "keras.quantizers",
    "keras.random",
    "keras.utils",
    "keras.distillation",
    "keras.applications.convnext",
    "keras.applications.inception_resnet_v2",
)
# Namespaces whose functions are values: what a layer, loss or metric can hold.
FUNCTION_NAMESPACES = (
    "keras.activations",
    "keras.activations.keras_2",
    "keras.losses",
    "keras.metrics",
    "keras.ops",
    "keras.ops.numpy",
    "keras.ops.nn",
    "keras.ops.linalg",
    "keras.ops.image",
)
# Private path prefix in files -> public namespace. The longest prefix counts.
_MOVED = {
    "keras.src.layers": "keras.layers",
    "keras.src.layers.preprocessing.feature_space": "keras.utils",
    "keras.src.models": "keras.models",
    "keras.src.engine": "keras.models",
    "keras.src.initializers": "keras.initializers",
    "keras.src.regularizers": "keras.regularizers",
    "keras.src.constraints": "keras.constraints",
    "keras.src.losses": "keras.losses",
    "keras.src.metrics": "keras.metrics",
    "keras.src.optimizers": "keras.optimizers",
    "keras.src.optimizers.schedules": "keras.optimizers.schedules",
    "keras.src.backend.torch.optimizers": "keras.optimizers",
    "keras.src.backend.tensorflow.optimizer": "keras.optimizers",
    "keras.src.backend.tensorflow.optimizers": "keras.optimizers",
    "keras.src.backend.jax.optimizer": "keras.optimizers",
    "keras.src.dtype_policies": "keras.dtype_policies",
    "keras.src.mixed_precision": "keras.mixed_precision",
    "keras.src.quantizers": "keras.quantizers",
    "keras.src.distillation": "keras.distillation",
    "keras.src.random": "keras.random",
    "keras.src.activations": "keras.activations",
    "keras.src.ops": "keras.ops",
    "keras.src.saving": "keras.saving",
    "keras.src.applications.convnext": "keras.applications.convnext",
    "keras.src.applications.inception_resnet_v2": (
        "keras.applications.inception_resnet_v2"
    ),
    "keras.engine": "keras.models",
    "keras.optimizers.legacy": "keras.optimizers",
    "keras.optimizers.experimental": "keras.optimizers",
}
# Namespaces whose operations have no class of their own until one is wanted: they find
# it by its name in files. The namespace itself enters its way here.
resolvers: dict[str, Callable[[str], type | None]] = {}
# Functions of the rooms below that make objects and compute nothing.
_NOT_COMPUTING = frozenset({"get", "serialize", "deserialize"})
_ROOMS_OF_FUNCTIONS = ("keras.activations", "keras.losses", "keras.metrics")
_LONGEST_NAME = 200  # of what is looked for among similar names


def namespace(name: str) -> ModuleType | None:
    """A public namespace of the tables above, imported on first use."""
    if name not in CLASS_NAMESPACES and name not in FUNCTION_NAMESPACES:
        return None
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and name.startswith(error.name):
            return None
        raise


def public_member(module: str, name: str) -> Any:
    """The object of a public name, or None. Underscored names are not public."""
    if not name or name.startswith("_") or "." in name:
        return None
    space = namespace(module)
    if space is None:
        return None
    exported = getattr(space, "__all__", None)
    if exported is not None and name not in exported:
        return None
    found = getattr(space, name, None)
    return None if isinstance(found, ModuleType) else found


def find_class(module: str | None, name: str) -> type | None:
    """The public class that a file means.

    Args:
        module: the `module` of the config; None in files of Keras 2.
        name: the `class_name` of the config.

    Returns:
        The class, or None if the public API has none of that name there.
    """
    if not isinstance(name, str) or not (module is None or isinstance(module, str)):
        return None
    if module is None:
        return _first_class(CLASS_NAMESPACES, name)
    if module == "keras":
        return _top_class(name)
    if module in CLASS_NAMESPACES:
        return _member_class(module, name)
    return _moved_class(module, name)


def _top_class(name: str) -> type | None:
    """A class that files name at the top, or under a path of its own."""
    found = _first_class(CLASS_NAMESPACES, name)
    said = None if found is None else facts_of(found)
    return found if said is not None and said.module not in CLASS_NAMESPACES else None


def _first_class(namespaces: tuple[str, ...], name: str) -> type | None:
    found = (_member_class(space, name) for space in namespaces)
    return next((cls for cls in found if cls is not None), None)


def _member_class(space: str, name: str) -> type | None:
    """A class of a namespace that says that files may name it."""
    found = public_member(space, name) or class_named(space, name)
    said = facts_of(found) if inspect.isclass(found) else None
    return found if said is not None and said.loadable else None


def _moved_class(module: str, name: str) -> Any:
    target = moved_to(module)
    if target is None or namespace(target) is None:
        return None
    found = _first_class((target,), name)
    return resolvers[target](name) if found is None and target in resolvers else found


def moved_to(module: str) -> str | None:
    """The public namespace that a private module path of a file stands for."""
    parts = module.split(".")
    for count in range(len(parts), 1, -1):
        target = _MOVED.get(".".join(parts[:count]))
        if target is not None:
            return target
    return None


def find_function(module: str | None, name: str) -> Any:
    """The public function that a file means, or None.

    Args:
        module: the `module` of the config; `"builtins"` or None searches activations,
            losses, metrics and ops in this order.
        name: the function's name.
    """
    if not isinstance(name, str):
        return None
    spaces = FUNCTION_NAMESPACES
    if module not in (None, "builtins"):
        target = moved_to(module) if isinstance(module, str) else None
        spaces = (target or str(module),)
    for space in spaces:
        if space in FUNCTION_NAMESPACES:
            found = public_member(space, name)
            if is_loadable_function(found):
                return found
    return None


def is_loadable_function(found: Any) -> bool:
    """Whether a file may name a function: an op, or one that says or is a value.

    An op has its declaration; what is none says `@loadable`. The functions that the
    rooms of activations, losses and metrics write are values but for a few.
    """
    if not callable(found) or inspect.isclass(found):
        return False
    if hasattr(found, "declaration") or getattr(found, "_is_loadable", False):
        return True
    room = ".".join(str(getattr(found, "__module__", "")).split(".")[:2])
    return room in _ROOMS_OF_FUNCTIONS and found.__name__ not in _NOT_COMPUTING


def _names_in(module: Any) -> set[str]:
    """All names of a namespace: what it shows, loaded or not, and what it holds."""
    return set() if module is None else {*dir(module), *vars(module)}


def loadable_names() -> list[str]:
    """All names of ours that a file can name, sorted: classes and functions."""
    found = set()
    for space in CLASS_NAMESPACES:
        for name in _names_in(namespace(space)):
            if _member_class(space, name) is not None:
                found.add(f"{space}.{name}")
    for space in FUNCTION_NAMESPACES:
        for name in _names_in(namespace(space)):
            if is_loadable_function(public_member(space, name)):
                found.add(f"{space}.{name}")
    return sorted(found)


def public_class_name(cls: type) -> tuple[str, str] | None:
    """The module and name under which files name one of our classes, else None."""
    cls = declared_class(cls)
    said = facts_of(cls)
    return (said.module, said.name) if said is not None and said.loadable else None


def public_function_name(function: Callable[..., Any]) -> tuple[str, str] | None:
    """The namespace and name of one of our functions, else None."""
    name = getattr(function, "__name__", None)
    module = getattr(function, "__module__", None)
    if name is None or not isinstance(module, str) or not module.startswith("keras."):
        return None
    for space in FUNCTION_NAMESPACES:
        if public_member(space, name) is function:
            return space, name
    return None


def similar_names(name: str, extra: list[str] | None = None) -> list[str]:
    """Known names close to one that is not known: what a typing error meant."""
    known: dict[str, list[str]] = {}
    for space in CLASS_NAMESPACES:
        module = namespace(space)
        for member in dir(module) if module is not None else ():
            if not member.startswith("_") and member[:1].isupper():
                known[member.lower()] = [f"{space}.{member}"]
    for full in extra or []:  # beside what Keras has under that name
        known.setdefault(full.rpartition(">")[2].lower(), []).append(full)
    known = {key: names for key, names in known.items() if len(key) <= _LONGEST_NAME}
    wanted = str(name)[:_LONGEST_NAME].lower()
    close = get_close_matches(wanted, list(known), n=3, cutoff=0.7)
    return [full for key in close for full in known[key]]
