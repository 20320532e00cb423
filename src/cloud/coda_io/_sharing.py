"""Sharing, publishing and domains of docs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cloud.coda_io._core import CodaCore, text_of
from cloud.coda_io._doc_records import DocCategory
from cloud.coda_io._sharing_records import (
    AclSettings,
    DocDomain,
    FoundPrincipals,
    Permission,
    SharingMetadata,
)
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud.coda_io._mutation import Mutation
    from cloud.common._paging import Pager

_ACCESS = ("readonly", "write", "comment")


class SharingOperations(CodaCore):
    """Operations on who may see a doc."""

    def get_sharing_metadata(self, doc_id: str) -> SharingMetadata:
        """Return how you may share a doc."""
        return self._one("get_sharing_metadata", SharingMetadata.from_dict, doc_id)

    def list_permissions(
        self,
        doc_id: str,
        limit: int | None = None,
        page_token: str | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[Permission]:
        """Return who has access to a doc.

        Args:
            doc_id: the doc.
            limit: permissions in all.
            page_token: where to go on; nothing else counts then.
            page_size: permissions per request.
        """
        return self._list(
            "list_permissions",
            Permission.from_dict,
            doc_id,
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def add_permission(
        self,
        doc_id: str,
        access: Literal["readonly", "write", "comment"],
        principal: Mapping[str, Any] | str,
        suppress_email: bool | None = None,
    ) -> None:
        """Give somebody access to a doc. It is asked for once: a lost answer raises OutcomeUnknownError.

        Args:
            doc_id: the doc.
            access: what they may do.
            principal: an e-mail address; or as the API writes it: ``{"type": "email", "email": ...}``,
                ``{"type": "group", "groupId": ...}``, ``{"type": "domain", "domain": ...}``,
                ``{"type": "workspace", "workspaceId": ...}``, ``{"type": "anyone"}``.
            suppress_email: send no mail about it.
        """
        if access not in _ACCESS:
            raise InvalidRequestError(
                f"access is one of {', '.join(_ACCESS)}, not {access!r}", request_sent=False
            )
        who = {"type": "email", "email": principal} if isinstance(principal, str) else dict(principal)
        body = {"access": access, "principal": who, "suppressEmail": suppress_email}
        self._done("add_permission", doc_id, body=body)

    def delete_permission(self, doc_id: str, permission_id: str) -> None:
        """Take an access to a doc away."""
        self._done("delete_permission", doc_id, permission_id)

    def search_principals(self, doc_id: str, query: str | None = None) -> FoundPrincipals:
        """Return people and groups that a doc may be shared with, whose name begins with `query`."""
        return self._one("search_principals", FoundPrincipals.from_dict, doc_id, query={"query": query})

    def get_acl_settings(self, doc_id: str) -> AclSettings:
        """Return what those who have access to a doc may do."""
        return self._one("get_acl_settings", AclSettings.from_dict, doc_id)

    def update_acl_settings(
        self,
        doc_id: str,
        allow_editors_to_change_permissions: bool | None = None,
        allow_copying: bool | None = None,
        allow_viewers_to_request_editing: bool | None = None,
    ) -> AclSettings:
        """Change what those who have access to a doc may do; what is None stays."""
        body = {
            "allowEditorsToChangePermissions": allow_editors_to_change_permissions,
            "allowCopying": allow_copying,
            "allowViewersToRequestEditing": allow_viewers_to_request_editing,
        }
        return self._one("update_acl_settings", AclSettings.from_dict, doc_id, body=body)

    # -- publishing --------------------------------------------------------------------------------------------
    def get_categories(self) -> Pager[DocCategory]:
        """Return the categories that docs may be published under."""
        return self._list("get_categories", DocCategory.from_dict, sized=False)

    def publish_doc(
        self,
        doc_id: str,
        slug: str | None = None,
        discoverable: bool | None = None,
        earn_credit: bool | None = None,
        category_names: Iterable[str] | None = None,
        mode: Literal["view", "play", "edit"] | None = None,
        *,
        wait: bool | float = False,
    ) -> Mutation:
        """Publish a doc, or change how it is published.

        Args:
            doc_id: the doc.
            slug: end of its URL.
            discoverable: list it.
            earn_credit: earn credit by those who sign up through it.
            category_names: what to list it under.
            mode: what visitors may do.
            wait: wait until it is published; True, or at most so many seconds.
        """
        body = {
            "slug": slug,
            "discoverable": discoverable,
            "earnCredit": earn_credit,
            "categoryNames": None if category_names is None else list(category_names),
            "mode": mode,
        }
        return self._mutate("publish_doc", doc_id, body=body, wait=wait)

    def unpublish_doc(self, doc_id: str) -> None:
        """Publish a doc no longer."""
        self._done("unpublish_doc", doc_id)

    # -- domains -----------------------------------------------------------------------------------------------
    def list_custom_doc_domains(self, doc_id: str) -> Pager[DocDomain]:
        """Return the domains of a published doc."""
        return self._list(
            "list_custom_doc_domains", DocDomain.from_dict, doc_id, key="customDocDomains", sized=False
        )

    def add_custom_doc_domain(
        self, doc_id: str, custom_doc_domain: str, *, wait: bool | float = False
    ) -> Mutation:
        """Give a published doc a domain. `wait` looks until it is listed, not until its DNS is set up."""

        def is_listed() -> bool:
            domains = self.list_custom_doc_domains(doc_id)
            return any(found.custom_doc_domain == custom_doc_domain for found in domains)

        body = {"customDocDomain": custom_doc_domain}
        return self._mutate("add_custom_doc_domain", doc_id, body=body, wait=wait, is_applied=is_listed)

    def update_custom_doc_domain(self, doc_id: str, custom_doc_domain: str) -> None:
        """Let the service look at the DNS of a domain again."""
        self._done("update_custom_doc_domain", doc_id, custom_doc_domain, body={})

    def delete_custom_doc_domain(self, doc_id: str, custom_doc_domain: str) -> None:
        """Take a domain away from a published doc."""
        self._done("delete_custom_doc_domain", doc_id, custom_doc_domain)

    def get_custom_doc_domain_provider(self, custom_doc_domain: str) -> str:
        """Return who sells a domain, such as ``GoDaddy`` or ``Other``."""
        return self._one("get_custom_doc_domain_provider", text_of("provider"), custom_doc_domain)
