"""Every method of the older implementation is there, and means what the contract means."""

from __future__ import annotations

import inspect
import re
import uuid
from typing import TYPE_CHECKING

import pytest

from cloud._dialects.swift._vocabulary import SwiftVocabulary
from cloud.common import BaseStorageClient, NotFoundError
from cloud.infomaniak import InfomaniakObjectStorageClient
from unit.swift.clients import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from servers.swift import SwiftServer

# The public methods of the older client and of its base, with the names of the parameters that programs pass.
OLDER = {
    "list_containers": [],
    "create_container": ["name"],
    "delete_container": ["name"],
    "get_container_metadata": ["name"],
    "list_objects": ["container", "prefix"],
    "upload_object": ["container", "name", "data", "content_type"],
    "upload_file": ["container", "name", "file_path", "content_type"],
    "download_object": ["container", "name"],
    "download_file": ["container", "name", "file_path"],
    "delete_object": ["container", "name"],
    "get_object_metadata": ["container", "name"],
    "set_container_read_acl": ["container", "acl"],
    "set_container_write_acl": ["container", "acl"],
    "from_env": [],
    "from_credentials": ["application_credential_id", "application_credential_secret", "auth_url", "region"],
    "close": [],
    "validate_connection": [],
}
# Words of both: the contract's parameters, and what there is for the older meaning.
COLLIDING = {"list_objects", "upload_file", "download_file", "get_object_metadata"}


@pytest.fixture(scope="module")
def client(swift_server: SwiftServer) -> Iterator[InfomaniakObjectStorageClient]:
    with client_of(swift_server.admin, swift_server) as client:
        yield client


@pytest.mark.parametrize("name", sorted(OLDER))
def test_every_older_method_is_there_with_its_parameters_in_order(name: str) -> None:
    method = getattr(InfomaniakObjectStorageClient, name)
    assert inspect.getdoc(method)
    found = [parameter for parameter in inspect.signature(method).parameters if parameter != "self"]
    renamed = {"container": "bucket", "name": "key"} if name in COLLIDING or "bucket" in found else {}
    if name == "get_container_metadata":
        renamed = {"name": "bucket"}
    if name in {"upload_file", "download_file"}:
        found = [parameter for parameter in found if parameter in {"bucket", "key"}]
        assert found == ["bucket", "key"]
        return
    assert found[: len(OLDER[name])] == [renamed.get(parameter, parameter) for parameter in OLDER[name]]


def test_every_word_names_the_method_of_the_contract_that_it_stands_for() -> None:
    words = {name: method for name, method in vars(SwiftVocabulary).items() if inspect.isfunction(method)}
    assert len(words) == 11
    for name, method in words.items():
        told = re.search(r": `(\w+)`\.\Z", inspect.getdoc(method) or "")
        assert told is not None, name
        assert f"self.{told[1]}(" in inspect.getsource(method), name
        assert hasattr(BaseStorageClient, told[1]), name


def test_containers_and_objects_by_swifts_words(
    client: InfomaniakObjectStorageClient, tmp_path: Path
) -> None:
    name = f"words-{uuid.uuid4().hex}"
    assert client.create_container(name) is True
    assert client.create_container(name) is False
    assert name in client.list_containers()
    assert client.container_exists(name) is True
    try:
        uri = client.upload_object(name, "a", b"", "text/x-kit", metadata={"by": "me"})
        assert uri.endswith(f"{name}/a")
        assert client.download_object(name, "a") == b""
        info = client.get_object_metadata(name, "a")
        assert (info.content_type, info.metadata) == ("text/x-kit", {"by": "me"})
        (tmp_path / "file").write_bytes(b"from a file")
        client.upload_object(name, "b", tmp_path / "file")
        assert client.download_object_to(name, "b", tmp_path / "copy").bytes_written == 11
        client.copy_object(name, "b", name, "c")
        assert client.set_object_metadata(name, "c", {"x": "y"}).metadata == {"x": "y"}
        assert [found.key for found in client.list_objects(name)] == ["a", "b", "c"]
        assert client.delete_object(name, "a") is True
        assert client.delete_object(name, "a") is False
        assert [result.ok for result in client.delete_objects(name, ["b", "none"])] == [True, True]
        assert client.get_container_metadata(name).name == name
    finally:
        assert client.delete_container(name, force=True) is True
    assert client.delete_container(name) is False
    assert client.container_exists(name) is False


def test_failures_are_errors_where_the_older_client_answered_none(
    client: InfomaniakObjectStorageClient,
) -> None:
    missing = f"missing-{uuid.uuid4().hex}"
    for call in (
        lambda: client.upload_object(missing, "k", b"1"),
        lambda: client.download_object(missing, "k"),
        lambda: client.delete_object(missing, "k"),
        lambda: client.copy_object(missing, "k", missing, "k2"),
        lambda: client.set_object_metadata(missing, "k", {}),
        lambda: client.get_container_metadata(missing),
        lambda: client.set_container_read_acl(missing, ".r:*"),
    ):
        with pytest.raises(NotFoundError):
            call()
