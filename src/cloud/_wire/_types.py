"""Requests, answers and settings of a transport. Standard library only, cheap to import."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, NamedTuple, Protocol, Union

from cloud._wire._errors import ResponseTooLargeError

if TYPE_CHECKING:
    import os
    from types import TracebackType

    from typing_extensions import Self

    from cloud.common._bodies import FileRange

# An iterable goes out chunked unless the request carries a content_length.
Body = Union[bytes, bytearray, memoryview, "FileRange", Iterable[bytes | memoryview]]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_READ_BLOCK = 1 << 18


class Origin(NamedTuple):
    """Where a request goes: the part of a URL that connections are pooled by.

    Attributes:
        scheme: ``http`` or ``https``.
        host: lower case; an IPv6 address without its brackets.
        port: always given.
    """

    scheme: str
    host: str
    port: int

    @property
    def host_header(self) -> str:
        """The value for ``host:``, without the port where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS.get(self.scheme) else f"{host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> Origin:
        """Return the origin of an absolute URL; its path and query are ignored.

        Raises:
            ValueError: no http(s) URL, no host, or a user name in it. The text does not repeat the URL.
        """
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(url)
            scheme, host, port, user = parts.scheme, parts.hostname, parts.port, parts.username
        except ValueError:  # its text would repeat the URL
            scheme, host, port, user = "", None, None, None
        if scheme not in _DEFAULT_PORTS or not host:
            raise ValueError("not a URL of the form http(s)://host[:port]")
        if user is not None:
            raise ValueError("a URL must not hold a user name or password")
        return cls(scheme, host, _DEFAULT_PORTS[scheme] if port is None else port)


class Mark(NamedTuple):
    """What tells the answer to a request from the answers to others: the server repeats it.

    HTTP/1.1 has nothing of the kind: without a mark, a second answer to an earlier request that arrives once the
    next request is on its way is taken for that one's.

    Attributes:
        header: of the answer, in lower case.
        text: how its value ends.
        family: what stands in the value wherever a server repeats marks; empty: every value is a repeated mark.
    """

    header: str
    text: str
    family: str = ""

    def contradicts(self, headers: dict[str, str]) -> bool:
        """Return whether `headers` repeat another mark than this one; a server that repeats none does not."""
        said = headers.get(self.header, "")
        return said != "" and self.family in said and not said.endswith(self.text)


@dataclass(slots=True)
class HttpRequest:
    """One request. Re-sendable as long as its body is.

    Attributes:
        target: path and query, percent-encoded already; sent byte for byte.
        headers: lower-case names, ``host`` among them. Values are sent as Latin-1: for other bytes
            pass ``value.encode("utf-8").decode("latin-1")``.
        body: see `Body`.
        content_length: needed only for an iterable whose length is known.
        mark: an answer that repeats another one is not taken for this request's.
    """

    method: str
    origin: Origin
    target: str = field(repr=False)  # the query may hold a signature
    headers: dict[str, str] = field(repr=False)
    body: Body | None = field(default=None, repr=False)
    content_length: int | None = None
    mark: Mark | None = None


class HttpResponse(ABC):
    """The head of an answer, and its body as a stream. Close it, or use it in a ``with``.

    Attributes:
        status: 200 to 599, or 3xx: redirects are not followed.
        headers: lower-case names; repeated ones joined by ``", "``; values decoded as Latin-1.
        length: bytes of the body that follow (0 for HEAD); None when chunked or until close.
    """

    __slots__ = ("headers", "length", "status")

    status: int
    headers: dict[str, str]
    length: int | None

    @abstractmethod
    def readinto(self, buffer: memoryview) -> int:
        """Return how many bytes of the body were written to `buffer`; 0 only at the body's end.

        It returns what has arrived, at most ``len(buffer)``: call it again for more.

        Raises:
            BodyTruncatedError: the connection ended before the body did.
            ReadTimeoutError: nothing came within the read timeout.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection. Safe to call twice."""

    def read(self, limit: int) -> bytes:
        """Return the rest of the body.

        Raises:
            ResponseTooLargeError: it is longer than `limit` bytes.
        """
        blocks: list[bytes] = []
        size = 0
        buffer = memoryview(bytearray(_READ_BLOCK))
        while count := self.readinto(buffer):
            size += count
            if size > limit:
                self.close()
                raise ResponseTooLargeError(
                    f"the body is longer than {limit} bytes", request_sent=True, response_started=True
                )
            blocks.append(bytes(buffer[:count]))
        return b"".join(blocks)

    def __enter__(self) -> Self:
        """Return the response itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


class Transport(Protocol):
    """Sends one request once. Retries, redirects and credentials are the caller's."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer as soon as its head is there, whatever its status."""
        ...

    def close(self) -> None:
        """Close every idle connection; nothing can be sent any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds without any progress before giving up; no limit on a whole call.

    Attributes:
        connect: per address tried, and for the TLS handshake. Name resolution has the system's own limit.
        read: silence while waiting for the answer, within its body, and while sending.
    """

    connect: float = 10.0
    read: float = 60.0

    def __post_init__(self) -> None:
        """Refuse what would mean "never wait" or "wait for ever"."""
        if not (0 < self.connect < inf and 0 < self.read < inf):
            raise ValueError("a timeout must be more than 0 seconds, and finite")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsOptions:
    """Whom to trust.

    Attributes:
        ca_bundle: a PEM file, or a directory of hashed certificates, trusted instead of the
            system's store. Without it OpenSSL's defaults count, with SSL_CERT_FILE and SSL_CERT_DIR.
        verify: False accepts any certificate: only for a server on your own machine.
    """

    ca_bundle: str | os.PathLike[str] | None = None
    verify: bool = True
