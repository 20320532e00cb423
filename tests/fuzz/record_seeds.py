"""Records what the real servers answer to each call, as the seeds of the fuzzing: run it when the calls change.

``.venv/bin/python tests/fuzz/record_seeds.py`` (with ``PYTHONPATH=tests``) writes ``seeds/*.json``.
"""

from __future__ import annotations

import http.client
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cloud.aws import S3Client
from cloud.azure import AzureBlobClient
from cloud.common import CloudCredentials, CloudError, CloudProvider
from cloud.gcp import GCSClient
from cloud.infomaniak import InfomaniakObjectStorageClient
from cloud.testing import ScriptedResponse, ScriptedServer
from fuzz.replay import Answer
from fuzz.stores import BUCKET, KEY, ODD, PARTS, SMALL, calls_of, save
from servers import azurite, fake_gcs, seaweedfs, swift

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
