"""Large reads and writes: parts, bounded workers, one path for progress and cancellation.

Memory is bounded by ``part_size * (max_workers + 2)`` for uploads from streams, and by 1 MiB per worker for
uploads from files and for downloads to files.
"""

from __future__ import annotations

import io
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from cloud.common import _checksums
from cloud.common._bodies import FileRange
from cloud.common._cancel import Cancellation, active_switch, ended_by, one_call
from cloud.common._ranges import split
from cloud.common._reading import ObjectStream, wrong_checksum, wrong_size
from cloud.common.errors import CloudError, IntegrityError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from typing_extensions import Self

    from cloud.common._bodies import Payload
    from cloud.common._ranges import Range
    from cloud.common._runtime import Runtime
    from cloud.common._storage_types import GetRequest, ObjectBody, Part, PartLimits

T = TypeVar("T")
MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """How one large object is moved.

    Attributes:
        part_size: bytes of one part; raised where an object would have more parts than the service allows.
        max_workers: parts in flight at once.
        threshold: bodies of at least this many bytes are moved in parts.
    """

    part_size: int = 16 * MIB
    max_workers: int = 4
    threshold: int = 32 * MIB

    def __post_init__(self) -> None:
        """Refuse values that cannot work."""
        for name in ("part_size", "max_workers", "threshold"):
            if getattr(self, name) < 1:
                raise InvalidRequestError(f"{name} must be at least 1, not {getattr(self, name)}")


