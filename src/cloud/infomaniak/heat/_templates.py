"""Templates and environments of stacks: read from a text, a mapping or a file, with the files that they include.

Heat gets the included files beside the template, by their path below the template's folder. Nothing is fetched from
a URL, and nothing outside of that folder is read: a template that somebody else wrote cannot send a file of yours.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloud.common.errors import InvalidRequestError
from cloud.infomaniak._yaml import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEMPLATE_SUFFIXES = (".yaml", ".yml", ".template")
_MAX_BYTES = 4 << 20  # far above Heat's own limit of a template (512 KiB by default)
_MOST_VALUES = 500_000  # more than a template of Heat's limit can write out; aliases can mean any number


class Bundle:
    """A template, its environment, and the files that they include, ready for Heat.

    Args:
        template: YAML or JSON as a text, a mapping, or a `Path` to a file.
        environment: likewise; None for none.
        files: further files by the name that the template includes them by.
    """

    def __init__(
        self,
        template: str | Path | Mapping[str, Any] | None,
        environment: str | Path | Mapping[str, Any] | None = None,
        files: Mapping[str, str] | None = None,
    ) -> None:
        self.files: dict[str, str] = dict(files or {})
        self._reading: list[str] = []
        self._values = 0
        self.template: dict[str, Any] | None = None
        if template is not None:
            self.template = self._document(template, "the template")
            kinds = ("heat_template_version", "HeatTemplateFormatVersion", "AWSTemplateFormatVersion")
            if not any(kind in self.template for kind in kinds):
                raise InvalidRequestError(
                    "the template has no heat_template_version", hint='heat_template_version: "2018-08-31"'
                )
        self.environment = None if environment is None else self._document(environment, "the environment")

    def _document(self, source: str | Path | Mapping[str, Any], what: str) -> dict[str, Any]:
        if isinstance(source, Path):
            folder, body = source.resolve().parent, parse(_text(source, what), f"{what} {source}")
        elif isinstance(source, str):
            folder, body = None, parse(source, what)
        else:
            folder, body = None, dict(source)
        if not isinstance(body, dict):
            raise InvalidRequestError(
                f"{what} is no mapping",
                hint="a text is read as the document itself, a Path as the name of a file",
            )
        try:
            found: dict[str, Any] = self._included(body, folder, "")
        except RecursionError as exc:
            raise InvalidRequestError(f"{what} is nested too deeply, or in itself") from exc
        return found

    def _included(self, value: Any, root: Path | None, folder: str) -> Any:
        """Return `value` with the names of included files as Heat gets them; the files are read on the way."""
        self._values += 1
        if self._values > _MOST_VALUES:
            raise InvalidRequestError(
                f"the template has more than {_MOST_VALUES} values", hint="its aliases (*name) multiply"
            )
        if isinstance(value, list):
            return [self._included(each, root, folder) for each in value]
        if not isinstance(value, dict):
            return value
        done: dict[str, Any] = {}
        for name, each in value.items():
            if name == "get_file" and isinstance(each, str):
                done[name] = self._file(each, root, folder, is_template=False)
            elif name == "type" and isinstance(each, str) and each.endswith(_TEMPLATE_SUFFIXES):
                done[name] = self._file(each, root, folder, is_template=True)
            elif name == "resource_registry" and isinstance(each, dict):
                done[name] = self._registry(each, root, folder)
            else:
                done[name] = self._included(each, root, folder)
        return done

    def _registry(self, registry: Mapping[str, Any], root: Path | None, folder: str) -> dict[str, Any]:
        """Return an environment's map of types, in which a type may be a template's file."""
        done: dict[str, Any] = {}
        for name, each in registry.items():
            if isinstance(each, str) and each.endswith(_TEMPLATE_SUFFIXES):
                done[name] = self._file(each, root, folder, is_template=True)
            elif isinstance(each, dict):
                done[name] = self._registry(each, root, folder)
            else:
                done[name] = each
        return done

    def _file(self, name: str, root: Path | None, folder: str, *, is_template: bool) -> str:
        """Return the name that Heat gets an included file by, and keep its text."""
        if "://" in name:
            raise InvalidRequestError(f"{name!r} is a URL, and templates include files only")
        if name in self.files and root is None:
            return name
        if root is None:
            raise InvalidRequestError(
                f"the template includes {name!r}, and a template that is no file has no folder to look in",
                hint="give the template as a file, or the text of what it includes with it",
            )
        path = (root / folder / name).resolve()
        if not path.is_relative_to(root):
            raise InvalidRequestError(f"{name!r} is not below the template's folder {str(root)!r}")
        key = path.relative_to(root).as_posix()
        if key in self._reading:
            raise InvalidRequestError(f"{key!r} includes itself")
        if key in self.files:
            return key
        text = _text(path, "the included file")
        if is_template:
            import json

            self._reading.append(key)
            parent = Path(key).parent.as_posix()
            text = json.dumps(self._included(parse(text, key), root, "" if parent == "." else parent))
            self._reading.pop()
        self.files[key] = text
        return key

    def body(self) -> dict[str, Any]:
        """Return what goes into the request."""
        import json

        found: dict[str, Any] = {} if self.template is None else {"template": self.template}
        if self.environment is not None:
            found["environment"] = json.dumps(self.environment)
        if self.files:
            found["files"] = self.files
        return found


def _text(path: Path, what: str) -> str:
    try:
        with path.open("rb") as file:
            found = file.read(_MAX_BYTES + 1)
    except OSError as exc:
        raise InvalidRequestError(f"{what} {str(path)!r} cannot be read: {exc.strerror}") from exc
    if len(found) > _MAX_BYTES:
        raise InvalidRequestError(f"{what} {str(path)!r} is longer than {_MAX_BYTES} bytes")
    try:
        return found.decode()
    except UnicodeDecodeError as exc:
        raise InvalidRequestError(f"{what} {str(path)!r} is not UTF-8 text") from exc
