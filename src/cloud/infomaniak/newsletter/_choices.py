"""What requests choose by: subscribers for a bulk change, recipients of a campaign, rules of a segment, pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from cloud.common.errors import InvalidRequestError, UnsupportedOperationError
from cloud.common.models import EMPTY
from cloud.infomaniak.newsletter import _values as v

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from typing_extensions import Self

    FieldOperator = Literal["=", "<>", "like", "not like", "start", "finish"]
    CampaignOperator = Literal["open", "click", "sent", "noopen", "noclick", "nosent"]
    Campaigns = Literal["all", "any", "last5"]

LANGUAGES: Final = ("de_DE", "en_GB", "es_ES", "fr_FR", "it_IT")
"""Languages of what the service adds to a mail."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What a bulk change is about: what you name, or everything but what you name. Never everything by mistake.

    Attributes:
        include: ids.
        everything: all that fit `filter` and `segment`, or simply all.
        exclude: ids that are left out of everything.
        filter: narrows everything: ``{"status": "bounced", "groups": [3], "search": "@example.com"}``; which
            names there are depends on the call.
        segment: id of a segment that narrows everything (subscribers only).

    Raises:
        InvalidRequestError: it selects nothing, or says two things at once.
    """

    include: Sequence[int] = ()
    everything: bool = False
    exclude: Sequence[int] = ()
    filter: Mapping[str, Any] = field(default=EMPTY)
    segment: int | None = None

    def __post_init__(self) -> None:
        """Check and normalise."""
        object.__setattr__(self, "include", tuple(v.ids_of(self.include, "thing")))
        object.__setattr__(self, "exclude", tuple(v.ids_of(self.exclude, "thing")))
        narrowed = bool(self.exclude or self.filter or self.segment is not None)
        if self.everything and self.include:
            raise InvalidRequestError("a selection has either include or everything", request_sent=False)
        if not self.everything and (narrowed or not self.include):
            raise InvalidRequestError(
                "the selection names nothing",
                hint="give ids, or everything=True with what narrows it",
                request_sent=False,
            )

    @classmethod
    def of(cls, chosen: Selection | Iterable[int]) -> Selection:
        """Return a selection of ids; a selection stays itself."""
        return chosen if isinstance(chosen, Selection) else cls(include=tuple(v.ids_of(chosen, "thing")))

    def covers(self, id: int) -> bool:  # noqa: A002  # the service's word
        """Return whether what has this id is selected, given that it fits filter and segment."""
        return id not in self.exclude if self.everything else id in self.include

    def body(self) -> dict[str, Any]:
        """Return what a request's body says."""
        select: dict[str, Any] = {"all": self.everything}
        select |= {"exclude": list(self.exclude)} if self.exclude else {}
        select |= {"include": list(self.include)} if self.include else {}
        chosen: dict[str, Any] = {"select": select}
        if self.filter:
            chosen["filter"] = dict(self.filter)
        if self.segment is not None:
            chosen["segment"] = str(v.id_of(self.segment, "segment"))
        return chosen


@dataclass(frozen=True, kw_only=True)
class Recipients:
    """Whom a campaign is for. Who is in several of them gets one mail.

    Attributes:
        groups: ids of groups that get it.
        exclude_groups: ids of groups that do not.
        segments: ids of segments that get it; who fits is decided when it is sent.
        exclude_segments: ids of segments that do not.
        emails: single addresses.
        everyone: all subscribers.
        rule: a rule for this campaign alone.

    Raises:
        InvalidRequestError: nobody is in it.
    """

    groups: Sequence[int] = ()
    exclude_groups: Sequence[int] = ()
    segments: Sequence[int] = ()
    exclude_segments: Sequence[int] = ()
    emails: Sequence[str] = ()
    everyone: bool = False
    rule: SegmentRule | None = None

    def __post_init__(self) -> None:
        """Check and normalise."""
        for name, what in (("groups", "group"), ("segments", "segment")):
            for prefix in ("", "exclude_"):
                ids = v.ids_of(getattr(self, prefix + name), what)
                object.__setattr__(self, prefix + name, tuple(ids))
        if isinstance(self.emails, str):
            raise InvalidRequestError("emails is a list of addresses", request_sent=False)
        object.__setattr__(self, "emails", tuple(v.address(email) for email in self.emails))
        if not (self.everyone or self.groups or self.segments or self.emails or self.rule is not None):
            raise InvalidRequestError(
                "the recipients are nobody", hint="name groups, segments or emails", request_sent=False
            )

    def body(self) -> dict[str, Any]:
        """Return what a request's body says."""
        chosen: dict[str, Any] = {"all_subscribers": self.everyone}
        for name in ("groups", "segments"):
            sides = {"include": getattr(self, name), "exclude": getattr(self, f"exclude_{name}")}
            if lists := {side: list(ids) for side, ids in sides.items() if ids}:
                chosen[name] = lists
        if self.emails:
            chosen["emails"] = list(self.emails)
        if self.rule is not None:
            chosen["expert"] = {"conditions": self.rule.body()}
        return chosen


