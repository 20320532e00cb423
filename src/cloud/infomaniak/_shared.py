"""One connection for all clients of a login: they share its token and its kept-alive connections."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from cloud.common._fork import renew_after_fork
from cloud.common.credentials import SECRET_FIELDS
from cloud.common.errors import ConfigurationError
from cloud.infomaniak._connection import OpenStackConnection

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from cloud._wire._types import Timeouts
    from cloud.common._redact import Secret
    from cloud.common.credentials import CloudCredentials

_KEY = os.urandom(32)  # digests of secrets are of use in this process only


class ConnectionRegistry:
    """The connections that clients of this process use now; one lives as long as a client of it does."""

    def __init__(self) -> None:
        self._connections: WeakValueDictionary[Hashable, OpenStackConnection] = WeakValueDictionary()
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")

    def connection(
        self,
        credentials: CloudCredentials | None,
        *,
        profile: str | None = None,
        region: str | None = None,
        timeouts: Timeouts,
        ca_bundle: str | os.PathLike[str] | None = None,
        verify: bool = True,
        endpoints: Mapping[str, str] | None = None,
    ) -> OpenStackConnection:
        """Return the one connection of this login and these settings. Nothing is sent."""
        key = (
            _fingerprint(credentials),
            _surroundings(),
            profile,
            region,
            timeouts,
            None if ca_bundle is None else os.fspath(ca_bundle),
            verify,
            tuple(sorted((endpoints or {}).items())),
        )
        with self._lock:
            found = self._connections.get(key)
            if found is None:
                found = self._connections[key] = OpenStackConnection(
                    credentials,
                    profile=profile,
                    region=region,
                    timeout_seconds=timeouts.read,
                    connect_seconds=timeouts.connect,
                    ca_bundle=ca_bundle,
                    verify=verify,
                    endpoints=endpoints,
                    chain=openstack_variables,
                )
            return found


registry = ConnectionRegistry()


def _surroundings() -> Hashable:
    """Return what a login takes from around it: the variables of the SDK's chain, and which clouds.yaml that is.

    Explicit credentials count, too: they may name a cloud in clouds.yaml, and whom TLS trusts is a variable.
    """
    return openstack_variables(), _file_marks()


def openstack_variables() -> Hashable:
    """Return what the SDK's own chain reads, as digests: two logins of one process may differ by it alone."""
    return tuple(
        (name, _digest(value))
        for name, value in sorted(os.environ.items())
        if name.startswith("OS_") or name == "REQUESTS_CA_BUNDLE"
    )


def _file_marks() -> Hashable:
    """Return what tells a clouds.yaml from the one that was written over it; None where the default one is used."""
    path = os.environ.get("OS_CLIENT_CONFIG_FILE")
    if not path:
        return None
    try:
        found = Path(path).stat()
    except OSError as exc:
        return exc.errno  # the first call will say so
    return found.st_ino, found.st_mtime_ns, found.st_size


def _fingerprint(credentials: CloudCredentials | None) -> Hashable:
    """Return what is equal for equal logins and tells nothing about their secrets."""
    if credentials is None:
        return None
    return tuple(
        (name, _mark(value) if name in SECRET_FIELDS else value)
        for name, value in vars(credentials).items()
        if value is not None and name != "source"
    )


def _mark(secret: Secret) -> Hashable:
    try:
        return _digest(secret.reveal())
    except ConfigurationError:
        return id(secret)  # a pickle left it behind, or its file is missing: the first call will say so


def _digest(text: str) -> str:
    from hashlib import blake2b

    return blake2b(text.encode("utf-8", "surrogatepass"), key=_KEY, digest_size=16).hexdigest()
