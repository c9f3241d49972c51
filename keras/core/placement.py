"""The current distribution: how new variables and batches lie over devices.

`keras.distribution` sets it. What makes variables and what runs steps stand on lower
floors and only ask here, so that nobody pays who distributes nothing: `used` is False
until a distribution is first set.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class _Process:
    """What holds for all threads."""

    used: bool = False
    distribution: Any = None
    # By backend: what follows the framework's own scopes, of which models know.
    natives: dict[Any, Any] = {}


process = _Process()
_scoped: ContextVar[tuple[Any, ...]] = ContextVar("keras_distribution", default=())


def current() -> Any:
    """The distribution of the innermost scope, or that of the process, or None."""
    scoped = _scoped.get()
    return scoped[-1] if scoped else process.distribution


def for_backend(backend: Any) -> Any:
    """The current distribution, if its devices are those of this backend."""
    if not process.used:
        return None
    distribution = current()
    if distribution is None or distribution.backend is not backend:
        return None
    return distribution


def for_model(model: Any) -> Any:
    """What a model's steps follow: the current distribution, or the framework's own."""
    backend = model._keras_backend
    return for_backend(backend) or process.natives.get(backend)


def gradients_to_use(backend: Any, grads: Any, variables: Any) -> Any:
    """Gradients as an optimizer is to use them: of all replicas, and laid out.

    Args:
        backend: the backend of the optimizer.
        grads: a gradient, or None, for each variable.
        variables: the variables.
    """
    distribution = for_backend(backend)
    if distribution is not None and distribution.single_program:
        return backend.distribution.settled(grads, variables)
    if distribution is None and backend not in process.natives:
        return grads
    return backend.distribution.mean_over_replicas(grads)


def _of_job() -> Any:
    """What knows of the other processes: the current distribution, or the framework's
    own that a model was made in."""
    distribution = current()
    if distribution is None and process.natives:
        return next(iter(process.natives.values()))
    return distribution


def writes_files() -> bool:
    """Whether this process writes files: of those of a job, the first does."""
    distribution = _of_job()
    return distribution is None or distribution.writes_files


def path_to_write(path: str) -> str:
    """The path of a file, or that of nothing in a process that does not write files.

    Args:
        path: where to.
    """
    return path if writes_files() else os.devnull


@contextmanager
def one_writes(what: str) -> Iterator[bool]:
    """Whether this process is the one that writes; all begin and end the block at once.

    All have to come here, as each may hold a part of the weights. None goes on before
    the file is there.

    Args:
        what: the file, the same in all processes.
    """
    distribution = _of_job()
    if distribution is None or distribution.num_processes == 1:
        yield True
        return
    distribution.wait(f"write {what}")
    yield distribution.writes_files
    distribution.wait(f"written {what}")


class Scope:
    """Makes a distribution current for a `with` block."""

    def __init__(self, distribution: Any) -> None:
        self._distribution = distribution
        self._entered: list[tuple[Any, Any]] = []

    def __enter__(self) -> Any:
        process.used = True
        program = self._distribution.program()
        program.__enter__()
        token = _scoped.set((*_scoped.get(), self._distribution))
        self._entered.append((token, program))
        return self._distribution

    def __exit__(self, *error: Any) -> None:
        token, program = self._entered.pop()
        _scoped.reset(token)
        program.__exit__(*error)
