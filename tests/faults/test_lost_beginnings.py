"""The beginning of an upload in parts whose answer was lost: the call begins anew, and the first beginning stays.

It is not looked for and aborted in the call: the listing says when an upload was begun and not by whom, so that
another writer's upload of the same key would be aborted with it. What is old enough is removed by `cleanup`. Only where
the name of an upload is made here, the call itself removes it.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from cloud._registry import StorageLocation
from cloud.common import TransferConfig
from cloud.testing import Fault, FaultProxy
from cloud.transfer import cleanup
from faults.services import SERVICES, Service
from faults.support import KIB, MIB, PATIENCE, Kind, client_for, random_bytes

if TYPE_CHECKING:
    from cloud.aws import S3Client
    from servers import Server

pytestmark = pytest.mark.timeout(60)

IN_PARTS = TransferConfig(part_size=5 * MIB, threshold=5 * MIB, max_workers=2)
BODY = random_bytes(5 * MIB + 64 * KIB)


@pytest.mark.parametrize("kind", [Kind.LOST_REPLY, Kind.LOST_REPLY_FIN, Kind.LOST_REPLY_503])
def test_what_s3_named_and_never_said_is_left_to_the_cleanup(
    kind: Kind, proxy: FaultProxy, server: Server, direct: S3Client
) -> None:
    bucket = f"begun-{uuid4().hex}"
    direct.create_bucket(bucket)
    begun = Fault(kind=kind, method="POST", path=r"\?uploads=")
    with client_for(begun, proxy, server, transfer=IN_PARTS)[0] as client:
        client.upload_file(bucket, "k", BODY)
    assert direct.download_file(bucket, "k") == BODY
    assert [upload.key for upload in direct.list_unfinished_uploads(bucket)] == ["k"]
    removed = partial(cleanup, StorageLocation(direct, bucket, ""), journals=False)
    # It is as young as the upload of any other writer would be.
    assert list(removed()) == []
    assert direct.abort_unfinished_uploads(bucket, older_than=timedelta(hours=1)) == []
    assert [item.removed for item in removed(older_than=timedelta(0))] == [True]
    assert direct.list_unfinished_uploads(bucket) == []
    assert direct.download_file(bucket, "k") == BODY
    direct.delete_bucket(bucket, force=True)


MARKERS = {"gcs": ("POST", "uploadType="), "swift": ("PUT", "_segments/")}


@pytest.mark.parametrize("kind", [Kind.LOST_REPLY, Kind.LOST_REPLY_FIN, Kind.LOST_REPLY_503, Kind.JUNK])
@pytest.mark.parametrize(
    "service", [one for one in SERVICES if one.name in MARKERS], ids=lambda one: one.name
)
def test_what_was_named_here_is_removed_before_the_next_try(
    kind: Kind, service: Service, request: pytest.FixtureRequest
) -> None:
    """Google's uploads by compose and Swift's large objects: the name is ours, and no other writer's."""
    server, bucket = request.getfixturevalue(service.fixture), f"begun-{uuid4().hex}"
    method, path = MARKERS[service.name]
    with (
        FaultProxy(server.endpoint_url) as proxy,
        service.client(server, proxy.url, PATIENCE) as client,
        service.client(server, server.endpoint_url, PATIENCE) as direct,
    ):
        direct.create_bucket(bucket)
        direct.upload_file(bucket, "before", BODY, transfer=IN_PARTS)  # Swift's segments have a container now
        proxy.inject(Fault(kind=kind, method=method, path=path))
        client.upload_file(bucket, "k", BODY, transfer=IN_PARTS)
        assert sum(request.fault is kind for request in proxy.requests) == 1
        assert direct.list_unfinished_uploads(bucket) == []
        assert [info.key for info in direct.list_objects(bucket)] == ["before", "k"]
        assert direct.download_file(bucket, "k") == BODY
        direct.delete_bucket(bucket, force=True)
