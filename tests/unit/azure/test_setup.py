"""Where the account is and who asks: from arguments, connection strings and the environment."""

from __future__ import annotations

import json
import pickle
import threading
import time
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest

from cloud._dialects.azure_blob._addressing import (
    bucket_problem,
    key_problem,
    parse_account_url,
    parse_connection_string,
)
from cloud._dialects.azure_blob._auth import Anonymous, BearerAuthorization, SasAuthorization, SharedKey
from cloud._dialects.azure_blob._metadata import check_tags, decode_name, encode_name, metadata_headers
from cloud._dialects.azure_blob._options import AzureOptions
from cloud._dialects.azure_blob._setup import AzureSetup
from cloud._dialects.azure_blob._tokens import SCOPE, GivenToken, IdentityTokens
from cloud.azure import AzureBlobClient
from cloud.common import Capability, CloudCredentials, CloudProvider, Secret
from cloud.common.errors import AuthenticationError, ConfigurationError, InvalidRequestError

KEY = "a2V5a2V5a2V5a2V5"
SAS = "sv=2025-01-05&ss=b&srt=sco&sp=r&sig=c2lnbmF0dXJl"


def setup(environ: dict[str, str] | None = None, **settings: Any) -> AzureSetup:
    """Return what a client of these arguments would be told."""
    given: dict[str, Any] = {
        "credentials": None, "account_url": None, "connection_string": None, "anonymous": False,
        "timeout": None, "options": AzureOptions(), **settings,
    }  # fmt: skip  # one line reads best
    return AzureSetup(environ=environ or {}, **given)


def credentials(**fields: Any) -> CloudCredentials:
    return CloudCredentials(CloudProvider.AZURE, **fields)


# -- account URLs and connection strings ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("url", "account", "prefix", "clean"),
    [
        ("https://acme.blob.core.windows.net", "acme", "", "https://acme.blob.core.windows.net"),
        ("https://acme.blob.core.windows.net/", "acme", "", "https://acme.blob.core.windows.net"),
        ("https://acme-secondary.blob.core.windows.net", "acme", "", "https://acme-secondary.blob.core.windows.net"),
        ("http://127.0.0.1:10000/acme", "acme", "/acme", "http://127.0.0.1:10000/acme"),
        ("http://[::1]:10000/acme/", "acme", "/acme", "http://[::1]:10000/acme"),
        ("http://azurite:10000/acme", "acme", "/acme", "http://azurite:10000/acme"),
        ("http://host.docker.internal:10000/acme", "acme", "/acme", "http://host.docker.internal:10000/acme"),
    ],
)  # fmt: skip  # one case a line
def test_account_url(url: str, account: str, prefix: str, clean: str) -> None:
    endpoint = parse_account_url(url).endpoint
    assert endpoint is not None
    assert (endpoint.account_name, endpoint.path_prefix, endpoint.url) == (account, prefix, clean)


