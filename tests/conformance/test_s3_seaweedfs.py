"""The kit on S3Client against SeaweedFS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.aws import S3Client
from cloud.testing import StorageConformance
from conformance.deviations import SEAWEEDFS, SEAWEEDFS_REFUSES
from conformance.harnesses import S3Harness, s3_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers._models import Server


@pytest.fixture(scope="module")
def client(seaweedfs_server: Server) -> Iterator[S3Client]:
    with s3_client(S3Client, seaweedfs_server, service="seaweedfs") as client:
        yield client


class TestS3SeaweedFS(StorageConformance):
    title = "S3Client on SeaweedFS"
    deviations = SEAWEEDFS
    refused_keys = SEAWEEDFS_REFUSES

    @pytest.fixture
    def harness(self, client: S3Client, seaweedfs_server: Server) -> S3Harness:
        return S3Harness(client, seaweedfs_server, service="seaweedfs", is_cheap=True)
