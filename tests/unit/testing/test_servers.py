"""The test servers: they start, know who may do what, and leave nothing behind."""

from __future__ import annotations

import base64
import dataclasses
import hmac
import json
import os
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from email.utils import formatdate
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from servers import (
    Identity,
    Server,
    ServerError,
    _process,
    azurite,
    ceph,
    fake_gcs,
    gcs_emulator,
    seaweedfs,
    swift_cache,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message as HTTPMessage
    from types import ModuleType

    from servers import GcsServer
    from servers.azurite import AzuriteServer
    from servers.swift import SwiftServer

TESTS = Path(_process.__file__).parents[1]
# Ceph comes from system packages only; where they are missing there is nothing to show.
WITH_RIGHTS = [
    "seaweedfs_server",
    "moto_auth_server",
    "swift_server",
    *(["ceph_server"] if ceph.available() else []),
]


@pytest.fixture(params=WITH_RIGHTS)
def server(request: pytest.FixtureRequest) -> Server:
    started: Server = request.getfixturevalue(request.param)
    return started


@pytest.fixture
def connect() -> Iterator[Callable[[Server, Identity], Any]]:
    clients = []

    def make(server: Server, identity: Identity) -> Any:
        client = boto3.client(
            "s3",
            endpoint_url=server.endpoint_url,
            region_name=server.region,
            aws_access_key_id=identity.access_key,
            aws_secret_access_key=identity.secret_key,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def refused(call: Callable[..., object], **arguments: object) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_the_identities_have_the_rights_they_say(
    server: Server, connect: Callable[[Server, Identity], Any]
) -> None:
    assert server.read_only is not None
    assert server.no_access is not None
    bucket, key = "rights-of-identities", "folder/key"
    admin, reader, stranger = (
        connect(server, who) for who in (server.admin, server.read_only, server.no_access)
    )
    admin.create_bucket(Bucket=bucket)
    admin.put_object(Bucket=bucket, Key=key, Body=b"data")

    assert reader.get_object(Bucket=bucket, Key=key)["Body"].read() == b"data"
    assert [item["Key"] for item in reader.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    assert refused(reader.put_object, Bucket=bucket, Key="new", Body=b"x") == "AccessDenied"
    assert refused(reader.delete_object, Bucket=bucket, Key=key) == "AccessDenied"
    assert refused(stranger.get_object, Bucket=bucket, Key=key) == "AccessDenied"
    assert refused(stranger.list_objects_v2, Bucket=bucket) == "AccessDenied"
    assert refused(stranger.put_object, Bucket=bucket, Key="new", Body=b"x") == "AccessDenied"

    forger = connect(server, dataclasses.replace(server.admin, secret_key="0" * 40))
    assert refused(forger.get_object, Bucket=bucket, Key=key) == "SignatureDoesNotMatch"

    admin.delete_object(Bucket=bucket, Key=key)
    admin.delete_bucket(Bucket=bucket)


def test_plain_moto_believes_every_key(
    moto_server: Server, connect: Callable[[Server, Identity], Any]
) -> None:
    assert (moto_server.read_only, moto_server.no_access) == (None, None)
    assert "Buckets" in connect(moto_server, Identity("anybody", "anything")).list_buckets()


@dataclasses.dataclass
class Answer:
    headers: HTTPMessage
    body: bytes


def call(
    method: str,
    url: str,
    body: bytes | dict[str, str] = b"",
    *,
    headers: dict[str, str] | None = None,
    trust: ssl.SSLContext | None = None,
) -> Answer:
    """Return a 2xx answer."""
    kind = "application/json" if isinstance(body, dict) else "application/octet-stream"
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    sent = {"Content-Type": kind, **(headers or {})}
    request = urllib.request.Request(  # noqa: S310 - http or https on loopback
        url, data if method in {"POST", "PUT"} else None, sent, method=method
    )
    with urllib.request.urlopen(request, timeout=30, context=trust) as answer:  # noqa: S310 - likewise
        return Answer(answer.headers, answer.read())


def shared_key(account: Identity, method: str, container: str) -> dict[str, str]:
    """Return the headers of a signed request that makes or deletes a container.

    https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-shared-key
    """
    name, now = account.access_key, formatdate(usegmt=True)
    own = f"x-ms-date:{now}\nx-ms-version:2025-01-05\n"
    empty_headers = "\n" * 5 + "application/octet-stream" + "\n" * 7
    # The account is part of the path here, as it is not in Azure itself, and so it stands there twice.
    text = f"{method}{empty_headers}{own}/{name}/{name}/{container}\nrestype:container"
    key = base64.b64decode(account.secret_key)
    signature = base64.b64encode(hmac.digest(key, text.encode(), "sha256")).decode()
    return {
        "x-ms-date": now,
        "x-ms-version": "2025-01-05",
        "Authorization": f"SharedKey {name}:{signature}",
    }


def test_swift_answers_its_native_api(swift_server: SwiftServer) -> None:
    who = {"X-Auth-User": swift_server.admin.access_key, "X-Auth-Key": swift_server.admin.secret_key}
    login = call("GET", swift_server.auth_url, headers=who).headers
    assert login["X-Storage-Url"] == swift_server.storage_url
    account = call("GET", swift_server.storage_url, headers={"X-Auth-Token": login["X-Auth-Token"]}).headers
    assert account["X-Account-Container-Count"]
    with pytest.raises(urllib.error.HTTPError, match="401") as caught:
        call("GET", swift_server.auth_url, headers={**who, "X-Auth-Key": "wrong"})
    caught.value.close()


@pytest.mark.parametrize("name", ["fake_gcs_server", "gcs_emulator_server"])
def test_a_gcs_server_keeps_objects_for_anybody(name: str, request: pytest.FixtureRequest) -> None:
    server: GcsServer = request.getfixturevalue(name)
    bucket = f"{name.replace('_', '-')}-keeps"
    made = call("POST", f"{server.endpoint_url}/storage/v1/b?project={server.project}", {"name": bucket})
    assert json.loads(made.body)["name"] == bucket
    upload = f"{server.endpoint_url}/upload/storage/v1/b/{bucket}/o?uploadType=media&name=folder%2Fkey"
    assert json.loads(call("POST", upload, b"data").body)["size"] == "4"
    url = f"{server.endpoint_url}/storage/v1/b/{bucket}/o/folder%2Fkey"
    assert call("GET", f"{url}?alt=media").body == b"data"
    call("DELETE", url)
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        call("GET", f"{url}?alt=media")
    caught.value.close()


@pytest.mark.parametrize("account", ["admin", "other"])
def test_azurite_knows_the_keys_of_its_two_accounts_and_no_others(
    azurite_server: AzuriteServer, account: str
) -> None:
    identity: Identity = getattr(azurite_server, account)
    url = f"{azurite_server.url_of(identity)}/keys"
    call("PUT", f"{url}?restype=container", headers=shared_key(identity, "PUT", "keys"))
    call("DELETE", f"{url}?restype=container", headers=shared_key(identity, "DELETE", "keys"))
    stranger = dataclasses.replace(identity, secret_key=base64.b64encode(b"0" * 64).decode())
    with pytest.raises(urllib.error.HTTPError, match="403") as caught:
        call("PUT", f"{url}?restype=container", headers=shared_key(stranger, "PUT", "keys"))
    caught.value.close()


def test_azurite_over_tls_checks_what_a_token_says(azurite_oauth_server: AzuriteServer) -> None:
    assert azurite_oauth_server.ca_file is not None
    trust = ssl.create_default_context(cafile=str(azurite_oauth_server.ca_file))
    url = f"{azurite_oauth_server.account_url}?comp=list"
    headers = {"x-ms-version": "2025-01-05", "Authorization": f"Bearer {azurite.bearer_token()}"}
    assert b"EnumerationResults" in call("GET", url, headers=headers, trust=trust).body
    for token in (azurite.bearer_token(expires_in=-60), azurite.bearer_token(audience="https://example.com")):
        with pytest.raises(urllib.error.HTTPError, match="403") as caught:
            call("GET", url, headers={**headers, "Authorization": f"Bearer {token}"}, trust=trust)
        caught.value.close()


def test_two_servers_run_side_by_side(seaweedfs_server: Server) -> None:
    with seaweedfs.run() as other:
        assert other.endpoint_url != seaweedfs_server.endpoint_url
        assert other.admin != seaweedfs_server.admin
        port = int(other.endpoint_url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=30).close()


def test_an_identity_does_not_show_its_secret() -> None:
    identity = Identity("key", "planted-secret")
    assert "planted-secret" not in repr(Server("http://127.0.0.1:1", identity))
    assert "planted-secret" not in repr(azurite.AzuriteServer("http://127.0.0.1:1", identity, other=identity))


def test_azurite_says_what_installs_it_and_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerError, match=r"nodejs\.org.*make install"), azurite.run():
        pass
    (tmp_path / "node").touch(mode=0o755)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(ServerError, match="make install"), azurite.run():
        pass


@pytest.mark.parametrize("module", [fake_gcs, gcs_emulator])
def test_a_missing_package_says_what_installs_it(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_of_it(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", none_of_it)
    monkeypatch.setattr(metadata, "version", none_of_it)
    with pytest.raises(ServerError, match="make install"), module.run():
        pass


def test_a_missing_program_says_what_installs_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def none_of_it(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(metadata, "files", none_of_it)
    with pytest.raises(ServerError, match="make install"):
        seaweedfs.binary()


# ---------------------------------------------------------------- processes, with small programs as servers

FOREVER = "import signal; print('up', flush=True); signal.pause()"
# A server that has a child of its own, like many real ones.
WITH_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {FOREVER!r}])"


def lasting(workspace: _process.Workspace, program: str = FOREVER) -> Path:
    workspace.launch("it", [sys.executable, "-c", program])
    workspace.wait_until(lambda: b"up" in workspace.log_path("it").read_bytes(), "its word")
    return workspace.path


def processes_in(folder: Path) -> list[int]:
    """Return the living processes that work in `folder`, which is how ours are known."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                working = (entry / "cwd").readlink()
            except OSError:
                continue  # it ended meanwhile, or belongs to somebody else
            if working.name.startswith(folder.name):
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("program", [FOREVER, WITH_CHILD])
def test_a_server_and_its_folder_are_gone_after_the_block(program: str) -> None:
    with _process.running("lasting", lambda workspace: lasting(workspace, program)) as folder:
        assert folder.is_dir()
        assert len(processes_in(folder)) == (1 if program is FOREVER else 2)
    assert not folder.exists()
    assert processes_in(folder) == []


def test_they_are_gone_after_an_interruption_while_starting() -> None:
    folders = []

    def interrupted(workspace: _process.Workspace) -> None:
        folders.append(lasting(workspace))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), _process.running("interrupted", interrupted):
        pass
    assert [folder.exists() for folder in folders] == [False]
    assert processes_in(folders[0]) == []


STARTER = f"""
import os, signal, sys
sys.path.insert(0, {str(TESTS)!r})
from servers import _process
workspace = _process.Workspace("starter")
workspace.launch("it", [sys.executable, "-c", {FOREVER!r}])
workspace.wait_until(lambda: b"up" in workspace.log_path("it").read_bytes(), "its word")
stray = workspace.path.with_suffix(".stray")
stray.touch()
workspace.also_remove(stray)
print(workspace.path, workspace._reaper.pid, flush=True)
"""


@pytest.mark.parametrize(
    "end", ["", "sys.exit(3)", *(f"os.kill(os.getpid(), signal.{name})" for name in ("SIGTERM", "SIGKILL"))]
)
def test_they_are_gone_after_the_starter_died(end: str) -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER + end], stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        # The reaper inherits nothing, so the end of this pipe is the end of the starter.
        path, reaper = starter.stdout.read().decode().split()
    folder = Path(path)
    if os.path.exists(f"/proc/{reaper}"):  # noqa: PTH110 - a process, not a file
        wait_for_end(int(reaper))
    assert not folder.exists()
    assert not folder.with_suffix(".stray").exists()
    assert processes_in(folder) == []


def wait_for_end(pid: int) -> None:
    """Wait until the process `pid`, which is no child of ours, has ended."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        import select

        assert select.select([handle], [], [], 30)[0]
    finally:
        os.close(handle)


def test_a_forked_child_does_not_end_its_parents_server() -> None:
    with _process.running("forked", lasting) as folder:
        child = subprocess.run(
            [sys.executable, "-c", STARTER + FORK], capture_output=True, text=True, check=True, timeout=60
        )
        assert child.stdout.split()[-1] == "alive"
        assert folder.is_dir()


FORK = """
if os.fork() == 0:
    sys.exit()  # runs the atexit hooks
os.wait()
print("alive" if workspace.path.is_dir() and workspace._processes["it"].poll() is None else "dead")
"""


def test_a_server_that_dies_shows_its_log() -> None:
    def dies(workspace: _process.Workspace) -> None:
        workspace.launch("it", [sys.executable, "-c", "print('a clear reason'); raise SystemExit(7)"])
        workspace.wait_until(lambda: False, "its answer")

    with (
        pytest.raises(ServerError, match=r"(?s)it ended with 7 while waiting for its answer.*a clear reason"),
        _process.running("dies", dies),
    ):
        pass


def test_a_server_that_never_answers_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_process, "START_TIMEOUT_SECONDS", 0.0)

    def silent(workspace: _process.Workspace) -> None:
        workspace.launch("it", [sys.executable, "-c", FOREVER])
        workspace.wait_until(lambda: False, "its answer")

    with pytest.raises(ServerError, match="no its answer after 0 s"), _process.running("silent", silent):
        pass


def test_a_taken_port_is_chosen_anew() -> None:
    folders: list[Path] = []

    def clashes_twice(workspace: _process.Workspace) -> int:
        folders.append(workspace.path)
        if len(folders) < 3:
            program = "raise OSError(98, 'Address already in use')"
            workspace.launch("it", [sys.executable, "-c", program])
            workspace.wait_until(lambda: False, "its answer")
        return len(folders)

    with _process.running("clashes", clashes_twice) as attempt:
        assert attempt == 3
    assert len(set(folders)) == 3
    assert not any(folder.exists() for folder in folders)


def test_a_port_that_stays_taken_is_an_error() -> None:
    def clashes(workspace: _process.Workspace) -> None:
        raise _process.PortTakenError("taken")

    with pytest.raises(_process.PortTakenError), _process.running("clashes", clashes):
        pass


def test_free_ports_are_different_and_free(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = _process.free_ports(50)
    assert len(set(ports)) == 50
    with socket.create_server(("127.0.0.1", ports[0])):
        monkeypatch.setattr(_process, "_PORTS", range(ports[0], ports[0] + 1))
        with pytest.raises(ServerError, match="no 1 free ports"):
            _process.free_ports(1)


def test_a_tool_that_fails_shows_its_output(tmp_path: Path) -> None:
    assert _process.run_tool([sys.executable, "-c", "print('fine')"], tmp_path) == "fine\n"
    with pytest.raises(ServerError, match=r"ended with 1: .*wrong"):
        _process.run_tool([sys.executable, "-c", "import sys; sys.exit('wrong')"], tmp_path)


def test_http_status_is_none_where_nothing_listens(seaweedfs_server: Server) -> None:
    assert _process.http_status(f"{seaweedfs_server.endpoint_url}/healthz") == 200
    assert _process.http_status(f"http://127.0.0.1:{_process.free_ports(1)[0]}/") is None


# ---------------------------------------------------------------- Swift's cache


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_cache_gives_back_what_json_makes_of_a_value() -> None:
    cache = swift_cache.Cache()
    cache.set("tuple", (1, ["a"]))
    cache.set("bytes", b"text")
    cache.set("raw", b"\xff", serialize=False)
    assert cache.get_multi(["tuple", "bytes", "raw", "none"], "server") == [[1, ["a"]], "text", b"\xff", None]
    cache.delete("raw")
    assert cache.get("raw") is None
    assert cache.memcache_servers == []


def test_the_cache_forgets_at_the_right_time() -> None:
    clock = Clock()
    cache = swift_cache.Cache(clock)
    cache.set("for good", 1)
    cache.set_multi({"a": 1, "b": 2}, "server", time=10)
    clock.now += 9
    assert cache.get_multi(["for good", "a", "b"], "server") == [1, 1, 2]
    clock.now += 1
    assert cache.get_multi(["for good", "a", "b"], "server") == [1, None, None]


def test_the_cache_counts_from_zero_upwards_and_keeps_the_first_expiry() -> None:
    clock = Clock()
    cache = swift_cache.Cache(clock)
    assert [
        cache.incr("n", 5, time=10),
        cache.incr("n", time=99),
        cache.decr("n", 2),
        cache.decr("n", 9),
    ] == [5, 6, 4, 0]
    assert cache.decr("new") == 0
    clock.now += 10
    assert cache.incr("n") == 1


def test_the_filter_puts_one_cache_into_every_request() -> None:
    seen = []

    def app_inside(environ: dict[str, object], _start: object) -> list[bytes]:
        seen.append(environ["swift.cache"])
        return [b"ok"]

    app = swift_cache.filter_factory({})(app_inside)
    assert [app({}, None), app({}, None)] == [[b"ok"], [b"ok"]]
    assert seen[0] is seen[1]
