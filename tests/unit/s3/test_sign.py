"""The signer against the published vectors and against botocore's own signers."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import string
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from cloud._dialects.s3._sign import (
    EMPTY_SHA256,
    UNSIGNED_PAYLOAD,
    Signer,
    SigningKeys,
    canonical_query,
    quote_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

ACCESS, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime(2013, 5, 24, tzinfo=timezone.utc).timestamp()
HOST = "examplebucket.s3.amazonaws.com"
MAX_TIME = int(datetime(2099, 12, 31, tzinfo=timezone.utc).timestamp())

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
keys = st.one_of(
    text,
    st.sampled_from(
        ["a/../b", "//x", ".", "..", "/", "a//b/", "%41", "a+b", "a b", "~", "*", "é", "e\u0301", "\x01\n"]
    ),
    st.text(string.ascii_letters + "/+%?#&=;:@$,!'()*[]~-_. ", min_size=1, max_size=60),
)
queries = st.lists(st.tuples(text, st.one_of(st.just(""), text)), max_size=4, unique_by=lambda pair: pair[0])
values = st.text(string.ascii_letters + string.digits + " \t/=;,.-", max_size=30)
names = st.sampled_from(["content-type", "content-md5", "range", "x-amz-meta-a", "x-amz-meta-b", "if-match"])
tokens = st.one_of(st.none(), st.text(string.ascii_letters + "+/=", min_size=1, max_size=80))
times = st.floats(0, MAX_TIME, allow_nan=False)
hashes = st.sampled_from([EMPTY_SHA256, UNSIGNED_PAYLOAD, "ab" * 32])
regions = st.sampled_from(["us-east-1", "dc3-a", "auto"])


def signer(token: str | None = None, region: str = "us-east-1") -> Signer:
    return Signer(SigningKeys(ACCESS, SECRET, token), region)


def frozen(now: float) -> AbstractContextManager[Any]:
    moment = datetime.fromtimestamp(int(now), timezone.utc).replace(tzinfo=None)
    return patch("botocore.auth.get_current_datetime", return_value=moment)


@pytest.mark.parametrize(
    ("method", "path", "query", "extra", "payload", "signed", "signature"),
    [
        (
            "GET", "/test.txt", [], {"range": "bytes=0-9"}, EMPTY_SHA256, "host;range;x-amz-content-sha256;x-amz-date",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT", "/test%24file.text", [],
            {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
            "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET", "/", [("lifecycle", "")], {}, EMPTY_SHA256, "host;x-amz-content-sha256;x-amz-date",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "GET", "/", [("prefix", "J"), ("max-keys", "2")], {}, EMPTY_SHA256, "host;x-amz-content-sha256;x-amz-date",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
    ids=["get-object", "put-object", "get-bucket-lifecycle", "list-objects"],
)  # fmt: skip  # one vector of the page in a few lines each
def test_published_header_vectors(
    method: str,
    path: str,
    query: list[tuple[str, str]],
    extra: dict[str, str],
    payload: str,
    signed: str,
    signature: str,
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"""
    headers = {"host": HOST, **extra}
    signer().sign_headers(method, path, canonical_query(query), headers, payload, NOW)
    assert headers["authorization"] == (
        f"AWS4-HMAC-SHA256 Credential={ACCESS}/20130524/us-east-1/s3/aws4_request, "
        f"SignedHeaders={signed}, Signature={signature}"
    )
    assert headers["x-amz-date"] == "20130524T000000Z"


