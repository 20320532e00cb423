"""What the kit may ask of Azurite, by each of the three ways to log in, and what Azurite gets wrong."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

import pytest

from cloud._dialects.azure_blob._sas import SasTerms, account_sas
from cloud.azure import AzureBlobClient, AzureOptions
from cloud.common import CloudCredentials, CloudProvider, Secret
from cloud.testing import StorageHarness
from servers.azurite import bearer_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.azurite import AzuriteServer

_VARIABLE = "CLOUD_CONFORMANCE_AZURE"  # its name
_ALL = "rwdxylacupfti"
_READ = "rl"
_STRANGER = "nobodyknowsme"

REFUSED_KEYS: Final = frozenset({
    "dot at the end", "only dots", "dot segment", "dot dot segment", "dot dot first", "dot first", "dot alone",
    "dot dot alone", "dot dot last", "backslash", "backslash last", "newline", "newline last",
    "carriage return", "tab", "control character", "escape character", "delete character", "next line",
    "noncharacter", "1024 bytes in segments",
})  # fmt: skip  # one line reads best
"""Odd keys that Azure cannot hold byte-exactly."""

_UTF16 = "orders keys by UTF-16 code units: characters beyond the BMP before U+E000"
_FIRST_CHARACTER = "takes the first character of a delimiter for the whole"
_NO_VERSIONS = "keeps no versions"

AZURITE: Final[dict[str, str]] = {
    "test_odd_keys_are_listed_in_byte_order": _UTF16,
    "test_listing_spans_pages": _UTF16,
    "test_page_size_does_not_change_the_listing": _UTF16,
    "test_listing_goes_on_from_every_token": _UTF16,
    "test_listing_starts_after[the first key, a prefix of all]": _UTF16,
    "test_listing_starts_after[a key in the middle]": _UTF16,
    "test_listing_starts_after[a late key]": _UTF16,
    "test_listing_starts_after[no key, inside a folder]": _UTF16,
    "test_listing_starts_after[no key]": _UTF16,
    "test_delimiter_rolls_keys_up": _UTF16,
    "test_any_text_is_a_delimiter[two letters]": _FIRST_CHARACTER,
    "test_any_text_is_a_delimiter[two colons]": _FIRST_CHARACTER,
    "test_old_versions_are_listed_and_read": _NO_VERSIONS,
    "test_versions_of_a_deleted_object_stay_until_they_are_deleted": _NO_VERSIONS,
    "test_deleted_object_comes_back": _NO_VERSIONS,
}


class AzuriteHarness(StorageHarness):
    """Azurite with the account's key.

    Args:
        client: the client under test.
        server: where it runs.
        is_cheap: whether a thousand requests take a few seconds at most.
    """

    other_storage_class = "Cool"
    takes_any_tag = False
    keeps_parts = True

    def __init__(self, client: AzureBlobClient, server: AzuriteServer, *, is_cheap: bool = False) -> None:
        super().__init__(client)
        self._server = server
        self.is_cheap = is_cheap
        self.secrets = (server.account_key,)

    def _with_key(self, account: str, key: str) -> AzureBlobClient:
        credentials = CloudCredentials(CloudProvider.AZURE, account_name=account, account_key=key)
        return AzureBlobClient(credentials, account_url=f"{self._server.endpoint_url}/{account}")

    def _with_sas(
        self, permissions: str, *, ends_in: float = 3600, key: str | None = None
    ) -> AzureBlobClient:
        sas = new_sas(self._server, permissions, ends_in=ends_in, key=key)
        credentials = CloudCredentials(CloudProvider.AZURE, sas_token=sas)
        return AzureBlobClient(credentials, account_url=self._server.account_url)

    def with_wrong_secret(self) -> AzureBlobClient:
        return self._with_key(self._server.account_name, self._server.other.secret_key)

    def with_unknown_identity(self) -> AzureBlobClient:
        return self._with_key(_STRANGER, self._server.other.secret_key)

    def with_read_only_identity(self) -> AzureBlobClient:
        return self._with_sas(_READ)

    def with_expired_credentials(self) -> AzureBlobClient:
        return self._with_sas(_ALL, ends_in=-60)


class SasHarness(AzuriteHarness):
    """Azurite with a shared access signature of the account."""

    def __init__(self, client: AzureBlobClient, server: AzuriteServer, sas: str) -> None:
        super().__init__(client, server)
        self.secrets = (sas, sas.rpartition("sig=")[2])

    def with_wrong_secret(self) -> AzureBlobClient:
        return self._with_sas(_ALL, key=self._server.other.secret_key)


class TokenHarness(StorageHarness):
    """Azurite with bearer tokens, of which it reads what they say: it knows no roles."""

    other_storage_class = "Cool"
    takes_any_tag = False
    keeps_parts = True
    authorizes = False
    asks_to_sign = True

    def __init__(self, client: AzureBlobClient, server: AzuriteServer, token: str) -> None:
        super().__init__(client)
        self._server = server
        self.secrets = (token,)

    def _with(self, token: str) -> AzureBlobClient:
        credentials = CloudCredentials(CloudProvider.AZURE, token=token)
        options = AzureOptions(ca_bundle=self._server.ca_file)
        return AzureBlobClient(credentials, account_url=self._server.account_url, options=options)

    def with_wrong_secret(self) -> AzureBlobClient:
        return self._with("no-token-at-all")

    def with_unknown_identity(self) -> AzureBlobClient:
        return self._with(bearer_token(audience="https://example.org"))

    def with_expired_credentials(self) -> AzureBlobClient:
        return self._with(bearer_token(expires_in=-3600))


def new_sas(
    server: AzuriteServer, permissions: str = _ALL, *, ends_in: float = 3600, key: str | None = None
) -> str:
    """Return a signature for the account, its containers and their objects."""
    now = datetime.now(timezone.utc)
    ends = now + timedelta(seconds=ends_in)
    starts = min(now, ends) - timedelta(minutes=5)
    terms = SasTerms(permissions=permissions, starts_at=starts, expires_at=ends, https_only=False)
    return account_sas(server.account_name, Secret(key or server.account_key), terms, "sco")


@contextmanager
def azure_client(
    server: AzuriteServer, field: str, secret: str, *, account_name: str | None = None
) -> Iterator[AzureBlobClient]:
    """Give a client whose secret is in the environment, so that it can be pickled.

    Args:
        server: where it works.
        field: name of the secret in `CloudCredentials`.
        secret: its value.
        account_name: needed beside an account key.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(_VARIABLE, secret)
        if server.ca_file is not None:
            patch.setenv(
                "SSL_CERT_FILE", str(server.ca_file)
            )  # for the kit, which fetches signed URLs itself
        found = {field: Secret.from_env(_VARIABLE)}
        credentials = CloudCredentials(CloudProvider.AZURE, account_name=account_name, **found)  # type: ignore[arg-type]  # all are secrets
        options = AzureOptions(ca_bundle=server.ca_file)
        with AzureBlobClient(credentials, account_url=server.account_url, options=options) as client:
            yield client
