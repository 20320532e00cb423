"""Signed URLs and forms of the client, settings of buckets, soft delete and holds."""

from __future__ import annotations

import base64
import json
import pickle
import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import responses
from responses import matchers

from cloud.common import (
    CloudCredentials,
    CloudProvider,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PreconditionFailedError,
    RetryPolicy,
    ServiceUnavailableError,
    UnsupportedOperationError,
)
from cloud.gcp import GCSClient, GCSOptions
from cloud.testing import ScriptedResponse, ScriptedServer
from cloud.testing._storage_presigned import form, send
from unit.gcs.service_accounts import EMAIL, account_info, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from servers._models import GcsServer

KIND = "storage#bucket"
API = "https://storage.googleapis.com/storage/v1"
BUCKET = f"{API}/b/bucket"
SIGNING_ACCOUNT = "other@project.iam.gserviceaccount.com"
REFUSAL = {"error": {"code": 412, "message": "changed", "errors": [{"reason": "conditionNotMet"}]}}
TOKEN = CloudCredentials(CloudProvider.GCP, token="planted-token", project="project")


def no_jitter(_ceiling: float) -> float:
    return 0.0


NO_WAIT = RetryPolicy(max_attempts=3, jitter=no_jitter, retry_after_cap_seconds=0.0)


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gcs") / "key.json"
    path.write_text(json.dumps(account_info()), "utf-8")
    return path


@pytest.fixture
def emulator(gcs_emulator_server: GcsServer) -> Iterator[GCSClient]:
    """Yield a client of the server that has most settings of buckets, and soft delete."""
    yield from _client_of(gcs_emulator_server, "gcp-storage-emulator")


@pytest.fixture
def fake(fake_gcs_server: GcsServer) -> Iterator[GCSClient]:
    """Yield a client of the server that has the XML API's paths, and forms."""
    yield from _client_of(fake_gcs_server, "fake-gcs-server")


def _client_of(server: GcsServer, service: str) -> Iterator[GCSClient]:
    client = GCSClient(
        project="project", endpoint_url=server.endpoint_url, service=service, anonymous=True, retry=NO_WAIT
    )
    yield client
    client.close()


@pytest.fixture
def bucket(emulator: GCSClient) -> str:
    """Return the name of a new bucket; it goes with its server."""
    name = f"settings-{uuid4().hex}"
    emulator.create_bucket(name)
    return name


@pytest.fixture
def google() -> Iterator[GCSClient]:
    """Yield a client of Google's own address; `responses` answers."""
    client = GCSClient(TOKEN, retry=NO_WAIT)
    yield client
    client.close()


@pytest.fixture
def answers() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def signing_client(key_file: Path, **settings: Any) -> GCSClient:
    credentials = CloudCredentials(CloudProvider.GCP, credentials_file=str(key_file))
    return GCSClient(credentials, **{"retry": NO_WAIT, **settings})


# -- Google's own client ------------------------------------------------------------------------------------
def test_it_asks_for_nothing_by_itself(google: GCSClient, answers: responses.RequestsMock) -> None:
    answers.get(f"{BUCKET}/o/key", json={"name": "key"})
    assert google.native.bucket("bucket").blob("key").exists(retry=None)
    for thread in threading.enumerate():
        if "_fetch_background" in thread.name:
            thread.join(30)
    assert [call.request.url for call in answers.calls] == [f"{BUCKET}/o/key?fields=name&prettyPrint=false"]


# -- signed URLs ---------------------------------------------------------------------------------------------
def test_a_url_says_what_was_asked_for(key_file: Path) -> None:
    client = signing_client(key_file, options=GCSOptions(user_project="payer"))
    url = urlsplit(
        client.generate_presigned_url(
            "bucket",
            "a b//ü+%.txt",
            expires_in=60,
            version_id="17",
            response_headers={"content_type": "text/x", "content_disposition": "inline"},
        )
    )
    assert (url.scheme, url.netloc, url.path) == (
        "https",
        "storage.googleapis.com",
        "/bucket/a%20b//%C3%BC%2B%25.txt",
    )
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert query["X-Goog-Credential"].startswith(f"{EMAIL}/")
    assert query["X-Goog-Expires"] == "60"
    assert query["X-Goog-SignedHeaders"] == "host"
    assert (query["generation"], query["userProject"]) == ("17", "payer")
    assert (query["response-content-type"], query["response-content-disposition"]) == ("text/x", "inline")


