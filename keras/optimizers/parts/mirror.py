"""A number on the host that follows a scalar variable without asking the device.

Fused kernels want the step and the learning rate as Python numbers. Reading a variable
makes the host wait for an accelerator; so the number is read once, and again only after
somebody else has written to the variable (the backend can tell).
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras.backends.variable import Variable


class HostMirror:
    """The value of a scalar variable, as a Python number.

    Args:
        variable: the variable to follow.
    """

    def __init__(self, variable: Variable) -> None:
        self._variable = variable
        self._version: Any = None
        self._number: Any = None

    def read(self) -> Any:
        """The number; None where the backend cannot tell whether it still holds."""
        version = self._variable.backend.version_of(self._variable)
        if version is None:
            return None
        if version != self._version:
            self._number = self._variable.numpy().item()
            self._version = version
        return self._number

    def wrote(self, number: Any) -> None:
        """Takes note of a write of our own, just done."""
        self._number = number
        self._version = self._variable.backend.version_of(self._variable)

    def __deepcopy__(self, memo: dict[int, Any]) -> HostMirror:
        return HostMirror(copy.deepcopy(self._variable, memo))

    def __reduce__(self) -> tuple[Any, ...]:
        return HostMirror, (self._variable,)
