"""The progress bar: one line that redraws itself in a terminal, plain in a log.

What it shows is asked for only when it draws (`due` tells), because to read a
metric makes the host wait for the device.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Iterable, Sequence
from typing import Any

from keras.utils.messages import can_redraw, show

_BOLD, _GREEN, _GREY, _PLAIN = "\033[1m", "\033[32m", "\033[37m", "\033[0m"
_ERASE_TO_END = "\033[K"


class Progbar:
    """Displays how far a loop has come.

    In a terminal or notebook the line redraws itself. Elsewhere (a file, a pipe)
    there is one plain line, when the target is reached.

    Args:
        target: The number of steps, `None` where it is unknown.
        width: The width of the bar, in characters.
        verbose: 0 shows nothing, 1 a bar, 2 one plain line at the end.
        interval: The least time between two drawings, in seconds.
        stateful_metrics: Names of values that are shown as they are, which is so
            for every name but those of `stateless_metrics`.
        stateless_metrics: Names of values that are averaged over the steps.
        unit_name: What a step is called.

    Example:

    >>> from keras.utils import Progbar
    >>> bar = Progbar(2, verbose=0)
    >>> for step in range(2):
    ...     bar.update(step + 1, [("loss", 0.5)])
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.stateful_metrics = set(stateful_metrics or ())
        self.stateless_metrics = set(stateless_metrics or ())
        self.unit_name = unit_name
        self._redraws = can_redraw()
        self._values: dict[str, Any] = {}
        self._sums: dict[str, tuple[float, int]] = {}
        self._seen = 0
        self._start = time.monotonic()
        self._first_step = 0
        self._first_step_end: float | None = None
        self._last_drawing = -math.inf

    def due(self, current: int, finalize: bool | None = None) -> bool:
        """Whether `update(current)` would draw now.

        Args:
            current: The number of steps done.
            finalize: Whether this is the end; `None` asks whether the target is
                reached.
        """
        if self.verbose not in (1, 2):
            return False
        if self._is_last(current, finalize):
            return True
        if self.verbose == 2 or not self._redraws:
            return False
        return time.monotonic() - self._last_drawing >= self.interval

    def time_first_step(self, current: int) -> None:
        """Note when the first step ended, if `current` is the first.

        Args:
            current: The number of steps done.
        """
        if self._first_step_end is None and current:
            self._first_step_end = time.monotonic()
            self._first_step = current

    def update(
        self,
        current: int,
        values: Sequence[tuple[str, Any]] | None = None,
        finalize: bool | None = None,
    ) -> None:
        """Set how many steps are done, and draw if it is time to.

        Args:
            current: The number of steps done.
            values: Pairs of a name and a number to show.
            finalize: Whether this is the end; `None` asks whether the target is
                reached.
        """
        self.time_first_step(current)
        self._note(values or (), max(current - self._seen, 1))
        self._seen = current
        if not self.due(current, finalize):
            return
        last = self._is_last(current, finalize)
        self._last_drawing = time.monotonic()
        if self.verbose == 1 and self._redraws:
            room = shutil.get_terminal_size((120, 24)).columns - 1
            line = self._line(current, last, room)
            show("\r" + line + _ERASE_TO_END + ("\n" if last else ""), newline=False)
        else:
            show(self._plain_line(current, last))

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """Go on by `n` steps; see `update`."""
        self.update(self._seen + n, values)

    def _is_last(self, current: int, finalize: bool | None) -> bool:
        if finalize is not None:
            return finalize
        return self.target is not None and current >= self.target

    def _note(self, values: Iterable[tuple[str, Any]], steps: int) -> None:
        for name, value in values:
            if name in self.stateless_metrics:
                total, count = self._sums.get(name, (0.0, 0))
                total, count = total + float(value) * steps, count + steps
                self._sums[name] = (total, count)
                value = total / count
            self._values[name] = value

    def _line(self, current: int, last: bool, room: int) -> str:
        """The redrawn line, cut so that it never wraps (or `\\r` would fail)."""
        time_text = self._time_text(current, last)
        values = self._values_text()
        count = self._count_text(current)
        if self.target is None:
            rest = max(room - len(count), 10)
            return f"{_BOLD}{count}{_PLAIN}" + f" {time_text}{values}"[:rest]
        share = min(current / self.target, 1.0) if self.target else 1.0
        done = int(self.width * share)
        bar = f"{_GREEN}{'━' * done}{_GREY}{'━' * (self.width - done)}{_PLAIN}"
        rest = max(room - len(count) - self.width - 2, 10)
        return f"{_BOLD}{count}{_PLAIN} {bar} " + f"{time_text}{values}"[:rest]

    def _plain_line(self, current: int, last: bool) -> str:
        return (
            f"{self._count_text(current).strip()} - "
            f"{self._time_text(current, last, ' - ')}{self._values_text()}"
        )

    def _count_text(self, current: int) -> str:
        if self.target is None:
            return f"{current}/Unknown"
        digits = len(str(self.target))
        return f"{current:>{digits}}/{self.target}"

    def _time_text(self, current: int, last: bool, joint: str = " ") -> str:
        """The time left while it runs and spent at the end, then time per step."""
        passed = time.monotonic() - self._start
        per_step = self._seconds_per_step(current)
        shown = passed
        if not last and self.target is not None:
            shown = per_step * max(self.target - current, 0)
        return f"{_clock(shown)}{joint}{_duration(per_step)}/{self.unit_name}"

    def _seconds_per_step(self, current: int) -> float:
        """The first step is left out where there are others: it compiles."""
        now = time.monotonic()
        if self._first_step_end is not None and current > self._first_step:
            return (now - self._first_step_end) / (current - self._first_step)
        return (now - self._start) / max(current, 1)

    def _values_text(self) -> str:
        return "".join(
            f" - {name}: {_number(value)}" for name, value in self._values.items()
        )


def _clock(seconds: float) -> str:
    seconds = int(seconds)
    if seconds >= 3600:
        return f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    return f"{seconds // 60}:{seconds % 60:02d}" if seconds >= 60 else f"{seconds}s"


def _duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.0f}s"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms"
    return f"{seconds * 1e6:.0f}us"


def _number(value: Any) -> str:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return f"{number:.4f}" if abs(number) > 1e-3 or number == 0 else f"{number:.4e}"
