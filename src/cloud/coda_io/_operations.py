"""The operations of Coda's API, version 1.5.0, by the client's method: verb, path, rate limit.

https://coda.io/developers/apis/v1
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOC_CONTENT = re.compile(r"/docs/\{docId\}/(pages|tables|hooks)(/|$)")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        id: the API's own name.
        verb: HTTP method.
        path: below the base URL, with placeholders.
        repeatable: whether doing it twice is the same as doing it once; None for the verb's own answer.
        kind: the window of its rate limit; None for what its path says.
    """

    id: str
    verb: str
    path: str
    repeatable: bool | None = None
    kind: str | None = None

    @property
    def window(self) -> str:
        """The window of `CodaLimits` that its requests fall in.

        The API's text names the kinds of requests and not the operations; this is how it reads.
        """
        if self.kind is not None:
            return self.kind
        if self.verb == "GET":
            return "analytics" if self.path.startswith("/analytics/") else "reads"
        return "doc_content" if _DOC_CONTENT.match(self.path) else "writes"

    @property
    def idempotent(self) -> bool:
        """Whether a second request can do no harm."""
        return self.verb != "POST" if self.repeatable is None else self.repeatable

    @property
    def placeholders(self) -> list[str]:
        """The names of the parts of the path that a call fills in."""
        return _PLACEHOLDER.findall(self.path)

    def fill(self, *parts: str) -> str:
        """Return the path with its placeholders replaced, in order."""
        left = iter(parts)
        return _PLACEHOLDER.sub(lambda _: next(left), self.path)


