"""Optimizers: contracts over all of them. Numbers: tests/golden."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import keras
from keras import optimizers
from tests.golden.cases import (
    _OPTIMIZERS,
    GRADIENTS,
    STARTS,
    make_optimizer,
    to_numpy,
    trajectory,
)

IDS = [
    f"{name}({', '.join(f'{k}={v}' for k, v in options.items())})"
    for name, options in _OPTIMIZERS
]
FIXTURES = Path(__file__).parents[1] / "fixtures" / "keras_3_15"
NAMES = sorted({name for name, _ in _OPTIMIZERS})


def weights() -> list[Any]:
    """New variables with the starting values."""
    return [keras.Variable(value, name=name) for name, value in STARTS.items()]


def gradients(step: int) -> list[Any]:
    """The gradients of a step, as tensors."""
    return [keras.ops.convert_to_tensor(GRADIENTS[step][name]) for name in STARTS]


def state(optimizer: Any) -> list[np.ndarray]:
    """The values of an optimizer's variables."""
    return [np.array(variable.numpy()) for variable in optimizer.variables]


@pytest.mark.parametrize(("name", "options"), _OPTIMIZERS, ids=IDS)
def test_stateless_is_stateful(
    backend: str, name: str, options: dict[str, Any]
) -> None:
    expected = trajectory(keras, make_optimizer(keras, name, options))[:-1]
    optimizer, variables = make_optimizer(keras, name, options), weights()
    optimizer.build(variables)
    values = [variable.value for variable in variables]
    inner = [variable.value for variable in optimizer.variables]
    before = state(optimizer)
    rows = []
    for step in range(len(GRADIENTS)):
        values, inner = optimizer.stateless_apply(inner, gradients(step), values)
        rows.append(np.concatenate([to_numpy(v, keras).reshape(-1) for v in values]))
    np.testing.assert_allclose(np.stack(rows), expected, rtol=1e-5, atol=2e-6)
    for old, now in zip(before, state(optimizer), strict=True):
        np.testing.assert_array_equal(now, old)


@pytest.mark.parametrize(("name", "options"), _OPTIMIZERS, ids=IDS)
def test_compiled_is_eager(
    training_backend: str, name: str, options: dict[str, Any]
) -> None:
    expected = trajectory(keras, make_optimizer(keras, name, options), GRADIENTS[:5])
    optimizer, variables = make_optimizer(keras, name, options), weights()
    optimizer.build(variables)

    @keras.jit
    def step(grads: Any) -> None:
        optimizer.apply(grads, variables)

    for number in range(5):
        step(gradients(number))
    found = np.concatenate([v.numpy().reshape(-1) for v in variables])
    np.testing.assert_allclose(found, expected[-2], rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", NAMES)
def test_lowers_a_loss(training_backend: str, name: str) -> None:
    rate = {"Adadelta": 30.0, "Adagrad": 0.3, "Ftrl": 0.3, "Lion": 0.02}.get(name, 0.05)
    optimizer = getattr(optimizers, name)(learning_rate=rate)
    variable = keras.Variable(np.linspace(-1.0, 1.0, 12).reshape(4, 3), dtype="float32")
    target = keras.ops.convert_to_tensor(np.full((4, 3), 0.3, dtype="float32"))

    def loss() -> Any:
        return keras.ops.mean(keras.ops.square(variable.value - target))

    step = keras.value_and_grad(loss, variables=[variable])
    first = None
    for _ in range(40):
        value, grads = step()
        first = float(to_numpy(value, keras)) if first is None else first
        optimizer.apply(grads, [variable])
    assert float(to_numpy(loss(), keras)) < 0.7 * first


@pytest.mark.parametrize(("name", "options"), _OPTIMIZERS, ids=IDS)
def test_state_saved_and_loaded(
    backend: str, name: str, options: dict[str, Any]
) -> None:
    first, variables = make_optimizer(keras, name, options), weights()
    for step in range(3):
        first.apply(gradients(step), variables)
    store: dict[str, Any] = {}
    first.save_own_variables(store)
    assert sorted(store, key=int) == [str(i) for i in range(len(first.variables))]

    second = type(first).from_config(first.get_config())
    copies = [keras.Variable(v.numpy(), name=v.name) for v in variables]
    second.build(copies)
    second.load_own_variables(store)
    for step in range(3, 6):
        first.apply(gradients(step), variables)
        second.apply(gradients(step), copies)
    for one, two in zip(variables, copies, strict=True):
        np.testing.assert_array_equal(two.numpy(), one.numpy())


@pytest.mark.parametrize(("name", "options"), _OPTIMIZERS, ids=IDS)
def test_config_round_trip(backend: str, name: str, options: dict[str, Any]) -> None:
    optimizer = make_optimizer(keras, name, options)
    config = json.loads(json.dumps(optimizers.serialize(optimizer)))
    restored = optimizers.deserialize(config)
    assert restored.get_config() == optimizer.get_config()
    expected = trajectory(keras, optimizer, GRADIENTS[:3])
    found = trajectory(keras, restored, GRADIENTS[:3])
    np.testing.assert_array_equal(found, expected)


FUSED = [row for row in _OPTIMIZERS if row[0] in ("SGD", "Adam", "AdamW", "RMSprop")]


@pytest.mark.parametrize(("name", "options"), FUSED)
def test_fused_steps_are_the_plain_ones(name: str, options: dict[str, Any]) -> None:
    """On torch all variables are updated at once; a subclass takes the plain path."""
    with keras.backend_scope("torch"):
        cls = getattr(optimizers, name)

        class Plain(cls):
            def update_step(
                self, gradient: Any, variable: Any, learning_rate: Any
            ) -> None:
                super().update_step(gradient, variable, learning_rate)

        fused = cls(**{"learning_rate": 0.05, **options})
        plain = Plain(**{"learning_rate": 0.05, **options})
        assert fused._kernel() is not None
        assert plain._kernel() is None
        one, two = trajectory(keras, fused), trajectory(keras, plain)
        np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-6)
        for a, b in zip(state(fused), state(plain), strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-6, atol=1e-7)


