"""Whole zones as text, in and out, and the reverse names of floating IPs."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from cloud.common.errors import InvalidRequestError, NotFoundError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import ServiceClient, given, id_in, part
from cloud.infomaniak.dns import _names as names
from cloud.infomaniak.dns import _records as r
from cloud.infomaniak.dns._plan import DEFAULT_THRESHOLD, check_thresholds, plan_zone
from cloud.infomaniak.dns._zonefile import WantedZone

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common._paging import Pager

_TEXT = "text/dns"


class ZoneFiles(ServiceClient):
    """What Designate does with zones as a whole, and with reverse names."""

    service_name: ClassVar[str] = "designate"
    service_type: ClassVar[str] = "dns"

    def _service_url(self) -> str:
        return f"{super()._service_url().removesuffix('/v2')}/v2"

    @abstractmethod
    def get_zone(self, zone_id: str) -> r.Zone:
        """Return a zone, by its id or its name."""

    @abstractmethod
    def iter_records(self, zone_id: str) -> Pager[r.RecordSet]:
        """Return a lazy listing of the zone's record sets."""

    def _zone_path(self, operation: str, zone: str) -> str:
        del operation  # it is get_zone's request, where the zone is named by its name
        try:
            UUID(zone)
        except (ValueError, AttributeError, TypeError):
            return f"/zones/{part(self.get_zone(zone).id)}"
        return f"/zones/{part(zone)}"

    # -- BIND text -------------------------------------------------------------------------------------------
    def export_zone(
        self,
        zone_id: str,
        *,
        deadline_seconds: float = 120.0,
        progress: Callable[[r.ZoneTask], None] | None = None,
    ) -> str:
        """Return the zone as a BIND zone file, as the service writes it.

        Args:
            zone_id: by id or name.
            deadline_seconds: how long to wait at most until the service has written it.
            progress: called with what each look at the service's task finds.

        Raises:
            ResourceFailedError: the service could not write it.
            TimeoutError_: the deadline passed.
        """
        operation = "export_zone"
        path = f"{self._zone_path(operation, zone_id)}/tasks/export"
        task = self._read(id_in, operation, zone_id, "POST", path, idempotent=True)
        where = f"/zones/tasks/exports/{part(task)}"
        try:
            self._finished(operation, zone_id, where, deadline_seconds, progress)
            return str(
                self._rest(operation, zone_id, "GET", f"{where}/export", headers={"Accept": _TEXT}, text=True)
            )
        finally:
            self._gone(operation, zone_id, where)

    @change
    def import_zone(
        self,
        text: str,
        *,
        deadline_seconds: float = 120.0,
        progress: Callable[[r.ZoneTask], None] | None = None,
    ) -> Step[r.Zone]:
        """Return the zone that the service made of a BIND zone file. It is sent once.

        The zone must not exist; `apply_zone` changes one that does.

        Args:
            text: the file, with an ``$ORIGIN``.
            deadline_seconds: how long to wait at most until the service has read it.
            progress: called with what each look at the service's task finds.
            dry_run: return what would be made instead.

        Raises:
            ResourceFailedError: the service could not read it, or there is such a zone; it says which.
            TimeoutError_: the deadline passed.
        """
        wanted = WantedZone.from_bind(text)

        def act() -> r.Zone:
            operation = "import_zone"
            task = self._read(
                id_in,
                operation,
                wanted.name,
                "POST",
                "/zones/tasks/imports",
                data=text.encode(),
                headers={"Content-Type": _TEXT},
            )
            where = f"/zones/tasks/imports/{part(task)}"
            try:
                done = self._finished(operation, wanted.name, where, deadline_seconds, progress)
            finally:
                self._gone(operation, wanted.name, where)
            return self.get_zone(done.zone_id or wanted.name)

        return Step(wanted.name, act, {"record_sets": len(wanted.record_sets)})

    def _finished(
        self,
        operation: str,
        resource: str,
        path: str,
        deadline: float,
        tell: Callable[[r.ZoneTask], None] | None,
    ) -> r.ZoneTask:
        """Return the task at `path` once it is complete."""
        found = self._wait(
            operation,
            resource,
            lambda: self._read(r.task_of, operation, resource, "GET", path),
            state=lambda task: task.status,
            states=("COMPLETE",),
            reason=lambda task: task.message,
            deadline_seconds=deadline,
            tell=tell,
        )
        assert found is not None  # noqa: S101  # only what is waited to be gone comes back as None
        return found

    # -- a whole zone as it is wanted ------------------------------------------------------------------------
    def plan_zone(self, wanted: WantedZone) -> r.ZonePlan:
        """Return what differs between the zone and what is wanted. Nothing is changed."""
        return self._planned(wanted)[0]

    def apply_zone(
        self,
        wanted: WantedZone,
        *,
        delete_threshold: float = DEFAULT_THRESHOLD,
        update_threshold: float = DEFAULT_THRESHOLD,
        dry_run: bool = False,
    ) -> r.ZonePlan:
        """Make the zone as it is wanted, and return what that took.

        What is not wanted is deleted; the SOA and the NS records of the zone itself are left alone. A zone that
        is not there is made, when `wanted` has an email. When a change fails the rest is not done: apply it again.

        Args:
            wanted: of `WantedZone.from_bind`, `from_yaml` or `from_dict`.
            delete_threshold: largest share of the zone's record sets that may be deleted, where it has 10 or
                more; 0 for none at all, 1 for all.
            update_threshold: likewise for those that may be changed.
            dry_run: only return what it would take; thresholds are checked, too.

        Raises:
            PreconditionFailedError: it would delete or change more than the thresholds allow.
        """
        plan, zone, present = self._planned(wanted)
        check_thresholds(plan, present, delete_threshold=delete_threshold, update_threshold=update_threshold)
        if zone is None and not wanted.email:
            raise InvalidRequestError(
                f"there is no zone {wanted.name}, and what is wanted has no email",
                hint="email: you@example.org",
            )
        if dry_run:
            return plan
        if zone is None:
            body = given(
                {
                    "name": wanted.name,
                    "email": wanted.email,
                    "ttl": wanted.ttl,
                    "description": wanted.description,
                }
            )
            zone_id = self._read(id_in, "apply_zone", wanted.name, "POST", "/zones", json=body)
        else:
            zone_id = zone.id
            if plan.zone_changes:
                path = f"/zones/{part(zone_id)}"
                self._rest("apply_zone", wanted.name, "PATCH", path, json=dict(plan.zone_changes))
        for each in plan.changes:
            self._apply(zone_id, each)
        return replace(plan, zone_id=zone_id, applied=True)

    def _planned(self, wanted: WantedZone) -> tuple[r.ZonePlan, r.Zone | None, int]:
        try:
            zone: r.Zone | None = self.get_zone(wanted.name)
        except NotFoundError:
            zone = None
        present = [] if zone is None else self.iter_records(zone.id).to_list()
        mine = sum(not each.is_managed for each in present)
        return plan_zone(zone, present, wanted), zone, mine

    def _apply(self, zone_id: str, wanted: r.RecordChange) -> None:
        path = f"/zones/{part(zone_id)}/recordsets"
        resource = f"{wanted.name} {wanted.type}"
        if wanted.action == "delete":
            self._gone("apply_zone", resource, f"{path}/{part(str(wanted.id))}")
            return
        # A TTL that is not wanted any more is taken away by null.
        body: dict[str, Any] = {"records": list(wanted.after), "ttl": wanted.ttl_after}
        if wanted.action == "update":
            self._rest("apply_zone", resource, "PUT", f"{path}/{part(str(wanted.id))}", json=body)
            return
        body = given({**body, "name": wanted.name, "type": wanted.type})
        self._rest("apply_zone", resource, "POST", path, json=body)

    # -- reverse names ---------------------------------------------------------------------------------------
    def list_ptr_records(self) -> list[r.PtrRecord]:
        """Return the reverse name of every floating IP of the project; `hostname` is None where none is set."""
        return self._rest_list(
            "list_ptr_records", "", "/reverse/floatingips", "floatingips", r.ptr_of, page_size=None
        ).to_list()

    def get_reverse_dns(self, floating_ip: str) -> r.PtrRecord:
        """Return the reverse name of a floating IP.

        Args:
            floating_ip: its address, its id, or ``region:id``.
        """
        path = self._ptr_path(floating_ip)
        return self._read(r.ptr_of, "get_reverse_dns", floating_ip, "GET", path)

    @change
    def set_reverse_dns(
        self, floating_ip: str, hostname: str, ttl: int | None = None, description: str | None = None
    ) -> Step[r.PtrRecord]:
        """Return the reverse name of a floating IP, which is `hostname` afterwards.

        Args:
            floating_ip: its address, its id, or ``region:id``.
            hostname: an absolute name; the dot at its end may be left out.
            ttl: seconds that resolvers keep it.
            description: free text.
            dry_run: return what would be set instead.
        """
        body = given(
            {"ptrdname": names.zone_name(hostname), "ttl": names.ttl_of(ttl), "description": description}
        )

        def act() -> r.PtrRecord:
            path = self._ptr_path(floating_ip)
            return self._read(r.ptr_of, "set_reverse_dns", floating_ip, "PATCH", path, json=body)

        def now() -> str:
            return f"it is {self.get_reverse_dns(floating_ip).hostname or 'not set'} now"

        return Step(floating_ip, act, body, (now,))

    @change
    def delete_reverse_dns(self, floating_ip: str) -> Step[bool]:
        """Make sure that the floating IP has no reverse name; False when it had none."""

        def act() -> bool:
            if self.get_reverse_dns(floating_ip).hostname is None:
                return False
            path = self._ptr_path(floating_ip)
            self._rest("delete_reverse_dns", floating_ip, "PATCH", path, json={"ptrdname": None})
            return True

        return Step(floating_ip, act)

    def wait_for_reverse_dns(
        self,
        floating_ip: str,
        *,
        deadline_seconds: float = 300.0,
        progress: Callable[[r.PtrRecord], None] | None = None,
    ) -> r.PtrRecord:
        """Return the reverse name once the name servers have it (status ``ACTIVE``).

        Args:
            floating_ip: its address, its id, or ``region:id``.
            deadline_seconds: how long to wait at most.
            progress: called with what each look finds.

        Raises:
            ResourceFailedError: the name servers could not be told, or no reverse name is set.
            TimeoutError_: the deadline passed.
        """
        found = self._wait(
            "wait_for_reverse_dns",
            floating_ip,
            lambda: self.get_reverse_dns(floating_ip),
            state=lambda ptr: ptr.status or "unset",
            states=("ACTIVE",),
            terminal_states=("ERROR", "unset"),
            deadline_seconds=deadline_seconds,
            tell=progress,
        )
        assert found is not None  # noqa: S101  # only what is waited to be gone comes back as None
        return found

    def _ptr_path(self, floating_ip: str) -> str:
        """Return where the reverse name of a floating IP is: below its region and id."""
        if ":" in floating_ip and floating_ip.count(":") == 1:
            return f"/reverse/floatingips/{part(floating_ip)}"
        try:
            UUID(floating_ip)
        except ValueError:
            found = {ptr.address: ptr.id for ptr in self.list_ptr_records()}
            if floating_ip not in found:
                raise NotFoundError(
                    f"the project has no floating IP {floating_ip}",
                    context=self._runtime.context("get_reverse_dns", floating_ip),
                ) from None
            return f"/reverse/floatingips/{part(found[floating_ip])}"
        return f"/reverse/floatingips/{part(f'{self.region}:{floating_ip}')}"
