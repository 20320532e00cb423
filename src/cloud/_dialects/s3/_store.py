"""The storage hooks over S3: what `S3Client` and `InfomaniakS3Client` share."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from cloud._dialects._wire_store import WireStore
from cloud._dialects.s3._addressing import check_bucket
from cloud._dialects.s3._errors import translate
from cloud._dialects.s3._operations import Operations
from cloud._dialects.s3._options import S3Options
from cloud._dialects.s3._profiles import profile_for
from cloud._dialects.s3._setup import S3Setup
from cloud._dialects.s3._sign import MAX_EXPIRES_SECONDS
from cloud.common._storage_types import BatchDeleteHooks, PartLimits, PresignHooks, PresignPostHooks
from cloud.common.enums import Capability
from cloud.common.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud._dialects.s3._addressing import BucketAddress
    from cloud._dialects.s3._exchange import Exchange
    from cloud._dialects.s3._sign import Signer
    from cloud.common._bodies import Payload
    from cloud.common._engine import TransferConfig
    from cloud.common._observe import Observer
    from cloud.common._ratelimit import Limiter
    from cloud.common._retry import RetryPolicy
    from cloud.common._storage_types import (
        CopyRequest,
        DeleteRequest,
        Part,
        PresignPostRequest,
        PresignRequest,
        PutRequest,
        Stored,
        Upload,
    )
    from cloud.common.credentials import CloudCredentials
    from cloud.common.errors import CloudError, ErrorContext
    from cloud.common.models import DeleteResult, PresignedPost, PresignedUrl


class S3ObjectStore(WireStore[Operations], BatchDeleteHooks, PresignHooks, PresignPostHooks):
    """Objects and buckets over the S3 protocol; the hot operations, on the library's own wire.

    Class attributes:
        extra: the installation extra that brings the SDK.
        default_service: name of the S3 service profile that is taken when none is named; None to tell it
            from the endpoint.
        endpoint_variables: environment variables that name an endpoint when none is given.
        region_variables: environment variables that name a region when none is given.
    """

    service_name = "s3"
    tells_missing_on_delete = False
    max_presign_seconds = MAX_EXPIRES_SECONDS
    extra: str
    default_service: str | None
    endpoint_variables: tuple[str, ...] = ()
    region_variables: tuple[str, ...] = ()

    def __init__(
        self,
        credentials: CloudCredentials | None = None,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        profile: str | None = None,
        service: str | None = None,
        anonymous: bool = False,
        timeout: float | tuple[float, float] | None = None,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
        transfer: TransferConfig | None = None,
        options: S3Options | None = None,
    ) -> None:
        if endpoint_url is None:
            endpoint_url = next(filter(None, map(os.environ.get, self.endpoint_variables)), None)
        if credentials is None and profile is None and not anonymous:
            credentials = self._default_credentials()
        arguments: dict[str, Any] = {
            "credentials": credentials,
            "region": region,
            "endpoint_url": endpoint_url,
            "profile": profile,
            "service": service,
            "anonymous": anonymous,
            "timeout": timeout,
            "retry": retry,
            "limits": limits,
            "observers": observers,
            "transfer": transfer,
            "options": options,
        }
        super().__init__(sdk="boto3", extra=self.extra, arguments=arguments)
        self._service = profile_for(endpoint_url, service or self.default_service)
        self._setup = S3Setup(
            credentials=credentials,
            region=region,
            endpoint_url=endpoint_url,
            aws_profile=profile,
            timeout=timeout,
            service=self._service,
            anonymous=anonymous,
            options=options or S3Options(),
            extra=self.extra,
            region_variables=self.region_variables,
        )
        self._capabilities = frozenset(
            capability for capability in Capability if capability.value not in self._service.unsupported
        )
        self._refused_keys = self._service.refused_keys
        self._max_segment = self._service.max_segment_bytes
        self.batch_delete_limit = self._service.batch_delete_limit
        self._known_buckets: set[str] = set()

    @classmethod
    def _default_credentials(cls) -> CloudCredentials | None:
        """Return what to log in with when nothing is given; None for the SDK's own chain."""
        return None

    # -- the client itself -------------------------------------------------------------------------------------
    @property
    def region(self) -> str:
        """Region that requests are signed for until a bucket says otherwise."""
        return self._ops.exchange.region

    @property
    def native(self) -> Any:
        """boto3's S3 client with the same settings and without retries of its own. Made at first use."""
        return self._setup.native()

    def _make_ops(self) -> Operations:
        setup = self._setup
        return Operations(setup.exchange(), self._service, setup.options.encryption)

    def _translate(self, exc: Exception, context: ErrorContext) -> CloudError | None:
        return translate(exc, context)

    @property
    def _part_limits(self) -> PartLimits:
        service = self._service
        return PartLimits(
            min_part=service.min_part_size,
            max_part=service.max_part_size,
            max_parts=service.max_parts,
            max_single_put=service.single_put_limit,
            equal_parts=service.equal_parts,
        )

    def _bucket_problem(self, bucket: str) -> str | None:
        if bucket in self._known_buckets:
            return None
        try:
            check_bucket(bucket, strict=False)
        except InvalidRequestError as error:
            return error.message
        self._known_buckets.add(bucket)
        return None

    def _key_problem(self, key: str) -> str | None:
        if self._refused_keys is not None and self._refused_keys.search(key):
            return f"{self._service.name} would store it under another name"
        limit = self._max_segment
        if limit is not None and any(len(segment.encode()) > limit for segment in key.split("/")):
            return f"{self._service.name} holds at most {limit} bytes between two slashes"
        return None

    # -- hooks: one operation each -------------------------------------------------------------------------------
    def _list_buckets(self) -> list[str]:
        return self._ops.list_buckets()

    def _create_bucket(self, name: str) -> bool:
        return self._ops.create_bucket(name)

    def _put(self, request: PutRequest, payload: Payload) -> Stored:
        return self._ops.put(request, payload)

    def _delete(self, request: DeleteRequest) -> bool:
        self._ops.delete(request)
        return True

    def _delete_batch(self, bucket: str, keys: Sequence[str]) -> list[DeleteResult]:
        return self._delete_results(bucket, keys, self._ops.delete_batch(bucket, keys))

    def _copy(self, request: CopyRequest) -> Stored:
        from cloud._dialects.s3 import _multipart

        return _multipart.copy(self._ops, request, pinned=Capability.CONDITIONAL_COPY in self._capabilities)

    def _create_upload(self, request: PutRequest) -> str:
        from cloud._dialects.s3 import _multipart

        return _multipart.begin(self._ops, request)

    def _put_part(self, upload: Upload, number: int, payload: Payload) -> Part:
        from cloud._dialects.s3 import _multipart

        return _multipart.put_part(self._ops, upload, number, payload)

    def _complete_upload(self, upload: Upload, parts: Sequence[Part]) -> Stored:
        from cloud._dialects.s3 import _multipart

        return _multipart.complete(self._ops, upload, parts)

    def _abort_upload(self, upload: Upload) -> None:
        from cloud._dialects.s3 import _multipart

        _multipart.abort(self._ops, upload)

    # -- signed URLs: no request ---------------------------------------------------------------------------------
    def _presign(self, request: PresignRequest) -> PresignedUrl:
        exchange, address, signer = self._signing(request.bucket)
        query = [*request.response_headers.items()]
        if request.version_id is not None:
            query.append(("versionId", request.version_id))
        headers = {} if request.content_type is None else {"content-type": request.content_type}
        from cloud.common._records import PresignedUrl

        url = signer.presign(
            request.method,
            address.origin,
            address.path(request.key),
            query,
            headers,
            request.expires_in,
            exchange.now(),
        )
        return PresignedUrl(url, headers)

    def _presign_post(self, request: PresignPostRequest) -> PresignedPost:
        exchange, address, signer = self._signing(request.bucket)
        expires_at = datetime.fromtimestamp(int(exchange.now()) + request.expires_in, timezone.utc)
        fields = {"key": request.key}
        if request.content_type is not None:
            fields["Content-Type"] = request.content_type
        fields |= {f"x-amz-meta-{name}": value for name, value in request.metadata.items()}
        conditions: list[object] = [
            {"bucket": request.bucket},
            *({name: value} for name, value in fields.items()),
        ]
        conditions.append(["content-length-range", request.min_size, request.max_size])
        policy = {"expiration": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"), "conditions": conditions}
        signed = signer.sign_post_policy(policy, exchange.now())
        from cloud.common._records import PresignedPost

        return PresignedPost(url=address.url(), fields=fields | signed, expires_at=expires_at)

    def _signing(self, bucket: str) -> tuple[Exchange, BucketAddress, Signer]:
        exchange = self._ops.exchange
        target = exchange.target(bucket)
        signer = exchange.signer(target.region)
        if signer is None:
            raise ConfigurationError("an anonymous client cannot sign", hint="pass credentials")
        return exchange, target.address, signer
