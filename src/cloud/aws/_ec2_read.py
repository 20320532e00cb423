"""EC2's records as ours, and our requests as EC2's arguments. Nothing here is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloud.aws._ec2_records import EC2InstanceOptions
from cloud.common._records import Image, Instance, InstanceType, KeyPair
from cloud.common._redact import Secret
from cloud.common._times import read_utc
from cloud.common.enums import InstanceState
from cloud.common.errors import InvalidRequestError
from cloud.common.models import utc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cloud.aws._ec2_records import BlockDevice, Spot
    from cloud.common._compute_types import CreateInstanceRequest, InstanceListRequest

GIB: Final = 1 << 30
MIB: Final = 1 << 20
NAME_TAG: Final = "Name"
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html
STATES: Final[Mapping[str, InstanceState]] = {
    "pending": InstanceState.PENDING,
    "running": InstanceState.RUNNING,
    "shutting-down": InstanceState.TERMINATING,
    "terminated": InstanceState.TERMINATED,
    "stopping": InstanceState.STOPPING,
    "stopped": InstanceState.STOPPED,
}
_WORDS: Final = {state: word for word, state in STATES.items()}
# In a filter's value these stand for other characters.
_WILDCARDS: Final = frozenset("*?\\")


# -- what EC2 says -----------------------------------------------------------------------------------------------
def tags_of(item: Mapping[str, Any]) -> dict[str, str]:
    """Return all tags of a record of EC2's, the Name tag too."""
    return {tag["Key"]: tag.get("Value", "") for tag in item.get("Tags") or ()}


