"""Format `tf_saved_model`: a model served by TensorFlow alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras.core.typing import Structure
from keras.export.archive import ExportArchive
from keras.export.signature import signature_of

if TYPE_CHECKING:
    from keras.models.model import Model


def write_saved_model(
    model: Model,
    path: str,
    *,
    input_signature: Structure = None,
    verbose: bool = True,
    options: Any = None,
) -> None:
    """Writes a model as a SavedModel with one endpoint, `"serve"`.

    Args:
        model: a model of any backend, built.
        path: the folder.
        input_signature: what its call takes, if the model does not say it.
        verbose: whether to tell what was written.
        options: `tf.saved_model.SaveOptions`.
    """
    signature_of(model, input_signature)  # before any work
    archive = ExportArchive()
    archive.track_and_add_endpoint("serve", model, input_signature)
    archive.write_out(path, options=options, verbose=verbose)
