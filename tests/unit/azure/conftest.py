"""Clients of Azurite, with the account's key and logged in, and buckets that are gone afterwards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import pytest

from cloud.azure import AzureBlobClient, AzureOptions
from servers.azurite import bearer_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from servers.azurite import AzuriteServer


class Token(NamedTuple):
    """What a credential of azure-identity gives."""

    token: str
    expires_on: int


class Identity:
    """A credential of azure-identity's protocol, whose tokens Azurite accepts."""

    def get_token(self, *_scopes: str, **_more: Any) -> Token:
        """Return a token of one hour."""
        return Token(bearer_token(), int(time.time()) + 3600)


@pytest.fixture
def make(azurite_server: AzuriteServer) -> Iterator[Callable[..., AzureBlobClient]]:
    """Return what makes clients with the account's key."""
    made: list[AzureBlobClient] = []

    def make_one(**settings: Any) -> AzureBlobClient:
        made.append(AzureBlobClient(connection_string=azurite_server.connection_string, **settings))
        return made[-1]

    yield make_one
    for client in made:
        client.close()


@pytest.fixture
def azurite(make: Callable[..., AzureBlobClient]) -> AzureBlobClient:
    """Return a client with the account's key."""
    return make()


@pytest.fixture
def make_logged_in(azurite_oauth_server: AzuriteServer) -> Iterator[Callable[..., AzureBlobClient]]:
    """Return what makes clients that log in; it takes the options that they have beside their login."""
    made: list[AzureBlobClient] = []

    def make_one(**options: Any) -> AzureBlobClient:
        chosen = AzureOptions(token_credential=Identity(), ca_bundle=azurite_oauth_server.ca_file, **options)
        made.append(AzureBlobClient(account_url=azurite_oauth_server.account_url, options=chosen))
        return made[-1]

    yield make_one
    for client in made:
        client.close()


@pytest.fixture
def logged_in(make_logged_in: Callable[..., AzureBlobClient]) -> AzureBlobClient:
    """Return a client that is logged in."""
    return make_logged_in()


@pytest.fixture
def new_bucket(azurite: AzureBlobClient) -> Iterator[Callable[[], str]]:
    """Return what makes empty buckets."""
    made: list[str] = []

    def make_one() -> str:
        made.append(f"b-{uuid4().hex}")
        azurite.create_bucket(made[-1])
        return made[-1]

    yield make_one
    for name in made:
        azurite.native.delete_container(name) if azurite.bucket_exists(name) else None


@pytest.fixture
def bucket(new_bucket: Callable[[], str]) -> str:
    """Return an empty bucket."""
    return new_bucket()
