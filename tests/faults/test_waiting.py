"""How long the client waits between its tries, and a service that is away for a while."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from cloud.common import RateLimitedError, RetryPolicy, ServiceUnavailableError
from cloud.testing import Fault
from faults.support import ATTEMPTS, BUCKET, LARGE, SMALL, Kind, client_for, make_client, outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud.aws import S3Client
    from cloud.testing import FaultProxy
    from servers import Server

pytestmark = pytest.mark.timeout(30)

CALLS: dict[str, Callable[[S3Client], object]] = {
    "download": lambda client: client.download_file(BUCKET, "small"),
    "put": lambda client: client.upload_file(BUCKET, "waiting", SMALL),
    "list": lambda client: client.list_objects(BUCKET, limit=1).to_list(),
}
FIRST_WAIT = RetryPolicy().base_seconds


def throttled(status: int, retry_after: str, count: int = 1) -> Fault:
    return Fault(kind=Kind.STATUS, status=status, headers={"Retry-After": retry_after}, count=count)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("99999", RetryPolicy().retry_after_cap_seconds),
        ("soon", FIRST_WAIT),
        ("nan", FIRST_WAIT),
    ],
)
def test_a_service_s_own_wish_comes_first(
    name: str, status: int, retry_after: str, seconds: float, proxy: FaultProxy, server: Server
) -> None:
    client, waits = client_for(throttled(status, retry_after), proxy, server)
    CALLS[name](client)
    assert waits.seconds == [seconds]
    client.close()


@pytest.mark.parametrize("retry_after", ["0", "-1", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_wish_in_the_past_is_no_wait(retry_after: str, proxy: FaultProxy, server: Server) -> None:
    client, waits = client_for(throttled(503, retry_after), proxy, server)
    assert client.download_file(BUCKET, "small") == SMALL
    assert waits.seconds == []
    client.close()


@pytest.mark.parametrize("status", [429, 503])
def test_a_date_is_a_wish_too(status: int, proxy: FaultProxy, server: Server) -> None:
    moment = datetime.now(timezone.utc) + timedelta(seconds=50)
    client, waits = client_for(throttled(status, format_datetime(moment, usegmt=True)), proxy, server)
    assert client.download_file(BUCKET, "small") == SMALL
    (wait,) = waits.seconds
    assert 20 < wait <= 50  # counted from the moment of the answer
    client.close()


def test_the_wait_is_on_the_record_of_the_error(proxy: FaultProxy, server: Server) -> None:
    client, waits = client_for(throttled(429, "3", count=0), proxy, server)
    result = outcome(lambda: client.download_file(BUCKET, "small"))
    assert isinstance(result, RateLimitedError)
    assert waits.seconds == [3.0] * (ATTEMPTS - 1)
    assert [attempt.delay_seconds for attempt in result.attempts] == [3.0, 3.0, 3.0, 0.0]
    client.close()


def test_a_wish_beyond_the_deadline_ends_the_call_at_once(proxy: FaultProxy, server: Server) -> None:
    policy = RetryPolicy(deadline_seconds=20.0)
    client, waits = client_for(throttled(503, "30"), proxy, server, retry=policy)
    result = outcome(lambda: client.download_file(BUCKET, "small"))
    assert isinstance(result, ServiceUnavailableError)
    assert result.retry_after == 30.0
    assert waits.seconds == []
    client.close()


def test_the_waits_of_parallel_ranges_are_their_own(
    proxy: FaultProxy, server: Server, tmp_path: Path
) -> None:
    fault = Fault(
        kind=Kind.S3_ERROR, error_code="SlowDown", header="range: bytes=", headers={"Retry-After": "9"}
    )
    client, waits = client_for(fault, proxy, server)
    client.download_to(BUCKET, "large", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == LARGE
    assert waits.seconds == [9.0]
    client.close()


@pytest.mark.parametrize("away", [1, ATTEMPTS - 1])
@pytest.mark.parametrize("name", CALLS)
def test_a_service_that_comes_back_is_found_again(
    name: str, away: int, proxy: FaultProxy, server: Server
) -> None:
    client, waits = make_client(server, proxy.url)
    waits.during = lambda: proxy.accept() if len(waits.seconds) == away else None
    CALLS[name](client)  # so that there is an old connection
    proxy.refuse()
    CALLS[name](client)
    assert len(waits.seconds) == away
    client.close()


def test_a_service_that_goes_away_within_a_download_is_awaited(
    proxy: FaultProxy, server: Server, tmp_path: Path
) -> None:
    client, waits = make_client(server, proxy.url)
    waits.during = proxy.accept
    refusals = iter([proxy.refuse])

    def seen(_count: int) -> None:
        for refuse in refusals:  # once
            refuse()

    client.download_to(BUCKET, "large", tmp_path / "file", progress=seen)
    assert (tmp_path / "file").read_bytes() == LARGE
    assert waits.seconds
    client.close()


def test_a_service_that_stays_away_ends_the_call(proxy: FaultProxy, server: Server) -> None:
    client, waits = make_client(server, proxy.url)
    proxy.refuse()
    result = outcome(lambda: client.download_file(BUCKET, "small"))
    assert isinstance(result, ServiceUnavailableError)
    assert not result.request_sent
    assert len(result.attempts) == ATTEMPTS
    assert waits.seconds == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    client.close()
