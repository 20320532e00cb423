"""Checks the documentation and writes the parts of it that are generated.

python docs/build.py check     links, code block languages, the API listing
python docs/build.py write     API_SPECIFICATION.md, and docs/capabilities.md from a run of the kit
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
API = ROOT / "API_SPECIFICATION.md"
PACKAGES = (
    "cloud",
    "cloud.common",
    "cloud.aws",
    "cloud.azure",
    "cloud.coda_io",
    "cloud.gcp",
    "cloud.infomaniak",
    "cloud.local",
    "cloud.transfer",
    "cloud.adapters",
    "cloud.testing",
)
# Blocks of these languages mean something to the reader and, python and bash, to tests/docs, which runs them.
LANGUAGES = frozenset({"bash", "console", "json", "python", "text", "toml", "yaml"})
MAX_AGENTS_LINES = 80
_FENCE = re.compile(r"^```(\S*)\s*$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)


def pages() -> list[Path]:
    """Return every Markdown page of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],  # noqa: S607  # whichever git there is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        return sorted(ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists())
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])  # an unpacked sdist has no git


def anchor(heading: str) -> str:
    """Return the anchor that a heading gets on the web."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def problems(page: Path) -> Iterator[str]:
    """Yield what is wrong with one page."""
    text = page.read_text("utf-8")
    name = page.relative_to(ROOT)
    fences = _FENCE.findall(text)
    for number, language in enumerate(fences):
        if number % 2 == 0 and language not in LANGUAGES:
            yield f"{name}: a code block has the language {language!r}; use one of {sorted(LANGUAGES)}"
        if number % 2 == 1 and language:
            yield f"{name}: a code block before {language!r} is not closed"
    for target in _LINK.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, fragment = target.partition("#")
        file = page if not path else (page.parent / path).resolve()
        if not file.exists():
            yield f"{name}: the link {target} leads nowhere"
        elif fragment and file.suffix == ".md":
            anchors = {anchor(heading) for heading in _HEADING.findall(file.read_text("utf-8"))}
            if fragment not in anchors:
                yield f"{name}: {path or 'the page'} has no heading for #{fragment}"


def signature(thing: object) -> str:
    """Return a signature as the source has it, without the modules of its types."""
    try:
        found = inspect.signature(thing)  # type: ignore[arg-type]  # a TypeError says that it has none
    except (TypeError, ValueError):
        return "(...)"
    parameters = [
        parameter.replace(annotation=_Text(parameter.annotation), default=_default(parameter.default))
        for parameter in found.parameters.values()
        if parameter.name != "self"
    ]
    return str(inspect.Signature(parameters, return_annotation=_Text(found.return_annotation)))


class _Text:
    """An annotation or default that shows itself as plain text."""

    def __init__(self, thing: object) -> None:
        text = thing if isinstance(thing, str) else getattr(thing, "__name__", repr(thing))
        self.text = re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", str(text))

    def __repr__(self) -> str:
        return self.text


def _default(value: object) -> object:
    """Return a default that reads the same on every run and every version of Python."""
    if value is inspect.Parameter.empty or isinstance(value, (str, int, float, bool, tuple, type(None))):
        return value
    return _Text("...")


def first_line(thing: object) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def members(kind: type) -> Iterator[str]:
    """Yield a line for every public member of a class, inherited ones of this library included."""
    if issubclass(kind, enum.Enum):
        yield "  " + ", ".join(f"`{member.name}`" for member in kind)
        return
    if dataclasses.is_dataclass(kind):
        fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(kind))
        yield f"  Fields: {fields}."
    for name, static in sorted(_public(kind).items()):
        member = inspect.getattr_static(kind, name)
        if isinstance(member, property):
            yield f"- `.{name}` — {first_line(member.fget)}"
        elif callable(static):
            yield f"- `.{name}{signature(static)}` — {first_line(static)}"


def _public(kind: type) -> dict[str, object]:
    """Return the public members of a class; what a public base documents is left to it."""
    documented = {
        name
        for base in kind.__mro__[1:]
        if base.__name__ in {"BaseStorageClient", "CloudError", "Record"}
        for name in dir(base)
    }
    found: dict[str, object] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.partition(".")[0] != "cloud":
            continue
        for name, value in vars(base).items():
            is_member = callable(value) or isinstance(value, (property, classmethod, staticmethod))
            if is_member and not name.startswith("_") and name not in documented:
                found[name] = getattr(kind, name)
    if dataclasses.is_dataclass(kind):
        for field in dataclasses.fields(kind):
            found.pop(field.name, None)
    return found


def api_text() -> str:
    """Return the listing of every public name."""
    lines = [
        "# API specification",
        "",
        "Every public name, written from the code by `make docs`; `make check` compares. What the methods mean",
        "stands in [SPEC.md](SPEC.md) and in their docstrings.",
    ]
    for package in PACKAGES:
        module = importlib.import_module(package)
        lines += ["", f"## {package}", "", first_line(module)]
        for name in sorted(module.__all__, key=str.lower):
            thing = getattr(module, name)
            if inspect.isclass(thing):
                bases = ", ".join(base.__name__ for base in thing.__bases__ if base is not object)
                lines += ["", f"### {name}", "", f"`class {name}({bases})` — {first_line(thing)}", ""]
                if not issubclass(thing, enum.Enum) and "__init__" in _initialisers(thing):
                    lines.append(f"- `{name}{signature(thing)}`")
                lines += members(thing)
            elif callable(thing):
                lines += ["", f"### {name}", "", f"`{name}{signature(thing)}` — {first_line(thing)}"]
            elif name != "__version__":
                lines += ["", f"### {name}", "", f"`{name}`"]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _initialisers(kind: type) -> set[str]:
    return {name for base in kind.__mro__ if base.__module__.startswith("cloud") for name in vars(base)}


def check() -> int:
    """Print what is wrong and return how many things are."""
    found = [problem for page in pages() for problem in problems(page)]
    if not API.exists() or API.read_text("utf-8") != api_text():
        found.append("API_SPECIFICATION.md is not what the code says: run `make docs`")
    lines = len((ROOT / "AGENTS.md").read_text("utf-8").splitlines())
    if lines > MAX_AGENTS_LINES:
        found.append(f"AGENTS.md has {lines} lines; at most {MAX_AGENTS_LINES} are read")
    for problem in found:
        print(problem)
    return len(found)


def write() -> int:
    """Write what is generated."""
    API.write_text(api_text(), "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/conformance", "--write-capabilities"],
        cwd=ROOT,
        check=False,
    ).returncode


if __name__ == "__main__":
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command not in {"check", "write"}:
        sys.exit(__doc__)
    sys.exit(min(check() if command == "check" else write(), 1))
