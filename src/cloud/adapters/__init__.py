"""The library seen through the interfaces of others: executors that run transfers on Dask and Ray."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud.adapters._dask import dask_executor as dask_executor
    from cloud.adapters._ray import RayExecutor as RayExecutor

__all__ = [
    "RayExecutor",
    "dask_executor",
]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "RayExecutor": "._ray",
        "dask_executor": "._dask",
    },
)
