"""What every local store does, whatever it keeps its objects in."""

from __future__ import annotations

import copy
import io
import pickle
import zlib
from base64 import b64encode
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from cloud.common.enums import Capability, CloudProvider
from cloud.common.errors import (
    AlreadyExistsError,
    ConfigurationError,
    ConflictError,
    IntegrityError,
    InvalidRequestError,
    NotFoundError,
    NotModifiedError,
    PreconditionFailedError,
    UnsupportedOperationError,
)
from cloud.local import LocalStorageClient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud.common._observe import CallEvent
    from cloud.common._sources import UploadSource

BODY = bytes(range(256)) * 4


def test_buckets(client: LocalStorageClient) -> None:
    assert client.create_bucket("Another.one_2-b")
    assert not client.create_bucket("Another.one_2-b")
    assert client.create_bucket("con")
    assert client.create_bucket("dot.")
    assert client.list_buckets() == ["Another.one_2-b", "bucket", "con", "dot."]
    assert client.bucket_exists("dot.")
    assert client.delete_bucket("dot.")
    assert not client.delete_bucket("dot.")
    assert not client.bucket_exists("dot.")
    assert client.get_resource("missing") is None
    assert [resource.id for resource in client.list_resources()] == ["Another.one_2-b", "bucket", "con"]


@pytest.mark.parametrize("name", [".hidden", "a/b", "..", "white space", "ü", "a" * 256, "@meta", "a\n"])
def test_bucket_names_that_are_refused(client: LocalStorageClient, name: str) -> None:
    with pytest.raises(InvalidRequestError):
        client.create_bucket(name)


def test_a_bucket_with_objects_is_not_deleted(client: LocalStorageClient) -> None:
    client.upload_file("bucket", "deep/down/key", b"x")
    with pytest.raises(ConflictError):
        client.delete_bucket("bucket")
    assert client.download_file("bucket", "deep/down/key") == b"x"
    assert client.delete_bucket("bucket", force=True)
    assert client.list_buckets() == []


def test_whole_reads_are_verified(client: LocalStorageClient, tmp_path: Path) -> None:
    client.upload_file("bucket", "k", BODY)
    assert client.download_file("bucket", "k") == BODY
    result = client.download_to("bucket", "k", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == BODY
    assert result.verified == "crc32"
    crc = b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()
    assert client.get_object_metadata("bucket", "k").checksums == {"crc32": crc}


def test_info_has_what_was_stored(client: LocalStorageClient) -> None:
    before = datetime.now(timezone.utc)
    uri = client.upload_file(
        "bucket",
        "a/key.txt",
        BODY,
        cache_control="no-store",
        content_encoding="br",
        content_disposition="attachment",
        content_language="de",
        metadata={"Author": "me", "empty": ""},
        tags={"Größe": "klein"},
    )
    assert uri == f"{client.scheme}://bucket/a/key.txt"
    info = client.get_object_metadata("bucket", "a/key.txt")
    assert (info.size, info.content_type) == (1024, "text/plain")
    assert (info.cache_control, info.content_encoding) == ("no-store", "br")
    assert (info.content_disposition, info.content_language) == ("attachment", "de")
    assert info.metadata == {"author": "me", "empty": ""}
    assert info.etag
    assert info.modified_at
    assert before <= info.modified_at <= datetime.now(timezone.utc)
    assert info.modified_at.tzinfo is timezone.utc
    assert client.get_tags("bucket", "a/key.txt") == {"Größe": "klein"}
    listed = client.list_objects("bucket").first()
    assert listed is not None
    assert (listed.key, listed.size, listed.etag, listed.modified_at) == (
        info.key,
        info.size,
        info.etag,
        info.modified_at,
    )


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 10, BODY[:10]),
        (1020, 9999, BODY[1020:]),
        (-4, None, BODY[-4:]),
        (-5000, None, BODY),
        (3, 4, b"\3"),
    ],
)
def test_ranges(client: LocalStorageClient, start: int, end: int | None, expected: bytes) -> None:
    client.upload_file("bucket", "k", BODY)
    assert client.read_range("bucket", "k", start, end) == expected
    assert b"".join(client.iter_file("bucket", "k", start=start, end=end, chunk_size=3)) == expected


@pytest.mark.parametrize("start", [1024, 5000])
def test_a_range_beyond_the_end_is_an_error(client: LocalStorageClient, start: int) -> None:
    client.upload_file("bucket", "k", BODY)
    with pytest.raises(InvalidRequestError) as caught:
        client.read_range("bucket", "k", start)
    assert (caught.value.provider_code, caught.value.http_status) == ("InvalidRange", None)


