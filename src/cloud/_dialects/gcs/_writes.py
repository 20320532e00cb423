"""What writes have in common: the resource that an object shall have, its checksum, its conditions, the answer."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from cloud._dialects._answers import load_json, read_document, understood
from cloud._dialects.gcs._names import checked_generation
from cloud.common import _checksums
from cloud.common._bodies import blocks
from cloud.common._checksums import ChecksumAlgorithm
from cloud.common.errors import IntegrityError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cloud._wire._types import HttpResponse
    from cloud.common._bodies import Payload
    from cloud.common._storage_types import Part, PutRequest

STORED_FIELDS = "fields=generation,size,crc32c,md5Hash"
"""What is asked of the answer to a write."""
_JOINED_BODY = 8 << 20
_MAX_MD5_BODY = 8 << 20
_CRC32C = ChecksumAlgorithm.CRC32C
# Members of the resource: https://cloud.google.com/storage/docs/json_api/v1/objects#resource-representations
_MEMBERS = {_CRC32C: "crc32c", ChecksumAlgorithm.MD5: "md5Hash"}
_HEADERS = (
    ("cache_control", "cacheControl"),
    ("content_encoding", "contentEncoding"),
    ("content_disposition", "contentDisposition"),
    ("content_language", "contentLanguage"),
    ("storage_class", "storageClass"),
)


class Seal(NamedTuple):
    """The checksum of a body: with what, and its base64 text."""

    algorithm: ChecksumAlgorithm
    value: str

    @property
    def member(self) -> str:
        """The member of an object's resource that holds it."""
        return _MEMBERS[self.algorithm]


def seal(payload: Payload) -> Seal | None:
    """Return the checksum of a body; None where nothing that is installed computes one at a bearable price."""
    if _checksums.available(_CRC32C):
        algorithm = _CRC32C
    elif len(payload) <= _MAX_MD5_BODY:
        algorithm = ChecksumAlgorithm.MD5
    else:
        return None
    if isinstance(payload, bytes):
        return Seal(algorithm, _checksums.checksum_of(algorithm, payload))
    checksum = _checksums.new(algorithm)
    for block in blocks(payload):
        checksum.update(block)
    return Seal(algorithm, checksum.value())


def resource_of(request: PutRequest) -> dict[str, Any]:
    """Return the resource that makes an object what `request` says."""
    resource: dict[str, Any] = {"contentType": request.content_type}
    for name, member in _HEADERS:
        value = getattr(request, name)
        if value is not None:
            resource[member] = value
    if request.metadata:
        resource["metadata"] = dict(request.metadata)
    return resource


def conditions(request: PutRequest) -> str:
    """Return the query of a conditional write, to be appended behind other parameters.

    Raises:
        PreconditionFailedError: no object can have the ETag that is asked for.
    """
    if request.if_absent:
        return "&ifGenerationMatch=0"
    return "" if request.if_match is None else f"&ifGenerationMatch={checked_generation(request.if_match)}"


def kms_query(kms_key_name: str | None, name: str = "kmsKeyName") -> str:
    """Return the parameter that names the key that encrypts what is written."""
    return "" if kms_key_name is None else f"&{name}={quote(kms_key_name, safe='')}"


def to_json(value: Mapping[str, Any]) -> bytes:
    """Return a document as the service reads it."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def read_json(response: HttpResponse) -> dict[str, Any]:
    """Read and close an answer that is a JSON object.

    Raises:
        ServiceUnavailableError: it is none: a captive portal, a broken gateway.
    """
    body = read_document(response)
    try:
        value = load_json(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ServiceUnavailableError("the answer is no JSON object: this was not Google Cloud Storage")
    return value


def check_stored(resource: Mapping[str, Any], size: int, sealed: Seal | None) -> str:
    """Return the generation of what was stored, after comparing size and checksum with what was sent.

    Raises:
        ServiceUnavailableError: the answer describes no object.
        IntegrityError: it describes another one.
    """
    generation = resource.get("generation")
    if not isinstance(generation, str) or "size" not in resource:
        raise ServiceUnavailableError("the answer describes no object: this was not Google Cloud Storage")
    with understood("answer to a write"):
        stored = int(resource["size"])
    if stored != size:
        raise IntegrityError(f"the service stored {resource['size']} instead of {size} bytes", retryable=True)
    named = resource.get(sealed.member) if sealed is not None else None
    if sealed is not None and named is not None and named != sealed.value:
        raise IntegrityError(
            f"the service stored a body of checksum {named} instead of {sealed.value}", retryable=True
        )
    return generation


class MultipartBody:
    """A body of two parts, the resource and the bytes; it can be sent again.

    https://cloud.google.com/storage/docs/uploading-objects#rest-upload-objects (multipart upload)

    Attributes:
        content_type: of the whole body.
    """

    def __init__(self, resource: Mapping[str, Any], payload: Payload) -> None:
        boundary = os.urandom(16).hex()  # nobody can have put it into the bytes
        self.content_type = f"multipart/related; boundary={boundary}"
        self._payload = payload
        self._head = (
            b"--%b\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n%b\r\n--%b\r\ncontent-type: %b\r\n\r\n"
            % (
                boundary.encode("ascii"),
                to_json(resource),
                boundary.encode("ascii"),
                str(resource["contentType"]).encode("ascii"),
            )
        )
        self._tail = b"\r\n--%b--\r\n" % boundary.encode("ascii")

    def __len__(self) -> int:
        """Return the length in bytes."""
        return len(self._head) + len(self._payload) + len(self._tail)

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """Yield the body in blocks."""
        yield self._head
        yield from blocks(self._payload)
        yield self._tail

    @property
    def is_small(self) -> bool:
        """Whether it is worth joining."""
        return len(self._payload) <= _JOINED_BODY

    def joined(self) -> bytes:
        """Return the whole body."""
        payload = self._payload
        if isinstance(payload, bytes):
            return b"".join((self._head, payload, self._tail))
        return b"".join(self)


def check_whole(parts: Sequence[Part], stored: str | None) -> None:
    """Compare the CRC32C that the service names for the whole object with that of its parts.

    Raises:
        IntegrityError: they differ: what is visible is not what was sent.
    """
    if stored is None or not all(part.checksum for part in parts):
        return
    whole = _checksums.whole_object(_CRC32C, [(part.checksum or "", part.size) for part in parts])
    if stored != whole:
        raise IntegrityError(f"the service stored an object of checksum {stored} instead of {whole}")
