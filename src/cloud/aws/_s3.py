"""Amazon S3, and every service that speaks its protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud._dialects.s3._sdk import S3StorageClient
from cloud.common.enums import CloudProvider

if TYPE_CHECKING:
    from typing_extensions import Self


class S3Client(S3StorageClient):
    """Amazon S3, or any service that speaks its protocol at `endpoint_url`.

    Making one sends nothing and loads no SDK. Safe between threads and after a fork.

    Args:
        credentials: explicit keys. Without them boto3's whole chain is searched at the first request:
            environment, profiles, SSO, assumed roles, container and instance metadata.
        region: region of the buckets; a bucket in another region is found by the service's own hint.
            Otherwise the credentials', AWS_REGION, the AWS profile's, or the service's default.
        endpoint_url: another service, such as ``http://127.0.0.1:9000``. Otherwise
            AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, then Amazon's own.
        profile: a profile of ``~/.aws/config``.
        service: what the endpoint is, for its limits and capabilities: aws, infomaniak, minio, ceph,
            seaweedfs, swift, r2, b2, wasabi, ovh, scaleway, gcs-interop. Told from the host name where
            possible; an unknown endpoint is trusted with nothing that could fail silently.
        anonymous: send requests unsigned, for public buckets.
        timeout: seconds without progress before a call fails, or (connect, read); 10 and 60 by default.
        retry, limits, observers: see `cloud.common`.
        transfer: part size, workers and threshold of large bodies.
        options: what only S3 clients can be told.
    """

    provider = CloudProvider.AWS
    scheme = "s3"
    extra = "aws"
    default_service = None
    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    endpoint_variables = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
    region_variables = ("AWS_REGION", "AWS_DEFAULT_REGION")

    @classmethod
    def from_env(
        cls, *, region: str | None = None, endpoint_url: str | None = None, service: str | None = None
    ) -> Self:
        """Return a client of the keys in AWS_ACCESS_KEY_ID and its sisters.

        Raises:
            ConfigurationError: they are not set.
        """
        from cloud.common.credentials import CloudCredentials

        credentials = CloudCredentials.from_env(CloudProvider.AWS)
        return cls(credentials, region=region, endpoint_url=endpoint_url, service=service)
