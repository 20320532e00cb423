"""The kit on GCSClient against fake-gcs-server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.testing import StorageConformance
from conformance._gcs import FAKE_GCS, FAKE_GCS_UNSTEADY, GOOGLE_REFUSES, GCSHarness, gcs_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.gcp import GCSClient
    from servers._models import GcsServer


@pytest.fixture(scope="module")
def client(fake_gcs_server: GcsServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GCSClient]:
    folder = tmp_path_factory.mktemp("gcs")
    with gcs_client(fake_gcs_server, folder, service="fake-gcs-server") as client:
        yield client


class TestFakeGCS(StorageConformance):
    title = "GCSClient on fake-gcs-server"
    deviations = FAKE_GCS
    unsteady = FAKE_GCS_UNSTEADY
    refused_keys = GOOGLE_REFUSES

    @pytest.fixture
    def harness(self, client: GCSClient, fake_gcs_server: GcsServer) -> GCSHarness:
        return GCSHarness(client, fake_gcs_server, service="fake-gcs-server")
