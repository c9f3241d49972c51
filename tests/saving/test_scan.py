"""`python -m keras.saving.scan`: what files contain and would run."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import keras
from keras.saving.scan import main, scan


class Own(keras.layers.Layer):
    __module__ = "my_program"  # not of a package that registers others

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


FIXTURES = Path(__file__).parents[1] / "fixtures"


def test_files_of_other_versions(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of Keras 2 and of the published Keras 3 are whole, and need no names."""
    endings = ("keras_2/*.h5", "keras_2/*.keras", "keras_3_15/*.keras")
    files = [str(path) for ending in endings for path in FIXTURES.glob(ending)]
    assert len(files) > 30
    assert main(["--json", *files]) == 0
    for found in json.loads(capsys.readouterr().out):
        assert found["safe"]
        assert not found["needs"], found["file"]


@pytest.mark.parametrize(
    ("module", "name", "text"),
    [
        ("os", "system", "Python's own; no file may name it"),
        ("subprocess", "Popen", "Python's own; no file may name it"),
        ("builtins", "exec", "Python's own; no file may name it"),
        ("keras.utils", "get_file", "or no file may name it"),
        ("keras.saving", "load_model", "or no file may name it"),
        ("keras.layers", "HyperDense", "unknown to this version"),
        ("shop.layers", "Till", ""),
    ],
)
@pytest.mark.parametrize("kind", ["class", "function"])
def test_names(kind: str, module: str, name: str, text: str, folder: Path) -> None:
    """One that can mean nothing, or what harms, makes a file unsafe."""
    path = folder / "named.keras"
    named = {"module": module, "class_name": name, "config": {}}
    if kind == "function":
        named = {"module": module, "class_name": "function", "config": name}
        text = "" if module == "builtins" else text  # where those of users stand
    plain = folder / "plain.keras"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            is_config = member == "config.json"
            data = json.dumps(named).encode() if is_config else old.read(member)
            new.writestr(member, data)
    found = scan(str(path))
    assert found.is_safe is (not text)
    if text:
        assert f"The {kind} {module}.{name} is " in found.problems[0]
        assert text in found.problems[0]
    else:
        assert found.needs == [f"{kind} {name}"]


def test_names_of_layers(folder: Path) -> None:
    with keras.backend_scope("numpy"):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="dee")])
        model.save(folder / "a", zipped=False)
    config = folder / "a" / "config.json"
    config.write_text(config.read_text().replace('"dee"', '"../dee"'))
    assert scan(str(folder / "a")).problems == [
        "The name '../dee' of a Dense has a '/'."
    ]


@pytest.mark.parametrize("led", ["vocabulary.txt", "assets", "holes", ""])
def test_assets_of_a_folder(led: str, tmp_path: Path) -> None:
    with keras.backend_scope("numpy"):
        words = keras.layers.StringLookup(name="s")
        words.adapt(["a", "b"])
        model = keras.Sequential([keras.Input((1,), dtype="string"), words])
        model.save(tmp_path / "m", zipped=False)
    file = next((tmp_path / "m").rglob("vocabulary.txt"))
    if led == "holes":
        with file.open("r+b") as opened:
            opened.truncate(1 << 31)
    elif led:
        place = file if led == "vocabulary.txt" else tmp_path / "m" / "assets"
        place.rename(tmp_path / "elsewhere")
        place.symlink_to(tmp_path / "elsewhere")
    found = scan(str(tmp_path / "m"))
    assert {"config.json", "metadata.json", "model.weights.h5"} <= set(found.members)
    assert found.is_safe is not bool(led)
    said = "hardly any are on the disk" if led == "holes" else "is a link or a special"
    assert all(said in problem for problem in found.problems)


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
