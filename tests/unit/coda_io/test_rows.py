"""Rows: listed over all pages and through timeouts, written in batches, never twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from cloud.coda_io import Column, RowsReport, row_query
from cloud.coda_io._batches import MAX_REQUEST_BYTES, MAX_ROW_BYTES
from cloud.common import (
    CloudError,
    InvalidRequestError,
    OutcomeUnknownError,
    ServiceUnavailableError,
)
from cloud.testing import ScriptedServer
from unit.coda_io.helpers import LOST, answer, make_client, refused

if TYPE_CHECKING:
    from cloud.testing import RecordedRequest, ScriptedResponse


def query_of(request: RecordedRequest) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.path).query, keep_blank_values=True))


def row(number: int) -> dict[str, Any]:
    return {"id": f"i-{number}", "name": str(number), "values": {"c-1": f"```{number}```"}}


class Table:
    """Answers listings of a table that the service cannot read in pages beyond a size."""

    def __init__(self, rows: int, *, most: int, slow_from: int = 0) -> None:
        self.rows = [row(number) for number in range(rows)]
        self.most = most
        self.slow_from = slow_from

    def __call__(self, request: RecordedRequest) -> ScriptedResponse:
        query = query_of(request)
        if "pageToken" in query:
            assert query.keys() == {"pageToken"}, "nothing is sent beside a page token"
            start, size = map(int, query["pageToken"].split("-"))
        else:
            start, size = 0, int(query["limit"])
        if size > self.most and start >= self.slow_from:
            return refused(504)
        end = start + size
        more = {"nextPageToken": f"{end}-{size}"} if end < len(self.rows) else {"nextSyncToken": "later"}
        return answer({"items": self.rows[start:end], **more})


def test_rows_of_all_pages_come_with_plain_text_and_a_sync_token() -> None:
    with ScriptedServer(otherwise=Table(5, most=2)) as server, make_client(server) as client:
        rows = client.list_rows("d", "t", sync_token="before", page_size=2)
        assert rows.sync_token is None
        assert [(found.id, found.cells["c-1"]) for found in rows] == [(f"i-{n}", str(n)) for n in range(5)]
        assert rows.sync_token == "later"
        first = query_of(server.requests[0])
        assert first == {"valueFormat": "rich", "syncToken": "before", "limit": "2"}
        assert len(server.requests) == 3


@pytest.mark.parametrize("slow_from", [0, 4, 8])
def test_a_listing_that_times_out_goes_on_with_smaller_pages_and_gives_no_row_twice(slow_from: int) -> None:
    with ScriptedServer(otherwise=Table(21, most=1, slow_from=slow_from)) as server:
        client = make_client(server)
        rows = client.list_rows("d", "t", page_size=4)
        assert [found.id for found in rows] == [f"i-{n}" for n in range(21)]
        sizes = [query_of(seen)["limit"] for seen in server.requests if "limit" in query_of(seen)]
        assert sizes == ["4", "2", "1"]
        assert [found.id for found in rows] == [f"i-{n}" for n in range(21)], "each iteration starts anew"
        client.close()


def test_a_timeout_at_pages_of_one_row_is_an_error() -> None:
    with ScriptedServer(otherwise=refused(504, "Gateway Timeout")) as server:
        client = make_client(server)
        with pytest.raises(ServiceUnavailableError) as caught:
            client.list_rows("d", "t", page_size=4).to_list()
        assert caught.value.http_status == 504
        assert [query_of(seen)["limit"] for seen in server.requests] == ["4", "2", "1", "1", "1"]
        client.close()


def test_a_listing_from_a_token_cannot_be_begun_anew() -> None:
    with ScriptedServer(otherwise=refused(504)) as server:
        client = make_client(server)
        with pytest.raises(ServiceUnavailableError) as caught:
            client.list_rows("d", "t", page_token="here").to_list()
        assert caught.value.resume_token == "here"
        client.close()


def test_a_failed_page_carries_its_token() -> None:
    table = Table(4, most=9)
    with ScriptedServer(table, refused(400, "no")) as server, make_client(server) as client:
        given = []
        with pytest.raises(CloudError) as caught:
            given.extend(client.list_rows("d", "t", page_size=2))
        assert caught.value.resume_token == "2-2"
    with ScriptedServer(otherwise=table) as server, make_client(server) as client:
        rest = client.list_rows("d", "t", page_token="2-2").to_list()
        assert [found.id for found in rest] == ["i-2", "i-3"]


@pytest.mark.parametrize("bad", [["i-1"], None, 5])
def test_a_row_whose_id_is_no_text_is_a_broken_answer(bad: object) -> None:
    body = answer({"items": [{**row(1), "id": bad}]})
    with ScriptedServer(otherwise=lambda _request: body) as server, make_client(server) as client:
        with pytest.raises(ServiceUnavailableError) as caught:
            client.list_rows("d", "t").to_list()
        assert caught.value.operation == "list_rows"


def test_a_limit_bounds_the_page_too() -> None:
    with ScriptedServer(otherwise=Table(9, most=9)) as server, make_client(server) as client:
        assert len(client.list_rows("d", "t", limit=3).to_list()) == 3
        assert query_of(server.requests[0])["limit"] == "3"
        assert client.list_rows("d", "t", limit=0).to_list() == []
        assert len(server.requests) == 1


def test_dates_become_dates_by_their_column() -> None:
    columns = [
        Column.from_dict({"id": "c-1", "name": "Day", "format": {"type": "date", "isArray": False}}),
    ]
    day = {"id": "i-1", "values": {"Day": "2026-03-01T00:00:00.000-08:00"}}
    with ScriptedServer(answer({"items": [day]})) as server, make_client(server) as client:
        (found,) = client.list_rows("d", "t", use_column_names=True, columns=columns)
        assert str(found.cells["Day"]) == "2026-03-01"


def test_impossible_listings_are_refused_before_any_request() -> None:
    client = make_client("https://sample.invalid")
    with pytest.raises(InvalidRequestError, match="natural"):
        client.list_rows("d", "t", sort_by="natural", visible_only=False)
    with pytest.raises(InvalidRequestError, match="value_format"):
        client.list_rows("d", "t", value_format="fancy")  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(InvalidRequestError, match="page_size"):
        client.list_rows("d", "t", page_size=0)
    for odd in ("", ".", ".."):
        with pytest.raises(InvalidRequestError, match="docId"):
            client.list_rows(odd, "t")


def test_conditions_quote_names_and_values() -> None:
    assert row_query("c-1", 'say "é"') == 'c-1:"say \\"é\\""'
    assert row_query("My Column", 3) == '"My Column":3'
    assert row_query("Done", True) == '"Done":true'


def accepted(request: RecordedRequest) -> ScriptedResponse:
    rows = json.loads(request.body)["rows"]
    return answer({"requestId": f"r{len(rows)}", "addedRowIds": [f"i-{n}" for n in range(len(rows))]}, 202)


def test_many_rows_are_cut_by_number_and_keep_their_order() -> None:
    with ScriptedServer(otherwise=accepted) as server, make_client(server) as client:
        report = client.upsert_rows(
            "d", "t", ({"c-1": n} for n in range(7)), ["c-1"], disable_parsing=True, batch_rows=3
        )
        bodies = [json.loads(seen.body) for seen in server.requests]
        assert [cell["value"] for body in bodies for edit in body["rows"] for cell in edit["cells"]] == [
            *range(7)
        ]
        assert all(body["keyColumns"] == ["c-1"] for body in bodies)
        assert query_of(server.requests[0]) == {"disableParsing": "true"}
        assert [(batch.first_row, batch.row_count) for batch in report.batches] == [(0, 3), (3, 3), (6, 1)]
        assert (report.row_count, len(report.added_row_ids)) == (7, 7)
        assert client.upsert_rows("d", "t", []) == RowsReport()


def test_many_rows_are_cut_by_bytes() -> None:
    rows = [{"c-1": "x" * 70_000} for _ in range(60)]
    with ScriptedServer(otherwise=accepted) as server, make_client(server) as client:
        client.upsert_rows("d", "t", rows)
        assert len(server.requests) == 3
        assert all(len(seen.body) <= MAX_REQUEST_BYTES for seen in server.requests)
        assert sum(len(json.loads(seen.body)["rows"]) for seen in server.requests) == 60


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"c-1": "x" * MAX_ROW_BYTES}, "row 2 has 85"),
        ({"c-1": "\n" * (MAX_ROW_BYTES // 2)}, "row 2 has 85"),
        ({"c-1": float("nan")}, "row 2, column 'c-1': nan is no number"),
        ({"c-1": object()}, "row 2, column 'c-1': a cell cannot hold"),
        ({}, "row 2 has no cells"),
        ({"": 1}, "no column"),
        (["c-1"], "row 2 is no mapping"),
    ],
)
def test_a_row_that_cannot_be_sent_is_named_before_any_request(bad: Any, words: str) -> None:
    with ScriptedServer(otherwise=accepted) as server, make_client(server) as client:
        for write in (client.upsert_rows, client.insert_rows):
            with pytest.raises(InvalidRequestError, match=words):
                write("d", "t", [{"c-1": 1}, {"c-1": 2}, bad])
        assert server.requests == ()


def test_a_lost_batch_without_keys_is_not_sent_again_and_says_what_is_done() -> None:
    rows = [{"c-1": n} for n in range(5)]
    with ScriptedServer(accepted, LOST) as server, make_client(server) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            client.upsert_rows("d", "t", rows, batch_rows=2)
        assert len(server.requests) == 2
        report = RowsReport.of(caught.value)
        assert report is not None
        assert RowsReport.of(CloudError("of something else")) is None
        assert [batch.mutation is not None for batch in report.batches] == [True, False, False]
        assert (report.row_count, caught.value.resume_token) == (2, "2")


def test_a_lost_batch_with_keys_is_sent_again() -> None:
    with ScriptedServer(LOST, accepted) as server, make_client(server) as client:
        report = client.upsert_rows("d", "t", [{"c-1": 1}], ["c-1"])
        assert report.row_count == 1
        assert len(server.requests) == 2
    with ScriptedServer(LOST) as server, make_client(server) as client:
        with pytest.raises(OutcomeUnknownError):
            client.insert_rows("d", "t", [{"c-1": 1}])
        assert len(server.requests) == 1
    with ScriptedServer(LOST, accepted) as server, make_client(server) as client:
        client.insert_rows("d", "t", [{"c-1": 1}], ["c-1"])


def test_batches_can_be_waited_for() -> None:
    script = [accepted, accepted, answer({"completed": False}), answer({"completed": True, "warning": "w"})]
    with ScriptedServer(*script, answer({"completed": True})) as server, make_client(server) as client:
        report = client.upsert_rows("d", "t", [{"c-1": 1}, {"c-1": 2}], batch_rows=1, wait=True)
        mutations = [batch.mutation for batch in report.batches]
        assert [(m.completed, m.warning) for m in mutations if m] == [(True, "w"), (True, None)]


def test_the_apis_own_form_of_a_row_is_taken_as_it_is() -> None:
    edit = {"cells": [{"column": "c-1", "value": 1}, {"column": "c-2", "value": None}]}
    with ScriptedServer(otherwise=accepted) as server, make_client(server) as client:
        client.insert_rows("d", "t", [edit])
        (sent,) = json.loads(server.requests[0].body)["rows"]
        assert sent == {"cells": [{"column": "c-1", "value": 1}, {"column": "c-2", "value": ""}]}


def test_one_request_has_its_bound_and_needs_rows() -> None:
    client = make_client("https://sample.invalid")
    with pytest.raises(InvalidRequestError, match="upsert_rows"):
        client.insert_rows("d", "t", [{"c-1": "x" * 80_000} for _ in range(30)])
    with pytest.raises(InvalidRequestError, match="no rows"):
        client.insert_rows("d", "t", [])
    with pytest.raises(InvalidRequestError, match="batch_rows"):
        client.upsert_rows("d", "t", [], batch_rows=0)
    with pytest.raises(InvalidRequestError, match="key_columns"):
        client.upsert_rows("d", "t", [], "c-1")
    for odd in ([], "i-1"):
        with pytest.raises(InvalidRequestError, match="row_ids"):
            client.delete_rows("d", "t", odd)


@pytest.mark.parametrize("write", ["update_row", "delete_row"])
@pytest.mark.parametrize(
    ("row_id", "tries"), [("i-1", 2), ("Apple", 1)], ids=["an id is the same row", "a name may be another's"]
)
def test_a_row_is_changed_or_deleted_again_by_id_only(row_id: str, tries: int, write: str) -> None:
    done = answer({"requestId": "r", "id": "i-1"}, 202)
    arguments = [{"c-1": 1}] if write == "update_row" else []
    with ScriptedServer(LOST, done) as server, make_client(server) as client:
        if tries == 1:
            with pytest.raises(OutcomeUnknownError):
                getattr(client, write)("d", "t", row_id, *arguments)
        else:
            assert getattr(client, write)("d", "t", row_id, *arguments).id == "i-1"
        assert len(server.requests) == tries


def test_a_button_is_pushed_once() -> None:
    with ScriptedServer(LOST) as server, make_client(server) as client:
        with pytest.raises(OutcomeUnknownError):
            client.push_button("d", "t", "i-1", "c-1")
        assert len(server.requests) == 1
