"""Redirects to another host: nothing of a request arrives there, neither its secrets nor its body."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.common import CloudCredentials, CloudError, CloudProvider, ConfigurationError, TransferConfig
from cloud.testing import Fault, FaultProxy, ScriptedResponse, ScriptedServer
from faults.support import MIB, Kind, make_client, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.aws import S3Client
    from servers import Server

pytestmark = pytest.mark.timeout(30)

CALLS: dict[str, Callable[[S3Client], object]] = {
    "download": lambda client: client.download_file("bucket", "key"),
    "range": lambda client: client.read_range("bucket", "key", 5, 10),
    "stream": lambda client: b"".join(client.iter_file("bucket", "key")),
    "stat": lambda client: client.get_object_metadata("bucket", "key"),
    "list": lambda client: client.list_objects("bucket").to_list(),
    "put": lambda client: client.upload_file("bucket", "key", b"private bytes"),
    "parts": lambda client: client.upload_file(
        "bucket", "key", bytes(6 * MIB), transfer=TransferConfig(part_size=5 * MIB, threshold=MIB)
    ),
    "delete": lambda client: client.delete_file("bucket", "key"),
    "delete_files": lambda client: list(client.delete_files("bucket", ["a", "b"])),
    "create_bucket": lambda client: client.create_bucket("bucket"),
}


@pytest.fixture
def sink() -> Iterator[ScriptedServer]:
    """Give a second host, which would answer anything."""
    with ScriptedServer(otherwise=ScriptedResponse(headers=(("ETag", '"e"'),), body=b"bait")) as server:
        yield server


@pytest.fixture
def client(proxy: FaultProxy, server: Server) -> Iterator[S3Client]:
    """Give a client with temporary credentials, so that there is a session token to lose."""
    credentials = CloudCredentials(
        CloudProvider.AWS,
        access_key=server.admin.access_key,
        secret_key=server.admin.secret_key,
        session_token="a token that must not leave",
        region=server.region,
    )
    made, _ = make_client(server, proxy.url, credentials=credentials)
    yield made
    made.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("name", CALLS)
def test_nothing_reaches_another_host(
    name: str, status: int, client: S3Client, proxy: FaultProxy, sink: ScriptedServer
) -> None:
    proxy.inject(Fault(kind=Kind.REDIRECT, status=status, location=sink.url + "{path}", count=0))
    result = outcome(lambda: CALLS[name](client))
    assert isinstance(result, ConfigurationError)
    assert [request.status for request in proxy.requests] == [status]  # asked once, and not again
    assert sink.connections == 0


@pytest.mark.parametrize("region", ["eu-west-3", "evil.example/", "a@b", "", "x" * 80])
def test_a_region_s_name_does_not_lead_away_from_the_endpoint(
    region: str, client: S3Client, proxy: FaultProxy, sink: ScriptedServer
) -> None:
    headers = {"Location": sink.url, "x-amz-bucket-region": region}
    proxy.inject(Fault(kind=Kind.STATUS, status=307, headers=headers, count=0))
    result = outcome(lambda: client.download_file("bucket", "key"))
    assert isinstance(result, CloudError)
    # A name that can be one is tried once, at the same endpoint.
    assert len(proxy.requests) == (2 if region == "eu-west-3" else 1)
    assert sink.connections == 0
