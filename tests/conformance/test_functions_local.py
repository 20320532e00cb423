"""The kit of functions on LocalServerlessClient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud.local import LocalServerlessClient
from cloud.testing import ServerlessConformance, ServerlessHarness

if TYPE_CHECKING:
    from collections.abc import Iterator


class LocalFunctionsHarness(ServerlessHarness):
    makes_requests = False


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServerlessClient]:
    with LocalServerlessClient(tmp_path_factory.mktemp("local") / "functions") as client:
        yield client


class TestLocalFunctions(ServerlessConformance):
    title = "Local functions"

    @pytest.fixture
    def harness(self, client: LocalServerlessClient) -> LocalFunctionsHarness:
        return LocalFunctionsHarness(client)
