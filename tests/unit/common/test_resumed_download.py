"""Downloads go on where they stopped: nothing whole is read twice, nothing of two versions is mixed."""

from __future__ import annotations

import logging
import os
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import (
    CloudError,
    ConflictError,
    IntegrityError,
    InvalidRequestError,
    PreconditionFailedError,
    ServiceUnavailableError,
    TransferConfig,
)
from cloud.common._cancel import one_call
from cloud.common._downloads import Download
from cloud.common._resumed_download import ResumedDownload
from cloud.common._storage_types import GetRequest
from cloud.local import LocalStorageClient
from unit.common.doubles import Store, crc32_of, make_runtime

if TYPE_CHECKING:
    from pathlib import Path

DATA = bytes(range(256)) * 40
PARTS = TransferConfig(part_size=1024, threshold=2048, max_workers=1)
WHOLE = GetRequest("b", "k")
FATAL = CloudError("the disk of the service is gone")


def resumed(store: Store, path: Path, **more: Any) -> Any:
    task = Download(make_runtime(), "download_to", store.get, WHOLE, PARTS, more.pop("progress", None))
    run = ResumedDownload(task, path, more.pop("identity", "store"))
    return run.run(one_call(None), overwrite=more.pop("overwrite", True))


def interrupted(store: Store, path: Path, at: int = 5) -> None:
    """Let the request number `at` fail for good."""

    def fail(number: int) -> None:
        if number == at:
            raise FATAL

    store.on_get = fail
    with pytest.raises(CloudError, match="disk"):
        resumed(store, path)
    store.on_get = lambda _number: None
    store.requests.clear()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "target"


@pytest.mark.parametrize("checksum", [None, crc32_of(DATA)], ids=["none", "checksum"])
def test_it_goes_on_with_what_is_missing(checksum: str | None, target: Path) -> None:
    store, moved = Store(DATA, checksum=checksum), []
    target.write_bytes(b"old")
    interrupted(store, target)
    assert target.read_bytes() == b"old"
    left = sorted(target.parent.iterdir())
    assert [path.stat().st_mode & 0o777 for path in left if path != target] == [0o600, 0o600]
    info, verified = resumed(store, target, progress=moved.append)
    assert target.read_bytes() == DATA
    assert (info.size, verified) == (len(DATA), checksum and "crc32")
    assert [request.start for request in store.requests] == [1024 * n for n in (5, 6, 7, 8, 9)]
    assert {request.if_match for request in store.requests} == {"v1"}
    assert sum(moved) == len(DATA)
    assert list(target.parent.iterdir()) == [target]
    assert store.all_closed


def test_an_object_that_was_replaced_is_read_anew(target: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = Store(DATA)
    interrupted(store, target)
    store.data, store.etag = b"new" + DATA, "v2"
    with caplog.at_level(logging.WARNING, "cloud.transfer"):
        resumed(store, target)
    assert target.read_bytes() == b"new" + DATA
    assert "starts anew" in caplog.text
    assert list(target.parent.iterdir()) == [target]


def test_ranges_that_are_not_on_disk_as_noted_are_read_again(target: Path) -> None:
    store = Store(DATA)
    interrupted(store, target)
    staged = max(target.parent.glob("*.part"), key=lambda path: path.stat().st_size)
    with staged.open("r+b") as file:
        file.seek(1024)
        file.write(b"\xff\x00\xff")
    resumed(store, target)
    assert target.read_bytes() == DATA
    assert [request.start for request in store.requests][:2] == [1024, 5 * 1024]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"{",
        b"[]\n",
        b"null\n",
        b'{"etag":1}\n',
        b'{"etag":"v1","size":"x"}\n',
        b'{"etag":"v1","size":10240,"part_size":0,"checksum":null}\n',
        b'{"etag":"v1","size":10240,"part_size":9,"checksum":[]}\n',
        b'{"etag":"v1","size":10240,"part_size":9,"checksum":["no","x"]}\n',
        b"\xff\xfe\n",
    ],
)
def test_a_journal_of_garbage_is_no_journal(garbage: bytes, target: Path) -> None:
    store = Store(DATA)
    interrupted(store, target)
    journal = min(target.parent.glob("*.part"), key=lambda path: path.stat().st_size)
    journal.write_bytes(garbage)
    resumed(store, target)
    assert target.read_bytes() == DATA
    assert list(target.parent.iterdir()) == [target]


def test_a_line_that_was_cut_off_counts_for_nothing(target: Path) -> None:
    store = Store(DATA)
    interrupted(store, target)
    journal = min(target.parent.glob("*.part"), key=lambda path: path.stat().st_size)
    journal.write_bytes(journal.read_bytes()[:-5])
    resumed(store, target)
    assert target.read_bytes() == DATA
    assert store.requests[0].start == 4 * 1024


