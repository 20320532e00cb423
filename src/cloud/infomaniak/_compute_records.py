"""What Nova and Glance say about flavors, images, key pairs and the like, typed.

https://docs.openstack.org/api-ref/compute/ and https://docs.openstack.org/api-ref/image/v2/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.common._redact import Secret
from cloud.common.models import EMPTY, FrozenMap, Record
from cloud.infomaniak._planning import moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Flavor(Record):
    """What an instance may be made of.

    Attributes:
        id: Nova's id.
        name: such as ``a2-ram4-disk20-perf1``.
        vcpus: virtual processors.
        memory_mib: memory in MiB.
        disk_gib: root disk in GiB; 0 for one that needs a boot volume.
        ephemeral_gib: second disk in GiB.
        is_public: whether every project may use it.
        extra_specs: what the service tells about it.
        raw: the service's own record.
    """

    id: str
    name: str
    vcpus: int
    memory_mib: int
    disk_gib: int
    ephemeral_gib: int = 0
    is_public: bool = True
    extra_specs: Mapping[str, str] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Image(Record):
    """A disk that instances and volumes are made from.

    Attributes:
        id: Glance's id.
        name: what people call it; names need not be unique.
        status: ``queued``, ``saving``, ``active``, ``deactivated``, ``killed`` or ``deleted``.
        size: length of its file in bytes; None until it is there.
        min_disk_gib: smallest disk that it fits on, in GiB.
        min_memory_mib: least memory that it runs in, in MiB.
        disk_format: ``raw``, ``qcow2`` and the like.
        visibility: ``public``, ``private``, ``shared`` or ``community``.
        owner_id: whose it is.
        tags: labels.
        checksum: MD5 of its file; None until it is there.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    status: str
    size: int | None = None
    min_disk_gib: int = 0
    min_memory_mib: int = 0
    disk_format: str | None = None
    visibility: str = ""
    owner_id: str | None = None
    tags: tuple[str, ...] = ()
    checksum: str | None = None
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPair(Record):
    """The public half of an SSH key, which new instances let in.

    Attributes:
        name: its name, unique for the user.
        fingerprint: of the public key.
        public_key: as OpenSSH writes it.
        key_type: ``ssh`` or ``x509``.
        private_key: the other half, of a key pair that the service made. It tells it once, when it makes it.
        created_at: when it was made; None in listings.
        raw: the service's own record, without the private key.
    """

    name: str
    fingerprint: str
    public_key: str
    key_type: str = "ssh"
    private_key: Secret | None = None
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data, without the private key."""
        return {**super(KeyPair, self).to_dict(), "private_key": None}


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerGroup(Record):
    """Instances that are kept on one host, or apart.

    Attributes:
        id: Nova's id.
        name: what people call it.
        policy: ``affinity``, ``anti-affinity``, ``soft-affinity`` or ``soft-anti-affinity``.
        instance_ids: its instances.
        project_id: whose it is.
        raw: the service's own record.
    """

    id: str
    name: str
    policy: str
    instance_ids: tuple[str, ...] = ()
    project_id: str | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class AvailabilityZone(Record):
    """A part of the region that fails by itself.

    Attributes:
        name: its name.
        is_available: whether instances can be made there.
        raw: the service's own record.
    """

    name: str
    is_available: bool
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceAddress(Record):
    """One address of an instance.

    Attributes:
        network: name of the network.
        ip_address: the address.
        ip_version: 4 or 6.
        kind: ``fixed``, or ``floating`` for a public address that leads to a fixed one.
        mac_address: hardware address of its port.
    """

    network: str
    ip_address: str
    ip_version: int
    kind: str
    mac_address: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceInterface(Record):
    """A network card of an instance.

    Attributes:
        port_id: its port; what `detach_interface` takes.
        network_id: the network.
        mac_address: its hardware address.
        ip_addresses: its addresses.
        state: ``ACTIVE``, ``DOWN`` or ``BUILD``.
        raw: the service's own record.
    """

    port_id: str
    network_id: str
    mac_address: str = ""
    ip_addresses: tuple[str, ...] = ()
    state: str = ""
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceVolume(Record):
    """A volume of an instance.

    Attributes:
        volume_id: the volume; what `detach_volume` takes.
        instance_id: the instance.
        device: what Nova calls the device.
        delete_on_termination: whether the volume goes with the instance.
        raw: the service's own record.
    """

    volume_id: str
    instance_id: str
    device: str | None = None
    delete_on_termination: bool = False
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RescueAccess(Record):
    """How to log in to an instance in rescue mode.

    Attributes:
        instance_id: the instance.
        admin_password: the administrator's password; None where the service makes none.
    """

    instance_id: str
    admin_password: Secret | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data, without the password."""
        return {"instance_id": self.instance_id, "admin_password": None}


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceEvent(Record):
    """Something that was done with an instance.

    Attributes:
        request_id: the service's id of the request.
        action: what was done: ``create``, ``stop``, ``resize`` and the like.
        instance_id: the instance.
        message: what went wrong, if something did.
        started_at: when.
        raw: the service's own record.
    """

    request_id: str
    action: str
    instance_id: str
    message: str | None = None
    started_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


