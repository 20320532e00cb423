"""Every store behaves like a dict: random programs of its methods, step by step beside the model.

``CLOUD_MODEL_EXAMPLES=500 .venv/bin/python -m pytest tests/model`` looks longer.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cloud.common import (
    AlreadyExistsError,
    Capability,
    InvalidRequestError,
    NotFoundError,
    PreconditionFailedError,
    TransferConfig,
    UnsupportedOperationError,
)
from cloud.gcp import GCSClient
from cloud.local import LocalStorageClient
from faults.services import SERVICES
from faults.support import PATIENCE, make_client, random_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cloud.common import BaseStorageClient, ObjectInfo
    from servers import GcsServer, Server

MIB = 1 << 20
EXAMPLES = int(os.environ.get("CLOUD_MODEL_EXAMPLES", "12"))
PARTS = TransferConfig(part_size=5 * MIB, threshold=5 * MIB, max_workers=2)
# Keys that every service holds; some are prefixes of others, and some sort differently in UTF-8 and UTF-16.
KEYS = ("a", "a b/c+d", "a-b", "a/b", "a/b/c", "a/é", "a%2Fb", "b/ﬀ", "b/𝄞", "z" * 200)
KEY = st.sampled_from(KEYS)
SIZES = (0, 1, 1000, 70_000, 5 * MIB + 1)
METADATA: tuple[Mapping[str, str], ...] = ({}, {"owner": "a"}, {"content-id": "7", "note": "x y"})
_buckets = itertools.count()
_bodies = itertools.count()


@dataclass(frozen=True)
class Stored:
    """What the model holds of one object.

    Attributes:
        data: its bytes.
        metadata: its own pairs.
        etag: as the store said it when the object was written.
    """

    data: bytes
    metadata: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""


class StorageMachine(RuleBasedStateMachine):
    """A program of one client's methods, and a dict that it is compared with after each."""

    def __init__(self, client: BaseStorageClient, *, ends_nothing: bool) -> None:
        super().__init__()
        self.client = client
        self.ends_nothing = ends_nothing
        self.model: dict[str, Stored] = {}
        self.bucket = f"model-{os.getpid()}-{next(_buckets)}"
        assert client.create_bucket(self.bucket) is True

    def teardown(self) -> None:
        assert self.client.delete_bucket(self.bucket, force=True) is True

    def can(self, capability: Capability) -> bool:
        return capability in self.client.capabilities

    def info(self, key: str) -> ObjectInfo:
        return self.client.get_object_metadata(self.bucket, key)

    def keep(self, key: str, data: bytes, metadata: Mapping[str, str]) -> None:
        etag = self.info(key).etag
        assert etag
        self.model[key] = Stored(data, metadata, etag)

    def body(self, size: int) -> bytes:
        """Return `size` bytes that no other call returns, from 8 bytes on."""
        return next(_bodies).to_bytes(8, "big")[:size] + random_bytes(size)[8:]

    # -- writes ----------------------------------------------------------------------------------------------
    @rule(key=KEY, size=st.sampled_from(SIZES), metadata=st.sampled_from(METADATA))
    def put(self, key: str, size: int, metadata: Mapping[str, str]) -> None:
        data = self.body(size)
        self.client.upload_file(self.bucket, key, data, metadata=metadata, transfer=PARTS)
        self.keep(key, data, metadata)

    @rule(key=KEY)
    def write_as_file(self, key: str) -> None:
        data = self.body(70_000)
        with self.client.open_file(self.bucket, key, "wb") as file:
            file.write(data[:1000])
            file.write(data[1000:])
        self.keep(key, data, {})

    @rule(key=KEY)
    def die_while_writing(self, key: str) -> None:
        def write() -> None:
            with self.client.open_file(self.bucket, key, "wb") as file:
                file.write(b"half")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            write()

    @rule(key=KEY)
    def create(self, key: str) -> None:
        data = self.body(1000)

        def call() -> None:
            self.client.upload_file(self.bucket, key, data, if_absent=True)

        if not self.can(Capability.CONDITIONAL_CREATE):
            with pytest.raises(UnsupportedOperationError):
                call()
        elif key in self.model:
            with pytest.raises(AlreadyExistsError):
                call()
        else:
            call()
            self.keep(key, data, {})

    @rule(key=KEY, other=KEY)
    def swap(self, key: str, other: str) -> None:
        """Replace the object if its ETag is that of `other`, which may be the same one."""
        if other not in self.model:
            return
        etag, data = self.model[other].etag, self.body(1000)

        def call() -> None:
            self.client.upload_file(self.bucket, key, data, if_match=etag)

        if not self.can(Capability.CONDITIONAL_REPLACE):
            with pytest.raises(UnsupportedOperationError):
                call()
        elif key not in self.model:
            with pytest.raises((NotFoundError, PreconditionFailedError)):
                call()
        elif self.model[key].etag != etag:
            with pytest.raises(PreconditionFailedError):
                call()
        else:
            call()
            self.keep(key, data, {})

    @rule(key=KEY, metadata=st.sampled_from(METADATA))
    def relabel(self, key: str, metadata: Mapping[str, str]) -> None:
        if key not in self.model:
            with pytest.raises(NotFoundError):
                self.client.update_metadata(self.bucket, key, metadata=metadata)
            return
        info = self.client.update_metadata(self.bucket, key, metadata=metadata)
        assert (info.size, dict(info.metadata)) == (len(self.model[key].data), metadata)
        self.model[key] = replace(self.model[key], metadata=metadata, etag=info.etag or "")

    @rule(source=KEY, place=KEY)
    def copy(self, source: str, place: str) -> None:
        if source not in self.model:
            with pytest.raises(NotFoundError):
                self.client.copy_file(self.bucket, source, self.bucket, place)
        elif source != place:
            self.client.copy_file(self.bucket, source, self.bucket, place)
            self.keep(place, self.model[source].data, self.model[source].metadata)

    @rule(source=KEY, place=KEY)
    def move(self, source: str, place: str) -> None:
        error: type[Exception] = InvalidRequestError if source == place else NotFoundError
        if source == place or source not in self.model:
            with pytest.raises(error):
                self.client.move_file(self.bucket, source, self.bucket, place)
            return
        self.client.move_file(self.bucket, source, self.bucket, place)
        moved = self.model.pop(source)
        self.keep(place, moved.data, moved.metadata)

    @rule(key=KEY)
    def delete(self, key: str) -> None:
        assert self.client.delete_file(self.bucket, key) is (self.model.pop(key, None) is not None)

    @rule(many=st.lists(st.sampled_from(KEYS), unique=True, min_size=1, max_size=4))
    def delete_many(self, many: list[str]) -> None:
        results = list(self.client.delete_files(self.bucket, many))
        assert [(result.key, result.error) for result in results] == [(key, None) for key in many]
        for key in many:
            self.model.pop(key, None)

    # -- reads -----------------------------------------------------------------------------------------------
    @rule(key=KEY)
    def get(self, key: str) -> None:
        if key not in self.model:
            with pytest.raises(NotFoundError):
                self.client.download_file(self.bucket, key)
        else:
            assert self.client.download_file(self.bucket, key) == self.model[key].data

    @rule(key=KEY, start=st.integers(-80_000, 80_000), length=st.integers(0, 80_000) | st.none())
    def get_range(self, key: str, start: int, length: int | None) -> None:
        if start < 0:
            length = None  # what counts from the end goes to the end
        end = None if length is None else start + length
        data = self.model[key].data if key in self.model else None
        if data == b"" and start < 0 and not self.ends_nothing:
            return

        def call() -> bytes:
            return self.client.read_range(self.bucket, key, start, end)

        if data is None:
            with pytest.raises((NotFoundError, InvalidRequestError)):
                call()
        elif (end is not None and end <= start) or (start and start >= len(data)):
            with pytest.raises(InvalidRequestError):
                call()
        else:
            assert call() == data[start:end]

    @rule(key=KEY)
    def look(self, key: str) -> None:
        assert self.client.object_exists(self.bucket, key) is (key in self.model)
        if key in self.model:
            info, stored = self.info(key), self.model[key]
            assert (info.size, info.etag, dict(info.metadata)) == (
                len(stored.data),
                stored.etag,
                stored.metadata,
            )

    @rule(
        prefix=st.sampled_from(["", "a", "a/", "a/b", "b/", "none"]),
        page_size=st.sampled_from([1, 3, 1000]),
        start_after=st.none() | st.sampled_from(KEYS),
    )
    def listing(self, prefix: str, page_size: int, start_after: str | None) -> None:
        found = self.client.list_objects(
            self.bucket, prefix, page_size=page_size, start_after=start_after
        ).to_list()
        expected = {
            key: len(stored.data)
            for key, stored in self.model.items()
            if key.startswith(prefix) and (start_after is None or key.encode() > start_after.encode())
        }
        assert {info.key: info.size for info in found} == expected
        assert len(found) == len(expected)

    @rule(prefix=st.sampled_from(["", "a/"]), page_size=st.sampled_from([2, 1000]))
    def folders(self, prefix: str, page_size: int) -> None:
        pages = list(
            self.client.list_objects(self.bucket, prefix, delimiter="/", page_size=page_size).pages()
        )
        rests = [key[len(prefix) :] for key in self.model if key.startswith(prefix)]
        assert sorted(info.key for page in pages for info in page.items) == sorted(
            prefix + rest for rest in rests if "/" not in rest
        )
        assert {folder for page in pages for folder in page.prefixes} == {
            prefix + rest.split("/")[0] + "/" for rest in rests if "/" in rest
        }

    @invariant()
    def the_same_keys(self) -> None:
        assert sorted(info.key for info in self.client.list_objects(self.bucket)) == sorted(self.model)


