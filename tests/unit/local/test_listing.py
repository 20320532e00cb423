"""Listings against a model, and what they cost."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.common.errors import InvalidRequestError
from cloud.local import LocalStorageClient
from cloud.local import _walk as walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.local._encoding import Encoder

# Few characters, so that keys share prefixes; '.' and '-' sort before '/', '0' after it.
KEYS = st.one_of(
    st.text("ab/.-0Aé", min_size=1, max_size=8),
    st.builds(lambda text, count: text + "x" * count, st.text("a/", max_size=2), st.integers(78, 82)),
    st.builds(lambda count, text: "x" * count + text, st.integers(79, 161), st.text("/x-0", max_size=2)),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=6),
)


def model(
    keys: set[str], prefix: str, delimiter: str | None, start_after: str | None
) -> tuple[list[str], list[str]]:
    """List the slow and obvious way."""
    items, prefixes = [], []
    for key in sorted(keys, key=str.encode):
        if not key.startswith(prefix) or (start_after is not None and key.encode() <= start_after.encode()):
            continue
        cut = -1 if delimiter is None else key.find(delimiter, len(prefix))
        if delimiter is None or cut < 0:
            items.append(key)
        elif (common := key[: cut + len(delimiter)]) not in prefixes:
            prefixes.append(common)
    return items, prefixes


def listed(
    client: LocalStorageClient, prefix: str, delimiter: str | None, start_after: str | None, page_size: int
) -> tuple[list[str], list[str]]:
    items: list[str] = []
    prefixes: list[str] = []
    pages = client.list_objects(
        "bucket", prefix, delimiter=delimiter, start_after=start_after, page_size=page_size
    ).pages()
    for page in pages:
        assert len(page.items) + len(page.prefixes) <= page_size
        assert page.items or page.prefixes or page.next_token is None
        items += [info.key for info in page.items]
        prefixes += page.prefixes
    return items, prefixes


@settings(max_examples=60, deadline=None)
@given(
    keys=st.lists(st.tuples(KEYS, st.booleans()), max_size=12),
    questions=st.lists(
        st.tuples(
            st.text("ab/x", max_size=2),
            st.sampled_from([None, "/", "-", "a/", "é"]),
            st.none() | KEYS,
            st.integers(1, 4),
        ),
        min_size=1,
        max_size=5,
    ),
    case_sensitive=st.booleans(),
)
def test_stores_are_like_a_dictionary(
    keys: list[tuple[str, bool]],
    questions: list[tuple[str, str | None, str | None, int]],
    *,
    case_sensitive: bool,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ".cloud").mkdir()
        (Path(folder) / ".cloud" / "format.json").write_text(
            f'{{"version": 1, "case_sensitive": {str(case_sensitive).lower()}}}'
        )
        for client in (LocalStorageClient(folder), LocalStorageClient.in_memory()):
            client.create_bucket("bucket")
            expected: dict[str, bytes] = {}
            for key, stays in keys:
                assert client.object_exists("bucket", key) == (key in expected)
                client.upload_file("bucket", key, key.encode())
                expected[key] = key.encode()
                if not stays:
                    assert client.delete_file("bucket", key)
                    del expected[key]
            for key, body in expected.items():
                assert client.download_file("bucket", key) == body
            for prefix, delimiter, start_after, page_size in questions:
                assert listed(client, prefix, delimiter, start_after, page_size) == model(
                    set(expected), prefix, delimiter, start_after
                )
            assert client.delete_bucket("bucket", force=True)


def test_tokens_stay_good_when_objects_go(client: LocalStorageClient) -> None:
    for number in range(6):
        client.upload_file("bucket", f"k{number}", b"")
    pages = client.list_objects("bucket", page_size=2).pages()
    first = next(pages)
    for key in ("k1", "k2", "k4"):
        client.delete_file("bucket", key)
    client.upload_file("bucket", "k45", b"")
    assert [info.key for info in first.items] == ["k0", "k1"]
    assert [info.key for page in pages for info in page.items] == ["k3", "k45", "k5"]
    rest = client.list_objects("bucket", page_size=2, token=first.next_token)
    assert [info.key for info in rest] == ["k3", "k45", "k5"]


def test_what_goes_during_a_page_is_left_out(local: LocalStorageClient) -> None:
    local.upload_file("bucket", "a", b"")
    local.upload_file("bucket", "b/c", b"")
    local.upload_file("bucket", "d", b"")
    scan = local._backend.scan("bucket", b"", None)
    assert scan.next() is not None
    local.delete_file("bucket", "b/c")
    found = scan.next()
    assert found is not None
    assert found[0] == b"d"
    assert scan.next() is None


@pytest.mark.parametrize("token", ["!", "ä", "abc"])
def test_foreign_tokens_are_refused(client: LocalStorageClient, token: str) -> None:
    with pytest.raises(InvalidRequestError):
        client.list_objects("bucket", token=token).to_list()


def test_text_that_is_no_unicode_is_refused(client: LocalStorageClient) -> None:
    for listing in (
        client.list_objects("bucket", "\ud800"),
        client.list_objects("bucket", start_after="\ud800"),
        client.list_objects("bucket", delimiter="\ud800"),
    ):
        with pytest.raises(InvalidRequestError, match="surrogate"):
            listing.to_list()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every folder that listings read."""
    folders: list[str] = []
    read = walk.entries_of

    def note(encoder: Encoder, folder: str) -> list[walk.Entry]:
        folders.append(os.path.basename(folder))  # noqa: PTH119  # it is text
        return read(encoder, folder)

    monkeypatch.setattr(walk, "entries_of", note)
    return folders


