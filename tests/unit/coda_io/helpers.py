"""Clients of Coda for unit tests: nothing waits, and time passes by waiting only."""

from __future__ import annotations

import json
from typing import Any

from cloud.coda_io import CodaClient, CodaLimits, Window
from cloud.common import RetryPolicy
from cloud.testing import ScriptedResponse, ScriptedServer

TOKEN = "planted-coda-token"
WIDE = Window(100_000, 1.0)
UNLIMITED = CodaLimits(reads=WIDE, writes=WIDE, doc_content=WIDE, doc_listings=WIDE, analytics=WIDE)


def no_jitter(_ceiling: float) -> float:
    """Return 0: nothing waits. A function of the module, so that it can be pickled."""
    return 0.0


NO_WAIT = RetryPolicy(max_attempts=3, jitter=no_jitter, retry_after_cap_seconds=0.0)


class Time:
    """Time that passes by waiting only."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def make_client(server: ScriptedServer | str, time: Time | None = None, **settings: Any) -> CodaClient:
    """Return a client of `server` whose waits are simulated."""
    url = server if isinstance(server, str) else server.url
    options: dict[str, Any] = {"retry": NO_WAIT, "limits": UNLIMITED, "timeout": (2.0, 1.0), **settings}
    client = CodaClient(TOKEN, url, **options)
    time = time or Time()
    client._clock, client._sleep = time, time.sleep
    return client


def answer(document: object, status: int = 200, *headers: tuple[str, str]) -> ScriptedResponse:
    """Return an answer of JSON."""
    return ScriptedResponse(status=status, headers=headers, body=json.dumps(document).encode())


def refused(status: int, message: str = "words", **more: Any) -> ScriptedResponse:
    """Return an error in the service's form."""
    return answer({"statusCode": status, "statusMessage": "Phrase", "message": message, **more}, status)


LOST = ScriptedResponse(raw=b"", close="rst")
