"""``cloud stack`` over HTTP: what is printed and sent, the events on the way, and why a stack failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import responses

from unit.cli.logins import logged_in
from unit.infomaniak.clouds import sent
from unit.infomaniak.test_heat import HEAT, MADE, ONE, STACKS, event, resource, stack, with_events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from unit.cli.conftest import Run

TEMPLATE = 'heat_template_version: "2018-08-31"\nresources:\n  v: {type: OS::Heat::Value}\n'


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    with logged_in(monkeypatch, orchestration=HEAT) as mock:
        for name in ("s", "id-1"):  # Heat sends whoever asks for a name or an id alone to the whole path
            mock.get(f"{STACKS}/{name}", status=302, headers={"Location": ONE}, body="<html>302</html>")
        missing = {"error": {"type": "EntityNotFound", "message": "The Stack (none) could not be found."}}
        mock.get(f"{STACKS}/none", status=404, json=missing)
        yield mock


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "t.yaml"
    path.write_text(TEMPLATE)
    return path


def happening(
    cloud: responses.RequestsMock, method: str, after: str, *events: dict[str, Any]
) -> list[dict[str, Any]]:
    """Let Heat tell of `events`, and of one more with the status `after` once it was asked to act by `method`."""
    found = list(events)

    def act(request: Any) -> tuple[int, dict[str, str], str]:
        del request  # whatever it asks for
        found.append(event(len(found) + 1, after))
        return 202, {}, ""

    def tell(request: Any) -> tuple[int, dict[str, str], str]:
        query: dict[str, str] = request.params
        seen = [each["id"] for each in found]
        first = seen.index(query["marker"]) + 1 if "marker" in query else 0
        told = found[first:] if query["sort_dir"] == "asc" else found[-1:]
        return 200, {}, json.dumps({"events": told})

    cloud.add_callback(method, ONE, act)
    cloud.add_callback(responses.GET, f"{ONE}/events", tell)
    return found


def posted(cloud: responses.RequestsMock, url: str = STACKS) -> list[Any]:
    """Return what was posted to `url`."""
    calls = [
        call.request for call in cloud.calls if call.request.url == url and call.request.method == "POST"
    ]
    return [json.loads(call.body or "null") for call in calls]


# -- looking ---------------------------------------------------------------------------------------------------
def test_stacks_are_listed(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.get(STACKS, json={"stacks": [stack()["stack"]]})
    ran = run("stack", "list", "--name", "s", "--status", "CREATE_COMPLETE", "--tag", "blue")
    assert ran.lines == ["s\tCREATE_COMPLETE\t2026-11-28T17:51:09Z\t-"]
    for part in ("name=s", "status=CREATE_COMPLETE", "tags=blue"):
        assert part in sent(cloud)[0]
    (record,) = run("stack", "list", "--json").records
    assert record["id"] == "id-1"


def test_a_stack_is_shown(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.get(ONE, json=stack(parameters={"hidden": "******"}))
    lines = run("stack", "show", "s").lines
    assert "status\tCREATE_COMPLETE" in lines
    assert "parameters hidden\t******" in lines
    ran = run("stack", "show", "none")
    assert ran.code == 4
    assert "The Stack (none) could not be found" in ran.err


def test_outputs(run: Run, cloud: responses.RequestsMock) -> None:
    outputs = [
        {"output_key": "address", "output_value": "192.0.2.7"},
        {"output_key": "ports", "output_value": [80, 443]},
    ]
    cloud.get(ONE, json=stack(outputs=outputs))
    assert run("stack", "outputs", "s").lines == ["address\t192.0.2.7", "ports\t[80, 443]"]
    assert run("stack", "outputs", "s", "--json").json == {"address": "192.0.2.7", "ports": [80, 443]}
    assert run("stack", "outputs", "s", "address").out == b"192.0.2.7\n"
    assert run("stack", "outputs", "s", "ports", "--json").json == [80, 443]
    ran = run("stack", "outputs", "s", "adress")
    assert ran.code == 4
    assert "it has address, ports" in ran.err


def test_an_output_that_failed_is_an_error_beside_the_others(run: Run, cloud: responses.RequestsMock) -> None:
    outputs = [
        {"output_key": "good", "output_value": "g"},
        {"output_key": "bad", "output_value": None, "output_error": "no such attribute"},
    ]
    cloud.get(ONE, json=stack(outputs=outputs))
    ran = run("stack", "outputs", "s")
    assert (ran.code, ran.lines) == (6, ["good\tg"])
    assert "'bad' (no such attribute)" in ran.err
    assert run("stack", "outputs", "s", "bad").code == 6
    assert run("stack", "outputs", "s", "good").code == 0


def test_resources_and_events(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{ONE}/resources", json={"resources": [resource("v", "CREATE_COMPLETE", physical="p")]})
    assert run("stack", "resources", "s").lines == ["v\tOS::Heat::Value\tCREATE_COMPLETE\tp"]
    assert run("stack", "resources", "s", "--nested", "2").lines == [
        "s\tv\tOS::Heat::Value\tCREATE_COMPLETE\tp"
    ]
    assert sent(cloud)[-1].endswith("nested_depth=2")
    happened = event(1, "CREATE_FAILED", "v", resource_status_reason="No host.\nAsk again")
    with_events(cloud, happened)
    line = "2026-11-28T17:51:01Z\tv\tCREATE_FAILED\tNo host. Ask again"
    assert run("stack", "events", "s").lines == [line]
    assert run("stack", "events", "s", "--json").records[0]["status_reason"] == "No host.\nAsk again"
    cloud.get(ONE, json=stack("CREATE_FAILED"))
    assert run("stack", "events", "s", "--follow").lines == [line]
    assert run("stack", "events", "s", "--follow", "--resource", "v").code == 2


def test_events_of_one_resource_come_in_one_page(run: Run, cloud: responses.RequestsMock) -> None:
    where = f"{ONE}/resources/v/events"
    cloud.get(where, json={"events": [event(1, "CREATE_COMPLETE", "v")]})
    # Heat's word for the page after the last one.
    cloud.get(where, json={"error": {"type": "HTTPNotFound", "message": "No events found"}}, status=404)
    assert run("stack", "events", "s", "--resource", "v").lines == [
        "2026-11-28T17:51:01Z\tv\tCREATE_COMPLETE\tstate changed"
    ]


# -- templates -------------------------------------------------------------------------------------------------
def test_templates_are_validated_and_previewed(
    run: Run, cloud: responses.RequestsMock, template: Path
) -> None:
    parameters = {"n": {"Type": "Number", "Description": "how many", "NoEcho": "false", "Default": 2}}
    cloud.post(f"{HEAT}/validate", json={"Description": "d", "Parameters": parameters})
    assert run("stack", "validate", template).lines == ["n\tNumber\tno\t2\thow many"]
    assert run("stack", "validate", "-", stdin=TEMPLATE.encode()).code == 0
    assert posted(cloud, f"{HEAT}/validate")[0] == posted(cloud, f"{HEAT}/validate")[1]
    found = [resource("v", "COMPLETE", resource_action="INIT")]
    cloud.post(f"{STACKS}/preview", json={"stack": {"resources": found}})
    ran = run("stack", "preview", "s", template, "--parameter", "n=3")
    assert ran.lines == ["v\tOS::Heat::Value"]
    assert posted(cloud, f"{STACKS}/preview")[0]["parameters"] == {"n": "3"}


def test_templates_that_cannot_be_read_send_nothing(
    run: Run, cloud: responses.RequestsMock, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("resources: {}")
    for path, word in ((tmp_path / "none.yaml", "No such file"), (bad, "heat_template_version")):
        ran = run("stack", "create", "s", path)
        assert ran.code == 2
        assert word in ran.err
    assert run("stack", "create", "s", bad, "--parameter", "n").code == 2
    assert sent(cloud) == []


# -- making, changing, deleting --------------------------------------------------------------------------------
def test_a_plan_makes_nothing(run: Run, cloud: responses.RequestsMock, template: Path) -> None:
    cloud.get(STACKS, json={"stacks": []})
    found = [resource("v", "COMPLETE", resource_action="INIT")]
    cloud.post(f"{STACKS}/preview", json={"stack": {"resources": found}})
    ran = run("stack", "create", "s", template, "--parameter", "password=planted", "--dry-run")
    assert (ran.code, ran.out) == (0, b"")
    assert "would create stack s\n" in ran.err
    assert "  parameters: password\n" in ran.err
    assert "checked: Heat accepts it: v (OS::Heat::Value)" in ran.err
    assert "planted" not in ran.err
    assert posted(cloud) == []


def test_a_stack_is_made_and_its_events_are_told(
    run: Run, cloud: responses.RequestsMock, template: Path, tmp_path: Path
) -> None:
    environment = tmp_path / "e.yaml"
    environment.write_text("parameters: {n: 2}")
    cloud.post(STACKS, json=MADE, status=201)
    cloud.get(ONE, json=stack())
    with_events(
        cloud,
        event(1, "CREATE_IN_PROGRESS", resource_status_reason="Stack CREATE started"),
        event(2, "CREATE_COMPLETE", "v"),
    )
    options = ("--parameter", "m=1", "-e", environment, "--tag", "a", "--give-up", "5", "--rollback")
    ran = run("stack", "create", "s", template, *options, "--wait")
    assert (ran.code, ran.lines) == (0, ["id-1"])
    assert ran.err == "s: CREATE_IN_PROGRESS (Stack CREATE started)\nv: CREATE_COMPLETE\n"
    (body,) = posted(cloud)
    assert (body["parameters"], body["tags"], body["timeout_mins"]) == ({"m": "1"}, "a", 5)
    assert body["disable_rollback"] is False
    assert json.loads(body["environment"]) == {"parameters": {"n": 2}}


def test_a_stack_that_fails_has_its_id_out_and_the_innermost_reason(
    run: Run, cloud: responses.RequestsMock, template: Path
) -> None:
    cloud.post(STACKS, json=MADE, status=201)
    cloud.get(ONE, json=stack("CREATE_FAILED"))
    with_events(cloud, event(1, "CREATE_FAILED", resource_status_reason="Resource CREATE failed: group"))
    found = [
        resource("group", "CREATE_FAILED", "resources.group: repeated", physical="id-2"),
        resource("vm", "CREATE_FAILED", "No valid host", inside=f"{STACKS}/s-group-x/id-2"),
    ]
    cloud.get(f"{ONE}/resources", json={"resources": found})
    ran = run("stack", "create", "s", template, "--wait")
    assert (ran.code, ran.lines) == (1, ["id-1"])
    told, error = ran.err.splitlines()
    assert told == "s: CREATE_FAILED"
    assert "CREATE_FAILED: s-group-x/vm (OS::Heat::Value): No valid host; s/group" in error
    assert len(posted(cloud)) == 1


def test_an_update_tells_only_its_own_events(run: Run, cloud: responses.RequestsMock) -> None:
    happening(cloud, responses.PATCH, "UPDATE_COMPLETE", event(1, "CREATE_COMPLETE"))
    cloud.get(ONE, json=stack("UPDATE_COMPLETE"))
    ran = run("stack", "update", "s", "--parameter", "n=2", "--clear-parameter", "m", "--wait")
    assert (ran.code, ran.lines, ran.err) == (0, ["id-1"], "s: UPDATE_COMPLETE\n")
    patch = next(call.request for call in cloud.calls if call.request.method == "PATCH")
    assert json.loads(patch.body) == {"existing": True, "parameters": {"n": "2"}, "clear_parameters": ["m"]}
    assert run("stack", "update", "s").code == 2


def test_an_update_is_previewed(run: Run, cloud: responses.RequestsMock) -> None:
    answer = {"resource_changes": {"replaced": [{"resource_name": "v"}], "unchanged": []}}
    cloud.patch(f"{ONE}/preview", json=answer)
    ran = run("stack", "update", "s", "--parameter", "n=2", "-n")
    assert ran.code == 0
    assert "checked: replaced v" in ran.err
    assert f"PATCH {ONE}" not in sent(cloud)


def test_actions(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.get(ONE, json=stack("SUSPEND_COMPLETE"))
    assert "the stack is SUSPEND_COMPLETE" in run("stack", "resume", "s", "-n").err
    assert posted(cloud, f"{ONE}/actions") == []
    for number, action in enumerate(("suspend", "resume", "check")):
        cloud.get(f"{ONE}/events", json={"events": [event(number, "X")]})  # before
        cloud.get(f"{ONE}/events", json={"events": [event(number + 1, "X")]})  # after
        cloud.post(f"{ONE}/actions", status=202)
        assert run("stack", action, "s").lines == ["id-1"]
        assert posted(cloud, f"{ONE}/actions")[-1] == {action: None}


def test_a_stack_is_deleted_and_watched(run: Run, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{ONE}/resources", json={"resources": [resource("v", "CREATE_COMPLETE")]})
    ran = run("stack", "delete", "none", "--force")
    assert (ran.code, ran.out) == (0, b"")
    assert run("stack", "delete", "none").code == 4
    for _ in range(2):  # once for each command that still finds it
        cloud.get(ONE, json=stack())
    assert "it has v (OS::Heat::Value)" in run("stack", "delete", "s", "--dry-run").err
    cloud.get(ONE, json=stack("DELETE_COMPLETE", deletion_time="2026-11-28T21:06:31Z"))
    happening(cloud, responses.DELETE, "DELETE_COMPLETE", event(1, "CREATE_COMPLETE"))
    ran = run("stack", "delete", "s", "--wait")
    assert (ran.code, ran.lines, ran.err) == (0, ["id-1"], "s: DELETE_COMPLETE\n")
    assert [line for line in sent(cloud) if line.startswith("DELETE")] == [f"DELETE {ONE}"]
    again = run("stack", "delete", "id-1")
    assert again.code == 4
    assert "no stack 'id-1' any more" in again.err
