"""Who may see a doc, how it is published, and under which domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud.coda_io._record import CodaRecord, many, moment, needed, one, wire

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal(CodaRecord):
    """Who is given access: of the further fields, the one that fits `type` is filled.

    Attributes:
        type: ``email``, ``group``, ``domain``, ``workspace``, ``anyone``; of Packs also ``user``,
            ``worldwide`` and others, whose fields are in `raw`.
        email: of a person.
        group_id: of a group.
        group_name: of a group.
        domain: of everybody with an address there.
        workspace_id: of everybody in a workspace.
    """

    type: str
    email: str | None = None
    group_id: str | None = None
    group_name: str | None = None
    domain: str | None = None
    workspace_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission(CodaRecord):
    """An access to a doc.

    Attributes:
        id: what `delete_permission` takes.
        principal: who has it.
        access: ``readonly``, ``write``, ``comment`` or ``none``; of Packs ``view``, ``test``, ``edit``, ``admin``.
    """

    id: str
    principal: Principal = needed(one(Principal))
    access: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SharingMetadata(CodaRecord):
    """How you may share a doc.

    Attributes:
        can_share: with anybody.
        can_share_with_workspace: with its workspace.
        can_share_with_org: with its organization.
        can_copy: whether you may copy it.
    """

    can_share: bool = False
    can_share_with_workspace: bool = False
    can_share_with_org: bool = False
    can_copy: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class AclSettings(CodaRecord):
    """What those who have access to a doc may do.

    Attributes:
        allow_editors_to_change_permissions: editors may share it.
        allow_copying: anybody who sees it may copy it.
        allow_viewers_to_request_editing: viewers may ask for more.
    """

    allow_editors_to_change_permissions: bool = False
    allow_copying: bool = False
    allow_viewers_to_request_editing: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class UserSummary(CodaRecord):
    """A user.

    Attributes:
        name: full name.
        login_id: e-mail address.
        type: ``user``.
        picture_link: URL of a picture.
    """

    name: str
    login_id: str | None = None
    type: str = "user"
    picture_link: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPrincipals(CodaRecord):
    """Whom a doc may be shared with.

    Attributes:
        users: people.
        groups: groups.
    """

    users: tuple[UserSummary, ...] = needed(many(UserSummary))
    groups: tuple[Principal, ...] = needed(many(Principal))


@dataclass(frozen=True, kw_only=True, slots=True)
class DocDomain(CodaRecord):
    """A domain of your own for a published doc.

    Attributes:
        custom_doc_domain: the domain.
        has_certificate: whether it has one.
        has_dns_doc_id: whether its DNS names the doc.
        setup_status: ``pending``, ``succeeded`` or ``failed``.
        domain_status: ``connected`` or ``notConnected``.
        last_verified_timestamp: when that was last seen, in UTC.
    """

    custom_doc_domain: str
    has_certificate: bool = False
    has_dns_doc_id: bool = False
    setup_status: str | None = None
    domain_status: str | None = None
    last_verified_timestamp: datetime | None = wire(moment)
