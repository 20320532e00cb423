"""Campaigns: checked, tested, and sent once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cloud._dialects.rest._paths import segment
from cloud.common import errors as e
from cloud.infomaniak.newsletter import _values as v
from cloud.infomaniak.newsletter._campaigns import CampaignCalls, campaign_part
from cloud.infomaniak.newsletter._choices import several
from cloud.infomaniak.newsletter._content import ContentCalls
from cloud.infomaniak.newsletter._core import was_done
from cloud.infomaniak.newsletter._records import CampaignStatus, SendPlan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

# In these states a mail is on its way, has been sent, or may not be.
_NOT_AGAIN = frozenset(
    {
        CampaignStatus.BLOCKED,
        CampaignStatus.SCHEDULED,
        CampaignStatus.SCHEDULED_V1,
        CampaignStatus.SENDING,
        CampaignStatus.SENDING_V1,
        CampaignStatus.SENT,
    }
)


class SendingCalls(CampaignCalls, ContentCalls):
    """The calls that send campaigns."""

    def plan_campaign(self, campaign_id: int | str) -> SendPlan:
        """Return what sending the campaign would do, and what speaks against it. Nothing is sent or changed.

        It costs two requests.
        """
        campaign = self.get_campaign(campaign_id, include=("recipients", "content"))
        left = self._credit_details("plan_campaign").total
        count = campaign.subscriber_count
        problems = []
        if campaign.status in _NOT_AGAIN:
            problems.append(f"it is {campaign.raw_status} already")
        if not campaign.subject.strip():
            problems.append("it has no subject")
        if "content" in campaign.raw and not campaign.content_html:
            problems.append("it has no content")
        if count == 0 or ("recipients" in campaign.raw and count is None and not campaign.recipients):
            problems.append("it is for nobody")
        if left is not None and count is not None and left < count:
            problems.append(f"it needs {count} credits, and {left} are left")
        return SendPlan(campaign=campaign, recipient_count=count, credit_count=left, problems=tuple(problems))

    def send_test(self, campaign_id: int | str, email: str) -> bool:
        """Send the campaign to one address, as a test; always True. One call never sends two mails.

        Custom fields are filled when the address is a subscriber's.

        Raises:
            OutcomeUnknownError: the answer was lost: it may have been sent.
        """
        body = {"email": v.address(email)}
        return self._send("send_test", "send_test", {"campaign": v.id_of(campaign_id, "campaign")}, body)

    def send_template_test(self, template_uuid: str, emails: Sequence[str]) -> bool:
        """Send a template to some addresses, as a test; always True. One call never sends a mail twice."""
        if isinstance(emails, str) or not emails:
            raise e.InvalidRequestError("emails is a list of at least one address", request_sent=False)
        segment(template_uuid, "template_uuid")
        body = {"emails": [v.address(email) for email in emails]}
        return self._send("send_template_test", "send_template_test", {"template_uuid": template_uuid}, body)

    def send_campaign(
        self, campaign_id: int | str, *, test_to: str | Sequence[str] = (), dry_run: bool = False
    ) -> bool:
        """Send the campaign now, once, and return True; False when `dry_run` kept it from being sent.

        Args:
            campaign_id: its id.
            test_to: addresses that get a test mail before. Where one fails the campaign is not sent.
            dry_run: check everything as `plan_campaign` does, and send nothing, no test mail either.

        Raises:
            ConflictError: with `dry_run` or `test_to`: what speaks against it (`plan_campaign`).
            OutcomeUnknownError: the answer was lost: it may have been sent. It is never sent again by itself;
                look at ``get_campaign(campaign_id).status`` before you do.
        """
        return self._start("send_campaign", campaign_id, None, test_to, dry_run=dry_run)

    def schedule_campaign(
        self,
        campaign_id: int | str,
        send_at: datetime | str,
        *,
        test_to: str | Sequence[str] = (),
        dry_run: bool = False,
    ) -> bool:
        """Have the campaign sent at a time, and return True; False when `dry_run` kept it from that.

        Args:
            campaign_id: its id.
            send_at: aware datetime in the future, or its ISO 8601 text.
            test_to, dry_run: see `send_campaign`.

        Raises:
            InvalidRequestError: `send_at` is over: the service would send at once.
            ConflictError, OutcomeUnknownError: see `send_campaign`.
        """
        seconds = v.unix_seconds("send_at", send_at)
        if seconds <= time.time():
            raise e.InvalidRequestError(
                f"send_at is over: {send_at}", hint="send_campaign sends now", request_sent=False
            )
        return self._start(
            "schedule_campaign", campaign_id, {"started_at": seconds}, test_to, dry_run=dry_run
        )

    def cancel_campaign(self, campaign_id: int | str) -> bool:
        """Keep a scheduled campaign from being sent; always True.

        Raises:
            InvalidRequestError: it is not scheduled: never was, or is on its way already.
        """
        return self._cancel_campaign(campaign_id, "cancel_campaign")

    def _cancel_campaign(self, campaign_id: int | str, caller: str) -> bool:
        try:
            return self._ask("cancel_campaign", was_done, parts=campaign_part(campaign_id), caller=caller)
        except (e.InvalidRequestError, e.ConflictError) as error:
            # Refused after a try whose answer was lost: that one may be what cancelled it.
            if len(error.attempts) < 2 or self.get_campaign(campaign_id).status not in {
                CampaignStatus.CANCELED,
                CampaignStatus.DRAFT,
            }:
                raise
            return True

    def _start(
        self,
        caller: str,
        campaign_id: int | str,
        body: Mapping[str, Any] | None,
        test_to: str | Sequence[str],
        *,
        dry_run: bool,
    ) -> bool:
        parts = campaign_part(campaign_id)
        tests = [v.address(email, "test_to") for email in several(test_to)]
        if dry_run or tests:
            plan = self.plan_campaign(campaign_id)
            if plan.problems:
                raise e.ConflictError(
                    f"the campaign cannot be sent: {'; '.join(plan.problems)}",
                    context=self._runtime.context(caller, f"campaigns/{campaign_id}"),
                )
        if dry_run:
            return False
        for email in tests:
            self.send_test(campaign_id, email)
        return self._send("schedule_campaign", caller, parts, body)

    def _send(
        self, name: str, caller: str, parts: Mapping[str, int | str], body: Mapping[str, Any] | None
    ) -> bool:
        """Make a call that sends mail. Even an error of the service's own may come after it has begun."""
        try:
            return self._ask(name, was_done, parts=parts, body=body, caller=caller)
        except e.ServiceUnavailableError as error:
            if not error.request_sent:
                raise
            unknown = e.OutcomeUnknownError(
                f"the service failed, so nobody knows whether it was sent ({error.message})",
                hint="look at the campaign before you try again",
                context=error.context,
                http_status=error.http_status,
                provider_code=error.provider_code,
                request_id=error.request_id,
                native=error.native,
            )
            unknown.attempts = error.attempts
            raise unknown from error
