"""The kit on InfomaniakObjectStorageClient against OpenStack Swift, which Infomaniak runs."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from cloud.testing import StorageConformance
from conformance._swift import POSSIBLE_BUCKETS, SwiftHarness, swift_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.infomaniak import InfomaniakObjectStorageClient
    from servers.swift import SwiftServer

_URL_KEY = secrets.token_hex(20)


@pytest.fixture(scope="module")
def client(swift_server: SwiftServer) -> Iterator[InfomaniakObjectStorageClient]:
    with swift_client(swift_server, _URL_KEY) as client:
        yield client


class TestInfomaniakSwift(StorageConformance):
    title = "InfomaniakObjectStorageClient on Swift"
    possible_buckets = POSSIBLE_BUCKETS

    @pytest.fixture
    def harness(self, client: InfomaniakObjectStorageClient, swift_server: SwiftServer) -> SwiftHarness:
        return SwiftHarness(client, swift_server, _URL_KEY)
