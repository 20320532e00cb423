"""Records: what the service adds breaks nothing, what it leaves out is None, what it says is kept."""

from __future__ import annotations

import inspect
import json
import pickle
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, timezone
from typing import Any

import pytest

import cloud.coda_io
from cloud.coda_io import (
    Column,
    Doc,
    DocAnalytics,
    GroupedPackLog,
    IngestionExecution,
    Mutation,
    Pack,
    Page,
    PageElement,
    PageExport,
    Row,
    Table,
    Upload,
    User,
    WorkspaceUser,
    models,
)
from cloud.coda_io._record import CodaRecord, camel, day, integer, moment
from cloud.common import ServiceUnavailableError

DOC = {
    "id": "d", "type": "doc", "href": "https://h", "browserLink": "https://b", "name": "Plans é", "owner": "o@h",
    "ownerName": "O", "createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-01-02T03:04:05+01:00",
    "icon": {"name": "star", "type": "image/png", "browserLink": "https://i"},
    "docSize": {"totalRowCount": 7.0, "tableAndViewCount": 2, "pageCount": 3, "overApiSizeLimit": True},
    "sourceDoc": {"id": "s", "type": "doc"}, "workspace": {"id": "w", "type": "workspace", "organizationId": "org"},
    "folder": {"id": "f", "type": "folder", "name": "F"}, "workspaceId": "w", "folderId": "f",
    "published": {"browserLink": "https://p", "discoverable": True, "earnCredit": False, "mode": "play",
                  "categories": [{"name": "Fun"}]},
    "aFieldOfTomorrow": {"x": 1},
}  # fmt: skip  # one line reads best
KINDS = sorted(
    {
        kind
        for name in models.__all__
        if inspect.isclass(kind := getattr(models, name)) and issubclass(kind, CodaRecord)
    },
    key=lambda kind: kind.__name__,
)


def test_a_doc_is_read_whole() -> None:
    doc = Doc.from_dict(DOC)
    assert (doc.id, doc.name, doc["owner"]) == ("d", "Plans é", "o@h")
    assert doc.created_at == datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=timezone.utc)
    assert doc.updated_at == datetime(2026, 1, 2, 2, 4, 5, tzinfo=timezone.utc)
    assert doc.doc_size is not None
    assert (doc.doc_size.total_row_count, doc.doc_size.over_api_size_limit) == (7, True)
    assert doc.workspace is not None
    assert doc.workspace.organization_id == "org"
    assert doc.published is not None
    assert [category.name for category in doc.published.categories] == ["Fun"]
    assert doc.raw["aFieldOfTomorrow"] == {"x": 1}
    assert "raw" not in doc
    assert "aFieldOfTomorrow" not in repr(doc)
    assert json.loads(json.dumps(doc.to_dict()))["created_at"] == "2026-01-02T03:04:05.678000+00:00"
    assert pickle.loads(pickle.dumps(doc)) == doc  # noqa: S301  # our own
    assert hash(doc) == hash(Doc.from_dict(DOC))


NESTED = {
    "principal": {"type": "anyone"}, "resource": {"id": "r"}, "doc": {"id": "d"}, "page": {"id": "p"},
    "pack": {"id": 7}, "formula": {"name": "f"}, "invitation": {"invitationId": "i"}, "date": "2026-01-02",
    "amount": 1, "completed": True, "metrics": [], "users": [], "groups": [], "relatedLogs": [], "findings": [],
    "items": [],
}  # fmt: skip  # one line reads best


def names(kind: type[CodaRecord], *, required: bool) -> dict[str, bool]:
    """Return the JSON names of the fields of `kind`, and whether each is read by something."""
    return {
        spec.metadata.get("key") or camel(spec.name): spec.metadata.get("read") is not None
        for spec in fields(kind)
        if spec.name != "raw"
        and spec.metadata.get("wire", True)
        and (spec.default is MISSING and spec.default_factory is MISSING) is required
    }


def minimal(kind: type[CodaRecord]) -> dict[str, Any]:
    """Return the smallest answer that is a record of `kind`."""
    return {key: NESTED.get(key, "7") for key in names(kind, required=True)}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_record_takes_the_least_and_the_unknown(kind: type[CodaRecord]) -> None:
    assert is_dataclass(kind)
    document = minimal(kind)
    assert kind.fits(document)
    record = kind.from_dict({**document, "tomorrow": [1]})
    assert record.raw["tomorrow"] == [1]
    assert "tomorrow" not in record
    assert json.dumps(record.to_dict())
    assert pickle.loads(pickle.dumps(record)) == record  # noqa: S301  # our own
    hash(record)
    documented = inspect.getdoc(kind) or ""
    for name in record:
        assert f"\n    {name}: " in documented, f"{kind.__name__}.{name} has no documentation"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_known_field_of_another_form_breaks_nothing(kind: type[CodaRecord]) -> None:
    document = minimal(kind)
    for key, is_read in names(kind, required=False).items():
        for odd in (True, [1], {"x": 1}, "x", 1.5, None) if is_read else ():
            record = kind.from_dict({**document, key: odd})
            json.dumps(record.to_dict())
            assert record.raw[key] == odd


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_makes_a_record_must_be_there(kind: type[CodaRecord]) -> None:
    document = minimal(kind)
    for key in document:
        less = {name: value for name, value in document.items() if name != key}
        assert not kind.fits(less)
        with pytest.raises(ServiceUnavailableError, match=f"no '{key}'"):
            kind.from_dict(less)