def test_urls_work_on_a_server(key_file: Path, fake: GCSClient) -> None:
    client = signing_client(key_file, endpoint_url=fake.native.api_endpoint)
    fake.create_bucket("signed-urls")
    key = "a b+c%2F?d=é&#/../🎉"
    put = client.generate_presigned_url("signed-urls", key, method="PUT", content_type="text/x-sent")
    assert send("PUT", put, b"sent", {"Content-Type": "text/x-sent"}).status == 200
    assert fake.download_file("signed-urls", key) == b"sent"
    assert send("GET", client.generate_presigned_url("signed-urls", key)).body == b"sent"
    head = send("HEAD", client.generate_presigned_url("signed-urls", key, method="HEAD"))
    assert (head.status, head.headers["content-length"]) == (200, "4")
    delete = client.generate_presigned_url("signed-urls", key, method="DELETE")
    assert send("DELETE", delete).status in {200, 204}
    assert fake.object_exists("signed-urls", key) is False


@pytest.mark.parametrize("header", ["cache_control", "content_encoding", "content_language"])
def test_headers_that_google_would_not_override_are_refused(key_file: Path, header: str) -> None:
    with pytest.raises(UnsupportedOperationError, match="content_disposition"):
        signing_client(key_file).generate_presigned_url("bucket", "key", response_headers={header: "x"})


def test_a_write_of_a_given_generation_is_refused(key_file: Path) -> None:
    with pytest.raises(InvalidRequestError, match="generation"):
        signing_client(key_file).generate_presigned_url("bucket", "key", method="PUT", version_id="17")


def test_an_anonymous_client_cannot_sign() -> None:
    client = GCSClient(anonymous=True, project="project")
    with pytest.raises(ConfigurationError) as raised:
        client.generate_presigned_url("bucket", "key")
    assert "key file" in (raised.value.hint or "")
    assert raised.value.operation == "generate_presigned_url"


def test_a_token_without_an_account_cannot_sign() -> None:
    with pytest.raises(ConfigurationError) as raised:
        GCSClient(TOKEN).generate_presigned_url("bucket", "key")
    assert "signing_account" in (raised.value.hint or "")


def test_iam_signs_a_url_after_a_failure() -> None:
    signature = b"\x01signature"
    signed = base64.b64encode(signature).decode()
    with ScriptedServer(
        ScriptedResponse(status=503),
        ScriptedResponse(body=json.dumps({"keyId": "k", "signedBlob": signed}).encode()),
    ) as iam:
        client = GCSClient(
            TOKEN,
            retry=NO_WAIT,
            options=GCSOptions(signing_account=SIGNING_ACCOUNT, iam_endpoint_url=iam.url),
        )
        url = client.generate_presigned_url("bucket", "key")
        first, second = iam.requests
        client.close()
    assert first.body == second.body
    assert second.header("authorization") == "Bearer planted-token"
    assert f"X-Goog-Credential={SIGNING_ACCOUNT.replace('@', '%40')}%2F" in url
    assert url.endswith(f"X-Goog-Signature={signature.hex()}")


def test_iam_is_asked_through_what_mocks_hook(answers: responses.RequestsMock) -> None:
    answers.post(
        f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{SIGNING_ACCOUNT}:signBlob",
        json={"keyId": "k", "signedBlob": base64.b64encode(b"\x02").decode()},
    )
    client = GCSClient(TOKEN, retry=NO_WAIT, options=GCSOptions(signing_account=SIGNING_ACCOUNT))
    assert client.generate_presigned_url("bucket", "key").endswith("X-Goog-Signature=02")


def test_a_refusal_of_iam_is_not_repeated_and_names_the_role() -> None:
    body = {"error": {"code": 403, "message": "denied", "status": "PERMISSION_DENIED"}}
    with ScriptedServer(ScriptedResponse(status=403, body=json.dumps(body).encode())) as iam:
        client = GCSClient(
            TOKEN,
            retry=NO_WAIT,
            options=GCSOptions(signing_account=SIGNING_ACCOUNT, iam_endpoint_url=iam.url),
        )
        with pytest.raises(PermissionDeniedError) as raised:
            client.generate_presigned_post("bucket", "key", max_size=1)
        client.close()
    assert "roles/iam.serviceAccountTokenCreator" in (raised.value.hint or "")
    assert (raised.value.operation, raised.value.resource) == ("generate_presigned_post", "bucket/key")
    assert "planted-token" not in repr(raised.value.to_dict())


