"""Keys are held byte for byte, and none of them leaves its folder."""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common.errors import IntegrityError
from cloud.local._encoding import PIECE, Encoder, key_text

if TYPE_CHECKING:
    from pathlib import Path

    from cloud.local import LocalStorageClient

HARD_KEYS = [
    "/", "//", "///", "a", "a/", "/a", "a//b", "a/b", "a/b/c", ".", "..", "../..", "./a", "a/../b", "a/.", "...", "a.",
    "@meta", "@data-0123456789abcdef", "a/@meta", ".cloud", ".cloud/format.json", "%", "%41", "%2F", "%%", "+", "a+",
    "a b", " a", "a ", "a\\b", "C:\\x", "con", "CON", "con.txt", "Aux", "nul", "com1", "lpt9.log", "console", "a:b",
    "a\0b", "\0", "a\nb", "\r", "\t", "\x7f", "a?b", "a*b", 'a"b', "a|b", "a<b>", "~", "-rf", "--", "$(x)", "A", "aA",
    unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é"), "ß", "İ", "\u202e", "🎈", "\uffff", "\U0010ffff",
    "x" * PIECE, "x" * (PIECE - 1), "x" * (PIECE + 1), "x" * PIECE + "/", "x" * PIECE + "/y", "x" * (2 * PIECE), "x" * 1024,
    "é" * 512, "/" * 1024, "a/" * 512, "\0" * 1024, "🎈" * 256, ("y" * 79 + "/") * 12,
]  # fmt: skip


def test_hard_keys_are_apart(client: LocalStorageClient) -> None:
    assert len(set(HARD_KEYS)) == len(HARD_KEYS)
    for key in HARD_KEYS:
        client.upload_file("bucket", key, key.encode())
    assert [info.key for info in client.list_objects("bucket", page_size=7)] == sorted(
        HARD_KEYS, key=str.encode
    )
    for key in HARD_KEYS:
        assert client.download_file("bucket", key) == key.encode()
    for count, key in enumerate(HARD_KEYS, 1):
        assert client.delete_file("bucket", key)
        assert not client.object_exists("bucket", key)
        assert client.object_exists("bucket", HARD_KEYS[-1]) == (count < len(HARD_KEYS))
    assert client.delete_bucket("bucket")


def test_no_key_leaves_the_bucket(local: LocalStorageClient, root: Path) -> None:
    for key in HARD_KEYS:
        local.upload_file("bucket", key, b"")
    assert sorted(path.name for path in root.parent.iterdir()) == ["store"]
    assert sorted(path.name for path in root.iterdir()) == [".cloud", "bucket"]
    for key in HARD_KEYS:
        local.delete_file("bucket", key)
    assert list((root / "bucket").iterdir()) == []


ENCODERS = [Encoder(case_sensitive=True), Encoder(case_sensitive=False)]


@given(key=st.text(st.characters(codec="utf-8"), min_size=1, max_size=300) | st.sampled_from(HARD_KEYS))
def test_names_are_safe_and_turn_back(key: str) -> None:
    for encoder in ENCODERS:
        names = encoder.path(key)
        raw = b""
        for place, name in enumerate(names):
            assert 1 <= len(name) <= 255
            assert name.isascii()
            assert name.isprintable()
            assert name[0] not in "@."
            assert name[-1] not in ". "
            assert not set(name) & set('/\\:*?"<>| ')
            assert name.split(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}
            piece = encoder.piece(name)
            assert piece is not None
            raw += piece[0]
            if not piece[1] and place < len(names) - 1:
                raw += b"/"
        assert key_text(raw) == key
    assert ENCODERS[1].path(key) == [
        name.lower() if "%" not in name else name for name in ENCODERS[1].path(key)
    ]


@given(keys=st.lists(st.text("aAbB.%/", min_size=1, max_size=6), min_size=2, max_size=2, unique=True))
def test_no_two_keys_share_a_path_where_case_is_ignored(keys: list[str]) -> None:
    one, two = ("/".join(ENCODERS[1].path(key)).lower() for key in keys)
    assert one != two


@pytest.mark.parametrize(
    "name",
    [
        "@meta",
        "@data-0",
        ".cloud",
        "%4",
        "%61",
        "a.",
        ".a",
        "con",
        "Con.x",
        "%2e",
        "ä",
        "",
        "+",
        "a+",
        "x" * 80,
    ],
)
def test_foreign_names_are_no_keys(name: str) -> None:
    assert ENCODERS[0].piece(name) is None


def test_foreign_files_are_left_alone(local: LocalStorageClient, root: Path) -> None:
    local.upload_file("bucket", "a/b", b"x")
    (root / "bucket" / "notes.txt").write_text("mine")
    (root / "bucket" / "a" / ".DS_Store").write_text("mine")
    (root / "bucket" / "%zz").mkdir()
    assert [info.key for info in local.list_objects("bucket")] == ["a/b"]
    assert local.delete_file("bucket", "a/b")
    assert (root / "bucket" / "a" / ".DS_Store").exists()
    with pytest.raises(Exception, match="not empty"):
        local.delete_bucket("bucket", force=True)
    assert (root / "bucket" / "notes.txt").read_text() == "mine"


def test_a_folder_that_is_no_utf8_is_an_error(local: LocalStorageClient, root: Path) -> None:
    local.upload_file("bucket", "k", b"x")
    os.rename(root / "bucket" / "k", root / "bucket" / "%FF")  # noqa: PTH104  # plainly
    with pytest.raises(IntegrityError, match="no key"):
        local.list_objects("bucket").to_list()