def test_every_record_is_exported() -> None:
    exported = {kind.__name__ for kind in KINDS}
    assert {
        "Doc",
        "Page",
        "Table",
        "Column",
        "Row",
        "Formula",
        "Control",
        "Permission",
        "User",
        "Pack",
    } <= exported
    assert exported <= set(dir(cloud.coda_io))
    for name in cloud.coda_io.__all__:
        assert getattr(cloud.coda_io, name).__module__.startswith("cloud."), name


def test_a_list_is_whole_or_nothing() -> None:
    page = Page.from_dict({"id": "p", "children": [{"id": "a"}, {"no": "id"}], "authors": [{"name": "A"}]})
    assert page.children == ()
    assert page.raw["children"][0] == {"id": "a"}
    assert [author.name for author in page.authors] == ["A"]


def test_nested_records_of_tables_and_pages() -> None:
    table = Table.from_dict({
        "id": "t", "rowCount": 3, "sorts": [{"column": {"id": "c"}, "direction": "ascending"}],
        "parent": {"id": "p", "name": "P", "parent": {"id": "q"}}, "filter": {"valid": True},
    })  # fmt: skip  # one line reads best
    assert table.sorts[0].column is not None
    assert table.sorts[0].column.id == "c"
    assert table.parent is not None
    assert table.parent.parent is not None
    assert table.parent.parent.id == "q"
    column = Column.from_dict(
        {"id": "c", "format": {"type": "currency", "isArray": True, "currencyCode": "CHF"}}
    )
    assert (column.format.type, column.format.is_array) == ("currency", True)
    assert column.format.options == {"currencyCode": "CHF"}
    element = PageElement.from_dict(
        {"id": "e", "type": "line", "itemContent": {"content": "x", "lineLevel": 2.0}}
    )
    assert element.item_content is not None
    assert element.item_content.line_level == 2


def test_a_row_has_cells_and_is_still_a_mapping() -> None:
    row = Row.from_dict({"id": "i-1", "index": 0, "values": {"c-1": [1, 2]}})
    assert row.cells == {"c-1": [1, 2]}
    assert "i-1" in list(row.values())
    assert row.to_dict()["cells"] == {"c-1": [1, 2]}


def test_figures_and_days() -> None:
    found = DocAnalytics.from_dict(
        {"doc": {"id": "d"}, "metrics": [{"date": "2026-01-02", "views": 3, "aiCreditsChat": 1.0}]}
    )
    (metrics,) = found.metrics
    assert (metrics.date, metrics.views, metrics.ai_credits_chat) == (date(2026, 1, 2), 3, 1)
    assert found.to_dict()["metrics"][0]["date"] == "2026-01-02"
    member = WorkspaceUser.from_dict({"email": "a@h", "totalDocCollaboratorsLast90Days": 4})
    assert member.total_doc_collaborators_last_90_days == 4


def test_times_of_ingestions_are_milliseconds() -> None:
    run = IngestionExecution.from_dict({"ingestionExecutionId": "x", "startTimestamp": 1767225600000})
    assert run.start_timestamp == datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert (
        IngestionExecution.from_dict({"ingestionExecutionId": "x", "startTimestamp": 0}).start_timestamp
        is None
    )


def test_addresses_that_are_secrets_are_not_shown() -> None:
    export = PageExport.from_dict({"id": "x", "downloadLink": "https://h/?sig=planted"})
    upload = Upload.from_dict(
        {"uploadUrl": "https://h/?sig=planted", "uploadedPathName": "p", "headers": {"a": "b"}}
    )
    assert "planted" not in repr(export) + repr(upload)
    assert (upload.path_name, upload.headers, upload.raw["uploadedPathName"]) == ("p", {"a": "b"}, "p")


def test_a_page_of_grouped_logs_says_when_it_lacks_something() -> None:
    assert not GroupedPackLog.from_dict({"type": "auth", "relatedLogs": []}).is_incomplete


def test_a_mutation_shows_facts_only() -> None:
    mutation = Mutation.queued(object(), "op", "d/t", {"requestId": "r", "rowIds": ["i-1"]})  # type: ignore[arg-type]  # nobody is asked
    assert set(mutation) == set(mutation.to_dict())
    assert not [name for name in mutation if name.startswith("_")]
    assert "object" not in repr(mutation)
    with pytest.raises(KeyError):
        mutation["_client"]
    with pytest.raises(KeyError):
        mutation["raw"]
    copy = pickle.loads(pickle.dumps(mutation))  # noqa: S301  # our own
    assert copy == mutation
    assert copy.raw == {"requestId": "r", "rowIds": ["i-1"]}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)),
        ("2026-01-02T03:04:05.1Z", datetime(2026, 1, 2, 3, 4, 5, 100000, tzinfo=timezone.utc)),
        ("2026-01-02T03:04:05.123456789Z", datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=timezone.utc)),
        ("2026-01-02T03:04:05", None),
        ("soon", None),
        (5, None),
    ],
)
def test_times(text: object, wanted: datetime | None) -> None:
    assert moment(text) == wanted


def test_days_and_numbers() -> None:
    assert day("2026-01-02T00:00:00Z") == date(2026, 1, 2)
    assert (day("x"), day(3)) == (None, None)
    assert [integer(value) for value in (True, 2.5, "3", "x", 4.0, 5)] == [None, None, 3, None, 4, 5]


def test_a_list_of_texts_is_whole_or_nothing() -> None:
    assert Pack.from_dict({"id": 7, "packEntrypoints": ["go", "docs"]}).pack_entrypoints == ("go", "docs")
    assert Pack.from_dict({"id": 7, "packEntrypoints": ["go", 3]}).pack_entrypoints == ()


def test_a_user_may_have_little() -> None:
    assert User.from_dict({"name": "A"}).workspace is None
