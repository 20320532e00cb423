"""A fault proxy that hits a share of all requests, in a process of its own.

Its memory, sockets and threads are not the ones that a soak measures. Usage: faulty_proxy.py UPSTREAM SHARE SEED.
It says its URL, serves until its standard input ends, and then how many requests it saw and how many it hit.
"""

from __future__ import annotations

import random
import sys
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, cast

from cloud.testing import Fault, FaultKind, FaultProxy

if TYPE_CHECKING:
    from cloud.testing._http1 import Head

Kind = FaultKind
# The transient ones, after each of which a call can still end right. A silence is longer than the client's patience.
# Not DUP_REPLY: a second answer that comes after the connection has its next request is that request's answer, for all
# that HTTP/1.1 says. A client drops a connection on which something waits, and cannot wait for what may come.
SILENCE_SECONDS = 20.0
FAULTS = (
    *(Fault(kind=Kind.STATUS, status=status) for status in (500, 502, 503, 504)),
    Fault(kind=Kind.STATUS, status=429, headers={"Retry-After": "1"}),
    *(
        Fault(kind=kind)
        for kind in (
            Kind.RESET_CONNECT,
            Kind.RESET_UPLOAD,
            Kind.FIN_UPLOAD,
            Kind.LOST_REPLY,
            Kind.LOST_REPLY_FIN,
            Kind.RESET_BODY,
            Kind.TRUNC_FIN,
            Kind.TRUNC_CHUNKED,
            Kind.JUNK,
        )
    ),
    *(Fault(kind=kind, seconds=SILENCE_SECONDS) for kind in (Kind.SLOW_HEAD, Kind.STALL_BODY)),
    Fault(kind=Kind.SLOW_HEAD, seconds=0.5),
)


class Chance:
    """A rule of the proxy that fires at random, each time with another fault."""

    def __init__(self, share: float, seed: int) -> None:
        self.fault = FAULTS[0]
        self.seen = 0
        self.hits: Counter[str] = Counter()
        self._share = share
        self._random = random.Random(seed)  # noqa: S311  # no secret

    def fires(self, _head: Head) -> bool:
        """Return whether this request is hit; `fault` is then by what."""
        self.seen += 1
        if self._random.random() >= self._share:
            return False
        self.fault = self._random.choice(FAULTS)
        self.hits[self.fault.kind.value] += 1
        return True


def main() -> None:
    """Serve until the standard input ends."""
    upstream, share, seed = sys.argv[1:]
    with FaultProxy(upstream) as proxy:
        chance = Chance(float(share), int(seed))
        inside = cast("Any", proxy)
        inside._rules = [chance]
        inside._exchanges = deque(maxlen=100)  # of millions
        print(proxy.url, flush=True)  # noqa: T201  # what the parent waits for
        sys.stdin.read()
    print(chance.seen, chance.hits.total())  # noqa: T201  # likewise


if __name__ == "__main__":
    main()
