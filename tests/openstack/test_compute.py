"""The compute client on a real Nova: the kit of every compute client, and what only Nova can."""

from __future__ import annotations

import http.client
import os
import threading
import time
import uuid
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import yaml

from cloud.common import RetryPolicy, Secret
from cloud.common.enums import InstanceState
from cloud.common.errors import (
    CloudError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    QuotaExceededError,
)
from cloud.infomaniak._credentials import InfomaniakCredentials
from cloud.infomaniak.compute._client import InfomaniakComputeClient
from cloud.infomaniak.compute._records import InstanceOptions
from cloud.infomaniak.identity._client import InfomaniakIdentityClient
from cloud.infomaniak.metering._client import InfomaniakMeteringClient
from cloud.infomaniak.network._client import InfomaniakNetworkClient
from cloud.infomaniak.volume._client import InfomaniakVolumeClient
from cloud.testing import ComputeConformance, ComputeHarness, ScriptedResponse, ScriptedServer
from servers.openstack_cloud import RESTRICTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.infomaniak.metering._records import ComputeUsage, InstanceUsage
    from cloud.infomaniak.network._records import Network
    from cloud.testing import RecordedRequest
    from cloud.testing._compute_base import AnyComputeClient
    from servers.openstack_cloud import OpenStackCloud

NO_SUCH = "00000000-0000-4000-8000-000000000000"
SMALL, LARGE = "a1-ram2-disk20-perf1", "a2-ram4-disk20-perf1"
_SECRET_VARIABLE = "CLOUD_TEST_APPLICATION_SECRET"  # its name
_LONG = 120.0


class LosesOne:
    """A hop before Nova that does what it is asked and loses the answer to the first creation.

    Args:
        upstream: where Nova is.
        swallow: do not even ask Nova: the creation is lost on its way there.
    """

    def __init__(self, upstream: str, *, swallow: bool = False) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._swallow = swallow
        self._lock = threading.Lock()
        self.creations = 0

    def __call__(self, request: RecordedRequest) -> ScriptedResponse:
        """Return Nova's answer, or none."""
        is_creation = request.method == "POST" and request.path.endswith("/servers")
        with self._lock:
            self.creations += is_creation
            lose = is_creation and self.creations == 1
        if lose and self._swallow:
            return ScriptedResponse(raw=b"", close="rst")
        headers = {name: value for name, value in request.headers if name.lower() != "host"}
        connection = http.client.HTTPConnection(self._upstream, timeout=60)
        try:
            connection.request(request.method, request.path, request.body, headers)
            answer = connection.getresponse()
            made = ScriptedResponse(status=answer.status, body=answer.read())
        finally:
            connection.close()
        return ScriptedResponse(raw=b"", close="rst") if lose else made


class NovaHarness(ComputeHarness):
    """A Nova with a fake hypervisor, and an application credential."""

    instance_type = SMALL
    other_instance_type = LARGE
    missing_id = missing_image_id = NO_SUCH
    native_filters = {"flavor": [LARGE]}  # noqa: RUF012  # read only
    poll_seconds = 0.5
    # A role that may read and not write is there at Infomaniak; this OpenStack's Nova lets every role write.
    authorizes = False

    def __init__(
        self, client: AnyComputeClient, cloud: OpenStackCloud, image_id: str, network: Network
    ) -> None:
        super().__init__(client)
        self.image_id = image_id
        self.networks = (network.id,)
        self._cloud = cloud
        self._id, secret = application_credential(cloud)
        self.secrets = (secret,)

    def _with(self, credential_id: str, secret: str, **further: str) -> InfomaniakComputeClient:
        credentials = InfomaniakCredentials(
            credential_id, secret, auth_url=self._cloud.auth_url, region=self._cloud.region
        )
        return InfomaniakComputeClient(
            credentials, retry=RetryPolicy(base_seconds=0.0), endpoint_url=further.get("endpoint_url")
        )

    def with_wrong_secret(self) -> InfomaniakComputeClient:
        return self._with(self._id, "wrong" * 8)

    def with_unknown_identity(self) -> InfomaniakComputeClient:
        return self._with(uuid.uuid4().hex, self.secrets[0])

    def with_expired_credentials(self) -> InfomaniakComputeClient:
        with InfomaniakIdentityClient.from_cloud("ostack-password") as identity:
            # Keystone makes none that is over already.
            end = datetime.now(timezone.utc) + timedelta(seconds=5)
            made = identity.create_application_credential(f"ends-{uuid.uuid4().hex}", expires_at=end)
        time.sleep(max(0.0, (end - datetime.now(timezone.utc)).total_seconds()) + 1)
        assert made.secret is not None
        return self._with(made.id, made.secret.reveal())

    @contextmanager
    def losing_create(self) -> Iterator[InfomaniakComputeClient]:
        nova = self.client._service_url()
        with (
            ScriptedServer(otherwise=LosesOne(nova)) as hop,
            self._with(self._id, self.secrets[0], endpoint_url=f"{hop.url}{urlsplit(nova).path}") as client,
        ):
            yield client


