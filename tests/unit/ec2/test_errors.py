"""Every code of EC2 has a class of ours: by code, by its ending, then by status, never by text."""

from __future__ import annotations

import re
from pathlib import Path

import moto.ec2.exceptions
import pytest
from botocore.exceptions import ClientError

from cloud.aws import EC2Client
from cloud.aws._ec2_errors import EC2_ERRORS
from cloud.aws._errors import COMMON, translate
from cloud.common import errors as e

# What moto's EC2 raises, which is what its authors saw the real one say.
_SOURCE = Path(moto.ec2.exceptions.__file__).read_text()
MOTO = sorted(set(re.findall(r'super\(\)\.__init__\(\s*f?"([A-Za-z]+(?:\.[A-Za-z]+)?)"', _SOURCE)))
NO_FAILURE = {"DryRunOperation"}  # how EC2 says yes to a dry run


def ours(code: str, status: int = 400, message: str = "words") -> e.CloudError:
    answer = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "R", "HTTPHeaders": {}},
    }
    error = translate(ClientError(answer, "RunInstances"), EC2_ERRORS)  # type: ignore[arg-type]  # as much of an answer as is read
    assert error is not None
    return error


def test_moto_has_codes() -> None:
    assert len(MOTO) > 60


@pytest.mark.parametrize("code", [code for code in MOTO if code not in NO_FAILURE])
def test_every_code_of_moto_is_known_whatever_the_status(code: str) -> None:
    kinds = {type(ours(code, status)) for status in (400, 404, 409, 500)}
    assert len(kinds) == 1, f"{code} is read by its status: add it to EC2_ERRORS"
    assert kinds != {e.UnknownServiceError}


@pytest.mark.parametrize(("code", "kind"), EC2_ERRORS.by_code.items(), ids=str)
def test_every_code_of_the_table(code: str, kind: type[e.CloudError]) -> None:
    error = ours(code)
    assert type(error) is kind
    assert (error.provider_code, error.message, error.request_id) == (code, "words", "R")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InvalidInstanceID.NotFound", e.NotFoundError), ("InvalidInstanceID.Malformed", e.InvalidRequestError),
        ("InvalidAMIID.NotFound", e.NotFoundError), ("InvalidAMIID.Unavailable", e.NotFoundError),
        ("InvalidKeyPair.Duplicate", e.AlreadyExistsError), ("InvalidGroup.Duplicate", e.AlreadyExistsError),
        ("InvalidGroup.InUse", e.ConflictError), ("InvalidVolume.ZoneMismatch", e.InvalidRequestError),
        ("InvalidSnapshot.InUse", e.ConflictError), ("InvalidGroup.Reserved", e.InvalidRequestError),
        ("InstanceLimitExceeded", e.QuotaExceededError), ("VcpuLimitExceeded", e.QuotaExceededError),
        ("AddressLimitExceeded", e.QuotaExceededError), ("VolumeLimitExceeded", e.QuotaExceededError),
        ("RulesPerSecurityGroupLimitExceeded", e.QuotaExceededError), ("RequestLimitExceeded", e.RateLimitedError),
        ("InsufficientInstanceCapacity", e.ServiceUnavailableError), ("IncorrectInstanceState", e.ConflictError),
        ("UnauthorizedOperation", e.PermissionDeniedError), ("AuthFailure", e.AuthenticationError),
        ("IdempotentParameterMismatch", e.ConflictError), ("OperationNotPermitted", e.ConflictError),
        ("InvalidParameterValue", e.InvalidRequestError), ("SpotMaxPriceTooLow", e.InvalidRequestError),
    ],
)  # fmt: skip  # a table
def test_what_users_meet(code: str, kind: type[e.CloudError]) -> None:
    assert type(ours(code)) is kind


def test_a_code_of_tomorrow_is_read_by_its_status_and_never_by_its_text() -> None:
    assert type(ours("NewCode", 404)) is e.NotFoundError
    assert type(ours("NewCode", 503)) is e.ServiceUnavailableError
    assert type(ours("NewCode", 418)) is e.UnknownServiceError
    for words in ("InvalidInstanceID.NotFound", "Request limit exceeded", "timeout"):
        assert type(ours("NewCode", 400, words)) is e.InvalidRequestError


def test_the_endings_do_not_hide_one_another() -> None:
    endings = [ending for ending, _ in EC2_ERRORS.by_ending]
    for place, ending in enumerate(endings):
        assert not [later for later in endings[place + 1 :] if later.endswith(ending)], ending
    assert len(endings) == len(set(endings))


def test_hints_are_of_codes_that_mean_something() -> None:
    for code in EC2_ERRORS.hints:
        assert type(ours(code, 418)) is not e.UnknownServiceError
        assert ours(code).hint == EC2_ERRORS.hints[code]
    assert EC2_ERRORS.retryable <= EC2_ERRORS.by_code.keys() | COMMON.keys()
    assert ours("ConcurrentTagAccess").retryable
    assert not ours("ConcurrentTagAccess").request_sent


def test_the_client_reads_by_this_table() -> None:
    assert EC2Client.error_table is EC2_ERRORS
