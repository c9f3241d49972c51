"""`python -m keras.saving.scan`: what files contain and would run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import keras
from keras.saving.scan import main, scan


class Own(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return x


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with keras.backend_scope("numpy"):
        layers = {
            "plain": keras.layers.Dense(2),
            "code": keras.layers.Lambda(lambda x: x),
            "own": Own(),
        }
        for name, layer in layers.items():
            model = keras.Sequential([keras.Input((3,)), layer])
            model.save(tmp_path / f"{name}.keras")
    (tmp_path / "torn.keras").write_bytes((tmp_path / "plain.keras").read_bytes()[:500])
    return tmp_path


def test_findings(folder: Path) -> None:
    plain, code, own, torn = (
        scan(str(folder / f"{name}.keras")) for name in ("plain", "code", "own", "torn")
    )
    assert plain.is_safe
    assert plain.classes["keras.layers.Dense"] == 1
    assert (plain.objects, plain.weights, plain.parameters) == (1, 2, 8)
    assert plain.weight_bytes == 32
    assert not code.is_safe
    assert code.runs == ["Python byte code (a lambda)"]
    assert own.is_safe
    assert own.needs == ["class Own"]
    assert not torn.is_safe
    assert "truncated" in torn.problems[0]


def test_exit_status(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain, code = str(folder / "plain.keras"), str(folder / "code.keras")
    assert main([plain]) == 0
    assert "plain.keras: safe" in capsys.readouterr().out
    assert main([plain, code]) == 1
    assert "code.keras: NOT SAFE" in capsys.readouterr().out
    assert main([str(folder / "no.keras")]) == 1


@pytest.mark.parametrize(
    "name", ["m.h5", "m.weights.h5", "m.weights.json", "m.safetensors"]
)
def test_formats(name: str, tmp_path: Path) -> None:
    with keras.backend_scope("numpy"):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        save = model.save if name == "m.h5" else model.save_weights
        save(tmp_path / name)
    found = scan(str(tmp_path / name))
    assert found.is_safe
    assert (found.objects, found.weights, found.parameters) == (1, 2, 8)


def test_on_the_command_line(folder: Path) -> None:
    """Nothing but the scan: no framework is imported for it."""
    script = (
        "import sys; from keras.saving.scan import main; status = main(sys.argv[1:]); "
        "print({'torch', 'jax', 'tensorflow'} & set(sys.modules), file=sys.stderr); "
        "sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "--json", str(folder / "code.keras")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "set()"
    (found,) = json.loads(done.stdout)
    assert not found["safe"]
    assert found["runs"] == ["Python byte code (a lambda)"]
