"""What Nova says about server groups, zones, interfaces and the like, typed, and the options of a new instance.

https://docs.openstack.org/api-ref/compute/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.common.errors import InvalidRequestError
from cloud.common.models import Record
from cloud.infomaniak._planning import moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cloud.common._redact import Secret


@dataclass(frozen=True, kw_only=True)
class InstanceOptions:
    """What only Nova can be told of a new instance.

    Attributes:
        description: free text.
        labels: Nova's own tags, of at most 60 characters, without ``/`` and ``,``. The service finds instances by
            them; `InfomaniakComputeClient.sweep` does, too.
        boot_volume_gib: start from a new volume of this size, made from the image, instead of the host's disk.
        boot_volume_type: type of that volume; the service's default when None.
        boot_volume_id: start from this volume of yours; `image_id` says what is on it, and is not read.
        keep_boot_volume: whether the volume stays when the instance goes.
        server_group_id: the server group that says which host it may be on.
        port_ids: ports of yours that it gets beside `networks`.
        config_drive: whether it gets its metadata on a disk, too.
    """

    description: str | None = None
    labels: tuple[str, ...] = ()
    boot_volume_gib: int | None = None
    boot_volume_type: str | None = None
    boot_volume_id: str | None = None
    keep_boot_volume: bool = False
    server_group_id: str | None = None
    port_ids: tuple[str, ...] = ()
    config_drive: bool | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.boot_volume_gib is not None and self.boot_volume_id is not None:
            raise InvalidRequestError("boot_volume_gib and boot_volume_id exclude each other")
        if self.boot_volume_gib is not None and self.boot_volume_gib < 1:
            raise InvalidRequestError(f"boot_volume_gib is at least 1, not {self.boot_volume_gib}")
        if self.boot_volume_type is not None and self.boot_volume_gib is None:
            raise InvalidRequestError("boot_volume_type needs boot_volume_gib")
        for label in self.labels:
            checked_label(label)


def checked_label(label: str) -> str:
    """Return `label`; InvalidRequestError for one that Nova does not take."""
    if not isinstance(label, str) or not 1 <= len(label) <= 60 or set("/,") & set(label):
        raise InvalidRequestError(f"a label has 1 to 60 characters, none of them / or a comma: {label!r}")
    return label


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
