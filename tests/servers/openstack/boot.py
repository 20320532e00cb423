"""Fills a fresh OpenStack: ``identity`` makes users, catalogue and clouds.yaml; ``resources`` what projects need.

Run by up.sh with Debian's Python and its openstacksdk. Both steps can be repeated.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from subprocess import run
from typing import Any

import openstack
import requests

HOME = Path(sys.argv[2])
HOST = "127.0.0.1"
REGION = "dc3-a"
PASSWORD = "ostackpw"
APP_SECRET = "ostack-app-secret"
KEYSTONE = f"http://{HOST}:21500/v3"
INFLUXDB = f"http://{HOST}:21086/query"
WAIT_SECONDS = 60
ROLES = (
    "admin", "member", "reader", "service", "ResellerAdmin", "creator", "heat_stack_owner", "heat_stack_user",
    "load-balancer_member", "load-balancer_admin",
)  # fmt: skip  # a list of names
SERVICES = (
    ("image", "glance", 21292, ""),
    ("placement", "placement", 21778, ""),
    ("compute", "nova", 21774, "/v2.1"),
    ("network", "neutron", 21696, ""),
    ("volumev3", "cinderv3", 21776, "/v3/%(project_id)s"),
    ("block-storage", "cinder", 21776, "/v3/%(project_id)s"),
    ("object-store", "swift", 21080, "/v1/AUTH_%(project_id)s"),
    ("s3", "s3", 21080, ""),
    ("dns", "designate", 21901, ""),
    ("orchestration", "heat", 21004, "/v1/%(project_id)s"),
    ("load-balancer", "octavia", 21876, ""),
    ("metric", "gnocchi", 21041, ""),
    ("rating", "cloudkitty", 21889, ""),
)
FLAVORS = (
    ("a1-ram2-disk20-perf1", 2048, 1, 20),
    ("a2-ram4-disk20-perf1", 4096, 2, 20),
    ("a1-ram2-disk0", 2048, 1, 0),
)


def connect(user: str, project: str) -> Any:
    """Return the SDK's connection of a user."""
    return openstack.connect(
        auth_url=KEYSTONE,
        username=user,
        password=PASSWORD,
        project_name=project,
        user_domain_id="default",
        project_domain_id="default",
        region_name=REGION,
        identity_api_version="3",
    )


class Keystone:
    """Keystone's own API, with the token of a connection."""

    def __init__(self, connection: Any) -> None:
        self._headers = {"X-Auth-Token": connection.auth_token}
        self._session = requests.Session()

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._session.request(method, KEYSTONE + path, headers=self._headers, json=body, timeout=60)
        if answer.status_code >= 400:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.text else {}

    def find(self, kind: str, **match: str) -> dict[str, Any] | None:
        """Return the first of its kind that matches, such as ``find("roles", name="admin")``."""
        query = "&".join(f"{name}={value}" for name, value in match.items())
        found: list[dict[str, Any]] = self("GET", f"/{kind}?{query}")[kind]
        return found[0] if found else None

    def ensure(self, kind: str, body: dict[str, Any], **match: str) -> str:
        """Return the id of the one that matches, made if it was not there."""
        found = self.find(kind, **match) or self("POST", f"/{kind}", {kind[:-1]: body})[kind[:-1]]
        return str(found["id"])

    def grant(self, user: str, project: str, roles: list[str]) -> None:
        """Make sure that the user has these roles in the project."""
        for role in roles:
            self("PUT", f"/projects/{project}/users/{user}/roles/{role}")


