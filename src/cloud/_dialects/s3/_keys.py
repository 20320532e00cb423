"""Where the keys that sign requests come from."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol

from cloud._dialects.s3._sign import SigningKeys
from cloud.common._fork import renew_after_fork
from cloud.common.errors import AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common.credentials import CloudCredentials


class KeySource(Protocol):
    """Gives the keys of the moment; None for anonymous access."""

    def keys(self) -> SigningKeys | None:
        """Return the keys, renewed when they were about to expire."""


class AnonymousKeys:
    """No keys: requests go unsigned."""

    def keys(self) -> SigningKeys | None:
        """Return None."""
        return None


class StaticKeys:
    """Keys that were given explicitly."""

    def __init__(self, credentials: CloudCredentials) -> None:
        self._credentials = credentials
        self._keys: SigningKeys | None = None

    def keys(self) -> SigningKeys | None:
        """Return the keys; secrets that are references are resolved at the first call."""
        given = self._credentials
        if given.expires_at is not None and given.expires_at <= datetime.now(timezone.utc):
            raise AuthenticationError(
                f"the credentials expired at {given.expires_at.isoformat()}",
                hint="pass new ones, or let the SDK's chain renew them",
                request_sent=False,
            )
        if self._keys is None:
            if given.access_key is None or given.secret_key is None:
                raise AuthenticationError(
                    "the credentials hold no access_key and secret_key", request_sent=False
                )
            token = given.session_token.reveal() if given.session_token is not None else None
            self._keys = SigningKeys(given.access_key, given.secret_key.reveal(), token)
        return self._keys


class BotocoreKeys:
    """Keys of botocore's whole chain: environment, profiles, SSO, assumed roles, containers, IMDS.

    botocore renews temporary keys by itself; it is asked at every request, which costs microseconds.

    Args:
        session: gives the botocore session, at the first request.
    """

    def __init__(self, session: Callable[[], Any]) -> None:
        self._session = session
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")
        self._credentials: Any = None
        self._last: SigningKeys | None = None

    def keys(self) -> SigningKeys | None:
        """Return the keys of the moment."""
        if self._credentials is None:
            with self._lock:
                if self._credentials is None:
                    self._credentials = self._session().get_credentials()
            if self._credentials is None:
                raise AuthenticationError(
                    "no AWS credentials were found",
                    hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile=, or pass CloudCredentials",
                    request_sent=False,
                )
        frozen = self._credentials.get_frozen_credentials()
        last = self._last
        if last is None or last.access_key != frozen.access_key or last.session_token != frozen.token:
            last = self._last = SigningKeys(frozen.access_key, frozen.secret_key, frozen.token)
        return last
