"""A second answer on a kept connection: it is never taken for the answer to the next request, where that can be told.

A server, or a proxy before it, may answer one request twice. What waits on a connection before the next request is
sent gives the connection up. What comes later can only be told from the right answer by what the service repeats of
the request: Azure and Swift repeat a name that each request has.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from cloud.azure import AzureBlobClient
from cloud.common import CloudCredentials, CloudProvider, RetryPolicy, ServiceUnavailableError
from cloud.infomaniak import InfomaniakObjectStorageClient
from faults.services import SERVICES, Service
from faults.support import PATIENCE
from unit.wire.scripted import Server, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud._wire import HttpRequest, HttpResponse
    from cloud.common import BaseStorageClient
    from unit.wire.scripted import Peer, Received

AT_ONCE = RetryPolicy(jitter=lambda _: 0.0)
ACCOUNT_KEY = "c2VjcmV0"
NAMES = {"azure": "x-ms-client-request-id", "swift": "x-trans-id-extra"}
REPEATED = {"azure": "x-ms-client-request-id: {}", "swift": "X-Trans-Id: tx0-00-{}"}


def object_answer(store: str, received: Received, body: bytes) -> bytes:
    """Return what the service answers to a read of an object that holds `body`."""
    repeated = REPEATED[store].format(received.headers[NAMES[store]])
    head = (
        f'HTTP/1.1 206 Partial Content\r\n{repeated}\r\nETag: "{body.decode()}"\r\n'
        "Last-Modified: Tue, 24 Nov 2026 02:17:47 GMT\r\nX-Timestamp: 1795486667.00000\r\n"
        f"Content-Range: bytes 0-{len(body) - 1}/{len(body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Doubled:
    """A service that answers its very first read twice.

    Args:
        store: whose protocol it speaks.
        waits: the second answer comes before the next request, and not when that one is on its way.
    """

    def __init__(self, store: str, *, waits: bool) -> None:
        self._store = store
        self.waits = waits
        self._is_first = True
        self.is_said = threading.Event()
        self.server = Server(self._serve)

    def _serve(self, peer: Peer) -> None:
        is_first, self._is_first = self._is_first, False
        received = self._next(peer)
        answer = self._answer(received)
        peer.send(answer)
        if is_first:
            if not self.waits:
                self._next(peer)
            peer.send(answer)
            self.is_said.set()
            peer.wait_until_closed()
            return
        while True:
            peer.send(self._answer(self._next(peer)))

    def _answer(self, received: Received) -> bytes:
        """Return the object: nine times the last letter of its key."""
        letter = received.line.split()[1][-1]
        return object_answer(self._store, received, letter.encode() * 9)

    def _next(self, peer: Peer) -> Received:
        """Return the next request for an object; a login is answered."""
        while (received := peer.read_request()).line.split()[1].startswith("/auth"):
            url = f"X-Storage-Url: http://127.0.0.1:{self.server.port}/v1/AUTH_a"
            peer.send(ok(b"", url, "X-Auth-Token: t"))
        return received


def client_of(store: str, server: Server, retry: RetryPolicy) -> BaseStorageClient:
    url = f"http://127.0.0.1:{server.port}"
    if store == "azure":
        text = f"AccountName=a;AccountKey={ACCOUNT_KEY};BlobEndpoint={url}/a"
        return AzureBlobClient(connection_string=text, retry=retry)
    credentials = CloudCredentials(
        CloudProvider.INFOMANIAK,
        username="u",
        password="p",
        auth_url=f"{url}/auth/v1.0",  # nobody's
    )
    return InfomaniakObjectStorageClient(credentials, retry=retry)


@pytest.fixture(params=["azure", "swift"])
def store(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[True, False], ids=["before the next request", "after it"])
def doubled(request: pytest.FixtureRequest, store: str) -> Iterator[Doubled]:
    service = Doubled(store, waits=request.param)
    with service.server:
        yield service


def test_the_next_read_gets_its_own_answer(doubled: Doubled, store: str) -> None:
    with client_of(store, doubled.server, AT_ONCE) as client:
        assert client.download_file("box", "a") == b"aaaaaaaaa"
        if doubled.waits:
            assert doubled.is_said.wait(20)
        assert client.download_file("box", "b") == b"bbbbbbbbb"


@pytest.mark.parametrize("doubled", [False], indirect=True)
def test_a_call_that_goes_once_ends_with_an_error(doubled: Doubled, store: str) -> None:
    with client_of(store, doubled.server, RetryPolicy(max_attempts=1)) as client:
        client.download_file("box", "a")
        with pytest.raises(ServiceUnavailableError, match="answers another request"):
            client.download_file("box", "b")


@pytest.mark.parametrize("service", [one for one in SERVICES if one.name in NAMES], ids=lambda one: one.name)
def test_the_real_servers_repeat_the_name_of_each_request(
    service: Service, request: pytest.FixtureRequest
) -> None:
    """Otherwise nothing of this would be worth anything."""
    server = request.getfixturevalue(service.fixture)
    bucket, answered = f"marked-{uuid4().hex}", []
    with service.client(server, server.endpoint_url, PATIENCE) as client:
        transport = client._ops.exchange.transport
        send = transport.send

        def spy(sent: HttpRequest) -> HttpResponse:
            response = send(sent)
            answered.append((sent.mark, response.headers))
            return response

        transport.send = spy
        client.create_bucket(bucket)
        client.upload_file(bucket, "a", b"abc")
        assert client.download_file(bucket, "a") == b"abc"
        assert [info.key for info in client.list_objects(bucket)] == ["a"]
        client.delete_bucket(bucket, force=True)
    marked = [(mark, headers) for mark, headers in answered if mark is not None]
    assert len(marked) >= 6
    assert len({mark.text for mark, _ in marked}) == len(marked)
    silent = [mark for mark, headers in marked if mark.header not in headers]
    assert len(silent) <= 1  # Azurite repeats none in the answer to a batch
    assert all(headers[mark.header].endswith(mark.text) for mark, headers in marked if mark not in silent)
