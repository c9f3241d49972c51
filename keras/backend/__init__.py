"""Small tools about the current backend, dtypes and names."""

from typing import Any

from keras.backends import backend as backend
from keras.backends import current as _current
from keras.core import dtypes as _dtypes
from keras.core.config import epsilon as epsilon
from keras.core.config import floatx as floatx
from keras.core.config import image_data_format as image_data_format
from keras.core.config import set_epsilon as set_epsilon
from keras.core.config import set_floatx as set_floatx
from keras.core.config import set_image_data_format as set_image_data_format
from keras.core.dtypes import is_float as is_float_dtype
from keras.core.dtypes import is_int as is_int_dtype
from keras.core.dtypes import standardize_dtype as standardize_dtype
from keras.core.keras_tensor import is_keras_tensor as is_keras_tensor
from keras.core.naming import get_uid as get_uid
from keras.core.naming import reset_names as clear_session
from keras.core.surface import surface as _surface


def result_type(*dtypes: Any) -> str:
    """The dtype in which operands of the given dtypes meet, on the current backend.

    Args:
        *dtypes: dtype names or dtypes. The Python types `int`, `float`, `complex`
            stand for weak Python scalars.

    Returns:
        A dtype name. Weak results become `"int32"`, `floatx()`, `"complex64"`; where
        JAX holds 32 bits, so does the result.

    Example:

    >>> import keras
    >>> keras.backend.result_type("int32", "float16")
    'float16'
    >>> keras.backend.result_type("bfloat16", float)
    'bfloat16'
    """
    return _current().canonical_dtype(_dtypes.result_type(*dtypes))


__all__, __dir__ = _surface(globals())
