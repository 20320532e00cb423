"""Requests are signed as azure-storage-blob signs them: its own policy is the oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.pipeline.transport import HttpRequest
from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud._dialects.azure_blob._addressing import parse_account_url, quote_key
from cloud._dialects.azure_blob._auth import SharedKey, encode_query
from cloud._dialects.azure_blob._metadata import metadata_headers
from cloud.common import Secret
from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
NOW = 1_795_500_000.5
STANDARD = (
    "content-encoding",
    "content-md5",
    "content-type",
    "if-match",
    "if-none-match",
    "if-modified-since",
)

texts = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)
names = st.from_regex(r"[a-z0-9_](?:[a-z0-9_-]{0,12}[a-z0-9_])?", fullmatch=True)
headers_ = st.dictionaries(st.sampled_from(STANDARD), texts)
metadata_ = st.dictionaries(names, texts, max_size=6)
queries = st.dictionaries(
    st.sampled_from(("comp", "restype", "prefix", "marker", "blockid", "versionid")), texts
)
keys = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)


def sdk_signature(method: str, url: str, headers: Mapping[str, str], length: int, account: str) -> str:
    """Return what the SDK's own policy puts into the Authorization header."""
    request = HttpRequest(method, url, headers=dict(headers))
    if length:
        request.headers["content-length"] = str(length)
    SharedKeyCredentialPolicy(account, KEY).on_request(PipelineRequest(request, PipelineContext(None)))
    return str(request.headers["Authorization"])


def our_signature(
    method: str,
    path: str,
    query: Sequence[tuple[str, str]],
    headers: dict[str, str],
    length: int,
    account: str,
) -> str:
    """Return ours, and leave in `headers` what we sent with it."""
    SharedKey(account, Secret(KEY)).authorize(method, path, query, headers, length, NOW)
    return headers.pop("authorization")


@settings(max_examples=300, deadline=None)
@given(
    method=st.sampled_from(("GET", "HEAD", "PUT", "POST", "DELETE")),
    key=keys,
    query=queries,
    standard=headers_,
    metadata=metadata_,
    length=st.integers(0, 1 << 33),
    in_path=st.booleans(),
)
def test_signature_is_the_sdk_s_own(
    *,
    method: str,
    key: str,
    query: dict[str, str],
    standard: dict[str, str],
    metadata: dict[str, str],
    length: int,
    in_path: bool,
) -> None:
    account = "devstoreaccount1"
    base = f"http://127.0.0.1:10000/{account}" if in_path else f"https://{account}.blob.core.windows.net"
    endpoint = parse_account_url(base).endpoint
    assert endpoint is not None
    path = endpoint.path("box", key)
    headers = {"x-ms-version": "2021-12-02", "x-ms-blob-type": "BlockBlob", **standard}
    headers |= metadata_headers(metadata)
    pairs = list(query.items())
    ours = our_signature(method, path, pairs, headers, length, account)
    origin = f"{endpoint.origin.scheme}://{endpoint.origin.host_header}"
    target = f"{path}?{encode_query(pairs)}" if pairs else path
    assert urlsplit(origin + target).path == path
    assert ours == sdk_signature(method, origin + target, headers, length, account)


def test_names_are_sorted_as_words() -> None:
    """An underscore comes before digits and letters, and a hyphen does not count."""
    headers = dict.fromkeys(("x-ms-meta-a1", "x-ms-meta-a_b", "x-ms-meta-ab", "x-ms-blob-type"), "v")
    text = SharedKey("a", Secret(KEY)).string_to_sign("GET", "/", (), headers, 0)
    assert [line.partition(":")[0] for line in text.split("\n") if line.startswith("x-ms-")] == [
        "x-ms-blob-type", "x-ms-meta-a_b", "x-ms-meta-a1", "x-ms-meta-ab",
    ]  # fmt: skip  # one line reads best


def test_signing_again_replaces_the_first_signature() -> None:
    signer, headers = SharedKey("a", Secret(KEY)), {"x-ms-version": "2021-12-02"}
    signer.authorize("GET", "/c", (), headers, 0, NOW)
    first = dict(headers)
    signer.authorize("GET", "/c", (), headers, 0, NOW + 60)
    assert headers["x-ms-date"] != first["x-ms-date"]
    fresh = {"x-ms-version": "2021-12-02"}
    signer.authorize("GET", "/c", (), fresh, 0, NOW + 60)
    assert headers == fresh


def test_date_does_not_follow_the_locale() -> None:
    headers: dict[str, str] = {}
    SharedKey("a", Secret(KEY)).authorize("GET", "/", (), headers, 0, 0.0)
    assert headers["x-ms-date"] == "Thu, 01 Jan 1970 00:00:00 GMT"


def test_key_that_is_no_base64_is_said_so_and_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="not base64") as caught:
        SharedKey("a", Secret("not*base64")).authorize("GET", "/", (), {}, 0, NOW)
    assert "not*base64" not in str(caught.value)
    assert caught.value.request_sent is False


@given(key=keys)
def test_path_holds_nothing_but_what_a_path_may_hold(key: str) -> None:
    quoted = quote_key(key)
    assert quoted.isascii()
    assert not set(quoted) & set(' ?#"<>\\^`{|}')
