from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from cloud.testing import FaultProxy
from faults.support import BUCKET, LARGE, SMALL, make_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.aws import S3Client
    from servers import Server

TRICKLE_STEP_SECONDS = 0.02


async def quicker(seconds: float) -> None:
    """Let the seconds of a trickle pass quickly; silences, which outlast every timeout, last."""
    await asyncio.sleep(seconds if seconds > 1 else TRICKLE_STEP_SECONDS)


@pytest.fixture(scope="session")
def direct(seaweedfs_server: Server) -> Iterator[S3Client]:
    """Give a client with nothing between it and the service, whose bucket holds ``small`` and ``large``."""
    client, _ = make_client(seaweedfs_server, seaweedfs_server.endpoint_url)
    client.create_bucket(BUCKET)
    client.upload_file(BUCKET, "small", SMALL)
    client.upload_file(BUCKET, "large", LARGE)
    yield client
    client.close()


@pytest.fixture
def server(seaweedfs_server: Server, direct: S3Client) -> Server:
    """Give the service, with the objects in it."""
    return seaweedfs_server


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultProxy]:
    with FaultProxy(server.endpoint_url, sleep=quicker) as running:
        yield running
