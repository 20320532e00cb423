"""Clients of the fake Coda, in time that passes by waiting only."""

from __future__ import annotations

import threading
from typing import Any

from cloud.coda_io import CodaClient, CodaLimits, Window
from cloud.common import RetryPolicy
from cloud.testing import FakeCodaServer

TOKEN = "planted-coda-token"
WIDE = Window(100_000, 1.0)
UNLIMITED = CodaLimits(reads=WIDE, writes=WIDE, doc_content=WIDE, doc_listings=WIDE, analytics=WIDE)


class Clock:
    """Seconds that client and server share. They pass by waiting, which every waiter does for all."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.waits.append(seconds)
            self.now += seconds


def make_server(clock: Clock | None = None, **options: Any) -> FakeCodaServer:
    """Return a server with the delays that the service is known to have, and without rate limits."""
    delays: dict[str, Any] = {} if clock is None else {"clock": clock}
    delays |= {"mutation_seconds": 12.0, "unknown_seconds": 2.5, "export_seconds": 4.0, "windows": ()}
    return FakeCodaServer(token=TOKEN, **{**delays, **options})


def make_client(server: FakeCodaServer, clock: Clock | None = None, **options: Any) -> CodaClient:
    """Return a client of `server` that waits by `clock`."""
    settings: dict[str, Any] = {"limits": UNLIMITED, "timeout": (5.0, 5.0), **options}
    client = CodaClient(TOKEN, server.url, **settings)
    if clock is not None:
        client._clock = client._runtime._clock = clock
        client._sleep = client._runtime._sleep = clock.sleep
    return client


def no_jitter(ceiling: float) -> float:
    """Return the longest wait. A function of the module, so that it can be pickled."""
    return ceiling


ONCE = RetryPolicy(max_attempts=1)
