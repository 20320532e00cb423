"""Which items of a tree take part: include and exclude patterns over relative names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@lru_cache(maxsize=256)
def glob_pattern(glob: str) -> re.Pattern[str]:
    """Return the regular expression of a glob; use `fullmatch`.

    ``*`` and ``?`` stop at ``/``, ``**`` does not, ``[abc]`` and ``[!abc]`` are sets. Case counts.
    """
    pieces: list[str] = []
    position = 0
    while position < len(glob):
        token = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|.", re.DOTALL).match(glob, position)
        assert token is not None  # noqa: S101  # the last alternative matches every character
        pieces.append(_translated(token[0]))
        position = token.end()
    return re.compile("".join(pieces), re.DOTALL)


def _translated(token: str) -> str:
    fixed = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if token in fixed:
        return fixed[token]
    if len(token) > 2 and token[0] == "[":
        negated = token[1] == "!"
        members = token[2 if negated else 1 : -1]
        if members:
            members = re.sub(r"([\\\[\]^&~|])", r"\\\1", members)
            return f"[{'^' if negated else ''}{members}]"
    return re.escape(token)


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

    def takes(self, name: str) -> bool:
        """Return whether the item of this relative name takes part."""
        if any(_fits(glob, name) for glob in self._exclude):
            return False
        return not self._include or any(_fits(glob, name) for glob in self._include)


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
