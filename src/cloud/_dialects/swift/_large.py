"""Large objects that are there: what they consist of, and what has to go, or to be copied, with them.

A segment belongs to the object that it is named after, as all tools name them: it lies in ``<container>`` or in
``<container>_segments`` (for S3's uploads ``<container>+segments``) and its name begins with the object's key
and a slash. Only such segments are removed with an object, and never those that an older version may still name.
A manifest that some tool copied to another key names segments of the original: they go with the original.
"""

from __future__ import annotations

import threading
from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cloud._dialects._answers import read_document, understood
from cloud._dialects.swift._bulk import delete_many
from cloud._dialects.swift._errors import SwiftServiceError
from cloud._dialects.swift._exchange import json_list, quote_key
from cloud._dialects.swift._listing import list_versions_page, names_after
from cloud._dialects.swift._manifest import etag_of
from cloud._dialects.swift._objects import finish_write, is_static_large, kept_headers
from cloud._dialects.swift._segments import (
    MAX_CONTAINER_BYTES,
    OWNER_HEADER,
    SUFFIX,
    begin,
    complete,
    discard,
    group_of,
    put_part,
    segments_container,
    upload_of,
)
from cloud.common._fork import renew_after_fork
from cloud.common._storage_types import ListRequest, Part, Stored, Upload
from cloud.common.errors import UnsupportedOperationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cloud._dialects.swift._bulk import Path
    from cloud._dialects.swift._exchange import Exchange
    from cloud.common._storage_types import CopyRequest

REMEMBERED_SECONDS = 300.0
"""How long it stays known whether a container holds large objects, and keeps versions."""
_SUFFIXES = (SUFFIX, "+segments")
_MAX_DEPTH = (
    10  # of manifests in manifests: https://docs.openstack.org/swift/latest/overview_large_objects.html
)
_VERSION_HEADERS = frozenset({"x-versions-enabled", "x-versions-location", "x-history-location"})
_HEARTBEAT_ABOVE = 64 << 20
_PAGE = 1000