@dataclass(frozen=True)
class Condition:
    """One condition on a subscriber. Make it by its class methods.

    Attributes:
        facts: what the service is told.
    """

    facts: Mapping[str, Any]

    @classmethod
    def field(cls, field_id: int, operator: FieldOperator, value: str) -> Self:
        """Return "the field's value is (not), contains (not), begins or ends with `value`"."""
        _one_of("operator", operator, ("=", "<>", "like", "not like", "start", "finish"))
        return cls(
            {
                "type": "meta",
                "operator": operator,
                "meta_id": v.id_of(field_id, "field"),
                "value": v.checked_text(value, "value"),
            }
        )

    @classmethod
    def group(cls, group_id: int, *, member: bool = True) -> Self:
        """Return "is (not) in the group"."""
        operator = "include" if member else "exclude"
        return cls(
            {"type": "mailinglist", "operator": operator, "mailinglist_id": v.id_of(group_id, "group")}
        )

    @classmethod
    def campaign(cls, operator: CampaignOperator, campaigns: Campaigns | int = "any") -> Self:
        """Return "has (not) been sent, opened or clicked" a campaign.

        Args:
            operator: ``open``, ``click``, ``sent``, ``noopen``, ``noclick``, ``nosent``.
            campaigns: ``all`` for any ever, ``any`` for those of the last 30 days, ``last5``, or an id.
        """
        _one_of("operator", operator, ("open", "click", "sent", "noopen", "noclick", "nosent"))
        facts: dict[str, Any] = {"type": "campaign", "operator": operator}
        if isinstance(campaigns, int):
            return cls(
                {**facts, "actionId": "custom", "campaign_id": v.id_of(campaigns, "campaign")},
            )
        _one_of("campaigns", campaigns, ("all", "any", "last5"))
        return cls({**facts, "actionId": campaigns})

    @classmethod
    def subscribed(
        cls,
        *,
        on: date | None = None,
        after: date | None = None,
        before: date | None = None,
        between: tuple[date, date] | None = None,
    ) -> Self:
        """Return "was made on, after or before a day, or between two"; give one of them."""
        days = {"=": on, ">": after, "<": before, "between": between and between[0]}
        named = {operator: day for operator, day in days.items() if day is not None}
        if len(named) != 1:
            raise InvalidRequestError("give one of on, after, before, between", request_sent=False)
        ((operator, first),) = named.items()
        facts = {"type": "created_at", "operator": operator, "date1": v.day("date", first)}
        if between is not None:
            facts["date2"] = v.day("date", between[1])
            if facts["date2"] < facts["date1"]:
                raise InvalidRequestError("the second day is before the first", request_sent=False)
        return cls(facts)


@dataclass(frozen=True)
class SegmentRule:
    """A rule that selects subscribers: in any of its groups of conditions, all conditions hold.

    Attributes:
        any_of: the groups of conditions.

    Raises:
        InvalidRequestError: there is none, or one is empty: it would select nobody, or everybody.
    """

    any_of: Sequence[Sequence[Condition]]

    def __post_init__(self) -> None:
        """Check and normalise."""
        groups = tuple(tuple(group) for group in self.any_of)
        if not groups or not all(groups):
            raise InvalidRequestError("a rule needs conditions in each of its groups", request_sent=False)
        object.__setattr__(self, "any_of", groups)

    @classmethod
    def all_of(cls, *conditions: Condition) -> Self:
        """Return the rule that all `conditions` hold."""
        return cls([conditions])

    def body(self) -> dict[str, Any]:
        """Return what a request's body says."""
        return {
            "closure": "OR",
            "conds": [
                {"closure": "AND", "conds": [dict(condition.facts) for condition in group]}
                for group in self.any_of
            ],
        }


@dataclass(frozen=True, kw_only=True)
class Listing:
    """How a listing is fetched.

    By default by pages with their number (``page``, ``per_page``), of which the service says how many there are.
    With `skip` it is by position (``skip``, ``limit``), to the first page that is empty.

    Attributes:
        page_size: items that one request asks for, 1 to 1,000.
        skip: position of the first item, from 0.
        order_by: names of the fields to sort by, in the service's words.
        descending: whether the greatest comes first.
        order_for: direction of single fields, such as ``{"created_at": "desc"}``.
    """

    page_size: int = 100
    skip: int | None = None
    order_by: Sequence[str] = ()
    descending: bool = False
    order_for: Mapping[str, Literal["asc", "desc"]] = field(default=EMPTY)

    def __post_init__(self) -> None:
        """Check."""
        if not 1 <= self.page_size <= 1000:
            raise InvalidRequestError(f"page_size is 1 to 1000, not {self.page_size}", request_sent=False)
        if self.skip is not None and self.skip < 0:
            raise InvalidRequestError(f"skip must not be negative: {self.skip}", request_sent=False)
        if isinstance(self.order_by, str):
            raise InvalidRequestError("order_by is a list of names", request_sent=False)
        for name, direction in self.order_for.items():
            _one_of(f"order_for[{name}]", direction, ("asc", "desc"))


def _one_of(name: str, value: object, known: Sequence[object]) -> None:
    if value not in known:
        raise InvalidRequestError(
            f"{name} is {value!r}, not one of {', '.join(map(str, known))}", request_sent=False
        )


def checked_language(lang: str) -> str:
    """Return a language of the service.

    Raises:
        InvalidRequestError: it has no such.
    """
    _one_of("lang", lang, LANGUAGES)
    return lang


def refuse_older(method: str, older: Mapping[str, object], hint: str | None = None) -> None:
    """Refuse properties that older versions of the API may have had.

    Raises:
        UnsupportedOperationError: there are some.
    """
    if older:
        raise UnsupportedOperationError(
            f"{method}: the API has no such property: {', '.join(sorted(older))}",
            hint=hint,
            request_sent=False,
        )


def needed_change(body: Mapping[str, Any]) -> None:
    """Refuse a change of nothing.

    Raises:
        InvalidRequestError: `body` is empty.
    """
    if not body:
        raise InvalidRequestError("there is nothing to change: name what shall be", request_sent=False)


def several(values: str | Sequence[Any]) -> Sequence[Any]:
    """Return values as a list; a text is one value."""
    return (values,) if isinstance(values, str) else values
