"""Amazon Web Services. Needs the extra ``aws``: ``pip install 'cloud[aws]'``."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud._dialects.s3._options import Encryption as Encryption
    from cloud._dialects.s3._options import S3Options as S3Options
    from cloud.aws._s3 import S3Client as S3Client

__all__ = ["Encryption", "S3Client", "S3Options"]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Encryption": "cloud._dialects.s3._options",
        "S3Client": "._s3",
        "S3Options": "cloud._dialects.s3._options",
    },
)
