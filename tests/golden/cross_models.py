"""Models that hold each public class once, for `cross_files.py`.

Each layer, activation, initializer, regularizer and constraint in a model of its own,
each optimizer, schedule, loss and metric in the compile settings of one.
"""

from __future__ import annotations

from typing import Any

from cases import _LOSSES, _METRICS, _OPTIMIZERS, make_optimizer
from saved_forms import LAYERS, MODELS, Make

ACTIVATIONS = (
    *("celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid"),
    *("hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish"),
    *("relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus"),
    *("softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish"),
    *("tanh", "tanh_shrink", "threshold", "hard_swish"),
)
INITIALIZERS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform"), {}),
    **dict.fromkeys(("LecunNormal", "LecunUniform", "Ones", "Zeros"), {}),
    "Constant": {"value": 0.5},
    "Identity": {"gain": 2.0},
    "Orthogonal": {"gain": 2.0, "seed": 1},
    "RandomNormal": {"stddev": 0.1, "seed": 1},
    "RandomUniform": {"minval": -0.1, "seed": 1},
    "TruncatedNormal": {"mean": 0.1, "seed": 1},
    "VarianceScaling": {"mode": "fan_avg", "distribution": "uniform"},
}
REGULARIZERS: dict[str, dict[str, Any]] = {
    "L1": {"l1": 0.5},
    "L2": {"l2": 0.25},
    "L1L2": {"l1": 0.5, "l2": 0.25},
    "OrthogonalRegularizer": {"factor": 0.5, "mode": "columns"},
}
CONSTRAINTS: dict[str, dict[str, Any]] = {
    "MaxNorm": {"max_value": 0.5},
    "MinMaxNorm": {"min_value": 0.25, "max_value": 0.5, "rate": 0.5},
    "NonNeg": {},
    "UnitNorm": {"axis": [0, 1]},
}
SCHEDULES: dict[str, dict[str, Any]] = {
    "CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 5, "alpha": 0.5},
    "CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": 5},
    "ExponentialDecay": {
        "initial_learning_rate": 0.1,
        "decay_steps": 5,
        "decay_rate": 0.5,
    },
    "InverseTimeDecay": {
        "initial_learning_rate": 0.1,
        "decay_steps": 5,
        "decay_rate": 0.5,
        "staircase": True,
    },
    "PiecewiseConstantDecay": {"boundaries": [1, 3], "values": [0.1, 0.2, 0.3]},
    "PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 5, "power": 2.0},
}


def _of_layer(make: Make) -> Make:
    def made(keras: Any) -> Any:
        layer = make(keras)
        model = keras.Model(layer.input, layer.output)
        if model.count_params() and "int" not in str(model.output.dtype):
            model.compile(keras.optimizers.SGD(0.01), "mse")
        return model

    return made


def _dense(keras: Any, **arguments: Any) -> Any:
    return keras.Sequential(
        [keras.Input((4,), name="x"), keras.layers.Dense(5, name="d", **arguments)]
    )


def _in_dense(argument: str, room: str, name: str, options: dict[str, Any]) -> Make:
    def made(keras: Any) -> Any:
        value = getattr(getattr(keras, room), name)(**options)
        model = _dense(keras, **{argument: value})
        model.compile(keras.optimizers.SGD(0.01), "mse")
        return model

    return made


def _activated(name: str) -> Make:
    def made(keras: Any) -> Any:
        function = getattr(keras.activations, name)
        model = _dense(keras, activation=function)
        model.compile(keras.optimizers.SGD(0.01), "mse")
        return model

    return made


def _compiled(optimizer: Any = None, loss: Any = None, metric: Any = None) -> Make:
    def made(keras: Any) -> Any:
        # Positive outputs, which every loss and metric takes.
        model = _dense(keras, activation="softmax")
        model.compile(
            keras.optimizers.SGD(0.1) if optimizer is None else optimizer(keras),
            "mse" if loss is None else loss(keras),
            metrics=None if metric is None else [metric(keras)],
        )
        return model

    return made


def _public(room: str, name: str, options: dict[str, Any]) -> Make:
    return lambda keras: getattr(getattr(keras, room), name)(**options)


def _scheduled(name: str, options: dict[str, Any]) -> Make:
    def made(keras: Any) -> Any:
        schedule = getattr(keras.optimizers.schedules, name)(**options)
        return keras.optimizers.Adam(schedule)

    return made


def _scaled(keras: Any) -> Any:
    return keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1, momentum=0.5))


def _named(options: dict[str, Any]) -> str:
    return ",".join(f"{k}={v}" for k, v in options.items())


def _all() -> dict[str, Make]:
    found = dict(MODELS)
    for name, make in LAYERS.items():
        found[f"layer {name}"] = _of_layer(make)
    for name in ACTIVATIONS:
        found[f"activation {name}"] = _activated(name)
    rooms: tuple[tuple[str, str, dict[str, dict[str, Any]]], ...] = (
        ("kernel_initializer", "initializers", INITIALIZERS),
        ("kernel_regularizer", "regularizers", REGULARIZERS),
        ("kernel_constraint", "constraints", CONSTRAINTS),
    )
    for argument, room, rows in rooms:
        for name, options in rows.items():
            made = _in_dense(argument, room, name, options)
            found[f"{room} {name}"] = made
    for name, options in SCHEDULES.items():
        found[f"schedule {name}"] = _compiled(_scheduled(name, options))
    for name, options in _OPTIMIZERS:
        optimizer = lambda keras, n=name, o=options: make_optimizer(keras, n, o)  # noqa: E731
        found[f"optimizer {name} {_named(options)}"] = _compiled(optimizer)
    found["optimizer LossScaleOptimizer"] = _compiled(_scaled)
    for name, options, _, _ in _LOSSES:
        if name not in ("Circle", "CTC"):  # need other targets
            of_case = _public("losses", name, options)
            found[f"loss {name} {_named(options)}"] = _compiled(None, of_case)
    for name, options, _, _ in _METRICS:
        metric = _public("metrics", name, options)
        loss = None
        if name.startswith("Sparse"):
            loss = _public("losses", "SparseCategoricalCrossentropy", {})
        found[f"metric {name} {_named(options)}"] = _compiled(None, loss, metric)
    return found


CROSS = _all()
