"""Hundreds of names that an attacker, or another system, may have put into a store: none leaves the folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud._registry import StorageLocation
from cloud.common._files import unsafe_reason
from cloud.common.errors import InvalidRequestError
from cloud.local import LocalStorageClient
from cloud.transfer import sync
from cloud.transfer._names import NameGuard

if TYPE_CHECKING:
    from pathlib import Path

# Refused everywhere: they would leave the folder, or mean another file than they say.
_DOTS = ("..", ".", "../..", "../../..", "./..", ".././..")
_FRAMES = ("{}", "{}/x", "x/{}", "x/{}/y", "x/y/{}/{}/z", "{}/{}/etc/passwd", "a b/{}/c", "é/{}/鍵")
ESCAPES = [frame.replace("{}", dots) for dots in _DOTS for frame in _FRAMES]
ROOTED = [
    prefix + name
    for prefix in ("/", "//", "///", "/./", "/../")
    for name in ("x", "etc/passwd", "tmp/x", "root/.ssh/authorized_keys", "proc/self/mem", "dev/null")
]
EMPTY = ["a//b", "a///b", "//", "a//", "x//../y", "é//é", "a/b//", " //x"]
NUL = [
    frame.replace("{}", "\0") for frame in ("a{}", "{}a", "a{}.txt", "a/{}", "{}/a", "a/b{}/c", "x.png{}.exe")
]
LONG = [
    "n" * 256,
    "é" * 128,
    "鍵" * 86,
    "🔑" * 64,
    "ok/" + "n" * 256,
    "n" * 300 + "/x",
    "a/" + "é" * 200 + "/b",
]
EVERYWHERE = [*ESCAPES, *ROOTED, *EMPTY, *NUL, *LONG]

# Refused on Windows, files elsewhere.
_DEVICES = (
    "con",
    "prn",
    "aux",
    "nul",
    "conin$",
    "conout$",
    "com0",
    "com1",
    "com9",
    "lpt1",
    "lpt9",
    "com¹",
    "lpt³",
)
DEVICES = [
    frame.format(case)
    for device in _DEVICES
    for case in (device, device.upper())
    for frame in ("{}", "{}.txt", "a/{}", "{}/b", "{}.tar.gz", "{} .x")
]
STREAMS = [
    "C:x",
    "c:/x",
    "C:\\x",
    "x:stream",
    "x::$DATA",
    "a/x:y",
    "\\\\server\\share\\x",
    "\\x",
    "..\\x",
    "a\\..\\..\\x",
]
CHARACTERS = [f"a{char}b" for char in '\\:*?"<>|'] + [f"a{chr(code)}b" for code in range(1, 32)]
ENDINGS = ["x.", "x ", "x..", "x. .", "a./b", "a /b", "...", ".. .", "a/...", " ."]
WINDOWS = [*DEVICES, *STREAMS, *CHARACTERS, *ENDINGS]

# Pairs that the file systems of macOS and Windows take for one name.
TWINS = [
    ("Readme", "readme"), ("A/x", "a/x"), ("é", "e\u0301"), ("Å", "A\u030a"), ("\u212b", "\u00c5"), ("ﬁ", "FI"),
    ("STRASSE", "straße"), ("Σ", "ς"), ("K", "\u212a"), ("İ".lower(), "İ"), ("ñ/a", "n\u0303/a"), ("Ü/é", "u\u0308/É"),
]  # fmt: skip


def test_the_table_is_long() -> None:
    assert len({*EVERYWHERE, *WINDOWS}) >= 300


@pytest.mark.parametrize("windows", [False, True])
def test_what_is_hostile_everywhere_is_refused_everywhere(*, windows: bool) -> None:
    assert [name for name in EVERYWHERE if unsafe_reason(name, windows=windows) is None] == []


def test_what_windows_reads_differently_is_refused_there_and_a_file_elsewhere() -> None:
    assert [name for name in WINDOWS if unsafe_reason(name, windows=True) is None] == []
    assert [name for name in WINDOWS if unsafe_reason(name, windows=False) is not None] == []


@pytest.mark.parametrize("twins", TWINS)
def test_twins_of_macos_and_windows_are_found_in_both_orders(twins: tuple[str, str]) -> None:
    for first, second in (twins, twins[::-1]):
        guard = NameGuard()
        guard.check(first)
        assert guard.twin(second) is not None
        with pytest.raises(InvalidRequestError, match="case or Unicode form"):
            guard.check(second)
        apart = NameGuard(keeps_apart=True)
        apart.check(first)
        apart.check(second)


def test_a_sync_writes_what_is_a_file_and_nothing_outside(tmp_path: Path) -> None:
    client = LocalStorageClient.in_memory()
    client.create_bucket("b")
    hostile = [name for name in EVERYWHERE if len(name.encode()) < 1000]
    files = [name for name in dict.fromkeys(WINDOWS) if not any(o.startswith(name + "/") for o in WINDOWS)]
    for name in (*hostile, *files):
        client.upload_file("b", f"p/{name}", name.encode())
    target = tmp_path / "deep/er/target"
    options = {"state": tmp_path / "state", "keeps_names_apart": True}
    report = sync(StorageLocation(client, "b", "p"), target, **options)  # type: ignore[arg-type]  # of two types
    assert report.failed == len(set(hostile))
    assert report.copied == len(files)
    assert all(isinstance(item.error, InvalidRequestError) for item in report.failures)
    found = {
        path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()
    }
    assert found == {name: name.encode() for name in files}
    outside = [p for p in tmp_path.rglob("*") if p.is_file() and target not in p.parents]
    assert [path.suffix for path in outside] == [".journal"]