def identity() -> None:
    """Make roles, users, projects and the catalogue, then what the test user logs in with."""
    keystone = Keystone(connect("admin", "admin"))
    roles = {name: keystone.ensure("roles", {"name": name}, name=name) for name in ROLES}
    domain = keystone.ensure("domains", {"name": "heat"}, name="heat")
    projects = {
        name: keystone.ensure(
            "projects", {"name": name, "domain_id": "default"}, name=name, domain_id="default"
        )
        for name in ("service", "ostack-project")
    }
    users = {}
    for name, home, project in (
        ("svc", "default", "service"),
        ("ostack-user", "default", "ostack-project"),
        ("heat_domain_admin", domain, None),
    ):
        body = {"name": name, "domain_id": home, "password": PASSWORD}
        if project is not None:
            body["default_project_id"] = projects[project]
        users[name] = keystone.ensure("users", body, name=name, domain_id=home)
    keystone.grant(
        users["svc"], projects["service"], [roles[n] for n in ("admin", "service", "ResellerAdmin")]
    )
    mine = ("member", "reader", "heat_stack_owner", "load-balancer_member", "creator")
    keystone.grant(users["ostack-user"], projects["ostack-project"], [roles[name] for name in mine])
    keystone("PUT", f"/domains/{domain}/users/{users['heat_domain_admin']}/roles/{roles['admin']}")
    admin, own = keystone.find("users", name="admin"), keystone.find("projects", name="admin")
    if admin is None or own is None:
        raise SystemExit("keystone-manage bootstrap made no admin")
    keystone.grant(admin["id"], own["id"], [roles[n] for n in ("heat_stack_owner", "load-balancer_admin")])
    catalogue(keystone)
    logins(users["ostack-user"], projects["ostack-project"])


def catalogue(keystone: Keystone) -> None:
    """Make sure that the catalogue has every service."""
    services = {(each["type"], each["name"]): each["id"] for each in keystone("GET", "/services")["services"]}
    known = {(each["service_id"], each["interface"]) for each in keystone("GET", "/endpoints")["endpoints"]}
    for kind, name, port, path in SERVICES:
        service = services.get((kind, name))
        if service is None:
            service = keystone("POST", "/services", {"service": {"type": kind, "name": name}})["service"][
                "id"
            ]
        for interface in ("public", "internal", "admin"):
            if (service, interface) not in known:
                endpoint = {
                    "service_id": service,
                    "interface": interface,
                    "region_id": REGION,
                    "url": f"http://{HOST}:{port}{path}",
                }
                keystone("POST", "/endpoints", {"endpoint": endpoint})


def logins(user: str, project: str) -> None:
    """Make the test user's application credentials and S3 key, and write clouds.yaml and ec2.json."""
    keystone = Keystone(connect("ostack-user", "ostack-project"))
    path = f"/users/{user}/application_credentials"
    made = {each["name"]: each for each in keystone("GET", path)["application_credentials"]}
    for name, unrestricted in (("ostack", False), ("ostack-unrestricted", True)):
        if name not in made:
            body = {"name": name, "secret": APP_SECRET, "unrestricted": unrestricted}
            made[name] = keystone("POST", path, {"application_credential": body})["application_credential"]
    path = f"/users/{user}/credentials/OS-EC2"
    keys = keystone("GET", path)["credentials"]
    key = keys[0] if keys else keystone("POST", path, {"tenant_id": project})["credential"]
    common = f"    region_name: {REGION}\n    interface: public\n    identity_api_version: 3\n"
    text = "clouds:\n"
    for name in ("ostack", "ostack-unrestricted"):
        text += (
            f"  {name}:\n    auth_type: v3applicationcredential\n    auth:\n      auth_url: {KEYSTONE}\n"
            f"      application_credential_id: {made[name]['id']}\n"
            f"      application_credential_secret: {APP_SECRET}\n{common}"
        )
    for name, login, home in (
        ("ostack-admin", "admin", "admin"),
        ("ostack-password", "ostack-user", "ostack-project"),
    ):
        text += (
            f"  {name}:\n    auth:\n      auth_url: {KEYSTONE}\n      username: {login}\n"
            f"      password: {PASSWORD}\n      project_name: {home}\n      user_domain_name: Default\n"
            f"      project_domain_name: Default\n{common}"
        )
    (HOME / "clouds.yaml").write_text(text)
    facts = {
        "access": key["access"],
        "secret": key["secret"],
        "endpoint": f"http://{HOST}:21080",
        "region": REGION,
        "project_id": project,
    }
    (HOME / "ec2.json").write_text(json.dumps(facts, indent=1))


