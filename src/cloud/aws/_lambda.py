"""Functions on AWS Lambda."""

from __future__ import annotations

import base64
import json
from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar

from cloud._dialects._answers import understood
from cloud.aws._lambda_errors import CREATING, TABLE
from cloud.aws._lambda_manage import LambdaManagement
from cloud.aws._lambda_records import (
    MIB,
    LambdaOptions,
    described,
    function_info,
    log_events,
    name_problem,
    named,
    settings_arguments,
)
from cloud.aws._session import AwsSession, call, read
from cloud.common._paging import Page
from cloud.common._serverless_types import FunctionLimits, InvokeAnswer
from cloud.common.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidRequestError,
    ServiceUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud.aws._errors import ErrorTable
    from cloud.common._observe import Observer
    from cloud.common._packaging import CodePackage
    from cloud.common._ratelimit import Limiter
    from cloud.common._retry import RetryPolicy
    from cloud.common._serverless_types import (
        Described,
        FunctionSettings,
        InvokeRequest,
        LogRequest,
        NewFunction,
    )
    from cloud.common.credentials import CloudCredentials
    from cloud.common.enums import Capability
    from cloud.common.errors import CloudError, ErrorContext
    from cloud.common.models import FunctionInfo, LogEvent

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_DIRECT_BYTES = 50 * MIB
_MAX_SECONDS = 900
_LIMITS: dict[str, Any] = {
    "max_event_bytes": 6 * MIB,
    "max_async_event_bytes": MIB,
    "max_unpacked_bytes": 250 * MIB,
    "max_environment_bytes": 4096,
    "memory_bytes": (128 * MIB, 10_240 * MIB),
    "timeout_seconds": (1, _MAX_SECONDS),
}
_DIRECT = FunctionLimits(
    **_LIMITS, max_package_bytes=MAX_DIRECT_BYTES, package_hint="larger ones go through S3: pass code_bucket="
)
_THROUGH_S3 = FunctionLimits(**_LIMITS, max_package_bytes=250 * MIB)
DEFAULT_INVOKE_SECONDS = _MAX_SECONDS + 30.0
"""The longest that a function may run, and time for the answer's way."""
_LOG_PAGE = 1000


