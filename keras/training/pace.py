"""`steps_per_execution="auto"`: how many steps pay as one program, found by measuring.

Steps run one by one until they have taken as long as compiling the first one did; so a
short training never compiles for nothing. If they are so quick that the host's part
counts, several are tried as one program, and kept where they are quicker.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

# Steps that are measured together, one by one, and how long a program should take.
_MEASURED = 8
_SLOW_STEP = 1e-3
_PROGRAM = 4e-3
_MOST = 64
_TRIALS = 3


class Pace:
    """Chooses how many steps run as one program.

    Args:
        wait: Given results of steps, returns when these are done.
    """

    def __init__(self, wait: Callable[[Any], Any]) -> None:
        self._wait = wait
        self.size = 1  # of the next group
        self.at_once = False  # whether it is one program
        self.is_settled = False
        self._first = self._spent = 0.0
        self._times: list[float] = []
        self._of_one = 0.0

    def run(self, group: list[Any], one: Any, several: Any) -> Any:
        """Run a group of batches, and note how long it takes.

        Args:
            group: The batches.
            one: Runs them one by one.
            several: Runs them as one program.
        """
        whole, start = len(group) == self.size, perf_counter()
        if self.at_once and whole:
            results = several(group, self.size)
        else:
            results = one(group)
        if whole and not self.is_settled:
            self._wait(results)
            self._note(perf_counter() - start)
        return results

    def _note(self, seconds: float) -> None:
        if self.size == 1:
            self._first, self.size = seconds, _MEASURED
            return
        self._times.append(seconds / self.size)
        if self.at_once:
            self._compare()
            return
        self._spent += seconds
        if self._spent < self._first or len(self._times) < _TRIALS:
            return
        self._of_one, self._times = min(self._times), []
        if self._of_one > _SLOW_STEP:
            self._settle(1)
            return
        self.size = min(max(2, round(_PROGRAM / self._of_one)), _MOST)
        self.at_once = True

    def _compare(self) -> None:
        # The first of them was compiled.
        if len(self._times) > _TRIALS:
            pays = min(self._times[1:]) < 0.95 * self._of_one
            self._settle(self.size if pays else 1)

    def _settle(self, size: int) -> None:
        self.size, self.at_once, self.is_settled = size, size > 1, True
