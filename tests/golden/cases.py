"""One table of computations, run by the published Keras and by this one.

`make_numbers.py` runs every case with the Keras of PyPI and keeps the results in
`numbers.npz`; the tests run the same cases here, on every backend, and compare. A case
uses names of the public API only, so that the same text runs on both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Case = Callable[[Any], Any]
CASES: dict[str, dict[str, Case]] = {}

_random = np.random.RandomState(20240229)
PROBABILITIES = _random.dirichlet(np.ones(5), 6).astype("float32")
LOGITS = _random.normal(size=(6, 5)).astype("float32")
ONE_HOT = np.eye(5, dtype="float32")[_random.randint(0, 5, 6)]
CLASSES = ONE_HOT.argmax(-1).astype("int32")
BINARY = (_random.uniform(size=(6, 5)) > 0.5).astype("float32")
SHARES = _random.uniform(0.02, 0.98, size=(6, 5)).astype("float32")
TARGETS = _random.normal(size=(6, 5)).astype("float32")
COUNTS = _random.poisson(2.0, size=(6, 5)).astype("float32")
WEIGHTS = _random.uniform(0.2, 2.0, size=(6,)).astype("float32")
MATRIX = _random.normal(size=(4, 3)).astype("float32")
KERNEL = _random.normal(size=(3, 3, 2, 4)).astype("float32")


def to_numpy(value: Any, keras: Any) -> np.ndarray:
    """A result as an array, on whatever backend it is."""
    return np.asarray(keras.ops.convert_to_numpy(value))


def add(family: str, name: str, case: Case) -> None:
    """Enters a case; names are unique within a family."""
    group = CASES.setdefault(family, {})
    if name in group:
        raise ValueError(f"Two cases are called {family}/{name}.")
    group[name] = case


# --- losses --------------------------------------------------------------------------

_LOSSES: list[tuple[str, dict[str, Any], Any, Any]] = [
    ("MeanSquaredError", {}, TARGETS, LOGITS),
    ("MeanAbsoluteError", {}, TARGETS, LOGITS),
    ("MeanAbsolutePercentageError", {}, TARGETS, LOGITS),
    ("MeanSquaredLogarithmicError", {}, SHARES, PROBABILITIES),
    ("Huber", {}, TARGETS, LOGITS),
    ("Huber", {"delta": 0.4}, TARGETS, LOGITS),
    ("LogCosh", {}, TARGETS, 5 * LOGITS),
    ("CosineSimilarity", {}, TARGETS, LOGITS),
    ("CosineSimilarity", {"axis": 0}, TARGETS, LOGITS),
    ("Hinge", {}, BINARY, LOGITS),
    ("SquaredHinge", {}, 2 * BINARY - 1, LOGITS),
    ("CategoricalHinge", {}, ONE_HOT, LOGITS),
    ("KLDivergence", {}, PROBABILITIES[::-1], PROBABILITIES),
    ("Poisson", {}, COUNTS, SHARES),
    ("BinaryCrossentropy", {}, BINARY, SHARES),
    ("BinaryCrossentropy", {"from_logits": True}, BINARY, LOGITS),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, BINARY, SHARES),
    ("BinaryFocalCrossentropy", {}, BINARY, SHARES),
    (
        "BinaryFocalCrossentropy",
        {"apply_class_balancing": True, "from_logits": True, "gamma": 1.5},
        BINARY,
        LOGITS,
    ),
    ("CategoricalCrossentropy", {}, ONE_HOT, PROBABILITIES),
    ("CategoricalCrossentropy", {"from_logits": True}, ONE_HOT, LOGITS),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, ONE_HOT, PROBABILITIES),
    ("CategoricalFocalCrossentropy", {}, ONE_HOT, PROBABILITIES),
    (
        "CategoricalFocalCrossentropy",
        {"alpha": 0.5, "gamma": 1.0, "from_logits": True, "label_smoothing": 0.1},
        ONE_HOT,
        LOGITS,
    ),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.7}, CLASSES, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {}, CLASSES, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, CLASSES, LOGITS),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, CLASSES, PROBABILITIES),
    ("Dice", {}, BINARY, SHARES),
    ("Dice", {"axis": 1}, BINARY, SHARES),
    ("Tversky", {"alpha": 0.3, "beta": 0.6}, BINARY, SHARES),
    ("Circle", {}, CLASSES, None),
    ("Circle", {"gamma": 10.0, "margin": 0.2, "remove_diagonal": False}, CLASSES, None),
    ("CTC", {}, None, None),
]
_SCALAR = ("Dice()", "Tversky(alpha=0.3, beta=0.6)")
_REDUCTIONS = ("none", "sum", "sum_over_batch_size", "mean_with_sample_weight")


def _label(name: str, options: dict[str, Any]) -> str:
    return f"{name}({', '.join(f'{k}={v}' for k, v in options.items())})"


def _loss(
    name: str, options: dict[str, Any], y_true: Any, y_pred: Any, weight: Any
) -> Case:
    def run(keras: Any) -> Any:
        labels, predictions = y_true, y_pred
        if name == "Circle":
            predictions = LOGITS / np.linalg.norm(LOGITS, axis=-1, keepdims=True)
        if name == "CTC":
            labels = np.array([[1, 2, 0], [3, 3, 1]], dtype="int32")
            predictions = LOGITS[:5].reshape(1, 5, 5).repeat(2, 0)
        loss = getattr(keras.losses, name)(**options)
        return to_numpy(loss(labels, predictions, sample_weight=weight), keras)

    return run


for _name, _options, _true, _pred in _LOSSES:
    _title = _label(_name, _options)
    add("losses", _title, _loss(_name, _options, _true, _pred, None))
    if _title not in _SCALAR and _name != "CTC":
        _weight = WEIGHTS[:5] if _options.get("axis") == 0 else WEIGHTS
        add(
            "losses",
            f"{_title} weighted",
            _loss(_name, _options, _true, _pred, _weight),
        )
for _reduction in _REDUCTIONS:
    _options = {"reduction": _reduction}
    _title = _label("MeanSquaredError", _options)
    add("losses", _title, _loss("MeanSquaredError", _options, TARGETS, LOGITS, None))
    add(
        "losses",
        f"{_title} weighted",
        _loss("MeanSquaredError", _options, TARGETS, LOGITS, WEIGHTS),
    )


def _rank_case(y_true: Any, y_pred: Any, weight: Any) -> Case:
    return _loss("MeanSquaredError", {"reduction": "none"}, y_true, y_pred, weight)


_COLUMN = TARGETS[:, :1], LOGITS[:, :1]
add("losses", "ranks (6,) (6,1)", _rank_case(_COLUMN[0][:, 0], _COLUMN[1], None))
add("losses", "ranks (6,1) (6,)", _rank_case(_COLUMN[0], _COLUMN[1][:, 0], None))
add("losses", "ranks weight (6,1)", _rank_case(*_COLUMN, WEIGHTS[:, None]))
add("losses", "ranks weight scalar", _rank_case(*_COLUMN, 2.0))

# --- metrics -------------------------------------------------------------------------

_METRICS: list[tuple[str, dict[str, Any], Any, Any]] = [
    ("MeanSquaredError", {}, TARGETS, LOGITS),
    ("RootMeanSquaredError", {}, TARGETS, LOGITS),
    ("MeanAbsoluteError", {}, TARGETS, LOGITS),
    ("MeanAbsolutePercentageError", {}, TARGETS, LOGITS),
    ("MeanSquaredLogarithmicError", {}, SHARES, PROBABILITIES),
    ("LogCoshError", {}, TARGETS, LOGITS),
    ("CosineSimilarity", {}, TARGETS, LOGITS),
    ("Hinge", {}, BINARY, LOGITS),
    ("SquaredHinge", {}, BINARY, LOGITS),
    ("CategoricalHinge", {}, ONE_HOT, LOGITS),
    ("KLDivergence", {}, PROBABILITIES[::-1], PROBABILITIES),
    ("Poisson", {}, COUNTS, SHARES),
    ("BinaryCrossentropy", {}, BINARY, SHARES),
    (
        "BinaryCrossentropy",
        {"from_logits": True, "label_smoothing": 0.1},
        BINARY,
        LOGITS,
    ),
    ("CategoricalCrossentropy", {}, ONE_HOT, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {}, CLASSES, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, CLASSES, LOGITS),
    ("Accuracy", {}, CLASSES[:, None], CLASSES[::-1][:, None]),
    ("BinaryAccuracy", {}, BINARY, SHARES),
    ("BinaryAccuracy", {"threshold": 0.2}, BINARY, SHARES),
    ("CategoricalAccuracy", {}, ONE_HOT, PROBABILITIES),
    ("SparseCategoricalAccuracy", {}, CLASSES, PROBABILITIES),
    ("SparseCategoricalAccuracy", {}, CLASSES[:, None], LOGITS),
    ("TopKCategoricalAccuracy", {"k": 2}, ONE_HOT, PROBABILITIES),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, CLASSES, PROBABILITIES),
    ("PearsonCorrelation", {}, TARGETS, LOGITS),
    ("ConcordanceCorrelation", {}, TARGETS, LOGITS),
    ("TruePositives", {}, BINARY, SHARES),
    ("TruePositives", {"thresholds": [0.2, 0.7]}, BINARY, SHARES),
    ("FalsePositives", {}, BINARY, SHARES),
    ("TrueNegatives", {"thresholds": 0.3}, BINARY, SHARES),
    ("FalseNegatives", {}, BINARY, SHARES),
    ("Precision", {}, BINARY, SHARES),
    ("Precision", {"thresholds": [0.1, 0.5, 0.9]}, BINARY, SHARES),
    ("Precision", {"top_k": 2}, BINARY, SHARES),
    ("Precision", {"class_id": 3}, BINARY, SHARES),
    ("Recall", {}, BINARY, SHARES),
    ("Recall", {"top_k": 3}, BINARY, SHARES),
    ("Recall", {"top_k": 2, "class_id": 1}, BINARY, SHARES),
    ("AUC", {}, BINARY, SHARES),
    ("AUC", {"curve": "PR"}, BINARY, SHARES),
    ("AUC", {"curve": "PR", "summation_method": "minoring"}, BINARY, SHARES),
    ("AUC", {"summation_method": "majoring", "num_thresholds": 20}, BINARY, SHARES),
    ("AUC", {"from_logits": True}, BINARY, LOGITS),
    ("AUC", {"multi_label": True}, BINARY, SHARES),
    ("AUC", {"multi_label": True, "curve": "PR"}, BINARY, SHARES),
    (
        "AUC",
        {"multi_label": True, "label_weights": [1.0, 2.0, 0.5, 1.0, 1.0]},
        BINARY,
        SHARES,
    ),
    ("AUC", {"thresholds": [0.1, 0.4, 0.8]}, BINARY, SHARES),
    ("SensitivityAtSpecificity", {"specificity": 0.6}, BINARY, SHARES),
    ("SpecificityAtSensitivity", {"sensitivity": 0.6}, BINARY, SHARES),
    ("PrecisionAtRecall", {"recall": 0.6}, BINARY, SHARES),
    ("RecallAtPrecision", {"precision": 0.6}, BINARY, SHARES),
    ("F1Score", {}, BINARY, SHARES),
    ("F1Score", {"average": "micro", "threshold": 0.4}, BINARY, SHARES),
    ("F1Score", {"average": "weighted", "threshold": 0.4}, BINARY, SHARES),
    ("FBetaScore", {"beta": 2.0, "average": "macro"}, ONE_HOT, PROBABILITIES),
    ("R2Score", {}, TARGETS, TARGETS + 0.3 * LOGITS),
    ("R2Score", {"class_aggregation": None}, TARGETS, TARGETS + 0.3 * LOGITS),
    (
        "R2Score",
        {"class_aggregation": "variance_weighted_average", "num_regressors": 2},
        TARGETS,
        TARGETS + 0.3 * LOGITS,
    ),
    ("IoU", {"num_classes": 5, "target_class_ids": [1, 3]}, CLASSES, CLASSES[::-1]),
    ("MeanIoU", {"num_classes": 5}, CLASSES, CLASSES[::-1]),
    ("MeanIoU", {"num_classes": 5, "ignore_class": 1}, CLASSES, CLASSES[::-1]),
    ("BinaryIoU", {"threshold": 0.4}, BINARY, SHARES),
    (
        "OneHotIoU",
        {"num_classes": 5, "target_class_ids": [0, 2]},
        ONE_HOT,
        PROBABILITIES,
    ),
    ("OneHotMeanIoU", {"num_classes": 5}, ONE_HOT, PROBABILITIES),
]
# Counts of whole numbers: weights that are not would be rounded.
_COUNTING = ("IoU", "MeanIoU", "BinaryIoU", "OneHotIoU", "OneHotMeanIoU")


def _metric(
    name: str, options: dict[str, Any], y_true: Any, y_pred: Any, weight: Any
) -> Case:
    def run(keras: Any) -> Any:
        metric = getattr(keras.metrics, name)(**options)
        half = len(y_true) // 2
        weights = (None, None) if weight is None else (weight[:half], weight[half:])
        metric.update_state(y_true[:half], y_pred[:half], sample_weight=weights[0])
        metric.update_state(y_true[half:], y_pred[half:], sample_weight=weights[1])
        return to_numpy(metric.result(), keras)

    return run


for _name, _options, _true, _pred in _METRICS:
    _title = f"{_label(_name, _options)} {np.shape(_true)}"
    add("metrics", _title, _metric(_name, _options, _true, _pred, None))
    if _name not in _COUNTING:
        add(
            "metrics",
            f"{_title} weighted",
            _metric(_name, _options, _true, _pred, WEIGHTS),
        )

for _name in ("Mean", "Sum"):
    for _weight_name, _weight in {
        "none": None,
        "rows": WEIGHTS,
        "column": WEIGHTS[:, None],
        "full": SHARES,
    }.items():

        def _run(keras: Any, name: str = _name, weight: Any = _weight) -> Any:
            metric = getattr(keras.metrics, name)()
            metric.update_state(TARGETS, sample_weight=weight)
            metric.update_state(TARGETS[:, 0], sample_weight=WEIGHTS)
            return to_numpy(metric.result(), keras)

        add("metrics", f"{_name} weights={_weight_name}", _run)

# --- regularizers, constraints, initializers -----------------------------------------

for _name, _options in (
    ("L1", {"l1": 0.3}),
    ("L2", {"l2": 0.3}),
    ("L1L2", {"l1": 0.2, "l2": 0.1}),
    ("OrthogonalRegularizer", {"factor": 0.5}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
):

    def _regularizer(keras: Any, name: str = _name, options: Any = _options) -> Any:
        weight = keras.ops.convert_to_tensor(MATRIX)
        return to_numpy(getattr(keras.regularizers, name)(**options)(weight), keras)

    add("regularizers", _label(_name, _options), _regularizer)

for _name, _options in (
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.5, "axis": [0, 1, 2]}),
    ("MinMaxNorm", {"min_value": 0.4, "max_value": 0.9, "rate": 0.7}),
    ("NonNeg", {}),
    ("UnitNorm", {"axis": [0, 1]}),
):

    def _constraint(keras: Any, name: str = _name, options: Any = _options) -> Any:
        weight = keras.ops.convert_to_tensor(KERNEL)
        return to_numpy(getattr(keras.constraints, name)(**options)(weight), keras)

    add("constraints", _label(_name, _options), _constraint)

for _name, _options, _shape in (
    ("Constant", {"value": 2.5}, (2, 3)),
    ("Zeros", {}, (2, 3)),
    ("Ones", {}, (2, 3)),
    ("Identity", {"gain": 2.0}, (3, 4)),
    ("STFT", {}, (20, 1, 11)),
    ("STFT", {"side": "imag", "scaling": "spectrum", "periodic": True}, (16, 1, 17)),
    ("STFT", {"window": "hamming", "scaling": None}, (16, 1, 9)),
    ("STFT", {"window": None}, (16, 1, 9)),
):

    def _initializer(
        keras: Any, name: str = _name, options: Any = _options, shape: Any = _shape
    ) -> Any:
        return to_numpy(getattr(keras.initializers, name)(**options)(shape), keras)

    add("initializers", f"{_label(_name, _options)} {_shape}", _initializer)

# --- schedules -----------------------------------------------------------------------

for _name, _options in (
    ("ExponentialDecay", {"decay_steps": 7, "decay_rate": 0.6}),
    ("ExponentialDecay", {"decay_steps": 7, "decay_rate": 0.6, "staircase": True}),
    ("InverseTimeDecay", {"decay_steps": 7, "decay_rate": 0.6}),
    ("InverseTimeDecay", {"decay_steps": 7, "decay_rate": 0.6, "staircase": True}),
    ("PolynomialDecay", {"decay_steps": 7, "end_learning_rate": 0.1, "power": 2.0}),
    ("PolynomialDecay", {"decay_steps": 7, "end_learning_rate": 0.1, "cycle": True}),
    ("CosineDecay", {"decay_steps": 13, "alpha": 0.1}),
    ("CosineDecay", {"decay_steps": 13, "warmup_target": 1.5, "warmup_steps": 5}),
    ("CosineDecayRestarts", {"first_decay_steps": 5, "m_mul": 0.8, "alpha": 0.1}),
    ("CosineDecayRestarts", {"first_decay_steps": 5, "t_mul": 1.0}),
    ("PiecewiseConstantDecay", {"boundaries": [3, 9], "values": [1.0, 0.5, 0.1]}),
):

    def _schedule(keras: Any, name: str = _name, options: Any = _options) -> Any:
        first = {} if "boundaries" in options else {"initial_learning_rate": 0.7}
        schedule = getattr(keras.optimizers.schedules, name)(**first, **options)
        return np.array([float(schedule(step)) for step in range(23)], dtype="float32")

    add("schedules", _label(_name, _options), _schedule)

# --- optimizers ----------------------------------------------------------------------

STEPS = 10
WEIGHT_SHAPES = {"kernel": (4, 3), "bias": (3,), "embeddings": (5, 2)}
STARTS = {k: _random.normal(size=s).astype("float32") for k, s in WEIGHT_SHAPES.items()}
GRADIENTS = [
    {k: _random.normal(size=s).astype("float32") for k, s in WEIGHT_SHAPES.items()}
    for _ in range(STEPS)
]

_SHARED: list[dict[str, Any]] = [
    {"weight_decay": 0.1},
    {"clipnorm": 0.6},
    {"clipvalue": 0.3},
    {"global_clipnorm": 0.9},
    {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 4},
    {"gradient_accumulation_steps": 3, "clipnorm": 0.7},
    {"gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 2},
    {"loss_scale_factor": 4.0},
]
_OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "beta_2": 0.9}),
    ("AdamW", {"weight_decay": 0.05}),
    ("Adamax", {}),
    ("Nadam", {}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.7, "centered": True}),
    ("Adagrad", {}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Adafactor", {}),
    ("Adafactor", {"relative_step": False, "clip_threshold": 0.5}),
    ("Ftrl", {}),
    (
        "Ftrl",
        {
            "l1_regularization_strength": 0.1,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.1,
            "beta": 0.3,
            "learning_rate_power": -0.7,
        },
    ),
    ("Lion", {}),
    ("Lamb", {}),
    ("Muon", {}),
    ("Muon", {"nesterov": False, "rms_rate": None, "exclude_embeddings": False}),
    ("ScheduleFreeAdamW", {}),
    ("ScheduleFreeAdamW", {"warmup_steps": 4, "weight_decay": 0.1}),
    *(("SGD", {"momentum": 0.5, **shared}) for shared in _SHARED),
    *(("Adam", dict(shared)) for shared in _SHARED),
    *(("RMSprop", dict(shared)) for shared in _SHARED[:2]),
    *(("Muon", dict(shared)) for shared in _SHARED[5:6]),
    *(("Nadam", dict(shared)) for shared in _SHARED[5:6]),
]


def trajectory(
    keras: Any, optimizer: Any, gradients: Any = GRADIENTS, apply: Any = None
) -> np.ndarray:
    """The weights after each step, one row per step, and the optimizer's state last."""
    variables = [keras.Variable(value, name=k) for k, value in STARTS.items()]
    optimizer.build(variables)
    rows = []
    for step in gradients:
        grads = [keras.ops.convert_to_tensor(step[k]) for k in STARTS]
        if apply is None:
            optimizer.apply(grads, variables)
        else:
            apply(optimizer, grads, variables)
        rows.append(_row(keras, variables))
    optimizer.finalize_variable_values(variables)
    rows.append(_row(keras, variables))
    return np.stack(rows)


