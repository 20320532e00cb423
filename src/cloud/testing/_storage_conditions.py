"""Conditions hold, also between racing writers; what a client does not declare it refuses before any request."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from cloud.common._engine import MIB
from cloud.common.enums import Capability
from cloud.common.errors import (
    AlreadyExistsError,
    NotFoundError,
    NotModifiedError,
    PreconditionFailedError,
    UnsupportedOperationError,
)
from cloud.testing._storage_base import SMALL_PARTS, StorageKit, about, noise

if TYPE_CHECKING:
    from cloud.common._base_storage import BaseStorageClient
    from cloud.testing._storage_base import StorageHarness

RACERS = 16
_WRONG = "0123456789abcdef0123456789abcdef"


class ConditionPromises(StorageKit):
    """`if_absent`, `if_match`, `if_none_match`, `if_modified_since`."""

    promises = "Conditional reads"

    def test_read_if_match(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """Reads with the right ETag give the object, with another one PreconditionFailedError."""
        client.upload_file(bucket, key, b"body")
        etag = client.get_object_metadata(bucket, key).etag
        assert etag
        assert client.download_file(bucket, key, if_match=etag) == b"body"
        assert client.read_range(bucket, key, 1, 3, if_match=etag) == b"od"
        assert client.get_object_metadata(bucket, key, if_match=etag).size == 4
        for call in (client.download_file, client.get_object_metadata, client.iter_file):
            with pytest.raises(PreconditionFailedError):
                call(bucket, key, if_match=_WRONG)

    def test_read_if_none_match(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """A read of what one has already raises NotModifiedError; of anything else it gives the object."""
        client.upload_file(bucket, key, b"body")
        etag = client.get_object_metadata(bucket, key).etag
        with pytest.raises(NotModifiedError):
            client.download_file(bucket, key, if_none_match=etag)
        assert client.download_file(bucket, key, if_none_match=_WRONG) == b"body"
        client.upload_file(bucket, key, b"changed")
        assert client.download_file(bucket, key, if_none_match=etag) == b"changed"

    def test_read_if_modified_since(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """A read of what was not stored since then raises NotModifiedError; a time without a zone is refused."""
        client.upload_file(bucket, key, b"body")
        stored = client.get_object_metadata(bucket, key).modified_at
        assert stored is not None
        before = stored - timedelta(hours=1)
        assert client.download_file(bucket, key, if_modified_since=before) == b"body"
        with pytest.raises(NotModifiedError):
            client.download_file(bucket, key, if_modified_since=stored)
        with harness.sends(0), pytest.raises(ValueError, match="time zone"):
            client.download_file(bucket, key, if_modified_since=stored.replace(tzinfo=None))

    def test_conditional_read_of_nothing_is_not_found(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """A missing object is NotFoundError under every condition."""
        with pytest.raises(NotFoundError):
            client.download_file(bucket, key, if_none_match=_WRONG)
        with pytest.raises(NotFoundError):
            client.download_file(bucket, key, if_modified_since=_now() - timedelta(days=1))

    def test_etag_follows_the_bytes(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """Different bytes at a key have different ETags."""
        etags = []
        for body in (b"one", b"two", b"", b"three"):
            client.upload_file(bucket, key, body)
            etags.append(client.get_object_metadata(bucket, key).etag)
        assert None not in etags
        assert len(set(etags)) == len(etags)

    @about(Capability.CONDITIONAL_CREATE)
    def test_create_if_absent(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """if_absent stores where nothing is and raises AlreadyExistsError elsewhere, by every way of writing."""
        if Capability.CONDITIONAL_CREATE not in client.capabilities:
            for call in (
                lambda: client.upload_file(bucket, key, b"x", if_absent=True),
                lambda: client.open_file(bucket, key, "wb", if_absent=True),
            ):
                with harness.sends(0), pytest.raises(UnsupportedOperationError):
                    call()
            return
        client.upload_file(bucket, key, b"first", if_absent=True)
        with pytest.raises(AlreadyExistsError):
            client.upload_file(bucket, key, b"second", if_absent=True)
        with pytest.raises(AlreadyExistsError), client.open_file(bucket, key, "wb", if_absent=True) as file:
            file.write(b"second")
        assert client.download_file(bucket, key) == b"first"
        client.delete_file(bucket, key)
        client.upload_file(bucket, key, b"again", if_absent=True)
        assert client.download_file(bucket, key) == b"again"

    @about(Capability.CONDITIONAL_CREATE)
    def test_condition_holds_for_parts(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """A conditional write in parts keeps its condition, or is refused where it could not; it never replaces."""
        body = noise(11 * MIB)
        client.upload_file(bucket, key, b"first")
        if not client.capabilities & {Capability.CONDITIONAL_CREATE, Capability.CONDITIONAL_REPLACE}:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.upload_file(bucket, key, body, if_absent=True, transfer=SMALL_PARTS)
            return
        with pytest.raises((AlreadyExistsError, UnsupportedOperationError)):
            client.upload_file(bucket, key, body, if_absent=True, transfer=SMALL_PARTS)
        with pytest.raises((PreconditionFailedError, UnsupportedOperationError)):
            client.upload_file(bucket, key, body, if_match=_WRONG, transfer=SMALL_PARTS)
        assert client.download_file(bucket, key) == b"first"
        if Capability.UNFINISHED_UPLOADS in client.capabilities and not harness.keeps_parts:
            assert client.list_unfinished_uploads(bucket, key) == []

    @about(Capability.CONDITIONAL_CREATE)
    def test_one_of_racing_creators_wins(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """Of 16 writers that create the same key at once, one stores its bytes and 15 are told so."""
        if Capability.CONDITIONAL_CREATE not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.upload_file(bucket, key, b"x", if_absent=True)
            return
        start = threading.Barrier(RACERS)

        def create(number: int) -> int | None:
            start.wait()
            try:
                client.upload_file(bucket, key, b"writer %d" % number, if_absent=True)
            except AlreadyExistsError:
                return None
            return number

        with ThreadPoolExecutor(RACERS) as pool:
            winners = [number for number in pool.map(create, range(RACERS)) if number is not None]
        assert len(winners) == 1
        assert client.download_file(bucket, key) == b"writer %d" % winners[0]

    @about(Capability.CONDITIONAL_REPLACE)
    def test_replace_if_match(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """if_match replaces the object that has that ETag, and nothing else, by every way of writing."""
        if Capability.CONDITIONAL_REPLACE not in client.capabilities:
            for call in (
                lambda: client.upload_file(bucket, key, b"x", if_match=_WRONG),
                lambda: client.open_file(bucket, key, "wb", if_match=_WRONG),
            ):
                with harness.sends(0), pytest.raises(UnsupportedOperationError):
                    call()
            return
        client.upload_file(bucket, key, b"first")
        old = client.get_object_metadata(bucket, key).etag
        client.upload_file(bucket, key, b"second", if_match=old)
        with pytest.raises(PreconditionFailedError):
            client.upload_file(bucket, key, b"third", if_match=old)
        with (
            pytest.raises(PreconditionFailedError),
            client.open_file(bucket, key, "wb", if_match=old) as file,
        ):
            file.write(b"third")
        assert client.download_file(bucket, key) == b"second"
        with pytest.raises(PreconditionFailedError):
            client.upload_file(bucket, f"{key}-missing", b"x", if_match=old)
        assert client.object_exists(bucket, f"{key}-missing") is False

    @about(Capability.CONDITIONAL_REPLACE)
    def test_racing_increments_lose_nothing(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """16 threads that each add one to a counter by compare and swap leave 16 in it."""
        if Capability.CONDITIONAL_REPLACE not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.upload_file(bucket, key, b"x", if_match=_WRONG)
            return
        client.upload_file(bucket, key, b"0")
        start = threading.Barrier(RACERS)

        def increment(_: int) -> None:
            start.wait()
            while True:
                etag = client.get_object_metadata(bucket, key).etag
                try:
                    value = int(client.download_file(bucket, key, if_match=etag))
                    client.upload_file(bucket, key, b"%d" % (value + 1), if_match=etag)
                except PreconditionFailedError:
                    continue
                return

        with ThreadPoolExecutor(RACERS) as pool:
            list(pool.map(increment, range(RACERS)))
        assert client.download_file(bucket, key) == b"%d" % RACERS

    @about(Capability.CONDITIONAL_DELETE)
    def test_delete_if_match(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """delete_file(if_match=) deletes the object that has that ETag and no other."""
        if Capability.CONDITIONAL_DELETE not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.delete_file(bucket, key, if_match=_WRONG)
            return
        client.upload_file(bucket, key, b"first")
        old = client.get_object_metadata(bucket, key).etag
        client.upload_file(bucket, key, b"second")
        with pytest.raises(PreconditionFailedError):
            client.delete_file(bucket, key, if_match=old)
        assert client.download_file(bucket, key) == b"second"
        new = client.get_object_metadata(bucket, key).etag
        assert client.delete_file(bucket, key, if_match=new) is True
        assert client.object_exists(bucket, key) is False

    @about(Capability.CONDITIONAL_COPY)
    def test_copy_if_match(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """copy_file(if_match=) copies the source that has that ETag and no other."""
        if Capability.CONDITIONAL_COPY not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.copy_file(bucket, key, bucket, f"{key}-2", if_match=_WRONG)
            return
        client.upload_file(bucket, key, b"first")
        old = client.get_object_metadata(bucket, key).etag
        client.copy_file(bucket, key, bucket, f"{key}-2", if_match=old)
        client.upload_file(bucket, key, b"second")
        with pytest.raises(PreconditionFailedError):
            client.copy_file(bucket, key, bucket, f"{key}-2", if_match=old)
        with pytest.raises(PreconditionFailedError):
            client.update_metadata(bucket, key, metadata={"a": "1"}, if_match=old)
        assert client.download_file(bucket, f"{key}-2") == b"first"
        assert client.get_object_metadata(bucket, key).metadata == {}

    @about(Capability.CONDITIONAL_CREATE)
    def test_copy_and_move_if_absent(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """copy_file and move_file with if_absent replace nothing, or are refused; a refused move keeps its source."""
        client.upload_file(bucket, key, b"source")
        client.upload_file(bucket, f"{key}-2", b"target")
        if Capability.CONDITIONAL_CREATE not in client.capabilities:
            with pytest.raises(UnsupportedOperationError):
                client.copy_file(bucket, key, bucket, f"{key}-2", if_absent=True)
            with pytest.raises(UnsupportedOperationError):
                client.move_file(bucket, key, bucket, f"{key}-2", if_absent=True)
        else:
            with pytest.raises((AlreadyExistsError, UnsupportedOperationError)):
                client.copy_file(bucket, key, bucket, f"{key}-2", if_absent=True)
            with pytest.raises((AlreadyExistsError, UnsupportedOperationError)):
                client.move_file(bucket, key, bucket, f"{key}-2", if_absent=True)
        assert client.download_file(bucket, key) == b"source"
        assert client.download_file(bucket, f"{key}-2") == b"target"

    def test_conditions_exclude_each_other(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """if_absent and if_match together are refused, and nothing is sent."""
        with harness.sends(0), pytest.raises((ValueError, UnsupportedOperationError)):
            client.upload_file(bucket, key, b"x", if_absent=True, if_match=_WRONG)


def _now() -> datetime:
    return datetime.now(timezone.utc)
