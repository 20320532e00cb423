"""Large reads: parallel ranges of one version, into a file or into one allocation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cloud.common import _checksums
from cloud.common._bodies import Allocation
from cloud.common._cancel import active_switch, one_call
from cloud.common._engine import Window
from cloud.common._ranges import split
from cloud.common._reading import ObjectStream, joined, wrong_checksum, wrong_size
from cloud.common.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cloud.common._checksums import ChecksumAlgorithm
    from cloud.common._engine import TransferConfig
    from cloud.common._pieces import Pieces
    from cloud.common._ranges import Range
    from cloud.common._runtime import Runtime
    from cloud.common._storage_types import GetRequest, ObjectBody


class Sink(Protocol):
    """Where the ranges of a download go, in any order, from several threads."""

    def fill(
        self, offset: int, stream: ObjectStream, length: int, seen: Callable[[memoryview], None]
    ) -> None:
        """Write `length` bytes of `stream` at `offset`; `seen` is shown every piece in order."""


class MemorySink:
    """One allocation of the right size; `take` hands it over without a copy."""

    def __init__(self, size: int) -> None:
        self._room = Allocation(bytes(size))
        self._view = self._room.getbuffer()

    def fill(
        self, offset: int, stream: ObjectStream, length: int, seen: Callable[[memoryview], None]
    ) -> None:
        """Write `length` bytes of `stream` at `offset`."""
        view = self._view[offset : offset + length]
        while len(view):
            count = _some(stream, view)
            seen(view[:count])
            view = view[count:]

    def take(self) -> bytes:
        """Return the bytes. The sink cannot be used afterwards."""
        self._view.release()
        return self._room.getvalue()


def _some(stream: ObjectStream, view: memoryview) -> int:
    count = stream.readinto(view)
    if count == 0:
        raise IntegrityError("the body ended too early", retryable=True)
    return count


class RangeSum(NamedTuple):
    """What is known of a range that was moved.

    Attributes:
        checksum: in base64, by the algorithm that was asked for; empty for none.
        verified: the algorithm of the service's own checksum of the range, which it was compared with, if any.
    """

    checksum: str
    verified: str | None


@dataclass(frozen=True)
class Download:
    """One download in progress: where the bytes come from, and with which settings.

    Attributes:
        pieces: those of the object, which every range is compared with.
    """

    runtime: Runtime
    operation: str
    get: Callable[[GetRequest], ObjectBody]
    request: GetRequest
    config: TransferConfig
    progress: Callable[[int], None] | None = None
    pieces: Pieces | None = None

    def seen(self, piece: memoryview) -> None:
        """Tell the progress callback, and stop after a cancel."""
        switch = active_switch()
        if switch is not None:
            switch.check()
        if self.progress is not None:
            self.progress(len(piece))

    def open_range(self, bounds: Range, etag: str) -> ObjectStream:
        """Return a stream of one range, pinned to `etag`."""
        request = self.request._replace(
            start=bounds[0],
            end=bounds[1],
            if_match=etag,
            if_none_match=None,
            if_modified_since=None,
        )
        return ObjectStream(self.runtime, self.operation, self.get, request, pieces=self.pieces)

    def beginning_with(self, stream: ObjectStream, start: int) -> Callable[[Range, str], ObjectStream]:
        """Return an `open_range` that uses what is open already for the range from `start`."""
        return lambda bounds, etag: stream if bounds[0] == start else self.open_range(bounds, etag)


def download(task: Download, stream: ObjectStream, sink: Sink) -> str | None:
    """Move the whole object into `sink` and return the checksum that it was verified by, if any.

    `stream` is the open answer to the whole object, or to a beginning of it. A large one is read by parallel
    ranges that are pinned to its ETag; without an ETag ranges could mix versions, so it is then read by the
    one stream.
    """
    try:
        if stream.info.etag is None or not goes_by_ranges(task, stream):
            sink.fill(0, stream, stream.end - stream.position, task.seen)
            stream.readinto(memoryview(bytearray(1)))  # reaching the end compares the checksum
            return stream.verified
        return _download_ranges(task, stream, sink, stream.info.etag)
    finally:
        stream.close()


def goes_by_ranges(task: Download, stream: ObjectStream) -> bool:
    """Return whether the object is read by parallel ranges: a large one, and one of ranges with own checksums."""
    has_own = stream.beginning is not None or stream.pieces is not None
    return not stream.position and (stream.end >= task.config.threshold or has_own)


def ranges_of(size: int, part_size: int, pieces: Pieces | None) -> list[Range]:
    """Return the ranges that an object is read by: of whole pieces, where these are what it is compared by."""
    return split(size, part_size) if pieces is None else pieces.ranges(part_size)


def download_bytes(task: Download, stream: ObjectStream) -> bytes:
    """Return what `stream` stands for in one allocation; bytes that turn out wrong are read once more."""
    sink = MemorySink(stream.end - stream.position)
    try:
        with one_call(None, task.config.bandwidth_limit):
            download(task, stream, sink)
    except IntegrityError as error:
        if not error.retryable:
            raise
        del sink  # before the second allocation
        with one_call(None, task.config.bandwidth_limit):
            stream = ObjectStream(task.runtime, task.operation, task.get, task.request)
            sink = MemorySink(stream.end - stream.position)
            download(task, stream, sink)
    return sink.take()


def _download_ranges(task: Download, stream: ObjectStream, sink: Sink, etag: str) -> str | None:
    expected = stream.take_checksum()
    # Ranges as long as the first answer, which the service has checksums of: each is then verified by its own.
    ranges = ranges_of(stream.end, stream.beginning or task.config.part_size, stream.pieces)
    task = replace(task, pieces=stream.pieces)
    algorithm = None if expected is None else expected[0]
    opener = task.beginning_with(stream, 0)
    sums = fetch_ranges(task, ranges, sink, (etag, stream.info.size), algorithm, open_range=opener)
    return compare(expected, ranges, sums)


def fetch_ranges(
    task: Download,
    ranges: Sequence[Range],
    sink: Sink,
    version: tuple[str, int],
    algorithm: ChecksumAlgorithm | None,
    *,
    open_range: Callable[[Range, str], ObjectStream] | None = None,
    done: Callable[[Range, RangeSum], None] | None = None,
) -> dict[int, RangeSum]:
    """Move ranges of one version of an object into `sink`; return what is known of each by its start.

    A range that does not fit the service's checksum of it is read once more.

    Args:
        version: ETag and size of the object; every answer must be of it.
        algorithm: computes the checksums; None for none.
        open_range: opens a range of an ETag, by default by a request.
        done: told of each range that is whole, from several threads.
    """
    etag, size = version
    sums: dict[int, RangeSum] = {}

    def move(part: ObjectStream, bounds: Range) -> RangeSum:
        checksum = _checksums.new(algorithm) if algorithm is not None else None

        def seen(piece: memoryview) -> None:
            if checksum is not None:
                checksum.update(piece)
            task.seen(piece)

        try:
            if part.info.size != size:
                raise wrong_size(size, part.info.size)
            sink.fill(bounds[0], part, bounds[1] - bounds[0], seen)
        finally:
            part.close()
        return RangeSum(checksum.value() if checksum is not None else "", part.verified)

    def fetch(bounds: Range) -> None:
        part = (open_range or task.open_range)(bounds, etag)
        try:
            moved = move(part, bounds)
        except IntegrityError:
            if not part.is_damaged:
                raise
            moved = move(task.open_range(bounds, etag), bounds)
        sums[bounds[0]] = moved
        if done is not None:
            done(bounds, moved)

    with Window(task.config.max_workers) as window:
        for bounds in ranges:
            window.submit(partial(fetch, bounds))
        window.drain()
    return sums


def compare(
    expected: tuple[ChecksumAlgorithm, str] | None, ranges: Sequence[Range], sums: Mapping[int, RangeSum]
) -> str | None:
    """Return by what the ranges were verified, as one or each; None where the service named no checksum."""
    if expected is None:
        names = {sums[start].verified for start, _ in ranges}
        return None if None in names else joined(name for name in names if name is not None)
    algorithm, value = expected
    parts = ((sums[start].checksum, end - start) for start, end in ranges)
    if _checksums.whole_object(algorithm, parts) != value:
        raise wrong_checksum(algorithm)
    return algorithm.value
