"""Presigned URLs, tokens, leases, tiers and settings, on Azurite where it has them."""

from __future__ import annotations

import pickle
import ssl
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, quote, urlsplit
from urllib.request import Request, urlopen

import pytest

from cloud._dialects._xmltree import MalformedAnswerError
from cloud._dialects.azure_blob._signing import parse_delegation_key
from cloud.azure import AccessPolicy, AzureBlobClient, AzureOptions, BucketAccess
from cloud.common import Capability
from cloud.common.errors import (
    ConfigurationError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ServiceUnavailableError,
    UnsupportedOperationError,
)
from cloud.testing._scripted_server import ScriptedResponse, ScriptedServer
from unit.azure.scripted import client_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from email.message import Message

    from servers.azurite import AzuriteServer

ODD_KEYS = ["plain", "a b+c%2F?d=é&#", "ü/🎉.txt", "//x//", "/lead", "e\u0301", "100%"]


def send(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, **more: Any
) -> tuple[int, Message, bytes]:
    """Send one request as anybody could."""
    request = Request(url, data=body, headers=dict(headers or {}), method=method)  # noqa: S310  # our own URL
    try:
        with urlopen(request, timeout=30, **more) as answer:  # noqa: S310  # likewise
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def parameters(token: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(token).query or token).items()}


