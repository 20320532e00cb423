"""The bodies that the unit tests answer with are those of this OpenStack: made by it, and compared with it.

``CLOUD_SAMPLES=write python -m pytest tests/openstack/test_samples.py`` records them anew.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common.errors import CloudError
from cloud.infomaniak import (
    AccessRule,
    InfomaniakComputeClient,
    InfomaniakDNSClient,
    InfomaniakHeatClient,
    InfomaniakIdentityClient,
    InfomaniakMeteringClient,
    InfomaniakNetworkClient,
    InfomaniakVolumeClient,
)
from cloud.infomaniak.volume._core import HEADERS
from servers.openstack_cloud import PASSWORD, RESTRICTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

    from servers.openstack_cloud import OpenStackCloud

FILE = Path(__file__).resolve().parent.parent / "unit" / "infomaniak" / "samples" / "openstack.json"
# What answers say of the test user, and a private key: these are planted before anything is kept.
SECRETS = frozenset({"private_key", "auth_key", "secret", "access", "blob"})
# Names that whoever fills them chooses: values of these are not compared key by key.
FREE = frozenset(
    {"metadata", "extra_specs", "links", "addresses", "parameters", "values", "quota_set", "metrics"}
)
FLAVOR = "a1-ram2-disk20-perf1"
TEMPLATE = """
heat_template_version: 2018-08-31
description: a sample
parameters:
  length: {type: number, default: 8}
resources:
  word: {type: "OS::Heat::RandomString", properties: {length: {get_param: length}}}
outputs:
  word: {value: {get_attr: [word, value]}}
"""


class Recorder:
    """Keeps the last answer that any client of a login got."""

    def __init__(self) -> None:
        self.samples: dict[str, Any] = {}
        self._last: Any = None

    def listen(self, client: Any) -> None:
        """Hear the answers to this client and to all that share its connection."""
        hooks = client._connection.http().hooks["response"]
        if self._hear not in hooks:
            hooks.append(self._hear)

    def _hear(self, response: requests.Response, **options: Any) -> None:
        del options
        if response.content and "json" in response.headers.get("Content-Type", ""):
            self._last = response.json()

    def keep(self, name: str) -> None:
        """Keep the last answer under that name."""
        self.samples[name] = self._last

    def refused(self, name: str, call: Callable[[], object]) -> None:
        """Keep what the service says when it refuses the call."""
        with pytest.raises(CloudError):
            call()
        self.keep(name)


# -- what is asked -------------------------------------------------------------------------------------------------
def networks(tape: Recorder, client: InfomaniakNetworkClient) -> Iterator[str]:
    """Record the network's answers; yield the id of a network with a subnet meanwhile."""
    external = client.list_networks(is_external=True).first()
    assert external is not None
    net = client.create_network("sample")
    tape.keep("network")
    subnet = client.create_subnet(net.id, "sample", "10.91.0.0/24", dns_nameservers=["192.0.2.53"])
    tape.keep("subnet")
    port = client.create_port(net.id, "sample")
    tape.keep("port")
    client.create_port(net.id, "sample")
    next(
        client._rest_list(
            "x", "", "/ports", "ports", dict, params={"network_id": net.id}, page_size=1
        ).pages()
    )
    tape.keep("ports_page")
    router = client.create_router("sample", external.id)
    client.add_router_interface(router.id, subnet.id)
    tape.keep("router_interface")
    client.get_router(router.id)
    tape.keep("router")
    group = client.create_security_group("sample")
    tape.keep("security_group")
    client.add_security_group_rule(group.id, "ingress", "tcp", 80)
    tape.keep("security_group_rule")
    tape.refused("error_rule_exists", lambda: client.add_security_group_rule(group.id, "ingress", "tcp", 80))
    address = client.allocate_floating_ip(external.id, port_id=port.id)
    tape.keep("floating_ip")
    client.disassociate_floating_ip(address.id)
    forwarding = client.create_port_forwarding(
        address.id, 8080, port.id, port.fixed_addresses[0].ip_address, 80
    )
    tape.keep("port_forwarding")
    client.list_quotas()
    tape.keep("quota_details")
    tape.refused(
        "error_network_not_found", lambda: client.get_network("00000000-0000-4000-8000-000000000000")
    )
    balancers(tape, client, subnet.id)
    yield net.id
    client.delete_port_forwarding(address.id, forwarding.id)
    client.release_floating_ip(address.id)
    client.remove_router_interface(router.id, subnet.id)
    client.delete_router(router.id)
    client.delete_security_group(group.id)
    for each in client.list_ports(network_id=net.id):
        client.delete_port(each.id)
    client.delete_network(net.id)


