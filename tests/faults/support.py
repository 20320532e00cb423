"""What the fault tests share: a client behind a fault proxy, the objects it reads, how a call ended."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.aws import S3Client
from cloud.common import CloudCredentials, CloudError, CloudProvider, RetryPolicy, TransferConfig
from cloud.testing import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.testing import FaultProxy
    from servers import Server

Kind = FaultKind
BUCKET = "faults"
KIB, MIB = 1 << 10, 1 << 20


def random_bytes(size: int) -> bytes:
    """Return always the same `size` bytes, no two ranges of which are alike."""
    return random.Random(size).randbytes(size)  # noqa: S311  # they guard nothing


SMALL = random_bytes(64 * KIB)
LARGE = random_bytes(3 * MIB)
RANGES = TransferConfig(part_size=1 * MIB, threshold=2 * MIB, max_workers=2)
# Longer than every timeout here: a silence of it ends by the client's timeout or not at all.
SILENCE = 3600.0
SHORT_SILENCE = 0.4
PATIENCE = 10.0
ATTEMPTS = 4
SILENT_KINDS = frozenset({Kind.SLOW_HEAD, Kind.STALL_BODY, Kind.STALL_UPLOAD})


@dataclass
class Waits:
    """What a client would have slept; nobody waits in these tests.

    Attributes:
        seconds: each wait, in order.
        during: called at each, for what happens meanwhile.
    """

    seconds: list[float] = field(default_factory=list)
    during: Callable[[], None] = lambda: None

    def __call__(self, seconds: float) -> None:
        """Take note of a wait."""
        self.seconds.append(seconds)
        self.during()


def credentials_of(server: Server) -> CloudCredentials:
    """Return the administrator of `server`."""
    return CloudCredentials(
        CloudProvider.AWS,
        access_key=server.admin.access_key,
        secret_key=server.admin.secret_key,
        region=server.region,
    )


def make_client(
    server: Server, url: str, *, silence: float = PATIENCE, service: str = "seaweedfs", **arguments: Any
) -> tuple[S3Client, Waits]:
    """Return a client of `server` by way of `url`, and the waits of its retries.

    Args:
        server: whose keys it has.
        url: where it sends its requests.
        silence: seconds without progress that it takes.
        service: profile.
        arguments: further ones of S3Client.
    """
    waits = Waits()
    arguments.setdefault("credentials", credentials_of(server))
    arguments.setdefault("transfer", RANGES)
    arguments.setdefault("retry", RetryPolicy(max_attempts=ATTEMPTS, jitter=lambda ceiling: ceiling))
    client = S3Client(endpoint_url=url, service=service, timeout=(silence, silence), **arguments)
    client._runtime._sleep = waits
    return client, waits


def client_for(fault: Fault, proxy: FaultProxy, server: Server, **arguments: Any) -> tuple[S3Client, Waits]:
    """Return a client behind `proxy` that will meet `fault`, impatient where the fault is a silence.

    While it waits for its next try, a refusing proxy accepts connections again, unless it always refuses.
    """
    silence = PATIENCE
    if fault.kind in SILENT_KINDS:
        silence = SHORT_SILENCE
        if not fault.count:  # each try takes a whole silence: two show as much as four
            arguments.setdefault("retry", RetryPolicy(max_attempts=2))
    client, waits = make_client(server, proxy.url, silence=silence, **arguments)
    if fault.kind is Kind.REFUSE and fault.count:
        waits.during = proxy.accept
    proxy.inject(fault)
    return client, waits


@dataclass(frozen=True)
class Ends:
    """How a cell of a fault table must end when it does not end right.

    Attributes:
        error: class of the error.
        because: why it cannot end right.
    """

    error: type[CloudError]
    because: str


def outcome(call: Callable[[], Any]) -> Any:
    """Return what `call` returns, or the CloudError that it raises; any other exception is a failure."""
    try:
        return call()
    except CloudError as error:
        return error


def fault_id(fault: Fault) -> str:
    """Return a short name of `fault` for test ids."""
    parts = [fault.kind.value]
    if fault.kind in {Kind.STATUS, Kind.S3_ERROR} and fault.status is not None:
        parts.append(str(fault.status))
    if fault.kind in {Kind.S3_ERROR, Kind.S3_200_ERROR}:
        parts.append(fault.error_code)
    if fault.count != 1:
        parts.append(f"x{fault.count}" if fault.count else "always")
    return "-".join(parts)
