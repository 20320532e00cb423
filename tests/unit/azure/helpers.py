"""Answers of the service as it documents them, for the tests of the Azure dialect."""

from __future__ import annotations

from cloud.testing._scripted_server import ScriptedResponse

XML = ("Content-Type", "application/xml")
DATE = ("Last-Modified", "Tue, 24 Nov 2026 02:17:47 GMT")


def failed(status: int, code: str, *headers: tuple[str, str], message: str = "words") -> ScriptedResponse:
    """Return an error answer."""
    body = (
        '\ufeff<?xml version="1.0" encoding="utf-8"?>'
        f"<Error><Code>{code}</Code><Message>{message}\nRequestId:1\nTime:2</Message></Error>"
    )
    named = (("x-ms-error-code", code), ("x-ms-request-id", "REQ1"))
    return ScriptedResponse(status=status, headers=(XML, *named, *headers), body=body.encode())


def stored(*headers: tuple[str, str], etag: str = '"0x1"', status: int = 201) -> ScriptedResponse:
    """Return the answer to a write."""
    return ScriptedResponse(status=status, headers=(("ETag", etag), *headers))


def found(
    body: bytes = b"", *headers: tuple[str, str], size: int | None = None, etag: str = '"0x1"'
) -> ScriptedResponse:
    """Return the answer to a GET, or to a HEAD of an object of `size` bytes."""
    length = (("Content-Length", str(size)),) if size is not None else ()
    return ScriptedResponse(headers=(("ETag", etag), DATE, *length, *headers), body=body)


def listing(blobs: str, *, marker: str | None = "") -> ScriptedResponse:
    """Return one page of a listing; without a marker (None) it does not say whether there is more."""
    return ScriptedResponse(headers=(XML,), body=page(blobs, marker=marker))


def page(blobs: str, *, marker: str | None = "") -> bytes:
    """Return the body of one page of a listing."""
    more = "" if marker is None else f"<NextMarker>{marker}</NextMarker>" if marker else "<NextMarker />"
    return (
        '\ufeff<?xml version="1.0" encoding="utf-8"?>'
        '<EnumerationResults ServiceEndpoint="https://a.blob.core.windows.net/" ContainerName="box">'
        f"<MaxResults>2</MaxResults><Blobs>{blobs}</Blobs>{more}</EnumerationResults>"
    ).encode()


def blob(name: str, *, size: int = 1, encoded: bool = False, tier: str | None = "Hot", more: str = "") -> str:
    """Return one blob of a listing, with the properties that Azure sends; `name` is escaped already."""
    mark = ' Encoded="true"' if encoded else ""
    access = (
        ""
        if tier is None
        else f"<AccessTier>{tier}</AccessTier><AccessTierInferred>true</AccessTierInferred>"
    )
    return (
        f"<Blob><Name{mark}>{name}</Name>{more}<Properties>"
        "<Creation-Time>Tue, 24 Nov 2026 02:17:47 GMT</Creation-Time>"
        "<Last-Modified>Tue, 24 Nov 2026 02:17:47 GMT</Last-Modified><Etag>0x8DE2B0001234567</Etag>"
        f"<Content-Length>{size}</Content-Length><Content-Type>text/plain</Content-Type><Content-Encoding />"
        "<Content-Language /><Content-CRC64 /><Content-MD5>XrY7u+Ae7tCTyyK7j1rNww==</Content-MD5><Cache-Control />"
        f"<Content-Disposition /><BlobType>BlockBlob</BlobType>{access}<LeaseStatus>unlocked</LeaseStatus>"
        "<LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties><OrMetadata /></Blob>"
    )
