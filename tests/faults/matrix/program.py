"""A client in a process of its own, which can be ended when it hangs: one operation for each line of input.

``python -m faults.matrix.program <client>``; a line is ``{settings, operation, key, folder}`` in JSON, and so is
what is printed for it, see `clients.carry_out`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from faults.matrix.clients import carry_out

PEERS = {
    "boto3": "boto3_peer",
    "s3fs": "s3fs_peer",
    "obstore": "obstore_peer",
    "libcloud": "libcloud_peer",
    "requests": "requests_peer",
    "azure-storage-blob": "azure_peer",
    "google-cloud-storage": "google_peer",
}


def _connect(name: str, settings: Any) -> Any:
    if name in PEERS:
        return importlib.import_module(f"faults.matrix.peers.{PEERS[name]}").Peer(settings)
    from faults.matrix import ours

    return ours.connect(name, settings)


def main() -> None:
    """Answer every line of the input."""
    name = sys.argv[1]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a client prints is no answer
    for line in sys.stdin:
        task = json.loads(line)
        client = _connect(name, task["settings"])
        answer = carry_out(client, task["operation"], task["key"], Path(task["folder"]))
        print(json.dumps(answer), file=answers, flush=True)
        client.close()


if __name__ == "__main__":
    main()
