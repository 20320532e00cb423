"""The download matrix: every fault of a read, met by every way to read.

Allowed are the right bytes or a CloudError. A single fault ends right, but for the cells that `ONCE_ENDS`
names with their reason; a fault that never goes away ends by an error, but for those in `HARMLESS`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cloud.common import (
    AuthenticationError,
    CloudError,
    ConfigurationError,
    IntegrityError,
    RateLimitedError,
    ServiceUnavailableError,
    TimeoutError_,
)
from cloud.testing import Fault, FaultKind, FaultProxy
from faults.readings import ONCE, READINGS, Reading
from faults.support import (
    BUCKET,
    LARGE,
    SILENCE,
    SMALL,
    Ends,
    Kind,
    client_for,
    fault_id,
    outcome,
)

if TYPE_CHECKING:
    from pathlib import Path

    from cloud.aws import S3Client
    from servers import Server

pytestmark = pytest.mark.timeout(30)  # a hang is what these tests are about


FIRST_ANSWER = tuple(reading for reading in READINGS if reading.header is None)

SIGNED = Ends(AuthenticationError, "the signature covers Range: the service refuses the changed request")
GIVEN_OUT = Ends(IntegrityError, "the bytes were given out before the end, where the checksum shows it")
ALL = tuple(reading.name for reading in READINGS)
RANGED = ("file.part", "range")
STREAMED = ("iter", "open")


def cells(kind: FaultKind, names: tuple[str, ...], ends: Ends) -> dict[tuple[FaultKind, str], Ends]:
    """Return the same entry for several readings."""
    return {(kind, name): ends for name in names}


ONCE_ENDS: dict[tuple[FaultKind, str], Ends] = {
    **cells(Kind.HUGE_HEADER, ALL, Ends(ServiceUnavailableError, "no service sends such a head by accident")),
    **cells(Kind.REDIRECT, ALL, Ends(ConfigurationError, "redirects to another host are refused")),
    **cells(Kind.DROP_RANGE, RANGED, SIGNED),
    **cells(Kind.WRONG_RANGE, RANGED, SIGNED),
    **cells(Kind.CORRUPT, STREAMED, GIVEN_OUT),
    **cells(Kind.PAD_CL, STREAMED, GIVEN_OUT),
    **cells(Kind.TRUNC_CL, STREAMED, GIVEN_OUT),
}
# S3 has no checksum of a range, so nobody can see it: test_a_flipped_byte_of_a_range_goes_unseen.
UNSEEN = {(Kind.CORRUPT, "range")}

ALWAYS: dict[Fault, type[CloudError]] = {
    Fault(kind=Kind.REFUSE, count=0, seconds=SILENCE): ServiceUnavailableError,
    Fault(kind=Kind.RESET_CONNECT, count=0): ServiceUnavailableError,
    Fault(kind=Kind.RESET_BODY, count=0): ServiceUnavailableError,
    Fault(kind=Kind.TRUNC_FIN, count=0): ServiceUnavailableError,
    Fault(kind=Kind.TRUNC_CL, count=0): IntegrityError,
    Fault(kind=Kind.TRUNC_CHUNKED_OK, count=0): IntegrityError,
    Fault(kind=Kind.PAD_CL, count=0): IntegrityError,
    Fault(kind=Kind.CORRUPT, count=0): IntegrityError,
    Fault(kind=Kind.SLOW_HEAD, count=0, seconds=SILENCE): TimeoutError_,
    # From its first byte on: a service that sends something in every answer is not given up.
    Fault(kind=Kind.STALL_BODY, count=0, seconds=SILENCE, at=0): TimeoutError_,
    Fault(kind=Kind.STATUS, status=503, count=0): ServiceUnavailableError,
    Fault(kind=Kind.STATUS, status=429, count=0): RateLimitedError,
    Fault(kind=Kind.S3_200_ERROR, count=0): ServiceUnavailableError,
    Fault(kind=Kind.HTML_200, count=0): ServiceUnavailableError,
    Fault(kind=Kind.EMPTY_200, count=0): ServiceUnavailableError,
    Fault(kind=Kind.JUNK, count=0): ServiceUnavailableError,
}
HARMLESS = (
    Fault(kind=Kind.BAD_GZIP, count=0),  # bodies are never decompressed
    Fault(kind=Kind.DUP_REPLY, count=0),  # a connection that says more than it was asked is not used again
    Fault(kind=Kind.DUP_REQUEST, count=0),
)


ONCE_CELLS = [
    pytest.param(reading, fault, id=f"{reading.name}-{fault_id(fault)}")
    for reading in READINGS
    for fault in ONCE
    if (fault.kind, reading.name) not in UNSEEN
]
ALWAYS_CELLS = [
    pytest.param(reading, fault, error, id=f"{reading.name}-{fault_id(fault)}")
    for reading in FIRST_ANSWER
    for fault, error in ALWAYS.items()
    if (fault.kind, reading.name) not in UNSEEN
]
HARMLESS_CELLS = [
    pytest.param(reading, fault, id=f"{reading.name}-{fault_id(fault)}")
    for reading in FIRST_ANSWER
    for fault in HARMLESS
]


@pytest.mark.parametrize(("reading", "fault"), ONCE_CELLS)
def test_one_fault_ends_right_or_by_the_error_of_its_cell(
    reading: Reading, fault: Fault, proxy: FaultProxy, server: Server, tmp_path: Path
) -> None:
    client, _ = client_for(replace(fault, header=reading.header), proxy, server)
    result = outcome(lambda: reading.run(client, tmp_path))
    assert any(request.fault is fault.kind for request in proxy.requests)
    ends = ONCE_ENDS.get((fault.kind, reading.name))
    if ends is None:
        assert result == reading.expected
    else:
        assert isinstance(result, ends.error), ends.because
    # No later call gets what was left over on a connection.
    assert client.download_file(BUCKET, "small") == SMALL
    client.close()


@pytest.mark.parametrize(("reading", "fault", "error"), ALWAYS_CELLS)
def test_a_fault_that_stays_ends_by_an_error(
    reading: Reading,
    fault: Fault,
    error: type[CloudError],
    proxy: FaultProxy,
    server: Server,
    tmp_path: Path,
) -> None:
    client, _ = client_for(fault, proxy, server)
    assert isinstance(outcome(lambda: reading.run(client, tmp_path)), error)
    client.close()


@pytest.mark.parametrize(("reading", "fault"), HARMLESS_CELLS)
def test_a_harmless_fault_may_stay(
    reading: Reading, fault: Fault, proxy: FaultProxy, server: Server, tmp_path: Path
) -> None:
    client, waits = client_for(fault, proxy, server)
    assert reading.run(client, tmp_path) == reading.expected
    assert waits.seconds == []
    client.close()


def test_a_flipped_byte_of_a_range_goes_unseen(proxy: FaultProxy, server: Server) -> None:
    """The one known way to wrong bytes: a service names checksums of whole objects only."""
    client, _ = client_for(Fault(kind=Kind.CORRUPT, at=500), proxy, server)
    result, right = client.read_range(BUCKET, "large", 0, 1000), LARGE[:1000]
    assert [index for index in range(1000) if result[index] != right[index]] == [500]
    client.close()


def test_a_read_that_is_cut_again_and_again_goes_on_where_it_was(proxy: FaultProxy, server: Server) -> None:
    client, waits = client_for(Fault(kind=Kind.RESET_BODY, count=0, at=10_000), proxy, server)
    chunks = list(client.iter_file(BUCKET, "small", chunk_size=5_000))
    assert b"".join(chunks) == SMALL
    ranges = [value for request in proxy.requests for name, value in request.headers if name == "range"]
    assert [int(text.removeprefix("bytes=").partition("-")[0]) for text in ranges] == [
        10_000, 20_000, 30_000, 40_000, 50_000, 60_000,
    ]  # fmt: skip  # one line reads best
    assert waits.seconds == []
    client.close()


def test_an_object_that_is_replaced_between_two_cuts_is_not_mixed(
    proxy: FaultProxy, server: Server, direct: S3Client
) -> None:
    direct.upload_file(BUCKET, "replaced", SMALL)
    client, _ = client_for(Fault(kind=Kind.RESET_BODY, at=30_000), proxy, server)
    chunks = client.iter_file(BUCKET, "replaced", chunk_size=10_000)
    first = next(chunks)
    direct.upload_file(BUCKET, "replaced", SMALL[::-1])
    result = outcome(lambda: first + b"".join(chunks))
    assert isinstance(result, CloudError)
    client.close()