class TestPresignedUrls:
    @pytest.mark.parametrize("key", ODD_KEYS)
    @pytest.mark.parametrize("version", ["2020-12-06", "2023-11-03", "2025-01-05", "2026-10-06"])
    def test_an_account_keys_url_reads_writes_and_deletes(
        self, make: Callable[..., AzureBlobClient], bucket: str, key: str, version: str
    ) -> None:
        client = make(options=AzureOptions(sas_version=version))
        put = client.generate_presigned_url(bucket, key, method="PUT", expires_in=60)
        assert put.headers == {"x-ms-blob-type": "BlockBlob"}
        assert send("PUT", put, b"sent", {**put.headers, "Content-Type": "a/b"})[0] == 201
        assert client.get_object_metadata(bucket, key).content_type == "a/b"
        status, _, body = send("GET", client.generate_presigned_url(bucket, key, expires_in=60))
        assert (status, body) == (200, b"sent")
        status, headers, _ = send("HEAD", client.generate_presigned_url(bucket, key, method="HEAD"))
        assert (status, headers["Content-Length"]) == (200, "4")
        delete = client.generate_presigned_url(bucket, key, method="DELETE")
        assert send("DELETE", delete)[0] == 202
        assert not client.object_exists(bucket, key)

    def test_a_logged_in_clients_url_is_signed_by_a_user_delegation_key(
        self, logged_in: AzureBlobClient, azurite_oauth_server: AzuriteServer
    ) -> None:
        bucket, key = "delegated", "ü a+b%41//c"
        logged_in.create_bucket(bucket)
        trust = ssl.create_default_context(cafile=azurite_oauth_server.ca_file)
        put = logged_in.generate_presigned_url(bucket, key, method="PUT", expires_in=60)
        before = logged_in.metrics.snapshot().requests
        assert send("PUT", put, b"sent", put.headers, context=trust)[0] == 201
        url = logged_in.generate_presigned_url(
            bucket, key, expires_in=60, response_headers={"content_disposition": 'attachment; filename="a b"'}
        )
        status, headers, body = send("GET", url, context=trust)
        assert (status, body) == (200, b"sent")
        assert headers["Content-Disposition"] == 'attachment; filename="a b"'
        assert send("DELETE", url, context=trust)[0] == 403
        assert send("GET", url.replace("sp=r", "sp=rw"), context=trust)[0] == 403
        assert parameters(url)["spr"] == "https"
        assert logged_in.metrics.snapshot().requests == before  # one key for all URLs of a day

    @pytest.mark.parametrize("version", ["2020-12-06", "2025-01-05", "2025-07-05", "2026-02-06"])
    def test_a_user_delegation_key_signs_for_every_version_that_azurite_knows(
        self,
        make_logged_in: Callable[..., AzureBlobClient],
        azurite_oauth_server: AzuriteServer,
        version: str,
    ) -> None:
        client = make_logged_in(sas_version=version)
        client.create_bucket("versions")
        client.upload_file("versions", "a b", b"x")
        trust = ssl.create_default_context(cafile=azurite_oauth_server.ca_file)
        url = client.generate_presigned_url("versions", "a b", expires_in=60)
        assert parameters(url)["sv"] == version
        assert send("GET", url, context=trust)[0] == 200

    def test_a_snapshot_has_a_url_of_its_own(self, azurite: AzureBlobClient, bucket: str) -> None:
        azurite.upload_file(bucket, "a", b"old")
        snapshot = azurite.create_snapshot(bucket, "a")
        azurite.upload_file(bucket, "a", b"new")
        url = azurite.generate_presigned_url(bucket, "a", version_id=snapshot)
        assert send("GET", url)[2] == b"old"
        moment = quote(snapshot.removeprefix("snapshot="), safe="")
        assert moment in url
        assert send("GET", url.replace(f"snapshot={moment}&", ""))[0] == 403
        assert (
            send("DELETE", azurite.generate_presigned_url(bucket, "a", method="DELETE", version_id=snapshot))[
                0
            ]
            == 202
        )
        assert azurite.download_file(bucket, "a") == b"new"

    def test_a_version_is_named_in_url_and_signature(self, azurite: AzureBlobClient) -> None:
        url = azurite.generate_presigned_url(
            "box", "a", method="DELETE", version_id="2026-11-24T01:00:00.1234567Z"
        )
        found = parameters(url)
        assert (found["versionid"], found["sr"], found["sp"]) == ("2026-11-24T01:00:00.1234567Z", "bv", "x")

    def test_a_version_cannot_be_written(self, azurite: AzureBlobClient) -> None:
        with pytest.raises(InvalidRequestError, match="version"):
            azurite.generate_presigned_url(
                "box", "a", method="PUT", version_id="2026-11-24T01:00:00.1234567Z"
            )

    def test_a_content_type_cannot_be_signed(self, azurite: AzureBlobClient, bucket: str) -> None:
        with pytest.raises(UnsupportedOperationError):
            azurite.generate_presigned_url(bucket, "a", method="PUT", content_type="a/b")

    def test_who_cannot_sign_is_told_so(
        self, azurite: AzureBlobClient, azurite_server: AzuriteServer
    ) -> None:
        token = azurite.generate_account_sas(expires_in=60)
        for client in (
            AzureBlobClient(account_url=f"{azurite_server.account_url}?{token}"),
            AzureBlobClient(account_url=azurite_server.account_url, anonymous=True),
        ):
            assert Capability.PRESIGNED_URL not in client.capabilities
            with pytest.raises(UnsupportedOperationError):
                client.generate_presigned_url("box", "a")
            with pytest.raises(ConfigurationError, match="cannot sign"):
                client.generate_object_sas("box", "a", expires_in=60)
            with pytest.raises(ConfigurationError, match="account's key"):
                client.generate_account_sas(expires_in=60)


