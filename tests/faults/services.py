"""The other services: how to reach each by way of a URL, without waits between its tries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud.azure import AzureBlobClient
from cloud.common import CloudCredentials, CloudProvider, RetryPolicy
from cloud.gcp import GCSClient
from cloud.infomaniak import InfomaniakObjectStorageClient
from faults.support import ATTEMPTS, RANGES, Waits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud.common import BaseStorageClient
    from servers import GcsServer
    from servers.azurite import AzuriteServer
    from servers.swift import SwiftServer


def _gcs(server: GcsServer, url: str, arguments: Mapping[str, Any]) -> BaseStorageClient:
    return GCSClient(project=server.project, endpoint_url=url, anonymous=True, **arguments)


def _azure(server: AzuriteServer, url: str, arguments: Mapping[str, Any]) -> BaseStorageClient:
    credentials = CloudCredentials(
        CloudProvider.AZURE, account_name=server.account_name, account_key=server.account_key
    )
    return AzureBlobClient(credentials, account_url=f"{url}/{server.account_name}", **arguments)


def _swift(server: SwiftServer, url: str, arguments: Mapping[str, Any]) -> BaseStorageClient:
    credentials = CloudCredentials(
        CloudProvider.INFOMANIAK,
        auth_url=server.auth_url,
        username=server.admin.access_key,
        password=server.admin.secret_key,
    )
    account = server.storage_url.removeprefix(server.endpoint_url)
    return InfomaniakObjectStorageClient(credentials, endpoint_url=f"{url}{account}", **arguments)


@dataclass(frozen=True)
class Service:
    """A service, and how to reach it without waits.

    Attributes:
        name: for test ids.
        fixture: of the server.
        connect: makes a client of the server by way of a URL.
    """

    name: str
    fixture: str
    connect: Callable[[Any, str, Mapping[str, Any]], BaseStorageClient]

    def client(self, server: Any, url: str, silence: float, attempts: int = ATTEMPTS) -> BaseStorageClient:
        """Return a client that waits `silence` seconds at most, and between its tries not at all."""
        client = self.connect(
            server,
            url,
            {
                "timeout": (silence, silence),
                "transfer": RANGES,
                "retry": RetryPolicy(max_attempts=attempts, jitter=lambda ceiling: ceiling),
            },
        )
        client._runtime._sleep = Waits()
        return client


SERVICES = (
    Service("gcs", "fake_gcs_server", _gcs),
    Service("azure", "azurite_server", _azure),
    Service("swift", "swift_server", _swift),
)
