"""`Secret` shows itself to nobody, and `redact` finds the secrets of free text."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import re
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common._redact import MAX_SECRET_FILE_BYTES, Secret, redact
from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CANARY = "canary+7Hq/9zKf0bQe="


# -- Secret ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        pprint.pformat,
        "{}".format,
        "{!r:>30}".format,
        lambda secret: f"{secret} {secret:>8} {[secret]} {{'k': secret}}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031  # logging formats like this
        lambda secret: json.dumps({"secret": secret}, default=str),
        lambda secret: str(secret.__reduce_ex__(4)),
        lambda secret: str([getattr(secret, name) for name in Secret.__slots__]),
    ],
)
def test_a_secret_shows_its_text_to_nothing(show: Callable[[Secret], str]) -> None:
    assert CANARY not in show(Secret(CANARY))


def test_reveal_is_the_way_to_the_text() -> None:
    assert Secret(CANARY).reveal() == CANARY


def test_format_pads_the_mask() -> None:
    assert f"{Secret(CANARY):>6}" == "   ***"


def test_json_refuses_a_secret() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(Secret(CANARY))


def test_logging_shows_the_mask(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("cloud.test").warning("%s %r", Secret(CANARY), {"key": Secret(CANARY)})
    assert caplog.messages == ["*** {'key': ***}"]


def test_copies_are_the_secret_itself() -> None:
    secret = Secret(CANARY)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_equality_compares_texts_and_hashes_tell_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_VARIABLE", CANARY)
    assert Secret(CANARY) == Secret.from_env("CANARY_VARIABLE")
    assert Secret(CANARY) != Secret(CANARY + "x")
    assert Secret(CANARY) != CANARY
    assert hash(Secret(CANARY)) == hash(Secret("other"))
    assert Secret("\udcff") == Secret("\udcff")


def test_references_to_the_same_place_are_equal_without_reading_it() -> None:
    assert Secret.from_file("/nowhere/at/all") == Secret.from_file("/nowhere/at/all")


def test_of_converts_only_text() -> None:
    secret = Secret(CANARY)
    assert Secret.of(None) is None
    assert Secret.of(secret) is secret
    assert Secret.of(CANARY) == secret


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="a secret is a str, not bytes"):
        Secret(b"bytes")  # type: ignore[arg-type]  # that is the point


def test_only_an_empty_plain_text_is_false() -> None:
    assert not Secret("")
    assert Secret(CANARY)
    assert Secret.from_env("CLOUD_TEST_NOT_SET")
    assert pickle.loads(pickle.dumps(Secret(CANARY)))  # noqa: S301  # made here


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_plain_secret_pickles_without_its_text(protocol: int) -> None:
    pickled = pickle.dumps(Secret(CANARY, variable="AWS_SECRET_ACCESS_KEY"), protocol)
    assert CANARY.encode() not in pickled
    lost = pickle.loads(pickled)  # noqa: S301  # made here
    assert repr(lost) == "***"
    with pytest.raises(
        ConfigurationError, match=r"do not travel in pickles.*from_env\('AWS_SECRET_ACCESS_KEY'\)"
    ):
        lost.reveal()
    with pytest.raises(ConfigurationError, match="do not travel in pickles"):
        pickle.loads(pickle.dumps(lost)).reveal()  # noqa: S301  # made here
    assert lost == lost  # noqa: PLR0124  # an unreadable secret equals itself and nothing else
    assert lost != Secret(CANARY)


def test_an_environment_reference_is_read_again_after_a_pickle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_VARIABLE", CANARY)
    secret = Secret.from_env("CANARY_VARIABLE")
    assert secret.reveal() == CANARY
    pickled = pickle.dumps(secret)
    assert CANARY.encode() not in pickled
    monkeypatch.setenv("CANARY_VARIABLE", "newer")
    assert pickle.loads(pickled).reveal() == "newer"  # noqa: S301  # made here
    assert secret.reveal() == CANARY
    assert secret.reference == "environment variable CANARY_VARIABLE"


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    secret = Secret.from_env("CANARY_VARIABLE")
    if value is not None:
        monkeypatch.setenv("CANARY_VARIABLE", value)
    with pytest.raises(ConfigurationError, match="CANARY_VARIABLE is not set"):
        secret.reveal()


def test_a_file_is_read_at_first_need_and_once(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    secret = Secret.from_file(path)
    with pytest.raises(ConfigurationError, match="No such file"):
        secret.reveal()
    path.write_text(f" {CANARY}\r\n\n")
    assert secret.reveal() == f" {CANARY}"
    pickled = pickle.dumps(secret)
    path.write_text("newer\n")
    assert secret.reveal() == f" {CANARY}"
    assert CANARY.encode() not in pickled
    assert pickle.loads(pickled).reveal() == "newer"  # noqa: S301  # made here


def test_a_file_reference_keeps_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Secret.from_file("secret").reference == f"file {tmp_path / 'secret'}"
    assert Secret.from_file("~/secret").reference == f"file {tmp_path / 'secret'}"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (CANARY.encode() + b"\xff", "is not UTF-8"),
        (CANARY.encode() * 4096, f"is longer than {MAX_SECRET_FILE_BYTES} bytes"),
    ],
)
def test_an_unusable_file_is_told_without_its_content(tmp_path: Path, content: bytes, problem: str) -> None:
    import traceback

    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=problem) as caught:
        Secret.from_file(path).reveal()
    frames = [frame for frame in traceback.walk_tb(caught.tb) if "cloud" in frame[0].f_code.co_filename]
    assert not [frame.f_locals for frame, _ in frames if "canary" in str(frame.f_locals.values())]
    assert caught.value.__context__ is None


# -- redact ------------------------------------------------------------------------------------------------
SIGNATURE = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        (
            f"GET https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20250101&X-Amz-Security-Token=IQoJb3JpZ2luX2Vj%2F&X-Amz-Signature={SIGNATURE}",
            ["AKIAIOSFODNN7EXAMPLE", "IQoJb3JpZ2luX2Vj", SIGNATURE],
        ),
        (f"https://storage.googleapis.com/b/k?X-Goog-Signature={SIGNATURE}&x=1", [SIGNATURE]),
        (
            "https://s3/b/k?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1&Signature=vjbyPxybd%3D",
            ["AKIA", "vjby"],
        ),
        ("https://acc.blob.core.windows.net/c/b?sv=2024-05-04&sp=r&sig=Zm9vYmFy%2Bx%3D", ["Zm9v"]),
        (f"https://swift/v1/AUTH_a/c/o?temp_url_sig={SIGNATURE}&temp_url_expires=1", [SIGNATURE]),
        (
            f"Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20250101/s3, SignedHeaders=host, Signature={SIGNATURE}\r\nHost: b",
            ["AKIAIOSFODNN7EXAMPLE", SIGNATURE],
        ),
        (repr({"Authorization": "Bearer ya29.a0AfH6SMBx", "Accept": "a"}), ["ya29"]),
        (repr([("authorization", "SharedKey acc:bm9wZQ==")]), ["bm9w"]),
        (repr(b"PUT / HTTP/1.1\r\nProxy-Authorization: Basic dXNlcjpwdw==\r\nHost: h\r\n"), ["dXNl"]),
        ('{"authorization": "Bearer c0da-token-1234"}', ["c0da"]),
        ("the service refused Bearer 0123abcd-4567-89ef", ["0123abcd"]),
        ("X-Auth-Token: gAAAAABkcanary", ["gAAAA"]),
        ("x-subject-token=gAAAAABkcanary, next", ["gAAAA"]),
        ("{'x-amz-security-token': 'IQoJb3JpZ2lu'}", ["IQoJ"]),
        ("x-amz-server-side-encryption-customer-key: bXlrZXlteWtleQ==", ["bXlr"]),
        ("X-Account-Meta-Temp-URL-Key-2: hunter22", ["hunter22"]),
        ("Set-Cookie: session=abcdef; Path=/", ["abcdef"]),
        ("proxy http://user:pa%20ss@proxy:3128 failed", ["user", "pa%20ss"]),
        ("http://user:p@ss@proxy:3128/x", ["p@ss", "user"]),
        ("http://user:pa/ss@proxy:3128/x", ["pa/ss", "user"]),
        ("https://ghp_0123456789@github.com/x", ["ghp_"]),
        (f"AWS_SECRET_ACCESS_KEY={AWS_SECRET} aws s3 ls", [AWS_SECRET]),
        (f'secret_key = "{AWS_SECRET}"', [AWS_SECRET]),
        (f"aws_secret_access_key : {AWS_SECRET}\nnext = 1", [AWS_SECRET]),
        (f"{{'SecretAccessKey': '{AWS_SECRET}', 'Expiration': 1}}", [AWS_SECRET]),
        (
            f"<SecretAccessKey>{AWS_SECRET}</SecretAccessKey><SessionToken>FwoG</SessionToken>",
            [AWS_SECRET, "FwoG"],
        ),
        ("OS_PASSWORD='two words' openstack", ["two", "words"]),
        (r'{"password": "quo\"ted", "a": 1}', ["quo", "ted"]),
        ("OS_PASSWORD=p(a,s]s OS_USERNAME=x", ["p(a", "s]s"]),
        (r'body "{\"password\": \"hunter22\"}"', ["hunter22"]),
        ("api_token: beef-beef", ["b", "eef"]),
        ("client_secret=abc~123&grant_type=x", ["abc~123"]),
        (
            "DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=bXlrZXk+/w==;EndpointSuffix=x",
            ["bXlrZXk"],
        ),
        ("SharedAccessSignature=sv=2024&sig=Zm9vYmFy", ["Zm9v"]),
        ("CODA_API_TOKEN=0123-4567", ["0123-4567"]),
        ("access_token=abc&refresh_token=def", ["abc", "def"]),
        ("INFOMANIAK_NEWSLETTER_TOKEN: xyz", ["xyz"]),
        (f"got {JWT} back", [JWT.split(".")[1]]),
        (
            '"private_key": "-----BEGIN PRIVATE KEY-----\\nMIIEvQ\\n-----END PRIVATE KEY-----\\n"',
            ["MIIEvQ"],
        ),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEvQ cut off", ["MIIEvQ"]),
        ("https://www.googleapis.com/x?key=AIzaSyA0123456789012345678901234567890", ["AIzaSy"]),
    ],
)
def test_secrets_in_text_are_hidden(text: str, secrets: list[str]) -> None:
    shown = redact(text)
    assert not [secret for secret in secrets if secret in shown]
    assert "***" in shown
    assert redact(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s3://bucket/folder/secret plans.txt",
        "s3://bucket/a@b/c",
        "http://localhost:9000/bucket/logo@2x.png?prefix=a",
        "http://[::1]:9000/bucket/logo@2x.png",
        "list_objects bucket: next_token=1ueGcxLPRx1Tr continuation-token=abc pageToken=eyJsaW1pd",
        "NoSuchKey: The specified key does not exist. [404, request 4442587FB7D0A2F9]",
        "The request signature we calculated does not match the signature you provided.",
        "etag 5d672d79c15b13162d9279b0855cfba6, sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "x-amz-server-side-encryption-customer-key-MD5: ok",
        "the bucket is owned by somebody else; design=1",
    ],
)
def test_harmless_text_stays(text: str) -> None:
    assert redact(text) == text


def test_what_surrounds_a_secret_stays() -> None:
    url = f"https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature={SIGNATURE}&versionId=3"
    assert redact(url) == "https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature=***&versionId=3"
    assert redact("http://user:pw@proxy:3128/x") == "http://***@proxy:3128/x"
    assert redact("Session(api_token=abc, region='x')") == "Session(api_token=***, region='x')"
    assert redact("{'token': 'abc', 'a': 1}") == "{'token': '***', 'a': 1}"


@given(
    name=st.sampled_from(
        ["secret_key", "AWS_SECRET_ACCESS_KEY", "password", "X-Auth-Token", "AccountKey", "session_token"]
    ),
    between=st.sampled_from(["=", ": ", " = ", '="', "': '"]),
    secret=st.text(string.ascii_letters + string.digits + "+/=_~.-", min_size=8).map("Zq9".__add__),
    before=st.text(max_size=20),
)
def test_named_values_are_hidden_in_any_text(name: str, between: str, secret: str, before: str) -> None:
    shown = redact(f"{before} {name}{between}{secret} end")
    assert secret not in shown
    assert re.search(r"\*\*\*", shown)
