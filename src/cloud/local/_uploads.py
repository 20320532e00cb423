"""Multipart uploads in a folder each: ``upload.json`` and one file per part.

The name of a part's file says all about it: number, length, CRC-32 and ETag. The lock of an upload is that of
its ``upload.json``. An upload ends by renaming its folder away, so that it is there as a whole or not at all.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
from base64 import b64decode
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

from cloud.common._checksums import ChecksumAlgorithm, whole_object
from cloud.common._storage_types import Part
from cloud.common.errors import IntegrityError
from cloud.common.models import UnfinishedUpload
from cloud.local._backend import check_part_order, no_such_part, no_such_upload, part_changed
from cloud.local._disk import append, make_folders, open_file, read_file, remove_file, remove_tree
from cloud.local._locks import lock, unlock
from cloud.local._record import new_etag
from cloud.local._staging import GONE_KIND, StagedFile, crc_text, stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cloud.common._bodies import Payload
    from cloud.local._layout import Layout

_ABOUT = "upload.json"
_ID = re.compile(r"[0-9a-f]{32}")
_PART = re.compile(r"([0-9]{5})-([0-9]+)-([0-9a-f]{8})-([0-9a-f]{32})")


class _PartFile(NamedTuple):
    number: int
    size: int
    crc32: str
    etag: str
    path: str


class Uploads:
    """The unfinished multipart uploads of a store. `bucket` is the name of a bucket's folder throughout."""

    def __init__(self, layout: Layout, *, fsync: bool) -> None:
        self._layout = layout
        self._fsync = fsync

    def create(self, bucket: str, key: str) -> str:
        """Begin an upload and return its id."""
        upload_id = secrets.token_hex(16)
        about = {"key": key, "started_at": datetime.now(timezone.utc).isoformat()}
        with stage(self._layout, json.dumps(about).encode("ascii"), fsync=self._fsync) as staged:
            while True:
                # A listing that runs at this moment takes the folder for a dead writer's, while it is empty.
                folder = make_folders(self._layout.uploads, (bucket, upload_id))
                if folder is None:
                    continue
                try:
                    staged.move(f"{folder}{os.sep}{_ABOUT}")
                except FileNotFoundError:
                    if not os.path.lexists(staged.path):
                        raise  # not because of the folder
                else:
                    staged.settle()
                    return upload_id

    def put_part(self, bucket: str, key: str, upload_id: str, number: int, payload: Payload) -> Part:
        """Store a part; the one that had its number goes."""
        self._key(bucket, upload_id, expected=key)
        with stage(self._layout, payload, fsync=self._fsync) as staged:
            part = Part(number, new_etag(), staged.size, staged.crc32)
            with self._locked(bucket, key, upload_id) as folder:
                crc = b64decode(staged.crc32).hex()
                staged.move(f"{folder}{os.sep}{number:05}-{part.size}-{crc}-{part.etag}")
                staged.settle()
                for other in _parts(folder):
                    if other.number == number and other.etag != part.etag:
                        remove_file(other.path)
        return part

    @contextmanager
    def assembled(self, bucket: str, key: str, upload_id: str, parts: Sequence[Part]) -> Iterator[StagedFile]:
        """Give the parts in a row, in the file of the first; see `Backend.assembled`."""
        check_part_order(parts)
        with self._locked(bucket, key, upload_id) as folder:
            stored = {part.etag: part for part in _parts(folder)}
            files: list[_PartFile] = []
            for part in parts:
                file = stored.get(part.etag)
                if file is None or file.number != part.number:
                    raise no_such_part(part.number)
                files.append(file)
            with _joined(files, fsync=self._fsync) as staged:
                yield staged
            with suppress(
                OSError
            ):  # the object is there: what is left is listed as unfinished, to be aborted
                self._remove(folder)

    def abort(self, bucket: str, key: str, upload_id: str) -> None:
        """Remove an upload and its parts."""
        with self._locked(bucket, key, upload_id) as folder:
            self._remove(folder)

    def remove_all(self, bucket: str) -> None:
        """Remove all uploads of a bucket."""
        with suppress(FileNotFoundError):
            self._remove(f"{self._layout.uploads}{os.sep}{bucket}")

    def all(self, bucket: str, name: str) -> list[UnfinishedUpload]:
        """Return all uploads of the bucket called `name`; also remove the folders of those that began badly."""
        top = f"{self._layout.uploads}{os.sep}{bucket}"
        found: list[UnfinishedUpload] = []
        try:
            ids = [upload_id for upload_id in os.listdir(top) if _ID.fullmatch(upload_id)]  # noqa: PTH208  # paths are text here: a Path costs more than the call
        except FileNotFoundError:
            return []
        for upload_id in ids:
            about = self._about(bucket, upload_id)
            if about is None:
                with suppress(OSError):  # another listing was faster, or it has begun meanwhile
                    os.rmdir(f"{top}{os.sep}{upload_id}")  # noqa: PTH106  # likewise
                continue
            key, started_at = about
            found.append(UnfinishedUpload(bucket=name, key=key, upload_id=upload_id, started_at=started_at))
        return found

    def _folder(self, bucket: str, upload_id: str) -> str:
        if not _ID.fullmatch(upload_id):  # it becomes a path, and comes from outside
            raise no_such_upload(upload_id)
        return f"{self._layout.uploads}{os.sep}{bucket}{os.sep}{upload_id}"

    def _about(self, bucket: str, upload_id: str) -> tuple[str, datetime] | None:
        text = read_file(f"{self._folder(bucket, upload_id)}{os.sep}{_ABOUT}")
        if text is None:
            return None
        try:
            about = json.loads(text)
            return about["key"], datetime.fromisoformat(about["started_at"])
        except (ValueError, KeyError, TypeError) as exc:
            raise IntegrityError(
                f"what the store knows about the upload {upload_id} is damaged: {exc}"
            ) from exc

    def _key(self, bucket: str, upload_id: str, expected: str) -> None:
        about = self._about(bucket, upload_id)
        if about is None or about[0] != expected:
            raise no_such_upload(upload_id)

    @contextmanager
    def _locked(self, bucket: str, key: str, upload_id: str) -> Iterator[str]:
        """Give the upload's folder; nobody else changes or ends the upload inside the block."""
        self._key(bucket, upload_id, expected=key)
        folder = self._folder(bucket, upload_id)
        path = f"{folder}{os.sep}{_ABOUT}"
        try:
            descriptor = open_file(path, os.O_RDWR)
        except FileNotFoundError:
            raise no_such_upload(upload_id) from None
        try:
            lock(descriptor)
            try:
                if not os.path.lexists(path):  # it ended while we waited
                    raise no_such_upload(upload_id)
                yield folder
            finally:
                unlock(descriptor)
        finally:
            os.close(descriptor)

    def _remove(self, folder: str) -> None:
        gone = self._layout.new_staging(GONE_KIND)
        os.rename(folder, gone)  # noqa: PTH104  # likewise
        remove_tree(gone)


