"""Docs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cloud.coda_io._account import AccountOperations
from cloud.coda_io._doc_records import Doc
from cloud.coda_io._mutation import Mutation
from cloud.common.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.common._paging import Pager


class DocOperations(AccountOperations):
    """Operations on docs."""

    def list_docs(
        self,
        is_owner: bool | None = None,
        is_published: bool | None = None,
        query: str | None = None,
        source_doc: str | None = None,
        is_starred: bool | None = None,
        in_gallery: bool | None = None,
        workspace_id: str | None = None,
        folder_id: str | None = None,
        limit: int | None = None,
        page_token: str | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[Doc]:
        """Return the docs that the token may see, the last used first.

        Args:
            is_owner: whose owner you are, or not.
            is_published: that are published, or not.
            query: that hold this text in their title or what they are about.
            source_doc: that are copies of this doc.
            is_starred: that you have starred, or not.
            in_gallery: that are in the gallery, or not.
            workspace_id: in this workspace.
            folder_id: in this folder.
            limit: docs in all.
            page_token: where to go on; nothing else counts then.
            page_size: docs per request.
        """
        return self._list(
            "list_docs",
            Doc.from_dict,
            query={
                "isOwner": is_owner,
                "isPublished": is_published,
                "query": query,
                "sourceDoc": source_doc,
                "isStarred": is_starred,
                "inGallery": in_gallery,
                "workspaceId": workspace_id,
                "folderId": folder_id,
            },
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def create_doc(
        self,
        title: str | None = None,
        source_doc: str | None = None,
        timezone: str | None = None,
        folder_id: str | None = None,
        initial_page: Mapping[str, Any] | None = None,
        *,
        wait: bool | float = False,
    ) -> Doc:
        """Return the doc that was made. It is not made twice: a lost answer raises OutcomeUnknownError.

        Args:
            title: "Untitled" by default.
            source_doc: make a copy of this doc.
            timezone: of the doc, such as ``Europe/Zurich``.
            folder_id: where to put it; your own by default.
            initial_page: its first page, as the API writes it; `page_content` makes the part of that name.
            wait: also wait until the doc is filled; True, or at most so many seconds.

        Raises:
            CodaForbiddenError: the token's user is no Doc Maker.
        """
        doc = self._one(
            "create_doc",
            Doc.from_dict,
            body={
                "title": title,
                "sourceDoc": source_doc,
                "timezone": timezone,
                "folderId": folder_id,
                "initialPage": None if initial_page is None else dict(initial_page),
            },
        )
        if wait is not False and doc.request_id is not None:
            Mutation.queued(self, "create_doc", doc.id, {"requestId": doc.request_id}).settled(wait)
        return doc

    def get_doc(self, doc_id: str, *, doc_version: str | None = None) -> Doc:
        """Return a doc.

        Args:
            doc_id: its id.
            doc_version: ``latest`` to get an error instead of facts that are older than the last change.
        """
        return self._one("get_doc", Doc.from_dict, doc_id, doc_version=doc_version)

    def update_doc(self, doc_id: str, title: str | None = None, icon_name: str | None = None) -> None:
        """Change a doc's title or icon; what is None stays."""
        self._done("update_doc", doc_id, body={"title": title, "iconName": icon_name})

    def delete_doc(self, doc_id: str, *, wait: bool | float = False) -> Mutation:
        """Delete a doc. The service gives this change no id: `wait` looks until the doc is gone."""

        def is_gone() -> bool:
            try:
                self.get_doc(doc_id)
            except NotFoundError:
                return True
            return False

        mutation = self._mutate("delete_doc", doc_id, wait=wait, is_applied=is_gone)
        return replace(mutation, id=doc_id)
