"""The calls of the OpenStack clients, what a real OpenStack answered to each, and the login before them."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from cloud.common import RetryPolicy
from cloud.infomaniak import (
    InfomaniakComputeClient,
    InfomaniakDNSClient,
    InfomaniakHeatClient,
    InfomaniakIdentityClient,
    InfomaniakMeteringClient,
    InfomaniakNetworkClient,
    InfomaniakVolumeClient,
)
from cloud.infomaniak._credentials import InfomaniakCredentials
from fuzz.replay import Answer
from fuzz.stores import no_jitter, no_wait
from unit.infomaniak.clouds import SAMPLES as S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud.infomaniak._base import OpenStackClient

_JSON = (("Content-Type", "application/json"), ("x-openstack-request-id", "req-1"))
_LOGINS = itertools.count()
START, END = datetime(2026, 11, 1, tzinfo=timezone.utc), datetime(2026, 11, 2, tzinfo=timezone.utc)
SERVICES = (
    "compute", "image", "network", "block-storage", "load-balancer", "identity", "dns", "orchestration", "rating",
    "metric", "object-store",
)  # fmt: skip  # one list


def said(document: Any, status: int = 200, *headers: tuple[str, str]) -> Answer:
    """Return an answer of a service."""
    return Answer(status, (*_JSON, *headers), json.dumps(document).encode())


def login(url: str) -> Answer:
    """Return what a real Keystone answered to a login; all services of its catalogue are at `url`."""
    catalogue = [
        {
            "type": kind,
            "name": kind,
            "id": kind,
            "endpoints": [
                {"id": kind, "interface": "public", "region": "dc3-a", "region_id": "dc3-a", "url": url}
            ],
        }
        for kind in SERVICES
    ]
    expires = {"expires_at": "2126-01-01T00:00:00.000000Z"}
    token = {**S["identity_token"]["token"], "catalog": catalogue, **expires}
    return said({"token": token}, 201, ("X-Subject-Token", "planted-token"))


def connect(kind: type[OpenStackClient], keystone: str) -> Any:
    """Return a client that waits for nothing, of a login of its own."""
    made = kind(
        InfomaniakCredentials(
            f"fuzzed-{next(_LOGINS)}", "planted-secret", auth_url=f"{keystone}/v3", region="dc3-a"
        ),
        retry=RetryPolicy(max_attempts=2, jitter=no_jitter, retry_after_cap_seconds=0.0),
        timeout=5.0,
    )
    ticks = itertools.count()
    made._clock, made._sleep = lambda: float(next(ticks) * 60), no_wait
    made._runtime._sleep = no_wait
    return made


def _page(key: str, *records: Any, **further: Any) -> Answer:
    return said({key: list(records), **further})


def _of(name: str, key: str) -> Any:
    return S[name][key]


_NEXT = [{"rel": "next", "href": "http://openstack.test/v2/x?limit=1&marker=m"}]
_NONE = said({})
_FOUND = Answer(302, (("Location", "http://openstack.test/v1/p/stacks/sample/83c7f359"),), b"")
_ENDED = said({"stack": {**_of("heat_stack", "stack"), "stack_status": "CREATE_COMPLETE"}})
_EVENT = _of("heat_events", "events")[0]
_METRIC = {
    "id": "m", "name": "cpu", "unit": "ns", "resource": {"id": "r"},
    "archive_policy": {
        "name": "low", "aggregation_methods": ["mean"], "definition": [{"granularity": "1 day, 0:05:00"}]
    },
}  # fmt: skip  # one record
_METERED = {
    "id": "r", "type": "instance", "display_name": "n", "project_id": "p", "metrics": {"cpu": "m"},
    "started_at": "2026-11-01T00:00:00+00:00", "ended_at": None,
}  # fmt: skip  # one record
_SUMMARY = {"begin": "2026-11-01T00:00:00", "end": "2026-11-02T00:00:00", "rate": "1.5", "res_type": "instance", "tenant_id": "p"}  # fmt: skip  # one record
_V1 = said({"message": "Not Found"}, 404)
_V2 = said({"columns": ["begin", "end", "qty", "rate", "type"], "results": [["2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00", 1.0, 2.5, "instance"]], "total": 1})  # fmt: skip  # one record
_FRAMES = {
    "period": {"begin": "2026-11-01T00:00:00+00:00", "end": "2026-11-01T01:00:00+00:00"},
    "usage": {"instance": [{"vol": {"unit": "instance", "qty": 1.0}, "rating": {"price": 2.5}, "groupby": {"id": "i"}, "metadata": {}}]},
}  # fmt: skip  # one record
_FRAME = {
    "begin": "2026-11-01T00:00:00", "end": "2026-11-01T01:00:00",
    "resources": [{"service": "instance", "volume": "1", "rating": "2.5", "desc": {"id": "i"}}],
}  # fmt: skip  # one record
_BALANCER = said(S["loadbalancer_active"])
_ACCOUNT = Answer(
    204, (("X-Account-Container-Count", "1"), ("X-Account-Object-Count", "2"), ("X-Account-Bytes-Used", "3")), b""
)  # fmt: skip  # one answer
ZONE_ID = S["dns_zone"]["id"]
_ZONE = {**S["dns_zone"], "status": "ACTIVE"}
_RECORD = {**S["dns_record"], "status": "ACTIVE"}

Case = tuple[type["OpenStackClient"], "Callable[[Any], Any]", "list[Answer]"]


def _cases(kind: type[OpenStackClient], calls: Mapping[str, tuple[Any, list[Answer]]]) -> dict[str, Case]:
    return {
        f"{kind.__name__.removeprefix('Infomaniak')}.{name}": (kind, call, answers)
        for name, (call, answers) in calls.items()
    }


CASES: dict[str, Case] = {
    **_cases(
        InfomaniakComputeClient,
        {
            "list_instances": (
                lambda c: c.list_instances(),
                [
                    _page("servers", _of("server", "server"), servers_links=_NEXT),
                    _page("servers", _of("server_build", "server")),
                ],
            ),
            "get_instance": (lambda c: c.get_instance("i"), [said(S["server"])]),
            "start_instance": (
                lambda c: c.start_instance("i"),
                [said({"server": {**_of("server", "server"), "status": "SHUTOFF"}}), _NONE],
            ),
            "terminate_instance": (lambda c: c.terminate_instance("i"), [said(S["server"]), _NONE]),
            "list_images": (lambda c: c.list_images(owned=False), [said(S["images_page"])]),
            "find_image": (
                lambda c: c.find_image("tiny"),
                [said({**S["images_page"], "images": [{**S["image"], "name": "tiny"}]})],
            ),
            "get_image": (lambda c: c.get_image("i"), [said(S["image"])]),
            "list_flavors": (lambda c: c.list_flavors(), [said(S["flavors_page"]), _page("flavors")]),
            "get_flavor": (
                lambda c: c.get_flavor(_of("flavors_page", "flavors")[0]["name"]),
                [said(S["flavors_page"])],
            ),
            "list_keypairs": (
                lambda c: c.list_keypairs(),
                [
                    _page("keypairs", {"keypair": {**_of("keypair", "keypair"), "private_key": None}}),
                    _page("keypairs"),
                ],
            ),
            "create_keypair": (lambda c: c.create_keypair("k"), [said(S["keypair"])]),
            "list_quotas": (lambda c: c.list_quotas(), [said(S["limits"])]),
            "console_output": (lambda c: c.get_console_output("i"), [said({"output": "booted"})]),
            "list_addresses": (lambda c: c.list_addresses("i"), [said(S["server"])]),
            "list_interfaces": (lambda c: c.list_interfaces("i"), [said(S["interfaces"])]),
            "list_events": (lambda c: c.list_events("i"), [said(S["events"])]),
            "list_labels": (lambda c: c.list_labels("i"), [said({"tags": ["a", "b"]})]),
            "set_labels": (lambda c: c.set_labels("i", ["a"]), [said({"tags": ["a"]})]),
            "list_instance_volumes": (
                lambda c: c.list_instance_volumes("i"),
                [
                    _page(
                        "volumeAttachments",
                        {"id": "v", "volumeId": "v", "serverId": "i", "device": "/dev/sdb"},
                    )
                ],
            ),
            "list_server_groups": (
                lambda c: c.list_server_groups(),
                [
                    _page("server_groups", {"id": "g", "name": "n", "policy": "affinity", "members": ["i"]}),
                    _page("server_groups"),
                ],
            ),
            "list_availability_zones": (lambda c: c.list_availability_zones(), [said(S["zones"])]),
            "shelve_instance": (lambda c: c.shelve_instance("i"), [said(S["server"]), _NONE]),
            "update_instance": (
                lambda c: c.update_instance("i", name="n"),
                [said(S["server"]), said(S["server"])],
            ),
            "wait_for_status": (
                lambda c: c.wait_for_status("i"),
                [said(S["server_build"]), said(S["server"])],
            ),
            "plan_resize": (
                lambda c: c.resize_instance("i", _of("flavors_page", "flavors")[0]["name"], dry_run=True),
                [said(S["server"]), said(S["flavors_page"]), said(S["server"]), said(S["limits"])],
            ),
            "validate_connection": (lambda c: c.validate_connection(), [_NONE]),
        },
    ),
    **_cases(
        InfomaniakVolumeClient,
        {
            "list_volumes": (
                lambda c: c.list_volumes(),
                [
                    _page("volumes", _of("volume", "volume"), volumes_links=_NEXT),
                    _page("volumes", _of("volume_in_use", "volume")),
                ],
            ),
            "get_volume": (lambda c: c.get_volume("v"), [said(S["volume_in_use"])]),
            "create_volume": (
                lambda c: c.create_volume(1, "n"),
                [said(S["volume_creating"])],
            ),
            "list_volume_types": (lambda c: c.list_volume_types(), [said(S["types"])]),
            "list_quotas": (lambda c: c.list_quotas(), [said(S["quota_set"])]),
            "list_snapshots": (
                lambda c: c.list_snapshots(),
                [_page("snapshots", _of("snapshot", "snapshot"))],
            ),
            "get_snapshot": (lambda c: c.get_snapshot("s"), [said(S["snapshot"])]),
            "list_backups": (lambda c: c.list_backups(), [_page("backups", _of("backup", "backup"))]),
            "wait_for_backup": (
                lambda c: c.wait_for_backup("b"),
                [said(S["backup"]), said(S["backup_available"])],
            ),
            "create_transfer": (lambda c: c.create_transfer("v", "n"), [said(S["transfer"])]),
            "list_transfers": (
                lambda c: c.list_transfers(),
                [_page("transfers", _of("transfer", "transfer"))],
            ),
            "extend_volume": (lambda c: c.extend_volume("v", 20), [_NONE, said(S["volume"])]),
            "restore_backup": (
                lambda c: c.restore_backup("b"),
                [said({"restore": {"backup_id": "b", "volume_id": "v", "volume_name": "n"}})],
            ),
            "upload_to_image": (
                lambda c: c.upload_to_image("v", "n"),
                [
                    said(
                        {
                            "os-volume_upload_image": {
                                "id": "v",
                                "image_id": "i",
                                "image_name": "n",
                                "disk_format": "raw",
                                "status": "uploading",
                            }
                        }
                    )
                ],
            ),
            "list_resources": (lambda c: c.list_resources(), [_page("volumes", _of("volume", "volume"))]),
        },
    ),
    **_cases(
        InfomaniakNetworkClient,
        {
            **{
                f"list_{name}": (
                    lambda c, name=name: getattr(c, f"list_{name}")(),
                    [
                        _page(key, _of(sample, inside), **{f"{key}_links": _NEXT}),
                        _page(key, _of(sample, inside)),
                    ],
                )
                for name, key, sample, inside in (
                    ("networks", "networks", "network", "network"),
                    ("subnets", "subnets", "subnet", "subnet"),
                    ("ports", "ports", "port", "port"),
                    ("routers", "routers", "router", "router"),
                    ("floating_ips", "floatingips", "floating_ip", "floatingip"),
                    ("security_groups", "security_groups", "security_group", "security_group"),
                    (
                        "security_group_rules",
                        "security_group_rules",
                        "security_group_rule",
                        "security_group_rule",
                    ),
                    ("loadbalancers", "loadbalancers", "loadbalancer_active", "loadbalancer"),
                    ("listeners", "listeners", "listener", "listener"),
                    ("pools", "pools", "pool", "pool"),
                    ("health_monitors", "healthmonitors", "health_monitor", "healthmonitor"),
                    ("l7_policies", "l7policies", "l7_policy", "l7policy"),
                )
            },
            **{
                f"get_{name}": (lambda c, name=name: getattr(c, f"get_{name}")("x"), [said(S[sample])])
                for name, sample in (
                    ("network", "network"),
                    ("subnet", "subnet"),
                    ("port", "port"),
                    ("router", "router"),
                    ("floating_ip", "floating_ip"),
                    ("security_group", "security_group"),
                    ("security_group_rule", "security_group_rule"),
                    ("loadbalancer", "loadbalancer_pending"),
                    ("listener", "listener"),
                    ("pool", "pool"),
                    ("health_monitor", "health_monitor"),
                    ("l7_policy", "l7_policy"),
                    ("loadbalancer_statistics", "stats"),
                )
            },
            "list_quotas": (lambda c: c.list_quotas(), [said(S["quota_details"])]),
            "get_pool_member": (lambda c: c.get_pool_member("p", "m"), [said(S["member"])]),
            "get_l7_rule": (lambda c: c.get_l7_rule("p", "r"), [said(S["l7_rule"])]),
            "get_port_forwarding": (lambda c: c.get_port_forwarding("f", "p"), [said(S["port_forwarding"])]),
            "set_tags": (lambda c: c.set_tags("networks", "n", ["a"]), [said({"tags": ["a"]})]),
            "list_router_interfaces": (
                lambda c: c.list_router_interfaces("r"),
                [_page("ports", _of("port", "port"))],
            ),
            "add_router_interface": (
                lambda c: c.add_router_interface("r", subnet_id="s"),
                [said(S["router_interface"])],
            ),
            "add_routes": (lambda c: c.add_routes("r", [("10.0.0.0/8", "10.0.0.1")]), [said(S["router"])]),
            "associate_floating_ip": (
                lambda c: c.associate_floating_ip("f", _of("floating_ip", "floatingip")["port_id"]),
                [said(S["floating_ip"]), said(S["floating_ip"])],
            ),
            "wait_for_loadbalancer": (
                lambda c: c.wait_for_loadbalancer("l"),
                [said(S["loadbalancer_pending"]), _BALANCER],
            ),
            "update_pool": (
                lambda c: c.update_pool("p", name="n"),
                [said(S["pool"]), _BALANCER, said(S["pool"])],
            ),
            "list_resources": (
                lambda c: c.get_resource("x"),
                [said(S["network"])],
            ),
        },
    ),
    **_cases(
        InfomaniakIdentityClient,
        {
            "get_token_info": (lambda c: c.get_token_info(), [said(S["identity_token"])]),
            "get_endpoint": (lambda c: c.get_endpoint("dns"), [said(S["identity_token"])]),
            "list_user_roles": (lambda c: c.list_user_roles(), [said(S["identity_token"])]),
            "get_user": (
                lambda c: c.get_user("u"),
                [said({"user": {"id": "u", "name": "n", "domain_id": "default", "enabled": True}})],
            ),
            "list_projects": (lambda c: c.list_projects(), [said(S["identity_projects"])]),
            "list_access_rules": (lambda c: c.list_access_rules(), [said(S["identity_access_rules"])]),
            "get_application_credential": (
                lambda c: c.get_application_credential("a"),
                [said(S["identity_application_credential"])],
            ),
            "create_application_credential": (
                lambda c: c.create_application_credential("n"),
                [said(S["identity_application_credential_made"])],
            ),
            "list_application_credentials": (
                lambda c: c.list_application_credentials(),
                [
                    _page(
                        "application_credentials",
                        _of("identity_application_credential", "application_credential"),
                    )
                ],
            ),
            "list_ec2_credentials": (
                lambda c: c.list_ec2_credentials(),
                [_page("credentials", _of("identity_ec2", "credential"))],
            ),
            "create_ec2_credentials": (lambda c: c.create_ec2_credentials("p"), [said(S["identity_ec2"])]),
            "get_ec2_credentials": (lambda c: c.get_ec2_credentials("a"), [said(S["identity_ec2"])]),
        },
    ),
    **_cases(
        InfomaniakDNSClient,
        {
            "list_zones": (lambda c: c.list_zones(), [_page("zones", S["dns_zone"], links={})]),
            "get_zone": (lambda c: c.get_zone(ZONE_ID), [said(S["dns_zone"])]),
            "create_zone": (
                lambda c: c.create_zone("sample.example.", "admin@example.org"),
                [said(S["dns_zone_pending"], 202)],
            ),
            "wait_for_zone": (lambda c: c.wait_for_zone(ZONE_ID), [said(S["dns_zone_pending"]), said(_ZONE)]),
            "list_nameservers": (lambda c: c.list_nameservers(ZONE_ID), [said(S["dns_nameservers"])]),
            "list_records": (
                lambda c: c.list_records(ZONE_ID),
                [said(S["dns_records_page"]), said(S["dns_records"])],
            ),
            "get_record": (lambda c: c.get_record(ZONE_ID, "r"), [said(S["dns_record"])]),
            "set_record": (
                lambda c: c.set_record(ZONE_ID, "www.sample.example.", "A", ["192.0.2.1"]),
                [said(S["dns_zone"]), said(S["dns_zone"]), said(S["dns_records"]), said(S["dns_record"])],
            ),
            "wait_for_record": (lambda c: c.wait_for_record(ZONE_ID, "r"), [said(_RECORD)]),
            "list_ptr_records": (lambda c: c.list_ptr_records(), [said(S["dns_reverse"])]),
            "export_zone": (
                lambda c: c.export_zone(ZONE_ID),
                [
                    said({"id": "t", "status": "PENDING"}, 202),
                    said({"id": "t", "status": "COMPLETE"}),
                    Answer(200, (("Content-Type", "text/dns"),), b"$ORIGIN sample.example.\n"),
                    Answer(204, (), b""),
                ],
            ),
            "list_resources": (lambda c: c.list_resources(), [_page("zones", S["dns_zone"], links={})]),
        },
    ),
    **_cases(
        InfomaniakHeatClient,
        {
            "list_stacks": (lambda c: c.list_stacks(), [said(S["heat_stacks"])]),
            "get_stack": (lambda c: c.get_stack("sample"), [_FOUND, said(S["heat_stack"])]),
            "get_stack_outputs": (lambda c: c.get_stack_outputs("sample"), [_FOUND, said(S["heat_stack"])]),
            "get_stack_template": (
                lambda c: c.get_stack_template("sample"),
                [_FOUND, said({"heat_template_version": "2018-08-31"})],
            ),
            "list_resource_types": (
                lambda c: c.list_resource_types(),
                [said({"resource_types": ["OS::Heat::None", {"resource_type": "OS::Nova::Server"}]})],
            ),
            "list_stack_resources": (
                lambda c: c.list_stack_resources("sample"),
                [_FOUND, said(S["heat_resources"])],
            ),
            "list_stack_events": (
                lambda c: c.list_stack_events("sample"),
                [_FOUND, said(S["heat_events"]), said({"events": []})],
            ),
            "wait_for_stack": (
                lambda c: c.wait_for_stack("sample"),
                [
                    _FOUND,
                    _ENDED,
                    _FOUND,
                    _page("events", _EVENT),
                    _FOUND,
                    _ENDED,
                    _FOUND,
                    _ENDED,
                    _FOUND,
                    _page("events"),
                    _FOUND,
                    _ENDED,
                ],
            ),
            "create_stack": (
                lambda c: c.create_stack("sample", {"heat_template_version": "2018-08-31", "resources": {}}),
                [said({"stack": {"id": "s", "links": []}}, 201), _FOUND, said(S["heat_stack"])],
            ),
            "preview_update": (
                lambda c: c.preview_update(
                    "sample", {"heat_template_version": "2018-08-31", "resources": {}}
                ),
                [_FOUND, said(S["heat_preview"])],
            ),
            "validate_template": (
                lambda c: c.validate_template({"heat_template_version": "2018-08-31", "resources": {}}),
                [said(S["heat_template"])],
            ),
        },
    ),
    **_cases(
        InfomaniakMeteringClient,
        {
            "get_compute_usage": (
                lambda c: c.get_compute_usage(START, END),
                [_V1, said({"summary": [_SUMMARY]}), said(S["metering_usage"]), said({"tenant_usage": {}})],
            ),
            "get_summary": (lambda c: c.get_summary(START, END), [_V2, _V2]),
            "get_summary_v1": (lambda c: c.get_summary(START, END), [_V1, said({"summary": [_SUMMARY]})]),
            "list_dataframes": (
                lambda c: c.list_dataframes(START, END),
                [_V2, said({"dataframes": [_FRAMES], "total": 1})],
            ),
            "list_resources_with_usage": (
                lambda c: c.list_resources_with_usage(START, END),
                [_V1, said({"dataframes": [_FRAME]})],
            ),
            "list_charged_metrics": (lambda c: c.list_charged_metrics(), [said(S["metering_charged"])]),
            "get_compute_quotas": (lambda c: c.get_compute_quotas(), [said(S["limits"])]),
            "get_storage_quotas": (lambda c: c.get_storage_quotas(), [said(S["quota_set"])]),
            "get_network_quotas": (lambda c: c.get_network_quotas(), [said(S["quota_details"])]),
            "get_object_storage_usage": (
                lambda c: c.get_object_storage_usage(START, END),
                [_ACCOUNT, _V1, said({"summary": [{**_SUMMARY, "res_type": "radosgw.objects.size"}]})],
            ),
            "iter_metered_resources": (
                lambda c: c.iter_metered_resources(),
                [
                    said([_METERED], 200, ("Link", '<http://gnocchi.test/v1/x?marker=m>; rel="next"')),
                    said([_METERED]),
                ],
            ),
            "get_metered_resource": (lambda c: c.get_metered_resource("r"), [said(_METERED)]),
            "iter_metrics": (lambda c: c.iter_metrics(), [said([_METRIC])]),
            "get_metric": (lambda c: c.get_metric("m"), [said(_METRIC)]),
            "get_measures": (
                lambda c: c.get_measures("m", START, END),
                [said([["2026-11-01T00:00:00+00:00", 300.0, 1.5]])],
            ),
        },
    ),
}
