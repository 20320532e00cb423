"""The Heat client over HTTP: what is sent, how often, and what becomes of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses
from responses.matchers import query_param_matcher

from cloud.common.enums import ResourceType
from cloud.common.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ServiceUnavailableError,
    TimeoutError_,
    UnsupportedOperationError,
)
from cloud.infomaniak.heat._client import InfomaniakHeatClient
from cloud.infomaniak.heat._records import StackFailedError
from unit.infomaniak.clouds import body_of, client_of, login, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAT = "http://heat.test/v1/project"
STACKS = f"{HEAT}/stacks"
ONE = f"{STACKS}/s/id-1"
LOST = requests.exceptions.ConnectionError("Connection aborted.", ConnectionResetError(104, "reset"))
TEMPLATE = {"heat_template_version": "2018-08-31", "resources": {"v": {"type": "OS::Heat::Value"}}}
MADE = {"stack": {"id": "id-1", "links": [{"href": ONE, "rel": "self"}]}}


@pytest.fixture
def cloud() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        login(mock, orchestration=HEAT)
        for name in ("s", "id-1"):  # Heat sends whoever asks for a name or an id alone to the whole path
            mock.get(f"{STACKS}/{name}", status=302, headers={"Location": ONE}, body="<html>302</html>")
        yield mock


@pytest.fixture
def client(cloud: responses.RequestsMock) -> InfomaniakHeatClient:
    return client_of(InfomaniakHeatClient)


def stack(status: str = "CREATE_COMPLETE", **further: object) -> dict[str, Any]:
    return {
        "stack": {
            "id": "id-1",
            "stack_name": "s",
            "stack_status": status,
            "stack_status_reason": f"Stack {status}",
            "creation_time": "2026-11-28T17:51:09Z",
            "updated_time": None,
            "deletion_time": None,
            "description": "No description",
            "parameters": {"OS::stack_name": "s"},
            "disable_rollback": True,
            "timeout_mins": None,
            "tags": [],
            "outputs": [],
            **further,
        }
    }


def event(number: int, status: str, name: str = "s", **further: object) -> dict[str, Any]:
    return {
        "id": f"event-{number}",
        "event_time": f"2026-11-28T17:51:{number:02}Z",
        "resource_name": name,
        "logical_resource_id": name,
        "physical_resource_id": "id-1" if name == "s" else name,
        "resource_status": status,
        "resource_status_reason": "state changed",
        **further,
    }


def resource(
    name: str, status: str, reason: str = "", *, physical: str = "", inside: str = ONE, **further: object
) -> dict[str, Any]:
    return {
        "resource_name": name,
        "resource_type": "OS::Heat::Value",
        "resource_status": status,
        "resource_status_reason": reason,
        "physical_resource_id": physical,
        "links": [{"href": f"{inside}/resources/{name}", "rel": "self"}, {"href": inside, "rel": "stack"}],
        "required_by": [],
        **further,
    }


def with_events(cloud: responses.RequestsMock, *events: dict[str, Any]) -> None:
    """Let Heat tell of `events`, which are there from the beginning."""
    cloud.get(
        f"{ONE}/events",
        json={"events": [events[-1]] if events else []},
        match=[query_param_matcher({"sort_dir": "desc", "limit": "1"})],
    )
    markers = ["", *(each["id"] for each in events)]
    for number, marker in enumerate(markers):
        query = {"sort_dir": "asc", "limit": "500", **({"marker": marker} if marker else {})}
        cloud.get(f"{ONE}/events", json={"events": list(events[number:])}, match=[query_param_matcher(query)])


# -- making --------------------------------------------------------------------------------------------------
def test_only_what_was_given_is_sent(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    cloud.post(STACKS, json=MADE, status=201)
    cloud.get(ONE, json=stack("CREATE_IN_PROGRESS"))
    found = client.create_stack("s", TEMPLATE, {"n": 1}, tags=("a", "b"), timeout_mins=5)
    assert (found.id, found.action, found.state, found.rolls_back) == (
        "id-1",
        "CREATE",
        "IN_PROGRESS",
        False,
    )
    assert found.created_at is not None
    assert found.created_at.isoformat() == "2026-11-28T17:51:09+00:00"
    post = next(call for call in cloud.calls if call.request.url == STACKS)
    assert body_of(cloud, list(cloud.calls).index(post)) == {
        "stack_name": "s",
        "template": TEMPLATE,
        "parameters": {"n": 1},
        "timeout_mins": 5,
        "disable_rollback": True,
        "tags": "a,b",
    }


def test_wrong_arguments_send_nothing(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    calls: list[Callable[[], object]] = [
        lambda: client.create_stack("1s", TEMPLATE),
        lambda: client.create_stack("", TEMPLATE),
        lambda: client.create_stack("ä", TEMPLATE),
        lambda: client.create_stack("s/t", TEMPLATE),
        lambda: client.create_stack("s" * 256, TEMPLATE),
        lambda: client.create_stack("s", {"resources": {}}),
        lambda: client.create_stack("s", "- a\n- list"),
        lambda: client.create_stack("s", "a: [unclosed"),
        lambda: client.update_stack("s"),
        lambda: client.get_stack(".."),
        lambda: client.get_stack(""),
        lambda: client.adopt_stack("s", {"template": {}}),
        lambda: client.create_resource("s", ResourceType.ORCHESTRATION, {"template": TEMPLATE, "wrong": 1}),
        lambda: client.create_resource("s", ResourceType.ORCHESTRATION, {}),
    ]
    for call in calls:
        with pytest.raises(InvalidRequestError):
            call()
    with pytest.raises(UnsupportedOperationError):
        client.create_resource("s", ResourceType.METERING, {"template": TEMPLATE})
    assert sent(cloud) == []


def test_a_name_that_is_taken(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    error = {"message": "The Stack (s) already exists.", "traceback": None, "type": "StackExists"}
    cloud.post(STACKS, status=409, json={"code": 409, "title": "Conflict", "error": error})
    with pytest.raises(AlreadyExistsError, match="already exists"):
        client.create_stack("s", TEMPLATE)


def test_a_plan_names_parameters_and_no_values(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(STACKS, json={"stacks": []})
    nested = [[resource("inner", "COMPLETE", resource_action="INIT")]]
    found = [resource("v", "COMPLETE", resource_action="INIT"), *nested]
    cloud.post(f"{STACKS}/preview", json={"stack": {"resources": found}})
    plan = client.create_stack("s", TEMPLATE, {"password": "planted-password"}, dry_run=True)
    assert plan.changes["parameters"] == ["password"]
    assert "planted-password" not in repr(plan)
    assert "v (OS::Heat::Value), inner (OS::Heat::Value)" in plan.checks[1]
    assert sent(cloud, "POST") == [f"POST {STACKS}/preview"]
    assert [each.status for each in client.preview_stack("s", TEMPLATE)] == ["INIT_COMPLETE"] * 2


def test_a_plan_for_a_name_that_is_taken(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    cloud.get(STACKS, json={"stacks": [stack()["stack"]]})
    with pytest.raises(AlreadyExistsError):
        client.create_stack("s", TEMPLATE, dry_run=True)
    assert sent(cloud, "POST") == []


@pytest.mark.parametrize("call", ["create_stack", "adopt_stack"])
def test_creations_are_sent_once(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock, call: str
) -> None:
    cloud.post(STACKS, body=LOST)
    data = {"template": TEMPLATE, "resources": {"v": {}}}
    with pytest.raises(OutcomeUnknownError):
        client.create_stack("s", TEMPLATE) if call == "create_stack" else client.adopt_stack("s", data)
    assert sent(cloud) == [f"POST {STACKS}"]


def test_a_refusal_of_trusts_says_what_to_do(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock
) -> None:
    cloud.post(STACKS, status=403, json={"error": {"type": "Forbidden", "message": "trust"}})
    with pytest.raises(PermissionDeniedError) as caught:
        client.create_stack("s", TEMPLATE)
    assert caught.value.hint is not None
    assert "unrestricted application credential" in caught.value.hint
    assert sent(cloud) == [f"POST {STACKS}"]


# -- changing and deleting -----------------------------------------------------------------------------------
def begins(cloud: responses.RequestsMock, status: str) -> None:
    """Let an action leave its first event at the third look."""
    for last in (1, 1, 2):
        cloud.get(f"{ONE}/events", json={"events": [event(last, status)]})
    cloud.get(ONE, json=stack(status))


def test_an_update_keeps_what_is_not_given(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock
) -> None:
    begins(cloud, "UPDATE_IN_PROGRESS")
    cloud.patch(ONE, status=202)
    assert (
        client.update_stack("s", parameters={"n": 2}, clear_parameters=["m"]).status == "UPDATE_IN_PROGRESS"
    )
    bodies = [call.request.body for call in cloud.calls if call.request.method == "PATCH"]
    assert len(bodies) == 1
    number = next(n for n, call in enumerate(cloud.calls) if call.request.method == "PATCH")
    assert body_of(cloud, number) == {"parameters": {"n": 2}, "clear_parameters": ["m"], "existing": True}


@pytest.mark.parametrize(
    ("method", "action"),
    [
        ("suspend_stack", "suspend"),
        ("resume_stack", "resume"),
        ("check_stack", "check"),
        ("cancel_update", "cancel_update"),
    ],
)
def test_actions(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock, method: str, action: str
) -> None:
    begins(cloud, "SUSPEND_IN_PROGRESS")
    cloud.post(f"{ONE}/actions", status=200)
    plan = getattr(client, method)("s", dry_run=True)
    assert (plan.changes["action"], sent(cloud, "POST")) == (action, [])
    assert getattr(client, method)("s").state == "IN_PROGRESS"
    number = next(n for n, call in enumerate(cloud.calls) if str(call.request.url).endswith("/actions"))
    assert body_of(cloud, number) == {action: None}
    # The old event was seen before and after the action was asked for: only a new one is its beginning.
    assert len([each for each in sent(cloud) if "/events" in each]) == 3


@pytest.mark.parametrize("method", ["update", "suspend", "abandon"])
def test_changes_are_sent_once(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock, method: str
) -> None:
    with_events(cloud, event(1, "CREATE_COMPLETE"))
    cloud.patch(ONE, body=LOST)
    cloud.post(f"{ONE}/actions", body=LOST)
    cloud.delete(f"{ONE}/abandon", body=LOST)
    calls: dict[str, Callable[[], object]] = {
        "update": lambda: client.update_stack("s", TEMPLATE),
        "suspend": lambda: client.suspend_stack("s"),
        "abandon": lambda: client.abandon_stack("s"),
    }
    with pytest.raises(OutcomeUnknownError):
        calls[method]()
    assert len([each for each in sent(cloud) if not each.startswith("GET ")]) == 1


def test_another_action_goes_on(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    with_events(cloud, event(1, "UPDATE_IN_PROGRESS"))
    error = {"message": "Stack s already has an action (UPDATE) in progress.", "type": "ActionInProgress"}
    cloud.patch(ONE, status=409, json={"error": error})
    with pytest.raises(ConflictError, match="in progress"):
        client.update_stack("s", TEMPLATE)


def test_what_an_update_would_do(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    changes = {
        "added": [resource("w", "COMPLETE")],
        "deleted": [resource("v", "COMPLETE")],
        "unchanged": [resource("u", "COMPLETE")],
        "updated": [],
        "replaced": [],
        "a kind of next year": [resource("x", "COMPLETE")],
    }
    cloud.patch(f"{ONE}/preview", json={"resource_changes": changes})
    found = client.preview_update("s", TEMPLATE)
    assert (found.added, found.deleted, found.unchanged, found.is_empty) == (("w",), ("v",), ("u",), False)
    plan = client.update_stack("s", TEMPLATE, dry_run=True)
    assert plan.checks == ("added w; deleted v",)
    assert sent(cloud, "PATCH") == [f"PATCH {ONE}/preview"] * 2


def test_a_deletion_is_asked_for_again_when_its_answer_is_lost(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock
) -> None:
    cloud.delete(ONE, body=LOST)
    cloud.delete(ONE, status=204)
    assert client.delete_stack("s") is True
    assert sent(cloud, "DELETE") == [f"DELETE {ONE}"] * 2


def test_deleting_what_is_not_there(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    error = {"message": "The Stack (gone) could not be found.", "type": "EntityNotFound"}
    cloud.get(f"{STACKS}/gone", status=404, json={"error": error})
    assert client.delete_stack("gone") is False
    assert client.get_resource("gone") is None
    client.wait_for_stack_gone("gone")
    with pytest.raises(NotFoundError, match="could not be found"):
        client.get_stack("gone")
    assert sent(cloud, "DELETE") == []


# -- reading -------------------------------------------------------------------------------------------------
def test_all_pages_of_stacks(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    for number in range(3):
        each = stack(id=f"id-{number}")["stack"]
        links = [{"rel": "next", "href": f"{STACKS}?limit=1&marker=id-{number}"}] if number < 2 else []
        query = {"limit": "500", **({"marker": f"id-{number - 1}"} if number else {})}
        cloud.get(STACKS, json={"stacks": [each], "links": links}, match=[query_param_matcher(query)])
    assert [each.id for each in client.list_stacks()] == ["id-0", "id-1", "id-2"]
    assert [each.resource_type for each in client.list_resources()] == [ResourceType.ORCHESTRATION] * 3
    assert client.list_resources(ResourceType.METERING) == []


@pytest.mark.parametrize("body", [{}, {"stacks": None}, []])
def test_an_answer_without_stacks_is_no_empty_listing(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock, body: object
) -> None:
    cloud.get(STACKS, json=body)
    with pytest.raises(ServiceUnavailableError):
        client.list_stacks()


def test_a_stack_without_its_redirect(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{STACKS}/odd", json=stack())
    with pytest.raises(ServiceUnavailableError, match="redirect"):
        client.get_stack("odd")


def test_a_redirect_to_another_host_takes_no_token_there(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{STACKS}/x", status=302, headers={"Location": "http://evil.test/v1/project/stacks/s/id-1"})
    cloud.get(ONE, json=stack())
    assert client.get_stack("x").id == "id-1"
    assert not [each for each in sent(cloud) if "evil.test" in each]


def test_outputs(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    outputs = [
        {"output_key": "o", "description": "", "output_value": {"a": [1, None]}},
        {"output_key": "none", "output_value": None},
    ]
    cloud.get(ONE, json=stack(outputs=outputs))
    assert client.get_stack_outputs("s") == {"o": {"a": [1, None]}, "none": None}


def test_an_output_that_failed(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    outputs = [
        {"output_key": "o", "output_value": "x"},
        {"output_key": "bad", "output_value": None, "output_error": "no attribute nope"},
    ]
    cloud.get(ONE, json=stack(outputs=outputs))
    with pytest.raises(ConflictError, match="'bad' failed: no attribute nope"):
        client.get_stack_outputs("s")
    assert client.get_stack("s").outputs == {"o": "x"}


def test_states_and_fields_of_next_year(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    cloud.get(ONE, json=stack("TELEPORT_COMPLETE", novelty=1))
    found = client.get_stack("s")
    assert (found.status, found.action, found.raw["novelty"]) == ("TELEPORT_COMPLETE", "TELEPORT", 1)


def test_a_resource_by_a_name_with_a_slash(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock
) -> None:
    url = f"{ONE}/resources/a%2Fb%20%C3%A4"
    cloud.get(url, json={"resource": resource("a/b ä", "CREATE_COMPLETE", attributes={"value": "x"})})
    found = client.get_stack_resource("s", "a/b ä")
    assert (found.name, found.stack_name, found.stack_id) == ("a/b ä", "s", "id-1")
    assert found.attributes == {"value": "x"}


def test_validating(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    parameters = {
        "n": {"Type": "Number", "Description": "how many", "NoEcho": "false", "Label": "n"},
        "p": {"Type": "String", "NoEcho": "true", "Default": ""},
    }
    cloud.post(f"{HEAT}/validate", body=LOST)  # validating changes nothing: it may be asked again
    cloud.post(f"{HEAT}/validate", json={"Description": "d", "Parameters": parameters})
    found = client.validate_template(TEMPLATE)
    assert [(each.name, each.is_required, each.is_hidden) for each in found.parameters] == [
        ("n", True, False),
        ("p", False, True),
    ]
    assert len(sent(cloud)) == 2
    assert body_of(cloud) == {"template": TEMPLATE}


def test_a_template_that_heat_refuses(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    error = {"message": "The Resource Type (No::Such) could not be found.", "type": "StackValidationFailed"}
    cloud.post(f"{HEAT}/validate", status=400, json={"code": 400, "error": error})
    with pytest.raises(InvalidRequestError, match="No::Such"):
        client.validate_template(TEMPLATE)


# -- waiting -------------------------------------------------------------------------------------------------
def test_events_are_told_while_waiting_each_once(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock
) -> None:
    # After the first event two more, of which the second look sees the last.
    first = query_param_matcher({"sort_dir": "asc", "limit": "500", "marker": "event-2"})
    second = query_param_matcher({"sort_dir": "asc", "limit": "500", "marker": "event-3"})
    cloud.get(
        f"{ONE}/events",
        json={"events": [event(1, "CREATE_IN_PROGRESS")]},
        match=[query_param_matcher({"sort_dir": "desc", "limit": "1"})],
    )
    cloud.get(
        f"{ONE}/events",
        json={"events": [event(2, "CREATE_IN_PROGRESS", "v")]},
        match=[query_param_matcher({"sort_dir": "asc", "limit": "500", "marker": "event-1"})],
    )
    cloud.get(f"{ONE}/events", json={"events": []}, match=[first])
    cloud.get(f"{ONE}/events", json={"events": [event(3, "CREATE_COMPLETE")]}, match=[first])
    cloud.get(f"{ONE}/events", json={"events": []}, match=[second])
    for status in ["CREATE_IN_PROGRESS"] * 3 + ["CREATE_COMPLETE"] * 2:
        cloud.get(ONE, json=stack(status))
    told: list[str] = []
    found = client.wait_for_stack("s", on_event=lambda each: told.append(f"{each.id} {each.status}"))
    assert found.status == "CREATE_COMPLETE"
    assert told == ["event-2 CREATE_IN_PROGRESS", "event-3 CREATE_COMPLETE"]


def test_waiting_ends_at_its_deadline(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    with_events(cloud, event(1, "CREATE_IN_PROGRESS"))
    cloud.get(ONE, json=stack("CREATE_IN_PROGRESS"))
    with pytest.raises(TimeoutError_, match="3 seconds"):
        client.wait_for_stack("s", deadline_seconds=3)


def test_the_reason_of_a_nested_stack_comes_first(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock
) -> None:
    with_events(cloud, event(1, "CREATE_FAILED"))
    cloud.get(ONE, json=stack("CREATE_FAILED"))
    nested = f"{STACKS}/s-group-x/id-2"
    found = [
        resource("group", "CREATE_FAILED", "resources.group: repeated", physical="id-2"),
        resource("fine", "CREATE_COMPLETE"),
        resource("server", "CREATE_FAILED", "No valid host was found", physical="vm", inside=nested),
    ]
    query = query_param_matcher({"nested_depth": "5"})
    cloud.get(f"{ONE}/resources", json={"resources": found}, match=[query])
    with pytest.raises(StackFailedError) as caught:
        client.wait_for_stack("s")
    assert caught.value.state == "CREATE_FAILED"
    assert [(each.stack_name, each.resource_name) for each in caught.value.failures] == [
        ("s-group-x", "server"),
        ("s", "group"),
    ]
    assert "s-group-x/server (OS::Heat::Value): No valid host was found; s/group" in caught.value.message


def test_a_rollback_is_a_failure_whose_reason_is_in_the_events(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock
) -> None:
    with_events(
        cloud,
        event(1, "CREATE_FAILED", "server", resource_status_reason="No valid host was found"),
        event(2, "ROLLBACK_COMPLETE"),
    )
    cloud.get(ONE, json=stack("ROLLBACK_COMPLETE"))
    cloud.get(f"{ONE}/resources", json={"resources": []})
    with pytest.raises(StackFailedError, match="s/server: No valid host was found") as caught:
        client.wait_for_stack("s")
    assert len(caught.value.failures) == 1


def test_waiting_for_a_deletion(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    for status in ("DELETE_IN_PROGRESS", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"):
        cloud.get(ONE, json=stack(status))  # Heat says that it is complete before it frees the name
    cloud.get(ONE, json=stack("DELETE_COMPLETE", deletion_time="2026-11-28T21:06:31Z"))
    client.wait_for_stack_gone("s")
    assert sent(cloud).count(f"GET {ONE}") == 4
    assert client.get_resource("s") is None  # found by its id for a while, and no resource any more


def test_a_deletion_that_failed(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    cloud.get(ONE, json=stack("DELETE_FAILED"))
    cloud.get(f"{ONE}/resources", json={"resources": [resource("net", "DELETE_FAILED", "ports are in use")]})
    with pytest.raises(StackFailedError, match=r"s/net .*: ports are in use"):
        client.wait_for_stack_gone("s")


def test_an_action_that_does_not_begin(client: InfomaniakHeatClient, cloud: responses.RequestsMock) -> None:
    with_events(cloud, event(1, "CREATE_COMPLETE"))
    cloud.post(f"{ONE}/actions", status=200)
    with pytest.raises(TimeoutError_):
        client.suspend_stack("s")
    assert len(sent(cloud, "POST")) == 1


def test_what_abandoning_leaves_can_be_adopted(
    client: InfomaniakHeatClient, cloud: responses.RequestsMock
) -> None:
    data = {"template": TEMPLATE, "resources": {"v": {"resource_id": "r"}}, "environment": {"a": 1}}
    cloud.delete(f"{ONE}/abandon", json=data)
    cloud.post(STACKS, json=MADE, status=201)
    cloud.get(ONE, json=stack("ADOPT_IN_PROGRESS"))
    assert client.abandon_stack("s") == data
    assert client.adopt_stack("s", data).action == "ADOPT"
    number = next(n for n, call in enumerate(cloud.calls) if call.request.url == STACKS)
    body = body_of(cloud, number)
    assert body["environment"] == '{"a": 1}'
    assert '"resource_id": "r"' in body["adopt_stack_data"]
