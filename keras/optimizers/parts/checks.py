"""The arguments of every optimizer, checked."""

from __future__ import annotations

from typing import Any

import numpy as np


def checked_rate(value: Any) -> float:
    if isinstance(value, (bool, str)) or not isinstance(value, (int, float)):
        raise ValueError(
            "`learning_rate` must be a number, a "
            "keras.optimizers.schedules.LearningRateSchedule, or a callable without "
            f"arguments. Received: {value!r}."
        )
    return float(value)


def checked_momentum(use_ema: bool, momentum: float) -> float:
    if use_ema and not 0 <= momentum <= 1:
        raise ValueError(
            "`ema_momentum` must lie between 0 and 1. "
            f"Received: ema_momentum={momentum}."
        )
    return momentum


def checked_frequency(use_ema: bool, frequency: int | None) -> int | None:
    if use_ema and frequency is not None:
        if not isinstance(frequency, (int, np.integer)) or frequency < 1:
            raise ValueError(
                "`ema_overwrite_frequency` must be an integer above 0, or None. "
                f"Received: ema_overwrite_frequency={frequency}."
            )
    return frequency


def checked_steps(steps: int | None) -> int | None:
    if steps is None:
        return None
    if not isinstance(steps, (int, np.integer)) or steps < 2:
        raise ValueError(
            "`gradient_accumulation_steps` must be an integer of 2 or more, or None. "
            f"Received: gradient_accumulation_steps={steps}."
        )
    return int(steps)
