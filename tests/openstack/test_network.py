"""The network client on a real OpenStack: Neutron and Octavia."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from cloud.common.enums import ResourceType
from cloud.common.errors import (
    AlreadyExistsError,
    CloudError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExceededError,
)
from cloud.infomaniak.network._client import InfomaniakNetworkClient
from cloud.infomaniak.network._read import port_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.infomaniak.network._records import Network, Port, Router, Subnet
    from servers.openstack_cloud import OpenStackCloud

NO_SUCH = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def client(openstack_cloud: OpenStackCloud) -> Iterator[InfomaniakNetworkClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OS_CLIENT_CONFIG_FILE", str(openstack_cloud.clouds_yaml))
        with InfomaniakNetworkClient.from_cloud("ostack") as made:
            yield made


@pytest.fixture(scope="module")
def external(client: InfomaniakNetworkClient) -> Network:
    found = client.list_networks(is_external=True).first()
    assert found is not None
    return found


@pytest.fixture
def name() -> str:
    return f"test-net-{uuid.uuid4().hex[:8]}-\u00fc"


@pytest.fixture
def network(client: InfomaniakNetworkClient, name: str) -> Iterator[Network]:
    made = client.create_network(name, "a description")
    yield made
    for port in client.list_ports(network_id=made.id):
        client.delete_port(port.id)
    assert client.delete_network(made.id)


@pytest.fixture
def subnet(client: InfomaniakNetworkClient, network: Network) -> Subnet:
    return client.create_subnet(network.id, network.name, "10.77.0.0/24", dns_nameservers=["192.0.2.53"])


@pytest.fixture
def port(client: InfomaniakNetworkClient, subnet: Subnet) -> Port:
    return client.create_port(
        subnet.network_id, subnet.name, subnet_id=subnet.id, ip_address="10.77.0.9", description="p"
    )


@pytest.fixture
def router(client: InfomaniakNetworkClient, subnet: Subnet, external: Network) -> Iterator[Router]:
    made = client.create_router(subnet.name, external.id, description="r")
    client.add_router_interface(made.id, subnet.id)
    yield made
    client.update_router(made.id, routes=[])
    for at in client.list_router_interfaces(made.id):
        client.remove_router_interface(made.id, at.subnet_id)
    assert client.delete_router(made.id)


def test_networks(client: InfomaniakNetworkClient, network: Network) -> None:
    assert (network.description, network.status, network.is_external) == ("a description", "ACTIVE", False)
    assert network.created_at is not None
    assert network.created_at.tzinfo is not None
    assert client.get_network(network.id) == network
    assert [found.id for found in client.list_networks(name=network.name)] == [network.id]
    assert client.list_networks(name="no such name").to_list() == []
    changed = client.update_network(
        network.id, name=network.name + "2", description="", is_admin_state_up=False
    )
    assert (changed.name, changed.description, changed.is_admin_state_up) == (network.name + "2", "", False)
    assert client.set_tags("networks", network.id, ["x", "y"]) == ("x", "y")
    assert [found.id for found in client.list_networks(tags=["x", "y"])] == [network.id]
    assert network.to_dict()["created_at"].endswith("+00:00")


def test_what_is_not_there(client: InfomaniakNetworkClient) -> None:
    for get in (
        client.get_network,
        client.get_subnet,
        client.get_port,
        client.get_router,
        client.get_security_group,
        client.get_security_group_rule,
        client.get_floating_ip,
        client.get_loadbalancer,
        client.get_listener,
        client.get_pool,
        client.get_health_monitor,
        client.get_l7_policy,
    ):
        with pytest.raises(NotFoundError) as caught:
            get(NO_SUCH)
        assert caught.value.http_status == 404
        assert caught.value.request_id
    for delete in (
        client.delete_network,
        client.delete_subnet,
        client.delete_port,
        client.delete_router,
        client.delete_security_group,
        client.delete_security_group_rule,
        client.release_floating_ip,
        client.delete_loadbalancer,
        client.delete_listener,
        client.delete_pool,
        client.delete_health_monitor,
        client.delete_l7_policy,
    ):
        assert delete(NO_SUCH) is False
        with pytest.raises(NotFoundError):
            delete(NO_SUCH, dry_run=True)


def test_a_network_for_everybody_is_refused(client: InfomaniakNetworkClient, name: str) -> None:
    with pytest.raises(PermissionDeniedError):
        client.create_network(name, is_shared=True)


def test_subnets(client: InfomaniakNetworkClient, network: Network, subnet: Subnet) -> None:
    assert (subnet.cidr, subnet.ip_version, subnet.gateway_ip) == ("10.77.0.0/24", 4, "10.77.0.1")
    assert subnet.dns_nameservers == ("192.0.2.53",)
    assert subnet.allocation_pools == (("10.77.0.2", "10.77.0.254"),)
    assert client.get_subnet(subnet.id) == subnet
    assert [found.id for found in client.list_subnets(network_id=network.id)] == [subnet.id]
    assert client.get_network(network.id).subnet_ids == (subnet.id,)
    changed = client.update_subnet(
        subnet.id, enable_dhcp=False, dns_nameservers=[], host_routes=[("10.9.0.0/24", "10.77.0.3")]
    )
    assert (changed.is_dhcp_enabled, changed.dns_nameservers) == (False, ())
    assert changed.host_routes == (("10.9.0.0/24", "10.77.0.3"),)
    sixth = client.create_subnet(
        network.id,
        subnet.name,
        "2001:db8:77::/64",
        has_gateway=False,
        ipv6_address_mode="slaac",
        ipv6_ra_mode="slaac",
        allocation_pools=[("2001:db8:77::10", "2001:db8:77::20")],
    )
    assert (sixth.ip_version, sixth.gateway_ip) == (6, None)
    assert sixth.allocation_pools == (("2001:db8:77::10", "2001:db8:77::20"),)
    assert client.delete_subnet(sixth.id) is True
    assert client.delete_subnet(sixth.id) is False


def test_ranges_are_checked_before_any_request(client: InfomaniakNetworkClient) -> None:
    for cidr, further in (
        ("10.0.0.1/24", {}),
        ("10.0.0.0", {"ip_version": 6}),
        ("nonsense", {}),
        ("10.0.0.0/24", {"gateway_ip": "10.0.0.1", "has_gateway": False}),
    ):
        with pytest.raises(InvalidRequestError):
            client.create_subnet(NO_SUCH, "x", cidr, **further)


def test_ports(client: InfomaniakNetworkClient, network: Network, port: Port) -> None:
    assert port.fixed_addresses[0].ip_address == "10.77.0.9"
    assert port.mac_address.count(":") == 5
    assert client.get_port(port.id) == port
    assert [found.id for found in client.list_ports(network_id=network.id, name=port.name)] == [port.id]
    assert [found.id for found in client.list_ports(mac_address=port.mac_address)] == [port.id]
    changed = client.update_port(
        port.id,
        name=port.name + "2",
        security_group_ids=[],
        allowed_address_pairs=[("10.8.0.0/24", ""), ("10.77.0.50", "fa:16:3e:00:00:01")],
    )
    assert changed.security_group_ids == ()
    assert sorted(pair[0] for pair in changed.allowed_address_pairs) == ["10.77.0.50", "10.8.0.0/24"]
    with pytest.raises(AlreadyExistsError):
        client.create_port(network.id, ip_address="10.77.0.9", subnet_id=port.fixed_addresses[0].subnet_id)
    with pytest.raises(ConflictError):
        client.delete_subnet(port.fixed_addresses[0].subnet_id)
    assert client.delete_port(port.id) is True
    assert client.delete_port(port.id) is False


def test_a_listing_is_of_all_pages(client: InfomaniakNetworkClient, subnet: Subnet) -> None:
    made = {client.create_port(subnet.network_id, f"p{number}").id for number in range(5)}
    pager = client._rest_list(
        "list_ports",
        "",
        "/ports",
        "ports",
        port_of,
        params={"network_id": subnet.network_id},
        page_size=2,
    )
    pages = list(pager.pages())
    assert len(pages) >= 3
    assert {item.id for page in pages for item in page.items} == made
    assert {found.id for found in client.list_ports(network_id=subnet.network_id)} == made
    assert len(client.list_ports(network_id=subnet.network_id, limit=3).to_list()) == 3


def test_routers(
    client: InfomaniakNetworkClient, subnet: Subnet, router: Router, external: Network, port: Port
) -> None:
    assert router.external_network_id == external.id
    assert router.external_addresses
    found = client.get_router(router.id)
    assert (found.name, found.description, found.status) == (subnet.name, "r", "ACTIVE")
    assert [item.id for item in client.list_routers(name=subnet.name)] == [router.id]
    (interface,) = client.list_router_interfaces(router.id)
    assert (interface.subnet_id, interface.network_id) == (subnet.id, subnet.network_id)
    with pytest.raises((AlreadyExistsError, InvalidRequestError)):
        client.add_router_interface(router.id, subnet.id)
    with pytest.raises(ConflictError):
        client.delete_router(router.id)
    route, other = ("10.99.0.0/24", "10.77.0.9"), ("10.98.0.0/24", "10.77.0.9")
    assert len(client.add_routes(router.id, [route]).routes) == 1
    assert len(client.add_routes(router.id, [other]).routes) == 2
    (left,) = client.remove_routes(router.id, [route]).routes
    assert (left.destination, left.nexthop) == other
    assert client.update_router(router.id, routes=[]).routes == ()
    assert client.update_router(router.id, external_network="").external_network_id is None
    changed = client.update_router(router.id, name="renamed", external_network=external.id)
    assert (changed.name, changed.external_network_id) == ("renamed", external.id)


def test_a_router_through_a_port(client: InfomaniakNetworkClient, subnet: Subnet, name: str) -> None:
    router = client.create_router(name)
    own = client.create_port(subnet.network_id, "router's", subnet_id=subnet.id, ip_address="10.77.0.1")
    assert client.add_router_interface(router.id, port_id=own.id).port_id == own.id
    assert client.remove_router_interface(router.id, port_id=own.id).port_id == own.id
    with pytest.raises(NotFoundError):
        client.remove_router_interface(router.id, subnet.id)
    assert client.delete_router(router.id) is True


def test_security_groups(client: InfomaniakNetworkClient, name: str) -> None:
    group = client.create_security_group(name, "web")
    try:
        assert {rule.direction for rule in group.rules} == {"egress"}
        assert client.get_security_group(group.id) == group
        assert [found.id for found in client.list_security_groups(name=name)] == [group.id]
        rule = client.add_security_group_rule(group.id, "ingress", "tcp", 80, description="http")
        assert (rule.port_range_min, rule.port_range_max, rule.ethertype) == (80, 80, "IPv4")
        assert client.get_security_group_rule(rule.id) == rule
        with pytest.raises(AlreadyExistsError) as caught:
            client.add_security_group_rule(group.id, "ingress", "tcp", 80, description="http")
        assert caught.value.provider_code == "SecurityGroupRuleExists"
        sixth = client.add_security_group_rule(group.id, "ingress", "udp", 53, 60, "2001:db8::/32")
        assert (sixth.ethertype, sixth.port_range_max) == ("IPv6", 60)
        ping = client.add_security_group_rule(group.id, "ingress", "icmp")
        inner = client.add_security_group_rule(group.id, remote_group_id=group.id)
        assert inner.remote_group_id == group.id
        listed = {found.id for found in client.list_security_group_rules(group.id, direction="ingress")}
        assert listed == {rule.id, sixth.id, ping.id, inner.id}
        assert client.delete_security_group_rule(ping.id) is True
        assert client.delete_security_group_rule(ping.id) is False
        assert client.update_security_group(group.id, description="changed").description == "changed"
    finally:
        assert client.delete_security_group(group.id) is True


def test_rules_are_checked_before_any_request(client: InfomaniakNetworkClient) -> None:
    for arguments in (
        ("sideways",),
        ("ingress", None, 80),
        ("ingress", "tcp", 80, 79),
        ("ingress", "tcp", 0),
        ("ingress", "tcp", None, 80),
        ("ingress", "tcp", 80, 80, "10.0.0.1/8"),
        ("ingress", "tcp", 80, 80, "10.0.0.0/8", "IPv6"),
    ):
        with pytest.raises(InvalidRequestError):
            client.add_security_group_rule(NO_SUCH, *arguments)


def test_floating_ips(
    client: InfomaniakNetworkClient, router: Router, port: Port, external: Network, name: str
) -> None:
    address = client.allocate_floating_ip(external.id, description=name)
    try:
        assert (address.port_id, address.description) == (None, name)
        assert client.get_floating_ip(address.id).ip_address == address.ip_address
        assert [f.id for f in client.list_floating_ips(ip_address=address.ip_address)] == [address.id]
        taken = client.associate_floating_ip(address.id, port.id)
        assert (taken.port_id, taken.fixed_ip_address, taken.router_id) == (port.id, "10.77.0.9", router.id)
        assert [f.id for f in client.list_floating_ips(port_id=port.id)] == [address.id]
        other = client.create_port(port.network_id, "other")
        with pytest.raises(ConflictError, match="leads to the port"):
            client.associate_floating_ip(address.id, other.id)
        with pytest.raises(ConflictError):
            client.associate_floating_ip(address.id, other.id, dry_run=True)
        assert client.associate_floating_ip(address.id, other.id, reassociate=True).port_id == other.id
        assert client.disassociate_floating_ip(address.id).port_id is None
        assert client.update_floating_ip(address.id, description="").description == ""
        forwarding = client.create_port_forwarding(address.id, 8080, port.id, "10.77.0.9", 80)
        assert client.get_port_forwarding(address.id, forwarding.id) == forwarding
        assert client.list_port_forwardings(address.id).to_list() == [forwarding]
        moved = client.update_port_forwarding(address.id, forwarding.id, external_port=8081)
        assert (moved.external_port, moved.internal_port) == (8081, 80)
        with pytest.raises(CloudError):
            client.create_port_forwarding(address.id, 8081, port.id, "10.77.0.9", 81)
        assert client.delete_port_forwarding(address.id, forwarding.id) is True
        assert client.delete_port_forwarding(address.id, forwarding.id) is False
    finally:
        assert client.release_floating_ip(address.id) is True
    assert client.release_floating_ip(address.id) is False


def test_load_balancers(client: InfomaniakNetworkClient, subnet: Subnet, name: str) -> None:
    balancer = client.create_loadbalancer(name, subnet.id, "10.77.0.100", tags=["t"], description="d")
    seen = []
    ready = client.wait_for_loadbalancer(
        balancer.id, progress=lambda found: seen.append(found.provisioning_status)
    )
    assert ready is not None
    assert (ready.vip_address, ready.provisioning_status, seen[-1]) == ("10.77.0.100", "ACTIVE", "ACTIVE")
    try:
        assert [found.id for found in client.list_loadbalancers(name=name)] == [balancer.id]
        assert [found.id for found in client.list_loadbalancers(tags=["t"], name=name)] == [balancer.id]
        listener = client.create_listener(balancer.id, name, "HTTP", 80, connection_limit=100)
        with pytest.raises(ConflictError):
            client.create_listener(balancer.id, name, "HTTP", 80)
        pool = client.create_pool(name, "HTTP", "LEAST_CONNECTIONS", listener_id=listener.id)
        apart = client.create_pool(name, "TCP", loadbalancer_id=balancer.id)
        member = client.add_pool_member(pool.id, "10.77.0.50", 8080, 5, name, subnet.id)
        monitor = client.create_health_monitor(pool.id, "HTTP", 5, 3, 2, name, url_path="/up")
        policy = client.create_l7_policy(listener.id, "REDIRECT_TO_POOL", redirect_pool_id=pool.id, name=name)
        rule = client.add_l7_rule(policy.id, "HEADER", "EQUAL_TO", "v", key="X-Key", is_inverted=True)

        assert client.get_listener(listener.id).default_pool_id == pool.id
        assert client.update_listener(listener.id, connection_limit=7).connection_limit == 7
        assert client.update_pool(pool.id, lb_algorithm="SOURCE_IP").lb_algorithm == "SOURCE_IP"
        assert client.update_pool_member(pool.id, member.id, weight=0).weight == 0
        assert client.update_health_monitor(monitor.id, delay=9).delay_seconds == 9
        assert client.update_l7_policy(policy.id, description="x").description == "x"
        assert client.update_loadbalancer(balancer.id, description="").description == ""

        assert {found.id for found in client.list_pools(balancer.id)} == {pool.id, apart.id}
        assert [found.id for found in client.list_listeners(balancer.id)] == [listener.id]
        assert [found.id for found in client.list_pool_members(pool.id)] == [member.id]
        assert [found.id for found in client.list_health_monitors(pool.id)] == [monitor.id]
        assert [found.id for found in client.list_l7_policies(listener.id)] == [policy.id]
        assert [found.id for found in client.list_l7_rules(policy.id)] == [rule.id]
        assert client.get_pool(pool.id).health_monitor_id == monitor.id
        assert client.get_pool_member(pool.id, member.id).address == "10.77.0.50"
        assert client.get_health_monitor(monitor.id).url_path == "/up"
        assert client.get_l7_policy(policy.id).redirect_pool_id == pool.id
        assert client.get_l7_rule(policy.id, rule.id).is_inverted is True
        assert client.get_loadbalancer_statistics(balancer.id).total_connections == 0
        assert {quota.name for quota in client.list_loadbalancer_quotas()} >= {"load_balancer", "pool"}

        with pytest.raises(CloudError):
            client.delete_loadbalancer(balancer.id)  # it has listeners, and cascade was not asked for
        assert client.delete_l7_rule(policy.id, rule.id) is True
        assert client.delete_l7_policy(policy.id) is True
        assert client.delete_health_monitor(monitor.id) is True
        assert client.remove_pool_member(pool.id, member.id) is True
        assert client.delete_pool(apart.id) is True
    finally:
        assert client.delete_loadbalancer(balancer.id, cascade=True) is True
        assert client.wait_for_loadbalancer(balancer.id, ("DELETED",)) is None


def test_plans_change_nothing(
    client: InfomaniakNetworkClient, external: Network, router: Router, subnet: Subnet, name: str
) -> None:
    before = client.get_network(subnet.network_id)
    plan = client.create_network(name + "plan", dry_run=True)
    assert (plan.operation, plan.resource) == ("create_network", name + "plan")
    assert "quota" in plan.checks[0]
    assert client.list_networks(name=name + "plan").to_list() == []
    assert (
        client.allocate_floating_ip(external.id, dry_run=True).changes["floating_network_id"] == external.id
    )
    assert client.create_router(name, external.id, dry_run=True).checks
    assert client.create_loadbalancer(name, subnet.id, dry_run=True).checks
    assert client.update_network(before.id, name="other", dry_run=True).changes == {"name": "other"}
    assert client.delete_network(before.id, dry_run=True).resource == before.id
    assert client.get_network(before.id) == before
    with pytest.raises(NotFoundError):
        client.create_subnet(NO_SUCH, name, "10.0.0.0/24", dry_run=True)
    with pytest.raises(InvalidRequestError, match="not external"):
        client.create_router(name, before.id, dry_run=True)


def test_quotas(client: InfomaniakNetworkClient, network: Network) -> None:
    quotas = {quota.name: quota for quota in client.list_quotas()}
    assert (quotas["network"].used or 0) >= 1
    assert (quotas["network"].limit or 0) > 1


def test_a_full_quota_is_its_own_error(
    openstack_cloud: OpenStackCloud, client: InfomaniakNetworkClient, name: str
) -> None:
    """An administrator lowers a quota for a moment: the plan and the service both refuse."""
    path = f"/quotas/{openstack_cloud.project_id}"
    with (
        pytest.MonkeyPatch.context() as patch,
        InfomaniakNetworkClient.from_cloud("ostack-admin") as admin,
    ):
        patch.setenv("OS_CLIENT_CONFIG_FILE", str(openstack_cloud.clouds_yaml))
        limit = {quota.name: quota for quota in client.list_quotas()}["security_group"].limit
        admin._rest("set_quota", "", "PUT", path, json={"quota": {"security_group": 0}})
        try:
            with pytest.raises(QuotaExceededError):
                client.create_security_group(name, dry_run=True)
            with pytest.raises(QuotaExceededError) as caught:
                client.create_security_group(name)
            assert caught.value.provider_code == "OverQuota"
        finally:
            admin._rest("set_quota", "", "PUT", path, json={"quota": {"security_group": limit}})


def test_the_contract_of_every_client(client: InfomaniakNetworkClient, name: str, external: Network) -> None:
    made = client.create_resource(name, ResourceType.NETWORK, {"description": "by contract"})
    try:
        assert (made.name, made.metadata["kind"], made.status) == (name, "network", "ACTIVE")
        assert made.region == "dc3-a"
        assert client.get_resource(made.id) == made
        assert made.id in {found.id for found in client.list_resources()}
        assert client.list_resources(ResourceType.COMPUTE) == []
        with pytest.raises(AlreadyExistsError):
            client.create_resource(name, ResourceType.NETWORK, {})
        inner = client.create_resource(
            name, ResourceType.NETWORK, {"kind": "subnet", "network_id": made.id, "cidr": "10.0.0.0/24"}
        )
        assert client.delete_resource(inner.id) is True
    finally:
        assert client.delete_resource(made.id) is True
    assert client.delete_resource(made.id) is False
    assert client.get_resource(made.id) is None
    address = client.create_resource(
        name, ResourceType.NETWORK, {"kind": "floating_ip", "external_network": external.id}
    )
    assert address.name == name
    assert client.delete_resource(address.id) is True
    with pytest.raises(InvalidRequestError):
        client.create_resource(name, ResourceType.NETWORK, {"color": "red"})
    with pytest.raises(InvalidRequestError):
        client.create_resource(name, ResourceType.NETWORK, {"kind": "cable"})
