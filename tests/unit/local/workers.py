"""Runs inside a process of its own, because it forks and kills: see ``test_processes.py``.

``workers.py crash OPERATION FOLDER``: the operation is begun over and over, and killed one system call later each
time, until it gets through. ``workers.py kill FOLDER``: writers are killed whenever. ``workers.py race KIND FOLDER``:
16 processes want the same.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cloud.common._engine import TransferConfig
from cloud.common.errors import AlreadyExistsError, NotFoundError, PreconditionFailedError
from cloud.local import LocalStorageClient

if TYPE_CHECKING:
    from collections.abc import Callable

OLD, NEW = b"old" * 3000, b"newer" * 2500
RACERS = 16
CHANGES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.truncate", "os.listdir"}


def open_store(folder: Path) -> LocalStorageClient:
    config = TransferConfig(part_size=4000, threshold=10_000, max_workers=1)
    return LocalStorageClient(folder, transfer=config)


def write_parts(client: LocalStorageClient) -> None:
    with client.open_file("bucket", "a/key", "wb", metadata={"body": "new"}) as file:
        file.write(NEW)


OPERATIONS: dict[str, Callable[[LocalStorageClient], object]] = {
    "replace": lambda client: client.upload_file("bucket", "a/key", NEW[:9000], metadata={"body": "new"}),
    "create": lambda client: client.upload_file("bucket", "b/c/key", NEW[:9000], metadata={"body": "new"}),
    "delete": lambda client: client.delete_file("bucket", "a/key"),
    "copy": lambda client: client.copy_file("bucket", "source", "bucket", "a/key"),
    "metadata": lambda client: client.update_metadata("bucket", "a/key", metadata={"body": "old", "x": "y"}),
    "multipart": write_parts,
    "bucket": lambda client: client.create_bucket("another"),
    "unbucket": lambda client: client.delete_bucket("empty"),
}


def forked(work: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as exc:  # noqa: BLE001  # the parent must hear of everything
            sys.stderr.write(f"{exc!r}\n")
            os._exit(1)
        os._exit(0)
    return child


def die_at(number: int, folder: Path) -> None:
    """Kill this process when it begins its `number`-th call about a file below `folder`."""
    left = number

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if event in CHANGES and args and str(args[0]).startswith(str(folder)):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def check_whole(client: LocalStorageClient) -> None:
    """Every object is one of those that were stored, with its own metadata, and listed if it can be read."""
    listed = {info.key: info for info in client.list_objects("bucket")}
    for key in ("a/key", "b/c/key", "source"):
        try:
            body = client.download_file("bucket", key)
        except NotFoundError:
            assert key not in listed
            continue
        info = client.get_object_metadata("bucket", key)
        assert listed.pop(key).etag == info.etag
        expected = {"old": (OLD,), "new": (NEW, NEW[:9000])}[info.metadata["body"]]
        assert body in expected, (key, len(body), info)
    assert not listed


def check_clean(folder: Path, client: LocalStorageClient) -> None:
    """A next write and a clean-up leave one data file per object and nothing else."""
    for key in ("a/key", "b/c/key"):
        client.upload_file("bucket", key, OLD, metadata={"body": "old"})
    for bucket in client.list_buckets():
        client.abort_unfinished_uploads(bucket, older_than=timedelta(0))
    assert len(list((folder / "bucket").rglob("@data-*"))) == len(client.list_objects("bucket").to_list())
    assert list((folder / ".cloud" / "staging").iterdir()) == []
    assert [path for path in (folder / ".cloud" / "uploads").rglob("*") if path.is_file()] == []
    assert client.delete_bucket("bucket", force=True)


def crash(operation: str, top: Path) -> None:
    points = 0
    while True:
        points += 1
        folder = top / str(points)
        client = open_store(folder)
        client.create_bucket("bucket")
        client.create_bucket("empty")
        client.upload_file("bucket", "a/key", OLD, metadata={"body": "old"})
        client.upload_file("bucket", "source", NEW, metadata={"body": "new"})

        def work(folder: Path = folder, number: int = points) -> None:
            own = open_store(folder)
            die_at(number, folder)
            OPERATIONS[operation](own)

        status = os.waitpid(forked(work), 0)[1]
        check_whole(open_store(folder))
        check_clean(folder, open_store(folder))
        if os.waitstatus_to_exitcode(status) == 0:
            break
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    sys.stdout.write(str(points))


def kill(folder: Path) -> None:
    client = open_store(folder)
    client.create_bucket("bucket")
    for _ in range(25):
        reader, writer = os.pipe()

        def work(writer: int = writer) -> None:
            own = open_store(folder)
            while True:
                for body, name in ((OLD, "old"), (NEW, "new")):
                    own.upload_file("bucket", "a/key", body, metadata={"body": name})
                    own.upload_file("bucket", "b/c/key", body[:9000], metadata={"body": name})
                    own.delete_file("bucket", "b/c/key")
                    os.write(writer, b".")

        child = forked(work)
        os.close(writer)
        assert os.read(reader, random.randint(1, 4))  # noqa: S311  # any moment will do
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reader)
        check_whole(open_store(folder))
    check_clean(folder, open_store(folder))


def create(folder: Path, tell: int) -> None:
    """One of all racers makes the object and says so."""
    try:
        open_store(folder).upload_file("bucket", "one/for/all", str(os.getpid()).encode(), if_absent=True)
    except AlreadyExistsError:
        return
    os.write(tell, f"{os.getpid()}\n".encode())


def count(folder: Path, tell: int) -> None:
    """Each racer adds one."""
    client = open_store(folder)
    while True:
        info = client.get_object_metadata("bucket", "counter")
        try:
            value = int(client.download_file("bucket", "counter", if_match=info.etag))
            client.upload_file("bucket", "counter", str(value + 1).encode(), if_match=info.etag)
        except PreconditionFailedError:
            continue
        return


def come_and_go(folder: Path, tell: int) -> None:
    """Racers put and delete neighbours, which removes and makes the folders that they share."""
    client = open_store(folder)
    for number in range(20):
        client.upload_file("bucket", f"deep/down/{os.getpid()}", b"x")
        assert client.create_bucket(f"b{os.getpid()}-{number}")
        assert client.delete_file("bucket", f"deep/down/{os.getpid()}")


def race(kind: str, folder: Path) -> None:
    client = open_store(folder)
    client.create_bucket("bucket")
    client.upload_file("bucket", "counter", b"0")
    start_reader, start_writer = os.pipe()
    told_reader, told_writer = os.pipe()

    def racer() -> None:
        os.close(start_writer)
        os.read(start_reader, 1)
        {"create": create, "count": count, "come_and_go": come_and_go}[kind](folder, told_writer)

    children = [forked(racer) for _ in range(RACERS)]
    os.close(start_writer)  # all of them read its end now
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * RACERS
    os.close(told_writer)
    winners = os.read(told_reader, 1000).decode().split()
    if kind == "create":
        assert winners == [client.download_file("bucket", "one/for/all").decode()]
    elif kind == "count":
        assert client.download_file("bucket", "counter") == str(RACERS).encode()
    else:
        assert [info.key for info in client.list_objects("bucket")] == ["counter"]
        assert sorted(path.name for path in (folder / "bucket").iterdir()) == ["counter"]


if __name__ == "__main__":
    {"crash": crash, "kill": kill, "race": race}[sys.argv[1]](*sys.argv[2:-1], Path(sys.argv[-1]))  # type: ignore[operator]  # a table of functions
