"""Facts about the machine that belong beside a measurement."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "jax", "jaxlib", "tensorflow-cpu", "tensorflow", "torch", "keras")


def processor() -> str:
    """The CPU's model name, as Linux tells it; the platform's word elsewhere."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def facts() -> dict[str, Any]:
    """Processor, cores, system, Python and the versions of what is compared."""
    found = {package: version(package) for package in PACKAGES}
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": sys.version.split()[0],
        "packages": {name: value for name, value in found.items() if value},
    }


def memory(what: str) -> int:
    """Bytes of this process that `/proc` knows: `VmRSS` now, `VmHWM` at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(x for x in lines if x.startswith(what)).split()[1]) * 1024


def forget_peak() -> None:
    """What `VmHWM` says begins anew."""
    Path("/proc/self/clear_refs").write_text("5")
