"""Writes: every kind of source, parts, writable files, and nothing published when the writer dies."""

from __future__ import annotations

import gzip
import io
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common._cancel import Cancellation
from cloud.common._engine import MIB
from cloud.common.enums import Capability
from cloud.common.errors import CancelledError, InvalidRequestError, NotFoundError
from cloud.testing._storage_base import SMALL_PARTS, StorageKit, about, noise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cloud.common._base_storage import BaseStorageClient
    from cloud.testing._storage_base import StorageHarness

_LARGE = 17 * MIB
"""More than the part size that clients have by default, so that a writable file of it is sent in parts."""


_PATIENCE_SECONDS = 10.0


class _WriterDiedError(Exception):
    """What the tests raise inside sources."""


def _pieces(body: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def _dying(body: bytes) -> Iterator[bytes]:
    yield body
    raise _WriterDiedError


def assert_nothing_left(harness: StorageHarness, bucket: str, key: str) -> None:
    """Check that nothing begins with `key`: no object and no unfinished upload."""
    client = harness.client
    assert client.list_objects(bucket, key).to_list() == []
    if Capability.UNFINISHED_UPLOADS in client.capabilities and not harness.keeps_parts:
        assert client.list_unfinished_uploads(bucket, key) == []


class WritePromises(StorageKit):
    """`upload_file` from every kind of source, and `open_file("wb")`."""

    promises = "Writes"

    def test_upload_takes_every_kind_of_source(
        self, client: BaseStorageClient, bucket: str, key: str, tmp_path: Path
    ) -> None:
        """Bytes, buffers, paths, binary files and iterables of bytes are stored byte for byte."""
        body = noise(100_000)
        (tmp_path / "file").write_bytes(body)
        with (tmp_path / "file").open("rb") as file:
            sources = {
                "bytes": body,
                "bytearray": bytearray(body),
                "memoryview": memoryview(body)[:],
                "path": tmp_path / "file",
                "file": file,
                "BytesIO": io.BytesIO(body),
                "generator": _pieces(body, 999),
                "list": list(_pieces(body, 50_000)),
                "iterable of buffers": [bytearray(body[:10]), memoryview(body)[10:]],
            }
            for name, source in sources.items():
                client.upload_file(bucket, f"{key}/{name}", source)  # type: ignore[arg-type]  # buffers in a list
                assert client.download_file(bucket, f"{key}/{name}") == body, name

    def test_file_is_read_from_its_position_and_left_open(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """A file object is uploaded from where it stands to its end, and not closed."""
        file = io.BytesIO(b"header|body")
        file.seek(7)
        client.upload_file(bucket, key, file)
        assert client.download_file(bucket, key) == b"body"
        assert not file.closed

    def test_empty_sources_make_empty_objects(
        self, client: BaseStorageClient, bucket: str, key: str, tmp_path: Path
    ) -> None:
        """A source without a byte makes an object of 0 bytes."""
        (tmp_path / "empty").touch()
        for source in (b"", bytearray(), iter(()), [b"", b""], io.BytesIO(), tmp_path / "empty"):
            client.upload_file(bucket, key, b"something")
            client.upload_file(bucket, key, source)
            assert client.download_file(bucket, key) == b""

    def test_text_is_refused_before_any_request(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """A str, a text file and an iterable of text are refused, not encoded and not opened."""
        with harness.sends(0):
            for source in ("name.txt", io.StringIO("text"), ["text"], 7, None):
                with pytest.raises(InvalidRequestError):
                    client.upload_file(bucket, key, source)  # type: ignore[arg-type]  # wrong on purpose

    @pytest.mark.parametrize(
        "kind", [pytest.param(kind, id=kind) for kind in ("bytes", "path", "file", "generator")]
    )
    def test_large_body_goes_in_parts(
        self, client: BaseStorageClient, bucket: str, key: str, tmp_path: Path, kind: str
    ) -> None:
        """A body of 11 MiB goes in parts, from every kind of source, and reads back byte-equal."""
        body = noise(11 * MIB + 7)
        seen: list[int] = []
        (tmp_path / "file").write_bytes(body)
        with (tmp_path / "file").open("rb") as file:
            sources: dict[str, Any] = {
                "bytes": body,
                "path": tmp_path / "file",
                "file": file,
                "generator": _pieces(body, 1_000_003),
            }
            client.upload_file(
                bucket, key, sources[kind], transfer=SMALL_PARTS, progress=seen.append, metadata={"a": "b"}
            )
        assert sum(seen) == len(body)
        info = client.get_object_metadata(bucket, key)
        assert (info.size, info.metadata) == (len(body), {"a": "b"})
        assert client.download_file(bucket, key) == body
        assert client.read_range(bucket, key, 5 * MIB - 3, 5 * MIB + 3) == body[5 * MIB - 3 : 5 * MIB + 3]

    def test_dying_source_publishes_nothing(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """An iterable that raises, early or after parts were sent, leaves no object and no parts."""
        for size in (1000, 11 * MIB):
            with pytest.raises(_WriterDiedError):
                client.upload_file(bucket, key, _dying(noise(size)), transfer=SMALL_PARTS)
            assert_nothing_left(harness, bucket, key)

    def test_dying_source_keeps_the_old_object(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """An upload that dies half way leaves the object that was there."""
        client.upload_file(bucket, key, b"old")
        with pytest.raises(_WriterDiedError):
            client.upload_file(bucket, key, _dying(noise(11 * MIB)), transfer=SMALL_PARTS)
        assert client.download_file(bucket, key) == b"old"

    def test_cancelled_upload_publishes_nothing(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """A cancelled upload raises CancelledError and leaves no object and no parts."""
        switch = Cancellation()

        def pieces() -> Iterator[bytes]:
            yield noise(11 * MIB)
            switch.cancel()
            yield noise(11 * MIB)

        with pytest.raises(CancelledError):
            client.upload_file(bucket, key, pieces(), transfer=SMALL_PARTS, cancellation=switch)
        assert_nothing_left(harness, bucket, key)

    def test_upload_into_a_missing_bucket_is_not_found(self, client: BaseStorageClient, key: str) -> None:
        """No way of writing makes a bucket."""
        with pytest.raises(NotFoundError):
            client.upload_file(f"missing-{key}", "k", b"x")
        with pytest.raises(NotFoundError):
            client.upload_file(f"missing-{key}", "k", noise(11 * MIB), transfer=SMALL_PARTS)
        with pytest.raises(NotFoundError), client.open_file(f"missing-{key}", "k", "wb") as file:
            file.write(b"x")
        assert client.bucket_exists(f"missing-{key}") is False

    def test_written_file_is_published_when_it_is_closed(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """open_file("wb") shows nothing before close and everything after it."""
        with client.open_file(bucket, key, "wb", metadata={"by": "kit"}, content_type="text/x-kit") as file:
            assert (file.writable(), file.readable(), file.seekable()) == (True, False, False)
            assert file.write(b"one, ") == 5
            assert file.write(bytearray(b"two")) == 3
            assert file.tell() == 8
            assert client.object_exists(bucket, key) is False
        assert client.download_file(bucket, key) == b"one, two"
        info = client.get_object_metadata(bucket, key)
        assert (info.metadata, info.content_type) == ({"by": "kit"}, "text/x-kit")
        file.close()
        with pytest.raises(InvalidRequestError):
            file.write(b"late")

    def test_written_file_may_be_large_or_empty(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """A writable file of 17 MiB, and one that nothing was written to, are stored as they are."""
        body = noise(_LARGE)
        with client.open_file(bucket, key, "wb") as file:
            for piece in _pieces(body, 3_000_017):
                file.write(piece)
        assert client.download_file(bucket, key) == body
        with client.open_file(bucket, key, "wb"):
            pass
        assert client.download_file(bucket, key) == b""

    def test_writer_that_dies_publishes_nothing(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """A with block that is left by an exception publishes nothing, also after parts were sent."""
        for size in (10, _LARGE):
            with pytest.raises(_WriterDiedError):  # noqa: PT012, SIM117  # the block is what is tested
                with client.open_file(bucket, key, "wb") as file:
                    file.write(noise(size))
                    raise _WriterDiedError
            assert_nothing_left(harness, bucket, key)

    def test_abort_publishes_nothing(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """abort, and throwing the file away, publish nothing and remove the parts."""
        for size in (10, _LARGE):
            file = client.open_file(bucket, key, "wb")
            file.write(noise(size))
            file.abort()
            assert file.closed
            file = client.open_file(bucket, key, "wb")
            file.write(noise(size))
            del file
            assert_nothing_left(harness, bucket, key)

    def test_wrappers_publish_and_abort_like_the_file(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """TextIOWrapper and gzip over the file publish when closed, and nothing when left by an exception."""
        with io.TextIOWrapper(client.open_file(bucket, key, "wb"), encoding="utf-8") as text:
            text.write("äöü\n")
        assert client.download_file(bucket, key) == "äöü\n".encode()
        with client.open_file(bucket, key, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb") as packed:
            packed.write(b"packed")
        assert gzip.decompress(client.download_file(bucket, key)) == b"packed"
        client.delete_file(bucket, key)
        with pytest.raises(_WriterDiedError):  # noqa: PT012, SIM117  # the block is what is tested
            with io.TextIOWrapper(client.open_file(bucket, key, "wb"), encoding="utf-8") as text:
                text.write("half of it")
                raise _WriterDiedError
        with pytest.raises(_WriterDiedError):  # noqa: PT012, SIM117  # the block is what is tested
            with client.open_file(bucket, key, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb") as packed:
                packed.write(b"half of it")
                raise _WriterDiedError
        assert_nothing_left(harness, bucket, key)

    @about(Capability.UNFINISHED_UPLOADS)
    def test_unfinished_uploads_are_listed_and_aborted(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """An upload in progress is listed, spared while it is young, and removed on demand."""
        if Capability.UNFINISHED_UPLOADS not in client.capabilities:
            with harness.sends(0), pytest.raises(NotImplementedError):
                client.list_unfinished_uploads(bucket)
            with harness.sends(0), pytest.raises(NotImplementedError):
                client.abort_unfinished_uploads(bucket, older_than=timedelta(0))
            return
        with closing(client.open_file(bucket, f"{key}/ü +", "wb")) as file:
            file.write(noise(_LARGE))
            deadline = time.monotonic() + _PATIENCE_SECONDS  # some services know an upload by its first part
            while not (found := client.list_unfinished_uploads(bucket, key)) and time.monotonic() < deadline:
                time.sleep(0.05)  # the part is on its way, in a thread of the client
            assert [(upload.bucket, upload.key) for upload in found] == [(bucket, f"{key}/ü +")]
            assert client.list_unfinished_uploads(bucket, f"{key}/other") == []
            assert client.list_unfinished_uploads(bucket, key, older_than=timedelta(days=1)) == []
            assert client.abort_unfinished_uploads(bucket, key, older_than=timedelta(days=1)) == []
            removed = client.abort_unfinished_uploads(bucket, key, older_than=timedelta(0))
            assert [upload.upload_id for upload in removed] == [found[0].upload_id]
            assert client.list_unfinished_uploads(bucket, key) == []
            file.abort()
        assert_nothing_left(harness, bucket, key)
