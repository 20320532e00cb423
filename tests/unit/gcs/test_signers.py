"""Who signs: a key at hand, IAM for a service account, or nobody, with an error that says what to do."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import responses
from google.auth import compute_engine, impersonated_credentials
from google.auth.credentials import Signing
from google.auth.exceptions import RefreshError
from google.oauth2 import credentials as user_credentials
from google.oauth2 import service_account

from cloud._dialects.gcs._signers import TOKEN_CREATOR, IamSigner, KeySigner, find_signer
from cloud._wire import Origin, SocketTransport
from cloud.common import (
    AuthenticationError,
    CloudError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceUnavailableError,
)
from cloud.testing import ScriptedResponse, ScriptedServer
from unit.gcs.service_accounts import EMAIL, account_info, verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud._dialects.gcs._sign import BlobSigner

OTHER = "other@project.iam.gserviceaccount.com"
SIGNED = ScriptedResponse(
    body=json.dumps({"keyId": "k1", "signedBlob": b64encode(b"signature").decode()}).encode()
)
DENIED = {
    "error": {
        "code": 403,
        "message": "Permission 'iam.serviceAccounts.signBlob' denied on resource (or it may not exist).",
        "status": "PERMISSION_DENIED",
    }
}
METADATA = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default"


@pytest.fixture
def transport() -> Iterator[SocketTransport]:
    transport = SocketTransport()
    yield transport
    transport.close()


def user(token: str) -> Any:
    expiry = datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(hours=1)
    return user_credentials.Credentials(token=token, expiry=expiry)


def signer_of(
    credentials: Any, account: str | None, transport: SocketTransport, server: ScriptedServer
) -> BlobSigner:
    return find_signer(credentials, account, lambda: transport, lambda: Origin.parse(server.url))


def refused(*_arguments: object) -> Any:
    raise AssertionError("nothing is needed of IAM")


def test_a_service_account_signs_with_its_own_key() -> None:
    credentials = service_account.Credentials.from_service_account_info(account_info())
    for account in (None, EMAIL):
        signer = find_signer(credentials, account, refused, refused)
        assert isinstance(signer, KeySigner)
        assert signer.email == EMAIL
        verify(signer.sign(b"data"), b"data")


def test_credentials_of_your_own_sign_too() -> None:
    class Hardware(Signing):
        signer_email = OTHER
        signer = None

        def sign_bytes(self, message: bytes) -> bytes:
            return message[::-1]

    signer = find_signer(Hardware(), None, refused, refused)
    assert (signer.email, signer.sign(b"abc")) == (OTHER, b"cba")


def test_iam_signs_for_the_account_that_the_options_name(transport: SocketTransport) -> None:
    with ScriptedServer(SIGNED) as server:
        signer = signer_of(user("user-token"), OTHER, transport, server)
        assert (signer.email, signer.sign(b"\x00data")) == (OTHER, b"signature")
        (request,) = server.requests
    assert (request.method, request.path) == ("POST", f"/v1/projects/-/serviceAccounts/{OTHER}:signBlob")
    assert request.header("authorization") == "Bearer user-token"
    assert request.header("content-type") == "application/json"
    assert json.loads(request.body) == {"payload": b64encode(b"\x00data").decode()}


def test_iam_signs_for_another_account_than_that_of_the_key(transport: SocketTransport) -> None:
    credentials = service_account.Credentials.from_service_account_info(
        account_info(), scopes=["https://www.googleapis.com/auth/cloud-platform"], always_use_jwt_access=True
    )
    with ScriptedServer(SIGNED) as server:
        signer = signer_of(credentials, OTHER, transport, server)
        assert (signer.email, signer.sign(b"data")) == (OTHER, b"signature")
        authorization = server.requests[0].header("authorization") or ""
    claims = json.loads(b64decode(authorization.split(".")[1] + "=="))
    assert claims["iss"] == EMAIL


def test_who_impersonates_asks_iam_through_the_chain(transport: SocketTransport) -> None:
    credentials = impersonated_credentials.Credentials(
        source_credentials=user("source-token"),
        target_principal=OTHER,
        target_scopes=["https://www.googleapis.com/auth/cloud-platform"],
        delegates=[EMAIL, f"projects/-/serviceAccounts/{EMAIL}"],
    )
    with ScriptedServer(SIGNED) as server:
        signer = signer_of(credentials, None, transport, server)
        assert (signer.email, signer.sign(b"data")) == (OTHER, b"signature")
        (request,) = server.requests
    assert request.header("authorization") == "Bearer source-token"
    assert json.loads(request.body)["delegates"] == [f"projects/-/serviceAccounts/{EMAIL}"] * 2


def test_a_machine_signs_for_its_own_account(transport: SocketTransport) -> None:
    credentials = compute_engine.Credentials(universe_domain="example.com")
    with responses.RequestsMock() as metadata, ScriptedServer(SIGNED) as server:
        metadata.get(f"{METADATA}/", json={"email": OTHER, "scopes": ["cloud-platform"]})
        metadata.get(f"{METADATA}/token", json={"access_token": "machine-token", "expires_in": 3600})
        signer = signer_of(credentials, None, transport, server)
        assert (signer.email, signer.sign(b"data")) == (OTHER, b"signature")
        assert server.requests[0].header("authorization") == "Bearer machine-token"


def test_the_account_is_quoted(transport: SocketTransport) -> None:
    with ScriptedServer(SIGNED) as server:
        signer_of(user("user-token"), "../x?y#z", transport, server).sign(b"data")
        assert server.requests[0].path == "/v1/projects/-/serviceAccounts/..%2Fx%3Fy%23z:signBlob"


def test_an_anonymous_client_is_told_what_to_pass() -> None:
    with pytest.raises(ConfigurationError) as raised:
        find_signer(None, None, refused, refused)
    assert "key file" in (raised.value.hint or "")


def test_a_user_is_told_to_name_an_account() -> None:
    with pytest.raises(ConfigurationError) as raised:
        find_signer(user("user-token"), None, refused, refused)
    assert "signing_account" in (raised.value.hint or "")
    assert TOKEN_CREATOR in (raised.value.hint or "")


@pytest.mark.parametrize(
    ("status", "kind", "retryable", "hinted"),
    [
        (400, InvalidRequestError, False, False),
        (401, AuthenticationError, False, False),
        (403, PermissionDeniedError, False, True),
        (404, NotFoundError, False, True),
        (429, RateLimitedError, True, False),
        (500, ServiceUnavailableError, True, False),
        (503, ServiceUnavailableError, True, False),
    ],
)
def test_a_refusal_is_typed_and_names_the_role(
    transport: SocketTransport, status: int, kind: type[CloudError], retryable: bool, hinted: bool
) -> None:
    document = {"error": {**DENIED["error"], "code": status}}
    answer = ScriptedResponse(
        status=status, headers=(("Retry-After", "7"),), body=json.dumps(document).encode()
    )
    with ScriptedServer(answer) as server, pytest.raises(kind) as raised:
        signer_of(user("user-token"), OTHER, transport, server).sign(b"data")
    error = raised.value
    assert error.message == DENIED["error"]["message"]
    assert (error.http_status, error.provider_code, error.retry_after) == (status, "PERMISSION_DENIED", 7.0)
    assert error.retryable is retryable
    assert (TOKEN_CREATOR in (error.hint or ""), OTHER in (error.hint or "")) == (hinted, hinted)


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"[]", b'{"error": "text"}', b""])
def test_a_refusal_without_googles_document_is_told_by_its_status(
    transport: SocketTransport, body: bytes
) -> None:
    with (
        ScriptedServer(ScriptedResponse(status=502, body=body)) as server,
        pytest.raises(ServiceUnavailableError, match="502") as raised,
    ):
        signer_of(user("user-token"), OTHER, transport, server).sign(b"data")
    assert raised.value.provider_code is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Please log in</html>",
        b"{}",
        b'{"signedBlob": ""}',
        b'{"signedBlob": "%%"}',
        b'{"signedBlob": 1}',
    ],
)
def test_an_answer_without_a_signature_is_no_signature(transport: SocketTransport, body: bytes) -> None:
    with (
        ScriptedServer(ScriptedResponse(body=body)) as server,
        pytest.raises(ServiceUnavailableError, match="no signature"),
    ):
        signer_of(user("user-token"), OTHER, transport, server).sign(b"data")


def test_a_token_that_cannot_be_renewed_says_so(transport: SocketTransport) -> None:
    expired = user_credentials.Credentials(token=None)
    with ScriptedServer() as server, pytest.raises(RefreshError):
        signer_of(expired, OTHER, transport, server).sign(b"data")


def test_no_signer_shows_a_token(transport: SocketTransport) -> None:
    signer = IamSigner(OTHER, user("planted-token"), transport, Origin("https", "host", 443))
    assert "planted-token" not in f"{signer!r} {vars(signer)}"


def test_impersonated_credentials_still_have_what_is_taken_out_of_them() -> None:
    credentials = impersonated_credentials.Credentials(user("user-token"), OTHER, [], delegates=[EMAIL])
    assert isinstance(credentials._source_credentials, user_credentials.Credentials)
    assert credentials._delegates == [EMAIL]
