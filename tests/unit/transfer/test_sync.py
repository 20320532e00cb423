"""What a sync does to its destination, and what it leaves alone."""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cloud._registry import StorageLocation
from cloud.common import Cancellation
from cloud.common.errors import (
    CancelledError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    UnsupportedOperationError,
)
from cloud.local import LocalStorageClient
from cloud.transfer import Action, Compare, Plan, Selection, SyncReport, WriteOptions, sync

if TYPE_CHECKING:
    from pathlib import Path

    from cloud.common._storage_types import GetRequest
    from cloud.common.models import ObjectInfo

PAST_NS = 1_600_000_000_123_456_789


class World:
    """A folder, a store, and where journals go."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "folder"
        self.other = root / "other"
        self.state = root / "state"
        self.folder.mkdir()
        self.client = LocalStorageClient(root / "store")
        for bucket in ("b", "c"):
            self.client.create_bucket(bucket)
        self.store = StorageLocation(self.client, "b", "p")
        self.second = StorageLocation(self.client, "c", "")

    def write(self, *names: str, body: bytes | None = None, time_ns: int = PAST_NS) -> None:
        for name in names:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.fsencode(name) if body is None else body)
            os.utime(path, ns=(time_ns, time_ns))

    def put(self, *names: str, body: bytes | None = None) -> None:
        for name in names:
            self.client.upload_file("b", f"p/{name}", name.encode() if body is None else body)

    def up(self, **options: object) -> SyncReport:
        return sync(self.folder, self.store, state=self.state, **options)  # type: ignore[arg-type]  # options of many types

    def down(self, **options: object) -> SyncReport:
        return sync(self.store, self.other, state=self.state, **options)  # type: ignore[arg-type]  # likewise

    def stored(self, bucket: str = "b", prefix: str = "p/") -> dict[str, bytes]:
        return {
            info.key[len(prefix) :]: self.client.download_file(bucket, info.key)
            for info in self.client.list_objects(bucket, prefix)
        }

    @property
    def journals(self) -> list[Path]:
        return sorted(self.state.iterdir()) if self.state.exists() else []


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


NAMES = ("a", "a-b/x", "a0", "d/e/f", "ü/鍵", "x y\n")


# -- the four directions -------------------------------------------------------------------------------------
def test_a_folder_to_a_store_and_again(world: World) -> None:
    world.write(*NAMES)
    report = world.up()
    assert (report.copied, report.failed, report.ok) == (6, 0, True)
    assert world.stored() == files(world.folder)
    again = world.up(delete=True)
    assert again.plan.is_empty
    assert again.unchanged == 6
    assert world.journals == []


def test_a_store_to_a_folder_and_again(world: World) -> None:
    world.put(*NAMES)
    assert world.down().copied == 6
    assert files(world.other) == world.stored()
    again = world.down(delete=True)
    assert again.plan.is_empty
    for info in world.client.list_objects("b", "p/"):
        status = (world.other / info.key[2:]).stat()
        assert info.modified_at is not None
        assert abs(status.st_mtime - info.modified_at.timestamp()) < 1e-5


def test_a_store_to_a_store_and_again(world: World) -> None:
    world.put(*NAMES)
    assert sync(world.store, world.second, state=world.state).copied == 6
    assert world.stored("c", "") == world.stored()
    assert sync(world.store, world.second, state=world.state, delete=True).plan.is_empty


def test_another_client_s_store_gets_the_bytes_through_this_machine(world: World, tmp_path: Path) -> None:
    world.put(*NAMES)
    other = LocalStorageClient.in_memory()
    other.create_bucket("m")
    there = StorageLocation(other, "m", "q")
    assert sync(world.store, there, state=world.state).copied == 6
    assert {info.key for info in other.list_objects("m")} == {f"q/{name}" for name in NAMES}
    assert sync(world.store, there, state=world.state, delete=True).plan.is_empty


def test_a_folder_to_a_folder_and_again(world: World) -> None:
    world.write(*NAMES)
    assert sync(world.folder, world.other, state=world.state).copied == 6
    assert files(world.other) == files(world.folder)
    assert (world.other / "a").stat().st_mtime_ns == PAST_NS
    assert sync(str(world.folder), str(world.other), state=world.state, delete=True).plan.is_empty


def test_sides_may_be_urls(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("x")
    root = world.client.native
    monkeypatch.setenv("CLOUD_LOCAL_ROOT", str(root))
    assert sync(str(world.folder), "file://b/p", state=world.state).copied == 1
    assert sync("file://b/p", "file://c", state=world.state).copied == 1
    assert world.stored("c", "") == {"x": b"x"}


# -- what is the same ----------------------------------------------------------------------------------------
def test_a_change_of_size_or_of_time_is_copied(world: World) -> None:
    world.write("same", "longer", "newer")
    world.up()
    world.write("longer", body=b"longer than before")
    world.write("newer", body=b"NEWER", time_ns=4_000_000_000 * 10**9)
    report = world.up()
    assert {item.name: item.reason for item in report.plan} == {
        "longer": "size differs",
        "newer": "source is newer",
    }
    assert world.stored()["newer"] == b"NEWER"


def test_a_file_whose_time_lies_in_the_future_is_known_by_its_stored_time(world: World) -> None:
    world.write("x", time_ns=4_000_000_000 * 10**9 + 5)
    assert world.up().copied == 1
    info = world.client.get_object_metadata("b", "p/x")
    assert info.metadata == {"mtime": "4000000000.000000005"}
    assert world.up().plan.is_empty
    world.write("x", body=b"y", time_ns=4_000_000_000 * 10**9 + 6)
    assert world.up().copied == 1


def test_a_file_that_was_changed_after_its_download_is_written_anew(world: World) -> None:
    world.put("x")
    world.down()
    (world.other / "x").write_bytes(b"Y")
    report = world.down()
    assert [item.reason for item in report.plan] == ["time differs"]
    assert files(world.other) == {"x": b"x"}


def test_coarse_times_need_a_window(world: World) -> None:
    world.put("x")
    world.down()
    status = (world.other / "x").stat()
    os.utime(world.other / "x", ns=(status.st_mtime_ns, status.st_mtime_ns // 10**9 * 10**9))
    assert not world.down(dry_run=True).plan.is_empty
    assert world.down(dry_run=True, window=timedelta(seconds=2)).plan.is_empty
    with pytest.raises(InvalidRequestError):
        world.down(window=timedelta(seconds=-1))


@pytest.mark.parametrize("compare", [Compare.CHECKSUM, Compare.CONTENT])
def test_checksum_and_content_see_what_size_and_time_do_not(world: World, compare: Compare) -> None:
    world.write("x", "y")
    world.up()
    world.write("x", body=b"X")  # the same size and time
    assert world.up().plan.is_empty
    assert world.up(compare=Compare.SIZE).plan.is_empty
    report = world.up(compare=compare)
    assert [(item.name, item.reason) for item in report.plan] == [("x", f"{compare.value} differs")]
    assert world.up(compare=compare).plan.is_empty


@pytest.mark.parametrize("compare", [Compare.CHECKSUM, Compare.CONTENT])
def test_folders_are_compared_by_reading_both(world: World, compare: Compare) -> None:
    world.write("x", "y")
    sync(world.folder, world.other, state=world.state)
    world.write("x", body=b"X")
    report = sync(world.folder, world.other, state=world.state, compare=compare)
    assert [item.name for item in report.plan] == ["x"]


def test_etags_are_compared_only_where_they_say_something(world: World) -> None:
    world.put("x")
    sync(world.store, world.second, state=world.state)
    assert sync(world.store, world.second, state=world.state, compare=Compare.ETAG).plan.is_empty
    world.put("x", body=b"X")
    report = sync(world.store, world.second, state=world.state, compare=Compare.ETAG)
    assert [item.reason for item in report.plan] == ["etag differs"]
    stranger = LocalStorageClient.in_memory()
    stranger.create_bucket("m")
    for destination in (StorageLocation(stranger, "m", ""), world.other):
        with pytest.raises(InvalidRequestError, match="compare by"):
            sync(world.store, destination, state=world.state, compare=Compare.ETAG)


class NoChecksums(LocalStorageClient):
    """A store that says nothing about contents, as some do for objects that came in parts."""

    def _head(self, request: GetRequest) -> ObjectInfo:
        return dataclasses.replace(super()._head(request), checksums={"crc32": "AAAAAA==-3"})


def test_a_comparison_that_cannot_be_made_is_refused(world: World, tmp_path: Path) -> None:
    world.write("x", "y")
    client = NoChecksums(tmp_path / "poor")
    client.create_bucket("b")
    there = StorageLocation(client, "b", "")
    sync(world.folder, there, state=world.state)
    report = sync(world.folder, there, state=world.state, compare=Compare.CHECKSUM, delete=True)
    assert (report.copied, report.failed) == (0, 2)
    assert all(isinstance(item.error, UnsupportedOperationError) for item in report.failures)
    assert sync(world.folder, there, state=world.state, compare=Compare.CONTENT).unchanged == 2


# -- deletes -------------------------------------------------------------------------------------------------
def test_nothing_is_deleted_unless_asked(world: World) -> None:
    world.put("extra")
    world.write("x")
    assert world.up().deleted == 0
    report = world.up(delete=True)
    assert report.deleted == 1
    assert [(item.action, item.name, item.reason) for item in report.plan] == [
        (Action.DELETE, "extra", "not in the source")
    ]
    assert set(world.stored()) == {"x"}


def test_a_neighbour_of_the_prefix_stays(world: World) -> None:
    world.write("x")
    for key in ("p-not", "p", "p0"):
        world.client.upload_file("b", key, b"a neighbour")
    world.up(delete=True)
    assert {info.key for info in world.client.list_objects("b")} == {"p", "p-not", "p/x", "p0"}


@pytest.mark.parametrize(
    ("limit", "refused"),
    [
        ({"max_delete": 1}, True),
        ({"max_delete": 2}, False),
        ({"max_delete_percent": 49.9}, True),
        ({"max_delete_percent": 50}, False),
        ({"max_delete": 0, "max_delete_percent": 100}, True),
        ({}, False),
    ],
)
def test_limits_of_deletes_stop_the_whole_sync(
    world: World, limit: dict[str, float], *, refused: bool
) -> None:
    world.put("x", "y", "extra 1", "extra 2")
    world.write("x", "y", "new")
    if refused:
        with pytest.raises(ConflictError, match="nothing was done"):
            world.up(delete=True, **limit)
        assert "new" not in world.stored()
    else:
        world.up(delete=True, **limit)
        assert set(world.stored()) == {"x", "y", "new"}


@pytest.mark.parametrize(
    "limit", [{"max_delete": -1}, {"max_delete_percent": 101}, {"max_delete_percent": -1}]
)
def test_impossible_limits_are_refused(world: World, limit: dict[str, float]) -> None:
    with pytest.raises(InvalidRequestError):
        world.up(delete=True, **limit)


def test_an_empty_source_deletes_nothing_unless_that_is_meant(world: World) -> None:
    world.put("x")
    with pytest.raises(ConflictError, match="is empty"):
        world.up(delete=True)
    assert world.stored() == {"x": b"x"}
    assert world.up(delete=True, max_delete_percent=100).deleted == 1


def test_what_is_not_selected_is_left_alone_on_both_sides(world: World) -> None:
    world.write("x.txt", "x.tmp", "tmp/y")
    world.put("z.tmp", "tmp/z", "z.txt")
    report = world.up(delete=True, select=Selection(exclude=["*.tmp", "tmp/"]))
    assert (report.copied, report.deleted) == (1, 1)
    assert set(world.stored()) == {"x.txt", "z.tmp", "tmp/z"}


def test_after_a_failure_nothing_is_deleted(world: World) -> None:
    world.put("extra")
    world.write("x", os.fsdecode(b"no utf-8 \xff"))
    report = world.up(delete=True)
    assert (report.copied, report.failed, report.deleted, report.ok) == (1, 1, 0, False)
    assert report.withheld is not None
    assert "extra" in world.stored()


def test_what_the_source_could_not_tell_is_not_deleted(world: World) -> None:
    world.write("x", "folder/a")
    (world.folder / "link").symlink_to(world.folder / "folder")
    world.put("x", "link/a", "link", "link-not", "folder/a")
    report = world.up(delete=True)
    assert report.deleted == 1  # link-not
    assert set(world.stored()) == {"x", "link/a", "link", "folder/a"}


def test_an_unreadable_folder_of_the_source_keeps_what_was_stored_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write("x", "closed/a")
    world.up()
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path) == str(world.folder / "closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    report = world.up(delete=True)
    assert report.failed == 1
    assert report.withheld is None  # nothing was to be deleted: what is below the folder is not known
    assert set(world.stored()) == {"x", "closed/a"}


# -- folders as destinations ---------------------------------------------------------------------------------
def test_files_and_folders_that_change_places(world: World) -> None:
    world.other.mkdir()
    (world.other / "file").write_bytes(b"becomes a folder")
    (world.other / "folder/deep").mkdir(parents=True)
    (world.other / "folder/deep/x").write_bytes(b"becomes a file")
    world.put("file/x", "folder", "folder-neighbour")
    report = world.down(delete=True)
    assert (report.copied, report.deleted, report.failed) == (3, 2, 0)
    assert files(world.other) == world.stored()
    assert world.down(delete=True).plan.is_empty


def test_without_delete_a_file_in_the_way_fails_alone(world: World) -> None:
    world.other.mkdir()
    (world.other / "file").write_bytes(b"stays")
    world.put("file/x", "good")
    report = world.down()
    assert (report.copied, report.failed) == (1, 1)
    assert files(world.other) == {"file": b"stays", "good": b"good"}


def test_a_file_and_a_folder_of_one_name_fail_alone(world: World) -> None:
    world.put("a", "a/b", "c")
    report = world.down(delete=True)
    assert (report.copied, report.failed) == (2, 1)
    assert files(world.other) == {"a": b"a", "c": b"c"}


def test_folder_markers_make_folders_once(world: World) -> None:
    world.put("empty/", body=b"")
    world.put("full/", body=b"")
    world.put("full/x")
    assert world.down().copied == 3
    assert (world.other / "empty").is_dir()
    assert world.down(delete=True).plan.is_empty


def test_a_marker_of_a_folder_that_is_there_is_not_deleted(world: World) -> None:
    world.write("full/x")
    world.put("full/", "gone/", body=b"")
    report = world.up(delete=True)
    assert report.deleted == 1
    assert set(world.stored()) == {"full/", "full/x"}
    assert world.up(delete=True).plan.is_empty


@pytest.mark.parametrize("twins", [("README", "readme"), ("readme", "README"), ("Dir/x", "dir/x")])
def test_a_twin_by_case_is_not_deleted_after_it_may_have_been_written(
    world: World, twins: tuple[str, str]
) -> None:
    old, new = twins
    (world.other / old).parent.mkdir(parents=True)
    (world.other / old).write_bytes(b"old")
    world.put(new)
    report = world.down(delete=True)
    assert report.failed == 1
    assert report.deleted == 0
    assert (world.other / old).read_bytes() == b"old"
    report = world.down(delete=True, keeps_names_apart=True)
    assert (report.failed, files(world.other)) == (0, {new: new.encode()})


def test_a_file_that_was_changed_after_the_plan_is_not_deleted(world: World) -> None:
    world.put("x")
    world.other.mkdir()
    (world.other / "extra").write_bytes(b"old")

    def meanwhile(plan: Plan) -> bool:
        (world.other / "extra").write_bytes(b"somebody's work")
        return True

    report = world.down(delete=True, confirm=meanwhile)
    assert (report.deleted, report.failed) == (0, 1)
    assert (world.other / "extra").read_bytes() == b"somebody's work"


def test_links_in_the_destination_are_neither_followed_nor_deleted(world: World, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_bytes(b"untouched")
    world.other.mkdir()
    (world.other / "link").symlink_to(outside)
    (world.other / "file").symlink_to(outside / "x")
    (world.other / "extra").symlink_to(outside / "x")
    world.put("link/x", "file", "good")
    report = world.down(delete=True)
    assert (report.copied, report.failed) == (1, 2)
    assert files(outside) == {"x": b"untouched"}
    assert (world.other / "extra").is_symlink()


def test_staged_files_take_no_part(world: World) -> None:
    staged = f".x.{'0' * 16}.part"
    world.write("x", staged)
    assert world.up().skipped == 1
    world.other.mkdir()
    (world.other / staged).write_bytes(b"of a transfer that runs")
    assert world.down(delete=True).deleted == 0
    assert (world.other / staged).exists()


# -- how it is done ------------------------------------------------------------------------------------------
def test_a_dry_run_and_a_refusal_do_nothing(world: World) -> None:
    world.write("x")
    seen: list[Plan] = []
    assert not world.up(dry_run=True).executed

    def refuse(plan: Plan) -> bool:
        seen.append(plan)
        return False

    report = world.up(confirm=refuse)
    assert not report.executed
    assert [str(plan) for plan in seen] == [str(report.plan)]
    assert world.stored() == {}
    assert world.journals == []


def test_objects_get_what_was_asked_for(world: World) -> None:
    world.write("x")
    world.up(options=WriteOptions(content_type="a/b", metadata={"mine": "1"}))
    info = world.client.get_object_metadata("b", "p/x")
    assert info.content_type == "a/b"
    assert info.metadata == {"mine": "1", "mtime": "1600000000.123456789"}


def test_a_missing_side_is_an_error_and_nothing_is_done(world: World) -> None:
    with pytest.raises(FileNotFoundError):
        sync(world.folder / "none", world.store, state=world.state, delete=True)
    world.write("x")
    with pytest.raises(NotFoundError):
        sync(world.folder, StorageLocation(world.client, "none", ""), state=world.state)
    with pytest.raises(NotFoundError):
        sync(StorageLocation(world.client, "none", ""), world.other, state=world.state, delete=True)


def test_sides_that_lie_in_each_other_are_refused(world: World) -> None:
    inner = StorageLocation(world.client, "b", "p/q")
    for first, second in ((world.store, inner), (inner, world.store), (world.store, world.store)):
        with pytest.raises(InvalidRequestError, match="lie in each other"):
            sync(first, second, state=world.state)
    below = world.folder / "x"
    for outer, lower in ((world.folder, below), (below, world.folder), (world.folder, world.folder)):
        with pytest.raises(InvalidRequestError, match="lie in each other"):
            sync(outer, lower, state=world.state)
    assert sync(world.store, StorageLocation(world.client, "b", "p2"), state=world.state).ok


def test_a_file_that_changes_while_it_is_sent_is_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write("x")
    upload, sent = world.client.upload_file, []

    def changing(bucket: str, key: str, data: bytes, **keywords: object) -> str:
        sent.append(data)
        if len(sent) == 1:
            world.write("x", body=b"y", time_ns=PAST_NS + 1)
        return upload(bucket, key, data, **keywords)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(world.client, "upload_file", changing)
    assert world.up().ok
    assert sent == [b"x", b"y"]
    assert world.stored() == {"x": b"y"}


def test_a_file_that_never_stands_still_is_doubted_until_it_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write("x")
    upload = world.client.upload_file
    count = 0

    def changing(bucket: str, key: str, data: bytes, **keywords: object) -> str:
        nonlocal count
        count += 1
        world.write("x", body=b"y", time_ns=PAST_NS + count)
        return upload(bucket, key, b"z", **keywords)  # type: ignore[arg-type]  # handed through

    with monkeypatch.context() as patch:
        patch.setattr(world.client, "upload_file", changing)
        report = world.up()
    assert (report.failed, count) == (1, 3)
    assert len(world.journals) == 1
    report = world.up()  # by size and time it would look the same
    assert [item.reason for item in report.plan] == ["changed while it was copied"]
    assert world.stored() == {"x": b"y"}
    assert world.journals == []


def test_a_cancelled_sync_leaves_a_journal_and_the_next_one_goes_on(world: World) -> None:
    world.write(*(f"{number:03}" for number in range(50)), time_ns=4_000_000_000 * 10**9)
    switch, done = Cancellation(), []

    class Stop:
        def planned(self, items: int, size: int, *, complete: bool) -> None:
            pass

        def moved(self, count: int) -> None:
            pass

        def finished(self, item: object) -> None:
            done.append(item)
            if len(done) == 10:
                switch.cancel()

    with pytest.raises(CancelledError):
        world.up(progress=Stop(), cancellation=switch, workers=1)
    assert len(world.journals) == 1
    before = len(world.stored())
    assert 10 <= before < 50
    report = world.up()
    assert (report.copied, report.plan.resumed, report.ok) == (50 - before, before, True)
    assert world.journals == []


def test_two_syncs_of_the_same_sides_exclude_each_other(world: World) -> None:
    world.write("x")

    def second(plan: Plan) -> bool:
        return True

    class Again:
        def planned(self, items: int, size: int, *, complete: bool) -> None:
            pass

        def moved(self, count: int) -> None:
            pass

        def finished(self, item: object) -> None:
            world.write("y")
            with pytest.raises(ConflictError, match="another process"):
                world.up(confirm=second)

    assert world.up(progress=Again()).ok


def test_workers_are_checked_before_anything_happens(world: World) -> None:
    with pytest.raises(InvalidRequestError, match="workers"):
        world.up(workers=0)


def test_a_report_is_json(world: World) -> None:
    world.write("x", os.fsdecode(b"bad \xff"))
    report = world.up()
    told = json.loads(json.dumps(report.to_dict()))
    assert (told["copied"], told["failed"], told["plan"]["copies"]) == (1, 1, 2)
    assert told["failures"][0]["error"]["error"] == "InvalidRequestError"
    assert json.loads(json.dumps([item.to_dict() for item in report.plan]))[-1]["name"] == "x"
