"""Constructor arguments declared once: config, repr and round trip from a signature.

Every object that has a `get_config` (layers, losses, optimizers, initializers, …)
derives from `Configurable`. It keeps the arguments an instance was made with. The
config holds, for each parameter of the constructor, the attribute of that name
where there is one (it may have been normalized), else the argument itself.
"""

from __future__ import annotations

import inspect
from typing import Any, Self

from keras.core.classes import constructor_parameters, declared_class, is_ours


class Configurable:
    """An object whose constructor arguments are its configuration."""

    # Parameters left out of the config while they have their default value: newer
    # or rarely used ones, so that other versions of Keras can read the config.
    _config_optional: tuple[str, ...] = ()
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
        """The constructor arguments by name, defaults included."""
        cls = declared_class(self)
        parameters = constructor_parameters(cls)
        args, kwargs = getattr(self, "_recorded", ((), {}))
        values = {
            name: parameter.default
            for name, parameter in parameters.items()
            if parameter.default is not parameter.empty
        }
        positional = [
            name
            for name, parameter in parameters.items()
            if parameter.kind is not parameter.KEYWORD_ONLY
        ]
        values.update(zip(positional, args, strict=False))
        values.update(kwargs)
        return values

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal object, as plain Python data.

        Returns:
            A dict that `from_config` accepts and JSON can hold.
        """
        from keras.core.serialization import serialize_leniently

        config = {}
        defaults = constructor_parameters(declared_class(self))
        for name, argument in self.recorded_arguments().items():
            if name in self._config_excluded:
                continue
            value = getattr(self, name, argument)
            if inspect.ismethod(value) and not inspect.ismethod(argument):
                value = argument
            if name in self._config_optional and value == defaults[name].default:
                continue
            config[name] = serialize_leniently(value)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """An object made from what `get_config` returned.

        Args:
            config: constructor arguments; nested objects in serialized form.
        """
        from keras.core.serialization import deserialize_arguments

        if is_ours(cls.get_config):
            config = deserialize_arguments(config)
        return cls(**config)
