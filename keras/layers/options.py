"""The keyword arguments that every layer takes, for type checkers and editors.

A checker refuses a class whose own parameters occur here too; hence three of them.
"""

from __future__ import annotations

from typing import Any, TypedDict

from keras.core.typing import DType


class _Options(TypedDict, total=False):
    dtype: DType
    trainable: bool
    autocast: bool
    input_shape: Any
    batch_shape: Any


class LayerOptions(_Options, total=False):
    """What a layer passes on to `Layer.__init__`; see there."""

    name: str | None


class ConvOptions(LayerOptions, total=False):
    """Those of a convolution, whose signatures do not show LoRA."""

    lora_rank: int | None
    lora_alpha: float | None


class AllLayerOptions(LayerOptions, total=False):
    """Those of a layer that does not write `activity_regularizer` itself."""

    activity_regularizer: Any


class UnnamedOptions(_Options, total=False):
    """Those of a layer that writes `name` itself."""

    activity_regularizer: Any
