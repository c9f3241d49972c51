"""What `FeatureSpace` is made of: features, and crosses of them."""

from __future__ import annotations

from typing import Any

from keras.core.facts import public_class
from keras.core.serialization import (
    deserialize_keras_object,
    serialize_keras_object,
)
from keras.core.typing import Config, Tensor, TensorLike
from keras.layers.layer import Layer
from keras.layers.preprocessing.data_layer import DataLayer
from keras.layers.preprocessing.discretization import Discretization
from keras.layers.preprocessing.hashing import Hashing
from keras.layers.preprocessing.integer_lookup import IntegerLookup
from keras.layers.preprocessing.normalization import Normalization
from keras.layers.preprocessing.rescaling import Rescaling
from keras.layers.preprocessing.string_lookup import StringLookup

# Files name these classes by the path that Keras 3 gives them, as they have no public.
_MODULE = "keras.src.layers.preprocessing.feature_space"


@public_class("keras.utils", module=_MODULE, name="TFDIdentity", pure=True)
class Unchanged(DataLayer):
    """The preprocessor of numbers that stay as they are."""

    _has_nothing_to_build = True

    def call(self, inputs: TensorLike) -> Tensor:
        """The inputs."""
        return inputs


@public_class("keras.utils", module=_MODULE)
class Feature:
    """One column of a table: its dtype, and how it becomes numbers.

    Args:
        dtype: `"float32"`, `"int32"` or `"string"`.
        preprocessor: the layer, or function, that the column goes through.
        output_mode: `"float"`: its numbers count; `"one_hot"`: its indices become
            vectors; `"int"`: they stay indices.
    """

    def __init__(self, dtype: str, preprocessor: Any, output_mode: str) -> None:
        modes = ("int", "one_hot", "float")
        self.dtype = dtype
        self.preprocessor = preprocessor
        self.output_mode = _one_of("A feature", output_mode, modes)

    def get_config(self) -> Config:
        """The arguments."""
        return {
            "dtype": self.dtype,
            "preprocessor": serialize_keras_object(self.preprocessor),
            "output_mode": self.output_mode,
        }

    @classmethod
    def from_config(cls, config: Config) -> Feature:
        """The feature of a config."""
        preprocessor = deserialize_keras_object(config["preprocessor"])
        return cls(config["dtype"], preprocessor, config["output_mode"])


@public_class("keras.utils", module=_MODULE)
class Cross:
    """Several features that count together, by the hash of their combination.

    Args:
        feature_names: the names of the features.
        crossing_dim: number of bins of the hash.
        output_mode: `"one_hot"`: vectors; `"int"`: indices.
    """

    def __init__(
        self, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot"
    ) -> None:
        self.feature_names = tuple(feature_names)
        self.crossing_dim = crossing_dim
        self.output_mode = _one_of("A cross", output_mode, ("int", "one_hot"))

    @property
    def name(self) -> str:
        """The names of the features, joined."""
        return "_X_".join(self.feature_names)

    def get_config(self) -> Config:
        """The arguments."""
        return {
            "feature_names": self.feature_names,
            "crossing_dim": self.crossing_dim,
            "output_mode": self.output_mode,
        }

    @classmethod
    def from_config(cls, config: Config) -> Cross:
        """The cross of a config."""
        return cls(**config)


def _one_of(what: str, mode: str, allowed: tuple[str, ...]) -> str:
    if mode not in allowed:
        raise ValueError(
            f"{what} expects `output_mode` to be one of "
            f"{', '.join(map(repr, allowed))}. Received: output_mode={mode!r}."
        )
    return mode


