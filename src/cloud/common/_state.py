"""Files that keep what a process has done so far: for their owner alone, and for one process at a time."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from urllib.parse import urlencode

from cloud.common.errors import ConfigurationError, ConflictError, InvalidRequestError

if TYPE_CHECKING:
    from typing_extensions import Self

    from cloud.common._storage_core import StorageCore

SUFFIX: Final = ".journal"


def state_folder(name: str) -> Path:
    """Return where state of this kind is kept: ``$XDG_STATE_HOME/cloud/<name>``, by default in ``~/.local/state``."""
    # A relative one is invalid and to be ignored: https://specifications.freedesktop.org/basedir/
    home = Path(os.environ.get("XDG_STATE_HOME") or ".")
    return (home if home.is_absolute() else Path("~/.local/state").expanduser()) / "cloud" / name


def open_own(path: Path, *, append: bool = False) -> BinaryIO:
    """Return the file at `path`, made with mode 0600 where there is none; never what a link leads to.

    Raises:
        InvalidRequestError: what is there is no plain file of ours, or has another name too.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NONBLOCK", 0)  # a pipe that somebody has put there would wait for its other end
    file = os.fdopen(os.open(path, flags | (os.O_APPEND if append else 0), 0o600), "r+b", buffering=0)
    status = os.fstat(file.fileno())
    owned = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    if not (stat.S_ISREG(status.st_mode) and owned and status.st_nlink <= 1):
        file.close()
        raise InvalidRequestError(f"{str(path)!r} is no file of this user's alone", hint="remove it")
    return file


def open_locked(path: Path) -> BinaryIO:
    """Return the file at `path` for appending, once nobody else has it; it is made where there is none.

    Raises:
        ConflictError: another process has it.
    """
    while True:
        file = open_own(path, append=True)
        if not lock(file):
            file.close()
            raise ConflictError(
                f"another process is at work on the same (journal {str(path)!r})", hint="wait for it"
            )
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()  # whoever had it has removed it meanwhile


def lock(file: BinaryIO) -> bool:
    """Return whether this process now has the file for itself, until it is closed."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(1 << 30)  # far behind what is read and written
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def client_identity(client: StorageCore) -> str:
    """Return what tells a client's service and account from others, also in another process; no secret is in it."""
    try:
        make, arguments = client.__reduce__()
    except ConfigurationError:  # a store in memory: nobody else can have it
        return f"memory {os.getpid()} {id(client)}"
    facts = {"make": make.__qualname__, "class": type(client).__qualname__}
    for part in arguments:
        plain = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, tuple) else ()
        facts |= {str(name): str(value) for name, value in plain if isinstance(value, (str, int))}
    return f"{client.scheme} {urlencode(facts)}"


class Notes:
    """The journal of one transfer: a line that says what is moved, and one for each part that is done.

    Every line is handed to the system at once, so that a killed process loses none. Use as a context manager:
    the file is this process's alone within the block, and stays there after it unless `remove` was called.

    Attributes:
        head: what an earlier run noted first; None when there was none.
        lines: what it noted after that.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self.head: dict[str, Any] | None = None
        self.lines: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        """Take the file and read it; a line that was cut off, and what follows it, is left out."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._file = open_locked(self._path)
        file.seek(0)
        for line in file.read().split(b"\n")[:-1]:
            try:
                record = json.loads(line)
            except ValueError:
                break
            if not isinstance(record, dict):
                break
            self.lines.append(record)
        if self.lines:
            self.head = self.lines.pop(0)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the file up."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def begin(self, head: dict[str, Any], lines: list[dict[str, Any]] | None = None) -> None:
        """Forget what was there and note what is moved, and what of it is done already."""
        if self._file is not None:
            self._file.truncate(0)
        for record in (head, *(lines or ())):
            self.add(record)

    def add(self, record: dict[str, Any]) -> None:
        """Note a part; from any thread."""
        with self._lock:
            if self._file is not None:
                self._file.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")

    def remove(self) -> None:
        """Remove the file: everything is done, or given up."""
        if sys.platform == "win32":  # which removes no open file
            self.__exit__()
        self._path.unlink(missing_ok=True)
