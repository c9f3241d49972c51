"""Runs what packages built on Keras 3 bring along, here and with the published Keras.

    python tools/clients.py keras-hub keras-tuner --backend torch \\
        --reference /path/to/python-with-pypi-keras

For each package: its environment is made in a folder apart (`--folder`), beside the
frameworks of the interpreter, never in the project's own; the tests of its source
archive and the examples in its docstrings run with this checkout as `keras`, then in
the reference interpreter; a table says what passed here and there, and groups the
causes of what failed here alone; then the CPU time, and a row for `docs/clients.md`.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import doctest
import importlib
import inspect
import io
import json
import os
import pkgutil
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
# What the interpreters bring: a copy would hide theirs, or be another Keras.
PROVIDED = re.compile(
    r"(keras|tf[-_]keras|tensorflow.*|torch|jax|jaxlib|numpy|scipy|h5py|ml[-_]dtypes)"
)
# Examples that need what cannot be had offline.
ONLINE = re.compile(r"from_preset|https?:|get_file|load_data|download|kaggle")
# How programs begin; the op is there to load the framework before the clock runs.
_BEGIN = "import numpy as np\nimport keras\nfrom keras import *\nkeras.ops.ones(1)"
Outcome = tuple[str, str, float]  # "passed" or a kind of error; its text; seconds


# The environment ------------------------------------------------------------------


def install(package: str, folder: Path) -> Path:
    """Puts a package and what it needs, but frameworks, into a folder of its own."""
    target = folder / package / "packages"
    wanted, done = [package], set()
    while wanted:
        line = wanted.pop()
        name = name_of(line)
        if name in done or PROVIDED.fullmatch(name.lower()):
            continue
        done.add(name)
        found = _distribution(name, target)
        if found is None:
            asked = line if line == package else name
            arguments = ["install", "--quiet", "--no-deps", "--target", str(target)]
            command = [sys.executable, "-m", "pip", *arguments, asked]
            subprocess.run(command, check=False)
            found = _distribution(name, target)
        needed = (found.requires or ()) if found is not None else ()
        wanted.extend(each for each in needed if "extra ==" not in each)
    return target


def name_of(requirement: str) -> str:
    """The package that a requirement such as `"keras-tuner==1.4.7"` is for."""
    return re.split(r"[\s;<>=!~\[(]", requirement, maxsplit=1)[0]


def _distribution(name: str, target: Path) -> Any:
    return next(iter(metadata.distributions(name=name, path=[str(target)])), None)


def source_tests(package: str, folder: Path) -> list[Path]:
    """The test files of the source archive, unpacked."""
    place = folder / package / "source"
    if not place.exists():
        place.mkdir(parents=True)
        arguments = ["download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        command = [sys.executable, "-m", "pip", *arguments, "-d", str(place), package]
        subprocess.run(command, check=False)
        for archive in place.glob("*.tar.gz"):
            with tarfile.open(archive) as file:
                file.extractall(place, filter="data")
    return sorted({*place.rglob("*_test.py"), *place.rglob("test_*.py")})


def environment(target: Path, backend: str, keras: Path | None) -> dict[str, str]:
    """The variables of a run; `keras` is a checkout that comes first, or None."""
    paths = [str(path) for path in (keras, target) if path is not None]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


# Runs -----------------------------------------------------------------------------


def run(
    python: str, files: list[Path], module: str, variables: dict[str, str], limit: int
) -> dict[str, Outcome]:
    """The tests and the examples of a package in one interpreter."""
    with tempfile.TemporaryDirectory() as scratch:
        report, examples = Path(scratch, "junit.xml"), Path(scratch, "examples.jsonl")
        options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
        named = [str(file) for file in files]
        commands = [[python, __file__, "--inside", module, str(examples)]]
        if files:
            commands.append([python, "-m", "pytest", *options, *named])
        for command in commands:
            with contextlib.suppress(subprocess.TimeoutExpired):
                ended = subprocess.run(
                    command,
                    env=variables,
                    cwd=scratch,
                    timeout=limit,
                    check=False,
                    capture_output=True,
                    text=True,
                )
                # 1 is pytest's word for tests that failed, which its report names.
                if ended.returncode not in (0, 1 if "pytest" in command else 0):
                    print(*ended.stderr.strip().splitlines()[-1:], sep="\n")
        return {**_of_examples(examples), **_of_tests(report)}


def _of_examples(path: Path) -> dict[str, Outcome]:
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {name: (kind, text, seconds) for name, kind, text, seconds in lines}


def _of_tests(path: Path) -> dict[str, Outcome]:
    """The outcomes in a report of pytest; skipped tests are none."""
    found: dict[str, Outcome] = {}
    if not path.exists():
        return found
    for case in ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        bad = [part for part in case if part.tag in ("failure", "error")]
        if any(part.tag == "skipped" for part in case):
            continue
        text = bad[0].get("message") or "" if bad else ""
        kind = text.partition(":")[0] if bad else "passed"
        found[name] = (kind, text, float(case.get("time") or 0))
    return found


# Examples, in the interpreter that is asked about ------------------------------------


def run_examples(module: str, path: str) -> None:
    """Runs the examples of a package's docstrings; a line of JSON for each."""
    signal.signal(signal.SIGALRM, _too_long)
    with open(path, "w") as file:
        for name, thing in documented(module):
            space: dict[str, Any] = {"__name__": "__main__", thing.__name__: thing}
            exec(f"{_BEGIN}\nimport {module}", space)  # noqa: S102 - as users begin
            for number, code in enumerate(examples_in(thing.__doc__ or "")):
                if ONLINE.search(code):
                    continue
                start = time.process_time()
                kind, text = _outcome(code, space)
                seconds = round(time.process_time() - start, 3)
                line = [f"{name}#{number}", kind, text, seconds]
                file.write(json.dumps(line) + "\n")
                file.flush()


