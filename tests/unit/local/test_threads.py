"""One store, many threads; and a child that was forked."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import pytest

from cloud.common.errors import AlreadyExistsError, ConflictError, NotFoundError, PreconditionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.local import LocalStorageClient

RACERS = 16


@pytest.fixture(autouse=True)
def often() -> Iterator[None]:
    """Threads take turns after a microsecond, not after five milliseconds."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def race(call: Callable[[int], object]) -> list[object]:
    """Return what 16 threads get that begin at the same moment."""
    barrier = threading.Barrier(RACERS)

    def run(number: int) -> object:
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(run, range(RACERS)))


@pytest.mark.parametrize("size", [10, 9000])
def test_one_of_many_creators_wins(client: LocalStorageClient, size: int) -> None:
    def create(number: int) -> int | None:
        try:
            client.upload_file("bucket", "a/b", iter([bytes([number]) * size]), if_absent=True)
        except AlreadyExistsError:
            return None
        return number

    winners = [number for number in race(create) if number is not None]
    assert len(winners) == 1
    assert client.download_file("bucket", "a/b") == bytes(winners) * size  # type: ignore[arg-type]  # numbers
    assert client.list_unfinished_uploads("bucket") == []


def test_compare_and_swap_loses_no_update(client: LocalStorageClient) -> None:
    client.upload_file("bucket", "n", b"0")

    def add(_: int) -> None:
        while True:
            info = client.get_object_metadata("bucket", "n")
            try:
                value = int(client.download_file("bucket", "n", if_match=info.etag))
                client.upload_file("bucket", "n", str(value + 1).encode(), if_match=info.etag)
            except PreconditionFailedError:
                continue
            return

    race(add)
    assert client.download_file("bucket", "n") == b"16"


def test_one_of_many_deleters_is_told(client: LocalStorageClient) -> None:
    client.upload_file("bucket", "a/b", b"x")
    assert sorted(race(lambda _: client.delete_file("bucket", "a/b"))) == [False] * 15 + [True]  # type: ignore[type-var]  # bools


def test_one_of_many_makers_of_a_bucket_is_told(client: LocalStorageClient) -> None:
    assert sorted(race(lambda _: client.create_bucket("new"))) == [False] * 15 + [True]  # type: ignore[type-var]  # likewise


def test_neighbours_come_and_go(client: LocalStorageClient) -> None:
    """Deletes remove empty folders while others put objects into them."""

    def come_and_go(number: int) -> None:
        for _ in range(15):
            client.upload_file("bucket", f"a/b/c/{number}", b"x")
            assert client.delete_file("bucket", f"a/b/c/{number}")

    race(come_and_go)
    assert client.delete_bucket("bucket")


def test_readers_see_whole_objects(client: LocalStorageClient) -> None:
    # One request each: larger ones are read by ranges, which refuse to mix two bodies.
    bodies = {bytes([number]) * 3000 for number in range(RACERS)}
    client.upload_file("bucket", "k", bytes(3000))

    def write_or_read(number: int) -> None:
        for _ in range(15):
            if number % 4:
                assert client.download_file("bucket", "k") in bodies
                assert [info.key for info in client.list_objects("bucket")] == ["k"]
            else:
                client.upload_file("bucket", "k", bytes([number]) * 3000)

    race(write_or_read)


def test_metadata_changes_never_undo_a_write(client: LocalStorageClient) -> None:
    client.upload_file("bucket", "k", b"0")

    def change(number: int) -> None:
        if number % 2:
            client.upload_file("bucket", "k", str(number).encode())
            return
        try:
            client.update_metadata("bucket", "k", metadata={"n": str(number)})
        except PreconditionFailedError:
            return  # replaced meanwhile: refused instead of undone

    race(change)
    assert client.download_file("bucket", "k") in {str(number).encode() for number in range(1, 16, 2)}


def test_a_removal_of_the_bucket_wins_or_loses(client: LocalStorageClient) -> None:
    def put_or_remove(number: int) -> bool:
        try:
            if number:
                client.upload_file("bucket", f"a/{number}", b"x")
            else:
                client.delete_bucket("bucket")
        except NotFoundError:
            return False
        except ConflictError:
            return True
        return True

    told = race(put_or_remove)
    stored = sum(told[1:])  # type: ignore[arg-type]  # bools
    found = len(client.list_objects("bucket").to_list()) if client.bucket_exists("bucket") else 0
    assert found == stored


def child_of(client: LocalStorageClient, number: int) -> NoReturn:
    """Use the store in a forked process, and say by its exit code how that went."""
    signal.alarm(30)  # a lock that the fork left taken must not hang the tests
    code = 1
    try:
        client.upload_file("bucket", f"child{number}", b"x")
        if (
            client.download_file("bucket", "k") == b"before"
            and client.list_objects("bucket", "noise").first()
        ):
            code = 0
    finally:
        os._exit(code)


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_child_goes_on(client: LocalStorageClient) -> None:
    """Another thread writes to the store at the moment of the fork."""
    client.upload_file("bucket", "k", b"before")
    record = client._backend.read("bucket", "k")
    assert record is not None
    stop, begun = threading.Event(), threading.Event()

    def disturb() -> None:
        while not stop.is_set():
            with client._backend.stage("bucket", b"noise") as staged:
                after = replace(record, data=staged.data)
                client._backend.commit("bucket", "noise", lambda _, after=after: after, staged)  # type: ignore[misc]  # mypy cannot infer a default's type
            begun.set()

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        assert begun.wait(30)
        for number in range(5):
            child = os.fork()
            if child == 0:
                child_of(client, number)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        stop.set()
        thread.join()
    children = client.list_objects("bucket", "child").to_list()
    assert len(children) == (0 if client.native is None else 5)  # memory is the child's own
