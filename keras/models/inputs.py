"""What a model does with the values it is called on: structure, shape, dtype.

Everything that can be worked out from the inputs of the graph is worked out once.
A value of the right shape and dtype costs a few comparisons.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from keras import ops
from keras.backends import host_of
from keras.backends.backend import TENSOR
from keras.core import dtypes, masking, tree
from keras.core.keras_tensor import KerasTensor
from keras.core.typing import Structure, TensorLike
from keras.layers.input_spec import refuse_complex
from keras.ops.operation import node_of

if TYPE_CHECKING:
    from keras.models.model import Model


class InputAdapter:
    """Turns what a user passes to a model into one tensor for each input.

    Args:
        model: whom errors name.
        structure: the KerasTensors of the inputs, nested.
        convert_dtype: whether values are cast to the dtypes of the inputs.
        any_size: whether the layers judge the sizes, and only the rank counts here.
    """

    def __init__(
        self,
        model: Model,
        structure: Structure,
        convert_dtype: bool = True,
        any_size: bool = False,
    ) -> None:
        self.backend = model._keras_backend
        self._title = f"{type(model).__name__} {model.name!r}"
        self._structure = structure
        self._specs = tree.flatten(structure)
        self.names = [input_name(x) for x in self._specs]
        self._convert_dtype = convert_dtype
        self._any_size = any_size
        self._optional = [
            bool(getattr(node_of(x).operation, "optional", False)) for x in self._specs
        ]

    def __call__(self, inputs: TensorLike) -> list[Any]:
        """The tensors, in the order of the inputs of the graph."""
        if len(self._specs) == 1 and hasattr(inputs, "shape"):
            return [self._fit(inputs, 0)]
        flat = self.flatten(inputs)
        return [self._fit(x, index) for index, x in enumerate(flat)]

    def is_exact(self, tensors: list[Any]) -> bool:
        """Whether adapted tensors have the sizes and dtypes of the graph."""
        for x, spec in zip(tensors, self._specs, strict=True):
            if x is None:
                continue
            if self._any_size and not fits(tuple(x.shape), spec.shape):
                return False
            if self._convert_dtype or _holds_text(x):
                continue
            if dtypes.standardize_dtype(x.dtype) != spec.dtype:
                return False
        return True

    def flatten(self, inputs: TensorLike) -> list[Any]:
        """The values in the order of the inputs, dict keys being their names."""
        structure = self._structure
        if isinstance(inputs, dict):
            by_key = self._by_key(inputs)
            if by_key is not None:
                return by_key
        elif isinstance(structure, dict) and isinstance(inputs, (list, tuple)):
            if len(inputs) == len(structure):
                self._judge_order(structure, inputs)
                return list(tree.flatten(inputs))
        flat = tree.flatten(inputs)
        if len(flat) != len(self._specs):
            flat = self._one_array(inputs)
        return flat

    def _judge_order(self, structure: dict[str, Any], inputs: TensorLike) -> None:
        """A list for inputs that have names: only an order that is clear will do."""
        got = f"{self._title} takes a dict of inputs: {self._described()}. Received "
        got += f"a {type(inputs).__name__} of {len(inputs)}, in which they have no name"
        if list(structure) != sorted(structure):
            raise ValueError(
                f"{got}, and the keys {list(structure)} are in no order that would "
                "tell. Pass a dict."
            )
        if len(structure) > 1:
            warnings.warn(
                f"{got}; they are taken in the order of the alphabet. Pass a dict.",
                UserWarning,
                stacklevel=2,
            )

    def _one_array(self, inputs: TensorLike) -> list[Any]:
        """Nested numbers for a single input: `model([[1.0, 2.0]])`."""
        leaves = tree.flatten(inputs)
        plain = all(isinstance(x, (int, float, bool)) for x in leaves)
        if len(self._specs) == 1 and leaves and all(map(_holds_text, leaves)):
            return [self._fit(np.asarray(inputs), 0)]
        if len(self._specs) == 1 and plain and leaves:
            return [host_of(self.backend).convert_to_tensor(inputs)]
        raise ValueError(
            f"{self._title} expects {len(self._specs)} input(s): "
            f"{self._described()}. Received {len(leaves)}: {outline(inputs)}."
        )

    def _by_key(self, inputs: dict[str, Any]) -> list[Any] | None:
        structure = self._structure
        flat_dict = isinstance(structure, dict) and not any(
            tree.is_nested(x) for x in structure.values()
        )
        keys = sorted(structure) if flat_dict else self.names
        if isinstance(structure, dict) and not flat_dict:
            return None
        missing = [
            key
            for key, optional in zip(keys, self._optional, strict=True)
            if key not in inputs and not optional
        ]
        if not missing:
            extra = [key for key in inputs if key not in keys] if flat_dict else ()
            if extra:
                warnings.warn(
                    f"{self._title} has no input(s) {extra}: what was given under "
                    f"these keys is not used. Its inputs: {self._described()}.",
                    UserWarning,
                    stacklevel=2,
                )
            return [inputs.get(key) for key in keys]
        raise ValueError(
            f"{self._title} lacks the input(s) {missing}. Received a dict with the "
            f"keys {sorted(inputs)}. Expected: {self._described()}."
        )

    def _described(self) -> str:
        return ", ".join(
            f"{name!r} of shape {x.shape}"
            for name, x in zip(self.names, self._specs, strict=True)
        )

    def _fit(self, x: TensorLike, index: int) -> Any:
        spec = self._specs[index]
        if x is None:
            if self._optional[index]:
                return None
            raise ValueError(
                f"Input {self.names[index]!r} of {self._title} is None. Expected a "
                f"tensor of shape {spec.shape}; an input that may be missing is made "
                "by keras.Input(..., optional=True)."
            )
        if not isinstance(x, KerasTensor):
            x = self._converted(x, spec)
        shape = tuple(x.shape) if type(x.shape) is not tuple else x.shape
        if not fits(shape, spec.shape) and not (
            self._any_size and len(shape) == len(spec.shape)
        ):
            x = self._reshaped(x, shape, index)
        return x

    def _converted(self, x: TensorLike, spec: KerasTensor) -> Any:
        backend = host_of(self.backend)
        if "string" not in backend.layouts and _holds_text(x):
            return x if hasattr(x, "shape") else np.asarray(x)  # for layers of text
        if backend.kind_of(x) == TENSOR:
            if not self._convert_dtype or backend.dtype_of(x) == spec.dtype:
                return x
            _keep_both_parts(x, spec)
            mask = masking.get_mask(x)
            x = backend.cast(x, spec.dtype)
            if mask is not None:
                masking.set_mask(x, mask)
            return x
        if not self._convert_dtype:
            return backend.convert_to_tensor(x)
        _keep_both_parts(x, spec)
        return backend.convert_to_tensor(x, dtype=spec.dtype)

    def _reshaped(self, x: TensorLike, shape: tuple[Any, ...], index: int) -> Any:
        """Adds or drops a last dimension of one where that makes it fit."""
        expected = self._specs[index].shape
        mask = masking.get_mask(x)
        if len(shape) == len(expected) - 1 and expected[-1] == 1:
            if fits(shape, expected[:-1]):
                if _holds_text(x):
                    return x[..., None]
                return _masked(ops.expand_dims(x, -1), mask)
        if len(shape) == len(expected) + 1 and shape[-1] == 1:
            if fits(shape[:-1], expected):
                if _holds_text(x):
                    return x[..., 0]
                return _masked(ops.squeeze(x, -1), mask)
        raise ValueError(
            f"Input {index} with name {self.names[index]!r} of {self._title} has the "
            f"wrong shape: expected {expected} (None stands for any size), received "
            f"{tuple(shape)}.{_advice(tuple(shape), expected)}"
        )


def _keep_both_parts(x: TensorLike, spec: KerasTensor) -> None:
    """Refuses complex numbers for a real input, which would lose half of them."""
    if "complex" not in spec.dtype:
        refuse_complex(x)


def _holds_text(x: TensorLike) -> bool:
    if isinstance(x, (str, bytes)):
        return True
    return isinstance(x, np.ndarray) and x.dtype.kind in "OSUT"


def _masked(x: TensorLike, mask: Any) -> Any:
    if mask is not None:
        masking.set_mask(x, mask)
    return x


def fits(shape: tuple[Any, ...], expected: tuple[Any, ...]) -> bool:
    """Whether a shape is one of those that the expected one stands for.

    The size of the batch never matters: a model works on any.
    """
    if len(shape) != len(expected):
        return False
    for size, wanted in zip(shape[1:], expected[1:], strict=True):
        if wanted is not None and size is not None and size != wanted:
            return False
    return True


def _advice(shape: tuple[Any, ...], expected: tuple[Any, ...]) -> str:
    if len(shape) == len(expected) - 1 and fits(shape, expected[1:]):
        return " The batch dimension is missing: pass x[None] for one sample."
    if len(shape) == len(expected) and sorted(map(str, shape[1:])) == sorted(
        map(str, expected[1:])
    ):
        return " The dimensions seem to be in another order."
    return ""


def outline(structure: Structure) -> Any:
    """What errors say of values: their shapes, or types where they have none."""
    return tree.map_structure(
        lambda x: (
            f"shape {tuple(x.shape)}" if hasattr(x, "shape") else type(x).__name__
        ),
        structure,
    )


def input_name(x: KerasTensor) -> str:
    """The name of an input: that of its InputLayer."""
    history = x._keras_history
    return x.name if history is None else history.operation.name
