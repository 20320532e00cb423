"""What becomes of answers: envelopes, errors by code, pages, lost answers of mails, waits after 429."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import (
    AlreadyExistsError,
    AuthenticationError,
    CloudError,
    ConfigurationError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceUnavailableError,
    UnknownServiceError,
    UnsupportedOperationError,
)
from cloud.infomaniak import InfomaniakNewsletterClient, Listing
from cloud.testing import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., InfomaniakNewsletterClient]
    Said = Callable[..., ScriptedResponse]

LOST = ScriptedResponse(raw=b"", close="rst")
CAMPAIGN = {"id": 5, "subject": "Hi", "status": "draft"}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "not_authorized", AuthenticationError),
        (403, "access_denied", PermissionDeniedError),
        (403, "forbidden", PermissionDeniedError),
        (404, "object_not_found", NotFoundError),
        (404, "method_not_found", ConfigurationError),
        (404, "else", NotFoundError),
        (400, "bad_request", InvalidRequestError),
        (422, "validation_failed", InvalidRequestError),
        (422, "unprocessable_entity", InvalidRequestError),
        (400, "object_already_exists", AlreadyExistsError),
        (409, "conflict", ConflictError),
        (418, "else", UnknownServiceError),
        (500, "unexpected_error", ServiceUnavailableError),
        (503, "else", ServiceUnavailableError),
        (200, "object_not_found", NotFoundError),
        (200, "else", UnknownServiceError),
        (200, "validation_failed", InvalidRequestError),
    ],
)
def test_the_class_of_an_error_is_found_by_code_then_status(
    status: int, code: str, kind: type[CloudError], client_of: Make, failed: Said
) -> None:
    answer = failed(status, code, "their words", (("X-Request-Id", "r-1"),))
    with ScriptedServer(otherwise=answer) as server, pytest.raises(CloudError) as caught:
        client_of(server).get_campaign(5)
    error = caught.value
    assert type(error) is kind
    assert (error.http_status, error.provider_code, error.message) == (status, code, "their words")
    assert (error.request_id, error.operation, error.resource) == ("r-1", "get_campaign", "campaigns/5")


def test_what_is_wrong_with_each_argument_is_in_the_error(client_of: Make, failed: Said) -> None:
    problems = [
        {"code": "email", "description": "no address"},
        {"code": "lang", "description": "no language"},
    ]
    with ScriptedServer(failed(422, "validation_failed", "Wrong", errors=problems)) as server:
        with pytest.raises(InvalidRequestError) as caught:
            client_of(server).create_group("x")
        error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # our own
    assert error.message == "Wrong; no address; no language"
    assert error.errors == (("email", "no address"), ("lang", "no language"))


@pytest.mark.parametrize(
    "document", [{"error": "as text"}, {"result": "error", "error": ["odd"]}, [], None, {"errors": 5}, "text"]
)
def test_an_odd_error_document_is_an_error_all_the_same(document: object, client_of: Make) -> None:
    answer = ScriptedResponse(status=404, body=json.dumps(document).encode())
    with ScriptedServer(answer) as server, pytest.raises(NotFoundError):
        client_of(server).get_group(1)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"data": {"id": 5}}', b"", b"null"])
def test_what_is_no_envelope_was_not_the_service(body: bytes, client_of: Make) -> None:
    with (
        ScriptedServer(otherwise=ScriptedResponse(body=body)) as server,
        pytest.raises(ServiceUnavailableError),
    ):
        client_of(server).get_campaign(5)


@pytest.mark.parametrize("data", [None, "x", {"a": 1}, [1], 5, [{"id": 1}, None], [{"no": "id"}]])
def test_a_list_of_another_shape_is_never_an_empty_one(data: Any, client_of: Make, said: Said) -> None:
    with ScriptedServer(said(data, pages=1)) as server, pytest.raises(UnknownServiceError):
        client_of(server).list_groups()


@pytest.mark.parametrize("data", [None, [], "x", {}, {"id": None}, {"id": "x"}, {"id": True}])
def test_a_record_of_another_shape_is_an_error(data: Any, client_of: Make, said: Said) -> None:
    with ScriptedServer(said(data)) as server, pytest.raises(UnknownServiceError):
        client_of(server).get_campaign(5)


@pytest.mark.parametrize("data", [False, None, 0, "0", ""])
def test_a_success_that_says_it_did_nothing_is_an_error(data: Any, client_of: Make, said: Said) -> None:
    with ScriptedServer(otherwise=said(data)) as server:
        client = client_of(server)
        with pytest.raises(UnknownServiceError, match="did not do it"):
            client.send_campaign(5)
        with pytest.raises(UnknownServiceError, match="did not do it"):
            client.delete_campaign(5)


def test_an_empty_list_is_one(client_of: Make, said: Said) -> None:
    with ScriptedServer(said([], total=0, pages=0)) as server:
        assert client_of(server).list_groups() == []


def test_lists_that_php_writes_as_objects_are_read(client_of: Make, said: Said) -> None:
    with ScriptedServer(
        said({"3": {"id": 1, "name": "a"}, "7": {"id": "2", "name": "b"}}, pages=1)
    ) as server:
        assert [(group.id, group.name) for group in client_of(server).list_groups()] == [(1, "a"), (2, "b")]


def test_counts_come_as_numbers_or_texts_or_lists(client_of: Make, said: Said) -> None:
    counted = [{"status": "active", "count": "3"}, {"status": "junk", "count": 0}]
    with ScriptedServer(
        said(12), said("12"), said({"total": 12}), said(None), said(counted), said({"active": "3"})
    ) as server:
        client = client_of(server)
        assert [client.count_subscribers(groups=[1]) for _ in range(3)] == [12, 12, 12]
        assert "return=total" in server.requests[0].path
        with pytest.raises(UnknownServiceError):
            client.count_campaigns(status="sent")
        assert client.count_subscribers_by_status() == {"active": 3, "junk": 0}
        assert client.count_subscribers_by_status() == {"active": 3}


def test_one_thing_without_a_list_around_it_is_a_list_of_one(client_of: Make, said: Said) -> None:
    credit = {"id": 3, "quantity": 5, "type": "t", "genre": "g"}
    with ScriptedServer(said(credit, pages=1)) as server:
        assert [each.id for each in client_of(server).list_account_credits()] == [3]


def test_a_plan_of_what_has_no_subject(client_of: Make, said: Said) -> None:
    draft = {"id": 5, "subject": " ", "status": "draft"}
    with ScriptedServer(said(draft), said({"total": None})) as server:
        plan = client_of(server).plan_campaign(5)
    assert (plan.problems, plan.recipient_count, plan.credit_count) == (("it has no subject",), None, None)


# -- what goes on after its answer -----------------------------------------------------------------------------
def test_a_list_that_shrinks_while_it_is_looked_at_is_not_the_end(client_of: Make, said: Said) -> None:
    page = {"pages": 2, "page": 1}
    with ScriptedServer(
        said("op-1", 202),
        said(groups(9), **page, total=3),
        said(groups(), pages=2, total=2),  # it shrank: look again
        said(groups(9), pages=1, total=1),
    ) as server:
        client_of(server).delete_groups([1, 2]).wait(60)
        assert len(server.requests) == 4


def test_an_operation_without_an_id_cannot_be_stopped(client_of: Make, said: Said) -> None:
    with ScriptedServer(said(None, 202), said({"id": 12}, 202)) as server:
        client = client_of(server)
        with pytest.raises(UnsupportedOperationError, match="gave no id"):
            client.delete_groups([1]).cancel()
        assert client.delete_groups([1]).id == "12"


# -- pages -----------------------------------------------------------------------------------------------------
def groups(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": number, "name": str(number)} for number in numbers]


def test_pages_are_fetched_as_they_are_needed_to_the_last(client_of: Make, said: Said) -> None:
    with ScriptedServer(
        said(groups(1, 2), page=1, pages=3, total=5),
        said(groups(3, 4), page=2, pages=3, total=5),
        said(groups(5), page=3, pages=3, total=5),
    ) as server:
        found = iter(client_of(server).iter_groups(listing=Listing(page_size=2, order_by=["id", "name"])))
        assert next(found).id == 1
        assert len(server.requests) == 1
        assert [group.id for group in found] == [2, 3, 4, 5]
        assert [seen.path.partition("?")[2] for seen in server.requests] == [
            f"order_by=id%2Cname&page={page}&per_page=2" for page in (1, 2, 3)
        ]


def test_an_empty_page_in_the_middle_is_not_the_end(client_of: Make, said: Said) -> None:
    with ScriptedServer(
        said([], page=1, pages=2, total=1), said(groups(5), page=2, pages=2, total=1)
    ) as server:
        assert [group.id for group in client_of(server).list_groups()] == [5]


def test_without_a_number_of_pages_the_end_is_an_empty_page(client_of: Make, said: Said) -> None:
    with ScriptedServer(said(groups(1)), said(groups(2)), said([])) as server:
        assert [group.id for group in client_of(server).list_groups()] == [1, 2]


def test_a_list_that_shrinks_while_it_is_read_is_an_error_and_not_a_short_list(
    client_of: Make, said: Said
) -> None:
    with (
        ScriptedServer(said(groups(1), pages=3, total=3), said(groups(3), pages=2, total=2)) as server,
        pytest.raises(ConflictError, match="shrank from 3 to 2") as caught,
    ):
        client_of(server).list_groups()
    assert caught.value.resume_token == "page=2&size=100&total=3"


def test_a_list_that_grows_is_read_on(client_of: Make, said: Said) -> None:
    with ScriptedServer(said(groups(1), pages=1 + 1, total=2), said(groups(2), pages=2, total=3)) as server:
        assert len(client_of(server).list_groups()) == 2


def test_a_failed_page_says_where_to_go_on(client_of: Make, said: Said, failed: Said) -> None:
    with ScriptedServer(
        said(groups(1), pages=2, total=2), failed(403, "access_denied"), said(groups(2), pages=2, total=2)
    ) as server:
        client = client_of(server)
        with pytest.raises(PermissionDeniedError) as caught:
            client.list_groups()
        rest = client.iter_groups(token=caught.value.resume_token)
        assert [group.id for group in rest] == [2]
        assert "page=2" in server.requests[-1].path


@pytest.mark.parametrize("token", ["", "3", "page=x&size=3", "page=1", "page=1&size=0", "skip=-1&size=3"])
def test_a_text_that_is_no_token_is_refused(token: str, client_of: Make) -> None:
    with ScriptedServer() as server:
        with pytest.raises(InvalidRequestError, match="no token of a page"):
            client_of(server).iter_groups(token=token)
        assert server.requests == ()


def test_one_direction_for_each_field(client_of: Make, said: Said) -> None:
    plan = Listing(order_by=["name"], descending=True, order_for={"created_at": "asc"})
    with ScriptedServer(said([], pages=0)) as server:
        client_of(server).iter_groups(listing=plan).to_list()
        assert "order_by=name&order=desc&order_for%5Bcreated_at%5D=asc&" in server.requests[0].path


def test_a_report_by_pages_only_refuses_positions(client_of: Make) -> None:
    with ScriptedServer() as server, pytest.raises(UnsupportedOperationError, match="pages only"):
        client_of(server).iter_campaign_activity(5, listing=Listing(skip=3))


# -- what must not happen twice --------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failure_of_the_service_while_it_sends_is_an_unknown_outcome(
    status: int, client_of: Make, failed: Said
) -> None:
    for call in ("send_campaign", "send_test", "schedule_campaign"):
        more = {"send_campaign": (), "send_test": ("a@b.ch",), "schedule_campaign": ("2099-01-01T00:00:00Z",)}
        with ScriptedServer(otherwise=failed(status, "unexpected_error")) as server:
            with pytest.raises(OutcomeUnknownError) as caught:
                getattr(client_of(server), call)(5, *more[call])
            assert len(server.requests) == 1
            assert (caught.value.operation, caught.value.retryable) == (call, False)


def test_a_mail_is_sent_again_after_429_for_then_nothing_was_done(
    client_of: Make, said: Said, failed: Said
) -> None:
    too_fast = failed(429, "too_many_requests", headers=(("Retry-After", "7"),))
    with ScriptedServer(too_fast, said(True)) as server:
        client = client_of(server)
        assert client.send_campaign(5) is True
        assert client.waits == [7.0]  # type: ignore[attr-defined]  # of the fixture


def test_429_without_an_end_is_an_error(client_of: Make, failed: Said) -> None:
    with ScriptedServer(otherwise=failed(429, "too_many_requests")) as server:
        with pytest.raises(RateLimitedError) as caught:
            client_of(server).list_groups()
        assert len(caught.value.attempts) == 5


def test_a_mail_that_could_not_be_sent_off_is_no_unknown_outcome(client_of: Make) -> None:
    with ScriptedServer() as server:
        client = client_of(server)
    with pytest.raises(ServiceUnavailableError) as caught:  # the server is gone
        client.send_campaign(5)
    assert caught.value.request_sent is False


# -- what is gone ----------------------------------------------------------------------------------------------
def test_a_delete_whose_answer_was_lost_changed_something(client_of: Make, failed: Said) -> None:
    with ScriptedServer(LOST, failed(404, "object_not_found")) as server:
        assert client_of(server).delete_campaign(5) is True
        assert [seen.method for seen in server.requests] == ["DELETE", "DELETE"]


def test_a_missing_newsletter_is_no_missing_campaign(client_of: Make, failed: Said, said: Said) -> None:
    missing = failed(404, "object_not_found", "no newsletter 77")
    for call in ("delete_campaign", "get_resource", "delete_group", "cancel_operation"):
        with ScriptedServer(otherwise=missing) as server:
            client = client_of(server)
            with pytest.raises(NotFoundError, match="no newsletter 77") as caught:
                getattr(client, call)("5")
            assert caught.value.operation == "get_domain"
    domain = {"id": 77, "name": "example.com"}
    with ScriptedServer(missing, said(domain), missing) as server:
        client = client_of(server)
        assert client.delete_campaign(5) is False
        assert client.delete_campaign(5) is False  # the newsletter is known by now
        assert len(server.requests) == 3


def test_a_cancel_whose_answer_was_lost_looks_at_the_campaign(
    client_of: Make, failed: Said, said: Said
) -> None:
    refused = failed(400, "bad_request")
    with ScriptedServer(LOST, refused, said({**CAMPAIGN, "status": "canceled"})) as server:
        assert client_of(server).unschedule_campaign(5) is True
    with (
        ScriptedServer(LOST, refused, said({**CAMPAIGN, "status": "sent"})) as server,
        pytest.raises(InvalidRequestError) as caught,
    ):
        client_of(server).unschedule_campaign(5)
    assert caught.value.operation == "unschedule_campaign"
    with ScriptedServer(refused) as server, pytest.raises(InvalidRequestError):
        client_of(server).cancel_campaign(5)


# -- texts within answers --------------------------------------------------------------------------------------
def test_html_and_pictures_of_templates_in_every_form(client_of: Make, said: Said) -> None:
    with ScriptedServer(said("<p>"), said({"html": "<b>"}), said({"content": "<i>"}), said(None)) as server:
        client = client_of(server)
        assert [client.get_template_html(1) for _ in range(3)] == ["<p>", "<b>", "<i>"]
        with pytest.raises(UnknownServiceError):
            client.get_template_html(1)
    with ScriptedServer(said("u"), said({"url": "u"}), said({"thumbnail": "u"}), said(True)) as server:
        client = client_of(server)
        assert [client.update_template_thumbnail(1) for _ in range(4)] == ["u", "u", "u", None]


def test_the_api_key_is_never_shown(client_of: Make, said: Said) -> None:
    with ScriptedServer(said({"key": "planted-key", "more": ["planted-secret"], "n": 1})) as server:
        key = client_of(server).get_api_key()
        assert "planted" not in repr(key)
        assert (key["key"].reveal(), key["more"][0].reveal(), key["n"]) == (
            "planted-key",
            "planted-secret",
            1,
        )


def test_a_domain_is_deleted_only_by_its_name(client_of: Make, said: Said) -> None:
    with ScriptedServer(said({"id": 77, "name": "example.com"})) as server:
        with pytest.raises(InvalidRequestError, match=r"called 'example\.com'"):
            client_of(server).delete_domain(confirm="example.org")
        assert [seen.method for seen in server.requests] == ["GET"]