def plan_part_size(size: int, config: TransferConfig, limits: PartLimits) -> int:
    """Return the part size for a body of `size` bytes: the configured one, within the service's limits.

    Raises:
        InvalidRequestError: the body is larger than the service's largest object.
    """
    smallest = -(-size // limits.max_parts)  # rounded up
    part_size = max(config.part_size, limits.min_part)
    if part_size < smallest:
        part_size = min(-(-smallest // MIB) * MIB, max(smallest, limits.max_part))
    part_size = min(part_size, max(smallest, limits.max_part))
    if part_size > limits.max_part:
        raise InvalidRequestError(
            f"{size} bytes are more than {limits.max_parts} parts of {limits.max_part} bytes, the service's largest object"
        )
    return part_size


def stream_part_size(number: int, config: TransferConfig, limits: PartLimits) -> int:
    """Return the size of part `number` (from 1) of a stream of unknown length.

    It doubles after every 1,000 parts, so that a stream of 5 TiB fits into 10,000 parts without large
    parts for short streams.
    """
    first = max(config.part_size, limits.min_part)
    return first if limits.equal_parts else min(first << ((number - 1) // 1000), limits.max_part)


class Window:
    """Runs calls on at most `workers` threads and holds at most `workers` of them unfinished.

    Use as a context manager. The first failure is raised by the next `submit` or by `drain`; leaving by an
    exception ends the running calls and forgets the waiting ones.
    """

    def __init__(self, workers: int) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self._workers = workers
        self._switch = active_switch() or Cancellation()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="cloud-transfer")
        self._pending: deque[Future[object]] = deque()

    def submit(self, call: Callable[[], object]) -> None:
        """Run `call` on a worker; blocks while all workers are busy."""
        while len(self._pending) >= self._workers:
            self._pending.popleft().result()
        self._pending.append(self._pool.submit(self._run, call))

    def _run(self, call: Callable[[], object]) -> object:
        with ended_by(self._switch):
            return call()

    def drain(self) -> None:
        """Wait for everything that was submitted."""
        while self._pending:
            self._pending.popleft().result()

    def close(self) -> None:
        """Give the threads up once everything is drained."""
        self._pool.shutdown(wait=True)

    def end(self) -> None:
        """Forget what waits, end what runs."""
        self._switch.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pending.clear()

    def __enter__(self) -> Self:
        """Return the window."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close it; end it when the block was left by an exception."""
        if kind is None:
            self.close()
        else:
            self.end()


def map_bounded(call: Callable[[T], object], items: Iterable[T], workers: int) -> None:
    """Run `call` on every item with at most `workers` at once; the first failure stops the rest."""
    with Window(workers) as window:
        for item in items:
            window.submit(partial(call, item))
        window.drain()


class PartWriter:
    """Uploads parts in the background and completes or aborts the upload.

    Nothing is visible until `complete`. Parts that were stored are removed by `abort`.
    """

    def __init__(self, hooks: PartHooks, workers: int) -> None:
        self._hooks = hooks
        self._window = Window(workers)
        self._parts: dict[int, Part] = {}
        self._count = 0

    def add(self, payload: Payload) -> None:
        """Upload the next part; blocks while all workers are busy."""
        self._count += 1
        number = self._count

        def send() -> None:
            self._parts[number] = self._hooks.put_part(number, payload)

        self._window.submit(send)

    @property
    def next_number(self) -> int:
        """Number of the part that `add` would upload."""
        return self._count + 1

    def complete(self) -> None:
        """Wait for all parts and make the object visible."""
        self._window.drain()
        self._window.close()
        self._hooks.complete([self._parts[number] for number in sorted(self._parts)])

    def abort(self) -> None:
        """End the running parts, then remove what was stored."""
        self._window.end()
        with ended_by(None):  # whoever ended the transfer wants this done
            self._hooks.abort()

    def give_up(self) -> None:
        """Abort because of an error that is being raised: a failure to abort is logged and does not hide it."""
        try:
            self.abort()
        except CloudError as error:
            import logging

            logger = logging.getLogger("cloud.transfer")
            logger.warning("an upload was not removed, its parts may be left: %s", error)


class PartHooks(Protocol):
    """One multipart upload in progress, with the runtime around each call."""

    def put_part(self, number: int, payload: Payload) -> Part:
        """Store one part."""

    def complete(self, parts: list[Part]) -> None:
        """Make the object visible."""

    def abort(self) -> None:
        """Remove what was stored."""


def upload_parts(writer: PartWriter, payloads: Iterable[Payload]) -> None:
    """Send every payload as one part and complete the upload; abort it on any failure or Ctrl-C."""
    switch = active_switch()
    try:
        for payload in payloads:
            if switch is not None:
                switch.check()
            writer.add(payload)
        writer.complete()
    except BaseException:
        writer.give_up()
        raise


def cut_payload(payload: Payload, part_size: int) -> Iterator[Payload]:
    """Yield the parts of a body of known length, without copying it."""
    if isinstance(payload, FileRange):
        for start, end in split(payload.length, part_size):
            yield FileRange(payload.source, payload.offset + start, end - start)
        return
    view = memoryview(payload).cast("B")
    for start, end in split(len(view), part_size):
        yield view[start:end]


class Sink(Protocol):
    """Where the ranges of a download go, in any order, from several threads."""

    def fill(
        self, offset: int, stream: ObjectStream, length: int, seen: Callable[[memoryview], None]
    ) -> None:
        """Write `length` bytes of `stream` at `offset`; `seen` is shown every piece in order."""


class MemorySink:
    """One allocation of the right size; `take` hands it over without a copy."""

    def __init__(self, size: int) -> None:
        # BytesIO owns the zeroed bytes object alone, so getbuffer() and getvalue() share it instead of copying.
        self._file = io.BytesIO(bytes(size))
        self._view = self._file.getbuffer()

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
        return self._file.getvalue()


def _some(stream: ObjectStream, view: memoryview) -> int:
    count = stream.readinto(view)
    if count == 0:
        raise IntegrityError("the body ended too early", retryable=True)
    return count


@dataclass(frozen=True)
class Download:
    """One download in progress: where the bytes come from, and with which settings."""

    runtime: Runtime
    operation: str
    get: Callable[[GetRequest], ObjectBody]
    request: GetRequest
    config: TransferConfig
    progress: Callable[[int], None] | None = None

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
        return ObjectStream(self.runtime, self.operation, self.get, request)


def download(task: Download, stream: ObjectStream, sink: Sink) -> str | None:
    """Move the whole object into `sink` and return the checksum that it was verified by, if any.

    `stream` is the open answer to the whole object. A large one is read by parallel ranges that are pinned
    to its ETag; without an ETag ranges could mix versions, so it is then read by the one stream.
    """
    size = stream.end - stream.position
    try:
        if size < task.config.threshold or stream.info.etag is None or stream.position:
            sink.fill(0, stream, size, task.seen)
            stream.readinto(memoryview(bytearray(1)))  # reaching the end compares the checksum
            return stream.verified
        return _download_ranges(task, stream, sink, stream.info.etag)
    finally:
        stream.close()


def download_bytes(task: Download, stream: ObjectStream) -> bytes:
    """Return what `stream` stands for in one allocation; bytes that turn out wrong are read once more."""
    sink = MemorySink(stream.end - stream.position)
    try:
        with one_call(None):
            download(task, stream, sink)
    except IntegrityError as error:
        if not error.retryable:
            raise
        del sink  # before the second allocation
        with one_call(None):
            stream = ObjectStream(task.runtime, task.operation, task.get, task.request)
            sink = MemorySink(stream.end - stream.position)
            download(task, stream, sink)
    return sink.take()


def _download_ranges(task: Download, stream: ObjectStream, sink: Sink, etag: str) -> str | None:
    size, expected = stream.end, stream.take_checksum()
    ranges = split(size, task.config.part_size)
    sums: dict[int, _checksums.Checksum] = {}

    def fetch(bounds: Range) -> None:
        part = stream if bounds[0] == 0 else task.open_range(bounds, etag)
        checksum = _checksums.new(expected[0]) if expected is not None else None

        def seen(piece: memoryview) -> None:
            if checksum is not None:
                checksum.update(piece)
            task.seen(piece)

        try:
            if part.info.size != stream.info.size:
                raise wrong_size(stream.info.size, part.info.size)
            sink.fill(bounds[0], part, bounds[1] - bounds[0], seen)
        finally:
            part.close()
        if checksum is not None:
            sums[bounds[0]] = checksum

    with Window(task.config.max_workers) as window:
        for bounds in ranges:
            window.submit(partial(fetch, bounds))
        window.drain()
    if expected is None:
        return None
    algorithm, value = expected
    parts = ((sums[start].value(), end - start) for start, end in ranges)
    if _checksums.whole_object(algorithm, parts) != value:
        raise wrong_checksum(algorithm)
    return algorithm.value
