"""Calls that change something, and the plans of them."""

from __future__ import annotations

import inspect
import json
from datetime import datetime, timedelta, timezone

import pytest

from cloud.common._records import Quota
from cloud.common._runtime import Runtime
from cloud.common.errors import (
    InvalidRequestError,
    NotFoundError,
    QuotaExceededError,
    ServiceUnavailableError,
)
from cloud.infomaniak._planning import Step, change, moment
from cloud.infomaniak._service import (
    call_with,
    has_room,
    inner,
    one_of,
    part,
    port_number,
    quotas_of,
    something,
)


class Shop:
    def __init__(self) -> None:
        self.bought: list[str] = []
        self._runtime = Runtime("local", "shop", lambda *_: None)

    @change
    def buy(self, what: str, *, count: int = 1) -> Step[int]:
        """Return how many were bought."""
        if count < 1:
            raise InvalidRequestError("count is at least 1")

        def act() -> int:
            in_stock()
            self.bought.append(what)
            return count

        def in_stock() -> str:
            if what == "snow":
                raise NotFoundError("there is none in summer", request_sent=False)
            return "it is in stock"

        return Step(what, act, {"count": count, "colour": None}, (in_stock,))


def test_a_change_is_made_or_only_described() -> None:
    shop = Shop()
    assert shop.buy("tea", count=2) == 2
    plan = shop.buy("milk", dry_run=True)
    assert shop.bought == ["tea"]
    assert (plan.operation, plan.resource, plan.changes) == ("buy", "milk", {"count": 1})
    assert plan.checks == ("it is in stock",)
    assert json.loads(json.dumps(plan.to_dict()))["changes"] == {"count": 1}
    for dry_run in (True, False):
        with pytest.raises(InvalidRequestError):
            shop.buy("tea", count=0, dry_run=dry_run)


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_a_check_refuses_says_of_which_call_it_was(dry_run: bool) -> None:
    with pytest.raises(NotFoundError) as caught:
        Shop().buy("snow", dry_run=dry_run)
    assert (caught.value.operation, caught.value.resource) == ("buy", "snow")


def test_a_change_looks_like_what_it_is() -> None:
    signature = inspect.signature(Shop.buy)
    assert list(signature.parameters) == ["self", "what", "count", "dry_run"]
    assert signature.return_annotation == "int | Plan"
    assert Shop.buy.__doc__ == "Return how many were bought."
    assert inspect.isfunction(Shop.buy)


def test_times_are_in_utc_whether_the_service_says_so_or_not() -> None:
    wanted = datetime(2026, 11, 28, 16, 19, 30, tzinfo=timezone.utc)
    assert moment("2026-11-28T16:19:30Z") == moment("2026-11-28T16:19:30") == wanted
    assert moment("2026-11-28T16:19:30.000000") == wanted
    assert moment("2026-11-28T18:19:30+02:00") == wanted
    found = moment("2026-11-28T16:19:30.250000Z")
    assert found is not None
    assert found - wanted == timedelta(milliseconds=250)
    assert moment(None) is moment("") is None


def test_quotas() -> None:
    found = quotas_of(
        {
            "id": "project",
            "volumes": {"limit": 10, "in_use": 3, "reserved": 1},
            "gigabytes": {"limit": -1, "in_use": 5, "reserved": 0},
            "port": {"limit": 500, "used": 2, "reserved": 0},
        },
        {"gigabytes": "GiB"},
    )
    assert found == [
        Quota(name="gigabytes", limit=None, used=5, unit="GiB"),
        Quota(name="port", limit=500, used=2),
        Quota(name="volumes", limit=10, used=4),
    ]
    assert has_room(lambda: found, volumes=6, gigabytes=10**6, unheard_of=1)()
    with pytest.raises(QuotaExceededError, match="leaves 6 of 10, and 7"):
        has_room(lambda: found, volumes=7)()


def test_arguments_are_checked() -> None:
    assert part("a/b ü") == "a%2Fb%20%C3%BC"
    for wrong in ("", ".", "..", None, 7):
        with pytest.raises(InvalidRequestError):
            part(wrong)  # type: ignore[arg-type]  # what people pass all the same
    with pytest.raises(InvalidRequestError, match="give one of a, b"):
        something({"a": None, "b": None})
    assert something({"a": "", "b": None}) == {"a": ""}
    with pytest.raises(InvalidRequestError):
        one_of("x", {"a", "b"}, "letter")
    for number in (0, 65536, True):
        with pytest.raises(InvalidRequestError):
            port_number(number)
    with pytest.raises(InvalidRequestError, match="does not fit"):
        call_with(lambda a: a, b=1)


def test_an_answer_without_its_record_is_no_empty_record() -> None:
    for body in (None, [], {}, {"other": 1}, {"volume": None}, "text"):
        with pytest.raises(ServiceUnavailableError):
            inner(body, "volume")
