"""Lambda's answers as the library's records, and what only Lambda can be told."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from zlib import crc32

from cloud.common._redact import HiddenValues
from cloud.common._serverless_types import Described, FunctionOptions
from cloud.common._times import read_utc
from cloud.common.enums import FunctionState
from cloud.common.models import FrozenMap, FunctionAlias, FunctionInfo, FunctionUrl, LayerVersion, LogEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cloud.common._serverless_types import FunctionSettings

MIB = 1 << 20
_NAME = r"[A-Za-z0-9_-]{1,64}"
_QUALIFIER = r"(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]{1,128}))?"
# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestSyntax
_PLAIN = re.compile(_NAME)
_QUALIFIED = re.compile(
    rf"(?P<name>(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{{12}}:function:)?{_NAME}){_QUALIFIER}"
)
_STATES = {
    "Pending": FunctionState.PENDING,
    "Active": FunctionState.ACTIVE,
    "Inactive": FunctionState.INACTIVE,
    "Deactivating": FunctionState.INACTIVE,
    "Deactivated": FunctionState.INACTIVE,
    "ActiveNonInvocable": FunctionState.INACTIVE,
    "Failed": FunctionState.FAILED,
    "Deleting": FunctionState.DELETING,
}


@dataclass(frozen=True, kw_only=True)
class LambdaOptions(FunctionOptions):
    """What only Lambda can be told about a function; None leaves what is there, or Lambda's default.

    Attributes:
        role: ARN of the role that the function runs as. Lambda makes no function without one.
        layers: ARNs of layer versions, in the order in which they are unpacked; empty removes all.
        architecture: ``x86_64`` or ``arm64``; it can be changed together with the code only.
        ephemeral_storage_bytes: size of ``/tmp``, 512 to 10,240 MiB.
        subnet_ids: subnets of a VPC that the function reaches; empty for none.
        security_group_ids: security groups in that VPC.
        kms_key_arn: key that encrypts the environment at rest.
    """

    role: str | None = None
    layers: tuple[str, ...] | None = None
    architecture: str | None = None
    ephemeral_storage_bytes: int | None = None
    subnet_ids: tuple[str, ...] | None = None
    security_group_ids: tuple[str, ...] | None = None
    kms_key_arn: str | None = None

    def problem(self) -> str | None:
        """Return why Lambda cannot be told this; None when it can."""
        given: tuple[object, ...] = (self.layers, self.subnet_ids, self.security_group_ids)
        if not all(each is None or isinstance(each, tuple) for each in given):
            return "layers, subnet_ids and security_group_ids are tuples of texts"
        if self.architecture not in {None, "x86_64", "arm64"}:
            return f"the architecture is x86_64 or arm64, not {self.architecture!r}"
        size = self.ephemeral_storage_bytes
        if size is not None and (size % MIB or not 512 * MIB <= size <= 10_240 * MIB):
            return f"ephemeral_storage_bytes must be 512 to 10,240 whole MiB, not {size} bytes"
        return None

    def over(self, defaults: LambdaOptions) -> LambdaOptions:
        """Return these options, completed by `defaults`."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        return LambdaOptions(**{**vars(defaults), **given})


def name_problem(name: str, *, qualified: bool) -> str | None:
    """Return why there can be no function of this name."""
    if (_QUALIFIED if qualified else _PLAIN).fullmatch(name):
        return None
    return "1 to 64 letters, digits, - and _ are" + (", then :version or :alias" if qualified else "")


def named(name: str) -> dict[str, str]:
    """Return the arguments that name a function, and its version or alias if `name` has one."""
    found = _QUALIFIED.fullmatch(name)
    if found is None or found["qualifier"] is None:
        return {"FunctionName": name}
    return {"FunctionName": found["name"], "Qualifier": found["qualifier"]}


