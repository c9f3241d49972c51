"""`RematScope`: which layers compute again what they would keep for gradients.

A layer takes over the scope that it is made in; `keras/layers/rematerialization.py`
acts on it in each call.
"""

from __future__ import annotations

from collections.abc import Sequence

from keras.core import context

MODES = ("full", "activations", "larger_than", "list_of_layers", None)


class RematScope(context.Scope):
    """Layers made inside keep no intermediate results: gradients compute them again.

    That takes less memory in training, and more time. A layer keeps to the innermost
    scope that it was made in, wherever it is called. A model made inside is not
    computed again as a whole: its layers are, one by one. Copies keep to the scopes of
    the original: those of `clone_model`, `model.to_backend`, `copy` and `pickle`. A
    config and a file say nothing of them: load or make the model in a scope again.

    Args:
        mode: `"full"`: all layers; `"activations"`: only the activation function of
            layers that have one; `"larger_than"`: layers whose outputs hold more than
            `output_size_threshold` numbers; `"list_of_layers"`: the layers named in
            `layer_names`; None: no layers, inside of another scope.
        output_size_threshold: for `"larger_than"`, the number of numbers in all outputs
            of a call, the batch included.
        layer_names: for `"list_of_layers"`, names of layers.

    Raises:
        ValueError: if an argument is none of these.

    Example:

    >>> import keras
    >>> with keras.RematScope("list_of_layers", layer_names=["big"]):
    ...     big = keras.layers.Dense(64, activation="gelu", name="big")
    ...     small = keras.layers.Dense(1)
    >>> tuple(small(big(keras.ops.ones((2, 3)))).shape)
    (2, 1)
    """

    def __init__(
        self,
        mode: str | None = "full",
        output_size_threshold: int = 1024,
        layer_names: Sequence[str] | None = None,
    ) -> None:
        if mode not in MODES:
            known = ", ".join(map(repr, MODES))
            raise ValueError(
                f"RematScope expects `mode` to be one of {known}. Received: "
                f"mode={mode!r}."
            )
        number = isinstance(output_size_threshold, (int, float))
        if not number or isinstance(output_size_threshold, bool):
            raise ValueError(
                "RematScope expects `output_size_threshold` to be a number of numbers. "
                f"Received: output_size_threshold={output_size_threshold!r}."
            )
        names = [] if layer_names is None else layer_names
        if isinstance(names, str) or not all(isinstance(name, str) for name in names):
            raise ValueError(
                "RematScope expects `layer_names` to be a list of names of layers. "
                f"Received: layer_names={layer_names!r}."
            )
        super().__init__("remat", self)
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = list(names)
