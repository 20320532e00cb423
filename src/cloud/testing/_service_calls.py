"""What a fake service is asked and what it answers: routes, calls, answers, refusals."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cloud.testing._fault_kinds import FaultKind

_PLACE = re.compile(r"\{([A-Za-z_]\w*)\}")


class Refusal(Exception):  # noqa: N818 - it is an answer, which the service sends in its own form
    """The service says no. Handlers raise it; the service's `error_document` gives it its form.

    Attributes:
        status: HTTP status.
        message: for people.
        headers: further ones of the answer.
        details: what else the service's error document holds.
    """

    def __init__(
        self, status: int, message: str, headers: tuple[tuple[str, str], ...] = (), **details: object
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers
        self.details = details


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        status: HTTP status.
        document: sent as JSON; not when there is a `body`.
        headers: Content-Type and Content-Length are added unless they are among them.
        body: sent as it is, in the place of `document`.
    """

    status: int = 200
    document: object = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    def encoded(self) -> bytes:
        """Return the body's bytes."""
        if self.body is not None:
            return self.body
        return json.dumps(self.document, ensure_ascii=False, allow_nan=False).encode()


@dataclass(frozen=True)
class Call:
    """A request that a route has taken.

    Attributes:
        method: HTTP method.
        path: the target without its query, as sent.
        params: what stood in the places of the route's template, unquoted.
        query: the values of every parameter, in order.
        headers: in order, as sent.
        body: without its framing.
        token: of the Authorization header; an empty text when there is none.
        at: when it came, in seconds of the service's clock.
    """

    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    token: str = field(repr=False)
    at: float

    def header(self, name: str) -> str | None:
        """Return the first value of the header `name`; None when there is none."""
        return next((value for other, value in self.headers if other.lower() == name.lower()), None)

    def argument(self, name: str) -> str | None:
        """Return the last value of the query parameter `name`; None when there is none."""
        values = self.query.get(name)
        return values[-1] if values else None

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            Refusal: 400, it is none.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Refusal(400, "the body is no JSON") from error

    def json_object(self) -> dict[str, Any]:
        """Return the body as a JSON object.

        Raises:
            Refusal: 400, it is none.
        """
        document = self.json()
        if not isinstance(document, dict):
            raise Refusal(400, "the body is no JSON object")
        return document


@dataclass(frozen=True)
class Route:
    """What answers one method on the paths of one template.

    Attributes:
        method: HTTP method.
        template: such as ``/docs/{doc}/tables``. A place takes one part of a path; an encoded slash (``%2F``)
            belongs to its part.
        handler: gives the answer. Only one runs at a time.
        operation: its name in the log.
        window: the rate window that its calls count in; None for none.
        open: whether it is answered without a token.
    """

    method: str
    template: str
    handler: Callable[[Call], Answer]
    operation: str
    window: str | None = None
    open: bool = False


class RouteTable:
    """Finds the route of a request. Parts of a template that are no places win over places."""

    def __init__(self, routes: Iterable[Route]) -> None:
        found = sorted(routes, key=lambda route: len(_PLACE.findall(route.template)))
        self._routes = [(_pattern(route.template), route) for route in found]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route and what stands in its places, unquoted.

        Raises:
            Refusal: 404, no route has such a path; 405, none of them takes `method`.
        """
        known = False
        for pattern, route in self._routes:
            if (match := pattern.fullmatch(path)) is None:
                continue
            if route.method == method:
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
            known = True
        raise Refusal(405, f"{method} is not allowed here") if known else Refusal(404, "no such path")


def _pattern(template: str) -> re.Pattern[str]:
    pieces = _PLACE.split(template)
    # split() gives texts and names in turn
    return re.compile(
        "".join(
            f"(?P<{piece}>[^/]+)" if number % 2 else re.escape(piece) for number, piece in enumerate(pieces)
        )
    )


def query_of(target: str) -> tuple[str, dict[str, list[str]]]:
    """Return the path of `target`, as sent, and the values of its parameters."""
    path, _, text = target.partition("?")
    return path, parse_qs(text, keep_blank_values=True)


@dataclass(frozen=True)
class ServedRequest:
    """What the log holds of one request.

    Attributes:
        method: HTTP method.
        path: the target without its query, as sent.
        query: the values of every parameter, in order.
        headers: in order, as sent.
        body: without its framing.
        operation: the route's name; None when there was no route.
        window: the rate window that it counts in; None for none.
        at: when it came, in seconds of the service's clock.
        status: that was answered, or would have been had the answer not been lost; None while there is none.
        fault: what was made to go wrong.
        executed: whether the service did what was asked, also when the answer was lost.
        connection: 0 for requests on the first connection, 1 on the second ...
    """

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    operation: str | None
    window: str | None
    at: float
    status: int | None = None
    fault: FaultKind | None = None
    executed: bool = False
    connection: int = 0

    def header(self, name: str) -> str | None:
        """Return the first value of the header `name`; None when there is none."""
        return next((value for other, value in self.headers if other.lower() == name.lower()), None)

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)