def resources() -> None:
    """Make an image, flavors, a volume type and an external network, and wait until the services report."""
    cloud = connect("admin", "admin")
    if not cloud.image.find_image("tiny"):
        noise = Path("/dev/urandom").open("rb").read(1 << 20)  # noqa: SIM115  # closed at the program's end
        cloud.image.create_image(
            "tiny", data=noise, disk_format="raw", container_format="bare", visibility="public", min_disk=0
        )
    for name, ram, vcpus, disk in FLAVORS:
        if not cloud.compute.find_flavor(name):
            cloud.compute.create_flavor(name=name, ram=ram, vcpus=vcpus, disk=disk)
    if not cloud.block_storage.find_type("standard"):
        kind = cloud.block_storage.create_type(name="standard")
        cloud.block_storage.update_type_extra_specs(kind, volume_backend_name="nfs")
    made = requests.post(INFLUXDB, params={"q": "CREATE DATABASE cloudkitty"}, timeout=60)  # or it is there
    made.raise_for_status()
    if not cloud.network.find_network("ext-floating1"):
        external = cloud.network.create_network(
            name="ext-floating1",
            is_router_external=True,
            provider_network_type="flat",
            provider_physical_network="public",
            is_shared=False,
        )
        cloud.network.create_subnet(
            network_id=external.id,
            name="ext-floating1-v4",
            ip_version=4,
            cidr="203.0.113.0/24",
            is_dhcp_enabled=False,
        )
    if not (HOME / "etc/octavia/ids.conf").exists():
        load_balancing(cloud)
    wait("nova-compute", lambda: any(
        each.binary == "nova-compute" and each.state == "up" for each in cloud.compute.services()
    ))  # fmt: skip  # one line of meaning
    if not (HOME / "data/.discovered").exists():
        config = str(HOME / "etc/nova/nova.conf")
        run(
            ["/usr/bin/nova-manage", "--config-file", config, "cell_v2", "discover_hosts"],
            check=True,
            capture_output=True,
        )
        (HOME / "data/.discovered").touch()
    wait("cinder", lambda: volume_services(cloud) >= {"cinder-volume", "cinder-scheduler", "cinder-backup"})
    wait("a hypervisor", lambda: bool(list(cloud.compute.hypervisors())))


def volume_services(cloud: Any) -> set[str]:
    """Return the names of Cinder's services that are up."""
    answer = cloud.block_storage.get("/os-services").json()
    return {each["binary"] for each in answer["services"] if each["state"] == "up"}


def wait(what: str, is_there: Any) -> None:
    """Wait until a service reports."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_there():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} is not up after {WAIT_SECONDS} seconds")
        time.sleep(0.25)


def load_balancing(cloud: Any) -> None:
    """Make Octavia's own network, security group, image and flavor, in the service project."""
    service = connect("svc", "service")
    project = service.current_project_id
    network = service.network.find_network("lb-mgmt") or service.network.create_network(name="lb-mgmt")
    if not list(service.network.subnets(network_id=network.id)):
        service.network.create_subnet(
            network_id=network.id, name="lb-mgmt", ip_version=4, cidr="172.31.0.0/16", enable_dhcp=False
        )
    groups = list(service.network.security_groups(name="lb-mgmt", project_id=project))
    group = groups[0] if groups else service.network.create_security_group(name="lb-mgmt")
    if not service.image.find_image("amphora"):
        service.image.create_image(
            "amphora",
            data=b"0" * 512,
            disk_format="raw",
            container_format="bare",
            visibility="private",
            tags=["amphora"],
        )
    if not cloud.compute.find_flavor("amphora"):
        cloud.compute.create_flavor(name="amphora", id="amphora", ram=64, vcpus=1, disk=1, is_public=False)
    nova, headers = cloud.compute.get_endpoint(), {"X-Auth-Token": cloud.auth_token}
    access = {"addTenantAccess": {"tenant": project}}
    requests.post(
        f"{nova}/flavors/amphora/action", headers=headers, json=access, timeout=60
    )  # a repeat is 409
    unlimited = {"quota_set": {"instances": -1, "cores": -1, "ram": -1}}
    requests.put(
        f"{nova}/os-quota-sets/{project}", headers=headers, json=unlimited, timeout=60
    ).raise_for_status()
    service.network.update_quota(project, ports=-1, security_groups=-1, security_group_rules=-1)
    (HOME / "etc/octavia/ids.conf").write_text(
        f"[controller_worker]\namp_boot_network_list = {network.id}\namp_secgroup_list = {group.id}\n"
        f"amp_image_owner_id = {project}\n"
    )


if __name__ == "__main__":
    begun = time.monotonic()
    {"identity": identity, "resources": resources}[sys.argv[1]]()
    print(f"         boot.py {sys.argv[1]}: {time.monotonic() - begun:.1f}s")  # noqa: T201  # up.sh's log
