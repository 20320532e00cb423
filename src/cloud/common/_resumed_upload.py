"""Uploads of files that go on where a killed process stopped.

A journal in the user's state folder says which upload was begun for which state of the file, and which parts the
service has confirmed, with its ETag and checksum of each. The service compares these when the upload is completed,
so that a part which is gone or differs is never taken for the one that was sent.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cloud.common._bodies import FileRange
from cloud.common._cancel import one_call
from cloud.common._engine import PartWriter, plan_part_size
from cloud.common._ranges import split
from cloud.common._state import SUFFIX, Notes, state_folder
from cloud.common._storage_types import Part
from cloud.common.errors import CloudError, ConflictError, IntegrityError, InvalidRequestError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud.common._engine import PartHooks, TransferConfig
    from cloud.common._storage_types import PartLimits, PutRequest

FOLDER = "uploads"
"""Below the user's state folder; `cloud cleanup` looks there."""
_LOST = (NotFoundError, ConflictError, InvalidRequestError)
"""How services say that an upload or a part of it is not there any more."""


@dataclass(frozen=True)
class UploadCalls:
    """What the template does for an upload.

    Attributes:
        identity: what tells the client's service and account from others.
        begin: begins an upload and returns its id.
        is_there: whether the service still has an upload; True where it cannot be asked.
        hooks: of the upload of an id.
    """

    identity: str
    begin: Callable[[], str]
    is_there: Callable[[str], bool]
    hooks: Callable[[str], PartHooks]


class ResumedUpload:
    """One upload of the file `path`, begun or gone on with.

    Args:
        file: an open descriptor of it, and its state when it was opened.
    """

    def __init__(
        self,
        calls: UploadCalls,
        request: PutRequest,
        path: Path,
        file: tuple[int, os.stat_result],
        config: TransferConfig,
        limits: PartLimits,
        progress: Callable[[int], None] | None,
    ) -> None:
        self._calls = calls
        self._path = path
        self._descriptor, self._state = file
        self._config = config
        self._part_size = plan_part_size(self._state.st_size, config, limits)
        self._progress = progress
        asked = repr(request._replace(metadata=dict(request.metadata), tags=dict(request.tags)))
        self._source = {
            "source": str(path.absolute()),
            "size": self._state.st_size,
            "mtime_ns": self._state.st_mtime_ns,
            "inode": self._state.st_ino,
            "request": hashlib.sha256(asked.encode()).hexdigest(),
        }
        place = json.dumps((calls.identity, request.bucket, request.key, self._source["source"])).encode()
        name = hashlib.sha256(place).hexdigest()[:32] + SUFFIX
        self._notes = Notes(state_folder(FOLDER) / name)

    def run(self) -> None:
        """Send what the service does not have, and complete the upload.

        What was sent stays at the service when this is left by an error.

        Raises:
            ConflictError: another process is at work on the same upload.
            IntegrityError: the file was changed meanwhile; nothing was published.
        """
        with self._notes as notes:
            left = self._left()
            if left is not None:
                upload_id, done = left
                try:
                    with one_call(None):  # whose end is none of what may follow
                        self._send(upload_id, done)
                except _LOST as error:
                    if not done or error.retryable:
                        raise
                    self._give_up(upload_id, f"the service no longer has all of its parts ({error})")
                else:
                    notes.remove()
                    return
            upload_id = self._calls.begin()
            notes.begin({"upload": upload_id, "part_size": self._part_size, **self._source})
            self._send(upload_id, {})
            notes.remove()

    def _left(self) -> tuple[str, dict[int, Part]] | None:
        """Return the upload of an earlier run and its parts; None when there is none to go on with."""
        head: dict[str, Any] = self._notes.head or {}
        upload_id, part_size = head.get("upload"), head.get("part_size")
        if not isinstance(upload_id, str) or not isinstance(part_size, int) or part_size < 1:
            return None
        if any(head.get(name) != value for name, value in self._source.items()):
            self._give_up(upload_id, "the file, or what is stored with it, was changed")
            return None
        if not self._calls.is_there(upload_id):
            self._say("the service no longer has its parts")
            return None
        self._part_size = part_size
        return upload_id, dict(self._parts())

    def _parts(self) -> list[tuple[int, Part]]:
        sizes = dict(enumerate((end - start for start, end in self._ranges()), 1))
        found = []
        for line in self._notes.lines:
            with suppress(TypeError):
                part = Part(**line)
                if sizes.get(part.number) == part.size and isinstance(part.etag, str):
                    found.append((part.number, part))
        return found

    def _ranges(self) -> list[tuple[int, int]]:
        return split(self._state.st_size, self._part_size)

    def _send(self, upload_id: str, done: dict[int, Part]) -> None:
        hooks = _Noting(self._calls.hooks(upload_id), self._notes, self._progress)
        writer = PartWriter(hooks, self._config.max_workers)
        try:
            for number, (start, end) in enumerate(self._ranges(), 1):
                if number in done:
                    writer.keep(done[number])
                    if self._progress is not None:
                        self._progress(end - start)
                else:
                    writer.add(FileRange(self._descriptor, start, end - start))
            writer.wait()
            self._check_unchanged(upload_id)
            writer.complete()
        except BaseException:
            writer.leave()
            raise

    def _check_unchanged(self, upload_id: str) -> None:
        now = os.fstat(self._descriptor)
        if (now.st_size, now.st_mtime_ns) != (self._state.st_size, self._state.st_mtime_ns):
            self._give_up(upload_id, "the file was changed during the upload")
            self._notes.remove()
            raise IntegrityError(f"{str(self._path)!r} was changed during the upload; nothing was published")

    def _give_up(self, upload_id: str, reason: str) -> None:
        """Remove what an upload has stored; a failure to do so is logged, and `cloud cleanup` finds it."""
        self._say(reason)
        import logging

        try:
            self._calls.hooks(upload_id).abort()
        except CloudError as error:
            logging.getLogger("cloud.transfer").warning("an upload was not removed: %s", error)

    def _say(self, reason: str) -> None:
        import logging

        logging.getLogger("cloud.transfer").warning(
            "the upload of %s starts anew: %s", str(self._path), reason
        )


class _Noting:
    """The hooks of an upload, with a note of every part that the service has confirmed."""

    def __init__(self, hooks: PartHooks, notes: Notes, progress: Callable[[int], None] | None) -> None:
        self._hooks = hooks
        self._progress = progress
        self._notes = notes
        self.complete = hooks.complete
        self.abort = hooks.abort

    def put_part(self, number: int, payload: Any) -> Part:
        """Store one part and note it."""
        part = self._hooks.put_part(number, payload)
        self._notes.add(asdict(part))  # before anybody else's code runs
        if self._progress is not None:
            self._progress(part.size)
        return part
