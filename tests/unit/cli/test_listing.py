from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cloud.local import LocalStorageClient
    from conftest import Run


@pytest.fixture(autouse=True)
def objects(store: LocalStorageClient) -> None:
    for key, size in (
        ("a.txt", 10),
        ("logs", 1),
        ("logs-old", 2),
        ("logs/x.gz", 2048),
        ("logs/y/z.gz", 5000),
    ):
        store.upload_file("b", key, b"x" * size)
    store.create_bucket("empty")


@pytest.mark.parametrize(
    ("args", "lines"),
    [
        (["file://"], ["b", "empty"]),
        (["file://b"], ["a.txt", "logs", "logs-old", "logs/"]),
        (["file://b/"], ["a.txt", "logs", "logs-old", "logs/"]),
        (["file://b/logs"], ["x.gz", "y/"]),
        (["file://b/logs/"], ["x.gz", "y/"]),
        (["-r", "file://b/logs"], ["x.gz", "y/z.gz"]),
        (["file://b/logs/x"], ["x.gz"]),
        (["file://b/logs-"], ["logs-old"]),
        (["file://empty"], []),
        (["-r", "file://b"], ["a.txt", "logs", "logs-old", "logs/x.gz", "logs/y/z.gz"]),
    ],
)
def test_ls(run: Run, args: list[str], lines: list[str]) -> None:
    ran = run("ls", *args)
    assert (ran.code, ran.lines, ran.err) == (0, lines, "")


def test_ls_long_has_tabs_for_programs(run: Run) -> None:
    rows = [line.split("\t") for line in run("ls", "-l", "file://b/logs").lines]
    assert [(size, kind, name) for _, size, kind, name in rows] == [
        ("2.0 KiB", "-", "x.gz"),
        ("-", "-", "y/"),
    ]
    moment = datetime.fromisoformat(rows[0][0].replace("Z", "+00:00"))
    assert abs(moment - datetime.now(timezone.utc)) < timedelta(minutes=10)
    assert run("ls", "-l", "--bytes", "file://b/logs/x").lines[0].split("\t")[1] == "2048"


def test_ls_json_is_one_line_for_each(run: Run) -> None:
    folder, file = run("--json", "ls", "file://b/logs").records[::-1]
    assert folder == {"type": "prefix", "key": "logs/y/", "url": "file://b/logs/y/"}
    assert (file["type"], file["key"], file["size"], file["url"]) == (
        "object",
        "logs/x.gz",
        2048,
        "file://b/logs/x.gz",
    )
    assert run("ls", "--json", "file://").records[0] == {"type": "bucket", "name": "b", "url": "file://b/"}


def test_ls_of_nothing_is_an_error(run: Run) -> None:
    ran = run("ls", "file://b/none")
    assert (ran.code, ran.out) == (4, b"")
    assert ran.err == "cloud: file://b/none: nothing is there\n"
    assert run("ls", "file://none").code == 4


def test_ls_goes_on_after_an_error(run: Run) -> None:
    ran = run("ls", "file://none", "file://b/logs")
    assert (ran.code, ran.lines) == (3, ["x.gz", "y/"])
    assert ran.err.count("\n") == 1


def test_ls_of_many_pages(run: Run, store: LocalStorageClient) -> None:
    names = sorted(f"n{number}" for number in range(1005))
    for name in names:
        store.upload_file("empty", name, b"")
    assert run("ls", "file://empty").lines == names


def test_du(run: Run) -> None:
    assert run("du", "file://b", "--bytes").lines == [
        "5000\t1\tfile://b/logs/y/",
        "7048\t2\tfile://b/logs/",
        "7061\t5\tfile://b/",
    ]
    assert run("du", "-d", "0", "file://b/logs").lines == ["6.9 KiB\t2\tfile://b/logs/"]
    assert [row["url"] for row in run("du", "-d", "0", "--json", "file://").json] == [
        "file://b/",
        "file://empty/",
    ]


@pytest.mark.parametrize(
    ("args", "keys"),
    [
        ([], ["a.txt", "logs", "logs-old", "logs/x.gz", "logs/y/z.gz"]),
        (["--name", "*.gz"], ["logs/x.gz", "logs/y/z.gz"]),
        (["--name", "logs*"], ["logs", "logs-old"]),
        (["--larger", "2K"], ["logs/y/z.gz"]),
        (["--larger", "9", "--smaller", "2049"], ["a.txt", "logs/x.gz"]),
        (["--newer", "1h", "--name", "a*"], ["a.txt"]),
        (["--older", "1h"], []),
        (["--older", "2999-01-01", "--name", "a*"], ["a.txt"]),
        (["--newer", "2999-01-01T00:00Z"], []),
    ],
)
def test_find(run: Run, args: list[str], keys: list[str]) -> None:
    ran = run("find", "file://b", *args)
    assert (ran.code, ran.lines) == (0, [f"file://b/{key}" for key in keys])


def test_find_prints_urls_that_can_be_used_again(
    run: Run, store: LocalStorageClient, tmp_path: object
) -> None:
    root = f"{tmp_path}/store"
    key = "odd?root=x"
    store.upload_file("b", key, b"odd")
    (url,) = run("find", f"file://b?root={root}", "--name", "odd*").lines
    assert run("cat", url).out == b"odd"


def test_find_null_is_byte_for_byte(run: Run, store: LocalStorageClient) -> None:
    store.upload_file("b", "new\nline \x1b[31m", b"")
    assert run("find", "-0", "file://b", "--name", "new*").out == b"file://b/new\nline \x1b[31m\0"
    (record,) = run("find", "--json", "file://b", "--name", "new*").records
    assert record["key"] == "new\nline \x1b[31m"
    assert run("find", "-0", "--json", "file://b").code == 2


def test_find_in_a_whole_store(run: Run) -> None:
    assert run("find", "file://", "--name", "a.txt").lines == ["file://b/a.txt"]
    assert run("find", "file://b/logs", "--name", "?.gz").lines == [
        "file://b/logs/x.gz",
        "file://b/logs/y/z.gz",
    ]
