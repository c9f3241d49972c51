"""Reads every crafted file on every backend, where memory is short and all is watched.

    python -m tests.saving.corpus_child OUTPUT BACKEND...

Runs as a process of its own, which has 1 GiB more than it needs before it reads the
first file. `OUTPUT` gets a line of JSON for each file and backend: the error that came
out, what it cost, and what was opened, run or connected to that lies outside.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import keras
from tests.saving.corpus import memory, small
from tests.saving.corpus_own import EVERY

_FORBIDDEN = (
    *("os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen"),
    *("socket.connect", "socket.getaddrinfo", "pickle.find_class", "code.__new__"),
    *("marshal.loads", "ctypes.dlopen", "exec"),
)
_MOVES = ("os.remove", "os.rename", "os.mkdir", "os.link", "os.symlink", "os.truncate")


class Watch:
    """What happens outside of a folder while a file is read."""

    def __init__(self, folder: str) -> None:
        # Python's own modules are read late, by whoever first needs them.
        self._inside = (folder, *{sys.prefix, sys.base_prefix}, os.getcwd(), "/proc/")
        self._writable = folder
        self.seen: list[str] | None = None
        sys.addaudithook(self._audit)

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if self.seen is None:
            return
        foreign = event == "import" and not str(args[0]).startswith("keras.")
        if foreign or (event in _FORBIDDEN and not _is_of_importing()):
            self.seen.append(f"{event} {args}"[:200])
        elif event == "open" and isinstance(args[0], (str, bytes)):
            name = os.path.realpath(os.fsdecode(args[0]))
            writes = args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if not name.startswith(self._writable if writes else self._inside):
                self.seen.append(f"open {name}")
        elif event in _MOVES:
            # What names are relative to, if it is an open folder.
            folder = -1 if event == "os.truncate" else args[-1]
            start = os.readlink(f"/proc/self/fd/{folder}") if folder > 0 else ""
            names = [os.fsdecode(p) for p in args if isinstance(p, (str, bytes))]
            paths = [os.path.realpath(os.path.join(start, name)) for name in names]
            if not all(path.startswith(self._writable) for path in paths):
                self.seen.append(f"{event} {args}"[:200])


def _is_of_importing() -> bool:
    """Whether Python is loading a module that code of ours, not of a file, names."""
    frame = sys._getframe(2)
    while frame is not None:
        if "importlib" in frame.f_code.co_filename:
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


def attempt(call: Any, watch: Watch) -> dict[str, Any]:
    """What became of reading a file."""
    Path("/proc/self/clear_refs").write_text("5")
    before, start = memory("VmRSS"), time.process_time()
    error: BaseException | None = None
    watch.seen = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call()
    except BaseException as caught:
        error = caught
    seen, watch.seen = watch.seen, None
    return {
        "kinds": [cls.__name__ for cls in type(error).__mro__],
        "text": str(error)[:10_000],
        "where": [] if error is None else traceback.format_tb(error.__traceback__)[-3:],
        "seconds": time.process_time() - start,
        "bytes": memory("VmHWM") - before,
        "seen": seen,
    }


def main() -> None:
    output, *backends = sys.argv[1:]
    top = os.path.realpath(tempfile.mkdtemp())
    tempfile.tempdir = top
    for backend in backends:  # what is loaded on first use counts for no file
        with keras.backend_scope(backend):
            for ending in (".keras", ".h5"):
                small().save(Path(top, f"a{ending}"))
                keras.saving.load_model(Path(top, f"a{ending}"))
    watch = Watch(top)
    room = memory("VmSize") + (1 << 30)
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    with open(output, "w") as file:
        for number, (name, case) in enumerate(EVERY.items()):
            folder = Path(top, str(number))
            folder.mkdir()
            with keras.backend_scope(backends[0]):
                call = case(folder)
            for backend in backends:
                with keras.backend_scope(backend):
                    found = attempt(call, watch)
                file.write(json.dumps({"name": name, "backend": backend, **found}))
                file.write("\n")
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
