"""One call to the newsletter API: its address, its envelope, its errors, its pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode

from cloud._dialects.rest._client import RestClient
from cloud._dialects.rest._errors import ServiceWords, by_code_then_status
from cloud._dialects.rest._exchange import RestServiceError
from cloud._dialects.rest._paths import segment
from cloud.common import errors as e
from cloud.common._paging import Page, Pager
from cloud.common._redact import HIDDEN, redact
from cloud.common.enums import CloudProvider
from cloud.infomaniak.newsletter import _values as v
from cloud.infomaniak.newsletter._choices import Listing
from cloud.infomaniak.newsletter._operations import OPERATIONS, Repeat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cloud._dialects.rest._exchange import RestAnswer
    from cloud._dialects.rest._paths import Value
    from cloud.common._observe import Observer
    from cloud.common._ratelimit import Limiter
    from cloud.common._redact import Secret
    from cloud.common._retry import RetryPolicy

T = TypeVar("T")
# A segment of a path that is quoted already, by its name in the operation's template.
Parts = Mapping[str, "str | int"]
_ANSWERS: Final = (200, 201, 202)
_SUCCESS: Final = frozenset({"success", "asynchronous"})
# https://developer.infomaniak.com/docs/api: the codes of its answers. They rule before the status does.
_KINDS: Final[Mapping[str, type[e.CloudError]]] = {
    "access_denied": e.PermissionDeniedError,
    "bad_request": e.InvalidRequestError,
    "conflict": e.ConflictError,
    "forbidden": e.PermissionDeniedError,
    "method_not_found": e.ConfigurationError,  # no such address: another base_url than the API's
    "not_authorized": e.AuthenticationError,
    "object_already_exists": e.AlreadyExistsError,
    "object_not_found": e.NotFoundError,
    "unexpected_error": e.ServiceUnavailableError,
    "unprocessable_entity": e.InvalidRequestError,
    "validation_failed": e.InvalidRequestError,
}
_HINTS: Final[Mapping[type[e.CloudError], str]] = {
    e.AuthenticationError: "make a token with the scope newsletter in the Infomaniak manager",
    e.ConfigurationError: "check base_url",
}


class Envelope(NamedTuple):
    """An answer.

    Attributes:
        data: what was asked for.
        around: the whole answer; pages stand in it beside `data`.
    """

    data: Any
    around: v.Json


def opened(answer: RestAnswer) -> Envelope:
    """Return an answer without its envelope; status and envelope must both say success.

    Raises:
        RestServiceError: the envelope says that it failed.
        ServiceUnavailableError: there is no envelope: it was not the service.
    """
    document = answer.object()
    if "result" not in document:
        raise e.ServiceUnavailableError("the answer has no result: this was not the service")
    if not isinstance(document["result"], str) or document["result"] not in _SUCCESS:
        raise RestServiceError(answer.status, answer.headers, document)
    return Envelope(document.get("data"), document)


class NewsletterCore(RestClient):
    """What all parts of the client share.

    Args:
        token: the bearer token.
        domain_id: id of the newsletter domain, which all addresses begin with.
        base_url: of Infomaniak's API.
        timeout, retry, limits, observers: see `RestClient`.
        arguments: what the client was constructed with.
    """

    provider = CloudProvider.INFOMANIAK
    service_name = "newsletter"

    def __init__(
        self,
        token: Secret,
        domain_id: int,
        *,
        base_url: str,
        timeout: float | tuple[float, float] | None,
        retry: RetryPolicy | None,
        limits: Limiter | None,
        observers: Sequence[Observer],
        arguments: Mapping[str, Any],
    ) -> None:
        super().__init__(
            token,
            base_url=base_url,
            timeout=timeout,
            retry=retry,
            limits=limits,
            observers=observers,
            arguments=arguments,
        )
        self._secret = token
        self._domain_id = domain_id
        self._domain_is_known = False

    @property
    def newsletter_id(self) -> int:
        """Id of the newsletter domain that this client is for."""
        return self._domain_id

    # -- errors ------------------------------------------------------------------------------------------------
    def _words_of(self, error: RestServiceError) -> ServiceWords:
        document = v.as_object(error.document)
        said = document.get("error")
        main = v.as_object(said)
        problems = tuple(
            (v.text(each.get("code")), self._without_token(v.text(each.get("description"))))
            for each in v.as_objects(document.get("errors"))
        )
        told = self._without_token(v.text(main.get("description")) or v.text(said))
        texts = [told, *(text for _, text in problems)]
        code = v.optional_text(main.get("code"))
        return ServiceWords(
            message="; ".join(dict.fromkeys(filter(None, texts))) or None,
            code=code,
            request_id=error.headers.get("x-request-id"),
            hint=_HINTS.get(self._kind_of(error.status, code)),
            details={"errors": problems, "error_context": v.frozen(main.get("context") or {})},
        )

    def _without_token(self, text: str) -> str:
        """Return the service's words without a secret in them, should it say one back."""
        return redact(text.replace(self._secret.reveal(), HIDDEN))

    def _kind_of(self, status: int, code: str | None) -> type[e.CloudError]:
        if status == 429:
            return e.RateLimitedError
        if status < 300 and code not in _KINDS:
            return e.UnknownServiceError  # told within a success, in a word that nobody has mapped yet
        return by_code_then_status(_KINDS, status, code)

    # -- calls -------------------------------------------------------------------------------------------------
    def _ask(
        self,
        name: str,
        read: Callable[[Envelope], T],
        *,
        parts: Parts | None = None,
        query: Iterable[tuple[str, Value]] = (),
        body: object = None,
        caller: str | None = None,
    ) -> T:
        """Return what `read` makes of the answer of the operation `name`.

        Args:
            name: in the table of operations.
            read: turns the answer into a result.
            parts: what stands in the places of its path.
            query: parameters; what is None is left out.
            body: sent as JSON; None for none.
            caller: the public method, where it is not called like the operation.
        """
        endpoint = OPERATIONS[name]
        quoted = {place: segment(part, place) for place, part in (parts or {}).items()}
        below = endpoint.path.format(**quoted)
        result = self._call(
            caller or name,
            below.strip("/") or "domain",
            endpoint.verb,
            f"/1/newsletters/{self._domain_id}{below}",
            lambda answer: read(opened(answer)),
            query=query,
            body=body,
            accepts=_ANSWERS,
            idempotent=endpoint.repeat is Repeat.SAFE,
        )
        self._domain_is_known = True
        return result

    def _remove(
        self,
        name: str,
        what: str,
        id: int | str,  # noqa: A002  # the service's word
        *,
        caller: str | None = None,
    ) -> bool:
        """Make sure that a thing is gone; False when there was none.

        A service that does not know the domain says 404 as well: where no answer has proved the domain yet, it
        is asked for, so that a wrong id of a newsletter never looks like a thing that was not there.
        """
        try:
            return self._ask(name, was_done, parts={what: v.id_of(id, what)}, caller=caller)
        except e.NotFoundError as error:
            if any(attempt.error != "RateLimitedError" for attempt in error.attempts[:-1]):
                return True  # an earlier try, whose answer was lost, may be what removed it
            self._prove_domain()
            return False

    def _cancel(self, operation_id: str) -> bool:
        """Ask the service to stop an operation; False when there is none such, or none any more."""
        try:
            return self._ask("cancel_operation", was_done, parts={"operation": operation_id})
        except e.NotFoundError:
            self._prove_domain()
            return False

    def _prove_domain(self) -> None:
        """Raise NotFoundError unless the newsletter domain is there."""
        if not self._domain_is_known:
            self._ask("get_domain", lambda envelope: v.needed_object(envelope.data))

    # -- pages -------------------------------------------------------------------------------------------------
    def _pages(
        self,
        name: str,
        of: Callable[[v.Json], T],
        *,
        parts: Parts | None = None,
        query: Iterable[tuple[str, Value]] = (),
        body: object = None,
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
        caller: str | None = None,
    ) -> Pager[T]:
        """Return a listing that has not been fetched yet; `of` makes a record of an object."""
        plan = listing or Listing()
        fixed = [*query, *_sorting(plan)]
        start = _Position.first(plan) if token is None else _Position.of(token)

        def fetch(token: str | None) -> Page[T]:
            position = start if token is None else _Position.of(token)
            return self._ask(
                name,
                lambda envelope: _page(envelope, position, of),
                parts=parts,
                query=[*fixed, *position.query()],
                body=body,
                caller=caller,
            )

        return Pager(fetch, token=token, limit=limit)

    def _count(
        self,
        name: str,
        caller: str,
        *,
        parts: Parts | None = None,
        query: Iterable[tuple[str, Value]] = (),
        body: object = None,
    ) -> int:
        """Return how many items a listing has, without fetching them."""
        return self._ask(
            name,
            lambda envelope: v.needed_count(envelope.data),
            parts=parts,
            query=[*query, ("return", "total")],
            body=body,
            caller=caller,
        )


