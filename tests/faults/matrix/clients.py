"""What the matrix asks of a client, ours or a peer's, and how it is told where to go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Settings(TypedDict):
    """How to reach a service by way of a proxy; JSON-ready.

    Attributes:
        url: the proxy's.
        path: of the account below it; empty where there is none.
        auth_url: where a token comes from, past the proxy.
        access_key, secret_key, region: to sign with, or to log in.
        project: to make buckets in.
        timeout: seconds of silence, for each client that can be told.
        signed: presigned URLs to read and write the key, for clients that cannot sign.
    """

    url: str
    path: str
    auth_url: str
    access_key: str
    secret_key: str
    region: str
    project: str
    timeout: float
    signed: dict[str, str]


class Client(Protocol):
    """The operations of the matrix. What a client cannot do, it does not define."""

    def download_to(self, key: str, path: Path) -> None:
        """Make `path` hold the object."""

    def download_bytes(self, key: str) -> bytes:
        """Return the object."""

    def download_stream(self, key: str) -> Iterator[bytes]:
        """Yield the object in pieces."""

    def download_range(self, key: str, start: int, end: int) -> bytes:
        """Return a range of the object."""

    def upload_small(self, key: str, data: bytes) -> None:
        """Store bytes."""

    def upload_parts(self, key: str, path: Path) -> None:
        """Store a large file."""

    def upload_stream(self, key: str, pieces: Iterator[bytes]) -> None:
        """Store what comes in pieces, of a length that is not known."""

    def close(self) -> None:
        """Give up connections."""


def carry_out(client: Any, operation: str, key: str, folder: Path, piece: int = 1 << 20) -> dict[str, Any]:
    """Do one operation, and say how it ended.

    Downloads put what they return into ``got`` of the folder, uploads store its ``source``.

    Returns:
        ``error``, ``family`` (module of its class) and, for a sync, its ``failures``; all JSON-ready.
    """
    done: dict[str, Any] = {"error": "", "family": ""}
    try:
        done["failures"] = _DO[operation](client, key, folder, piece)
    except Exception as error:  # noqa: BLE001  # whatever a peer raises is what this is about
        done["error"] = f"{type(error).__name__}: {error}"[:300]
        done["family"] = "cloud" if _is_ours(error) else type(error).__module__
    return done


def _is_ours(error: BaseException) -> bool:
    return any(
        f"{kind.__module__}.{kind.__name__}" == "cloud.common.errors.CloudError"
        for kind in type(error).__mro__
    )


def _file(client: Client, key: str, folder: Path, _piece: int) -> None:
    client.download_to(key, folder / "target" / "file")


def _bytes(client: Client, key: str, folder: Path, _piece: int) -> None:
    (folder / "got").write_bytes(client.download_bytes(key))


def _stream(client: Client, key: str, folder: Path, _piece: int) -> None:
    (folder / "got").write_bytes(b"".join(client.download_stream(key)))


def _range(client: Client, key: str, folder: Path, _piece: int) -> None:
    (folder / "got").write_bytes(client.download_range(key, 1000, 66_000))


def _small(client: Client, key: str, folder: Path, _piece: int) -> None:
    client.upload_small(key, (folder / "source").read_bytes())


def _parts(client: Client, key: str, folder: Path, _piece: int) -> None:
    client.upload_parts(key, folder / "source")


def _upload_stream(client: Client, key: str, folder: Path, piece: int) -> None:
    data = (folder / "source").read_bytes()
    client.upload_stream(key, (data[start : start + piece] for start in range(0, len(data), piece)))


def _sync_down(client: Any, key: str, folder: Path, _piece: int) -> list[list[str]]:
    return list(client.sync_down(key, folder / "target", folder / "state"))


def _sync_up(client: Any, key: str, folder: Path, _piece: int) -> list[list[str]]:
    return list(client.sync_up(folder / "tree", key, folder / "state"))


_DO: dict[str, Callable[[Any, str, Path, int], Any]] = {
    "download file": _file,
    "download bytes": _bytes,
    "download stream": _stream,
    "download range": _range,
    "sync down": _sync_down,
    "upload small": _small,
    "upload multipart": _parts,
    "upload stream": _upload_stream,
    "sync up": _sync_up,
}
