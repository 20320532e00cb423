"""The compute client over HTTP: never two instances, what is asked of Nova, and what becomes of the answers."""

from __future__ import annotations

import base64
import json
import pickle
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses

from cloud.common.enums import InstanceState
from cloud.common.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    QuotaExceededError,
    ServiceUnavailableError,
    UnknownServiceError,
)
from cloud.infomaniak.compute._client import InfomaniakComputeClient
from cloud.infomaniak.compute._create import label_of
from cloud.infomaniak.compute._read import instance_of, key_pair_of, state_of
from cloud.infomaniak.compute._records import InstanceOptions
from unit.infomaniak.clouds import GLANCE, NEUTRON, NOVA, SAMPLES, body_of, client_of, login, sent

if TYPE_CHECKING:
    from collections.abc import Iterator

LOST = requests.exceptions.ConnectionError("Connection aborted.", ConnectionResetError(104, "reset"))
SMALL = "a1-ram2-disk20-perf1"
SERVER = SAMPLES["server"]["server"]
NONE: dict[str, Any] = {"servers": []}
FOUND = {"servers": [SERVER]}


@pytest.fixture
def cloud() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        login(mock)
        flavors = [
            {"id": "f-1", "name": SMALL, "vcpus": 1, "ram": 2048, "disk": 20},
            {"id": "f-2", "name": "large", "vcpus": 64, "ram": 2048, "disk": 0},
        ]
        mock.get(
            f"{NOVA}/flavors/detail",
            json={"flavors": flavors},
            match=[responses.matchers.query_param_matcher({"limit": "500"})],
        )
        mock.get(
            f"{NOVA}/flavors/detail",
            json={"flavors": []},
            match=[responses.matchers.query_param_matcher({"limit": "500", "marker": "f-2"})],
        )
        yield mock


@pytest.fixture
def client(cloud: responses.RequestsMock) -> InfomaniakComputeClient:
    made = client_of(InfomaniakComputeClient)
    made._pause = lambda seconds: None
    return made


def create(client: InfomaniakComputeClient, **further: Any) -> Any:
    return client.create_instance("web", SMALL, "image", networks=["net"], **further)


