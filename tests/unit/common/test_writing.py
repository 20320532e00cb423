"""The writable file: closing publishes, everything else publishes nothing and leaves nothing."""

from __future__ import annotations

import gc
import gzip
import io
import logging
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common._engine import PartWriter
from cloud.common._writing import ObjectWriter
from cloud.common.errors import InvalidRequestError, ServiceUnavailableError
from cloud.local import LocalStorageClient
from unit.common.doubles import Hooks

PART = 100


def fail() -> None:
    raise ZeroDivisionError


class Target:
    """What a writer does to the store."""

    def __init__(self, hooks: Hooks | None = None) -> None:
        self.hooks = hooks or Hooks()
        self.puts: list[bytes] = []
        self.started = 0
        self.put_error: Exception | None = None

    def put(self, body: bytes) -> None:
        if self.put_error is not None:
            raise self.put_error
        self.puts.append(body)

    def start(self) -> PartWriter:
        self.started += 1
        return PartWriter(self.hooks, 2)

    def open(self) -> ObjectWriter:
        return ObjectWriter(self.put, self.start, lambda _number: PART)

    @property
    def published(self) -> bytes | None:
        if self.puts:
            (body,) = self.puts
            return body
        return self.hooks.body if self.hooks.completed else None

    def assert_nothing_published_and_nothing_left(self) -> None:
        assert self.published is None
        assert self.hooks.completed == []
        assert self.hooks.aborted == self.started


@given(st.lists(st.binary(max_size=350), max_size=6))
def test_what_was_written_is_published_at_the_close_and_not_before(pieces: list[bytes]) -> None:
    target = Target()
    writer = target.open()
    for piece in pieces:
        assert writer.write(piece) == len(piece)
    data = b"".join(pieces)
    assert writer.tell() == len(data)
    assert target.published is None
    writer.close()
    writer.close()
    assert target.published == data
    assert target.started == (1 if len(data) >= PART else 0)
    assert len(target.puts) + len(target.hooks.completed) == 1


def test_buffers_of_every_kind_are_taken_and_copied() -> None:
    target, buffer = Target(), bytearray(b"abc")
    with target.open() as writer:
        writer.write(buffer)
        buffer[:] = b"xyz"
        writer.write(memoryview(b"def"))
    assert target.published == b"abcdef"


def test_text_and_a_closed_file_are_refused() -> None:
    target = Target()
    writer = target.open()
    assert (writer.writable(), writer.readable(), writer.seekable()) == (True, False, False)
    with pytest.raises(InvalidRequestError, match="not text"):
        writer.write("text")
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"late")


@pytest.mark.parametrize("size", [10, 350])
@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, GeneratorExit])
def test_leaving_the_block_by_an_exception_publishes_nothing(error: type[BaseException], size: int) -> None:
    target = Target()

    def write() -> None:
        with target.open() as writer:
            writer.write(bytes(size))
            raise error

    with pytest.raises(error):
        write()
    target.assert_nothing_published_and_nothing_left()


@pytest.mark.parametrize("size", [10, 350])
def test_a_file_that_is_thrown_away_publishes_nothing(size: int) -> None:
    target = Target()
    writer = target.open()
    writer.write(bytes(size))
    del writer
    gc.collect()
    target.assert_nothing_published_and_nothing_left()


@pytest.mark.parametrize("size", [10, 350])
def test_abort_publishes_nothing_and_may_come_twice(size: int) -> None:
    target = Target()
    writer = target.open()
    writer.write(bytes(size))
    writer.abort()
    writer.abort()
    writer.close()
    assert writer.closed
    target.assert_nothing_published_and_nothing_left()


def test_a_part_that_fails_ends_the_file_with_one_abort() -> None:
    target = Target(Hooks(fail_on=2))
    writer = target.open()

    def write() -> None:
        for _ in range(50):
            writer.write(bytes(PART))

    with pytest.raises(ServiceUnavailableError):
        write()
    assert writer.closed
    writer.close()
    assert target.hooks.aborted == 1
    target.assert_nothing_published_and_nothing_left()


def test_a_close_that_fails_raises_and_publishes_nothing() -> None:
    target = Target()
    target.put_error = ServiceUnavailableError("no")
    writer = target.open()
    writer.write(b"x")
    with pytest.raises(ServiceUnavailableError):
        writer.close()
    assert writer.closed
    target.assert_nothing_published_and_nothing_left()