def application_credential(cloud: OpenStackCloud) -> tuple[str, str]:
    """Return id and secret of the restricted application credential in clouds.yaml."""
    auth = yaml.safe_load(cloud.clouds_yaml.read_text())["clouds"]["ostack"]["auth"]
    return auth["application_credential_id"], auth["application_credential_secret"]


@pytest.fixture(scope="module")
def client(openstack_cloud: OpenStackCloud) -> Iterator[InfomaniakComputeClient]:
    credential_id, secret = application_credential(openstack_cloud)
    with pytest.MonkeyPatch.context() as patch:
        # A reference, so that the client can be pickled.
        patch.setenv(_SECRET_VARIABLE, secret)
        credentials = InfomaniakCredentials(
            credential_id,
            Secret.from_env(_SECRET_VARIABLE),
            auth_url=openstack_cloud.auth_url,
            region=openstack_cloud.region,
        )
        with InfomaniakComputeClient(credentials) as made:
            yield made


@pytest.fixture(scope="module")
def networks(openstack_cloud: OpenStackCloud) -> Iterator[InfomaniakNetworkClient]:
    with InfomaniakNetworkClient.from_cloud("ostack") as made:
        yield made


@pytest.fixture(scope="module")
def network(networks: InfomaniakNetworkClient) -> Iterator[Network]:
    name = f"test-vm-{uuid.uuid4().hex[:8]}"
    made = networks.create_network(name)
    networks.create_subnet(made.id, name, "10.79.0.0/20")
    yield made
    for port in networks.list_ports(network_id=made.id):
        networks.delete_port(port.id)
    networks.delete_network(made.id)


@pytest.fixture(scope="module")
def image_id(client: InfomaniakComputeClient) -> str:
    return client.find_image("tiny").id


@pytest.fixture
def harness(
    client: InfomaniakComputeClient, openstack_cloud: OpenStackCloud, image_id: str, network: Network
) -> NovaHarness:
    return NovaHarness(client, openstack_cloud, image_id, network)


@pytest.fixture
def name() -> str:
    return f"test-vm-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def instance_id(client: InfomaniakComputeClient, image_id: str, network: Network, name: str) -> Iterator[str]:
    with client.ephemeral(name, SMALL, image_id, networks=[network.id], tags={"a": "b"}) as made:
        yield made.id


class TestNova(ComputeConformance):
    title = "InfomaniakComputeClient on OpenStack Nova"


def settled(client: InfomaniakComputeClient, instance_id: str, status: str) -> None:
    found = client.wait_for_status(instance_id, [status], deadline_seconds=_LONG)
    assert found is not None
    assert found.raw_state == status