class TestTokens:
    def test_a_buckets_token_lists_and_reads_it_only(
        self, azurite: AzureBlobClient, azurite_server: AzuriteServer, bucket: str
    ) -> None:
        azurite.upload_file(bucket, "a b", b"x")
        token = azurite.generate_bucket_sas(bucket, permissions="lr", expires_in=60)
        guest = AzureBlobClient(account_url=f"{azurite_server.account_url}?{token}")
        assert [info.key for info in guest.list_objects(bucket)] == ["a b"]
        assert guest.download_file(bucket, "a b") == b"x"
        with pytest.raises(PermissionDeniedError):
            guest.upload_file(bucket, "c", b"y")

    def test_an_objects_token_writes_it_only(
        self, azurite: AzureBlobClient, azurite_server: AzuriteServer, bucket: str
    ) -> None:
        token = azurite.generate_object_sas(bucket, "ü a", permissions="wr", expires_in=60)
        guest = AzureBlobClient(account_url=f"{azurite_server.account_url}?{token}")
        guest.upload_file(bucket, "ü a", b"x")
        assert guest.download_file(bucket, "ü a") == b"x"
        with pytest.raises(Exception, match=r"."):
            guest.upload_file(bucket, "other", b"x")
        assert not azurite.object_exists(bucket, "other")

    def test_an_accounts_token_does_what_it_says(
        self, azurite: AzureBlobClient, azurite_server: AzuriteServer, bucket: str
    ) -> None:
        token = azurite.generate_account_sas(permissions="lrwcd", resource_types="osc", expires_in=60)
        assert parameters(token)["srt"] == "sco"
        guest = AzureBlobClient(account_url=f"{azurite_server.account_url}?{token}")
        assert bucket in guest.list_buckets()
        guest.upload_file(bucket, "a", b"x")
        assert guest.delete_file(bucket, "a") is True

    def test_a_stored_policy_can_be_changed_afterwards(
        self, azurite: AzureBlobClient, azurite_server: AzuriteServer, bucket: str
    ) -> None:
        azurite.upload_file(bucket, "a", b"x")
        end = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(hours=1)
        readers = AccessPolicy(permissions="rwl", expires_at=end)
        unordered = AccessPolicy(permissions="lwr", expires_at=end)
        azurite.set_bucket_access(bucket, BucketAccess(policies={"readers": unordered}))
        assert azurite.get_bucket_access(bucket) == BucketAccess(policies={"readers": readers})
        token = azurite.generate_object_sas(bucket, "a", policy="readers")
        assert {"sp", "se"}.isdisjoint(parameters(token))
        url = f"{azurite_server.account_url}/{bucket}/a?{token}"
        assert send("GET", url)[0] == 200
        azurite.set_bucket_access(bucket, BucketAccess())
        assert send("GET", url)[0] == 403

    def test_a_policy_may_have_the_end_and_the_signature_the_permissions(
        self, azurite: AzureBlobClient
    ) -> None:
        """Not sent: Azurite answers 500 to a policy without permissions."""
        found = parameters(azurite.generate_bucket_sas("box", policy="until", permissions="r"))
        assert (found["si"], found["sp"], "se" in found) == ("until", "r", False)
        found = parameters(azurite.generate_bucket_sas("box", policy="rights", expires_in=60))
        assert (found["si"], "sp" in found, "se" in found) == ("rights", False, True)

    @pytest.mark.parametrize("seconds", [0, -1])
    def test_an_end_before_now_is_refused(self, azurite: AzureBlobClient, seconds: int) -> None:
        with pytest.raises(InvalidRequestError, match="expires_in"):
            azurite.generate_account_sas(expires_in=seconds)

    def test_only_the_accounts_key_signs_for_longer_than_seven_days(
        self, azurite: AzureBlobClient, logged_in: AzureBlobClient
    ) -> None:
        year = 366 * 24 * 3600
        end = datetime.strptime(
            parameters(azurite.generate_object_sas("box", "a", expires_in=year))["se"], "%Y-%m-%dT%H:%M:%S%z"
        )
        assert timedelta(seconds=year - 60) < end - datetime.now(timezone.utc) <= timedelta(seconds=year)
        with pytest.raises(InvalidRequestError, match="seven days"):
            logged_in.generate_object_sas("box", "a", expires_in=year)
        assert logged_in.metrics.snapshot().requests == 0

    def test_plain_http_is_allowed_only_where_the_client_uses_it(self, azurite: AzureBlobClient) -> None:
        assert parameters(azurite.generate_bucket_sas("box", expires_in=60))["spr"] == "https,http"
        strict = azurite.generate_bucket_sas("box", expires_in=60, https_only=True)
        assert parameters(strict)["spr"] == "https"

    def test_a_version_of_tomorrow_is_refused_before_it_signs_wrongly(
        self, make: Callable[..., AzureBlobClient]
    ) -> None:
        with pytest.raises(InvalidRequestError, match="version"):
            make(options=AzureOptions(sas_version="2019-02-02")).generate_bucket_sas("box", expires_in=60)


