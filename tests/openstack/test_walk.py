"""Every method of every client of OpenStack is called on a real one: the calls that no other test has, and the count."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cloud.common import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    ResourceType,
    UnsupportedOperationError,
)
from cloud.infomaniak import (
    InfomaniakComputeClient,
    InfomaniakDNSClient,
    InfomaniakHeatClient,
    InfomaniakIdentityClient,
    InfomaniakMeteringClient,
    InfomaniakNetworkClient,
    InfomaniakVolumeClient,
    StackFailedError,
)
from servers.openstack_calls import CLIENTS, methods_of
from servers.openstack_cloud import PASSWORD, RESTRICTED, UNRESTRICTED

if TYPE_CHECKING:
    from servers.openstack_cloud import OpenStackCloud

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl planted"
SLOW = {
    "heat_template_version": "2018-08-31",
    "parameters": {"value": {"type": "string", "default": "a"}},
    "resources": {
        "slow": {
            "type": "OS::Heat::TestResource",
            "properties": {
                "value": {"get_param": "value"},
                "update_replace": False,
                "action_wait_secs": {"update": 20},
            },
        }
    },
}


@pytest.mark.parametrize("kind", CLIENTS, ids=lambda kind: kind.__name__)
def test_every_client_is_made_in_every_way_and_finds_its_service(
    kind: type[Any], openstack_cloud: OpenStackCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = yaml.safe_load(openstack_cloud.clouds_yaml.read_text())["clouds"][UNRESTRICTED]["auth"]
    monkeypatch.setenv("OS_CLOUD", RESTRICTED)
    for client in (
        kind.from_cloud(RESTRICTED),
        kind.from_env(region=openstack_cloud.region),
        kind.from_credentials(
            auth["application_credential_id"],
            auth["application_credential_secret"],
            auth_url=openstack_cloud.auth_url,
            region=openstack_cloud.region,
        ),
    ):
        assert client.validate_connection() is True
        assert client.region == openstack_cloud.region
        client.close()
        assert isinstance(client.list_resources(), list)
        client.close()


def test_key_pairs_and_catalogues(openstack_cloud: OpenStackCloud, unique: str) -> None:
    with InfomaniakComputeClient.from_cloud(RESTRICTED) as client:
        assert client.import_key_pair(unique, KEY).name == unique
        assert client.delete_key_pair(unique, dry_run=True) is True
        assert unique in {pair.name for pair in client.list_key_pairs()}
        assert client.delete_key_pair(unique) is True
        made = client.create_key_pair(unique)
        assert made.private_key is not None
        assert client.delete_key_pair(unique) is True
        kinds = client.list_instance_types()
        assert [kind.name for kind in client.iter_instance_types(page_size=1)] == [
            kind.name for kind in kinds
        ]
        owned = [image.id for image in client.iter_images(owned=False, page_size=1)]
        assert sorted(owned) == sorted(image.id for image in client.list_images(owned=False))
        assert [each.id for each in client.iter_instances(name=unique)] == []


def test_instances_are_resources_too(openstack_cloud: OpenStackCloud, unique: str) -> None:
    with (
        InfomaniakComputeClient.from_cloud(RESTRICTED) as client,
        InfomaniakNetworkClient.from_cloud(RESTRICTED) as networks,
    ):
        network = networks.create_network(unique)
        networks.create_subnet(network.id, unique, "10.83.0.0/24")
        config = {
            "instance_type": "a1-ram2-disk20-perf1",
            "image_id": client.find_image("tiny").id,
            "networks": [network.id],
        }
        made = client.create_resource(unique, ResourceType.COMPUTE, config)
        try:
            client.wait_for(made.id)
            assert client.get_resource(made.id) is not None
            assert made.id in {each.id for each in client.list_resources(ResourceType.COMPUTE)}
            assert client.stop_instance(made.id) is True
            client.wait_for_status(made.id, ["SHUTOFF"])
            with pytest.raises(ConflictError):
                client.reboot_instance(made.id)
            assert client.start_instance(made.id) is True
            client.wait_for_status(made.id)
            assert client.reboot_instance(made.id, force=True) is True
            client.wait_for_status(made.id)
            assert isinstance(client.get_console_output(made.id), str)
        finally:
            assert client.delete_resource(made.id) is True
            client.wait_for_status(made.id, ["DELETED"])
            for port in networks.list_ports(network_id=network.id):
                networks.delete_port(port.id)
            networks.delete_network(network.id)


def test_volumes_are_attached_and_detached(openstack_cloud: OpenStackCloud) -> None:
    none = "00000000-0000-4000-8000-000000000000"
    with InfomaniakVolumeClient.from_cloud(RESTRICTED) as client:
        with pytest.raises(NotFoundError):
            client.attach_volume(none, none)
        assert client.detach_volume(none, none) is False


def test_application_credentials_are_resources_too(openstack_cloud: OpenStackCloud, unique: str) -> None:
    with InfomaniakIdentityClient.from_cloud(PASSWORD) as client:
        made = client.create_resource(unique, ResourceType.IDENTITY, {"roles": ["reader"]})
        assert made.id in {each.id for each in client.list_resources(ResourceType.IDENTITY)}
        assert client.delete_resource(made.id) is True
        assert client.delete_resource(made.id) is False
        key, where = client.s3_key()
        assert key in client.list_ec2_credentials()
        assert where is None or where.startswith("http")


def test_zones_are_changed_and_delegated(openstack_cloud: OpenStackCloud, unique: str) -> None:
    with (
        InfomaniakDNSClient.from_cloud(RESTRICTED) as client,
        InfomaniakNetworkClient.from_cloud(RESTRICTED) as networks,
    ):
        zone = client.create_zone(f"{unique}.example", "admin@example.org", 300)
        external = networks.list_networks(is_external=True).first()
        assert external is not None
        address = networks.allocate_floating_ip(external.id)
        try:
            assert [each.id for each in client.iter_zones(name=zone.name)] == [zone.id]
            assert [each.id for each in client.list_zones(name=f"{unique}.*")] == [zone.id]
            plan = client.update_zone(zone.id, ttl=600, dry_run=True)
            assert (plan.changes, plan.checks) == ({"ttl": 600}, (f"the zone is {zone.name}",))
            assert client.update_zone(zone.name, ttl=600, description="ü").ttl == 600
            assert client.wait_for_zone(zone.id).description == "ü"
            assert all(name.endswith(".") for name in client.list_nameservers(zone.id))
            client.set_reverse_dns(address.ip_address, f"www.{zone.name}")
            assert client.wait_for_reverse_dns(address.ip_address).hostname == f"www.{zone.name}"
            client.delete_reverse_dns(address.id)
        finally:
            networks.release_floating_ip(address.id)
            client.delete_zone(zone.id)


def test_a_stack_is_previewed_and_its_update_cancelled(openstack_cloud: OpenStackCloud, unique: str) -> None:
    with InfomaniakHeatClient.from_cloud(RESTRICTED) as client:
        assert [each.name for each in client.preview_stack(unique, SLOW)] == ["slow"]
        made = client.create_resource(unique, ResourceType.ORCHESTRATION, {"template": SLOW})
        try:
            client.wait_for_stack(made.id, deadline_seconds=120)
            assert made.id in {each.id for each in client.list_stacks(name=unique)}
            assert {event.status for event in client.list_stack_events(made.id)} >= {"CREATE_COMPLETE"}
            client.update_stack(made.id, parameters={"value": "b"})
            assert client.cancel_update(made.id, rollback=False, dry_run=True).operation == "cancel_update"
            client.cancel_update(made.id, rollback=False)
            with pytest.raises(StackFailedError) as caught:
                client.wait_for_stack(made.id, deadline_seconds=120)
            assert caught.value.state == "UPDATE_FAILED"
            assert client.failure(client.get_stack(made.id)).state == "UPDATE_FAILED"
        finally:
            assert client.delete_resource(made.id) is True
            client.wait_for_stack_gone(made.id, deadline_seconds=120)


def test_metering_makes_and_deletes_nothing(openstack_cloud: OpenStackCloud) -> None:
    with InfomaniakMeteringClient.from_cloud(RESTRICTED) as client:
        with pytest.raises(UnsupportedOperationError):
            client.create_resource("x", ResourceType.METERING, {})
        with pytest.raises(UnsupportedOperationError):
            client.delete_resource("x")
        with pytest.raises(InvalidRequestError):
            client.get_storage_usage(datetime.now(timezone.utc), datetime.now(timezone.utc) - timedelta(1))


def test_every_method_was_called(called: set[str]) -> None:
    missing = [f"{kind.__name__}.{name}" for kind in CLIENTS for name in methods_of(kind)]
    assert sorted(set(missing) - called) == []
