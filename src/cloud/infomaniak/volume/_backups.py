"""Backups of volumes in the object store, and volumes made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.common.errors import InvalidRequestError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, has_room, part, read_inner, something
from cloud.infomaniak.volume._core import FAILED, HEADERS
from cloud.infomaniak.volume._records import RestoredBackup, VolumeBackup, backup_of, restored_of
from cloud.infomaniak.volume._snapshots import SnapshotCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cloud.common._paging import Pager


class BackupCalls(SnapshotCalls):
    """Copies of volumes that outlive them."""

    def list_backups(
        self,
        *,
        volume_id: str | None = None,
        name: str | None = None,
        status: str | None = None,
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[VolumeBackup]:
        """Return the project's backups. The service filters."""
        return self._rest_list(
            "list_backups",
            volume_id or "",
            "/backups/detail",
            "backups",
            backup_of,
            params={"volume_id": volume_id, "name": name, "status": status},
            token=token,
            limit=limit,
            headers=HEADERS,
        )

    def get_backup(self, backup_id: str) -> VolumeBackup:
        """Return one backup."""
        path = f"/backups/{part(backup_id)}"
        return self._one("get_backup", backup_id, path, "backup", backup_of, headers=HEADERS)

    @change
    def create_backup(
        self,
        volume_id: str,
        name: str,
        description: str | None = None,
        incremental: bool = False,  # noqa: FBT002  # the agreed position
        force: bool = False,  # noqa: FBT002  # likewise
        *,
        snapshot_id: str | None = None,
        container: str | None = None,
    ) -> Step[VolumeBackup]:
        """Return the new backup, which is being made; see `wait_for_backup`. Sent once.

        Args:
            incremental: only what changed since the newest backup, which must be there.
            force: also while the volume is attached; what the system inside has not written is missing.
            snapshot_id: back up this snapshot of it instead of what it is now.
            container: where in the object store; the service's choice when None.
        """
        body: dict[str, Any] = {
            "volume_id": volume_id,
            "name": name,
            "description": description,
            "incremental": incremental,
            "force": force,
            "snapshot_id": snapshot_id,
            "container": container,
        }

        def has_gigabytes() -> str:
            size = self.get_volume(volume_id).size_gib
            return has_room(self.list_quotas, backups=1, backup_gigabytes=size)()

        return Step(
            name,
            lambda: self._create_backup(name, body),
            body,
            (
                *exists("volume", volume_id, self.get_volume),
                *exists("snapshot", snapshot_id, self.get_snapshot),
                has_gigabytes,
            ),
        )

    def _create_backup(self, name: str, body: dict[str, Any]) -> VolumeBackup:
        # The answer has but id and name.
        made = self._made(
            "create_backup", name, "/backups", "backup", body, lambda found: str(found["id"]), headers=HEADERS
        )
        return self.get_backup(made)

    @change
    def update_backup(
        self, backup_id: str, *, name: str | None = None, description: str | None = None
    ) -> Step[VolumeBackup]:
        """Return the changed backup. What is None stays."""
        body = something({"name": name, "description": description})
        path = f"/backups/{part(backup_id)}"

        def act() -> VolumeBackup:
            self._changed(
                "update_backup", backup_id, path, "backup", body, lambda found: found, headers=HEADERS
            )
            return self.get_backup(backup_id)

        return Step(backup_id, act, body, exists("backup", backup_id, self.get_backup))

    @change
    def restore_backup(
        self, backup_id: str, volume_id: str | None = None, name: str | None = None
    ) -> Step[RestoredBackup]:
        """Return which volume the backup is being restored to; see `wait_for_volume`. Sent once.

        Args:
            volume_id: an unattached volume, as large or larger, whose data is lost; a new one when None.
            name: name of the new volume.
        """
        if volume_id is not None and name is not None:
            raise InvalidRequestError("name is for a new volume: volume_id and name exclude each other")
        body = {
            key: value for key, value in {"volume_id": volume_id, "name": name}.items() if value is not None
        }
        path = f"/backups/{part(backup_id)}/restore"

        def act() -> RestoredBackup:
            return self._read(
                read_inner("restore", restored_of),
                "restore_backup",
                backup_id,
                "POST",
                path,
                json={"restore": body},
                headers=HEADERS,
            )

        def fits() -> str:
            size = self.get_backup(backup_id).size_gib
            if volume_id is None:
                return has_room(self.list_quotas, volumes=1, gigabytes=size)()
            target = self.get_volume(volume_id)
            if target.size_gib < size or target.attachments:
                raise InvalidRequestError(
                    f"the volume has {target.size_gib} GiB and is {target.status}; the backup needs {size} GiB,"
                    " unattached"
                )
            return f"the volume {volume_id} is large enough and unattached"

        return Step(backup_id, act, body, (*exists("backup", backup_id, self.get_backup), fits))

    @change
    def delete_backup(self, backup_id: str, force: bool = False) -> Step[bool]:  # noqa: FBT002  # the agreed position
        """Ask for the backup to be deleted; False when there was none. See `wait_for_backup`.

        Args:
            force: in whatever state it is; an administrator's at most services.

        Raises:
            InvalidRequestError: incremental ones build on it.
        """
        path = f"/backups/{part(backup_id)}"

        def act() -> bool:
            if not force:
                return self._gone("delete_backup", backup_id, path, headers=HEADERS)
            return self._force_gone("delete_backup", backup_id, f"{path}/action")

        def is_free() -> str:
            if self.get_backup(backup_id).has_dependent_backups:
                raise InvalidRequestError("incremental backups build on this one", hint="delete them first")
            return f"nothing builds on the backup {backup_id}"

        return Step(backup_id, act, {"force": force}, (is_free,))

    @change
    def prune_backups(self, volume_id: str, keep: int, *, name_prefix: str = "") -> Step[list[VolumeBackup]]:
        """Return the old backups of a volume that were asked to be deleted: all but the newest `keep`.

        A backup that is not ``available`` or ``error``, and one that incremental ones build on, stays: it goes in a
        later run.

        Args:
            keep: how many that are ``available`` stay in any case, at least 1.
            name_prefix: only backups whose name begins so are looked at.
        """
        if keep < 1:
            raise InvalidRequestError(f"keep is at least 1, not {keep}")
        part(volume_id)

        def old() -> list[VolumeBackup]:
            found = [b for b in self.list_backups(volume_id=volume_id) if b.name.startswith(name_prefix)]
            found.sort(key=lambda b: (b.created_at is not None, b.created_at), reverse=True)
            good = [b for b in found if b.status == "available"]
            if len(good) <= keep:
                return []
            newest = good[keep - 1].created_at
            return [
                b
                for b in found
                if b not in good[:keep]
                and b.status in {"available", "error"}
                and not b.has_dependent_backups
                and (b.created_at is None or newest is None or b.created_at <= newest)
            ]

        def act() -> list[VolumeBackup]:
            return [b for b in old() if self.delete_backup(b.id)]

        def tell() -> str:
            names = [b.name or b.id for b in old()]
            return f"{len(names)} are older than the newest {keep}: {', '.join(names) or 'none'}"

        return Step(volume_id, act, {"keep": keep, "name_prefix": name_prefix}, (tell,))

    def wait_for_backup(
        self,
        backup_id: str,
        states: Collection[str] = ("available",),
        *,
        terminal_states: Collection[str] = FAILED,
        deadline_seconds: float = 3600.0,
        progress: Callable[[VolumeBackup], None] | None = None,
    ) -> VolumeBackup | None:
        """Return the backup once its status is one of `states`; see `wait_for_volume`."""
        return self._wait_status(
            "wait_for_backup",
            backup_id,
            self.get_backup,
            states,
            terminal_states,
            deadline_seconds,
            progress,
            reason=lambda found: found.fail_reason,
        )
