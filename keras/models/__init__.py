"""Models: graphs, stacks and subclasses of layers that can be trained and saved."""

from __future__ import annotations

from keras.core.surface import listing as _listing
from keras.models.cloning import clone_model as clone_model
from keras.models.model import Model as Model
from keras.models.model import model_from_json as model_from_json
from keras.models.sequential import Sequential as Sequential
from keras.saving import load_model as load_model
from keras.saving import save_model as save_model

__all__ = [
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]
__dir__ = _listing(globals())
