import pytest

from cloud.local import LocalStorageClient
from cloud.transfer import FolderUsage, folder_usage


@pytest.fixture
def store() -> LocalStorageClient:
    client = LocalStorageClient.in_memory()
    client.create_bucket("b")
    for number, key in enumerate(("a/b/1", "a/b/2", "a/c", "a-x", "d/e/f/g", "top")):
        client.upload_file("b", key, b"x" * 10**number)
    return client


def usage(prefix: str, objects: int, size: int) -> FolderUsage:
    return FolderUsage(prefix=prefix, objects=objects, bytes=size)


def test_every_folder_is_summed_up_once(store: LocalStorageClient) -> None:
    assert list(folder_usage(store, "b")) == [
        usage("a/b/", 2, 11),
        usage("a/", 3, 111),
        usage("d/e/f/", 1, 10_000),
        usage("d/e/", 1, 10_000),
        usage("d/", 1, 10_000),
        usage("", 6, 111_111),
    ]


def test_depth(store: LocalStorageClient) -> None:
    assert list(folder_usage(store, "b", max_depth=0)) == [usage("", 6, 111_111)]
    assert [found.prefix for found in folder_usage(store, "b", max_depth=1)] == ["a/", "d/", ""]
    assert list(folder_usage(store, "b", "a", max_depth=0)) == [usage("a/", 3, 111)]


def test_an_empty_folder_holds_nothing(store: LocalStorageClient) -> None:
    assert list(folder_usage(store, "b", "none")) == [usage("none/", 0, 0)]
