"""What became of an import."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.common.models import Record


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedContact(Record):
    """A contact that was not taken.

    Attributes:
        row: its number, from 1; the head of a CSV file does not count.
        email: what stood in the place of its address.
        reason: why, in the service's words or ours.
    """

    row: int
    email: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport(Record):
    """What became of every contact of an import.

    Attributes:
        row_count: contacts that were read.
        accepted_count: contacts that the service took; verified ones where `verified`.
        refused: all the others, by row.
        batch_count: files that the service was given; 0 where each contact had a request of its own.
        verified: whether every accepted contact was seen in the service's list afterwards.
    """

    row_count: int
    accepted_count: int
    refused: tuple[RefusedContact, ...] = ()
    batch_count: int = 0
    verified: bool = False

    @property
    def ok(self) -> bool:
        """Whether every contact was taken."""
        return not self.refused
