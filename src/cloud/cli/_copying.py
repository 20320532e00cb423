"""``cloud cp`` and ``mv``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.cli._console import standard_input
from cloud.cli._errors import OK, PARTIAL
from cloud.cli._items import each
from cloud.cli._places import place, url_of
from cloud.cli._reporter import Reporter
from cloud.cli._sync import limited
from cloud.common.errors import InvalidRequestError, NotFoundError
from cloud.transfer import (
    Existing,
    Selection,
    WriteOptions,
    copy_object,
    copy_tree,
    download_object,
    download_tree,
    upload_object,
    upload_tree,
)
from cloud.transfer._objects import STREAMED

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud._registry import StorageLocation
    from cloud.cli._console import Console
    from cloud.cli._places import Place, Session
    from cloud.transfer import TransferItem, TransferReport


def cp(args: Namespace, session: Session, console: Console) -> int:
    """Copy files and objects."""
    return _Copy(args, session, console, move=False).run()


def mv(args: Namespace, session: Session, console: Console) -> int:
    """Move files and objects."""
    return _Copy(args, session, console, move=True).run()


class _Copy:
    """One ``cp`` or ``mv``: which call of the library the arguments mean."""

    def __init__(self, args: Namespace, session: Session, console: Console, *, move: bool) -> None:
        self._args = args
        self._session = session
        self._console = console
        self._move = move
        self._sources = [place(text) for text in args.sources]
        self._target = place(args.target)
        self._existing = (
            Existing.FAIL if args.if_absent else Existing.SKIP if args.no_overwrite else Existing.REPLACE
        )
        self._options = WriteOptions(
            content_type=args.content_type,
            metadata=dict(args.metadata) if args.metadata else None,
            storage_class=args.storage_class,
        )

    def run(self) -> int:
        self._check()
        return each(self._sources, self._tree if self._args.recursive else self._one, self._console)

    def _check(self) -> None:
        target = self._target
        for source in self._sources:
            if source.url is None and target.url is None:
                raise InvalidRequestError(
                    f"neither {source.text!r} nor {target.text!r} is a URL",
                    hint="use the system's own cp and mv",
                )
            if (source.is_stdio or target.is_stdio) and (self._move or self._args.recursive):
                raise InvalidRequestError("- is for the copy of one object")
        if len(self._sources) > 1 and not (self._args.recursive or target.names_folder):
            raise InvalidRequestError(
                f"several sources need a folder to land in, and {target.text!r} names none",
                hint="end it with /",
            )
        if target.url is None and self._options != WriteOptions():
            raise InvalidRequestError("files have no content type, metadata or storage class")
        if not self._move and self._args.resume:
            self._check_resume()
        if not self._args.recursive and (self._args.include or self._args.exclude):
            raise InvalidRequestError("--include and --exclude are for -r")

    def _check_resume(self) -> None:
        if self._args.recursive:
            raise InvalidRequestError("--resume is for single files", hint="sync goes on by itself")
        for source in self._sources:
            if (
                source.is_stdio
                or self._target.is_stdio
                or (source.url is not None) is (self._target.url is not None)
            ):
                raise InvalidRequestError("--resume is for copies between a file and a store")

    # -- one object --------------------------------------------------------------------------------------
    def _one(self, source: Place) -> int:
        if source.is_stdio:
            return self._from_stdin()
        if self._target.is_stdio:
            return self._to_stdout(source)
        name = source.url.key.rpartition("/")[2] if source.url is not None else source.path.name
        if source.url is None and source.path.is_dir():
            raise InvalidRequestError(f"{source.text!r} is a folder", hint="-r copies what is in it")
        if source.url is not None and not name:
            raise InvalidRequestError(
                f"{source.text} names no object", hint="-r copies what is in the folder"
            )
        target = self._target.child(name) if self._target.names_folder else self._target
        alone = len(self._sources) == 1
        with Reporter(self._console, lines=not alone) as reporter:
            reporter.planned(1, self._size(source) if reporter.has_bar else 0, complete=reporter.has_bar)
            item = self._call_one(source, target, reporter)
            reporter.finished(item)
        if self._console.json and alone:
            self._console.document(item)
        return OK

    def _size(self, source: Place) -> int:
        if source.url is None:
            return source.path.stat().st_size
        location = self._object(source)
        return location.client.get_object_metadata(
            location.bucket, location.key, version_id=location.version_id
        ).size

    def _call_one(self, source: Place, target: Place, reporter: Reporter) -> TransferItem:
        common: dict[str, Any] = {
            "existing": self._existing,
            "delete_source": self._move,
            "progress": reporter.moved,
            "transfer": limited(self._args),
        }
        if not self._move and self._args.resume:
            common["resume"] = True
        if source.url is None:
            to = self._object(target)
            return upload_object(source.path, to.client, to.bucket, to.key, options=self._options, **common)
        origin = self._object(source)
        client, bucket, key = origin
        common["version_id"] = origin.version_id
        if target.url is None:
            return download_object(client, bucket, key, target.path, **common)
        to = self._object(target)
        common["transfer"] = limited(self._args, STREAMED)
        return copy_object(client, bucket, key, to.client, to.bucket, to.key, options=self._options, **common)

    def _object(self, one: Place) -> StorageLocation:
        return self._session.open_object(url_of(one.text))

    def _from_stdin(self) -> int:
        if self._target.names_folder:
            raise InvalidRequestError("standard input has no name: write the whole key of the target")
        to = self._object(self._target)
        if self._existing is Existing.SKIP and to.client.object_exists(to.bucket, to.key):
            return OK
        uri = to.client.upload_file(
            to.bucket,
            to.key,
            standard_input(),
            content_type=self._options.content_type,
            metadata=self._options.metadata,
            storage_class=self._options.storage_class,
            if_absent=self._existing is Existing.FAIL,
            transfer=limited(self._args),
        )
        if self._console.json:
            self._console.document({"source": "-", "target": uri})
        return OK

    def _to_stdout(self, source: Place) -> int:
        location = self._object(source)
        for chunk in location.client.iter_file(location.bucket, location.key, version_id=location.version_id):
            self._console.write(chunk)
        return OK

    # -- trees -------------------------------------------------------------------------------------------
    def _tree(self, source: Place) -> int:
        with Reporter(self._console) as reporter:
            report = self._call_tree(source, reporter)
        if (
            not (report.moved or report.skipped or report.failed)
            and source.url is not None
            and source.url.key
        ):
            self._check_there(source)
        reporter.summary(report)
        return PARTIAL if report.failed else OK

    def _check_there(self, source: Place) -> None:
        """Tell an empty selection from a folder that is not there."""
        client, bucket, key = self._folder(source)
        if client.list_objects(bucket, key.rstrip("/") + "/", page_size=1, limit=1).first() is None:
            raise NotFoundError(
                f"{source.text}: there is no such folder", hint="without -r it is taken for an object"
            )

    def _folder(self, folder: Place) -> StorageLocation:
        return self._session.open_folder(url_of(folder.text))

    def _call_tree(self, source: Place, reporter: Reporter) -> TransferReport:
        common: dict[str, Any] = {
            "select": Selection(self._args.include, self._args.exclude),
            "existing": self._existing,
            "delete_source": self._move,
            "workers": self._args.workers,
            "progress": reporter,
            "transfer": limited(self._args),
        }
        if source.url is None:
            return upload_tree(
                source.path,
                *self._folder(self._target),
                options=self._options,
                follow_symlinks=self._args.follow_symlinks,
                **common,
            )
        client, bucket, prefix = self._folder(source)
        if self._target.url is None:
            apart = self._args.case_sensitive
            return download_tree(client, bucket, prefix, self._target.path, keeps_names_apart=apart, **common)
        to = self._folder(self._target)
        common["transfer"] = limited(self._args, STREAMED)
        return copy_tree(
            client, bucket, prefix, to.client, to.bucket, to.key, options=self._options, **common
        )
