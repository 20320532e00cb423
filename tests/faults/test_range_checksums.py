"""A flipped byte in a range: seen at Azure, which computes the MD5 of up to 4 MiB when it is asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from cloud.azure import AzureBlobClient
from cloud.common import IntegrityError, RetryPolicy, TransferConfig
from cloud.testing import Fault, FaultProxy
from faults.support import KIB, PATIENCE, Kind, random_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from servers.azurite import AzuriteServer

pytestmark = pytest.mark.timeout(60)

MIB = 1 << 20
IN_BLOCKS = TransferConfig(part_size=MIB, threshold=2 * MIB, max_workers=1)
BODY = random_bytes(6 * MIB)
FLIPPED = Fault(kind=Kind.CORRUPT, method="GET")
RANGES: dict[str, tuple[Callable[[AzureBlobClient, str], bytes], bytes]] = {
    "range": (lambda c, b: c.read_range(b, "k", 1000, 66_000), BODY[1000:66_000]),
    "largest": (lambda c, b: c.read_range(b, "k", 5, 5 + 4 * MIB), BODY[5 : 5 + 4 * MIB]),
    "beyond the end": (lambda c, b: c.read_range(b, "k", 5 * MIB, 8 * MIB), BODY[5 * MIB :]),
    "tail": (lambda c, b: c.read_range(b, "k", -1000), BODY[-1000:]),
    "ranges": (
        lambda c, b: b"".join(c.read_ranges(b, "k", [(0, 9), (MIB, MIB + 9)])),
        BODY[:9] + BODY[MIB : MIB + 9],
    ),
}


@pytest.fixture(scope="module")
def proxy(azurite_server: AzuriteServer) -> Iterator[FaultProxy]:
    with FaultProxy(azurite_server.endpoint_url) as running:
        yield running


@pytest.fixture(scope="module")
def client(azurite_server: AzuriteServer, proxy: FaultProxy) -> Iterator[AzureBlobClient]:
    name, key = azurite_server.account_name, azurite_server.account_key
    text = f"AccountName={name};AccountKey={key};BlobEndpoint={proxy.url}/{name}"
    retry = RetryPolicy(max_attempts=3, jitter=lambda _ceiling: 0.0)
    with AzureBlobClient(
        connection_string=text, retry=retry, transfer=IN_BLOCKS, timeout=(PATIENCE, PATIENCE)
    ) as client:
        yield client


@pytest.fixture(scope="module")
def bucket(client: AzureBlobClient) -> Iterator[str]:
    """Give a bucket with an object in blocks, of which Azure keeps no checksum."""
    name = f"ranges-{uuid4().hex}"
    client.create_bucket(name)
    client.upload_file(name, "k", BODY)
    assert not client.get_object_metadata(name, "k").checksums
    yield name
    client.delete_bucket(name, force=True)


@pytest.fixture(autouse=True)
def no_fault_is_left(proxy: FaultProxy) -> Iterator[None]:
    yield
    proxy.clear()


@pytest.mark.parametrize("name", RANGES)
def test_a_flipped_byte_of_a_range_is_read_anew(
    name: str, client: AzureBlobClient, bucket: str, proxy: FaultProxy
) -> None:
    read, expected = RANGES[name]
    proxy.inject(FLIPPED)
    assert read(client, bucket) == expected
    assert any(request.fault is Kind.CORRUPT for request in proxy.requests)


def test_bytes_that_are_always_flipped_are_an_error(
    client: AzureBlobClient, bucket: str, proxy: FaultProxy
) -> None:
    proxy.inject(Fault(kind=Kind.CORRUPT, method="GET", count=0))
    with pytest.raises(IntegrityError, match="MD5"):
        client.read_range(bucket, "k", 0, 100)


def test_a_stream_of_a_range_ends_with_an_error(
    client: AzureBlobClient, bucket: str, proxy: FaultProxy
) -> None:
    """What it gave out before cannot be taken back: the last piece never comes."""
    proxy.inject(FLIPPED)
    given: list[bytes] = []
    with pytest.raises(IntegrityError, match="MD5"):
        given.extend(client.iter_file(bucket, "k", start=MIB, end=3 * MIB, chunk_size=256 * KIB))
    assert sum(map(len, given)) < 2 * MIB


def test_a_file_in_small_ranges_is_read_anew(
    client: AzureBlobClient, bucket: str, proxy: FaultProxy, tmp_path: Path
) -> None:
    proxy.inject(Fault(kind=Kind.CORRUPT, method="GET", skip=2))
    client.download_to(bucket, "k", tmp_path / "k")
    assert (tmp_path / "k").read_bytes() == BODY


def test_a_range_of_more_than_azure_computes_is_asked_for_without(
    client: AzureBlobClient, bucket: str, proxy: FaultProxy
) -> None:
    assert client.read_range(bucket, "k", 0, 4 * MIB + 1) == BODY[: 4 * MIB + 1]
    proxy.inject(FLIPPED)
    assert client.read_range(bucket, "k", 0, 4 * MIB + 1) != BODY[: 4 * MIB + 1]  # nothing shows it
