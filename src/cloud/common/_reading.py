"""Reads that own the body: pinned to one version, counted, resumed after a cut, verified at the end."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from cloud.common import _checksums
from cloud.common._cancel import pace_for
from cloud.common._observe import call_facts
from cloud.common._pace import active_pace
from cloud.common.errors import CloudError, IntegrityError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cloud.common._pace import Pace
    from cloud.common._pieces import Pieces
    from cloud.common._runtime import Runtime
    from cloud.common._storage_types import GetRequest, ObjectBody
    from cloud.common.errors import ErrorContext
    from cloud.common.models import ObjectInfo

SMALL_BODY = 8 << 20
"""Bodies up to this many bytes are read in one go; a cut then costs a second read of the whole."""


class ObjectStream:
    """The bytes of one object, or of a range of it, from front to back.

    The first answer pins the ETag; a cut connection is resumed from the last byte with that pin, so that
    bytes of two versions are never mixed. The checksum of a whole object is compared at its end. Where there is none
    and the service names those of ranges, that of each answer is compared, also when a cut made it two. Those of
    pieces are compared at the end of each.

    Attributes:
        is_damaged: whether bytes did not fit their checksum.
        pieces: those of the object, where they are known; what is read begins with one of them.
    """

    def __init__(
        self,
        runtime: Runtime,
        operation: str,
        get: Callable[[GetRequest], ObjectBody],
        request: GetRequest,
        *,
        body: ObjectBody | None = None,
        limit: int | None = None,
        pieces: Pieces | None = None,
    ) -> None:
        self._runtime = runtime
        self._operation = operation
        self._resource = f"{request.bucket}/{request.key}"
        self._get = get
        self._request = request
        self._cuts = 0
        self._pace = active_pace() or pace_for((), limit)
        self._compared: set[str] = set()
        self._is_unchecked = False
        self.is_damaged = False
        if body is None:
            body = self._fetch(request, first_answer)
        self._body: ObjectBody | None = body
        self.info: ObjectInfo = body.info
        self.position = body.start
        self.end = _end(request, body.info.size)
        self._answer_end = body.start + body.length
        self._range_checksum = body.range_checksum
        self.pieces = body.pieces if pieces is None and request.is_whole else pieces
        self._check = None if self.pieces is None else self.pieces.check_from(self.position)
        self._covers_all = request.is_whole and body.checksum is not None
        if self._covers_all:
            self._expect(body.checksum)
        else:
            self._expect_range()

    @property
    def verified(self) -> str | None:
        """By what all that was read was verified; None inside an answer, and where one came without a checksum."""
        if self._check is not None:
            return self._check.algorithm.value if self._check.is_between and not self.is_damaged else None
        if self._is_unchecked or self._checksum is not None or self.position < self._answer_end:
            return None
        return joined(self._compared)

    @property
    def beginning(self) -> int | None:
        """How many bytes the present answer has, when it is a beginning that nothing but its own checksum covers."""
        if self._covers_all or self._answer_end == self.end:
            return None
        return self._answer_end - self.position

    def _expect(self, expected: tuple[_checksums.ChecksumAlgorithm, str] | None) -> None:
        """Compare what is read from now on with the checksum `expected`."""
        self._expected = expected
        self._checksum = None if expected is None else _checksums.new(expected[0])

    def _expect_range(self) -> None:
        self._is_unchecked |= self._range_checksum is None
        self._expect(self._range_checksum)

    def _fetch(
        self, request: GetRequest, check: Callable[[ObjectBody, GetRequest], ObjectBody]
    ) -> ObjectBody:
        return self._runtime.run(self._operation, self._resource, lambda: check(self._get(request), request))

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` from its start and return how many bytes; 0 only at the end."""
        if self._pace is not None:
            buffer = buffer[: self._pace.piece]
        while self.position < self.end and len(buffer):
            body = self._body
            if body is None:
                body = self._body = self._reopen()
            try:
                count = self._read_some(body, buffer)
            except CloudError as error:
                self._cut(error)
                continue
            self._cuts = 0
            if self._checksum is not None:
                self._checksum.update(buffer[:count])
            self.position += count
            self._runtime.metrics.count_received(count)
            if self._pace is not None:
                self._pace.take(count)
            if self._check is not None and not self._check.goes_on_with(buffer[:count]):
                self.close()
                raise self._damaged(self._check.algorithm)
            if self.position == self._answer_end:
                self._finish()
            return count
        if self.position == self.end:
            self._finish()
        return 0

    def _read_some(self, body: ObjectBody, buffer: memoryview) -> int:
        def read() -> int:
            count = body.readinto(buffer[: self._answer_end - self.position])
            if count == 0:
                raise IntegrityError(
                    f"the body ended after {self.position} of {self.end} bytes", retryable=True
                )
            return count

        return self._runtime.translated(self._operation, self._resource, read)

    def _cut(self, error: CloudError) -> None:
        """Drop the broken answer; raise when the cut must not or cannot be mended."""
        self.close()
        self._cuts += 1
        if not error.retryable or self.info.etag is None or self._cuts >= self._runtime.retry.max_attempts:
            raise error

    def _reopen(self) -> ObjectBody:
        """Ask for the rest of a cut answer, whose checksum still holds, or for what comes after a whole one."""
        is_next = self.position == self._answer_end and not self._covers_all
        request = self._request._replace(
            start=self.position,
            end=self.end if is_next or self._covers_all else self._answer_end,
            piece=self._request.piece if is_next else None,
            if_match=self.info.etag,
            if_none_match=None,
            if_modified_since=None,
        )
        body = self._fetch(request, checked_answer)
        if body.info.etag != self.info.etag:
            body.close()
            raise IntegrityError("the object was replaced while it was being read")
        if body.info.size != self.info.size:
            body.close()
            raise wrong_size(self.info.size, body.info.size)
        self._answer_end = body.start + body.length
        if is_next or self._expected is None:
            self._range_checksum = body.range_checksum
            self._expect_range()
        return body

    def _finish(self) -> None:
        """Compare at the end of what the checksum is of: of everything, or of one answer."""
        self.close()
        if self._covers_all and self.position < self.end:
            return
        if self._checksum is not None and self._expected is not None:
            checksum, self._checksum = self._checksum, None
            algorithm, expected = self._expected
            if checksum.value() != expected:
                raise self._damaged(algorithm)
            self._compared.add(algorithm.value)

    def _damaged(self, algorithm: _checksums.ChecksumAlgorithm) -> IntegrityError:
        self.is_damaged = True
        return wrong_checksum(algorithm, context=self._runtime.context(self._operation, self._resource))

    def take_checksum(self) -> tuple[_checksums.ChecksumAlgorithm, str] | None:
        """Return the checksum to expect when its parts can be combined; whoever takes it compares it.

        A checksum that cannot be combined stays None here: ranges that are read in parallel then have
        nothing to be compared with but checksums of their own, where the service has those, and their lengths.
        """
        if not self._covers_all or self._expected is None:
            return None
        expected, self._covers_all = self._expected, False
        self._expect_range()
        return expected if expected[0] in _checksums.FASTEST_FIRST else None

    def close(self) -> None:
        """Give the connection up. Reading on opens a new one."""
        if self._body is not None:
            self._body.close()
            self._body = None


