"""EC2's disks and their snapshots (EBS)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, final

from cloud.aws._ec2_read import GIB, moment, named, tag_specification
from cloud.aws._ec2_records import Snapshot, Volume
from cloud.aws._ec2_service import EC2Service
from cloud.common._compute_core import checked_tags, checked_text
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping


class EC2Volumes(EC2Service):
    """Disks and snapshots."""

    @final
    def list_volumes(self) -> list[Volume]:
        """Return all disks, attached or not."""
        return self._all("list_volumes", "", "describe_volumes", "Volumes", _volume)

    @final
    def get_volume(self, volume_id: str) -> Volume:
        """Return one disk."""
        return self._one("get_volume", "describe_volumes", "Volumes", _volume, VolumeIds=[volume_id])

    @final
    def create_volume(
        self,
        name: str,
        zone: str,
        *,
        size_gib: int | None = None,
        snapshot_id: str | None = None,
        volume_type: str | None = None,
        iops: int | None = None,
        throughput_mib: int | None = None,
        encrypted: bool | None = None,
        kms_key_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Volume:
        """Return a new disk; one call never makes two.

        Args:
            name: its Name tag.
            zone: where it is; only instances there can have it.
            size_gib: size in GiB; the snapshot's when None.
            snapshot_id: what it holds at first; one of the two is needed.
            volume_type, iops, throughput_mib, encrypted, kms_key_id: see `BlockDevice`.
            tags: labels.
            token: a second call with the same one returns the disk of the first.
        """
        checked_text("name", name)
        checked_text("zone", zone)
        if size_gib is None and snapshot_id is None:
            raise InvalidRequestError("a disk needs size_gib or snapshot_id")
        arguments = {
            "AvailabilityZone": zone,
            "Size": size_gib,
            "SnapshotId": snapshot_id,
            "VolumeType": volume_type,
            "Iops": iops,
            "Throughput": throughput_mib,
            "Encrypted": encrypted,
            "KmsKeyId": kms_key_id,
            "TagSpecifications": tag_specification("volume", name, checked_tags(tags)),
            "ClientToken": token or str(uuid.uuid4()),
        }
        return self._runtime.run(
            "create_volume", name, lambda: self._read(_volume, "create_volume", **arguments)
        )

    @final
    def attach_volume(self, volume_id: str, instance_id: str, device_name: str) -> None:
        """Give the disk to the instance, under a name such as ``/dev/sdf``.

        Sent once: a second try of a call that was done would look like a conflict.

        Raises:
            ConflictError: an instance has it already.
        """
        checked_text("volume_id", volume_id)
        checked_text("instance_id", instance_id)
        checked_text("device_name", device_name)
        self._runtime.run(
            "attach_volume",
            f"{volume_id} {instance_id}",
            lambda: self._call(
                "attach_volume", VolumeId=volume_id, InstanceId=instance_id, Device=device_name
            ),
            idempotent=False,
        )

    @final
    def detach_volume(self, volume_id: str, *, instance_id: str | None = None, force: bool = False) -> None:
        """Take the disk from its instance. Unmount it there before.

        Args:
            instance_id: the instance, where several have it.
            force: also when the instance does not let go; what it has not written is lost.
        """
        checked_text("volume_id", volume_id)
        self._runtime.run(
            "detach_volume",
            volume_id,
            lambda: self._call(
                "detach_volume", VolumeId=volume_id, InstanceId=instance_id, Force=force or None
            ),
            idempotent=False,
        )

    @final
    def delete_volume(self, volume_id: str) -> bool:
        """Make sure that the disk is gone, with all that it holds; False when there was none.

        Raises:
            ConflictError: an instance has it.
        """
        return self._delete("delete_volume", volume_id, "delete_volume", VolumeId=volume_id)

    # -- snapshots -----------------------------------------------------------------------------------------
    @final
    def list_snapshots(self, *, volume_id: str | None = None) -> list[Snapshot]:
        """Return all snapshots of your own, or those of one disk."""
        filters = None if volume_id is None else [{"Name": "volume-id", "Values": [volume_id]}]
        return self._all(
            "list_snapshots",
            volume_id or "",
            "describe_snapshots",
            "Snapshots",
            _snapshot,
            OwnerIds=["self"],
            Filters=filters,
        )

    @final
    def get_snapshot(self, snapshot_id: str) -> Snapshot:
        """Return one snapshot."""
        return self._one(
            "get_snapshot", "describe_snapshots", "Snapshots", _snapshot, SnapshotIds=[snapshot_id]
        )

    @final
    def create_snapshot(
        self, name: str, volume_id: str, *, description: str = "", tags: Mapping[str, str] | None = None
    ) -> Snapshot:
        """Return a new snapshot of the disk as it is now; pending at first. Sent once: EC2 has no token for it."""
        checked_text("name", name)
        checked_text("volume_id", volume_id)
        specification = tag_specification("snapshot", name, checked_tags(tags))
        return self._runtime.run(
            "create_snapshot",
            volume_id,
            lambda: self._read(
                _snapshot,
                "create_snapshot",
                VolumeId=volume_id,
                Description=description or None,
                TagSpecifications=specification,
            ),
            idempotent=False,
        )

    @final
    def delete_snapshot(self, snapshot_id: str) -> bool:
        """Make sure that the snapshot is gone; False when there was none.

        Raises:
            ConflictError: an image is made of it.
        """
        return self._delete("delete_snapshot", snapshot_id, "delete_snapshot", SnapshotId=snapshot_id)


def _volume(item: Mapping[str, Any]) -> Volume:
    name, tags = named(item)
    return Volume(
        id=item["VolumeId"],
        name=name,
        size_bytes=item["Size"] * GIB,
        state=item["State"],
        volume_type=item.get("VolumeType") or "",
        zone=item["AvailabilityZone"],
        encrypted=bool(item.get("Encrypted")),
        snapshot_id=item.get("SnapshotId") or None,
        instance_ids=tuple(each["InstanceId"] for each in item.get("Attachments", ())),
        created_at=moment(item.get("CreateTime")),
        tags=tags,
        raw=item,
    )


def _snapshot(item: Mapping[str, Any]) -> Snapshot:
    name, tags = named(item)
    done = str(item.get("Progress") or "").rstrip("%")
    return Snapshot(
        id=item["SnapshotId"],
        name=name,
        volume_id=item["VolumeId"],
        size_bytes=item["VolumeSize"] * GIB,
        state=item["State"],
        progress_percent=int(done) if done.isdecimal() else None,
        description=item.get("Description") or "",
        encrypted=bool(item.get("Encrypted")),
        created_at=moment(item.get("StartTime")),
        tags=tags,
        raw=item,
    )
