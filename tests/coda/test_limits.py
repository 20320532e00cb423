"""Rate limits: kept by construction, shared by threads and clients, and waited out when others use them up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cloud._dialects.rest._errors import RestRetryPolicy
from cloud.coda_io import CodaClient, CodaLimits, CodaRateLimitError, Window
from cloud.testing import CODA_WINDOWS, RateWindow
from coda.helpers import TOKEN, UNLIMITED, make_client, make_server, no_jitter

if TYPE_CHECKING:
    from coda.helpers import Clock

# Tests of real time: the server's windows are shorter than the client's by more than a busy machine's delays.
SERVED = (RateWindow("read", 10, 0.25), RateWindow("docContent", 3, 0.25), RateWindow("listDocs", 2, 0.25))
KEPT = CodaLimits(
    reads=Window(10, 0.45),
    writes=Window(1000, 1.0),
    doc_content=Window(3, 0.45),
    doc_listings=Window(2, 0.45),
    analytics=Window(1000, 1.0),
)


def test_eight_threads_and_two_clients_never_send_more_than_the_limit() -> None:
    with make_server(windows=SERVED, mutation_seconds=0.0, unknown_seconds=0.0) as server:
        doc = server.add_doc("D")
        table = doc.add_table("T", {"Key": "text"})
        clients = [make_client(server, limits=KEPT) for _ in range(2)]

        def read(number: int) -> str:
            return clients[number % 2].get_doc(doc.id).name

        def write(number: int) -> None:
            clients[number % 2].upsert_rows(doc.id, table.id, [{"Key": f"k{number}"}], key_columns=["Key"])

        with ThreadPoolExecutor(8) as pool:
            writes = [pool.submit(write, number) for number in range(8)]
            assert list(pool.map(read, range(40))) == ["D"] * 40
            for future in writes:
                future.result()
        for client in clients:
            client.close()
        assert server.most_in_window("read") <= 10
        assert server.most_in_window("docContent") <= 3
        assert {seen.status for seen in server.log} == {200, 202}  # the service never had to refuse
        assert len(table.rows) == 8


def test_each_kind_of_request_has_its_own_window() -> None:
    with make_server(windows=SERVED, mutation_seconds=0.0) as server:
        server.add_doc("D")
        with make_client(server, limits=KEPT) as client:
            for _ in range(5):
                list(client.list_docs())
                client.whoami()
        assert server.most_in_window("listDocs") <= 2
        assert {seen.status for seen in server.log} == {200}


@pytest.mark.parametrize(("form", "longest"), [("seconds", 6.0), ("date", 7.0), (None, 60.0)])
def test_a_429_is_waited_out_however_it_is_told(clock: Clock, form: str | None, longest: float) -> None:
    windows = [RateWindow("read", 3, 6.0), RateWindow("docContent", 1, 6.0)]
    with make_server(clock, windows=windows, retry_after=form, mutation_seconds=0.0) as server:
        doc = server.add_doc("D")
        table = doc.add_table("T", {"Key": "text"})
        client = make_client(server, clock)
        assert [client.get_doc(doc.id).name for _ in range(7)] == ["D"] * 7
        for number in range(3):
            # the service did not act on a 429: also what must not be doubled is sent again
            client.insert_rows(doc.id, table.id, [{"Key": str(number)}])
        server.settle()
        assert [row["Key"] for row in table.rows] == ["0", "1", "2"]
        assert 429 in {seen.status for seen in server.log}
        if form != "date":  # a date is counted from the wall clock, which does not pass here
            assert all(0 < wait <= longest for wait in clock.waits)


def test_a_429_that_does_not_end_is_an_error_with_all_its_tries(clock: Clock) -> None:
    with make_server(clock, windows=[RateWindow("read", 1, 1e9)]) as server:
        doc = server.add_doc("D")
        client = make_client(server, clock, retry=RestRetryPolicy(jitter=no_jitter))
        client.get_doc(doc.id)
        with pytest.raises(CodaRateLimitError) as caught:
            client.get_doc(doc.id)
        assert [attempt.http_status for attempt in caught.value.attempts] == [429] * len(
            caught.value.attempts
        )
        assert len(caught.value.attempts) > 1
        assert clock.waits == [6.0, 12.0, 24.0, 48.0]
        assert "other programs of the same user" in str(caught.value)


def test_the_client_keeps_within_the_published_limits() -> None:
    published = {window.name: window for window in CODA_WINDOWS}
    names = {
        "read": "reads",
        "write": "writes",
        "docContent": "doc_content",
        "listDocs": "doc_listings",
        "analytics": "analytics",
    }
    for name, window in CodaLimits().windows().items():
        (served,) = [published[other] for other, ours in names.items() if ours == name]
        assert window.limit <= served.limit
        assert window.seconds >= served.seconds


def test_clients_of_one_token_share_and_of_another_do_not() -> None:
    one, same = CodaClient(TOKEN, "https://a.example"), CodaClient(TOKEN, "https://b.example")
    other = CodaClient("another", "https://a.example", limits=UNLIMITED)
    limiters = [client._runtime._limiter for client in (one, same, other)]
    for limiter in limiters:
        assert limiter is not None
        limiter.acquire("get_doc")
    first, second, third = (limiter._limiters["reads"] for limiter in limiters)  # type: ignore[union-attr]  # checked above
    assert first is second
    assert first is not third
