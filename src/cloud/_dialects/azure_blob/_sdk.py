"""What is not hot, through azure-storage-blob: tags, versions, snapshots, soft delete, tiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, final

from cloud._dialects._answers import load_json, understood
from cloud._dialects.azure_blob._leases import AzureLeases
from cloud._dialects.azure_blob._metadata import check_tags, encode_name
from cloud._dialects.azure_blob._native import blob_client, call_sdk, read_page
from cloud._dialects.azure_blob._operations import SNAPSHOT
from cloud._dialects.azure_blob._settings import AzureSettings
from cloud._dialects.azure_blob._signing import AzureSigning
from cloud.common._observe import call_facts
from cloud.common._paging import Advance, Page, Pager, sifted
from cloud.common._storage_core import checked_metadata
from cloud.common._storage_read import check_page_size
from cloud.common._storage_types import TagHooks, VersionHooks
from cloud.common.errors import InvalidRequestError, ServiceUnavailableError
from cloud.common.models import EMPTY, ObjectInfo, utc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud._dialects.azure_blob._records import TaggedObject
    from cloud.common._storage_types import ListRequest


class AzureStorageClient(AzureSigning, AzureSettings, AzureLeases, TagHooks, VersionHooks):
    """The whole storage surface over Azure Blob Storage."""

    # -- hooks -----------------------------------------------------------------------------------------------
    def _get_tags(self, bucket: str, key: str, version_id: str | None) -> dict[str, str]:
        answer = call_sdk(blob_client(self.native, bucket, key, version_id).get_blob_tags)
        if answer is None:
            # azure-core takes any success, also a captive portal's, for an answer that leaves all out.
            raise ServiceUnavailableError("the answer holds no tags, not even none: not an Azure service's")
        with understood("list of tags"):
            return dict(answer)

    def _set_tags(self, bucket: str, key: str, version_id: str | None, tags: Mapping[str, str]) -> None:
        check_tags(tags)
        call_sdk(blob_client(self.native, bucket, key, version_id).set_blob_tags, dict(tags))

    def _list_versions_page(self, request: ListRequest) -> Page[ObjectInfo]:
        with understood("listing of versions"):
            return self._list_by_key(request, "versions", _version)

    def _list_by_key(
        self, request: ListRequest, include: str, describe: Callable[[str, Any], ObjectInfo | None]
    ) -> Page[ObjectInfo]:
        """Return a page that holds all items of each of its keys, the newest of a key first.

        The service lists the oldest first and may end a page between two items of a key. So the last key of
        its page waits for the next one, unless it is alone. The token names the service's page and the last
        key that was given out, not a count: what is deleted meanwhile moves nothing.
        """
        container = self.native.get_container_client(request.bucket)
        marker, done = _decode_token(request.token)
        found: list[Any] = []
        advance = Advance(marker)
        while True:
            page = read_page(
                container.list_blobs,
                token=marker,
                name_starts_with=request.prefix or None,
                include=[include],
                results_per_page=request.page_size,
            )
            found += [item for item in page.items if done is None or not _is_given(item.name, done)]
            if page.next_token is None:
                return Page(_newest_first(request.bucket, found, describe))
            whole = next((index for index, item in enumerate(found) if item.name == found[-1].name), 0)
            if whole:
                # Before this page all was of one key, so what waits begins on this page.
                token = _encode_token(marker, found[whole - 1].name)
                return Page(_newest_first(request.bucket, found[:whole], describe), (), token)
            marker = advance.to(page.next_token, is_empty=not page.items)

    # -- snapshots -------------------------------------------------------------------------------------------
    @final
    def create_snapshot(self, bucket: str, key: str, *, metadata: Mapping[str, str] | None = None) -> str:
        """Keep the object as it is now; return the `version_id` by which it can be read, copied and deleted.

        Args:
            bucket, key: the object.
            metadata: pairs of the snapshot; the object's own by default.
        """
        self._check_key(bucket, key)
        stored = {encode_name(name): value for name, value in checked_metadata(metadata).items()} or None

        def named(answer: Any) -> str:
            if not answer.get("snapshot"):
                raise ServiceUnavailableError("the answer names no snapshot: not an Azure service's")
            return str(answer["snapshot"])

        # Each request makes one more snapshot: it is not repeated when its answer is lost.
        answer = self._run(
            "create_snapshot",
            f"{bucket}/{key}",
            lambda: named(call_sdk(blob_client(self.native, bucket, key).create_snapshot, metadata=stored)),
            idempotent=False,
        )
        return f"{SNAPSHOT}{answer}"

    @final
    def list_snapshots(
        self,
        bucket: str,
        prefix: str = "",
        *,
        page_size: int = 1000,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[ObjectInfo]:
        """Return a lazy listing of all snapshots, newest first for each key; `version_id` reads one."""
        self._check_bucket(bucket)
        check_page_size(page_size)
        return self._pager(
            "list_snapshots", bucket, prefix, page_size, limit, token,
            lambda request: self._list_by_key(request, "snapshots", _snapshot),
        )  # fmt: skip  # what goes on, then what is different

    @final
    def delete_snapshots(self, bucket: str, key: str) -> None:
        """Delete all snapshots of the object, and leave the object."""
        self._check_key(bucket, key)
        self._run(
            "delete_snapshots",
            f"{bucket}/{key}",
            lambda: call_sdk(blob_client(self.native, bucket, key).delete_blob, delete_snapshots="only"),
        )

    # -- soft delete -----------------------------------------------------------------------------------------
    @final
    def list_deleted(
        self,
        bucket: str,
        prefix: str = "",
        *,
        page_size: int = 1000,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[ObjectInfo]:
        """Return a lazy listing of the deleted objects that `undelete_file` can bring back."""
        self._check_bucket(bucket)
        check_page_size(page_size)

        def fetch(request: ListRequest) -> Page[ObjectInfo]:
            page = read_page(
                self.native.get_container_client(bucket).list_blobs,
                token=request.token,
                name_starts_with=prefix or None,
                include=["deleted"],
                results_per_page=page_size,
            )
            deleted = tuple(_info(bucket, item) for item in page.items if item.deleted)
            return sifted(deleted, len(page.items), page.next_token)

        return self._pager("list_deleted", bucket, prefix, page_size, limit, token, fetch)

    @final
    def undelete_file(self, bucket: str, key: str) -> None:
        """Bring a deleted object and its deleted snapshots back; nothing happens to one that is there.

        In an account that keeps versions this brings deleted versions back, none of which is the latest:
        `copy_file` one of them over the key.

        Raises:
            NotFoundError: it was never there, or longer ago than the account keeps deleted objects.
        """
        self._check_key(bucket, key)
        self._run(
            "undelete_file",
            f"{bucket}/{key}",
            lambda: call_sdk(blob_client(self.native, bucket, key).undelete_blob),
        )

    # -- tiers -----------------------------------------------------------------------------------------------
    @final
    def set_storage_class(
        self,
        bucket: str,
        key: str,
        storage_class: str,
        *,
        version_id: str | None = None,
        rehydrate_priority: Literal["Standard", "High"] | None = None,
    ) -> bool:
        """Move the object to an access tier; whether it is there already.

        False when it leaves the archive, which takes up to 15 hours, or up to 1 for most objects below 10 GB
        with ``High`` priority; it cannot be read until then.
        https://learn.microsoft.com/azure/storage/blobs/archive-rehydrate-overview

        Args:
            bucket, key: the object.
            storage_class: ``Hot``, ``Cool``, ``Cold``, ``Archive``, ``Smart``, or a tier of premium accounts.
            version_id: this version or snapshot.
            rehydrate_priority: for objects in the archive.
        """
        self._get_request(bucket, key, 0, None, version_id)
        if not storage_class:
            raise InvalidRequestError("the storage class must not be empty")

        def call() -> bool:
            client = blob_client(self.native, bucket, key, version_id)
            call_sdk(client.set_standard_blob_tier, storage_class, rehydrate_priority=rehydrate_priority)
            # https://learn.microsoft.com/rest/api/storageservices/set-blob-tier#status-code
            return call_facts().http_status == 200

        return self._run("set_storage_class", f"{bucket}/{key}", call)

    # -- tags ------------------------------------------------------------------------------------------------
    @final
    def find_by_tags(
        self,
        expression: str,
        *,
        bucket: str | None = None,
        page_size: int = 1000,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[TaggedObject]:
        """Return a lazy listing of the objects whose tags match; changes are found with some delay.

        Args:
            expression: such as ``"project" = 'blue' AND "year" >= '2026'``:
                https://learn.microsoft.com/rest/api/storageservices/find-blobs-by-tags#remarks
            bucket: only in this container.
            page_size, limit, token: as for `list_objects`.
        """
        from cloud._dialects.azure_blob._records import TaggedObject

        if bucket is not None:
            self._check_bucket(bucket)
        check_page_size(page_size)

        def fetch(page_token: str | None) -> Page[TaggedObject]:
            native = self.native
            client = native if bucket is None else native.get_container_client(bucket)
            page = read_page(
                client.find_blobs_by_tags,
                token=page_token,
                filter_expression=expression,
                results_per_page=page_size,
            )
            with understood("list of objects"):
                found = tuple(
                    TaggedObject(
                        bucket=item.container_name or bucket or "", key=item.name, tags=item.tags or EMPTY
                    )
                    for item in page.items
                )
            return Page(found, (), page.next_token)

        return Pager(
            lambda page_token: self._run("find_by_tags", bucket or "", lambda: fetch(page_token)),
            token=token,
            limit=limit,
        )

    def _pager(
        self,
        operation: str,
        bucket: str,
        prefix: str,
        page_size: int,
        limit: int | None,
        token: str | None,
        fetch: Callable[[ListRequest], Page[ObjectInfo]],
    ) -> Pager[ObjectInfo]:
        from cloud.common._storage_types import ListRequest

        def page(page_token: str | None) -> Page[ObjectInfo]:
            request = ListRequest(bucket, prefix, None, None, page_size, page_token)

            def read() -> Page[ObjectInfo]:
                with understood("listing"):
                    return fetch(request)

            return self._run(operation, bucket, read)

        return Pager(page, token=token, limit=limit)


def _info(bucket: str, item: Any, **more: Any) -> ObjectInfo:
    return ObjectInfo(
        bucket=bucket,
        key=item.name,
        size=item.size or 0,
        etag=(item.etag or "").strip('"') or None,
        modified_at=None if item.last_modified is None else utc(item.last_modified),
        storage_class=None
        if item.blob_tier is None
        else str(getattr(item.blob_tier, "value", item.blob_tier)),
        raw=item,
        **more,
    )


def _version(bucket: str, item: Any) -> ObjectInfo | None:
    # Where no versions are kept the service names none, and what is there is the latest.
    is_latest = bool(item.is_current_version) or item.version_id is None
    return _info(bucket, item, version_id=item.version_id, is_latest=is_latest)


def _snapshot(bucket: str, item: Any) -> ObjectInfo | None:
    if item.snapshot is None:
        return None  # the object itself
    return _info(bucket, item, version_id=f"{SNAPSHOT}{item.snapshot}", is_latest=False)


def _newest_first(
    bucket: str, items: list[Any], describe: Callable[[str, Any], ObjectInfo | None]
) -> tuple[ObjectInfo, ...]:
    """Return the items by key; of each key the latest first, then from the newest to the oldest."""
    described = [info for item in items if (info := describe(bucket, item)) is not None]
    # Ids of versions and of snapshots are times of one length, so their order is that of time.
    described.sort(key=lambda info: info.version_id or "", reverse=True)
    described.sort(key=lambda info: (info.key.encode(), not info.is_latest))
    return tuple(described)


def _is_given(key: str, done: str) -> bool:
    """Return whether a listing has `key` before `done`, or is at it.

    Whether the service sorts by bytes or, as its own languages do, by UTF-16 is not documented. They differ
    for few characters; where they do a key is rather given out twice than never.
    """
    return key.encode() <= done.encode() and key.encode("utf-16-be") <= done.encode("utf-16-be")


def _encode_token(marker: str | None, done: str) -> str:
    import json

    return json.dumps([marker, done])


def _decode_token(token: str | None) -> tuple[str | None, str | None]:
    """Return where a page begins: the service's marker, and the last key before it."""
    if token is None:
        return None, None
    try:
        marker, done = load_json(token.encode())
    except (TypeError, ValueError) as exc:
        raise InvalidRequestError(f"{token!r} is no page token of this listing", request_sent=False) from exc
    if not all(part is None or isinstance(part, str) for part in (marker, done)):
        raise InvalidRequestError(f"{token!r} is no page token of this listing", request_sent=False)
    return marker, done
