"""Many small objects, given one by one: a few in flight at once, a result for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from cloud.common._storage_types import BatchDeleteHooks
from cloud.common.enums import Capability
from cloud.common.errors import CloudError, InvalidRequestError
from cloud.common.models import DeleteResult, Record
from cloud.transfer._pool import check_workers, map_ordered
from cloud.transfer._records import WriteOptions
from cloud.transfer._refs import ClientRef
from cloud.transfer._run import DEFAULT_WORKERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Executor

    from cloud.common._base_storage import BaseStorageClient
    from cloud.common._cancel import Cancellation
    from cloud.common._sources import UploadSource

_NO_OPTIONS = WriteOptions()
_SINGLE_DELETES = 16
"""Keys that one worker deletes in a row where the service has no batches."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ManyResult(Record):
    """What became of one object of `upload_many` or `download_many`.

    Attributes:
        key: its key.
        data: the body that was downloaded; None for an upload and for a failure.
        uri: where the body was stored; None for a download and for a failure.
        error: why it failed; None when it did not.
    """

    key: str
    data: bytes | None = field(default=None, repr=False)
    uri: str | None = None
    error: CloudError | OSError | None = None

    @property
    def ok(self) -> bool:
        """Whether it did not fail."""
        return self.error is None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data; of the body, its length."""
        size = None if self.data is None else len(self.data)
        return {"key": self.key, "bytes": size, "uri": self.uri, "error": self.error and str(self.error)}


@dataclass(frozen=True)
class _Upload:
    ref: ClientRef
    bucket: str
    options: WriteOptions

    def __call__(self, item: tuple[str, UploadSource]) -> ManyResult:
        key, data = item
        try:
            uri = self.ref.client.upload_file(
                self.bucket,
                key,
                data,
                content_type=self.options.content_type,
                metadata=self.options.metadata,
                storage_class=self.options.storage_class,
            )
        except (CloudError, OSError) as error:
            return ManyResult(key=key, error=error)
        return ManyResult(key=key, uri=uri)


@dataclass(frozen=True)
class _Download:
    ref: ClientRef
    bucket: str

    def __call__(self, key: str) -> ManyResult:
        try:
            return ManyResult(key=key, data=self.ref.client.download_file(self.bucket, key))
        except (CloudError, OSError) as error:
            return ManyResult(key=key, error=error)


@dataclass(frozen=True)
class _Delete:
    ref: ClientRef
    bucket: str

    def __call__(self, keys: tuple[str, ...]) -> list[DeleteResult]:
        results: list[DeleteResult] = []
        try:
            results.extend(self.ref.client.delete_files(self.bucket, keys))
        except CloudError as error:
            # The whole request failed: so did every key that it was about.
            results += [DeleteResult(key=key, error=error) for key in keys[len(results) :]]
        return results


def upload_many(
    client: BaseStorageClient,
    bucket: str,
    items: Mapping[str, UploadSource] | Iterable[tuple[str, UploadSource]],
    *,
    options: WriteOptions = _NO_OPTIONS,
    workers: int = DEFAULT_WORKERS,
    executor: Executor | None = None,
    bandwidth_limit: int | None = None,
    cancellation: Cancellation | None = None,
) -> Iterator[ManyResult]:
    """Store many bodies and yield one result for each, in order.

    Lazy: nothing is stored until results are read; items are taken at most ``2 * workers`` ahead. One that
    fails does not stop the others.

    Args:
        items: pairs of a key and what `upload_file` takes.
        options: what all of them get.
        workers: how many are in flight at once.
        executor: stores them instead of threads of our own, in other processes too where client and items
            pickle.
        bandwidth_limit: the most bytes per second of all of them together; not with `executor`.
        cancellation: ends it from another thread.
    """
    pairs = items.items() if isinstance(items, Mapping) else items
    call = _Upload(ClientRef(client), bucket, options)
    return map_ordered(
        call, pairs, workers=workers, cancellation=cancellation, executor=executor, limit=bandwidth_limit
    )


def download_many(
    client: BaseStorageClient,
    bucket: str,
    keys: Iterable[str],
    *,
    workers: int = DEFAULT_WORKERS,
    executor: Executor | None = None,
    bandwidth_limit: int | None = None,
    cancellation: Cancellation | None = None,
) -> Iterator[ManyResult]:
    """Read many objects and yield one result for each, in order, with its body.

    Lazy: at most ``2 * workers`` bodies are in memory. One that fails does not stop the others.

    Args:
        keys: which objects.
        workers, executor, bandwidth_limit, cancellation: as for `upload_many`.
    """
    call = _Download(ClientRef(client), bucket)
    return map_ordered(
        call,
        _checked(keys),
        workers=workers,
        cancellation=cancellation,
        executor=executor,
        limit=bandwidth_limit,
    )


def delete_many(
    client: BaseStorageClient,
    bucket: str,
    keys: Iterable[str],
    *,
    workers: int = DEFAULT_WORKERS,
    executor: Executor | None = None,
    cancellation: Cancellation | None = None,
) -> Iterator[DeleteResult]:
    """Delete many objects and yield one result for each, in order; several requests are in flight at once.

    Lazy: nothing is deleted until results are read. A key that fails does not stop the others, and a missing
    one is a success; a missing bucket fails every key.

    Args:
        keys: which objects.
        workers: how many requests are in flight at once, each of as many keys as the service takes.
        executor, cancellation: as for `upload_many`.
    """
    check_workers(workers)
    size = _SINGLE_DELETES
    if Capability.BATCH_DELETE in client.capabilities and isinstance(client, BatchDeleteHooks):
        size = client.batch_delete_limit
    call = _Delete(ClientRef(client), bucket)
    groups = _groups(_checked(keys), size)
    batches = map_ordered(call, groups, workers=workers, cancellation=cancellation, executor=executor)
    return (result for batch in batches for result in batch)


def _checked(keys: Iterable[str]) -> Iterable[str]:
    if isinstance(keys, (str, bytes)):
        raise InvalidRequestError("keys must be an iterable of keys, not one text")
    return keys


def _groups(keys: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    rest = iter(keys)
    while group := tuple(islice(rest, size)):
        yield group
