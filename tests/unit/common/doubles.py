"""A store in memory behind our own interfaces `ObjectBody` and `PartHooks`, whose faults a test scripts."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zlib import crc32

from cloud.common._bodies import as_bytes
from cloud.common._checksums import ChecksumAlgorithm
from cloud.common._retry import RetryPolicy
from cloud.common._runtime import Runtime
from cloud.common._storage_types import GetRequest, ObjectBody, Part
from cloud.common.errors import CloudError, PreconditionFailedError, ServiceUnavailableError
from cloud.common.models import ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common._bodies import Payload


def make_runtime(**policy: Any) -> Runtime:
    """Return a runtime that never sleeps."""
    retry = RetryPolicy(**{"max_attempts": 4, "jitter": lambda _: 0.0, **policy})
    return Runtime("local", "double", lambda _exc, _context: None, retry=retry, sleep=lambda _seconds: None)


def crc32_of(data: bytes) -> str:
    """Return the CRC-32 as services write it."""
    return b64encode(crc32(data).to_bytes(4, "big")).decode()


class Body(ObjectBody):
    """An answer that may break after `cut` bytes, by an error or by an early end."""

    def __init__(
        self, info: ObjectInfo, start: int, data: bytes, cut: int | None, error: CloudError | None
    ) -> None:
        self.info = info
        self.start = start
        self.length = len(data)
        self.closed = 0
        self._data = data
        self._position = 0
        self._cut = len(data) if cut is None else cut
        self._error = error

    def readinto(self, buffer: memoryview) -> int:
        """Give at most 7 bytes, so that every caller has to loop."""
        assert not self.closed, "read after close"
        if self._position >= self._cut and self._cut < len(self._data):
            if self._error is not None:
                raise self._error
            return 0
        piece = self._data[self._position : min(self._position + min(7, len(buffer)), self._cut)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def read_all(self) -> bytes:
        """Return the rest, or break."""
        buffer, pieces = memoryview(bytearray(64)), []
        while count := self.readinto(buffer):
            pieces.append(bytes(buffer[:count]))
        return b"".join(pieces)

    def close(self) -> None:
        """Count how often."""
        self.closed += 1


@dataclass
class Store:
    """One object.

    Attributes:
        data, etag: the present version.
        checksum: named by every answer to a whole read.
        cuts: of the next answers: after how many bytes they break; None for whole.
        error: what a cut raises; None for an early end.
        wrong_start: how far beside the range that was asked for the answers are.
        requests, bodies: what was asked and given.
        on_get: called before each answer with its number.
    """

    data: bytes
    etag: str | None = "v1"
    checksum: str | None = None
    cuts: deque[int | None] = field(default_factory=deque)
    error: CloudError | None = field(default_factory=lambda: ServiceUnavailableError("reset"))
    wrong_start: int = 0
    requests: list[GetRequest] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    on_get: Callable[[int], None] = lambda _number: None
    lock: Any = field(default_factory=threading.Lock)

    def get(self, request: GetRequest) -> ObjectBody:
        """Answer a read, as a provider's hook does."""
        with self.lock:
            self.on_get(len(self.requests))
            self.requests.append(request)
            if request.if_match is not None and request.if_match != self.etag:
                raise PreconditionFailedError("another version", http_status=412)
            size = len(self.data)
            start = max(0, size + request.start) if request.start < 0 else request.start
            end = size if request.end is None else min(request.end, size)
            data = self.data[start:end]
            info = ObjectInfo(bucket=request.bucket, key=request.key, size=size, etag=self.etag)
            cut = self.cuts.popleft() if self.cuts else None
            body = Body(info, start + self.wrong_start, data, cut, self.error)
            if self.checksum is not None and request.is_whole:
                body.checksum = (ChecksumAlgorithm.CRC32, self.checksum)
            self.bodies.append(body)
            return body

    @property
    def all_closed(self) -> bool:
        """Whether every answer was given up."""
        return all(body.closed for body in self.bodies)


class Hooks:
    """A multipart upload: what was stored, and how often it ended. Safe between threads."""

    def __init__(self, fail_on: int | None = None, error: BaseException | None = None) -> None:
        self.parts: dict[int, bytes] = {}
        self.completed: list[list[Part]] = []
        self.aborted = 0
        self.most_at_once = 0
        self.gate: Callable[[int], None] = lambda _number: None
        self._fail_on = fail_on
        self._error = error or ServiceUnavailableError("no")
        self._running = 0
        self._lock = threading.Lock()

    def put_part(self, number: int, payload: Payload) -> Part:
        """Store one part."""
        with self._lock:
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        try:
            self.gate(number)
            if number == self._fail_on:
                raise self._error
            data = as_bytes(payload)
            with self._lock:
                assert not self.completed
                assert not self.aborted
                self.parts[number] = data
            return Part(number, f"etag{number}", len(data))
        finally:
            with self._lock:
                self._running -= 1

    def complete(self, parts: list[Part]) -> None:
        """Make it visible."""
        self.completed.append(parts)

    def abort(self) -> None:
        """Remove it; nothing may run any more."""
        assert self._running == 0
        self.aborted += 1

    @property
    def body(self) -> bytes:
        """What was stored, in the order of the parts."""
        return b"".join(self.parts[number] for number in sorted(self.parts))
