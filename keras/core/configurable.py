"""Constructor arguments declared once: config, repr and round trip from a signature.

Every object that has a `get_config` (layers, losses, optimizers, initializers, …)
derives from `Configurable`. It keeps the arguments an instance was made with. The
config holds, for each parameter of the constructor, the attribute of that name
where there is one (it may have been normalized), else the argument itself.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any, NamedTuple, Self

from keras.core.classes import constructor_parameters, declared_class, is_ours
from keras.core.serialization import deserialize_arguments, serialize_leniently


class Configurable:
    """An object whose constructor arguments are its configuration."""

    # Parameters left out of the config while they have their default value: newer
    # or rarely used ones, so that other versions of Keras can read the config.
    _config_optional: tuple[str, ...] = ()
    # Attributes in the config that the constructor takes among its `**kwargs`.
    _config_also: tuple[str, ...] = ()
    # Parameters that are no part of the config at all.
    _config_excluded: tuple[str, ...] = ()
    # Attributes that lead to layers and weights, but in no file; subclasses add theirs.
    _not_in_files: tuple[str, ...] = ("_recorded",)

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        if cls.__init__ is object.__init__ and (args or kwargs):
            # Python itself would take and forget them.
            given = [*map(repr, args), *(f"{k}={v!r}" for k, v in kwargs.items())]
            raise TypeError(
                f"{cls.__name__}() takes no arguments. Received: {', '.join(given)}."
            )
        self = object.__new__(cls)
        object.__setattr__(self, "_recorded", (args, kwargs))
        return self

    def recorded_arguments(self) -> dict[str, Any]:
        """The constructor arguments by name, defaults included.

        Raises:
            NotImplementedError: for arguments without name (`*args`): nothing says
                how to pass them again.
        """
        values, nameless = self._given_arguments()
        if nameless:
            raise NotImplementedError(
                f"{declared_class(self).__name__} was made with arguments that have no "
                f"name: {', '.join(map(repr, nameless))}. They cannot stand in a "
                "config: give the class get_config(), and from_config() to match."
            )
        return values

    def _given_arguments(self) -> tuple[dict[str, Any], tuple[Any, ...]]:
        """The constructor arguments by name, and those that have none."""
        parameters = constructor_parameters(declared_class(self))
        args, kwargs = getattr(self, "_recorded", ((), {}))
        values = {
            name: parameter.default
            for name, parameter in parameters.items()
            if parameter.default is not parameter.empty
        }
        positional = [
            name
            for name, parameter in parameters.items()
            if parameter.kind
            in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
        values.update(zip(positional, args, strict=False))
        values.update(kwargs)
        return values, args[len(positional) :]

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal object, as plain Python data.

        In a class of the user's with its own `get_config`, `super().get_config()` is
        what the class of Keras that it derives from knows, and no argument of its own.

        Returns:
            A dict that `from_config` accepts and JSON can hold.
        """
        known = config_class(declared_class(self))
        by_hand = known.by_hand
        given = self._given_arguments()[0] if by_hand else self.recorded_arguments()
        config = {}
        for name, parameter in constructor_parameters(known.cls).items():
            argument = given.get(name, parameter.default)
            value = getattr(self, name, argument)
            if inspect.ismethod(value) and not inspect.ismethod(argument):
                value = argument
            if value is inspect.Parameter.empty or name in self._config_excluded:
                continue
            if name in self._config_optional and value == parameter.default:
                continue
            config[name] = serialize_leniently(value)
        for name in self._config_also:
            config.setdefault(name, serialize_leniently(getattr(self, name)))
        for name, argument in () if by_hand else given.items():
            # What only a class of the user's takes is kept as it was given.
            if name not in config and name not in self._config_excluded:
                if name not in constructor_parameters(known.cls):
                    config[name] = serialize_leniently(argument)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """An object made from what `get_config` returned.

        Args:
            config: constructor arguments; nested objects in serialized form.
        """
        known = config_class(declared_class(cls))
        if not known.by_hand:
            return cls(**deserialize_arguments(config))
        ours = constructor_parameters(known.cls)
        theirs = {key: value for key, value in config.items() if key not in ours}
        ours = {key: value for key, value in config.items() if key in ours}
        return cls(**deserialize_arguments(ours), **theirs)


class ConfigClass(NamedTuple):
    """Whose constructor says what a recorded config holds."""

    cls: type
    by_hand: bool  # a class of the user's below it writes the rest


@cache
def config_class(cls: type) -> ConfigClass:
    """The class of ours that a declared class gets its recorded config from."""
    line = cls.__mro__
    by_hand = [
        base for base in line if "get_config" in vars(base) and not is_ours(base)
    ]
    known = next((base for base in line if is_ours(base)), cls)
    return ConfigClass(known, bool(by_hand))
