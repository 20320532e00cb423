"""An upload goes on where it stopped on Swift and Google Cloud Storage, by a client that is new; on S3, begins anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cloud.aws import S3Client
from cloud.common import Capability, CloudCredentials, CloudProvider, TransferConfig
from cloud.gcp import GCSClient
from cloud.infomaniak import InfomaniakObjectStorageClient
from faults.support import credentials_of, random_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud.common import BaseStorageClient
    from cloud.common._bodies import Payload
    from cloud.common._storage_types import Part, Upload
    from servers import Server

MIB = 1 << 20
PARTS = TransferConfig(part_size=5 * MIB, threshold=6 * MIB, max_workers=1)
DATA = random_bytes(22 * MIB)

pytestmark = pytest.mark.timeout(120)


class Killed(BaseException):
    """Ends an upload as Ctrl-C does."""


def _swift(server: Any) -> BaseStorageClient:
    credentials = CloudCredentials(
        CloudProvider.INFOMANIAK,
        auth_url=server.auth_url,
        username=server.admin.access_key,
        password=server.admin.secret_key,
    )
    return InfomaniakObjectStorageClient(credentials, endpoint_url=server.storage_url)


def _gcs(server: Any) -> BaseStorageClient:
    return GCSClient(project=server.project, endpoint_url=server.endpoint_url, anonymous=True)


@pytest.mark.parametrize(
    ("fixture", "connect"), [("swift_server", _swift), ("fake_gcs_server", _gcs)], ids=["swift", "gcs"]
)
def test_an_upload_goes_on(
    fixture: str,
    connect: Callable[[Any], BaseStorageClient],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    server = request.getfixturevalue(fixture)
    source = tmp_path / "source"
    source.write_bytes(DATA)
    moved: list[int] = []

    def kill(count: int) -> None:
        moved.append(count)
        if len(moved) == 3:
            raise Killed

    with connect(server) as client:
        client.create_bucket("resumed")
        with pytest.raises(Killed):
            client.upload_file("resumed", "k/ü", source, resume=True, transfer=PARTS, progress=kill)
        assert not client.object_exists("resumed", "k/ü")
    with connect(server) as client:
        assert len(client.list_unfinished_uploads("resumed")) == 1
        client.upload_file("resumed", "k/ü", source, resume=True, transfer=PARTS)
        assert client.metrics.snapshot().bytes_sent == len(DATA) - 3 * PARTS.part_size
        assert client.download_file("resumed", "k/ü") == DATA
        assert Capability.UNFINISHED_UPLOADS in client.capabilities
        assert list(client.list_unfinished_uploads("resumed")) == []
    assert list((tmp_path / "state/cloud/uploads").iterdir()) == []


class Losing(S3Client):
    """Its service loses an upload at the next part, if asked to."""

    loses = False

    def _put_part(self, upload: Upload, number: int, payload: Payload) -> Part:
        if self.loses:
            self.loses = False
            self._abort_upload(upload)
        return super()._put_part(upload, number, payload)


@pytest.mark.parametrize("lost", ["the upload", "a part"])
def test_an_upload_whose_parts_are_lost_begins_anew(
    lost: str, seaweedfs_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    source = tmp_path / "source"
    source.write_bytes(DATA)

    def kill(_count: int) -> None:
        raise Killed

    url = seaweedfs_server.endpoint_url
    with Losing(credentials_of(seaweedfs_server), endpoint_url=url, service="seaweedfs") as client:
        client.create_bucket("resumed")
        with pytest.raises(Killed):
            client.upload_file("resumed", lost, source, resume=True, transfer=PARTS, progress=kill)
        if lost == "a part":
            [journal] = (tmp_path / "state/cloud/uploads").iterdir()
            head, first = journal.read_bytes().splitlines()
            changed = {**json.loads(first), "etag": "0" * 32}
            journal.write_bytes(head + b"\n" + json.dumps(changed).encode() + b"\n")
        client.loses = lost == "the upload"
        client.upload_file("resumed", lost, source, resume=True, transfer=PARTS)
        assert client.download_file("resumed", lost) == DATA
        assert list(client.list_unfinished_uploads("resumed")) == []
        client.delete_file("resumed", lost)
    assert list((tmp_path / "state/cloud/uploads").iterdir()) == []
