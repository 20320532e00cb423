"""Names and data of DNS records: checked, made absolute, and compared as resolvers see them."""

from __future__ import annotations

import ipaddress
import re

from cloud.common.errors import InvalidRequestError

# https://docs.openstack.org/designate/latest/user/rest/ ; SOA is the service's own.
RECORD_TYPES = frozenset(
    {"A", "AAAA", "CAA", "CERT", "CNAME", "MX", "NAPTR", "NS", "PTR", "SPF", "SRV", "SSHFP", "TXT"}
)
MAX_TTL = 2_147_483_647  # RFC 2181, section 8
_MAX_NAME = 253  # without the last dot
_MAX_STRING = 255  # RFC 1035, 3.3: one string of a TXT record
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)\Z")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_FINGERPRINT_DIGITS = {"1": 40, "2": 64}  # RFC 4255, RFC 6594
# Types whose data ends in a name, and how many words stand before it.
_NAME_AFTER = {"CNAME": 0, "NS": 0, "PTR": 0, "MX": 1, "SRV": 3}


def zone_name(name: str) -> str:
    """Return the name of a zone in lower case with the dot at its end; unicode in its ASCII form (IDNA)."""
    return absolute(name if name.endswith(".") else f"{name}.", None)


def absolute(name: str, zone: str | None) -> str:
    """Return `name` with the dot at its end: ``@`` is the zone, ``www`` is in it, ``www.example.org.`` stays.

    Raises:
        InvalidRequestError: it is no name, is not in the zone, or could mean two things: ``www.example.org``
            without the dot would be ``www.example.org.example.org.`` in a zone file.
    """
    if not isinstance(name, str) or not name:
        raise InvalidRequestError(f"{name!r} is no name")
    if zone is not None:
        if name == "@":
            return zone
        if not name.endswith("."):
            if f"{name}.".lower() == zone or f"{name}.".lower().endswith(f".{zone}"):
                raise InvalidRequestError(
                    f"{name!r} in {zone} could mean two names",
                    hint=f"end it with a dot ({name}.), or leave the zone's name out",
                )
            name = f"{name}.{zone}"
    found = ".".join(_label(label, name) for label in name[:-1].split(".")) + "."
    if len(found) - 1 > _MAX_NAME:
        raise InvalidRequestError(f"a name has at most {_MAX_NAME} characters, not {len(found) - 1}")
    if zone is not None and found != zone and not found.endswith(f".{zone}"):
        raise InvalidRequestError(f"{found} is not in the zone {zone}")
    return found


def _label(label: str, name: str) -> str:
    if label == "*":
        return label
    if not label.isascii():
        import idna

        try:
            return idna.encode(label, uts46=True).decode().lower()
        except idna.IDNAError as exc:
            raise InvalidRequestError(f"{name!r} is no name: {exc}") from exc
    if not _LABEL.match(label):
        raise InvalidRequestError(f"{name!r} is no name: a part is 1 to 63 letters, digits, '-' and '_'")
    return label.lower()


def record_type(kind: str) -> str:
    """Return the type in capitals.

    Raises:
        InvalidRequestError: Designate has no such type.
    """
    found = kind.upper() if isinstance(kind, str) else kind
    if found not in RECORD_TYPES:
        raise InvalidRequestError(
            f"{kind!r} is no type of record that can be set", hint=f"one of {', '.join(sorted(RECORD_TYPES))}"
        )
    return found


def ttl_of(ttl: int | None) -> int | None:
    """Return the seconds when they can be a TTL."""
    if ttl is not None and (isinstance(ttl, bool) or not isinstance(ttl, int) or not 0 < ttl <= MAX_TTL):
        raise InvalidRequestError(f"a TTL is 1 to {MAX_TTL} seconds, not {ttl!r}")
    return ttl


def text_data(text: str) -> str:
    """Return `text` as the data of a TXT record: quoted, in strings of at most 255 characters.

    A resolver's user puts the strings together again without anything between them.
    """
    if not text.isascii() or not text.isprintable():
        raise InvalidRequestError("the text of a TXT record is printable ASCII here")
    # Zed's Designate counts the quotes and the backslashes, too.
    room, parts, part = _MAX_STRING - 2, [], ""
    for char in text:
        written = f"\\{char}" if char in '"\\' else char
        if len(part) + len(written) > room:
            parts.append(part)
            part = ""
        part += written
    return " ".join(f'"{each}"' for each in [*parts, part])


def record_data(kind: str, data: str, zone: str) -> str:
    """Return the data of one record as Designate takes it.

    Names in it become absolute; a TXT that is not quoted is quoted; the value of a CAA is not (Designate of
    release Zed refuses it, and newer ones take both).

    Raises:
        InvalidRequestError: it cannot be data of that type.
    """
    if not isinstance(data, str) or not data.strip():
        raise InvalidRequestError(f"{data!r} is no data of a {kind} record")
    data = data.strip()
    if kind in {"A", "AAAA"}:
        return _address(kind, data)
    if kind in {"TXT", "SPF"}:
        return data if data.startswith('"') else text_data(data)
    words = data.split()
    before = _NAME_AFTER.get(kind)
    if before is not None:
        if len(words) != before + 1 or not all(word.isdigit() for word in words[:-1]):
            raise InvalidRequestError(f"{data!r} is no data of a {kind} record")
        target = words[-1]
        return " ".join([*words[:-1], target if target == "." else _target(target, zone)])
    if kind == "SSHFP":
        return _fingerprint(words)
    if kind == "CAA":
        if len(words) < 3 or not words[0].isdigit():
            raise InvalidRequestError(f"{data!r} is no data of a CAA record", hint="0 issue letsencrypt.org")
        return " ".join([words[0], words[1], *" ".join(words[2:]).strip('"').split()])
    return " ".join(words)


def _fingerprint(words: list[str]) -> str:
    """Return the data of an SSHFP; one of the wrong length stops the transfer of its whole zone."""
    digits = _FINGERPRINT_DIGITS.get(words[1]) if len(words) == 3 else None
    if digits is None or not words[0].isdigit() or not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", words[2]):
        raise InvalidRequestError(
            f"{' '.join(words)!r} is no data of an SSHFP record",
            hint="algorithm, 1 (SHA-1, 40 digits) or 2 (SHA-256, 64 digits), fingerprint",
        )
    return " ".join(words)


def _target(name: str, zone: str) -> str:
    """Return the name that a record points at, in the zone or anywhere."""
    if name.endswith("."):
        return absolute(name, None)
    if name == "@":
        return zone
    if "." in name:
        raise InvalidRequestError(
            f"the name {name!r} could be in {zone} or not", hint=f"end it with a dot: {name}."
        )
    return absolute(name, zone)


def _address(kind: str, data: str) -> str:
    try:
        return str(ipaddress.IPv4Address(data) if kind == "A" else ipaddress.IPv6Address(data))
    except ValueError as exc:
        raise InvalidRequestError(f"{data!r} is no address of type {kind}: {exc}") from exc


def comparable(kind: str, data: str) -> str:
    """Return what is equal for data that resolvers see as equal."""
    if kind in {"TXT", "SPF"}:
        parts = (match[1] if match[1] is not None else match[2] for match in _QUOTED.finditer(data))
        return "".join(re.sub(r"\\(.)", r"\1", part) for part in parts)
    if kind == "AAAA":
        return str(ipaddress.IPv6Address(data))
    text = " ".join(data.split())
    return text.replace('"', "") if kind == "CAA" else text.lower()
