"""Keys as paths: every key of bytes has exactly one, on every file system, and no path leaves its folder.

A key is cut at each ``/``; each segment becomes one folder name. Letters, digits and ``.``, ``_``, ``-`` stay
as they are, every other byte becomes ``%XX``. Where the file system ignores case, so do capital letters. An
empty segment is ``%``. What a file system reads in its own way is escaped too: a leading ``.``, a trailing
``.``, and the names of Windows devices. So ``.``, ``..`` and names beginning with ``@``, which the store uses
for itself, never come out.

A segment of `PIECE` bytes or more is cut into pieces of exactly `PIECE` bytes and a shorter, perhaps empty,
last one. Whole pieces are marked by a ``+`` at their end and hold the rest as their children. As a whole piece
always goes on, the names in one folder never stand for keys that interleave in byte order.
"""

from __future__ import annotations

import re
import string

from cloud.common.errors import IntegrityError

PIECE = 80
"""Bytes of one piece: 240 characters when all are escaped, within the 255 of every file system."""

MARK = "+"
EMPTY_NAME = "%"

_LOWER = string.ascii_lowercase + string.digits + "._-"
_ESCAPE = re.compile(rb"%([0-9A-F]{2})")
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file: with any suffix, in any case
_DEVICE = r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9]|conin|conout)(?:\.|$)"
_DEVICES = re.compile(_DEVICE)


class Encoder:
    """Turns keys into folder names and back, for file systems that tell case apart or do not."""

    def __init__(self, *, case_sensitive: bool) -> None:
        kept = _LOWER + (string.ascii_uppercase if case_sensitive else "")
        self._table = [chr(byte) if chr(byte) in kept else f"%{byte:02X}" for byte in range(256)]
        letters = "A-Za-z" if case_sensitive else "a-z"
        # The everyday names, which stand for themselves.
        self._plain = re.compile(rf"(?!{_DEVICE})[{letters}0-9_-](?:[{letters}0-9._-]*[{letters}0-9_-])?")

    def path(self, key: str) -> list[str]:
        """Return the folder names that lead to `key`, from the bucket's folder on."""
        names: list[str] = []
        for segment in key.encode().split(b"/"):
            rest = segment
            while len(rest) >= PIECE:
                names.append(self.name(rest[:PIECE]) + MARK)
                rest = rest[PIECE:]
            names.append(self.name(rest))
        return names

    def name(self, piece: bytes) -> str:
        """Return the folder name that stands for `piece`."""
        if not piece:
            return EMPTY_NAME
        text = piece.decode("latin-1")
        if self._plain.fullmatch(text):
            return text
        table = self._table
        name = "".join([table[byte] for byte in piece])
        if name[0] == ".":
            name = "%2E" + name[1:]
        if name[-1] == ".":
            name = name[:-1] + "%2E"
        if _DEVICES.match(name):
            name = f"%{piece[0]:02X}{name[1:]}"
        return name

    def raw(self, name: str) -> bytes | None:
        """Return the bytes that `name` stands for; None for a name that no bytes give.

        Such a name belongs to the store itself, or somebody else put it there.
        """
        if self._plain.fullmatch(name):
            return name.encode("ascii")
        if name == EMPTY_NAME:
            return b""
        if not name.isascii():
            return None
        raw = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), name.encode("ascii"))
        return raw if self.name(raw) == name else None

    def piece(self, name: str) -> tuple[bytes, bool] | None:
        """Return the bytes of a piece of a key, and whether it is a whole one that goes on; None for others."""
        goes_on = name.endswith(MARK)
        raw = self.raw(name[:-1] if goes_on else name)
        return None if raw is None or goes_on != (len(raw) == PIECE) else (raw, goes_on)


def key_text(key: bytes) -> str:
    """Return the key that the folder names stand for.

    Raises:
        IntegrityError: they stand for no UTF-8: somebody else made these folders.
    """
    try:
        return key.decode()
    except UnicodeDecodeError as exc:
        raise IntegrityError(f"the store holds a folder for {key!r}, which is no key") from exc
