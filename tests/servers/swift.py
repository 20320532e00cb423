"""OpenStack Swift with its S3 API, from the PyPI package ``swift``: proxy, object, container, account.

The real servers, as Infomaniak's object storage runs them: the native API with tokens and the S3 API with
signatures, on one port. https://docs.openstack.org/swift/latest/
"""

from __future__ import annotations

import os
import pwd
import secrets
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from servers._models import Identity, Server
from servers._process import LOOPBACK, ServerError, Workspace, free_ports, run_tool, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TESTS = Path(__file__).resolve().parents[1]
_BACKENDS = ("object", "container", "account")
_ACCOUNT = "test"
# Swift keeps an object's metadata (at most 4 KiB, with names and its own headers about twice that) in
# extended attributes. ext4 holds less than 4 KiB, tmpfs and xfs hold it all.
# https://docs.openstack.org/swift/latest/deployment_guide.html#filesystem-considerations
_ATTRIBUTE_BYTES = (8192, 1024)
_PIPELINE = (
    "catch_errors gatekeeper healthcheck cache listing_formats etag-quoter bulk tempurl formpost s3api "
    "tempauth staticweb copy container-quotas account-quotas slo dlo versioned_writes symlink proxy-server"
)
# The filters of the pipeline that need no option, by their entry point where that differs.
_PLAIN_FILTERS = {
    "catch_errors": "catch_errors",
    "gatekeeper": "gatekeeper",
    "healthcheck": "healthcheck",
    "listing_formats": "listing_formats",
    "etag-quoter": "etag_quoter",
    "bulk": "bulk",
    "tempurl": "tempurl",
    "formpost": "formpost",
    "staticweb": "staticweb",
    "copy": "copy",
    "container-quotas": "container_quotas",
    "account-quotas": "account_quotas",
    "slo": "slo",
    "dlo": "dlo",
    "symlink": "symlink",
}


@dataclass(frozen=True)
class SwiftServer(Server):
    """A running Swift.

    Attributes:
        auth_url: of the native API's version 1 authentication. An identity's `access_key` is its user
            (``account:name``) and its `secret_key` the key, there as for S3.
        storage_url: the account that all three identities belong to, in the native API.
    """

    auth_url: str = ""
    storage_url: str = ""


def _holds_attributes(folder: Path, size: int) -> bool:
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        try:
            os.setxattr(file.name, "user.cloud.probe", b"x" * size)
        except OSError:
            return False
    return True


def _attribute_folder() -> Path:
    """Return a folder whose file system holds extended attributes, the roomiest first.

    Raises:
        ServerError: neither the temporary folder nor shared memory does.
    """
    if sys.platform != "linux":
        raise ServerError("Swift's object server runs on Linux only")
    candidates = [path for path in (Path(tempfile.gettempdir()), Path("/dev/shm")) if path.is_dir()]  # noqa: S108 - shared memory, where a private folder is made
    for size in _ATTRIBUTE_BYTES:
        for folder in candidates:
            if _holds_attributes(folder, size):
                return folder
    raise ServerError(
        f"no user extended attributes in {' or '.join(map(str, candidates))}, which Swift needs"
    )


def _section(name: str, options: Mapping[str, object]) -> str:
    return f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in options.items()) + "\n"


def _common(home: Path, port: int) -> dict[str, object]:
    """Return the DEFAULT options of every server: one process on loopback as the current user."""
    return {
        "swift_dir": home,
        "bind_ip": LOOPBACK,
        "bind_port": port,
        "workers": 0,
        "user": pwd.getpwuid(os.getuid()).pw_name,
        "log_level": "WARNING",
        # -v logs to the console. Swift also insists on syslog: let that go to the discard port.
        "log_udp_host": LOOPBACK,
        "log_udp_port": 9,
    }


def _backend_config(home: Path, name: str, port: int) -> str:
    files = {
        "devices": home / "srv",
        "mount_check": "false",
        "disable_fallocate": "true",
        "fallocate_reserve": 0,
    }
    app = {
        "use": f"egg:swift#{name}",
        "recon_cache_path": home / "cache",
        "recon_lock_path": home / "locks",
        # An update of a listing that is late is left to the updater daemon, which does not run here.
        "container_update_timeout": 60,
    }
    return (
        _section("DEFAULT", {**_common(home, port), **files})
        + _section("pipeline:main", {"pipeline": f"healthcheck {name}-server"})
        + _section("filter:healthcheck", {"use": "egg:swift#healthcheck"})
        + _section(f"app:{name}-server", app)
    )


