"""The contract's own methods: buckets, resources, and the meaning of every bool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.common.contracts import CloudClient, StorageClient
from cloud.common.enums import CloudProvider, ResourceType
from cloud.common.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    UnsupportedOperationError,
)
from cloud.testing._storage_base import StorageKit, new_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common._base_storage import BaseStorageClient
    from cloud.testing._storage_base import StorageHarness


ODD_BUCKETS = {
    "empty": "",
    "slash": "a/b",
    "dots": "..",
    "space": "a b",
    "newline": "a\n",
    "not ASCII": "é" * 10,
}
"""Id of a test to the name of a bucket; readable ids are what `possible_buckets` names."""


class ContractPromises(StorageKit):
    """Buckets, resources and the everyday calls."""

    promises = "Contract"

    def test_client_is_both_contracts(self, client: BaseStorageClient) -> None:
        """A storage client is a StorageClient and a CloudClient, and says whose it is."""
        assert isinstance(client, StorageClient)
        assert isinstance(client, CloudClient)
        assert isinstance(client.provider, CloudProvider)
        assert client.service_name

    def test_create_bucket_says_whether_it_made_one(self, client: BaseStorageClient) -> None:
        """create_bucket is True for a new bucket and False for one that is yours already."""
        name = new_name()
        try:
            assert client.create_bucket(name) is True
            assert client.create_bucket(name) is False
        finally:
            client.delete_bucket(name, force=True)

    def test_creating_a_bucket_again_keeps_what_is_in_it(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """create_bucket on an existing bucket changes nothing in it."""
        client.upload_file(bucket, key, b"kept")
        client.create_bucket(bucket)
        assert client.download_file(bucket, key) == b"kept"

    def test_delete_bucket_says_whether_there_was_one(
        self, client: BaseStorageClient, new_bucket: Callable[[], str]
    ) -> None:
        """delete_bucket is True for a bucket that was there and False for one that was not."""
        name = new_bucket()
        assert client.delete_bucket(name) is True
        assert client.delete_bucket(name) is False
        assert client.delete_bucket(name, force=True) is False

    def test_delete_bucket_refuses_one_that_is_not_empty(
        self, client: BaseStorageClient, new_bucket: Callable[[], str]
    ) -> None:
        """delete_bucket raises ConflictError while an object is inside, and loses nothing."""
        name = new_bucket()
        client.upload_file(name, "inside", b"kept")
        with pytest.raises(ConflictError):
            client.delete_bucket(name)
        assert client.download_file(name, "inside") == b"kept"

    def test_delete_bucket_by_force_removes_everything(
        self, client: BaseStorageClient, new_bucket: Callable[[], str]
    ) -> None:
        """delete_bucket(force=True) removes the objects and the bucket."""
        name = new_bucket()
        for number in range(5):
            client.upload_file(name, f"folder/{number}", b"x")
        assert client.delete_bucket(name, force=True) is True
        assert client.bucket_exists(name) is False

    def test_bucket_exists_before_and_after(
        self, client: BaseStorageClient, new_bucket: Callable[[], str]
    ) -> None:
        """bucket_exists follows creation and deletion."""
        name = new_bucket()
        assert client.bucket_exists(name) is True
        client.delete_bucket(name)
        assert client.bucket_exists(name) is False

    def test_list_buckets_is_sorted_and_complete(
        self, client: BaseStorageClient, new_bucket: Callable[[], str]
    ) -> None:
        """list_buckets names every bucket once, sorted, and not the deleted ones."""
        made = {new_bucket() for _ in range(3)}
        gone = new_bucket()
        client.delete_bucket(gone)
        listed = client.list_buckets()
        assert listed == sorted(set(listed))
        assert made <= set(listed)
        assert gone not in listed

    @pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in ODD_BUCKETS])
    def test_impossible_bucket_name_is_refused_before_any_request(
        self, client: BaseStorageClient, harness: StorageHarness, name: str
    ) -> None:
        """A name that no bucket can have raises InvalidRequestError and sends nothing."""
        possible, name = name in self.possible_buckets, ODD_BUCKETS[name]
        if possible:
            assert client.bucket_exists(name) is False
            return
        with harness.sends(0), pytest.raises(InvalidRequestError):
            client.create_bucket(name)
        with harness.sends(0), pytest.raises(InvalidRequestError):
            client.download_file(name, "key")

    def test_buckets_are_resources(self, client: BaseStorageClient, bucket: str) -> None:
        """list_resources gives every bucket as a STORAGE resource, and nothing of any other type."""
        found = {item.id: item for item in client.list_resources()}
        assert found[bucket].name == bucket
        assert found[bucket].resource_type is ResourceType.STORAGE
        assert found[bucket].provider is client.provider
        assert bucket in {item["id"] for item in client.list_resources(ResourceType.STORAGE)}
        assert client.list_resources(ResourceType.COMPUTE) == []

    def test_get_resource_finds_a_bucket_or_nothing(self, client: BaseStorageClient, bucket: str) -> None:
        """get_resource returns the bucket, and None where there is none."""
        found = client.get_resource(bucket)
        assert found is not None
        assert found.id == bucket
        assert client.get_resource(new_name()) is None

    def test_resources_are_created_and_deleted(self, client: BaseStorageClient) -> None:
        """create_resource makes a bucket once, delete_resource removes it once."""
        name = new_name()
        made = client.create_resource(name, ResourceType.STORAGE, {})
        try:
            assert made.id == name
            assert client.bucket_exists(name)
            with pytest.raises(AlreadyExistsError):
                client.create_resource(name, ResourceType.STORAGE, {})
        finally:
            removed = client.delete_resource(name)
        assert removed is True
        assert client.delete_resource(name) is False

    def test_other_resources_are_refused(self, client: BaseStorageClient, harness: StorageHarness) -> None:
        """create_resource makes nothing but buckets and takes no setting that it would ignore."""
        with harness.sends(0), pytest.raises(UnsupportedOperationError):
            client.create_resource(new_name(), ResourceType.COMPUTE, {})
        with harness.sends(0), pytest.raises(InvalidRequestError):
            client.create_resource(new_name(), ResourceType.STORAGE, {"unknown": 1})

    def test_upload_returns_the_uri_and_download_the_bytes(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """upload_file returns scheme://bucket/key, and download_file what was uploaded."""
        assert client.upload_file(bucket, key, b"hello") == f"{client.scheme}://{bucket}/{key}"
        assert client.download_file(bucket, key) == b"hello"

    def test_upload_replaces_what_was_there(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """A second upload replaces the body, also by a shorter one."""
        client.upload_file(bucket, key, b"long body")
        client.upload_file(bucket, key, b"short")
        assert client.download_file(bucket, key) == b"short"
        assert client.get_object_metadata(bucket, key).size == 5

    def test_empty_object_is_an_object(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """A body of 0 bytes is stored, listed and read like any other."""
        client.upload_file(bucket, key, b"")
        assert client.download_file(bucket, key) == b""
        assert client.get_object_metadata(bucket, key).size == 0
        assert [(info.key, info.size) for info in client.list_objects(bucket, key)] == [(key, 0)]

    def test_every_byte_value_is_kept(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """Bodies are bytes: nothing is decoded, translated or trimmed."""
        body = bytes(range(256)) * 3 + b"\r\n\x00\r\n"
        client.upload_file(bucket, key, body)
        assert client.download_file(bucket, key) == body

    def test_delete_says_whether_there_was_an_object(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """delete_file is True for an object that was there and False for one that was not."""
        client.upload_file(bucket, key, b"x")
        assert client.delete_file(bucket, key) is True
        assert client.delete_file(bucket, key) is False
        with pytest.raises(NotFoundError):
            client.download_file(bucket, key)

    def test_deleted_object_can_be_stored_again(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """A key is free again after its object was deleted."""
        client.upload_file(bucket, key, b"first", metadata={"old": "1"})
        client.delete_file(bucket, key)
        client.upload_file(bucket, key, b"second")
        assert client.download_file(bucket, key) == b"second"
        assert client.get_object_metadata(bucket, key).metadata == {}

    def test_object_exists(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """object_exists follows upload and deletion, and is False in a missing bucket."""
        assert client.object_exists(bucket, key) is False
        client.upload_file(bucket, key, b"x")
        assert client.object_exists(bucket, key) is True
        client.delete_file(bucket, key)
        assert client.object_exists(bucket, key) is False
        assert client.object_exists(new_name(), key) is False

    def test_key_is_not_a_folder(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """An object at a/b does not make an object at a, and deleting a leaves a/b alone."""
        client.upload_file(bucket, f"{key}/b", b"below")
        assert client.object_exists(bucket, key) is False
        assert client.delete_file(bucket, key) is False
        assert client.download_file(bucket, f"{key}/b") == b"below"

    def test_closed_client_works_again(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """Close gives connections up; the next call opens new ones."""
        client.upload_file(bucket, key, b"x")
        client.close()
        client.close()
        assert client.download_file(bucket, key) == b"x"

    def test_small_reads_and_writes_cost_one_request(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """Writing, reading, looking at and finding a small object cost one request each."""
        with harness.sends(1):
            client.upload_file(bucket, key, b"small", metadata={"a": "1"})
        with harness.sends(1):
            client.download_file(bucket, key)
        with harness.sends(1):
            client.read_range(bucket, key, 1, 3)
        with harness.sends(1):
            client.get_object_metadata(bucket, key)
        with harness.sends(1):
            client.object_exists(bucket, key)
        with harness.sends(1):
            assert client.list_objects(bucket, key).first() is not None
