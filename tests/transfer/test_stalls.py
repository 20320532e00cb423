"""A cancel ends a transfer within a second while its parts wait for a silent service: Azure; S3 is in tests/faults."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from cloud.azure import AzureBlobClient
from cloud.common import (
    Cancellation,
    CancelledError,
    CloudCredentials,
    CloudProvider,
    NotFoundError,
    TransferConfig,
)
from cloud.testing import Fault, FaultKind, FaultProxy
from faults.support import random_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from servers.azurite import AzuriteServer

MIB = 1 << 20
SILENCE = 3600.0
PARTS = TransferConfig(part_size=MIB, threshold=2 * MIB, max_workers=3)
DATA = random_bytes(8 * MIB)

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def proxy(azurite_server: AzuriteServer) -> Iterator[FaultProxy]:
    with FaultProxy(azurite_server.endpoint_url) as proxy:
        yield proxy


@pytest.fixture
def client(azurite_server: AzuriteServer, proxy: FaultProxy) -> Iterator[AzureBlobClient]:
    name = azurite_server.account_name
    credentials = CloudCredentials(
        CloudProvider.AZURE, account_name=name, account_key=azurite_server.account_key
    )
    with AzureBlobClient(
        credentials, account_url=f"{proxy.url}/{name}", timeout=(60.0, 60.0), transfer=PARTS
    ) as client:
        client.create_bucket("stalls")
        yield client


def check_cancelled_soon(call: Callable[[Cancellation], object], proxy: FaultProxy, workers: int) -> None:
    """Pull the switch once all workers wait, and check that `call` ends within a second."""
    switch, moments = Cancellation(), []

    def pull() -> None:
        while sum(request.fault is not None for request in proxy.requests) < workers:
            time.sleep(0.01)
        time.sleep(0.05)
        moments.append(time.monotonic())
        switch.cancel()

    thread = threading.Thread(target=pull)
    thread.start()
    with pytest.raises(CancelledError):
        call(switch)
    assert time.monotonic() - moments[0] < 1.0
    thread.join()


def test_an_upload_whose_parts_hang(client: AzureBlobClient, proxy: FaultProxy, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(DATA)
    stall = Fault(kind=FaultKind.STALL_UPLOAD, method="PUT", seconds=SILENCE, count=0, at=40_000)
    proxy.inject(stall)
    check_cancelled_soon(
        lambda switch: client.upload_file("stalls", "new", source, cancellation=switch), proxy, 3
    )
    proxy.clear()
    with pytest.raises(NotFoundError):
        client.get_object_metadata("stalls", "new")


def test_a_download_whose_ranges_hang(client: AzureBlobClient, proxy: FaultProxy, tmp_path: Path) -> None:
    client.upload_file("stalls", "old", DATA)
    proxy.clear()
    proxy.inject(Fault(kind=FaultKind.STALL_BODY, method="GET", seconds=SILENCE, count=0))
    check_cancelled_soon(
        lambda switch: client.download_to("stalls", "old", tmp_path / "file", cancellation=switch),
        proxy,
        3,
    )
    assert list(tmp_path.iterdir()) == []


def test_a_resumed_download_whose_ranges_hang_keeps_what_it_has(
    client: AzureBlobClient, proxy: FaultProxy, tmp_path: Path
) -> None:
    client.upload_file("stalls", "old", DATA)
    proxy.clear()
    proxy.inject(Fault(kind=FaultKind.STALL_BODY, method="GET", seconds=SILENCE, count=0, skip=3))
    target = tmp_path / "file"
    check_cancelled_soon(
        lambda switch: client.download_to("stalls", "old", target, cancellation=switch, resume=True),
        proxy,
        3,
    )
    assert not target.exists()
    assert len(list(tmp_path.glob(".*.part"))) == 2
    proxy.clear()
    client.download_to("stalls", "old", target, resume=True)
    assert target.read_bytes() == DATA
    assert len(proxy.requests) <= 6
    assert list(tmp_path.iterdir()) == [target]


def test_an_upload_goes_on_after_a_cancel(
    client: AzureBlobClient, proxy: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    source = tmp_path / "source"
    source.write_bytes(DATA)
    stall = Fault(kind=FaultKind.STALL_UPLOAD, method="PUT", seconds=SILENCE, count=0, at=40_000, skip=4)
    proxy.inject(stall)
    check_cancelled_soon(
        lambda switch: client.upload_file("stalls", "again", source, cancellation=switch, resume=True),
        proxy,
        3,
    )
    proxy.clear()
    client.upload_file("stalls", "again", source, resume=True)
    assert len(proxy.requests) <= 5  # four parts that were missing, and the list of all
    assert client.download_file("stalls", "again") == DATA
