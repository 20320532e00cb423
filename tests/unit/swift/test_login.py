"""Logins: by version 1, by a token, by Keystone; and tokens that end or are refused while they are in use."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import openstack.config.loader
import pytest

from cloud._dialects.swift import _login
from cloud._dialects.swift._login import Access, RenewingLogin, is_version_1, split_storage_url
from cloud._wire._types import Origin
from cloud.common import (
    AuthenticationError,
    CloudCredentials,
    CloudError,
    CloudProvider,
    ConfigurationError,
    PermissionDeniedError,
    Secret,
    ServiceUnavailableError,
    TransferConfig,
)
from cloud.infomaniak import InfomaniakObjectStorageClient, SwiftOptions
from cloud.testing._scripted_server import RecordedRequest, ScriptedResponse, ScriptedServer
from unit.swift.helpers import (
    ACCOUNT,
    NO_WAIT,
    PASSWORD,
    TOKEN,
    document,
    empty,
    failed,
    found,
    lines,
    logged_in,
    make_client,
    md5_hex,
    small_container,
    stored,
    version_1,
)

if TYPE_CHECKING:
    from pathlib import Path

EXPIRES = "2031-03-04T05:06:07.000000Z"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("OS_", "INFOMANIAK_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))


# -- version 1 -----------------------------------------------------------------------------------------------
def test_version_1_is_one_request_and_names_the_account() -> None:
    with ScriptedServer() as server:
        server.add(logged_in(server), found(b"body"))
        client = version_1(server)
        assert client.download_file("c", "k") == b"body"
        login, read = server.requests
    assert (login.method, login.path) == ("GET", "/auth/v1.0")
    assert (login.header("X-Auth-User"), login.header("X-Auth-Key")) == ("test:tester", PASSWORD)
    assert (read.path, read.header("X-Auth-Token")) == (f"{ACCOUNT}/c/k", TOKEN)
    assert client.metrics.snapshot().requests == 2


def test_a_given_account_url_wins_over_the_login_s() -> None:
    with ScriptedServer() as server:
        server.add(logged_in(server), found(b"body"))
        client = InfomaniakObjectStorageClient(
            CloudCredentials(
                CloudProvider.INFOMANIAK, username="u", password=PASSWORD, auth_url=f"{server.url}/auth/v1.0"
            ),
            endpoint_url=f"{server.url}/object/v1/AUTH_other",
            options=SwiftOptions(transport="wire"),
        )
        client.download_file("c", "k")
        assert server.requests[1].path == "/object/v1/AUTH_other/c/k"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (failed(401), AuthenticationError),
        (failed(403), PermissionDeniedError),
        (failed(404), ConfigurationError),  # a wrong URL, never a missing object
        (failed(302, ("Location", "http://elsewhere.example/")), ConfigurationError),
        (ScriptedResponse(body=b"<html>Please log in</html>"), ServiceUnavailableError),
    ],
)
def test_a_refused_login_is_no_answer_about_an_object(answer: ScriptedResponse, kind: type) -> None:
    with ScriptedServer(otherwise=answer) as server:
        client = version_1(server)
        with pytest.raises(kind) as caught:
            client.object_exists("c", "k")
        assert caught.value.request_sent is False or kind is ServiceUnavailableError
        assert PASSWORD not in str(caught.value)


def test_a_login_that_fails_for_a_moment_is_tried_again() -> None:
    with ScriptedServer(failed(503), failed(498)) as server:
        server.add(logged_in(server), found(b"body"))
        assert version_1(server).download_file("c", "k") == b"body"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h/auth/v1.0", True), ("https://h:1/auth/v1.0/", True), ("http://h/auth/v1", True),
        ("http://h/auth/1.0", True), ("http://h/swift/auth/v1.0", True), ("https://h/identity/v3", False),
        ("https://h/v3", False), ("http://h/auth/v1.0/x", False), ("", False),
    ],
)  # fmt: skip  # a table
def test_version_1_is_told_by_the_path(url: str, expected: bool) -> None:
    assert is_version_1(url) is expected


def test_a_token_given_over_tls_is_not_sent_without() -> None:
    secure, plain = Origin("https", "h", 443), Origin("http", "h", 80)
    with pytest.raises(ConfigurationError):
        _login.check_no_downgrade(secure, plain)
    _login.check_no_downgrade(plain, plain)
    _login.check_no_downgrade(plain, secure)


# -- tokens that end, and tokens that are refused --------------------------------------------------------------
class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def on_clock(client: InfomaniakObjectStorageClient) -> Clock:
    clock = client._setup.clock = Clock()
    return clock


def test_a_token_is_renewed_before_it_ends() -> None:
    with ScriptedServer() as server:
        lasts = ("X-Auth-Token-Expires", "3600")
        server.add(logged_in(server, "one", lasts), found(b"1"), found(b"2"))
        server.add(logged_in(server, "two", lasts), found(b"3"))
        client = version_1(server)
        clock = on_clock(client)
        client.download_file("c", "k")
        clock.now += 3500
        client.download_file("c", "k")
        clock.now += 75  # less than half a minute is left
        client.download_file("c", "k")
        tokens = [request.header("X-Auth-Token") for request in server.requests]
        assert tokens == [None, "one", "one", None, "two"]


def test_a_refused_token_is_renewed_once_and_the_request_sent_again() -> None:
    with ScriptedServer() as server:
        server.add(logged_in(server, "one"), found(b"1"), failed(401), logged_in(server, "two"), found(b"2"))
        client = version_1(server)
        client.download_file("c", "k")
        assert client.download_file("c", "k") == b"2"
        assert server.requests[-1].header("X-Auth-Token") == "two"
    assert client.metrics.snapshot().retries == 0


def test_a_new_token_that_is_refused_too_ends_it() -> None:
    with ScriptedServer() as server:
        server.add(
            logged_in(server, "one"), failed(401), logged_in(server, "two"), failed(401, words="closed")
        )
        client = version_1(server)
        with pytest.raises(AuthenticationError, match="closed"):
            client.download_file("c", "k")
        server.add(*[failed(401) for _ in range(5)])  # and no login among these
        for _ in range(5):
            with pytest.raises(AuthenticationError):
                client.download_file("c", "k")
        assert [request.path for request in server.requests].count("/auth/v1.0") == 2


class TokenServer:
    """Answers reads with the token of the moment, and gives tokens that are numbered."""

    def __init__(self) -> None:
        self.server: ScriptedServer | None = None
        self.logins = 0
        self.valid = "token-1"
        self.lock = threading.Lock()

    def __call__(self, request: RecordedRequest) -> ScriptedResponse:
        assert self.server is not None
        with self.lock:
            if request.path == "/auth/v1.0":
                self.logins += 1
                self.valid = f"token-{self.logins}"
                return logged_in(self.server, self.valid)
            if request.header("X-Auth-Token") != self.valid:
                return failed(401)
        return found(b"body")


def test_many_threads_with_a_refused_token_log_in_once() -> None:
    tokens = TokenServer()
    with ScriptedServer(otherwise=tokens) as server:
        tokens.server = server
        client = version_1(server)
        client.download_file("c", "k")
        tokens.valid = "none of them"
        start = threading.Barrier(16)

        def read(_: int) -> bytes:
            start.wait()
            return client.download_file("c", "k")

        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(read, range(16))) == {b"body"}
    assert tokens.logins == 2


def test_many_threads_log_in_once_at_the_start() -> None:
    tokens = TokenServer()
    with ScriptedServer(otherwise=tokens) as server:
        tokens.server = server
        client = version_1(server)
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(lambda _: client.download_file("c", "k"), range(32))) == {b"body"}
    assert tokens.logins == 1


def test_a_token_that_ends_in_a_listing_does_not_end_the_listing() -> None:
    page = [{"name": "a", "bytes": 1, "hash": "h", "last_modified": "2026-01-02T03:04:05.000000"}]
    with ScriptedServer() as server:
        server.add(logged_in(server, "one"), document(page), failed(401))
        server.add(logged_in(server, "two"), document([{**page[0], "name": "b"}]), document([]))
        found_keys = [info.key for info in version_1(server).list_objects("c", page_size=1)]
    assert found_keys == ["a", "b"]


def test_a_token_that_ends_in_an_upload_does_not_end_the_upload() -> None:
    parts = [b"p" * 100, b"q" * 50]
    etag = md5_hex("".join(map(md5_hex, parts)).encode())
    with ScriptedServer() as server:
        server.add(logged_in(server, "one"), stored(b""), stored(parts[0]), failed(401))
        server.add(logged_in(server, "two"), stored(parts[1]), failed(404))
        server.add(document({"slo": {"max_manifest_segments": 1000}}))
        server.add(
            document({"Response Status": "201 Created", "Etag": f'"{etag}"', "Errors": []}, 202, b" \r\n")
        )
        server.add(empty(204))
        client = version_1(server)
        client._ops.large._remember("c", (True, False))
        client.upload_file(
            "c", "k", b"".join(parts), transfer=TransferConfig(part_size=100, threshold=100, max_workers=1)
        )
        tokens = [request.header("X-Auth-Token") for request in server.requests]
    assert tokens == [None, "one", "one", "one", None, "two", "two", None, "two", "two"]


def test_a_token_that_ends_in_a_batch_is_renewed_for_the_rest_of_it() -> None:
    refused = {
        "Response Status": "401 Unauthorized", "Response Body": "", "Number Deleted": 1,
        "Number Not Found": 0, "Errors": [["c/b", "401 Unauthorized"]],
    }  # fmt: skip  # one line reads best
    rest = {
        "Response Status": "200 OK",
        "Response Body": "",
        "Number Deleted": 1,
        "Number Not Found": 0,
        "Errors": [],
    }
    with ScriptedServer() as server:
        server.add(logged_in(server, "one"), document(refused), logged_in(server, "two"), document(rest))
        client = version_1(server)
        small_container(client, "c")
        assert [result.ok for result in client.delete_files("c", ["a", "b"])] == [True, True]
        assert [request.body for request in server.requests] == [b"", b"c/a\nc/b", b"", b"c/b"]


class _Failing(RenewingLogin):
    def _log_in(self, refused: Access | None) -> Access:
        raise ServiceUnavailableError("away")


def test_a_login_that_fails_keeps_nothing() -> None:
    login = _Failing(None, Clock())
    for _ in range(2):
        with pytest.raises(ServiceUnavailableError):
            login.access()


# -- a token that is given -------------------------------------------------------------------------------------
def test_a_given_token_needs_its_account_and_is_not_renewed() -> None:
    with ScriptedServer(failed(401)) as server, pytest.raises(AuthenticationError):
        make_client(server).download_file("c", "k")
    alone = InfomaniakObjectStorageClient(CloudCredentials(CloudProvider.INFOMANIAK, token=TOKEN))
    with pytest.raises(ConfigurationError, match="endpoint_url"):
        alone.download_file("c", "k")


def test_credentials_that_have_ended_send_nothing() -> None:
    ended = datetime.now(timezone.utc) - timedelta(seconds=1)
    with ScriptedServer() as server:
        for kind in (
            {"token": TOKEN},
            {"username": "u", "password": PASSWORD, "auth_url": f"{server.url}/auth/v1.0"},
        ):
            credentials = CloudCredentials(CloudProvider.INFOMANIAK, expires_at=ended, **kind)  # type: ignore[arg-type]  # fields by their names
            with pytest.raises(AuthenticationError, match="expired"):
                make_client(server, credentials=credentials).download_file("c", "k")
        assert server.requests == ()


_FIRST_REQUEST = """
import sys
from cloud.common import CloudCredentials, CloudProvider
from cloud.infomaniak import InfomaniakObjectStorageClient
url, login = sys.argv[1:]
how = {"token": "t"} if login == "token" else {"username": "u", "password": "p", "auth_url": url + "/auth/v1.0"}
client = InfomaniakObjectStorageClient(
    CloudCredentials(CloudProvider.INFOMANIAK, **how), endpoint_url=url + "/v1/AUTH_a"
)
assert client.download_file("c", "k") == b"body"
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(loaded & {"openstack", "keystoneauth1", "requests", "urllib3", "boto3", "swiftclient", "yaml"}))
"""


@pytest.mark.parametrize("login", ["token", "version 1"])
def test_the_first_request_loads_no_sdk(login: str) -> None:
    with ScriptedServer() as server:
        if login != "token":
            server.add(logged_in(server))
        server.add(found(b"body"))
        run = subprocess.run(
            [sys.executable, "-c", _FIRST_REQUEST, server.url, login],
            capture_output=True,
            text=True,
            check=False,
        )
    assert (run.stdout.strip(), run.stderr) == ("[]", "")


# -- Keystone: https://docs.openstack.org/api-ref/identity/v3/#authenticating-with-an-application-credential ----
def catalogue(server: ScriptedServer, *regions: str) -> list[dict[str, Any]]:
    endpoints = [
        {
            "id": f"{interface}-{region}",
            "interface": interface,
            "region": region,
            "region_id": region,
            "url": f"{server.url}/{region}/{interface}/v1/AUTH_a",
        }
        for region in regions
        for interface in ("public", "internal")
    ]
    return [
        {"id": "1", "type": "identity", "name": "keystone", "endpoints": []},
        {"id": "2", "type": "object-store", "name": "swift", "endpoints": endpoints},
    ]


def keystone_token(
    server: ScriptedServer, *regions: str, token: str = TOKEN, expires: str = EXPIRES
) -> ScriptedResponse:
    body = {
        "token": {
            "methods": ["application_credential"],
            "user": {"id": "u1", "name": "PCU-AAAAAAA", "domain": {"id": "default", "name": "Default"}},
            "project": {"id": "p1", "name": "PCP-AAAAAAA", "domain": {"id": "default", "name": "Default"}},
            "roles": [{"id": "r1", "name": "SwiftOperator"}],
            "audit_ids": ["3T2dc1CGQxyJsHdDu1xkcw"],
            "expires_at": expires,
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "is_domain": False,
            "catalog": catalogue(server, *(regions or ("dc3-a", "dc4-a"))),
        }
    }
    return ScriptedResponse(
        status=201,
        headers=(("Content-Type", "application/json"), ("X-Subject-Token", token)),
        body=json.dumps(body).encode(),
    )


def keystone_client(server: ScriptedServer, **settings: Any) -> InfomaniakObjectStorageClient:
    how = settings.pop(
        "how", {"application_credential_id": "app1", "application_credential_secret": PASSWORD}
    )
    credentials = CloudCredentials(CloudProvider.INFOMANIAK, auth_url=f"{server.url}/identity/v3", **how)
    return make_client(server, credentials=credentials, endpoint_url=None, **settings)


@pytest.mark.parametrize("region", ["dc3-a", "dc4-a"])
def test_the_catalogue_is_asked_for_the_region(region: str) -> None:
    with ScriptedServer() as server:
        server.add(keystone_token(server), found(b"body"), found(b"more"))
        client = keystone_client(server, region=region)
        assert client.download_file("c", "k") == b"body"
        client.download_file("c", "k")
        login, read, _ = server.requests
    assert (login.method, login.path) == ("POST", "/identity/v3/auth/tokens")
    assert json.loads(login.body) == {
        "auth": {
            "identity": {
                "methods": ["application_credential"],
                "application_credential": {"id": "app1", "secret": PASSWORD},
            }
        }
    }
    assert (read.path, read.header("X-Auth-Token")) == (f"/{region}/public/v1/AUTH_a/c/k", TOKEN)
    assert client.region == region


KEYSTONE_S_404 = b'{"error": {"code": 404, "message": "Could not find Application Credential: app1.", "title": "Not Found"}}'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (KEYSTONE_S_404, AuthenticationError),  # it knows no such credential
        (b"<!doctype html><title>404 Not Found</title>", ConfigurationError),  # there is no Keystone
        (b'{"error": "no such page"}', ConfigurationError),
        (b'{"error": {"code": 5, "message": "gone"}}', ConfigurationError),
        (b"[" * 100_000, ServiceUnavailableError),
        (b"", ConfigurationError),
    ],
)
def test_an_unknown_credential_is_told_from_a_wrong_url(body: bytes, kind: type[CloudError]) -> None:
    answer = ScriptedResponse(status=404, headers=(("Content-Type", "application/json"),), body=body)
    with ScriptedServer(otherwise=answer) as server, pytest.raises(kind) as caught:
        keystone_client(server).object_exists("c", "k")
    assert caught.value.request_sent is False


def test_the_interface_is_an_option() -> None:
    with ScriptedServer() as server:
        server.add(keystone_token(server), found(b"body"))
        options = SwiftOptions(transport="wire", interface="internal")
        keystone_client(server, region="dc4-a", options=options).download_file("c", "k")
        assert server.requests[1].path == "/dc4-a/internal/v1/AUTH_a/c/k"


def test_a_region_that_the_catalogue_lacks_is_an_error_of_the_settings() -> None:
    with ScriptedServer() as server:
        server.add(keystone_token(server, "dc3-a"))
        with pytest.raises(ConfigurationError, match="dc4-a") as caught:
            keystone_client(server, region="dc4-a").list_buckets()
        assert "region" in (caught.value.hint or "")


def test_user_and_password_log_in_to_a_project() -> None:
    with ScriptedServer() as server:
        server.add(keystone_token(server), found(b"body"))
        how = {"username": "PCU-1", "password": PASSWORD, "project": "PCP-1"}
        keystone_client(server, how=how, region="dc3-a").download_file("c", "k")
        sent = json.loads(server.requests[0].body)["auth"]
    user = {"name": "PCU-1", "domain": {"name": "Default"}, "password": PASSWORD}
    assert sent["identity"] == {"methods": ["password"], "password": {"user": user}}
    assert sent["scope"] == {"project": {"name": "PCP-1", "domain": {"name": "Default"}}}


def test_a_token_of_keystone_that_is_refused_is_replaced() -> None:
    with ScriptedServer() as server:
        server.add(keystone_token(server, token="one"), found(b"1"), failed(401))
        server.add(keystone_token(server, token="two"), found(b"2"))
        client = keystone_client(server, region="dc3-a")
        client.download_file("c", "k")
        assert client.download_file("c", "k") == b"2"
        assert server.requests[-1].header("X-Auth-Token") == "two"


def test_a_token_of_keystone_is_replaced_before_it_ends() -> None:
    soon = (datetime.now(timezone.utc) + timedelta(seconds=10)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    with ScriptedServer() as server:
        server.add(
            keystone_token(server, token="one", expires=soon),
            keystone_token(server, token="two"),
            found(b"1"),
        )
        client = keystone_client(server, region="dc3-a")
        client._ops.exchange.login.access()
        client.download_file("c", "k")
        assert server.requests[-1].header("X-Auth-Token") == "two"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AuthenticationError), (403, PermissionDeniedError), (404, AuthenticationError),
        (400, ConfigurationError), (503, ServiceUnavailableError),
    ],
)  # fmt: skip  # a table
def test_what_keystone_refuses(status: int, kind: type) -> None:
    body = {"error": {"code": status, "message": "keystone's words", "title": "Title"}}
    with ScriptedServer(otherwise=document(body, status)) as server:
        with pytest.raises(kind, match="keystone's words") as caught:
            keystone_client(server, region="dc3-a").object_exists("c", "k")
        assert caught.value.http_status == status
        assert caught.value.request_sent is False


def test_a_redirect_of_keystone_gets_no_password() -> None:
    with ScriptedServer() as elsewhere:
        answer = empty(307, ("Location", f"{elsewhere.url}/identity/v3/auth/tokens"))
        with ScriptedServer(otherwise=answer) as server, pytest.raises(ServiceUnavailableError):
            keystone_client(server, region="dc3-a").list_buckets()
        assert elsewhere.requests == ()


def test_nobody_at_the_auth_url_is_unavailable() -> None:
    with ScriptedServer() as server:
        client = keystone_client(server, region="dc3-a")
    with pytest.raises(ServiceUnavailableError):
        client.list_buckets()


# -- where credentials are found -------------------------------------------------------------------------------
def test_variables_of_an_application_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as server:
        server.add(keystone_token(server), found(b"body"))
        monkeypatch.setenv("INFOMANIAK_APP_CREDENTIAL_ID", "app1")
        monkeypatch.setenv("INFOMANIAK_APP_CREDENTIAL_SECRET", PASSWORD)
        monkeypatch.setenv("INFOMANIAK_AUTH_URL", f"{server.url}/identity/v3")
        monkeypatch.setenv("INFOMANIAK_REGION", "dc4-a")
        monkeypatch.setenv("INFOMANIAK_NEWSLETTER_TOKEN", "another service's")
        client = InfomaniakObjectStorageClient.from_env()
        assert client.download_file("c", "k") == b"body"
        assert server.requests[1].path == "/dc4-a/public/v1/AUTH_a/c/k"


def test_variables_of_version_1(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as server:
        server.add(logged_in(server), found(b"body"))
        monkeypatch.setenv("OS_AUTH_URL", f"{server.url}/auth/v1.0")
        monkeypatch.setenv("OS_USERNAME", "test:tester")
        monkeypatch.setenv("OS_PASSWORD", PASSWORD)
        client = InfomaniakObjectStorageClient()
        assert client.download_file("c", "k") == b"body"
        copy = pickle.dumps(client)
        assert PASSWORD.encode() not in copy
        server.add(logged_in(server), found(b"body"))
        again = pickle.loads(copy)  # noqa: S301  # made right here
        assert again.download_file("c", "k") == b"body"


@pytest.mark.filterwarnings(
    "ignore:Support for InfluxDB"
)  # of every openstacksdk 4.22 that reads its settings
def test_a_name_in_clouds_yaml(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        (tmp_path / "clouds.yaml").write_text(
            f"""
