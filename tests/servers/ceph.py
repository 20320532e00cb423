"""Ceph's object gateway (RGW) on one monitor and one in-memory store, from the system's packages.

There is no PyPI package, so it runs where ``radosgw``, ``ceph-mon`` and ``ceph-osd`` are installed
(Debian: ``apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common``). It needs no
root. https://docs.ceph.com/en/latest/radosgw/s3/
"""

from __future__ import annotations

import shutil
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from servers._models import Identity, Server, new_identity
from servers._process import LOOPBACK, ServerError, Workspace, free_ports, run_tool, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PROGRAMS = ("radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph-authtool", "monmaptool", "ceph")
# cephx stays on: without it the monitor and the store start, and radosgw never does.
_CONFIG = """\
[global]
fsid = {fsid}
mon host = {monitor}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 1000
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 4294967296
ms bind port min = {bind_min}
ms bind port max = {bind_max}
run dir = {home}/run
log file = {home}/$name.ceph.log
mon cluster log file = {home}/cluster.ceph.log
admin socket = {home}/run/$name.asok
crash dir = {home}/run
mon data = {home}/mon
osd data = {home}/osd
keyring = {home}/keyring
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{rgw}
rgw enable apis = s3, s3website, swift, swift_auth, admin
rgw dns name = 127.0.0.1
rgw data = {home}/rgw
"""


def available() -> bool:
    """Return whether every program that `run` starts is installed."""
    return all(shutil.which(program) for program in _PROGRAMS)


class _Cluster:
    """The steps of a start, in order, in one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.home = workspace.path
        self.config = self.home / "ceph.conf"
        self.fsid = str(uuid.uuid4())
        monitor_v2, monitor_v1, self.rgw_port, *store = sorted(free_ports(11))
        self.monitor = f"[v2:{LOOPBACK}:{monitor_v2},v1:{LOOPBACK}:{monitor_v1}]"
        self.store_ports = (store[0], store[-1])

    def tool(self, program: str, *arguments: str | Path) -> str:
        return run_tool([program, *arguments], self.home)

    def ceph(self, *arguments: str) -> str:
        return self.tool("ceph", "-c", self.config, "--connect-timeout", "30", *arguments)

    def daemon(self, name: str, program: str, *arguments: str) -> None:
        self.workspace.launch(name, [program, "-c", self.config, *arguments, "-f"])

    def configure(self) -> None:
        for folder in ("mon", "osd", "rgw", "run"):
            (self.home / folder).mkdir()
        bind_min, bind_max = self.store_ports
        text = _CONFIG.format(
            fsid=self.fsid,
            monitor=self.monitor,
            bind_min=bind_min,
            bind_max=bind_max,
            home=self.home,
            rgw=self.rgw_port,
        )
        self.config.write_text(text)
        keyring = self.home / "keyring"
        self.tool(
            "ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"
        )
        caps = [word for service in ("mon", "osd", "mgr") for word in ("--cap", service, "allow *")]
        for name in ("client.admin", "client.rgw", "osd.0"):
            self.tool("ceph-authtool", keyring, "--gen-key", "-n", name, *caps)

    def start_monitor(self) -> None:
        monmap = self.home / "monmap"
        self.tool("monmaptool", "--create", "--fsid", self.fsid, "--addv", "a", self.monitor, monmap)
        keyring = self.home / "keyring"
        self.tool(
            "ceph-mon", "-c", self.config, "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring
        )
        self.daemon("ceph-mon", "ceph-mon", "-i", "a")

    def start_store(self) -> None:
        osd_uuid = str(uuid.uuid4())
        self.ceph("osd", "new", osd_uuid, "0")  # waits for the monitor
        self.tool("ceph-osd", "-c", self.config, "-i", "0", "--mkfs", "--osd-uuid", osd_uuid)
        self.daemon("ceph-osd", "ceph-osd", "-i", "0")
        self.ceph("osd", "crush", "add", "0", "1.0", "root=default", "host=h")
        self.workspace.wait_until(lambda: "1 up" in self.ceph("osd", "stat"), "the store to be up")

    def start_gateway(self) -> None:
        self.daemon("radosgw", "radosgw", "-n", "client.rgw")
        self.workspace.wait_for_http(f"http://{LOOPBACK}:{self.rgw_port}/")

    def admin(self, *arguments: str) -> None:
        self.tool("radosgw-admin", "-c", self.config, *arguments)

    def user(self, name: str) -> Identity:
        identity = new_identity()
        keys = ("--access-key", identity.access_key, "--secret", identity.secret_key)
        self.admin("user", "create", "--uid", name, "--display-name", name, *keys)
        return identity

    def reader_of(self, user: str) -> Identity:
        """Return a second key of `user` whose rights end at reading (RGW lets it make empty buckets)."""
        identity = new_identity()
        keys = ("--access-key", identity.access_key, "--secret", identity.secret_key)
        names = ("--uid", user, "--subuser", f"{user}:reader")
        self.admin("subuser", "create", *names, "--access", "read", "--key-type", "s3", *keys)
        return identity


def _start(workspace: Workspace) -> Server:
    missing = [program for program in _PROGRAMS if not shutil.which(program)]
    if missing:
        raise ServerError(
            f"{', '.join(missing)} missing: apt-get install --no-install-recommends "
            "radosgw ceph-mon ceph-osd ceph-common"
        )
    cluster = _Cluster(workspace)
    cluster.configure()
    cluster.start_monitor()
    cluster.start_store()
    cluster.start_gateway()
    admin = cluster.user("admin")
    reader = cluster.reader_of("admin")
    stranger = cluster.user("stranger")
    return Server(f"http://{LOOPBACK}:{cluster.rgw_port}", admin, reader, stranger)


@contextmanager
def run() -> Iterator[Server]:
    """Yield a running RGW with an admin, a reader and a stranger; it is gone afterwards."""
    with running("ceph", _start) as server:
        yield server
