"""Snapshots of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, has_room, part, something
from cloud.infomaniak.volume._core import FAILED, HEADERS, VolumeCalls
from cloud.infomaniak.volume._records import Volume, VolumeSnapshot, snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from cloud.common._paging import Pager


class SnapshotCalls(VolumeCalls):
    """Volumes as they were at one moment."""

    def list_snapshots(
        self,
        *,
        volume_id: str | None = None,
        name: str | None = None,
        status: str | None = None,
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[VolumeSnapshot]:
        """Return the project's snapshots. The service filters."""
        return self._rest_list(
            "list_snapshots",
            volume_id or "",
            "/snapshots/detail",
            "snapshots",
            snapshot_of,
            params={"volume_id": volume_id, "name": name, "status": status},
            token=token,
            limit=limit,
            headers=HEADERS,
        )

    def get_snapshot(self, snapshot_id: str) -> VolumeSnapshot:
        """Return one snapshot."""
        path = f"/snapshots/{part(snapshot_id)}"
        return self._one("get_snapshot", snapshot_id, path, "snapshot", snapshot_of, headers=HEADERS)

    @change
    def create_snapshot(
        self,
        volume_id: str,
        name: str,
        description: str | None = None,
        force: bool = False,  # noqa: FBT002  # the agreed position
        *,
        metadata: Mapping[str, str] | None = None,
    ) -> Step[VolumeSnapshot]:
        """Return the new snapshot, which is being made; see `wait_for_snapshot`. Sent once.

        Args:
            force: also while the volume is attached; what the system inside has not written is missing.
        """
        body: dict[str, Any] = {
            "volume_id": volume_id,
            "name": name,
            "description": description,
            "force": force,
            "metadata": None if metadata is None else dict(metadata),
        }

        def has_gigabytes() -> str:
            return has_room(self.list_quotas, snapshots=1, gigabytes=self.get_volume(volume_id).size_gib)()

        return Step(
            name,
            lambda: self._made(
                "create_snapshot", name, "/snapshots", "snapshot", body, snapshot_of, headers=HEADERS
            ),
            body,
            (*exists("volume", volume_id, self.get_volume), has_gigabytes),
        )

    @change
    def update_snapshot(
        self, snapshot_id: str, *, name: str | None = None, description: str | None = None
    ) -> Step[VolumeSnapshot]:
        """Return the changed snapshot. What is None stays."""
        body = something({"name": name, "description": description})
        path = f"/snapshots/{part(snapshot_id)}"
        return Step(
            snapshot_id,
            lambda: self._changed(
                "update_snapshot", snapshot_id, path, "snapshot", body, snapshot_of, headers=HEADERS
            ),
            body,
            exists("snapshot", snapshot_id, self.get_snapshot),
        )

    @change
    def delete_snapshot(self, snapshot_id: str, force: bool = False) -> Step[bool]:  # noqa: FBT002  # the agreed position
        """Ask for the snapshot to be deleted; False when there was none. See `wait_for_snapshot`.

        Args:
            force: in whatever state it is; an administrator's at most services.
        """
        path = f"/snapshots/{part(snapshot_id)}"

        def act() -> bool:
            if not force:
                return self._gone("delete_snapshot", snapshot_id, path, headers=HEADERS)
            return self._force_gone("delete_snapshot", snapshot_id, f"{path}/action")

        return Step(snapshot_id, act, {"force": force}, exists("snapshot", snapshot_id, self.get_snapshot))

    def _force_gone(self, operation: str, resource: str, path: str) -> bool:
        from cloud.common.errors import NotFoundError

        try:
            # Asked for twice it is deleted once.
            self._rest(
                operation,
                resource,
                "POST",
                path,
                json={"os-force_delete": {}},
                headers=HEADERS,
                idempotent=True,
            )
        except NotFoundError:
            return False
        return True

    @change
    def revert_to_snapshot(self, volume_id: str, snapshot_id: str) -> Step[Volume]:
        """Return the volume, which is becoming what it was at its newest snapshot. What came later is lost.

        Raises:
            InvalidRequestError: there is a newer snapshot, or the volume is attached.
        """

        def act() -> Volume:
            self._action("revert_to_snapshot", volume_id, "revert", {"snapshot_id": snapshot_id})
            return self.get_volume(volume_id)

        checks = (
            *exists("volume", volume_id, self.get_volume),
            *exists("snapshot", snapshot_id, self.get_snapshot),
        )
        return Step(volume_id, act, {"snapshot_id": snapshot_id}, checks)

    def wait_for_snapshot(
        self,
        snapshot_id: str,
        states: Collection[str] = ("available",),
        *,
        terminal_states: Collection[str] = FAILED,
        deadline_seconds: float = 600.0,
        progress: Callable[[VolumeSnapshot], None] | None = None,
    ) -> VolumeSnapshot | None:
        """Return the snapshot once its status is one of `states`; see `wait_for_volume`."""
        return self._wait_status(
            "wait_for_snapshot",
            snapshot_id,
            self.get_snapshot,
            states,
            terminal_states,
            deadline_seconds,
            progress,
        )
