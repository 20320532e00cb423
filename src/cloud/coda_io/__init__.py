"""Coda: docs, pages, tables and rows. Needs nothing beyond the core: ``pip install cloud``."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud.coda_io._analytics_metrics import DocMetrics as DocMetrics
    from cloud.coda_io._analytics_metrics import PackFormulaMetrics as PackFormulaMetrics
    from cloud.coda_io._analytics_metrics import PackMetrics as PackMetrics
    from cloud.coda_io._analytics_metrics import PageMetrics as PageMetrics
    from cloud.coda_io._analytics_records import AnalyticsUpdated as AnalyticsUpdated
    from cloud.coda_io._analytics_records import AnalyzedDoc as AnalyzedDoc
    from cloud.coda_io._analytics_records import AnalyzedPack as AnalyzedPack
    from cloud.coda_io._analytics_records import AnalyzedPage as AnalyzedPage
    from cloud.coda_io._analytics_records import DocAnalytics as DocAnalytics
    from cloud.coda_io._analytics_records import DocAnalyticsSummary as DocAnalyticsSummary
    from cloud.coda_io._analytics_records import PackAnalytics as PackAnalytics
    from cloud.coda_io._analytics_records import PackAnalyticsSummary as PackAnalyticsSummary
    from cloud.coda_io._analytics_records import PackFormula as PackFormula
    from cloud.coda_io._analytics_records import PackFormulaAnalytics as PackFormulaAnalytics
    from cloud.coda_io._analytics_records import PageAnalytics as PageAnalytics
    from cloud.coda_io._batches import RowBatch as RowBatch
    from cloud.coda_io._batches import RowsReport as RowsReport
    from cloud.coda_io._cells import Currency as Currency
    from cloud.coda_io._cells import Image as Image
    from cloud.coda_io._cells import Link as Link
    from cloud.coda_io._cells import Markdown as Markdown
    from cloud.coda_io._cells import Person as Person
    from cloud.coda_io._cells import RowReference as RowReference
    from cloud.coda_io._cells import encode_cell as encode_cell
    from cloud.coda_io._cells import parse_cell as parse_cell
    from cloud.coda_io._client import CodaClient as CodaClient
    from cloud.coda_io._doc_records import ApiLink as ApiLink
    from cloud.coda_io._doc_records import Doc as Doc
    from cloud.coda_io._doc_records import DocCategory as DocCategory
    from cloud.coda_io._doc_records import DocPublished as DocPublished
    from cloud.coda_io._doc_records import DocSize as DocSize
    from cloud.coda_io._doc_records import Folder as Folder
    from cloud.coda_io._doc_records import Icon as Icon
    from cloud.coda_io._doc_records import Reference as Reference
    from cloud.coda_io._doc_records import User as User
    from cloud.coda_io._export import PageExport as PageExport
    from cloud.coda_io._frames import rows_to_dataframe as rows_to_dataframe
    from cloud.coda_io._limits import CodaLimits as CodaLimits
    from cloud.coda_io._limits import Window as Window
    from cloud.coda_io._mutation import Mutation as Mutation
    from cloud.coda_io._mutation import MutationStatus as MutationStatus
    from cloud.coda_io._pack_listing_records import Maker as Maker
    from cloud.coda_io._pack_listing_records import PackConnection as PackConnection
    from cloud.coda_io._pack_listing_records import PackFeaturedDoc as PackFeaturedDoc
    from cloud.coda_io._pack_listing_records import PackInvitation as PackInvitation
    from cloud.coda_io._pack_listing_records import PackListing as PackListing
    from cloud.coda_io._pack_listing_records import PackListingDraft as PackListingDraft
    from cloud.coda_io._pack_listing_records import PackOauthConfig as PackOauthConfig
    from cloud.coda_io._pack_listing_records import PackPermissions as PackPermissions
    from cloud.coda_io._pack_listing_records import ReceivedInvitation as ReceivedInvitation
    from cloud.coda_io._pack_log_records import GroupedPackLog as GroupedPackLog
    from cloud.coda_io._pack_log_records import IngestionExecution as IngestionExecution
    from cloud.coda_io._pack_log_records import PackLog as PackLog
    from cloud.coda_io._pack_log_records import PackLogContext as PackLogContext
    from cloud.coda_io._pack_log_records import PackLogDetails as PackLogDetails
    from cloud.coda_io._pack_records import Finding as Finding
    from cloud.coda_io._pack_records import FinishedUpload as FinishedUpload
    from cloud.coda_io._pack_records import NextPackVersion as NextPackVersion
    from cloud.coda_io._pack_records import Pack as Pack
    from cloud.coda_io._pack_records import PackCategory as PackCategory
    from cloud.coda_io._pack_records import PackImage as PackImage
    from cloud.coda_io._pack_records import PackRateLimit as PackRateLimit
    from cloud.coda_io._pack_records import PackRelease as PackRelease
    from cloud.coda_io._pack_records import PackReview as PackReview
    from cloud.coda_io._pack_records import PackVersion as PackVersion
    from cloud.coda_io._pack_records import PackVersionDiffs as PackVersionDiffs
    from cloud.coda_io._pack_records import SourceFile as SourceFile
    from cloud.coda_io._pack_records import Upload as Upload
    from cloud.coda_io._pack_records import VersionProblem as VersionProblem
    from cloud.coda_io._page_records import Page as Page
    from cloud.coda_io._page_records import PageElement as PageElement
    from cloud.coda_io._page_records import PageImage as PageImage
    from cloud.coda_io._page_records import PageLine as PageLine
    from cloud.coda_io._pages import content_update as content_update
    from cloud.coda_io._pages import page_content as page_content
    from cloud.coda_io._row_pages import RowPager as RowPager
    from cloud.coda_io._rows import row_query as row_query
    from cloud.coda_io._sharing_records import AclSettings as AclSettings
    from cloud.coda_io._sharing_records import DocDomain as DocDomain
    from cloud.coda_io._sharing_records import FoundPrincipals as FoundPrincipals
    from cloud.coda_io._sharing_records import Permission as Permission
    from cloud.coda_io._sharing_records import Principal as Principal
    from cloud.coda_io._sharing_records import SharingMetadata as SharingMetadata
    from cloud.coda_io._sharing_records import UserSummary as UserSummary
    from cloud.coda_io._table_records import Column as Column
    from cloud.coda_io._table_records import ColumnFormat as ColumnFormat
    from cloud.coda_io._table_records import Control as Control
    from cloud.coda_io._table_records import Formula as Formula
    from cloud.coda_io._table_records import Row as Row
    from cloud.coda_io._table_records import Sort as Sort
    from cloud.coda_io._table_records import Table as Table
    from cloud.coda_io._table_records import TableFilter as TableFilter
    from cloud.coda_io._workspace_records import RoleActivity as RoleActivity
    from cloud.coda_io._workspace_records import WorkspaceUser as WorkspaceUser
    from cloud.coda_io.errors import CodaAPIError as CodaAPIError
    from cloud.coda_io.errors import CodaAuthenticationError as CodaAuthenticationError
    from cloud.coda_io.errors import CodaConflictError as CodaConflictError
    from cloud.coda_io.errors import CodaForbiddenError as CodaForbiddenError
    from cloud.coda_io.errors import CodaGoneError as CodaGoneError
    from cloud.coda_io.errors import CodaNotFoundError as CodaNotFoundError
    from cloud.coda_io.errors import CodaRateLimitError as CodaRateLimitError
    from cloud.coda_io.errors import CodaServiceError as CodaServiceError
    from cloud.coda_io.errors import CodaValidationError as CodaValidationError

_EXPORTS = {
    "AclSettings": "._sharing_records",
    "AnalyticsUpdated": "._analytics_records",
    "AnalyzedDoc": "._analytics_records",
    "AnalyzedPack": "._analytics_records",
    "AnalyzedPage": "._analytics_records",
    "ApiLink": "._doc_records",
    "CodaAPIError": ".errors",
    "CodaAuthenticationError": ".errors",
    "CodaClient": "._client",
    "CodaConflictError": ".errors",
    "CodaForbiddenError": ".errors",
    "CodaGoneError": ".errors",
    "CodaLimits": "._limits",
    "CodaNotFoundError": ".errors",
    "CodaRateLimitError": ".errors",
    "CodaServiceError": ".errors",
    "CodaValidationError": ".errors",
    "Column": "._table_records",
    "ColumnFormat": "._table_records",
    "Control": "._table_records",
    "Currency": "._cells",
    "Doc": "._doc_records",
    "DocAnalytics": "._analytics_records",
    "DocAnalyticsSummary": "._analytics_records",
    "DocCategory": "._doc_records",
    "DocDomain": "._sharing_records",
    "DocMetrics": "._analytics_metrics",
    "DocPublished": "._doc_records",
    "DocSize": "._doc_records",
    "Finding": "._pack_records",
    "FinishedUpload": "._pack_records",
    "Folder": "._doc_records",
    "Formula": "._table_records",
    "FoundPrincipals": "._sharing_records",
    "GroupedPackLog": "._pack_log_records",
    "Icon": "._doc_records",
    "Image": "._cells",
    "IngestionExecution": "._pack_log_records",
    "Link": "._cells",
    "Maker": "._pack_listing_records",
    "Markdown": "._cells",
    "Mutation": "._mutation",
    "MutationStatus": "._mutation",
    "NextPackVersion": "._pack_records",
    "Pack": "._pack_records",
    "PackAnalytics": "._analytics_records",
    "PackAnalyticsSummary": "._analytics_records",
    "PackCategory": "._pack_records",
    "PackConnection": "._pack_listing_records",
    "PackFeaturedDoc": "._pack_listing_records",
    "PackFormula": "._analytics_records",
    "PackFormulaAnalytics": "._analytics_records",
    "PackFormulaMetrics": "._analytics_metrics",
    "PackImage": "._pack_records",
    "PackInvitation": "._pack_listing_records",
    "PackListing": "._pack_listing_records",
    "PackListingDraft": "._pack_listing_records",
    "PackLog": "._pack_log_records",
    "PackLogContext": "._pack_log_records",
    "PackLogDetails": "._pack_log_records",
    "PackMetrics": "._analytics_metrics",
    "PackOauthConfig": "._pack_listing_records",
    "PackPermissions": "._pack_listing_records",
    "PackRateLimit": "._pack_records",
    "PackRelease": "._pack_records",
    "PackReview": "._pack_records",
    "PackVersion": "._pack_records",
    "PackVersionDiffs": "._pack_records",
    "Page": "._page_records",
    "PageAnalytics": "._analytics_records",
    "PageElement": "._page_records",
    "PageExport": "._export",
    "PageImage": "._page_records",
    "PageLine": "._page_records",
    "PageMetrics": "._analytics_metrics",
    "Permission": "._sharing_records",
    "Person": "._cells",
    "Principal": "._sharing_records",
    "ReceivedInvitation": "._pack_listing_records",
    "Reference": "._doc_records",
    "RoleActivity": "._workspace_records",
    "Row": "._table_records",
    "RowBatch": "._batches",
    "RowPager": "._row_pages",
    "RowReference": "._cells",
    "RowsReport": "._batches",
    "SharingMetadata": "._sharing_records",
    "Sort": "._table_records",
    "SourceFile": "._pack_records",
    "Table": "._table_records",
    "TableFilter": "._table_records",
    "Upload": "._pack_records",
    "User": "._doc_records",
    "UserSummary": "._sharing_records",
    "VersionProblem": "._pack_records",
    "Window": "._limits",
    "WorkspaceUser": "._workspace_records",
    "content_update": "._pages",
    "encode_cell": "._cells",
    "page_content": "._pages",
    "parse_cell": "._cells",
    "row_query": "._rows",
    "rows_to_dataframe": "._frames",
}
__all__ = [
    "AclSettings",
    "AnalyticsUpdated",
    "AnalyzedDoc",
    "AnalyzedPack",
    "AnalyzedPage",
    "ApiLink",
    "CodaAPIError",
    "CodaAuthenticationError",
    "CodaClient",
    "CodaConflictError",
    "CodaForbiddenError",
    "CodaGoneError",
    "CodaLimits",
    "CodaNotFoundError",
    "CodaRateLimitError",
    "CodaServiceError",
    "CodaValidationError",
    "Column",
    "ColumnFormat",
    "Control",
    "Currency",
    "Doc",
    "DocAnalytics",
    "DocAnalyticsSummary",
    "DocCategory",
    "DocDomain",
    "DocMetrics",
    "DocPublished",
    "DocSize",
    "Finding",
    "FinishedUpload",
    "Folder",
    "Formula",
    "FoundPrincipals",
    "GroupedPackLog",
    "Icon",
    "Image",
    "IngestionExecution",
    "Link",
    "Maker",
    "Markdown",
    "Mutation",
    "MutationStatus",
    "NextPackVersion",
    "Pack",
    "PackAnalytics",
    "PackAnalyticsSummary",
    "PackCategory",
    "PackConnection",
    "PackFeaturedDoc",
    "PackFormula",
    "PackFormulaAnalytics",
    "PackFormulaMetrics",
    "PackImage",
    "PackInvitation",
    "PackListing",
    "PackListingDraft",
    "PackLog",
    "PackLogContext",
    "PackLogDetails",
    "PackMetrics",
    "PackOauthConfig",
    "PackPermissions",
    "PackRateLimit",
    "PackRelease",
    "PackReview",
    "PackVersion",
    "PackVersionDiffs",
    "Page",
    "PageAnalytics",
    "PageElement",
    "PageExport",
    "PageImage",
    "PageLine",
    "PageMetrics",
    "Permission",
    "Person",
    "Principal",
    "ReceivedInvitation",
    "Reference",
    "RoleActivity",
    "Row",
    "RowBatch",
    "RowPager",
    "RowReference",
    "RowsReport",
    "SharingMetadata",
    "Sort",
    "SourceFile",
    "Table",
    "TableFilter",
    "Upload",
    "User",
    "UserSummary",
    "VersionProblem",
    "Window",
    "WorkspaceUser",
    "content_update",
    "encode_cell",
    "page_content",
    "parse_cell",
    "row_query",
    "rows_to_dataframe",
]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
