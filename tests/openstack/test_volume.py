"""The volume client on a real OpenStack: Cinder with files behind it, backups in Swift."""

from __future__ import annotations

import pickle
import uuid
from typing import TYPE_CHECKING

import pytest

from cloud.common.enums import ResourceType
from cloud.common.errors import (
    AlreadyExistsError,
    CloudError,
    InvalidRequestError,
    NotFoundError,
    QuotaExceededError,
    TimeoutError_,
)
from cloud.infomaniak.volume._client import InfomaniakVolumeClient
from cloud.infomaniak.volume._records import volume_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.infomaniak.volume._records import Volume
    from servers.openstack_cloud import OpenStackCloud

NO_SUCH = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def client(openstack_cloud: OpenStackCloud) -> Iterator[InfomaniakVolumeClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OS_CLIENT_CONFIG_FILE", str(openstack_cloud.clouds_yaml))
        with InfomaniakVolumeClient.from_cloud("ostack") as made:
            yield made


@pytest.fixture
def name() -> str:
    return f"test-vol-{uuid.uuid4().hex[:8]}-\u00fc"


def remove(client: InfomaniakVolumeClient, volume_id: str) -> None:
    client.wait_for_volume(volume_id, ("available", "error"), terminal_states=())
    assert client.delete_volume(volume_id) is True
    assert client.wait_for_volume(volume_id, ("deleted",)) is None


@pytest.fixture
def volume(client: InfomaniakVolumeClient, name: str) -> Iterator[Volume]:
    made = client.create_volume(1, name, "a description", metadata={"a": "b"})
    ready = client.wait_for_volume(made.id)
    assert ready is not None
    yield ready
    remove(client, made.id)


def test_volumes(client: InfomaniakVolumeClient, volume: Volume) -> None:
    assert (volume.size_gib, volume.status, volume.description) == (1, "available", "a description")
    assert volume.metadata == {"a": "b"}
    assert volume.created_at is not None
    assert volume.created_at.tzinfo is not None
    assert [found.id for found in client.list_volumes(name=volume.name)] == [volume.id]
    listed = client.list_volumes(metadata={"a": "b"}, status="available", is_bootable=False, name=volume.name)
    assert [found.id for found in listed] == [volume.id]
    assert client.list_volumes(name="no such name").to_list() == []
    changed = client.update_volume(volume.id, name=volume.name + "2", metadata={"c": "d"})
    assert (changed.name, changed.metadata) == (volume.name + "2", {"c": "d"})
    assert client.set_bootable(volume.id, is_bootable=True).is_bootable is True
    with pytest.raises(InvalidRequestError):
        client.create_volume(0, "x")
    with pytest.raises(InvalidRequestError):
        client.create_volume(None, "x")
    with pytest.raises(InvalidRequestError):
        client.create_volume(1, "x", snapshot_id="a", image_id="b")


def test_what_is_not_there(client: InfomaniakVolumeClient) -> None:
    for get in (client.get_volume, client.get_snapshot, client.get_backup, client.get_transfer):
        with pytest.raises(NotFoundError) as caught:
            get(NO_SUCH)
        assert caught.value.request_id
    for delete in (
        client.delete_volume,
        client.delete_snapshot,
        client.delete_backup,
        client.delete_transfer,
    ):
        assert delete(NO_SUCH) is False
        with pytest.raises(NotFoundError):
            delete(NO_SUCH, dry_run=True)
    with pytest.raises(NotFoundError):
        client.get_volume_type(NO_SUCH)
    with pytest.raises(InvalidRequestError):
        client.get_volume("..")


def test_a_listing_is_of_all_pages(client: InfomaniakVolumeClient, name: str) -> None:
    made = {client.create_volume(1, name).id for _ in range(3)}
    try:
        pager = client._rest_list(
            "list_volumes",
            "",
            "/volumes/detail",
            "volumes",
            volume_of,
            params={"name": name},
            page_size=1,
        )
        pages = list(pager.pages())
        assert len(pages) >= 3
        assert {item.id for page in pages for item in page.items} == made
    finally:
        for volume_id in made:
            remove(client, volume_id)


def test_extending(client: InfomaniakVolumeClient, volume: Volume) -> None:
    plan = client.extend_volume(volume.id, 2, dry_run=True)
    assert plan.changes == {"new_size": 2}
    assert client.get_volume(volume.id).size_gib == 1
    client.extend_volume(volume.id, 2)
    grown = client.wait_for_volume(volume.id)
    assert grown is not None
    assert grown.size_gib == 2
    with pytest.raises(InvalidRequestError):
        client.extend_volume(volume.id, 2)
    with pytest.raises(InvalidRequestError, match="only grow"):
        client.extend_volume(volume.id, 2, dry_run=True)


def test_types_and_retyping(
    openstack_cloud: OpenStackCloud, client: InfomaniakVolumeClient, volume: Volume, name: str
) -> None:
    kinds = {kind.name: kind for kind in client.list_volume_types()}
    assert "standard" in kinds
    assert client.get_volume_type(kinds["standard"].id).name == "standard"
    with (
        pytest.MonkeyPatch.context() as patch,
        InfomaniakVolumeClient.from_cloud("ostack-admin") as admin,
    ):
        patch.setenv("OS_CLIENT_CONFIG_FILE", str(openstack_cloud.clouds_yaml))
        body = {"volume_type": {"name": name, "os-volume-type-access:is_public": True}}
        other = admin._rest("create_type", name, "POST", "/types", json=body)["volume_type"]["id"]
        try:
            assert client.retype_volume(volume.id, name, dry_run=True).changes["new_type"] == name
            client.retype_volume(volume.id, name)
            # Its files would have to be moved for that, which was not allowed: it stays what it was.
            kept = client.wait_for_volume(volume.id)
            assert kept is not None
            assert kept.volume_type == "standard"
            for wanted in (name, "standard"):
                client.retype_volume(volume.id, wanted, may_migrate=True)
                changed = client.wait_for_volume(volume.id)
                assert changed is not None
                assert changed.volume_type == wanted
        finally:
            admin._rest("delete_type", name, "DELETE", f"/types/{other}")
    with pytest.raises(InvalidRequestError, match="no volume type"):
        client.create_volume(1, name, volume_type="none such", dry_run=True)


def test_snapshots_and_clones(client: InfomaniakVolumeClient, volume: Volume, name: str) -> None:
    # Cinder's driver for files does not clone a volume that has snapshots.
    clone = client.create_volume(None, name + "-clone", source_volume_id=volume.id)
    cloned = client.wait_for_volume(clone.id)
    assert cloned is not None
    assert (cloned.source_volume_id, cloned.size_gib) == (volume.id, 1)
    remove(client, clone.id)
    snapshot = client.create_snapshot(volume.id, name, "s", metadata={"k": "v"})
    ready = client.wait_for_snapshot(snapshot.id)
    assert ready is not None
    assert (ready.size_gib, ready.metadata, ready.volume_id) == (1, {"k": "v"}, volume.id)
    try:
        assert [found.id for found in client.list_snapshots(volume_id=volume.id)] == [snapshot.id]
        assert client.update_snapshot(snapshot.id, description="x").description == "x"
        with pytest.raises(CloudError):
            client.delete_volume(volume.id)  # it has a snapshot
        copied = client.create_volume(None, name + "-copy", snapshot_id=snapshot.id)
        found = client.wait_for_volume(copied.id)
        assert found is not None
        assert (found.snapshot_id, found.size_gib) == (snapshot.id, 1)
        remove(client, copied.id)
        client.revert_to_snapshot(volume.id, snapshot.id)
        client.wait_for_volume(volume.id)
        client.wait_for_snapshot(snapshot.id)
    finally:
        assert client.delete_snapshot(snapshot.id) is True
        assert client.wait_for_snapshot(snapshot.id, ("deleted",)) is None


def test_cascade(client: InfomaniakVolumeClient, name: str) -> None:
    made = client.create_volume(1, name)
    client.wait_for_volume(made.id)
    snapshot = client.create_snapshot(made.id, name)
    client.wait_for_snapshot(snapshot.id)
    assert client.delete_volume(made.id, cascade=True) is True
    assert client.wait_for_volume(made.id, ("deleted",)) is None
    with pytest.raises(NotFoundError):
        client.get_snapshot(snapshot.id)


def test_images(client: InfomaniakVolumeClient, name: str) -> None:
    body = client._rest("list_images", "", "GET", "/images?name=tiny", service="image")
    tiny = body["images"][0]["id"]
    made = client.create_volume(1, name, image_id=tiny)
    ready = client.wait_for_volume(made.id)
    assert ready is not None
    assert (ready.is_bootable, ready.image_id) == (True, tiny)
    try:
        uploaded = client.upload_to_image(made.id, name)
        assert (uploaded.volume_id, uploaded.name, uploaded.disk_format) == (made.id, name, "raw")
        client.wait_for_volume(made.id)
        path = f"/images/{uploaded.image_id}"
        assert client._rest("get_image", "", "GET", path, service="image")["status"] == "active"
        client._rest("delete_image", "", "DELETE", path, service="image")
    finally:
        remove(client, made.id)
    with pytest.raises(NotFoundError):
        client.create_volume(1, name, image_id=NO_SUCH, dry_run=True)


def test_backups(client: InfomaniakVolumeClient, volume: Volume, name: str) -> None:
    full = client.create_backup(volume.id, f"{name} 1", "b", container=f"backups-{uuid.uuid4().hex[:8]}")
    seen: list[str] = []
    ready = client.wait_for_backup(full.id, progress=lambda found: seen.append(found.status))
    assert ready is not None
    assert (ready.size_gib, ready.is_incremental, seen[-1]) == (1, False, "available")
    assert (ready.object_count or 0) > 0
    partial = client.create_backup(volume.id, f"{name} 2", incremental=True)
    second = client.wait_for_backup(partial.id)
    assert second is not None
    assert second.is_incremental is True
    try:
        assert client.get_backup(full.id).has_dependent_backups is True
        with pytest.raises(InvalidRequestError, match="build on"):
            client.delete_backup(full.id, dry_run=True)
        assert {b.id for b in client.list_backups(volume_id=volume.id)} == {full.id, partial.id}
        assert [b.id for b in client.list_backups(name=f"{name} 1", status="available")] == [full.id]
        assert client.update_backup(full.id, description="x").description == "x"
        restored = client.restore_backup(partial.id, name=name + "-restored")
        client.wait_for_backup(partial.id)
        again = client.wait_for_volume(restored.volume_id)
        assert again is not None
        assert (again.name, again.size_gib) == (name + "-restored", 1)
        onto = client.restore_backup(full.id, again.id)
        assert onto.volume_id == again.id
        client.wait_for_backup(full.id)
        remove(client, again.id)
        with pytest.raises(InvalidRequestError):
            client.restore_backup(full.id, again.id, "a name")

        assert client.prune_backups(volume.id, 1) == []  # the incremental one needs the full one
        assert "0 are older" in client.prune_backups(volume.id, 1, dry_run=True).checks[0]
    finally:
        assert client.delete_backup(partial.id) is True
        assert client.wait_for_backup(partial.id, ("deleted",)) is None
    newer = client.create_backup(volume.id, f"{name} 3")
    client.wait_for_backup(newer.id)
    assert [b.id for b in client.prune_backups(volume.id, 1, name_prefix=name)] == [full.id]
    assert client.wait_for_backup(full.id, ("deleted",)) is None
    assert client.delete_backup(newer.id) is True
    assert client.wait_for_backup(newer.id, ("deleted",)) is None


def test_transfers(openstack_cloud: OpenStackCloud, client: InfomaniakVolumeClient, name: str) -> None:
    made = client.create_volume(1, name)
    client.wait_for_volume(made.id)
    withdrawn = client.create_transfer(made.id, name)
    assert client.get_transfer(withdrawn.id).auth_key is None
    assert [found.id for found in client.list_transfers() if found.volume_id == made.id] == [withdrawn.id]
    assert client.delete_transfer(withdrawn.id) is True
    client.wait_for_volume(made.id)
    offer = client.create_transfer(made.id, name, with_snapshots=False)
    assert offer.auth_key is not None
    password = offer.auth_key.reveal()
    for shown in (repr(offer), str(offer.to_dict()), repr(offer.raw)):
        assert password not in shown
    assert password.encode() not in pickle.dumps(offer)
    with (
        pytest.MonkeyPatch.context() as patch,
        InfomaniakVolumeClient.from_cloud("ostack-admin") as admin,
    ):
        patch.setenv("OS_CLIENT_CONFIG_FILE", str(openstack_cloud.clouds_yaml))
        with pytest.raises(CloudError):
            admin.accept_transfer(offer.id, "wrong")
        assert admin.accept_transfer(offer.id, offer.auth_key).volume_id == made.id
        with pytest.raises(NotFoundError):
            client.get_volume(made.id)
        remove(admin, made.id)


def test_plans_change_nothing(client: InfomaniakVolumeClient, volume: Volume, name: str) -> None:
    plan = client.create_volume(2, name + "plan", volume_type="standard", dry_run=True)
    assert (plan.operation, plan.resource, plan.changes["size"]) == ("create_volume", name + "plan", 2)
    assert len(plan.checks) == 2
    assert client.list_volumes(name=name + "plan").to_list() == []
    with pytest.raises(QuotaExceededError):
        client.create_volume(10**9, name, dry_run=True)
    with pytest.raises(QuotaExceededError) as caught:
        client.create_volume(10**6, name)
    assert caught.value.http_status == 413
    client.delete_volume(volume.id, dry_run=True)
    client.create_snapshot(volume.id, name, dry_run=True)
    client.create_backup(volume.id, name, dry_run=True)
    client.create_transfer(volume.id, dry_run=True)
    assert client.list_snapshots(volume_id=volume.id).to_list() == []
    assert client.list_backups(volume_id=volume.id).to_list() == []
    assert client.get_volume(volume.id).status == "available"


def test_a_deadline_ends_a_wait(client: InfomaniakVolumeClient, volume: Volume) -> None:
    with pytest.raises(TimeoutError_, match="still available"):
        client.wait_for_volume(volume.id, ("in-use",), deadline_seconds=0.0)


def test_quotas(client: InfomaniakVolumeClient, volume: Volume) -> None:
    quotas = {quota.name: quota for quota in client.list_quotas()}
    assert (quotas["volumes"].used or 0) >= 1
    assert quotas["gigabytes"].unit == "GiB"


def test_the_contract_of_every_client(client: InfomaniakVolumeClient, name: str) -> None:
    made = client.create_resource(name, ResourceType.STORAGE, {"size": 1, "metadata": {"x": "y"}})
    try:
        client.wait_for_volume(made.id)
        found = client.get_resource(made.id)
        assert found is not None
        assert (found.name, found.status, found.tags, found.region) == (
            name,
            "available",
            {"x": "y"},
            "dc3-a",
        )
        assert made.id in {item.id for item in client.list_resources(ResourceType.STORAGE)}
        assert client.list_resources(ResourceType.COMPUTE) == []
        with pytest.raises(AlreadyExistsError):
            client.create_resource(name, ResourceType.STORAGE, {"size": 1})
    finally:
        assert client.delete_resource(made.id) is True
    client.wait_for_volume(made.id, ("deleted",))
    assert client.delete_resource(made.id) is False
    assert client.get_resource(made.id) is None
