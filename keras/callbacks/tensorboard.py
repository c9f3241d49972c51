"""`TensorBoard`: curves, histograms and the model, for TensorBoard to show."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.callbacks.callback import Callback, Logs
from keras.callbacks.event_file import EventFile
from keras.core import placement
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
        write_images: Whether weights are written as pictures too, at the same time as
            their histograms: the smallest value black, the largest white.
        write_steps_per_second: Whether the speed is written for each epoch.
        update_freq: `"epoch"`, `"batch"`, or after how many batches the results of
            batches are written as well.
        profile_batch: The number of the batch of a training, counted from 1, that the
            framework's own profiler records, or the first and the last of several; 0
            for none. What it writes lies in `log_dir` and needs the plugin
            `torch-tb-profiler`, or `tensorboard-plugin-profile`, to be shown.
        embeddings_freq: After how many epochs the weights of `Embedding` layers are
            written for the page of projections; 0 for never.
        embeddings_metadata: The file, in `log_dir`, with a line for each row of the
            embeddings, or a dictionary of such files by the names of layers.

    Raises:
        ValueError: If `update_freq` or `profile_batch` is no such number.

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
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = update_freq
        self.profile_batch = profile_batch
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._every = _batches(update_freq)
        self._profiled = _profiled(profile_batch)
        self._train = EventFile(os.path.join(self.log_dir, "train"))
        self._validation = EventFile(os.path.join(self.log_dir, "validation"))
        self._keras_step = self._first = self._keras_batch = 0
        self._epoch_start = (0, 0.0)
        self._profiler: Any = None
        if not (self._every or write_steps_per_second or self._profiled):
            # Nobody has to be told of batches.
            self.on_train_batch_begin = super().on_train_batch_begin
            self.on_train_batch_end = super().on_train_batch_end

    def on_train_begin(self, logs: Logs = None) -> None:
        """Write the model."""
        self._keras_step = self._first = _steps_of(self.model)
        to_json = getattr(self.model, "to_json", None)
        if self.write_graph and callable(to_json):
            self._train.text("keras", "graph_keras_model", str(to_json()), 0)
        if self.embeddings_freq:
            self._write_projector()

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Begin a profile that is due."""
        self._keras_batch = batch
        if self._profiled and self._keras_step - self._first + 1 >= self._profiled[0]:
            make = self.model._keras_backend.__dict__.get("profiler")
            if make is not None and self._profiler is None:
                os.makedirs(self.log_dir, exist_ok=True)
                self._profiler = ExitStack()
                self._profiler.enter_context(make(self.log_dir))

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Write the results of the batch, where they are wanted."""
        before, self._keras_step = (
            self._keras_step,
            self._keras_step + batch + 1 - self._keras_batch,
        )
        self._keras_batch = batch + 1
        if self._every and self._keras_step // self._every > before // self._every:
            for name, value in (logs or {}).items():
                self._train.scalar(f"batch_{name}", float(value), self._keras_step)
        if self._profiled and self._keras_step - self._first >= self._profiled[1]:
            self._end_profile()

    def _end_profile(self) -> None:
        profiler, self._profiler, self._profiled = self._profiler, None, None
        if profiler is not None:
            for variable in self.model.trainable_variables[:1]:
                self.model._keras_backend.synchronize(variable.value)
            profiler.close()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Take the time."""
        self._epoch_start = (self._keras_step, time.perf_counter())

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
            speed = (self._keras_step - step) / max(time.perf_counter() - start, 1e-9)
            self._train.scalar("epoch_steps_per_second", speed, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for weight in self.model.weights:
                self._write_weight(weight.path, _number(weight), epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            for layer in self._embeddings():
                table, path = _number(layer.embeddings), self._table_of(layer)
                np.savetxt(placement.path_to_write(path), table, "%.6g", "\t")
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
        self._keras_undo()

    def _keras_undo(self) -> None:
        self._end_profile()
        self._train.close()
        self._validation.close()

    def _write_weight(self, name: str, values: np.ndarray, epoch: int) -> None:
        self._train.histogram(f"{name}/histogram", values, epoch)
        if self.write_images:
            for i, picture in enumerate(_pictures(values)):
                tag = f"{name}/image" if i == 0 else f"{name}/image/{i}"
                self._train.image(tag, picture, epoch)

    def _embeddings(self) -> list[Any]:
        layers = self.model._flatten_layers()
        return [layer for layer in layers if hasattr(layer, "embeddings")]

    def _table_of(self, layer: Any) -> str:
        return os.path.join(self.log_dir, f"{layer.name}.tsv")

    def _write_projector(self) -> None:
        """Write where the page of projections finds the embeddings."""
        lines = []
        for layer in self._embeddings():
            files = self.embeddings_metadata
            file = files.get(layer.name) if isinstance(files, Mapping) else files
            lines += [
                "embeddings {",
                f'  tensor_name: "{layer.name}"',
                f'  tensor_path: "{os.path.basename(self._table_of(layer))}"',
                *([] if file is None else [f'  metadata_path: "{os.fspath(file)}"']),
                "}",
            ]
        os.makedirs(self.log_dir, exist_ok=True)
        path = os.path.join(self.log_dir, "projector_config.pbtxt")
        with open(placement.path_to_write(path), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


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


def _profiled(profile_batch: Any) -> tuple[int, int] | None:
    """The first and the last batch to profile, counted from 1; None for none."""
    pair = profile_batch
    if not isinstance(profile_batch, (tuple, list)):
        pair = (profile_batch, profile_batch)
    if any(isinstance(number, bool) for number in pair) or len(pair) != 2:
        first = last = -1
    else:
        first, last = pair
    if (first, last) == (0, 0):
        return None
    whole = isinstance(first, (int, np.integer)) and isinstance(last, (int, np.integer))
    if not whole or not 1 <= first <= last:
        raise ValueError(
            "`profile_batch` of TensorBoard must be 0, the number of a batch, counted "
            "from 1, or the numbers of the first and the last of several. Received: "
            f"{profile_batch!r}."
        )
    return int(first), int(last)


def _pictures(values: np.ndarray) -> list[np.ndarray]:
    """A weight as at most three pictures, `(height, width, channels)` of uint8.

    A matrix is laid out wide. Of three axes the first counts pictures, and of four as
    well, if the last one can be colours; of more there are none.
    """
    values = values.squeeze()
    if values.ndim < 2:
        values = values.reshape(1, -1)
    if values.ndim == 2:
        values = (values.T if values.shape[0] > values.shape[1] else values)[None]
    if values.ndim == 3:
        values = values[..., None]
    if values.ndim != 4 or values.shape[-1] not in (1, 3, 4) or not values.size:
        return []
    low, high = np.nanmin(values), np.nanmax(values)
    span = high - low if np.isfinite(high - low) and high > low else 1.0
    scaled = np.nan_to_num((values - low) / span, posinf=1.0, neginf=0.0)
    return list((scaled[:3] * 255).round().clip(0, 255).astype("uint8"))
