"""Azure's writes whose answer was lost: repeated where that changes nothing, said to be lost elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from cloud.azure import AzureBlobClient
from cloud.common import OutcomeUnknownError, RetryPolicy, TransferConfig
from cloud.testing import Fault, FaultProxy
from faults.support import KIB, PATIENCE, Kind, fault_id, outcome, random_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.azurite import AzuriteServer

pytestmark = pytest.mark.timeout(30)  # a hang is what these tests are about

PARTS = TransferConfig(part_size=64 * KIB, threshold=64 * KIB, max_workers=1)
BODY = random_bytes(150 * KIB)
BLOCKS = 3
LOST = (Fault(kind=Kind.LOST_REPLY), Fault(kind=Kind.LOST_REPLY_FIN))


@pytest.fixture
def proxy(azurite_server: AzuriteServer) -> Iterator[FaultProxy]:
    with FaultProxy(azurite_server.endpoint_url) as running:
        yield running


@pytest.fixture
def client(azurite_server: AzuriteServer, proxy: FaultProxy) -> Iterator[AzureBlobClient]:
    """Give a client behind the proxy."""
    name, key = azurite_server.account_name, azurite_server.account_key
    text = f"AccountName={name};AccountKey={key};BlobEndpoint={proxy.url}/{name}"
    retry = RetryPolicy(max_attempts=3, jitter=lambda _ceiling: 0.0)
    with AzureBlobClient(
        connection_string=text, retry=retry, transfer=PARTS, timeout=(PATIENCE, PATIENCE)
    ) as client:
        yield client


@pytest.fixture
def bucket(client: AzureBlobClient) -> Iterator[str]:
    name = f"lost-{uuid4().hex}"
    client.create_bucket(name)
    yield name
    client.delete_bucket(name, force=True)


def lose(proxy: FaultProxy, fault: Fault, number: int = 1) -> None:
    """Lose the answer to the `number`-th request from now on."""
    proxy.inject(replace(fault, skip=number - 1))


@pytest.mark.parametrize("fault", LOST, ids=fault_id)
def test_plain_writes_are_repeated(
    client: AzureBlobClient, bucket: str, proxy: FaultProxy, fault: Fault
) -> None:
    for number in range(1, BLOCKS + 2):  # every block, and the list of blocks
        lose(proxy, fault, number)
        client.upload_file(bucket, f"k{number}", BODY)
        assert client.download_file(bucket, f"k{number}") == BODY
    lose(proxy, fault)
    assert [result.ok for result in client.delete_files(bucket, ["k1", "k2"])] == [True, True]
    assert [info.key for info in client.list_objects(bucket)] == ["k3", "k4"]


@pytest.mark.parametrize("fault", LOST, ids=fault_id)
@pytest.mark.parametrize(("body", "last"), [(b"small", 1), (BODY, BLOCKS + 1)], ids=["put", "blocks"])
def test_lost_answer_to_a_create_is_said_to_be_lost(
    client: AzureBlobClient, bucket: str, proxy: FaultProxy, fault: Fault, body: bytes, last: int
) -> None:
    before = len(proxy.requests)
    lose(proxy, fault, last)
    result: Any = outcome(lambda: client.upload_file(bucket, "k", body, if_absent=True))
    assert type(result) is OutcomeUnknownError
    assert len(proxy.requests) - before == last
    assert client.download_file(bucket, "k") == body


@pytest.mark.parametrize("fault", LOST, ids=fault_id)
def test_copies_are_repeated(client: AzureBlobClient, bucket: str, proxy: FaultProxy, fault: Fault) -> None:
    client.upload_file(bucket, "from", b"body", metadata={"a": "1"})
    lose(proxy, fault, 2)  # after the look at the source
    client.copy_file(bucket, "from", bucket, "to")
    assert client.download_file(bucket, "to") == b"body"
    assert client.get_object_metadata(bucket, "to").metadata == {"a": "1"}
