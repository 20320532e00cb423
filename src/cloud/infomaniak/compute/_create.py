"""A new instance: what is sent, what is looked at before, and how a lost answer is found again."""

from __future__ import annotations

import hashlib
import threading
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from cloud._dialects._answers import read_by
from cloud.common._fork import renew_after_fork
from cloud.common.errors import (
    CloudError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    QuotaExceededError,
)
from cloud.infomaniak._service import given, inner, part, there_are
from cloud.infomaniak.compute._calls import ComputeCalls
from cloud.infomaniak.compute._read import quotas_of_answer
from cloud.infomaniak.compute._records import InstanceOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud.common._compute_types import CreateInstanceRequest
    from cloud.common._records import Instance
    from cloud.infomaniak.compute._read import Flavor

_LOOKS = 8
_LOOK_SECONDS = 1.0
_SAYS_NOTHING = frozenset({502, 504})  # a gateway gave up waiting for Nova


class Sent:
    """The creations whose answer has not come, by client and token: what must not be sent again."""

    def __init__(self) -> None:
        self._tokens: set[tuple[int, str]] = set()
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")

    def __contains__(self, token: object) -> bool:
        """Return whether an answer is missing."""
        with self._lock:
            return token in self._tokens

    def add(self, token: tuple[int, str]) -> None:
        """Say that it is being sent."""
        with self._lock:
            self._tokens.add(token)

    def settle(self, token: tuple[int, str]) -> None:
        """Say that it is known what became of it."""
        with self._lock:
            self._tokens.discard(token)


sent = Sent()


def label_of(token: str) -> str:
    """Return the label that marks the instance of a token; tokens may be longer than labels."""
    return f"cloud-token-{hashlib.sha256(token.encode()).hexdigest()[:32]}"


