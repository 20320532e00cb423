"""The kit on AzureBlobClient with bearer tokens, against Azurite over TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.testing import StorageConformance
from conformance._azure import AZURITE, REFUSED_KEYS, TokenHarness, azure_client
from servers.azurite import bearer_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.azure import AzureBlobClient
    from servers.azurite import AzuriteServer


@pytest.fixture(scope="module")
def token() -> str:
    return bearer_token()


@pytest.fixture(scope="module")
def client(azurite_oauth_server: AzuriteServer, token: str) -> Iterator[AzureBlobClient]:
    with azure_client(azurite_oauth_server, "token", token) as client:
        yield client


class TestAzureOAuth(StorageConformance):
    title = "AzureBlobClient on Azurite, OAuth"
    deviations = AZURITE
    refused_keys = REFUSED_KEYS

    @pytest.fixture
    def harness(
        self, client: AzureBlobClient, azurite_oauth_server: AzuriteServer, token: str
    ) -> TokenHarness:
        return TokenHarness(client, azurite_oauth_server, token)
