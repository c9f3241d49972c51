"""Backends, seeds and known gaps of the test suite.

One process tests every backend. Which ones is said by ``KERAS_TEST_BACKENDS``, a comma
separated list; a listed backend whose framework is missing stops the run, so that CI
cannot pass by skipping. Without the variable all installed ones are tested, and the
header names those that are missing.

Known gaps stand in ``tests/xfails/<backend>.txt``, one per line with a reason; they are
strict, so a gap that has closed fails until its line is taken out.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Before any framework is loaded: several workers share few cores, and thread pools that
# fight for them are slower than one thread each.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# What a test compiles runs a few times, at small sizes: XLA's optimizing takes a third
# of the suite's time on JAX and on TensorFlow. Set to 0 and to nothing to test with its
# whole pipeline.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
)

import pytest  # noqa: E402

SEED = 1337
FRAMEWORKS = {
    "numpy": "numpy",
    "jax": "jax",
    "tensorflow": "tensorflow",
    "torch": "torch",
}
INSTALLED = [
    name for name, module in FRAMEWORKS.items() if importlib.util.find_spec(module)
]
VARIABLE = "KERAS_TEST_BACKENDS"
# Of each worker; two of them, and what tests start, fit into 16 GB.
MOST_MEMORY = 4 << 30
XFAILS = Path(__file__).parent / "xfails"


def requested_backends() -> list[str]:
    """The backends to test: those demanded, else those installed."""
    demanded = os.environ.get(VARIABLE)
    if demanded is None:
        return INSTALLED
    return [name.strip() for name in demanded.split(",") if name.strip()]


BACKENDS = requested_backends()
TRAINING_BACKENDS = BACKENDS  # all of them have gradients
# Those that are frameworks, with a compiler and gradients of their own.
FRAMEWORK_BACKENDS = [name for name in BACKENDS if name != "numpy"]


def pytest_collection_finish() -> None:
    """What is there before the first test stays: the collector need not look at it."""
    for name in BACKENDS:
        importlib.import_module(FRAMEWORKS[name])
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def _what_a_file_leaves() -> Iterator[None]:
    """Programs and graphs that frameworks keep are no work for the collector.

    It would walk through all of them again and again. Where they fill a worker's
    memory, JAX gives its own up.
    """
    yield
    if resident() > MOST_MEMORY and "jax" in BACKENDS:
        import jax

        jax.clear_caches()
    gc.collect()
    gc.freeze()


def resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not say."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return 0
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a run that could not test what was asked for."""
    unknown = [name for name in BACKENDS if name not in FRAMEWORKS]
    if unknown or not BACKENDS:
        raise pytest.UsageError(
            f"{VARIABLE}={os.environ.get(VARIABLE)!r} must list backends out of "
            f"{', '.join(FRAMEWORKS)}, separated by commas."
        )
    missing = [name for name in BACKENDS if name not in INSTALLED]
    if missing:
        raise pytest.UsageError(
            f"{VARIABLE} demands {', '.join(missing)}, not installed here. "
            f"`make test` installs all four; or `pip install -e '.[{missing[0]}]'`."
        )


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which backends run, and which do not, where it cannot be overlooked."""
    lines = [f"keras backends under test: {', '.join(BACKENDS)}"]
    left_out = [name for name in FRAMEWORKS if name not in BACKENDS]
    if left_out:
        why = "not demanded" if VARIABLE in os.environ else "NOT INSTALLED"
        lines.append(f"keras backends not tested ({why}): {', '.join(left_out)}")
    return lines


# --- known gaps ----------------------------------------------------------------------


@dataclass
class Gap:
    """One line of an xfail file; `hits` counts the tests that it applies to."""

    backend: str
    pattern: str
    reason: str
    hits: int = 0

    def matches(self, nodeid: str) -> bool:
        """Whether the test is meant: `*` stands for any text, all else for itself."""
        regex = ".*".join(re.escape(part) for part in self.pattern.split("*"))
        return re.fullmatch(regex, nodeid) is not None


def read_gaps(backend: str) -> list[Gap]:
    """Gaps of one backend: ``node-id pattern  # reason`` per line."""
    path = XFAILS / f"{backend}.txt"
    gaps: list[Gap] = []
    if not path.exists():
        return gaps
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pattern, separator, reason = line.partition(" # ")
        if not separator or not reason.strip():
            raise pytest.UsageError(
                f"{path.name}:{number}: a known gap needs a reason: "
                f"`node-id pattern # reason`. Received: {line!r}"
            )
        gaps.append(Gap(backend, pattern.strip(), reason.strip()))
    return gaps


