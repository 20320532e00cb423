"""What requests choose by: everything that could mean nothing, or everything, by mistake is refused."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import InvalidRequestError, UnsupportedOperationError
from cloud.infomaniak import (
    Condition,
    InfomaniakNewsletterClient,
    Listing,
    Recipients,
    SegmentRule,
    Selection,
    SubscriberStatus,
)
from cloud.infomaniak.newsletter import _values as v
from cloud.testing import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"include": []},
        {"filter": {"status": "active"}},
        {"exclude": [1]},
        {"segment": 3},
        {"include": [1], "everything": True},
        {"include": [1], "exclude": [2]},
        {"include": [1], "filter": {"search": "x"}},
        {"include": "12"},
        {"include": ["x"]},
        {"include": [1.5]},
        {"include": [-1]},
        {"include": [True]},
    ],
)
def test_a_selection_of_nothing_or_of_two_things_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Selection(**arguments)
    assert caught.value.request_sent is False


def test_a_selection_covers_what_it_says() -> None:
    some = Selection.of([1, "2", 1])  # type: ignore[list-item]  # ids of get_resource are texts
    assert some.include == (1, 2)
    assert [number for number in range(4) if some.covers(number)] == [1, 2]
    rest = Selection(everything=True, exclude=[1])
    assert [number for number in range(3) if rest.covers(number)] == [0, 2]
    assert Selection.of(rest) is rest
    assert hash(some) == hash(Selection(include=[1, 2]))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"exclude_groups": [1]},
        {"exclude_segments": [1]},
        {"emails": []},
        {"emails": "a@b.ch"},
        {"emails": ["not an address"]},
        {"groups": "3"},
        {"segments": [None]},
    ],
)
def test_recipients_that_are_nobody_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        Recipients(**arguments)


def test_recipients_are_sent_as_the_service_wants_them() -> None:
    assert Recipients(everyone=True).body() == {"all_subscribers": True}
    assert Recipients(groups=[1], exclude_groups=[2], segments=[3], exclude_segments=[4]).body() == {
        "all_subscribers": False,
        "groups": {"include": [1], "exclude": [2]},
        "segments": {"include": [3], "exclude": [4]},
    }


def test_every_kind_of_condition() -> None:
    first, last = date(2026, 1, 2), date(2026, 3, 4)
    assert Condition.campaign("noopen", 5).facts == {
        "type": "campaign",
        "operator": "noopen",
        "actionId": "custom",
        "campaign_id": 5,
    }
    assert Condition.campaign("open", "last5").facts["actionId"] == "last5"
    assert Condition.group(3, member=False).facts["operator"] == "exclude"
    assert Condition.subscribed(on=first).facts == {
        "type": "created_at",
        "operator": "=",
        "date1": "2026-01-02",
    }
    assert Condition.subscribed(after=first).facts["operator"] == ">"
    assert Condition.subscribed(before=first).facts["operator"] == "<"
    assert Condition.subscribed(between=(first, last)).facts["date2"] == "2026-03-04"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Condition.field(1, "~", "x"),  # type: ignore[arg-type]  # what people write
        lambda: Condition.field(1, "=", ""),
        lambda: Condition.field(1, "=", "x" * 256),
        lambda: Condition.campaign("opened"),  # type: ignore[arg-type]  # likewise
        lambda: Condition.campaign("open", "newest"),  # type: ignore[arg-type]  # likewise
        Condition.subscribed,
        lambda: Condition.subscribed(on=date(2026, 1, 1), after=date(2026, 1, 1)),
        lambda: Condition.subscribed(between=(date(2026, 1, 2), date(2026, 1, 1))),
        lambda: Condition.subscribed(on=datetime(2026, 1, 1, tzinfo=timezone.utc)),
        lambda: SegmentRule([]),
        lambda: SegmentRule([[]]),
        SegmentRule.all_of,
        lambda: Listing(page_size=0),
        lambda: Listing(page_size=1001),
        lambda: Listing(skip=-1),
        lambda: Listing(order_by="id"),
        lambda: Listing(order_for={"id": "up"}),  # type: ignore[dict-item]  # likewise
    ],
)
def test_what_cannot_be_meant_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidRequestError):
        make()


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.get_campaign("../5"),
        lambda c: c.get_campaign(""),
        lambda c: c.get_campaign(5.5),
        lambda c: c.delete_subscriber(".."),
        lambda c: c.get_campaign(5, include="content"),
        lambda c: c.create_campaign("", "a@b.ch", "Me"),
        lambda c: c.create_campaign("Hi", "a@b", "Me"),
        lambda c: c.create_campaign("Hi", "a@b.ch", " "),
        lambda c: c.create_campaign("Hi", "a@b.ch", "x" * 256),
        lambda c: c.create_campaign("Hi", "a@b.ch", "Me", lang="en"),
        lambda c: c.create_campaign("Hi", "a@b.ch", "Me", "", 7, recipients=Recipients(everyone=True)),
        lambda c: c.update_campaign(5),
        lambda c: c.schedule_campaign(5, "soon"),
        lambda c: c.schedule_campaign(5, "2099-01-01T00:00:00"),
        lambda c: c.schedule_campaign(5, datetime(2099, 1, 1)),  # noqa: DTZ001  # that is the point
        lambda c: c.schedule_campaign(5, 4000000000),
        lambda c: c.schedule_campaign(5, "2001-01-01T00:00:00Z"),
        lambda c: c.send_campaign(5, test_to="nobody"),
        lambda c: c.send_test(5, "a@b.ch,c@d.ch"),
        lambda c: c.send_template_test("u", []),
        lambda c: c.send_template_test("u", "a@b.ch"),
        lambda c: c.send_template_test("..", ["a@b.ch"]),
        lambda c: c.cancel_operation(""),
        lambda c: c.create_subscriber("no address"),
        lambda c: c.create_subscriber("a@b.ch", fields=["x"]),
        lambda c: c.create_subscriber("a@b.ch", groups="News"),
        lambda c: c.create_subscriber("a@b.ch", groups=[""]),
        lambda c: c.create_subscriber("a@b.ch", status=SubscriberStatus.UNKNOWN),
        lambda c: c.update_subscriber(6),
        lambda c: c.assign_subscribers([6], []),
        lambda c: c.assign_to_group(7, []),
        lambda c: c.create_group(" "),
        lambda c: c.create_segment("x", [1]),
        lambda c: c.update_segment(8),
        lambda c: c.create_field("x", "color"),
        lambda c: c.create_webform("x", {"colour": "red"}),
        lambda c: c.update_webform(10, {}),
        lambda c: c.upload_subscribers_csv(""),
        lambda c: c.import_subscribers([]),
        lambda c: c.import_subscribers("email"),
    ],
)
def test_bad_arguments_are_refused_before_any_request(
    call: Callable[[InfomaniakNewsletterClient], Any],
    client_of: Callable[..., InfomaniakNewsletterClient],
) -> None:
    with ScriptedServer() as server:
        with pytest.raises(InvalidRequestError):
            call(client_of(server))
        assert server.requests == ()


def test_what_the_api_has_not_is_refused_before_any_request(
    client_of: Callable[..., InfomaniakNewsletterClient],
) -> None:
    with ScriptedServer() as server, pytest.raises(UnsupportedOperationError, match="reply_to"):
        client_of(server).update_campaign(5, reply_to="x@y.ch")


def test_odd_values_in_answers_become_none_and_never_an_exception() -> None:
    odd: list[Any] = [None, "", "x", [], {}, True, float("nan"), float("inf"), "1e400", 10**30, -(10**30)]
    for value in odd:
        for read in (v.number, v.rate, v.moment, v.text, v.optional_text, v.frozen, v.as_object):
            read(value)
    assert v.moment(0) is None
    assert v.moment("1700000000") == datetime(2023, 11, 14, 22, 13, 20, tzinfo=timezone.utc)
    assert (v.number("7"), v.number(7.9), v.number("x"), v.rate("1.5"), v.rate("x")) == (
        7,
        7,
        None,
        1.5,
        None,
    )


@pytest.mark.parametrize("text", ["a@b.ch", "é+x@bücher.example", "a.b@sub.example.co.uk"])
def test_addresses_that_could_be_are_taken(text: str) -> None:
    assert v.address_problem(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a",
        "@b.ch",
        "a@",
        "a@b",
        "a b@c.ch",
        "a@b.ch\n b@c.ch",
        "<a@b.ch>",
        f"{'a' * 250}@b.ch",
        None,
    ],
)
def test_addresses_that_cannot_be_are_not(text: Any) -> None:
    assert v.address_problem(text)
