from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from coda.helpers import Clock, make_client, make_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.coda_io import CodaClient
    from cloud.testing import FakeCodaDoc, FakeCodaServer, FakeCodaTable


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[FakeCodaServer]:
    with make_server(clock) as running:
        yield running


@pytest.fixture
def client(server: FakeCodaServer, clock: Clock) -> Iterator[CodaClient]:
    with make_client(server, clock) as made:
        yield made


@pytest.fixture
def doc(server: FakeCodaServer) -> FakeCodaDoc:
    return server.add_doc("Planning")


@pytest.fixture
def table(doc: FakeCodaDoc) -> FakeCodaTable:
    """A table of 450 rows."""
    rows = [{"Key": f"k{number:04d}", "Size": number} for number in range(450)]
    return doc.add_table("Things", {"Key": "text", "Size": "number", "Done": "checkbox"}, rows)
