"""What people and files give: page tokens, URLs, zone files, CSV, configurations, journals, command lines.

Nothing but a `CloudError`, or a documented ValueError or TypeError, comes out.
"""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr, redirect_stdout, suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud._registry import open_storage
from cloud.cli import main
from cloud.common import CloudConfig, CloudError
from cloud.common._urls import parse_url
from cloud.infomaniak.dns._zonefile import WantedZone
from cloud.infomaniak.newsletter._csv import opened_csv
from cloud.local import LocalStorageClient
from cloud.transfer import Compare, sync
from fuzz.judge import EXAMPLES, fuzzed, judge
from fuzz.mutations import HOSTILE_TEXTS, bytes_of, hostile_text
from fuzz.replay import Answer, Player
from fuzz.stores import BUCKET, make_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.timeout(120 + EXAMPLES),
    # http.client leaves the socket of an answer that is no HTTP to the collector.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    with Player() as running:
        yield running


# -- page tokens -----------------------------------------------------------------------------------------------
_EMPTY = {
    "s3": b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>",
    "google": b"{}",
    "azure": b"<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>",
    "swift": b"[]",
}
token = st.one_of(
    hostile_text,
    st.sampled_from(
        ('["a"]', "[1, 2]", '["a", {}]', "[" * 50_000, '"x"', "null", "5", "{}", '["a", null]', "xml-%")
    ),
)


@pytest.mark.parametrize(
    "listing", ["list_objects", "list_versions", "list_snapshots", "find_by_tags", "list_deleted"]
)
@pytest.mark.parametrize("store", _EMPTY)
@fuzzed(4)
@given(given_token=token)
def test_a_page_token_of_a_user(store: str, listing: str, player: Player, given_token: str) -> None:
    player.play([Answer(200, (("Content-Type", "application/xml"),), _EMPTY[store])])
    client: Any = make_client(store, player.url)
    if not hasattr(client, listing):
        return
    name = "\"a\" = 'b'" if listing == "find_by_tags" else BUCKET
    judge(lambda: getattr(client, listing)(name, token=given_token))
    client.close()


# -- URLs ------------------------------------------------------------------------------------------------------
_SCHEMES = ("s3", "gs", "az", "swift", "file", "memory", "infomaniak-s3", "http", "", "x-y.z+1", "S3")
url = st.one_of(
    hostile_text,
    st.builds(
        lambda scheme, host, path, query: f"{scheme}://{host}/{path}?{query}",
        st.sampled_from(_SCHEMES),
        hostile_text,
        hostile_text,
        st.one_of(hostile_text, st.builds(lambda n, v: f"{n}={v}", st.sampled_from(
            ("region", "endpoint_url", "profile", "service", "timeout", "root", "anonymous", "account_url", "project")
        ), hostile_text)),
    ),
)  # fmt: skip  # parts of a URL in their order


@fuzzed(60)
@given(text=url)
def test_a_url(text: str) -> None:
    with suppress(CloudError):
        parse_url(text)
    with suppress(CloudError):
        open_storage(text)


