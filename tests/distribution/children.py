"""Checks that need processes of their own: other devices, or several processes.

A child runs all `check_*` functions of a module, so that frameworks are imported once,
and says of each whether it held; a test reads what the child said of one.
"""

from __future__ import annotations

import json
import os
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
        command = [sys.executable, "-m", module]
        started.append(
            subprocess.Popen(
                command,
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    said = []
    for process in started:
        try:
            output, _ = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            for each in started:
                each.kill()
            output, _ = process.communicate()
        lines = [line for line in output.splitlines() if line.startswith("SAID ")]
        results = dict(json.loads(line[5:]) for line in lines)
        said.append((results, output))
    return said


def free_port():
    """A port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


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
