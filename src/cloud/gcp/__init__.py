"""Google Cloud. Needs the extra ``gcp``: ``pip install 'cloud[gcp]'``."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud._dialects.gcs._options import GCSOptions as GCSOptions
    from cloud._dialects.gcs._sdk import SoftDeletedObject as SoftDeletedObject
    from cloud.gcp._gcs import GCSClient as GCSClient

__all__ = ["GCSClient", "GCSOptions", "SoftDeletedObject"]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "GCSClient": "._gcs",
        "GCSOptions": "cloud._dialects.gcs._options",
        "SoftDeletedObject": "cloud._dialects.gcs._sdk",
    },
)
