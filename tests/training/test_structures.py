"""Every structure of outputs, losses, weights, metrics and targets is routed right.

A row says how outputs, losses and weights are spelled, and what they come to:
`"a_loss = a:mse*10"` is a tracker of that name with the mean squared error of output
`a`, which counts ten times in the total. The outputs are all 0 and the targets 1, 2
and 3, so the expected numbers are plain arithmetic; they were compared with Keras.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops

Pair = namedtuple("Pair", ["a", "b"])
TARGETS = {"a": 1.0, "b": 2.0, "c": 3.0}
SAMPLES = 4
X = np.ones((SAMPLES, 3), "float32")
AB, NESTED = {"a": "a", "b": "b"}, {"pair": ("a", "b"), "z": "c"}
TWO = ["mse", "mae"]
BOTH = "a_loss = a:mse, b_loss = b:mae"


def whole(y_true: Any, y_pred: Any) -> Any:
    """A loss that compares a structure of outputs."""
    trues, preds = keras.tree.flatten(y_true), keras.tree.flatten(y_pred)
    return sum(ops.mean(ops.abs(t - p), -1) for t, p in zip(trues, preds, strict=True))


def filled(structure: Any, entries: dict[str, Any]) -> Any:
    if isinstance(structure, dict):
        return {key: filled(part, entries) for key, part in structure.items()}
    if hasattr(structure, "_fields"):
        return type(structure)(*[filled(part, entries) for part in structure])
    if isinstance(structure, (list, tuple)):
        return type(structure)(filled(part, entries) for part in structure)
    return None if structure is None else entries[structure]


def targets(structure: Any) -> Any:
    arrays = {
        name: np.full((SAMPLES, 1), value, "float32") for name, value in TARGETS.items()
    }
    return filled(structure, arrays)


class Subclassed(keras.Model):
    def __init__(self, outputs: Any) -> None:
        super().__init__()
        self.parts = [keras.layers.Dense(1, kernel_initializer="zeros") for _ in "abc"]
        self.structure = str(outputs)
        self.fill = lambda made: filled(outputs, made)

    def call(self, inputs: Any) -> Any:
        made = [part(inputs) for part in self.parts]
        return self.fill(dict(zip("abc", made, strict=True)))


def model_of(outputs: Any, subclassed: bool = False) -> Any:
    if subclassed:
        return Subclassed(outputs)
    inputs = keras.Input((3,))
    made = {
        name: keras.layers.Dense(1, name=name, kernel_initializer="zeros")(inputs)
        for name in "abc"
    }
    return keras.Model(inputs, filled(outputs, made))


def value_of(term: str) -> tuple[float, float]:
    """The value of `"ab:mse*10"` and what it adds to the total."""
    place, _, rest = term.strip().partition(":")
    kind, _, factor = rest.partition("*")
    numbers = [TARGETS[name] for name in place]
    value = {
        "mse": np.mean(np.square(numbers)),
        "mae": np.mean(numbers),
        "whole": np.sum(numbers),
    }[kind]
    return float(value), float(value) * float(factor or 1)


def expected(text: str) -> dict[str, float]:
    logs, total = {}, 0.0
    for entry in text.split(","):
        name, _, terms = entry.rpartition("=")
        values = [value_of(term) for term in terms.split("+")]
        total += sum(counted for _, counted in values)
        if name:
            logs[name.strip()] = sum(value for value, _ in values)
    return {**logs, "loss": total}


LOSSES = [
    # One output, spelled in four ways.
    *[
        row
        for one in ("b", ["b"], ("b",), {"b": "b"})
        for row in (
            (one, "mse", None, "b:mse"),
            (one, ["mse"], None, "b:mse"),
            (one, [["mse"]], [10], "b:mse*10"),
            (one, {"b": "mse"}, None, "b:mse"),
            (one, TWO, [10, 100], "b_loss = b:mse*10 + b:mae*100"),
            (one, "mse", 10, "b:mse*10"),
        )
    ],
    # Two, in every kind of container.
    *[
        row
        for two in (["a", "b"], ("a", "b"), Pair("a", "b"), AB, {"b": "b", "a": "a"})
        for row in (
            (two, "mse", None, "a_loss = a:mse, b_loss = b:mse"),
            (two, "mse", [10], "a_loss = a:mse*10, b_loss = b:mse*10"),
            (two, "mse", [10, 100], "a_loss = a:mse*10, b_loss = b:mse*100"),
            (two, TWO, None, BOTH),
            (two, tuple(TWO), (10, 100), "a_loss = a:mse*10, b_loss = b:mae*100"),
            (two, Pair(*TWO), None, BOTH),
            (two, [["mse"], ["mae"]], None, BOTH),
            (two, {"a": "mse", "b": "mae"}, None, BOTH),
            (
                two,
                {"a": "mse", "b": "mae"},
                {"b": 100},
                "a_loss = a:mse, b_loss = b:mae*100",
            ),
            (two, {"b": "mae"}, None, "b:mae"),
            (two, {"a": None, "b": "mae"}, None, "b:mae"),
            (two, ["mse", None], [10, None], "a:mse*10"),
            (two, [None, "mae"], [10, 100], "b:mae*100"),
            (two, whole, None, "a_loss = a:whole, b_loss = b:whole"),
        )
    ],
    # Lists of losses: per output of a list, else for the whole.
    (["a", "b"], ["mse"], None, "a:mse"),
    (["a", "b"], ["mse", TWO], None, "a_loss = a:mse, b_loss = b:mse + b:mae"),
    (["a", "b"], [TWO, None], [[10, 100], None], "a_loss = a:mse*10 + a:mae*100"),
    (AB, {"a": TWO, "b": "mae"}, None, "a_loss = a:mse + a:mae, b_loss = b:mae"),
    (AB, {"a": ["mse"]}, None, "a:mse"),
    (("a", "b"), ("mse",), None, "a:mse"),
    (("a", "b"), ["mse"], None, "ab:mse"),
    (AB, [whole], None, "ab:whole"),
    *[
        row
        for two, parts, factors in (
            (AB, {"a": "mse", "b": "mae"}, {"a": 10, "b": 100}),
            (AB, tuple(TWO), (10, 100)),
            (("a", "b"), tuple(TWO), (10, 100)),
            (Pair("a", "b"), Pair(*TWO), [10, 100]),
        )
        for row in (
            (two, [whole, parts], None, f"a_b_loss = ab:whole, {BOTH}"),
            (
                two,
                [whole, parts],
                [2, factors],
                "a_b_loss = ab:whole*2, a_loss = a:mse*10, b_loss = b:mae*100",
            ),
            (
                two,
                [whole, parts],
                [2, 10, 100],
                "a_b_loss = ab:whole*2, a_loss = a:mse*10, b_loss = b:mae*100",
            ),
        )
    ],
    # Nested outputs: names are paths.
    (
        NESTED,
        "mse",
        None,
        "pair/a_loss = a:mse, pair/b_loss = b:mse, z_loss = c:mse",
    ),
    (
        NESTED,
        {"pair": TWO, "z": "mse"},
        {"pair": [10, 100], "z": 2},
        "pair/a_loss = a:mse*10, pair/b_loss = b:mae*100, z_loss = c:mse*2",
    ),
    (
        NESTED,
        ["mse", "mae", "mse"],
        None,
        "pair/a_loss = a:mse, pair/b_loss = b:mae, z_loss = c:mse",
    ),
    (NESTED, {"pair": whole, "z": "mse"}, None, "pair_loss = ab:whole, z_loss = c:mse"),
    (NESTED, {"pair": "mse", "z": "mse"}, None, "pair_loss = ab:mse, z_loss = c:mse"),
    (NESTED, {"z": "mse"}, None, "c:mse"),
    (
        [["a", "b"], "c"],
        [TWO, "mse"],
        None,
        "0/a_loss = a:mse, 0/b_loss = b:mae, c_loss = c:mse",
    ),
    ([["a", "b"], "c"], [whole, "mse"], None, "0_loss = ab:whole, c_loss = c:mse"),
    (
        {"p": {"x": "a", "y": "b"}, "z": "c"},
        {"p": {"x": "mse"}, "z": "mae"},
        None,
        "p/x_loss = a:mse, z_loss = c:mae",
    ),
]


def test_losses_and_weights() -> None:
    with keras.backend_scope("numpy"):
        for outputs, loss, weights, text in LOSSES:
            model = model_of(outputs)
            model.compile("sgd", loss, loss_weights=weights)
            logs = model.evaluate(X, targets(outputs), verbose=0, return_dict=True)
            assert logs == pytest.approx(expected(text)), (outputs, loss, weights)


# How the targets may be spelled, beside the outputs; None for one that does not fit.
Y = [
    *[
        (outputs, y, "mse", "a_loss = a:mse, b_loss = b:mse")
        for outputs in (["a", "b"], ("a", "b"), AB)
        for y in (["a", "b"], ("a", "b"), AB, {"b": "b", "a": "a"}, Pair("a", "b"))
    ],
    (NESTED, {"pair": ["a", "b"], "z": "c"}, {"z": "mse"}, "c:mse"),
    (NESTED, ["a", "b", "c"], {"z": "mse"}, "c:mse"),
    # The target of those outputs alone that have a loss.
    *[
        row
        for outputs in (list("abc"), tuple("abc"))
        for row in (
            (outputs, "a", ["mse", None, None], "a:mse"),
            (outputs, ["a"], ["mse", None, None], "a:mse"),
            (outputs, ("b",), [None, "mse", None], "b:mse"),
            (outputs, {"b": "b"}, [None, "mse", None], "b:mse"),
            (outputs, ["b", "c"], [None, *TWO], "b_loss = b:mse, c_loss = c:mae"),
            (outputs, ["a", None, None], ["mse", None, None], "a:mse"),
            (outputs, "b", {"b": "mse"}, "b:mse"),
        )
    ],
    ({"a": "a", "b": "b", "c": "c"}, {"b": "b"}, {"b": "mse"}, "b:mse"),
    ({"a": "a", "b": "b", "c": "c"}, "b", {"b": "mse"}, "b:mse"),
    (["a", "b"], ["a"], "mse", None),
    (["a", "b"], ["a", "b", "c"], "mse", None),
    (["a", "b"], ["a", None], "mse", None),
    (AB, {"a": "a", "z": "b"}, "mse", None),
    (list("abc"), {"b": "b"}, ["mse", None, None], None),
]


def test_targets() -> None:
    with keras.backend_scope("numpy"):
        for outputs, y, loss, text in Y:
            model = model_of(outputs)
            model.compile("sgd", loss)
            if text is None:
                # Both structures are shown.
                with pytest.raises(ValueError, match=r"structured as: .*\n.*y="):
                    model.evaluate(X, targets(y), verbose=0)
                continue
            logs = model.evaluate(X, targets(y), verbose=0, return_dict=True)
            assert logs == pytest.approx(expected(text)), (outputs, y, loss)


MSE_MAE = "a_mse = a:mse, b_mae = b:mae"
METRICS = [
    *[
        (outputs, metrics, MSE_MAE)
        for outputs in (["a", "b"], ("a", "b"), AB, {"b": "b", "a": "a"})
        for metrics in (
            TWO,
            (("mse",), ("mae",)),
            [["mse"], ["mae"]],
            {"a": "mse", "b": ["mae"]},
        )
    ],
    (["a", "b"], [["mse", "mse"], None], "a_mse = a:mse, a_mse_1 = a:mse"),
    (AB, {"b": ["mae"]}, "b_mae = b:mae"),
    (NESTED, {"pair": [["mse"], "mae"]}, MSE_MAE),
    ("b", ["mse", ["mae"]], "mse = b:mse, mae = b:mae"),
    ("b", {"any": ["mse"]}, "mse = b:mse"),
]


def test_metrics() -> None:
    with keras.backend_scope("numpy"):
        for outputs, metrics, text in METRICS:
            model = model_of(outputs)
            model.compile("sgd", metrics=metrics, weighted_metrics=metrics)
            logs = model.evaluate(X, targets(outputs), verbose=0, return_dict=True)
            wanted = expected(text)
            for name, value in list(wanted.items()):
                prefix = name[:2] if name[1] == "_" else ""
                wanted[f"{prefix}weighted_{name.removeprefix(prefix)}"] = value
            del wanted["weighted_loss"]
            assert logs == pytest.approx({**wanted, "loss": 0.0}), (outputs, metrics)


@pytest.mark.parametrize(
    ("outputs", "loss", "names"),
    [
        (["a", "b"], TWO, ["mae_loss", "mse_loss"]),
        (("a", "b"), "mse", ["mse_loss", "mse_loss_1"]),
        (AB, TWO, ["a_loss", "b_loss"]),
        ({"p": ("a", "b"), "z": "c"}, "mae", ["p/mae_loss", "p/mae_loss_1", "z_loss"]),
        ([("a", "b"), "c"], [whole, "mse"], ["0_loss", "mse_loss"]),
    ],
)
def test_names_of_outputs_that_have_none(backend, outputs, loss, names) -> None:
    model = model_of(outputs, subclassed=True)
    model.compile("sgd", loss)
    logs = model.evaluate(X, targets(outputs), verbose=0, return_dict=True)
    assert sorted(logs) == sorted(["loss", *names])


def test_routing_in_training(training_backend) -> None:
    """The same in a compiled step, with weights of samples."""
    model = model_of(AB)
    model.compile(
        keras.optimizers.SGD(0.0),
        [whole, {"a": "mse", "b": "mae"}],
        loss_weights=[1, {"a": 10, "b": 100}],
        metrics={"a": ["mae"]},
        weighted_metrics={"a": ["mae"]},
    )
    weights = np.array([2, 0, 2, 0], "float32")
    history = model.fit(X, targets(AB), sample_weight=weights, verbose=0).history
    assert {name: round(value, 4) for name, (value,) in history.items()} == {
        "loss": 213.0,
        "a_b_loss": 3.0,
        "a_loss": 1.0,
        "b_loss": 2.0,
        "a_mae": 1.0,
        "a_weighted_mae": 1.0,
    }


def test_a_loss_of_several_outputs_takes_one_weight() -> None:
    with keras.backend_scope("numpy"):
        model = model_of(AB)
        model.compile("sgd", [whole])
        y, one = targets(AB), np.array([2, 0, 2, 0], "float32")
        assert model.evaluate(X, y, sample_weight=one, verbose=0) == pytest.approx(3)
        with pytest.raises(ValueError, match="takes one `sample_weight`"):
            weights = {"a": one, "b": np.ones(SAMPLES)}
            model.evaluate(X, y, sample_weight=weights, verbose=0)


def test_loss_of_more_outputs_than_the_model_has(training_backend) -> None:
    """`compute_loss` may compare something else than what the model returned."""

    class Twice(keras.Model):
        def __init__(self) -> None:
            inputs = keras.Input((3,))
            outputs = keras.layers.Dense(1, kernel_initializer="zeros")(inputs)
            super().__init__(inputs=inputs, outputs=outputs)

        def compute_loss(self, x, y, y_pred, sample_weight=None, **kwargs):
            return super().compute_loss(x, y, (y_pred, y_pred), sample_weight, **kwargs)

    model = Twice()
    model.compile(keras.optimizers.SGD(0.0), loss=TWO)
    history = model.fit(X, targets(("a", "b")), verbose=0).history
    assert history == {"loss": [3.0], "mse_loss": [1.0], "mae_loss": [2.0]}


def test_crossentropy_by_the_shapes(training_backend) -> None:
    inputs = keras.Input((3,))
    dense = keras.layers.Dense
    many = dense(3, "softmax", kernel_initializer="zeros", name="many")(inputs)
    one = dense(1, "sigmoid", kernel_initializer="zeros", name="one")(inputs)
    model = keras.Model(inputs, [many, one])
    classes, binary = np.array([0, 1, 2, 0]), np.array([0, 1, 1, 0])
    for y in (classes, classes[:, None], np.eye(3)[classes]):
        model.compile(keras.optimizers.SGD(0.0), {"many": "crossentropy", "one": "ce"})
        history = model.fit(X, [y, binary], verbose=0).history
        assert history["many_loss"] == [pytest.approx(np.log(3), rel=1e-5)]
        assert history["one_loss"] == [pytest.approx(np.log(2), rel=1e-5)]


def test_metric_objects_stay_those_of_compile(backend) -> None:
    model = model_of(["a", "b"])
    metrics = [keras.metrics.MeanAbsoluteError(name="mae") for _ in "ab"]
    model.compile("sgd", "mse", metrics=[[each] for each in metrics])
    logs = model.evaluate(X, targets(["a", "b"]), verbose=0, return_dict=True)
    assert sorted(logs) == ["a_loss", "a_mae", "b_loss", "b_mae", "loss"]
    assert len(model.metrics) == 4


def test_order_of_the_results_in_a_list(backend) -> None:
    """The loss, metrics by their own names, losses of outputs, then the others."""
    model = model_of(["b", "a"])
    model.compile("sgd", "mse", metrics=[["mse", "mae"], ["mae"]])
    values = model.evaluate(X, targets(["b", "a"]), verbose=0)
    assert values == pytest.approx([5, 4, 1, 1, 2, 4])  # a_mae, b_mae, b_mse
    model = model_of("b")
    model.compile("sgd", "mse", metrics=["mse", "mae"])
    assert model.evaluate(X, targets("b"), verbose=0) == pytest.approx([4, 4, 2])


@pytest.mark.parametrize("loss", ["mse", keras.losses.MeanSquaredError])
def test_missing_targets_are_named(backend: str, loss: Any) -> None:
    """As is a weight for an output that is not there; both structures are shown."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", loss if isinstance(loss, str) else loss())
    y = np.ones((SAMPLES, 1), "float32")
    for run in (model.fit, model.evaluate)[backend == "numpy" :]:
        with pytest.raises(ValueError, match="`y` does not fit.*\n.*\n.*y=None"):
            run(X, verbose=0)
    with pytest.raises(ValueError, match="`sample_weight` does not fit.*\n.*dense"):
        model.test_on_batch(X, y, sample_weight=[np.ones(SAMPLES), None])


