"""Memory of a large transfer stays under part size times workers, and 32 MiB.

``CLOUD_MEMORY_MIB`` is the size of the object; by default 128.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud.aws import S3Client
from faults.support import credentials_of

if TYPE_CHECKING:
    from servers import Server

MIB = 1 << 20
SIZE = int(os.environ.get("CLOUD_MEMORY_MIB", "128")) * MIB
PART, WORKERS = 8 * MIB, 4
PROGRAM = Path(__file__).with_name("memory_program.py")

pytestmark = pytest.mark.timeout(180)


def test_memory_stays_bounded(seaweedfs_server: Server, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": seaweedfs_server.admin.access_key,
        "AWS_SECRET_ACCESS_KEY": seaweedfs_server.admin.secret_key,
        "AWS_REGION": seaweedfs_server.region,
    }
    source, target = tmp_path / "source", tmp_path / "target"
    with source.open("wb") as file:
        for _ in range(SIZE // MIB):
            file.write(os.urandom(MIB))

    def growth(way: str, key: str, file: Path) -> int:
        command = [sys.executable, str(PROGRAM), way, seaweedfs_server.endpoint_url, key, str(file)]
        return int(subprocess.check_output(command, env=environment))

    with S3Client(
        credentials_of(seaweedfs_server), endpoint_url=seaweedfs_server.endpoint_url, service="seaweedfs"
    ) as client:
        client.create_bucket("memory")
    bound = PART * WORKERS + 32 * MIB
    assert growth("file", "file", source) < bound
    assert growth("stream", "stream", source) < bound
    assert growth("download", "stream", target) < bound
    assert target.stat().st_size == SIZE