class FeatureKinds:
    """The kinds of features, as functions that make one."""

    @staticmethod
    def cross(
        feature_names: Any, crossing_dim: int, output_mode: str = "one_hot"
    ) -> Cross:
        """Several features that count together.

        Args:
            feature_names: the names of features of strings or integers.
            crossing_dim: number of bins of the hash of their combination.
            output_mode: `"one_hot"` or `"int"`.
        """
        return Cross(feature_names, crossing_dim, output_mode)

    @staticmethod
    def feature(dtype: str, preprocessor: Any, output_mode: str) -> Feature:
        """A feature with a preprocessor of one's own.

        Args:
            dtype: `"float32"`, `"int32"` or `"string"`.
            preprocessor: a layer, which may have `adapt`, or a function.
            output_mode: `"float"`, `"one_hot"` or `"int"`.
        """
        return Feature(dtype, preprocessor, output_mode)

    @staticmethod
    def float(name: str | None = None) -> Feature:
        """Numbers as they are.

        Args:
            name: of the preprocessor.
        """
        name = name or "float"
        return Feature("float32", Unchanged(name=f"{name}_preprocessor"), "float")

    @staticmethod
    def float_rescaled(
        scale: Any = 1.0, offset: Any = 0.0, name: str | None = None
    ) -> Feature:
        """Numbers, as `x * scale + offset`.

        Args:
            scale: the factor.
            offset: what is added.
            name: of the preprocessor.
        """
        name = name or "float_rescaled"
        layer = Rescaling(scale, offset, name=f"{name}_preprocessor")
        return Feature("float32", layer, "float")

    @staticmethod
    def float_normalized(name: str | None = None) -> Feature:
        """Numbers with mean 0 and variance 1, of which `adapt` learns the statistics.

        Args:
            name: of the preprocessor.
        """
        name = name or "float_normalized"
        layer = Normalization(axis=-1, name=f"{name}_preprocessor")
        return Feature("float32", layer, "float")

    @staticmethod
    def float_discretized(
        num_bins: int,
        bin_boundaries: Any = None,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Numbers by the bin that they fall into.

        Args:
            num_bins: number of bins, which `adapt` finds.
            bin_boundaries: where one bin ends and the next one starts; then nothing
                is to be found.
            output_mode: `"one_hot"` or `"int"`.
            name: of the preprocessor.
        """
        name = f"{name or 'float_discretized'}_preprocessor"
        found: Any = {"num_bins": num_bins}
        if bin_boundaries is not None:
            found = {"bin_boundaries": bin_boundaries}
        return Feature("float32", Discretization(name=name, **found), output_mode)

    @staticmethod
    def integer_categorical(
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Integers that name categories, which `adapt` finds.

        Args:
            max_tokens: how many categories there may be, the unknown ones counted.
            num_oov_indices: how many indices unknown ones share.
            output_mode: `"one_hot"` or `"int"`.
            name: of the preprocessor.
        """
        layer = IntegerLookup(
            name=f"{name or 'integer_categorical'}_preprocessor",
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
        )
        return Feature("int32", layer, output_mode)

    @staticmethod
    def string_categorical(
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Strings that name categories, which `adapt` finds.

        Args:
            max_tokens: how many categories there may be, the unknown ones counted.
            num_oov_indices: how many indices unknown ones share.
            output_mode: `"one_hot"` or `"int"`.
            name: of the preprocessor.
        """
        layer = StringLookup(
            name=f"{name or 'string_categorical'}_preprocessor",
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
        )
        return Feature("string", layer, output_mode)

    @staticmethod
    def string_hashed(
        num_bins: int, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Strings by their hash.

        Args:
            num_bins: number of bins of the hash.
            output_mode: `"one_hot"` or `"int"`.
            name: of the preprocessor.
        """
        layer = Hashing(num_bins, name=f"{name or 'string_hashed'}_preprocessor")
        return Feature("string", layer, output_mode)

    @staticmethod
    def integer_hashed(
        num_bins: int, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Integers by their hash.

        Args:
            num_bins: number of bins of the hash.
            output_mode: `"one_hot"` or `"int"`.
            name: of the preprocessor.
        """
        layer = Hashing(num_bins, name=f"{name or 'integer_hashed'}_preprocessor")
        return Feature("int32", layer, output_mode)


def cardinality(layer: Layer, name: str) -> int:
    """How many indices the preprocessor of a feature can give.

    Args:
        layer: the preprocessor.
        name: of the feature, for errors.

    Raises:
        ValueError: if it does not say.
    """
    if isinstance(layer, Discretization):
        return len(layer.bin_boundaries) + 1
    if hasattr(layer, "vocabulary_size"):
        return layer.vocabulary_size()
    count = getattr(layer, "num_bins", None)
    if count is None:
        raise ValueError(
            f"The feature {name!r} has output_mode='one_hot', but its preprocessor "
            f"{layer!r} does not say how many indices there are, by "
            "`vocabulary_size()` or `num_bins`. Use output_mode='int' or 'float'."
        )
    return count
