"""One typed library for object storage, compute, functions and documents on several clouds.

``import cloud`` loads no SDK and no HTTP library; every name below is imported on first use.
"""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud._registry import open_compute as open_compute
    from cloud._registry import open_functions as open_functions
    from cloud._registry import open_storage as open_storage
    from cloud.common.config import CloudConfig as CloudConfig
    from cloud.common.credentials import CloudCredentials as CloudCredentials
    from cloud.common.enums import Capability as Capability
    from cloud.common.enums import CloudProvider as CloudProvider
    from cloud.common.enums import ResourceType as ResourceType
    from cloud.common.errors import CloudError as CloudError

__version__ = "0.1.0"
__all__ = [
    "Capability",
    "CloudConfig",
    "CloudCredentials",
    "CloudError",
    "CloudProvider",
    "ResourceType",
    "__version__",
    "open_compute",
    "open_functions",
    "open_storage",
]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Capability": ".common.enums",
        "CloudConfig": ".common.config",
        "CloudCredentials": ".common.credentials",
        "CloudError": ".common.errors",
        "CloudProvider": ".common.enums",
        "ResourceType": ".common.enums",
        "open_functions": "._registry",
        "open_compute": "._registry",
        "open_storage": "._registry",
    },
)
