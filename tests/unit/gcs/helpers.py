"""Clients and answers for the tests of the Google Cloud Storage dialect."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import md5
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from cloud.common import CloudCredentials, CloudProvider, RetryPolicy
from cloud.common._checksums import ChecksumAlgorithm, checksum_of
from cloud.gcp import GCSClient, GCSOptions
from cloud.testing import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from cloud.testing import RecordedRequest

TOKEN = "ya29.planted-access-token"
CREDENTIALS = CloudCredentials(CloudProvider.GCP, token=TOKEN, project="project")
GENERATION = "1700000000000001"
JSON = ("Content-Type", "application/json; charset=UTF-8")
WHEN = "2024-01-02T03:04:05.678Z"


def no_jitter(_ceiling: float) -> float:
    """Return 0: nothing waits. A function of the module, so that it can be pickled."""
    return 0.0


NO_WAIT = RetryPolicy(max_attempts=3, jitter=no_jitter, retry_after_cap_seconds=0.0)


def make_client(server: ScriptedServer | str, **settings: Any) -> GCSClient:
    """Return a client of `server`, taken for Google's own, that never waits between tries."""
    url = server if isinstance(server, str) else server.url
    settings = {"service": "google", "retry": NO_WAIT, "options": GCSOptions(transport="wire"), **settings}
    credentials = settings.pop("credentials", None if settings.get("anonymous") else CREDENTIALS)
    return GCSClient(credentials, endpoint_url=url, **settings)


def crc32c(body: bytes) -> str:
    """Return a body's CRC32C in base64."""
    return checksum_of(ChecksumAlgorithm.CRC32C, body)


def md5_of(body: bytes) -> str:
    """Return a body's MD5 in base64."""
    return b64encode(md5(body, usedforsecurity=False).digest()).decode("ascii")


def resource(name: str = "key", body: bytes = b"", **members: Any) -> dict[str, Any]:
    """Return an object's resource, as the JSON API gives it."""
    return {
        "name": name,
        "size": str(len(body)),
        "generation": GENERATION,
        "metageneration": "1",
        "updated": WHEN,
        "storageClass": "STANDARD",
        "contentType": "text/plain",
        "crc32c": crc32c(body),
        **members,
    }


def said(document: Any, *headers: tuple[str, str], status: int = 200) -> ScriptedResponse:
    """Return an answer of the JSON API."""
    return ScriptedResponse(status=status, headers=(JSON, *headers), body=json.dumps(document).encode())


def stored(body: bytes, **members: Any) -> ScriptedResponse:
    """Return the answer to a write of `body`."""
    return said({"generation": GENERATION, "size": str(len(body)), "crc32c": crc32c(body), **members})


def failed(status: int, reason: str, *headers: tuple[str, str], message: str = "words") -> ScriptedResponse:
    """Return an error answer of the JSON API."""
    error = {
        "code": status,
        "message": message,
        "errors": [{"domain": "global", "reason": reason, "message": message}],
    }
    return said({"error": error}, ("X-GUploader-UploadID", "REQ1"), *headers, status=status)


def read(body: bytes, *headers: tuple[str, str], status: int = 200, **replaced: str) -> ScriptedResponse:
    """Return the answer to a read; `replaced` are headers in place of the usual ones, '' for none."""
    usual = {
        "content-type": "text/plain",
        "last-modified": "Tue, 02 Jan 2024 03:04:05 GMT",
        "etag": '"900150983cd24fb0d6963f7d28e17f72"',
        "x-goog-generation": GENERATION,
        "x-goog-metageneration": "1",
        "x-goog-stored-content-encoding": "identity",
        "x-goog-stored-content-length": str(len(body)),
        "x-goog-hash": f"crc32c={crc32c(body)}",
        "x-goog-storage-class": "STANDARD",
    }
    usual |= {name.replace("_", "-"): value for name, value in replaced.items()}
    given = tuple((name, value) for name, value in usual.items() if value)
    return ScriptedResponse(status=status, headers=(*given, *headers), body=body)


def query_of(request: RecordedRequest) -> dict[str, str]:
    """Return the decoded query of a request."""
    return {
        name: values[0]
        for name, values in parse_qs(urlsplit(request.path).query, keep_blank_values=True).items()
    }


def path_of(request: RecordedRequest) -> str:
    """Return the path of a request, as sent."""
    return urlsplit(request.path).path


def parts_of(request: RecordedRequest) -> tuple[dict[str, Any], str, bytes]:
    """Return the resource, the content type and the bytes of an upload in two parts."""
    kind = request.header("content-type") or ""
    assert kind.startswith("multipart/related; boundary=")
    boundary = kind.partition("boundary=")[2].encode()
    first, meta, data, last = request.body.split(b"--" + boundary)
    assert (first, last) == (b"", b"--\r\n")
    document = json.loads(meta.partition(b"\r\n\r\n")[2])
    head, _, body = data.partition(b"\r\n\r\n")
    assert body.endswith(b"\r\n")
    return document, head.decode().partition("content-type: ")[2], body[:-2]


def name_of(path: str) -> str:
    """Return the decoded name of the object in a path of the JSON API."""
    return unquote(path.partition("/o/")[2].partition("/")[0])
