"""What may be uploaded: bytes in every form; text, and files that change meanwhile, are refused aloud."""

from __future__ import annotations

import array
import io
import mmap
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common._bodies import FileRange, as_bytes
from cloud.common._sources import DEFAULT_CONTENT_TYPE, PartReader, guess_content_type, opened
from cloud.common.errors import IntegrityError, InvalidRequestError
from cloud.local import LocalStorageClient

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = bytes(range(256)) * 4


def content(data: Any) -> bytes:
    with opened(data) as body:
        if isinstance(body, FileRange):
            return as_bytes(body)
        return bytes(body) if isinstance(body, (bytes, bytearray, memoryview)) else b"".join(body)


@pytest.fixture
def client() -> Iterator[Any]:
    client = LocalStorageClient.in_memory()
    client.create_bucket("bucket")
    yield client
    client.close()


@pytest.mark.parametrize(
    "data",
    [
        DATA,
        bytearray(DATA),
        memoryview(DATA),
        io.BytesIO(DATA),
        [DATA[:100], DATA[100:]],
        (bytes([byte]) for byte in DATA),
        [bytearray(DATA[:7]), memoryview(DATA)[7:], b""],
        {DATA: "a mapping of bytes is an iterable of bytes"},
    ],
    ids=["bytes", "bytearray", "memoryview", "file", "list", "generator", "mixed", "dict"],
)
def test_bytes_in_every_form_are_taken(data: Any) -> None:
    assert content(data) == DATA


def test_a_path_is_a_range_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(DATA)
    with opened(path) as body:
        assert isinstance(body, FileRange)
        assert (body.offset, body.length) == (0, len(DATA))
    assert content(PurePosixPath(path)) == DATA


def test_a_file_is_read_from_its_position_and_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(DATA)
    with path.open("rb") as file:
        file.seek(1000)
        assert content(file) == DATA[1000:]
        assert not file.closed
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        assert content(mapped) == DATA


def test_views_of_wider_items_are_counted_in_bytes(client: Any) -> None:
    numbers = array.array("I", range(100))
    with opened(memoryview(numbers)) as body:
        assert len(body) == numbers.itemsize * 100  # type: ignore[arg-type]  # this one has a length
    client.upload_file("bucket", "k", memoryview(numbers))
    assert client.download_file("bucket", "k") == numbers.tobytes()


def test_a_view_with_gaps_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="contiguous"):
        content(memoryview(DATA)[::2])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("file.txt", "data is a str"),
        (io.StringIO("text"), "gives text"),
        (io.StringIO(""), "gives text"),
        (["text"], "gives text"),
        ([1, 2], "int instead of bytes"),
        ([b"good", None], "NoneType instead of bytes"),
        (42, "data is a int"),
        (None, "data is a NoneType"),
        (object(), "data is a object"),
    ],
)
def test_what_holds_no_bytes_is_refused_with_what_to_do(data: Any, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        content(data)


def test_the_hint_for_a_str_names_both_ways_out() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        content("name")
    assert "pathlib.Path(name)" in (caught.value.hint or "")
    assert "encode()" in (caught.value.hint or "")


def test_a_text_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("text")
    with path.open() as file, pytest.raises(InvalidRequestError, match="gives text") as caught:
        content(file)
    assert '"rb"' in (caught.value.hint or "")


def test_a_file_in_non_blocking_mode_is_no_end_of_file() -> None:
    class NotReady(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes | None:
            return None

    with pytest.raises(InvalidRequestError, match="non-blocking"):
        content(NotReady())


@pytest.mark.parametrize("size", [0, 500, 2000])
def test_a_file_that_changes_its_size_during_the_upload_is_an_error(tmp_path: Path, size: int) -> None:
    path = tmp_path / "f"
    path.write_bytes(DATA)
    with pytest.raises(IntegrityError, match="changed its size"), opened(path), path.open("r+b") as file:
        file.truncate(size)


def test_a_missing_file_is_python_s_own_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        content(tmp_path / "no")


@given(chunks=st.lists(st.binary(max_size=20), max_size=20), size=st.integers(1, 50))
def test_parts_are_filled_whatever_the_chunks_are(chunks: list[bytes], size: int) -> None:
    source, parts = PartReader(iter(chunks)), []
    while part := source.read(size):
        parts.append(part)
    assert b"".join(parts) == b"".join(chunks)
    assert all(len(part) == size for part in parts[:-1])


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("a.txt", "text/plain"),
        ("a/b.HTML", "text/html"),
        ("photo.jpeg", "image/jpeg"),
        ("data.json", "application/json"),
        ("archive.tar.gz", "application/gzip"),
        ("page.html.gz", "application/gzip"),
        ("x.bz2", "application/x-bzip2"),
        ("x.xz", "application/x-xz"),
        ("none", DEFAULT_CONTENT_TYPE),
        ("a.d/none", DEFAULT_CONTENT_TYPE),
        ("x.unheardof", DEFAULT_CONTENT_TYPE),
        (".", DEFAULT_CONTENT_TYPE),
        ("", DEFAULT_CONTENT_TYPE),
    ],
)
def test_the_content_type_follows_the_suffix(key: str, kind: str) -> None:
    assert guess_content_type(key) == kind


@given(st.text(max_size=30))
def test_a_guess_is_always_a_media_type_that_http_can_carry(key: str) -> None:
    assert guess_content_type(key).isascii()
    assert guess_content_type(key).isprintable()
    assert "/" in guess_content_type(key)
