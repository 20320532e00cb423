"""The network client over HTTP: what is sent, how often, and what becomes of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses

from cloud.common.enums import ResourceType
from cloud.common.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    ServiceUnavailableError,
    TimeoutError_,
)
from cloud.infomaniak._errors import ResourceFailedError
from cloud.infomaniak.network._balancer_read import (
    health_monitor_of,
    l7_policy_of,
    l7_rule_of,
    listener_of,
    load_balancer_of,
    member_of,
    pool_of,
    statistics_of,
)
from cloud.infomaniak.network._client import InfomaniakNetworkClient
from cloud.infomaniak.network._read import port_of
from unit.infomaniak.clouds import NEUTRON, OCTAVIA, SAMPLES, body_of, client_of, login, sent

if TYPE_CHECKING:
    from collections.abc import Iterator

LOST = requests.exceptions.ConnectionError("Connection aborted.", ConnectionResetError(104, "reset"))
EMPTY_PAGE: dict[str, Any] = {"networks": []}


@pytest.fixture
def cloud() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        login(mock)
        yield mock


@pytest.fixture
def client(cloud: responses.RequestsMock) -> InfomaniakNetworkClient:
    return client_of(InfomaniakNetworkClient)


def test_records_have_what_the_service_said(
    client: InfomaniakNetworkClient, cloud: responses.RequestsMock
) -> None:
    data = SAMPLES["network"]["network"]
    cloud.get(f"{NEUTRON}/networks/{data['id']}", json=SAMPLES["network"])
    found = client.get_network(data["id"])
    assert (found.id, found.name, found.status, found.mtu) == (data["id"], "sample", "ACTIVE", data["mtu"])
    assert found["name"] == "sample"
    assert found.to_dict()["created_at"].endswith("+00:00")
    assert found.raw == data
    port = port_of(SAMPLES["port"]["port"])
    assert port.fixed_addresses[0].ip_address.startswith("10.91.0.")


def test_records_of_octavia() -> None:
    balancer = load_balancer_of(SAMPLES["loadbalancer_active"]["loadbalancer"])
    assert (balancer.provisioning_status, balancer.driver) == ("ACTIVE", "amphora")
    assert balancer.created_at is not None
    assert balancer.created_at.utcoffset() is not None
    assert listener_of(SAMPLES["listener"]["listener"]).load_balancer_ids == (balancer.id,)
    assert pool_of(SAMPLES["pool"]["pool"]).lb_algorithm == "ROUND_ROBIN"
    assert member_of("p", SAMPLES["member"]["member"]).port == 8080
    assert health_monitor_of(SAMPLES["health_monitor"]["healthmonitor"]).timeout_seconds == 3
    assert l7_policy_of(SAMPLES["l7_policy"]["l7policy"]).action == "REJECT"
    assert l7_rule_of("p", SAMPLES["l7_rule"]["rule"]).value == "/x"
    assert statistics_of(SAMPLES["stats"]["stats"]).bytes_in == 0


def test_only_what_was_given_is_sent(client: InfomaniakNetworkClient, cloud: responses.RequestsMock) -> None:
    cloud.post(f"{NEUTRON}/networks", json=SAMPLES["network"], status=201)
    client.create_network("größe")
    assert body_of(cloud) == {"network": {"name": "größe"}}
    cloud.post(f"{NEUTRON}/subnets", json=SAMPLES["subnet"], status=201)
    client.create_subnet("net", "s", "2001:db8::/64", has_gateway=False)
    assert body_of(cloud)["subnet"] == {
        "network_id": "net",
        "name": "s",
        "cidr": "2001:db8::/64",
        "ip_version": 6,
        "enable_dhcp": True,
        "gateway_ip": None,
    }
    cloud.post(f"{NEUTRON}/security-group-rules", json=SAMPLES["security_group_rule"], status=201)
    client.add_security_group_rule("g", protocol="tcp", port_range_min=80)
    assert body_of(cloud)["security_group_rule"] == {
        "security_group_id": "g",
        "direction": "ingress",
        "protocol": "tcp",
        "port_range_min": 80,
        "port_range_max": 80,
        "ethertype": "IPv4",
    }


def test_listings_follow_the_links(client: InfomaniakNetworkClient, cloud: responses.RequestsMock) -> None:
    page = SAMPLES["ports_page"]
    assert page["ports_links"], "the real service links the next page"
    last = {"ports": [SAMPLES["port"]["port"]]}
    cloud.get(f"{NEUTRON}/ports", json=page)
    cloud.get(f"{NEUTRON}/ports", json=last)
    assert [found.id for found in client.list_ports(network_id="n")] == [
        page["ports"][0]["id"],
        last["ports"][0]["id"],
    ]
    first, second = sent(cloud)
    assert "network_id=n" in first
    assert f"marker={page['ports'][0]['id']}" in second


def test_a_page_that_fails_is_no_end(client: InfomaniakNetworkClient, cloud: responses.RequestsMock) -> None:
    page = SAMPLES["ports_page"]
    cloud.get(f"{NEUTRON}/ports", json=page)
    for _ in range(5):
        cloud.get(f"{NEUTRON}/ports", status=503)
    seen = []
    with pytest.raises(ServiceUnavailableError) as caught:
        seen.extend(client.list_ports())
    assert caught.value.resume_token == page["ports"][0]["id"]
    cloud.reset()
    login(cloud)
    cloud.get(f"{NEUTRON}/networks", json={"something": []})
    with pytest.raises(ServiceUnavailableError, match="no list"):
        client.list_networks().to_list()
    cloud.get(f"{NEUTRON}/routers", body="<html>log in</html>")
    with pytest.raises(ServiceUnavailableError):
        client.list_routers().to_list()


def test_a_creation_is_sent_once(client: InfomaniakNetworkClient, cloud: responses.RequestsMock) -> None:
    cloud.post(f"{NEUTRON}/networks", body=LOST)
    with pytest.raises(OutcomeUnknownError) as caught:
        client.create_network("n")
    assert len(sent(cloud, "POST")) == 1
    assert (caught.value.operation, caught.value.resource) == ("create_network", "n")


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_that_gave_up_says_nothing(
    client: InfomaniakNetworkClient, cloud: responses.RequestsMock, status: int
) -> None:
    cloud.post(f"{NEUTRON}/floatingips", status=status, body="<html>bad gateway</html>")
    with pytest.raises(OutcomeUnknownError):
        client.allocate_floating_ip("net")
    assert len(sent(cloud, "POST")) == 1


def test_a_router_interface_is_sent_once(
    client: InfomaniakNetworkClient, cloud: responses.RequestsMock
) -> None:
    cloud.put(f"{NEUTRON}/routers/r/add_router_interface", body=LOST)
    with pytest.raises(OutcomeUnknownError):
        client.add_router_interface("r", "s")
    assert len(sent(cloud, "PUT")) == 1


def test_what_may_be_repeated_is(client: InfomaniakNetworkClient, cloud: responses.RequestsMock) -> None:
    cloud.put(f"{NEUTRON}/networks/n", body=LOST)
    cloud.put(f"{NEUTRON}/networks/n", json=SAMPLES["network"])
    assert client.update_network("n", name="x").name == "sample"
    assert len(sent(cloud, "PUT")) == 2
    cloud.delete(f"{NEUTRON}/networks/n", body=LOST)
    cloud.delete(f"{NEUTRON}/networks/n", status=204)
    assert client.delete_network("n") is True


def test_errors_by_code(client: InfomaniakNetworkClient, cloud: responses.RequestsMock) -> None:
    cloud.post(f"{NEUTRON}/security-group-rules", json=SAMPLES["error_rule_exists"], status=409)
    with pytest.raises(AlreadyExistsError) as caught:
        client.add_security_group_rule("g", protocol="tcp", port_range_min=80)
    assert caught.value.provider_code == "SecurityGroupRuleExists"
    cloud.get(f"{NEUTRON}/networks/n", json=SAMPLES["error_network_not_found"], status=404)
    with pytest.raises(NotFoundError):
        client.get_network("n")
    cloud.delete(f"{NEUTRON}/networks/n", json=SAMPLES["error_network_not_found"], status=404)
    assert client.delete_network("n") is False


def test_wrong_arguments_send_nothing(client: InfomaniakNetworkClient, cloud: responses.RequestsMock) -> None:
    for call in (
        lambda: client.get_network(""),
        lambda: client.get_network(".."),
        lambda: client.update_network("n"),
        lambda: client.set_tags("colours", "n", []),
        lambda: client.create_router("r", is_snat_enabled=True),
        lambda: client.add_router_interface("r"),
        lambda: client.add_router_interface("r", "s", port_id="p"),
        lambda: client.add_routes("r", []),
        lambda: client.create_listener("b", "n", "GOPHER", 70),
        lambda: client.create_listener("b", "n", "HTTP", 70_000),
        lambda: client.create_pool("p", "HTTP"),
        lambda: client.create_pool("p", "HTTP", "BY_MOOD", "l"),
        lambda: client.add_pool_member("p", "10.0.0.1", 80, 257),
        lambda: client.create_health_monitor("p", "HTTP", 3, 3),
        lambda: client.create_health_monitor("p", "HTTP", 5, 3, 11),
        lambda: client.create_l7_policy("l", "REJECT", redirect_url="http://x"),
        lambda: client.create_l7_policy("l", "REDIRECT_TO_URL"),
        lambda: client.add_l7_rule("p", "HEADER", "EQUAL_TO", "v"),
        lambda: client.add_l7_rule("p", "PATH", "EQUAL_TO", "v", key="k"),
        lambda: client.create_port_forwarding("f", 0, "p", "10.0.0.1", 80),
        lambda: client.create_port_forwarding("f", 80, "p", "10.0.0.1", 80, "icmp"),
    ):
        with pytest.raises(InvalidRequestError):
            call()
    assert sent(cloud) == []


def test_a_plan_only_reads(client: InfomaniakNetworkClient, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{NEUTRON}/quotas/project/details.json", json=SAMPLES["quota_details"])
    cloud.get(f"{NEUTRON}/networks/n", json=SAMPLES["network"])
    plan = client.create_subnet("n", "s", "10.0.0.0/24", dry_run=True)
    assert len(plan.checks) == 2
    assert {line.partition(" ")[0] for line in sent(cloud)} == {"GET"}


def test_a_gateway_that_is_not_external_is_refused_and_those_that_are_named(
    client: InfomaniakNetworkClient, cloud: responses.RequestsMock
) -> None:
    network = SAMPLES["network"]["network"]
    cloud.get(f"{NEUTRON}/networks/n", json={"network": {**network, "router:external": False}})
    cloud.get(f"{NEUTRON}/networks", json={"networks": [{**network, "name": "ext-floating1"}]})
    with pytest.raises(InvalidRequestError, match="not external") as caught:
        client.create_router("r", external_network="n", dry_run=True)
    assert caught.value.hint == "there are ext-floating1"


def test_a_part_of_a_load_balancer_that_goes_is_looked_for_in_its_plan(
    client: InfomaniakNetworkClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{OCTAVIA}/pools/p/members/m", status=404)
    with pytest.raises(NotFoundError):
        client.remove_pool_member("p", "m", dry_run=True)
    cloud.get(f"{OCTAVIA}/pools/p", status=404)
    assert client.remove_pool_member("p", "m") is False
    assert sent(cloud, "DELETE") == []
    with pytest.raises(InvalidRequestError):
        client.update_pool("..", name="n", dry_run=True)


def test_a_floating_ip_is_not_taken_from_its_port(
    client: InfomaniakNetworkClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{NEUTRON}/floatingips/f", json=SAMPLES["floating_ip"])
    with pytest.raises(ConflictError, match="leads to the port"):
        client.associate_floating_ip("f", "another")
    assert sent(cloud, "PUT") == []
    cloud.put(f"{NEUTRON}/floatingips/f", json=SAMPLES["floating_ip"])
    client.associate_floating_ip("f", "another", reassociate=True)
    assert body_of(cloud) == {"floatingip": {"port_id": "another"}}
    client.disassociate_floating_ip("f")
    assert body_of(cloud) == {"floatingip": {"port_id": None}}


def test_a_change_of_a_load_balancer_waits_for_the_one_before(
    client: InfomaniakNetworkClient, cloud: responses.RequestsMock
) -> None:
    pending, active = SAMPLES["loadbalancer_pending"], SAMPLES["loadbalancer_active"]
    assert pending["loadbalancer"]["provisioning_status"] == "PENDING_CREATE"
    for body in (pending, pending, active):
        cloud.get(f"{OCTAVIA}/loadbalancers/b", json=body)
    cloud.post(f"{OCTAVIA}/listeners", json=SAMPLES["listener"], status=201)
    client.create_listener("b", "web", "HTTP", 80)
    assert [line.partition(" ")[0] for line in sent(cloud)] == ["GET", "GET", "GET", "POST"]


def test_a_broken_load_balancer_is_not_waited_for(
    client: InfomaniakNetworkClient, cloud: responses.RequestsMock
) -> None:
    broken = {
        "loadbalancer": {**SAMPLES["loadbalancer_active"]["loadbalancer"], "provisioning_status": "ERROR"}
    }
    cloud.get(f"{OCTAVIA}/loadbalancers/b", json=broken)
    with pytest.raises(ResourceFailedError):
        client.create_listener("b", "web", "HTTP", 80)
    assert sent(cloud, "POST") == []
    cloud.delete(f"{OCTAVIA}/loadbalancers/b", status=204)
    assert client.delete_loadbalancer("b", cascade=True) is True  # what is broken can be deleted
    assert sent(cloud, "DELETE")[0].endswith("?cascade=true")


def test_a_wait_has_an_end(client: InfomaniakNetworkClient, cloud: responses.RequestsMock) -> None:
    cloud.get(f"{OCTAVIA}/loadbalancers/b", json=SAMPLES["loadbalancer_pending"])
    seen: list[str] = []
    with pytest.raises(TimeoutError_, match="PENDING_CREATE"):
        client.wait_for_loadbalancer(
            "b", deadline_seconds=3, progress=lambda found: seen.append(found.provisioning_status)
        )
    assert set(seen) == {"PENDING_CREATE"}
    cloud.replace(responses.GET, f"{OCTAVIA}/loadbalancers/b", status=404)
    assert client.wait_for_loadbalancer("b", ["DELETED"]) is None


def test_resources_of_a_name_that_is_taken(
    client: InfomaniakNetworkClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{NEUTRON}/networks", json={"networks": [SAMPLES["network"]["network"]]})
    with pytest.raises(AlreadyExistsError):
        client.create_resource("sample", ResourceType.NETWORK, {})
    assert sent(cloud, "POST") == []


def test_nothing_shows_the_secret(client: InfomaniakNetworkClient) -> None:
    assert "planted" not in repr(client) + repr(vars(client))