def test_account_url_may_hold_a_signature() -> None:
    found = parse_account_url(f"https://acme.blob.core.windows.net/?{SAS}")
    assert found.sas == Secret(SAS)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://acme.blob.core.windows.net",
        "acme.blob.core.windows.net",
        "http://127.0.0.1:10000",
        "https://acme.blob.core.windows.net/box",
        "http://127.0.0.1:10000/acme/box",
        f"https://user:{KEY}@acme.blob.core.windows.net",
    ],
)
def test_what_is_no_account_url_is_refused_without_repeating_a_secret(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_account_url(url)
    assert KEY not in str(caught.value)


def test_connection_string_of_the_portal() -> None:
    text = f"DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={KEY};EndpointSuffix=core.chinacloudapi.cn"
    found = parse_connection_string(Secret(text))
    assert found.endpoint is not None
    assert found.endpoint.url == "https://acme.blob.core.chinacloudapi.cn"
    assert found.key == Secret(KEY)


def test_connection_string_with_an_endpoint_and_a_signature() -> None:
    text = f"BlobEndpoint=https://blobs.example.org/;QueueEndpoint=https://q/;SharedAccessSignature=?{SAS};AccountName=acme"
    found = parse_connection_string(Secret(text))
    assert found.endpoint is not None
    assert (found.endpoint.url, found.endpoint.account_name) == ("https://blobs.example.org", "acme")
    assert (found.key, found.sas) == (None, Secret(SAS))


@pytest.mark.parametrize("text", ["UseDevelopmentStorage=true", "usedevelopmentstorage=TRUE;"])
def test_connection_string_of_the_emulator(text: str) -> None:
    found = parse_connection_string(Secret(text))
    assert found.endpoint is not None
    assert found.endpoint.url == "http://127.0.0.1:10000/devstoreaccount1"
    assert found.key is not None
    elsewhere = parse_connection_string(Secret(f"{text};DevelopmentStorageProxyUri=http://azurite"))
    assert elsewhere.endpoint is not None
    assert elsewhere.endpoint.url == "http://azurite:10000/devstoreaccount1"


@pytest.mark.parametrize(
    "text",
    [
        KEY, ";", f"AccountKey={KEY}", f"AccountKey={KEY};BlobEndpoint=https://b.example.org",
        f"AccountName=acme;{KEY}", "EndpointSuffix=core.windows.net", f"AccountName=a/b;AccountKey={KEY}",
        f"AccountName=acme;AccountKey={KEY};DefaultEndpointsProtocol=ftp",
        f"AccountName=acme;AccountKey={KEY};EndpointSuffix=evil.example.org/",
    ],
)  # fmt: skip  # one line reads best
def test_what_is_no_connection_string_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_connection_string(Secret(text))
    assert KEY not in str(caught.value)
    assert all(KEY not in repr(frame.frame.f_locals) for frame in caught.traceback[1:])


# -- who asks ------------------------------------------------------------------------------------------------
def test_account_key_signs() -> None:
    made = setup(credentials=credentials(account_name="acme", account_key=KEY))
    assert made.endpoint.url == "https://acme.blob.core.windows.net"
    assert isinstance(made.authorization(), SharedKey)
    assert made.account_key() == Secret(KEY)
    assert made.token_source is None


def test_signature_goes_into_every_url() -> None:
    made = setup(
        credentials=credentials(sas_token=f"?{SAS}"), account_url=Secret("https://acme.blob.core.windows.net")
    )
    authorization = made.authorization()
    assert isinstance(authorization, SasAuthorization)
    assert authorization.authorize("GET", "/c", [("comp", "list")], {}, 0, 0.0) == f"comp=list&{SAS}"
    assert authorization.authorize("GET", "/c", [], {}, 0, 0.0) == SAS
    assert made.can_sign is False


def test_token_needs_no_sdk_and_tls() -> None:
    made = setup(
        credentials=credentials(token="tok"), account_url=Secret("https://acme.blob.core.windows.net")
    )
    authorization, headers = made.authorization(), dict[str, str]()
    assert isinstance(authorization, BearerAuthorization)
    assert authorization.authorize("GET", "/c", [], headers, 0, time.time()) == ""
    assert headers == {"authorization": "Bearer tok"}
    with pytest.raises(ConfigurationError, match="TLS"):
        setup(credentials=credentials(token="tok"), account_url=Secret("http://127.0.0.1:10000/acme"))


def test_anonymous_sends_no_credentials_even_where_the_environment_has_some() -> None:
    environ = {"AZURE_STORAGE_ACCOUNT": "acme", "AZURE_STORAGE_KEY": KEY}
    made = setup(environ, anonymous=True, account_url=Secret("https://acme.blob.core.windows.net"))
    assert isinstance(made.authorization(), Anonymous)
    assert made.account_key() is None
    with pytest.raises(InvalidRequestError):
        setup(anonymous=True, credentials=credentials(sas_token=SAS))


def test_environment_names_account_and_key() -> None:
    made = setup({"AZURE_STORAGE_ACCOUNT": "acme", "AZURE_STORAGE_KEY": KEY})
    assert made.endpoint.url == "https://acme.blob.core.windows.net"
    assert isinstance(made.authorization(), SharedKey)
    text = f"AccountName=other;AccountKey={KEY};EndpointSuffix=core.windows.net"
    assert setup({"AZURE_STORAGE_CONNECTION_STRING": text}).account_name == "other"


def test_key_of_another_account_is_not_taken_from_the_environment() -> None:
    environ = {"AZURE_STORAGE_ACCOUNT": "acme", "AZURE_STORAGE_KEY": KEY}
    made = setup(environ, account_url=Secret("https://other.blob.core.windows.net"))
    assert made.account_key() is None
    assert isinstance(made.token_source, IdentityTokens)
    same = setup(environ, account_url=Secret("https://acme.blob.core.windows.net"))
    assert same.account_key() == Secret(KEY)


def test_account_alone_logs_in_with_an_identity() -> None:
    made = setup({"AZURE_STORAGE_ACCOUNT_NAME": "acme"})
    assert made.account_name == "acme"
    assert isinstance(made.token_source, IdentityTokens)


def test_nothing_named_says_what_to_set() -> None:
    with pytest.raises(ConfigurationError) as caught:
        setup()
    assert "AZURE_STORAGE_CONNECTION_STRING" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"tenant_id": "t" * 8, "client_id": "c", "client_secret": "s"}, "ClientSecretCredential"),
        ({"client_id": "c"}, "ManagedIdentityCredential"),
        ({}, "DefaultAzureCredential"),
    ],
)
def test_credential_of_azure_identity(fields: dict[str, str], kind: str) -> None:
    made = setup(credentials=credentials(**fields), account_url=Secret("https://acme.blob.core.windows.net"))
    source = made.token_source
    assert isinstance(source, IdentityTokens)
    assert type(source.credential()).__name__ == kind