def _local(request: pytest.FixtureRequest) -> BaseStorageClient:
    folder: Path = request.getfixturevalue("tmp_path")
    return LocalStorageClient(folder)


def _s3(request: pytest.FixtureRequest) -> BaseStorageClient:
    # SeaweedFS is a tree of folders: it loses pages of listings where a key is also a folder of others.
    server: Server = request.getfixturevalue("moto_server")
    client, _waits = make_client(server, server.endpoint_url, service="aws", transfer=None)
    return client


def _gcs(request: pytest.FixtureRequest) -> BaseStorageClient:
    server: GcsServer = request.getfixturevalue("fake_gcs_server")
    return GCSClient(
        project=server.project, endpoint_url=server.endpoint_url, anonymous=True, service="fake-gcs-server"
    )


def _other(index: int) -> Callable[[pytest.FixtureRequest], BaseStorageClient]:
    def make(request: pytest.FixtureRequest) -> BaseStorageClient:
        server = request.getfixturevalue(SERVICES[index].fixture)
        return SERVICES[index].client(server, server.endpoint_url, PATIENCE)

    return make


STORES: Mapping[str, Callable[[pytest.FixtureRequest], BaseStorageClient]] = {
    "local": _local,
    "memory": lambda _request: LocalStorageClient.in_memory(),
    "s3": _s3,
    "gcs": _gcs,
    **{service.name: _other(index) for index, service in enumerate(SERVICES) if service.name != "gcs"},
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("store", STORES)
def test_a_store_is_a_dict(store: str, request: pytest.FixtureRequest) -> None:
    with STORES[store](request) as client:
        run_state_machine_as_test(
            # fake-gcs-server sends the last bytes of an empty object as "bytes 0--1/0", which is no range.
            lambda: StorageMachine(client, ends_nothing=store != "gcs"),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=25,
                report_multiple_bugs=False,
                phases=[Phase.explicit, Phase.generate],  # to shrink against a server takes minutes
            ),
        )
