"""Exports of pages: begun, waited for, downloaded before their address expires."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from cloud._dialects.rest._polling import PollSchedule
from cloud.coda_io._record import Handle, aside
from cloud.coda_io.errors import CodaAPIError, CodaGoneError
from cloud.common.errors import InvalidRequestError, NotFoundError, ServiceUnavailableError

if TYPE_CHECKING:
    from typing_extensions import Self

    from cloud._dialects.rest._exchange import RestAnswer
    from cloud.coda_io._core import CodaCore
    from cloud.common.errors import ErrorContext

OutputFormat: TypeAlias = Literal["html", "markdown"]
DEFAULT_EXPORT_SECONDS: Final = 120.0
SCHEDULE: Final = PollSchedule(
    first_seconds=1.0, base_seconds=1.0, factor=1.5, max_seconds=5.0, lag_seconds=30.0
)
# An address that has expired is refused by the store behind it: with a status, or in a document of its own.
_DEAD: Final = frozenset({400, 403, 404, 410})
_STORE_ERROR: Final = re.compile(rb"\s*<\?xml[^>]*\?>\s*<Error>").match


def checked_output(output_format: str) -> str:
    """Return a format of content after checking it."""
    if output_format not in {"html", "markdown"}:
        raise InvalidRequestError(
            f"the format is html or markdown, not {output_format!r}", request_sent=False
        )
    return output_format


@dataclass(frozen=True, kw_only=True, slots=True)
class PageExport(Handle):
    """An export of a page. The service keeps it for some days.

    Attributes:
        id: what `get_page_export_status` takes.
        status: the service's word for its state; `download_link` and `error` say more.
        href: URL of it in the API.
        download_link: where it can be read for about five minutes, by anyone: a secret. None until it is done.
        error: why it failed.
        doc_id: the doc.
        page: id or name of the page.
    """

    id: str
    status: str | None = None
    href: str | None = None
    download_link: str | None = field(default=None, repr=False)
    error: str | None = None
    doc_id: str = aside("")
    page: str = aside("")

    @classmethod
    def begun(cls, client: CodaCore, doc_id: str, page: str, document: dict[str, Any]) -> Self:
        """Return the export of an answer."""
        return replace(cls.from_dict(document), doc_id=doc_id, page=page, _client=client)

    def wait(self, timeout: float = DEFAULT_EXPORT_SECONDS) -> Self:
        """Return the finished export, with a fresh `download_link`.

        Args:
            timeout: seconds.

        Raises:
            CodaAPIError: it failed, in the service's words.
            TimeoutError_: it is not done yet; wait again.
        """
        client = self.asker("client.get_page_export_status(...)")
        found: Self = client._poll(  # noqa: SLF001  # the client's own export
            self._ask,
            timeout=timeout,
            what="the export",
            schedule=SCHEDULE,
            lag=(NotFoundError,),
            operation="export_page",
            resource=_resource(self),
        )
        if found.error is not None:
            raise CodaAPIError(found.error, context=_context(self, "export_page"))
        return found

    def _ask(self) -> Self | None:
        found: Self = self._client.get_page_export_status(self.doc_id, self.page, self.id)
        return found if found.download_link or found.error is not None else None

    def settled(self, wait: bool | float) -> Self:
        """Return this export, waited for if `wait` is True or a number of seconds."""
        if wait is False:
            return self
        return self.wait() if wait is True else self.wait(wait)

    def download(self, timeout: float = DEFAULT_EXPORT_SECONDS) -> str:
        """Return the exported text, after waiting for it if need be. An expired address is asked for anew.

        Args:
            timeout: seconds that the export itself may take.

        Raises:
            CodaAPIError: the export failed.
            CodaGoneError: the service gives only addresses that are refused.
        """
        export = self if self.download_link else self.wait(timeout)
        text = _fetched(export)
        if text is None:  # it had five minutes, which may be over
            text = _fetched(export.wait(timeout))
        if text is None:
            raise CodaGoneError(
                "every address that the service gives for the export is refused",
                hint="export the page anew",
                context=_context(self, "download_page"),
            )
        return text


def _resource(export: PageExport) -> str:
    return f"{export.doc_id}/{export.page}"


def _context(export: PageExport, operation: str) -> ErrorContext:
    client = export.asker("client.get_page_export_status(...)")
    context: ErrorContext = client._runtime.context(operation, _resource(export))  # noqa: SLF001  # likewise
    return context


def _fetched(export: PageExport) -> str | None:
    """Return the text; None when the address does not hold it any more."""
    client = export.asker("client.get_page_export_status(...)")
    text: str | None = client._fetch(  # noqa: SLF001  # the client's own export
        "download_page", _resource(export), export.download_link, _text, accepts=(200, *_DEAD)
    )
    return text


def _text(answer: RestAnswer) -> str | None:
    if answer.status in _DEAD or _STORE_ERROR(answer.body):
        return None
    try:
        return answer.body.decode()
    except UnicodeDecodeError as exc:
        raise ServiceUnavailableError("the export is not in UTF-8") from exc
