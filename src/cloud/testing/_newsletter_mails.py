"""What a fake newsletter answers about campaigns: drafts, what is sent when, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.testing._newsletter_asking import (
    CAMPAIGN_STATES,
    LANGUAGES,
    checked_body,
    chosen_ids,
    filter_of,
    listed,
    loads,
    needed_address,
    no_body,
    seconds,
    success,
)
from cloud.testing._newsletter_state import Campaign, SentMail
from cloud.testing._service_calls import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cloud.testing._newsletter_state import State
    from cloud.testing._service_calls import Call

_NEEDED = ("email_from_addr", "email_from_name", "lang", "subject")
_MORE = (
    "content_html",
    "force_sended",
    "preheader",
    "recipients",
    "template_id",
    "tracking_link",
    "tracking_opening",
    "tracking_utm",
    "unsub_link",
)
_SENDABLE = frozenset({"draft", "canceled", "sending_failed"})
_ACTIONS = ("bounce", "click", "complaint", "delivery", "not_open", "open", "sbounce", "send", "unsub")


class Mails:
    """The answers about campaigns.

    Args:
        state: what there is.
        later: takes work on, and returns the answer that says so.
        now: the service's time.
        most: items of a page at most.
    """

    def __init__(
        self,
        state: State,
        later: Callable[[Callable[[], None]], Answer],
        now: Callable[[], datetime],
        most: int,
    ) -> None:
        self._state = state
        self._later = later
        self._now = now
        self._most = most

    def send_what_is_due(self) -> None:
        """Send the scheduled campaigns whose time has come."""
        for campaign in self._state.campaigns.values():
            if campaign.status == "scheduled" and (campaign.starts or 0) <= seconds(self._now()):
                self._send(campaign)

    # -- drafts ------------------------------------------------------------------------------------------------
    def show(self, campaign: Campaign, wanted: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Return the document of a campaign."""
        facts = campaign.facts
        document = {
            "id": campaign.id,
            "status": campaign.status,
            "created_at": seconds(campaign.created),
            "started_at": campaign.starts or 0,
            "next_step": "",
            "sending_batch": None,
            "preheader": facts.get("preheader", ""),
            "tracking_link": facts.get("tracking_link", True),
            "tracking_opening": facts.get("tracking_opening", True),
            "tracking_utm": facts.get("tracking_utm", []),
            **{name: facts[name] for name in _NEEDED},
        }
        if "content" in wanted:
            document["content"] = facts.get("content_html", "")
        if "recipients" in wanted:
            document["recipients"] = facts.get("recipients", [])  # PHP writes an empty object so
            document["subscribers_count"] = len(self._state.recipients_of(facts))
        if "statistics" in wanted:
            document["statistics"] = self._statistics(campaign)
        return document

    def _statistics(self, campaign: Campaign) -> dict[str, float]:
        sent = sum(mail.campaign_id == campaign.id and not mail.is_test for mail in self._state.mails)
        kinds = [kind for kind, number, _ in self._state.events if number == campaign.id]
        counts = {
            "sent": sent,
            "open": kinds.count("open"),
            "click": kinds.count("click"),
            "delivery": sent - kinds.count("bounce"),
            "complaint": kinds.count("complaint"),
            "bounce": kinds.count("bounce"),
            "soft_bounce": kinds.count("sbounce"),
            "unsubscribe": kinds.count("unsub"),
        }
        rates = {f"{name}_rate": 100 * count / sent if sent else 0 for name, count in counts.items()}
        del rates["sent_rate"]
        return {f"{name}_count": count for name, count in counts.items()} | rates

    def list_campaigns(self, call: Call) -> Answer:
        """Answer with the campaigns that fit filter and period."""
        found = self._filtered(call)
        since, until = call.argument("date_from"), call.argument("date_to")
        found = [
            each
            for each in found
            if int(since or 0) <= seconds(each.created) <= int(until or seconds(each.created))
        ]
        return listed(call, found, lambda each: self.show(each, loads(call)), most=self._most)

    def _filtered(self, call: Call) -> list[Campaign]:
        chosen = filter_of(call, status=CAMPAIGN_STATES, search=None)
        states, search = chosen.get("status"), chosen.get("search", "").casefold()
        return [
            each
            for each in self._state.campaigns.values()
            if (not states or each.status in states) and search in each.facts["subject"].casefold()
        ]

    def create(self, call: Call) -> Answer:
        """Make a draft."""
        facts = self._checked(checked_body(call, _NEEDED, _MORE))
        made = Campaign(self._state.next_id(), "draft", self._now(), facts)
        self._state.campaigns[made.id] = made
        return success(self.show(made), 201)

    def _checked(self, facts: dict[str, Any]) -> dict[str, Any]:
        if "lang" in facts and facts["lang"] not in LANGUAGES:
            raise Refusal(422, "The selected lang is invalid.")
        if "email_from_addr" in facts:
            needed_address(facts["email_from_addr"])
        recipients = facts.get("recipients") or {}
        for name, table in (("groups", self._state.groups), ("segments", self._state.segments)):
            sides = recipients.get(name, {})
            for number in [*sides.get("include", ()), *sides.get("exclude", ())]:
                if number not in table:
                    raise Refusal(422, f"recipients.{name}: {number} does not exist")
        return facts

    def get(self, call: Call) -> Answer:
        """Answer with one campaign."""
        return success(self.show(self.campaign(call), loads(call)))

    def update(self, call: Call) -> Answer:
        """Change a campaign that has not been sent."""
        campaign = self.campaign(call)
        body = self._checked(checked_body(call, (), (*_NEEDED, *_MORE)))
        if campaign.status not in _SENDABLE:
            raise Refusal(400, f"a campaign that is {campaign.status} cannot be changed")
        campaign.facts |= body
        return success(self.show(campaign))

    def delete(self, call: Call) -> Answer:
        """Delete a campaign."""
        no_body(call)
        del self._state.campaigns[self.campaign(call).id]
        return success(True)

    def delete_many(self, call: Call) -> Answer:
        """Take on the deletion of the selected campaigns."""
        body = checked_body(call, ("select",))
        numbers = [each.id for each in self._filtered(call)]

        def act() -> None:
            for number in chosen_ids(body["select"], numbers):
                self._state.campaigns.pop(number, None)

        chosen_ids(body["select"], ())
        return self._later(act)

    def duplicate(self, call: Call) -> Answer:
        """Make a draft like the campaign."""
        no_body(call)
        copy = Campaign(self._state.next_id(), "draft", self._now(), dict(self.campaign(call).facts))
        self._state.campaigns[copy.id] = copy
        return success(self.show(copy))

    def campaign(self, call: Call) -> Campaign:
        """Return the campaign that a path names."""
        found: Campaign = self._state.find(self._state.campaigns, call.params["campaign"], "campaign")
        return found

    # -- sending -----------------------------------------------------------------------------------------------
    def test(self, call: Call) -> Answer:
        """Send a campaign to one address."""
        campaign = self.campaign(call)
        email = needed_address(checked_body(call, ("email",))["email"])
        self._state.mails.append(SentMail(campaign.id, email, is_test=True))
        return success(True)

    def test_template(self, call: Call) -> Answer:
        """Send a template to some addresses."""
        emails = [needed_address(email) for email in checked_body(call, ("emails",))["emails"]]
        if not any(each.facts["uuid"] == call.params["uuid"] for each in self._state.templates.values()):
            raise Refusal(404, f"no template {call.params['uuid']}")
        self._state.mails += [SentMail(0, email, is_test=True) for email in emails]
        return success(True)

    def schedule(self, call: Call) -> Answer:
        """Send a campaign now, or at the time that is given."""
        campaign = self.campaign(call)
        body = checked_body(call, (), ("started_at",)) if call.body else {}
        if campaign.status not in _SENDABLE:
            raise Refusal(400, f"the campaign is {campaign.status} already")
        if not campaign.facts.get("content_html") or not self._state.recipients_of(campaign.facts):
            raise Refusal(422, "a campaign needs content and recipients")
        campaign.starts = body.get("started_at", seconds(self._now()))
        campaign.status = "scheduled"
        self.send_what_is_due()
        return success(True)

    def _send(self, campaign: Campaign) -> None:
        emails = self._state.recipients_of(campaign.facts)
        if len(emails) > self._state.credit_count:
            campaign.status = "sending_failed"
            return
        campaign.status = "sent"
        self._state.credit_count -= len(emails)
        self._state.mails += [SentMail(campaign.id, email, is_test=False) for email in emails]
        self._state.credits.append(
            {
                "id": self._state.next_id(),
                "quantity": -len(emails),
                "type": "campaign",
                "genre": "debit",
                "created_at": seconds(self._now()),
                "campaign_id": campaign.id,
                "campaign_subject": campaign.facts["subject"],
            }
        )

    def cancel(self, call: Call) -> Answer:
        """Keep a scheduled campaign from being sent."""
        no_body(call)
        campaign = self.campaign(call)
        if campaign.status != "scheduled":
            raise Refusal(400, f"the campaign is {campaign.status}, not scheduled")
        campaign.status, campaign.starts = "canceled", None
        return success(True)

    # -- reports -----------------------------------------------------------------------------------------------
    def tracking(self, call: Call) -> Answer:
        """Answer with what happened to each mail."""
        campaign = self.campaign(call)
        chosen = filter_of(call, action=frozenset(_ACTIONS), search=None)
        sent = [
            {"action": "send", "email": mail.email, "campaign_id": campaign.id}
            for mail in self._state.mails
            if mail.campaign_id == campaign.id and not mail.is_test
        ]
        events = [
            {"action": kind, "email": self._email(number), "campaign_id": campaign.id}
            for kind, about, number in self._state.events
            if about == campaign.id
        ]
        found = [
            each
            for each in [*sent, *events]
            if chosen.get("action") in {None, each["action"]}
            and chosen.get("search", "") in str(each["email"])
        ]
        return listed(call, found, lambda each: each, most=self._most)

    def _email(self, number: int) -> str:
        known = self._state.subscribers.get(number)
        return "" if known is None else known.email

    def activity(self, call: Call) -> Answer:
        """Answer with what each reader did, by pages only."""
        campaign = self.campaign(call)
        if call.argument("skip") is not None or call.argument("limit") is not None:
            raise Refusal(422, "this report has pages only")
        chosen = filter_of(call, action=frozenset(_ACTIONS), search=None)
        found = [
            {"email": self._email(number), "action": kind}
            for kind, about, number in self._state.events
            if about == campaign.id and chosen.get("action") in {None, kind}
        ]
        return listed(call, found, lambda each: each, most=self._most)

    def links(self, call: Call) -> Answer:
        """Answer with how often each link was followed."""
        campaign = self.campaign(call)
        clicks = sum(kind == "click" and about == campaign.id for kind, about, _ in self._state.events)
        return success([{"url": "https://example.com/", "click_count": clicks}])
