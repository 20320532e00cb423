"""Signed URLs and forms; and what is not hot, through google-cloud-storage: settings of buckets, soft delete."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, final

from cloud._dialects._answers import understood
from cloud._dialects.gcs._bucket_settings import GCSBucketSettings, require_kind
from cloud._dialects.gcs._sign import MAX_EXPIRES_SECONDS, object_path, presign, sign_post_form
from cloud._dialects.gcs._signers import find_signer
from cloud._wire._types import Origin
from cloud.common._paging import Page, Pager
from cloud.common._redact import HiddenValues
from cloud.common._storage_types import PresignHooks, PresignPostHooks
from cloud.common.errors import InvalidRequestError, UnsupportedOperationError
from cloud.common.models import Record, utc

if TYPE_CHECKING:
    from cloud._dialects.gcs._sign import BlobSigner
    from cloud.common._storage_types import PresignPostRequest, PresignRequest
    from cloud.common.models import PresignedPost, PresignedUrl

# The only ones that answers to signed URLs obey; others would be ignored without a word:
# https://cloud.google.com/storage/docs/xml-api/reference-headers#query
_OVERRIDES = frozenset({"response-content-disposition", "response-content-type"})
# In the key of a form it stands for the name of the file that somebody uploads:
# https://cloud.google.com/storage/docs/xml-api/post-object-forms
_FILENAME = "${filename}"
_CUSTOMER_KEY = "x-goog-encryption-key"


@dataclass(frozen=True, kw_only=True, slots=True)
class SoftDeletedObject(Record):
    """One object that was deleted or replaced and can still be restored.

    Attributes:
        bucket: the bucket.
        key: its key.
        generation: which of its versions; `restore_soft_deleted` takes it.
        size: length in bytes.
        storage_class: where it is stored, and charged for, until it is gone.
        deleted_at: when it was deleted or replaced.
        gone_at: when it can no longer be restored.
        raw: the SDK's own record.
    """

    bucket: str
    key: str
    generation: str
    size: int
    storage_class: str | None = None
    deleted_at: datetime | None = None
    gone_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


class GCSStorageClient(GCSBucketSettings, PresignHooks, PresignPostHooks):
    """The whole storage surface over Google Cloud Storage, and the settings of buckets."""

    max_presign_seconds = MAX_EXPIRES_SECONDS

    # -- hooks: signed URLs and forms --------------------------------------------------------------------------
    def _presign(self, request: PresignRequest) -> PresignedUrl:
        from cloud.common._records import PresignedUrl

        if refused := request.response_headers.keys() - _OVERRIDES:
            raise UnsupportedOperationError(
                f"Google Cloud Storage does not know {min(refused)}: only content_type and content_disposition "
                "can be overridden"
            )
        if request.method == "PUT" and request.version_id is not None:
            raise InvalidRequestError(
                "a write makes a generation of its own: version_id is for reads and deletes"
            )
        setup = self._setup
        query = [*request.response_headers.items()]
        if request.version_id is not None:
            query.append(("generation", request.version_id))
        if setup.options.user_project is not None:
            query.append(("userProject", setup.options.user_project))
        headers = self._signed_headers(request)
        url = presign(
            self._signer(),
            request.method,
            setup.endpoint.origin,
            object_path(request.bucket, request.key),
            query=query,
            headers=headers,
            expires_seconds=request.expires_in,
            now=self._now(),
        )
        # The customer's key must be sent, too. It does not travel with the URL: whoever may have it has it.
        return PresignedUrl(url, {name: value for name, value in headers.items() if name != _CUSTOMER_KEY})

    def _signed_headers(self, request: PresignRequest) -> HiddenValues:
        """Return the headers that whoever uses the URL must send: those that the client itself would send."""
        options = self._setup.options
        headers = HiddenValues()
        if request.content_type is not None:
            headers["content-type"] = request.content_type
        if request.method != "DELETE":
            headers.update(options.key_headers())
        if request.method == "PUT" and options.kms_key_name is not None:
            headers["x-goog-encryption-kms-key-name"] = options.kms_key_name
        return headers

    def _presign_post(self, request: PresignPostRequest) -> PresignedPost:
        from cloud.common._records import PresignedPost

        if _FILENAME in request.key:
            raise InvalidRequestError(
                f"a form would replace {_FILENAME} in the key by the name of the uploaded file"
            )
        options = self._setup.options
        if options.customer_key is not None or options.kms_key_name is not None:
            raise UnsupportedOperationError(
                "a form cannot name the key that encrypts the object",
                hint="presign a PUT, or use a client without customer_key and kms_key_name",
            )
        fields = {f"x-goog-meta-{name}": value for name, value in request.metadata.items()}
        if request.content_type is not None:
            fields["Content-Type"] = request.content_type
        now = int(self._now())
        signed = sign_post_form(
            self._signer(),
            request.bucket,
            request.key,
            fields=fields,
            conditions=[["content-length-range", request.min_size, request.max_size]],
            expires_seconds=request.expires_in,
            now=now,
        )
        origin = self._setup.endpoint.origin
        return PresignedPost(
            url=f"{origin.scheme}://{origin.host_header}/{request.bucket}/",
            fields=signed,
            expires_at=datetime.fromtimestamp(now + request.expires_in, timezone.utc),
        )

    def _signer(self) -> BlobSigner:
        setup = self._setup
        return find_signer(
            setup.google_credentials(),
            setup.options.signing_account,
            transport=lambda: self._ops.exchange.transport,
            origin=lambda: Origin.parse(setup.options.iam_endpoint_url),
        )

    # -- soft delete and holds -----------------------------------------------------------------------------------
    @final
    def get_soft_delete(self, bucket: str) -> timedelta:
        """Return how long deleted and replaced objects can be restored; 0 when they cannot."""
        return self._settings(
            "get_soft_delete",
            bucket,
            lambda found: timedelta(
                seconds=int(found.get("softDeletePolicy", {}).get("retentionDurationSeconds", 0))
            ),
        )

    @final
    def set_soft_delete(self, bucket: str, retention: timedelta) -> None:
        """Change how long objects that will be deleted or replaced can be restored, and are charged for.

        Args:
            bucket: the bucket.
            retention: 7 to 90 days in whole seconds, or 0 to switch it off
                (https://cloud.google.com/storage/docs/soft-delete).
        """
        seconds = retention.total_seconds()
        if seconds != 0 and (
            not timedelta(days=7) <= retention <= timedelta(days=90) or retention.microseconds
        ):
            raise InvalidRequestError("retention must be 0, or 7 to 90 days in whole seconds")
        self._change(
            "set_soft_delete", bucket, "softDeletePolicy", {"retentionDurationSeconds": int(seconds)}
        )

    @final
    def list_soft_deleted(
        self,
        bucket: str,
        prefix: str = "",
        *,
        limit: int | None = None,
        page_size: int = 1000,
        token: str | None = None,
    ) -> Pager[SoftDeletedObject]:
        """Return the objects that can be restored, a lazy listing in the order of keys.

        Args:
            bucket: the bucket.
            prefix: only keys that begin with it.
            limit: at most so many.
            page_size: 1 to 1,000 objects a request.
            token: `Page.next_token` or `CloudError.resume_token` to go on from.
        """
        self._check_bucket(bucket)
        if not 1 <= page_size <= 1000:
            raise InvalidRequestError(f"page_size must be 1 to 1000, not {page_size}")

        def fetch(token: str | None) -> Page[SoftDeletedObject]:
            return self._run(
                "list_soft_deleted", bucket, lambda: self._soft_deleted_page(bucket, prefix, page_size, token)
            )

        return Pager(fetch, token=token, limit=limit)

    def _soft_deleted_page(
        self, bucket: str, prefix: str, page_size: int, token: str | None
    ) -> Page[SoftDeletedObject]:
        listing = self.native.list_blobs(
            self._handle(bucket),
            prefix=prefix or None,
            soft_deleted=True,
            page_size=page_size,
            page_token=token,
            **self._call_arguments(),
        )
        with understood("listing"):
            page = next(listing.pages)
            require_kind(page.raw_page, "storage#objects")
            return Page(tuple(_soft_deleted(bucket, blob) for blob in page), (), listing.next_page_token)

    @final
    def restore_soft_deleted(self, bucket: str, key: str, generation: str, *, if_absent: bool = False) -> str:
        """Make a soft-deleted object live again and return its new generation.

        Args:
            bucket: the bucket.
            key: its key.
            generation: `SoftDeletedObject.generation`.
            if_absent: only if no object is at the key now; otherwise a live one is replaced, and is itself
                soft-deleted.

        Raises:
            NotFoundError: there is no such soft-deleted object, or not any more.
            PreconditionFailedError: `if_absent`, and an object is there.
            OutcomeUnknownError: the answer was lost.
        """
        self._check_key(bucket, key)

        def restore() -> str:
            blob = self._handle(bucket).restore_blob(
                key,
                generation=generation,
                if_generation_match=0 if if_absent else None,
                **self._call_arguments(),
            )
            require_kind(blob._properties, "storage#object")  # noqa: SLF001  # the answer, as it came
            return str(blob.generation)

        return self._run("restore_soft_deleted", f"{bucket}/{key}", restore, idempotent=False)

    @final
    def set_object_hold(self, bucket: str, key: str, *, enabled: bool, event_based: bool = False) -> None:
        """Keep the object from being deleted or replaced, or let it go.

        Args:
            bucket: the bucket.
            key: its key.
            enabled: whether it is held.
            event_based: hold until an event; a bucket's retention period counts from its release
                (https://cloud.google.com/storage/docs/object-holds).
        """
        self._check_key(bucket, key)

        def patch() -> None:
            blob = self._handle(bucket).blob(key)
            if event_based:
                blob.event_based_hold = enabled
            else:
                blob.temporary_hold = enabled
            blob.patch(**self._call_arguments())
            require_kind(blob._properties, "storage#object")  # noqa: SLF001  # likewise

        self._run("set_object_hold", f"{bucket}/{key}", patch)


def _soft_deleted(bucket: str, blob: Any) -> SoftDeletedObject:
    return SoftDeletedObject(
        bucket=bucket,
        key=blob.name,
        generation=str(blob.generation),
        size=blob.size,
        storage_class=blob.storage_class,
        deleted_at=None if blob.soft_delete_time is None else utc(blob.soft_delete_time),
        gone_at=None if blob.hard_delete_time is None else utc(blob.hard_delete_time),
        raw=blob,
    )
