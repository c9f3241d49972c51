"""Configs of the modes that look at data: GPTQ and AWQ."""

from __future__ import annotations

from typing import Any

from keras.core.facts import public_class
from keras.core.typing import Config
from keras.quantizers.config import QuantizationConfig

_DATA = ("dataset", "tokenizer", "quantization_layer_structure")


class _Calibrated(QuantizationConfig):
    """A config with data that the weights are fitted to; files do not hold it."""

    _bits: tuple[int, ...] = ()
    _config_excluded = _DATA

    def __init__(self, **given: Any) -> None:
        super().__init__()
        self.__dict__.update(given)
        if given["weight_bits"] not in self._bits:
            allowed = ", ".join(map(str, self._bits))
            raise ValueError(
                f"{type(self).__name__} expects `weight_bits` to be one of {allowed}. "
                f"Received: weight_bits={given['weight_bits']!r}."
            )
        for name in ("num_samples", "sequence_length", "num_grid_points"):
            value = given.get(name, 1)
            if type(value) is not int or value < 1:
                raise ValueError(
                    f"{type(self).__name__} expects `{name}` to be a positive integer. "
                    f"Received: {name}={value!r}."
                )
        size = given["group_size"]
        if type(size) is not int or (size < 1 and size != -1):
            raise ValueError(
                f"{type(self).__name__} expects `group_size` to be a positive integer, "
                f"or -1 for whole channels. Received: group_size={size!r}."
            )

    def dtype_policy_string(self) -> str:
        """`"<mode>/<weight_bits>/<group_size>"`."""
        given = vars(self)
        return f"{self.mode}/{given['weight_bits']}/{given['group_size']}"

    def get_config(self) -> Config:
        """The numbers; data, tokenizer and layers are None, for they fit no file."""
        first, last = dict.fromkeys(_DATA[:2]), dict.fromkeys(_DATA[2:])
        return {**first, **super().get_config(), **last}

    def without_data(self) -> QuantizationConfig:
        """The config that `get_config` tells: a layer keeps no data alive."""
        return type(self).from_config(self.get_config())


@public_class("keras.quantizers")
class GPTQConfig(_Calibrated):
    """Weights rounded one after the other, each making up for those before.

    Source: Frantar et al., 2022 (https://arxiv.org/abs/2210.17323).

    Args:
        dataset: texts, or arrays of token ids, to calibrate with: any iterable.
        tokenizer: callable, or an object with `tokenize`, from a text to its token
            ids; None where the dataset holds ids.
        weight_bits: bits of a weight: 2, 3, 4 or 8.
        num_samples: number of sequences to calibrate with.
        per_channel: whether each output channel has its own scale.
        sequence_length: number of tokens of a sequence.
        hessian_damping: part of the mean of the Hessian's diagonal that is added to
            it, from 0 to 1.
        group_size: number of weights of a channel that share a scale; -1 for all.
        symmetric: whether zero stands in the middle of the integers.
        activation_order: whether the weights of the largest inputs come first.
        quantization_layer_structure: dict with `"pre_block_layers"`, the layers before
            the blocks, and `"sequential_blocks"`; None for what
            `model.get_quantization_layer_structure` says.

    Example:

    >>> import keras
    >>> config = keras.quantizers.GPTQConfig(["a text"], tokenizer=None, group_size=64)
    >>> config.dtype_policy_string()
    'gptq/4/64'
    """

    _bits = (2, 3, 4, 8)

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        per_channel: bool = True,
        sequence_length: int = 512,
        hessian_damping: float = 0.01,
        group_size: int = 128,
        symmetric: bool = False,
        activation_order: bool = False,
        quantization_layer_structure: Config | None = None,
    ) -> None:
        super().__init__(
            dataset=dataset,
            tokenizer=tokenizer,
            weight_bits=weight_bits,
            num_samples=num_samples,
            per_channel=per_channel,
            sequence_length=sequence_length,
            hessian_damping=hessian_damping,
            group_size=group_size,
            symmetric=symmetric,
            activation_order=activation_order,
            quantization_layer_structure=quantization_layer_structure,
        )
        if not 0 <= hessian_damping <= 1:
            raise ValueError(
                "GPTQConfig expects `hessian_damping` to be from 0 to 1. Received: "
                f"hessian_damping={hessian_damping!r}."
            )

    @property
    def mode(self) -> str:
        """`"gptq"`."""
        return "gptq"


@public_class("keras.quantizers")
class AWQConfig(_Calibrated):
    """Weights of 4 bits, with those of large inputs enlarged before they are rounded.

    Source: Lin et al., 2023 (https://arxiv.org/abs/2306.00978).

    Args:
        dataset: texts, or arrays of token ids, to calibrate with: any iterable.
        tokenizer: callable, or an object with `tokenize`, from a text to its token
            ids; None where the dataset holds ids.
        weight_bits: 4.
        num_samples: number of sequences to calibrate with.
        sequence_length: number of tokens of a sequence.
        group_size: number of weights of a channel that share a scale; -1 for all.
        num_grid_points: number of strengths of the enlargement that are tried.
        quantization_layer_structure: as that of `GPTQConfig`.

    Example:

    >>> import keras
    >>> config = keras.quantizers.AWQConfig(["a text"], tokenizer=None)
    >>> config.dtype_policy_string()
    'awq/4/128'
    """

    _bits = (4,)

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        sequence_length: int = 512,
        group_size: int = 128,
        num_grid_points: int = 20,
        quantization_layer_structure: Config | None = None,
    ) -> None:
        super().__init__(
            dataset=dataset,
            tokenizer=tokenizer,
            weight_bits=weight_bits,
            num_samples=num_samples,
            sequence_length=sequence_length,
            group_size=group_size,
            num_grid_points=num_grid_points,
            quantization_layer_structure=quantization_layer_structure,
        )

    @property
    def mode(self) -> str:
        """`"awq"`."""
        return "awq"
