"""Clients on their way to other processes: by configuration, never with their secrets."""

from __future__ import annotations

import pickle
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common._base_storage import BaseStorageClient


class ClientRef:
    """A client that can travel.

    A pickle of it holds the client's configuration; secrets travel as references or not at all, so the other
    process needs credentials of its own. There the client is made once, however often the reference arrives.
    """

    def __init__(self, client: BaseStorageClient) -> None:
        self.client = client
        self._pickled: bytes | None = None

    def __reduce__(self) -> tuple[Callable[[bytes], ClientRef], tuple[bytes]]:
        """Pickle how to make the client.

        Raises:
            ConfigurationError: the client lives in this process alone, as a store in memory does.
        """
        if self._pickled is None:
            self._pickled = pickle.dumps(self.client)
        return _arrived, (self._pickled,)


@lru_cache(maxsize=32)
def _arrived(pickled: bytes) -> ClientRef:
    return ClientRef(pickle.loads(pickled))  # noqa: S301  # made by the program that started this one
