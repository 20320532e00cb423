"""The rest of the storage template: buckets, tags, versions, signed URLs, unfinished uploads."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, TypeVar, final

from cloud.common._paging import Page, Pager
from cloud.common._storage_core import checked_header, checked_metadata, checked_tags
from cloud.common._storage_read import check_page_size
from cloud.common._storage_types import (
    DeleteRequest,
    ListRequest,
    PresignHooks,
    PresignPostHooks,
    PresignPostRequest,
    PresignRequest,
    PutRequest,
    TagHooks,
    UnfinishedUploadHooks,
    Upload,
    VersionHooks,
)
from cloud.common._storage_write import StorageWrites
from cloud.common.enums import Capability
from cloud.common.errors import InvalidRequestError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.common.models import ObjectInfo, PresignedPost, PresignedUrl, UnfinishedUpload

_H = TypeVar("_H")
_METHODS = ("GET", "HEAD", "PUT", "DELETE")
_RESPONSE_HEADERS = {
    "content_type": "response-content-type",
    "content_disposition": "response-content-disposition",
    "content_encoding": "response-content-encoding",
    "content_language": "response-content-language",
    "cache_control": "response-cache-control",
}


class StorageManagement(StorageWrites):
    """Buckets, and what only some providers have."""

    @final
    def list_buckets(self) -> list[str]:
        """Return the names of all buckets that the credentials may list, sorted."""
        return sorted(self._run("list_buckets", "", self._list_buckets))

    @final
    def create_bucket(self, name: str) -> bool:
        """Make sure that you own a bucket of this name; False when you already did.

        Raises:
            AlreadyExistsError: somebody else owns it.
            InvalidRequestError: the name is not possible.
        """
        self._check_bucket(name)
        return self._run("create_bucket", name, lambda: self._create_bucket(name))

    @final
    def bucket_exists(self, name: str) -> bool:
        """Return whether the bucket is there and yours to see.

        Raises:
            PermissionDeniedError: it is there, and you may not look at it.
        """
        self._check_bucket(name)
        return self._run("bucket_exists", name, lambda: self._bucket_exists(name))

    @final
    def delete_bucket(self, name: str, *, force: bool = False) -> bool:
        """Make sure that the bucket is gone; False when there was none.

        Args:
            force: first delete everything in it: objects, versions and unfinished uploads.

        Raises:
            ConflictError: it is not empty and `force` is False.
        """
        self._check_bucket(name)
        try:
            if force:
                self._empty_bucket(name)
            self._run("delete_bucket", name, lambda: self._delete_bucket(name))
        except NotFoundError:
            return False
        return True

    def _empty_bucket(self, name: str) -> None:
        if Capability.VERSIONS in self.capabilities:
            for version in self.list_versions(name):
                if version.version_id is None:  # the service keeps none here: the batch below takes it
                    continue
                request = DeleteRequest(name, version.key, version.version_id)
                self._run("delete_bucket", f"{name}/{version.key}", partial(self._delete, request))
        # Some services list no versions for a bucket that never kept any, so this comes in every case.
        for result in self.delete_files(name, (info.key for info in self.list_objects(name))):
            if result.error is not None:
                raise result.error
        if Capability.UNFINISHED_UPLOADS in self.capabilities:
            self.abort_unfinished_uploads(name, older_than=timedelta(0))

    @final
    def get_tags(self, bucket: str, key: str, *, version_id: str | None = None) -> dict[str, str]:
        """Return the object's tags; empty when it has none."""
        self._get_request(bucket, key, 0, None, version_id)
        hooks = self._hooks(Capability.TAGS, TagHooks, "get_tags")
        return self._run("get_tags", f"{bucket}/{key}", lambda: hooks._get_tags(bucket, key, version_id))

    @final
    def set_tags(
        self, bucket: str, key: str, tags: Mapping[str, str], *, version_id: str | None = None
    ) -> None:
        """Replace all tags of the object by `tags`; empty removes them."""
        self._get_request(bucket, key, 0, None, version_id)
        hooks = self._hooks(Capability.TAGS, TagHooks, "set_tags")
        checked = checked_tags(tags)
        self._run("set_tags", f"{bucket}/{key}", lambda: hooks._set_tags(bucket, key, version_id, checked))

    @final
    def list_versions(
        self,
        bucket: str,
        prefix: str = "",
        *,
        page_size: int = 1000,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[ObjectInfo]:
        """Return a lazy listing of all versions, delete markers included, newest first for each key."""
        self._check_bucket(bucket)
        check_page_size(page_size)
        hooks = self._hooks(Capability.VERSIONS, VersionHooks, "list_versions")

        def fetch(page_token: str | None) -> Page[ObjectInfo]:
            request = ListRequest(bucket, prefix, None, None, page_size, page_token)
            return self._run("list_versions", bucket, lambda: hooks._list_versions_page(request))

        return Pager(fetch, token=token, limit=limit)

    @final
    def generate_presigned_url(
        self,
        bucket: str,
        key: str,
        *,
        method: str = "GET",
        expires_in: int = 3600,
        content_type: str | None = None,
        version_id: str | None = None,
        response_headers: Mapping[str, str] | None = None,
    ) -> PresignedUrl:
        """Return a URL that does one thing without credentials until it expires.

        No request is made, except where the key that signs must be asked for: Azure's user delegation key,
        Google's signBlob, Swift without `SwiftOptions.temp_url_key`.

        The URL is a secret: whoever has it may do what it says. It is a str; its attribute `headers` holds
        what the request must carry beside it.

        Args:
            method: GET, HEAD, PUT or DELETE.
            expires_in: seconds from now, from 1 to the provider's longest (604,800 for S3). With temporary
                credentials it ends when they do, whatever is said here.
            content_type: for PUT, the Content-Type that the sender must use. Where the service cannot bind it
                (Azure, Swift) the argument is unsupported, and senders choose their own.
            version_id: for GET, HEAD and DELETE, this version.
            response_headers: for GET, headers that the answer carries instead of the stored ones:
                content_type, content_disposition, content_encoding, content_language, cache_control. Google
                has the first two only; the others raise UnsupportedOperationError there.
        """
        self._get_request(bucket, key, 0, None, version_id)
        hooks = self._hooks(Capability.PRESIGNED_URL, PresignHooks, "generate_presigned_url")
        if method not in _METHODS:
            raise InvalidRequestError(f"method must be one of {', '.join(_METHODS)}, not {method!r}")
        if not 1 <= expires_in <= hooks.max_presign_seconds:
            raise InvalidRequestError(
                f"expires_in must be 1 to {hooks.max_presign_seconds} seconds, not {expires_in}"
            )
        overrides = dict(response_headers or {})
        if unknown := set(overrides) - set(_RESPONSE_HEADERS):
            raise InvalidRequestError(
                f"response_headers takes {', '.join(_RESPONSE_HEADERS)}, not {min(unknown)!r}"
            )
        if (content_type is not None and method != "PUT") or (overrides and method != "GET"):
            raise InvalidRequestError("content_type is for PUT, response_headers are for GET")
        if content_type is not None:
            self._require(Capability.PRESIGNED_CONTENT_TYPE, "generate_presigned_url")
        if overrides:
            self._require(Capability.PRESIGNED_RESPONSE_HEADERS, "generate_presigned_url")
        request = PresignRequest(
            bucket=bucket,
            key=key,
            method=method,
            expires_in=expires_in,
            content_type=checked_header("content_type", content_type),
            version_id=version_id,
            response_headers={
                _RESPONSE_HEADERS[name]: checked_header(name, value) or ""
                for name, value in overrides.items()
            },
        )
        return self._run("generate_presigned_url", f"{bucket}/{key}", lambda: hooks._presign(request))

    @final
    def generate_presigned_post(
        self,
        bucket: str,
        key: str,
        *,
        max_size: int,
        min_size: int = 0,
        expires_in: int = 3600,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> PresignedPost:
        """Return a form by which a browser uploads one object. No request is made.

        Args:
            max_size: largest body in bytes that the service accepts.
            min_size: smallest body in bytes.
            expires_in: seconds from now, as for `generate_presigned_url`.
            content_type: the Content-Type that the form must carry.
            metadata: pairs that the object gets.
        """
        self._check_key(bucket, key)
        hooks = self._hooks(Capability.PRESIGNED_POST, PresignPostHooks, "generate_presigned_post")
        if not 0 <= min_size <= max_size:
            raise InvalidRequestError(
                f"sizes must be 0 <= min_size <= max_size, not {min_size} and {max_size}"
            )
        if not 1 <= expires_in <= 604_800:
            raise InvalidRequestError(f"expires_in must be 1 to 604800 seconds, not {expires_in}")
        request = PresignPostRequest(
            bucket=bucket,
            key=key,
            expires_in=expires_in,
            min_size=min_size,
            max_size=max_size,
            content_type=checked_header("content_type", content_type),
            metadata=checked_metadata(metadata),
        )
        return self._run("generate_presigned_post", f"{bucket}/{key}", lambda: hooks._presign_post(request))

    @final
    def list_unfinished_uploads(
        self, bucket: str, prefix: str = "", *, older_than: timedelta = timedelta(0)
    ) -> list[UnfinishedUpload]:
        """Return the multipart uploads that were neither completed nor aborted, oldest first.

        Their parts are stored and charged until they are aborted.

        Args:
            older_than: only uploads that were started at least this long ago; one whose start the service
                does not say counts as old only for 0.
        """
        self._check_bucket(bucket)
        if older_than < timedelta(0):
            raise InvalidRequestError("older_than must not be negative")
        hooks = self._hooks(Capability.UNFINISHED_UPLOADS, UnfinishedUploadHooks, "list_unfinished_uploads")

        def fetch(token: str | None) -> Page[UnfinishedUpload]:
            request = ListRequest(bucket, prefix, None, None, 1000, token)
            return self._run("list_unfinished_uploads", bucket, lambda: hooks._list_uploads_page(request))

        latest = datetime.now(timezone.utc) - older_than
        found = [
            upload
            for upload in Pager(fetch)
            if not older_than or (upload.started_at is not None and upload.started_at <= latest)
        ]
        epoch = datetime.fromtimestamp(0, timezone.utc)
        return sorted(found, key=lambda upload: upload.started_at or epoch)

    @final
    def abort_unfinished_uploads(
        self, bucket: str, prefix: str = "", *, older_than: timedelta
    ) -> list[UnfinishedUpload]:
        """Remove the parts of unfinished uploads and return what was removed.

        Args:
            older_than: leave younger ones alone: they may be in progress, also by others.
        """
        removed = self.list_unfinished_uploads(bucket, prefix, older_than=older_than)
        for upload in removed:
            request = PutRequest(bucket=bucket, key=upload.key, content_type="")
            try:
                self._run(
                    "abort_unfinished_uploads",
                    f"{bucket}/{upload.key}",
                    lambda upload=upload, request=request: self._abort_upload(
                        Upload(request, upload.upload_id)
                    ),  # type: ignore[misc]  # mypy cannot infer a default's type
                )
            except NotFoundError:
                continue  # ended meanwhile: gone, as asked
        return removed

    def _hooks(self, capability: Capability, kind: type[_H], operation: str) -> _H:
        self._require(capability, operation)
        if not isinstance(self, kind):
            raise TypeError(f"{type(self).__name__} declares {capability} without {kind.__name__}")
        return self
