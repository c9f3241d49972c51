"""Small tools around models and data: `keras.utils`."""

from __future__ import annotations

import gc as _gc
from typing import TYPE_CHECKING, Any

from keras.core.config import disable_interactive_logging as disable_interactive_logging
from keras.core.config import enable_interactive_logging as enable_interactive_logging
from keras.core.config import (
    is_interactive_logging_enabled as is_interactive_logging_enabled,
)
from keras.core.dtypes import standardize_dtype as standardize_dtype
from keras.core.keras_tensor import is_keras_tensor as is_keras_tensor
from keras.core.naming import reset_names as _reset_names
from keras.core.registry import CustomObjectScope as CustomObjectScope
from keras.core.registry import custom_object_scope as custom_object_scope
from keras.core.registry import get_custom_objects as get_custom_objects
from keras.core.registry import get_registered_name as get_registered_name
from keras.core.registry import get_registered_object as get_registered_object
from keras.core.registry import (
    register_keras_serializable as register_keras_serializable,
)
from keras.core.serialization import (
    deserialize_keras_object as deserialize_keras_object,
)
from keras.core.serialization import serialize_keras_object as serialize_keras_object
from keras.core.surface import surface as _surface
from keras.utils.config_dict import Config as Config
from keras.utils.get_file import get_file as get_file
from keras.utils.images import array_to_img as array_to_img
from keras.utils.images import img_to_array as img_to_array
from keras.utils.images import load_img as load_img
from keras.utils.images import save_img as save_img
from keras.utils.numerical import normalize as normalize
from keras.utils.numerical import to_categorical as to_categorical
from keras.utils.progbar import Progbar as Progbar
from keras.utils.py_dataset import PyDataset as PyDataset
from keras.utils.py_dataset import Sequence as Sequence
from keras.utils.sequence import pad_sequences as pad_sequences
from keras.utils.source_inputs import get_source_inputs as get_source_inputs

if TYPE_CHECKING:
    from keras.models.compare_backends import compare_backends as compare_backends
    from keras.preprocessing.feature_space import FeatureSpace as FeatureSpace
    from keras.random.seed import set_random_seed as set_random_seed
    from keras.training.data.packing import (
        pack_x_y_sample_weight as pack_x_y_sample_weight,
    )
    from keras.training.data.packing import (
        unpack_x_y_sample_weight as unpack_x_y_sample_weight,
    )
    from keras.utils import bounding_boxes as bounding_boxes
    from keras.utils import legacy as legacy
    from keras.utils.audio import (
        audio_dataset_from_directory as audio_dataset_from_directory,
    )
    from keras.utils.directories import (
        image_dataset_from_directory as image_dataset_from_directory,
    )
    from keras.utils.directories import (
        text_dataset_from_directory as text_dataset_from_directory,
    )
    from keras.utils.splitting import split_dataset as split_dataset
    from keras.utils.timeseries import (
        timeseries_dataset_from_array as timeseries_dataset_from_array,
    )
    from keras.visualization.plot_model import model_to_dot as model_to_dot
    from keras.visualization.plot_model import plot_model as plot_model

# Loaded on first use: they stand on higher floors.
_LAZY = {
    "compare_backends": "keras.models.compare_backends",
    "FeatureSpace": "keras.preprocessing.feature_space",
    "audio_dataset_from_directory": "keras.utils.audio",
    "image_dataset_from_directory": "keras.utils.directories",
    "split_dataset": "keras.utils.splitting",
    "text_dataset_from_directory": "keras.utils.directories",
    "timeseries_dataset_from_array": "keras.utils.timeseries",
    "bounding_boxes": "keras.utils.bounding_boxes",
    "legacy": "keras.utils.legacy",
    "model_to_dot": "keras.visualization.plot_model",
    "pack_x_y_sample_weight": "keras.training.data.packing",
    "plot_model": "keras.visualization.plot_model",
    "set_random_seed": "keras.random.seed",
    "unpack_x_y_sample_weight": "keras.training.data.packing",
}


def clear_session(free_memory: bool = True) -> None:
    """Start automatic names anew, and free what is no longer used.

    Models keep no global state here, so this is for readable names and memory only.

    Args:
        free_memory: Whether to run Python's garbage collector.

    Example:

    >>> from keras.utils import clear_session
    >>> clear_session()
    """
    _reset_names()
    if free_memory:
        _gc.collect()


def __getattr__(name: str) -> Any:
    import importlib  # only who asks for a name pays

    if name not in _LAZY:
        raise AttributeError(f"module 'keras.utils' has no attribute {name!r}")
    value = importlib.import_module(_LAZY[name])
    if not _LAZY[name].endswith(f"utils.{name}"):
        value = getattr(value, name)
    globals()[name] = value
    return value


__all__, __dir__ = _surface(globals(), "bounding_boxes", "legacy", lazy=_LAZY)
