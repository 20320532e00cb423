"""Changes that the service has queued: who waits for them knows when they are there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from cloud._dialects.rest._polling import PollSchedule
from cloud.coda_io._record import CodaRecord, Handle, aside, strings, wire
from cloud.common.errors import NotFoundError, UnsupportedOperationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from cloud.coda_io._core import CodaCore

DEFAULT_WAIT_SECONDS: Final = 120.0
"""Changes of rows were observed to take 10 to 23 s, appended text 16 to 18 s."""
SCHEDULE: Final = PollSchedule(
    first_seconds=1.0, base_seconds=1.0, factor=1.5, max_seconds=8.0, lag_seconds=60.0
)


@dataclass(frozen=True, kw_only=True, slots=True)
class MutationStatus(CodaRecord):
    """Whether a change has been applied.

    Attributes:
        completed: whether it has.
        warning: what went otherwise than asked, in the service's words; it names no failure otherwise.
    """

    completed: bool
    warning: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutation(Handle):
    """A change that was accepted and is applied within seconds. The service knows it for about a day.

    Until then reads show the state before. `wait` asks until it is applied.

    Attributes:
        operation: the method that made it.
        resource: what it is about.
        request_id: the service's id of it; None for the few changes that have none.
        id: of the page or row that it is about, also of one that it makes.
        row_ids: the rows that it deletes.
        added_row_ids: the rows that it adds, in the order in which they were given.
        row_id: the row of a pushed button.
        column_id: the column of a pushed button.
        completed: whether it is known to be applied.
        warning: see `MutationStatus`.
    """

    operation: str = aside("")
    resource: str = aside("")
    request_id: str | None = None
    id: str | None = None
    row_ids: tuple[str, ...] = wire(strings, default=())
    added_row_ids: tuple[str, ...] = wire(strings, default=())
    row_id: str | None = None
    column_id: str | None = None
    completed: bool = aside(default=False)
    warning: str | None = aside()
    _is_applied: Any = aside(shown=False)

    @classmethod
    def queued(
        cls,
        client: CodaCore,
        operation: str,
        resource: str,
        document: dict[str, Any],
        is_applied: Callable[[], bool] | None = None,
    ) -> Self:
        """Return the mutation of an answer.

        Args:
            client: who asks for its status.
            operation: the public method.
            resource: what it is about.
            document: the answer.
            is_applied: for a change without an id: looks whether it is there.
        """
        return replace(
            cls.from_dict(document),
            operation=operation,
            resource=resource,
            _client=client,
            _is_applied=is_applied,
        )

    def wait(self, timeout: float = DEFAULT_WAIT_SECONDS) -> Self:
        """Return this mutation once it is applied. The request is never sent anew.

        That the service does not know it is, in the first minute, lag between its servers.

        Args:
            timeout: seconds.

        Raises:
            TimeoutError_: it is not applied yet; wait again.
            NotFoundError: it is older than a day, or of another user.
        """
        if self.completed:
            return self
        client = self.asker("client.wait_for_mutation(mutation.request_id)")
        if self.request_id is None and self._is_applied is None:
            raise UnsupportedOperationError(
                f"{self.operation} {self.resource} cannot be waited for: the service gave it no id"
            )
        status = client._poll(  # noqa: SLF001  # the client's own mutation
            self._ask,
            timeout=timeout,
            what="the change",
            schedule=SCHEDULE,
            lag=(NotFoundError,),
            operation=self.operation,
            resource=self.resource,
        )
        return replace(self, completed=True, warning=status.warning)

    def _ask(self) -> MutationStatus | None:
        if self.request_id is None:
            return MutationStatus(completed=True) if self._is_applied() else None
        status: MutationStatus = self._client.get_mutation_status(self.request_id)
        return status if status.completed else None

    def settled(self, wait: bool | float) -> Self:
        """Return this mutation, waited for if `wait` is True or a number of seconds."""
        if wait is False:
            return self
        return self.wait() if wait is True else self.wait(wait)
