"""What the newsletter API answers: frozen records. Times are aware UTC; `raw` is the service's own object."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from cloud.common.enums import parse_enum
from cloud.common.models import EMPTY, Record
from cloud.infomaniak.newsletter import _values as v

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from typing_extensions import Self

    from cloud.infomaniak.newsletter._values import Json


class CampaignStatus(Enum):
    """Where a campaign is in its life; `UNKNOWN` keeps the service's own word in `raw_status`."""

    BLOCKED = "blocked"
    CANCELED = "canceled"
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SCHEDULED_V1 = "scheduled_v1"
    SENDING = "sending"
    SENDING_FAILED = "sending_failed"
    SENDING_V1 = "sending_v1"
    SENT = "sent"
    UNKNOWN = "unknown"


class SubscriberStatus(Enum):
    """Whether a subscriber gets campaigns; `UNKNOWN` keeps the service's own word in `raw_status`."""

    ACTIVE = "active"
    BOUNCED = "bounced"
    JUNK = "junk"
    UNCONFIRMED = "unconfirmed"
    UNDER_VERIFICATION = "under_verification"
    UNSUBSCRIBED = "unsubscribed"
    UNKNOWN = "unknown"


class NewsletterDomainStatus(Enum):
    """Whether a domain may send; `UNKNOWN` keeps the service's own word in `raw_status`."""

    BLOCKED = "blocked"
    DISABLED = "disabled"
    ENABLED = "enabled"
    ERROR = "error"
    SUSPENDED = "suspended"
    WAITING = "waiting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Statistics(Record):
    """What became of the mails of a campaign, or of those to a subscriber or a group.

    Rates are between 0 and 100. None where the service does not say.

    Attributes:
        sent_count: mails sent.
        delivery_count: mails delivered.
        open_count: mails opened.
        click_count: mails in which a link was followed.
        unsubscribe_count: readers who unsubscribed.
        complaint_count: readers who called it spam.
        bounce_count: addresses that do not exist.
        soft_bounce_count: mailboxes that did not take it this time.
        delivery_rate, open_rate, click_rate, unsubscribe_rate, complaint_rate, bounce_rate, soft_bounce_rate:
            the same in percent.
        raw: the service's own object.
    """

    sent_count: int | None = None
    delivery_count: int | None = None
    open_count: int | None = None
    click_count: int | None = None
    unsubscribe_count: int | None = None
    complaint_count: int | None = None
    bounce_count: int | None = None
    soft_bounce_count: int | None = None
    delivery_rate: float | None = None
    open_rate: float | None = None
    click_rate: float | None = None
    unsubscribe_rate: float | None = None
    complaint_rate: float | None = None
    bounce_rate: float | None = None
    soft_bounce_rate: float | None = None
    raw: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, value: object) -> Self | None:
        """Return the record of a JSON object; None where the answer has none."""
        data = v.as_object(value)
        if not data:
            return None
        names = [name for name in cls.__dataclass_fields__ if name != "raw"]
        values: dict[str, Any] = {
            name: (v.number if name.endswith("_count") else v.rate)(data.get(name)) for name in names
        }
        return cls(**values, raw=data)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsletterDomain(Record):
    """A newsletter domain: the sender's identity, and what all campaigns and subscribers belong to.

    Attributes:
        id: what the client is constructed with.
        name: the mail domain.
        status: whether it may send.
        raw_status: the service's own word.
        credit_month: credits of this month.
        limit_by_hour: mails that may be sent in an hour; None where the service does not say.
        statistics: figures of the domain, in the service's words.
        raw: the service's own object.
    """

    id: int
    name: str
    status: NewsletterDomainStatus
    raw_status: str
    credit_month: int | None = None
    limit_by_hour: int | None = None
    statistics: Mapping[str, Any] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, data: Json) -> Self:
        """Return the record of a JSON object."""
        status = v.text(data.get("status"))
        return cls(
            id=v.identifier(data.get("id")),
            name=v.text(data.get("name")),
            status=parse_enum(NewsletterDomainStatus, status, NewsletterDomainStatus.UNKNOWN),
            raw_status=status,
            credit_month=v.number(data.get("credit_month")),
            limit_by_hour=v.number(data.get("limit_by_hour")),
            statistics=v.frozen(v.as_object(data.get("statistics"))),
            raw=data,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Campaign(Record):
    """A campaign: one mail, from draft to sent.

    Attributes:
        id: the service's id.
        subject: of the mail.
        status: where it is in its life.
        raw_status: the service's own word.
        sender_email: address that it comes from (``email_from_addr``).
        sender_name: name that it comes from (``email_from_name``).
        lang: language of what the service adds (``en_GB``).
        preheader: the line that mail programs show beside the subject.
        started_at: when sending starts or started; None for a draft.
        created_at: when it was made.
        content_html: the mail; None unless asked for (``include=["content"]``).
        preview_url: page that shows it; None where the service names none.
        recipients: whom it is for, in the service's words; empty unless asked for (``include=["recipients"]``).
        subscriber_count: how many it is for; None unless the service says so.
        statistics: what became of it; None unless asked for (``include=["statistics"]``).
        raw: the service's own object.
    """

    id: int
    subject: str
    status: CampaignStatus
    raw_status: str
    sender_email: str
    sender_name: str
    lang: str
    preheader: str = ""
    started_at: datetime | None = None
    created_at: datetime | None = None
    content_html: str | None = None
    preview_url: str | None = None
    recipients: Mapping[str, Any] = field(default=EMPTY, hash=False)
    subscriber_count: int | None = None
    statistics: Statistics | None = None
    raw: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, data: Json) -> Self:
        """Return the record of a JSON object."""
        status = v.text(data.get("status"))
        return cls(
            id=v.identifier(data.get("id")),
            subject=v.text(data.get("subject")),
            status=parse_enum(CampaignStatus, status, CampaignStatus.UNKNOWN),
            raw_status=status,
            sender_email=v.text(data.get("email_from_addr")),
            sender_name=v.text(data.get("email_from_name")),
            lang=v.text(data.get("lang")),
            preheader=v.text(data.get("preheader")),
            started_at=v.moment(data.get("started_at")),
            created_at=v.moment(data.get("created_at")),
            content_html=v.optional_text(data.get("content")),
            preview_url=v.optional_text(data.get("preview_url")),
            recipients=v.frozen(v.as_object(data.get("recipients"))),
            subscriber_count=v.number(data.get("subscribers_count")),
            statistics=Statistics.of(data.get("statistics")),
            raw=data,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Group(Record):
    """A group of subscribers, which older versions of the API call a mailing list.

    Attributes:
        id: the service's id.
        name: its name.
        updated_at: when it was changed.
        subscribed_count: subscribers in it; None where the service does not say.
        statistics: rates of the mails to it; None unless asked for.
        raw: the service's own object.
    """

    id: int
    name: str
    updated_at: datetime | None = None
    subscribed_count: int | None = None
    statistics: Statistics | None = None
    raw: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, data: Json) -> Self:
        """Return the record of a JSON object."""
        return cls(
            id=v.identifier(data.get("id")),
            name=v.text(data.get("name")),
            updated_at=v.moment(data.get("updated_at")),
            subscribed_count=v.number(data.get("subscribed_count")),
            statistics=Statistics.of(data.get("statistics")),
            raw=data,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Field(Record):
    """A field that subscribers have: the address, a name, whatever you defined.

    Attributes:
        id: the service's id.
        name: what people call it.
        key: what templates call it.
        value: of one subscriber; None in the list of fields.
        raw: the service's own object.
    """

    id: int
    name: str
    key: str
    value: str | None = None
    raw: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, data: Json) -> Self:
        """Return the record of a JSON object."""
        return cls(
            id=v.identifier(data.get("id")),
            name=v.text(data.get("name")),
            key=v.text(data.get("key")),
            value=v.optional_text(data.get("value")),
            raw=data,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber(Record):
    """One subscriber.

    Attributes:
        id: the service's id.
        email: the address.
        status: whether campaigns go there.
        raw_status: the service's own word.
        created_at: when it was made.
        source: how it came (``api``, ``import``, ``manual``, ``webform``); None where the service does not say.
        groups: the groups that it is in; empty unless asked for (``include=["groups"]``).
        fields: values by key; empty unless asked for (``include=["fields"]``).
        statistics: what became of the mails to it; None unless asked for.
        raw: the service's own object.
    """

    id: int
    email: str
    status: SubscriberStatus
    raw_status: str
    created_at: datetime | None = None
    source: str | None = None
    groups: tuple[Group, ...] = ()
    fields: Mapping[str, str] = field(default=EMPTY, hash=False)
    statistics: Statistics | None = None
    raw: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, data: Json) -> Self:
        """Return the record of a JSON object."""
        status = v.text(data.get("status"))
        return cls(
            id=v.identifier(data.get("id")),
            email=v.text(data.get("email")),
            status=parse_enum(SubscriberStatus, status, SubscriberStatus.UNKNOWN),
            raw_status=status,
            created_at=v.moment(data.get("created_at")),
            source=v.optional_text(data.get("source")),
            groups=tuple(Group.of(group) for group in v.as_objects(data.get("groups"))),
            fields=_field_values(data.get("fields")),
            statistics=Statistics.of(data.get("statistics")),
            raw=data,
        )


def _field_values(value: object) -> Mapping[str, str]:
    """Return values by key, from a list of fields (as documented) or an object (as requests have them)."""
    objects = v.as_objects(value)
    if not objects:
        return v.frozen({name: v.text(item) for name, item in v.as_object(value).items()})  # type: ignore[no-any-return]  # a mapping of texts
    return v.frozen({v.text(item.get("key")): v.text(item.get("value")) for item in objects})  # type: ignore[no-any-return]  # likewise


@dataclass(frozen=True, kw_only=True, slots=True)
class SendPlan(Record):
    """What sending a campaign would do, before anything is sent.

    Attributes:
        campaign: as it is now, with content and recipients.
        recipient_count: how many would get it; None where the service does not say.
        credit_count: credits that are left; None where the service does not say. A mail to one address costs one.
        problems: what speaks against sending it; empty when nothing does.
    """

    campaign: Campaign
    recipient_count: int | None
    credit_count: int | None
    problems: tuple[str, ...] = ()
