import os
from pathlib import Path

import pytest

from cloud.common._engine import Cancellation
from cloud.common.errors import CancelledError, InvalidRequestError, NotFoundError
from cloud.local import LocalStorageClient
from cloud.transfer import Existing, Selection, copy_tree, download_tree, upload_tree


@pytest.fixture
def store(tmp_path: Path) -> LocalStorageClient:
    client = LocalStorageClient(tmp_path / "store")
    client.create_bucket("b")
    return client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "folder"
    (path / "a/b").mkdir(parents=True)
    (path / "empty").mkdir()
    for name in ("x", "a/y", "a/b/z", "a/b/ odd é\n"):
        (path / name).write_text(name)
    return path


def keys(client: LocalStorageClient, bucket: str = "b") -> list[str]:
    return [info.key for info in client.list_objects(bucket)]


def files(folder: Path) -> dict[str, bytes]:
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


@pytest.mark.parametrize("prefix", ["p", "p/"])
def test_there_and_back(store: LocalStorageClient, folder: Path, tmp_path: Path, prefix: str) -> None:
    store.upload_file("b", "p-not", b"a neighbour, no part of the folder")
    report = upload_tree(folder, store, "b", prefix)
    assert (report.moved, report.failed, report.bytes) == (4, 0, sum(map(len, files(folder).values())))
    assert keys(store) == ["p-not", "p/a/b/ odd é\n", "p/a/b/z", "p/a/y", "p/x"]
    report = download_tree(store, "b", prefix, tmp_path / "back")
    assert (report.moved, report.failed) == (4, 0)
    assert files(tmp_path / "back") == files(folder)


def test_selection_is_by_the_name_below_the_folder(
    store: LocalStorageClient, folder: Path, tmp_path: Path
) -> None:
    upload_tree(folder, store, "b", "p", select=Selection(exclude=["b"]))
    assert keys(store) == ["p/a/y", "p/x"]
    report = download_tree(store, "b", "p", tmp_path / "back", select=Selection(include=["a/*"]))
    assert report.moved == 1
    assert list(files(tmp_path / "back")) == ["a/y"]


