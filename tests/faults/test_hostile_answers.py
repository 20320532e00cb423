"""Answers that no healthy service gives: bombs, endless heads and errors, other people's pages."""

from __future__ import annotations

import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest

from cloud.common import CloudError, IntegrityError, ServiceUnavailableError
from cloud.testing import Fault, FaultProxy, ScriptedResponse, ScriptedServer
from faults.support import BUCKET, LARGE, MIB, SMALL, Kind, client_for, fault_id, make_client, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cloud.aws import S3Client
    from servers import Server

pytestmark = pytest.mark.timeout(30)

BOMB = Fault(kind=Kind.GZIP_BOMB, size=1 << 30, count=0)
# The profile of a service that stores no checksum: nothing but its heads tells right answers from others.
NO_CHECKSUMS = "swift"


@pytest.fixture(scope="module")
def believing_server(moto_server: Server) -> Server:
    """Give a service that believes every signature, so that requests changed on their way reach it."""
    client, _ = make_client(moto_server, moto_server.endpoint_url)
    client.create_bucket(BUCKET)
    client.upload_file(BUCKET, "large", LARGE)
    client.close()
    return moto_server


@pytest.fixture
def believing_proxy(believing_server: Server) -> Iterator[FaultProxy]:
    with FaultProxy(believing_server.endpoint_url) as running:
        yield running


@pytest.fixture
def plain(server: Server) -> str:
    """Give the key of an object that was stored without a checksum."""
    client, _ = make_client(server, server.endpoint_url, service=NO_CHECKSUMS)
    client.upload_file(BUCKET, "plain", SMALL)
    client.upload_file(BUCKET, "plain-large", LARGE)
    client.close()
    return "plain"


def to_file(client: S3Client, folder: Path) -> bytes:
    client.download_to(BUCKET, "small", folder / "file")
    return (folder / "file").read_bytes()


BOMB_READS: dict[str, Callable[[S3Client, Path], bytes]] = {
    "bytes": lambda client, _: client.download_file(BUCKET, "small"),
    "file": to_file,
    "stream": lambda client, _: b"".join(client.iter_file(BUCKET, "small")),
}


