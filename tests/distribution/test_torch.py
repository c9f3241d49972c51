"""torch with 2 and 4 processes over gloo: they give what one process gives."""

from __future__ import annotations

import os

import pytest

from tests.conftest import BACKENDS
from tests.distribution import children

HERE = os.path.dirname(__file__)
pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif("torch" not in BACKENDS, reason="another backend"),
]


@pytest.fixture(scope="module")
def said():
    return children.run("tests.distribution.torch_processes", processes=2)


@pytest.mark.parametrize(
    "check", children.checks_of(os.path.join(HERE, "torch_processes.py"))
)
def test_two_processes(said, check):
    children.verify(said, check)


@pytest.fixture(scope="module")
def four_said():
    return children.run("tests.distribution.torch_four", processes=4)


@pytest.mark.parametrize(
    "check", children.checks_of(os.path.join(HERE, "torch_four.py"))
)
def test_four_processes(four_said, check):
    children.verify(four_said, check)
