"""Volumes, their types, and waiting for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from cloud.common.errors import InvalidRequestError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import (
    ServiceClient,
    exists,
    given,
    has_room,
    part,
    quotas_of,
    read_inner,
    something,
    there_are,
)
from cloud.infomaniak.volume._records import (
    UploadedImage,
    Volume,
    VolumeType,
    uploaded_of,
    volume_of,
    volume_type_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from cloud.common._paging import Pager
    from cloud.common._records import Quota

T = TypeVar("T")

# 3.59 (OpenStack Train, 2019) has all that is used here: transfers with snapshots, revert, extending in use.
HEADERS = {"OpenStack-API-Version": "volume 3.59"}
FAILED = (
    "error",
    "error_deleting",
    "error_extending",
    "error_restoring",
    "error_backing-up",
    "error_managing",
)
"""States that a volume, snapshot or backup does not leave by itself."""
_UNITS = {"gigabytes": "GiB", "backup_gigabytes": "GiB", "per_volume_gigabytes": "GiB"}


class VolumeCalls(ServiceClient):
    """Volumes; the base of all parts of the volume client."""

    service_type = "block-storage"
    service_name = "volume"

    def _other_service_url(self, service: str) -> str:
        url = super()._other_service_url(service)
        if service == "compute" and "/v2" not in url:
            return f"{url}/v2.1"
        return f"{url}/v2" if service == "image" and not url.endswith("/v2") else url

    def _action(
        self,
        operation: str,
        volume_id: str,
        verb: str,
        body: Mapping[str, Any],
        read: Callable[[Any], T] = lambda answer: answer,
    ) -> T:
        path = f"/volumes/{part(volume_id)}/action"
        return self._read(read, operation, volume_id, "POST", path, json={verb: dict(body)}, headers=HEADERS)

    def list_quotas(self) -> list[Quota]:
        """Return what the project may have of volumes, snapshots, backups and gigabytes, and has."""
        project = self._project_id("list_quotas")
        return self._read(
            read_inner("quota_set", lambda found: quotas_of(found, _UNITS)),
            "list_quotas",
            project,
            "GET",
            f"/os-quota-sets/{part(project)}",
            params={"usage": "true"},
        )

    # -- volumes ---------------------------------------------------------------------------------------------
    def list_volumes(
        self,
        *,
        name: str | None = None,
        status: str | None = None,
        metadata: Mapping[str, str] | None = None,
        is_bootable: bool | None = None,
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[Volume]:
        """Return the project's volumes. The service filters."""
        params = {
            "name": name,
            "status": status,
            "metadata": None if metadata is None else str(dict(metadata)),
            "bootable": None if is_bootable is None else str(is_bootable).lower(),
        }
        return self._rest_list(
            "list_volumes",
            "",
            "/volumes/detail",
            "volumes",
            volume_of,
            params=params,
            token=token,
            limit=limit,
            headers=HEADERS,
        )

    def get_volume(self, volume_id: str) -> Volume:
        """Return one volume."""
        path = f"/volumes/{part(volume_id)}"
        return self._one("get_volume", volume_id, path, "volume", volume_of, headers=HEADERS)

    @change
    def create_volume(
        self,
        size: int | None,
        name: str,
        description: str | None = None,
        volume_type: str | None = None,
        availability_zone: str | None = None,
        snapshot_id: str | None = None,
        image_id: str | None = None,
        *,
        source_volume_id: str | None = None,
        backup_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Step[Volume]:
        """Return the new volume, which is being made; see `wait_for_volume`. Sent once.

        Args:
            size: in GiB; None for the size of the snapshot, volume or backup that it is made from.
            volume_type: name of its type, such as ``CEPH_1_perf1``; the service's default when None.
            snapshot_id, image_id, source_volume_id, backup_id: what it is made from; at most one of them.
            metadata: your own pairs.

        Raises:
            QuotaExceededError: a limit of the project is reached.
            OutcomeUnknownError: the answer was lost; look for the name before you try again.
        """
        sources = [
            found for found in (snapshot_id, image_id, source_volume_id, backup_id) if found is not None
        ]
        if len(sources) > 1:
            raise InvalidRequestError(
                "a volume is made from one of snapshot_id, image_id, source_volume_id and backup_id"
            )
        if size is None and (not sources or image_id is not None):
            raise InvalidRequestError("size is missing", hint="whole GiB, such as 10")
        if size is not None:
            _gib(size)
        body = {
            "size": size,
            "name": name,
            "description": description,
            "volume_type": volume_type,
            "availability_zone": availability_zone,
            "snapshot_id": snapshot_id,
            "imageRef": image_id,
            "source_volid": source_volume_id,
            "backup_id": backup_id,
            "metadata": None if metadata is None else dict(metadata),
        }
        checks = (
            *exists("volume type", volume_type, self._type_of_name),
            *exists("snapshot", snapshot_id, lambda found: self._there("snapshots", "snapshot", found)),
            *exists("backup", backup_id, lambda found: self._there("backups", "backup", found)),
            *exists("volume", source_volume_id, self.get_volume),
            *exists("image", image_id, self._image),
            has_room(self.list_quotas, volumes=1, **({} if size is None else {"gigabytes": size})),
        )
        return Step(name, lambda: self._create_volume(name, body), body, checks)

    def _create_volume(self, name: str, body: Mapping[str, Any]) -> Volume:
        return self._made("create_volume", name, "/volumes", "volume", body, volume_of, headers=HEADERS)

    def _there(self, kind: str, key: str, resource: str) -> None:
        path = f"/{kind}/{part(resource)}"
        self._one("create_volume", resource, path, key, lambda found: found, headers=HEADERS)

    def _image(self, image_id: str) -> None:
        self._rest("create_volume", image_id, "GET", f"/images/{part(image_id)}", service="image")

    def _type_of_name(self, name: str) -> VolumeType:
        kinds = self.list_volume_types().to_list()
        found = next((kind for kind in kinds if name in {kind.name, kind.id}), None)
        if found is None:
            raise InvalidRequestError(
                f"there is no volume type {name!r}", hint=there_are(kind.name for kind in kinds)
            )
        return found

    @change
    def update_volume(
        self,
        volume_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Step[Volume]:
        """Return the changed volume. What is None stays; `metadata` takes the place of all pairs."""
        body = something(
            {
                "name": name,
                "description": description,
                "metadata": None if metadata is None else dict(metadata),
            }
        )
        path = f"/volumes/{part(volume_id)}"
        return Step(
            volume_id,
            lambda: self._changed(
                "update_volume", volume_id, path, "volume", body, volume_of, headers=HEADERS
            ),
            body,
            exists("volume", volume_id, self.get_volume),
        )

    @change
    def delete_volume(self, volume_id: str, force: bool = False, *, cascade: bool = False) -> Step[bool]:  # noqa: FBT002  # the agreed position
        """Ask for the volume to be deleted; False when there was none. See `wait_for_volume`.

        Args:
            force: in whatever state it is; an administrator's at most services.
            cascade: with its snapshots. Without, a volume that has any is refused.

        Raises:
            InvalidRequestError: it is attached, or has snapshots.
        """
        params = {"force": "true" if force else None, "cascade": "true" if cascade else None}
        path = f"/volumes/{part(volume_id)}"

        def is_free() -> str:
            found = self.get_volume(volume_id)
            if found.attachments:
                raise InvalidRequestError(
                    f"the volume is attached to {found.attachments[0].instance_id}", hint="detach it first"
                )
            return f"the volume {volume_id} is {found.status} and attached to nothing"

        return Step(
            volume_id,
            lambda: self._gone("delete_volume", volume_id, path, params=given(params), headers=HEADERS),
            {"force": force, "cascade": cascade},
            (is_free,),
        )

    @change
    def extend_volume(self, volume_id: str, new_size: int) -> Step[Volume]:
        """Return the volume, which is being made larger. Its file system is yours to grow. Sent once.

        Args:
            new_size: in GiB; volumes never become smaller.
        """
        _gib(new_size)

        def act() -> Volume:
            self._action("extend_volume", volume_id, "os-extend", {"new_size": new_size})
            return self.get_volume(volume_id)

        def is_larger() -> str:
            size = self.get_volume(volume_id).size_gib
            if new_size <= size:
                raise InvalidRequestError(f"the volume has {size} GiB; volumes only grow")
            has_room(self.list_quotas, gigabytes=new_size - size)()
            return f"the volume grows from {size} to {new_size} GiB, and the quota leaves room for it"

        return Step(volume_id, act, {"new_size": new_size}, (is_larger,))

    @change
    def retype_volume(self, volume_id: str, volume_type: str, *, may_migrate: bool = False) -> Step[Volume]:
        """Return the volume, which is becoming one of another type. Sent once.

        A service that finds out too late that it cannot leaves the volume as it was: look at its type afterwards.

        Args:
            volume_type: name of the type.
            may_migrate: whether its data may be moved, where the type is kept elsewhere.
        """
        body = {
            "new_type": volume_type,
            "migration_policy": "on-demand" if may_migrate else "never",
        }

        def act() -> Volume:
            self._action("retype_volume", volume_id, "os-retype", body)
            return self.get_volume(volume_id)

        checks = (
            *exists("volume", volume_id, self.get_volume),
            *exists("volume type", volume_type, self._type_of_name),
        )
        return Step(volume_id, act, body, checks)

    @change
    def set_bootable(self, volume_id: str, *, is_bootable: bool) -> Step[Volume]:
        """Return the volume, from which instances may start, or may not."""

        def act() -> Volume:
            self._action("set_bootable", volume_id, "os-set_bootable", {"bootable": is_bootable})
            return self.get_volume(volume_id)

        return Step(volume_id, act, {"bootable": is_bootable}, exists("volume", volume_id, self.get_volume))

    @change
    def upload_to_image(
        self,
        volume_id: str,
        image_name: str,
        *,
        disk_format: str = "raw",
        container_format: str = "bare",
        force: bool = False,
    ) -> Step[UploadedImage]:
        """Return the image that the volume is being copied to. Sent once.

        Args:
            disk_format: ``raw``, ``qcow2``, ``vmdk`` and the like.
            force: also while it is attached; what the system inside has not written is missing.
        """
        body = {
            "image_name": image_name,
            "disk_format": disk_format,
            "container_format": container_format,
            "force": force,
        }

        def act() -> UploadedImage:
            read = read_inner("os-volume_upload_image", uploaded_of)
            return self._action("upload_to_image", volume_id, "os-volume_upload_image", body, read)

        return Step(volume_id, act, body, exists("volume", volume_id, self.get_volume))

    def wait_for_volume(
        self,
        volume_id: str,
        states: Collection[str] = ("available",),
        *,
        terminal_states: Collection[str] = FAILED,
        deadline_seconds: float = 600.0,
        progress: Callable[[Volume], None] | None = None,
    ) -> Volume | None:
        """Return the volume once its status is one of `states`.

        Args:
            states: with ``deleted`` among them, not being there any more is waited for, and gives None.
            progress: called with what each look finds.

        Raises:
            ResourceFailedError: it is in one of `terminal_states`.
            TimeoutError_: the deadline passed.
        """
        return self._wait_status(
            "wait_for_volume", volume_id, self.get_volume, states, terminal_states, deadline_seconds, progress
        )

    # -- types -----------------------------------------------------------------------------------------------
    def list_volume_types(self, *, token: str | None = None, limit: int | None = None) -> Pager[VolumeType]:
        """Return the kinds of volumes that the project may make."""
        return self._rest_list(
            "list_volume_types",
            "",
            "/types",
            "volume_types",
            volume_type_of,
            token=token,
            limit=limit,
            headers=HEADERS,
        )

    def get_volume_type(self, type_id: str) -> VolumeType:
        """Return one kind of volumes."""
        path = f"/types/{part(type_id)}"
        return self._one("get_volume_type", type_id, path, "volume_type", volume_type_of, headers=HEADERS)


def _gib(size: int) -> int:
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise InvalidRequestError(f"a size is a whole number of GiB from 1 on, not {size!r}")
    return size
