"""Records what the real servers answer to each call, as the seeds of the fuzzing: run it when the calls change.

``.venv/bin/python tests/fuzz/record_seeds.py`` (with ``PYTHONPATH=tests``) writes ``seeds/*.json``.
"""

from __future__ import annotations

import http.client
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3

from cloud.aws import S3Client
from cloud.azure import AzureBlobClient
from cloud.common import CloudCredentials, CloudError, CloudProvider
from cloud.gcp import GCSClient
from cloud.infomaniak import InfomaniakObjectStorageClient
from cloud.testing import ScriptedResponse, ScriptedServer
from fuzz import aws
from fuzz.replay import Answer
from fuzz.stores import BUCKET, KEY, ODD, PARTS, SMALL, calls_of, save
from servers import azurite, fake_gcs, moto_server, seaweedfs, swift

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common import BaseStorageClient
    from cloud.testing import RecordedRequest

_DROPPED = frozenset({"connection", "keep-alive", "transfer-encoding", "date"})


class Recorder:
    """Forwards requests to a server and keeps the answers."""

    def __init__(self, upstream: str, *, rewrites_host: bool) -> None:
        parts = urlsplit(upstream)
        self._host = parts.netloc if rewrites_host else None  # signatures cover it
        self._address = (parts.hostname or "", parts.port or 80)
        self.answers: list[Answer] = []

    def __call__(self, request: RecordedRequest) -> ScriptedResponse:
        """Return the server's answer."""
        connection = http.client.HTTPConnection(*self._address, timeout=20)
        connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            if name.lower() not in {"expect", "transfer-encoding", "content-length", "host"}:
                connection.putheader(name, value)
        connection.putheader("Host", self._host or request.header("host") or "")
        connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        found = connection.getresponse()
        body = found.read()
        connection.close()
        is_head = request.method == "HEAD"
        headers = [
            (name, value)
            for name, value in found.getheaders()
            if name.lower() not in _DROPPED and (is_head or name.lower() != "content-length")
        ]
        self.answers.append(Answer(found.status, tuple(headers), body))
        return ScriptedResponse(status=found.status, headers=tuple(headers), body=body)


def record(store: str, upstream: str, connect: Callable[[str], BaseStorageClient]) -> None:
    """Make every call once and save what was answered."""
    recorder = Recorder(upstream, rewrites_host=store == "gcs")
    recorded: dict[str, Any] = {}
    with ScriptedServer(otherwise=recorder) as server:
        client = connect(server.url)
        client.create_bucket(BUCKET)
        client.create_bucket("fuzzed-gone")
        for key in (KEY, ODD, "a/1", "a/2", "b"):
            client.upload_file(BUCKET, key, SMALL, metadata={"name": "value"})
        for name, call in calls_of(store).items():
            fresh = connect(server.url)
            recorder.answers = []
            try:
                value = call(fresh)
                if hasattr(value, "read"):
                    value.read()
                elif not isinstance(value, (str, bytes, dict)) and hasattr(value, "__iter__"):
                    list(value)
            except CloudError as error:
                print(store, name, type(error).__name__, str(error)[:100])  # noqa: T201  # for who runs it
            fresh.close()
            if recorder.answers:
                recorded[name] = [neutral(one, server.url) for one in recorder.answers]
        client.close()
    save(store, recorded)


def record_aws(upstream: str) -> None:
    """Make every call of EC2's and Lambda's clients once and save what moto answered."""
    settings = json.dumps({"lambda": {"use_docker": False}})
    connection = http.client.HTTPConnection(urlsplit(upstream).netloc)
    connection.request("POST", "/moto-api/config", settings, {"Content-Type": "application/json"})
    connection.getresponse().read()
    connection.close()
    recorder = Recorder(upstream, rewrites_host=False)
    with ScriptedServer(otherwise=recorder) as server, TemporaryDirectory() as folder:
        (Path(folder) / "app.py").write_text("def handler(event, context): return event\n")
        machines, functions = (aws.connect(each, server.url, seconds=60.0) for each in ("ec2", "lambda"))
        image = "ami-12c6146b"  # moto takes any
        ids = {"image": image, "group": machines.create_security_group("fuzzed", "fuzzed").id}
        ids["instance"] = machines.create_instance("before", "t3.micro", image).id
        machines.native.create_image(InstanceId=ids["instance"], Name="fuzzed")
        machines.create_key_pair("before")
        machines.create_snapshot("before", machines.create_volume("disk", "us-east-1a", size_gib=1).id)
        iam = boto3.client(
            "iam",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        functions.create_function("f", "python3.12", "app.handler", folder, environment={"A": "1"})
        for service, calls in aws.CALLS.items():
            recorded: dict[str, Any] = {}
            for name, call in calls.items():
                recorder.answers = []
                call(aws.connect(service, server.url, seconds=60.0), ids)
                recorded[name] = [neutral(one, server.url) for one in recorder.answers]
            save(service, recorded)


def neutral(answer: Answer, url: str) -> Answer:
    """Return an answer without this run's address."""
    port = re.escape(url.rpartition(":")[2])
    pattern = re.compile(rf"127\.0\.0\.1:(?:{port}|\d{{4,5}})")
    headers = tuple((name, pattern.sub("127.0.0.1", value)) for name, value in answer.headers)
    return Answer(answer.status, headers, re.sub(rb"127\.0\.0\.1:\d{4,5}", b"127.0.0.1", answer.body))


def main() -> None:
    """Record all stores."""
    with seaweedfs.run() as server:
        keys = CloudCredentials(
            CloudProvider.AWS,
            access_key=server.admin.access_key,
            secret_key=server.admin.secret_key,
            region=server.region,
        )
        record(
            "s3",
            server.endpoint_url,
            lambda url: S3Client(keys, endpoint_url=url, service="seaweedfs", transfer=PARTS),
        )
    with azurite.run() as blobs:
        key = CloudCredentials(
            CloudProvider.AZURE, account_name=blobs.account_name, account_key=blobs.account_key
        )
        record(
            "azure",
            blobs.endpoint_url,
            lambda url: AzureBlobClient(key, account_url=f"{url}/{blobs.account_name}", transfer=PARTS),
        )
    with fake_gcs.run() as gcs:
        record(
            "gcs",
            gcs.endpoint_url,
            lambda url: GCSClient(project=gcs.project, endpoint_url=url, anonymous=True, transfer=PARTS),
        )
    with moto_server.run() as amazon:
        record_aws(amazon.endpoint_url)
    with swift.run() as objects:
        login = CloudCredentials(
            CloudProvider.INFOMANIAK,
            username=objects.admin.access_key,
            password=objects.admin.secret_key,
            auth_url=objects.auth_url,
        )
        account = objects.storage_url.removeprefix(objects.endpoint_url)
        record(
            "swift",
            objects.endpoint_url,
            lambda url: InfomaniakObjectStorageClient(login, endpoint_url=f"{url}{account}", transfer=PARTS),
        )


if __name__ == "__main__":
    main()
