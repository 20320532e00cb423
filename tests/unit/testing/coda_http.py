"""A bare client of the fake Coda: what is asked is sent as it is."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from cloud.testing import FakeCodaServer


class Reply(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Api:
    def __init__(self, server: FakeCodaServer, token: str | None = None) -> None:
        self.server = server
        self.token = server.token if token is None else token

    def __call__(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Reply:
        url = urlsplit(path if path.startswith("http") else f"{self.server.url}{path}")
        connection = http.client.HTTPConnection(url.netloc, timeout=30)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        try:
            target = url.path + (f"?{url.query}" if url.query else "")
            connection.request(method, target, data, sent)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        reply = self("GET", path)
        assert reply.status == 200, (reply.status, reply.body)
        return reply.json

    def items(self, path: str) -> list[Any]:
        """Return all items of a listing, following the tokens alone."""
        page = self.get(path)
        found = list(page["items"])
        while "nextPageToken" in page:
            page = self.get(f"{path.partition('?')[0]}?pageToken={page['nextPageToken']}")
            found += page["items"]
        return found
