"""What only Swift has, against a real Swift: signed URLs and their keys, settings of containers, expiry, archives."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
import traceback
import uuid
import warnings
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud._dialects.swift._acl import ContainerAcl, checked_acl
from cloud._dialects.swift._archive import parse_answer
from cloud._dialects.swift._container_records import account_info, container_info
from cloud._dialects.swift._tempurl import KeyCache
from cloud.common import (
    AuthenticationError,
    Capability,
    CloudError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExceededError,
    Secret,
    ServiceUnavailableError,
    TransferConfig,
    UnsupportedOperationError,
)
from cloud.testing import ScriptedResponse, ScriptedServer
from cloud.testing._storage_presigned import form, send
from unit.swift.clients import account_url, client_of
from unit.swift.helpers import make_client

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of eventlet, about itself
    from swift.common.middleware.acl import clean_acl, parse_acl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cloud.infomaniak import InfomaniakObjectStorageClient
    from servers.swift import SwiftServer

KEY = "folder/a b+c%2F?d=é&#"
SMALL_PARTS = TransferConfig(part_size=1 << 20, threshold=1 << 20, max_workers=2)
INFO = {
    "swift": {},
    "tempurl": {"allowed_digests": ["sha1", "sha512"]},
    "bulk_upload": {"max_failed_extractions": 2},
}


@pytest.fixture(scope="module")
def client(swift_server: SwiftServer) -> Iterator[InfomaniakObjectStorageClient]:
    with client_of(swift_server.admin, swift_server) as client:
        client.remove_temp_url_keys()  # of the account, which others of this run may have set
        yield client


@pytest.fixture
def bucket(client: InfomaniakObjectStorageClient) -> Iterator[str]:
    name = f"c {uuid.uuid4().hex[:12]} é"
    assert client.create_bucket(name) is True
    yield name
    client.delete_bucket(name, force=True)


def requests_of(client: InfomaniakObjectStorageClient) -> int:
    return client.metrics.snapshot().requests


# -- signed URLs ---------------------------------------------------------------------------------------------
def test_urls_read_write_and_delete_without_a_token(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    client.set_temp_url_key(bucket)
    put = client.generate_presigned_url(bucket, KEY, method="PUT")
    assert send("PUT", put, b"sent").status == 201
    assert client.download_file(bucket, KEY) == b"sent"
    get = client.generate_presigned_url(bucket, KEY)
    assert send("GET", get).body == b"sent"
    for head in (get, client.generate_presigned_url(bucket, KEY, method="HEAD")):
        assert send("HEAD", head).headers["content-length"] == "4"
    assert send("PUT", get, b"x").status == 401
    assert send("GET", put).status == 401
    assert send("DELETE", client.generate_presigned_url(bucket, KEY, method="DELETE")).status == 204
    assert client.object_exists(bucket, KEY) is False


def test_a_containers_key_signs_for_that_container_only(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    client.upload_file(bucket, "k", b"1")
    other = f"{bucket}-2"
    client.create_bucket(other)
    try:
        client.upload_file(other, "k", b"2")
        key = client.set_temp_url_key(bucket)
        client.set_temp_url_key(other)
        client._known_keys.put(other, key)
        assert send("GET", client.generate_presigned_url(bucket, "k")).status == 200
        assert send("GET", client.generate_presigned_url(other, "k")).status == 401
    finally:
        client.delete_bucket(other, force=True)


def test_without_a_key_the_error_says_how_to_make_one(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        client.generate_presigned_url(bucket, "k")
    assert "set_temp_url_key" in str(caught.value.hint)
    assert client.set_temp_url_key(bucket, "given") == Secret("given")
    assert client.generate_presigned_url(bucket, "k")


def test_the_accounts_key_is_used_where_the_container_has_none(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    client.upload_file(bucket, "k", b"1")
    try:
        client.set_temp_url_key()
        assert send("GET", client.generate_presigned_url(bucket, "k")).status == 200
    finally:
        client.remove_temp_url_keys()
    with pytest.raises(ConfigurationError):
        client.generate_presigned_url(bucket, "k")


def test_a_large_object_is_signed_with_the_accounts_key(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    body = bytes(range(256)) * 4096 * 2
    client.upload_file(bucket, "large", body, transfer=SMALL_PARTS)
    client.upload_file(bucket, "small", b"1")
    client.set_temp_url_key(bucket)
    assert send("GET", client.generate_presigned_url(bucket, "small")).status == 200
    with pytest.raises(ConfigurationError) as caught:
        client.generate_presigned_url(bucket, "large")
    assert "set_temp_url_key()" in str(caught.value.hint)
    by_container = client.generate_temp_url(bucket, "large", scope="container")
    assert send("GET", by_container).status == 409  # what the check is for
    try:
        client.set_temp_url_key()
        assert send("GET", client.generate_presigned_url(bucket, "large")).body == body
        assert send("GET", client.generate_temp_url(bucket, "large")).body == body
        prefixed = client.generate_temp_url(bucket, "large", prefix="la", scope="account")
        assert send("GET", prefixed).body == body
    finally:
        client.remove_temp_url_keys()


def test_rotating_keeps_what_the_present_key_signed_and_setting_ends_it(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    client.upload_file(bucket, "k", b"1")
    first_key = client.rotate_temp_url_key(bucket)
    first = client.generate_presigned_url(bucket, "k")
    second_key = client.rotate_temp_url_key(bucket)
    second = client.generate_presigned_url(bucket, "k")
    assert first_key != second_key
    assert [send("GET", url).status for url in (first, second)] == [200, 200]
    client.rotate_temp_url_key(bucket)
    assert [send("GET", url).status for url in (first, second)] == [401, 200]
    third = client.generate_presigned_url(bucket, "k")
    client.set_temp_url_key(bucket)
    assert [send("GET", url).status for url in (second, third)] == [200, 401]
    client.remove_temp_url_keys(bucket)
    assert send("GET", second).status == 401


def test_another_client_finds_the_key_and_asks_for_it_once_a_minute(
    client: InfomaniakObjectStorageClient, swift_server: SwiftServer, bucket: str
) -> None:
    client.upload_file(bucket, "k", b"1")
    client.set_temp_url_key(bucket)
    with client_of(swift_server.admin, swift_server) as other:
        other.bucket_exists(bucket)
        now = 0.0
        other.__dict__["_known_keys"] = KeyCache(clock=lambda: now)
        before = requests_of(other)
        url = other.generate_presigned_url(bucket, "k", method="PUT")
        assert send("PUT", url, b"2").status == 201
        assert requests_of(other) == before + 2  # the container's head and the cluster's /info
        now = 59.9
        other.generate_presigned_url(bucket, "k2", method="PUT")
        other.generate_temp_url(bucket, "k3", method="DELETE")
        assert requests_of(other) == before + 2
        now = 60.0
        other.generate_presigned_url(bucket, "k", method="PUT")
        assert requests_of(other) == before + 3


def test_with_a_key_of_its_own_signing_sends_nothing(
    client: InfomaniakObjectStorageClient, swift_server: SwiftServer, bucket: str
) -> None:
    client.upload_file(bucket, "k", b"1")
    key = client.set_temp_url_key(bucket)
    for digest in (None, "sha1", "sha256", "sha512"):
        with client_of(swift_server.admin, swift_server, temp_url_key=key, temp_url_digest=digest) as other:
            other.bucket_exists(bucket)
            before = requests_of(other)
            url = other.generate_presigned_url(bucket, "k")
            assert requests_of(other) == before
            assert send("GET", url).status == 200


def test_keys_are_in_no_repr_and_no_pickle(client: InfomaniakObjectStorageClient, bucket: str) -> None:
    client.set_temp_url_key(bucket, "planted-temp-url-key")
    client.generate_presigned_url(bucket, "k")
    shown = [repr(client), repr(vars(client)), repr(client.get_container_metadata(bucket).to_dict())]
    assert not any("planted-temp-url-key" in text for text in shown)
    assert b"planted-temp-url-key" not in pickle.dumps(client)
    for change in (client.set_temp_url_key, client.rotate_temp_url_key):
        with pytest.raises(NotFoundError) as caught:
            change("missing", "planted-temp-url-key")
        trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        ours = [frame.locals for frame in trace.stack if "/cloud/" in frame.filename]
        assert ours
        assert "planted-temp-url-key" not in str(ours)
        assert "planted-temp-url-key" not in str(caught.value.to_dict())


def test_a_key_among_the_options_is_in_no_repr_and_no_pickle(swift_server: SwiftServer) -> None:
    with client_of(swift_server.admin, swift_server, temp_url_key="planted-temp-url-key") as client:
        assert "planted-temp-url-key" not in repr(vars(client._setup.options))
        assert b"planted-temp-url-key" not in pickle.dumps(client)


def test_what_tempurl_cannot_do_is_refused_before_any_request(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    assert Capability.PRESIGNED_URL in client.capabilities
    before = requests_of(client)
    with pytest.raises(UnsupportedOperationError):
        client.generate_presigned_url(bucket, "k", method="PUT", content_type="text/plain")
    with pytest.raises(UnsupportedOperationError):
        client.generate_presigned_url(bucket, "k", response_headers={"content_type": "text/plain"})
    with pytest.raises(UnsupportedOperationError):
        client.generate_presigned_post(bucket, "k", max_size=10)
    with pytest.raises(UnsupportedOperationError):
        client.generate_presigned_url(bucket, "k", version_id="1")
    for wrong in ({"method": "PATCH"}, {"expires_in": 0}, {"expires_in": 10**9}):
        with pytest.raises(InvalidRequestError):
            client.generate_temp_url(bucket, "k", **wrong)
    for key in ("", "k\n", "é", " k "):
        with pytest.raises(InvalidRequestError):
            client.set_temp_url_key(bucket, key)
    assert requests_of(client) == before


def test_temp_url_has_prefixes_addresses_and_file_names(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    client.set_temp_url_key(bucket)
    client.upload_file(bucket, "a/1", b"1")
    client.upload_file(bucket, "a/2", b"2")
    client.upload_file(bucket, "b", b"3")
    url = client.generate_temp_url(bucket, "a/1", prefix="a/")
    assert [send("GET", url.replace("/a/1?", f"/{key}?")).status for key in ("a/1", "a/2", "b")] == [
        200,
        200,
        401,
    ]
    here = client.generate_temp_url(bucket, "b", ip_range="127.0.0.0/8")
    assert send("GET", here).status == 200
    assert send("GET", client.generate_temp_url(bucket, "b", ip_range="192.0.2.1")).status == 401
    named = send("GET", client.generate_temp_url(bucket, "b", filename="ü b.txt"))
    assert named.headers["content-disposition"].endswith("UTF-8''%C3%BC%20b.txt")
    shown = send("GET", client.generate_temp_url(bucket, "b", inline=True))
    assert shown.headers["content-disposition"] == "inline"


def test_form_uploads_below_its_prefix_within_its_limits(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    client.set_temp_url_key(bucket)
    post = client.generate_form_post(bucket, "up é/", max_size=10)
    assert post.expires_at > datetime.now(timezone.utc)
    body, kind = form(post.fields, b"0123456789")
    assert send("POST", post.url, body, {"Content-Type": kind}).status == 201
    assert client.download_file(bucket, "up é/f") == b"0123456789"
    body, kind = form(post.fields, b"0123456789+")
    assert send("POST", post.url, body, {"Content-Type": kind}).status == 400
    body, kind = form({**post.fields, "max_file_size": "11"}, b"0123456789+")
    assert send("POST", post.url, body, {"Content-Type": kind}).status == 401
    for wrong in ({"max_size": 0}, {"max_size": 1, "max_count": 0}, {"max_size": 1, "expires_in": 0}):
        with pytest.raises(InvalidRequestError):
            client.generate_form_post(bucket, **wrong)


# -- settings ------------------------------------------------------------------------------------------------
def test_container_metadata_is_set_kept_and_removed(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    client.set_container_metadata(bucket, {"Owner": "me", "two-words": "a b"})
    client.set_container_metadata(bucket, {"owner": None, "third": "3"})
    info = client.get_container_metadata(bucket)
    assert info.metadata == {"two-words": "a b", "third": "3"}
    assert (info.name, info.object_count, info.quota_bytes) == (bucket, 0, None)
    assert info.created_at is not None
    assert info.modified_at is not None
    assert abs(info.created_at - datetime.now(timezone.utc)) < timedelta(minutes=5)
    assert info["metadata"] == info.metadata
    with pytest.raises(InvalidRequestError):
        client.set_container_metadata(bucket, {"Third": "4", "third": None})
    client.set_container_metadata(bucket, {"third": ""})
    assert client.get_container_metadata(bucket).metadata == {"two-words": "a b"}
    with pytest.raises(NotFoundError):
        client.get_container_metadata("nowhere")
    with pytest.raises(NotFoundError):
        client.set_container_metadata("nowhere", {"a": "b"})


@pytest.mark.parametrize(
    "name",
    ["temp-url-key", "Quota-Bytes", "web-index", "segments-of", "access-control-max-age", "a_b", "a:b", ""],
)
def test_metadata_that_means_something_else_is_refused(
    client: InfomaniakObjectStorageClient, bucket: str, name: str
) -> None:
    before = requests_of(client)
    with pytest.raises(InvalidRequestError):
        client.set_container_metadata(bucket, {name: "1"})
    assert requests_of(client) == before


def test_a_public_container_is_read_and_listed_by_everybody(
    client: InfomaniakObjectStorageClient, swift_server: SwiftServer, bucket: str
) -> None:
    client.upload_file(bucket, "k", b"1")
    listing = account_url(swift_server, bucket)
    assert send("GET", f"{listing}/k").status == 401
    client.set_container_read_acl(bucket, ContainerAcl(public=True))
    assert send("GET", f"{listing}/k").body == b"1"
    assert send("GET", listing).status == 401
    client.set_container_read_acl(bucket, ".r:*, .rlistings")
    assert send("GET", listing).body == b"k\n"
    assert client.get_container_read_acl(bucket) == ContainerAcl(public=True, listing=True)
    client.set_container_read_acl(bucket, None)
    assert send("GET", f"{listing}/k").status == 401
    assert client.get_container_read_acl(bucket) == ContainerAcl()


def test_a_grant_lets_another_user_write(
    client: InfomaniakObjectStorageClient, swift_server: SwiftServer, bucket: str
) -> None:
    stranger = swift_server.no_access
    assert stranger is not None
    with client_of(stranger, swift_server) as other:
        with pytest.raises(PermissionDeniedError):
            other.upload_file(bucket, "k", b"theirs")
        client.set_container_write_acl(bucket, ContainerAcl(grants=(stranger.access_key,)))
        other.upload_file(bucket, "k", b"theirs")
        assert client.download_file(bucket, "k") == b"theirs"
        assert client.get_container_write_acl(bucket).grants == (stranger.access_key,)
        client.set_container_write_acl(bucket, "")
        with pytest.raises(PermissionDeniedError):
            other.upload_file(bucket, "k", b"again")


def test_a_full_container_refuses_more(client: InfomaniakObjectStorageClient, bucket: str) -> None:
    client.set_container_quota(bucket, max_bytes=10, max_objects=5)
    info = client.get_container_metadata(bucket)
    assert (info.quota_bytes, info.quota_count) == (10, 5)
    client.upload_file(bucket, "fits", b"0123456789")
    with pytest.raises(QuotaExceededError):
        client.upload_file(bucket, "more", b"0123456789+")
    assert client.object_exists(bucket, "more") is False
    client.set_container_quota(bucket)
    client.upload_file(bucket, "more", b"0123456789+")
    assert client.get_container_metadata(bucket).quota_bytes is None
    with pytest.raises(InvalidRequestError):
        client.set_container_quota(bucket, max_bytes=-1)


def test_versioning_is_switched_and_read(client: InfomaniakObjectStorageClient, bucket: str) -> None:
    assert client.get_bucket_versioning(bucket) is False
    client.set_bucket_versioning(bucket, enabled=True)
    assert client.get_bucket_versioning(bucket) is True
    client.set_bucket_versioning(bucket, enabled=False)
    assert client.get_bucket_versioning(bucket) is False


def test_a_site_shows_its_index(
    client: InfomaniakObjectStorageClient, swift_server: SwiftServer, bucket: str
) -> None:
    client.upload_file(bucket, "index.html", b"<p>home</p>")
    client.set_container_read_acl(bucket, ".r:*,.rlistings")
    client.set_static_site(
        bucket, index="index.html", error="error.html", listings=True, listings_css="l.css"
    )
    assert send("GET", f"{account_url(swift_server, bucket)}/").body == b"<p>home</p>"
    info = client.get_container_metadata(bucket)
    assert (info.web_index, info.web_error, info.web_listings, info.web_listings_css) == (
        "index.html",
        "error.html",
        True,
        "l.css",
    )
    client.set_static_site(bucket)
    info = client.get_container_metadata(bucket)
    assert (info.web_index, info.web_error, info.web_listings, info.metadata) == (None, None, False, {})


def test_scripts_of_allowed_origins_may_read(
    client: InfomaniakObjectStorageClient, swift_server: SwiftServer, bucket: str
) -> None:
    client.set_container_cors(
        bucket, origins=["https://a.example.com"], expose_headers=["x-object-meta-by"], max_age_seconds=60
    )
    info = client.get_container_metadata(bucket)
    assert (info.cors_origins, info.cors_expose_headers, info.cors_max_age_seconds) == (
        ("https://a.example.com",),
        ("x-object-meta-by",),
        60,
    )
    asked = {"Origin": "https://a.example.com", "Access-Control-Request-Method": "GET"}
    url = f"{account_url(swift_server, bucket)}/k"
    assert send("OPTIONS", url, None, asked).status == 200
    assert send("OPTIONS", url, None, {**asked, "Origin": "https://evil.example.com"}).status == 401
    client.set_container_cors(bucket)
    assert client.get_container_metadata(bucket).cors_origins == ()
    for wrong in (
        {"origins": ["a b"]},
        {"origins": [""]},
        {"expose_headers": ["é"]},
        {"max_age_seconds": -1},
    ):
        with pytest.raises(InvalidRequestError):
            client.set_container_cors(bucket, **wrong)


def test_account_and_cluster_tell_about_themselves(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    account = client.get_account_info()
    assert account.container_count >= 0
    assert account.bytes_used >= 0
    assert client.validate_connection() is True
    info = client.get_cluster_info()
    assert info["swift"]["max_object_name_length"] == 1024
    assert "sha256" in info["tempurl"]["allowed_digests"]
    before = requests_of(client)
    assert client.get_cluster_info() == info
    assert requests_of(client) == before


def test_the_segments_of_large_objects_are_as_public_as_their_container(
    client: InfomaniakObjectStorageClient, swift_server: SwiftServer, bucket: str
) -> None:
    body = bytes(3 << 20)
    client.upload_file(bucket, "large", body, transfer=SMALL_PARTS)
    url = f"{account_url(swift_server, bucket)}/large"
    client.set_container_read_acl(bucket, ".r:*")
    assert send("GET", url).body == body
    client.set_container_read_acl(bucket, None)
    assert send("GET", url).status == 401
    assert client.get_container_read_acl(f"{bucket}_segments") == ContainerAcl()


def test_a_container_whose_name_leaves_no_room_for_segments_has_an_access_list(
    client: InfomaniakObjectStorageClient,
) -> None:
    name = uuid.uuid4().hex * 8  # 256 characters, the most
    client.create_bucket(name)
    try:
        client.set_container_read_acl(name, ".r:*")
        assert client.get_container_read_acl(name) == ContainerAcl(public=True)
    finally:
        client.delete_bucket(name)


def test_a_container_that_is_only_named_like_one_of_segments_stays_closed(
    client: InfomaniakObjectStorageClient, swift_server: SwiftServer, bucket: str
) -> None:
    private = f"{bucket}_segments"
    client.create_bucket(private)
    try:
        client.upload_file(private, "k", b"private")
        client.set_container_read_acl(bucket, ".r:*,.rlistings")
        client.set_container_write_acl(bucket, "*:*")
        assert client.get_container_read_acl(private) == ContainerAcl()
        assert client.get_container_write_acl(private) == ContainerAcl()
        assert send("GET", f"{account_url(swift_server, private)}/k").status == 401
    finally:
        client.delete_bucket(private, force=True)


# -- expiry --------------------------------------------------------------------------------------------------
def test_expiry_is_set_read_and_cleared_and_all_else_stays(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    client.upload_file(
        bucket,
        KEY,
        b"1",
        content_type="text/x-kit",
        cache_control="max-age=5",
        content_disposition="inline",
        content_encoding="identity",
        content_language="de",
        metadata={"by": "me", "two-words": "x y"},
    )
    before = client.get_object_metadata(bucket, KEY)
    assert client.get_expiry(bucket, KEY) is None
    at = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=1)
    assert client.set_expiry(bucket, KEY, at=at) == at
    assert client.get_expiry(bucket, KEY) == at
    later = client.set_expiry(bucket, KEY, after=timedelta(days=2))
    assert client.get_expiry(bucket, KEY) == later
    assert abs(later - at - timedelta(days=1)) < timedelta(minutes=1)
    client.clear_expiry(bucket, KEY)
    assert client.get_expiry(bucket, KEY) is None
    after = client.get_object_metadata(bucket, KEY)
    names = [
        "etag", "size", "content_type", "cache_control", "content_disposition", "content_encoding",
        "content_language", "metadata",
    ]  # fmt: skip  # two lines read best
    assert [after[name] for name in names] == [before[name] for name in names]


@pytest.mark.parametrize("size", [1, 3 << 20], ids=["small", "large"])
def test_expiry_is_kept_by_changes_and_copies_and_ended_by_a_new_upload(
    client: InfomaniakObjectStorageClient, bucket: str, size: int
) -> None:
    client.upload_file(bucket, "k", bytes(size), transfer=SMALL_PARTS)
    at = client.set_expiry(bucket, "k", after=timedelta(days=1))
    client.update_metadata(bucket, "k", metadata={"by": "me"})
    client.copy_file(bucket, "k", bucket, "copy")
    client.copy_file(bucket, "k", bucket, "changed", metadata={"other": "1"})
    assert [client.get_expiry(bucket, key) for key in ("k", "copy", "changed")] == [at, at, at]
    client.upload_file(bucket, "k", bytes(size), transfer=SMALL_PARTS)
    assert client.get_expiry(bucket, "k") is None


def test_a_large_object_that_expires_stays_one_object(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    body = bytes(3 << 20)
    client.upload_file(bucket, "large", body, metadata={"by": "me"}, transfer=SMALL_PARTS)
    before = client.get_object_metadata(bucket, "large")
    client.set_expiry(bucket, "large", after=timedelta(days=1))
    after = client.get_object_metadata(bucket, "large")
    assert (after.size, after.etag, after.metadata) == (before.size, before.etag, {"by": "me"})
    assert client.download_file(bucket, "large") == body


def test_impossible_expiry_is_refused(client: InfomaniakObjectStorageClient, bucket: str) -> None:
    client.upload_file(bucket, "k", b"1")
    now = datetime.now(timezone.utc)
    before = requests_of(client)
    wrong: tuple[dict[str, Any], ...] = (
        {},
        {"at": now, "after": timedelta(days=1)},
        {"at": now - timedelta(seconds=5)},
        {"at": datetime(2099, 1, 1)},  # noqa: DTZ001  # without a time zone on purpose
        {"after": timedelta(0)},
    )
    for arguments in wrong:
        with pytest.raises(InvalidRequestError):
            client.set_expiry(bucket, "k", **arguments)
    assert requests_of(client) == before
    with pytest.raises(NotFoundError):
        client.set_expiry(bucket, "none", after=timedelta(days=1))
    with pytest.raises(NotFoundError):
        client.get_expiry(bucket, "none")
    with pytest.raises(NotFoundError):
        client.clear_expiry(bucket, "none")


# -- archives ------------------------------------------------------------------------------------------------
def archive(mode: str, **members: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as tar:  # type: ignore[call-overload]  # the mode is a str here
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return file.getvalue()


@pytest.mark.parametrize(("mode", "kind"), [("w", "tar"), ("w:gz", "tar.gz"), ("w:bz2", "tar.bz2")])
def test_every_file_of_an_archive_becomes_an_object(
    client: InfomaniakObjectStorageClient, bucket: str, tmp_path: Path, mode: str, kind: Any
) -> None:
    data = archive(mode, **{"a.txt": b"1", "./sub/ü b.html": b"2"})
    result = client.upload_archive(bucket, data, archive_format=kind)
    assert (result.created, result.errors, result.ok, result.is_complete) == (2, (), True, True)
    assert client.download_file(bucket, "sub/ü b.html") == b"2"
    assert client.get_object_metadata(bucket, "a.txt").content_type == "text/plain"
    (tmp_path / "file").write_bytes(data)
    client.upload_archive(bucket, tmp_path / "file", archive_format=kind, prefix="p é/")
    assert client.download_file(bucket, "p é/a.txt") == b"1"


def test_members_that_swift_refuses_are_named_and_do_not_stop_the_others(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    long = "x" * 1200
    result = client.upload_archive(bucket, archive("w", **{long: b"1", "good": b"2"}))
    assert (result.created, result.ok, result.is_complete) == (1, False, True)
    assert [(error.path, error.http_status) for error in result.errors] == [(f"{bucket}/{long}", 400)]
    assert client.download_file(bucket, "good") == b"2"


def test_archive_that_is_none_and_container_that_is_missing_raise(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    for data in (b"", b"no archive", archive("w"), archive("w", a=b"x" * 5000)[:2000]):
        with pytest.raises(InvalidRequestError):
            client.upload_archive(bucket, data)
    name = f"missing-{uuid.uuid4().hex}"
    with pytest.raises(NotFoundError):
        client.upload_archive(name, archive("w", a=b"1"))
    assert client.bucket_exists(name) is False
    with pytest.raises(InvalidRequestError):
        client.upload_archive(bucket, b"", archive_format="zip")  # type: ignore[arg-type]  # on purpose


def test_answer_of_a_bulk_extraction_is_read_or_refused() -> None:
    document = {
        "Response Status": "400 Bad Request",
        "Response Body": "",
        "Number Files Created": 3,
        "Errors": [["c/a%20b", "507 Insufficient Storage"]],
    }
    answer = parse_answer(b"  \r\n\r\n" + json.dumps(document).encode())
    assert answer.failed == (("c/a b", 507, "507 Insufficient Storage"),)
    assert (answer.created, answer.was_stopped) == (3, False)
    stopped = parse_answer(json.dumps({**document, "Response Body": "Invalid Tar File: x"}).encode())
    assert stopped.was_stopped
    for status, errors in (("500 Internal Error", document["Errors"]), ("400 Bad Request", [])):
        text = json.dumps({**document, "Response Status": status, "Errors": errors})
        assert parse_answer(text.encode()).was_stopped, status
    for text in (b"", b"   ", b"{}", b"[]", b"<html>", b'{"Response Status": 1}'):
        with pytest.raises(ServiceUnavailableError):
            parse_answer(text)


# -- access lists --------------------------------------------------------------------------------------------
names = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters=":."), min_size=1, max_size=20
)
hosts = st.from_regex(r"\A-?\.?[a-z0-9]{1,8}\.[a-z]{2,5}\Z")
acls = st.builds(
    ContainerAcl,
    public=st.booleans(),
    listing=st.booleans(),
    referrers=st.lists(hosts, max_size=3).map(tuple),
    grants=st.lists(
        st.builds("{}:{}".format, names, names) | names.filter(lambda name: name != "*"), max_size=3
    ).map(tuple),
)


@given(acls)
def test_lists_are_what_swift_reads_in_them(acl: ContainerAcl) -> None:
    header = acl.to_header()
    assert header.isascii()
    assert clean_acl("X-Container-Read", header) == header
    referrers, groups = parse_acl(header)
    listing = [".rlistings"] if acl.listing else []
    assert groups == [*listing, *acl.grants]
    assert referrers == (["*"] if acl.public else []) + list(acl.referrers)
    assert ContainerAcl.parse(header) == acl


@pytest.mark.parametrize("grant", ["", " a", "*", ":user", "project:", ".r:*x", ".admin", "a\nb", "a\x7f"])
def test_grants_that_grant_nothing_are_refused(grant: str) -> None:
    with pytest.raises(InvalidRequestError):
        ContainerAcl(grants=(grant,)).to_header()


def test_lists_of_writers_hold_grants_only() -> None:
    for acl in (
        ContainerAcl(public=True),
        ContainerAcl(listing=True),
        ContainerAcl(referrers=("a.com",)),
        ".r:*",
    ):
        with pytest.raises(InvalidRequestError):
            checked_acl(acl, write=True)
    assert checked_acl("p:u , *:*,", write=True) == "p:u,*:*"
    assert checked_acl(None) == checked_acl("") == ""
    for host in ("", "-", "a b", "ü.com", "a,b"):
        with pytest.raises(InvalidRequestError):
            ContainerAcl(referrers=(host,)).to_header()


# -- what a real server cannot be made to do -------------------------------------------------------------------
def scripted_client(server: ScriptedServer) -> InfomaniakObjectStorageClient:
    """Return a client of an account behind a gateway that adds a path of its own, as Infomaniak's does."""
    return make_client(server, endpoint_url=f"{server.url}/object/v1/AUTH_a")


