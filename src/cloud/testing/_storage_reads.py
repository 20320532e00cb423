"""Reads: ranges, chunks, files, downloads to disk; never bytes of two versions, never a part for the whole."""

from __future__ import annotations

import gzip
import io
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from cloud.common._cancel import Cancellation
from cloud.common._engine import MIB
from cloud.common.errors import (
    CancelledError,
    IntegrityError,
    InvalidRequestError,
    NotFoundError,
    PreconditionFailedError,
)
from cloud.testing._storage_base import SMALL_PARTS, StorageKit, noise

if TYPE_CHECKING:
    from pathlib import Path

    from cloud.common._base_storage import BaseStorageClient
    from cloud.testing._storage_base import StorageHarness

_TEN = b"0123456789"


class _StopHereError(Exception):
    """What the tests raise inside callbacks."""


class ReadPromises(StorageKit):
    """`read_range`, `read_ranges`, `iter_file`, `open_file("rb")`, `download_to`."""

    promises = "Reads"

    @pytest.fixture
    def ten(self, client: BaseStorageClient, bucket: str, key: str) -> str:
        """Return the key of an object of ten bytes."""
        client.upload_file(bucket, key, _TEN)
        return key

    @pytest.mark.parametrize(
        ("bounds", "expected"),
        [
            pytest.param((0, 1), b"0", id="first byte"),
            pytest.param((2, 5), b"234", id="middle"),
            pytest.param((9, 10), b"9", id="last byte"),
            pytest.param((0, 10), _TEN, id="all"),
            pytest.param((4, None), b"456789", id="open end"),
            pytest.param((0, None), _TEN, id="open end from the start"),
            pytest.param((-3, None), b"789", id="suffix"),
            pytest.param((-10, None), _TEN, id="suffix of all"),
            pytest.param((-25, None), _TEN, id="suffix longer than the object"),
            pytest.param((8, 100), b"89", id="end beyond the object"),
        ],
    )
    def test_range(
        self,
        client: BaseStorageClient,
        bucket: str,
        ten: str,
        bounds: tuple[int, int | None],
        expected: bytes,
    ) -> None:
        """read_range and iter_file give exactly the bytes from start up to, not including, end."""
        assert client.read_range(bucket, ten, *bounds) == expected
        chunks = client.iter_file(bucket, ten, start=bounds[0], end=bounds[1], chunk_size=4)
        assert b"".join(chunks) == expected

    def test_range_that_begins_beyond_the_object_is_refused(
        self, client: BaseStorageClient, bucket: str, ten: str
    ) -> None:
        """A range that holds no byte of the object raises InvalidRequestError, never empty bytes."""
        for start, end in ((10, None), (10, 12), (1000, 1001)):
            with pytest.raises(InvalidRequestError):
                client.read_range(bucket, ten, start, end)

    def test_senseless_range_is_refused_before_any_request(
        self, client: BaseStorageClient, bucket: str, ten: str, harness: StorageHarness
    ) -> None:
        """An end before the start, or together with a start from the end, is refused and nothing is sent."""
        with harness.sends(0):
            for start, end in ((5, 5), (5, 4), (-3, 2)):
                with pytest.raises(InvalidRequestError):
                    client.read_range(bucket, ten, start, end)
            with pytest.raises(InvalidRequestError):
                client.read_ranges(bucket, ten, [(0, 1), (-1, 3)])
            with pytest.raises(InvalidRequestError):
                client.iter_file(bucket, ten, chunk_size=0)

    def test_empty_object_is_read_by_every_call(
        self, client: BaseStorageClient, bucket: str, key: str, tmp_path: Path
    ) -> None:
        """An object of 0 bytes is read as no bytes, by every way of reading."""
        client.upload_file(bucket, key, b"")
        assert client.download_file(bucket, key) == b""
        assert b"".join(client.iter_file(bucket, key)) == b""
        with client.open_file(bucket, key) as file:
            assert file.read() == b""
        client.download_to(bucket, key, tmp_path / "empty")
        assert (tmp_path / "empty").read_bytes() == b""

    def test_ranges_come_in_the_order_asked_for(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """read_ranges answers each range at its place, also when they overlap or repeat."""
        body = noise(300_000)
        client.upload_file(bucket, key, body)
        ranges = [(250_000, 250_010), (0, 4), (2, 6), (0, 4), (100_000, 170_000), (299_990, 300_500)]
        assert client.read_ranges(bucket, key, ranges) == [body[start:end] for start, end in ranges]
        assert client.read_ranges(bucket, key, ranges, max_gap=0) == [body[a:b] for a, b in ranges]
        assert client.read_ranges(bucket, key, []) == []

    def test_near_ranges_share_a_request(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """Ranges closer than max_gap cost one request together, farther ones one each."""
        client.upload_file(bucket, key, noise(300_000))
        with harness.sends(1):
            client.read_ranges(bucket, key, [(0, 10), (20, 30), (1000, 1010)])
        with harness.sends(2):
            client.read_ranges(bucket, key, [(0, 10), (20, 30), (200_000, 200_010)], max_gap=1000)

    @pytest.mark.parametrize("size", [pytest.param(size, id=str(size)) for size in (1, 3, 10, 11, 1 << 20)])
    def test_chunks_have_the_size_asked_for(
        self, client: BaseStorageClient, bucket: str, ten: str, size: int
    ) -> None:
        """iter_file gives chunks of exactly chunk_size bytes; only the last is shorter, none is empty."""
        chunks = list(client.iter_file(bucket, ten, chunk_size=size))
        assert b"".join(chunks) == _TEN
        assert all(len(chunk) == size for chunk in chunks[:-1])
        assert 1 <= len(chunks[-1]) <= size

    def test_reading_may_end_early(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """Chunks and files may be given up before their end; the client works on."""
        body = noise(3 * MIB)
        client.upload_file(bucket, key, body)
        for _ in range(3):
            chunks = client.iter_file(bucket, key, chunk_size=1000)
            assert next(chunks) == body[:1000]
            chunks.close()  # type: ignore[attr-defined]  # it is a generator
            with client.open_file(bucket, key) as file:
                assert file.read(5) == body[:5]
        assert client.download_file(bucket, key) == body

    def test_missing_object_raises_at_the_call(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """iter_file and open_file say that the object is missing when they are called, not later."""
        with pytest.raises(NotFoundError):
            client.iter_file(bucket, key)
        with pytest.raises(NotFoundError):
            client.open_file(bucket, key)

    def test_file_seeks_and_reads_like_a_file(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """open_file gives a seekable binary file: seek, tell, read, readinto, readline, iteration."""
        body = b"first\nsecond\n" + noise(400_000)
        client.upload_file(bucket, key, body)
        with client.open_file(bucket, key) as file:
            assert (file.readable(), file.seekable(), file.writable()) == (True, True, False)
            assert file.readline() == b"first\n"
            assert file.tell() == 6
            assert next(iter(file)) == b"second\n"
            assert file.seek(-10, io.SEEK_END) == len(body) - 10
            assert file.read() == body[-10:]
            assert file.read() == b""
            assert file.seek(300_000) == 300_000
            buffer = bytearray(1000)
            assert file.readinto(buffer) == 1000
            assert bytes(buffer) == body[300_000:301_000]
            file.seek(-1000, io.SEEK_CUR)
            assert file.read(1000) == body[300_000:301_000]
            file.seek(len(body) + 5)
            assert file.read(1) == b""
            file.seek(0)
            assert file.read() == body
        assert file.closed

    def test_file_feeds_wrappers(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """The file works inside io.TextIOWrapper and gzip."""
        client.upload_file(bucket, key, "zeile eins\nzwei äöü\n".encode())
        with io.TextIOWrapper(client.open_file(bucket, key), encoding="utf-8") as text:
            assert text.readlines() == ["zeile eins\n", "zwei äöü\n"]
        client.upload_file(bucket, key, gzip.compress(noise(100_000)))
        with client.open_file(bucket, key) as raw, gzip.open(raw) as unpacked:
            assert unpacked.read() == noise(100_000)

    def test_opening_and_reading_a_small_file_is_one_request(
        self, client: BaseStorageClient, bucket: str, ten: str, harness: StorageHarness
    ) -> None:
        """Opening makes the one request whose answer the reads then use."""
        with harness.sends(1), client.open_file(bucket, ten) as file:
            assert file.read() == _TEN

    def test_file_of_an_unknown_mode_is_refused(
        self, client: BaseStorageClient, bucket: str, ten: str, harness: StorageHarness
    ) -> None:
        """A mode other than rb and wb, or an option of the other one, is refused and nothing is sent."""
        with harness.sends(0):
            for mode in ("r", "w", "ab", "r+b"):
                with pytest.raises(InvalidRequestError):
                    client.open_file(bucket, ten, mode)  # type: ignore[call-overload]  # wrong on purpose
            with pytest.raises(InvalidRequestError):
                client.open_file(bucket, ten, "rb", if_absent=True)  # type: ignore[call-overload]  # likewise

    def test_download_writes_the_whole_file(
        self, client: BaseStorageClient, bucket: str, key: str, tmp_path: Path
    ) -> None:
        """download_to writes every byte, by parallel ranges too, and says what it wrote."""
        body, target = noise(11 * MIB + 7), tmp_path / "file"
        client.upload_file(bucket, key, body)
        result = client.download_to(bucket, key, target)
        assert target.read_bytes() == body
        assert (result.path, result.bytes_written, result.info.key) == (target, len(body), key)
        seen: list[int] = []
        client.download_to(bucket, key, target, transfer=SMALL_PARTS, progress=seen.append)
        assert target.read_bytes() == body
        assert sum(seen) == len(body)

    def test_download_replaces_the_file_or_leaves_it(
        self, client: BaseStorageClient, bucket: str, ten: str, tmp_path: Path
    ) -> None:
        """An existing file is replaced as a whole, and with overwrite=False it is left as it is."""
        target = tmp_path / "file"
        target.write_bytes(b"a longer text that was there before")
        with pytest.raises(FileExistsError):
            client.download_to(bucket, ten, target, overwrite=False)
        assert target.read_bytes() == b"a longer text that was there before"
        client.download_to(bucket, ten, target)
        assert target.read_bytes() == _TEN
        assert list(tmp_path.iterdir()) == [target]

    def test_failed_download_leaves_nothing(
        self, client: BaseStorageClient, bucket: str, key: str, tmp_path: Path
    ) -> None:
        """A download that fails at the start or half way leaves the old file and nothing beside it."""
        target = tmp_path / "file"
        target.write_bytes(b"old")
        with pytest.raises(NotFoundError):
            client.download_to(bucket, key, target)
        client.upload_file(bucket, key, noise(11 * MIB))

        def stop(_: int) -> None:
            raise _StopHereError

        with pytest.raises(_StopHereError):
            client.download_to(bucket, key, target, transfer=SMALL_PARTS, progress=stop)
        switch = Cancellation()
        switch.cancel()
        with pytest.raises(CancelledError):
            client.download_to(bucket, key, target, cancellation=switch)
        assert target.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [target]

    def test_replacing_during_a_read_never_mixes(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """Chunks of an object that is replaced meanwhile are all of the old one, or the read raises."""
        client.upload_file(bucket, key, b"o" * (8 * MIB))
        chunks = client.iter_file(bucket, key, chunk_size=64 << 10)
        got = [next(chunks)]
        client.upload_file(bucket, key, b"n" * (8 * MIB))
        with suppress(IntegrityError, PreconditionFailedError):
            got.extend(chunks)
        assert set(b"".join(got)) == {ord("o")}

    def test_replacing_between_reads_of_a_file_never_mixes(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """A file whose object was replaced raises at the next request instead of giving new bytes."""
        client.upload_file(bucket, key, b"o" * (2 * MIB))
        with client.open_file(bucket, key, buffer_size=1000) as file:
            assert file.read(10) == b"o" * 10
            client.upload_file(bucket, key, b"n" * (2 * MIB))
            file.seek(MIB)
            with pytest.raises((IntegrityError, PreconditionFailedError)):
                file.read(10)

    def test_replacing_during_a_download_never_mixes(
        self, client: BaseStorageClient, bucket: str, key: str, tmp_path: Path
    ) -> None:
        """A parallel download of an object that is replaced meanwhile gives the old bytes or raises."""
        client.upload_file(bucket, key, b"o" * (16 * MIB))
        target = tmp_path / "file"
        replaced: list[bool] = []

        def replace_once(_: int) -> None:
            if not replaced:
                replaced.append(True)
                client.upload_file(bucket, key, b"n" * (16 * MIB))

        try:
            client.download_to(bucket, key, target, transfer=SMALL_PARTS, progress=replace_once)
        except (IntegrityError, PreconditionFailedError):
            assert list(tmp_path.iterdir()) == []
        else:
            got = target.read_bytes()
            assert (set(got), len(got)) == ({ord("o")}, 16 * MIB)  # a failure shows no 16 MiB
        assert replaced
