"""How much the folders of a bucket hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud.common.models import Record
from cloud.transfer._trees import folder_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cloud.common._base_storage import BaseStorageClient
    from cloud.common.models import ObjectInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderUsage(Record):
    """What one folder holds, with everything below it.

    Attributes:
        prefix: the folder: the beginning of its keys, up to and with ``/``; empty for the whole bucket.
        objects: how many objects.
        bytes: how many bytes they have.
    """

    prefix: str
    objects: int
    bytes: int


def folder_usage(
    client: BaseStorageClient, bucket: str, prefix: str = "", *, max_depth: int | None = None
) -> Iterator[FolderUsage]:
    """Yield the sums of every folder below `prefix`, each when it is complete; `prefix` itself comes last.

    Args:
        max_depth: levels below `prefix` to yield; 0 for `prefix` alone, None for all.
    """
    prefix = folder_prefix(prefix)
    return _sums(client.list_objects(bucket, prefix), prefix, max_depth)


def _sums(objects: Iterable[ObjectInfo], prefix: str, max_depth: int | None) -> Iterator[FolderUsage]:
    # Listings come in the order of the keys, so a folder is complete when a key outside it is seen.
    around: list[list[int]] = [[0, 0]]
    names = [prefix]
    for info in objects:
        segments = info.key[len(prefix) :].split("/")[:-1]
        if max_depth is not None:
            del segments[max_depth:]
        path, folders = prefix, [prefix]
        for segment in segments:
            path += segment + "/"
            folders.append(path)
        while len(names) > len(folders) or names[-1] != folders[len(names) - 1]:
            yield _closed(names, around)
        while len(names) < len(folders):
            names.append(folders[len(names)])
            around.append([0, 0])
        around[-1][0] += 1
        around[-1][1] += info.size
    while names:
        yield _closed(names, around)


def _closed(names: list[str], around: list[list[int]]) -> FolderUsage:
    objects, size = around.pop()
    if around:
        around[-1][0] += objects
        around[-1][1] += size
    return FolderUsage(prefix=names.pop(), objects=objects, bytes=size)
