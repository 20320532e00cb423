"""Dask's distributed scheduler as a `concurrent.futures.Executor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cloud.common._lazy import require

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor

    from distributed import Client


def dask_executor(
    client: Client, *, resources: Mapping[str, float] | None = None, retries: int = 0
) -> Executor:
    """Return an executor that runs calls on the workers of a Dask cluster.

    Give it to `cloud.transfer.sync` and its sisters: ``sync(a, b, executor=dask_executor(client), workers=32)``.
    Clients of stores travel by configuration, without their secrets: each Dask worker finds credentials where
    the provider's own tools look. Shutting the executor down leaves the Dask client as it is.

    Args:
        client: a connected ``distributed.Client``.
        resources: what each call needs, in Dask's words.
        retries: how often a call that raised is made again. A call whose worker died is made again in any
            case, as Dask does; what this library submits may be.

    Raises:
        MissingDependencyError: ``distributed`` is not installed.
    """
    executors = require("distributed.cfexecutor", extra="dask")
    # Equal calls are two calls: Dask would otherwise answer the second from the first.
    options: dict[str, object] = {"pure": False, "retries": retries}
    if resources is not None:
        options["resources"] = dict(resources)
    return cast("Executor", executors.ClientExecutor(client, **options))
