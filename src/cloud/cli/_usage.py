"""``cloud usage``: a month's bill, and what it is made of."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cloud._registry import infrastructure_value
from cloud.cli import _values
from cloud.cli._errors import OK
from cloud.cli._openstack import run_verb, text_of
from cloud.cli._text import count_text, time_text
from cloud.cli._usage_arguments import PUBLISHED
from cloud.common._times import read_time
from cloud.common.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from cloud.cli._console import Console
    from cloud.cli._openstack import Verb
    from cloud.cli._places import Session

_AGO = re.compile(r"\d+[smhdw]")
_PARTS: Final = ("compute", "storage", "network", "object_storage", "other")
_INSTANCES: Final = ("name", "instance_type", "hours", "vcpus", "ram_mib", "disk_gib", "state")
_CENT: Final = Decimal("0.01")


def run(args: Namespace, session: Session, console: Console) -> int:
    """Run the command for one kind of usage."""
    args.verb = args.kind
    return run_verb("usage", VERBS, args, session, console)


# -- periods and prices ----------------------------------------------------------------------------------------
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ) as exc:  # what it raises for no name, a path, a folder
        raise InvalidRequestError(f"{name!r} is no time zone", hint="such as Europe/Zurich or UTC") from exc


def _moment(text: str, zone: tzinfo) -> datetime:
    if _AGO.fullmatch(text.strip()):
        return datetime.now(timezone.utc) - timedelta(seconds=_values.duration(text))
    try:
        found = read_time(text.strip())
    except ValueError:
        raise InvalidRequestError(
            f"{text!r} is no time", hint="write 2026-11-01, 2026-11-01T06:00+01:00 or 7d"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _period(args: Namespace) -> tuple[datetime, datetime]:
    """Return the two ends of the period that is asked for."""
    zone, now = _zone(args.time_zone), datetime.now(timezone.utc)
    if args.month is not None:
        if args.start or args.end:
            raise InvalidRequestError("--month goes with neither --start nor --end")
        year, month = args.month
        after = (year + month // 12, month % 12 + 1)
        start, end = datetime(year, month, 1, tzinfo=zone), datetime(*after, 1, tzinfo=zone)
        if start > now:
            raise InvalidRequestError(f"{year}-{month:02} has not begun")
        return start, min(end, now)
    end = now if args.end is None else _moment(args.end, zone)
    if args.start is not None:
        return _moment(args.start, zone), end
    return end.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0), end


def _rates(args: Namespace) -> Any:
    """Return what an ICU is worth; None where only ICU are asked for."""
    if args.rates is None:
        return None
    if args.rates == PUBLISHED:
        return infrastructure_value("published rates")
    per_chf, per_eur = args.rates
    return infrastructure_value("rates")(per_chf=per_chf, per_eur=per_eur)


def _asked(args: Namespace) -> tuple[datetime, datetime, Any]:
    return *_period(args), _rates(args)


def _price(icu: Decimal, rates: Any) -> tuple[str, ...]:
    """Return a price in ICU, and in francs and euros where there are rates, as cells."""
    found = [icu] if rates is None else [icu, icu / rates.per_chf, icu / rates.per_eur]
    return tuple(f"{each.quantize(_CENT)}" for each in found)


def _headers(before: Sequence[str], rates: Any) -> tuple[str, ...]:
    return (*before, "icu") if rates is None else (*before, "icu", "chf", "eur")


def _amount(value: Any) -> str:
    """Return an amount without the zeros at its end."""
    if value is None:
        return "-"
    text = f"{value:.3f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _table(
    console: Console, headers: Sequence[str], rows: Sequence[Sequence[str]], start: datetime, end: datetime
) -> int:
    """Print the rows, and the period on standard error."""
    numbers = {"quantity", "amount", "hours", "vcpus", "ram_mib", "disk_gib", "icu", "chf", "eur"}
    console.table(
        headers, rows, right=tuple(number for number, name in enumerate(headers) if name in numbers)
    )
    console.flush()
    console.note(f"from {time_text(start)} until {time_text(end)}")
    return OK


def _tell_if_unpriced(client: Any, console: Console) -> None:
    """Tell that nothing is charged for, where the cloud has nothing that charges: 0 would read like a price."""
    try:
        client.rating_version()
    except ConfigurationError as error:
        console.note(f"there are no prices here: {error.message}")


# -- what is asked for -----------------------------------------------------------------------------------------
def _bill(args: Namespace, client: Any, console: Console) -> int:
    start, end, rates = _asked(args)
    report = client.get_all_usage(start, end, rates=rates)
    _tell_if_unpriced(client, console)
    if console.json:
        console.record(report)
        return OK
    rows = []
    for name in _PARTS:
        part = report[name]
        rows += [
            (name, row.metric, _amount(row.quantity), text_of(row.unit), *_price(row.icu, rates))
            for row in part.rows
        ]
        rows.append((name, "total", "-", "-", *_price(part.icu, rates)))
    rows.append(("all", "total", "-", "-", *_price(report.icu, rates)))
    headers = _headers(("service", "metric", "quantity", "unit"), rates)
    return _table(console, headers, rows, report.start, report.end)


def _compute(args: Namespace, client: Any, console: Console) -> int:
    start, end, rates = _asked(args)
    usage = client.get_compute_usage(start, end, rates=rates)
    _tell_if_unpriced(client, console)
    if console.json:
        console.record({**usage.to_dict(), "icu": str(usage.icu)})
        return OK
    rows = [
        [_amount(each.hours) if name == "hours" else text_of(each[name]) for name in _INSTANCES]
        for each in usage.instances
    ]
    _table(console, _INSTANCES, rows, usage.start, usage.end)
    price = " ".join(
        f"{amount} {unit.upper()}"
        for amount, unit in zip(_price(usage.icu, rates), _headers((), rates), strict=True)
    )
    console.note(
        f"{count_text(len(usage.instances), 'instance')}: {_amount(usage.instance_hours)} hours, "
        f"{_amount(usage.vcpu_hours)} vCPU hours, {price}"
    )
    return OK


def _service(args: Namespace, console: Console, client: Any, method: Callable[..., Any]) -> int:
    """Print what one service cost in the period, and what is there now."""
    start, end, rates = _asked(args)
    usage = method(start, end, rates=rates)
    _tell_if_unpriced(client, console)
    if console.json:
        console.record({**usage.to_dict(), "icu": str(usage.icu)})
        return OK
    headers = _headers(("when", "what", "amount", "unit"), rates)
    none = ["-"] * (len(headers) - 4)
    rows: list[Sequence[str]] = [
        ("period", row.metric, _amount(row.quantity), text_of(row.unit), *_price(row.icu, rates))
        for row in usage.rows
    ]
    rows.append(("period", "total", "-", "-", *_price(usage.icu, rates)))
    rows += [("now", each.name, text_of(each.used), each.unit, *none) for each in usage.present if each.used]
    return _table(console, headers, rows, usage.start, usage.end)


def _storage(args: Namespace, client: Any, console: Console) -> int:
    return _service(args, console, client, client.get_storage_usage)


def _network(args: Namespace, client: Any, console: Console) -> int:
    return _service(args, console, client, client.get_network_usage)


def _objects(args: Namespace, client: Any, console: Console) -> int:
    return _service(args, console, client, client.get_object_storage_usage)


def _resources(args: Namespace, client: Any, console: Console) -> int:
    start, end, rates = _asked(args)
    found = client.list_resources_with_usage(start, end, rates=rates)
    if console.json:
        for row in found:
            console.record(row)
        return OK
    headers = _headers(("metric", "id", "quantity", "unit"), rates)
    rows = [
        (
            row.metric,
            row.group.get("id") or row.group.get("resource_id") or "-",
            _amount(row.quantity),
            text_of(row.unit),
            *_price(row.icu, rates),
        )
        for row in found
    ]
    return _table(console, headers, rows, start, end)


def _quotas(args: Namespace, client: Any, console: Console) -> int:
    if args.month or args.start or args.end or args.rates:
        raise InvalidRequestError("quotas are of now: they have no period and no price")
    services = (
        ("compute", client.get_compute_quotas),
        ("storage", client.get_storage_quotas),
        ("network", client.get_network_quotas),
    )
    found = [(name, each) for name, get in services for each in get()]
    if console.json:
        for name, each in found:
            console.record({"service": name, **each.to_dict()})
        return OK
    rows = [
        (name, each.name, text_of(each.used), text_of(each.limit), text_of(each.unit)) for name, each in found
    ]
    console.table(("service", "name", "used", "limit", "unit"), rows, right=(2, 3))
    return OK


VERBS: dict[str, Verb] = {
    "bill": _bill,
    "compute": _compute,
    "storage": _storage,
    "network": _network,
    "objects": _objects,
    "resources": _resources,
    "quotas": _quotas,
}
