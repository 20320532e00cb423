"""The V4 signer against Google's published vectors and against google-cloud-storage's own signer."""

from __future__ import annotations

import base64
import copy
import json
import string
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.auth.credentials import AnonymousCredentials, Signing
from google.cloud.storage import Client, _signing
from google.cloud.storage.blob import _quote
from hypothesis import given
from hypothesis import strategies as st

from cloud._dialects.gcs._sign import MAX_EXPIRES_SECONDS, object_path, presign, sign_post_form
from cloud._wire import Origin
from unit.gcs.service_accounts import EMAIL, sign

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

VECTORS = json.loads((Path(__file__).parent / "v4_vectors.json").read_text("utf-8"))
PUBLIC_KEY = load_pem_public_key("\n".join(VECTORS["public_key"]).encode())
GOOGLE = Origin.parse("https://storage.googleapis.com")
MAX_TIME = int(datetime(2099, 12, 31, tzinfo=timezone.utc).timestamp())

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
keys = st.one_of(
    text,
    st.sampled_from(
        ["a/../b", "//x", ".", "..", "/", "a//b/", "%41", "a+b", "a b", "~", "*", "é", "e\u0301", "\x01\t"]
    ),
    st.text(string.ascii_letters + "/+%?#&=;:@$,!'()*[]~-_. ", min_size=1, max_size=60),
)
values = st.text(string.ascii_letters + string.digits + " \t/=;,.-", max_size=30)
names = st.sampled_from([
    "content-type", "content-md5", "range", "x-goog-meta-a", "x-goog-meta-b", "x-goog-encryption-algorithm",
])  # fmt: skip  # one line reads best
times = st.floats(0, MAX_TIME, allow_nan=False)
lifetimes = st.integers(1, MAX_EXPIRES_SECONDS)


class Recorder:
    """Gives a known signature and keeps what it was asked to sign."""

    def __init__(self, email: str = EMAIL, signature: bytes = b"\xab") -> None:
        self.email = email
        self.signature = signature
        self.signed = b""

    def sign(self, data: bytes) -> bytes:
        self.signed = data
        return self.signature


class KeyCredentials(Signing):
    """What the SDK signs with: the key of this module."""

    signer_email = EMAIL
    signer = None

    def sign_bytes(self, message: bytes) -> bytes:
        return sign(message)


class KeySigner:
    """What our signer signs with: the same key."""

    email = EMAIL

    def sign(self, data: bytes) -> bytes:
        return sign(data)


def seconds(stamp: str) -> float:
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S%z").timestamp()


def frozen(now: float) -> AbstractContextManager[Any]:
    return patch(
        "google.cloud.storage.client._NOW", lambda _zone: datetime.fromtimestamp(int(now), timezone.utc)
    )


def frozen_stamps(now: float) -> AbstractContextManager[Any]:
    return patch(
        "google.cloud.storage._signing._NOW", lambda _zone: datetime.fromtimestamp(int(now), timezone.utc)
    )


@pytest.mark.parametrize("vector", VECTORS["urls"], ids=lambda vector: vector["description"])
def test_published_urls(vector: dict[str, Any]) -> None:
    signer = Recorder(VECTORS["email"], bytes.fromhex(vector.get("signature", "ab")))
    now = seconds(vector["timestamp"])
    url = presign(
        signer, vector["method"], GOOGLE, object_path(vector["bucket"], vector["object"]),
        query=vector.get("query", {}).items(), headers=vector.get("headers"),
        expires_seconds=vector["expiration"], now=now,
    )  # fmt: skip  # the request in a line, its signature in another
    algorithm, stamp, scope, hashed = signer.signed.decode().split("\n")
    assert hashed == vector["request_sha256"]
    assert algorithm == "GOOG4-RSA-SHA256"
    assert scope == f"{stamp[:8]}/auto/storage/goog4_request"
    parts = urlsplit(url)
    assert unquote(parts.path) == f"/{vector['bucket']}/{vector['object']}"
    sent = {name: found[0] for name, found in parse_qs(parts.query, strict_parsing=True).items()}
    assert sent == {
        **vector.get("query", {}),
        "X-Goog-Algorithm": algorithm,
        "X-Goog-Credential": f"{VECTORS['email']}/{scope}",
        "X-Goog-Date": vector["timestamp"].translate({ord("-"): None, ord(":"): None}),
        "X-Goog-Expires": str(vector["expiration"]),
        "X-Goog-SignedHeaders": ";".join(sorted([*vector.get("headers", {}), "host"])),
        "X-Goog-Signature": signer.signature.hex(),
    }


@pytest.mark.parametrize("vector", VECTORS["forms"], ids=lambda vector: vector["description"])
def test_published_forms(vector: dict[str, Any]) -> None:
    signer = Recorder(VECTORS["email"])
    fields = sign_post_form(
        signer, vector["bucket"], vector["object"], fields=vector.get("fields", {}),
        conditions=vector.get("conditions", []), expires_seconds=vector["expiration"],
        now=seconds(vector["timestamp"]),
    )  # fmt: skip  # likewise
    assert fields["policy"] == vector["policy"] == signer.signed.decode()
    assert fields == {
        **vector.get("fields", {}),
        "key": vector["object"],
        "policy": vector["policy"],
        "x-goog-algorithm": "GOOG4-RSA-SHA256",
        "x-goog-credential": f"{VECTORS['email']}/20200123/auto/storage/goog4_request",
        "x-goog-date": "20200123T043530Z",
        "x-goog-signature": "ab",
    }


