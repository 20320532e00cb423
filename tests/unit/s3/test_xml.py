"""The XML of S3 other than listings: answers of real servers, junk, attacks, and request bodies."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud._dialects import _xmltree
from cloud._dialects.s3._xml import (
    CompletedPart,
    DeletedKey,
    FailedKey,
    MalformedAnswerError,
    build_complete,
    build_create_bucket,
    build_delete,
    escape_text,
    find_error_in_ok,
    fits_xml,
    parse_buckets,
    parse_complete,
    parse_copy_result,
    parse_delete_result,
    parse_error,
    parse_initiate,
    parse_xml,
    strip_quotes,
)

SAMPLES = Path(__file__).parent / "samples"
SERVERS = ("ceph", "moto", "seaweedfs", "swift")
NS = "{http://s3.amazonaws.com/doc/2006-03-01/}"
ERROR = b"<Error><Code>SlowDown</Code><Message>Please reduce your rate.</Message></Error>"

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.xml").read_bytes()


@pytest.mark.parametrize("server", SERVERS)
def test_errors_of_every_server(server: str) -> None:
    error = parse_error(sample(f"{server}-error"))
    assert error is not None
    assert error.code == "NoSuchKey"
    assert error.message == ("" if server == "ceph" else "The specified key does not exist.")
    assert error.request_id
    assert error.extra["BucketName" if server == "ceph" else "Key"] in {"zz", "bucket-one"}


@pytest.mark.parametrize("server", SERVERS)
def test_an_error_that_is_cut_keeps_what_is_whole(server: str) -> None:
    body = sample(f"{server}-error")
    whole = body.index(b"</Code>") + len(b"</Code>")
    for end in range(len(body)):
        error = parse_error(body[:end])
        assert (error is not None) == (end >= whole), end
        assert error is None or error.code == "NoSuchKey"


def test_an_error_that_other_services_wrap() -> None:
    body = b"<ErrorResponse xmlns='x'><Error><Code>Throttling</Code></Error><RequestId>r</RequestId></ErrorResponse>"
    error = parse_error(body)
    assert error is not None
    assert (error.code, error.message, error.request_id) == ("Throttling", "", None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"<html><head><title>502</title></head><body>Bad Gateway</body></html>",
        b"<Error/>",
        b"<Error><Code></Code></Error>",
        b"<Error><Message>no code</Message></Error>",
        b"<Errors><Code>X</Code></Errors>",
        b"<ErrorResponse/>",
        b'{"Code": "x"}',
        b"\xff\xfe\x00garbage",
        b"<!DOCTYPE x><Error><Code>X</Code></Error>",
        b"<Error><!-- x --><Code>X</Code>",
        b"<Error>" * 100,
        b"plain text",
    ],
)
def test_junk_is_no_error_document(body: bytes) -> None:
    assert parse_error(body) is None
    assert find_error_in_ok(body) is None


@given(st.binary(max_size=200))
def test_parsing_an_error_never_raises(body: bytes) -> None:
    assert parse_error(body) is None
    assert find_error_in_ok(b"<Error>" + body) is None or b"<Code>" in body


@pytest.mark.parametrize("lead", [b"", b"\n\n   ", b'<?xml version="1.0" encoding="UTF-8"?>\n\n'])
def test_an_error_in_a_200_answer_is_found(lead: bytes) -> None:
    error = find_error_in_ok(lead + ERROR)
    assert error is not None
    assert (error.code, error.message) == ("SlowDown", "Please reduce your rate.")


def test_a_long_wait_before_the_error_hides_nothing() -> None:
    error = find_error_in_ok(b" " * 10_000 + ERROR)
    assert error is not None
    assert error.code == "SlowDown"


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("kind", ["copy", "complete", "delete"])
def test_a_good_answer_holds_no_error(server: str, kind: str) -> None:
    assert find_error_in_ok(sample(f"{server}-{kind}")) is None


def test_errors_of_single_keys_are_no_error_of_the_batch() -> None:
    body = (
        b"<DeleteResult><Deleted><Key>a</Key><VersionId>1</VersionId><DeleteMarker>true</DeleteMarker>"
        b"<DeleteMarkerVersionId>2</DeleteMarkerVersionId></Deleted><Error><Key>b &amp;</Key>"
        b"<Code>AccessDenied</Code><Message>Access Denied</Message></Error></DeleteResult>"
    )
    assert find_error_in_ok(body) is None
    answer = parse_delete_result(body)
    assert answer.deleted == (DeletedKey("a", "1", delete_marker=True, delete_marker_version_id="2"),)
    assert answer.failed == (FailedKey("b &", None, "AccessDenied", "Access Denied"),)


@pytest.mark.parametrize("server", SERVERS)
def test_batch_deletes_of_every_server(server: str) -> None:
    answer = parse_delete_result(sample(f"{server}-delete"))
    assert {entry.key for entry in answer.deleted} == {"a b", "nope"}
    assert answer.failed == ()


def test_a_quiet_delete_answers_nothing() -> None:
    assert parse_delete_result(b"<DeleteResult/>") == ((), ())


@pytest.mark.parametrize("server", SERVERS)
def test_copies_of_every_server(server: str) -> None:
    answer = parse_copy_result(sample(f"{server}-copy"))
    assert answer.etag == "9dd4e461268c8034f5c8564e155c67a6"
    assert answer.modified_at is not None
    assert answer.modified_at.utcoffset() is not None
    assert answer.checksums == ({"crc32": "jNwWgw=="} if server == "moto" else {})


@pytest.mark.parametrize("server", SERVERS)
def test_uploads_of_every_server(server: str) -> None:
    assert len(parse_initiate(sample(f"{server}-initiate"))) > 20
    answer = parse_complete(sample(f"{server}-complete"))
    assert answer.etag == (None if server == "ceph" else "46d1741e8075da4ac72c71d8130fcb71-1")


def test_checksums_of_a_completed_upload() -> None:
    answer = parse_complete(
        b"<CompleteMultipartUploadResult><ETag>&quot;e-2&quot;</ETag><ChecksumCRC64NVME>q73CYp7EDYg=</ChecksumCRC64NVME>"
        b"<ChecksumType>FULL_OBJECT</ChecksumType><ChecksumSHA1/></CompleteMultipartUploadResult>"
    )
    assert answer == ("e-2", {"crc64nvme": "q73CYp7EDYg="}, "FULL_OBJECT")


def test_lists_of_buckets_and_their_pages() -> None:
    body = (
        b"<ListAllMyBucketsResult><Owner><ID>x</ID></Owner><Buckets><Bucket><Name>a</Name>"
        b"<CreationDate>2026-01-01T00:00:00Z</CreationDate></Bucket><Bucket><Name>b</Name></Bucket></Buckets>"
        b"<ContinuationToken>t</ContinuationToken></ListAllMyBucketsResult>"
    )
    assert parse_buckets(body) == (["a", "b"], "t")
    assert parse_buckets(b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>") == ([], None)


PARSERS = [parse_delete_result, parse_copy_result, parse_initiate, parse_complete, parse_buckets]


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("body", [b"", b"  ", b"<html/>", b"junk", ERROR, b"<CompleteMultipartUploadResult>"])
def test_every_parser_refuses_other_documents(parse: object, body: bytes) -> None:
    assert callable(parse)
    with pytest.raises(MalformedAnswerError):
        parse(body)


@pytest.mark.parametrize(
    ("kind", "parse"),
    [("delete", parse_delete_result), ("copy", parse_copy_result), ("initiate", parse_initiate), ("complete", parse_complete)],
)  # fmt: skip  # one line reads best
@pytest.mark.parametrize("server", SERVERS)
def test_an_answer_that_is_cut_anywhere_raises(server: str, kind: str, parse: object) -> None:
    assert callable(parse)
    body = sample(f"{server}-{kind}").rstrip()
    for end in range(len(body)):
        with pytest.raises(MalformedAnswerError):
            parse(body[:end])


@pytest.mark.parametrize(
    "body",
    [
        b"<InitiateMultipartUploadResult><UploadId/></InitiateMultipartUploadResult>",
        b"<DeleteResult><Deleted/></DeleteResult>",
        b"<DeleteResult><Error><Code>X</Code></Error></DeleteResult>",
        b"<CopyObjectResult><LastModified>soon</LastModified></CopyObjectResult>",
        b"<ListAllMyBucketsResult><Buckets><Bucket/></Buckets></ListAllMyBucketsResult>",
    ],
)
def test_answers_that_lack_what_matters_are_refused(body: bytes) -> None:
    parsers = dict(
        zip([b"<Del", b"<Cop", b"<Ini", b"<Com", b"<Lis"], PARSERS, strict=True),
    )
    with pytest.raises(MalformedAnswerError):
        parsers[body[:4]](body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>', "document type"),
        (b'<!DOCTYPE l SYSTEM "http://127.0.0.1/x"><l/>', "document type"),
        (b"<l>&undefined;</l>", "well-formed"),
        (b"<a>" * 40 + b"</a>" * 40, "deeper"),
        (b"<a/><b/>", "well-formed"),
        (b"<?xml version='1.0' encoding='nonsense'?><a/>", "well-formed"),
        (b"<?xml version='1.0' encoding='euc-jp'?><a/>", "well-formed"),
    ],
)
def test_dangerous_and_broken_documents_are_refused(body: bytes, reason: str) -> None:
    with pytest.raises(MalformedAnswerError, match=reason):
        parse_xml(body)


def test_documents_have_a_greatest_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_xmltree, "MAX_BYTES", 10)
    assert parse_xml(b"<abc/>").name == "abc"
    with pytest.raises(MalformedAnswerError, match="longer than 10 bytes"):
        parse_xml(b"<abcdefghi/>")


def test_text_keeps_its_white_space_and_names_lose_their_prefix() -> None:
    root = parse_xml(b"<s:a xmlns:s='u'><s:k> x\ty\n&#13; </s:k><k>2</k></s:a>")
    assert root.name == "a"
    assert root.get("k") == " x\ty\n\r "
    assert [child.text for child in root.all("k")] == [" x\ty\n\r ", "2"]
    assert root.get("none") is None


def read_delete(body: bytes) -> list[tuple[str | None, str | None]]:
    """Read a request body with another parser than ours."""
    root = ET.fromstring(body)  # noqa: S314  # our own bytes
    return [
        (entry.findtext(f"{NS}Key"), entry.findtext(f"{NS}VersionId")) for entry in root.iter(f"{NS}Object")
    ]


@given(
    st.lists(st.tuples(texts, st.one_of(st.none(), st.text("ab&<", min_size=1))), max_size=8), st.booleans()
)
def test_every_key_is_either_sent_whole_or_reported(pairs: list[tuple[str, str | None]], quiet: bool) -> None:
    built = build_delete(pairs, quiet=quiet)
    assert read_delete(built.body) == list(built.sent)
    assert sorted(built.sent + built.singly, key=repr) == sorted(pairs, key=repr)
    assert all(fits_xml(key) for key, _ in built.sent)
    assert not any(fits_xml(key) for key, _ in built.singly)
    assert (b"<Quiet>true</Quiet>" in built.body) is quiet


def test_every_single_character_is_either_sent_whole_or_reported() -> None:
    characters = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000] + ["\U0010ffff"]
    built = build_delete([(f"a{character}b", None) for character in characters], quiet=False)
    assert read_delete(built.body) == list(built.sent)
    refused = {key[1] for key, _ in built.singly}
    assert refused == {*map(chr, range(0x20)), "\ufffe", "\uffff"} - set("\t\n\r")


def test_controls_and_markup_are_written_as_references() -> None:
    assert (
        escape_text("a&b<c>d\"e'f\t\n\r\x7f\x85")
        == "a&amp;b&lt;c&gt;d&quot;e&apos;f&#x9;&#xA;&#xD;&#x7F;&#x85;"
    )
    for bad in ("\x00", "\x1f", "\ud800", "\uffff"):
        with pytest.raises(ValueError, match=r"XML 1\.0"):
            escape_text(bad)


def test_a_body_without_keys_reports_all() -> None:
    built = build_delete([("\x01", "v")], quiet=True)
    assert built.sent == ()
    assert built.singly == (("\x01", "v"),)


def test_completion_names_parts_in_order_with_their_checksums() -> None:
    body = build_complete(
        [
            CompletedPart(1, '"abc"', {"crc64nvme": "q73CYp7EDYg="}),
            CompletedPart(2, "d&f"),
        ]
    )
    root = ET.fromstring(body)  # noqa: S314  # our own bytes
    parts = [{child.tag.removeprefix(NS): child.text for child in part} for part in root]
    assert parts == [
        {"PartNumber": "1", "ETag": '"abc"', "ChecksumCRC64NVME": "q73CYp7EDYg="},
        {"PartNumber": "2", "ETag": '"d&f"'},
    ]


def test_creation_names_the_region() -> None:
    root = ET.fromstring(build_create_bucket("eu-west-1"))  # noqa: S314  # our own bytes
    assert root.findtext(f"{NS}LocationConstraint") == "eu-west-1"


@pytest.mark.parametrize(
    ("etag", "bare"),
    [
        ('"a"', "a"),
        ("a", "a"),
        ('W/"a"', 'W/"a"'),
        ('"', '"'),
        ('""', None),
        ("", None),
        (None, None),
        ('"a', '"a'),
    ],
)
def test_quotes_of_etags(etag: str | None, bare: str | None) -> None:
    assert strip_quotes(etag) == bare
