"""A flipped byte at Azure, which computes the MD5 of ranges of up to 4 MiB when it is asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from cloud.azure import AzureBlobClient
from cloud.common import IntegrityError, PermissionDeniedError, RetryPolicy, TransferConfig
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


def connected(server: AzuriteServer, proxy: FaultProxy, transfer: TransferConfig) -> AzureBlobClient:
    name, key = server.account_name, server.account_key
    text = f"AccountName={name};AccountKey={key};BlobEndpoint={proxy.url}/{name}"
    retry = RetryPolicy(max_attempts=3, jitter=lambda _ceiling: 0.0)
    return AzureBlobClient(
        connection_string=text, retry=retry, transfer=transfer, timeout=(PATIENCE, PATIENCE)
    )


@pytest.fixture(scope="module")
def client(azurite_server: AzuriteServer, proxy: FaultProxy) -> Iterator[AzureBlobClient]:
    with connected(azurite_server, proxy, IN_BLOCKS) as client:
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


CONFIGS = {
    "small parts": IN_BLOCKS,
    "below the threshold": TransferConfig(max_workers=2),
    "large parts": TransferConfig(part_size=5 * MIB, threshold=5 * MIB, max_workers=2),
}


@pytest.mark.parametrize("resume", [False, True], ids=["anew", "resume"])
@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("name", CONFIGS)
def test_a_flipped_byte_of_an_object_in_blocks_is_read_anew_with_its_range(
    name: str,
    skip: int,
    client: AzureBlobClient,
    bucket: str,
    proxy: FaultProxy,
    tmp_path: Path,
    *,
    resume: bool,
) -> None:
    config, before = CONFIGS[name], len(proxy.requests)
    proxy.inject(Fault(kind=Kind.CORRUPT, method="GET", skip=skip))
    result = client.download_to(bucket, "k", tmp_path / "k", transfer=config, resume=resume)
    assert (tmp_path / "k").read_bytes() == BODY
    assert result.verified == "md5"
    ranges = -(-len(BODY) // min(config.part_size, 4 * MIB))
    seen = proxy.requests[before:]
    assert [request.fault for request in seen].count(Kind.CORRUPT) == 1
    assert len(seen) == ranges + 1  # the flipped range alone is read twice


@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("name", CONFIGS)
def test_the_bytes_of_an_object_in_blocks_are_verified(
    name: str, skip: int, azurite_server: AzuriteServer, bucket: str, proxy: FaultProxy
) -> None:
    with connected(azurite_server, proxy, CONFIGS[name]) as client:
        proxy.inject(Fault(kind=Kind.CORRUPT, method="GET", skip=skip))
        assert client.download_file(bucket, "k") == BODY
        proxy.inject(Fault(kind=Kind.CORRUPT, method="GET", count=0))
        with pytest.raises(IntegrityError, match="MD5"):
            client.download_file(bucket, "k")


def test_a_cut_range_is_read_on_and_verified(
    client: AzureBlobClient, bucket: str, proxy: FaultProxy, tmp_path: Path
) -> None:
    proxy.inject(Fault(kind=Kind.RESET_BODY, method="GET", fraction=0.75))
    result = client.download_to(bucket, "k", tmp_path / "k")
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BODY, "md5")


@pytest.mark.parametrize("size", [1, 4 * MIB, 4 * MIB + 1, 6 * MIB])
def test_an_object_of_one_request_is_compared_with_its_own_md5(
    size: int, azurite_server: AzuriteServer, bucket: str, proxy: FaultProxy, tmp_path: Path
) -> None:
    with connected(azurite_server, proxy, TransferConfig()) as client:
        client.upload_file(bucket, "plain", BODY[:size])
        before = len(proxy.requests)
        proxy.inject(FLIPPED)
        result = client.download_to(bucket, "plain", tmp_path / "plain")
        assert ((tmp_path / "plain").read_bytes(), result.verified) == (BODY[:size], "md5")
        assert len(proxy.requests) - before == (2 if size <= 4 * MIB else 4)


def test_a_large_object_of_one_request_is_compared_by_ranges(
    azurite_server: AzuriteServer, bucket: str, proxy: FaultProxy, tmp_path: Path
) -> None:
    """Its MD5 cannot be put together of those of ranges."""
    with connected(azurite_server, proxy, TransferConfig()) as client:
        client.upload_file(bucket, "large", BODY)
        proxy.inject(Fault(kind=Kind.CORRUPT, method="GET", skip=1))
        result = client.download_to(bucket, "large", tmp_path / "large", transfer=CONFIGS["large parts"])
    assert ((tmp_path / "large").read_bytes(), result.verified) == (BODY, "md5")
    assert result.info.checksums


def test_a_download_that_goes_on_says_by_what_all_of_it_was_verified(
    client: AzureBlobClient, bucket: str, proxy: FaultProxy, tmp_path: Path
) -> None:
    proxy.inject(Fault(kind=Kind.STATUS, status=403, method="GET", skip=3))
    with pytest.raises(PermissionDeniedError):
        client.download_to(bucket, "k", tmp_path / "k", resume=True)
    before = len(proxy.requests)
    result = client.download_to(bucket, "k", tmp_path / "k", resume=True)
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BODY, "md5")
    assert len(proxy.requests) - before == 3


def test_an_encoded_answer_of_a_proxy_is_asked_for_anew(
    client: AzureBlobClient, bucket: str, proxy: FaultProxy
) -> None:
    proxy.inject(Fault(kind=Kind.GZIP_BOMB, size=MIB, method="GET"))
    assert client.download_file(bucket, "k") == BODY
