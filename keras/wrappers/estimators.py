"""`SKLearnClassifier`, `SKLearnRegressor` and `SKLearnTransformer`."""

from __future__ import annotations

import importlib
from contextlib import nullcontext, suppress
from typing import Any

import numpy as np

from keras.backends import backend, backend_scope
from keras.models.cloning import clone_model
from keras.models.model import Model
from keras.wrappers.targets import Labels


class _Missing:
    """What stands for scikit-learn's classes where it is not installed."""

    class BaseEstimator: ...

    class ClassifierMixin: ...

    class RegressorMixin: ...

    class TransformerMixin: ...


_sklearn: Any = _Missing
_multiclass: Any = None
_validation: Any = None
_metaestimators: Any = None
with suppress(ImportError):  # an optional package: making an estimator says so
    _sklearn = importlib.import_module("sklearn.base")
    _multiclass = importlib.import_module("sklearn.utils.multiclass")
    _validation = importlib.import_module("sklearn.utils.validation")
    _metaestimators = importlib.import_module("sklearn.utils.metaestimators")


def _available_if(check: Any) -> Any:
    if _metaestimators is None:
        return lambda method: method
    return _metaestimators.available_if(check)


class _Estimator(_sklearn.BaseEstimator):
    """What the three have in common: how the model is made and trained."""

    def __init__(
        self,
        model: Any,
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ) -> None:
        if not hasattr(_validation, "validate_data"):
            raise ImportError(
                f"{type(self).__name__} needs scikit-learn 1.6 or later. Run `pip "
                "install -U scikit-learn`."
            )
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True  # unless the user fixes all seeds
        tags.target_tags.required = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        # In another process, such as that of `n_jobs=2`, models are made here, too.
        return {**super().__getstate__(), "_keras_backend": backend()}

    def _scope(self) -> Any:
        name = self.__dict__.get("_keras_backend")
        return nullcontext() if name is None else backend_scope(name)

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Makes the model and trains it.

        Args:
            X: array of shape `(samples, features)`, or with more axes.
            y: targets, `(samples,)` or `(samples, outputs)`.
            **kwargs: for `Model.fit`; they go before `fit_kwargs`.

        Returns:
            The estimator itself.
        """
        X, y = self._checked(X, y)
        with self._scope():
            if not (self.warm_start and hasattr(self, "model_")):
                self.model_ = self._made(X, y)
            targets = self._targets(X, y)
            arguments: dict[str, Any] = {**(self.fit_kwargs or {}), **kwargs}
            history = self.model_.fit(X, targets, **arguments)
        self.history_ = history.history
        return self

    def _checked(self, X: Any, y: Any) -> Any:
        return _validation.validate_data(
            self, X, y, allow_nd=True, multi_output=True, y_numeric=True
        )

    def _targets(self, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        return y

    def _made(self, X: np.ndarray, y: np.ndarray) -> Any:
        if isinstance(self.model, Model):
            made: Any = clone_model(self.model)
        elif callable(self.model):
            made = self.model(X, y, **(self.model_kwargs or {}))
        else:
            made = self.model
        if not isinstance(made, Model):
            raise TypeError(
                f"{type(self).__name__} takes as `model` a compiled Keras model, or a "
                "function `(X, y, **model_kwargs)` that gives one. Received: "
                f"model={self.model!r}"
                + ("." if made is self.model else f", which gave {made!r}.")
            )
        if not made.compiled:
            raise ValueError(
                f"The model {made.name!r} of {type(self).__name__} must be compiled: "
                "call model.compile(optimizer, loss) before."
            )
        return made

    def _outputs(self, X: Any) -> np.ndarray:
        """What the model gives for checked inputs."""
        _validation.check_is_fitted(self, "model_")
        X = _validation.validate_data(self, X, reset=False, allow_nd=True)
        return np.asarray(self.model_.predict(X, verbose=0))

    def predict(self, X: Any) -> np.ndarray:
        """What the model gives for `X`."""
        return self._outputs(X)

    @property
    def epoch_(self) -> int:
        """How many epochs the last call of `fit` took."""
        _validation.check_is_fitted(self, "history_")
        return max(map(len, self.history_.values()), default=0)


def _gives_probabilities(estimator: Any) -> bool:
    _validation.check_is_fitted(estimator, "model_")
    return estimator._is_multilabel or estimator._labels.crossentropy


class SKLearnClassifier(_sklearn.ClassifierMixin, _Estimator):
    """A Keras model as a classifier of scikit-learn.

    The model has an output for each class, or one for two classes; its loss is of
    indices or of a column for each class: labels of any kind are turned into that.

    Args:
        model: a compiled model, of which `fit` trains a copy with new weights, or a
            function `(X, y, **model_kwargs)` that gives a compiled model.
        warm_start: whether `fit` goes on with the model of the last call.
        model_kwargs: keyword arguments of the function.
        fit_kwargs: keyword arguments of `Model.fit`, such as `epochs`.

    Attributes:
        model_: the trained model.
        history_: what `Model.fit` recorded: name -> a value for each epoch.
        classes_: the labels, sorted.

    Example:

    >>> import keras, numpy as np
    >>> def make(X, y):
    ...     model = keras.Sequential(
    ...         [keras.Input(X.shape[1:]), keras.layers.Dense(2, "softmax")]
    ...     )
    ...     model.compile("adam", "categorical_crossentropy")
    ...     return model
    >>> X, y = np.array([[0.0], [1.0]]), np.array(["no", "yes"])
    >>> estimator = keras.wrappers.SKLearnClassifier(make, fit_kwargs={"verbose": 0})
    >>> estimator.fit(X, y).predict(X).shape
    (2,)
    """

    def _checked(self, X: Any, y: Any) -> Any:
        X, y = _validation.validate_data(self, X, y, allow_nd=True, multi_output=True)
        _multiclass.check_classification_targets(y)
        self._is_multilabel = _multiclass.type_of_target(y) == "multilabel-indicator"
        if self._is_multilabel:
            classes = np.arange(y.shape[1])
        else:
            y = _validation.column_or_1d(y, warn=True)
            classes = np.unique(y)
            if len(classes) < 2:
                raise ValueError(
                    f"{type(self).__name__} needs two classes or more. Received one "
                    f"class: {classes.tolist()}."
                )
        if self.warm_start and hasattr(self, "model_"):
            unknown = set(classes.tolist()) - set(self.classes_.tolist())
            if unknown:
                raise ValueError(
                    f"{type(self).__name__} with warm_start=True was trained on the "
                    f"classes {self.classes_.tolist()}. Received others: "
                    f"{sorted(unknown)}."
                )
        else:
            self.classes_ = classes
        return X, y

    def _targets(self, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        if self._is_multilabel:
            return y.astype("float32")
        self._labels = Labels(self.classes_, self.model_, X.shape[1:])
        return self._labels.encode(y)

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest labels, `(samples,)`; of several labels at once, 0 and 1."""
        outputs = self._outputs(X)
        if self._is_multilabel:
            return (outputs > 0.5).astype(int)
        return self._labels.decode(outputs)

    def decision_function(self, X: Any) -> np.ndarray:
        """What the model gives, `(samples, classes)`.

        Of two classes it is one number, as scikit-learn has it: what speaks for the
        second, which is predicted where it is above 0.
        """
        outputs = self._outputs(X)
        return outputs if self._is_multilabel else self._labels.decision(outputs)

    @_available_if(_gives_probabilities)
    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities, `(samples, classes)`, of a model with a crossentropy loss."""
        outputs = self._outputs(X)
        return outputs if self._is_multilabel else self._labels.probabilities(outputs)


class SKLearnRegressor(_sklearn.RegressorMixin, _Estimator):
    """A Keras model as a regressor of scikit-learn.

    Args:
        model: a compiled model, of which `fit` trains a copy with new weights, or a
            function `(X, y, **model_kwargs)` that gives a compiled model.
        warm_start: whether `fit` goes on with the model of the last call.
        model_kwargs: keyword arguments of the function.
        fit_kwargs: keyword arguments of `Model.fit`, such as `epochs`.

    Attributes:
        model_: the trained model.
        history_: what `Model.fit` recorded: name -> a value for each epoch.

    Example:

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("adam", "mse")
    >>> estimator = keras.wrappers.SKLearnRegressor(model, fit_kwargs={"verbose": 0})
    >>> X = np.array([[0.0], [1.0]])
    >>> estimator.fit(X, [0.0, 1.0]).predict(X).shape
    (2,)
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _targets(self, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        self._is_flat = y.ndim == 1
        return y.reshape(-1, 1) if self._is_flat else y

    def predict(self, X: Any) -> np.ndarray:
        """What the model gives for `X`, in the shape of the targets."""
        outputs = self._outputs(X)
        return outputs.reshape(len(outputs)) if self._is_flat else outputs


class SKLearnTransformer(_sklearn.TransformerMixin, _Estimator):
    """A Keras model as a transformer of scikit-learn.

    Args:
        model: a compiled model, of which `fit` trains a copy with new weights, or a
            function `(X, y, **model_kwargs)` that gives a compiled model.
        warm_start: whether `fit` goes on with the model of the last call.
        model_kwargs: keyword arguments of the function.
        fit_kwargs: keyword arguments of `Model.fit`, such as `epochs`.

    Attributes:
        model_: the trained model.
        history_: what `Model.fit` recorded: name -> a value for each epoch.

    Example:

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> model.compile("adam", "mse")
    >>> estimator = keras.wrappers.SKLearnTransformer(model, fit_kwargs={"verbose": 0})
    >>> estimator.fit(np.ones((4, 3)), np.ones((4, 2))).transform(np.ones((5, 3))).shape
    (5, 2)
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _targets(self, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def transform(self, X: Any) -> np.ndarray:
        """What the model gives for `X`."""
        return self._outputs(X)
