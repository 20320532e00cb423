"""The table of services: complete, consistent, and found by name or host."""

from __future__ import annotations

import re

import pytest

from cloud._dialects.s3._addressing import Endpoint
from cloud._dialects.s3._profiles import AWS, CUSTOM, PROFILES, SEAWEEDFS, ServiceProfile, profile_for
from cloud.common._checksums import ChecksumAlgorithm
from cloud.common.enums import Capability
from cloud.common.errors import ConfigurationError

NAMES = {
    "aws", "infomaniak", "minio", "ceph", "seaweedfs", "swift", "r2", "b2", "wasabi", "ovh", "scaleway",
    "gcs-interop", "custom",
}  # fmt: skip  # the names of the issue in two lines
CAPABILITIES = {capability.value for capability in Capability}
CONDITIONS = {"conditional_create", "conditional_replace", "conditional_delete", "conditional_copy"}


def test_every_service_has_its_profile() -> None:
    assert set(PROFILES) == NAMES
    assert all(profile.name == name for name, profile in PROFILES.items())


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_a_profile_is_consistent(profile: ServiceProfile) -> None:
    assert profile.unsupported <= CAPABILITIES
    assert set(profile.checksums) <= {algorithm.value for algorithm in ChecksumAlgorithm}
    assert profile.addressing in {"path", "virtual", "auto"}
    assert 0 < profile.min_part_size <= profile.max_part_size
    assert profile.max_part_size <= profile.max_object_size <= profile.max_parts * profile.max_part_size
    assert profile.single_put_limit <= profile.max_object_size
    assert profile.copy_single_limit <= profile.max_object_size
    assert (profile.batch_delete_limit == 0) == ("batch_delete" in profile.unsupported)
    # Something protects a body: a checksum header, or the signed SHA-256.
    assert profile.checksums or profile.sign_payload
    if profile.endpoint or profile.endpoints:
        region = profile.default_region or "us-west-004"
        assert Endpoint.from_url(profile.endpoint_for(region)).scheme == "https"
        assert profile_for(profile.endpoint_for(region), None) is profile


@pytest.mark.parametrize("name", ["b2", "wasabi", "scaleway", "custom", "gcs-interop"])
def test_conditions_that_nobody_documents_are_not_relied_upon(name: str) -> None:
    assert PROFILES[name].unsupported >= CONDITIONS


@pytest.mark.parametrize(
    ("url", "name", "region"),
    [
        ("https://s3.eu-west-1.amazonaws.com", "aws", "eu-west-1"),
        ("https://my.bucket.s3.us-gov-west-1.amazonaws.com/k", "aws", "us-gov-west-1"),
        ("https://s3-fips.dualstack.us-east-2.amazonaws.com", "aws", "us-east-2"),
        ("https://s3-eu-west-1.amazonaws.com", "aws", "eu-west-1"),
        ("https://s3.cn-north-1.amazonaws.com.cn", "aws", "cn-north-1"),
        ("https://s3.amazonaws.com", "aws", None),
        ("https://s3.pub1.infomaniak.cloud", "infomaniak", "dc3-a"),
        ("https://s3.pub2.infomaniak.cloud/", "infomaniak", "dc4-a"),
        ("https://0123456789abcdef.r2.cloudflarestorage.com", "r2", None),
        ("https://0123456789abcdef.eu.r2.cloudflarestorage.com", "r2", None),
        ("https://s3.us-west-004.backblazeb2.com", "b2", "us-west-004"),
        ("https://s3.eu-central-2.wasabisys.com", "wasabi", "eu-central-2"),
        ("https://s3.wasabisys.com", "wasabi", None),
        ("https://s3.eu-west-par.io.cloud.ovh.net", "ovh", "eu-west-par"),
        ("https://s3.us-east-va.io.cloud.ovh.us", "ovh", "us-east-va"),
        ("https://s3.nl-ams.scw.cloud", "scaleway", "nl-ams"),
        ("https://storage.googleapis.com", "gcs-interop", None),
        ("http://127.0.0.1:9000", "custom", None),
        ("https://s3.amazonaws.com.evil.example", "custom", None),
        ("https://evil-s3.pub1.infomaniak.cloud.example", "custom", None),
        ("not a url", "custom", None),
        ("http://[::1", "custom", None),
    ],
)
def test_services_are_known_by_their_hosts(url: str, name: str, region: str | None) -> None:
    profile = profile_for(url, None)
    assert profile.name == name
    assert profile.region_of(url) == region


def test_a_name_wins_over_the_host() -> None:
    assert profile_for("http://127.0.0.1:9000", "minio").name == "minio"
    assert profile_for("https://s3.eu-west-1.amazonaws.com", "custom") is CUSTOM
    assert profile_for(None, None) is AWS


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ConfigurationError) as caught:
        profile_for(None, "mino")
    assert "minio" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("name", "region", "url"),
    [
        ("infomaniak", None, "https://s3.pub1.infomaniak.cloud"),
        ("infomaniak", "dc4-a", "https://s3.pub2.infomaniak.cloud"),
        ("ovh", "gra", "https://s3.gra.io.cloud.ovh.net"),
        ("ovh", "us-west-or", "https://s3.us-west-or.io.cloud.ovh.us"),
        ("scaleway", None, "https://s3.fr-par.scw.cloud"),
        ("wasabi", "eu-central-1", "https://s3.eu-central-1.wasabisys.com"),
        ("gcs-interop", None, "https://storage.googleapis.com"),
        ("b2", "us-west-004", "https://s3.us-west-004.backblazeb2.com"),
    ],
)
def test_endpoints_by_region(name: str, region: str | None, url: str) -> None:
    assert PROFILES[name].endpoint_for(region) == url


@pytest.mark.parametrize(
    ("name", "region"),
    [("minio", None), ("r2", "auto"), ("custom", "x"), ("infomaniak", "us-east-1"), ("b2", None)],
)
def test_an_endpoint_that_cannot_be_told_is_an_error(name: str, region: str | None) -> None:
    with pytest.raises(ConfigurationError, match=name):
        PROFILES[name].endpoint_for(region)


@pytest.mark.parametrize("key", ["/x", "a//b", "a/", "a\\b", ".", "..", "./a", "a/..", "a/../b", "//"])
def test_keys_that_seaweedfs_alters_are_refused(key: str) -> None:
    assert isinstance(SEAWEEDFS.refused_keys, re.Pattern)
    assert SEAWEEDFS.refused_keys.search(key)


@pytest.mark.parametrize("key", ["a", "a/b", ".a", "a./b", "...", "a/...", "a.b/..c", "a\n", "é/ü", "a/\n"])
def test_keys_that_seaweedfs_keeps_are_not(key: str) -> None:
    assert SEAWEEDFS.refused_keys is not None
    assert not SEAWEEDFS.refused_keys.search(key)
