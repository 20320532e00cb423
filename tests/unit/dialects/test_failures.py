"""Every class of the wire's errors has its line in the table, and no line hides another."""

from __future__ import annotations

import inspect

import pytest

from cloud._dialects import _failures
from cloud._wire import _errors as wire
from cloud.common import errors as e

WIRE = sorted(
    (
        kind
        for kind in vars(wire).values()
        if inspect.isclass(kind) and issubclass(kind, wire.WireError) and kind is not wire.WireError
    ),
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", WIRE, ids=lambda kind: kind.__name__)
def test_every_class_of_the_wire_has_a_line(kind: type[wire.WireError]) -> None:
    assert any(issubclass(kind, known) for known, _, _ in _failures._WIRE), f"add {kind.__name__} to _WIRE"
    first = next(known for known, _, _ in _failures._WIRE if issubclass(kind, known))
    assert first is kind, f"{kind.__name__} is hidden by {first.__name__}"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (206, e.ServiceUnavailableError),
        (302, e.ConfigurationError),
        (404, e.NotFoundError),
        (410, e.NotFoundError),
        (418, e.UnknownServiceError),
        (429, e.RateLimitedError),
        (500, e.ServiceUnavailableError),
        (599, e.ServiceUnavailableError),
    ],
)
def test_status_has_a_class_where_the_service_says_nothing_better(
    status: int, kind: type[e.CloudError]
) -> None:
    assert _failures.kind_of_status(status) is kind
