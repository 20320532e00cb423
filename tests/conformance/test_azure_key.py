"""The kit on AzureBlobClient with an account key, against Azurite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.testing import StorageConformance
from conformance._azure import AZURITE, REFUSED_KEYS, AzuriteHarness, azure_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.azure import AzureBlobClient
    from servers.azurite import AzuriteServer


@pytest.fixture(scope="module")
def client(azurite_server: AzuriteServer) -> Iterator[AzureBlobClient]:
    name, key = azurite_server.account_name, azurite_server.account_key
    with azure_client(azurite_server, "account_key", key, account_name=name) as client:
        yield client


class TestAzureKey(StorageConformance):
    title = "AzureBlobClient on Azurite"
    deviations = AZURITE
    refused_keys = REFUSED_KEYS

    @pytest.fixture
    def harness(self, client: AzureBlobClient, azurite_server: AzuriteServer) -> AzuriteHarness:
        return AzuriteHarness(client, azurite_server, is_cheap=True)
