"""JAX with 8 devices, and with 2 processes: GSPMD gives what one device gives, and no
device holds more than its part."""

from __future__ import annotations

import os

import pytest

from tests.conftest import BACKENDS
from tests.distribution import children

HERE = os.path.dirname(__file__)
pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif("jax" not in BACKENDS, reason="another backend"),
]


@pytest.fixture(scope="module")
def said():
    return children.run("tests.distribution.jax_devices")


@pytest.mark.parametrize(
    "check", children.checks_of(os.path.join(HERE, "jax_devices.py"))
)
def test_eight_devices(said, check):
    children.verify(said, check)


@pytest.fixture(scope="module")
def two_said():
    return children.run("tests.distribution.jax_processes", processes=2)


@pytest.mark.parametrize(
    "check", children.checks_of(os.path.join(HERE, "jax_processes.py"))
)
def test_two_processes(two_said, check):
    children.verify(two_said, check)
