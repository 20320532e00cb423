"""Bearer tokens of Microsoft Entra ID: given, or from azure-identity, kept until shortly before they end."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from cloud.common._fork import renew_after_fork
from cloud.common._redact import Secret
from cloud.common.errors import AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

SCOPE = "https://storage.azure.com/.default"
"""https://learn.microsoft.com/azure/storage/blobs/authorize-access-azure-active-directory"""
RENEW_SECONDS = 300.0
"""How long before its end a token is replaced, as azure-core does."""


class TokenSource(Protocol):
    """Gives the token of the moment."""

    def token(self, now: float | None = None) -> str:
        """Return a token that is valid `now`, in seconds since the epoch."""
        ...

    def renew(self) -> bool:
        """Forget the token, which the service did not accept; whether there may be another one."""
        ...


class GivenToken:
    """A token that somebody else renews.

    Args:
        token: the token, without ``Bearer``.
        expires_at: when it ends; None if unknown.
    """

    def __init__(self, token: Secret, expires_at: datetime | None = None) -> None:
        self._token = token
        self._expires_at = expires_at

    def token(self, now: float | None = None) -> str:
        """Return the token.

        Raises:
            AuthenticationError: it has ended.
        """
        moment = time.time() if now is None else now
        if self._expires_at is not None and self._expires_at.timestamp() <= moment:
            raise AuthenticationError(
                f"the token expired at {self._expires_at.isoformat()}",
                hint="pass a new one, or let azure-identity renew them",
                request_sent=False,
            )
        return self._token.reveal()

    def renew(self) -> bool:
        """Return False: there is no other."""
        return False


class IdentityTokens:
    """Tokens of a credential of azure-identity, or of a user's own with the same protocol.

    One thread asks for a token, the others wait for it.

    Args:
        make: makes the credential, at the first request and after the service refused a token: what the
            credential keeps itself would only be that token again.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._credential: Any = None
        self._token: tuple[Secret, float] | None = None
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")

    def credential(self) -> Any:
        """Return the credential itself, for SDK clients."""
        with self._lock:
            return self._made()

    def _made(self) -> Any:
        if self._credential is None:
            self._credential = self._make()
        return self._credential

    def token(self, now: float | None = None) -> str:
        """Return a token, asking for a new one when less than five minutes are left of the last."""
        moment = time.time() if now is None else now
        held = self._token
        if held is None or moment > held[1] - RENEW_SECONDS:
            with self._lock:
                held = self._token
                if held is None or moment > held[1] - RENEW_SECONDS:
                    answer = self._made().get_token(SCOPE)
                    held = self._token = (Secret(answer.token), float(answer.expires_on))
                    del answer
        return held[0].reveal()

    def renew(self) -> bool:
        """Forget the token and the credential that gave it."""
        with self._lock:
            self._token = self._credential = None
        return True
