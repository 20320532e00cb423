"""Pages and their content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cloud.coda_io._core import CodaCore, given, is_id
from cloud.coda_io._export import PageExport, checked_output
from cloud.coda_io._page_records import Page, PageElement
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud.coda_io._export import OutputFormat
    from cloud.coda_io._mutation import Mutation
    from cloud.common._paging import Pager

MAX_CONTENT_PAGE = 500
_PAGE_IDS = ("canvas-", "section-")


def page_content(content: str, format: Literal["markdown", "html"] = "markdown") -> dict[str, Any]:  # noqa: A002  # the API's word
    """Return the content of a new page, for `page_content` of `create_page`.

    Args:
        content: text of the page.
        format: what it is written in.
    """
    return {"type": "canvas", "canvasContent": {"format": checked_output(format), "content": content}}


def content_update(
    content: str,
    insertion_mode: Literal["append", "prepend", "replace"] = "append",
    format: Literal["markdown", "html"] = "markdown",  # noqa: A002  # the API's word
    element_id: str | None = None,
) -> dict[str, Any]:
    """Return a change of a page's content, for `content_update` of `update_page`.

    Args:
        content: the text.
        insertion_mode: where it goes.
        format: what it is written in.
        element_id: an element of the page (see `list_page_content`) that it is placed by; None for the page.
    """
    if insertion_mode not in {"append", "prepend", "replace"}:
        raise InvalidRequestError(
            f"insertion_mode is append, prepend or replace, not {insertion_mode!r}", request_sent=False
        )
    return given(
        {
            "insertionMode": insertion_mode,
            "elementId": element_id,
            "canvasContent": {"format": checked_output(format), "content": content},
        }
    )


class PageOperations(CodaCore):
    """Operations on pages. Names may stand for ids, but people change names: take ids."""

    def list_pages(
        self,
        doc_id: str,
        limit: int | None = None,
        page_token: str | None = None,
        *,
        page_size: int | None = None,
        doc_version: str | None = None,
    ) -> Pager[Page]:
        """Return the pages of a doc, of every level.

        Args:
            doc_id: the doc.
            limit: pages in all.
            page_token: where to go on; nothing else counts then.
            page_size: pages per request.
            doc_version: ``latest`` to get an error instead of what is older than the last change.
        """
        return self._list(
            "list_pages",
            Page.from_dict,
            doc_id,
            limit=limit,
            page_token=page_token,
            page_size=page_size,
            doc_version=doc_version,
        )

    def create_page(
        self,
        doc_id: str,
        name: str | None = None,
        subtitle: str | None = None,
        icon_name: str | None = None,
        image_url: str | None = None,
        parent_page_id: str | None = None,
        page_content: Mapping[str, Any] | None = None,
        *,
        wait: bool | float = False,
    ) -> Mutation:
        """Make a page; the mutation's `id` is the page's. It is not made twice.

        Args:
            doc_id: the doc.
            name: title.
            subtitle: subtitle.
            icon_name: icon.
            image_url: cover.
            parent_page_id: the page to put it below.
            page_content: as the API writes it; the function `page_content` makes it of a text.
            wait: wait until it is there; True, or at most so many seconds.
        """
        body = {
            "name": name,
            "subtitle": subtitle,
            "iconName": icon_name,
            "imageUrl": image_url,
            "parentPageId": parent_page_id,
            "pageContent": None if page_content is None else dict(page_content),
        }
        return self._mutate("create_page", doc_id, body=body, wait=wait)

    def get_page(self, doc_id: str, page_id_or_name: str, *, doc_version: str | None = None) -> Page:
        """Return a page.

        Raises:
            CodaGoneError: it has been deleted.
        """
        return self._one("get_page", Page.from_dict, doc_id, page_id_or_name, doc_version=doc_version)

    def update_page(
        self,
        doc_id: str,
        page_id_or_name: str,
        name: str | None = None,
        subtitle: str | None = None,
        icon_name: str | None = None,
        image_url: str | None = None,
        is_hidden: bool | None = None,
        content_update: Mapping[str, Any] | None = None,
        *,
        wait: bool | float = False,
    ) -> Mutation:
        """Change a page; what is None stays.

        Args:
            doc_id: the doc.
            page_id_or_name: the page.
            name: title.
            subtitle: subtitle.
            icon_name: icon.
            image_url: cover.
            is_hidden: whether it is hidden.
            content_update: as the API writes it; the function `content_update` makes it of a text. Text that
                is added is not sent twice: a lost answer raises OutcomeUnknownError.
            wait: wait until it is applied; True, or at most so many seconds.
        """
        body = {
            "name": name,
            "subtitle": subtitle,
            "iconName": icon_name,
            "imageUrl": image_url,
            "isHidden": is_hidden,
            "contentUpdate": None if content_update is None else dict(content_update),
        }
        whole = content_update is None or (
            content_update.get("insertionMode") == "replace" and not content_update.get("elementId")
        )
        # After the first of two tries the page may have another name, and another page may have that one.
        idempotent = whole and (name is None or is_id(page_id_or_name, *_PAGE_IDS))
        return self._mutate(
            "update_page", doc_id, page_id_or_name, body=body, wait=wait, idempotent=idempotent
        )

    def delete_page(self, doc_id: str, page_id_or_name: str, *, wait: bool | float = False) -> Mutation:
        """Delete a page, and the pages below it. By name it is sent once only: another page may have it too."""
        idempotent = is_id(page_id_or_name, *_PAGE_IDS)
        return self._mutate("delete_page", doc_id, page_id_or_name, wait=wait, idempotent=idempotent)

    def list_page_content(
        self,
        doc_id: str,
        page_id_or_name: str,
        limit: int | None = None,
        page_token: str | None = None,
        *,
        content_format: Literal["plainText"] | None = None,
        page_size: int | None = None,
        doc_version: str | None = None,
    ) -> Pager[PageElement]:
        """Return the elements of a page, with their ids and plain text.

        Args:
            doc_id: the doc.
            page_id_or_name: the page.
            limit: elements in all.
            page_token: where to go on; nothing else counts then.
            content_format: ``plainText`` is the only one.
            page_size: elements per request; at most 500.
            doc_version: ``latest`` to get an error instead of what is older than the last change.
        """
        if page_size is not None and page_size > MAX_CONTENT_PAGE:
            raise InvalidRequestError(f"page_size is at most {MAX_CONTENT_PAGE}, not {page_size}")
        return self._list(
            "list_page_content",
            PageElement.from_dict,
            doc_id,
            page_id_or_name,
            query={"contentFormat": content_format},
            limit=limit,
            page_token=page_token,
            page_size=page_size or MAX_CONTENT_PAGE,
            doc_version=doc_version,
        )

    def delete_page_content(
        self,
        doc_id: str,
        page_id_or_name: str,
        element_ids: Iterable[str] | None = None,
        *,
        wait: bool | float = False,
    ) -> Mutation:
        """Delete elements of a page.

        Args:
            doc_id: the doc.
            page_id_or_name: the page.
            element_ids: which; None for everything on the page. No ids at all are refused: the service
                would take them for everything.
            wait: wait until it is applied; True, or at most so many seconds.
        """
        body: dict[str, Any] = {}
        if element_ids is not None:
            ids = list(_no_text(element_ids))
            if not ids:
                raise InvalidRequestError("element_ids is empty; pass None to delete everything on the page")
            body["elementIds"] = ids
        return self._mutate("delete_page_content", doc_id, page_id_or_name, body=body, wait=wait)

    def export_page(
        self,
        doc_id: str,
        page_id_or_name: str,
        output_format: OutputFormat = "html",
        *,
        wait: bool | float = False,
    ) -> PageExport:
        """Begin the export of a page, without the pages below it; ``export.download()`` gives the text.

        Args:
            doc_id: the doc.
            page_id_or_name: the page, a canvas. Exports of one page at the same time get in each other's way.
            output_format: ``html``, or ``markdown``, which leaves attachments out.
            wait: wait until it can be downloaded; True, or at most so many seconds.
        """
        body = {"outputFormat": checked_output(output_format)}
        export = self._one(
            "export_page",
            lambda document: PageExport.begun(self, doc_id, page_id_or_name, document),
            doc_id,
            page_id_or_name,
            body=body,
        )
        return export.settled(wait)

    def get_page_export_status(self, doc_id: str, page_id_or_name: str, request_id: str) -> PageExport:
        """Return where an export is. Each answer of a finished one has a fresh address to download from."""
        return self._one(
            "get_page_export_status",
            lambda document: PageExport.begun(self, doc_id, page_id_or_name, document),
            doc_id,
            page_id_or_name,
            request_id,
        )

    def download_page(
        self,
        doc_id: str,
        page_id_or_name: str,
        output_format: OutputFormat = "markdown",
        *,
        timeout: float = 120.0,
    ) -> str:
        """Return the text of a page: export it, wait, download.

        Args:
            doc_id: the doc.
            page_id_or_name: the page, a canvas.
            output_format: ``markdown`` or ``html``.
            timeout: seconds that the export may take.
        """
        return self.export_page(doc_id, page_id_or_name, output_format).download(timeout)


def _no_text(ids: Iterable[str]) -> Iterable[str]:
    if isinstance(ids, str):
        raise InvalidRequestError(f"pass a list of ids, not the text {ids!r}", request_sent=False)
    return ids
