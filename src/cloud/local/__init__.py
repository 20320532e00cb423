"""The embedded provider: object storage in a folder or in memory, without any dependency."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud.local._storage import LocalStorageClient as LocalStorageClient

__all__ = ["LocalStorageClient"]
__getattr__, __dir__ = lazy_exports(__name__, {"LocalStorageClient": "._storage"})
