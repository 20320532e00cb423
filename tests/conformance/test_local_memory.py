"""The kit on the embedded store in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.local import LocalStorageClient
from cloud.testing import StorageConformance
from conformance.harnesses import LocalHarness

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def client() -> Iterator[LocalStorageClient]:
    with LocalStorageClient.in_memory() as client:
        yield client


class MemoryHarness(LocalHarness):
    pickles = False


class TestLocalMemory(StorageConformance):
    title = "Local (memory)"

    @pytest.fixture
    def harness(self, client: LocalStorageClient) -> MemoryHarness:
        return MemoryHarness(client)
