"""`CloudConfig`: profiles from files and the environment."""

from __future__ import annotations

import json
import pickle
import sys
import traceback
from typing import TYPE_CHECKING

import pytest

from cloud.common.config import CloudConfig, Profile, _toml_parser
from cloud.common.credentials import CloudCredentials
from cloud.common.enums import CloudProvider
from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-7Hq9zKf0bQe"
MINIO = {
    "provider": "aws",
    "service": "minio",
    "region": "us-east-1",
    "endpoint_url": "http://127.0.0.1:9000",
    "access_key": "minio",
    "secret_key": {"env": "MINIO_SECRET"},
}


def write(path: Path, profiles: object, mode: int = 0o600) -> Path:
    """Write JSON, which every supported Python reads; `test_toml_*` write TOML."""
    path.write_text(json.dumps({"profiles": profiles}))
    path.chmod(mode)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


def refusal(path: Path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        CloudConfig.from_file(path)
    return caught.value


# -- files -------------------------------------------------------------------------------------------------
def test_a_profile_gives_credentials_and_options(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = CloudConfig.from_file(write(file, {"minio": MINIO}, 0o644)).profile("minio")
    assert profile.options() == {
        "service": "minio",
        "region": "us-east-1",
        "endpoint_url": "http://127.0.0.1:9000",
    }
    credentials = profile.credentials()
    assert credentials is not None
    assert credentials.provider is CloudProvider.AWS
    assert (credentials.access_key, credentials.region, credentials.source) == (
        "minio",
        "us-east-1",
        "profile minio",
    )
    assert credentials.secret_key is not None
    with pytest.raises(ConfigurationError, match="MINIO_SECRET is not set"):
        credentials.secret_key.reveal()
    monkeypatch.setenv("MINIO_SECRET", CANARY)
    assert credentials.secret_key.reveal() == CANARY


@pytest.mark.parametrize("reference", ["secret", "./secret"])
def test_a_secret_file_is_found_beside_the_configuration(file: Path, reference: str) -> None:
    (file.parent / "secret").write_text(CANARY + "\n")
    config = CloudConfig.from_file(write(file, {"minio": {**MINIO, "secret_key": {"file": reference}}}))
    credentials = config.profile("minio").credentials()
    assert credentials is not None
    assert credentials.secret_key is not None
    assert credentials.secret_key.reveal() == CANARY


def test_home_and_relative_paths(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(file.parent / "home"))
    config = CloudConfig.from_file(
        write(
            file,
            {
                "here": {"provider": "local", "root": "store"},
                "home": {"provider": "local", "root": "~/store"},
                "key": {"provider": "gcp", "credentials_file": "key.json"},
                "minio": {**MINIO, "secret_key": {"file": "~/secret"}},
            },
        )
    )
    assert config.profile("here").options() == {"root": str(file.parent / "store")}
    assert config.profile("home").options() == {"root": str(file.parent / "home" / "store")}
    google, minio = config.profile("key").credentials(), config.profile("minio").credentials()
    assert google is not None
    assert google.credentials_file == str(file.parent / "key.json")
    assert minio is not None
    assert minio.secret_key is not None
    assert minio.secret_key.reference == f"file {file.parent / 'home' / 'secret'}"


def test_a_profile_without_keys_leaves_the_search_to_the_client(file: Path) -> None:
    profile = CloudConfig.from_file(
        write(file, {"work": {"provider": "aws", "profile": "work", "anonymous": False}})
    ).profile("work")
    assert profile.credentials() is None
    assert profile.options() == {"profile": "work"}


def test_an_anonymous_profile(file: Path) -> None:
    config = CloudConfig.from_file(write(file, {"open": {"provider": "aws", "anonymous": True}}))
    assert config.profile("open").options() == {"anonymous": True}


@pytest.mark.parametrize(
    ("profiles", "problem"),
    [
        (
            {"a": {**MINIO, "secret_kye": CANARY}},
            "profile 'a': unknown key 'secret_kye' (did you mean 'secret_key'?)",
        ),
        ({"a": {**MINIO, "zzz": CANARY}}, "unknown key 'zzz' (one of provider, service,"),
        ({"a": {"provider": "asw"}}, "'asw' is no provider (did you mean 'aws'?)"),
        ({"a": {"region": "r"}}, "has no provider (one of aws, gcp, azure, infomaniak, coda, local)"),
        ({"a": {"provider": ["aws"]}}, "is no provider"),
        ({"a": CANARY}, "profile 'a' is not a table"),
        ([CANARY], "profiles is not a table"),
        ({"a": {"provider": "aws", "region": 5}}, "region is not a text"),
        ({"a": {"provider": "aws", "region": ""}}, "region is not a text"),
        ({"a": {"provider": "aws", "anonymous": "yes"}}, "anonymous is true or false"),
        ({"a": {"provider": "aws", "root": "/x"}}, "root is for the provider local, not for aws"),
        (
            {"a": {"provider": "aws", "access_key": "x"}},
            "profile 'a': access_key is given without secret_key",
        ),
        ({"a": {**MINIO, "secret_key": ""}}, "secret_key is empty"),
        ({"a": {**MINIO, "secret_key": 5}}, "secret_key is no secret"),
        ({"a": {**MINIO, "secret_key": {"env": ""}}}, "secret_key is no secret"),
        ({"a": {**MINIO, "secret_key": {"vault": CANARY}}}, "secret_key is no secret"),
        ({"a": {**MINIO, "secret_key": {"env": "A", "file": "B"}}}, "secret_key is no secret"),
    ],
)
def test_a_wrong_profile_is_told_and_its_secrets_are_not(file: Path, profiles: object, problem: str) -> None:
    error = refusal(write(file, profiles))
    assert problem in str(error)
    assert str(file) in str(error)
    _assert_hidden(error)


def _assert_hidden(error: BaseException) -> None:
    """No frame of the library, and no text of any error, shows the canary."""
    told: traceback.TracebackException | None
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    while told is not None:
        assert CANARY not in str(told)
        for frame in told.stack:
            assert "tests" in frame.filename or CANARY not in str(frame.locals)
        told = told.__cause__ or told.__context__


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (f'{{"profiles": {{"a": {{"secret_key": "{CANARY}"'.encode(), "cannot be parsed"),
        (f'"{CANARY}"'.encode(), "it is not an object"),
        (b"\xff" + CANARY.encode(), "cannot be parsed"),
        (b"[" * 100_000, "cannot be parsed"),
    ],
    ids=["cut", "text", "bytes", "deep"],
)
def test_a_file_that_cannot_be_parsed_is_told_without_its_content(
    file: Path, content: bytes, problem: str
) -> None:
    file.write_bytes(content)
    error = refusal(file)
    assert problem in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None
    _assert_hidden(error)


