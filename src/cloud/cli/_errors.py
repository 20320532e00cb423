"""How an error ends the command: its exit code and its one line."""

from __future__ import annotations

from typing import Final

from cloud.cli._text import visible
from cloud.common import errors
from cloud.common._redact import redact

OK: Final = 0
PARTIAL: Final = 3
INTERRUPTED: Final = 130
TERMINATED: Final = 143
OUTPUT_CLOSED: Final = 141

_BY_CLASS: Final[tuple[tuple[type[BaseException], int], ...]] = (
    (errors.InvalidRequestError, 2),
    (errors.ConfigurationError, 2),
    (errors.NotFoundError, 4),
    (errors.AuthenticationError, 5),
    (errors.PermissionDeniedError, 5),
    (errors.PreconditionFailedError, 6),
    (errors.AlreadyExistsError, 6),
    (errors.ConflictError, 6),
    (errors.RateLimitedError, 7),
    (errors.TimeoutError_, 7),
    (errors.ServiceUnavailableError, 7),
    (errors.IntegrityError, 8),
    (errors.UnsupportedOperationError, 9),
    (errors.MissingDependencyError, 9),
    (errors.CloudError, 1),
    # of the operating system, about local files
    (IsADirectoryError, 2),
    (NotADirectoryError, 2),
    (FileNotFoundError, 4),
    (PermissionError, 5),
    (FileExistsError, 6),
)

EXIT_CODE_HELP: Final = """\
exit codes:
  0    done
  1    another error
  2    wrong usage, impossible request or configuration
  3    some items failed, the others are done
  4    not found
  5    credentials not accepted, or not permitted
  6    exists already, changed meanwhile, or in conflict with the present state
  7    rate limit, time limit, or the service is unavailable: try again later
  8    the bytes are not the ones that were stored or sent
  9    not supported here, or an extra is not installed
  130  interrupted by Ctrl-C (141: the reader of the output went away; 143: terminated)
"""


class OutputClosedError(Exception):
    """The reader of standard output went away, as ``head`` does."""


def exit_code(error: BaseException) -> int:
    """Return the exit code that stands for `error`."""
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), 1)


def error_line(error: BaseException) -> str:
    """Return `error` as one line: what failed, the service's message, the code, what to do. No secrets."""
    if isinstance(error, OSError) and not isinstance(error, errors.CloudError):
        names = [str(name) for name in (error.filename, error.filename2) if name is not None]
        text = ": ".join([" and ".join(names), error.strerror or str(error)] if names else [str(error)])
    else:
        text = str(error)
    return visible(redact(text))
