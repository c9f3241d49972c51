"""Optimizers that keep a few tensors, called slots, beside each variable.

Slots are declared by name. Where the backend has a fused kernel for an optimizer, an
eager step takes one call for all variables and their slots. It is used only while
`update_step` is the one that the kernel stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from keras.optimizers.optimizer import Optimizer
from keras.optimizers.parts.conditional import is_open

if TYPE_CHECKING:
    from keras.backends.variable import Variable


class SlotOptimizer(Optimizer):
    """Base of optimizers with slots."""

    # Names of the slots that each variable has, in groups: the variables of a group
    # stand side by side for each weight, one group follows another.
    slots: ClassVar[tuple[tuple[str, ...], ...]] = ()
    # The backend function that stands for `update_step`, of the class that says so.
    fused_kernel: ClassVar[str | None] = None

    def build(self, var_list: Sequence[Any]) -> None:
        """Makes the state for these variables; `apply` does it on first use.

        Args:
            var_list: the variables to train.
        """
        if self.built:
            return
        super().build(var_list)
        self._keras_slots: dict[str, list[Any]] = {}
        for group in self.slot_groups():
            initial = [self.initial_slot(name) for name in group]
            made = self.add_optimizer_variables(var_list, group, initial)
            self._keras_slots.update(zip(group, made, strict=True))

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        """The groups of slots that this instance needs; `slots` by default."""
        return self.slots

    def initial_slot(self, name: str) -> Any:
        """The initializer of a slot: zeros by default."""
        return "zeros"

    def slot(self, name: str, variable: Variable) -> Any:
        """The state of that name which belongs to a variable."""
        return self._keras_slots[name][self._get_variable_index(variable)]

    # The fused path --------------------------------------------------------------

    def fused_arguments(self) -> dict[str, Any] | None:
        """Hyperparameters for the fused kernel; None where it does not fit."""
        return {}

    def _kernel(self) -> Callable[..., bool] | None:
        """The backend's kernel, if it stands for this class's `update_step`."""
        cls = type(self)
        if (
            self.fused_kernel is None
            or cls.before_step is not Optimizer.before_step
            or cls.apply_weight_decay is not Optimizer.apply_weight_decay
        ):
            return None
        for cls in type(self).__mro__:
            if "update_step" in cls.__dict__:
                if "fused_kernel" not in cls.__dict__:
                    return None
                return self._keras_backend.__dict__.get(self.fused_kernel)
        return None

    def _step_at_once(self, grads: list[Any], variables: Sequence[Any]) -> bool:
        """Updates all variables in one call; False where that cannot be done."""
        kernel = self._kernel()
        if kernel is None or not is_open():
            return False
        arguments = self.fused_arguments()
        step = self._step_mirror.read()
        if arguments is None or step is None:
            return False
        step = step // (self.gradient_accumulation_steps or 1)
        rate = self._host_rate(step)
        if rate is None:
            return False
        indices = [self._keras_index[id(variable)] for variable in variables]
        names = [name for group in self.slot_groups() for name in group]
        slots = {name: [self._keras_slots[name][i] for i in indices] for name in names}
        decayed: list[Any] = []
        if self.weight_decay:
            decayed = [v for v in variables if self._keras_decay.applies_to(v)]
        return kernel(
            variables,
            grads,
            decayed,
            step=step + 1,
            learning_rate=rate,
            weight_decay=self.weight_decay or 0.0,
            **slots,
            **arguments,
        )
