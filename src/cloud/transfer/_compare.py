"""Whether two sides hold the same under one name, told from what the listings say, or by asking."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import TYPE_CHECKING, Final

from cloud.common import _checksums
from cloud.common._checksums import ChecksumAlgorithm
from cloud.common.enums import CloudProvider
from cloud.common.errors import InvalidRequestError, UnsupportedOperationError
from cloud.transfer._sides import FolderSide, StoreSide

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedReader

    from cloud.transfer._sides import Entry, Side

MTIME: Final = "mtime"
"""Name of the metadata that keeps a file's time: seconds since 1970, as rclone writes it."""
_PIECE = 1 << 20
_TICK_NS = 1000
"""A store's times have microseconds at best; a file system's, nanoseconds."""
_COARSE_NS = 20_000_000
"""Kernels stamp files with the time of their last tick, at most 16 ms ago: a file that was changed just after it
was stored may bear an earlier time."""
# Cheapest first. Composite checksums (S3's of parts) are of another kind and left out.
_ALGORITHMS = (
    *_checksums.FASTEST_FIRST,
    ChecksumAlgorithm.SHA1,
    ChecksumAlgorithm.SHA256,
    ChecksumAlgorithm.MD5,
)


class Compare(Enum):
    """By what two items of one name are taken for the same. Different sizes always differ."""

    TIME = "time"
    """Size, and the destination is not older than the source; a file that was downloaded has its object's time."""
    SIZE = "size"
    """Size alone."""
    CHECKSUM = "checksum"
    """A checksum of the whole content that both sides have; one request for each object of equal size."""
    ETAG = "etag"
    """ETags, between stores of one service whose ETags stand for the content."""
    CONTENT = "content"
    """The bytes themselves: both sides are read."""


class Verdict(Enum):
    """What the listings alone say."""

    SAME = "same"
    ASK = "ask"


# The ETag of a copy is that of its source, or not; equal ones never stand for different bytes.
# Google's ETag here is the generation and Azure's a time: new with every copy, whatever the bytes.
# https://cloud.google.com/storage/docs/metadata, https://learn.microsoft.com/rest/api/storageservices/get-blob
_ETAGS_OF_CONTENT = frozenset({CloudProvider.AWS, CloudProvider.INFOMANIAK})


def _share_etags(source: Side, destination: Side) -> bool:
    if isinstance(source, FolderSide) or isinstance(destination, FolderSide):
        return False
    first, second = source.client, destination.client
    if first.provider is CloudProvider.LOCAL:  # drawn at random; copies inside one store keep them
        return first is second
    same_service = first.provider is second.provider and first.service_name == second.service_name
    return same_service and first.provider in _ETAGS_OF_CONTENT