class TestDelegationKey:
    ANSWER = (
        "<UserDelegationKey><SignedOid>o</SignedOid><SignedTid>t</SignedTid>"
        "<SignedStart>2026-11-24T01:00:00Z</SignedStart><SignedExpiry>2026-11-25T01:00:00Z</SignedExpiry>"
        "<SignedService>b</SignedService><SignedVersion>2021-12-02</SignedVersion>"
        "<Value>cGxhbnRlZA==</Value></UserDelegationKey>"
    )

    def test_it_is_read(self) -> None:
        key = parse_delegation_key(self.ANSWER.encode())
        assert (key.object_id, key.tenant_id, key.service, key.version) == ("o", "t", "b", "2021-12-02")
        assert key.expires_at == datetime(2026, 11, 25, 1, tzinfo=timezone.utc)
        assert key.value.reveal() == "cGxhbnRlZA=="

    @pytest.mark.parametrize("missing", ["SignedOid", "SignedExpiry", "Value"])
    def test_a_broken_answer_is_an_error_that_does_not_show_it(self, missing: str) -> None:
        with pytest.raises(MalformedAnswerError) as caught:
            parse_delegation_key(self.ANSWER.replace(missing, "Other").encode())
        frames = [caught.value.__traceback__]
        while (following := frames[-1].tb_next if frames[-1] else None) is not None:
            frames.append(following)
        assert all("cGxhbnRlZA" not in repr(frame.tb_frame.f_locals) for frame in frames[1:] if frame)

    def test_a_pickled_client_has_none(self, logged_in: AzureBlobClient) -> None:
        logged_in.generate_presigned_url("box", "a", expires_in=60)
        value = logged_in._delegation._key.value.reveal()  # type: ignore[union-attr]  # it was just fetched
        assert value.encode() not in pickle.dumps(logged_in)
        assert value not in repr(vars(logged_in)) + repr(logged_in)


class TestLeases:
    def test_writes_of_others_fail_until_it_is_released(self, azurite: AzureBlobClient, bucket: str) -> None:
        azurite.upload_file(bucket, "ü a", b"x")
        lease = azurite.acquire_lease(bucket, "ü a", seconds=15)
        assert (lease.bucket, lease.key, lease.seconds) == (bucket, "ü a", 15)
        for write in (
            lambda: azurite.upload_file(bucket, "ü a", b"y"),
            lambda: azurite.delete_file(bucket, "ü a"),
            lambda: azurite.acquire_lease(bucket, "ü a"),
        ):
            with pytest.raises(ConflictError):
                write()
        assert azurite.download_file(bucket, "ü a") == b"x"
        azurite.renew_lease(lease)
        azurite.release_lease(lease)
        azurite.upload_file(bucket, "ü a", b"y")
        with pytest.raises(ConflictError):
            azurite.renew_lease(lease)

    def test_who_holds_it_writes(
        self, azurite: AzureBlobClient, make: Callable[..., AzureBlobClient], bucket: str
    ) -> None:
        azurite.upload_file(bucket, "a", b"x")
        lease = azurite.acquire_lease(bucket, "a", seconds=None)
        holder = make(options=AzureOptions(lease_id=lease.lease_id))
        holder.upload_file(bucket, "a", b"y")
        assert azurite.download_file(bucket, "a") == b"y"
        assert azurite.break_lease(bucket, "a") == 0
        azurite.upload_file(bucket, "a", b"z")

    def test_the_same_id_acquires_it_again(self, azurite: AzureBlobClient, bucket: str) -> None:
        azurite.upload_file(bucket, "a", b"x")
        lease = azurite.acquire_lease(bucket, "a")
        assert azurite.acquire_lease(bucket, "a", lease_id=lease.lease_id) == lease
        azurite.release_lease(lease)

    def test_one_of_a_bucket_protects_it_from_deletion(
        self, azurite: AzureBlobClient, new_bucket: Callable[[], str]
    ) -> None:
        name = new_bucket()
        azurite.acquire_lease(name)
        with pytest.raises(ConflictError):
            azurite.delete_bucket(name)
        azurite.break_lease(name)
        assert azurite.delete_bucket(name) is True

    def test_what_cannot_be_is_refused_before_any_request(self) -> None:
        with ScriptedServer() as server:
            client = client_of(server)
            for call in (
                lambda: client.acquire_lease("box", "a", seconds=14),
                lambda: client.acquire_lease("box", "a", seconds=61),
                lambda: client.acquire_lease("box", "a", lease_id="mine"),
                lambda: client.acquire_lease("box", ""),
                lambda: client.break_lease("box", within_seconds=61),
            ):
                with pytest.raises(InvalidRequestError):
                    call()
            assert server.requests == ()

    def test_nothing_to_break_is_a_conflict(self, azurite: AzureBlobClient, bucket: str) -> None:
        azurite.upload_file(bucket, "a", b"x")
        with pytest.raises(ConflictError):
            azurite.break_lease(bucket, "a")