def document(content: object, status: int = 200) -> ScriptedResponse:
    return ScriptedResponse(status=status, body=json.dumps(content).encode())


def key_head(first: str = "", second: str = "") -> ScriptedResponse:
    found = (
        ("X-Container-Object-Count", "0"),
        ("X-Container-Meta-Temp-Url-Key", first),
        ("X-Container-Meta-Temp-Url-Key-2", second),
    )
    return ScriptedResponse(status=204, headers=tuple(header for header in found if header[1]))


def test_a_rotation_whose_answer_is_lost_keeps_the_present_key() -> None:
    lost = ScriptedResponse(raw=b"", close="rst")
    with ScriptedServer(key_head("present", "older"), lost, ScriptedResponse(status=204)) as server:
        with scripted_client(server) as client:
            key = client.rotate_temp_url_key("c")
        sent = [request for request in server.requests if request.method == "POST"]
        assert [request.header("x-container-meta-temp-url-key-2") for request in sent] == ["present"] * 2
        assert [request.header("x-container-meta-temp-url-key") for request in sent] == [key.reveal()] * 2


@pytest.mark.parametrize(
    ("info", "length"),
    [
        (document(INFO), len("sha512:") + 86),  # the best of those it allows
        (document({"tempurl": {}}), 40),  # too old to say: sha1
        (document({}, status=404), 64),  # says nothing: sha256
        (document({}, status=403), 64),
    ],
)
def test_the_digest_is_one_that_the_cluster_takes(info: ScriptedResponse, length: int) -> None:
    with ScriptedServer(key_head("", "second"), info) as server, scripted_client(server) as client:
        url = client.generate_presigned_url("c", "k", method="PUT")
        assert url.startswith(f"{server.url}/object/v1/AUTH_a/c/k?")
        assert server.requests[1].path == "/object/info"
        assert server.requests[1].header("x-auth-token") is None
    assert len(parse_qs(urlsplit(url).query)["temp_url_sig"][0]) == length