def test_an_abort_that_fails_does_not_hide_the_error(caplog: pytest.LogCaptureFixture) -> None:
    target = Target()

    def abort() -> None:
        raise ServiceUnavailableError("no route")

    target.hooks.abort = abort  # type: ignore[method-assign]  # a double

    def write() -> None:
        with target.open() as writer:
            writer.write(bytes(350))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert "no route" in caplog.text
    asked = target.open()
    asked.write(bytes(350))
    with pytest.raises(ServiceUnavailableError, match="no route"):
        asked.abort()  # asked for, so its failure is told


def test_closing_while_an_exception_is_being_handled_publishes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    target = Target()
    writer = target.open()
    writer.write(b"half")
    with caplog.at_level(logging.WARNING):
        try:
            fail()
        except ZeroDivisionError:
            writer.close()
    assert "nothing was published" in caplog.text
    target.assert_nothing_published_and_nothing_left()


def test_a_file_that_was_opened_while_handling_an_exception_publishes() -> None:
    target = Target()
    try:
        fail()
    except ZeroDivisionError:
        with target.open() as writer:
            writer.write(b"report of the failure")
    assert target.published == b"report of the failure"


# -- wrappers ------------------------------------------------------------------------------------------------
def test_text_goes_through_a_wrapper() -> None:
    target = Target()
    with io.TextIOWrapper(target.open(), encoding="utf-8", newline="\n") as text:
        text.write("Grüße\n" * 100)
    assert target.published == ("Grüße\n" * 100).encode()


def test_a_file_says_what_it_is_called() -> None:
    with LocalStorageClient.in_memory() as client:
        client.create_bucket("bucket")
        with (
            client.open_file("bucket", "a/k", "wb") as file,
            io.TextIOWrapper(file, encoding="utf-8") as text,
        ):
            assert file.name == text.name == "memory://bucket/a/k"


def test_gzip_goes_through_a_wrapper() -> None:
    target = Target()
    with target.open() as writer, gzip.GzipFile(fileobj=writer, mode="wb") as zipped:
        zipped.write(b"data" * 1000)
    assert gzip.decompress(target.published or b"") == b"data" * 1000


def test_a_zip_archive_goes_through_a_wrapper() -> None:
    target = Target()
    with target.open() as writer, zipfile.ZipFile(writer, "w") as archive:
        archive.writestr("a.txt", b"data" * 100)
    assert zipfile.ZipFile(io.BytesIO(target.published or b"")).read("a.txt") == b"data" * 100


@pytest.mark.parametrize("size", [10, 350, 20_000])
def test_an_exception_inside_of_a_text_wrapper_publishes_nothing(size: int) -> None:
    target = Target()

    def write() -> None:
        with io.TextIOWrapper(target.open(), encoding="utf-8") as text:
            text.write("x" * size)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    target.assert_nothing_published_and_nothing_left()


@pytest.mark.parametrize("wrapper", ["gzip", "zip"])
def test_an_exception_inside_of_an_archive_publishes_nothing(wrapper: str) -> None:
    target = Target()

    def write() -> None:
        with target.open() as writer:
            opened: Any = (
                gzip.GzipFile(fileobj=writer, mode="wb")
                if wrapper == "gzip"
                else zipfile.ZipFile(writer, "w")
            )
            with opened as inner:
                (inner.write if wrapper == "gzip" else lambda data: inner.writestr("a", data))(bytes(1000))
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    target.assert_nothing_published_and_nothing_left()


@pytest.mark.parametrize("size", [10, 350, 20_000])
def test_a_wrapper_that_is_thrown_away_publishes_nothing(size: int, caplog: pytest.LogCaptureFixture) -> None:
    target = Target()
    text = io.TextIOWrapper(target.open(), encoding="utf-8")
    text.write("x" * size)
    with caplog.at_level(logging.WARNING):
        del text
        gc.collect()
    target.assert_nothing_published_and_nothing_left()
    assert "thrown away" in caplog.text


def test_a_wrapper_that_dies_with_its_function_publishes_nothing() -> None:
    target = Target()

    def write() -> None:
        text = io.TextIOWrapper(target.open(), encoding="utf-8")
        text.write("half of what was to be said")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    gc.collect()
    target.assert_nothing_published_and_nothing_left()


# From Python 3.13 on `io` says aloud that the wrapper's last bytes found the file closed.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_gzip_wrapper_that_is_thrown_away_publishes_nothing() -> None:
    target = Target()
    zipped = gzip.GzipFile(fileobj=target.open(), mode="wb")
    zipped.write(bytes(1000))
    del zipped
    gc.collect()
    target.assert_nothing_published_and_nothing_left()
