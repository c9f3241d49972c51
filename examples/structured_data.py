"""From the columns of a table to a prediction, by way of a FeatureSpace.

    python examples/structured_data.py --backend torch

What is predicted is how far diabetes has progressed in a year, for the 442 patients of
scikit-learn's table (Efron et al., 2004, Least Angle Regression). A FeatureSpace says
of each column what it is; it learns means and categories from the training rows, turns
columns into the model's inputs, and is the part of the model that takes raw rows.
"""

from __future__ import annotations

import argparse
import os

# A model this small is fastest on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers

FeatureSpace = keras.utils.FeatureSpace
Table = dict[str, np.ndarray]
BLOOD = ("s1", "s2", "s3", "s4", "s5", "s6")  # serum, as the table calls it


def load_data() -> tuple[Table, np.ndarray]:
    """The columns of the table by their names, and what is to be predicted."""
    from sklearn.datasets import load_diabetes

    data = load_diabetes(scaled=False)
    order = np.random.default_rng(0).permutation(len(data.target))
    table = {
        name: column[order].astype("float32")
        for name, column in zip(data.feature_names, data.data.T, strict=True)
    }
    table["sex"] = np.where(table["sex"] == 1, "first", "second").astype(object)
    return table, data.target[order].astype("float32")


def rows(table: Table, first: int, last: int | None) -> Table:
    """Some rows of a table."""
    return {name: column[first:last] for name, column in table.items()}


def make_space(table: Table) -> keras.utils.FeatureSpace:
    """What each column is, learnt from a table."""
    numbers = dict.fromkeys(("bmi", "bp", *BLOOD), "float_normalized")
    space = FeatureSpace(
        {
            **numbers,
            "age": FeatureSpace.float_discretized(num_bins=4),
            "sex": FeatureSpace.string_categorical(num_oov_indices=0),
        },
        crosses=[FeatureSpace.cross(("age", "sex"), crossing_dim=16)],
        output_mode="concat",
    )
    space.adapt(table)
    return space


def make_model(space: keras.utils.FeatureSpace, center: float) -> keras.Model:
    """From encoded columns to a number around `center`."""
    x = layers.Dense(32, activation="gelu", kernel_regularizer="l2")(
        space.get_encoded_features()
    )
    x = layers.Dropout(0.2)(x)
    x = layers.Dense(1, kernel_initializer="zeros")(x)
    outputs = layers.Rescaling(50.0, offset=center)(x)
    model = keras.Model(space.get_encoded_features(), outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(3e-3),
        loss="mse",
        metrics=["mae", keras.metrics.R2Score()],
    )
    return model


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--backend", choices=["jax", "numpy", "tensorflow", "torch"])
    parser.add_argument("--epochs", type=int, default=60)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    keras.utils.set_random_seed(1)

    table, target = load_data()
    test, train = rows(table, 0, 111), rows(table, 111, None)
    space = make_space(train)
    encoded = keras.ops.convert_to_numpy(space(train))
    print(f"{len(table)} columns become {encoded.shape[1]} numbers")
    model = make_model(space, float(target[111:].mean()))
    model.fit(encoded, target[111:, None], epochs=options.epochs, verbose=0)

    # Raw rows go in: the FeatureSpace is part of this one.
    whole = keras.Model(space.get_inputs(), model(space.get_encoded_features()))
    predicted = whole.predict(test, verbose=0)[:, 0]
    error = np.abs(predicted - target[:111]).mean()
    mean = np.abs(target[111:].mean() - target[:111]).mean()
    explained = 1 - ((predicted - target[:111]) ** 2).mean() / target[:111].var()
    print(f"Mean error: {error:.1f}, of the mean as the answer: {mean:.1f}")
    print(f"Explained variance (R2): {explained:.3f}")


if __name__ == "__main__":
    main()
