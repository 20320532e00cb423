"""Contacts from a CSV file, row by row."""

from __future__ import annotations

import csv
import io
import os
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeGuard, cast

from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Source = str | os.PathLike[str] | IO[str] | IO[bytes]

_DELIMITERS = ",;\t|"
SEPARATOR = ","
ENCLOSURE = '"'


class Contact(NamedTuple):
    """One contact as it was given.

    Attributes:
        row: its number, from 1.
        values: by column; texts.
        problem: why it cannot be sent; None when it can.
    """

    row: int
    values: Mapping[str, str]
    problem: str | None = None


@contextmanager
def opened_csv(source: Source, delimiter: str | None, encoding: str) -> Iterator[Iterator[Contact]]:
    """Give the contacts of a CSV file whose first line names its columns. Only one row is held at a time.

    Args:
        source: path, or an open file of text or bytes, which stays open.
        delimiter: what stands between columns; the one that the head has most of when None.
        encoding: of a path and of bytes.

    Raises:
        InvalidRequestError: there is no head, a name is in it twice, or it is not text of this encoding.
    """
    if isinstance(source, (str, os.PathLike)):
        with Path(source).open(encoding=encoding, newline="") as file:
            yield _contacts(file, delimiter, encoding)
        return
    if _is_of_bytes(source):
        wrapped = io.TextIOWrapper(source, encoding=encoding, newline="")
        try:
            yield _contacts(wrapped, delimiter, encoding)
        finally:
            wrapped.detach()
    else:
        yield _contacts(cast("IO[str]", source), delimiter, encoding)


def _is_of_bytes(source: IO[str] | IO[bytes]) -> TypeGuard[BinaryIO]:
    return isinstance(source.read(0), bytes)


def _contacts(file: IO[str], delimiter: str | None, encoding: str) -> Iterator[Contact]:
    try:
        head = file.readline()
        found = delimiter or max(_DELIMITERS, key=head.count)
        names = [name.strip() for name in next(csv.reader([head], delimiter=found), [])]
        if not any(names):
            raise InvalidRequestError("the file has no head that names its columns", request_sent=False)
        doubled = {name for name in names if names.count(name) > 1}
        if doubled:
            raise InvalidRequestError(
                f"columns of the same name: {', '.join(sorted(doubled))}", request_sent=False
            )
        rows = (row for row in csv.reader(file, delimiter=found, strict=True) if row)
        for number, row in enumerate(rows, start=1):
            values = dict(zip(names, row, strict=False))
            problem = None
            if len(row) != len(names):
                problem = f"the row has {len(row)} columns and the head {len(names)}"
            yield Contact(number, values, problem)
    except UnicodeDecodeError as exc:
        raise InvalidRequestError(
            f"the file is not {encoding}",
            hint='pass its encoding, such as encoding="cp1252"',
            request_sent=False,
        ) from exc
    except csv.Error as exc:
        raise InvalidRequestError(f"the file is no CSV: {exc}", request_sent=False) from exc


def given_contacts(rows: Iterable[Mapping[str, Any]]) -> Iterator[Contact]:
    """Yield the contacts of mappings. None is not given, numbers become texts, other values are a problem."""
    for number, row in enumerate(rows, start=1):
        values: dict[str, str] = {}
        problem = None
        for name, value in row.items():
            if isinstance(value, (str, int, float)):
                values[str(name)] = str(value)
            elif value is not None:
                problem = f"{name} is a {type(value).__name__}, not a text"
        yield Contact(number, values, problem)


def csv_text(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a CSV file with a head.

    Whether the service takes the first line for a head is not documented. With a head nothing is lost either
    way: taken for a contact it is one without an address.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=SEPARATOR, quotechar=ENCLOSURE, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()
