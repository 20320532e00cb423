"""What every group of a fake Coda's operations works with: the state, the shapes, the listings, the changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from cloud.testing._coda_state import Change
from cloud.testing._service_calls import Answer, Refusal, Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.testing._coda_lists import Lists
    from cloud.testing._coda_shapes import Shapes
    from cloud.testing._coda_state import Doc, State
    from cloud.testing._service_calls import Call

READ, WRITE, CONTENT, LISTING, ANALYTICS = "read", "write", "docContent", "listDocs", "analytics"


class Parts(Protocol):
    """What the server gives to the groups of operations."""

    state: State
    shapes: Shapes
    lists: Lists
    export_seconds: float
    unknown_seconds: float

    def seconds(self) -> float:
        """Return the seconds of the service's clock."""
        ...

    def is_scoped(self, token: str) -> bool:
        """Return whether a token may not do everything."""
        ...

    def download_link(self, export_id: str) -> str:
        """Return a new link to the file of an export."""
        ...


class Group:
    """A group of operations."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.state = parts.state
        self.shapes = parts.shapes
        self.lists = parts.lists

    def routes(self) -> list[Route]:
        """Return what the group answers."""
        raise NotImplementedError

    def doc(self, call: Call) -> Doc:
        """Return the doc that a call names.

        Raises:
            Refusal: 404, there is none; 400, the call wants the latest state and changes are on their way.
        """
        doc = self.state.doc(call.params["doc"])
        wanted = call.header("x-coda-doc-version")
        if wanted is not None and (wanted != "latest" or self.state.pending(doc.id)):
            raise Refusal(400, "Doc is not yet up to date.")
        return doc

    def queued(self, doc: Doc, apply: Callable[[], str | None], **fields: Any) -> Answer:
        """Return the answer to a change that will be applied: 202 with its request id."""
        change = Change(self.state.new_id("mutate:"), doc.id, self.parts.seconds(), apply)
        self.state.changes[change.id] = change
        return Answer(202, {"requestId": change.id, **fields})


def text_of(document: dict[str, Any], name: str) -> str | None:
    """Return a field that is a text; None when it is not there.

    Raises:
        Refusal: 400, it is something else.
    """
    value = document.get(name)
    if value is not None and not isinstance(value, str):
        raise Refusal(400, f"{name} must be a string.")
    return value


def needed(document: dict[str, Any], name: str) -> str:
    """Return a field that must be a text.

    Raises:
        Refusal: 400, it is not there or something else.
    """
    value = text_of(document, name)
    if not value:
        raise Refusal(400, f"{name} is required.")
    return value


def only(document: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a document that has no other fields than `names`.

    Raises:
        Refusal: 400, it has.
    """
    others = set(document) - set(names)
    if others:
        raise Refusal(400, f"Unknown fields: {', '.join(sorted(others))}.")
    return document
