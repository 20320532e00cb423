"""What Designate says about zones, record sets and reverse names, typed. https://docs.openstack.org/api-ref/dns/."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.common.models import Record
from cloud.infomaniak._planning import moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Zone(Record):
    """One DNS zone.

    Attributes:
        id: Designate's id.
        name: its name, with the dot at its end: ``example.org.``
        email: address of who answers for it, in the SOA.
        ttl: seconds that resolvers keep its records where these say nothing else.
        serial: of the SOA; it grows with every change.
        status: ``PENDING`` until the name servers have it, then ``ACTIVE``; ``ERROR``.
        action: what is going on: ``CREATE``, ``UPDATE``, ``DELETE`` or ``NONE``.
        description: free text.
        type: ``PRIMARY`` or ``SECONDARY``.
        masters: where a secondary zone comes from.
        project_id: whose it is.
        created_at: when it was made.
        updated_at: when it changed last.
        raw: the service's own record.
    """

    id: str
    name: str
    email: str | None
    ttl: int | None
    serial: int | None
    status: str
    action: str
    description: str | None = None
    type: str = "PRIMARY"
    masters: tuple[str, ...] = ()
    project_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordSet(Record):
    """All records of one name and type.

    Attributes:
        id: Designate's id.
        zone_id: the zone.
        zone_name: its name.
        name: the name, with the dot at its end.
        type: ``A``, ``AAAA``, ``CNAME``, ``MX`` and so on.
        records: the data, each as a zone file writes it.
        ttl: seconds that resolvers keep it; None for the zone's.
        status: ``PENDING`` until the name servers have it, then ``ACTIVE``; ``ERROR``.
        action: what is going on: ``CREATE``, ``UPDATE``, ``DELETE`` or ``NONE``.
        description: free text.
        is_managed: whether the service made it and keeps it (SOA, NS of the zone itself).
        created_at: when it was made.
        updated_at: when it changed last.
        raw: the service's own record.
    """

    id: str
    zone_id: str
    zone_name: str
    name: str
    type: str
    records: tuple[str, ...]
    ttl: int | None = None
    status: str = ""
    action: str = ""
    description: str | None = None
    is_managed: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PtrRecord(Record):
    """The reverse name of one floating IP.

    Attributes:
        id: region and id of the floating IP: ``dc3-a:1b2c...``.
        address: the address.
        hostname: the name that it resolves to; None where none is set.
        ttl: seconds that resolvers keep it; None for the zone's.
        description: free text.
        status: ``PENDING`` until the name servers have it, then ``ACTIVE``; None where none is set.
        raw: the service's own record.
    """

    id: str
    address: str
    hostname: str | None = None
    ttl: int | None = None
    description: str | None = None
    status: str | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ZoneTask(Record):
    """A zone file that the service writes (`export_zone`) or reads (`import_zone`).

    Attributes:
        id: Designate's id.
        status: ``PENDING`` until it is done, then ``COMPLETE``; ``ERROR``.
        message: what the service says of it; of a failure, why.
        zone_id: the zone; of an import, None until it is made.
        raw: the service's own record.
    """

    id: str
    status: str
    message: str | None = None
    zone_id: str | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordChange(Record):
    """One record set that differs from what is wanted.

    Attributes:
        action: ``create``, ``update`` or ``delete``.
        name: the name.
        type: the type.
        before: the data now; empty for `create`.
        after: the data wanted; empty for `delete`.
        ttl_before: seconds now.
        ttl_after: seconds wanted.
        id: Designate's id; None for `create`.
    """

    action: str
    name: str
    type: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    ttl_before: int | None = None
    ttl_after: int | None = None
    id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ZonePlan(Record):
    """What it takes to make a zone as it is wanted.

    Attributes:
        zone: name of the zone.
        zone_id: its id; None while it has to be made first.
        changes: what differs, in the order in which it is done.
        unchanged: how many record sets are as wanted.
        zone_changes: settings of the zone itself that differ (``email``, ``ttl``, ``description``).
        applied: whether it was carried out.
        is_new: whether there was no such zone: it is made first, and when `applied`, it was made.
    """

    zone: str
    zone_id: str | None
    changes: tuple[RecordChange, ...] = ()
    unchanged: int = 0
    zone_changes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    applied: bool = False
    is_new: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the zone is as wanted already."""
        return self.zone_id is not None and not self.changes and not self.zone_changes

    def count(self, action: str) -> int:
        """Return how many record sets are to be created, updated or deleted."""
        return sum(change.action == action for change in self.changes)


def zone_of(body: Mapping[str, Any]) -> Zone:
    """Return the record of a zone."""
    return Zone(
        id=body["id"],
        name=body["name"],
        email=body.get("email"),
        ttl=body.get("ttl"),
        serial=body.get("serial"),
        status=body.get("status") or "",
        action=body.get("action") or "",
        description=body.get("description"),
        type=body.get("type") or "PRIMARY",
        masters=tuple(body.get("masters") or ()),
        project_id=body.get("project_id"),
        created_at=moment(body.get("created_at")),
        updated_at=moment(body.get("updated_at")),
        raw=body,
    )


def record_set_of(body: Mapping[str, Any]) -> RecordSet:
    """Return the record of a record set."""
    name, kind, zone = body["name"], body["type"], body.get("zone_name") or ""
    return RecordSet(
        id=body["id"],
        zone_id=body["zone_id"],
        zone_name=zone,
        name=name,
        type=kind,
        records=tuple(body.get("records") or ()),
        ttl=body.get("ttl"),
        status=body.get("status") or "",
        action=body.get("action") or "",
        description=body.get("description"),
        # The service says so in newer releases only.
        is_managed=bool(body.get("managed")) or kind == "SOA" or (kind == "NS" and name == zone),
        created_at=moment(body.get("created_at")),
        updated_at=moment(body.get("updated_at")),
        raw=body,
    )


def ptr_of(body: Mapping[str, Any]) -> PtrRecord:
    """Return the record of a floating IP's reverse name."""
    hostname = body.get("ptrdname")
    return PtrRecord(
        id=body["id"],
        address=body.get("address") or "",
        hostname=hostname,
        ttl=body.get("ttl"),
        description=body.get("description"),
        status=body.get("status") if hostname else None,
        raw=body,
    )


def task_of(body: Mapping[str, Any]) -> ZoneTask:
    """Return the record of an import or export."""
    return ZoneTask(
        id=body["id"],
        status=body.get("status") or "",
        message=body.get("message"),
        zone_id=body.get("zone_id"),
        raw=body,
    )