def _parts(folder: str) -> list[_PartFile]:
    found: list[_PartFile] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            match = _PART.fullmatch(entry.name)
            if match is not None:
                number, size, crc, etag = match.groups()
                found.append(_PartFile(int(number), int(size), crc_text(int(crc, 16)), etag, entry.path))
    return found


@contextmanager
def _joined(files: Sequence[_PartFile], *, fsync: bool) -> Iterator[StagedFile]:
    """Append all parts to the first one's file; cut it back when the block is left by an exception.

    A process that dies here leaves a first part that is too long. Its name says how long it was, and the
    next try cuts it.
    """
    first = files[0]
    staged = StagedFile(first.path, open_file(first.path, os.O_RDWR))
    staged.settle()  # it is the upload's file until a commit has moved it
    try:
        _check_size(staged.descriptor, first, at_least=True)
        os.ftruncate(staged.descriptor, first.size)
        try:
            os.lseek(staged.descriptor, 0, os.SEEK_END)
            for file in files[1:]:
                _append_part(file, staged.descriptor)
            staged.size = sum(file.size for file in files)
            staged.crc32 = whole_object(ChecksumAlgorithm.CRC32, ((file.crc32, file.size) for file in files))
            if fsync:
                os.fsync(staged.descriptor)
            yield staged
        except BaseException:
            if staged.is_home and staged.descriptor >= 0:  # otherwise the bytes are an object's by now
                os.ftruncate(staged.descriptor, first.size)
            raise
    finally:
        staged.close()


def _append_part(file: _PartFile, target: int) -> None:
    source = open_file(file.path, os.O_RDONLY)
    try:
        _check_size(source, file)
        append(source, target, file.size)
    finally:
        os.close(source)


def _check_size(descriptor: int, file: _PartFile, *, at_least: bool = False) -> None:
    status = os.fstat(descriptor)
    if (
        not stat.S_ISREG(status.st_mode)
        or status.st_size < file.size
        or (status.st_size > file.size and not at_least)
    ):
        raise part_changed(file.number, file.size, status.st_size)
