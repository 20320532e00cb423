"""The servers as pytest fixtures, each started once per session, when the first test asks for it.

Import them into a ``conftest.py``: ``from servers.fixtures import seaweedfs_server``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from servers import azurite, ceph, fake_gcs, gcs_emulator, ministack, moto_server, seaweedfs, swift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers._models import GcsServer, Server
    from servers.azurite import AzuriteServer
    from servers.swift import SwiftServer

__all__ = [
    "azurite_oauth_server",
    "azurite_server",
    "ceph_server",
    "fake_gcs_server",
    "gcs_emulator_server",
    "ministack_server",
    "moto_auth_server",
    "moto_server_",
    "seaweedfs_server",
    "swift_server",
]


@pytest.fixture(scope="session")
def seaweedfs_server() -> Iterator[Server]:
    """Yield a SeaweedFS."""
    with seaweedfs.run() as server:
        yield server


@pytest.fixture(scope="session")
def ministack_server() -> Iterator[Server]:
    """Yield a ministack, which runs Lambda functions."""
    with ministack.run() as server:
        yield server


@pytest.fixture(scope="session", name="moto_server")
def moto_server_() -> Iterator[Server]:
    """Yield a moto server, named ``moto_server``, that believes every key."""
    with moto_server.run() as server:
        yield server


@pytest.fixture(scope="session")
def moto_auth_server() -> Iterator[Server]:
    """Yield a moto server that checks signatures and policies."""
    with moto_server.run(check_auth=True) as server:
        yield server


@pytest.fixture(scope="session")
def swift_server() -> Iterator[SwiftServer]:
    """Yield a Swift with its S3 API."""
    with swift.run() as server:
        yield server


@pytest.fixture(scope="session")
def ceph_server() -> Iterator[Server]:
    """Yield a Ceph gateway; ask `ceph.available()` before collecting tests that need it."""
    with ceph.run() as server:
        yield server


@pytest.fixture(scope="session")
def fake_gcs_server() -> Iterator[GcsServer]:
    """Yield a fake-gcs-server."""
    with fake_gcs.run() as server:
        yield server


@pytest.fixture(scope="session")
def gcs_emulator_server() -> Iterator[GcsServer]:
    """Yield a gcp-storage-emulator."""
    with gcs_emulator.run() as server:
        yield server


@pytest.fixture(scope="session")
def azurite_server() -> Iterator[AzuriteServer]:
    """Yield an Azurite that knows account keys and shared access signatures."""
    with azurite.run() as server:
        yield server


@pytest.fixture(scope="session")
def azurite_oauth_server() -> Iterator[AzuriteServer]:
    """Yield an Azurite over TLS that also accepts the tokens of `azurite.bearer_token`."""
    with azurite.run(oauth=True) as server:
        yield server
