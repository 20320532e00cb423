"""Infomaniak's S3: Swift's S3 interface at pub1 (dc3-a) and pub2 (dc4-a)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud._dialects.s3._sdk import S3StorageClient
from cloud.common.credentials import CloudCredentials
from cloud.common.enums import CloudProvider

if TYPE_CHECKING:
    from typing_extensions import Self


class InfomaniakS3Client(S3StorageClient):
    """Infomaniak Public Cloud's object storage over S3.

    The keys are EC2 credentials of an OpenStack project
    (https://docs.infomaniak.cloud/object_storage/s3/). Making a client sends nothing and loads no SDK.

    Args:
        credentials: explicit keys; otherwise INFOMANIAK_S3_ACCESS_KEY and INFOMANIAK_S3_SECRET_KEY.
        region: ``dc3-a`` (s3.pub1.infomaniak.cloud, the default) or ``dc4-a`` (s3.pub2.infomaniak.cloud).
        endpoint_url: another endpoint, for tests.
        anonymous: send requests unsigned, for public containers.
        profile, service, timeout, retry, limits, observers, transfer, options: as for `cloud.aws.S3Client`.

    Raises:
        ConfigurationError: no keys are given, and the environment has none.
    """

    provider = CloudProvider.INFOMANIAK
    scheme = "infomaniak-s3"
    extra = "infomaniak"
    default_service = "infomaniak"

    @classmethod
    def _default_credentials(cls) -> CloudCredentials:
        return CloudCredentials.from_env(CloudProvider.INFOMANIAK)

    @classmethod
    def from_env(cls, *, region: str | None = None, endpoint_url: str | None = None) -> Self:
        """Return a client of the keys in the environment.

        Raises:
            ConfigurationError: they are not set.
        """
        return cls(cls._default_credentials(), region=region, endpoint_url=endpoint_url)

    @classmethod
    def from_login(
        cls,
        credentials: CloudCredentials | None = None,
        *,
        profile: str | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        **options: Any,
    ) -> Self:
        """Return a client of the storage of an OpenStack login, by a key of its user, made where there is none.

        It asks Keystone at once, which may refuse that to application credentials.

        Args:
            credentials: a login, such as `InfomaniakCredentials`; by default what OpenStack clients find.
            profile: name of a cloud in clouds.yaml, instead.
            region: ``dc3-a`` or ``dc4-a``.
            endpoint_url: where S3 is; by default what the login's catalogue says, else Infomaniak's own.
            options: of this class.
        """
        from cloud.infomaniak.identity._client import InfomaniakIdentityClient

        with InfomaniakIdentityClient(credentials, profile=profile, region=region) as identity:
            key, where = identity.s3_key()
            return cls(
                CloudCredentials(
                    cls.provider,
                    access_key=key.access_key,
                    secret_key=key.secret_key,
                    source="ec2 credentials",
                ),
                region=identity.region,
                endpoint_url=endpoint_url or where,
                **options,
            )
