"""How a fake Coda says what it holds: the documents of docs, pages, tables, columns and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cloud.testing._coda_state import (
    BROWSER,
    ORGANIZATION_ID,
    USER_LOGIN,
    USER_NAME,
    WORKSPACE_ID,
    WORKSPACE_NAME,
)
from cloud.testing._coda_values import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cloud.testing._coda_state import Column, Doc, Line, Page, Row, State, Table, Thing


def moment(time: datetime) -> str:
    """Return a time as the API writes it, with milliseconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def given(**fields: Any) -> dict[str, Any]:
    """Return the fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


class Shapes:
    """Makes documents.

    Args:
        state: what the server holds.
        base_url: gives the URL that links begin with.
    """

    def __init__(self, state: State, base_url: Callable[[], str]) -> None:
        self._state = state
        self._base_url = base_url

    def href(self, *parts: str) -> str:
        """Return the API's link to what `parts` name."""
        return "/".join([self._base_url(), *(quote(part, safe="") for part in parts)])

    @staticmethod
    def workspace() -> dict[str, Any]:
        """Return the reference to the one workspace."""
        return {
            "id": WORKSPACE_ID,
            "type": "workspace",
            "organizationId": ORGANIZATION_ID,
            "name": WORKSPACE_NAME,
            "browserLink": f"{BROWSER}/docs?workspaceId={WORKSPACE_ID}",
        }

    def folder_reference(self, folder: str) -> dict[str, Any]:
        """Return the reference to a folder."""
        known = self._state.folders.get(folder, {})
        link = f"{BROWSER}/docs?folderId={folder}"
        return given(id=folder, type="folder", browserLink=link, name=known.get("name"))

    def folder(self, folder: dict[str, Any]) -> dict[str, Any]:
        """Return a folder."""
        return {
            **self.folder_reference(folder["id"]),
            **folder,
            "canEdit": True,
            "workspace": self.workspace(),
        }

    def doc_reference(self, doc: Doc) -> dict[str, Any]:
        """Return the reference to a doc."""
        return {
            "id": doc.id,
            "type": "doc",
            "href": self.href("docs", doc.id),
            "browserLink": f"{BROWSER}/d/_d{doc.id}",
        }

    def doc(self, doc: Doc) -> dict[str, Any]:
        """Return a doc."""
        source = self._state.docs.get(doc.source or "")
        rows = sum(len(table.rows) for table in doc.tables.values() if table.parent is None)
        return {
            **self.doc_reference(doc),
            "name": doc.name,
            "owner": doc.owner,
            "ownerName": USER_NAME,
            "createdAt": moment(doc.created),
            "updatedAt": moment(doc.updated),
            "workspace": self.workspace(),
            "folder": self.folder_reference(doc.folder),
            "workspaceId": WORKSPACE_ID,
            "folderId": doc.folder,
            "docSize": {
                "totalRowCount": rows,
                "tableAndViewCount": len(doc.tables),
                "pageCount": len(doc.pages),
                "overApiSizeLimit": False,
            },
            **given(
                icon=icon(doc.icon),
                published=doc.published,
                sourceDoc=None if source is None else self.doc_reference(source),
            ),
        }

    def page_reference(self, doc: Doc, page: Page) -> dict[str, Any]:
        """Return the reference to a page."""
        return {
            "id": page.id,
            "type": "page",
            "href": self.href("docs", doc.id, "pages", page.id),
            "browserLink": f"{BROWSER}/d/_d{doc.id}/_su{page.id}",
            "name": page.name,
        }

    def page(self, doc: Doc, page: Page) -> dict[str, Any]:
        """Return a page."""
        parent = doc.pages.get(page.parent or "")
        children = [other for other in doc.pages.values() if other.parent == page.id]
        user = {
            "@context": "http://schema.org/",
            "@type": "Person",
            "name": USER_NAME,
            "email": USER_LOGIN,
        }
        return {
            **self.page_reference(doc, page),
            "contentType": page.content_type,
            "isHidden": page.hidden,
            "isEffectivelyHidden": page.hidden or (parent is not None and parent.hidden),
            "children": [self.page_reference(doc, child) for child in children],
            "authors": [user],
            "createdAt": moment(page.created),
            "createdBy": user,
            "updatedAt": moment(page.updated),
            "updatedBy": user,
            **given(
                subtitle=page.subtitle,
                icon=icon(page.icon),
                image=None if page.image is None else {"browserLink": page.image},
                parent=None if parent is None else self.page_reference(doc, parent),
            ),
        }

    @staticmethod
    def line(line: Line) -> dict[str, Any]:
        """Return a line of a page."""
        content = {
            "style": line.style,
            "format": "plainText",
            "content": line.text,
            "lineLevel": line.level,
        }
        return {"id": line.id, "type": "line", "itemContent": content}

    def table_reference(self, doc: Doc, table: Table) -> dict[str, Any]:
        """Return the reference to a table or view."""
        page = doc.pages.get(table.page or "")
        return {
            "id": table.id,
            "type": "table",
            "tableType": "table" if table.parent is None else "view",
            "href": self.href("docs", doc.id, "tables", table.id),
            "browserLink": f"{BROWSER}/d/_d{doc.id}#_tu{quote(table.id)}",
            "name": table.name,
            **given(parent=None if page is None else self.page_reference(doc, page)),
        }

    def table(self, doc: Doc, table: Table) -> dict[str, Any]:
        """Return a table or view."""
        parent = None if table.parent is None else self.table_reference(doc, table.parent)
        display = {
            "id": table.display.id,
            "type": "column",
            "href": self._column_href(doc, table, table.display),
        }
        return {
            **self.table_reference(doc, table),
            # the document demands it, without saying what it is for a table
            "viewId": table.id.replace("grid-", "table-"),
            "displayColumn": display,
            "rowCount": sum(1 for _ in table.shown()),
            "sorts": [],
            "layout": "default",
            "createdAt": moment(table.base.created),
            "updatedAt": moment(table.base.updated),
            **given(
                parentTable=parent,
                filter=None if table.where is None else {"valid": True, "isVolatile": False},
            ),
        }

    def _column_href(self, doc: Doc, table: Table, column: Column) -> str:
        return self.href("docs", doc.id, "tables", table.id, "columns", column.id)

    def column(self, doc: Doc, table: Table, column: Column) -> dict[str, Any]:
        """Return a column."""
        shape = dict(column.format)
        if column.table in doc.tables:
            shape["table"] = self.table_reference(doc, doc.tables[str(column.table)])
        return {
            "id": column.id,
            "type": "column",
            "href": self._column_href(doc, table, column),
            "name": column.name,
            "format": shape,
            **given(
                display=True if column is table.display else None,
                calculated=None if column.formula is None else True,
                formula=column.formula,
            ),
        }

    def row(
        self, doc: Doc, table: Table, row: Row, index: int, *, names: bool, visible: bool, value_format: str
    ) -> dict[str, Any]:
        """Return a row.

        Args:
            doc: the doc.
            table: the table or view.
            row: the row.
            index: its place in the table, from 0.
            names: whether values stand under the columns' names.
            visible: whether only the columns that are shown are given.
            value_format: one of `VALUE_FORMATS`.
        """
        columns = [column for column in table.base.columns.values() if column.visible or not visible]
        return {
            "id": row.id,
            "type": "row",
            "href": self.href("docs", doc.id, "tables", table.id, "rows", row.id),
            "name": table.name_of(row),
            "index": index,
            "browserLink": f"{BROWSER}/d/_d{doc.id}#_tu{quote(table.id)}/_ru{row.id}",
            "createdAt": moment(row.created),
            "updatedAt": moment(row.updated),
            "values": {
                column.name if names else column.id: read(
                    doc, column, row.cells.get(column.id, ""), value_format
                )
                for column in columns
            },
        }

    def thing_reference(self, doc: Doc, thing: Thing) -> dict[str, Any]:
        """Return the reference to a formula or a control."""
        kind = "control" if thing.kind else "formula"
        page = doc.pages.get(thing.page or "")
        return {
            "id": thing.id,
            "type": kind,
            "href": self.href("docs", doc.id, f"{kind}s", thing.id),
            "name": thing.name,
            **given(parent=None if page is None else self.page_reference(doc, page)),
        }

    def thing(self, doc: Doc, thing: Thing) -> dict[str, Any]:
        """Return a formula or a control."""
        kind = {"controlType": thing.kind} if thing.kind else {}
        return {**self.thing_reference(doc, thing), **kind, "value": thing.value}


def icon(name: str | None) -> dict[str, Any] | None:
    """Return the icon called `name`."""
    if name is None:
        return None
    return {"name": name, "type": "image/png", "browserLink": f"https://cdn.coda.io/icons/png/{name}-32.png"}
