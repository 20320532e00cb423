"""The identity client over HTTP: what is sent, how often, and what a refusal says."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses

from cloud.common.errors import (
    AlreadyExistsError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ServiceUnavailableError,
)
from cloud.infomaniak import AccessRule
from cloud.infomaniak.identity._client import DELEGATED_HINT, RESTRICTED_HINT, InfomaniakIdentityClient
from unit.infomaniak.clouds import AUTH, body_of, client_of, login

if TYPE_CHECKING:
    from collections.abc import Iterator

LOST = requests.exceptions.ConnectionError("Connection aborted.", ConnectionResetError(104, "reset"))
MINE = f"{AUTH}/users/user/application_credentials"
KEYS = f"{AUTH}/users/user/credentials/OS-EC2"
MADE = {
    "id": "new",
    "name": "ci",
    "secret": "planted-new-secret",
    "project_id": "project",
    "roles": [{"id": "r", "name": "member"}],
    "unrestricted": False,
    "expires_at": None,
    "description": None,
}
REFUSED = {"error": {"code": 403, "title": "Forbidden", "message": "You are not authorized."}}


@pytest.fixture
def cloud() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        login(mock, identity=AUTH)
        token = {
            "methods": ["application_credential"],
            "application_credential": {"id": "id", "name": "test", "restricted": True},
            "user": {"id": "user", "name": "user", "domain": {"id": "default", "name": "Default"}},
            "project": {"id": "project", "name": "PCP", "domain": {"id": "default", "name": "Default"}},
            "roles": [{"id": "r", "name": "member"}],
            "catalog": [],
            "expires_at": "2126-01-01T00:00:00.000000Z",
            "issued_at": "2026-01-01T00:00:00.000000Z",
        }
        mock.get(f"{AUTH}/auth/tokens", json={"token": token})
        yield mock


@pytest.fixture
def client(cloud: responses.RequestsMock) -> InfomaniakIdentityClient:
    return client_of(InfomaniakIdentityClient)


def count(cloud: responses.RequestsMock, method: str, url: str) -> int:
    return sum((call.request.method, call.request.url) == (method, url) for call in cloud.calls)


def test_who_the_login_is(client: InfomaniakIdentityClient) -> None:
    info = client.get_token_info()
    assert (info.user.id, info.is_restricted, info.application_credential_id) == ("user", True, "id")
    assert client.get_current_project().id == "project"
    assert [role.name for role in client.list_user_roles()] == ["member"]
    with pytest.raises(NotFoundError, match="no public endpoint of 'dns'"):
        client.get_endpoint("dns")


def test_a_token_that_a_service_refuses_sends_its_owner_to_the_access_rules(
    cloud: responses.RequestsMock, client: InfomaniakIdentityClient
) -> None:
    assert client.get_token_info().access_rules is None
    rule = {"id": "1", "service": "compute", "method": "GET", "path": "/v2.1/servers/detail"}
    token = {
        "user": {"id": "user", "name": "user"},
        "application_credential": {"id": "id", "name": "test", "restricted": True, "access_rules": [rule]},
    }
    cloud.replace("GET", f"{AUTH}/auth/tokens", json={"token": token})
    assert client.get_token_info().access_rules == (AccessRule(**rule),)
    cloud.get(f"{AUTH}/projects/other", json={"error": {"code": 401, "message": "no"}}, status=401)
    with pytest.raises(AuthenticationError) as caught:
        client.get_project("other")
    assert "access rules of the application credential allow GET /v3/projects/other?" in str(
        caught.value.hint
    )


def test_a_credential_is_made_once_and_shows_no_secret(
    cloud: responses.RequestsMock, client: InfomaniakIdentityClient
) -> None:
    cloud.post(MINE, json={"application_credential": MADE}, status=201)
    made = client.create_application_credential("ci", roles=["member"])
    assert body_of(cloud) == {"application_credential": {"name": "ci", "roles": [{"name": "member"}]}}
    assert "planted" not in repr(made)


def test_a_lost_answer_of_making_one_is_not_sent_again(
    cloud: responses.RequestsMock, client: InfomaniakIdentityClient
) -> None:
    cloud.post(MINE, body=LOST)
    cloud.post(KEYS, body=LOST)
    with pytest.raises(OutcomeUnknownError):
        client.create_application_credential("ci")
    with pytest.raises(OutcomeUnknownError):
        client.create_ec2_credentials("project")
    assert (count(cloud, "POST", MINE), count(cloud, "POST", KEYS)) == (1, 1)


def test_a_lost_answer_of_a_deletion_is_asked_again(
    cloud: responses.RequestsMock, client: InfomaniakIdentityClient
) -> None:
    cloud.delete(f"{MINE}/old", body=LOST)
    cloud.delete(f"{MINE}/old", status=204)
    client.delete_application_credential("old")
    assert count(cloud, "DELETE", f"{MINE}/old") == 2
    cloud.delete(f"{MINE}/gone", status=404, json={"error": {"code": 404, "title": "Not Found"}})
    assert client.delete_application_credential("gone") is False


def test_a_refusal_says_what_to_log_in_with(
    cloud: responses.RequestsMock, client: InfomaniakIdentityClient
) -> None:
    cloud.post(MINE, json=REFUSED, status=403)
    cloud.delete(f"{MINE}/x", json=REFUSED, status=403)
    cloud.get(KEYS, json=REFUSED, status=403)
    with pytest.raises(PermissionDeniedError) as made:
        client.create_application_credential("ci")
    with pytest.raises(PermissionDeniedError) as deleted:
        client.delete_application_credential("x")
    with pytest.raises(PermissionDeniedError) as keys:
        client.list_ec2_credentials()
    assert (made.value.hint, deleted.value.hint, keys.value.hint) == (
        RESTRICTED_HINT,
        RESTRICTED_HINT,
        DELEGATED_HINT,
    )


def test_a_name_that_is_taken(cloud: responses.RequestsMock, client: InfomaniakIdentityClient) -> None:
    conflict = {"error": {"code": 409, "title": "Conflict", "message": "Duplicate entry"}}
    cloud.post(MINE, json=conflict, status=409)
    with pytest.raises(AlreadyExistsError, match="Duplicate entry"):
        client.create_application_credential("ci")


def test_bad_input_sends_nothing(cloud: responses.RequestsMock, client: InfomaniakIdentityClient) -> None:
    over = datetime(2020, 1, 1, tzinfo=timezone.utc)
    for bad in ({"name": " "}, {"name": "x", "expires_at": over}, {"name": "x", "access_rules": [{}]}):
        with pytest.raises(InvalidRequestError):
            client.create_application_credential(**bad)  # type: ignore[arg-type]  # what it refuses
    with pytest.raises(InvalidRequestError):
        client.get_ec2_credentials("..")
    assert count(cloud, "POST", MINE) == 0


def test_a_success_without_a_list_is_no_empty_list(
    cloud: responses.RequestsMock, client: InfomaniakIdentityClient
) -> None:
    cloud.get(MINE, json={})
    with pytest.raises(ServiceUnavailableError, match="no list called"):
        client.list_application_credentials()


def test_a_login_with_access_rules_may_ask_about_its_own_token(
    cloud: responses.RequestsMock, client: InfomaniakIdentityClient
) -> None:
    told = responses.matchers.header_matcher({"OpenStack-Identity-Access-Rules": "1.0"})
    answer = next(each for each in cloud.registered() if each.method == "GET")
    cloud.remove(answer)
    cloud.get(f"{AUTH}/auth/tokens", body=answer.body, match=[told])
    assert client.get_token_info().user.id == "user"
    assert client.validate_connection() is True
    assert "planted-token" not in repr(client)


def test_access_rules_are_sent_listed_and_deleted(
    cloud: responses.RequestsMock, client: InfomaniakIdentityClient
) -> None:
    rules = f"{AUTH}/users/user/access_rules"
    rule = {"service": "compute", "method": "GET", "path": "/v2.1/servers/**"}
    cloud.post(
        MINE, json={"application_credential": {**MADE, "access_rules": [{**rule, "id": "a"}]}}, status=201
    )
    made = client.create_application_credential("ci", access_rules=[AccessRule(**rule)])
    assert body_of(cloud)["application_credential"]["access_rules"] == [rule]
    assert made.access_rules == (AccessRule(**rule, id="a"),)
    client.create_application_credential("ci", access_rules=[])  # none at all: not the same as no rules
    assert body_of(cloud)["application_credential"]["access_rules"] == []
    cloud.get(rules, json={"access_rules": [{**rule, "id": "a"}], "links": {"next": None}})
    assert client.list_access_rules() == [AccessRule(**rule, id="a")]
    cloud.delete(f"{rules}/a", status=204)
    assert client.delete_access_rule("a") is True
    cloud.replace(
        responses.DELETE, f"{rules}/a", status=404, json={"error": {"code": 404, "title": "Not Found"}}
    )
    assert client.delete_access_rule("a") is False
    cloud.replace(responses.DELETE, f"{rules}/a", status=403, json=REFUSED)
    with pytest.raises(PermissionDeniedError):
        client.delete_access_rule("a")
    before = len(cloud.calls)
    broken: list[dict[str, Any]] = [{"service": "compute"}, {**rule, "path": ""}, {**rule, "method": None}]
    for wrong in broken:
        with pytest.raises(InvalidRequestError, match="service, method and path"):
            client.create_application_credential("ci", access_rules=[wrong])
    with pytest.raises(InvalidRequestError):
        client.delete_access_rule("..")
    assert client.delete_access_rule("a", dry_run=True).resource == "a"
    assert len(cloud.calls) == before
