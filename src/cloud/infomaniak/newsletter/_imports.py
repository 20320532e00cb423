"""Many contacts at once: sent in batches, with a report of every one that was not taken."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from cloud.common import errors as e
from cloud.infomaniak.newsletter import _values as v
from cloud.infomaniak.newsletter._choices import Listing
from cloud.infomaniak.newsletter._csv import (
    ENCLOSURE,
    SEPARATOR,
    Contact,
    csv_text,
    given_contacts,
    opened_csv,
)
from cloud.infomaniak.newsletter._import_records import ImportReport, RefusedContact
from cloud.infomaniak.newsletter._segments import SegmentCalls
from cloud.infomaniak.newsletter._subscribers import SubscriberCalls, group_names
from cloud.infomaniak.newsletter._waiting import SCHEDULE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cloud.infomaniak.newsletter._csv import Source
    from cloud.infomaniak.newsletter._records import Field

_EMAIL: Final = "email"
# So many contacts refused one by one, and none taken before: it is not about the contacts.
_HOPELESS: Final = 8


class ImportCalls(SubscriberCalls, SegmentCalls):
    """The calls that bring in many contacts."""

    def import_csv(
        self,
        source: Source,
        *,
        groups: Sequence[int | str] = (),
        columns: Mapping[str, str] | None = None,
        delimiter: str | None = None,
        encoding: str = "utf-8-sig",
        create_fields: bool = False,
        replace_fields: bool | None = None,
        batch_size: int = 500,
        one_by_one: bool = False,
        verify_timeout: float | None = 60.0,
        start_row: int = 1,
    ) -> ImportReport:
        """Bring in the contacts of a CSV file, and return what was taken and what was refused.

        Args:
            source: path, or an open file of text or bytes. Its first line names the columns.
            groups, columns, create_fields, replace_fields, batch_size, one_by_one, verify_timeout, start_row:
                see `import_rows`.
            delimiter: what stands between columns; the one that the first line has most of when None.
            encoding: of a path and of bytes.
        """
        with opened_csv(source, delimiter, encoding) as contacts:
            return self._import(
                contacts,
                _Settings(groups, columns, replace_fields, batch_size, verify_timeout, start_row),
                create_fields=create_fields,
                one_by_one=one_by_one,
            )

    def import_rows(
        self,
        rows: Iterable[Mapping[str, Any]],
        *,
        groups: Sequence[int | str] = (),
        columns: Mapping[str, str] | None = None,
        create_fields: bool = False,
        replace_fields: bool | None = None,
        batch_size: int = 500,
        one_by_one: bool = False,
        verify_timeout: float | None = 60.0,
        start_row: int = 1,
    ) -> ImportReport:
        """Bring in contacts, and return what was taken and what was refused.

        What cannot be an address, or stands there twice, is refused before anything is sent. The others go in
        batches of two requests each. A batch that the service refuses is halved until the contacts that it
        refuses are found. Who is there already gets the new values. A failure that is not about contacts raises,
        and its `resume_token` is the row to go on from (``start_row=int(error.resume_token)``).

        Args:
            rows: one mapping for each contact: ``email``, and values by the fields' keys or names.
            groups: ids of groups, or names of groups, which are made where there is none of that name.
            columns: which field each column is, such as ``{"Mail": "email", "First": "firstname"}``; columns that
                it does not name are left out. By default every column is the field of its name.
            create_fields: make the fields that there are not, as texts.
            replace_fields: whether new values replace those of contacts that are there; by the service's
                default they do.
            batch_size: contacts of a batch.
            one_by_one: a request for each contact, which is slow (60 a minute) and says most about each.
            verify_timeout: seconds in which what was taken must appear in the service's list, or it counts as
                refused; None not to look. A look costs a request for each 1,000 subscribers.
            start_row: contacts before it are passed over.
        """
        return self._import(
            given_contacts(rows),
            _Settings(groups, columns, replace_fields, batch_size, verify_timeout, start_row),
            create_fields=create_fields,
            one_by_one=one_by_one,
        )

    # -- the two requests of a batch ---------------------------------------------------------------------------
    def upload_subscribers_csv(self, content: str) -> Any:
        """Store a CSV file at the service for `import_subscribers`, and return what it answers, frozen."""
        if not isinstance(content, str) or not content.strip():
            raise e.InvalidRequestError("content is the text of a CSV file", request_sent=False)
        return self._ask(
            "upload_subscribers_csv", lambda envelope: v.frozen(envelope.data), body={"content": content}
        )

    def import_subscribers(
        self,
        fields: Sequence[int | str],
        *,
        upload_id: int | None = None,
        groups: Sequence[int | str] = (),
        csv_separator: str | None = None,
        csv_enclosure: str | None = None,
        replace_fields: bool | None = None,
        ipd_uuid: str | None = None,
    ) -> Any:
        """Bring in the contacts of an uploaded CSV file, and return what the service answers, frozen.

        Args:
            fields: what each column is: the id of a field, or its JSON description (``type`` and ``name``).
            upload_id: as `upload_subscribers_csv` answered.
            groups: ids or names of groups that they come into.
            csv_separator, csv_enclosure: of the file.
            replace_fields: whether new values replace those of contacts that are there.
            ipd_uuid: of a file in another Infomaniak product.
        """
        if isinstance(fields, str) or not fields:
            raise e.InvalidRequestError("fields is a list with an entry for each column", request_sent=False)
        body = {
            "fields": [str(field) for field in fields],
            **v.given(
                upload_id=upload_id,
                groups=group_names(groups) or None,
                csv_separator=csv_separator,
                csv_enclosure=csv_enclosure,
                replace_fields=replace_fields,
                ipd_uuid=ipd_uuid,
            ),
        }
        return self._ask("import_subscribers", lambda envelope: v.frozen(envelope.data), body=body)

    # -- the work ----------------------------------------------------------------------------------------------
    def _import(
        self, contacts: Iterator[Contact], settings: _Settings, *, create_fields: bool, one_by_one: bool
    ) -> ImportReport:
        run = _Run(self, settings, create_fields=create_fields, one_by_one=one_by_one)
        try:
            for batch in _batches(run.sendable(contacts), settings.batch_size):
                run.send(batch)
        except e.CloudError as error:
            error.resume_token = str(run.next_row)
            raise
        verified = settings.verify_timeout is not None and self._verify(run, settings)
        refused = sorted(run.refused, key=lambda contact: contact.row)
        return ImportReport(
            row_count=run.row_count,
            accepted_count=len(run.accepted),
            refused=tuple(refused),
            batch_count=run.batch_count,
            verified=verified,
        )

    def _verify(self, run: _Run, settings: _Settings) -> bool:
        """Look for all that was taken in the service's list; what does not appear in time is refused."""
        missing = dict(run.accepted)
        ids = [group for group in settings.groups if isinstance(group, int)]

        def look() -> bool | None:
            everyone = self.iter_subscribers(
                status="all", groups=ids[:1], listing=Listing(page_size=1000, order_by=("id",))
            )
            for subscriber in everyone if missing else ():
                missing.pop(subscriber.email.casefold(), None)
                if not missing:
                    break
            return None if missing else True

        seconds = settings.verify_timeout or 0.0
        try:
            self._poll(look, timeout=seconds, what="the import", schedule=SCHEDULE)
        except e.TimeoutError_ as error:
            if error.attempts:
                raise  # a call's own, not the end of the waiting
        for address, contact in missing.items():
            del run.accepted[address]
            run.refuse(contact, f"the service took it, and does not list it after {seconds:g} s")
        return True


