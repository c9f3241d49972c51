"""Keras models as estimators of scikit-learn."""

import pickle

import numpy as np
import pytest

import keras
from keras import layers
from keras.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

pytest.importorskip("sklearn")
pytest.importorskip("torch")
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

FIT = {"verbose": 0, "epochs": 5}


def classifier(X, y, loss="categorical_crossentropy", units=None, logits=False):
    keras.utils.set_random_seed(0)
    units = units or len(np.unique(y))
    activation = None if logits else "sigmoid" if units == 1 else "softmax"
    model = keras.Sequential(
        [keras.Input(X.shape[1:]), layers.Dense(units, activation=activation)]
    )
    # Many models are trained for a moment: compiling them would take most of it.
    model.compile(keras.optimizers.Adam(0.1), loss, run_eagerly=True)
    return model


def regressor(X, y):
    keras.utils.set_random_seed(0)
    units = 1 if y.ndim == 1 else y.shape[1]
    model = keras.Sequential([keras.Input(X.shape[1:]), layers.Dense(units)])
    model.compile(keras.optimizers.Adam(0.1), "mse", run_eagerly=True)
    return model


def blobs(classes=("no", "yes"), each=16):
    """Points around a place of their own for each class, in mixed order."""
    rng = np.random.default_rng(0)
    places = np.tile(np.arange(len(classes)), each)
    X = np.eye(len(classes))[places] * 4 + rng.normal(size=(len(places), len(classes)))
    return X, np.array(classes)[places]


# Why a check of scikit-learn does not hold, by its name.
EXCEPTIONS = {
    "check_regressor_multioutput": "predictions are float32, as models compute",
}
SKIPPED = {
    "check_array_api_input": "scikit-learn asks for a variable SCIPY_ARRAY_API",
    "check_pipeline_consistency": "training draws random numbers",
    "check_transformer_general": "training draws random numbers",
    "check_transformer_data_not_an_array": "training draws random numbers",
}


@pytest.mark.parametrize(
    "estimator",
    [
        SKLearnClassifier(classifier, fit_kwargs=FIT),
        SKLearnRegressor(regressor, fit_kwargs=FIT),
        SKLearnTransformer(regressor, fit_kwargs={"verbose": 0}),
    ],
    ids=["classifier", "regressor", "transformer"],
)
def test_scikit_learn_agrees(estimator):
    # On torch, which compiles nothing: some 50 checks make several models each. On JAX
    # the same checks hold and take a minute.
    with keras.backend_scope("torch"):
        results = check_estimator(estimator, on_skip=None, on_fail=None)
    odd = {r["check_name"]: r for r in results if r["status"] == "failed"}
    for name in EXCEPTIONS.keys() & odd.keys():
        del odd[name]
    assert {name: repr(r["exception"]) for name, r in odd.items()} == {}
    skipped = {r["check_name"] for r in results if r["status"] == "skipped"}
    assert skipped <= SKIPPED.keys()
    assert len(results) > 30


@pytest.mark.parametrize(
    ("kwargs", "classes"),
    [
        ({}, ("no", "yes")),
        ({}, (3, 5, 7)),
        ({"loss": "sparse_categorical_crossentropy"}, (3, 5, 7)),
        ({"loss": keras.losses.CategoricalCrossentropy(from_logits=True),
          "logits": True}, ("a", "b", "c")),
        ({"loss": "binary_crossentropy", "units": 1}, ("no", "yes")),
        ({"loss": keras.losses.BinaryCrossentropy(from_logits=True),
          "logits": True, "units": 1}, (1.0, 2.0)),
    ],
    ids=["two", "three", "indices", "logits", "one_unit", "one_logit"],
)  # fmt: skip
def test_labels(kwargs, classes):
    X, y = blobs(classes)
    estimator = SKLearnClassifier(classifier, model_kwargs=kwargs, fit_kwargs=FIT)
    estimator.fit(X, y, epochs=30)
    assert estimator.epoch_ == 30 and len(estimator.history_["loss"]) == 30
    np.testing.assert_array_equal(estimator.classes_, classes)
    assert estimator.score(X, y) > 0.8
    chances = estimator.predict_proba(X)
    assert chances.shape == (len(X), len(classes))
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-5)
    chosen = np.asarray(classes)[chances.argmax(axis=1)]
    np.testing.assert_array_equal(chosen, estimator.predict(X))
    decision = estimator.decision_function(X)
    assert decision.shape == ((len(X),) if len(classes) == 2 else chances.shape)


