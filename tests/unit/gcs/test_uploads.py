"""Resumable uploads, the 308 protocol to the letter; and large objects in parts, by XML and by compose."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from cloud._dialects.gcs import _uploads
from cloud._dialects.gcs._names import UPLOADS_PREFIX
from cloud.common import (
    AlreadyExistsError,
    IntegrityError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    PreconditionFailedError,
    ServiceUnavailableError,
    TransferConfig,
    UnsupportedOperationError,
)
from cloud.gcp import GCSOptions
from cloud.testing import RecordedRequest, ScriptedResponse, ScriptedServer
from unit.gcs.helpers import (
    GENERATION,
    crc32c,
    failed,
    make_client,
    parts_of,
    path_of,
    query_of,
    said,
    stored,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cloud.gcp import GCSClient
    from servers._models import Server

BODY = bytes(range(256)) * 4
SIZE = len(BODY)
SESSION = "/upload/storage/v1/b/bucket/o?uploadType=resumable&upload_id=secret-session"
LOST = ScriptedResponse(raw=b"", close="rst")
IN_PARTS = TransferConfig(part_size=5 << 20, threshold=5 << 20, max_workers=2)
PARTS = bytes(11 << 20)


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let bodies of a kilobyte be large."""
    monkeypatch.setattr(_uploads, "SINGLE_REQUEST_BYTES", 16)


def begun(location: str = f"https://elsewhere.example{SESSION}") -> ScriptedResponse:
    return ScriptedResponse(headers=(("Location", location),))


def more(confirmed: int) -> ScriptedResponse:
    headers = () if not confirmed else (("Range", f"bytes=0-{confirmed - 1}"),)
    return ScriptedResponse(status=308, headers=headers)


def ranges(server: ScriptedServer) -> list[str | None]:
    return [request.header("content-range") for request in server.requests if request.method == "PUT"]


# -- the 308 protocol ----------------------------------------------------------------------------------------
def test_a_session_is_begun_and_takes_the_whole_body_in_one_request() -> None:
    with ScriptedServer(begun(), stored(BODY)) as server, make_client(server) as client:
        client.upload_file("bucket", "a/ü", BODY, metadata={"color": "red"}, storage_class="NEARLINE")
        start, put = server.requests
    assert query_of(start)["uploadType"] == "resumable"
    assert json.loads(start.body) == {
        "name": "a/ü", "contentType": "application/octet-stream", "metadata": {"color": "red"},
        "storageClass": "NEARLINE", "crc32c": crc32c(BODY),
    }  # fmt: skip  # one line reads best
    assert start.header("x-upload-content-length") == str(SIZE)
    assert (put.method, put.path, put.body) == ("PUT", SESSION, BODY)
    assert put.header("content-range") == f"bytes 0-{SIZE - 1}/{SIZE}"
    assert put.header("authorization") is None  # the address is a credential itself


@pytest.mark.parametrize("confirmed", [0, 1, 256, 1023])
def test_after_a_cut_the_session_is_asked_and_the_rest_is_sent(confirmed: int) -> None:
    with (
        ScriptedServer(begun(), LOST, more(confirmed), stored(BODY)) as server,
        make_client(server) as client,
    ):
        client.upload_file("bucket", "key", BODY)
        assert server.requests[-1].body == BODY[confirmed:]
        assert ranges(server) == [
            f"bytes 0-{SIZE - 1}/{SIZE}", f"bytes */{SIZE}", f"bytes {confirmed}-{SIZE - 1}/{SIZE}",
        ]  # fmt: skip  # one line reads best
        assert client.metrics.snapshot().retries == 0


def test_a_session_that_took_a_part_only_is_gone_on_with_from_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(BODY)
    with ScriptedServer(begun(), more(512), more(768), stored(BODY)) as server, make_client(server) as client:
        client.upload_file("bucket", "key", path)
        assert [request.body for request in server.requests[1:]] == [BODY, BODY[512:], BODY[768:]]


def test_a_lost_answer_to_the_last_byte_is_found_out() -> None:
    for arguments in ({}, {"if_absent": True}, {"if_match": GENERATION}):
        with ScriptedServer(begun(), LOST, stored(BODY)) as server, make_client(server) as client:
            client.upload_file("bucket", "key", BODY, **arguments)  # type: ignore[arg-type]  # of two kinds
            assert ranges(server)[-1] == f"bytes */{SIZE}"


