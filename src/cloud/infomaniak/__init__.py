"""Infomaniak. Needs the extra ``infomaniak``: ``pip install 'cloud[infomaniak]'``."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud.infomaniak._s3 import InfomaniakS3Client as InfomaniakS3Client

__all__ = ["InfomaniakS3Client"]
__getattr__, __dir__ = lazy_exports(__name__, {"InfomaniakS3Client": "._s3"})