class LargeObjects:
    """The large objects of one account.

    Args:
        exchange: sends requests and judges the status of their answers.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._known: dict[str, tuple[tuple[bool, bool], float]] = {}
        self._lock = threading.Lock()
        renew_after_fork(self, "_lock")

    # -- which containers hold them ------------------------------------------------------------------------------
    def may_hold(self, bucket: str) -> bool:
        """Return whether there is a container for segments of objects in `bucket`; remembered for a while."""
        return self._state(bucket)[0]

    def may_lose(self, bucket: str) -> bool:
        """Return whether a large object may be there that is gone for good when it is replaced."""
        holds, keeps_versions = self._state(bucket)
        return holds and not keeps_versions

    def _state(self, bucket: str) -> tuple[bool, bool]:
        """Return whether there may be large objects, and whether older versions of objects are kept."""
        known = self._remembered(bucket)
        if known is not None:
            return known
        holds = any(self._exists(bucket + suffix) for suffix in _SUFFIXES)
        state = (holds, holds and self._keeps_versions(bucket))
        self._remember(bucket, state)
        return state

    def _remembered(self, bucket: str) -> tuple[bool, bool] | None:
        known = self._known.get(bucket)
        if known is None or self.exchange.now() - known[1] >= REMEMBERED_SECONDS:
            return None
        return known[0]

    def note_new(self, bucket: str) -> None:
        """Remember a container that was just made: it holds nothing."""
        self._remember(bucket, (False, False))

    def forget(self, bucket: str) -> None:
        """Forget what is known of a container that has changed: ask again when it matters."""
        with self._lock:
            self._known.pop(bucket, None)

    def note_large(self, bucket: str) -> None:
        """Remember that the container gets a large object."""
        known = self._remembered(bucket)
        if known is None or not known[0]:
            self._remember(bucket, (True, self._keeps_versions(bucket)))

    def _remember(self, bucket: str, state: tuple[bool, bool]) -> None:
        with self._lock:
            self._known[bucket] = (state, self.exchange.now())

    def _exists(self, container: str) -> bool:
        if len(container.encode()) > MAX_CONTAINER_BYTES:
            return False
        # Whoever may not look at the segments may not remove them either.
        response = self.exchange.call("HEAD", container, accepts=(200, 204, 403, 404))
        response.close()
        return response.status < 300

    def remove_container(self, bucket: str) -> None:
        """Delete the container of segments of a container that is gone, if it is empty and was made here."""
        if self._remembered(bucket) == (False, False):
            return
        container = segments_container(bucket)
        response = self.exchange.call("HEAD", container, accepts=(200, 204, 403, 404))
        response.close()
        if response.headers.get(OWNER_HEADER) == quote(bucket, safe=""):
            self.exchange.call("DELETE", container, accepts=(204, 404, 409)).close()
        self.forget(bucket)

    # -- what they consist of --------------------------------------------------------------------------------------
    def manifest(self, bucket: str, key: str, version_id: str | None = None) -> list[dict[str, Any]] | None:
        """Return the entries of a static large object's manifest; None when there is none."""
        query = () if version_id is None else (("version-id", version_id),)
        response = self.exchange.call("HEAD", bucket, key, query=query, accepts=(200, 404))
        response.close()
        if response.status == 404 or not is_static_large(response.headers):
            return None
        return self._read_manifest(bucket, key, query)

    def _read_manifest(
        self, bucket: str, key: str, query: Iterable[tuple[str, str]] = ()
    ) -> list[dict[str, Any]] | None:
        response = self.exchange.call(
            "GET", bucket, key, query=(("multipart-manifest", "get"), *query), accepts=(200, 404)
        )
        if response.status == 404 or not is_static_large(response.headers):
            response.close()  # replaced meanwhile
            return None
        return json_list(read_document(response), "manifest")

    def _paths(self, entries: Iterable[dict[str, Any]], depth: int = 0) -> Iterator[Path]:
        """Yield every object that a manifest needs, those in manifests within it before these."""
        for entry in entries:
            path = _path(entry)
            if path is None:
                continue
            if entry.get("sub_slo") and depth < _MAX_DEPTH:
                yield from self._paths(self._read_manifest(*path) or (), depth + 1)
            yield path

    def segments_of(
        self, bucket: str, key: str, *, version_id: str | None = None, keep_versioned: bool = True
    ) -> list[Path]:
        """Return the segments that would belong to nothing any more if the object were gone.

        Args:
            keep_versioned: return none in a container that keeps what is replaced or deleted.
        """
        entries = self.manifest(bucket, key, version_id)
        if entries is None or (keep_versioned and self._keeps_versions(bucket)):
            return []
        containers = {bucket, *(bucket + suffix for suffix in _SUFFIXES)}
        return [
            path for path in self._paths(entries) if path[0] in containers and path[1].startswith(f"{key}/")
        ]

    def _version_headers(self, bucket: str) -> frozenset[str]:
        with self.exchange.call("HEAD", bucket, accepts=(200, 204, 404)) as response:
            return _VERSION_HEADERS.intersection(response.headers)

    def _keeps_versions(self, bucket: str) -> bool:
        return bool(self._version_headers(bucket))

    def remove(self, bucket: str, paths: Sequence[Path]) -> None:
        """Delete segments of an object that is gone. What cannot be deleted is logged: the object is gone."""
        if not paths:
            return
        failed, _ = delete_many(self.exchange, paths)
        if failed:
            import logging

            logging.getLogger("cloud.infomaniak.swift").warning(
                "%d segments of a large object in %s were not removed (%s): abort_unfinished_uploads does it",
                len(failed),
                bucket,
                next(iter(failed.values())).message,
            )

    # -- which of many keys are large ------------------------------------------------------------------------------
    def among(self, bucket: str, keys: Iterable[str]) -> frozenset[str]:
        """Return those of `keys` that are static large objects: by the listing around them where they are near.

        A listing begins after a key, so the first key of each stretch is asked for by itself.
        """
        left = sorted(set(keys), key=str.encode)
        found: set[str] = set()
        place, limit = 0, _PAGE
        while place < len(left):
            first = left[place]
            if self._is_large(bucket, first):
                found.add(first)
            place += 1
            if place == len(left):
                break
            page = names_after(self.exchange, bucket, "", first, limit)
            large = {name for name, _, is_large in page if is_large}
            end = page[-1][0].encode() if len(page) >= limit else None
            begun = place
            while place < len(left) and (end is None or left[place].encode() <= end):
                if left[place] in large:
                    found.add(left[place])
                place += 1
            limit = min(_PAGE, max(10, 8 * (place - begun)))  # short pages where the keys are far apart
        return frozenset(found)

    def _is_large(self, bucket: str, key: str) -> bool:
        response = self.exchange.call("HEAD", bucket, key, accepts=(200, 404))
        response.close()
        return response.status == 200 and is_static_large(response.headers)

    # -- which uploads have become objects ---------------------------------------------------------------------------
    def uploads_in_use(self, bucket: str, key: str) -> frozenset[str] | _Everything:
        """Return the ids of the uploads whose segments the object at `key` names, in any of its versions."""
        headers = self._version_headers(bucket)
        if headers - {"x-versions-enabled"}:
            return _EVERYTHING
        ids = self._ids(self.manifest(bucket, key))
        if headers:
            for version_id in self._versions(bucket, key):
                ids |= self._ids(self.manifest(bucket, key, version_id))
        return ids

    def _ids(self, entries: list[dict[str, Any]] | None) -> frozenset[str]:
        found = (upload_of(name) for _, name in self._paths(entries or ()))
        return frozenset(upload[1] for upload in found if upload is not None)

    def _versions(self, bucket: str, key: str) -> Iterator[str]:
        token: str | None = None
        while True:
            page = list_versions_page(self.exchange, ListRequest(bucket, key, None, None, _PAGE, token))
            for info in page.items:
                if info.key == key and not info.is_delete_marker and info.version_id is not None:
                    yield info.version_id
            token = page.next_token
            if token is None or (page.items and page.items[-1].key != key):
                return

    # -- copies ------------------------------------------------------------------------------------------------------
    def copy(self, request: CopyRequest) -> Stored:
        """Copy a static large object: segment by segment inside the service, so that the copy has its own.

        One copy of the whole would be a plain object of at most 5 GiB whose conditions Swift gets wrong, and a
        copy of the manifest would share the segments of the source.
        """
        source = request.source
        entries = self.manifest(source.bucket, source.key, source.version_id)
        if entries is None or etag_of(entries) != source.etag:
            raise SwiftServiceError(412, "the source was replaced meanwhile", {})
        upload = Upload(request.target, begin(self, request.target))
        try:
            parts = [
                self._copy_segment(upload, number, entry)
                for number, entry in enumerate(self._leaves(entries), 1)
            ]
            return complete(self, upload, parts, kept_headers(source.raw))
        except BaseException:
            discard(self, upload)
            raise

    def _leaves(self, entries: Iterable[dict[str, Any]], depth: int = 0) -> Iterator[dict[str, Any]]:
        """Yield the entries that are bytes, in order."""
        for entry in entries:
            path = _path(entry)
            if path is None or not entry.get("sub_slo"):
                yield entry
                continue
            if entry.get("range") or depth >= _MAX_DEPTH:
                raise UnsupportedOperationError(
                    "the source's manifest names a range of another large object", request_sent=False
                )
            yield from self._leaves(self._read_manifest(*path) or (), depth + 1)

    def _copy_segment(self, upload: Upload, number: int, entry: dict[str, Any]) -> Part:
        with understood("manifest"):
            path, size = _path(entry), int(entry.get("bytes", 0))
            data = b64decode(entry["data"]) if path is None else b""
        if path is None:
            return put_part(self, upload, number, data)
        group = group_of(upload)
        headers = {
            "x-copy-from": f"/{quote_key(path[0])}/{quote_key(path[1])}",
            "x-fresh-metadata": "true",
            "accept": "application/json",
        }
        bounds = entry.get("range")
        if bounds:
            with understood("manifest"):
                first, last = map(int, bounds.split("-"))
                headers |= {"range": f"bytes={first}-{last}", "if-match": f'"{entry["hash"]}"'}
            size = last - first + 1
        response = self.exchange.call(
            "PUT",
            group.container,
            group.name(number),
            query=(("heartbeat", "on"),) if size > _HEARTBEAT_ABOVE else (),
            headers=headers,
            accepts=(201, 202),
        )
        stored = finish_write(response)
        if stored.etag is None or (not bounds and stored.etag != entry.get("hash")):
            raise SwiftServiceError(412, "a segment of the source was replaced meanwhile", response.headers)
        return Part(number, stored.etag, size)


class _Everything:
    """A set that holds everything."""

    def __contains__(self, _item: object) -> bool:
        return True


_EVERYTHING = _Everything()


def _path(entry: dict[str, Any]) -> Path | None:
    """Return container and name of what an entry of a manifest names; None for bytes that stand in it."""
    name = entry.get("name")
    if not isinstance(name, str):
        return None
    container, _, key = name.removeprefix("/").partition("/")
    return container, key
