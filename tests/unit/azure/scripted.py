"""Clients and listings of the service as documented, for what Azurite does not have."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from cloud.azure import AzureBlobClient
from cloud.common import RetryPolicy
from cloud.testing._scripted_server import RecordedRequest, ScriptedResponse, ScriptedServer

KEY = "c2VjcmV0"
XML = ("Content-Type", "application/xml")


def no_jitter(_ceiling: float) -> float:
    """Return 0: nothing waits. A function of the module, so that it can be pickled."""
    return 0.0


NO_WAIT = RetryPolicy(max_attempts=3, jitter=no_jitter, retry_after_cap_seconds=0.0)


def client_of(server: ScriptedServer) -> AzureBlobClient:
    """Return a client of the account ``examples`` at `server` that never waits between tries."""
    text = f"AccountName=examples;AccountKey={KEY};BlobEndpoint={server.url}/examples"
    return AzureBlobClient(connection_string=text, retry=NO_WAIT)


def moment(number: int) -> str:
    """Return the id of a version or snapshot; a higher number is a later one."""
    return f"2026-11-24T01:00:{number:02}.1234567Z"


def item(key: str, *inner: str, size: int = 1) -> str:
    """Return one blob of a listing."""
    return (
        f"<Blob><Name>{escape(key)}</Name>{''.join(inner)}<Properties>"
        "<Last-Modified>Tue, 24 Nov 2026 01:00:00 GMT</Last-Modified><Etag>0x8DE</Etag>"
        f"<Content-Length>{size}</Content-Length><Content-Type>a/b</Content-Type>"
        "<BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier></Properties></Blob>"
    )


def version(key: str, number: int, *, current: bool = False) -> str:
    """Return one version in a listing; its size is its number."""
    latest = "<IsCurrentVersion>true</IsCurrentVersion>" if current else ""
    return item(key, f"<VersionId>{moment(number)}</VersionId>", latest, size=number)


class Listing:
    """Answers List Blobs from items in the service's order; its markers name the item that a page begins at."""

    def __init__(self, include: str, *items: str) -> None:
        self.include = include
        self.items = dict(enumerate(items))
        self.seen: list[int] = []

    def remove(self, key: str, number: int) -> None:
        """Delete one version."""
        gone = [
            at
            for at, text in self.items.items()
            if text in {version(key, number), version(key, number, current=True)}
        ]
        (at,) = gone
        del self.items[at]

    def __call__(self, request: RecordedRequest) -> ScriptedResponse:
        """Return one page."""
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        assert (request.method, unquote(url.path)) == ("GET", "/examples/box")
        assert (query["restype"], query["comp"], query["include"]) == ("container", "list", self.include)
        start = int(query["marker"].removeprefix("at-")) if "marker" in query else 0
        self.seen.append(start)
        left = [at for at in self.items if at >= start]
        size = int(query["maxresults"])
        marker = f"at-{left[size]}" if size < len(left) else ""
        body = (
            '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="x" ContainerName="box">'
            f"<Blobs>{''.join(self.items[at] for at in left[:size])}</Blobs>"
            f"<NextMarker>{marker}</NextMarker></EnumerationResults>"
        )
        return ScriptedResponse(headers=(XML,), body=body.encode())
