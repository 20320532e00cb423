"""The code of a function as a zip: the same files give the same bytes, and nothing from outside gets in."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import tempfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cloud.common._files import unsafe_reason
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cloud.common._requirements import Requirements

_PIECE = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name
_FILE_MODE, _PROGRAM_MODE, _FOLDER_MODE = 0o100644, 0o100755, 0o040755
_UNIX = 3
_ENCRYPTED = 0x1
# What tools leave behind: it belongs to no function, and byte code has times in it.
LEFT_OUT = frozenset({"__pycache__", ".git", ".hg", ".svn", ".DS_Store"})


@dataclass(frozen=True)
class CodePackage:
    """A zip that is ready to be sent. Use it inside the block that made it.

    Attributes:
        path: the file.
        size: its length in bytes.
        unpacked_size: the sum of the files in it.
        sha256: base64 of its SHA-256.
    """

    path: Path
    size: int
    unpacked_size: int
    sha256: str

    def read(self) -> bytes:
        """Return the bytes of the zip."""
        return self.path.read_bytes()


@dataclass(frozen=True)
class _Source:
    """One file or empty folder that goes into a zip."""

    name: str
    path: Path
    status: os.stat_result


@contextmanager
def packed(
    code_path: str | os.PathLike[str],
    *,
    max_package_bytes: int,
    max_unpacked_bytes: int,
    requirements: Requirements | None = None,
    hint: str | None = None,
) -> Iterator[CodePackage]:
    """Give the package of `code_path`; a zip that was made for it is gone after the block.

    A folder becomes a zip of what is in it, in the order of the names, with fixed times and modes; a file
    becomes a zip that holds it; a ``.zip`` is taken as it is. ``__pycache__``, ``*.pyc`` and the folders of
    version control are left out.

    Args:
        code_path: the file, folder or zip.
        max_package_bytes: largest zip.
        max_unpacked_bytes: largest sum of the files.
        requirements: what pip installs beside the code.
        hint: what to do about a package that is too large.

    Raises:
        InvalidRequestError: there is nothing at `code_path`, it is empty or too large, holds a link that
            leaves it or a file that is none, or the zip cannot be unpacked safely.
    """
    path = Path(code_path)
    if not path.exists():
        raise InvalidRequestError(f"there is no code at {str(path)!r}")
    if path.suffix.lower() == ".zip" and path.is_file():
        if requirements is not None:
            raise InvalidRequestError(
                "requirements go into a package that is made here, not into a zip",
                hint="pass the folder that the zip was made of",
            )
        yield _checked_size(
            _described(path, _unpacked_size(path, max_unpacked_bytes)), max_package_bytes, hint
        )
        return
    with tempfile.TemporaryDirectory(prefix="cloud-package-") as folder:
        sources = list(_sources(path))
        if requirements is not None:
            installed = requirements.install(Path(folder))
            own = {source.name for source in sources}
            sources += [source for source in _sources(installed) if source.name not in own]
        if not sources:
            raise InvalidRequestError(f"the folder {str(path)!r} holds no code")
        unpacked = sum(source.status.st_size for source in sources)
        _check_unpacked(unpacked, max_unpacked_bytes)
        target = Path(folder) / "package.zip"
        _write(target, sources)
        yield _checked_size(_described(target, unpacked), max_package_bytes, hint)


def _described(path: Path, unpacked: int) -> CodePackage:
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return CodePackage(path, size, unpacked, base64.b64encode(digest.digest()).decode("ascii"))


def _checked_size(package: CodePackage, limit: int, hint: str | None) -> CodePackage:
    if package.size > limit:
        raise InvalidRequestError(
            f"the package has {package.size} bytes; at most {limit} are possible here", hint=hint
        )
    return package


def _check_unpacked(size: int, limit: int) -> None:
    if size > limit:
        raise InvalidRequestError(f"the code has {size} bytes unpacked; at most {limit} are possible here")


# -- making a zip --------------------------------------------------------------------------------------------
def _sources(path: Path) -> Iterator[_Source]:
    """Yield what goes into the zip of a file or folder, in the byte order of the names."""
    if not path.is_dir():
        yield _source(path.name, path, path.resolve().parent)
        return
    root = path.resolve()
    found = list(_walk(path, root, "", (root,)))
    yield from sorted(found, key=lambda source: source.name.encode())


def _walk(folder: Path, root: Path, prefix: str, above: tuple[Path, ...]) -> Iterator[_Source]:
    empty = True
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name in LEFT_OUT or entry.name.endswith(".pyc"):
            continue
        empty = False
        path, name = Path(entry.path), f"{prefix}{entry.name}"
        source = _source(name, path, root)
        if not stat.S_ISDIR(source.status.st_mode):
            yield source
            continue
        real = path.resolve()
        if real in above:
            raise InvalidRequestError(f"the link {str(path)!r} leads back to a folder that it is in")
        yield from _walk(path, root, f"{name}/", (*above, real))
    if empty and prefix:
        yield _source(prefix.rstrip("/"), folder, root)


def _source(name: str, path: Path, root: Path) -> _Source:
    """Return one file or folder, after refusing what would not come out again as it went in."""
    reason = unsafe_reason(name, windows=False)
    if reason is not None or "\\" in name:
        raise InvalidRequestError(f"{str(path)!r} cannot be in a package: {reason or 'it holds a backslash'}")
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as exc:  # Python before 3.13 raises RuntimeError for a link to itself
        raise InvalidRequestError(f"the link {str(path)!r} leads nowhere") from exc
    if path.is_symlink() and not real.is_relative_to(root):
        raise InvalidRequestError(
            f"the link {str(path)!r} leaves the folder of the code: {str(real)!r}",
            hint="put a copy in its place",
        )
    status = real.stat()
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise InvalidRequestError(f"{str(path)!r} is neither a file nor a folder")
    return _Source(name, real, status)


def _write(target: Path, sources: Iterable[_Source]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for source in sources:
            if stat.S_ISDIR(source.status.st_mode):
                archive.writestr(_entry(f"{source.name}/", _FOLDER_MODE), b"")
                continue
            is_program = bool(source.status.st_mode & stat.S_IXUSR)
            entry = _entry(source.name, _PROGRAM_MODE if is_program else _FILE_MODE)
            entry.file_size = source.status.st_size
            with _opened(source) as file, archive.open(entry, "w") as into:
                while piece := file.read(_PIECE):
                    into.write(piece)


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = _UNIX  # also on Windows, so that the modes count and the bytes are the same
    entry.external_attr = mode << 16
    entry.compress_type = zipfile.ZIP_STORED if name.endswith("/") else zipfile.ZIP_DEFLATED
    return entry


def _opened(source: _Source) -> BinaryIO:
    # The path was resolved before: what is a link now was put there meanwhile.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(source.path, flags), "rb")


# -- a zip that somebody else made -----------------------------------------------------------------------------
def _unpacked_size(path: Path, limit: int) -> int:
    """Return the sum of the files in a zip, after refusing one that cannot be unpacked safely."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = checked_entries(archive)
    except zipfile.BadZipFile as exc:
        raise InvalidRequestError(f"{str(path)!r} is no zip: {exc}") from exc
    size = sum(entry.file_size for entry in entries)
    _check_unpacked(size, limit)
    return size


