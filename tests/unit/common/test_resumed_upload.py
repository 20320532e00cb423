"""Uploads go on where they stopped: what is there is not sent again, what changed is not mixed."""

from __future__ import annotations

import io
import json
import logging
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cloud._registry import StorageLocation
from cloud.common import (
    CloudError,
    ConflictError,
    IntegrityError,
    InvalidRequestError,
    PreconditionFailedError,
    TransferConfig,
)
from cloud.local import LocalStorageClient
from cloud.transfer import Leftover, cleanup

if TYPE_CHECKING:
    from pathlib import Path

    from cloud.common._bodies import Payload
    from cloud.common._storage_types import Part, Upload

KIB = 1 << 10
DATA = os.urandom(10 * KIB)
PARTS = TransferConfig(part_size=KIB, threshold=2 * KIB, max_workers=1)


class Recording(LocalStorageClient):
    """Notes which parts it gets, and fails for good at one."""

    fail_at = 0
    sent: list[int]
    during: Any = None

    def _put_part(self, upload: Upload, number: int, payload: Payload) -> Part:
        if number == self.fail_at:
            raise CloudError("killed here")
        self.sent.append(number)
        if self.during is not None:
            self.during(number)
        return super()._put_part(upload, number, payload)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "cloud" / "uploads"


@pytest.fixture
def client(tmp_path: Path, state: Path) -> Recording:
    client = Recording(tmp_path / "store")
    client.sent = []
    client.create_bucket("b")
    return client


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return path


def send(client: LocalStorageClient, file: Path, **more: Any) -> str:
    return client.upload_file("b", "k", file, **{"resume": True, "transfer": PARTS, **more})


def interrupted(client: Recording, file: Path, at: int = 6) -> None:
    client.fail_at = at
    with pytest.raises(CloudError, match="killed"):
        send(client, file)
    client.fail_at = 0
    client.sent.clear()


def check_done(client: LocalStorageClient, state: Path, data: bytes = DATA) -> None:
    assert client.download_file("b", "k") == data
    assert list(client.list_unfinished_uploads("b")) == []
    assert list(state.iterdir()) == []


def test_it_goes_on_with_what_is_missing(client: Recording, file: Path, state: Path) -> None:
    moved: list[int] = []
    interrupted(client, file)
    assert not client.object_exists("b", "k")
    [journal] = state.iterdir()
    assert journal.stat().st_mode & 0o777 == 0o600
    send(client, file, progress=moved.append)
    assert client.sent == [6, 7, 8, 9, 10]
    assert sum(moved) == len(DATA)
    check_done(client, state)


def test_the_part_size_of_the_first_run_stays(client: Recording, file: Path, state: Path) -> None:
    interrupted(client, file)
    send(client, file, transfer=TransferConfig(part_size=3 * KIB, threshold=KIB, max_workers=2))
    assert sorted(client.sent) == [6, 7, 8, 9, 10]
    check_done(client, state)


@pytest.mark.parametrize("how", ["content", "touched", "another file", "longer", "metadata"])
def test_what_changed_is_sent_anew(
    how: str, client: Recording, file: Path, state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    interrupted(client, file)
    data, more = DATA, {}
    if how == "content":
        data = bytes(len(DATA))
        file.write_bytes(data)
        os.utime(file, ns=(1, 1))
    elif how == "touched":
        os.utime(file, ns=(1, 1))
    elif how == "another file":
        other, status = file.with_name("other"), file.stat()
        other.write_bytes(DATA)
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        other.replace(file)
    elif how == "longer":
        data += b"more"
        file.write_bytes(data)
    else:
        more = {"metadata": {"a": "b"}}
    with caplog.at_level(logging.WARNING, "cloud.transfer"):
        send(client, file, **more)
    assert client.sent == list(range(1, 11 + (how == "longer")))
    assert "starts anew" in caplog.text
    check_done(client, state, data)


def test_an_upload_that_is_gone_is_begun_anew(client: Recording, file: Path, state: Path) -> None:
    interrupted(client, file)
    [left] = client.list_unfinished_uploads("b")
    client._backend.abort_upload("b", "k", left.upload_id)
    send(client, file)
    assert client.sent == list(range(1, 11))
    check_done(client, state)


def test_a_part_that_is_not_the_one_that_was_sent_is_found(
    client: Recording, file: Path, state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    interrupted(client, file)
    [left] = client.list_unfinished_uploads("b")
    client._backend.put_part("b", "k", left.upload_id, 2, b"x" * KIB)
    with caplog.at_level(logging.WARNING, "cloud.transfer"):
        send(client, file)
    assert client.sent == [6, 7, 8, 9, 10, *range(1, 11)]
    assert "no longer has all" in caplog.text
    check_done(client, state)


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"{",
        b"[1]\n",
        b"{}\n",
        b'{"upload":1,"part_size":2}\n',
        b'{"upload":"x","part_size":0}\n',
        b'{"upload":"../../x","part_size":5}\n',
        b"\xff\n",
    ],
)
def test_a_journal_of_garbage_is_no_journal(
    garbage: bytes, client: Recording, file: Path, state: Path
) -> None:
    interrupted(client, file)
    [left] = client.list_unfinished_uploads("b")
    [journal] = state.iterdir()
    journal.write_bytes(garbage)
    send(client, file)
    assert client.sent == list(range(1, 11))
    client._backend.abort_upload("b", "k", left.upload_id)  # what `cloud cleanup` finds
    check_done(client, state)


