"""A cache for a Swift proxy that is one process: what memcached does, in a dictionary.

Swift's tempauth keeps its tokens in the cache that the pipeline puts into ``swift.cache``, and memcached
is a system package. Use it as ``paste.filter_factory = servers.swift_cache:filter_factory``. Methods and
meanings are those of ``swift.common.memcached.MemcacheRing``; `server_key` chooses among servers there
and means nothing here.
"""

from __future__ import annotations

import json
import time as clock
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@dataclass(frozen=True)
class _Entry:
    value: str | bytes
    is_json: bool
    expires_at: float  # on the cache's clock, infinite for never


class Cache:
    """Values by key until they expire.

    Args:
        now: seconds on any clock that only goes forward.
    """

    def __init__(self, now: Callable[[], float] = clock.monotonic) -> None:
        self._now = now
        self._entries: dict[str, _Entry] = {}

    @property
    def memcache_servers(self) -> list[str]:
        """No server at all."""
        return []

    def set(  # the names and their order are Swift's
        self,
        key: str,
        value: Any,
        serialize: bool = True,  # noqa: FBT002 - Swift's signature
        time: float = 0,
        min_compress_len: int = 0,
        raise_on_error: bool = False,  # noqa: FBT002 - Swift's signature
    ) -> None:
        """Keep `value` under `key` for `time` seconds (0: for good)."""
        del min_compress_len, raise_on_error  # nothing is compressed, nothing fails
        if serialize:
            text = json.dumps(value.decode() if isinstance(value, bytes) else value)
            self._entries[key] = _Entry(text, True, self._expiry(time))
        else:
            raw = value if isinstance(value, bytes) else str(value).encode()
            self._entries[key] = _Entry(raw, False, self._expiry(time))

    def get(self, key: str, raise_on_error: bool = False) -> Any:  # noqa: FBT002 - Swift's signature
        """Return the value under `key`, as JSON gives it back; None when there is none or it expired."""
        del raise_on_error
        entry = self._live(key)
        if entry is None:
            return None
        return json.loads(entry.value) if entry.is_json else entry.value

    def incr(self, key: str, delta: float = 1, time: float = 0) -> int:
        """Add `delta` to the number under `key`, never below 0, and return it; `time` is for a new key."""
        entry = self._live(key)
        if entry is None:
            number = max(0, int(delta))
            expires_at = self._expiry(time)
        else:
            number = max(0, int(entry.value) + int(delta))
            expires_at = entry.expires_at
        self._entries[key] = _Entry(str(number).encode(), False, expires_at)
        return number

    def decr(self, key: str, delta: float = 1, time: float = 0) -> int:
        """Subtract `delta` from the number under `key` and return it."""
        return self.incr(key, delta=-delta, time=time)

    def delete(self, key: str, server_key: str | None = None) -> None:
        """Forget `key`."""
        del server_key
        self._entries.pop(key, None)

    def set_multi(
        self,
        mapping: Mapping[str, Any],
        server_key: str,
        serialize: bool = True,  # noqa: FBT002 - Swift's signature
        time: float = 0,
        min_compress_len: int = 0,
    ) -> None:
        """Keep every value of `mapping` under its key."""
        del server_key, min_compress_len
        for key, value in mapping.items():
            self.set(key, value, serialize=serialize, time=time)

    def get_multi(self, keys: Iterable[str], server_key: str) -> list[Any]:
        """Return the values under `keys`, in their order."""
        del server_key
        return [self.get(key) for key in keys]

    def _expiry(self, time: float) -> float:
        return self._now() + time if time else float("inf")

    def _live(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is not None and entry.expires_at <= self._now():
            del self._entries[key]
            return None
        return entry


def filter_factory(global_conf: Mapping[str, str], **local_conf: str) -> Callable[[Any], Any]:
    """Return a paste filter that puts one cache into every request's environment."""
    del global_conf, local_conf  # it has no options
    cache = Cache()

    def wrap(app: Any) -> Any:
        def call(environ: dict[str, Any], start_response: Any) -> Any:
            environ["swift.cache"] = cache
            return app(environ, start_response)

        return call

    return wrap