def backend_of(item: pytest.Item) -> str | None:
    """The backend that a collected test runs on, None for those that need none."""
    callspec = getattr(item, "callspec", None)
    params = callspec.params if callspec is not None else {}
    names = ("backend", "training_backend", "framework_backend")
    return next((params[name] for name in names if name in params), None)


def is_whole_suite(config: pytest.Config) -> bool:
    """Whether nothing was selected, so that every gap ought to meet a test."""
    options = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf")
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not any(
        config.getoption(name, None) for name in options
    )


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Mark known gaps as strict xfails; a gap that meets no test is out of date."""
    gaps = [gap for backend in BACKENDS for gap in read_gaps(backend)]
    for item in items:
        backend = backend_of(item)
        for gap in gaps:
            if gap.backend == backend and gap.matches(item.nodeid):
                gap.hits += 1
                item.add_marker(pytest.mark.xfail(reason=gap.reason, strict=True))
    stale = [gap for gap in gaps if not gap.hits]
    if stale and is_whole_suite(config):
        lines = "\n".join(f"  {gap.backend}.txt: {gap.pattern}" for gap in stale)
        raise pytest.UsageError(f"known gaps that match no test:\n{lines}")


# --- fixtures ------------------------------------------------------------------------


def enter_backend(name: str) -> Iterator[str]:
    """Run the test inside the backend, from the same seed every time."""
    import keras

    if name == "torch":
        import torch

        torch.set_num_threads(1)
    with keras.backend_scope(name):
        keras.utils.set_random_seed(SEED)
        yield name


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """What a test registers is forgotten after it."""
    from keras.saving import get_custom_objects

    registered = get_custom_objects()
    before = dict(registered)
    yield
    if registered != before:
        registered.clear()
        registered.update(before)


@pytest.fixture(autouse=True)
def distributed() -> Iterator[None]:
    """What a test distributes leaves no trace: steps would take the careful way.

    Workers share tests out by chance, so any other could come after it.
    """
    from keras.core.placement import process

    used, distribution, natives = process.used, process.distribution, process.natives
    process.natives = dict(natives)
    yield
    process.used, process.distribution, process.natives = used, distribution, natives


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each backend under test in turn; it is current while the test runs."""
    yield from enter_backend(request.param)


@pytest.fixture(params=TRAINING_BACKENDS)
def training_backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each backend that trains."""
    yield from enter_backend(request.param)


@pytest.fixture(params=FRAMEWORK_BACKENDS)
def framework_backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each backend that is a framework, NumPy left out."""
    yield from enter_backend(request.param)


@pytest.fixture
def compiled(caplog: pytest.LogCaptureFixture) -> Any:
    """How many programs JAX compiles while a function runs."""

    import jax

    def count(function: Callable[[], object]) -> int:
        caplog.clear()
        with jax.log_compiles(), caplog.at_level("WARNING"):
            function()
        return sum(r.getMessage().startswith("Compiling") for r in caplog.records)

    return count


@pytest.fixture
def on_torch() -> Iterator[None]:
    """The torch backend, from seed 0, for tests of what it alone has."""
    import keras

    with keras.backend_scope("torch"):
        keras.utils.set_random_seed(0)
        yield


def load_hypothesis_profile() -> None:
    """Property tests: no time limits on shared machines, the same cases in CI."""
    try:
        from hypothesis import settings
    except ImportError:
        return
    settings.register_profile("local", deadline=None)
    settings.register_profile(
        "ci", deadline=None, derandomize=True, print_blob=True, database=None
    )
    settings.load_profile("ci" if os.environ.get("CI") else "local")


load_hypothesis_profile()
