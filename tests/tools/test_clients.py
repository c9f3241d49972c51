"""What `tools/clients.py` reads and says; it runs no package here."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def clients() -> Any:
    path = Path(__file__).parents[2] / "tools" / "clients.py"
    spec = importlib.util.spec_from_file_location("clients", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_examples_of_each_form(clients: Any) -> None:
    fenced = "What.\n\n```python\nx = 1\n```\nAnd\n```\ny = 2\n```"
    assert clients.examples_in(fenced) == ["x = 1\n", "y = 2\n"]
    assert clients.examples_in("What.\n\n>>> x = 1\n>>> x\n1") == ["x = 1\nx\n"]
    indented = "What.\n\nExample:\n\n    x = 1\n    y = x\n"
    assert clients.examples_in(indented) == ["x = 1\ny = x\n"]
    assert clients.examples_in("What.") == []


def test_reports_of_pytest(clients: Any, tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="a" name="one" time="0.5"/>'
        '<testcase classname="a" name="two" time="1">'
        '<failure message="ValueError: no"/></testcase>'
        '<testcase classname="a" name="three"><skipped/></testcase>'
        "</testsuite></testsuites>"
    )
    assert clients._of_tests(report) == {
        "a::one": ("passed", "", 0.5),
        "a::two": ("ValueError", "ValueError: no", 1.0),
    }
    assert clients._of_tests(tmp_path / "none.xml") == {}


def test_causes_are_grouped(clients: Any) -> None:
    there = dict.fromkeys("abc", ("passed", "", 2.0)) | {"d": ("E", "bad", 1.0)}
    here = {"a": ("passed", "", 1.0), "b": ("ValueError", "no\nmore", 1.0)}
    said = clients.compared(here, there).splitlines()
    assert said[0] == (
        "passed here 1 of 2, there 3 of 4; seconds of what passed in both: 1.0 here, "
        "2.0 there, ratio 0.50"
    )
    assert said[1:] == [
        "  1 x ValueError: no",
        "      b",
        "  1 x missing: it did not run",
        "      c",
    ]
    said = clients.row("a-package==1.2", "jax", here, there)
    assert said == "| a-package | 1.2 | jax | 1 of 2 | 3 of 4 | 2 |"


def test_packages_of_a_version(clients: Any) -> None:
    for asked in ("keras-tuner", "keras-tuner==1.4.7", "keras-tuner [extra] (>=1)"):
        assert clients.name_of(asked) == "keras-tuner"
