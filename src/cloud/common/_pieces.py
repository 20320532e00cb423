"""Checksums of the pieces of an object, where a service keeps none of the whole."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from cloud.common import _checksums
from cloud.common._checksums import ChecksumAlgorithm

if TYPE_CHECKING:
    from cloud.common._ranges import Range


class Pieces(NamedTuple):
    """The pieces that make an object, in order and without gaps; none is empty.

    Attributes:
        algorithm: of all checksums.
        ends: the byte after the last of each.
        checksums: in base64, of each.
    """

    algorithm: ChecksumAlgorithm
    ends: tuple[int, ...]
    checksums: tuple[str, ...]

    def ranges(self, part_size: int) -> list[Range]:
        """Return ranges of whole pieces: small ones together, up to `part_size` bytes, a larger one by itself."""
        ranges: list[Range] = []
        start = end = 0
        for following in self.ends:
            if start < end and following - start > part_size:
                ranges.append((start, end))
                start = end
            end = following
        return [*ranges, (start, end)]

    def check_from(self, start: int) -> PieceCheck:
        """Return what compares bytes from `start` on, where a piece begins."""
        return PieceCheck(self, start)

    def fit(self, data: bytes) -> bool:
        """Return whether `data` is the whole object."""
        check = self.check_from(0)
        return check.goes_on_with(memoryview(data)) and check.is_between and len(data) == self.ends[-1]

    def plain(self) -> list[object]:
        """Return what `from_plain` makes them of, for JSON."""
        return [self.algorithm.value, self.ends, self.checksums]


def from_plain(value: Any, size: int) -> Pieces | None:
    """Return the pieces of an object of `size` bytes that were noted; None when none were.

    Raises:
        TypeError, ValueError: it is something else.
    """
    if value is None:
        return None
    algorithm, ends, checksums = value
    pieces = Pieces(ChecksumAlgorithm(algorithm), tuple(map(int, ends)), tuple(map(str, checksums)))
    grows = all(start < end for start, end in zip((0, *pieces.ends), pieces.ends, strict=False))
    if not grows or len(pieces.ends) != len(pieces.checksums) or pieces.ends[-1:] != (size,):
        raise ValueError("these are no pieces of such an object")
    return pieces


class PieceCheck:
    """Compares bytes with the checksums of their pieces as they come. Not for several threads at once.

    Args:
        start: where the bytes begin, at the beginning of a piece.
    """

    __slots__ = ("_checksum", "_pieces", "_place", "_position", "is_between")

    def __init__(self, pieces: Pieces, start: int) -> None:
        self._pieces = pieces
        self._place = bisect_right(pieces.ends, start)
        if start not in {0, *pieces.ends}:
            raise ValueError(f"no piece begins at {start}")
        self._position = start
        self._checksum = _checksums.new(pieces.algorithm)
        self.is_between = True

    @property
    def algorithm(self) -> ChecksumAlgorithm:
        """What the pieces are compared by."""
        return self._pieces.algorithm

    def goes_on_with(self, view: memoryview) -> bool:
        """Return whether the pieces that end in `view` fit; nothing is to be asked after a False."""
        ends, checksums = self._pieces.ends, self._pieces.checksums
        while view:
            if self._place == len(ends):
                return False
            some = view[: ends[self._place] - self._position]
            view = view[len(some) :]
            self._checksum.update(some)
            self._position += len(some)
            self.is_between = self._position == ends[self._place]
            if self.is_between:
                if self._checksum.value() != checksums[self._place]:
                    return False
                self._checksum = _checksums.new(self._pieces.algorithm)
                self._place += 1
        return True
