"""The records of segments, templates, webforms and credits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.common.models import EMPTY, Record
from cloud.infomaniak.newsletter import _values as v

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from typing_extensions import Self

    from cloud.infomaniak.newsletter._values import Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment(Record):
    """A rule that selects subscribers; who fits it is decided when it is used.

    Attributes:
        id: the service's id.
        name: its name.
        subscribed_count: how many fit it at present; None where the service does not say.
        updated_at: when the rule was changed.
        rule: the rule, in the service's words; `SegmentRule` makes such.
        statistics: rates of the mails to it, in the service's words.
        raw: the service's own object.
    """

    id: int
    name: str
    subscribed_count: int | None = None
    updated_at: datetime | None = None
    rule: Mapping[str, Any] = field(default=EMPTY, hash=False)
    statistics: Mapping[str, Any] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, data: Json) -> Self:
        """Return the record of a JSON object."""
        return cls(
            id=v.identifier(data.get("id")),
            name=v.text(data.get("name")),
            subscribed_count=v.number(data.get("subscribed_count")),
            updated_at=v.moment(data.get("updated_at")),
            rule=v.frozen(v.as_object(data.get("data"))),
            statistics=v.frozen(v.as_object(data.get("statistics"))),
            raw=data,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsletterTemplate(Record):
    """A template that campaigns are made from.

    Attributes:
        id: the service's id.
        name: its name.
        domain_id: the domain that it belongs to; None where the service does not say.
        thumbnail_url: picture of it; None where there is none.
        content: what the mail builder stores.
        raw: the service's own object.
    """

    id: int
    name: str
    domain_id: int | None = None
    thumbnail_url: str | None = None
    content: Mapping[str, Any] = field(default=EMPTY, hash=False, repr=False)
    raw: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, data: Json) -> Self:
        """Return the record of a JSON object."""
        return cls(
            id=v.identifier(data.get("id")),
            name=v.text(data.get("name")),
            domain_id=v.number(data.get("domain_id")),
            thumbnail_url=v.optional_text(data.get("thumbnail")),
            content=v.frozen(v.as_object(data.get("content"))),
            raw=data,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Webform(Record):
    """A form by which readers subscribe.

    Attributes:
        id: the service's id.
        name: its name, for you.
        title: its heading, for readers.
        subtitle: below the heading.
        button: text of the button.
        message: what readers see afterwards (``msg_ok``).
        sender_email: address that the confirmation comes from.
        sender_name: name that the confirmation comes from.
        confirmation_url: page shown after subscribing; None for the service's own.
        validation_url: page shown after confirming; None for the service's own.
        codes: what to put into a web page, in the service's words; empty unless asked for.
        created_at: when it was made.
        updated_at: when it was changed.
        raw: the service's own object.
    """

    id: int
    name: str
    title: str
    subtitle: str = ""
    button: str = ""
    message: str = ""
    sender_email: str = ""
    sender_name: str = ""
    confirmation_url: str | None = None
    validation_url: str | None = None
    codes: Any = field(default=(), hash=False, repr=False)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, data: Json) -> Self:
        """Return the record of a JSON object."""
        return cls(
            id=v.identifier(data.get("id")),
            name=v.text(data.get("name")),
            title=v.text(data.get("title")),
            subtitle=v.text(data.get("subtitle")),
            button=v.text(data.get("button")),
            message=v.text(data.get("msg_ok")),
            sender_email=v.text(data.get("email_from_addr")),
            sender_name=v.text(data.get("email_from_name")),
            confirmation_url=v.optional_text(data.get("confirmation_url")),
            validation_url=v.optional_text(data.get("validation_url")),
            codes=v.frozen(data.get("codes") or ()),
            created_at=v.moment(data.get("created_at")),
            updated_at=v.moment(data.get("updated_at")),
            raw=data,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Credit(Record):
    """One movement of the account's credits; a mail to one address costs one.

    Attributes:
        id: the service's id.
        quantity: credits gained or spent.
        type: kind of movement, in the service's words.
        genre: kind of credit, in the service's words.
        created_at: when it happened.
        domain_name: the domain that it was for; None where the service does not say.
        campaign_id: the campaign that it was for; None for none.
        campaign_subject: that campaign's subject.
        raw: the service's own object.
    """

    id: int
    quantity: int
    type: str
    genre: str
    created_at: datetime | None = None
    domain_name: str | None = None
    campaign_id: int | None = None
    campaign_subject: str | None = None
    raw: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, data: Json) -> Self:
        """Return the record of a JSON object."""
        return cls(
            id=v.identifier(data.get("id")),
            quantity=v.number(data.get("quantity")) or 0,
            type=v.text(data.get("type")),
            genre=v.text(data.get("genre")),
            created_at=v.moment(data.get("created_at")),
            domain_name=v.optional_text(data.get("domain_name")),
            campaign_id=v.number(data.get("campaign_id")),
            campaign_subject=v.optional_text(data.get("campaign_subject")),
            raw=data,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditDetails(Record):
    """The account's credits.

    Attributes:
        total: how many are left; None where the service does not say.
        details: everything the service says.
        raw: the service's own value.
    """

    total: int | None
    details: Mapping[str, Any] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the record of the answer's data."""
        data = v.as_object(value)
        return cls(total=v.number(data.get("total")), details=v.frozen(data), raw=value)
