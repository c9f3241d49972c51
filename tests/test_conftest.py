"""The suite's own switches: a backend that is demanded and missing must not pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import conftest

ROOT = Path(__file__).resolve().parent.parent


def collect(demanded: str | None, *options: str) -> subprocess.CompletedProcess[str]:
    """Collect one small file in a new pytest process."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    env.pop(conftest.VARIABLE, None)
    if demanded is not None:
        env[conftest.VARIABLE] = demanded
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [*command, "tests/benchmarks", *options],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_unknown_backend_stops_the_run() -> None:
    done = collect("numpy,theano")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "must list backends out of numpy, jax, tensorflow, torch" in done.stderr


def test_the_header_names_what_is_tested_and_what_is_not() -> None:
    done = collect("numpy")
    assert done.returncode == 0, done.stderr
    assert "keras backends under test: numpy" in done.stdout
    assert "not tested (not demanded): jax, tensorflow, torch" in done.stdout


def test_a_missing_backend_that_is_demanded_is_an_error(
    monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.setattr(conftest, "BACKENDS", ["numpy", "torch"])
    monkeypatch.setattr(conftest, "INSTALLED", ["numpy"])
    with pytest.raises(pytest.UsageError, match="demands torch, not installed here"):
        conftest.pytest_configure(pytestconfig)


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("tests/a.py::test_x[torch-add]", True),
        ("tests/a.py::test_x*", True),
        ("tests/*::test_x[*-add]", True),
        ("tests/a.py::test_x", False),
        ("tests/a.py::test_?[torch-add]", False),
    ],
)
def test_only_a_star_is_a_wildcard_in_a_known_gap(pattern: str, meant: bool) -> None:
    gap = conftest.Gap("torch", pattern, "reason")
    assert gap.matches("tests/a.py::test_x[torch-add]") is meant


def test_a_known_gap_without_a_reason_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "torch.txt").write_text("# heading\n\ntests/a.py::test_x\n")
    monkeypatch.setattr(conftest, "XFAILS", tmp_path)
    with pytest.raises(pytest.UsageError, match=r"torch\.txt:3: .* needs a reason"):
        conftest.read_gaps("torch")


def test_known_gaps_are_read_with_their_reasons(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "torch.txt").write_text("tests/a.py::test_x[torch-*] # why it fails\n")
    monkeypatch.setattr(conftest, "XFAILS", tmp_path)
    expected = [conftest.Gap("torch", "tests/a.py::test_x[torch-*]", "why it fails")]
    assert conftest.read_gaps("torch") == expected
