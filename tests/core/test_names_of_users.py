"""Private names that programs give to their own parts of our classes.

What Keras keeps in classes that users extend is called `_keras_...`, or by a name that
the original uses too: `self._step` of somebody's model is somebody's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import layers, ops

_TEXT = """
    accumulators action adapt agent anchors apply args axes backbone backend base
    batch block blocks buffer build_layers build_shapes cache cell cfg chain changed
    channels check checked checkpoint class_names clip codebook coef columns
    compilation compute_loss_ compute computed conditions converted convert count
    counter critic cut data decay decoder decode depth device dims direction
    discriminator dist draw embed embedding encoder encode end energy engine epoch
    epochs eps experts extra factor feature_dim features field fields file filters
    find first_call fit flag flags flow fn foreign format forms forward frames
    free_name frozen func gate gates generator get goal grid groups head heads
    hidden hidden_dim history hold horizon image images in_build index indices init
    init_model init_state input_dim inv invoke is_training items keep key keys label
    labels last latent lengths level levels lib lin linear locals logger logits loop
    loss lr main make map mapping mask_id masked mean memory merge method min_value
    mode momentum_ names net network noise normalize note num offset old on_batch
    ops order out output_dim output_spec overrides own pad padding_ params parent
    parts patch period permute plan policy pool pos predict prefix prepare
    prepare_training prior prob probs process products project proj pruned quantizer
    queue range rank rate ratio read rebind recorded_ references remat repeated
    reset resolve_training results results_of rng root rotate run run_for sample
    sampler samples save_checkpoint scale scaled schedule scope score scores seen
    segment sequence set_state settle shift shortcut sigma size skip slots smooth
    sources source spec split stack stage start start_at std state stateless steps
    step stop strategy stride student sub sum_ symbolic table tags target targets
    task teacher temperature tensor thresholds tokens top total track track_loss
    train train_on trains transform_ trigger turn types undo units update
    update_metrics use_mask validation_source value_dim_ values var vec version view
    vocab watched watchers width window words workers world wrapped write written
"""
WORDS = _TEXT.split()


def taken(instance: Any) -> Any:
    """The instance, with a value of its own under each of the words."""
    for word in WORDS:
        setattr(instance, f"_{word}", word)
    return instance


def kept(instance: Any) -> None:
    for word in WORDS:
        assert getattr(instance, f"_{word}") == word


class Scaling(layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        taken(self)

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(shape=input_shape[-1:], initializer="ones")

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        self.add_loss(0.01 * ops.sum(inputs))
        return inputs * self.scale


class Network(keras.Model):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        taken(self)
        self.scaling, self.dense = Scaling(), layers.Dense(2)

    def call(self, inputs: Any) -> Any:
        return self.dense(self.scaling(inputs))


class Error(keras.losses.Loss):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        taken(self)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return ops.mean(ops.square(y_true - y_pred), -1)


class Largest(keras.metrics.Metric):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        taken(self)
        self.largest = self.add_variable((), "zeros", name="largest")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.largest.assign(ops.maximum(self.largest, ops.max(y_pred)))

    def result(self) -> Any:
        return self.largest


class Descent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate: float = 0.1, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        taken(self)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        self.assign_sub(variable, ops.cast(learning_rate, gradient.dtype) * gradient)


class Watching(keras.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        taken(self)
        self.seen = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.seen += 1


@pytest.mark.parametrize("kind", ["subclassed", "functional", "sequential"])
def test_every_part_may_have_names_of_its_own(
    kind: str, training_backend: str, tmp_path: Path
) -> None:
    inputs = keras.Input((3,))
    model: Any = {
        "subclassed": Network,
        "functional": lambda: taken(
            keras.Model(inputs, layers.Dense(2)(Scaling()(inputs)))
        ),
        "sequential": lambda: taken(
            keras.Sequential([inputs, Scaling(), layers.Dense(2)])
        ),
    }[kind]()
    parts = [Error(), Largest(), Descent(clipnorm=1.0), Watching()]
    error, largest, descent, watching = parts
    model.compile(descent, error, metrics=[largest])
    x, y = np.ones((8, 3), "float32"), np.zeros((8, 2), "float32")
    model.fit(x, y, batch_size=4, epochs=2, verbose=0, callbacks=[watching])
    model.evaluate(x, y, verbose=0)
    model.train_on_batch(x, y)
    assert watching.seen == 4
    before = model.predict(x, verbose=0)
    model(x), model(x)
    model.save_weights(tmp_path / "model.weights.h5")
    for layer in model.layers:
        layer.trainable = False
    model.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_allclose(model.predict(x, verbose=0), before, rtol=1e-5)
    for part in (model, *parts):
        kept(part)
    kept(next(layer for layer in model.layers if isinstance(layer, Scaling)))
