"""Packages that go into a function's package: pip installs them for the machine that the function runs on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cloud.common._lazy import is_installed
from cloud.common._redact import redact
from cloud.common.errors import ConfigurationError, InvalidRequestError, MissingDependencyError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

_INSTALL_SECONDS = 900
_SHOWN_CHARACTERS = 2000


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """What pip shall install beside the code of a function.

    pip runs with this interpreter, reads its own configuration (``PIP_INDEX_URL``, ``pip.conf``), and builds
    nothing: only wheels are taken, so that no package's own program runs here.

    Attributes:
        packages: requirements as pip takes them, such as ``requests==2.32.4`` or the path of a wheel.
        file: a requirements file.
        python_version: version that the function runs on, such as ``3.12``; this interpreter's when None.
        platforms: tags of the machine that the function runs on, such as ``manylinux2014_x86_64`` or
            ``manylinux2014_aarch64`` for Lambda; this machine's when empty.
    """

    packages: Sequence[str] = ()
    file: str | os.PathLike[str] | None = None
    python_version: str | None = None
    platforms: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse what pip would take for an option, and a lack of both."""
        if isinstance(self.packages, str) or not (self.packages or self.file):
            raise InvalidRequestError("name packages as a sequence of texts, or a requirements file")
        for package in self.packages:
            if package.lstrip().startswith("-") or "\n" in package or not package.strip():
                raise InvalidRequestError(f"{package!r} is no requirement")

    def install(self, folder: Path) -> Path:
        """Return a new folder below `folder` that holds the packages.

        Raises:
            ConfigurationError: pip could not install them; with the end of what it said.
            MissingDependencyError: this interpreter has no pip.
        """
        if not is_installed("pip"):
            raise MissingDependencyError(
                "requirements are installed by pip, which this interpreter lacks",
                hint=f"{sys.executable} -m ensurepip",
            )
        target = folder / "requirements"
        # A requirement may hold a password of an index: in a file nobody sees it, on a command line all do.
        listed = folder / "requirements.txt"
        listed.touch(0o600)
        listed.write_text("".join(f"{package}\n" for package in self.packages), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                   "--no-input", "--no-compile", "--only-binary=:all:", "--target", str(target),
                   "--requirement", str(listed)]  # fmt: skip  # reads as a command
        if self.file is not None:
            command += ["--requirement", str(Path(self.file))]
        if self.python_version is not None:
            command += ["--python-version", self.python_version, "--implementation", "cp"]
        for platform in self.platforms:
            command += ["--platform", platform]
        _run(command)
        target.mkdir(exist_ok=True)
        # Start scripts name this machine's interpreter: useless in a function, and never the same twice.
        shutil.rmtree(target / "bin", ignore_errors=True)
        return target


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter, its arguments checked
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise ConfigurationError(f"pip did not end within {_INSTALL_SECONDS} seconds") from exc
    if done.returncode:
        said = redact(done.stderr.strip() or done.stdout.strip())[-_SHOWN_CHARACTERS:]
        raise ConfigurationError(
            f"pip could not install the requirements: {said}",
            hint="a package without a wheel for that platform cannot be installed from here",
        )
