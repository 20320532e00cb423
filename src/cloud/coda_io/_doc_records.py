"""Docs, and what they are in: folders, workspaces; who you are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud.coda_io._record import CodaRecord, integer, many, moment, needed, one, wire

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Icon(CodaRecord):
    """The icon of a doc, page or folder.

    Attributes:
        name: what updates take as `icon_name`.
        type: media type.
        browser_link: URL of the picture.
    """

    name: str
    type: str | None = None
    browser_link: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference(CodaRecord):
    """Something that another record refers to.

    Attributes:
        id: what methods take.
        type: ``doc``, ``page``, ``table``, ``column``, ``folder``, ``workspace`` ...
        name: what people call it, where the service says.
        href: URL of it in the API.
        browser_link: URL for people.
        table_type: of a table: ``table`` or ``view``.
        organization_id: of a workspace.
        parent: the page that a table, formula or control is on.
    """

    id: str
    type: str | None = None
    name: str | None = None
    href: str | None = None
    browser_link: str | None = None
    table_type: str | None = None
    organization_id: str | None = None
    parent: Reference | None = wire(lambda value: _reference(value))  # noqa: PLW0108  # defined below


def _reference(value: object) -> Reference | None:
    return one(Reference)(value)


@dataclass(frozen=True, kw_only=True, slots=True)
class DocSize(CodaRecord):
    """How much a doc holds.

    Attributes:
        total_row_count: rows of all tables.
        table_and_view_count: tables and views.
        page_count: pages.
        over_api_size_limit: whether it is too large for the API (125 MB), which then refuses to read it.
    """

    total_row_count: int = wire(integer, default=0)
    table_and_view_count: int = wire(integer, default=0)
    page_count: int = wire(integer, default=0)
    over_api_size_limit: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class DocCategory(CodaRecord):
    """A category that published docs are listed under.

    Attributes:
        name: what `publish_doc` takes.
    """

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DocPublished(CodaRecord):
    """How a doc is published.

    Attributes:
        description: text.
        browser_link: URL of the published doc.
        image_link: URL of its cover.
        discoverable: whether it is listed.
        earn_credit: whether who signs up through it earns you credit.
        mode: ``view``, ``play`` or ``edit``.
        categories: what it is listed under.
    """

    description: str | None = None
    browser_link: str | None = None
    image_link: str | None = None
    discoverable: bool | None = None
    earn_credit: bool | None = None
    mode: str | None = None
    categories: tuple[DocCategory, ...] = wire(many(DocCategory), default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class Doc(CodaRecord):
    """A doc.

    Attributes:
        id: what methods take.
        type: ``doc``.
        name: its title.
        href: URL of it in the API.
        browser_link: URL for people.
        icon: its icon.
        owner: e-mail address of the owner.
        owner_name: name of the owner.
        doc_size: how much it holds.
        source_doc: the doc that it was copied from.
        created_at: when it was made, in UTC.
        updated_at: when it was last changed, in UTC.
        published: how it is published; None when it is not.
        folder: the folder that it is in.
        workspace: the workspace that it is in.
        folder_id: id of the folder.
        workspace_id: id of the workspace.
        request_id: of a doc that was just made: the mutation that fills it.
    """

    id: str
    type: str = "doc"
    name: str = ""
    href: str | None = None
    browser_link: str | None = None
    icon: Icon | None = wire(one(Icon))
    owner: str | None = None
    owner_name: str | None = None
    doc_size: DocSize | None = wire(one(DocSize))
    source_doc: Reference | None = wire(one(Reference))
    created_at: datetime | None = wire(moment)
    updated_at: datetime | None = wire(moment)
    published: DocPublished | None = wire(one(DocPublished))
    folder: Reference | None = wire(one(Reference))
    workspace: Reference | None = wire(one(Reference))
    folder_id: str | None = None
    workspace_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder(CodaRecord):
    """A folder of docs.

    Attributes:
        id: what methods take.
        type: ``folder``.
        name: its name.
        browser_link: URL for people.
        description: text.
        icon: its icon.
        created_at: when it was made, in UTC.
        can_edit: whether you may change it.
        workspace: the workspace that it is in.
    """

    id: str
    type: str = "folder"
    name: str = ""
    browser_link: str | None = None
    description: str | None = None
    icon: Icon | None = wire(one(Icon))
    created_at: datetime | None = wire(moment)
    can_edit: bool | None = None
    workspace: Reference | None = wire(one(Reference))


@dataclass(frozen=True, kw_only=True, slots=True)
class User(CodaRecord):
    """Whose token it is.

    Attributes:
        name: name of the user.
        login_id: e-mail address.
        type: ``user``.
        picture_link: URL of a picture.
        scoped: whether the token may do less than the user.
        token_name: what the token is called.
        href: URL in the API.
        workspace: the user's own workspace.
    """

    name: str
    login_id: str | None = None
    type: str = "user"
    picture_link: str | None = None
    scoped: bool | None = None
    token_name: str | None = None
    href: str | None = None
    workspace: Reference | None = wire(one(Reference))


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiLink(CodaRecord):
    """What a URL for people leads to.

    Attributes:
        type: ``apiLink``.
        href: URL of this record in the API.
        browser_link: the URL for people.
        resource: what it is.
    """

    resource: Reference = needed(one(Reference))
    type: str = "apiLink"
    href: str | None = None
    browser_link: str | None = None