def first_answer(body: ObjectBody, request: GetRequest) -> ObjectBody:
    """Return `body` when it is also of the version that was asked for; close it and raise otherwise."""
    asked = request.if_match and request.if_match.removeprefix("W/").strip('"')
    if asked and asked not in {"*", body.info.etag}:  # no service says so: it is something else that answers
        body.close()
        raise IntegrityError(
            "the object was replaced while it was being read, or something else than the service answers",
            retryable=True,
        )
    return checked_answer(body, request)


def checked_answer(body: ObjectBody, request: GetRequest) -> ObjectBody:
    """Return `body` when it is the range that was asked for; close it and raise otherwise."""
    size = body.info.size
    start = max(0, size + request.start) if request.start < 0 else request.start
    end = _end(request, size)
    if body.asked_end is not None:
        end = min(end, body.asked_end)
    if body.start == start and body.length == end - start:
        return body
    body.close()
    raise IntegrityError(
        f"asked for bytes {start} to {end} of {size}, got {body.length} bytes from {body.start} on",
        retryable=True,
    )


def _end(request: GetRequest, size: int) -> int:
    return size if request.end is None else min(request.end, size)


def joined(algorithms: Iterable[str]) -> str | None:
    """Return the names of the algorithms that something was verified by, as one; None for none."""
    return "+".join(sorted(algorithms)) or None


