"""A newsletter that remembers, and clients of it whose time passes by waiting only."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from cloud._dialects.rest._limits import Window, WindowedLimiter
from cloud.common import Secret
from cloud.infomaniak import InfomaniakNewsletterClient
from cloud.testing import FakeNewsletterServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Clock:
    """Seconds that pass when somebody waits."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[FakeNewsletterServer]:
    with FakeNewsletterServer(clock=clock) as running:
        yield running


@pytest.fixture
def client_of(clock: Clock) -> Iterator[Callable[..., InfomaniakNewsletterClient]]:
    """Makes clients of a server; all waits, for the limit and for retries too, pass the server's time."""
    made: list[InfomaniakNewsletterClient] = []

    def make(server: FakeNewsletterServer, **options: Any) -> InfomaniakNewsletterClient:
        limits = WindowedLimiter(
            f"test-{id(clock)}",
            {"minute": Window(60, 60.0)},
            lambda _: "minute",
            Secret(server.token),
            clock=clock,
            sleep=clock.sleep,
        )
        client = InfomaniakNewsletterClient(
            server.token, server.newsletter_id, server.url, **{"limits": limits, **options}
        )
        client._runtime._sleep = clock.sleep
        client._clock, client._sleep = clock, clock.sleep
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(
    server: FakeNewsletterServer, client_of: Callable[..., InfomaniakNewsletterClient]
) -> InfomaniakNewsletterClient:
    return client_of(server)
