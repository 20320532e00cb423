"""Logins: who gives the token and the account's URL, and renews them while the client is in use."""

from __future__ import annotations

import re
import threading
import time
from abc import ABC, abstractmethod
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from cloud._dialects._answers import read_error_bytes, understood
from cloud._dialects.swift._errors import LoginError, plain_text
from cloud._wire._types import HttpRequest, Origin
from cloud.common._fork import renew_after_fork
from cloud.common._observe import call_facts
from cloud.common._redact import HiddenValues, Secret
from cloud.common.errors import AuthenticationError, ConfigurationError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud._wire._types import Transport

EXPIRY_MARGIN_SECONDS = 30.0
"""A token this close to its end is renewed first, as keystoneauth does (``will_expire_soon``)."""
PATIENCE_SECONDS = 60.0
"""A token that replaced a refused one this short a while ago is not replaced again: the account is refused."""
_SECONDS = re.compile(r"\d{1,12}", re.ASCII).fullmatch
_VERSION_1 = re.compile(r".*/auth/v?1(?:\.0)?/?").fullmatch


class Access:
    """A token and the account that it opens.

    Attributes:
        token: for ``X-Auth-Token``.
        origin: where the account is.
        path: of the account there, without a slash at its end, such as ``/v1/AUTH_a``.
        expires_at: end of the token in seconds since the epoch; None for unknown.
    """

    __slots__ = ("expires_at", "origin", "path", "token")

    def __init__(self, token: Secret, storage_url: str, expires_at: float | None = None) -> None:
        self.token = token
        self.origin, self.path = split_storage_url(storage_url)
        self.expires_at = expires_at


class Login(Protocol):
    """Gives the access of the moment."""

    def access(self) -> Access:
        """Return the access, after logging in where need be."""

    def renew(self, refused: Access) -> Access | None:
        """Return another access than the one that was refused; None when there will be no better one."""


def split_storage_url(url: str) -> tuple[Origin, str]:
    """Return origin and path of an account's URL.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        origin = Origin.parse(url)
    except ValueError as exc:
        raise ConfigurationError(f"the storage URL is {exc}", hint="pass endpoint_url=") from exc
    return origin, urlsplit(url).path.rstrip("/")


def is_version_1(auth_url: str) -> bool:
    """Return whether `auth_url` is one of version 1 authentication, such as ``http://host/auth/v1.0``."""
    return _VERSION_1(urlsplit(auth_url).path) is not None


class FixedLogin:
    """A token and a URL that were given; there is nothing to renew them with."""

    def __init__(self, token: Secret, storage_url: str, expires_at: datetime | None) -> None:
        self._token = token
        self._storage_url = storage_url
        self._expires_at = expires_at
        self._access: Access | None = None

    def access(self) -> Access:
        """Return the access."""
        check_not_expired(self._expires_at)
        if self._access is None:
            self._access = Access(self._token, self._storage_url)
        return self._access

    def renew(self, refused: Access) -> None:  # noqa: ARG002  # the protocol's
        """Return None."""
        return


def check_not_expired(expires_at: datetime | None) -> None:
    """Refuse credentials that have ended, before anything is sent."""
    if expires_at is not None and expires_at <= datetime.now(timezone.utc):
        raise AuthenticationError(
            f"the credentials expired at {expires_at.isoformat()}", hint="pass new ones", request_sent=False
        )


class RenewingLogin(ABC):
    """Logs in when there is no token, before it ends, and once when it is refused; one thread at a time.

    Args:
        expires_at: when the credentials themselves end.
        clock: seconds since the epoch.
    """

    def __init__(self, expires_at: datetime | None, clock: Callable[[], float]) -> None:
        self._credentials_end = expires_at
        self._clock = clock
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")
        self._access: Access | None = None
        self._renewed_at = float("-inf")

    @abstractmethod
    def _log_in(self, refused: Access | None) -> Access:
        """Return a new access; one with another token than that of `refused`."""

    def access(self) -> Access:
        """Return the access, after logging in where need be."""
        found = self._access
        if found is not None and not self._is_stale(found):
            return found
        with self._lock:
            found = self._access
            if found is None or self._is_stale(found):
                check_not_expired(self._credentials_end)
                found = self._access = self._log_in(None)
            return found

    def renew(self, refused: Access) -> Access | None:
        """Return the access that came after `refused`, which many threads may have used."""
        with self._lock:
            if self._access is not None and self._access is not refused:
                return self._access  # another thread was faster
            if self._clock() - self._renewed_at < PATIENCE_SECONDS:
                return None
            check_not_expired(self._credentials_end)
            self._renewed_at = self._clock()
            self._access = self._log_in(refused)
            return self._access

    def _is_stale(self, access: Access) -> bool:
        return access.expires_at is not None and access.expires_at - self._clock() < EXPIRY_MARGIN_SECONDS


