"""Where the processes that `torchrun` started anew meet.

All attempts of a job share the store of its agent, and torch asks it for the addresses
of the others without a word about the attempt. So a process that starts anew may find
one that is gone, and call it in vain. Here the first process tells each of the others,
by a name that only this one has, of a part of the store in which nobody was before.
"""

from __future__ import annotations

import os
import time
import uuid
from typing import Any

import torch.distributed as _distributed

_SECONDS = 600.0  # as torch waits for the others
_PAUSE = 0.02


def is_shared() -> bool:
    """Whether the store is that of an agent, which outlives the processes."""
    return os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"


def fresh_store(seconds: float = _SECONDS) -> Any:
    """A part of the agent's store that only the processes of this attempt know.

    Args:
        seconds: how long to wait for the others.

    Raises:
        RuntimeError: if some of them do not come.
    """
    host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    store = _distributed.TCPStore(host, port, is_master=False)
    rank, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    return _distributed.PrefixStore(met(store, rank, count, seconds), store)


def met(store: Any, rank: int, count: int, seconds: float = _SECONDS) -> str:
    """The name of the part of a store where these processes meet.

    Args:
        store: the store, in which names of earlier attempts may stand.
        rank: the number of this process.
        count: the number of processes.
        seconds: how long to wait for the others.
    """
    own, ends = uuid.uuid4().hex, time.monotonic() + seconds
    missing = set(range(1, count)) if rank == 0 else {0}
    if rank:
        store.set(f"keras/here/{rank}", own)
    welcomed: dict[int, str] = {}
    while missing:
        if time.monotonic() > ends:
            raise RuntimeError(
                f"Process {rank} of {count} waited {seconds:.0f} seconds for "
                f"{sorted(missing)}. Start as many processes as the job has, and call "
                "keras.distribution.initialize() in each."
            )
        if rank:
            if store.check([f"keras/welcome/{own}"]):
                place = store.get(f"keras/welcome/{own}").decode()
                store.set(f"{place}/{rank}", "")
                return place
        else:
            missing -= {i for i in missing if _came(store, i, own, welcomed)}
        time.sleep(_PAUSE)
    return _place(own)


def _came(store: Any, rank: int, own: str, welcomed: dict[int, str]) -> bool:
    """Whether a process knows the place; it is told, if it says a new name."""
    if store.check([f"{_place(own)}/{rank}"]):
        return True
    if store.check([f"keras/here/{rank}"]):
        name = store.get(f"keras/here/{rank}").decode()
        if welcomed.get(rank) != name:  # else that of an earlier attempt
            store.set(f"keras/welcome/{name}", _place(own))
            welcomed[rank] = name
    return False


def _place(name: str) -> str:
    return f"keras/place/{name}"
