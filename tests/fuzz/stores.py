"""The calls that every store answers, the clients that make them, and the recorded answers to begin with."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cloud.aws import S3Client
from cloud.azure import AzureBlobClient
from cloud.common import CloudCredentials, CloudProvider, RetryPolicy, TransferConfig
from cloud.gcp import GCSClient, GCSOptions
from cloud.infomaniak import InfomaniakObjectStorageClient
from fuzz.replay import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloud.common import BaseStorageClient

SEEDS = Path(__file__).parent / "seeds"
BUCKET = "fuzzed"
SMALL, KEY, ODD = b"hello, world\n" * 4, "dir/small", "dir/\u00fc n\u00ef"
MIB = 1 << 20
PARTS = TransferConfig(part_size=5 * MIB, threshold=5 * MIB, max_workers=1)
LARGE = bytes(5 * MIB + 1)


def _cut_stream(client: BaseStorageClient) -> bytes:
    return b"".join(client.iter_file(BUCKET, KEY, chunk_size=16))


CALLS: dict[str, Callable[[Any], Any]] = {
    "list_buckets": lambda c: c.list_buckets(),
    "bucket_exists": lambda c: c.bucket_exists(BUCKET),
    "create_bucket": lambda c: c.create_bucket(BUCKET),
    "delete_bucket": lambda c: c.delete_bucket("fuzzed-gone"),
    "get_object_metadata": lambda c: c.get_object_metadata(BUCKET, KEY),
    "object_exists": lambda c: c.object_exists(BUCKET, "nothing"),
    "download_file": lambda c: c.download_file(BUCKET, KEY),
    "read_range": lambda c: c.read_range(BUCKET, KEY, 3, 30),
    "read_tail": lambda c: c.read_range(BUCKET, KEY, -5),
    "read_ranges": lambda c: c.read_ranges(BUCKET, KEY, [(0, 4), (20, 30)], max_gap=1),
    "iter_file": _cut_stream,
    "open_file": lambda c: c.open_file(BUCKET, KEY),
    "list_objects": lambda c: c.list_objects(BUCKET, page_size=2),
    "list_folders": lambda c: c.list_objects(BUCKET, delimiter="/", start_after="a"),
    "upload": lambda c: c.upload_file(BUCKET, "new", SMALL, metadata={"a": "b"}),
    "upload_once": lambda c: c.upload_file(BUCKET, "once", SMALL, if_absent=True),
    "upload_parts": lambda c: c.upload_file(BUCKET, "large", iter([LARGE])),
    "copy_file": lambda c: c.copy_file(BUCKET, KEY, BUCKET, "copy"),
    "update_metadata": lambda c: c.update_metadata(BUCKET, KEY, metadata={"x": "y"}),
    "delete_file": lambda c: c.delete_file(BUCKET, "copy"),
    "delete_files": lambda c: c.delete_files(BUCKET, ["new", "large", "nothing", ODD]),
    "list_versions": lambda c: c.list_versions(BUCKET),
    "get_tags": lambda c: c.get_tags(BUCKET, KEY),
    "set_tags": lambda c: c.set_tags(BUCKET, KEY, {"a": "b"}),
    "list_unfinished_uploads": lambda c: c.list_unfinished_uploads(BUCKET),
    "abort_unfinished_uploads": lambda c: c.abort_unfinished_uploads(BUCKET, older_than=timedelta(0)),
}
OWN: dict[str, dict[str, Callable[[Any], Any]]] = {
    "s3": {},
    "gcs": {
        name: lambda c, name=name: getattr(c, name)(BUCKET)
        for name in (
            "get_bucket_cors", "get_bucket_labels", "get_bucket_lifecycle", "get_bucket_location", "get_bucket_policy",
            "get_bucket_storage_class", "get_bucket_versioning", "get_default_kms_key", "get_requester_pays",
            "get_soft_delete", "get_uniform_access", "list_soft_deleted",
        )
    },
    "azure": {
        "acquire_lease": lambda c: c.acquire_lease(BUCKET, KEY, seconds=15),
        "break_lease": lambda c: c.break_lease(BUCKET, KEY),
        "create_snapshot": lambda c: c.create_snapshot(BUCKET, KEY),
        "list_snapshots": lambda c: c.list_snapshots(BUCKET),
        "list_deleted": lambda c: c.list_deleted(BUCKET),
        "find_by_tags": lambda c: c.find_by_tags("\"a\" = 'b'", bucket=BUCKET),
        "get_account_info": lambda c: c.get_account_info(),
        "get_bucket_access": lambda c: c.get_bucket_access(BUCKET),
        "get_bucket_metadata": lambda c: c.get_bucket_metadata(BUCKET),
        "get_soft_delete_days": lambda c: c.get_soft_delete_days(),
    },
    "swift": {
        "get_account_info": lambda c: c.get_account_info(),
        "get_cluster_info": lambda c: c.get_cluster_info(),
        "get_container_metadata": lambda c: c.get_container_metadata(BUCKET),
        "get_container_read_acl": lambda c: c.get_container_read_acl(BUCKET),
        "get_bucket_versioning": lambda c: c.get_bucket_versioning(BUCKET),
        "get_expiry": lambda c: c.get_expiry(BUCKET, KEY),
        "set_expiry": lambda c: c.set_expiry(BUCKET, KEY, after=timedelta(days=9)),
        "set_object_metadata": lambda c: c.set_object_metadata(BUCKET, KEY, {"a": "b"}),
        "upload_archive": lambda c: c.upload_archive(BUCKET, _tar()),
        "validate_connection": lambda c: c.validate_connection(),
        "list_containers": lambda c: c.list_containers(),
    },
}  # fmt: skip  # names in few lines


def _tar() -> bytes:
    import io
    import tarfile

    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("member"))
    return file.getvalue()


def no_jitter(_ceiling: float) -> float:
    """Return 0: nothing waits."""
    return 0.0


def no_wait(_seconds: float) -> None:
    """Wait no time."""


_COMMON: dict[str, Any] = {
    "retry": RetryPolicy(max_attempts=2, jitter=no_jitter, retry_after_cap_seconds=0.0),
    "timeout": (5.0, 5.0),
    "transfer": PARTS,
}


def _s3(url: str, **more: Any) -> BaseStorageClient:
    keys = CloudCredentials(CloudProvider.AWS, access_key="a" * 20, secret_key="s" * 40, region="us-east-1")
    return S3Client(keys, endpoint_url=url, service="seaweedfs", **more)


def _gcs(url: str, **more: Any) -> BaseStorageClient:
    return GCSClient(project="project", endpoint_url=url, anonymous=True, **more)


def _azure(url: str, **more: Any) -> BaseStorageClient:
    key = CloudCredentials(CloudProvider.AZURE, account_name="account", account_key="a2V5" * 22)
    return AzureBlobClient(key, account_url=f"{url}/account", **more)


def _swift(url: str, **more: Any) -> BaseStorageClient:
    token = CloudCredentials(CloudProvider.INFOMANIAK, token="t" * 30)
    return InfomaniakObjectStorageClient(token, endpoint_url=f"{url}/v1/AUTH_a", **more)


def _google(url: str, **more: Any) -> BaseStorageClient:
    token = CloudCredentials(CloudProvider.GCP, token="ya29.t", project="project")
    return GCSClient(token, endpoint_url=url, service="google", options=GCSOptions(transport="wire"), **more)


MAKERS: dict[str, Callable[..., BaseStorageClient]] = {
    "s3": _s3,
    "gcs": _gcs,
    "google": _google,
    "azure": _azure,
    "swift": _swift,
}


def make_client(store: str, url: str) -> BaseStorageClient:
    """Return a new client of `store` at `url` that waits for nothing."""
    client = MAKERS[store](url, **_COMMON)
    client._runtime._sleep = no_wait
    return client


def calls_of(store: str) -> dict[str, Callable[[Any], Any]]:
    """Return the calls of a store by name."""
    return CALLS | OWN[store]


def save(store: str, recorded: dict[str, Sequence[Answer]]) -> None:
    """Write what was recorded."""
    document = {
        name: [
            {"status": one.status, "headers": one.headers, "body": b64encode(one.body).decode()}
            for one in answers
        ]
        for name, answers in recorded.items()
    }
    (SEEDS / f"{store}.json").write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", "utf-8")


def seeds(store: str) -> dict[str, list[Answer]]:
    """Return the recorded answers by call."""
    document = cast(
        "dict[str, list[dict[str, Any]]]", json.loads((SEEDS / f"{store}.json").read_text("utf-8"))
    )
    return {
        name: [
            Answer(
                one["status"], tuple((key, value) for key, value in one["headers"]), b64decode(one["body"])
            )
            for one in answers
        ]
        for name, answers in document.items()
    }
