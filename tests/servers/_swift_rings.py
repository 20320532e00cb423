"""Writes Swift's three rings, each of one device. Started by `swift.run`, never imported.

Arguments: the folder for the rings, then the ports of the object, container and account servers. One
process instead of nine runs of ``swift-ring-builder`` saves seconds of start-up.
"""

from __future__ import annotations

import sys
from pathlib import Path

from swift.common.ring import RingBuilder  # type: ignore[import-untyped]  # swift ships no types

_PART_POWER = 6  # 64 partitions: the least work for a single device


def main() -> None:
    """Write ``object.ring.gz``, ``container.ring.gz`` and ``account.ring.gz``."""
    folder = Path(sys.argv[1])
    for name, port in zip(("object", "container", "account"), sys.argv[2:], strict=True):
        builder = RingBuilder(_PART_POWER, replicas=1, min_part_hours=0)
        place = {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "d1"}
        builder.add_dev(
            {**place, "weight": 1.0, "replication_ip": "127.0.0.1", "replication_port": int(port)}
        )
        builder.rebalance(seed="one device")
        builder.get_ring().save(str(folder / f"{name}.ring.gz"))


main()