def _proxy_config(home: Path, port: int, users: Mapping[str, str]) -> str:
    filters: dict[str, dict[str, object]] = {
        name: {"use": f"egg:swift#{entry}"} for name, entry in _PLAIN_FILTERS.items()
    }
    filters["cache"] = {"paste.filter_factory": "servers.swift_cache:filter_factory"}
    filters["s3api"] = {
        "use": "egg:swift#s3api",
        "location": Server.region,
        "s3_acl": "false",
        "allow_multipart_uploads": "true",
        "min_segment_size": 5 * 1024 * 1024,
    }
    filters["tempauth"] = {"use": "egg:swift#tempauth", "storage_url_scheme": "http", **users}
    filters["versioned_writes"] = {
        "use": "egg:swift#versioned_writes",
        "allow_versioned_writes": "true",
        "allow_object_versioning": "true",
    }
    app = {
        "use": "egg:swift#proxy",
        "account_autocreate": "true",
        "allow_account_management": "true",
        # There is one device: a slow answer on a busy machine must not shut it out for a minute.
        "error_suppression_limit": 1_000_000,
        "node_timeout": 60,
        "recoverable_node_timeout": 60,
        "conn_timeout": 10,
    }
    return (
        _section("DEFAULT", _common(home, port))
        + _section("pipeline:main", {"pipeline": _PIPELINE})
        + "".join(_section(f"filter:{name}", options) for name, options in filters.items())
        + _section("app:proxy-server", app)
    )


def _script(name: str) -> list[str | Path]:
    script = Path(sys.executable).with_name(f"swift-{name}-server")
    if not script.is_file():
        raise ServerError("OpenStack Swift is not installed beside this Python: run `make install`")
    return [sys.executable, script]


def _configure(home: Path, ports: Mapping[str, int], users: Mapping[str, str]) -> None:
    for folder in ("srv/d1", "cache", "locks"):
        (home / folder).mkdir(parents=True)
    salts = {f"swift_hash_path_{end}": secrets.token_hex(8) for end in ("prefix", "suffix")}
    (home / "swift.conf").write_text(_section("swift-hash", salts))
    for name in _BACKENDS:
        (home / f"{name}-server.conf").write_text(_backend_config(home, name, ports[name]))
    (home / "proxy-server.conf").write_text(_proxy_config(home, ports["proxy"], users))
    rings = Path(__file__).with_name("_swift_rings.py")
    # Not as a script: its folder, which holds this swift.py, would come before the package on the path.
    command: list[str | Path] = [sys.executable, "-c", f"import runpy; runpy.run_path({str(rings)!r})", home]
    run_tool([*command, *(str(ports[name]) for name in _BACKENDS)], home)


def _identity(name: str) -> Identity:
    return Identity(f"{_ACCOUNT}:{name}", secrets.token_hex(20))


def _start(workspace: Workspace) -> SwiftServer:
    try:
        metadata.version("swift")
    except metadata.PackageNotFoundError as error:
        raise ServerError(
            "OpenStack Swift is not installed beside this Python: run `make install`"
        ) from error
    home = workspace.path
    names = ("proxy", *_BACKENDS)
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    admin, reader, stranger = _identity("admin"), _identity("reader"), _identity("stranger")
    # https://docs.openstack.org/swift/latest/middleware.html#tempauth
    users = {
        f"user_{_ACCOUNT}_admin": f"{admin.secret_key} .admin",
        f"user_{_ACCOUNT}_reader": f"{reader.secret_key} .reseller_reader",
        f"user_{_ACCOUNT}_stranger": stranger.secret_key,
    }
    _configure(home, ports, users)
    for name in names:
        command = [*_script(name), home / f"{name}-server.conf", "-v"]
        workspace.launch(name, command, {"PYTHONPATH": str(_TESTS)})
    for port in ports.values():
        workspace.wait_for_http(f"http://{LOOPBACK}:{port}/healthcheck")
    url = f"http://{LOOPBACK}:{ports['proxy']}"
    storage_url = f"{url}/v1/AUTH_{_ACCOUNT}"
    return SwiftServer(url, admin, reader, stranger, auth_url=f"{url}/auth/v1.0", storage_url=storage_url)


@contextmanager
def run() -> Iterator[SwiftServer]:
    """Yield a running Swift with an admin, a reader and a stranger of one account; it is gone afterwards."""
    with running("swift", _start, parent=_attribute_folder()) as server:
        yield server