def named(item: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the name in the Name tag, empty for none, and the other tags."""
    tags = tags_of(item)
    return tags.pop(NAME_TAG, ""), tags


def moment(value: datetime | None) -> datetime | None:
    """Return a time in UTC."""
    return None if value is None else utc(value)


def instance(item: Mapping[str, Any], region: str) -> Instance:
    """Return an instance."""
    name, tags = named(item)
    word = item["State"]["Name"]
    cards = item.get("NetworkInterfaces") or ()
    private = [each["PrivateIpAddress"] for card in cards for each in card.get("PrivateIpAddresses", ())]
    public = [
        each["Association"]["PublicIp"]
        for card in cards
        for each in card.get("PrivateIpAddresses", ())
        if each.get("Association", {}).get("PublicIp")
    ]
    version_6 = [each["Ipv6Address"] for card in cards for each in card.get("Ipv6Addresses", ())]
    reason = item.get("StateReason", {}).get("Message") or item.get("StateTransitionReason")
    return Instance(
        id=item["InstanceId"],
        name=name,
        state=STATES.get(word, InstanceState.UNKNOWN),
        raw_state=word,
        instance_type=item["InstanceType"],
        image_id=item.get("ImageId"),
        region=region,
        zone=item.get("Placement", {}).get("AvailabilityZone"),
        private_addresses=_unique([item.get("PrivateIpAddress"), *private]),
        public_addresses=_unique([item.get("PublicIpAddress"), *public, *version_6]),
        created_at=moment(item.get("LaunchTime")),
        tags=tags,
        key_pair=item.get("KeyName"),
        state_reason=reason or None,
        raw=item,
    )


def _unique(values: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def image(item: Mapping[str, Any]) -> Image:
    """Return an image."""
    disks = [
        device["Ebs"].get("VolumeSize") for device in item.get("BlockDeviceMappings", ()) if "Ebs" in device
    ]
    created = item.get("CreationDate")
    return Image(
        id=item["ImageId"],
        name=item.get("Name") or "",
        status=item.get("State") or "",
        architecture=item.get("Architecture"),
        min_disk_bytes=disks[0] * GIB if disks and disks[0] else None,
        created_at=read_utc(created) if created else None,
        owner=item.get("OwnerId"),
        tags=tags_of(item),
        raw=item,
    )


def instance_type(item: Mapping[str, Any]) -> InstanceType:
    """Return an instance type."""
    return InstanceType(
        id=item["InstanceType"],
        name=item["InstanceType"],
        vcpus=item["VCpuInfo"]["DefaultVCpus"],
        memory_bytes=item["MemoryInfo"]["SizeInMiB"] * MIB,
        # A decimal unit: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceStorageInfo.html
        disk_bytes=item.get("InstanceStorageInfo", {}).get("TotalSizeInGB", 0) * 10**9,
        architectures=tuple(item.get("ProcessorInfo", {}).get("SupportedArchitectures", ())),
        raw=item,
    )


def key_pair(item: Mapping[str, Any]) -> KeyPair:
    """Return a key pair; the private key only in its own field."""
    secret = item.get("KeyMaterial")
    shown = {name: value for name, value in item.items() if name not in {"KeyMaterial", "ResponseMetadata"}}
    return KeyPair(
        name=item["KeyName"],
        fingerprint=item.get("KeyFingerprint") or "",
        public_key=item.get("PublicKey") or None,
        private_key=Secret(secret) if secret else None,
        created_at=moment(item.get("CreateTime")),
        raw=shown,
    )


# -- what EC2 is asked ---------------------------------------------------------------------------------------------
def tag_specification(kind: str, name: str | None, tags: Mapping[str, str]) -> list[dict[str, Any]] | None:
    """Return the tags of something to make; None for none."""
    if name is not None and NAME_TAG in tags:
        raise InvalidRequestError("on EC2 the name is the tag Name: give it as name=, not in tags")
    pairs = {NAME_TAG: name, **tags} if name is not None else tags
    if not pairs:
        return None
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}]


def filters_of(request: InstanceListRequest) -> list[dict[str, Any]] | None:
    """Return the filters of a listing, as far as EC2 compares exactly; None for none."""
    found: dict[str, list[str]] = {}
    if request.states and request.states <= _WORDS.keys():
        found["instance-state-name"] = sorted(_WORDS[state] for state in request.states)
    if request.name and not _WILDCARDS & set(request.name):
        found[f"tag:{NAME_TAG}"] = [request.name]
    for name, value in request.tags.items():
        if value and not _WILDCARDS & set(name + value):
            found[f"tag:{name}"] = [value]
    filters = [{"Name": name, "Values": values} for name, values in found.items()]
    filters += [{"Name": name, "Values": list(values)} for name, values in request.filters.items()]
    return filters or None


def run_arguments(request: CreateInstanceRequest) -> dict[str, Any]:
    """Return the arguments of RunInstances for one instance; None for what is not asked."""
    options = request.options if request.options is not None else EC2InstanceOptions()
    if len(request.networks) > 1:
        raise InvalidRequestError("a new EC2 instance is in one subnet; attach more network cards afterwards")
    specifications = tag_specification("instance", request.name, request.tags) or []
    if options.tag_volumes and request.tags:
        specifications += tag_specification("volume", None, request.tags) or []
    arguments: dict[str, Any] = {
        "MinCount": 1,
        "MaxCount": 1,
        "ClientToken": request.token,
        "InstanceType": request.instance_type,
        "ImageId": request.image_id,
        "KeyName": request.key_pair,
        "UserData": request.user_data,  # botocore encodes it
        "Placement": None if request.zone is None else {"AvailabilityZone": request.zone},
        "TagSpecifications": specifications,
        "BlockDeviceMappings": [_block_device(device) for device in options.block_devices] or None,
        "InstanceMarketOptions": None if options.spot is None else _spot(options.spot),
        "MetadataOptions": None if options.imds_tokens is None else {"HttpTokens": options.imds_tokens},
        "InstanceInitiatedShutdownBehavior": options.shutdown,
        "DisableApiTermination": options.protected,
        "IamInstanceProfile": None,
    }
    if options.iam_profile is not None:
        kind = "Arn" if options.iam_profile.startswith("arn:") else "Name"
        arguments["IamInstanceProfile"] = {kind: options.iam_profile}
    return arguments | _network(request, options)


def _network(request: CreateInstanceRequest, options: EC2InstanceOptions) -> dict[str, Any]:
    """Return what says where the instance is: of a card when its address is asked for, else of itself."""
    subnet = request.networks[0] if request.networks else None
    groups = list(request.security_groups) or None
    if options.public_address is None:
        return {
            "SubnetId": subnet,
            "SecurityGroupIds": groups,
            "PrivateIpAddress": options.private_address,
        }
    card = {
        "DeviceIndex": 0,
        "AssociatePublicIpAddress": options.public_address,
        "SubnetId": subnet,
        "Groups": groups,
        "PrivateIpAddress": options.private_address,
    }
    return {"NetworkInterfaces": [{name: value for name, value in card.items() if value is not None}]}


def _block_device(device: BlockDevice) -> dict[str, Any]:
    ebs = {
        "VolumeSize": device.size_gib,
        "VolumeType": device.volume_type,
        "Iops": device.iops,
        "Throughput": device.throughput_mib,
        "Encrypted": device.encrypted,
        "KmsKeyId": device.kms_key_id,
        "SnapshotId": device.snapshot_id,
        "DeleteOnTermination": device.delete_on_termination,
    }
    return {
        "DeviceName": device.device_name,
        "Ebs": {name: value for name, value in ebs.items() if value is not None},
    }


def _spot(spot: Spot) -> dict[str, Any]:
    options: dict[str, Any] = {
        "SpotInstanceType": "persistent" if spot.persistent else "one-time",
        "InstanceInterruptionBehavior": spot.interruption,
    }
    if spot.max_price is not None:
        options["MaxPrice"] = spot.max_price
    return {"MarketType": "spot", "SpotOptions": options}
