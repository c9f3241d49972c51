"""The device scope: where new tensors are placed."""

from __future__ import annotations

from typing import Any

from keras.backends import current
from keras.core import context


class device_scope(context.Scope):
    """Places new tensors and computations on a device, inside a `with` block.

    Args:
        device_name: `"cpu"`, `"gpu:0"`, … .

    Example:

    >>> import keras
    >>> with keras.device("cpu:0"):
    ...     x = keras.ops.ones((2,))
    """

    def __init__(self, device_name: str) -> None:
        if not isinstance(device_name, str):
            raise ValueError(
                'A device is given as a string such as "cpu" or "gpu:0". '
                f"Received: device_name={device_name!r}."
            )
        super().__init__("device", device_name.lower())
        self._native: list[Any] = []

    def __enter__(self) -> str:
        native = current().device_scope(self._value)
        native.__enter__()
        self._native.append(native)
        return super().__enter__()

    def __exit__(self, exc_type: Any, exc: Any, tb: Any) -> None:
        super().__exit__(exc_type, exc, tb)
        self._native.pop().__exit__(exc_type, exc, tb)
