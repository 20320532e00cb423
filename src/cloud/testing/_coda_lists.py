"""Listings of a fake Coda: pages, tokens that imply all other parameters, limits that are clamped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cloud.testing._service_calls import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloud.testing._service_calls import Call

DEFAULT_LIMIT = 25


class _Rest(NamedTuple):
    """What a page token stands for: the listing as it was when it began."""

    path: str
    items: Sequence[Any]
    start: int
    limit: int
    render: Callable[[Any], Any]
    extra: dict[str, Any]


class Lists:
    """Gives out listings by pages.

    Args:
        base_url: gives the URL that links begin with.
        most: the largest page. A larger limit is taken for this one, silently.
        strict: whether other parameters beside a page token are an error.
        too_many: for a path and a limit, whether the service gives up on such a page with 504.
    """

    def __init__(
        self,
        base_url: Callable[[], str],
        *,
        most: int,
        strict: bool,
        too_many: Callable[[Call, int], bool],
    ) -> None:
        self._base_url = base_url
        self._most = most
        self._strict = strict
        self._too_many = too_many
        self._tokens: dict[str, _Rest] = {}

    def answer(
        self,
        call: Call,
        items: Callable[[], Sequence[Any]],
        render: Callable[[Any], Any],
        *,
        most: int | None = None,
        default: int = DEFAULT_LIMIT,
        key: str = "items",
        linked: bool = True,
        extra: Callable[[], dict[str, Any]] = dict,
    ) -> Answer:
        """Return the page that `call` asks for.

        Args:
            call: has ``limit`` and what `items` reads, or ``pageToken``.
            items: gives everything that is listed. It is asked on the first page only.
            render: makes an item's document, when its page is made.
            most: the largest page, where it is not the usual one.
            default: how many items a page has when nothing is asked for.
            key: the field with the items.
            linked: whether the answer holds a link to itself.
            extra: further fields of the last page, made when the listing begins.

        Raises:
            Refusal: 400, a parameter is wrong or must not be there; 504, the page is too large.
        """
        token = call.argument("pageToken")
        if token is None:
            rest = _Rest(
                call.path, items(), 0, self._limit(call, most or self._most, default), render, extra()
            )
        else:
            rest = self._of_token(call, token)
        if self._too_many(call, rest.limit):
            raise Refusal(504, "The request timed out.")
        return Answer(200, self._page(rest, key, linked=linked))

    def _of_token(self, call: Call, token: str) -> _Rest:
        rest = self._tokens.get(token)
        if rest is None or rest.path != call.path:
            raise Refusal(400, "Invalid pageToken.")
        if self._strict and (others := set(call.query) - {"pageToken"}):
            raise Refusal(400, f"pageToken excludes {', '.join(sorted(others))}.")
        return rest

    @staticmethod
    def _limit(call: Call, most: int, default: int) -> int:
        text = call.argument("limit")
        if text is None:
            return min(default, most)
        if not text.isdecimal() or int(text) < 1:
            raise Refusal(400, "limit must be a whole number above 0.")
        return min(int(text), most)

    def _page(self, rest: _Rest, key: str, *, linked: bool) -> dict[str, Any]:
        end = rest.start + rest.limit
        url = f"{self._base_url()}{rest.path}"
        document: dict[str, Any] = {key: [rest.render(item) for item in rest.items[rest.start : end]]}
        if linked:
            document["href"] = url
        if end >= len(rest.items):
            return {**document, **rest.extra}
        token = f"fake-page-{len(self._tokens) + 1}"
        self._tokens[token] = rest._replace(start=end)
        return {**document, "nextPageToken": token, "nextPageLink": f"{url}?pageToken={token}"}


def flag(call: Call, name: str, *, default: bool = False) -> bool:
    """Return a parameter that is ``true`` or ``false``.

    Raises:
        Refusal: 400, it is something else.
    """
    text = call.argument(name)
    if text is None:
        return default
    if text not in {"true", "false"}:
        raise Refusal(400, f"{name} must be true or false.")
    return text == "true"


def choice(call: Call, name: str, known: Sequence[str]) -> str | None:
    """Return a parameter that is one of `known`; None when it is not there.

    Raises:
        Refusal: 400, it is something else.
    """
    text = call.argument(name)
    if text is not None and text not in known:
        raise Refusal(400, f"{name} must be one of {', '.join(known)}.")
    return text
