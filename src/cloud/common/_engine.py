"""Large reads and writes: parts, bounded workers, one path for progress and cancellation.

Memory is bounded by ``part_size * (max_workers + 2)`` for uploads from streams, and by 1 MiB per worker for
uploads from files and for downloads to files.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol, TypeVar

from cloud.common._bodies import FileRange
from cloud.common._cancel import Cancellation, active_switch, ended_by, pace_for
from cloud.common._ranges import split
from cloud.common._workers import Workers, take
from cloud.common.errors import CloudError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from typing_extensions import Self

    from cloud.common._bodies import Payload
    from cloud.common._storage_types import Part, PartLimits
    from cloud.common._workers import Task

T = TypeVar("T")
MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """How one large object is moved.

    Attributes:
        part_size: bytes of one part; raised where an object would have more parts than the service allows.
        max_workers: parts in flight at once.
        threshold: bodies of at least this many bytes are moved in parts.
        bandwidth_limit: the most bytes per second that all workers of one transfer move together, in both
            directions; None for no limit.
    """

    part_size: int = 16 * MIB
    max_workers: int = 4
    threshold: int = 32 * MIB
    bandwidth_limit: int | None = None

    def __post_init__(self) -> None:
        """Refuse values that cannot work."""
        for name in ("part_size", "max_workers", "threshold"):
            if getattr(self, name) < 1:
                raise InvalidRequestError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.bandwidth_limit is not None and self.bandwidth_limit < 1:
            raise InvalidRequestError(
                f"bandwidth_limit must be at least 1 byte per second, not {self.bandwidth_limit}",
                hint="None is for no limit",
            )


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

    def __init__(self, workers: int, *, limit: int | None = None) -> None:
        switch = active_switch()
        if switch is None:
            switch = Cancellation()
            switch.pace = pace_for((), limit)
        self._switch = switch
        self._limit = workers
        self._workers = Workers(workers)
        self._ended: SimpleQueue[Task[object]] = SimpleQueue()
        self._running = 0

    def submit(self, call: Callable[[], object]) -> None:
        """Run `call` on a worker; blocks while all workers are busy."""
        while self._running >= self._limit:
            self._take()
        self._workers.submit(partial(self._run, call), self._ended)
        self._running += 1

    def _run(self, call: Callable[[], object]) -> object:
        with ended_by(self._switch):
            return call()

    def _take(self) -> None:
        ended = take(self._ended)
        self._running -= 1
        ended.result()

    def drain(self) -> None:
        """Wait for everything that was submitted."""
        while self._running:
            self._take()

    def close(self) -> None:
        """Give the threads up once everything is drained."""
        self._workers.close()

    def end(self) -> None:
        """Forget what waits, end what runs."""
        self._switch.cancel()
        self._workers.end()

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

    def __init__(self, hooks: PartHooks, workers: int, *, limit: int | None = None) -> None:
        self._hooks = hooks
        self._window = Window(workers, limit=limit)
        self._parts: dict[int, Part] = {}
        self._count = 0

    def add(self, payload: Payload) -> None:
        """Upload the next part; blocks while all workers are busy."""
        self._count += 1
        number = self._count

        def send() -> None:
            self._parts[number] = self._hooks.put_part(number, payload)

        self._window.submit(send)

    def keep(self, part: Part) -> None:
        """Take a part that the service has already as the next one."""
        self._count += 1
        self._parts[self._count] = part

    @property
    def next_number(self) -> int:
        """Number of the part that `add` would upload."""
        return self._count + 1

    def wait(self) -> None:
        """Wait for all parts."""
        self._window.drain()

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

    def leave(self) -> None:
        """End the running parts, and leave what was stored."""
        self._window.end()

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
