"""Resumable uploads: a large body in one request, gone on with from the last confirmed byte after a cut.

https://cloud.google.com/storage/docs/performing-resumable-uploads
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cloud._dialects.gcs._errors import GCSServiceError
from cloud._dialects.gcs._names import bucket_path
from cloud._dialects.gcs._writes import (
    STORED_FIELDS,
    check_stored,
    conditions,
    kms_query,
    read_json,
    resource_of,
    seal,
    to_json,
)
from cloud._wire._errors import WireError
from cloud.common._bodies import FileRange
from cloud.common._storage_types import Stored
from cloud.common.errors import OutcomeUnknownError, ServiceUnavailableError

if TYPE_CHECKING:
    from cloud._dialects.gcs._operations import Operations
    from cloud._dialects.gcs._writes import Seal
    from cloud._wire._types import HttpResponse
    from cloud.common._bodies import Payload
    from cloud.common._storage_types import PutRequest

SINGLE_REQUEST_BYTES = 8 << 20
"""Bodies up to this many bytes go without a session: they are cheap to send again. The limit that Google's own
libraries have (https://cloud.google.com/storage/docs/uploads-downloads#size)."""
MAX_STALLS = 3
"""Cuts in a row after which no further byte was confirmed; every confirmed byte starts the count anew."""
MAX_SESSIONS = 3
"""Sessions of one upload: the service may lose one, and then everything is sent again."""
_CONFIRMED = re.compile(r"bytes=0-(\d+)").fullmatch
_GONE = frozenset({404, 410})
# What does not say that the bytes were refused: the session is asked how far it is.
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
# 499 is Google's answer to a cancelled session:
# https://cloud.google.com/storage/docs/performing-resumable-uploads#cancel-upload
_CANCELLED = (200, 204, 404, 410, 499, 501)


def put(ops: Operations, request: PutRequest, payload: Payload) -> Stored:
    """Store one object: by one request, or by a session where it is large."""
    conditional = request.if_absent or request.if_match is not None
    if len(payload) <= SINGLE_REQUEST_BYTES or (conditional and not ops.service.session_conditions):
        return ops.put_at_once(request, payload)
    sealed = seal(payload)
    for _ in range(MAX_SESSIONS):
        session = _Session(ops, request, payload, sealed)
        stored = session.run()
        if stored is not None:
            return stored
        if conditional and session.sent_all:
            raise OutcomeUnknownError(
                "the answer was lost, and the upload's session is gone: it was completed or dropped",
                hint="compare the object with what you sent",
            )
    raise ServiceUnavailableError(f"the service lost {MAX_SESSIONS} sessions of the upload in a row")


class _Session:
    """One resumable upload of a body whose length is known."""

    def __init__(self, ops: Operations, request: PutRequest, payload: Payload, sealed: Seal | None) -> None:
        self._ops = ops
        self._request = request
        self._payload = payload
        self._sealed = sealed
        self._size = len(payload)
        self._conditional = request.if_absent or request.if_match is not None
        self._confirmed = 0
        self._furthest = 0
        self._stalls = 0
        self.sent_all = False
        self._target = self._start()

    def _start(self) -> str:
        """Begin the session and return the path and query that stand for it: they are a credential."""
        ops, request = self._ops, self._request
        resource = resource_of(request)
        resource["name"] = request.key
        if self._sealed is not None:
            resource[self._sealed.member] = self._sealed.value
        headers = ops.key_headers | {
            "content-type": "application/json; charset=UTF-8",
            "x-upload-content-type": request.content_type,
            "x-upload-content-length": str(self._size),
        }
        response = ops.exchange.call(
            "POST",
            f"/upload{bucket_path(request.bucket)}/o?uploadType=resumable&{STORED_FIELDS}"
            f"{conditions(request)}{kms_query(ops.options.kms_key_name)}",
            headers=headers,
            body=to_json(resource),
            accepts=(200, 201),
            create_only=request.if_absent,
        )
        response.close()
        location = response.headers.get("location", "")
        # Only the path: whatever host it names, the bytes go to the one that was asked.
        path = location.partition("://")[2].partition("/")[2] if "://" in location else location.lstrip("/")
        if not path:
            raise ServiceUnavailableError("the answer names no session: this was not Google Cloud Storage")
        return "/" + path

    def run(self) -> Stored | None:
        """Send the body and return what was stored; None when the service has lost the session."""
        try:
            response = self._send()
            while response is not None and response.status not in {200, 201}:
                self._confirm(response)
                response = self._send()
        except BaseException:
            self._cancel()
            raise
        if response is None:
            return None
        generation = check_stored(read_json(response), self._size, self._sealed)
        return Stored(generation, generation)

    def _send(self) -> HttpResponse | None:
        """Send what is not confirmed; return the session's state, or None when it is gone.

        After a cut the session is asked how far it has come.
        """
        start = self._confirmed
        header = (
            f"bytes {start}-{self._size - 1}/{self._size}" if start < self._size else f"bytes */{self._size}"
        )
        try:
            response = self._call(header, _rest(self._payload, start))
            self.sent_all = True
        except (WireError, GCSServiceError) as error:
            # A lost answer may be one to the last byte.
            self.sent_all = self.sent_all or not isinstance(error, WireError) or error.request_sent
            self._stall(error)
            return self._ask()
        return response if response is None or response.status != 308 else self._progress(response)

    def _ask(self) -> HttpResponse | None:
        """Ask the session how far it is, in spite of further cuts."""
        while True:
            try:
                return self._call(f"bytes */{self._size}", b"")
            except (WireError, GCSServiceError) as error:  # noqa: PERF203  # a request costs more than a try
                self._stall(error)

    def _call(self, content_range: str, body: Payload) -> HttpResponse | None:
        """Return an answer of the session; None when the session is gone."""
        response = self._ops.exchange.call(
            "PUT",
            self._target,
            headers={"content-range": content_range, **self._ops.key_headers},
            body=body,
            accepts=(200, 201, 308, *_GONE),
            create_only=self._request.if_absent,
            authorized=False,
        )
        if response.status not in _GONE:
            return response
        response.close()
        return None

    def _stall(self, error: WireError | GCSServiceError) -> None:
        """Count a cut; raise one too many, and what is no cut but a refusal."""
        self._stalls += 1
        if isinstance(error, GCSServiceError) and error.status not in _TRANSIENT:
            raise error
        if self._stalls > MAX_STALLS:
            if self._conditional and self.sent_all:
                raise OutcomeUnknownError(
                    "the answer was lost, and the service does not say whether the object was stored",
                    hint="compare the object with what you sent",
                ) from error
            raise error

    def _progress(self, response: HttpResponse) -> HttpResponse:
        """Count an answer of "not yet" to the whole rest as a cut unless it confirms something new."""
        if _confirmed(response) <= self._furthest:
            self._stalls += 1
            if self._stalls > MAX_STALLS:
                response.close()
                raise ServiceUnavailableError("the upload's session takes no further bytes", retryable=True)
        return response

    def _confirm(self, response: HttpResponse) -> None:
        """Take note of how far the session is: no header ``Range`` means that it has nothing."""
        response.close()
        confirmed = _confirmed(response)
        if confirmed > self._size:
            raise ServiceUnavailableError(
                f"the upload's session confirms {confirmed} of {self._size} bytes", retryable=False
            )
        if confirmed > self._furthest:
            self._stalls = 0
            self._furthest = confirmed
        self._confirmed = confirmed

    def _cancel(self) -> None:
        """Let the service forget the session; what it has is dropped within a week anyway."""
        try:
            self._ops.exchange.call(
                "DELETE", self._target, accepts=_CANCELLED, authorized=False, body=b""
            ).close()
        except (WireError, GCSServiceError):
            return  # the error that ends the upload says more than this one


def _confirmed(response: HttpResponse) -> int:
    match = _CONFIRMED(response.headers.get("range", ""))
    return int(match[1]) + 1 if match else 0


def _rest(payload: Payload, start: int) -> Payload:
    """Return a body from its byte `start` on, without a copy."""
    if not start:
        return payload
    if isinstance(payload, FileRange):
        return FileRange(payload.source, payload.offset + start, payload.length - start)
    return memoryview(payload).cast("B")[start:]
