"""`Bidirectional`: a recurrent layer run in both directions of time."""

from __future__ import annotations

from typing import Any, Unpack

from keras import ops
from keras.core import tree
from keras.core.classes import declared_class
from keras.core.facts import public_class
from keras.core.registry import CustomObjectScope
from keras.core.serialization import serialize_keras_object
from keras.core.typing import Shape, Structure, Tensor, TensorLike
from keras.layers.arguments import one_of
from keras.layers.input_spec import describe
from keras.layers.layer import Layer
from keras.layers.options import AllLayerOptions


@public_class("keras.layers", pure=True)
class Bidirectional(Layer):
    """Runs one recurrent layer forwards and its like backwards.

    Source: Schuster and Paliwal, 1997.

    Args:
        layer: a recurrent layer, as `LSTM` or `RNN`. It is copied, not used itself.
        merge_mode: how the two outputs are combined: `"concat"`, `"sum"`, `"mul"`,
            `"ave"`, or None for a list of both.
        weights: values of the weights to begin with, as `get_weights` returns them.
        backward_layer: the layer that runs backwards; by default a copy of `layer`
            with `go_backwards` turned around.
        **kwargs: `name`, `dtype`, `trainable`: see `Layer`.

    Call arguments are those of the layer; `initial_state` holds the states of both.

    Example:

    >>> import keras
    >>> layer = keras.layers.Bidirectional(keras.layers.LSTM(4))
    >>> tuple(layer(keras.ops.ones((2, 5, 3))).shape)
    (2, 8)
    """

    _config_excluded = ("weights",)

    _layer_arguments = ("layer", "backward_layer")

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **kwargs: Unpack[AllLayerOptions],
    ) -> None:
        one_of(self, "merge_mode", merge_mode, ("sum", "mul", "ave", "concat", None))
        _check(layer, backward_layer)
        if weights is not None and not isinstance(weights, (list, tuple)):
            raise ValueError(
                "Bidirectional expects `weights` to be a list of arrays, as "
                f"`get_weights` returns it. Received: weights={weights!r}."
            )
        super().__init__(**kwargs)
        self.merge_mode = merge_mode
        self._takes_complex = layer._takes_complex
        self.forward_layer = _copy(layer, "forward", layer.go_backwards)
        other = layer if backward_layer is None else backward_layer
        backwards = not layer.go_backwards
        self.backward_layer = _copy(other, "backward", backwards)
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        self.stateful = layer.stateful
        self.supports_masking = True
        self._initial_weights = None if weights is None else list(weights)

    @property
    def layer(self) -> Any:
        """The layer that runs forwards."""
        return self.forward_layer

    def get_config(self) -> dict[str, Any]:
        """Both layers and how they are combined."""
        config = super().get_config()
        config["layer"] = serialize_keras_object(self.forward_layer)
        config["backward_layer"] = serialize_keras_object(self.backward_layer)
        return config

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        """Builds both layers."""
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
                layer.built = True
        self.input_spec = self.forward_layer.input_spec
        self.built = True
        if self._initial_weights is not None:
            self.set_weights(self._initial_weights)
            self._initial_weights = None

    def call(
        self,
        sequences: Tensor,
        initial_state: TensorLike = None,
        mask: TensorLike = None,
        training: bool | None = None,
    ) -> Any:
        """The combined outputs, and the states of both if they are wanted."""
        first = second = None
        if initial_state is not None:
            first, second = self._halves(initial_state)
        forward = self.forward_layer(
            sequences, initial_state=first, mask=mask, training=training
        )
        backward = self.backward_layer(
            sequences, initial_state=second, mask=mask, training=training
        )
        states = ()
        if self.return_state:
            states = (*forward[1:], *backward[1:])
            forward, backward = forward[0], backward[0]
        if self.return_sequences:
            backward = ops.flip(backward, axis=1)
        merged = self._merge(forward, backward)
        if not self.return_state:
            return merged
        return (*merged, *states) if self.merge_mode is None else (merged, *states)

    def _halves(self, states: Structure) -> tuple[list[Any], list[Any]]:
        """The states of the layer that runs forwards, and of the other."""
        half = len(self.forward_layer.state_size)
        if not isinstance(states, (list, tuple)) or len(states) != 2 * half:
            count = len(states) if isinstance(states, (list, tuple)) else 1
            raise ValueError(
                f"{describe(self)} expects `initial_state` to be a list of {2 * half} "
                f"tensors, {half} for the layer that runs forwards and then {half} "
                f"for the one that runs backwards. Received: {count}."
            )
        return list(states[:half]), list(states[half:])

    def _merge(self, forward: Tensor, backward: Tensor) -> Any:
        if self.merge_mode == "concat":
            return ops.concatenate([forward, backward], axis=-1)
        if self.merge_mode == "sum":
            return ops.add(forward, backward)
        if self.merge_mode == "mul":
            return ops.multiply(forward, backward)
        if self.merge_mode == "ave":
            return ops.divide(ops.add(forward, backward), 2)
        return (forward, backward)

    def compute_output_shape(
        self, sequences_shape: Shape, initial_state_shape: Any = None
    ) -> Any:
        """The shape of the outputs, and of the states if they are wanted."""
        shapes = self.forward_layer.compute_output_shape(sequences_shape)
        states: tuple[Any, ...] = ()
        shape = shapes
        if self.return_state:
            shape, *rest = shapes
            states = (*rest, *rest)
        if self.merge_mode is None:
            return (shape, shape, *states)
        if self.merge_mode == "concat":
            shape = (*shape[:-1], 2 * shape[-1])
        return (shape, *states) if self.return_state else shape

    def compute_mask(self, _: Any, mask: TensorLike = None) -> Structure:
        """The mask, if all steps are returned; states have none."""
        mask = tree.flatten(mask)[0] if mask is not None else None
        own = mask if self.return_sequences else None
        outputs = (own, own) if self.merge_mode is None else (own,)
        if self.return_state:
            count = len(self.forward_layer.state_size)
            return (*outputs, *(None,) * (2 * count))
        return outputs if self.merge_mode is None else own

    @property
    def states(self) -> Any:
        """The kept states of both layers, or None where they keep none."""
        both = (self.forward_layer.states, self.backward_layer.states)
        return (*both[0], *both[1]) if all(both) else None

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Any:
        """A layer made from what `get_config` returned."""
        with CustomObjectScope(custom_objects or {}):
            return super().from_config(config)

    def reset_state(self) -> None:
        """Sets the states of both layers to zero."""
        self.reset_states()

    def reset_states(self) -> None:
        """Sets the states of both layers to zero."""
        self.forward_layer.reset_states()
        self.backward_layer.reset_states()