# -- tokens --------------------------------------------------------------------------------------------------
class Token(NamedTuple):
    token: str
    expires_on: int


class Issuer:
    """Gives numbered tokens of one hour and counts who asked."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.scopes: list[str] = []

    def get_token(self, *scopes: str) -> Token:
        self.scopes += scopes
        return Token(f"token-{len(self.scopes)}", int(self.now + 3600))


def test_token_is_kept_until_five_minutes_before_its_end() -> None:
    issuer = Issuer()
    tokens = IdentityTokens(lambda: issuer)
    assert [tokens.token(now) for now in (0.0, 1000.0, 3299.0, 3300.0)] == ["token-1"] * 4
    assert tokens.token(3301.0) == "token-2"
    assert issuer.scopes == [SCOPE, SCOPE]


def test_refused_token_is_replaced_through_a_new_credential() -> None:
    made: list[Issuer] = []

    def make() -> Issuer:
        made.append(Issuer())
        return made[-1]

    tokens = IdentityTokens(make)
    tokens.token(0.0)
    assert tokens.renew() is True
    tokens.token(0.0)
    assert len(made) == 2


def test_one_thread_asks_for_a_token_and_the_others_wait() -> None:
    issuer, start = Issuer(), threading.Barrier(8)
    tokens = IdentityTokens(lambda: issuer)
    seen: list[str] = []

    def ask() -> None:
        start.wait()
        seen.append(tokens.token(0.0))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["token-1"] * 8


def test_given_token_that_has_ended_is_refused_before_any_request() -> None:
    ended = datetime.now(timezone.utc) - timedelta(seconds=1)
    with pytest.raises(AuthenticationError) as caught:
        GivenToken(Secret("tok"), ended).token()
    assert caught.value.request_sent is False
    assert GivenToken(Secret("tok")).renew() is False


# -- names ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["abc", "a-b", "0ab", "a" * 63, "$root", "$web", "$logs"])
def test_possible_container(name: str) -> None:
    assert bucket_problem(name) is None


@pytest.mark.parametrize(
    "name", ["ab", "a" * 64, "a--b", "-ab", "ab-", "Abc", "a.b", "a_b", "$other", "abc\n"]
)
def test_impossible_container(name: str) -> None:
    assert bucket_problem(name) is not None


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("a.", "dots"), ("a./b", "dots"), ("..", "dots"), ("a/../b", "dots"), ("a\\b", "backslash"),
        ("a\nb", "control"), ("a\x85b", "control"), ("/".join("a" * 255), "254"),
    ],
)  # fmt: skip  # one line reads best
def test_key_that_azure_would_change_is_refused_with_the_reason(key: str, word: str) -> None:
    assert word in (key_problem(key) or "")


@pytest.mark.parametrize("key", ["a.b", ".a", "a/", "//a", "a b", "\ue000", "/".join("a" * 254)])
def test_possible_key(key: str) -> None:
    assert key_problem(key) is None


@pytest.mark.parametrize(
    ("name", "as_stored"),
    [
        ("plain_1", "plain_1"),
        ("content-id", "content__0x2d__id"),
        ("1st", "__0x31__st"),
        ("a__0x2d__b", "a__0x5f___0x2d__b"),
    ],
)
def test_metadata_name_and_back(name: str, as_stored: str) -> None:
    assert encode_name(name) == as_stored
    assert decode_name(as_stored) == name


def test_metadata_that_grows_beyond_the_limit_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="8192"):
        metadata_headers({"a" + "-" * 1100 + "b": "x"})


def test_tag_that_the_index_cannot_hold_is_refused() -> None:
    check_tags({"a b+c-d.e/f:g=h_i": "J 1"})
    for tags in ({"ü": "1"}, {"a": "b@c"}, {"a": "b\n"}):
        with pytest.raises(InvalidRequestError, match="tag"):
            check_tags(tags)


# -- the client ----------------------------------------------------------------------------------------------
def test_service_version_that_lacks_something_is_refused() -> None:
    for version in ("2019-12-12", "new", ""):
        with pytest.raises(InvalidRequestError, match="api_version"):
            AzureOptions(api_version=version)
    assert AzureOptions(api_version="2025-01-05").api_version == "2025-01-05"


def test_secrets_are_neither_shown_nor_pickled() -> None:
    text = f"AccountName=acme;AccountKey={KEY}"
    url = f"https://acme.blob.core.windows.net/?{SAS}"
    for client in (AzureBlobClient(connection_string=text), AzureBlobClient(account_url=url)):
        for secret in (KEY, "c2lnbmF0dXJl"):
            assert secret not in repr(vars(client)) + repr(vars(client._setup))
            assert secret.encode() not in pickle.dumps(client)


def test_client_is_pickled_with_a_reference_to_its_connection_string(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_AZURE", f"AccountName=acme;AccountKey={KEY}")
    client = AzureBlobClient(connection_string=Secret.from_env("OUR_AZURE"), timeout=5)
    copy = pickle.loads(pickle.dumps(client))  # noqa: S301  # its own pickle
    assert copy._setup.account_key() == Secret(KEY)
    assert copy._setup.timeouts == client._setup.timeouts


def test_url_can_be_signed_with_a_key_or_a_login_only() -> None:
    url = "https://acme.blob.core.windows.net"
    can = {
        "key": AzureBlobClient(credentials(account_name="acme", account_key=KEY)),
        "token": AzureBlobClient(credentials(token="tok"), account_url=url),
        "sas": AzureBlobClient(credentials(sas_token=SAS), account_url=url),
        "anonymous": AzureBlobClient(account_url=url, anonymous=True),
    }
    signing = {name: Capability.PRESIGNED_URL in client.capabilities for name, client in can.items()}
    assert json.dumps(signing) == json.dumps({"key": True, "token": True, "sas": False, "anonymous": False})


def test_from_env(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match="azure"):
        AzureBlobClient.from_env()
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "acme")
    monkeypatch.setenv("AZURE_STORAGE_KEY", KEY)
    assert AzureBlobClient.from_env()._setup.account_name == "acme"
