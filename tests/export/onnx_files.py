"""What the tests of ONNX files share: writing one, and running it in onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime

import keras
from keras.export.onnx import write_onnx

RNG = np.random.default_rng(0)


def randoms(*shape: int) -> np.ndarray:
    """Numbers of a normal distribution."""
    return RNG.standard_normal(shape).astype("float32")


def session(path: Path) -> Any:
    """The file in onnxruntime, after the checker passed it."""
    onnx.checker.check_model(str(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options)


def run(found: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """The outputs for inputs in their order."""
    names = [x.name for x in found.get_inputs()]
    return found.run(None, dict(zip(names, inputs, strict=True)))


def outputs_of(model: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """What Keras itself computes."""
    found = model(inputs[0] if len(inputs) == 1 else inputs, training=False)
    return [keras.ops.convert_to_numpy(x) for x in keras.tree.flatten(found)]


def agree(model: Any, path: Path, *feeds: list[np.ndarray], **options: Any) -> Any:
    """Writes the model and compares both on each feed; the session."""
    write_onnx(model, path, **options)
    found = session(path)
    for inputs in feeds:
        expected = outputs_of(model, inputs)
        for got, want in zip(run(found, inputs), expected, strict=True):
            assert got.shape == want.shape
            assert got.dtype == want.dtype
            np.testing.assert_allclose(got, want, atol=1e-4, rtol=1e-4)
    return found


def operators(path: Path) -> set[str]:
    """The names of all operators in a file, those in bodies of loops, too."""

    def of(graph: Any) -> set[str]:
        found = {node.op_type for node in graph.node}
        for node in graph.node:
            for attribute in node.attribute:
                found |= of(attribute.g)
        return found

    return of(onnx.load(str(path)).graph)