def test_a_page_reads_the_folders_that_it_needs(local: LocalStorageClient, opened: list[str]) -> None:
    for outer in "abcdefgh":
        for inner in "1234":
            local.upload_file("bucket", f"{outer}/{inner}/leaf", b"")
    opened.clear()
    assert local.list_objects("bucket", "c/2/").to_list()[0].key == "c/2/leaf"
    assert opened == ["bucket", "c", "2", "leaf"]
    opened.clear()
    pages = local.list_objects("bucket", page_size=1, start_after="f/2").pages()
    assert next(pages).items[0].key == "f/2/leaf"
    assert set(opened) <= {"bucket", "f", "2", "leaf", "3"}
    opened.clear()
    assert list(local.list_objects("bucket", delimiter="/").prefixes()) == [
        f"{outer}/" for outer in "abcdefgh"
    ]
    assert opened.count("bucket") == 1
    assert len(opened) == 1 + 2 * 8  # of each common prefix, the way to its first object


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(local: LocalStorageClient, monkeypatch: pytest.MonkeyPatch) -> _Clock:
    clock = _Clock()
    cache: walk.FolderCache = vars(local._backend)["_cache"]
    monkeypatch.setattr(cache, "_clock", clock)
    monkeypatch.setattr(walk.FolderCache, "LARGE", 8)
    return clock


def test_a_large_folder_that_stands_still_is_read_once(
    local: LocalStorageClient, opened: list[str], clock: _Clock
) -> None:
    for number in range(20):
        local.upload_file("bucket", f"k{number:02}", b"")
    keys = [f"k{number:02}" for number in range(20)]
    listing = local.list_objects("bucket", page_size=2)
    for _ in range(3):
        assert [info.key for info in listing] == keys
    clock.now += 6
    assert [info.key for info in listing] == keys
    opened.clear()
    assert [info.key for info in listing] == keys
    assert "bucket" not in opened


def test_a_large_folder_that_changes_is_read_again(local: LocalStorageClient, clock: _Clock) -> None:
    def keys() -> list[str]:
        return [info.key for info in local.list_objects("bucket")]

    changes: list[tuple[Callable[[], object], set[str]]] = [
        (lambda: local.upload_file("bucket", "new", b""), {"new"}),
        (lambda: local.delete_file("bucket", "k3"), {"k3"}),
        (lambda: local.upload_file("bucket", "k4/below", b""), {"k4/below"}),
        (lambda: local.upload_file("bucket", "k5", b"replaced"), set()),
    ]
    expected = {f"k{number}" for number in range(9)}
    for key in expected:
        local.upload_file("bucket", key, b"")
    for change, changed in changes:
        for _ in range(3):
            assert keys() == sorted(expected)
            clock.now += 6
        change()
        expected ^= changed
        assert keys() == sorted(expected)


def test_a_large_folder_that_goes_is_empty(local: LocalStorageClient, clock: _Clock) -> None:
    local.create_bucket("other")
    for number in range(9):
        local.upload_file("other", f"f/k{number}", b"")
    assert len(local.list_objects("other", "f/").to_list()) == 9
    clock.now += 6
    for result in local.delete_files("other", [f"f/k{number}" for number in range(9)]):
        assert result.ok
    assert local.list_objects("other", "f/").to_list() == []
