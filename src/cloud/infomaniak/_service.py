"""One thing of an OpenStack service read, made, changed and deleted; and what plans look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import quote

from cloud.common.errors import (
    InvalidRequestError,
    NotFoundError,
    QuotaExceededError,
    ServiceUnavailableError,
)
from cloud.common.models import EMPTY
from cloud.infomaniak._base import OpenStackClient
from cloud.infomaniak._planning import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from cloud.common._records import Quota

T = TypeVar("T")
S = TypeVar("S", bound="HasStatus")

_MOST_NAMES = 30  # in a hint, which is one line


class HasStatus(Protocol):
    """A record that says how it is."""

    @property
    def status(self) -> str:
        """The service's own word."""


class ServiceClient(OpenStackClient):
    """An `OpenStackClient` with what is done with every resource: read, made, changed, deleted, waited for."""

    def _one(
        self,
        operation: str,
        resource: str,
        path: str,
        key: str,
        make: Callable[[Any], T],
        *,
        service: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Return the record of what ``GET path`` answers under `key`."""
        return self._read(
            read_inner(key, make), operation, resource, "GET", path, service=service, headers=headers
        )

    def _made(
        self,
        operation: str,
        resource: str,
        path: str,
        key: str,
        body: Mapping[str, Any],
        make: Callable[[Any], T],
        *,
        service: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Return the record of what ``POST path`` made. It is sent once."""
        return self._read(
            read_inner(key, make),
            operation,
            resource,
            "POST",
            path,
            json={key: given(body)},
            service=service,
            headers=headers,
        )

    def _changed(
        self,
        operation: str,
        resource: str,
        path: str,
        key: str,
        body: Mapping[str, Any],
        make: Callable[[Any], T],
        *,
        service: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Return the record of what ``PUT path`` left."""
        return self._read(
            read_inner(key, make),
            operation,
            resource,
            "PUT",
            path,
            json={key: given(body)},
            service=service,
            headers=headers,
        )

    def _gone(
        self,
        operation: str,
        resource: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        service: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bool:
        """Make sure that nothing is at `path`; False when nothing was."""
        try:
            self._rest(operation, resource, "DELETE", path, params=params, service=service, headers=headers)
        except NotFoundError:
            return False
        return True

    def _gone_step(
        self,
        operation: str,
        what: str,
        resource: str,
        path: str,
        look: Callable[[str], object],
        *,
        service: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Step[bool]:
        """Return the change by ``DELETE path`` of a resource that `look` must find."""
        return Step(
            resource,
            lambda: self._gone(operation, resource, path, service=service, headers=headers),
            checks=exists(what, resource, look),
        )

    def _wait_status(
        self,
        operation: str,
        resource: str,
        look: Callable[[str], S],
        states: Collection[str],
        terminal_states: Collection[str],
        deadline_seconds: float,
        progress: Callable[[S], None] | None,
        *,
        reason: Callable[[S], str | None] | None = None,
    ) -> S | None:
        """Return what `look` finds once its status is one of `states`; with ``deleted`` among them, None when gone."""
        return self._wait(
            operation,
            resource,
            lambda: look(resource),
            state=lambda found: found.status,
            states=states,
            terminal_states=terminal_states,
            reason=reason,
            deadline_seconds=deadline_seconds,
            gone="deleted" in states,
            tell=progress,
        )

    def _project_id(self, operation: str) -> str:
        """Return the id of the login's project."""
        found: str | None = self._runtime.run(
            operation, "", lambda: self._connection.session().get_project_id()
        )
        if found is None:
            raise InvalidRequestError("this login belongs to no project, so it has no quota")
        return found


def inner(body: Any, key: str) -> Any:
    """Return what an answer has under `key`.

    Raises:
        ServiceUnavailableError: it has nothing there: a broken proxy, never taken for an empty record.
    """
    found = body.get(key) if isinstance(body, dict) else None
    if found is None:
        raise ServiceUnavailableError(
            f"the answer has no {key!r}", hint="is there a proxy between you and the service?"
        )
    return found


def read_inner(key: str, make: Callable[[Any], T]) -> Callable[[Any], T]:
    """Return the function that makes a record of what a body has under `key`."""
    return lambda body: make(inner(body, key))


def id_in(body: Mapping[str, Any]) -> str:
    """Return the id of a record."""
    return str(body["id"])


def read_all(key: str, make: Callable[[Any], T]) -> Callable[[Any], list[T]]:
    """Return the function that makes a record of each thing in the list that a body has under `key`."""
    return lambda body: [make(each) for each in inner(body, key)]


def texts_in(key: str) -> Callable[[Any], tuple[str, ...]]:
    """Return the function that gives the texts in the list that a body has under `key`."""
    return lambda body: tuple(str(each) for each in inner(body, key))


def given(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is not None of `body`."""
    return {name: value for name, value in body.items() if value is not None}


def part(value: str, what: str = "id") -> str:
    """Return `value` as one part of a path.

    Raises:
        InvalidRequestError: it is empty, ``.`` or ``..``, which would name something else.
    """
    if not isinstance(value, str) or value in {"", ".", ".."}:
        raise InvalidRequestError(f"{value!r} is no {what}")
    return quote(value, safe="")


def something(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is not None of `body`.

    Raises:
        InvalidRequestError: nothing is: there is nothing to change.
    """
    found = given(body)
    if not found:
        raise InvalidRequestError(f"nothing to change: give one of {', '.join(body)}")
    return found


def one_of(value: str, allowed: Iterable[str], what: str) -> str:
    """Return `value` when it is allowed.

    Raises:
        InvalidRequestError: it is not; the hint says what is.
    """
    if value not in allowed:
        raise InvalidRequestError(f"{value!r} is no {what}", hint=f"one of {', '.join(sorted(allowed))}")
    return value


def there_are(names: Iterable[str]) -> str:
    """Return the hint that says what there is to choose from, by name; of many the first, and how many more."""
    found = sorted(names)
    if not found:
        return "there is none"
    more = len(found) - _MOST_NAMES
    return f"there are {', '.join(found[:_MOST_NAMES])}" + (f" and {more} more" if more > 0 else "")


def port_number(value: int, what: str = "port") -> int:
    """Return `value` when it is a port of TCP or UDP."""
    if isinstance(value, bool) or not 1 <= value <= 65535:
        raise InvalidRequestError(f"{what} is 1 to 65535, not {value!r}")
    return value


def exists(what: str, resource: str | None, look: Callable[[str], object]) -> tuple[Callable[[], str], ...]:
    """Return the check that `resource` is there; none where it is not given."""
    if resource is None:
        return ()

    def check() -> str:
        look(resource)
        return f"the {what} {resource} exists"

    return (check,)


def has_room(quotas: Callable[[], Iterable[Quota]], **wanted: int) -> Callable[[], str]:
    """Return the check that the quota of each name leaves as much as is wanted."""

    def check() -> str:
        left = {quota.name: quota for quota in quotas()}
        for name, count in wanted.items():
            quota = left.get(name)
            if quota is None or quota.limit is None:
                continue
            rest = quota.limit - (quota.used or 0)
            if rest < count:
                raise QuotaExceededError(
                    f"the quota of {name} leaves {max(0, rest)} of {quota.limit}, and {count} are needed",
                    hint="delete what is not needed, or ask the provider for more",
                    request_sent=False,
                )
        return f"the quota leaves room for {', '.join(f'{count} {name}' for name, count in wanted.items())}"

    return check


def quotas_of(data: Mapping[str, Any], units: Mapping[str, str] = EMPTY) -> list[Quota]:
    """Return a quota for each name of Cinder's ``quota_set`` or Neutron's ``quota``, both with their usage."""
    from cloud.common._records import Quota

    found = []
    for name, value in sorted(data.items()):
        if not isinstance(value, dict) or "limit" not in value:
            continue
        limit, used = int(value["limit"]), value.get("in_use", value.get("used"))
        found.append(
            Quota(
                name=name,
                limit=None if limit < 0 else limit,
                used=None if used is None else int(used) + int(value.get("reserved") or 0),
                unit=units.get(name, "count"),
            )
        )
    return found


def call_with(method: Callable[..., T], *args: Any, **keywords: Any) -> T:
    """Return what `method` returns, called with keywords that somebody else chose.

    Raises:
        InvalidRequestError: it takes no such keyword, or one that it needs is missing.
    """
    import inspect

    try:
        inspect.signature(method).bind(*args, **keywords)
    except TypeError as exc:
        raise InvalidRequestError(f"the configuration does not fit: {exc}") from exc
    return method(*args, **keywords)
