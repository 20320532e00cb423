"""How docs, pages and Packs are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cloud.coda_io._analytics_records import (
    AnalyticsUpdated,
    DocAnalytics,
    DocAnalyticsSummary,
    PackAnalytics,
    PackAnalyticsSummary,
    PackFormulaAnalytics,
    PageAnalytics,
)
from cloud.coda_io._core import CodaCore, commas

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from cloud.common._paging import Pager

Direction = Literal["ascending", "descending"]
Scale = Literal["daily", "cumulative"]
DEFAULT_ANALYTICS_PAGE = 1_000
"""Items per request; the service gives at most 5,000."""


class AnalyticsOperations(CodaCore):
    """Operations on figures. Days are `date` or texts such as ``2026-01-31``, both ends included."""

    def list_doc_analytics(
        self,
        doc_ids: Iterable[str] | None = None,
        workspace_id: str | None = None,
        query: str | None = None,
        is_published: bool | None = None,
        since_date: date | str | None = None,
        until_date: date | str | None = None,
        scale: Scale | None = None,
        limit: int | None = None,
        page_token: str | None = None,
        order_by: str | None = None,
        direction: Direction | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[DocAnalytics]:
        """Return figures of docs.

        Args:
            doc_ids: of these docs.
            workspace_id: of docs in this workspace.
            query: of docs that hold this text in their title.
            is_published: of published docs, or of the others.
            since_date: from this day on.
            until_date: until this day.
            scale: ``daily``, or ``cumulative`` for the sums until each day.
            limit: docs in all.
            page_token: where to go on; nothing else counts then.
            order_by: name of a figure as the API writes it, or ``date``, ``docId``, ``title``, ``createdAt``,
                ``publishedAt``.
            direction: ``ascending`` or ``descending``.
            page_size: docs per request.
        """
        return self._list(
            "list_doc_analytics",
            DocAnalytics.from_dict,
            query={
                "docIds": commas(doc_ids, "doc_ids"),
                "workspaceId": workspace_id,
                "query": query,
                "isPublished": is_published,
                "sinceDate": since_date,
                "untilDate": until_date,
                "scale": scale,
                "orderBy": order_by,
                "direction": direction,
            },
            limit=limit,
            page_token=page_token,
            page_size=page_size or DEFAULT_ANALYTICS_PAGE,
        )

    def get_doc_analytics_summary(
        self,
        is_published: bool | None = None,
        since_date: date | str | None = None,
        until_date: date | str | None = None,
        workspace_id: str | None = None,
    ) -> DocAnalyticsSummary:
        """Return figures of all docs together."""
        return self._one(
            "get_doc_analytics_summary",
            DocAnalyticsSummary.from_dict,
            query={
                "isPublished": is_published,
                "sinceDate": since_date,
                "untilDate": until_date,
                "workspaceId": workspace_id,
            },
        )

    def list_page_analytics(
        self,
        doc_id: str,
        since_date: date | str | None = None,
        until_date: date | str | None = None,
        limit: int | None = None,
        page_token: str | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[PageAnalytics]:
        """Return figures of the pages of a doc.

        Args:
            doc_id: the doc.
            since_date: from this day on.
            until_date: until this day.
            limit: pages in all.
            page_token: where to go on; nothing else counts then.
            page_size: pages per request.

        Raises:
            CodaAuthenticationError: the doc is in no Enterprise workspace.
        """
        return self._list(
            "list_page_analytics",
            PageAnalytics.from_dict,
            doc_id,
            query={"sinceDate": since_date, "untilDate": until_date},
            limit=limit,
            page_token=page_token,
            page_size=page_size or DEFAULT_ANALYTICS_PAGE,
        )

    def list_pack_analytics(
        self,
        pack_ids: Iterable[int] | None = None,
        workspace_id: str | None = None,
        query: str | None = None,
        is_published: bool | None = None,
        since_date: date | str | None = None,
        until_date: date | str | None = None,
        scale: Scale | None = None,
        limit: int | None = None,
        page_token: str | None = None,
        order_by: str | None = None,
        direction: Direction | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[PackAnalytics]:
        """Return figures of Packs; the arguments are those of `list_doc_analytics`."""
        return self._list(
            "list_pack_analytics",
            PackAnalytics.from_dict,
            query={
                "packIds": commas(pack_ids, "pack_ids"),
                "workspaceId": workspace_id,
                "query": query,
                "isPublished": is_published,
                "sinceDate": since_date,
                "untilDate": until_date,
                "scale": scale,
                "orderBy": order_by,
                "direction": direction,
            },
            limit=limit,
            page_token=page_token,
            page_size=page_size or DEFAULT_ANALYTICS_PAGE,
        )

    def get_pack_analytics_summary(
        self,
        pack_ids: Iterable[int] | None = None,
        workspace_id: str | None = None,
        is_published: bool | None = None,
        since_date: date | str | None = None,
        until_date: date | str | None = None,
    ) -> PackAnalyticsSummary:
        """Return figures of all Packs together."""
        return self._one(
            "get_pack_analytics_summary",
            PackAnalyticsSummary.from_dict,
            query={
                "packIds": commas(pack_ids, "pack_ids"),
                "workspaceId": workspace_id,
                "isPublished": is_published,
                "sinceDate": since_date,
                "untilDate": until_date,
            },
        )

    def list_pack_formula_analytics(
        self,
        pack_id: int | str,
        pack_formula_names: Iterable[str] | None = None,
        pack_formula_types: Iterable[Literal["action", "formula", "sync", "metadata"]] | None = None,
        since_date: date | str | None = None,
        until_date: date | str | None = None,
        scale: Scale | None = None,
        limit: int | None = None,
        page_token: str | None = None,
        order_by: str | None = None,
        direction: Direction | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[PackFormulaAnalytics]:
        """Return figures of the formulas of a Pack.

        Args:
            pack_id: the Pack.
            pack_formula_names: of these formulas.
            pack_formula_types: of formulas of these types.
            since_date, until_date, scale, limit, page_token, direction, page_size: see `list_doc_analytics`.
            order_by: name of a figure as the API writes it, or ``date``, ``formulaName``, ``formulaType``.
        """
        return self._list(
            "list_pack_formula_analytics",
            PackFormulaAnalytics.from_dict,
            pack_id,
            query={
                "packFormulaNames": commas(pack_formula_names, "pack_formula_names"),
                "packFormulaTypes": commas(pack_formula_types, "pack_formula_types"),
                "sinceDate": since_date,
                "untilDate": until_date,
                "scale": scale,
                "orderBy": order_by,
                "direction": direction,
            },
            limit=limit,
            page_token=page_token,
            page_size=page_size or DEFAULT_ANALYTICS_PAGE,
        )

    def get_analytics_last_updated(self) -> AnalyticsUpdated:
        """Return until which day there are figures."""
        return self._one("get_analytics_last_updated", AnalyticsUpdated.from_dict)
