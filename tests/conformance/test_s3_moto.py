"""The kit on S3Client against moto."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.aws import S3Client
from cloud.testing import StorageConformance
from conformance.deviations import MOTO, MOTO_UNSTEADY
from conformance.harnesses import OpenS3Harness, s3_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers._models import Server


@pytest.fixture(scope="module")
def client(moto_server: Server) -> Iterator[S3Client]:
    with s3_client(S3Client, moto_server, service="aws") as client:
        yield client


class TestS3Moto(StorageConformance):
    title = "S3Client on moto"
    deviations = MOTO
    unsteady = MOTO_UNSTEADY

    @pytest.fixture
    def harness(self, client: S3Client, moto_server: Server) -> OpenS3Harness:
        return OpenS3Harness(client, moto_server, service="aws")
