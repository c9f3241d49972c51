"""A table, and a FeatureSpace of it; run by another Keras, this writes its file.

    python tests/preprocessing/feature_table.py tests/fixtures/keras_3_15

makes `feature_space.keras` there and prints what it gives for the table.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras

TABLE: dict[str, list[Any]] = {
    "age": [20.0, 30.0, 40.0, 50.0],
    "city": ["Rome", "Oslo", "Rome", "Bonn"],
    "rooms": [3, 1, 3, 2],
    "street": ["p", "q", "r", "s"],
    "rent": [0.1, 0.5, 0.7, 0.9],
    "zip": [5, 6, 7, 8],
    "tax": [1.0, 2.0, 3.0, 4.0],
}


def make_space(output_mode: str = "dict", cross_mode: str = "int") -> Any:
    """All kinds of features, and two crosses."""
    kinds = keras.utils.FeatureSpace
    return kinds(
        {
            "age": kinds.float_normalized(),
            "city": kinds.string_categorical(num_oov_indices=2),
            "rooms": kinds.integer_categorical(max_tokens=3),
            "street": kinds.string_hashed(num_bins=4),
            "rent": kinds.float_discretized(num_bins=3),
            "zip": kinds.integer_hashed(num_bins=3),
            "tax": kinds.float_rescaled(2.0, -1.0),
        },
        crosses=[
            kinds.cross(("city", "rooms"), crossing_dim=8),
            kinds.cross(("zip", "city"), crossing_dim=4, output_mode=cross_mode),
        ],
        output_mode=output_mode,
    )


if __name__ == "__main__":
    space = make_space()
    space.adapt(TABLE)
    for name, value in space(TABLE).items():
        print(name, value.dtype, keras.ops.convert_to_numpy(value).tolist())
    space.save(Path(sys.argv[1]) / "feature_space.keras")