class _Position(NamedTuple):
    """Where a page begins, and what is known of the listing. Its text is the token of the page.

    Attributes:
        kind: ``page`` or ``skip``.
        at: number of the page, from 1, or position of the first item, from 0.
        size: items that are asked for.
        total: items that the service counted on the page before; None on the first page.
    """

    kind: str
    at: int
    size: int
    total: int | None = None

    @classmethod
    def first(cls, plan: Listing) -> _Position:
        return cls("page", 1, plan.page_size) if plan.skip is None else cls("skip", plan.skip, plan.page_size)

    @classmethod
    def of(cls, token: str) -> _Position:
        facts = dict(parse_qsl(token))
        kind = "skip" if "skip" in facts else "page"
        at, size = v.number(facts.get(kind)), v.number(facts.get("size"))
        if at is None or size is None or at < 0 or not 1 <= size <= 1000:
            raise e.InvalidRequestError(
                f"{token!r} is no token of a page: pass a page's next_token or an error's resume_token",
                request_sent=False,
            )
        return cls(kind, at, size, v.number(facts.get("total")))

    def token(self) -> str:
        return urlencode(v.given(**{self.kind: self.at}, size=self.size, total=self.total))

    def query(self) -> list[tuple[str, Value]]:
        if self.kind == "page":
            return [("page", self.at), ("per_page", self.size)]
        return [("limit", self.size), ("skip", self.at)]


