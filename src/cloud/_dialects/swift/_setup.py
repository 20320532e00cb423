"""From a client's arguments to an `Exchange`: login, transport. Nothing here is sent."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Protocol

from cloud._dialects._sessions import AutoTransport, RequestsTransport, requests_is_patched
from cloud._dialects._settings import timeouts_of
from cloud._dialects.swift._exchange import Exchange
from cloud._dialects.swift._login import (
    FixedLogin,
    KeystoneLogin,
    Login,
    Version1Login,
    is_version_1,
)
from cloud._wire._transport import SocketTransport
from cloud._wire._types import TlsOptions
from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from cloud._dialects.swift._options import SwiftOptions
    from cloud._wire._types import Transport
    from cloud.common.credentials import CloudCredentials


class Connection(Protocol):
    """The provider's login to its OpenStack, by its SDK. Nothing is loaded or sent before it is needed."""

    def session(self) -> Any:
        """Return the keystoneauth session."""

    def http(self) -> requests.Session:
        """Return the requests session below it."""

    def region(self) -> str | None:
        """Return the region; None for whatever the catalogue names first."""

    def verify(self) -> str | bool:
        """Return the CA bundle to trust, True for the system's store, False for none."""

    def native(self, storage_url: str | None) -> Any:
        """Return the SDK's connection over the session."""

    def close(self) -> None:
        """Close what is open."""


class SwiftSetup:
    """What a client was told.

    Args:
        credentials: explicit ones; None for what `connection` finds.
        endpoint_url: the account's URL, instead of the login's own.
        timeout: as the client takes it.
        options: what only Swift clients can be told.
        connection: the provider's login.
    """

    def __init__(
        self,
        *,
        credentials: CloudCredentials | None,
        endpoint_url: str | None,
        timeout: float | tuple[float, float] | None,
        options: SwiftOptions,
        connection: Connection,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.credentials = credentials
        self.endpoint_url = endpoint_url
        self.options = options
        self.timeouts = timeouts_of(timeout)
        self.connection = connection
        self.clock = clock
        self._environ = environ

    def login(self, transport: Transport) -> Login:
        """Return who gives the token: nobody's SDK is loaded for a token or version 1 authentication."""
        given, url = self.credentials, self.endpoint_url
        if given is None or given.application_credential_id is not None:
            return self._keystone(url)
        if given.username is not None and given.password is not None:
            if not is_version_1(given.auth_url or ""):
                return self._keystone(url)
            return Version1Login(
                given.auth_url or "",
                given.username,
                given.password,
                transport,
                storage_url=url,
                expires_at=given.expires_at,
                clock=self.clock,
            )
        if given.token is None:
            return self._keystone(url)
        if url is None:
            raise ConfigurationError("a token opens one account", hint="pass its URL as endpoint_url=")
        return FixedLogin(given.token, url, given.expires_at)

    def _keystone(self, storage_url: str | None) -> Login:
        return KeystoneLogin(
            self.connection.session,
            self.connection.region,
            interface=self.options.interface,
            storage_url=storage_url,
            expires_at=None if self.credentials is None else self.credentials.expires_at,
            clock=self.clock,
        )

    def transport(self) -> Transport:
        """Return a new transport."""
        verify = self.connection.verify()
        bundle = verify if isinstance(verify, str) else None
        wire = SocketTransport(
            timeouts=self.timeouts, tls=TlsOptions(ca_bundle=bundle, verify=verify is not False)
        )
        if self.options.transport == "wire":
            return wire
        sdk = RequestsTransport(self.connection.http, timeouts=self.timeouts, verify=verify)
        return sdk if self.options.transport == "sdk" else AutoTransport(wire, sdk, requests_is_patched)

    def exchange(self) -> Exchange:
        """Return a new exchange."""
        transport = self.transport()
        return Exchange(self.login(transport), transport, clock=self.clock)

    def native(self) -> Any:
        """Return the SDK's connection."""
        return self.connection.native(self.endpoint_url)
