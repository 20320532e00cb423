from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cloud.local import LocalStorageClient
    from conftest import Run


def keys(client: LocalStorageClient, bucket: str = "b") -> list[str]:
    return [info.key for info in client.list_objects(bucket)]


@pytest.mark.parametrize(
    ("target", "key"),
    [("file://b", "one.txt"), ("file://b/", "one.txt"), ("file://b/p/", "p/one.txt"), ("file://b/p", "p")],
)
def test_a_file_to_a_url(run: Run, store: LocalStorageClient, folder: Path, target: str, key: str) -> None:
    ran = run("cp", folder / "one.txt", target)
    assert (ran.code, ran.lines, ran.err) == (0, [f"{folder}/one.txt -> file://b/{key}"], "")
    assert keys(store) == [key]
    assert store.download_file("b", key) == b"one.txt"


def test_a_url_to_a_file(run: Run, store: LocalStorageClient, tmp_path: Path) -> None:
    store.upload_file("b", "p/x.txt", b"body")
    assert run("cp", "file://b/p/x.txt", tmp_path / "y").code == 0
    assert run("cp", "file://b/p/x.txt", tmp_path).code == 0
    assert (tmp_path / "y").read_bytes() == (tmp_path / "x.txt").read_bytes() == b"body"
    ran = run("cp", "file://b/p/x.txt", f"{tmp_path}/none/")
    assert ran.code == 4
    assert not (tmp_path / "none").exists()


def test_a_url_to_a_url(run: Run, store: LocalStorageClient) -> None:
    store.upload_file("b", "p/x", b"body", metadata={"a": "b"})
    store.create_bucket("c")
    assert run("cp", "file://b/p/x", "file://c").code == 0
    assert store.get_object_metadata("c", "x").metadata == {"a": "b"}
    assert run("cp", "file://b/p/x", "memory://copies/").code == 4  # no such bucket
    assert run("mb", "memory://copies?name=t1").code == 0
    assert run("cp", "file://b/p/x", "memory://copies/?name=t1").code == 0
    assert run("cat", "memory://copies/x?name=t1").out == b"body"


def test_options_of_written_objects(run: Run, store: LocalStorageClient, folder: Path) -> None:
    run(
        "cp",
        folder / "one.txt",
        "file://b",
        "--content-type",
        "x/y",
        "--metadata",
        "a=b=c",
        "--metadata",
        "d=",
    )
    info = store.get_object_metadata("b", "one.txt")
    assert (info.content_type, info.metadata) == ("x/y", {"a": "b=c", "d": ""})
    ran = run("cp", folder / "one.txt", "file://b", "--storage-class", "COLD")
    assert ran.code == 9
    assert "storage_class" in ran.err


@pytest.mark.parametrize("source_end", ["", "/"])
@pytest.mark.parametrize("target_end", ["", "/"])
def test_trees_copy_what_is_in_them(
    run: Run, store: LocalStorageClient, folder: Path, tmp_path: Path, source_end: str, target_end: str
) -> None:
    ran = run("cp", "-r", f"{folder}{source_end}", f"file://b/p{target_end}")
    assert ran.code == 0
    assert keys(store) == ["p/one.txt", "p/sub/three.txt", "p/two.bin"]
    assert min(ran.lines) == f"{folder}/one.txt -> file://b/p/one.txt"
    assert ran.err.startswith("3 items, 27 B")
    assert run("cp", "-r", f"file://b/p{source_end}", f"{tmp_path}/back{target_end}").code == 0
    assert (tmp_path / "back/sub/three.txt").read_text() == "sub/three.txt"
    assert run("cp", "-r", f"file://b/p{source_end}", f"file://b/q{target_end}").code == 0
    assert keys(store)[3:] == ["q/one.txt", "q/sub/three.txt", "q/two.bin"]


def test_include_and_exclude(run: Run, store: LocalStorageClient, folder: Path) -> None:
    run("cp", "-r", folder, "file://b", "--include", "*.txt", "--exclude", "sub/")
    assert keys(store) == ["one.txt"]