def _row(keras: Any, variables: Any) -> np.ndarray:
    return np.concatenate([to_numpy(v.value, keras).reshape(-1) for v in variables])


def make_optimizer(keras: Any, name: str, options: dict[str, Any]) -> Any:
    """The optimizer of a case."""
    return getattr(keras.optimizers, name)(**{"learning_rate": 0.05, **options})


for _name, _options in _OPTIMIZERS:

    def _weights(keras: Any, name: str = _name, options: Any = _options) -> Any:
        return trajectory(keras, make_optimizer(keras, name, options))

    def _state(keras: Any, name: str = _name, options: Any = _options) -> Any:
        optimizer = make_optimizer(keras, name, options)
        trajectory(keras, optimizer, GRADIENTS[:3])
        found = [to_numpy(v.value, keras).reshape(-1) for v in optimizer.variables]
        return np.concatenate([x.astype("float32") for x in found])

    add("optimizers", _label(_name, _options), _weights)
    add("optimizer_state", _label(_name, _options), _state)


def _scheduled(keras: Any) -> Any:
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 6)
    return trajectory(keras, keras.optimizers.Adam(schedule))


def _loss_scaled(keras: Any) -> Any:
    inner = keras.optimizers.SGD(0.05, momentum=0.5)
    optimizer = keras.optimizers.LossScaleOptimizer(
        inner, initial_scale=8.0, dynamic_growth_steps=3
    )
    gradients = [dict(step) for step in GRADIENTS]
    gradients[4] = {k: v * np.float32(np.inf) for k, v in gradients[4].items()}
    weights = trajectory(keras, optimizer, gradients)
    state = [to_numpy(v.value, keras).reshape(-1) for v in optimizer.variables]
    return np.concatenate([weights.reshape(-1), *[x.astype("float32") for x in state]])


