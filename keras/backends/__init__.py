"""The registry of backends and the rule which of them is current.

The current backend is, in this order: that of the innermost `backend_scope` of this
thread or task; what `set_backend` chose; the start value, from `KERAS_BACKEND`, the
configuration file, or the first installed framework. A framework is imported when
its backend is first used, never before.
"""

from __future__ import annotations

import copyreg
import importlib
import importlib.util
import threading
from typing import Any

from keras.backends.backend import Backend as Backend
from keras.core import config, context
from keras.core.errors import MissingBackendError

BUILTIN = ("tensorflow", "jax", "torch", "numpy")
_INSTALL = {
    "tensorflow": "pip install keras[tensorflow]",
    "jax": "pip install keras[jax]",
    "torch": "pip install keras[torch]",
    "numpy": "pip install numpy",
}
_loaded: dict[str, Backend] = {}
_lock = threading.RLock()


class _Process:
    """What holds where no scope says otherwise."""

    default: Backend | None = None


process = _Process()


def plugins() -> dict[str, Any]:
    """Backends that other packages offer (entry point group `keras.backends`)."""
    from importlib.metadata import entry_points  # which takes 50 ms to import

    return {entry.name: entry for entry in entry_points(group="keras.backends")}


def load(name: str) -> Backend:
    """The backend of that name, imported on first use.

    Raises:
        ValueError: if there is no backend of that name.
        MissingBackendError: if its framework is not installed.
    """
    backend = _loaded.get(name)
    if backend is not None:
        return backend
    with _lock:
        if name not in _loaded:
            _loaded[name] = _import(name)
    return _loaded[name]


# A pickled or copied backend is the one of that name.
copyreg.pickle(Backend, lambda backend: (load, (backend.name,)))


def _import(name: str) -> Backend:
    if name not in BUILTIN:
        found = plugins()
        if name in found:
            return _from_plugin(name, found[name].value)
        known = ", ".join((*BUILTIN, *found))
        raise ValueError(
            f"Unknown backend: {name!r}. Known backends: {known}. Set it with "
            "keras.config.set_backend(name) or the variable KERAS_BACKEND."
        )
    if not is_installed(name):
        raise MissingBackendError(
            f"The {name} backend needs the package `{name}`, which is not installed. "
            f"Run `{_INSTALL[name]}`, or choose another backend with "
            "keras.config.set_backend(name) or the variable KERAS_BACKEND. "
            f"Installed: {', '.join(installed()) or 'none'}."
        )
    return Backend(name, f"keras.backends.{name}")


def _from_plugin(name: str, package: str) -> Backend:
    try:
        return Backend(name, package)
    except ImportError as error:
        raise MissingBackendError(
            f"The backend {name!r} is installed as the package {package!r}, which "
            f"cannot be imported: {error}. Install what it needs, or choose another "
            "backend with keras.config.set_backend(name)."
        ) from error


def is_installed(name: str) -> bool:
    """Whether the framework of a built-in backend can be imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # blocked, or half imported
        return False


def installed() -> tuple[str, ...]:
    """The built-in backends whose frameworks are installed."""
    return tuple(name for name in BUILTIN if is_installed(name))


def _start() -> Backend:
    name = config.settings.backend_name
    if name is None:
        name = next((name for name in BUILTIN if is_installed(name)), "numpy")
    process.default = load(name)
    return process.default


def current() -> Backend:
    """The backend that new objects live on and ops on plain data run on."""
    return context.get().backend or process.default or _start()


def host_of(own: Backend) -> Backend:
    """The backend that an object of `own` runs on now: mostly `own` itself.

    It is another one while that hosts the objects of all backends.
    """
    around = context.get().backend
    return around if around is not None and around.hosts_others else own


context.current_backend = current


def backend() -> str:
    """The name of the current backend.

    Example:

    >>> import keras
    >>> with keras.backend_scope("numpy"):
    ...     keras.config.backend()
    'numpy'
    """
    return current().name


def set_backend(backend: str) -> None:
    """Makes a backend current for the whole process, from now on.

    Objects that exist already stay on their own backend and keep working there.

    Args:
        backend: `"jax"`, `"tensorflow"`, `"torch"`, `"numpy"`, or the name of an
            installed plug-in.

    Raises:
        ValueError: if there is no backend of that name.
        ImportError: if its framework is not installed; the message names the
            command that installs it.
    """
    process.default = load(backend)


class backend_scope(context.Scope):
    """Makes a backend current inside a `with` block, for this thread or task only.

    Args:
        name: the name of the backend.

    Example:

    >>> import keras
    >>> with keras.backend_scope("numpy"):
    ...     x = keras.ops.ones((2,))
    >>> type(x).__name__
    'ndarray'
    """

    def __init__(self, name: str | Backend) -> None:
        backend = name if isinstance(name, Backend) else load(name)
        super().__init__("backend", backend)
