"""A Coda on loopback that remembers: for tests of programs that use Coda, without an account and a network."""

from __future__ import annotations

import gzip
import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from cloud.testing._coda_docs import Docs, Folders, Sharing
from cloud.testing._coda_lists import Lists
from cloud.testing._coda_others import Account, Analytics, Domains, Workspaces
from cloud.testing._coda_pages import Pages
from cloud.testing._coda_parts import ANALYTICS, CONTENT, LISTING, READ, WRITE
from cloud.testing._coda_rows import RowWrites
from cloud.testing._coda_seed import FakeCodaDoc
from cloud.testing._coda_shapes import Shapes, moment
from cloud.testing._coda_state import FOLDER_ID, USER_LOGIN, USER_NAME, Doc, State
from cloud.testing._coda_tables import RowReads, Tables
from cloud.testing._service import FakeService
from cloud.testing._service_calls import Answer, Call, Refusal, Route
from cloud.testing._service_windows import RateWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from typing_extensions import Self

    from cloud.testing._service import RetryAfter

CODA_WINDOWS: Final = (
    RateWindow(READ, 100, 6.0),
    RateWindow(WRITE, 10, 6.0),
    RateWindow(CONTENT, 5, 10.0),
    RateWindow(LISTING, 4, 6.0),
    RateWindow(ANALYTICS, 100, 6.0),
)
"""What Coda publishes. https://coda.io/developers/apis/v1#section/Using-the-API/Rate-Limiting"""
MAX_BODY_BYTES = 2 << 20
LINK_SECONDS = 300.0
_PREFIX = "/apis/v1"
_GROUPS = (
    Docs,
    Sharing,
    Folders,
    Pages,
    Tables,
    RowReads,
    RowWrites,
    Account,
    Domains,
    Workspaces,
    Analytics,
)


@dataclass
class _Link:
    export: str
    until: float


class _Downloads(FakeService):
    """The other host, which holds the files of exports. Whoever has a link may read until it expires."""

    def __init__(self, state: State, clock: Callable[[], float]) -> None:
        self._state = state
        self._links: dict[str, _Link] = {}
        super().__init__([Route("GET", "/blobs/{link}", self._file, "download", open=True)], clock=clock)

    def link(self, export: str, until: float) -> str:
        """Return a new link to the file of an export."""
        name = f"{export}-{len(self._links) + 1}"
        self._links[name] = _Link(export, until)
        return f"{self.url}/blobs/{name}"

    def error_document(self, refusal: Refusal) -> object:
        """Return a refusal's document; those of links are made where they are refused."""
        return {"message": refusal.message}

    def _file(self, call: Call) -> Answer:
        link = self._links.get(call.params["link"])
        if link is None or link.until <= call.at:
            body = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
            return Answer(403, headers=(("Content-Type", "application/xml"),), body=body)
        export = self._state.exports[link.export]
        headers = (("Content-Type", export.media_type), ("Content-Encoding", "gzip"))
        return Answer(200, headers=headers, body=gzip.compress(export.content, mtime=0))


