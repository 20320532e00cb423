"""What EC2 has beyond the compute contract: options of an instance, and what is around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from cloud.common.errors import InvalidRequestError
from cloud.common.models import EMPTY, Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockDevice(Record):
    """One disk of a new instance.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EbsBlockDevice.html

    Attributes:
        device_name: such as ``/dev/sda1`` for the root disk of many images, ``/dev/xvda`` of others.
        size_gib: size in GiB; the snapshot's or the image's when None.
        volume_type: ``gp3``, ``io2`` and so on; EC2's default when None.
        iops: operations in a second, for the types that can be told.
        throughput_mib: MiB in a second, for gp3.
        encrypted: whether it is encrypted; the account's default when None.
        kms_key_id: the key for it; the account's default one when None.
        snapshot_id: what it holds at first.
        delete_on_termination: whether it goes with the instance.
    """

    device_name: str
    size_gib: int | None = None
    volume_type: str | None = None
    iops: int | None = None
    throughput_mib: int | None = None
    encrypted: bool | None = None
    kms_key_id: str | None = None
    snapshot_id: str | None = None
    delete_on_termination: bool = True

    def __post_init__(self) -> None:
        """Refuse what no disk can have."""
        if not self.device_name:
            raise InvalidRequestError("a block device needs its device_name, such as /dev/sda1")
        if self.size_gib is not None and self.size_gib < 1:
            raise InvalidRequestError(f"size_gib must be at least 1, not {self.size_gib}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot(Record):
    """A new instance of spare capacity, which EC2 may take back at two minutes' notice.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SpotMarketOptions.html

    Attributes:
        max_price: US dollars an hour as text, such as ``"0.05"``; the on-demand price when None.
        persistent: whether EC2 makes another when it took this one; the request must then be cancelled, too.
        interruption: what becomes of it: ``hibernate`` and ``stop`` need `persistent`.
    """

    max_price: str | None = None
    persistent: bool = False
    interruption: Literal["hibernate", "stop", "terminate"] = "terminate"

    def __post_init__(self) -> None:
        """Refuse what EC2 refuses."""
        if self.interruption != "terminate" and not self.persistent:
            raise InvalidRequestError(f"interruption={self.interruption!r} needs persistent=True")


@dataclass(frozen=True, kw_only=True, slots=True)
class EC2InstanceOptions(Record):
    """What only EC2 can be told about a new instance.

    Attributes:
        block_devices: disks; the image's own when there are none.
        spot: as spare capacity; None for an on-demand instance.
        iam_profile: name or ARN of the instance profile whose role its programs have.
        public_address: whether it gets a public IPv4 address; the subnet decides when None.
        private_address: an address of the subnet; any free one when None.
        imds_tokens: whether the metadata service wants a token (IMDSv2); the image decides when None.
        shutdown: what a shutdown from inside does; EC2 stops it when None.
        protected: whether `terminate_instance` is refused until the protection is taken away.
        tag_volumes: whether the disks get the tags of the instance.
    """

    block_devices: tuple[BlockDevice, ...] = ()
    spot: Spot | None = None
    iam_profile: str | None = None
    public_address: bool | None = None
    private_address: str | None = None
    imds_tokens: Literal["optional", "required"] | None = None
    shutdown: Literal["stop", "terminate"] | None = None
    protected: bool | None = None
    tag_volumes: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SecurityRule(Record):
    """Traffic that a security group lets through: one protocol, one range of ports, one peer.

    Attributes:
        protocol: ``tcp``, ``udp``, ``icmp``, ``icmpv6``, a number, or ``-1`` for everything.
        from_port: first port, or type of ICMP; None for all of them.
        to_port: last port, or code of ICMP; None for all of them.
        peer: the other side: a network such as ``203.0.113.0/24`` or ``::/0``, a security group ``sg-...``, or
            a prefix list ``pl-...``.
        direction: ``ingress`` lets in, ``egress`` lets out.
        description: what it is for; not compared.
    """

    protocol: str
    peer: str
    from_port: int | None = None
    to_port: int | None = None
    direction: Literal["ingress", "egress"] = "ingress"
    description: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Refuse half a range, and a rule for nobody."""
        if not self.protocol or not self.peer:
            raise InvalidRequestError("a rule needs a protocol and a peer, such as tcp and 203.0.113.0/24")
        if (self.from_port is None) is not (self.to_port is None):
            raise InvalidRequestError("from_port and to_port belong together; for one port both are the same")
        if self.direction not in {"ingress", "egress"}:
            raise InvalidRequestError(f"direction is ingress or egress, not {self.direction!r}")


@dataclass(frozen=True, kw_only=True, slots=True)
class SecurityGroup(Record):
    """A firewall around instances.

    Attributes:
        id: what `create_instance` takes in `security_groups`.
        name: its name, unique in its VPC.
        description: what it is for.
        vpc_id: the VPC that it belongs to; None in the oldest accounts.
        rules: what it lets through; everything else is dropped.
        tags: labels.
        raw: boto3's own record.
    """

    id: str
    name: str
    description: str = ""
    vpc_id: str | None = None
    rules: tuple[SecurityRule, ...] = ()
    tags: Mapping[str, str] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Address(Record):
    """A public IPv4 address of your own (Elastic IP); charged as long as you hold it.

    Attributes:
        id: its allocation id.
        address: the address.
        association_id: of its present use; None while it is free.
        instance_id: the instance that has it; None for none.
        private_address: what it leads to.
        tags: labels.
        raw: boto3's own record.
    """

    id: str
    address: str
    association_id: str | None = None
    instance_id: str | None = None
    private_address: str | None = None
    tags: Mapping[str, str] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Volume(Record):
    """A disk.

    Attributes:
        id: its id.
        name: its Name tag; empty where it has none.
        size_bytes: its size.
        state: EC2's word: creating, available, in-use, deleting, deleted, error.
        volume_type: ``gp3`` and so on.
        zone: where it is; only instances there can have it.
        encrypted: whether it is encrypted.
        snapshot_id: what it held at first; None for nothing.
        instance_ids: the instances that have it.
        created_at: when it was made.
        tags: labels.
        raw: boto3's own record.
    """

    id: str
    name: str
    size_bytes: int
    state: str
    volume_type: str
    zone: str
    encrypted: bool = False
    snapshot_id: str | None = None
    instance_ids: tuple[str, ...] = ()
    created_at: datetime | None = None
    tags: Mapping[str, str] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot(Record):
    """A copy of a disk as it was at one moment.

    Attributes:
        id: its id.
        name: its Name tag; empty where it has none.
        volume_id: the disk that it is of.
        size_bytes: size of that disk; what it costs is what it holds.
        state: EC2's word: pending, completed, error, recoverable, recovering.
        progress_percent: how much of it is stored; None where EC2 does not say.
        description: what it is for.
        encrypted: whether it is encrypted.
        created_at: the moment.
        tags: labels.
        raw: boto3's own record.
    """

    id: str
    name: str
    volume_id: str
    size_bytes: int
    state: str
    progress_percent: int | None = None
    description: str = ""
    encrypted: bool = False
    created_at: datetime | None = None
    tags: Mapping[str, str] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)
