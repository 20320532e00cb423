"""Every operation of the API: its method, its request, its errors, its window, and whether it is repeated."""

from __future__ import annotations

import inspect
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from cloud.coda_io import (
    CodaAPIError,
    CodaAuthenticationError,
    CodaClient,
    CodaForbiddenError,
    CodaGoneError,
    CodaNotFoundError,
    CodaRateLimitError,
    CodaValidationError,
    Mutation,
)
from cloud.coda_io._limits import window_of
from cloud.coda_io._operations import OPERATIONS
from cloud.common import InvalidRequestError, OutcomeUnknownError, Pager
from cloud.testing import ScriptedServer
from unit.coda_io.helpers import LOST, TOKEN, answer, make_client, refused
from unit.coda_io.operations import FACTS, Fact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.common import CallEvent
    from cloud.testing import RecordedRequest, ScriptedResponse

ITEM = {
    "id": "7", "name": "n", "email": "a@example.com", "month": "2026-01", "principal": {"type": "anyone"},
    "customDocDomain": "x.example.com", "packId": 7, "packVersion": "1", "releaseId": 3, "type": "custom",
    "packReviewId": "rev", "invitationId": "inv", "categoryName": "c", "doc": {"id": "d"}, "metrics": [],
    "page": {"id": "p"}, "pack": {"id": 7}, "formula": {"name": "f"}, "relatedLogs": [],
    "invitation": {"invitationId": "inv"}, "ingestionExecutionId": "run", "values": {},
}  # fmt: skip  # one answer that fits every record
ANSWER = {
    **ITEM, "items": [ITEM], "customDocDomains": [ITEM], "makers": [ITEM], "categories": [ITEM], "users": [ITEM],
    "groups": [{"type": "group"}], "requestId": "r", "completed": True, "resource": {"id": "d"},
    "provider": "Other", "totalSessions": 1, "totalDocInstalls": 1, "totalWorkspaceInstalls": 1,
    "totalInvocations": 1, "uploadUrl": "https://up.example.com", "permissionId": "perm", "nextVersion": "2",
    "files": [{"filename": "f"}], "findings": [], "roleChangedAt": "2026-01-01T00:00:00Z", "addedRowIds": ["i-1"],
}  # fmt: skip  # likewise
IDS = {
    "docId": "d/é ?#", "pageIdOrName": "canvas-1/ü", "tableIdOrName": "My Table", "rowIdOrName": "i-1%",
    "packId": 7, "packReleaseId": 3,
}  # fmt: skip  # likewise; the others have their name
# What the arguments of some parameters are, and what of them is sent; the others are told by their annotation.
ARGUMENTS: dict[str, Any] = {
    "rows": [{"c-1": 1}],
    "row": {"c-1": 1},
    "payload": {"any": None},
    "principal": {"type": "anyone"},
    "changes": {"type": "header", "token": "t"},
    "initial_page": {"name": "n"},
    "content_update": {"insertionMode": "replace", "canvasContent": {}},
    "sort_by": "updatedAt",
    "page_size": 3,
    "limit": 9,
    "items": ["https://example.com"],
    "accept": True,
    "access": "write",
    "output_format": "html",
    "value_format": "simple",
}
SENT: dict[str, Any] = {
    "rows": [{"cells": [{"column": "c-1", "value": 1}]}],
    "row": {"cells": [{"column": "c-1", "value": 1}]},
    "items": [{"url": "https://example.com"}],
    "limit": 3,
}
NOT_SENT = {"page_token", "page_size", "wait", "columns", "batch_rows", "payload", "changes", "doc_version"}
METHODS = [fact.method for fact in FACTS]
KINDS: dict[int, type[CodaAPIError]] = {
    400: CodaValidationError,
    401: CodaAuthenticationError,
    403: CodaForbiddenError,
    404: CodaNotFoundError,
    410: CodaGoneError,
    422: CodaValidationError,
    429: CodaRateLimitError,
}


