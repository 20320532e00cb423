"""The kit on GCSClient against gcp-storage-emulator."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import pytest

from cloud.common import RetryPolicy
from cloud.testing import StorageConformance
from conformance._gcs import EMULATOR, EMULATOR_REFUSES, EMULATOR_UNSTEADY, GCSHarness, gcs_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.gcp import GCSClient
    from servers._models import GcsServer


@pytest.fixture(scope="module")
def client(gcs_emulator_server: GcsServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GCSClient]:
    folder = tmp_path_factory.mktemp("gcs")
    impatient = RetryPolicy(max_attempts=4, base_seconds=0.01)  # the server serves one request at a time
    with gcs_client(
        gcs_emulator_server, folder, service="gcp-storage-emulator", seconds=1.0, retry=impatient
    ) as client:
        yield client


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    """Close what a failed test had open: until then this server serves nobody else."""
    yield
    if getattr(sys, "last_traceback", None) is not None:  # pytest keeps that of the last failure
        sys.last_traceback = None
        sys.last_value = None
        gc.collect()


class TestGCSEmulator(StorageConformance):
    title = "GCSClient on gcp-storage-emulator"
    deviations = EMULATOR
    unsteady = EMULATOR_UNSTEADY
    refused_keys = EMULATOR_REFUSES

    @pytest.fixture
    def harness(self, client: GCSClient, gcs_emulator_server: GcsServer) -> GCSHarness:
        return GCSHarness(client, gcs_emulator_server, service="gcp-storage-emulator")
