"""The fake Coda answers as Coda's own OpenAPI document says: Prism stands between and checks both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud.coda_io import CodaClient, CodaLimits, Window, content_update, page_content
from cloud.common import RetryPolicy
from cloud.common.errors import CloudError
from cloud.testing import FakeCodaColumn, FakeCodaServer
from contract.coda_document import repaired
from servers import prism

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WIDE = Window(100_000, 1.0)
_UNLIMITED = CodaLimits(reads=_WIDE, writes=_WIDE, doc_content=_WIDE, doc_listings=_WIDE, analytics=_WIDE)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeCodaServer]:
    with FakeCodaServer(windows=(), mutation_seconds=0.0, export_seconds=0.0) as running:
        yield running


@pytest.fixture(scope="module")
def url(openapi: Callable[[str], dict[str, Any]], server: FakeCodaServer) -> Iterator[str]:
    document = repaired(openapi("CLOUD_CODA_OPENAPI"), for_proxy=True)
    with prism.run(document, server.url) as running:
        yield running


@pytest.fixture
def client(url: str, server: FakeCodaServer) -> Iterator[CodaClient]:
    retry = RetryPolicy(max_attempts=1)
    with CodaClient(server.token, url, limits=_UNLIMITED, retry=retry, timeout=20) as made:
        yield made


@pytest.fixture
def check(client: CodaClient) -> Iterator[prism.RequestCheck]:
    """Notes what is asked, and fails the test when a request or an answer is not as the document says."""
    noted = prism.RequestCheck(client.native)
    yield noted
    assert noted.seen
    for each in noted.seen:
        assert each.problems == (), (each.method, each.path)
        assert each.answer_problems == (), (each.method, each.path)


def test_docs_folders_and_sharing(
    client: CodaClient, server: FakeCodaServer, check: prism.RequestCheck
) -> None:
    folder = client.create_folder("F", "ws-fake", "about it")
    client.update_folder(folder.id, name="G")
    client.get_folder(folder.id)
    list(client.list_folders(page_size=1))
    made = client.create_doc("D", folder_id=folder.id, initial_page={"name": "First"})
    client.update_doc(made.id, "New", "rocket")
    client.publish_doc(made.id, "slug", True, False, ["Team hubs"], "play")
    server.settle()
    client.create_doc("Copy", source_doc=made.id)
    client.get_doc(made.id)
    list(client.list_docs(page_size=1))
    list(client.get_categories())
    client.unpublish_doc(made.id)
    client.add_permission(made.id, "write", {"type": "email", "email": "ann@example.com"})
    for kind, name in (("group", "groupId"), ("domain", "domain"), ("workspace", "workspaceId")):
        client.add_permission(made.id, "readonly", {"type": kind, name: "x"})
    client.add_permission(made.id, "comment", {"type": "anyone"})
    permissions = list(client.list_permissions(made.id, page_size=2))
    assert len(permissions) == 5
    client.delete_permission(made.id, permissions[0].id)
    client.get_sharing_metadata(made.id)
    client.update_acl_settings(made.id, allow_copying=False)
    client.get_acl_settings(made.id)
    client.search_principals(made.id, "user")
    client.trigger_automation(made.id, "rule", {"a": 1})
    client.delete_doc(made.id)
    client.delete_folder(client.create_folder("H", "ws-fake").id)


def test_pages_and_exports(client: CodaClient, server: FakeCodaServer, check: prism.RequestCheck) -> None:
    doc = server.add_doc("D")
    top = client.create_page(
        doc.id, "Top", "sub", "rocket", "https://example.com/i.png", None, page_content("# a\nb")
    )
    assert top.id is not None
    server.settle()
    client.create_page(doc.id, "Below", parent_page_id=top.id)
    client.update_page(doc.id, top.id, "New", content_update=content_update("- c\n> d\n1. e"))
    client.update_page(doc.id, top.id, is_hidden=True)
    server.settle()
    assert len(list(client.list_pages(doc.id, page_size=1))) == 2
    client.get_page(doc.id, top.id)
    lines = list(client.list_page_content(doc.id, top.id, page_size=2))
    client.delete_page_content(doc.id, top.id, [lines[0].id])
    export = client.export_page(doc.id, top.id, "markdown")
    assert client.get_page_export_status(doc.id, top.id, export.id).download_link
    server.fail_next_export("too large")
    failed = client.export_page(doc.id, top.id)
    assert client.get_page_export_status(doc.id, top.id, failed.id).error
    client.delete_page(doc.id, top.id)
    server.settle()
    with pytest.raises(CloudError) as caught:
        client.get_page(doc.id, top.id)
    assert caught.value.http_status == 410


def test_tables_and_rows(client: CodaClient, server: FakeCodaServer, check: prism.RequestCheck) -> None:
    doc = server.add_doc("D")
    people = doc.add_table("People", {"Name": "text"}, [{"Name": "Ann"}])
    columns: dict[str, FakeCodaColumn | str] = {
        "Name": "text",
        "Price": FakeCodaColumn(type="currency", format={"currencyCode": "EUR", "precision": 2}),
        "Owners": FakeCodaColumn(type="lookup", table=people, array=True),
        "By": "person",
        "Link": "link",
        "Tags": FakeCodaColumn(type="select", options=("a", "b"), array=True),
        "Sure": FakeCodaColumn(type="checkbox", format={"displayType": "toggle"}),
        "Go": "button",
        "Twice": FakeCodaColumn(type="number", formula="Price * 2"),
    }
    row = {
        "Name": "lamp",
        "Price": 12.5,
        "Owners": ["Ann", "nobody"],
        "By": "ann@example.com",
        "Link": "https://example.com",
        "Tags": ["a", "b"],
        "Sure": True,
    }
    table = doc.add_table("Things", columns, [row] * 3)
    view = table.add_view("Few", lambda values: values["Sure"] is True)
    assert len(list(client.list_tables(doc.id, page_size=1))) == 3
    for each in (table, view):
        client.get_table(doc.id, each.id)
    list(client.list_columns(doc.id, table.id, page_size=4))
    for name in columns:
        client.get_column(doc.id, table.id, name)
    for form in ("simple", "simpleWithArrays", "rich"):
        list(client.list_rows(doc.id, table.id, value_format=form, page_size=2))  # type: ignore[arg-type]  # one of the three
        client.get_row(doc.id, table.id, table.row_ids[0], value_format=form)  # type: ignore[arg-type]  # likewise
    client.insert_rows(doc.id, table.id, [{"Name": "new"}])
    client.upsert_rows(doc.id, table.id, [{"Name": "new", "Sure": False}], ["Name"])
    client.update_row(doc.id, table.id, table.row_ids[0], {"Tags": ["b"]})
    client.push_button(doc.id, table.id, table.row_ids[0], "Go")
    client.delete_row(doc.id, table.id, table.row_ids[1])
    change = client.delete_rows(doc.id, table.id, table.row_ids[2:3])
    assert change.request_id is not None
    client.get_mutation_status(change.request_id)
    doc.add_formula("F", 1)
    doc.add_control("C", "x")
    for name, found in (("F", client.get_formula), ("C", client.get_control)):
        found(doc.id, name)
    list(client.list_formulas(doc.id))
    list(client.list_controls(doc.id))
    client.resolve_browser_link(client.get_table(doc.id, table.id).browser_link or "")


def test_everything_else(client: CodaClient, server: FakeCodaServer, check: prism.RequestCheck) -> None:
    doc = server.add_doc("D")
    doc.add_page("P")
    client.whoami()
    client.add_custom_doc_domain(doc.id, "docs.example.com")
    client.update_custom_doc_domain(doc.id, "docs.example.com")
    list(client.list_custom_doc_domains(doc.id))
    client.get_custom_doc_domain_provider("docs.example.com")
    client.delete_custom_doc_domain(doc.id, "docs.example.com")
    list(client.list_workspace_members("ws-fake"))
    client.change_user_role("ws-fake", "user@example.com", "Editor")
    list(client.list_workspace_members("ws-fake", ["Editor"]))
    list(client.list_workspace_role_activity("ws-fake"))
    client.add_go_link("org-fake", "go", "https://example.com")
    list(client.list_doc_analytics())
    list(client.list_page_analytics(doc.id))
    client.get_doc_analytics_summary()
    list(client.list_pack_analytics())
    client.get_pack_analytics_summary()
    list(client.list_pack_formula_analytics(123))
    client.get_analytics_last_updated()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
def test_errors(client: CodaClient, server: FakeCodaServer, check: prism.RequestCheck, status: int) -> None:
    from cloud.testing import Fault, FaultKind

    doc = server.add_doc("D")
    server.add(Fault(kind=FaultKind.STATUS, status=status))
    with pytest.raises(CloudError) as caught:
        client.create_page(doc.id, "x")
    assert caught.value.http_status == status
