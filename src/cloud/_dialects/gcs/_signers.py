"""What makes the RSA signatures of signed URLs and forms: a key at hand, or IAM for a service account."""

from __future__ import annotations

import json
import time
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cloud._dialects._answers import read_document, read_error_bytes
from cloud._dialects._failures import kind_of_status
from cloud._wire._types import HttpRequest
from cloud.common._observe import call_facts
from cloud.common._redact import HiddenValues
from cloud.common._retry import parse_retry_after
from cloud.common.errors import ConfigurationError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from google.auth.credentials import Credentials

    from cloud._dialects.gcs._sign import BlobSigner
    from cloud._wire._types import Origin, Transport
    from cloud.common.errors import CloudError

TOKEN_CREATOR = "roles/iam.serviceAccountTokenCreator"  # noqa: S105  # the name of a role
"""Has iam.serviceAccounts.signBlob: https://cloud.google.com/iam/docs/service-account-permissions#token-creator-role"""


class KeySigner:
    """Signs with the private key that the credentials hold. No request is made.

    Args:
        credentials: of google-auth, with ``sign_bytes`` and ``signer_email``.
    """

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials
        self.email: str = credentials.signer_email

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`."""
        signature: bytes = self._credentials.sign_bytes(data)
        return signature


class IamSigner:
    """Signs by one request to IAM, with a key that Google holds and rotates.

    Such a signature works for at least 12 hours, whatever the URL says:
    https://cloud.google.com/storage/docs/authentication/creating-signatures

    Args:
        email: the service account that signs.
        credentials: of google-auth; who asks for it.
        transport: sends the request, once.
        origin: where IAM is.
        delegates: service accounts of a chain of impersonation, from the caller's on.
    """

    def __init__(
        self,
        email: str,
        credentials: Any,
        transport: Transport,
        origin: Origin,
        delegates: Sequence[str] = (),
    ) -> None:
        self.email = email
        self._credentials = credentials
        self._transport = transport
        self._origin = origin
        self._delegates = delegates

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`.

        https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signBlob

        Raises:
            PermissionDeniedError: the caller may not sign for this account; the hint names the role.
        """
        origin = self._origin
        target = f"/v1/{_account_name(self.email)}:signBlob"
        document: dict[str, object] = {"payload": b64encode(data).decode("ascii")}
        if self._delegates:
            document["delegates"] = [_account_name(delegate) for delegate in self._delegates]
        headers = authorization(self._credentials, f"{origin.scheme}://{origin.host_header}{target}")
        headers["host"] = origin.host_header
        headers["content-type"] = "application/json"
        facts = call_facts()
        facts.requests += 1
        response = self._transport.send(
            HttpRequest("POST", origin, target, headers, json.dumps(document).encode())
        )
        facts.http_status = response.status
        if response.status != 200:
            raise self._refusal(response.status, read_error_bytes(response), response.headers)
        return _signature(read_document(response))

    def _refusal(self, status: int, body: bytes, headers: Mapping[str, str]) -> CloudError:
        """Return the error of an answer that is no success; its document is Google's common one."""
        error = _json_object(_json_object(body).get("error"))
        message, code = error.get("message"), error.get("status")
        return kind_of_status(status)(
            str(message or f"IAM answered with status {status}"),
            hint=f"grant {TOKEN_CREATOR} on the service account {self.email} to who signs, also when it signs "
            "for itself; the account must exist and the IAM Service Account Credentials API be enabled"
            if status in {403, 404}
            else None,
            http_status=status,
            provider_code=str(code) if code else None,
            retry_after=parse_retry_after(headers.get("retry-after"), time.time()),
        )


def find_signer(
    credentials: Credentials | None,
    account: str | None,
    transport: Callable[[], Transport],
    origin: Callable[[], Origin],
) -> BlobSigner:
    """Return what signs with these credentials: their own key where it fits, otherwise IAM.

    Args:
        credentials: of google-auth; None for an anonymous client.
        account: the service account that shall sign; None for the credentials' own.
        transport: gives what requests to IAM go through.
        origin: gives where IAM is.

    Raises:
        ConfigurationError: nothing can sign; the hint says what to pass.
    """
    if credentials is None:
        raise ConfigurationError(
            "an anonymous client cannot sign",
            hint="pass credentials: a service account's key file, or any others together with "
            "GCSOptions(signing_account=...)",
        )
    from google.auth.credentials import Signing

    caller: Any = credentials
    delegates: Sequence[str] = ()
    # Impersonated credentials can sign too, by a loop of retries of their own around IAM. Here the runtime
    # retries, so what they call IAM with is taken out of them: the credentials that impersonate.
    if hasattr(credentials, "_source_credentials"):
        caller, delegates = credentials._source_credentials, getattr(credentials, "_delegates", None) or ()  # noqa: SLF001  # google-auth offers no other way
    elif isinstance(credentials, Signing) and account in {None, credentials.signer_email}:
        return KeySigner(credentials)
    email = account or _own_account(credentials, origin)
    if email is None:
        raise ConfigurationError(
            "these credentials have no key and are no service account, so they cannot sign",
            hint="pass GCSOptions(signing_account='NAME@PROJECT.iam.gserviceaccount.com') and "
            f"grant {TOKEN_CREATOR} on it to whom the credentials belong, or use a service account's key file",
        )
    return IamSigner(email, caller, transport(), origin(), delegates)


def _own_account(credentials: Any, origin: Callable[[], Origin]) -> str | None:
    """Return the service account that the credentials are for, if they are for one."""
    email: str | None = getattr(credentials, "service_account_email", None)
    if email == "default":  # the metadata server tells the name together with the first token
        authorization(credentials, f"{origin().scheme}://{origin().host_header}/")
        email = credentials.service_account_email
    return email


def authorization(credentials: Any, url: str) -> HiddenValues:
    """Return the headers that authorize a request to `url`; the token is renewed when it must be."""
    from google.auth.transport.requests import Request

    headers: dict[str, str] = HiddenValues()
    credentials.before_request(Request(), "POST", url, headers)
    return HiddenValues({name.lower(): value for name, value in headers.items()})


def _account_name(account: str) -> str:
    """Return the resource name of a service account; the hyphen stands for its project."""
    return (
        account
        if account.startswith("projects/")
        else f"projects/-/serviceAccounts/{quote(account, safe='@')}"
    )


def _json_object(value: bytes | object) -> dict[str, Any]:
    """Return a JSON object, empty for anything else."""
    if isinstance(value, bytes):
        try:
            value = json.loads(value)
        except ValueError:  # of a proxy, in HTML: the status says enough
            return {}
    return value if isinstance(value, dict) else {}


def _signature(body: bytes) -> bytes:
    """Return the signature in IAM's answer."""
    text = _json_object(body).get("signedBlob")
    try:
        signature = b64decode(text or "", validate=True)
    except (TypeError, ValueError):
        signature = b""
    if not signature:
        raise ServiceUnavailableError("the answer holds no signature: this was not IAM")
    return signature