def test_fused_steps_take_gradients_of_any_layout() -> None:
    with keras.backend_scope("torch"):
        import torch

        start = np.arange(12, dtype="float32").reshape(3, 4)
        gradient = torch.arange(12.0).reshape(4, 3).T
        assert not gradient.is_contiguous()
        one, two = keras.Variable(start), keras.Variable(start)
        optimizers.Adam(0.1).apply([gradient], [one])
        optimizers.Adam(0.1).apply([gradient.contiguous()], [two])
        np.testing.assert_array_equal(one.numpy(), two.numpy())


def test_the_host_notices_what_others_write(backend: str) -> None:
    """Step and learning rate are mirrored on the host; writes elsewhere still count."""
    optimizer, variables = optimizers.SGD(0.5), [keras.Variable(np.zeros(2, "float32"))]
    grads = [keras.ops.ones((2,))]
    optimizer.apply(grads, variables)
    optimizer.learning_rate.assign(0.25)
    optimizer.apply(grads, variables)
    np.testing.assert_allclose(variables[0].numpy(), -0.75)
    optimizer.learning_rate = 1.0
    optimizer.apply(grads, variables)
    np.testing.assert_allclose(variables[0].numpy(), -1.75)
    assert int(optimizer.iterations.numpy()) == 3

    adam = optimizers.Adam(0.1)
    adam.build(variables)
    adam.iterations.assign(1000)
    plain = keras.Variable(np.zeros(2, "float32"))
    adam.apply(grads, variables)
    later = variables[0].numpy() + 1.75
    fresh = optimizers.Adam(0.1)
    fresh.apply(grads, [plain])
    # At step 1001 the bias is corrected much less than at step 1.
    assert abs(later[0]) > 1.5 * abs(plain.numpy()[0])


def test_own_optimizer_in_the_style_of_keras_3(backend: str) -> None:
    class Heavy(keras.Optimizer):
        def __init__(
            self, learning_rate: float = 0.1, drag: float = 0.5, **kwargs: Any
        ):
            super().__init__(learning_rate=learning_rate, **kwargs)
            self.drag = drag

        def build(self, variables: Any) -> None:
            if self.built:
                return
            super().build(variables)
            self.speeds = [
                self.add_variable_from_reference(v, name="speed") for v in variables
            ]

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            speed = self.speeds[self._get_variable_index(variable)]
            rate = keras.ops.cast(learning_rate, variable.dtype)
            self.assign(speed, speed * self.drag + gradient * rate)
            self.assign_sub(variable, speed)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "drag": self.drag}

    optimizer, variables = Heavy(clipvalue=1.0), weights()
    optimizer.apply([g * 0 + 5 for g in gradients(0)], variables)
    optimizer.apply([g * 0 + 5 for g in gradients(0)], variables)
    for variable, start in zip(variables, STARTS.values(), strict=True):
        np.testing.assert_allclose(variable.numpy(), start - 0.25, rtol=1e-5, atol=1e-6)
    assert [v.path.split("/")[-1] for v in optimizer.variables[2:]] == [
        f"{name}_speed" for name in STARTS
    ]
    assert Heavy.from_config(optimizer.get_config()).drag == 0.5


