"""Writes that must not be repeated: sent once, and a lost answer is said to be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import (
    AlreadyExistsError,
    CloudError,
    OutcomeUnknownError,
    PreconditionFailedError,
    ServiceUnavailableError,
    TransferConfig,
)
from cloud.testing import Fault
from faults.support import (
    BUCKET,
    KIB,
    MIB,
    SILENCE,
    SMALL,
    Kind,
    client_for,
    fault_id,
    make_client,
    outcome,
    random_bytes,
)

if TYPE_CHECKING:
    from cloud.aws import S3Client
    from cloud.testing import FaultProxy, SeenRequest
    from servers import Server

pytestmark = pytest.mark.timeout(30)

PARTS = TransferConfig(part_size=5 * MIB, threshold=5 * MIB, max_workers=2)
LARGE = random_bytes(5 * MIB + 64 * KIB)
# The fault, and whether the service has stored the object although its answer never came.
LOST = {
    Fault(kind=Kind.LOST_REPLY): True,
    Fault(kind=Kind.LOST_REPLY_FIN): True,
    Fault(kind=Kind.SLOW_HEAD, seconds=SILENCE): True,
    Fault(kind=Kind.RESET_CONNECT): False,
    Fault(kind=Kind.RESET_UPLOAD, at=40_000): False,
    Fault(kind=Kind.STALL_UPLOAD, at=40_000, seconds=SILENCE): False,
    Fault(kind=Kind.FIN_UPLOAD): False,
    Fault(kind=Kind.HTML_200): False,
    Fault(kind=Kind.EMPTY_200): False,
    Fault(kind=Kind.JUNK): False,
}


def puts(proxy: FaultProxy) -> list[SeenRequest]:
    return [request for request in proxy.requests if request.method == "PUT"]


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    return f"lost/{request.node.name}"


@pytest.fixture
def old_etag(direct: S3Client, key: str) -> str:
    """Give the ETag of an object that is at the key already."""
    direct.upload_file(BUCKET, key, b"old")
    etag = direct.get_object_metadata(BUCKET, key).etag
    assert etag is not None
    return etag


@pytest.mark.parametrize(("fault", "stored"), LOST.items(), ids=[fault_id(fault) for fault in LOST])
def test_a_create_only_put_is_sent_once(
    fault: Fault, stored: bool, key: str, proxy: FaultProxy, server: Server, direct: S3Client
) -> None:
    client, _ = client_for(fault, proxy, server)
    result = outcome(lambda: client.upload_file(BUCKET, key, SMALL, if_absent=True))
    assert type(result) is OutcomeUnknownError
    assert len(puts(proxy)) == 1
    assert sum(request.forwarded for request in puts(proxy)) == int(stored)
    assert direct.object_exists(BUCKET, key) is stored
    client.close()


@pytest.mark.parametrize(("fault", "stored"), LOST.items(), ids=[fault_id(fault) for fault in LOST])
def test_a_compare_and_swap_is_sent_once(
    fault: Fault, stored: bool, key: str, old_etag: str, proxy: FaultProxy, server: Server, direct: S3Client
) -> None:
    client, _ = client_for(fault, proxy, server)
    result = outcome(lambda: client.upload_file(BUCKET, key, SMALL, if_match=old_etag))
    assert type(result) is OutcomeUnknownError
    assert len(puts(proxy)) == 1
    assert direct.download_file(BUCKET, key) == (SMALL if stored else b"old")
    client.close()


@pytest.mark.parametrize("count", [1, 3])
def test_a_plain_put_is_repeated_and_right(
    count: int, key: str, proxy: FaultProxy, server: Server, direct: S3Client
) -> None:
    client, waits = client_for(Fault(kind=Kind.LOST_REPLY, count=count), proxy, server)
    client.upload_file(BUCKET, key, SMALL)
    assert [request.forwarded for request in puts(proxy)] == [1] * (count + 1)
    assert len(waits.seconds) == count
    assert direct.download_file(BUCKET, key) == SMALL
    client.close()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(kind=Kind.S3_ERROR), ServiceUnavailableError),
        (Fault(kind=Kind.STATUS, status=500), ServiceUnavailableError),
        # A gateway that gave up: the service behind it may have acted.
        (Fault(kind=Kind.STATUS, status=502), OutcomeUnknownError),
        (Fault(kind=Kind.STATUS, status=504), OutcomeUnknownError),
    ],
    ids=["internal-error", "500", "502", "504"],
)
def test_a_failing_service_is_not_asked_twice_to_create(
    fault: Fault, error: type[CloudError], key: str, proxy: FaultProxy, server: Server, direct: S3Client
) -> None:
    client, _ = client_for(fault, proxy, server)
    result = outcome(lambda: client.upload_file(BUCKET, key, SMALL, if_absent=True))
    assert type(result) is error
    assert len(puts(proxy)) == 1
    assert not direct.object_exists(BUCKET, key)
    client.close()


def test_a_refused_connection_is_no_reason_to_give_up_a_create(
    key: str, proxy: FaultProxy, server: Server, direct: S3Client
) -> None:
    """Nothing was sent, so nothing can have happened."""
    client, waits = make_client(server, proxy.url)
    waits.during = proxy.accept
    proxy.refuse()
    client.upload_file(BUCKET, key, SMALL, if_absent=True)
    assert len(puts(proxy)) == len(waits.seconds) == 1
    assert direct.download_file(BUCKET, key) == SMALL
    client.close()


def test_slow_down_is_a_refusal_and_a_create_may_follow_it(
    key: str, proxy: FaultProxy, server: Server, direct: S3Client
) -> None:
    client, waits = client_for(Fault(kind=Kind.S3_ERROR, error_code="SlowDown"), proxy, server)
    client.upload_file(BUCKET, key, SMALL, if_absent=True)
    assert [request.forwarded for request in puts(proxy)] == [0, 1]
    assert len(waits.seconds) == 1
    assert direct.download_file(BUCKET, key) == SMALL
    client.close()


def test_slow_down_after_the_deed_doubles_nothing(
    key: str, proxy: FaultProxy, server: Server, direct: S3Client
) -> None:
    """A service that lies so gets the create again, and the condition keeps the first one's bytes."""
    client, _ = client_for(Fault(kind=Kind.LOST_REPLY_503), proxy, server)
    result = outcome(lambda: client.upload_file(BUCKET, key, SMALL, if_absent=True))
    assert type(result) is AlreadyExistsError
    assert [request.status for request in puts(proxy)] == [200, 412]
    assert direct.download_file(BUCKET, key) == SMALL
    client.close()