def test_its_hours_are_counted(client: InfomaniakComputeClient, instance_id: str, name: str) -> None:
    settled(client, instance_id, "ACTIVE")
    with InfomaniakMeteringClient.from_cloud(RESTRICTED) as metering:

        def used_until(end: datetime) -> tuple[ComputeUsage, list[InstanceUsage]]:
            usage = metering.get_compute_usage(end - timedelta(hours=1), end)
            return usage, [each for each in usage.instances if each.instance_id == instance_id]

        time.sleep(1)  # Nova counts whole seconds: what was launched within the current one is not there yet
        usage, (own,) = used_until(datetime.now(timezone.utc) + timedelta(minutes=1))
        assert own.started_at is not None
        assert used_until(own.started_at + timedelta(seconds=0.9))[1] == []
        assert used_until(own.started_at + timedelta(seconds=1))[1] != []
    assert (own.name, own.vcpus, own.ram_mib) == (name, 1, 2048)
    assert 0 < own.hours < 1
    assert usage.instance_hours >= own.hours


# -- a life --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("there", "status", "back"),
    [
        pytest.param("pause_instance", "PAUSED", "unpause_instance", id="pause"),
        pytest.param("suspend_instance", "SUSPENDED", "resume_instance", id="suspend"),
        pytest.param("shelve_instance", "SHELVED_OFFLOADED", "unshelve_instance", id="shelve"),
    ],
)
def test_there_and_back(
    client: InfomaniakComputeClient, instance_id: str, there: str, status: str, back: str
) -> None:
    assert "ACTIVE" in getattr(client, there)(instance_id, dry_run=True).checks[0]
    with pytest.raises(NotFoundError):
        getattr(client, there)(NO_SUCH, dry_run=True)
    assert getattr(client, back)(instance_id) is False
    assert getattr(client, there)(instance_id) is True
    settled(client, instance_id, status)
    assert getattr(client, there)(instance_id) is False
    with pytest.raises(ConflictError):
        client.rescue_instance(instance_id, dry_run=True)
    assert getattr(client, back)(instance_id) is True
    settled(client, instance_id, "ACTIVE")


def test_rescue(client: InfomaniakComputeClient, instance_id: str, image_id: str) -> None:
    client.rescue_instance(instance_id, image_id=image_id, dry_run=True)
    access = client.rescue_instance(instance_id, admin_password="planted-Passw0rd")
    assert access.admin_password is not None
    assert access.admin_password.reveal() == "planted-Passw0rd"
    assert "planted" not in repr(access) + str(access.to_dict())
    settled(client, instance_id, "RESCUE")
    assert client.get_instance(instance_id).state is InstanceState.RUNNING
    assert client.unrescue_instance(instance_id) is True
    settled(client, instance_id, "ACTIVE")


def test_resize(client: InfomaniakComputeClient, instance_id: str) -> None:
    assert len(client.resize_instance(instance_id, LARGE, dry_run=True).checks) == 2
    with pytest.raises(NotFoundError, match="no flavor"):
        client.resize_instance(instance_id, "none such")
    assert client.resize_instance(instance_id, SMALL) is False
    assert client.resize_instance(instance_id, LARGE) is True
    settled(client, instance_id, "VERIFY_RESIZE")
    assert client.revert_resize(instance_id) is True
    settled(client, instance_id, "ACTIVE")
    assert client.get_instance(instance_id).instance_type == SMALL
    client.resize_instance(instance_id, LARGE)
    settled(client, instance_id, "VERIFY_RESIZE")
    assert client.confirm_resize(instance_id) is True
    settled(client, instance_id, "ACTIVE")
    assert client.get_instance(instance_id).instance_type == LARGE
    with pytest.raises(ConflictError):
        client.confirm_resize(instance_id)


def test_rebuild_and_snapshot(
    client: InfomaniakComputeClient, instance_id: str, image_id: str, name: str
) -> None:
    plan = client.rebuild_instance(instance_id, image_id, user_data="secret words", dry_run=True)
    assert "secret" not in repr(plan)
    rebuilt = client.rebuild_instance(instance_id, image_id, name=name + "-anew", tags={"c": "d"})
    assert rebuilt.name == name + "-anew"
    settled(client, instance_id, "ACTIVE")
    assert dict(client.get_instance(instance_id).tags) == {"c": "d"}
    client.snapshot_instance(instance_id, name, dry_run=True)
    copied = client.snapshot_instance(instance_id, name, metadata={"k": "v"})
    ready = client.wait_for_image(copied, deadline_seconds=_LONG)
    assert ready is not None
    assert (ready.name, ready.status) == (name, "active")
    assert client.get_image(copied).id == copied
    assert copied in {image.id for image in client.list_images(name=name)}
    client.delete_image(copied, dry_run=True)
    assert client.delete_image(copied) is True
    assert client.delete_image(copied) is False
    with pytest.raises(NotFoundError):
        client.find_image(name)