def test_options_by_position_and_name() -> None:
    with keras.backend_scope("numpy"):
        made = optimizers.Adam(0.1, 0.8, 0.99, 1e-6, True, 0.2, 1.5)
        assert made.amsgrad and made.weight_decay == 0.2 and made.clipnorm == 1.5
        config = made.get_config()
        assert (config["beta_1"], config["weight_decay"], config["clipnorm"]) == (
            0.8,
            0.2,
            1.5,
        )
        assert optimizers.AdamW(0.1, 0.3).weight_decay == 0.3
        assert optimizers.Muon(momentum=0.5, weight_decay=0.1).weight_decay == 0.1
        with pytest.raises(TypeError, match="two values for argument 'weight_decay'"):
            optimizers.Adam(0.1, 0.8, 0.99, 1e-6, True, 0.2, weight_decay=0.1)
        with pytest.raises(TypeError, match="at most 15 positional"):
            optimizers.Adam(*range(20))


def test_gradients_that_are_missing(backend: str) -> None:
    variables = weights()
    optimizer = optimizers.SGD(0.1)
    grads = gradients(0)
    with pytest.warns(UserWarning, match="No gradients for the variables bias"):
        optimizer.apply([grads[0], None, grads[2]], variables)
    np.testing.assert_array_equal(variables[1].numpy(), STARTS["bias"])
    assert not np.array_equal(variables[0].numpy(), STARTS["kernel"])
    with pytest.raises(ValueError, match="No gradients for any of .*kernel, bias"):
        optimizer.apply([None, None, None], variables)


def test_variables_overwritten_with_their_gradient(backend: str) -> None:
    variables = weights()
    variables[1].overwrite_with_gradient = True
    optimizers.Adam(0.1).apply(gradients(0), variables)
    np.testing.assert_array_equal(variables[1].numpy(), GRADIENTS[0]["bias"])


def test_average_is_put_in_at_the_end(backend: str) -> None:
    optimizer, variables = (
        optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5),
        weights(),
    )
    for step in range(2):
        optimizer.apply(gradients(step), variables)
    first = STARTS["bias"] - 0.1 * GRADIENTS[0]["bias"]
    second = first - 0.1 * GRADIENTS[1]["bias"]
    np.testing.assert_allclose(variables[1].numpy(), second, rtol=1e-5)
    optimizer.finalize_variable_values(variables)
    np.testing.assert_allclose(variables[1].numpy(), (first + second) / 2, rtol=1e-5)


def test_float16_variables(backend: str) -> None:
    for name in ("SGD", "Adam", "RMSprop", "Lion"):
        variable = keras.Variable(np.ones(3), dtype="float16")
        optimizer = getattr(optimizers, name)(0.1)
        optimizer.apply([keras.ops.ones((3,), dtype="float16")], [variable])
        assert variable.dtype == "float16"
        assert (variable.numpy() < 1).all() and np.isfinite(variable.numpy()).all()


def test_loss_scale_grows_and_shrinks(backend: str) -> None:
    variable = keras.Variable(np.zeros(2, dtype="float32"))
    optimizer = optimizers.LossScaleOptimizer(
        optimizers.SGD(1.0), initial_scale=4.0, dynamic_growth_steps=2
    )
    optimizer.build([variable])
    scales = []
    for gradient in (4.0, 4.0, np.inf, 4.0, np.nan):
        optimizer.apply([keras.ops.full((2,), gradient)], [variable])
        scales.append(float(optimizer.scale_loss(keras.ops.array(1.0))))
    assert scales == [4.0, 8.0, 4.0, 4.0, 2.0]
    np.testing.assert_allclose(variable.numpy(), -3.0)
    assert int(optimizer.iterations.numpy()) == 3
    optimizer.learning_rate = 0.5
    assert float(optimizer.inner_optimizer.learning_rate.numpy()) == 0.5
    restored = optimizers.deserialize(optimizers.serialize(optimizer))
    assert restored.get_config() == optimizer.get_config()


