"""Every request of the newsletter client is valid against Infomaniak's own OpenAPI document, as Prism sees it.

And every answer of the fake newsletter is, with Prism between it and the client.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import RetryPolicy
from cloud.common.errors import UnknownServiceError
from cloud.infomaniak import (
    Condition,
    InfomaniakNewsletterClient,
    Listing,
    Recipients,
    SegmentRule,
    Selection,
)
from cloud.infomaniak.newsletter._operations import OPERATIONS
from cloud.testing import FakeNewsletterServer
from contract.coda_document import query_names
from servers import prism
from unit.newsletter.cases import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PREFIX = "/1/newsletters/{domain}"
# Names of no property, where the document declares a body and the service takes none.
ARTEFACTS = {"", "*"}
# What these answer is declared as a list of texts, which says nothing; the request is what counts here.
NOT_DESCRIBED = {"count_subscribers_by_status"}
# Prism's example is the name of a domain.
WITH_A_NAME_OF_THE_SERVICE: dict[str, Callable[[InfomaniakNewsletterClient], Any]] = {
    "delete_domain": lambda client: client.delete_domain(confirm=client.get_domain().name),
}


# The least that can be given, where the calls of the other test give all.
LEAST: dict[str, Callable[[InfomaniakNewsletterClient], Any]] = {
    "send_campaign": lambda c: c.send_campaign(5),
    "create_campaign": lambda c: c.create_campaign("Hi", "me@example.com", "Me"),
    "list_campaigns": lambda c: c.iter_campaigns().first(),
    "create_subscriber": lambda c: c.create_subscriber("ada@example.com"),
    "list_subscribers": lambda c: c.iter_subscribers().first(),
    "filter_subscribers": lambda c: c.filter_subscribers().first(),
    "by position": lambda c: c.iter_subscribers(
        listing=Listing(skip=3, order_by=["id", "email"]), limit=1
    ).first(),
    "by order": lambda c: c.iter_groups(listing=Listing(order_for={"name": "desc"}, descending=True)).first(),
    "everything": lambda c: c.delete_subscribers(Selection(everything=True)),
    "create_field": lambda c: c.create_field("City"),
    "create_webform": lambda c: c.create_webform("Form"),
    "import_subscribers": lambda c: c.import_subscribers([3]),
    "get_list_contacts": lambda c: c.iter_group_subscribers(7).first(),
    "conditions": lambda c: c.create_segment(
        "All kinds",
        SegmentRule(
            [
                [Condition.campaign("noopen", 5), Condition.campaign("click", "last5")],
                [Condition.subscribed(between=(date(2026, 1, 1), date(2026, 2, 1)))],
                [Condition.group(7, member=False), Condition.field(9, "not like", "x")],
            ]
        ),
    ),
}


class NoLimit:
    def acquire(self, operation: str, /) -> float:
        return 0.0


def client_of(url: str, token: str | None = None, domain: int = 77) -> InfomaniakNewsletterClient:
    return InfomaniakNewsletterClient(
        token or "made-up", domain, url, limits=NoLimit(), retry=RetryPolicy(max_attempts=1)
    )


@pytest.fixture(scope="module")
def document(openapi: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    found = openapi("CLOUD_NEWSLETTER_OPENAPI")
    for item in found["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()) if isinstance(operation, dict) else ():
                schema = parameter.get("schema", {})
                # A text may be a number too: Prism coerces, and then more than one of "one of" is true.
                if parameter.get("in") == "path" and "oneOf" in schema:
                    schema["anyOf"] = schema.pop("oneOf")
    return found


@pytest.fixture(scope="module")
def url(document: dict[str, Any]) -> Iterator[str]:
    with prism.run(document) as running:
        yield running


def declared(document: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Return the path of each operation of the document, by method and shape: names of places differ."""
    return {
        (verb.upper(), shape(path)): path
        for path, item in document["paths"].items()
        for verb in item
        if verb in {"get", "post", "put", "patch", "delete"}
    }


