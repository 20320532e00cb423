"""Calls through azure-storage-blob: one request each, counted, and with the status at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud._dialects._answers import understood
from cloud._dialects._sdk_logs import sdk_call
from cloud._dialects.azure_blob._operations import SNAPSHOT
from cloud.common._observe import call_facts
from cloud.common._paging import Page

if TYPE_CHECKING:
    from collections.abc import Callable


def call_sdk(method: Callable[..., Any], /, *args: Any, **keywords: Any) -> Any:
    """Return what `method` of an SDK client returns; the runtime's facts have status and request id.

    The client has no retries of its own: this is one request.
    """
    call_facts().requests += 1
    with sdk_call(), understood("answer"):
        return method(*args, raw_response_hook=_note, **keywords)


def read_page(listing: Callable[..., Any], /, *, token: str | None, **keywords: Any) -> Page[Any]:
    """Return one page of an SDK listing, with the service's own token for the next."""
    call_facts().requests += 1
    with sdk_call(), understood("listing"):
        pages = listing(raw_response_hook=_note, **keywords).by_page(continuation_token=token)
        items = tuple(next(pages, ()))
        return Page(items, (), pages.continuation_token or None)


def blob_client(native: Any, bucket: str, key: str, version_id: str | None = None) -> Any:
    """Return the SDK's client of one object, of a version of it, or of a snapshot."""
    if version_id is not None and version_id.startswith(SNAPSHOT):
        return native.get_blob_client(bucket, key, snapshot=version_id.removeprefix(SNAPSHOT))
    return native.get_blob_client(bucket, key, version_id=version_id)


def _note(response: Any) -> None:
    answer, facts = response.http_response, call_facts()
    facts.http_status = answer.status_code
    facts.request_id = answer.headers.get("x-ms-request-id")
