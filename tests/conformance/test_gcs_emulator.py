"""The kit on GCSClient against gcp-storage-emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.testing import StorageConformance
from conformance._gcs import EMULATOR, EMULATOR_REFUSES, EMULATOR_UNSTEADY, GCSHarness, gcs_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.gcp import GCSClient
    from servers._models import GcsServer


@pytest.fixture(scope="module")
def client(gcs_emulator_server: GcsServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GCSClient]:
    folder = tmp_path_factory.mktemp("gcs")
    with gcs_client(gcs_emulator_server, folder, service="gcp-storage-emulator") as client:
        yield client


class TestGCSEmulator(StorageConformance):
    title = "GCSClient on gcp-storage-emulator"
    deviations = EMULATOR
    unsteady = EMULATOR_UNSTEADY
    refused_keys = EMULATOR_REFUSES

    @pytest.fixture
    def harness(self, client: GCSClient, gcs_emulator_server: GcsServer) -> GCSHarness:
        return GCSHarness(client, gcs_emulator_server, service="gcp-storage-emulator")
