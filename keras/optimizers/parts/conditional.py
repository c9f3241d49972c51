"""Updates that happen or not, depending on a value on the device.

Outside traces the value is looked at. Inside a trace nothing can be looked at: there
both outcomes are worked out, and each variable takes the value of the right one.
"""

from __future__ import annotations

from collections.abc import Callable

from keras import ops
from keras.backends import current
from keras.core import context
from keras.core.scopes import StatelessScope
from keras.core.typing import TensorLike

Action = Callable[[], None]


def is_open() -> bool:
    """Whether values can be looked at: no trace and no stateless scope is open."""
    return context.get().stateless is None and not current().in_trace()


def choose(condition: TensorLike, when_true: Action, when_false: Action) -> None:
    """Does one of two things that assign to variables.

    Args:
        condition: a boolean scalar tensor, or a Python bool.
        when_true: what to do if it holds.
        when_false: what to do if not.
    """
    if isinstance(condition, bool) or is_open():
        (when_true if bool(condition) else when_false)()
        return
    with StatelessScope() as first:
        when_true()
    with StatelessScope() as second:
        when_false()
    for variable in (first.updates | second.updates).values():
        here = first.get_current_value(variable)
        there = second.get_current_value(variable)
        here = variable.value if here is None else here
        there = variable.value if there is None else there
        variable.assign(ops.where(condition, here, there))
