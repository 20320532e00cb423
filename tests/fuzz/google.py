"""Answers of Google's own service, which no server here gives: written after its documentation.

https://cloud.google.com/storage/docs/json_api/v1
"""

from __future__ import annotations

import json
from typing import Any

from fuzz.replay import Answer
from fuzz.stores import KEY, ODD, SMALL
from unit.gcs.helpers import GENERATION, WHEN, crc32c, resource
from unit.gcs.helpers import read as read_answer

_XML = (("Content-Type", "application/xml; charset=UTF-8"),)


def _said(document: Any, *headers: tuple[str, str]) -> Answer:
    return Answer(
        200, (("Content-Type", "application/json; charset=UTF-8"), *headers), json.dumps(document).encode()
    )


def _read(body: bytes, status: int = 200, *headers: tuple[str, str]) -> Answer:
    made = read_answer(body, *headers, status=status)
    return Answer(status, made.headers, body)


def _range(start: int, end: int) -> Answer:
    return _read(SMALL[start:end], 206, ("Content-Range", f"bytes {start}-{end - 1}/{len(SMALL)}"))


def _xml(text: str) -> Answer:
    return Answer(200, _XML, f"<?xml version='1.0' encoding='UTF-8'?>{text}".encode())


_VERSIONS = [
    resource("a", b"1", generation="1"),
    resource("a", b"2", generation="2", timeDeleted=WHEN),
    resource("b", b"1", generation="3"),
]
_PART = Answer(200, (("ETag", '"0123456789abcdef0123456789abcdef"'),), b"")
_BATCH = "".join(
    f"--x\r\nContent-Type: application/http\r\nContent-ID: <response-{number}>\r\n\r\n"
    f"HTTP/1.1 {status} Phrase\r\nContent-Type: application/json\r\n\r\n{body}\r\n"
    for number, (status, body) in enumerate(
        ((204, ""), (404, '{"error":{"code":404,"message":"No such object"}}'), (204, ""), (503, ""))
    )
)
_SOFT = resource("a", b"1", softDeleteTime=WHEN, hardDeleteTime=WHEN)

SEEDS: dict[str, list[Answer]] = {
    "list_buckets": [
        _said({"items": [{"name": "a"}, {"name": "b"}], "nextPageToken": "t"}),
        _said({"items": [{"name": "c"}]}),
    ],
    "get_object_metadata": [_said(resource(KEY, SMALL, metadata={"a": "b"}, cacheControl="no-store"))],
    "download_file": [_read(SMALL)],
    "read_range": [_range(3, 30)],
    "read_tail": [_range(len(SMALL) - 5, len(SMALL))],
    "read_ranges": [_range(0, 4), _range(20, 30)],
    "iter_file": [_read(SMALL)],
    "open_file": [_read(SMALL)],
    "list_objects": [
        _said({"items": [resource("a", b"1"), resource("b", b"2")], "nextPageToken": "t"}),
        _said({"items": [resource(ODD, b"3")]}),
    ],
    "list_folders": [
        _said({"items": [resource("b", b"1")], "prefixes": ["a/", "dir/"]}),
        _said({"items": []}),
    ],
    "upload": [_said({"generation": GENERATION, "size": str(len(SMALL)), "crc32c": crc32c(SMALL)})],
    "upload_once": [_said({"generation": GENERATION, "size": str(len(SMALL)), "crc32c": crc32c(SMALL)})],
    "upload_parts": [
        _xml("<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"),
        _PART,
        _PART,
        _xml('<CompleteMultipartUploadResult><ETag>"e-2"</ETag></CompleteMultipartUploadResult>'),
    ],
    "copy_file": [
        _said(resource(KEY, SMALL)),
        _said({"done": False, "rewriteToken": "t", "totalBytesRewritten": "10"}),
        _said({"done": True, "resource": {"generation": GENERATION, "size": "48"}}),
    ],
    "update_metadata": [
        _said(resource(KEY, SMALL, metadata={"a": "b"})),
        _said({"generation": GENERATION}),
        _said(resource(KEY, SMALL)),
    ],
    "delete_file": [Answer(204, (), b"")],
    "delete_files": [
        Answer(200, (("Content-Type", "multipart/mixed; boundary=x"),), f"{_BATCH}--x--\r\n".encode())
    ],
    "list_versions": [_said({"items": _VERSIONS, "nextPageToken": "t"}), _said({"items": _VERSIONS[2:]})],
    "list_unfinished_uploads": [
        _said({}),
        _xml(
            "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><Upload><Key>k</Key><UploadId>u</UploadId>"
            f"<Initiated>{WHEN}</Initiated></Upload></ListMultipartUploadsResult>"
        ),
    ],
    "get_bucket_cors": [_said({"kind": "storage#bucket", "cors": [{"origin": ["*"], "method": ["GET"]}]})],
    "get_bucket_labels": [_said({"kind": "storage#bucket", "labels": {"a": "b"}})],
    "get_bucket_lifecycle": [
        _said(
            {
                "kind": "storage#bucket",
                "lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": {"age": 3}}]},
            }
        )
    ],
    "get_bucket_location": [_said({"kind": "storage#bucket", "location": "EU"})],
    "get_bucket_policy": [
        _said({"kind": "storage#bucket"}),
        _said(
            {
                "kind": "storage#policy",
                "version": 1,
                "etag": "e",
                "bindings": [{"role": "r", "members": ["m"]}],
            }
        ),
    ],
    "get_bucket_storage_class": [_said({"kind": "storage#bucket", "storageClass": "STANDARD"})],
    "get_bucket_versioning": [_said({"kind": "storage#bucket", "versioning": {"enabled": True}})],
    "get_default_kms_key": [_said({"kind": "storage#bucket", "encryption": {"defaultKmsKeyName": "k"}})],
    "get_requester_pays": [_said({"kind": "storage#bucket", "billing": {"requesterPays": True}})],
    "get_soft_delete": [
        _said({"kind": "storage#bucket", "softDeletePolicy": {"retentionDurationSeconds": "604800"}})
    ],
    "get_uniform_access": [
        _said({"kind": "storage#bucket", "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}})
    ],
    "list_soft_deleted": [
        _said({"kind": "storage#objects", "items": [_SOFT], "nextPageToken": "t"}),
        _said({"kind": "storage#objects", "items": [_SOFT]}),
    ],
}
