"""Infomaniak's DNS (Designate): zones, record sets, reverse names, and whole zones from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.common.enums import ResourceType
from cloud.common.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    UnsupportedOperationError,
)
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import given, part, something
from cloud.infomaniak.dns import _names as names
from cloud.infomaniak.dns import _records as r
from cloud.infomaniak.dns._zone_client import ZoneClient, is_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cloud.common._paging import Pager
    from cloud.common.models import CloudResource

_ZONE_OPTIONS = frozenset({"email", "ttl", "description"})


class InfomaniakDNSClient(ZoneClient):
    """Zones and their record sets at Infomaniak Public Cloud, or any Designate.

    Arguments and login as for every OpenStack client: see `OpenStackClient`. A zone is named by its id or its
    name, with or without the dot at the end. A record set holds all records of one name and type. Names in a
    zone are relative (``www``), ``@`` for the zone itself, or absolute with a dot at the end.

    Changes return at once; name servers have them when the status is ``ACTIVE`` (`wait_for_zone`,
    `wait_for_record`). https://docs.openstack.org/api-ref/dns/
    """

    # -- record sets -----------------------------------------------------------------------------------------
    def iter_records(
        self,
        zone_id: str,
        *,
        name: str | None = None,
        record_type: str | None = None,
        token: str | None = None,
        limit: int | None = None,
    ) -> Pager[r.RecordSet]:
        """Return a lazy listing of the zone's record sets.

        Args:
            zone_id: the zone, by id or name.
            name: only those of that name.
            record_type: only those of that type.
            token: `resume_token` of a listing that failed.
            limit: most record sets to give.
        """
        zone = self.get_zone(zone_id) if name is not None or not is_id(zone_id) else None
        path = f"/zones/{part(zone.id if zone is not None else zone_id)}/recordsets"
        wanted = None if name is None or zone is None else names.absolute(name, zone.name)
        params = {"name": wanted, "type": record_type and record_type.upper()}
        return self._rest_list(
            "iter_records",
            zone_id,
            path,
            "recordsets",
            r.record_set_of,
            params=params,
            token=token,
            limit=limit,
        )

    def list_records(
        self, zone_id: str, *, name: str | None = None, record_type: str | None = None
    ) -> list[r.RecordSet]:
        """Return the zone's record sets, of one name or type where that is given."""
        return self.iter_records(zone_id, name=name, record_type=record_type).to_list()

    def get_record(self, zone_id: str, record_id: str) -> r.RecordSet:
        """Return a record set by its id."""
        path = f"{self._zone_path('get_record', zone_id)}/recordsets/{part(record_id)}"
        return self._read(r.record_set_of, "get_record", record_id, "GET", path)

    def find_record(self, zone_id: str, name: str, record_type: str) -> r.RecordSet | None:
        """Return the record set of a name and type; None when there is none."""
        return self.iter_records(zone_id, name=name, record_type=names.record_type(record_type)).first()

    @change
    def create_record(
        self,
        zone_id: str,
        name: str,
        record_type: str,
        records: Sequence[str],
        ttl: int | None = None,
        description: str | None = None,
    ) -> Step[r.RecordSet]:
        """Return the record set that was made. It is sent once.

        Args:
            zone_id: the zone, by id or name.
            name: relative (``www``), ``@``, or absolute with a dot at its end.
            record_type: such as ``A`` or ``TXT``.
            records: the data, each as a zone file writes it; a TXT that is not quoted is quoted.
            ttl: seconds; None for the zone's.
            description: free text.
            dry_run: return what would be made instead.

        Raises:
            AlreadyExistsError: there is one of that name and type: `set_record` replaces it.
        """
        zone = self.get_zone(zone_id)
        body = self._record_body(zone, name, record_type, records, ttl, description)

        def act() -> r.RecordSet:
            path = f"/zones/{part(zone.id)}/recordsets"
            return self._read(r.record_set_of, "create_record", body["name"], "POST", path, json=body)

        def free() -> str:
            if self.find_record(zone.id, body["name"], body["type"]) is not None:
                raise AlreadyExistsError(f"{body['name']} has a record set of type {body['type']} already")
            return "no record set of that name and type exists"

        return Step(body["name"], act, body, (free,))

    @change
    def update_record(
        self,
        zone_id: str,
        record_id: str,
        records: Sequence[str] | None = None,
        ttl: int | None = None,
        description: str | None = None,
    ) -> Step[r.RecordSet]:
        """Return the record set with what is given replaced; the rest stays."""
        zone = self.get_zone(zone_id)
        found = self.get_record(zone.id, record_id)
        data = None if records is None else _data(found.type, records, zone.name)
        body = something({"records": data, "ttl": names.ttl_of(ttl), "description": description})

        def act() -> r.RecordSet:
            path = f"/zones/{part(zone.id)}/recordsets/{part(record_id)}"
            return self._read(r.record_set_of, "update_record", record_id, "PUT", path, json=body)

        return Step(record_id, act, body)

    @change
    def set_record(
        self,
        zone_id: str,
        name: str,
        record_type: str,
        records: Sequence[str],
        ttl: int | None = None,
        description: str | None = None,
    ) -> Step[r.RecordSet]:
        """Return the record set, which holds exactly these records afterwards, whatever it held before.

        Arguments as for `create_record`. What is right already is not sent again.
        """
        zone = self.get_zone(zone_id)
        body = self._record_body(zone, name, record_type, records, ttl, description)
        found = self.find_record(zone.id, body["name"], body["type"])

        def act() -> r.RecordSet:
            if found is None:
                path = f"/zones/{part(zone.id)}/recordsets"
                return self._read(r.record_set_of, "set_record", body["name"], "POST", path, json=body)
            changed = {key: value for key, value in body.items() if key in {"records", "ttl", "description"}}
            same = set(found.records) == set(body["records"]) and ttl in {None, found.ttl}
            if same and description in {None, found.description}:
                return found
            path = f"/zones/{part(zone.id)}/recordsets/{part(found.id)}"
            return self._read(r.record_set_of, "set_record", body["name"], "PUT", path, json=changed)

        before = "nothing" if found is None else ", ".join(found.records)
        return Step(body["name"], act, body, (lambda: f"it holds {before} now",))

    @change
    def delete_record(self, zone_id: str, record_id: str) -> Step[bool]:
        """Make sure that the record set is going; False when there was none."""

        def act() -> bool:
            try:
                path = f"{self._zone_path('delete_record', zone_id)}/recordsets/{part(record_id)}"
            except NotFoundError:
                return False
            return self._gone("delete_record", record_id, path)

        def shown() -> str:
            found = self.get_record(zone_id, record_id)
            return f"{found.name} {found.type} holds {', '.join(found.records)}"

        return Step(record_id, act, {}, (shown,))

    def wait_for_record(
        self,
        zone_id: str,
        record_id: str,
        *,
        deadline_seconds: float = 300.0,
        progress: Callable[[r.RecordSet], None] | None = None,
    ) -> r.RecordSet:
        """Return the record set once the name servers have it (status ``ACTIVE``).

        Args:
            zone_id: the zone, by id or name.
            record_id: the record set.
            deadline_seconds: how long to wait at most.
            progress: called with what each look finds.

        Raises:
            ResourceFailedError: the name servers could not be told.
            TimeoutError_: the deadline passed.
        """
        zone = zone_id if is_id(zone_id) else self.get_zone(zone_id).id
        found = self._wait(
            "wait_for_record",
            record_id,
            lambda: self.get_record(zone, record_id),
            state=lambda record: record.status,
            states=("ACTIVE",),
            deadline_seconds=deadline_seconds,
            tell=progress,
        )
        assert found is not None  # noqa: S101  # only what is waited to be gone comes back as None
        return found

    # -- CloudClient: zones are the resources ----------------------------------------------------------------
    def list_resources(self, resource_type: ResourceType | None = None) -> list[CloudResource]:
        """Return the zones; an empty list for every type but DNS."""
        if resource_type not in {None, ResourceType.DNS}:
            return []
        return [self._resource(zone) for zone in self.list_zones()]

    def get_resource(self, id: str) -> CloudResource | None:  # noqa: A002  # the specification's name
        """Return the zone with this id or name, or None."""
        try:
            return self._resource(self.get_zone(id))
        except NotFoundError:
            return None

    def create_resource(
        self, name: str, resource_type: ResourceType, config: Mapping[str, Any]
    ) -> CloudResource:
        """Return the zone that was made.

        Args:
            name: its name.
            resource_type: `ResourceType.DNS`.
            config: ``email``, ``ttl`` and ``description`` of `create_zone`.
        """
        if resource_type is not ResourceType.DNS:
            raise UnsupportedOperationError(f"this client makes zones, not {resource_type.value}")
        unknown = sorted(config.keys() - _ZONE_OPTIONS)
        if unknown:
            raise InvalidRequestError(
                f"a zone takes no {unknown[0]!r}", hint=f"one of {', '.join(sorted(_ZONE_OPTIONS))}"
            )
        return self._resource(self.create_zone(name, **config))

    def delete_resource(self, id: str) -> bool:  # noqa: A002  # the specification's name
        """Delete the zone with this id or name and all its records; False when there was none."""
        return self.delete_zone(id)

    def _resource(self, zone: r.Zone) -> CloudResource:
        from cloud.common.models import CloudResource

        return CloudResource(
            id=zone.id,
            name=zone.name,
            resource_type=ResourceType.DNS,
            provider=self.provider,
            region=self.region,
            status=zone.status,
            created_at=zone.created_at,
            metadata={"email": zone.email, "ttl": zone.ttl, "serial": zone.serial, "type": zone.type},
            raw=zone,
        )

    # -- helpers ---------------------------------------------------------------------------------------------
    @staticmethod
    def _record_body(
        zone: r.Zone,
        name: str,
        record_type: str,
        records: Sequence[str],
        ttl: int | None,
        description: str | None,
    ) -> dict[str, Any]:
        kind = names.record_type(record_type)
        full = names.absolute(name, zone.name)
        if kind == "NS" and full == zone.name:
            raise ConflictError("the NS records of the zone itself are the service's", request_sent=False)
        return given(
            {
                "name": full,
                "type": kind,
                "records": _data(kind, records, zone.name),
                "ttl": names.ttl_of(ttl),
                "description": description,
            }
        )


def _data(kind: str, records: Sequence[str], zone: str) -> list[str]:
    if isinstance(records, str) or not records:
        raise InvalidRequestError(f"records is a list of texts, not {records!r}")
    return [names.record_data(kind, each, zone) for each in records]
