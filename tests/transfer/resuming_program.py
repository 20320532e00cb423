"""Moves one object with `resume` until it is done or killed; started by test_resume_kill.py.

Usage: resuming_program.py up|down ENDPOINT KEY FILE, with the keys in the environment. Says when bytes have moved.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cloud.aws import S3Client
from cloud.common import TransferConfig

MIB = 1 << 20
BUCKET = "resumed"
PARTS = TransferConfig(part_size=5 * MIB, threshold=6 * MIB, max_workers=2)
RANGES = TransferConfig(part_size=MIB, threshold=2 * MIB, max_workers=4)


def move(direction: str, client: S3Client, key: str, file: Path, progress: object = None) -> None:
    tell = progress if callable(progress) else None
    if direction == "up":
        client.upload_file(BUCKET, key, file, resume=True, transfer=PARTS, progress=tell)
    else:
        client.download_to(BUCKET, key, file, resume=True, transfer=RANGES, progress=tell)


def main() -> None:
    direction, endpoint, key, file = sys.argv[1:]
    client = S3Client(endpoint_url=endpoint, service="seaweedfs")
    print("ready", flush=True)  # noqa: T201  # what the test waits for
    move(direction, client, key, Path(file))


if __name__ == "__main__":
    main()