def _page(envelope: Envelope, position: _Position, of: Callable[[v.Json], T]) -> Page[T]:
    """Return one page, and where the next one begins."""
    objects = v.needed_objects(envelope.data)
    items = tuple(of(each) for each in objects)
    if position.kind == "skip":
        # How many items one request gives at most is not documented: only an empty page is surely the last.
        following = position._replace(at=position.at + len(items)) if items else None
        return Page(items=items, next_token=following and following.token())
    total = v.number(envelope.around.get("total"))
    if position.total is not None and total is not None and total < position.total:
        raise e.ConflictError(
            f"the list shrank from {position.total} to {total} while it was read: items moved to pages before",
            hint="read it whole before you remove what is in it, or read it again",
        )
    pages = v.number(envelope.around.get("pages"))
    is_last = position.at >= pages if pages is not None else not items
    following = None if is_last else position._replace(at=position.at + 1, total=total)
    return Page(items=items, next_token=following and following.token())


def _sorting(plan: Listing) -> list[tuple[str, Value]]:
    return [
        ("order_by", ",".join(plan.order_by) or None),
        ("order", "desc" if plan.descending else None),
        *((f"order_for[{name}]", direction) for name, direction in plan.order_for.items()),
    ]


def loading(names: Sequence[str]) -> tuple[str, Value]:
    """Return the parameter that loads more of a record (``with=recipients,content``)."""
    if isinstance(names, str):
        raise e.InvalidRequestError("include is a list of names", request_sent=False)
    return ("with", ",".join(names) or None)


def filtering(**values: Any) -> list[tuple[str, Value]]:
    """Return a filter as the service's framework reads it: ``filter[status]=sent``, ``filter[groups][]=3``."""
    pairs: list[tuple[str, Value]] = []
    for name, value in values.items():
        if isinstance(value, (list, tuple)):
            pairs.extend((f"filter[{name}][]", each) for each in value)
        elif value is not None:
            pairs.append((f"filter[{name}]", value))
    return pairs


def was_done(envelope: Envelope) -> bool:
    """Return True; an answer that says that nothing was done is an error."""
    # Some answer with the thing itself, some with true.
    return True if isinstance(envelope.data, Mapping) else v.needed_truth(envelope.data)
