"""Nova's and Glance's answers as the records that all compute clients share, and filters as Nova takes them."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cloud.common._records import Image, Instance, InstanceType, KeyPair, Quota
from cloud.common._redact import Secret
from cloud.common.enums import InstanceState
from cloud.common.errors import InvalidRequestError
from cloud.common.models import FrozenMap
from cloud.infomaniak._planning import moment
from cloud.infomaniak._service import inner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.common._compute_types import InstanceListRequest

MIB: Final = 1 << 20
GIB: Final = 1 << 30

# https://docs.openstack.org/api-guide/compute/server_concepts.html#server-status
_STATES: Final[Mapping[str, InstanceState]] = {
    "ACTIVE": InstanceState.RUNNING,
    "BUILD": InstanceState.PENDING,
    "DELETED": InstanceState.TERMINATED,
    "ERROR": InstanceState.ERROR,
    "HARD_REBOOT": InstanceState.PENDING,
    "MIGRATING": InstanceState.RUNNING,
    "PASSWORD": InstanceState.RUNNING,
    "PAUSED": InstanceState.PAUSED,
    "REBOOT": InstanceState.PENDING,
    "REBUILD": InstanceState.PENDING,
    "RESCUE": InstanceState.RUNNING,
    "RESIZE": InstanceState.PENDING,
    "REVERT_RESIZE": InstanceState.PENDING,
    "SHELVED": InstanceState.STOPPED,
    "SHELVED_OFFLOADED": InstanceState.STOPPED,
    "SHUTOFF": InstanceState.STOPPED,
    "SOFT_DELETED": InstanceState.TERMINATED,
    "SUSPENDED": InstanceState.PAUSED,
    "VERIFY_RESIZE": InstanceState.RUNNING,
}
# What is being done overrules what it is; nova/compute/task_states.py.
_TASKS: Final[Mapping[str, InstanceState]] = {
    "deleting": InstanceState.TERMINATING,
    "soft-deleting": InstanceState.TERMINATING,
    "powering-off": InstanceState.STOPPING,
    "powering-on": InstanceState.PENDING,
    "spawning": InstanceState.PENDING,
    "unshelving": InstanceState.PENDING,
    "pausing": InstanceState.PENDING,
    "unpausing": InstanceState.PENDING,
    "suspending": InstanceState.PENDING,
    "resuming": InstanceState.PENDING,
    "rescuing": InstanceState.PENDING,
    "unrescuing": InstanceState.PENDING,
}
# Statuses that an instance of a state may have; a state that any status may be is not in it.
_STATUSES: Final[Mapping[InstanceState, frozenset[str]]] = {
    InstanceState.ERROR: frozenset({"ERROR"}),
    InstanceState.STOPPED: frozenset({"SHUTOFF", "SHELVED", "SHELVED_OFFLOADED"}),
    InstanceState.RUNNING: frozenset({"ACTIVE", "RESCUE", "VERIFY_RESIZE", "PASSWORD", "MIGRATING"}),
}
# What Nova lets a project ask; it ignores every other word in silence.
# https://docs.openstack.org/api-ref/compute/#list-servers
FILTERS: Final = frozenset(
    {
        "changes-before",
        "changes-since",
        "flavor",
        "image",
        "ip",
        "ip6",
        "locked",
        "name",
        "not-tags",
        "not-tags-any",
        "reservation_id",
        "status",
        "tags",
        "tags-any",
    }
)
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9 _-]+")
_LISTS: Final = frozenset({"tags", "tags-any", "not-tags", "not-tags-any"})


def state_of(data: Mapping[str, Any]) -> InstanceState:
    """Return where a server is in its life."""
    task = data.get("OS-EXT-STS:task_state")
    return _TASKS.get(task or "") or _STATES.get(data["status"], InstanceState.UNKNOWN)


def instance_of(data: Mapping[str, Any], region: str | None) -> Instance:
    """Return the record of Nova's ``server``."""
    private: list[str] = []
    public: list[str] = []
    for addresses in (data.get("addresses") or {}).values():
        for found in addresses:
            address = found["addr"]
            is_public = found.get("OS-EXT-IPS:type") == "floating" or ipaddress.ip_address(address).is_global
            (public if is_public else private).append(address)
    return Instance(
        id=data["id"],
        name=data["name"],
        state=state_of(data),
        raw_state=data["status"],
        instance_type=data["flavor"]["original_name"],
        image_id=(data.get("image") or {}).get("id"),  # an empty text for one on a volume
        region=region,
        private_addresses=tuple(private),
        public_addresses=tuple(public),
        created_at=moment(data.get("created")),
        tags=FrozenMap(data.get("metadata") or {}),
        zone=data.get("OS-EXT-AZ:availability_zone") or None,
        key_pair=data.get("key_name"),
        state_reason=(data.get("fault") or {}).get("message"),
        raw={
            name: value
            for name, value in data.items()
            if name not in {"adminPass", "OS-EXT-SRV-ATTR:user_data"}
        },
    )


