"""Commands with several arguments: one that fails does not stop the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cloud.cli._errors import OK, PARTIAL
from cloud.common.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloud.cli._console import Console

T = TypeVar("T")


def each(items: Sequence[T], action: Callable[[T], int | None], console: Console) -> int:
    """Run `action` on every item and return the exit code.

    The error of an only item is raised; of several, each is told, and the code says that some failed.
    """
    if len(items) == 1:
        return action(items[0]) or OK
    code = OK
    for item in items:
        try:
            code = action(item) or code
        except (CloudError, OSError) as error:  # noqa: PERF203  # every item has an error of its own
            console.error(error)
            code = PARTIAL
    return code
