"""OpenVINO files (`.xml` and `.bin`), made of the ONNX graph of our own ops."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any

from keras.core.typing import Structure
from keras.export.onnx import require, write_onnx
from keras.utils.messages import show

if TYPE_CHECKING:
    from keras.layers.layer import Layer


def write_openvino(
    model: Layer,
    path: str | os.PathLike[str],
    *,
    input_signature: Structure = None,
    verbose: bool | None = None,
    compress_to_fp16: bool = False,
    **options: Any,
) -> None:
    """Writes a model in inference as OpenVINO's two files.

    Args:
        model: a model, or a layer, that is built.
        path: the file, which ends in `.xml`; the weights lie beside it, in `.bin`.
        input_signature: what the model is called on; see `write_onnx`.
        verbose: whether to say what was written.
        compress_to_fp16: whether weights are kept in half precision.
        **options: those of `write_onnx`.

    Raises:
        ImportError: if openvino or onnx is not installed.
        ValueError: if the path does not end in `.xml`.
        CannotExport: for a layer that ONNX cannot hold; it names the layer.
    """
    require("openvino")
    import openvino  # an optional package

    from keras.export.targets import target_file  # needed once a package is there

    target = os.fspath(path)
    if not target.endswith(".xml"):
        raise ValueError(
            f"The path of an OpenVINO file must end in '.xml'. Received: {target!r}."
        )
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "model.onnx")
        write_onnx(model, source, input_signature=input_signature, **options)
        made = os.path.join(folder, "model.xml")
        converted = openvino.convert_model(source)
        openvino.save_model(converted, made, compress_to_fp16=compress_to_fp16)
        # The numbers first: the file that is opened must never lack them.
        for suffix in (".bin", ".xml"):
            with target_file(f"{target.removesuffix('.xml')}{suffix}") as temporary:
                _copy(f"{made.removesuffix('.xml')}{suffix}", temporary)
    if verbose:
        show(f"Saved artifact at {target!r}.")


def _copy(source: str, target: str) -> None:
    with open(source, "rb") as old, open(target, "wb") as new:
        while block := old.read(1 << 24):
            new.write(block)
