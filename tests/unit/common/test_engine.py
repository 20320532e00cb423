"""Large transfers: planned within every service's limits, bounded, stopped by failure, ended exactly once."""

from __future__ import annotations

import io
import threading
from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud._dialects.s3._profiles import PROFILES, ServiceProfile
from cloud.common import _engine
from cloud.common._bodies import FileRange, as_bytes
from cloud.common._cancel import Cancellation, one_call
from cloud.common._downloads import Download, MemorySink, download
from cloud.common._engine import (
    MIB,
    PartWriter,
    TransferConfig,
    Window,
    cut_payload,
    map_bounded,
    plan_part_size,
    stream_part_size,
    upload_parts,
)
from cloud.common._reading import ObjectStream
from cloud.common._storage_types import GetRequest, PartLimits
from cloud.common.errors import (
    CancelledError,
    IntegrityError,
    InvalidRequestError,
    PreconditionFailedError,
    ServiceUnavailableError,
)
from unit.common.doubles import Hooks, Store, crc32_of, make_runtime

TIB = 1 << 40
DATA = bytes(range(256)) * 4
WHOLE = GetRequest("b", "k")
profiles = pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)


def limits_of(profile: ServiceProfile) -> PartLimits:
    return PartLimits(
        min_part=profile.min_part_size,
        max_part=profile.max_part_size,
        max_parts=profile.max_parts,
        max_single_put=profile.single_put_limit,
        equal_parts=profile.equal_parts,
    )


# -- the plan ------------------------------------------------------------------------------------------------
@profiles
@given(data=st.data())
def test_every_body_up_to_five_tebibytes_fits_into_the_service_s_parts(
    profile: ServiceProfile, data: Any
) -> None:
    limits = limits_of(profile)
    largest = min(5 * TIB, profile.max_object_size, limits.max_parts * limits.max_part)
    size = data.draw(st.one_of(st.integers(1, largest), st.sampled_from([1, largest - 1, largest])))
    wished = data.draw(st.sampled_from([1, 5 * MIB, 16 * MIB, 100 * MIB, 1 << 30]))
    part_size = plan_part_size(size, TransferConfig(part_size=wished), limits)
    assert limits.min_part <= part_size <= limits.max_part
    assert -(-size // part_size) <= limits.max_parts
    if -(-size // max(wished, limits.min_part)) <= limits.max_parts:
        assert part_size == max(wished, limits.min_part)  # the configured size is kept where it can be


@profiles
def test_a_body_beyond_the_largest_object_is_refused_before_anything_is_sent(profile: ServiceProfile) -> None:
    limits = limits_of(profile)
    largest = limits.max_parts * limits.max_part
    assert plan_part_size(largest, TransferConfig(), limits) == limits.max_part
    with pytest.raises(InvalidRequestError, match="largest object"):
        plan_part_size(largest + 1, TransferConfig(), limits)


@profiles
def test_a_stream_of_unknown_length_uses_parts_that_the_service_takes(profile: ServiceProfile) -> None:
    limits, config = limits_of(profile), TransferConfig()
    sizes = [stream_part_size(number, config, limits) for number in range(1, limits.max_parts + 1)]
    assert all(limits.min_part <= size <= limits.max_part for size in sizes)
    if limits.equal_parts:
        assert set(sizes) == {config.part_size}
    else:
        assert sizes == sorted(sizes)
    if limits.max_parts == 10_000 and not limits.equal_parts:
        assert sum(sizes) >= 5 * TIB
    assert sizes[0] == config.part_size  # short streams stay cheap


def test_a_small_configured_part_is_raised_to_the_service_s_smallest() -> None:
    assert stream_part_size(1, TransferConfig(part_size=1), limits_of(PROFILES["aws"])) == 5 * MIB


@pytest.mark.parametrize("name", ["part_size", "max_workers", "threshold"])
def test_settings_that_cannot_work_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError, match=name):
        TransferConfig(**{name: 0})


@given(size=st.integers(0, 2000), part_size=st.integers(1, 500))
def test_cutting_a_body_loses_and_copies_nothing(size: int, part_size: int) -> None:
    data = (DATA * 2)[:size]
    pieces = list(cut_payload(data, part_size))
    assert b"".join(bytes(piece) for piece in pieces) == data  # type: ignore[arg-type]  # these are buffers
    assert all(isinstance(piece, memoryview) and piece.obj is data for piece in pieces)


def test_a_file_is_cut_into_ranges_of_itself(tmp_path: Any) -> None:
    path = tmp_path / "f"
    path.write_bytes(DATA)
    with path.open("rb") as file:
        pieces = list(cut_payload(FileRange(file, 24, 900), 400))
        assert [(piece.offset, piece.length) for piece in pieces] == [(24, 400), (424, 400), (824, 100)]  # type: ignore[union-attr]  # these are ranges of a file
        assert b"".join(map(as_bytes, pieces)) == DATA[24:924]  # type: ignore[union-attr]  # likewise
        assert file.tell() == 0


# -- the window ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_run_at_once_than_there_are_workers_and_no_more_wait(workers: int) -> None:
    running, most, taken, lock = 0, 0, 0, threading.Lock()
    finished = 0
    most_ahead = 0

    def items() -> Any:
        nonlocal taken, most_ahead
        for item in range(40):
            taken += 1
            with lock:
                most_ahead = max(most_ahead, taken - finished)
            yield item

    def work(_item: int) -> None:
        nonlocal running, most, finished
        with lock:
            running += 1
            most = max(most, running)
        with lock:
            running -= 1
            finished += 1

    map_bounded(work, items(), workers)
    assert finished == 40
    assert most <= workers
    assert most_ahead <= workers + 1  # the one in hand, and those that run


def test_the_first_failure_stops_the_rest() -> None:
    done: list[int] = []

    def work(item: int) -> None:
        if item == 3:
            raise ServiceUnavailableError("no")
        done.append(item)

    with pytest.raises(ServiceUnavailableError):
        map_bounded(work, range(1000), 2)
    assert len(done) <= 3 + 2 + 1


def test_leaving_the_window_waits_for_what_runs_and_forgets_what_waits() -> None:
    started, release, ran = threading.Event(), threading.Event(), []

    def slow() -> None:
        started.set()
        release.wait()
        ran.append("slow")

    def interrupted() -> None:
        with Window(1) as window:
            window.submit(slow)
            started.wait()
            release.set()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert ran == ["slow"]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("cloud-transfer")]


