"""Endpoints against botocore's own rules, addressing styles, and the names that may be sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from cloud._dialects.s3._addressing import Endpoint, check_bucket, is_ip_address
from cloud.aws import S3Client
from cloud.common.errors import ConfigurationError, InvalidRequestError

PARTITIONS: dict[str, Any] = json.loads(
    (Path(botocore.__file__).parent / "data" / "partitions.json").read_text("utf-8")
)
REGIONS = sorted(
    region
    for partition in PARTITIONS["partitions"]
    for region in [*partition["regions"], "us-west-99"]
    if not region.endswith("-global") or region == "aws-global"
)
BUCKETS = (None, "my-bucket", "my.bucket", "My_Bucket", "123.45.67.89", "a" * 63)


@pytest.fixture(scope="module")
def rules() -> EndpointProvider:
    return EndpointProvider(Loader().load_service_model("s3", "endpoint-rule-set-1"), PARTITIONS)


@pytest.mark.parametrize("region", sorted(set(REGIONS)))
def test_all_regions_equal_those_of_botocore(rules: EndpointProvider, region: str) -> None:
    china = region.startswith("cn-")
    for dualstack, fips in ((False, False), (True, False), (False, not china), (True, not china)):
        endpoint = Endpoint.for_aws(region, dualstack=dualstack, fips=fips)
        for bucket in BUCKETS:
            named = {"Bucket": bucket} if bucket else {}
            theirs = rules.resolve_endpoint(
                Region=region, UseDualStack=dualstack, UseFIPS=fips, ForcePathStyle=False, Accelerate=False,
                UseGlobalEndpoint=False, DisableMultiRegionAccessPoints=False, **named,
            ).url  # fmt: skip  # one call in three lines
            mine = endpoint.bucket(bucket).url() if bucket else endpoint.url
            assert mine.rstrip("/") == theirs
            assert endpoint.is_aws


def test_china_has_no_fips_endpoint() -> None:
    with pytest.raises(ConfigurationError, match="FIPS"):
        Endpoint.for_aws("cn-north-1", fips=True)


@pytest.mark.parametrize(
    "region", ["", "us east", "US-EAST-1", "a/b", "evil.example#", "-x", "aws-cn-global", "x" * 64]
)
def test_a_region_cannot_smuggle_in_another_host(region: str) -> None:
    with pytest.raises(ConfigurationError, match="region"):
        Endpoint.for_aws(region)


@pytest.mark.parametrize(
    ("url", "style", "bucket", "expected"),
    [
        ("http://127.0.0.1:9000", "path", "b", "http://127.0.0.1:9000/b/k"),
        ("http://127.0.0.1:9000", "virtual", "b", "http://127.0.0.1:9000/b/k"),
        ("http://127.0.0.1:9000/", "auto", "b", "http://127.0.0.1:9000/b/k"),
        ("https://[::1]:9000", "virtual", "b", "https://[::1]:9000/b/k"),
        ("http://[2001:DB8::1]", "path", "b", "http://[2001:db8::1]/b/k"),
        ("http://localhost:9000", "auto", "b", "http://localhost:9000/b/k"),
        ("http://localhost:9000", "virtual", "b", "http://b.localhost:9000/k"),
        ("https://S3.Example.COM", "path", "b", "https://s3.example.com/b/k"),
        ("https://s3.example.com", "auto", "b", "https://b.s3.example.com/k"),
        ("https://s3.example.com:443", "virtual", "b", "https://b.s3.example.com/k"),
        ("http://s3.example.com:80", "virtual", "b", "http://b.s3.example.com/k"),
        ("http://s3.example.com:443", "path", "b", "http://s3.example.com:443/b/k"),
        ("https://s3.example.com", "virtual", "b.c", "https://s3.example.com/b.c/k"),
        ("http://s3.example.com", "virtual", "b.c", "http://b.c.s3.example.com/k"),
        ("http://s3.example.com", "virtual", "b..c", "http://s3.example.com/b..c/k"),
        ("https://s3.example.com", "virtual", "B", "https://s3.example.com/B/k"),
        ("https://s3.example.com", "virtual", "b_c", "https://s3.example.com/b_c/k"),
        ("https://s3.example.com", "virtual", "-b", "https://s3.example.com/-b/k"),
        ("http://s3.example.com", "virtual", "10.0.0.1", "http://s3.example.com/10.0.0.1/k"),
        ("https://s3.example.com", "virtual", "b" * 64, f"https://s3.example.com/{'b' * 64}/k"),
        ("https://gw.example.com/s3/v1/", "path", "b", "https://gw.example.com/s3/v1/b/k"),
        ("https://gw.example.com/s3/v1", "virtual", "b", "https://b.gw.example.com/s3/v1/k"),
    ],
)
def test_styles_hosts_ports_and_base_paths(url: str, style: Any, bucket: str, expected: str) -> None:
    assert Endpoint.from_url(url, style=style).bucket(bucket).url("k") == expected


def test_parts_of_an_address() -> None:
    endpoint = Endpoint.from_url("http://[::1]:9000/base")
    address = endpoint.bucket("b")
    assert (address.scheme, address.host, address.port) == ("http", "::1", 9000)
    assert (address.host_header, address.prefix) == ("[::1]:9000", "/base/b")
    assert address.origin == "http://[::1]:9000"
    assert address.path() == "/base/b"
    assert address.path("é/../ x") == "/base/b/%C3%A9/../%20x"
    assert address.path("/x") == "/base/b//x"
    assert endpoint.service.path() == "/base"
    assert endpoint.url == "http://[::1]:9000/base"
    assert Endpoint.from_url("https://h.example").service.path() == "/"
    assert Endpoint.from_url("https://h.example", style="virtual").bucket("b").path() == "/"


@pytest.mark.parametrize(
    "url",
    [
        "", "127.0.0.1:9000", "localhost:9000", "ftp://h", "https://", "http://:9000", "http://h:99999", "http://h:x",
        "https://h/?a=b", "https://h/#f", "https://h/a b", "https://h/é", "https://hé", "https://h\\x", "https://[::1",
        "https://[fe80::1%25eth0]", "https://h_/", "https://a b",
    ],
)  # fmt: skip  # three lines instead of eighteen
def test_what_is_no_endpoint_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Endpoint.from_url(url)


def test_a_password_in_an_endpoint_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Endpoint.from_url("https://user:hunter2@h.example")
    assert "hunter2" not in f"{caught.value!r} {caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("url", "is_aws"),
    [
        ("https://s3.amazonaws.com", True),
        ("https://s3.eu-west-1.amazonaws.com", True),
        ("https://s3-fips.dualstack.us-gov-west-1.amazonaws.com", True),
        ("https://s3.cn-north-1.amazonaws.com.cn", True),
        ("https://s3.amazonaws.com.evil.example", False),
        ("http://127.0.0.1:9000", False),
    ],
)
def test_amazons_own_hosts_are_known(url: str, is_aws: bool) -> None:
    assert Endpoint.from_url(url).is_aws is is_aws


@pytest.mark.parametrize("name", ["abc", "a-b.c1", "1" * 63, "my.bucket.name"])
def test_good_names_of_new_buckets(name: str) -> None:
    check_bucket(name, strict=True)
    check_bucket(name, strict=False)


@pytest.mark.parametrize(
    "name", ["ab", "a" * 64, "A-b", "a_b", "-ab", "ab-", ".ab", "ab.", "a..b", "10.0.0.1", "xn--ab", "abc\n"]
)
def test_bad_names_of_new_buckets(name: str) -> None:
    with pytest.raises(InvalidRequestError, match="bucket"):
        check_bucket(name, strict=True)


@pytest.mark.parametrize("name", ["a", "A_B", "a" * 255, "-a-", "10.0.0.1"])
def test_names_that_old_buckets_and_other_services_have(name: str) -> None:
    check_bucket(name, strict=False)


@pytest.mark.parametrize(
    "name", ["", "a" * 256, "a/b", ".", "..", "a b", "é", "a?b", "a#b", "a%2Fb", "a@b", "a:b", "a\n"]
)
def test_names_that_would_change_the_request_are_refused_everywhere(name: str) -> None:
    for strict in (True, False):
        with pytest.raises(InvalidRequestError, match="bucket"):
            check_bucket(name, strict=strict)
    with pytest.raises(InvalidRequestError):
        Endpoint.from_url("http://h").bucket(name)


CLIENT = S3Client(anonymous=True, endpoint_url="http://127.0.0.1:1")


def check_key(key: str) -> None:
    """What every operation of a client does first with a key."""
    CLIENT._check_key("bucket", key)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=1100))
def test_a_key_has_1_to_1024_bytes_of_utf8(key: str) -> None:
    if 1 <= len(key.encode()) <= 1024:
        check_key(key)
    else:
        with pytest.raises(InvalidRequestError, match="the key"):
            check_key(key)


@pytest.mark.parametrize("key", ["a" * 1024, "é" * 512, "..", "/", "\x00", "\uffff", "a\nb"])
def test_legal_keys(key: str) -> None:
    check_key(key)


@pytest.mark.parametrize("key", ["", "a" * 1025, "é" * 513, "a\ud800", "\udfff"])
def test_keys_that_cannot_be(key: str) -> None:
    with pytest.raises(InvalidRequestError):
        check_key(key)


@pytest.mark.parametrize(
    ("host", "is_address"),
    [("127.0.0.1", True), ("::1", True), ("localhost", False), ("1.2.3", False), ("a:b", False), ("", False)],
)
def test_addresses_are_told_from_names(host: str, is_address: bool) -> None:
    assert is_ip_address(host) is is_address
