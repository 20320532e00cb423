"""What may come out of a call that was answered anything: a sound value, or a `CloudError` that is data."""

from __future__ import annotations

import io
import json
import os
import pickle
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, settings

from cloud.common import CloudError, InvalidRequestError
from cloud.common._paging import Pager
from cloud.common.models import Record

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = int(os.environ.get("CLOUD_FUZZ_EXAMPLES", "0"))
"""Examples of each call; 0 for the few of a normal run."""
CALL_SECONDS = 10.0
"""Of one call, on a machine that does other things too."""
_MAX_ITEMS = 2_000


def examples(few: int) -> int:
    """Return how many examples a test has."""
    return EXAMPLES or few


def fuzzed(few: int) -> settings:
    """Return the settings of a test that draws answers or inputs, `few` of them in a normal run."""
    return settings(
        max_examples=examples(few),
        derandomize=not EXAMPLES,  # a normal run is the same each time; who looks further meets new answers
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
        ],
    )


def judge(call: Callable[[], Any]) -> Any:
    """Run `call` to its end and return what it gave; any exception but a sound `CloudError` is a failure."""
    begun = time.monotonic()
    try:
        result = drained(call())
    except CloudError as error:
        check_error(error)
        result = error
    else:
        check_value(result)
    assert time.monotonic() - begun < CALL_SECONDS
    return result


def drained(value: Any) -> Any:
    """Return `value` with what is lazy in it read."""
    if isinstance(value, io.IOBase):
        with value:
            return value.read()  # type: ignore[attr-defined]  # each kind that the library gives out has it
    if isinstance(value, (Pager, Iterator)):
        return list(islice(value, _MAX_ITEMS))
    return value


def check_error(error: CloudError) -> None:
    """An error is data: it has a text, JSON and a pickle, and says which call failed."""
    assert str(error)
    json.dumps(error.to_dict())
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own
    assert (type(again), str(again)) == (type(error), str(error))
    # An argument is refused wherever that is seen; the traceback says of which call.
    assert error.operation or isinstance(error, InvalidRequestError)
    assert error.retry_after is None or 0 <= error.retry_after < 1e9


def check_value(value: Any) -> None:
    """Times are aware, records are mappings that have JSON, and everything has a repr."""
    repr(value)
    if isinstance(value, datetime):
        assert value.tzinfo is not None
        assert value.utcoffset() is not None
        return
    if isinstance(value, Record):
        json.dumps(value.to_dict())
        for name in value:
            check_value(value[name])
    elif isinstance(value, Mapping):
        for item in value.values():
            check_value(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            check_value(item)
    else:
        assert not isinstance(value, int) or value.bit_length() < 1 << 15