class FakeCodaServer(FakeService):
    """A stateful Coda API, version 1.5.0, on a free loopback port, as a context manager.

    ::

        with FakeCodaServer() as server:
            doc = server.add_doc("Planning")
            table = doc.add_table("Tasks", {"Task": "text", "Done": "checkbox"}, [{"Task": "Write tests"}])
            with CodaClient(server.token, base_url=server.url) as client:
                ...
            assert table.rows[0]["Done"] is True

    It behaves as the service does where that matters: changes are queued and seen later, listings come in
    pages, cells come in three formats, rates are limited, exports are polled and their links expire. It knows
    every operation but those of Packs. Formulas, filters and automations are not computed.

    Args:
        token: the token that may do everything; by default a new one, so that the limits that clients keep per
            token are new too.
        read_only_token: a second one, which may only read.
        mutation_seconds: how long a change is on its way; reads do not see it before.
        unknown_seconds: how long the status of a change or an export is answered 404 at first.
        export_seconds: how long an export takes.
        link_seconds: how long the link of an export works. Asking for the export again gives a new one.
        most_items: the largest page of a listing. A larger ``limit`` is taken for this one, silently.
        strict_page_tokens: whether other parameters beside a page token are answered 400. The service
            ignores them; a client that sends them is probably wrong.
        windows: rate limits; they are the user's, whatever the token. None of them with ``()``.
        retry_after: how a 429 says when to come again: ``"seconds"``, ``"date"``, or not at all, as Coda does.
        clock: seconds that do not go back.
    """

    def __init__(
        self,
        *,
        token: str | None = None,
        read_only_token: str | None = None,
        mutation_seconds: float = 0.02,
        unknown_seconds: float = 0.0,
        export_seconds: float = 0.02,
        link_seconds: float = LINK_SECONDS,
        most_items: int = 200,
        strict_page_tokens: bool = True,
        windows: Iterable[RateWindow] = CODA_WINDOWS,
        retry_after: RetryAfter | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.token = token or f"fake-coda-{secrets.token_hex(8)}"
        self.read_only_token = read_only_token or f"{self.token}-read-only"
        self.mutation_seconds = mutation_seconds
        self.unknown_seconds = unknown_seconds
        self.export_seconds = export_seconds
        self.link_seconds = link_seconds
        self.state = State(self.now)
        self.shapes = Shapes(self.state, lambda: self.url)
        self.lists = Lists(
            lambda: self.url.removesuffix(_PREFIX),
            most=most_items,
            strict=strict_page_tokens,
            too_many=self._too_many,
        )
        routes = [route for group in _GROUPS for route in group(self).routes()]
        super().__init__(
            routes,
            tokens=(self.token, self.read_only_token),
            prefix=_PREFIX,
            windows=windows,
            retry_after=retry_after,
            clock=clock,
        )
        self.downloads = _Downloads(self.state, clock)
        self._seed()

    def _seed(self) -> None:
        now = moment(self.now())
        self.state.folders[FOLDER_ID] = {"id": FOLDER_ID, "name": "My docs", "createdAt": now}
        self.add_member(USER_LOGIN, USER_NAME, "Admin")

    def add_doc(self, name: str, *, starred: bool = False) -> FakeCodaDoc:
        """Add a doc without pages and tables."""
        with self._lock:
            now = self.now()
            doc = Doc(self.state.new_id("doc"), name, now, now, starred=starred)
            self.state.docs[doc.id] = doc
        return FakeCodaDoc(self.state, self._lock, doc)

    def doc(self, doc_id: str) -> FakeCodaDoc:
        """Return the doc of that id, such as one that a client has made.

        Raises:
            KeyError: there is none.
        """
        with self._lock:
            return FakeCodaDoc(self.state, self._lock, self.state.docs[doc_id])

    def add_member(self, email: str, name: str, role: str = "Editor") -> None:
        """Add a member to the workspace ``ws-fake``."""
        with self._lock:
            joined = moment(self.now())
            self.state.members[email] = {
                "email": email,
                "name": name,
                "role": role,
                "registeredAt": joined,
            }

    def settle(self) -> None:
        """Apply every change that is on its way, now."""
        with self._lock:
            self.state.apply_due(self._clock(), float("-inf"))

    def fail_next_export(self, message: str) -> None:
        """Let the next export that begins end with an error."""
        with self._lock:
            self.state.export_errors.append(message)

    @property
    def pushed(self) -> list[tuple[str, str, str, str]]:
        """The buttons that were pushed: ids of doc, table, row and column."""
        with self._lock:
            return list(self.state.pushed)

    @property
    def triggered(self) -> list[tuple[str, str, bytes]]:
        """The automations that were triggered: ids of doc and rule, and the body."""
        with self._lock:
            return list(self.state.triggered)

    def seconds(self) -> float:
        """Return the seconds of the clock."""
        return self._clock()

    def is_scoped(self, token: str) -> bool:
        """Return whether a token may not do everything."""
        return token != self.token

    def download_link(self, export_id: str) -> str:
        """Return a new link to the file of an export, on another host."""
        return self.downloads.link(export_id, self._clock() + self.link_seconds)

    def admit(self, call: Call, route: Route) -> None:
        """Refuse tokens that are unknown or may not, and bodies that are too large; apply what is due."""
        super().admit(call, route)
        if call.token == self.read_only_token and call.method != "GET":
            raise Refusal(403, "This token may only read.")
        if len(call.body) > MAX_BODY_BYTES:
            raise Refusal(400, "request entity too large")
        self.state.apply_due(call.at, self.mutation_seconds)

    def counted_by(self, call: Call) -> str:
        """Return the user: Coda counts a user's calls, whatever the token."""
        del call  # there is one user
        return USER_LOGIN

    def error_document(self, refusal: Refusal) -> object:
        """Return the API's error document."""
        known = {status.value: status.phrase for status in HTTPStatus}
        document: dict[str, Any] = {
            "statusCode": refusal.status,
            "statusMessage": known.get(refusal.status, "Unknown"),
            "message": refusal.message,
        }
        return {**document, **refusal.details}

    def _too_many(self, call: Call, limit: int) -> bool:
        if "table" not in call.params or not call.path.endswith("/rows"):
            return False
        most = self.state.doc(call.params["doc"]).table(call.params["table"]).too_many
        return most is not None and limit > most

    def __enter__(self) -> Self:
        """Start to answer."""
        self.downloads.__enter__()
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End both hosts."""
        super().__exit__(kind, error, traceback)
        self.downloads.__exit__(kind, error, traceback)