def test_an_empty_object_has_empty_ranges(client: LocalStorageClient) -> None:
    client.upload_file("bucket", "k", b"")
    assert client.download_file("bucket", "k") == b""
    assert client.read_range("bucket", "k", 0, 5) == b""
    assert client.read_range("bucket", "k", -5) == b""


def test_a_file_of_an_object_seeks(client: LocalStorageClient) -> None:
    client.upload_file("bucket", "k", BODY)
    with client.open_file("bucket", "k") as file:
        file.seek(-3, io.SEEK_END)
        assert file.read() == BODY[-3:]
        file.seek(5)
        assert file.read(2) == BODY[5:7]


def test_read_conditions(client: LocalStorageClient) -> None:
    client.upload_file("bucket", "k", BODY)
    info = client.get_object_metadata("bucket", "k")
    assert info.etag
    assert info.modified_at
    earlier = info.modified_at - timedelta(microseconds=1)
    assert client.download_file("bucket", "k", if_match=info.etag) == BODY
    assert client.download_file("bucket", "k", if_none_match="other") == BODY
    assert client.download_file("bucket", "k", if_modified_since=earlier) == BODY
    # The ETag decides where both are given.
    assert client.download_file("bucket", "k", if_none_match="x", if_modified_since=info.modified_at) == BODY
    with pytest.raises(PreconditionFailedError):
        client.download_file("bucket", "k", if_match="other")
    with pytest.raises(PreconditionFailedError):
        client.get_object_metadata("bucket", "k", if_match="other")
    with pytest.raises(NotModifiedError) as caught:
        client.download_file("bucket", "k", if_none_match=info.etag)
    assert caught.value.http_status is None
    with pytest.raises(NotModifiedError):
        client.download_file("bucket", "k", if_modified_since=info.modified_at)


def test_write_conditions(client: LocalStorageClient) -> None:
    client.upload_file("bucket", "k", b"1", if_absent=True)
    with pytest.raises(AlreadyExistsError):
        client.upload_file("bucket", "k", b"2", if_absent=True)
    etag = client.get_object_metadata("bucket", "k").etag
    client.upload_file("bucket", "k", b"3", if_match=etag)
    with pytest.raises(PreconditionFailedError):
        client.upload_file("bucket", "k", b"4", if_match=etag)
    with pytest.raises(PreconditionFailedError):
        client.upload_file("bucket", "missing", b"4", if_match=etag)
    with pytest.raises(PreconditionFailedError):
        client.delete_file("bucket", "k", if_match=etag)
    with pytest.raises(PreconditionFailedError):
        client.delete_file("bucket", "missing", if_match=etag)
    assert client.download_file("bucket", "k") == b"3"
    assert client.delete_file("bucket", "k", if_match=client.get_object_metadata("bucket", "k").etag)
    assert client.list_objects("bucket").to_list() == []


def test_large_writes_keep_their_conditions(client: LocalStorageClient) -> None:
    client.upload_file("bucket", "k", BODY * 8, if_absent=True)
    with pytest.raises(AlreadyExistsError):
        client.upload_file("bucket", "k", iter([b"x" * 9000]), if_absent=True)
    with pytest.raises(PreconditionFailedError):
        client.upload_file("bucket", "k", b"x" * 9000, if_match="other")
    assert client.download_file("bucket", "k") == BODY * 8
    assert client.list_unfinished_uploads("bucket") == []


def test_every_stored_body_has_its_own_etag(client: LocalStorageClient) -> None:
    etags = set()
    for _ in range(3):
        client.upload_file("bucket", "k", b"the same")
        etags.add(client.get_object_metadata("bucket", "k").etag)
    assert len(etags) == 3


def test_delete_says_whether_something_was_there(client: LocalStorageClient) -> None:
    client.upload_file("bucket", "a/b", b"x")
    assert client.delete_file("bucket", "a/b")
    assert not client.delete_file("bucket", "a/b")
    assert not client.delete_file("bucket", "a")
    client.upload_file("bucket", "one", b"x")
    assert all(result.ok for result in client.delete_files("bucket", ["one", "none", "a/b/c"]))
    assert not client.object_exists("bucket", "one")


