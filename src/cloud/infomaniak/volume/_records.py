"""What Cinder says about volumes, snapshots, backups, types and transfers, typed. Sizes are in GiB, as it counts.

https://docs.openstack.org/api-ref/block-storage/v3/
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
class VolumeAttachment(Record):
    """That a volume is attached to an instance.

    Attributes:
        id: id of the attachment.
        volume_id: the volume.
        instance_id: the instance.
        device: what Nova calls the device; the system inside may call it otherwise (``/dev/disk/by-id``).
        attached_at: since when; None where the service does not say.
    """

    id: str
    volume_id: str
    instance_id: str
    device: str | None = None
    attached_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Volume(Record):
    """One volume.

    Attributes:
        id: Cinder's id.
        name: what people call it; names need not be unique.
        size_gib: size in GiB.
        status: ``creating``, ``available``, ``reserved``, ``attaching``, ``in-use``, ``detaching``, ``extending``,
            ``retyping``, ``backing-up``, ``restoring-backup``, ``uploading``, ``awaiting-transfer``, ``deleting``,
            ``error`` or ``error_*``.
        description: free text.
        volume_type: name of its type.
        is_bootable: whether an instance can start from it.
        is_encrypted: whether it is encrypted.
        is_multiattach: whether several instances may have it at once.
        availability_zone: where it is.
        attachments: the instances that have it.
        snapshot_id: the snapshot that it was made from.
        source_volume_id: the volume that it was cloned from.
        image_id: the image that it was made from.
        metadata: your own pairs.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    size_gib: int
    status: str
    description: str = ""
    volume_type: str | None = None
    is_bootable: bool = False
    is_encrypted: bool = False
    is_multiattach: bool = False
    availability_zone: str | None = None
    attachments: tuple[VolumeAttachment, ...] = ()
    snapshot_id: str | None = None
    source_volume_id: str | None = None
    image_id: str | None = None
    metadata: Mapping[str, str] = field(default=EMPTY, hash=False)
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class VolumeType(Record):
    """A kind of volume: how fast, how safe.

    Attributes:
        id: Cinder's id.
        name: such as ``CEPH_1_perf1``.
        description: free text.
        is_public: whether every project may use it.
        extra_specs: what the service tells about it.
        raw: the service's own record.
    """

    id: str
    name: str
    description: str = ""
    is_public: bool = True
    extra_specs: Mapping[str, str] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class VolumeSnapshot(Record):
    """A volume as it was at one moment. It lives beside the volume: it is no backup.

    Attributes:
        id: Cinder's id.
        name: what people call it.
        volume_id: the volume, which cannot be deleted before its snapshots.
        size_gib: size of the volume in GiB.
        status: ``creating``, ``available``, ``deleting``, ``error`` or ``error_deleting``.
        description: free text.
        metadata: your own pairs.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    volume_id: str
    size_gib: int
    status: str
    description: str = ""
    metadata: Mapping[str, str] = field(default=EMPTY, hash=False)
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class VolumeBackup(Record):
    """A copy of a volume in the object store. It outlives the volume.

    Attributes:
        id: Cinder's id.
        name: what people call it.
        volume_id: the volume that it is of.
        size_gib: size of the volume in GiB.
        status: ``creating``, ``available``, ``restoring``, ``deleting``, ``error`` or ``error_deleting``.
        description: free text.
        is_incremental: whether it holds only what changed since the backup before.
        has_dependent_backups: whether incremental ones build on it: it cannot be deleted before them.
        snapshot_id: the snapshot that it was made from.
        container: where in the object store.
        object_count: how many objects.
        fail_reason: why it failed; None where it did not.
        availability_zone: where it is.
        data_at: the moment whose data it holds; None where the service does not say.
        created_at: when it was made.
        raw: the service's own record.
    """

    id: str
    name: str
    volume_id: str
    size_gib: int
    status: str
    description: str = ""
    is_incremental: bool = False
    has_dependent_backups: bool = False
    snapshot_id: str | None = None
    container: str | None = None
    object_count: int | None = None
    fail_reason: str | None = None
    availability_zone: str | None = None
    data_at: datetime | None = None
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RestoredBackup(Record):
    """That a backup is being restored.

    Attributes:
        backup_id: the backup.
        volume_id: the volume that gets its data.
        volume_name: that volume's name.
    """

    backup_id: str
    volume_id: str
    volume_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VolumeTransfer(Record):
    """The offer of a volume to another project.

    Attributes:
        id: what the other project accepts.
        volume_id: the volume.
        name: what people call it.
        auth_key: the password that the other project needs. The service tells it once, when the offer is made;
            None in listings.
        created_at: when it was made.
        raw: the service's own record, without the password.
    """

    id: str
    volume_id: str
    name: str = ""
    auth_key: Secret | None = None
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data, without the password."""
        return {**super(VolumeTransfer, self).to_dict(), "auth_key": None}


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadedImage(Record):
    """That a volume is being copied to an image.

    Attributes:
        image_id: the image.
        volume_id: the volume.
        name: the image's name.
        disk_format: ``raw``, ``qcow2`` and the like.
        status: state of the volume while it is read.
    """

    image_id: str
    volume_id: str
    name: str
    disk_format: str
    status: str


