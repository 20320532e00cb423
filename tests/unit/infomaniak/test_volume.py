"""The volume client over HTTP: what is sent, how often, and what becomes of the answers."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest
import requests
import responses

from cloud.common.errors import (
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    QuotaExceededError,
    TimeoutError_,
)
from cloud.infomaniak._errors import ResourceFailedError
from cloud.infomaniak.volume._client import InfomaniakVolumeClient
from cloud.infomaniak.volume._records import backup_of, snapshot_of, transfer_of, volume_of
from unit.infomaniak.clouds import CINDER, NOVA, SAMPLES, body_of, client_of, login, sent

if TYPE_CHECKING:
    from collections.abc import Iterator

LOST = requests.exceptions.ConnectionError("Connection aborted.", ConnectionResetError(104, "reset"))


@pytest.fixture
def cloud() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        login(mock)
        yield mock


@pytest.fixture
def client(cloud: responses.RequestsMock) -> InfomaniakVolumeClient:
    return client_of(InfomaniakVolumeClient)


def with_status(status: str, **further: object) -> dict[str, object]:
    return {"volume": {**SAMPLES["volume"]["volume"], "status": status, **further}}


def backup(name: str, day: int, **further: object) -> dict[str, object]:
    return {
        **SAMPLES["backup_available"]["backup"],
        "id": name,
        "name": name,
        "created_at": f"2026-01-{day:02}T00:00:00.000000",
        **further,
    }


def test_records() -> None:
    volume = volume_of(SAMPLES["volume"]["volume"])
    assert (volume.status, volume.size_gib, volume.metadata, volume.is_bootable) == (
        "available",
        1,
        {"a": "b"},
        False,
    )
    assert volume.created_at is not None
    assert volume.created_at.utcoffset() is not None
    attached = volume_of(SAMPLES["volume_in_use"]["volume"])
    assert attached.attachments[0].volume_id == attached.id
    assert snapshot_of(SAMPLES["snapshot"]["snapshot"]).size_gib == 1
    found = backup_of(SAMPLES["backup_available"]["backup"])
    assert (found.status, found.is_incremental, found.fail_reason) == ("available", False, None)


def test_the_password_of_a_transfer_is_hidden() -> None:
    offer = transfer_of(SAMPLES["transfer"]["transfer"])
    assert offer.auth_key is not None
    assert offer.auth_key.reveal() == "planted-auth-key"
    for shown in (repr(offer), str(offer.to_dict()), repr(offer.raw), str(dict(offer))):
        assert "planted" not in shown
    assert b"planted" not in pickle.dumps(offer)


def test_only_what_was_given_is_sent(client: InfomaniakVolumeClient, cloud: responses.RequestsMock) -> None:
    cloud.post(f"{CINDER}/volumes", json=SAMPLES["volume_creating"], status=202)
    assert client.create_volume(1, "n", volume_type="fast").status == "creating"
    assert body_of(cloud) == {"volume": {"size": 1, "name": "n", "volume_type": "fast"}}
    assert cloud.calls[-1].request.headers["OpenStack-API-Version"] == "volume 3.59"
    cloud.post(f"{CINDER}/volumes/v/action", status=202)
    cloud.get(f"{CINDER}/volumes/v", json=SAMPLES["volume"])
    client.retype_volume("v", "fast", may_migrate=True)
    assert body_of(cloud, -2) == {"os-retype": {"new_type": "fast", "migration_policy": "on-demand"}}


def test_wrong_arguments_send_nothing(client: InfomaniakVolumeClient, cloud: responses.RequestsMock) -> None:
    for call in (
        lambda: client.create_volume(0, "n"),
        lambda: client.create_volume(None, "n"),
        lambda: client.create_volume(None, "n", image_id="i"),
        lambda: client.create_volume(1, "n", image_id="i", snapshot_id="s"),
        lambda: client.create_volume(1.5, "n"),  # type: ignore[arg-type]  # what people pass all the same
        lambda: client.extend_volume("v", 0),
        lambda: client.update_volume("v"),
        lambda: client.restore_backup("b", "v", "n"),
        lambda: client.prune_backups("v", 0),
        lambda: client.get_volume("."),
    ):
        with pytest.raises(InvalidRequestError):
            call()
    assert sent(cloud) == []


@pytest.mark.parametrize("path", ["volumes", "snapshots", "backups", "volume-transfers"])
def test_creations_are_sent_once(
    client: InfomaniakVolumeClient, cloud: responses.RequestsMock, path: str
) -> None:
    cloud.post(f"{CINDER}/{path}", body=LOST)
    calls = {
        "volumes": lambda: client.create_volume(1, "n"),
        "snapshots": lambda: client.create_snapshot("v", "n"),
        "backups": lambda: client.create_backup("v", "n"),
        "volume-transfers": lambda: client.create_transfer("v"),
    }
    with pytest.raises(OutcomeUnknownError):
        calls[path]()
    assert len(sent(cloud, "POST")) == 1


def test_actions_are_sent_once(client: InfomaniakVolumeClient, cloud: responses.RequestsMock) -> None:
    cloud.post(f"{CINDER}/volumes/v/action", body=LOST)
    cloud.post(f"{CINDER}/backups/b/restore", body=LOST)
    cloud.post(f"{NOVA}/servers/i/os-volume_attachments", body=LOST)
    for call in (
        lambda: client.extend_volume("v", 2),
        lambda: client.revert_to_snapshot("v", "s"),
        lambda: client.upload_to_image("v", "n"),
        lambda: client.restore_backup("b"),
        lambda: client.attach_volume("v", "i"),
    ):
        before = len(sent(cloud, "POST"))
        with pytest.raises(OutcomeUnknownError):
            call()
        assert len(sent(cloud, "POST")) == before + 1


def test_listings_follow_the_links(client: InfomaniakVolumeClient, cloud: responses.RequestsMock) -> None:
    page = SAMPLES["volumes_page"]
    first = page["volumes"][0]["id"]
    linked = {
        **page,
        "volumes_links": [{"rel": "next", "href": f"http://elsewhere.test/x?limit=1&marker={first}"}],
    }
    cloud.get(f"{CINDER}/volumes/detail", json=linked)
    cloud.get(f"{CINDER}/volumes/detail", json={"volumes": []})
    assert [found.id for found in client.list_volumes(status="available")] == [first]
    assert f"marker={first}" in sent(cloud)[1]
    assert all(line.startswith(f"GET {CINDER}") for line in sent(cloud))  # the token goes nowhere else


def test_over_a_limit(client: InfomaniakVolumeClient, cloud: responses.RequestsMock) -> None:
    cloud.post(f"{CINDER}/volumes", json=SAMPLES["error_over_limit"], status=413)
    with pytest.raises(QuotaExceededError) as caught:
        client.create_volume(10**6, "n")
    assert caught.value.provider_code == "overLimit"
    cloud.get(f"{CINDER}/os-quota-sets/project", json=SAMPLES["quota_set"])
    with pytest.raises(QuotaExceededError, match="gigabytes"):
        client.create_volume(10**9, "n", dry_run=True)
    assert len(sent(cloud, "POST")) == 1


def test_attaching_waits(client: InfomaniakVolumeClient, cloud: responses.RequestsMock) -> None:
    cloud.post(f"{NOVA}/servers/i/os-volume_attachments", json={"volumeAttachment": {}})
    attachment = {"attachment_id": "a", "volume_id": "v", "server_id": "i", "device": "/dev/vdb"}
    for body in (with_status("attaching"), with_status("in-use", attachments=[attachment])):
        cloud.get(f"{CINDER}/volumes/v", json=body)
    seen: list[str] = []
    found = client.attach_volume("v", "i", progress=lambda volume: seen.append(volume.status))
    assert found.attachments[0].instance_id == "i"
    assert seen == ["attaching", "in-use"]


def test_an_attachment_that_fails_is_an_error(
    client: InfomaniakVolumeClient, cloud: responses.RequestsMock
) -> None:
    cloud.post(f"{NOVA}/servers/i/os-volume_attachments", json={"volumeAttachment": {}})
    cloud.get(f"{CINDER}/volumes/v", json=with_status("available"))
    with pytest.raises(TimeoutError_, match="available"):
        client.attach_volume("v", "i", wait_seconds=5)
    cloud.replace(responses.GET, f"{CINDER}/volumes/v", json=with_status("error"))
    with pytest.raises(ResourceFailedError):
        client.attach_volume("v", "i")


def test_detaching_what_is_not_attached(
    client: InfomaniakVolumeClient, cloud: responses.RequestsMock
) -> None:
    cloud.get(f"{CINDER}/volumes/v", json=with_status("available"))
    assert client.detach_volume("v") is False
    assert sent(cloud, "DELETE") == []
    with pytest.raises(NotFoundError):
        client.detach_volume("v", dry_run=True)
    two = [{"attachment_id": each, "volume_id": "v", "server_id": each} for each in ("i", "j")]
    cloud.replace(responses.GET, f"{CINDER}/volumes/v", json=with_status("in-use", attachments=two))
    with pytest.raises(InvalidRequestError, match="several"):
        client.detach_volume("v")


def test_a_failed_backup_says_why(client: InfomaniakVolumeClient, cloud: responses.RequestsMock) -> None:
    failed = {"backup": backup("b", 1, status="error", fail_reason="no space")}
    cloud.get(f"{CINDER}/backups/b", json=failed)
    with pytest.raises(ResourceFailedError, match="no space"):
        client.wait_for_backup("b")


def test_pruning_keeps_what_is_needed(client: InfomaniakVolumeClient, cloud: responses.RequestsMock) -> None:
    found = [
        backup("nightly 1", 1, has_dependent_backups=True),
        backup("nightly 2", 2),
        backup("nightly 3", 3, status="error"),
        backup("nightly 4", 4, status="creating"),
        backup("other", 2),
        backup("nightly 5", 5),
        backup("nightly 6", 6, status="error"),
        backup("nightly 7", 7),
    ]
    cloud.get(f"{CINDER}/backups/detail", json={"backups": found})
    for name in ("nightly%202", "nightly%203"):
        cloud.delete(f"{CINDER}/backups/{name}", status=202)
    plan = client.prune_backups("v", 2, name_prefix="nightly ", dry_run=True)
    assert "2 are older" in plan.checks[0]
    assert sent(cloud, "DELETE") == []
    gone = client.prune_backups("v", 2, name_prefix="nightly ")
    assert sorted(item.name for item in gone) == ["nightly 2", "nightly 3"]
    assert client.prune_backups("v", 9, name_prefix="nightly ") == []


def test_a_forced_deletion_may_be_repeated(
    client: InfomaniakVolumeClient, cloud: responses.RequestsMock
) -> None:
    cloud.post(f"{CINDER}/snapshots/s/action", body=LOST)
    cloud.post(f"{CINDER}/snapshots/s/action", status=202)
    assert client.delete_snapshot("s", force=True) is True
    cloud.post(f"{CINDER}/backups/b/action", status=404)
    assert client.delete_backup("b", force=True) is False
