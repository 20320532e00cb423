"""What all parts of the compute client share: Nova's URL and version, an instance, an action, its status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from cloud._dialects._answers import read_by
from cloud.common._paging import Page, Pager
from cloud.common.errors import ConflictError
from cloud.infomaniak._planning import Step
from cloud.infomaniak._service import ServiceClient, id_in, inner, part, read_inner, there_are
from cloud.infomaniak.compute._read import Flavor, flavor_of, instance_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from cloud.common._records import Instance

T = TypeVar("T")

# 2.79 (OpenStack Train, 2019) has all that is used here: tags at creation, flavors by name, events of the deleted.
HEADERS = {"OpenStack-API-Version": "compute 2.79"}


class ComputeCalls(ServiceClient):
    """The base of all parts of the compute client."""

    service_type = "compute"
    service_name = "compute"

    def _service_url(self) -> str:
        url = super()._service_url()
        return url if "/v2" in url else f"{url}/v2.1"

    def _other_service_url(self, service: str) -> str:
        url = super()._other_service_url(service)
        version = {"image": "/v2", "network": "/v2.0"}.get(service, "")
        return url if url.endswith(version) else f"{url}{version}"

    def _server(self, operation: str, instance_id: str) -> Instance:
        """Return the instance."""
        path = f"/servers/{part(instance_id)}"
        return self._one(operation, instance_id, path, "server", self._instance_of, headers=HEADERS)

    def _found(self, instance_id: str) -> Instance:
        """Return the instance, inside of a hook."""
        server = self._nova("GET", f"/servers/{part(instance_id)}")
        return read_by(read_inner("server", self._instance_of), server)

    def _instance_of(self, data: Mapping[str, Any]) -> Instance:
        return instance_of(data, self.region)

    def _nova(self, method: str, path: str, **keywords: Any) -> Any:
        """Return what one request answers, inside of a hook: the template runs it."""
        return self._send(method, path, headers=HEADERS, **keywords)

    def _nova_listing(
        self, path: str, key: str, make: Callable[[Any], T], marker_of: Callable[[Any], str]
    ) -> Iterator[T]:
        """Yield the records of all pages, inside of a hook: Nova has no more of them once a page is empty.

        Raises:
            UnknownServiceError: the service gave the same page twice.
        """

        def page(found: Any) -> Page[T]:
            return Page(tuple(make(item) for item in found), (), marker_of(found[-1]) if found else None)

        def fetch(marker: str | None) -> Page[T]:
            body = self._nova("GET", path, params={"limit": 500, "marker": marker})
            return read_by(page, inner(body, key))

        return iter(Pager(fetch))

    def _nova_action(
        self,
        operation: str,
        instance_id: str,
        verb: str,
        body: Any = None,
        read: Callable[[Any], T] = lambda answer: answer,
    ) -> T:
        """Return what `read` makes of what an action answers. It is sent once."""
        path = f"/servers/{part(instance_id)}/action"
        return self._read(read, operation, instance_id, "POST", path, json={verb: body}, headers=HEADERS)

    def _transition(
        self,
        operation: str,
        instance_id: str,
        verb: str,
        body: Any = None,
        *,
        allowed: Collection[str],
        done: Collection[str] = (),
        changes: Mapping[str, Any] | None = None,
        checks: tuple[Callable[[], str], ...] = (),
    ) -> Step[bool]:
        """Return the step that asks for another status; it answers False where the instance has it already.

        Args:
            allowed: statuses in which the service does it.
            done: statuses in which there is nothing to do.
        """
        part(instance_id)

        def act() -> bool:
            if done and self._server(operation, instance_id).raw_state in done:
                return False
            self._nova_action(operation, instance_id, verb, body)
            return True

        def may() -> str:
            status = self._server(operation, instance_id).raw_state
            if status not in {*allowed, *done}:
                raise ConflictError(
                    f"the instance is {status}, and this needs {' or '.join(sorted(allowed))}",
                    request_sent=False,
                )
            return f"the instance {instance_id} is {status}"

        return Step(instance_id, act, changes or {}, (may, *checks))

    def wait_for_status(
        self,
        instance_id: str,
        statuses: Collection[str] = ("ACTIVE",),
        *,
        terminal_statuses: Collection[str] = ("ERROR",),
        deadline_seconds: float = 600.0,
        progress: Callable[[Instance], None] | None = None,
    ) -> Instance | None:
        """Return the instance once its own status is one of `statuses` and nothing is being done with it.

        `wait_for` knows the states that all providers share; this one Nova's: ``VERIFY_RESIZE``, ``RESCUE``,
        ``SHELVED_OFFLOADED``, ``SUSPENDED`` and so on.

        Args:
            statuses: with ``DELETED`` among them, not being there any more is waited for, and gives None.
            progress: called with what each look finds.

        Raises:
            ResourceFailedError: it is in one of `terminal_statuses`.
            TimeoutError_: the deadline passed.
        """

        def settled(found: Instance) -> str:
            task = found.raw.get("OS-EXT-STS:task_state")
            return found.raw_state if task is None else f"{found.raw_state} ({task})"

        return self._wait(
            "wait_for_status",
            instance_id,
            lambda: self._server("wait_for_status", instance_id),
            state=settled,
            # Nova shows what it has deleted for a moment: only what it does not know any more is gone.
            states=set(statuses) - {"DELETED"},
            terminal_states=terminal_statuses,
            reason=lambda found: found.state_reason,
            deadline_seconds=deadline_seconds,
            gone="DELETED" in statuses,
            tell=progress,
        )

    # -- flavors by name -------------------------------------------------------------------------------------
    def _flavor(self, name_or_id: str) -> Flavor:
        """Return a flavor in Nova's words; inside of a hook.

        Raises:
            NotFoundError: there is none of that name or id; the hint names those that there are.
        """
        from cloud.common.errors import NotFoundError

        known: list[str] = []
        for found in self._nova_listing("/flavors/detail", "flavors", flavor_of, id_in):
            if name_or_id in {found.name, found.id}:
                return found
            known.append(found.name)
        raise NotFoundError(
            f"there is no flavor {name_or_id!r}",
            hint=there_are(known),
            request_sent=False,
        )