def test_a_url_tells_what_must_be_sent_along(key_file: Path) -> None:
    client = signing_client(key_file)
    url = client.generate_presigned_url("bucket", "key", method="PUT", content_type="text/x")
    assert (url.headers, signed_headers(url)) == ({"content-type": "text/x"}, ["content-type", "host"])
    url = client.generate_presigned_url("bucket", "key")
    assert (url.headers, signed_headers(url)) == ({}, ["host"])


def test_a_kms_key_is_for_writes(key_file: Path) -> None:
    name = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
    client = signing_client(key_file, options=GCSOptions(kms_key_name=name))
    header = "x-goog-encryption-kms-key-name"
    url = client.generate_presigned_url("bucket", "key", method="PUT")
    assert (url.headers, signed_headers(url)) == ({header: name}, ["host", header])
    assert signed_headers(client.generate_presigned_url("bucket", "key")) == ["host"]


def test_a_customers_key_is_signed_and_stays_at_home(key_file: Path) -> None:
    planted = base64.b64encode(bytes(range(32))).decode()
    client = signing_client(key_file, options=GCSOptions(customer_key=planted))
    prefix = "x-goog-encryption-"
    for method in ("GET", "HEAD", "PUT"):
        url = client.generate_presigned_url("bucket", "key", method=method)
        assert signed_headers(url) == ["host", f"{prefix}algorithm", f"{prefix}key", f"{prefix}key-sha256"]
        assert url.headers.keys() == {f"{prefix}algorithm", f"{prefix}key-sha256"}
        assert planted not in f"{url} {url.headers} {pickle.dumps(url)!r}"
    assert signed_headers(client.generate_presigned_url("bucket", "key", method="DELETE")) == ["host"]


def signed_headers(url: str) -> list[str]:
    return parse_qs(urlsplit(url).query)["X-Goog-SignedHeaders"][0].split(";")


@pytest.mark.parametrize(
    "options",
    [GCSOptions(customer_key=base64.b64encode(bytes(32)).decode()), GCSOptions(kms_key_name="projects/p")],
)
def test_a_form_cannot_name_a_key_of_encryption(key_file: Path, options: GCSOptions) -> None:
    with pytest.raises(UnsupportedOperationError, match="key"):
        signing_client(key_file, options=options).generate_presigned_post("bucket", "key", max_size=1)


# -- forms ---------------------------------------------------------------------------------------------------
def test_a_form_says_what_was_asked_for(key_file: Path) -> None:
    client = signing_client(key_file)
    post = client.generate_presigned_post(
        "bucket",
        "a/ü.txt",
        min_size=2,
        max_size=10,
        content_type="text/x",
        metadata={"by": "form"},
        expires_in=60,
    )
    assert post.url == "https://storage.googleapis.com/bucket/"
    assert timedelta(0) < post.expires_at - datetime.now(timezone.utc) <= timedelta(seconds=60)
    policy = json.loads(base64.b64decode(post.fields["policy"]))
    assert ["content-length-range", 2, 10] in policy["conditions"]
    for condition in (
        {"bucket": "bucket"}, {"key": "a/ü.txt"}, {"Content-Type": "text/x"}, {"x-goog-meta-by": "form"},
    ):  # fmt: skip  # one line reads best
        assert condition in policy["conditions"]
    assert policy["expiration"] == post.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert post.fields["key"] == "a/ü.txt"
    assert post.fields["Content-Type"] == "text/x"
    verify(bytes.fromhex(post.fields["x-goog-signature"]), post.fields["policy"].encode())


def test_a_form_uploads_to_a_server(key_file: Path, fake: GCSClient) -> None:
    client = signing_client(key_file, endpoint_url=fake.native.api_endpoint)
    fake.create_bucket("forms")
    post = client.generate_presigned_post(
        "forms", "posted é", max_size=10, content_type="text/x", metadata={"by": "form"}
    )
    body, kind = form(post.fields, b"0123456789")
    # This server wants no slash behind the bucket; Google takes both.
    assert send("POST", post.url.rstrip("/"), body, {"Content-Type": kind}).status == 204
    info = fake.get_object_metadata("forms", "posted é")
    assert (info.size, info.content_type, info.metadata) == (10, "text/x", {"by": "form"})


def test_a_form_for_a_key_that_google_would_rewrite_is_refused(key_file: Path) -> None:
    with pytest.raises(InvalidRequestError, match="filename"):
        signing_client(key_file).generate_presigned_post("bucket", "a/${filename}", max_size=1)


