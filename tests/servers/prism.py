"""Prism: a server that knows an OpenAPI document and says of every request whether it is valid.

It has no state: it answers with the document's examples. What is wrong with a request stands in the answer's
header ``sl-violations``; `RequestCheck` reads it. From the npm package ``@stoplight/prism-cli``, in the versions
of ``npm-prism/package-lock.json``, beside this Python::

    mkdir -p .venv/prism && cp tests/servers/npm-prism/*.json .venv/prism
    npm ci --prefix .venv/prism --ignore-scripts --no-audit --no-fund

https://docs.stoplight.io/docs/prism
"""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from servers._process import LOOPBACK, ServerError, Workspace, free_ports, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import requests

_INSTALL = (
    "mkdir -p {prefix} && cp tests/servers/npm-prism/*.json {prefix} && "
    "npm ci --prefix {prefix} --ignore-scripts --no-audit --no-fund"
)


@dataclass(frozen=True)
class CheckedRequest:
    """A request and what Prism says of it.

    Attributes:
        method: HTTP method.
        path: without the query.
        query: the values of every parameter.
        body: as sent.
        status: of the answer.
        problems: what is wrong with the request, as Prism writes it; empty when it is valid.
        answer_problems: what is wrong with the answer: the document's own affair unless Prism is a proxy.
    """

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    body: bytes = field(repr=False)
    status: int
    problems: tuple[str, ...]
    answer_problems: tuple[str, ...] = ()


class RequestCheck:
    """Notes every request of a session and what Prism says of it.

    Args:
        session: whose requests; a client's ``native`` is one.
    """

    def __init__(self, session: requests.Session) -> None:
        from requests.adapters import HTTPAdapter

        note = self._note

        # The session's hooks are called for requests only that the session itself has prepared.
        class Noting(HTTPAdapter):
            def send(self, *args: Any, **keywords: Any) -> requests.Response:
                response = super().send(*args, **keywords)
                note(response)
                return response

        self.seen: list[CheckedRequest] = []
        session.mount(f"http://{LOOPBACK}", Noting())

    def _note(self, response: requests.Response) -> None:
        request = response.request
        parts = urlsplit(request.url or "")
        body = request.body or b""
        self.seen.append(
            CheckedRequest(
                str(request.method),
                str(parts.path),
                parse_qs(str(parts.query), keep_blank_values=True),
                body.encode() if isinstance(body, str) else body,
                response.status_code,
                *_problems(response.headers.get("sl-violations")),
            )
        )


def _problems(header: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is wrong with the request, and with the answer. Where there is too much, the end is cut off."""
    ours: list[str] = []
    theirs: list[str] = []
    decoder, place = json.JSONDecoder(), (header or "").find("[") + 1
    while header and place < len(header):
        try:
            found, place = decoder.raw_decode(header, place)
        except ValueError:
            theirs.append(header[place:])
            break
        (ours if found["location"][:1] == ["request"] else theirs).append(json.dumps(found))
        place += 1  # the comma, or the end of the list
    return tuple(ours), tuple(theirs)


def _program() -> list[str | Path]:
    """Return the command that runs Prism.

    Raises:
        ServerError: Node.js or Prism is not installed; the text is the command that installs it.
    """
    node = shutil.which("node")
    if node is None:
        raise ServerError(
            "Prism needs Node.js 20 or later, which is not on the PATH: https://nodejs.org/en/download"
        )
    prefix = Path(sys.prefix, "prism")
    script = prefix / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
    if not script.is_file():
        raise ServerError(f"Prism is not installed beside this Python: {_INSTALL.format(prefix=prefix)}")
    return [node, script]


def _start(workspace: Workspace, document: Mapping[str, Any], upstream: str | None) -> str:
    path = workspace.path / "openapi.json"
    path.write_text(json.dumps(document), "utf-8")
    (port,) = free_ports(1)
    # Without --errors: a document's own examples often violate it, and would then be answered 500.
    words: list[str | Path] = ["mock", path] if upstream is None else ["proxy", path, upstream]
    workspace.launch("prism", [*_program(), *words, "-p", str(port), "-h", LOOPBACK])
    log = workspace.log_path("prism")
    workspace.wait_until(lambda: b"Prism is listening" in log.read_bytes(), "Prism's word that it listens")
    return f"http://{LOOPBACK}:{port}"


@contextmanager
def run(document: Mapping[str, Any], upstream: str | None = None) -> Iterator[str]:
    """Yield the URL of a Prism that knows `document`; it is gone afterwards.

    The paths of the document's ``servers`` do not count: routes begin with its ``paths``.

    Args:
        document: an OpenAPI document.
        upstream: a server that answers in the place of the document's examples; its answers are checked too.
    """
    with running("prism", partial(_start, document=document, upstream=upstream)) as url:
        yield url