class TestTiers:
    def test_an_object_moves_between_tiers(self, azurite: AzureBlobClient, bucket: str) -> None:
        azurite.upload_file(bucket, "a", b"x")
        assert azurite.set_storage_class(bucket, "a", "Cool") is True
        assert azurite.get_object_metadata(bucket, "a").storage_class == "Cool"
        azurite.set_storage_class(bucket, "a", "Archive")
        with pytest.raises(ConflictError, match="archived"):
            azurite.download_file(bucket, "a")

    def test_leaving_the_archive_takes_its_time(self) -> None:
        with ScriptedServer(ScriptedResponse(status=202)) as server:
            client = client_of(server)
            assert client.set_storage_class("box", "a", "Hot", rehydrate_priority="High") is False
            (request,) = server.requests
        assert request.header("x-ms-access-tier") == "Hot"
        assert request.header("x-ms-rehydrate-priority") == "High"

    def test_an_unknown_tier_is_refused(self, azurite: AzureBlobClient, bucket: str) -> None:
        azurite.upload_file(bucket, "a", b"x")
        with pytest.raises(InvalidRequestError):
            azurite.set_storage_class(bucket, "a", "Lukewarm")
        with pytest.raises(InvalidRequestError):
            azurite.set_storage_class(bucket, "a", "")

    def test_nothing_has_no_tier(self, azurite: AzureBlobClient, bucket: str) -> None:
        with pytest.raises(NotFoundError):
            azurite.set_storage_class(bucket, "nothing", "Cool")


