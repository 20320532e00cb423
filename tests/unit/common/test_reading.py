"""Reads own the body: pinned, counted, resumed, verified; two versions never mix."""

from __future__ import annotations

import io
from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common._checksums import ChecksumAlgorithm
from cloud.common._reading import ObjectReader, ObjectStream, checked_answer, fetch_small, first_answer
from cloud.common._storage_types import GetRequest
from cloud.common.errors import (
    IntegrityError,
    InvalidRequestError,
    NotFoundError,
    PreconditionFailedError,
    ServiceUnavailableError,
)
from unit.common.doubles import Store, crc32_of, make_runtime

DATA = bytes(range(256)) * 2
WHOLE = GetRequest("b", "k")


def open_stream(store: Store, request: GetRequest = WHOLE, **policy: Any) -> ObjectStream:
    return ObjectStream(make_runtime(**policy), "read", store.get, request)


def read_all(stream: ObjectStream, step: int = 50) -> bytes:
    data, buffer = bytearray(), memoryview(bytearray(step))
    while count := stream.readinto(buffer):
        data += buffer[:count]
    return bytes(data)


# -- ObjectStream --------------------------------------------------------------------------------------------
def test_a_whole_read_is_one_request_and_gives_its_connection_back() -> None:
    store = Store(DATA)
    assert read_all(open_stream(store)) == DATA
    assert store.requests == [WHOLE]
    assert store.all_closed


@given(
    cuts=st.lists(st.integers(1, 100), max_size=5),
    start=st.integers(0, 400),
    length=st.one_of(st.none(), st.integers(1, 600)),
    step=st.integers(1, 600),
    early_end=st.booleans(),
)
def test_a_cut_stream_resumes_at_the_next_byte_pinned_to_its_version(
    cuts: list[int], start: int, length: int | None, step: int, *, early_end: bool
) -> None:
    store = Store(DATA, cuts=deque(cuts), error=None if early_end else ServiceUnavailableError("reset"))
    end = None if length is None else start + length
    stream = open_stream(store, GetRequest("b", "k", start, end))
    assert read_all(stream, step) == DATA[start:end]
    assert store.requests[0].if_match is None
    position = start
    for request, cut in zip(store.requests[1:], cuts, strict=False):
        position += cut
        assert (request.start, request.end, request.if_match) == (position, stream.end, "v1")
    assert store.all_closed


def test_progress_between_cuts_renews_the_patience_and_none_ends_it() -> None:
    assert read_all(open_stream(Store(DATA, cuts=deque([1] * 40)))) == DATA  # each answer brings a byte
    store = Store(DATA, cuts=deque([0] * 40))
    with pytest.raises(ServiceUnavailableError):
        read_all(open_stream(store))
    assert len(store.requests) == 4
    assert store.all_closed


def test_an_early_end_is_never_taken_for_the_end() -> None:
    store = Store(DATA, cuts=deque([100, 0, 0, 0, 0, 0]), error=None)
    with pytest.raises(IntegrityError, match="ended after 100 of 512 bytes") as caught:
        read_all(open_stream(store))
    assert caught.value.operation == "read"
    assert caught.value.resource == "b/k"


def test_an_error_that_repeating_cannot_mend_ends_the_read() -> None:
    store = Store(DATA, cuts=deque([10]), error=NotFoundError("gone"))
    with pytest.raises(NotFoundError):
        read_all(open_stream(store))
    assert len(store.requests) == 1


def test_without_an_etag_a_cut_cannot_be_mended() -> None:
    store = Store(DATA, etag=None, cuts=deque([10]))
    with pytest.raises(ServiceUnavailableError):
        read_all(open_stream(store))
    assert len(store.requests) == 1


def test_an_object_replaced_after_a_cut_is_an_error_and_no_mixture() -> None:
    store = Store(DATA, cuts=deque([10]))
    stream = open_stream(store)
    stream.readinto(memoryview(bytearray(7)))
    store.data, store.etag = b"x" * 512, "v2"
    with pytest.raises(PreconditionFailedError):
        read_all(stream)