def test_lock(client: InfomaniakComputeClient, instance_id: str) -> None:
    assert client.lock_instance(instance_id) is True
    assert client.get_instance(instance_id).raw["locked"] is True
    assert client.unlock_instance(instance_id) is True
    assert client.get_instance(instance_id).raw["locked"] is False


def test_names_tags_labels_events(client: InfomaniakComputeClient, instance_id: str, name: str) -> None:
    changed = client.update_instance(
        instance_id, name=name + "-ü", description="d", tags={"x": "y", "Ort": "Genève"}
    )
    assert (changed.name, dict(changed.tags)) == (name + "-ü", {"x": "y", "Ort": "Genève"})
    before = client.list_labels(instance_id)
    assert "cloud-ephemeral" in before
    after = client.set_labels(instance_id, ["one", "two"])
    assert {label for label in after if not label.startswith("cloud-token-")} == {"one", "two"}
    assert any(label.startswith("cloud-token-") for label in after)
    assert [i.id for i in client.list_instances(filters={"tags": ["one", "two"]})] == [instance_id]
    assert client.list_instances(filters={"tags": ["one", "three"], "not-tags": ["x"]}) == []
    with pytest.raises(InvalidRequestError, match="would ignore"):
        client.list_instances(filters={"colour": ["red"]})
    with pytest.raises(InvalidRequestError):
        client.set_labels(instance_id, ["a,b"])
    actions = [event.action for event in client.list_events(instance_id)]
    assert "create" in actions
    with pytest.raises(InvalidRequestError):
        client.update_instance(instance_id)


def test_delete(client: InfomaniakComputeClient, image_id: str, network: Network, name: str) -> None:
    for force in (False, True):
        made = client.create_instance(name, SMALL, image_id, networks=[network.id])
        client.wait_for(made.id, deadline_seconds=_LONG)
        assert client.delete_instance(made.id, dry_run=True).resource == made.id
        assert client.delete_instance(made.id, force) is True
        assert client.wait_for_status(made.id, ["DELETED"], terminal_statuses=()) is None
        assert client.delete_instance(made.id, force) is False


# -- parts ---------------------------------------------------------------------------------------------------
def test_interfaces_and_addresses(
    client: InfomaniakComputeClient,
    networks: InfomaniakNetworkClient,
    instance_id: str,
    network: Network,
    name: str,
) -> None:
    (first,) = client.list_interfaces(instance_id)
    assert first.network_id == network.id
    (address,) = client.list_addresses(instance_id)
    assert (address.network, address.kind, address.ip_address) == (
        network.name,
        "fixed",
        first.ip_addresses[0],
    )
    other = networks.create_network(name)
    try:
        networks.create_subnet(other.id, name, "10.80.0.0/24")
        client.attach_interface(instance_id, network_id=other.id, dry_run=True)
        second = client.attach_interface(instance_id, network_id=other.id, ip_address="10.80.0.7")
        assert second.ip_addresses == ("10.80.0.7",)
        own = networks.create_port(other.id, name)
        third = client.attach_interface(instance_id, port_id=own.id)
        assert third.port_id == own.id
        assert {card.port_id for card in client.list_interfaces(instance_id)} == {
            first.port_id,
            second.port_id,
            own.id,
        }
        for card in (second, third):
            client.detach_interface(instance_id, card.port_id, dry_run=True)
            assert client.detach_interface(instance_id, card.port_id) is True
            gone(lambda port=card.port_id: port in {c.port_id for c in client.list_interfaces(instance_id)})
        with pytest.raises(NotFoundError):
            client.detach_interface(instance_id, own.id, dry_run=True)
        with pytest.raises(InvalidRequestError):
            client.attach_interface(instance_id)
    finally:
        for port in networks.list_ports(network_id=other.id):
            networks.delete_port(port.id)
        networks.delete_network(other.id)


