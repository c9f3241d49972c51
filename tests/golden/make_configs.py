"""Keeps the default config of every object of the PyPI Keras in `configs.json`.

    KERAS_BACKEND=numpy python tests/golden/make_configs.py

in an environment that has `keras==3.15.1`. It uses the public API only.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import keras

# Arguments of classes that cannot be made without.
REQUIRED: dict[str, dict[str, Any]] = {
    "IoU": {"num_classes": 2, "target_class_ids": [0]},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
    "MeanIoU": {"num_classes": 2},
    "OneHotMeanIoU": {"num_classes": 3},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "ExponentialDecay": {
        "initial_learning_rate": 0.5,
        "decay_steps": 3,
        "decay_rate": 0.5,
    },
    "InverseTimeDecay": {
        "initial_learning_rate": 0.5,
        "decay_steps": 3,
        "decay_rate": 0.5,
    },
    "PolynomialDecay": {"initial_learning_rate": 0.5, "decay_steps": 3},
    "CosineDecay": {"initial_learning_rate": 0.5, "decay_steps": 3},
    "CosineDecayRestarts": {"initial_learning_rate": 0.5, "first_decay_steps": 3},
    "PiecewiseConstantDecay": {"boundaries": [2], "values": [0.5, 0.25]},
}
FAMILIES = (
    "initializers",
    "regularizers",
    "constraints",
    "losses",
    "metrics",
    "optimizers",
    "optimizers.schedules",
)
# Base classes, and classes around another object.
LEFT_OUT = (
    "Constraint",
    "Initializer",
    "LearningRateSchedule",
    "Loss",
    "LossScaleOptimizer",
    "MeanMetricWrapper",
    "Metric",
    "MultiOptimizer",
    "Optimizer",
    "OptimizerMap",
    "Regularizer",
)


def classes(keras: Any, family: str) -> dict[str, type]:
    """The classes of a public module that can be made, by name."""
    module = keras
    for part in family.split("."):
        module = getattr(module, part)
    return {
        name: value
        for name, value in sorted(vars(module).items())
        if hasattr(value, "get_config")
        and inspect.isclass(value)
        and value.__name__ == name
        and name not in LEFT_OUT
    }


def main() -> None:
    """Writes `configs.json` beside this file."""
    found = {
        f"{family}.{name}": cls(**REQUIRED.get(name, {})).get_config()
        for family in FAMILIES
        for name, cls in classes(keras, family).items()
    }
    text = json.dumps({"version": keras.__version__, "configs": found}, indent=1)
    path = Path(__file__).parent / "configs.json"
    path.write_text(text + "\n", encoding="utf-8")
    print(f"{len(found)} configs of keras {keras.__version__} in {path.name}")


if __name__ == "__main__":
    main()
