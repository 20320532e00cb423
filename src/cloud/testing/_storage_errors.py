"""Errors are typed data, never an empty result, and nothing shows a secret."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from typing import TYPE_CHECKING

import pytest

from cloud.common.errors import (
    AuthenticationError,
    CloudError,
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
    UnsupportedOperationError,
)
from cloud.testing._storage_base import StorageKit, new_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.common._base_storage import BaseStorageClient
    from cloud.testing._storage_base import StorageHarness


def _reads(client: BaseStorageClient, bucket: str, key: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield every call that reads, by name."""
    yield "download_file", lambda: client.download_file(bucket, key)
    yield "read_range", lambda: client.read_range(bucket, key, 0, 1)
    yield "iter_file", lambda: client.iter_file(bucket, key)
    yield "open_file", lambda: client.open_file(bucket, key)
    yield "get_object_metadata", lambda: client.get_object_metadata(bucket, key)
    yield "list_objects", lambda: client.list_objects(bucket).first()


def _writes(client: BaseStorageClient, bucket: str, key: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield every call that writes, by name."""
    yield "upload_file", lambda: client.upload_file(bucket, key, b"overwritten")
    yield "delete_file", lambda: client.delete_file(bucket, key)
    yield "copy_file", lambda: client.copy_file(bucket, key, bucket, f"{key}-2")
    yield "update_metadata", lambda: client.update_metadata(bucket, key, metadata={"a": "1"})


class ErrorPromises(StorageKit):
    """Failures raise the right error, and errors are data."""

    promises = "Errors and secrets"

    def test_missing_bucket_is_not_found_by_every_call(self, client: BaseStorageClient, key: str) -> None:
        """No call takes a missing bucket for an empty one."""
        missing = new_name()
        calls = dict([*_reads(client, missing, key), *_writes(client, missing, key)])
        for name, call in calls.items():
            with pytest.raises(NotFoundError) as caught:
                call()
            if name != "update_metadata":  # made of several calls, it names the one that failed
                assert caught.value.operation == name
            assert missing in caught.value.resource

    def test_missing_object_is_not_found_by_every_call(
        self, client: BaseStorageClient, bucket: str, key: str
    ) -> None:
        """No call takes a missing object for an empty one."""
        calls = dict([*_reads(client, bucket, key), *_writes(client, bucket, key)])
        for name in ("list_objects", "upload_file", "delete_file"):
            del calls[name]
        for call in calls.values():
            with pytest.raises(NotFoundError):
                call()
        assert client.list_objects(bucket, key).to_list() == []

    def test_error_is_data(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """An error says who, what and which object; from a service also status, code and request id."""
        with pytest.raises(NotFoundError) as caught:
            client.download_file(bucket, key)
        error = caught.value
        assert (error.provider, error.service) == (client.provider.value, client.service_name)
        assert (error.operation, error.resource) == ("download_file", f"{bucket}/{key}")
        assert error.message
        assert error.retryable is False
        assert len(error.attempts) == 1
        assert json.loads(json.dumps(error.to_dict()))["resource"] == f"{bucket}/{key}"
        if harness.makes_requests:
            assert error.http_status == 404
            assert error.provider_code
            assert error.request_id
            assert error.attempts[0].http_status == 404

    def test_error_survives_pickle(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """An error that crossed a process boundary has the same class and data."""
        with pytest.raises(NotFoundError) as caught:
            client.download_file(bucket, key)
        copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # the kit's own pickle
        assert type(copy) is type(caught.value)
        assert copy.to_dict() == caught.value.to_dict()
        assert str(copy) == str(caught.value)

    def test_failures_are_counted(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """Metrics counts calls and errors by class."""
        before = client.metrics.snapshot()
        with pytest.raises(NotFoundError):
            client.download_file(bucket, key)
        after = client.metrics.snapshot()
        assert after.calls == before.calls + 1
        assert after.errors["NotFoundError"] == before.errors.get("NotFoundError", 0) + 1

    @pytest.mark.parametrize(
        "who",
        [
            pytest.param("with_wrong_secret", id="wrong secret"),
            pytest.param("with_unknown_identity", id="unknown identity"),
        ],
    )
    def test_wrong_credentials_are_refused_by_every_call(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness, who: str
    ) -> None:
        """Wrong credentials raise AuthenticationError; no call answers False, nothing or an empty list."""
        if not harness.authenticates:
            with pytest.raises(UnsupportedOperationError):
                getattr(harness, who)()
            return
        client.upload_file(bucket, key, b"kept")
        with getattr(harness, who)() as stranger:
            for call in (
                lambda: stranger.download_file(bucket, key),
                lambda: stranger.list_objects(bucket).to_list(),
                lambda: stranger.upload_file(bucket, key, b"x"),
                lambda: list(stranger.delete_files(bucket, [key])),
                stranger.list_buckets,
            ):
                with pytest.raises(AuthenticationError):
                    call()
            for call in (  # heads have no body that could say more than 403
                lambda: stranger.object_exists(bucket, key),
                lambda: stranger.get_object_metadata(bucket, key),
                lambda: stranger.bucket_exists(bucket),
                lambda: stranger.delete_file(bucket, key),
            ):
                with pytest.raises((AuthenticationError, PermissionDeniedError)):
                    call()
        assert client.download_file(bucket, key) == b"kept"

    def test_expired_credentials_are_refused(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """Credentials that have ended raise AuthenticationError."""
        if not harness.expires:
            with pytest.raises(UnsupportedOperationError):
                harness.with_expired_credentials()
            return
        client.upload_file(bucket, key, b"x")
        with harness.with_expired_credentials() as late, pytest.raises(AuthenticationError):
            late.download_file(bucket, key)

    def test_reader_may_not_write(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """Somebody who may only read does read, and PermissionDeniedError answers every write."""
        if not harness.authorizes:
            with pytest.raises(UnsupportedOperationError):
                harness.with_read_only_identity()
            return
        client.upload_file(bucket, key, b"kept")
        with harness.with_read_only_identity() as reader:
            assert reader.download_file(bucket, key) == b"kept"
            assert reader.list_objects(bucket, key).to_list() != []
            for _, call in _writes(reader, bucket, key):
                with pytest.raises(PermissionDeniedError):
                    call()
            try:
                results = list(reader.delete_files(bucket, [key]))
            except PermissionDeniedError:
                results = []
            assert [result.ok for result in results] in ([], [False])
        assert client.download_file(bucket, key) == b"kept"
        assert client.get_object_metadata(bucket, key).metadata == {}

    def test_nothing_shows_a_secret(
        self,
        client: BaseStorageClient,
        bucket: str,
        key: str,
        harness: StorageHarness,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """No repr, error, traceback, pickle or log record holds one of the client's secrets."""
        assert harness.secrets or not harness.authenticates, "the harness must name the secrets to look for"
        with caplog.at_level(logging.DEBUG), pytest.raises(NotFoundError) as caught:
            client.download_file(bucket, key)
        error = caught.value
        shown = [
            repr(client),
            str(client),
            repr(error),
            str(error),
            json.dumps(error.to_dict()),
            "".join(traceback.format_exception(type(error), error, error.__traceback__)),
            repr(vars(client)),
            caplog.text,
            *(repr(vars(record)) for record in caplog.records),
        ]
        pickled = [pickle.dumps(error), *([pickle.dumps(client)] if harness.pickles else [])]
        for secret in harness.secrets:
            assert len(secret) > 8
            assert not [text for text in shown if secret in text]
            assert not [data for data in pickled if secret.encode() in data]

    def test_client_survives_pickle(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """A copy that went through pickle sees the same objects; a client that cannot says so aloud."""
        if not harness.pickles:
            with pytest.raises((ConfigurationError, TypeError)):
                pickle.dumps(client)
            return
        client.upload_file(bucket, key, b"shared")
        with harness.unpickled(pickle.dumps(client)) as copy:
            assert type(copy) is type(client)
            assert copy.capabilities == client.capabilities
            assert copy.download_file(bucket, key) == b"shared"

    def test_every_failure_is_a_cloud_error(self, client: BaseStorageClient, bucket: str, key: str) -> None:
        """Failures are CloudErrors that are Python's own kinds, too."""
        with pytest.raises(CloudError) as caught:
            client.download_file(bucket, key)
        assert isinstance(caught.value, FileNotFoundError)
        with pytest.raises(CloudError) as caught:
            client.download_file(bucket, "")
        assert isinstance(caught.value, ValueError)
