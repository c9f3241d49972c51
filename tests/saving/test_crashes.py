"""Saving that is cut short in real processes leaves the previous file whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

import keras

# Saves again and again, each time other values, until it is killed.
WRITER = """
import sys
import keras
keras.config.set_backend("numpy")
layers = [keras.layers.Dense(500) for _ in range(2)]
model = keras.Sequential([keras.Input((500,)), *layers])
number = 0
while True:
    model.set_weights([w * 0 + number for w in model.get_weights()])
    model.save_weights(sys.argv[1])
    if number == 0:
        print("ready", flush=True)
    number += 1
"""


def make() -> Any:
    return keras.Sequential(
        [keras.Input((500,)), keras.layers.Dense(500), keras.layers.Dense(500)]
    )


def check_whole(path: Path) -> None:
    """The file is one that was saved, not parts of two."""
    model = make()
    model.load_weights(path)
    assert len({float(w.flat[0]) for w in model.get_weights()}) == 1
    assert len({float(w.flat[-1]) for w in model.get_weights()}) == 1


@pytest.mark.parametrize("ending", [".weights.h5", ".safetensors"])
def test_killed_and_two_at_once(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{ending}"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    try:
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        with keras.backend_scope("numpy"):
            for _ in range(5):
                check_whole(path)
                time.sleep(0.013)
            for writer in writers:
                writer.send_signal(signal.SIGKILL)
                writer.wait()
                check_whole(path)
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()


@pytest.mark.parametrize(
    "ending", [".weights.h5", ".weights.json", ".safetensors", ".keras", ".h5"]
)
def test_a_full_disk(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    """The error of the system comes out; the old file and nothing else is there."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    path = tmp_path / f"a{ending}"
    save = model.save if ending in (".keras", ".h5") else model.save_weights
    save(path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(path)
    after = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert after == before


# Saves, fills the disk up to a few pages, saves again: other values, the same size.
FILLER = """
import json, os, sys
from pathlib import Path
import keras
keras.config.set_backend("numpy")
folder = Path(sys.argv[1])
model = keras.Sequential([keras.Input((40,)), keras.layers.Dense(40)])
model.compile("sgd", "mse")
def checkpoint(path):
    callback = keras.callbacks.ModelCheckpoint(path)
    callback.set_model(model)
    callback.on_epoch_end(0, {"loss": 1.0})
def backup(path):
    callback = keras.callbacks.BackupAndRestore(path)
    callback.set_model(model)
    callback.set_params({"epochs": 2, "steps": 1})
    callback.on_train_begin()
    callback.on_epoch_end(0)
saves = {name: model.save for name in ("a.keras", "a.h5")}
saves["folder"] = lambda path: model.save(path, zipped=False)
for name in (".weights.h5", ".safetensors"):
    saves[f"a{name}"] = model.save_weights
for name in (".weights.json", ".safetensors.index.json"):
    saves[f"b{name}"] = lambda path: model.save_weights(path, max_shard_size=5e-6)
saves |= {"c.keras": checkpoint, "backup": backup}
def files():
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in found}
said = {}
for pages in range(6):
    for name, save in saves.items():
        model.set_weights([w * 0 + 1 for w in model.get_weights()])
        save(str(folder / name))
        status = os.statvfs(folder)
        left = status.f_bavail * status.f_bsize - pages * 4096
        (folder / "filler").write_bytes(bytes(left))
        before = files()
        model.set_weights([w * 0 + 2 for w in model.get_weights()])
        try:
            save(str(folder / name))
        except OSError as error:
            assert error.errno == 28 and "No space left" in str(error), error
            assert files() == before, (name, pages)
            said[name] = pages
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
print(json.dumps(sorted(said)))
"""


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """HDF5 must not meet the error: it would end the process while it closes a file."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(tmp_path)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here")
    try:
        done = subprocess.run(
            [sys.executable, "-c", FILLER, str(tmp_path)],
            capture_output=True,
            text=True,
        )
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == sorted(
        ["a.keras", "a.h5", "folder", "a.weights.h5", "a.safetensors", "c.keras"]
        + ["b.weights.json", "b.safetensors.index.json", "backup"]
    )


def test_shards_take_their_names_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them replaces an older one before all are on the disk."""
    order = []
    sync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        order.append("sync")
        sync(handle)

    def replaced(old: str, new: str) -> None:
        order.append(Path(new).name)
        replace(old, new)

    with keras.backend_scope("numpy"):
        model = make()
        for ending in (".weights.json", ".safetensors.index.json"):
            monkeypatch.setattr(os, "fsync", synced)
            monkeypatch.setattr(os, "replace", replaced)
            order.clear()
            model.save_weights(tmp_path / f"a{ending}", max_shard_size=1e-3)
            names = [name for name in order if name != "sync"]
            assert len(names) > 2
            assert order[: len(names)] == ["sync"] * len(names)
            assert names[-1] == f"a{ending}"
            monkeypatch.undo()
            make().load_weights(tmp_path / f"a{ending}")


def test_a_link_to_another_device(tmp_path: Path) -> None:
    """The new file is made beside the real one, so that it can take its place."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        real, link = Path(folder, "a.weights.h5"), tmp_path / "a.weights.h5"
        real.write_bytes(b"old")
        link.symlink_to(real)
        with keras.backend_scope("numpy"):
            make().save_weights(link)
            make().load_weights(real)
        assert link.is_symlink()
        assert os.listdir(folder) == ["a.weights.h5"]


def test_a_folder_that_may_not_be_written_to() -> None:
    """The old file stays, and the system's error comes out."""
    script = """
import os, sys
from keras.saving.atomic import new_file
if os.geteuid() == 0:
    os.setuid(65534)  # for whom permissions count
try:
    with new_file(sys.argv[1]) as temporary:
        open(temporary, "w").close()
except PermissionError:
    print("refused")
"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.weights.h5")
        path.write_bytes(b"old")
        os.chmod(folder, 0o555)
        done = subprocess.run(
            [sys.executable, "-c", script, str(path)], capture_output=True, text=True
        )
        assert done.stdout == "refused\n", done.stderr
        assert path.read_bytes() == b"old"
        assert os.listdir(folder) == ["a.weights.h5"]
        os.chmod(folder, 0o755)


def test_peak_memory_of_a_load(tmp_path: Path) -> None:
    """A model comes out of its file with little more memory than it has; its weights
    come into it with little more than one of them, also through hooks of a user."""
    script = """
import gc, sys
import keras
keras.config.set_backend(sys.argv[2])
def memory(what):
    with open("/proc/self/status") as file:
        return next(int(l.split()[1]) for l in file if l.startswith(what)) / 1024
small = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4)])
small.save_weights(sys.argv[1] + "s.weights.h5")
small.save(sys.argv[1] + "s.keras"); keras.saving.load_model(sys.argv[1] + "s.keras")
layers = [keras.layers.Dense(1000) for _ in range(25)]
model = keras.Sequential([keras.Input((1000,)), *layers])
size = sum(w.nbytes for w in model.get_weights()) / 2**20
model.save(sys.argv[1] + "a.keras")
gc.collect()
open("/proc/self/clear_refs", "w").write("5")
before = memory("VmRSS")
loaded = keras.saving.load_model(sys.argv[1] + "a.keras")
print((memory("VmHWM") - before) / size)
class Own(keras.layers.Dense):
    def load_own_variables(self, store):
        self.kernel.assign(store["0"]), self.bias.assign(store["1"])
layers = [Own(1000) for _ in range(25)]
hooked = keras.Sequential([keras.Input((1000,)), *layers])
hooked.save_weights(sys.argv[1] + "b.weights.h5")
gc.collect()
open("/proc/self/clear_refs", "w").write("5")
before = memory("VmRSS")
hooked.load_weights(sys.argv[1] + "b.weights.h5")
print((memory("VmHWM") - before) / size)
"""
    for backend in ("numpy", "torch"):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script, f"{tmp_path}/", backend],
            capture_output=True,
            text=True,
            check=True,
        )
        whole, hooked = map(float, done.stdout.split())
        assert whole < 1.15, backend
        assert hooked < 0.25, backend