def _common(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what volumes, snapshots and backups all have."""
    return {
        "id": data["id"],
        "name": data.get("name") or "",
        "size_gib": data["size"],
        "status": data["status"],
        "description": data.get("description") or "",
        "created_at": moment(data.get("created_at")),
        "raw": data,
    }


def volume_of(data: Mapping[str, Any]) -> Volume:
    """Return the record of Cinder's ``volume``."""
    return Volume(
        **_common(data),
        volume_type=data.get("volume_type"),
        is_bootable=str(data.get("bootable", False)).lower() == "true",  # a text, of all things
        is_encrypted=bool(data.get("encrypted", False)),
        is_multiattach=bool(data.get("multiattach", False)),
        availability_zone=data.get("availability_zone"),
        attachments=tuple(_attachment_of(found) for found in data.get("attachments") or ()),
        snapshot_id=data.get("snapshot_id"),
        source_volume_id=data.get("source_volid"),
        image_id=(data.get("volume_image_metadata") or {}).get("image_id"),
        metadata=FrozenMap(data.get("metadata") or {}),
    )


def _attachment_of(data: Mapping[str, Any]) -> VolumeAttachment:
    return VolumeAttachment(
        id=data.get("attachment_id") or data["id"],
        volume_id=data["volume_id"],
        instance_id=data["server_id"],
        device=data.get("device"),
        attached_at=moment(data.get("attached_at")),
    )


def volume_type_of(data: Mapping[str, Any]) -> VolumeType:
    """Return the record of Cinder's ``volume_type``."""
    return VolumeType(
        id=data["id"],
        name=data["name"],
        description=data.get("description") or "",
        is_public=data.get("is_public", True),
        extra_specs=FrozenMap(data.get("extra_specs") or {}),
        raw=data,
    )


def snapshot_of(data: Mapping[str, Any]) -> VolumeSnapshot:
    """Return the record of Cinder's ``snapshot``."""
    return VolumeSnapshot(
        **_common(data),
        volume_id=data["volume_id"],
        metadata=FrozenMap(data.get("metadata") or {}),
    )


def backup_of(data: Mapping[str, Any]) -> VolumeBackup:
    """Return the record of Cinder's ``backup``."""
    return VolumeBackup(
        **_common(data),
        volume_id=data["volume_id"],
        is_incremental=bool(data.get("is_incremental", False)),
        has_dependent_backups=bool(data.get("has_dependent_backups", False)),
        snapshot_id=data.get("snapshot_id"),
        container=data.get("container"),
        object_count=data.get("object_count"),
        fail_reason=data.get("fail_reason") or None,
        availability_zone=data.get("availability_zone"),
        data_at=moment(data.get("data_timestamp")),
    )


def restored_of(data: Mapping[str, Any]) -> RestoredBackup:
    """Return the record of Cinder's ``restore``."""
    return RestoredBackup(
        backup_id=data["backup_id"], volume_id=data["volume_id"], volume_name=data.get("volume_name") or ""
    )


def transfer_of(data: Mapping[str, Any]) -> VolumeTransfer:
    """Return the record of Cinder's ``transfer``."""
    return VolumeTransfer(
        id=data["id"],
        volume_id=data["volume_id"],
        name=data.get("name") or "",
        auth_key=Secret.of(data.get("auth_key")),
        created_at=moment(data.get("created_at")),
        raw={name: value for name, value in data.items() if name != "auth_key"},
    )


def uploaded_of(data: Mapping[str, Any]) -> UploadedImage:
    """Return the record of Cinder's ``os-volume_upload_image``."""
    return UploadedImage(
        image_id=data["image_id"],
        volume_id=data["id"],
        name=data["image_name"],
        disk_format=data["disk_format"],
        status=data["status"],
    )
