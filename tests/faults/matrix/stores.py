"""The services of the matrix: how each is started, and how a client reaches it by way of a proxy."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cloud.common import Capability, NotFoundError
from faults.matrix import ours
from faults.matrix.cases import BUCKET, LARGE, LARGE_KEY, SMALL, SMALL_KEY, TREE, TREE_FILES
from servers import azurite, fake_gcs, seaweedfs, swift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from cloud.common import BaseStorageClient
    from faults.matrix.clients import Settings

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Store:
    """A service with the objects of the matrix in it.

    Attributes:
        ours: which of the library's clients looks at it past the proxy.
        fixture: of the server.
        run: starts the server.
        rewrites_host: whether the server looks at the Host that it is asked by.
    """

    ours: str
    fixture: str
    run: Callable[[], AbstractContextManager[Any]]
    rewrites_host: bool = False

    def settings(self, server: Any, url: str, timeout: float) -> Settings:
        """Return how to reach `server` by way of `url`."""
        path = ""
        if self.fixture == "azurite_server":
            path = f"/{server.account_name}"
        elif self.ours == "cloud infomaniak-swift":
            path = urlsplit(server.storage_url).path
        return {
            "url": url,
            "path": path,
            "auth_url": getattr(server, "auth_url", ""),
            "access_key": server.admin.access_key,
            "secret_key": server.admin.secret_key,
            "region": server.region,
            "project": getattr(server, "project", ""),
            "timeout": timeout,
            "signed": {},
        }

    def direct(self, server: Any) -> BaseStorageClient:
        """Return a client with nothing between it and the service."""
        return ours.connect(self.ours, self.settings(server, server.endpoint_url, PATIENCE_SECONDS)).client


STORES = {
    "seaweedfs": Store("cloud s3", "seaweedfs_server", seaweedfs.run),
    "swift-s3": Store("cloud infomaniak-s3", "swift_server", swift.run),
    "swift": Store("cloud infomaniak-swift", "swift_server", swift.run),
    "fake-gcs": Store("cloud gcs", "fake_gcs_server", fake_gcs.run, rewrites_host=True),
    "azurite": Store("cloud azure", "azurite_server", azurite.run),
}
STORE_OF = {store.ours: name for name, store in STORES.items()} | {
    "boto3": "seaweedfs",
    "s3fs": "seaweedfs",
    "obstore": "seaweedfs",
    "libcloud": "seaweedfs",
    "requests": "seaweedfs",
    "azure-storage-blob": "azurite",
    "google-cloud-storage": "fake-gcs",
}
"""Where each client is tried."""


def fill(client: BaseStorageClient) -> None:
    """Make the bucket, and store what is read."""
    client.create_bucket(BUCKET)
    client.upload_file(BUCKET, SMALL_KEY, SMALL)
    client.upload_file(BUCKET, LARGE_KEY, LARGE)
    for name, data in TREE_FILES.items():
        client.upload_file(BUCKET, TREE + name, data)


def stored(client: BaseStorageClient, key: str) -> bytes | None:
    """Return what the service holds; None for nothing."""
    try:
        return client.download_file(BUCKET, key)
    except NotFoundError:
        return None


def left_over(client: BaseStorageClient, prefix: str) -> int:
    """Return how many unfinished uploads the service holds."""
    if Capability.UNFINISHED_UPLOADS not in client.capabilities:
        return 0
    return len(client.list_unfinished_uploads(BUCKET, prefix))


@contextmanager
def running(names: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the servers of these stores, filled, by the stores' names; one server for those that share it."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        by_fixture: dict[str, Any] = {}
        for name in sorted(names):
            store = STORES[name]
            if store.fixture not in by_fixture:
                by_fixture[store.fixture] = stack.enter_context(store.run())
            with store.direct(by_fixture[store.fixture]) as client:
                fill(client)
        yield {name: by_fixture[STORES[name].fixture] for name in names}
