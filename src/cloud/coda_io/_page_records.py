"""Pages and what is on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud.coda_io._cells import Person
from cloud.coda_io._doc_records import Icon, Reference
from cloud.coda_io._record import CodaRecord, integer, many, moment, one, wire

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PageImage(CodaRecord):
    """The cover of a page.

    Attributes:
        browser_link: URL of the picture.
        type: media type.
        width: in pixels.
        height: in pixels.
    """

    browser_link: str | None = None
    type: str | None = None
    width: int | None = wire(integer)
    height: int | None = wire(integer)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(CodaRecord):
    """A page.

    Attributes:
        id: what methods take.
        type: ``page``.
        name: its title.
        href: URL of it in the API.
        browser_link: URL for people.
        subtitle: its subtitle.
        icon: its icon.
        image: its cover.
        content_type: ``canvas``, ``embed`` or ``syncPage``; only a canvas has content to read or to export.
        is_hidden: whether it is hidden.
        is_effectively_hidden: whether it or a page above it is hidden.
        parent: the page above it.
        children: the pages directly below it.
        authors: who has written on it.
        created_at: when it was made, in UTC.
        created_by: who made it.
        updated_at: when it was last changed, in UTC.
        updated_by: who last changed it.
    """

    id: str
    type: str = "page"
    name: str = ""
    href: str | None = None
    browser_link: str | None = None
    subtitle: str | None = None
    icon: Icon | None = wire(one(Icon))
    image: PageImage | None = wire(one(PageImage))
    content_type: str | None = None
    is_hidden: bool = False
    is_effectively_hidden: bool = False
    parent: Reference | None = wire(one(Reference))
    children: tuple[Reference, ...] = wire(many(Reference), default=())
    authors: tuple[Person, ...] = wire(many(Person), default=())
    created_at: datetime | None = wire(moment)
    created_by: Person | None = wire(one(Person))
    updated_at: datetime | None = wire(moment)
    updated_by: Person | None = wire(one(Person))


@dataclass(frozen=True, kw_only=True, slots=True)
class PageLine(CodaRecord):
    """What a line of a page holds.

    Attributes:
        content: plain text.
        style: ``paragraph``, ``h1``, ``bulletedList``, ``code`` ...
        format: ``plainText``.
        line_level: how far it is indented; None where the service does not say.
    """

    content: str
    style: str | None = None
    format: str | None = None
    line_level: int | None = wire(integer)


@dataclass(frozen=True, kw_only=True, slots=True)
class PageElement(CodaRecord):
    """An element of a page.

    Attributes:
        id: what `delete_page_content` and content updates take.
        type: ``line``; an element of another type has its facts in `raw`.
        item_content: what a line holds.
    """

    id: str
    type: str | None = None
    item_content: PageLine | None = wire(one(PageLine))