class Service:
    """A server for all tests of this module: it answers what a test wants next."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self.script: list[ScriptedResponse] = []
        self.before = 0

    def __call__(self, *script: ScriptedResponse) -> None:
        self.script[:] = script
        self.before = len(self.server.requests)

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        return self.server.requests[self.before :]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    script: list[ScriptedResponse] = []
    with ScriptedServer(otherwise=lambda _: script.pop(0)) as server:
        found = Service(server)
        found.script = script
        yield found


def placeholders(fact: Fact) -> list[str]:
    return re.findall(r"\{(\w+)\}", fact.path)


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def sample(name: str, annotation: str) -> Any:
    """Return an argument for a parameter."""
    if name in ARGUMENTS:
        return ARGUMENTS[name]
    if literal := re.search(r"Literal\['(\w+)'|Literal\[\"(\w+)\"", annotation):
        value = literal[1] or literal[2]
        return [value] if annotation.startswith("Iterable") else value
    if annotation.startswith("Iterable[Mapping"):
        return [{"a": 1}]
    if annotation.startswith("Iterable[int"):
        return [1, 2]
    if annotation.startswith("Iterable"):
        return ["a", "b c"]
    if annotation.startswith("Mapping"):
        return {"a": 1}
    if annotation.startswith("bool"):
        return True
    if annotation.startswith("int"):
        return 5
    return f"{name} é&"


def call(client: CodaClient, fact: Fact, ids: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
    """Return what the method gives for all of its arguments, and these arguments by name."""
    method = getattr(client, fact.method)
    given = {**IDS, **(ids or {})}
    filled = [given.get(name, name) for name in placeholders(fact)]
    parameters = list(inspect.signature(method).parameters.values())[len(filled) :]
    arguments = {
        parameter.name: sample(parameter.name, parameter.annotation)
        for parameter in parameters
        if parameter.name not in {"page_token", "wait", "columns", "batch_rows", "doc_version"}
    }
    result = method(*filled, **arguments)
    if fact.method == "export_page":
        assert (result.doc_id, result.page) == tuple(filled)
    if isinstance(result, Pager):
        result = result.to_list()
    return result, arguments


def test_every_operation_has_a_method_and_every_method_an_operation() -> None:
    assert len(FACTS) == 124
    assert {fact.method for fact in FACTS} | {"insert_rows"} == set(OPERATIONS)
    for fact in FACTS:
        assert callable(getattr(CodaClient, fact.method)), fact.id
        operation = OPERATIONS[fact.method]
        assert (operation.id, operation.verb, operation.path) == (fact.id, fact.verb, fact.path)
        assert operation.idempotent == fact.repeatable
        assert window_of(fact.method) == fact.window
        # A method that returns a listing may be called what its kind of operation is called here.
        if fact.verb == "GET" and fact.method.startswith("list_"):
            assert inspect.signature(getattr(CodaClient, fact.method)).return_annotation.startswith(
                ("Pager[", "RowPager", "PackPermissions")
            )


@pytest.mark.parametrize("fact", FACTS, ids=METHODS)
def test_the_request_is_the_documented_one_with_every_parameter(service: Service, fact: Fact) -> None:
    events: list[CallEvent] = []
    client = make_client(service.server, observers=(events.append,))
    service(answer(ANSWER, fact.success))
    result, arguments = call(client, fact)
    (seen,) = service.requests
    expected = fact.path
    for name in placeholders(fact):
        expected = expected.replace(f"{{{name}}}", quote(str(IDS.get(name, name)), safe=""))
    target = urlsplit(seen.path)
    assert (seen.method, target.path) == (fact.verb, expected)
    assert seen.header("authorization") == f"Bearer {TOKEN}"
    query, body = dict(parse_qsl(target.query)), json.loads(seen.body) if seen.body else {}
    if fact.method == "trigger_automation":
        assert body == {"any": None}, "the payload is the user's own"
        body = {}
    if fact.method == "patch_pack_system_connection":
        assert body == ARGUMENTS["changes"]
        body = {}
    assert query.keys() == set(fact.query.split()) - {"pageToken"}
    assert body.keys() == set(fact.body.split())
    for name, value in arguments.items():
        wanted = SENT.get(name, value)
        if name in NOT_SENT or (name == "limit" and "limit" not in query):
            continue
        if camel(name) in query:
            text = ",".join(map(str, wanted)) if isinstance(wanted, list) else str(wanted)
            assert query[camel(name)] == {"True": "true"}.get(text, text)
        else:
            assert body[camel(name)] == wanted
    assert (seen.header("content-type") is not None) == bool(seen.body)
    assert [event.operation for event in events] == [fact.method]
    if fact.success == 202 and fact.method not in {"upsert_rows", "export_page"}:
        assert isinstance(result, Mutation)
        assert (result.request_id, result.completed) == ("r", False)
    client.close()


@pytest.mark.parametrize("fact", FACTS, ids=METHODS)
def test_every_documented_error_has_its_class(service: Service, fact: Fact) -> None:
    client = make_client(service.server)
    for status in map(int, fact.errors.split()):
        service(*[refused(status, "the service's words", codaDetail={"issues": ["x"]})] * 3)
        with pytest.raises(CodaAPIError, match="the service's words") as caught:
            call(client, fact)
        error = caught.value
        assert type(error) is KINDS[status]
        assert (error.http_status, error.operation, error.details) == (status, fact.method, {"issues": ["x"]})
        assert len(service.requests) == (3 if status == 429 else 1)
    client.close()


@pytest.mark.parametrize("fact", FACTS, ids=METHODS)
def test_what_may_do_harm_twice_is_sent_once(service: Service, fact: Fact) -> None:
    client = make_client(service.server)
    # Of these the arguments decide: here rows have keys, and the text of a page is replaced.
    by_arguments = {"upsert_rows"}
    service(LOST, answer(ANSWER, fact.success))
    if fact.repeatable or fact.method in by_arguments:
        call(client, fact)
        assert len(service.requests) == 2
    else:
        with pytest.raises(OutcomeUnknownError) as caught:
            call(client, fact)
        assert caught.value.operation == fact.method
        assert len(service.requests) == 1
    client.close()


@pytest.mark.parametrize("fact", [fact for fact in FACTS if "{" in fact.path], ids=lambda fact: fact.method)
def test_no_id_names_another_path(service: Service, fact: Fact) -> None:
    client = make_client(service.server)
    service()
    for name in placeholders(fact):
        for odd in ("", ".", ".."):
            with pytest.raises(InvalidRequestError, match=name):
                call(client, fact, {name: odd})
    assert service.requests == ()
    client.close()


@pytest.mark.parametrize("fact", FACTS, ids=METHODS)
def test_an_answer_of_somebody_else_is_no_success(service: Service, fact: Fact) -> None:
    from cloud.common import CloudError
    from cloud.testing import ScriptedResponse

    client = make_client(service.server)
    service(*[ScriptedResponse(status=fact.success, body=b"<html>log in</html>")] * 3)
    with pytest.raises(CloudError):
        call(client, fact)
    client.close()


def methods_with(parameter: str) -> list[Callable[..., Any]]:
    return [
        method
        for name, method in inspect.getmembers(CodaClient, inspect.isfunction)
        if not name.startswith("_") and parameter in inspect.signature(method).parameters
    ]


def test_every_change_that_takes_time_can_be_waited_for() -> None:
    waited = {method.__name__ for method in methods_with("wait")}
    assert {fact.method for fact in FACTS if fact.success == 202} | {"create_doc", "insert_rows"} == waited


@pytest.mark.parametrize("fact", [f for f in FACTS if "pageToken" in f.query], ids=lambda fact: fact.method)
def test_later_pages_are_asked_for_by_their_token_alone(service: Service, fact: Fact) -> None:
    client = make_client(service.server)
    keys = ("items", "customDocDomains", "makers", "categories")
    pages = [{key: [{**ITEM, "id": str(number)}] for key in keys} for number in range(3)]
    service(
        answer({**pages[0], "nextPageToken": "t 1", "nextPageLink": "https://h/?pageToken=wrong"}),
        answer({**pages[1], "nextPageLink": "https://h/x?limit=1&pageToken=t%202"}),
        answer({**pages[2], "nextPageToken": None}),
    )
    items, _ = call(client, fact)
    assert len(items) == 3
    queries = [dict(parse_qsl(urlsplit(seen.path).query)) for seen in service.requests[1:]]
    # The one parameter of a listing that may not be missing.
    demanded = {"ingestionId": "ingestion_id é&"} if fact.id == "listIngestionParentItems" else {}
    assert queries == [{**demanded, "pageToken": "t 1"}, {**demanded, "pageToken": "t 2"}]
    client.close()


def test_fresh_reads_carry_the_header(service: Service) -> None:
    client = make_client(service.server)
    for method in methods_with("doc_version"):
        names = [
            parameter.name
            for parameter in inspect.signature(method).parameters.values()
            if parameter.default is inspect.Parameter.empty and parameter.name != "self"
        ]
        service(answer(ANSWER))
        result = method(client, *names, doc_version="latest")
        if isinstance(result, Pager):
            result.to_list()
        (seen,) = service.requests
        assert seen.header("x-coda-doc-version") == "latest"
        service()
        with pytest.raises(InvalidRequestError, match="doc_version"):
            list(method(client, *names, doc_version="latest\r\nX: 1"))
        assert service.requests == ()
    assert len(methods_with("doc_version")) == 14
    client.close()


def test_an_answer_without_what_was_asked_for_is_no_success(service: Service) -> None:
    client = make_client(service.server)
    for method, *arguments in (
        ("get_custom_doc_domain_provider", "x.example.com"),
        ("get_pack_source_code", 7, "1"),
        ("get_analytics_last_updated",),
        ("get_page_export_status", "d", "p", "x"),
    ):
        service(*[answer({} if arguments else [])] * 3)
        with pytest.raises(ConnectionError, match="the answer"):
            getattr(client, method)(*arguments)
    for method, *arguments in (("create_pack",), ("create_doc",), ("add_pack_permission", 7, {}, "view")):
        service(answer({"others": 1}))
        with pytest.raises(OutcomeUnknownError):
            getattr(client, method)(*arguments)
        assert len(service.requests) == 1
    client.close()


def test_a_next_page_without_a_token_is_an_error_and_not_the_end(service: Service) -> None:
    client = make_client(service.server)
    for document in (
        {"items": [], "nextPageLink": "https://h/x"},
        {"items": None},
        {"items": ["x"]},
        {"error": "x"},
    ):
        service(*[answer(document)] * 3)
        with pytest.raises(ConnectionError):
            client.list_docs().to_list()
    client.close()
