"""Names that a file system may take for one and the same."""

from __future__ import annotations

import unicodedata

from cloud.common.errors import InvalidRequestError


class NameGuard:
    """Finds names of one download that would land in the same file where case or Unicode form do not count.

    It is shown the names in the order of a listing, byte by byte, in which everything below one folder stands
    together: so it remembers the names of the folders around the present name and forgets those left behind.
    """

    def __init__(self) -> None:
        self._folders: list[tuple[str, dict[str, str]]] = [("", {})]

    def check(self, name: str) -> None:
        """Remember a relative name.

        Raises:
            InvalidRequestError: an earlier name differs from it, or from a folder above it, by case or by
                Unicode form alone.
        """
        folder = ""
        for depth, segment in enumerate(name.split("/")):
            if depth >= len(self._folders) or self._folders[depth][0] != folder:
                del self._folders[depth:]
                self._folders.append((folder, {}))
            first = self._folders[depth][1].setdefault(_folded(segment), segment)
            if first != segment:
                raise InvalidRequestError(
                    f"{folder + segment!r} and {folder + first!r} differ by case or Unicode form alone: "
                    "many file systems take them for one name",
                    hint="where the folder's file system keeps them apart, say so",
                )
            folder += segment + "/"


def _folded(segment: str) -> str:
    # Canonical caseless matching: https://www.unicode.org/versions/latest/core-spec/chapter-3/ (D145)
    if segment.isascii():
        return segment.lower()
    decomposed = unicodedata.normalize("NFD", segment).casefold()
    return unicodedata.normalize("NFD", decomposed)
