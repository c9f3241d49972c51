"""A process that dies ends its job, and a restart goes on from the last backup."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import keras
from tests.conftest import BACKENDS
from tests.distribution import children, failing, models

MODULE = "tests.distribution.failing"
pytestmark = pytest.mark.processes


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


def test_torchrun_starts_anew_when_a_process_dies(tmp_path):
    if "torch" not in BACKENDS:
        pytest.skip("another backend")
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*launcher, "--max-restarts", "2", "-m", MODULE, str(tmp_path)]
    [(code, output)] = children.finished(
        children.launched(command, KERAS_BACKEND="torch"), timeout=150
    )
    assert code == 0, output[-3000:]
    # The launcher names the process; it may end the other one before that can speak.
    assert re.search(r"exitcode: -9\) local_rank: 1", output)
    _check(tmp_path, "torch")


def test_where_processes_of_an_attempt_meet():
    if "torch" not in BACKENDS:
        pytest.skip("another backend")
    import torch

    from keras.backends.torch import meeting

    store, places = torch.distributed.HashStore(), []
    for _ in range(3):  # each finds what the attempts before have left
        with ThreadPoolExecutor(3) as pool:
            came = [pool.submit(meeting.met, store, i, 3, 20) for i in (2, 1, 0)]
            [place] = {each.result() for each in came}
        places.append(place)
    assert len(set(places)) == 3
    words = r"Process 0 of 2 waited 0 seconds for \[1\]"
    with pytest.raises(RuntimeError, match=words):
        meeting.met(store, 0, 2, 0.05)
