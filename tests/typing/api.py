"""Everyday calls as type checkers see them: checked by ``mypy --strict``, never run."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from typing_extensions import assert_type

from cloud import CloudError, open_storage
from cloud.aws import Encryption, S3Client, S3Options
from cloud.common import (
    BaseStorageClient,
    CallEvent,
    Cancellation,
    Capability,
    CloudClient,
    CloudConfig,
    CloudCredentials,
    CloudProvider,
    CloudResource,
    ComputeClient,
    DeleteResult,
    DownloadResult,
    FunctionInfo,
    Instance,
    MetricsSnapshot,
    NotFoundError,
    ObjectInfo,
    Observer,
    Page,
    Pager,
    PresignedPost,
    PresignedUrl,
    ResourceType,
    RetryPolicy,
    Secret,
    ServerlessClient,
    SlidingWindowLimiter,
    StorageClient,
    TransferConfig,
    UnfinishedUpload,
)
from cloud.common._writing import ObjectWriter
from cloud.infomaniak import InfomaniakS3Client
from cloud.local import LocalStorageClient


def construction() -> None:
    credentials = CloudCredentials(
        provider=CloudProvider.AWS, access_key="A", secret_key=Secret.from_env("S"), region="eu-west-3"
    )
    assert_type(credentials.secret_key, Secret | None)
    assert_type(CloudCredentials.from_env(CloudProvider.AWS), CloudCredentials)
    assert_type(S3Client(), S3Client)
    assert_type(S3Client.from_env(), S3Client)
    assert_type(InfomaniakS3Client.from_env(), InfomaniakS3Client)
    assert_type(LocalStorageClient("/data"), LocalStorageClient)
    assert_type(LocalStorageClient(Path("/data")), LocalStorageClient)
    assert_type(LocalStorageClient.in_memory(), LocalStorageClient)

    def observe(event: CallEvent) -> None:
        assert_type(event.seconds, float)
        assert_type(event.retry_in_seconds, float | None)

    observer: Observer = observe
    with S3Client(
        credentials,
        region="eu-west-3",
        endpoint_url="http://127.0.0.1:9000",
        profile="minio",
        timeout=(3.0, 30),
        retry=RetryPolicy(max_attempts=3),
        limits=SlidingWindowLimiter(60, 60),
        observers=[observer],
        transfer=TransferConfig(part_size=8 << 20),
        options=S3Options(encryption=Encryption(mode="aws:kms")),
    ) as client:
        assert_type(client, S3Client)
        assert_type(client.capabilities, frozenset[Capability])
        assert_type(client.metrics.snapshot(), MetricsSnapshot)
        assert_type(client.metrics.snapshot().errors, Mapping[str, int])


def every_client_is_one_of_the_contracts(client: S3Client, local: LocalStorageClient) -> None:
    portable: list[BaseStorageClient] = [client, local]
    storage: list[StorageClient] = [client, local]
    cloud: list[CloudClient] = [client, local]
    assert_type(portable[0].download_file("b", "k"), bytes)
    assert_type(storage[0].upload_file("b", "k", b""), str)
    assert_type(cloud[0].list_resources(ResourceType.STORAGE), list[CloudResource])
    assert_type(cloud[0].get_resource("b"), CloudResource | None)
    assert_type(cloud[0].create_resource("b", ResourceType.STORAGE, {}), CloudResource)
    assert_type(cloud[0].delete_resource("b"), bool)


def writes(client: BaseStorageClient, moments: Callable[[], Iterator[bytes]]) -> None:
    assert_type(client.upload_file("b", "k", b"data"), str)
    assert_type(client.upload_file("b", "k", Path("f"), content_type="text/plain", metadata={"a": "b"}), str)
    assert_type(client.upload_file("b", "k", io.BytesIO(b"data"), if_absent=True), str)
    assert_type(client.upload_file("b", "k", moments(), tags={"a": "b"}, progress=print), str)
    assert_type(client.upload_file("b", "k", bytearray(3), if_match="etag", cancellation=Cancellation()), str)
    assert_type(client.copy_file("b", "k", "b2", "k2", metadata={}), str)
    assert_type(client.move_file("b", "k", "b2", "k2"), str)
    assert_type(client.update_metadata("b", "k", cache_control="no-store"), ObjectInfo)
    assert_type(client.delete_file("b", "k"), bool)
    assert_type(client.delete_files("b", ["k"]), Iterator[DeleteResult])
    client.upload_file("b", "k", 42)  # type: ignore[arg-type]  # what holds no bytes is refused
    client.upload_file("b", "k", b"", "text/plain")  # type: ignore[call-arg]  # additions are keyword-only


def reads(client: BaseStorageClient, moment: datetime) -> None:
    assert_type(client.download_file("b", "k", if_modified_since=moment), bytes)
    assert_type(client.read_range("b", "k", 0, 10), bytes)
    assert_type(client.read_ranges("b", "k", [(0, 1), (5, 9)]), list[bytes])
    assert_type(client.iter_file("b", "k", chunk_size=1 << 20), Iterator[bytes])
    result = client.download_to("b", "k", "file", overwrite=False)
    assert_type(result, DownloadResult)
    assert_type(result.path, Path)
    assert_type(result.verified, str | None)
    assert_type(client.object_exists("b", "k"), bool)
    info = client.get_object_metadata("b", "k")
    assert_type(info, ObjectInfo)
    assert_type(info.size, int)
    assert_type(info.modified_at, datetime | None)
    assert_type(info["size"], Any)
    assert_type(info.to_dict(), dict[str, Any])


def files(client: BaseStorageClient) -> None:
    assert_type(client.open_file("b", "k"), io.BufferedReader)
    assert_type(client.open_file("b", "k", "rb", version_id="v"), io.BufferedReader)
    with client.open_file("b", "k", "wb", content_type="text/plain") as file:
        assert_type(file, ObjectWriter)
        assert_type(file.write(b"data"), int)
        io.TextIOWrapper(file)
    client.open_file("b", "k", "r")  # type: ignore[call-overload]  # text is io.TextIOWrapper's
    client.open_file("b", "k", "rb", content_type="x")  # type: ignore[call-overload]  # that is for writing


def listings(client: BaseStorageClient) -> None:
    pager = client.list_objects("b", "prefix/", delimiter="/", limit=10)
    assert_type(pager, Pager[ObjectInfo])
    for info in pager:
        assert_type(info, ObjectInfo)
    for page in pager.pages():
        assert_type(page, Page[ObjectInfo])
        assert_type(page.next_token, str | None)
    assert_type(pager.first(), ObjectInfo | None)
    assert_type(pager.to_list(), list[ObjectInfo])
    assert_type(pager.prefixes(), Iterator[str])
    assert_type(client.list_versions("b"), Pager[ObjectInfo])


def management(client: BaseStorageClient) -> None:
    assert_type(client.list_buckets(), list[str])
    assert_type(client.create_bucket("b"), bool)
    assert_type(client.delete_bucket("b", force=True), bool)
    assert_type(client.bucket_exists("b"), bool)
    assert_type(client.get_tags("b", "k"), dict[str, str])
    client.set_tags("b", "k", {"a": "b"})
    assert_type(client.generate_presigned_url("b", "k", method="PUT", expires_in=60), PresignedUrl)
    assert_type(client.generate_presigned_post("b", "k", max_size=10), PresignedPost)
    assert_type(client.list_unfinished_uploads("b"), list[UnfinishedUpload])
    assert_type(client.abort_unfinished_uploads("b", older_than=timedelta(days=7)), list[UnfinishedUpload])


def settings_of_s3_buckets(client: S3Client) -> None:
    assert_type(client.get_bucket_location("b"), str)
    assert_type(client.get_bucket_versioning("b"), bool)
    assert_type(client.get_bucket_policy("b"), dict[str, Any])
    assert_type(client.get_bucket_cors("b"), list[dict[str, Any]])
    assert_type(client.get_bucket_lifecycle("b"), list[dict[str, Any]])


def errors(client: BaseStorageClient) -> None:
    try:
        client.download_file("b", "k")
    except NotFoundError as error:
        caught: CloudError = error
        also: FileNotFoundError = error
        assert_type(error.http_status, int | None)
        assert_type(error.provider_code, str | None)
        assert_type(error.to_dict(), dict[str, Any])
        raise RuntimeError(str(caught), also) from error


def registry() -> None:
    client, bucket, key = open_storage("s3://bucket/key?profile=minio")
    location = open_storage("memory://bucket/key")
    assert_type(location.client, BaseStorageClient)
    assert_type(location.bucket, str)
    assert_type(location.version_id, str | None)
    assert_type(CloudConfig.load(), CloudConfig)
    del client, bucket, key


def the_other_contracts(compute: ComputeClient, serverless: ServerlessClient) -> None:
    assert_type(compute.list_instances(), list[Instance])
    assert_type(compute.start_instance("i"), bool)
    assert_type(compute.stop_instance("i"), bool)
    assert_type(compute.create_instance("n", "t", "image"), Instance)
    assert_type(serverless.list_functions(), list[FunctionInfo])
    assert_type(serverless.invoke_function("f", {"a": 1}), Any)
    assert_type(serverless.create_function("f", "python3.12", "m.f", "code.zip"), FunctionInfo)
