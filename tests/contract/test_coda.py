"""Every request of the Coda client is valid against Coda's own OpenAPI document, as Prism sees it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

from cloud.coda_io import CodaClient, CodaLimits, Window, content_update, page_content
from cloud.coda_io._operations import OPERATIONS
from cloud.common import RetryPolicy
from cloud.common._paging import Pager
from cloud.common.errors import CloudError
from contract.coda_document import query_names, repaired
from servers import prism

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WIDE = Window(100_000, 1.0)
_UNLIMITED = CodaLimits(reads=_WIDE, writes=_WIDE, doc_content=_WIDE, doc_listings=_WIDE, analytics=_WIDE)
_UUID = "11111111-2222-4333-8444-555555555555"
_HASH = "f39b8c4d5d3bc2d8b1b1b2f1a7f0c0e8"
_WHEN = "2024-05-01T00:00:00.000Z"
# By parameter; what a method takes otherwise stands in _OF_METHOD.
_VALUES: dict[str, Any] = {
    "accept": True,
    "access": "write",
    "access_type": "edit",
    "access_types": ["edit", "view"],
    "after_timestamp": _WHEN,
    "agent_instance_id": _UUID,
    "agent_session_id": _UUID,
    "agent_description": "about it",
    "agent_images": [{"assetId": "asset", "filename": "image.jpg"}],
    "agent_short_description": "about it",
    "base_pack_version": "1.0.0",
    "before_timestamp": _WHEN,
    "bundle_hash": _HASH,
    "category_name": "Project management",
    "category_names": ["Project management"],
    "client_id": "client",
    "client_secret": "made-up",
    "code_hash": _HASH,
    "column_id_or_name": "c-tuVwxYz",
    "content_format": "plainText",
    "content_update": content_update("text", "append", "markdown", "cl-lzqh0Q0poT"),
    "control_id_or_name": "ctrl-cDefGhij",
    "cover": {"assetId": "asset", "filename": "image.jpg"},
    "creator_email": "ann@example.com",
    "credentials": {"type": "header", "token": "made-up"},
    "custom_doc_domain": "docs.example.com",
    "datasource": "source",
    "description": "about it",
    "destination_url": "https://example.com",
    "details_key": "key",
    "direction": "ascending",
    "doc_id": "AbCDeFGH",
    "doc_ids": ["AbCDeFGH"],
    "doc_version": "latest",
    "element_ids": ["cl-lzqh0Q0poT"],
    "email": "ann@example.com",
    "example_images": [{"assetId": "asset", "filename": "image.jpg"}],
    "execution_type": "FULL",
    "filename": "image.jpg",
    "folder_id": "fl-1Ab234",
    "formula_id_or_name": "f-fgHijkLm",
    "icon_name": "rocket",
    "image_hash": _HASH,
    "image_url": "https://example.com/image.jpg",
    "included_roles": ["Admin", "Editor"],
    "ingestion_execution_id": _UUID,
    "ingestion_id": _UUID,
    "ingestion_status": "COMPLETED",
    "initial_page": {"name": "First", "pageContent": page_content("<p>x</p>", "html")},
    "install_context": "workspace",
    "invitation_id": _UUID,
    "items": [{"url": "https://coda.io/@ann/doc", "isPinned": True}],
    "key_columns": ["c-tuVwxYz"],
    "limit": 5,
    "listing_data": {"name": "Trips", "shortDescription": "about it"},
    "log_id": "log",
    "log_types": ["custom", "fetcher"],
    "login_id": "ann@example.com",
    "logo": {"assetId": "asset", "filename": "image.jpg", "mimeType": "image/jpeg"},
    "mime_type": "image/jpeg",
    "mode": "view",
    "name": "Trips",
    "new_role": "DocMaker",
    "notes": "first",
    "only_workspace_id": "ws-1Ab234",
    "order": "asc",
    "order_by": "date",
    "organization_id": "org-2Bc456",
    "overall_rate_limit": {"intervalSeconds": 60, "operationsPerInterval": 10},
    "output_format": "html",
    "pack_access_types": ["edit"],
    "pack_asset_id": "asset",
    "pack_asset_type": "logo",
    "pack_categories": ["agent"],
    "pack_entrypoint": "docs",
    "pack_entrypoints": ["docs"],
    "pack_formula_names": ["Trip"],
    "pack_formula_types": ["action", "formula"],
    "pack_id": 123,
    "pack_ids": [123, 124],
    "pack_release_id": 12,
    "pack_version": "1.0.0",
    "page_content": page_content("# Title"),
    "page_id_or_name": "canvas-IjkLmnO",
    "page_size": 7,
    "parent_page_id": "canvas-tuVwxYz",
    "parent_workspace_ids": ["ws-1Ab234"],
    "payload": {"key": "value"},
    "payload_hash": _HASH,
    "per_connection_rate_limit": {"intervalSeconds": 60, "operationsPerInterval": 10},
    "permission_id": "AbCDeFGH",
    "privacy_policy_url": "https://example.com/privacy",
    "principal": {"type": "email", "email": "ann@example.com"},
    "proposed_metadata": "{}",
    "q": "word",
    "query": "word",
    "redirect_uri": "https://example.com/back",
    "release_channel": "LIVE",
    "release_notes": "first",
    "request_id": "abc-123-def-456",
    "request_ids": ["416faabf-0000-4000-8000-000000000000"],
    "root_ingestion_id": _UUID,
    "row": {"c-tuVwxYz": "text", "c-bCdeFgh": 12.5},
    "row_id_or_name": "i-tuVwxYz",
    "row_ids": ["i-bCdeFgh", "i-CdEfgHi"],
    "rows": [{"c-tuVwxYz": ["a", 1, True], "Ü name": None}, {"c-tuVwxYz": False}],
    "rule_id": "grid-auto-b3Jmey6jBS",
    "short_description": "about it",
    "source_code_visibility": "shared",
    "support_email": "ann@example.com",
    "terms_of_service_url": "https://example.com/terms",
    "scale": "daily",
    "sdk_version": "1.0.0",
    "since_date": "2024-05-01",
    "slug": "trips",
    "sort_by": "name",
    "source": "cli",
    "source_doc": "iJKlm_noPq",
    "source_pack_id": 10,
    "status": "pending",
    "subtitle": "about it",
    "sync_token": "eyJsaW1pd",
    "table_id_or_name": "grid-pqRst-U",
    "table_types": ["table", "view"],
    "target_pack_version": "2.0.0",
    "tenant_id": _UUID,
    "timezone": "Europe/Zurich",
    "title": "Trips",
    "until_date": "2024-05-02",
    "url": "https://coda.io/d/_dAbCDeFGH/Launch-Status_sumnO",
    "url_pattern": "https://example.com/{*}",
    "value_format": "simpleWithArrays",
    "workspace_id": "ws-1Ab234",
}
_OF_METHOD: dict[tuple[str, str], Any] = {
    ("list_rows", "sort_by"): "updatedAt",
    ("list_rows", "query"): 'c-tuVwxYz:"Apple"',
    ("list_packs", "sort_by"): "title",
    ("list_pack_listings", "sort_by"): "name",
    ("add_pack_permission", "access"): "edit",
    ("create_pack_invitation", "access"): "edit",
    ("update_pack_invitation", "access"): "view",
    ("list_pack_analytics", "order_by"): "date",
    ("list_pack_formula_analytics", "order_by"): "date",
    ("patch_pack_system_connection", "changes"): {"type": "header", "token": "made-up"},
    ("list_pack_listings", "order_by"): "name",
    ("add_pack_permission", "principal"): {"type": "user", "email": "ann@example.com"},
}
# What is no part of a request, or excludes the others.
_NOT_SENT = {"self", "wait", "columns", "batch_rows", "page_token"}
_TAKING_A_TOKEN = [
    name for name in OPERATIONS if "page_token" in inspect.signature(getattr(CodaClient, name)).parameters
]


@pytest.fixture(scope="module")
def document(openapi: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return repaired(openapi("CLOUD_CODA_OPENAPI"))


@pytest.fixture(scope="module")
def url(document: dict[str, Any]) -> Iterator[str]:
    with prism.run(document) as running:
        yield running


@pytest.fixture
def client(url: str) -> Iterator[CodaClient]:
    with CodaClient("made-up", url, limits=_UNLIMITED, retry=RetryPolicy(max_attempts=1)) as made:
        yield made


def arguments(method: str, *, everything: bool) -> dict[str, Any]:
    """Return what a method is called with: what it needs, or all that it takes."""
    found = {}
    for name, parameter in inspect.signature(getattr(CodaClient, method)).parameters.items():
        if name in _NOT_SENT or not (everything or parameter.default is parameter.empty):
            continue
        if (method, name) in _OF_METHOD:
            found[name] = _OF_METHOD[method, name]
        elif "bool" in str(parameter.annotation) and name not in _VALUES:
            found[name] = True
        else:
            found[name] = _VALUES[name]
    return found


def call(client: CodaClient, method: str, given: dict[str, Any]) -> prism.CheckedRequest:
    """Call a method and return its one request. Of a listing, the first page is asked for."""
    check = prism.RequestCheck(client.native)
    try:
        result = getattr(client, method)(**given)
        if isinstance(result, Pager):
            next(iter(result.pages()))
    except CloudError as error:
        raise AssertionError(f"{[seen.problems for seen in check.seen]}") from error
    (request,) = check.seen
    return request


@pytest.mark.parametrize("everything", [False, True], ids=["needed", "everything"])
@pytest.mark.parametrize("method", OPERATIONS)
def test_the_request_is_valid(
    client: CodaClient, document: dict[str, Any], method: str, everything: bool
) -> None:
    operation = OPERATIONS[method]
    request = call(client, method, arguments(method, everything=everything))
    assert request.problems == ()
    assert (request.method, request.status // 100) == (operation.verb, 2)
    # Prism lets unknown parameters pass in silence
    known = query_names(document, operation.path, operation.verb)
    assert set(request.query) <= known
    if everything:
        assert known - {"pageToken"} <= set(request.query), "a parameter of the API cannot be given"


@pytest.mark.parametrize("method", _TAKING_A_TOKEN)
def test_a_token_is_sent_alone(client: CodaClient, method: str) -> None:
    request = call(client, method, {**arguments(method, everything=False), "page_token": "eyJsaW1pd"})
    assert request.problems == ()
    # what the document demands in every case is the one exception
    assert set(request.query) - {"ingestionId"} == {"pageToken"}
    assert "ingestionId" not in request.query or method == "list_ingestion_parent_items"


def test_every_operation_of_the_document_has_a_method(document: dict[str, Any]) -> None:
    declared = {
        (verb.upper(), path)
        for path, item in document["paths"].items()
        for verb in item
        if verb in {"get", "post", "put", "patch", "delete"}
    }
    assert declared == {(operation.verb, operation.path) for operation in OPERATIONS.values()}


def test_prism_would_notice(url: str, client: CodaClient) -> None:
    check = prism.RequestCheck(client.native)
    with pytest.raises(ValueError, match="row_ids"):
        client.delete_rows("AbCDeFGH", "grid-pqRst-U", [])
    assert check.seen == []  # ours is refused before it is sent
    client.native.delete(
        f"{url}/docs/AbCDeFGH/tables/grid-pqRst-U/rows",
        json={"rowIds": 5},
        headers={"Authorization": "Bearer made-up"},
        timeout=10,
    )
    assert check.seen[-1].problems