class Flavor(NamedTuple):
    """A flavor in Nova's own units, and its id, which no `InstanceType` has."""

    id: str
    name: str
    vcpus: int
    ram_mib: int
    disk_gib: int
    raw: Mapping[str, Any]


def flavor_of(data: Mapping[str, Any]) -> Flavor:
    """Return a flavor in Nova's own units."""
    return Flavor(
        str(data["id"]), str(data["name"]), int(data["vcpus"]), int(data["ram"]), int(data["disk"]), data
    )


def instance_type_of(data: Mapping[str, Any]) -> InstanceType:
    """Return the record of Nova's ``flavor``. Its id is the name: that is what an instance tells of its flavor."""
    return InstanceType(
        id=data["name"],
        name=data["name"],
        vcpus=data["vcpus"],
        memory_bytes=data["ram"] * MIB,
        disk_bytes=data["disk"] * GIB,
        raw=data,
    )


def image_of(data: Mapping[str, Any]) -> Image:
    """Return the record of Glance's image."""
    return Image(
        id=data["id"],
        name=data.get("name") or "",
        status=data["status"],
        architecture=data.get("architecture"),
        min_disk_bytes=(data.get("min_disk") or 0) * GIB,
        created_at=moment(data.get("created_at")),
        owner=data.get("owner"),
        tags=FrozenMap(dict.fromkeys(data.get("tags") or (), "")),
        raw=data,
    )


def key_pair_of(data: Mapping[str, Any]) -> KeyPair:
    """Return the record of Nova's ``keypair``."""
    return KeyPair(
        name=data["name"],
        fingerprint=data["fingerprint"],
        public_key=data["public_key"],
        private_key=Secret.of(data.get("private_key")),
        created_at=moment(data.get("created_at")),
        raw={name: value for name, value in data.items() if name != "private_key"},
    )


def quotas_of_limits(absolute: Mapping[str, int]) -> list[Quota]:
    """Return the quotas in Nova's ``limits``."""
    table = (
        ("instances", "maxTotalInstances", "totalInstancesUsed", "count"),
        ("cores", "maxTotalCores", "totalCoresUsed", "count"),
        ("ram", "maxTotalRAMSize", "totalRAMUsed", "MiB"),
        ("server_groups", "maxServerGroups", "totalServerGroupsUsed", "count"),
        ("server_group_members", "maxServerGroupMembers", None, "count"),
        ("key_pairs", "maxTotalKeypairs", None, "count"),
        ("metadata_items", "maxServerMeta", None, "count"),
    )
    return [
        Quota(
            name=name,
            limit=None if int(absolute[limit]) < 0 else int(absolute[limit]),
            used=None if used is None or absolute.get(used) is None else int(absolute[used]),
            unit=unit,
        )
        for name, limit, used, unit in table
        if limit in absolute
    ]


def quotas_of_answer(body: Any) -> list[Quota]:
    """Return the quotas in an answer of Nova about limits."""
    return quotas_of_limits(inner(inner(body, "limits"), "absolute"))


def list_params(request: InstanceListRequest) -> dict[str, Any]:
    """Return the query of a listing, as exact as Nova can be asked.

    Nova compares names by the database's regular expressions: only a name that means the same in all of them is
    sent. It cannot be asked for metadata. The template compares both again.

    Raises:
        InvalidRequestError: a filter that Nova would ignore.
    """
    params: dict[str, Any] = {"limit": request.page_size, "marker": request.token}
    for name, values in request.filters.items():
        if name not in FILTERS:
            raise InvalidRequestError(
                f"Nova has no filter {name!r}, and would ignore it",
                hint=f"it has {', '.join(sorted(FILTERS))}",
            )
        params[name] = ",".join(values) if name in _LISTS else list(values)
    if request.name is not None and "name" not in params and _PLAIN_NAME.fullmatch(request.name):
        params["name"] = f"^{request.name}$"
    if request.states and "status" not in params and request.states <= set(_STATUSES):
        params["status"] = sorted(status for state in request.states for status in _STATUSES[state])
    return params
