"""Campaigns from draft to sent: a mail goes out once, or somebody is told that nobody knows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from cloud.common import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    ServiceUnavailableError,
)
from cloud.infomaniak import (
    Campaign,
    CampaignStatus,
    Condition,
    InfomaniakNewsletterClient,
    Recipients,
    SegmentRule,
    Selection,
)
from cloud.testing import Fault, FaultKind, SentMail

if TYPE_CHECKING:
    from cloud.testing import FakeNewsletterServer
    from newsletter.conftest import Clock

NEVER_TWICE = [
    FaultKind.LOST_REPLY,
    FaultKind.LOST_REPLY_FIN,
    FaultKind.LOST_REPLY_503,
    FaultKind.RESET_BODY,
    FaultKind.TRUNC_FIN,
    FaultKind.TRUNC_CL,
]


@pytest.fixture
def campaign(client: InfomaniakNewsletterClient) -> Campaign:
    group = client.create_group("Readers")
    for name in ("ada", "bob", "cy"):
        client.create_subscriber(f"{name}@example.com", groups=[group.id], fields={"firstname": name})
    client.create_subscriber("gone@example.com", groups=[group.id], status="unsubscribed")
    client.create_subscriber("other@example.com")
    return client.create_campaign("Hello", "me@example.com", "Me", "<p>Hello é</p>", group.id)


def sent(server: FakeNewsletterServer) -> list[str]:
    return [mail.email for mail in server.mails if not mail.is_test]


def test_a_campaign_goes_to_the_active_members_of_its_group_once(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign
) -> None:
    assert client.send_campaign(campaign.id) is True
    assert sent(server) == ["ada@example.com", "bob@example.com", "cy@example.com"]
    after = client.get_campaign(campaign.id, include=["recipients", "content", "statistics"])
    assert (after.status, after.content_html, after.subscriber_count) == (
        CampaignStatus.SENT,
        "<p>Hello é</p>",
        3,
    )
    assert after.started_at is not None
    assert after.started_at.tzinfo is timezone.utc
    with pytest.raises(InvalidRequestError, match="sent already"):
        client.send_campaign(campaign.id)
    assert len(sent(server)) == 3
    assert client.get_credits().total == 997
    assert [credit.quantity for credit in client.list_credits()] == [-3]


@pytest.mark.parametrize("kind", NEVER_TWICE)
@pytest.mark.parametrize("how", ["send", "schedule", "test"])
def test_a_lost_answer_is_an_unknown_outcome_and_no_second_mail(
    kind: FaultKind,
    how: str,
    client: InfomaniakNewsletterClient,
    server: FakeNewsletterServer,
    campaign: Campaign,
) -> None:
    server.add(Fault(kind=kind, path="/(schedule|test)$", count=0))
    before = len(server.log)
    calls = {
        "send": lambda: client.send_campaign(campaign.id),
        "schedule": lambda: client.schedule_campaign(campaign.id, server.now() + timedelta(hours=1)),
        "test": lambda: client.send_test(campaign.id, "me@example.com"),
    }
    with pytest.raises(OutcomeUnknownError) as caught:
        calls[how]()
    assert len(server.log) == before + 1
    assert caught.value.retryable is False
    server.clear_faults()
    # It did happen, which is what the hint says to look for.
    assert "before you" in str(caught.value.hint)
    state = client.get_campaign(campaign.id).status
    assert state is {"send": CampaignStatus.SENT, "schedule": CampaignStatus.SCHEDULED}.get(
        how, CampaignStatus.DRAFT
    )
    assert len(server.mails) == {"send": 3, "schedule": 0, "test": 1}[how]


def test_a_refused_connection_is_tried_again_because_nothing_was_sent(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign
) -> None:
    server.add(Fault(kind=FaultKind.STATUS, status=429, path="/schedule$", headers={"Retry-After": "3"}))
    assert client.send_campaign(campaign.id) is True
    assert len(sent(server)) == 3
    assert [seen.status for seen in server.calls_of("PUT /campaigns/{campaign}/schedule")] == [429, 200]


def test_a_dry_run_says_what_would_happen_and_sends_nothing(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign
) -> None:
    assert client.send_campaign(campaign.id, dry_run=True, test_to="me@example.com") is False
    plan = client.plan_campaign(campaign.id)
    assert (plan.recipient_count, plan.credit_count, plan.problems) == (3, 1000, ())
    server.set_credits(2)
    with pytest.raises(ConflictError, match="it needs 3 credits, and 2 are left") as caught:
        client.send_campaign(campaign.id, dry_run=True)
    assert (caught.value.operation, caught.value.resource) == ("send_campaign", f"campaigns/{campaign.id}")
    assert server.mails == ()
    assert client.get_campaign(campaign.id).status is CampaignStatus.DRAFT


def test_a_plan_finds_what_is_missing(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign
) -> None:
    empty = client.create_campaign("Empty", "me@example.com", "Me")
    assert client.plan_campaign(empty.id).problems == ("it has no content", "it is for nobody")
    client.send_campaign(campaign.id)
    assert client.plan_campaign(campaign.id).problems == ("it is sent already",)


def test_a_test_mail_goes_before_and_a_failed_one_stops_the_campaign(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign
) -> None:
    server.add(Fault(kind=FaultKind.STATUS, status=422, path="/test$"))
    with pytest.raises(InvalidRequestError):
        client.send_campaign(campaign.id, test_to=["me@example.com", "you@example.com"])
    server.add(Fault(kind=FaultKind.LOST_REPLY, path="/test$"))
    with pytest.raises(OutcomeUnknownError):
        client.send_campaign(campaign.id, test_to="me@example.com")
    assert sent(server) == []
    client.send_campaign(campaign.id, test_to=["me@example.com", "you@example.com"])
    assert [(mail.email, mail.is_test) for mail in server.mails][1:3] == [
        ("me@example.com", True),
        ("you@example.com", True),
    ]
    assert len(sent(server)) == 3


def test_a_scheduled_campaign_goes_out_at_its_time_and_not_before(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign, clock: Clock
) -> None:
    at = (server.now() + timedelta(hours=2)).astimezone(timezone(timedelta(hours=-5)))
    assert client.schedule_campaign(campaign.id, at) is True
    planned = client.get_campaign(campaign.id)
    assert (planned.status, planned.started_at) == (CampaignStatus.SCHEDULED, at.replace(microsecond=0))
    clock.sleep(7000)
    assert sent(server) == []
    clock.sleep(300)
    assert len(sent(server)) == 3
    with pytest.raises(InvalidRequestError, match="not scheduled"):
        client.unschedule_campaign(campaign.id)


def test_a_scheduled_campaign_can_be_stopped_and_sent_later(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign, clock: Clock
) -> None:
    client.schedule_campaign(campaign.id, server.now() + timedelta(hours=1), test_to="me@example.com")
    assert client.unschedule_campaign(campaign.id) is True
    clock.sleep(7200)
    assert sent(server) == []
    assert client.get_campaign(campaign.id).status is CampaignStatus.CANCELED
    client.send_campaign(campaign.id)
    assert len(sent(server)) == 3


def test_a_lost_answer_to_a_cancel_is_made_sure_of(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign
) -> None:
    client.schedule_campaign(campaign.id, server.now() + timedelta(hours=1))
    server.add(Fault(kind=FaultKind.LOST_REPLY, path="/cancel$"))
    assert client.unschedule_campaign(campaign.id) is True
    assert client.get_campaign(campaign.id).status is CampaignStatus.CANCELED


def test_a_campaign_is_made_and_copied_once(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign
) -> None:
    server.add(
        Fault(kind=FaultKind.LOST_REPLY, method="POST", path="/(campaigns|duplicate|groups)$", count=0)
    )
    for call in (
        lambda: client.create_campaign("Two", "me@example.com", "Me"),
        lambda: client.duplicate_campaign(campaign.id),
        lambda: client.create_group("Two"),
    ):
        with pytest.raises(OutcomeUnknownError):
            call()
    assert (client.count_campaigns(), len(client.list_groups())) == (3, 2)


def test_recipients_by_segment_group_rule_and_address(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign
) -> None:
    (first,) = [field for field in client.list_fields() if field.key == "firstname"]
    ada = client.create_segment("Ada", SegmentRule.all_of(Condition.field(first.id, "=", "ADA")))
    assert [each.email for each in client.list_segment_subscribers(ada.id)] == ["ada@example.com"]
    assert client.get_segment(ada.id).subscribed_count == 1
    bob = SegmentRule(
        [[Condition.field(first.id, "start", "bo")], [Condition.field(first.id, "=", "nobody")]]
    )
    recipients = Recipients(segments=[ada.id], emails=["new@example.com"], rule=bob)
    client.update_campaign(campaign.id, recipients=recipients, subject="Ünï")
    client.send_campaign(campaign.id)
    assert sorted(sent(server)) == ["ada@example.com", "bob@example.com", "new@example.com"]
    server.record_event(campaign.id, "ada@example.com", "open")
    opened = client.create_segment("Opened", SegmentRule.all_of(Condition.campaign("open", campaign.id)))
    assert [each.email for each in client.list_segment_subscribers(opened.id)] == ["ada@example.com"]
    everyone = client.create_campaign(
        "All",
        "me@example.com",
        "Me",
        "<p>",
        recipients=Recipients(everyone=True, exclude_segments=[opened.id]),
    )
    client.send_campaign(everyone.id)
    assert [mail.email for mail in server.mails if mail.campaign_id == everyone.id] == [
        "bob@example.com",
        "cy@example.com",
        "other@example.com",
    ]


def test_what_became_of_it(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign
) -> None:
    none = client.get_campaign_statistics(campaign.id)
    assert (none.sent_count, none.open_rate) == (0, 0.0)
    client.send_campaign(campaign.id)
    for name, kind in (("ada", "open"), ("ada", "click"), ("bob", "open"), ("cy", "bounce")):
        server.record_event(campaign.id, f"{name}@example.com", kind)
    seen = client.get_campaign_statistics(campaign.id)
    assert (seen.sent_count, seen.open_count, seen.click_count, seen.bounce_count) == (3, 2, 1, 1)
    assert seen.open_rate == pytest.approx(66.67, abs=0.01)
    assert len(client.list_campaign_tracking(campaign.id)) == 7
    opened = client.list_campaign_tracking(campaign.id, action="open")
    assert [entry["email"] for entry in opened] == ["ada@example.com", "bob@example.com"]
    assert len(client.list_campaign_activity(campaign.id, action="click")) == 1
    assert client.list_campaign_links(campaign.id)[0]["click_count"] == 1


def test_many_campaigns_are_found_by_state_text_and_time(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign
) -> None:
    client.send_campaign(campaign.id)
    for number in range(7):
        client.create_campaign(f"Draft {number}", "me@example.com", "Me")
    assert client.count_campaigns(status=[CampaignStatus.DRAFT]) == 7
    assert client.count_campaigns(status=["draft", "sent"]) == 8
    assert [each.subject for each in client.list_campaigns(search="draft 3")] == ["Draft 3"]
    long_ago = datetime(2001, 1, 1, tzinfo=timezone.utc)
    assert client.list_campaigns(date_to=long_ago) == []
    assert len(client.list_campaigns(date_from=long_ago, status=["sent"])) == 1
    with pytest.raises(InvalidRequestError, match="invalid"):
        client.list_campaigns(status="no such state")


def test_drafts_are_deleted_in_the_background(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign, clock: Clock
) -> None:
    server.lag_seconds = 30
    for number in range(3):
        client.create_campaign(f"Draft {number}", "me@example.com", "Me")
    selection = Selection(everything=True, exclude=[campaign.id], filter={"status": ["draft"]})
    operation = client.delete_campaigns(selection)
    assert operation.is_finished() is False
    operation.wait(60)
    assert [each.id for each in client.list_campaigns()] == [campaign.id]
    assert client.delete_campaign(campaign.id) is True
    assert client.delete_campaign(campaign.id) is False
    with pytest.raises(NotFoundError):
        client.get_campaign(campaign.id)


def test_templates_are_made_of_campaigns_and_tested(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign
) -> None:
    number, uuid = server.add_template("Plain", "<p>plain</p>")
    made = int(client.create_template_from_campaign(campaign.id, number))
    assert client.get_template_html(made) == "<p>Hello é</p>"
    assert [template.name for template in client.list_templates()] == ["Plain", "Hello"]
    assert client.update_template_thumbnail(number) == f"https://example.com/{number}.png"
    assert client.send_template_test(uuid, ["me@example.com"]) is True
    assert server.mails == (SentMail(0, "me@example.com", is_test=True),)
    server.add(Fault(kind=FaultKind.LOST_REPLY, path="/test$", count=0))
    with pytest.raises(OutcomeUnknownError):
        client.send_template_test(uuid, ["me@example.com"])
    assert len(server.mails) == 2


def test_an_outage_is_waited_out_for_reads_and_then_an_error(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, campaign: Campaign
) -> None:
    server.add(Fault(kind=FaultKind.STATUS, status=503, count=2))
    assert client.get_campaign(campaign.id).subject == "Hello"
    server.add(Fault(kind=FaultKind.HTML_200, count=0))
    with pytest.raises(ServiceUnavailableError):
        client.get_campaign(campaign.id)
