"""The S3 clients over scripted answers: requests made, answers judged, nothing taken for what it is not."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import pickle
import threading
import traceback
import zlib
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from cloud.aws import Encryption, S3Client, S3Options
from cloud.common import (
    AlreadyExistsError,
    CloudCredentials,
    CloudProvider,
    ConfigurationError,
    IntegrityError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PreconditionFailedError,
    Secret,
    ServiceUnavailableError,
    TransferConfig,
)
from cloud.infomaniak import InfomaniakS3Client
from cloud.testing._scripted_server import RecordedRequest, ScriptedResponse, ScriptedServer
from unit.s3.helpers import NO_WAIT, ObjectServer, document, failed, found, make_client, stored

if TYPE_CHECKING:
    from collections.abc import Iterator

GIB = 1 << 30
PORTAL = ScriptedResponse(
    headers=(("Content-Type", "text/html"),), body=b"<html><body>Please log in</body></html>"
)
COPIED = document('<CopyObjectResult><ETag>"e2"</ETag></CopyObjectResult>')
ERROR_IN_OK = document("<Error><Code>InternalError</Code><Message>words</Message></Error>")
DENIED_IN_OK = document("<Error><Code>AccessDenied</Code><Message>words</Message></Error>")
STARTED = document("<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>")
COMPLETED = document('<CompleteMultipartUploadResult><ETag>"e9-2"</ETag></CompleteMultipartUploadResult>')
GONE = ScriptedResponse(status=204)
SMALL_PARTS = TransferConfig(part_size=5 << 20, threshold=5 << 20, max_workers=1)
TWO_PARTS = b"p" * (6 << 20)


def crc32_of(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def owned(*names: str) -> ScriptedResponse:
    buckets = "".join(f"<Bucket><Name>{name}</Name></Bucket>" for name in names)
    return document(f"<ListAllMyBucketsResult><Buckets>{buckets}</Buckets></ListAllMyBucketsResult>")


def asked(server: ScriptedServer) -> list[str]:
    return [f"{request.method} {request.path}" for request in server.requests]


# -- how many requests ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (lambda c: c.download_file("bucket", "k"), found(b"data")),
        (lambda c: c.read_range("bucket", "k", 0, 2), ScriptedResponse(
            status=206, headers=(("ETag", '"e"'), ("Content-Range", "bytes 0-1/4")), body=b"da")),
        (lambda c: c.upload_file("bucket", "k", b"data"), stored()),
        (lambda c: c.get_object_metadata("bucket", "k"), found(size=4)),
        (lambda c: c.object_exists("bucket", "k"), found(size=4)),
        (lambda c: c.list_objects("bucket").first(), document(
            "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><Contents>"
            "<Key>k</Key><LastModified>2030-01-01T00:00:00.000Z</LastModified><Size>1</Size></Contents></ListBucketResult>")),
        (lambda c: list(c.delete_files("bucket", ["a", "b", "c"])), document("<DeleteResult/>")),
        (lambda c: c.bucket_exists("bucket"), ScriptedResponse()),
        (lambda c: c.list_buckets(), owned("bucket")),
    ],
    ids=["download", "range", "upload", "stat", "exists", "first-of-listing", "batch-delete", "bucket-exists", "buckets"],
)  # fmt: skip  # a call and its answer
def test_an_everyday_call_is_one_request(call: Any, answer: ScriptedResponse) -> None:
    with ScriptedServer(answer) as server, make_client(server) as client:
        assert call(client)
        assert len(server.requests) == 1
        assert client.metrics.snapshot().requests == 1


def test_calls_share_one_connection() -> None:
    with ScriptedServer(otherwise=ObjectServer()) as server, make_client(server) as client:
        for number in range(5):
            client.upload_file("bucket", f"k{number}", b"data")
            assert client.download_file("bucket", f"k{number}") == b"data"
        assert server.connections == 1


def test_nothing_is_sent_before_the_first_call() -> None:
    with ScriptedServer() as server, make_client(server) as client:
        assert client.region == "us-east-1"
        client.generate_presigned_url("bucket", "k")
        client.generate_presigned_post("bucket", "k", max_size=10)
        assert client.capabilities
        assert server.connections == 0


# -- writes --------------------------------------------------------------------------------------------------
def test_a_portal_s_page_is_no_success_of_a_write() -> None:
    with ScriptedServer(otherwise=PORTAL) as server, make_client(server) as client:
        with pytest.raises(ServiceUnavailableError, match="ETag"):
            client.upload_file("bucket", "k", b"data")
        with pytest.raises(ServiceUnavailableError):
            client.list_objects("bucket").to_list()
        with pytest.raises(ServiceUnavailableError):
            client.list_buckets()
        with pytest.raises(ServiceUnavailableError):
            list(client.delete_files("bucket", ["k"]))


def test_a_portal_s_page_after_a_conditional_write_leaves_the_outcome_unknown() -> None:
    with ScriptedServer(PORTAL) as server, make_client(server) as client:
        with pytest.raises(OutcomeUnknownError):
            client.upload_file("bucket", "k", b"data", if_absent=True)
        assert len(server.requests) == 1


def test_a_write_without_an_etag_is_tried_again_and_then_an_error() -> None:
    with ScriptedServer(ScriptedResponse(), stored()) as server, make_client(server) as client:
        client.upload_file("bucket", "k", b"data")
        assert len(server.requests) == 2


def test_a_checksum_that_the_server_echoes_differently_is_an_error() -> None:
    def sent(request: RecordedRequest) -> tuple[str, str]:
        return next((name, value) for name, value in request.headers if name.startswith("x-amz-checksum-"))

    def wrong(request: RecordedRequest) -> ScriptedResponse:
        name, value = sent(request)
        return stored((name, "A" * len(value)))

    def right(request: RecordedRequest) -> ScriptedResponse:
        return stored(sent(request))

    with ScriptedServer(wrong, wrong, wrong, wrong, right) as server, make_client(server) as client:
        with pytest.raises(IntegrityError, match="stored a body of checksum"):
            client.upload_file("bucket", "k", b"data")
        client.upload_file("bucket", "k", b"data")
        assert len({sent(request) for request in server.requests}) == 1


def test_without_tls_a_body_s_hash_is_signed() -> None:
    with ScriptedServer(stored()) as server, make_client(server) as client:
        client.upload_file("bucket", "k", b"data")
        assert server.requests[0].header("x-amz-content-sha256") == hashlib.sha256(b"data").hexdigest()


def test_conditions_are_sent_and_judged() -> None:
    refusals = [
        failed(412, "PreconditionFailed"),
        failed(412, "PreconditionFailed"),
        failed(404, "NoSuchKey"),
    ]
    with ScriptedServer(*refusals) as server, make_client(server) as client:
        with pytest.raises(AlreadyExistsError):
            client.upload_file("bucket", "k", b"data", if_absent=True)
        with pytest.raises(PreconditionFailedError):
            client.upload_file("bucket", "k", b"data", if_match="e1")
        with pytest.raises(PreconditionFailedError):
            client.upload_file("bucket", "k", b"data", if_match="e1")
        assert [request.header("if-none-match") for request in server.requests] == ["*", None, None]
        assert [request.header("if-match") for request in server.requests] == [None, '"e1"', '"e1"']


def test_a_conditional_write_whose_answer_is_lost_is_never_sent_twice() -> None:
    lost = ScriptedResponse(raw=b"", close="fin")
    with ScriptedServer(lost) as server, make_client(server) as client:
        with pytest.raises(OutcomeUnknownError):
            client.upload_file("bucket", "k", b"data", if_absent=True)
        assert len(server.requests) == 1
    with ScriptedServer(lost, stored()) as server, make_client(server) as client:
        client.upload_file("bucket", "k", b"data")  # without a condition a second try does no harm
        assert len(server.requests) == 2


def test_racing_writers_are_told_to_try_again_and_do() -> None:
    with (
        ScriptedServer(failed(409, "ConditionalRequestConflict"), stored()) as server,
        make_client(server) as client,
    ):
        client.upload_file("bucket", "k", b"data", if_absent=True)
        assert len(server.requests) == 2


# -- encryption ----------------------------------------------------------------------------------------------
KEY = bytes(range(32))
KEY_TEXT = base64.b64encode(KEY).decode()
KEY_MD5 = base64.b64encode(hashlib.md5(KEY, usedforsecurity=False).digest()).decode()


@pytest.mark.parametrize(
    ("encryption", "on_write"),
    [
        (Encryption(mode="AES256"), {"x-amz-server-side-encryption": "AES256"}),
        (
            Encryption(mode="aws:kms", kms_key_id="key-1", bucket_key=True),
            {
                "x-amz-server-side-encryption": "aws:kms",
                "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
                "x-amz-server-side-encryption-bucket-key-enabled": "true",
            },
        ),
        (Encryption(mode="aws:kms:dsse"), {"x-amz-server-side-encryption": "aws:kms:dsse"}),
    ],
    ids=["s3", "kms", "dsse"],
)
def test_encryption_by_the_service_is_asked_for_by_writes_only(
    encryption: Encryption, on_write: dict[str, str]
) -> None:
    options = S3Options(transport="wire", encryption=encryption)
    with ScriptedServer(stored(), found(b"data")) as server, make_client(server, options=options) as client:
        client.upload_file("bucket", "k", b"data")
        client.download_file("bucket", "k")
        written, read = server.requests
        assert {n: v for n, v in written.headers if "encryption" in n} == on_write
        assert not [name for name, _ in read.headers if "encryption" in name]


def test_a_customer_s_key_goes_with_reads_writes_parts_and_copies() -> None:
    options = S3Options(transport="wire", encryption=Encryption(customer_key=Secret(KEY_TEXT)))
    script = (
        stored(),
        found(b"data"),
        found(size=4),
        found(size=4),
        COPIED,
        STARTED,
        stored(),
        stored(),
        COMPLETED,
    )
    with (
        ScriptedServer(*script) as server,
        make_client(server, options=options, transfer=SMALL_PARTS) as client,
    ):
        client.upload_file("bucket", "k", b"data")
        client.download_file("bucket", "k")
        client.get_object_metadata("bucket", "k")
        client.copy_file("bucket", "k", "bucket", "k2")
        client.upload_file("bucket", "big", TWO_PARTS)
        start = "x-amz-server-side-encryption-customer-"
        for request in server.requests:
            sent = [request.header(f"{start}{part}") for part in ("algorithm", "key", "key-md5")]
            assert sent == ["AES256", KEY_TEXT, KEY_MD5], request.method
        source = "x-amz-copy-source-server-side-encryption-customer-"
        assert server.requests[4].header(f"{source}key") == KEY_TEXT
        assert server.requests[4].header(f"{source}key-md5") == KEY_MD5


@pytest.mark.parametrize("key", ["short", KEY_TEXT[:-2], "é" * 44, ""])
def test_a_customer_s_key_that_is_none_is_refused_before_anything_is_sent(key: str) -> None:
    options = S3Options(transport="wire", encryption=Encryption(customer_key=Secret(key)))
    with ScriptedServer() as server, make_client(server, options=options) as client:
        with pytest.raises(InvalidRequestError, match="32 bytes"):
            client.upload_file("bucket", "k", b"data")
        assert server.requests == ()


def test_ways_of_encryption_exclude_each_other() -> None:
    with pytest.raises(InvalidRequestError, match="exclude"):
        Encryption(mode="AES256", customer_key=Secret(KEY_TEXT))
    with pytest.raises(InvalidRequestError, match="kms_key_id"):
        Encryption(mode="AES256", kms_key_id="k")


# -- success that is none ------------------------------------------------------------------------------------
def test_an_error_in_a_copy_s_200_is_the_error() -> None:
    with ScriptedServer(found(size=4), DENIED_IN_OK) as server, make_client(server) as client:
        with pytest.raises(PermissionDeniedError) as caught:
            client.copy_file("bucket", "a", "bucket", "b")
        assert (caught.value.http_status, caught.value.provider_code) == (200, "AccessDenied")
    with ScriptedServer(found(size=4), ERROR_IN_OK, COPIED) as server, make_client(server) as client:
        client.copy_file("bucket", "a", "bucket", "b")
        assert len(server.requests) == 3


def test_an_error_in_a_completion_s_200_is_the_error_and_the_parts_are_removed() -> None:
    script = (STARTED, stored(), stored(), DENIED_IN_OK, GONE)
    with ScriptedServer(*script) as server, make_client(server, transfer=SMALL_PARTS) as client:
        with pytest.raises(PermissionDeniedError):
            client.upload_file("bucket", "k", TWO_PARTS)
        assert asked(server)[-1] == "DELETE /bucket/k?uploadId=U1"


def test_a_completion_that_fails_inside_its_200_is_tried_again() -> None:
    script = (STARTED, stored(), stored(), ERROR_IN_OK, COMPLETED)
    with ScriptedServer(*script) as server, make_client(server, transfer=SMALL_PARTS) as client:
        client.upload_file("bucket", "k", TWO_PARTS)
        assert [line.split("?")[0] for line in asked(server)[-2:]] == ["POST /bucket/k"] * 2


def test_a_completion_whose_answer_was_lost_and_whose_upload_is_gone_is_of_unknown_outcome() -> None:
    lost = ScriptedResponse(raw=b"", close="fin")
    script = (STARTED, stored(), stored(), lost, failed(404, "NoSuchUpload"), failed(404, "NoSuchUpload"))
    with (
        ScriptedServer(*script) as server,
        make_client(server, transfer=SMALL_PARTS) as client,
        pytest.raises(OutcomeUnknownError, match="completed or aborted"),
    ):
        client.upload_file("bucket", "k", TWO_PARTS)


def test_a_portal_s_page_is_no_success_of_a_completion_or_a_copy() -> None:
    script = (STARTED, stored(), stored(), PORTAL, PORTAL, PORTAL, GONE)
    with (
        ScriptedServer(*script) as server,
        make_client(server, transfer=SMALL_PARTS) as client,
        pytest.raises(ServiceUnavailableError),
    ):
        client.upload_file("bucket", "k", TWO_PARTS)
    with (
        ScriptedServer(found(size=4), PORTAL, PORTAL, PORTAL) as server,
        make_client(server) as client,
        pytest.raises(ServiceUnavailableError),
    ):
        client.copy_file("bucket", "a", "bucket", "b")


def test_a_completion_of_another_checksum_is_an_error() -> None:
    other = document(
        "<CompleteMultipartUploadResult><ETag>e</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32>"
        "<ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME><ChecksumCRC32C>AAAAAA==</ChecksumCRC32C>"
        "</CompleteMultipartUploadResult>"
    )
    script = (STARTED, stored(), stored(), other, GONE)
    with (
        ScriptedServer(*script) as server,
        make_client(server, transfer=SMALL_PARTS) as client,
        pytest.raises(IntegrityError, match="checksum"),
    ):
        client.upload_file("bucket", "k", TWO_PARTS)


def test_an_error_in_a_batch_delete_s_200_is_the_error() -> None:
    with ScriptedServer(DENIED_IN_OK) as server, make_client(server) as client:
        with pytest.raises(PermissionDeniedError):
            list(client.delete_files("bucket", ["k"]))
        assert len(server.requests) == 1


def test_a_batch_delete_tells_of_each_key() -> None:
    answer = document(
        "<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code><Message>m</Message></Error></DeleteResult>"
    )
    with ScriptedServer(answer) as server, make_client(server) as client:
        results = list(client.delete_files("bucket", ["a", "b", "c"]))
        assert [(result.key, result.ok) for result in results] == [("a", True), ("b", False), ("c", True)]
        assert isinstance(results[1].error, PermissionDeniedError)
        sent = ET.fromstring(server.requests[0].body)  # noqa: S314  # our own bytes
        assert [element.text for element in sent.iter() if element.tag.endswith("Key")] == ["a", "b", "c"]


# -- reads ---------------------------------------------------------------------------------------------------
RANGE_REFUSED = failed(416, "InvalidRange", ("Content-Range", "bytes */0"))


def test_a_range_of_an_empty_object_is_empty() -> None:
    with (
        ScriptedServer(RANGE_REFUSED, found(size=0), RANGE_REFUSED, found(size=0)) as server,
        make_client(server) as client,
    ):
        assert client.read_range("bucket", "k", 0, 10) == b""
        assert client.read_range("bucket", "k", -5) == b""
        assert [request.header("range") for request in server.requests] == [
            "bytes=0-9",
            None,
            "bytes=-5",
            None,
        ]
        assert client.metrics.snapshot().requests == 4


def test_a_range_beyond_the_end_is_refused() -> None:
    refused = failed(416, "InvalidRange", ("Content-Range", "bytes */4"))
    with ScriptedServer(refused) as server, make_client(server) as client:
        with pytest.raises(InvalidRequestError, match="beyond the object's end") as caught:
            client.read_range("bucket", "k", 4, 10)
        assert (caught.value.http_status, caught.value.provider_code) == (416, "InvalidRange")


def test_a_whole_answer_to_a_range_is_never_taken_for_it() -> None:
    with (
        ScriptedServer(otherwise=found(b"whole body")) as server,
        make_client(server) as client,
        pytest.raises(IntegrityError, match="asked for bytes 2 to 5"),
    ):
        client.read_range("bucket", "k", 2, 5)


def test_bytes_that_do_not_fit_the_service_s_checksum_are_read_again_and_then_an_error() -> None:
    flipped = found(b"dbta", ("x-amz-checksum-crc32", crc32_of(b"data")))
    right = found(b"data", ("x-amz-checksum-crc32", crc32_of(b"data")))
    with ScriptedServer(flipped, right, flipped, flipped, flipped) as server, make_client(server) as client:
        assert client.download_file("bucket", "k") == b"data"
        with pytest.raises(IntegrityError, match="CRC32"):
            client.download_file("bucket", "k")
        assert server.requests[0].header("x-amz-checksum-mode") == "ENABLED"


def test_a_short_body_is_never_taken_for_a_whole_one() -> None:
    short = found(b"half", ("Content-Length", "8"))
    cut = ScriptedResponse(headers=short.headers, body=b"half", close="fin")
    with ScriptedServer(cut, cut, cut) as server, make_client(server) as client:
        with pytest.raises(ServiceUnavailableError):
            client.download_file("bucket", "k")
        assert len(server.requests) == 3


# -- objects of more than 5 GiB, by simulation ---------------------------------------------------------------
@pytest.mark.parametrize("size", [5 * GIB + 1, 12 * GIB, 5 << 40])
def test_a_copy_of_more_than_five_gibibytes_goes_by_parts(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    part = document('<CopyPartResult><ETag>"p"</ETag></CopyPartResult>')
    # 5 TiB in the parts of every day would be 10,000 requests; the plan is the same with larger ones.
    monkeypatch.setattr("cloud._dialects.s3._multipart.COPY_PART_SIZE", max(512 << 20, size // 50))

    def answer(request: RecordedRequest) -> ScriptedResponse:
        if request.method == "HEAD":
            return found(size=size)
        if request.method == "POST":
            return STARTED if request.path.endswith("?uploads=") else COMPLETED
        return part

    with ScriptedServer(otherwise=answer) as server, make_client(server) as client:
        assert client.copy_file("bucket", "big", "bucket", "copy") == "s3://bucket/copy"
        copies = [request for request in server.requests if request.method == "PUT"]
        position = 0
        for request in copies:
            start, end = (request.header("x-amz-copy-source-range") or "").removeprefix("bytes=").split("-")
            assert int(start) == position
            position = int(end) + 1
            assert request.header("x-amz-copy-source-if-match") == '"e1"'
        assert position == size
        completion = ET.fromstring(server.requests[-1].body)  # noqa: S314  # our own bytes
        numbers = [element.text for element in completion.iter() if element.tag.endswith("PartNumber")]
        assert numbers == [str(number) for number in range(1, len(copies) + 1)]


def test_a_copy_by_parts_that_fails_removes_its_parts_once() -> None:
    script = (found(size=6 * GIB), STARTED, failed(403, "AccessDenied"), GONE)
    with ScriptedServer(*script) as server, make_client(server) as client:
        with pytest.raises(PermissionDeniedError):
            client.copy_file("bucket", "big", "bucket", "copy")
        assert [line for line in asked(server) if line.startswith("DELETE")] == [
            "DELETE /bucket/copy?uploadId=U1"
        ]


def test_a_source_replaced_during_a_copy_is_an_error() -> None:
    with (
        ScriptedServer(found(size=4), failed(412, "PreconditionFailed")) as server,
        make_client(server) as client,
        pytest.raises(PreconditionFailedError),
    ):
        client.copy_file("bucket", "a", "bucket", "b")


def test_a_file_that_shrinks_during_its_upload_stores_nothing(tmp_path: Any) -> None:
    path = tmp_path / "f"
    path.write_bytes(TWO_PARTS)

    def shrink(_request: RecordedRequest) -> ScriptedResponse:
        os.truncate(path, 100)
        return stored()

    with ScriptedServer(STARTED, shrink, GONE) as server, make_client(server, transfer=SMALL_PARTS) as client:
        with pytest.raises(IntegrityError, match="became shorter"):
            client.upload_file("bucket", "k", path)
        assert [line for line in asked(server) if "POST" in line] == ["POST /bucket/k?uploads="]
        assert asked(server)[-1] == "DELETE /bucket/k?uploadId=U1"


# -- buckets -------------------------------------------------------------------------------------------------
MISSING, THERE, FORBIDDEN = (ScriptedResponse(status=status) for status in (404, 200, 403))


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ((MISSING, ScriptedResponse()), True),
        ((THERE, owned("bucket")), False),
        ((THERE, owned("another")), AlreadyExistsError),
        ((FORBIDDEN, owned("bucket")), False),
        ((FORBIDDEN, owned(), failed(409, "BucketAlreadyExists")), AlreadyExistsError),
        ((FORBIDDEN, owned(), failed(403, "AccessDenied")), PermissionDeniedError),
        ((FORBIDDEN, failed(403, "AccessDenied")), PermissionDeniedError),
        ((MISSING, failed(409, "BucketAlreadyOwnedByYou")), False),
        ((MISSING, failed(409, "BucketAlreadyExists")), AlreadyExistsError),
        ((MISSING, failed(403, "AccessDenied")), PermissionDeniedError),
    ],
    ids=[
        "made", "ours", "others", "ours-unseen", "others-unseen", "no-right-to-make", "no-right-at-all", "ours-meanwhile",
        "others-meanwhile", "denied",
    ],
)  # fmt: skip  # a table
def test_making_a_bucket(script: tuple[ScriptedResponse, ...], outcome: Any) -> None:
    with ScriptedServer(*script) as server, make_client(server) as client:
        if isinstance(outcome, bool):
            assert client.create_bucket("bucket") is outcome
        else:
            with pytest.raises(outcome):
                client.create_bucket("bucket")
        assert len(server.requests) == len(script)


def test_a_region_beside_the_oldest_is_named_in_the_request() -> None:
    with (
        ScriptedServer(MISSING, ScriptedResponse()) as server,
        make_client(server, region="eu-west-3") as client,
    ):
        client.create_bucket("bucket")
        assert b"eu-west-3" in server.requests[1].body


def test_a_missing_bucket_is_never_an_empty_listing() -> None:
    with ScriptedServer(otherwise=failed(404, "NoSuchBucket")) as server, make_client(server) as client:
        with pytest.raises(NotFoundError):
            client.list_objects("bucket").to_list()
        with pytest.raises(NotFoundError):
            client.download_file("bucket", "k")


# -- secrets -------------------------------------------------------------------------------------------------
CANARIES = {"secret": "canary0secret0key0canary", "token": "canary0session0token0canary", "key": KEY_TEXT}


def canaries_in(text: str) -> list[str]:
    return [name for name, canary in CANARIES.items() if canary in text]


@pytest.fixture
def guarded() -> Iterator[tuple[ScriptedServer, S3Client]]:
    credentials = CloudCredentials(
        provider=CloudProvider.AWS,
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret_key=CANARIES["secret"],
        session_token=CANARIES["token"],
        region="us-east-1",
    )
    encryption = Encryption(customer_key=Secret(CANARIES["key"]))
    options = S3Options(transport="wire", encryption=encryption)
    with ScriptedServer() as server, make_client(server, credentials=credentials, options=options) as client:
        yield server, client


def test_no_log_record_holds_a_secret(guarded: Any, caplog: pytest.LogCaptureFixture) -> None:
    server, client = guarded
    server.add(stored(), found(b"data"), failed(503, "SlowDown"), found(size=4), failed(403, "AccessDenied"))
    with caplog.at_level(logging.DEBUG):
        client.upload_file("bucket", "k", b"data")
        client.download_file("bucket", "k")
        client.get_object_metadata("bucket", "k")
        with pytest.raises(PermissionDeniedError):
            client.download_file("bucket", "k")
        client.generate_presigned_url("bucket", "k")
    mine = [record for record in caplog.records if record.name.startswith("cloud")]
    assert len(mine) >= 5
    assert not canaries_in("".join(f"{record.getMessage()} {vars(record)}" for record in mine))


@pytest.mark.parametrize("operation", ["upload", "part", "download", "list", "copy", "batch", "head"])
@pytest.mark.parametrize("failure", ["answer", "cut", "refused"])
def test_no_error_and_no_traceback_with_its_locals_holds_a_secret(
    guarded: Any, operation: str, failure: str
) -> None:
    server, client = guarded
    if failure == "answer":
        server.add(failed(403, "AccessDenied"))
    elif failure == "cut":
        server.add(*[ScriptedResponse(raw=b"", close="rst")] * 3)
    else:
        client = S3Client(client._arguments["credentials"], endpoint_url="http://127.0.0.1:9", service="aws", retry=NO_WAIT,
                          options=client._arguments["options"])  # fmt: skip  # the same settings, elsewhere
    calls: dict[str, Any] = {
        "upload": lambda: client.upload_file("bucket", "k", b"data"),
        "part": lambda: client.upload_file("bucket", "k", TWO_PARTS, transfer=SMALL_PARTS),
        "download": lambda: client.download_file("bucket", "k"),
        "list": lambda: client.list_objects("bucket").to_list(),
        "copy": lambda: client.copy_file("bucket", "a", "bucket", "b"),
        "batch": lambda: list(client.delete_files("bucket", ["k"])),
        "head": lambda: client.get_object_metadata("bucket", "k"),
    }
    with pytest.raises((PermissionDeniedError, ServiceUnavailableError)) as caught:
        calls[operation]()
    error: Any = caught.value
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "Traceback" in shown
    assert canaries_in(shown) == []
    for text in (
        repr(error),
        str(error),
        json.dumps(error.to_dict()),
        str(vars(error)),
        repr(pickle.dumps(error)),
    ):
        assert canaries_in(text) == []
    native = error.native
    assert native is None or canaries_in(f"{native!r} {vars(native)}") == []


def everything_below(thing: Any, seen: set[int], depth: int = 0) -> Iterator[str]:
    """Yield the repr of an object and of what its attributes hold, as a debugger would show them."""
    if id(thing) in seen or depth > 6:
        return
    seen.add(id(thing))
    yield repr(thing)
    if type(thing).__module__.startswith("cloud."):
        state = dict(getattr(thing, "__dict__", {}))
        for kind in type(thing).__mro__:
            for name in getattr(kind, "__slots__", ()):
                state[name] = getattr(thing, name, None)
        yield repr(
            {name: value for name, value in state.items() if name not in {"secret_key", "session_token"}}
        )
        for value in state.values():
            if type(value).__module__.startswith("cloud."):
                yield from everything_below(value, seen, depth + 1)


def test_no_repr_pickle_or_attribute_of_a_used_client_shows_a_secret(guarded: Any) -> None:
    server, client = guarded
    server.add(stored())
    client.upload_file("bucket", "k", b"data")
    shown = list(everything_below(client, set()))
    assert len(shown) > 10
    assert canaries_in("\n".join(shown)) == []
    assert canaries_in(repr(vars(client))) == []
    assert canaries_in(repr(pickle.dumps(client))) == []


def test_a_pickled_client_says_where_its_secrets_are_to_come_from(guarded: Any) -> None:
    _, client = guarded
    copied = pickle.loads(pickle.dumps(client))  # noqa: S301  # our own bytes
    with pytest.raises(ConfigurationError, match="plain text") as caught:
        copied.download_file("bucket", "k")
    assert "from_env" in (caught.value.hint or "")


def test_a_client_of_referenced_secrets_works_after_a_pickle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET", "s3cret")
    credentials = CloudCredentials(
        provider=CloudProvider.AWS, access_key="AKIAIOSFODNN7EXAMPLE", secret_key=Secret.from_env("MY_SECRET")
    )
    with ScriptedServer(found(b"data")) as server:
        client = make_client(server, credentials=credentials, retry=None)
        with pickle.loads(pickle.dumps(client)) as copied:  # noqa: S301  # our own bytes
            assert copied.download_file("bucket", "k") == b"data"


# -- threads and forks ---------------------------------------------------------------------------------------
def test_sixteen_threads_share_one_client() -> None:
    store, failures = ObjectServer(), []
    with ScriptedServer(otherwise=store) as server, make_client(server) as client:

        def work(number: int) -> None:
            for turn in range(5):
                key, body = f"t{number}/{turn}", f"{number}-{turn}".encode() * 500
                client.upload_file("bucket", key, body)
                if client.download_file("bucket", key) != body:
                    failures.append(key)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(store.objects) == 80
        assert len(server.requests) == 160
        assert server.connections <= 16
        assert client.metrics.snapshot().requests == 160


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_uses_the_client_on_a_connection_of_its_own() -> None:
    store = ObjectServer()
    with ScriptedServer(otherwise=store) as server, make_client(server) as client:
        client.upload_file("bucket", "before", b"parent")
        child = os.fork()
        if child == 0:  # pragma: no cover - another process
            try:
                right = client.download_file("bucket", "before") == b"parent"
                client.upload_file("bucket", "by-child", b"child")
                os._exit(0 if right else 1)
            finally:
                os._exit(2)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert client.download_file("bucket", "by-child") == b"child"
        connections = [request.connection for request in server.requests]
        assert connections == [0, 1, 1, 0]  # the parent's connection was not touched


def test_a_client_works_again_after_it_was_closed() -> None:
    with ScriptedServer(found(b"1"), found(b"2")) as server:
        client = make_client(server)
        assert client.download_file("bucket", "k") == b"1"
        client.close()
        client.close()
        assert client.download_file("bucket", "k") == b"2"
        client.close()
        assert server.connections == 2


# -- Infomaniak ----------------------------------------------------------------------------------------------
def test_infomaniak_s_client_signs_for_its_region_and_names_its_scheme(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INFOMANIAK_S3_ACCESS_KEY", "0123456789abcdef")
    monkeypatch.setenv("INFOMANIAK_S3_SECRET_KEY", "s3cret")
    with ScriptedServer(stored()) as server, InfomaniakS3Client(endpoint_url=server.url) as client:
        assert client.upload_file("bucket", "k", b"data") == "infomaniak-s3://bucket/k"
        assert "/dc3-a/s3/aws4_request" in (server.requests[0].header("authorization") or "")
        assert server.requests[0].header("x-amz-checksum-crc32") is None  # Swift's s3api does not keep it


@pytest.mark.parametrize(
    ("region", "host"), [(None, "s3.pub1.infomaniak.cloud"), ("dc4-a", "s3.pub2.infomaniak.cloud")]
)
def test_infomaniak_s_regions_have_their_hosts(region: str | None, host: str) -> None:
    credentials = CloudCredentials(
        provider=CloudProvider.INFOMANIAK, access_key="0123456789abcdef", secret_key="s"
    )
    with InfomaniakS3Client(credentials, region=region) as client:
        assert client.generate_presigned_url("bucket", "k").startswith(f"https://{host}/bucket/k?")


def test_infomaniak_s_client_without_keys_says_which_variables_it_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in list(os.environ):
        if name.startswith(("INFOMANIAK_", "OS_")):
            monkeypatch.delenv(name)
    with pytest.raises(ConfigurationError) as caught:
        InfomaniakS3Client()
    assert "INFOMANIAK_S3_ACCESS_KEY" in str(caught.value)


def test_the_two_clients_have_the_same_surface() -> None:
    shared = {name for name in dir(S3Client) if not name.startswith("_")}
    own = {"from_login"}  # keys of an OpenStack project are made by its login
    assert shared | own == {name for name in dir(InfomaniakS3Client) if not name.startswith("_")}
