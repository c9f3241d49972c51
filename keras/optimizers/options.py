"""The options that every optimizer has, declared once.

An optimizer's constructor lists its own parameters and ends with
`**options: Unpack[OptimizerOptions]`, which type checkers and editors expand. Its
public signature has the options between the optimizer's positional parameters and its
keyword-only ones, as Keras 3 has them, and they can be given by position too.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypedDict, get_type_hints


class OtherOptimizerOptions(TypedDict, total=False):
    """The options of optimizers that declare `weight_decay` themselves."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None


class OptimizerOptions(OtherOptimizerOptions, total=False):
    """What every optimizer can do besides its own update; see `Optimizer`."""

    weight_decay: float | None


OPTION_NAMES = tuple(get_type_hints(OptimizerOptions))


def accepts_options(init: Callable[..., Any]) -> bool:
    """Whether a constructor ends with `**options: Unpack[OptimizerOptions]`."""
    return any(
        parameter.kind is parameter.VAR_KEYWORD
        and "OptimizerOptions" in str(parameter.annotation)
        for parameter in inspect.signature(init).parameters.values()
    )


def with_options(
    init: Callable[..., None], base_init: Callable[..., None]
) -> Callable[..., None]:
    """The constructor with the options of `base_init` in its signature."""
    own = list(inspect.signature(init).parameters.values())
    taken = {parameter.name for parameter in own}
    base = inspect.signature(base_init).parameters.values()
    added = [
        parameter
        for parameter in base
        if parameter.name in OPTION_NAMES and parameter.name not in taken
    ]
    positional = [p for p in own if p.kind is p.POSITIONAL_OR_KEYWORD]
    keyword_only = [p for p in own if p.kind is p.KEYWORD_ONLY]
    rest = [inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)]
    by_position = [parameter.name for parameter in added]
    count = len(positional)

    @wraps(init)
    def __init__(*args: Any, **kwargs: Any) -> None:
        if len(args) > count:
            beyond = args[count:]
            if len(beyond) > len(by_position):
                raise TypeError(
                    f"{init.__qualname__} takes at most {count + len(by_position) - 1} "
                    f"positional arguments. Received: {len(args) - 1}."
                )
            for name, value in zip(by_position, beyond, strict=False):
                if name in kwargs:
                    raise TypeError(
                        f"{init.__qualname__} got two values for argument {name!r}."
                    )
                kwargs[name] = value
            args = args[:count]
        init(*args, **kwargs)

    __init__.__signature__ = inspect.Signature(
        [*positional, *added, *keyword_only, *rest]
    )
    return __init__