def settings_arguments(settings: FunctionSettings, options: LambdaOptions) -> dict[str, Any]:
    """Return the arguments of CreateFunction and UpdateFunctionConfiguration; None for what is not given."""
    memory, disk = settings.memory_bytes, options.ephemeral_storage_bytes
    network = None
    if options.subnet_ids is not None or options.security_group_ids is not None:
        network = {
            "SubnetIds": list(options.subnet_ids or ()),
            "SecurityGroupIds": list(options.security_group_ids or ()),
        }
    return {
        "Runtime": settings.runtime,
        "Handler": settings.handler,
        "Description": settings.description,
        "Timeout": None if settings.timeout_seconds is None else int(settings.timeout_seconds),
        "MemorySize": None if memory is None else memory // MIB,
        # Its repr hides the values, also in the frames of a traceback.
        "Environment": None if settings.environment is None else {"Variables": settings.environment},
        "Role": options.role,
        "Layers": None if options.layers is None else list(options.layers),
        "EphemeralStorage": None if disk is None else {"Size": disk // MIB},
        "VpcConfig": network,
        "KMSKeyArn": options.kms_key_arn,
    }


def function_info(answer: Mapping[str, Any]) -> FunctionInfo:
    """Return the record of a function's configuration, without the values of its environment."""
    state, raw_state = _state(answer)
    memory, timeout = answer.get("MemorySize"), answer.get("Timeout")
    return FunctionInfo(
        name=answer["FunctionName"],
        runtime=answer.get("Runtime") or "",
        handler=answer.get("Handler") or "",
        memory_bytes=None if memory is None else int(memory) * MIB,
        timeout_seconds=None if timeout is None else float(timeout),
        modified_at=moment(answer.get("LastModified")),
        code_sha256=answer.get("CodeSha256"),
        id=answer.get("FunctionArn"),
        version=answer.get("Version"),
        state=state,
        raw_state=raw_state,
        description=answer.get("Description") or "",
        environment_names=tuple(sorted(environment(answer))),
        code_size=answer.get("CodeSize"),
        raw={
            name: value for name, value in answer.items() if name not in {"Environment", "ResponseMetadata"}
        },
    )


def described(answer: Mapping[str, Any]) -> Described:
    """Return a function as it is."""
    network = answer.get("VpcConfig") or {}
    disk = answer.get("EphemeralStorage", {}).get("Size")
    name = answer["FunctionName"]
    return Described(
        info=function_info(answer),
        environment=environment(answer),
        options=LambdaOptions(
            role=answer.get("Role"),
            layers=tuple(layer["Arn"] for layer in answer.get("Layers") or ()),
            architecture=next(iter(answer.get("Architectures") or ()), None),
            ephemeral_storage_bytes=None if disk is None else disk * MIB,
            subnet_ids=tuple(network.get("SubnetIds") or ()),
            security_group_ids=tuple(network.get("SecurityGroupIds") or ()),
            kms_key_arn=answer.get("KMSKeyArn"),
        ),
        log_source=(answer.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}",
    )


def environment(answer: Mapping[str, Any]) -> HiddenValues:
    """Return the environment variables of a configuration."""
    return HiddenValues((answer.get("Environment") or {}).get("Variables") or {})


def _state(answer: Mapping[str, Any]) -> tuple[FunctionState, str | None]:
    """Return the state, and the service's own words for it; listings say nothing of it."""
    word, update = answer.get("State"), answer.get("LastUpdateStatus")
    if word is None:
        return FunctionState.UNKNOWN, None
    if word == "Active" and update == "InProgress":
        return FunctionState.UPDATING, f"{word}, update {update}"
    if word == "Active" and update == "Failed":
        code = answer.get("LastUpdateStatusReasonCode") or answer.get("LastUpdateStatusReason") or ""
        return FunctionState.FAILED, f"{word}, update {update} {code}".rstrip()
    reason = answer.get("StateReasonCode") if word == "Failed" else None
    return _STATES.get(word, FunctionState.UNKNOWN), f"{word} {reason}" if reason else word


def moment(text: str | None) -> datetime | None:
    """Return one of Lambda's times (``2024-05-01T12:00:00.000+0000``) in UTC."""
    return read_utc(text) if text else None


def function_alias(name: str, answer: Mapping[str, Any]) -> FunctionAlias:
    """Return the record of an alias."""
    weights = (answer.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return FunctionAlias(
        function_name=name,
        name=answer["Name"],
        version=answer["FunctionVersion"],
        weights=FrozenMap({version: float(weight) for version, weight in weights.items()}),
        description=answer.get("Description") or "",
        id=answer.get("AliasArn"),
        raw=_without_meta(answer),
    )


def function_url(name: str, answer: Mapping[str, Any]) -> FunctionUrl:
    """Return the record of a function's URL."""
    return FunctionUrl(
        function_name=name,
        url=answer["FunctionUrl"],
        public=answer.get("AuthType") == "NONE",
        created_at=moment(answer.get("CreationTime")),
        raw=_without_meta(answer),
    )


def layer_version(name: str, answer: Mapping[str, Any]) -> LayerVersion:
    """Return the record of a layer's version."""
    return LayerVersion(
        name=name,
        version=int(answer["Version"]),
        id=answer["LayerVersionArn"],
        runtimes=tuple(answer.get("CompatibleRuntimes") or ()),
        created_at=moment(answer.get("CreatedDate")),
        raw=_without_meta(answer),
    )


def log_events(found: Iterable[Mapping[str, Any]]) -> Iterator[LogEvent]:
    """Yield the entries of one page of CloudWatch Logs."""
    alike: Counter[tuple[str, int, str]] = Counter()
    for event in found:
        stream, at, text = event.get("logStreamName") or "", event["timestamp"], event["message"]
        alike[stream, at, text] += 1
        yield LogEvent(
            # Optional in the service's model, though Amazon always sends it; equal lines stay apart without it.
            id=event.get("eventId") or f"{stream}/{at}/{crc32(text.encode())}/{alike[stream, at, text]}",
            at=datetime.fromtimestamp(at / 1000, timezone.utc),
            message=text.rstrip("\r\n"),
            stream=stream,
        )


def _without_meta(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}
