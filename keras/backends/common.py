"""What most backends answer alike.

A backend that knows better has a function of the same name, which goes before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.core.typing import DType, TensorLike

if TYPE_CHECKING:
    from keras.backends.variable import Variable


class Common:
    """The base of `Backend`; `contract.py` says what each function is for."""

    # Whether objects of other backends run on this one while it is current, as they do
    # on one that writes down what they compute.
    hosts_others = False
    # Whether a weight stays in integers until it is multiplied: there is no need to cut
    # a large one into pieces, of which only one is floats at a time.
    keeps_integers = False
    layouts: frozenset[str] = frozenset()  # dense tensors only
    layer_mixin: type | None = None
    optimizer_mixin: type | None = None

    host_view: Callable[[TensorLike], Any]
    convert_to_tensor: Callable[..., Any]
    jit: Callable[..., Any]

    @staticmethod
    def is_sparse(x: TensorLike) -> bool:
        return False

    @staticmethod
    def canonical_dtype(dtype: str) -> str:
        """The framework has all dtypes."""
        return dtype

    @staticmethod
    def promotes(x1: TensorLike, x2: TensorLike) -> bool:
        """The framework does not bring two dtypes together, or not as Keras does."""
        return False

    def convert_to_numpy(self, x: TensorLike) -> Any:
        return np.array(self.host_view(x))

    def borrow(self, x: np.ndarray, dtype: DType) -> Any:
        """A copy, which nobody minds."""
        return self.convert_to_tensor(x, dtype)

    @staticmethod
    def sums_of_packed_rows(x: TensorLike, packed: TensorLike, size: int) -> Any:
        """There is no kernel for it, or none that is quicker than products of floats.

        Args:
            x: `(batch, rows)`.
            packed: `(rows, half)`, int8, two integers of 4 bits in a byte.
            size: how many rows are summed together.

        Returns:
            None; else `(batch, sums, 2 * half)`: rows, each times its number of `x`.
        """
        return None

    @staticmethod
    def in_trace() -> bool:
        """Nothing is ever traced."""
        return False

    compiles_each_shape = False

    @staticmethod
    def is_traced(x: TensorLike) -> bool:
        """Tensors always have their numbers."""
        return False

    @staticmethod
    def eager_scope() -> contextlib.AbstractContextManager[Any]:
        return contextlib.nullcontext()

    @staticmethod
    def seed_framework(seed: int) -> None:
        """The framework keeps no state of its own: all draws are given a seed."""

    @staticmethod
    def framework_state() -> Any:
        """The state of the framework's own generator: there is none."""
        return None

    @staticmethod
    def set_framework_state(state: Any) -> None:
        """Sets the state of the framework's own generator, where there is one."""

    def compiles_further(self, jit_compile: bool | str | None) -> bool:
        return self.jit(len, jit_compile=jit_compile) is not len

    def compile_call(
        self, function: Callable[..., Any], variables: Callable[[], Any]
    ) -> Callable[[Any], Any]:
        return self.jit(function, jit_compile="auto")  # a trace finds the variables

    @staticmethod
    def update_scope() -> contextlib.AbstractContextManager[Any]:
        """No gradients are recorded unless they are asked for."""
        return contextlib.nullcontext()

    def set_to_zero(self, variables: Sequence[Variable]) -> None:
        """Each for itself."""
        for variable in variables:
            zero = np.zeros(variable.shape, "float32")
            variable.assign(self.convert_to_tensor(zero, variable.dtype))

    @staticmethod
    def version_of(variable: Variable) -> Any:
        """Not known: each look may meet another value."""
        return None
