"""Labels as a model is trained on them, and back from what it predicts."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras import losses
from keras.core.typing import Shape


class Labels:
    """The classes of a classifier, in the form that a model and its loss take.

    - one column of 0 and 1, for a model with one output;
    - indices, for a loss of indices (`"sparse_categorical_crossentropy"`);
    - a column of 0 and 1 for each class, for all others.

    Args:
        classes: the labels, sorted.
        model: the compiled model.
        shape: of the inputs, without batch axis.
    """

    def __init__(self, classes: np.ndarray, model: Any, shape: Shape) -> None:
        self.classes = classes
        loss = _loss_of(model)
        self.from_logits = bool(getattr(loss, "from_logits", False))
        self.crossentropy = "crossentropy" in getattr(loss, "name", "")
        width = _width(model, shape)
        self.one_column = width == 1 and len(classes) <= 2
        self.indices = "sparse" in getattr(loss, "name", "")
        if width not in (None, len(classes)) and not self.one_column:
            if not (self.indices and width > len(classes)):
                raise ValueError(
                    f"Model {model.name!r} has {width} outputs, but there are "
                    f"{len(classes)} classes: {classes.tolist()[:10]}. Let the "
                    "function that makes the model look at `y`."
                )

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Labels as targets."""
        places = np.searchsorted(self.classes, y)
        if self.one_column:
            return places.reshape(-1, 1).astype("float32")
        if self.indices:
            return places
        return np.eye(len(self.classes), dtype="float32")[places]

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """What the model gives, as a probability for each class."""
        if self.one_column:
            positive = _sigmoid(outputs) if self.from_logits else outputs
            both = np.concatenate([1 - positive, positive], axis=-1)
            return both[:, : len(self.classes)]
        if self.from_logits:
            powers = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
            return powers / powers.sum(axis=-1, keepdims=True)
        return outputs

    def decision(self, outputs: np.ndarray) -> np.ndarray:
        """The outputs; of two classes, what speaks for the second: above 0, it is."""
        if self.one_column:
            return outputs[:, 0] - (0.0 if self.from_logits else 0.5)
        if len(self.classes) == 2:
            return outputs[:, 1] - outputs[:, 0]
        return outputs

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """The likeliest labels."""
        if self.one_column:
            places = (self.decision(outputs) > 0).astype(int)
            return self.classes[np.minimum(places, len(self.classes) - 1)]
        return self.classes[outputs[:, : len(self.classes)].argmax(axis=-1)]


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _loss_of(model: Any) -> Any:
    """The loss that a model is compiled with, as an object; None for a function."""
    loss = model.loss
    if isinstance(loss, str):
        loss = losses.get(loss)
    if isinstance(loss, (list, tuple)) and len(loss) == 1:
        loss = loss[0]
    name = getattr(loss, "__name__", None)
    return _Named(name) if name is not None else loss


class _Named:
    """What is known of a loss that is a function."""

    def __init__(self, name: str) -> None:
        self.name = name


def _width(model: Any, shape: Shape) -> int | None:
    """How many outputs a model has; None where that is not known before it runs."""
    try:
        return model.compute_output_shape((None, *shape))[-1]
    except Exception:  # noqa: BLE001 - any code of a user's
        return None
