"""Format `torch`: a program of `torch.export`, which torch runs without Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras.backends import backend_scope, load
from keras.core.typing import Structure
from keras.export.signature import signature_of
from keras.export.targets import target_file
from keras.layers.transfer import at_fault, to_backend
from keras.utils.messages import show

if TYPE_CHECKING:
    from keras.models.model import Model


def write_torch_program(
    model: Model,
    path: str,
    *,
    input_signature: Structure = None,
    verbose: bool = True,
) -> None:
    """Writes a model as a `.pt2` file, which `torch.export.load` reads.

    Args:
        model: a model of any backend, built.
        path: the file.
        input_signature: what its call takes, if the model does not say it.
        verbose: whether to tell what was written.
    """
    signature = signature_of(model, input_signature)
    copy = to_backend(model, "torch")
    native = load("torch").export
    with backend_scope("torch"):
        try:
            program = native.program_of(copy, signature)
        except Exception as error:
            raise ValueError(
                f"Model {model.name!r} cannot become a program of torch.export"
                f"{at_fault(error)}: {error} Sizes that must be known can be given "
                "by `input_signature`."
            ) from error
    with target_file(path) as file:
        native.save(program, file)
    if verbose:
        show(f"Saved artifact at {path!r}. Load it with torch.export.load(path).")
