"""Format `litert` (TensorFlow Lite): a model for small devices."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from keras.backends import load
from keras.core.typing import Structure
from keras.export.saved_model import write_saved_model
from keras.export.signature import signature_of
from keras.export.targets import target_file
from keras.utils.messages import show

if TYPE_CHECKING:
    from keras.models.model import Model


def write_litert(
    model: Model,
    path: str,
    *,
    input_signature: Structure = None,
    verbose: bool = True,
    optimizations: list[str] | None = None,
) -> None:
    """Writes a model as a `.tflite` file with one signature, `"serve"`.

    Args:
        model: a model of any backend, built.
        path: the file.
        input_signature: what its call takes, if the model does not say it.
        verbose: whether to tell what was written.
        optimizations: names of `tf.lite.Optimize`, such as `["DEFAULT"]`, which keeps
            weights in 8 bits.
    """
    signature_of(model, input_signature)  # before any work
    with tempfile.TemporaryDirectory() as folder:
        saved = os.path.join(folder, "model")
        write_saved_model(model, saved, input_signature=input_signature, verbose=False)
        data, plain = load("tensorflow").export.litert_of(saved, optimizations or [])
    with target_file(path) as file, open(file, "wb") as stream:
        stream.write(data)
    if verbose:
        needs = "" if plain else " It holds operations of TensorFlow (select ops)."
        show(f"Saved artifact at {path!r}.{needs}")
