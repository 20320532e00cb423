"""The embedded provider: object storage and functions on this machine, without any dependency."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud.local._functions import LocalServerlessClient as LocalServerlessClient
    from cloud.local._storage import LocalStorageClient as LocalStorageClient

__all__ = ["LocalServerlessClient", "LocalStorageClient"]
__getattr__, __dir__ = lazy_exports(
    __name__, {"LocalServerlessClient": "._functions", "LocalStorageClient": "._storage"}
)
