"""The Swift client behind a faulty network: cuts, lost answers, refused tokens; against a real Swift."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from cloud._dialects.swift._login import Access, Version1Login
from cloud.common import (
    AuthenticationError,
    CloudCredentials,
    CloudProvider,
    ConfigurationError,
    PermissionDeniedError,
    RetryPolicy,
    Secret,
    ServiceUnavailableError,
    TransferConfig,
)
from cloud.infomaniak import InfomaniakObjectStorageClient, SwiftOptions
from cloud.testing import Fault, FaultKind, FaultProxy
from faults.support import KIB, LARGE, MIB, SMALL, random_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.swift import SwiftServer

pytestmark = pytest.mark.timeout(60)  # a hang is what these tests are about

BUCKET = "swift-faults"
PARTS = TransferConfig(part_size=1 * MIB, threshold=1 * MIB, max_workers=2)
BODY = random_bytes(3 * MIB + 100 * KIB)


def client_of(
    server: SwiftServer, url: str | None = None, *, auth_url: str | None = None
) -> InfomaniakObjectStorageClient:
    """Return a client that sends its requests to `url`; it logs in at the service itself."""
    storage = None if url is None else url + urlsplit(server.storage_url).path
    return InfomaniakObjectStorageClient(
        CloudCredentials(
            CloudProvider.INFOMANIAK,
            username=server.admin.access_key,
            password=server.admin.secret_key,
            auth_url=auth_url or server.auth_url,
        ),
        endpoint_url=storage,
        retry=RetryPolicy(max_attempts=4, jitter=lambda _: 0.0, retry_after_cap_seconds=0.0),
        options=SwiftOptions(transport="wire"),
        transfer=PARTS,
    )


@pytest.fixture(scope="module")
def direct(swift_server: SwiftServer) -> Iterator[InfomaniakObjectStorageClient]:
    with client_of(swift_server) as client:
        client.create_bucket(BUCKET)
        client.upload_file(BUCKET, "small", SMALL)
        client.upload_file(BUCKET, "large", LARGE, transfer=TransferConfig(threshold=64 * MIB))
        client.upload_file(BUCKET, "segments", BODY)
        yield client
        client.delete_bucket(BUCKET, force=True)


@pytest.fixture
def proxy(swift_server: SwiftServer, direct: InfomaniakObjectStorageClient) -> Iterator[FaultProxy]:
    with FaultProxy(swift_server.endpoint_url) as running:
        yield running


@pytest.fixture
def client(swift_server: SwiftServer, proxy: FaultProxy) -> Iterator[InfomaniakObjectStorageClient]:
    with client_of(swift_server, proxy.url) as client:
        yield client


CUTS = [
    FaultKind.RESET_BODY,
    FaultKind.TRUNC_FIN,
    FaultKind.LOST_REPLY,
    FaultKind.LOST_REPLY_FIN,
    FaultKind.RESET_CONNECT,
]


@pytest.mark.parametrize("kind", CUTS, ids=lambda kind: kind.value)
@pytest.mark.parametrize(("key", "body"), [("small", SMALL), ("large", LARGE), ("segments", BODY)])
def test_reads_that_are_cut_are_finished(
    client: InfomaniakObjectStorageClient, proxy: FaultProxy, kind: FaultKind, key: str, body: bytes
) -> None:
    for read in (lambda: client.download_file(BUCKET, key), lambda: b"".join(client.iter_file(BUCKET, key))):
        proxy.clear()
        proxy.inject(Fault(kind=kind, method="GET", path=f"/{key}"))
        assert read() == body
        assert len(proxy.requests) >= 2


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.LOST_REPLY,
        FaultKind.LOST_REPLY_FIN,
        FaultKind.LOST_REPLY_503,
        FaultKind.RESET_UPLOAD,
        FaultKind.DUP_REQUEST,
    ],
    ids=lambda kind: kind.value,
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/00000000$"), ("PUT", "/00000002$"), ("PUT", "multipart-manifest=put"),
        ("HEAD", f"/{BUCKET}/"), ("DELETE", "/00000000$"), ("GET", "/info$"),
    ],
    ids=["begin", "segment", "manifest", "look", "end", "info"],
)  # fmt: skip  # a table
def test_uploads_survive_a_fault_of_any_request_and_leave_nothing_beside(
    client: InfomaniakObjectStorageClient,
    direct: InfomaniakObjectStorageClient,
    proxy: FaultProxy,
    kind: FaultKind,
    method: str,
    path: str,
) -> None:
    key = f"up/{kind.value}/{method}{path.strip('/$')}"
    proxy.inject(Fault(kind=kind, method=method, path=path))
    client.upload_file(BUCKET, key, BODY)
    assert direct.download_file(BUCKET, key) == BODY
    assert direct.list_unfinished_uploads(BUCKET, key) == []
    assert direct.delete_file(BUCKET, key) is True
    assert direct.list_objects(f"{BUCKET}_segments", key).to_list() == []


def test_a_byte_that_is_flipped_on_the_way_is_not_stored(
    client: InfomaniakObjectStorageClient, direct: InfomaniakObjectStorageClient, proxy: FaultProxy
) -> None:
    for path in ("flipped$", "/00000002$"):
        proxy.inject(Fault(kind=FaultKind.CORRUPT_UPLOAD, method="PUT", path=path, at=100))
    client.upload_file(BUCKET, "flipped", SMALL)
    assert direct.download_file(BUCKET, "flipped") == SMALL
    client.upload_file(BUCKET, "flipped", BODY)
    assert direct.download_file(BUCKET, "flipped") == BODY


def test_a_byte_that_is_flipped_on_the_way_back_is_noticed(
    client: InfomaniakObjectStorageClient, proxy: FaultProxy
) -> None:
    proxy.inject(Fault(kind=FaultKind.CORRUPT, method="GET", path="small"))
    assert client.download_file(BUCKET, "small") == SMALL
    assert len(proxy.requests) == 2


@pytest.mark.parametrize("path", ["/00000001$", "/00000003$", "multipart-manifest=put"])
def test_an_upload_that_is_refused_leaves_nothing(
    client: InfomaniakObjectStorageClient, direct: InfomaniakObjectStorageClient, proxy: FaultProxy, path: str
) -> None:
    key = f"refused/{path.strip('/$')}"
    proxy.inject(Fault(kind=FaultKind.STATUS, method="PUT", path=path, status=403))
    with pytest.raises(PermissionDeniedError):
        client.upload_file(BUCKET, key, BODY)
    assert direct.list_objects(f"{BUCKET}_segments", key).to_list() == []
    assert direct.object_exists(BUCKET, key) is False


def test_a_token_that_ends_while_many_threads_use_it_is_renewed_once(
    swift_server: SwiftServer, direct: InfomaniakObjectStorageClient, proxy: FaultProxy
) -> None:
    with client_of(swift_server, proxy.url, auth_url=f"{proxy.url}/auth/v1.0") as client:
        login = client._ops.exchange.login
        assert isinstance(login, Version1Login)
        login._access = Access(
            Secret("AUTH_tk" + "0" * 32), proxy.url + urlsplit(swift_server.storage_url).path
        )
        start = threading.Barrier(8)

        def work(number: int) -> bytes:
            start.wait()
            client.upload_file(BUCKET, f"renewed/{number}", BODY)
            return client.download_file(BUCKET, f"renewed/{number}")

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(work, range(8))) == {BODY}
    assert [request.path for request in proxy.requests].count("/auth/v1.0") == 1
    assert direct.list_unfinished_uploads(BUCKET, "renewed/") == []


def test_an_account_that_is_refused_for_good_is_not_asked_for_ever(
    client: InfomaniakObjectStorageClient, proxy: FaultProxy
) -> None:
    proxy.inject(Fault(kind=FaultKind.STATUS, status=401, count=0))
    for _ in range(5):
        with pytest.raises(AuthenticationError):
            client.download_file(BUCKET, "small")
    assert len(proxy.requests) == 6  # one was sent again, after the one new login


def test_a_redirect_elsewhere_gets_no_token(client: InfomaniakObjectStorageClient, proxy: FaultProxy) -> None:
    with FaultProxy(proxy.upstream) as elsewhere:
        proxy.inject(
            Fault(
                kind=FaultKind.REDIRECT,
                location=f"{elsewhere.url}/v1/AUTH_test/{BUCKET}/small",
                status=307,
                count=0,
            )
        )
        with pytest.raises(ConfigurationError):
            client.download_file(BUCKET, "small")
        assert elsewhere.requests == ()


def test_nobody_there_is_unavailable(client: InfomaniakObjectStorageClient, proxy: FaultProxy) -> None:
    proxy.refuse()
    with pytest.raises(ServiceUnavailableError):
        client.download_file(BUCKET, "small")
    proxy.accept()
    assert client.download_file(BUCKET, "small") == SMALL
