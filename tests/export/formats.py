"""Every format's own runtime, for the table of formats, backends and layers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import keras
from tests.export.onnx_files import outputs_of
from tests.layers.rows import ROWS, Row

Run = Callable[[list[np.ndarray]], list[np.ndarray]]


def _saved_model(path: str, model: Any) -> Run:
    import tensorflow as tf

    loaded = tf.saved_model.load(path)

    def run(inputs: list[np.ndarray]) -> list[np.ndarray]:
        given = inputs[0] if len(inputs) == 1 else inputs
        return [np.asarray(x) for x in tf.nest.flatten(loaded.serve(given))]

    return run


def _onnx(path: str, model: Any) -> Run:
    from tests.export.onnx_files import run, session

    found = session(Path(path))
    return lambda inputs: run(found, inputs)


def _openvino(path: str, model: Any) -> Run:
    import openvino

    # Else it computes in bfloat16 where a CPU can.
    options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = openvino.Core().compile_model(path, "CPU", options)
    return lambda inputs: [np.array(x) for x in compiled(inputs).to_tuple()]


def _litert(path: str, model: Any) -> Run:
    from ai_edge_litert import interpreter as litert

    runner = litert.Interpreter(path, num_threads=1).get_signature_runner("serve")
    names = list(runner.get_input_details())

    def run(inputs: list[np.ndarray]) -> list[np.ndarray]:
        wanted = [x.name for x in model.inputs]
        given = dict(zip(wanted, inputs, strict=True))
        if set(wanted) != set(names):
            given = dict(zip(sorted(names), inputs, strict=True))
        outputs = runner(**given)
        return [outputs[name] for name in sorted(outputs)]

    return run


def _torch(path: str, model: Any) -> Run:
    import torch

    program = torch.export.load(path).module()

    def run(inputs: list[np.ndarray]) -> list[np.ndarray]:
        tensors = [torch.tensor(x) for x in inputs]
        found = program(tensors[0] if len(tensors) == 1 else tensors)
        return [np.asarray(x.detach()) for x in keras.tree.flatten(found)]

    return run


RUNNERS = {
    "tf_saved_model": (_saved_model, ""),
    "onnx": (_onnx, ".onnx"),
    "openvino": (_openvino, ".xml"),
    "litert": (_litert, ".tflite"),
    "torch": (_torch, ".pt2"),
}


def exported(row: Row, kind: str, folder: str) -> str:
    """ "" if a row's layer leaves the current backend in a format and its runtime gives
    the model's numbers at batch 1 and 3; else the reason."""
    symbols = row.symbols()
    model = keras.Model(symbols, row.make()(symbols))
    inputs = keras.tree.flatten(row.inputs())
    load, suffix = RUNNERS[kind]
    path = f"{folder}/model{suffix}"
    try:
        model.export(path, format=kind, verbose=False)
    except Exception as error:  # the reason is what is asked for
        return reason_of(error)
    try:
        run = load(path, model)
        for size in (1, 3):
            batch = [np.concatenate([x, x])[:size] for x in inputs]
            for got, want in zip(run(batch), outputs_of(model, batch), strict=True):
                np.testing.assert_allclose(got, want, atol=1e-4, rtol=1e-4)
    except Exception as error:  # so is what a runtime cannot do
        return f"its runtime: {reason_of(error)}"
    return ""


def reason_of(error: Exception) -> str:
    """The first sentence of an error."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:240]


def named_rows() -> dict[str, Row]:
    """The rows by names that tell them apart."""
    rows: dict[str, Row] = {}
    for row in ROWS:
        name = f"{row.name} on {'integers' if row.shape == 'int' else row.shape}"
        while name in rows:
            name += " again"
        rows[name] = row
    return rows


def found_of(kind: str, backend: str) -> dict[str, str]:
    """What a backend exports in a format, by row."""
    found = {}
    with keras.backend_scope(backend):
        for name, row in named_rows().items():
            with tempfile.TemporaryDirectory() as folder:
                found[name] = exported(row, kind, folder)
    return found
