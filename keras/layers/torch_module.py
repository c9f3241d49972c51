"""`TorchModuleWrapper`: a `torch.nn.Module` as a Keras layer, on the torch backend.

What concerns torch itself stands in the backend (`module_wrapper`); on other backends
making such a layer is an error that says so.
"""

from __future__ import annotations

from typing import Any, Unpack

from keras.core.facts import public_class
from keras.core.safe_mode import SafeModeScope, refuse_code
from keras.core.typing import Config
from keras.layers.layer import Layer
from keras.layers.options import UnnamedOptions


@public_class("keras.layers", pure=True)
class TorchModuleWrapper(Layer):
    """Makes a layer of a `torch.nn.Module`, whose parameters become its weights.

    Args:
        module: the module.
        name: name of the layer.
        output_shape: shape of the output, batch axis included, for functional models;
            by default the module is run to find out.
        **kwargs: `dtype`, `trainable`: see `Layer`.

    Raises:
        BackendError: on another backend than torch.

    Example:

    >>> import keras, torch  # doctest: +SKIP
    >>> layer = keras.layers.TorchModuleWrapper(torch.nn.Linear(3, 4))  # doctest: +SKIP
    """

    def __init__(
        self,
        module: Any,
        name: str | None = None,
        output_shape: Any = None,
        **kwargs: Unpack[UnnamedOptions],
    ) -> None:
        super().__init__(name=name, **kwargs)
        native = self._backend.module_wrapper
        native.check(module)
        self.module = module
        self.output_shape = output_shape
        for variable in native.variables(module):
            self._track_variable(variable)
        self.built = True

    def call(self, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """What the module returns."""
        return self._backend.module_wrapper.run(self.module, training, args, kwargs)

    def parameters(self, recurse: bool = True) -> Any:
        """The module's parameters, as `torch.nn.Module.parameters` gives them."""
        return self.module.parameters(recurse=recurse)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """`output_shape`, or what the module gives for zeros of this shape."""
        if self.output_shape is not None:
            return self.output_shape
        if len(input_shape) == 1 and isinstance(input_shape[0], (list, tuple)):
            (input_shape,) = input_shape  # the shapes of `*args`
        return self._backend.module_wrapper.output_shape(self.module, input_shape)

    def get_config(self) -> Config:
        """The module, pickled, and the output shape."""
        config = super().get_config()
        config["module"] = self._backend.module_wrapper.encode(self.module)
        return config

    @classmethod
    def from_config(
        cls, config: Config, custom_objects: Any = None, safe_mode: bool | None = None
    ) -> Any:
        """The layer of a config, which needs safe mode to be off: it unpickles.

        Args:
            config: what `get_config` returned.
            custom_objects: of no use here; other layers take it.
            safe_mode: False lets the pickle in the config run.

        Raises:
            UnsafeDeserializationError: in safe mode.
        """
        from keras.backends import current

        with SafeModeScope(safe_mode):
            refuse_code("A pickled torch module in the config")
        module = current().module_wrapper.decode(config["module"])
        return cls(**{**config, "module": module})
