"""Secrets of every kind, planted into every client: after ordinary and failing calls they stand nowhere.

Looked at: what all loggers of the process say at DEBUG (urllib3, botocore, google, azure and keystoneauth among them),
reprs, texts, attributes, pickles, tracebacks with the local variables of this library's frames, arguments of
processes, and what the command line prints. ``CLOUD_LEAKS=1`` adds further refusals.
"""

from __future__ import annotations

import io
import json
import logging
import os
import pickle
import ssl
import subprocess
import sys
import traceback
from base64 import b64encode
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

import cloud
from cloud.aws import EC2Client, Encryption, LambdaClient, S3Client, S3Options
from cloud.azure import AzureBlobClient
from cloud.cli import main
from cloud.coda_io import CodaClient
from cloud.common import CloudCredentials, CloudError, CloudProvider, RetryPolicy, Secret
from cloud.gcp import GCSClient, GCSOptions
from cloud.infomaniak import (
    InfomaniakComputeClient,
    InfomaniakNewsletterClient,
    InfomaniakObjectStorageClient,
    SwiftOptions,
)
from cloud.testing import ScriptedResponse, ScriptedServer
from unit.gcs.service_accounts import account_info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.testing import RecordedRequest

pytestmark = [
    pytest.mark.timeout(120),
    # http.client leaves the socket of an answer that is no HTTP to the collector.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

LIBRARY = str(Path(cloud.__file__).parent)
KEY = account_info()
_LINES = KEY["private_key"].splitlines()
SECRETS = {
    "AWS secret key": "planted/aws+secret/key/0123456789ABCDEFGHIJ",
    "AWS session token": "FwoGplantedSessionToken0123456789abcdef==",
    "SSE-C key": b64encode(b"planted-sse-c-key-of-32-bytes-01").decode(),
    "CSEK": b64encode(b"planted-csek-key-is-of-32-bytes!").decode(),
    "Azure account key": b64encode(b"planted-azure-account-key" * 3).decode(),
    "SAS signature": "plantedSasSignature0123456789abcdefghijklmnop",
    "GCS private key": _LINES[3],
    "GCS access token": "ya29.planted-access-token-0123456789",
    "application credential": "planted-application-credential-secret",
    "password": "planted-password-0123456789",
    "Keystone token": "gAAAAABplanted-keystone-token-0123456789",
    "TempURL key": "planted-temp-url-key-0123456789",
    "Coda token": "planted-coda-token-0123456789",
    "newsletter token": "planted-newsletter-token-0123456789",
    "Lambda environment": "planted-value-of-a-lambda-environment",
    "user data": "planted-user-data-0123456789",
}
ENCODED = {b64encode(SECRETS["user data"].encode()).decode(): "user data"}
RETRY = RetryPolicy(max_attempts=2, retry_after_cap_seconds=0.0, base_seconds=0.0)


@dataclass
class Plant:
    """A client with secrets in it, and calls of it.

    Attributes:
        make: makes the client at a URL.
        calls: by name.
    """

    make: Callable[[str], Any]
    calls: dict[str, Callable[[Any], Any]] = field(default_factory=dict)


def _read(client: Any) -> bytes:
    return b"".join(client.iter_file("bucket", "key"))


STORAGE: dict[str, Callable[[Any], Any]] = {
    "download": lambda c: c.download_file("bucket", "key"),
    "stream": _read,
    "stat": lambda c: c.get_object_metadata("bucket", "key"),
    "list": lambda c: list(c.list_objects("bucket")),
    "versions": lambda c: list(c.list_versions("bucket")),
    "put": lambda c: c.upload_file("bucket", "key", b"body"),
    "once": lambda c: c.upload_file("bucket", "key", b"body", if_absent=True),
    "copy": lambda c: c.copy_file("bucket", "key", "bucket", "other"),
    "delete": lambda c: c.delete_file("bucket", "key"),
    "delete many": lambda c: list(c.delete_files("bucket", ["a", "b"])),
    "buckets": lambda c: c.list_buckets(),
    "create": lambda c: c.create_bucket("bucket"),
    "tags": lambda c: c.get_tags("bucket", "key"),
    "presign": lambda c: (
        c.generate_presigned_url("bucket", "key") and None
    ),  # the URL itself is a secret to be used
}
_AWS = {"access_key": "AKIAPLANTED000000000", "secret_key": SECRETS["AWS secret key"], "region": "us-east-1"}


def _aws(**more: str) -> CloudCredentials:
    return CloudCredentials(CloudProvider.AWS, **{**_AWS, **more})


def _gcs_key(url: str, folder: Path) -> GCSClient:
    path = folder / "key.json"
    path.write_text(json.dumps({**KEY, "token_uri": f"{url}/token"}))
    credentials = CloudCredentials(CloudProvider.GCP, credentials_file=str(path), project="project")
    return GCSClient(credentials, endpoint_url=url, service="google", retry=RETRY, timeout=5.0)


def _swift(credentials: CloudCredentials, url: str, **more: Any) -> InfomaniakObjectStorageClient:
    return InfomaniakObjectStorageClient(
        credentials,
        retry=RETRY,
        timeout=5.0,
        options=SwiftOptions(temp_url_key=SECRETS["TempURL key"]),
        **{"region": "r", **more},
    )


def _infomaniak(url: str, **login: str) -> CloudCredentials:
    return CloudCredentials(CloudProvider.INFOMANIAK, auth_url=f"{url}/v3", **login)


def plants(folder: Path) -> dict[str, Plant]:
    """Return the clients, by name."""
    (folder / "f.py").write_text("def main(event, context):\n    return 1\n")
    source = str(folder / "f.py")
    app = {
        "application_credential_id": "app",
        "application_credential_secret": SECRETS["application credential"],
    }
    azure = {"account_name": "account", "account_key": SECRETS["Azure account key"]}
    connection = f"DefaultEndpointsProtocol=https;AccountName=account;AccountKey={SECRETS['Azure account key']};BlobEndpoint="
    return {
        "s3": Plant(
            lambda url: S3Client(
                _aws(session_token=SECRETS["AWS session token"]),
                endpoint_url=url,
                retry=RETRY,
                timeout=5.0,
                options=S3Options(encryption=Encryption(customer_key=Secret(SECRETS["SSE-C key"]))),
            ),
            STORAGE,
        ),
        "gcs with a token": Plant(
            lambda url: GCSClient(
                CloudCredentials(CloudProvider.GCP, token=SECRETS["GCS access token"], project="p"),
                endpoint_url=url,
                service="google",
                retry=RETRY,
                timeout=5.0,
                options=GCSOptions(customer_key=Secret(SECRETS["CSEK"])),
            ),
            STORAGE | {"location": lambda c: c.get_bucket_location("bucket")},
        ),
        "gcs with a key": Plant(lambda url: _gcs_key(url, folder), STORAGE),
        "azure with a key": Plant(
            lambda url: AzureBlobClient(
                CloudCredentials(CloudProvider.AZURE, **azure),
                account_url=f"{url}/account",
                retry=RETRY,
                timeout=5.0,
            ),
            STORAGE | {"account": lambda c: c.get_account_info()},
        ),
        "azure with a connection string": Plant(
            lambda url: AzureBlobClient(
                CloudCredentials(CloudProvider.AZURE, connection_string=f"{connection}{url}/account"),
                retry=RETRY,
                timeout=5.0,
            ),
            STORAGE,
        ),
        "azure with a SAS": Plant(
            lambda url: AzureBlobClient(
                CloudCredentials(
                    CloudProvider.AZURE,
                    sas_token=f"sv=2022-11-02&ss=b&srt=sco&sp=rl&se=2099-01-01T00:00:00Z&sig={SECRETS['SAS signature']}",
                ),
                account_url=f"{url}/account",
                retry=RETRY,
                timeout=5.0,
            ),
            STORAGE | {"account": lambda c: c.get_account_info()},
        ),
        "swift with a token": Plant(
            lambda url: _swift(
                CloudCredentials(CloudProvider.INFOMANIAK, token=SECRETS["Keystone token"]),
                url,
                endpoint_url=f"{url}/v1/AUTH_a",
            ),
            STORAGE | {"account": lambda c: c.get_account_info()},
        ),
        "swift with a password": Plant(
            lambda url: _swift(
                _infomaniak(url, username="u", password=SECRETS["password"], project="p", domain="d"), url
            ),
            STORAGE,
        ),
        "swift with version 1": Plant(
            lambda url: InfomaniakObjectStorageClient(
                CloudCredentials(
                    CloudProvider.INFOMANIAK,
                    username="a:u",
                    password=SECRETS["password"],
                    auth_url=f"{url}/auth/v1.0",
                ),
                retry=RETRY,
                timeout=5.0,
            ),
            STORAGE,
        ),
        "nova with an application credential": Plant(
            lambda url: InfomaniakComputeClient(
                _infomaniak(url, **app), region="r", retry=RETRY, timeout=5.0
            ),
            {
                "list": lambda c: c.list_instances(),
                "create": lambda c: c.create_instance("n", "t", "i", user_data=SECRETS["user data"]),
            },
        ),
        "coda": Plant(
            lambda url: CodaClient(SECRETS["Coda token"], f"{url}/apis/v1", retry=RETRY, timeout=5.0),
            {
                "whoami": lambda c: c.whoami(),
                "docs": lambda c: list(c.list_docs()),
                "insert": lambda c: c.insert_rows("d", "t", [{"a": 1}]),
            },
        ),
        "newsletter": Plant(
            lambda url: InfomaniakNewsletterClient(
                SECRETS["newsletter token"], 77, url, retry=RETRY, timeout=5.0
            ),
            {
                "domain": lambda c: c.get_domain(),
                "campaigns": lambda c: list(c.list_campaigns()),
                "field": lambda c: c.create_field("name", "text"),
            },
        ),
        "lambda": Plant(
            lambda url: LambdaClient(
                _aws(), endpoint_url=url, retry=RETRY, timeout=5.0, role="arn:aws:iam::000000000000:role/r"
            ),
            {
                "list": lambda c: c.list_functions(),
                "invoke": lambda c: c.invoke_function("f", {}),
                "create": lambda c: c.create_function(
                    "f",
                    "python3.12",
                    "f.main",
                    source,
                    environment={"A": SECRETS["Lambda environment"]},
                    wait=False,
                ),
            },
        ),
        "ec2": Plant(
            lambda url: EC2Client(
                _aws(session_token=SECRETS["AWS session token"]), endpoint_url=url, retry=RETRY, timeout=5.0
            ),
            {
                "list": lambda c: c.list_instances(),
                "create": lambda c: c.create_instance(
                    "n", "t3.nano", "ami-1", user_data=SECRETS["user data"], token="once"
                ),
            },
        ),
    }


NAMES = (
    "s3", "gcs with a token", "gcs with a key", "azure with a key", "azure with a connection string",
    "azure with a SAS", "swift with a token", "swift with a password", "swift with version 1",
    "nova with an application credential", "coda", "newsletter", "lambda", "ec2",
)  # fmt: skip  # names in few lines


# -- what goes wrong -------------------------------------------------------------------------------------------
def _issued(url: str) -> dict[str, Any]:
    """Return a token of Keystone and its catalogue."""
    endpoints = [
        {"id": "e", "interface": "public", "region": "r", "region_id": "r", "url": f"{url}/v1/AUTH_a"}
    ]
    catalog = [
        {"id": kind, "type": kind, "name": kind, "endpoints": endpoints}
        for kind in ("object-store", "compute", "identity")
    ]
    user = {"id": "u", "name": "u", "domain": {"id": "d", "name": "d"}}
    return {
        "token": {
            "methods": ["password"], "user": user, "catalog": catalog, "roles": [], "audit_ids": ["a"],
            "project": {"id": "p", "name": "p", "domain": {"id": "d", "name": "d"}},
            "expires_at": "2099-01-01T00:00:00.000000Z", "issued_at": "2024-01-01T00:00:00.000000Z",
        }
    }  # fmt: skip  # one line reads best


JSON = ("Content-Type", "application/json")


class Scene:
    """Logs in whoever asks, and does to all other requests what the scene is about."""

    def __init__(self, name: str, sink: str) -> None:
        self.name = name
        self.sink = sink
        self.url = ""

    def __call__(self, request: RecordedRequest) -> ScriptedResponse:
        """Answer one request."""
        login = self._login(request)
        if login is not None:
            return login
        if self.name == "cut":
            return ScriptedResponse(raw=b"", close="rst")
        if self.name == "redirect":
            return ScriptedResponse(status=307, headers=(("Location", self.sink + request.path),))
        if self.name == "ordinary":
            return ScriptedResponse(headers=(("ETag", '"e"'), ("x-goog-generation", "1"), JSON), body=b"{}")
        return ScriptedResponse(status=int(self.name), headers=(JSON,), body=b'{"message": "words"}')

    def _login(self, request: RecordedRequest) -> ScriptedResponse | None:
        if request.path.startswith("/v3/auth/tokens") and request.method == "POST":
            headers = (JSON, ("X-Subject-Token", SECRETS["Keystone token"]))
            return ScriptedResponse(status=201, headers=headers, body=json.dumps(_issued(self.url)).encode())
        if request.path in {"/v3", "/v3/"}:
            version = {
                "id": "v3.14",
                "status": "stable",
                "links": [{"rel": "self", "href": f"{self.url}/v3/"}],
            }
            return ScriptedResponse(headers=(JSON,), body=json.dumps({"version": version}).encode())
        if request.path == "/auth/v1.0":
            found = (("X-Auth-Token", SECRETS["Keystone token"]), ("X-Storage-Url", f"{self.url}/v1/AUTH_a"))
            return ScriptedResponse(headers=found)
        if request.path == "/token":
            body = {"access_token": SECRETS["GCS access token"], "expires_in": 3600, "token_type": "Bearer"}
            return ScriptedResponse(headers=(JSON,), body=json.dumps(body).encode())
        return None


SCENES = (
    "ordinary",
    "403",
    "cut",
    "redirect",
    "bad TLS",
    *(("401", "404", "500") if os.environ.get("CLOUD_LEAKS") else ()),
)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def _context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture(autouse=True)
def _trust(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every client trust the test's authority and find no other settings."""
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "OS_CACERT"):
        monkeypatch.setenv(name, str(bundle))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


class Everything(logging.Handler):
    """Keeps all that is logged: text, arguments and extras."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.texts.append(f"{record.name}: {record.getMessage()} {record.args!r} {vars(record)!r}")


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Give what all loggers say, at DEBUG whatever they were set to."""
    handler, root = Everything(), logging.getLogger()
    loggers = [item for item in root.manager.loggerDict.values() if isinstance(item, logging.Logger)]
    levels = {item: item.level for item in (root, *loggers)}
    for item in loggers:
        item.setLevel(logging.NOTSET)
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler.texts
    root.removeHandler(handler)
    for item, level in levels.items():
        item.setLevel(level)


def found_in(text: str) -> set[str]:
    """Return the names of the secrets in a text, also where they are percent-encoded."""
    from urllib.parse import quote

    known = {value: name for name, value in SECRETS.items()} | ENCODED
    return {name for value, name in known.items() if value in text or quote(value, safe="") in text}


def frames_of(error: BaseException) -> str:
    """Return the tracebacks of an error and its causes, with the local variables of this library's frames."""
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    texts = traceback.format_exception(error)
    pending: list[traceback.TracebackException | None] = [trace]
    while pending:
        each = pending.pop()
        if each is None:
            continue
        pending += [each.__cause__, each.__context__]
        for frame in each.stack:
            if frame.filename.startswith(LIBRARY):
                texts.append(f"{frame.filename}:{frame.lineno} {frame.locals}")
    return "\n".join(texts)


def pickled(thing: object) -> str:
    """Return a pickle's bytes as text; empty for what refuses to be pickled."""
    try:
        return pickle.dumps(thing).decode("latin-1")
    except (TypeError, AttributeError, pickle.PicklingError, CloudError):
        return ""


def shown_by(thing: object) -> str:
    """Return all that a thing shows of itself."""
    attributes = repr(vars(thing)) if hasattr(thing, "__dict__") else ""
    return "\n".join((repr(thing), str(thing), f"{thing}", attributes, pickled(thing)))


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("name", NAMES)
def test_secrets_stand_nowhere(
    name: str, scene: str, authority: trustme.CA, logged: list[str], tmp_path: Path
) -> None:
    plant = plants(tmp_path)[name]
    leaks: list[str] = []
    with ScriptedServer(otherwise=ScriptedResponse(body=b"bait")) as sink:
        answers = Scene("ordinary" if scene == "bad TLS" else scene, sink.url)
        trusted = trustme.CA() if scene == "bad TLS" else authority
        with ScriptedServer(otherwise=answers, ssl_context=_context(trusted)) as server:
            answers.url = server.url
            client = plant.make(server.url)
            client._runtime._sleep = lambda _seconds: None
            texts = {"client": shown_by(client)}
            for call, run in plant.calls.items():
                try:
                    result = run(client)
                except CloudError as error:  # noqa: PERF203  # a call costs more than a try
                    texts[f"{call}: error"] = shown_by(error) + json.dumps(error.to_dict())
                    texts[f"{call}: traceback"] = frames_of(error)
                else:
                    texts[f"{call}: result"] = shown_by(result)
            texts["client, used"] = shown_by(client)
            client.close()
            if scene != "bad TLS":
                assert server.requests
        assert sink.requests == ()
    leaks += [f"{where}: {names}" for where, text in texts.items() if (names := found_in(text))]
    leaks += [
        f"log of {text.partition(':')[0]}: {names} {text[:200]}"
        for text in logged
        if (names := found_in(text))
    ]
    assert leaks == []


# -- the command line and processes ----------------------------------------------------------------------------
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAPLANTED000000000",
    "AWS_SECRET_ACCESS_KEY": SECRETS["AWS secret key"],
    "AWS_SESSION_TOKEN": SECRETS["AWS session token"],
    "AWS_REGION": "us-east-1",
    "CODA_API_TOKEN": SECRETS["Coda token"],
    "INFOMANIAK_NEWSLETTER_TOKEN": SECRETS["newsletter token"],
    "INFOMANIAK_NEWSLETTER_ID": "77",
}


