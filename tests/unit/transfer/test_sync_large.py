"""A sync goes on inside a large object, and never takes another version for the one that was listed."""

from __future__ import annotations

import errno
import logging
import os
import pickle
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cloud._registry import StorageLocation
from cloud.common import CloudError, TransferConfig
from cloud.common._state import open_locked
from cloud.common.errors import ConflictError, IntegrityError
from cloud.local import LocalStorageClient
from cloud.transfer import Leftover, Plan, SyncReport, WriteOptions, cleanup, sync
from cloud.transfer._copying import Copying, DoubtfulError
from cloud.transfer._sides import FolderSide

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud.common._bodies import Payload
    from cloud.common._storage_types import GetRequest, ObjectBody, Part, PutRequest, Stored, Upload

PIECE = 256 << 10
DATA = os.urandom(10 * PIECE)
OTHER = os.urandom(10 * PIECE)
MIDDLE = os.urandom((1 << 20) + 1)
"""More than is read at once, and less than the threshold."""
PARTS = TransferConfig(part_size=PIECE, threshold=2 << 20, max_workers=1)
KILLED = CloudError("killed here")


class Store(LocalStorageClient):
    """Notes what it is asked for, and lets something happen before."""

    before_part: Callable[[int], object] = staticmethod(lambda _number: None)
    before_get: Callable[[GetRequest], object] = staticmethod(lambda _request: None)
    before_put: Callable[[], object] = staticmethod(lambda: None)

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._runtime._sleep = lambda _seconds: None
        self.parts: list[int] = []
        self.reads: list[tuple[int, str | None]] = []

    def _put_part(self, upload: Upload, number: int, payload: Payload) -> Part:
        self.before_part(number)
        self.parts.append(number)
        return super()._put_part(upload, number, payload)

    def _put(self, request: PutRequest, payload: Payload) -> Stored:
        self.before_put()
        return super()._put(request, payload)

    def _get(self, request: GetRequest) -> ObjectBody:
        self.before_get(request)
        self.reads.append((request.start // PIECE, request.if_match))
        return super()._get(request)

    def heal(self) -> None:
        """Let nothing happen any more, and forget what was asked for."""
        self.before_part = self.before_get = lambda _: None
        self.parts.clear()
        self.reads.clear()


class World:
    """A folder with one large file, a bucket with one large object, and nothing opposite."""

    def __init__(self, root: Path) -> None:
        self.store = Store(root / "store")
        for bucket in ("up", "down"):
            self.store.create_bucket(bucket)
        self.store.upload_file("down", "k", DATA)
        self.folder, self.target = root / "folder", root / "target"
        self.folder.mkdir()
        self.file = self.folder / "k"
        self.file.write_bytes(DATA)
        self.got = self.target / "k"
        self.state = root / "state" / "cloud"

    def up(self, **options: Any) -> SyncReport:
        return sync(self.folder, StorageLocation(self.store, "up", ""), transfer=PARTS, **options)

    def down(self, **options: Any) -> SyncReport:
        return sync(StorageLocation(self.store, "down", ""), self.target, transfer=PARTS, **options)

    def cut(self, call: Callable[..., SyncReport], at: int = 6, **options: Any) -> None:
        """Let the part or range number `at` fail for good."""

        def fail(asked: Any) -> None:
            if (asked if isinstance(asked, int) else asked.start // PIECE + 1) == at:
                raise KILLED

        self.store.before_part = self.store.before_get = fail
        report = call(**options)
        assert [item.error for item in report.failures] == [KILLED]
        self.store.heal()

    @property
    def staged(self) -> list[Path]:
        return sorted(self.target.glob(".*.part"))

    @property
    def journals(self) -> list[Path]:
        return sorted(self.state.glob("*/*.journal"))

    def check_up(self, data: bytes = DATA) -> None:
        assert self.store.download_file("up", "k") == data
        self.check_nothing_left()

    def check_down(self, data: bytes = DATA) -> None:
        assert self.got.read_bytes() == data
        self.check_nothing_left()

    def check_nothing_left(self) -> None:
        assert list(self.store.list_unfinished_uploads("up")) == []
        assert self.staged == []
        assert self.journals == []


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return World(tmp_path)


# -- what is gone on with -----------------------------------------------------------------------------------
def test_an_upload_goes_on_with_what_is_missing(world: World) -> None:
    world.cut(world.up)
    assert not world.store.object_exists("up", "k")
    report = world.up()
    assert (report.copied, report.bytes, world.store.parts) == (1, len(DATA), [6, 7, 8, 9, 10])
    world.check_up()
    assert world.up().plan.is_empty


def test_a_download_goes_on_with_what_is_missing(world: World) -> None:
    world.cut(world.down)
    assert not world.got.exists()
    report = world.down()
    assert (report.copied, report.bytes) == (1, len(DATA))
    assert [start for start, _ in world.store.reads] == [5, 6, 7, 8, 9]
    world.check_down()
    assert world.down().plan.is_empty


@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_bytes_that_are_told_are_those_of_the_object(world: World, direction: str) -> None:
    class Sum:
        moved_bytes = 0

        def planned(self, items: int, size: int, *, complete: bool) -> None: ...
        def finished(self, item: object) -> None: ...
        def moved(self, count: int) -> None:
            self.moved_bytes += count

    call, told = getattr(world, direction), Sum()
    world.cut(call)
    assert call(progress=told).ok
    assert told.moved_bytes == len(DATA)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_without_resume_nothing_is_left(world: World, direction: str) -> None:
    call = getattr(world, direction)
    world.cut(call, resume=False)
    assert not (world.state / "uploads").exists()
    [journal] = world.journals  # the sync's own
    assert journal.parent.name == "sync"
    journal.unlink()
    world.check_nothing_left()
    assert call(resume=False).ok
    assert len(world.store.parts) + len(world.store.reads) == 10


def test_without_resume_an_object_begins_anew(world: World) -> None:
    world.cut(world.up)
    assert world.up(resume=False).ok
    assert world.store.parts == list(range(1, 11))
    assert world.store.download_file("up", "k") == DATA


def test_below_the_threshold_nothing_is_added(world: World) -> None:
    world.file.write_bytes(MIDDLE)
    world.store.upload_file("down", "k", MIDDLE)
    found: list[list[str]] = []
    world.store.before_get = lambda _: found.append([path.suffix for path in world.target.iterdir()])
    world.store.before_put = lambda: found.append(sorted(path.name for path in world.state.iterdir()))
    assert world.down().ok
    assert world.up().ok
    assert found == [[".part"], ["sync"]]
    assert world.got.read_bytes() == world.store.download_file("up", "k") == MIDDLE


def test_the_threshold_is_the_clients_own_without_another(world: World) -> None:
    def up(**options: Any) -> SyncReport:
        return sync(world.folder, StorageLocation(world.store, "up", ""), **options)

    world.store._transfer = PARTS
    world.cut(up)
    assert up().ok
    assert world.store.parts == [6, 7, 8, 9, 10]


def test_cleanup_finds_what_nobody_goes_on_with(world: World) -> None:
    world.cut(world.up)
    world.cut(world.down)
    assert (len(world.staged), len(world.journals)) == (2, 3)
    place = StorageLocation(world.store, "up", "")
    assert list(cleanup(place, world.target)) == []  # all is young
    found = list(cleanup(place, world.target, older_than=timedelta(0)))
    kinds = [Leftover.UPLOAD, *[Leftover.STAGED_FILE] * 2, *[Leftover.JOURNAL] * 3]
    assert [item.kind for item in found] == kinds
    assert all(item.removed for item in found)
    world.check_nothing_left()


# -- files that change --------------------------------------------------------------------------------------
def test_a_file_that_was_changed_since_gives_the_old_parts_up(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.cut(world.up)
    world.file.write_bytes(OTHER)
    os.utime(world.file, ns=(1, 1))
    with caplog.at_level(logging.WARNING, "cloud.transfer"):
        assert world.up().ok
    assert "starts anew" in caplog.text
    assert world.store.parts == list(range(1, 11))
    world.check_up(OTHER)


def test_a_file_that_changes_while_it_is_sent_is_sent_again(world: World) -> None:
    def change(number: int) -> None:
        if number == 7 and len(world.store.parts) < 10:
            world.file.write_bytes(OTHER)
            os.utime(world.file, ns=(1, 1))

    world.store.before_part = change
    report = world.up()
    assert (report.copied, report.failed) == (1, 0)
    assert world.store.parts == [*range(1, 11)] * 2
    assert world.store.get_object_metadata("up", "k").metadata["mtime"] == "0.000000001"
    world.check_up(OTHER)


def test_a_file_that_changes_every_time_is_not_published(world: World) -> None:
    world.store.before_part = lambda number: os.utime(world.file, ns=(len(world.store.parts),) * 2)
    [failure] = world.up().failures
    assert isinstance(failure.error, DoubtfulError)
    assert world.store.parts == [*range(1, 11)] * 3
    assert not world.store.object_exists("up", "k")
    assert list(world.store.list_unfinished_uploads("up")) == []
    assert [path.parent.name for path in world.journals] == ["sync"]


def test_damage_on_the_way_is_no_reason_to_send_again(world: World) -> None:
    damaged = IntegrityError("the service has other bytes")

    def damage(_number: int) -> None:
        raise damaged

    world.store.before_part = damage
    [failure] = world.up().failures
    assert failure.error is damaged
    assert len(list(world.store.list_unfinished_uploads("up"))) == 1


# -- versions -----------------------------------------------------------------------------------------------
def test_a_download_is_pinned_to_what_was_listed(world: World) -> None:
    assert world.down().ok
    etag = world.store.get_object_metadata("down", "k").etag
    assert {pin for _, pin in world.store.reads} == {etag}


@pytest.mark.parametrize("resume", [True, False])
def test_a_file_has_its_time_from_the_first(
    world: World, monkeypatch: pytest.MonkeyPatch, resume: bool
) -> None:
    def killed(*_: object) -> None:
        raise KILLED

    world.store.upload_file("down", "middle", MIDDLE)
    with monkeypatch.context() as patch:
        patch.setattr("cloud.transfer._copying._set_time", killed)
        assert world.down(resume=resume).failed == 2
    assert world.down(resume=resume).plan.is_empty
    world.check_down()


@pytest.mark.parametrize("cut_before", [False, True])
@pytest.mark.parametrize("data", [OTHER, MIDDLE], ids=["large", "middle"])
def test_an_object_that_was_replaced_since_is_taken_as_it_is(
    world: World, data: bytes, cut_before: bool
) -> None:
    if cut_before:
        world.cut(world.down)

    def replaced(_plan: Plan) -> bool:
        world.store.upload_file("down", "k", data)
        return True

    assert world.down(confirm=replaced).ok
    modified = world.store.get_object_metadata("down", "k").modified_at
    assert modified is not None
    assert abs(world.got.stat().st_mtime - modified.timestamp()) < 1e-5
    world.check_down(data)


def test_an_object_that_is_replaced_half_way_is_taken_as_it_is(world: World) -> None:
    def replace(request: GetRequest) -> None:
        if request.start == 5 * PIECE and request.if_match == etag:
            world.store.upload_file("down", "k", OTHER)

    etag = world.store.get_object_metadata("down", "k").etag
    world.store.before_get = replace
    assert world.down().ok
    world.check_down(OTHER)


def test_what_was_moved_of_another_version_is_read_anew(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.cut(world.down)
    world.store.upload_file("down", "k", OTHER)
    etag = world.store.get_object_metadata("down", "k").etag
    with caplog.at_level(logging.WARNING, "cloud.transfer"):
        assert world.down().ok
    assert "another version is asked for" in caplog.text
    assert {pin for _, pin in world.store.reads} == {etag}
    assert sorted(start for start, _ in world.store.reads) == list(range(10))
    world.check_down(OTHER)


@pytest.mark.parametrize("resume", [True, False])
def test_an_answer_of_something_else_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, resume: bool
) -> None:
    world.store.upload_file("down", "other", OTHER)
    plain = Store._get
    with monkeypatch.context() as patch:
        patch.setattr(
            Store, "_get", lambda self, asked: plain(self, asked._replace(key="other", if_match=None))
        )
        report = world.down(resume=resume, confirm=lambda plan: plan.copies == 2)
    assert all(
        isinstance(item.error, IntegrityError) for item in report.failures if item.source.endswith("/k")
    )
    assert report.failed
    assert not world.got.exists()


# -- workers ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("direction", ["up", "down"])
def test_an_object_that_another_process_is_at_fails_alone(world: World, direction: str) -> None:
    call = getattr(world, direction)
    world.cut(call)
    (world.folder / "small").write_bytes(b"x")
    world.store.upload_file("down", "small", b"x")
    journal = (
        next(path for path in world.journals if path.parent.name == "uploads")
        if direction == "up"
        else (min(world.staged, key=lambda path: path.stat().st_size))
    )
    with open_locked(journal):
        report = call()
    assert (report.copied, report.failed) == (1, 1)
    assert isinstance(report.failures[0].error, ConflictError)
    assert "another process" in str(report.failures[0].error)
    assert call().copied == 1
    world.check_nothing_left()


def test_where_no_journal_can_be_kept_an_upload_goes_without(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "no folder").write_bytes(b"")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "no folder"))
    with caplog.at_level(logging.WARNING, "cloud.transfer"):
        world.cut(world.up, state=world.state / "sync")
        assert list(world.store.list_unfinished_uploads("up")) == []
        assert world.up(state=world.state / "sync").ok
    assert "will not go on" in caplog.text
    world.check_up()


@pytest.mark.parametrize("direction", ["up", "down"])
def test_where_there_are_no_locks_nothing_is_left_that_would_need_one(
    world: World, direction: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_locks(_file: object) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    call = getattr(world, direction)
    monkeypatch.setattr("cloud.transfer._copying.lock", no_locks)
    with caplog.at_level(logging.WARNING, "cloud.transfer"):
        world.cut(call)
    assert "No locks available" in caplog.text
    assert [path.parent.name for path in world.journals] == ["sync"]
    assert call().ok
    world.check_nothing_left()


def test_it_travels(tmp_path: Path) -> None:
    how = Copying(FolderSide(tmp_path), FolderSide(tmp_path / "to"), WriteOptions(), resume=True)
    there = pickle.loads(pickle.dumps(how))  # noqa: S301  # made in this line
    assert (there.resume, there.source.path) == (True, tmp_path)
