"""Fetch numbered batches ahead of time, in order, with threads or processes.

A pool lives for one pass only, because `on_epoch_end` may change the dataset and
processes would go on with an old copy. The queue is a bounded line of futures:
the oldest is waited for, a new one is added, so batches come in order, at most
`ahead` are held, and an error surfaces at the batch that raised it. Leaving the
loop by any way (end, error, `break`, Ctrl-C) closes the generator, which ends
the pool before it returns.
"""

from __future__ import annotations

import random
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any

import numpy as np

# In a worker process: the dataset it serves and the seed of this pass.
_served: tuple[Any, int] | None = None


def fetch(
    dataset: Any,
    indices: Iterable[int],
    workers: int,
    use_multiprocessing: bool,
    ahead: int,
) -> Iterator[Any]:
    """The items `dataset[i]` for each `i`, in this order.

    Args:
        dataset: Anything with `__getitem__`.
        indices: The numbers of the wanted items; may be endless.
        workers: Items prepared at once; up to 1 means no pool at all.
        use_multiprocessing: Processes instead of threads.
        ahead: The most items that are prepared or waiting at any time.

    Returns:
        An iterator; close it to stop early.
    """
    if workers <= 1:
        return map(dataset.__getitem__, indices)
    return _fetch_ahead(dataset, indices, workers, use_multiprocessing, ahead)


def _fetch_ahead(
    dataset: Any,
    indices: Iterable[int],
    workers: int,
    use_multiprocessing: bool,
    ahead: int,
) -> Iterator[Any]:
    pool: Executor
    if use_multiprocessing:
        seed = int(np.random.randint(2**31 - 1))
        pool = ProcessPoolExecutor(workers, None, _serve, (dataset, seed))
        item = _served_item
    else:
        pool = ThreadPoolExecutor(workers, "keras-data")
        item = dataset.__getitem__
    todo = iter(indices)
    processes: dict[int, Any] = {}
    try:
        waiting = deque(
            pool.submit(item, index) for index in islice(todo, max(ahead, 1))
        )
        processes = getattr(pool, "_processes", processes)
        while waiting:
            # Taken out of the line first: nothing here may keep a past batch alive.
            batch = waiting.popleft().result()
            waiting.extend(pool.submit(item, index) for index in islice(todo, 1))
            yield batch
            del batch
    except BrokenProcessPool as error:
        pool.shutdown(wait=True, cancel_futures=True)  # it waits for how they ended
        raise RuntimeError(
            f"A worker process of the {type(dataset).__name__} ended without an "
            f"answer{_ends_of(processes)}: it was killed (often for memory), crashed, "
            "or could not start (where the platform does not fork, the dataset must be "
            "picklable and the script needs `if __name__ == '__main__':`). Use fewer "
            "workers, or threads with `use_multiprocessing=False`, to see the cause."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ends_of(processes: dict[int, Any]) -> str:
    """Which processes ended and how, but for those that the pool then ended itself."""
    codes = {
        f"worker {number} of {len(processes)}, process {process.pid}": process.exitcode
        for number, process in enumerate(processes.values(), 1)
    }
    own = {name: code for name, code in codes.items() if code != -signal.SIGTERM}
    told = [f"{name}, {_how(code)}" for name, code in (own or codes).items() if code]
    return f" ({'; '.join(told)})" if told else ""


def _how(code: int) -> str:
    """What an exit code says."""
    if code > 0:
        return f"by exit code {code}"
    try:
        return f"by signal {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"


def _serve(dataset: Any, seed: int) -> None:
    """Start of a worker process."""
    global _served
    # Ctrl-C reaches the whole process group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _served = (dataset, seed)


def _served_item(index: int) -> Any:
    if _served is None:
        raise RuntimeError("This process serves no dataset.")
    dataset, seed = _served
    # Forked workers would all draw the same numbers; by item, the draws do not
    # depend on which worker is free.
    np.random.seed((seed + index) % 2**32)
    random.seed(seed + index)
    return dataset[index]
