"""Records hold what the service says, whatever that is: new fields, missing ones, odd types."""

from __future__ import annotations

import json
import pickle
from dataclasses import fields
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.infomaniak import (
    Campaign,
    CampaignStatus,
    Credit,
    CreditDetails,
    Field,
    Group,
    NewsletterDomain,
    NewsletterDomainStatus,
    NewsletterTemplate,
    Segment,
    Statistics,
    Subscriber,
    SubscriberStatus,
    Webform,
)
from cloud.infomaniak.newsletter._import_records import ImportReport, RefusedContact
from cloud.infomaniak.newsletter._records import SendPlan

KINDS: list[Any] = [
    Campaign,
    Credit,
    Field,
    Group,
    NewsletterDomain,
    NewsletterTemplate,
    Segment,
    Subscriber,
    Webform,
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "name",
        "status",
        "created_at",
        "started_at",
        "updated_at",
        "statistics",
        "recipients",
        "content",
        "fields",
        "data",
        "subscribed_count",
        "quantity",
        "email",
        "key",
        "codes",
        "unheard_of",
    ]
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.dictionaries(NAMES, VALUES), number=st.integers(min_value=0, max_value=10**12))
@settings(max_examples=60, deadline=None)
def test_no_answer_breaks_a_record(kind: Any, data: dict[str, Any], number: int) -> None:
    record = kind.of({**data, "id": number})
    assert record.id == number
    assert record.raw == {**data, "id": number} or data != data  # noqa: PLR0124  # NaN is not itself
    json.dumps(record.to_dict())
    assert "raw" not in record
    hash(record)


@pytest.mark.parametrize(
    "kind",
    [*KINDS, CreditDetails, Statistics, SendPlan, ImportReport, RefusedContact],
    ids=lambda k: k.__name__,
)
def test_every_field_is_explained(kind: Any) -> None:
    told = kind.__doc__ or ""
    for each in fields(kind):
        assert each.name in told, each.name


def test_a_campaign_is_read() -> None:
    campaign = Campaign.of(
        {
            "id": "5",
            "subject": "Hi",
            "status": "sending_v1",
            "email_from_addr": "a@b.ch",
            "email_from_name": "A",
            "lang": "fr_FR",
            "preheader": None,
            "started_at": 1700000000,
            "created_at": "1600000000",
            "content": "<p>",
            "recipients": {"groups": {"include": [1]}},
            "subscribers_count": "12",
            "statistics": {"sent_count": 12, "open_rate": "33.3"},
        }
    )
    assert (campaign.id, campaign.status, campaign.preheader) == (5, CampaignStatus.SENDING_V1, "")
    assert campaign.started_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=timezone.utc)
    assert campaign.recipients["groups"]["include"] == (1,)
    assert (campaign.subscriber_count, campaign["subscriber_count"]) == (12, 12)
    assert campaign.statistics is not None
    assert (campaign.statistics.sent_count, campaign.statistics.open_rate) == (12, 33.3)
    assert campaign.statistics.click_count is None
    assert pickle.loads(pickle.dumps(campaign)) == campaign  # noqa: S301  # our own
    assert "<p>" in campaign.to_dict()["content_html"]


def test_words_that_nobody_knows_yet_are_kept() -> None:
    assert Campaign.of({"id": 1, "status": "new"}).status is CampaignStatus.UNKNOWN
    assert Campaign.of({"id": 1, "status": "new"}).raw_status == "new"
    subscriber = Subscriber.of({"id": 1, "email": "a@b.ch", "status": None})
    assert (subscriber.status, subscriber.raw_status) == (SubscriberStatus.UNKNOWN, "")
    assert NewsletterDomain.of({"id": 1, "status": "odd"}).status is NewsletterDomainStatus.UNKNOWN


def test_fields_of_a_subscriber_come_as_a_list_or_an_object() -> None:
    as_list = [{"id": 1, "name": "City", "key": "city", "value": "Genève"}]
    for given_ in (as_list, {"city": "Genève"}):
        subscriber = Subscriber.of({"id": 1, "email": "a@b.ch", "status": "active", "fields": given_})
        assert subscriber.fields == {"city": "Genève"}