def test_a_server_that_ignores_the_pin_is_found_out() -> None:
    store = Store(DATA, cuts=deque([10]))
    stream = open_stream(store)
    real_get = store.get

    def ignoring(request: GetRequest) -> Any:
        store.etag, pin = "v2", store.etag
        body = real_get(GetRequest(request.bucket, request.key, request.start, request.end))
        store.etag = pin
        return body

    stream._get = ignoring
    with pytest.raises(IntegrityError, match="replaced while it was being read"):
        read_all(stream)
    assert store.all_closed


@pytest.mark.parametrize("beside", [1, -1])
def test_an_answer_of_another_range_is_refused(beside: int) -> None:
    store = Store(DATA, wrong_start=beside)
    with pytest.raises(IntegrityError, match="asked for bytes 100 to 200"):
        open_stream(store, GetRequest("b", "k", 100, 200))
    assert len(store.requests) == 4  # it may be a passing fault
    assert store.all_closed


def test_a_first_answer_about_another_version_is_refused() -> None:
    store = Store(DATA)
    with pytest.raises(IntegrityError, match="something else than the service"):
        first_answer(store.get(WHOLE), WHOLE._replace(if_match="another"))
    assert store.all_closed
    for asked in (None, "*", store.etag, f'"{store.etag}"'):
        assert first_answer(store.get(WHOLE), WHOLE._replace(if_match=asked)).length == len(DATA)


def test_a_whole_answer_to_a_range_is_refused() -> None:
    store = Store(DATA)
    whole = store.get(WHOLE)
    with pytest.raises(IntegrityError):
        checked_answer(whole, GetRequest("b", "k", 100, 200))
    assert store.all_closed
    assert checked_answer(store.get(WHOLE), GetRequest("b", "k", 0, 10_000)).length == len(DATA)
    assert checked_answer(store.get(WHOLE), GetRequest("b", "k", -10_000)).length == len(DATA)


def test_the_checksum_is_compared_at_the_end_also_across_cuts() -> None:
    store = Store(DATA, checksum=crc32_of(DATA), cuts=deque([100, 3]))
    stream = open_stream(store)
    assert read_all(stream) == DATA
    assert stream.verified == "crc32"
    store = Store(DATA, checksum=crc32_of(b"other"))
    stream = open_stream(store)
    with pytest.raises(IntegrityError, match="CRC32 checksum") as caught:
        read_all(stream)
    assert caught.value.retryable
    assert caught.value.operation == "read"
    assert stream.verified is None
    assert store.all_closed


def test_a_range_has_no_checksum_to_compare() -> None:
    stream = open_stream(Store(DATA, checksum=crc32_of(b"other")), GetRequest("b", "k", 1))
    assert read_all(stream) == DATA[1:]
    assert stream.verified is None


def test_an_empty_object_is_verified_too() -> None:
    stream = open_stream(Store(b"", checksum=crc32_of(b"")))
    assert read_all(stream) == b""
    assert stream.verified == "crc32"


def test_the_checksum_can_be_handed_over_once() -> None:
    stream = open_stream(Store(DATA, checksum="x"))
    assert stream.take_checksum() == (ChecksumAlgorithm.CRC32, "x")
    assert stream.take_checksum() is None
    assert read_all(stream) == DATA


def test_received_bytes_are_counted() -> None:
    runtime = make_runtime()
    read_all(ObjectStream(runtime, "read", Store(DATA, cuts=deque([100])).get, WHOLE))
    assert runtime.metrics.snapshot().bytes_received == len(DATA)


# -- fetch_small ---------------------------------------------------------------------------------------------
def test_a_small_body_comes_whole_and_a_large_one_open() -> None:
    store = Store(DATA)
    assert fetch_small(store.get, WHOLE, 512) == DATA
    assert store.all_closed
    body = fetch_small(store.get, WHOLE, 511)
    assert not isinstance(body, bytes)
    assert not store.bodies[-1].closed


