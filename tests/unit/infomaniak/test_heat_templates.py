"""Templates read: what they include is below their own folder, and nothing else is read or fetched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cloud.common.errors import InvalidRequestError
from cloud.infomaniak.heat._templates import Bundle, parse

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "heat_template_version: 2018-08-31\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a template's folder, beside which there is a file that nobody may send."""
    (tmp_path / "secret.txt").write_text("planted-secret")
    (tmp_path / "secret.yaml").write_text(f"{HEAD}description: planted-secret")
    found = tmp_path / "templates"
    found.mkdir()
    return found


def template(folder: Path, resource: str) -> Path:
    path = folder / "main.yaml"
    path.write_text(f"{HEAD}resources:\n  r:\n{resource}")
    return path


def test_a_version_stays_a_text() -> None:
    assert parse(f"{HEAD}a: 2026-11-28\nb: 1\nc: [yes, ä]", "t") == {
        "heat_template_version": "2018-08-31",
        "a": "2026-11-28",
        "b": 1,
        "c": [True, "ä"],
    }


def test_a_template_makes_no_objects() -> None:
    with pytest.raises(InvalidRequestError, match="is no YAML"):
        Bundle(f"{HEAD}a: !!python/object/apply:os.getcwd []")


def test_aliases_that_multiply() -> None:
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(InvalidRequestError, match="more than 500000 values"):
        Bundle("\n".join([f"{HEAD}a0: &a0 [x]", *lines]))


@pytest.mark.parametrize("value", ["[" * 3000 + "]" * 3000, "&a [*a]", "&a {b: *a}"])
def test_a_template_without_a_bottom(value: str) -> None:
    with pytest.raises(InvalidRequestError, match="nested too deeply"):
        Bundle(f"{HEAD}a: {value}")


def test_mappings_texts_and_files_are_the_same(folder: Path) -> None:
    path = folder / "t.yaml"
    path.write_text(f"{HEAD}description: ä\n", "utf-8")
    expected = {"template": {"heat_template_version": "2018-08-31", "description": "ä"}}
    for source in (path, path.read_text("utf-8"), expected["template"], json.dumps(expected["template"])):
        assert Bundle(source).body() == expected
    assert Bundle(None).body() == {}


def test_the_name_of_a_file_given_as_a_text_is_no_template() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Bundle("template.yaml")
    assert "a Path as the name of a file" in str(caught.value.hint)


def test_included_files_are_named_by_their_path_below_the_folder(folder: Path) -> None:
    below = folder / "nested" / "deep"
    below.mkdir(parents=True)
    (folder / "script.sh").write_text("echo $x: not YAML at all: [")
    (below / "data.txt").write_text("data")
    (folder / "nested" / "part.yaml").write_text(
        f"{HEAD}resources:\n  a: {{type: deep/leaf.yaml}}\n  b: {{value: {{get_file: ../script.sh}}}}\n"
    )
    (below / "leaf.yaml").write_text(f"{HEAD}outputs:\n  o: {{value: {{get_file: ./data.txt}}}}\n")
    path = template(folder, "    type: nested/part.yaml\n    properties: {x: {get_file: script.sh}}\n")
    bundle = Bundle(path)
    assert bundle.template is not None
    assert bundle.template["resources"]["r"] == {
        "type": "nested/part.yaml",
        "properties": {"x": {"get_file": "script.sh"}},
    }
    assert sorted(bundle.files) == [
        "nested/deep/data.txt",
        "nested/deep/leaf.yaml",
        "nested/part.yaml",
        "script.sh",
    ]
    # Heat looks names up as they are written: nested ones are written from the top, too.
    part = json.loads(bundle.files["nested/part.yaml"])
    assert part["resources"]["a"]["type"] == "nested/deep/leaf.yaml"
    assert part["resources"]["b"]["value"] == {"get_file": "script.sh"}
    assert bundle.files["script.sh"] == "echo $x: not YAML at all: ["


