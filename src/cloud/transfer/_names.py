"""Names that a file system may take for one and the same."""

from __future__ import annotations

import unicodedata

from cloud.common.errors import InvalidRequestError


class NameGuard:
    """Finds names of one download that would land in the same place: by case, by Unicode form, or as file and folder.

    It is shown the names in the order of a listing, byte by byte, in which everything below one folder stands
    together: so it remembers the names of the folders around the present name and forgets those left behind.

    Args:
        keeps_apart: the file system keeps names apart that differ by case or Unicode form alone.
    """

    def __init__(self, *, keeps_apart: bool = False) -> None:
        self._key = str if keeps_apart else _folded
        self._folders: list[tuple[str, dict[str, str]]] = [("", {})]

    def check(self, name: str) -> None:
        """Remember a relative name; one that ends with ``/`` is a folder's.

        Raises:
            InvalidRequestError: an earlier name differs from it, or from a folder above it, by case or by
                Unicode form alone, or is a file where this one needs a folder.
        """
        folder = ""
        segments = name.split("/")
        last = len(segments) - 1
        for depth, segment in enumerate(segments):
            if not segment and depth == last:
                return
            if depth >= len(self._folders) or self._folders[depth][0] != folder:
                del self._folders[depth:]
                self._folders.append((folder, {}))
            entry = segment if depth == last else segment + "/"
            first = self._folders[depth][1].setdefault(self._key(segment), entry)
            if first != entry:
                raise _collision(folder, entry, first)
            folder += segment + "/"

    def twin(self, name: str) -> str | None:
        """Return the name, or the folder, among those shown that a file system may take for `name`.

        None where there is none. In doubt, because what is in a folder was forgotten, the folder is returned.
        """
        twin = ""
        for depth, segment in enumerate(name.split("/")):
            if depth >= len(self._folders) or self._folders[depth][0] != twin:
                break
            found = self._folders[depth][1].get(self._key(segment))
            if found is None:
                return None
            twin += found if found.endswith("/") else found + "/"
        twin = twin[:-1]
        return None if twin == name or name.startswith(twin + "/") else twin


def _collision(folder: str, entry: str, first: str) -> InvalidRequestError:
    if entry.rstrip("/") == first.rstrip("/"):
        return InvalidRequestError(
            f"{folder + entry.rstrip('/')!r} is to be a file and a folder: a file system holds one of them"
        )
    return InvalidRequestError(
        f"{folder + entry.rstrip('/')!r} and {folder + first.rstrip('/')!r} differ by case or Unicode form alone: "
        "many file systems take them for one name",
        hint="where the folder's file system keeps them apart, say so",
    )


def _folded(segment: str) -> str:
    # Canonical caseless matching: https://www.unicode.org/versions/latest/core-spec/chapter-3/ (D145)
    if segment.isascii():
        lower = segment.lower()
        return segment if lower == segment else lower  # one text in memory, not two equal ones
    decomposed = unicodedata.normalize("NFD", segment).casefold()
    return unicodedata.normalize("NFD", decomposed)
