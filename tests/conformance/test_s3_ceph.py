"""The kit on S3Client against Ceph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.aws import S3Client
from cloud.testing import StorageConformance
from conformance.deviations import CEPH
from conformance.harnesses import S3Harness, s3_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers._models import Server


@pytest.fixture(scope="module")
def client(ceph_server: Server) -> Iterator[S3Client]:
    with s3_client(S3Client, ceph_server, service="ceph") as client:
        yield client


class TestS3Ceph(StorageConformance):
    title = "S3Client on Ceph"
    deviations = CEPH

    @pytest.fixture
    def harness(self, client: S3Client, ceph_server: Server) -> S3Harness:
        return S3Harness(client, ceph_server, service="ceph")
