"""From a client's arguments to an `Exchange`: endpoint, credentials, transport. Nothing here is sent."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from cloud._dialects._sessions import AutoTransport, requests_is_patched
from cloud._dialects._settings import timeouts_of
from cloud._dialects.azure_blob._addressing import (
    Account,
    Endpoint,
    for_account,
    parse_account_url,
    parse_connection_string,
)
from cloud._dialects.azure_blob._auth import Anonymous, BearerAuthorization, SasAuthorization, SharedKey
from cloud._dialects.azure_blob._exchange import Exchange
from cloud._dialects.azure_blob._tokens import GivenToken, IdentityTokens
from cloud._dialects.azure_blob._transports import PipelineTransport
from cloud._wire._transport import SocketTransport
from cloud._wire._types import TlsOptions
from cloud.common._fork import renew_after_fork
from cloud.common._lazy import require
from cloud.common.credentials import CloudCredentials
from cloud.common.enums import CloudProvider
from cloud.common.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._dialects.azure_blob._auth import Authorization
    from cloud._dialects.azure_blob._options import AzureOptions
    from cloud._dialects.azure_blob._tokens import TokenSource
    from cloud._wire._types import Transport
    from cloud.common._redact import Secret

EXTRA = "azure"
_FAR_FUTURE = 253_402_300_799
"""The end of a given token's life for the SDK, where nobody said when it ends."""


