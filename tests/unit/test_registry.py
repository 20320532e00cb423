"""Storage URLs, the registry of their schemes, and providers that other distributions add."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import pickle
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud import _registry
from cloud._registry import open_storage, providers
from cloud.common._urls import KNOWN_OPTIONS, StorageUrl, parse_url
from cloud.common.config import CloudConfig, Profile
from cloud.common.credentials import CloudCredentials
from cloud.common.enums import CloudProvider
from cloud.common.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TINY_STORE = '''
"""A provider of another distribution: only the contract."""
from cloud.common.contracts import StorageClient


class Tiny(StorageClient):
    def __init__(self, credentials=None, *, region=None, endpoint_url=None, profile=None, timeout=None,
                 service=None, anonymous=False):
        self.given = {name: value for name, value in locals().items() if name not in {"self", "__class__"} and value}
        self.buckets = {}

    def list_buckets(self):
        return sorted(self.buckets)

    def create_bucket(self, name):
        return self.buckets.setdefault(name, {}) == {}

    def upload_file(self, bucket, key, data):
        self.buckets[bucket][key] = data
        return f"tiny://{bucket}/{key}"

    def download_file(self, bucket, key):
        return self.buckets[bucket][key]

    def delete_file(self, bucket, key):
        return self.buckets[bucket].pop(key, None) is not None


class TinyLocal(Tiny):
    def __init__(self, root):
        super().__init__()
        self.root = root

    @classmethod
    def in_memory(cls):
        return cls(None)


class NoStore:
    pass
'''


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed distributions, on `sys.path`; the module tiny_store is in it."""
    (tmp_path / "tiny_store.py").write_text(TINY_STORE)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("tiny_store", None)


def install(site: Path, distribution: str, entry_points: str) -> None:
    """Install a distribution as pip does: a dist-info folder beside the module."""
    info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[cloud.providers]\n{entry_points}\n")


@pytest.fixture
def tiny(site: Path) -> None:
    install(site, "tiny-store", "tiny = tiny_store:Tiny")


