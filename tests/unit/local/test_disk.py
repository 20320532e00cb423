"""Full disks, missing permissions, links, formats: what a folder can do to a store."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloud.common._engine import TransferConfig
from cloud.common.errors import (
    CloudError,
    ConfigurationError,
    ErrorContext,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExceededError,
    ServiceUnavailableError,
)
from cloud.local import LocalStorageClient
from cloud.local import _disk as disk
from cloud.local import _layout as layout
from cloud.local import _staging as staging
from cloud.local._errors import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BODY = b"0123456789" * 300
SMALL_PARTS = TransferConfig(part_size=2000, threshold=4000, max_workers=1)


def files(root: Path) -> set[str]:
    """Return every file but locks."""
    found = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    return {name for name in found if not name.startswith(".cloud/locks/")}


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, QuotaExceededError),
        (errno.EDQUOT, QuotaExceededError),
        (errno.EFBIG, QuotaExceededError),
        (errno.EACCES, PermissionDeniedError),
        (errno.EPERM, PermissionDeniedError),
        (errno.EROFS, PermissionDeniedError),
        (errno.ENAMETOOLONG, InvalidRequestError),
        (errno.EIO, ServiceUnavailableError),
    ],
)
def test_errors_by_number(number: int, kind: type[CloudError]) -> None:
    error = translate(OSError(number, "text that means nothing"), ErrorContext())
    assert type(error) is kind
    assert error.provider_code == errno.errorcode[number]
    assert not error.retryable


def test_other_exceptions_are_not_disguised() -> None:
    assert translate(KeyError("bug"), ErrorContext()) is None


# No file may become longer than 2000 bytes; Python ignores SIGXFSZ, so that writes fail with EFBIG. In a process
# of its own: the limit would also hold for a log that the test run writes.
SMALL_FILES = """
import resource, sys
from cloud.common import QuotaExceededError
from cloud.local import LocalStorageClient

resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    LocalStorageClient(sys.argv[1]).upload_file("bucket", "k", bytes(int(sys.argv[2])))
except QuotaExceededError as error:
    print(error.provider_code)
