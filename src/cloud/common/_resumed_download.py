"""Downloads to a file that go on where a killed process stopped.

Beside the target lie the file as far as it is there, and a journal of the ranges that are whole, pinned to one ETag.
Both have names of staged files, which `cloud cleanup` knows.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from cloud.common import _checksums
from cloud.common._cancel import one_call
from cloud.common._checksums import ChecksumAlgorithm
from cloud.common._downloads import (
    Download,
    RangeSum,
    compare,
    download,
    fetch_ranges,
    goes_by_ranges,
    ranges_of,
)
from cloud.common._files import PIECE, FileSink, finish, refuse_target
from cloud.common._pieces import from_plain
from cloud.common._reading import ObjectStream
from cloud.common._state import Notes, open_own
from cloud.common.errors import IntegrityError, MissingDependencyError, NotFoundError, PreconditionFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from cloud.common._pieces import Pieces
    from cloud.common._ranges import Range
    from cloud.common.models import ObjectInfo

_LOCAL = ChecksumAlgorithm.CRC32
"""What ranges on disk are checked by where the service names no checksum that can be combined."""


class ResumedDownload:
    """One download into the file `path`, begun or gone on with."""

    def __init__(self, task: Download, path: Path, identity: str) -> None:
        self._task = task
        self._path = path
        request = task.request
        facts = json.dumps((identity, request.bucket, request.key, request.version_id)).encode()
        self._staged = self._beside(b"file " + facts)
        self._notes = Notes(self._beside(b"journal " + facts))
        self._can_go_on = False

    def _beside(self, facts: bytes) -> Path:
        return self._path.with_name(f".{self._path.name[:40]}.{hashlib.sha256(facts).hexdigest()[:16]}.part")

    def run(self, call: AbstractContextManager[None], *, overwrite: bool) -> tuple[ObjectInfo, str | None]:
        """Return the object and by what it was verified, once the file is in its place.

        What was moved stays beside the target when this is left by an error, but for bytes that are wrong.

        Args:
            call: what may end the transfer.
            overwrite: as for `download_to`.

        Raises:
            ConflictError: another process is at work on the same download.
        """
        refuse_target(self._path, overwrite=overwrite)
        with call, self._notes as notes:
            try:
                with open_own(self._staged) as file:
                    done = self._move(file)
                    file.truncate(done[0].size)
                finish(self._staged, self._path, overwrite=overwrite)
            except BaseException:
                if not self._can_go_on:
                    self._staged.unlink(missing_ok=True)
                    notes.remove()
                raise
            notes.remove()
            return done

    def _move(self, file: BinaryIO) -> tuple[ObjectInfo, str | None]:
        """Read what is missing; bytes that turn out wrong are read once more."""
        try:
            with one_call(None):  # whose end is not that of the second
                return self._go_on(file) or self._begin(file)
        except IntegrityError as error:
            self._can_go_on = False
            if not error.retryable:
                raise
            return self._begin(file)

    def _begin(self, file: BinaryIO) -> tuple[ObjectInfo, str | None]:
        """Read the object from its start."""
        task, notes = self._task, self._notes
        self._can_go_on = False
        stream = ObjectStream(task.runtime, task.operation, task.get, task.request)
        file.truncate(0)
        info, size = stream.info, stream.end
        if info.etag is None or not goes_by_ranges(task, stream):
            notes.begin({})
            return info, download(task, stream, FileSink(file))
        try:
            expected, pieces = stream.take_checksum(), stream.pieces
            part_size = stream.beginning or task.config.part_size
            head = {"etag": info.etag, "size": size, "part_size": part_size, "checksum": _plain(expected)}
            notes.begin(head if pieces is None else {**head, "pieces": pieces.plain()})
            self._can_go_on = True
            self._task = replace(task, pieces=pieces)
            ranges = ranges_of(size, part_size, pieces)
            algorithm = expected[0] if expected is not None else _LOCAL
            sums = self._fetch(file, ranges, stream, (info.etag, size), algorithm)
        finally:
            stream.close()
        return info, compare(expected, ranges, sums)

    def _note(self, bounds: Range, moved: RangeSum) -> None:
        self._notes.add({"start": bounds[0], **moved._asdict()})

    def _go_on(self, file: BinaryIO) -> tuple[ObjectInfo, str | None] | None:
        """Read what is missing; None when there is nothing to go on from."""
        left = _left(self._notes)
        if left is None:
            return None
        self._can_go_on = True
        etag, size, part_size, expected, pieces = left
        task = self._task = replace(self._task, pieces=pieces)
        if task.request.if_match not in {None, etag}:
            self._say("another version is asked for")
            return None
        ranges = ranges_of(size, part_size, pieces)
        algorithm = expected[0] if expected is not None else _LOCAL
        sums = dict(_whole(file, ranges, self._notes.lines, algorithm))
        missing = [bounds for bounds in ranges if bounds[0] not in sums]
        # At least one is read: it tells that the object is still the same, and what else is known of it.
        missing = missing or [ranges[-1]]
        try:
            stream = task.open_range(missing[0], etag)
        except (PreconditionFailedError, NotFoundError):
            self._say("the object was replaced since")
            return None
        try:
            if stream.info.size != size:
                self._say("the object has another size")
                return None
            for start, end in ranges:
                if start in sums and task.progress is not None:
                    task.progress(end - start)
            sums |= self._fetch(file, missing, stream, (etag, size), algorithm)
        finally:
            stream.close()
        return stream.info, compare(expected, ranges, sums)

    def _fetch(
        self,
        file: BinaryIO,
        missing: list[Range],
        stream: ObjectStream,
        version: tuple[str, int],
        algorithm: ChecksumAlgorithm,
    ) -> dict[int, RangeSum]:
        """Fetch ranges, the first of them from `stream`, and note each."""
        opener = self._task.beginning_with(stream, missing[0][0])
        sink = FileSink(file)
        return fetch_ranges(self._task, missing, sink, version, algorithm, open_range=opener, done=self._note)

    def _say(self, reason: str) -> None:
        import logging

        logging.getLogger("cloud.transfer").warning(
            "the download to %s starts anew: %s", str(self._path), reason
        )


def _plain(expected: tuple[ChecksumAlgorithm, str] | None) -> list[str] | None:
    return None if expected is None else [expected[0].value, expected[1]]


class _Left(NamedTuple):
    etag: str
    size: int
    part_size: int
    expected: tuple[ChecksumAlgorithm, str] | None
    pieces: Pieces | None


def _left(notes: Notes) -> _Left | None:
    """Return what an earlier run noted of the object; None when it noted nothing of use."""
    head: dict[str, Any] = notes.head or {}
    with suppress(KeyError, IndexError, TypeError, ValueError, MissingDependencyError):
        etag, size, part_size, checksum = head["etag"], head["size"], head["part_size"], head["checksum"]
        expected = None if checksum is None else (ChecksumAlgorithm(checksum[0]), str(checksum[1]))
        if isinstance(etag, str) and size > 0 and part_size > 0:
            _checksums.new(expected[0] if expected is not None else _LOCAL)
            pieces = from_plain(head.get("pieces"), int(size))
            return _Left(etag, int(size), int(part_size), expected, pieces)
    return None


def _whole(
    file: BinaryIO, ranges: list[Range], lines: list[dict[str, Any]], algorithm: ChecksumAlgorithm
) -> Iterator[tuple[int, RangeSum]]:
    """Yield start and checksum of the ranges that are on disk as they were noted."""
    ends = dict(ranges)
    noted = {line.get("start"): line for line in lines}
    for start, line in noted.items():
        if start in ends:
            checksum = _checksums.new(algorithm)
            file.seek(start)
            missing = ends[start] - start
            while missing and (piece := file.read(min(PIECE, missing))):
                checksum.update(memoryview(piece))
                missing -= len(piece)
            if not missing and checksum.value() == line.get("checksum"):
                verified = line.get("verified")
                yield start, RangeSum(checksum.value(), verified if isinstance(verified, str) else None)
