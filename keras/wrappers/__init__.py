"""Keras models as estimators of scikit-learn: `keras.wrappers`."""

from keras.core.surface import surface as _surface
from keras.wrappers.estimators import SKLearnClassifier as SKLearnClassifier
from keras.wrappers.estimators import SKLearnRegressor as SKLearnRegressor
from keras.wrappers.estimators import SKLearnTransformer as SKLearnTransformer

__all__, __dir__ = _surface(globals())
