"""What the service answers with 202: an operation that goes on after the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloud._dialects.rest._polling import PollSchedule
from cloud.common.errors import ConflictError, UnsupportedOperationError
from cloud.infomaniak.newsletter import _values as v

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.infomaniak.newsletter._core import NewsletterCore

# One question costs a request for each page; with 60 requests a minute, faster would only queue.
SCHEDULE: Final = PollSchedule(first_seconds=0.5, base_seconds=2.0, factor=1.5, max_seconds=15.0)


class Operation:
    """Work that the service has taken on, such as the deletion of many subscribers.

    The API cannot be asked about an operation. What can be asked is whether its effect is there: that is what
    `is_finished` and `wait` do, by listing what was selected. An export has no effect to look for.

    Attributes:
        id: the service's id; empty where it names none.
        name: the method that started it.
    """

    def __init__(
        self,
        client: NewsletterCore,
        name: str,
        id: str,  # noqa: A002  # the service's word
        finished: Callable[[], bool] | str,
    ) -> None:
        self.id = id
        self.name = name
        self._client = client
        self._finished = finished

    def __repr__(self) -> str:
        """Return name and id."""
        return f"<Operation {self.name} {self.id!r}>"

    def is_finished(self) -> bool:
        """Return whether its effect is there.

        Raises:
            UnsupportedOperationError: nothing that the API shows would change.
        """
        if isinstance(self._finished, str):
            raise UnsupportedOperationError(
                f"{self.name} cannot be waited for: {self._finished}", request_sent=False
            )
        try:
            return self._finished()
        except ConflictError:  # the list shrank while it was read: it is going on
            return False

    def wait(self, timeout: float = 300.0) -> None:
        """Return when its effect is there.

        Args:
            timeout: seconds in all.

        Raises:
            TimeoutError_: it was not there in time. The operation goes on: wait again.
            UnsupportedOperationError: nothing that the API shows would change.
        """
        self._client._poll(  # noqa: SLF001  # a part of the client, in its own module
            lambda: self.is_finished() or None, timeout=timeout, what=self.name, schedule=SCHEDULE
        )

    def cancel(self) -> bool:
        """Ask the service to stop it; False when there is none such, or none any more. What is done is done.

        Raises:
            UnsupportedOperationError: the service gave no id.
        """
        if not self.id:
            raise UnsupportedOperationError(f"the service gave no id of this {self.name}", request_sent=False)
        return self._client._cancel(self.id)  # noqa: SLF001  # a part of the client, in its own module


def operation_id(data: object) -> str:
    """Return the id in an answer's data: a text, as documented, or an object with one."""
    known = v.as_object(data)
    return v.text(known.get("id") if known else data)
