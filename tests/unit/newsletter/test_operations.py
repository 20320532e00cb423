"""Every operation of the API: the method, and what it sends where. A row for each, and none is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from cloud.common import OutcomeUnknownError
from cloud.infomaniak import (
    InfomaniakNewsletterClient,
    Listing,
    Operation,
)
from cloud.infomaniak.newsletter._operations import OPERATIONS, Repeat
from cloud.testing import ScriptedResponse, ScriptedServer
from unit.newsletter.cases import CASES, Case

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., InfomaniakNewsletterClient]

LOST = ScriptedResponse(raw=b"", close="rst")


def test_every_operation_has_a_method_and_a_row_here() -> None:
    assert len(OPERATIONS) == 71
    for name in OPERATIONS:
        assert callable(getattr(InfomaniakNewsletterClient, name)), name
    assert CASES.keys() == OPERATIONS.keys()


def test_no_two_operations_are_one() -> None:
    assert len({(each.verb, each.path) for each in OPERATIONS.values()}) == len(OPERATIONS)


def answers_of(case: Case, said: Callable[..., ScriptedResponse]) -> list[ScriptedResponse]:
    return [*(said(data) for data in case.answers), said(case.data, case.status, pages=1, total=1)]


@pytest.mark.parametrize("name", CASES)
def test_an_operation_is_sent_as_it_is_documented(
    name: str, client_of: Make, said: Callable[..., ScriptedResponse]
) -> None:
    case, documented = CASES[name], OPERATIONS[name]
    with ScriptedServer(*answers_of(case, said)) as server:
        result = case.call(client_of(server))
        seen = server.requests[-1]
        assert len(server.requests) == len(case.answers) + 1
    parts = urlsplit(seen.path)
    assert (seen.method, parts.path) == (documented.verb, f"/1/newsletters/77{case.path}")
    query: dict[str, Any] = {}
    for key, value in parse_qsl(parts.query):
        query[key] = (
            value if key not in query else [*([query[key]], query[key])[isinstance(query[key], list)], value]
        )
    assert query == case.query
    assert {key.partition("[")[0] for key in query} <= set(documented.query)
    assert seen.header("authorization") == "Bearer planted-newsletter-token"
    if case.body is None:
        assert (seen.body, seen.header("content-type")) == (b"", None)
        assert not [key for key in documented.body if key.endswith("*")]
    else:
        body = json.loads(seen.body)
        assert body == case.body
        assert seen.header("content-type") == "application/json; charset=utf-8"
        assert set(body) <= {key.rstrip("*") for key in documented.body}
        assert {key.rstrip("*") for key in documented.body if key.endswith("*")} <= set(body)
    assert isinstance(result, Operation) == (documented.status == 202)
    assert case.status == documented.status


@pytest.mark.parametrize("name", CASES)
def test_a_lost_answer_is_asked_for_again_only_where_that_does_no_harm(
    name: str, client_of: Make, said: Callable[..., ScriptedResponse]
) -> None:
    case = CASES[name]
    before = answers_of(case, said)[:-1]
    with ScriptedServer(*before, LOST, answers_of(case, said)[-1]) as server:
        client = client_of(server)
        if OPERATIONS[name].repeat is Repeat.SAFE:
            case.call(client)
            assert len(server.requests) == len(before) + 2
        else:
            with pytest.raises(OutcomeUnknownError) as caught:
                case.call(client)
            assert caught.value.operation == name
            assert len(server.requests) == len(before) + 1


LISTINGS: dict[str, Callable[[InfomaniakNewsletterClient, Listing], Any]] = {
    "list_campaigns": lambda c, how: c.iter_campaigns(listing=how),
    "list_campaign_tracking": lambda c, how: c.iter_campaign_tracking(5, listing=how),
    "list_subscribers": lambda c, how: c.iter_subscribers(listing=how),
    "filter_subscribers": lambda c, how: c.filter_subscribers(listing=how),
    "list_groups": lambda c, how: c.iter_groups(listing=how),
    "list_group_subscribers": lambda c, how: c.iter_group_subscribers(7, listing=how),
    "list_segments": lambda c, how: c.iter_segments(listing=how),
    "list_segment_subscribers": lambda c, how: c.iter_segment_subscribers(8, listing=how),
    "list_fields": lambda c, how: c.iter_fields(listing=how),
    "list_templates": lambda c, how: c.iter_templates(listing=how),
    "list_webforms": lambda c, how: c.iter_webforms(listing=how),
    "list_credits": lambda c, how: c.iter_credits(listing=how),
    "list_account_credits": lambda c, how: c.iter_account_credits(listing=how),
}


def test_every_listing_by_position_has_a_row_here() -> None:
    assert LISTINGS.keys() == {name for name, each in OPERATIONS.items() if "skip" in each.query}


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_goes_on_by_position_until_a_page_is_empty(
    name: str, client_of: Make, said: Callable[..., ScriptedResponse]
) -> None:
    items = CASES[name].data
    with ScriptedServer(said(items * 2), said(items), said([])) as server:
        assert len(LISTINGS[name](client_of(server), Listing(page_size=2, skip=4)).to_list()) == 3
        queries = [dict(parse_qsl(urlsplit(seen.path).query)) for seen in server.requests]
    # A page that is not full is not the last: how many items one holds at most is not documented.
    assert [(each["limit"], each["skip"]) for each in queries] == [("2", "4"), ("2", "6"), ("2", "7")]
    assert not any("page" in each for each in queries)
