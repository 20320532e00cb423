"""The kit on InfomaniakS3Client against OpenStack Swift, which Infomaniak runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.infomaniak import InfomaniakS3Client
from cloud.testing import StorageConformance
from conformance.deviations import SWIFT
from conformance.harnesses import S3Harness, s3_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.swift import SwiftServer


@pytest.fixture(scope="module")
def client(swift_server: SwiftServer) -> Iterator[InfomaniakS3Client]:
    with s3_client(InfomaniakS3Client, swift_server) as client:
        yield client


class TestInfomaniakS3Swift(StorageConformance):
    title = "InfomaniakS3Client on Swift"
    deviations = SWIFT

    @pytest.fixture
    def harness(self, client: InfomaniakS3Client, swift_server: SwiftServer) -> S3Harness:
        return S3Harness(client, swift_server)
