"""What a fake newsletter holds: subscribers, groups, segments, fields, campaigns, and the mails that it sent."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.testing._service_calls import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime


@dataclass(frozen=True)
class SentMail:
    """A mail that the fake service sent.

    Attributes:
        campaign_id: of what; 0 for a template's test.
        email: to whom.
        is_test: whether it was a test.
    """

    campaign_id: int
    email: str
    is_test: bool


@dataclass
class Subscriber:
    """A subscriber.

    Attributes:
        id: its number.
        email: the address.
        status: ``active``, ``unsubscribed`` ...
        created: when.
        source: ``api``, ``import`` ...
        fields: values by key.
        groups: ids.
    """

    id: int
    email: str
    status: str
    created: datetime
    source: str = "api"
    fields: dict[str, str] = field(default_factory=dict)
    groups: set[int] = field(default_factory=set)


@dataclass
class Named:
    """A group, a segment, a field, a template or a webform.

    Attributes:
        id: its number.
        name: its name.
        updated: when it was changed.
        facts: what else it has, in the service's words.
    """

    id: int
    name: str
    updated: datetime
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Campaign:
    """A campaign.

    Attributes:
        id: its number.
        status: ``draft``, ``scheduled``, ``sent`` ...
        created: when.
        facts: what it was made with, in the service's words.
        starts: when it is or was sent, in Unix seconds.
    """

    id: int
    status: str
    created: datetime
    facts: dict[str, Any]
    starts: int | None = None


@dataclass
class Work:
    """What an operation will do.

    Attributes:
        id: the operation's.
        due: when, in seconds of the service's clock.
        act: does it.
    """

    id: str
    due: float
    act: Callable[[], None]


class State:
    """All of it, by id. Not safe between threads: the service's lock is.

    Attributes:
        subscribers, groups, segments, fields, templates, webforms, campaigns: what there is.
        mails: what was sent, in order.
        events: (kind, campaign, subscriber): ``open``, ``click``, ``bounce`` ...
        credit_count: mails that may be sent.
        credits: movements.
        uploads: CSV files by id.
        work: operations that are not done.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ids = itertools.count(1)
        self.subscribers: dict[int, Subscriber] = {}
        self.groups: dict[int, Named] = {}
        self.segments: dict[int, Named] = {}
        self.fields: dict[int, Named] = {}
        self.templates: dict[int, Named] = {}
        self.webforms: dict[int, Named] = {}
        self.campaigns: dict[int, Campaign] = {}
        self.mails: list[SentMail] = []
        self.events: list[tuple[str, int, int]] = []
        self.credit_count = 1000
        self.credits: list[dict[str, Any]] = []
        self.uploads: dict[int, str] = {}
        self.work: list[Work] = []

    def seed(self) -> None:
        """Make the fields that every newsletter has."""
        for name, key, kind in (
            ("Email", "email", "email"),
            ("First name", "firstname", "text"),
            ("Last name", "lastname", "text"),
        ):
            self.add(self.fields, name, key=key, type=kind)

    def next_id(self) -> int:
        """Return a number that nothing has."""
        return next(self._ids)

    def add(self, table: dict[int, Named], name: str, **facts: Any) -> Named:
        """Return a new thing in its table."""
        made = Named(self.next_id(), name, self._now(), facts)
        table[made.id] = made
        return made

    def find(self, table: dict[int, Any], number: str, what: str) -> Any:
        """Return the thing of that number.

        Raises:
            Refusal: 404, there is none.
        """
        found = table.get(int(number)) if number.isdecimal() else None
        if found is None:
            raise Refusal(404, f"no {what} {number}")
        return found

    def group_of(self, name_or_id: object) -> Named:
        """Return the group of that id, or of that name; a name that there is not makes one.

        Raises:
            Refusal: 422, no group has that id.
        """
        if isinstance(name_or_id, int):
            if name_or_id not in self.groups:
                raise Refusal(422, f"the group {name_or_id} does not exist")
            return self.groups[name_or_id]
        known = (group for group in self.groups.values() if group.name == name_or_id)
        return next(known, None) or self.add(self.groups, str(name_or_id))

    def subscriber_of(self, email: str) -> Subscriber | None:
        """Return the subscriber with that address."""
        wanted = email.casefold()
        return next((each for each in self.subscribers.values() if each.email.casefold() == wanted), None)

    def put_subscriber(
        self,
        email: str,
        *,
        fields: dict[str, str] | None = None,
        groups: list[Any] | None = None,
        status: str | None = None,
        source: str = "api",
    ) -> Subscriber:
        """Return the subscriber with that address, a new one or the one there was, with what is given."""
        ids = {self.group_of(group).id for group in groups or ()}
        self.check_fields(fields or {})
        known = self.subscriber_of(email)
        if known is None:
            known = Subscriber(self.next_id(), email, "active", self._now(), source)
            self.subscribers[known.id] = known
        known.fields |= {name: str(value) for name, value in (fields or {}).items()}
        known.groups |= ids
        known.status = status or known.status
        return known

    def check_fields(self, fields: dict[str, str]) -> None:
        """Refuse values of fields that there are not."""
        if not isinstance(fields, dict):
            raise Refusal(422, "fields must be an object")
        keys = {each.facts["key"] for each in self.fields.values()}
        if unknown := sorted(set(fields) - keys):
            raise Refusal(422, f"there is no field {', '.join(unknown)}")

    def segment_of(self, number: object) -> Named:
        """Return the segment that a request names.

        Raises:
            Refusal: 422, there is none such.
        """
        found = self.segments.get(int(str(number))) if str(number).isdecimal() else None
        if found is None:
            raise Refusal(422, f"the segment {number} does not exist")
        return found

    def in_segment(self, rule: dict[str, Any]) -> Iterator[Subscriber]:
        """Yield who fits a rule."""
        for each in self.subscribers.values():
            if any(
                all(self._fits(each, condition) for condition in group["conds"]) for group in rule["conds"]
            ):
                yield each

    def _fits(self, subscriber: Subscriber, condition: dict[str, Any]) -> bool:
        operator = condition["operator"]
        if condition["type"] == "mailinglist":
            is_member = condition["mailinglist_id"] in subscriber.groups
            return is_member is bool(operator == "include")
        if condition["type"] == "created_at":
            day = subscriber.created.date().isoformat()
            first, last = condition["date1"], condition.get("date2", "")
            fits: bool = {
                "=": day == first,
                ">": day > first,
                "<": day < first,
                "between": first <= day <= last,
            }[operator]
            return fits
        if condition["type"] == "campaign":
            return self._campaign_fits(subscriber, condition)
        return self._field_fits(subscriber, condition)

    def _campaign_fits(self, subscriber: Subscriber, condition: dict[str, Any]) -> bool:
        sent: list[Any] = [each.id for each in self.campaigns.values() if each.status == "sent"]
        about: list[Any] = {"last5": sent[-5:], "custom": [condition.get("campaign_id")]}.get(
            condition["actionId"], sent
        )
        kind = condition["operator"].removeprefix("no")
        happened = any((kind, number, subscriber.id) in self.events for number in about)
        return happened is not bool(condition["operator"].startswith("no"))

    def _field_fits(self, subscriber: Subscriber, condition: dict[str, Any]) -> bool:
        key = self.find(self.fields, str(condition["meta_id"]), "field").facts["key"]
        has = subscriber.email if key == "email" else subscriber.fields.get(key, "")
        has, wanted = has.casefold(), condition["value"].casefold()
        fits: bool = {
            "=": has == wanted,
            "<>": has != wanted,
            "like": wanted in has,
            "not like": wanted not in has,
            "start": has.startswith(wanted),
            "finish": has.endswith(wanted),
        }[condition["operator"]]
        return fits

    def recipients_of(self, facts: dict[str, Any]) -> list[str]:
        """Return the addresses that a campaign is for, each once; only active subscribers get one."""
        chosen = facts.get("recipients") or {}
        found: dict[int, Subscriber] = {}
        if chosen.get("all_subscribers"):
            found |= self.subscribers
        groups, segments = chosen.get("groups", {}), chosen.get("segments", {})
        if expert := chosen.get("expert"):
            found |= {each.id: each for each in self.in_segment(expert["conditions"])}
        found |= self._of(groups.get("include", ()), segments.get("include", ()))
        out = self._of(groups.get("exclude", ()), segments.get("exclude", ()))
        active = [
            each.email for number, each in found.items() if number not in out and each.status == "active"
        ]
        return list(dict.fromkeys([*active, *chosen.get("emails", ())]))

    def _of(self, groups: list[int], segments: list[int]) -> dict[int, Subscriber]:
        found = {each.id: each for each in self.subscribers.values() if each.groups & set(groups)}
        for number in segments:
            found |= {each.id: each for each in self.in_segment(self.segment_of(number).facts["data"])}
        return found
