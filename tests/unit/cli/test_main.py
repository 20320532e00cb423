from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from cloud.cli import _listing
from cloud.cli._errors import error_line, exit_code
from cloud.cli._parser import build_parser
from cloud.common import errors
from cloud.common.errors import CloudError, ErrorContext

if TYPE_CHECKING:
    from pathlib import Path

    from cloud.local import LocalStorageClient
    from conftest import Run

CODES = {
    errors.CloudError: 1,
    errors.ConfigurationError: 2,
    errors.MissingDependencyError: 9,
    errors.AuthenticationError: 5,
    errors.PermissionDeniedError: 5,
    errors.NotFoundError: 4,
    errors.AlreadyExistsError: 6,
    errors.ConflictError: 6,
    errors.PreconditionFailedError: 6,
    errors.NotModifiedError: 6,
    errors.InvalidRequestError: 2,
    errors.QuotaExceededError: 1,
    errors.RateLimitedError: 7,
    errors.TimeoutError_: 7,
    errors.ServiceUnavailableError: 7,
    errors.IntegrityError: 8,
    errors.UnsupportedOperationError: 9,
    errors.OutcomeUnknownError: 1,
    errors.FunctionError: 1,
    errors.CancelledError: 1,
    errors.UnknownServiceError: 1,
}


def test_every_error_class_has_its_exit_code() -> None:
    known = {
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CloudError)
    }
    assert known == set(CODES)
    assert {kind: exit_code(kind("text")) for kind in known} == CODES
    assert exit_code(FileNotFoundError()) == 4
    assert exit_code(OSError(28, "No space left on device")) == 1


def test_an_error_is_one_line_without_secrets_and_control_characters() -> None:
    error = errors.NotFoundError(
        "no\nsuch \x1b[31mkey",
        hint="see https://user:hunter2@host/",
        context=ErrorContext("aws", "s3", "download_file", "b/k"),
        http_status=404,
        provider_code="NoSuchKey",
    )
    line = error_line(error)
    assert line == r"download_file b/k: no\nsuch \x1b[31mkey [404, NoSuchKey] (see https://***@host/)"
    assert (
        error_line(FileNotFoundError(2, "No such file or directory", "a\nb"))
        == r"a\x0ab: No such file or directory"
    )


@pytest.mark.parametrize(
    "args",
    [
        ["--json", "ls", "file://"],
        ["ls", "--json", "file://"],
        ["ls", "file://", "--json"],
    ],
)
def test_global_options_stand_before_or_after_the_command(run: Run, args: list[str]) -> None:
    assert run(*args).records == [{"type": "bucket", "name": "b", "url": "file://b/"}]


@pytest.mark.parametrize("option", ["profile", "endpoint", "region", "config"])
def test_global_values_stand_before_or_after_the_command(option: str) -> None:
    for args in ([f"--{option}", "x", "ls", "u"], ["ls", f"--{option}", "x", "u"]):
        assert getattr(build_parser().parse_args(args), option) == "x"


def test_profiles_come_from_the_configuration(run: Run, tmp_path: Path, store: LocalStorageClient) -> None:
    config = tmp_path / "config.json"
    profiles = {"other": {"provider": "local", "root": str(tmp_path / "other")}}
    config.write_text(json.dumps({"profiles": profiles}))
    assert run("mb", "file://there", "--config", config, "--profile", "other").code == 0
    assert (tmp_path / "other").is_dir()
    assert run("ls", "file://?profile=other", "--config", config).lines == ["there"]
    assert run("ls", "file://").lines == ["b"]
    # What a URL says itself is stronger than the option for all of them.
    url = f"file://?root={tmp_path}/store"
    assert run("ls", url, "--config", config).lines == ["b"]
    assert run("ls", "file://", "--config", tmp_path / "none.json").code == 2


def test_an_option_that_the_store_does_not_know_is_refused(run: Run) -> None:
    ran = run("ls", "file://b", "--endpoint", "http://127.0.0.1:1")
    assert ran.code == 2
    assert "endpoint" in ran.err


def test_a_bug_shows_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(_listing, "ls", broken)
    with pytest.raises(ZeroDivisionError):
        run("ls", "file://b")


def test_ctrl_c(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(_listing, "ls", interrupted)
    ran = run("ls", "file://b")
    assert (ran.code, ran.err) == (130, "cloud: interrupted\n")


def test_debug_shows_the_traceback_and_the_requests(run: Run) -> None:
    ran = run("--debug", "ls", "file://none")
    assert ran.code == 4
    assert "Traceback" in ran.err
    assert "list_objects none: attempt 1" in ran.err
    assert ran.err.endswith("\ncloud: list_objects none: there is no bucket called 'none' [NoSuchBucket]\n")
    assert "Traceback" not in run("-v", "ls", "file://none").err


def test_logging_is_as_before_afterwards(run: Run) -> None:
    logger = logging.getLogger("cloud")
    before = (logger.level, logger.propagate, list(logger.handlers))
    run("--debug", "ls", "file://b")
    assert (logger.level, logger.propagate, list(logger.handlers)) == before


def test_usage(run: Run) -> None:
    assert run("--version").lines[0].startswith("cloud ")
    assert run().code == 2
    ran = run("frobnicate")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    ran = run("ls", "--lon", "file://b")  # no abbreviations: a later option must not change their meaning
    assert ran.code == 2
    assert "cloud ls --help" in ran.err
    assert run("ls", "--help").code == 0


def test_providers_never_show_values(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "planted-secret-value"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "planted-access-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    monkeypatch.setenv("INFOMANIAK_S3_ACCESS_KEY", "half")
    monkeypatch.delenv("INFOMANIAK_S3_SECRET_KEY", raising=False)
    config = tmp_path / "config.json"
    minio = {"provider": "aws", "access_key": "planted-id", "secret_key": {"env": "MINIO_SECRET"}}
    own = {"provider": "aws", "profile": "work"}
    config.write_text(json.dumps({"profiles": {"minio": minio, "own": own, "disk": {"provider": "local"}}}))
    for args in ((), ("--json",)):
        ran = run("providers", "--config", config, *args)
        assert ran.code == 0
        for value in (secret, "planted-access-key", "planted-id", "half"):
            assert value.encode() not in ran.out
    found = run("providers", "--config", config, "--json").json
    assert [status["scheme"] for status in found["schemes"]][:7] == [
        "s3", "gs", "az", "swift", "infomaniak-s3", "file", "memory",
    ]  # fmt: skip  # one line reads best
    environment = {row["provider"]: row for row in found["environment"]}
    assert environment["aws"]["found"] == ["secret_key (environment variable AWS_SECRET_ACCESS_KEY)"]
    assert "INFOMANIAK_S3_SECRET_KEY" in environment["infomaniak"]["problem"]
    assert {row["name"]: row["found"] for row in found["profiles"]} == {
        "minio": ["secret_key (environment variable MINIO_SECRET)"],
        "own": ["the provider's own profile work"],
        "disk": ["needs none"],
    }
    lines = run("providers", "--config", config).lines
    assert "aws\tsecret_key (environment variable AWS_SECRET_ACCESS_KEY)" in lines


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_every_command(run: Run, shell: str) -> None:
    ran = run("completion", shell)
    assert ran.code == 0
    options = () if shell == "tcsh" else ("--max-depth", "--endpoint")  # shtab knows no more for tcsh
    for name in ("presign", "find", *options):
        assert name.encode() in ran.out