def balancers(tape: Recorder, client: InfomaniakNetworkClient, subnet_id: str) -> None:
    balancer = client.create_loadbalancer("sample", subnet_id)
    tape.keep("loadbalancer_pending")
    immutable = {
        "listener": {"name": "x", "protocol": "HTTP", "protocol_port": 81, "loadbalancer_id": balancer.id}
    }
    tape.refused(
        "error_lb_immutable",
        lambda: client._rest("x", "", "POST", "/lbaas/listeners", json=immutable, service="load-balancer"),
    )
    listener = client.create_listener(balancer.id, "sample", "HTTP", 80)
    tape.keep("listener")
    pool = client.create_pool("sample", "HTTP", "ROUND_ROBIN", loadbalancer_id=balancer.id)
    tape.keep("pool")
    client.add_pool_member(pool.id, "10.91.0.9", 8080)
    tape.keep("member")
    client.create_health_monitor(pool.id, "HTTP", delay=5, timeout=3)
    tape.keep("health_monitor")
    policy = client.create_l7_policy(listener.id, "REJECT")
    tape.keep("l7_policy")
    client.add_l7_rule(policy.id, "PATH", "STARTS_WITH", "/x")
    tape.keep("l7_rule")
    client.wait_for_loadbalancer(balancer.id)
    tape.keep("loadbalancer_active")
    client.get_loadbalancer_statistics(balancer.id)
    tape.keep("stats")
    client.delete_loadbalancer(balancer.id, cascade=True)
    client.wait_for_loadbalancer(balancer.id, ["DELETED"])


def instances(tape: Recorder, client: InfomaniakComputeClient, network_id: str) -> Iterator[str]:
    """Record Nova's and Glance's answers; yield the id of an instance meanwhile."""
    client.list_images(owned=False, name="tiny")
    tape.keep("images_page")
    image = client.find_image("tiny")
    client.get_image(image.id)
    tape.keep("image")
    next(client.iter_instance_types(page_size=2).pages())
    tape.keep("flavors_page")
    client.create_key_pair("samplekey")
    tape.keep("keypair")
    client.delete_key_pair("samplekey")
    made = client.create_instance("sample", FLAVOR, image.id, networks=[network_id], tags={"a": "b"})
    tape.keep("server_build")
    client.wait_for_status(made.id)
    tape.keep("server")
    next(client.iter_instances(page_size=1).pages())
    tape.keep("servers_page")
    client.list_interfaces(made.id)
    tape.keep("interfaces")
    client.list_events(made.id)
    tape.keep("events")
    client.list_quotas()
    tape.keep("limits")
    client.list_availability_zones()
    tape.keep("zones")
    tape.refused("error_nova_not_found", lambda: client.get_instance("00000000-0000-4000-8000-000000000000"))
    tape.refused("error_nova_conflict", lambda: client._nova_action("x", made.id, "unpause"))
    yield made.id
    client.terminate_instance(made.id)
    client.wait_for_status(made.id, ["DELETED"])


def volumes(
    tape: Recorder, client: InfomaniakVolumeClient, compute: InfomaniakComputeClient, instance: str
) -> None:
    made = client.create_volume(1, "sample", metadata={"a": "b"})
    tape.keep("volume_creating")
    client.wait_for_volume(made.id)
    tape.keep("volume")
    next(client._rest_list("x", "", "/volumes/detail", "volumes", dict, page_size=1, headers=HEADERS).pages())
    tape.keep("volumes_page")
    compute.attach_volume(instance, made.id)
    client.wait_for_volume(made.id, ["in-use"])
    tape.keep("volume_in_use")
    compute.detach_volume(instance, made.id)
    client.wait_for_volume(made.id)
    snapshot = client.create_snapshot(made.id, "sample")
    tape.keep("snapshot")
    client.wait_for_snapshot(snapshot.id)
    client.delete_snapshot(snapshot.id)
    client.wait_for_snapshot(snapshot.id, ["deleted"])
    backup = client.create_backup(made.id, "sample")
    client.get_backup(backup.id)
    tape.keep("backup")
    client.wait_for_backup(backup.id)
    tape.keep("backup_available")
    client.delete_backup(backup.id)
    client.wait_for_backup(backup.id, ["deleted"])
    offer = client.create_transfer(made.id, "sample")
    tape.keep("transfer")
    client.delete_transfer(offer.id)
    client.list_volume_types().to_list()
    tape.keep("types")
    client.list_quotas()
    tape.keep("quota_set")
    tape.refused("error_over_limit", lambda: client.create_volume(1_000_000, "sample"))
    client.wait_for_volume(made.id)
    client.delete_volume(made.id)
    client.wait_for_volume(made.id, ["deleted"])


