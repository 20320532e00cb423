"""The 26 method names of older versions: each makes a call that the API has, or says why there is none."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common import InvalidRequestError, NotFoundError, UnsupportedOperationError
from cloud.infomaniak import InfomaniakNewsletterClient
from cloud.testing import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., InfomaniakNewsletterClient]
    Said = Callable[..., ScriptedResponse]

CAMPAIGN = {"id": 5, "subject": "Hi", "status": "draft"}
GROUP = {"id": 7, "name": "News"}
CONTACT = {"id": 6, "email": "ada@example.com", "status": "active"}
FOR_GROUP = {"all_subscribers": False, "groups": {"include": [7]}}

# method: how it was called, and the calls that it makes today: method, path, body, data of the answer
OLDER: dict[str, tuple[Callable[[InfomaniakNewsletterClient], Any], list[tuple[str, str, Any, Any]]]] = {
    "validate_connection": (lambda c: c.validate_connection(), [("GET", "", None, {"id": 77})]),
    "list_campaigns": (
        lambda c: c.list_campaigns(),
        [("GET", "/campaigns?page=1&per_page=100", None, [CAMPAIGN])],
    ),
    "get_campaign": (lambda c: c.get_campaign("5"), [("GET", "/campaigns/5", None, CAMPAIGN)]),
    "create_campaign": (
        lambda c: c.create_campaign("Hi", "me@example.com", "Me", "<p>", 7),
        [
            (
                "POST",
                "/campaigns",
                {
                    "subject": "Hi",
                    "email_from_addr": "me@example.com",
                    "email_from_name": "Me",
                    "content_html": "<p>",
                    "lang": "en_GB",
                    "recipients": FOR_GROUP,
                },
                CAMPAIGN,
            )
        ],
    ),
    "update_campaign": (
        lambda c: c.update_campaign(
            5, subject="Hi", sender_email="a@b.ch", sender_name="A", content_html="<p>", mailing_list_id=7
        ),
        [
            (
                "PUT",
                "/campaigns/5",
                {
                    "subject": "Hi",
                    "email_from_addr": "a@b.ch",
                    "email_from_name": "A",
                    "content_html": "<p>",
                    "recipients": FOR_GROUP,
                },
                CAMPAIGN,
            )
        ],
    ),
    "delete_campaign": (lambda c: c.delete_campaign(5), [("DELETE", "/campaigns/5", None, True)]),
    "send_test": (
        lambda c: c.send_test(5, "a@b.ch"),
        [("POST", "/campaigns/5/test", {"email": "a@b.ch"}, True)],
    ),
    "schedule_campaign": (
        lambda c: c.schedule_campaign(5, "2099-01-02T03:04:05Z"),
        [("PUT", "/campaigns/5/schedule", {"started_at": 4071006245}, True)],
    ),
    "unschedule_campaign": (lambda c: c.unschedule_campaign(5), [("PUT", "/campaigns/5/cancel", None, True)]),
    "send_campaign": (lambda c: c.send_campaign(5), [("PUT", "/campaigns/5/schedule", None, True)]),
    "get_campaign_statistics": (
        lambda c: c.get_campaign_statistics(5),
        [("GET", "/campaigns/5?with=statistics", None, {**CAMPAIGN, "statistics": {"sent_count": 3}})],
    ),
    "list_mailing_lists": (
        lambda c: c.list_mailing_lists(),
        [("GET", "/groups?page=1&per_page=100", None, [GROUP])],
    ),
    "get_mailing_list": (lambda c: c.get_mailing_list(7), [("GET", "/groups/7", None, GROUP)]),
    "create_mailing_list": (
        lambda c: c.create_mailing_list("News"),
        [("POST", "/groups", {"name": "News"}, GROUP)],
    ),
    "update_mailing_list": (
        lambda c: c.update_mailing_list(7, name="N"),
        [("PUT", "/groups/7", {"name": "N"}, GROUP)],
    ),
    "delete_mailing_list": (lambda c: c.delete_mailing_list(7), [("DELETE", "/groups/7", None, True)]),
    "get_list_contacts": (
        lambda c: c.get_list_contacts(7),
        [("GET", "/groups/7/subscribers?page=1&per_page=100", None, [CONTACT])],
    ),
    "import_contacts": (
        lambda c: c.import_contacts(7, [{"email": "ada@example.com"}]),
        [
            ("GET", "/groups/7", None, GROUP),
            (
                "POST",
                "/subscribers/import/upload",
                {"content": "email\r\nada@example.com\r\n"},
                {"id": 3},
            ),
            (
                "POST",
                "/subscribers/import",
                {
                    "fields": ['{"type": "email", "name": "email"}'],
                    "upload_id": 3,
                    "groups": [7],
                    "csv_separator": ",",
                    "csv_enclosure": '"',
                },
                True,
            ),
            (
                "GET",
                "/subscribers?filter%5Bstatus%5D=all&filter%5Bgroups%5D%5B%5D=7&order_by=id&page=1&per_page=1000",
                None,
                [CONTACT],
            ),
        ],
    ),
    "manage_contact": (
        lambda c: c.manage_contact(7, "6", "subscribe"),
        [("POST", "/groups/7/subscribers/assign", {"subscriber_ids": [6]}, [CONTACT])],
    ),
    "get_contact": (
        lambda c: c.get_contact(6),
        [("GET", "/subscribers/6?with=groups%2Cfields", None, CONTACT)],
    ),
    "update_contact": (
        lambda c: c.update_contact(6, status="unsubscribed", fields={"firstname": "Ada"}),
        [("PUT", "/subscribers/6", {"fields": {"firstname": "Ada"}, "status": "unsubscribed"}, CONTACT)],
    ),
    "delete_contact": (lambda c: c.delete_contact(6), [("DELETE", "/subscribers/6", None, True)]),
    "get_credits": (lambda c: c.get_credits(), [("GET", "/credits/details", None, {"total": 4})]),
}
# Made or refused without any call: tests/unit/newsletter/test_client.py, and below.
WITHOUT_CALL = {"from_env", "from_credentials", "get_task_status"}


def test_all_26_are_there_with_their_parameters() -> None:
    assert len(OLDER.keys() | WITHOUT_CALL) == 26
    signatures = {
        "create_campaign": ["subject", "sender_email", "sender_name", "content_html", "mailing_list_id"],
        "send_test": ["campaign_id", "email"],
        "schedule_campaign": ["campaign_id", "send_at"],
        "import_contacts": ["list_id", "contacts"],
        "manage_contact": ["list_id", "contact_id", "action"],
        "get_task_status": ["task_id"],
        "from_credentials": ["token", "newsletter_id", "base_url"],
        "update_mailing_list": ["list_id"],
        "update_contact": ["contact_id"],
        "get_list_contacts": ["list_id"],
    }
    for name, parameters in signatures.items():
        found = [
            each
            for each in inspect.signature(getattr(InfomaniakNewsletterClient, name)).parameters
            if each != "self"
        ]
        assert found[: len(parameters)] == parameters


@pytest.mark.parametrize("name", OLDER)
def test_an_older_name_makes_calls_that_the_api_has(name: str, client_of: Make, said: Said) -> None:
    call, expected = OLDER[name]
    with ScriptedServer(*(said(data, pages=1, total=1) for *_, data in expected)) as server:
        result = call(client_of(server))
        sent = [
            (
                seen.method,
                seen.path.removeprefix("/1/newsletters/77"),
                json.loads(seen.body) if seen.body else None,
            )
            for seen in server.requests
        ]
    assert sent == [tuple(each[:3]) for each in expected]
    assert result not in {None, False} if isinstance(result, bool) else result is not None


def test_unsubscribing_from_a_list_takes_the_contact_out(client_of: Make, said: Said) -> None:
    with ScriptedServer(said([CONTACT])) as server:
        client = client_of(server)
        assert client.manage_contact(7, 6, "unsubscribe") is True
        assert server.requests[0].path.endswith("/groups/7/subscribers/unassign")
        with pytest.raises(InvalidRequestError, match="subscribe or unsubscribe"):
            client.manage_contact(7, 6, "delete")


def test_what_there_is_no_call_for_says_so(client_of: Make) -> None:
    with ScriptedServer() as server:
        client = client_of(server)
        with pytest.raises(
            UnsupportedOperationError, match="no call that shows the state of a task"
        ) as caught:
            client.get_task_status("t-1")
        assert "wait()" in str(caught.value)
        with pytest.raises(UnsupportedOperationError, match="nothing but a name"):
            client.update_mailing_list(7, description="x")
        with pytest.raises(UnsupportedOperationError, match="an address cannot be changed"):
            client.update_contact(6, email="new@example.com")
        with pytest.raises(UnsupportedOperationError, match=r"fields=\{'firstname': \.\.\.\}"):
            client.update_contact(6, firstname="Ada")
        with pytest.raises(InvalidRequestError):
            client.update_mailing_list(7)
        assert server.requests == ()


def test_a_connection_that_does_not_work_is_an_error_and_never_false(client_of: Make, failed: Said) -> None:
    with ScriptedServer(failed(404, "object_not_found")) as server, pytest.raises(NotFoundError):
        client_of(server).validate_connection()


def test_contacts_of_a_list_that_is_not_there_are_not_imported(client_of: Make, failed: Said) -> None:
    with ScriptedServer(failed(404, "object_not_found")) as server:
        with pytest.raises(NotFoundError):
            client_of(server).import_contacts(7, ["a@b.ch"])
        assert len(server.requests) == 1
