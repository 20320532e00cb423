"""Functions in a folder: what is where, and how it gets there whole.

::

    root/.cloud/functions.json    format and version
    root/.cloud/staging/          code that is being unpacked
    root/.cloud/runs/             invocations that are running
    root/.cloud/locks/NAME        one lock for each function
    root/NAME/@function.json      settings, and which code is current; readable by the owner alone
    root/NAME/code-...            unpacked code, never changed
    root/NAME/code-....use        locked by the invocations that work with that code
    root/NAME/logs/...            what each invocation wrote

Replacing ``@function.json`` by a rename is what publishes a function or a change of it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from cloud.common._packaging import unpack
from cloud.common._redact import HiddenBytes
from cloud.common.errors import AlreadyExistsError, ConfigurationError, IntegrityError, NotFoundError
from cloud.local._disk import (
    is_folder,
    make_folders,
    open_file,
    read_file,
    remove_file,
    remove_tree,
    sync_folder,
    write_all,
)
from cloud.local._locks import FileLock, is_in_use, mark_in_use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cloud.common._packaging import CodePackage

FORMAT_VERSION = 1
_OWN = ".cloud"
_FORMAT = "functions.json"
_RECORD = "@function.json"
_ABANDONED_SECONDS = 3600.0 + 900.0  # no invocation takes so long, and no unpacking should


@dataclass(frozen=True, kw_only=True)
class StoredFunction:
    """What ``@function.json`` says. The environment may hold secrets."""

    name: str
    runtime: str
    handler: str
    memory_bytes: int
    timeout_seconds: float
    description: str
    code: str
    code_sha256: str
    code_size: int
    modified_at: float
    environment: dict[str, str] = field(repr=False)


class FunctionStore:
    """The folder of a client. Safe between threads, processes and after a fork."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._own = root / _OWN
        self.runs = self._own / "runs"

    # -- the folder ------------------------------------------------------------------------------------------
    def find(self) -> bool:
        """Return whether functions were ever stored here.

        Raises:
            ConfigurationError: the folder holds something else, or was made by a later version.
        """
        text = read_file(str(self._own / _FORMAT))
        # Looked for twice: a folder that is made meanwhile has its format before it holds any function.
        if text is None and self._foreign() and (text := read_file(str(self._own / _FORMAT))) is None:
            raise ConfigurationError(
                f"the folder {str(self.root)!r} is not empty and holds no functions",
                hint="choose an empty folder, or the one that functions were made in",
            )
        if text is None:
            return False
        try:
            version = json.loads(text)["version"]
        except (ValueError, KeyError, TypeError) as exc:
            raise ConfigurationError(f"{str(self._own / _FORMAT)!r} describes no functions: {exc}") from exc
        if version != FORMAT_VERSION:
            raise ConfigurationError(
                f"the functions in {str(self.root)!r} have format version {version!r}; known is {FORMAT_VERSION}",
                hint="a newer version of the library made them",
            )
        return True

    def make(self) -> None:
        """Make the folders where they are missing, and remove what dead processes left behind."""
        found = self.find() if self.root.exists() else False
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("staging", "runs", "locks"):
            make_folders(str(self.root), (_OWN, name))
        if not found:
            content = json.dumps({"format": "cloud local functions", "version": FORMAT_VERSION})
            _publish(self._own / _FORMAT, content.encode("ascii"))
        oldest = time.time() - _ABANDONED_SECONDS
        for folder in (self._own / "staging", self.runs):
            for entry in list(os.scandir(folder)):
                with suppress(FileNotFoundError):  # its owner was faster
                    if entry.stat(follow_symlinks=False).st_mtime < oldest:
                        remove_tree(entry.path)
                        remove_file(entry.path)

    # -- functions -------------------------------------------------------------------------------------------
    def names(self) -> list[str]:
        """Return the names of all functions, sorted."""
        if not self.root.exists() or not self.find():
            return []
        found = (
            _decoded(entry.name) for entry in os.scandir(self.root) if entry.is_dir(follow_symlinks=False)
        )
        return sorted(name for name in found if name is not None and self._record(name).exists())

    def read(self, name: str) -> StoredFunction:
        """Return one function; NotFoundError when there is none."""
        is_folder(str(self._folder(name)))  # refuses a link in its place
        text = read_file(str(self._record(name)))
        if text is None:
            raise no_such_function(name)
        found = _parsed(HiddenBytes(text))
        del text
        if found is None:
            raise IntegrityError(f"{str(self._record(name))!r} describes no function")
        return found

    def create(self, made: StoredFunction, package: CodePackage, max_bytes: int) -> StoredFunction:
        """Store a function.

        Raises:
            AlreadyExistsError: there is one of that name.
        """
        self.make()
        with self._unpacked(package, max_bytes) as (staged, code), self.lock(made.name):
            if self._record(made.name).exists():
                raise AlreadyExistsError(
                    f"there is a function {made.name!r}", provider_code="FunctionExists", request_sent=False
                )
            return self._settle(made, staged, code)

    def replace_code(
        self,
        name: str,
        package: CodePackage,
        max_bytes: int,
        change: Callable[[StoredFunction], StoredFunction],
    ) -> StoredFunction:
        """Give a function the code of `package`, and what `change` makes of its record."""
        self.read(name)
        self.make()
        with self._unpacked(package, max_bytes) as (staged, code), self.lock(name):
            return self._settle(change(self.read(name)), staged, code)

    def change(self, name: str, change: Callable[[StoredFunction], StoredFunction]) -> StoredFunction:
        """Replace a function's record by what `change` makes of it."""
        self.read(name)
        with self.lock(name):
            after = change(self.read(name))
            self._write(after)
            return after

    def delete(self, name: str) -> None:
        """Remove a function; code that an invocation works with stays until that has ended."""
        self.read(name)
        with self.lock(name):
            self.read(name)
            self._record(name).unlink()
            sync_folder(str(self._folder(name)))
            remove_tree(str(self.logs(name)))
            self._tidy(name, keep=None)

    @contextmanager
    def in_use(self, name: str) -> Iterator[tuple[StoredFunction, Path]]:
        """Give a function and the folder of its code, which stays for the length of the block."""
        while True:
            function = self.read(name)
            folder = self._folder(name)
            try:
                descriptor = open_file(str(folder / f"{function.code}.use"), os.O_RDWR)
            except FileNotFoundError:
                if self.read(name) == function:
                    raise IntegrityError(f"the code of the function {name!r} is not there") from None
                continue  # replaced since it was read
            try:
                mark_in_use(descriptor)
                if self.read(name).code == function.code:
                    yield function, folder / function.code
                    return
            finally:
                os.close(descriptor)

    def lock(self, name: str) -> FileLock:
        """Return the lock of a function."""
        return FileLock(str(self._own / "locks" / _encoded(name)))

    def logs(self, name: str) -> Path:
        """Return the folder of a function's log."""
        return self._folder(name) / "logs"

    # -- below -----------------------------------------------------------------------------------------------
    def _foreign(self) -> bool:
        """Return whether the root holds something; hidden files do not count."""
        return self.root.is_dir() and any(not path.name.startswith(".") for path in self.root.iterdir())

    def _folder(self, name: str) -> Path:
        return self.root / _encoded(name)

    def _record(self, name: str) -> Path:
        return self._folder(name) / _RECORD

    @contextmanager
    def _unpacked(self, package: CodePackage, max_bytes: int) -> Iterator[tuple[Path, str]]:
        """Give the code of `package` in a folder of its own; it is gone after the block unless it was moved."""
        code = f"code-{secrets.token_hex(8)}"
        staged = self._own / "staging" / code
        staged.mkdir(0o700)
        try:
            unpack(package.path, staged, max_bytes=max_bytes)
            yield staged, code
        finally:
            remove_tree(str(staged))

    def _settle(self, made: StoredFunction, staged: Path, code: str) -> StoredFunction:
        """Move unpacked code to its place and publish it; the caller holds the lock."""
        folder = self._folder(made.name)
        is_folder(str(folder))  # refuses a link in its place
        folder.mkdir(0o700, exist_ok=True)
        os.close(open_file(str(folder / f"{code}.use"), os.O_RDWR | os.O_CREAT))
        staged.rename(folder / code)
        after = StoredFunction(**{**asdict(made), "code": code})
        self._write(after)
        self._tidy(made.name, keep=code)
        return after

    def _write(self, function: StoredFunction) -> None:
        content = HiddenBytes(json.dumps(asdict(function)).encode("ascii"))
        _publish(self._record(function.name), content)

    def _tidy(self, name: str, *, keep: str | None) -> None:
        """Remove code that no record names and nobody works with; the caller holds the lock."""
        folder = self._folder(name)
        for path in list(folder.glob("code-*.use")):
            code = path.name.removesuffix(".use")
            if code == keep:
                continue
            descriptor = open_file(str(path), os.O_RDWR)
            try:
                if is_in_use(descriptor):
                    continue
                remove_tree(str(folder / code))
                remove_file(str(path))
            finally:
                os.close(descriptor)
        if keep is None and not any(folder.iterdir()):
            folder.rmdir()


def _parsed(text: HiddenBytes) -> StoredFunction | None:
    """Return what a record says; None for what is none: a parser's error would carry the whole text."""
    try:
        return StoredFunction(**json.loads(text))
    except (ValueError, TypeError):
        return None


def no_such_function(name: str) -> NotFoundError:
    """Return the error for a function that is not there."""
    return NotFoundError(f"there is no function called {name!r}", provider_code="NoSuchFunction")


def _publish(path: Path, content: bytes) -> None:
    """Make `path` hold `content`, readable by the owner alone: the old content or the new one, never a part."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        try:
            write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        draft.replace(path)
    except BaseException:
        remove_file(str(draft))
        raise
    sync_folder(str(path.parent))


def _encoded(name: str) -> str:
    """Return the folder's name for a function: also where a file system ignores case, or has devices."""
    return "f-" + re.sub("[A-Z]", lambda found: "=" + found[0].lower(), name)


def _decoded(name: str) -> str | None:
    if not name.startswith("f-"):
        return None
    return re.sub("=([a-z])", lambda found: found[1].upper(), name[2:])