@pytest.fixture
def local(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the built-in schemes build the classes of tiny_store."""
    for scheme, name in {"s3": "Tiny", "file": "TinyLocal", "memory": "TinyLocal.in_memory"}.items():
        entry = dataclasses.replace(_registry.BUILT_IN[scheme], target=f"tiny_store:{name}")
        monkeypatch.setitem(_registry.BUILT_IN, scheme, entry)
    monkeypatch.setattr(_registry, "_memory_clients", {})
    monkeypatch.delenv("CLOUD_LOCAL_ROOT", raising=False)
    monkeypatch.setenv("CLOUD_CONFIG", "/nowhere/config.toml")  # only what a test gives is read


def given_to(url: str, **overrides: Any) -> dict[str, Any]:
    client: Any = open_storage(url, **overrides).client
    keywords: dict[str, Any] = client.given
    return keywords


# -- URLs --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s3://bucket/a/b.txt", StorageUrl("s3", "bucket", "a/b.txt")),
        ("S3://Bucket/Key", StorageUrl("s3", "Bucket", "Key")),
        ("s3://bucket", StorageUrl("s3", "bucket")),
        ("s3://bucket/", StorageUrl("s3", "bucket")),
        ("s3://", StorageUrl("s3")),
        ("s3://?profile=minio", StorageUrl("s3", options={"profile": "minio"})),
        ("s3://bucket?profile=minio", StorageUrl("s3", "bucket", options={"profile": "minio"})),
        ("infomaniak-s3://b//k/", StorageUrl("infomaniak-s3", "b", "/k/")),
        ("s3://b/../k", StorageUrl("s3", "b", "../k")),
        ("s3://b/a%20b%3Fc#d e\n", StorageUrl("s3", "b", "a%20b%3Fc#d e\n")),
        ("s3://b/what?", StorageUrl("s3", "b", "what?")),
        ("s3://b/what?x=1", StorageUrl("s3", "b", "what?x=1")),
        ("s3://b/k?profile=p&x=1", StorageUrl("s3", "b", "k?profile=p&x=1")),
        ("s3://b/k?anonymous", StorageUrl("s3", "b", "k?anonymous")),
        ("s3://b/k?a?profile=p", StorageUrl("s3", "b", "k?a", {"profile": "p"})),
        ("s3://b/k?profile=p?region=r", StorageUrl("s3", "b", "k?profile=p", {"region": "r"})),
        ("s3://b/k?profile=p?options=none", StorageUrl("s3", "b", "k?profile=p")),
        (
            "s3://b/k?endpoint=http://h:9000/x%3Fy&region=a%20b+c",
            StorageUrl("s3", "b", "k", {"endpoint": "http://h:9000/x?y", "region": "a b+c"}),
        ),
        ("file://b/k?root=/data/my store", StorageUrl("file", "b", "k", {"root": "/data/my store"})),
    ],
)
def test_urls_are_taken_apart(url: str, expected: StorageUrl) -> None:
    assert parse_url(url) == expected


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("bucket/key", "is no storage URL"),
        ("/a/path", "is no storage URL"),
        ("://bucket/key", "is no storage URL"),
        ("1s3://bucket", "is no storage URL"),
        ("s 3://bucket", "is no storage URL"),
        ("é://bucket", "is no storage URL"),
        ("file:///data/x", r"names no bucket .*file://bucket/key\?root=/folder"),
        ("s3://b/k?profile=a&profile=b", "profile is given twice"),
        ("s3://b/k?profile=", "profile='' does not work"),
    ],
)
def test_wrong_urls_are_refused(url: str, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        parse_url(url)


@pytest.mark.parametrize(
    "parts", [{"bucket": "a/b"}, {"key": "k"}, {"bucket": "b", "options": {"colour": "red"}}]
)
def test_parts_that_make_no_url_are_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        StorageUrl("s3", **parts)


KEYS = st.text() | st.lists(
    st.sampled_from(["?", "&", "=", "%3F", "#", "/", "profile=x", "region", "options=none", "k", " "])
).map("".join)


@given(
    bucket=st.text(min_size=1).map(lambda text: text.replace("/", "_"))
    | st.sampled_from(["b", "b?profile=x", "b?options=none"]),
    key=KEYS,
    options=st.dictionaries(st.sampled_from(sorted(KNOWN_OPTIONS)), st.text(min_size=1)),
)
def test_every_key_comes_back(bucket: str, key: str, options: dict[str, str]) -> None:
    url = StorageUrl("s3", bucket, key, options)
    assert parse_url(str(url)) == url


@given(key=KEYS)
def test_the_uris_of_uploads_are_read_back_unless_their_end_names_options(key: str) -> None:
    uri = f"s3://bucket/{key}"
    if str(StorageUrl("s3", "bucket", key)) == uri:
        assert parse_url(uri).key == key
    else:
        tail = key.rpartition("?")[2]
        assert tail == "options=none" or all(
            pair.partition("=")[0] in KNOWN_OPTIONS for pair in tail.split("&")
        )


def test_a_url_is_a_value() -> None:
    url = parse_url("s3://b/k?profile=p")
    assert pickle.loads(pickle.dumps(url)) == url  # noqa: S301  # made here
    assert len({url, parse_url("s3://b/k?profile=p")}) == 1


# -- plug-ins ----------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("tiny")
def test_an_installed_distribution_adds_a_scheme() -> None:
    location = open_storage("tiny://bucket/some/key?region=r&version_id=7", timeout=5)
    client, bucket, key = location
    assert (bucket, key, location.version_id) == ("bucket", "some/key", "7")
    assert client.given == {"region": "r", "timeout": 5}
    assert client.create_bucket("bucket")
    assert client.upload_file("bucket", key, b"data") == "tiny://bucket/some/key"
    assert client.download_file("bucket", key) == b"data"


@pytest.mark.usefixtures("tiny")
def test_an_added_scheme_is_listed() -> None:
    status = next(status for status in providers() if status.scheme == "tiny")
    assert status.to_dict() == {
        "scheme": "tiny",
        "target": "tiny_store:Tiny",
        "extra": None,
        "installed": True,
        "missing": None,
        "distribution": "tiny-store",
    }
    assert "tiny_store" not in sys.modules


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("not_there:Tiny", "No module named 'not_there'"),
        ("tiny_store:NotThere", "NotThere"),
        ("tiny_store:NoStore", "makes a NoStore, no StorageClient"),
    ],
)
def test_a_broken_plug_in_is_told_when_its_scheme_is_used(site: Path, value: str, problem: str) -> None:
    install(site, "broken-store", f"broken = {value}")
    install(site, "tiny-store", "tiny = tiny_store:Tiny")
    assert open_storage("tiny://b").bucket == "b"
    status = next(status for status in providers() if status.scheme == "broken")
    assert status.installed is value.startswith("tiny_store:")
    assert status.missing == (None if status.installed else value.partition(":")[0])
    with pytest.raises(ConfigurationError, match=problem):
        open_storage("broken://b")


def test_a_plug_in_that_names_nothing_is_told(site: Path) -> None:
    """When depends on the version of importlib.metadata: as the plug-ins are listed, or as this one is loaded."""
    install(site, "broken-store", "broken = tiny store")
    with pytest.raises(ConfigurationError, match="tiny store"):
        open_storage("broken://b")


def test_two_plug_ins_of_one_scheme_are_told(site: Path) -> None:
    install(site, "tiny-store", "tiny = tiny_store:Tiny")
    install(site, "other-store", "tiny = other_store:Other")
    with pytest.raises(
        ConfigurationError, match="several packages open tiny://: other_store:Other, tiny_store:Tiny"
    ):
        open_storage("tiny://b")


def test_a_plug_in_cannot_take_over_a_built_in_scheme(site: Path) -> None:
    before = providers()
    install(site, "evil-store", "s3 = tiny_store:Tiny")
    assert providers() == before


def test_the_entry_point_group_keeps_its_name() -> None:
    assert _registry.ENTRY_POINT_GROUP == "cloud.providers"


# -- opening -----------------------------------------------------------------------------------------------
MINIO = Profile(
    name="minio",
    provider=CloudProvider.AWS,
    service="minio",
    region="us-east-1",
    endpoint_url="http://127.0.0.1:9000",
    login=CloudCredentials(CloudProvider.AWS, access_key="minio", secret_key="canary"),
)
STORE = Profile(name="store", provider=CloudProvider.LOCAL, root="/store")
CONFIG = CloudConfig([MINIO, STORE])


@pytest.mark.usefixtures("local")
def test_a_profile_gives_the_options() -> None:
    assert given_to("s3://bucket/prefix?profile=minio", config=CONFIG) == {
        "credentials": MINIO.login,
        "service": "minio",
        "region": "us-east-1",
        "endpoint_url": "http://127.0.0.1:9000",
    }


@pytest.mark.usefixtures("local")
def test_keywords_win_over_the_url_and_the_url_over_the_profile() -> None:
    own = CloudCredentials(CloudProvider.AWS, access_key="own", secret_key="own")
    url = "s3://b?profile=minio&region=of-the-url&endpoint=http://of-the-url"
    found = given_to(url, config=CONFIG, region="of-the-call", timeout=None, credentials=own)
    assert found == {
        "credentials": own,
        "service": "minio",
        "region": "of-the-call",
        "endpoint_url": "http://of-the-url",
    }


@pytest.mark.usefixtures("local")
def test_a_profile_may_be_named_by_keyword() -> None:
    assert given_to("s3://b?profile=other", config=CONFIG, profile="minio")["service"] == "minio"


@pytest.mark.usefixtures("local")
def test_a_profile_that_is_not_there_is_the_providers_own() -> None:
    assert given_to("s3://b?profile=work", config=CONFIG) == {"profile": "work"}


@pytest.mark.usefixtures("local")
def test_anonymous_sends_none_of_the_profiles_credentials() -> None:
    found = given_to("s3://b?profile=minio&anonymous=true", config=CONFIG)
    assert found["anonymous"] is True
    assert "credentials" not in found
    assert "anonymous" not in given_to("s3://b?anonymous=false", config=CONFIG)
    with pytest.raises(InvalidRequestError, match="anonymous is true or false, not 'yes'"):
        open_storage("s3://b?anonymous=yes")


@pytest.mark.usefixtures("local")
def test_a_profile_of_another_provider_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"'store' is for local, not for s3:// \(use file:// or memory://\)"
    ):
        open_storage("s3://b?profile=store", config=CONFIG)


@pytest.mark.usefixtures("local")
def test_the_users_configuration_is_read_only_when_a_profile_is_named() -> None:
    assert given_to("s3://b") == {}
    with pytest.raises(ConfigurationError, match=r"/nowhere/config\.toml cannot be read"):
        open_storage("s3://b?profile=minio")


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(
    ("url", "overrides"),
    [("s3://b?root=/x", {}), ("s3://b", {"endpoint": "http://h"}), ("file://b?region=r", {"root": "/"})],
)
def test_an_option_that_the_client_does_not_have_is_refused(url: str, overrides: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match=r"takes no (root|endpoint|region) \(its options are "):
        open_storage(url, **overrides)


@pytest.mark.usefixtures("local")
def test_where_a_local_store_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def root(url: str, **overrides: Any) -> str:
        client: Any = open_storage(url, config=CONFIG, **overrides).client
        return str(client.root)

    with pytest.raises(ConfigurationError, match=r"add \?root=/folder, or export CLOUD_LOCAL_ROOT=/folder"):
        open_storage("file://bucket/prefix")
    monkeypatch.setenv("CLOUD_LOCAL_ROOT", "/of/the/environment")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert root("file://bucket/prefix") == "/of/the/environment"
    assert root("file://bucket/prefix?profile=store") == "/store"
    assert root("file://bucket/prefix?profile=store&root=/of/the/url") == "/of/the/url"
    assert root("file://bucket?root=~/store") == str(tmp_path / "store")
    assert root("file://bucket?root=/of/the/url", root=tmp_path) == str(tmp_path)


@pytest.mark.usefixtures("local")
def test_memory_stores_are_shared_by_name() -> None:
    first, again, other = (open_storage(f"memory://b/p{query}").client for query in ("", "", "?name=other"))
    assert first is again
    assert first is not other
    with pytest.raises(InvalidRequestError, match="memory:// takes no timeout"):
        open_storage("memory://b", timeout=3)


def test_an_unknown_scheme_names_the_known_ones_and_their_extras() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        open_storage("gopher://b/k")
    assert caught.value.message == "the scheme gopher:// is not known"
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(
        "known are s3 (extra aws), gs (extra gcp), az (extra azure), swift (extra infomaniak), "
        "infomaniak-s3 (extra infomaniak), file, memory"
    )
    assert "pip install 'cloud[extra]'" in caught.value.hint


@pytest.mark.usefixtures("local")
def test_an_opened_location_shows_no_secret() -> None:
    location = open_storage("s3://bucket/prefix?profile=minio", config=CONFIG)
    assert "canary" not in repr(location) + repr(vars(location)) + repr(
        dataclasses.astuple(CONFIG.profile("minio"))
    )


# -- what is installed -------------------------------------------------------------------------------------
def test_the_built_in_providers_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {status.scheme: status for status in providers()}
    assert list(found)[:7] == ["s3", "gs", "az", "swift", "infomaniak-s3", "file", "memory"]
    assert (found["s3"].target, found["s3"].extra, found["s3"].installed) == (
        "cloud.aws:S3Client",
        "aws",
        True,
    )
    assert found["file"].installed
    monkeypatch.setitem(sys.modules, "httptools", None)  # not importable
    missing = next(status for status in providers() if status.scheme == "s3")
    assert (missing.installed, missing.missing) == (False, "httptools")


_DISTRIBUTIONS = {
    "openstack": "openstacksdk",
    "google.cloud.storage": "google-cloud-storage",
    "azure.storage.blob": "azure-storage-blob",
    "azure.identity": "azure-identity",
}


def test_every_module_looked_for_is_in_its_extra() -> None:
    required = importlib.metadata.requires("cloud") or []
    for entry in _registry.BUILT_IN.values():
        for module in entry.modules:
            assert any(
                line.startswith(_DISTRIBUTIONS.get(module, module))
                and f'extra == "{entry.extra}"' in line.replace("'", '"')
                for line in required
            )


@pytest.mark.parametrize(
    "program",
    [
        "import cloud",
        "from cloud import CloudConfig, CloudCredentials, CloudError, CloudProvider, open_storage",
        "from cloud import CloudCredentials as C, CloudProvider as P\nC(P.AWS, access_key='a', secret_key='b')",
        "from cloud.common._urls import parse_url\nparse_url('s3://b/k?profile=x')",
    ],
)
def test_imports_load_nothing_heavy(program: str) -> None:
    heavy = [
        "tomllib",
        "tomli",
        "json",
        "importlib.metadata",
        "difflib",
        "boto3",
        "botocore",
        "requests",
        "httptools",
        "hmac",
    ]
    check = f"{program}\nimport sys\nprint([name for name in {heavy} if name in sys.modules and name not in before])"
    done = subprocess.run(
        [sys.executable, "-c", dedent(f"import sys\nbefore = set(sys.modules)\n{check}")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_the_librarys_own_memory_store_is_opened_and_shared() -> None:
    url = "memory://bucket/prefix?name=test-of-the-registry"
    client, bucket, key = open_storage(url)
    client.create_bucket(bucket)
    client.upload_file(bucket, f"{key}/a?profile=b", b"data")
    again, _, _ = open_storage(url)
    assert again.download_file(bucket, "prefix/a?profile=b") == b"data"


def test_the_librarys_own_directory_store_is_opened(tmp_path: Path) -> None:
    url = str(StorageUrl("file", "bucket", "prefix", {"root": str(tmp_path / "my store?")}))
    (tmp_path / "my store?").mkdir()
    client, bucket, key = open_storage(url)
    client.create_bucket(bucket)
    client.upload_file(bucket, key, b"data")
    assert open_storage(url).client.download_file(bucket, key) == b"data"