class LambdaClient(LambdaManagement):
    """Functions on AWS Lambda, and what they write to CloudWatch Logs. Safe between threads and after a fork.

    Making one sends nothing and loads no SDK. ``name:alias`` and ``name:version`` can be looked at and
    invoked. An invocation is sent once, unless it carries an idempotency key.

    Args:
        credentials: explicit keys. Without them boto3's whole chain is searched at the first request.
        region: region of the functions; otherwise the credentials', AWS_REGION, or the profile's.
        endpoint_url: another endpoint, such as ``http://127.0.0.1:4566``.
        profile: a profile of ``~/.aws/config``.
        timeout: seconds without progress before a call fails, or (connect, read); 10 and 60 by default. It
            does not end invocations.
        retry, limits, observers: see `cloud.common`.
        role: ARN of the role that the functions run as which this client makes; short for it in `options`.
        options: defaults for the functions that this client makes; a call's own options win, one by one.
        invoke_timeout_seconds: how long to wait for a function's answer. By default as long as Lambda lets
            any function run, and 30 s more; a function that answers later than this has still run.
        code_bucket: bucket for packages of more than 50 MiB; it must be in the region of the functions. They
            stay there, under their SHA-256, and are not uploaded twice.
        code_prefix: what the keys of these packages begin with.
        code_endpoint_url: endpoint of that bucket's S3, where it is not Amazon's.
    """

    service_name: ClassVar[str] = "lambda"
    error_table: ClassVar[ErrorTable] = TABLE

    def __init__(
        self,
        credentials: CloudCredentials | None = None,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        profile: str | None = None,
        timeout: float | tuple[float, float] | None = None,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
        role: str | None = None,
        options: LambdaOptions | None = None,
        invoke_timeout_seconds: float = DEFAULT_INVOKE_SECONDS,
        code_bucket: str | None = None,
        code_prefix: str = "functions/",
        code_endpoint_url: str | None = None,
    ) -> None:
        if invoke_timeout_seconds <= 0:
            raise InvalidRequestError(
                f"invoke_timeout_seconds must be positive, not {invoke_timeout_seconds}"
            )
        super().__init__(
            credentials,
            region=region,
            endpoint_url=endpoint_url,
            profile=profile,
            timeout=timeout,
            retry=retry,
            limits=limits,
            observers=observers,
        )
        self._defaults = LambdaOptions(role=role).over(options or LambdaOptions())
        if (problem := self._defaults.problem()) is not None:
            raise InvalidRequestError(f"options: {problem}")
        self._code_bucket, self._code_prefix = code_bucket, code_prefix
        self._code_endpoint_url = code_endpoint_url
        self._arguments = {
            **self._arguments,
            "role": role,
            "options": options,
            "invoke_timeout_seconds": invoke_timeout_seconds,
            "code_bucket": code_bucket,
            "code_prefix": code_prefix,
            "code_endpoint_url": code_endpoint_url,
        }
        connect = timeout[0] if isinstance(timeout, tuple) else timeout
        login: dict[str, Any] = {
            "credentials": credentials,
            "region": region,
            "endpoint_url": endpoint_url,
            "profile": profile,
        }
        # Nothing moves on the connection while a function runs: the kernel asks whether the peer still lives.
        self._invoking = AwsSession(
            "lambda",
            **login,
            timeout=(10.0 if connect is None else float(connect), float(invoke_timeout_seconds)),
            settings={"tcp_keepalive": True},
        )
        self._logs_session = AwsSession("logs", **login, timeout=timeout)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this client can do beyond the contract: see its own methods."""
        return frozenset()

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        super().close()
        self._invoking.close()
        self._logs_session.close()

    def __repr__(self) -> str:
        """Return how the client was made, without credentials."""
        return f"LambdaClient(region={self._arguments['region']!r}, endpoint_url={self._arguments['endpoint_url']!r})"

    def _translate(self, exc: Exception, context: ErrorContext) -> CloudError | None:
        found = super()._translate(exc, context)
        if type(exc).__name__ == "IncompleteReadError":  # botocore's: the answer's body was cut
            return ServiceUnavailableError(str(exc))
        if isinstance(found, ConflictError) and getattr(exc, "operation_name", None) in CREATING:
            return AlreadyExistsError(
                found.message,
                http_status=found.http_status,
                provider_code=found.provider_code,
                request_id=found.request_id,
            )
        return found

    # -- hooks -----------------------------------------------------------------------------------------------
    @property
    def _function_limits(self) -> FunctionLimits:
        return _DIRECT if self._code_bucket is None else _THROUGH_S3

    def _name_problem(self, name: str, *, qualified: bool) -> str | None:
        return name_problem(name, qualified=qualified)

    def _settings_problem(self, settings: FunctionSettings) -> str | None:
        if settings.memory_bytes is not None and settings.memory_bytes % MIB:
            return f"memory_bytes must be whole MiB, not {settings.memory_bytes} bytes"
        if settings.timeout_seconds is not None and settings.timeout_seconds != int(settings.timeout_seconds):
            return f"timeout_seconds must be whole seconds, not {settings.timeout_seconds}"
        if settings.description is not None and len(settings.description) > 256:
            return "the description has more than 256 characters"
        if settings.options is None:
            return None
        if not isinstance(settings.options, LambdaOptions):
            return f"options are LambdaOptions here, not {type(settings.options).__name__}"
        return settings.options.problem()

    def _list_functions_page(self, token: str | None, page_size: int) -> Page[FunctionInfo]:
        def page(answer: Mapping[str, Any]) -> Page[FunctionInfo]:
            found = tuple(function_info(item) for item in answer["Functions"])
            return Page(found, (), answer.get("NextMarker") or None)

        return self._read(page, "list_functions", Marker=token, MaxItems=page_size)

    def _describe(self, name: str) -> Described:
        return self._read(described, "get_function_configuration", **named(name))

    def _place_code(self, name: str, package: CodePackage) -> dict[str, Any]:
        del name  # the same package serves every function
        if package.size <= MAX_DIRECT_BYTES or self._code_bucket is None:
            return {"ZipFile": package.read()}
        from cloud.aws._s3 import S3Client

        digest = base64.b64decode(package.sha256).hex()
        key = f"{self._code_prefix}{digest}.zip"
        same = ("credentials", "profile", "timeout", "retry", "limits", "observers")
        login = {each: self._arguments[each] for each in same}
        with S3Client(**login, region=self.region, endpoint_url=self._code_endpoint_url) as store:
            if not store.object_exists(self._code_bucket, key):
                store.upload_file(self._code_bucket, key, package.path)
        return {"S3Bucket": self._code_bucket, "S3Key": key}

    def _create(self, function: NewFunction) -> FunctionInfo:
        options = self._options_of(function.settings).over(self._defaults)
        if options.role is None:
            raise InvalidRequestError(
                "Lambda makes no function without a role",
                hint="pass role=ARN to the client, or options=LambdaOptions(role=ARN) to the call",
            )
        architecture = None if options.architecture is None else [options.architecture]
        return self._read(
            function_info,
            "create_function",
            FunctionName=function.name,
            Code=function.code,
            Architectures=architecture,
            **settings_arguments(function.settings, options),
        )

    def _update_code(self, function: NewFunction) -> FunctionInfo:
        architecture = self._options_of(function.settings).architecture
        return self._read(
            function_info,
            "update_function_code",
            FunctionName=function.name,
            Architectures=None if architecture is None else [architecture],
            **function.code,
        )

    def _update_settings(self, name: str, settings: FunctionSettings, now: Described) -> FunctionInfo:
        options = self._options_of(settings)
        present = now.options.architecture if isinstance(now.options, LambdaOptions) else None
        if options.architecture not in {None, present}:
            raise InvalidRequestError(
                f"the architecture changes together with the code only, from {present}",
                hint="pass code that was built for the new one",
            )
        arguments = settings_arguments(settings, options)
        return self._read(function_info, "update_function_configuration", FunctionName=name, **arguments)

    def _delete(self, name: str) -> None:
        self._call("delete_function", FunctionName=name)

    def _invoke(self, request: InvokeRequest) -> InvokeAnswer:
        answer = call(
            self._invoking.client(),
            "invoke",
            **named(request.function_name),
            InvocationType="RequestResponse",
            LogType="Tail",
            ClientContext=_client_context(request.idempotency_key),
            Payload=request.event,
        )
        with closing(answer["Payload"]) as body:  # also of an answer that is cut: its connection is spent
            _expect(answer, 200)
            payload = body.read()
        with understood("answer"):
            tail = answer.get("LogResult")
            return InvokeAnswer(
                payload=payload,
                failed=bool(answer.get("FunctionError")),
                version=answer.get("ExecutedVersion"),
                request_id=answer["ResponseMetadata"]["RequestId"],
                logs=None if tail is None else base64.b64decode(tail).decode("utf-8", "replace"),
            )

    def _invoke_async(self, request: InvokeRequest) -> str:
        answer = self._call(
            "invoke",
            **named(request.function_name),
            InvocationType="Event",
            ClientContext=_client_context(request.idempotency_key),
            Payload=request.event,
        )
        _expect(answer, 202)
        return str(answer["ResponseMetadata"]["RequestId"])

    def _log_page(self, request: LogRequest) -> Page[LogEvent]:
        since = request.since

        def page(answer: Mapping[str, Any]) -> Page[LogEvent]:
            events = tuple(log_events(answer.get("events", ())))
            return Page(events, (), answer.get("nextToken") or None)

        return read(
            self._logs_session.client(),
            page,
            "filter_log_events",
            logGroupName=request.source,
            startTime=None if since is None else int(since.timestamp() * 1000),
            nextToken=request.token,
            limit=_LOG_PAGE,
        )

    @staticmethod
    def _options_of(settings: FunctionSettings) -> LambdaOptions:
        return settings.options if isinstance(settings.options, LambdaOptions) else LambdaOptions()


def _expect(answer: Mapping[str, Any], status: int) -> None:
    """Refuse a success that is none of Lambda's."""
    found = answer.get("StatusCode")
    if found != status:
        raise ServiceUnavailableError(f"the answer has status {found} instead of {status}: not Lambda's")


def _client_context(key: str | None) -> str | None:
    """Return the context that carries an idempotency key to the function."""
    if key is None:
        return None
    text = json.dumps({"custom": {"idempotency_key": key}})
    return base64.b64encode(text.encode("ascii")).decode("ascii")
