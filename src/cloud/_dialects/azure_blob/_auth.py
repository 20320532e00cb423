"""What goes into a request so that the service knows who asks: a signature, a token, or nothing.

https://learn.microsoft.com/rest/api/storageservices/authorize-requests-to-azure-storage
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from hmac import digest
from time import gmtime, strftime
from typing import TYPE_CHECKING, Protocol

from cloud._dialects.azure_blob._addressing import quote_text
from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud._dialects.azure_blob._tokens import TokenSource
    from cloud.common._redact import Secret

# In the order in which their values are signed; the length of the body stands between them and is given.
_BEFORE_LENGTH = ("content-encoding", "content-language")
_AFTER_LENGTH = (
    "content-md5", "content-type", "date", "if-modified-since", "if-match", "if-none-match",
    "if-unmodified-since", "range",
)  # fmt: skip  # one line reads best
# The service sorts names as words: hyphens do not count, underscores come before digits and letters. What it
# does is what azure-storage-blob emulates in ``_shared/authentication.py``.
_SORTED_AS_WORDS = {ord("-"): None, ord("_"): "\t"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Authorization(Protocol):
    """Adds to one request what says who asks."""

    def authorize(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: dict[str, str],
        length: int,
        now: float,
    ) -> str:
        """Add to `headers` what is needed and return the query to send, encoded.

        Args:
            method: HTTP method in capitals.
            path: the percent-encoded path as it is sent.
            query: names in lower case and values, not encoded.
            headers: names in lower case; those of an earlier try may still be there.
            length: bytes of the body.
            now: seconds since the epoch.
        """
        ...


class Anonymous:
    """Nothing: for containers that anybody may read."""

    def authorize(
        self,
        method: str,  # noqa: ARG002  # the protocol's
        path: str,  # noqa: ARG002  # likewise
        query: Sequence[tuple[str, str]],
        headers: dict[str, str],  # noqa: ARG002  # likewise
        length: int,  # noqa: ARG002  # likewise
        now: float,  # noqa: ARG002  # likewise
    ) -> str:
        """Return the query."""
        return encode_query(query)


class SasAuthorization:
    """A shared access signature, which goes into the query of every request."""

    def __init__(self, sas: Secret) -> None:
        self.sas = sas

    def authorize(
        self,
        method: str,  # noqa: ARG002  # the protocol's
        path: str,  # noqa: ARG002  # likewise
        query: Sequence[tuple[str, str]],
        headers: dict[str, str],  # noqa: ARG002  # likewise
        length: int,  # noqa: ARG002  # likewise
        now: float,  # noqa: ARG002  # likewise
    ) -> str:
        """Return the query with the signature."""
        if not query:
            return self.sas.reveal().lstrip("?")
        return f"{encode_query(query)}&{self.sas.reveal().lstrip('?')}"


class BearerAuthorization:
    """A token of Microsoft Entra ID."""

    def __init__(self, source: TokenSource) -> None:
        self.source = source

    def authorize(
        self,
        method: str,  # noqa: ARG002  # the protocol's
        path: str,  # noqa: ARG002  # likewise
        query: Sequence[tuple[str, str]],
        headers: dict[str, str],
        length: int,  # noqa: ARG002  # likewise
        now: float,
    ) -> str:
        """Add the token."""
        headers["authorization"] = f"Bearer {self.source.token(now)}"
        return encode_query(query)


class SharedKey:
    """Signs with the key of an account. Threads may share it.

    https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key

    Args:
        account: name of the account.
        key: its key, in base64.
    """

    def __init__(self, account: str, key: Secret) -> None:
        self.account = account
        self.key = key
        self._second: tuple[int, str] = (-1, "")

    def authorize(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: dict[str, str],
        length: int,
        now: float,
    ) -> str:
        """Add ``x-ms-date`` and ``authorization``."""
        headers["x-ms-date"] = self._date(now)
        text = self.string_to_sign(method, path, query, headers, length)
        headers["authorization"] = f"SharedKey {self.account}:{self._sign(text)}"
        return encode_query(query)

    def string_to_sign(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: dict[str, str],
        length: int,
    ) -> str:
        """Return what is signed of a request."""
        get = headers.get
        lines = [method]
        lines += [get(name, "") for name in _BEFORE_LENGTH]
        lines.append(str(length) if length else "")
        lines += [get(name, "") for name in _AFTER_LENGTH]
        names = [name for name in headers if name.startswith("x-ms-")]
        names.sort(key=_as_words)
        lines += [f"{name}:{headers[name]}" for name in names]
        lines.append(f"/{self.account}{path}")
        if query:
            lines += [f"{name}:{value}" for name, value in sorted(query)]
        return "\n".join(lines)

    def _sign(self, text: str) -> str:
        message = text.encode()
        try:
            # The key stays in this one expression: no frame of a traceback holds it.
            return b64encode(digest(b64decode(self.key.reveal(), validate=True), message, "sha256")).decode()
        except ValueError as exc:  # binascii's, whose text does not hold the key
            raise ConfigurationError(
                "the account key is not base64 text",
                hint="copy it from the portal as a whole",
                request_sent=False,
            ) from exc

    def _date(self, now: float) -> str:
        """Return `now` as HTTP writes it; the text is kept for the rest of its second."""
        moment = int(now)
        second, text = self._second
        if second != moment:
            parts = gmtime(moment)  # not strftime's names, which follow the locale
            day, month = _DAYS[parts.tm_wday], _MONTHS[parts.tm_mon - 1]
            text = strftime(f"{day}, %d {month} %Y %H:%M:%S GMT", parts)
            self._second = (moment, text)
        return text


def _as_words(name: str) -> str:
    return name.translate(_SORTED_AS_WORDS)


def encode_query(query: Sequence[tuple[str, str]]) -> str:
    """Return the query, percent-encoded."""
    return "&".join([f"{quote_text(name)}={quote_text(value)}" for name, value in query]) if query else ""
