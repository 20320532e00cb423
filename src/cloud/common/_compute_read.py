"""Looking at instances: one, all, those that fit, and again and again until a state is reached."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, final

from cloud.common._cancel import pause
from cloud.common._compute_core import ComputeCore, O, checked_tags, checked_text, checked_texts
from cloud.common._compute_manage import PAGE_SIZE, checked_page_size
from cloud.common._compute_types import InstanceListRequest
from cloud.common._paging import Page, Pager, sifted
from cloud.common.enums import ComputeCapability, InstanceState
from cloud.common.errors import ConflictError, InvalidRequestError, NotFoundError, TimeoutError_

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from cloud.common.models import Instance

# States from which an instance comes out by nothing but somebody's doing.
TERMINAL_STATES: Final = frozenset({InstanceState.TERMINATED, InstanceState.ERROR})
_SLOWEST_POLL_SECONDS = 15.0  # what botocore's waiters for instances take
_POLL_GROWTH = 1.5


class ComputeReading(ComputeCore[O]):
    """The part of the compute template that changes nothing."""

    _pause: Callable[[float], None] = staticmethod(pause)
    _clock: Callable[[], float] = staticmethod(time.monotonic)

    # -- reading -------------------------------------------------------------------------------------------
    @final
    def iter_instances(
        self,
        *,
        states: Collection[InstanceState] = (),
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        filters: Mapping[str, Sequence[str]] | None = None,
        page_size: int = PAGE_SIZE,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Instance]:
        """Return a listing of instances, of every state unless `states` says otherwise.

        Args:
            states: only in one of these.
            name: only of exactly this name.
            tags: only with all of these, exactly.
            filters: the service's own filters by name; needs `ComputeCapability.NATIVE_FILTERS`.
            page_size: instances in one answer, 1 to 1,000; the service may give fewer.
            limit: at most that many instances in all.
            token: where an earlier listing stopped.
        """
        if filters:
            self._require(ComputeCapability.NATIVE_FILTERS, "iter_instances")
        checked_page_size(page_size)
        request = InstanceListRequest(
            frozenset(states),
            name,
            checked_tags(tags),
            {key: checked_texts(f"the filter {key}", values) for key, values in (filters or {}).items()},
            page_size,
            None,
        )
        return Pager(lambda at: self._page(request._replace(token=at)), token=token, limit=limit)

    def _page(self, request: InstanceListRequest) -> Page[Instance]:
        page = self._run("iter_instances", "", lambda: self._list_instances_page(request))
        wanted = tuple(item for item in page.items if fits(item, request))
        return sifted(wanted, len(page.items), page.next_token)

    @final
    def list_instances(
        self,
        *,
        states: Collection[InstanceState] = (),
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        filters: Mapping[str, Sequence[str]] | None = None,
    ) -> list[Instance]:
        """Return all instances of `iter_instances`, of every page."""
        return self.iter_instances(states=states, name=name, tags=tags, filters=filters).to_list()

    @final
    def get_instance(self, instance_id: str) -> Instance:
        """Return one instance as it is now.

        Raises:
            NotFoundError: there is none. Some services know a terminated instance for an hour more.
        """
        checked_text("instance_id", instance_id)
        return self._look("get_instance", instance_id)

    def _look(self, operation: str, instance_id: str) -> Instance:
        return self._run(operation, instance_id, lambda: self._get_instance(instance_id))

    # -- waiting -------------------------------------------------------------------------------------------
    @final
    def wait_for(
        self,
        instance_id: str,
        states: Collection[InstanceState] = (InstanceState.RUNNING,),
        *,
        terminal_states: Collection[InstanceState] = TERMINAL_STATES,
        deadline_seconds: float = 600.0,
        poll_seconds: float = 2.0,
        progress: Callable[[Instance], None] | None = None,
    ) -> Instance:
        """Return the instance as soon as it is in one of `states`.

        It is looked at after `poll_seconds`, then less and less often, every 15 s at most. An instance that the
        service has forgotten is TERMINATED.

        Args:
            instance_id: the instance.
            states: what to wait for.
            terminal_states: states that end the wait by an error, unless they are waited for.
            deadline_seconds: how long to wait in all.
            poll_seconds: between the first two looks.
            progress: called with the instance after each look. What it raises ends the wait.

        Raises:
            ConflictError: it came into a terminal state; the message says which, and the service's reason.
            TimeoutError_: the deadline passed.
        """
        checked_text("instance_id", instance_id)
        wanted = frozenset(states)
        if not wanted:
            raise InvalidRequestError("states is empty: there is nothing to wait for")
        if deadline_seconds < 0 or poll_seconds <= 0:
            raise InvalidRequestError("deadline_seconds must not be negative, and poll_seconds above 0")
        begun, last = self._clock(), None
        while True:
            last = self._seen(instance_id, last, self._clock() - begun)
            if last is not None:
                if progress is not None:
                    progress(last)
                if last.state in wanted:
                    return last
                if last.state in terminal_states:
                    raise self._ended(last, wanted)
            left = deadline_seconds - (self._clock() - begun)
            if left <= 0:
                raise self._too_late(instance_id, last, wanted, deadline_seconds)
            self._pause(min(poll_seconds, left))
            poll_seconds = min(poll_seconds * _POLL_GROWTH, max(poll_seconds, _SLOWEST_POLL_SECONDS))

    def _seen(self, instance_id: str, last: Instance | None, waited: float) -> Instance | None:
        """Return the instance now; None while a new one may still be unknown."""
        try:
            return self._look("wait_for", instance_id)
        except NotFoundError:
            if last is not None:
                return replace(last, state=InstanceState.TERMINATED, raw=None)
            if waited >= self.settle_seconds:
                raise
            return None

    def _ended(self, last: Instance, wanted: frozenset[InstanceState]) -> ConflictError:
        reason = f": {last.state_reason}" if last.state_reason else ""
        return ConflictError(
            f"the instance is {last.state.value}, not {_names(wanted)}{reason}",
            context=self._runtime.context("wait_for", last.id),
        )

    def _too_late(
        self, instance_id: str, last: Instance | None, wanted: frozenset[InstanceState], seconds: float
    ) -> TimeoutError_:
        state = last.state.value if last is not None else "unknown"
        return TimeoutError_(
            f"after {seconds:g} s the instance is {state}, not {_names(wanted)}",
            context=self._runtime.context("wait_for", instance_id),
        )


def fits(instance: Instance, request: InstanceListRequest) -> bool:
    """Return whether the instance is one that was asked for."""
    return (
        (not request.states or instance.state in request.states)
        and (request.name is None or instance.name == request.name)
        and all(instance.tags.get(name) == value for name, value in request.tags.items())
    )


def _names(states: frozenset[InstanceState]) -> str:
    return " or ".join(sorted(state.value for state in states))
