"""`LambdaCallback`: a callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras.callbacks.callback import Callback

Hook = Callable[..., Any] | None


class LambdaCallback(Callback):
    """A callback whose hooks are the functions that it is given.

    Args:
        on_epoch_begin: Called with `(epoch, logs)`.
        on_epoch_end: Called with `(epoch, logs)`.
        on_train_begin: Called with `(logs)`.
        on_train_end: Called with `(logs)`.
        on_train_batch_begin: Called with `(batch, logs)`.
        on_train_batch_end: Called with `(batch, logs)`.
        **kwargs: Any other hook of `Callback` by its name; other names become
            attributes.

    Raises:
        ValueError: If a name starts with `on_` but is no hook.

    Example:

    >>> from keras.callbacks import LambdaCallback
    >>> show = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs))
    >>> show.on_epoch_end(0, {"loss": 0.5})
    0 {'loss': 0.5}
    """

    def __init__(
        self,
        on_epoch_begin: Hook = None,
        on_epoch_end: Hook = None,
        on_train_begin: Hook = None,
        on_train_end: Hook = None,
        on_train_batch_begin: Hook = None,
        on_train_batch_end: Hook = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        for name, function in given.items():
            if name.startswith("on_"):
                self._keras_check(name, function)
                if function is not None:
                    setattr(self, name, _with_logs(function))
            else:
                setattr(self, name, function)

    def _keras_check(self, name: str, function: Callable[..., Any]) -> None:
        if not hasattr(Callback, name):
            hooks = ", ".join(hook for hook in dir(Callback) if hook[:3] == "on_")
            raise ValueError(
                f"LambdaCallback received `{name}`, which is no hook. Hooks: {hooks}."
            )
        if function is not None and not callable(function):
            raise ValueError(
                f"LambdaCallback needs a function for `{name}`. Received: {function!r}"
            )


def _with_logs(function: Callable[..., Any]) -> Callable[..., Any]:
    """Pass `logs` by position, since a lambda may call it anything."""

    def hook(*args: Any, **kwargs: Any) -> Any:
        return function(*args, *kwargs.values())

    return hook
