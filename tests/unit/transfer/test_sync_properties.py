"""For every tree: after a sync the two sides are the same, and the next one has nothing to do."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cloud._registry import StorageLocation
from cloud.common import Cancellation
from cloud.local import LocalStorageClient
from cloud.transfer import Compare, check, sync
from cloud.transfer._planner import merged
from cloud.transfer._select import Selection
from cloud.transfer._sides import Entry, FolderSide
from cloud.transfer._walk import walk

# Names that sort differently with and without what follows them, that begin with each other, and of many bytes.
SEGMENTS = st.one_of(
    st.sampled_from(
        ["a", "aa", "a-", "a.", "a0", "A", "b", "é", "鍵", "🔑", "\uffff", "\x01", " ", "-", "con"]
    ),
    st.text(
        st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=5
    ).filter(lambda text: text not in {".", ".."}),
)
NAMES = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join)
BODIES = st.sampled_from([b"", b"x", b"y", b"longer"])
TREES = st.dictionaries(NAMES, BODIES, max_size=12)
_CONTENT = Compare.CONTENT
_NEVER = Cancellation()


def as_files(tree: dict[str, bytes]) -> dict[str, bytes]:
    """Return what a file system can hold of a tree: no name is a folder of another."""
    return {
        name: body for name, body in tree.items() if not any(other.startswith(name + "/") for other in tree)
    }


def write(folder: Path, tree: dict[str, bytes]) -> None:
    for name, body in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    folder.mkdir(exist_ok=True)


def read(folder: Path) -> dict[str, bytes]:
    return {os.path.relpath(path, folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stored(client: LocalStorageClient, bucket: str) -> dict[str, bytes]:
    return {info.key: client.download_file(bucket, info.key) for info in client.list_objects(bucket)}


def memory(*trees: dict[str, bytes]) -> tuple[LocalStorageClient, list[StorageLocation]]:
    client, places = LocalStorageClient.in_memory(), []
    for number, tree in enumerate(trees):
        bucket = f"bucket-{number}"
        client.create_bucket(bucket)
        for name, body in tree.items():
            client.upload_file(bucket, name, body)
        places.append(StorageLocation(client, bucket, ""))
    return client, places


@settings(max_examples=50)
@given(TREES, TREES)
def test_store_to_store(first: dict[str, bytes], second: dict[str, bytes]) -> None:
    client, (source, destination) = memory(first, second)
    with tempfile.TemporaryDirectory() as state:
        # What is at the destination was stored later: where sizes are equal, only the content tells.
        report = sync(source, destination, delete=True, max_delete_percent=100, state=state, compare=_CONTENT)
        assert report.ok
        assert stored(client, "bucket-1") == first
        assert sync(source, destination, delete=True, state=state, compare=_CONTENT).plan.is_empty
        assert check(source, destination).ok


@settings(max_examples=50)
@given(TREES, TREES)
def test_folder_to_store(first: dict[str, bytes], second: dict[str, bytes]) -> None:
    tree = as_files(first)
    client, (destination,) = memory(second)
    with tempfile.TemporaryDirectory() as root:
        folder, state = Path(root) / "folder", Path(root) / "state"
        write(folder, tree)
        report = sync(folder, destination, delete=True, max_delete_percent=100, state=state, compare=_CONTENT)
        assert report.ok
        assert stored(client, "bucket-0") == tree
        assert sync(folder, destination, delete=True, state=state, compare=_CONTENT).plan.is_empty
        sync(folder, destination, state=state)
        assert sync(folder, destination, delete=True, state=state).plan.is_empty
        assert check(folder, destination).ok


@settings(max_examples=50)
@given(TREES, TREES)
def test_store_to_folder(first: dict[str, bytes], second: dict[str, bytes]) -> None:
    tree = as_files(first)
    _, (source,) = memory(tree)
    with tempfile.TemporaryDirectory() as root:
        folder, state = Path(root) / "folder", Path(root) / "state"
        write(folder, as_files(second))
        report = sync(
            source, folder, delete=True, max_delete_percent=100, state=state, keeps_names_apart=True
        )
        assert report.ok, report.failures
        assert read(folder) == tree
        assert sync(source, folder, delete=True, state=state, keeps_names_apart=True).plan.is_empty
        assert check(source, folder).ok


@given(st.sets(NAMES), st.sets(NAMES))
def test_the_merge_pairs_equal_names_and_loses_none(first: set[str], second: set[str]) -> None:
    pairs = list(merged(map(Entry, sorted(first)), map(Entry, sorted(second))))
    assert [here.name for here, _ in pairs if here] == sorted(first)
    assert [there.name for _, there in pairs if there] == sorted(second)
    assert {here.name for here, there in pairs if here and there} == first & second
    assert all(here.name == there.name for here, there in pairs if here and there)


@given(TREES)
def test_folders_are_walked_in_the_order_in_which_stores_list(tree: dict[str, bytes]) -> None:
    tree = as_files(tree)
    client, (place,) = memory(tree)
    with tempfile.TemporaryDirectory() as root:
        write(Path(root) / "folder", tree)
        walked = [found.name for found in walk(Path(root) / "folder", follow_symlinks=False)]
    assert walked == [info.key for info in client.list_objects(place.bucket)]
    assert walked == sorted(walked, key=str.encode)


@given(
    TREES, st.lists(st.sampled_from(["a", "a*", "a/", "b/*", "**/x", "*", "A", "é", "a/a", "-"]), max_size=3)
)
def test_what_is_not_entered_would_not_have_been_selected(tree: dict[str, bytes], globs: list[str]) -> None:
    tree, select = as_files(tree), Selection(exclude=globs)
    with tempfile.TemporaryDirectory() as root:
        write(Path(root) / "folder", tree)
        side = FolderSide(Path(root) / "folder")
        found = [entry.name for entry in side.entries(select, _NEVER, may_miss=False)]
    assert found == sorted(name for name in tree if select.takes(name))


class Syncing(RuleBasedStateMachine):
    """A folder that somebody works in, a bucket that is kept in step, and a copy of that in a third place."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.folder, self.back, self.state = (self.root / name for name in ("folder", "back", "state"))
        self.folder.mkdir()
        self.client, (self.place,) = memory({})
        self.model: dict[str, bytes] = {}

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    @initialize(tree=TREES)
    def begin(self, tree: dict[str, bytes]) -> None:
        for name, body in as_files(tree).items():
            self.write(name, body)

    @rule(name=NAMES, body=BODIES)
    def write(self, name: str, body: bytes) -> None:
        if any(other.startswith(name + "/") or name.startswith(other + "/") for other in self.model):
            return
        path = self.folder / name
        if path.is_dir():  # of files that were removed
            shutil.rmtree(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        self.model[name] = body

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        if self.model:
            name = data.draw(st.sampled_from(sorted(self.model)))
            (self.folder / name).unlink()
            del self.model[name]
            path = (self.folder / name).parent
            while path != self.folder and not any(path.iterdir()):
                path.rmdir()
                path = path.parent

    @rule()
    def up_and_down(self) -> None:
        up = sync(self.folder, self.place, delete=True, max_delete_percent=100, state=self.state)
        assert up.ok, up.failures
        assert stored(self.client, "bucket-0") == self.model
        down = sync(
            self.place,
            self.back,
            delete=True,
            max_delete_percent=100,
            state=self.state,
            keeps_names_apart=True,
        )
        assert down.ok, down.failures
        assert (read(self.back) if self.back.exists() else {}) == self.model
        assert sync(self.folder, self.place, delete=True, state=self.state).plan.is_empty
        assert sync(
            self.place, self.back, delete=True, state=self.state, keeps_names_apart=True
        ).plan.is_empty

    @invariant()
    def no_journal_is_left(self) -> None:
        assert not self.state.exists() or not list(self.state.iterdir())


TestSyncing = Syncing.TestCase
TestSyncing.settings = settings(max_examples=20, stateful_step_count=12)