@pytest.mark.parametrize(
    ("fault", "stored"),
    [
        (Fault(kind=Kind.LOST_REPLY), True),
        (Fault(kind=Kind.FIN_UPLOAD), False),
        (Fault(kind=Kind.HTML_200), False),
    ],
    ids=["lost_reply", "fin_upload", "html_200"],
)
def test_a_create_in_parts_is_completed_once(
    fault: Fault, stored: bool, key: str, proxy: FaultProxy, server: Server, direct: S3Client
) -> None:
    hit: dict[str, Any] = {"method": "POST", "path": r"\?uploadId="}
    client, _ = client_for(Fault(kind=fault.kind, **hit), proxy, server, transfer=PARTS)
    result = outcome(lambda: client.upload_file(BUCKET, key, LARGE, if_absent=True))
    assert type(result) is OutcomeUnknownError
    completions = [request for request in proxy.requests if request.method == "POST"][1:]
    assert len(completions) == 1
    assert direct.object_exists(BUCKET, key) is stored
    assert [upload for upload in direct.list_unfinished_uploads(BUCKET, key) if upload.key == key] == []
    client.close()


@pytest.mark.parametrize(
    ("code", "arguments", "error"),
    [
        ("InternalError", {}, ServiceUnavailableError),
        ("PreconditionFailed", {"if_absent": True}, AlreadyExistsError),
        ("PreconditionFailed", {"if_match": "x"}, PreconditionFailedError),
    ],
)
def test_an_error_inside_a_200_is_that_error(
    code: str, arguments: dict[str, Any], error: type[CloudError], key: str, proxy: FaultProxy, server: Server
) -> None:
    fault = Fault(kind=Kind.S3_200_ERROR, error_code=code, method="POST", path=r"\?uploadId=", count=0)
    client, _ = client_for(fault, proxy, server, transfer=PARTS)
    result = outcome(lambda: client.upload_file(BUCKET, key, LARGE, **arguments))
    assert type(result) is error
    assert result.provider_code == code
    client.close()
