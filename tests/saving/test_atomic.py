"""Nothing on disk is lost when writing fails midway."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from keras.saving.atomic import new_file, new_folder


def test_a_new_file_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    with new_file(str(target)) as temporary:
        Path(temporary).write_bytes(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    with pytest.raises(type(error)), new_file(str(target)) as temporary:
        Path(temporary).write_bytes(b"half")
        raise error
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_permissions_are_kept_or_those_of_the_process(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    with new_file(str(target)):
        pass
    reference = tmp_path / "b.bin"
    reference.touch()
    assert target.stat().st_mode == reference.stat().st_mode
    target.chmod(0o640)
    with new_file(str(target)):
        pass
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_link_is_written_through(tmp_path: Path) -> None:
    real = tmp_path / "real.bin"
    real.write_bytes(b"old")
    link = tmp_path / "link.bin"
    link.symlink_to(real)
    with new_file(str(link)) as temporary:
        Path(temporary).write_bytes(b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_overwrite_false_is_an_error(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    with (
        pytest.raises(FileExistsError, match="overwrite=True"),
        new_file(str(target), overwrite=False),
    ):
        pytest.fail("must not get here")
    assert target.read_bytes() == b"old"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(FileNotFoundError, match="there is no folder"),
        new_file(str(tmp_path / "none" / "a.bin")),
    ):
        pytest.fail("must not get here")


def test_folders_are_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "model"
    for content in ("one", "two"):
        with new_folder(str(target)) as folder:
            Path(folder, content).write_text(content)
    assert os.listdir(target) == ["two"]
    with pytest.raises(RuntimeError), new_folder(str(target)) as folder:
        Path(folder, "three").write_text("half")
        raise RuntimeError
    assert os.listdir(target) == ["two"]
    assert os.listdir(tmp_path) == ["model"]
