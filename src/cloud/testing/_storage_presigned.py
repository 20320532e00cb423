"""Signed URLs and forms, really fetched without credentials; and versions."""

from __future__ import annotations

import secrets
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common.enums import Capability
from cloud.common.errors import InvalidRequestError, NotFoundError, UnsupportedOperationError
from cloud.testing._storage_base import StorageKit, about

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from email.message import Message

    from cloud.common._base_storage import BaseStorageClient
    from cloud.testing._storage_base import StorageHarness

_REFUSED = {400, 401, 403}
_PATIENCE_SECONDS = 6.0


@dataclass(frozen=True)
class Answer:
    """What a server said to a plain HTTP request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def send(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Send one request as anybody could and return the answer, whatever its status."""
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)  # noqa: S310  # the client's own URL
    try:
        # Not `urlopen`, which trusts for good whom the process trusted at its first call.
        with urllib.request.build_opener().open(request, timeout=30) as answer:
            return Answer(answer.status, _lower(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _lower(error.headers), error.read())


def form(fields: Mapping[str, str], file: bytes) -> tuple[bytes, str]:
    """Return a multipart/form-data body with the file last, and its content type."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = b"".join([*parts, head.encode(), file, f"\r\n--{boundary}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={boundary}"


class PresignedPromises(StorageKit):
    """`generate_presigned_url`, `generate_presigned_post`."""

    promises = "Presigned URLs and forms"

    @about(Capability.PRESIGNED_URL)
    @pytest.mark.parametrize(
        "name",
        [
            pytest.param("plain", id="plain"),
            pytest.param("a b+c%2F?d=é&#", id="signs"),
            pytest.param("ü/🎉.txt", id="unicode"),
        ],
    )
    def test_url_reads_without_credentials(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness, name: str
    ) -> None:
        """A GET URL gives the object to anybody, a HEAD URL its head; making them sends nothing."""
        odd = f"{key}/{name}"
        if Capability.PRESIGNED_URL not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.generate_presigned_url(bucket, odd)
            return
        client.upload_file(bucket, odd, b"signed")
        with harness.signs():
            url = client.generate_presigned_url(bucket, odd, expires_in=60)
            head = client.generate_presigned_url(bucket, odd, method="HEAD", expires_in=60)
        answer = send("GET", url)
        assert (answer.status, answer.body) == (200, b"signed")
        answer = send("HEAD", head)
        assert (answer.status, answer.headers["content-length"]) == (200, "6")

    @about(Capability.PRESIGNED_URL)
    def test_url_writes_and_deletes_without_credentials(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """A PUT URL stores what anybody sends; a DELETE URL deletes."""
        if Capability.PRESIGNED_URL not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.generate_presigned_url(bucket, key, method="PUT")
            return
        put = client.generate_presigned_url(bucket, key, method="PUT", expires_in=60)
        assert send("PUT", put, b"sent", {"Content-Type": "text/x-kit", **put.headers}).status in {200, 201}
        assert client.download_file(bucket, key) == b"sent"
        assert client.get_object_metadata(bucket, key).content_type == "text/x-kit"
        delete = client.generate_presigned_url(bucket, key, method="DELETE", expires_in=60)
        assert send("DELETE", delete).status in {200, 202, 204}
        assert client.object_exists(bucket, key) is False

    @about(Capability.PRESIGNED_CONTENT_TYPE)
    def test_url_stores_with_the_signed_content_type_only(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """A PUT URL with a content type says so in its headers, and the service refuses any other."""
        if Capability.PRESIGNED_CONTENT_TYPE not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.generate_presigned_url(bucket, key, method="PUT", content_type="text/x-kit")
            return
        with harness.signs():
            put = client.generate_presigned_url(
                bucket, key, method="PUT", content_type="text/x-kit", expires_in=60
            )
        assert put.headers["content-type"] == "text/x-kit"
        assert send("PUT", put, b"sent", put.headers).status in {200, 201}
        assert client.get_object_metadata(bucket, key).content_type == "text/x-kit"
        other = {**put.headers, "content-type": "text/x-other"}
        assert send("PUT", put, b"other", other).status in _REFUSED
        assert client.download_file(bucket, key) == b"sent"

    @about(Capability.PRESIGNED_RESPONSE_HEADERS)
    def test_url_overrides_response_headers(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """response_headers are what the reader's answer carries; one that a service lacks is refused."""
        overrides = {
            "content_type": "text/x-override; charset=utf-8",
            "content_disposition": 'attachment; filename="a b.txt"',
        }
        if Capability.PRESIGNED_RESPONSE_HEADERS not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.generate_presigned_url(bucket, key, response_headers=overrides)
            return
        client.upload_file(bucket, key, b"x")
        answer = send("GET", client.generate_presigned_url(bucket, key, response_headers=overrides))
        assert answer.status == 200
        assert answer.headers["content-type"] == overrides["content_type"]
        assert answer.headers["content-disposition"] == overrides["content_disposition"]
        further = {"cache_control": "no-store", "content_language": "fr", "content_encoding": "x-kit"}
        for name, value in further.items():
            with harness.signs():
                try:
                    url = client.generate_presigned_url(bucket, key, response_headers={name: value})
                except UnsupportedOperationError:
                    continue  # told, instead of left out of the answer
            assert send("GET", url).headers[name.replace("_", "-")] == value

    @about(Capability.PRESIGNED_URL)
    def test_url_does_only_what_was_signed(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """A changed signature, another method and another key are refused by the server."""
        if Capability.PRESIGNED_URL not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.generate_presigned_url(bucket, key, method="DELETE")
            return
        client.upload_file(bucket, key, b"kept")
        client.upload_file(bucket, f"{key}2", b"other")
        url = client.generate_presigned_url(bucket, key, expires_in=60)
        assert send("GET", url).status == 200
        last = "0" if url[-1] != "0" else "1"
        assert send("GET", url[:-1] + last).status in _REFUSED
        assert send("GET", url.replace(key, f"{key}2", 1)).status in _REFUSED
        assert send("PUT", url, b"overwritten").status in _REFUSED
        assert send("DELETE", url).status in _REFUSED
        assert client.download_file(bucket, key) == b"kept"

    @about(Capability.PRESIGNED_URL)
    def test_url_expires(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """A URL of one second is refused by the server soon after."""
        if Capability.PRESIGNED_URL not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.generate_presigned_url(bucket, key, expires_in=1)
            return
        client.upload_file(bucket, key, b"x")
        assert send("GET", client.generate_presigned_url(bucket, key, expires_in=60)).status == 200
        url = client.generate_presigned_url(bucket, key, expires_in=1)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (status := send("GET", url).status) == 200 and time.monotonic() < deadline:
            time.sleep(0.2)  # only the server's clock ends it
        assert status in _REFUSED

    @about(Capability.PRESIGNED_URL)
    def test_impossible_url_is_refused_before_any_request(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """Expiry bounds, unknown methods and headers that do not fit the method are refused."""
        if Capability.PRESIGNED_URL not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.generate_presigned_url(bucket, key, expires_in=0)
            return
        with harness.sends(0):
            for seconds in (0, -1, 10**9):
                with pytest.raises(InvalidRequestError):
                    client.generate_presigned_url(bucket, key, expires_in=seconds)
            with pytest.raises(InvalidRequestError):
                client.generate_presigned_url(bucket, key, method="PATCH")
            with pytest.raises(InvalidRequestError):
                client.generate_presigned_url(bucket, key, content_type="text/plain")
            for wrong in ({"x-evil": "1"}, {"content_type": "a\r\nb: c"}):
                with pytest.raises((InvalidRequestError, UnsupportedOperationError)):
                    client.generate_presigned_url(bucket, key, response_headers=wrong)

    @about(Capability.PRESIGNED_POST)
    def test_form_uploads_within_its_limits(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """A form stores a body within its size limits with what was signed; a larger or smaller one is refused."""
        if Capability.PRESIGNED_POST not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.generate_presigned_post(bucket, key, max_size=10)
            return
        with harness.signs():
            post = client.generate_presigned_post(
                bucket, key, min_size=2, max_size=10, content_type="text/x-kit", metadata={"by": "form"}
            )
        assert post.expires_at > datetime.now(timezone.utc)
        for refused in (b"x" * 11, b"x"):
            body, kind = form(post.fields, refused)
            assert send("POST", post.url, body, {"Content-Type": kind}).status in _REFUSED | {413}
            assert client.object_exists(bucket, key) is False
        body, kind = form(post.fields, b"0123456789")
        assert send("POST", post.url, body, {"Content-Type": kind}).status in {200, 201, 204}
        info = client.get_object_metadata(bucket, key)
        assert (info.content_type, info.metadata, info.size) == ("text/x-kit", {"by": "form"}, 10)
        body, kind = form({**post.fields, "key": f"{key}2"}, b"01234")
        assert send("POST", post.url, body, {"Content-Type": kind}).status in _REFUSED
        assert client.object_exists(bucket, f"{key}2") is False

    @about(Capability.PRESIGNED_POST)
    def test_impossible_form_is_refused_before_any_request(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """Sizes and expiry out of bounds are refused."""
        wrong: tuple[dict[str, Any], ...] = (
            {"max_size": 1, "min_size": 2},
            {"max_size": 1, "min_size": -1},
            {"max_size": 1, "expires_in": 0},
            {"max_size": 1, "expires_in": 604_801},
        )
        declared = Capability.PRESIGNED_POST in client.capabilities
        with harness.sends(0):
            for arguments in wrong:
                with pytest.raises(InvalidRequestError if declared else UnsupportedOperationError):
                    client.generate_presigned_post(bucket, key, **arguments)


class VersionPromises(StorageKit):
    """`list_versions` and `version_id`."""

    promises = "Versions"

    @about(Capability.VERSIONS)
    def test_undeclared_versions_are_refused_before_any_request(
        self, client: BaseStorageClient, bucket: str, key: str, harness: StorageHarness
    ) -> None:
        """Without the capability every version_id is refused; with it only an empty one is."""
        calls = (
            lambda version: client.download_file(bucket, key, version_id=version),
            lambda version: client.get_object_metadata(bucket, key, version_id=version),
            lambda version: client.delete_file(bucket, key, version_id=version),
            lambda version: client.copy_file(bucket, key, bucket, f"{key}-2", version_id=version),
        )
        declared = Capability.VERSIONS in client.capabilities
        for call in calls:
            with (
                harness.sends(0),
                pytest.raises(InvalidRequestError if declared else UnsupportedOperationError),
            ):
                call("")
        if not declared:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.list_versions(bucket)

    @about(Capability.VERSIONS)
    def test_old_versions_are_listed_and_read(
        self, client: BaseStorageClient, new_bucket: Callable[[], str], harness: StorageHarness
    ) -> None:
        """In a bucket that keeps versions every write is listed, newest first, and can be read and copied."""
        name, key = new_bucket(), "ver/ü +"
        if Capability.VERSIONS not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.list_versions(name)
            return
        harness.keep_versions(name)
        for body in (b"one", b"two", b"three"):
            client.upload_file(name, key, body)
        client.upload_file(name, "another", b"x")
        versions = client.list_versions(name, "ver", page_size=2).to_list()
        assert [info.size for info in versions] == [5, 3, 3]
        assert [info.is_latest for info in versions] == [True, False, False]
        assert len({info.version_id for info in versions}) == 3
        bodies = [client.download_file(name, key, version_id=info.version_id) for info in versions]
        assert bodies == [b"three", b"two", b"one"]
        assert client.get_object_metadata(name, key, version_id=versions[2].version_id).size == 3
        client.copy_file(name, key, name, "copy", version_id=versions[2].version_id)
        assert client.download_file(name, "copy") == b"one"

    @about(Capability.VERSIONS)
    def test_versions_of_a_deleted_object_stay_until_they_are_deleted(
        self, client: BaseStorageClient, new_bucket: Callable[[], str], harness: StorageHarness
    ) -> None:
        """A plain delete hides the object and keeps its versions; deleting a version removes it for good."""
        name, key = new_bucket(), "key"
        if Capability.VERSIONS not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.object_exists(name, key, version_id="1")
            return
        harness.keep_versions(name)
        client.upload_file(name, key, b"one")
        client.upload_file(name, key, b"three")
        assert client.delete_file(name, key) is True
        assert client.object_exists(name, key) is False
        assert client.list_objects(name).to_list() == []
        versions = [info for info in client.list_versions(name) if not info.is_delete_marker]
        assert [info.size for info in versions] == [5, 3]
        assert [info.is_latest for info in versions] == [False, False]
        assert client.download_file(name, key, version_id=versions[0].version_id) == b"three"
        client.copy_file(name, key, name, "back", version_id=versions[1].version_id)
        assert client.download_file(name, "back") == b"one"
        assert client.delete_file(name, key, version_id=versions[0].version_id) is True
        with pytest.raises(NotFoundError):
            client.download_file(name, key, version_id=versions[0].version_id)
        assert client.download_file(name, key, version_id=versions[1].version_id) == b"one"
        assert client.delete_bucket(name, force=True) is True

    @about(Capability.DELETE_MARKERS)
    def test_deleted_object_comes_back(
        self, client: BaseStorageClient, new_bucket: Callable[[], str], harness: StorageHarness
    ) -> None:
        """A delete hides the object behind a marker, and deleting the marker brings it back."""
        name, key = new_bucket(), "key"
        if Capability.DELETE_MARKERS not in client.capabilities:
            if Capability.VERSIONS in client.capabilities:
                harness.keep_versions(name)
                client.upload_file(name, key, b"one")
                client.delete_file(name, key)
                assert not any(info.is_delete_marker for info in client.list_versions(name))
            return
        harness.keep_versions(name)
        client.upload_file(name, key, b"one")
        client.upload_file(name, key, b"two")
        assert client.delete_file(name, key) is True
        assert client.object_exists(name, key) is False
        assert client.list_objects(name).to_list() == []
        versions = client.list_versions(name).to_list()
        assert [info.is_delete_marker for info in versions] == [True, False, False]
        client.delete_file(name, key, version_id=versions[0].version_id)
        assert client.download_file(name, key) == b"two"
        client.delete_file(name, key, version_id=versions[1].version_id)
        assert client.download_file(name, key) == b"one"
        assert client.delete_bucket(name, force=True) is True
