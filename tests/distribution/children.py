"""Checks that need processes of their own: other devices, or several processes.

A child runs all `check_*` functions of a module, so that frameworks are imported once,
and says of each whether it held; a test reads what the child said of one.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback

TIMEOUT = 240


def checks_of(module_file):
    """The names of the checks in a file, without importing it."""
    with open(module_file) as file:
        lines = file.read().splitlines()
    return [
        line[len("def ") : line.index("(")]
        for line in lines
        if line.startswith("def check_")
    ]


def run(module, processes=1, **environment):
    """Runs a module in so many processes; what each said of each check."""
    said = []
    for _, output in finished(launched(["-m", module], processes, **environment)):
        lines = [line for line in output.splitlines() if line.startswith("SAID ")]
        said.append((dict(json.loads(line[5:]) for line in lines), output))
    return said


def launched(arguments, processes=1, **environment):
    """Starts Python in so many processes of one job, each the head of a group."""
    port = free_port()
    started = []
    for rank in range(processes):
        env = {
            **os.environ,
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
            "WORLD_SIZE": str(processes),
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "OMP_NUM_THREADS": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **environment,
        }
        started.append(
            subprocess.Popen(
                [sys.executable, *arguments],
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        )
    return started


def finished(started, timeout=TIMEOUT):
    """The return code and output of each process; after the timeout all are killed."""
    ends = time.monotonic() + timeout
    results = []
    try:
        for process in started:
            try:
                left = max(ends - time.monotonic(), 1)
                output, _ = process.communicate(timeout=left)
            except subprocess.TimeoutExpired:
                _kill(started)
                output, _ = process.communicate()
            results.append((process.returncode, output))
    finally:
        _kill(started)
    return results


def _kill(started):
    """Ends the processes, and those that they started."""
    for process in started:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def free_port():
    """A port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def addresses(processes):
    """What tells TensorFlow where so many workers are: it needs to know of all."""
    found = ",".join(f"127.0.0.1:{free_port()}" for _ in range(processes))
    return {"KERAS_DISTRIBUTION_JOB_ADDRESSES": found}


def main(namespace):
    """Runs the checks of a module, and says of each how it went."""
    for name, check in list(namespace.items()):
        if name.startswith("check_"):
            start = time.process_time()
            try:
                check()
                result = "held"
            except Exception:
                result = traceback.format_exc()
            print(f"{name}: {time.process_time() - start:.1f} s of CPU")
            print("SAID " + json.dumps([name, result]), flush=True)


def verify(said, check):
    """Fails with what a child said, unless the check held in all."""
    for rank, (results, output) in enumerate(said):
        result = results.get(check, f"Process {rank} ended before:\n{output[-3000:]}")
        assert result == "held", result
