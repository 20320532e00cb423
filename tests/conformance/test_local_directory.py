"""The kit on the embedded store in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.local import LocalStorageClient
from cloud.testing import StorageConformance
from conformance.harnesses import LocalHarness

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStorageClient]:
    with LocalStorageClient(tmp_path_factory.mktemp("local") / "store") as client:
        yield client


class TestLocalDirectory(StorageConformance):
    title = "Local (folder)"

    @pytest.fixture
    def harness(self, client: LocalStorageClient) -> LocalHarness:
        return LocalHarness(client)
