"""Families of objects that users name by a string: losses, initializers, …

A `Family` knows one public module (`keras.losses`) and answers `get`, `serialize` and
`deserialize` for it. What it can name is read off the module's public names, so there
is no list of classes to keep beside them. Names match whatever their spelling:
`"AdamW"`, `"adamw"` and `"adam_w"` are one.
"""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from keras.core.classes import is_ours
from keras.core.config_reader import deserialize_keras_object, read_instance
from keras.core.errors import DeserializationError, UnknownNameError, brief
from keras.core.registry import CustomObjectScope, get_registered_object
from keras.core.serialization import serialize_keras_object
from keras.core.typing import CustomObjects

_NOT_MEMBERS = frozenset(("get", "serialize", "deserialize"))


class Family:
    """What the strings and configs of one public module stand for.

    Args:
        what: the word for a member in messages: `"loss"`.
        module: the public module: `"keras.losses"`.
        base: the base class of members; it is no member itself.
        aliases: other spellings in common use, such as `"mse"`, and the public name
            that each stands for.
        functions: whether the module's functions are members too. A string spelled
            as a function's name means the function, `"MeanSquaredError"` the class.
        prefers_classes: whether a string means the class also where it is spelled as
            a function's name.
    """

    def __init__(
        self,
        what: str,
        module: str,
        base: type,
        aliases: Mapping[str, str] | None = None,
        functions: bool = False,
        prefers_classes: bool = False,
    ) -> None:
        self.what = what
        self.module = module
        self.base = base
        self.aliases = dict(aliases or {})
        self.functions = functions
        self.prefers_classes = prefers_classes

    @cached_property
    def members(self) -> dict[str, Any]:
        """Every public name of the module that stands for a member."""
        found = {}
        for name, value in vars(sys.modules[self.module]).items():
            if name.startswith("_") or name in _NOT_MEMBERS:
                continue
            is_class = inspect.isclass(value) and issubclass(value, self.base)
            if (is_class and value is not self.base) or (
                self.functions and inspect.isroutine(value)
            ):
                found[name] = value
        return found

    @cached_property
    def _classes(self) -> dict[str, Any]:
        """Classes by name without underscores and case."""
        found = self.members.items()
        return {_bare(name): cls for name, cls in found if inspect.isclass(cls)}

    def find(self, name: str) -> Any:
        """The class or function that a string means; None where it means nothing."""
        found = _custom(name)
        if found is not None:
            return found
        name = self.aliases.get(name.lower(), name)
        as_class = self._classes.get(_bare(name))
        if self.prefers_classes and as_class is not None:
            return as_class
        return self.members.get(name, as_class)

    def get(self, identifier: Any) -> Any:
        """A member from None, a name, a config, a class, or a callable.

        Raises:
            ValueError: for anything else; the message says what was received and
                which names come close.
        """
        if identifier is None:
            return None
        if isinstance(identifier, Mapping):
            return self.deserialize(identifier)
        found = identifier
        if isinstance(identifier, str):
            found = self.find(identifier)
            if found is None:
                raise ValueError(self._unknown(identifier))
        if inspect.isclass(found):
            return self._make(found)
        if isinstance(found, self.base) or callable(found):
            return found
        raise ValueError(
            f"Could not interpret {self.what} identifier: {identifier!r} of type "
            f"{type(identifier).__name__}. Expected None, a name such as "
            f"{self._sample()!r}, a config (dict), a {self.base.__name__} or a "
            "callable."
        )

    def serialize(self, member: Any) -> Any:
        """The config of a member: a dict that `deserialize` accepts."""
        return serialize_keras_object(member)

    def deserialize(self, config: Any, custom_objects: CustomObjects = None) -> Any:
        """The member that a config or a name stands for; None and a member stay.

        Raises:
            DeserializationError: if the name is unknown, or the result is of another
                family.
        """
        if config is None or isinstance(config, self.base):
            return config
        with CustomObjectScope(custom_objects):
            if isinstance(config, str):
                return self.get(config)
            if not isinstance(config, Mapping) or "class_name" not in config:
                raise DeserializationError(
                    f"The config {brief(config)} stands for no {self.what}. Expected a "
                    'dict with "class_name" and "config", as `serialize` returns it.'
                )
            if config.get("module") in (None, self.module) and not config.get(
                "registered_name"
            ):
                found = self.find(str(config["class_name"]))
                if found is None:
                    raise UnknownNameError(self._unknown(str(config["class_name"])))
                if inspect.isclass(found):
                    return self._checked(read_instance(found, config))
                if config["class_name"] != "function":
                    return found
            return self._checked(deserialize_keras_object(dict(config)))

    def _checked(self, made: Any) -> Any:
        """`made`, unless it is a Keras object of another family.

        A config may name any public class. Functions and classes of the user's own
        need no base class.
        """
        ours = is_ours(type(made))
        if isinstance(made, self.base) or (callable(made) and not ours):
            return made
        raise DeserializationError(
            f"The config stands for {made!r} of type {type(made).__name__}, which is "
            f"no {self.what}. Expected the config of a {self.base.__name__} or of a "
            "function, as `serialize` returns it."
        )

    def _make(self, cls: type) -> Any:
        try:
            return cls()
        except TypeError:
            try:
                inspect.signature(cls).bind()
            except TypeError as error:
                raise ValueError(
                    f"The {self.what} {cls.__name__} cannot be named by a string: it "
                    f"has arguments without default ({error}). Pass an instance: "
                    f"{self.module}.{cls.__name__}(...)."
                ) from None
            raise  # an error of the class itself

    def _unknown(self, name: str) -> str:
        spelled = [*self.members, *self.aliases]
        by_lower = {candidate.lower(): candidate for candidate in spelled}
        close = difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)
        hint = ", ".join(repr(by_lower[candidate]) for candidate in close)
        return (
            f"Could not interpret {self.what} identifier: {name!r}. "
            + (f"Did you mean {hint}? " if hint else "")
            + f"Known names are those of {self.module}; a class of your own is known "
            "by name after @keras.saving.register_keras_serializable() or inside "
            "keras.saving.custom_object_scope."
        )

    def _sample(self) -> str:
        return next(iter(self.members), "name")


def _bare(name: str) -> str:
    return name.replace("_", "").lower()


def _custom(name: str) -> Any:
    """A class or function that the user registered, or passed as a custom object."""
    return get_registered_object(name)
