"""Clients of the newsletter whose requests wait for nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cloud.infomaniak import InfomaniakNewsletterClient
from cloud.testing import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.common._ratelimit import Limiter

TOKEN = "planted-newsletter-token"


class NoLimit:
    """Lets every request go at once."""

    def acquire(self, operation: str, /) -> float:
        return 0.0


@pytest.fixture
def no_limit() -> Limiter:
    return NoLimit()


@pytest.fixture
def said() -> Callable[..., ScriptedResponse]:
    """Makes an answer of a success."""

    def make(data: Any, status: int = 200, **around: Any) -> ScriptedResponse:
        body = {"result": "success", "data": data, **around}
        return ScriptedResponse(status=status, body=json.dumps(body).encode())

    return make


@pytest.fixture
def failed() -> Callable[..., ScriptedResponse]:
    """Makes an answer of a failure."""

    def make(
        status: int, code: str, text: str = "no", headers: tuple[tuple[str, str], ...] = (), **more: Any
    ) -> ScriptedResponse:
        body = {"result": "error", "error": {"code": code, "description": text}, **more}
        return ScriptedResponse(status=status, body=json.dumps(body).encode(), headers=headers)

    return make


@pytest.fixture
def client_of(no_limit: Limiter) -> Iterator[Callable[..., InfomaniakNewsletterClient]]:
    """Makes a client of a server; it waits in no time, and `waits` holds for how long it would have."""
    made: list[InfomaniakNewsletterClient] = []

    def make(server: ScriptedServer, **options: Any) -> InfomaniakNewsletterClient:
        client = InfomaniakNewsletterClient(TOKEN, 77, server.url, limits=no_limit, **options)
        client.waits = []  # type: ignore[attr-defined]  # for the test to look at
        client._runtime._sleep = client.waits.append  # type: ignore[attr-defined]  # likewise
        now = [0.0]

        def sleep(seconds: float) -> None:
            now[0] += seconds

        client._clock, client._sleep = lambda: now[0], sleep
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()