class TestSettings:
    def test_metadata_of_a_bucket(self, azurite: AzureBlobClient, bucket: str) -> None:
        azurite.set_bucket_metadata(bucket, {"owner": "ops", "cost-center": "42"})
        assert azurite.get_bucket_metadata(bucket) == {"owner": "ops", "cost-center": "42"}
        azurite.set_bucket_metadata(bucket, {})
        assert azurite.get_bucket_metadata(bucket) == {}

    def test_public_access(
        self, azurite: AzureBlobClient, azurite_server: AzuriteServer, new_bucket: Callable[[], str]
    ) -> None:
        name = new_bucket()
        azurite.upload_file(name, "a", b"x")
        anybody = AzureBlobClient(account_url=azurite_server.account_url, anonymous=True)
        assert azurite.get_bucket_access(name).public == "none"
        azurite.set_bucket_access(name, BucketAccess(public="blob"))
        assert azurite.get_bucket_access(name) == BucketAccess(public="blob")
        assert anybody.download_file(name, "a") == b"x"
        azurite.set_bucket_access(name, BucketAccess(public="container"))
        assert [info.key for info in anybody.list_objects(name)] == ["a"]

    def test_more_policies_than_azure_holds(self) -> None:
        policies = {str(number): AccessPolicy(permissions="r") for number in range(6)}
        with ScriptedServer() as server, pytest.raises(InvalidRequestError, match="5"):
            client_of(server).set_bucket_access("box", BucketAccess(policies=policies))

    def test_of_a_missing_bucket(self, azurite: AzureBlobClient) -> None:
        for call in (azurite.get_bucket_metadata, azurite.get_bucket_access):
            with pytest.raises(NotFoundError):
                call("no-such-bucket")

    def test_the_account(self, azurite: AzureBlobClient) -> None:
        info = azurite.get_account_info()
        assert (info.kind, info.hierarchical) == ("StorageV2", False)
        assert info.sku.startswith("Standard_")

    def test_an_answer_without_an_account_is_an_error(self) -> None:
        portal = ScriptedResponse(body=b"<html>login</html>")
        with ScriptedServer(otherwise=portal) as server, pytest.raises(ServiceUnavailableError) as caught:
            client_of(server).get_account_info()
        assert caught.value.operation == "get_account_info"

    def test_soft_delete_of_the_account(self, azurite: AzureBlobClient) -> None:
        azurite.set_soft_delete_days(5)
        assert azurite.get_soft_delete_days() == 5
        azurite.set_soft_delete_days(None)
        assert azurite.get_soft_delete_days() is None
        with pytest.raises(InvalidRequestError, match="365"):
            azurite.set_soft_delete_days(366)

    def test_retention_and_legal_hold_are_sent(self) -> None:
        """Azurite has neither: https://learn.microsoft.com/rest/api/storageservices/set-blob-immutability-policy."""
        until = datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=1)))
        with ScriptedServer(otherwise=ScriptedResponse()) as server:
            client = client_of(server)
            client.set_retention("box", "a", until, locked=True, version_id="2026-11-24T01:00:00.1234567Z")
            client.delete_retention("box", "a")
            client.set_legal_hold("box", "a", enabled=True)
            retention, removal, hold = server.requests
        assert (retention.method, retention.header("x-ms-immutability-policy-mode")) == ("PUT", "Locked")
        assert retention.header("x-ms-immutability-policy-until-date") == "Thu, 31 Dec 2026 23:00:00 GMT"
        assert "comp=immutabilityPolicies" in retention.path
        assert "versionid=2026-11-24T01%3A00%3A00.1234567Z" in retention.path
        assert (removal.method, "comp=immutabilityPolicies" in removal.path) == ("DELETE", True)
        assert ("comp=legalhold" in hold.path, hold.header("x-ms-legal-hold")) == (True, "true")
        with pytest.raises(ValueError, match="time zone"):
            client.set_retention("box", "a", datetime(2027, 1, 1))  # noqa: DTZ001  # that is the mistake


def test_calls_through_the_sdk_are_counted(azurite: AzureBlobClient, bucket: str) -> None:
    azurite.upload_file(bucket, "a", b"x")
    before = azurite.metrics.snapshot().requests
    azurite.get_tags(bucket, "a")
    azurite.list_snapshots(bucket).to_list()
    assert azurite.metrics.snapshot().requests == before + 2


def test_a_failed_call_through_the_sdk_names_the_request(azurite: AzureBlobClient, bucket: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        azurite.get_tags(bucket, "nothing")
    error = caught.value
    assert (error.provider_code, error.http_status, error.operation) == ("BlobNotFound", 404, "get_tags")
    assert error.request_id


def test_no_presigned_form(azurite: AzureBlobClient, bucket: str) -> None:
    with pytest.raises(UnsupportedOperationError):
        azurite.generate_presigned_post(bucket, "a", max_size=1)