# -- settings of buckets -------------------------------------------------------------------------------------
def test_versioning(emulator: GCSClient, bucket: str) -> None:
    assert emulator.get_bucket_versioning(bucket) is False
    emulator.set_bucket_versioning(bucket, enabled=True)
    assert emulator.get_bucket_versioning(bucket) is True
    emulator.set_bucket_versioning(bucket, enabled=False)
    assert emulator.get_bucket_versioning(bucket) is False


def test_versioning_on_another_server(fake: GCSClient) -> None:
    fake.create_bucket("versioned")
    fake.set_bucket_versioning("versioned", enabled=True)
    assert fake.get_bucket_versioning("versioned") is True


def test_location_and_storage_class(emulator: GCSClient, bucket: str) -> None:
    assert emulator.get_bucket_location(bucket) == "US"
    assert emulator.get_bucket_storage_class(bucket) == "STANDARD"
    emulator.set_bucket_storage_class(bucket, "NEARLINE")
    assert emulator.get_bucket_storage_class(bucket) == "NEARLINE"


def test_labels(emulator: GCSClient, bucket: str) -> None:
    assert emulator.get_bucket_labels(bucket) == {}
    emulator.set_bucket_labels(bucket, {"team": "data", "stage": "test"})
    assert emulator.get_bucket_labels(bucket) == {"team": "data", "stage": "test"}


def test_labels_are_replaced_unless_somebody_else_was_faster(
    google: GCSClient, answers: responses.RequestsMock
) -> None:
    answers.get(BUCKET, json={"kind": KIND, "labels": {"old": "1", "kept": "2"}, "metageneration": "7"})
    answers.patch(
        BUCKET,
        json={"kind": KIND},
        match=[
            matchers.json_params_matcher({"labels": {"old": None, "kept": "3", "new": "4"}}),
            matchers.query_param_matcher({"ifMetagenerationMatch": "7"}, strict_match=False),
        ],
    )
    google.set_bucket_labels("bucket", {"kept": "3", "new": "4"})
    answers.remove(responses.PATCH, BUCKET)
    answers.patch(BUCKET, status=412, json=REFUSAL)
    with pytest.raises(PreconditionFailedError):
        google.set_bucket_labels("bucket", {})


def test_uniform_access(emulator: GCSClient, bucket: str) -> None:
    assert emulator.get_uniform_access(bucket) is False
    emulator.set_uniform_access(bucket, enabled=True)
    assert emulator.get_uniform_access(bucket) is True


def test_uniform_access_leaves_public_access_prevention_alone(
    google: GCSClient, answers: responses.RequestsMock
) -> None:
    body = {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}}
    answers.patch(BUCKET, json={"kind": KIND}, match=[matchers.json_params_matcher(body)])
    google.set_uniform_access("bucket", enabled=True)


def test_requester_pays(emulator: GCSClient, bucket: str) -> None:
    assert emulator.get_requester_pays(bucket) is False
    emulator.set_requester_pays(bucket, enabled=True)
    assert emulator.get_requester_pays(bucket) is True


def test_the_payer_is_named(answers: responses.RequestsMock) -> None:
    client = GCSClient(TOKEN, retry=NO_WAIT, options=GCSOptions(user_project="payer"))
    named = matchers.query_param_matcher({"userProject": "payer"}, strict_match=False)
    answers.get(BUCKET, json={"kind": KIND, "location": "EU"}, match=[named])
    answers.patch(BUCKET, json={"kind": KIND}, match=[named])
    answers.get(f"{BUCKET}/iam", json={"etag": "CAE="}, match=[named])
    assert client.get_bucket_location("bucket") == "EU"
    client.set_bucket_storage_class("bucket", "COLDLINE")
    assert client.get_bucket_policy("bucket") == {"etag": "CAE=", "bindings": []}


def test_the_default_key(emulator: GCSClient, bucket: str) -> None:
    name = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
    assert emulator.get_default_kms_key(bucket) is None
    emulator.set_default_kms_key(bucket, name)
    assert emulator.get_default_kms_key(bucket) == name
    emulator.set_default_kms_key(bucket, None)
    assert emulator.get_default_kms_key(bucket) is None


def test_lifecycle(emulator: GCSClient, bucket: str) -> None:
    rules = [
        {"action": {"type": "Delete"}, "condition": {"age": 30, "isLive": False}},
        {"action": {"type": "OfTheFuture"}, "condition": {"age": 1}},  # the SDK would leave it out
    ]
    assert emulator.get_bucket_lifecycle(bucket) == []
    emulator.set_bucket_lifecycle(bucket, rules)
    assert emulator.get_bucket_lifecycle(bucket) == rules
    emulator.set_bucket_lifecycle(bucket, [])
    assert emulator.get_bucket_lifecycle(bucket) == []


