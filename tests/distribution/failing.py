"""A job of which one process dies in the second epoch, unless it did so before.

Each process runs this file with a folder: what is left there is what a restart finds.
"""

from __future__ import annotations

import json
import os
import signal
import sys

import keras
from keras import distribution
from tests.distribution import models

EPOCHS = 3


class Die(keras.callbacks.Callback):
    """Kills the last process once, in the middle of the second epoch."""

    def __init__(self, folder):
        super().__init__()
        self.marker = os.path.join(folder, "died")
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        last = int(os.environ["RANK"]) == int(os.environ["WORLD_SIZE"]) - 1
        if last and (self.epoch, batch) == (1, 4) and not os.path.exists(self.marker):
            open(self.marker, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)


def main(folder):
    distribution.initialize()
    x, y = models.data("mlp")
    with distribution.DataParallel().scope():
        model = models.made("mlp")
        backup = keras.callbacks.BackupAndRestore(os.path.join(folder, "backup"))
        options = {"batch_size": 16, "epochs": EPOCHS, "shuffle": False, "verbose": 0}
        history = model.fit(x, y, callbacks=[backup, Die(folder)], **options).history
    if os.environ["RANK"] == "0":
        with open(os.path.join(folder, "losses.json"), "w") as file:
            json.dump(history["loss"], file)


if __name__ == "__main__":
    main(sys.argv[1])