def test_json_of_trees_is_one_line_for_each(run: Run, folder: Path) -> None:
    ran = run("cp", "-r", folder, "file://b", "--json", "--quiet")
    assert {record["target"]: record["bytes"] for record in ran.records} == {
        "file://b/one.txt": 7,
        "file://b/two.bin": 7,
        "file://b/sub/three.txt": 13,
    }
    assert ran.err == ""
    one = run("cp", folder / "one.txt", "file://b", "--json").json
    assert one == {
        "source": f"{folder}/one.txt",
        "target": "file://b/one.txt",
        "bytes": 7,
        "skipped": None,
        "error": None,
    }


def test_failed_items_are_told_and_counted(run: Run, store: LocalStorageClient, folder: Path) -> None:
    (folder / "broken").symlink_to("nowhere")
    ran = run("cp", "-r", "--follow-symlinks", folder, "file://b")
    assert ran.code == 3
    assert len(keys(store)) == 3
    assert f"cloud: {folder}/broken: No such file or directory\n" in ran.err
    assert "; 1 failed" in ran.err
    ran = run("cp", "-r", "--verbose", folder, "file://b")
    assert ran.code == 0
    assert f"skipped {folder}/broken: symbolic link\n" in ran.err


def test_existing_targets(run: Run, store: LocalStorageClient, folder: Path) -> None:
    run("cp", "-r", folder, "file://b")
    store.upload_file("b", "one.txt", b"theirs")
    assert run("cp", folder / "one.txt", "file://b", "--if-absent").code == 6
    assert run("cp", "-r", folder, "file://b", "--if-absent").code == 3
    ran = run("cp", folder / "one.txt", "file://b", "--no-overwrite")
    assert (ran.code, ran.out) == (0, b"")
    assert "; 3 skipped" in run("cp", "-r", folder, "file://b", "--no-overwrite").err
    assert store.download_file("b", "one.txt") == b"theirs"
    assert run("cp", "file://b/one.txt", folder, "--if-absent").code == 6
    assert (folder / "one.txt").read_text() == "one.txt"
    assert run("cp", "-", "file://b/one.txt", "--if-absent", stdin=b"x").code == 6
    assert run("cp", "-", "file://b/one.txt", "--no-overwrite", stdin=b"x").code == 0
    assert store.download_file("b", "one.txt") == b"theirs"


def test_several_sources(run: Run, store: LocalStorageClient, folder: Path) -> None:
    assert run("cp", folder / "one.txt", folder / "two.bin", "file://b/p").code == 2
    assert run("cp", folder / "one.txt", folder / "none", folder / "two.bin", "file://b/p/").code == 3
    assert keys(store) == ["p/one.txt", "p/two.bin"]
    ran = run("cp", "file://b/p/one.txt", "file://b/p/two.bin", folder / "sub", "--json")
    assert [record["bytes"] for record in ran.records] == [7, 7]


def test_standard_input_and_output(run: Run, store: LocalStorageClient) -> None:
    assert run("cp", "-", "file://b/k", stdin=b"\x00\xff" * 1000).code == 0
    ran = run("cp", "file://b/k", "-")
    assert (ran.code, ran.out, ran.err) == (0, b"\x00\xff" * 1000, "")
    assert run("cp", "-", "file://b/").code == 2
    assert run("cp", "-", "-").code == 2
    assert run("cp", "-r", "-", "file://b/").code == 2
    assert keys(store) == ["k"]


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["cp", "{folder}", "file://b"], "-r"),
        (["cp", "file://b/p/", "{folder}"], "-r"),
        (["cp", "file://b", "{folder}"], "-r"),
        (["cp", "{folder}", "other"], "is a URL"),
        (["cp", "-r", "file://", "{folder}"], "no bucket"),
        (["cp", "{folder}/one.txt", "file://b", "--include", "x"], "-r"),
        (["cp", "file://b/x", "{folder}", "--metadata", "a=b"], "content type"),
        (["cp", "{folder}/one.txt", "nope://b/x"], "not known"),
        (["cp", "{folder}/one.txt", "file://b", "--metadata", "ab"], "name=value"),
        (["cp", "{folder}/one.txt", "file://b", "--workers", "0"], "above 0"),
        (["cp", "{folder}/one.txt", "file://b", "--if-absent", "--no-overwrite"], "not allowed"),
        (["mv", "-", "file://b/x"], "copy"),
    ],
)
def test_wrong_usage_is_told_on_one_line(run: Run, folder: Path, args: list[str], hint: str) -> None:
    ran = run(*(arg.format(folder=folder) for arg in args))
    assert (ran.code, ran.out) == (2, b"")
    assert ran.err.startswith("cloud: ")
    assert ran.err.count("\n") == 1
    assert hint in ran.err