def wrong_checksum(
    algorithm: _checksums.ChecksumAlgorithm, context: ErrorContext | None = None
) -> IntegrityError:
    """Return the error for bytes that do not fit what the service stores."""
    return IntegrityError(
        f"the bytes do not fit the service's {algorithm.name} checksum", retryable=True, context=context
    )


def wrong_size(first: int, later: int) -> IntegrityError:
    """Return the error for two answers about one version of an object that do not agree on its size."""
    return IntegrityError(
        f"the first answer gave the object {first} bytes, a later one {later}", retryable=True
    )


def fetch_small(
    get: Callable[[GetRequest], ObjectBody], request: GetRequest, limit: int
) -> bytes | ObjectBody:
    """Return all bytes of one answer, or the answer itself, still open, when that is not all or more than `limit`.

    One try: it runs inside `Runtime.run`, which repeats it after a cut or a flipped bit.
    """
    body = first_answer(get(request), request)
    is_all = body.start + body.length == _end(request, body.info.size)
    if body.length > limit or not is_all:
        return body
    try:
        pace = active_pace()
        data = body.read_all() if pace is None else _read_paced(body, pace)
        call_facts().bytes_received += len(data)
        if len(data) != body.length:
            raise IntegrityError(f"got {len(data)} of {body.length} bytes", retryable=True)
        named = (request.is_whole and body.checksum) or body.range_checksum
        if named is not None:
            algorithm, expected = named
            if _checksums.checksum_of(algorithm, data) != expected:
                raise wrong_checksum(algorithm)
        elif request.is_whole and body.pieces is not None and not body.pieces.fit(data):
            raise wrong_checksum(body.pieces.algorithm)
        return data
    finally:
        body.close()


def _read_paced(body: ObjectBody, pace: Pace) -> bytes:
    data = bytearray(body.length)
    view = memoryview(data)
    while count := body.readinto(view[: pace.piece]):
        pace.take(count)
        view = view[count:]
    return bytes(data[: len(data) - len(view)])


class ObjectReader(io.RawIOBase):
    """A readable, seekable file over one object; a seek that leaves the stream opens a new range."""

    SKIP = 128 << 10
    """A forward seek up to this many bytes reads on instead of asking anew."""

    def __init__(self, open_stream: Callable[[int, str | None], ObjectStream]) -> None:
        super().__init__()
        self._open_stream = open_stream
        self._stream: ObjectStream | None = None  # `io` closes what was only half made, too
        self._stream = open_stream(0, None)
        self.info = self._stream.info
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position without any request; the next read makes it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.info.size}.get(whence)
        if base is None or base + offset < 0:
            raise InvalidRequestError(f"cannot seek to {offset} from {whence}")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: object) -> int:
        """Fill `buffer` and return how many bytes; 0 at the end."""
        if self.closed:
            raise InvalidRequestError("the file is closed")
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # io's own type is private
        if self._position >= self.info.size or not len(view):
            return 0
        count = self._at_position().readinto(view)
        self._position += count
        return count

    def _at_position(self) -> ObjectStream:
        stream = self._stream
        if stream is not None and stream.position != self._position:
            gap = self._position - stream.position
            if 0 < gap <= self.SKIP:
                skipped = memoryview(bytearray(gap))
                while skipped:
                    skipped = skipped[stream.readinto(skipped) :]
            else:
                stream.close()
                stream = None
        if stream is None:
            stream = self._stream = self._open_stream(self._position, self.info.etag)
            if stream.info.etag != self.info.etag:
                raise IntegrityError("the object was replaced while it was being read")
        return stream

    def close(self) -> None:
        """Give the connection up."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        super().close()
