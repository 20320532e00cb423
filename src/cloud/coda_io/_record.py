"""How the records of Coda are read from JSON: by their fields, leniently, with everything kept in `raw`."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from cloud.common._times import read_time
from cloud.common.errors import ServiceUnavailableError, UnsupportedOperationError
from cloud.common.models import FrozenMap, Record, to_json, utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from typing_extensions import Self

R = TypeVar("R", bound="CodaRecord")


@dataclass(frozen=True, kw_only=True, slots=True)
class CodaRecord(Record):
    """Base of Coda's records.

    A field that the service adds breaks nothing and stands in `raw`. A known field whose value has not the
    form that is documented is None, and stands in `raw` too.

    Attributes:
        raw: the service's own record, with every field that it has.
    """

    raw: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Return the record of a JSON object of the service.

        Raises:
            ServiceUnavailableError: a field is missing without which it is no such record.
        """
        values: dict[str, Any] = {}
        for name, key, read, required in _plan(cls):
            found = document.get(key)
            value = read(found) if read is not None and found is not None else found
            if value is not None:
                values[name] = value
            elif required:
                raise ServiceUnavailableError(f"the answer holds no {key!r}: this is no {cls.__name__}")
        return cls(raw=document, **values)

    @classmethod
    def fits(cls, document: object) -> bool:
        """Return whether a JSON value has every field without which it is no such record."""
        return isinstance(document, dict) and all(
            (found := document.get(key)) is not None and (read is None or read(found) is not None)
            for _, key, read, required in _plan(cls)
            if required
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data."""
        return {name: plain(self[name]) for name in self}


@dataclass(frozen=True, kw_only=True, slots=True)
class Handle(CodaRecord):
    """A record of something that goes on, which can be asked after. A pickle keeps the facts alone."""

    _client: Any = field(default=None, repr=False, compare=False, metadata={"wire": False})

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the fields."""
        return (name for name in CodaRecord.__iter__(self) if not name.startswith("_"))

    def __getitem__(self, name: str) -> Any:
        """Return the field called `name`."""
        if name.startswith("_"):
            raise KeyError(name)
        return CodaRecord.__getitem__(self, name)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the facts."""
        return _rebuilt, (type(self), {name: getattr(self, name) for name in self}, self.raw)

    def asker(self, advice: str) -> Any:
        """Return the client to ask; a copy from a pickle has none."""
        if self._client is None:
            raise UnsupportedOperationError(f"this {type(self).__name__} came out of a pickle", hint=advice)
        return self._client


def _rebuilt(kind: Callable[..., Handle], facts: dict[str, Any], raw: Any) -> Handle:
    return kind(raw=raw, **facts)


@cache
def _plan(cls: type[CodaRecord]) -> tuple[tuple[str, str, Callable[[Any], Any] | None, bool], ...]:
    """Return, for each field, its name, its JSON name, what reads it, and whether it must be there."""
    return tuple(
        (
            spec.name,
            spec.metadata.get("key") or camel(spec.name),
            spec.metadata.get("read"),
            spec.default is MISSING and spec.default_factory is MISSING,
        )
        for spec in fields(cls)
        if spec.name != "raw" and spec.metadata.get("wire", True)
    )


def camel(name: str) -> str:
    """Return the JSON name of a field: ``browser_link`` is ``browserLink``."""
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def wire(
    read: Callable[[Any], Any] | None = None,
    *,
    key: str | None = None,
    default: Any = None,
    hashed: bool = True,
) -> Any:
    """Return a field that is read by `read` from the JSON name `key`."""
    return field(default=default, hash=None if hashed else False, metadata={"read": read, "key": key})


def needed(read: Callable[[Any], Any], *, key: str | None = None) -> Any:
    """Return a field without which there is no record."""
    return field(metadata={"read": read, "key": key})


def aside(default: Any = None, *, shown: bool = True, hashed: bool = True) -> Any:
    """Return a field that does not stand in the JSON object itself."""
    return field(
        default=default, repr=shown, compare=shown, hash=None if hashed else False, metadata={"wire": False}
    )


def plain(value: object) -> Any:
    """Return `value` as JSON-ready data."""
    if isinstance(value, datetime):
        return to_json(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, FrozenMap):
        return {name: plain(item) for name, item in value.items()}
    return to_json(value)


# -- readers: what has another form than expected is None ------------------------------------------------------
def moment(text: object) -> datetime | None:
    """Return a time of the service in UTC; None for what is none, or names no zone."""
    if not isinstance(text, str):
        return None
    try:
        return utc(read_time(text))
    except ValueError:
        return None


def day(text: object) -> date | None:
    """Return a date of the service."""
    if not isinstance(text, str):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def string(value: object) -> str | None:
    """Return a text."""
    return value if isinstance(value, str) else None


def integer(value: object) -> int | None:
    """Return a whole number; the service writes some of them with a fraction of zero, or as a text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) else None


def flag(value: object) -> bool | None:
    """Return a truth value."""
    return value if isinstance(value, bool) else None


def strings(value: object) -> tuple[str, ...] | None:
    """Return a list of texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None  # a part of a list would look like the whole of it
    return tuple(value)


def mapping(value: object) -> FrozenMap[Any] | None:
    """Return an object whose names are not known beforehand."""
    return FrozenMap(value) if isinstance(value, dict) else None


def one(kind: type[R]) -> Callable[[Any], R | None]:
    """Return a reader of a record."""

    def read(value: object) -> R | None:
        return kind.from_dict(cast("dict[str, Any]", value)) if kind.fits(value) else None

    return read


def many(kind: type[R]) -> Callable[[Any], tuple[R, ...] | None]:
    """Return a reader of a list of records."""

    def read(value: object) -> tuple[R, ...] | None:
        if not isinstance(value, list) or not all(kind.fits(item) for item in value):
            return None  # a part of a list would look like the whole of it
        return tuple(kind.from_dict(item) for item in value)

    return read
