"""What every storage client over the library's own wire shares: its operations, made when first needed."""

from __future__ import annotations

import threading
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from cloud.common._base_storage import BaseStorageClient
from cloud.common._fork import renew_after_fork
from cloud.common._lazy import require_installed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud._wire._types import Transport
    from cloud.common._paging import Page
    from cloud.common._storage_types import GetRequest, ListRequest, ObjectBody
    from cloud.common.enums import Capability
    from cloud.common.models import DeleteResult, ObjectInfo


class WireExchange(Protocol):
    """What sends the requests of one client."""

    transport: Transport


class WireOperations(Protocol):
    """The operations that are called alike in every dialect."""

    @property
    def exchange(self) -> WireExchange:
        """What sends the requests."""

    def delete_bucket(self, name: str, /) -> None:
        """Delete the empty bucket."""

    def bucket_exists(self, name: str, /) -> bool:
        """Return whether the bucket is there."""

    def head(self, request: GetRequest, /) -> ObjectInfo:
        """Return the object's info."""

    def get(self, request: GetRequest, /) -> ObjectBody:
        """Return the open answer to a read."""

    def list_page(self, request: ListRequest, /) -> Page[ObjectInfo]:
        """Return one page of objects."""


O = TypeVar("O", bound=WireOperations)  # noqa: E741  # a type, not a number


class WireStore(BaseStorageClient, Generic[O]):
    """A storage client whose hot operations run on the library's own wire.

    Args:
        sdk: module of the SDK, which must be installed although it is not loaded.
        extra: installation extra that brings it.
        arguments: what the client was constructed with, by keyword; a pickled copy is made of them.
    """

    _capabilities: frozenset[Capability]

    def __init__(self, *, sdk: str, extra: str, arguments: Mapping[str, Any]) -> None:
        require_installed(sdk, extra=extra)
        require_installed("httptools", extra=extra)
        super().__init__(
            retry=arguments["retry"],
            limits=arguments["limits"],
            observers=arguments["observers"],
            transfer=arguments["transfer"],
        )
        self._arguments = arguments
        self._lazy_ops: O | None = None
        self._ops_lock = threading.Lock()
        renew_after_fork(self, "_ops_lock")

    @abstractmethod
    def _make_ops(self) -> O:
        """Return new operations. Nothing is sent."""

    @property
    def _ops(self) -> O:
        found = self._lazy_ops
        if found is None:
            with self._ops_lock:
                found = self._lazy_ops
                if found is None:
                    found = self._lazy_ops = self._make_ops()
        return found

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this client can do beyond the contract, on the service that it was made for."""
        return self._capabilities

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        with self._ops_lock:
            ops, self._lazy_ops = self._lazy_ops, None
        if ops is not None:
            ops.exchange.transport.close()

    def _constructor(self) -> tuple[Any, tuple[Any, ...], Mapping[str, Any]]:
        return type(self), (), self._arguments

    def _delete_results(
        self, bucket: str, keys: Sequence[str], failed: Mapping[str, Exception]
    ) -> list[DeleteResult]:
        """Return one result per key of a batch, in order; `failed` says which failed, and why."""
        from cloud.common._records import DeleteResult

        context = self._runtime.context("delete_files", bucket)
        return [
            DeleteResult(key=key, error=self._translate(failed[key], context) if key in failed else None)
            for key in keys
        ]

    # -- hooks that are alike in every dialect -------------------------------------------------------------------
    def _delete_bucket(self, name: str) -> None:
        self._ops.delete_bucket(name)

    def _bucket_exists(self, name: str) -> bool:
        return self._ops.bucket_exists(name)

    def _head(self, request: GetRequest) -> ObjectInfo:
        return self._ops.head(request)

    def _get(self, request: GetRequest) -> ObjectBody:
        return self._ops.get(request)

    def _list_page(self, request: ListRequest) -> Page[ObjectInfo]:
        return self._ops.list_page(request)
