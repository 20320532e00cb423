"""The work of a sync on executors that are already there: threads, processes, Dask, Ray."""

from __future__ import annotations

import copyreg
import os
import pickle
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest

from cloud._registry import StorageLocation
from cloud.adapters import RayExecutor, dask_executor
from cloud.aws import S3Client
from cloud.common import CloudCredentials, CloudProvider
from cloud.common.errors import ConfigurationError, InvalidRequestError, OutcomeUnknownError
from cloud.local import LocalStorageClient
from cloud.transfer import Plan, TransferItem, delete_many, download_many, sync, upload_many
from cloud.transfer._batches import bare
from cloud.transfer._refs import ClientRef

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from servers import Server

BUCKET = "executors"


@pytest.fixture(scope="module")
def keys(seaweedfs_server: Server) -> Iterator[None]:
    """The keys in the environment, where workers find them; set before any worker is started."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", seaweedfs_server.admin.access_key)
        patch.setenv("AWS_SECRET_ACCESS_KEY", seaweedfs_server.admin.secret_key)
        patch.setenv("AWS_REGION", seaweedfs_server.region)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="module")
def client(seaweedfs_server: Server, keys: None) -> Iterator[S3Client]:
    """A client that finds its keys in the environment, wherever it is unpickled."""
    with S3Client(endpoint_url=seaweedfs_server.endpoint_url, service="seaweedfs") as made:
        made.create_bucket(BUCKET)
        yield made


@pytest.fixture(scope="module")
def processes(keys: None) -> Iterator[Executor]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def dask(keys: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    # With it comes tblib, which from then on pickles all errors of the process with their causes and frames.
    before = dict(copyreg.dispatch_table)
    from distributed import Client, LocalCluster

    with (
        LocalCluster(  # type: ignore[no-untyped-call]  # Dask's own
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as cluster,
        Client(cluster) as connected,  # type: ignore[no-untyped-call]  # likewise
    ):
        yield dask_executor(connected)
    copyreg.dispatch_table.clear()
    copyreg.dispatch_table.update(before)


@pytest.fixture(scope="module")
def ray(keys: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    import ray

    with pytest.raises(ConfigurationError, match=r"ray\.init"):
        RayExecutor()
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=80 << 20, log_to_driver=False)
    try:
        with RayExecutor(num_cpus=1) as executor:
            yield executor
        with pytest.raises(InvalidRequestError, match="shut down"):
            executor.submit(len, "x")
    finally:
        ray.shutdown()


@pytest.fixture(params=["processes", "dask", "ray"])
def executor(request: pytest.FixtureRequest) -> Executor:
    found: Executor = request.getfixturevalue(request.param)
    return found


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.timeout(240)
def test_a_sync_on_workers(
    client: S3Client, executor: Executor, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place = StorageLocation(client, BUCKET, request.node.name)
    folder, back, state = (tmp_path / name for name in ("folder", "back", "state"))
    for number in range(150):
        path = folder / f"{number % 7}/é {number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * number)
    client.upload_file(BUCKET, f"{request.node.name}/extra", b"is to be deleted")
    report = sync(folder, place, delete=True, executor=executor, workers=2, state=state)
    assert (report.copied, report.deleted, report.failed) == (150, 1, 0), report.failures[:2]
    assert sync(folder, place, delete=True, executor=executor, workers=2, state=state).plan.is_empty
    assert sync(place, back, executor=executor, workers=2, state=state).copied == 150
    assert tree(back) == tree(folder)
    there = StorageLocation(client, BUCKET, f"{request.node.name}-copy")
    assert sync(place, there, executor=executor, workers=2, state=state).copied == 150
    (folder / "0/gone").write_bytes(b"x")

    def meanwhile(plan: Plan) -> bool:
        (folder / "0/gone").unlink()
        return plan.copies == 1

    report = sync(folder, place, executor=executor, state=state, confirm=meanwhile)
    assert (report.copied, report.failed) == (0, 1)
    assert isinstance(report.failures[0].error, FileNotFoundError)


@pytest.mark.timeout(240)
def test_many_objects_on_workers(
    client: S3Client, executor: Executor, request: pytest.FixtureRequest
) -> None:
    bodies = {f"{request.node.name}/{number}": b"x" * number for number in range(20)}
    stored = list(upload_many(client, BUCKET, bodies, executor=executor, workers=2))
    assert [result.key for result in stored] == list(bodies)
    assert all(result.ok for result in stored)
    read = download_many(client, BUCKET, [*bodies, "none"], executor=executor, workers=2)
    assert [result.data for result in read] == [*bodies.values(), None]
    assert all(result.ok for result in delete_many(client, BUCKET, bodies, executor=executor, workers=2))
    assert client.list_objects(BUCKET, request.node.name).to_list() == []


@pytest.mark.timeout(240)
def test_a_secret_does_not_travel(
    client: S3Client, processes: Executor, seaweedfs_server: Server, tmp_path: Path
) -> None:
    server = seaweedfs_server
    explicit = CloudCredentials(
        CloudProvider.AWS, access_key=server.admin.access_key, secret_key=server.admin.secret_key
    )
    for credentials in (None, explicit):
        sender = S3Client(credentials, endpoint_url=server.endpoint_url, service="seaweedfs")
        assert server.admin.secret_key.encode() not in pickle.dumps(ClientRef(sender))
    (tmp_path / "f").mkdir()
    (tmp_path / "f/x").write_bytes(b"x")
    place = StorageLocation(sender, BUCKET, "secret")
    report = sync(tmp_path / "f", place, executor=processes, state=tmp_path / "state")
    assert (report.copied, report.failed) == (0, 1)
    assert isinstance(report.failures[0].error, ConfigurationError)
    assert "secrets do not travel" in str(report.failures[0].error)


def test_a_client_is_made_once_in_each_process(client: S3Client) -> None:
    pickled = pickle.dumps(ClientRef(client))
    first, second = pickle.loads(pickled), pickle.loads(pickled)  # noqa: S301  # made in the line above
    assert first is second


def test_threads_share_even_a_store_in_memory(tmp_path: Path) -> None:
    store = LocalStorageClient.in_memory()
    store.create_bucket("b")
    for number in range(200):
        store.upload_file("b", str(number), b"x")
    with ThreadPoolExecutor(3) as pool:
        report = sync(
            StorageLocation(store, "b", ""), tmp_path / "f", executor=pool, state=tmp_path / "state"
        )
    assert (report.copied, report.failed) == (200, 0)


@pytest.mark.timeout(240)
def test_a_store_in_memory_cannot_travel(processes: Executor, tmp_path: Path) -> None:
    store = LocalStorageClient.in_memory()
    store.create_bucket("b")
    store.upload_file("b", "x", b"x")
    report = sync(
        StorageLocation(store, "b", ""), tmp_path / "f", executor=processes, state=tmp_path / "state"
    )
    assert (report.copied, report.failed) == (0, 1)
    assert "cannot be pickled" in str(report.failures[0].error)


@pytest.mark.timeout(240)
def test_items_of_a_process_that_dies_fail_and_the_next_run_finds_them(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    for number in range(5):
        (tmp_path / f"f/{number}").write_bytes(b"x")
    store = LocalStorageClient(tmp_path / "store")
    store.create_bucket("b")
    place = StorageLocation(store, "b", "")

    class Dying(Executor):
        """Its processes end as soon as they get something to do."""

        def __init__(self) -> None:
            self.pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

        def submit(self, fn, /, *args, **kwargs) -> Future[object]:  # type: ignore[no-untyped-def,override]  # noqa: ANN001, ANN002, ANN003  # the base class's own
            return self.pool.submit(os._exit, 1)

    dying = Dying()
    report = sync(tmp_path / "f", place, executor=dying, state=tmp_path / "state")
    dying.pool.shutdown()
    assert (report.copied, report.failed) == (0, 5)
    assert all(isinstance(item.error, OutcomeUnknownError) for item in report.failures)
    assert sync(tmp_path / "f", place, state=tmp_path / "state").copied == 5


def test_an_error_travels_without_what_caused_it() -> None:
    error = OutcomeUnknownError("lost", native=KeyError("planted-secret"))
    error.__cause__ = error.__context__ = error.native
    item = bare(TransferItem(source="a", target="b", error=error))
    assert isinstance(item.error, OutcomeUnknownError)
    assert item.error.native is item.error.__cause__ is item.error.__context__ is None
    assert item.error.__traceback__ is None
    assert item.error.message == "lost"