class Version1Login(RenewingLogin):
    """Version 1 authentication, which tempauth and Ceph have: one GET.

    https://docs.openstack.org/swift/latest/overview_auth.html#tempauth

    Args:
        auth_url: such as ``http://host/auth/v1.0``.
        user: such as ``test:tester``.
        key: the user's key.
        transport: sends the request.
        storage_url: instead of the one that the answer names.
    """

    def __init__(
        self,
        auth_url: str,
        user: str,
        key: Secret,
        transport: Transport,
        *,
        storage_url: str | None = None,
        expires_at: datetime | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(expires_at, clock)
        self._auth_url = auth_url
        self._user = user
        self._key = key
        self._transport = transport
        self._storage_url = storage_url

    def _log_in(self, refused: Access | None) -> Access:  # noqa: ARG002  # what is refused is forgotten there
        try:
            origin = Origin.parse(self._auth_url)
        except ValueError as exc:
            raise ConfigurationError(f"the auth_url is {exc}") from exc
        headers = HiddenValues({
            "host": origin.host_header, "x-auth-user": self._user, "x-auth-key": self._key.reveal(),
        })  # fmt: skip  # one line reads best
        call_facts().requests += 1
        request = HttpRequest("GET", origin, urlsplit(self._auth_url).path, headers)
        response = self._transport.send(request)
        body = read_error_bytes(response)
        if response.status not in {200, 204}:
            raise LoginError(response.status, plain_text(body), response.headers)
        token, url = response.headers.get("x-auth-token"), response.headers.get("x-storage-url")
        if not token or not url:
            raise ServiceUnavailableError("the answer holds no token: this was not version 1 authentication")
        ends = response.headers.get("x-auth-token-expires", "")
        found = Access(
            Secret(token), self._storage_url or url, self._clock() + int(ends) if _SECONDS(ends) else None
        )
        check_no_downgrade(origin, found.origin)
        return found


class KeystoneLogin(RenewingLogin):
    """Keystone, by way of keystoneauth: it makes the token, and its catalogue names the account's URL.

    https://docs.openstack.org/keystoneauth/latest/

    Args:
        session: gives the keystoneauth session, at the first request.
        region: gives the region of the endpoint; None for whatever the catalogue names first.
        interface: ``public``, ``internal`` or ``admin``.
        storage_url: instead of the one that the catalogue names.
    """

    def __init__(
        self,
        session: Callable[[], Any],
        region: Callable[[], str | None],
        *,
        interface: str = "public",
        storage_url: str | None = None,
        expires_at: datetime | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(expires_at, clock)
        self._session = session
        self._region = region
        self._interface = interface
        self._storage_url = storage_url

    def _log_in(self, refused: Access | None) -> Access:
        session = self._session()
        call_facts().requests += 1
        token, expires_at = _token(session)
        if refused is not None and token == refused.token:
            session.auth.invalidate()
            token, expires_at = _token(session)
        if token is None:
            raise ConfigurationError("the configured kind of login gives no token")
        return Access(token, self._storage_url or self._endpoint(session), expires_at)

    def _endpoint(self, session: Any) -> str:
        region = self._region()
        url: str | None = session.auth.get_endpoint(
            session,
            service_type="object-store",
            interface=self._interface,
            region_name=region,
            skip_discovery=True,  # the catalogue's own words: asking the endpoint for its versions is a request
        )
        if url is None:
            raise ConfigurationError(
                f"the catalogue has no {self._interface} object-store endpoint in the region {region!r}",
                hint="pass region=, or the storage URL as endpoint_url=",
            )
        return url


def _token(session: Any) -> tuple[Secret | None, float | None]:
    """Return the token of a keystoneauth session, and when it ends."""
    get_access = getattr(session.auth, "get_access", None)
    if get_access is None:  # a plugin without a catalogue: a token that was given, or none
        return Secret.of(session.auth.get_token(session)), None
    with understood("answer to the login", request_sent=False):
        access = get_access(session)
    return Secret.of(access.auth_token), None if access.expires is None else access.expires.timestamp()


def check_no_downgrade(asked: Origin, named: Origin) -> None:
    """Refuse to send a token without TLS that was given over TLS."""
    if asked.scheme == "https" and named.scheme == "http":
        raise ConfigurationError(
            "the login came over TLS, and the storage URL that it names has none",
            hint="pass the right one as endpoint_url=",
        )
