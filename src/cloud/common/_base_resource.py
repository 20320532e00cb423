"""What every client of this library shares: policies, metrics, closing, pickling."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from cloud.common._runtime import Runtime
from cloud.common.errors import UnsupportedOperationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from enum import Enum

    from typing_extensions import Self

    from cloud.common._observe import Metrics, Observer
    from cloud.common._ratelimit import Limiter
    from cloud.common._retry import RetryPolicy
    from cloud.common.enums import CloudProvider
    from cloud.common.errors import CloudError, ErrorContext


class BaseClient(ABC):
    """A client with the library's runtime.

    Clients may be shared between threads and used after a fork. Pickling keeps the constructor's arguments
    without the secrets in them: the copy finds its credentials where it is unpickled.

    Args:
        retry: when failed calls are tried again; `RetryPolicy()` by default.
        limits: a rate limiter; none by default.
        observers: told of every try.
    """

    provider: ClassVar[CloudProvider]
    service_name: ClassVar[str]

    def __init__(
        self,
        *,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        self._runtime = Runtime(
            self.provider.value,
            self.service_name,
            self._translate,
            retry=retry,
            limiter=limits,
            observers=observers,
        )

    @property
    @abstractmethod
    def capabilities(self) -> frozenset[Enum]:
        """What this client can do beyond the contract, in the vocabulary of its kind of service."""

    @property
    @abstractmethod
    def native(self) -> Any:
        """The SDK's own client, for what this library does not cover. Made at first use."""

    @property
    def metrics(self) -> Metrics:
        """Counters since the client was made; read them by ``metrics.snapshot()``."""
        return self._runtime.metrics

    @abstractmethod
    def close(self) -> None:
        """Give up all connections. The client opens new ones when it is used again."""

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close it."""
        self.close()

    @abstractmethod
    def _translate(self, exc: Exception, context: ErrorContext) -> CloudError | None:
        """Return our error for one of the SDK or the wire; None for one that is not theirs."""

    @abstractmethod
    def _constructor(self) -> tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]:
        """Return what to call, and with what, to make an equal client; for pickling."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Pickle the constructor's arguments; secrets in them travel as references or not at all."""
        make, args, keywords = self._constructor()
        return _make, (make, args, dict(keywords))

    def _require(self, capability: Enum, operation: str) -> None:
        """Raise UnsupportedOperationError unless this client declares `capability`."""
        if capability not in self.capabilities:
            raise UnsupportedOperationError(
                f"{type(self).__name__} does not support {capability.value} here",
                context=self._runtime.context(operation, ""),
            )


def _make(make: Callable[..., Any], args: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
    return make(*args, **keywords)