clouds:
  mine:
    auth_type: v3applicationcredential
    auth:
      auth_url: {server.url}/identity/v3
      application_credential_id: app1
      application_credential_secret: {PASSWORD}
    region_name: dc4-a
"""
        )
        server.add(keystone_token(server), found(b"body"))
        client = InfomaniakObjectStorageClient.from_cloud("mine")
        assert client.download_file("c", "k") == b"body"
        assert server.requests[-1].path == "/dc4-a/public/v1/AUTH_a/c/k"
        assert client.region == "dc4-a"
        with pytest.raises(ConfigurationError):
            InfomaniakObjectStorageClient.from_cloud("another").list_buckets()
    # Else later logins of the process would find it.
    assert str(tmp_path / "clouds.yaml") not in openstack.config.loader.CONFIG_FILES


@pytest.mark.filterwarnings("ignore:Support for InfluxDB")
def test_os_cloud_names_one_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with ScriptedServer() as server:
        (tmp_path / "clouds.yaml").write_text(
            f"clouds: {{mine: {{auth: {{auth_url: '{server.url}/identity/v3', username: u, password: p,"
            " project_name: p, user_domain_name: Default, project_domain_name: Default},"
            " identity_api_version: 3, region_name: dc3-a}}"
        )
        monkeypatch.setenv("OS_CLOUD", "mine")
        # The generic plugin asks for the versions first.
        versions = {
            "version": {
                "id": "v3.14",
                "status": "stable",
                "links": [{"rel": "self", "href": f"{server.url}/identity/v3/"}],
            }
        }
        server.add(document(versions), keystone_token(server), found(b"body"))
        assert InfomaniakObjectStorageClient.from_env().download_file("c", "k") == b"body"


@pytest.mark.filterwarnings("ignore:Support for InfluxDB")
def test_nothing_anywhere_is_said_before_any_request() -> None:
    with pytest.raises(ConfigurationError, match="environment"):
        InfomaniakObjectStorageClient.from_env()
    with pytest.raises((ConfigurationError, AuthenticationError)):
        InfomaniakObjectStorageClient(retry=NO_WAIT).list_buckets()


def test_the_regions_have_their_keystones() -> None:
    for region, host in (("dc3-a", "api.pub1"), ("dc4-a", "api.pub2"), (None, "api.pub1")):
        client = InfomaniakObjectStorageClient.from_credentials("app1", PASSWORD, region=region)
        assert client._setup.connection.auth_url == f"https://{host}.infomaniak.cloud/identity/v3"  # type: ignore[attr-defined]  # ours, which no contract has
        assert client.region == (region or "dc3-a")
    unknown = InfomaniakObjectStorageClient.from_credentials("app1", PASSWORD, region="dc9-z")
    with pytest.raises(ConfigurationError, match="dc9-z"):
        unknown.list_buckets()


# -- small things ----------------------------------------------------------------------------------------------
def test_an_account_s_url_is_split_without_touching_its_path() -> None:
    assert split_storage_url("https://h:8/object/v1/AUTH_a/") == (
        Origin("https", "h", 8),
        "/object/v1/AUTH_a",
    )
    for wrong in ("ftp://h/v1", "h/v1", "https://u:p@h/v1"):
        with pytest.raises(ConfigurationError):
            split_storage_url(wrong)


def test_an_access_shows_no_token() -> None:
    access = Access(Secret(TOKEN), "https://h/v1/AUTH_a")
    assert TOKEN not in repr(access) + repr([getattr(access, name) for name in Access.__slots__])


def test_requests_go_below_the_account() -> None:
    with ScriptedServer(found(b"body")) as server:
        make_client(server).download_file("c", "k")
        assert lines(server.requests[0]) == "GET /c/k"
