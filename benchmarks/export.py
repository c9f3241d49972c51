"""Exported files: time and memory of an export, and how fast the file runs.

    python benchmarks/export.py --pypi-python /path/to/env/bin/python

Each export is a process of its own: it makes the model (random weights), exports it
once, and says how long that took and how far its memory grew. `--pypi-python` is a
Python with the PyPI keras, torch, onnx and onnxscript. It exports the same models, and,
by torch.onnx, the same networks in plain torch. The files of both are then run in turns
in onnxruntime, here, on one thread, at batch 1; of all rounds the median counts. The
SavedModels of both versions of Keras, on TensorFlow, are run in turns as well.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from machine import forget_peak, memory

BLOCKS, WIDTH, HEADS, LENGTH = 12, 256, 4, 64
SHAPES = {"resnet50": (1, 224, 224, 3), "transformer": (1, LENGTH, WIDTH)}


def of_keras(name: str) -> Any:
    """A model, by the public API that both versions of Keras have."""
    import keras
    from keras import layers

    if name == "resnet50":
        return keras.applications.ResNet50(weights=None)
    x = inputs = keras.Input((LENGTH, WIDTH))
    for _ in range(BLOCKS):
        y = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(x, x)
        x = layers.LayerNormalization(epsilon=1e-5)(x + y)
        y = layers.Dense(4 * WIDTH, activation="gelu")(x)
        x = layers.LayerNormalization(epsilon=1e-5)(x + layers.Dense(WIDTH)(y))
    return keras.Model(inputs, x)


def _bottleneck(nn: Any, inside: int, filters: int, stride: int) -> Any:
    outside = 4 * filters

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.branch = nn.Sequential(
                nn.Conv2d(inside, filters, 1, stride), nn.BatchNorm2d(filters),
                nn.ReLU(), nn.Conv2d(filters, filters, 3, 1, 1),
                nn.BatchNorm2d(filters), nn.ReLU(), nn.Conv2d(filters, outside, 1),
                nn.BatchNorm2d(outside),
            )  # fmt: skip
            self.short: Any = nn.Identity()
            if inside != outside:
                self.short = nn.Sequential(
                    nn.Conv2d(inside, outside, 1, stride), nn.BatchNorm2d(outside)
                )

        def forward(self, x: Any) -> Any:
            return nn.functional.relu(self.branch(x) + self.short(x))

    return Block()


def of_torch(name: str) -> Any:
    """The same network in plain torch."""
    from torch import nn

    if name == "transformer":
        block = nn.TransformerEncoderLayer(
            WIDTH, HEADS, 4 * WIDTH, 0.0, "gelu", batch_first=True
        )
        return nn.TransformerEncoder(block, BLOCKS, enable_nested_tensor=False)
    parts = [nn.Conv2d(3, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU()]
    parts.append(nn.MaxPool2d(3, 2, 1))
    inside = 64
    for filters, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for index in range(count):
            parts.append(_bottleneck(nn, inside, filters, 1 if index else stride))
            inside = 4 * filters
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000)]
    return nn.Sequential(*parts, *head, nn.Softmax(-1))


def measured(action: Callable[[], Any]) -> dict[str, float]:
    """Seconds of an action, and the megabytes that memory grows by at most."""
    gc.collect()
    forget_peak()
    before, start = memory("VmRSS"), time.perf_counter()
    action()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "megabytes": (memory("VmHWM") - before) / 2**20}


def export(who: str, name: str, path: str) -> dict[str, float]:
    """One export, in this process."""
    if who in ("onnx", "tf_saved_model"):
        model = of_keras(name)
        model(np.zeros(SHAPES[name], "float32"))  # the PyPI keras wants to be called
        return measured(lambda: model.export(path, format=who, verbose=False))
    import torch

    module = of_torch(name).eval()
    shape = SHAPES[name]
    example = torch.zeros(shape if len(shape) == 3 else (1, 3, 224, 224))
    return measured(
        lambda: torch.onnx.export(module, (example,), path, dynamo=True, verbose=False)
    )


def in_process(python: str, who: str, name: str, path: str) -> dict[str, float]:
    """One export, in a process of its own."""
    backend = "tensorflow" if who == "tf_saved_model" else "torch"
    environment = {**os.environ, "KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1"}
    if python != sys.executable:
        environment.pop("PYTHONPATH", None)
    command = [python, os.path.abspath(__file__), "--only", who, name, path]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, cwd="/", check=False
    )
    if result.returncode:
        raise RuntimeError(result.stderr[-2000:])
    return json.loads(result.stdout.splitlines()[-1])


def run_times(paths: list[str], rounds: int) -> list[float]:
    """Median seconds of one run of each file, the files in turns."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = [onnxruntime.InferenceSession(path, options) for path in paths]
    feeds = []
    for session in sessions:
        found = session.get_inputs()[0]
        shape = [n if isinstance(n, int) else 1 for n in found.shape]
        feeds.append({found.name: np.ones(shape, "float32")})
    calls = [
        partial(session.run, None, feed)
        for session, feed in zip(sessions, feeds, strict=True)
    ]
    return in_turns(calls, rounds)