def test_a_function_need_not_look_at_targets(backend: str) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", lambda y_true, y_pred: ops.mean(y_pred))
    expected = float(ops.convert_to_numpy(ops.mean(model(X))))
    assert model.evaluate(X, verbose=0) == pytest.approx(expected, abs=1e-6)


def test_a_loss_of_tensors_for_outputs_of_other_shapes(backend: str) -> None:
    """Nothing can be stacked: both structures are shown, not the framework's error."""
    inputs = keras.Input((3,))
    outputs = (keras.layers.Dense(2)(inputs), keras.layers.Dense(1)(inputs))
    model = keras.Model(inputs, outputs)
    y = (np.ones((SAMPLES, 2)), np.ones((SAMPLES, 1)))
    model.compile(loss=["mse", ("mae", "mse")])
    with pytest.raises(ValueError, match=r"has 2 output(?s:.*)Received: loss="):
        model.evaluate(X, y, verbose=0)


def test_a_loss_of_the_users_own_may_take_names(backend: str) -> None:
    """A subclass of a loss of ours, as any class of the user."""

    class OfBoth(keras.losses.MeanSquaredError):
        def call(self, y_true, y_pred):
            return sum(super(OfBoth, self).call(y_true[k], y_pred[k]) for k in y_true)

    inputs = keras.Input((3,))
    zeros = keras.layers.Dense(1, kernel_initializer="zeros")(inputs)
    model = keras.Model(inputs, [{"a": zeros, "b": zeros}])
    model.compile(loss=[OfBoth()])
    y = [{"a": np.ones((SAMPLES, 1)), "b": np.ones((SAMPLES, 1))}]
    assert model.evaluate(X, y, verbose=0) == 2
