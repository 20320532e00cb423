"""Which servers there are, and how each is started: nullstore with and without TLS, and the real ones."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._server import CannotMeasureError, make_certificate, running_server
from benchmarks.peers._peer import ACCOUNT, ACCOUNT_KEY, BUCKET, PROJECT, REGION
from benchmarks.workloads._workload import SMALL, SMALL_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.workloads import Scale
    from cloud.common import BaseStorageClient

_TESTS = Path(__file__).parent.parent / "tests"
_MANY_KEYS = 100_000
_REAL_LARGE = 64 << 20
_REAL_CALLS = 400
_FILL_THREADS = 8


@dataclass(frozen=True)
class Endpoint:
    """A running server.

    Attributes:
        url: where it is.
        scale: how much of everything is done against it.
        environment: what its clients' processes get.
    """

    url: str
    scale: Scale
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def open_server(name: str, program: Path, scale: Scale) -> Iterator[Endpoint]:
    """Yield the server `name`, filled with what the works read."""
    if name in _REAL:
        with _REAL[name](scale) as endpoint:
            yield endpoint
        return
    protocol, _, kind = name.partition("-")
    certificate = make_certificate(scale.folder) if kind == "tls" else None
    scale = replace(scale, keys=_MANY_KEYS) if kind == "many" else scale
    environment = {} if certificate is None else _trusting(certificate.authority)
    with running_server(program, protocol, scale.source, scale.keys, certificate) as url:
        yield Endpoint(url, scale, environment)


def _trusting(authority: Path) -> dict[str, str]:
    return dict.fromkeys(("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), str(authority))


@contextmanager
def _seaweedfs(scale: Scale) -> Iterator[Endpoint]:
    from cloud import CloudCredentials, CloudProvider
    from cloud.aws import S3Client

    seaweedfs = _tests_server("seaweedfs")
    with seaweedfs.run() as server:
        credentials = CloudCredentials(
            CloudProvider.AWS,
            access_key=server.admin.access_key,
            secret_key=server.admin.secret_key,
            region=REGION,
        )
        with S3Client(credentials, endpoint_url=server.endpoint_url, service="seaweedfs") as client:
            filled = _fill(client, scale)
        environment = {
            "BENCH_ACCESS_KEY": server.admin.access_key,
            "BENCH_SECRET_KEY": server.admin.secret_key,
            "BENCH_SERVICE": "seaweedfs",
        }
        yield Endpoint(server.endpoint_url, filled, environment)


@contextmanager
def _azurite(scale: Scale) -> Iterator[Endpoint]:
    from cloud import CloudCredentials, CloudProvider
    from cloud.azure import AzureBlobClient

    with _tests_server("azurite").run() as server:
        credentials = CloudCredentials(CloudProvider.AZURE, account_name=ACCOUNT, account_key=ACCOUNT_KEY)
        with AzureBlobClient(credentials, account_url=server.account_url) as client:
            yield Endpoint(server.endpoint_url, _fill(client, scale))


@contextmanager
def _fake_gcs(scale: Scale) -> Iterator[Endpoint]:
    from cloud.gcp import GCSClient

    service = "fake-gcs-server"
    with _tests_server("fake_gcs").run() as server:
        endpoint = server.endpoint_url
        with GCSClient(project=PROJECT, endpoint_url=endpoint, anonymous=True, service=service) as client:
            yield Endpoint(endpoint, _fill(client, scale), {"BENCH_SERVICE": service})


def _tests_server(name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  # modules of tests/
    """Return the module of tests/servers that starts a real server."""
    from importlib import import_module

    if str(_TESTS) not in sys.path:
        sys.path.append(str(_TESTS))
    try:
        return import_module(f"servers.{name}")
    except ImportError as error:
        raise CannotMeasureError(f"{name} cannot be started: {error}; run `make install`") from error


def _fill(client: BaseStorageClient, scale: Scale) -> Scale:
    """Store what the works read, and return what they find."""
    calls = min(scale.calls, _REAL_CALLS)
    client.create_bucket(BUCKET)
    with scale.source.open("rb") as file:
        large = file.read(min(scale.large, _REAL_LARGE))
    found = replace(scale, calls=calls, large=len(large))
    keys = [SMALL_KEY, *(f"crc32-{SMALL}/{number}.bin" for number in range(2 * calls))]
    with ThreadPoolExecutor(_FILL_THREADS) as pool:
        list(pool.map(lambda key: client.upload_file(BUCKET, key, large[:SMALL]), keys))
    client.upload_file(BUCKET, found.large_key, large)
    return replace(found, keys=len(keys) + 1)


_REAL = {"seaweedfs": _seaweedfs, "azurite": _azurite, "fake-gcs": _fake_gcs}