def test_cors(emulator: GCSClient, bucket: str) -> None:
    rules = [{"origin": ["https://example.com"], "method": ["GET"], "maxAgeSeconds": 60}]
    assert emulator.get_bucket_cors(bucket) == []
    emulator.set_bucket_cors(bucket, rules)
    assert emulator.get_bucket_cors(bucket) == rules
    emulator.set_bucket_cors(bucket, [])
    assert emulator.get_bucket_cors(bucket) == []


def test_policy(emulator: GCSClient, bucket: str) -> None:
    policy = emulator.get_bucket_policy(bucket)
    assert policy["bindings"] == []
    policy["bindings"].append({"role": "roles/storage.objectViewer", "members": ["user:a@example.com"]})
    emulator.set_bucket_policy(bucket, policy)
    assert policy["bindings"][0]["members"] == ["user:a@example.com"]
    assert emulator.get_bucket_policy(bucket)["bindings"] == policy["bindings"]


def test_a_policy_keeps_conditions_and_raises_when_somebody_else_changed_it(
    google: GCSClient, answers: responses.RequestsMock
) -> None:
    condition = {"title": "t", "expression": "request.time < timestamp('2030-01-01T00:00:00Z')"}
    policy = {
        "version": 3,
        "etag": "CAE=",
        "bindings": [
            {"role": "roles/storage.admin", "members": ["user:a@example.com"], "condition": condition}
        ],
    }
    asked = matchers.query_param_matcher({"optionsRequestedPolicyVersion": "3"}, strict_match=False)
    answers.get(f"{BUCKET}/iam", json=policy, match=[asked])
    assert google.get_bucket_policy("bucket") == policy
    sent = matchers.json_params_matcher({**policy, "resourceId": "/b/bucket"})
    answers.put(f"{BUCKET}/iam", status=412, json=REFUSAL, match=[sent])
    with pytest.raises(PreconditionFailedError):
        google.set_bucket_policy("bucket", policy)


def test_a_policy_without_an_etag_is_refused(google: GCSClient) -> None:
    with pytest.raises(InvalidRequestError, match="etag"):
        google.set_bucket_policy("bucket", {"bindings": []})


# -- errors of the SDK's calls -------------------------------------------------------------------------------
def test_a_missing_bucket_is_not_found(emulator: GCSClient) -> None:
    for call in _getters(emulator):
        with pytest.raises(NotFoundError):
            call("no-such-bucket")
    with pytest.raises(NotFoundError):
        emulator.set_bucket_versioning("no-such-bucket", enabled=True)


def test_an_impossible_name_is_refused_before_any_request(google: GCSClient) -> None:
    for call in _getters(google):
        with pytest.raises(InvalidRequestError):
            call("a/b")
    with pytest.raises(InvalidRequestError):
        google.set_bucket_versioning("a/b", enabled=True)
    with pytest.raises(InvalidRequestError):
        google.list_soft_deleted("a/b")


def test_the_runtime_alone_tries_again(google: GCSClient, answers: responses.RequestsMock) -> None:
    failing = answers.get(BUCKET, status=503, json={"error": {"code": 503, "message": "backend"}})
    with pytest.raises(ServiceUnavailableError) as raised:
        google.get_bucket_location("bucket")
    assert len(failing.calls) == len(raised.value.attempts) == NO_WAIT.max_attempts


@pytest.mark.parametrize("page", ["<html>Please log in</html>", "{}", '{"error": "none"}'])
def test_a_page_of_somebody_else_is_no_setting_and_no_empty_list(
    google: GCSClient, answers: responses.RequestsMock, page: str
) -> None:
    answers.get(BUCKET, body=page)
    answers.get(f"{BUCKET}/iam", body=page)
    answers.get(f"{BUCKET}/o", body=page)
    answers.patch(BUCKET, body=page)
    answers.put(f"{BUCKET}/iam", body=page)
    answers.patch(f"{BUCKET}/o/key", body=page)
    answers.post(f"{BUCKET}/o/key/restore", body=page)
    calls: list[Callable[[str], object]] = [
        *_getters(google),
        lambda bucket: google.set_bucket_versioning(bucket, enabled=True),
        lambda bucket: google.set_object_hold(bucket, "key", enabled=True),
        lambda bucket: google.list_soft_deleted(bucket).to_list(),
    ]
    for call in calls:
        with pytest.raises(ServiceUnavailableError):
            call("bucket")
    with pytest.raises(OutcomeUnknownError):
        google.restore_soft_deleted("bucket", "key", "17")
    with pytest.raises(OutcomeUnknownError):
        google.set_bucket_policy("bucket", {"etag": "CAE="})