def test_what_is_missing(client: LocalStorageClient) -> None:
    calls: list[Callable[[], object]] = [
        lambda: client.download_file("bucket", "k"),
        lambda: client.get_object_metadata("bucket", "k"),
        lambda: client.get_tags("bucket", "k"),
        lambda: client.set_tags("bucket", "k", {}),
        lambda: client.copy_file("bucket", "k", "bucket", "other"),
        lambda: client.update_metadata("bucket", "k", metadata={}),
    ]
    for call in calls:
        with pytest.raises(NotFoundError) as caught:
            call()
        assert caught.value.provider_code == "NoSuchKey"
    client.upload_file("bucket", "k", b"x")
    calls = [
        lambda: client.download_file("none", "k"),
        lambda: client.upload_file("none", "k", b""),
        lambda: client.upload_file("none", "k", BODY * 8),
        lambda: client.delete_file("none", "k"),
        lambda: list(client.delete_files("none", ["k"])),
        lambda: client.list_objects("none").to_list(),
        lambda: client.list_unfinished_uploads("none"),
        lambda: client.copy_file("bucket", "k", "none", "k"),
        lambda: client.copy_file("none", "k", "bucket", "k"),
    ]
    for call in calls:
        with pytest.raises(NotFoundError) as caught:
            call()
        assert caught.value.provider_code == "NoSuchBucket"
    assert not client.object_exists("none", "k")


def test_copies_share_bytes_but_nothing_else(client: LocalStorageClient) -> None:
    client.create_bucket("other")
    client.upload_file("bucket", "k", BODY, metadata={"a": "1"}, tags={"t": "1"}, cache_control="no-store")
    info = client.get_object_metadata("bucket", "k")
    client.copy_file("bucket", "k", "other", "x/y")
    client.copy_file("bucket", "k", "other", "z", metadata={"b": "2"})
    copied = client.get_object_metadata("other", "x/y")
    assert (copied.etag, copied.metadata, copied.cache_control) == (info.etag, {"a": "1"}, "no-store")
    assert client.get_tags("other", "x/y") == {"t": "1"}
    assert client.get_object_metadata("other", "z").metadata == {"b": "2"}
    client.upload_file("bucket", "k", b"new")
    client.delete_file("bucket", "k")
    assert client.download_file("other", "x/y") == client.download_file("other", "z") == BODY
    client.delete_file("other", "x/y")
    assert client.download_file("other", "z") == BODY
    with pytest.raises(AlreadyExistsError):
        client.copy_file("other", "z", "other", "z", if_absent=True)
    with pytest.raises(PreconditionFailedError):
        client.copy_file("other", "z", "other", "y", if_match="other")
    client.move_file("other", "z", "bucket", "moved")
    assert client.download_file("bucket", "moved") == BODY
    assert not client.object_exists("other", "z")


def test_metadata_changes_keep_the_bytes(client: LocalStorageClient) -> None:
    client.upload_file("bucket", "k", BODY, metadata={"a": "1"}, tags={"t": "1"}, content_language="de")
    before = client.get_object_metadata("bucket", "k")
    after = client.update_metadata("bucket", "k", metadata={"b": "2"}, content_type="image/png")
    assert (after.metadata, after.content_type, after.content_language) == ({"b": "2"}, "image/png", "de")
    assert (after.etag, after.checksums) == (before.etag, before.checksums)
    client.set_tags("bucket", "k", {"u": "2"})
    assert client.get_tags("bucket", "k") == {"u": "2"}
    assert client.get_object_metadata("bucket", "k") == after
    assert client.download_file("bucket", "k") == BODY
    with pytest.raises(PreconditionFailedError):
        client.update_metadata("bucket", "k", metadata={}, if_match="other")
    client.set_tags("bucket", "k", {})
    assert client.get_tags("bucket", "k") == {}


def test_an_open_reader_keeps_the_old_bytes(client: LocalStorageClient) -> None:
    client.upload_file("bucket", "k", BODY * 2)
    chunks = client.iter_file("bucket", "k", chunk_size=100)
    first = next(chunks)
    client.upload_file("bucket", "k", b"new")
    client.delete_file("bucket", "k")
    assert first + b"".join(chunks) == BODY * 2


