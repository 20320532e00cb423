"""Moves one object and says by how many bytes that made the process grow; started by test_memory.py.

Usage: memory_program.py file|stream|download ENDPOINT KEY FILE, with the keys in the environment.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cloud.aws import S3Client
from cloud.common import TransferConfig

MIB = 1 << 20
BUCKET = "memory"
PARTS = TransferConfig(part_size=8 * MIB, threshold=16 * MIB, max_workers=4)


def peak() -> int:
    """Return the most memory that this program has had so far, in bytes; not that of its parent before the exec."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) << 10


def main() -> None:
    way, endpoint, key, file = sys.argv[1:]
    client = S3Client(endpoint_url=endpoint, service="seaweedfs")
    client.upload_file(BUCKET, "first", b"loads what a first call loads")
    before = peak()
    if way == "file":
        client.upload_file(BUCKET, key, Path(file), transfer=PARTS)
    elif way == "stream":
        with Path(file).open("rb") as stream:
            client.upload_file(BUCKET, key, iter(lambda: stream.read(MIB), b""), transfer=PARTS)
    else:
        client.download_to(BUCKET, key, file, transfer=PARTS)
    print(peak() - before)  # noqa: T201  # what the test reads


main()