@pytest.mark.parametrize(
    "vector",
    [vector for vector in VECTORS["urls"] + VECTORS["forms"] if "signature" in vector],
    ids=lambda vector: vector["description"],
)
def test_published_signatures_are_those_of_what_is_signed_here(vector: dict[str, Any]) -> None:
    signer = Recorder(VECTORS["email"])
    now, expires = seconds(vector["timestamp"]), vector["expiration"]
    if "method" in vector:
        path = object_path(vector["bucket"], vector["object"])
        presign(signer, vector["method"], GOOGLE, path, expires_seconds=expires, now=now)
    else:
        sign_post_form(
            signer,
            vector["bucket"],
            vector["object"],
            fields={},
            conditions=[],
            expires_seconds=expires,
            now=now,
        )
    assert isinstance(PUBLIC_KEY, rsa.RSAPublicKey)
    PUBLIC_KEY.verify(bytes.fromhex(vector["signature"]), signer.signed, padding.PKCS1v15(), SHA256())


@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "DELETE"]), key=keys, headers=st.dictionaries(names, values),
    overrides=st.dictionaries(
        st.sampled_from(["response-content-type", "response-content-disposition", "userProject", "generation"]), text
    ),
    now=times, expires=lifetimes,
    endpoint=st.sampled_from([
        "https://storage.googleapis.com", "http://127.0.0.1:4443", "https://[::1]:81", "https://storage.example.com",
    ]),
)  # fmt: skip  # one line for the request, one for the signature
def test_urls_equal_those_of_google_cloud_storage(
    method: str,
    key: str,
    headers: dict[str, str],
    overrides: dict[str, str],
    now: float,
    expires: int,
    endpoint: str,
) -> None:
    origin, path = Origin.parse(endpoint), object_path("bucket", key)
    url = presign(
        KeySigner(),
        method,
        origin,
        path,
        query=overrides.items(),
        headers=headers,
        expires_seconds=expires,
        now=now,
    )
    moment = datetime.fromtimestamp(int(now), timezone.utc)
    assert path == f"/bucket/{_quote(key, safe=b'/~')}"
    assert url == _signing.generate_signed_url_v4(
        KeyCredentials(),
        path,
        expires,
        api_access_endpoint=endpoint,
        method=method,
        headers=dict(headers),
        query_parameters=dict(overrides),
        _request_timestamp=moment.strftime("%Y%m%dT%H%M%SZ"),
    )


@given(
    key=keys,
    fields=st.dictionaries(st.sampled_from(["Content-Type", "x-goog-meta-a", "success_action_status"]), text),
    sizes=st.tuples(st.integers(0, 10), st.integers(10, 1 << 40)), now=times, expires=lifetimes,
)  # fmt: skip  # likewise
def test_forms_equal_those_of_google_cloud_storage(
    key: str, fields: dict[str, str], sizes: tuple[int, int], now: float, expires: int
) -> None:
    conditions = [["content-length-range", *sizes]]
    before = copy.deepcopy((fields, conditions))
    mine = sign_post_form(
        KeySigner(), "bucket", key, fields=fields, conditions=conditions, expires_seconds=expires, now=now
    )
    assert (fields, conditions) == before
    with frozen(now), frozen_stamps(now):
        theirs = Client("project", AnonymousCredentials()).generate_signed_post_policy_v4(
            "bucket",
            key,
            expires,
            conditions=copy.deepcopy(conditions),
            fields=dict(fields),
            credentials=KeyCredentials(),
        )
    assert mine == theirs["fields"]
    assert json.loads(base64.b64decode(mine["policy"]))["conditions"][0] == conditions[0]


@pytest.mark.parametrize("expires", [0, -1, 604_801])
def test_expiry_out_of_bounds_is_refused(expires: int) -> None:
    signer = Recorder()
    with pytest.raises(ValueError, match="604800"):
        presign(signer, "GET", GOOGLE, "/b/k", expires_seconds=expires, now=0.0)
    with pytest.raises(ValueError, match="604800"):
        sign_post_form(signer, "b", "k", fields={}, conditions=[], expires_seconds=expires, now=0.0)
    assert signer.signed == b""


@given(keys)
def test_paths_keep_unreserved_characters_and_slashes_only(key: str) -> None:
    kept = string.ascii_letters + string.digits + "-_.~/"
    expected = "".join(
        chr(byte) if byte < 128 and chr(byte) in kept else f"%{byte:02X}" for byte in key.encode()
    )
    assert object_path("bucket", key) == f"/bucket/{expected}"


def test_a_path_refuses_what_utf8_cannot_hold() -> None:
    with pytest.raises(UnicodeEncodeError):
        object_path("bucket", "a\ud800")