def test_every_source_of_bytes(client: LocalStorageClient, tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(BODY)
    (tmp_path / "large").write_bytes(BODY * 20)
    sources: dict[str, UploadSource] = {
        "bytearray": bytearray(BODY),
        "view": memoryview(BODY),
        "path": tmp_path / "small",
        "large path": tmp_path / "large",
        "file": io.BytesIO(BODY),
        "iterable": iter([BODY, b"", BODY * 19]),
        "large bytes": BODY * 20,
    }
    for key, source in sources.items():
        client.upload_file("bucket", key, source)
    assert {key: len(client.download_file("bucket", key)) // 1024 for key in sources} == {
        "bytearray": 1,
        "view": 1,
        "path": 1,
        "large path": 20,
        "file": 1,
        "iterable": 20,
        "large bytes": 20,
    }
    assert client.download_file("bucket", "iterable") == BODY * 20


def test_a_writer_that_fails_publishes_nothing(client: LocalStorageClient) -> None:
    def write_and_fail() -> None:
        with client.open_file("bucket", "k", "wb") as file:
            file.write(BODY * 8)
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert client.list_objects("bucket").to_list() == []
    assert client.list_unfinished_uploads("bucket") == []


def test_what_is_declared(client: LocalStorageClient) -> None:
    assert client.provider is CloudProvider.LOCAL
    assert client.tells_missing_on_delete
    for capability in (Capability.VERSIONS, Capability.PRESIGNED_URL, Capability.STORAGE_CLASS):
        assert capability not in client.capabilities
    with pytest.raises(UnsupportedOperationError):
        client.generate_presigned_url("bucket", "k")
    with pytest.raises(UnsupportedOperationError):
        client.upload_file("bucket", "k", b"", storage_class="GOLD")


def test_observers_see_the_calls() -> None:
    seen: list[CallEvent] = []
    client = LocalStorageClient.in_memory(observers=[seen.append], region="here")
    client.create_bucket("bucket")
    client.upload_file("bucket", "k", BODY)
    client.download_file("bucket", "k")
    assert [(event.operation, event.provider, event.service) for event in seen] == [
        ("create_bucket", "local", "storage"),
        ("upload_file", "local", "storage"),
        ("download_file", "local", "storage"),
    ]
    assert client.region == "here"


def test_a_folder_client_is_pickled_by_its_folder(local: LocalStorageClient, root: Path) -> None:
    local.upload_file("bucket", "k", BODY)
    twin = pickle.loads(pickle.dumps(local))  # noqa: S301  # our own
    assert twin.native == local.native == root
    assert twin.download_file("bucket", "k") == BODY
    assert str(root) in repr(twin)


def test_a_memory_client_is_not_pickled() -> None:
    client = LocalStorageClient.in_memory()
    assert client.native is None
    for duplicate in (pickle.dumps, copy.copy):
        with pytest.raises(ConfigurationError, match="in memory"):
            duplicate(client)


def test_memory_stores_are_apart() -> None:
    one, two = LocalStorageClient.in_memory(), LocalStorageClient.in_memory()
    one.create_bucket("bucket")
    assert two.list_buckets() == []
    assert (one.scheme, LocalStorageClient.scheme) == ("memory", "file")


def test_damage_is_found(local: LocalStorageClient, root: Path) -> None:
    local.upload_file("bucket", "flipped", BODY)
    local.upload_file("bucket", "short", BODY)
    local.upload_file("bucket", "gone", BODY)
    for key in ("flipped", "short", "gone"):
        (data,) = (root / "bucket" / key).glob("@data-*")
        if key == "flipped":
            data.write_bytes(b"\xff" + BODY[1:])
        elif key == "short":
            data.write_bytes(BODY[:-1])
        else:
            data.unlink()
        with pytest.raises(IntegrityError):
            local.download_file("bucket", key)
        local.upload_file("bucket", key, b"repaired")
        assert local.download_file("bucket", key) == b"repaired"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"bucket": "bucket", "key": "k", "size": 1}'])
def test_damaged_metadata_is_an_error_and_can_be_replaced(
    local: LocalStorageClient, root: Path, text: str
) -> None:
    local.upload_file("bucket", "k", BODY)
    meta = root / "bucket" / "k" / "@meta"
    for repair in (lambda: local.delete_file("bucket", "k"), lambda: local.upload_file("bucket", "k", b"x")):
        meta.parent.mkdir(exist_ok=True)
        meta.write_text(text)
        with pytest.raises(IntegrityError):
            local.download_file("bucket", "k")
        with pytest.raises(IntegrityError):
            local.list_objects("bucket").to_list()
        with pytest.raises(IntegrityError):
            local.set_tags("bucket", "k", {})
        with pytest.raises(IntegrityError):
            local.upload_file("bucket", "k", b"x", if_absent=True)
        assert repair()
    assert local.download_file("bucket", "k") == b"x"


def test_metadata_never_names_a_file_elsewhere(local: LocalStorageClient, root: Path) -> None:
    local.upload_file("bucket", "k", BODY)
    secret = root.parent / "secret"
    secret.write_bytes(BODY)
    meta = root / "bucket" / "k" / "@meta"
    (data,) = meta.parent.glob("@data-*")
    meta.write_text(meta.read_text().replace(data.name, "../../../secret"))
    with pytest.raises(IntegrityError):
        local.download_file("bucket", "k")
    with pytest.raises(IntegrityError):
        local.copy_file("bucket", "k", "bucket", "copy")
