"""What is loaded when: importing costs nothing, SDKs come with the first use, and layers hold."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "cloud"
MODULES = sorted(SOURCE.rglob("*.py"))
ids = [str(path.relative_to(SOURCE)) for path in MODULES]

SDKS = (
    "boto3", "botocore", "s3transfer", "awscrt", "requests", "urllib3", "httptools", "openstack", "keystoneauth1",
    "rich", "shtab", "pytest", "google.auth", "google.api_core", "google.cloud.storage", "azure.core",
    "azure.identity", "azure.storage.blob", "google_crc32c",
)  # fmt: skip  # one line reads best
COSTLY = (
    "ssl",
    "asyncio",
    "socket",
    "http.client",
    "urllib.request",
    "concurrent.futures",
    "xml.etree.ElementTree",
    "email.message",
)


MAKE_A_CLIENT = """
from cloud import CloudCredentials, CloudProvider
from cloud.aws import S3Client
S3Client(CloudCredentials(provider=CloudProvider.AWS, access_key="AKIAIOSFODNN7EXAMPLE", secret_key="s"))
"""
MAKE_CLIENTS_OF_TOKENS_AND_KEYS = """
from cloud import CloudCredentials, CloudProvider as P
from cloud.azure import AzureBlobClient
from cloud.gcp import GCSClient
from cloud.infomaniak import InfomaniakObjectStorageClient
GCSClient(CloudCredentials(P.GCP, token="t", project="p"))
AzureBlobClient(CloudCredentials(P.AZURE, account_name="account", account_key="a2V5"))
InfomaniakObjectStorageClient(CloudCredentials(P.INFOMANIAK, token="t"), endpoint_url="https://s/v1/AUTH_x")
"""
USE_THE_LOCAL_STORE = """
from cloud.local import LocalStorageClient
client = LocalStorageClient.in_memory()
client.create_bucket("bucket")
client.upload_file("bucket", "k", b"x")
assert client.download_file("bucket", "k") == b"x"
"""


READ_FROM_A_SERVER = """
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "1")
        self.send_header("etag", '"9dd4e461268c8034f5c8564e155c67a6"')
        self.send_header("x-goog-generation", "1")
        self.send_header("x-goog-hash", "md5=ndTkYSaMgDT1yFZOFVxnpg==")
        self.end_headers()
        self.wfile.write(b"x")
    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
from cloud import CloudCredentials, CloudProvider as P
with CLIENT as client:
    assert client.download_file("bucket", "key") == b"x"
server.shutdown()
"""
CLIENTS = {
    "s3": """__import__("cloud.aws").aws.S3Client(
        CloudCredentials(P.AWS, access_key="a", secret_key="s", region="r"), endpoint_url=url)""",
    "gcs": """__import__("cloud.gcp").gcp.GCSClient(
        CloudCredentials(P.GCP, token="t", project="p"), endpoint_url=url)""",
    "azure key": """__import__("cloud.azure").azure.AzureBlobClient(
        CloudCredentials(P.AZURE, account_name="name", account_key="a2V5"), account_url=url + "/name")""",
    "azure sas": """__import__("cloud.azure").azure.AzureBlobClient(
        CloudCredentials(P.AZURE, account_name="name", sas_token="sv=2021-12-02&sig=x"), account_url=url + "/name")""",
    "swift": """__import__("cloud.infomaniak").infomaniak.InfomaniakObjectStorageClient(
        CloudCredentials(P.INFOMANIAK, token="t"), endpoint_url=url + "/v1/AUTH_a")""",
}


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_a_first_request_with_an_explicit_key_or_token_loads_no_sdk(client: str) -> None:
    loaded = loaded_by(READ_FROM_A_SERVER.replace("CLIENT", client))
    engines = {"httptools", "google_crc32c"}  # the HTTP parser, and a checksum: no SDKs
    assert sorted(name for name in SDKS if name in loaded and name not in engines) == []


def loaded_by(program: str) -> set[str]:
    code = f"import sys, json\n{program}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "program",
    [
        "import cloud",
        "import cloud.aws, cloud.azure, cloud.gcp, cloud.infomaniak, cloud.local, cloud.common",
        "from cloud.aws import S3Client",
        "from cloud.aws import S3Client, S3Options, Encryption",
        "from cloud.azure import AzureBlobClient, AzureOptions",
        "from cloud.gcp import GCSClient, GCSOptions",
        "from cloud.infomaniak import InfomaniakObjectStorageClient, InfomaniakS3Client, SwiftOptions",
        "from cloud.local import LocalStorageClient",
        "from cloud import open_storage, CloudError, CloudCredentials, CloudConfig",
        "from cloud.common import *",
        MAKE_A_CLIENT,
        MAKE_CLIENTS_OF_TOKENS_AND_KEYS,
        USE_THE_LOCAL_STORE,
    ],
)
def test_no_sdk_is_loaded_before_it_is_needed(program: str) -> None:
    loaded = loaded_by(program)
    assert sorted(name for name in SDKS if name in loaded) == []


@pytest.mark.parametrize("program", ["import cloud", "from cloud.aws import S3Client"])
def test_importing_loads_no_networking_of_the_standard_library_either(program: str) -> None:
    loaded = loaded_by(program) - loaded_by("")
    assert sorted(name for name in COSTLY if name in loaded) == []


def test_importing_the_package_loads_little_of_itself() -> None:
    mine = {name for name in loaded_by("import cloud") if name.startswith("cloud")}
    assert mine == {"cloud", "cloud.common", "cloud.common._lazy"}


# -- what a module says at its top ---------------------------------------------------------------------------
def top_level_imports(tree: ast.AST) -> Iterator[str]:
    """Yield what is imported when the module is: not under TYPE_CHECKING, not in functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for branch in node.orelse:
                yield from top_level_imports(branch)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from top_level_imports(node)