def _too_long(*_: Any) -> None:
    raise TimeoutError("an example ran for over 30 seconds")


def _outcome(code: str, space: dict[str, Any]) -> tuple[str, str]:
    signal.alarm(30)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, space)  # noqa: S102 - the examples of the package asked about
    except Exception as error:  # noqa: BLE001 - whatever the package raises
        return type(error).__name__, str(error)[:500]
    finally:
        signal.alarm(0)
    return "passed", ""


def documented(module: str) -> Iterator[tuple[str, Any]]:
    """The public classes and functions of a package, by their full names."""
    package = importlib.import_module(module)
    found: dict[str, Any] = {}
    modules = [package]
    for each in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{module}."):
        if "test" not in each.name:
            with contextlib.suppress(Exception):
                modules.append(importlib.import_module(each.name))
    for each in modules:
        for name, thing in vars(each).items():
            if name.startswith("_") or not callable(thing):
                continue
            if not (inspect.isclass(thing) or inspect.isfunction(thing)):
                continue
            if thing.__module__.split(".")[0] == module.split(".")[0]:
                found[f"{thing.__module__}.{thing.__qualname__}"] = thing
    yield from sorted(found.items())


def examples_in(text: str) -> list[str]:
    """The pieces of code in a docstring: fenced, as in a shell, or indented."""
    text = inspect.cleandoc(text)
    fenced = re.findall(r"```(?:python|py)?\n(.*?)```", text, re.DOTALL)
    if not fenced and ">>>" in text:
        fenced = [text]
    if not fenced:
        pattern = r"\nExamples?:\s*\n((?:[ \t]+.*\n|\n)+)"
        fenced = [match[1] for match in re.finditer(pattern, f"{text}\n")]
    parser = doctest.DocTestParser()
    pieces = [textwrap.dedent(piece) for piece in fenced]
    return [
        "".join(each.source for each in parser.get_examples(piece))
        if ">>>" in piece
        else piece
        for piece in pieces
    ]


# Comparison -------------------------------------------------------------------------


def compared(here: dict[str, Outcome], there: dict[str, Outcome]) -> str:
    """A table of what passed, then the causes of what fails here alone."""
    both = [
        name
        for name, (kind, *_) in there.items()
        if kind == "passed" == here.get(name, ("missing", "", 0.0))[0]
    ]
    times = [sum(run[name][2] for name in both) for run in (here, there)]
    ratio = f", ratio {times[0] / times[1]:.2f}" if times[1] else ""
    lines = [
        f"passed here {_passed(here)} of {len(here)}, there {_passed(there)} of "
        f"{len(there)}; seconds of what passed in both: {times[0]:.1f} here, "
        f"{times[1]:.1f} there{ratio}"
    ]
    causes: dict[str, list[str]] = collections.defaultdict(list)
    for name, (kind, *_) in there.items():
        mine, text, _ = here.get(name, ("missing", "it did not run", 0.0))
        if kind == "passed" and mine != "passed":
            causes[f"{mine}: {text.splitlines()[0] if text else ''}"[:200]].append(name)
    for cause, names in sorted(causes.items(), key=lambda item: -len(item[1])):
        lines.append(f"  {len(names)} x {cause}")
        lines.extend(f"      {name}" for name in names[:5])
    return "\n".join(lines)


def row(
    package: str, backend: str, here: dict[str, Outcome], there: dict[str, Outcome]
) -> str:
    """The row of a package in the table of `docs/clients.md`."""
    name, _, version = package.partition("==")
    alone = sum(
        kind == "passed" != here.get(test, ("missing", "", 0.0))[0]
        for test, (kind, *_) in there.items()
    )
    passed = f"{_passed(here)} of {len(here)} | {_passed(there)} of {len(there)}"
    return f"| {name} | {version} | {backend} | {passed} | {alone or 'nothing'} |"


def _passed(run: dict[str, Outcome]) -> int:
    return sum(kind == "passed" for kind, *_ in run.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="+", help="names, or name==version")
    parser.add_argument("--backend", default="torch")
    parser.add_argument("--reference", help="a Python that has the published keras")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/keras-clients"))
    parser.add_argument("--limit", type=int, default=600, help="seconds of each run")
    parser.add_argument("--module", help="the import name, where it is another one")
    given = parser.parse_args()
    for package in given.packages:
        target = install(package, given.folder)
        files = source_tests(package, given.folder)
        module = given.module or name_of(package).replace("-", "_")
        print(f"{package} on {given.backend}: {len(files)} files of tests")
        runs: list[dict[str, Outcome]] = []
        spent: list[float] = []
        for python, keras in ((sys.executable, ROOT), (given.reference, None)):
            if python is not None:
                variables = environment(target, given.backend, keras)
                before = os.times()
                runs.append(run(python, files, module, variables, given.limit))
                after = os.times()
                user = after.children_user - before.children_user
                spent.append(user + after.children_system - before.children_system)
        here, there = runs[0], runs[-1]
        print(compared(here, there))
        if len(runs) == 2:
            # Of whole runs, imports and failures too: comparable where both ended.
            ratio = f"ratio {spent[0] / spent[1]:.2f}" if spent[1] else "no ratio"
            print(f"CPU seconds {spent[0]:.1f} here, {spent[1]:.1f} there, {ratio}")
            found = _distribution(name_of(package), target)
            version = found.version if found is not None else ""
            print(row(f"{name_of(package)}=={version}", given.backend, here, there))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        run_examples(*sys.argv[2:4])
    else:
        main()