class _Settings:
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


class _Run:
    """One import under way.

    Attributes:
        accepted: what the service took, by address.
        refused: what was not taken.
        row_count: contacts that were read.
        batch_count: files that were sent.
        next_row: the first row of which nobody knows yet.
    """

    def __init__(
        self, client: ImportCalls, settings: _Settings, *, create_fields: bool, one_by_one: bool
    ) -> None:
        self._client = client
        self._settings = settings
        self._create_fields = create_fields
        self._one_by_one = one_by_one
        self._columns: dict[str, Field | None] = {}  # of the first contact, by column; None for the address
        self._refused_alone = 0
        self.accepted: dict[str, Contact] = {}
        self.refused: list[RefusedContact] = []
        self.row_count = 0
        self.batch_count = 0
        self.next_row = settings.start_row

    def refuse(self, contact: Contact, reason: str) -> None:
        email = contact.values.get(self._email_column(contact.values) or "", "")
        self.refused.append(RefusedContact(row=contact.row, email=email, reason=reason))

    def sendable(self, contacts: Iterable[Contact]) -> Iterator[Contact]:
        """Yield the contacts that can be sent; the others are refused."""
        seen: dict[str, int] = {}
        for contact in contacts:
            if contact.row < self._settings.start_row:
                continue
            self.row_count += 1
            column = self._email_column(contact.values)
            if column is None and contact.problem is None:
                raise e.InvalidRequestError(
                    f"row {contact.row} has no column {_EMAIL!r}",
                    hint='name it: columns={"Mail": "email", ...}',
                    request_sent=False,
                )
            email = contact.values.get(column or "", "").strip()
            problem = contact.problem or v.address_problem(email)
            first = seen.setdefault(email.casefold(), contact.row)
            if problem is None and first != contact.row:
                problem = f"the same address stands in row {first}"
            if problem is None:
                yield contact
            else:
                self.refuse(contact, problem)

    def send(self, batch: Sequence[Contact]) -> None:
        """Send contacts, and note of each whether it was taken."""
        self._learn_columns(batch)
        if self._one_by_one:
            for contact in batch:
                self._attempt([contact])
                self.next_row = contact.row + 1
            return
        self._attempt(batch)
        self.next_row = batch[-1].row + 1

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
            self._refused_alone += 1
            if self._refused_alone >= _HOPELESS and not self.accepted:
                raise
            self.refuse(batch[0], error.message)
        else:
            for contact in batch:
                self.accepted[self._email(contact).casefold()] = contact

    def _send_file(self, batch: Sequence[Contact]) -> None:
        names = list(self._columns)
        rows = [[_cell(contact.values.get(name, "")) for name in names] for contact in batch]
        uploaded = self._client.upload_subscribers_csv(csv_text(names, rows))
        self.batch_count += 1
        self._client.import_subscribers(
            [_described(field) for field in self._columns.values()],
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


def _cell(text: str) -> str:
    """Return a value for one cell; an address without the blanks around it."""
    return text.strip()


def _upload_id(uploaded: Any) -> int:
    """Return the id in the answer to an upload, whose form is not documented: a number, or an object with one."""
    known = v.as_object(uploaded)
    first = uploaded[0] if isinstance(uploaded, tuple) and uploaded else uploaded
    found = v.number(known.get("upload_id", known.get("id")) if known else first)
    if found is None:
        raise e.UnknownServiceError("the answer to the upload names no id", hint="one_by_one=True needs none")
    return found


def _batches(contacts: Iterator[Contact], size: int) -> Iterator[list[Contact]]:
    while batch := list(islice(contacts, size)):
        yield batch
