"""`LayerOfCode`: what layers share whose config brings a program."""

from __future__ import annotations

from typing import Any

from keras.core.safe_mode import refuse_code, safe_mode_of_call
from keras.core.typing import Config, CustomObjects
from keras.layers.layer import Layer


class LayerOfCode(Layer):
    """A layer that is made of a config only where safe mode is off."""

    _brings: str  # what errors call the program

    @classmethod
    def from_config(
        cls,
        config: Config,
        custom_objects: CustomObjects = None,
        safe_mode: bool | None = None,
    ) -> Any:
        """The layer of a config, which needs safe mode to be off: a program runs.

        Args:
            config: what `get_config` returned.
            custom_objects: of no use here; other layers take it.
            safe_mode: False lets the program run, unless what encloses this call
                forbids it.

        Raises:
            UnsafeDeserializationError: in safe mode.
        """
        del custom_objects
        with safe_mode_of_call(safe_mode):
            refuse_code(cls._brings)
        return cls._trusted(config)

    @classmethod
    def _trusted(cls, config: Config) -> Any:
        """The layer of a config that may bring its program."""
        return super().from_config(config)
