"""What the clients of REST services share: one exchange, one runtime, errors in the service's own words."""

from __future__ import annotations

import time
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from cloud._dialects._settings import timeouts_of
from cloud._dialects.rest._errors import RestRetryPolicy, translate
from cloud._dialects.rest._exchange import RestExchange
from cloud._dialects.rest._polling import PollSchedule, poll
from cloud.common._base_resource import BaseClient
from cloud.common._cancel import pause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import requests

    from cloud._dialects.rest._errors import ServiceWords
    from cloud._dialects.rest._exchange import RestAnswer, RestServiceError
    from cloud._dialects.rest._paths import Value
    from cloud.common._observe import Observer
    from cloud.common._ratelimit import Limiter
    from cloud.common._redact import Secret
    from cloud.common._retry import RetryPolicy
    from cloud.common.enums import Capability
    from cloud.common.errors import CloudError, ErrorContext

T = TypeVar("T")


class RestClient(BaseClient):
    """A client of one service that takes a bearer token and speaks JSON.

    A service's client implements `_words_of` and `_kind_of` and makes its calls by `_call`.

    Args:
        token: sent to `base_url` and to no other place; read at the first request.
        base_url: where the service is, with the path that all requests begin with.
        timeout: seconds without progress before a call fails, or (connect, read); 10 and 60 by default.
        retry: when failed calls are tried again; `RestRetryPolicy()` by default.
        limits: when a request may be sent; asked with the public method's name.
        observers: told of every try.
        arguments: what the client was constructed with, by keyword; a pickled copy is made of them.
    """

    def __init__(
        self,
        token: Secret | None,
        *,
        base_url: str,
        timeout: float | tuple[float, float] | None,
        retry: RetryPolicy | None,
        limits: Limiter | None,
        observers: Sequence[Observer],
        arguments: Mapping[str, Any],
    ) -> None:
        super().__init__(retry=retry or RestRetryPolicy(), limits=limits, observers=observers)
        self._arguments = arguments
        self._exchange = RestExchange(base_url, token, timeouts=timeouts_of(timeout))
        self._clock: Callable[[], float] = time.monotonic
        self._sleep: Callable[[float], None] = pause

    # -- hooks -------------------------------------------------------------------------------------------------
    @abstractmethod
    def _words_of(self, error: RestServiceError) -> ServiceWords:
        """Return what the service says in an answer that is no success."""

    @abstractmethod
    def _kind_of(self, status: int, code: str | None) -> type[CloudError]:
        """Return the class of an error, by the service's code, then by status."""

    # -- calls -------------------------------------------------------------------------------------------------
    def _call(
        self,
        operation: str,
        resource: str,
        method: str,
        path: str,
        read: Callable[[RestAnswer], T],
        *,
        query: Iterable[tuple[str, Value]] = (),
        body: object = None,
        headers: Mapping[str, str] | None = None,
        accepts: tuple[int, ...] = (200,),
        idempotent: bool,
    ) -> T:
        """Return what `read` makes of the answer, trying again where that is safe.

        Args:
            operation: the public method, for errors, events, logs and the limiter.
            resource: what it is about.
            method: HTTP method in capitals.
            path: below `base_url`, quoted already (see `_paths.segment`).
            read: turns the answer into a result. What it raises is treated as a lost answer.
            query: parameters.
            body: sent as JSON, or a `RawBody`; None for none.
            headers: further ones, names in lower case.
            accepts: the statuses of success.
            idempotent: whether a second try cannot do harm. If not, it is tried again only when the service
                certainly did not act (429, or no connection), and a lost answer is `OutcomeUnknownError`.
        """
        pairs = tuple(query)

        def attempt() -> T:
            return read(
                self._exchange.call(method, path, query=pairs, body=body, headers=headers, accepts=accepts)
            )

        return self._runtime.run(operation, resource, attempt, idempotent=idempotent)

    def _fetch(
        self,
        operation: str,
        resource: str,
        url: str,
        read: Callable[[RestAnswer], T],
        *,
        accepts: tuple[int, ...] = (200,),
    ) -> T:
        """Return what `read` makes of the answer at `url`, which the service gave out. No token goes there."""
        return self._runtime.run(
            operation, resource, lambda: read(self._exchange.fetch(url, accepts=accepts))
        )

    def _poll(
        self,
        ask: Callable[[], T | None],
        *,
        timeout: float,
        what: str,
        schedule: PollSchedule,
        lag: tuple[type[CloudError], ...] = (),
        operation: str = "",
        resource: str = "",
    ) -> T:
        """Return the first answer of `ask` that is not None; see `_polling.poll`.

        `operation` and `resource` are what the error says when the time is over.
        """
        return poll(
            ask,
            timeout=timeout,
            what=what,
            schedule=schedule,
            lag=lag,
            context=self._runtime.context(operation, resource),
            clock=self._clock,
            sleep=self._sleep,
        )

    # -- what every client has ---------------------------------------------------------------------------------
    def _translate(self, exc: Exception, context: ErrorContext) -> CloudError | None:  # noqa: ARG002  # the same for every call
        return translate(exc, self._words_of, self._kind_of)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this client can do beyond the contract: nothing that capabilities are about."""
        return frozenset()

    @property
    def native(self) -> requests.Session:
        """The pooled session below the client. It holds no token: add the header yourself."""
        return self._exchange.session()

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        self._exchange.close()

    def _constructor(self) -> tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]:
        return type(self), (), self._arguments
