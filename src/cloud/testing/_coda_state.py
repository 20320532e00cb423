"""What a fake Coda holds: docs with pages, tables, columns and rows, and the changes that are on their way."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from cloud.testing._service_calls import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

BROWSER = "https://coda.io"
USER_NAME, USER_LOGIN = "Test User", "user@example.com"
WORKSPACE_ID, WORKSPACE_NAME, ORGANIZATION_ID = "ws-fake", "Test Workspace", "org-fake"
FOLDER_ID = "fl-0000001"


@dataclass
class Named:
    """Something with an id and a name."""

    id: str
    name: str


T = TypeVar("T", bound=Named)


def find(things: Mapping[str, T], id_or_name: str, what: str) -> T:
    """Return the thing of that id, else the first one of that name.

    Raises:
        Refusal: 404, there is none.
    """
    found = things.get(id_or_name)
    if found is None:
        found = next((thing for thing in things.values() if thing.name == id_or_name), None)
    if found is None:
        raise Refusal(404, f"Could not find the {what}.")
    return found


@dataclass
class Line:
    """A line of a page.

    Attributes:
        id: ``cl-...``.
        style: such as ``paragraph`` or ``h1``.
        text: without its marks.
        level: of indentation.
    """

    id: str
    style: str
    text: str
    level: int = 0


@dataclass
class Page(Named):
    """A page.

    Attributes:
        created: when.
        updated: when.
        parent: the id of the page that it is below; None at the top.
        content_type: ``canvas``, ``embed`` or ``syncPage``.
        lines: what a canvas holds.
        subtitle: below the name.
        icon: name of its icon.
        image: URL of its cover.
        hidden: whether it is hidden in the app.
    """

    created: datetime
    updated: datetime
    parent: str | None = None
    content_type: str = "canvas"
    lines: list[Line] = field(default_factory=list)
    subtitle: str | None = None
    icon: str | None = None
    image: str | None = None
    hidden: bool = False


@dataclass
class Column(Named):
    """A column.

    Attributes:
        format: what the API says of its format: ``type``, ``isArray`` and what the type has.
        formula: what calculates it; such a column takes no writes.
        visible: whether the table shows it.
        options: names of a select's options.
        table: id of the table that a lookup points to.
    """

    format: dict[str, Any]
    formula: str | None = None
    visible: bool = True
    options: tuple[str, ...] = ()
    table: str | None = None

    @property
    def type(self) -> str:
        """The format's type."""
        return str(self.format["type"])


@dataclass
class Row:
    """A row.

    Attributes:
        id: ``i-...``.
        cells: values by column id. A lookup's is the other row's id, a person's is the e-mail address.
        created: when.
        updated: when.
        version: the table's at its last change, for sync tokens.
    """

    id: str
    cells: dict[str, Any]
    created: datetime
    updated: datetime
    version: int


@dataclass
class Table(Named):
    """A table, or a view of one, which has the table's rows and columns.

    Attributes:
        created: when.
        updated: when.
        columns: by id.
        rows: by id, oldest first.
        page: id of the page that it stands on.
        version: grows with every change.
        parent: the table that a view shows.
        where: which rows a view shows, by a row's values under the names of their columns.
        too_many: a page of more rows is answered 504; None for no limit.
    """

    created: datetime
    updated: datetime
    columns: dict[str, Column] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    page: str | None = None
    version: int = 0
    parent: Table | None = None
    where: Callable[[Mapping[str, Any]], bool] | None = None
    too_many: int | None = None

    @property
    def base(self) -> Table:
        """The table itself, also of a view."""
        return self.parent or self

    def shown(self) -> Iterator[Row]:
        """Yield the rows that this table or view shows, oldest first."""
        for row in list(self.base.rows.values()):
            if self.where is None or self.where(self.named(row)):
                yield row

    def named(self, row: Row) -> dict[str, Any]:
        """Return a row's values by the names of their columns."""
        return {column.name: row.cells.get(column.id, "") for column in self.base.columns.values()}

    def column(self, id_or_name: str, status: int = 404) -> Column:
        """Return a column by id, URL or name.

        Raises:
            Refusal: `status`, there is none.
        """
        known = self.base.columns
        try:
            return find(known, id_or_name.rpartition("/columns/")[2], "column")
        except Refusal as error:
            raise Refusal(status, f"Could not find the column {id_or_name!r}.") from error

    @property
    def display(self) -> Column:
        """The column that names the rows: the first one."""
        return next(iter(self.base.columns.values()))

    def name_of(self, row: Row) -> str:
        """Return the display name of a row."""
        value = row.cells.get(self.display.id, "")
        return value if isinstance(value, str) else str(value)

    def row(self, id_or_name: str) -> Row:
        """Return a row that is shown, by id, else the first one of that name.

        Raises:
            Refusal: 404, there is none.
        """
        for row in self.shown():
            if row.id == id_or_name:
                return row
        for row in self.shown():
            if self.name_of(row) == id_or_name:
                return row
        raise Refusal(404, "Could not find the row.")