def _excluded(keras: Any) -> Any:
    optimizer = keras.optimizers.AdamW(0.05, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return trajectory(keras, optimizer)


def _constrained(keras: Any) -> Any:
    variables = [keras.Variable(value, name=k) for k, value in STARTS.items()]
    for variable in variables:
        variable.constraint = keras.constraints.UnitNorm()
    optimizer = keras.optimizers.Adam(0.05)
    for step in GRADIENTS[:4]:
        grads = [keras.ops.convert_to_tensor(step[k]) for k in STARTS]
        optimizer.apply(grads, variables)
    return _row(keras, variables)


def _rate_changed(keras: Any) -> Any:
    optimizer = keras.optimizers.SGD(0.05, momentum=0.9)

    def apply(optimizer: Any, grads: Any, variables: Any) -> None:
        optimizer.apply(grads, variables)
        optimizer.learning_rate = float(to_numpy(optimizer.learning_rate, keras)) * 0.5

    return trajectory(keras, optimizer, apply=apply)


add("optimizers", "Adam with a schedule", _scheduled)
add("optimizers", "LossScaleOptimizer", _loss_scaled)
add("optimizers", "AdamW without decay of the bias", _excluded)
add("optimizers", "Adam with constraints", _constrained)
add("optimizers", "SGD with a learning rate that is set", _rate_changed)

# --- layers --------------------------------------------------------------------------


def _renorm(keras: Any, clipping: Any = None, axis: int = -1, **more: Any) -> Any:
    layer = keras.layers.BatchNormalization(
        axis, 0.9, renorm=True, renorm_clipping=clipping, renorm_momentum=0.7, **more
    )
    rows = []
    for step in range(3):
        x = TARGETS * (step + 1) + WEIGHTS[:, None]
        rows.append(to_numpy(layer(x, training=True), keras).reshape(-1))
    rows.append(to_numpy(layer(TARGETS), keras).reshape(-1))
    rows.extend(to_numpy(weight, keras).reshape(-1) for weight in layer.weights)
    return np.concatenate(rows)


def _renorm_clipped(keras: Any) -> Any:
    return _renorm(keras, {"rmax": 1.5, "rmin": 0.8, "dmax": 0.3})


def _renorm_plain(keras: Any) -> Any:
    return _renorm(keras, {"rmin": 0.9}, scale=False, center=False)


add("layers", "BatchNormalization(renorm=True)", _renorm)
add("layers", "BatchNormalization(renorm=True) clipped", _renorm_clipped)
add("layers", "BatchNormalization(renorm=True) without gamma and beta", _renorm_plain)

SEQUENCES = _random.normal(size=(4, 3, 5)).astype("float32")


def _slopes(shared_axes: Any) -> Case:
    def case(keras: Any) -> Any:
        layer = keras.layers.PReLU(shared_axes=shared_axes)
        layer.build(SEQUENCES.shape)
        shape = layer.alpha.shape
        layer.set_weights([SHARES[:3, :5][: shape[0], : shape[1]]])
        return to_numpy(layer(SEQUENCES), keras)

    return case


for _shared in (None, 1, [2], (1, 2)):
    add("layers", f"PReLU(shared_axes={_shared})", _slopes(_shared))


def _of_sequences(name: str, options: dict[str, Any]) -> Case:
    def case(keras: Any) -> Any:
        return to_numpy(getattr(keras.layers, name)(**options)(SEQUENCES), keras)

    return case


for _name, _options in (
    ("LeakyReLU", {}),
    ("LeakyReLU", {"negative_slope": 0.7}),
    ("ELU", {}),
    ("ELU", {"alpha": 0.5}),
):
    add("layers", _label(_name, _options), _of_sequences(_name, _options))


def _dot(axes: Any, shapes: Any, normalize: bool = False) -> Case:
    generator = np.random.RandomState(7)
    inputs = [generator.normal(size=shape).astype("float32") for shape in shapes]

    def case(keras: Any) -> Any:
        return to_numpy(keras.layers.Dot(axes, normalize)(inputs), keras)

    return case


for _axes, _shapes in (
    (1, [(2, 3), (2, 3)]),
    (-1, [(2, 3), (2, 3)]),
    (1, [(2, 3, 4), (2, 3, 5)]),
    (-1, [(2, 3, 4), (2, 5, 4)]),
    ((2, 1), [(2, 3, 4), (2, 4, 5)]),
    ([1, 2], [(2, 3, 4), (2, 5, 3)]),
    ((1, 1), [(2, 3), (2, 3, 5)]),
    ((2, 1), [(2, 5, 3), (2, 3)]),
    ((1, 3), [(2, 3), (2, 4, 5, 3)]),
    ((1, 2), [(2, 3, 4, 5), (2, 6, 3)]),
    ((2, 3), [(2, 3, 4, 5), (2, 6, 7, 4)]),
    ((-1, -2), [(2, 3, 4, 5), (2, 3, 5, 6)]),
):
    add("layers", f"Dot({_axes}) of {_shapes}", _dot(_axes, _shapes))
    add("layers", f"Dot({_axes}, True) of {_shapes}", _dot(_axes, _shapes, True))


def add_layer(
    name: str,
    shape: Any,
    options: dict[str, Any],
    inner: Callable[[Any], Any] | None = None,
    **call: Any,
) -> None:
    """Enters a layer, called on inputs and with weights that are the same everywhere.

    The result is its outputs, and then its weights. More shapes in a list stand for
    more inputs; in a tuple of tuples, for those of a layer that takes each by itself.
    """

    def case(keras: Any) -> Any:
        generator = np.random.RandomState(11)
        arguments = () if inner is None else (inner(keras),)
        layer = getattr(keras.layers, name)(*arguments, **options)
        many = shape if isinstance(shape[0], tuple) else [shape]
        inputs = [generator.normal(size=s).astype("float32") for s in many]
        given = [inputs] if isinstance(shape, list) else inputs
        layer(*given)
        layer.set_weights(
            [generator.normal(size=w.shape).astype("float32") for w in layer.weights]
        )
        found = layer(*given, **call)
        found = [*(found if isinstance(found, tuple) else (found,)), *layer.weights]
        return np.concatenate([to_numpy(x, keras).reshape(-1) for x in found])

    how = [_label(name, options), *call]
    add("layers", f"layer {' '.join(how)}", case)


add_layer("GroupNormalization", (2, 5, 6), {"groups": 3})
add_layer("GroupNormalization", (2, 4, 3, 5), {"groups": -1, "axis": 1})
add_layer("GroupNormalization", (2, 3, 4), {"groups": 1, "epsilon": 0.1})
add_layer("RMSNormalization", (2, 5, 6), {})
add_layer("RMSNormalization", (2, 5, 6), {"axis": [2, 1], "epsilon": 0.1})
add_layer("UnitNormalization", (2, 5, 6), {})
add_layer("UnitNormalization", (2, 5, 6), {"axis": [1, 2]})
add_layer(
    "SpectralNormalization",
    (4, 6),
    {"power_iterations": 2},
    lambda keras: keras.layers.Dense(3),
    training=True,
)
for _rank in (1, 2, 3):
    _sizes = (5, 7, 4)[:_rank]
    for _kind in ("Average", "Max"):
        _name = f"Adaptive{_kind}Pooling{_rank}D"
        add_layer(_name, (2, *_sizes, 3), {"output_size": (3, 2, 3)[:_rank]})
        _first = {"output_size": 2, "data_format": "channels_first"}
        add_layer(_name, (2, 3, *_sizes), _first)

_SEEN = [np.eye(2, 4) < 1, np.eye(2, 5, 1) + np.eye(2, 5, 3) < 1]
for _name, _options in [
    ("Attention", {}),
    ("Attention", {"use_scale": True}),
    ("Attention", {"use_scale": True, "score_mode": "concat"}),
    ("AdditiveAttention", {}),
    ("AdditiveAttention", {"use_scale": False}),
]:
    add_layer(_name, [(2, 4, 3), (2, 5, 3)], _options)
    add_layer(
        _name,
        [(2, 4, 3), (2, 5, 6), (2, 5, 3)],
        _options,
        mask=_SEEN,
        use_causal_mask=True,
        return_attention_scores=True,
    )

for _options in (
    {},
    {"tie_weights": False},
    {"logit_soft_cap": 0.5},
    {"tie_weights": False, "reverse_dtype": "float16", "logit_soft_cap": 2.0},
):
    _sizes = {"input_dim": 5, "output_dim": 3}
    add_layer("ReversibleEmbedding", (2, 4, 3), {**_sizes, **_options}, reverse=True)

_HEADS = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
_FIRST_TWO = {"query_mask": _SEEN[0], "value_mask": _SEEN[1]}
_GROUPED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"use_gate": True, "use_bias": False}, {"use_causal_mask": True}),
    ({"sliding_window": 2}, {"return_attention_scores": True}),
    ({"num_key_value_heads": 1}, {**_FIRST_TWO, "return_attention_scores": True}),
    ({"num_key_value_heads": 4}, {"value_mask": _SEEN[1]}),
]
for _options, _call in _GROUPED:
    _apart = ((2, 4, 6), (2, 5, 7), (2, 5, 6))
    add_layer("GroupQueryAttention", _apart, {**_HEADS, **_options}, **_call)