@pytest.mark.parametrize("command", ["ls", "stat", "cat", "rm", "presign"])
@fuzzed(6)
@given(text=url)
def test_a_url_on_the_command_line(
    command: str, text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if (
        "\0" in text
        or "//" not in text
        or text.lower().startswith(("s3:", "gs:", "az:", "swift:", "infomaniak"))
    ):
        text = f"file://{text[:60]}"  # on this machine: no URL here leads to another
    monkeypatch.setenv("CLOUD_LOCAL_ROOT", str(tmp_path / "store"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    raw = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="surrogateescape")
    with redirect_stdout(raw), redirect_stderr(io.StringIO()) as errors:
        try:
            code = main([command, text])
        except SystemExit as ended:  # argparse: a text like an option's
            code = int(ended.code or 0)
    assert 0 <= code <= 255
    assert "Traceback" not in errors.getvalue()


# -- files -----------------------------------------------------------------------------------------------------
_ZONE = """$ORIGIN example.com.
$TTL 1h
@ IN SOA ns1.example.com. host.example.com. ( 1 2h 1h 4w ; serial
  1h )
@ IN NS ns1
www 300 IN A 192.0.2.1
txt IN TXT "a \\"b\\" c" "d"
mx MX 10 mail
srv SRV 0 5 5060 sip
"""
_ZONE_YAML = """name: example.com.
ttl: 3600
email: a@example.com
records:
  - {name: www, type: A, records: [192.0.2.1], ttl: 60}
"""
_CSV = 'email;name\r\nada@example.com;"Ada; L"\r\nbob@example.com;Bob\r\n'
_TOML = """[profiles.minio]
provider = "aws"
access_key = "AKIA0000000000000000"
secret_key = { env = "FUZZ_SECRET" }
endpoint_url = "http://127.0.0.1:9000"
[profiles.other]
provider = "gcp"
credentials_file = "key.json"
"""


def changed(text: str) -> st.SearchStrategy[str]:
    """Return texts near `text`."""
    return st.one_of(
        bytes_of(text.encode()).map(lambda body: body.decode("utf-8", "surrogateescape")),
        st.builds(
            lambda words, place, word: " ".join(
                [*words[: place % len(words)], word, *words[place % len(words) :]]
            ),
            st.just(text.split(" ")),
            st.integers(0, 1000),
            st.sampled_from(HOSTILE_TEXTS),
        ),
    )


@fuzzed(60)
@given(text=changed(_ZONE))
def test_a_zone_file(text: str) -> None:
    with suppress(CloudError):
        WantedZone.from_bind(text)


@fuzzed(40)
@given(text=changed(_ZONE_YAML))
def test_a_zone_in_yaml(text: str) -> None:
    with suppress(CloudError):
        WantedZone.from_yaml(text)


@fuzzed(40)
@given(body=bytes_of(_CSV.encode()))
def test_a_csv_file(body: bytes) -> None:
    with suppress(CloudError), opened_csv(io.BytesIO(body), None, "utf-8") as contacts:
        list(contacts)


@pytest.mark.parametrize("suffix", [".toml", ".json"])
@fuzzed(30)
@given(data=st.data())
def test_a_configuration(suffix: str, data: st.DataObject, tmp_path: Path) -> None:
    text = (
        _TOML if suffix == ".toml" else '{"profiles": {"a": {"provider": "aws", "secret_key": {"env": "X"}}}}'
    )
    path = tmp_path / f"config{suffix}"
    path.write_bytes(data.draw(changed(text)).encode("utf-8", "surrogateescape"))
    path.chmod(0o600)
    with suppress(CloudError):
        config = CloudConfig.from_file(path)
        for name in config.profiles:
            with suppress(CloudError):
                config.profile(name).credentials()


@fuzzed(12)
@given(data=st.data())
def test_a_journal(data: st.DataObject, tmp_path: Path) -> None:
    """A sync whose journal is damaged does its work all the same."""
    number = str(len(os.listdir(tmp_path)))  # noqa: PTH208  # how many there are
    root = tmp_path / number
    source, target, state = root / "source", root / "target", root / "state"
    source.mkdir(parents=True)
    for name in ("a", "b", "c"):
        (source / name).write_bytes(name.encode() * 10)
    left = Interrupted(state)
    sync(str(source), str(target), state=state, confirm=left)
    for path, body in left.journals.items():
        state.mkdir(exist_ok=True)
        (state / path).write_bytes(data.draw(bytes_of(body)))
    (target / "a").unlink()
    (source / "b").write_bytes(b"new")
    with suppress(CloudError):
        sync(str(source), str(target), state=state, compare=Compare.CONTENT)
        assert {path.name: path.read_bytes() for path in target.iterdir()} == {
            "a": b"a" * 10,
            "b": b"new",
            "c": b"c" * 10,
        }


class Interrupted:
    """Keeps a sync's journals as they are when its plan is made: as a crash would leave them."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.journals: dict[str, bytes] = {}

    def __call__(self, _plan: object) -> bool:
        self.journals = {path.name: path.read_bytes() for path in self._state.glob("*.journal")}
        return True


# -- presigned URLs --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("store", ["s3", "azure"])
@fuzzed(20)
@given(
    key=hostile_text,
    method=st.one_of(st.sampled_from(("GET", "PUT", "DELETE", "HEAD")), hostile_text),
    expires_in=st.one_of(st.integers(), st.sampled_from((0, -1, 1 << 70))),
    content_type=st.one_of(st.none(), hostile_text),
    version=st.one_of(st.none(), hostile_text),
)
def test_what_a_presigned_url_is_made_of(
    store: str, key: str, method: str, expires_in: int, content_type: str | None, version: str | None
) -> None:
    client = make_client(store, "http://127.0.0.1:9")
    with suppress(CloudError):
        client.generate_presigned_url(
            BUCKET, key, method=method, expires_in=expires_in, content_type=content_type, version_id=version
        )
    client.close()


def test_the_seeds_are_what_they_seem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is damaged above is understood while it is whole."""
    monkeypatch.setenv("FUZZ_SECRET", "x" * 40)
    path = tmp_path / "config.toml"
    path.write_text(_TOML)
    path.chmod(0o600)
    assert set(CloudConfig.from_file(path).profiles) == {"minio", "other"}
    assert len(WantedZone.from_bind(_ZONE).record_sets) >= 4
    with opened_csv(io.BytesIO(_CSV.encode()), None, "utf-8") as contacts:
        assert [contact.values["name"] for contact in contacts] == ["Ada; L", "Bob"]
    LocalStorageClient(tmp_path / "s").create_bucket("b")
    with open_storage(f"file://b?root={tmp_path / 's'}").client as client:
        assert client.list_buckets() == ["b"]
