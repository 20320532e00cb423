"""The operating system's errors in the library's words: by number, never by text."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from cloud.common.errors import (
    CloudError,
    InvalidRequestError,
    PermissionDeniedError,
    QuotaExceededError,
    ServiceUnavailableError,
)

if TYPE_CHECKING:
    from cloud.common.errors import ErrorContext

_CLASSES: dict[int, type[CloudError]] = {
    errno.ENOSPC: QuotaExceededError,
    errno.EFBIG: QuotaExceededError,  # the process's or the file system's longest file
    errno.EACCES: PermissionDeniedError,
    errno.EPERM: PermissionDeniedError,
    errno.EROFS: PermissionDeniedError,
    errno.ELOOP: PermissionDeniedError,  # what O_NOFOLLOW says of a symbolic link
    errno.ENAMETOOLONG: InvalidRequestError,  # the root's path and the key's together
}
if hasattr(errno, "EDQUOT"):  # not on Windows
    _CLASSES[errno.EDQUOT] = QuotaExceededError


def translate(exc: Exception, context: ErrorContext) -> CloudError | None:
    """Return our error for an OSError, with the name of its number as `provider_code`; None for others."""
    if not isinstance(exc, OSError):
        return None
    kind = _CLASSES.get(exc.errno or 0, ServiceUnavailableError)
    return kind(
        str(exc),
        context=context,
        provider_code=errno.errorcode.get(exc.errno or 0),
        retryable=False,  # a disk that failed is not asked again
        native=exc,
    )
