"""TensorFlow with 2 virtual CPUs, and 2 workers: they give what one device gives."""

from __future__ import annotations

import os

import pytest

from tests.conftest import BACKENDS
from tests.distribution import children

HERE = os.path.dirname(__file__)
pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif("tensorflow" not in BACKENDS, reason="another backend"),
]


@pytest.fixture(scope="module")
def said():
    return children.run("tests.distribution.tensorflow_devices")


@pytest.mark.parametrize(
    "check", children.checks_of(os.path.join(HERE, "tensorflow_devices.py"))
)
def test_two_devices(said, check):
    children.verify(said, check)


@pytest.fixture(scope="module")
def two_said():
    return children.run(
        "tests.distribution.tensorflow_workers", 2, **children.addresses(2)
    )


@pytest.mark.parametrize(
    "check", children.checks_of(os.path.join(HERE, "tensorflow_workers.py"))
)
def test_two_workers(two_said, check):
    children.verify(two_said, check)