def test_published_presigned_vector() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""
    url = signer().presign("GET", f"https://{HOST}", "/test.txt", [], {}, 86400, NOW)
    assert url == (
        f"https://{HOST}/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


def test_quoting_of_the_published_key() -> None:
    assert quote_key("test$file.text") == "test%24file.text"


@given(
    method=st.sampled_from(["GET", "PUT", "POST", "HEAD", "DELETE"]),
    key=keys, query=queries, extra=st.dictionaries(names, values), payload=hashes, token=tokens, now=times,
    region=regions,
)  # fmt: skip  # one line for the request, one for the credential
def test_headers_equal_those_of_botocore(
    method: str,
    key: str,
    query: list[tuple[str, str]],
    extra: dict[str, str],
    payload: str,
    token: str | None,
    now: float,
    region: str,
) -> None:
    path, text_query = "/bucket/" + quote_key(key), canonical_query(query)
    headers = {"host": "127.0.0.1:9000", **extra}
    signer(token, region).sign_headers(method, path, text_query, headers, payload, now)

    request = AWSRequest(method=method, url=f"https://127.0.0.1:9000{path}?{text_query}", headers=extra)
    oracle = auth.S3SigV4Auth(Credentials(ACCESS, SECRET, token), "s3", region)
    with frozen(now), patch.object(oracle, "payload", return_value=payload):
        oracle.add_auth(request)
    assert headers["authorization"] == request.headers["Authorization"]
    assert headers["x-amz-date"] == request.headers["X-Amz-Date"]
    assert headers["x-amz-content-sha256"] == request.headers["X-Amz-Content-SHA256"]
    assert headers.get("x-amz-security-token") == request.headers.get("X-Amz-Security-Token")


@given(
    method=st.sampled_from(["GET", "PUT", "DELETE", "HEAD"]), key=keys, query=queries,
    extra=st.dictionaries(names, values), token=tokens, now=times, expires=st.integers(1, 604800),
    origin=st.sampled_from([
        "https://b.s3.amazonaws.com", "http://127.0.0.1:9000", "https://h.example:443", "http://[::1]:80", "http://[::1]:81",
    ]),
)  # fmt: skip  # likewise
def test_presigned_urls_equal_those_of_botocore(
    method: str,
    key: str,
    query: list[tuple[str, str]],
    extra: dict[str, str],
    token: str | None,
    now: float,
    expires: int,
    origin: str,
) -> None:
    path = "/bucket/" + quote_key(key)
    url = signer(token).presign(method, origin, path, query, extra, expires, now)

    request = AWSRequest(method=method, url=f"{origin}{path}?{canonical_query(query)}", headers=extra)
    oracle = auth.S3SigV4QueryAuth(Credentials(ACCESS, SECRET, token), "s3", "us-east-1", expires=expires)
    with frozen(now):
        oracle.add_auth(request)
    mine, theirs = urlsplit(url), urlsplit(request.url)
    assert mine[:3] == theirs[:3]
    assert sorted(parse_qsl(mine.query, keep_blank_values=True)) == sorted(
        parse_qsl(theirs.query, keep_blank_values=True)
    )


@given(prefix=text, token=tokens, now=times)
def test_post_policies_equal_those_of_botocore(prefix: str, token: str | None, now: float) -> None:
    policy = {
        "expiration": "2030-01-01T00:00:00Z",
        "conditions": [{"bucket": "b"}, ["starts-with", "$key", prefix], ["content-length-range", 0, 5]],
    }
    before = copy.deepcopy(policy)
    fields = signer(token).sign_post_policy(policy, now)
    assert policy == before

    request = AWSRequest(method="POST", url="https://b.s3.amazonaws.com/")
    request.context["s3-presign-post-policy"] = copy.deepcopy(policy)
    with frozen(now):
        auth.S3SigV4PostAuth(Credentials(ACCESS, SECRET, token), "s3", "us-east-1").add_auth(request)
    assert fields == request.context["s3-presign-post-fields"]
    assert json.loads(base64.b64decode(fields["policy"]))["conditions"][:3] == before["conditions"]


def test_a_policy_without_conditions_gets_those_of_the_signature() -> None:
    fields = signer("T").sign_post_policy({"expiration": "2030-01-01T00:00:00Z"}, NOW)
    signed = json.loads(base64.b64decode(fields["policy"]))["conditions"]
    assert [name for condition in signed for name in condition] == [
        "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token",
    ]  # fmt: skip  # one line reads best
    with pytest.raises(TypeError, match="list"):
        signer().sign_post_policy({"conditions": "none"}, NOW)


@pytest.mark.parametrize("expires", [0, -1, 604801])
def test_expiry_out_of_bounds_is_refused(expires: int) -> None:
    with pytest.raises(ValueError, match="604800"):
        signer().presign("GET", "https://h", "/k", [], {}, expires, NOW)


def test_signing_twice_replaces_what_the_first_time_added() -> None:
    headers = {"host": HOST}
    signer("OLD").sign_headers("GET", "/k", "", headers, EMPTY_SHA256, NOW)
    signer().sign_headers("GET", "/k", "", headers, EMPTY_SHA256, NOW + 90000)
    fresh = {"host": HOST}
    signer().sign_headers("GET", "/k", "", fresh, EMPTY_SHA256, NOW + 90000)
    assert headers == fresh


def test_one_signer_serves_changing_days_and_seconds() -> None:
    shared = signer()
    for now in (NOW, NOW + 0.9, NOW + 1, NOW + 86399, NOW + 86400, NOW):
        mine, fresh = {"host": HOST}, {"host": HOST}
        shared.sign_headers("GET", "/k", "", mine, EMPTY_SHA256, now)
        signer().sign_headers("GET", "/k", "", fresh, EMPTY_SHA256, now)
        assert mine == fresh


def test_headers_that_change_on_the_way_are_not_signed() -> None:
    headers = {
        "host": HOST,
        "user-agent": "a",
        "accept-encoding": "gzip",
        "content-length": "5",
        "expect": "x",
    }
    signer().sign_headers("PUT", "/k", "", headers, EMPTY_SHA256, NOW)
    assert "SignedHeaders=host;x-amz-content-sha256;x-amz-date," in headers["authorization"]


@given(keys)
def test_quoting_keeps_unreserved_characters_and_slashes_only(key: str) -> None:
    kept = string.ascii_letters + string.digits + "-_.~/"
    expected = "".join(
        chr(byte) if chr(byte) in kept and byte < 128 else f"%{byte:02X}" for byte in key.encode()
    )
    assert quote_key(key) == expected


def test_quoting_refuses_what_utf8_cannot_hold() -> None:
    with pytest.raises(UnicodeEncodeError):
        quote_key("a\ud800")


def test_a_query_is_sorted_after_encoding() -> None:
    assert canonical_query([("b", "2"), ("a", "é/ +"), ("a", "")]) == "a=&a=%C3%A9%2F%20%2B&b=2"
    assert canonical_query([("aé", "1"), ("a~", "2")]) == "a%C3%A9=1&a~=2"
    assert canonical_query([]) == ""


def shown(thing: object) -> Iterator[str]:
    yield repr(thing)
    yield str(thing)
    yield f"{[thing]}"


def test_no_secret_is_shown() -> None:
    secret_keys = SigningKeys(ACCESS, SECRET, "TOKEN")
    for line in [*shown(secret_keys), *shown(Signer(secret_keys, "us-east-1"))]:
        assert SECRET not in line
        assert "TOKEN" not in line
        assert ACCESS not in line
        assert "MPLE" in line
    assert "mini" not in repr(SigningKeys("minio", "x"))


def test_keys_are_not_pickled_or_copied() -> None:
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="secret"):
            attempt(SigningKeys(ACCESS, SECRET))