def gone(is_there: Callable[[], bool]) -> None:
    for _ in range(120):
        if not is_there():
            return
        threading.Event().wait(0.5)
    raise AssertionError("it is still there")


def test_a_floating_ip_leads_to_an_instance(
    client: InfomaniakComputeClient,
    networks: InfomaniakNetworkClient,
    instance_id: str,
    network: Network,
    name: str,
) -> None:
    external = networks.list_networks(is_external=True).first()
    assert external is not None
    subnet = networks.list_subnets(network_id=network.id).first()
    assert subnet is not None
    router = networks.create_router(name, external.id)
    networks.add_router_interface(router.id, subnet.id)
    port = networks.list_ports(device_id=instance_id).first()
    assert port is not None
    address = networks.allocate_floating_ip(external.id)
    try:
        networks.associate_floating_ip(address.id, port.id)
        gone(lambda: address.ip_address not in client.get_instance(instance_id).public_addresses)
        kinds = {found.ip_address: found.kind for found in client.list_addresses(instance_id)}
        assert kinds[address.ip_address] == "floating"
    finally:
        networks.release_floating_ip(address.id)
        networks.remove_router_interface(router.id, subnet.id)
        networks.delete_router(router.id)


def test_security_groups_of_an_instance(
    client: InfomaniakComputeClient, networks: InfomaniakNetworkClient, instance_id: str, name: str
) -> None:
    group = networks.create_security_group(name)
    try:
        client.add_security_group(instance_id, name, dry_run=True)
        assert client.add_security_group(instance_id, group.id) is True
        names = {found["name"] for found in client.get_instance(instance_id).raw["security_groups"]}
        assert name in names
        assert client.remove_security_group(instance_id, name) is True
    finally:
        assert networks.delete_security_group(group.id) is True


def test_volumes_of_an_instance(
    openstack_cloud: OpenStackCloud, client: InfomaniakComputeClient, instance_id: str, name: str
) -> None:
    with InfomaniakVolumeClient.from_cloud("ostack") as volumes:
        made = volumes.create_volume(1, name)
        volumes.wait_for_volume(made.id)
        volumes.attach_volume(made.id, instance_id, dry_run=True)
        seen: list[str] = []
        attached = volumes.attach_volume(
            made.id, instance_id, progress=lambda found: seen.append(found.status)
        )
        assert attached.attachments[0].instance_id == instance_id
        assert seen
        assert [found.volume_id for found in client.list_instance_volumes(instance_id)] == [made.id]
        with pytest.raises(InvalidRequestError):
            volumes.attach_volume(made.id, instance_id, dry_run=True)
        with pytest.raises(CloudError):
            volumes.delete_volume(made.id)
        volumes.detach_volume(made.id, dry_run=True)
        assert volumes.detach_volume(made.id) is True
        assert volumes.detach_volume(made.id) is False
        volumes.wait_for_volume(made.id)
        client.attach_volume(instance_id, made.id, dry_run=True)
        assert client.attach_volume(instance_id, made.id).volume_id == made.id
        volumes.wait_for_volume(made.id, ["in-use"])
        client.detach_volume(instance_id, made.id, dry_run=True)
        assert client.detach_volume(instance_id, made.id) is True
        volumes.wait_for_volume(made.id)
        with pytest.raises(NotFoundError):
            client.detach_volume(instance_id, made.id, dry_run=True)
        assert volumes.delete_volume(made.id) is True