def test_a_server_error_is_asked_about_like_a_cut() -> None:
    with (
        ScriptedServer(
            begun(), failed(503, "backendError"), failed(500, "x"), more(512), stored(BODY)
        ) as server,
        make_client(server) as client,
    ):
        client.upload_file("bucket", "key", BODY)
        assert ranges(server)[1:3] == [f"bytes */{SIZE}"] * 2


@pytest.mark.parametrize("status", [404, 410])
def test_a_session_that_is_gone_is_begun_anew(status: int) -> None:
    with (
        ScriptedServer(begun(), LOST, failed(status, "notFound"), begun(), stored(BODY)) as server,
        make_client(server) as client,
    ):
        client.upload_file("bucket", "key", BODY)
        assert [request.method for request in server.requests] == ["POST", "PUT", "PUT", "POST", "PUT"]


def test_a_conditional_write_whose_session_is_gone_after_the_last_byte_is_unknown() -> None:
    with (
        ScriptedServer(begun(), LOST, failed(404, "notFound")) as server,
        make_client(server) as client,
        pytest.raises(OutcomeUnknownError, match="session is gone"),
    ):
        client.upload_file("bucket", "key", BODY, if_absent=True)


def test_sessions_that_vanish_again_and_again_end() -> None:
    def answer(request: RecordedRequest) -> ScriptedResponse:
        return begun() if request.method == "POST" else failed(410, "gone")

    with (
        ScriptedServer(otherwise=answer) as server,
        make_client(server) as client,
        pytest.raises(ServiceUnavailableError, match="sessions"),
    ):
        client.upload_file("bucket", "key", BODY)


def test_every_confirmed_byte_makes_further_cuts_bearable() -> None:
    script: list[Any] = [begun()]
    for confirmed in range(100, 1000, 100):  # nine cuts, more than are borne without progress
        script += [LOST, more(confirmed)]
    with ScriptedServer(*script, stored(BODY)) as server, make_client(server) as client:
        client.upload_file("bucket", "key", BODY)
        assert server.requests[-1].body == BODY[900:]


@pytest.mark.parametrize("progress", [0, 100])
def test_cuts_without_progress_end_and_the_session_is_cancelled(progress: int) -> None:
    def answer(request: RecordedRequest) -> ScriptedResponse:
        if request.method == "POST":
            return begun()
        if request.method == "DELETE":
            return ScriptedResponse(status=499)
        return more(progress) if request.header("content-range") == f"bytes */{SIZE}" else LOST

    with ScriptedServer(otherwise=answer) as server, make_client(server) as client:
        with pytest.raises(ServiceUnavailableError):
            client.upload_file("bucket", "key", BODY)
        deletes = [request.path for request in server.requests if request.method == "DELETE"]
        begins = [request for request in server.requests if request.method == "POST"]
        assert deletes == [SESSION] * len(begins)
        assert len(server.requests) < 40


def test_a_conditional_write_that_stays_unanswered_is_unknown() -> None:
    def answer(request: RecordedRequest) -> ScriptedResponse:
        return begun() if request.method == "POST" else LOST

    with (
        ScriptedServer(otherwise=answer) as server,
        make_client(server) as client,
        pytest.raises(OutcomeUnknownError),
    ):
        client.upload_file("bucket", "key", BODY, if_absent=True)
    assert sum(request.method == "POST" for request in server.requests) == 1


def test_a_refusal_ends_the_upload_at_once() -> None:
    with (
        ScriptedServer(begun(), failed(412, "conditionNotMet"), ScriptedResponse(status=499)) as server,
        make_client(server) as client,
        pytest.raises(AlreadyExistsError),
    ):
        client.upload_file("bucket", "key", BODY, if_absent=True)
    with (
        ScriptedServer(failed(412, "conditionNotMet")) as server,
        make_client(server) as client,
        pytest.raises(PreconditionFailedError),
    ):
        client.upload_file("bucket", "key", BODY, if_match=GENERATION)


def test_what_was_stored_is_compared_and_a_wrong_one_is_sent_again() -> None:
    with (
        ScriptedServer(begun(), stored(BODY, crc32c=crc32c(b"x")), begun(), stored(BODY)) as server,
        make_client(server) as client,
    ):
        client.upload_file("bucket", "key", BODY)
        assert len(server.requests) == 4


