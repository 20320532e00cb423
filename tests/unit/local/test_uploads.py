"""Multipart uploads by their hooks, as the template and other processes call them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from cloud.common._storage_types import ListRequest, PutRequest, Upload
from cloud.common.errors import (
    AlreadyExistsError,
    IntegrityError,
    InvalidRequestError,
    NotFoundError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from cloud.local import LocalStorageClient


def begin(client: LocalStorageClient, key: str = "a/k", *, if_absent: bool = False) -> Upload:
    request = PutRequest(
        bucket="bucket", key=key, content_type="text/plain", metadata={"a": "b"}, if_absent=if_absent
    )
    return Upload(request, client._create_upload(request))


def test_parts_become_an_object(client: LocalStorageClient) -> None:
    upload = begin(client)
    # In any order, and of any size; the numbers say where they belong.
    parts = [client._put_part(upload, number, str(number).encode() * number) for number in (7, 2, 100)]
    assert [(part.number, part.size) for part in parts] == [(7, 7), (2, 2), (100, 300)]
    assert client.list_objects("bucket").to_list() == []
    stored = client._complete_upload(upload, sorted(parts, key=lambda part: part.number))
    assert client.download_file("bucket", "a/k") == b"22" + b"7777777" + b"100" * 100
    info = client.get_object_metadata("bucket", "a/k")
    assert (info.etag, info.metadata, info.content_type) == (stored.etag, {"a": "b"}, "text/plain")
    assert client.list_unfinished_uploads("bucket") == []
    with pytest.raises(NotFoundError) as caught:
        client._complete_upload(upload, parts[:1])
    assert caught.value.provider_code == "NoSuchUpload"


def test_a_part_replaces_its_number(client: LocalStorageClient) -> None:
    upload = begin(client)
    old = client._put_part(upload, 1, b"old")
    new = client._put_part(upload, 1, b"newer")
    with pytest.raises(InvalidRequestError) as caught:
        client._complete_upload(upload, [old])
    assert caught.value.provider_code == "InvalidPart"
    client._complete_upload(upload, [new])
    assert client.download_file("bucket", "a/k") == b"newer"


def test_only_the_named_parts_are_taken(client: LocalStorageClient) -> None:
    upload = begin(client)
    parts = [client._put_part(upload, number, b"x" * number) for number in (1, 2, 3)]
    client._complete_upload(upload, parts[1:])
    assert client.download_file("bucket", "a/k") == b"xxxxx"


def test_part_lists_that_cannot_be(client: LocalStorageClient) -> None:
    upload = begin(client)
    one, two = (client._put_part(upload, number, b"x") for number in (1, 2))
    for parts, code in (
        ([], "MalformedXML"),
        ([two, one], "InvalidPartOrder"),
        ([one, one], "InvalidPartOrder"),
        ([one, replace(two, number=3)], "InvalidPart"),
        ([one, replace(two, etag="0" * 32)], "InvalidPart"),
    ):
        with pytest.raises(InvalidRequestError) as caught:
            client._complete_upload(upload, parts)
        assert caught.value.provider_code == code
    client._complete_upload(upload, [one, two])
    assert client.download_file("bucket", "a/k") == b"xx"


def test_an_abort_removes_it_once(client: LocalStorageClient) -> None:
    upload = begin(client)
    client._put_part(upload, 1, b"x")
    client._abort_upload(upload)
    for call in (
        lambda: client._abort_upload(upload),
        lambda: client._put_part(upload, 1, b"x"),
        lambda: client._complete_upload(upload, []),
    ):
        with pytest.raises((NotFoundError, InvalidRequestError)):
            call()
    assert client.list_unfinished_uploads("bucket") == []


@pytest.mark.parametrize("upload_id", ["", "x", "../../bucket", "0" * 32])
def test_ids_that_nobody_gave(client: LocalStorageClient, upload_id: str) -> None:
    upload = replace(begin(client), upload_id=upload_id)
    with pytest.raises(NotFoundError):
        client._put_part(upload, 1, b"x")
    with pytest.raises(NotFoundError):
        client._abort_upload(upload)


def test_an_upload_belongs_to_its_key(client: LocalStorageClient) -> None:
    upload = begin(client)
    other = replace(upload, request=upload.request._replace(key="other"))
    with pytest.raises(NotFoundError):
        client._put_part(other, 1, b"x")


def test_the_condition_is_checked_at_the_end(client: LocalStorageClient) -> None:
    upload = begin(client, if_absent=True)
    parts = [client._put_part(upload, number, b"x" * 10) for number in (1, 2)]
    client.upload_file("bucket", "a/k", b"first")
    with pytest.raises(AlreadyExistsError):
        client._complete_upload(upload, parts)
    assert client.download_file("bucket", "a/k") == b"first"
    assert len(client.list_unfinished_uploads("bucket")) == 1
    client.delete_file("bucket", "a/k")
    client._complete_upload(upload, parts)  # it was left as it was
    assert client.download_file("bucket", "a/k") == b"x" * 20


def test_a_condition_that_fails_late_leaves_the_parts_as_they_were(
    client: LocalStorageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = begin(client, if_absent=True)
    parts = [client._put_part(upload, number, b"x" * 10) for number in (1, 2)]
    client.upload_file("bucket", "a/k", b"first")
    with monkeypatch.context() as patch:  # as if it had come between the first look and the commit
        patch.setattr(type(client), "_check_early", lambda *_: None)
        for _ in range(2):
            with pytest.raises(AlreadyExistsError):
                client._complete_upload(upload, parts)
    client.delete_file("bucket", "a/k")
    client._complete_upload(upload, parts)
    assert client.download_file("bucket", "a/k") == b"x" * 20


def test_unfinished_uploads_are_listed_in_pages(client: LocalStorageClient) -> None:
    keys = ["a", "a", "a\0b", "a/b", "b"]
    before = datetime.now(timezone.utc)
    ids = {begin(client, key).upload_id for key in keys}
    found = client.list_unfinished_uploads("bucket")
    assert sorted(upload.key for upload in found) == sorted(keys)
    assert {upload.upload_id for upload in found} == ids
    assert all(upload.started_at and before <= upload.started_at for upload in found)
    assert [upload.key for upload in client.list_unfinished_uploads("bucket", "b")] == ["b"]
    seen: list[str] = []
    token: str | None = None
    while True:
        page = client._list_uploads_page(ListRequest("bucket", "a", None, None, 2, token))
        seen += [upload.upload_id for upload in page.items]
        token = page.next_token
        if token is None:
            break
    assert len(seen) == len(set(seen)) == 4
    assert client.list_unfinished_uploads("bucket", older_than=timedelta(hours=1)) == []
    assert len(client.abort_unfinished_uploads("bucket", "a", older_than=timedelta(0))) == 4
    assert [upload.key for upload in client.list_unfinished_uploads("bucket")] == ["b"]


def test_uploads_are_no_content_of_a_bucket(client: LocalStorageClient) -> None:
    upload = begin(client)
    client._put_part(upload, 1, b"x")
    assert client.delete_bucket("bucket")
    assert client.create_bucket("bucket")
    assert client.list_unfinished_uploads("bucket") == []


def test_another_client_goes_on(local: LocalStorageClient, root: Path) -> None:
    from cloud.local import LocalStorageClient

    upload = begin(local)
    first = local._put_part(upload, 1, b"one")
    other = LocalStorageClient(root)
    other._complete_upload(upload, [first, other._put_part(upload, 2, b"two")])
    assert local.download_file("bucket", "a/k") == b"onetwo"


def test_a_part_that_changed_on_disk_is_found(local: LocalStorageClient, root: Path) -> None:
    upload = begin(local)
    parts = [local._put_part(upload, number, b"x" * 10) for number in (1, 2)]
    folder = next((root / ".cloud" / "uploads" / "bucket").iterdir())
    second = next(folder.glob("00002-*"))
    second.write_bytes(b"x" * 9)
    with pytest.raises(IntegrityError):
        local._complete_upload(upload, parts)
    second.write_bytes(b"x" * 10)
    first = next(folder.glob("00001-*"))
    first.write_bytes(b"x" * 10 + b"what a dead process had appended")
    local._complete_upload(upload, parts)
    assert local.download_file("bucket", "a/k") == b"x" * 20


def test_what_dead_writers_left_is_swept(local: LocalStorageClient, root: Path) -> None:
    from cloud.local import LocalStorageClient

    local.upload_file("bucket", "k", b"x")
    staging = root / ".cloud" / "staging"
    (staging / "0123456789abcdef.data").write_bytes(b"half")
    (staging / "0123456789abcdef.meta-00").write_bytes(b"{ half")
    (staging / "0123456789abcdef.gone").mkdir()
    (staging / "0123456789abcdef.gone" / "part").write_bytes(b"")
    (root / ".cloud" / "uploads" / "bucket" / ("f" * 32)).mkdir(parents=True)
    (staging / "keep.txt").write_bytes(b"nobody knows what this is")
    client = LocalStorageClient(root)
    assert client.list_unfinished_uploads("bucket") == []
    assert [path.name for path in staging.iterdir()] == ["keep.txt"]
    assert list((root / ".cloud" / "uploads" / "bucket").iterdir()) == []
    assert client.download_file("bucket", "k") == b"x"


def test_bytes_that_a_dead_writer_had_moved_are_swept(local: LocalStorageClient, root: Path) -> None:
    """It died between moving its bytes and its metadata; what it had staged says which object it was about."""
    from cloud.local import LocalStorageClient

    local.upload_file("bucket", "old", b"stays")
    local.upload_file("bucket", "new/key", b"never published")
    for key, published in (("old", True), ("new/key", False)):
        folder = root / "bucket" / key
        _, shard = vars(local._backend)["_layout"].key_lock("bucket", key)
        staged = root / ".cloud" / "staging" / f"0123456789abcdef.meta-{shard}"
        staged.write_bytes((folder / "@meta").read_bytes())
        (folder / "@data-ffffffffffffffff").write_bytes(b"orphan")
        if not published:
            (folder / "@meta").unlink()
        LocalStorageClient(root).list_unfinished_uploads("bucket")
        assert not staged.exists()
        assert len(list(folder.glob("@data-*"))) == published
    assert local.download_file("bucket", "old") == b"stays"
    assert sorted(path.name for path in (root / "bucket").iterdir()) == ["old"]


def test_what_others_write_is_not_swept(local: LocalStorageClient, root: Path) -> None:
    from cloud.local import LocalStorageClient

    with local._backend.stage("bucket", b"in progress"):
        client = LocalStorageClient(root)
        client.upload_file("bucket", "k", b"x")
        assert client.list_unfinished_uploads("bucket") == []
        assert len(list((root / ".cloud" / "staging").iterdir())) == 1
    assert list((root / ".cloud" / "staging").iterdir()) == []
