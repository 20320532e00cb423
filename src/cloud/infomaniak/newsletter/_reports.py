"""What became of a campaign's mails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.common import errors as e
from cloud.infomaniak.newsletter import _values as v
from cloud.infomaniak.newsletter._campaigns import campaign_of, campaign_part
from cloud.infomaniak.newsletter._core import NewsletterCore, filtering, loading
from cloud.infomaniak.newsletter._records import Statistics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.common._paging import Pager
    from cloud.infomaniak.newsletter._choices import Listing


class ReportCalls(NewsletterCore):
    """The calls about what became of campaigns."""

    def get_campaign_statistics(self, campaign_id: int | str) -> Statistics:
        """Return what became of the campaign's mails; None in each figure that the service does not say."""
        campaign = self._ask(
            "get_campaign",
            campaign_of,
            parts=campaign_part(campaign_id),
            query=[loading(["statistics"])],
            caller="get_campaign_statistics",
        )
        return campaign.statistics or Statistics()

    def iter_campaign_tracking(
        self,
        campaign_id: int | str,
        *,
        action: str | None = None,
        search: str | None = None,
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Mapping[str, Any]]:
        """Return what happened to each mail, in the service's words, page by page.

        Args:
            campaign_id: its id.
            action: ``open``, ``click``, ``bounce``, ``sbounce``, ``unsub``, ``complaint``, ``delivery``, ``send``,
                ``not_open``, ``not_delivery`` ...
            search: only addresses that hold this text.
            listing, limit, token: see `iter_campaigns`.
        """
        return self._pages(
            "list_campaign_tracking",
            v.frozen,
            parts=campaign_part(campaign_id),
            query=filtering(action=action, search=search),
            listing=listing,
            limit=limit,
            token=token,
        )

    def list_campaign_tracking(
        self, campaign_id: int | str, *, action: str | None = None, search: str | None = None
    ) -> list[Mapping[str, Any]]:
        """Return all that happened to each mail; see `iter_campaign_tracking`."""
        return self.iter_campaign_tracking(campaign_id, action=action, search=search).to_list()

    def iter_campaign_activity(
        self,
        campaign_id: int | str,
        *,
        action: str | None = None,
        search: str | None = None,
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Mapping[str, Any]]:
        """Return what each subscriber did with the mail, in the service's words, page by page.

        Args:
            campaign_id: its id.
            action: ``open``, ``click``, ``not_open``, ``bounce``, ``sbounce``, ``unsub``, ``complaint``.
            search: only addresses that hold this text.
            listing, limit, token: see `iter_campaigns`; there is no `skip` here.
        """
        if listing is not None and listing.skip is not None:
            raise e.UnsupportedOperationError(
                "this report has pages only; leave skip out", request_sent=False
            )
        return self._pages(
            "list_campaign_activity",
            v.frozen,
            parts=campaign_part(campaign_id),
            query=filtering(action=action, search=search),
            listing=listing,
            limit=limit,
            token=token,
        )

    def list_campaign_activity(
        self, campaign_id: int | str, *, action: str | None = None, search: str | None = None
    ) -> list[Mapping[str, Any]]:
        """Return all that each subscriber did with the mail; see `iter_campaign_activity`."""
        return self.iter_campaign_activity(campaign_id, action=action, search=search).to_list()

    def list_campaign_links(self, campaign_id: int | str) -> Any:
        """Return how often each link was followed, in the service's words."""
        return self._ask(
            "list_campaign_links", lambda envelope: v.frozen(envelope.data), parts=campaign_part(campaign_id)
        )
