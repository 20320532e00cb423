"""Many objects one by one, what crashes leave, and the journal itself."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cloud._registry import StorageLocation
from cloud.common.errors import ConflictError, InvalidRequestError, NotFoundError
from cloud.local import LocalStorageClient
from cloud.transfer import Leftover, cleanup, delete_many, download_many, upload_many
from cloud.transfer._journal import Journal
from cloud.transfer._sides import Entry

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def client() -> LocalStorageClient:
    made = LocalStorageClient.in_memory()
    made.create_bucket("b")
    return made


def test_results_come_in_order_and_failures_stop_nobody(client: LocalStorageClient) -> None:
    items = [(f"{number}", b"x" * number) for number in range(50)] + [("", b"no key"), ("last", b"x")]
    results = list(upload_many(client, "b", items, workers=4))
    assert [result.key for result in results] == [key for key, _ in items]
    assert [result.key for result in results if not result.ok] == [""]
    assert results[3].uri == "memory://b/3"
    read = list(download_many(client, "b", ["7", "none", "49"], workers=2))
    assert [result.data for result in read] == [b"x" * 7, None, b"x" * 49]
    assert isinstance(read[1].error, NotFoundError)
    gone = list(delete_many(client, "b", (key for key, _ in items if key), workers=3))
    assert all(result.ok for result in gone)
    assert client.list_objects("b").to_list() == []


def test_nothing_happens_before_results_are_read(client: LocalStorageClient) -> None:
    taken: list[int] = []

    def items() -> object:
        for number in range(1000):
            taken.append(number)
            yield str(number), b"x"

    results = upload_many(client, "b", items(), workers=2)  # type: ignore[arg-type]  # a generator of pairs
    assert taken == []
    next(results)
    assert len(taken) <= 5


def test_bad_arguments_are_refused(client: LocalStorageClient) -> None:
    with pytest.raises(InvalidRequestError, match="workers"):
        upload_many(client, "b", {}, workers=0)
    for call in (download_many, delete_many):
        with pytest.raises(InvalidRequestError, match="one text"):
            call(client, "b", "abc")
    assert [type(result.error) for result in delete_many(client, "none", ["a", "b"])] == [NotFoundError] * 2


# -- what crashes leave --------------------------------------------------------------------------------------
def test_leftovers_are_found_by_age_and_removed(tmp_path: Path) -> None:
    store = LocalStorageClient(tmp_path / "store")
    store.create_bucket("b")
    request = store._put_request("b", "p/x", content_type=None)
    store._create_upload(request)
    folder, state = tmp_path / "folder", tmp_path / "state"
    for path in (
        folder / f"a/.x.{'0' * 16}.part",
        folder / "x.part",
        state / f"{'a' * 32}.journal",
        state / "mine",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    running = Journal(state, "a", "b")
    running.begin(anew=False)
    places = (folder, StorageLocation(store, "b", "p"))
    assert list(cleanup(*places, state=state)) == []  # all are young
    seen = list(cleanup(*places, state=state, older_than=timedelta(0), dry_run=True))
    assert [item.kind for item in seen] == [Leftover.STAGED_FILE, Leftover.UPLOAD, Leftover.JOURNAL]
    assert not any(item.removed for item in seen)
    gone = list(cleanup(*places, state=state, older_than=timedelta(0)))
    assert [(item.kind, item.place, item.removed) for item in gone] == [
        (item.kind, item.place, True) for item in seen
    ]
    assert store.list_unfinished_uploads("b") == []
    assert {path.name for path in folder.rglob("*.part")} == {"x.part"}
    assert sorted(path.name for path in state.iterdir()) == sorted([running.path.name, "mine"])
    running.end(complete=True)
    with pytest.raises(InvalidRequestError):
        cleanup(older_than=timedelta(-1))


# -- the journal ---------------------------------------------------------------------------------------------
def test_a_journal_remembers_exact_states_and_survives_a_cut_line(tmp_path: Path) -> None:
    first = Journal(tmp_path, "a", "b")
    first.begin(anew=False)
    one, two = Entry("one\n\udcff", 1, 2, "e"), Entry("two", 1, None, None)
    first.add(one)
    first.add(two)
    first.doubt("doubtful")
    with pytest.raises(ConflictError):
        Journal(tmp_path, "a", "b").begin(anew=False)
    first.end(complete=False)
    with first.path.open("ab") as file:
        file.write(b'{"done": "cut o')
    second = Journal(tmp_path, "a", "b")
    second.load()
    assert one in second.done
    assert two in second.done
    assert one._replace(time_ns=3) not in second.done
    assert second.done.doubtful == {"doubtful"}
    second.begin(anew=False)
    second.add(Entry("doubtful", 1, 1, None))
    second.end(complete=False)
    third = Journal(tmp_path, "a", "b")
    third.load()
    assert third.done.doubtful == set()
    assert len(third.done) == 3
    assert json.loads(third.path.read_bytes().splitlines()[0])["process"]
    third.begin(anew=True)
    third.end(complete=True)
    assert list(tmp_path.iterdir()) == []