# Loaded by themselves at the first use of what they are for, with the engine that they are for.
LAZY_WITH_ENGINE = {"_wire/_parse.py": {"httptools"}, "cli/_rich.py": {"rich"}}


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_no_module_imports_an_sdk_at_its_top(path: Path) -> None:
    name = path.relative_to(SOURCE).as_posix()
    allowed = LAZY_WITH_ENGINE.get(name, set()) | ({"pytest"} if name.startswith("testing/") else set())
    roots = {imported.partition(".")[0] for imported in top_level_imports(ast.parse(path.read_bytes()))}
    assert (roots & set(SDKS)) <= allowed


def test_one_place_catches_every_exception() -> None:
    broad: list[str] = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ExceptHandler):
                kinds = (
                    {"bare"}
                    if node.type is None
                    else {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
                )
                reraises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in node.body)
                if kinds & {"bare", "Exception"} or ("BaseException" in kinds and not reraises):
                    broad.append(path.relative_to(SOURCE).as_posix())
    # The second hands it on to whoever asks for the result, as a Future does.
    assert broad == ["common/_runtime.py", "common/_workers.py"]


# -- public names --------------------------------------------------------------------------------------------
PACKAGES = [
    "cloud",
    "cloud.aws",
    "cloud.infomaniak",
    "cloud.local",
    "cloud.common",
    "cloud.transfer",
    "cloud.testing",
]


def declared(package: str) -> tuple[set[str], set[str]]:
    """Return the names that type checkers see and those that the lazy table gives, from the source."""
    tree = ast.parse((ROOT / "src" / package.replace(".", "/") / "__init__.py").read_bytes())
    seen = {
        alias.asname
        for node in tree.body if isinstance(node, ast.If)
        for inner in node.body if isinstance(inner, ast.ImportFrom)
        for alias in inner.names if alias.asname
    }  # fmt: skip  # one condition a line
    given = {
        key.value
        for node in ast.walk(tree) if isinstance(node, ast.Dict)
        for key in node.keys if isinstance(key, ast.Constant)
    }  # fmt: skip  # likewise
    return seen, given


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_exports_exactly_what_it_says(package: str) -> None:
    module = import_module(package)
    names: list[str] = module.__all__
    assert len(names) == len(set(names))
    for name in names:
        assert getattr(module, name) is not None
        assert name in dir(module)
    own = {name for name in names if not name.startswith("__")}
    seen, given = declared(package)
    assert seen == own, "what type checkers see"
    assert given == own, "what the lazy table gives"


@pytest.mark.parametrize("package", PACKAGES)
def test_an_unknown_name_is_an_attribute_error_that_names_it(package: str) -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        import_module(package).no_such_name  # noqa: B018  # the access is what raises


def test_the_layers_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# -- sizes and docstrings ------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_modules_and_functions_stay_readable(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 410
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = node.body[1:] if ast.get_docstring(node) else node.body
            length = (node.end_lineno or 0) - inner[0].lineno + 1 if inner else 0
            assert length <= 60, f"{node.name} has {length} lines"


def undocumented(node: ast.AST, prefix: str = "") -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.ClassDef)) or child.name.startswith("_"):
            continue
        is_overload = any("overload" in ast.unparse(mark) for mark in child.decorator_list)
        is_setter = any(ast.unparse(mark).endswith(".setter") for mark in child.decorator_list)
        if ast.get_docstring(child) is None and not is_overload and not is_setter:
            yield prefix + child.name
        if isinstance(child, ast.ClassDef):
            yield from undocumented(child, f"{prefix}{child.name}.")


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.read_text()], ids=lambda path: str(path.relative_to(SOURCE))
)
def test_every_public_thing_has_a_docstring(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    assert list(undocumented(tree)) == []
