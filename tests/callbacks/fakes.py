"""A model and an optimizer small enough to drive callbacks by hand."""

from __future__ import annotations

import os


class FakeOptimizer:
    def __init__(self, learning_rate=0.1):
        self.learning_rate = learning_rate
        self.name = "fake"


class FakeMetric:
    def __init__(self, name, direction):
        self.name, self._keras_direction = name, direction


class FakeModel:
    def __init__(self, metrics=()):
        self.stop_training = False
        self.optimizer = FakeOptimizer()
        self.metrics = list(metrics)
        self.weights = 0
        self.saved = []

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights

    def save(self, path, overwrite=True):
        self.saved.append(os.path.basename(path))
        with open(path, "w") as file:
            file.write(str(self.weights))

    save_weights = save

    def load_weights(self, path):
        with open(path) as file:
            self.weights = int(file.read())


class FakeRun:
    """A training whose state is its model alone."""

    def __init__(self):
        self.initial_epoch = self.done = 0

    def state(self, logs):
        return {"done": 0}

    def restore(self, state):
        pass


def drive(callback, values, name="val_loss", model=None):
    """Run epochs whose monitored value is given; the weights are the epoch."""
    model = FakeModel() if model is None else model
    callback.set_model(model)
    callback.set_params({"epochs": len(values)})
    callback.on_train_begin({})
    rates = []
    for epoch, value in enumerate(values):
        model.weights = epoch
        callback.on_epoch_begin(epoch, {})
        callback.on_epoch_end(epoch, {} if value is None else {name: value})
        rates.append(float(model.optimizer.learning_rate))
        if model.stop_training:
            break
    callback.on_train_end({})
    model.rates, model.last_epoch = rates, epoch
    return model
