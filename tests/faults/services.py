"""The other services behind a fault proxy: how to reach each, and where one cannot do what most do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud.azure import AzureBlobClient
from cloud.common import (
    AuthenticationError,
    CloudCredentials,
    CloudProvider,
    ConfigurationError,
    IntegrityError,
    RetryPolicy,
    ServiceUnavailableError,
)
from cloud.gcp import GCSClient
from cloud.infomaniak import InfomaniakObjectStorageClient
from faults.support import ATTEMPTS, RANGES, Ends, Kind, Waits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud.common import BaseStorageClient
    from cloud.testing import FaultKind
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


STREAMED = ("iter", "open")
GIVEN_OUT = Ends(IntegrityError, "the bytes were given out before the end, where the checksum shows it")
FOR_ALL: Mapping[FaultKind, Ends] = {
    Kind.HUGE_HEADER: Ends(ServiceUnavailableError, "no service sends such a head by accident"),
    Kind.REDIRECT: Ends(ConfigurationError, "redirects to another host are refused"),
}


@dataclass(frozen=True)
class Service:
    """A service and what its protocol cannot do about a fault.

    Attributes:
        name: for test ids.
        fixture: of the server.
        connect: makes a client of the server by way of a URL.
        unseen: cells in which wrong bytes cannot be seen, because the service names no checksum of them.
        ends: cells that end by an error.
        range_header: in which its client asks for a range.
        rewrites_host: whether the server looks at the Host that it is asked by.
        refuses_flipped: whether the test server refuses a flipped byte as any bad request, which is not tried
            again.
    """

    name: str
    fixture: str
    connect: Callable[[Any, str, Mapping[str, Any]], BaseStorageClient]
    unseen: frozenset[tuple[FaultKind, str]] = frozenset()
    ends: Mapping[tuple[FaultKind, str], Ends] | None = None
    range_header: str = "range"
    rewrites_host: bool = False
    refuses_flipped: bool = False

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

    def end_of(self, kind: FaultKind, reading: str) -> Ends | None:
        """Return how a single fault of `kind` ends; None for the right bytes."""
        if kind in FOR_ALL:
            return FOR_ALL[kind]
        return (self.ends or {}).get((kind, reading))


def _cells(kinds: tuple[FaultKind, ...], names: tuple[str, ...]) -> frozenset[tuple[FaultKind, str]]:
    return frozenset((kind, name) for kind in kinds for name in names)


_STREAM_ENDS = dict.fromkeys(_cells((Kind.CORRUPT, Kind.PAD_CL, Kind.TRUNC_CL), STREAMED), GIVEN_OUT)

_SIGNED = Ends(AuthenticationError, "the signature covers the range: the service refuses the changed request")
_SIGNED_RANGES = dict.fromkeys(_cells((Kind.DROP_RANGE, Kind.WRONG_RANGE), ("range", "file.part")), _SIGNED)

SERVICES = (
    Service(
        "gcs",
        "fake_gcs_server",
        _gcs,
        unseen=_cells((Kind.CORRUPT, Kind.WRONG_RANGE), ("range",)),
        ends=_STREAM_ENDS,
        rewrites_host=True,
    ),
    Service(
        "azure",
        "azurite_server",
        _azure,
        # Objects in blocks have no checksum at Azure, and ranges have none that is asked for.
        unseen=_cells((Kind.CORRUPT,), ("range", "file.part")),
        ends=_STREAM_ENDS | _SIGNED_RANGES,
        range_header="x-ms-range",
        refuses_flipped=True,
    ),
    Service(
        "swift",
        "swift_server",
        _swift,
        # A large object is a list of segments: its ETag is no checksum of its bytes.
        unseen=_cells((Kind.CORRUPT, Kind.WRONG_RANGE), ("range", "file.part"))
        | _cells((Kind.TRUNC_CL,), ("ranges", "file")),
        ends=_STREAM_ENDS,
    ),
)
