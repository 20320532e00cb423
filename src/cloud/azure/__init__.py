"""Microsoft Azure. Needs the extra ``azure``: ``pip install 'cloud[azure]'``."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud._dialects.azure_blob._options import AzureOptions as AzureOptions
    from cloud._dialects.azure_blob._records import AccessPolicy as AccessPolicy
    from cloud._dialects.azure_blob._records import AccountInfo as AccountInfo
    from cloud._dialects.azure_blob._records import BucketAccess as BucketAccess
    from cloud._dialects.azure_blob._records import Lease as Lease
    from cloud._dialects.azure_blob._records import TaggedObject as TaggedObject
    from cloud.azure._blob import AzureBlobClient as AzureBlobClient

__all__ = [
    "AccessPolicy",
    "AccountInfo",
    "AzureBlobClient",
    "AzureOptions",
    "BucketAccess",
    "Lease",
    "TaggedObject",
]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "AccessPolicy": "cloud._dialects.azure_blob._records",
        "AccountInfo": "cloud._dialects.azure_blob._records",
        "AzureBlobClient": "._blob",
        "AzureOptions": "cloud._dialects.azure_blob._options",
        "BucketAccess": "cloud._dialects.azure_blob._records",
        "Lease": "cloud._dialects.azure_blob._records",
        "TaggedObject": "cloud._dialects.azure_blob._records",
    },
)
