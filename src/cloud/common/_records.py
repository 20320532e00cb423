"""The records that few programs need all of. `cloud.common.models` has them too, loaded on first use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.common.enums import FunctionState
from cloud.common.models import EMPTY, FrozenMap, ObjectInfo, Record, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from typing_extensions import Self

    from cloud.common._redact import Secret
    from cloud.common.enums import CloudProvider, InstanceState, ResourceType


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudResource(Record):
    """Anything that a provider holds for you, in the words that all providers share.

    Attributes:
        id: what `get_resource` and `delete_resource` take.
        name: what people call it.
        resource_type: kind of thing.
        provider: who holds it.
        region: where it is, in the provider's words; None where the service does not say.
        status: the service's own word for its state; None where it has none.
        created_at: when it was made; None where the service does not say.
        tags: labels.
        metadata: further facts of the provider, as JSON-ready values.
        raw: the SDK's own record.
    """

    id: str
    name: str
    resource_type: ResourceType
    provider: CloudProvider
    region: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    tags: Mapping[str, str] = field(default=EMPTY, hash=False)
    metadata: Mapping[str, Any] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class DownloadResult(Record):
    """One finished download to a file.

    Attributes:
        path: where the bytes are.
        info: the object that was read.
        bytes_written: length of the file.
        verified: the checksum that the whole body was compared with (``crc32``), as one or range by range
            (``crc64nvme+md5`` where ranges differ), or None when the service has none for all of it that can be
            computed here; lengths are always compared.
    """

    path: Path
    info: ObjectInfo
    bytes_written: int
    verified: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteResult(Record):
    """What became of one key of `delete_files`.

    Attributes:
        key: the key.
        version_id: the version that was asked for, if one was.
        error: why it could not be deleted; None when nothing is at the key any more.
    """

    key: str
    version_id: str | None = None
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is at the key any more."""
        return self.error is None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data."""
        return {"key": self.key, "version_id": self.version_id, "error": self.error and str(self.error)}


class PresignedUrl(str):
    """A URL that does one thing without credentials. A secret: whoever has it may do what it says.

    It is the text of the URL, with one attribute beside it.

    Attributes:
        headers: what the request must carry beside the URL, by lower-case name: the content type that was
            signed, or what the service asks of every upload (Azure's ``x-ms-blob-type``).
    """

    __slots__ = ("headers",)
    headers: Mapping[str, str]

    def __new__(cls, url: str, headers: Mapping[str, str] = EMPTY) -> Self:
        """Return the URL with its headers."""
        made = super().__new__(cls, url)
        made.headers = FrozenMap(headers)
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[str, Mapping[str, str]]]:
        """Return what makes an equal URL, for copy and pickle."""
        return type(self), (str(self), self.headers)


@dataclass(frozen=True, kw_only=True, slots=True)
class PresignedPost(Record):
    """A form that uploads one object without credentials.

    Attributes:
        url: where to send the ``multipart/form-data`` form.
        fields: form fields that go before the ``file`` field. They grant the upload: treat them as secrets.
        expires_at: when the service stops accepting it.
    """

    url: str
    fields: Mapping[str, str] = field(repr=False, hash=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class UnfinishedUpload(Record):
    """A multipart upload that was neither completed nor aborted; its parts are stored and charged.

    Attributes:
        bucket: the bucket.
        key: the object that it would become.
        upload_id: the service's id.
        started_at: when it was started; None where the service does not say.
    """

    bucket: str
    key: str
    upload_id: str
    started_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance(Record):
    """One compute instance.

    Attributes:
        id: the service's id.
        name: its name or Name tag; empty where it has none.
        state: where it is in its life.
        raw_state: the service's own word for the state.
        instance_type: the flavor or type.
        image_id: what it was started from; None when the service does not say.
        region: region or zone.
        private_addresses: addresses inside its network.
        public_addresses: addresses that the internet reaches.
        created_at: when it was made.
        tags: labels.
        zone: the part of the region that it runs in; None where the service does not say.
        key_pair: name of the key pair that it lets in; None for none.
        state_reason: the service's words on why it is in this state; None where it says nothing.
        raw: the SDK's own record.
    """

    id: str
    name: str
    state: InstanceState
    raw_state: str
    instance_type: str
    image_id: str | None = None
    region: str | None = None
    private_addresses: tuple[str, ...] = ()
    public_addresses: tuple[str, ...] = ()
    created_at: datetime | None = None
    tags: Mapping[str, str] = field(default=EMPTY, hash=False)
    zone: str | None = None
    key_pair: str | None = None
    state_reason: str | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionInfo(Record):
    """One deployed function.

    Attributes:
        name: its name, unique in the account and region.
        runtime: the language runtime, in the service's words (``python3.12``).
        handler: the entry point (``module.function``).
        memory_bytes: memory limit; None where the service does not say.
        timeout_seconds: time limit of one invocation; None where the service does not say.
        modified_at: when code or configuration changed last.
        code_sha256: base64 of the package's SHA-256; None where the service does not say.
        id: the provider's full name of it (an ARN); None where there is none.
        version: which version this is; ``$LATEST`` for the one that is worked on.
        state: whether it can be invoked.
        raw_state: the service's own word for the state.
        description: what people wrote about it.
        environment_names: names of its environment variables, sorted; `get_environment` has the values.
        code_size: size of the package in bytes; None where the service does not say.
        raw: the SDK's own record, without the values of the environment.
    """

    name: str
    runtime: str
    handler: str
    memory_bytes: int | None = None
    timeout_seconds: float | None = None
    modified_at: datetime | None = None
    code_sha256: str | None = None
    id: str | None = None
    version: str | None = None
    state: FunctionState = FunctionState.ACTIVE
    raw_state: str | None = None
    description: str = ""
    environment_names: tuple[str, ...] = ()
    code_size: int | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Image(Record):
    """What an instance can be started from.

    Attributes:
        id: what `create_instance` takes.
        name: its name; empty where it has none.
        status: the service's own word for its state, such as ``available``.
        architecture: of the processor, in the service's word (``x86_64``); None where it does not say.
        min_disk_bytes: least size of the disk; None where the service does not say.
        created_at: when it was made; None where the service does not say.
        owner: the account or project that it belongs to; None where the service does not say.
        tags: labels.
        raw: the SDK's own record.
    """

    id: str
    name: str
    status: str
    architecture: str | None = None
    min_disk_bytes: int | None = None
    created_at: datetime | None = None
    owner: str | None = None
    tags: Mapping[str, str] = field(default=EMPTY, hash=False)
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceType(Record):
    """How large an instance can be.

    Attributes:
        id: what `create_instance` takes.
        name: what people call it; often the id.
        vcpus: virtual processors.
        memory_bytes: memory.
        disk_bytes: local disk; 0 for none, None where the service does not say.
        architectures: of the processor, in the service's words; empty where it does not say.
        raw: the SDK's own record.
    """

    id: str
    name: str
    vcpus: int
    memory_bytes: int
    disk_bytes: int | None = None
    architectures: tuple[str, ...] = ()
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPair(Record):
    """A public key that instances let in.

    Attributes:
        name: what `create_instance` takes.
        fingerprint: of the public key, in the service's form.
        public_key: in OpenSSH's form; None where the service does not give it back.
        private_key: of a pair that the service has just made, and only then: in its PEM form. A `Secret`:
            no repr, log or pickle shows it, and `to_dict` leaves it out.
        created_at: when it was made; None where the service does not say.
        raw: the SDK's own record, without the private key.
    """

    name: str
    fingerprint: str
    public_key: str | None = None
    private_key: Secret | None = field(default=None, compare=False)
    created_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data, without the private key."""
        return {name: to_json(self[name]) for name in self if name != "private_key"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota(Record):
    """One limit of the account or project.

    Attributes:
        name: the service's own word for what is limited.
        limit: how much is allowed; None for no limit.
        used: how much is in use; None where the service does not say.
        unit: of both, such as ``count`` or ``MiB``.
    """

    name: str
    limit: int | None
    used: int | None = None
    unit: str = "count"
