"""What all providers share: contracts, records, enums, errors, settings. Nothing of it needs an SDK.

Every name is imported on first use.
"""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud.common._base_compute import BaseComputeClient as BaseComputeClient
    from cloud.common._base_serverless import BaseServerlessClient as BaseServerlessClient
    from cloud.common._base_storage import BaseStorageClient as BaseStorageClient
    from cloud.common._cancel import Cancellation as Cancellation
    from cloud.common._engine import TransferConfig as TransferConfig
    from cloud.common._observe import CallEvent as CallEvent
    from cloud.common._observe import MetricsSnapshot as MetricsSnapshot
    from cloud.common._observe import Observer as Observer
    from cloud.common._paging import Page as Page
    from cloud.common._paging import Pager as Pager
    from cloud.common._ratelimit import Limiter as Limiter
    from cloud.common._ratelimit import SlidingWindowLimiter as SlidingWindowLimiter
    from cloud.common._redact import Secret as Secret
    from cloud.common._redact import redact as redact
    from cloud.common._requirements import Requirements as Requirements
    from cloud.common._retry import RetryPolicy as RetryPolicy
    from cloud.common._serverless_types import FunctionOptions as FunctionOptions
    from cloud.common.config import CloudConfig as CloudConfig
    from cloud.common.contracts import CloudClient as CloudClient
    from cloud.common.contracts import ComputeClient as ComputeClient
    from cloud.common.contracts import ServerlessClient as ServerlessClient
    from cloud.common.contracts import StorageClient as StorageClient
    from cloud.common.credentials import CloudCredentials as CloudCredentials
    from cloud.common.enums import Capability as Capability
    from cloud.common.enums import CloudProvider as CloudProvider
    from cloud.common.enums import ComputeCapability as ComputeCapability
    from cloud.common.enums import FunctionState as FunctionState
    from cloud.common.enums import InstanceState as InstanceState
    from cloud.common.enums import ResourceType as ResourceType
    from cloud.common.errors import AlreadyExistsError as AlreadyExistsError
    from cloud.common.errors import AuthenticationError as AuthenticationError
    from cloud.common.errors import CancelledError as CancelledError
    from cloud.common.errors import CloudError as CloudError
    from cloud.common.errors import ConfigurationError as ConfigurationError
    from cloud.common.errors import ConflictError as ConflictError
    from cloud.common.errors import FunctionError as FunctionError
    from cloud.common.errors import IntegrityError as IntegrityError
    from cloud.common.errors import InvalidRequestError as InvalidRequestError
    from cloud.common.errors import MissingDependencyError as MissingDependencyError
    from cloud.common.errors import NotFoundError as NotFoundError
    from cloud.common.errors import NotModifiedError as NotModifiedError
    from cloud.common.errors import OutcomeUnknownError as OutcomeUnknownError
    from cloud.common.errors import PermissionDeniedError as PermissionDeniedError
    from cloud.common.errors import PreconditionFailedError as PreconditionFailedError
    from cloud.common.errors import QuotaExceededError as QuotaExceededError
    from cloud.common.errors import RateLimitedError as RateLimitedError
    from cloud.common.errors import ServiceUnavailableError as ServiceUnavailableError
    from cloud.common.errors import TimeoutError_ as TimeoutError_
    from cloud.common.errors import UnknownServiceError as UnknownServiceError
    from cloud.common.errors import UnsupportedOperationError as UnsupportedOperationError
    from cloud.common.models import CloudResource as CloudResource
    from cloud.common.models import DeleteResult as DeleteResult
    from cloud.common.models import Deployment as Deployment
    from cloud.common.models import DownloadResult as DownloadResult
    from cloud.common.models import FunctionAlias as FunctionAlias
    from cloud.common.models import FunctionInfo as FunctionInfo
    from cloud.common.models import FunctionUrl as FunctionUrl
    from cloud.common.models import Image as Image
    from cloud.common.models import Instance as Instance
    from cloud.common.models import InstanceType as InstanceType
    from cloud.common.models import InvokeResult as InvokeResult
    from cloud.common.models import KeyPair as KeyPair
    from cloud.common.models import LayerVersion as LayerVersion
    from cloud.common.models import LogEvent as LogEvent
    from cloud.common.models import ObjectInfo as ObjectInfo
    from cloud.common.models import PresignedPost as PresignedPost
    from cloud.common.models import PresignedUrl as PresignedUrl
    from cloud.common.models import Quota as Quota
    from cloud.common.models import UnfinishedUpload as UnfinishedUpload

