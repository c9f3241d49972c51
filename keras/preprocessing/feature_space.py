"""`FeatureSpace`: the columns of a table as numbers for a model."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from keras import ops
from keras.backends.foreign import framework_of
from keras.core import context, dtypes
from keras.core.facts import public_class
from keras.core.keras_tensor import KerasTensor
from keras.core.serialization import (
    deserialize_keras_object,
    serialize_keras_object,
)
from keras.core.typing import Config, Data, Structure, TensorLike
from keras.layers.core.input_layer import Input
from keras.layers.layer import Layer
from keras.layers.preprocessing import adapting
from keras.layers.preprocessing.category_encoding import CategoryEncoding
from keras.layers.preprocessing.hashed_crossing import HashedCrossing
from keras.layers.preprocessing.host_layer import is_strings, tracing_backend
from keras.preprocessing.features import Cross, Feature, FeatureKinds, cardinality
from keras.saving.model_files import save_model


@public_class("keras.utils")
class FeatureSpace(FeatureKinds, Layer):
    """The columns of a table as numbers: each of them by its kind, and crosses.

    Args:
        features: name -> kind of feature: the name of one, such as `"float"`,
            `"float_normalized"`, `"float_rescaled"`, `"float_discretized"`,
            `"integer_categorical"`, `"integer_hashed"`, `"string_categorical"` or
            `"string_hashed"`, or what the method of that name gives, which has
            options.
        output_mode: `"concat"`: one vector of all features; `"dict"`: name -> tensor.
        crosses: tuples of names of features that count together, or what `cross()`
            gives.
        crossing_dim: number of bins of crosses that do not say it.
        hashing_dim: number of bins of hashed features that do not say it.
        num_discretization_bins: of discretized features that do not say it.
        name: a name; made up by default.

    A value of `features` may stand alone, in a batch `(batch,)`, or be
    `(batch, items)`.

    Example:

    >>> import keras
    >>> space = keras.utils.FeatureSpace(
    ...     {"age": "float_rescaled", "city": "string_categorical"}
    ... )
    >>> table = {"age": [30.0, 40.0], "city": ["Rome", "Oslo"]}
    >>> space.adapt(table)
    >>> keras.ops.convert_to_numpy(space(table)).tolist()
    [[30.0, 0.0, 1.0, 0.0], [40.0, 0.0, 0.0, 1.0]]
    """

    # Made anew of the features; Keras 3 has them in its files, without weights.
    _not_in_files = ("crossers", "one_hot_encoders")
    # KerasTensors know the graphs that they are part of.
    _transient = ("_inputs", "_encoded")
    _inputs: dict[str, KerasTensor] | None = None
    _encoded: Structure = None

    def __init__(
        self,
        features: Mapping[str, Any],
        output_mode: str = "concat",
        crosses: Sequence[Any] | None = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if not features:
            raise ValueError(
                "FeatureSpace needs `features`, a dict with a feature or more."
            )
        if output_mode not in ("concat", "dict"):
            raise ValueError(
                "FeatureSpace expects `output_mode` to be 'concat' or 'dict'. "
                f"Received: output_mode={output_mode!r}."
            )
        self.crossing_dim = crossing_dim
        self.hashing_dim = hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.output_mode = output_mode
        self.features = {
            name: self._standardize(name, value) for name, value in features.items()
        }
        self.crosses = [self._standardize_cross(cross) for cross in crosses or ()]
        self.preprocessors = {
            name: feature.preprocessor for name, feature in self.features.items()
        }
        self.crossers = {
            cross.name: HashedCrossing(cross.crossing_dim, name=cross.name)
            for cross in self.crosses
        }
        self.one_hot_encoders: dict[str, CategoryEncoding] = {}

    def _standardize(self, name: str, value: Any) -> Feature:
        if isinstance(value, Feature):
            return value
        if isinstance(value, Mapping) and "config" in value:
            return deserialize_keras_object(dict(value))
        given: dict[str, tuple[Any, ...]] = {
            "float": (),
            "float_rescaled": (),
            "float_normalized": (),
            "float_discretized": (self.num_discretization_bins,),
            "integer_categorical": (),
            "integer_hashed": (self.hashing_dim,),
            "string_categorical": (),
            "string_hashed": (self.hashing_dim,),
        }
        if not isinstance(value, str) or value not in given:
            raise ValueError(
                f"FeatureSpace expects a feature to be one of {sorted(given)}, or what "
                f"the method of that name gives. Received: {name!r}: {value!r}."
            )
        return getattr(self, value)(*given[value], name=name)

    def _standardize_cross(self, value: Any) -> Cross:
        if isinstance(value, Mapping) and "config" in value:
            value = deserialize_keras_object(dict(value))
        names = value.feature_names if isinstance(value, Cross) else value
        known = isinstance(names, (tuple, list)) and set(names) <= set(self.features)
        if not known or len(names) < 2:
            raise ValueError(
                "FeatureSpace expects each of `crosses` to be two or more names of "
                f"its features, {list(self.features)}. Received: {names!r}."
            )
        return value if isinstance(value, Cross) else Cross(names, self.crossing_dim)

    # Learning -------------------------------------------------------------------

    def adapt(self, dataset: Data) -> None:
        """Learns what the features need to know of data, in one pass.

        Args:
            dataset: a dict of columns, a table, or something that yields dicts: single
                rows or batches of them, as a `tf.data.Dataset` does.

        Raises:
            ValueError: for other data, and if a feature is missing.
        """
        learning = {
            name: layer
            for name, layer in self.preprocessors.items()
            if hasattr(layer, "adapt") and getattr(layer, "_learns", True)
        }
        for layer in learning.values():
            layer.reset_state()
        for batch in _batches(dataset):
            for name, column in self._columns(batch, learning).items():
                column = _as_column(adapting.to_array(column))
                learning[name].update_state(column)
        for layer in learning.values():
            layer.finalize_state()
        self._inputs, self._encoded, self.one_hot_encoders = None, None, {}
        self.get_encoded_features()  # makes all that is left
        self.built = True

    def _check_ready(self) -> None:
        waiting = [
            name
            for name, layer in self.preprocessors.items()
            if not getattr(layer, "_is_adapted", True)
        ]
        if waiting:
            raise ValueError(
                f"{self.name} (FeatureSpace) has to learn about the features {waiting} "
                "before it is used: call `adapt(dataset)`."
            )

    # Computing ------------------------------------------------------------------

    def __call__(self, data: Data) -> Structure:
        """The features as one vector for each row, or as a dict.

        Args:
            data: a dict of columns, of values of one row, or of KerasTensors.

        Raises:
            ValueError: if it is none, a feature is missing, or `adapt` was not called.
        """
        self._check_ready()
        if not _is_table(data):
            raise ValueError(
                f"{self.name} (FeatureSpace) is called with a dict: the name of each "
                f"feature and its values. Received: {type(data).__name__}."
            )
        columns = self._columns(data, self.features)
        home = tracing_backend(list(columns.values())) or self._keras_backend
        with context.Scope("backend", home):
            single = all(len(column.shape) == 0 for column in columns.values())
            encoded = self.call({n: _as_column(x) for n, x in columns.items()})
            if not single:
                return encoded
            if isinstance(encoded, dict):
                return {name: ops.squeeze(x, 0) for name, x in encoded.items()}
            return ops.squeeze(encoded, 0)

    def call(self, data: dict[str, TensorLike]) -> Structure:
        """The encoded features of columns `(batch, items)`."""
        values: dict[str, Any] = {}
        # In the order of the names, as Keras 3 has it.
        for name, feature in sorted(self.features.items()):
            column = data[name]
            # Integers stay as they are: a hash may need all of their bits.
            if feature.dtype != "string" and not _is_integer(column):
                column = ops.cast(column, feature.dtype)
            values[name] = self.preprocessors[name](column)
        for cross in sorted(self.crosses, key=lambda cross: cross.name):
            parts = [values[name] for name in cross.feature_names]
            values[cross.name] = self.crossers[cross.name](parts)
        modes = {name: x.output_mode for name, x in self.features.items()}
        modes |= {cross.name: cross.output_mode for cross in self.crosses}
        for name, mode in modes.items():
            if mode == "one_hot":
                values[name] = self._encoder(name)(values[name])
        if self.output_mode == "dict":
            return values
        for name, value in values.items():
            if _is_integer(value):
                raise ValueError(
                    f"{self.name} (FeatureSpace) cannot put the feature {name!r} into "
                    f"one vector with the others: it is of integers, as its "
                    "output_mode is 'int'. Take 'one_hot', or make the FeatureSpace "
                    "with output_mode='dict'."
                )
        return ops.concatenate(list(values.values()), axis=-1)

    def _encoder(self, name: str) -> CategoryEncoding:
        if name not in self.one_hot_encoders:
            layer = self.crossers.get(name) or self.preprocessors[name]
            count = cardinality(layer, name)
            self.one_hot_encoders[name] = CategoryEncoding(count)
        return self.one_hot_encoders[name]

    def _columns(self, data: Any, wanted: Iterable[str]) -> dict[str, Any]:
        """The columns of some features, as arrays or tensors."""
        missing = [name for name in wanted if name not in data]
        if missing:
            raise ValueError(
                f"{self.name} (FeatureSpace) misses the features {missing}. Received: "
                f"a dict with the keys {list(data)}."
            )
        return {name: _as_array(data[name]) for name in wanted}

    def get_inputs(self) -> dict[str, KerasTensor]:
        """The inputs of a model that begins with raw features: name -> KerasTensor.

        Raises:
            ValueError: if `adapt` was not called.
        """
        self._check_ready()
        if self._inputs is None:
            self._inputs = {
                name: Input((1,), dtype=feature.dtype, name=name)
                for name, feature in self.features.items()
            }
        return self._inputs

    def get_encoded_features(self) -> Structure:
        """The encoded features that come of `get_inputs()`: KerasTensors, made once.

        Raises:
            ValueError: if `adapt` was not called.
        """
        if self._encoded is None:
            with context.Scope("backend", self._keras_backend):
                self._encoded = self.call(self.get_inputs())
        return self._encoded

    # Files ----------------------------------------------------------------------

    def get_config(self) -> Config:
        """The arguments."""
        return {
            "features": serialize_keras_object(self.features),
            "output_mode": self.output_mode,
            "crosses": serialize_keras_object(self.crosses),
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
        }

    @classmethod
    def from_config(cls, config: Config) -> FeatureSpace:
        """The FeatureSpace of a config."""
        return cls(**config)

    def get_build_config(self) -> Config:
        """What the preprocessors were built with."""
        return {
            name: layer.get_build_config()
            for name, layer in self.preprocessors.items()
            if isinstance(layer, Layer)
        }

    def build_from_config(self, config: Config) -> None:
        """Builds the preprocessors."""
        for name, layer in self.preprocessors.items():
            if config.get(name) and not getattr(layer, "built", True):
                layer.build_from_config(config[name])
        self.built = True

    def save(self, filepath: str | os.PathLike[str]) -> None:
        """Writes a `.keras` file, which `keras.saving.load_model` reads.

        Args:
            filepath: ends in `.keras`.
        """
        whole: Any = self  # what a file holds need not be a model
        save_model(whole, filepath)

    def save_own_variables(self, store: Any) -> None:
        """Nothing: the preprocessors have the variables."""

    def load_own_variables(self, store: Any) -> None:
        """Nothing to read."""


def _is_integer(column: Any) -> bool:
    return not is_strings(column) and dtypes.is_int(
        dtypes.standardize_dtype(column.dtype)
    )


def _is_table(data: Data) -> bool:
    return isinstance(data, Mapping) or (
        hasattr(data, "columns") and hasattr(data, "__getitem__")
    )


def _batches(dataset: Data) -> Iterable[Any]:
    if _is_table(dataset):
        return (dataset,)
    return _each(dataset)


def _each(dataset: Data) -> Iterable[Any]:
    empty = True
    for batch in dataset if hasattr(dataset, "__iter__") else ():
        if not _is_table(batch):
            break
        empty = False
        yield batch
    else:
        if not empty:
            return
        batch = dataset
    raise ValueError(
        "`adapt` of a FeatureSpace expects a dict of columns, a table, or a data set "
        "of dicts without labels, such as `dataset.map(lambda x, y: x)`. Received: "
        f"{type(dataset).__name__}{'' if batch is dataset else ' of '}"
        f"{'' if batch is dataset else type(batch).__name__}."
    )


def _as_array(value: TensorLike) -> Any:
    """A column as an array, or the tensor that it is; categories as their values."""
    if hasattr(value, "_keras_history") or framework_of(value) is not None:
        return value
    return np.asarray(adapting.to_array(value))


def _as_column(value: Any) -> Any:
    """One value or a batch of them as `(batch, 1)`; others as they are."""
    rank = len(value.shape)
    if rank > 1:
        return value
    if isinstance(value, np.ndarray):
        return value.reshape(-1, 1)
    if is_strings(value) or not isinstance(value, KerasTensor):
        return ops.reshape(value, (-1, 1))
    return ops.expand_dims(value, -1)
