"""What it takes to make a zone as it is wanted: compared record set by record set, nothing is asked or sent here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.common.errors import InvalidRequestError, PreconditionFailedError
from cloud.infomaniak.dns._names import comparable
from cloud.infomaniak.dns._records import RecordChange, ZonePlan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud.infomaniak.dns._records import RecordSet, Zone
    from cloud.infomaniak.dns._zonefile import WantedRecordSet, WantedZone

DEFAULT_THRESHOLD = 0.3
# Of a zone with fewer record sets than this, any share of it may change: one of three is no accident.
THRESHOLD_FLOOR = 10


def plan_zone(zone: Zone | None, present: Iterable[RecordSet], wanted: WantedZone) -> ZonePlan:
    """Return what differs between a zone with its record sets and what is wanted.

    What the service keeps itself (the SOA, the NS records of the zone) is left alone.
    """
    have = {(each.name, each.type): each for each in present if not each.is_managed}
    want = {(each.name, each.type): each for each in wanted.record_sets}
    default = wanted.ttl or (zone.ttl if zone is not None else None)
    changes: list[RecordChange] = []
    unchanged = 0
    for key, target in want.items():
        found = have.get(key)
        if found is None:
            changes.append(_create(target))
        elif _differs(found, target, zone.ttl if zone is not None else None, default):
            changes.append(_update(found, target))
        else:
            unchanged += 1
    changes += [_delete(found) for key, found in have.items() if key not in want]
    settings = {"email": wanted.email, "ttl": wanted.ttl, "description": wanted.description}
    if zone is not None:
        settings = {name: value for name, value in settings.items() if value != getattr(zone, name)}
    return ZonePlan(
        zone=wanted.name,
        zone_id=None if zone is None else zone.id,
        changes=tuple(_ordered(changes)),
        unchanged=unchanged,
        zone_changes={name: value for name, value in settings.items() if value is not None},
        is_new=zone is None,
    )


def check_thresholds(
    plan: ZonePlan, present: int, *, delete_threshold: float, update_threshold: float
) -> None:
    """Raise PreconditionFailedError when the plan deletes or updates more than its share of the zone.

    Args:
        plan: the plan.
        present: how many record sets of yours the zone has now.
        delete_threshold, update_threshold: largest share, from 0 to 1; of a zone with fewer than 10 record sets
            only 0 holds anything back.
    """
    for action, share in (("delete", delete_threshold), ("update", update_threshold)):
        if not 0 <= share <= 1:
            raise InvalidRequestError(f"{action}_threshold is 0 to 1, not {share!r}")
        count = plan.count(action)
        if count and (share == 0 or (present >= THRESHOLD_FLOOR and count / present > share)):
            raise PreconditionFailedError(
                f"the plan would {action} {count} of {present} record sets of {plan.zone}, "
                f"more than the threshold of {share:.0%}",
                hint=f"look at the plan; if it is right, raise the {action} threshold",
                request_sent=False,
            )


def _differs(found: RecordSet, target: WantedRecordSet, old: int | None, new: int | None) -> bool:
    kind = target.type
    # A record set without a TTL follows the zone's, so it changes with it and needs no change of its own.
    follows = found.ttl is None and target.ttl is None
    if not follows and (found.ttl or old) != (target.ttl or new):
        return True
    return {comparable(kind, each) for each in found.records} != {
        comparable(kind, each) for each in target.records
    }


def _create(target: WantedRecordSet) -> RecordChange:
    return RecordChange(
        action="create", name=target.name, type=target.type, after=target.records, ttl_after=target.ttl
    )


def _update(found: RecordSet, target: WantedRecordSet) -> RecordChange:
    return RecordChange(
        action="update",
        name=target.name,
        type=target.type,
        before=found.records,
        after=target.records,
        ttl_before=found.ttl,
        ttl_after=target.ttl,
        id=found.id,
    )


def _delete(found: RecordSet) -> RecordChange:
    return RecordChange(
        action="delete",
        name=found.name,
        type=found.type,
        before=found.records,
        ttl_before=found.ttl,
        id=found.id,
    )


def _ordered(changes: list[RecordChange]) -> list[RecordChange]:
    """Return the changes in the order that keeps names answering: what makes room, new, changed, then the rest.

    A CNAME and anything else cannot share a name, so one is deleted before the other can be created.
    """
    created = {change.name for change in changes if change.action == "create"}

    def rank(change: RecordChange) -> tuple[int, str, str]:
        first = change.action == "delete" and change.name in created
        order = 0 if first else {"create": 1, "update": 2, "delete": 3}[change.action]
        return order, change.name, change.type

    return sorted(changes, key=rank)
