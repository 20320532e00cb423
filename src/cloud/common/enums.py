"""Closed vocabularies shared by every provider."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

_E = TypeVar("_E", bound=Enum)


class CloudProvider(Enum):
    """Who runs the service that a client talks to."""

    AWS = "aws"
    GCP = "gcp"
    AZURE = "azure"
    INFOMANIAK = "infomaniak"
    CODA = "coda"
    LOCAL = "local"


class ResourceType(Enum):
    """What kind of thing a `CloudResource` is."""

    COMPUTE = "compute"
    STORAGE = "storage"
    DATABASE = "database"
    NETWORK = "network"
    SERVERLESS = "serverless"
    CONTAINER = "container"
    QUEUE = "queue"
    DOCUMENT = "document"
    DNS = "dns"
    ORCHESTRATION = "orchestration"
    NEWSLETTER = "newsletter"
    IDENTITY = "identity"
    METERING = "metering"
    UNKNOWN = "unknown"


class InstanceState(Enum):
    """Where a compute instance is in its life; `UNKNOWN` keeps the service's own word in `raw_state`."""

    PENDING = "pending"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    PAUSED = "paused"
    TERMINATING = "terminating"
    TERMINATED = "terminated"
    ERROR = "error"
    UNKNOWN = "unknown"


class FunctionState(Enum):
    """Whether a function can be invoked; `UNKNOWN` keeps the service's own word in `raw_state`."""

    PENDING = "pending"
    ACTIVE = "active"
    UPDATING = "updating"
    INACTIVE = "inactive"
    FAILED = "failed"
    DELETING = "deleting"
    UNKNOWN = "unknown"


class Capability(Enum):
    """Optional behaviour that a client declares; the conformance kit checks both yes and no.

    What is not declared raises `UnsupportedOperationError` before any request and is never emulated.
    """

    BATCH_DELETE = "batch_delete"
    """`delete_files` needs one request for many keys."""
    CONDITIONAL_CREATE = "conditional_create"
    """`upload_file(..., if_absent=True)`: of many racing writers one wins."""
    CONDITIONAL_REPLACE = "conditional_replace"
    """`upload_file(..., if_match=etag)`: compare and swap."""
    CONDITIONAL_DELETE = "conditional_delete"
    """`delete_file(..., if_match=etag)`."""
    CONDITIONAL_COPY = "conditional_copy"
    """`copy_file(..., if_match=etag)`, checked against the source."""
    DELETE_MARKERS = "delete_markers"
    """In a bucket with versions a delete is itself a version, and deleting that one brings the object back.
    Without it, the versions of a deleted object stay readable by their `version_id`, and none is the latest."""
    CONTENT_ENCODING = "content_encoding"
    """Cache-Control, Content-Encoding, Content-Disposition and Content-Language are stored and returned."""
    PRESIGNED_URL = "presigned_url"
    """`generate_presigned_url`."""
    PRESIGNED_CONTENT_TYPE = "presigned_content_type"
    """`generate_presigned_url(method="PUT", content_type=...)`: the URL stores with that type only."""
    PRESIGNED_POST = "presigned_post"
    """`generate_presigned_post`, with size limits that the service enforces."""
    PRESIGNED_RESPONSE_HEADERS = "presigned_response_headers"
    """`generate_presigned_url(response_headers=...)`."""
    STORAGE_CLASS = "storage_class"
    """`upload_file(..., storage_class=...)`."""
    TAGS = "tags"
    """`upload_file(..., tags=...)`, `get_tags` and `set_tags`."""
    UNFINISHED_UPLOADS = "unfinished_uploads"
    """`list_unfinished_uploads` and `abort_unfinished_uploads`."""
    VERSIONS = "versions"
    """`list_versions` and the `version_id` of reads and deletes."""


class ComputeCapability(Enum):
    """Optional behaviour that a compute client declares; the conformance kit checks both yes and no."""

    CONSOLE_OUTPUT = "console_output"
    """`get_console_output`."""
    DRY_RUN = "dry_run"
    """``dry_run=True``: the service says whether a call would be allowed, and does nothing."""
    IDEMPOTENT_CREATE = "idempotent_create"
    """`create_instance` is sent with a token, so that it may be repeated and never makes two. Without it
    `create_instance` is sent once."""
    KEY_PAIRS = "key_pairs"
    """`list_key_pairs`, `create_key_pair`, `import_key_pair` and `delete_key_pair`."""
    NATIVE_FILTERS = "native_filters"
    """`iter_instances(filters=...)`, in the service's own words."""
    QUOTAS = "quotas"
    """`list_quotas`."""


def parse_enum(kind: type[_E], text: str | None, default: _E) -> _E:
    """Return the member of `kind` whose value is `text`, or `default` for a value not known yet."""
    try:
        return kind(text)
    except ValueError:
        return default
