"""The scope that predictions are made in."""

from __future__ import annotations

import contextlib
from typing import Any


def update_scope() -> contextlib.AbstractContextManager[Any]:
    return contextlib.nullcontext()