def test_several_labels_at_once():
    X, _ = blobs((0, 1, 2))
    y = (X > 2).astype(int)
    estimator = SKLearnClassifier(
        classifier,
        model_kwargs={"loss": "binary_crossentropy", "units": 3},
        fit_kwargs=FIT,
    )
    found = estimator.fit(X, y).predict(X)
    assert found.shape == y.shape and set(np.unique(found)) <= {0, 1}


def test_regression_shapes():
    X, _ = blobs()
    estimator = SKLearnRegressor(regressor, fit_kwargs={"verbose": 0, "epochs": 60})
    assert estimator.fit(X, X[:, 0]).predict(X).shape == (len(X),)
    assert estimator.score(X, X[:, 0]) > 0.5
    assert estimator.fit(X, X).predict(X).shape == X.shape


@pytest.mark.parametrize("name", ["torch", "tensorflow"])
def test_pipeline_and_search(name):
    pytest.importorskip(name)
    with keras.backend_scope(name):
        check_pipeline_and_search(name)


def check_pipeline_and_search(name):
    X, y = blobs(each=8)
    estimator = SKLearnClassifier(classifier, fit_kwargs=FIT)
    pipeline = make_pipeline(
        StandardScaler(),
        SKLearnTransformer(
            regressor_of_inputs, fit_kwargs={"verbose": 0, "epochs": 30}
        ),
        estimator,
    )
    assert pipeline.fit(X, y == "yes").predict(X).dtype == bool
    search = GridSearchCV(
        estimator, {"fit_kwargs": [{**FIT, "epochs": 1}, FIT]}, cv=2
    ).fit(X, y)
    assert search.best_estimator_.model_.layers[0]._keras_backend.name == name
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_allclose(
        again.decision_function(X), search.decision_function(X), rtol=1e-5
    )
    fresh = clone(again)
    assert not hasattr(fresh, "model_") and fresh.model is classifier


def regressor_of_inputs(X, y):
    return regressor(X, np.stack([y, ~y], 1))


def test_other_processes():
    X, y = blobs(each=8)
    estimator = SKLearnClassifier(classifier, fit_kwargs=FIT)
    scores = cross_val_score(estimator, X, y, cv=2, n_jobs=2)
    assert scores.shape == (2,) and np.isfinite(scores).all()


def test_models_and_warm_start():
    X, y = blobs()
    model = classifier(X, y)
    before = model.get_weights()
    estimator = clone(SKLearnClassifier(model, fit_kwargs=FIT, warm_start=True))
    first = estimator.fit(X, y).model_
    assert estimator.fit(X, y).model_ is first is not model
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)  # the one that was given stays
    with pytest.raises(ValueError, match="was trained on the classes"):
        estimator.fit(X, np.where(y == "yes", "maybe", y))
    estimator.set_params(warm_start=False)
    assert estimator.fit(X, y).model_ is not first


def test_bad_input():
    X, y = blobs()
    with pytest.raises(TypeError, match="SKLearnClassifier takes as `model`.*model=3"):
        SKLearnClassifier(3).fit(X, y)
    with pytest.raises(TypeError, match="which gave 5"):
        SKLearnRegressor(lambda X, y: 5).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="must be compiled"):
        SKLearnClassifier(keras.Sequential([layers.Dense(2)])).fit(X, y)
    with pytest.raises(ValueError, match="has 5 outputs, but there are 2 classes"):
        SKLearnClassifier(classifier, model_kwargs={"units": 5}).fit(X, y)
    with pytest.raises(ValueError, match="Received one class"):
        SKLearnClassifier(classifier).fit(X, ["a"] * len(X))