def test_a_restore_is_sent_once(google: GCSClient, answers: responses.RequestsMock) -> None:
    lost = answers.post(f"{BUCKET}/o/key/restore", status=502, body="bad gateway")
    with pytest.raises(OutcomeUnknownError):
        google.restore_soft_deleted("bucket", "key", "17")
    assert len(lost.calls) == 1


def _getters(client: GCSClient) -> list[Callable[[str], object]]:
    return [
        client.get_bucket_location, client.get_bucket_storage_class, client.get_bucket_versioning,
        client.get_bucket_labels, client.get_uniform_access, client.get_requester_pays, client.get_default_kms_key,
        client.get_bucket_lifecycle, client.get_bucket_cors, client.get_bucket_policy, client.get_soft_delete,
    ]  # fmt: skip  # one line reads best


# -- soft delete and holds -----------------------------------------------------------------------------------
def test_soft_delete(emulator: GCSClient, bucket: str) -> None:
    assert emulator.get_soft_delete(bucket) == timedelta(days=7)
    emulator.set_soft_delete(bucket, timedelta(days=30))
    assert emulator.get_soft_delete(bucket) == timedelta(days=30)
    emulator.set_soft_delete(bucket, timedelta(0))
    assert emulator.get_soft_delete(bucket) == timedelta(0)


@pytest.mark.parametrize(
    "retention",
    [timedelta(days=-1), timedelta(seconds=1), timedelta(days=91), timedelta(days=7, microseconds=1)],
)
def test_an_impossible_retention_is_refused(google: GCSClient, retention: timedelta) -> None:
    with pytest.raises(InvalidRequestError, match="7 to 90 days"):
        google.set_soft_delete("bucket", retention)


def test_a_deleted_object_is_listed_and_restored(emulator: GCSClient, bucket: str) -> None:
    for key in ("a/1 ü+", "a/2", "b"):
        emulator.upload_file(bucket, key, key.encode())
        emulator.delete_file(bucket, key)
    found = emulator.list_soft_deleted(bucket, "a/", page_size=1).to_list()
    assert [(item.bucket, item.key, item.size) for item in found] == [
        (bucket, "a/1 ü+", 7),
        (bucket, "a/2", 3),
    ]
    first = found[0]
    assert first.deleted_at is not None
    assert first.gone_at is not None
    assert first.gone_at - first.deleted_at == timedelta(days=7)
    assert emulator.list_soft_deleted(bucket, limit=2).to_list() == found
    generation = emulator.restore_soft_deleted(bucket, first.key, first.generation)
    assert generation != first.generation
    assert emulator.download_file(bucket, first.key) == "a/1 ü+".encode()
    with pytest.raises(NotFoundError):
        emulator.restore_soft_deleted(bucket, "a/2", "1")


def test_a_restore_can_leave_a_live_object_alone(google: GCSClient, answers: responses.RequestsMock) -> None:
    asked = matchers.query_param_matcher({"generation": "17", "ifGenerationMatch": "0"}, strict_match=False)
    answers.post(f"{BUCKET}/o/a%2Fb/restore", status=412, json=REFUSAL, match=[asked])
    with pytest.raises(PreconditionFailedError):
        google.restore_soft_deleted("bucket", "a/b", "17", if_absent=True)


@pytest.mark.parametrize("page_size", [0, 1001])
def test_an_impossible_page_size_is_refused(google: GCSClient, page_size: int) -> None:
    with pytest.raises(InvalidRequestError, match="1 to 1000"):
        google.list_soft_deleted("bucket", page_size=page_size)


@pytest.mark.parametrize(("event_based", "name"), [(False, "temporaryHold"), (True, "eventBasedHold")])
def test_a_hold(google: GCSClient, answers: responses.RequestsMock, event_based: bool, name: str) -> None:
    # Neither server holds objects.
    for enabled in (True, False):
        asked = matchers.json_params_matcher({name: enabled})
        answers.patch(f"{BUCKET}/o/a%2F%C3%BC", json={"kind": "storage#object", name: enabled}, match=[asked])
        google.set_object_hold("bucket", "a/ü", enabled=enabled, event_based=event_based)
