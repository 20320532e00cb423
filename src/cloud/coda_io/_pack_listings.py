"""Listings of Packs, and who makes and uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cloud.coda_io._core import CodaCore, Exact, commas, text_of
from cloud.coda_io._pack_listing_records import (
    Maker,
    PackConnection,
    PackFeaturedDoc,
    PackInvitation,
    PackListing,
    PackListingDraft,
    PackOauthConfig,
    PackPermissions,
    ReceivedInvitation,
)
from cloud.coda_io._pack_records import PackCategory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud.coda_io._packs import PackAccess
    from cloud.common._paging import Pager
    from cloud.common._redact import Secret


class PackListingOperations(CodaCore):
    """Operations on listings of Packs, their makers, accounts and permissions."""

    def list_pack_listings(
        self,
        pack_access_types: Iterable[PackAccess] | None = None,
        pack_ids: Iterable[int] | None = None,
        only_workspace_id: str | None = None,
        parent_workspace_ids: Iterable[str] | None = None,
        exclude_public_packs: bool | None = None,
        exclude_workspace_acls: bool | None = None,
        exclude_individual_acls: bool | None = None,
        pack_entrypoint: Literal["go", "docs"] | None = None,
        certified_agents_only: bool | None = None,
        pack_categories: Iterable[Literal["connector", "agent", "customAgent"]] | None = None,
        sort_by: str | None = None,
        order_by: str | None = None,
        direction: Literal["ascending", "descending"] | None = None,
        limit: int | None = None,
        page_token: str | None = None,
        install_context: Literal["workspace", "doc"] | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[PackListing]:
        """Return the listings of Packs that the token may see.

        Args:
            pack_access_types: that you have one of these accesses to.
            pack_ids: of these Packs.
            only_workspace_id: of this workspace.
            parent_workspace_ids: shared with these workspaces.
            exclude_public_packs, exclude_workspace_acls, exclude_individual_acls: leave out those that you
                see for that reason only.
            pack_entrypoint: for ``docs`` or for ``go``.
            certified_agents_only: certified agents only.
            pack_categories: of these kinds.
            sort_by: ``packId``, ``name``, ``packVersion``, ``packVersionModifiedAt``, ``agentDirectorySort``.
            order_by: the older name of `sort_by`.
            direction: ``ascending`` or ``descending``.
            limit: listings in all.
            page_token: where to go on; nothing else counts then.
            install_context: for installing where.
            page_size: listings per request.
        """
        return self._list(
            "list_pack_listings",
            PackListing.from_dict,
            query={
                "packAccessTypes": commas(pack_access_types, "pack_access_types"),
                "packIds": commas(pack_ids, "pack_ids"),
                "onlyWorkspaceId": only_workspace_id,
                "parentWorkspaceIds": commas(parent_workspace_ids, "parent_workspace_ids"),
                "excludePublicPacks": exclude_public_packs,
                "excludeWorkspaceAcls": exclude_workspace_acls,
                "excludeIndividualAcls": exclude_individual_acls,
                "packEntrypoint": pack_entrypoint,
                "certifiedAgentsOnly": certified_agents_only,
                "packCategories": commas(pack_categories, "pack_categories"),
                "sortBy": sort_by,
                "orderBy": order_by,
                "direction": direction,
                "installContext": install_context,
            },
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def get_pack_listing(
        self,
        pack_id: int | str,
        workspace_id: str | None = None,
        doc_id: str | None = None,
        ingestion_id: str | None = None,
        install_context: Literal["workspace", "doc"] | None = None,
        release_channel: Literal["LIVE", "LATEST"] | None = None,
    ) -> PackListing:
        """Return the listing of a Pack, with what you may do with it in a workspace, doc or ingestion."""
        return self._one(
            "get_pack_listing",
            PackListing.from_dict,
            pack_id,
            query={
                "workspaceId": workspace_id,
                "docId": doc_id,
                "ingestionId": ingestion_id,
                "installContext": install_context,
                "releaseChannel": release_channel,
            },
        )

    def get_pack_listing_draft(self, pack_id: int | str) -> PackListingDraft:
        """Return the draft of a listing; without an id when there is none."""
        return self._one("get_pack_listing_draft", PackListingDraft.from_dict, pack_id)

    def upsert_pack_listing_draft(
        self, pack_id: int | str, listing_data: Mapping[str, Any]
    ) -> PackListingDraft:
        """Write the draft of a listing, by the API's names (``name``, ``description``, ``categoryIds`` ...)."""
        body = {"listingData": dict(listing_data)}
        return self._one("upsert_pack_listing_draft", PackListingDraft.from_dict, pack_id, body=body)

    def delete_pack_listing_draft(self, pack_id: int | str) -> None:
        """Throw the draft of a listing away."""
        self._done("delete_pack_listing_draft", pack_id)

    def list_pack_featured_docs(self, pack_id: int | str) -> Pager[PackFeaturedDoc]:
        """Return the docs that show what a Pack can do."""
        return self._list("list_pack_featured_docs", PackFeaturedDoc.from_dict, pack_id, sized=False)

    def update_pack_featured_docs(self, pack_id: int | str, items: Iterable[Mapping[str, Any] | str]) -> None:
        """Set the docs that show what a Pack can do: URLs, or ``{"url": ..., "isPinned": ...}``."""
        docs = [{"url": item} if isinstance(item, str) else dict(item) for item in items]
        self._done("update_pack_featured_docs", pack_id, body={"items": docs})

    def list_pack_categories(self, pack_id: int | str) -> Pager[PackCategory]:
        """Return what a Pack is listed under."""
        return self._list(
            "list_pack_categories", PackCategory.from_dict, pack_id, key="categories", sized=False
        )

    def add_pack_category(self, pack_id: int | str, category_name: str) -> None:
        """List a Pack under a category."""
        self._done("add_pack_category", pack_id, body={"categoryName": category_name})

    def delete_pack_category(self, pack_id: int | str, category_name: str) -> None:
        """List a Pack under a category no longer."""
        self._done("delete_pack_category", pack_id, category_name)

    def list_pack_makers(self, pack_id: int | str) -> Pager[Maker]:
        """Return who makes a Pack."""
        return self._list("list_pack_makers", Maker.from_dict, pack_id, key="makers", sized=False)

    def add_pack_maker(self, pack_id: int | str, login_id: str) -> None:
        """Name somebody, by e-mail address, as a maker of a Pack."""
        self._done("add_pack_maker", pack_id, body={"loginId": login_id})

    def delete_pack_maker(self, pack_id: int | str, login_id: str) -> None:
        """Name somebody as a maker of a Pack no longer."""
        self._done("delete_pack_maker", pack_id, login_id)

    # -- accounts that a Pack uses -----------------------------------------------------------------------------
    def get_pack_oauth_config(self, pack_id: int | str) -> PackOauthConfig:
        """Return how a Pack logs in by OAuth, secrets masked."""
        return self._one("get_pack_oauth_config", PackOauthConfig.from_dict, pack_id)

    def set_pack_oauth_config(
        self,
        pack_id: int | str,
        client_id: str | None = None,
        client_secret: str | Secret | None = None,
        redirect_uri: str | None = None,
    ) -> PackOauthConfig:
        """Set how a Pack logs in by OAuth; give the secret as a `Secret`, so that nothing shows it."""
        body = {"clientId": client_id, "clientSecret": client_secret, "redirectUri": redirect_uri}
        return self._one("set_pack_oauth_config", PackOauthConfig.from_dict, pack_id, body=body)

    def get_pack_system_connection(self, pack_id: int | str) -> PackConnection:
        """Return the account that a Pack uses for everybody, secrets masked."""
        return self._one("get_pack_system_connection", PackConnection.from_dict, pack_id)

    def set_pack_system_connection(
        self, pack_id: int | str, credentials: Mapping[str, Any]
    ) -> PackConnection:
        """Set the account that a Pack uses for everybody.

        Args:
            pack_id: the Pack.
            credentials: as the API writes them, such as ``{"type": "header", "token": Secret(...)}``; give
                secrets as `Secret`, so that nothing shows them.
        """
        body = {"credentials": dict(credentials)}
        return self._one("set_pack_system_connection", PackConnection.from_dict, pack_id, body=body)

    def patch_pack_system_connection(self, pack_id: int | str, changes: Mapping[str, Any]) -> PackConnection:
        """Change the account that a Pack uses for everybody; `changes` as in the API, with its ``type``."""
        return self._one(
            "patch_pack_system_connection", PackConnection.from_dict, pack_id, body=Exact(changes)
        )

    # -- permissions and invitations ---------------------------------------------------------------------------
    def list_pack_permissions(self, pack_id: int | str) -> PackPermissions:
        """Return who may use or change a Pack."""
        return self._one("list_pack_permissions", PackPermissions.from_dict, pack_id)

    def add_pack_permission(
        self, pack_id: int | str, principal: Mapping[str, Any], access: PackAccess
    ) -> str:
        """Give somebody access to a Pack; return the permission's id.

        Args:
            pack_id: the Pack.
            principal: as the API writes it, such as ``{"type": "user", "email": ...}``.
            access: to do what.
        """
        body = {"principal": dict(principal), "access": access}
        return self._one("add_pack_permission", text_of("permissionId"), pack_id, body=body)

    def delete_pack_permission(self, pack_id: int | str, permission_id: str) -> None:
        """Take an access to a Pack away."""
        self._done("delete_pack_permission", pack_id, permission_id)

    def delete_user_pack_permission(self, pack_id: int | str) -> None:
        """Give up your own access to a Pack."""
        self._done("delete_user_pack_permission", pack_id)

    def list_user_pack_invitations(
        self, limit: int | None = None, page_token: str | None = None, *, page_size: int | None = None
    ) -> Pager[ReceivedInvitation]:
        """Return the invitations that you have and have not answered."""
        return self._list(
            "list_user_pack_invitations",
            ReceivedInvitation.from_dict,
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def list_pack_invitations(
        self,
        pack_id: int | str,
        limit: int | None = None,
        page_token: str | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[PackInvitation]:
        """Return the invitations to a Pack."""
        return self._list(
            "list_pack_invitations",
            PackInvitation.from_dict,
            pack_id,
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def create_pack_invitation(self, pack_id: int | str, email: str, access: PackAccess) -> str:
        """Invite somebody to a Pack, once; return the invitation's id."""
        body = {"email": email, "access": access}
        return self._one("create_pack_invitation", text_of("invitationId"), pack_id, body=body)

    def update_pack_invitation(self, pack_id: int | str, invitation_id: str, access: PackAccess) -> None:
        """Change what an invitation is for."""
        self._done("update_pack_invitation", pack_id, invitation_id, body={"access": access})

    def delete_pack_invitation(self, pack_id: int | str, invitation_id: str) -> None:
        """Take an invitation back."""
        self._done("delete_pack_invitation", pack_id, invitation_id)

    def reply_to_pack_invitation(self, invitation_id: str, accept: bool) -> str | None:
        """Accept an invitation, and return the permission's id, or turn it down."""
        return self._one(
            "reply_to_pack_invitation",
            lambda document: document.get("permissionId"),
            invitation_id,
            body={"accept": accept},
        )
