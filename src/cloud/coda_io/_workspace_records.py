"""Who is in a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud.coda_io._record import CodaRecord, day, integer, moment, wire

if TYPE_CHECKING:
    from datetime import date, datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkspaceUser(CodaRecord):
    """A member of a workspace.

    Attributes:
        email: address.
        name: full name.
        role: ``Admin``, ``DocMaker`` or ``Editor``.
        picture_url: URL of a picture.
        registered_at: when they joined, in UTC.
        role_changed_at: when their role was last changed, in UTC.
        last_active_at: day of their last visit.
        owned_docs: docs that they own.
        docs_last_active_at: day on which one of these was last used.
        doc_collaborator_count: people who used these.
        total_docs: docs that they own or can use.
        total_docs_last_active_at: day on which one of these was last used.
        total_doc_collaborators_last_90_days: people who used these within 90 days.
    """

    email: str
    name: str = ""
    role: str | None = None
    picture_url: str | None = None
    registered_at: datetime | None = wire(moment)
    role_changed_at: datetime | None = wire(moment)
    last_active_at: date | None = wire(day)
    owned_docs: int | None = wire(integer)
    docs_last_active_at: date | None = wire(day)
    doc_collaborator_count: int | None = wire(integer)
    total_docs: int | None = wire(integer)
    total_docs_last_active_at: date | None = wire(day)
    total_doc_collaborators_last_90_days: int | None = wire(integer, key="totalDocCollaboratorsLast90Days")


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleActivity(CodaRecord):
    """How many members of each role were active in a month.

    Attributes:
        month: the month, as the service writes it.
        active_admin_count: admins who were.
        active_doc_maker_count: doc makers who were.
        active_editor_count: editors who were.
        inactive_admin_count: admins who were not.
        inactive_doc_maker_count: doc makers who were not.
        inactive_editor_count: editors who were not.
    """

    month: str
    active_admin_count: int = wire(integer, default=0)
    active_doc_maker_count: int = wire(integer, default=0)
    active_editor_count: int = wire(integer, default=0)
    inactive_admin_count: int = wire(integer, default=0)
    inactive_doc_maker_count: int = wire(integer, default=0)
    inactive_editor_count: int = wire(integer, default=0)
