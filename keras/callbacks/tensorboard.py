"""`TensorBoard`: curves, histograms and the model, for TensorBoard to show."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.callbacks.callback import Callback, Logs
from keras.callbacks.event_file import EventFile
from keras.ops import convert_to_numpy

if TYPE_CHECKING:
    from keras.models.model import Model


class TensorBoard(Callback):
    """Writes event files that TensorBoard shows: `tensorboard --logdir logs`.

    Nothing has to be installed to write them. Training is in the folder `train`,
    validation in `validation`.

    Args:
        log_dir: The folder; one for each training to be compared.
        histogram_freq: After how many epochs the weights' histograms are written; 0
            for never.
        write_graph: Whether the model is written, for the page of graphs.
        write_images: Must be False: weights are not written as images.
        write_steps_per_second: Whether the speed is written for each epoch.
        update_freq: `"epoch"`, `"batch"`, or after how many batches the results of
            batches are written as well.
        profile_batch: Must be 0: profiles are made by the framework's own profiler.
        embeddings_freq: Must be 0: embeddings are not written.
        embeddings_metadata: Goes with `embeddings_freq`.

    Raises:
        ValueError: If an argument asks for what is not written.

    Example:

    >>> from keras.callbacks import TensorBoard
    >>> TensorBoard("logs", histogram_freq=1).update_freq
    'epoch'
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        _refuse(
            write_images=write_images,
            profile_batch=profile_batch,
            embeddings_freq=embeddings_freq,
            embeddings_metadata=embeddings_metadata,
        )
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = update_freq
        self._every = _batches(update_freq)
        self._train = EventFile(os.path.join(self.log_dir, "train"))
        self._validation = EventFile(os.path.join(self.log_dir, "validation"))
        self._step = 0
        self._epoch_start = (0, 0.0)
        if not self._every and not write_steps_per_second:
            # Nobody has to be told of batches.
            self.on_train_batch_end = super().on_train_batch_end

    def on_train_begin(self, logs: Logs = None) -> None:
        """Write the model."""
        self._step = _steps_of(self.model)
        to_json = getattr(self.model, "to_json", None)
        if self.write_graph and callable(to_json):
            self._train.text("keras", "graph_keras_model", str(to_json()), 0)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Write the results of the batch, where they are wanted."""
        self._step += 1
        if self._every and self._step % self._every == 0:
            for name, value in (logs or {}).items():
                self._train.scalar(f"batch_{name}", float(value), self._step)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Take the time."""
        self._epoch_start = (self._step, time.perf_counter())

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write the results of the epoch, and histograms when they are due."""
        for name, value in (logs or {}).items():
            of_validation = name.startswith("val_")
            file = self._validation if of_validation else self._train
            file.scalar(f"epoch_{name.removeprefix('val_')}", float(value), epoch)
        optimizer = getattr(self.model, "optimizer", None)
        if optimizer is not None and "learning_rate" not in (logs or {}):
            rate = float(np.asarray(_number(optimizer.learning_rate)))
            self._train.scalar("epoch_learning_rate", rate, epoch)
        if self.write_steps_per_second:
            step, start = self._epoch_start
            speed = (self._step - step) / max(time.perf_counter() - start, 1e-9)
            self._train.scalar("epoch_steps_per_second", speed, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for weight in self.model.weights:
                self._train.histogram(
                    f"{weight.path}/histogram", _number(weight), epoch
                )
        self._train.flush()
        self._validation.flush()

    def on_test_end(self, logs: Logs = None) -> None:
        """Write the results of an evaluation, over the steps that were trained."""
        if not hasattr(self.model, "optimizer") or not _steps_of(self.model):
            return
        step = _steps_of(self.model)
        for name, value in (logs or {}).items():
            tag = f"evaluation_{name}_vs_iterations"
            self._validation.scalar(tag, float(value), step)
        self._validation.flush()

    def on_train_end(self, logs: Logs = None) -> None:
        """Close the files."""
        self._train.close()
        self._validation.close()


def _number(value: Any) -> np.ndarray:
    """A variable, tensor or number as an array."""
    if hasattr(value, "numpy"):
        return np.asarray(value.numpy(), "float64")
    return np.asarray(convert_to_numpy(value), "float64")


def _steps_of(model: Model) -> int:
    iterations = getattr(getattr(model, "optimizer", None), "iterations", 0)
    return int(_number(iterations))


def _batches(update_freq: Any) -> int:
    """After how many batches results are written; 0 for never."""
    if update_freq == "epoch":
        return 0
    if update_freq == "batch":
        return 1
    if isinstance(update_freq, int) and update_freq > 0:
        return update_freq
    raise ValueError(
        "`update_freq` of TensorBoard must be 'epoch', 'batch' or a positive integer. "
        f"Received: {update_freq!r}."
    )


def _refuse(**arguments: Any) -> None:
    ways = {
        "profile_batch": "Use the framework's profiler: jax.profiler, tf.profiler or "
        "torch.profiler, around `fit`",
        "write_images": "Use histogram_freq=1 to see weights",
    }
    for name, value in arguments.items():
        if value:
            way = ways.get(name, "Write them with the framework's own summary writer")
            raise ValueError(
                f"TensorBoard does not support `{name}` in this version of Keras. "
                f"{way}. Received: {name}={value!r}."
            )