def test_a_small_body_that_is_cut_or_flipped_is_an_error() -> None:
    store = Store(DATA, cuts=deque([100]), error=None)
    with pytest.raises(IntegrityError, match="100 of 512"):
        fetch_small(store.get, WHOLE, 1000)
    flipped = Store(DATA, checksum=crc32_of(DATA[:-1] + b"\0"))
    with pytest.raises(IntegrityError, match="checksum") as caught:
        fetch_small(flipped.get, WHOLE, 1000)
    assert caught.value.retryable
    assert store.all_closed
    assert flipped.all_closed


# -- ObjectReader --------------------------------------------------------------------------------------------
def reader(store: Store) -> ObjectReader:
    def open_at(position: int, etag: str | None) -> ObjectStream:
        return open_stream(store, GetRequest("b", "k", position, None, etag))

    return ObjectReader(open_at)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("read"), st.integers(-1, 600)),
            st.tuples(st.just("seek"), st.integers(0, 700)),
            st.tuples(st.just("current"), st.integers(-50, 50)),
            st.tuples(st.just("end"), st.integers(-512, 20)),
        ),
        max_size=12,
    )
)
def test_the_file_reads_as_bytesio_does(steps: list[tuple[str, int]]) -> None:
    store = Store(DATA)
    mine, model = io.BufferedReader(reader(store), 64), io.BytesIO(DATA)
    for step, value in steps:
        if step == "read":
            assert mine.read(value) == model.read(value)
        elif step == "current":
            target = max(0, model.tell() + value)
            assert mine.seek(target - mine.tell(), io.SEEK_CUR) == model.seek(target)
        else:
            whence = io.SEEK_SET if step == "seek" else io.SEEK_END
            assert mine.seek(value, whence) == model.seek(value, whence)
        assert mine.tell() == model.tell()
    mine.close()
    assert store.all_closed


def test_a_file_that_could_not_be_opened_closes_quietly() -> None:
    """`io` closes it when it is thrown away, and Python 3.13 says aloud what fails then."""
    made = []

    class Kept(ObjectReader):
        def __init__(self) -> None:
            made.append(self)
            super().__init__(refuse)

    def refuse(position: int, etag: str | None) -> ObjectStream:
        raise NotFoundError("nothing there")

    with pytest.raises(NotFoundError):
        Kept()
    (file,) = made
    file.close()
    assert file.closed


def test_opening_is_one_request_and_seeking_none() -> None:
    store = Store(DATA)
    file = reader(store)
    assert (file.readable(), file.seekable(), file.writable()) == (True, True, False)
    for position in (500, 0, 511, 3, 0):
        file.seek(position)
    assert file.seek(0, io.SEEK_END) == 512
    assert len(store.requests) == 1
    file.close()


def test_a_near_seek_forward_reads_on_and_a_far_one_asks_anew_with_the_pin() -> None:
    data = bytes(ObjectReader.SKIP + 100)
    store = Store(data)
    file = reader(store)
    file.seek(50)
    file.read(1)
    assert len(store.requests) == 1
    file.seek(51 + ObjectReader.SKIP + 1)
    file.read(1)
    file.seek(0)
    file.read(1)
    assert [(request.start, request.if_match) for request in store.requests] == [
        (0, None), (52 + ObjectReader.SKIP, "v1"), (0, "v1"),
    ]  # fmt: skip  # one line reads best
    file.close()
    assert store.all_closed


def test_a_replaced_object_ends_the_file() -> None:
    store = Store(DATA)
    file = reader(store)
    file.read(10)
    store.etag = "v2"
    file.seek(0)
    with pytest.raises(PreconditionFailedError):
        file.read(10)
    file.close()


@pytest.mark.parametrize(("offset", "whence"), [(-1, io.SEEK_SET), (-600, io.SEEK_END), (0, 9)])
def test_a_seek_to_nowhere_is_refused(offset: int, whence: int) -> None:
    file = reader(Store(DATA))
    with pytest.raises(InvalidRequestError):
        file.seek(offset, whence)
    file.close()


def test_a_closed_file_reads_nothing() -> None:
    file = reader(Store(DATA))
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.read(1)
