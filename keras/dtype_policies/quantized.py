"""Dtype policies that also name a way to quantize.

They are named `"<mode>_from_<source>"`: the source is the float policy that a layer
had before, and still computes and keeps its other variables in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from keras.core.facts import public_class
from keras.dtype_policies.policy import DTypePolicy, dtype_policy, reads_names

# The modes of the public policies.
_MODES = ("int8", "float8", "int4", "gptq", "awq")
_SEPARATOR = "_from_"


class _Registered:
    """What rooms above this one know: the modes that forms of weights have."""

    modes: Callable[[], Iterable[str]] = tuple


registered = _Registered()


def modes() -> tuple[str, ...]:
    """All modes, `"int8"` and the like."""
    return tuple(dict.fromkeys((*_MODES, *registered.modes())))


def _is_mode(kind: Any) -> bool:
    return isinstance(kind, str) and (kind in _MODES or kind in modes())


@public_class("keras.dtype_policies")
class QuantizedDTypePolicy(DTypePolicy):
    """A float policy and the mode in which weights are quantized.

    Args:
        mode: `"int8"`, `"int4"`, `"float8"`, `"gptq"` or `"awq"`, behind a slash
            perhaps with settings of their own (see the derived classes).
        source_name: name of the float policy; by default the global one.

    Raises:
        ValueError: for an unknown mode or source, and for int8 beside float16, whose
            range is too small for the sums.

    Example:

    >>> import keras
    >>> policy = keras.dtype_policies.QuantizedDTypePolicy("int8", "mixed_bfloat16")
    >>> policy.name, policy.quantization_mode, policy.compute_dtype
    ('int8_from_mixed_bfloat16', 'int8', 'bfloat16')
    """

    def __init__(self, mode: str, source_name: str | None = None) -> None:
        super().__init__(dtype_policy().name if source_name is None else source_name)
        self._mode, self._source_name = mode, self._name
        kind = mode.partition("/")[0] if isinstance(mode, str) else mode
        if not _is_mode(kind):
            raise ValueError(
                f"`mode` of {type(self).__name__} must be one of {', '.join(modes())}. "
                f"Received: mode={mode!r}."
            )
        if kind == "int8" and self.compute_dtype == "float16":
            raise ValueError(
                "int8 does not go with compute dtype float16, in which its sums "
                "overflow. Use 'bfloat16', 'mixed_bfloat16' or 'float32' as the source."
                f" Received: source_name={self._source_name!r}."
            )
        self._name = f"{mode}{_SEPARATOR}{self._source_name}"

    @property
    def mode(self) -> str:
        """The mode with its settings, such as `"int4/128"`."""
        return self._mode

    @property
    def quantization_mode(self) -> str | None:
        """The mode without settings, such as `"int4"`."""
        return self._mode.partition("/")[0]

    def get_config(self) -> dict[str, Any]:
        """`{"mode": mode, "source_name": source_name}`."""
        return {"mode": self._mode, "source_name": self._source_name}

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, QuantizedDTypePolicy)
            and type(other) is type(self)
            and other.get_config() == self.get_config()
        )

    def __hash__(self) -> int:
        return hash(self._name)


@public_class("keras.dtype_policies")
class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """Quantization to 8-bit floats, scaled by the largest values of the last steps.

    Args:
        mode: `"float8"`.
        source_name: name of the float policy; by default the global one.
        amax_history_length: number of steps whose largest values are kept.

    Raises:
        TypeError: if the length is no integer.

    Example:

    >>> import keras
    >>> policy = keras.dtype_policies.QuantizedFloat8DTypePolicy("float8", "float32")
    >>> policy.name, policy.amax_history_length
    ('float8_from_float32', 1024)
    """

    default_amax_history_length: ClassVar[int] = 1024

    def __init__(
        self,
        mode: str,
        source_name: str | None = None,
        amax_history_length: int = default_amax_history_length,
    ) -> None:
        super().__init__(mode, source_name)
        if type(amax_history_length) is not int:
            raise TypeError(
                "`amax_history_length` of a QuantizedFloat8DTypePolicy must be an "
                f"integer. Received: {amax_history_length!r} "
                f"({type(amax_history_length).__name__})."
            )
        self._amax_history_length = amax_history_length

    @property
    def amax_history_length(self) -> int:
        """The number of steps whose largest values are kept."""
        return self._amax_history_length

    def get_config(self) -> dict[str, Any]:
        """The arguments by name."""
        return {**super().get_config(), "amax_history_length": self.amax_history_length}


class _Grouped(QuantizedDTypePolicy):
    """A mode with integers behind slashes: `_form` says which, the last is a size."""

    _form: ClassVar[str]
    _bits: ClassVar[tuple[int, ...]] = ()

    def __init__(self, mode: str, source_name: str | None = None) -> None:
        numbers = self._numbers(mode)
        super().__init__(mode, source_name)
        self._size = numbers[-1]
        self._weight_bits = numbers[0]

    def _numbers(self, mode: str) -> list[int]:
        kind, *names = self._form.split("/")
        given = mode.split("/") if isinstance(mode, str) else [mode]
        wanted = f"{type(self).__name__} expects a mode of the form '{self._form}'"
        if given[0] != kind or len(given) != len(names) + 1:
            raise ValueError(f"{wanted}. Received: mode={mode!r}.")
        try:
            numbers = [int(number) for number in given[1:]]
        except ValueError:
            raise ValueError(
                f"{wanted}, with integers. Received: mode={mode!r}."
            ) from None
        if self._bits and numbers[0] not in self._bits:
            allowed = ", ".join(map(str, self._bits))
            raise ValueError(
                f"{wanted}, with {names[0]} of {allowed}. Received: mode={mode!r}."
            )
        if numbers[-1] != -1 and numbers[-1] < 1:
            raise ValueError(
                f"{wanted}, with {names[-1]} of 1 or more, or -1 for one scale of a "
                f"whole channel. Received: mode={mode!r}."
            )
        return numbers


@public_class("keras.dtype_policies")
class Int4DTypePolicy(_Grouped):
    """Quantization to 4-bit integers, with one scale for each block of weights.

    Args:
        mode: `"int4/<block_size>"`; -1 for one scale of a whole channel.
        source_name: name of the float policy; by default the global one.

    Raises:
        ValueError: for a mode of another form.

    Example:

    >>> import keras
    >>> keras.dtype_policies.Int4DTypePolicy("int4/128", "float32").block_size
    128
    """

    _form = "int4/<block_size>"

    @property
    def block_size(self) -> int:
        """The number of weights that share a scale; -1 for a whole channel."""
        return self._size


class _OfBits(_Grouped):
    """A mode that names the bits of a weight, too."""

    @property
    def weight_bits(self) -> int:
        """The number of bits of a weight."""
        return self._weight_bits

    @property
    def group_size(self) -> int:
        """The number of weights that are quantized together; -1 for all."""
        return self._size


@public_class("keras.dtype_policies")
class GPTQDTypePolicy(_OfBits):
    """Quantization by GPTQ (https://arxiv.org/abs/2210.17323).

    Args:
        mode: `"gptq/<weight_bits>/<group_size>"`: 2, 3, 4 or 8 bits; a group of -1
            is a whole tensor.
        source_name: name of the float policy; by default the global one.

    Raises:
        ValueError: for a mode of another form.

    Example:

    >>> import keras
    >>> policy = keras.dtype_policies.GPTQDTypePolicy("gptq/4/128", "float32")
    >>> policy.weight_bits, policy.group_size
    (4, 128)
    """

    _form = "gptq/<weight_bits>/<group_size>"
    _bits = (2, 3, 4, 8)


@public_class("keras.dtype_policies")
class AWQDTypePolicy(_OfBits):
    """Activation-aware quantization (https://arxiv.org/abs/2306.00978).

    Args:
        mode: `"awq/4/<group_size>"`; a group of -1 is a whole channel.
        source_name: name of the float policy; by default the global one.

    Raises:
        ValueError: for a mode of another form.

    Example:

    >>> import keras
    >>> policy = keras.dtype_policies.AWQDTypePolicy("awq/4/128", "float32")
    >>> policy.weight_bits, policy.group_size
    (4, 128)
    """

    _form = "awq/<weight_bits>/<group_size>"
    _bits = (4,)


@reads_names
def from_name(name: str) -> QuantizedDTypePolicy | None:
    """The policy of a name such as `"int8_from_float32"`; None if it is none such.

    Raises:
        ValueError: if a mode is named without the policy it starts from.
    """
    mode, separator, source = name.partition(_SEPARATOR)
    kind = mode.partition("/")[0]
    if not _is_mode(kind):
        return None
    if not separator:
        raise ValueError(
            f"{name!r} is a mode of quantization. A policy says what it starts from: "
            f"'{name}_from_float32' or '{name}_from_mixed_bfloat16'."
        )
    if kind == "float8":
        return QuantizedFloat8DTypePolicy(mode, source)
    settings = {"int4": Int4DTypePolicy, "gptq": GPTQDTypePolicy, "awq": AWQDTypePolicy}
    if mode == "int4":  # which alone may leave its settings out: whole channels
        return QuantizedDTypePolicy(mode, source)
    return settings.get(kind, QuantizedDTypePolicy)(mode, source)
