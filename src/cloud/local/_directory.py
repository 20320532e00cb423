"""Objects in a folder. How they lie there is in ``_layout``, ``_encoding`` and ``_staging``."""

from __future__ import annotations

import os
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, BinaryIO

from cloud.common.errors import IntegrityError
from cloud.local._backend import bucket_not_empty, no_such_bucket
from cloud.local._disk import (
    has_folders,
    is_folder,
    make_folders,
    open_file,
    read_file,
    remove_empty_folders,
    remove_file,
    sync_folder,
    write_file,
)
from cloud.local._encoding import key_text
from cloud.local._layout import DATA, META, Layout
from cloud.local._record import Record, dump, load, new_etag
from cloud.local._staging import META_KIND, StagedFile, stage, stage_copy, sweep
from cloud.local._uploads import Uploads
from cloud.local._walk import DirectoryScan, FolderCache, folders_below

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from cloud.common._bodies import Payload
    from cloud.common._storage_types import Part
    from cloud.common.models import UnfinishedUpload
    from cloud.local._backend import Decide, Staged
    from cloud.local._encoding import Encoder

_DATA_NAME = re.compile(r"@data-[0-9a-f]{16}")
_NEVER = datetime.fromtimestamp(0, timezone.utc)


class DirectoryBackend:
    """A store in the folder `root`. Reads take no lock; writes take that of their key."""

    def __init__(self, root: Path, *, fsync: bool) -> None:
        self._layout = Layout(root)
        self._fsync = fsync
        self._uploads = Uploads(self._layout, fsync=fsync)
        self._cache = FolderCache()
        self._swept = False

    # -- buckets ---------------------------------------------------------------------------------------------
    def buckets(self) -> list[str]:
        """Return the names of all buckets."""
        encoder = self._layout.find()
        if encoder is None:
            return []
        with os.scandir(self._layout.root) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        found = (encoder.raw(name) for name in names)
        return [raw.decode("ascii") for raw in found if raw and raw.isascii()]

    def bucket_exists(self, bucket: str) -> bool:
        """Return whether the bucket is there."""
        encoder = self._layout.find()
        if encoder is None:
            return False
        return is_folder(f"{self._layout.root}{os.sep}{self._layout.bucket_name(encoder, bucket)}")

    def create_bucket(self, bucket: str) -> bool:
        """Make the bucket."""
        encoder = self._layout.make()
        path = f"{self._layout.root}{os.sep}{self._layout.bucket_name(encoder, bucket)}"
        try:
            os.mkdir(path)  # noqa: PTH102  # paths are text here: a Path costs more than the call
        except FileExistsError:
            self._layout.bucket(encoder, bucket)  # refuses what is no folder
            return False
        if self._fsync:
            sync_folder(self._layout.root)
        return True

    def delete_bucket(self, bucket: str) -> None:
        """Remove the bucket; folders of objects that are gone, and what dead writers left, are no content."""
        encoder, top = self._writable(bucket)
        found: list[tuple[str, bytes | None]] = []
        for folder, key in folders_below(encoder, top):
            if os.path.lexists(f"{folder}{os.sep}{META}"):
                raise bucket_not_empty(bucket)
            found.append((folder, key))
        for folder, key in reversed(found):
            if key is not None:
                with self._layout.key_lock(bucket, key_text(key))[0]:
                    self._tidy(bucket, key_text(key))
            remove_empty_folders(folder, os.path.dirname(folder))  # noqa: PTH120  # likewise
        try:
            os.rmdir(top)  # noqa: PTH106  # likewise
        except FileNotFoundError:
            raise no_such_bucket(bucket) from None
        except OSError:
            if not os.listdir(top):  # noqa: PTH208  # likewise
                raise  # not because of what is in it
            raise bucket_not_empty(bucket, "something") from None
        self._uploads.remove_all(os.path.basename(top))  # noqa: PTH119  # likewise

    def _readable(self, bucket: str) -> tuple[Encoder, str]:
        """Return the encoder and the bucket's folder, without writing anything."""
        encoder = self._layout.find()
        if encoder is None:
            raise no_such_bucket(bucket)
        return encoder, self._layout.bucket(encoder, bucket)

    def _writable(self, bucket: str) -> tuple[Encoder, str]:
        """Return the encoder and the bucket's folder, ready to be written to."""
        found = self._readable(bucket)  # a bucket that is missing is no reason to make a store
        if not self._swept:
            self._layout.make()
            self._swept = True
            sweep(self._layout, self._tidy)
        return found

    # -- reading ---------------------------------------------------------------------------------------------
    def read(self, bucket: str, key: str) -> Record | None:
        """Return the record of an object."""
        encoder, top = self._readable(bucket)
        return _read_record(_join(top, encoder.path(key)), key)

    def open(self, bucket: str, key: str) -> tuple[Record, BinaryIO] | None:
        """Return an object's record and its bytes."""
        encoder, top = self._readable(bucket)
        folder = _join(top, encoder.path(key))
        before: str | None = None
        while True:
            record = _read_record(folder, key)
            if record is None:
                return None
            try:
                descriptor = open_file(_data_path(folder, record, key), os.O_RDONLY)
            except FileNotFoundError:
                if record.data == before:
                    raise IntegrityError(f"the bytes of {key!r} are gone from the store") from None
                before = record.data  # replaced between the two steps: look again
                continue
            return record, os.fdopen(descriptor, "rb", buffering=0)

    def scan(self, bucket: str, low: bytes, high: bytes | None) -> DirectoryScan:
        """Return a walk over the keys from `low` on and below `high`."""
        encoder, top = self._readable(bucket)
        return DirectoryScan(
            top,
            low,
            high,
            lambda folder: self._cache.entries(encoder, folder),
            lambda folder, key: _read_record(folder, key_text(key)),
        )

    # -- writing ---------------------------------------------------------------------------------------------
    def stage(self, bucket: str, payload: Payload) -> StagedFile:
        """Store the bytes of `payload`."""
        self._writable(bucket)
        return stage(self._layout, payload, fsync=self._fsync)

    def stage_copy(self, bucket: str, key: str, source: Record) -> StagedFile | None:
        """Store the bytes of an object once more, by a hard link where that is possible."""
        encoder, top = self._writable(bucket)
        folder = _join(top, encoder.path(key))
        return stage_copy(self._layout, _data_path(folder, source, key), source, fsync=self._fsync)

    def commit(self, bucket: str, key: str, decide: Decide, staged: Staged | None = None) -> Record | None:
        """Change what is at a key. The rename of its metadata is the moment when it happens."""
        encoder, top = self._writable(bucket)
        names = encoder.path(key)
        folder = _join(top, names)
        lock, shard = self._layout.key_lock(bucket, key)
        with lock:
            before = None
            if has_folders(top, names):
                try:
                    before = _read_record(folder, key)
                except IntegrityError:
                    before = _damaged()  # it may be replaced and deleted, and fits no condition
            record = decide(before)
            if record is None:
                if before is not None:
                    self._remove(folder, top)
                return before
            new = staged if isinstance(staged, StagedFile) else None
            source = new or before
            if source is None or record.data != source.data or not _DATA_NAME.fullmatch(record.data):
                raise IntegrityError(f"the bytes of {key!r} are gone from the store")
            meta = self._layout.new_staging(META_KIND + shard)
            write_file(meta, dump(record, bucket, key), fsync=self._fsync)
            self._publish(bucket, top, names, meta, new)
            _remove_data(folder, record.data)
        return before

    def _publish(self, bucket: str, top: str, names: list[str], meta: str, staged: StagedFile | None) -> None:
        """Move bytes and metadata to their place; on failure nothing is left of either."""
        folder = _join(top, names)
        try:
            if staged is not None:
                self._place(bucket, top, names, staged)
            os.replace(meta, f"{folder}{os.sep}{META}")  # noqa: PTH105  # likewise
        except BaseException:
            remove_file(meta)
            if staged is not None:
                staged.return_home()
            remove_empty_folders(folder, top)
            raise
        if staged is not None:
            staged.settle()
        if self._fsync:
            for depth in range(len(names), -1 if staged is not None else len(names) - 1, -1):
                sync_folder(_join(top, names[:depth]) if depth else top)

    def _place(self, bucket: str, top: str, names: list[str], staged: StagedFile) -> None:
        """Move the bytes into their object's folder."""
        while True:
            folder = make_folders(top, names)
            if folder is not None:
                try:
                    staged.move(f"{folder}{os.sep}{staged.data}")
                except FileNotFoundError:
                    if not os.path.lexists(staged.path):
                        raise  # the bytes, not the folder
                else:
                    return
            # A delete of a neighbour has removed the empty folder meanwhile, or the bucket is gone.
            if not is_folder(top):
                raise no_such_bucket(bucket)

    def _remove(self, folder: str, top: str) -> None:
        """Remove an object: first what makes it one."""
        os.unlink(f"{folder}{os.sep}{META}")  # noqa: PTH108  # likewise
        if self._fsync:
            sync_folder(folder)
        _remove_data(folder, None)
        remove_empty_folders(folder, top)

    def _tidy(self, bucket: str, key: str) -> None:
        """Remove what a dead writer of `key` left in its folder. The key's lock is held."""
        encoder = self._layout.make()
        top = f"{self._layout.root}{os.sep}{self._layout.bucket_name(encoder, bucket)}"
        names = encoder.path(key)
        if not is_folder(top) or not has_folders(top, names):
            return
        folder = _join(top, names)
        try:
            record = _read_record(folder, key)
        except IntegrityError:
            return  # nobody can say which bytes the damaged metadata meant
        _remove_data(folder, None if record is None else record.data)
        remove_empty_folders(folder, top)

    # -- multipart uploads -----------------------------------------------------------------------------------
    def create_upload(self, bucket: str, key: str) -> str:
        """Begin a multipart upload."""
        return self._uploads.create(self._upload_bucket(bucket), key)

    def put_part(self, bucket: str, key: str, upload_id: str, number: int, payload: Payload) -> Part:
        """Store a part."""
        return self._uploads.put_part(self._upload_bucket(bucket), key, upload_id, number, payload)

    def assembled(
        self, bucket: str, key: str, upload_id: str, parts: Sequence[Part]
    ) -> AbstractContextManager[StagedFile]:
        """Give the parts in a row."""
        return self._uploads.assembled(self._upload_bucket(bucket), key, upload_id, parts)

    def abort_upload(self, bucket: str, key: str, upload_id: str) -> None:
        """Remove a multipart upload, and what dead writers left."""
        self._uploads.abort(self._upload_bucket(bucket), key, upload_id)

    def uploads(self, bucket: str) -> list[UnfinishedUpload]:
        """Return all unfinished multipart uploads; also remove what dead writers left."""
        name = self._upload_bucket(bucket)
        sweep(self._layout, self._tidy)
        return self._uploads.all(name, bucket)

    def _upload_bucket(self, bucket: str) -> str:
        return os.path.basename(self._writable(bucket)[1])  # noqa: PTH119  # likewise


def _join(top: str, names: list[str]) -> str:
    return f"{top}{os.sep}{os.sep.join(names)}"  # noqa: PTH118  # likewise


def _read_record(folder: str, key: str) -> Record | None:
    text = read_file(f"{folder}{os.sep}{META}")
    return None if text is None else load(text, repr(key))[0]


def _data_path(folder: str, record: Record, key: str) -> str:
    if not _DATA_NAME.fullmatch(record.data):  # it becomes a path
        raise IntegrityError(f"the stored metadata of {key!r} is damaged: it names no data file")
    return f"{folder}{os.sep}{record.data}"


def _remove_data(folder: str, used: str | None) -> None:
    """Remove the data files that the metadata in `folder` does not name. Its key's lock is held."""
    try:
        names = os.listdir(folder)  # noqa: PTH208  # likewise
    except FileNotFoundError:
        return
    for name in names:
        if name.startswith(DATA) and name != used:
            remove_file(f"{folder}{os.sep}{name}")


def _damaged() -> Record:
    return Record(size=0, etag=new_etag(), crc32="", modified_at=_NEVER, data="", content_type="")
