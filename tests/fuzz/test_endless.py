"""Answers without an end: a head, an error, a listing, pages, a bomb. Bounded memory, and a typed error."""

from __future__ import annotations

import gzip
import itertools
import json
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import Self

from cloud.common import CloudError, RetryPolicy, UnknownServiceError, _paging
from cloud.infomaniak import InfomaniakNewsletterClient
from cloud.testing import ScriptedResponse, ScriptedServer
from fuzz.replay import read_request
from fuzz.stores import BUCKET, make_client
from fuzz.test_services import NoLimit, Time, coda_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.coda_io import CodaClient

pytestmark = [
    pytest.mark.timeout(120),
    # http.client leaves the socket of an answer that is no HTTP to the collector.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

MIB = 1 << 20
PIECE = 1 << 16


def sockets_bytes() -> int:
    """Return what the kernel takes of a connection that nobody reads: the largest buffers that it gives each side."""
    settings = [Path("/proc/sys/net/ipv4", name) for name in ("tcp_rmem", "tcp_wmem")]
    return sum(int(file.read_text().split()[-1]) if file.exists() else 32 * MIB for file in settings) + MIB


SOCKETS_BYTES = sockets_bytes()
ERROR_SECONDS = 5.0
DOCUMENT_BYTES = 64 * MIB
ANSWER_BYTES = 256 * MIB


class Endless:
    """Answers one request after the other by `head` and then `piece`, again and again, as long as it is read."""

    def __init__(self, head: bytes, piece: bytes) -> None:
        self._head, self._piece = head, piece
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.sent = 0
        self._closing = False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self._closing = True
        socket.create_connection(self._listener.getsockname()).close()
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if self._closing:
                    return
                connection.settimeout(10)
                try:
                    with connection.makefile("rb") as stream:
                        read_request(connection, stream)
                    connection.sendall(self._head)
                    while True:
                        self.sent += connection.send(self._piece)
                except OSError:
                    continue  # the client has had enough


def newsletter_client(url: str) -> InfomaniakNewsletterClient:
    client = InfomaniakNewsletterClient(
        "token", 77, url, limits=NoLimit(), retry=RetryPolicy(max_attempts=1), timeout=5.0
    )
    waits = Time()
    client._clock, client._sleep = waits, waits.sleep
    return client


def coda(url: str) -> CodaClient:
    return coda_client(f"{url}/apis/v1")


LISTINGS: dict[str, tuple[Callable[[str], Any], Callable[[Any], Any], int]] = {
    **{
        store: (
            lambda url, store=store: make_client(store, url),
            lambda c: list(c.list_objects(BUCKET)),
            DOCUMENT_BYTES,
        )
        for store in ("s3", "google", "azure", "swift")
    },
    "coda": (coda, lambda c: list(c.list_docs()), ANSWER_BYTES),
    "newsletter": (newsletter_client, lambda c: list(c.list_campaigns()), ANSWER_BYTES),
}


def one_try(name: str, url: str) -> Any:
    """Return a client that tries once."""
    client = LISTINGS[name][0](url)
    client._runtime.retry = RetryPolicy(max_attempts=1)
    return client


@pytest.mark.parametrize("name", LISTINGS)
def test_an_endless_head(name: str) -> None:
    with Endless(b"HTTP/1.1 200 OK\r\nX-A: ", b"a" * PIECE) as server, one_try(name, server.url) as client:
        with pytest.raises(CloudError):
            LISTINGS[name][1](client)
        assert server.sent < SOCKETS_BYTES


@pytest.mark.parametrize("name", LISTINGS)
def test_endless_headers(name: str) -> None:
    with Endless(b"HTTP/1.1 200 OK\r\n", b"X-A: a\r\n" * 4096) as server, one_try(name, server.url) as client:
        with pytest.raises(CloudError):
            LISTINGS[name][1](client)
        assert server.sent < SOCKETS_BYTES


@pytest.mark.parametrize("piece", ["<", "<p>", "<Error><Code>a", "[", "&lt;"])
@pytest.mark.parametrize("name", LISTINGS)
def test_an_endless_error(name: str, piece: str) -> None:
    """Its start is read, in a time that grows with its length and not with its square."""
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 99999999999999\r\n\r\n"
    begun = time.monotonic()
    with Endless(head, piece.encode() * (PIECE // len(piece))) as server, one_try(name, server.url) as client:
        with pytest.raises(CloudError) as caught:
            LISTINGS[name][1](client)
        assert caught.value.http_status == 403
        assert server.sent < SOCKETS_BYTES
    assert time.monotonic() - begun < ERROR_SECONDS


@pytest.mark.parametrize("name", LISTINGS)
def test_an_endless_page(name: str) -> None:
    with Endless(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b" " * MIB) as server:
        with one_try(name, server.url) as client, pytest.raises(CloudError):
            LISTINGS[name][1](client)
        assert server.sent < LISTINGS[name][2] + SOCKETS_BYTES


@pytest.mark.parametrize("name", ["coda", "newsletter"])
def test_a_bomb(name: str) -> None:
    """The stores' answers are never decompressed; these are, up to a bound."""
    bomb = gzip.compress(bytes(MIB), 9) * 1024  # a GiB of zeros in a MiB
    answer = ScriptedResponse(headers=(("Content-Encoding", "gzip"),), body=bomb)
    with (
        ScriptedServer(otherwise=answer) as server,
        one_try(name, server.url) as client,
        pytest.raises(CloudError, match="larger than"),
    ):
        LISTINGS[name][1](client)


def _pages(name: str, tokens: Iterator[str]) -> Callable[[object], ScriptedResponse]:
    """Return what answers by empty pages that say that there is more."""

    def page(_request: object) -> ScriptedResponse:
        token = next(tokens)
        body = {
            "s3": f"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>{token}"
            "</NextContinuationToken></ListBucketResult>",
            "google": json.dumps({"nextPageToken": token}),
            "azure": f"<EnumerationResults><Blobs/><NextMarker>{token}</NextMarker></EnumerationResults>",
            "coda": json.dumps({"items": [], "nextPageToken": token}),
        }[name]
        return ScriptedResponse(headers=(("Content-Type", "application/xml"),), body=body.encode())

    return page


@pytest.mark.parametrize("name", ["s3", "google", "azure", "coda"])
def test_the_same_page_again_and_again(name: str) -> None:
    with ScriptedServer(otherwise=_pages(name, itertools.repeat("t"))) as server:
        with one_try(name, server.url) as client, pytest.raises(CloudError):
            LISTINGS[name][1](client)
        assert len(server.requests) <= 3


@pytest.mark.parametrize("name", ["s3", "google", "azure"])
def test_buckets_on_the_same_page_again_and_again(name: str) -> None:
    body = {
        "s3": "<ListAllMyBucketsResult><Buckets/><ContinuationToken>t</ContinuationToken></ListAllMyBucketsResult>",
        "google": '{"nextPageToken": "t"}',
        "azure": "<EnumerationResults><Containers/><NextMarker>t</NextMarker></EnumerationResults>",
    }[name]
    with ScriptedServer(otherwise=ScriptedResponse(body=body.encode())) as server:
        with one_try(name, server.url) as client, pytest.raises(CloudError):
            client.list_buckets()
        assert len(server.requests) <= 3


def _truncated(root: str, marks: str) -> str:
    return f"<{root}><IsTruncated>true</IsTruncated>{marks}</{root}>"


_BLOBS = "<EnumerationResults><Blobs/><NextMarker>{token}</NextMarker></EnumerationResults>"
_LISTED: dict[str, Callable[[Any], Any]] = {
    "objects": lambda c: list(c.list_objects(BUCKET)),
    "buckets": lambda c: c.list_buckets(),
    "versions": lambda c: list(c.list_versions(BUCKET)),
    "uploads": lambda c: c.list_unfinished_uploads(BUCKET),
    "content": lambda c: c.delete_bucket(BUCKET),
}
EMPTY_PAGES = {
    ("s3", "objects"): _truncated(
        "ListBucketResult", "<NextContinuationToken>{token}</NextContinuationToken>"
    ),
    ("s3", "buckets"): (
        "<ListAllMyBucketsResult><Buckets/><ContinuationToken>{token}</ContinuationToken></ListAllMyBucketsResult>"
    ),
    ("s3", "versions"): _truncated(
        "ListVersionsResult",
        "<NextKeyMarker>{token}</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>",
    ),
    ("s3", "uploads"): _truncated(
        "ListMultipartUploadsResult",
        "<NextKeyMarker>{token}</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>",
    ),
    **{
        ("google", listing): '{{"nextPageToken": "{token}"}}'
        for listing in ("objects", "buckets", "versions", "uploads")
    },
    **{("azure", listing): _BLOBS for listing in ("objects", "versions", "uploads", "content")},
    ("azure", "buckets"): _BLOBS.replace("Blobs", "Containers"),
}


@pytest.mark.parametrize(("name", "listing"), EMPTY_PAGES)
def test_empty_pages_that_always_name_another_one(
    name: str, listing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are legal, one after the other: S3 and Azure look through what they do not show. Not without end."""
    monkeypatch.setattr(_paging, "MAX_EMPTY_PAGES", 40)
    tokens = itertools.count()

    def page(_request: object) -> ScriptedResponse:
        text = EMPTY_PAGES[name, listing].format(token=f"t{next(tokens)}")
        return ScriptedResponse(headers=(("Content-Type", "application/xml"),), body=text.encode())

    with ScriptedServer(otherwise=page) as server:
        with one_try(name, server.url) as client, pytest.raises(UnknownServiceError, match="40 empty pages"):
            _LISTED[listing](client)
        assert len(server.requests) <= 2 * 40


def test_full_pages_of_swift_that_say_the_same_again_and_again() -> None:
    """Its next page begins after the last name of a full one: the same page twice does not move on."""
    names = [{"name": f"n{number:05}", "count": 0, "bytes": 0} for number in range(10_000)]
    answer = ScriptedResponse(
        headers=(("Content-Type", "application/json"),), body=json.dumps(names).encode()
    )
    with ScriptedServer(otherwise=answer) as server:
        with (
            one_try("swift", server.url) as client,
            pytest.raises(UnknownServiceError, match="same page token"),
        ):
            client.list_buckets()
        assert len(server.requests) <= 5
