"""The formats that `Model.export` writes, and what is checked before any work is done.

A format is one file (or folder) of this room with a function `write(model, path, *,
input_signature, verbose, **options)`. It is imported when it is asked for, and so are
the packages that it needs.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from keras.core.errors import MissingBackendError
from keras.core.typing import Structure

if TYPE_CHECKING:
    from keras.models.model import Model

Writer = Callable[..., None]


class Format(NamedTuple):
    """One format: how to get its writer, and what it cannot do without."""

    writer: Callable[[], Writer]
    packages: tuple[str, ...]
    install: str
    suffix: str = ""  # what a path must end in


def _saved_model() -> Writer:
    # Loaded when it is asked for, with the packages that it needs.
    from keras.export.saved_model import write_saved_model

    return write_saved_model


def _onnx() -> Writer:
    # Loaded when it is asked for, with the packages that it needs.
    from keras.export.onnx import write_onnx

    return write_onnx


def _openvino() -> Writer:
    # Loaded when it is asked for, with the packages that it needs.
    from keras.export.openvino import write_openvino

    return write_openvino


def _litert() -> Writer:
    # Loaded when it is asked for, with the packages that it needs.
    from keras.export.litert import write_litert

    return write_litert


def _torch() -> Writer:
    # Loaded when it is asked for, with the packages that it needs.
    from keras.export.torch_program import write_torch_program

    return write_torch_program


FORMATS = {
    "tf_saved_model": Format(
        _saved_model, ("tensorflow",), "pip install keras[tensorflow]"
    ),
    "onnx": Format(_onnx, ("onnx",), "pip install keras[export]"),
    "openvino": Format(_openvino, ("openvino", "onnx"), "pip install keras[export]"),
    "litert": Format(
        _litert, ("tensorflow",), "pip install keras[tensorflow]", ".tflite"
    ),
    "torch": Format(_torch, ("torch",), "pip install keras[torch]", ".pt2"),
}


def export_model(
    model: Model,
    filepath: Any,
    *,
    format: str = "tf_saved_model",
    verbose: bool | None = None,
    input_signature: Structure = None,
    **options: Any,
) -> None:
    """Writes a model in a format; see `Model.export`.

    Args:
        model: the model.
        filepath: the file, or the folder of a SavedModel.
        format: one of `FORMATS`.
        verbose: whether to tell what was written; None says so, too.
        input_signature: what the inputs are, where the model does not say it.
        **options: of the format.

    Raises:
        ValueError: for an unknown format, a path that does not fit, or a model that
            is not built.
        ImportError: if the format needs a package that is not installed.
    """
    kind = FORMATS.get(format)
    if kind is None:
        raise ValueError(
            f"Model {model.name!r} cannot be exported: `format` must be one of "
            f"{', '.join(map(repr, FORMATS))}. Received: format={format!r}."
        )
    path = os.fspath(filepath)
    if not path.endswith(kind.suffix):
        raise ValueError(
            f"The path of a file of format {format!r} must end in "
            f"{kind.suffix!r}. Received: filepath={path!r}."
        )
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} must be built before it is exported: call it on "
            "data, or start it with keras.Input(shape)."
        )
    missing = [name for name in kind.packages if not _is_installed(name)]
    if missing:
        raise MissingBackendError(
            f"Exporting to format {format!r} needs the package "
            f"{' and '.join(map(repr, missing))}, which is not installed. Run "
            f"`{kind.install}`."
        )
    write = kind.writer()
    _check_options(write, format, options)
    write(
        model,
        path,
        input_signature=input_signature,
        verbose=verbose is not False,
        **options,
    )


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # blocked, or half imported
        return False


def _check_options(write: Writer, format: str, options: dict[str, Any]) -> None:
    """Raises for options that the writer of a format does not take."""
    parameters = inspect.signature(write).parameters
    unknown = sorted(options.keys() - parameters.keys())
    if unknown and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        raise TypeError(
            f"Exporting to format {format!r} got unknown options: {unknown}."
        )
