"""Coda's OpenAPI document as a server can use it: what is wrong in it is put right, nothing is left out."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# A text may be a number too: Prism coerces, and then more than one of "one of" is true. So it is of formats,
# most of which demand nothing but what all have.
_VALUES = ("ColumnFormat", "ScalarValue", "Value", "RichSingleValue", "RichValue", "CellValue")
_TOKENS = ("nextPageToken", "nextPageLink", "nextSyncToken")


def repaired(document: dict[str, Any], *, for_proxy: bool = False) -> dict[str, Any]:
    """Return a copy without the document's errors (version 1.5.0).

    They are a literal ``$`` in paths; members of ``allOf`` that forbid each other's fields; required names that
    end in a comma, or that are no properties; and examples that say that there is always another page.

    Args:
        document: Coda's.
        for_proxy: a server of this machine answers instead of the examples: they stay, and addresses of this
            machine, which Prism takes for no URLs, are not looked at.
    """
    document = copy.deepcopy(document)
    schemas = document["components"]["schemas"]
    document["paths"] = {path.replace("${", "{"): item for path, item in document["paths"].items()}
    for part in _objects(document):
        _satisfiable(part, schemas)
        if for_proxy and part.get("format") == "url":
            del part["format"]
    for name in _VALUES:
        if "oneOf" in schemas.get(name, {}):
            schemas[name]["anyOf"] = schemas[name].pop("oneOf")
            schemas[name].pop("discriminator", None)
    for schema in schemas.values():
        for token in () if for_proxy else _TOKENS:
            schema.get("properties", {}).pop(token, None)
    return document


def _satisfiable(part: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Let a part of the document allow what it demands."""
    for member in part["allOf"] if isinstance(part.get("allOf"), list) else ():
        member.pop("additionalProperties", None)
        if "$ref" in member:
            schemas[member["$ref"].rpartition("/")[2]].pop("additionalProperties", None)
    if isinstance(part.get("required"), list):
        part["required"] = [str(name).rstrip(",") for name in part["required"]]
        for name in part["required"]:
            part.get("properties", {}).setdefault(name, {})


def _objects(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for inner in part.values():
            yield from _objects(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _objects(inner)


def query_names(document: dict[str, Any], path: str, verb: str) -> set[str]:
    """Return the query parameters that an operation declares."""
    item = document["paths"][path]
    declared = [*item.get("parameters", ()), *item[verb.lower()].get("parameters", ())]
    found = set()
    for parameter in declared:
        if "$ref" in parameter:
            parameter = document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]  # noqa: PLW2901  # the same one, found
        if parameter["in"] == "query":
            found.add(parameter["name"])
    return found
