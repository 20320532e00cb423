"""The servers as pytest fixtures, each started once per session, when the first test asks for it.

Import them into a ``conftest.py``: ``from servers.fixtures import seaweedfs_server``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from servers import ceph, moto_server, seaweedfs, swift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers._models import Server
    from servers.swift import SwiftServer

__all__ = ["ceph_server", "moto_auth_server", "moto_server_", "seaweedfs_server", "swift_server"]


@pytest.fixture(scope="session")
def seaweedfs_server() -> Iterator[Server]:
    """Yield a SeaweedFS."""
    with seaweedfs.run() as server:
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