class AzureSetup:
    """What a client was told. The SDK is loaded when something of it is first needed.

    Attributes:
        endpoint: where the account is.
        token_source: where bearer tokens come from; None for other logins.
        options: what only Azure clients can be told.
    """

    def __init__(
        self,
        *,
        credentials: CloudCredentials | None,
        account_url: Secret | None,
        connection_string: Secret | None,
        anonymous: bool,
        timeout: float | tuple[float, float] | None,
        options: AzureOptions,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        if anonymous and (credentials is not None or options.token_credential is not None):
            raise InvalidRequestError("anonymous=True and credentials exclude each other")
        self.options = options
        self.timeouts = timeouts_of(timeout)
        self._environ = environ
        self._anonymous = anonymous
        self._lock = threading.RLock()
        renew_after_fork(self, "_lock", threading.RLock)
        self._native: Any = None
        given = _account(account_url, connection_string, credentials)
        if credentials is None and not anonymous and options.token_credential is None:
            credentials, given = self._from_environment(given)
        self.credentials = credentials
        self._key = (credentials.account_key if credentials is not None else None) or given.key
        self._sas = (credentials.sas_token if credentials is not None else None) or given.sas
        self.endpoint = given.endpoint or self._named_endpoint()
        self.token_source = self._make_token_source()

    @property
    def account_name(self) -> str:
        """Name of the account."""
        return self.endpoint.account_name

    @property
    def can_sign(self) -> bool:
        """Whether it can make signatures: a signature itself and anonymous access cannot."""
        return self.account_key() is not None or self.token_source is not None

    def account_key(self) -> Secret | None:
        """Return the account's key; None for other logins."""
        return None if self._anonymous else self._key

    def _from_environment(self, given: Account) -> tuple[CloudCredentials | None, Account]:
        """Return the environment's credentials, as long as they are of the account that was given."""
        if given.key is not None or given.sas is not None:
            return None, given
        found = CloudCredentials.from_env_if_set(CloudProvider.AZURE, self._environ)
        if found is None:
            return None, given
        account = _account(None, None, found)
        theirs = account.endpoint.account_name if account.endpoint is not None else None
        if given.endpoint is not None and theirs not in {None, given.endpoint.account_name}:
            return None, given  # another account's: a key of its own would be wrong, and would be shown to it
        return found, Account(given.endpoint or account.endpoint, account.key, account.sas)

    def _named_endpoint(self) -> Endpoint:
        name = self._environ.get("AZURE_STORAGE_ACCOUNT") or self._environ.get("AZURE_STORAGE_ACCOUNT_NAME")
        if not name:
            raise ConfigurationError(
                "no storage account is named",
                hint="pass account_url= or connection_string=, or set AZURE_STORAGE_CONNECTION_STRING "
                "or AZURE_STORAGE_ACCOUNT",
                request_sent=False,
            )
        return for_account(name)

    def _make_token_source(self) -> TokenSource | None:
        if self._anonymous or self._key is not None or self._sas is not None:
            return None
        if self.endpoint.origin.scheme != "https":
            raise ConfigurationError(
                "tokens are sent over TLS only, and the account's URL is http",
                hint="pass an account key, a signature, or anonymous=True",
                request_sent=False,
            )
        given = self.credentials
        if given is not None and given.token is not None:
            return GivenToken(given.token, given.expires_at)
        return IdentityTokens(self._make_credential)

    def _make_credential(self) -> Any:
        """Return a new credential of azure-identity, or the user's own."""
        if self.options.token_credential is not None:
            return self.options.token_credential
        identity = require("azure.identity", extra=EXTRA)
        authority = {} if self.options.authority is None else {"authority": self.options.authority}
        given = self.credentials
        if given is not None and given.client_secret is not None:
            return identity.ClientSecretCredential(
                given.tenant_id, given.client_id, given.client_secret.reveal(), **authority
            )
        if given is not None and given.client_id is not None:
            return identity.ManagedIdentityCredential(client_id=given.client_id)
        return identity.DefaultAzureCredential(**authority)

    def authorization(self) -> Authorization:
        """Return what says who asks."""
        if self._anonymous:
            return Anonymous()
        if self._key is not None:
            return SharedKey(self.account_name, self._key)
        if self._sas is not None:
            return SasAuthorization(self._sas)
        if self.token_source is None:
            raise TypeError("a client without key, signature and token is anonymous")
        return BearerAuthorization(self.token_source)

    def _bundle(self) -> str | None:
        bundle = self.options.ca_bundle or self._environ.get("REQUESTS_CA_BUNDLE")
        return str(bundle) if bundle else None

    def _verify(self) -> str | bool:
        return (self._bundle() or True) if self.options.verify else False

    def transport(self) -> Transport:
        """Return a new transport."""
        options = self.options
        wire = SocketTransport(
            timeouts=self.timeouts, tls=TlsOptions(ca_bundle=self._bundle(), verify=options.verify)
        )
        if options.transport == "wire":
            return wire
        sdk = PipelineTransport(
            options.pipeline_transport, options.policies, timeouts=self.timeouts, verify=self._verify()
        )
        is_given = options.pipeline_transport is not None or bool(options.policies)
        if options.transport == "sdk" or is_given:
            return sdk
        return AutoTransport(wire, sdk, requests_is_patched)

    def exchange(self) -> Exchange:
        """Return a new exchange."""
        return Exchange(self.endpoint, self.authorization(), self.transport(), self.options.api_version)

    def native(self) -> Any:
        """Return the SDK's client of the same settings; retries are this library's, so its own are off."""
        with self._lock:
            if self._native is None:
                self._native = self._make_native()
            return self._native

    def _make_native(self) -> Any:
        blob = require("azure.storage.blob", extra=EXTRA)
        settings: dict[str, Any] = {}
        if self.options.pipeline_transport is not None:
            settings["transport"] = self.options.pipeline_transport
        return blob.BlobServiceClient(
            self.endpoint.url,
            credential=self._sdk_credential(),
            api_version=self.options.api_version,
            retry_total=0,
            connection_timeout=self.timeouts.connect,
            read_timeout=self.timeouts.read,
            connection_verify=self._verify(),
            permit_redirects=False,  # a signature in the query would go along
            **settings,
        )

    def _sdk_credential(self) -> Any:
        if self._anonymous:
            return None
        if self._key is not None:
            return {"account_name": self.account_name, "account_key": self._key.reveal()}
        if self._sas is not None:
            credentials = require("azure.core.credentials", extra=EXTRA)
            return credentials.AzureSasCredential(self._sas.reveal().lstrip("?"))
        source = self.token_source
        return source.credential() if isinstance(source, IdentityTokens) else _SdkToken(source)


class _SdkToken:
    """A given token as the SDK takes it."""

    def __init__(self, source: TokenSource | None) -> None:
        self._source = source

    def get_token(self, *_scopes: str, **_settings: Any) -> Any:
        """Return the token; when it ends is the service's to say."""
        from azure.core.credentials import AccessToken

        if self._source is None:
            raise TypeError("there is no token")
        return AccessToken(self._source.token(), _FAR_FUTURE)


def _account(
    account_url: Secret | None, connection_string: Secret | None, credentials: CloudCredentials | None
) -> Account:
    """Return what the arguments say of the account; the URL's word on where it is counts most."""
    text = connection_string or (credentials.connection_string if credentials is not None else None)
    account = Account(None) if text is None else parse_connection_string(text)
    name = credentials.account_name if credentials is not None else None
    if account_url is not None:
        known = name or (account.endpoint.account_name if account.endpoint is not None else None)
        given = parse_account_url(account_url.reveal(), known)
        return Account(given.endpoint, account.key, account.sas or given.sas)
    if account.endpoint is None and name is not None:
        return Account(for_account(name), account.key, account.sas)
    return account