def test_lines_that_name_no_part_count_for_nothing(client: Recording, file: Path, state: Path) -> None:
    interrupted(client, file)
    [journal] = state.iterdir()
    lines = [json.loads(line) for line in journal.read_bytes().splitlines()]
    lines[1]["size"], lines[2]["etag"], lines[3]["more"] = 5, None, 1
    journal.write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    send(client, file)
    assert client.sent == [1, 2, 3, 6, 7, 8, 9, 10]
    check_done(client, state)


def test_a_file_that_changes_meanwhile_is_not_published(client: Recording, file: Path, state: Path) -> None:
    client.during = lambda number: number == 9 and os.utime(file, ns=(1, 1))
    with pytest.raises(IntegrityError, match="changed during"):
        send(client, file)
    assert not client.object_exists("b", "k")
    assert list(client.list_unfinished_uploads("b")) == []
    assert list(state.iterdir()) == []


def test_two_at_once_do_not_mix(client: Recording, file: Path, state: Path) -> None:
    def other(number: int) -> None:
        if number == 3:
            client.during = None
            with pytest.raises(ConflictError, match="another process"):
                send(client, file)

    client.during = other
    send(client, file)
    check_done(client, state)


def test_conditions_hold_at_the_end_and_are_no_reason_to_begin_anew(
    client: Recording, file: Path, state: Path
) -> None:
    client.fail_at = 6
    with pytest.raises(CloudError, match="killed"):
        send(client, file, if_match="no")
    client.fail_at = 0
    client.upload_file("b", "k", b"somebody else's")
    client.sent.clear()
    with pytest.raises(PreconditionFailedError):
        send(client, file, if_match="no")
    assert client.sent == [6, 7, 8, 9, 10]
    assert client.download_file("b", "k") == b"somebody else's"


def test_what_cannot_be_gone_on_with(client: Recording, file: Path, state: Path) -> None:
    for data in (DATA, io.BytesIO(DATA), [DATA]):
        with pytest.raises(InvalidRequestError, match="only a file"):
            client.upload_file("b", "k", data, resume=True)
    file.write_bytes(b"small")
    assert send(client, file) == "file://b/k"
    assert client.download_file("b", "k") == b"small"
    assert not state.exists()


def test_cleanup_finds_what_nobody_goes_on_with(client: Recording, file: Path, state: Path) -> None:
    interrupted(client, file)
    place = StorageLocation(client, "b", "")
    assert list(cleanup(place)) == []  # all is young
    found = list(cleanup(place, older_than=timedelta(0)))
    assert [item.kind for item in found] == [Leftover.UPLOAD, Leftover.JOURNAL]
    assert all(item.removed for item in found)
    send(client, file)
    assert client.sent == list(range(1, 11))
    check_done(client, state)


def test_cleanup_leaves_the_journal_of_a_running_upload(client: Recording, file: Path, state: Path) -> None:
    found: list[object] = []
    client.during = lambda number: number == 5 and found.extend(cleanup(older_than=timedelta(0)))
    send(client, file)
    assert found == []
    check_done(client, state)
