"""Subscribers by the thousand: pages of both kinds, bulk changes that are waited for, groups, segments, fields."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cloud.common import (
    AlreadyExistsError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    TimeoutError_,
    UnsupportedOperationError,
)
from cloud.infomaniak import (
    Condition,
    InfomaniakNewsletterClient,
    Listing,
    SegmentRule,
    Selection,
    SubscriberStatus,
)
from cloud.testing import FakeNewsletterServer, Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.conftest import Clock

    Make = Callable[..., InfomaniakNewsletterClient]


def fill(server: FakeNewsletterServer, count: int) -> list[int]:
    """Make subscribers inside the server: requests would wait for the limit."""
    return [server._state.put_subscriber(f"s{number:04}@example.com").id for number in range(count)]


# -- pages -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
@pytest.mark.parametrize(
    "listing", [Listing(), Listing(skip=0), Listing(page_size=7), Listing(page_size=7, skip=0)]
)
def test_every_listing_holds_everything_once(
    count: int, listing: Listing, client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    ids = fill(server, count)
    assert [each.id for each in client.iter_subscribers(listing=listing)] == ids
    assert client.count_subscribers() == count


@pytest.mark.parametrize("listing", [Listing(page_size=500), Listing(page_size=500, skip=0)])
def test_a_service_that_gives_less_than_was_asked_for_cuts_no_listing(
    listing: Listing, client_of: Make, clock: Clock
) -> None:
    with FakeNewsletterServer(clock=clock, max_per_page=40) as server:
        ids = fill(server, 130)
        assert [each.id for each in client_of(server).iter_subscribers(listing=listing)] == ids


def test_a_listing_goes_on_after_a_failed_page(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    ids = fill(server, 30)
    server.add(Fault(kind=FaultKind.STATUS, status=403, path="page=3&"))
    seen: list[int] = []
    with pytest.raises(PermissionDeniedError) as caught:
        seen.extend(each.id for each in client.iter_subscribers(listing=Listing(page_size=10)))
    seen += [each.id for each in client.iter_subscribers(token=caught.value.resume_token)]
    assert seen == ids
    server.add(Fault(kind=FaultKind.STATUS, status=403, path="skip=20$"))
    with pytest.raises(PermissionDeniedError) as caught:
        client.iter_subscribers(listing=Listing(page_size=10, skip=0)).to_list()
    assert [each.id for each in client.iter_subscribers(token=caught.value.resume_token)] == ids[20:]


def test_who_deletes_while_listing_is_told_that_pages_moved(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    fill(server, 30)
    found = client.iter_subscribers(listing=Listing(page_size=10))
    with pytest.raises(ConflictError, match="shrank"):
        list(map(client.delete_subscriber, (each.id for each in found)))
    assert client.count_subscribers() == 20


def test_order_and_parts_of_a_listing(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    fill(server, 25)
    backwards = Listing(page_size=4, order_by=["email"], descending=True)
    found = client.iter_subscribers(search="S001", listing=backwards, limit=3)
    assert [each.email for each in found] == [f"s{number:04}@example.com" for number in (19, 18, 17)]
    pages = list(client.iter_subscribers(listing=Listing(page_size=10)).pages())
    assert [len(page.items) for page in pages] == [10, 10, 5]
    with pytest.raises(InvalidRequestError, match="order_by"):
        client.iter_subscribers(listing=Listing(order_by=["colour"])).to_list()


def test_a_get_claims_no_json_or_the_service_would_refuse_it(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    fill(server, 1)
    client.list_subscribers(include=["groups", "fields", "statistics"])
    assert server.log[0].header("content-type") is None


# -- one -------------------------------------------------------------------------------------------------------
def test_a_subscriber_is_made_changed_and_forgotten(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    made = client.create_subscriber(
        "zoë@bücher.example", fields={"firstname": "Zoë", "lastname": "日本"}, groups=["New group"]
    )
    (group,) = client.list_groups()
    again = client.create_subscriber("ZOË@bücher.example", fields={"firstname": "Z"})
    assert again.id == made.id
    full = client.get_contact(made.id)
    assert full.fields == {"firstname": "Z", "lastname": "日本"}
    assert [known.name for known in full.groups] == ["New group"] == [group.name]
    assert client.update_subscriber(made.id, status="unsubscribed").status is SubscriberStatus.UNSUBSCRIBED
    assert client.count_subscribers_by_status()["unsubscribed"] == 1
    assert client.list_subscribers(status=SubscriberStatus.ACTIVE) == []
    with pytest.raises(InvalidRequestError, match="there is no field colour"):
        client.create_subscriber("a@b.ch", fields={"colour": "red"})
    with pytest.raises(InvalidRequestError, match="does not exist"):
        client.create_subscriber("a@b.ch", groups=[99])
    assert client.forget_subscriber(made.id) is True
    assert client.forget_subscriber(made.id) is False


def test_a_repeated_creation_makes_one_subscriber(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    server.add(Fault(kind=FaultKind.LOST_REPLY, method="POST"))
    client.create_subscriber("ada@example.com")
    assert client.count_subscribers() == 1
    assert len(server.calls_of("POST /subscribers")) == 2


# -- many at once ----------------------------------------------------------------------------------------------
def test_bulk_changes_are_waited_for(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, clock: Clock
) -> None:
    ids = fill(server, 120)
    server.lag_seconds = 20
    group = client.create_group("Readers")
    assigned = client.assign_subscribers(ids[:110], [group.id, "Others"])
    assert client.list_group_subscribers(group.id) == []
    assigned.wait(60)
    assert len(client.list_group_subscribers(group.id)) == 110
    assert {known.name for known in client.list_groups()} == {"Readers", "Others"}

    in_group = Selection(everything=True, exclude=ids[:100], filter={"groups": [group.id]})
    removed = client.unassign_subscribers(in_group, group.id)
    removed.wait(60)
    assert len(client.list_group_subscribers(group.id)) == 100

    left = client.unsubscribe_subscribers(Selection(everything=True, filter={"groups": [group.id]}))
    assert left.is_finished() is False
    left.wait(60)
    assert client.count_subscribers(status="unsubscribed") == 100

    gone = client.delete_subscribers(Selection(everything=True, filter={"status": "unsubscribed"}))
    gone.wait(60)
    assert [each.id for each in client.list_subscribers()] == ids[100:]


def test_a_bulk_change_by_segment(client: InfomaniakNewsletterClient, server: FakeNewsletterServer) -> None:
    fill(server, 12)
    (email,) = [field for field in client.list_fields() if field.key == "email"]
    tens = client.create_segment("Tens", SegmentRule.all_of(Condition.field(email.id, "like", "s001")))
    client.delete_subscribers(Selection(everything=True, segment=tens.id)).wait(5)
    assert client.count_subscribers() == 10
    assert [each.id for each in client.filter_subscribers(segment=tens.id)] == []
    with pytest.raises(InvalidRequestError, match="does not exist"):
        client.filter_subscribers(segment=99).to_list()


def test_an_operation_that_takes_longer_can_be_waited_for_again_or_stopped(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer, clock: Clock
) -> None:
    ids = fill(server, 3)
    server.lag_seconds = 100
    operation = client.delete_subscribers(ids)
    with pytest.raises(TimeoutError_, match="delete_subscribers is not done after 30 s"):
        operation.wait(30)
    operation.wait(100)
    assert client.count_subscribers() == 0
    assert operation.cancel() is False

    stopped = client.delete_subscribers(fill(server, 3))
    assert stopped.cancel() is True
    clock.sleep(200)
    assert client.count_subscribers() == 3
    assert client.cancel_operation(stopped.id) is False
    assert stopped.id in repr(stopped)


def test_what_cannot_be_waited_for_says_so(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    export = client.export_subscribers(fill(server, 2))
    with pytest.raises(UnsupportedOperationError, match="does not show exports"):
        export.wait()
    by_state = client.delete_groups(Selection(everything=True, filter={"status": "inactive"}))
    with pytest.raises(UnsupportedOperationError, match="cannot be listed by this state"):
        by_state.is_finished()


def test_groups_webforms_segments_and_fields_go_in_bulk(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    server.lag_seconds = 10
    groups = [client.create_group(f"g{number}").id for number in range(4)]
    client.delete_groups(groups[:2]).wait(60)
    client.delete_groups(Selection(everything=True, exclude=[groups[2]], filter={"search": "g"})).wait(60)
    assert [group.id for group in client.list_groups()] == [groups[2]]
    forms = [client.create_webform(f"f{number}", {"title": "T"}).id for number in range(3)]
    client.delete_webforms(forms[1:]).wait(60)
    (form,) = client.list_webforms()
    assert client.update_webform(form.id, {"title": "New"}).title == "New"
    assert [field.key for field in client.list_webform_fields(form.id)] == ["email", "firstname", "lastname"]
    assert client.delete_webform(form.id) is True
    assert client.delete_webform(form.id) is False
    rule = SegmentRule.all_of(Condition.group(groups[2]))
    segments = [client.create_segment(f"s{number}", rule) for number in range(3)]
    assert client.delete_segments([segments[0].id]) is True
    assert client.delete_segment(segments[1].id) is True
    assert client.update_segment(segments[2].id, name="kept", rule=segments[2].rule).name == "kept"
    fields = [client.create_field(f"Field {number}") for number in range(2)]
    with pytest.raises(AlreadyExistsError):
        client.create_field("Field 1")
    assert client.update_field(fields[0].id, "Renamed").name == "Renamed"
    assert client.delete_fields([fields[0].id]) is True
    assert client.delete_field(fields[1].id) is True
    assert len(client.list_fields()) == 3


def test_conditions_on_time_and_groups(
    client: InfomaniakNewsletterClient, server: FakeNewsletterServer
) -> None:
    first, second = fill(server, 2)
    group = client.create_group("Readers")
    client.assign_to_group(group.id, [first])
    today = server.now().date()
    for rule, expected in (
        (Condition.group(group.id), [first]),
        (Condition.group(group.id, member=False), [second]),
        (Condition.subscribed(on=today), [first, second]),
        (Condition.subscribed(before=today), []),
        (Condition.subscribed(after=today - timedelta(days=1)), [first, second]),
        (Condition.subscribed(between=(today, today)), [first, second]),
        (Condition.campaign("open", "all"), []),
        (Condition.campaign("nosent"), [first, second]),
    ):
        made = client.create_segment("s", SegmentRule.all_of(rule))
        assert [each.id for each in client.list_segment_subscribers(made.id)] == expected
        client.delete_segment(made.id)


def test_the_newsletter_itself(client: InfomaniakNewsletterClient, server: FakeNewsletterServer) -> None:
    assert client.validate_connection() is True
    domain = client.get_domain()
    assert (domain.id, domain.name, domain.limit_by_hour) == (1001, "example.com", 1000)
    assert "fake" not in repr(client.get_api_key())
    assert client.list_credit_packs()[0]["quantity"] == 5000
    assert client.get_credit_checkout(1)["url"].startswith("https://")
    assert client.list_account_credits() == []
    assert len(client.list_webform_themes()) == 1
    assert client.delete_domain(confirm="example.com") is True
    with pytest.raises(NotFoundError):
        client.get_domain()


def test_every_route_of_the_fake_is_one_of_the_api_and_the_other_way_round(
    server: FakeNewsletterServer,
) -> None:
    from cloud.infomaniak.newsletter._operations import OPERATIONS

    def shape(path: str) -> str:
        return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))

    fake = {(route.method, shape(route.template)) for route in server._route_list()}
    api = {(each.verb, shape("/1/newsletters/{domain}" + each.path)) for each in OPERATIONS.values()}
    assert fake == api
