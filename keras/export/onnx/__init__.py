"""ONNX files, written from the graph of our own ops.

A model is called once on values of a backend that writes down what is computed
(`writer.py`). For each primitive op a function of its name in the files beside this one
says which nodes of ONNX it becomes; `reasons.py` collects why some have none.
"""

from __future__ import annotations

import importlib.util
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from keras.core.errors import MissingBackendError
from keras.core.typing import Structure
from keras.utils.messages import show

if TYPE_CHECKING:
    from keras.layers.layer import Layer

OPSET = 23  # of ONNX 1.18, March 2025: the first with Attention and RMSNormalization
OLDEST = 20  # the first with Gelu


def write_onnx(
    model: Layer,
    path: str | os.PathLike[str],
    *,
    input_signature: Structure = None,
    opset_version: int | None = None,
    verbose: bool | None = None,
    integer_products: bool = False,
    **options: Any,
) -> None:
    """Writes a model in inference as an ONNX file.

    Weights beyond the 2 GB that such a file can hold lie beside it: `path + ".data"`.

    Args:
        model: a model, or a layer, that is built.
        path: the file.
        input_signature: what the model is called on, one entry for each argument; by
            default what it was made or built with. Sizes of None are open.
        opset_version: version of ONNX's operators, 20 or later; 23 by default.
        verbose: whether to say what was written.
        integer_products: whether a runtime may round what a weight of few bits is
            multiplied by, where the model does not do so itself. onnxruntime then does,
            and multiplies integers: it is quicker, and less exact than the model.
        **options: none are known.

    Raises:
        ImportError: if onnx is not installed.
        CannotExport: for a layer that ONNX cannot hold; it names the layer.
        ValueError: for an opset that is too old or unknown, or a signature that does
            not fit.
    """
    if options:
        raise TypeError(f"Exporting to 'onnx' got unknown options: {sorted(options)}.")
    require("onnx")
    # These import onnx, an optional package.
    from keras.export.onnx import file, trace
    from keras.export.signature import signature_of
    from keras.export.targets import target_file

    opset = _checked_opset(opset_version)
    graph = trace.traced(
        model, signature_of(model, input_signature), opset, not integer_products
    )
    writing = file.Writing(graph, model.name, opset)
    target = os.fspath(path)
    with ExitStack() as stack:
        temporary = stack.enter_context(target_file(target))
        if writing.is_too_large:
            beside = stack.enter_context(target_file(f"{target}.data"))
            writing.weights_to(beside, f"{os.path.basename(target)}.data")
        writing.to(temporary)
    if verbose:
        show(f"Saved artifact at {target!r}.")


def require(package: str) -> None:
    """Says how to install an optional package, if it is missing.

    Raises:
        MissingBackendError: which is an ImportError.
    """
    if importlib.util.find_spec(package) is None:
        raise MissingBackendError(
            f"Exporting to this format needs the package {package!r}, which is not "
            "installed. Run `pip install keras[export]`."
        )


def _checked_opset(version: int | None) -> int:
    import onnx  # an optional package

    newest = onnx.defs.onnx_opset_version()
    if version is None:
        return min(OPSET, newest)
    if not OLDEST <= version <= newest:
        raise ValueError(
            f"`opset_version` must be from {OLDEST} to {newest}, the newest that the "
            f"installed onnx {onnx.__version__} knows. Received: {version!r}."
        )
    return int(version)
