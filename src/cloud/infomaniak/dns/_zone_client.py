"""The zones of Designate: listed, made, changed, deleted, waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from cloud.common.errors import AlreadyExistsError, InvalidRequestError, NotFoundError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import given, part, something
from cloud.infomaniak.dns import _names as names
from cloud.infomaniak.dns import _records as r
from cloud.infomaniak.dns._zones import ZoneFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloud.common._paging import Pager


class ZoneClient(ZoneFiles):
    """What Designate does with one zone."""

    def iter_zones(
        self, *, name: str | None = None, token: str | None = None, limit: int | None = None
    ) -> Pager[r.Zone]:
        """Return a lazy listing of the zones.

        Args:
            name: only the zone of that name, or those that fit ``*.example.org.``.
            token: `resume_token` of a listing that failed.
            limit: most zones to give.
        """
        return self._rest_list(
            "iter_zones", "", "/zones", "zones", r.zone_of, params={"name": name}, token=token, limit=limit
        )

    def list_zones(self, *, name: str | None = None) -> list[r.Zone]:
        """Return all zones, or those that fit `name`."""
        return self.iter_zones(name=name).to_list()

    def get_zone(self, zone_id: str) -> r.Zone:
        """Return a zone, by its id or its name."""
        if is_id(zone_id):
            return self._read(r.zone_of, "get_zone", zone_id, "GET", f"/zones/{part(zone_id)}")
        name = names.zone_name(zone_id)
        found = self.list_zones(name=name)
        if not found:
            raise NotFoundError(
                f"there is no zone {name}", context=self._runtime.context("get_zone", zone_id)
            )
        return found[0]

    @change
    def create_zone(
        self,
        name: str,
        email: str | None = None,
        ttl: int | None = None,
        description: str | None = None,
        *,
        masters: Sequence[str] | None = None,
    ) -> Step[r.Zone]:
        """Return the zone that was made. It is sent once.

        Args:
            name: such as ``example.org``; unicode goes in its ASCII form.
            email: address of who answers for it; a primary zone needs one.
            ttl: seconds that resolvers keep records which say nothing else.
            description: free text.
            masters: makes it a secondary zone, which is transferred from these addresses.
            dry_run: return what would be made instead.

        Raises:
            AlreadyExistsError: there is one of that name, yours or somebody else's.
        """
        body = given(
            {
                "name": names.zone_name(name),
                "email": email,
                "ttl": names.ttl_of(ttl),
                "description": description,
                "type": "SECONDARY" if masters else None,
                "masters": list(masters) if masters else None,
            }
        )
        if not masters and (not isinstance(email, str) or "@" not in email):
            raise InvalidRequestError(f"a primary zone needs an email address, not {email!r}")

        def act() -> r.Zone:
            return self._read(r.zone_of, "create_zone", body["name"], "POST", "/zones", json=body)

        return Step(body["name"], act, body, (lambda: self._is_free(body["name"]),))

    @change
    def update_zone(
        self,
        zone_id: str,
        email: str | None = None,
        ttl: int | None = None,
        description: str | None = None,
    ) -> Step[r.Zone]:
        """Return the zone with the settings that are given; the others stay."""
        body = something({"email": email, "ttl": names.ttl_of(ttl), "description": description})

        def act() -> r.Zone:
            path = self._zone_path("update_zone", zone_id)
            return self._read(r.zone_of, "update_zone", zone_id, "PATCH", path, json=body)

        return Step(zone_id, act, body, (lambda: f"the zone is {self.get_zone(zone_id).name}",))

    @change
    def delete_zone(self, zone_id: str) -> Step[bool]:
        """Make sure that the zone and all its records are going; False when there is no such zone.

        `wait_for_zone_gone` waits until it is not there any more.
        """

        def act() -> bool:
            try:
                path = self._zone_path("delete_zone", zone_id)
            except NotFoundError:
                return False
            return self._gone("delete_zone", zone_id, path)

        def count() -> str:
            zone = self.get_zone(zone_id)
            mine = sum(not each.is_managed for each in self.iter_records(zone.id))
            return f"the zone {zone.name} has {mine} record sets of yours"

        return Step(zone_id, act, {}, (count,))

    def wait_for_zone(
        self,
        zone_id: str,
        *,
        deadline_seconds: float = 300.0,
        progress: Callable[[r.Zone], None] | None = None,
    ) -> r.Zone:
        """Return the zone once the name servers have all its changes (status ``ACTIVE``).

        Args:
            zone_id: by id or name.
            deadline_seconds: how long to wait at most.
            progress: called with what each look finds.

        Raises:
            ResourceFailedError: the name servers could not be told.
            TimeoutError_: the deadline passed.
        """
        found = self._wait(
            "wait_for_zone",
            zone_id,
            lambda: self.get_zone(zone_id),
            state=lambda zone: zone.status,
            states=("ACTIVE",),
            deadline_seconds=deadline_seconds,
            tell=progress,
        )
        assert found is not None  # noqa: S101  # only what is waited to be gone comes back as None
        return found

    def wait_for_zone_gone(
        self,
        zone_id: str,
        *,
        deadline_seconds: float = 300.0,
        progress: Callable[[r.Zone], None] | None = None,
    ) -> None:
        """Return once there is no such zone any more. Arguments as for `wait_for_zone`.

        Raises:
            ResourceFailedError: the name servers could not be told.
            TimeoutError_: the deadline passed.
        """
        self._wait(
            "wait_for_zone_gone",
            zone_id,
            lambda: self.get_zone(zone_id),
            state=lambda zone: zone.status,
            states=(),
            deadline_seconds=deadline_seconds,
            gone=True,
            tell=progress,
        )

    def list_nameservers(self, zone_id: str) -> list[str]:
        """Return the names of the servers to delegate the zone to."""
        path = f"{self._zone_path('list_nameservers', zone_id)}/nameservers"
        return self._rest_list(
            "list_nameservers",
            zone_id,
            path,
            "nameservers",
            lambda each: str(each["hostname"]),
            page_size=None,
        ).to_list()

    def _is_free(self, name: str) -> str:
        if self.list_zones(name=name):
            raise AlreadyExistsError(f"you have a zone {name} already", request_sent=False)
        return f"you have no zone {name}"


def is_id(zone: str) -> bool:
    """Return whether a zone is named by its id, not by its name."""
    try:
        UUID(zone)
    except (ValueError, AttributeError, TypeError):
        return False
    return True