OPERATIONS: Final[Mapping[str, Operation]] = {
    # Publishing
    "get_categories": Operation("listCategories", "GET", "/categories"),
    "publish_doc": Operation("publishDoc", "PUT", "/docs/{docId}/publish"),
    "unpublish_doc": Operation("unpublishDoc", "DELETE", "/docs/{docId}/publish"),
    # Docs
    "list_docs": Operation("listDocs", "GET", "/docs", kind="doc_listings"),
    "create_doc": Operation("createDoc", "POST", "/docs"),
    "get_doc": Operation("getDoc", "GET", "/docs/{docId}"),
    "delete_doc": Operation("deleteDoc", "DELETE", "/docs/{docId}"),
    "update_doc": Operation("updateDoc", "PATCH", "/docs/{docId}"),
    # Permissions
    "get_sharing_metadata": Operation("getSharingMetadata", "GET", "/docs/{docId}/acl/metadata"),
    "list_permissions": Operation("getPermissions", "GET", "/docs/{docId}/acl/permissions"),
    "add_permission": Operation("addPermission", "POST", "/docs/{docId}/acl/permissions"),
    "delete_permission": Operation(
        "deletePermission", "DELETE", "/docs/{docId}/acl/permissions/{permissionId}"
    ),
    "search_principals": Operation("searchPrincipals", "GET", "/docs/{docId}/acl/principals/search"),
    "get_acl_settings": Operation("getAclSettings", "GET", "/docs/{docId}/acl/settings"),
    "update_acl_settings": Operation("updateAclSettings", "PATCH", "/docs/{docId}/acl/settings"),
    # Pages
    "list_pages": Operation("listPages", "GET", "/docs/{docId}/pages"),
    "create_page": Operation("createPage", "POST", "/docs/{docId}/pages"),
    "get_page": Operation("getPage", "GET", "/docs/{docId}/pages/{pageIdOrName}"),
    "update_page": Operation("updatePage", "PUT", "/docs/{docId}/pages/{pageIdOrName}"),
    "delete_page": Operation("deletePage", "DELETE", "/docs/{docId}/pages/{pageIdOrName}"),
    "list_page_content": Operation("listPageContent", "GET", "/docs/{docId}/pages/{pageIdOrName}/content"),
    "delete_page_content": Operation(
        "deletePageContent", "DELETE", "/docs/{docId}/pages/{pageIdOrName}/content"
    ),
    # Exporting changes nothing, and was observed not to count as writing content.
    "export_page": Operation(
        "beginPageContentExport",
        "POST",
        "/docs/{docId}/pages/{pageIdOrName}/export",
        repeatable=True,
        kind="writes",
    ),
    "get_page_export_status": Operation(
        "getPageContentExportStatus", "GET", "/docs/{docId}/pages/{pageIdOrName}/export/{requestId}"
    ),
    # Tables
    "list_tables": Operation("listTables", "GET", "/docs/{docId}/tables"),
    "get_table": Operation("getTable", "GET", "/docs/{docId}/tables/{tableIdOrName}"),
    # Columns
    "list_columns": Operation("listColumns", "GET", "/docs/{docId}/tables/{tableIdOrName}/columns"),
    "get_column": Operation(
        "getColumn", "GET", "/docs/{docId}/tables/{tableIdOrName}/columns/{columnIdOrName}"
    ),
    # Rows
    "list_rows": Operation("listRows", "GET", "/docs/{docId}/tables/{tableIdOrName}/rows"),
    "insert_rows": Operation("upsertRows", "POST", "/docs/{docId}/tables/{tableIdOrName}/rows"),
    "upsert_rows": Operation("upsertRows", "POST", "/docs/{docId}/tables/{tableIdOrName}/rows"),
    "delete_rows": Operation("deleteRows", "DELETE", "/docs/{docId}/tables/{tableIdOrName}/rows"),
    "get_row": Operation("getRow", "GET", "/docs/{docId}/tables/{tableIdOrName}/rows/{rowIdOrName}"),
    "update_row": Operation("updateRow", "PUT", "/docs/{docId}/tables/{tableIdOrName}/rows/{rowIdOrName}"),
    "delete_row": Operation("deleteRow", "DELETE", "/docs/{docId}/tables/{tableIdOrName}/rows/{rowIdOrName}"),
    "push_button": Operation(
        "pushButton",
        "POST",
        "/docs/{docId}/tables/{tableIdOrName}/rows/{rowIdOrName}/buttons/{columnIdOrName}",
    ),
    # Formulas
    "list_formulas": Operation("listFormulas", "GET", "/docs/{docId}/formulas"),
    "get_formula": Operation("getFormula", "GET", "/docs/{docId}/formulas/{formulaIdOrName}"),
    # Controls
    "list_controls": Operation("listControls", "GET", "/docs/{docId}/controls"),
    "get_control": Operation("getControl", "GET", "/docs/{docId}/controls/{controlIdOrName}"),
    # CustomDocDomains
    "list_custom_doc_domains": Operation("listCustomDocDomains", "GET", "/docs/{docId}/domains"),
    "add_custom_doc_domain": Operation("addCustomDocDomain", "POST", "/docs/{docId}/domains"),
    "delete_custom_doc_domain": Operation(
        "deleteCustomDocDomain", "DELETE", "/docs/{docId}/domains/{customDocDomain}"
    ),
    "update_custom_doc_domain": Operation(
        "updateCustomDocDomain", "PATCH", "/docs/{docId}/domains/{customDocDomain}"
    ),
    "get_custom_doc_domain_provider": Operation(
        "getCustomDocDomainProvider", "GET", "/domains/provider/{customDocDomain}"
    ),
    # Folders
    "list_folders": Operation("listFolders", "GET", "/folders"),
    "create_folder": Operation("createFolder", "POST", "/folders"),
    "get_folder": Operation("getFolder", "GET", "/folders/{folderId}"),
    "update_folder": Operation("updateFolder", "PATCH", "/folders/{folderId}"),
    "delete_folder": Operation("deleteFolder", "DELETE", "/folders/{folderId}"),
    # Account
    "whoami": Operation("whoami", "GET", "/whoami"),
    # Miscellaneous
    "resolve_browser_link": Operation("resolveBrowserLink", "GET", "/resolveBrowserLink"),
    "get_mutation_status": Operation("getMutationStatus", "GET", "/mutationStatus/{requestId}"),
    # Automations
    "trigger_automation": Operation(
        "triggerWebhookAutomation", "POST", "/docs/{docId}/hooks/automation/{ruleId}"
    ),
    # Analytics
    "list_doc_analytics": Operation("listDocAnalytics", "GET", "/analytics/docs"),
    "list_page_analytics": Operation("listPageAnalytics", "GET", "/analytics/docs/{docId}/pages"),
    "get_doc_analytics_summary": Operation("listDocAnalyticsSummary", "GET", "/analytics/docs/summary"),
    "list_pack_analytics": Operation("listPackAnalytics", "GET", "/analytics/packs"),
    "get_pack_analytics_summary": Operation("listPackAnalyticsSummary", "GET", "/analytics/packs/summary"),
    "list_pack_formula_analytics": Operation(
        "listPackFormulaAnalytics", "GET", "/analytics/packs/{packId}/formulas"
    ),
    "get_analytics_last_updated": Operation("getAnalyticsLastUpdated", "GET", "/analytics/updated"),
    # Workspaces
    "list_workspace_members": Operation("listWorkspaceMembers", "GET", "/workspaces/{workspaceId}/users"),
    "change_user_role": Operation(
        "changeUserRole", "POST", "/workspaces/{workspaceId}/users/role", repeatable=True
    ),
    "list_workspace_role_activity": Operation(
        "listWorkspaceRoleActivity", "GET", "/workspaces/{workspaceId}/roles"
    ),
    # Packs
    "list_packs": Operation("listPacks", "GET", "/packs"),
    "create_pack": Operation("createPack", "POST", "/packs"),
    "get_pack": Operation("getPack", "GET", "/packs/{packId}"),
    "update_pack": Operation("updatePack", "PATCH", "/packs/{packId}"),
    "delete_pack": Operation("deletePack", "DELETE", "/packs/{packId}"),
    "get_pack_configuration_schema": Operation(
        "getPackConfigurationSchema", "GET", "/packs/{packId}/configurations/schema"
    ),
    "list_pack_versions": Operation("listPackVersions", "GET", "/packs/{packId}/versions"),
    "get_next_pack_version": Operation(
        "getNextPackVersion", "POST", "/packs/{packId}/nextVersion", repeatable=True
    ),
    "get_pack_version_diffs": Operation(
        "getPackVersionDiffs", "GET", "/packs/{packId}/versions/{basePackVersion}/diff/{targetPackVersion}"
    ),
    "register_pack_version": Operation(
        "registerPackVersion", "POST", "/packs/{packId}/versions/{packVersion}/register"
    ),
    "complete_pack_version_upload": Operation(
        "packVersionUploadComplete", "POST", "/packs/{packId}/versions/{packVersion}/uploadComplete"
    ),
    "create_pack_release": Operation("createPackRelease", "POST", "/packs/{packId}/releases"),
    "list_pack_releases": Operation("listPackReleases", "GET", "/packs/{packId}/releases"),
    "update_pack_release": Operation("updatePackRelease", "PUT", "/packs/{packId}/releases/{packReleaseId}"),
    "list_pack_reviews": Operation("listPackReviews", "GET", "/packs/{packId}/reviews"),
    "create_pack_review": Operation("createPackReview", "POST", "/packs/{packId}/reviews"),
    "cancel_pack_review": Operation("cancelPackReview", "POST", "/packs/{packId}/reviews/pending/cancel"),
    "get_pack_listing_draft": Operation("getPackListingDraft", "GET", "/packs/{packId}/listingDraft"),
    "upsert_pack_listing_draft": Operation("upsertPackListingDraft", "PUT", "/packs/{packId}/listingDraft"),
    "delete_pack_listing_draft": Operation(
        "deletePackListingDraft", "DELETE", "/packs/{packId}/listingDraft"
    ),
    "set_pack_oauth_config": Operation("setPackOauthConfig", "PUT", "/packs/{packId}/oauthConfig"),
    "get_pack_oauth_config": Operation("getPackOauthConfig", "GET", "/packs/{packId}/oauthConfig"),
    "set_pack_system_connection": Operation(
        "setPackSystemConnection", "PUT", "/packs/{packId}/systemConnection"
    ),
    "patch_pack_system_connection": Operation(
        "patchPackSystemConnection", "PATCH", "/packs/{packId}/systemConnection"
    ),
    "get_pack_system_connection": Operation(
        "getPackSystemConnection", "GET", "/packs/{packId}/systemConnection"
    ),
    "list_pack_permissions": Operation("getPackPermissions", "GET", "/packs/{packId}/permissions"),
    "add_pack_permission": Operation("addPackPermission", "POST", "/packs/{packId}/permissions"),
    "delete_user_pack_permission": Operation(
        "deleteUserPackPermission", "DELETE", "/packs/{packId}/permissions"
    ),
    "delete_pack_permission": Operation(
        "deletePackPermission", "DELETE", "/packs/{packId}/permissions/{permissionId}"
    ),
    "list_user_pack_invitations": Operation("listUserPackInvitations", "GET", "/packs/invitations"),
    "list_pack_invitations": Operation("listPackInvitations", "GET", "/packs/{packId}/invitations"),
    "create_pack_invitation": Operation("createPackInvitation", "POST", "/packs/{packId}/invitations"),
    "update_pack_invitation": Operation(
        "updatePackInvitation", "PUT", "/packs/{packId}/invitations/{invitationId}"
    ),
    "delete_pack_invitation": Operation(
        "deletePackInvitation", "DELETE", "/packs/{packId}/invitations/{invitationId}"
    ),
    "reply_to_pack_invitation": Operation(
        "replyToPackInvitation", "POST", "/packs/invitations/{invitationId}/reply"
    ),
    "list_pack_makers": Operation("listPackMakers", "GET", "/packs/{packId}/makers"),
    "add_pack_maker": Operation("addPackMaker", "POST", "/packs/{packId}/maker"),
    "delete_pack_maker": Operation("deletePackMaker", "DELETE", "/packs/{packId}/maker/{loginId}"),
    "list_pack_categories": Operation("listPackCategories", "GET", "/packs/{packId}/categories"),
    "add_pack_category": Operation("addPackCategory", "POST", "/packs/{packId}/category"),
    "delete_pack_category": Operation(
        "deletePackCategory", "DELETE", "/packs/{packId}/category/{categoryName}"
    ),
    "upload_pack_asset": Operation("uploadPackAsset", "POST", "/packs/{packId}/uploadAsset"),
    "upload_pack_source_code": Operation("uploadPackSourceCode", "POST", "/packs/{packId}/uploadSourceCode"),
    "complete_pack_asset_upload": Operation(
        "packAssetUploadComplete",
        "POST",
        "/packs/{packId}/assets/{packAssetId}/assetType/{packAssetType}/uploadComplete",
    ),
    "complete_pack_source_code_upload": Operation(
        "packSourceCodeUploadComplete",
        "POST",
        "/packs/{packId}/versions/{packVersion}/sourceCode/uploadComplete",
    ),
    "get_pack_source_code": Operation(
        "getPackSourceCode", "GET", "/packs/{packId}/versions/{packVersion}/sourceCode"
    ),
    "list_pack_listings": Operation("listPackListings", "GET", "/packs/listings"),
    "get_pack_listing": Operation("getPackListing", "GET", "/packs/{packId}/listing"),
    "list_pack_logs": Operation("listPackLogs", "GET", "/packs/{packId}/docs/{docId}/logs"),
    "list_ingestion_logs": Operation(
        "listIngestionLogs",
        "GET",
        "/packs/{packId}/tenantId/{tenantId}/rootIngestionId/{rootIngestionId}/logs",
    ),
    "list_grouped_pack_logs": Operation(
        "listGroupedPackLogs", "GET", "/packs/{packId}/docs/{docId}/groupedLogs"
    ),
    "list_grouped_ingestion_logs": Operation(
        "listGroupedIngestionLogs",
        "GET",
        "/packs/{packId}/tenantId/{tenantId}/rootIngestionId/{rootIngestionId}/groupedLogs",
    ),
    "list_ingestion_batch_executions": Operation(
        "listIngestionBatchExecutions",
        "GET",
        "/packs/{packId}/tenantId/{tenantId}/rootIngestionId/{rootIngestionId}/ingestionBatchExecutions",
    ),
    "list_ingestion_parent_items": Operation(
        "listIngestionParentItems",
        "GET",
        "/packs/{packId}/tenantId/{tenantId}/rootIngestionId/{rootIngestionId}/ingestionBatchExecutions/{ingestionExecutionId}/parentItems",
    ),
    "get_pack_log_details": Operation(
        "getPackLogDetails",
        "GET",
        "/packs/{packId}/tenantId/{tenantId}/rootIngestionId/{rootIngestionId}/logs/{logId}",
    ),
    "list_pack_featured_docs": Operation("listPackFeaturedDocs", "GET", "/packs/{packId}/featuredDocs"),
    "update_pack_featured_docs": Operation("updatePackFeaturedDocs", "PUT", "/packs/{packId}/featuredDocs"),
    "list_agent_session_ids": Operation(
        "listAgentSessionIds",
        "GET",
        "/go/tenants/{tenantId}/agentInstances/{agentInstanceId}/agentSessionIds",
    ),
    "list_agent_logs": Operation(
        "listAgentLogs", "GET", "/go/tenants/{tenantId}/agentInstances/{agentInstanceId}/logs"
    ),
    "get_agent_pack_log_details": Operation(
        "getAgentPackLogDetails",
        "GET",
        "/go/tenants/{tenantId}/agentInstances/{agentInstanceId}/logs/{logId}",
    ),
    # Go Links
    "add_go_link": Operation("addGoLink", "POST", "/organizations/{organizationId}/goLinks"),
}
