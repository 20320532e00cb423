"""The fake Coda behaves as the service is known to."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from cloud.testing import CODA_WINDOWS, FakeCodaColumn, FakeCodaServer, Fault, FaultKind, RateWindow
from unit.testing.coda_http import Api, Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.testing import FakeCodaDoc, FakeCodaTable


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[FakeCodaServer]:
    with FakeCodaServer(
        clock=clock, windows=(), mutation_seconds=10.0, unknown_seconds=2.0, export_seconds=5.0
    ) as running:
        yield running


@pytest.fixture
def api(server: FakeCodaServer) -> Api:
    return Api(server)


@pytest.fixture
def doc(server: FakeCodaServer) -> FakeCodaDoc:
    return server.add_doc("Planning")


@pytest.fixture
def table(doc: FakeCodaDoc) -> FakeCodaTable:
    rows = [{"Task": f"task {number}", "Hours": number} for number in range(7)]
    return doc.add_table("Tasks", {"Task": "text", "Hours": "number", "Done": "checkbox"}, rows)


def rows_path(doc: FakeCodaDoc, table: FakeCodaTable, more: str = "") -> str:
    return f"/docs/{doc.id}/tables/{table.id}/rows{more}"


def cells(**values: Any) -> dict[str, Any]:
    return {"cells": [{"column": name, "value": value} for name, value in values.items()]}


# -- account, errors, tokens -----------------------------------------------------------------------------------


def test_tokens_open_what_they_may(server: FakeCodaServer, doc: FakeCodaDoc) -> None:
    wrong = Api(server, "other")("GET", "/whoami")
    assert (wrong.status, wrong.json) == (
        401,
        {"statusCode": 401, "statusMessage": "Unauthorized", "message": "Unauthorized"},
    )
    reader = Api(server, server.read_only_token)
    assert reader.get("/whoami")["scoped"] is True
    assert reader("DELETE", f"/docs/{doc.id}").status == 403
    assert Api(server).get("/whoami")["scoped"] is False
    assert Api(server)("GET", "/docs/none").json["statusCode"] == 404


def test_docs_are_made_changed_copied_and_deleted(api: Api, server: FakeCodaServer, clock: Clock) -> None:
    made = api("POST", "/docs", {"title": "Ünïcode 🚀", "initialPage": {"name": "First"}})
    assert (made.status, made.json["name"]) == (201, "Ünïcode 🚀")
    assert made.json["requestId"] in server.state.changes
    doc = f"/docs/{made.json['id']}"
    assert api("PATCH", doc, {"title": "New"}).json == {}
    clock.seconds += 11
    assert [page["name"] for page in api.items(f"{doc}/pages")] == ["First"]
    copy = api("POST", "/docs", {"title": "Copy", "sourceDoc": made.json["id"]}).json
    assert copy["sourceDoc"]["id"] == made.json["id"]
    assert [page["name"] for page in api.items(f"/docs/{copy['id']}/pages")] == ["First"]
    assert [found["name"] for found in api.items("/docs?query=cop")] == ["Copy"]
    assert api.items(f"/docs?sourceDoc={made.json['id']}&isOwner=true&isPublished=false") == [
        api.get(f"/docs/{copy['id']}")
    ]
    assert api.items("/docs?isStarred=true") == []
    assert api("DELETE", doc).status == 202
    assert api("GET", doc).status == 404


# -- listings --------------------------------------------------------------------------------------------------


def test_pages_follow_each_other_by_the_token_alone(api: Api, doc: FakeCodaDoc, table: FakeCodaTable) -> None:
    path = rows_path(doc, table)
    first = api.get(f"{path}?limit=3&useColumnNames=true")
    assert [row["values"]["Task"] for row in first["items"]] == ["task 0", "task 1", "task 2"]
    token = first["nextPageToken"]
    assert first["nextPageLink"].endswith(f"{path}?pageToken={token}")
    second = api.get(f"{path}?pageToken={token}")
    # limit and useColumnNames are implied
    assert [row["values"]["Task"] for row in second["items"]] == ["task 3", "task 4", "task 5"]
    assert "nextSyncToken" not in second
    third = api.get(f"{path}?pageToken={second['nextPageToken']}")
    assert (len(third["items"]), "nextPageToken" in third) == (1, False)
    refused = api("GET", f"{path}?pageToken={token}&limit=3")
    assert (refused.status, "limit" in refused.json["message"]) == (400, True)
    assert api("GET", f"{path}?pageToken=other").json["message"] == "Invalid pageToken."
    assert api("GET", f"/docs/{doc.id}/pages?pageToken={token}").status == 400  # of another listing


def test_a_lenient_server_ignores_what_stands_beside_a_token() -> None:
    with FakeCodaServer(strict_page_tokens=False, windows=()) as server:
        for name in "abc":
            server.add_doc(name)
        api = Api(server)
        token = api.get("/docs?limit=1")["nextPageToken"]
        assert len(api.get(f"/docs?limit=2&pageToken={token}")["items"]) == 1


def test_limits_are_clamped_silently(api: Api, doc: FakeCodaDoc) -> None:
    columns = {f"c{number}": "text" for number in range(120)}
    wide = doc.add_table("Wide", columns, [{"c0": str(number)} for number in range(230)])
    assert len(api.get(rows_path(doc, wide, "?limit=100000"))["items"]) == 200
    assert len(api.get(rows_path(doc, wide))["items"]) == 25
    assert len(api.get(f"/docs/{doc.id}/tables/{wide.id}/columns?limit=200")["items"]) == 100
    assert len(api.items(f"/docs/{doc.id}/tables/{wide.id}/columns")) == 120
    for wrong in ("0", "-1", "x"):
        assert api("GET", rows_path(doc, wide, f"?limit={wrong}")).status == 400


def test_a_listing_is_what_it_was_when_it_began(
    api: Api, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    path = rows_path(doc, table)
    first = api.get(f"{path}?limit=4")
    api("DELETE", path, {"rowIds": [table.row_ids[0]]})
    server.settle()
    rest = api.get(f"{path}?pageToken={first['nextPageToken']}")
    assert len(first["items"]) + len(rest["items"]) == 7


def test_too_large_pages_time_out(api: Api, doc: FakeCodaDoc, table: FakeCodaTable) -> None:
    table.time_out_above(3)
    assert api("GET", rows_path(doc, table, "?limit=4")).status == 504
    assert len(api.items(rows_path(doc, table, "?limit=3"))) == 7
    table.time_out_above(None)
    assert len(api.items(rows_path(doc, table, "?limit=4"))) == 7


def test_sync_tokens_give_what_was_added_or_changed_since(
    api: Api, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    path = rows_path(doc, table)
    token = api.get(path)["nextSyncToken"]
    assert api.get(f"{path}?syncToken={token}")["items"] == []
    ids = table.row_ids
    api("PUT", f"{path}/{ids[2]}", {"row": cells(Hours=20)})
    api("DELETE", f"{path}/{ids[3]}")
    api("POST", path, {"rows": [cells(Task="new")]})
    server.settle()
    since = api.get(f"{path}?syncToken={token}")
    assert [row["name"] for row in since["items"]] == ["task 2", "new"]  # deletions never appear
    assert api("GET", f"{path}?syncToken=other").json["message"] == "Invalid pageToken."


# -- changes ---------------------------------------------------------------------------------------------------


def test_a_change_is_unknown_then_pending_then_done_and_only_then_seen(
    api: Api, doc: FakeCodaDoc, table: FakeCodaTable, clock: Clock
) -> None:
    accepted = api("POST", rows_path(doc, table), {"rows": [cells(Task="new")]})
    assert accepted.status == 202
    status = f"/mutationStatus/{quote(accepted.json['requestId'], safe='')}"
    (added,) = accepted.json["addedRowIds"]
    assert api("GET", status).status == 404
    clock.seconds += 2
    assert api.get(status) == {"completed": False}
    assert api("GET", rows_path(doc, table, f"/{added}")).status == 404
    assert len(table.rows) == 7
    assert api("GET", f"/docs/{doc.id}/tables", headers={"X-Coda-Doc-Version": "latest"}).status == 400
    clock.seconds += 8
    assert api.get(status) == {"completed": True}
    assert api.get(rows_path(doc, table, f"/{added}"))["name"] == "new"
    assert api("GET", f"/docs/{doc.id}/tables", headers={"X-Coda-Doc-Version": "latest"}).status == 200
    old = api("GET", f"/docs/{doc.id}/tables", headers={"X-Coda-Doc-Version": "7"})
    assert (old.status, old.json["message"]) == (400, "Doc is not yet up to date.")


def test_a_change_that_comes_to_nothing_warns(
    api: Api, doc: FakeCodaDoc, table: FakeCodaTable, server: FakeCodaServer, clock: Clock
) -> None:
    path = rows_path(doc, table, f"/{table.row_ids[0]}")
    api("DELETE", path)
    change = api("PUT", path, {"row": cells(Task="x")}).json["requestId"]
    clock.seconds += 10
    assert api.get(f"/mutationStatus/{change}") == {"completed": True, "warning": "The row has been deleted."}
    assert len(table.rows) == 6


# -- rows ------------------------------------------------------------------------------------------------------


def test_upserts_change_every_row_that_matches_and_add_the_others(
    api: Api, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    table.add_rows([{"Task": "task 1", "Hours": 99}])
    upsert = {"rows": [cells(Task="task 1", Done=True), cells(Task="new", Hours=1)], "keyColumns": ["Task"]}
    reply = api("POST", rows_path(doc, table), upsert)
    assert (reply.status, set(reply.json)) == (202, {"requestId"})
    server.settle()
    found = [
        (row["Task"], row["Hours"], row["Done"]) for row in table.rows if row["Task"] in {"task 1", "new"}
    ]
    assert found == [("task 1", 1, True), ("task 1", 99, True), ("new", 1, "")]
    api("POST", rows_path(doc, table), upsert)
    server.settle()
    assert len(table.rows) == 9  # a second time changes nothing


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rows": {}},
        {"rows": [{}]},
        {"rows": [{"cells": [{"column": "Task"}]}]},
        {"rows": [cells(Task=None)]},
        {"rows": [cells(Task={"a": 1})]},
        {"rows": [cells(Nothing=1)]},
        {"rows": [cells(Task="x")], "keyColumns": ["Nothing"]},
        {"rows": [cells(Task="x")], "other": 1},
    ],
)
def test_what_is_no_upsert_is_refused_whole(
    api: Api, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable, body: dict[str, Any]
) -> None:
    assert api("POST", rows_path(doc, table), body).status == 400
    server.settle()
    assert len(table.rows) == 7


def test_sizes_of_rows_and_requests_are_limited(
    api: Api, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    path = rows_path(doc, table)
    largest = "é" * (85 * 512)
    assert api("POST", path, {"rows": [cells(Task=largest)]}).status == 202
    for text in (largest + "x", largest[:-1] + "\n\n"):  # a new line counts for one byte more
        refused = api("POST", path, {"rows": [cells(Task="fine"), cells(Task=text)]})
        assert refused.status == 400
        assert refused.json["message"] == "Row edit of size 85 KB exceeds maximum size of 85 KB."
    many = {"rows": [cells(Task="x" * 80_000) for _ in range(27)]}
    assert api("POST", path, many).json["message"] == "request entity too large"
    server.settle()
    assert len(table.rows) == 8


def test_rows_are_found_by_id_then_by_name_and_views_show_some(
    api: Api, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    view = table.add_view("Long", lambda row: row["Hours"] >= 5)
    assert [row["name"] for row in api.items(rows_path(doc, view))] == ["task 5", "task 6"]
    assert api.get(f"/docs/{doc.id}/tables/{view.id}")["rowCount"] == 2
    assert api("GET", rows_path(doc, view, f"/{table.row_ids[0]}")).status == 404
    assert api("POST", rows_path(doc, view), {"rows": [cells(Task="x")]}).status == 400
    assert api("PUT", rows_path(doc, view, "/task%205"), {"row": cells(Hours=1)}).status == 202
    server.settle()
    assert [row["Task"] for row in view.rows] == ["task 6"]
    kinds = {
        kind: [t["name"] for t in api.items(f"/docs/{doc.id}/tables?tableTypes={kind}")]
        for kind in ("table", "view", "table,view")
    }
    assert kinds == {"table": ["Tasks"], "view": ["Long"], "table,view": ["Tasks", "Long"]}
    assert api.get(f"/docs/{doc.id}/tables/{view.id}")["parentTable"]["id"] == table.id


def test_rows_are_filtered_and_sorted(
    api: Api, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable, clock: Clock
) -> None:
    path = rows_path(doc, table)
    hours = table.column_ids["Hours"]
    assert [row["name"] for row in api.items(f"{path}?query={hours}:3")] == ["task 3"]
    assert [row["name"] for row in api.items(path + "?query=" + quote('"Task":"task 4"'))] == ["task 4"]
    for wrong in ("Task:%22x%22", f"{hours}:", f"{hours}:x", "x", '"Nothing":1'):
        assert api("GET", f"{path}?query={quote(wrong)}").status == 400, wrong
    assert api("GET", f"{path}?sortBy=natural&visibleOnly=false").status == 400
    assert len(api.items(f"{path}?sortBy=natural")) == 7
    clock.seconds += 5
    api("PUT", f"{path}/task%200", {"row": cells(Hours=1)})
    server.settle()
    assert [row["name"] for row in api.items(f"{path}?sortBy=updatedAt")][-1] == "task 0"
    assert api("GET", f"{path}?sortBy=name").status == 400


def test_cells_in_three_formats(api: Api, doc: FakeCodaDoc) -> None:
    people = doc.add_table("People", {"Name": "text"}, [{"Name": "Ann"}, {"Name": "Bob"}])
    things = doc.add_table(
        "Things",
        {
            "Name": "text",
            "Price": "currency",
            "Owners": FakeCodaColumn(type="lookup", table=people, array=True),
            "By": "person",
            "Link": "link",
            "Tags": FakeCodaColumn(type="select", options=("a", "b"), array=True),
            "Sure": "checkbox",
            "Picture": "image",
        },
        [
            {
                "Name": "lamp",
                "Price": "1234.5",
                "Owners": ["Ann", "nobody"],
                "By": "ann@example.com",
                "Link": "https://example.com/a",
                "Tags": ["a", "b"],
                "Sure": "true",
                "Picture": "https://example.com/p.png",
            }
        ],
    )

    def values(form: str) -> dict[str, Any]:
        (row,) = api.items(rows_path(doc, things, f"?useColumnNames=true&valueFormat={form}"))
        found: dict[str, Any] = row["values"]
        return found

    simple = values("simple")
    assert (simple["Price"], simple["Owners"], simple["Tags"], simple["Sure"]) == (
        "$1,234.50",
        "Ann,nobody",
        "a,b",
        True,
    )
    arrays = values("simpleWithArrays")
    assert (arrays["Owners"], arrays["Tags"], arrays["By"]) == (
        ["Ann", "nobody"],
        ["a", "b"],
        "ann@example.com",
    )
    rich = values("rich")
    assert rich["Name"] == "```lamp```"
    assert (rich["Price"]["@type"], rich["Price"]["amount"]) == ("MonetaryAmount", 1234.5)
    known, broken = rich["Owners"]
    assert (known["additionalType"], known["name"], known["rowId"], known["tableId"]) == (
        "row",
        "Ann",
        people.row_ids[0],
        people.id,
    )
    assert broken == "nobody"  # no such row: a text that points nowhere
    assert [rich[name]["@type"] for name in ("By", "Link", "Picture")] == ["Person", "WebPage", "ImageObject"]
    assert api("GET", rows_path(doc, things, "?valueFormat=other")).status == 400


def test_parsing_can_be_switched_off_and_calculated_cells_are_not_written(
    api: Api, server: FakeCodaServer, doc: FakeCodaDoc
) -> None:
    columns: dict[str, FakeCodaColumn | str] = {
        "Name": "text",
        "Size": "number",
        "Twice": FakeCodaColumn(type="number", formula="Size * 2"),
    }
    table = doc.add_table("Sizes", columns)
    api("POST", rows_path(doc, table), {"rows": [cells(Name="a", Size="12")]})
    api("POST", rows_path(doc, table, "?disableParsing=true"), {"rows": [cells(Name="b", Size="12")]})
    server.settle()
    assert [row["Size"] for row in table.rows] == [12, "12"]
    assert api("POST", rows_path(doc, table), {"rows": [cells(Twice=1)]}).status == 400
    shape = api.get(f"/docs/{doc.id}/tables/Sizes/columns/Twice")
    assert (shape["calculated"], shape["formula"], shape["parent"]["id"]) == (True, "Size * 2", table.id)


def test_buttons_and_automations_are_noted_when_they_happen(
    api: Api, server: FakeCodaServer, doc: FakeCodaDoc
) -> None:
    table = doc.add_table("T", {"Name": "text", "Go": "button"}, [{"Name": "a"}])
    (row,) = table.row_ids
    pushed = api("POST", rows_path(doc, table, f"/{row}/buttons/Go"))
    assert (pushed.status, pushed.json["rowId"]) == (202, row)
    assert api("POST", rows_path(doc, table, f"/{row}/buttons/Name")).status == 400
    hook = f"/docs/{doc.id}/hooks/automation/rule"
    as_json = {"Content-Type": "application/json"}
    assert api("POST", hook, {"a": 1}, as_json).status == 202
    assert api("POST", hook, [1], as_json).status == 422
    assert (server.pushed, server.triggered) == ([], [])
    server.settle()
    assert server.pushed == [(doc.id, table.id, row, table.column_ids["Go"])]
    assert server.triggered == [(doc.id, "rule", b'{"a": 1}')]


# -- pages -----------------------------------------------------------------------------------------------------


def test_pages_live_and_are_gone(api: Api, server: FakeCodaServer, doc: FakeCodaDoc) -> None:
    base = f"/docs/{doc.id}/pages"
    content = {"format": "html", "content": "<h1>A &amp; B</h1><p>text</p><ul><li>one</li></ul>"}
    made = api("POST", base, {"name": "Notes", "pageContent": {"type": "canvas", "canvasContent": content}})
    page = f"{base}/{made.json['id']}"
    assert api("GET", page).status == 404
    child = api("POST", base, {"name": "Below", "parentPageId": made.json["id"]})
    assert child.status == 400  # the parent is not there yet
    server.settle()
    below = doc.add_page("Below", parent=made.json["id"])
    assert [c["id"] for c in api.get(page)["children"]] == [below]
    lines = api.items(f"{page}/content?limit=2")
    assert [line["itemContent"]["style"] for line in lines] == ["h1", "paragraph", "bulletedList"]
    assert lines[0]["itemContent"]["content"] == "A & B"
    assert doc.page_markdown(made.json["id"]) == "# A & B\ntext\n- one\n"
    api("DELETE", page)
    server.settle()
    assert api("GET", page).status == 410
    assert api("GET", f"{base}/{below}").status == 410
    assert api("GET", f"{base}/never").status == 404


@pytest.mark.parametrize(
    ("mode", "at", "expected"),
    [
        ("append", None, ["one", "two", "new"]),
        ("prepend", None, ["new", "one", "two"]),
        ("replace", None, ["new"]),
        ("append", 0, ["one", "new", "two"]),
        ("prepend", 1, ["one", "new", "two"]),
        ("replace", 0, ["new", "two"]),
    ],
)
def test_content_is_put_where_it_is_wanted(
    api: Api, server: FakeCodaServer, doc: FakeCodaDoc, mode: str, at: int | None, expected: list[str]
) -> None:
    page = doc.add_page("P", "one\ntwo")
    path = f"/docs/{doc.id}/pages/{page}"
    update: dict[str, Any] = {
        "insertionMode": mode,
        "canvasContent": {"format": "markdown", "content": "new"},
    }
    if at is not None:
        update["elementId"] = api.items(f"{path}/content")[at]["id"]
    assert api("PUT", path, {"contentUpdate": update}).status == 202
    server.settle()
    assert doc.page_markdown(page).splitlines() == expected
    update["elementId"] = "cl-none"
    assert api("PUT", path, {"contentUpdate": update}).status == 400


def test_content_is_cleared_whole_or_by_elements(api: Api, server: FakeCodaServer, doc: FakeCodaDoc) -> None:
    page = doc.add_page("P", "one\ntwo\nthree")
    path = f"/docs/{doc.id}/pages/{page}/content"
    api("DELETE", path, {"elementIds": [api.items(path)[1]["id"]]})
    server.settle()
    assert doc.page_markdown(page) == "one\nthree\n"
    api("DELETE", path, {})
    server.settle()
    assert doc.page_markdown(page) == ""


def test_exports_are_polled_and_their_links_expire(
    api: Api, server: FakeCodaServer, doc: FakeCodaDoc, clock: Clock
) -> None:
    page = doc.add_page("P", "# Title\ntext")
    base = f"/docs/{doc.id}/pages/{page}/export"
    begun = api("POST", base, {"outputFormat": "html"})
    assert (begun.status, begun.json["status"]) == (202, "inProgress")
    assert begun.json["href"] == f"{server.url}{base}/{begun.json['id']}"
    assert api("GET", begun.json["href"]).status == 404
    clock.seconds += 2
    assert "downloadLink" not in api.get(begun.json["href"])
    clock.seconds += 3
    link = api.get(begun.json["href"])["downloadLink"]
    assert not link.startswith(server.url.removesuffix("/apis/v1"))
    loaded = Api(server, "")("GET", link)
    assert loaded.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(loaded.body) == b"<h1>Title</h1>\n<p>text</p>\n"
    clock.seconds += 300
    assert api("GET", link).status == 403
    assert api("GET", api.get(begun.json["href"])["downloadLink"]).status == 200
    assert api("POST", base, {"outputFormat": "pdf"}).status == 400
    sync = doc.add_page("S", content_type="syncPage")
    assert api("POST", f"/docs/{doc.id}/pages/{sync}/export", {"outputFormat": "html"}).status == 400


def test_an_export_can_fail(api: Api, server: FakeCodaServer, doc: FakeCodaDoc, clock: Clock) -> None:
    page = doc.add_page("P", "text")
    server.fail_next_export("too large")
    begun = api("POST", f"/docs/{doc.id}/pages/{page}/export", {"outputFormat": "markdown"}).json
    clock.seconds += 5
    assert api.get(begun["href"])["error"] == "too large"
    again = api("POST", f"/docs/{doc.id}/pages/{page}/export", {"outputFormat": "markdown"}).json
    clock.seconds += 5
    assert "error" not in api.get(again["href"])


# -- the rest --------------------------------------------------------------------------------------------------


def test_formulas_and_controls(api: Api, doc: FakeCodaDoc) -> None:
    formula, control = doc.add_formula("Zum", 42), doc.add_control("Name", "x")
    doc.add_formula("Alpha", "a")
    assert [f["name"] for f in api.items(f"/docs/{doc.id}/formulas")] == ["Zum", "Alpha"]
    assert [f["name"] for f in api.items(f"/docs/{doc.id}/formulas?sortBy=name")] == ["Alpha", "Zum"]
    assert api.get(f"/docs/{doc.id}/formulas/{formula}")["value"] == 42
    assert api.get(f"/docs/{doc.id}/controls/Name")["id"] == control
    assert api.get(f"/docs/{doc.id}/controls/{control}")["controlType"] == "textbox"
    assert api("GET", f"/docs/{doc.id}/controls/{formula}").status == 404


def test_sharing(api: Api, doc: FakeCodaDoc, server: FakeCodaServer) -> None:
    base = f"/docs/{doc.id}/acl"
    wish = {"access": "write", "principal": {"type": "email", "email": "ann@example.com"}}
    assert api("POST", f"{base}/permissions", wish).json == {}
    assert api("POST", f"{base}/permissions", {**wish, "access": "readonly"}).status == 200
    (permission,) = api.items(f"{base}/permissions")
    assert permission["access"] == "readonly"
    for wrong in ({**wish, "access": "none"}, {**wish, "principal": {"type": "email"}}, {"access": "write"}):
        assert api("POST", f"{base}/permissions", wrong).status == 400
    assert api("DELETE", f"{base}/permissions/{permission['id']}").status == 200
    assert api("DELETE", f"{base}/permissions/{permission['id']}").status == 404
    assert api("PATCH", f"{base}/settings", {"allowCopying": False}).json["allowCopying"] is False
    assert api.get(f"{base}/settings")["allowCopying"] is False
    assert api.get(f"{base}/metadata")["canShare"] is True
    server.add_member("ann@example.com", "Ann")
    assert [user["loginId"] for user in api.get(f"{base}/principals/search?query=ann")["users"]] == [
        "ann@example.com"
    ]


def test_folders_and_publishing(api: Api, doc: FakeCodaDoc, server: FakeCodaServer) -> None:
    made = api("POST", "/folders", {"name": "F", "workspaceId": "ws-fake"})
    folder = f"/folders/{made.json['id']}"
    assert (made.status, api("PATCH", folder, {"description": "d"}).json["description"]) == (201, "d")
    assert [found["name"] for found in api.items("/folders")] == ["My docs", "F"]
    kept = api("POST", "/docs", {"title": "In it", "folderId": made.json["id"]}).json["id"]
    assert api("DELETE", folder).status == 400
    api("DELETE", f"/docs/{kept}")
    assert api("DELETE", folder).status == 200
    assert api("GET", folder).status == 404
    category = api.get("/categories")["items"][0]["name"]
    publish = {"slug": "s", "discoverable": True, "categoryNames": [category], "mode": "play"}
    assert api("PUT", f"/docs/{doc.id}/publish", publish).status == 202
    server.settle()
    assert api.get(f"/docs/{doc.id}")["published"]["categories"] == [{"name": category}]
    assert [found["id"] for found in api.items("/docs?inGallery=true")] == [doc.id]
    assert api("DELETE", f"/docs/{doc.id}/publish").status == 200
    assert "published" not in api.get(f"/docs/{doc.id}")


def test_links_domains_workspaces_and_analytics(api: Api, doc: FakeCodaDoc, table: FakeCodaTable) -> None:
    (row, *_) = api.items(rows_path(doc, table))
    for resource in (row, api.get(f"/docs/{doc.id}"), api.get(f"/docs/{doc.id}/tables/{table.id}")):
        found = api.get(f"/resolveBrowserLink?url={quote(resource['browserLink'], safe='')}")["resource"]
        assert (found["type"], found["id"]) == (resource["type"], resource["id"])
    gone = quote(row["browserLink"] + "x", safe="")
    assert api("GET", f"/resolveBrowserLink?url={gone}").status == 404
    assert api.get(f"/resolveBrowserLink?url={gone}&degradeGracefully=true")["resource"]["type"] == "doc"

    base = f"/docs/{doc.id}/domains"
    assert api("POST", base, {"customDocDomain": "docs.example.com"}).status == 202
    assert api("PATCH", f"{base}/docs.example.com", {}).status == 200
    (domain,) = api.get(base)["customDocDomains"]
    assert domain["setupStatus"] == "succeeded"
    assert api("DELETE", f"{base}/docs.example.com").status == 200
    assert api("DELETE", f"{base}/docs.example.com").status == 404

    users = "/workspaces/ws-fake/users"
    assert api("POST", f"{users}/role", {"email": "user@example.com", "newRole": "DocMaker"}).status == 200
    assert [member["role"] for member in api.items(f"{users}?includedRoles=DocMaker")] == ["DocMaker"]
    assert api.get("/workspaces/ws-fake/roles")["items"][0]["activeDocMakerCount"] == 1
    link = {"name": "go", "destinationUrl": "https://example.com"}
    assert [api("POST", "/organizations/org-fake/goLinks", link).status for _ in range(2)] == [200, 400]

    assert [item["doc"]["id"] for item in api.items(f"/analytics/docs?docIds={doc.id}")] == [doc.id]
    assert api.items("/analytics/docs?docIds=other") == []
    assert api.get("/analytics/docs/summary") == {"totalSessions": 0}
    assert api.items("/analytics/packs") == []


# -- limits and faults -----------------------------------------------------------------------------------------


def test_the_published_limits_are_kept_per_user(clock: Clock) -> None:
    assert {(w.name, w.limit, w.seconds) for w in CODA_WINDOWS} == {
        ("read", 100, 6.0),
        ("write", 10, 6.0),
        ("docContent", 5, 10.0),
        ("listDocs", 4, 6.0),
        ("analytics", 100, 6.0),
    }
    with FakeCodaServer(clock=clock) as server:
        api, other = Api(server), Api(server, server.read_only_token)
        assert [api("GET", "/docs").status for _ in range(4)] == [200] * 4
        refused = other("GET", "/docs")
        assert (refused.status, refused.json["message"], refused.headers["Retry-After"]) == (
            429,
            "Too Many Requests",
            None,
        )
        doc = server.add_doc("D")
        statuses = [api("POST", f"/docs/{doc.id}/pages", {"name": "p"}).status for _ in range(6)]
        assert statuses == [202] * 5 + [429]
        assert api("GET", f"/docs/{doc.id}").status == 200
        server.settle()
        assert len(doc.page_names) == 5


def test_faults_hit_the_fake_too() -> None:
    with FakeCodaServer(windows=[RateWindow("read", 1, 60.0)], retry_after="seconds") as server:
        doc = server.add_doc("D")
        table = doc.add_table("T", {"Name": "text"})
        server.add(Fault(kind=FaultKind.LOST_REPLY, method="POST", path="/rows"))
        with pytest.raises(ConnectionError):
            Api(server)("POST", rows_path(doc, table), {"rows": [cells(Name="a")]})
        server.settle()
        assert [row["Name"] for row in table.rows] == ["a"]
        assert [seen.operation for seen in server.log] == ["upsertRows"]
        assert [Api(server)("GET", "/whoami").status for _ in range(2)] == [200, 429]
