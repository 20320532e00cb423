"""Keeps two sides in step until it is done or killed; started by the tests beside it.

Usage: syncing_program.py SOURCE DESTINATION STATE. Says when the plan is made, and when it is done.
"""

from __future__ import annotations

import signal
import sys

from cloud.common import TransferConfig
from cloud.transfer import Plan, sync

MIB = 1 << 20


def planned(plan: Plan) -> bool:
    print("planned", plan.copies, flush=True)  # noqa: T201  # what the test waits for
    return True


def main() -> None:
    source, destination, state = sys.argv[1:]
    # Whoever starts this in the background may have switched Ctrl-C off.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parts = TransferConfig(part_size=MIB, threshold=2 * MIB, max_workers=2)
    report = sync(source, destination, delete=True, state=state, confirm=planned, workers=4, transfer=parts)
    print("done", report.copied, report.bytes, flush=True)  # noqa: T201  # likewise


main()
