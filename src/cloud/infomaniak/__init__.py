"""Infomaniak. Needs the extra ``infomaniak``: ``pip install 'cloud[infomaniak]'``."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud._dialects.swift._acl import ContainerAcl as ContainerAcl
    from cloud._dialects.swift._container_records import AccountInfo as AccountInfo
    from cloud._dialects.swift._container_records import ArchiveError as ArchiveError
    from cloud._dialects.swift._container_records import ArchiveResult as ArchiveResult
    from cloud._dialects.swift._container_records import ContainerInfo as ContainerInfo
    from cloud._dialects.swift._options import SwiftOptions as SwiftOptions
    from cloud.infomaniak._object_storage import (
        InfomaniakObjectStorageClient as InfomaniakObjectStorageClient,
    )
    from cloud.infomaniak._s3 import InfomaniakS3Client as InfomaniakS3Client

__all__ = [
    "AccountInfo",
    "ArchiveError",
    "ArchiveResult",
    "ContainerAcl",
    "ContainerInfo",
    "InfomaniakObjectStorageClient",
    "InfomaniakS3Client",
    "SwiftOptions",
]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "AccountInfo": "cloud._dialects.swift._container_records",
        "ArchiveError": "cloud._dialects.swift._container_records",
        "ArchiveResult": "cloud._dialects.swift._container_records",
        "ContainerAcl": "cloud._dialects.swift._acl",
        "ContainerInfo": "cloud._dialects.swift._container_records",
        "InfomaniakObjectStorageClient": "._object_storage",
        "InfomaniakS3Client": "._s3",
        "SwiftOptions": "cloud._dialects.swift._options",
    },
)