def test_loss_scale_compiled(training_backend: str) -> None:
    variable = keras.Variable(np.zeros(2, dtype="float32"))
    optimizer = optimizers.LossScaleOptimizer(
        optimizers.Adam(1.0), initial_scale=4.0, dynamic_growth_steps=2
    )
    optimizer.build([variable])

    @keras.jit
    def step(gradient: Any) -> None:
        optimizer.apply([gradient], [variable])

    scales = []
    for gradient in (4.0, 4.0, np.inf, 4.0):
        step(keras.ops.full((2,), gradient))
        scales.append(float(optimizer.dynamic_scale.numpy()))
    assert scales == [4.0, 8.0, 4.0, 4.0]
    assert int(optimizer.iterations.numpy()) == 3
    np.testing.assert_allclose(variable.numpy(), -3.0, rtol=0.15)


def test_multi_optimizer(backend: str) -> None:
    fast, slow = optimizers.SGD(1.0, name="fast"), optimizers.SGD(0.5, name="slow")
    chooser = optimizers.OptimizerMap(slow, {"ker.*": fast})
    optimizer, variables = optimizers.MultiOptimizer(chooser), weights()
    optimizer.apply(gradients(0), variables)
    for variable, (name, start) in zip(variables, STARTS.items(), strict=True):
        rate = 1.0 if name == "kernel" else 0.5
        expected = start - rate * GRADIENTS[0][name]
        np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-5, atol=1e-6)
    assert optimizer.optimizers == [fast, slow]
    assert [v.path for v in optimizer.variables] == [
        f"{name}/{what}"
        for name in (optimizer.name, "fast", "slow")
        for what in ("iteration", "learning_rate")
    ]
    restored = optimizers.deserialize(optimizers.serialize(optimizer))
    assert restored.get_config() == optimizer.get_config()
    with pytest.raises(AttributeError, match="no learning rate of its own"):
        _ = optimizer.learning_rate


def test_schedule_on_torch_is_worked_out_on_the_host() -> None:
    with keras.backend_scope("torch"):
        schedule = optimizers.schedules.PiecewiseConstantDecay([1], [1.0, 0.25])
        optimizer = optimizers.SGD(schedule)
        variable = keras.Variable(np.zeros(1, dtype="float32"))
        for expected in (-1.0, -2.0, -2.25):
            optimizer.apply([keras.ops.ones((1,))], [variable])
            assert variable.numpy()[0] == expected
        assert float(optimizer.learning_rate) == 0.25
        assert len(optimizer.variables) == 1


def test_learning_rate_from_a_callable(backend: str) -> None:
    rates = iter([1.0, 0.5])
    optimizer = optimizers.SGD(lambda: next(rates))
    variable = keras.Variable(np.zeros(1, dtype="float32"))
    for expected in (-1.0, -1.5):
        optimizer.apply([keras.ops.ones((1,))], [variable])
        assert variable.numpy()[0] == expected


def test_optimizers_stay_on_their_backend() -> None:
    with keras.backend_scope("numpy"):
        optimizer, variables = optimizers.Adam(), weights()
    with keras.backend_scope("torch"):
        optimizer.apply([GRADIENTS[0][name] for name in STARTS], variables)
    assert all(v.backend.name == "numpy" for v in optimizer.variables)


@pytest.mark.parametrize(
    ("identifier", "cls"),
    [
        ("adam", optimizers.Adam),
        ("ADAM", optimizers.Adam),
        ("adamw", optimizers.AdamW),
        ("adam_w", optimizers.AdamW),
        ("rmsprop", optimizers.RMSprop),
        ("SGD", optimizers.SGD),
        ("schedulefreeadamw", optimizers.ScheduleFreeAdamW),
    ],
)
def test_get(identifier: str, cls: type) -> None:
    assert isinstance(optimizers.get(identifier), cls)


