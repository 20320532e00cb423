"""The folder of a store: what is where in it, and in which format.

::

    root/.cloud/format.json       version, and whether the file system tells case apart
    root/.cloud/locks/NN          one lock for every 256th key
    root/.cloud/staging/          bytes and metadata that are being written
    root/.cloud/uploads/BUCKET/ID multipart uploads
    root/BUCKET/KEY/@meta         one object's metadata; it names the file that holds the bytes
    root/BUCKET/KEY/@data-...     its bytes

Replacing ``@meta`` by a rename is what publishes an object: data files are never changed.
"""

from __future__ import annotations

import json
import os
import secrets
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from cloud.common.errors import ConfigurationError, InvalidRequestError
from cloud.local._backend import no_such_bucket
from cloud.local._disk import is_folder, make_folders, read_file, remove_file, write_file
from cloud.local._encoding import Encoder
from cloud.local._locks import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT_VERSION = 1
META = "@meta"
DATA = "@data-"
_OWN = ".cloud"
_OWN_OTHER_CASE = ".CLOUD"
_FORMAT = "format.json"
_SHARDS = 256
_LONGEST_NAME = 255  # of every file system in use


def checked_root(root: str | os.PathLike[str]) -> Path:
    """Return `root` as an absolute path that is, or can become, a folder.

    Raises:
        ConfigurationError: it is empty, or it or a parent is something else than a folder.
    """
    text = os.fspath(root)
    if not isinstance(text, str) or not text or "\0" in text:
        raise ConfigurationError(f"the root of a local store must be the path of a folder, not {root!r}")
    path = Path(text).absolute()
    nearest = next((place for place in (path, *path.parents) if os.path.lexists(place)), path)
    if not nearest.is_dir():
        raise ConfigurationError(f"{str(path)!r} cannot be a folder: {str(nearest)!r} is none")
    return path


class Layout:
    """Paths of one store. Safe between threads, processes and after a fork."""

    def __init__(self, root: Path) -> None:
        self.root = _long_path(str(root))
        self.own = os.path.join(self.root, _OWN)  # noqa: PTH118  # paths are text here: a Path costs more than the call
        self.staging = f"{self.own}{os.sep}staging"
        self.uploads = f"{self.own}{os.sep}uploads"
        self._locks = f"{self.own}{os.sep}locks"
        self._format = f"{self.own}{os.sep}{_FORMAT}"
        self._encoder: Encoder | None = None
        self._made = False

    def find(self) -> Encoder | None:
        """Return how keys become paths here; None when nothing was ever stored.

        Raises:
            ConfigurationError: the folder holds something else than a store, or one of a later version.
        """
        if self._encoder is None:
            text = read_file(self._format)
            # Looked for twice: a store that is made meanwhile has its format before it holds anything.
            if text is None and self._foreign() and (text := read_file(self._format)) is None:
                raise ConfigurationError(
                    f"the folder {self.root!r} is not empty and holds no store",
                    hint="choose an empty folder, or the one that a store was made in",
                )
            if text is not None:
                self._encoder = self._read_format(text)
        return self._encoder

    def make(self) -> Encoder:
        """Return how keys become paths here, after making the store's folders where they are missing."""
        encoder = self.find()
        if encoder is not None and self._made and os.path.lexists(self._format):
            return encoder
        self._encoder = None
        os.makedirs(self.root, 0o700, exist_ok=True)  # noqa: PTH103  # likewise
        encoder = self.find()  # it may be somebody else's, or hold something else
        for name in ("staging", "uploads", "locks"):
            if make_folders(self.root, (_OWN, name)) is None:
                raise self._went_away()
        if encoder is None:
            self._write_format()
            encoder = self.find()
            if encoder is None:
                raise self._went_away()
        self._made = True
        return encoder

    def _went_away(self) -> ConfigurationError:
        return ConfigurationError(f"the folder {self.root!r} went away while a store was made in it")

    def _write_format(self) -> None:
        content = {
            "format": "cloud local store",
            "version": FORMAT_VERSION,
            "case_sensitive": not self._ignores_case(),
        }
        draft = self.new_staging("format")
        write_file(draft, json.dumps(content).encode("ascii") + b"\n", fsync=True)
        try:
            os.replace(draft, self._format)  # noqa: PTH105  # likewise; racing makers write the same
        except BaseException:
            remove_file(draft)
            raise

    def _ignores_case(self) -> bool:
        # The store's own folder then answers to this name too.
        return os.path.lexists(f"{self.root}{os.sep}{_OWN_OTHER_CASE}")

    def _foreign(self) -> bool:
        """Return whether the root holds something that is no store; hidden files do not count."""
        try:
            with os.scandir(self.root) as entries:
                return any(not entry.name.startswith(".") and entry.name != "lost+found" for entry in entries)
        except FileNotFoundError:
            return False

    def _read_format(self, text: bytes) -> Encoder:
        try:
            content = json.loads(text)
            version, case_sensitive = content["version"], content["case_sensitive"]
        except (ValueError, KeyError, TypeError) as exc:
            raise ConfigurationError(f"{self._format!r} does not describe a store: {exc}") from exc
        if version != FORMAT_VERSION:
            raise ConfigurationError(
                f"the store in {self.root!r} has format version {version!r}; this library knows {FORMAT_VERSION}",
                hint="a newer version of the library made it",
            )
        if case_sensitive and self._ignores_case():
            raise ConfigurationError(
                f"the store in {self.root!r} was made where case counts, and this file system ignores it",
                hint="copy its objects with the library, not its files",
            )
        return Encoder(case_sensitive=bool(case_sensitive))

    # -- places ----------------------------------------------------------------------------------------------
    def bucket_name(self, encoder: Encoder, bucket: str) -> str:
        """Return the name of a bucket's folder."""
        name = encoder.name(bucket.encode("ascii"))
        if len(name) > _LONGEST_NAME:
            raise InvalidRequestError(f"the bucket name {bucket!r} is too long for this file system")
        return name

    def bucket(self, encoder: Encoder, bucket: str) -> str:
        """Return the folder of a bucket that is there.

        Raises:
            NotFoundError: there is none.
            PermissionDeniedError: it is a symbolic link.
        """
        path = f"{self.root}{os.sep}{self.bucket_name(encoder, bucket)}"
        if not is_folder(path):
            raise no_such_bucket(bucket)
        return path

    def key_lock(self, bucket: str, key: str) -> tuple[FileLock, str]:
        """Return the lock of a key, and its name."""
        shard = f"{zlib.crc32(f'{bucket}/{key}'.encode()) % _SHARDS:02x}"
        return self.shard_lock(shard), shard

    def shard_lock(self, shard: str) -> FileLock:
        """Return the lock called `shard`."""
        return FileLock(f"{self._locks}{os.sep}{shard}")

    def new_staging(self, kind: str) -> str:
        """Return the path of a file of a new name in the staging folder."""
        return f"{self.staging}{os.sep}{secrets.token_hex(8)}.{kind}"

    def staged(self) -> Iterator[tuple[str, str]]:
        """Yield path and kind of everything in the staging folder."""
        with os.scandir(self.staging) as entries:
            for entry in entries:
                yield entry.path, entry.name.rpartition(".")[2]


def new_data_name() -> str:
    """Return a name for a data file that no other has."""
    return DATA + secrets.token_hex(8)


def _long_path(path: str) -> str:
    """Return `path` in the form that Windows takes at any length."""
    if os.name != "nt" or path.startswith("\\\\?\\"):
        return path
    return f"\\\\?\\UNC\\{path[2:]}" if path.startswith("\\\\") else f"\\\\?\\{path}"
