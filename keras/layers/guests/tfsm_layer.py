"""`TFSMLayer`: a SavedModel as a Keras layer, on the TensorFlow backend."""

from __future__ import annotations

import os
from typing import Any

from keras.core.facts import public_class
from keras.core.naming import inside
from keras.core.typing import Config, DType, Structure
from keras.layers.guests.layer_of_code import LayerOfCode


@public_class("keras.layers", runs_code=True)
class TFSMLayer(LayerOfCode):
    """Makes a layer of a SavedModel, whose variables become its weights.

    `Model.export(path)` writes SavedModels, and so does `tf.saved_model.save`. They can
    be trained where they were written with their variables and a function for training.

    Args:
        filepath: the folder of the SavedModel. It is not part of files that the layer
            is saved in; these name the folder.
        call_endpoint: name of the function that is called: an attribute of what
            `tf.saved_model.load` gives, or one of its signatures.
        call_training_endpoint: name of the one that is called in training; the same by
            default.
        trainable: whether the weights may be trained.
        name: name of the layer.
        dtype: dtype policy.

    Raises:
        BackendError: on another backend than TensorFlow.
        OSError: if there is no SavedModel.
        ValueError: if it has no endpoint of that name.

    Example:

    >>> import keras, tempfile
    >>> with keras.backend_scope("tensorflow"):
    ...     model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    ...     path = tempfile.mkdtemp()
    ...     model.export(path, verbose=False)
    ...     layer = keras.layers.TFSMLayer(path)
    ...     layer(keras.ops.ones((4, 3))).shape == (4, 2)
    True
    """

    _brings = "The SavedModel that a TFSMLayer names"

    def __init__(
        self,
        filepath: Any,
        call_endpoint: str = "serve",
        call_training_endpoint: str | None = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(trainable=trainable, name=name, dtype=dtype)
        native = self._keras_backend.saved_model
        self.filepath = os.fspath(filepath)
        self.call_endpoint = call_endpoint
        self.call_training_endpoint = call_training_endpoint
        loaded = native.load(self.filepath)
        put = object.__setattr__
        put(self, "_reloaded", loaded)
        put(self, "_infer", native.endpoint(loaded, call_endpoint, self.filepath))
        train = call_training_endpoint or call_endpoint
        put(self, "_train", native.endpoint(loaded, train, self.filepath))
        with inside(self.name):
            found = dict(native.variables(loaded))
        self._tracker.give(list(found.values()), list(found))
        self.built = True

    def call(
        self, inputs: Structure, training: bool = False, **kwargs: Any
    ) -> Structure:
        """What the endpoint returns.

        Args:
            inputs: tensors, in the structure that the endpoint takes.
            training: whether the endpoint for training is called.
            **kwargs: further arguments of the endpoint.
        """
        return (self._train if training else self._infer)(inputs, **kwargs)

    def get_config(self) -> Config:
        """The arguments: the path, not what is in the folder."""
        return {
            **super().get_config(),
            "filepath": self.filepath,
            "call_endpoint": self.call_endpoint,
            "call_training_endpoint": self.call_training_endpoint,
        }