def test_starting_from_a_volume(
    openstack_cloud: OpenStackCloud,
    client: InfomaniakComputeClient,
    image_id: str,
    network: Network,
    name: str,
) -> None:
    options = InstanceOptions(boot_volume_gib=1, keep_boot_volume=True, description="on a volume")
    with (
        InfomaniakVolumeClient.from_cloud("ostack") as volumes,
        client.ephemeral(name, "a1-ram2-disk0", image_id, networks=[network.id], options=options) as made,
    ):
        assert made.image_id is None
        (kept,) = client.list_instance_volumes(made.id)
        assert kept.delete_on_termination is False
        assert volumes.get_volume(kept.volume_id).is_bootable is True
        assert client.get_instance(made.id).raw["description"] == "on a volume"
    with InfomaniakVolumeClient.from_cloud("ostack") as volumes:
        volumes.wait_for_volume(kept.volume_id)
        again = InstanceOptions(boot_volume_id=kept.volume_id)
        with client.ephemeral(name, "a1-ram2-disk0", image_id, networks=[network.id], options=again) as made:
            assert [v.volume_id for v in client.list_instance_volumes(made.id)] == [kept.volume_id]
        volumes.wait_for_volume(kept.volume_id, ["deleted"], terminal_states=())


def test_server_groups(client: InfomaniakComputeClient, image_id: str, network: Network, name: str) -> None:
    assert client.create_server_group(name, "anti-affinity", dry_run=True).changes["name"] == name
    group = client.create_server_group(name, "soft-anti-affinity")
    other = client.create_server_group(name + "2", "affinity")
    try:
        assert client.get_server_group(group.id) == group
        paged = [found.id for found in client.list_server_groups(page_size=1)]
        assert {group.id, other.id} <= set(paged)
        assert len(paged) == len(set(paged))
        options = InstanceOptions(server_group_id=group.id)
        with client.ephemeral(name, SMALL, image_id, networks=[network.id], options=options) as made:
            assert made.id in client.get_server_group(group.id).instance_ids
    finally:
        assert client.delete_server_group(group.id) is True
        assert client.delete_server_group(other.id) is True
    assert client.delete_server_group(group.id) is False
    with pytest.raises(InvalidRequestError):
        client.create_server_group(name, "together")


def test_flavors_images_zones_keys(client: InfomaniakComputeClient, image_id: str, name: str) -> None:
    flavor = client.get_flavor(SMALL)
    assert (flavor.id, flavor.vcpus, flavor.memory_bytes) == (SMALL, 1, 2 << 30)
    assert client.get_flavor(flavor.raw["id"]) == flavor
    assert {found.id for found in client.list_flavors()} >= {SMALL, LARGE}
    assert [zone.name for zone in client.list_availability_zones() if zone.is_available]
    with pytest.raises(NotFoundError):
        client.get_image(NO_SUCH)
    made = client.create_keypair(name)
    assert made.private_key is not None
    assert name in [found.name for found in client.list_keypairs()]
    assert client.delete_keypair(name) is True
    assert client.create_keypair(name, made.public_key).fingerprint == made.fingerprint
    assert client.delete_keypair(name) is True


# -- making ----------------------------------------------------------------------------------------------------
def test_a_plan_says_what_holds(
    client: InfomaniakComputeClient, image_id: str, network: Network, name: str
) -> None:
    plan = client.plan_instance(
        name, SMALL, image_id, networks=[network.id], user_data="secret words", security_groups=["default"]
    )
    assert len(plan.checks) == 5
    assert plan.changes["user_data_bytes"] == 12
    assert "secret" not in repr(plan)
    assert client.list_instances(name=name) == []
    keywords = {"networks": [network.id]}
    for wrong, error in (
        ({"instance_type": "none such"}, NotFoundError),
        ({"image_id": NO_SUCH}, NotFoundError),
        ({"networks": [NO_SUCH]}, NotFoundError),
        ({"security_groups": ["none such"]}, NotFoundError),
        ({"key_pair": "none such"}, NotFoundError),
        ({"zone": "none such"}, NotFoundError),
        ({"options": InstanceOptions(port_ids=(NO_SUCH,))}, NotFoundError),
    ):
        arguments = {"instance_type": SMALL, "image_id": image_id, **keywords, **wrong}
        with pytest.raises(error):
            client.plan_instance(name, **arguments)
        with pytest.raises(error):
            client.create_instance(name, **arguments, dry_run=True)


