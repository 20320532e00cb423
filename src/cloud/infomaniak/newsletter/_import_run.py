"""One import under way: which contacts can be sent, what becomes of each batch, which column is which field."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from cloud.common import errors as e
from cloud.infomaniak.newsletter import _values as v
from cloud.infomaniak.newsletter._csv import ENCLOSURE, SEPARATOR, csv_text
from cloud.infomaniak.newsletter._import_records import ImportReport, RefusedContact
from cloud.infomaniak.newsletter._subscribers import group_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cloud.infomaniak.newsletter._csv import Contact
    from cloud.infomaniak.newsletter._imports import ImportCalls
    from cloud.infomaniak.newsletter._records import Field

_EMAIL: Final = "email"
# So many contacts refused one by one in the same words, and none taken before: it is not about the contacts.
_HOPELESS: Final = 8


class Settings:
    """What an import was asked to do, checked."""

    def __init__(
        self,
        groups: Sequence[int | str],
        columns: Mapping[str, str] | None,
        replace_fields: bool | None,
        batch_size: int,
        verify_timeout: float | None,
        start_row: int,
    ) -> None:
        for name, number in (("batch_size", batch_size), ("start_row", start_row)):
            if number < 1:
                raise e.InvalidRequestError(f"{name} must be at least 1, not {number}", request_sent=False)
        self.groups = group_names(groups) or []
        self.columns = columns
        self.replace_fields = replace_fields
        self.batch_size = batch_size
        self.verify_timeout = verify_timeout
        self.start_row = start_row


class Run:
    """One import under way.

    Attributes:
        accepted: row and address of what the service took, by address in small letters.
        refused: what was not taken.
        row_count: contacts that were read.
        batch_count: files that were sent.
        next_row: the first row of which nobody knows yet.
    """

    def __init__(
        self, client: ImportCalls, settings: Settings, *, create_fields: bool, one_by_one: bool
    ) -> None:
        self._client = client
        self._settings = settings
        self._create_fields = create_fields
        self._one_by_one = one_by_one
        self._columns: dict[str, Field | None] = {}  # by column; None for the address
        self._refused_alone: Counter[str] = Counter()  # by the service's words
        self.accepted: dict[str, tuple[int, str]] = {}
        self.refused: list[RefusedContact] = []
        self.row_count = 0
        self.batch_count = 0
        self.next_row = settings.start_row

    def refuse(self, row: int, email: str, reason: str) -> None:
        """Note that a contact was not taken."""
        self.refused.append(RefusedContact(row=row, email=email, reason=reason))

    def sendable(self, contacts: Iterable[Contact]) -> Iterator[Contact]:
        """Yield the contacts that can be sent; the others are refused."""
        seen: dict[str, int] = {}
        for contact in contacts:
            if contact.row < self._settings.start_row:
                continue
            self.row_count += 1
            column = self._email_column(contact.values)
            if column is None and contact.problem is None and self.row_count == 1:
                raise e.InvalidRequestError(
                    f"row {contact.row} has no column {_EMAIL!r}",
                    hint='name it: columns={"Mail": "email", ...}',
                    request_sent=False,
                )
            email = contact.values[column].strip() if column is not None else ""
            problem = contact.problem or v.address_problem(email)
            first = seen.setdefault(email.casefold(), contact.row)
            if problem is None and first != contact.row:
                problem = f"the same address stands in row {first}"
            if problem is None:
                yield contact
            else:
                self.refuse(contact.row, contact.values.get(column or "", ""), problem)

    def send(self, batch: Sequence[Contact]) -> None:
        """Send contacts, and note of each whether it was taken."""
        self._learn_columns(batch)
        if self._one_by_one:
            for contact in batch:
                self._columns_of(contact)
                self._attempt([contact])
                self.next_row = contact.row + 1
            return
        # One file for each set of columns: a cell for a value that was not given would erase the one there is.
        by_columns: dict[tuple[str, ...], list[Contact]] = {}
        for contact in batch:
            by_columns.setdefault(self._columns_of(contact), []).append(contact)
        for contacts in by_columns.values():
            self._attempt(contacts)
        self.next_row = batch[-1].row + 1

    def report(self, *, verified: bool) -> ImportReport:
        """Return what became of every contact so far."""
        return ImportReport(
            row_count=self.row_count,
            accepted_count=len(self.accepted),
            refused=tuple(sorted(self.refused, key=lambda contact: contact.row)),
            batch_count=self.batch_count,
            verified=verified,
        )

    def _columns_of(self, contact: Contact) -> tuple[str, ...]:
        """Return the columns of a contact that are fields.

        Raises:
            InvalidRequestError: two of them are the same field.
        """
        names = tuple(sorted(name for name in contact.values if name in self._columns))
        fields = [self._columns[name] for name in names]
        for number, field in enumerate(fields):
            if field in fields[:number]:
                raise e.InvalidRequestError(
                    f"two columns are one field: {names[fields.index(field)]} and {names[number]}",
                    hint="columns={...} says which field each column is",
                    request_sent=False,
                )
        return names

    def _attempt(self, batch: Sequence[Contact]) -> None:
        try:
            if self._one_by_one:
                self._send_one(batch[0])
            else:
                self._send_file(batch)
        except (e.InvalidRequestError, e.AlreadyExistsError) as error:
            if not error.request_sent or error.http_status is None:
                raise
            if len(batch) > 1:
                middle = len(batch) // 2
                self._attempt(batch[:middle])
                self._attempt(batch[middle:])
                return
            self._refused_alone[error.message] += 1
            if self._refused_alone[error.message] >= _HOPELESS and not self.accepted:
                raise
            self.refuse(batch[0].row, self._email(batch[0]), error.message)
        else:
            for contact in batch:
                email = self._email(contact)
                self.accepted[email.casefold()] = (contact.row, email)

    def _send_file(self, batch: Sequence[Contact]) -> None:
        names = self._columns_of(batch[0])
        rows = [
            [self._email(contact) if self._columns[name] is None else contact.values[name] for name in names]
            for contact in batch
        ]
        uploaded = self._client.upload_subscribers_csv(csv_text(names, rows))
        self.batch_count += 1
        self._client.import_subscribers(
            [_described(self._columns[name]) for name in names],
            upload_id=_upload_id(uploaded),
            groups=self._settings.groups,
            csv_separator=SEPARATOR,
            csv_enclosure=ENCLOSURE,
            replace_fields=self._settings.replace_fields,
        )

    def _send_one(self, contact: Contact) -> None:
        fields = {
            field.key: contact.values[name]
            for name, field in self._columns.items()
            if field is not None and name in contact.values
        }
        self._client.create_subscriber(
            self._email(contact), fields=fields or None, groups=self._settings.groups or None
        )

    def _email_column(self, values: Mapping[str, str]) -> str | None:
        for name in values:
            if self._field_name(name) == _EMAIL:
                return name
        return None

    def _field_name(self, column: str) -> str | None:
        """Return the key of the field that a column is, in small letters; None for one that is left out."""
        named = self._settings.columns
        if named is None:
            return column.strip().casefold()
        return named[column].casefold() if column in named else None

    def _email(self, contact: Contact) -> str:
        return contact.values[self._email_column(contact.values) or _EMAIL].strip()

    def _learn_columns(self, batch: Sequence[Contact]) -> None:
        """Find the field of each column that is new in this batch; it costs a request, the first time."""
        new = dict.fromkeys(name for contact in batch for name in contact.values)
        unknown = [name for name in new if name not in self._columns and self._field_name(name) is not None]
        if not unknown:
            return
        others = [name for name in unknown if self._field_name(name) != _EMAIL]
        fields = self._client.list_fields() if others else []
        by_name = {text.casefold(): field for field in fields for text in (field.name, field.key)}
        missing = [name for name in others if self._field_name(name) not in by_name]
        if missing and not self._create_fields:
            raise e.InvalidRequestError(
                f"there is no field for {', '.join(missing)}",
                hint="create_fields=True makes them, columns={...} names others or leaves them out",
                request_sent=False,
            )
        for name in unknown:
            wanted = self._field_name(name) or ""
            if name in missing:
                given = (self._settings.columns or {}).get(name, name)
                by_name[wanted] = self._client.create_field(given)
            self._columns[name] = None if wanted == _EMAIL else by_name[wanted]


def _described(field: Field | None) -> str:
    """Return what a column is, as the service reads it; the address is a field of every newsletter."""
    return json.dumps({"type": "email", "name": _EMAIL}) if field is None else str(field.id)


def _upload_id(uploaded: Any) -> int:
    """Return the id in the answer to an upload, whose form is not documented: a number, or an object with one."""
    known = v.as_object(uploaded)
    first = uploaded[0] if isinstance(uploaded, tuple) and uploaded else uploaded
    found = v.number(known.get("upload_id", known.get("id")) if known else first)
    if found is None:
        raise e.UnknownServiceError("the answer to the upload names no id", hint="one_by_one=True needs none")
    return found