@pytest.mark.parametrize(
    "resource",
    [
        "    properties: {x: {get_file: ../secret.txt}}\n",
        "    properties: {x: {get_file: nested/../../secret.txt}}\n",
        "    properties: {x: {get_file: /etc/hostname}}\n",
        "    type: ../secret.yaml\n",
        "    properties: [{a: [{get_file: ../secret.txt}]}]\n",
    ],
)
def test_nothing_outside_of_the_folder_is_read(folder: Path, resource: str) -> None:
    with pytest.raises(InvalidRequestError, match="is not below the template's folder"):
        Bundle(template(folder, resource))


def test_a_nested_template_gets_no_further(folder: Path) -> None:
    (folder / "nested").mkdir()
    (folder / "nested" / "part.yaml").write_text(f"{HEAD}x: {{get_file: ../../secret.txt}}\n")
    with pytest.raises(InvalidRequestError, match="is not below"):
        Bundle(template(folder, "    type: nested/part.yaml\n"))


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_links_lead_nowhere_else(folder: Path, kind: str) -> None:
    (folder / "link").symlink_to(folder.parent / "secret.txt" if kind == "file" else folder.parent)
    name = "link" if kind == "file" else "link/secret.txt"
    with pytest.raises(InvalidRequestError, match="is not below") as caught:
        Bundle(template(folder, f"    properties: {{x: {{get_file: {name}}}}}\n"))
    assert "planted-secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://evil.test/t.yaml", "https://evil.test/t.yaml", "file:///etc/passwd", "ftp://h/t.yaml"]
)
@pytest.mark.parametrize("use", ["type: {}", "properties: {{x: {{get_file: '{}'}}}}"])
def test_urls_are_not_fetched(folder: Path, url: str, use: str) -> None:
    if use.startswith("type") and not url.endswith(".yaml"):
        url += ".yaml"
    with pytest.raises(InvalidRequestError, match="is a URL"):
        Bundle(template(folder, f"    {use.format(url)}\n"))


def test_an_environment_includes_likewise(folder: Path) -> None:
    environment = folder / "env.yaml"
    environment.write_text(
        "parameters: {n: 1}\nresource_registry:\n  My::Type: part.yaml\n  Other: OS::Heat::Value\n"
        "  resources: {r: {My::Type: part.yaml}}\n"
    )
    (folder / "part.yaml").write_text(HEAD)
    body = Bundle(HEAD, environment).body()
    assert json.loads(body["environment"])["resource_registry"]["My::Type"] == "part.yaml"
    assert list(body["files"]) == ["part.yaml"]
    environment.write_text("resource_registry: {My::Type: ../secret.yaml}")
    with pytest.raises(InvalidRequestError, match="is not below"):
        Bundle(HEAD, environment)
    with pytest.raises(InvalidRequestError, match="is a URL"):
        Bundle(HEAD, {"resource_registry": {"My::Type": "http://evil.test/t.yaml"}})


def test_a_text_includes_only_what_is_given() -> None:
    text = f"{HEAD}x: {{get_file: a.txt}}\n"
    assert Bundle(text, files={"a.txt": "given"}).body()["files"] == {"a.txt": "given"}
    with pytest.raises(InvalidRequestError, match="no folder to look in"):
        Bundle(text, files={"b.txt": "given"})


def test_a_template_that_includes_itself(folder: Path) -> None:
    (folder / "a.yaml").write_text(f"{HEAD}resources: {{x: {{type: b.yaml}}}}")
    (folder / "b.yaml").write_text(f"{HEAD}resources: {{x: {{type: a.yaml}}}}")
    with pytest.raises(InvalidRequestError, match="includes itself"):
        Bundle(template(folder, "    type: a.yaml\n"))


def test_files_that_cannot_be_sent(folder: Path) -> None:
    path = template(folder, "    properties: {x: {get_file: it}}\n")
    with pytest.raises(InvalidRequestError, match="cannot be read"):
        Bundle(path)
    (folder / "it").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidRequestError, match="not UTF-8"):
        Bundle(path)
    (folder / "it").write_bytes(b" " * ((4 << 20) + 1))
    with pytest.raises(InvalidRequestError, match="longer than"):
        Bundle(path)
    (folder / "it").unlink()
    (folder / "it").mkdir()
    with pytest.raises(InvalidRequestError, match="cannot be read"):
        Bundle(path)
    with pytest.raises(InvalidRequestError, match="cannot be read"):
        Bundle(folder / "none.yaml")