@dataclass
class Thing(Named):
    """A formula or a control.

    Attributes:
        value: what it gives.
        kind: a control's type; empty for a formula.
        page: id of the page that it stands on.
    """

    value: Any
    kind: str = ""
    page: str | None = None


@dataclass
class Doc(Named):
    """A doc.

    Attributes:
        created: when.
        updated: when.
        folder: id of its folder.
        pages: by id, in order.
        gone: ids and names of the pages that were deleted.
        tables: by id; views too.
        formulas: by id.
        controls: by id.
        permissions: by id, as the API says them.
        settings: of sharing.
        published: what was published; None while it is not.
        domains: by name, as the API says them.
        icon: name of its icon.
        source: the id of the doc that it was copied from.
        starred: whether the user has starred it.
        owner: e-mail address.
    """

    created: datetime
    updated: datetime
    folder: str = FOLDER_ID
    pages: dict[str, Page] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    tables: dict[str, Table] = field(default_factory=dict)
    formulas: dict[str, Thing] = field(default_factory=dict)
    controls: dict[str, Thing] = field(default_factory=dict)
    permissions: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, bool] = field(
        default_factory=lambda: {
            "allowEditorsToChangePermissions": True,
            "allowCopying": True,
            "allowViewersToRequestEditing": True,
        }
    )
    published: dict[str, Any] | None = None
    domains: dict[str, dict[str, Any]] = field(default_factory=dict)
    icon: str | None = None
    source: str | None = None
    starred: bool = False
    owner: str = USER_LOGIN

    def page(self, id_or_name: str) -> Page:
        """Return a page.

        Raises:
            Refusal: 404, there is none; 410, it was deleted.
        """
        if id_or_name in self.gone:
            raise Refusal(410, "The page has been deleted.")
        return find(self.pages, id_or_name, "page")

    def table(self, id_or_name: str) -> Table:
        """Return a table or a view.

        Raises:
            Refusal: 404, there is none.
        """
        return find(self.tables, id_or_name, "table")


@dataclass
class Change:
    """A mutation that was accepted.

    Attributes:
        id: its request id.
        doc: id of the doc that it changes.
        accepted: when, in seconds of the service's clock.
        apply: makes it so; returns a warning or None.
        applied: whether it was.
        warning: what it said.
    """

    id: str
    doc: str
    accepted: float
    apply: Callable[[], str | None]
    applied: bool = False
    warning: str | None = None


@dataclass
class Export:
    """An export of a page.

    Attributes:
        id: its request id.
        page: the page's id.
        begun: when, in seconds of the service's clock.
        content: what will be downloaded.
        media_type: of it.
        error: why it fails; None for success.
    """

    id: str
    page: str
    begun: float
    content: bytes
    media_type: str
    error: str | None = None


class State:
    """Everything that the server holds, and ids that were never used before."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.docs: dict[str, Doc] = {}
        self.folders: dict[str, dict[str, Any]] = {}
        self.changes: dict[str, Change] = {}
        self.exports: dict[str, Export] = {}
        self.export_errors: list[str] = []
        self.members: dict[str, dict[str, Any]] = {}
        self.go_links: list[dict[str, Any]] = []
        self.pushed: list[tuple[str, str, str, str]] = []
        self.triggered: list[tuple[str, str, bytes]] = []
        self._numbers = itertools.count(1)

    def new_id(self, prefix: str) -> str:
        """Return a new id, such as ``i-0000042``."""
        return f"{prefix}{next(self._numbers):07d}"

    def doc(self, doc_id: str) -> Doc:
        """Return a doc; docs have no names in the API's paths.

        Raises:
            Refusal: 404, there is none.
        """
        if doc_id not in self.docs:
            raise Refusal(404, "Could not find the doc.")
        return self.docs[doc_id]

    def apply_due(self, now: float, lag: float) -> None:
        """Apply the changes that were accepted at least `lag` seconds ago, in order."""
        for change in self.changes.values():
            if not change.applied and change.accepted + lag <= now:
                change.applied = True
                change.warning = change.apply()

    def pending(self, doc_id: str) -> bool:
        """Return whether changes of a doc are on their way."""
        return any(change.doc == doc_id and not change.applied for change in self.changes.values())

    def touch(self, doc: Doc, table: Table | None = None) -> datetime:
        """Note that a doc, and a table of it, has changed; return when."""
        moment = doc.updated = self.now()
        if table is not None:
            table.base.updated = moment
            table.base.version += 1
        return moment
