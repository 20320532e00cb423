"""What requests to a fake newsletter have in common: envelopes, pages, filters, selections, checks of bodies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cloud.testing._service_calls import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cloud.testing._newsletter_state import Named, State, Subscriber
    from cloud.testing._service_calls import Call

LANGUAGES = frozenset({"de_DE", "en_GB", "es_ES", "fr_FR", "it_IT"})
CAMPAIGN_STATES = frozenset(
    {
        "blocked",
        "canceled",
        "draft",
        "scheduled",
        "scheduled_v1",
        "sending",
        "sending_failed",
        "sending_v1",
        "sent",
        "unknown",
    }
)
SUBSCRIBER_STATES = frozenset(
    {"active", "all", "bounced", "junk", "unconfirmed", "under_verification", "unsubscribed"}
)
_FILTER = re.compile(r"filter\[(\w+)\](\[\])?")
_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")


def success(data: Any, status: int = 200, **around: Any) -> Answer:
    """Return an answer in its envelope."""
    return Answer(status, {"result": "success", "data": data, **around})


def is_address(text: object) -> bool:
    """Return whether the service takes it for an address."""
    return isinstance(text, str) and _ADDRESS.fullmatch(text) is not None


def checked_body(call: Call, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Any]:
    """Return a request's body.

    Raises:
        Refusal: 422, a key is missing, or there is one that the service does not know.
    """
    if (call.header("content-type") or "").partition(";")[0] != "application/json":
        raise Refusal(422, "the body must be application/json")
    body = call.json_object()
    problems = [("required", f"{name} is required") for name in required if body.get(name) is None]
    unknown = sorted(set(body) - {*required, *optional})
    problems += [("prohibited", f"{name} field is prohibited") for name in unknown]
    if problems:
        raise Refusal(422, "validation failed", problems=problems)
    return body


def no_body(call: Call) -> None:
    """Refuse a body where the service takes none."""
    if call.body:
        raise Refusal(422, "there is no body here")


def needed_address(text: object) -> str:
    """Return an address.

    Raises:
        Refusal: 422, it is none.
    """
    if not is_address(text):
        raise Refusal(
            422, "validation failed", problems=[("email", "The email must be a valid email address.")]
        )
    return str(text)


def needed_name(value: object) -> str:
    """Return a name of at most 255 characters.

    Raises:
        Refusal: 422, it is none.
    """
    if not isinstance(value, str) or not value.strip() or len(value) > 255:
        raise Refusal(422, "the name must be a text of 1 to 255 characters")
    return value


def filter_of(call: Call, **allowed: frozenset[str] | None) -> dict[str, Any]:
    """Return a request's filter; lists by their names with ``[]``.

    Raises:
        Refusal: 422, a name or a value is not allowed.
    """
    found: dict[str, Any] = {}
    for name, values in call.query.items():
        if not name.startswith("filter"):
            continue
        match = _FILTER.fullmatch(name)
        if match is None or match[1] not in allowed:
            raise Refusal(422, f"{name} field is prohibited")
        known = allowed[match[1]]
        if known is not None and not set(values) <= known:
            raise Refusal(422, f"{name} is invalid")
        found[match[1]] = list(values) if match[2] else values[-1]
    return found


def loads(call: Call) -> frozenset[str]:
    """Return what the request wants loaded (``with``)."""
    return frozenset((call.argument("with") or "").split(",")) - {""}


def listed(
    call: Call,
    items: Iterable[Any],
    shown: Callable[[Any], Mapping[str, Any]],
    *,
    per_page: int = 15,
    most: int = 1000,
) -> Answer:
    """Return the page of `items` that a request asks for, by ``page`` or by ``skip``.

    Args:
        call: the request.
        items: all that fit its filter.
        shown: makes the document of one.
        per_page: items of a page where the request does not say.
        most: items of a page at most, whatever the request says.
    """
    documents = [shown(item) for item in items]
    if call.argument("return") == "total":
        return success(len(documents))
    for name in reversed([each for each in (call.argument("order_by") or "").split(",") if each]):
        direction = call.argument(f"order_for[{name}]") or call.argument("order") or "asc"
        if documents and name not in documents[0]:
            raise Refusal(422, f"order_by: there is no {name}")
        # None has no order among numbers and texts.
        documents.sort(key=lambda each: (each[name] is not None, each[name]), reverse=direction == "desc")
    page, skip = _number(call, "page"), _number(call, "skip")
    if page is not None and skip is not None:
        raise Refusal(422, "use either page or skip")
    if skip is not None:
        return success(documents[skip : skip + min(_number(call, "limit") or per_page, most)])
    size = min(_number(call, "per_page") or per_page, most)
    if page is None and call.argument("per_page") is None:
        limit = _number(call, "limit")
        return success(documents[: min(limit, most) if limit is not None else size])
    page = page or 1
    pages = max(1, -(-len(documents) // size))
    return success(
        documents[(page - 1) * size : page * size],
        total=len(documents),
        page=page,
        pages=pages,
        items_per_page=size,
    )


def _number(call: Call, name: str) -> int | None:
    text = call.argument(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise Refusal(422, f"{name} must be an integer")
    return int(text)


def seconds(moment: Any) -> int:
    """Return a time in Unix seconds."""
    return int(moment.timestamp())


def show_named(thing: Named) -> dict[str, Any]:
    """Return the document of a thing with a name."""
    return {"id": thing.id, "name": thing.name, "updated_at": seconds(thing.updated), **thing.facts}


def matching(state: State, chosen: Mapping[str, Any], segment: object = None) -> list[Subscriber]:
    """Return the subscribers that fit a filter and a segment, by id."""
    found = list(
        state.in_segment(state.segment_of(segment).facts["data"])
        if segment is not None
        else state.subscribers.values()
    )
    if groups := {int(group) for group in chosen.get("groups", ())}:
        found = [each for each in found if each.groups & groups]
    if (status := chosen.get("status", "all")) != "all":
        found = [each for each in found if each.status == status]
    if search := chosen.get("search"):
        found = [each for each in found if search.casefold() in each.email.casefold()]
    return sorted(found, key=lambda each: each.id)


def chosen_ids(select: object, candidates: Iterable[int]) -> list[int]:
    """Return the ids that a bulk request selects.

    Raises:
        Refusal: 422, it is no selection.
    """
    if not isinstance(select, dict) or not isinstance(select.get("all"), bool):
        raise Refusal(422, "select.all is required")
    known = list(candidates)
    if select["all"]:
        return [number for number in known if number not in select.get("exclude", ())]
    return [number for number in known if number in select.get("include", ())]
