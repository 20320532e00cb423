"""Clients and answers for the tests of the S3 dialect."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from cloud.aws import S3Client, S3Options
from cloud.common import CloudCredentials, CloudProvider, RetryPolicy
from cloud.testing._scripted_server import RecordedRequest, ScriptedResponse, ScriptedServer

ACCESS, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CREDENTIALS = CloudCredentials(
    provider=CloudProvider.AWS, access_key=ACCESS, secret_key=SECRET, region="us-east-1"
)


def no_jitter(_ceiling: float) -> float:
    """Return 0: nothing waits. A function of the module, so that it can be pickled."""
    return 0.0


NO_WAIT = RetryPolicy(max_attempts=3, jitter=no_jitter, retry_after_cap_seconds=0.0)
XML = ("Content-Type", "application/xml")


def make_client(server: ScriptedServer | str, **settings: Any) -> S3Client:
    """Return a client of `server` that never waits between tries, on the wire unless told otherwise."""
    url = server if isinstance(server, str) else server.url
    settings = {
        "service": "aws",
        "retry": NO_WAIT,
        "options": S3Options(transport="wire"),
        **settings,
    }
    credentials = settings.pop("credentials", None if settings.get("anonymous") else CREDENTIALS)
    return S3Client(credentials, endpoint_url=url, **settings)


def failed(status: int, code: str, *headers: tuple[str, str], **extra: str) -> ScriptedResponse:
    """Return an S3 error answer; `extra` are further fields of its document."""
    fields = "".join(f"<{name}>{value}</{name}>" for name, value in extra.items())
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>words</Message>{fields}<RequestId>DOC1</RequestId></Error>"
    return ScriptedResponse(status=status, headers=(XML, *headers), body=body.encode())


def stored(*headers: tuple[str, str], etag: str = '"e1"') -> ScriptedResponse:
    """Return the answer to a write."""
    return ScriptedResponse(headers=(("ETag", etag), *headers))


def document(body: str, *headers: tuple[str, str]) -> ScriptedResponse:
    """Return an XML answer."""
    return ScriptedResponse(headers=(XML, *headers), body=body.encode())


def found(body: bytes = b"", *headers: tuple[str, str], size: int | None = None) -> ScriptedResponse:
    """Return the answer to a GET, or to a HEAD of an object of `size` bytes."""
    length = (("Content-Length", str(size)),) if size is not None else ()
    return ScriptedResponse(headers=(("ETag", '"e1"'), *length, *headers), body=body)


class ObjectServer:
    """Answers PUT, GET with ranges, HEAD, and DELETE of objects, as a step of `ScriptedServer`."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def __call__(self, request: RecordedRequest) -> ScriptedResponse:
        """Return the answer to one request."""
        key = unquote(urlsplit(request.path).path)
        if request.method == "PUT":
            self.objects[key] = request.body
            return stored()
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return ScriptedResponse(status=204)
        if key not in self.objects:
            return failed(404, "NoSuchKey")
        body = self.objects[key]
        if request.method == "HEAD":
            return found(size=len(body))
        return found(body)
