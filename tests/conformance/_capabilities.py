"""The table of capabilities: one column per client and server, made from the runs of the kit.

A column stands on a whole run of its class without a failure: what the client declares then holds, and what
is declared as the server's deviation (and fails strictly) is all that does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud.common import Capability
from cloud.testing import StorageConformance
from cloud.testing._storage_base import names_of_tests

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD = """\
# Capabilities

Written by `make docs` from the runs of the conformance kit; do not edit. **yes**: every promise of the row holds
on that server. **no**: the client refuses, before any request. Numbers point to what the test server itself
gets wrong, which the kit checks, too.
"""


@dataclass(frozen=True)
class Column:
    """What one client can do on one server: cell by row, and the numbered notes."""

    title: str
    cells: dict[str, str]
    notes: list[str]


def column(kit: type[StorageConformance], capabilities: Iterable[Capability]) -> Column:
    """Return the column of a kit whose whole run passed."""
    notes: list[str] = []
    numbers: dict[str, set[int]] = {}
    for name, reason in {**kit.deviations, **kit.unsteady}.items():
        if reason not in notes:
            notes.append(reason)
        test = getattr(kit, name.partition("[")[0])
        numbers.setdefault(_row(kit, test), set()).add(notes.index(reason) + 1)
    if kit.refused_keys:
        names = ", ".join(sorted(kit.refused_keys))
        notes.append(f"the client refuses {len(kit.refused_keys)} odd keys before any request: {names}")
        numbers.setdefault("Keys", set()).add(len(notes))
    declared = {capability.value for capability in capabilities}
    cells = {}
    for row in rows():
        answer = "no" if row in _CAPABILITIES and row not in declared else "yes"
        marks = ", ".join(str(number) for number in sorted(numbers.get(row, ())))
        cells[row] = f"{answer} ({marks})" if marks else answer
    return Column(kit.title, cells, notes)


_CAPABILITIES = [capability.value for capability in Capability]


def rows() -> list[str]:
    """Return the names of all rows: groups of promises, then capabilities."""
    groups = [base.__dict__["promises"] for base in StorageConformance.__mro__ if "promises" in base.__dict__]
    return [group for group in groups if group not in _ONLY_CAPABILITIES] + _CAPABILITIES


_ONLY_CAPABILITIES = {"Presigned URLs and forms", "Versions"}  # every test of these is about a capability


def _row(kit: type[StorageConformance], test: object) -> str:
    capability = getattr(test, "about", None)
    if capability is not None:
        return str(capability.value)
    name = test.__name__  # type: ignore[attr-defined]  # tests are functions
    home = next(base for base in kit.__mro__ if name in base.__dict__)
    return str(home.__dict__["promises"])


def is_whole(kit: type[StorageConformance], outcomes: dict[str, bool]) -> bool:
    """Return whether every test of `kit` ran and none failed."""
    return all(outcomes.values()) and outcomes.keys() >= {name for name, _ in names_of_tests(kit)}


def render(columns: dict[str, Column]) -> str:
    """Return the page."""
    shown = [columns[title] for title in sorted(columns)]
    lines = [HEAD]
    lines.append("| promises | " + " | ".join(each.title for each in shown) + " |")
    lines.append("|---" * (len(shown) + 1) + "|")
    lines += [f"| {row} | " + " | ".join(each.cells.get(row, "") for each in shown) + " |" for row in rows()]
    for each in shown:
        if each.notes:
            lines += ["", f"## {each.title}", ""]
            lines += [f"{number}. {note}" for number, note in enumerate(each.notes, 1)]
    return "\n".join(lines) + "\n"


def parse(page: str) -> dict[str, Column]:
    """Return the columns of a page that `render` made, by title."""
    table = [line[2:-2].split(" | ") for line in page.splitlines() if line.startswith("| ")]
    if not table:
        return {}
    titles = table[0][1:]
    sections = dict(re.findall(r"^## (.+)\n\n((?:\d+\. .+\n)+)", page, re.MULTILINE))
    return {
        title: Column(
            title,
            {row[0]: row[place] for row in table[1:]},
            [line.partition(". ")[2] for line in sections.get(title, "").splitlines()],
        )
        for place, title in enumerate(titles, 1)
    }
