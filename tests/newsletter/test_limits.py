"""60 requests a minute, whoever asks: kept by the client, and waited out where others used them up."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Literal

import pytest

from cloud.common import CloudError, RateLimitedError, RetryPolicy
from cloud.testing import FakeNewsletterServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.infomaniak import InfomaniakNewsletterClient
    from newsletter.conftest import Clock

    Make = Callable[..., InfomaniakNewsletterClient]


class NoLimit:
    def acquire(self, operation: str, /) -> float:
        return 0.0


def test_threads_of_several_clients_never_meet_a_429(server: FakeNewsletterServer, client_of: Make) -> None:
    clients = [client_of(server), client_of(server)]
    failures: list[CloudError] = []
    lock = threading.Lock()

    def work(number: int) -> None:
        try:
            for _ in range(30):
                with lock:  # a request takes no time here, and a wait of another thread would make it late
                    clients[number % 2].list_groups()
        except CloudError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(server.log) == 240
    assert {seen.status for seen in server.log} == {200}
    assert server.most_in_window("minute") <= 60


@pytest.mark.parametrize("retry_after", ["seconds", "date", None])
def test_what_others_used_up_is_waited_out(
    retry_after: Literal["seconds", "date"] | None, client_of: Make, clock: Clock
) -> None:
    with FakeNewsletterServer(clock=clock, retry_after=retry_after) as server:
        client = client_of(server, limits=NoLimit())
        for _ in range(60):
            client.list_groups()
        if retry_after == "date":
            # A date is counted from the machine's own time, which does not pass here.
            client.retry_after_is_a_date = True  # type: ignore[attr-defined]  # for who reads the failure
        began = clock()
        client.list_groups()
        assert 429 in {seen.status for seen in server.log}
        assert clock() - began >= 29


def test_a_limit_that_never_ends_is_an_error(client_of: Make, clock: Clock) -> None:
    with FakeNewsletterServer(clock=clock, limit=1) as server:
        client = client_of(server, limits=NoLimit(), retry=RetryPolicy(max_attempts=1))
        client.list_groups()
        with pytest.raises(RateLimitedError) as caught:
            client.list_groups()
        assert 0 < (caught.value.retry_after or 0) <= 60


def test_the_token_is_in_no_log(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.create_subscriber("ada@example.com")
        client.list_subscribers()
        with pytest.raises(CloudError):
            client.get_campaign(99)
    assert caplog.records
    told = caplog.text + repr([vars(record) for record in caplog.records])
    assert server.token not in told
    assert "ada@example.com" not in told  # nor whom it was about
