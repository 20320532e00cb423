"""The fault matrices on Google Cloud Storage, Azure Blob and OpenStack Swift.

Allowed are the right bytes or a CloudError, and a written object is whole, as before, or absent. A single
fault ends right, but for the cells that `services.py` names with their reason; one that stays ends by an error.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import CloudError, NotFoundError, TransferConfig
from cloud.testing import Fault, FaultProxy
from faults.conftest import quicker
from faults.readings import ONCE, READINGS, Reading
from faults.services import SERVICES, Service
from faults.support import (
    BUCKET,
    KIB,
    LARGE,
    MIB,
    PATIENCE,
    SHORT_SILENCE,
    SILENCE,
    SILENT_KINDS,
    SMALL,
    Kind,
    Waits,
    fault_id,
    outcome,
    random_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.common import BaseStorageClient

pytestmark = pytest.mark.timeout(60)  # a hang is what these tests are about

S3_DOCUMENTS = {Kind.S3_ERROR, Kind.S3_200_ERROR}  # what only S3 says
READ_FAULTS = [fault for fault in ONCE if fault.kind not in S3_DOCUMENTS]
STAYING = [
    Fault(kind=Kind.REFUSE, count=0, seconds=SILENCE),
    Fault(kind=Kind.RESET_CONNECT, count=0),
    Fault(kind=Kind.SLOW_HEAD, count=0, seconds=SILENCE),
    Fault(kind=Kind.STATUS, status=503, count=0),
    Fault(kind=Kind.STATUS, status=429, count=0),
    Fault(kind=Kind.HTML_200, count=0),
    Fault(kind=Kind.EMPTY_200, count=0),
    Fault(kind=Kind.JUNK, count=0),
]
WRITE_FAULTS = [
    Fault(kind=Kind.REFUSE, seconds=SILENCE),
    Fault(kind=Kind.RESET_CONNECT),
    Fault(kind=Kind.RESET_UPLOAD, at=40_000),
    Fault(kind=Kind.STALL_UPLOAD, seconds=SILENCE, at=40_000),
    Fault(kind=Kind.FIN_UPLOAD),
    Fault(kind=Kind.CORRUPT_UPLOAD, at=50_000),
    Fault(kind=Kind.DUP_REQUEST),
    Fault(kind=Kind.LOST_REPLY),
    Fault(kind=Kind.LOST_REPLY_FIN),
    Fault(kind=Kind.TRUNC_FIN),
    Fault(kind=Kind.SLOW_HEAD, seconds=SILENCE),
    Fault(kind=Kind.STATUS, status=408),
    Fault(kind=Kind.STATUS, status=429),
    Fault(kind=Kind.STATUS, status=500),
    Fault(kind=Kind.STATUS, status=503),
    Fault(kind=Kind.HTML_200),
    Fault(kind=Kind.EMPTY_200),
    Fault(kind=Kind.JUNK),
    Fault(kind=Kind.HUGE_HEADER),
    Fault(kind=Kind.REDIRECT, location="http://127.0.0.1:9{path}"),
]
PARTS = TransferConfig(part_size=5 * MIB, threshold=5 * MIB, max_workers=2)
BODIES = {"put": SMALL, "parts": random_bytes(5 * MIB + 64 * KIB)}
_numbers = itertools.count()


@pytest.fixture(scope="module", params=SERVICES, ids=lambda service: service.name)
def service(request: pytest.FixtureRequest) -> Service:
    found: Service = request.param
    return found


@pytest.fixture(scope="module")
def server(service: Service, request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(service.fixture)


@pytest.fixture(scope="module")
def direct(service: Service, server: Any) -> Iterator[BaseStorageClient]:
    """Give a client with nothing between it and the service, whose bucket holds ``small`` and ``large``."""
    with service.client(server, server.endpoint_url, PATIENCE) as client:
        client.create_bucket(BUCKET)
        client.upload_file(BUCKET, "small", SMALL)
        client.upload_file(BUCKET, "large", LARGE)
        yield client
        client.delete_bucket(BUCKET, force=True)


@pytest.fixture
def proxy(service: Service, server: Any, direct: BaseStorageClient) -> Iterator[FaultProxy]:
    with FaultProxy(server.endpoint_url, sleep=quicker, rewrites_host=service.rewrites_host) as running:
        yield running


def behind(service: Service, server: Any, proxy: FaultProxy, fault: Fault) -> BaseStorageClient:
    """Return a client that will meet `fault`, impatient where the fault is a silence."""
    silence = SHORT_SILENCE if fault.kind in SILENT_KINDS else PATIENCE
    attempts = 2 if fault.kind in SILENT_KINDS and not fault.count else 4
    client = service.client(server, proxy.url, silence, attempts)
    waits = client._runtime._sleep
    assert isinstance(waits, Waits)
    if fault.kind is Kind.REFUSE and fault.count:
        waits.during = proxy.accept
    proxy.inject(fault)
    return client


@pytest.mark.parametrize("fault", READ_FAULTS, ids=fault_id)
@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.name)
def test_one_fault_of_a_read_ends_right_or_by_the_error_of_its_cell(
    reading: Reading, fault: Fault, service: Service, server: Any, proxy: FaultProxy, tmp_path: Any
) -> None:
    header = reading.header and reading.header.replace("range", service.range_header, 1)
    with behind(service, server, proxy, replace(fault, header=header)) as client:
        result = outcome(lambda: reading.run(client, tmp_path))
        assert any(request.fault is fault.kind for request in proxy.requests)
        if (fault.kind, reading.name) in service.unseen:
            assert not isinstance(result, CloudError)
            assert result != reading.expected  # once it is seen, this list must say so
            return
        ends = service.end_of(fault.kind, reading.name)
        if ends is None:
            assert result == reading.expected
        else:
            assert isinstance(result, ends.error), ends.because
        # No later call gets what was left over on a connection.
        assert client.download_file(BUCKET, "small") == SMALL


@pytest.mark.parametrize("fault", STAYING, ids=fault_id)
@pytest.mark.parametrize("reading", [READINGS[0], READINGS[2]], ids=lambda reading: reading.name)
def test_a_fault_of_reads_that_stays_ends_by_an_error(
    reading: Reading, fault: Fault, service: Service, server: Any, proxy: FaultProxy, tmp_path: Any
) -> None:
    with behind(service, server, proxy, fault) as client:
        assert isinstance(outcome(lambda: reading.run(client, tmp_path)), CloudError)


@pytest.mark.parametrize("fault", WRITE_FAULTS, ids=fault_id)
@pytest.mark.parametrize("skip", [0, 1], ids=["first request", "second request"])
@pytest.mark.parametrize("body", BODIES)
def test_one_fault_of_a_write_leaves_the_whole_object_or_nothing(
    body: str,
    skip: int,
    fault: Fault,
    service: Service,
    server: Any,
    proxy: FaultProxy,
    direct: BaseStorageClient,
) -> None:
    key, data = f"writes/{next(_numbers)}", BODIES[body]
    with behind(service, server, proxy, replace(fault, skip=skip)) as client:
        result = outcome(lambda: client.upload_file(BUCKET, key, data, transfer=PARTS))
    try:
        stored = direct.download_file(BUCKET, key)
    except NotFoundError:
        stored = None
    if isinstance(result, CloudError):
        flipped = service.refuses_flipped and fault.kind is Kind.CORRUPT_UPLOAD
        assert flipped or fault.kind in {Kind.HUGE_HEADER, Kind.REDIRECT}, str(result.to_dict())
        assert stored is None
    else:
        assert stored == data


@pytest.mark.parametrize("fault", STAYING, ids=fault_id)
@pytest.mark.parametrize("body", BODIES)
def test_a_fault_of_writes_that_stays_ends_by_an_error_and_leaves_the_old_object(
    body: str,
    fault: Fault,
    service: Service,
    server: Any,
    proxy: FaultProxy,
    direct: BaseStorageClient,
) -> None:
    key = f"writes/{next(_numbers)}"
    direct.upload_file(BUCKET, key, b"old")
    with behind(service, server, proxy, fault) as client:
        result = outcome(lambda: client.upload_file(BUCKET, key, BODIES[body], transfer=PARTS))
    assert isinstance(result, CloudError)
    # The service may have got the object although no answer came back; never a part of it.
    assert direct.download_file(BUCKET, key) in {b"old", BODIES[body]}
