"""Infomaniak's metering: what the project used in a period (Nova, Gnocchi) and what that costs (CloudKitty)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud._dialects._answers import read_by
from cloud.common.enums import ResourceType
from cloud.common.errors import NotFoundError, UnsupportedOperationError
from cloud.infomaniak._service import part, quotas_of, read_inner
from cloud.infomaniak.compute._read import quotas_of_answer
from cloud.infomaniak.metering import _parts as parts
from cloud.infomaniak.metering import _records as r
from cloud.infomaniak.metering._rating import Rating

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from cloud.common._records import Quota
    from cloud.common.models import CloudResource

_NOVA_PAGED = {"OpenStack-API-Version": "compute 2.40"}  # from it on usage comes in pages
_PAGE = 500
_UNITS = {"gigabytes": "GiB", "backup_gigabytes": "GiB", "per_volume_gigabytes": "GiB"}
_MOMENT = "%Y-%m-%dT%H:%M:%S.%f"  # Nova takes UTC without saying so


class InfomaniakMeteringClient(Rating):
    """What the project uses at Infomaniak Public Cloud, or any OpenStack with CloudKitty.

    Arguments and login as for every OpenStack client: see `OpenStackClient`. Periods are aware times, `end` not
    included; without them the present month in UTC until now. `UsagePeriod.month(2026, 11, ZoneInfo("Europe/Zurich"))`
    is a month as people there count it. Prices are in ICU; `rates` turn them into francs and euros, such as
    `INFOMANIAK_RATES`. The service rates an hour after it has ended, so the last two hours are never complete.

    https://docs.openstack.org/cloudkitty/latest/api-reference/
    """

    # -- by kind ---------------------------------------------------------------------------------------------
    def get_compute_usage(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        rates: r.IcuRates | None = None,
    ) -> r.ComputeUsage:
        """Return what the instances ran in a period, those that are deleted by now included.

        Nova counts whole seconds: an instance that began within the period's last one is not in it yet.
        """
        period = r.UsagePeriod.of(start, end)
        rows = [row for row in self._rated(period, rates) if row.kind == "compute"]
        return parts.compute_usage(period, list(self.iter_instance_usage(period.start, period.end)), rows)

    def iter_instance_usage(
        self, start: datetime | None = None, end: datetime | None = None
    ) -> Iterator[r.InstanceUsage]:
        """Yield what each instance ran in a period, page by page."""
        period = r.UsagePeriod.of(start, end)
        project, marker = self._project_id("get_compute_usage"), None
        while True:
            params = {
                "start": period.start.strftime(_MOMENT),
                "end": period.end.strftime(_MOMENT),
                "detailed": 1,
                "limit": _PAGE,
                "marker": marker,
            }
            path = f"/os-simple-tenant-usage/{part(project)}"
            found = self._read(
                read_inner("tenant_usage", parts.instance_usages),
                "get_compute_usage",
                project,
                "GET",
                path,
                params=params,
                headers=_NOVA_PAGED,
                service="compute",
            )
            if not found or found[-1].instance_id == marker:
                return  # who ignores markers sends the same page again: its hours count once
            yield from found
            marker = found[-1].instance_id

    def get_storage_usage(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        rates: r.IcuRates | None = None,
    ) -> r.ServiceUsage:
        """Return what volumes, snapshots, backups and images cost in a period, and how many there are now."""
        return self._usage("storage", r.UsagePeriod.of(start, end), rates, self.get_storage_quotas())

    def get_network_usage(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        rates: r.IcuRates | None = None,
    ) -> r.ServiceUsage:
        """Return what addresses, routers and traffic cost in a period, and how many there are now."""
        return self._usage("network", r.UsagePeriod.of(start, end), rates, self.get_network_quotas())

    def get_object_storage_usage(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        rates: r.IcuRates | None = None,
    ) -> r.ServiceUsage:
        """Return what objects cost in a period, and how many there are now."""
        return self._usage("object_storage", r.UsagePeriod.of(start, end), rates, self._object_storage())

    def get_all_usage(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        rates: r.IcuRates | None = None,
    ) -> r.UsageReport:
        """Return everything that the project used in a period, and what it costs.

        Args:
            start: first moment, with a time zone; by default the month of `end`, in UTC.
            end: first moment after it; by default now.
            rates: what an ICU is worth; without them no francs and euros.
        """
        period = r.UsagePeriod.of(start, end)
        rows = self._rated(period, rates)

        def of(kind: str) -> tuple[r.RatedRow, ...]:
            return tuple(row for row in rows if row.kind == kind)

        def usage(kind: str, present: Sequence[Quota]) -> r.ServiceUsage:
            return r.ServiceUsage(
                kind=kind, start=period.start, end=period.end, rows=of(kind), present=tuple(present)
            )

        instances = list(self.iter_instance_usage(period.start, period.end))
        icu = r.total(rows)
        return r.UsageReport(
            start=period.start,
            end=period.end,
            compute=parts.compute_usage(period, instances, of("compute")),
            storage=usage("storage", self.get_storage_quotas()),
            network=usage("network", self.get_network_quotas()),
            object_storage=usage("object_storage", self._object_storage()),
            other=usage("other", ()),
            icu=icu,
            chf=None if rates is None else icu / rates.per_chf,
            eur=None if rates is None else icu / rates.per_eur,
        )

    def list_resources_with_usage(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        rates: r.IcuRates | None = None,
    ) -> list[r.RatedRow]:
        """Return one row for each resource and metric that was charged in a period, the dearest first."""
        period = r.UsagePeriod.of(start, end)
        rows = parts.by_resource(self.list_dataframes(period.start, period.end), period)
        return [parts.priced(row, rates) for row in rows]

    # -- quotas ----------------------------------------------------------------------------------------------
    def get_compute_quotas(self) -> list[Quota]:
        """Return what the project may have of instances, cores and memory, and has."""
        return self._read(quotas_of_answer, "get_compute_quotas", "", "GET", "/limits", service="compute")

    def get_storage_quotas(self) -> list[Quota]:
        """Return what the project may have of volumes, snapshots and backups, and has."""
        project = self._project_id("get_storage_quotas")
        path = f"/os-quota-sets/{part(project)}"
        return self._read(
            read_inner("quota_set", lambda found: quotas_of(found, _UNITS)),
            "get_storage_quotas",
            project,
            "GET",
            path,
            params={"usage": "true"},
            service="block-storage",
        )

    def get_network_quotas(self) -> list[Quota]:
        """Return what the project may have of networks, ports, routers and addresses, and has."""
        project = self._project_id("get_network_quotas")
        path = f"/quotas/{part(project)}/details.json"
        read = read_inner("quota", quotas_of)
        return self._read(read, "get_network_quotas", project, "GET", path, service="network")

    def _object_storage(self) -> list[Quota]:
        """Return what the project's account holds; nothing where the cloud has no object storage."""
        if not self._has("object-store"):
            return []

        def look() -> list[Quota]:
            from cloud.infomaniak._errors import AnswerError

            url = self._connection.endpoint("object-store")
            response = self._connection.session().head(url, raise_exc=False)
            if not 200 <= response.status_code < 300:
                raise AnswerError(response)
            return read_by(parts.account_quotas, response.headers)

        return self._runtime.run("get_object_storage_usage", "", look)

    # -- CloudClient: what is measured are the resources -----------------------------------------------------
    def list_resources(self, resource_type: ResourceType | None = None) -> list[CloudResource]:
        """Return what Gnocchi measures; an empty list for every type but METERING."""
        if resource_type not in {None, ResourceType.METERING}:
            return []
        return [self._resource(each) for each in self.iter_metered_resources()]

    def get_resource(self, id: str) -> CloudResource | None:  # noqa: A002  # the specification's name
        """Return what Gnocchi measures under this id, or None."""
        try:
            return self._resource(self.get_metered_resource(id))
        except NotFoundError:
            return None

    def create_resource(
        self, name: str, resource_type: ResourceType, config: Mapping[str, Any]
    ) -> CloudResource:
        """Raise UnsupportedOperationError: what is measured is made by the services themselves."""
        del config
        raise UnsupportedOperationError(
            f"metering makes nothing, so neither {name!r} of {resource_type.value}"
        )

    def delete_resource(self, id: str) -> bool:  # noqa: A002  # the specification's name
        """Raise UnsupportedOperationError: measures stay as long as their policy says."""
        raise UnsupportedOperationError(f"metering deletes nothing, so neither {id!r}")

    def _resource(self, found: r.MeteredResource) -> CloudResource:
        from cloud.common.models import CloudResource

        return CloudResource(
            id=found.id,
            name=found.name or found.id,
            resource_type=ResourceType.METERING,
            provider=self.provider,
            region=self.region,
            created_at=found.started_at,
            metadata={"type": found.type, "metrics": sorted(found.metrics)},
            raw=found,
        )

    # -- helpers ---------------------------------------------------------------------------------------------
    def _rated(self, period: r.UsagePeriod, rates: r.IcuRates | None) -> list[r.RatedRow]:
        """Return the rows of a period by metric; none where the cloud has no rating."""
        if not self._has(self.service_type):
            return []
        return self.get_summary(period.start, period.end, rates=rates)

    def _usage(
        self, kind: str, period: r.UsagePeriod, rates: r.IcuRates | None, present: Sequence[Quota]
    ) -> r.ServiceUsage:
        rows = tuple(row for row in self._rated(period, rates) if row.kind == kind)
        return r.ServiceUsage(
            kind=kind, start=period.start, end=period.end, rows=rows, present=tuple(present)
        )