def zones(tape: Recorder, client: InfomaniakDNSClient) -> None:
    made = client.create_zone("sample.example", "admin@example.org", 3600)
    tape.keep("dns_zone_pending")
    client.wait_for_zone(made.id)
    tape.keep("dns_zone")
    client.create_record(made.id, "www", "A", ["192.0.2.1"])
    tape.keep("dns_record")
    client.list_records(made.id)
    tape.keep("dns_records")
    next(client._rest_list("x", "", f"/zones/{made.id}/recordsets", "recordsets", dict, page_size=1).pages())
    tape.keep("dns_records_page")
    client.list_nameservers(made.id)
    tape.keep("dns_nameservers")
    tape.refused("dns_error_duplicate", lambda: client.create_zone("sample.example", "admin@example.org"))
    client.list_ptr_records()
    tape.keep("dns_reverse")
    client.delete_zone(made.id)
    client.wait_for_zone_gone(made.id)


def stacks(tape: Recorder, client: InfomaniakHeatClient) -> None:
    client.validate_template(TEMPLATE)
    tape.keep("heat_template")
    made = client.create_stack("sample", TEMPLATE, tags=["a"])
    client.wait_for_stack(made.id)
    tape.keep("heat_stack")
    client.list_stacks(name="sample")
    tape.keep("heat_stacks")
    client.list_stack_resources(made.id)
    tape.keep("heat_resources")
    client.iter_stack_events(made.id, limit=1).to_list()
    tape.keep("heat_events")
    client.preview_update(made.id, parameters={"length": 9})
    tape.keep("heat_preview")
    tape.refused("heat_error_exists", lambda: client.create_stack("sample", TEMPLATE))
    client.delete_stack(made.id)
    client.wait_for_stack_gone(made.id)
    tape.refused("heat_error_not_found", lambda: client.get_stack("no-such-stack"))


def logins(tape: Recorder, client: InfomaniakIdentityClient) -> None:
    client.get_token_info()
    tape.keep("identity_token")
    client.list_projects()
    tape.keep("identity_projects")
    rule = AccessRule(service="compute", method="GET", path="/v2.1/servers")
    end = datetime.now(timezone.utc) + timedelta(hours=1)
    made = client.create_application_credential(
        "sample", expires_at=end, roles=["reader"], access_rules=[rule]
    )
    tape.keep("identity_application_credential_made")
    client.get_application_credential(made.id)
    tape.keep("identity_application_credential")
    client.list_access_rules()
    tape.keep("identity_access_rules")
    tape.refused("identity_error_exists", lambda: client.create_application_credential("sample"))
    client.delete_application_credential(made.id)
    for each in client.list_access_rules():
        if each.path == rule.path:
            client.delete_access_rule(str(each.id))
    key = client.create_ec2_credentials()
    tape.keep("identity_ec2")
    client.delete_ec2_credentials(key.access_key)
    tape.refused("identity_error_not_found", lambda: client.get_application_credential(made.id))


def usage(tape: Recorder, client: InfomaniakMeteringClient) -> None:
    now = datetime.now(timezone.utc)
    next(client.iter_instance_usage(now - timedelta(hours=1), now), None)
    tape.keep("metering_usage")
    client.get_summary(now - timedelta(days=1), now)
    tape.keep("metering_summary")
    client.list_charged_metrics()
    tape.keep("metering_charged")


