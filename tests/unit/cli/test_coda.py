"""``cloud coda``, against a Coda that remembers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

import pytest

from cloud._dialects.rest._polling import PollSchedule
from cloud.coda_io import _export, _mutation
from cloud.testing import FakeCodaColumn, FakeCodaServer, Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cloud.testing import FakeCodaDoc, FakeCodaTable
    from conftest import Ran, Run


class Coda(Protocol):
    def __call__(self, *args: object, stdin: bytes = b"") -> Ran: ...


@pytest.fixture
def server() -> Iterator[FakeCodaServer]:
    with FakeCodaServer(windows=(), mutation_seconds=0.0, export_seconds=0.0) as running:
        yield running


@pytest.fixture
def doc(server: FakeCodaServer) -> FakeCodaDoc:
    return server.add_doc("Planning")


@pytest.fixture
def table(doc: FakeCodaDoc) -> FakeCodaTable:
    columns = {
        "Task": "text",
        "Hours": "number",
        "Done": "checkbox",
        "Twice": FakeCodaColumn(type="number", formula="Hours * 2"),
    }
    rows = [{"Task": "write", "Hours": 2, "Done": True}, {"Task": "te\tst", "Hours": 5, "Done": False}]
    return doc.add_table("Tasks", columns, rows)


@pytest.fixture
def coda(run: Run, server: FakeCodaServer, monkeypatch: pytest.MonkeyPatch) -> Coda:
    """Run ``cloud coda`` against the server; waits are short."""
    monkeypatch.setenv("CODA_API_TOKEN", server.token)
    quick = PollSchedule(first_seconds=0.0, base_seconds=0.01)
    monkeypatch.setattr(_mutation, "SCHEDULE", quick)
    monkeypatch.setattr(_export, "SCHEDULE", quick)

    def call(*args: object, stdin: bytes = b"") -> Ran:
        return run("coda", *args, "--endpoint", server.url, stdin=stdin)

    return call


def test_docs_are_listed(coda: Coda, server: FakeCodaServer, doc: FakeCodaDoc) -> None:
    other = server.add_doc("Öther")
    ran = coda("docs")
    assert [line.split("\t")[:2] for line in ran.lines] == [[doc.id, "Planning"], [other.id, "Öther"]]
    assert [record["name"] for record in coda("docs", "--query", "öth", "--json").records] == ["Öther"]
    assert len(coda("docs", "--mine").lines) == 2


def test_tables_are_listed(coda: Coda, doc: FakeCodaDoc, table: FakeCodaTable) -> None:
    view = table.add_view("Done ones", lambda row: row["Done"] is True)
    assert [line.split("\t") for line in coda("tables", doc.id).lines] == [
        [table.id, "Tasks", "table", "Untitled"],
        [view.id, "Done ones", "view", "Untitled"],
    ]
    assert [record["id"] for record in coda("tables", doc.id, "--type", "view", "--json").records] == [
        view.id
    ]


def test_rows_are_printed_by_their_columns(coda: Coda, doc: FakeCodaDoc, table: FakeCodaTable) -> None:
    one, two = table.row_ids
    assert coda("rows", doc.id, "Tasks").lines == [f"{one}\twrite\t2\ttrue\t", f"{two}\tte st\t5\tfalse\t"]
    some = coda("rows", doc.id, table.id, "--columns", f"Done, {table.column_ids['Task']}")
    assert some.lines == [f"{one}\ttrue\twrite", f"{two}\tfalse\tte st"]
    assert coda("rows", doc.id, "Tasks", "--limit", 1, "--json").records == [
        {"id": one, "name": "write", "cells": {"Task": "write", "Hours": 2, "Done": True, "Twice": ""}}
    ]


@pytest.mark.parametrize(
    ("condition", "found"),
    [("Task=write", 1), ("Hours=5", 1), ("Done=false", 1), ("Task=5", 0), ("Hours=-7.5", 0)],
)
def test_rows_are_chosen(
    coda: Coda, doc: FakeCodaDoc, table: FakeCodaTable, condition: str, found: int
) -> None:
    assert len(coda("rows", doc.id, "Tasks", "--where", condition, "--columns", "Task").lines) == found


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--where", "Nothing=1"), "no column 'Nothing'"),
        (("--where", "Hours=x"), "holds numbers"),
        (("--where", "Done=x"), "true or false"),
        (("--columns", "Task,Nothing"), "its columns are Done, Hours, Task, Twice"),
    ],
)
def test_a_column_that_does_not_fit_is_told(
    coda: Coda, doc: FakeCodaDoc, table: FakeCodaTable, options: tuple[str, ...], told: str
) -> None:
    ran = coda("rows", doc.id, "Tasks", *options)
    assert (ran.code, ran.out) == (2, b"")
    assert told in ran.err


def test_columns_of_one_name_are_told_apart_by_id(
    coda: Coda, server: FakeCodaServer, doc: FakeCodaDoc
) -> None:
    table = doc.add_table("T", {"Name": "text", "Other": "text"}, [{"Name": "a", "Other": "b"}])
    ids = table.column_ids
    server.state.docs[doc.id].tables[table.id].columns[ids["Other"]].name = "Name"
    ran = coda("rows", doc.id, "T", "--columns", "Name")
    assert ran.code == 2
    assert all(column in ran.err for column in ids.values())
    assert coda("rows", doc.id, "T", "--columns", ids["Other"]).lines == [f"{table.row_ids[0]}\tb"]


def test_a_csv_file_changes_and_adds_rows(
    coda: Coda, doc: FakeCodaDoc, table: FakeCodaTable, tmp_path: Path
) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes('\ufeffTask,Hours,Done\r\nwrite,3,\r\n"a, ""new""\none",4,true\r\n'.encode())
    ran = coda("upsert", doc.id, "Tasks", "--csv", file, "--key", "Task")
    assert (ran.code, ran.out, ran.err) == (0, b"", "cloud: 2 rows written\n".removeprefix("cloud: "))
    found = [(row["Task"], row["Hours"], row["Done"]) for row in table.rows]
    assert found == [("write", 3, ""), ("te\tst", 5, False), ('a, "new"\none', 4, True)]
    again = coda("upsert", doc.id, "Tasks", "--csv", file, "--key", "Task", "--json")
    assert again.json == {"rows": 2, "requests": 1, "added": []}
    assert len(table.rows) == 3


@pytest.mark.parametrize("form", ["list", "lines"])
def test_json_rows_are_added(
    coda: Coda, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable, form: str
) -> None:
    rows = [{"Task": f"ü{number}", "Hours": number, "Done": None} for number in range(7)]
    text = json.dumps(rows) if form == "list" else "\n".join(map(json.dumps, rows))
    ran = coda(
        *("upsert", doc.id, "Tasks", "--rows", "-", "--insert", "--batch", 3, "--json"), stdin=text.encode()
    )
    assert ran.json == {"rows": 7, "requests": 3, "added": table.row_ids[2:]}
    assert [row["Task"] for row in table.rows[2:]] == [f"ü{number}" for number in range(7)]
    assert len(server.calls_of("upsertRows")) == 3


def test_a_plan_changes_nothing(
    coda: Coda, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    rows = b"Task,Hours\nwrite,9\nnew,1\nnew,2\n"
    command = ("upsert", doc.id, "Tasks", "--csv", "-", "--key", "Task", "--dry-run")
    ran = coda(*command, stdin=rows)
    assert ran.lines == ["change\twrite", "add\tnew", "change\tnew"]
    assert ran.err == "1 row to add, 2 rows to change\n"
    assert coda(*command, "--json", stdin=rows).records[0] == {
        "action": "change",
        "key": ["write"],
        "rows": [table.row_ids[0]],
    }
    by_number = coda("upsert", doc.id, "Tasks", "--csv", "-", "--key", "Hours", "-n", stdin=b"Hours\n5\n6\n")
    assert by_number.lines == ["change\t5", "add\t6"]
    inserted = coda("upsert", doc.id, "Tasks", "--csv", "-", "--insert", "-n", stdin=rows)
    assert inserted.lines == ["add\twrite\t9", "add\tnew\t1", "add\tnew\t2"]
    assert server.calls_of("upsertRows") == ()
    assert len(table.rows) == 2


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("--csv", b"", "no line of column names"),
        ("--csv", b"Task,Task\na,b\n", "'Task' twice"),
        ("--csv", b"Task,Hours\na\n", "line 2: 1 cells for 2 columns"),
        ("--csv", b'Task\n"a', "line 2"),
        ("--csv", b"Task\n\xff\n", "not in UTF-8: byte 5"),
        ("--csv", b"Task,Nothing\na,b\n", "no column 'Nothing'"),
        ("--csv", b"Task,Twice\na,1\n", "'Twice' is calculated"),
        ("--csv", b"Hours\n1\n", "row 1 has no value of the key 'Task'"),
        ("--csv", b'Task\na\n""\n', "row 2 has no value of the key 'Task'"),
        ("--rows", b"{", "neither a JSON list"),
        ("--rows", b"[5]", "row 1: it is no object"),
        ("--rows", b'{"Task": {"a": 1}}', "row 0"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_sent(
    coda: Coda,
    server: FakeCodaServer,
    doc: FakeCodaDoc,
    table: FakeCodaTable,
    option: str,
    text: bytes,
    told: str,
) -> None:
    ran = coda("upsert", doc.id, "Tasks", option, "-", "--key", "Task", stdin=text)
    assert (ran.code, ran.out) == (2, b"")
    assert told in ran.err
    assert ran.err.count("\n") == 1
    assert server.calls_of("upsertRows") == ()


def test_a_file_and_a_way_are_needed(coda: Coda, doc: FakeCodaDoc) -> None:
    assert coda("upsert", doc.id, "Tasks", "--csv", "f").code == 2
    assert coda("upsert", doc.id, "Tasks", "--insert").code == 2
    assert coda("upsert", doc.id, "Tasks", "--csv", "f", "--insert", "--key", "a").code == 2
    assert coda("upsert", doc.id, "Tasks", "--csv", "no-such-file", "--insert").code == 4


def test_a_lost_answer_is_told_and_doubles_nothing(
    coda: Coda, server: FakeCodaServer, doc: FakeCodaDoc, table: FakeCodaTable
) -> None:
    server.add(Fault(kind=FaultKind.LOST_REPLY, method="POST"))
    ran = coda("upsert", doc.id, "Tasks", "--csv", "-", "--insert", stdin=b"Task\nonce\n")
    server.settle()
    assert ran.code == 1
    assert "nobody knows whether it happened" in ran.err
    assert [row["Task"] for row in table.rows[2:]] == ["once"]


def test_pages_become_files(coda: Coda, doc: FakeCodaDoc, tmp_path: Path) -> None:
    first = doc.add_page("Ünïcode / ../ name", "# Title\ntext")
    second = doc.add_page("..", "two")
    doc.add_page("Synced", content_type="syncPage")
    plan = coda("export", doc.id, "-o", tmp_path / "out", "--dry-run")
    assert len(plan.lines) == 2
    assert not (tmp_path / "out").exists()
    ran = coda("export", doc.id, "-o", tmp_path / "out")
    assert ran.code == 0
    assert ran.lines == plan.lines
    assert "skipped Synced" in ran.err
    files = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert files == {f"Ünïcode-..-name-{first}.md": "# Title\ntext\n", f"page-{second}.md": "two\n"}


def test_one_page_goes_where_it_is_wanted(coda: Coda, doc: FakeCodaDoc, tmp_path: Path) -> None:
    page = doc.add_page("Notes", "# Title")
    doc.add_page("Other", "x")
    assert coda("export", doc.id, "Notes").out == b"# Title\n"
    assert coda("export", doc.id, page, "-o", tmp_path / "n.html", "--format", "html", "--json").json == {
        "page": page,
        "name": "Notes",
        "target": str(tmp_path / "n.html"),
        "written": True,
    }
    assert (tmp_path / "n.html").read_text() == "<h1>Title</h1>\n"
    several = coda("export", doc.id)
    assert several.code == 2
    assert "-o" in several.err
    assert coda("export", doc.id, "None").code == 4


def test_a_page_that_fails_does_not_stop_the_others(
    coda: Coda, server: FakeCodaServer, doc: FakeCodaDoc, tmp_path: Path
) -> None:
    bad, good = doc.add_page("Bad", "x"), doc.add_page("Good", "y")
    server.fail_next_export("too large")
    ran = coda("export", doc.id, "-o", tmp_path / "out")
    assert ran.code == 3
    assert "too large" in ran.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"Good-{good}.md"]
    assert bad not in ran.out.decode()


def test_no_token_is_told(run: Run, server: FakeCodaServer) -> None:
    ran = run("coda", "docs", "--endpoint", server.url)
    assert ran.code == 2
    assert "CODA_API_TOKEN" in ran.err


def test_a_profile_names_token_and_place(
    run: Run, server: FakeCodaServer, doc: FakeCodaDoc, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'[profiles.work]\nprovider = "coda"\nendpoint_url = "{server.url}"\ntoken = "{server.token}"\n'
    )
    config.chmod(0o600)
    ran = run("coda", "docs", "--profile", "work", "--config", config)
    assert [line.split("\t")[1] for line in ran.lines] == ["Planning"], ran.err
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[profiles.work]\nprovider = "aws"\n')
    assert run("coda", "docs", "--profile", "work", "--config", wrong).code == 2
