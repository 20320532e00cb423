"""What Lambda and CloudWatch Logs answer, by code. A test walks their service models for codes that lack here.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.aws._errors import ErrorTable
from cloud.common import errors as e

if TYPE_CHECKING:
    from collections.abc import Mapping

_LAMBDA: Mapping[str, type[e.CloudError]] = {
    "AliasLimitExceededException": e.QuotaExceededError,
    "CallbackTimeoutException": e.ConflictError,
    "CapacityProviderLimitExceededException": e.QuotaExceededError,
    "CodeArtifactUserDeletedException": e.ConflictError,
    "CodeArtifactUserFailedException": e.ConflictError,
    "CodeArtifactUserPendingException": e.ConflictError,
    "CodeSigningConfigNotFoundException": e.NotFoundError,
    "CodeStorageExceededException": e.QuotaExceededError,
    "CodeVerificationFailedException": e.InvalidRequestError,
    "DurableExecutionAlreadyStartedException": e.AlreadyExistsError,
    "EC2AccessDeniedException": e.PermissionDeniedError,
    "EC2ThrottledException": e.RateLimitedError,
    "EC2UnexpectedException": e.ServiceUnavailableError,
    "EFSIOException": e.ServiceUnavailableError,
    "EFSMountConnectivityException": e.ServiceUnavailableError,
    "EFSMountFailureException": e.PermissionDeniedError,
    "EFSMountTimeoutException": e.TimeoutError_,
    "ENILimitReachedException": e.QuotaExceededError,
    "ENINotReadyException": e.ServiceUnavailableError,
    "FunctionVersionsPerCapacityProviderLimitExceededException": e.QuotaExceededError,
    "InvalidCodeSignatureException": e.InvalidRequestError,
    "InvalidParameterValueException": e.InvalidRequestError,
    "InvalidRequestContentException": e.InvalidRequestError,
    "InvalidRuntimeException": e.InvalidRequestError,
    "InvalidSecurityGroupIDException": e.InvalidRequestError,
    "InvalidSubnetIDException": e.InvalidRequestError,
    "InvalidZipFileException": e.InvalidRequestError,
    "KMSAccessDeniedException": e.PermissionDeniedError,
    "KMSDisabledException": e.ConflictError,
    "KMSInvalidStateException": e.ConflictError,
    "KMSNotFoundException": e.NotFoundError,
    "ModeNotSupportedException": e.UnsupportedOperationError,
    "NoPublishedVersionException": e.ConflictError,
    "PolicyLengthExceededException": e.QuotaExceededError,
    "PreconditionFailedException": e.PreconditionFailedError,
    "ProvisionedConcurrencyConfigNotFoundException": e.NotFoundError,
    "PublicPolicyException": e.PermissionDeniedError,
    "RecursiveInvocationException": e.ConflictError,
    "RequestTooLargeException": e.InvalidRequestError,
    "ResourceConflictException": e.ConflictError,
    "ResourceInUseException": e.ConflictError,
    "ResourceNotFoundException": e.NotFoundError,
    "ResourceNotReadyException": e.ServiceUnavailableError,
    "RuntimeAliasDeletedException": e.ConflictError,
    "RuntimeVersionDeletedException": e.ConflictError,
    "S3FilesMountConnectivityException": e.ServiceUnavailableError,
    "S3FilesMountFailureException": e.PermissionDeniedError,
    "S3FilesMountTimeoutException": e.TimeoutError_,
    "SerializedRequestEntityTooLargeException": e.InvalidRequestError,
    "ServiceException": e.ServiceUnavailableError,
    "ServiceQuotaExceededException": e.QuotaExceededError,
    "SnapStartException": e.ConflictError,
    "SnapStartNotReadyException": e.ServiceUnavailableError,
    "SnapStartRegenerationFailureException": e.ConflictError,
    "SnapStartTimeoutException": e.TimeoutError_,
    "SubnetIPAddressLimitReachedException": e.QuotaExceededError,
    "TooManyRequestsException": e.RateLimitedError,
    "UnsupportedMediaTypeException": e.InvalidRequestError,
}
_LOGS: Mapping[str, type[e.CloudError]] = {
    "ConflictException": e.ConflictError,
    "DataAlreadyAcceptedException": e.ConflictError,
    "InternalServerException": e.ServiceUnavailableError,
    "InternalStreamingException": e.ServiceUnavailableError,
    "InvalidOperationException": e.ConflictError,
    "InvalidParameterException": e.InvalidRequestError,
    "InvalidSequenceTokenException": e.ConflictError,
    "LimitExceededException": e.QuotaExceededError,
    "MalformedQueryException": e.InvalidRequestError,
    "OperationAbortedException": e.ConflictError,
    "ResourceAlreadyExistsException": e.AlreadyExistsError,
    "SessionStreamingException": e.ServiceUnavailableError,
    "SessionTimeoutException": e.TimeoutError_,
    "TooManyTagsException": e.InvalidRequestError,
}
TABLE = ErrorTable(
    by_code={**_LAMBDA, **_LOGS},
    hints={
        "CodeStorageExceededException": "delete versions and layers that nobody uses",
        "ENILimitReachedException": "the VPC has no network interface left for the function",
        "ResourceConflictException": "something else changes the function: wait until that is done",
        "RequestTooLargeException": "send a link to the data instead of the data",
        "TooManyRequestsException": "the function's concurrency, or the account's, is used up",
    },
    retryable=frozenset({"CodeArtifactUserPendingException"}),
    # Each says that the function could not be started, so that it certainly did not run.
    refused=frozenset(
        {
            "EC2ThrottledException",
            "EC2UnexpectedException",
            "EFSMountConnectivityException",
            "EFSMountTimeoutException",
            "ENINotReadyException",
            "ResourceNotReadyException",
            "S3FilesMountConnectivityException",
            "S3FilesMountTimeoutException",
            "SnapStartNotReadyException",
            "SnapStartTimeoutException",
            "TooManyRequestsException",
        }
    ),
)
# `ResourceConflictException` has two meanings, which the operation tells apart: here a name is taken.
CREATING = frozenset({"CreateAlias", "CreateFunction", "CreateFunctionUrlConfig", "AddPermission"})