_NEEDED = ("go_backwards", "return_sequences", "return_state", "stateful")


def _check(layer: Layer, backward_layer: Any) -> None:
    for name, given in {"layer": layer, "backward_layer": backward_layer}.items():
        if given is None and name == "backward_layer":
            continue
        lacking = [n for n in _NEEDED if not hasattr(given, n)]
        if not isinstance(given, Layer) or lacking:
            raise ValueError(
                f"Bidirectional expects `{name}` to be a recurrent layer, as LSTM or "
                f"RNN, with the attributes {', '.join(_NEEDED)}. Received: "
                f"{name}={given!r} of type {type(given).__name__}."
            )
    if backward_layer is None:
        return
    if backward_layer.go_backwards == layer.go_backwards:
        raise ValueError(
            "Bidirectional needs layers of opposite directions. Received: `layer` and "
            f"`backward_layer` both with go_backwards={layer.go_backwards}."
        )
    for name in _NEEDED[1:]:
        if getattr(layer, name) != getattr(backward_layer, name):
            raise ValueError(
                f"Bidirectional needs layers that agree in `{name}`. Received: "
                f"{getattr(layer, name)} and {getattr(backward_layer, name)}."
            )


def _copy(layer: Layer, direction: str, go_backwards: bool) -> Any:
    """A layer of the same arguments, with the direction in its name."""
    config = layer.get_config()
    for name, given in layer.recorded_arguments().items():
        if name in layer._config_excluded:  # in no file, but it counts here
            config[name] = getattr(layer, name, given)
    name = layer.name.removeprefix("forward_").removeprefix("backward_")
    config["name"] = f"{direction}_{name}"
    config["go_backwards"] = go_backwards
    if layer.return_sequences:
        # Masked steps of the two directions lie at different places.
        config["zero_output_for_mask"] = True
    return declared_class(layer).from_config(config)
