"""Volumes at instances, and volumes for other projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.common._redact import Secret
from cloud.common.errors import InvalidRequestError, NotFoundError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, given, part, read_inner
from cloud.infomaniak.volume._core import FAILED, HEADERS, VolumeCalls
from cloud.infomaniak.volume._records import Volume, VolumeTransfer, transfer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common._paging import Pager

ATTACH_SECONDS = 180.0


class VolumeMoves(VolumeCalls):
    """Attaching, detaching and giving away."""

    @change
    def attach_volume(
        self,
        volume_id: str,
        instance_id: str,
        device: str | None = None,
        *,
        wait_seconds: float | None = ATTACH_SECONDS,
        progress: Callable[[Volume], None] | None = None,
    ) -> Step[Volume]:
        """Return the volume, attached to the instance. Sent once.

        Args:
            device: what the service shall call it; most ignore it: see ``/dev/disk/by-id`` inside.
            wait_seconds: how long to wait until it is ``in-use``; None does not wait.
            progress: called with what each look finds.

        Raises:
            InvalidRequestError: it is attached already.
            ResourceFailedError: it could not be attached.
        """
        body = given({"volumeId": volume_id, "device": device})
        path = f"/servers/{part(instance_id)}/os-volume_attachments"
        part(volume_id)

        def act() -> Volume:
            self._rest(
                "attach_volume", volume_id, "POST", path, json={"volumeAttachment": body}, service="compute"
            )
            if wait_seconds is None:
                return self.get_volume(volume_id)
            # A refused attachment leaves it as it was: available is no state on the way, but the end.
            found = self._wait(
                "attach_volume",
                volume_id,
                lambda: self.get_volume(volume_id),
                state=lambda now: "attached" if _is_at(now, instance_id) else now.status,
                states=("attached",),
                terminal_states=FAILED,
                deadline_seconds=wait_seconds,
                tell=progress,
            )
            assert found is not None  # noqa: S101  # its absence is an error here
            return found

        def is_free() -> str:
            found = self.get_volume(volume_id)
            if found.status != "available" and not found.is_multiattach:
                raise InvalidRequestError(f"the volume is {found.status}, not available")
            return f"the volume {volume_id} is available"

        return Step(volume_id, act, body, (is_free, *exists("instance", instance_id, self._instance)))

    def _instance(self, instance_id: str) -> None:
        self._rest("attach_volume", instance_id, "GET", f"/servers/{part(instance_id)}", service="compute")

    @change
    def detach_volume(
        self,
        volume_id: str,
        instance_id: str | None = None,
        *,
        wait_seconds: float | None = ATTACH_SECONDS,
        progress: Callable[[Volume], None] | None = None,
    ) -> Step[bool]:
        """Make sure that the instance does not have the volume; False when it did not.

        Unmount it inside first.

        Args:
            instance_id: the instance; the only one that has it when None.
            wait_seconds: how long to wait until it is free; None does not wait.
        """
        part(volume_id)

        def holder() -> str | None:
            if instance_id is not None:
                return instance_id
            found = self.get_volume(volume_id).attachments
            if len(found) > 1:
                raise InvalidRequestError("several instances have this volume", hint="name one of them")
            return found[0].instance_id if found else None

        def act() -> bool:
            instance = holder()
            if instance is None:
                return False
            path = f"/servers/{part(instance)}/os-volume_attachments/{part(volume_id)}"
            if not self._gone("detach_volume", volume_id, path, service="compute"):
                return False
            if wait_seconds is not None:
                self._wait(
                    "detach_volume",
                    volume_id,
                    lambda: self.get_volume(volume_id),
                    state=lambda now: now.status if _is_at(now, instance) else "detached",
                    states=("detached",),
                    terminal_states=FAILED,
                    deadline_seconds=wait_seconds,
                    tell=progress,
                )
            return True

        def is_attached() -> str:
            instance = holder()
            if instance is None or not _is_at(self.get_volume(volume_id), instance):
                raise NotFoundError(f"{instance or 'no instance'} has the volume not", request_sent=False)
            return f"the instance {instance} has the volume"

        return Step(volume_id, act, given({"instance_id": instance_id}), (is_attached,))

    # -- transfers -------------------------------------------------------------------------------------------
    def list_transfers(self, *, token: str | None = None, limit: int | None = None) -> Pager[VolumeTransfer]:
        """Return the offers of the project's volumes to others."""
        return self._rest_list(
            "list_transfers",
            "",
            "/volume-transfers/detail",
            "transfers",
            transfer_of,
            token=token,
            limit=limit,
            headers=HEADERS,
        )

    def get_transfer(self, transfer_id: str) -> VolumeTransfer:
        """Return one offer, without its password."""
        path = f"/volume-transfers/{part(transfer_id)}"
        return self._one("get_transfer", transfer_id, path, "transfer", transfer_of, headers=HEADERS)

    @change
    def create_transfer(
        self, volume_id: str, name: str | None = None, *, with_snapshots: bool = True
    ) -> Step[VolumeTransfer]:
        """Return the offer of a volume to whoever has its id and password. Sent once.

        The password is in `auth_key`, this once: the other project needs it for `accept_transfer`.
        """
        body = {"volume_id": volume_id, "name": name, "no_snapshots": not with_snapshots}
        return Step(
            volume_id,
            lambda: self._made(
                "create_transfer",
                volume_id,
                "/volume-transfers",
                "transfer",
                body,
                transfer_of,
                headers=HEADERS,
            ),
            body,
            exists("volume", volume_id, self.get_volume),
        )

    @change
    def accept_transfer(self, transfer_id: str, auth_key: str | Secret) -> Step[VolumeTransfer]:
        """Return the offer, whose volume is this project's now. Sent once."""
        secret = auth_key = Secret(auth_key) if isinstance(auth_key, str) else auth_key
        path = f"/volume-transfers/{part(transfer_id)}/accept"

        def act() -> VolumeTransfer:
            return self._read(
                read_inner("transfer", transfer_of),
                "accept_transfer",
                transfer_id,
                "POST",
                path,
                json={"accept": {"auth_key": secret.reveal()}},
                headers=HEADERS,
            )

        # The offer is the other project's: it cannot be looked at from here.
        return Step(transfer_id, act)

    @change
    def delete_transfer(self, transfer_id: str) -> Step[bool]:
        """Make sure that the offer is withdrawn; False when there was none."""
        path = f"/volume-transfers/{part(transfer_id)}"
        return self._gone_step(
            "delete_transfer", "transfer", transfer_id, path, self.get_transfer, headers=HEADERS
        )


def _is_at(volume: Volume, instance_id: str) -> bool:
    return any(found.instance_id == instance_id for found in volume.attachments)
