"""The machine and the versions that figures belong to."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

_PACKAGES = (
    *("boto3", "botocore", "awscrt", "minio", "urllib3", "obstore", "httptools"),
    *("google-cloud-storage", "google-crc32c", "azure-storage-blob", "openstacksdk", "requests"),
)


def machine() -> str:
    """Return processor, memory and system in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (
        f"{os.cpu_count()} cores of {_processor()}, {memory:.0f} GiB of memory, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def versions() -> str:
    """Return the packages that were compared and what they rest on, in one line."""
    return ", ".join(f"{name} {version(name)}" for name in _PACKAGES)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