def flavor_of(data: Mapping[str, Any]) -> Flavor:
    """Return the record of Nova's ``flavor``."""
    return Flavor(
        id=data["id"],
        name=data["name"],
        vcpus=data["vcpus"],
        memory_mib=data["ram"],
        disk_gib=data["disk"],
        ephemeral_gib=data.get("OS-FLV-EXT-DATA:ephemeral", 0),
        is_public=data.get("os-flavor-access:is_public", True),
        extra_specs=FrozenMap(data.get("extra_specs") or {}),
        raw=data,
    )


def image_of(data: Mapping[str, Any]) -> Image:
    """Return the record of Glance's image."""
    return Image(
        id=data["id"],
        name=data.get("name") or "",
        status=data["status"],
        size=data.get("size"),
        min_disk_gib=data.get("min_disk") or 0,
        min_memory_mib=data.get("min_ram") or 0,
        disk_format=data.get("disk_format"),
        visibility=data.get("visibility") or "",
        owner_id=data.get("owner"),
        tags=tuple(data.get("tags") or ()),
        checksum=data.get("checksum"),
        created_at=moment(data.get("created_at")),
        raw=data,
    )


def key_pair_of(data: Mapping[str, Any]) -> KeyPair:
    """Return the record of Nova's ``keypair``."""
    return KeyPair(
        name=data["name"],
        fingerprint=data["fingerprint"],
        public_key=data["public_key"],
        key_type=data.get("type") or "ssh",
        private_key=Secret.of(data.get("private_key")),
        created_at=moment(data.get("created_at")),
        raw={name: value for name, value in data.items() if name != "private_key"},
    )


def server_group_of(data: Mapping[str, Any]) -> ServerGroup:
    """Return the record of Nova's ``server_group``."""
    return ServerGroup(
        id=data["id"],
        name=data["name"],
        policy=data["policy"],
        instance_ids=tuple(data.get("members") or ()),
        project_id=data.get("project_id"),
        raw=data,
    )


def zone_of(data: Mapping[str, Any]) -> AvailabilityZone:
    """Return the record of Nova's ``availabilityZoneInfo``."""
    return AvailabilityZone(name=data["zoneName"], is_available=data["zoneState"]["available"], raw=data)


def addresses_of(data: Mapping[str, list[Mapping[str, Any]]]) -> list[InstanceAddress]:
    """Return a record for each address in Nova's ``addresses``."""
    return [
        InstanceAddress(
            network=network,
            ip_address=found["addr"],
            ip_version=found["version"],
            kind=found.get("OS-EXT-IPS:type") or "fixed",
            mac_address=found.get("OS-EXT-IPS-MAC:mac_addr") or "",
        )
        for network, addresses in data.items()
        for found in addresses
    ]


def interface_of(data: Mapping[str, Any]) -> InstanceInterface:
    """Return the record of Nova's ``interfaceAttachment``."""
    return InstanceInterface(
        port_id=data["port_id"],
        network_id=data["net_id"],
        mac_address=data.get("mac_addr") or "",
        ip_addresses=tuple(found["ip_address"] for found in data.get("fixed_ips") or ()),
        state=data.get("port_state") or "",
        raw=data,
    )


def instance_volume_of(data: Mapping[str, Any]) -> InstanceVolume:
    """Return the record of Nova's ``volumeAttachment``."""
    return InstanceVolume(
        volume_id=data["volumeId"],
        instance_id=data["serverId"],
        device=data.get("device"),
        delete_on_termination=bool(data.get("delete_on_termination", False)),
        raw=data,
    )


def event_of(data: Mapping[str, Any]) -> InstanceEvent:
    """Return the record of Nova's ``instanceAction``."""
    return InstanceEvent(
        request_id=data["request_id"],
        action=data["action"],
        instance_id=data["instance_uuid"],
        message=data.get("message"),
        started_at=moment(data.get("start_time")),
        raw=data,
    )
