"""A client is sent to processes that share nothing with this one: spawned ones, and those of a fork server."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING

import pytest

from cloud.aws import S3Client
from cloud.common import (
    CloudCredentials,
    CloudProvider,
    ConfigurationError,
    RetryPolicy,
    Secret,
    TransferConfig,
)
from cloud.local import LocalStorageClient
from cloud.testing import ScriptedServer
from unit.common.in_other_processes import PARTS, use
from unit.s3.helpers import ObjectServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLANTED = "planted-secret-of-the-parent"


@pytest.fixture(scope="module", params=["spawn", "forkserver"])
def other(request: pytest.FixtureRequest) -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(request.param)) as pool:
        yield pool


def client_of(url: str, secret: Secret | str) -> S3Client:
    return S3Client(
        CloudCredentials(CloudProvider.AWS, access_key="AKIAEXAMPLE", secret_key=secret, region="us-east-1"),
        endpoint_url=url,
        service="aws",
        retry=RetryPolicy(max_attempts=1),
        transfer=TransferConfig(max_workers=4),
    )


def test_a_client_works_in_another_process_and_here_on(other: ProcessPoolExecutor, tmp_path: Path) -> None:
    """It travels as what it was made of: with no secret, no lock, no connection and no thread of its parent."""
    file = tmp_path / "secret"
    file.write_text(PLANTED)
    file.chmod(0o600)
    with (
        ScriptedServer(otherwise=ObjectServer()) as server,
        client_of(server.url, Secret.from_file(file)) as client,
        ThreadPoolExecutor(4) as pool,
    ):
        client.upload_file("bucket", "before", PARTS)
        assert list(pool.map(client.download_file, ["bucket"] * 8, ["before"] * 8)) == [PARTS] * 8
        assert PLANTED.encode() not in bytes(ForkingPickler.dumps(client))
        own = {request.connection for request in server.requests}
        asked = len(server.requests)
        done = other.submit(use, client, "by-child").result(60)
        assert done.process != os.getpid()
        assert (done.read, done.by_threads, done.calls) == (PARTS, [PARTS] * 8, 10)
        assert not own & {request.connection for request in server.requests[asked:]}
        asked = len(server.requests)
        # What the other process closed was its own: here everything goes on, on the connections of before.
        assert client.download_file("bucket", "by-child") == b"child"
        assert list(pool.map(client.download_file, ["bucket"] * 8, ["before"] * 8)) == [PARTS] * 8
        assert server.requests[asked].connection in own
        assert client.metrics.snapshot().calls == 18


def test_a_secret_that_was_text_stays_here(other: ProcessPoolExecutor) -> None:
    with ScriptedServer(otherwise=ObjectServer()) as server, client_of(server.url, PLANTED) as client:
        client.upload_file("bucket", "before", PARTS)
        assert PLANTED.encode() not in bytes(ForkingPickler.dumps(client))
        with pytest.raises(ConfigurationError, match="plain text") as caught:
            other.submit(use, client, "by-child").result(60)
        assert "from_env" in (caught.value.hint or "")
        assert PLANTED not in repr(caught.value.to_dict())
        assert len(server.requests) == 1
        assert client.download_file("bucket", "before") == PARTS


def test_a_folder_is_one_store_for_both(other: ProcessPoolExecutor, tmp_path: Path) -> None:
    with LocalStorageClient(tmp_path / "store") as client:
        client.create_bucket("bucket")
        client.upload_file("bucket", "before", PARTS)
        done = other.submit(use, client, "by-child").result(60)
        assert done.process != os.getpid()
        assert (done.read, done.by_threads, done.calls) == (PARTS, [PARTS] * 8, 10)
        assert client.download_file("bucket", "by-child") == b"child"


def test_a_store_in_memory_is_nobody_elses() -> None:
    with LocalStorageClient.in_memory() as client, pytest.raises(ConfigurationError):
        ForkingPickler.dumps(client)
