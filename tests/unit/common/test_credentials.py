"""`CloudCredentials`: read from the environment as documented, and shown to nobody."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import logging
import pickle
import pprint
import subprocess
import sys
import traceback
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common._redact import Secret
from cloud.common.credentials import SECRET_FIELDS, CloudCredentials
from cloud.common.enums import CloudProvider
from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CANARIES = {field: f"canary-{field}-7Hq/9zKf0bQe" for field in SECRET_FIELDS}


def planted() -> CloudCredentials:
    return CloudCredentials(
        CloudProvider.AWS,
        access_key="AKIAIOSFODNN7EXAMPLE",
        username="user",
        account_name="account",
        tenant_id="tenant",
        client_id="client",
        application_credential_id="id",
        region="eu-central-1",
        **CANARIES,  # type: ignore[arg-type]  # every one of them takes a str
    )


# -- nothing leaks -----------------------------------------------------------------------------------------
def _raised() -> str:
    try:
        _fail(planted())
    except ValueError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    raise AssertionError("nothing was raised")


def _fail(credentials: CloudCredentials) -> None:
    held = vars(credentials)
    raise ValueError(f"wrong: {credentials!r} {held}")


def _half_set() -> str:
    arguments = dict(CANARIES)
    module = inspect.getfile(CloudCredentials)
    try:
        _construct(arguments)
    except ConfigurationError as error:
        frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
        return "".join(str(frame.locals) for frame in frames if frame.filename == module)
    raise AssertionError("half a pair was taken")


def _construct(arguments: dict[str, Any]) -> None:
    CloudCredentials(CloudProvider.AWS, **arguments)


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        pprint.pformat,
        lambda found: repr(vars(found)),
        lambda found: repr(dataclasses.asdict(found)),
        lambda found: repr(dataclasses.astuple(found)),
        lambda found: repr(found.__reduce_ex__(4)),
        lambda found: repr(copy.copy(found)) + repr(vars(copy.deepcopy(found))),
        lambda found: repr(vars(dataclasses.replace(found, region="x"))),
        lambda found: json.dumps(dataclasses.asdict(found), default=str),
        lambda found: repr(inspect.getmembers(found)),
        lambda _: _raised(),
        lambda _: _half_set(),
    ],
)
def test_no_secret_is_shown(show: Callable[[CloudCredentials], str]) -> None:
    shown = show(planted())
    assert shown
    assert "canary" not in shown


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_secret_is_pickled(protocol: int) -> None:
    pickled = pickle.dumps(planted(), protocol)
    assert b"canary" not in pickled
    back = pickle.loads(pickled)  # noqa: S301  # made here
    assert back.access_key == "AKIAIOSFODNN7EXAMPLE"
    assert dataclasses.replace(back, region="x").region == "x"
    with pytest.raises(ConfigurationError, match="AWS_SECRET_ACCESS_KEY"):
        back.secret_key.reveal()


def test_no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("cloud.test").error("%s %r %s", planted(), planted(), vars(planted()))
    assert "AWS" in caplog.text.upper()
    assert "canary" not in caplog.text


def test_no_secret_is_in_an_uncaught_traceback() -> None:
    program = (
        "import os\n"
        "from cloud import CloudCredentials, CloudProvider\n"
        "credentials = CloudCredentials(CloudProvider.CODA, token=os.environ['CANARY'])\n"
        "raise RuntimeError(credentials, vars(credentials))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"CANARY": "canary-value", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "RuntimeError: (CloudCredentials(provider=coda, source='explicit')" in done.stderr
    assert "canary-value" not in done.stderr


def test_the_signature_shows_no_environment() -> None:
    assert inspect.signature(CloudCredentials.from_env).parameters["environ"].default is None


def test_every_secret_field_is_declared_a_secret() -> None:
    declared = {field.name for field in dataclasses.fields(CloudCredentials) if "Secret" in str(field.type)}
    assert declared == set(SECRET_FIELDS)
    assert all(isinstance(vars(planted())[field], Secret) for field in SECRET_FIELDS)


def test_fields_and_parameters_agree() -> None:
    parameters = list(inspect.signature(CloudCredentials).parameters.values())
    assert [parameter.name for parameter in parameters] == [
        f.name for f in dataclasses.fields(CloudCredentials)
    ]
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters[1:])


# -- the value ---------------------------------------------------------------------------------------------
def test_repr_tells_where_they_are_from() -> None:
    assert repr(planted()) == (
        "CloudCredentials(provider=aws, access_key=...MPLE, source='explicit', region='eu-central-1')"
    )


def test_repr_hides_a_short_access_key() -> None:
    short = CloudCredentials(CloudProvider.AWS, access_key="minioadmin", secret_key="minioadmin")
    assert repr(short) == "CloudCredentials(provider=aws, access_key=..., source='explicit')"


def test_secrets_are_given_as_text_or_secret() -> None:
    secret = Secret("x")
    assert CloudCredentials(CloudProvider.CODA, token=secret).token is secret
    assert CloudCredentials(CloudProvider.CODA, token="x").token == secret


def test_credentials_are_frozen_equal_by_value_and_hashable() -> None:
    assert planted() == planted()
    assert planted() != dataclasses.replace(planted(), secret_key=Secret("other"))
    assert len({planted(), planted()}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        planted().region = "x"  # type: ignore[misc]  # that is the point


def test_expiry_is_utc() -> None:
    zone = timezone(timedelta(hours=2))
    found = CloudCredentials(
        CloudProvider.CODA, token="x", expires_at=datetime(2030, 1, 1, 2, tzinfo=zone)
    ).expires_at
    assert found == datetime(2030, 1, 1, tzinfo=timezone.utc)
    assert found.tzinfo is timezone.utc


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"access_key": "A"}, "access_key is given without secret_key"),
        ({"secret_key": "S"}, "secret_key is given without access_key"),
        ({"session_token": "S"}, "session_token is given without access_key"),
        ({"access_key": "A", "secret_key": ""}, "secret_key is empty"),
        ({"token": ""}, "token is empty"),
        ({"region": ""}, "region is empty"),
        ({"username": "u"}, "username is given without password"),
        ({"account_key": "k"}, "account_key is given without account_name"),
        ({"client_secret": "k", "client_id": "i"}, "client_secret is given without tenant_id"),
        (
            {"application_credential_id": "i"},
            "application_credential_id is given without application_credential_secret",
        ),
        ({"token": "x", "expires_at": datetime(2030, 1, 1)}, "no time zone"),  # noqa: DTZ001  # that is the point
        ({"provider": "aws"}, "provider is 'aws', not a CloudProvider"),
    ],
)
def test_what_cannot_work_is_refused(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        CloudCredentials(**{"provider": CloudProvider.AWS, **arguments})
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert any("CloudCredentials(provider=aws" in str(frame.locals) for frame in told.stack)


# -- the environment ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("provider", "environ", "expected"),
    [
        (
            CloudProvider.AWS,
            {
                "AWS_ACCESS_KEY_ID": "A",
                "AWS_SECRET_ACCESS_KEY": "S",
                "AWS_SESSION_TOKEN": "T",
                "AWS_REGION": "eu-west-1",
                "AWS_DEFAULT_REGION": "us-east-1",
            },
            {"access_key": "A", "secret_key": "S", "session_token": "T", "region": "eu-west-1"},
        ),
        (CloudProvider.AWS, {"AWS_PROFILE": "p", "AWS_DEFAULT_REGION": "r"}, {"profile": "p", "region": "r"}),
        (
            CloudProvider.AWS,
            {"AWS_PROFILE": "p", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
            {"profile": "p"},
        ),
        (
            CloudProvider.GCP,
            {"GOOGLE_APPLICATION_CREDENTIALS": "/k.json", "GOOGLE_CLOUD_PROJECT": "p", "GCLOUD_PROJECT": "q"},
            {"credentials_file": "/k.json", "project": "p"},
        ),
        (CloudProvider.AZURE, {"AZURE_STORAGE_CONNECTION_STRING": "C"}, {"connection_string": "C"}),
        (
            CloudProvider.AZURE,
            {"AZURE_STORAGE_ACCOUNT": "a", "AZURE_STORAGE_KEY": "k"},
            {"account_name": "a", "account_key": "k"},
        ),
        (
            CloudProvider.AZURE,
            {"AZURE_STORAGE_ACCOUNT_NAME": "a", "AZURE_STORAGE_SAS_TOKEN": "s"},
            {"account_name": "a", "sas_token": "s"},
        ),
        (
            CloudProvider.AZURE,
            {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"},
            {"tenant_id": "t", "client_id": "c", "client_secret": "s"},
        ),
        (
            CloudProvider.INFOMANIAK,
            {"INFOMANIAK_S3_ACCESS_KEY": "A", "INFOMANIAK_S3_SECRET_KEY": "S", "INFOMANIAK_S3_REGION": "x"},
            {"access_key": "A", "secret_key": "S", "region": "x"},
        ),
        (
            CloudProvider.INFOMANIAK,
            {
                "INFOMANIAK_APP_CREDENTIAL_ID": "i",
                "INFOMANIAK_APP_CREDENTIAL_SECRET": "s",
                "OS_APPLICATION_CREDENTIAL_SECRET": "of another",
                "INFOMANIAK_AUTH_URL": "https://k/v3",
                "OS_AUTH_URL": "https://other/v3",
                "INFOMANIAK_PROJECT_ID": "p",
                "INFOMANIAK_REGION": "dc3-a",
                "INFOMANIAK_S3_REGION": "us-east-1",
            },
            {
                "application_credential_id": "i",
                "application_credential_secret": "s",
                "auth_url": "https://k/v3",
                "project_id": "p",
                "region": "dc3-a",
            },
        ),
        (
            CloudProvider.INFOMANIAK,
            {
                "OS_USERNAME": "u",
                "OS_PASSWORD": "w",
                "OS_PROJECT_NAME": "n",
                "OS_USER_DOMAIN_NAME": "Default",
                "OS_REGION_NAME": "dc4-a",
            },
            {"username": "u", "password": "w", "project": "n", "domain": "Default", "region": "dc4-a"},
        ),
        (CloudProvider.INFOMANIAK, {"OS_CLOUD": "pcp"}, {"profile": "pcp"}),
        (CloudProvider.INFOMANIAK, {"INFOMANIAK_NEWSLETTER_TOKEN": "t"}, {"token": "t"}),
        (CloudProvider.CODA, {"CODA_API_TOKEN": "t"}, {"token": "t"}),
        (CloudProvider.LOCAL, {}, {}),
    ],
)
def test_the_documented_variables_are_read(
    provider: CloudProvider, environ: Mapping[str, str], expected: dict[str, str]
) -> None:
    found = CloudCredentials.from_env(provider, environ)
    assert found == CloudCredentials(provider, source="environment", **expected)  # type: ignore[arg-type]  # fields


@pytest.mark.parametrize(
    ("provider", "environ", "missing"),
    [
        (CloudProvider.AWS, {"AWS_ACCESS_KEY_ID": "A"}, "AWS_SECRET_ACCESS_KEY is not"),
        (CloudProvider.AWS, {"AWS_SECRET_ACCESS_KEY": "S"}, "AWS_ACCESS_KEY_ID is not"),
        (
            CloudProvider.AWS,
            {"AWS_ACCESS_KEY_ID": "A", "AWS_PROFILE": "p"},
            "AWS_ACCESS_KEY_ID is set, but AWS_SECRET",
        ),
        (CloudProvider.AZURE, {"AZURE_STORAGE_KEY": "k"}, "AZURE_STORAGE_ACCOUNT is not"),
        (CloudProvider.AZURE, {"AZURE_CLIENT_SECRET": "s", "AZURE_CLIENT_ID": "i"}, "AZURE_TENANT_ID is not"),
        (CloudProvider.INFOMANIAK, {"INFOMANIAK_S3_ACCESS_KEY": "A"}, "INFOMANIAK_S3_SECRET_KEY is not"),
        (
            CloudProvider.INFOMANIAK,
            {
                "INFOMANIAK_APP_CREDENTIAL_ID": "i",
                "OS_APPLICATION_CREDENTIAL_ID": "j",
                "OS_APPLICATION_CREDENTIAL_SECRET": "s",
            },
            "INFOMANIAK_APP_CREDENTIAL_SECRET is not",
        ),
        (CloudProvider.INFOMANIAK, {"OS_USERNAME": "u"}, "OS_PASSWORD is not"),
    ],
)
def test_half_a_pair_is_an_error_that_names_the_other_half(
    provider: CloudProvider, environ: Mapping[str, str], missing: str
) -> None:
    for read in (CloudCredentials.from_env, CloudCredentials.from_env_if_set):
        with pytest.raises(ConfigurationError, match=missing):
            read(provider, environ)


@pytest.mark.parametrize(
    ("provider", "hint"),
    [
        (CloudProvider.AWS, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"),
        (CloudProvider.GCP, "set GOOGLE_APPLICATION_CREDENTIALS"),
        (
            CloudProvider.AZURE,
            "set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY, or AZURE_STORAGE_SAS_TOKEN, or AZURE_TENANT_ID and AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
        ),
        (
            CloudProvider.INFOMANIAK,
            "set INFOMANIAK_S3_ACCESS_KEY and INFOMANIAK_S3_SECRET_KEY, or INFOMANIAK_APP_CREDENTIAL_ID and INFOMANIAK_APP_CREDENTIAL_SECRET, or OS_USERNAME and OS_PASSWORD, or INFOMANIAK_NEWSLETTER_TOKEN, or OS_CLOUD",
        ),
        (CloudProvider.CODA, "set CODA_API_TOKEN"),
    ],
)
def test_nothing_set_names_every_way(provider: CloudProvider, hint: str) -> None:
    settings = {"AWS_REGION": "r", "GOOGLE_CLOUD_PROJECT": "p", "OS_REGION_NAME": "r", "CODA_API_TOKEN": ""}
    assert CloudCredentials.from_env_if_set(provider, settings) is None
    with pytest.raises(ConfigurationError, match=f"no credentials for {provider.value}") as caught:
        CloudCredentials.from_env(provider, settings)
    assert caught.value.hint == hint


def test_credentials_of_the_environment_travel_as_references(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODA_API_TOKEN", "canary")
    found = CloudCredentials.from_env(CloudProvider.CODA)
    monkeypatch.setenv("CODA_API_TOKEN", "newer")
    assert found.token is not None
    assert found.token.reveal() == "canary"
    pickled = pickle.dumps(found)
    assert b"canary" not in pickled
    assert pickle.loads(pickled).token.reveal() == "newer"  # noqa: S301  # made here