@pytest.fixture(scope="module")
def recorded(openstack_cloud: OpenStackCloud) -> dict[str, Any]:
    """Return what this OpenStack answers now, by the name of the sample."""
    del openstack_cloud
    tape = Recorder()
    with (
        InfomaniakNetworkClient.from_cloud(RESTRICTED) as network,
        InfomaniakComputeClient.from_cloud(RESTRICTED) as compute,
        InfomaniakVolumeClient.from_cloud(RESTRICTED) as volume,
        InfomaniakDNSClient.from_cloud(RESTRICTED) as dns,
        InfomaniakHeatClient.from_cloud(RESTRICTED) as heat,
        InfomaniakMeteringClient.from_cloud(RESTRICTED) as metering,
        InfomaniakIdentityClient.from_cloud(PASSWORD) as identity,
    ):
        tape.listen(network)
        tape.listen(identity)
        zones(tape, dns)
        stacks(tape, heat)
        logins(tape, identity)
        for network_id in networks(tape, network):
            for instance_id in instances(tape, compute, network_id):
                volumes(tape, volume, compute, instance_id)
                usage(tape, metering)
    return {name: scrubbed(tape.samples[name]) for name in sorted(tape.samples)}


# -- what is kept, and what is compared ----------------------------------------------------------------------------
def scrubbed(value: Any, key: str = "") -> Any:
    """Return an answer without what belongs to this machine: ports and secrets."""
    if isinstance(value, dict):
        return {name: scrubbed(each, name) for name, each in sorted(value.items())}
    if isinstance(value, list):
        return [scrubbed(each, key) for each in value]
    if not isinstance(value, str):
        return value
    if key in SECRETS and value:
        if key == "private_key":
            return "-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----\n"
        return f"planted-{key.replace('_', '-')}"
    value = re.sub(r"/OS-EC2/\w+$", "/OS-EC2/planted-access", value)
    return re.sub(r"http://127\.0\.0\.1:\d+", "http://openstack.test", value)


def differences(kept: Any, now: Any, at: str = "") -> list[str]:
    """Return where two answers differ in keys or types; None fits everything, and an empty list every list."""
    if kept is None or now is None:
        return []
    if isinstance(kept, dict) and isinstance(now, dict):
        if at.rpartition(".")[2] in FREE:
            return []
        missing = [f"{at}.{name} is gone" for name in kept.keys() - now.keys()]
        new = [f"{at}.{name} is new" for name in now.keys() - kept.keys()]
        both = [differences(kept[name], now[name], f"{at}.{name}") for name in kept.keys() & now.keys()]
        return sorted([*missing, *new, *itertools.chain.from_iterable(both)])
    if isinstance(kept, list) and isinstance(now, list):
        return differences(kept[0], now[0], f"{at}[]") if kept and now else []
    number = (int, float)
    if type(kept) is type(now) or (type(kept) in number and type(now) in number):
        return []
    return [f"{at} was {type(kept).__name__} and is {type(now).__name__}"]


def test_the_samples_of_the_unit_tests_are_what_this_openstack_answers(recorded: dict[str, Any]) -> None:
    if os.environ.get("CLOUD_SAMPLES") == "write":
        FILE.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n", "utf-8")
    kept = json.loads(FILE.read_text("utf-8"))
    assert sorted(kept) == sorted(recorded)
    assert {name: found for name in kept if (found := differences(kept[name], recorded[name]))} == {}


def test_nothing_of_this_machine_is_in_the_samples() -> None:
    text = FILE.read_text("utf-8")
    assert not re.search(r"127\.0\.0\.1:\d+", text)
    for name in SECRETS:
        for value in re.findall(rf'"{name}": "([^"]*)"', text):
            assert "planted" in value


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"a": 1, "b": [{"c": "x"}]}, []),
        ({"a": 1.5, "b": []}, []),
        ({"a": None, "b": [{"c": None}]}, []),
        ({"a": "1", "b": [{"c": "x"}]}, [".a was int and is str"]),
        ({"a": True, "b": [{"c": "x"}]}, [".a was int and is bool"]),
        ({"b": [{"d": "x"}]}, [".a is gone", ".b[].c is gone", ".b[].d is new"]),
        ({"a": 1, "b": {"c": "x"}}, [".b was list and is dict"]),
    ],
)
def test_what_counts_as_a_difference(now: Any, told: list[str]) -> None:
    assert differences({"a": 2, "b": [{"c": "y"}]}, now) == told
