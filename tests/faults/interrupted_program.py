"""Moves one object until Ctrl-C ends it; started by test_interrupts.py. Says when bytes have moved.

Usage: interrupted_program.py upload|download ENDPOINT KEY FILE, with the keys in the environment.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from cloud.aws import S3Client
from cloud.common import TransferConfig

MIB = 1 << 20
READ_TIMEOUT_SECONDS = 60.0


def tell(_count: int) -> None:
    print("moving", flush=True)  # noqa: T201  # what the test waits for


def main() -> None:
    direction, endpoint, key, file = sys.argv[1:]
    # Whoever starts this in the background may have switched Ctrl-C off.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    client = S3Client(
        endpoint_url=endpoint, service="seaweedfs", timeout=(READ_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)
    )
    if direction == "upload":
        parts = TransferConfig(part_size=5 * MIB, threshold=5 * MIB, max_workers=2)
        client.upload_file("faults", key, Path(file), transfer=parts, progress=tell)
    else:
        ranges = TransferConfig(part_size=MIB, threshold=2 * MIB, max_workers=2)
        client.download_to("faults", key, file, transfer=ranges, progress=tell)
    print("done", flush=True)  # noqa: T201  # must never be reached


main()
