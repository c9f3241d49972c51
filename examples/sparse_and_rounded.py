"""A network that learns to do with few weights, of few bits.

    python examples/sparse_and_rounded.py --backend jax

Its layers round their weights to 4 bits while they learn, so that the network gets used
to it; the gradient passes the rounding as if it were not there. From epoch to epoch,
the smallest weights are set to zero for good. The data are scikit-learn's digits.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers, ops

BITS = 4


class RoundedDense(layers.Layer):
    """A dense layer whose weights are kept by a mask, and rounded.

    Args:
        units: number of output features.
        activation: function of the result.
        rounds: whether the weights are rounded.
    """

    def __init__(
        self, units: int, activation: Any = None, rounds: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.units, self.rounds = units, rounds
        self.activation = keras.activations.get(activation)

    def build(self, shape: tuple[int, ...]) -> None:
        size = (shape[-1], self.units)
        self.kernel = self.add_weight(size, name="kernel")
        self.bias = self.add_weight((self.units,), "zeros", name="bias")
        self.mask = self.add_weight(size, "ones", trainable=False, name="mask")

    def small_kernel(self) -> Any:
        """The weights that are left, as integers of a few bits can say them."""
        kernel = self.kernel * self.mask
        if not self.rounds:
            return kernel
        # For each output: the range is what its weights come to now.
        limit = ops.stop_gradient(ops.max(ops.abs(kernel), axis=0))
        return keras.quantizers.fake_quant_with_min_max_vars(
            kernel, -limit, limit, num_bits=BITS, narrow_range=True, axis=1
        )

    def call(self, x: Any) -> Any:
        return self.activation(ops.matmul(x, self.small_kernel()) + self.bias)

    def prune(self, part: float) -> None:
        """Sets that part of the weights to zero for good: the smallest."""
        sizes = np.abs(ops.convert_to_numpy(self.kernel * self.mask))
        self.mask.assign(sizes > np.quantile(sizes, part))


class Prune(keras.callbacks.Callback):
    """More zeros after each epoch, until so large a part of the weights is zero.

    Args:
        part: how large.
        epochs: in how many epochs.
    """

    def __init__(self, part: float, epochs: int) -> None:
        super().__init__()
        self.part, self.epochs = part, epochs

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        done = min((epoch + 1) / self.epochs, 1)
        for layer in self.model.layers:
            if isinstance(layer, RoundedDense):
                layer.prune(self.part * (1 - (1 - done) ** 3))


def load_data() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Pictures of 64 values from 0 to 1 and their digits: to learn, and to be asked."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    x, y = digits.data[order].astype("float32") / 16, digits.target[order]
    return (x[:1400], y[:1400]), (x[1400:], y[1400:])


def trained(rounds: bool, part: float, epochs: int) -> tuple[Any, float]:
    """A network, and how many digits that it has not seen it tells right."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            RoundedDense(64, "relu", rounds),
            RoundedDense(10, None, rounds),
        ]
    )
    model.compile(
        keras.optimizers.Adam(3e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    seen, unseen = load_data()
    callbacks = [Prune(part, epochs * 2 // 3)] if part else []
    model.fit(*seen, batch_size=64, epochs=epochs, verbose=0, callbacks=callbacks)
    said = model.predict(unseen[0], verbose=0).argmax(-1)
    return model, float((said == unseen[1]).mean())


def zeros(model: Any) -> float:
    """The part of the weights that is zero."""
    kernels = [ops.convert_to_numpy(x.small_kernel()) for x in model.layers]
    return 1 - sum((k != 0).sum() for k in kernels) / sum(k.size for k in kernels)


def main() -> None:
    """Trains the network with and without, and says how well it does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", default=None)
    parser.add_argument("--epochs", type=int, default=30)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    for rounds, part in [(False, 0.0), (True, 0.0), (True, 0.8)]:
        model, accuracy = trained(rounds, part, options.epochs)
        bits = f"{BITS} bits" if rounds else "floats"
        print(f"{bits}, {zeros(model):4.0%} zeros: {accuracy:.1%} right")


if __name__ == "__main__":
    main()
