import os
from pathlib import Path

import pytest

from cloud.common._engine import MIB, TransferConfig
from cloud.common.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PreconditionFailedError,
)
from cloud.local import LocalStorageClient
from cloud.transfer import Existing, WriteOptions, copy_object, download_object, upload_object


@pytest.fixture
def store(tmp_path: Path) -> LocalStorageClient:
    client = LocalStorageClient(tmp_path / "store")
    client.create_bucket("b")
    return client


@pytest.fixture
def other() -> LocalStorageClient:
    client = LocalStorageClient.in_memory()
    client.create_bucket("o")
    return client


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file.txt"
    path.write_bytes(b"hello")
    return path


def test_upload_tells_what_it_moved(store: LocalStorageClient, file: Path) -> None:
    moved: list[int] = []
    options = WriteOptions(content_type="x/y", metadata={"a": "b"})
    item = upload_object(file, store, "b", "k", options=options, progress=moved.append)
    assert (item.source, item.target, item.bytes, item.skipped) == (str(file), "file://b/k", 5, None)
    assert sum(moved) == 5
    info = store.get_object_metadata("b", "k")
    assert (info.content_type, info.metadata) == ("x/y", {"a": "b"})
    assert file.exists()


def test_moving_a_file_deletes_it_after_it_was_stored(store: LocalStorageClient, file: Path) -> None:
    upload_object(file, store, "b", "k", delete_source=True)
    assert store.download_file("b", "k") == b"hello"
    assert not file.exists()


def test_a_file_that_changes_while_it_is_moved_stays(store: LocalStorageClient, file: Path) -> None:
    def change(_: int) -> None:
        file.write_bytes(b"HELLO")

    os.utime(file, (1, 1))  # file systems count time in coarse steps
    with pytest.raises(ConflictError, match="not deleted"):
        upload_object(file, store, "b", "k", delete_source=True, progress=change)
    assert file.read_bytes() == b"HELLO"


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_only_regular_files_are_uploaded(store: LocalStorageClient, tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)  # opening it would wait for ever
    with pytest.raises(InvalidRequestError, match="regular file"):
        upload_object(path, store, "b", "k")


def test_existing_objects(store: LocalStorageClient, file: Path) -> None:
    store.upload_file("b", "k", b"old")
    assert upload_object(file, store, "b", "k", existing=Existing.SKIP).skipped == "exists"
    with pytest.raises(AlreadyExistsError):
        upload_object(file, store, "b", "k", existing=Existing.FAIL)
    assert store.download_file("b", "k") == b"old"
    upload_object(file, store, "b", "k")
    assert store.download_file("b", "k") == b"hello"
    assert upload_object(file, store, "b", "new", existing=Existing.SKIP).bytes == 5


def test_a_skipped_move_deletes_nothing(
    store: LocalStorageClient, file: Path, other: LocalStorageClient
) -> None:
    store.upload_file("b", "k", b"old")
    upload_object(file, store, "b", "k", existing=Existing.SKIP, delete_source=True)
    download_object(store, "b", "k", file, existing=Existing.SKIP, delete_source=True)
    other.upload_file("o", "k", b"theirs")
    copy_object(store, "b", "k", other, "o", "k", existing=Existing.SKIP, delete_source=True)
    assert file.read_bytes() == b"hello"
    assert store.download_file("b", "k") == b"old"
    assert other.download_file("o", "k") == b"theirs"


def test_existing_files(store: LocalStorageClient, file: Path) -> None:
    store.upload_file("b", "k", b"new")
    assert download_object(store, "b", "k", file, existing=Existing.SKIP).skipped == "exists"
    with pytest.raises(FileExistsError):
        download_object(store, "b", "k", file, existing=Existing.FAIL)
    assert file.read_bytes() == b"hello"
    assert download_object(store, "b", "k", file).bytes == 3
    assert file.read_bytes() == b"new"


def test_moving_an_object_to_a_file(store: LocalStorageClient, tmp_path: Path) -> None:
    store.upload_file("b", "k", b"new")
    download_object(store, "b", "k", tmp_path / "x", delete_source=True)
    assert (tmp_path / "x").read_bytes() == b"new"
    assert not store.object_exists("b", "k")


def test_an_object_that_is_replaced_while_it_is_moved_stays(
    store: LocalStorageClient, tmp_path: Path
) -> None:
    store.upload_file("b", "k", b"old")

    def replace(_: int) -> None:
        store.upload_file("b", "k", b"new")

    with pytest.raises(PreconditionFailedError):
        download_object(store, "b", "k", tmp_path / "x", delete_source=True, progress=replace)
    assert store.download_file("b", "k") == b"new"


@pytest.mark.parametrize("server_side", [None, False])
def test_a_copy_keeps_headers_and_metadata(store: LocalStorageClient, *, server_side: bool | None) -> None:
    store.upload_file("b", "k", b"body", content_type="x/y", cache_control="no-store", metadata={"a": "b"})
    moved: list[int] = []
    item = copy_object(store, "b", "k", store, "b", "k2", server_side=server_side, progress=moved.append)
    info = store.get_object_metadata("b", "k2")
    assert (info.content_type, info.cache_control, info.metadata) == ("x/y", "no-store", {"a": "b"})
    assert (item.bytes, sum(moved)) == (4, 4)
    sent = store.metrics.snapshot().bytes_sent
    assert sent == (4 if server_side is None else 8)


def test_a_copy_between_stores_is_streamed(store: LocalStorageClient, other: LocalStorageClient) -> None:
    body = os.urandom(3 * MIB + 17)
    store.upload_file("b", "k", body, metadata={"a": "b"})
    cut = TransferConfig(part_size=MIB, max_workers=2, threshold=MIB)
    item = copy_object(
        store, "b", "k", other, "o", "q", transfer=cut, options=WriteOptions(metadata={}), delete_source=True
    )
    assert other.download_file("o", "q") == body
    assert other.get_object_metadata("o", "q").metadata == {}
    assert (item.source, item.target, item.bytes) == ("file://b/k", f"{other.scheme}://o/q", len(body))
    assert not store.object_exists("b", "k")


def test_an_object_is_never_copied_onto_itself(store: LocalStorageClient) -> None:
    store.upload_file("b", "k", b"body")
    with pytest.raises(InvalidRequestError, match="same object"):
        copy_object(store, "b", "k", store, "b", "k", delete_source=True)
    assert store.download_file("b", "k") == b"body"


def test_a_missing_source_is_not_found(
    store: LocalStorageClient, other: LocalStorageClient, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError):
        copy_object(store, "b", "none", other, "o", "q")
    with pytest.raises(NotFoundError):
        copy_object(store, "b", "none", store, "b", "q")
    with pytest.raises(NotFoundError):
        download_object(store, "b", "none", tmp_path / "x")
    with pytest.raises(FileNotFoundError):
        upload_object(tmp_path / "none", store, "b", "k")
    assert list(other.list_objects("o")) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]


def test_one_version_cannot_be_moved(store: LocalStorageClient, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="version"):
        download_object(store, "b", "k", tmp_path / "x", version_id="1", delete_source=True)