def test_an_unknown_top_level_key_is_refused(file: Path) -> None:
    file.write_text(json.dumps({"profile": {"minio": {"secret_key": CANARY}}}))
    file.chmod(0o600)
    error = refusal(file)
    assert "unknown key 'profile' (did you mean 'profiles'?)" in str(error)
    _assert_hidden(error)


def test_a_missing_file_is_told(file: Path) -> None:
    assert "cannot be read: No such file" in str(refusal(file))


# -- plain secrets need a private file ---------------------------------------------------------------------
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o610])
def test_a_plain_secret_in_an_open_file_is_refused(file: Path, mode: int) -> None:
    error = refusal(write(file, {"minio": {**MINIO, "secret_key": CANARY}}, mode))
    assert f"(mode {mode:04o})" in error.message
    assert error.hint is not None
    assert error.hint.startswith(f"chmod 600 {file}")
    _assert_hidden(error)


def test_a_plain_secret_in_a_private_file_is_taken(file: Path) -> None:
    config = CloudConfig.from_file(write(file, {"minio": {**MINIO, "secret_key": CANARY}}))
    credentials = config.profile("minio").credentials()
    assert credentials is not None
    assert credentials.secret_key is not None
    assert credentials.secret_key.reveal() == CANARY
    assert CANARY not in repr(config) + repr(vars(config)) + repr(config.profile("minio"))
    assert CANARY.encode() not in pickle.dumps(config)


# -- TOML --------------------------------------------------------------------------------------------------
TOML = """
[profiles.minio]
provider = "aws"
service = "minio"
access_key = "minio"
secret_key = { env = "MINIO_SECRET" }   # a comment
"""


def test_toml_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"  # on Python 3.10 by tomli, which pytest brings
    path.write_text(TOML)
    assert CloudConfig.from_file(path).profile("minio").options() == {"service": "minio"}
    path.write_text(TOML + f'secret = "{CANARY}')
    error = refusal(path)
    assert "cannot be parsed" in str(error)
    _assert_hidden(error)


def test_python_3_10_without_tomli_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tomli", None)  # not importable, whether or not it is installed
    with pytest.raises(ConfigurationError, match=r"pip install tomli, or write the configuration as JSON"):
        _toml_parser((3, 10))


