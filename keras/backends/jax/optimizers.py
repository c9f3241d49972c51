"""What optimizers ask of this backend. No fused kernels: steps run inside a compiled
function, or one variable after the other.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras.backends.variable import Variable


def update_scope() -> contextlib.AbstractContextManager[Any]:
    """Inside, variables are changed and no gradients are recorded."""
    return contextlib.nullcontext()


def version_of(variable: Variable) -> Any:
    """Something that changes when the variable is written to; None: not known."""
    return None
