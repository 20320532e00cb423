"""Local files: old content or all of the new, nothing left behind, no write outside of the folder."""

from __future__ import annotations

import errno
import os
import stat
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common import _bodies, _files
from cloud.common._bodies import Allocation, FileRange, as_bytes, blocks
from cloud.common._files import FileSink, pwrite_all, replacing, safe_join, unsafe_reason
from cloud.common._reading import ObjectStream
from cloud.common._storage_types import GetRequest
from cloud.common.errors import IntegrityError, InvalidRequestError
from unit.common.doubles import Store, make_runtime

DATA = bytes(range(256)) * 4


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=["positioned", "portable"])
def file_calls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with what this system has, and with what every system has."""
    if request.param == "portable":
        monkeypatch.delattr(os, "pread")
        monkeypatch.delattr(os, "pwrite")
    return str(request.param)


# -- replacing -----------------------------------------------------------------------------------------------
def test_the_target_changes_at_the_end_of_the_block_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
        (temporary,) = set(tmp_path.iterdir()) - {path}
        assert mode_of(temporary) == 0o600
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, GeneratorExit])
@pytest.mark.parametrize("exists", [True, False])
def test_a_failure_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, error: type[BaseException], *, exists: bool
) -> None:
    path = tmp_path / "f"
    if exists:
        path.write_bytes(b"old")

    def write() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        write()
    assert list(tmp_path.iterdir()) == ([path] if exists else [])
    assert not exists or path.read_bytes() == b"old"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_a_replaced_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(mode)
    with replacing(path) as file:
        file.write(b"new")
    assert mode_of(path) == mode


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_new_file_has_the_mode_of_any_new_file(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        with replacing(tmp_path / "f") as file:
            file.write(b"new")
        assert os.umask(mask) == mask  # reading the mask has not changed it
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "f") == 0o666 & ~mask


def test_without_overwrite_an_existing_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with replacing(path, overwrite=False) as file:
        file.write(b"first")
    with pytest.raises(FileExistsError), replacing(path, overwrite=False):
        pytest.fail("the block must not run")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_without_overwrite_a_file_that_came_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "f"

    def write() -> None:
        with replacing(path, overwrite=False) as file:
            file.write(b"late")
            path.write_bytes(b"early")

    with pytest.raises(FileExistsError):
        write()
    assert path.read_bytes() == b"early"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), replacing(tmp_path):
        pytest.fail("the block must not run")


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "no" / "f"):
        pytest.fail("the block must not run")


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "鍵" * 85, "🔑" * 63])
def test_names_up_to_the_system_s_longest_work(tmp_path: Path, name: str) -> None:
    with replacing(tmp_path / name) as file:
        file.write(b"new")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_link_is_replaced_and_what_it_points_to_stays(tmp_path: Path) -> None:
    outside, link = tmp_path / "outside", tmp_path / "link"
    outside.write_bytes(b"untouched")
    link.symlink_to(outside)
    with replacing(link) as file:
        file.write(b"new")
    assert outside.read_bytes() == b"untouched"
    assert not link.is_symlink()
    assert link.read_bytes() == b"new"


# -- positioned reads and writes -----------------------------------------------------------------------------
def test_positioned_writes_from_many_threads_make_one_file(tmp_path: Path, file_calls: str) -> None:
    path = tmp_path / "f"
    with replacing(path) as file:
        threads = [
            threading.Thread(target=pwrite_all, args=(file, memoryview(DATA)[start : start + 64], start))
            for start in range(0, len(DATA), 64)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert path.read_bytes() == DATA


def test_positioned_reads_give_all_up_to_the_end(tmp_path: Path, file_calls: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(DATA)
    with path.open("rb") as file:
        part = FileRange(file, 24, 500)
        assert len(part) == 500
        assert b"".join(blocks(part, 64)) == DATA[24:524]


def test_short_writes_and_reads_of_the_system_are_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite, real_pread = os.pwrite, os.pread
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: pwrite(fd, data[:7], offset))
    monkeypatch.setattr(os, "pread", lambda fd, size, offset: real_pread(fd, min(size, 5), offset))
    with (tmp_path / "f").open("w+b", buffering=0) as file:
        pwrite_all(file, memoryview(DATA), 3)  # type: ignore[arg-type]  # an unbuffered file
        assert as_bytes(FileRange(file.fileno(), 3, len(DATA))) == DATA


def test_a_file_that_became_shorter_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(DATA)
    with path.open("r+b") as file:
        part = FileRange(file, 0, len(DATA))
        file.truncate(1000)
        with pytest.raises(IntegrityError, match="became shorter"):
            list(blocks(part, 512))


@given(size=st.integers(0, 300), block=st.integers(1, 80))
def test_memory_goes_out_in_blocks_without_a_copy(size: int, block: int) -> None:
    data = bytearray(DATA[:size])
    pieces = list(blocks(data, block))
    assert b"".join(pieces) == data
    assert all(piece.obj is data for piece in pieces)
    assert [len(piece) for piece in pieces[:-1]] == [block] * max(0, len(pieces) - 1)


def test_a_disk_that_is_full_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    stream = ObjectStream(make_runtime(), "op", Store(DATA).get, GetRequest("b", "k"))

    def write() -> None:
        with replacing(tmp_path / "f") as file:
            FileSink(file).fill(0, stream, len(DATA), lambda _piece: None)

    with pytest.raises(OSError, match="No space"):
        write()
    stream.close()
    assert list(tmp_path.iterdir()) == []


def test_a_sink_writes_each_range_at_its_place(tmp_path: Path, file_calls: str) -> None:
    path, seen = tmp_path / "f", bytearray()
    with replacing(path) as file:
        for start in (500, 0):
            end = 1024 if start else 500
            stream = ObjectStream(make_runtime(), "op", Store(DATA).get, GetRequest("b", "k", start, end))
            FileSink(file).fill(start, stream, end - start, seen.extend)
    assert path.read_bytes() == DATA
    assert bytes(seen) == DATA[500:] + DATA[:500]


def test_a_sink_does_not_take_a_short_body_for_a_whole_one(tmp_path: Path) -> None:
    stream = ObjectStream(make_runtime(), "op", Store(b"short").get, GetRequest("b", "k"))
    with (tmp_path / "f").open("w+b") as file, pytest.raises(IntegrityError, match="ended too early"):
        FileSink(file).fill(0, stream, 100, lambda _piece: None)


def test_portable_calls_are_what_the_fixture_says(file_calls: str) -> None:
    assert hasattr(_bodies.os, "pread") == (file_calls == "positioned")
    assert hasattr(_files.os, "pwrite") == (file_calls == "positioned")


# -- names that come from a service --------------------------------------------------------------------------
CLIMBING = [
    "..", "../x", "../../etc/passwd", "a/..", "a/../b", "a/../../b", "a/b/../../..", "./x", ".", "a/.", "a/./b",
    "../", "..//x", "a/../", "./..", "../.", "x/../x", "....//../x", "a/b/c/../../../../x", "../..", "../../..",
    "./../x", "a/./../x", "../a/../b", "..\x2f..\x2fetc", "a/..\x2f..", "./", "./.", "././x", "a/b/../c", "..x/..", "../..x", ".../../x", "a/../a", "%2e%2e/..", "x/./", "../\\x",
]  # fmt: skip
ABSOLUTE = [
    "/", "/x", "/etc/passwd", "//", "//x", "//server/share", "///x", "/../x", "/./x", "/a/../b", "/~", "/dev/null",
    "/proc/self/environ", "//?/C:/x", "//./pipe/x", "/home/x/", "/C:/x", "/\\x", "/.ssh/authorized_keys", "/a", "/ ", "/\n", "/..",
]  # fmt: skip
EMPTY_SEGMENTS = [
    "", "a/", "a//b", "a//", "a///b", "a/b/", "a//../b", "x/ //y", "a/b//", "folder/", "a//.", "a//..", "é/", " /",
    "\t/", "./a/", "../a/", "a/b//c", "a////b", "-/",
]  # fmt: skip
NUL = ["\0", "a\0", "\0a", "a\0b", "a/\0", "a\0/b", "x.txt\0.png", "../\0", "\0/..", "safe\0/../../etc"]
TOO_LONG = ["x" * 256, "a/" + "y" * 300, "é" * 128, "鍵" * 86, "🔑" * 64, "z" * 1024, "a/" + "b" * 256 + "/c"]
SURROGATES = ["\ud800", "a\udfff", "a/\udc80b", "\ud83d", "x/\udcffy", "ok/\ud800/ok"]
HOSTILE = CLIMBING + ABSOLUTE + EMPTY_SEGMENTS + NUL + TOO_LONG + SURROGATES


def test_the_corpus_is_as_large_as_it_claims() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 100


@pytest.mark.parametrize("key", HOSTILE, ids=ascii)
def test_a_hostile_name_never_becomes_a_path(key: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    with pytest.raises(InvalidRequestError, match="cannot become a file"):
        safe_join(folder, key)
    assert list(tmp_path.iterdir()) == []


ODD_BUT_SAFE = [
    "x", "a/b/c", "...", "....", "..a", "a..", "a..b", ".hidden", "a/.../b", "~", "~root", "~/x", "-rf", "--", "a b",
    " ", "\n", "a\nb", "\t", "\x1b[2J", "\x7f", "é", "e\u0301", "鍵", "🔑", "\u202etxt.exe", "\ufeff", "%2e%2e",
    "%2e%2e%2fx", "..%2f", "%00", "$HOME", "${IFS}", "`id`", "$(id)", "*", "?", "[a]", "{a,b}", "a;b", "a|b", "a&b",
    "a'b", 'a"b', "a\\b", "..\\..\\x", "C:", "C:\\x", "con", "nul.txt", "COM1", "a:stream", "trailing.", "trailing ",
    "x" * 255, "é" * 127, "\u2024\u2024/x", "\uff0e\uff0e/x", "\u2215etc", "..\u2215x", "<a>", "#", "a#b?c",
]  # fmt: skip


@pytest.mark.parametrize("key", ODD_BUT_SAFE, ids=ascii)
def test_an_odd_name_that_means_one_file_is_kept_as_it_is(key: str, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    path = safe_join(folder, key)
    assert path.relative_to(folder).as_posix() == key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    assert path.resolve().is_relative_to(folder.resolve())


@given(st.one_of(st.text(max_size=30), st.text("./\\~a\0:", max_size=12)))
def test_whatever_passes_stays_below_the_folder(key: str) -> None:
    folder = Path("/somewhere/folder")
    if unsafe_reason(key) is None:
        joined = os.path.normpath(folder / key)
        assert joined == str(folder / key)
        assert joined.startswith(f"{folder}/")


WINDOWS_HOSTILE = [
    "..\\x", "a\\b", "C:", "C:x", "C:/x", "a:b", "file.txt:stream", "x::$DATA", "a*", "a?", 'a"', "a<b", "a>b", "a|b",
    "\x01", "a\x1f", "a\nb", "x.", "x ", "x...", "x . .", "dir./x", "dir /x", "con", "CON", "Con.txt", "con.tar.gz",
    "con .txt", "nul", "nul.", "prn", "aux", "aux.h", "com0", "com1", "COM9.log", "lpt1", "LPT9", "com¹", "lpt³.x", "conin$",
    "CONOUT$", "a/nul/b", "a/con.txt", " ", ". .", "...", "\t", "com².txt", "lpt0",
]  # fmt: skip


@pytest.mark.parametrize("key", [*HOSTILE, *WINDOWS_HOSTILE], ids=ascii)
def test_windows_refuses_what_it_would_read_differently(key: str) -> None:
    assert unsafe_reason(key, windows=True)


@pytest.mark.parametrize(
    "key",
    ["x", "a/b.txt", ".hidden", "a.b.c", "console", "com10", "com", "lpt", "nullable", "auxiliary.txt", "conf/x", "é", "a b",
     "x.con", "-", "~", "(1)", "prn2", "com1x"],
)  # fmt: skip
def test_windows_takes_ordinary_names(key: str) -> None:
    assert unsafe_reason(key, windows=True) is None


def test_a_link_on_the_way_is_refused(tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    (folder / "real").mkdir(parents=True)
    outside.mkdir()
    (folder / "link").symlink_to(outside)
    (folder / "real" / "file").symlink_to(outside / "target")
    for key in ("link/x", "link", "real/file"):
        with pytest.raises(InvalidRequestError, match="symbolic link"):
            safe_join(folder, key)
    assert safe_join(folder, "real/x") == folder / "real" / "x"


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert safe_join(tmp_path / "link", "x") == tmp_path / "link" / "x"


# -- Allocation ----------------------------------------------------------------------------------------------
def test_room_for_a_body_is_given_up_when_its_last_view_ends() -> None:
    room = Allocation(bytes(4))
    view = room.getbuffer()
    room.close()  # what `io` does when an error's traceback still holds a view
    assert not room.closed
    view[:] = b"body"
    assert room.getvalue() == b"body"
    view.release()
    room.close()
    assert room.closed


def test_a_body_is_handed_out_without_a_copy() -> None:
    tracemalloc.start()
    try:
        room = Allocation(bytes(8 << 20))
        with room.getbuffer() as view:
            view[:4] = b"body"
        body = room.getvalue()
        del room
        assert (body[:4], len(body)) == (b"body", 8 << 20)
        assert tracemalloc.get_traced_memory()[1] < 9 << 20
    finally:
        tracemalloc.stop()
