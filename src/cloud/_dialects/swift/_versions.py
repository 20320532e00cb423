"""What Swift leaves to its users when a version is deleted: to say which one is read from then on.

https://docs.openstack.org/swift/latest/api/object_versioning.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud._dialects.swift._listing import list_versions_page
from cloud.common._storage_types import ListRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._dialects.swift._exchange import Exchange


def uncover(exchange: Exchange, bucket: str, key: str, deleted: Mapping[str, str]) -> None:
    """Let plain reads see the newest version that is left, after the one above it was deleted.

    So it is in the other stores: without a delete marker, or without the version that was the newest, the one
    below comes to light. Swift would answer 404 although there are versions. Not atomic: for a moment it does.

    Args:
        deleted: headers of the answer to the delete.
    """
    if deleted.get("x-object-current-version-id", "null") != "null":
        return  # an older one was deleted: the newest is still there
    page = list_versions_page(exchange, ListRequest(bucket, key, None, None, 1, None))
    if not page.items or page.items[0].key != key:
        return
    newest = page.items[0]
    if newest.is_delete_marker or newest.version_id in {None, "null"}:
        return
    present = exchange.call("HEAD", bucket, key, accepts=(200, 404))
    present.close()
    if present.status == 404:
        query = (("version-id", newest.version_id or ""),)
        exchange.call("PUT", bucket, key, query=query, body=b"", accepts=(201,)).close()
