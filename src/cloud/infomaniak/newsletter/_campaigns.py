"""Campaigns: listed, written, changed and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.common import errors as e
from cloud.infomaniak.newsletter import _values as v
from cloud.infomaniak.newsletter._choices import (
    Recipients,
    Selection,
    checked_language,
    needed_change,
    refuse_older,
    several,
)
from cloud.infomaniak.newsletter._core import NewsletterCore, filtering, loading
from cloud.infomaniak.newsletter._records import Campaign, CampaignStatus
from cloud.infomaniak.newsletter._waiting import Operation, operation_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from cloud.common._paging import Pager
    from cloud.infomaniak.newsletter._choices import Listing
    from cloud.infomaniak.newsletter._core import Envelope


class CampaignCalls(NewsletterCore):
    """The calls about campaigns."""

    def iter_campaigns(
        self,
        *,
        status: Sequence[CampaignStatus | str] = (),
        search: str | None = None,
        date_from: datetime | None = None,
        date_to: datetime | None = None,
        include: Sequence[str] = (),
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Campaign]:
        """Return the campaigns, fetched page by page as you iterate.

        Args:
            status: those in one of these states.
            search: those whose subject holds this text.
            date_from, date_to: those of a period.
            include: what to load with each: ``content``, ``recipients``, ``statistics``.
            listing: pages and order.
            limit: at most so many.
            token: a page's `next_token`, or the `resume_token` of an error.
        """
        wanted = [state.value if isinstance(state, CampaignStatus) else state for state in several(status)]
        query = [
            loading(include),
            ("date_from", None if date_from is None else v.unix_seconds("date_from", date_from)),
            ("date_to", None if date_to is None else v.unix_seconds("date_to", date_to)),
            *filtering(search=search, status=wanted),
        ]
        return self._pages(
            "list_campaigns", Campaign.of, query=query, listing=listing, limit=limit, token=token
        )

    def list_campaigns(
        self,
        *,
        status: Sequence[CampaignStatus | str] = (),
        search: str | None = None,
        date_from: datetime | None = None,
        date_to: datetime | None = None,
        include: Sequence[str] = (),
    ) -> list[Campaign]:
        """Return all campaigns, of every page; see `iter_campaigns`."""
        return self.iter_campaigns(
            status=status, search=search, date_from=date_from, date_to=date_to, include=include
        ).to_list()

    def count_campaigns(
        self, *, status: Sequence[CampaignStatus | str] = (), search: str | None = None
    ) -> int:
        """Return how many campaigns there are, without fetching them."""
        wanted = [state.value if isinstance(state, CampaignStatus) else state for state in several(status)]
        return self._count("list_campaigns", "count_campaigns", query=filtering(search=search, status=wanted))

    def get_campaign(self, campaign_id: int | str, *, include: Sequence[str] = ()) -> Campaign:
        """Return one campaign.

        Args:
            campaign_id: its id.
            include: what to load with it: ``content``, ``recipients``, ``statistics``.
        """
        return self._ask(
            "get_campaign", campaign_of, parts=campaign_part(campaign_id), query=[loading(include)]
        )

    def create_campaign(
        self,
        subject: str,
        sender_email: str,
        sender_name: str,
        content_html: str | None = None,
        mailing_list_id: int | None = None,
        *,
        recipients: Recipients | None = None,
        lang: str = "en_GB",
        preheader: str | None = None,
        template_id: int | None = None,
        track_links: bool | None = None,
        track_openings: bool | None = None,
        utm: Mapping[str, str] | None = None,
        unsubscribe_link: bool | None = None,
        force_sent: bool | None = None,
    ) -> Campaign:
        """Return a new campaign, a draft: nothing is sent. One call never makes two.

        Args:
            subject: of the mail.
            sender_email: address that it comes from; its domain must be yours at Infomaniak.
            sender_name: name that it comes from.
            content_html: the mail.
            mailing_list_id: the group that it is for; or give `recipients`.
            recipients: whom it is for.
            lang: language of what the service adds: ``de_DE``, ``en_GB``, ``es_ES``, ``fr_FR``, ``it_IT``.
            preheader: the line that mail programs show beside the subject.
            template_id: template that it is made from.
            track_links, track_openings: whether the service counts clicks and openings.
            utm: ``utm_campaign``, ``utm_medium`` and ``utm_source`` of its links.
            unsubscribe_link: whether the service adds one.
            force_sent: ``force_sended`` of the API, which does not say what it does.

        Raises:
            OutcomeUnknownError: the answer was lost: look for the draft before you make another.
        """
        body = _draft(
            subject=v.checked_text(subject, "subject", longest=100_000),
            email_from_addr=v.address(sender_email, "sender_email"),
            email_from_name=v.checked_text(sender_name, "sender_name"),
            lang=checked_language(lang),
            content_html=content_html,
            preheader=preheader,
            recipients=_recipients(recipients, mailing_list_id),
            template_id=template_id,
            tracking_link=track_links,
            tracking_opening=track_openings,
            tracking_utm=utm,
            unsub_link=unsubscribe_link,
            force_sended=force_sent,
        )
        return self._ask("create_campaign", campaign_of, body=body)

    def update_campaign(
        self,
        campaign_id: int | str,
        *,
        subject: str | None = None,
        sender_email: str | None = None,
        sender_name: str | None = None,
        content_html: str | None = None,
        mailing_list_id: int | None = None,
        recipients: Recipients | None = None,
        lang: str | None = None,
        preheader: str | None = None,
        template_id: int | None = None,
        track_links: bool | None = None,
        track_openings: bool | None = None,
        utm: Mapping[str, str] | None = None,
        unsubscribe_link: bool | None = None,
        force_sent: bool | None = None,
        **older: object,
    ) -> Campaign:
        """Return the campaign with what you give; the rest stays as it is. See `create_campaign`.

        Raises:
            UnsupportedOperationError: there is no such property of a campaign.
        """
        refuse_older("update_campaign", older)
        body = _draft(
            subject=None if subject is None else v.checked_text(subject, "subject", longest=100_000),
            email_from_addr=None if sender_email is None else v.address(sender_email, "sender_email"),
            email_from_name=None if sender_name is None else v.checked_text(sender_name, "sender_name"),
            lang=None if lang is None else checked_language(lang),
            content_html=content_html,
            preheader=preheader,
            recipients=_recipients(recipients, mailing_list_id),
            template_id=template_id,
            tracking_link=track_links,
            tracking_opening=track_openings,
            tracking_utm=utm,
            unsub_link=unsubscribe_link,
            force_sended=force_sent,
        )
        needed_change(body)
        return self._ask("update_campaign", campaign_of, parts=campaign_part(campaign_id), body=body)

    def delete_campaign(self, campaign_id: int | str) -> bool:
        """Make sure that the campaign is gone; False when there was none."""
        return self._remove("delete_campaign", "campaign", campaign_id)

    def delete_campaigns(self, chosen: Selection | Iterable[int]) -> Operation:
        """Start to delete many campaigns; `Operation.wait` returns when they are gone."""
        selection = Selection.of(chosen)
        narrow = filtering(**selection.filter)

        def finished() -> bool:
            left = self._pages("list_campaigns", Campaign.of, query=narrow, caller="delete_campaigns")
            return not any(selection.covers(campaign.id) for campaign in left)

        body = {"select": selection.body()["select"]}
        id_ = self._ask("delete_campaigns", lambda got: operation_id(got.data), query=narrow, body=body)
        return Operation(self, "delete_campaigns", id_, finished)

    def duplicate_campaign(self, campaign_id: int | str) -> Campaign:
        """Return a new draft like the campaign. One call never makes two."""
        return self._ask("duplicate_campaign", campaign_of, parts=campaign_part(campaign_id))


def campaign_of(envelope: Envelope) -> Campaign:
    """Return the campaign of an answer."""
    return Campaign.of(v.needed_object(envelope.data))


def campaign_part(campaign_id: int | str) -> dict[str, int | str]:
    """Return the part of a path that names a campaign."""
    return {"campaign": v.id_of(campaign_id, "campaign")}


def _recipients(recipients: Recipients | None, group_id: int | None) -> dict[str, Any] | None:
    if recipients is not None and group_id is not None:
        raise e.InvalidRequestError("give either recipients or mailing_list_id", request_sent=False)
    if group_id is not None:
        recipients = Recipients(groups=(v.id_of(group_id, "group"),))
    return None if recipients is None else recipients.body()


def _draft(**values: Any) -> dict[str, Any]:
    body = v.given(**values)
    if "tracking_utm" in body:
        body["tracking_utm"] = dict(body["tracking_utm"])
    return body