_EXPORTS = {
    "AlreadyExistsError": ".errors",
    "AuthenticationError": ".errors",
    "BaseComputeClient": "._base_compute",
    "BaseServerlessClient": "._base_serverless",
    "BaseStorageClient": "._base_storage",
    "CallEvent": "._observe",
    "Cancellation": "._cancel",
    "CancelledError": ".errors",
    "Capability": ".enums",
    "CloudClient": ".contracts",
    "CloudConfig": ".config",
    "CloudCredentials": ".credentials",
    "CloudError": ".errors",
    "CloudProvider": ".enums",
    "CloudResource": ".models",
    "ComputeCapability": ".enums",
    "ComputeClient": ".contracts",
    "ConfigurationError": ".errors",
    "ConflictError": ".errors",
    "DeleteResult": ".models",
    "Deployment": ".models",
    "DownloadResult": ".models",
    "FunctionAlias": ".models",
    "FunctionError": ".errors",
    "FunctionInfo": ".models",
    "FunctionOptions": "._serverless_types",
    "FunctionState": ".enums",
    "FunctionUrl": ".models",
    "Image": ".models",
    "Instance": ".models",
    "InstanceState": ".enums",
    "InstanceType": ".models",
    "IntegrityError": ".errors",
    "InvalidRequestError": ".errors",
    "InvokeResult": ".models",
    "KeyPair": ".models",
    "LayerVersion": ".models",
    "Limiter": "._ratelimit",
    "LogEvent": ".models",
    "MetricsSnapshot": "._observe",
    "MissingDependencyError": ".errors",
    "NotFoundError": ".errors",
    "NotModifiedError": ".errors",
    "ObjectInfo": ".models",
    "Observer": "._observe",
    "OutcomeUnknownError": ".errors",
    "Page": "._paging",
    "Pager": "._paging",
    "PermissionDeniedError": ".errors",
    "PreconditionFailedError": ".errors",
    "PresignedPost": ".models",
    "PresignedUrl": ".models",
    "Quota": ".models",
    "QuotaExceededError": ".errors",
    "RateLimitedError": ".errors",
    "Requirements": "._requirements",
    "ResourceType": ".enums",
    "RetryPolicy": "._retry",
    "Secret": "._redact",
    "ServerlessClient": ".contracts",
    "ServiceUnavailableError": ".errors",
    "SlidingWindowLimiter": "._ratelimit",
    "StorageClient": ".contracts",
    "TimeoutError_": ".errors",
    "TransferConfig": "._engine",
    "UnfinishedUpload": ".models",
    "UnknownServiceError": ".errors",
    "UnsupportedOperationError": ".errors",
    "redact": "._redact",
}
__all__ = [
    "AlreadyExistsError",
    "AuthenticationError",
    "BaseComputeClient",
    "BaseServerlessClient",
    "BaseStorageClient",
    "CallEvent",
    "Cancellation",
    "CancelledError",
    "Capability",
    "CloudClient",
    "CloudConfig",
    "CloudCredentials",
    "CloudError",
    "CloudProvider",
    "CloudResource",
    "ComputeCapability",
    "ComputeClient",
    "ConfigurationError",
    "ConflictError",
    "DeleteResult",
    "Deployment",
    "DownloadResult",
    "FunctionAlias",
    "FunctionError",
    "FunctionInfo",
    "FunctionOptions",
    "FunctionState",
    "FunctionUrl",
    "Image",
    "Instance",
    "InstanceState",
    "InstanceType",
    "IntegrityError",
    "InvalidRequestError",
    "InvokeResult",
    "KeyPair",
    "LayerVersion",
    "Limiter",
    "LogEvent",
    "MetricsSnapshot",
    "MissingDependencyError",
    "NotFoundError",
    "NotModifiedError",
    "ObjectInfo",
    "Observer",
    "OutcomeUnknownError",
    "Page",
    "Pager",
    "PermissionDeniedError",
    "PreconditionFailedError",
    "PresignedPost",
    "PresignedUrl",
    "Quota",
    "QuotaExceededError",
    "RateLimitedError",
    "Requirements",
    "ResourceType",
    "RetryPolicy",
    "Secret",
    "ServerlessClient",
    "ServiceUnavailableError",
    "SlidingWindowLimiter",
    "StorageClient",
    "TimeoutError_",
    "TransferConfig",
    "UnfinishedUpload",
    "UnknownServiceError",
    "UnsupportedOperationError",
    "redact",
]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
