"""Exports are polled, their expired links renewed, and nothing but the whole text is ever returned."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from cloud.coda_io import CodaAPIError, CodaClient, CodaGoneError, CodaValidationError
from cloud.common.errors import ServiceUnavailableError, TimeoutError_
from cloud.testing import Fault, FaultKind
from coda.helpers import TOKEN

if TYPE_CHECKING:
    from cloud.testing import FakeCodaDoc, FakeCodaServer
    from coda.helpers import Clock

TEXT = "# Tïtle\ntext\n"


@pytest.fixture
def page(doc: FakeCodaDoc) -> str:
    return doc.add_page("P", TEXT)


def test_a_page_is_exported_in_both_formats(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, page: str
) -> None:
    assert client.download_page(doc.id, page) == TEXT
    assert client.download_page(doc.id, page, "html") == "<h1>Tïtle</h1>\n<p>text</p>\n"
    polls = [seen.status for seen in server.calls_of("getPageContentExportStatus")]
    assert polls[0] == 404  # lag
    assert [seen.header("authorization") for seen in server.downloads.log] == [None, None]


def test_an_expired_link_is_renewed(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, page: str, clock: Clock
) -> None:
    export = client.export_page(doc.id, page, "markdown", wait=True)
    clock.now += 301
    assert export.download() == TEXT
    assert [seen.status for seen in server.downloads.log] == [403, 200]


def test_links_that_never_work_end_in_an_error(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, page: str
) -> None:
    server.link_seconds = -1
    with pytest.raises(CodaGoneError) as caught:
        client.download_page(doc.id, page)
    shown = "".join(traceback.format_exception(caught.value))
    assert "/blobs/" not in shown  # whoever has a link may read


def test_a_failed_export_is_an_error_in_the_service_s_words(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, page: str
) -> None:
    server.fail_next_export("the page is too large")
    with pytest.raises(CodaAPIError, match="the page is too large"):
        client.download_page(doc.id, page)


def test_an_export_that_takes_too_long_is_told(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, page: str
) -> None:
    server.export_seconds = 1e6
    with pytest.raises(TimeoutError_):
        client.download_page(doc.id, page, timeout=30)


def test_a_cut_download_is_fetched_again_and_never_returned_short(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, page: str
) -> None:
    server.downloads.add(Fault(kind=FaultKind.TRUNC_FIN), Fault(kind=FaultKind.RESET_BODY))
    assert client.download_page(doc.id, page) == TEXT
    server.downloads.add(Fault(kind=FaultKind.TRUNC_FIN, count=0))
    with pytest.raises(ServiceUnavailableError):
        client.download_page(doc.id, page)


def test_an_export_may_be_begun_twice(
    client: CodaClient, server: FakeCodaServer, doc: FakeCodaDoc, page: str
) -> None:
    server.add(Fault(kind=FaultKind.LOST_REPLY, method="POST"))
    assert client.download_page(doc.id, page) == TEXT
    assert len(server.calls_of("beginPageContentExport")) == 2


def test_only_canvases_are_exported_and_deleted_pages_are_gone(
    client: CodaClient, doc: FakeCodaDoc, page: str
) -> None:
    with pytest.raises(CodaValidationError):
        client.download_page(doc.id, doc.add_page("S", content_type="syncPage"))
    client.delete_page(doc.id, page, wait=True)
    with pytest.raises(CodaGoneError):
        client.download_page(doc.id, page)


def test_no_link_in_a_repr(client: CodaClient, doc: FakeCodaDoc, page: str) -> None:
    export = client.export_page(doc.id, page, wait=True)
    assert export.download_link is not None
    assert "/blobs/" not in repr(export)
    assert TOKEN not in repr(export)