def test_everything_is_there_but_the_last_step(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(DATA)

    def killed(*_: object, **__: object) -> None:
        raise FATAL

    with monkeypatch.context() as patch:
        patch.setattr("cloud.common._resumed_download.finish", killed)
        with pytest.raises(CloudError, match="disk"):
            resumed(store, target)
    store.requests.clear()
    resumed(store, target)
    assert target.read_bytes() == DATA
    assert len(store.requests) == 1


@pytest.mark.parametrize(("data", "etag"), [(DATA[:100], "v1"), (DATA, None), (b"", "v1")])
def test_what_cannot_be_gone_on_with_leaves_nothing(data: bytes, etag: str | None, target: Path) -> None:
    store = Store(data, etag=etag)
    store.on_get = lambda _number: (_ for _ in ()).throw(FATAL)
    with pytest.raises(CloudError, match="disk"):
        resumed(store, target)
    assert not list(target.parent.iterdir())
    store.on_get = lambda _number: None
    resumed(store, target)
    assert target.read_bytes() == data
    assert list(target.parent.iterdir()) == [target]


def test_wrong_bytes_are_read_once_more_and_never_kept(target: Path) -> None:
    store = Store(DATA, checksum=crc32_of(b"other"))
    with pytest.raises(IntegrityError):
        resumed(store, target)
    assert sum(request.is_whole for request in store.requests) == 2
    store.checksum = crc32_of(DATA)
    resumed(store, target)
    assert target.read_bytes() == DATA


def test_a_range_that_turns_out_wrong_lets_all_be_read_once_more(target: Path) -> None:
    store, wrongs = Store(DATA), [3] * 4  # one range, at all of its tries

    def wrong(number: int) -> None:
        if number in wrongs:
            wrongs.pop()
            raise IntegrityError("something else answers", retryable=True)

    store.on_get = wrong
    resumed(store, target)
    assert sum(request.is_whole for request in store.requests) == 2
    assert target.read_bytes() == DATA
    assert list(target.parent.iterdir()) == [target]


def test_two_at_once_do_not_mix(target: Path) -> None:
    store = Store(DATA)

    def other(number: int) -> None:
        if number == 3:
            store.on_get = lambda _number: None
            with pytest.raises(ConflictError, match="another process"):
                resumed(store, target)

    store.on_get = other
    store.lock = nullcontext()
    resumed(store, target)
    assert target.read_bytes() == DATA


def test_another_object_is_not_gone_on_with(target: Path) -> None:
    store = Store(DATA)
    interrupted(store, target)
    resumed(store, target, identity="another store")
    assert target.read_bytes() == DATA
    assert store.requests[0].is_whole


def test_a_link_in_the_way_is_not_followed(target: Path) -> None:
    store, victim = Store(DATA), target.with_name("victim")
    interrupted(store, target)
    victim.write_bytes(b"precious")
    for left in target.parent.glob("*.part"):
        left.unlink()
        left.symlink_to(victim)
    with pytest.raises(OSError, match="symbolic"):
        resumed(store, target)
    for left in target.parent.glob("*.part"):
        left.unlink()
        os.link(victim, left)
    with pytest.raises(InvalidRequestError, match="this user"):
        resumed(store, target)
    assert victim.read_bytes() == b"precious"


def test_the_conditions_that_go_with_it(tmp_path: Path) -> None:
    client = LocalStorageClient.in_memory()
    client.create_bucket("b")
    client.upload_file("b", "k", DATA)
    etag = client.get_object_metadata("b", "k").etag
    result = client.download_to("b", "k", tmp_path / "f", resume=True, transfer=PARTS, if_match=etag)
    assert result.bytes_written == len(DATA)
    with pytest.raises(PreconditionFailedError):
        client.download_to("b", "k", tmp_path / "f", resume=True, transfer=PARTS, if_match="no")
    with pytest.raises(InvalidRequestError, match="if_none_match"):
        client.download_to("b", "k", tmp_path / "f", resume=True, if_none_match=etag)
    with pytest.raises(FileExistsError):
        client.download_to("b", "k", tmp_path / "f", resume=True, overwrite=False)
    assert list(tmp_path.iterdir()) == [tmp_path / "f"]


def test_a_service_that_is_away_for_long_costs_nothing(target: Path) -> None:
    store = Store(DATA)
    interrupted(store, target)

    def away(_number: int) -> None:
        raise ServiceUnavailableError("away", retryable=True)

    store.on_get = away
    with pytest.raises(ServiceUnavailableError):
        resumed(store, target)
    store.on_get = lambda _number: None
    store.requests.clear()
    resumed(store, target)
    assert store.requests[0].start == 5 * 1024
