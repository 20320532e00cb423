"""What the API's JSON values become: numbers, texts, moments, flags. What is missing or odd becomes None.

A record must not break because a field is new, missing or of another type than documented: the service's own
answer stays readable in `raw`. What an answer is made of, its objects and lists, is checked: an answer of another
shape is an error, never an empty result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timezone
from typing import Any

from cloud.common._redact import Secret
from cloud.common._times import read_time
from cloud.common.errors import InvalidRequestError, UnknownServiceError
from cloud.common.models import FrozenMap, utc

Json = Mapping[str, Any]


def as_object(value: object) -> Json:
    """Return a JSON object; an empty one for everything else."""
    return value if isinstance(value, Mapping) else {}


def as_objects(value: object) -> tuple[Json, ...]:
    """Return the objects of a JSON list; PHP writes lists whose keys are not 0, 1, 2 ... as objects."""
    items: Iterable[object] = value.values() if isinstance(value, Mapping) else ()
    if isinstance(value, (list, tuple)):
        items = value
    return tuple(item for item in items if isinstance(item, Mapping))


def needed_object(value: object) -> Json:
    """Return a JSON object.

    Raises:
        UnknownServiceError: the answer has none.
    """
    if not isinstance(value, Mapping):
        raise UnknownServiceError("the service said yes, and its answer lacks the object that was asked for")
    return value


def needed_objects(value: object) -> tuple[Json, ...]:
    """Return the objects of a JSON list, all of them.

    Raises:
        UnknownServiceError: the answer has none, or something else is in it.
    """
    if isinstance(value, Mapping) and "id" in value:
        return (value,)  # one, without a list around it: so credits of accounts are documented
    found = as_objects(value)
    if not isinstance(value, (list, Mapping)) or len(found) != len(value):
        raise UnknownServiceError("the service said yes, and its answer lacks the list that was asked for")
    return found


def needed_truth(value: object) -> bool:
    """Return True.

    Raises:
        UnknownServiceError: the service says that it did not do what was asked.
    """
    if value in {False, "0", ""} if isinstance(value, (bool, int, str)) else value is None:
        raise UnknownServiceError("the service answered that it did not do it, and gave no reason")
    return True


def needed_count(value: object) -> int:
    """Return a number of items.

    Raises:
        UnknownServiceError: the answer has none.
    """
    found = number(value["total"] if isinstance(value, Mapping) and "total" in value else value)
    if found is None:
        raise UnknownServiceError("the service said yes, and its answer lacks the number that was asked for")
    return found


def identifier(value: object) -> int:
    """Return the id of a record.

    Raises:
        UnknownServiceError: it is no number.
    """
    found = number(value)
    if found is None:
        raise UnknownServiceError("the service's answer has something without an id")
    return found


def text(value: object) -> str:
    """Return a text; empty where there is none."""
    return "" if value is None or isinstance(value, (Mapping, list)) else str(value)


def optional_text(value: object) -> str | None:
    """Return a text; None for null and for an empty one."""
    return text(value) or None


def number(value: object) -> int | None:
    """Return a whole number, also one that comes as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def rate(value: object) -> float | None:
    """Return a number, also one that comes as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def moment(value: object) -> datetime | None:
    """Return a time in UTC from Unix seconds; None for null, 0 and what is no time."""
    seconds = rate(value)
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


def unix_seconds(name: str, value: datetime | str) -> int:
    """Return the Unix seconds of an aware datetime, or of its ISO 8601 text; a fraction is cut off.

    Raises:
        InvalidRequestError: it is no time, or has no zone, so nobody can know which moment it is.
    """
    if isinstance(value, str):
        try:
            value = read_time(value.strip())
        except ValueError as exc:
            raise InvalidRequestError(
                f"{name}: {value!r} is no time of ISO 8601", request_sent=False
            ) from exc
    if not isinstance(value, datetime):
        raise InvalidRequestError(f"{name} is an aware datetime, not {value!r}", request_sent=False)
    try:
        return int(utc(value).timestamp())
    except ValueError as exc:
        raise InvalidRequestError(f"{name}: {exc}", request_sent=False) from exc


def day(name: str, value: date) -> str:
    """Return a day as the service writes it (``2026-11-28``)."""
    if isinstance(value, datetime) or not isinstance(value, date):
        raise InvalidRequestError(
            f"{name} is a day: a datetime.date, which {value!r} is not", request_sent=False
        )
    return value.isoformat()


def frozen(value: object) -> Any:
    """Return JSON data that cannot be changed: objects as mappings, lists as tuples."""
    if isinstance(value, Mapping):
        return FrozenMap({str(name): frozen(item) for name, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(frozen(item) for item in value)
    return value


def hidden(value: object) -> Any:
    """Return JSON data like `frozen`, each text in it a `Secret`."""
    if isinstance(value, Mapping):
        return FrozenMap({str(name): hidden(item) for name, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(hidden(item) for item in value)
    return Secret(value) if isinstance(value, str) else value


def id_of(value: int | str, what: str) -> int:
    """Return an id as a number, also one that comes as text.

    Raises:
        InvalidRequestError: it is none.
    """
    found = None if isinstance(value, float) else number(value)
    if found is None or found < 0:
        raise InvalidRequestError(
            f"{value!r} is no id of a {what}; ids are whole numbers", request_sent=False
        )
    return found


def ids_of(values: Iterable[int | str], what: str) -> list[int]:
    """Return ids as numbers, each once, in their order.

    Raises:
        InvalidRequestError: one is no id, or it is a text, which would be taken for a list of its characters.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidRequestError(
            f"{values!r} is no list of ids; pass a list of whole numbers", request_sent=False
        )
    return list(dict.fromkeys(id_of(value, what) for value in values))


def checked_text(value: str, what: str, *, longest: int = 255) -> str:
    """Return a text that is not blank and not longer than the service takes.

    Raises:
        InvalidRequestError: it is.
    """
    if not isinstance(value, str) or not value.strip():
        raise InvalidRequestError(f"the {what} is empty", request_sent=False)
    if len(value) > longest:
        raise InvalidRequestError(
            f"the {what} has {len(value)} characters; the service takes {longest}", request_sent=False
        )
    return value


def address(value: str, what: str = "email") -> str:
    """Return an e-mail address without blanks around it.

    Only what cannot be one is refused: the service knows better than a pattern.

    Raises:
        InvalidRequestError: it cannot be one.
    """
    problem = address_problem(value)
    if problem is not None:
        raise InvalidRequestError(f"{what}: {problem}", request_sent=False)
    return value.strip()


def address_problem(value: object) -> str | None:
    """Return why `value` cannot be an e-mail address; None when it can.

    254 characters are all that a mail server takes (RFC 5321, 4.5.3.1.3).
    """
    if not isinstance(value, str) or not value.strip():
        return "the address is empty"
    name, at, host = value.strip().rpartition("@")
    if not at or not name or not host or "." not in host.strip("."):
        return "it is no address: name@host.tld"
    if len(value.strip()) > 254:
        return "an address has at most 254 characters"
    if any(char.isspace() or not char.isprintable() or char in ',;<>"' for char in value.strip()):
        return "an address holds no blanks, commas, semicolons, quotes or brackets"
    return None


def given(**values: Any) -> dict[str, Any]:
    """Return what is not None: None leaves a key out, so the service keeps what it has."""
    return {name: value for name, value in values.items() if value is not None}