@dataclass(frozen=True)
class Comparison:
    """How the items of two sides are compared.

    Attributes:
        by: what counts.
        window: with `Compare.TIME`, how far the times of a downloaded file and its object may lie apart: for
            file systems with coarse times.
    """

    source: Side
    destination: Side
    by: Compare = Compare.TIME
    window: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        """Refuse comparisons that cannot be made.

        Raises:
            InvalidRequestError: ETags of these two sides say nothing about each other.
        """
        if self.window < timedelta(0):
            raise InvalidRequestError("window must not be negative")
        if self.by is Compare.ETAG:
            self._check_etags()

    def _check_etags(self) -> None:
        hint = "compare by checksum, or by time"
        if isinstance(self.source, FolderSide) or isinstance(self.destination, FolderSide):
            raise InvalidRequestError("files have no ETag to compare", hint=hint)
        if not _share_etags(self.source, self.destination):
            raise InvalidRequestError(
                f"ETags of {self.source.uri()} and {self.destination.uri()} say nothing about each other",
                hint=hint,
            )

    def quick(self, source: Entry, destination: Entry) -> Verdict | str:
        """Return what the listings say: the same, ask, or the reason to copy."""
        if source.size != destination.size:
            return "size differs"
        if self.by is Compare.SIZE or source.is_marker:
            return Verdict.SAME
        if self.by is Compare.TIME:
            return self._by_time(source, destination)
        if self.by is Compare.ETAG:
            if source.etag is None or destination.etag is None:
                return Verdict.ASK
            return Verdict.SAME if source.etag == destination.etag else "etag differs"
        return Verdict.ASK

    def _by_time(self, source: Entry, destination: Entry) -> Verdict | str:
        if source.time_ns is None or destination.time_ns is None:
            return Verdict.ASK
        gap = source.time_ns - destination.time_ns
        if isinstance(self.destination, FolderSide):
            window = max(_TICK_NS, self.window // timedelta(microseconds=1) * 1000)
            return Verdict.SAME if abs(gap) <= window else "time differs"
        if gap < (-_COARSE_NS if isinstance(self.source, FolderSide) else 0):
            return Verdict.SAME
        if gap == 0 and source.etag == destination.etag and _share_etags(self.source, self.destination):
            return Verdict.SAME
        if isinstance(self.source, FolderSide) or gap == 0:
            # Many services tell whole seconds, and file systems the last tick: within those there is no order.
            return Verdict.ASK
        return "source is newer"

    def ask(self, source: Entry, destination: Entry) -> str | None:
        """Return the reason to copy, or None for the same, after asking the sides; sizes are equal.

        Raises:
            UnsupportedOperationError: the comparison cannot be made.
            CloudError, OSError: a side could not be asked.
        """
        if self.by is Compare.TIME:
            return self._ask_time(source, destination)
        if self.by is Compare.CONTENT:
            return None if self._is_same_content(source, destination) else "content differs"
        if self.by is Compare.CHECKSUM:
            same = self._has_same_checksum(source, destination)
            if same is not None:
                return None if same else "checksum differs"
        raise UnsupportedOperationError(
            f"{source.name!r} cannot be compared by {self.by.value}: the two sides have none in common",
            hint="compare by content, which reads both, or by time",
        )

    def _ask_time(self, source: Entry, destination: Entry) -> str | None:
        if source.time_ns is None or destination.time_ns is None:
            raise UnsupportedOperationError(
                f"{source.name!r} cannot be compared by time: the store tells none",
                hint="compare by checksum",
            )
        if isinstance(self.source, StoreSide):
            same = self._has_same_checksum(source, destination)
            return None if same else "times are equal, contents may differ"
        assert isinstance(self.destination, StoreSide)  # noqa: S101  # a folder's times are never asked for
        key = self.destination.key(source.name)
        info = self.destination.client.get_object_metadata(self.destination.bucket, key)
        return None if is_mtime(info.metadata.get(MTIME), source.time_ns) else "source is newer"

    # -- checksums -----------------------------------------------------------------------------------------
    def _has_same_checksum(self, source: Entry, destination: Entry) -> bool | None:
        """Return whether a checksum is the same; None when there is none to compare."""
        first, second = _stored(self.source, source), _stored(self.destination, destination)
        for algorithm in _ALGORITHMS:
            name = algorithm.value
            if (first is not None and name not in first) or (second is not None and name not in second):
                continue
            if not _checksums.available(algorithm):
                continue
            if first is None and second is None:
                algorithm = ChecksumAlgorithm.SHA256  # noqa: PLW2901  # both are computed here: the surest
            return _value(self.source, source, first, algorithm) == _value(
                self.destination, destination, second, algorithm
            )
        return None

    def _is_same_content(self, source: Entry, destination: Entry) -> bool:
        pieces = zip(_pieces(self.source, source), _pieces(self.destination, destination), strict=True)
        return all(first == second for first, second in pieces)


def mtime_text(time_ns: int) -> str:
    """Return a file's time as metadata holds it: ``1354040105.123456789``."""
    return f"{Decimal(time_ns).scaleb(-9):f}"


def is_mtime(text: str | None, time_ns: int) -> bool:
    """Return whether `text` is what `mtime_text` or rclone made of this time."""
    try:
        return text is not None and Decimal(text) == Decimal(time_ns).scaleb(-9)
    except InvalidOperation:
        return False


def _stored(side: Side, entry: Entry) -> Mapping[str, str] | None:
    """Return the checksums of the whole content that a store keeps; None for a folder, which can have any."""
    if isinstance(side, FolderSide):
        return None
    checksums = side.client.get_object_metadata(side.bucket, side.key(entry.name)).checksums
    return {name: value for name, value in checksums.items() if "-" not in value}


def _value(side: Side, entry: Entry, stored: Mapping[str, str] | None, algorithm: ChecksumAlgorithm) -> str:
    if stored is not None:
        return stored[algorithm.value]
    checksum = _checksums.new(algorithm)
    for piece in _pieces(side, entry):
        checksum.update(piece)
    return checksum.value()


def _pieces(side: Side, entry: Entry) -> Iterator[bytes]:
    if isinstance(side, StoreSide):
        yield from side.client.iter_file(side.bucket, side.key(entry.name), chunk_size=_PIECE)
        return
    with open_regular(side.uri(entry.name), follow_symlinks=side.follow_symlinks) as file:
        while piece := file.read(_PIECE):
            yield piece


def open_regular(path: str, *, follow_symlinks: bool) -> BufferedReader:
    """Return a file open for reading; what was put in its place since it was listed is refused.

    Raises:
        InvalidRequestError: it is no regular file.
        OSError: it cannot be opened; a symbolic link that is not to be followed.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)  # a pipe must not block
    if not follow_symlinks:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    file = os.fdopen(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise InvalidRequestError(f"{path!r} is no regular file")
    return file
