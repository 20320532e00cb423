"""boto3 with its own settings; awscrt is installed beside it, as our ``aws`` extra does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.peers._peer import ACCESS_KEY, BUCKET, CA_FILE, REGION, SECRET_KEY, Peer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_BATCH = 1000  # https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html


class Boto3Peer(Peer):
    """Amazon's SDK."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        import boto3
        from botocore.config import Config

        self._client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name=REGION,
            config=Config(max_pool_connections=32),
        )

    def head(self, key: str) -> int:
        return int(self._client.head_object(Bucket=BUCKET, Key=key)["ContentLength"])

    def get(self, key: str) -> bytes:
        return bytes(self._client.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def get_range(self, key: str, start: int, end: int) -> bytes:
        answer = self._client.get_object(Bucket=BUCKET, Key=key, Range=f"bytes={start}-{end - 1}")
        return bytes(answer["Body"].read())

    def put(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=BUCKET, Key=key, Body=data)

    def list_keys(self) -> int:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return sum(1 for page in pages for _ in page["Contents"])

    def keep_records(self) -> Sequence[object]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return [record for page in pages for record in page["Contents"]]

    def delete(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _BATCH):
            wanted = [{"Key": key} for key in keys[start : start + _BATCH]]
            answer = self._client.delete_objects(Bucket=BUCKET, Delete={"Objects": wanted, "Quiet": True})
            assert not answer.get("Errors")

    def download(self, key: str, path: Path) -> None:
        self._client.download_file(BUCKET, key, str(path))

    def upload(self, key: str, path: Path) -> None:
        self._client.upload_file(str(path), BUCKET, key)


class Boto3CrtPeer(Peer):
    """boto3's transfers on the AWS Common Runtime, driven as boto3's own `boto3.crt` does.

    Not by ``TransferConfig(preferred_transfer_client="crt")``: that leaves out the client's ``endpoint_url``.
    """

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        import botocore.session
        from botocore.credentials import Credentials
        from s3transfer.crt import (
            BotocoreCRTCredentialsWrapper,
            BotocoreCRTRequestSerializer,
            CRTTransferManager,
            create_s3_crt_client,
        )

        tls = endpoint.startswith("https:")
        session = botocore.session.get_session()
        wrapper = BotocoreCRTCredentialsWrapper(Credentials(ACCESS_KEY, SECRET_KEY))
        client = create_s3_crt_client(
            region=REGION,
            use_ssl=tls,
            verify=CA_FILE if tls else None,
            crt_credentials_provider=wrapper.to_crt_credentials_provider(),
        )
        names = {"region_name": REGION, "endpoint_url": endpoint}
        self._manager = CRTTransferManager(client, BotocoreCRTRequestSerializer(session, names))

    def head(self, key: str) -> int:
        del key  # it only transfers
        return 0

    def download(self, key: str, path: Path) -> None:
        self._manager.download(BUCKET, key, str(path)).result()

    def upload(self, key: str, path: Path) -> None:
        self._manager.upload(str(path), BUCKET, key).result()