def test_a_cluster_without_tempurl_or_formpost_signs_nothing() -> None:
    with ScriptedServer(key_head("k"), document({"swift": {}})) as server, scripted_client(server) as client:
        with pytest.raises(UnsupportedOperationError):
            client.generate_presigned_url("c", "k")
        with pytest.raises(UnsupportedOperationError):
            client.generate_form_post("c", max_size=1)


@pytest.mark.parametrize("info", [document({"swift": {}}), document({}, status=403)])
def test_a_cluster_that_unpacks_no_archives_gets_none(info: ScriptedResponse) -> None:
    # It would store the archive itself as one object.
    with ScriptedServer(info) as server, scripted_client(server) as client:
        with pytest.raises(UnsupportedOperationError):
            client.upload_archive("c", b"tar", prefix="folder")
        assert [request.method for request in server.requests] == ["GET"]


def test_an_archive_that_was_given_up_says_so() -> None:
    failed = [["c/a", "507 Insufficient Storage"], ["c/b", "400 Bad Request"]]
    answer = {
        "Response Status": "502 Bad Gateway", "Response Body": "", "Number Files Created": 7, "Errors": failed,
    }  # fmt: skip  # two lines read best
    steps = (document(INFO), key_head(), document(answer))
    with ScriptedServer(*steps) as server, scripted_client(server) as client:
        result = client.upload_archive("c", b"tar")
    assert (result.created, len(result.errors), result.is_complete, result.ok) == (7, 2, False, False)


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        ("401 Unauthorized", "<html>no</html>", AuthenticationError),
        ("400 Bad Request", "Invalid Tar File: x", InvalidRequestError),
        ("413 Request Entity Too Large", "full", QuotaExceededError),
    ],
)
def test_an_archive_that_ended_badly_raises_whatever_the_answers_status(
    status: str, words: str, kind: type[Exception]
) -> None:
    answer = {"Response Status": status, "Response Body": words, "Number Files Created": 1, "Errors": []}
    steps = (document(INFO), key_head(), document(answer))
    with ScriptedServer(*steps) as server, scripted_client(server) as client, pytest.raises(kind):
        client.upload_archive("c", b"tar")


