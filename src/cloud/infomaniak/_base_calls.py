"""The ways a client of an OpenStack service makes its calls: by the SDK or by HTTP, one thing or a listing; and waits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import parse_qsl, urlsplit

from cloud._dialects._answers import read_by
from cloud.common._base_resource import BaseClient
from cloud.common._cancel import pause
from cloud.common._paging import Page, Pager
from cloud.common.errors import (
    CloudError,
    ConfigurationError,
    NotFoundError,
    ServiceUnavailableError,
    TimeoutError_,
)
from cloud.infomaniak._errors import AnswerError, AnswerShapeError, ResourceFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from cloud.common._observe import Observer
    from cloud.common._ratelimit import Limiter
    from cloud.common._retry import RetryPolicy
    from cloud.infomaniak._connection import OpenStackConnection

T = TypeVar("T")

PAGE_SIZE = 500
_WAIT_FIRST_SECONDS = 0.5
_WAIT_MOST_SECONDS = 5.0


class ServiceCalls(BaseClient):
    """What `OpenStackClient` calls its service with, over the connection of its login."""

    service_type: ClassVar[str]  # in the catalogue: https://service-types.openstack.org/

    def __init__(
        self,
        connection: OpenStackConnection,
        *,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        super().__init__(retry=retry, limits=limits, observers=observers)
        self._connection = connection
        self._clock: Callable[[], float] = time.monotonic
        self._sleep: Callable[[float], None] = pause

    def _sdk(self, operation: str, resource: str, call: Callable[[Any], T], *, idempotent: bool = True) -> T:
        """Return what `call` makes of openstacksdk's connection.

        Args:
            operation: the public method.
            resource: what it is about.
            call: makes at most one request that changes something.
            idempotent: False for what must not happen twice: it is sent once, and a lost answer raises
                OutcomeUnknownError.
        """
        return self._runtime.run(
            operation, resource, lambda: call(self._connection.native()), idempotent=idempotent
        )

    def _sdk_list(
        self,
        operation: str,
        resource: str,
        lists: Callable[..., Iterable[Any]],
        make: Callable[[Any], T],
        *,
        token: str | None = None,
        limit: int | None = None,
        page_size: int | None = PAGE_SIZE,
        key: Callable[[Any], str] = lambda item: str(item.id),
    ) -> Pager[T]:
        """Return a lazy listing of what an SDK proxy's list method gives.

        Args:
            lists: called with the connection and the keywords of one page (``limit``, ``marker``, ``paginated``),
                such as ``lambda sdk, **page: sdk.compute.servers(**page, **filters)``.
            make: our record of one of the SDK's.
            page_size: how many to ask for at a time; None for a service that gives everything in one answer
                and knows no markers.
            key: what the service takes as the marker of an item.
        """

        def fetch(marker: str | None) -> Page[T]:
            page: dict[str, Any] = {"paginated": False}
            if page_size is not None:
                page["limit"] = page_size
                if marker is not None:
                    page["marker"] = marker
            found = self._sdk(operation, resource, lambda sdk: list(lists(sdk, **page)))
            # The service may give less than was asked for and still have more: only an empty page is the end.
            more = page_size is not None and bool(found)
            return Page(tuple(make(item) for item in found), next_token=key(found[-1]) if more else None)

        return Pager(fetch, token=token, limit=limit)

    def _rest(
        self,
        operation: str,
        resource: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        text: bool = False,
        service: str | None = None,
        read: Callable[[Any], Any] | None = None,
    ) -> Any:
        """Return the JSON that one request to the service answers; None for an empty body.

        Args:
            operation: the public method.
            resource: what it is about.
            method: HTTP method.
            path: below the service's URL, quoted, such as ``/zones``; or a whole URL of the service's own.
            params, json, data, headers: of the request; params that are None are left out.
            idempotent: everything but POST by default.
            text: return the body as text instead.
            service: type of another service that the client uses, too; the client's own when None.
            read: makes the result of the JSON. What it cannot read is no answer of the service: see `understood`.
        """
        if idempotent is None:
            idempotent = method != "POST"

        def send() -> Any:
            body = self._send(
                method,
                path,
                params=params,
                json=json,
                data=data,
                headers=headers,
                text=text,
                service=service,
            )
            return body if read is None else read_by(read, body)

        return self._runtime.run(operation, resource, send, idempotent=idempotent)

    def _read(
        self, read: Callable[[Any], T], operation: str, resource: str, method: str, path: str, **keywords: Any
    ) -> T:
        """Return what `read` makes of the JSON that one request answers; `keywords` are those of `_rest`."""
        found: T = self._rest(operation, resource, method, path, read=read, **keywords)
        return found

    def _service_url(self) -> str:
        """Return the URL that paths are below; a service whose catalogue entry has no version adds it here."""
        return self._connection.endpoint(self.service_type)

    def _other_service_url(self, service: str) -> str:
        """Return the URL that paths of another service are below; its version is added here likewise."""
        return self._connection.endpoint(service)

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        text: bool = False,
        service: str | None = None,
    ) -> Any:
        """Return what one request answers; outside of the runtime."""
        base = self._service_url() if service is None else self._other_service_url(service)
        url = path if "://" in path else f"{base}{path}"
        if "://" in path and path != base and not path.startswith((f"{base}/", f"{base}?")):
            raise ConfigurationError(
                f"the service sent a link to another place than {urlsplit(base).netloc}",
                hint="the token goes nowhere else; if the service moved, name its new endpoint",
            )
        options: dict[str, Any] = {"headers": {"Accept": "application/json", **(headers or {})}}
        if json is not None:
            options["json"] = json
        if data is not None:
            options["data"] = data
        if params:
            options["params"] = {name: value for name, value in params.items() if value is not None}
        response = self._connection.session().request(url, method, raise_exc=False, **options)
        if not 200 <= response.status_code < 300:
            raise AnswerError(response)
        if text:
            return response.text
        if not response.content:
            return None
        try:
            return response.json()
        except (RecursionError, ValueError) as exc:
            raise AnswerShapeError(response, "it is no JSON") from exc

    def _rest_list(
        self,
        operation: str,
        resource: str,
        path: str,
        key: str,
        make: Callable[[Any], T],
        *,
        params: Mapping[str, Any] | None = None,
        token: str | None = None,
        limit: int | None = None,
        page_size: int | None = PAGE_SIZE,
        headers: Mapping[str, str] | None = None,
        marker_of: Callable[[Any], str] | None = None,
        service: str | None = None,
    ) -> Pager[T]:
        """Return a lazy listing of the list called `key` in the answers of ``GET path``.

        The next page is where the answer's link says (``links.next``, ``next``, ``<key>_links``). Where a
        service takes markers and links nothing, `marker_of` gives an item's: then only an empty page is the end.

        Raises:
            ServiceUnavailableError: an answer has no such list (a broken proxy): never taken for an empty one.
        """

        def page_of(body: Any) -> Page[T]:
            found = body.get(key) if isinstance(body, dict) else None
            if not isinstance(found, list):
                raise _no_list(key)
            following = _next_marker(body, key)
            if following is None and marker_of is not None and found:
                following = marker_of(found[-1])
            return Page(tuple(make(item) for item in found), next_token=following)

        def fetch(marker: str | None) -> Page[T]:
            query = {**(params or {}), "limit": page_size, "marker": marker}
            return self._read(
                page_of, operation, resource, "GET", path, params=query, headers=headers, service=service
            )

        return Pager(fetch, token=token, limit=limit)

    # -- waiting ---------------------------------------------------------------------------------------------
    def _wait(
        self,
        operation: str,
        resource: str,
        look: Callable[[], T],
        *,
        state: Callable[[T], str],
        states: Collection[str],
        terminal_states: Collection[str] = ("ERROR",),
        reason: Callable[[T], str | None] | None = None,
        deadline_seconds: float,
        poll_seconds: float | None = None,
        gone: bool = False,
        tell: Callable[[T], None] | None = None,
    ) -> T | None:
        """Return what `look` finds once its state is one of `states`.

        Args:
            operation: the public method.
            resource: what is waited for.
            look: a call of this client that reads it.
            state: the service's word for its state; compared without regard to case.
            states: what is waited for.
            terminal_states: states that it does not leave by itself.
            reason: what the service says about a failure.
            deadline_seconds: how long to wait at most.
            poll_seconds: pause between two looks; by default growing from 0.5 to 5 seconds.
            gone: whether not being there any more is what is waited for; then the result is None.
            tell: called with what each look finds.

        Raises:
            ResourceFailedError: it went into a terminal state.
            TimeoutError_: the deadline passed; the resource goes on by itself.
        """
        begun, wanted = self._clock(), {word.upper() for word in states}
        terminal = {word.upper() for word in terminal_states}
        delay = _WAIT_FIRST_SECONDS if poll_seconds is None else poll_seconds
        while True:
            try:
                found = look()
            except NotFoundError:
                if gone:
                    return None
                raise
            now = state(found)
            if tell is not None:
                tell(found)
            if now.upper() in wanted:
                return found
            if now.upper() in terminal:
                raise self._failed(operation, resource, now, reason(found) if reason else None)
            left = deadline_seconds - (self._clock() - begun)
            if left <= 0:
                raise TimeoutError_(
                    f"still {now or 'in an unnamed state'} after {deadline_seconds:g} seconds",
                    hint="it goes on by itself: look again later, or wait with a longer deadline",
                    context=self._runtime.context(operation, resource),
                )
            self._sleep(min(delay, max(left, 0.0)))
            if poll_seconds is None:
                delay = min(delay * 1.5, _WAIT_MOST_SECONDS)

    def _failed(self, operation: str, resource: str, state: str, reason: str | None) -> CloudError:
        error = ResourceFailedError(
            f"it is in state {state}" + (f": {reason}" if reason else ""),
            context=self._runtime.context(operation, resource),
        )
        error.state = state
        return error


def _next_marker(body: Mapping[str, Any], key: str) -> str | None:
    """Return the marker in the link to the next page; None on the last one."""
    href = body.get("next")
    if isinstance(body.get("links"), dict):
        href = body["links"].get("next") or href
    for name in (f"{key}_links", "links"):
        if isinstance(body.get(name), list):
            href = next((link.get("href") for link in body[name] if link.get("rel") == "next"), href)
    if not isinstance(href, str):
        return None
    return dict(parse_qsl(urlsplit(href).query)).get("marker")


def _no_list(key: str) -> CloudError:
    return ServiceUnavailableError(
        f"the answer has no list called {key!r}", hint="is there a proxy between you and the service?"
    )
