"""How docs, pages and Packs are used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud.coda_io._analytics_metrics import DocMetrics, PackFormulaMetrics, PackMetrics, PageMetrics
from cloud.coda_io._doc_records import Icon
from cloud.coda_io._record import CodaRecord, day, integer, many, moment, needed, one, wire

if TYPE_CHECKING:
    from datetime import date, datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AnalyzedDoc(CodaRecord):
    """The doc that figures are about.

    Attributes:
        id: what methods take.
        title: its title.
        browser_link: URL for people.
        icon: its icon.
        created_at: when it was made, in UTC.
        published_at: when it was published, in UTC.
    """

    id: str
    title: str = ""
    browser_link: str | None = None
    icon: Icon | None = wire(one(Icon))
    created_at: datetime | None = wire(moment)
    published_at: datetime | None = wire(moment)


@dataclass(frozen=True, kw_only=True, slots=True)
class DocAnalytics(CodaRecord):
    """Figures of a doc.

    Attributes:
        doc: which.
        metrics: its figures, by day.
    """

    doc: AnalyzedDoc = needed(one(AnalyzedDoc))
    metrics: tuple[DocMetrics, ...] = needed(many(DocMetrics))


@dataclass(frozen=True, kw_only=True, slots=True)
class AnalyzedPage(CodaRecord):
    """The page that figures are about.

    Attributes:
        id: what methods take.
        name: its title.
        icon: its icon.
    """

    id: str
    name: str = ""
    icon: Icon | None = wire(one(Icon))


@dataclass(frozen=True, kw_only=True, slots=True)
class PageAnalytics(CodaRecord):
    """Figures of a page.

    Attributes:
        page: which.
        metrics: its figures, by day.
    """

    page: AnalyzedPage = needed(one(AnalyzedPage))
    metrics: tuple[PageMetrics, ...] = needed(many(PageMetrics))


@dataclass(frozen=True, kw_only=True, slots=True)
class AnalyzedPack(CodaRecord):
    """The Pack that figures are about.

    Attributes:
        id: what methods take.
        name: its name.
        logo_url: URL of its logo.
        created_at: when it was made, in UTC.
    """

    id: int = needed(integer)
    name: str = ""
    logo_url: str | None = None
    created_at: datetime | None = wire(moment)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackAnalytics(CodaRecord):
    """Figures of a Pack.

    Attributes:
        pack: which.
        metrics: its figures, by day.
    """

    pack: AnalyzedPack = needed(one(AnalyzedPack))
    metrics: tuple[PackMetrics, ...] = needed(many(PackMetrics))


@dataclass(frozen=True, kw_only=True, slots=True)
class PackFormula(CodaRecord):
    """The formula that figures are about.

    Attributes:
        name: its name.
        type: ``action``, ``formula``, ``sync`` or ``metadata``.
    """

    name: str
    type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PackFormulaAnalytics(CodaRecord):
    """Figures of a formula of a Pack.

    Attributes:
        formula: which.
        metrics: its figures, by day.
    """

    formula: PackFormula = needed(one(PackFormula))
    metrics: tuple[PackFormulaMetrics, ...] = needed(many(PackFormulaMetrics))


@dataclass(frozen=True, kw_only=True, slots=True)
class DocAnalyticsSummary(CodaRecord):
    """Figures of all docs together.

    Attributes:
        total_sessions: sessions.
    """

    total_sessions: int = needed(integer)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackAnalyticsSummary(CodaRecord):
    """Figures of all Packs together.

    Attributes:
        total_doc_installs: docs that they were added to.
        total_workspace_installs: workspaces that they were added to.
        total_invocations: calls.
    """

    total_doc_installs: int = needed(integer)
    total_workspace_installs: int = needed(integer)
    total_invocations: int = needed(integer)


@dataclass(frozen=True, kw_only=True, slots=True)
class AnalyticsUpdated(CodaRecord):
    """Until which day there are figures.

    Attributes:
        doc_analytics_last_updated: of docs.
        pack_analytics_last_updated: of Packs.
        pack_formula_analytics_last_updated: of formulas of Packs.
    """

    doc_analytics_last_updated: date | None = wire(day)
    pack_analytics_last_updated: date | None = wire(day)
    pack_formula_analytics_last_updated: date | None = wire(day)