def test_what_others_wrote_in_utf8_is_read_as_such() -> None:
    counts = {"x-container-object-count": "0", "x-container-bytes-used": "0"}
    text = "grün,projekt:ü".encode().decode("latin-1")  # as HTTP hands it over
    info = container_info("c", {**counts, "x-container-read": text, "x-container-meta-owner": text})
    assert info.read_acl.grants == ("grün", "projekt:ü")
    assert info.metadata == {"owner": "grün,projekt:ü"}


def test_a_page_that_is_no_answer_of_swift_is_an_error_and_no_empty_record() -> None:
    for read in (lambda headers: container_info("c", headers), account_info):
        with pytest.raises(ServiceUnavailableError):
            read({"content-type": "text/html"})
    portal = ScriptedResponse(headers=(("Content-Type", "text/html"),), body=b"<html>log in</html>")
    calls: tuple[Callable[[InfomaniakObjectStorageClient], object], ...] = (
        lambda client: client.get_container_metadata("c"),
        lambda client: client.get_account_info(),
        lambda client: client.get_cluster_info(),
        lambda client: client.set_container_metadata("c", {"a": "b"}),
        lambda client: client.set_temp_url_key("c"),
        lambda client: client.set_expiry("c", "k", after=timedelta(days=1)),
        lambda client: client.get_expiry("c", "k"),
        lambda client: client.get_bucket_versioning("c"),
        lambda client: client.validate_connection(),
    )
    for call in calls:
        with (
            ScriptedServer(otherwise=portal) as server,
            scripted_client(server) as client,
            pytest.raises(CloudError),
        ):
            call(client)


def test_url_parameters_are_those_that_swift_documents(
    client: InfomaniakObjectStorageClient, bucket: str
) -> None:
    client.set_temp_url_key(bucket)
    query = parse_qs(urlsplit(client.generate_presigned_url(bucket, "k")).query)
    assert set(query) == {"temp_url_sig", "temp_url_expires"}