def test_symbolic_links_are_followed_only_if_asked(
    store: LocalStorageClient, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("s")
    (folder / "link").symlink_to(tmp_path / "outside/secret")
    (folder / "links").symlink_to(tmp_path / "outside")
    report = upload_tree(folder, store, "b")
    assert (report.moved, report.skipped, report.failed) == (4, 2, 0)
    assert "link" not in keys(store)
    report = upload_tree(folder, store, "b", follow_symlinks=True)
    assert (report.moved, report.skipped, report.failed) == (6, 0, 0)
    assert {"link", "links/secret"} <= set(keys(store))


def test_what_cannot_be_read_fails_alone(store: LocalStorageClient, folder: Path) -> None:
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to(folder)
    (folder / "self").symlink_to("self")
    os.mkfifo(folder / "pipe")
    report = upload_tree(folder, store, "b", follow_symlinks=True)
    assert (report.moved, report.skipped, report.failed) == (4, 1, 3)
    failed = {Path(item.source).name: item.error for item in report.failures}
    assert isinstance(failed["dangling"], FileNotFoundError)
    assert isinstance(failed["loop"], InvalidRequestError)
    assert isinstance(failed["self"], OSError)


def test_a_name_that_is_no_utf8_fails_alone(store: LocalStorageClient, folder: Path) -> None:
    (folder / os.fsdecode(b"bad\xff")).write_bytes(b"x")
    report = upload_tree(folder, store, "b")
    assert (report.moved, report.failed) == (4, 1)
    assert isinstance(report.failures[0].error, InvalidRequestError)


def test_a_missing_folder_or_bucket_raises(store: LocalStorageClient, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        upload_tree(tmp_path / "none", store, "b")
    with pytest.raises(NotFoundError):
        download_tree(store, "none", "", tmp_path / "back")
    report = upload_tree(folder, store, "none")
    assert (report.moved, report.failed) == (0, 4)
    assert all(isinstance(item.error, NotFoundError) for item in report.failures)


@pytest.mark.parametrize("key", ["../evil", "a/../../evil", "/etc/evil", "a//b", "./x", "a/\0b"])
def test_a_key_that_would_leave_the_folder_fails_alone(
    store: LocalStorageClient, tmp_path: Path, key: str
) -> None:
    client = LocalStorageClient.in_memory()
    client.create_bucket("b")
    client.upload_file("b", "p/" + key, b"evil")
    client.upload_file("b", "p/good", b"good")
    report = download_tree(client, "b", "p", tmp_path / "deep/back")
    assert (report.moved, report.failed) == (1, 1)
    assert isinstance(report.failures[0].error, InvalidRequestError)
    assert files(tmp_path / "deep") == {"back/good": b"good"}


def test_a_symbolic_link_in_the_target_is_not_written_through(
    store: LocalStorageClient, tmp_path: Path
) -> None:
    (tmp_path / "back").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "back/a").symlink_to(tmp_path / "outside")
    store.upload_file("b", "a/x", b"x")
    report = download_tree(store, "b", "", tmp_path / "back")
    assert report.failed == 1
    assert files(tmp_path / "outside") == {}


def test_names_that_differ_by_case_alone_are_refused_unless_told(
    store: LocalStorageClient, tmp_path: Path
) -> None:
    for key in ("Readme", "readme", "sub/x"):
        store.upload_file("b", key, key.encode())
    report = download_tree(store, "b", "", tmp_path / "back")
    assert (report.moved, report.failed) == (2, 1)
    assert report.failures[0].source == "file://b/readme"
    assert files(tmp_path / "back") == {"Readme": b"Readme", "sub/x": b"sub/x"}
    report = download_tree(store, "b", "", tmp_path / "back", keeps_names_apart=True)
    assert (report.moved, report.failed) == (3, 0)


def test_folder_markers_make_folders(store: LocalStorageClient, tmp_path: Path) -> None:
    for key in ("p/", "p/sub/", "p/x"):
        store.upload_file("b", key, b"" if key.endswith("/") else b"x")
    store.upload_file("b", "p/full/", b"a body that no folder can hold")
    report = download_tree(store, "b", "p", tmp_path / "back")
    assert (report.moved, report.failed) == (3, 1)
    assert sorted(path.name for path in (tmp_path / "back").iterdir()) == ["sub", "x"]


def test_a_file_in_the_place_of_a_folder_fails_alone(store: LocalStorageClient, tmp_path: Path) -> None:
    for key in ("a", "a/b", "c"):
        store.upload_file("b", key, b"x")
    report = download_tree(store, "b", "", tmp_path / "back", workers=1)
    assert (report.moved, report.failed) == (2, 1)
    assert isinstance(report.failures[0].error, InvalidRequestError)


def test_existing_targets_are_skipped(store: LocalStorageClient, folder: Path, tmp_path: Path) -> None:
    upload_tree(folder, store, "b", existing=Existing.FAIL)
    report = upload_tree(folder, store, "b", existing=Existing.FAIL)
    assert (report.moved, report.failed) == (0, 4)
    report = upload_tree(folder, store, "b", existing=Existing.SKIP)
    assert (report.moved, report.skipped) == (0, 4)
    download_tree(store, "b", "", tmp_path / "back")
    report = download_tree(store, "b", "", tmp_path / "back", existing=Existing.SKIP)
    assert (report.moved, report.skipped) == (0, 4)


def test_moving_trees(store: LocalStorageClient, folder: Path, tmp_path: Path) -> None:
    before = files(folder)
    upload_tree(folder, store, "b", "p", delete_source=True)
    assert files(folder) == {}
    memory = LocalStorageClient.in_memory()
    memory.create_bucket("m")
    copy_tree(store, "b", "p", memory, "m", "q", delete_source=True)
    assert keys(store) == []
    download_tree(memory, "m", "q", tmp_path / "back", delete_source=True)
    assert keys(memory, "m") == []
    assert files(tmp_path / "back") == before


def test_copy_into_another_folder_of_the_bucket(store: LocalStorageClient, folder: Path) -> None:
    upload_tree(folder, store, "b", "p")
    sent = store.metrics.snapshot().bytes_sent
    report = copy_tree(store, "b", "p", store, "b", "q")
    assert (report.moved, report.failed) == (4, 0)
    assert store.metrics.snapshot().bytes_sent == sent  # the provider copied by itself
    assert [key for key in keys(store) if key.startswith("q/")] == [
        f"q/{name}" for name in sorted(files(folder))
    ]


@pytest.mark.parametrize("target", ["p", "p/", "p/sub"])
def test_a_copy_that_would_list_itself_is_refused(store: LocalStorageClient, target: str) -> None:
    store.upload_file("b", "p/x", b"x")
    with pytest.raises(InvalidRequestError, match="never end"):
        copy_tree(store, "b", "p", store, "b", target)
    assert keys(store) == ["p/x"]


def test_a_move_upwards_leaves_alone_what_would_land_in_the_source(store: LocalStorageClient) -> None:
    for key in ("p/q/x", "p/q/q/y"):
        store.upload_file("b", key, key.encode())
    report = copy_tree(store, "b", "p/q", store, "b", "p", delete_source=True)
    assert (report.moved, report.failed) == (1, 1)
    assert keys(store) == ["p/q/q/y", "p/x"]


def test_a_cancelled_download_leaves_no_part(store: LocalStorageClient, tmp_path: Path) -> None:
    store.upload_file("b", "x", os.urandom(1 << 21))
    cancellation = Cancellation()

    class Cancel:
        def planned(self, items: int, size: int, *, complete: bool) -> None: ...
        def finished(self, item: object) -> None: ...
        def moved(self, count: int) -> None:
            cancellation.cancel()

    with pytest.raises(CancelledError):
        download_tree(store, "b", "", tmp_path / "back", progress=Cancel(), cancellation=cancellation)
    assert list((tmp_path / "back").iterdir()) == []
