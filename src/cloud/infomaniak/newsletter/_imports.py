"""Many contacts at once: sent in batches, with a report of every one that was not taken."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from cloud.common import errors as e
from cloud.infomaniak.newsletter import _values as v
from cloud.infomaniak.newsletter._choices import Listing
from cloud.infomaniak.newsletter._csv import given_contacts, opened_csv
from cloud.infomaniak.newsletter._import_run import Run, Settings
from cloud.infomaniak.newsletter._segments import SegmentCalls
from cloud.infomaniak.newsletter._subscribers import SubscriberCalls, group_names
from cloud.infomaniak.newsletter._waiting import SCHEDULE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cloud.infomaniak.newsletter._csv import Contact, Source
    from cloud.infomaniak.newsletter._import_records import ImportReport


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
                Settings(groups, columns, replace_fields, batch_size, verify_timeout, start_row),
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
        refuses are found. Who is there already gets the new values. A failure that is not about contacts raises;
        its `resume_token` is the row to go on from (``start_row=int(error.resume_token)``), and its `report` says
        what became of the rows before.

        Args:
            rows: one mapping for each contact: ``email``, and values by the fields' keys or names. None is no value,
                an empty text is one.
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
            Settings(groups, columns, replace_fields, batch_size, verify_timeout, start_row),
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
        self, contacts: Iterator[Contact], settings: Settings, *, create_fields: bool, one_by_one: bool
    ) -> ImportReport:
        run = Run(self, settings, create_fields=create_fields, one_by_one=one_by_one)
        try:
            for batch in _batches(run.sendable(contacts), settings.batch_size):
                run.send(batch)
        except e.CloudError as error:
            error.resume_token = str(run.next_row)
            vars(error)["report"] = run.report(verified=False)
            raise
        verified = settings.verify_timeout is not None and self._verify(run, settings)
        return run.report(verified=verified)

    def _verify(self, run: Run, settings: Settings) -> bool:
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
        for address, (row, email) in missing.items():
            del run.accepted[address]
            run.refuse(row, email, f"the service took it, and does not list it after {seconds:g} s")
        return True


def _batches(contacts: Iterator[Contact], size: int) -> Iterator[list[Contact]]:
    while batch := list(islice(contacts, size)):
        yield batch