def checked_entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return what is in a zip.

    Raises:
        InvalidRequestError: it is empty, holds a name that leaves the folder or comes twice, a link, or an
            encrypted file.
    """
    entries = archive.infolist()
    names = set()
    for entry in entries:
        name = entry.filename.rstrip("/") if entry.is_dir() else entry.filename
        kind = stat.S_IFMT(entry.external_attr >> 16)
        reason = unsafe_reason(name, windows=False)
        if reason is None and "\\" in name:
            reason = "it holds a backslash"
        if reason is None and entry.create_system == _UNIX and kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            reason = "it is a link or a special file"
        if reason is None and entry.flag_bits & _ENCRYPTED:
            reason = "it is encrypted"
        if reason is None and name in names:
            reason = "it is there twice"
        if reason is not None:
            raise InvalidRequestError(f"the zip holds {name!r}, which cannot be unpacked: {reason}")
        names.add(name)
    if not entries:
        raise InvalidRequestError("the zip is empty")
    return entries


def unpack(path: Path, folder: Path, *, max_bytes: int) -> None:
    """Put the files of a zip into the empty folder `folder`.

    Raises:
        InvalidRequestError: see `checked_entries`; or the files are larger than the zip says or than allowed.
    """
    left = max_bytes
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in checked_entries(archive):
                target = folder.joinpath(*entry.filename.rstrip("/").split("/"))
                if entry.is_dir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                left = _unpack_one(archive, entry, target, left)
    except (zipfile.BadZipFile, FileExistsError, NotADirectoryError, NotImplementedError) as exc:
        raise InvalidRequestError(f"the package cannot be unpacked: {exc}") from exc


def _unpack_one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    is_program = bool((entry.external_attr >> 16) & stat.S_IXUSR)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(target, flags, 0o700 if is_program else 0o600)
    with os.fdopen(descriptor, "wb") as into, archive.open(entry) as file:
        while piece := file.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise InvalidRequestError("the files of the package are larger than allowed")
            into.write(piece)
    return left