def shape(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def of(document: dict[str, Any], name: str) -> tuple[str, dict[str, Any]]:
    """Return the path of an operation in the document, and what the document says of it."""
    operation = OPERATIONS[name]
    path = declared(document)[operation.verb, shape(PREFIX + operation.path)]
    return path, document["paths"][path][operation.verb.lower()]


def test_every_operation_of_the_document_has_a_method(document: dict[str, Any]) -> None:
    ours = {(each.verb, shape(PREFIX + each.path)) for each in OPERATIONS.values()}
    assert ours == declared(document).keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_table_says_what_the_document_says(document: dict[str, Any], name: str) -> None:
    operation = OPERATIONS[name]
    path, facts = of(document, name)
    assert set(operation.query) == query_names(document, path, operation.verb)
    assert str(operation.status) in facts["responses"]
    content = facts.get("requestBody", {}).get("content", {})
    schema = content["application/json"]["schema"] if content else {}
    names = set(schema.get("properties", ())) - ARTEFACTS
    required = set(schema.get("required", ())) - ARTEFACTS
    assert {key.rstrip("*") for key in operation.body} == names
    assert {key.rstrip("*") for key in operation.body if key.endswith("*")} == required


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_request_is_valid(url: str, document: dict[str, Any], name: str) -> None:
    with client_of(url) as client:
        check = prism.RequestCheck(client.native)
        try:
            WITH_A_NAME_OF_THE_SERVICE.get(name, CASES[name].call)(client)
        except UnknownServiceError:
            # Where the document does not say what is answered, Prism answers without data.
            told = str(of(document, name)[1]["responses"]["200"])
            assert "'data'" not in told or name in NOT_DESCRIBED
    known = query_names(document, of(document, name)[0], OPERATIONS[name].verb)
    for request in check.seen:
        assert request.problems == ()
        assert request.status // 100 == 2
    # Prism lets unknown parameters pass in silence.
    assert {key.partition("[")[0] for key in check.seen[-1].query} <= known
    assert check.seen[-1].method == OPERATIONS[name].verb


@pytest.mark.parametrize("name", LEAST)
def test_the_least_request_is_valid_too(url: str, name: str) -> None:
    with client_of(url) as client:
        check = prism.RequestCheck(client.native)
        LEAST[name](client)
    assert [(request.problems, request.status // 100) for request in check.seen] == [((), 2)]


def test_prism_would_notice(url: str) -> None:
    with client_of(url) as client:
        check = prism.RequestCheck(client.native)
        client.native.post(
            f"{url}/1/newsletters/77/groups",
            json={"name": 5},
            headers={"Authorization": "Bearer made-up"},
            timeout=10,
        )
        client.native.get(f"{url}/1/newsletters/77/groups", timeout=10)
        client.native.get(
            f"{url}/1/newsletters/77/subscribers?filter[status]=odd",
            headers={"Authorization": "Bearer made-up"},
            timeout=10,
        )
    assert [each.status for each in check.seen] == [422, 401, 422]


def test_the_fake_answers_as_the_document_says(document: dict[str, Any]) -> None:
    with (
        FakeNewsletterServer(limit=None) as server,
        prism.run(document, upstream=server.url) as url,
        client_of(url, server.token, server.newsletter_id) as client,
    ):
        check = prism.RequestCheck(client.native)
        use(client, server)
    assert len({(each.method, shape_of(each.path)) for each in check.seen}) >= 40
    # Of refusals the document declares few, and none of 404.
    done = [each for each in check.seen if each.status < 400]
    assert len(done) == len(check.seen) - 2
    problems = [(each.path, problem) for each in done for problem in (*each.problems, *each.answer_problems)]
    assert [each for each in problems if not is_known_to_differ(*each)] == []


def shape_of(path: str) -> str:
    return "/".join("{}" if part.isdecimal() else part for part in path.split("/"))


def is_known_to_differ(path: str, problem: str) -> bool:
    """Return whether the document is known not to describe what is answered, or what is asked for.

    It declares lists of texts where the answer says more (counts by state, credits, uploads), and arrays for what
    the requests have as objects (the rule of a segment, the recipients of a campaign).
    """
    facts = json.loads(problem)
    place = facts["location"][2:]  # without response, body
    if path.endswith(("/count_status", "/credits/details", "/credits/packs", "/import/upload")):
        return bool(place[:1] == ["data"])
    is_rule = "/segments" in path and place[-1:] == ["data"] and len(place) > 1
    return is_rule or "recipients" in place


def use(client: InfomaniakNewsletterClient, server: FakeNewsletterServer) -> None:
    """Make most of the calls that the API has."""
    group = use_people(client)
    use_mails(client, server, group)


def use_people(client: InfomaniakNewsletterClient) -> int:
    client.get_domain()
    group = client.create_group("Readers")
    client.update_group(group.id, "Our readers")
    reader = client.create_subscriber("ada@example.com", fields={"firstname": "Ada"}, groups=[group.id])
    other = client.create_subscriber("bob@example.com")
    client.update_subscriber(reader.id, fields={"lastname": "L"})
    client.get_subscriber(reader.id, include=["groups", "fields", "statistics"])
    client.assign_to_group(group.id, [other.id])
    client.unassign_from_group(group.id, [other.id])
    client.list_group_subscribers(group.id, include=["groups"])
    client.count_subscribers_by_status()
    (first,) = [field for field in client.list_fields() if field.key == "firstname"]
    field = client.create_field("City")
    client.update_field(field.id, "Town")
    client.delete_field(field.id)
    segment = client.create_segment("Ada", SegmentRule.all_of(Condition.field(first.id, "=", "Ada")))
    client.list_segments()
    client.get_segment(segment.id)
    client.update_segment(segment.id, name="Adas")
    client.list_segment_subscribers(segment.id)
    client.filter_subscribers(segment=segment.id).to_list()
    client.import_rows([{"email": "new@example.com", "firstname": "N"}], groups=[group.id])
    client.unsubscribe_subscribers([other.id]).wait(5)
    client.delete_subscribers([other.id]).wait(5)
    unused = client.create_group("Unused")
    client.delete_groups([unused.id]).wait(5)
    assert client.cancel_operation("none") is False
    assert client.delete_subscriber(other.id) is False
    return group.id


def use_mails(client: InfomaniakNewsletterClient, server: FakeNewsletterServer, group: int) -> None:
    campaign = client.create_campaign(
        "Hi", "me@example.com", "Me", "<p>", recipients=Recipients(groups=[group])
    )
    client.update_campaign(campaign.id, subject="Hello")
    client.plan_campaign(campaign.id)
    client.send_campaign(campaign.id, test_to="me@example.com")
    server.record_event(campaign.id, "ada@example.com", "open")
    client.get_campaign_statistics(campaign.id)
    client.list_campaign_tracking(campaign.id)
    client.list_campaign_activity(campaign.id)
    client.list_campaign_links(campaign.id)
    copy = client.duplicate_campaign(campaign.id)
    client.schedule_campaign(copy.id, "2099-01-01T00:00:00Z")
    client.cancel_campaign(copy.id)
    client.list_campaigns(status=["sent"])
    client.delete_campaign(copy.id)
    number, uuid = server.add_template("Plain", "<p>")
    client.list_templates()
    client.get_template_html(number)
    client.send_template_test(uuid, ["me@example.com"])
    form = client.create_webform("Form", {"title": "T"})
    client.list_webform_themes()
    client.list_webform_fields(form.id)
    client.list_credits()
    client.get_credit_details()
    client.list_credit_packs()
