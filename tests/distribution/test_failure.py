"""A process that dies ends its job, and a restart goes on from the last backup."""

from __future__ import annotations

import json
import re
import time

import numpy as np
import pytest

import keras
from tests.conftest import BACKENDS
from tests.distribution import children, failing, models

MODULE = "tests.distribution.failing"


def _losses(backend):
    """What one process that is never killed has for losses."""
    with keras.backend_scope(backend):
        model = models.made("mlp")
        x, y = models.data("mlp")
        options = {"epochs": failing.EPOCHS, "shuffle": False, "verbose": 0}
        return model.fit(x, y, batch_size=16, **options).history["loss"]


def _check(folder, backend):
    found = json.loads((folder / "losses.json").read_text())
    np.testing.assert_allclose(found, _losses(backend), rtol=1e-5)
    assert sorted(path.name for path in folder.iterdir()) == ["died", "losses.json"]


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("jax", "Task 1|Connection closed by peer"),
        ("torch", "by peer|127.0.0.1"),
        ("tensorflow", "task:1"),
    ],
)
def test_a_dead_process_ends_the_job_and_a_second_run_goes_on(backend, said, tmp_path):
    if backend not in BACKENDS:
        pytest.skip("another backend")
    command = ["-m", MODULE, str(tmp_path)]
    job = {"KERAS_BACKEND": backend}
    job |= children.addresses(2) if backend == "tensorflow" else {}
    started = children.launched(command, 2, **job)
    begun = time.monotonic()
    while started[1].poll() is None and time.monotonic() < begun + 120:
        time.sleep(0.1)
    died = time.monotonic()
    first, second = children.finished(started, timeout=60)
    assert time.monotonic() - died < 60
    assert second[0] == -9
    assert first[0] not in (0, -9)
    assert re.search(said, first[1])
    again = children.launched(command, 2, **job)
    for code, output in children.finished(again, timeout=120):
        assert code == 0, output[-3000:]
    _check(tmp_path, backend)
