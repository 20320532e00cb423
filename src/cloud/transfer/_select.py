"""Which items of a tree take part: include and exclude patterns over relative names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)
_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@lru_cache(maxsize=256)
def glob_pattern(glob: str) -> re.Pattern[str]:
    """Return the regular expression of a glob; use `fullmatch`.

    ``*`` and ``?`` stop at ``/``, ``**`` does not, ``[a-z]`` and ``[!a-z]`` are sets. Case counts.

    Raises:
        InvalidRequestError: a set has an impossible range, such as ``[z-a]``.
    """
    try:
        return re.compile("".join(_translated(token[0]) for token in _TOKEN.finditer(glob)), re.DOTALL)
    except re.error as exc:
        raise InvalidRequestError(f"the pattern {glob!r} is not possible: {exc}") from exc


def _translated(token: str) -> str:
    if token in _WILD:
        return _WILD[token]
    members = token[2:-1] if token.startswith("[!") else token[1:-1]
    if len(token) < 3 or not members:
        return re.escape(token)
    members = re.sub(r"([\\\[\]^&~|])", r"\\\1", members)
    return f"(?!/)[{'^' if token[1] == '!' else ''}{members}]"


class Selection:
    """Include and exclude patterns.

    A name takes part when no exclude pattern fits it and, where there are include patterns, one of them does.
    A pattern without ``/`` fits when the name's last part or any folder above it matches; one with ``/``
    when the whole name, from the start, or the path of a folder above it matches. So ``.git`` and
    ``build/`` leave out everything below folders of that name, and ``docs/old`` one such folder.

    Args:
        include: globs; none means everything.
        exclude: globs.
    """

    def __init__(self, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> None:
        self._include = tuple(include)
        self._exclude = tuple(exclude)

    @property
    def is_everything(self) -> bool:
        """Whether there is no pattern."""
        return not (self._include or self._exclude)

    def takes(self, name: str) -> bool:
        """Return whether the item of this relative name takes part."""
        if any(_fits(glob, name) for glob in self._exclude):
            return False
        return not self._include or any(_fits(glob, name) for glob in self._include)

    def enters(self, folder: str) -> bool:
        """Return whether anything below the folder of this relative name may take part."""
        # A name that no pattern can mean: what leaves it out leaves everything in the folder out.
        return not any(_fits(glob, folder + "/\0") for glob in self._exclude)

    def __repr__(self) -> str:
        """Return how it was made."""
        return f"Selection(include={list(self._include)}, exclude={list(self._exclude)})"


def _fits(glob: str, name: str) -> bool:
    folders_only = glob.endswith("/")
    glob = glob.rstrip("/")
    candidates = _paths(name) if "/" in glob else iter(name.split("/"))
    pattern = glob_pattern(glob.lstrip("/"))
    matched = [pattern.fullmatch(candidate) is not None for candidate in candidates]
    return any(matched[:-1] if folders_only else matched)


def _paths(name: str) -> Iterator[str]:
    end = name.find("/")
    while end >= 0:
        yield name[:end]
        end = name.find("/", end + 1)
    yield name