# -- uploads -------------------------------------------------------------------------------------------------
def test_parts_are_stored_and_completed_in_order() -> None:
    hooks = Hooks()
    upload_parts(PartWriter(hooks, 4), cut_payload(DATA, 100))
    assert hooks.body == DATA
    assert [[part.number for part in parts] for parts in hooks.completed] == [list(range(1, 12))]
    assert hooks.aborted == 0
    assert hooks.most_at_once <= 4


@pytest.mark.parametrize("error", [ServiceUnavailableError("no"), ZeroDivisionError()])
@pytest.mark.parametrize("fail_on", [1, 5, 11])
def test_a_part_that_fails_ends_the_upload_with_one_abort(fail_on: int, error: Exception) -> None:
    hooks = Hooks(fail_on, error)
    with pytest.raises(type(error)):
        upload_parts(PartWriter(hooks, 3), cut_payload(DATA, 100))
    assert hooks.aborted == 1
    assert hooks.completed == []


def test_a_source_that_fails_ends_the_upload_with_one_abort() -> None:
    def source() -> Any:
        yield b"a"
        yield b"b"
        raise KeyboardInterrupt

    hooks = Hooks()
    with pytest.raises(KeyboardInterrupt):
        upload_parts(PartWriter(hooks, 2), source())
    assert hooks.aborted == 1
    assert hooks.completed == []


def test_a_completion_that_fails_aborts_once() -> None:
    hooks = Hooks()

    def complete(_parts: Any) -> None:
        raise ServiceUnavailableError("lost")

    hooks.complete = complete  # type: ignore[method-assign]  # a double
    with pytest.raises(ServiceUnavailableError, match="lost"):
        upload_parts(PartWriter(hooks, 2), cut_payload(DATA, 300))
    assert hooks.aborted == 1


def test_an_abort_that_fails_does_not_hide_why_it_came_to_it(caplog: pytest.LogCaptureFixture) -> None:
    hooks = Hooks()

    def abort() -> None:
        raise ServiceUnavailableError("no route")

    def source() -> Any:
        yield b"a"
        raise KeyboardInterrupt

    hooks.abort = abort  # type: ignore[method-assign]  # a double
    with pytest.raises(KeyboardInterrupt):
        upload_parts(PartWriter(hooks, 1), source())
    assert "parts may be left: no route" in caplog.text


