"""openstacksdk's object store, over the native API of OpenStack Swift."""

from __future__ import annotations

from benchmarks.peers._peer import BUCKET, PASSWORD, USER, Peer


class OpenstackPeer(Peer):
    """OpenStack's SDK, which logs in to version 1 authentication by python-swiftclient's plugin."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        import openstack

        connection = openstack.connection.Connection(
            auth_type="v1password",
            auth={"auth_url": f"{endpoint}/auth/v1.0", "username": USER, "password": PASSWORD},
        )
        self._store = connection.object_store

    def head(self, key: str) -> int:
        return int(self._store.get_object_metadata(key, BUCKET).content_length)

    def get(self, key: str) -> bytes:
        return bytes(self._store.download_object(key, BUCKET))

    def put(self, key: str, data: bytes) -> None:
        self._store.upload_object(BUCKET, key, data=data)

    def list_keys(self) -> int:
        return sum(1 for _ in self._store.objects(BUCKET))
