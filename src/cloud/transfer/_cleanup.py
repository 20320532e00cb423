"""Finds and removes what crashed transfers left: parts of uploads, staged files, journals."""

from __future__ import annotations

import stat
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloud.common._state import SUFFIX, state_folder
from cloud.common.enums import Capability
from cloud.common.errors import CloudError, InvalidRequestError
from cloud.common.models import Record
from cloud.transfer._journal import default_state_folder, discard
from cloud.transfer._sides import STAGED_NAME, FolderSide, Opener
from cloud.transfer._walk import walk

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from cloud.transfer._sides import Location, StoreSide

A_DAY = timedelta(days=1)
_JOURNAL_NAME_LENGTH = 32 + len(SUFFIX)


class Leftover(Enum):
    """What a crash leaves behind."""

    UPLOAD = "upload"
    """Parts of an upload that was neither completed nor aborted: stored and charged, and seen by nobody."""
    STAGED_FILE = "staged file"
    """A file that was being written beside its target, and the journal of a download with `resume`."""
    JOURNAL = "journal"
    """The journal of a sync, or of an upload with `resume`, that nobody has gone on with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CleanupItem(Record):
    """Something that a crash left behind.

    Attributes:
        kind: what it is.
        place: its URI or path.
        since: when it was begun or last written; None where the service does not say.
        removed: whether it is gone now; False in a dry run and where it failed.
        error: why it is not.
    """

    kind: Leftover
    place: str
    since: datetime | None = None
    removed: bool = False
    error: CloudError | OSError | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return self.error is None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data."""
        return {
            "kind": self.kind.value,
            "place": self.place,
            "since": None if self.since is None else self.since.isoformat(),
            "removed": self.removed,
            "error": None if self.error is None else str(self.error),
        }


def cleanup(
    *locations: Location,
    older_than: timedelta = A_DAY,
    dry_run: bool = False,
    journals: bool = True,
    state: str | os.PathLike[str] | None = None,
    now: Callable[[], float] = time.time,
) -> Iterator[CleanupItem]:
    """Remove what crashed transfers left at these places, and yield each thing with what became of it.

    Lazy: things are removed as they are yielded. Nothing that a running sync needs is touched as long as it
    is younger than `older_than`; the journal of a running one is never touched.

    Args:
        locations: folders, whose staged files go, and buckets or prefixes, whose unfinished uploads go.
        older_than: what is younger stays: it may belong to a transfer that is running, also one of others.
        dry_run: remove nothing.
        journals: whether old journals go too; the next sync of those sides then begins anew.
        state: folder of the journals, as for `sync`; those of uploads are looked at without it alone.
        now: seconds since 1970.

    Raises:
        UnsupportedOperationError: a store cannot list its unfinished uploads.
        CloudError, OSError: a place cannot be looked at.
    """
    if older_than < timedelta(0):
        raise InvalidRequestError("older_than must not be negative")
    latest = now() - older_than.total_seconds()
    return _cleanup(locations, older_than, latest, dry_run, journals, state)


def _cleanup(
    locations: tuple[Location, ...],
    older_than: timedelta,
    latest: float,
    dry_run: bool,
    journals: bool,
    state: str | os.PathLike[str] | None,
) -> Iterator[CleanupItem]:
    with closing(Opener()) as opener:
        for location in locations:
            side = opener.open(location)
            if isinstance(side, FolderSide):
                yield from _staged_files(side.path, latest, dry_run)
            else:
                yield from _uploads(side, older_than, dry_run)
    if journals:
        folders = (default_state_folder(), state_folder("uploads")) if state is None else (Path(state),)
        for folder in folders:
            yield from _journals(folder, latest, dry_run)


def _uploads(side: StoreSide, older_than: timedelta, dry_run: bool) -> Iterator[CleanupItem]:
    client = side.client
    if dry_run or Capability.UNFINISHED_UPLOADS not in client.capabilities:
        found = client.list_unfinished_uploads(side.bucket, side.prefix, older_than=older_than)
    else:
        found = client.abort_unfinished_uploads(side.bucket, side.prefix, older_than=older_than)
    for upload in found:
        yield CleanupItem(
            kind=Leftover.UPLOAD,
            place=f"{client.scheme}://{upload.bucket}/{upload.key}",
            since=upload.started_at,
            removed=not dry_run,
        )


def _staged_files(folder: Path, latest: float, dry_run: bool) -> Iterator[CleanupItem]:
    for found in walk(folder, follow_symlinks=False):
        if found.error is not None:
            yield CleanupItem(kind=Leftover.STAGED_FILE, place=found.where, error=found.error)
        elif found.skipped is None and STAGED_NAME.fullmatch(found.name.rpartition("/")[2]):
            yield from _file(Leftover.STAGED_FILE, Path(found.where), latest, dry_run)


def _journals(folder: Path, latest: float, dry_run: bool) -> Iterator[CleanupItem]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix == SUFFIX and len(path.name) == _JOURNAL_NAME_LENGTH and not path.is_symlink():
            yield from _file(Leftover.JOURNAL, path, latest, dry_run)


def _file(kind: Leftover, path: Path, latest: float, dry_run: bool) -> Iterator[CleanupItem]:
    """Remove a regular file that is old enough."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_mtime > latest:
            return
        since = datetime.fromtimestamp(status.st_mtime, timezone.utc)
        if kind is Leftover.JOURNAL:
            if not discard(path, dry_run=dry_run):
                return
        elif not dry_run:
            path.unlink()
    except FileNotFoundError:  # whoever it belonged to has removed it
        return
    except OSError as error:
        yield CleanupItem(kind=kind, place=str(path), error=error)
        return
    yield CleanupItem(kind=kind, place=str(path), since=since, removed=not dry_run)
