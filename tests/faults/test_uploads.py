"""The upload matrix: every fault of a write, met by every request that a write makes.

Allowed are success with the object readable back byte for byte, or a CloudError with the object absent or
whole. Nothing is left of a multipart upload that failed, but for two cases: nobody knows its id
(`lost_uploads`), or the service cannot be reached for removing it either.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from cloud.common import (
    CloudError,
    ConfigurationError,
    IntegrityError,
    NotFoundError,
    RateLimitedError,
    ServiceUnavailableError,
    TimeoutError_,
    TransferConfig,
)
from cloud.testing import Fault
from faults.support import (
    BUCKET,
    KIB,
    MIB,
    SILENCE,
    SMALL,
    Ends,
    Kind,
    client_for,
    fault_id,
    make_client,
    outcome,
    random_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cloud.aws import S3Client
    from cloud.testing import FaultProxy, SeenRequest
    from servers import Server

pytestmark = pytest.mark.timeout(30)  # a hang is what these tests are about

# Parts have at least 5 MiB, in SeaweedFS as in S3, all but the last.
PARTS = TransferConfig(part_size=5 * MIB, threshold=5 * MIB, max_workers=2)
LARGE = random_bytes(5 * MIB + 64 * KIB)
_numbers = itertools.count()


def blocks() -> Iterator[bytes]:
    for start in range(0, len(LARGE), MIB):
        yield LARGE[start : start + MIB]


def from_file(client: S3Client, key: str, folder: Path, data: bytes) -> None:
    source = folder / "source"
    source.write_bytes(data)
    client.upload_file(BUCKET, key, source)


def through_writer(client: S3Client, key: str, _folder: Path) -> None:
    with client.open_file(BUCKET, key, "wb") as file:
        for block in blocks():
            file.write(block)


@dataclass(frozen=True)
class Writing:
    """A way to write, and which of its requests meets the fault.

    Attributes:
        name: for test ids and tables.
        run: writes with a client to a key, with a folder for sources.
        data: what is stored.
        method, path: see `Fault`.
    """

    name: str
    run: Callable[[S3Client, str, Path], object]
    data: bytes
    method: str
    path: str = ""


def put(client: S3Client, key: str, _folder: Path) -> None:
    client.upload_file(BUCKET, key, SMALL)


def parts(client: S3Client, key: str, _folder: Path) -> None:
    client.upload_file(BUCKET, key, LARGE)


CREATE, PART, COMPLETE = r"\?uploads=", "partNumber=1", r"\?uploadId="
REQUESTS = (
    Writing("put", put, SMALL, "PUT"),
    Writing("put.file", lambda client, key, folder: from_file(client, key, folder, SMALL), SMALL, "PUT"),
    Writing("parts.create", parts, LARGE, "POST", CREATE),
    Writing("parts.part", parts, LARGE, "PUT", PART),
    Writing("parts.complete", parts, LARGE, "POST", COMPLETE),
)
SOURCES = (
    Writing("file", lambda client, key, folder: from_file(client, key, folder, LARGE), LARGE, "PUT", PART),
    Writing("stream", lambda client, key, _: client.upload_file(BUCKET, key, blocks()), LARGE, "PUT", PART),
    Writing("writer", through_writer, LARGE, "PUT", PART),
)

ONCE = (
    Fault(kind=Kind.REFUSE, seconds=SILENCE),
    Fault(kind=Kind.RESET_CONNECT),
    Fault(kind=Kind.RESET_UPLOAD, at=40_000),
    Fault(kind=Kind.STALL_UPLOAD, seconds=SILENCE, at=40_000),
    Fault(kind=Kind.FIN_UPLOAD),
    Fault(kind=Kind.CORRUPT_UPLOAD),
    Fault(kind=Kind.DUP_REQUEST),
    Fault(kind=Kind.LOST_REPLY),
    Fault(kind=Kind.LOST_REPLY_503),
    Fault(kind=Kind.TRUNC_FIN),
    Fault(kind=Kind.SLOW_HEAD, seconds=SILENCE),
    Fault(kind=Kind.S3_ERROR, count=3),
    Fault(kind=Kind.S3_200_ERROR),
    Fault(kind=Kind.HTML_200),
    Fault(kind=Kind.EMPTY_200),
    Fault(kind=Kind.JUNK),
    Fault(kind=Kind.HUGE_HEADER),
    Fault(kind=Kind.REDIRECT, location="http://127.0.0.1:9{path}"),
)
# What differs only in how the answer's status is understood needs no second kind of request.
FOR_A_PUT = (
    Fault(kind=Kind.RESET_UPLOAD),
    Fault(kind=Kind.LOST_REPLY_FIN),
    Fault(kind=Kind.DUP_REPLY),
    Fault(kind=Kind.STATUS, status=408),
    Fault(kind=Kind.STATUS, status=429),
    Fault(kind=Kind.STATUS, status=500),
    Fault(kind=Kind.STATUS, status=503),
    Fault(kind=Kind.S3_ERROR, error_code="SlowDown"),
    Fault(kind=Kind.S3_ERROR, error_code="RequestTimeout", status=400),
    Fault(kind=Kind.S3_ERROR, error_code="BadDigest", status=400),
)
ONCE_ENDS = {
    Kind.HUGE_HEADER: Ends(ServiceUnavailableError, "no service sends such a head by accident"),
    Kind.REDIRECT: Ends(ConfigurationError, "redirects to another host are refused"),
}
FOR_SOURCES = (
    Fault(kind=Kind.RESET_UPLOAD, at=40_000),
    Fault(kind=Kind.CORRUPT_UPLOAD, at=40_000),
    Fault(kind=Kind.LOST_REPLY),
    Fault(kind=Kind.S3_ERROR, error_code="SlowDown"),
    Fault(kind=Kind.REDIRECT, location="http://127.0.0.1:9{path}"),
)
ALWAYS: dict[Fault, type[CloudError]] = {
    Fault(kind=Kind.REFUSE, count=0, seconds=SILENCE): ServiceUnavailableError,
    Fault(kind=Kind.RESET_UPLOAD, count=0, at=40_000): ServiceUnavailableError,
    Fault(kind=Kind.STALL_UPLOAD, count=0, at=40_000, seconds=SILENCE): TimeoutError_,
    Fault(kind=Kind.FIN_UPLOAD, count=0): ServiceUnavailableError,
    Fault(kind=Kind.LOST_REPLY, count=0): ServiceUnavailableError,
    Fault(kind=Kind.LOST_REPLY_503, count=0): RateLimitedError,
    Fault(kind=Kind.STATUS, status=503, count=0): ServiceUnavailableError,
    Fault(kind=Kind.STATUS, status=429, count=0): RateLimitedError,
    Fault(kind=Kind.S3_200_ERROR, count=0): ServiceUnavailableError,
    Fault(kind=Kind.HTML_200, count=0): ServiceUnavailableError,
    Fault(kind=Kind.EMPTY_200, count=0): ServiceUnavailableError,
    Fault(kind=Kind.JUNK, count=0): ServiceUnavailableError,
}


def has_effect(writing: Writing, fault: Fault) -> bool:
    """Return whether the request has what the fault damages."""
    return fault.kind is not Kind.CORRUPT_UPLOAD or writing.path != CREATE  # which has no body


def cell_id(writing: Writing, fault: Fault) -> str:
    return f"{writing.name}-{fault_id(fault)}" + (f"-at{fault.at}" if fault.at else "")


ONCE_CELLS = [
    pytest.param(writing, fault, id=cell_id(writing, fault))
    for writings, faults in ((REQUESTS, ONCE), (REQUESTS[:1], FOR_A_PUT), (SOURCES, FOR_SOURCES))
    for writing in writings
    for fault in faults
    if has_effect(writing, fault)
]
ALWAYS_CELLS = [
    pytest.param(writing, fault, error, id=cell_id(writing, fault))
    for writing in REQUESTS
    for fault, error in ALWAYS.items()
]


@pytest.fixture
def key() -> str:
    return f"uploads/{next(_numbers)}"


@pytest.fixture
def stored(direct: S3Client, key: str) -> Callable[[], bytes | None]:
    """Give a way to look at what the service holds; None for nothing."""

    def look() -> bytes | None:
        try:
            return direct.download_file(BUCKET, key)
        except NotFoundError:
            return None

    return look


def left_over(client: S3Client, key: str) -> int:
    """Return how many unfinished uploads the service holds for `key`."""
    return sum(upload.key == key for upload in client.list_unfinished_uploads(BUCKET, key))


def lost_uploads(requests: tuple[SeenRequest, ...]) -> int:
    """Return how many uploads were begun whose ids never reached the client, so that nobody can end them.

    A known limit: the request that begins an upload has no name for it that the client could choose.
    """
    begun = [request for request in requests if request.method == "POST" and "?uploads=" in request.path]
    parts_of = {request.path.partition("uploadId=")[2] for request in requests if "uploadId=" in request.path}
    return sum(request.forwarded for request in begun) - len(parts_of)


@pytest.mark.parametrize(("writing", "fault"), ONCE_CELLS)
def test_one_fault_ends_right_or_by_the_error_of_its_cell(
    writing: Writing,
    fault: Fault,
    key: str,
    proxy: FaultProxy,
    server: Server,
    direct: S3Client,
    stored: Callable[[], bytes | None],
    tmp_path: Path,
) -> None:
    hit = replace(fault, method=writing.method, path=writing.path)
    client, _ = client_for(hit, proxy, server, transfer=PARTS)
    result = outcome(lambda: writing.run(client, key, tmp_path))
    assert any(request.fault is fault.kind for request in proxy.requests)
    ends = ONCE_ENDS.get(fault.kind)
    if ends is None:
        assert not isinstance(result, CloudError), result
        assert stored() == writing.data
    else:
        assert isinstance(result, ends.error), ends.because
        assert stored() is None
    assert left_over(direct, key) == lost_uploads(proxy.requests)
    client.close()


@pytest.mark.parametrize(("writing", "fault", "error"), ALWAYS_CELLS)
def test_a_fault_that_stays_ends_by_an_error(
    writing: Writing,
    fault: Fault,
    error: type[CloudError],
    key: str,
    proxy: FaultProxy,
    server: Server,
    direct: S3Client,
    stored: Callable[[], bytes | None],
    tmp_path: Path,
) -> None:
    hit = replace(fault, method=writing.method, path=writing.path)
    client, _ = client_for(hit, proxy, server, transfer=PARTS)
    assert isinstance(outcome(lambda: writing.run(client, key, tmp_path)), error)
    executed = fault.kind in {Kind.LOST_REPLY, Kind.LOST_REPLY_503} and writing.path in {"", COMPLETE}
    assert stored() == (writing.data if executed else None)
    # While nothing can be reached, nothing can be removed either.
    unreachable = fault.kind is Kind.REFUSE and writing.path in {PART, COMPLETE}
    assert left_over(direct, key) == (1 if unreachable else lost_uploads(proxy.requests))
    client.close()


def test_flipped_bytes_are_refused_and_sent_again(
    key: str, proxy: FaultProxy, server: Server, stored: Callable[[], bytes | None]
) -> None:
    client, waits = client_for(Fault(kind=Kind.CORRUPT_UPLOAD, at=100), proxy, server)
    client.upload_file(BUCKET, key, SMALL)
    assert [request.status for request in proxy.requests] == [400, 200]
    assert len(waits.seconds) == 1
    assert stored() == SMALL
    client.close()


@pytest.mark.parametrize("path", ["", PART], ids=["put", "part"])
def test_bytes_that_are_always_flipped_are_never_stored(
    path: str,
    key: str,
    proxy: FaultProxy,
    server: Server,
    direct: S3Client,
    stored: Callable[[], bytes | None],
) -> None:
    fault = Fault(kind=Kind.CORRUPT_UPLOAD, method="PUT", path=path, count=0, at=100)
    client, _ = client_for(fault, proxy, server, transfer=PARTS)
    result = outcome(lambda: client.upload_file(BUCKET, key, LARGE if path else SMALL))
    assert isinstance(result, IntegrityError)
    assert stored() is None
    assert left_over(direct, key) == 0
    client.close()


def test_an_old_object_stays_when_its_successor_fails(
    key: str, proxy: FaultProxy, server: Server, direct: S3Client, stored: Callable[[], bytes | None]
) -> None:
    direct.upload_file(BUCKET, key, b"old")
    fault = Fault(kind=Kind.S3_200_ERROR, method="POST", path=COMPLETE, count=0)
    client, _ = client_for(fault, proxy, server, transfer=PARTS)
    result = outcome(lambda: client.upload_file(BUCKET, key, LARGE))
    assert isinstance(result, ServiceUnavailableError)
    assert result.provider_code == "InternalError"
    assert stored() == b"old"
    client.close()


def test_a_source_that_fails_leaves_nothing(
    key: str, server: Server, direct: S3Client, stored: Callable[[], bytes | None]
) -> None:
    def source() -> Iterator[bytes]:
        yield LARGE
        yield LARGE
        raise OSError("the disk is gone")

    client, _ = make_client(server, server.endpoint_url, transfer=PARTS)
    with pytest.raises(OSError, match="the disk is gone"):
        client.upload_file(BUCKET, key, source())
    assert stored() is None
    assert left_over(direct, key) == 0
    client.close()


@pytest.mark.parametrize("kind", [Kind.HTML_200, Kind.EMPTY_200], ids=lambda kind: kind.value)
def test_a_portal_s_answer_to_a_delete_is_no_success(
    kind: Kind,
    key: str,
    proxy: FaultProxy,
    server: Server,
    direct: S3Client,
    stored: Callable[[], bytes | None],
) -> None:
    direct.upload_file(BUCKET, key, b"kept")
    client, _ = client_for(Fault(kind=kind, method="DELETE", count=0), proxy, server)
    assert isinstance(outcome(lambda: client.delete_file(BUCKET, key)), ServiceUnavailableError)
    assert stored() == b"kept"
    proxy.clear()
    assert client.delete_file(BUCKET, key) is True
    assert stored() is None
    client.close()
