"""Clients and answers for the tests of the Swift dialect."""

from __future__ import annotations

import json
from hashlib import md5
from typing import Any

from cloud.common import CloudCredentials, CloudProvider, RetryPolicy
from cloud.infomaniak import InfomaniakObjectStorageClient, SwiftOptions
from cloud.testing._scripted_server import RecordedRequest, ScriptedResponse, ScriptedServer

TOKEN, PASSWORD = "gAAAAABplanted-token-0123456789", "planted-password-0123456789"
ACCOUNT = "/v1/AUTH_a"
JSON = ("Content-Type", "application/json")


def no_jitter(_ceiling: float) -> float:
    """Return 0: nothing waits. A function of the module, so that it can be pickled."""
    return 0.0


NO_WAIT = RetryPolicy(max_attempts=3, jitter=no_jitter, retry_after_cap_seconds=0.0)


def make_client(server: ScriptedServer | str, **settings: Any) -> InfomaniakObjectStorageClient:
    """Return a client of `server` with a token, on the wire unless told otherwise, that never waits."""
    url = server if isinstance(server, str) else server.url
    settings = {
        "endpoint_url": f"{url}{ACCOUNT}",
        "retry": NO_WAIT,
        "options": SwiftOptions(transport="wire"),
        **settings,
    }
    credentials = settings.pop("credentials", CloudCredentials(CloudProvider.INFOMANIAK, token=TOKEN))
    return InfomaniakObjectStorageClient(credentials, **settings)


def version_1(server: ScriptedServer, **settings: Any) -> InfomaniakObjectStorageClient:
    """Return a client that logs in at `server` by version 1 authentication."""
    credentials = CloudCredentials(
        CloudProvider.INFOMANIAK,
        username="test:tester",
        password=PASSWORD,
        auth_url=f"{server.url}/auth/v1.0",
    )
    return make_client(server, credentials=credentials, endpoint_url=None, **settings)


def logged_in(server: ScriptedServer, token: str = TOKEN, *headers: tuple[str, str]) -> ScriptedResponse:
    """Return the answer to a version 1 login."""
    return ScriptedResponse(
        headers=(("X-Auth-Token", token), ("X-Storage-Url", f"{server.url}{ACCOUNT}"), *headers)
    )


def failed(status: int, *headers: tuple[str, str], words: str = "words") -> ScriptedResponse:
    """Return an error answer as Swift writes it."""
    body = f"<html><h1>Title</h1><p>{words}</p></html>".encode()
    return ScriptedResponse(status=status, headers=(("X-Trans-Id", "tx1"), *headers), body=body)


def empty(status: int, *headers: tuple[str, str]) -> ScriptedResponse:
    """Return an answer without a body."""
    return ScriptedResponse(status=status, headers=headers)


def found(body: bytes = b"", *headers: tuple[str, str], size: int | None = None) -> ScriptedResponse:
    """Return the answer to a GET, or to a HEAD of an object of `size` bytes."""
    length = (("Content-Length", str(size)),) if size is not None else ()
    etag = () if any(name == "Etag" for name, _ in headers) else (("Etag", md5_hex(body)),)
    return ScriptedResponse(headers=(*etag, *length, *headers), body=body)


def stored(body: bytes, *headers: tuple[str, str]) -> ScriptedResponse:
    """Return the answer to the write of `body`."""
    return ScriptedResponse(status=201, headers=(("Etag", md5_hex(body)), *headers))


def document(value: object, status: int = 200, before: bytes = b"") -> ScriptedResponse:
    """Return a JSON answer."""
    return ScriptedResponse(status=status, headers=(JSON,), body=before + json.dumps(value).encode())


def md5_hex(body: bytes) -> str:
    """Return the MD5 of a body as Swift writes it."""
    return md5(body, usedforsecurity=False).hexdigest()


def small_container(client: InfomaniakObjectStorageClient, *names: str) -> None:
    """Let the client know that the containers hold no large objects, as if it had made or asked for them."""
    for name in names:
        client._ops.large.note_new(name)


def lines(request: RecordedRequest) -> str:
    """Return method and path below the account."""
    return f"{request.method} {request.path.removeprefix(ACCOUNT)}"