@pytest.mark.parametrize("name", BOMB_READS)
def test_a_bomb_comes_as_it_is(name: str, proxy: FaultProxy, server: Server, tmp_path: Path) -> None:
    """Bodies are never decompressed: one GiB of zeros stays the MiB that was sent."""
    client, _ = client_for(BOMB, proxy, server)
    tracemalloc.start()
    body = BOMB_READS[name](client, tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(body) == proxy.requests[0].sent < 2 * MIB
    assert zlib.decompressobj(wbits=31).decompress(body, 1000) == bytes(1000)
    assert peak < 64 * MIB  # of the client and of the proxy, which share this process
    client.close()


def test_a_bomb_in_place_of_a_range_is_refused(proxy: FaultProxy, server: Server) -> None:
    client, _ = client_for(BOMB, proxy, server)
    assert isinstance(outcome(lambda: client.read_range(BUCKET, "small", 10, 20)), IntegrityError)
    client.close()


@pytest.mark.parametrize("status", [400, 403, 500])
def test_of_an_endless_error_only_the_start_is_read(status: int, server: Server) -> None:
    """Who waited for the promised rest would end by a timeout."""
    headers = (("Content-Length", str(1 << 40)),)
    endless = ScriptedResponse(status=status, headers=headers, body=bytes(1 * MIB))
    with ScriptedServer(otherwise=endless) as service:
        client, _ = make_client(server, service.url)
        result = outcome(lambda: client.download_file(BUCKET, "small"))
        client.close()
    assert isinstance(result, CloudError)
    assert result.http_status == status


def test_an_endless_head_is_refused_and_its_connection_is_not_used_again(
    proxy: FaultProxy, server: Server
) -> None:
    client, _ = client_for(Fault(kind=Kind.HUGE_HEADER, skip=1), proxy, server)
    assert client.download_file(BUCKET, "small") == SMALL
    result = outcome(lambda: client.download_file(BUCKET, "small"))
    assert isinstance(result, ServiceUnavailableError)
    assert not result.retryable
    assert client.download_file(BUCKET, "small") == SMALL
    client.close()


MADE_UP = (
    Fault(kind=Kind.HTML_200),
    Fault(kind=Kind.EMPTY_200),
    Fault(kind=Kind.S3_200_ERROR),
    Fault(kind=Kind.JUNK),
)


@pytest.mark.parametrize("fault", MADE_UP, ids=fault_id)
def test_other_people_s_pages_are_not_taken_for_an_object_without_a_checksum(
    fault: Fault, plain: str, proxy: FaultProxy, server: Server
) -> None:
    reads: tuple[Callable[[S3Client], bytes], ...] = (
        lambda client: client.download_file(BUCKET, plain),
        lambda client: b"".join(client.iter_file(BUCKET, plain)),
        lambda client: client.read_range(BUCKET, plain, 0, len(SMALL)),
    )
    for read in reads:
        proxy.clear()
        client, _ = client_for(fault, proxy, server, service=NO_CHECKSUMS)
        assert read(client) == SMALL
        assert len(proxy.requests) == 2
        client.close()


@pytest.mark.parametrize("kind", [Kind.HTML_200, Kind.EMPTY_200], ids=lambda kind: kind.value)
def test_other_people_s_pages_are_no_metadata(kind: Kind, proxy: FaultProxy, server: Server) -> None:
    client, _ = client_for(Fault(kind=kind, method="HEAD"), proxy, server)
    assert client.get_object_metadata(BUCKET, "small").size == len(SMALL)
    client.close()


QUESTIONS: dict[str, Callable[[S3Client], object]] = {
    "list": lambda client: client.list_objects(BUCKET).to_list(),
    "list_buckets": lambda client: client.list_buckets(),
    "list_versions": lambda client: client.list_versions(BUCKET).to_list(),
    "list_unfinished_uploads": lambda client: client.list_unfinished_uploads(BUCKET),
    "get_tags": lambda client: client.get_tags(BUCKET, "small"),
    "get_bucket_cors": lambda client: client.get_bucket_cors(BUCKET),
    "delete_files": lambda client: list(client.delete_files(BUCKET, ["small"])),
    "delete_file": lambda client: client.delete_file(BUCKET, "small"),
    "delete_bucket": lambda client: client.delete_bucket(BUCKET),
    "create_bucket": lambda client: client.create_bucket("portal"),
    "copy_file": lambda client: client.copy_file(BUCKET, "small", BUCKET, "copy"),
    "object_exists": lambda client: client.object_exists(BUCKET, "nothing"),
}


@pytest.mark.parametrize("kind", [Kind.HTML_200, Kind.EMPTY_200], ids=lambda kind: kind.value)
@pytest.mark.parametrize("name", QUESTIONS)
def test_other_people_s_pages_are_no_answer(name: str, kind: Kind, proxy: FaultProxy, server: Server) -> None:
    """Not an empty list, and not a deed that was done."""
    client, _ = client_for(Fault(kind=kind, count=0), proxy, server)
    assert isinstance(outcome(lambda: QUESTIONS[name](client)), CloudError)
    client.close()


@pytest.mark.parametrize("kind", [Kind.TRUNC_CL, Kind.PAD_CL], ids=lambda kind: kind.value)
def test_a_wrong_length_shows_in_the_next_range_also_without_a_checksum(
    kind: Kind, plain: str, proxy: FaultProxy, server: Server, tmp_path: Path
) -> None:
    fault = Fault(kind=kind, fraction=0.9)
    client, _ = client_for(fault, proxy, server, service=NO_CHECKSUMS)
    result = client.download_to(BUCKET, f"{plain}-large", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == LARGE
    assert result.verified is None
    client.close()


@pytest.mark.parametrize("count", [1, 0], ids=["once", "always"])
def test_a_service_that_ignores_range_is_found_out(
    count: int, believing_proxy: FaultProxy, believing_server: Server
) -> None:
    fault = Fault(kind=Kind.DROP_RANGE, header="range: bytes=", count=count)
    client, _ = client_for(fault, believing_proxy, believing_server)
    whole = outcome(lambda: client.download_file(BUCKET, "large"))
    part = outcome(lambda: client.read_range(BUCKET, "large", 1000, 66_000))
    if count:
        assert whole == LARGE
        assert part == LARGE[1000:66_000]
    else:
        assert isinstance(whole, IntegrityError)
        assert isinstance(part, IntegrityError)
    client.close()


@pytest.mark.parametrize("count", [1, 0], ids=["once", "always"])
def test_bytes_of_another_range_do_not_fit_the_checksum_of_the_whole(
    count: int, believing_proxy: FaultProxy, believing_server: Server
) -> None:
    fault = Fault(kind=Kind.WRONG_RANGE, header="range: bytes=", count=count)
    client, _ = client_for(fault, believing_proxy, believing_server)
    result = outcome(lambda: client.download_file(BUCKET, "large"))
    if count:
        assert result == LARGE
    else:
        assert isinstance(result, IntegrityError)
    client.close()
