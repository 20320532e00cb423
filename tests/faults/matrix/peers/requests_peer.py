"""requests alone with presigned URLs, as programs without an SDK do it; they check the status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faults.matrix.clients import Settings

PACKAGE = "requests"


class Peer:
    def __init__(self, settings: Settings) -> None:
        import requests

        self._session: Any = requests.Session()
        self._signed, self._timeout = settings["signed"], settings["timeout"]

    def _get(self, **arguments: Any) -> Any:
        answer = self._session.get(self._signed["get"], timeout=self._timeout, **arguments)
        answer.raise_for_status()
        return answer

    def download_to(self, key: str, path: Path) -> None:
        with self._get(stream=True) as answer, path.open("wb") as file:
            for piece in answer.iter_content(1 << 16):
                file.write(piece)

    def download_bytes(self, key: str) -> bytes:
        return bytes(self._get().content)

    def download_stream(self, key: str) -> Iterator[bytes]:
        with self._get(stream=True) as answer:
            yield from answer.iter_content(10_000)

    def download_range(self, key: str, start: int, end: int) -> bytes:
        return bytes(self._get(headers={"Range": f"bytes={start}-{end - 1}"}).content)

    def _put(self, body: Any) -> None:
        self._session.put(self._signed["put"], data=body, timeout=self._timeout).raise_for_status()

    def upload_small(self, key: str, data: bytes) -> None:
        self._put(data)

    def upload_parts(self, key: str, path: Path) -> None:
        with path.open("rb") as file:
            self._put(file)

    def close(self) -> None:
        self._session.close()