class CreateCalls(ComputeCalls):
    """Making an instance. All of it runs inside of a hook."""

    _pause: Callable[[float], None]

    def _is_open(self, token: str) -> bool:
        """Return whether a creation of this token was sent whose answer has not come."""
        return (id(self), token) in sent

    def _create_once(self, request: CreateInstanceRequest) -> Instance:
        """Return the instance of the request's token, made now or before. It is sent once, whatever happens."""
        assert request.token is not None  # noqa: S101  # the template gives every request one
        label = label_of(request.token)
        found = self._find_labelled(label)
        if found is None and self._is_open(request.token):
            found = self._find_patiently(label)
            if found is None:
                sent.settle((id(self), request.token))
                raise OutcomeUnknownError(
                    "the answer was lost, and the instance has not shown up",
                    hint=f"look for an instance called {request.name!r} before you try again",
                )
        if found is None:
            found = self._post(request, label)
        sent.settle((id(self), request.token))
        return found

    def _post(self, request: CreateInstanceRequest, label: str) -> Instance:
        assert request.token is not None  # noqa: S101  # see above
        body = self._body(request, label)
        sent.add((id(self), request.token))
        try:
            answer = self._runtime.translated(
                "create_instance", request.name, lambda: self._nova("POST", "/servers", json=body)
            )
        except CloudError as error:
            told = error.http_status is not None and error.http_status not in _SAYS_NOTHING
            if told or not error.request_sent:
                sent.settle((id(self), request.token))
            if isinstance(error, PermissionDeniedError):
                # Nova says 403, and the same code, for a full quota: the limits say which of the two it is.
                self._room(self._flavor(request.instance_type))
            raise
        return self._found(read_by(lambda body: str(body["server"]["id"]), answer))

    def _find_labelled(self, label: str) -> Instance | None:
        body = self._nova("GET", "/servers/detail", params={"tags": label})

        def oldest(servers: Any) -> Instance | None:
            found = sorted(servers, key=lambda server: str(server["created"]))
            return self._instance_of(found[0]) if found else None

        return read_by(oldest, inner(body, "servers"))

    def _find_patiently(self, label: str) -> Instance | None:
        for look in range(_LOOKS):
            if look:
                self._pause(_LOOK_SECONDS)
            found = self._find_labelled(label)
            if found is not None:
                return found
        return None

    # -- what is sent ----------------------------------------------------------------------------------------
    def _body(self, request: CreateInstanceRequest, label: str) -> Mapping[str, Any]:
        options = request.options or InstanceOptions()
        server = given(
            {
                "name": request.name,
                "flavorRef": self._flavor(request.instance_type).id,
                "imageRef": request.image_id if options.boot_volume_id is None else None,
                "networks": self._networks(request.networks, options.port_ids),
                "key_name": request.key_pair,
                "security_groups": [{"name": group} for group in request.security_groups] or None,
                "user_data": None if request.user_data is None else b64encode(request.user_data).decode(),
                "availability_zone": request.zone,
                "metadata": dict(request.tags) or None,
                "tags": sorted({label, *options.labels}),
                "description": options.description,
                "config_drive": options.config_drive,
                "block_device_mapping_v2": _boot_volume(request.image_id, options),
            }
        )
        if "block_device_mapping_v2" in server:
            server.pop("imageRef", None)  # the volume is made from it
        hints = None if options.server_group_id is None else {"group": options.server_group_id}
        return given({"server": server, "os:scheduler_hints": hints})

    def _networks(self, networks: tuple[str, ...], port_ids: tuple[str, ...]) -> list[Mapping[str, str]]:
        if not networks and not port_ids:
            networks = (self._only_network(),)
        return [*({"uuid": network} for network in networks), *({"port": port} for port in port_ids)]

    def _only_network(self) -> str:
        """Return the network of a project that has one; Nova would make one of its own where there is none."""
        params = {"router:external": "false", "fields": ["id", "name"]}
        body = self._send("GET", "/networks", params=params, service="network")
        found = read_by(
            lambda networks: {str(each["id"]): each.get("name") or "one" for each in networks},
            inner(body, "networks"),
        )
        if len(found) != 1:
            raise InvalidRequestError(
                f"the project sees {len(found)} networks, so one must be named",
                hint=there_are(f"{name} ({network})" for network, name in found.items())
                if found
                else "make one first",
            )
        return next(iter(found))

    # -- what is looked at -----------------------------------------------------------------------------------
    def _checks(self, request: CreateInstanceRequest) -> tuple[str, ...]:
        """Return what holds for the request; raise what does not. Nothing is changed."""
        options = request.options or InstanceOptions()
        flavor = self._flavor(request.instance_type)
        facts = [f"the flavor {flavor.name} exists", self._room(flavor)]
        if options.boot_volume_id is None:
            facts.append(self._check_image(request.image_id, flavor, options))
        for network in request.networks:
            self._send("GET", f"/networks/{part(network)}", service="network")
            facts.append(f"the network {network} exists")
        if not request.networks and not options.port_ids:
            facts.append(f"the network {self._only_network()} is the only one")
        for port in options.port_ids:
            self._send("GET", f"/ports/{part(port)}", service="network")
            facts.append(f"the port {port} exists")
        for group in request.security_groups:
            self._check_security_group(group)
            facts.append(f"the security group {group} exists")
        if request.key_pair is not None:
            self._nova("GET", f"/os-keypairs/{part(request.key_pair)}")
            facts.append(f"the key pair {request.key_pair} exists")
        if request.zone is not None:
            zones = inner(self._nova("GET", "/os-availability-zone"), "availabilityZoneInfo")
            names = read_by(
                lambda all_: [str(zone["zoneName"]) for zone in all_ if zone["zoneState"]["available"]], zones
            )
            if request.zone not in names:
                raise NotFoundError(f"there is no zone {request.zone!r}", hint=there_are(names))
            facts.append(f"the zone {request.zone} is available")
        return tuple(facts)

    def _room(self, flavor: Flavor) -> str:
        needed = {"instances": 1, "cores": flavor.vcpus, "ram": flavor.ram_mib}
        for quota in read_by(quotas_of_answer, self._nova("GET", "/limits")):
            count = needed.get(quota.name, 0)
            if count and quota.limit is not None and quota.limit - (quota.used or 0) < count:
                raise QuotaExceededError(
                    f"the quota of {quota.name} is {quota.limit}, {quota.used} are used, {count} are needed",
                    request_sent=False,
                )
        return f"the quota leaves room for {flavor.vcpus} cores and {flavor.ram_mib} MiB"

    def _check_image(self, image_id: str, flavor: Flavor, options: InstanceOptions) -> str:
        image = self._send("GET", f"/images/{part(image_id)}", service="image")
        status, needs_gib, needs_mib = read_by(
            lambda body: (
                str(body["status"]),
                int(body.get("min_disk") or 0),
                int(body.get("min_ram") or 0),
            ),
            image,
        )
        if status != "active":
            raise InvalidRequestError(f"the image {image_id} is {status}, not active")
        disk = flavor.disk_gib if options.boot_volume_gib is None else options.boot_volume_gib
        # A flavor without a disk takes what the image needs.
        if needs_gib > disk > 0 or needs_mib > flavor.ram_mib:
            raise InvalidRequestError(
                f"the image needs {needs_gib} GiB of disk and {needs_mib} MiB of memory",
                hint="choose a larger flavor",
            )
        return f"the image {image_id} is active and fits"

    def _check_security_group(self, name_or_id: str) -> None:
        for key in ("id", "name"):
            body = self._send(
                "GET", "/security-groups", params={key: name_or_id, "fields": "id"}, service="network"
            )
            if inner(body, "security_groups"):
                return
        raise NotFoundError(f"there is no security group {name_or_id!r}", request_sent=False)


def _boot_volume(image_id: str, options: InstanceOptions) -> list[Mapping[str, Any]] | None:
    """Return the disk to start from; None for the host's own."""
    if options.boot_volume_gib is None and options.boot_volume_id is None:
        return None
    is_new = options.boot_volume_id is None
    return [
        given(
            {
                "boot_index": 0,
                "source_type": "image" if is_new else "volume",
                "destination_type": "volume",
                "uuid": image_id if is_new else options.boot_volume_id,
                "volume_size": options.boot_volume_gib,
                "volume_type": options.boot_volume_type,
                "delete_on_termination": not options.keep_boot_volume,
            }
        )
    ]