# -- never two -----------------------------------------------------------------------------------------------
def test_a_creation_is_marked_by_its_token(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{NOVA}/servers/detail", json=NONE)
    cloud.post(
        f"{NOVA}/servers", json={"server": {"id": SERVER["id"], "adminPass": "planted-pass"}}, status=202
    )
    cloud.get(f"{NOVA}/servers/{SERVER['id']}", json=SAMPLES["server_build"])
    made = create(client, token="order-17", user_data="#!/bin/sh\n", tags={"team": "blue"}, key_pair="k")
    assert (made.id, made.state) == (SERVER["id"], InstanceState.PENDING)
    assert "planted" not in repr(made) + repr(made.raw)
    body = next(
        json.loads(call.request.body) for call in cloud.calls if call.request.url == f"{NOVA}/servers"
    )
    assert body["server"] == {
        "name": "web",
        "flavorRef": "f-1",
        "imageRef": "image",
        "networks": [{"uuid": "net"}],
        "key_name": "k",
        "user_data": base64.b64encode(b"#!/bin/sh\n").decode(),
        "metadata": {"team": "blue"},
        "tags": [label_of("order-17")],
    }
    assert f"tags={label_of('order-17')}" in sent(cloud)[0]


def test_a_token_that_was_used_makes_nothing(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{NOVA}/servers/detail", json=FOUND)
    assert create(client, token="order-17").id == SERVER["id"]
    assert sent(cloud, "POST") == []


@pytest.mark.parametrize("lost", [pytest.param(LOST, id="reset"), pytest.param(504, id="gateway")])
def test_a_lost_answer_is_looked_for(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock, lost: Any
) -> None:
    """Nova shows the instance a while after the answer was lost; it is asked for one all the same."""
    for body in (NONE, NONE, NONE, FOUND):
        cloud.get(f"{NOVA}/servers/detail", json=body)
    if isinstance(lost, int):
        cloud.post(f"{NOVA}/servers", status=lost, body="<html>")
    else:
        cloud.post(f"{NOVA}/servers", body=lost)
    assert create(client).id == SERVER["id"]
    assert len(sent(cloud, "POST")) == 1
    labels = {line.partition("tags=")[2] for line in sent(cloud) if "/servers/detail" in line}
    assert len(labels) == 1


def test_what_does_not_show_up_is_not_asked_for_again(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{NOVA}/servers/detail", json=NONE)
    cloud.post(f"{NOVA}/servers", body=LOST)
    waited: list[float] = []
    client._pause = waited.append
    with pytest.raises(OutcomeUnknownError, match="has not shown up"):
        create(client)
    assert len(sent(cloud, "POST")) == 1
    assert len(waited) == 7


def test_what_was_refused_may_be_asked_again(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{NOVA}/servers/detail", json=NONE)
    cloud.post(f"{NOVA}/servers", status=503)
    cloud.post(f"{NOVA}/servers", json={"server": {"id": SERVER["id"]}}, status=202)
    cloud.get(f"{NOVA}/servers/{SERVER['id']}", json=SAMPLES["server"])
    assert create(client).id == SERVER["id"]
    assert len(sent(cloud, "POST")) == 2


def test_a_failed_look_afterwards_makes_no_second_one(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    for body in (NONE, FOUND):
        cloud.get(f"{NOVA}/servers/detail", json=body)
    cloud.post(f"{NOVA}/servers", json={"server": {"id": SERVER["id"]}}, status=202)
    cloud.get(f"{NOVA}/servers/{SERVER['id']}", body=LOST)
    assert create(client).id == SERVER["id"]
    assert len(sent(cloud, "POST")) == 1


@pytest.mark.parametrize(
    ("status", "error"), [(400, InvalidRequestError), (403, PermissionDeniedError), (413, QuotaExceededError)]
)
def test_a_refusal_is_an_error(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock, status: int, error: type[Exception]
) -> None:
    cloud.get(f"{NOVA}/servers/detail", json=NONE)
    cloud.get(f"{NOVA}/limits", json=SAMPLES["limits"])
    cloud.post(f"{NOVA}/servers", status=status, json={"badRequest": {"code": status, "message": "no"}})
    with pytest.raises(error):
        create(client)
    assert len(sent(cloud, "POST")) == 1


def test_a_full_quota_is_no_missing_right(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    """Nova answers both by 403 and one code."""
    absolute = SAMPLES["limits"]["limits"]["absolute"]
    full = {"limits": {"absolute": {**absolute, "totalInstancesUsed": absolute["maxTotalInstances"]}}}
    cloud.get(f"{NOVA}/servers/detail", json=NONE)
    cloud.get(f"{NOVA}/limits", json=full)
    cloud.post(f"{NOVA}/servers", status=403, json={"forbidden": {"code": 403, "message": "no"}})
    with pytest.raises(QuotaExceededError, match="instances"):
        create(client)
    assert len(sent(cloud, "POST")) == 1


def test_labels_of_tokens_are_labels() -> None:
    label = label_of("x" * 64)
    assert len(label) <= 60
    assert label != label_of("y" * 64)
    assert not set("/,") & set(label_of("a/b,c"))


def test_a_network_is_chosen_only_where_there_is_no_choice(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{NOVA}/servers/detail", json=NONE)
    cloud.get(f"{NEUTRON}/networks", json={"networks": [{"id": "b", "name": ""}, {"id": "a", "name": "up"}]})
    with pytest.raises(InvalidRequestError, match="2 networks") as caught:
        client.create_instance("web", SMALL, "image")
    assert caught.value.hint == "there are one (b), up (a)"
    cloud.replace(responses.GET, f"{NEUTRON}/networks", json={"networks": []})
    with pytest.raises(InvalidRequestError, match=r"0 networks.*make one first"):
        client.create_instance("web", SMALL, "image")
    assert sent(cloud, "POST") == []


def test_a_volume_to_start_from(client: InfomaniakComputeClient, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{NOVA}/servers/detail", json=NONE)
    cloud.post(f"{NOVA}/servers", json={"server": {"id": SERVER["id"]}}, status=202)
    cloud.get(f"{NOVA}/servers/{SERVER['id']}", json=SAMPLES["server"])
    options = InstanceOptions(
        boot_volume_gib=30, boot_volume_type="fast", server_group_id="g", port_ids=("p",), labels=("l",)
    )
    client.create_instance("web", SMALL, "image", options=options)
    body = next(
        json.loads(call.request.body) for call in cloud.calls if call.request.url == f"{NOVA}/servers"
    )
    assert body["os:scheduler_hints"] == {"group": "g"}
    assert "imageRef" not in body["server"]
    assert body["server"]["networks"] == [{"port": "p"}]
    assert "l" in body["server"]["tags"]
    assert body["server"]["block_device_mapping_v2"] == [
        {
            "boot_index": 0,
            "source_type": "image",
            "destination_type": "volume",
            "uuid": "image",
            "volume_size": 30,
            "volume_type": "fast",
            "delete_on_termination": True,
        }
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"boot_volume_gib": 1, "boot_volume_id": "v"},
        {"boot_volume_gib": 0},
        {"boot_volume_type": "fast"},
        {"labels": ("a,b",)},
        {"labels": ("x" * 61,)},
    ],
)
def test_options_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        InstanceOptions(**wrong)


# -- reading ---------------------------------------------------------------------------------------------------
def test_an_instance() -> None:
    found = instance_of(SERVER, "dc3-a")
    assert (found.state, found.raw_state, found.instance_type) == (InstanceState.RUNNING, "ACTIVE", SMALL)
    assert dict(found.tags) == {"a": "b"}
    assert found.private_addresses[0].startswith("10.91.0.")
    assert found.public_addresses == ()
    floating = {
        **SERVER,
        "addresses": {
            "n": [
                {"addr": "10.0.0.5", "version": 4, "OS-EXT-IPS:type": "fixed"},
                {"addr": "203.0.113.9", "version": 4, "OS-EXT-IPS:type": "floating"},
                {"addr": "2a00::1", "version": 6, "OS-EXT-IPS:type": "fixed"},
            ]
        },
        "image": "",
        "fault": {"message": "No valid host", "code": 500},
        "status": "ERROR",
    }
    found = instance_of(floating, None)
    assert found.public_addresses == ("203.0.113.9", "2a00::1")
    assert (found.image_id, found.state_reason, found.state) == (None, "No valid host", InstanceState.ERROR)


@pytest.mark.parametrize(
    ("status", "task", "state"),
    [
        ("ACTIVE", None, InstanceState.RUNNING),
        ("ACTIVE", "powering-off", InstanceState.STOPPING),
        ("ACTIVE", "image_snapshot", InstanceState.RUNNING),
        ("ACTIVE", "deleting", InstanceState.TERMINATING),
        ("SHUTOFF", None, InstanceState.STOPPED),
        ("SHUTOFF", "powering-on", InstanceState.PENDING),
        ("REBOOT", "rebooting", InstanceState.PENDING),
        ("SUSPENDED", None, InstanceState.PAUSED),
        ("SHELVED_OFFLOADED", None, InstanceState.STOPPED),
        ("VERIFY_RESIZE", None, InstanceState.RUNNING),
        ("SOFT_DELETED", None, InstanceState.TERMINATED),
        ("FROM_THE_FUTURE", None, InstanceState.UNKNOWN),
    ],
)
def test_states(status: str, task: str | None, state: InstanceState) -> None:
    assert state_of({"status": status, "OS-EXT-STS:task_state": task}) is state


def test_private_keys_are_hidden() -> None:
    pair = key_pair_of(SAMPLES["keypair"]["keypair"])
    assert pair.private_key is not None
    assert "planted" in pair.private_key.reveal()
    for shown in (repr(pair), str(pair.to_dict()), repr(pair.raw)):
        assert "planted" not in shown
    assert b"planted" not in pickle.dumps(pair)


def test_nova_is_asked_what_it_can_be_asked(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{NOVA}/servers/detail", json=NONE)
    client.list_instances(name="web 1", states=[InstanceState.RUNNING])
    assert "name=%5Eweb+1%24" in sent(cloud)[-1]
    assert sent(cloud)[-1].count("status=") == 5
    client.list_instances(name="a.b*", states=[InstanceState.STOPPING], tags={"x": "y"})
    assert "name=" not in sent(cloud)[-1]
    assert "status=" not in sent(cloud)[-1]
    client.list_instances(filters={"flavor": [SMALL], "tags": ["a", "b"]})
    assert "flavor=f-1" in sent(cloud)[-1]
    assert "tags=a%2Cb" in sent(cloud)[-1]
    before = len(sent(cloud))
    with pytest.raises(InvalidRequestError, match="would ignore"):
        client.list_instances(filters={"colour": ["red"]})
    with pytest.raises(NotFoundError, match="no flavor"):
        client.list_instances(filters={"flavor": ["none such"]})
    assert not [line for line in sent(cloud)[before:] if "/servers" in line]


def test_what_nova_answers_is_compared_again(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(
        f"{NOVA}/servers/detail", json={"servers": [SERVER, {**SERVER, "id": "other", "name": "sample2"}]}
    )
    assert [item.id for item in client.list_instances(name="sample")] == [SERVER["id"]]
    assert client.list_instances(tags={"a": "c"}) == []


def test_listings_follow_the_links(client: InfomaniakComputeClient, cloud: responses.RequestsMock) -> None:
    link = [{"rel": "next", "href": f"{NOVA}/servers/detail?marker={SERVER['id']}"}]
    cloud.get(f"{NOVA}/servers/detail", json={**FOUND, "servers_links": link})
    cloud.get(f"{NOVA}/servers/detail", json={"servers": [{**SERVER, "id": "second"}]})
    assert [item.id for item in client.list_instances()] == [SERVER["id"], "second"]
    assert f"marker={SERVER['id']}" in sent(cloud)[1]
    cloud.get(f"{NOVA}/os-keypairs", json={"something": []})
    with pytest.raises(ServiceUnavailableError):
        client.list_key_pairs()


def test_a_listing_that_does_not_go_on_is_no_endless_one(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{NOVA}/os-keypairs", json={"keypairs": [SAMPLES["keypair"]]})  # whatever the marker
    with pytest.raises(UnknownServiceError, match="same page token"):
        client.list_key_pairs()
    assert len(sent(cloud)) == 2


# -- changing --------------------------------------------------------------------------------------------------
def status(word: str, task: str | None = None) -> dict[str, Any]:
    return {"server": {**SERVER, "status": word, "OS-EXT-STS:task_state": task}}


def test_actions_are_sent_once(client: InfomaniakComputeClient, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{NOVA}/servers/i", json=status("ACTIVE"))
    cloud.post(f"{NOVA}/servers/i/action", body=LOST)
    for call in (
        lambda: client.pause_instance("i"),
        lambda: client.reboot_instance("i", force=True),
        lambda: client.resize_instance("i", "large"),
        lambda: client.rebuild_instance("i", "image"),
        lambda: client.snapshot_instance("i", "copy"),
        lambda: client.rescue_instance("i"),
    ):
        before = len(sent(cloud, "POST"))
        with pytest.raises(OutcomeUnknownError):
            call()
        assert len(sent(cloud, "POST")) == before + 1


def test_there_is_nothing_to_do_where_it_is_so(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{NOVA}/servers/i", json=status("PAUSED"))
    assert client.pause_instance("i") is False
    assert sent(cloud, "POST") == []
    with pytest.raises(ConflictError, match="PAUSED"):
        client.resize_instance("i", "large", dry_run=True)


def test_conflicts(client: InfomaniakComputeClient, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{NOVA}/servers/i", json=status("SHUTOFF"))
    cloud.post(f"{NOVA}/servers/i/action", json=SAMPLES["error_nova_conflict"], status=409)
    with pytest.raises(ConflictError) as caught:
        client.unpause_instance("i")
    assert caught.value.provider_code == "conflictingRequest"
    cloud.get(f"{NOVA}/servers/none", json=SAMPLES["error_nova_not_found"], status=404)
    with pytest.raises(NotFoundError):
        client.get_instance("none")


def test_a_resize_over_the_quota(client: InfomaniakComputeClient, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{NOVA}/servers/i", json=status("ACTIVE"))
    cloud.get(f"{NOVA}/limits", json=SAMPLES["limits"])
    with pytest.raises(QuotaExceededError, match="cores") as caught:
        client.resize_instance("i", "large", dry_run=True)
    assert (caught.value.operation, caught.value.resource) == ("resize_instance", "i")
    with pytest.raises(NotFoundError, match="no flavor"):
        client.resize_instance("i", "none such")


@pytest.mark.parametrize(
    "flavor",
    [
        {"id": "f", "name": "tiny"},
        {"id": "f", "vcpus": 1, "ram": 1, "disk": 1},
        {"id": "f", "name": "tiny", "vcpus": [], "ram": 1, "disk": 1},
        "tiny",
    ],
)
def test_a_flavor_that_cannot_be_read_is_a_broken_answer(flavor: object) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as cloud:
        login(cloud)
        cloud.get(f"{NOVA}/servers/detail", json=NONE)
        cloud.get(f"{NOVA}/servers/i", json=status("ACTIVE"))
        cloud.get(f"{NOVA}/flavors/detail", json={"flavors": [flavor]})
        client = client_of(InfomaniakComputeClient)
        for call in (
            lambda: client.get_flavor("tiny"),
            lambda: client.resize_instance("i", "tiny"),
            lambda: client.resize_instance("i", "tiny", dry_run=True),
            lambda: create(client),
            lambda: create(client, dry_run=True),
        ):
            with pytest.raises(ServiceUnavailableError, match="protocol says") as caught:
                call()
            assert caught.value.operation


def test_an_image_that_is_not_found_says_of_which_call_it_was(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{GLANCE}/images", json={"images": []})
    with pytest.raises(NotFoundError) as caught:
        client.find_image("none such")
    assert (caught.value.operation, caught.value.resource) == ("find_image", "none such")


def test_passwords_and_user_data_stay_out_of_sight(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{NOVA}/servers/i", json=status("ACTIVE"))
    cloud.post(f"{NOVA}/servers/i/action", json={"adminPass": "planted-pass"})
    access = client.rescue_instance("i")
    assert access.admin_password is not None
    assert access.admin_password.reveal() == "planted-pass"
    assert "planted" not in repr(access) + str(access.to_dict())
    assert b"planted" not in pickle.dumps(access)
    cloud.get(f"{GLANCE}/images/image", json=SAMPLES["image"])
    plan = client.rebuild_instance("i", "image", user_data="planted words", dry_run=True)
    assert "planted" not in repr(plan)
    assert plan.changes["user_data_bytes"] == 13


def test_wait_for_status_bears_with_what_is_being_done(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    for body in (status("ACTIVE", "suspending"), status("SUSPENDED", "suspending"), status("SUSPENDED")):
        cloud.get(f"{NOVA}/servers/i", json=body)
    seen: list[str] = []
    found = client.wait_for_status("i", ["SUSPENDED"], progress=lambda item: seen.append(item.raw_state))
    assert found is not None
    assert seen == ["ACTIVE", "SUSPENDED", "SUSPENDED"]


def test_ephemeral_ends_what_a_lost_answer_left(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    """Ctrl-C while Nova's answer is awaited: what was made all the same is terminated."""
    for body in (NONE, FOUND):
        cloud.get(f"{NOVA}/servers/detail", json=body)

    def interrupt(_request: object) -> tuple[int, dict[str, str], str]:
        raise KeyboardInterrupt

    cloud.add_callback(responses.POST, f"{NOVA}/servers", callback=interrupt)
    cloud.get(f"{NOVA}/servers/{SERVER['id']}", json=SAMPLES["server"])
    cloud.delete(f"{NOVA}/servers/{SERVER['id']}", status=204)
    with (
        pytest.raises(KeyboardInterrupt),
        client.ephemeral("web", SMALL, "image", networks=["net"]),
    ):
        pytest.fail("nothing was made")
    assert len(sent(cloud, "DELETE")) == 1


def test_sweep_takes_what_is_old_enough(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(
        f"{NOVA}/servers/detail",
        json={
            "servers": [
                {**SERVER, "created": "2020-01-01T00:00:00Z"},
                {**SERVER, "id": "young", "created": "2125-01-01T00:00:00Z"},
                {
                    **SERVER,
                    "id": "going",
                    "created": "2020-01-01T00:00:00Z",
                    "OS-EXT-STS:task_state": "deleting",
                },
            ]
        },
    )
    cloud.get(f"{NOVA}/servers/{SERVER['id']}", json=SAMPLES["server"])
    cloud.delete(f"{NOVA}/servers/{SERVER['id']}", status=204)
    plan = client.sweep("nightly", timedelta(hours=1), dry_run=True)
    assert plan.changes == {"terminate": [SERVER["id"]]}
    assert sent(cloud, "DELETE") == []
    assert [item.id for item in client.sweep("nightly", timedelta(hours=1))] == [SERVER["id"]]
    assert "tags=nightly" in sent(cloud)[0]
    with pytest.raises(InvalidRequestError):
        client.sweep("nightly", timedelta(hours=-1))


def test_labels_keep_the_mark_of_the_creation(
    client: InfomaniakComputeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{NOVA}/servers/i/tags", json={"tags": ["cloud-token-abc", "old"]})
    cloud.put(f"{NOVA}/servers/i/tags", json={"tags": ["cloud-token-abc", "new"]})
    assert client.set_labels("i", ["new"]) == ("cloud-token-abc", "new")
    assert body_of(cloud) == {"tags": ["cloud-token-abc", "new"]}


def test_all_pages_of_server_groups(client: InfomaniakComputeClient, cloud: responses.RequestsMock) -> None:
    group = {"id": "g", "name": "g", "policy": "affinity", "members": []}
    for found in ([group, {**group, "id": "h"}], [{**group, "id": "i"}], []):
        cloud.get(f"{NOVA}/os-server-groups", json={"server_groups": found})
    assert [item.id for item in client.list_server_groups(page_size=2)] == ["g", "h", "i"]
    assert [line.partition("offset=")[2] for line in sent(cloud)] == ["", "2", "3"]
