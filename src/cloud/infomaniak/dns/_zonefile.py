"""A whole zone as text: BIND's zone files (RFC 1035, section 5) and YAML, read into what is wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.common.errors import InvalidRequestError
from cloud.common.models import Record
from cloud.infomaniak._yaml import parse
from cloud.infomaniak.dns import _names as names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TTL = re.compile(r"(?:\d+[smhdw]?)+\Z", re.IGNORECASE)
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_WORD = re.compile(r'"(?:[^"\\\n]|\\.)*"|[()\n]|;[^\n]*|(?:[^\s();"\\]|\\.)+|[ \t\r]+|.', re.DOTALL)
_ZONE_KEYS = frozenset({"zone", "email", "ttl", "description", "records"})
_RECORD_KEYS = frozenset({"name", "type", "ttl", "records"})


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedRecordSet(Record):
    """All records of one name and type, as they shall be.

    Attributes:
        name: the name, with the dot at its end.
        type: such as ``A``.
        records: the data, as Designate takes it.
        ttl: seconds; None for the zone's.
    """

    name: str
    type: str
    records: tuple[str, ...]
    ttl: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedZone(Record):
    """A zone as it shall be. Read one with `from_bind` or `from_yaml`.

    The SOA and the NS records of the zone itself are the service's: they are read over.

    Attributes:
        name: its name, with the dot at its end.
        record_sets: its record sets.
        email: address of who answers for it; None to leave it.
        ttl: seconds for records that say nothing else; None to leave it.
        description: free text; None to leave it.
    """

    name: str
    record_sets: tuple[WantedRecordSet, ...] = field(hash=False)
    email: str | None = None
    ttl: int | None = None
    description: str | None = None

    @classmethod
    def from_bind(cls, text: str, *, zone: str | None = None) -> WantedZone:
        """Return the zone of a BIND zone file.

        ``$ORIGIN``, ``$TTL``, ``@``, relative and repeated names, brackets, comments and units of time are
        known. ``$INCLUDE`` and ``$GENERATE`` are refused.

        Args:
            text: the file.
            zone: name of the zone, where the file has no ``$ORIGIN``.

        Raises:
            InvalidRequestError: it cannot be read; the message names the line.
        """
        return _BindReader(zone).read(text)

    @classmethod
    def from_yaml(cls, text: str) -> WantedZone:
        """Return the zone of a YAML document.

        Its keys: ``zone``, ``email``, ``ttl``, ``description``, and ``records``, a list of mappings with
        ``name`` (``@`` is the zone), ``type``, ``records`` (a text or a list) and ``ttl``.

        Raises:
            InvalidRequestError: it cannot be read, has an unknown key, or names a record set twice.
        """
        return cls.from_dict(parse(text, "the zone"))

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> WantedZone:
        """Return the zone of a mapping of the shape that `from_yaml` reads."""
        _expect(body, _ZONE_KEYS, "the zone")
        if "zone" not in body:
            raise InvalidRequestError("the zone has no name", hint="zone: example.org.")
        zone = names.zone_name(body["zone"])
        found = _Collected(zone)
        records = body.get("records") or []
        if not isinstance(records, list):
            raise InvalidRequestError("records is no list", hint="a list of name, type, records and ttl")
        for number, each in enumerate(records, 1):
            _expect(each, _RECORD_KEYS, f"record {number}")
            data = each.get("records")
            values = [data] if isinstance(data, str) else data
            if not isinstance(values, list) or not values or "type" not in each:
                raise InvalidRequestError(f"record {number} needs a type and records")
            kind = str(each["type"]).upper()
            for value in values:
                found.add(each.get("name", "@"), kind, str(value), each.get("ttl"), f"record {number}")
        return cls(
            name=zone,
            record_sets=found.record_sets(),
            email=body.get("email"),
            ttl=names.ttl_of(body.get("ttl")),
            description=body.get("description"),
        )


def _expect(body: object, known: frozenset[str], where: str) -> None:
    if not isinstance(body, dict):
        raise InvalidRequestError(f"{where} is no mapping")
    for key in body:
        if key not in known:
            raise InvalidRequestError(
                f"{where}: unknown key {key!r}", hint=f"one of {', '.join(sorted(known))}"
            )


class _Collected:
    """Record sets, filled record by record."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self._found: dict[tuple[str, str], tuple[list[str], int | None]] = {}

    def add(self, name: str, kind: str, data: str, ttl: int | None, where: str) -> None:
        """Add one record; records of one name and type share a TTL, as RFC 2181 (5.2) demands."""
        try:
            owner = names.absolute(name, self.zone)
            if kind == "SOA" or (kind == "NS" and owner == self.zone):
                return
            key = (owner, names.record_type(kind))
            value = names.record_data(kind, data, self.zone)
            ttl = names.ttl_of(ttl)
        except InvalidRequestError as error:
            raise InvalidRequestError(f"{where}: {error.message}", hint=error.hint) from error
        values, known = self._found.setdefault(key, ([], ttl))
        if known != ttl:
            raise InvalidRequestError(f"{where}: {owner} {kind} has two TTLs, {known} and {ttl}")
        if names.comparable(kind, value) in {names.comparable(kind, each) for each in values}:
            raise InvalidRequestError(f"{where}: {owner} {kind} {value} is there twice")
        values.append(value)

    def record_sets(self) -> tuple[WantedRecordSet, ...]:
        """Return what was added.

        Raises:
            InvalidRequestError: a name has a CNAME and something else, which DNS does not know.
        """
        kinds: dict[str, list[str]] = {}
        for owner, kind in self._found:
            kinds.setdefault(owner, []).append(kind)
        for owner, found in kinds.items():
            if "CNAME" in found and (len(found) > 1 or len(self._found[owner, "CNAME"][0]) > 1):
                raise InvalidRequestError(f"{owner} has a CNAME, so it can have no other record")
        return tuple(
            WantedRecordSet(name=owner, type=kind, records=tuple(values), ttl=ttl)
            for (owner, kind), (values, ttl) in self._found.items()
        )