def test_cancelling_ends_an_upload_and_removes_its_parts() -> None:
    hooks, cancellation = Hooks(), Cancellation()
    hooks.gate = lambda number: cancellation.cancel() if number == 2 else None
    with pytest.raises(CancelledError), one_call(cancellation):
        upload_parts(PartWriter(hooks, 1), cut_payload(DATA, 10))
    assert hooks.aborted == 1
    assert hooks.completed == []
    assert len(hooks.parts) <= 4


# -- downloads -----------------------------------------------------------------------------------------------
def fetch(store: Store, sink: Any, **options: Any) -> str | None:
    config = options.pop("config", TransferConfig(part_size=100, max_workers=3, threshold=300))
    runtime = make_runtime()
    stream = ObjectStream(runtime, "download_to", store.get, WHOLE)
    return download(Download(runtime, "download_to", store.get, WHOLE, config, **options), stream, sink)


def into_memory(store: Store, **options: Any) -> bytes:
    sink = MemorySink(len(store.data))
    fetch(store, sink, **options)
    return sink.take()


@given(cuts=st.lists(st.one_of(st.none(), st.integers(1, 60)), max_size=10), size=st.integers(0, 1024))
def test_a_download_is_whole_whatever_breaks_on_the_way(cuts: list[int | None], size: int) -> None:
    store = Store(DATA[:size], cuts=deque(cuts), checksum=crc32_of(DATA[:size]))
    assert into_memory(store) == DATA[:size]
    assert store.all_closed


def test_a_large_object_comes_by_ranges_pinned_to_one_version() -> None:
    store = Store(DATA)
    assert into_memory(store) == DATA
    assert store.requests[0] == WHOLE
    assert sorted((request.start, request.end) for request in store.requests[1:]) == [
        (start, min(start + 100, 1024)) for start in range(100, 1024, 100)
    ]
    assert {request.if_match for request in store.requests[1:]} == {"v1"}
    assert store.all_closed


def test_parallel_ranges_are_verified_by_the_whole_object_s_checksum() -> None:
    sink = MemorySink(len(DATA))
    assert fetch(Store(DATA, checksum=crc32_of(DATA)), sink) == "crc32"
    with pytest.raises(IntegrityError, match="CRC32"):
        into_memory(Store(DATA, checksum=crc32_of(b"other")))


def test_without_an_etag_ranges_could_mix_versions_so_it_is_one_stream() -> None:
    store = Store(DATA, etag=None, checksum=crc32_of(DATA))
    sink = MemorySink(len(DATA))
    assert fetch(store, sink) == "crc32"
    assert sink.take() == DATA
    assert len(store.requests) == 1


def test_an_object_replaced_between_two_ranges_is_an_error() -> None:
    store = Store(DATA)

    def replace(number: int) -> None:
        if number == 3:
            store.etag = "v2"

    store.on_get = replace
    with pytest.raises(PreconditionFailedError):
        into_memory(store)
    assert store.all_closed


def test_progress_counts_every_byte_once() -> None:
    seen: list[int] = []
    into_memory(Store(DATA), progress=seen.append)
    assert sum(seen) == len(DATA)


def test_cancelling_ends_a_download() -> None:
    cancellation, seen = Cancellation(), []

    def progress(count: int) -> None:
        seen.append(count)
        if sum(seen) >= 100:
            cancellation.cancel()

    store = Store(DATA)
    with pytest.raises(CancelledError), one_call(cancellation):
        into_memory(store, progress=progress)
    assert sum(seen) < len(DATA)
    assert store.all_closed


def test_a_memory_sink_hands_its_one_allocation_over() -> None:
    sink = MemorySink(10)
    runtime = make_runtime()
    stream = ObjectStream(runtime, "op", Store(b"0123456789").get, WHOLE)
    sink.fill(0, stream, 10, lambda _piece: None)
    data = sink.take()
    assert data == b"0123456789"
    assert isinstance(sink._room, io.BytesIO)
    assert sink._room.getvalue() is data


def test_the_sizes_are_those_that_the_documentation_names() -> None:
    assert (TransferConfig().part_size, TransferConfig().max_workers, TransferConfig().threshold) == (
        16 * MIB, 4, 32 * MIB,
    )  # fmt: skip  # one line reads best
    assert _engine.MIB == 1 << 20