@pytest.mark.parametrize("scene", ["403", "cut"])
@pytest.mark.parametrize(
    "command",
    [
        ["ls", "s3://bucket/p/?endpoint_url={url}"],
        ["stat", "s3://bucket/key?endpoint_url={url}"],
        ["cat", "s3://bucket/key?endpoint_url={url}"],
        ["vm", "list"],
        ["fn", "list"],
    ],
    ids=lambda command: command[0],
)
def test_the_command_line_shows_no_secret(
    command: list[str],
    scene: str,
    authority: trustme.CA,
    logged: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    answers = Scene(scene, "http://127.0.0.1:9")
    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with ScriptedServer(otherwise=answers, ssl_context=_context(authority)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        with redirect_stdout(out), redirect_stderr(io.StringIO()) as errors:
            try:
                main(["--debug", *(part.format(url=server.url) for part in command)])
            except SystemExit as ended:
                pytest.fail(f"not a command: {ended} {errors.getvalue()}")
        assert server.requests
    out.flush()
    printed = out.buffer.getvalue().decode() + errors.getvalue()  # type: ignore[attr-defined]  # a BytesIO
    assert found_in(printed) == set()
    assert [text[:200] for text in logged if found_in(text)] == []


PROGRAM = """
import sys, time
from cloud.local import LocalServerlessClient
client = LocalServerlessClient(sys.argv[1])
secret = sys.stdin.readline().strip()
client.create_function("f", "python3", "f.main", sys.argv[2], environment={"A": secret})
print(client.invoke_function("f", {"a": 1}), flush=True)
"""
FUNCTION = """
import json, os, pathlib

def main(event, context):
    seen = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            seen.append(path.read_bytes().decode("utf-8", "replace"))
        except OSError:
            pass
    secret = os.environ["A"]
    return {"in arguments": [line[:80] for line in seen if secret in line], "has it": len(secret), "seen": len(seen)}
"""


def test_no_process_has_a_secret_among_its_arguments(tmp_path: Path) -> None:
    """The local runner starts a process for a function; its environment goes there by another way."""
    source = tmp_path / "f.py"
    source.write_text(FUNCTION)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "functions"), str(source)],
        input=SECRETS["Lambda environment"] + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "'in arguments': []" in done.stdout.replace('"', "'")
    assert f"'has it': {len(SECRETS['Lambda environment'])}" in done.stdout.replace('"', "'")


def test_a_secret_that_is_shown_would_be_found(logged: list[str]) -> None:
    """The searches above can fail."""
    token = SECRETS["Coda token"]
    logging.getLogger("urllib3.connectionpool").debug("%s", token)
    assert [found_in(text) for text in logged] == [{"Coda token"}]
    assert found_in(shown_by({"token": token})) == {"Coda token"}
    assert found_in("sig=" + SECRETS["Azure account key"].replace("=", "%3D")) == {"Azure account key"}
    assert found_in(shown_by(CloudError(token))) == {"Coda token"}
    assert found_in(frames_of(CloudError(token))) == {"Coda token"}
