"""What is shipped, and what an installation without the extras does: built and installed for real."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.parser import BytesParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from email.message import Message

EXTRAS = {"aws", "azure", "cli", "coda", "dask", "gcp", "infomaniak", "pandas", "ray", "testing", "all"}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(dist: Path) -> zipfile.ZipFile:
    (path,) = dist.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="session")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return BytesParser().parsebytes(wheel.read(name))


def test_the_wheel_holds_the_library_its_types_and_its_kits(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    assert "cloud/py.typed" in names
    source = {
        f"cloud/{path.relative_to(ROOT / 'src' / 'cloud').as_posix()}"
        for path in (ROOT / "src").rglob("*.py")
    }
    assert source <= names
    assert {name for name in names if name.startswith("cloud/testing/") and name.endswith(".py")}
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"cloud"}


def test_the_wheel_holds_no_tests_and_no_caches(wheel: zipfile.ZipFile) -> None:
    for name in wheel.namelist():
        assert "__pycache__" not in name
        assert not name.startswith(("tests/", "cloud/tests/", "docs/", "benchmarks/"))
        assert not Path(name).name.startswith(("test_", "conftest"))


def test_the_wheel_s_metadata_names_extras_license_and_versions(metadata: Message) -> None:
    assert set(metadata.get_all("Provides-Extra", [])) == EXTRAS
    assert set(metadata["Requires-Python"].split(",")) == {">=3.10", "!=3.12.0", "!=3.12.1"}
    assert metadata["License-Expression"] == "MIT"
    core = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert [line.partition(">")[0].strip() for line in core] == ["requests"]


def test_the_sdist_holds_what_is_needed_to_test_it(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "Makefile", "src/cloud/py.typed", "py.typed"} <= names
    assert "tests/architecture/test_distribution.py" in names
    assert not [name for name in names if "__pycache__" in name or name.startswith(".venv")]


# -- an environment that really lacks the extras -------------------------------------------------------------
@pytest.fixture(scope="session")
def bare_python(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of a fresh environment with the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False, symlinks=sys.platform != "win32")
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    (built,) = dist.glob("*.whl")
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        str(built),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return python


def run(python: Path, program: str, *, path: Path | None = None) -> dict[str, str]:
    """Run `program` and return what it printed as JSON."""
    start = f"import sys; sys.path.insert(0, {str(path)!r})\n" if path else ""
    done = subprocess.run(
        [str(python), "-I", "-c", start + program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


TRY = """
import json
from cloud import CloudCredentials, CloudProvider
from {package} import {client}
try:
    {client}(CloudCredentials(provider=CloudProvider.{provider}, access_key="AKIAIOSFODNN7EXAMPLE", secret_key="s"))
except Exception as error:
    print(json.dumps({{"class": type(error).__name__, "text": str(error), "module": isinstance(error, ModuleNotFoundError)}}))
else:
    print(json.dumps({{"class": "none"}}))
"""


def test_the_core_works_without_any_extra(bare_python: Path) -> None:
    program = """
import json, cloud
from cloud.local import LocalStorageClient
client = LocalStorageClient.in_memory()
client.create_bucket("bucket")
client.upload_file("bucket", "k", b"data")
print(json.dumps({"file": cloud.__file__, "data": client.download_file("bucket", "k").decode()}))
"""
    answer = run(bare_python, program)
    assert answer["data"] == "data"
    assert "site-packages" in answer["file"]


@pytest.mark.parametrize(
    ("package", "client", "provider", "extra"),
    [
        ("cloud.aws", "S3Client", "AWS", "aws"),
        ("cloud.infomaniak", "InfomaniakS3Client", "INFOMANIAK", "infomaniak"),
    ],
)
def test_a_client_whose_extra_is_missing_names_it(
    bare_python: Path, package: str, client: str, provider: str, extra: str
) -> None:
    answer = run(bare_python, TRY.format(package=package, client=client, provider=provider))
    assert answer["class"] == "MissingDependencyError"
    assert answer["module"] is True
    assert "boto3" in answer["text"]
    assert f"pip install 'cloud[{extra}]'" in answer["text"]


def test_a_broken_sdk_is_not_disguised_as_a_missing_one(bare_python: Path, tmp_path: Path) -> None:
    for name in ("boto3", "httptools"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("import no_such_dependency_of_the_sdk\n")
    program = """
import json
from cloud.aws import S3Client
client = S3Client(region="us-east-1")  # both packages can be found
try:
    client.native
except Exception as error:
    print(json.dumps({"class": type(error).__name__, "name": error.name}))
"""
    answer = run(bare_python, program, path=tmp_path)
    assert answer == {"class": "ModuleNotFoundError", "name": "no_such_dependency_of_the_sdk"}
