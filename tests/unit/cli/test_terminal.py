"""What people see: the commands on a real (pseudo) terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cloud.cli import _console
from cloud.cli._console import Console

if TYPE_CHECKING:
    import pytest

    from cloud.local import LocalStorageClient

SOURCE = Path(__file__).parents[3] / "src"


def on_terminal(*args: object, python: tuple[str, ...] = ()) -> tuple[int, str]:
    """Return the exit code, and everything that the terminal was sent."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, *python, "-m", "cloud.cli", *map(str, args)]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        seen = b""
        while chunk := _read(ours):
            seen += chunk
    os.close(ours)
    return process.returncode, seen.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # Linux says EIO when the other side is closed
        return b""


def test_names_cannot_steer_the_terminal(store: LocalStorageClient) -> None:
    store.upload_file("b", "evil\x1b]0;pwned\x07\x9b31m", b"", metadata={"a": "b"})
    for args in (
        ["ls", "file://b"],
        ["ls", "-l", "file://b"],
        ["find", "file://b"],
        ["ls", "--json", "file://b"],
    ):
        code, seen = on_terminal(*args)
        assert code == 0
        assert "\x1b" not in seen
        assert "\x9b" not in seen
    code, seen = on_terminal("stat", "file://b/evil\x1b[31mred")
    assert code == 4
    assert "\x1b" not in seen
    code, seen = on_terminal("stat", "file://b/evil\x1b]0;pwned\x07\x9b31m")
    assert code == 0
    assert r"evil\x1b]0;pwned\x07\x9b31m" in seen
    assert "\x1b]0;" not in seen
    assert "\x1b]0;" in on_terminal("find", "-0", "file://b")[1]  # as asked


def test_tables_have_headers(store: LocalStorageClient) -> None:
    store.upload_file("b", "p/[red]x", b"x" * 2048)
    for python in ((), ("-S",)):  # with rich, and in an environment that really lacks it
        code, seen = on_terminal("du", "file://b", python=python)
        text = re.sub(r"\x1b\[[0-9;]*m", "", seen)
        assert code == 0
        assert re.search(r"size +objects +folder", text)
        assert re.search(r"2\.0 KiB +1 +file://b/p/", text)
        assert "[red]x" in on_terminal("stat", "file://b/p/[red]x", python=python)[1]


def test_a_copy_shows_a_bar_that_goes_away(store: LocalStorageClient, tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}").write_bytes(b"x" * 100_000)
    (tmp_path / "broken\x1b[31m").symlink_to("nowhere")
    code, seen = on_terminal(
        "cp", "-r", "--follow-symlinks", tmp_path, "memory://none/x", "--exclude", "store"
    )
    assert code == 3
    assert "━" in seen
    assert "\x1b[31m:" not in seen
    assert r"broken\x1b[31m" in seen
    assert "0 items, 0 B" in seen
    assert "31 failed" in seen
    assert seen.count("\x1b[?25l") == seen.count("\x1b[?25h") == 1  # the cursor is back
    code, seen = on_terminal("cp", tmp_path / "1", "file://b")
    assert code == 0
    assert "1/1 items" in seen


def test_quiet_shows_no_bar(store: LocalStorageClient, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    assert on_terminal("cp", "--quiet", tmp_path / "x", "file://b") == (0, "")


def test_without_rich_every_item_is_a_line(store: LocalStorageClient, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    code, seen = on_terminal("cp", tmp_path / "x", "file://b", python=("-S",))
    assert (code, seen) == (0, f"{tmp_path}/x -> file://b/x\r\n")


def test_the_plain_table_lines_up(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_console, "find_spec", lambda _: None)
    console = Console()
    console.is_terminal = True
    console.table(("size", "name"), [("1", "a\x1b"), ("12345", "b")], right=(0,))
    assert capsysbinary.readouterr().out == b" size  name\n    1  a\\x1b\n12345  b\n"
