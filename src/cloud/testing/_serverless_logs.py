"""What functions wrote, and invocations that nobody waits for."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from cloud.common.errors import InvalidRequestError
from cloud.testing._serverless_base import ServerlessKit, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common._base_serverless import BaseServerlessClient
    from cloud.testing._serverless_base import ServerlessHarness


def _texts(client: BaseServerlessClient, function: str) -> str:
    return "\n".join(event.message for event in client.iter_logs(function))


class LogPromises(ServerlessKit):
    """`iter_logs` and `invoke_async`."""

    def test_log_holds_what_was_printed(
        self, client: BaseServerlessClient, function: str, harness: ServerlessHarness
    ) -> None:
        """Lines that a function prints are in its log, with aware times."""
        mark = f"mark-{uuid.uuid4().hex} ☃"
        client.invoke_function(function, {"do": "print", "text": mark})
        assert eventually(lambda: mark in _texts(client, function), harness.patience_seconds)
        events = list(client.iter_logs(function))
        found = next(event for event in events if mark in event.message)
        assert found.at.tzinfo is timezone.utc
        assert abs(datetime.now(timezone.utc) - found.at) < timedelta(minutes=10)
        assert len({event.id for event in events}) == len(events)

    def test_log_is_in_order(
        self, client: BaseServerlessClient, function: str, harness: ServerlessHarness
    ) -> None:
        """Entries of later invocations come later."""
        marks = [f"{number}-{uuid.uuid4().hex}" for number in range(3)]
        for mark in marks:
            client.invoke_function(function, {"do": "print", "text": mark})
        assert eventually(lambda: marks[-1] in _texts(client, function), harness.patience_seconds)
        text = _texts(client, function)
        assert sorted(marks, key=text.index) == marks

    def test_log_from_a_moment_on(
        self, client: BaseServerlessClient, function: str, harness: ServerlessHarness
    ) -> None:
        """`since` leaves older entries out."""
        mark = uuid.uuid4().hex
        client.invoke_function(function, {"do": "print", "text": mark})
        assert eventually(lambda: mark in _texts(client, function), harness.patience_seconds)
        later = datetime.now(timezone.utc) + timedelta(hours=1)
        assert list(client.iter_logs(function, since=later)) == []
        earlier = datetime.now(timezone.utc) - timedelta(hours=1)
        assert any(mark in event.message for event in client.iter_logs(function, since=earlier))

    def test_following_sees_what_comes(
        self, client: BaseServerlessClient, new_function: Callable[[], str], harness: ServerlessHarness
    ) -> None:
        """`follow=True` yields each entry once, also those that are written meanwhile."""
        name = new_function()
        first, second = uuid.uuid4().hex, uuid.uuid4().hex
        client.invoke_function(name, {"do": "print", "text": first})
        assert eventually(lambda: first in _texts(client, name), harness.patience_seconds)
        seen = []
        for event in client.iter_logs(name, follow=True, poll_seconds=0.1):
            seen.append(event)
            if first in event.message:
                client.invoke_function(name, {"do": "print", "text": second})
            if second in event.message:
                break
        assert len({event.id for event in seen}) == len(seen)

    def test_log_of_a_function_that_never_ran_is_empty(
        self, client: BaseServerlessClient, new_function: Callable[[], str]
    ) -> None:
        """There is nothing to read, and that is no failure."""
        assert list(client.iter_logs(new_function())) == []

    def test_log_refuses_a_time_without_zone(self, client: BaseServerlessClient, function: str) -> None:
        """Nobody can know which moment a naive time means."""
        with pytest.raises(InvalidRequestError):
            client.iter_logs(function, since=datetime(2026, 1, 1))  # noqa: DTZ001  # that is the test

    def test_invocation_that_nobody_waits_for_runs(
        self, client: BaseServerlessClient, function: str, harness: ServerlessHarness
    ) -> None:
        """`invoke_async` returns an id, and the function runs once."""
        mark = uuid.uuid4().hex
        assert client.invoke_async(function, {"do": "print", "text": mark})
        assert eventually(lambda: mark in _texts(client, function), harness.patience_seconds)
        assert _texts(client, function).count(mark) == 1
