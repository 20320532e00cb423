"""The two sides of a sync: a folder of this machine, or a prefix of a store, listed in the same order."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from cloud._registry import StorageLocation, open_storage
from cloud.common._state import client_identity
from cloud.common._urls import StorageUrl, parse_url
from cloud.common.errors import IntegrityError, InvalidRequestError
from cloud.transfer._prefetch import prefetched
from cloud.transfer._refs import ClientRef
from cloud.transfer._trees import folder_prefix
from cloud.transfer._walk import walk

if TYPE_CHECKING:
    from collections.abc import Generator

    from cloud.common._base_storage import BaseStorageClient
    from cloud.common._cancel import Cancellation
    from cloud.common.models import ObjectInfo
    from cloud.transfer._select import Selection
    from cloud.transfer._walk import Found

Location: TypeAlias = "str | os.PathLike[str] | StorageLocation"
"""A side of a sync: the path of a folder, a storage URL, or what `open_storage` returns."""

STAGED_NAME = re.compile(r"\.[^/]{1,40}\.[0-9a-f]{16}\.part", re.DOTALL)
"""How a file is called while it is written; see ``common/_files.py``."""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


class Entry(NamedTuple):
    """A file or object of one side.

    Attributes:
        name: its path below the folder or prefix; one that ends with ``/`` stands for a folder.
        size: bytes.
        time_ns: when it was changed or stored, in nanoseconds since 1970; None where the store does not say.
        etag: the store's; None for a file.
        skipped: why it takes no part.
        error: why it cannot be looked at.
    """

    name: str
    size: int = 0
    time_ns: int | None = None
    etag: str | None = None
    skipped: str | None = None
    error: OSError | InvalidRequestError | None = None

    @property
    def is_marker(self) -> bool:
        """Whether it is an empty object that stands for a folder."""
        return self.size == 0 and self.name.endswith("/")


def nanoseconds(moment: datetime) -> int:
    """Return a time as nanoseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND * 1000


class FolderSide:
    """A folder of this machine. It may be missing where it is the destination."""

    def __init__(self, path: Path, *, follow_symlinks: bool = False) -> None:
        self.path = path
        self.follow_symlinks = follow_symlinks

    @property
    def identity(self) -> str:
        """What tells this side from others, also in another process."""
        return f"folder {self.path.absolute()}"

    def uri(self, name: str = "") -> str:
        """Return the path of `name`."""
        return os.path.join(self.path, name)  # noqa: PTH118  # an empty name keeps the folder's own spelling

    def entries(
        self, select: Selection, cancellation: Cancellation, *, may_miss: bool
    ) -> Generator[Entry, None, None]:
        """Yield the files in order; what is not selected is not looked at.

        Raises:
            OSError: the folder cannot be read, or is missing and `may_miss` is False.
        """
        del cancellation  # nothing here waits for long
        if may_miss and not self.path.exists():
            return
        for found in walk(self.path, follow_symlinks=self.follow_symlinks, enter=select.enters):
            if select.takes(found.name.rstrip("/")):
                yield _entry_of_file(found)


def _entry_of_file(found: Found) -> Entry:
    skipped = found.skipped
    if STAGED_NAME.fullmatch(found.name.rpartition("/")[2]):
        skipped = "staged by a transfer"
    return Entry(found.name, found.size, found.mtime_ns, skipped=skipped, error=found.error)


class StoreSide:
    """What a store holds below a prefix.

    Args:
        client: the store's client.
        prefix: empty, or with a ``/`` at its end.
    """

    def __init__(self, client: BaseStorageClient, bucket: str, prefix: str) -> None:
        self.ref = ClientRef(client)
        self.bucket = bucket
        self.prefix = folder_prefix(prefix)

    @property
    def client(self) -> BaseStorageClient:
        """The store's client."""
        return self.ref.client

    @property
    def identity(self) -> str:
        """What tells this side from others, also in another process; no secret is in it."""
        return f"{client_identity(self.client)} {self.bucket}/{self.prefix}"

    def key(self, name: str) -> str:
        """Return the key of `name`."""
        return self.prefix + name

    def uri(self, name: str = "") -> str:
        """Return the URI of `name`."""
        return f"{self.client.scheme}://{self.bucket}/{self.prefix}{name}"

    def entries(
        self, select: Selection, cancellation: Cancellation, *, may_miss: bool
    ) -> Generator[Entry, None, None]:
        """Yield the objects in order. A missing bucket raises on both sides of a sync.

        Raises:
            IntegrityError: the store's listing is not in order.
        """
        del may_miss  # a bucket is never made on the way
        start, last, everything = len(self.prefix), "", select.is_everything
        pages = self.client.list_objects(self.bucket, self.prefix).pages()
        for page in prefetched(pages, cancellation):
            for info in page.items:
                name = info.key[start:]
                if name <= last and last:
                    raise IntegrityError(
                        f"the listing of {self.uri()} is not in order: {name!r} after {last!r}"
                    )
                last = name
                if name and (everything or select.takes(name.rstrip("/"))):
                    yield _entry_of_object(name, info)


def _entry_of_object(name: str, info: ObjectInfo) -> Entry:
    moment = info.modified_at
    return Entry(name, info.size, None if moment is None else nanoseconds(moment), info.etag)


Side: TypeAlias = FolderSide | StoreSide


class Opener:
    """Opens locations; URLs that differ by bucket and key alone share one client. Closes what it opened."""

    def __init__(self) -> None:
        self._clients: dict[StorageUrl, BaseStorageClient] = {}
        self._stack = ExitStack()

    def open(self, location: Location, *, follow_symlinks: bool = False) -> Side:
        """Return the side that `location` names.

        Raises:
            InvalidRequestError: it is no folder of a store: no bucket, or a version of an object.
        """
        if isinstance(location, str) and _URL.match(location):
            location = self._opened(parse_url(location))
        if not isinstance(location, StorageLocation):
            return FolderSide(Path(location), follow_symlinks=follow_symlinks)
        if not location.bucket or location.version_id is not None:
            raise InvalidRequestError("a side of a sync is a folder, a bucket, or a prefix of one")
        return StoreSide(location.client, location.bucket, location.key)

    def _opened(self, url: StorageUrl) -> StorageLocation:
        if not url.bucket:
            raise InvalidRequestError(f"{url} names no bucket")
        store = StorageUrl(url.scheme, "", "", url.options)
        opened = next((client for known, client in self._clients.items() if known == store), None)
        if opened is None:
            location = open_storage(str(url))
            opened = self._clients[store] = location.client
            if url.scheme != "memory":  # those are shared by everybody
                self._stack.callback(opened.close)
        return StorageLocation(opened, url.bucket, url.key, url.options.get("version_id"))

    def close(self) -> None:
        """Close every client that was opened here."""
        self._stack.close()


def check_apart(source: Side, destination: Side) -> None:
    """Refuse two sides of which one lies in the other.

    Raises:
        InvalidRequestError: they are the same, or one contains the other.
    """
    if isinstance(source, FolderSide) and isinstance(destination, FolderSide):
        first, second = source.path.resolve(), destination.path.resolve()
        overlap = first == second or first in second.parents or second in first.parents
    elif isinstance(source, StoreSide) and isinstance(destination, StoreSide):
        same = source.client is destination.client and source.bucket == destination.bucket
        overlap = same and (
            source.prefix.startswith(destination.prefix) or destination.prefix.startswith(source.prefix)
        )
    else:
        return
    if overlap:
        raise InvalidRequestError(f"{source.uri()} and {destination.uri()} lie in each other")