class _BindReader:
    """Reads one zone file."""

    def __init__(self, zone: str | None) -> None:
        self._origin = None if zone is None else names.zone_name(zone)
        self._collected = None if self._origin is None else _Collected(self._origin)
        self._default_ttl: int | None = None
        self._email: str | None = None
        self._owner: str | None = None

    def read(self, text: str) -> WantedZone:
        for line, words, indented in _entries(text):
            self._numbered(line, words, indented=indented)
        if self._collected is None:
            raise InvalidRequestError(
                "the zone has no name", hint="name the zone, or begin the file with $ORIGIN"
            )
        return WantedZone(
            name=self._collected.zone,
            record_sets=self._collected.record_sets(),
            email=self._email,
            ttl=self._default_ttl,
        )

    def _numbered(self, line: int, words: list[str], *, indented: bool) -> None:
        try:
            if words[0].startswith("$"):
                self._directive(words[0].upper(), words[1:])
            else:
                self._entry(words, indented=indented)
        except InvalidRequestError as error:
            raise InvalidRequestError(f"line {line}: {error.message}", hint=error.hint) from error

    def _entry(self, words: list[str], *, indented: bool) -> None:
        if self._origin is None or self._collected is None:
            raise InvalidRequestError(
                "a record before the zone has a name", hint="name the zone, or begin the file with $ORIGIN"
            )
        if not indented:
            self._owner = self._full(words.pop(0), self._origin)
        if self._owner is None:
            raise InvalidRequestError("the first record has no name")
        ttl: int | None = None
        while words and (words[0].upper() == "IN" or _TTL.match(words[0])):
            first = words.pop(0)
            ttl = ttl if first.upper() == "IN" else _seconds(first)
        if len(words) < 2:
            raise InvalidRequestError("a record needs a type and data")
        kind, data = words[0].upper(), words[1:]
        if kind == "SOA":
            self._email = _mailbox(data[1] if len(data) > 1 else "", self._origin)
            return
        if kind in {"CNAME", "NS", "PTR", "MX", "SRV"}:
            data[-1] = self._full(data[-1], self._origin)
        elif kind in {"TXT", "SPF"}:  # words without quotes are strings of their own
            data = [word if word.startswith('"') else f'"{word}"' for word in data]
        own = ttl if ttl != self._default_ttl else None
        self._collected.add(self._owner, kind, " ".join(data), own, f"{self._owner} {kind}")

    @staticmethod
    def _full(name: str, origin: str) -> str:
        """Return the absolute name: what has no dot at its end is below the origin, dots in it or not."""
        if name == "@":
            return origin
        return name if name.endswith(".") else f"{name}.{origin}"

    def _directive(self, word: str, words: list[str]) -> None:
        if word == "$TTL" and len(words) == 1 and _TTL.match(words[0]):
            if self._default_ttl is not None:
                raise InvalidRequestError("$TTL stands twice, and a zone here has one")
            self._default_ttl = _seconds(words[0])
        elif word == "$ORIGIN" and len(words) == 1:
            name = words[0]
            if not name.endswith("."):
                name = f"{name}.{self._origin}" if self._origin else f"{name}."
            self._origin = names.absolute(name, None)
            if self._collected is None:
                self._collected = _Collected(self._origin)
        else:
            raise InvalidRequestError(f"{word} is not understood", hint="only $ORIGIN and $TTL are")


def _seconds(text: str) -> int:
    return sum(int(count) * _UNITS[unit.lower()] for count, unit in re.findall(r"(\d+)([a-zA-Z]?)", text))


def _mailbox(name: str, origin: str) -> str | None:
    """Return the address that an SOA writes as a name (``hostmaster.example.org.``)."""
    full = name if name.endswith(".") else f"{name}.{origin}"
    local, _, domain = full[:-1].replace("\\.", "\0").partition(".")
    return f"{local}@{domain}".replace("\0", ".") if domain else None


def _entries(text: str) -> Iterator[tuple[int, list[str], bool]]:
    """Yield (line, words, whether it begins with a blank) for each record or directive of a zone file."""
    words: list[str] = []
    depth, line, begun = 0, 1, 1
    blank = indented = False  # whether a blank was the last thing seen, whether one began the entry
    fresh = True  # whether nothing of this line was seen yet
    for match in _WORD.finditer(text + "\n"):
        word = match[0]
        if word == "\n":
            if depth == 0 and words:
                yield begun, words, indented
                words = []
            line, fresh, blank = line + 1, True, False
            continue
        if word[0] in " \t\r":
            blank = fresh
        elif word in "()":
            depth = _deeper(depth, word, line)
        elif word[0] != ";":
            if not words:
                begun, indented = line, blank
            words.append(_whole(word, line))
        fresh = False
    if depth:
        raise InvalidRequestError(f"line {begun}: a bracket opens and does not close")


def _deeper(depth: int, bracket: str, line: int) -> int:
    depth += 1 if bracket == "(" else -1
    if depth < 0:
        raise InvalidRequestError(f"line {line}: a bracket closes that did not open")
    return depth


def _whole(word: str, line: int) -> str:
    if word in {'"', "\\"}:
        raise InvalidRequestError(f"line {line}: a quoted text does not end")
    return word
