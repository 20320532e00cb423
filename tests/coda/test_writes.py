"""Changes are waited for, kept in order, sent again where that is safe, and never doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud.coda_io import CodaClient, CodaServiceError, CodaValidationError, content_update, page_content
from cloud.common.errors import InvalidRequestError, NotFoundError, OutcomeUnknownError, TimeoutError_
from cloud.testing import Fault, FaultKind
from coda.helpers import make_client

if TYPE_CHECKING:
    from cloud.testing import FakeCodaDoc, FakeCodaServer, FakeCodaTable
    from coda.helpers import Clock

LOSSES = [FaultKind.LOST_REPLY, FaultKind.LOST_REPLY_FIN, FaultKind.TRUNC_FIN]


def test_a_change_is_seen_after_waiting_for_it(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable, clock: Clock
) -> None:
    change = client.insert_rows(doc.id, table.id, [{"Key": "new"}])
    (added,) = change.added_row_ids
    with pytest.raises(NotFoundError):
        client.get_row(doc.id, table.id, added)
    done = change.wait()
    assert done.completed
    assert client.get_row(doc.id, table.id, added).name == "new"
    assert clock.now >= 1012
    statuses = [seen.status for seen in server.calls_of("getMutationStatus")]
    assert statuses[0] == 404  # lag between the service's servers is no failure
    assert statuses[-1] == 200
    assert len(server.calls_of("upsertRows")) == 1


def test_who_does_not_wait_long_enough_is_told(
    client: CodaClient, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    change = client.update_row(doc.id, table.id, table.row_ids[0], {"Done": True})
    with pytest.raises(TimeoutError_):
        change.wait(5)
    assert change.wait().completed  # it went on
    assert table.rows[0]["Done"] is True


def test_a_change_that_nobody_knows_is_an_error_in_the_end(client: CodaClient, clock: Clock) -> None:
    with pytest.raises(NotFoundError):
        client.wait_for_mutation("mutate:none", timeout=500)
    assert 1050 < clock.now < 1100


def test_warnings_arrive(client: CodaClient, doc: FakeCodaDoc, table: FakeCodaTable) -> None:
    row = table.row_ids[0]
    first = client.delete_row(doc.id, table.id, row)
    second = client.update_row(doc.id, table.id, row, {"Done": True})
    assert (first.wait().warning, second.wait().warning) == (None, "The row has been deleted.")


@pytest.mark.parametrize("kind", LOSSES)
def test_a_lost_answer_to_an_upsert_with_keys_is_sent_again_and_ends_right(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable, kind: FaultKind
) -> None:
    server.add(Fault(kind=kind, method="POST", path="/rows", count=2))
    rows = [{"Key": "k0001", "Size": -1}, {"Key": "new", "Size": 5}]
    client.upsert_rows(doc.id, table.id, rows, key_columns=["Key"], wait=True)
    assert len(server.calls_of("upsertRows")) == 3
    found = [row for row in table.rows if row["Key"] in {"k0001", "new"}]
    assert [(row["Key"], row["Size"]) for row in found] == [("k0001", -1), ("new", 5)]
    assert len(table.rows) == 451


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("method", ["insert_rows", "upsert_rows"])
def test_a_lost_answer_to_an_insert_is_told_and_never_doubles(
    client: CodaClient,
    server: FakeCodaServer,
    doc: FakeCodaDoc,
    table: FakeCodaTable,
    kind: FaultKind,
    method: str,
) -> None:
    server.add(Fault(kind=kind, method="POST", path="/rows"))
    with pytest.raises(OutcomeUnknownError):
        getattr(client, method)(doc.id, table.id, [{"Key": "new"}])
    server.settle()
    assert len(server.calls_of("upsertRows")) == 1
    assert [row["Key"] for row in table.rows[450:]] == ["new"]


@pytest.mark.parametrize(
    ("act", "operation"),
    [
        (lambda client, doc, row, page: client.create_page(doc, "p"), "createPage"),
        (lambda client, doc, row, page: client.push_button(doc, "B", row, "Go"), "pushButton"),
        (
            lambda client, doc, row, page: client.trigger_automation(doc, "rule", {"a": 1}),
            "triggerWebhookAutomation",
        ),
        (lambda client, doc, row, page: client.create_doc("d"), "createDoc"),
        (lambda client, doc, row, page: client.create_folder("f", "ws-fake"), "createFolder"),
        (
            lambda client, doc, row, page: client.update_page(doc, page, content_update=content_update("x")),
            "updatePage",
        ),
        (lambda client, doc, row, page: client.update_row(doc, "B", "by name", {"Key": "x"}), "updateRow"),
        (lambda client, doc, row, page: client.delete_row(doc, "B", "by name"), "deleteRow"),
    ],
)
def test_what_must_not_happen_twice_is_sent_once(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, act: Any, operation: str
) -> None:
    buttons = doc.add_table("B", {"Key": "text", "Go": "button"}, [{"Key": "by name"}, {"Key": "by name"}])
    page = doc.add_page("P", "text")
    server.add(Fault(kind=FaultKind.LOST_REPLY))
    with pytest.raises(OutcomeUnknownError) as caught:
        act(client, doc.id, buttons.row_ids[0], page)
    assert len(server.calls_of(operation)) == 1
    assert server.log[0].executed
    assert caught.value.context.operation


def test_what_may_happen_twice_is_sent_again(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    ids = table.row_ids
    page = doc.add_page("P")
    for act in (
        lambda: client.update_row(doc.id, table.id, ids[0], {"Size": 1}),
        lambda: client.delete_row(doc.id, table.id, ids[1]),
        lambda: client.delete_rows(doc.id, table.id, ids[2:4]),
        lambda: client.update_page(doc.id, page, name="New"),
        lambda: client.update_doc(doc.id, title="New"),
    ):
        server.add(Fault(kind=FaultKind.LOST_REPLY))
        act()
    server.settle()
    assert len(table.rows) == 447


def test_a_refused_insert_has_no_effect_and_is_no_lost_answer(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    with pytest.raises(CodaValidationError):
        client.insert_rows(doc.id, table.id, [{"Key": "a"}, {"Nothing": "b"}])
    server.add(Fault(kind=FaultKind.STATUS, status=500))
    with pytest.raises(CodaServiceError):  # the service says that it failed
        client.insert_rows(doc.id, table.id, [{"Key": "a"}])
    server.add(Fault(kind=FaultKind.STATUS, status=502))
    with pytest.raises(OutcomeUnknownError):  # a gateway knows nothing
        client.insert_rows(doc.id, table.id, [{"Key": "a"}])
    server.settle()
    assert len(table.rows) == 450


def test_thousands_of_rows_arrive_in_order_and_in_few_requests(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc
) -> None:
    target = doc.add_table("Big", {"Key": "text", "Text": "text"})
    rows = ({"Key": f"k{number}", "Text": "ü\n" * (number % 50)} for number in range(5000))
    report = client.upsert_rows(doc.id, target.id, rows, wait=True)
    assert [row["Key"] for row in target.rows] == [f"k{number}" for number in range(5000)]
    assert (report.row_count, len(server.calls_of("upsertRows"))) == (5000, 10)
    assert list(report.added_row_ids) == target.row_ids


def test_large_rows_are_spread_over_requests_that_the_service_takes(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc
) -> None:
    target = doc.add_table("Big", {"Key": "text", "Text": "text"})
    rows = [{"Key": f"k{number}", "Text": "x" * 80_000} for number in range(60)]
    client.upsert_rows(doc.id, target.id, rows, key_columns=["Key"], wait=True)
    sent = server.calls_of("upsertRows")
    assert len(sent) == 3
    assert all(len(request.body) <= 2 << 20 and request.status == 202 for request in sent)
    assert [row["Key"] for row in target.rows] == [f"k{number}" for number in range(60)]


def test_a_row_that_is_too_large_is_named_before_anything_is_sent(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    rows = [{"Key": "small"}] * 700 + [{"Key": "x" * 86_000}]
    with pytest.raises(InvalidRequestError, match="row 700"):
        client.upsert_rows(doc.id, table.id, rows)
    assert server.log == ()


def test_a_failure_between_batches_says_what_was_accepted(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc
) -> None:
    target = doc.add_table("Big", {"Key": "text"})
    server.add(Fault(kind=FaultKind.STATUS, status=403, method="POST", skip=2))
    rows = [{"Key": f"k{number}"} for number in range(50)]
    with pytest.raises(PermissionError) as caught:
        client.upsert_rows(doc.id, target.id, rows, key_columns=["Key"], batch_rows=10)
    error: Any = caught.value
    assert (error.report.row_count, error.resume_token) == (20, "20")
    client.upsert_rows(doc.id, target.id, rows[int(error.resume_token) :], key_columns=["Key"], wait=True)
    assert [row["Key"] for row in target.rows] == [f"k{number}" for number in range(50)]


def test_latest_is_refused_while_changes_are_on_their_way(
    client: CodaClient, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    change = client.delete_row(doc.id, table.id, table.row_ids[0])
    with pytest.raises(CodaValidationError, match="not yet up to date"):
        list(client.list_rows(doc.id, table.id, doc_version="latest"))
    change.wait()
    assert len(list(client.list_rows(doc.id, table.id, doc_version="latest"))) == 449


def test_pages_are_made_filled_and_deleted(client: CodaClient, doc: FakeCodaDoc) -> None:
    made = client.create_page(doc.id, "Notes", page_content=page_content("# Title\ntext"), wait=True)
    assert made.id is not None
    client.update_page(doc.id, made.id, content_update=content_update("- more"), wait=True)
    assert doc.page_markdown(made.id) == "# Title\ntext\n- more\n"
    styles = [element.item_content.style for element in client.list_page_content(doc.id, made.id)]  # type: ignore[union-attr]  # lines have content
    assert styles == ["h1", "paragraph", "bulletedList"]
    client.delete_page(doc.id, made.id, wait=True)
    with pytest.raises(NotFoundError) as caught:
        client.get_page(doc.id, made.id)
    assert caught.value.http_status == 410


def test_a_doc_is_made_and_deleted(client: CodaClient, server: FakeCodaServer) -> None:
    made = client.create_doc("Ünïcode 🚀", initial_page={"name": "First"}, wait=True)
    assert server.doc(made.id).page_names == ["First"]
    assert client.delete_doc(made.id, wait=True).completed
    assert client.get_resource(made.id) is None


def test_a_retry_of_a_change_waits_for_nothing_but_the_policy(
    server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable, clock: Clock
) -> None:
    client = make_client(server, clock)
    server.add(Fault(kind=FaultKind.STATUS, status=503, headers={"Retry-After": "7"}))
    client.delete_row(doc.id, table.id, table.row_ids[0])
    assert clock.waits == [7.0]
