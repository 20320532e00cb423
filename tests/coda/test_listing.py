"""Listings are whole: every page, in order, also when one fails, is slow, or changes meanwhile."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest

from cloud.coda_io import CodaClient, CodaServiceError, CodaValidationError, row_query
from cloud.common import RetryPolicy
from cloud.common.errors import ServiceUnavailableError
from cloud.testing import FakeCodaColumn, Fault, FaultKind
from coda.helpers import ONCE, make_client

if TYPE_CHECKING:
    from cloud.testing import FakeCodaDoc, FakeCodaServer, FakeCodaTable
    from coda.helpers import Clock


def test_every_row_comes_once_and_in_order(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    rows = list(client.list_rows(doc.id, table.id))
    assert [row.id for row in rows] == table.row_ids
    assert len(server.calls_of("listRows")) == 3  # 200, 200, 50
    small = list(client.list_rows(doc.id, "Things", page_size=7))
    assert [row.id for row in small] == table.row_ids


def test_a_limit_beyond_the_service_s_ends_nothing_early(
    client: CodaClient, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    assert len(list(client.list_rows(doc.id, table.id, page_size=1000))) == 450
    wide = doc.add_table("Wide", {f"c{number}": "text" for number in range(230)})
    assert [column.name for column in client.list_columns(doc.id, wide.id, page_size=500)] == [
        f"c{number}" for number in range(230)
    ]


def test_a_limit_of_ours_cuts(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    assert [row.name for row in client.list_rows(doc.id, table.id, limit=3)] == ["k0000", "k0001", "k0002"]
    assert server.calls_of("listRows")[0].query["limit"] == ["3"]
    assert len(list(client.list_rows(doc.id, table.id, limit=201))) == 201


def test_nothing_is_an_empty_list_and_not_there_is_an_error(client: CodaClient, doc: FakeCodaDoc) -> None:
    assert list(client.list_pages(doc.id)) == []
    empty = doc.add_table("Empty", {"a": "text"})
    assert list(client.list_rows(doc.id, empty.id)) == []
    with pytest.raises(FileNotFoundError):
        list(client.list_rows(doc.id, "Nothing"))


def test_all_listings_go_on(client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc) -> None:
    for number in range(30):
        doc.add_page(f"p{number}")
        doc.add_formula(f"f{number}", number)
        doc.add_control(f"c{number}", number)
        doc.add_table(f"t{number}", {"a": "text"})
        server.add_doc(f"d{number}")
    for listing in (
        client.list_pages(doc.id, page_size=4),
        client.list_formulas(doc.id, page_size=4),
        client.list_controls(doc.id, page_size=4),
        client.list_tables(doc.id, page_size=4),
    ):
        assert [int(item.name[1:]) for item in listing] == list(range(30))
    assert len(list(client.list_docs(page_size=4))) == 31
    page = doc.add_page("long", "\n".join(f"line {number}" for number in range(1100)))
    assert len(list(client.list_page_content(doc.id, page))) == 1100
    # the token implies all else: no request has both
    with_token = [seen for seen in server.log if "pageToken" in seen.query]
    assert with_token
    assert all(set(seen.query) == {"pageToken"} for seen in with_token)


def test_a_page_that_fails_raises_and_the_listing_goes_on_from_there(
    server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable, clock: Clock
) -> None:
    client = make_client(server, clock, retry=ONCE)
    server.add(Fault(kind=FaultKind.STATUS, status=500, path="pageToken", skip=1))
    seen = []
    pager = client.list_rows(doc.id, table.id, page_size=100)
    with pytest.raises(CodaServiceError) as caught:
        seen.extend(row.id for row in pager)  # what came before the error counts
    assert caught.value.resume_token
    before = client.list_rows(doc.id, table.id, page_size=100).pages()
    first_two = [row.id for page in islice(before, 2) for row in page.items]
    rest = [row.id for row in client.list_rows(doc.id, table.id, page_token=caught.value.resume_token)]
    assert first_two + rest == table.row_ids


def test_passing_failures_of_pages_are_tried_again(
    server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable, clock: Clock
) -> None:
    client = make_client(server, clock, retry=RetryPolicy(max_attempts=10))
    server.add(
        Fault(kind=FaultKind.STATUS, status=502, count=2),
        Fault(kind=FaultKind.TRUNC_FIN, skip=1),
        Fault(kind=FaultKind.LOST_REPLY, skip=3),
        Fault(kind=FaultKind.HTML_200, path="pageToken"),
        Fault(kind=FaultKind.TRUNC_CL, path="pageToken"),
        Fault(kind=FaultKind.EMPTY_200, path="pageToken"),
    )
    rows = [row.id for row in client.list_rows(doc.id, table.id, page_size=100)]
    assert rows == table.row_ids
    assert sum(seen.fault is not None for seen in server.log) == 7


@pytest.mark.parametrize("kind", [FaultKind.HTML_200, FaultKind.EMPTY_200, FaultKind.TRUNC_CL])
def test_what_is_no_listing_is_never_an_empty_one(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable, kind: FaultKind
) -> None:
    server.add(Fault(kind=kind, count=0))
    with pytest.raises(ServiceUnavailableError):
        list(client.list_rows(doc.id, table.id))


def test_pages_that_time_out_are_halved_and_rows_come_once(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    table.time_out_above(60)
    assert [row.id for row in client.list_rows(doc.id, table.id)] == table.row_ids
    sizes = [seen.query["limit"][0] for seen in server.calls_of("listRows") if "limit" in seen.query]
    assert sizes == ["200", "100", "50"]
    assert [seen.status for seen in server.log[:3]] == [504, 504, 200]


def test_a_listing_that_times_out_in_its_middle_begins_anew_and_gives_no_row_twice(
    client: CodaClient, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    found = []
    for row in client.list_rows(doc.id, table.id):
        found.append(row.id)
        if len(found) == 200:
            table.time_out_above(100)  # from the second page on
    assert found == table.row_ids


def test_a_service_that_always_times_out_ends_with_its_error(
    client: CodaClient, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    table.time_out_above(0)
    with pytest.raises(CodaServiceError) as caught:
        list(client.list_rows(doc.id, table.id))
    assert caught.value.http_status == 504


def test_sync_tokens_give_changes(client: CodaClient, doc: FakeCodaDoc, table: FakeCodaTable) -> None:
    listing = client.list_rows(doc.id, table.id)
    assert listing.sync_token is None
    list(listing)
    token = listing.sync_token
    client.update_row(doc.id, table.id, table.row_ids[3], {"Done": True}, wait=True)
    changed = list(client.list_rows(doc.id, table.id, sync_token=token))
    assert [row.name for row in changed] == ["k0003"]
    with pytest.raises(CodaValidationError):
        list(client.list_rows(doc.id, table.id, sync_token="other"))


def test_conditions_and_formats(client: CodaClient, doc: FakeCodaDoc, table: FakeCodaTable) -> None:
    for query in (row_query("Key", "k0007"), row_query(table.column_ids["Size"], 7)):
        assert [row.name for row in client.list_rows(doc.id, table.id, query=query)] == ["k0007"]
    odd = doc.add_table('Odd "name" / ü', {'a "b": c': FakeCodaColumn(type="text")}, [{'a "b": c': "x:y"}])
    (row,) = client.list_rows(doc.id, 'Odd "name" / ü', query=row_query('a "b": c', "x:y"))
    assert row.cells == {odd.column_ids['a "b": c']: "x:y"}
    for form in ("simple", "simpleWithArrays", "rich"):
        (row,) = client.list_rows(doc.id, odd.id, use_column_names=True, value_format=form)  # type: ignore[arg-type]  # one of the three
        assert row.cells['a "b": c'] == "x:y"
