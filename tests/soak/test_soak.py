"""Threads, faults and minutes: nothing wrong is ever read, and nothing is left behind.

``CLOUD_SOAK_SECONDS`` says how long (5 by default, 600 in `make soak`); ``CLOUD_SOAK_REPORT`` names a file that gets
the figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers import Server
    from servers.azurite import AzuriteServer

SECONDS = float(os.environ.get("CLOUD_SOAK_SECONDS", "5"))
THREADS = 32
SHARE = 0.05
MIB = 1 << 20
# What the allocator keeps of 32 threads' buffers: it is there before the measuring begins when the soak is long, and
# comes meanwhile when it is short. One small body lost a call would be a gigabyte in ten minutes.
RSS_GROWTH_BYTES = (32 if SECONDS >= 60 else 64) * MIB
HERE = Path(__file__).parent
# A thread may be in its last call: six tries of 8 s of silence.
pytestmark = pytest.mark.timeout(120 + 2 * SECONDS)


@contextmanager
def faulty(upstream: str, seed: int) -> Iterator[tuple[str, list[int]]]:
    """Give a proxy's URL and, once it has ended, how many requests it saw and how many of them it hit."""
    counts: list[int] = []
    with subprocess.Popen(
        [sys.executable, HERE / "faulty_proxy.py", upstream, str(SHARE), str(seed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), counts
            process.stdin.close()
            counts += map(int, process.stdout.read().split())
        finally:
            process.kill()


def soak(seaweedfs: Server, azurite: AzuriteServer) -> dict[str, Any]:
    """Return the figures of one soak."""
    keys = {
        "SOAK_S3_KEY": seaweedfs.admin.access_key,
        "SOAK_S3_SECRET": seaweedfs.admin.secret_key,
        "SOAK_S3_REGION": seaweedfs.region,
        "SOAK_AZURE_ACCOUNT": azurite.account_name,
        "SOAK_AZURE_KEY": azurite.account_key,
    }
    with (
        faulty(seaweedfs.endpoint_url, 1) as (s3, s3_counts),
        faulty(azurite.endpoint_url, 2) as (az, az_counts),
    ):
        done = subprocess.run(
            [sys.executable, HERE / "soak_program.py", str(SECONDS), str(THREADS), s3, az],
            env={**os.environ, **keys},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    figures["requests"], figures["faults"] = (sum(pair) for pair in zip(s3_counts, az_counts, strict=True))
    report = os.environ.get("CLOUD_SOAK_REPORT")
    if report:
        Path(report).write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
    return figures


def test_nothing_is_wrong_and_nothing_is_left(
    seaweedfs_server: Server, azurite_server: AzuriteServer
) -> None:
    figures = soak(seaweedfs_server, azurite_server)
    assert figures["wrong"] == []
    assert figures["calls"] > THREADS
    assert figures["faults"] > figures["requests"] * SHARE / 2  # it was a soak among faults
    # One fault in twenty requests, six tries: hardly a call ends by an error, but for create-only ones, whose answer
    # may be lost and which then are not repeated.
    unexpected = {what: count for what, count in figures["errors"].items() if not what.startswith("put_once")}
    assert sum(unexpected.values()) <= figures["calls"] * 0.01 + 2, figures["errors"]
    before, after = figures["before"], figures["after"]
    assert after["threads"] == before["threads"]
    assert after["descriptors"] == before["descriptors"]
    assert after["rss_bytes"] <= before["rss_bytes"] + RSS_GROWTH_BYTES