def test_an_answer_that_confirms_more_than_there_is_ends_the_upload() -> None:
    with (
        ScriptedServer(begun(), more(SIZE + 1), ScriptedResponse(status=499)) as server,
        make_client(server) as client,
        pytest.raises(ServiceUnavailableError, match="confirms"),
    ):
        client.upload_file("bucket", "key", BODY)


@pytest.mark.parametrize("location", ["", "https://host.example"])
def test_an_answer_without_a_session_is_no_begin(location: str) -> None:
    with (
        ScriptedServer(otherwise=begun(location)) as server,
        make_client(server) as client,
        pytest.raises(ServiceUnavailableError, match="session"),
    ):
        client.upload_file("bucket", "key", BODY)


def test_a_stand_in_without_conditions_on_sessions_gets_conditional_writes_in_one_request() -> None:
    with (
        ScriptedServer(stored(BODY)) as server,
        make_client(server, service="fake-gcs-server") as client,
    ):
        client.upload_file("bucket", "key", BODY, if_absent=True)
        assert query_of(server.requests[0])["uploadType"] == "multipart"
        assert parts_of(server.requests[0])[2] == BODY


# -- parts by compose ----------------------------------------------------------------------------------------
class Composing:
    """A service that keeps objects, composes and deletes them.

    Attributes:
        objects: body by name.
        composed: names of the sources of each compose.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.metadata: dict[str, Any] = {}
        self.resources: list[dict[str, Any]] = []
        self.composed: list[list[str]] = []
        self.refuse: Callable[[RecordedRequest], ScriptedResponse | None] = lambda _: None
        self.generation = 100

    def __call__(self, request: RecordedRequest) -> ScriptedResponse:
        refusal = self.refuse(request)
        if refusal is not None:
            return refusal
        path = path_of(request)
        if path.startswith("/upload/"):
            document, _, body = parts_of(request)
            return self._keep(document["name"], body, document)
        if path.endswith("/compose"):
            document = json.loads(request.body)
            names = [source["name"] for source in document["sourceObjects"]]
            assert len(names) <= 32
            self.composed.append(names)
            return self._keep(
                _name(path), b"".join(self.objects[name] for name in names), document["destination"]
            )
        if path.startswith("/batch/"):
            return self._batch(request)
        if request.method == "GET":
            prefix = query_of(request)["prefix"]
            found = [
                {
                    "name": name,
                    "generation": "1",
                    "timeCreated": "2024-01-02T03:04:05Z",
                    "metadata": self.metadata[name],
                }
                for name in sorted(self.objects)
                if name.startswith(prefix)
            ]
            return said({"items": found})
        del self.objects[_name(path)]
        return ScriptedResponse(status=204)

    def _keep(self, name: str, body: bytes, document: dict[str, Any]) -> ScriptedResponse:
        self.objects[name] = body
        self.metadata[name] = document.get("metadata")
        self.resources.append(document)
        self.generation += 1
        return stored(body, generation=str(self.generation))

    def _batch(self, request: RecordedRequest) -> ScriptedResponse:
        answers = []
        for place, target in re.findall(rb"Content-ID: <(\d+)>\r\n\r\nDELETE (\S+) HTTP", request.body):
            path, _, query = target.decode().partition("?")
            assert query.startswith("generation=")
            gone = self.objects.pop(_name(path), None) is None
            status = b"404 Not Found" if gone else b"204 No Content"
            answers.append(
                b"--B\r\nContent-Type: application/http\r\nContent-ID: <response-%b>\r\n\r\nHTTP/1.1 %b\r\n\r\n\r\n"
                % (place, status)
            )
        headers = (("Content-Type", "multipart/mixed; boundary=B"),)
        return ScriptedResponse(headers=headers, body=b"".join(answers) + b"--B--\r\n")


def _name(path: str) -> str:
    return unquote(path.partition("/o/")[2].removesuffix("/compose"))


def composing(server: ScriptedServer, **settings: Any) -> GCSClient:
    options = GCSOptions(transport="wire", parallel_upload="compose")
    return make_client(server, transfer=IN_PARTS, options=options, **settings)


def test_parts_are_composed_and_nothing_else_stays() -> None:
    service = Composing()
    with ScriptedServer(otherwise=service) as server, composing(server) as client:
        client.upload_file(
            "bucket", "a/ü", PARTS, metadata={"a": "1"}, storage_class="ARCHIVE", cache_control="no-store"
        )
    assert service.objects == {"a/ü": PARTS}
    assert service.resources[-1] == {
        "contentType": "application/octet-stream", "cacheControl": "no-store", "storageClass": "ARCHIVE", "metadata": {"a": "1"},
    }  # fmt: skip  # one line reads best
    assert all(part["storageClass"] == "STANDARD" for part in service.resources[:-1])
    assert all(name.startswith(UPLOADS_PREFIX) for name in service.composed[0])


def test_many_parts_are_composed_in_several_steps() -> None:
    from cloud._dialects.gcs import _compose
    from cloud.common._storage_types import PutRequest, Upload

    service = Composing()
    request = PutRequest("bucket", "key", "text/plain")
    bodies = [b"%04d" % number for number in range(1100)]
    with ScriptedServer(otherwise=service) as server, composing(server) as client:
        upload = Upload(request, _compose.begin(client._ops, request))
        parts = []
        for number, body in enumerate(bodies, 1):
            name = f"{UPLOADS_PREFIX}{upload.upload_id}/{number:05}"
            service.objects[name] = body
            parts.append(_compose.Part(number, str(number), 4, crc32c(body)))
        _compose.complete(client._ops, upload, parts)
    assert service.objects == {"key": b"".join(bodies)}
    assert [len(names) for names in service.composed] == [32] * 34 + [12] + [32, 3] + [2]


@pytest.mark.parametrize(
    ("arguments", "sent", "error"),
    [
        ({"if_absent": True}, "0", AlreadyExistsError),
        ({"if_match": GENERATION}, GENERATION, PreconditionFailedError),
    ],
    ids=["if_absent", "if_match"],
)
def test_a_condition_is_checked_by_the_compose(
    arguments: dict[str, Any], sent: str, error: type[Exception]
) -> None:
    service = Composing()

    def refuse(request: RecordedRequest) -> ScriptedResponse | None:
        if not path_of(request).endswith("/compose"):
            return None
        assert query_of(request)["ifGenerationMatch"] == sent
        return failed(412, "conditionNotMet")

    service.refuse = refuse
    with (
        ScriptedServer(otherwise=service) as server,
        make_client(server, transfer=IN_PARTS) as client,
        pytest.raises(error),
    ):
        client.upload_file("bucket", "key", PARTS, **arguments)
    assert service.objects == {}


def test_a_composed_object_with_another_checksum_is_told() -> None:
    service = Composing()

    def refuse(request: RecordedRequest) -> ScriptedResponse | None:
        return stored(PARTS, crc32c=crc32c(b"x")) if path_of(request).endswith("/compose") else None

    service.refuse = refuse
    with (
        ScriptedServer(otherwise=service) as server,
        composing(server) as client,
        pytest.raises(IntegrityError, match="checksum"),
    ):
        client.upload_file("bucket", "key", PARTS)
    assert service.objects == {}


def test_parts_that_cannot_be_deleted_are_no_failure_and_stay_listed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = Composing()
    service.refuse = lambda request: (
        failed(403, "forbidden") if path_of(request).startswith("/batch/") else None
    )
    with ScriptedServer(otherwise=service) as server, composing(server) as client:
        client.upload_file("bucket", "key", PARTS)
        assert "parts of a finished upload were left" in caplog.text
        (left,) = list(client._list_uploads_page(_request("bucket")).items)
        assert left.key == "key"
        service.refuse = lambda request: None
        client._abort_upload(_upload(left.key, left.upload_id))
        assert service.objects == {"key": PARTS}
        with pytest.raises(NotFoundError):
            client._abort_upload(_upload(left.key, left.upload_id))


def _request(bucket: str) -> Any:
    from cloud.common._storage_types import ListRequest

    return ListRequest(bucket, "", None, None, 1000, None)


def _upload(key: str, upload_id: str, bucket: str = "bucket") -> Any:
    from cloud.common._storage_types import PutRequest, Upload

    return Upload(PutRequest(bucket, key, ""), upload_id)


def test_conditions_in_parts_are_refused_where_nothing_would_check_them() -> None:
    for settings in (
        {"service": "fake-gcs-server"},
        {"options": GCSOptions(transport="wire", parallel_upload="xml")},
    ):
        with (
            ScriptedServer() as server,
            make_client(server, transfer=IN_PARTS, **settings) as client,
            pytest.raises(UnsupportedOperationError, match="condition"),
        ):
            client.upload_file("bucket", "key", PARTS, if_absent=True)
    with (
        ScriptedServer() as server,
        make_client(server, transfer=IN_PARTS) as client,
        pytest.raises(PreconditionFailedError),
    ):
        client.upload_file("bucket", "key", PARTS, if_match="900150983cd24fb0d6963f7d28e17f72")


# -- parts by XML --------------------------------------------------------------------------------------------
INITIATED = ScriptedResponse(
    body=b"<?xml version='1.0'?><InitiateMultipartUploadResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>"
    b"<Bucket>bucket</Bucket><Key>key</Key><UploadId>U+/=1</UploadId></InitiateMultipartUploadResult>"
)


def completed(body: bytes) -> ScriptedResponse:
    return ScriptedResponse(
        headers=(("x-goog-hash", f"crc32c={crc32c(body)}"), ("x-goog-generation", GENERATION)),
        body=b'<CompleteMultipartUploadResult><ETag>"e-2"</ETag></CompleteMultipartUploadResult>',
    )


def test_unconditional_parts_go_by_xml_multipart_on_google() -> None:
    def answer(request: RecordedRequest) -> ScriptedResponse:
        if request.method == "PUT":
            return ScriptedResponse(
                headers=(("ETag", '"e&1"'), ("x-goog-hash", request.header("x-goog-hash") or ""))
            )
        return INITIATED if request.path.endswith("?uploads") else completed(PARTS)

    with ScriptedServer(otherwise=answer) as server, make_client(server, transfer=IN_PARTS) as client:
        client.upload_file(
            "bucket", "a/ü", PARTS, content_type="text/plain", metadata={"a": "1"}, storage_class="NEARLINE"
        )
        begin, *_, end = server.requests
        puts = [request for request in server.requests if request.method == "PUT"]
    assert begin.path == "/bucket/a%2F%C3%BC?uploads"
    assert begin.header("x-goog-meta-a") == "1"
    assert (begin.header("content-type"), begin.header("x-goog-storage-class")) == ("text/plain", "NEARLINE")
    assert sorted((query_of(put)["partNumber"], len(put.body)) for put in puts) == [
        ("1", 5 << 20),
        ("2", 5 << 20),
        ("3", 1 << 20),
    ]
    assert {query_of(put)["uploadId"] for put in puts} == {"U+/=1"}
    assert all(put.header("x-goog-hash") == f"crc32c={crc32c(put.body)}" for put in puts)
    assert end.body.count(b"<ETag>&quot;e&amp;1&quot;</ETag>") == 3


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (completed(b"other"), IntegrityError),
        (
            ScriptedResponse(body=b"<Error><Code>InvalidPart</Code><Message>words</Message></Error>"),
            Exception,
        ),
        (ScriptedResponse(body=b"<html/>"), ServiceUnavailableError),
    ],
    ids=["checksum", "error in 200", "somebody else"],
)
def test_a_completion_is_believed_only_when_it_is_one(end: ScriptedResponse, error: type[Exception]) -> None:
    aborted = []

    def answer(request: RecordedRequest) -> ScriptedResponse:
        if request.method == "PUT":
            return ScriptedResponse(headers=(("ETag", '"e"'),))
        if request.method == "DELETE":
            aborted.append(request.path)
            return ScriptedResponse(status=204)
        return INITIATED if request.path.endswith("?uploads") else end

    with (
        ScriptedServer(otherwise=answer) as server,
        make_client(server, transfer=IN_PARTS) as client,
        pytest.raises(error),
    ):
        client.upload_file("bucket", "key", PARTS)
    assert aborted == ["/bucket/key?uploadId=U%2B%2F%3D1"]


def test_a_part_that_was_stored_wrong_is_sent_again() -> None:
    seen: list[str] = []

    def answer(request: RecordedRequest) -> ScriptedResponse:
        if request.method != "PUT":
            return INITIATED if request.path.endswith("?uploads") else completed(PARTS)
        seen.append(query_of(request)["partNumber"])
        wrong = seen.count("2") == 1 and seen[-1] == "2"
        sent = f"crc32c={crc32c(b'x')}" if wrong else request.header("x-goog-hash") or ""
        return ScriptedResponse(headers=(("ETag", '"e"'), ("x-goog-hash", sent)))

    with ScriptedServer(otherwise=answer) as server, make_client(server, transfer=IN_PARTS) as client:
        client.upload_file("bucket", "key", PARTS)
    assert sorted(seen) == ["1", "2", "2", "3"]


def test_unfinished_uploads_of_both_kinds_are_found_on_all_pages() -> None:
    def page(keys: str, marker: str = "") -> ScriptedResponse:
        uploads = "".join(
            f"<Upload><Key>{key}</Key><UploadId>U{key}</UploadId><Initiated>2024-01-02T03:04:05.678Z</Initiated></Upload>"
            for key in keys
        )
        more_pages = f"<IsTruncated>true</IsTruncated><NextKeyMarker>{marker}</NextKeyMarker><NextUploadIdMarker>i/d</NextUploadIdMarker>"
        return ScriptedResponse(
            body=f"<ListMultipartUploadsResult>{more_pages if marker else ''}{uploads}</ListMultipartUploadsResult>".encode()
        )

    marker = {
        "name": f"{UPLOADS_PREFIX}abc/upload",
        "timeCreated": "2023-01-02T03:04:05Z",
        "metadata": {"cloud-upload-of": "p%2Fc"},
    }
    other = {**marker, "name": f"{UPLOADS_PREFIX}def/upload", "metadata": {"cloud-upload-of": "other"}}
    part = {**marker, "name": f"{UPLOADS_PREFIX}abc/00001", "metadata": None}
    with (
        ScriptedServer(
            said({"items": [part, marker], "nextPageToken": "t"}),
            said({"items": [other]}),
            page("ab", "k/y"),
            page("c"),
        ) as server,
        make_client(server) as client,
    ):
        found = client.list_unfinished_uploads("bucket", "p/")
        assert [(upload.key, upload.upload_id) for upload in found] == [
            ("p/c", "abc"), ("a", "xml-Ua"), ("b", "xml-Ub"), ("c", "xml-Uc"),
        ]  # fmt: skip  # one line reads best
        assert query_of(server.requests[2])["prefix"] == "p/"
        query = query_of(server.requests[3])
        assert (query["key-marker"], query["upload-id-marker"]) == ("k/y", "i/d")


def test_xml_multipart_works_on_a_real_server_that_speaks_it(moto_server: Server) -> None:
    """Google documents it as compatible with S3's: the same requests, on a server that believes everybody."""
    from cloud.aws import S3Client
    from cloud.common import CloudCredentials, CloudProvider

    keys = CloudCredentials(
        CloudProvider.AWS, access_key=moto_server.admin.access_key, secret_key=moto_server.admin.secret_key, region="us-east-1",
    )  # fmt: skip  # one line reads best
    options = GCSOptions(transport="wire", parallel_upload="xml")
    body = BODY * (11 << 10)
    with (
        S3Client(keys, endpoint_url=moto_server.endpoint_url, service="aws") as owner,
        make_client(moto_server.endpoint_url, anonymous=True, options=options, transfer=IN_PARTS) as client,
    ):
        owner.create_bucket("xml-multipart")
        client.upload_file(
            "xml-multipart", "a/ü +.txt", body, content_type="text/x-sent", cache_control="no-store"
        )
        assert owner.download_file("xml-multipart", "a/ü +.txt") == body
        info = owner.get_object_metadata("xml-multipart", "a/ü +.txt")
        assert (info.content_type, info.cache_control, len(body)) == ("text/x-sent", "no-store", info.size)

        upload_id = client._create_upload(
            _upload("left", "").request._replace(bucket="xml-multipart", content_type="text/plain")
        )
        assert [upload.key for upload in owner.list_unfinished_uploads("xml-multipart")] == ["left"]
        (found,) = client._list_uploads_page(_request("xml-multipart")._replace(token="xml-")).items
        assert (found.key, found.upload_id) == ("left", upload_id)
        client._abort_upload(_upload("left", upload_id, "xml-multipart"))
        assert owner.list_unfinished_uploads("xml-multipart") == []
        owner.delete_bucket("xml-multipart", force=True)


def test_a_part_size_below_the_least_is_raised_and_a_body_above_the_most_is_refused() -> None:
    from cloud.common._engine import plan_part_size

    with ScriptedServer() as server, make_client(server) as client:
        limits = client._part_limits
    assert plan_part_size(100 << 20, TransferConfig(part_size=1), limits) == 5 << 20
    with pytest.raises(InvalidRequestError):
        plan_part_size(60 << 40, TransferConfig(), limits)
