"""First values of weights: `keras.initializers`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.core.family import Family as _Family
from keras.core.surface import surface as _surface
from keras.core.typing import Identifier
from keras.initializers.constant import STFT as STFT
from keras.initializers.constant import Constant as Constant
from keras.initializers.constant import Identity as Identity
from keras.initializers.constant import Ones as Ones
from keras.initializers.constant import Zeros as Zeros
from keras.initializers.initializer import Initializer as Initializer
from keras.initializers.random import Orthogonal as Orthogonal
from keras.initializers.random import RandomNormal as RandomNormal
from keras.initializers.random import RandomUniform as RandomUniform
from keras.initializers.random import TruncatedNormal as TruncatedNormal
from keras.initializers.variance_scaling import GlorotNormal as GlorotNormal
from keras.initializers.variance_scaling import GlorotUniform as GlorotUniform
from keras.initializers.variance_scaling import HeNormal as HeNormal
from keras.initializers.variance_scaling import HeUniform as HeUniform
from keras.initializers.variance_scaling import LecunNormal as LecunNormal
from keras.initializers.variance_scaling import LecunUniform as LecunUniform
from keras.initializers.variance_scaling import VarianceScaling as VarianceScaling

IdentityInitializer = Identity
OrthogonalInitializer = Orthogonal
STFTInitializer = STFT

constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
identity = Identity
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
orthogonal = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
stft = STFT
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros

_FAMILY = _Family(
    "initializer",
    "keras.initializers",
    Initializer,
    aliases={
        "zero": "Zeros",
        "one": "Ones",
        "uniform": "RandomUniform",
        "normal": "RandomNormal",
    },
)


def get(identifier: Identifier) -> Callable[..., Any] | None:
    """An initializer from a name, a config, a value, or a callable.

    Args:
        identifier: None; a name such as `"glorot_uniform"`; a config; an
            `Initializer` or other callable `(shape, dtype) -> tensor`; or an array,
            which stands for the constant it holds.

    Returns:
        The initializer, or None for None.

    Raises:
        ValueError: for anything else.

    Example:

    >>> import keras
    >>> keras.initializers.get("he_normal")
    <HeNormal initializer>
    """
    if hasattr(identifier, "shape") and not callable(identifier):
        return Constant(identifier)
    return _FAMILY.get(identifier)


def serialize(initializer: Initializer) -> Any:
    """The config of an initializer, as `deserialize` accepts it."""
    return _FAMILY.serialize(initializer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The initializer that a config stands for."""
    return _FAMILY.deserialize(config, custom_objects)


__all__, __dir__ = _surface(globals())