# -- where it is looked for --------------------------------------------------------------------------------
def test_load_prefers_the_path_then_the_variable_then_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explicit = write(tmp_path / "explicit.json", {"explicit": {"provider": "aws"}})
    named = write(tmp_path / "named.json", {"named": {"provider": "aws"}})
    environ = {"CLOUD_CONFIG": str(named), "XDG_CONFIG_HOME": str(tmp_path / "nowhere")}
    assert list(CloudConfig.load(explicit, environ).profiles) == ["explicit"]
    assert list(CloudConfig.load(None, environ).profiles) == ["named"]
    assert not CloudConfig.load(None, {"XDG_CONFIG_HOME": str(tmp_path / "nowhere")}).profiles


@pytest.mark.parametrize("variable", ["XDG_CONFIG_HOME", None, "relative"])
def test_load_finds_the_users_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    environ = {
        "XDG_CONFIG_HOME": {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "relative": "xdg"}.get(
            variable or "", ""
        )
    }
    folder = tmp_path / ("xdg" if variable == "XDG_CONFIG_HOME" else ".config") / "cloud"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(TOML)
    assert list(CloudConfig.load(None, environ).profiles) == ["minio"]


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        CloudConfig.load(None, {"CLOUD_CONFIG": str(tmp_path / "gone.json")})


# -- several providers -------------------------------------------------------------------------------------
def test_from_env_finds_every_provider_that_is_set() -> None:
    config = CloudConfig.from_env(
        {
            "AWS_ACCESS_KEY_ID": "A",
            "AWS_SECRET_ACCESS_KEY": "S",
            "AWS_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": "http://all",
            "AWS_ENDPOINT_URL_S3": "http://s3",
            "INFOMANIAK_S3_ACCESS_KEY": "A",
            "INFOMANIAK_S3_SECRET_KEY": "S",
            "INFOMANIAK_S3_ENDPOINT": "https://s3.pub1.infomaniak.cloud",
            "CODA_API_TOKEN": "T",
            "GOOGLE_CLOUD_PROJECT": "no credentials",
            "CLOUD_LOCAL_ROOT": "/store",
        }
    )
    assert {name: profile.options() for name, profile in config.profiles.items()} == {
        "aws": {"region": "eu-west-1", "endpoint_url": "http://s3"},
        "infomaniak": {"endpoint_url": "https://s3.pub1.infomaniak.cloud"},
        "coda": {},
        "local": {"root": "/store"},
    }
    assert not config.has_provider(CloudProvider.GCP)
    assert config.has_provider(CloudProvider.LOCAL)
    aws = config.get_credentials(CloudProvider.AWS)
    assert aws is not None
    assert aws.source == "environment"


def test_from_env_does_not_ignore_half_a_pair() -> None:
    with pytest.raises(ConfigurationError, match="AWS_SECRET_ACCESS_KEY is not"):
        CloudConfig.from_env({"AWS_ACCESS_KEY_ID": "A"})


def test_an_empty_environment_is_an_empty_configuration() -> None:
    assert CloudConfig.from_env({}) == CloudConfig()


def test_providers_are_added_and_found() -> None:
    config = CloudConfig()
    coda = CloudCredentials(CloudProvider.CODA, token="t")
    assert config.get_credentials(CloudProvider.CODA) is None
    config.add_provider(coda)
    assert config.has_provider(CloudProvider.CODA)
    assert config.get_credentials(CloudProvider.CODA) is coda
    assert config.profile("coda").credentials() is coda


def test_several_profiles_of_a_provider_need_a_name() -> None:
    first = Profile(name="first", provider=CloudProvider.AWS)
    second = Profile(name="second", provider=CloudProvider.AWS)
    assert CloudConfig([first]).get_credentials(CloudProvider.AWS) is None
    with pytest.raises(ConfigurationError, match="several profiles are of aws: first, second"):
        CloudConfig([first, second]).get_credentials(CloudProvider.AWS)
    named = CloudCredentials(CloudProvider.AWS, access_key="A", secret_key="S")
    own = Profile(name="aws", provider=CloudProvider.AWS, login=named)
    assert CloudConfig([first, own]).get_credentials(CloudProvider.AWS) is named


def test_an_unknown_profile_names_the_nearest() -> None:
    config = CloudConfig([Profile(name="minio", provider=CloudProvider.AWS)])
    with pytest.raises(ConfigurationError, match=r"no profile 'mino' \(did you mean 'minio'\?\)"):
        config.profile("mino")
    with pytest.raises(ConfigurationError, match="the configuration has no profiles"):
        CloudConfig().profile("minio")