def test_a_full_quota_is_its_own_error(
    openstack_cloud: OpenStackCloud,
    client: InfomaniakComputeClient,
    image_id: str,
    network: Network,
    name: str,
) -> None:
    path = f"/os-quota-sets/{openstack_cloud.project_id}"
    with InfomaniakComputeClient.from_cloud("ostack-admin") as admin:
        limit = {quota.name: quota.limit for quota in client.list_quotas()}["instances"]
        admin._rest("set_quota", "", "PUT", path, json={"quota_set": {"instances": 0, "force": True}})
        try:
            with pytest.raises(QuotaExceededError):
                client.plan_instance(name, SMALL, image_id, networks=[network.id])
            with pytest.raises(QuotaExceededError):
                client.create_instance(name, SMALL, image_id, networks=[network.id])
        finally:
            admin._rest("set_quota", "", "PUT", path, json={"quota_set": {"instances": limit}})
    assert client.list_instances(name=name) == []


def test_a_creation_that_never_arrived_is_not_sent_again(
    harness: NovaHarness, client: InfomaniakComputeClient, image_id: str, name: str
) -> None:
    """Nobody can know that it never arrived: the outcome is unknown, and Nova was asked once."""
    nova = client._service_url()
    hop = LosesOne(nova, swallow=True)
    with (
        ScriptedServer(otherwise=hop) as server,
        harness._with(
            harness._id, harness.secrets[0], endpoint_url=f"{server.url}{urlsplit(nova).path}"
        ) as losing,
    ):
        waited: list[float] = []
        losing._pause = waited.append
        with pytest.raises(OutcomeUnknownError, match="has not shown up"):
            losing.create_instance(name, SMALL, image_id, networks=harness.networks)
        assert hop.creations == 1
        assert len(waited) == 7
    assert client.list_instances(name=name) == []


def test_ephemeral_instances_go_whatever_happens(
    client: InfomaniakComputeClient, image_id: str, network: Network, name: str
) -> None:
    def fail() -> None:
        with client.ephemeral(name, SMALL, image_id, networks=[network.id]) as made:
            assert made.state is InstanceState.RUNNING
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert client.list_instances(name=name) == []
    with (
        pytest.raises((NotFoundError, InvalidRequestError)),
        client.ephemeral(name, SMALL, NO_SUCH, networks=[network.id]),
    ):
        raise AssertionError("it was made")
    assert client.list_instances(name=name) == []


def test_sweep(client: InfomaniakComputeClient, image_id: str, network: Network, name: str) -> None:
    made = client.create_instance(
        name, SMALL, image_id, networks=[network.id], options=InstanceOptions(labels=(name,))
    )
    other = client.create_instance(name, SMALL, image_id, networks=[network.id])
    for item in (made, other):
        client.wait_for(item.id, deadline_seconds=_LONG)
    assert client.sweep(name, timedelta(hours=1)) == []
    plan = client.sweep(name, timedelta(0), dry_run=True)
    assert plan.changes == {"terminate": [made.id]}
    assert [item.id for item in client.sweep(name, timedelta(0))] == [made.id]
    client.wait_for(made.id, [InstanceState.TERMINATED], deadline_seconds=_LONG)
    assert [item.id for item in client.list_instances(name=name)] == [other.id]
    assert client.terminate_instance(other.id) is True


def test_the_environment_is_enough(openstack_cloud: OpenStackCloud) -> None:
    credential_id, secret = application_credential(openstack_cloud)
    with pytest.MonkeyPatch.context() as patch:
        for variable in [found for found in os.environ if found.startswith("OS_")]:
            patch.delenv(variable)
        patch.setenv("OS_AUTH_URL", openstack_cloud.auth_url)
        patch.setenv("OS_APPLICATION_CREDENTIAL_ID", credential_id)
        patch.setenv("OS_APPLICATION_CREDENTIAL_SECRET", secret)
        patch.setenv("OS_REGION_NAME", openstack_cloud.region)
        with InfomaniakComputeClient.from_env() as client:
            assert client.validate_connection() is True
            assert client.list_flavors()