def serving_times(name: str, paths: list[str], rounds: int) -> list[float]:
    """Likewise of SavedModels, by TensorFlow alone."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    kept = [tf.saved_model.load(path) for path in paths]
    example = tf.zeros(SHAPES[name])
    return in_turns([partial(each.serve, example) for each in kept], rounds)


def in_turns(calls: list[Callable[[], Any]], rounds: int) -> list[float]:
    """Median seconds of each call."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, taken in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
    return [float(np.median(taken[2:])) for taken in times]


def compare(name: str, pypi: str | None, folder: str, rounds: int) -> None:
    """Prints the figures of one model."""
    ours, theirs, plain = (f"{folder}/{who}.onnx" for who in ("ours", "pypi", "torch"))
    figures = {"ours": in_process(sys.executable, "onnx", name, ours)}
    if pypi is not None:
        try:
            figures["pypi keras"] = in_process(pypi, "onnx", name, theirs)
        except RuntimeError as error:  # as with attention, in version 3.15.1
            print(f"{name} pypi keras: {str(error).strip().splitlines()[-1]}")
        figures["torch.onnx"] = in_process(pypi, "torch", name, plain)
    for who, found in figures.items():
        print(
            f"{name} {who}: {found['seconds']:.2f} s, {found['megabytes']:.0f} MB",
            flush=True,
        )
    if pypi is not None:
        mine, other = run_times([ours, plain], rounds)
        ratio = mine / other
        print(f"{name} run: {mine * 1e3:.1f} / {other * 1e3:.1f} ms = {ratio:.3f}")


def compare_saved(name: str, pypi: str, folder: str, rounds: int) -> None:
    """Prints the figures of one model's SavedModels."""
    paths = [f"{folder}/ours", f"{folder}/pypi"]
    for python, path in zip((sys.executable, pypi), paths, strict=True):
        found = in_process(python, "tf_saved_model", name, path)
        print(
            f"{name} SavedModel {os.path.basename(path)}: {found['seconds']:.2f} s, "
            f"{found['megabytes']:.0f} MB",
            flush=True,
        )
    mine, other = serving_times(name, paths, rounds)
    ratio = mine / other
    print(f"{name} serve: {mine * 1e3:.1f} / {other * 1e3:.1f} ms = {ratio:.3f}")


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pypi-python", help="a Python with the PyPI keras")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        print(json.dumps(export(*given.only)))
        return
    for name in SHAPES:
        with tempfile.TemporaryDirectory() as folder:
            compare(name, given.pypi_python, folder, given.rounds)
            if given.pypi_python is not None:
                compare_saved(name, given.pypi_python, folder, given.rounds)


if __name__ == "__main__":
    main()