def test_a_missing_source(run: Run, store: LocalStorageClient, tmp_path: Path) -> None:
    assert run("cp", tmp_path / "none", "file://b").code == 4
    assert run("cp", "-r", tmp_path / "none", "file://b").code == 4
    assert run("cp", "-r", "file://b/none", tmp_path / "x").code == 4
    assert run("cp", "file://b/none", tmp_path / "x").code == 4
    assert run("cp", "-r", "file://b", tmp_path / "x").code == 0  # an empty bucket is no error
    store.upload_file("b", "p/x", b"")
    assert run("cp", "-r", "file://b/p", tmp_path / "x", "--exclude", "*").code == 0


def test_mv(run: Run, store: LocalStorageClient, folder: Path) -> None:
    assert run("mv", folder / "one.txt", "file://b/p/").code == 0
    assert not (folder / "one.txt").exists()
    assert run("mv", "file://b/p/one.txt", "file://b/q").code == 0
    assert keys(store) == ["q"]
    assert run("mv", "file://b/q", folder / "back").code == 0
    assert keys(store) == []
    assert (folder / "back").read_text() == "one.txt"
    assert run("mv", "-r", folder, "file://b/t").code == 0
    assert [path.name for path in folder.iterdir()] == ["sub"]
    assert keys(store) == ["t/back", "t/sub/three.txt", "t/two.bin"]
    assert run("mv", "file://b/t/back", "file://b/t/back").code == 2
    assert run("mv", "-r", "file://b/t", "file://b/t/u").code == 2
    assert keys(store) == ["t/back", "t/sub/three.txt", "t/two.bin"]


def test_names_that_collide_fail_alone(run: Run, store: LocalStorageClient, tmp_path: Path) -> None:
    for key in ("A", "a"):
        store.upload_file("b", key, key.encode())
    ran = run("cp", "-r", "file://b", tmp_path / "x")
    assert ran.code == 3
    assert "case or Unicode form" in ran.err
    assert run("cp", "-r", "--case-sensitive", "file://b", tmp_path / "x").code == 0
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == ["A", "a"]


def test_resume_and_the_limit_go_with_one_file(run: Run, store: LocalStorageClient, tmp_path: Path) -> None:
    file, back = tmp_path / "file", tmp_path / "back"
    file.write_bytes(b"x" * 1000)
    options = ("--resume", "--bandwidth-limit", "10MiB")
    assert run("cp", str(file), "file://b/resumed", *options).code == 0
    assert run("cp", "file://b/resumed", str(back), *options).code == 0
    assert back.read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    "line",
    [
        ("-r", "folder", "file://b/x"),
        ("-", "file://b/x"),
        ("file://b/x", "-"),
        ("file://b/x", "file://b/y"),
    ],
)
def test_what_cannot_be_resumed_is_refused(
    line: tuple[str, ...], run: Run, store: LocalStorageClient
) -> None:
    ran = run("cp", *line, "--resume")
    assert ran.code == 2
    assert "--resume is for" in ran.err