def _built() -> Any:
    optimizer = optimizers.SGD()
    optimizer.build(weights())
    return optimizer


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optimizers.get("adma"), "Did you mean 'Adam"),
        (lambda: optimizers.get(len), "or one of torch.optim or optax"),
        (lambda: optimizers.get("LossScaleOptimizer"), "Pass an instance"),
        (lambda: optimizers.Adam(lr=0.1), "Adam has no argument 'lr'"),
        (lambda: optimizers.Adam("fast"), "`learning_rate` must be a number"),
        (
            lambda: optimizers.Adam(clipnorm=1.0, clipvalue=1.0),
            "Only one of .*clipnorm=1.0, clipvalue=1.0",
        ),
        (lambda: optimizers.Adam(clipnorm=-1.0), "`clipnorm` must be above 0"),
        (
            lambda: optimizers.Adam(use_ema=True, ema_momentum=2.0),
            "`ema_momentum` must lie between 0 and 1",
        ),
        (
            lambda: optimizers.Adam(use_ema=True, ema_overwrite_frequency=0),
            "`ema_overwrite_frequency` must be an integer",
        ),
        (
            lambda: optimizers.Adam(gradient_accumulation_steps=1),
            "`gradient_accumulation_steps` must be an integer of 2",
        ),
        (lambda: optimizers.SGD(momentum=2.0), "`momentum` of SGD"),
        (lambda: optimizers.Lion(beta_1=0.0), "`beta_1` of Lion"),
        (lambda: optimizers.AdamW(weight_decay=None), "`weight_decay` of AdamW"),
        (lambda: optimizers.Ftrl(learning_rate_power=0.5), "`learning_rate_power`"),
        (lambda: optimizers.SGD().apply(gradients(0)), "is not built yet"),
        (
            lambda: optimizers.SGD().apply(gradients(0), weights()[:2]),
            "3 gradients for 2",
        ),
        (lambda: _built().apply(gradients(0), weights()), "does not know the variable"),
        (
            lambda: _built().exclude_from_weight_decay(var_names=["b"]),
            "is built already",
        ),
        (lambda: _built().stateless_apply([], [], []), "has 2 variables for"),
        (lambda: optimizers.SGD().stateless_apply([], [], []), "must be built before"),
        (
            lambda: optimizers.schedules.PiecewiseConstantDecay([1], [0.1]),
            "one more of `values`",
        ),
        (
            lambda: optimizers.schedules.CosineDecay(0.1, 0),
            "`decay_steps` of CosineDecay must be above 0",
        ),
        (lambda: optimizers.MultiOptimizer("adam"), "`optimizer_map` must be"),
    ],
)
def test_refused(make: Any, message: str) -> None:
    with keras.backend_scope("numpy"), pytest.raises(ValueError, match=message):
        make()


def test_state_of_another_shape_is_left_alone(backend: str) -> None:
    optimizer = optimizers.Adam()
    optimizer.build(weights())
    with pytest.warns(UserWarning, match="has 8 variables, but the saved one has 1"):
        optimizer.load_own_variables({"0": np.array(3)})
    assert int(optimizer.iterations.numpy()) == 0


@pytest.mark.parametrize("name", ["mlp", "masked_rnn", "transformer"])
def test_state_of_published_files_is_read(backend: str, name: str) -> None:
    """The variables are those of Keras 3, in its order and of its shapes."""
    archive = zipfile.ZipFile(FIXTURES / f"{name}.keras")
    config = json.loads(archive.read("config.json"))["compile_config"]["optimizer"]
    optimizer = optimizers.deserialize(config)
    with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        saved = {key: value[()] for key, value in file["optimizer/vars"].items()}
    # Adam: iteration, learning rate, then momentum and velocity of each weight.
    shapes = [saved[str(i)].shape for i in range(2, len(saved), 2)]
    optimizer.build([keras.Variable(np.zeros(s, dtype="float32")) for s in shapes])
    optimizer.load_own_variables(saved)
    for i, variable in enumerate(optimizer.variables):
        np.testing.assert_array_equal(variable.numpy(), saved[str(i)])
    assert int(optimizer.iterations.numpy()) == 1


def test_legacy_names_say_what_to_use() -> None:
    with pytest.raises(ImportError, match="not part of Keras 3"):
        optimizers.legacy.Adam()


def test_all_options_are_in_every_signature() -> None:
    import inspect

    from keras.optimizers.options import OPTION_NAMES

    base = set(inspect.signature(keras.Optimizer.__init__).parameters)
    assert set(OPTION_NAMES) < base
    for name in NAMES:
        found = inspect.signature(getattr(optimizers, name).__init__).parameters
        assert set(OPTION_NAMES) <= set(found)


def test_counts_may_be_integers_of_numpy() -> None:
    optimizer = optimizers.SGD(
        gradient_accumulation_steps=np.int64(2),
        use_ema=True,
        ema_overwrite_frequency=np.int64(3),
    )
    assert optimizer.get_config()["gradient_accumulation_steps"] == 2
    assert type(optimizer.gradient_accumulation_steps) is int
