"""Keeps out of the SDKs' own logs what they write at DEBUG: headers, parameters and bodies of requests, and signed URLs.

botocore logs each request whole: session tokens, the user data of instances, the environments of functions. urllib3
logs the query, in which a shared access signature stands. This happens only to what is logged from inside this
library's calls: a program's own use of the SDKs logs as before.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from cloud.common._redact import redact

if TYPE_CHECKING:
    import logging
    from types import TracebackType

_WHOLE_REQUESTS: Final = (
    "botocore.auth",
    "botocore.awsrequest",
    "botocore.client",
    "botocore.endpoint",
    "botocore.handlers",
    "botocore.hooks",
    "botocore.httpsession",
    "botocore.parsers",
    "botocore.regions",
    "botocore.retryhandler",
    "botocore.utils",
)
_URLS: Final = ("azure.core.pipeline.policies.http_logging_policy", "urllib3.connectionpool")
_DEBUG: Final = 10  # logging.DEBUG: who imports an SDK imports logging, and nobody else should pay for it
_inside = threading.local()
_installed = False


def _hide_request(record: logging.LogRecord) -> bool:
    if getattr(_inside, "depth", 0) and record.levelno <= _DEBUG:
        record.msg, record.args = (
            "(not shown: it may hold secrets; the loggers of cloud say what is sent)",
            (),
        )
    return True


def _hide_signature(record: logging.LogRecord) -> bool:
    if getattr(_inside, "depth", 0):
        record.msg, record.args = redact(record.getMessage()), ()
    return True


def _install() -> None:
    """Hang up the filters; threads that do it at once do no harm: a logger takes each filter once."""
    import logging

    global _installed  # noqa: PLW0603  # once a process
    for name in _WHOLE_REQUESTS:
        logging.getLogger(name).addFilter(_hide_request)
    for name in _URLS:
        logging.getLogger(name).addFilter(_hide_signature)
    _installed = True


class sdk_call:  # noqa: N801  # reads as a statement: ``with sdk_call():``
    """Inside of it this thread calls an SDK for the library, and the SDK's logs show no secrets."""

    def __enter__(self) -> None:
        """Begin."""
        if not _installed:
            _install()
        _inside.depth = getattr(_inside, "depth", 0) + 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        _inside.depth -= 1
