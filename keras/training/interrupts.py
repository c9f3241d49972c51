"""Ctrl-C while a model trains: the step that it falls into is finished first.

So the model is as it was after its last finished step, and can be saved or trained on.
While data is read or callbacks run, Ctrl-C ends the loop at once; so does a second one.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Self

from keras.training.several import ModelStep

_WHOLE = frozenset(
    method.__code__
    for method in (ModelStep.__call__, ModelStep.several, ModelStep.one_by_one)
)


class Interrupts:
    """A context in which Ctrl-C waits for the end of a step.

    Attributes:
        wanted: Whether Ctrl-C waits; the loop looks after each step, and raises
            KeyboardInterrupt.
    """

    def __init__(self) -> None:
        self.wanted = False
        self._is_installed = False

    def __enter__(self) -> Self:
        # Only the main thread is told of signals, and a handler of the user's stays.
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            signal.signal(signal.SIGINT, self._note)
            self._is_installed = True
        return self

    def __exit__(self, *error: object) -> None:
        if self._is_installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, number: int, frame: FrameType | None) -> Any:
        if self.wanted or not _is_in_step(frame):
            raise KeyboardInterrupt
        self.wanted = True


def _is_in_step(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code in _WHOLE:
            return True
        frame = frame.f_back
    return False
