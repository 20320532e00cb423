"""Large objects on a real Swift: no segment is left behind, or removed that something needs, or read unverified."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cloud._dialects.swift._segments import complete
from cloud.common import (
    CloudCredentials,
    CloudProvider,
    IntegrityError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionFailedError,
    RetryPolicy,
    TransferConfig,
)
from cloud.common._storage_types import PutRequest, Upload
from cloud.infomaniak import InfomaniakObjectStorageClient, SwiftOptions
from cloud.testing import Fault, FaultKind, FaultProxy
from faults.support import KIB, MIB, random_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from servers.swift import SwiftServer

pytestmark = pytest.mark.timeout(60)

PARTS = TransferConfig(part_size=100 * KIB, threshold=100 * KIB, max_workers=3)
BODY, OTHER = random_bytes(350 * KIB), random_bytes(420 * KIB)
_numbers = itertools.count()


@pytest.fixture(scope="module")
def client(swift_server: SwiftServer) -> Iterator[InfomaniakObjectStorageClient]:
    credentials = CloudCredentials(
        CloudProvider.INFOMANIAK,
        username=swift_server.admin.access_key,
        password=swift_server.admin.secret_key,
        auth_url=swift_server.auth_url,
    )
    with InfomaniakObjectStorageClient(credentials, transfer=PARTS) as client:
        yield client


@pytest.fixture
def new_bucket(client: InfomaniakObjectStorageClient) -> Iterator[Callable[[], str]]:
    made: list[str] = []

    def make() -> str:
        made.append(f"large-{next(_numbers)}")
        assert client.create_bucket(made[-1]) is True
        return made[-1]

    yield make
    for name in made:
        client.delete_bucket(name, force=True)
        if client.bucket_exists(f"{name}_segments"):
            client.delete_bucket(f"{name}_segments", force=True)


@pytest.fixture
def bucket(new_bucket: Callable[[], str]) -> str:
    return new_bucket()


def segments(client: InfomaniakObjectStorageClient, bucket: str, prefix: str = "") -> list[str]:
    return [info.key for info in client.list_objects(f"{bucket}_segments", prefix)]


def fresh(client: InfomaniakObjectStorageClient) -> InfomaniakObjectStorageClient:
    """Return a client that knows nothing yet of what its containers hold."""
    return type(client)(client._arguments["credentials"], transfer=PARTS)


@pytest.mark.parametrize(
    "how", ["small write", "large write", "empty write", "copy", "large copy", "delete", "batch"]
)
def test_what_replaces_or_deletes_a_large_object_removes_its_segments_and_no_others(
    client: InfomaniakObjectStorageClient, bucket: str, how: str
) -> None:
    for key in ("k", "k2", "k/below"):
        client.upload_file(bucket, key, BODY)
    client.upload_file(bucket, "small", b"small")
    before = {key: segments(client, bucket, f"{key}/slo-") for key in ("k", "k2", "k/below")}
    with fresh(client) as another:
        if how == "small write":
            another.upload_file(bucket, "k", b"new")
        elif how == "empty write":
            another.upload_file(bucket, "k", b"")
        elif how == "large write":
            another.upload_file(bucket, "k", OTHER)
        elif how == "copy":
            another.copy_file(bucket, "small", bucket, "k")
        elif how == "large copy":
            another.copy_file(bucket, "k2", bucket, "k")
        elif how == "delete":
            assert another.delete_file(bucket, "k") is True
        else:
            assert all(result.ok for result in another.delete_files(bucket, ["a", "k", "small"]))
    left = segments(client, bucket, "k/slo-")
    assert not set(left) & set(before["k"])
    assert len(left) == {"large write": 5, "large copy": 4}.get(how, 0)
    for key in ("k2", "k/below"):
        assert segments(client, bucket, f"{key}/slo-") == before[key]
        assert client.download_file(bucket, key) == BODY
    assert client.list_unfinished_uploads(bucket) == []


def test_a_copy_outlives_its_source(client: InfomaniakObjectStorageClient, bucket: str) -> None:
    client.upload_file(bucket, "k", BODY, metadata={"a_b": "1"}, content_type="text/x")
    client.copy_file(bucket, "k", bucket, "copy")
    etags = {client.get_object_metadata(bucket, key).etag for key in ("k", "copy")}
    assert len(etags) == 1
    client.delete_file(bucket, "k")
    assert client.download_file(bucket, "copy") == BODY
    info = client.get_object_metadata(bucket, "copy")
    assert (info.metadata, info.content_type) == ({"a_b": "1"}, "text/x")
    client.move_file(bucket, "copy", bucket, "moved")
    assert client.download_file(bucket, "moved") == BODY
    with pytest.raises(PreconditionFailedError):
        client.copy_file(bucket, "moved", bucket, "again", if_match="another")


def test_metadata_of_a_large_object_changes_without_its_bytes(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    client.upload_file(bucket, "k", BODY, content_encoding="gzip", metadata={"a": "1"})
    before = segments(client, bucket)
    info = client.update_metadata(bucket, "k", metadata={"b": "2"})
    assert (info.metadata, info.content_encoding, info.size) == ({"b": "2"}, "gzip", len(BODY))
    assert segments(client, bucket) == before
    assert client.download_file(bucket, "k") == BODY


def test_a_body_of_more_segments_than_a_manifest_holds(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    with fresh(client) as small:
        small._ops.exchange._info = {"slo": {"max_manifest_segments": 2}}
        small.upload_file(bucket, "k", BODY)
        assert [name.rpartition("/")[2] for name in segments(client, bucket)] == [
            "00000001", "00000002", "00000003", "00000004", "m0000001", "m0000002",
        ]  # fmt: skip  # one line reads best
        assert client.download_file(bucket, "k") == BODY
        assert client.list_unfinished_uploads(bucket) == []
        client.copy_file(bucket, "k", bucket, "copy")
        assert client.download_file(bucket, "copy") == BODY
        client.delete_file(bucket, "k")
        client.delete_file(bucket, "copy")
    assert segments(client, bucket) == []


def test_versions_of_large_objects_stay_whole(client: InfomaniakObjectStorageClient, bucket: str) -> None:
    client.set_bucket_versioning(bucket, enabled=True)
    client.upload_file(bucket, "k", BODY)
    client.upload_file(bucket, "k", OTHER)
    client.upload_file(bucket, "k", b"small")
    client.delete_file(bucket, "k")
    assert client.abort_unfinished_uploads(bucket, older_than=timedelta(0)) == []
    versions = client.list_versions(bucket).to_list()
    assert [info.is_delete_marker for info in versions] == [True, False, False, False]
    assert [info.size for info in versions[1:]] == [5, len(OTHER), len(BODY)]
    assert client.download_file(bucket, "k", version_id=versions[3].version_id) == BODY
    # A version that goes for good takes its own segments, and no others.
    assert client.delete_file(bucket, "k", version_id=versions[3].version_id) is True
    assert client.download_file(bucket, "k", version_id=versions[2].version_id) == OTHER
    assert len(segments(client, bucket)) == 5


def test_segments_that_another_tool_named_go_with_their_object(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    # As `swift upload --segment-size` names them: https://docs.openstack.org/python-swiftclient/latest/cli/
    client.create_bucket(f"{bucket}_segments")
    names = [f"k/slo/1490000000.000000/20/10/0000000{number}" for number in (0, 1)]
    for name in (*names, "k2/slo/1/2/3/00000000"):
        client.upload_file(f"{bucket}_segments", name, b"0123456789")
    manifest = [{"path": f"/{bucket}_segments/{name}"} for name in names]
    exchange = client._ops.exchange
    for key in ("k", "borrowed"):
        exchange.call(
            "PUT",
            bucket,
            key,
            query=(("multipart-manifest", "put"),),
            body=json.dumps(manifest).encode(),
            accepts=(201,),
        ).close()
    with fresh(client) as another:
        assert another.delete_file(bucket, "borrowed") is True  # it is not what they are named after
        assert another.download_file(bucket, "k") == b"0123456789" * 2
        assert another.delete_file(bucket, "k") is True
    assert segments(client, bucket) == ["k2/slo/1/2/3/00000000"]


def test_an_upload_can_be_completed_twice_and_is_not_aborted_then(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    upload = Upload(
        PutRequest(bucket, "k", "text/x"), client._create_upload(PutRequest(bucket, "k", "text/x"))
    )
    parts = [client._put_part(upload, number, body) for number, body in enumerate((BODY, OTHER), 1)]
    first = complete(client._ops.large, upload, parts)
    assert complete(client._ops.large, upload, parts) == first  # as after a lost answer
    with pytest.raises(NotFoundError):
        client._run("abort", "k", lambda: client._abort_upload(upload))
    assert client.download_file(bucket, "k") == BODY + OTHER


def test_a_plain_copy_of_a_large_object_by_another_tool_is_read_in_ranges(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    # Swift compares conditions on it with the large object's ETag, which it does not show.
    client.upload_file(bucket, "k", BODY)
    exchange = client._ops.exchange
    exchange.call("PUT", bucket, "plain", headers={"x-copy-from": f"/{bucket}/k"}, accepts=(201,)).close()
    assert client.download_file(bucket, "plain") == BODY  # by parallel ranges, pinned to its ETag
    etag = client.get_object_metadata(bucket, "plain").etag
    assert client.read_range(bucket, "plain", 5, 10, if_match=etag) == BODY[5:10]
    client.copy_file(bucket, "plain", bucket, "again", if_match=etag)
    assert client.download_file(bucket, "again") == BODY
    with pytest.raises(PreconditionFailedError):
        client.download_file(bucket, "plain", if_match="another")


def test_an_abort_removes_an_upload_and_nothing_else(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    client.upload_file(bucket, "k", BODY)
    upload = Upload(PutRequest(bucket, "k", ""), client._create_upload(PutRequest(bucket, "k", "")))
    client._put_part(upload, 1, OTHER)
    assert [found.key for found in client.list_unfinished_uploads(bucket)] == ["k"]
    client.abort_unfinished_uploads(bucket, older_than=timedelta(0))
    assert client.list_unfinished_uploads(bucket) == []
    assert client.download_file(bucket, "k") == BODY
    assert len(segments(client, bucket)) == 4


def test_the_container_of_segments_goes_with_its_container(
    client: InfomaniakObjectStorageClient, new_bucket: Callable[[], str]
) -> None:
    ours, theirs = new_bucket(), new_bucket()
    client.upload_file(ours, "k", BODY)
    client.create_bucket(f"{theirs}_segments")
    assert client.delete_bucket(ours, force=True) is True
    with fresh(client) as another:
        assert another.delete_bucket(theirs) is True
    assert client.bucket_exists(f"{ours}_segments") is False
    assert client.bucket_exists(f"{theirs}_segments") is True


def test_everybody_who_may_read_the_container_reads_its_large_objects(
    client: InfomaniakObjectStorageClient, swift_server: SwiftServer, bucket: str
) -> None:
    client.set_container_read_acl(bucket, ".r:*")
    client.upload_file(bucket, "k", BODY)
    assert swift_server.no_access is not None
    credentials = CloudCredentials(
        CloudProvider.INFOMANIAK,
        username=swift_server.no_access.access_key,
        password=swift_server.no_access.secret_key,
        auth_url=swift_server.auth_url,
    )
    with InfomaniakObjectStorageClient(credentials) as stranger:
        assert stranger.download_file(bucket, "k") == BODY


def test_what_cannot_be_cleaned_up_does_not_fail_the_write(
    client: InfomaniakObjectStorageClient,
    swift_server: SwiftServer,
    bucket: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client.upload_file(bucket, "k", BODY)
    with FaultProxy(swift_server.endpoint_url) as proxy:
        account = swift_server.storage_url.removeprefix(swift_server.endpoint_url)
        with InfomaniakObjectStorageClient(
            client._arguments["credentials"],
            endpoint_url=proxy.url + account,
            options=SwiftOptions(transport="wire"),
        ) as behind:
            answer = {
                "Response Status": "400 Bad Request",
                "Response Body": "",
                "Number Deleted": 0,
                "Number Not Found": 0,
            }
            errors = [[f"{bucket}_segments/{name}", "403 Forbidden"] for name in segments(client, bucket)]
            body = json.dumps({**answer, "Errors": errors}).encode()
            proxy.inject(
                Fault(kind=FaultKind.STATUS, method="POST", path="bulk-delete", status=200, body=body)
            )
            behind.upload_file(bucket, "k", b"new")
    assert client.download_file(bucket, "k") == b"new"
    assert "4 segments" in caplog.text
    assert len(client.abort_unfinished_uploads(bucket, older_than=timedelta(0))) == 1
    assert segments(client, bucket) == []


def test_a_large_upload_of_the_everyday_sizes(client: InfomaniakObjectStorageClient, bucket: str) -> None:
    body = random_bytes(40 * MIB)
    client.upload_file(bucket, "k", body, transfer=TransferConfig())
    assert client.download_file(bucket, "k") == body
    assert len(segments(client, bucket)) == 3


# -- reads ---------------------------------------------------------------------------------------------------------
CONFIGS = {
    "above the threshold": TransferConfig(part_size=100 * KIB, threshold=100 * KIB, max_workers=1),
    "below the threshold": TransferConfig(part_size=100 * KIB, threshold=400 * KIB, max_workers=1),
    "several in a range": TransferConfig(part_size=200 * KIB, threshold=200 * KIB, max_workers=1),
}
READS, MANIFEST = "/k$", "multipart-manifest=get"


@pytest.fixture(scope="module")
def proxy(swift_server: SwiftServer) -> Iterator[FaultProxy]:
    with FaultProxy(swift_server.endpoint_url) as running:
        yield running


@pytest.fixture
def behind(
    client: InfomaniakObjectStorageClient, swift_server: SwiftServer, bucket: str, proxy: FaultProxy
) -> Iterator[InfomaniakObjectStorageClient]:
    """Give a client behind the proxy, and the bucket an object of four segments."""
    client.upload_file(bucket, "k", BODY)
    account = swift_server.storage_url.removeprefix(swift_server.endpoint_url)
    with InfomaniakObjectStorageClient(
        client._arguments["credentials"],
        endpoint_url=proxy.url + account,
        retry=RetryPolicy(max_attempts=3, jitter=lambda _ceiling: 0.0),
        transfer=CONFIGS["above the threshold"],
        options=SwiftOptions(transport="wire"),
    ) as made:
        yield made
    proxy.clear()


def gets(proxy: FaultProxy, since: int) -> list[str]:
    """Return which reads of an object there were: of its manifest, or of a range."""
    return [
        "manifest"
        if MANIFEST in request.path
        else {name.lower(): value for name, value in request.headers}["range"].removeprefix("bytes=")
        for request in proxy.requests[since:]
        if request.method == "GET" and "/large-" in request.path
    ]


@pytest.mark.parametrize("resume", [False, True], ids=["anew", "resume"])
@pytest.mark.parametrize("segment", [0, 1, 3])
@pytest.mark.parametrize("name", CONFIGS)
def test_a_flipped_byte_of_a_segment_is_read_anew_with_its_range(
    name: str,
    segment: int,
    behind: InfomaniakObjectStorageClient,
    bucket: str,
    proxy: FaultProxy,
    tmp_path: Path,
    *,
    resume: bool,
) -> None:
    size, before = CONFIGS[name].part_size, len(proxy.requests)
    place, offset = divmod(segment * 100 * KIB + 10, size)
    proxy.inject(Fault(kind=FaultKind.CORRUPT, method="GET", path=READS, skip=place, at=offset))
    result = behind.download_to(bucket, "k", tmp_path / "k", transfer=CONFIGS[name], resume=resume)
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BODY, "md5")
    ranges = [f"{start}-{min(start + size, len(BODY)) - 1}" for start in range(0, len(BODY), size)]
    assert gets(proxy, before) == [
        "0-", "manifest", *ranges[1 : place + 1], ranges[place], *ranges[place + 1 :],
    ]  # fmt: skip  # one line reads best


@pytest.mark.parametrize("name", CONFIGS)
def test_the_bytes_of_a_large_object_are_verified(
    name: str, behind: InfomaniakObjectStorageClient, bucket: str, proxy: FaultProxy
) -> None:
    behind._transfer = CONFIGS[name]
    proxy.inject(Fault(kind=FaultKind.CORRUPT, method="GET", path=READS, at=10))
    assert behind.download_file(bucket, "k") == BODY
    proxy.inject(Fault(kind=FaultKind.CORRUPT, method="GET", path=READS, at=10, count=0))
    with pytest.raises(IntegrityError, match="MD5"):
        behind.download_file(bucket, "k")


def test_a_download_of_a_large_object_goes_on_and_says_by_what_it_was_verified(
    behind: InfomaniakObjectStorageClient, bucket: str, proxy: FaultProxy, tmp_path: Path
) -> None:
    proxy.inject(Fault(kind=FaultKind.STATUS, status=403, method="GET", path=READS, skip=2))
    with pytest.raises(PermissionDeniedError):
        behind.download_to(bucket, "k", tmp_path / "k", resume=True)
    before = len(proxy.requests)
    proxy.inject(Fault(kind=FaultKind.CORRUPT, method="GET", path=READS, at=10))
    result = behind.download_to(bucket, "k", tmp_path / "k", resume=True)
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BODY, "md5")
    assert gets(proxy, before) == ["204800-307199", "204800-307199", "307200-358399"]


def test_a_cut_segment_is_read_on_and_verified(
    behind: InfomaniakObjectStorageClient, bucket: str, proxy: FaultProxy, tmp_path: Path
) -> None:
    proxy.inject(Fault(kind=FaultKind.RESET_BODY, method="GET", path=READS, skip=1))
    result = behind.download_to(bucket, "k", tmp_path / "k")
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BODY, "md5")


@pytest.mark.parametrize("at", [0, 40, 95, 200, 700])
def test_a_damaged_manifest_is_read_anew_and_then_an_error(
    at: int, behind: InfomaniakObjectStorageClient, bucket: str, proxy: FaultProxy, tmp_path: Path
) -> None:
    before = len(proxy.requests)
    proxy.inject(Fault(kind=FaultKind.CORRUPT, method="GET", path=MANIFEST, at=at))
    result = behind.download_to(bucket, "k", tmp_path / "k")
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BODY, "md5")
    assert gets(proxy, before).count("manifest") in {1, 2}  # once where the byte says nothing of the object


def test_a_manifest_that_is_always_damaged_is_an_error(
    behind: InfomaniakObjectStorageClient, bucket: str, proxy: FaultProxy, tmp_path: Path
) -> None:
    proxy.inject(Fault(kind=FaultKind.CORRUPT, method="GET", path=MANIFEST, at=0, count=0))
    with pytest.raises(IntegrityError, match="manifest"):
        behind.download_to(bucket, "k", tmp_path / "k")
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_that_may_not_be_read_leaves_nothing_to_compare_with(
    behind: InfomaniakObjectStorageClient, bucket: str, proxy: FaultProxy, tmp_path: Path
) -> None:
    proxy.inject(Fault(kind=FaultKind.STATUS, status=403, method="GET", path=MANIFEST, count=0))
    result = behind.download_to(bucket, "k", tmp_path / "k")
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BODY, None)


@pytest.mark.parametrize("other", [OTHER, b"plain"], ids=["large", "plain"])
def test_an_object_that_is_replaced_before_its_manifest_is_read_is_never_mixed(
    other: bytes,
    behind: InfomaniakObjectStorageClient,
    client: InfomaniakObjectStorageClient,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exchange, pin = behind._ops.exchange, client.get_object_metadata(bucket, "k").etag
    call, left = exchange.call, [other, BODY, other]

    def replacing(method: str, *names: str, query: tuple[tuple[str, str], ...] = (), **more: Any) -> Any:
        if ("multipart-manifest", "get") in query and left:
            client.upload_file(bucket, "k", left.pop(0))
        return call(method, *names, query=query, **more)

    monkeypatch.setattr(exchange, "call", replacing)
    with pytest.raises(PreconditionFailedError):
        behind.download_to(bucket, "k", tmp_path / "k", if_match=pin)
    assert list(tmp_path.iterdir()) == []
    left[:] = left[:1]
    client.upload_file(bucket, "k", OTHER)
    result = behind.download_to(bucket, "k", tmp_path / "k")
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BODY, "md5")


def test_manifests_within_a_manifest_leave_nothing_to_compare_with(
    behind: InfomaniakObjectStorageClient,
    client: InfomaniakObjectStorageClient,
    bucket: str,
    tmp_path: Path,
) -> None:
    with fresh(client) as small:
        small._ops.exchange._info = {"slo": {"max_manifest_segments": 2}}
        small.upload_file(bucket, "nested", BODY)
    result = behind.download_to(bucket, "nested", tmp_path / "k")
    assert ((tmp_path / "k").read_bytes(), result.verified) == (BODY, None)
