"""Process-wide defaults: float type, fuzz factor, image layout, interaction.

They start from `$KERAS_HOME/keras.json` (by default `~/.keras/keras.json`), which
is read on first need, not at import. The backend that such a file or the variable
`KERAS_BACKEND` names is read here and resolved in `keras.backends`.
"""

from __future__ import annotations

import json
import operator
import os
import warnings
from pathlib import Path
from typing import Any

FLOAT_TYPES = ("bfloat16", "float16", "float32", "float64")
IMAGE_FORMATS = ("channels_last", "channels_first")


class _Settings:
    """The values in force; one instance per process."""

    def __init__(self) -> None:
        self.floatx = "float32"
        self.epsilon = 1e-7
        self.image_data_format = "channels_last"
        self.backend_name: str | None = None
        self.interactive_logging = True
        self.traceback_filtering = True
        self.flash_attention: bool | None = None
        self.nnx_enabled = False
        self.max_epochs: int | None = None
        self.max_steps_per_epoch: int | None = None
        self._load()

    def of_results(self) -> tuple[Any, ...]:
        """Those that computations read, and that compiled ones have taken in."""
        return (
            self.floatx,
            self.epsilon,
            self.image_data_format,
            self.flash_attention,
        )

    def _load(self) -> None:
        path = keras_home() / "keras.json"
        stored: dict[str, Any] = {}
        if path.is_file():
            try:
                stored = json.loads(path.read_text())
            except (OSError, ValueError) as error:
                warnings.warn(
                    f"Ignoring the Keras configuration file {path}: {error}.",
                    stacklevel=2,
                )
        if "floatx" in stored:
            self.floatx = _one_of("floatx", stored["floatx"], FLOAT_TYPES)
        if "image_data_format" in stored:
            self.image_data_format = _one_of(
                "image_data_format", stored["image_data_format"], IMAGE_FORMATS
            )
        self.epsilon = float(stored.get("epsilon", self.epsilon))
        self.backend_name = os.environ.get("KERAS_BACKEND") or stored.get("backend")
        self.max_epochs = _limit_of_environment("KERAS_MAX_EPOCHS")
        self.max_steps_per_epoch = _limit_of_environment("KERAS_MAX_STEPS_PER_EPOCH")


def keras_home() -> Path:
    """The folder of the user's Keras files: `$KERAS_HOME` or `~/.keras`."""
    home = os.environ.get("KERAS_HOME")
    return Path(home) if home else Path.home() / ".keras"


def _one_of(what: str, value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(
            f"Unknown {what}: {value!r}. Allowed values: {', '.join(allowed)}."
        )
    return value


def _limit_of_environment(name: str) -> int | None:
    text = os.environ.get(name)
    if not text:
        return None
    return _limit(name, int(text) if text.isdecimal() else text)


def _limit(what: str, value: Any) -> int | None:
    """A limit, checked; 0 is none, too."""
    if value is None:
        return None
    try:
        count = operator.index(value)
    except TypeError:
        count = -1
    if count < 0:
        raise ValueError(
            f"{what} must be a whole number, or None for no limit. Received: {value!r}."
        )
    return count or None


settings = _Settings()


def floatx() -> str:
    """The default float dtype, `"float32"` unless changed.

    Example:

    >>> import keras
    >>> keras.config.floatx()
    'float32'
    """
    return settings.floatx


def set_floatx(value: str) -> None:
    """Sets the default float dtype.

    Args:
        value: `"bfloat16"`, `"float16"`, `"float32"` or `"float64"`.

    Raises:
        ValueError: for any other value.

    Example:

    >>> import keras
    >>> keras.config.set_floatx("float32")
    """
    settings.floatx = _one_of("floatx", value, FLOAT_TYPES)


def epsilon() -> float:
    """The fuzz factor that keeps divisions and logarithms finite, 1e-7 by default.

    Example:

    >>> import keras
    >>> keras.config.epsilon()
    1e-07
    """
    return settings.epsilon


def set_epsilon(value: float) -> None:
    """Sets the fuzz factor.

    Args:
        value: a small positive number.
    """
    settings.epsilon = float(value)


def image_data_format() -> str:
    """The default layout of images: `"channels_last"` or `"channels_first"`.

    Example:

    >>> import keras
    >>> keras.config.image_data_format()
    'channels_last'
    """
    return settings.image_data_format


def set_image_data_format(data_format: str) -> None:
    """Sets the default layout of images.

    Args:
        data_format: `"channels_last"` (`(batch, height, width, channels)`) or
            `"channels_first"` (`(batch, channels, height, width)`).

    Raises:
        ValueError: for any other value.
    """
    settings.image_data_format = _one_of(
        "image_data_format", data_format, IMAGE_FORMATS
    )


def standardize_data_format(data_format: str | None) -> str:
    """The given image layout, or the default one for None, checked."""
    if data_format is None:
        return settings.image_data_format
    return _one_of("data_format", str(data_format).lower(), IMAGE_FORMATS)


def enable_interactive_logging() -> None:
    """Progress is drawn on standard output (the default)."""
    settings.interactive_logging = True


def disable_interactive_logging() -> None:
    """Progress goes to Python's `logging` instead of standard output."""
    settings.interactive_logging = False


def is_interactive_logging_enabled() -> bool:
    """Whether progress is drawn on standard output."""
    return settings.interactive_logging


def enable_traceback_filtering() -> None:
    """Kept for compatibility: tracebacks here are short by construction."""
    settings.traceback_filtering = True


def disable_traceback_filtering() -> None:
    """Kept for compatibility: see `enable_traceback_filtering`."""
    settings.traceback_filtering = False


def is_traceback_filtering_enabled() -> bool:
    """The flag last set by `enable_traceback_filtering` and its opposite."""
    return settings.traceback_filtering


def enable_flash_attention() -> None:
    """Fused attention kernels are required where they can be used."""
    settings.flash_attention = True


def disable_flash_attention() -> None:
    """Fused attention kernels are not used."""
    settings.flash_attention = False


def is_nnx_enabled() -> bool:
    """Whether Flax NNX manages the Variables of JAX; it never does here.

    Example:

    >>> import keras
    >>> keras.config.is_nnx_enabled()
    False
    """
    return False


def is_flash_attention_enabled() -> bool | None:
    """True, False, or None where the backend decides call by call."""
    return settings.flash_attention


def max_epochs() -> int | None:
    """The upper limit of epochs that any `fit` runs, or None.

    At first it is what the environment variable `KERAS_MAX_EPOCHS` says.

    Example:

    >>> import keras
    >>> print(keras.config.max_epochs())
    None
    """
    return settings.max_epochs


def set_max_epochs(max_epochs: int | None) -> None:
    """Limits every later `fit` to so many epochs.

    Args:
        max_epochs: the limit; None lifts it.

    Raises:
        ValueError: for what is no whole number.
    """
    settings.max_epochs = _limit("`max_epochs`", max_epochs)


def max_steps_per_epoch() -> int | None:
    """The upper limit of steps that a pass of `fit`, `evaluate` or `predict` runs.

    At first it is what the environment variable `KERAS_MAX_STEPS_PER_EPOCH` says; None
    is no limit.

    Example:

    >>> import keras
    >>> print(keras.config.max_steps_per_epoch())
    None
    """
    return settings.max_steps_per_epoch


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limits every later epoch, validation, evaluation and prediction to so many steps.

    Args:
        max_steps_per_epoch: the limit; None lifts it.

    Raises:
        ValueError: for what is no whole number.
    """
    settings.max_steps_per_epoch = _limit("`max_steps_per_epoch`", max_steps_per_epoch)
