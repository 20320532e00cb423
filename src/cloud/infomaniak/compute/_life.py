"""What Nova can do with an instance beyond starting and stopping it."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from cloud._dialects._answers import read_by
from cloud.common._redact import Secret
from cloud.common.errors import InvalidRequestError, NotFoundError, QuotaExceededError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, given, inner, part, read_inner, something, texts_in
from cloud.infomaniak.compute._calls import HEADERS, ComputeCalls
from cloud.infomaniak.compute._read import quotas_of_answer
from cloud.infomaniak.compute._records import InstanceEvent, RescueAccess, checked_label, event_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud.common._records import Instance
    from cloud.infomaniak.compute._read import Flavor

_SETTLED = ("ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED")


class LifeCalls(ComputeCalls):
    """Pause, suspend, shelve, rescue, resize, rebuild, snapshot. Each request is sent once."""

    @change
    def pause_instance(self, instance_id: str) -> Step[bool]:
        """Ask the instance to stand still in memory; False when it did."""
        return self._transition("pause_instance", instance_id, "pause", allowed=("ACTIVE",), done=("PAUSED",))

    @change
    def unpause_instance(self, instance_id: str) -> Step[bool]:
        """Ask the paused instance to go on; False when it ran."""
        return self._transition(
            "unpause_instance", instance_id, "unpause", allowed=("PAUSED",), done=("ACTIVE",)
        )

    @change
    def suspend_instance(self, instance_id: str) -> Step[bool]:
        """Ask the instance to be written to disk and to leave memory; False when it was."""
        return self._transition(
            "suspend_instance", instance_id, "suspend", allowed=("ACTIVE",), done=("SUSPENDED",)
        )

    @change
    def resume_instance(self, instance_id: str) -> Step[bool]:
        """Ask the suspended instance to go on; False when it ran."""
        return self._transition(
            "resume_instance", instance_id, "resume", allowed=("SUSPENDED",), done=("ACTIVE",)
        )

    @change
    def shelve_instance(self, instance_id: str) -> Step[bool]:
        """Ask the instance to leave its host, kept as an image; False when it had. Its addresses and volumes stay."""
        return self._transition(
            "shelve_instance",
            instance_id,
            "shelve",
            allowed=_SETTLED,
            done=("SHELVED", "SHELVED_OFFLOADED"),
        )

    @change
    def unshelve_instance(self, instance_id: str) -> Step[bool]:
        """Ask the shelved instance to come back and run; False when it ran."""
        return self._transition(
            "unshelve_instance",
            instance_id,
            "unshelve",
            allowed=("SHELVED", "SHELVED_OFFLOADED"),
            done=("ACTIVE",),
        )

    @change
    def lock_instance(self, instance_id: str) -> Step[bool]:
        """Make sure that only an administrator or `unlock_instance` lets anybody change the instance. Always True."""
        return self._locking("lock_instance", instance_id, "lock")

    @change
    def unlock_instance(self, instance_id: str) -> Step[bool]:
        """Make sure that the instance can be changed again. Always True."""
        return self._locking("unlock_instance", instance_id, "unlock")

    def _locking(self, operation: str, instance_id: str, verb: str) -> Step[bool]:
        def act() -> bool:
            self._nova_action(operation, instance_id, verb)
            return True

        look = exists("instance", instance_id, lambda found: self._server(operation, found))
        return Step(instance_id, act, checks=look)

    # -- rescue ----------------------------------------------------------------------------------------------
    @change
    def rescue_instance(
        self, instance_id: str, *, image_id: str | None = None, admin_password: str | Secret | None = None
    ) -> Step[RescueAccess]:
        """Return how to log in to the instance, which starts from another image with its own disk beside it.

        Args:
            image_id: what to start from; the image that it was made from when None.
            admin_password: of the administrator there; the service makes one when None.
        """
        secret = admin_password = Secret.of(admin_password)

        def act() -> RescueAccess:
            body = given({"rescue_image_ref": image_id})
            if secret is not None:
                body["adminPass"] = secret.reveal()
            return self._nova_action(
                "rescue_instance",
                instance_id,
                "rescue",
                body,
                lambda answer: RescueAccess(
                    instance_id=instance_id, admin_password=Secret.of((answer or {}).get("adminPass"))
                ),
            )

        step = self._transition("rescue_instance", instance_id, "rescue", allowed=("ACTIVE", "SHUTOFF"))
        return Step(instance_id, act, given({"image_id": image_id}), (*step.checks, *self._image(image_id)))

    def _image(self, image_id: str | None) -> tuple[Any, ...]:
        return exists(
            "image",
            image_id,
            lambda found: self._rest("get_image", found, "GET", f"/images/{part(found)}", service="image"),
        )

    @change
    def unrescue_instance(self, instance_id: str) -> Step[bool]:
        """Ask the rescued instance to start from its own disk again; False when it did."""
        return self._transition(
            "unrescue_instance", instance_id, "unrescue", allowed=("RESCUE",), done=("ACTIVE",)
        )

    # -- resize ----------------------------------------------------------------------------------------------
    @change
    def resize_instance(self, instance_id: str, instance_type: str) -> Step[bool]:
        """Ask the instance to become one of another flavor; False when it is.

        It comes to ``VERIFY_RESIZE``; then `confirm_resize` or `revert_resize` ends it (see `wait_for_status`).

        Args:
            instance_type: name or id of the flavor.
        """
        part(instance_id)
        operation = "resize_instance"

        def flavor() -> Flavor:
            return self._runtime.run(operation, instance_type, lambda: self._flavor(instance_type))

        def act() -> bool:
            wanted = flavor()
            if self._server(operation, instance_id).instance_type == wanted.name:
                return False
            self._nova_action(operation, instance_id, "resize", {"flavorRef": wanted.id})
            return True

        def has_cores() -> str:
            wanted, server = flavor(), self._server(operation, instance_id).raw
            needed = read_by(
                lambda now: {
                    "cores": wanted.vcpus - int(now["vcpus"]),
                    "ram": wanted.ram_mib - int(now["ram"]),
                },
                inner(server, "flavor"),
            )
            quotas = self._read(quotas_of_answer, operation, instance_id, "GET", "/limits", headers=HEADERS)
            for quota in quotas:
                more = needed.get(quota.name, 0)
                if more > 0 and quota.limit is not None and quota.limit - (quota.used or 0) < more:
                    raise QuotaExceededError(
                        f"the quota of {quota.name} is {quota.limit}, {quota.used} are used, {more} more are needed",
                        request_sent=False,
                    )
            return f"the flavor {wanted.name} exists, and the quota leaves room for it"

        may = self._transition(operation, instance_id, "resize", allowed=("ACTIVE", "SHUTOFF")).checks
        return Step(instance_id, act, {"instance_type": instance_type}, (*may, has_cores))

    @change
    def confirm_resize(self, instance_id: str) -> Step[bool]:
        """Ask for the resized instance to be kept, and the old one to be dropped. Always True."""
        return self._transition("confirm_resize", instance_id, "confirmResize", allowed=("VERIFY_RESIZE",))

    @change
    def revert_resize(self, instance_id: str) -> Step[bool]:
        """Ask for the instance to become again what it was before its resize. Always True."""
        return self._transition("revert_resize", instance_id, "revertResize", allowed=("VERIFY_RESIZE",))

    # -- rebuild, snapshot -----------------------------------------------------------------------------------
    @change
    def rebuild_instance(
        self,
        instance_id: str,
        image_id: str,
        *,
        name: str | None = None,
        key_pair: str | None = None,
        user_data: str | bytes | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Step[Instance]:
        """Return the instance, which is being made anew from an image. Everything on its disk is lost.

        Id, addresses, flavor and attached volumes stay, and so does what is None.
        """
        body: dict[str, Any] = {
            "imageRef": image_id,
            "name": name,
            "key_name": key_pair,
            "metadata": None if tags is None else dict(tags),
        }
        shown = dict(body)
        if user_data is not None:
            data = user_data.encode() if isinstance(user_data, str) else user_data
            body["user_data"] = b64encode(data).decode()
            shown["user_data_bytes"] = len(data)

        def act() -> Instance:
            read = read_inner("server", self._instance_of)
            return self._nova_action("rebuild_instance", instance_id, "rebuild", given(body), read)

        may = self._transition(
            "rebuild_instance", instance_id, "rebuild", allowed=("ACTIVE", "SHUTOFF", "ERROR")
        ).checks
        return Step(instance_id, act, shown, (*may, *self._image(image_id)))

    @change
    def snapshot_instance(
        self, instance_id: str, name: str, *, metadata: Mapping[str, str] | None = None
    ) -> Step[str]:
        """Return the id of the image that the instance is being copied to; see `wait_for_image`.

        Volumes of the instance are snapshotted beside it.
        """
        if not name:
            raise InvalidRequestError("the name of an image is empty")
        body = {"name": name, "metadata": dict(metadata or {})}

        def act() -> str:
            read = read_inner("image_id", str)
            return self._nova_action("snapshot_instance", instance_id, "createImage", body, read)

        may = self._transition("snapshot_instance", instance_id, "createImage", allowed=_SETTLED).checks
        return Step(instance_id, act, body, may)

    # -- names, tags, labels, events ---------------------------------------------------------------------------
    @change
    def update_instance(
        self,
        instance_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Step[Instance]:
        """Return the changed instance. What is None stays; `tags` takes the place of all pairs."""
        body = something({"name": name, "description": description, "tags": tags})
        path = f"/servers/{part(instance_id)}"

        def act() -> Instance:
            server = {key: value for key, value in body.items() if key != "tags"}
            if tags is not None:
                self._rest(
                    "update_instance",
                    instance_id,
                    "PUT",
                    f"{path}/metadata",
                    json={"metadata": dict(tags)},
                    headers=HEADERS,
                )
            if server:
                self._rest(
                    "update_instance", instance_id, "PUT", path, json={"server": server}, headers=HEADERS
                )
            return self._server("update_instance", instance_id)

        look = exists("instance", instance_id, lambda found: self._server("update_instance", found))
        return Step(instance_id, act, body, look)

    def list_labels(self, instance_id: str) -> tuple[str, ...]:
        """Return Nova's own tags of the instance, which `InstanceOptions.labels` and `set_labels` give it."""
        path = f"/servers/{part(instance_id)}/tags"
        return self._read(texts_in("tags"), "list_labels", instance_id, "GET", path, headers=HEADERS)

    @change
    def set_labels(self, instance_id: str, labels: Iterable[str]) -> Step[tuple[str, ...]]:
        """Return the labels that the instance has now: these, and the one that marks how it was made."""
        wanted = {checked_label(label) for label in labels}

        def act() -> tuple[str, ...]:
            kept = {label for label in self.list_labels(instance_id) if label.startswith("cloud-token-")}
            return self._read(
                texts_in("tags"),
                "set_labels",
                instance_id,
                "PUT",
                f"/servers/{part(instance_id)}/tags",
                json={"tags": sorted(wanted | kept)},
                headers=HEADERS,
            )

        look = exists("instance", instance_id, lambda found: self._server("set_labels", found))
        return Step(instance_id, act, {"labels": sorted(wanted)}, look)

    def list_events(self, instance_id: str) -> list[InstanceEvent]:
        """Return what was done with the instance, the newest first; also of one that was deleted a while ago."""
        path = f"/servers/{part(instance_id)}/os-instance-actions"
        return self._rest_list(
            "list_events", instance_id, path, "instanceActions", event_of, headers=HEADERS
        ).to_list()

    @change
    def delete_instance(self, instance_id: str, force: bool = False) -> Step[bool]:  # noqa: FBT002  # the agreed position
        """Make sure that the instance goes away, for ever; False when there was none.

        Args:
            force: at once, where the service keeps deleted instances for a while.
        """
        path = f"/servers/{part(instance_id)}"

        def act() -> bool:
            if not force:
                return self._gone("delete_instance", instance_id, path, headers=HEADERS)
            try:
                # Asked for twice it is deleted once.
                self._rest(
                    "delete_instance",
                    instance_id,
                    "POST",
                    f"{path}/action",
                    json={"forceDelete": None},
                    headers=HEADERS,
                    idempotent=True,
                )
            except NotFoundError:
                return False
            return True

        look = exists("instance", instance_id, lambda found: self._server("delete_instance", found))
        return Step(instance_id, act, {"force": force}, look)