"""


@pytest.mark.parametrize("size", [3000, 9000])
def test_a_file_that_cannot_be_written_leaves_nothing(
    local: LocalStorageClient, root: Path, size: int
) -> None:
    local.upload_file("bucket", "k", b"old")
    before = files(root)
    run = subprocess.run(
        [sys.executable, "-c", SMALL_FILES, str(root), str(size)], capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.stderr) == ("EFBIG\n", "")
    assert files(root) == before
    assert local.download_file("bucket", "k") == b"old"
    assert local.list_unfinished_uploads("bucket") == []


OPERATIONS: dict[str, Callable[[LocalStorageClient], object]] = {
    "replace": lambda client: client.upload_file("bucket", "a/k", BODY),
    "create": lambda client: client.upload_file("bucket", "b/c/k", BODY),
    "multipart": lambda client: client.upload_file("bucket", "b/c/k", iter([BODY, BODY])),
    "copy": lambda client: client.copy_file("bucket", "a/k", "bucket", "b/c/k"),
    "metadata": lambda client: client.update_metadata("bucket", "a/k", metadata={"a": "b"}),
    "tags": lambda client: client.set_tags("bucket", "a/k", {"a": "b"}),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("module", "name"),
    [
        (staging, "write_all"),
        (disk, "write_all"),
        (os, "replace"),
        (os, "rename"),
        (os, "mkdir"),
        (os, "fsync"),
    ],
)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_every_write_that_fails_changes_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, operation: str, module: object, name: str, number: int
) -> None:
    """The n-th call fails, for every n until the operation gets through."""
    real = getattr(module, name)
    left = 0

    def fail(*args: object, **keywords: object) -> object:
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError(number, "injected")
        return real(*args, **keywords)

    for failing in range(1, 40):
        store = root / str(failing)
        client = LocalStorageClient(store, transfer=SMALL_PARTS, fsync=True)
        client.create_bucket("bucket")
        client.upload_file("bucket", "a/k", b"old")
        before, info = files(store), client.get_object_metadata("bucket", "a/k")
        left = failing
        with monkeypatch.context() as patch:
            patch.setattr(module, name, fail)
            try:
                OPERATIONS[operation](client)
            except (QuotaExceededError, PermissionDeniedError):
                assert left <= 0
            else:
                if left > 0:
                    return
                continue  # what failed was to tidy up behind an object that was there already
        if name != "fsync":  # which may fail when the object is there already, and nobody knows if it lasts
            assert files(store) == before
            assert client.get_object_metadata("bucket", "a/k") == info
            assert client.list_unfinished_uploads("bucket") == []
        for found in client.list_objects("bucket"):
            assert client.download_file("bucket", found.key) in {b"old", BODY, BODY * 2}
    pytest.fail("it never got through")


@contextmanager
def without_privileges() -> Iterator[None]:
    """Be nobody, where the tests run as root, whom no mode stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def readable_folder() -> Iterator[Path]:
    """A folder that others reach too, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for place in (folder, *folder.rglob("*")):
        place.chmod(0o755)
    shutil.rmtree(folder)


def test_a_read_only_store_is_read(readable_folder: Path) -> None:
    root = readable_folder / "store"
    writer = LocalStorageClient(root)
    writer.create_bucket("bucket")
    writer.upload_file("bucket", "a/k", BODY)
    for place in (root, *root.rglob("*")):
        place.chmod(0o555 if place.is_dir() else 0o444)
    reader = LocalStorageClient(root)
    with without_privileges():
        assert reader.list_buckets() == ["bucket"]
        assert reader.download_file("bucket", "a/k") == BODY
        assert [info.key for info in reader.list_objects("bucket")] == ["a/k"]
        for call in (
            lambda: reader.upload_file("bucket", "new", b""),
            lambda: reader.upload_file("bucket", "a/k", b""),
            lambda: reader.delete_file("bucket", "a/k"),
            lambda: reader.create_bucket("new"),
            lambda: reader.set_tags("bucket", "a/k", {"a": "b"}),
        ):
            with pytest.raises(PermissionDeniedError):
                call()
    assert reader.download_file("bucket", "a/k") == BODY


def test_modes(root: Path) -> None:
    before = os.umask(0o027)
    try:
        client = LocalStorageClient(root)
        client.create_bucket("bucket")
        client.upload_file("bucket", "a/k", BODY)
    finally:
        os.umask(before)
    modes = {path.name[:5]: stat.S_IMODE(path.stat().st_mode) for path in (root, *root.rglob("*"))}
    assert modes["store"] == 0o700
    assert (modes["bucke"], modes["a"]) == (0o750, 0o750)
    assert (modes["@meta"], modes["@data"]) == (0o640, 0o640)


def test_a_folder_that_was_made_before_keeps_its_mode(root: Path) -> None:
    root.mkdir()
    root.chmod(0o2770)
    LocalStorageClient(root).create_bucket("bucket")
    assert stat.S_IMODE(root.stat().st_mode) == 0o2770


# -- links ---------------------------------------------------------------------------------------------------
def writes(client: LocalStorageClient) -> list[Callable[[], object]]:
    return [
        lambda: client.upload_file("bucket", "a/k", b"new"),
        lambda: client.upload_file("bucket", "a/k", iter([BODY] * 3)),
        lambda: client.delete_file("bucket", "a/k"),
        lambda: client.set_tags("bucket", "a/k", {"a": "b"}),
        lambda: client.copy_file("bucket", "other", "bucket", "a/k"),
    ]


@pytest.mark.parametrize(
    "place", ["bucket", "bucket/a", "bucket/a/k", ".cloud", ".cloud/staging", ".cloud/uploads"]
)
def test_writes_never_go_through_a_linked_folder(
    local: LocalStorageClient, root: Path, tmp_path: Path, place: str
) -> None:
    local.upload_file("bucket", "a/k", b"old")
    local.upload_file("bucket", "other", b"old")
    outside = tmp_path / "outside"
    (root / place).rename(outside)
    (root / place).symlink_to(outside)
    before = files(outside)
    for write in writes(LocalStorageClient(root)):
        with pytest.raises(PermissionDeniedError, match="symbolic link"):
            write()
    assert files(outside) == before


def test_a_linked_bucket_is_refused_and_not_listed(
    local: LocalStorageClient, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (root / "linked").symlink_to(tmp_path / "outside")
    assert local.list_buckets() == ["bucket"]
    for call in (
        lambda: local.bucket_exists("linked"),
        lambda: local.create_bucket("linked"),
        lambda: local.delete_bucket("linked"),
        lambda: local.list_objects("linked").to_list(),
        lambda: local.upload_file("linked", "k", b""),
    ):
        with pytest.raises(PermissionDeniedError, match="symbolic link"):
            call()


def test_linked_files_are_replaced_and_not_followed(
    local: LocalStorageClient, root: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    local.upload_file("bucket", "k", BODY)
    folder = root / "bucket" / "k"
    (data,) = folder.glob("@data-*")
    data.unlink()
    data.symlink_to(secret)
    with pytest.raises(PermissionDeniedError):
        local.download_file("bucket", "k")
    with pytest.raises(PermissionDeniedError):
        local.copy_file("bucket", "k", "bucket", "copy")
    (folder / "@meta").unlink()
    (folder / "@meta").symlink_to(secret)
    with pytest.raises(PermissionDeniedError):
        local.get_object_metadata("bucket", "k")
    assert secret.read_bytes() == b"secret"
    assert not local.object_exists("bucket", "copy")


def test_a_linked_lock_is_not_opened(local: LocalStorageClient, root: Path, tmp_path: Path) -> None:
    for number in range(256):
        (root / ".cloud" / "locks" / f"{number:02x}").symlink_to(tmp_path / "made")
    with pytest.raises(PermissionDeniedError):
        local.upload_file("bucket", "k", b"")
    assert not (tmp_path / "made").exists()


def test_linked_folders_are_not_listed(local: LocalStorageClient, root: Path) -> None:
    local.upload_file("bucket", "a/k", b"")
    (root / "bucket" / "loop").symlink_to(root / "bucket")
    assert [info.key for info in local.list_objects("bucket")] == ["a/k"]


# -- formats -------------------------------------------------------------------------------------------------
def test_the_format_is_recorded(local: LocalStorageClient, root: Path) -> None:
    recorded = json.loads((root / ".cloud" / "format.json").read_text())
    assert recorded == {"format": "cloud local store", "version": 1, "case_sensitive": True}


@pytest.mark.parametrize("text", ['{"version": 2, "case_sensitive": true}', "{", "[]", '{"version": 1}', "7"])
def test_a_format_that_nobody_knows_is_refused(local: LocalStorageClient, root: Path, text: str) -> None:
    local.upload_file("bucket", "k", b"x")
    (root / ".cloud" / "format.json").write_text(text)
    before = files(root)
    client = LocalStorageClient(root)
    for call in (
        client.list_buckets,
        lambda: client.create_bucket("new"),
        lambda: client.upload_file("bucket", "k", b""),
        lambda: client.download_file("bucket", "k"),
    ):
        with pytest.raises(ConfigurationError):
            call()
    assert files(root) == before


def test_a_store_that_moved_to_where_case_is_ignored(local: LocalStorageClient, root: Path) -> None:
    (root / ".CLOUD").mkdir()  # what such a file system answers
    with pytest.raises(ConfigurationError, match="case"):
        LocalStorageClient(root).list_buckets()


def test_where_case_is_ignored_capitals_are_escaped(root: Path) -> None:
    (root / ".CLOUD").mkdir(parents=True)
    client = LocalStorageClient(root)
    client.create_bucket("Bucket")
    client.upload_file("Bucket", "Key", b"")
    assert client.list_buckets() == ["Bucket"]
    assert (root / "%42ucket" / "%4Bey" / "@meta").exists()
    with pytest.raises(InvalidRequestError, match="too long"):
        client.create_bucket("A" * 200)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    client = LocalStorageClient(tmp_path)
    for call in (client.list_buckets, lambda: client.create_bucket("bucket")):
        with pytest.raises(ConfigurationError, match="holds no store"):
            call()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_store_that_is_made_between_two_looks_is_found(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = layout.read_file

    def late(path: str) -> bytes | None:
        found = read(path)
        monkeypatch.undo()
        LocalStorageClient(root).create_bucket("first")
        return found

    root.mkdir()
    monkeypatch.setattr(layout, "read_file", late)
    client = LocalStorageClient(root)
    client.create_bucket("second")
    assert client.list_buckets() == ["first", "second"]


def test_making_a_client_makes_nothing(tmp_path: Path) -> None:
    client = LocalStorageClient(tmp_path / "not" / "yet")
    assert client.list_buckets() == []
    assert not client.bucket_exists("bucket")
    with pytest.raises(NotFoundError):
        client.upload_file("bucket", "k", b"")
    assert list(tmp_path.iterdir()) == []
    client.create_bucket("bucket")
    assert client.list_buckets() == ["bucket"]


@pytest.mark.parametrize("root", ["", "a\0b", b"bytes"])
def test_a_root_that_is_no_path(root: str) -> None:
    with pytest.raises(ConfigurationError):
        LocalStorageClient(root)


def test_a_root_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ConfigurationError, match="is none"):
            LocalStorageClient(root)


def test_a_store_that_went_away_is_made_again(local: LocalStorageClient, root: Path) -> None:
    local.upload_file("bucket", "k", b"")
    shutil.rmtree(root)
    with pytest.raises(NotFoundError):
        local.upload_file("bucket", "k", b"")
    assert local.create_bucket("bucket")
    local.upload_file("bucket", "k", b"again")
    assert local.download_file("bucket", "k") == b"again"


def test_a_store_without_hard_links_copies(
    local: LocalStorageClient, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    local.upload_file("bucket", "k", BODY)
    monkeypatch.setattr(os, "link", cannot)
    local.copy_file("bucket", "k", "bucket", "copy")
    assert local.download_file("bucket", "copy") == BODY
    (data,) = (root / "bucket" / "copy").glob("@data-*")
    assert data.stat().st_nlink == 1


def test_copies_by_hard_link_take_no_room(local: LocalStorageClient, root: Path) -> None:
    local.upload_file("bucket", "k", BODY)
    local.copy_file("bucket", "k", "bucket", "copy")
    (data,) = (root / "bucket" / "copy").glob("@data-*")
    assert data.stat().st_nlink == 2


def test_a_kernel_that_cannot_copy_ranges(local: LocalStorageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(*_: object) -> int:
        raise OSError(errno.EXDEV, "not between these")

    monkeypatch.setattr(os, "copy_file_range", cannot, raising=False)
    local.upload_file("bucket", "k", iter([BODY] * 3))  # a stream, which goes in small parts
    assert local.download_file("bucket", "k") == BODY * 3
