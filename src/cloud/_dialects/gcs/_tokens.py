"""Where bearer tokens come from: given, from google-auth, or none."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol

from cloud.common._fork import renew_after_fork
from cloud.common._redact import HiddenValues
from cloud.common.errors import AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common._redact import Secret

RENEW_BEFORE_SECONDS = 225.0
"""A token is renewed so long before it ends, as google-auth does (its REFRESH_THRESHOLD)."""
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
"""Covers storage and IAM's signBlob: https://cloud.google.com/storage/docs/oauth-scopes"""


class TokenSource(Protocol):
    """Gives what requests are authorized with. Safe between threads."""

    def headers(self) -> HiddenValues:
        """Return the headers that authorize a request; empty for anonymous ones."""
        ...

    def renew(self, refused: HiddenValues) -> bool:
        """Forget the token that the service has refused; whether another one can be had."""
        ...


class NoToken:
    """Anonymous access."""

    def headers(self) -> HiddenValues:
        """Return none."""
        return HiddenValues()

    def renew(self, refused: HiddenValues) -> bool:  # noqa: ARG002  # the protocol's
        """Return False: there is none."""
        return False


class GivenToken:
    """One access token, as long as it lives. No SDK is needed.

    Args:
        token: the token.
        expires_at: when it ends; None if unknown.
        clock: seconds since the epoch.
    """

    def __init__(
        self, token: Secret, expires_at: datetime | None, clock: Callable[[], float] = time.time
    ) -> None:
        self._token = token
        self._ends = None if expires_at is None else expires_at.timestamp()
        self._clock = clock
        self._headers: HiddenValues | None = None

    def headers(self) -> HiddenValues:
        """Return the header that carries the token.

        Raises:
            AuthenticationError: it has expired. Nothing was sent.
        """
        if self._ends is not None and self._clock() >= self._ends:
            raise AuthenticationError(
                "the access token has expired", hint="pass a new one", request_sent=False
            )
        if self._headers is None:
            self._headers = HiddenValues(authorization=f"Bearer {self._token.reveal()}")
        return self._headers

    def renew(self, refused: HiddenValues) -> bool:  # noqa: ARG002  # the protocol's
        """Return False: only its owner has another one."""
        return False


class GoogleTokens:
    """Tokens of google-auth's credentials: renewed before they end, by one thread at a time.

    Args:
        credentials: gives google-auth's credentials, at the first request.
        clock: seconds since the epoch.
    """

    def __init__(self, credentials: Callable[[], Any], clock: Callable[[], float] = time.time) -> None:
        self._credentials = credentials
        self._clock = clock
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")
        self._headers: HiddenValues | None = None
        self._renew_at = 0.0

    def headers(self) -> HiddenValues:
        """Return the headers that carry a token with some time to live."""
        found = self._headers
        if found is not None and self._clock() < self._renew_at:
            return found
        with self._lock:
            if self._headers is None or self._clock() >= self._renew_at:
                self._headers, self._renew_at = self._fetch(self._credentials())
            return self._headers

    def renew(self, refused: HiddenValues) -> bool:
        """Forget the refused token, unless another thread has already a newer one; True."""
        with self._lock:
            if self._headers is refused:
                self._headers = None
        return True

    def _fetch(self, credentials: Any) -> tuple[HiddenValues, float]:
        """Return a new token's headers, and when to fetch the next one."""
        from google.auth.transport.requests import Request

        credentials.refresh(Request())
        headers: dict[str, str] = HiddenValues()
        credentials.apply(headers)  # with the quota project that the credentials name
        ends = credentials.expiry  # UTC, without a zone
        renew_at = (
            float("inf")
            if ends is None
            else ends.replace(tzinfo=timezone.utc).timestamp() - RENEW_BEFORE_SECONDS
        )
        # A token that lives shorter than that is used all the same, once.
        return HiddenValues({name.lower(): value for name, value in headers.items()}), renew_at
