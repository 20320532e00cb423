"""Keys in the environment are found without the SDK, where botocore would find the same ones first."""

from __future__ import annotations

import botocore.session
import pytest

from cloud._dialects.s3._keys import BotocoreKeys, StaticKeys
from cloud._dialects.s3._options import S3Options
from cloud._dialects.s3._profiles import AWS
from cloud._dialects.s3._setup import S3Setup

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI"}
TOKENS = {"AWS_SESSION_TOKEN": "session", "AWS_SECURITY_TOKEN": "security"}


def setup(environ: dict[str, str], profile: str | None = None) -> S3Setup:
    return S3Setup(
        credentials=None,
        region="us-east-1",
        endpoint_url=None,
        aws_profile=profile,
        timeout=None,
        service=AWS,
        anonymous=False,
        options=S3Options(),
        extra="aws",
        environ=environ,
    )


@pytest.mark.parametrize(
    "environ",
    [KEYS, KEYS | TOKENS, KEYS | {"AWS_SECURITY_TOKEN": "security"}, KEYS | {"AWS_SESSION_TOKEN": ""}],
)
def test_they_are_those_of_botocore(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*KEYS, *TOKENS, "AWS_PROFILE", "AWS_CREDENTIAL_EXPIRATION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    credentials = botocore.session.Session().get_credentials()
    assert credentials is not None
    oracle = credentials.get_frozen_credentials()
    source = setup(environ).keys()
    assert isinstance(source, StaticKeys)
    keys = source.keys()
    assert keys is not None
    assert (keys.access_key, keys.secret_key, keys.session_token or None) == (
        oracle.access_key,
        oracle.secret_key,
        oracle.token or None,
    )


@pytest.mark.parametrize(
    ("environ", "profile"),
    [
        ({}, None),
        (KEYS, "work"),
        (KEYS | {"AWS_CREDENTIAL_EXPIRATION": "2026-11-28T21:00:00Z"}, None),
        ({"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, None),
        (KEYS | {"AWS_SECRET_ACCESS_KEY": ""}, None),
    ],
)
def test_everything_else_is_the_chains(environ: dict[str, str], profile: str | None) -> None:
    assert isinstance(setup(environ, profile).keys(), BotocoreKeys)
