"""What layers inside a model give, beside its own outputs, in one pass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keras.core import tree
from keras.core.typing import Structure
from keras.models import Model
from keras.models.graph_model import GraphModel
from keras.models.plan import ordered_nodes


def is_graph(model: Model) -> bool:
    """Whether a model knows its graph: Functional ones, and Sequential ones once they
    know their input."""
    return isinstance(model, GraphModel) and hasattr(model, "outputs")


class Tapped:
    """A model that also gives the outputs of some of its layers.

    Args:
        model: the model.
        names: names of layers; None stands for the model's outputs.
    """

    def __init__(self, model: Model, names: Iterable[str | None]) -> None:
        self.model = model
        self.names = sorted({name for name in names if name is not None})
        self._extractor: Model | None = None
        if self.names:
            inside = [_output_in(model, name) for name in self.names]
            self._extractor = Model(model.input, [model.output, *inside])

    def __call__(self, x: Structure, training: bool | None, **kwargs: Any) -> Any:
        """Runs the model.

        Args:
            x: inputs.
            training: whether this is training.
            **kwargs: further arguments of the model's call.

        Returns:
            The outputs, and by name those of the layers; the model's own under None.
        """
        if self._extractor is None:
            outputs = self.model(x, training=training, **kwargs)
            return outputs, {None: outputs}
        outputs, *inside = self._extractor(x, training=training, **kwargs)
        return outputs, {None: outputs, **dict(zip(self.names, inside, strict=True))}


def _output_in(model: Any, name: str) -> Any:
    """What a layer gives in the graph of a model. Its own `output` may be that of its
    first call elsewhere, or, of a model, in its own graph."""
    layer = model.get_layer(name)
    ends = (tree.flatten(model.input), tree.flatten(model.output))
    for node in ordered_nodes(*ends, f"model {model.name!r}"):
        if node.operation is layer:
            return node.outputs[0] if len(node.outputs) == 1 else list(node.outputs)
    raise ValueError(
        f"Layer {name!r} of model {model.name!r} has no part in its outputs, so it "
        "gives nothing to distil."
    )
