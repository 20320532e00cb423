from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cloud.local import LocalStorageClient
    from conftest import Run


def keys(client: LocalStorageClient) -> list[str]:
    return [info.key for info in client.list_objects("b")]


@pytest.fixture
def objects(store: LocalStorageClient) -> None:
    for key in ("p/x", "p/y/z.log", "p-not", "q"):
        store.upload_file("b", key, key.encode())


def test_rm(run: Run, store: LocalStorageClient, objects: None) -> None:
    ran = run("rm", "file://b/q")
    assert (ran.code, ran.lines) == (0, ["file://b/q"])
    ran = run("rm", "file://b/q")
    assert (ran.code, ran.err) == (4, "cloud: file://b/q: there is no such object\n")
    assert run("rm", "-f", "file://b/q").code == 0
    assert run("rm", "file://b").code == 2
    assert run("rm", "file://b/q", "file://b/p-not").code == 3
    assert keys(store) == ["p/x", "p/y/z.log"]


def test_rm_dry_run_deletes_nothing(run: Run, store: LocalStorageClient, objects: None) -> None:
    assert run("rm", "-n", "file://b/q").lines == ["file://b/q"]
    assert run("rm", "-n", "--quiet", "-r", "file://b/p").lines == ["file://b/p/x", "file://b/p/y/z.log"]
    assert run("rm", "-n", "-r", "file://b").code == 0
    assert run("rm", "-n", "file://b/none").code == 4
    assert len(keys(store)) == 4


def test_rm_of_a_folder_leaves_its_neighbours(run: Run, store: LocalStorageClient, objects: None) -> None:
    assert run("rm", "-r", "file://b/p", "--exclude", "*.log").lines == ["file://b/p/x"]
    assert run("rm", "-r", "file://b/p", "--json").records == [{"url": "file://b/p/y/z.log", "deleted": True}]
    assert keys(store) == ["p-not", "q"]
    ran = run("rm", "-r", "file://b/q")
    assert ran.code == 4
    assert "without -r" in ran.err


def test_rm_of_a_whole_bucket_wants_force(run: Run, store: LocalStorageClient, objects: None) -> None:
    for url in ("file://b", "file://b/"):
        ran = run("rm", "-r", url)
        assert ran.code == 2
        assert "--force" in ran.err
    assert len(keys(store)) == 4
    assert run("rm", "-r", "--force", "--quiet", "file://b").out == b""
    assert keys(store) == []


def test_cat(run: Run, objects: None) -> None:
    assert run("cat", "file://b/p/x", "file://b/q").out == b"p/xq"
    assert run("cat", "file://b/p-not", "--range", "1:3").out == b"-n"
    assert run("cat", "file://b/p-not", "--range=-3:").out == b"not"
    assert run("cat", "file://b/p-not", "--range", "2:").out == b"not"
    ran = run("cat", "file://b/none", "file://b/q")
    assert (ran.code, ran.out) == (3, b"q")
    assert run("cat", "file://b/none").code == 4
    assert run("cat", "plain/path").code == 2
    assert run("cat", "file://b/q", "--range", "3:1").code == 2


def test_put(run: Run, store: LocalStorageClient) -> None:
    assert run("put", "file://b/k", stdin=b"\0data").lines == ["file://b/k"]
    assert store.download_file("b", "k") == b"\0data"
    run("put", "file://b/k", "--text", "grüezi", "--content-type", "text/x", "--metadata", "a=b")
    assert store.download_file("b", "k") == "grüezi".encode()
    assert store.get_object_metadata("b", "k").content_type == "text/x"
    assert run("put", "file://b/k", "--text", "x", "--if-absent").code == 6
    assert run("put", "file://b/k", "--text", "x", "--if-match", "other").code == 6
    etag = run("stat", "--json", "file://b/k").json["etag"]
    assert run("put", "file://b/k", "--text", "x", "--if-match", etag, "--json").json["uri"] == "file://b/k"
    assert store.download_file("b", "k") == b"x"
    assert run("put", "file://b/", "--text", "x").code == 2


def test_stat(run: Run, store: LocalStorageClient) -> None:
    store.upload_file("b", "k", b"body", metadata={"owner": "me"}, cache_control="no-store")
    facts = dict(line.split("\t") for line in run("stat", "file://b/k").lines)
    assert (facts["size"], facts["metadata.owner"], facts["cache_control"]) == ("4", "me", "no-store")
    assert "version_id" not in facts
    assert run("stat", "--json", "file://b/k").json["metadata"] == {"owner": "me"}
    assert run("stat", "file://b/none").code == 4
    assert run("stat", "file://b").lines == ["type\tbucket", "bucket\tb"]
    assert run("stat", "file://b", "--json").json["type"] == "bucket"
    assert run("stat", "file://none").code == 4


def test_mb_and_rb(run: Run, store: LocalStorageClient) -> None:
    ran = run("mb", "file://new")
    assert (ran.code, ran.out, ran.err) == (0, b"", "")
    assert run("mb", "file://new").err == "file://new/ is there already\n"
    assert run("mb", "file://new", "--json").json == {"bucket": "new", "created": False, "url": "file://new/"}
    assert run("mb", "file://new/key").code == 2
    store.upload_file("new", "x", b"")
    assert run("rb", "file://new").code == 6
    assert run("rb", "--force", "file://new", "--json").json["deleted"] is True
    assert run("rb", "file://new").code == 4
    assert store.list_buckets() == ["b"]


def test_presign_needs_a_provider_that_can(run: Run, objects: None) -> None:
    ran = run("presign", "file://b/q")
    assert ran.code == 9
    assert "presigned" in ran.err
