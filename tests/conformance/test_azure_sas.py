"""The kit on AzureBlobClient with a shared access signature of the account, against Azurite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.testing import StorageConformance
from conformance._azure import AZURITE, REFUSED_KEYS, SasHarness, azure_client, new_sas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.azure import AzureBlobClient
    from servers.azurite import AzuriteServer


@pytest.fixture(scope="module")
def sas(azurite_server: AzuriteServer) -> str:
    return new_sas(azurite_server)


@pytest.fixture(scope="module")
def client(azurite_server: AzuriteServer, sas: str) -> Iterator[AzureBlobClient]:
    with azure_client(azurite_server, "sas_token", sas) as client:
        yield client


class TestAzureSas(StorageConformance):
    title = "AzureBlobClient on Azurite, SAS"
    deviations = AZURITE
    refused_keys = REFUSED_KEYS

    @pytest.fixture
    def harness(self, client: AzureBlobClient, azurite_server: AzuriteServer, sas: str) -> SasHarness:
        return SasHarness(client, azurite_server, sas)
